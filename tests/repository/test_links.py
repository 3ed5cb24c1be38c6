"""Every link inside the repository leads somewhere, to its heading too: pages, book and notebooks."""

import re
from pathlib import Path

import nbformat
import pytest

from tools.address import ROOT

PAGES = [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("book/*.md"), ROOT / "data" / "README.md"]
PAGES += ROOT.glob("notebooks/*.ipynb")
LINK = re.compile(r"\]\(((?![a-z]+:)[^)\s]+)\)")


def text_of(path: Path) -> str:
    """The text of a page without its code."""
    if path.suffix == ".ipynb":
        cells = nbformat.read(path, as_version=4).cells
        text = "\n\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    else:
        text = path.read_text(encoding="utf-8")
    return re.sub(r"```.*?```|`[^`\n]*`", "", text, flags=re.DOTALL)


def anchors(path: Path) -> set[str]:
    """What can stand behind # in a link to a page: GitHub's slugs, JupyterLab's headings, and anchors of our own."""
    text = text_of(path)
    headings = re.findall(r"^#+ (.+?)\s*$", text, re.MULTILINE)
    plain = {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
    return {heading.replace(" ", "-") for heading in headings} | plain | set(re.findall(r'<a id="([^"]+)">', text))


def broken(path: Path) -> list[str]:
    """The links of a page that lead nowhere."""
    said = []
    for link in LINK.findall(text_of(path)):
        name, _, anchor = link.partition("#")
        target = (path.parent / name).resolve() if name else path
        if not target.exists():
            said.append(link)
        elif anchor and target.suffix in (".md", ".ipynb") and anchor not in anchors(target):
            said.append(link)
    return said


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_inside_the_repository_leads_to_a_file_and_a_heading(path):
    assert broken(path) == []


def test_a_link_to_no_file_and_one_to_no_heading_are_found_out(tmp_path):
    (tmp_path / "a.md").write_text(
        "# One two\n[x](b.md) [y](#three) [z](#one-two) [w](https://example.org) `[v](c.md)`"
    )
    assert broken(tmp_path / "a.md") == ["b.md", "#three"]


def test_the_book_has_every_notebook_and_every_page_in_its_navigation():
    index = (ROOT / "book" / "index.md").read_text(encoding="utf-8")
    listed = {line for block in re.findall(r"```\{toctree\}(.*?)```", index, re.DOTALL) for line in block.split("\n")}
    for path in [*ROOT.glob("notebooks/*.ipynb"), *ROOT.glob("docs/*.md")]:
        assert f"../{path.parent.name}/{path.stem}" in listed, f"{path.name} is on no page of the book"
