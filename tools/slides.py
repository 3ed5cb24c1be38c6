"""Slides of the notebooks: one figure and one claim each: python -m tools.slides [NOTEBOOK ...] [--out _slides]

One idea: what a notebook shows and what it then asserts make a slide: the figure with its caption, and below it the
first claim that follows. One HTML file a notebook, pictures inside: arrow keys turn the slides, printing gives a PDF.
"""

import argparse
import ast
import html
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import nbformat
from nbformat import NotebookNode

from tools import claims
from tools.address import ROOT
from tools.notebooks import NOTEBOOKS

PAGE = """\
<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{title}</title>
<style>
html {{ scroll-snap-type: y mandatory; font-family: sans-serif; color: #222; background: white; }}
body {{ margin: 0; }}
section {{ box-sizing: border-box; height: 100vh; padding: 3vh 5vw; scroll-snap-align: start; display: flex;
  flex-direction: column; justify-content: center; break-after: page; }}
h1, h2 {{ font-weight: 600; margin: 0 0 1vh; }}
img {{ max-width: 100%; min-height: 0; flex: 0 1 auto; object-fit: contain; }}
.caption {{ color: #555; }}
.claim {{ border-left: 0.4em solid #0072B2; padding-left: 0.8em; font-size: 1.3em; }}
@page {{ size: 11in 6.2in; margin: 0; }}
</style></head><body>
{slides}
<script>
const step = {{ArrowRight: 1, ArrowDown: 1, PageDown: 1, " ": 1, ArrowLeft: -1, ArrowUp: -1, PageUp: -1}};
addEventListener("keydown", event => {{
  if (!(event.key in step)) return;
  event.preventDefault();
  const slides = [...document.querySelectorAll("section")];
  const now = Math.round(scrollY / innerHeight);
  slides[Math.min(Math.max(now + step[event.key], 0), slides.length - 1)].scrollIntoView();
}});
</script></body></html>
"""


class Slide(NamedTuple):
    """A section's heading, a figure (PNG as base64) with its alt text and caption, and the claim that follows it."""

    heading: str
    png: str
    alt: str
    caption: str
    claim: str


def first_claim(source: str) -> str | None:
    """What the first assertion of a cell says, if that is one plain text."""
    with suppress(SyntaxError):
        for node in ast.walk(ast.parse(source)):
            said = claims.message(node) if claims.is_assertion(node) else None
            if isinstance(said, ast.Constant) and isinstance(said.value, str):
                return said.value
    return None


def plain(markdown: str) -> str:
    """Markdown as a line of text: formulas and code keep their letters and lose their marks."""
    return " ".join(re.sub(r"[*`$]|\\[,;!]", "", markdown).split())


def slides(notebook: NotebookNode) -> Iterator[Slide]:
    """A slide for every figure that a claim follows before the next figure."""
    heading, figure = "", None
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            found = re.findall(r"^##+ (.+)$", cell.source, re.MULTILINE)
            heading = found[-1] if found else heading
            continue
        if figure and claims.CLAIM in cell.metadata.get("tags", []) and (claim := first_claim(cell.source)):
            yield Slide(*figure, claim)
            figure = None
        for output in cell.outputs:
            data = output.get("data", {})
            if "image/png" in data:
                alt = data.get("text/plain", "").strip("'\"").removeprefix("Figure: ")
                figure = (plain(heading), data["image/png"].replace("\n", ""), alt, "")
            elif figure and "text/markdown" in data:
                figure = (*figure[:3], plain(data["text/markdown"]))


def page(notebook: NotebookNode) -> str:
    """The slides of one notebook as an HTML page."""
    title = notebook.cells[0].source.splitlines()[0].removeprefix("# ")
    parts = [f"<section><h1>{html.escape(title)}</h1></section>"]
    for slide in slides(notebook):
        words = {name: html.escape(value) for name, value in slide._asdict().items()}
        parts.append(
            '<section><h2>{heading}</h2><img alt="{alt}" src="data:image/png;base64,{png}">'
            '<p class="caption">{caption}</p><p class="claim">{claim}</p></section>'.format(**words)
        )
    return PAGE.format(title=html.escape(title), slides="\n".join(parts))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("notebooks", nargs="*", type=Path, default=sorted(NOTEBOOKS.glob("*.ipynb")))
    parser.add_argument("--out", type=Path, default=ROOT / "_slides")
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    for path in given.notebooks:
        written = given.out / f"{path.stem}.html"
        written.write_text(page(nbformat.read(path, as_version=4)), encoding="utf-8")
        print(written)
