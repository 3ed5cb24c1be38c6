"""The changes of an expression: operators, comparisons, constants, calls and their order, names, subscripts.

One idea: a rule yields what could stand in place of one expression; most of it is wrong, and a judge is to notice.
DeMillo, Lipton and Sayward 1978, "Hints on test data selection"; the operators of Offutt et al. 1996.
"""

import ast
import math
from collections.abc import Callable, Iterator

from solution_places import Change, Place, Rule, Seen, call_of, called, constant, is_value, named, with_keyword

OPERATORS: dict[type, tuple[type, ...]] = {
    ast.Add: (ast.Sub, ast.Mult),
    ast.Sub: (ast.Add, ast.Mult),
    ast.Mult: (ast.Div, ast.Add),
    ast.Div: (ast.Mult, ast.Sub),
    ast.FloorDiv: (ast.Div, ast.Mult),
    ast.Mod: (ast.FloorDiv,),
    ast.Pow: (ast.Mult,),
    ast.MatMult: (ast.Mult,),
    ast.BitAnd: (ast.BitOr,),
    ast.BitOr: (ast.BitAnd,),
}
COMPARISONS: dict[type, tuple[type, ...]] = {
    ast.Lt: (ast.LtE, ast.Gt),
    ast.LtE: (ast.Lt, ast.GtE),
    ast.Gt: (ast.GtE, ast.Lt),
    ast.GtE: (ast.Gt, ast.LtE),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
}
SIBLINGS = {
    "mean": ("sum", "median"),
    "sum": ("mean", "max"),
    "median": ("mean", "max"),
    "max": ("min", "mean"),
    "min": ("max", "mean"),
    "std": ("var",),
    "var": ("std",),
    "any": ("all",),
    "all": ("any",),
    "argmin": ("argmax",),
    "argmax": ("argmin",),
    "abs": ("square",),
    "square": ("abs",),
    "sqrt": ("abs", "square"),
    "log": ("log2", "log1p"),
    "exp": ("expm1",),
    "cos": ("sin",),
    "sin": ("cos",),
    "rand": ("randn",),
    "randn": ("rand",),
    "rand_like": ("randn_like",),
    "randn_like": ("rand_like",),
    "softplus": ("relu",),
    "logsigmoid": ("sigmoid",),
    "sigmoid": ("tanh",),
    "expit": ("logit",),
    "tail": ("head",),
    "head": ("tail",),
    "rfft": ("fft",),
    "deepcopy": ("copy",),
    "isfinite": ("isnan",),
    "diff": ("cumsum",),
}
AXES = ("dim", "axis")
REDUCTIONS = ("mean", "sum", "median", "max", "min", "std", "var")
POINTWISE = ("abs", "square", "sqrt", "log", "exp", "softplus", "sigmoid", "logsigmoid", "tanh")


# --------------------------------------------------------------------------------------------- rules: operators


def _operator(place: Place, _: Seen) -> Iterator[Change]:
    """Another operator, the operands the other way round, or one of them alone."""
    node = place.node
    if isinstance(node, ast.BinOp):
        for other in OPERATORS.get(type(node.op), ()):
            yield ast.BinOp(node.left, other(), node.right)
        if isinstance(node.op, (ast.Sub, ast.Div, ast.FloorDiv, ast.Pow, ast.Mod, ast.MatMult)):
            yield ast.BinOp(node.right, node.op, node.left)
        yield node.left
        yield node.right
    elif isinstance(node, ast.BoolOp):
        yield ast.BoolOp(ast.Or() if isinstance(node.op, ast.And) else ast.And(), node.values)
        yield from node.values
    elif isinstance(node, ast.UnaryOp):
        yield node.operand
    elif isinstance(node, ast.AugAssign):
        for other in OPERATORS.get(type(node.op), ()):
            yield [ast.AugAssign(node.target, other(), node.value)]
        yield [ast.Assign([node.target], node.value, lineno=node.lineno)]


def _comparison(place: Place, _: Seen) -> Iterator[Change]:
    node = place.node
    if isinstance(node, ast.Compare):
        for k, op in enumerate(node.ops):
            for other in COMPARISONS[type(op)]:
                yield ast.Compare(node.left, [*node.ops[:k], other(), *node.ops[k + 1 :]], node.comparators)


