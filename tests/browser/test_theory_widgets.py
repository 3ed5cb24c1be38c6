"""Every slider and button of the theory notebooks, moved in a real browser: its picture changes.

With COURSE_SCREENSHOTS=FOLDER the pages are kept as pictures, to be looked at.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from real_browser import NEEDS, Picture, browser, complaints, lab, run_all, store_unrun

from tests.classroom.widget_cells import notebook_of, widget_cells

pytestmark = NEEDS
FOUND = {name: [setup, *cells] for name, setup, cells in widget_cells()}


@pytest.fixture(scope="module")
def open_notebook(tmp_path_factory) -> Iterator:
    """Opens a notebook of the set-up cell and the widget cells alone, and runs it."""
    pytest.importorskip("playwright.sync_api", reason="the package playwright is not installed")
    folder = tmp_path_factory.mktemp("lab")
    for name, sources in FOUND.items():
        store_unrun(notebook_of(sources), folder / f"{name}.ipynb")
    with lab(folder) as address, browser() as chromium:
        yield lambda name: run_all(chromium, address.format(name=name), widgets=len(FOUND[name]) - 1)


def moves(box) -> Iterator[tuple[str, object, object]]:
    """(its kind and place, a move, the way back or None) for every control of a widget."""
    for i, handle in enumerate(box.locator(".widget-slider .noUi-handle").all()):
        top = handle.get_attribute("aria-valuenow") == handle.get_attribute("aria-valuemax")
        to, back = ("ArrowLeft", "ArrowRight") if top else ("ArrowRight", "ArrowLeft")
        yield f"slider {i}", lambda h=handle, key=to: h.press(key), lambda h=handle, key=back: h.press(key)
    for i, button in enumerate(box.locator("button.widget-button").all()):
        yield f"button {i}", lambda b=button: b.click(), None


@pytest.mark.parametrize("name", FOUND)
def test_every_control_moves_its_picture_and_the_page_stays_still(open_notebook, name):
    page = open_notebook(name)
    for number, box in enumerate(page.locator(".widget-vbox").all()):
        box.locator(".noUi-handle, button.widget-button").first.wait_for()
        picture = Picture(page, number)
        first, size = picture.bytes(), picture.size()
        controls = list(moves(box))
        assert controls, f"{name}: widget {number} has nothing to move"
        for control, move, back in controls:
            assert picture.after(move) != first, f"{name}: {control} of widget {number} leaves its picture as it was"
            assert picture.size() == size, f"{name}: {control} of widget {number} makes the page jump"
            if back is not None:
                picture.after(back)
    if folder := os.environ.get("COURSE_SCREENSHOTS"):
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)
    assert complaints(page) == [], name
    page.close()
