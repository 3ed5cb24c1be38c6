"""The map of the course in notebook 00: it names every notebook, and links those that exist."""

import re

import nbformat

from tools.notebooks import NOTEBOOKS

COURSE = """
00_start_here 01_minimax_game 02_kl_and_js 03_when_gans_fail 04_wasserstein_distance 05_weight_clipping
06_gradient_penalty 07_sign_signals 08_wgan_gp_on_signals 09_judging_signals 10_better_signals
11_signals_on_demand 12_your_own_signals
E1_image_gans E2_forecasting museum_of_bugs glossary
""".split()


def rows() -> list[str]:
    """The rows of the map, without the two that head it."""
    cells = nbformat.read(NOTEBOOKS / "00_start_here.ipynb", as_version=4).cells
    (text,) = [cell.source for cell in cells if cell.source.startswith("## 9 The map")]
    return [line for line in text.splitlines() if line.startswith("|")][2:]


def test_every_notebook_of_the_course_stands_on_the_map_in_order():
    assert {path.stem for path in NOTEBOOKS.glob("*.ipynb")} <= set(COURSE)
    numbers = [re.match(r"\| \[?(\w+)", row)[1] for row in rows()]
    assert numbers == [name.split("_")[0] for name in COURSE[:-2]] + ["The", "Glossary"]


def test_the_map_links_the_notebooks_that_exist_and_calls_the_others_coming():
    for name, row in zip(COURSE, rows(), strict=True):
        exists, here = (NOTEBOOKS / f"{name}.ipynb").exists(), name == "00_start_here"
        assert (f"]({name}.ipynb)" in row) == (exists and not here), f"{name} exists: {exists}; its row: {row}"
        assert ("coming" in row) != exists, f"{name} exists: {exists}; its row: {row}"
