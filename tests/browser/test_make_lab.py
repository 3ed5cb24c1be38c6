"""`make lab` itself: JupyterLab in the repository's root, behind its token, on notebook 00, whose links lead on."""

import os
import re
import secrets
import shutil
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator

import pytest
from real_browser import NEEDS, PATIENCE, browser, serving

from tools.address import ROOT
from tools.notebooks import NOTEBOOKS

pytestmark = pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")
TOKEN = secrets.token_hex(16)


@pytest.fixture(scope="module")
def page_of_lab(tmp_path_factory) -> Iterator[str]:
    """The address that `make lab` prints, without the token, of a server that runs in this environment."""
    folder = tmp_path_factory.mktemp("make_lab")
    venv = folder / "venv"
    (venv / "bin").mkdir(parents=True)
    (venv / "bin" / "python").write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    (venv / "bin" / "python").chmod(0o755)
    stamp = subprocess.run("pwd | cksum | cut -d' ' -f1", shell=True, cwd=ROOT, capture_output=True, text=True)
    (venv / f"built-{stamp.stdout.strip()}").touch()
    options = f"--no-browser --ServerApp.port=0 --IdentityProvider.token={TOKEN} --expose-app-in-browser"
    options += f" --LabApp.workspaces_dir={folder} --LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"
    own = {key: value for key, value in os.environ.items() if not key.startswith("MAKE")}
    command = ["make", "lab", f"VENV={venv}", f"LAB_ARGS={options}"]
    with serving(command, ROOT, folder / "lab.log", environment=own) as root:
        text = (folder / "lab.log").read_text()
        yield re.search(re.escape(root) + r"(/lab\S*)\?token=", text)[0].removesuffix("?token=")


def status(address: str) -> int:
    try:
        return urllib.request.urlopen(address, timeout=60).status
    except urllib.error.HTTPError as error:
        return error.code


def test_the_server_answers_with_the_token_and_refuses_without_it(page_of_lab):
    files = page_of_lab.split("/lab/")[0] + "/api/contents/data/README.md"
    assert status(files) == 403
    assert status(f"{files}?token=another") == 403
    assert status(f"{files}?token={TOKEN}") == 200


def links_out_of_the_notebooks() -> list[tuple[str, str]]:
    """(notebook, the file of data/ or docs/ that it links to), by their paths from the root."""
    found = []
    for path in sorted(NOTEBOOKS.glob("*.ipynb")):
        targets = re.findall(r"\]\(\.\./((?:data|docs)/[\w./-]+\.md)\)", path.read_text(encoding="utf-8"))
        found += [(f"notebooks/{path.name}", target) for target in targets]
    return found


class TestInABrowser:
    pytestmark = NEEDS

    def test_it_opens_notebook_00_and_a_notebook_s_link_to_the_data_opens_their_readme(self, page_of_lab):
        pytest.importorskip("playwright.sync_api", reason="the package playwright is not installed")
        notebook, target = next(link for link in links_out_of_the_notebooks() if link[1] == "data/README.md")
        at = "path => window.jupyterapp?.shell.currentWidget?.context?.path === path"
        with browser() as chromium:
            page = chromium.new_page(viewport={"width": 1300, "height": 1500})
            page.set_default_timeout(PATIENCE)
            page.goto(f"{page_of_lab}?token={TOKEN}")
            page.wait_for_function(at, arg="notebooks/00_start_here.ipynb")
            page.evaluate(
                "async path => { await window.jupyterapp.commands.execute('docmanager:open', {path}); }", notebook
            )
            page.wait_for_function(at, arg=notebook)
            page.locator(f".jp-RenderedMarkdown a[href*='{target}']:visible").first.click()
            page.wait_for_function(at, arg=target)
            page.close()
