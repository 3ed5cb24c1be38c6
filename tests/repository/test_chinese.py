"""The Chinese introductions: one for each notebook, in the glossary's terms, with the notebook's own numbers."""

import importlib.util
import re
from functools import cache

import nbformat
import pytest

from course_lib.metrics.verdict import UNTRAINED
from tools.address import ROOT
from tools.notebooks import NOTEBOOKS, badges

NAMES = sorted(path.stem for path in NOTEBOOKS.glob("*.ipynb"))
TEXT = (ROOT / "docs" / "introductions.zh.md").read_text(encoding="utf-8")
README = (ROOT / "README.zh.md").read_text(encoding="utf-8")
PAIR = re.compile(r"([\u4e00-\u9fffA-Za-z0-9\- ]+)（([A-Za-z0-9][A-Za-z0-9 ,.'-]*)）")  # 中文（English）
FEWEST_CHARACTERS = 200  # Chinese ones: half a page
FEWEST_TERMS = 4


def sections() -> dict[str, str]:
    """The introductions by the name of their notebook."""
    parts = re.split(r'<a id="(\w+)"></a>', TEXT)[1:]
    return dict(zip(parts[::2], parts[1::2], strict=True))


@cache
def glossary() -> dict[str, str]:
    """English term: its Chinese name, of every row of the glossary's tables."""
    cells = nbformat.read(NOTEBOOKS / "glossary.ipynb", as_version=4).cells
    text = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    return {term.lower(): chinese for term, chinese in re.findall(r"^\| \*\*(.+?)\*\* \| (.+?) \|", text, re.M)}


def rejected() -> dict[str, str]:
    """The spellings that the glossary's own test refuses."""
    path = ROOT / "tests" / "notebooks" / "test_glossary.py"
    spec = importlib.util.spec_from_file_location("glossary_read", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.REJECTED


def wrong_terms(text: str) -> list[str]:
    """The pairs 中文（English） that the glossary does not have."""
    said = []
    for chinese, english in PAIR.findall(text):
        entries = [names for term, names in glossary().items() if re.match(rf"{re.escape(english.lower())}\b", term)]
        names = {part.strip() for entry in entries for part in re.split(r"[（），、/(]|, ", entry)}
        if not any(name and chinese.strip().endswith(name.rstrip("）)")) for name in names):
            said.append(f"{chinese}（{english}）: the glossary says {entries}")
    return said


def foreign_numbers(text: str, notebook: str) -> list[str]:
    """The numbers of two digits or more in `text` that stand nowhere in the notebook's text, code or outputs."""
    cells = nbformat.read(NOTEBOOKS / f"{notebook}.ipynb", as_version=4).cells
    shown = [
        str(o.get("text", "")) + str(o.get("data", {}).get("text/plain", ""))
        for c in cells
        for o in c.get("outputs", [])
    ]
    own = set(re.findall(r"\d+(?:[.,]\d+)*", "\n".join([*(cell.source for cell in cells), *shown])))
    prose = re.sub(r"\(\.\./[^)]*\)|第[\d、 到和]+[节章室]|^## .*$", "", text, flags=re.M)
    return [number for number in re.findall(r"\d+(?:[.,]\d+)*", prose) if len(number) > 1 and number not in own]


def test_every_notebook_has_its_introduction_and_every_introduction_its_notebook():
    assert sorted(sections()) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_an_introduction_is_half_a_page_in_the_glossarys_terms_with_the_notebooks_numbers(name):
    text = sections()[name]
    assert f"(../notebooks/{name}.ipynb)" in text
    assert wrong_terms(text) == []
    assert foreign_numbers(text, name) == []
    for spelling, instead in rejected().items():
        assert spelling not in text, f"{spelling}: {instead}"
    if name != "glossary":
        assert len(re.findall(r"[\u4e00-\u9fff]", text)) >= FEWEST_CHARACTERS
        assert len(PAIR.findall(text)) >= FEWEST_TERMS


@pytest.mark.parametrize("name", NAMES)
def test_every_notebook_and_the_chinese_readme_link_to_the_introduction(name):
    link = f"docs/introductions.zh.md#{name})"
    assert f"(../{link}" in badges(name)
    assert badges(name) in nbformat.read(NOTEBOOKS / f"{name}.ipynb", as_version=4).cells[0].source
    assert f"({link}" in README and f"(notebooks/{name}.ipynb)" in README


def test_the_chinese_readme_uses_the_glossarys_terms_and_the_english_readmes_commands_and_numbers():
    english = (ROOT / "README.md").read_text(encoding="utf-8")
    assert wrong_terms(README) == []
    for command in re.findall(r"^(?:make|git|python) .*?(?=  |$)", README, re.M):
        assert command.split("#")[0].strip() in english, command
    numbers = re.findall(r"\d+\.\d+", re.sub(r"\(.*?\)", "", README))
    assert [number for number in numbers if number not in english] == []


def test_both_readmes_say_what_the_column_untrained_of_a_report_is():
    assert f"*{UNTRAINED}*" in (ROOT / "README.md").read_text(encoding="utf-8") and f"`{UNTRAINED}`" in README


def test_a_wrong_term_and_a_number_from_elsewhere_are_found_out():
    assert wrong_terms("用梯度处罚（gradient penalty）") and not wrong_terms("用梯度惩罚（gradient penalty）")
    assert foreign_numbers("比例是 97.31 %", "03_when_gans_fail") == ["97.31"]
