"""Every notebook has the form that notebook_form.py describes, and each of its rules refuses what it is there for."""

from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from notebook_form import (
    MAXIMUM_CLAIM_LINES,
    MAXIMUM_LINES,
    MAXIMUM_ROW,
    MAXIMUM_VISIBLE_LINES,
    RULES,
    STRETCHES_OWED,
    complaints,
)

from tools import claims
from tools.notebooks import NOTEBOOKS, badges, normalise, setup_cell

NAME = "04_a_good_one"
PICTURE = "iVBORw0KGgo="
ALT = "Figure: the critic's slope falls from 3 to 1 within 200 generator steps"
CAPTION = "How steep the critic is while it learns. Look where it settles."


@pytest.mark.parametrize("path", sorted(NOTEBOOKS.glob("*.ipynb")), ids=lambda path: path.stem)
def test_the_notebook_has_the_courses_form(path):
    found = complaints(path)
    assert not found, "\n".join(f"{name}: {message}" for name, messages in found.items() for message in messages)


# --- the rules themselves


def exercise(name: str) -> list[NotebookNode]:
    return [
        new_markdown_cell(f"### The {name}\n●●○ · 5 min. Write it."),
        new_code_cell(f"answer = ...\nchecks.{name}(answer)"),
        new_markdown_cell("<details><summary>Hint</summary>\n\nThink.\n\n</details>"),
        new_markdown_cell(
            f"<!-- solution: {name} -->\n<details><summary>Solution</summary>\n\n"
            "```python\nanswer = 1\n```\n\n</details>"
        ),
    ]


def good_notebook() -> NotebookNode:
    """The smallest notebook without a fault."""
    rounds = [
        cell
        for number in range(8)
        for cell in (
            new_markdown_cell("**Predict.** Which one is larger?"),
            new_code_cell(f"x = {number}\nprint(x)", outputs=[new_output("stream", name="stdout", text=f"{number}\n")]),
            new_code_cell(f"assert x == {number}, 'x is what it was set to'"),
        )
    ]
    picture = new_output("display_data", data={"image/png": PICTURE, "text/plain": ALT})
    caption = new_output("display_data", data={"text/markdown": CAPTION, "text/plain": CAPTION})
    notebook = new_notebook(
        cells=[
            new_markdown_cell(f"# 04 A good one\n\n{badges(NAME)}\n\n"),
            new_markdown_cell("You will be able to tell. What you need: 03. 12 s, 400 MB."),
            new_code_cell(setup_cell() + "from course_lib import plots"),
            *rounds,
            new_code_cell("plots.show(axes, alt=..., caption=...)", outputs=[picture, caption]),
            *(cell for name in ("one", "two", "three") for cell in exercise(name)),
            new_markdown_cell("## What to remember\nThree lines.\n\n## References\nWGAN, arXiv:1701.07875."),
            new_markdown_cell("Next: [05](05_next.ipynb)"),
        ]
    )
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    for count, cell in enumerate(code, 1):
        cell.execution_count = count
    claims.mark(notebook)
    normalise(notebook, NAME)
    return notebook


def complaints_of(notebook: NotebookNode, folder: Path, name: str = NAME) -> dict[str, list[str]]:
    (folder / "05_next.ipynb").write_text(nbformat.writes(new_notebook()))
    path = folder / f"{name}.ipynb"
    path.write_text(nbformat.writes(notebook))
    return complaints(path)


def test_a_good_notebook_is_accepted(tmp_path):
    assert complaints_of(good_notebook(), tmp_path) == {}


