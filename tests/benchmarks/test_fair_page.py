"""The tables of the fair bench, from a made-up one: means with intervals, failures counted, published beside ours."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from benchmarks import fair, fair_page
from course_lib.classroom import results


@pytest.fixture
def made_up(tmp_path, monkeypatch):
    """Five seeds of R1 (grid shares 0.90 to 0.94), five of a GAN that hits nothing on the grid, and what was tried."""
    rows = []
    for method, kind, setting, grid_share in (("R1", "method", "rate 0.003", 0.9), ("GAN", "method", "rate 0.001", 0)):
        for place, modes in (("ring", 8), ("grid", 25)):
            for seed in range(5):
                share = 0.98 if place == "ring" else grid_share + (0.01 * seed if grid_share else 0)
                spread = 1.0 if share else np.nan
                failure = "diverged by step 7" if (method, place, seed) == ("GAN", "grid", 4) else ""
                row = {"method": method, "kind": kind, "distribution": place, "seed": seed, "setting": setting}
                found = {"modes": modes if share else 0, "high_quality": share, "reverse_kl": 0.01, "spread": spread}
                rows.append(row | {"steps": 5000, "seconds": 25.0} | found | {"failure": failure})
    (tmp_path / "fair").mkdir()
    (tmp_path / "results").mkdir()
    pd.DataFrame(rows).to_csv(tmp_path / "fair/modes.csv", index=False, na_rep="nan")
    tried = pd.DataFrame(rows).query("seed < 2").drop(columns="kind")
    tried.to_csv(tmp_path / "fair/tuning.csv", index=False, na_rep="nan")
    published = "method,source,ring_modes,ring_high_quality,grid_modes,grid_high_quality,row,note\n"
    published += "R1,A,8,0.98,25,0.92,R1,\nR1,B,8,0.98,24,0.99,R1,\nOther,C,7,0.5,20,0.4,,not here\nGAN,D,,,,,GAN,\n"
    (tmp_path / "results/published_toys.csv").write_text(published)
    monkeypatch.setattr(results, "FOLDER", tmp_path)


def test_each_row_has_its_setting_its_means_and_their_intervals(made_up):
    table = fair_page.fair_table()
    assert list(table.index) == ["R1", "GAN"]
    shares = 100 * (0.9 + 0.01 * np.arange(5))
    half = stats.t.ppf(0.975, 4) * shares.std(ddof=1) / 5**0.5
    assert table.loc["R1", "grid: high quality %"] == f"92.0 ({92 - half:.1f} to {92 + half:.1f})"
    assert table.loc["R1", "ring: modes"] == "8.0 (8.0 to 8.0)"
    assert table.loc["R1", "setting"] == "rate 0.003"
    assert table.loc["GAN", "grid: spread"] == "-"
    assert list(table["diverged"]) == [0, 1]
    assert list(table["steps"]) == ["5,000", "5,000"]


def test_every_setting_that_was_tried_has_its_line(made_up):
    table = fair_page.fair_tuning_table()
    assert list(table.index) == ["R1", "GAN"]
    assert list(table["grid: high quality %"]) == ["90.5", "0.0"]
    assert list(table["runs"]) == [4, 4]


def test_a_published_number_is_reproduced_where_it_lies_in_our_interval_and_else_it_is_said(made_up):
    table = fair_page.fair_published_table().reset_index()
    grid = list(table["grid: high quality %"])
    assert grid[0].startswith("92.0; here 92.0 (") and grid[0].endswith("): reproduced")
    assert grid[1].startswith("99.0; here 92.0 (") and grid[1].endswith("): not reproduced, above ours")
    assert grid[2] == "40.0"
    assert grid[3] == "-; here 0.0 (0.0 to 0.0)"
    assert table["grid: modes"][1] == "24.0; here 25.0 (25.0 to 25.0): not reproduced, below ours"
    assert list(table["note"]) == ["-", "-", "not here", "-"]


def test_the_committed_list_of_published_numbers_names_rows_of_the_bench_and_cites_each():
    table = results.table("results/published_toys", keep_default_na=False)
    assert set(table["row"]) - {""} <= set(fair.METHODS)
    assert table["source"].str.contains(r"arXiv:\d{4}\.\d{5}$").all()
