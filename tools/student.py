"""Copies of the notebooks to hand out, and copies to grade by: python -m tools.student [--out FOLDER] [--branch NAME]

One idea: both are the course's own notebooks without outputs, since an output answers a prediction, and without the
solutions' cells. In `student/` the answers are untouched, in `instructor/` they are filled in. The cells of both carry
nbgrader's metadata (a cell for the answer, a locked one for its check), the instructor's also its marks of solutions
and of hidden tests, so they are nbgrader's `source/` as they stand: https://nbgrader.readthedocs.io.
"""

import argparse
import copy
import re
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell

from tools.address import ROOT
from tools.exercises import NO_EXERCISE, SOLUTION, check_calls, solutions
from tools.notebooks import NOTEBOOKS, badges, name_cells, write

HANDOUT = ROOT / "handout"
BRANCH = "student"  # of the fork, where the students' copies lie: their badges lead there
ANSWER = re.compile(r"<details>\s*<summary>[^<]*\banswer\b[^<]*</summary>.*?</details>", re.DOTALL | re.IGNORECASE)
DIFFICULTY = re.compile(r"^(●+)○*\s*·", re.MULTILINE)
HIDDEN_TEST = """\


### BEGIN HIDDEN TESTS
verdict = checks.{name}.verdict({answer})
assert verdict.right, verdict.message
### END HIDDEN TESTS"""


def nbgrader_cell(source: str, grade_id: str, *, answer: bool, points: int = 0) -> NotebookNode:
    """A code cell as nbgrader knows it: one for an answer, or a locked one that is worth `points` if it runs."""
    grading = {"schema_version": 3, "grade_id": grade_id, "task": False, "cell_type": "code"}
    grading |= {"solution": answer, "grade": not answer, "locked": not answer} | ({} if answer else {"points": points})
    return new_code_cell(source, metadata={"nbgrader": grading})


def answer_and_check(source: str) -> tuple[str, str, str, str] | None:
    """The answer, its check, the exercise's name and what is checked, of a cell that ends in checks.NAME(...)."""
    calls = [call for call in check_calls(source) if call[0] != NO_EXERCISE] if "checks." in source else []
    if not calls or not source.splitlines()[calls[0][2] - 1].startswith("checks."):
        return None
    name, answer, line = calls[0]
    lines = source.splitlines()
    return "\n".join(lines[: line - 1]).strip("\n"), "\n".join(lines[line - 1 :]), name, answer


def between_marks(stub: str, solution: str) -> str:
    """The solution in nbgrader's marks, but for the first lines, which the stub has too."""
    stub_lines, lines = stub.splitlines(), solution.rstrip("\n").splitlines()
    shared = next((i for i, (a, b) in enumerate(zip(stub_lines, lines, strict=False)) if a != b), 0)
    indent = " " * (len(lines[shared]) - len(lines[shared].lstrip()))
    marked = [f"{indent}### BEGIN SOLUTION", *lines[shared:], f"{indent}### END SOLUTION"]
    return "\n".join([*lines[:shared], *marked])


def handed_out(notebook: NotebookNode, name: str, *, solved: bool = False, branch: str = BRANCH) -> NotebookNode:
    """The student's copy of the notebook called `name`, or with `solved` the instructor's."""
    published, cells = solutions(notebook), []
    points = 1
    for original in notebook.cells:
        cell = copy.deepcopy(original)
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
            if (parts := answer_and_check(cell.source)) and parts[2] in published:
                stub, check, exercise, answer = parts
                filled = between_marks(stub, published[exercise]) if solved else stub
                hidden = HIDDEN_TEST.format(name=exercise, answer=answer) if solved else ""
                cells.append(nbgrader_cell(filled, exercise, answer=True))
                cells.append(nbgrader_cell(check + hidden, f"check_{exercise}", answer=False, points=points))
                continue
        else:
            if found := DIFFICULTY.findall(cell.source):
                points = len(found[-1])
            cell.source = SOLUTION.sub("", cell.source)
            if not solved:
                cell.source = ANSWER.sub("", cell.source)
            if not cell.source.strip():
                continue
            cell.source = cell.source.strip().replace(badges(name), badges(name, branch))
        cells.append(cell)
    copied = copy.deepcopy(notebook)
    copied.cells = cells
    name_cells(copied)
    return copied


def hand_out(folder: Path = HANDOUT, *, notebooks: Path = NOTEBOOKS, branch: str = BRANCH) -> list[Path]:
    """Write both copies of every notebook below `folder`; the files written."""
    written = []
    for path in sorted(notebooks.glob("*.ipynb")):
        notebook = nbformat.read(path, as_version=4)
        for kind in ("student", "instructor"):
            target = folder / kind / path.name
            target.parent.mkdir(parents=True, exist_ok=True)
            write(handed_out(notebook, path.stem, solved=kind == "instructor", branch=branch), target)
            written.append(target)
    return written


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=HANDOUT)
    parser.add_argument("--branch", default=BRANCH, help="where the badges of the copies lead")
    given = parser.parse_args()
    files = hand_out(given.out, branch=given.branch)
    print(f"{len(files)} notebooks written to {given.out}: student/ without solutions, instructor/ with them.")
    print("notebooks/ and tests/ hold the solutions too: hand out student/ on a branch that has neither. The copies'")
    print(f"badges lead to the branch {given.branch!r}; submissions are graded by: make grade FOLDER=submissions")
