"""Figures of elective E2 show the data that they are given."""

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from course_lib.classroom.figures import notebook_e2 as figures
from course_lib.data import simulate_water_demand

matplotlib.use("Agg")
WATER = simulate_water_demand(40)


@pytest.fixture(autouse=True)
def no_figure_is_left_open():
    yield
    plt.close("all")


def test_demand_stands_above_the_weather_and_the_days_to_forecast_are_shaded():
    figure = figures.plot_demand(WATER, 30)
    above, below = figure.axes
    np.testing.assert_array_equal(above.lines[0].get_ydata(), WATER.demand)
    np.testing.assert_array_equal(below.lines[0].get_ydata(), WATER.weather["temperature"])
    shaded = above.patches[0]
    assert plt.matplotlib.dates.num2date(shaded.get_x()).date() == WATER.demand.index[30].date()


def test_outliers_are_crosses_and_what_was_planted_are_rings():
    found = {"one": np.arange(40) == 3, "two": np.arange(40) > 37}
    figure = figures.plot_outliers(WATER.demand, np.array([3, 9]), found)
    for ax, (name, marks) in zip(figure.axes, found.items(), strict=True):
        assert ax.get_title() == name
        np.testing.assert_array_equal(ax.lines[1].get_ydata(), WATER.demand.iloc[[3, 9]])
        np.testing.assert_array_equal(ax.lines[2].get_ydata(), WATER.demand[marks])


def test_each_smoothed_version_is_a_line_of_its_own_look():
    ax = figures.plot_hindsight(WATER.demand, {"known": np.ones(40), "hindsight": np.zeros(40)})
    assert [line.get_label() for line in ax.lines] == ["demand", "known", "hindsight"]
    assert ax.lines[1].get_linestyle() != ax.lines[2].get_linestyle()


def test_a_panel_of_bars_for_each_column():
    table = pd.DataFrame({"share": [0.7, 0.3], "relevance": [0.1, 0.4]}, index=[1, 2])
    for ax, column in zip(figures.plot_relevance(table).axes, table, strict=True):
        np.testing.assert_allclose([bar.get_height() for bar in ax.patches], table[column])
        assert ax.get_ylabel() == column


def test_ratios_are_rows_of_dots_with_a_bar_at_their_mean_beside_one():
    ax = figures.plot_ratios(pd.DataFrame({"A": [0.5, 1.5], "B": [0.7, 1.1]}, index=["x", "y"]), "ratio")
    np.testing.assert_allclose(ax.lines[0].get_xdata(), [0.5, 0.7])
    np.testing.assert_allclose(ax.lines[1].get_xdata(), [0.6])
    assert ax.lines[-1].get_xdata()[0] == 1
    assert [tick.get_text() for tick in ax.get_yticklabels()] == ["x", "y"]
