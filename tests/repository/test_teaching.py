"""What an instructor is given: slides, timings, and the page of misconceptions."""

import re
import sys

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from course_lib.classroom.checks import EXERCISES
from tools.address import ROOT
from tools.misconceptions import PAGE, cell, mistakes
from tools.notebooks import NOTEBOOKS
from tools.slides import Slide, page, slides
from tools.timings import measure

LESSONS = sorted(path for path in NOTEBOOKS.glob("*.ipynb") if path.stem != "glossary")


def figure(png: str) -> list:
    picture = new_output("display_data", data={"image/png": png, "text/plain": "Figure: a <line>"})
    return [picture, new_output("display_data", data={"text/markdown": "How *steep* $x$ is.", "text/plain": ""})]


def claim(source: str):
    return new_code_cell(source, metadata={"tags": ["claim"]})


@pytest.fixture
def notebook():
    return new_notebook(
        cells=[
            new_markdown_cell("# 99 A trial"),
            new_markdown_cell("## 1 First"),
            new_code_cell("show()", outputs=figure("AAAA")),
            new_markdown_cell("Text."),
            claim("assert 1 < 2, 'one is less'\nassert 2 < 3, 'so is two'"),
            claim("assert 3 < 4, 'and three'"),
            new_markdown_cell("## 2 Second"),
            new_code_cell("show()", outputs=figure("BBBB")),
            new_code_cell("show()", outputs=figure("CCCC")),
            claim("assert 1, 'a & b'"),
        ]
    )


def test_a_slide_is_a_figure_and_the_first_claim_below_it(notebook):
    assert list(slides(notebook)) == [
        Slide("1 First", "AAAA", "a <line>", "How steep x is.", "one is less"),
        Slide("2 Second", "CCCC", "a <line>", "How steep x is.", "a & b"),
    ]


def test_a_page_of_slides_is_whole_in_itself_and_escapes_what_it_shows(notebook):
    text = page(notebook)
    assert text.count("<section>") == 3 and "<title>99 A trial</title>" in text
    assert "a &amp; b" in text and 'alt="a &lt;line&gt;"' in text
    assert not re.search(r"(src|href)=\"(?!data:)", text)


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_every_notebook_has_slides_each_with_alt_text_caption_and_claim(path):
    found = list(slides(nbformat.read(path, as_version=4)))
    assert len(found) >= 2
    for slide in found:
        assert all(slide) and "$" not in slide.caption


def test_a_timing_counts_the_kernels_processor_time_and_memory(tmp_path):
    busy = "import time\nwhile time.process_time() < 3:\n    pass\nx = bytearray(3 * 10**8)"
    nbformat.write(new_notebook(cells=[new_code_cell(busy)]), tmp_path / "busy.ipynb")
    found = measure(tmp_path / "busy.ipynb")
    assert 3 <= found["seconds"] < 30
    assert 300 <= found["peak_mb"] < 900


def test_the_page_of_misconceptions_has_every_mistake_that_the_tests_know():
    text = PAGE.read_text(encoding="utf-8")
    parts = dict(zip(*[iter(re.split(r"^## (.+)$", text, flags=re.MULTILINE)[1:])] * 2, strict=True))
    known = mistakes()
    assert set(known) == set(EXERCISES)
    for name, wrong in known.items():
        part = parts[f"{EXERCISES[name].notebook}: {EXERCISES[name].title}"]
        rows = [line.split(" | ")[0].removeprefix("| ") for line in part.strip().splitlines()[2:]]
        assert rows == [cell(mistake) for mistake in wrong], f"{name}: run `python -m tools.misconceptions`"


def test_the_guide_names_every_lesson_and_sections_that_exist():
    guide = (ROOT / "docs" / "teaching.md").read_text(encoding="utf-8")
    for path in LESSONS:
        if path.stem[:2].isdigit():
            assert re.search(rf"\b{path.stem[:2]}\b", guide), f"{path.stem} has no place in the guide"
    for number, sections in re.findall(r"\((\d\d), sections? ([\d ,to]+)\)", guide):
        (path,) = NOTEBOOKS.glob(f"{number}_*.ipynb")
        text = "\n".join(c.source for c in nbformat.read(path, as_version=4).cells if c.cell_type == "markdown")
        for section in re.findall(r"\d+", sections):
            assert re.search(rf"^## {section} ", text, re.MULTILINE), f"{path.stem} has no section {section}"


def test_the_modules_of_misconceptions_leave_pythons_path_as_it_was():
    before = list(sys.path)
    mistakes()
    assert sys.path == before
