"""Figures of notebook 12 show the data that they are given."""

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from course_lib.classroom.figures import notebook_12 as figures

matplotlib.use("Agg")


@pytest.fixture(autouse=True)
def no_figure_is_left_open():
    yield
    plt.close("all")


def test_a_leak_is_a_row_of_dots_for_each_split_beside_guessing():
    ax = figures.plot_leak(pd.DataFrame({"at random": [0.9, 1.0], "by stretch": [0.4, 0.6]}))
    drawn = [sorted(dots.get_offsets()[:, 0].tolist()) for dots in ax.collections]
    assert drawn == [[0.9, 1.0], [0.4, 0.6]]
    assert [tick.get_text() for tick in ax.get_yticklabels()] == ["at random", "by stretch"]
    assert ax.lines[-1].get_xdata()[0] == 0.5


def test_sight_is_a_line_for_each_generator_over_the_range_of_recordings():
    table = pd.DataFrame({"perfect": [0.5, 0.51], "ours": [0.55, 0.7]}, index=[30, 200])
    ax = figures.plot_sight(table, {30: 0.73, 200: 0.59})
    for line, column in zip(ax.lines, table, strict=True):
        np.testing.assert_array_equal(line.get_ydata(), table[column])
    assert ax.collections[0].get_paths()[0].vertices[:, 1].max() == 0.73
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["two sets of recordings", "perfect", "ours"]


def test_the_worth_of_an_ingredient_is_a_dot_a_seed_and_a_bar_at_their_mean():
    ax = figures.plot_worth(pd.DataFrame({11: [0.1, -0.1], 12: [0.3, 0.1]}, index=["a pace", "the view"]))
    dots, bar = ax.lines[0], ax.lines[1]
    np.testing.assert_allclose(dots.get_xdata(), [0.1, 0.3])
    np.testing.assert_allclose(bar.get_xdata(), [0.2])
    assert [tick.get_text() for tick in ax.get_yticklabels()] == ["a pace", "the view"]
    assert ax.get_ylim()[0] > ax.get_ylim()[1]  # the first above


def test_faults_stand_side_by_side_each_on_its_own_scale():
    figure = figures.plot_faults({"small": np.ones((2, 5)), "large": 9 * np.ones((3, 5))}, 100, "mV")
    assert [len(ax.lines) for ax in figure.axes] == [2, 3]
    assert [ax.get_title() for ax in figure.axes] == ["small", "large"]
    np.testing.assert_allclose(figure.axes[0].lines[0].get_xdata(), np.arange(5) / 100)


def test_views_are_marks_in_rows_one_colour_a_set():
    ax = figures.plot_views(pd.DataFrame({"raw": [0.5, 0.9], "rounded": [0.5, 0.5]}, index=["values", "numbers"]))
    np.testing.assert_array_equal(ax.lines[0].get_xdata(), [0.5, 0.9])
    np.testing.assert_array_equal(ax.lines[1].get_ydata(), [0, 1])
    assert [tick.get_text() for tick in ax.get_yticklabels()] == ["values", "numbers"]
