"""Every exercise: its published solution is right, its stub is untouched, and its mistakes are known by name."""

import importlib.util
from pathlib import Path

import nbformat
import pytest
from exercise_answers import NOTEBOOKS, Solution, accepts, answer_of, checked_names, published, refuses, solutions_of

from course_lib.classroom import checks
from course_lib.classroom.checks.base import Exercise

HERE = Path(__file__).resolve().parent
SOLUTIONS = published()
each_solution = pytest.mark.parametrize("solution", SOLUTIONS, ids=lambda s: f"{s.notebook}-{s.name}")


@each_solution
def test_the_published_solution_is_correct(solution):
    verdict = checks.EXERCISES[solution.name].verdict(answer_of(solution, solution.code))
    assert verdict.right and verdict.message.startswith("Correct"), verdict.message


@each_solution
def test_the_untouched_stub_is_not_attempted(solution):
    assert checks.EXERCISES[solution.name].verdict(answer_of(solution, solution.stub)).right is None
    assert "not attempted yet" in solution.output, f"stored below the check of {solution.name}: {solution.output!r}"


def test_every_exercise_has_one_solution_and_every_solution_its_exercise():
    assert sorted(solution.name for solution in SOLUTIONS) == sorted(checks.EXERCISES)


def test_every_check_that_a_notebook_calls_is_an_exercise_of_that_notebook():
    for path in sorted(NOTEBOOKS.glob("*.ipynb")):
        for name in checked_names(path):
            assert name in checks.EXERCISES, f"{path.name} calls checks.{name}, which does not exist"
            assert path.stem.startswith(checks.EXERCISES[name].notebook)


def tables(kind: str) -> set[str]:
    """The exercises that the files test_NN.py and test_museum.py have a table of this kind for."""
    names = set()
    for path in sorted([*HERE.glob("test_[0-9E]*.py"), HERE / "test_museum.py"]):
        spec = importlib.util.spec_from_file_location(path.stem + "_read", path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        names |= set().union(*(set(getattr(module, kind)),))
    return names


def test_every_exercise_has_named_wrong_answers_and_another_right_one():
    assert tables("WRONG") == set(checks.EXERCISES)
    assert tables("RIGHT") == set(checks.EXERCISES)


# ------------------------------------------------------------------ these tests, tried on a made-up notebook


SOLVED = """\
Some hint.

<!-- solution: doubling -->
<details><summary>Solution</summary>

```python
def double(x):
    return math.fsum([x, x])
```

</details>
"""


@pytest.fixture
def made_up(tmp_path, monkeypatch):
    def build(markdown=SOLVED, check="checks.doubling(double)", stub="def double(x):\n    return ..."):
        cells = [
            nbformat.v4.new_code_cell("import math\nfrom course_lib.classroom import checks"),
            nbformat.v4.new_code_cell(stub),
            nbformat.v4.new_code_cell(check, outputs=[nbformat.v4.new_output("stream", text="not attempted yet")]),
            nbformat.v4.new_markdown_cell(markdown),
        ]
        path = tmp_path / "99_made_up.ipynb"
        nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
        return path

    def judge(answer):
        wrong = {1: "You did nothing.", 9: "You squared."}
        return None if answer(3) == 6 else wrong.get(answer(3), f"3 doubled is not {answer(3)}.")

    made = {"doubling": Exercise("doubling", "99", "Doubling", "", judge)}
    monkeypatch.setattr("exercise_answers.EXERCISES", made)
    return build


def test_a_solution_is_found_run_with_its_notebooks_imports_and_passed_to_its_check(made_up):
    (solution,) = solutions_of(made_up())
    assert solution.answer == "double" and solution.output == "not attempted yet"
    assert answer_of(solution, solution.code)(4) == 8
    assert answer_of(solution, solution.stub)(4) is ...


def test_a_stub_in_the_cell_of_its_check_is_found(made_up):
    (solution,) = solutions_of(made_up(check="double = ...\nchecks.doubling(double)", stub="pass"))
    assert answer_of(solution, solution.stub) is ...


def test_a_mark_without_a_solution_and_a_solution_without_a_check_are_found_out(made_up):
    with pytest.raises(AssertionError, match="no <details>"):
        solutions_of(made_up(markdown="<!-- solution: doubling -->\nnothing"))
    with pytest.raises(AssertionError, match=r"no cell calls checks.doubling"):
        solutions_of(made_up(check="print(1)"))


WRONG = {"nothing": (lambda x: x, "not 3"), "square": (lambda x: x * x, "squared"), "zero": (lambda x: 0, "not 0")}


def test_a_table_of_wrong_answers_fails_where_one_is_accepted_misheard_or_alike(made_up):
    test = refuses({"doubling": WRONG})
    test("doubling")
    for mistakes, complaint in (
        (WRONG | {"fine": (lambda x: x + x, "")}, "was not refused"),
        (WRONG | {"zero": (lambda x: 0, "negative")}, "should hear"),
        (WRONG | {"also zero": (lambda x: 0.0 * x + 0, "not 0")}, None),
        ({"nothing": WRONG["nothing"]}, "three wrong answers"),
        (WRONG | {"again": WRONG["zero"]}, "hear the same"),
    ):
        if complaint:
            with pytest.raises(AssertionError, match=complaint):
                refuses({"doubling": mistakes})("doubling")


def test_a_table_of_right_answers_fails_where_one_is_refused(made_up):
    accepts({"doubling": {"sum": lambda x: x + x}})("doubling", "sum")
    with pytest.raises(AssertionError, match="'square' is right, and heard: not yet. You squared."):
        accepts({"doubling": {"square": lambda x: x * x}})("doubling", "square")


def test_a_solution_names_what_it_is_for():
    assert Solution._fields[:2] == ("name", "notebook")
