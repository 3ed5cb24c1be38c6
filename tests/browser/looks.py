"""What is wrong with how a page looks, found by measuring it: cut, overlapping, empty, or hard to read.

The measuring is done by looks.js in the page; here are the questions, the page's complaints, and pictures to look at.
"""

import os
import re
from pathlib import Path

SCRIPT = Path(__file__).with_name("looks.js").read_text(encoding="utf-8")
SCREENSHOTS = os.environ.get("COURSE_SCREENSHOTS")


def findings(page, root: str, *, may_scroll: str = ".no-such", pieces: str = ".no-such", leave_out: str = "") -> list:
    """What is wrong below every element that matches `root`, a line each.

    `may_scroll` matches what a reader is expected to scroll sideways (code), `pieces` what stands one below the other,
    and `leave_out` text whose colours are not the course's.
    """
    return page.evaluate(SCRIPT, {"root": root, "mayScroll": may_scroll, "pieces": pieces, "leaveOut": leave_out})


def listen(page) -> list[str]:
    """A list that fills with what goes wrong in the page: errors in its console, and exceptions that nobody caught.

    The badges' pictures lie on other hosts, which a test does not ask: each gets an empty picture instead.
    """
    heard: list[str] = []
    blank = "<svg xmlns='http://www.w3.org/2000/svg' width='110' height='20'/>"

    elsewhere = re.compile(r"https?://(?!localhost|127\.0\.0\.1)")
    page.route(elsewhere, lambda route: route.fulfill(body=blank, content_type="image/svg+xml"))
    page.on("console", lambda message: heard.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: heard.append(f"{error.name}: {error.message}"))
    return heard
