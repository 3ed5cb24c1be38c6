"""A notebook in a real JupyterLab, in a real browser.

Needs a Chromium on the PATH and the package playwright (`pip install playwright`; it brings no browser of its own).
"""

import json
import os
import re
import secrets
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import ipywidgets
import nbformat
import pytest
from nbformat import NotebookNode

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
PATIENCE = 180_000  # milliseconds: a limit for a busy machine, not a measurement
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
FLAGS += ["--disable-component-update", "--disable-sync"]

NEEDS = [
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on the PATH: install it to run this test"),
    pytest.mark.skipif(
        ipywidgets.__version__.startswith("7."), reason="JupyterLab here draws the widgets of ipywidgets 8"
    ),
]


@contextmanager
def lab(folder: Path) -> Iterator[str]:
    """A JupyterLab that serves the notebooks of `folder`; gives the pattern of their addresses, with a {name}."""
    settings = folder / "settings"
    settings.mkdir()
    # All cells stand in the page, not only those on the screen
    overrides = {"@jupyterlab/notebook-extension:tracker": {"windowingMode": "none"}}
    overrides["@jupyterlab/apputils-extension:notification"] = {"fetchNews": "false"}  # it asks, in front of a cell
    (settings / "overrides.json").write_text(json.dumps(overrides))
    token, log = secrets.token_hex(16), folder / "lab.log"
    options = {
        "ServerApp.root_dir": folder,
        "IdentityProvider.token": token,
        "ServerApp.port": 0,
        "LabApp.app_settings_dir": settings,
        # What is changed or trusted here stays here, and nobody's own settings are seen
        "LabApp.user_settings_dir": folder / "user_settings",
        "LabApp.workspaces_dir": folder / "workspaces",
        "NotebookNotary.db_file": ":memory:",
        "LabApp.check_for_updates_class": "jupyterlab.NeverCheckForUpdate",
    }
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--expose-app-in-browser"]
    command += [f"--{key}={value}" for key, value in options.items()]
    with serving(command, folder, log, environment=dict(os.environ)) as root:
        yield f"{root}/lab/workspaces/{{name}}/tree/{{name}}.ipynb?token={token}"


@contextmanager
def serving(command: list[str], folder: Path, log: Path, *, environment: dict[str, str]) -> Iterator[str]:
    """The root of the addresses of the JupyterLab that `command`, run in `folder`, starts; it is ended afterwards."""
    with open(log, "wb") as file:
        # A session of its own: what the command starts ends with it
        server = subprocess.Popen(
            command, cwd=folder, stdout=file, stderr=file, env=environment, start_new_session=True
        )
    try:
        yield _address(server, log)
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait(PATIENCE / 1000)


def _address(server: subprocess.Popen, log: Path) -> str:
    for _ in range(PATIENCE // 500):
        found = re.search(r"(http://(?:localhost|127\.0\.0\.1):[1-9]\d*)/lab", log.read_text())
        if found:
            return found[1]
        assert server.poll() is None, f"JupyterLab did not start:\n{log.read_text()}"
        time.sleep(0.5)
    raise AssertionError(f"JupyterLab did not come up:\n{log.read_text()}")


def store_unrun(notebook: NotebookNode, path: Path) -> None:
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    nbformat.write(notebook, path)


@contextmanager
def browser() -> Iterator:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()


def run_all(browser, address: str, *, widgets: int = 1):
    """The page of the notebook, all its cells run and that many widget pictures in it."""
    page = browser.new_page(viewport={"width": 1300, "height": 1500})
    page.set_default_timeout(PATIENCE)
    page.goto(address)
    page.wait_for_selector(".jp-Notebook .jp-CodeCell")
    page.wait_for_function(
        "() => window.jupyterapp?.shell.currentWidget?.sessionContext?.session?.kernel?.status === 'idle'"
    )
    page.evaluate("() => window.jupyterapp.commands.execute('notebook:run-all-cells')")
    page.wait_for_function(f"() => document.querySelectorAll('img.widget-image').length >= {widgets}")
    return page


class Picture:
    """What a widget shows, as a reader has it: the bytes of its image, and its size on the page."""

    def __init__(self, page, number: int = 0) -> None:
        self.page, self.number = page, number
        self.image = page.locator("img.widget-image").nth(number)

    def bytes(self) -> list[int]:
        return self.image.evaluate("async i => [...new Uint8Array(await (await fetch(i.src)).arrayBuffer())]")

    def size(self) -> tuple[float, float]:
        box = self.image.bounding_box()
        return box["width"], box["height"]

    def after(self, change) -> list[int]:
        """The picture once `change()` has altered it; fails if it never does."""
        source = self.image.get_attribute("src")
        change()
        self.page.wait_for_function(
            "([old, n]) => document.querySelectorAll('img.widget-image')[n].src !== old", arg=[source, self.number]
        )
        return self.bytes()


def complaints(page) -> list[str]:
    """What the widgets' lines for complaints say, and any error or warning that a cell has shown."""
    said = [label.inner_text() for label in page.locator(".widget-vbox .widget-label:last-child").all()]
    kinds = ("stderr", "error")
    shown = [page.locator(f".jp-OutputArea-output[data-mime-type='application/vnd.jupyter.{kind}']") for kind in kinds]
    return [text for text in said if text] + [text for found in shown for text in found.all_inner_texts()]