def _condition(place: Place, _: Seen) -> Iterator[Change]:
    """A condition that always holds, never holds, or is turned round."""
    if place.field == "test" and isinstance(place.holder, (ast.If, ast.IfExp, ast.While)):
        yield ast.UnaryOp(ast.Not(), place.node)
        if not isinstance(place.holder, ast.While):
            yield ast.Constant(True)
        if isinstance(place.holder, ast.IfExp) or place.holder.orelse:
            yield ast.Constant(False)


# --------------------------------------------------------------------------------------------- rules: constants


def _number(place: Place, _: Seen) -> Iterator[Change]:
    """An axis one further or one nearer; any other number doubled, off by one, of the other sign, or 0."""
    node = place.node
    if not isinstance(node, ast.Constant) or isinstance(node.value, (bool, str)):
        return
    value = node.value
    if not isinstance(value, (int, float)):
        return
    axis = isinstance(place.holder, ast.keyword) and place.holder.arg in AXES
    negated = isinstance(place.holder, ast.UnaryOp)
    for new in [value + 1, value - 1] if axis else [2 * value, value + 1, value - 1, -value, 0]:
        if new != value and not (negated and new < 0):  # of -1 the sign is dropped by `_operator`
            yield constant(new)


def _truth_and_text(place: Place, _: Seen) -> Iterator[Change]:
    """True for False; one text of the solution for another."""
    node = place.node
    if isinstance(node, ast.Constant) and isinstance(node.value, bool):
        yield ast.Constant(not node.value)
    elif isinstance(node, ast.Constant) and isinstance(node.value, str) and not isinstance(place.holder, ast.keyword):
        for other in place.strings:
            yield ast.Constant(other)
        yield ast.Constant("")


# ------------------------------------------------------------------------------------------------- rules: calls


def _sibling(place: Place, _: Seen) -> Iterator[Change]:
    """A related function: the sum for the mean, the sine for the cosine."""
    node = place.node
    if not isinstance(node, ast.Call):
        return
    for other in SIBLINGS.get(called(node), ()):
        if isinstance(node.func, ast.Attribute):
            yield ast.Call(ast.Attribute(node.func.value, other, ast.Load()), node.args, node.keywords)
        else:
            yield ast.Call(named(other), node.args, node.keywords)


def _norm(place: Place, _: Seen) -> Iterator[Change]:
    """Another order of a norm, or of the distance under `cdist`."""
    node = place.node
    if not isinstance(node, ast.Call) or called(node) not in ("norm", "cdist"):
        return
    if called(node) == "cdist":
        torchs = isinstance(node.func, ast.Attribute) and ast.unparse(node.func) == "torch.cdist"
        yield (
            with_keyword(node, "p", ast.Constant(1.0))
            if torchs
            else with_keyword(node, "metric", ast.Constant("cityblock"))
        )
        return
    numpys = ast.unparse(node.func).endswith("linalg.norm")
    first = 1 if numpys else 0
    for order in (ast.Constant(1), ast.Constant(math.inf)):
        if len(node.args) > first:
            yield ast.Call(node.func, [*node.args[:first], order, *node.args[first + 1 :]], node.keywords)
        else:
            yield with_keyword(node, "ord" if numpys else "p", order)


def _dropped_call(place: Place, _: Seen) -> Iterator[Change]:
    """x for x.detach(), for np.sqrt(x) and for critic(x)."""
    node = place.node
    if not isinstance(node, ast.Call):
        return
    if isinstance(node.func, ast.Attribute) and is_value(node.func.value, place.names):
        yield node.func.value
    elif node.args and not isinstance(node.args[0], ast.Starred):
        yield node.args[0]


def _arguments_of_a_call(place: Place, _: Seen) -> Iterator[Change]:
    """The first two arguments swapped, the last one or a keyword left out, an axis dropped from several."""
    node = place.node
    if not isinstance(node, ast.Call) or called(node) in ("requires_grad_", "norm"):  # whose defaults they write
        return
    if len(node.args) >= 2:
        yield ast.Call(node.func, [node.args[1], node.args[0], *node.args[2:]], node.keywords)
        yield ast.Call(node.func, node.args[:-1], node.keywords)
    elif node.args:
        yield ast.Call(node.func, [], node.keywords)
    for k, keyword in enumerate(node.keywords):
        yield ast.Call(node.func, node.args, node.keywords[:k] + node.keywords[k + 1 :])
        if keyword.arg in AXES and isinstance(keyword.value, ast.Tuple):
            for one in keyword.value.elts:
                rest = [axis for axis in keyword.value.elts if axis is not one]
                yield with_keyword(node, keyword.arg, ast.Tuple(rest, ast.Load()))
    if called(node) in ("searchsorted", "bucketize"):
        for keyword in node.keywords:
            if keyword.arg == "side":
                yield with_keyword(node, "side", ast.Constant({"left": "right"}.get(keyword.value.value, "left")))


