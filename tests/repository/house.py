"""Who imports whom, read from the source, and the one direction in which it may flow.

One idea: an import is an arrow from a module to a module. Every import counts, wherever it stands: at the top, in a
function, below `if TYPE_CHECKING`, or as `import_module("a.name")`. Nothing is run.
"""

import ast
from collections.abc import Iterable, Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import NamedTuple

import nbformat

# A room may import the rooms that stand before it. Each is a module or a package of course_lib.
ORDER = (
    "arrays files devices data divergences transport models baselines losses penalties dirac checkpoints training "
    "restoration forecasting metrics plots runtime classroom"
).split()
BESIDE_THE_NOTEBOOKS = ("commands", "__main__")  # the command line, in this order
OUTSIDE = ("benchmarks", "conftest", "notebooks", "tests", "tools")  # what course_lib does without
# Importing the classroom: all of it, or the one module of it that knows where committed results lie
MAY_IMPORT_CLASSROOM = ("notebooks", "tests", "tools")
MAY_IMPORT_RESULTS = ("benchmarks",)
NOTEBOOK_STACK = ("matplotlib", "seaborn", "IPython", "ipywidgets")
MAY_DRAW = ("plots", "classroom")


class Arrow(NamedTuple):
    """`source` imports `target`; at once, if it does so as soon as it is imported itself."""

    source: str
    target: str
    at_once: bool


# --- reading


def modules(root: Path) -> dict[str, Path]:
    """Every module of course_lib, benchmarks and tools by its dotted name, and every notebook as `notebooks.NAME`."""
    found = {}
    for top in ("course_lib", "benchmarks", "tools"):
        for path in sorted((root / top).rglob("*.py")):
            parts = path.relative_to(root).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    for path in sorted((root / "notebooks").glob("*.ipynb")):
        found[f"notebooks.{path.stem}"] = path
    return found


def source_of(path: Path) -> str:
    """The code of a module, or of all code cells of a notebook, without lines that only IPython reads."""
    if path.suffix != ".ipynb":
        return path.read_text(encoding="utf-8")
    cells = [cell.source for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
    lines = "\n".join(cells).splitlines()
    return "\n".join(line for line in lines if not line.startswith(("%", "!")))


def _last_name(node: ast.AST) -> str:
    """`c` of c and of a.b.c; "" of anything else."""
    return getattr(node, "attr", getattr(node, "id", ""))


def _is_type_checking(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and _last_name(node.test) == "TYPE_CHECKING"


def _statements(node: ast.AST, at_once: bool = True) -> Iterator[tuple[ast.AST, bool]]:
    """Every node below `node`, and whether it is run as soon as the module is imported."""
    for child in ast.iter_child_nodes(node):
        later = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) or _is_type_checking(child)
        yield child, at_once
        yield from _statements(child, at_once and not later)


def _named(node: ast.AST, package: str, known: Iterable[str]) -> list[str]:
    """What one import names, as dotted names: `from a import b` names a.b if that is a module, else a."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
        base = ".".join([*above, *filter(None, [node.module])])
        return [f"{base}.{alias.name}" if f"{base}.{alias.name}" in known else base for alias in node.names]
    if isinstance(node, ast.Call) and _last_name(node.func) in ("import_module", "__import__"):
        return [a.value for a in node.args[:1] if isinstance(a, ast.Constant) and isinstance(a.value, str)]
    return []


def arrows(root: Path) -> set[Arrow]:
    """Every import of every module and notebook below `root`, whatever it imports."""
    known, found = modules(root), set()
    for name, path in known.items():
        package = name if path.name == "__init__.py" else name.rpartition(".")[0]
        for node, at_once in _statements(ast.parse(source_of(path))):
            found |= {Arrow(name, target, at_once) for target in _named(node, package, known)}
    return found


# --- judging


def room(module: str) -> str:
    """The part of course_lib that a module belongs to; "" for course_lib itself."""
    return module.removeprefix("course_lib").removeprefix(".").split(".")[0]


def top(module: str) -> str:
    return module.split(".")[0]


def homeless(names: Iterable[str]) -> list[str]:
    """The modules of course_lib whose room has no place in the order."""
    rooms = {"", *ORDER, *BESIDE_THE_NOTEBOOKS}
    return [
        f"{name} has no place in the order of course_lib: give its room one in ORDER (tests/repository/house.py)"
        for name in sorted(names)
        if top(name) == "course_lib" and room(name) not in rooms
    ]


def backwards(found: Iterable[Arrow]) -> list[str]:
    """The arrows from a module to one that stands after it, or to what course_lib does without."""
    place = {"": -1, **{name: i for i, name in enumerate([*ORDER, *BESIDE_THE_NOTEBOOKS])}}
    said = []
    for source, target, _ in sorted(found):
        if top(source) != "course_lib":
            continue
        if top(target) in OUTSIDE:
            said.append(f"{source} imports {target}, and course_lib does without {top(target)}")
        elif top(target) == "course_lib" and place.get(room(target), -1) > place.get(room(source), len(place)):
            said.append(f"{source} imports {target}, which stands after it: {room(source)} ... {room(target)}")
    return said


def through_the_classroom_door(found: Iterable[Arrow]) -> list[str]:
    """The arrows into the classroom from where nobody has to know it."""
    said = []
    for source, target, _ in sorted(found):
        if top(target) != "course_lib" or room(target) != "classroom":
            continue
        inside = top(source) == "course_lib" and room(source) == "classroom"
        results = top(source) in MAY_IMPORT_RESULTS and target == "course_lib.classroom.results"
        if not (inside or results or top(source) in MAY_IMPORT_CLASSROOM):
            said.append(f"{source} imports {target}, and the classroom is for notebooks alone")
    return said


def circles(found: Iterable[Arrow]) -> list[str]:
    """One circle of modules that import each other, if there is any."""
    graph: dict[str, set[str]] = {}
    for source, target, _ in sorted(found):
        graph.setdefault(source, set()).add(target)
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return ["a circle: " + " is imported by ".join(error.args[1])]
    return []


def drawing_at_once(found: Iterable[Arrow]) -> list[str]:
    """The modules outside plots and classroom that bring in the notebook stack as soon as they are imported."""
    return [
        f"{source} imports {target} at its top, and only {' and '.join(MAY_DRAW)} do: import it where a picture is made"
        for source, target, at_once in sorted(found)
        if top(source) == "course_lib" and room(source) not in MAY_DRAW and at_once and top(target) in NOTEBOOK_STACK
    ]


def complaints(names: Iterable[str], found: Iterable[Arrow]) -> list[str]:
    """Everything that is wrong with these modules and their imports, a line each."""
    found = set(found)
    return [
        *homeless(names),
        *backwards(found),
        *through_the_classroom_door(found),
        *circles(found),
        *drawing_at_once(found),
    ]
