"""Figures of notebook E1 show the data that they are given."""

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
import torch

from course_lib.classroom.figures import notebook_E1 as figures

matplotlib.use("Agg")


@pytest.fixture(autouse=True)
def no_figure_is_left_open():
    yield
    plt.close("all")


def test_a_strip_holds_the_first_images_in_their_order_with_gaps_between():
    images = torch.arange(5.0)[:, None, None, None].expand(5, 1, 8, 8) / 5
    figure = figures.plot_strips({"a": images, "b": -images}, columns=3)
    strip = np.asarray(figure.axes[0].images[0].get_array().filled(np.nan))
    assert strip.shape == (8, 27)
    np.testing.assert_allclose(strip[0, ::9], [0, 0.2, 0.4], atol=1e-6)
    assert np.isnan(strip[:, 8::9]).all() and not np.isnan(strip[:, :8]).any()
    assert figure.axes[0].images[0].get_clim() == (-1, 1)
    assert [ax.get_ylabel() for ax in figure.axes] == ["a", "b"]


def test_every_run_is_a_dot_in_the_row_of_its_name_block_below_block():
    first = pd.DataFrame({"trick": ["x", "y", "x"], "ratio": [2.0, 8.0, 3.0], "classes": [9, 4, 8]})
    second = pd.DataFrame({"trick": ["z"], "ratio": [5.0], "classes": [7]})
    figure = figures.plot_dots(
        {"A": first, "B": second},
        by="trick",
        measures={"ratio": "distance", "classes": "digits"},
        lines={"the Gaussian": 1.5},
    )
    left, right = figure.axes
    np.testing.assert_array_equal(left.lines[0].get_data(), [[2, 8, 3], [0, 1, 0]])
    np.testing.assert_array_equal(right.lines[1].get_data(), [[7], [2]])
    assert left.lines[2].get_xdata() == [1.5, 1.5] and left.get_xscale() == "log"
    assert [tick.get_text() for tick in left.get_yticklabels()] == ["x", "y", "z"]
    assert left.get_ylim()[0] > left.get_ylim()[1]  # the first above


def test_a_loss_is_marked_where_it_is_least_inside_the_picture():
    logits = np.linspace(-2, 2, 41)
    ax = figures.plot_heads({"bowl": (logits - 1) ** 2, "slope": -logits}, logits)
    marks = [line.get_xdata() for line in ax.lines if line.get_marker() == "o"]
    np.testing.assert_allclose(marks, [[1.0]])


def test_overlaps_are_bars_above_and_images_below():
    figure = figures.plot_overlaps({"kernel 3": [1, 2, 1]}, {"net": np.eye(4), "other": np.ones((4, 4))})
    shown = [ax for ax in figure.axes if ax.get_visible()]
    assert [bar.get_height() for bar in shown[0].patches] == [1, 2, 1]
    np.testing.assert_array_equal(shown[1].images[0].get_array(), np.eye(4) - 0.25)
    assert not shown[2].images[0].get_array().any()  # a constant is the middle of the scale, whatever its value
    assert shown[1].images[0].get_clim() == shown[2].images[0].get_clim() == (-0.75, 0.75)
    assert [ax.get_xlabel() for ax in shown[1:]] == ["net", "other"]


def test_moments_are_a_curve_beside_the_lines_that_it_may_cross():
    moments = pd.DataFrame({"step": [10, 100, 1000], "ratio": [30.0, 5.0, 1.4]})
    ax = figures.plot_moments(moments, {"the Gaussian": 1.5})
    np.testing.assert_array_equal(ax.lines[0].get_data(), [[10, 100, 1000], [30, 5, 1.4]])
    assert ax.lines[1].get_ydata() == [1.5, 1.5]
    assert (ax.get_xscale(), ax.get_yscale()) == ("log", "log")
