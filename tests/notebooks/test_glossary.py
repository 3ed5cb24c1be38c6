"""The glossary: every term has a Chinese name, stands in one place, and is met in the notebook that it points to.

The other way round, every word that a notebook sets in bold has an entry, and every notebook links to its section.
"""

import re

import nbformat
import pytest

from tools.notebooks import NOTEBOOKS

PATH = NOTEBOOKS / "glossary.ipynb"
MAIN_TERMS = """
generator discriminator critic latent logit KL JS Wasserstein minimax non-saturating Lipschitz transport Sinkhorn
clipping penalty collapse dropping unrolled nat Jensen convex
""".split()


# Two spellings of one thing, or one word for two: the glossary keeps to the other one.
REJECTED = {
    "模态": "模式 (模态 is a modality)",
    "潜变量": "隐变量",
    "混合系数": "插值系数",
    "惩罚权重": "惩罚系数",
    "S 形": "S 型",
    "博弈的价值": "价值函数",
    "类内散布": "类内散度",
    "频谱": "功率谱",
    "截断梯度": "从计算图分离 (梯度截断 is gradient clipping)",
    "二阶反向传播": "二次反向传播",
}
# Bold words that name no concept: steps of a round or of a room, rows of a table, words that are stressed.
STRESSED = """
predict | run | assert | explain | exhibit | exercise | after | scaled | restricted class | across architectures | waves
signs | noise on the output | r2 beside r1 | an upside down critic | and stays past it
""".replace("\n", " | ")
LONGEST_TERM = 4  # words; what is longer is a sentence


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


def stems(text: str) -> set[str]:
    """The words of a term without their endings."""
    words = set(plain(text).split()) - {"and", "of", "the", "a", "an", "in"}
    return {re.sub(r"(ing|ed|es|s|e)$", "", re.sub("ies$", "y", word)) for word in words}


def bold_terms(cells: list[nbformat.NotebookNode]) -> list[str]:
    """What the texts set in bold, less labels (they end in a stop), sentences and what is merely stressed."""
    stressed = {words.strip() for words in STRESSED.split("|")}
    texts = [re.sub(r"```.*?```", "", cell.source, flags=re.DOTALL) for cell in cells if cell.cell_type == "markdown"]
    found = [words for text in texts for words in re.findall(r"(?<!\*)\*\*(?!\*)(.+?)\*\*(?!\*)", text, re.DOTALL)]
    return [
        words
        for words in found
        if not words.endswith((".", ":", "?", "!"))
        and not words.startswith("What you ")
        and len(plain(words).split()) <= LONGEST_TERM
        and plain(words).strip() not in stressed
    ]


def without_entry(cells: list[nbformat.NotebookNode], terms: list[str]) -> list[str]:
    """The bold terms whose words do not all stand in one term of the glossary."""
    known = [stems(term) for term in terms]
    return [words for words in bold_terms(cells) if not any(stems(words) <= term for term in known)]


OTHERS = sorted(path for path in NOTEBOOKS.glob("*.ipynb") if path != PATH)


@pytest.mark.parametrize("path", OTHERS, ids=lambda path: path.stem)
def test_every_bold_term_of_a_notebook_has_an_entry(path):
    terms = [row[0] for _, rows in sections() for row in rows]
    missing = without_entry(nbformat.read(path, as_version=4).cells, terms)
    assert not missing, f"{missing}: give each an entry in the glossary, or say in STRESSED that it names nothing"


def test_a_bold_word_without_an_entry_is_found_and_labels_and_sentences_are_not():
    def cells(*texts: str) -> list[nbformat.NotebookNode]:
        return [nbformat.v4.new_markdown_cell(text) for text in texts]

    terms = ["**transport plan (coupling)**", "**R1, R2**"]
    assert without_entry(cells("a **plan**", "**R1 and R2**", "**Plans**"), terms) == []
    assert without_entry(cells("the **planet**", "a **price**"), terms) == ["planet", "price"]
    assert without_entry(cells("**Predict.** Which?", "**What you need first:**", "so **after** it"), terms) == []
    assert without_entry(cells("**A score is not a distance**", "```\n**price**\n```", "`x**y**z`"), terms) == ["y"]


def test_the_glossary_writes_a_thing_in_one_way():
    everything = "\n".join(cell.source for cell in nbformat.read(PATH, as_version=4).cells)
    assert {bad: good for bad, good in REJECTED.items() if bad in everything} == {}


def anchor(heading: str) -> str:
    """What JupyterLab makes of a heading: the address of its place."""
    return heading.strip("# ").replace(" ", "-")


def headings() -> dict[str, str]:
    """The notebook that a section points to -> the anchor of that section's heading."""
    found = {}
    for cell in nbformat.read(PATH, as_version=4).cells:
        if cell.cell_type == "markdown" and (met := re.search(r"^Met in \[[^]]*\]\((\w+)\.ipynb\)", cell.source, re.M)):
            found[met[1]] = anchor(cell.source.splitlines()[0])
    return found


@pytest.mark.parametrize("name", sorted(headings()))
def test_a_notebook_links_to_its_section_of_the_glossary(name):
    last = nbformat.read(NOTEBOOKS / f"{name}.ipynb", as_version=4).cells[-1].source
    assert f"](glossary.ipynb#{headings()[name]})" in last, (
        f"the last cell has no link to its words: [glossary](glossary.ipynb#{headings()[name]})"
    )


def test_every_link_into_the_glossary_goes_to_a_heading_that_is_there():
    texts = [cell.source for cell in nbformat.read(PATH, as_version=4).cells if cell.cell_type == "markdown"]
    there = {anchor(line) for text in texts for line in text.splitlines() if line.startswith("#")}
    for path in OTHERS:
        everything = "\n".join(cell.source for cell in nbformat.read(path, as_version=4).cells)
        assert set(re.findall(r"\]\(glossary\.ipynb#([^)]*)\)", everything)) <= there, path.stem


def test_the_main_terms_are_there():
    everything = plain(" ".join(" ".join(row) for _, rows in sections() for row in rows))
    whole = plain(" ".join(cell.source for cell in nbformat.read(PATH, as_version=4).cells))
    assert [term for term in MAIN_TERMS if plain(term).strip() not in everything + whole] == []
