"""Where a solution can be changed: each node of its syntax tree, with the names around it.

One idea: a rule of mutation_rules_expressions.py or mutation_rules_statements.py is given a `Place`, and what the judge
has given to the solution and got from it (`Seen`); it yields what could stand in that place.
"""

import ast
import math
from collections.abc import Callable, Iterator
from typing import NamedTuple

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


class Seen(NamedTuple):
    """What the judge gave to the published solution, and got from it."""

    arguments: dict[str, list] = {}  # parameter: its values, in the order of the calls
    sizes: dict[str, list] = {}  # "len(x)", "x.shape[0]": likewise
    results: list = []
    shapes: list[tuple[int, ...]] = []  # of the results; () for what has no shape


class Place(NamedTuple):
    """A node, where it hangs in the tree, and the names around it."""

    node: ast.AST
    holder: ast.AST
    field: str
    index: int | None
    statement: ast.stmt
    parameters: tuple[str, ...]  # of the function around it
    names: frozenset[str]  # that the solution itself binds; what is not here was imported
    attributes: dict[str, tuple[str, ...]]  # of these names: {"config": ("steps", "critic_steps")}
    strings: tuple[str, ...]  # all text in the solution


Change = ast.expr | list[ast.stmt]
Rule = Callable[[Place, Seen], Iterator[Change]]


def places(tree: ast.Module) -> Iterator[Place]:
    """Every statement and every expression that is read, signatures and docstrings aside."""
    names = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    names |= {a.arg for n in ast.walk(tree) if isinstance(n, ast.arguments) for a in arguments_of(n)}
    attributes: dict[str, dict[str, None]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in names:
            attributes.setdefault(node.value.id, {})[node.attr] = None
    strings = {n.value: None for n in ast.walk(tree) if isinstance(n, ast.Constant) and isinstance(n.value, str)}
    facts = (frozenset(names), {name: tuple(them) for name, them in attributes.items()}, tuple(strings))

    def walk(holder: ast.AST, statement: ast.stmt | None, parameters: tuple[str, ...]) -> Iterator[Place]:
        if isinstance(holder, FUNCTIONS):
            parameters = tuple(argument.arg for argument in arguments_of(holder.args))
        for field, value in ast.iter_fields(holder):
            if field in ("args", "returns", "decorator_list", "annotation") and isinstance(holder, FUNCTIONS):
                continue
            for index, node in enumerate(value) if isinstance(value, list) else [(None, value)]:
                if not isinstance(node, ast.AST) or _is_text(node):
                    continue
                inside = node if isinstance(node, ast.stmt) else statement
                if isinstance(node, (ast.expr, ast.stmt)) and not isinstance(getattr(node, "ctx", None), ast.Store):
                    yield Place(node, holder, field, index, inside, parameters, *facts)
                yield from walk(node, inside, parameters)

    yield from walk(tree, None, ())


def arguments_of(arguments: ast.arguments) -> list[ast.arg]:
    return [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]


def _is_text(node: ast.AST) -> bool:
    """A docstring: text that stands as a statement."""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


# ---------------------------------------------------------------------------------------- helpers of the rules


def constant(value: object) -> ast.expr:
    if isinstance(value, (int, float)) and not isinstance(value, bool) and value < 0:
        return ast.UnaryOp(ast.USub(), ast.Constant(-value))  # so that its bracket stands: (-3) ** 2
    return ast.Constant(value)


def named(text: str) -> ast.Name:
    return ast.Name(text, ast.Load())


def call_of(value: ast.expr, method: str, *arguments: ast.expr) -> ast.Call:
    return ast.Call(ast.Attribute(value, method, ast.Load()), list(arguments), [])


def with_keyword(call: ast.Call, name: str, value: ast.expr) -> ast.Call:
    others = [keyword for keyword in call.keywords if keyword.arg != name]
    return ast.Call(call.func, call.args, [*others, ast.keyword(name, value)])


def called(call: ast.Call) -> str:
    """mean of x.mean(), sqrt of np.sqrt(x), len of len(x)."""
    return getattr(call.func, "attr", getattr(call.func, "id", ""))


def is_value(node: ast.expr, names: frozenset[str]) -> bool:
    """Whether an expression is a value of the solution's own, no imported module such as `np` or `torch.nn`."""
    while isinstance(node, ast.Attribute):
        node = node.value
    return not isinstance(node, ast.Name) or node.id in names


def two_values(values: list) -> list:
    """The first value and the last one that differs from it, of plain numbers and text."""
    plain = [v for v in values if isinstance(v, (bool, int, str)) or (isinstance(v, float) and math.isfinite(v))]
    return list(dict.fromkeys([*plain[:1], *plain[-1:]]))
