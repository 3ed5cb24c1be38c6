"""Every notebook as a student finds it: opened in JupyterLab with the outputs that are stored, nothing run.

Wide and narrow, light and dark: nothing is cut, overlaps, is empty or hard to read, and the page has no complaint.
With COURSE_SCREENSHOTS=FOLDER all notebooks are opened and kept as pictures, which takes minutes; otherwise two are.
"""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from looks import SCREENSHOTS, findings, listen
from real_browser import NEEDS, PATIENCE, browser, lab

from tools.notebooks import NOTEBOOKS

pytestmark = NEEDS
NAMES = [path.stem for path in sorted(NOTEBOOKS.glob("*.ipynb"))]
FEW = ["06_gradient_penalty", "10_better_signals"]  # the widest formulas, the widest table
THEMES = {"light": "JupyterLab Light", "dark": "JupyterLab Dark"}
WIDTHS = 1440, 1024
HEIGHT = 1500
NO_KERNEL = "Cannot read properties of null (reading 'kernel')"  # JupyterLab's own, of a notebook without one
PANEL = ".jp-NotebookPanel:not(.lm-mod-hidden) .jp-NotebookPanel-notebook"
NOT_OURS = ".jp-Notebook-footer, .jp-RenderedMarkdown pre"  # JupyterLab's own colours
OUTPUTS = f"{PANEL} .jp-OutputArea-child, {PANEL} .jp-RenderedMarkdown"


@pytest.fixture(scope="module")
def page(tmp_path_factory) -> Iterator:
    """JupyterLab on copies of all notebooks; `page.heard` is what it complained of."""
    pytest.importorskip("playwright.sync_api", reason="the package playwright is not installed")
    folder = tmp_path_factory.mktemp("lab")
    for name in NAMES:
        shutil.copy(NOTEBOOKS / f"{name}.ipynb", folder)
    with lab(folder) as address, browser() as chromium:
        page = chromium.new_page(viewport={"width": WIDTHS[0], "height": HEIGHT})
        page.set_default_timeout(PATIENCE)
        page.heard = listen(page)
        page.goto(address.replace("/tree/{name}.ipynb", "").format(name="opened"))
        yield page


def open_notebook(page, name: str) -> None:
    """The stored notebook in front, drawn to its end, the others closed."""
    page.wait_for_function("() => window.jupyterapp?.commands.hasCommand('docmanager:open')")
    without = {"path": f"{name}.ipynb", "kernelPreference": {"shouldStart": False, "canStart": False}}
    page.evaluate("async () => { await window.jupyterapp.commands.execute('application:close-all'); }")
    # Nothing is given back: a panel is too deep to be
    page.evaluate("async how => { await window.jupyterapp.commands.execute('docmanager:open', how); }", without)
    drawn = """name => {
        const panel = [...window.jupyterapp.shell.widgets("main")].find(panel => panel.context?.path === name);
        return panel?.context.isReady && panel.content.widgets.length > 0
            && panel.content.widgets.every(cell => cell.isAttached && !cell.isPlaceholder());
    }"""
    page.wait_for_function(drawn, arg=f"{name}.ipynb")


def arrange(page, *, width: int, theme: str) -> None:
    page.set_viewport_size({"width": width, "height": HEIGHT})
    page.evaluate("theme => window.jupyterapp.commands.execute('apputils:change-theme', {theme})", THEMES[theme])
    page.wait_for_selector(f"body[data-jp-theme-name='{THEMES[theme]}']", state="attached")
    page.wait_for_timeout(500)


def keep(page, folder: Path, stem: str) -> None:
    """The notebook in front as pictures, a screenful each."""
    panel = page.locator(f"{PANEL} .jp-WindowedPanel-outer")
    height = panel.evaluate("e => { e.scrollTop = 0; return e.scrollHeight; }")
    seen = panel.evaluate("e => e.clientHeight")
    for number, top in enumerate(range(0, height, seen)):
        panel.evaluate("(e, top) => { e.scrollTop = top; }", top)
        panel.screenshot(path=folder / f"{stem}-{number:02d}.png")


@pytest.mark.parametrize("name", NAMES if SCREENSHOTS else FEW)
def test_nothing_is_cut_or_empty(page, name):
    found = []
    open_notebook(page, name)
    for theme in THEMES:
        for width in WIDTHS:
            arrange(page, width=width, theme=theme)
            said = findings(page, PANEL, pieces=OUTPUTS, leave_out=NOT_OURS)
            found += [f"{theme} {width}: {line}" for line in said]
            if SCREENSHOTS:
                keep(page, Path(SCREENSHOTS), f"{name}-{theme}-{width}")
    assert not found, "\n" + "\n".join(found)
    assert [line for line in page.heard if NO_KERNEL not in line] == []
