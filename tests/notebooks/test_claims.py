"""Claims are told from the story of a cell, moved into folded cells of their own, and nothing is lost on the way."""

import ast

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from tools import claims
from tools.notebooks import build, main, setup_cell


def parts(source, later=frozenset()):
    return claims.split(source, set(later))


def test_trailing_claims_go_and_the_story_stays():
    story, proof = parts("x = 2\nprint(x)\nassert x == 2\nassert x > 1")
    assert (story, proof) == ("x = 2\nprint(x)", "assert x == 2\nassert x > 1")


@pytest.mark.parametrize(
    "claim",
    [
        "np.testing.assert_allclose(x, 2)",
        "torch.testing.assert_close(x, y)",
        "pd.testing.assert_frame_equal(x, y)",
        "for y in x:\n    assert y",
        "with torch.no_grad():\n    assert x.sum() == 2",
    ],
)
def test_what_can_fail_is_a_claim_whatever_its_form(claim):
    assert parts(f"print(x)\n{claim}") == ("print(x)", claim)


def test_what_only_claims_read_goes_with_them_comments_included():
    source = "x = f()\nprint(x)\n# by hand\ny = g()  # twice\nassert x == y"
    assert parts(source) == ("x = f()\nprint(x)", "# by hand\ny = g()  # twice\nassert x == y")


def test_a_name_that_the_story_or_a_cell_below_reads_stays_in_the_story():
    source = "y = g()\nprint(y)\nassert y"
    assert parts(source) == ("y = g()\nprint(y)", "assert y")
    assert parts("y = g()\nassert y", later={"y"}) == ("y = g()", "assert y")
    assert parts("y = g()\nassert y") == ("", "y = g()\nassert y")


def test_a_claim_moves_behind_what_the_story_shows_afterwards():
    assert parts("assert x\nprint(x)") == ("print(x)", "assert x")


def test_a_claim_does_not_move_behind_a_line_that_changes_what_it_reads():
    assert parts("assert x == 1\nx = 2\nprint(x)") == ("assert x == 1\nx = 2\nprint(x)", "")
    assert parts("assert x[0]\nx[0] = 2\nprint(x)")[1] == ""
    assert parts("x += 1\nassert x\nprint(x)") == ("x += 1\nprint(x)", "assert x")


def test_a_loop_that_claims_and_shows_is_left_to_the_author():
    source = "for x in y:\n    print(x)\n    assert x"
    assert parts(source) == (source, "")


def test_a_function_that_asserts_when_it_is_called_is_no_claim():
    source = "def check(x):\n    assert x > 0\n    return x\n\n\nprint(check(1))"
    assert parts(source) == (source, "")
    assert not claims.has_assertion(ast.parse(source))


def test_an_exercise_is_story():
    source = "def answer(x):\n    return ...\n\n\nchecks.answer(answer)"
    assert parts(source) == (source, "")


def test_a_cell_that_is_not_python_is_story():
    assert parts("%time train()\nassert True") == ("%time train()\nassert True", "")


@pytest.mark.parametrize(
    ("source", "read"),
    [
        ("for x in y:\n    x + z", {"y", "z"}),
        ("[x + z for x in y]", {"y", "z"}),
        ("f = lambda x, k=y: x + k", {"y"}),
        ("def f(x):\n    k = x\n    return k + y", {"y"}),
        ("with open(p) as x:\n    x.read()", {"open", "p"}),
        ("x = 1\nx + y", {"y"}),
        ("x[i] = y", {"x", "i", "y"}),
        ("if t:\n    x = 1\nx", {"t", "x"}),  # x may be older than this cell
    ],
)
def test_names_are_needed_only_if_they_are_read_before_they_are_bound(source, read):
    assert claims.needed_below(["pass", source])[0] == read


def test_needs_are_counted_through_all_the_cells_below():
    assert claims.needed_below(["a = 1", "b = a", "c = b + d"]) == [{"a", "d"}, {"b", "d"}, set()]


