"""A student at the keyboard: a right, a wrong, a raising answer to an exercise; a training stopped, and then ended."""

from collections.abc import Iterator

import nbformat
import pytest
from looks import listen
from real_browser import NEEDS, PATIENCE, browser, lab, store_unrun

from tests.classroom.widget_cells import notebook_of
from tools.notebooks import NOTEBOOKS, SETUP_MARK

pytestmark = NEEDS
STOPPED = """
import tempfile, time
from course_lib.data import Scaler, simulate_signs
from course_lib.training import Recipe, train
from course_lib.training.callbacks import ProgressBar

tiny = simulate_signs(1, 200, length=32)
tiny = Scaler.fit(tiny).transform(tiny)
recipe, folder = Recipe(dim=8, latent_dim=16).with_config(steps=60, read_every=4), tempfile.mkdtemp()

def run(*callbacks, **options):
    nets = recipe.build(tiny, seed=3)
    return train(*nets, tiny, recipe.config, device="cpu", callbacks=callbacks, checkpoint_dir=folder, **options)
"""
FIRST = """
def slowly(state):
    print("step", state.step, flush=True)
    time.sleep(2)

print("stopped early:", len(run(ProgressBar(), slowly)) < recipe.config.steps)
"""
THEN = 'print("in all:", len(run(ProgressBar(), resume=True)))'


@pytest.fixture(scope="module")
def open_notebook(tmp_path_factory) -> Iterator:
    """Opens one of two notebooks: an exercise of notebook 01 below its set-up, and a training to be stopped."""
    pytest.importorskip("playwright.sync_api", reason="the package playwright is not installed")
    folder = tmp_path_factory.mktemp("lab")
    cells = [cell.source for cell in nbformat.read(NOTEBOOKS / "01_minimax_game.ipynb", as_version=4).cells]
    exercise = next(cell for cell in cells if cell.endswith("checks.loss_from_logits(loss_from_logits)"))
    setup = next(cell for cell in cells if SETUP_MARK in cell)
    store_unrun(notebook_of([setup, exercise]), folder / "exercise.ipynb")
    store_unrun(notebook_of([STOPPED, FIRST, THEN]), folder / "training.ipynb")
    with pytest.MonkeyPatch.context() as patch, browser() as chromium:
        patch.delenv("TQDM_DISABLE", raising=False)  # a student sees the bar
        with lab(folder) as address:

            def opened(name: str):
                page = chromium.new_page(viewport={"width": 1024, "height": 1200})
                page.set_default_timeout(PATIENCE)
                page.heard = listen(page)
                page.goto(address.format(name=name))
                page.wait_for_selector(".jp-Notebook .jp-CodeCell")
                page.wait_for_function(
                    "() => window.jupyterapp?.shell.currentWidget?.sessionContext?.session?.kernel?.status === 'idle'"
                )
                return page

            yield opened


def run_cell(page, number: int) -> None:
    """As a student does: a click into the cell, Ctrl+Enter."""
    page.locator(".jp-CodeCell .cm-content").nth(number).click()
    page.keyboard.press("Control+Enter")


def says(page, number: int, text: str) -> str:
    """All that stands below a cell, once `text` stands there."""
    below = page.locator(".jp-CodeCell").nth(number).locator(".jp-OutputArea")
    below.get_by_text(text).first.wait_for()
    return below.inner_text()


def test_a_right_a_wrong_and_a_raising_answer_typed_into_the_stub(open_notebook):
    page = open_notebook("exercise")
    run_cell(page, 0)
    run_cell(page, 1)
    says(page, 1, "not attempted yet.")
    answers = {
        "F.softplus(-fake_logits).mean() + F.softplus(real_logits).mean()": "not yet. ",
        "real_logits.no_such_method()": "not yet. Your function stopped with AttributeError",
        "F.softplus(-real_logits).mean() + F.softplus(fake_logits).mean()": "Correct.",
    }
    for answer, verdict in answers.items():
        page.locator(".jp-CodeCell").nth(1).locator(".cm-line").nth(1).click()
        for key in ("End", "Shift+Home", "Delete"):
            page.keyboard.press(key)
        page.keyboard.type(f"return {answer}")
        page.keyboard.press("Control+Enter")
        said = says(page, 1, verdict)
        assert "Traceback" not in said, answer
        line = page.locator(".jp-CodeCell").nth(1).locator(".cm-line").nth(1).inner_text()
        assert line.strip() == f"return {answer}"
    assert page.heard == []
    page.close()


def test_a_training_stopped_by_the_button_returns_what_there_is_and_goes_on_when_asked_to(open_notebook):
    page = open_notebook("training")
    run_cell(page, 0)
    run_cell(page, 1)
    says(page, 1, "step 2")
    page.locator("[data-command='notebook:interrupt-kernel'], [title^='Interrupt the kernel']").first.click()
    assert "KeyboardInterrupt" not in says(page, 1, "stopped early: True")
    run_cell(page, 2)
    assert "in all: 60" in says(page, 2, "in all")
    assert page.locator(".jp-OutputArea-output[data-mime-type$='stderr'], [data-mime-type$='error']").count() == 0
    assert page.heard == []
    page.close()
