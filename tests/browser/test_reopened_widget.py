"""A notebook that was saved with a widget and opened again without its kernel: the reader is told to run the cell."""

import pytest
from real_browser import NEEDS, PATIENCE, Picture, browser, lab, run_all, store_unrun

from course_lib.classroom.widgets import RUN_AGAIN
from tests.classroom.widget_cells import notebook_of

pytestmark = NEEDS
CELL = """
import matplotlib.pyplot as plt
from course_lib.classroom.widgets import choice, picture_widget, show_with_still

box = picture_widget(lambda power: plt.subplots()[1].plot(range(4), [x**power for x in range(4)])[0].axes,
                     power=choice({"a line": 1, "a square": 2}, label="power"))
show_with_still(box, alt="a line through four points", caption="A line. Move the power.")
"""


def test_beside_model_not_found_stands_that_the_cell_is_to_be_run_again_and_doing_so_helps(tmp_path):
    pytest.importorskip("playwright.sync_api", reason="the package playwright is not installed")
    store_unrun(notebook_of([CELL]), tmp_path / "saved.ipynb")
    with lab(tmp_path) as address, browser() as chromium:
        page = run_all(chromium, address.format(name="saved"))
        page.get_by_text(RUN_AGAIN).wait_for()
        page.evaluate("() => window.jupyterapp.commands.execute('docmanager:save')")
        page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.shutdown()")
        page.close()

        page = chromium.new_page(viewport={"width": 1300, "height": 900})
        page.set_default_timeout(PATIENCE)
        page.goto(address.format(name="saved"))
        page.get_by_text("Error displaying widget: model not found").wait_for()
        page.get_by_text(RUN_AGAIN).wait_for()
        assert page.locator(".jp-Cell-outputArea img").count() == 0  # the still picture is not what a reader sees there
        page.close()

        page = run_all(chromium, address.format(name="saved"))
        picture, handle = Picture(page), page.locator(".widget-slider .noUi-handle")
        first = picture.bytes()
        assert picture.after(lambda: handle.press("ArrowRight")) != first
