"""How an exercise is tried: its published solution, wrong answers by name, and right ones written in another way.

A file test_NN.py beside this one reads

    WRONG = {"NAME": {"forgot to flatten": (answer, "a part of the expected message"), ...at least three}}
    RIGHT = {"NAME": {"with einsum": answer, ...}}
    test_wrong_answers_are_refused_by_their_misconception = refuses(WRONG)
    test_right_answers_are_accepted_however_they_are_written = accepts(RIGHT)

A published solution stands in a markdown cell: `<!-- solution: NAME -->`, then a <details> with one fenced python
block. It may use the imports of its notebook and defines what the notebook passes to `checks.NAME(...)`.
"""

import ast
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import nbformat
import pytest

from course_lib.classroom.checks import EXERCISES
from tools.exercises import BLOCK, MARK, check_calls

NOTEBOOKS = Path(__file__).resolve().parents[3] / "notebooks"


class Solution(NamedTuple):
    """One published solution, and what the notebook does with it."""

    name: str
    notebook: str
    code: str
    imports: str
    answer: str  # the expression inside checks.NAME(...)
    stub: str  # the code cell, up to the check, that holds the untouched answer
    output: str  # what the check's cell has stored


def _imports(cells: list[str]) -> str:
    nodes = [node for source in cells for node in ast.parse(source).body]
    return "\n".join(ast.unparse(node) for node in nodes if isinstance(node, (ast.Import, ast.ImportFrom)))


def _assigned(source: str) -> set[str]:
    names = set()
    for node in ast.parse(source).body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            names.add(node.name)
        elif isinstance(node, ast.Assign):
            names |= {name.id for target in node.targets for name in ast.walk(target) if isinstance(name, ast.Name)}
    return names


def solutions_of(path: Path) -> list[Solution]:
    """The published solutions of one notebook.

    Raises:
        AssertionError: if a mark has no block of code after it, or the notebook never passes an answer to its check.
    """
    notebook = nbformat.read(path, as_version=4)
    code = [cell for cell in notebook.cells if cell.cell_type == "code" and not cell.source.startswith("%")]
    imports = _imports([cell.source for cell in code])
    found = []
    for cell in notebook.cells:
        if cell.cell_type != "markdown":
            continue
        for mark in MARK.finditer(cell.source):
            name, block = mark.group(1), BLOCK.match(cell.source[mark.end() :].lstrip())
            assert block, f"{path.name}: after <!-- solution: {name} --> no <details> with a ```python block follows"
            uses = [(c, argument) for c in code for n, argument, _ in check_calls(c.source) if n == name]
            assert uses, f"{path.name}: no cell calls checks.{name}(answer)"
            check_cell, argument = uses[0]
            wanted = {n.id for n in ast.walk(ast.parse(argument)) if isinstance(n, ast.Name)}
            before = code[: code.index(check_cell) + 1]
            stub = next((c.source for c in reversed(before) if wanted & _assigned(c.source)), check_cell.source)
            output = "".join(o.get("text", "") for o in check_cell.get("outputs", []))
            found.append(Solution(name, path.stem, block.group(1), imports, argument, stub, output))
    return found


def checked_names(path: Path) -> set[str]:
    """Every NAME that the notebook calls as checks.NAME(answer)."""
    cells = nbformat.read(path, as_version=4).cells
    sources = [cell.source for cell in cells if cell.cell_type == "code" and not cell.source.startswith("%")]
    return {name for source in sources for name, _, _ in check_calls(source)}


def published() -> list[Solution]:
    return [solution for path in sorted(NOTEBOOKS.glob("*.ipynb")) for solution in solutions_of(path)]


def answer_of(solution: Solution, source: str) -> object:
    """What the notebook would pass to the check after running `source` (its solution, or its stub)."""
    space: dict = {"checks": _Silent()}
    exec(compile(solution.imports, f"<imports of {solution.notebook}>", "exec"), space)
    space["checks"] = _Silent()
    exec(compile(source, f"<{solution.name} in {solution.notebook}>", "exec"), space)
    return eval(solution.answer, space)


class _Silent:
    """Stands for `checks` while a cell is run for its definitions alone."""

    def __getattr__(self, name: str) -> Callable:
        return lambda *args: None


# --------------------------------------------------------------------------------------- tests from tables


def refuses(wrong: dict[str, dict[str, tuple[object, str]]]) -> Callable:
    """The test that every named wrong answer is refused by a message of its own, with the expected part in it."""

    @pytest.mark.parametrize("name", sorted(wrong))
    def test(name: str) -> None:
        messages = {}
        for mistake, (answer, part) in wrong[name].items():
            verdict = EXERCISES[name].verdict(answer)
            assert verdict.right is False, f"{name}: '{mistake}' was not refused: {verdict.message}"
            assert part in verdict.message, f"{name}: '{mistake}' should hear '...{part}...', heard: {verdict.message}"
            messages[mistake] = verdict.message
        assert len(messages) >= 3, f"{name}: three wrong answers at least, there are {len(messages)}"
        assert len(set(messages.values())) == len(messages), f"{name}: two mistakes hear the same: {messages}"

    test.names = set(wrong)
    return test


def accepts(right: dict[str, dict[str, object]]) -> Callable:
    """The test that right answers are accepted however they are written."""

    @pytest.mark.parametrize(("name", "way"), [(name, way) for name in sorted(right) for way in right[name]])
    def test(name: str, way: str) -> None:
        verdict = EXERCISES[name].verdict(right[name][way])
        assert verdict.right, f"{name}: '{way}' is right, and heard: {verdict.message}"

    test.names = set(right)
    return test