def folded_notebook():
    cells = [
        new_markdown_cell("# 98 A trial"),
        new_code_cell(setup_cell() + "import math"),
        new_code_cell(
            "x = 2\nprint(x)\ny = 2\nassert x == y",
            outputs=[new_output("stream", text="2\n")],
            execution_count=2,
            metadata={"tags": ["nbval-ignore-output"]},
        ),
        new_markdown_cell("Two."),
        new_code_cell("assert x > 0", execution_count=3),
        new_code_cell("z = x"),
    ]
    notebook = new_notebook(cells=cells)
    claims.fold(notebook)
    return notebook


def test_outputs_and_tags_stay_with_the_story_and_claims_are_folded_below_it():
    notebook = folded_notebook()
    setup, story, proof, other, last = claims.code_cells(notebook.cells)
    assert story.source == "x = 2\nprint(x)" and story.outputs[0].text == "2\n"
    assert story.metadata == {"tags": ["nbval-ignore-output"]}
    assert proof.source == "# @title Claims\ny = 2\nassert x == y" and proof.outputs == []
    assert proof.metadata == {"tags": ["claim", "hide-input"], "jupyter": {"source_hidden": True}, "cellView": "form"}
    assert other.source == "# @title Claims\nassert x > 0" and claims.is_hidden(other)
    assert setup.metadata == {"jupyter": {"source_hidden": True}, "cellView": "form", "tags": ["hide-input"]}
    assert last.metadata == {}
    nbformat.validate(notebook)


def test_folding_again_changes_nothing():
    notebook = folded_notebook()
    once = nbformat.writes(notebook)
    claims.fold(notebook)
    assert nbformat.writes(notebook) == once


def test_a_cell_that_was_folded_and_now_tells_the_story_is_shown_again():
    notebook = folded_notebook()
    proof = claims.code_cells(notebook.cells)[2]
    proof.source = "print(x)"
    claims.mark(notebook)
    assert proof.metadata == {}


def test_a_cell_with_the_authors_tag_is_never_folded():
    notebook = folded_notebook()
    cell = new_code_cell("kept = save(x)\nassert kept", metadata={"tags": ["story"]})
    notebook.cells.append(cell)
    claims.mark(notebook)
    assert cell.metadata == {"tags": ["story"]}


def test_what_is_left_of_a_story_that_shows_nothing_joins_the_cell_above():
    cells = [new_code_cell("x = 2\nprint(x)"), new_code_cell("y = x\nassert y"), new_code_cell("print(y)")]
    notebook = new_notebook(cells=cells)
    claims.fold(notebook)
    assert [cell.source for cell in notebook.cells] == [
        "x = 2\nprint(x)\ny = x",
        "# @title Claims\nassert y",
        "print(y)",
    ]


def test_building_from_the_text_of_a_folded_notebook_gives_it_back_even_if_the_text_says_nothing_of_folding():
    import jupytext

    notebook = build(jupytext.writes(folded_notebook(), fmt="py:percent"), "98_trial")
    text = jupytext.writes(notebook, fmt="py:percent")
    assert 'tags=["claim", "hide-input"]' in text
    plain = "\n".join("# %%" if line.startswith("# %% c") else line for line in text.splitlines())
    for again in (build(text, "98_trial", notebook), build(plain, "98_trial", notebook)):
        assert nbformat.writes(again) == nbformat.writes(notebook)


def test_the_command_folds_a_file_keeps_its_outputs_and_runs_nothing(tmp_path):
    path = tmp_path / "98_trial.ipynb"
    cells = [
        new_markdown_cell("# 98 A trial"),
        new_code_cell("# Set-up\nimport math", execution_count=1),
        new_code_cell("print(1)\nassert 1 / 0", outputs=[new_output("stream", text="1\n")], execution_count=2),
    ]
    nbformat.write(new_notebook(cells=cells), path)
    assert main(["fold", str(path)]) == 0
    first = path.read_text()
    setup, story, proof = claims.code_cells(nbformat.reads(first, 4).cells)
    assert setup.source == setup_cell() + "import math"
    assert story.outputs[0].text == "1\n" and proof.source.endswith("assert 1 / 0")
    assert [cell.execution_count for cell in (setup, story, proof)] == [1, 2, 3]
    main(["fold", str(path)])
    assert path.read_text() == first
