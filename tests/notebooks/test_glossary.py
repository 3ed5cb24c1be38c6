"""The glossary: every term has a Chinese name, stands in one place, and is met in the notebook that it points to."""

import re

import nbformat
import pytest

from tools.notebooks import NOTEBOOKS

PATH = NOTEBOOKS / "glossary.ipynb"
MAIN_TERMS = """
generator discriminator critic latent logit KL JS Wasserstein minimax non-saturating Lipschitz transport Sinkhorn
clipping penalty collapse dropping unrolled nat Jensen convex
""".split()


def sections() -> list[tuple[str, list[list[str]]]]:
    """(the notebook it points to, its rows of term, Chinese name and meaning) for every section of terms."""
    texts = [cell.source for cell in nbformat.read(PATH, as_version=4).cells if cell.cell_type == "markdown"]
    found = []
    for text in texts:
        if met := re.search(r"^Met in \[[^]]*\]\((\w+)\.ipynb\)", text, re.MULTILINE):
            rows = [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("| **")]
            found.append((met[1], rows))
    return found


def plain(text: str) -> str:
    """Lower case, without accents, hyphens, plural endings or mark-up."""
    return re.sub(r"[^a-z0-9]+", " ", text.lower().replace("é", "e").replace("-", " "))


def test_each_row_has_a_term_a_chinese_name_and_a_meaning_and_no_term_stands_twice():
    terms = []
    for name, rows in sections():
        assert rows, name
        for row in rows:
            assert len(row) == 3 and not any("|" in part for part in row), f"a bar inside a cell ends it: {row}"
            term, chinese, meaning = row
            assert re.search(r"[\u4e00-\u9fff]", chinese), row
            assert len(meaning) >= 20 and meaning.endswith((".", ")", "$", "?")), row
            terms.append(plain(term).strip())
    assert len(terms) == len(set(terms)) >= 60


@pytest.mark.parametrize(("name", "rows"), sections(), ids=[name for name, _ in sections()])
def test_each_term_is_met_in_the_notebook_that_it_points_to(name, rows):
    cells = nbformat.read(NOTEBOOKS / f"{name}.ipynb", as_version=4).cells
    text = plain(" ".join(cell.source for cell in cells))
    for term, _, _ in rows:
        words = plain(re.sub(r"\(.*?\)|\$.*?\$", "", term.strip("*"))).split()
        stems = [re.sub(r"(ing|ed|es|s|e)$", "", word) for word in words if len(word) > 2 or len(words) == 1]
        missing = [stem for stem in stems if stem not in text]
        assert not missing, f"{name} does not use {term}: {missing}"


def test_the_main_terms_are_there():
    everything = plain(" ".join(" ".join(row) for _, rows in sections() for row in rows))
    whole = plain(" ".join(cell.source for cell in nbformat.read(PATH, as_version=4).cells))
    assert [term for term in MAIN_TERMS if plain(term).strip() not in everything + whole] == []