def code(notebook: NotebookNode) -> list[NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def replace(old: str, new: str) -> Callable[[NotebookNode], None]:
    """A fault: `old` reads `new` wherever it stands in the notebook's cells."""

    def fault(notebook: NotebookNode) -> None:
        assert any(old in cell.source for cell in notebook.cells), "the fault must change something"
        for cell in notebook.cells:
            cell.source = cell.source.replace(old, new)

    return fault


def say(source: str) -> Callable[[NotebookNode], None]:
    """A fault: the last code cell reads `source` beside its check."""

    def fault(notebook: NotebookNode) -> None:
        code(notebook)[-1].source += "\n" + source

    return fault


def show(kind: str = "display_data", **content) -> Callable[[NotebookNode], None]:
    """A fault: the last code cell stores this output."""

    def fault(notebook: NotebookNode) -> None:
        code(notebook)[-1].outputs.append(new_output(kind, **content))

    return fault


def drop_tag_limit(notebook: NotebookNode) -> None:
    for cell in code(notebook)[:4]:
        cell.metadata["tags"] = ["nbval-ignore-output"]


def ignore_in_comments(notebook: NotebookNode) -> None:
    for cell in code(notebook)[1:5]:
        cell.source = f"# NBVAL_IGNORE_OUTPUT\n{cell.source}"


def second_set_up(notebook: NotebookNode) -> None:
    code(notebook)[-1].source += "\n" + setup_cell()


def not_run(notebook: NotebookNode) -> None:
    code(notebook)[-1].execution_count = None


def run_twice(notebook: NotebookNode) -> None:
    code(notebook)[-1].execution_count += 1


def drop_a_hint(notebook: NotebookNode) -> None:
    notebook.cells[-4].source = notebook.cells[-4].source.replace("Hint", "More")


def drop_an_exercise(notebook: NotebookNode) -> None:
    cells = exercise("three")
    notebook.cells = [cell for cell in notebook.cells if cell.source not in {c.source for c in cells}]


def keep_widget_state(notebook: NotebookNode) -> None:
    notebook.metadata["widgets"] = {"application/vnd.jupyter.widget-state+json": {"state": {}}}


def keep_times(notebook: NotebookNode) -> None:
    code(notebook)[0].metadata["execution"] = {"iopub.status.busy": "2026-01-01T00:00:00Z"}


def ask_for_gpu(notebook: NotebookNode) -> None:
    notebook.metadata["accelerator"] = "GPU"


def first_proof(notebook: NotebookNode) -> NotebookNode:
    return next(cell for cell in code(notebook) if claims.CLAIM in cell.metadata.get("tags", []))


def prove(source: str) -> Callable[[NotebookNode], None]:
    """A fault: the first cell of claims reads `source`."""

    def fault(notebook: NotebookNode) -> None:
        first_proof(notebook).source = f"{claims.TITLE}\n{source}"

    return fault


def assert_in_the_story(notebook: NotebookNode) -> None:
    code(notebook)[1].source += "\nassert x == 0, 'x is 0'"


def tell_in_the_proof(notebook: NotebookNode) -> None:
    first_proof(notebook).source += "\nprint(x)"


def show_in_the_proof(notebook: NotebookNode) -> None:
    first_proof(notebook).outputs = [new_output("stream", name="stdout", text="0\n")]


def open_the_proof(notebook: NotebookNode) -> None:
    first_proof(notebook).metadata.pop("jupyter")


def open_the_proof_in_colab(notebook: NotebookNode) -> None:
    first_proof(notebook).metadata.pop("cellView")


def open_the_set_up(notebook: NotebookNode) -> None:
    claims.unhide(code(notebook)[0])


def fold_the_story(notebook: NotebookNode) -> None:
    claims.hide(code(notebook)[1])


def drop_the_title(notebook: NotebookNode) -> None:
    first_proof(notebook).source = first_proof(notebook).source.removeprefix(claims.TITLE)


def prove_twice(notebook: NotebookNode) -> None:
    proof = first_proof(notebook)
    notebook.cells.insert(notebook.cells.index(proof), new_code_cell(proof.source, metadata=proof.metadata))


def picture_cell(notebook: NotebookNode) -> NotebookNode:
    return next(cell for cell in code(notebook) if "plots.show" in cell.source)


def caption_reads(words: str) -> Callable[[NotebookNode], None]:
    """A fault: the caption reads `words`."""

    def fault(notebook: NotebookNode) -> None:
        picture_cell(notebook).outputs[1].data.update({"text/markdown": words, "text/plain": words})

    return fault


def drop_the_caption(notebook: NotebookNode) -> None:
    picture_cell(notebook).outputs.pop()


def long_way_to_the_picture(notebook: NotebookNode) -> None:
    for cell in code(notebook)[1:4]:
        cell.source += "\ny = 1" * (MAXIMUM_VISIBLE_LINES // 2)


def words(text: str) -> dict:
    return {"data": {"text/plain": text}, "metadata": {}}


def row(length: int) -> str:
    """A row of a printed table that is `length` characters long."""
    return "steps  modes  share".ljust(length, "5") + "\n"


WIDGET = "application/vnd.jupyter.widget-view+json"

FAULTS = {
    "no title": ("title_and_badges", replace("# 04", "04")),
    "badges of another notebook": ("title_and_badges", replace("04_a_good_one.ipynb", "05_next.ipynb")),
    "no objectives": ("objectives", replace("You will be able to", "We")),
    "no prerequisites": ("objectives", replace("What you need", "Before")),
    "no minutes": ("objectives", replace("12 s", "quick")),
    "no memory": ("objectives", replace("400 MB", "small")),
    "a set-up cell of its own": ("set_up", replace("install_missing()", "pass")),
    "two set-up cells": ("set_up", second_set_up),
    "a GPU it does not need": ("accelerator", ask_for_gpu),
    "a cell that was not run": ("executed", not_run),
    "cells run out of order": ("executed", run_twice),
    "a stored error": ("errors", show("error", ename="ValueError", evalue="bad", traceback=[])),
    "a stored warning": ("stderr", show("stream", name="stderr", text="UserWarning")),
    "a wide table": ("narrow_tables", show("stream", name="stdout", text=row(MAXIMUM_ROW + 1))),
    "a wide table as a result": ("narrow_tables", show(**words(row(MAXIMUM_ROW + 1)))),
    "too big": ("size", show(data={"image/png": "A" * 1_000_000, "text/plain": ALT})),
    "widget state": ("leftovers", keep_widget_state),
    "time stamps": ("leftovers", keep_times),
    "a path in the source": ("own_paths", say("open('/home/ada/signals.csv')")),
    "a path in an output": ("own_paths", show("stream", name="stdout", text="saved /tmp/x/run.csv")),
    "clear_output": ("traps", say("clear_output(wait=True)")),
    "interact": ("traps", say("interact(draw, shift=(0, 3))")),
    "interactive_output": ("traps", say("widgets.interactive_output(draw, {})")),
    "an Output widget": ("traps", say("out = widgets.Output()")),
    "a trailing semicolon": ("traps", say("plt.plot(x);")),
    "ipympl": ("traps", say("%matplotlib widget")),
    "SVG asked for": ("traps", say("%config InlineBackend.figure_format = 'svg'")),
    "a timed cell": ("traps", say("%time train()")),
    "pip in a cell": ("traps", say("!pip install torch")),
    "a stored bar": ("traps", show("stream", name="stdout", text=" 42%|####      | 42/100 [00:01<00:02, 30.1it/s]")),
    "a stored notebook bar": ("traps", show(**words("  0%|          | 0/100 [00:00<?, ?it/s]"))),
    "a Styler": ("traps", show(data={"text/html": "<style>#T_ab12 th {}</style>", "text/plain": "table"})),
    "an SVG": ("traps", show(data={"image/svg+xml": "<svg/>", "text/plain": ALT})),
    "Image bytes": ("traps", show(**words("<IPython.core.display.Image object>"))),
    "an address": ("traps", show(**words("<function f at 0x7f00deadbeef>"))),
    "a drawing call's result": ("traps", show(**words("[<matplotlib.lines.Line2D at ...>]"))),
    "a widget without a picture": ("traps", show(data={WIDGET: {"model_id": "1"}, "text/plain": ALT})),
    "a figure without words": ("alt_text", show(data={"image/png": PICTURE, "text/plain": "<Figure size 640x480>"})),
    "a figure with a word": ("alt_text", show(data={"image/png": PICTURE, "text/plain": "A plot"})),
    "a figure with none": ("alt_text", show(data={"image/png": PICTURE})),
    "a linked picture without alt text": ("alt_text", replace("Three lines.", "![](https://example.org/a.png)")),
    "an img without alt text": ("alt_text", replace("Three lines.", "<img src='a.png'>")),
    "most cells ignored by tag": ("ignored", drop_tag_limit),
    "most cells ignored by comment": ("ignored", ignore_in_comments),
    "a picture without a caption": ("caption", drop_the_caption),
    "a caption of one word": ("caption", caption_reads("Slopes.")),
    "the alt text as caption": ("caption", caption_reads(ALT.removeprefix("Figure: The "))),
    "the alt text within the caption": ("caption", caption_reads(f"*{ALT.removeprefix('Figure: ')}*, as foretold.")),
    "a measured number in the caption": (
        "caption",
        caption_reads("The slope falls until it comes to 1.03 in the end."),
    ),
    "a measured share in the caption": ("caption", caption_reads("The slope has lost 60 % of its size in the end.")),
    "a claim in the story": ("claims_apart", assert_in_the_story),
    "a claim in the story, after a magic": ("claims_apart", say("%config a.b = 1\nassert answer, 'some'")),
    "a story among the claims": ("claims_apart", tell_in_the_proof),
    "claims that show something": ("claims_apart", show_in_the_proof),
    "a cell tagged claim without one": ("claims_apart", prove("x = 1")),
    "open claims": ("folded", open_the_proof),
    "open claims in Colab": ("folded", open_the_proof_in_colab),
    "an open set-up": ("folded", open_the_set_up),
    "a folded story": ("folded", fold_the_story),
    "claims without a title": ("folded", drop_the_title),
    "a claim without a message": ("one_claim_a_line", prove("assert x == 0")),
    "a claim with an empty message": ("one_claim_a_line", prove("assert x == 0, ' '")),
    "NumPy's claim without a message": ("one_claim_a_line", prove("np.testing.assert_allclose(x, 0)")),
    "torch's claim without a message": ("one_claim_a_line", prove("torch.testing.assert_close(x, y, rtol=0)")),
    "two claims joined": ("one_claim_a_line", prove("assert x == 0 and y == 1, 'x is 0, y is 1'")),
    "a chain of three": ("one_claim_a_line", prove("assert 0 < x < y < 1, 'x and y lie in order'")),
    "two comparisons that are no range": ("one_claim_a_line", prove("assert x < 1 > y, 'both are below 1'")),
    "two cells of claims in a round": ("one_proof_a_round", prove_twice),
    "a long cell": ("short_cells", say("x = 1\n" * (MAXIMUM_LINES + 1))),
    "a long cell of claims": ("short_cells", prove("assert x == 0, 'x is 0'\n" * MAXIMUM_CLAIM_LINES)),
    "a long way to the picture": ("pictures_between", long_way_to_the_picture),
    "too few predictions": ("rounds", replace("**Predict.**", "Look:")),
    "too few cells of claims": ("rounds", lambda notebook: [claims.unhide(cell) for cell in code(notebook)[2:9]]),
    "two exercises": ("exercises", drop_an_exercise),
    "no hint": ("exercises", drop_a_hint),
    "no solution": ("exercises", replace("<!-- solution: two -->", "")),
    "a solution of nothing": ("exercises", replace("Three lines.", "<!-- solution: seven -->")),
    "a solution with a hint above it": (
        "exercises",
        replace("<!-- solution: two -->", "Think.\n\n<!-- solution: two -->"),
    ),
    "an unfolded solution": ("exercises", replace("<details><summary>Solution", "<summary>Solution")),
    "no difficulty": ("exercises", replace("●●○ · 5 min", "Easy")),
    "no summary": ("closing", replace("What to remember", "Coda")),
    "no references": ("closing", replace("## References", "Read")),
    "no arXiv id": ("closing", replace("arXiv:1701.07875", "2017")),
    "no link to the next": ("next_notebook", replace("[05](05_next.ipynb)", "05")),
    "a dead link": ("links", replace("Three lines.", "[gone](../gone.md)")),
}


@pytest.mark.parametrize(("rule", "fault"), FAULTS.values(), ids=FAULTS.keys())
def test_a_notebook_with_one_fault_is_refused_by_the_rule_for_it(rule, fault, tmp_path):
    notebook = good_notebook()
    fault(notebook)
    assert rule in complaints_of(notebook, tmp_path)


def test_every_rule_refuses_something():
    assert {rule for rule, _ in FAULTS.values()} == {rule.__name__ for rule in RULES}


ALLOWED = {
    "a function that asserts when it is called": say("def check(x):\n    assert x > 0, 'x is positive'\n    return x"),
    "a range": prove("assert 0 < x < 1, 'x lies between'"),
    "three alike": prove("assert x == y == 0, 'both are 0'"),
    "NumPy's message": prove("np.testing.assert_allclose(x, 0, err_msg='x is 0')"),
    "torch's message": prove("torch.testing.assert_close(x, y, msg='the nets agree')"),
    "pandas's name for what it compares": prove("pd.testing.assert_frame_equal(x, y, obj='the history')"),
    "a message made of values": prove("assert x == 0, f'x is 0 at {y}'"),
    "whole numbers of the setting in the caption": caption_reads("The 8 modes and 2,500 samples in the plane."),
    "long words for a picture": say(
        "plots.show(\n    axes,\n    alt=(\n" + "        'a word'\n" * MAXIMUM_LINES + "    ),\n    caption='one',\n)"
    ),
    "a table that just fits": show("stream", name="stdout", text=row(MAXIMUM_ROW)),
    "a printed sentence that wraps": show("stream", name="stdout", text="a word " * MAXIMUM_ROW),
    "a long set-up": lambda notebook: code(notebook)[0].update(source=code(notebook)[0].source + "\nimport x" * 40),
}


@pytest.mark.parametrize("change", ALLOWED.values(), ids=ALLOWED.keys())
def test_a_rule_does_not_refuse_what_is_right(change, tmp_path):
    notebook = good_notebook()
    change(notebook)
    assert complaints_of(notebook, tmp_path) == {}


def test_a_stretch_that_is_owed_is_longer_than_the_limit_and_belongs_to_a_notebook():
    for name, lines in STRETCHES_OWED.items():
        assert lines > MAXIMUM_VISIBLE_LINES and (NOTEBOOKS / f"{name}.ipynb").exists()


def test_the_main_job_must_ask_colab_for_a_gpu(tmp_path):
    notebook = good_notebook()
    assert "accelerator" in complaints_of(notebook, tmp_path, "08_wgan_gp_on_signals")
    ask_for_gpu(notebook)
    assert "accelerator" not in complaints_of(notebook, tmp_path, "08_wgan_gp_on_signals")


def test_the_last_notebook_needs_no_link_to_a_next(tmp_path):
    notebook = good_notebook()
    replace("[05](05_next.ipynb)", "The end.")(notebook)
    assert "next_notebook" not in complaints_of(notebook, tmp_path, "E9_last")
