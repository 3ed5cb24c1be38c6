"""The changes of statements and of the whole answer: loops, signatures, sizes, what is returned.

One idea: beside what is wrong for every input there is what is right for the judge's inputs alone: a size, an argument
or a result hard-coded to what the judge was seen to use.
"""

import ast
import re
from collections.abc import Iterator

from solution_places import (
    FUNCTIONS,
    Change,
    Place,
    Rule,
    Seen,
    call_of,
    called,
    constant,
    named,
    two_values,
    with_keyword,
)

GRAPH_WORDS = re.compile(r"critic|logits|grad|loss")  # a solution with one of these may have to stay on the graph


# --------------------------------------------------------------------------------------- rules: loops, statements


def _loop(place: Place, _: Seen) -> Iterator[Change]:
    """A bound off by one, the first or last item left out, a count from 1, one pass alone."""
    node = place.node
    if isinstance(node, ast.For):
        yield [ast.For(node.target, node.iter, [*node.body, ast.Break()], [], lineno=node.lineno)]
    elif isinstance(node, ast.While):
        yield [ast.While(node.test, [*node.body, ast.Break()], [])]
    if isinstance(node, ast.Call) and called(node) == "range" and node.args:
        *start, stop = node.args[:2]
        for op in (ast.Add(), ast.Sub()):
            yield ast.Call(node.func, [*start, ast.BinOp(stop, op, ast.Constant(1)), *node.args[2:]], [])
        first = start[0] if start else ast.Constant(0)
        yield ast.Call(node.func, [ast.BinOp(first, ast.Add(), ast.Constant(1)), stop, *node.args[2:]], [])
    elif isinstance(node, ast.Call) and called(node) == "enumerate":
        yield with_keyword(node, "start", ast.Constant(1))
    if place.field == "iter" and not (isinstance(node, ast.Call) and called(node) == "range"):
        items = ast.Call(named("list"), [node], [])
        for part in (ast.Slice(ast.Constant(1), None), ast.Slice(None, constant(-1))):
            yield ast.Subscript(items, part, ast.Load())


def _statement(place: Place, _: Seen) -> Iterator[Change]:
    """A statement left out; the body of a `with` without it."""
    node = place.node
    if isinstance(node, FUNCTIONS) and isinstance(place.holder, ast.Module):
        return
    if not isinstance(node, ast.stmt) or isinstance(node, (ast.Pass, ast.Import, ast.ImportFrom)):
        return
    if isinstance(node, ast.With):
        yield node.body
    yield [] if len(getattr(place.holder, place.field)) > 1 else [ast.Pass()]


def _signature(place: Place, seen: Seen) -> Iterator[Change]:
    """Two arguments that come in the other order, and an argument hard-coded to what the judge gives."""
    node = place.node
    if not isinstance(node, FUNCTIONS):
        return
    names = [argument.arg for argument in node.args.args]
    for i in range(len(names)):
        for j in range(i + 1, len(names)):
            order = list(node.args.args)
            order[i], order[j] = order[j], order[i]
            yield [_function(node, order, node.body)]
    for name in names:
        for value in two_values(seen.arguments.get(name, [])):
            fixed = ast.Assign([ast.Name(name, ast.Store())], constant(value), lineno=node.lineno)
            yield [_function(node, node.args.args, [fixed, *node.body])]


def _function(node: ast.FunctionDef, arguments: list[ast.arg], body: list[ast.stmt]) -> ast.FunctionDef:
    rest = {field: getattr(node.args, field) for field in node.args._fields if field != "args"}
    fields = {field: getattr(node, field) for field in node._fields if field not in ("args", "body")}
    return type(node)(args=ast.arguments(args=arguments, **rest), body=body, lineno=node.lineno, **fields)


def _size(place: Place, seen: Seen) -> Iterator[Change]:
    """A size hard-coded to what the judge gives."""
    if isinstance(place.node, (ast.Call, ast.Attribute, ast.Subscript)):
        for value in two_values(seen.sizes.get(ast.unparse(place.node), [])):
            yield constant(value)


# ------------------------------------------------------------------------------------------------ rules: results


def _result(place: Place, seen: Seen) -> Iterator[Change]:
    """What is returned: negated, doubled, one more, in another shape, off the graph, an argument, or hard-coded."""
    if not (isinstance(place.holder, ast.Return) and place.field == "value"):
        return
    value = place.node
    if isinstance(value, ast.Tuple):
        for k, one in enumerate(value.elts):
            for new in (ast.UnaryOp(ast.USub(), one), ast.BinOp(ast.Constant(2), ast.Mult(), one)):
                yield ast.Tuple([*value.elts[:k], new, *value.elts[k + 1 :]], ast.Load())
        yield ast.Tuple([value.elts[1], value.elts[0], *value.elts[2:]], ast.Load())
        yield ast.Tuple(value.elts[:-1], ast.Load())
        return
    if isinstance(value, ast.Constant):
        return
    boolean = isinstance(value, (ast.Compare, ast.BoolOp)) or (
        isinstance(value, ast.UnaryOp) and isinstance(value.op, ast.Not)
    )
    if boolean:
        yield ast.UnaryOp(ast.Invert(), value)
    else:
        yield ast.UnaryOp(ast.USub(), value)
        yield ast.BinOp(ast.Constant(2), ast.Mult(), value)
        yield ast.BinOp(value, ast.Add(), ast.Constant(1))
        yield ast.BinOp(value, ast.Mult(), ast.Constant(0))
    yield from _shapes(value, seen.shapes)
    if any(GRAPH_WORDS.search(name) for name in (*place.names, *place.strings, ast.unparse(place.statement))):
        yield call_of(value, "detach")
    for name in place.parameters:
        yield named(name)
    for result in two_values(seen.results):
        yield constant(result)


def _shapes(value: ast.expr, shapes: list[tuple[int, ...]]) -> Iterator[ast.expr]:
    """The result with an axis more or fewer, transposed, its first part alone, or its mean."""
    yield ast.Subscript(value, ast.Constant(None), ast.Load())
    if all(not shape for shape in shapes):
        return
    yield ast.Subscript(value, ast.Tuple([ast.Constant(...), ast.Constant(None)], ast.Load()), ast.Load())
    if any(len(shape) != 1 for shape in shapes):
        yield call_of(value, "reshape", constant(-1))
    if any(len(shape) == 2 for shape in shapes):
        yield ast.Attribute(value, "T", ast.Load())
    if any(1 in shape for shape in shapes):
        yield call_of(value, "squeeze")
    yield ast.Subscript(value, ast.Constant(0), ast.Load())
    yield call_of(value, "mean")


STATEMENTS: tuple[Rule, ...] = (
    _loop,
    _statement,
    _signature,
    _size,
    _result,
)
