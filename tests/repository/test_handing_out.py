"""Copies to hand out hold no solution, copies to grade by hold all of them, and both are nbgrader's cells."""

import ast
import re

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from course_lib.classroom.checks import EXERCISES
from tools.exercises import check_calls, set_solutions_apart, solutions
from tools.notebooks import NOTEBOOKS, badges
from tools.student import between_marks, handed_out

PATHS = sorted(NOTEBOOKS.glob("*.ipynb"))
each_notebook = pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)


def text_of(notebook) -> str:
    return "\n".join(cell.source for cell in notebook.cells)


def code_of(notebook) -> list[str]:
    return [cell.source for cell in notebook.cells if cell.cell_type == "code"]


@each_notebook
def test_a_students_copy_has_neither_solution_nor_answer_nor_output_and_keeps_everything_else(path):
    original = nbformat.read(path, as_version=4)
    copy = handed_out(original, path.stem)
    nbformat.validate(copy)
    text = text_of(copy)
    assert "<!-- solution" not in text and not re.search(r"<summary>[^<]*(Solution|[Aa]nswer)", text)
    for name, code in solutions(original).items():
        assert code.strip() not in text, f"the solution of {name} stands in the student's copy of {path.name}"
    assert not any(cell.get("outputs") or cell.get("execution_count") for cell in copy.cells)
    assert text.count("<summary>Hint") == text_of(original).count("<summary>Hint")
    asked = {name for source in code_of(original) for name, _, _ in check_calls(source)}
    assert {name for source in code_of(copy) for name, _, _ in check_calls(source)} == asked
    kept = re.sub(r"\s", "", "".join(code_of(original)))
    assert re.sub(r"\s", "", "".join(code_of(copy))) == kept, "the code of a student's copy is the notebook's"
    assert badges(path.stem, "student") in text and badges(path.stem) not in text


@each_notebook
def test_a_students_copy_promises_no_folded_solution(path):
    text = text_of(handed_out(nbformat.read(path, as_version=4), path.stem))
    for sentence in re.split(r"(?<=[.:])\s", text):
        if "folded" in sentence and re.search("solution|mended code", sentence, re.IGNORECASE):
            assert "where your copy has solutions" in " ".join(sentence.split()), sentence


@each_notebook
def test_an_instructors_copy_has_every_solution_in_its_cell_and_a_hidden_test_behind_its_check(path):
    original = nbformat.read(path, as_version=4)
    copy = handed_out(original, path.stem, solved=True)
    graded = {cell.metadata.nbgrader.grade_id: cell for cell in copy.cells if "nbgrader" in cell.metadata}
    expected = solutions(original)
    assert set(graded) == {*expected, *(f"check_{name}" for name in expected)}
    for name, code in expected.items():
        assert ast.dump(ast.parse(graded[name].source)) == ast.dump(ast.parse(code)), name
        assert f"checks.{name}.verdict(" in graded[f"check_{name}"].source


@each_notebook
def test_answers_can_be_edited_and_checks_are_locked_and_worth_their_difficulty(path):
    for cell in handed_out(nbformat.read(path, as_version=4), path.stem).cells:
        if "nbgrader" not in cell.metadata:
            continue
        data = cell.metadata.nbgrader
        is_check = data.grade_id.startswith("check_")
        assert data.grade_id.removeprefix("check_") in EXERCISES
        assert (data.solution, data.grade, data.locked) == (not is_check, is_check, is_check)
        assert (1 <= data.points <= 3) if is_check else "points" not in data


def test_a_solution_that_shares_its_cell_is_set_apart_and_nothing_is_lost():
    solution = "<!-- solution: a -->\n<details><summary>Solution</summary>\n\n```python\nx = 1\n```\n\n</details>"
    notebook = new_notebook(cells=[new_markdown_cell(f"Hint.\n\n{solution}\n\n### Exercise 2"), new_code_cell("1")])
    set_solutions_apart(notebook)
    assert [cell.source for cell in notebook.cells] == ["Hint.", solution, "### Exercise 2", "1"]
    set_solutions_apart(notebook)
    assert len(notebook.cells) == 4


def test_the_marks_of_a_solution_stand_below_the_lines_that_the_student_has():
    stub, solution = "def f(x):\n    return ...", "def f(x):\n    y = x\n    return y\n"
    marked = "def f(x):\n    ### BEGIN SOLUTION\n    y = x\n    return y\n    ### END SOLUTION"
    assert between_marks(stub, solution) == marked
    assert between_marks("x = ...", "x = 2\n") == "### BEGIN SOLUTION\nx = 2\n### END SOLUTION"
