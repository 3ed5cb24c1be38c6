"""Clouds over modes: every sample is drawn, over the modes it is judged by, in one window for all panels."""

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
import torch
from matplotlib.colors import to_hex

from course_lib import plots
from course_lib.classroom.figures import notebook_06 as figures
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


def test_every_run_of_a_bench_is_a_dot_of_its_method_beside_the_perfect_sampler():
    columns = ["method", "distribution", "seed", "spread", "high_quality"]
    rows = [
        ("A", "ring", 0, 0.5, 0.9),
        ("A", "ring", 1, 0.6, 0.8),
        ("A", "grid", 0, 0.7, 0.7),
        ("B", "ring", 0, 1.4, 0.1),
        ("B", "grid", 0, 1.5, 0.0),
        ("C", "ring", 0, 1.2, 0.2),
        ("C", "grid", 0, float("nan"), 0.0),
        ("perfect sampler", "ring", 0, 0.98, 0.99),
        ("perfect sampler", "ring", 1, 1.02, 0.97),
        ("perfect sampler", "grid", 0, 1.0, 0.98),
    ]
    figure = figures.plot_spread_and_quality(pd.DataFrame(rows, columns=columns), ["A", "B"])
    for ax, place, count in zip(figure.axes, ("ring", "grid"), (2, 1), strict=True):
        assert ax.get_title() == place
        dots = ax.collections[0]
        known = [row for row in rows if row[1] == place and row[0] != "perfect sampler" and row[3] == row[3]]
        np.testing.assert_array_equal(dots.get_offsets(), [row[3:] for row in known])
        methods = np.array([row[0] for row in known])
        assert (methods == "A").sum() == count
        colors = np.array([to_hex(color) for color in dots.get_facecolors()])
        assert set(colors[methods == "A"]) == {to_hex(plots.CYCLE[0])}
        assert set(colors[methods == "B"]) == {to_hex(plots.CYCLE[1])}
        corners = np.array([len(shape.vertices) for shape in dots.get_paths()])  # told apart without colour, too
        assert set(corners[methods == "A"]).isdisjoint(corners[methods == "B"])
    np.testing.assert_allclose(figure.axes[0].lines[-1].get_xydata(), [[1.0, 0.98]])
    names = [text.get_text() for text in figure.legends[0].get_texts()]
    assert sorted(names) == ["A", "B", "other methods", "perfect sampler"]
    assert all(ax.get_legend() is None for ax in figure.axes)
