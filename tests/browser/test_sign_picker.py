"""Notebook 00 in a real JupyterLab, in a real browser: the sign picker moves the picture."""

from collections.abc import Iterator

import nbformat
import pytest
from real_browser import NEEDS, Picture, browser, complaints, lab, run_all, store_unrun

from tools.notebooks import NOTEBOOKS

NAME = "00_start_here"
pytestmark = NEEDS


@pytest.fixture(scope="module")
def page(tmp_path_factory) -> Iterator:
    """The page of the notebook up to its widget, from a folder of its own, all its cells run."""
    pytest.importorskip("playwright.sync_api", reason="the package playwright is not installed")
    folder = tmp_path_factory.mktemp("lab")
    notebook = nbformat.read(NOTEBOOKS / f"{NAME}.ipynb", as_version=4)
    widget = next(
        i for i, cell in enumerate(notebook.cells) if "picture_widget(" in cell.source and "def" in cell.source
    )
    notebook.cells = notebook.cells[: widget + 1]
    store_unrun(notebook, folder / f"{NAME}.ipynb")
    with lab(folder) as address, browser() as chromium:
        yield run_all(chromium, address.format(name=NAME))


def test_the_sign_picker_and_both_sliders_change_the_picture_and_the_way_back_is_the_first_one(page):
    picture, handles = Picture(page), page.locator(".widget-slider .noUi-handle")
    handles.nth(2).wait_for()
    assert handles.count() == 3
    picker, readout = handles.nth(0), page.locator(".widget-slider .widget-readout").nth(0)
    assert picker.get_attribute("aria-valuemax") == "79.0" and readout.inner_text() == "sign 00"
    first, size = picture.bytes(), picture.size()
    seen = [first, picture.after(lambda: picker.press("End"))]
    assert readout.inner_text() == "sign 79"
    seen.append(picture.after(lambda: handles.nth(1).press("ArrowRight")))
    seen.append(picture.after(lambda: handles.nth(2).press("ArrowRight")))
    assert len({tuple(png) for png in seen}) == 4
    assert picture.size() == size  # the page does not jump
    picture.after(lambda: handles.nth(2).press("ArrowLeft"))
    picture.after(lambda: handles.nth(1).press("ArrowLeft"))
    assert picture.after(lambda: picker.press("Home")) == first


def test_all_four_arrow_keys_are_the_sign_picker_s_and_none_is_a_command_of_jupyterlab(page):
    picture, picker = Picture(page), page.locator(".widget-slider .noUi-handle").nth(0)
    active = "() => window.jupyterapp.shell.currentWidget.content.activeCellIndex"
    picker.focus()
    before, readout = page.evaluate(active), page.locator(".widget-slider .widget-readout").nth(0)
    for key, sign in (("ArrowUp", "01"), ("ArrowRight", "02"), ("ArrowDown", "01"), ("ArrowLeft", "00")):
        picture.after(lambda key=key: picker.press(key))
        assert readout.inner_text() == f"sign {sign}", key
        assert page.evaluate(active) == before, key


def test_the_widget_shows_no_complaint_and_nothing_in_the_notebook_failed(page):
    assert complaints(page) == []
