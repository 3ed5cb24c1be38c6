"""Figures of clipped critics: what is drawn is the table's own histogram, surface and slopes, or a closed form."""

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
import torch
from matplotlib.colors import to_hex
from scipy.stats import norm

from course_lib.classroom.figures import notebook_05 as figures

matplotlib.use("Agg")
LIMITS = (-2.0, -1.5, -1.0)


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def made_up_table():
    """Three clip limits and a penalty; the surface is a plane that rises to the right, steeper with the limit."""
    table = {}
    rows, columns = np.mgrid[-1:1:9j, -1:1:9j]
    for i, limit in enumerate(LIMITS):
        key = f"ring/{limit:g}"
        table[f"{key}/surface"] = (i + 1) * columns + 0.1 * rows
        table[f"{key}/histogram"] = np.array([0.3, 0.1 * i, 0.2, 0.5 - 0.1 * i])
        table[f"{key}/numbers"] = np.array([10**limit, 0.8, 0.01, 0.1 * 10**i, 0.2 * 10**i, 0.4 * 10**i, 0.5 * 10**i])
    table["ring/penalty/surface"], table["ring/penalty/numbers"] = rows, np.ones(7)
    return table


def heights(ax):
    return [patch.get_height() for patch in ax.patches]


def test_the_histogram_is_of_shares_between_the_limits_that_are_marked():
    weights = torch.tensor([-0.01] * 6 + [0.01] * 3 + [0.0012])
    ax = figures.plot_weights(weights, 0.01)
    np.testing.assert_allclose([heights(ax)[0], heights(ax)[-1]], [0.6, 0.3])
    assert sum(heights(ax)) == pytest.approx(1)
    assert [line.get_xdata()[0] for line in ax.get_lines()] == [-0.01, 0.01]
    assert ax.get_xlabel() and ax.get_ylabel()


def test_untrained_weights_are_an_outline_over_the_trained_ones():
    ax = figures.plot_weights(torch.tensor([-0.01] * 6 + [0.01] * 4), 0.01, untrained=torch.tensor([0.0099, -0.0099]))
    assert sum(heights(ax)) == pytest.approx(1) and heights(ax)[0] == pytest.approx(0.6)
    outline = ax.get_lines()[0]
    assert outline.get_ydata().max() == pytest.approx(0.5)
    assert sorted(ax.get_legend_handles_labels()[1]) == ["trained", "untrained"]


def test_weights_at_a_limit_that_float32_rounds_upwards_are_counted():
    limit = 0.4
    assert float(torch.tensor(limit)) > limit
    ax = figures.plot_weights(torch.tensor([-limit, limit, limit, limit]), limit)
    np.testing.assert_allclose([heights(ax)[0], heights(ax)[-1]], [0.25, 0.75])


def test_a_surface_rises_where_the_scores_do():
    _, columns = np.mgrid[-1:1:21j, -1:1:21j]
    ax = figures.plot_value_surface(columns, points=np.array([[0.5, -1.0]]), half_width=2)
    filled, lines = ax.collections[:2]
    levels = np.asarray(lines.levels)
    for level, path in zip(levels, lines.get_paths(), strict=True):
        if len(path.vertices):  # the line of score s of the plane x/2 stands at x = 2 s, over the whole height
            np.testing.assert_allclose(path.vertices[:, 0], 2 * level, atol=1e-6)
            assert np.ptp(path.vertices[:, 1]) == pytest.approx(4)
    (dots,) = ax.get_lines()
    np.testing.assert_array_equal(dots.get_xydata(), [[0.5, -1.0]])
    assert ax.get_aspect() == 1 and filled.get_cmap().name == "cividis"


def test_one_surface_for_each_method_and_data_set_with_its_name():
    points = {"ring": np.zeros((3, 2))}
    figure = figures.plot_critic_surfaces(made_up_table(), {"clipped": "-1", "penalised": "penalty"}, points)
    assert [ax.get_title() for ax in figure.axes] == ["ring, clipped", "ring, penalised"]
    across, up = (ax.collections[1].get_paths() for ax in figure.axes)
    assert len(across) > 3 and len(up) > 3


def test_the_widget_looks_up_the_nearest_limit_and_draws_what_the_table_says():
    table = made_up_table()
    for asked, limit in ((-2.0, -2.0), (-1.6, -1.5), (-0.5, -1.0)):
        left, middle, right = figures.plot_clipped_critic(table, "ring", asked).axes
        np.testing.assert_allclose(heights(left), table[f"ring/{limit:g}/histogram"])
        edges = sorted(line.get_xdata()[0] for line in left.get_lines())
        np.testing.assert_allclose(edges, [-(10**limit), 10**limit])
        numbers = table[f"ring/{limit:g}/numbers"]
        bar, dot = right.get_lines()[-2:]
        np.testing.assert_allclose(dot.get_xydata(), [[numbers[0], numbers[4]]])
        np.testing.assert_allclose(bar.get_ydata(), [numbers[3], numbers[5]])
        np.testing.assert_allclose(right.get_lines()[0].get_ydata(), [0.2, 2, 20])  # the median of every limit
        assert right.get_xscale() == right.get_yscale() == "log"
        plt.close("all")


def test_the_penalised_critic_is_no_clip_limit():
    right = figures.plot_clipped_critic(made_up_table(), "ring", -1.5).axes[2]
    assert len(right.get_lines()[0].get_xdata()) == len(LIMITS)


def test_readings_of_each_seed_are_drawn_loss_over_distance():
    runs = pd.DataFrame({"seed": [0, 0, 1, 1], "w1": [1.0, 0.5, 0.9, 0.4], "loss": [3.0, 2.0, 1.0, 0.0]})
    ax = figures.plot_loss_against_distance(runs, loss="loss", ylabel="l")
    for seed, line in enumerate(ax.get_lines()):
        np.testing.assert_allclose(line.get_xydata(), runs[runs["seed"] == seed][["w1", "loss"]])


@pytest.mark.parametrize(("limit", "shift", "spread"), [(0.3, 2.0, 1.0), (1.0, -3.0, 1.0), (0.5, 0.0, 2.0)])
def test_the_linear_critic_reaches_the_clip_times_the_shift_beside_the_exact_distance(limit, shift, spread):
    left, right = figures.plot_linear_critic(limit, shift, spread).axes
    estimate, exact = heights(right)
    assert estimate == pytest.approx(limit * abs(shift), abs=1e-9)
    # W1 is the area between the two CDFs
    x = np.linspace(-30, 30, 600_001)
    area = np.trapezoid(np.abs(norm.cdf(x) - norm.cdf(x, shift, spread)), x)
    assert exact == pytest.approx(area, abs=3e-3)
    (line,) = left.get_lines()
    slope = np.diff(line.get_ydata()) / np.diff(line.get_xdata())
    np.testing.assert_allclose(slope, -limit * np.sign(shift), atol=1e-12)
    assert len({to_hex(patch.get_facecolor()) for patch in right.patches}) == 2
