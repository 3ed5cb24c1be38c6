"""Clouds over modes: every sample is drawn, over the modes it is judged by, in one window for all panels."""

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch

from course_lib import plots
from course_lib.data import ring

matplotlib.use("Agg")


@pytest.fixture(autouse=True)
def close():
    yield
    plt.close("all")


def test_every_sample_and_every_mode_is_drawn_where_it_lies():
    toy = ring()
    samples = toy.sample(50, torch.Generator().manual_seed(0))
    ax = plots.plot_points(samples, centers=toy.centers)
    modes, dots = ax.lines
    np.testing.assert_array_equal(modes.get_xydata(), toy.centers.numpy())
    np.testing.assert_array_equal(dots.get_xydata(), samples.numpy())
    assert ax.get_aspect() == 1 and ax.get_xlim() == ax.get_ylim()
    assert ax.get_xlim()[1] >= float(samples.abs().max())


def test_the_panels_of_a_course_share_one_window_and_none_of_their_titles_is_cut_off():
    small, large = torch.full((3, 2), 0.1), torch.full((3, 2), 5.0)
    figure = plots.plot_points_over_time({"step 0": small, "step 100": large}, centers=ring().centers)
    panels = figure.axes
    assert [ax.get_title() for ax in panels] == ["step 0", "step 100"]
    assert len({ax.get_xlim() for ax in panels}) == 1 and panels[0].get_xlim()[1] > 5
    figure.draw_without_rendering()
    height = figure.bbox.height
    for ax in panels:
        assert ax.title.get_window_extent().y1 <= height
    np.testing.assert_array_equal(panels[1].lines[-1].get_xydata(), large.numpy())


def test_the_legend_of_pale_clouds_shows_their_colours_in_full():
    figure = plots.plot_points_over_time({"step 0": torch.zeros(3, 2)}, real=torch.ones(3, 2))
    handles = figure.legends[0].legend_handles
    assert [handle.get_alpha() for handle in handles] == [1, 1]
    assert [handle.get_color() for handle in handles] == [plots.PALETTE["real"], plots.PALETTE["generated"]]
