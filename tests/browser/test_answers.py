"""What a student does in a notebook, done by hand in a real browser: answers an exercise, stops a training, goes on."""

import re
from collections.abc import Iterator

import nbformat
import pytest
from real_browser import NEEDS, PATIENCE, browser, lab, store_unrun

from tests.classroom.widget_cells import notebook_of
from tools.notebooks import NOTEBOOKS

pytestmark = NEEDS
NOTEBOOK, EXERCISE = "06_gradient_penalty", "mix_pairs"
ANSWERS = {  # what is typed -> what is said below it
    "real": "Mix: not yet. ",
    "weights.view(-1, *[1] * (real.ndim - 1)) * (real - fake) + fake": "Mix: Correct. ",
    "real / 0 * undefined": "Mix: not yet. Your function stopped with NameError",
    "...": "Mix: not attempted yet.",
}
TRAINING = """
from course_lib.data import ring
from course_lib.models import MLPCritic, MLPGenerator
from course_lib.training import TrainingConfig, train

config = TrainingConfig(steps=100_000, critic_steps=1, batch_size=32, checkpoint_every=100_000, sobolev_weight=0.0)


def tell(state):
    if state.step % 20 == 0:
        print("at step", state.step, flush=True)


def go(resume):
    nets = MLPGenerator(4, 2, width=8, depth=1), MLPCritic(2, width=8, depth=1)
    history = train(*nets, ring(), config, device="cpu", callbacks=[tell], checkpoint_dir="run", resume=resume)
    steps = history.to_frame()["step"]
    print("ended after", len(steps), "steps, none missing:", list(steps) == list(range(1, len(steps) + 1)))


"""


@pytest.fixture(scope="module")
def open_notebook(tmp_path_factory) -> Iterator:
    """Opens one of two small notebooks, with a kernel that is idle."""
    pytest.importorskip("playwright.sync_api", reason="the package playwright is not installed")
    folder = tmp_path_factory.mktemp("lab")
    cells = nbformat.read(NOTEBOOKS / f"{NOTEBOOK}.ipynb", as_version=4).cells
    setup = next(cell.source for cell in cells if cell.source.startswith("# @title Set-up"))
    exercise = next(cell.source for cell in cells if cell.source.startswith(f"def {EXERCISE}("))
    store_unrun(notebook_of([setup, exercise]), folder / "answers.ipynb")
    store_unrun(notebook_of([TRAINING + "go(False)", "go(True)"]), folder / "stopped.ipynb")

    def opened(name):
        page = chromium.new_page(viewport={"width": 1300, "height": 1000})
        page.set_default_timeout(PATIENCE)
        page.goto(address.format(name=name))
        idle = "() => window.jupyterapp?.shell.currentWidget?.sessionContext?.session?.kernel?.status === 'idle'"
        page.wait_for_function(idle)
        return page

    with lab(folder) as address, browser() as chromium:
        yield opened


class Cell:
    """A code cell of the notebook in front, by its place."""

    def __init__(self, page, place: int) -> None:
        self.page, self.place = page, place
        self.locator = page.locator(".jp-Notebook .jp-CodeCell").nth(place)

    def run(self) -> None:
        self.locator.locator(".cm-content").click()
        self.page.keyboard.press("Control+Enter")

    def type(self, text: str) -> None:
        """Put `text` in the place of what stands there, as one paste."""
        self.locator.locator(".cm-content").click()
        self.page.keyboard.press("Control+a")
        self.page.keyboard.insert_text(text)

    def says(self, text: str) -> str:
        """What stands below the cell, once `text` is part of it."""
        output = self.locator.locator(".jp-OutputArea")
        output.get_by_text(text).first.wait_for()
        return output.inner_text()


def test_a_wrong_a_right_and_a_raising_answer_are_told_apart_below_the_cell(open_notebook):
    page = open_notebook("answers")
    Cell(page, 0).run()
    cell = Cell(page, 1)
    cell.run()
    untouched = cell.says("Mix: not attempted yet.")
    for answer, said in ANSWERS.items():
        cell.type(f"def {EXERCISE}(real, fake, weights):\n    return {answer}\n\n\nchecks.{EXERCISE}({EXERCISE})")
        cell.run()
        shown = cell.says(said)
        assert shown.count("Mix: ") == 1, "the verdict of the answer before is gone"
        assert "Traceback" not in shown
    assert shown == untouched
    page.close()


def test_a_training_that_is_stopped_by_the_button_keeps_its_steps_and_goes_on(open_notebook):
    page = open_notebook("stopped")
    ends = []
    for place in (0, 1):
        cell = Cell(page, place)
        cell.run()
        cell.says("at step")
        page.wait_for_timeout(300)
        page.locator("[data-jp-item-name='interrupt']").click()
        shown = cell.says("ended after")
        assert "KeyboardInterrupt" not in shown
        assert shown.strip().endswith("none missing: True")
        ends.append(int(re.search(r"ended after (\d+) steps", shown)[1]))
    assert 20 <= ends[0] < ends[1] < 100_000
    first = int(re.search(r"at step (\d+)", shown)[1])
    assert ends[0] < first <= ends[0] + 20, "it goes on where it was stopped, not from the beginning"
    page.close()
