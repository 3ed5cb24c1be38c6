"""The built book in a real browser: landing page, notebook and search, on a screen and on a phone, light and dark.

Looks at _book/ as `make book` has left it, served as from a host of static pages, without a network.
With COURSE_SCREENSHOTS=FOLDER every page is looked at, and kept as a picture.
"""

import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from looks import SCREENSHOTS, findings, listen
from real_browser import NEEDS, PATIENCE, browser

from tools.address import ROOT

BOOK = ROOT / "_book"
pytestmark = [
    *NEEDS,
    pytest.mark.skipif(not (BOOK / "book" / "index.html").exists(), reason="no _book/ here: `make book` builds it"),
]
WIDTHS = 1440, 390
FEW = ["book/index", "notebooks/02_kl_and_js"]
PAGES = sorted(path.relative_to(BOOK).with_suffix("").as_posix() for path in BOOK.glob("*/*.html"))
SCROLLED = "pre, .table-wrapper, .cell_output table, .math-wrapper"  # sideways, by a finger


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def root() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=BOOK)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture(scope="module")
def page(root) -> Iterator:
    """`page.heard` is what it complained of, `page.asked` what it wanted from elsewhere."""
    pytest.importorskip("playwright.sync_api", reason="the package playwright is not installed")
    with browser() as chromium:
        page = chromium.new_page()
        page.set_default_timeout(PATIENCE)
        page.heard, page.asked = listen(page), []
        page.on("request", lambda request: page.asked.append(request.url) if not is_of(root, request.url) else None)
        yield page


def is_of(root: str, address: str) -> bool:
    return address.startswith((root, "data:", "blob:"))


def settled(page) -> None:
    """Formulas are set."""
    page.evaluate("async () => { await window.MathJax?.startup?.promise; await document.fonts.ready; }")


@pytest.mark.parametrize("name", PAGES if SCREENSHOTS else FEW)
def test_no_page_is_wider_than_the_screen_and_nothing_in_it_is_cut_or_hard_to_read(page, root, name):
    found = []
    page.goto(f"{root}/{name}.html")
    settled(page)
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        for theme in ("light", "dark"):
            page.emulate_media(color_scheme=theme)
            page.wait_for_timeout(300)
            wider = page.evaluate("() => document.documentElement.scrollWidth - window.innerWidth")
            said = [f"the page is {wider} pixels wider than the screen"] if wider > 0 else []
            said += findings(page, ".content", may_scroll=SCROLLED, leave_out=".highlight")
            found += [f"{theme} {width}: {line}" for line in said]
            if SCREENSHOTS:
                picture = f"book-{name.replace('/', '-')}-{theme}-{width}.png"
                page.screenshot(path=Path(SCREENSHOTS) / picture, full_page=width == WIDTHS[0])
    assert not found, "\n" + "\n".join(found)
    assert page.heard == []
    assert page.asked == []


@pytest.mark.parametrize("width", WIDTHS)
def test_the_search_finds_the_notebook_of_a_word_and_its_result_leads_there(page, root, width):
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(f"{root}/book/index.html")
    if width < 1000:
        page.locator(".nav-overlay-icon, .mobile-header label[for='__navigation']").first.click()
    box = page.locator("input[name='q']:visible").first
    box.fill("Wasserstein")
    box.press("Enter")
    result = page.locator("#search-results li a", has_text="Wasserstein").first
    result.wait_for()
    if SCREENSHOTS:
        page.screenshot(path=Path(SCREENSHOTS) / f"book-search-{width}.png")
    result.click()
    page.wait_for_selector("h1:has-text('Wasserstein')")
    assert page.evaluate("() => document.documentElement.scrollWidth - window.innerWidth") <= 0
