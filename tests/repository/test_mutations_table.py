"""docs/mutations.csv: every guard that it names is there, an assertion of a notebook or a test of the repository.

A guard is `NOTEBOOK: TEXT`, where TEXT stands in one asserting statement of that notebook's code (spaces and line
breaks do not count), or the name of a test function. Several guards are separated by ` || `.
"""

import ast
import json
from functools import cache
from pathlib import Path

import pandas as pd
import pytest

ROOT = Path(__file__).resolve().parents[2]
COLUMNS = ["formula", "guard", "change", "caught_by"]
NOTEBOOKS = {path.stem: path for path in (ROOT / "notebooks").glob("*.ipynb")}
TABLE = pd.read_csv(ROOT / "docs" / "mutations.csv", keep_default_na=False)


def squeezed(text: str) -> str:
    return "".join(text.split())


def is_assertion(node: ast.AST) -> bool:
    """An assert, or a call of NumPy's, torch's or pandas' `testing.assert_...`."""
    return isinstance(node, ast.Assert) or (
        isinstance(node, ast.Call) and ".testing.assert_" in f".{ast.unparse(node.func)}"
    )


def assertions_of(source: str) -> list[str]:
    """The squeezed text of each asserting statement of `source`."""
    return [
        squeezed(ast.get_source_segment(source, node)) for node in ast.walk(ast.parse(source)) if is_assertion(node)
    ]


@cache
def assertions(notebook: str) -> list[str]:
    cells = json.loads(NOTEBOOKS[notebook].read_text(encoding="utf-8"))["cells"]
    sources = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    return [text for source in sources for text in assertions_of(source)]


@cache
def names_of_tests() -> set[str]:
    """Functions, and names that a table of wrong answers is bound to."""
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in (ROOT / "tests").rglob("*.py")]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    bound = {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    return bound | {node.name for node in nodes if isinstance(node, ast.FunctionDef)}


def missing(guard: str) -> str | None:
    """Why `guard` guards nothing; None where it does."""
    notebook, colon, text = guard.partition(": ")
    if not colon:
        return None if guard.startswith("test_") and guard in names_of_tests() else f"no test is called {guard}"
    if notebook not in NOTEBOOKS:
        return f"there is no notebook {notebook}"
    if any(squeezed(text) in assertion for assertion in assertions(notebook)):
        return None
    return f"no assertion of {notebook} holds: {text}"


def test_the_table_has_its_columns_and_says_of_every_row_what_was_tried():
    assert list(TABLE) == COLUMNS
    assert (TABLE[["formula", "guard", "caught_by"]] != "").all(axis=None)
    untried = TABLE[TABLE["change"] == ""]
    assert untried["caught_by"].str.startswith("not tried").all(), "a row without a change was not tried"
    assert not TABLE.duplicated(["formula", "change"]).any()


@pytest.mark.parametrize("guard", sorted({one for guards in TABLE["guard"] for one in guards.split(" || ")}))
def test_every_guard_is_an_assertion_of_its_notebook_or_a_test(guard):
    assert missing(guard) is None, f"{missing(guard)}; mend docs/mutations.csv"


@pytest.mark.parametrize(
    "guard, why",
    [
        ("test_that_nobody_wrote", "no test is called"),
        ("99_nowhere: x == 1", "there is no notebook"),
        ("02_kl_and_js: abs(kl(p, q) - 17) < 1e-12", "no assertion of 02_kl_and_js holds"),
        ("02_kl_and_js: evidence = heads * math.log(0.75 / 0.5)", "no assertion of 02_kl_and_js holds"),
    ],
)
def test_a_guard_that_is_not_there_or_asserts_nothing_is_refused(guard, why):
    assert why in missing(guard)


def test_an_assertion_is_found_however_its_lines_are_broken():
    source = "if x:\n    np.testing.assert_allclose(\n        x, y,\n        rtol=1e-9)\nassert (\n  a < b\n), 'why'\n"
    found = assertions_of(source)
    assert any(squeezed("np.testing.assert_allclose(x, y, rtol=1e-9)") in text for text in found)
    assert any("a<b" in text for text in found)
