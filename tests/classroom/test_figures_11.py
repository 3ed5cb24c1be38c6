"""Figures of notebook 11 show the data that they are given; the reader of gains is tried with its bench."""

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from course_lib.classroom import results
from course_lib.classroom.figures import notebook_11 as figures

matplotlib.use("Agg")


@pytest.fixture(autouse=True)
def no_figure_is_left_open():
    yield
    plt.close("all")


METHODS = ["none", "classical", "Gaussian, pooled + classical", "generated + classical"]


def accuracies():
    rows = [(s, c, k, m) for s in ("one", "two") for c in (3, 5) for k in range(4) for m in METHODS]
    table = pd.DataFrame(rows, columns=["set", "count", "seed", "method"])
    return table.assign(accuracy=np.random.default_rng(0).uniform(0.4, 0.9, len(table)))


def test_accuracy_has_a_panel_a_set_and_a_line_a_method_through_the_means_over_subsets():
    table = accuracies()
    figure = figures.plot_accuracy(table, METHODS[:3])
    assert [ax.get_title() for ax in figure.axes] == ["one", "two"]
    for ax, name in zip(figure.axes, ("one", "two"), strict=True):
        drawn = [line.get_ydata() for line in ax.lines if len(line.get_ydata()) == 2 and line.get_marker() != "None"]
        for method in METHODS[:3]:
            own = table[(table["set"] == name) & (table["method"] == method)]
            means = own.groupby("count")["accuracy"].mean()
            assert any(np.allclose(y, means) for y in drawn), method
    assert [text.get_text() for text in figure.legends[0].get_texts()] == METHODS[:3]


def test_gains_are_drawn_in_points_with_their_intervals_and_two_lines():
    found = results.gains(accuracies())
    ax = figures.plot_gains(found)
    assert [tick.get_text() for tick in ax.get_yticklabels()] == ["3 a class", "5 a class", "all"]
    for container, (_, own) in zip(ax.containers, found.groupby("set", sort=False), strict=True):
        drawn = np.asarray(container.lines[0].get_xdata(), float)
        np.testing.assert_allclose(drawn, 100 * own["difference"].to_numpy(float))
        ends = np.array([segment[:, 0] for segment in container.lines[2][0].get_segments()], float)
        np.testing.assert_allclose(ends, 100 * own[["low", "high"]].to_numpy(float))
    upright = [
        line.get_xdata()[0] for line in ax.lines if len(set(line.get_xdata())) == 1 and len(line.get_xdata()) == 2
    ]
    assert {0, -1.0} <= set(upright)


def test_paired_points_are_dots_by_question_in_a_panel_a_set_with_their_means():
    columns = pd.MultiIndex.from_product([["one", "two"], range(4)], names=["set", "seed"])
    points = pd.DataFrame(np.random.default_rng(0).normal(size=(3, 8)), index=["a?", "b?", "c?"], columns=columns)
    figure = figures.plot_paired(points, {"one": "First", "two": "Second"})
    assert [ax.get_title() for ax in figure.axes] == ["First", "Second"]
    assert [tick.get_text() for tick in figure.axes[0].get_yticklabels()] == ["a?", "b?", "c?"]
    for ax, name in zip(figure.axes, ("one", "two"), strict=True):
        dots = [line.get_xdata() for line in ax.lines if line.get_marker() == "o"]
        np.testing.assert_allclose(dots, points[name])
        means = [line.get_xdata().item() for line in ax.lines if line.get_marker() == "|"]
        np.testing.assert_allclose(means, points[name].mean(axis=1))
        assert ax.yaxis_inverted()


def test_fills_are_drawn_over_the_gap_with_a_band_of_the_draws():
    random = np.random.default_rng(0)
    signal, missing = random.normal(size=50).cumsum(), np.zeros(50, dtype=bool)
    missing[20:30] = True
    draws = {name: signal + random.normal(size=(20, 50)) for name in ("Gaussian", "search")}
    figure = figures.plot_fills(signal, missing, {"PCHIP": signal + 1}, draws)
    assert [ax.get_title() for ax in figure.axes] == ["Gaussian", "search"]
    for ax, fills in zip(figure.axes, draws.values(), strict=True):
        lines = {line.get_label(): line.get_ydata() for line in ax.lines}
        np.testing.assert_array_equal(lines["recording"], signal)
        np.testing.assert_array_equal(lines["drawn fills"], fills[0, 19:31])
        np.testing.assert_array_equal(lines["PCHIP"], signal[19:31] + 1)
        band = ax.collections[0].get_paths()[0].vertices[:, 1]
        low, high = np.quantile(fills[:, 19:31], [0.05, 0.95], axis=0, method="weibull")
        assert band.min() == pytest.approx(low.min()) and band.max() == pytest.approx(high.max())


