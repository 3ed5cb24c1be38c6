"""The figure of the bench draws every seed, the mean and its interval where they lie, and the floor beside them."""

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from course_lib.classroom.figures import bench
from course_lib.classroom.results import mean_interval

matplotlib.use("Agg")

SHARES = {("R1", "ring"): 0.9, ("R1", "grid"): 0.8, ("GAN", "ring"): 0.3, ("GAN", "grid"): 0.2}


@pytest.fixture(autouse=True)
def close():
    yield
    plt.close("all")


def stand_in():
    """A made-up table: five seeds of two methods, and the distributions' own samples."""
    rows = []
    for (method, place), share in SHARES.items():
        for seed in range(5):
            found = {"modes": bench.MODES[place] // 2, "high_quality": share + 0.01 * seed, "spread": 1.0}
            rows.append({"method": method, "distribution": place, "seed": seed, "reverse_kl": 0.5} | found)
    for place in ("ring", "grid"):
        found = {"modes": bench.MODES[place], "high_quality": 0.989, "spread": 1.0, "reverse_kl": 0.001}
        rows.append({"method": "perfect sampler", "distribution": place, "seed": 0} | found)
    return pd.DataFrame(rows)


def test_each_method_has_a_row_and_each_measure_a_panel():
    figure = bench.plot_bench(stand_in(), ["R1", "GAN"])
    assert [ax.get_xlabel() for ax in figure.axes] == [label for label, _ in bench.PANELS.values()]
    assert [tick.get_text() for tick in figure.axes[0].get_yticklabels()] == ["R1", "GAN"]


def test_every_seed_is_a_dot_and_the_mean_has_its_interval():
    ax = bench.plot_bench(stand_in(), ["R1", "GAN"]).axes[1]
    dots = np.concatenate([points.get_offsets()[:, 0] for points in ax.collections])
    expected = np.concatenate([share + 0.01 * np.arange(5) for share in SHARES.values()])
    np.testing.assert_allclose(np.sort(dots[~np.isnan(dots)]), np.sort(expected), atol=1e-9)
    lines = [line.get_xydata() for line in ax.lines if len(line.get_xdata()) == 2]
    ends = [line[:, 0] for line in lines if line[0, 1] == line[1, 1] and line[0, 0] != line[1, 0]]  # level
    wanted = sorted(mean_interval(share + 0.01 * np.arange(5)) for share in SHARES.values())
    np.testing.assert_allclose(sorted(tuple(np.sort(pair)) for pair in ends), wanted, atol=1e-9)


def test_modes_are_shares_of_those_there_are_and_the_floor_is_the_perfect_sampler():
    axes = bench.plot_bench(stand_in(), ["R1"]).axes
    dots = np.concatenate([points.get_offsets()[:, 0] for points in axes[0].collections])
    assert set(np.round(dots[~np.isnan(dots)], 3)) == {0.5, 0.48}  # 4 of 8, 12 of 25
    for ax, floor in zip(axes, (1.0, 0.989, 1.0, 0.001), strict=True):
        lines = [line for line in ax.lines if line.get_label().startswith("perfect sampler, ")]
        assert len(lines) == 2  # the ring's and the grid's
        np.testing.assert_allclose([line.get_xdata() for line in lines], floor)


def test_a_method_without_runs_is_refused_with_those_there_are():
    with pytest.raises(ValueError, match="no runs of WGAN; there are: R1, GAN, perfect sampler"):
        bench.plot_bench(stand_in(), ["R1", "WGAN"])
