"""Figures of notebook 10 show the data that they are given."""

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from course_lib.classroom.figures import notebook_10 as figures

matplotlib.use("Agg")


@pytest.fixture(autouse=True)
def no_figure_is_left_open():
    yield
    plt.close("all")


def a_ladder():
    rows = [(r, k) for r in ("first", "second, whose name is longer than a line holds", "real") for k in (0, 1, 2)]
    table = pd.DataFrame(rows, columns=["method", "seed"])
    return table.assign(caught=np.linspace(0.5, 1, len(table)), frechet_ratio=np.geomspace(0.5, 90, len(table)))


def test_the_ladder_has_a_panel_a_measure_and_a_dot_a_seed_on_the_row_s_level():
    table = a_ladder()
    figure = figures.plot_ladder(table, {"caught": "caught", "frechet_ratio": "Frechet"})
    assert [ax.get_xlabel() for ax in figure.axes] == ["caught", "Frechet"]
    for ax, column in zip(figure.axes, ("caught", "frechet_ratio"), strict=True):
        np.testing.assert_array_equal(ax.lines[0].get_xdata(), table[column])
        np.testing.assert_array_equal(ax.lines[0].get_ydata(), [0, 0, 0, 1, 1, 1, 2, 2, 2])
    figure.canvas.draw()
    assert [tick.get_text() for tick in figure.axes[1].get_xticklabels()] == ["1", "10", "100"]
    assert figure.axes[0].get_yticklabels()[1].get_text() == "second, whose name is longer\nthan a line holds"


def test_a_comb_is_drawn_around_its_middle_and_a_spectrum_as_shares():
    constant, power = np.arange(160.0), np.arange(1.0, 82.0)
    figure = figures.plot_comb({"net": constant}, {"net": power})
    left, right = (ax.lines[0].get_ydata() for ax in figure.axes)
    np.testing.assert_allclose(left, constant[60:101] - constant[60:101].mean())
    np.testing.assert_allclose(right, (power / power.sum())[: len(right)])


def test_scores_are_counted_over_common_bins():
    figure = figures.plot_scores({"a": (np.zeros(5), np.ones(7))}, ("left", "right"))
    heights = [patch.get_path().vertices[:, 1].max() for patch in figure.axes[0].patches]
    assert heights == [5, 7]


def test_small_steps_are_sizes_of_steps_with_a_level_line_a_scale():
    x = np.cumsum(np.linspace(-0.3, 0.4, 60))
    figure = figures.plot_small_steps({"x": x}, [0.01, 0.1], rest=(10, 20))
    steps, *levels = figure.axes[1].lines
    np.testing.assert_allclose(steps.get_ydata(), np.maximum(np.abs(np.diff(x)), figures.LEAST))
    assert [line.get_ydata()[0] for line in levels] == [0.01, 0.1]


def test_waves_are_the_root_mean_squares_of_the_cosine_transform():
    signals = np.random.default_rng(0).normal(size=(7, 160)).cumsum(axis=1)
    left, right = figures.plot_waves({"a": signals[0], "b": signals[1]}, {"a": signals, "b": 2 * signals}).axes
    np.testing.assert_allclose(left.lines[1].get_ydata(), signals[1, :81])
    a, b = (line.get_ydata() for line in right.lines)
    np.testing.assert_allclose(b, 2 * a)
    np.testing.assert_allclose(np.sum(a**2), np.mean(np.sum(signals**2, axis=1)))
    assert right.lines[0].get_xdata()[4] == 1.0  # Hz


@pytest.mark.parametrize("closes", [0.2, 0.5, 0.8])
def test_own_time_stops_where_the_pace_closes_and_the_noise_is_as_loud_as_told(closes):
    parts = figures.own_time_example(closes, 4.0)
    closed = int(closes * 160) + 12
    assert np.abs(np.diff(parts["average"][closed:])).max() < 1e-6
    assert np.abs(np.diff(parts["average"][: closed - 24])).max() > 1e-3
    noise, soft = (figures.own_time_example(closes, loud) for loud in (4.0, 1.0))
    grown = (noise["signal"] - noise["average"]) / (soft["signal"] - soft["average"])
    np.testing.assert_allclose(grown, 4.0 ** np.linspace(0, 1, 160), rtol=1e-6)


@pytest.mark.parametrize(
    ("scores", "threshold", "seconds"),
    [([5, 3, 4, 2], 3, 40.0), ([5, 3, 3, 2], 3, 20.0), ([1, 1, 1, 1], 3, 10.0), ([1, 1, 1, 4], 3, np.inf)],
)
def test_a_run_is_there_from_the_checkpoint_on_after_which_no_score_is_above(scores, threshold, seconds):
    assert figures.time_to_stay([10, 20, 30, 40], scores, threshold) == seconds


def test_the_way_has_a_line_a_recipe_and_seed_and_a_level_a_threshold():
    table = pd.DataFrame({"recipe": list("aabb"), "cpu_seconds": [1, 2, 1, 3], "frechet_ratio": [9, 4, 8, 2]})
    ax = figures.plot_way(table, metric="frechet_ratio", label="Frechet", thresholds={"real": 1.0})
    a, b, level = ax.lines
    assert (list(a.get_ydata()), list(b.get_ydata()), level.get_ydata()[0]) == ([9, 4], [8, 2], 1.0)


def test_games_show_slope_and_estimate_and_a_zigzag_its_second_differences():
    rows = pd.DataFrame({"slope": [1.0, 2.0], "estimate": [3.0, -4.0]}, index=[1, 2])
    figure = figures.plot_games({"right": rows})
    assert [list(ax.lines[0].get_ydata()) for ax in figure.axes] == [[1, 2], [3, -4]]
    signals = np.random.default_rng(0).normal(size=(5, 1, 32))
    below = figures.plot_zigzag({"recordings": signals, "others": signals}).axes[2]
    np.testing.assert_allclose(below.lines[1].get_ydata(), np.diff(signals[1, 0], n=2))