def test_restoration_has_a_row_a_set_a_panel_a_measure_and_a_line_a_method_that_has_it():
    rows = [(s, p, k, m) for s in ("one", "two") for p in (0.05, 0.3) for k in ("known", "unknown") for m in "abc"]
    table = pd.DataFrame(rows, columns=["set", "share", "label", "method"])
    table = table.assign(squared_error=np.linspace(0.1, 1, len(table)), band_coverage=np.linspace(0.5, 1, len(table)))
    table.loc[table["method"] == "c", "band_coverage"] = np.nan
    measures = {"squared_error": "squared error", "band_coverage": "coverage"}
    axes = figures.plot_restoration(table, measures, label="unknown").axes
    assert [(ax.get_title(), ax.get_ylabel()) for ax in axes[:2]] == [("one", "squared error"), ("one", "coverage")]
    assert [line.get_label() for line in axes[0].lines] == ["a", "b", "c"]
    assert [line.get_label() for line in axes[1].lines][:2] == ["a", "b"]
    own = table[(table["set"] == "two") & (table["method"] == "b") & (table["label"] == "unknown")]
    np.testing.assert_allclose(axes[2].lines[1].get_ydata(), own["squared_error"])
    assert axes[1].lines[-1].get_ydata()[0] == 0.9


def test_of_one_set_the_panels_have_no_title_and_recordings_have_a_line_where_there_is_a_null():
    table = pd.DataFrame({"set": "one", "share": [0.05, 0.3], "label": "known", "method": "a", "null": 0.63})
    figure = figures.plot_restoration(table.assign(caught_inside=0.9), {"caught_inside": "caught"})
    (ax,) = figure.axes
    assert ax.get_title() == "" and ax.lines[-1].get_ydata()[0] == 0.63


def test_controls_have_a_row_a_law_and_a_mark_a_share_in_both_panels():
    rows = [{"against": name, "share": share} for name in ("Gaussian", "untrained") for share in (0.05, 0.3)]
    table = pd.DataFrame(rows).assign(above_search=[0.1, 0.2, -0.1, 0.0], null=0.63, caught_inside=[0.9, 0.8, 0.7, 0.6])
    table = table.assign(low=table["above_search"] - 0.05, high=table["above_search"] + 0.05)
    left, right = figures.plot_controls(table).axes
    assert [tick.get_text() for tick in left.get_yticklabels()] == ["Gaussian", "untrained"]
    assert [line.get_xdata().tolist() for line in right.lines[:2]] == [[0.9, 0.7], [0.8, 0.6]]
    assert right.lines[-1].get_xdata()[0] == 0.63 and left.yaxis_inverted()
    intervals = [segment[:, 0].tolist() for bars in left.collections for segment in bars.get_segments()]
    np.testing.assert_allclose(sorted(intervals), sorted(table[["low", "high"]].to_numpy().tolist()))


def test_every_class_has_its_dot_and_equal_ones_make_it_larger():
    shares = pd.DataFrame({"recordings": [1.0, 1.0, 0.5], "generated": [0.9, 0.9, 0.8]})
    (dots,) = figures.plot_by_class(shares).collections
    assert {tuple(place) for place in dots.get_offsets().tolist()} == {(0.5, 0.8), (1.0, 0.9)}
    assert sorted(dots.get_sizes()) == [30, 60]


def test_what_was_steered_has_a_pale_line_a_sign_and_their_mean():
    rows = [(s, w, x, s + x, 0.5) for s in (0, 1) for w in ("one", "two") for x in (0, 1)]
    table = pd.DataFrame(rows, columns=["sign", "way", "amount", "size", "named"])
    figure = figures.plot_steered(table, {"size": "Size", "named": "Named"})
    assert [ax.get_title() for ax in figure.axes] == ["Size", "Named"]
    drawn = [line.get_ydata().tolist() for line in figure.axes[0].lines]
    assert drawn == [[0, 1], [1, 2], [0.5, 1.5]] * 2
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["one", "two"]


def test_each_way_of_learning_has_a_row_of_dots_the_first_above():
    table = pd.DataFrame({0: [0.5, 0.9], 1: [0.6, 0.8]}, index=["few", "many"])
    ax = figures.plot_accuracies(table)
    assert [line.get_xdata().tolist() for line in ax.lines] == [[0.5, 0.6], [0.9, 0.8]]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["few", "many"] and ax.yaxis_inverted()


def test_the_same_noise_has_the_same_colour_under_every_label():
    signals = np.arange(2 * 3 * 5, dtype=float).reshape(2, 3, 5)
    figure = figures.plot_noise_and_label(signals, ["a", "b"])
    assert [ax.get_title() for ax in figure.axes] == ["sign a", "sign b"]
    for ax, own in zip(figure.axes, signals, strict=True):
        np.testing.assert_array_equal([line.get_ydata() for line in ax.lines], own)
    colours = [[line.get_color() for line in ax.lines] for ax in figure.axes]
    assert colours[0] == colours[1] and len(set(colours[0])) == 3


def test_a_spread_has_every_value_beside_those_of_the_other_kind():
    rows = [(c, k, x) for c in ("0", "1") for k in ("recordings", "generated") for x in (1.0, 2.0, 3.0)]
    ax = figures.plot_spread(pd.DataFrame(rows, columns=["class", "kind", "value"]))
    assert sorted(y for dots in ax.collections for _, y in dots.get_offsets()) == [1.0] * 4 + [2.0] * 4 + [3.0] * 4
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["recordings", "generated"]
