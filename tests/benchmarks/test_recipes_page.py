"""The tables of recipes at equal time, from made-up runs."""

import pandas as pd
import pytest

from benchmarks import equal_time, recipes_page, tables
from course_lib.classroom import results
from course_lib.metrics.classifiers import JUDGES


def run_of(name, method, seed, caught, **more):
    row = {"set": name, "method": method, "seed": seed, "steps": 100, "cpu_seconds": 60.0, "size": 50}
    row |= {"caught": caught, "null": 0.55} | {f"{ratio}_ratio": 1.0 for ratio in recipes_page.RATIOS}
    row |= {"copied_share": 0.05} | {f"{v}, {j}": 0.6 for v in ("values", "differences", "numbers") for j in JUDGES}
    return row | more


@pytest.fixture
def folder(tmp_path, monkeypatch):
    (tmp_path / "recipes").mkdir()
    monkeypatch.setattr(results, "FOLDER", tmp_path)
    return tmp_path / "recipes"


def test_what_is_left_out_is_compared_with_the_whole_recipe_seed_by_seed(folder):
    rows = [run_of("a", "nothing", s, c) for s, c in ((11, 0.6), (12, 0.8))]
    rows += [run_of("a", "a pace", s, c) for s, c in ((12, 0.9), (11, 0.6))]  # in another order
    rows += [run_of("b", "nothing", 11, 0.9), run_of("b", "a pace", 11, 0.7)]
    pd.DataFrame(rows).to_csv(folder / "ingredients.csv", index=False)
    table = recipes_page.ingredients_table()
    assert list(table["more, by pairs"]) == ["-", "+0.05 (+0.00, +0.10)", "-", "-0.20 (-0.20, -0.20)"]
    assert list(table["caught"]) == ["0.70", "0.75", "0.90", "0.70"]


def test_reporting_has_intervals_and_no_learning_from_real_rows(folder):
    asked = {"class_accuracy": 0.9, "worst_class": 0.5, "peak_ratio": 1.1, "duration_ratio": 0.9, "rest": 0.2}
    asked |= {"real_rest": 0.3, "correlation_error": 0.01}
    learnt = {"tstr": 0.8, "trtr": 0.9, "tstr_error": 0.02}
    rows = [run_of("a", "ours", s, c, **asked, **learnt) for s, c in ((11, 0.6), (12, 0.7), (13, 0.8))]
    rows += [run_of("a", "real", 11, 0.5, **asked)]
    pd.DataFrame(rows).to_csv(folder / "reporting.csv", index=False)
    table = recipes_page.reporting_table()
    assert list(table["TSTR; TRTR"]) == ["0.80 ± 0.02; 0.90", "-"]
    assert table["caught"].iloc[0] == "0.70 (0.45 to 0.95)"  # 0.7 +- 4.30 x 0.1 / sqrt(3)
    assert table["right class; worst class"].iloc[0] == "0.90; 0.50"
    assert table["real rest"].iloc[0] == "0.30"


def test_beside_has_a_line_a_set_and_method(folder):
    rows = [run_of(name, method, 11, 0.8) for name in "ab" for method in ("source", "diffusion")]
    pd.DataFrame(rows).to_csv(folder / "beside.csv", index=False)
    table = recipes_page.beside_table()
    assert list(table.index) == ["a", "a", "b", "b"] and list(table["method"]) == ["source", "diffusion"] * 2


def test_a_table_stands_on_a_page_when_a_part_of_it_is_made():
    for kind in ("ladder", "ingredients", "reporting", "beside"):
        parts = [p for p in equal_time.PARTS if p.key.startswith(kind)]
        made = any(tables.status(part) == "holds" for part in parts)
        assert (kind in recipes_page.TABLES) == made, kind
