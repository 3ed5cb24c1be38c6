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
    picture, picker = Picture(page), page.locator(".widget-dropdown select")
    handles = page.locator(".widget-slider .noUi-handle")
    assert picker.locator("option").count() == 80 and handles.count() == 2
    first, size = picture.bytes(), picture.size()
    seen = [first, picture.after(lambda: picker.select_option("sign 41"))]
    seen.append(picture.after(lambda: handles.nth(0).press("ArrowRight")))
    seen.append(picture.after(lambda: handles.nth(1).press("ArrowRight")))
    assert len({tuple(png) for png in seen}) == 4
    assert picture.size() == size  # the page does not jump
    picture.after(lambda: handles.nth(1).press("ArrowLeft"))
    picture.after(lambda: handles.nth(0).press("ArrowLeft"))
    assert picture.after(lambda: picker.select_option("sign 00")) == first


def test_the_widget_shows_no_complaint_and_nothing_in_the_notebook_failed(page):
    assert complaints(page) == []
