"""Notebooks are laid from text and run again without losing or inventing anything."""

import nbformat
import pytest

from tools.notebooks import badges, build, main, setup_cell

TEXT = """\
# %% [markdown]
# # 98 A trial
#
# What it is.

# %%
# Set-up
import random

# %% tags=["nbval-ignore-output"]
print(random.random())

# %%
print("kept")
"""


def test_building_writes_badges_below_the_title_and_todays_set_up_lines():
    notebook = build(TEXT, "98_trial")
    assert notebook.cells[0].source == f"# 98 A trial\n\n{badges('98_trial')}\n\nWhat it is."
    assert notebook.cells[1].source == setup_cell() + "import random"
    assert notebook.cells[2].metadata.tags == ["nbval-ignore-output"]


def test_building_again_from_the_notebooks_own_text_changes_nothing():
    import jupytext

    notebook = build(TEXT, "98_trial")
    again = build(jupytext.writes(notebook, fmt="py:percent"), "98_trial", notebook)
    assert nbformat.writes(again) == nbformat.writes(notebook)


def test_a_changed_cell_loses_its_output_and_its_neighbours_keep_theirs():
    old = build(TEXT, "98_trial")
    for count, cell in enumerate(old.cells[1:], 1):
        cell.execution_count = count
        cell.outputs = [nbformat.v4.new_output("stream", text=f"output {count}")]
    new = build(TEXT.replace('"kept"', '"changed"'), "98_trial", old)
    assert [cell.execution_count for cell in new.cells[1:]] == [1, 2, None]
    assert new.cells[3].outputs == []
    assert [cell.id for cell in new.cells[:3]] == [cell.id for cell in old.cells[:3]]


@pytest.mark.parametrize(("old", "new"), [("# # 98", "# 98"), ("# Set-up", "# Setting up")])
def test_a_text_without_title_or_set_up_cell_is_refused(old, new):
    with pytest.raises(ValueError, match="98_trial: "):
        build(TEXT.replace(old, new), "98_trial")


def test_a_second_refresh_changes_nothing_and_a_failing_cell_leaves_the_file_as_it_was(tmp_path, capsys):
    source, path = tmp_path / "trial.py", tmp_path / "98_trial.ipynb"
    source.write_text(TEXT.replace("print(random.random())", "import ipywidgets\n\nipywidgets.IntSlider()"))
    assert main(["build", str(source), str(path)]) == 0
    assert main(["refresh", str(path)]) == 0
    first = path.read_text()
    assert [cell.execution_count for cell in nbformat.reads(first, 4).cells[1:]] == [1, 2, 3]
    assert nbformat.reads(first, 4).cells[3].outputs[0].text == "kept\n"
    assert main(["refresh", str(path)]) == 0
    assert path.read_text() == first

    source.write_text(TEXT.replace('print("kept")', "1 / 0"))
    main(["build", str(source), str(path)])
    before = path.read_text()
    assert main(["refresh", str(path)]) == 1
    assert path.read_text() == before
    assert "ZeroDivisionError" in capsys.readouterr().err
