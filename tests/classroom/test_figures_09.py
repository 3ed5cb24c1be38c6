"""Figures of notebook 09 show the data that they are given."""

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex

from course_lib.classroom.figures import notebook_09 as figures
from course_lib.plots import PALETTE

matplotlib.use("Agg")
RATE = 80


@pytest.fixture(autouse=True)
def no_figure_is_left_open():
    yield
    plt.close("all")


def levels(n, start):
    """Signals that are constant in time, each at a level of its own."""
    return np.broadcast_to(np.arange(start, start + n, dtype=float)[:, None, None], (n, 1, 40)).copy()


@pytest.mark.parametrize("seed", range(5))
def test_a_blind_test_shows_four_of_each_kind_where_its_order_says(seed):
    real, generated = levels(9, 100), levels(6, 200)
    figure = figures.plot_blind_test(real, generated, seed=seed)
    shown = [ax.get_lines()[0].get_ydata()[0] for ax in figure.axes]
    np.testing.assert_array_equal(np.array(shown) >= 200, figures.blind_order(seed))
    assert figures.blind_order(seed).sum() == 4
    assert len(set(shown)) == 8
    assert {line.get_color() for ax in figure.axes for line in ax.get_lines()} == {"black"}
    assert [ax.get_title() for ax in figure.axes] == [str(i) for i in range(1, 9)]


def test_the_answer_of_a_blind_test_names_each_panel_and_moves_nothing():
    real, generated = levels(9, 100), levels(6, 200)
    hidden, shown = (figures.plot_blind_test(real, generated, seed=3, answer=answer) for answer in (False, True))
    for a, b, kind in zip(hidden.axes, shown.axes, figures.blind_order(3), strict=True):
        np.testing.assert_array_equal(a.get_lines()[0].get_ydata(), b.get_lines()[0].get_ydata())
        name = "generated" if kind else "real"
        assert b.get_title().endswith(name)
        assert b.get_lines()[0].get_color() == PALETTE[name]


def test_another_seed_is_another_blind_test():
    assert len({figures.blind_order(seed).tobytes() for seed in range(20)}) > 10


def test_a_row_of_dots_stands_for_each_name_over_the_range():
    ax = figures.plot_within_range({"a": [1.0, 2, 3], "b": [5.0]}, low=0.5, high=4, xlabel="distance")
    dots = ax.get_lines()
    np.testing.assert_array_equal(dots[0].get_xdata(), [1, 2, 3])
    np.testing.assert_array_equal(np.round(dots[0].get_ydata()), [0, 0, 0])
    assert (dots[1].get_xdata()[0], dots[1].get_ydata()[0]) == (5, 1)
    corners = ax.patches[0].get_extents().transformed(ax.transData.inverted())
    assert (corners.x0, corners.x1) == pytest.approx((0.5, 4))
    assert [text.get_text() for text in ax.get_yticklabels()] == ["a", "b"]
    assert ax.get_xlabel() == "distance"


def test_an_open_end_of_a_range_reaches_to_the_edge_of_the_picture():
    ax = figures.plot_within_range({"a": [1.0, 2, 3]}, low=-np.inf, high=4, xlabel="distance")
    corners = ax.patches[0].get_extents().transformed(ax.transData.inverted())
    assert corners.x0 == pytest.approx(ax.get_xlim()[0])
    assert corners.x0 < 1


def test_forgers_stand_in_panels_of_their_own_and_the_first_set_is_blue():
    figure = figures.plot_forgers({"real": levels(9, 0), "x": levels(9, 50), "y": levels(3, 90)}, columns=2)
    panels = [ax for ax in figure.axes if ax.get_visible()]
    assert [ax.get_title() for ax in panels] == ["real", "x", "y"]
    assert [[line.get_ydata()[0] for line in ax.get_lines()] for ax in panels] == [
        [0, 1, 2, 3, 4],
        [50, 51, 52, 53, 54],
        [90, 91, 92],
    ]
    assert [ax.get_lines()[0].get_color() for ax in panels] == [PALETTE["real"]] + 2 * [PALETTE["generated"]]
    assert panels[1].get_xlabel() == "time (s)"  # nothing stands below it


def test_balls_reach_to_the_kth_neighbour_and_are_filled_where_a_fake_lies_in_them():
    real = np.array([[0.0, 0], [1, 0], [3, 0], [10, 0]])
    fakes = np.array([[-0.5, 0], [50.0, 0]])
    ax = figures.plot_balls(real, {"two": fakes}, k=1).axes[0]
    assert [circle.radius for circle in ax.patches] == pytest.approx([1, 1, 2, 7])
    assert [circle.get_facecolor()[3] > 0 for circle in ax.patches] == [True, False, False, False]
    points, inside, outside = (line.get_xydata() for line in ax.get_lines())
    np.testing.assert_array_equal(points, real)
    np.testing.assert_array_equal(inside, fakes[:1])
    np.testing.assert_array_equal(outside, fakes[1:])


def test_importances_are_drawn_over_an_even_share_at_the_time_of_their_step():
    share = np.full(50, 0.5 / 49)
    share[20] = 0.5
    ax = figures.plot_importance({"fault": share}, sampling_rate=RATE)
    time, height = ax.get_lines()[0].get_data()
    assert time[20] == 20 / RATE
    assert height[20] == pytest.approx(25)
    assert height.mean() == pytest.approx(1)


@pytest.fixture
def report():
    return pd.DataFrame(
        {
            "value": [1.0, 5.0],
            "reference": [1.0, 1.0],
            "low": [0.5, -np.inf],
            "high": [2.0, 3.0],
            "ratio": [1.0, 5.0],
            "inside": [True, False],
            "Gaussian": [0.1, 3.0],
            "copies": [2.5, 1.0],
        },
        index=["roughness_ratio", "frechet"],
    )


def test_each_set_lies_below_its_range_inside_or_above(report):
    expected = {"value": [0, 1], "Gaussian": [-1, 0], "copies": [1, 0]}
    assert figures.sides(report).to_dict("list") == expected


def test_the_table_of_verdicts_marks_what_lies_outside(report):
    ax = figures.plot_verdicts(report, value_name="ours")
    assert [text.get_text() for text in ax.get_xticklabels()] == ["ours", "Gaussian", "copies"]
    assert [text.get_text() for text in ax.get_yticklabels()] == ["roughness ratio", "frechet"]
    mesh = ax.collections[0]
    colors = [to_hex(color).upper() for color in mesh.to_rgba(mesh.get_array().ravel())]
    below, inside, above = PALETTE["real"].upper(), "#F4F4F4", PALETTE["generated"].upper()
    assert colors == [inside, below, above, above, inside, inside]
    assert [text.get_text() for text in ax.texts] == ["", "▼", "▲", "▲", "", ""]