def _other_order(place: Place, _: Seen) -> Iterator[Change]:
    """x.b().a() for x.a().b(), and the reduction before what stands under it: (x.mean() - 1) ** 2 of its mean."""
    node = place.node
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
        return
    inner = node.func.value
    if is_value(inner, place.names) and isinstance(inner, ast.Call) and isinstance(inner.func, ast.Attribute):
        if is_value(inner.func.value, place.names):
            first = ast.Call(ast.Attribute(inner.func.value, node.func.attr, ast.Load()), node.args, node.keywords)
            yield ast.Call(ast.Attribute(first, inner.func.attr, ast.Load()), inner.args, inner.keywords)
    if node.func.attr not in REDUCTIONS:
        return
    if is_value(inner, place.names):
        yield from _reduced_inside(
            inner, lambda x: ast.Call(ast.Attribute(x, node.func.attr, ast.Load()), node.args, node.keywords)
        )
    elif node.args:
        yield from _reduced_inside(node.args[0], lambda x: ast.Call(node.func, [x, *node.args[1:]], node.keywords))


def _reduced_inside(value: ast.expr, reduced: Callable[[ast.expr], ast.expr]) -> Iterator[ast.expr]:
    """`value` with the reduction on its operands, on theirs, and so on: sum(a b) as sum(a) sum(b)."""
    if isinstance(value, ast.BinOp) and not isinstance(value.op, (ast.Add, ast.Sub)) or _shifted(value):
        if isinstance(value.right, ast.Constant):
            yield ast.BinOp(reduced(value.left), value.op, value.right)
            for deeper in _reduced_inside(value.left, reduced):
                yield ast.BinOp(deeper, value.op, value.right)
        else:
            yield ast.BinOp(reduced(value.left), value.op, reduced(value.right))
    elif isinstance(value, ast.Call) and called(value) in POINTWISE:
        inside = value.args[0] if value.args else value.func.value
        for deeper in (reduced(inside), *_reduced_inside(inside, reduced)):
            if value.args:
                yield ast.Call(value.func, [deeper, *value.args[1:]], value.keywords)
            else:
                yield call_of(deeper, called(value))


def _shifted(value: ast.expr) -> bool:
    """x - 1: alone the same under the mean, not under what is taken of it afterwards."""
    return isinstance(value, ast.BinOp) and isinstance(value.right, ast.Constant)


# ------------------------------------------------------------------------------------ rules: names and subscripts


def _wrong_name(place: Place, _: Seen) -> Iterator[Change]:
    """Another argument of the function in one place; another attribute of the same thing, or the thing itself."""
    node = place.node
    if isinstance(node, ast.Name) and node.id in place.parameters:
        for other in place.parameters:
            yield named(other)
    elif isinstance(node, ast.Attribute) and not (isinstance(place.holder, ast.Call) and place.field == "func"):
        if is_value(node.value, place.names):
            yield node.value
            if isinstance(node.value, ast.Name):
                for other in place.attributes.get(node.value.id, ()):
                    yield ast.Attribute(node.value, other, ast.Load())


def _subscript(place: Place, _: Seen) -> Iterator[Change]:
    """All of it for a part; a slice without one of its ends."""
    node = place.node
    if not isinstance(node, ast.Subscript):
        return
    yield node.value
    if isinstance(node.slice, ast.Slice):
        for lower, upper in ((None, node.slice.upper), (node.slice.lower, None)):
            yield ast.Subscript(node.value, ast.Slice(lower, upper, node.slice.step), ast.Load())


EXPRESSIONS: tuple[Rule, ...] = (
    _operator,
    _comparison,
    _condition,
    _number,
    _truth_and_text,
    _sibling,
    _norm,
    _dropped_call,
    _arguments_of_a_call,
    _other_order,
    _wrong_name,
    _subscript,
)
