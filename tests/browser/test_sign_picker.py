"""Notebook 00 in a real JupyterLab, in a real browser: the sign picker moves the picture.

Needs a Chromium on the PATH and the package playwright (`pip install playwright`; it brings no browser of its own).
"""

import json
import os
import re
import secrets
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import ipywidgets
import nbformat
import pytest

from tools.notebooks import NOTEBOOKS

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
NAME = "00_start_here.ipynb"
PATIENCE = 180_000  # milliseconds: a limit for a busy machine, not a measurement
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
FLAGS += ["--disable-component-update", "--disable-sync"]

pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on the PATH: install it to run this test"),
    pytest.mark.skipif(
        ipywidgets.__version__.startswith("7."), reason="JupyterLab here draws the widgets of ipywidgets 8"
    ),
]


@pytest.fixture(scope="module")
def lab(tmp_path_factory) -> Iterator[str]:
    """The address of a JupyterLab that serves the notebook up to its widget, from a folder of its own."""
    pytest.importorskip("playwright.sync_api", reason="the package playwright is not installed")
    folder, settings = tmp_path_factory.mktemp("lab"), tmp_path_factory.mktemp("settings")
    notebook = nbformat.read(NOTEBOOKS / NAME, as_version=4)
    widget = next(
        i for i, cell in enumerate(notebook.cells) if "picture_widget(" in cell.source and "def" in cell.source
    )
    notebook.cells = notebook.cells[: widget + 1]
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    nbformat.write(notebook, folder / NAME)
    # All cells stand in the page, not only those on the screen
    overrides = {"@jupyterlab/notebook-extension:tracker": {"windowingMode": "none"}}
    (settings / "overrides.json").write_text(json.dumps(overrides))
    token, log = secrets.token_hex(16), folder / "lab.log"
    options = {
        "ServerApp.root_dir": folder,
        "IdentityProvider.token": token,
        "ServerApp.port": 0,
        "LabApp.app_settings_dir": settings,
        "LabApp.check_for_updates_class": "jupyterlab.NeverCheckForUpdate",
    }
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--expose-app-in-browser"]
    command += [f"--{key}={value}" for key, value in options.items()]
    with open(log, "wb") as file:
        server = subprocess.Popen(command, cwd=folder, stdout=file, stderr=file, env=dict(os.environ))
    try:
        yield f"{_address(server, log)}/lab/tree/{NAME}?token={token}"
    finally:
        server.terminate()
        server.wait(30)


def _address(server: subprocess.Popen, log: Path) -> str:
    for _ in range(PATIENCE // 500):
        found = re.search(r"(http://(?:localhost|127\.0\.0\.1):[1-9]\d*)/lab", log.read_text())
        if found:
            return found[1]
        assert server.poll() is None, f"JupyterLab did not start:\n{log.read_text()}"
        time.sleep(0.5)
    raise AssertionError(f"JupyterLab did not come up:\n{log.read_text()}")


@pytest.fixture(scope="module")
def page(lab) -> Iterator:
    """The page of the notebook, all its cells run."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page(viewport={"width": 1300, "height": 1500})
        page.set_default_timeout(PATIENCE)
        page.goto(lab)
        page.wait_for_selector(".jp-Notebook .jp-CodeCell")
        page.wait_for_function(
            "() => window.jupyterapp?.shell.currentWidget?.sessionContext?.session?.kernel?.status === 'idle'"
        )
        page.evaluate("() => window.jupyterapp.commands.execute('notebook:run-all-cells')")
        page.wait_for_selector("img.widget-image")
        yield page
        browser.close()


class Picture:
    """What the widget shows, as a reader has it: the bytes of its image, and its size on the page."""

    def __init__(self, page) -> None:
        self.page, self.image = page, page.locator("img.widget-image")

    def bytes(self) -> list[int]:
        return self.image.evaluate("async i => [...new Uint8Array(await (await fetch(i.src)).arrayBuffer())]")

    def size(self) -> tuple[float, float]:
        box = self.image.bounding_box()
        return box["width"], box["height"]

    def after(self, change) -> list[int]:
        """The picture once `change()` has altered it; fails if it never does."""
        source = self.image.get_attribute("src")
        change()
        self.page.wait_for_function("old => document.querySelector('img.widget-image').src !== old", arg=source)
        return self.bytes()


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
    assert page.locator(".widget-vbox .widget-label").last.inner_text() == ""
    assert page.locator(".jp-OutputArea-output[data-mime-type='application/vnd.jupyter.stderr']").count() == 0
    assert page.locator(".jp-OutputArea-output[data-mime-type='application/vnd.jupyter.error']").count() == 0
