"""Figures of transport: what is drawn, read back from the axes, is the plan, the prices and the samples given."""

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from scipy.stats import wasserstein_distance

from course_lib.classroom import demos
from course_lib.classroom.figures import notebook_04 as figures

matplotlib.use("Agg")
X, A = np.array([0.0, 1.0, 4.0]), np.array([0.5, 0.3, 0.2])
Y, B = np.array([2.0, 3.0]), np.array([0.4, 0.6])
PLAN = np.outer(A, B)


@pytest.fixture(autouse=True)
def no_figure_is_left_open():
    yield
    plt.close("all")


def texts(figure):
    return " ".join(text.get_text() for ax in figure.axes for text in ax.texts)


def shades(ax):
    return np.asarray(ax.collections[0].get_array()).reshape(ax.collections[0].get_coordinates().shape[0] - 1, -1)


def data_of(figure):
    """All plotted numbers and words, as one comparable value."""
    lines = [np.asarray(line.get_xydata(), float).round(9).tolist() for ax in figure.axes for line in ax.get_lines()]
    bars = [[round(float(v), 9) for v in p.get_bbox().bounds] for ax in figure.axes for p in ax.patches]
    maps = [np.asarray(c.get_array()).round(9).tolist() for ax in figure.axes for c in ax.collections]
    return lines, bars, maps, texts(figure)


def test_moves_are_one_arrow_for_each_move_as_thick_as_its_mass():
    plan = np.array([[0.4, 0.1], [0.0, 0.3], [0.0, 0.2]])
    ax = figures.plot_moves(X, A, Y, torch.tensor(B), plan, unit="m")
    arrows = [patch for patch in ax.patches if isinstance(patch, matplotlib.patches.FancyArrowPatch)]
    assert len(arrows) == 4
    widths = {arrow.get_linewidth() for arrow in arrows}
    assert len(widths) == 4 and max(widths) == arrows[0].get_linewidth()  # 0.4 goes from the first to the first
    bars = [patch for patch in ax.patches if isinstance(patch, matplotlib.patches.Rectangle)]
    np.testing.assert_allclose([abs(bar.get_height()) for bar in bars], [*A, *B])
    np.testing.assert_allclose([bar.get_x() + bar.get_width() / 2 for bar in bars], [*X, *Y])
    assert ax.get_xlabel() == "place (m)" and ax.get_ylabel() == "mass"


def test_a_plan_is_drawn_with_its_row_sums_and_its_column_sums():
    middle, left, above = figures.plot_transport_plan(torch.tensor(PLAN), X, Y, unit="m").axes
    np.testing.assert_allclose(shades(middle), PLAN)
    np.testing.assert_allclose([bar.get_width() for bar in left.patches], A)
    np.testing.assert_allclose([bar.get_height() for bar in above.patches], B)
    assert [label.get_text() for label in middle.get_xticklabels()] == ["2", "3"]
    assert left.get_ylabel() == "from place x (m)" and middle.get_xlabel() == "to place y (m)"


def test_several_plans_share_one_scale_of_shades():
    figure = figures.plot_transport_plans({"thin": PLAN / 2, "full": PLAN}, X, Y)
    assert [ax.get_title() for ax in figure.axes] == ["thin", "full"]
    np.testing.assert_allclose(shades(figure.axes[0]), PLAN / 2)
    assert {ax.collections[0].get_clim() for ax in figure.axes} == {(0, PLAN.max())}  # white is no mass in all of them
    assert [label.get_text() for label in figure.axes[0].get_xticklabels()] == ["2", "3"]
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == ["0", "1", "4"]
    for ax in figure.axes:
        bottom, top = ax.get_ylim()
        assert bottom < top, "the first place stands at the bottom"


@pytest.mark.parametrize(("n", "m"), [(7, 5), (6, 6)])
def test_both_ways_of_slicing_cover_the_area_between_the_cdfs(n, m):
    random = np.random.default_rng(0)
    x, y = random.normal(size=n), random.normal(0.5, 2, size=m)
    upright, level = figures.plot_cdf_area(x, y).axes
    exact = wasserstein_distance(x, y)
    for ax in (upright, level):
        for line, sample in zip(ax.get_lines(), (x, y), strict=True):
            np.testing.assert_allclose(line.get_xdata()[1:], np.sort(sample))
            np.testing.assert_allclose(line.get_ydata(), np.arange(len(sample) + 1) / len(sample))
    assert sum(abs(bar.get_width()) * bar.get_height() for bar in level.patches) == pytest.approx(exact)
    slices = upright.collections[1].get_segments()  # one upright line at each place but the last
    heights = [abs(top[1] - bottom[1]) for bottom, top in slices]
    np.testing.assert_allclose([bottom[0] for bottom, _ in slices], np.sort(np.r_[x, y])[:-1])
    assert heights @ np.diff(np.sort(np.r_[x, y])) == pytest.approx(exact)


def test_the_c_transform_is_the_lowest_of_the_cones():
    places, prices = np.linspace(-1, 6, 50), np.array([0.5, -1.0])
    ax = figures.plot_c_transform(places, Y, prices)
    *cones, envelope, tips = [np.asarray(line.get_ydata(), float) for line in ax.get_lines()]
    np.testing.assert_allclose(cones[0], np.abs(places - 2) - 0.5)
    np.testing.assert_allclose(envelope, np.minimum(*cones))
    np.testing.assert_allclose(tips, -prices)


def test_potentials_are_level_at_one_place_and_differ_in_dash_as_well_as_colour():
    places = np.linspace(-2, 2, 41)
    ax = figures.plot_potentials(places, {"a": places + 5, "b": torch.tensor(-places)}, x=X, y=Y, at=1.0)
    a, b, *ticks = ax.get_lines()
    assert np.interp(1, places, a.get_ydata()) == pytest.approx(0) == np.interp(1, places, b.get_ydata())
    np.testing.assert_allclose(a.get_ydata(), places - 1)
    assert a.get_linestyle() != b.get_linestyle() and a.get_color() != b.get_color()
    np.testing.assert_array_equal([tick.get_xdata() for tick in ticks][0], X)


# ----------------------------------------------------------------------------------------------------- the game


def test_a_flow_is_a_line_for_each_sample_beside_the_places_of_the_target():
    down, up = np.cumsum(np.ones((4, 3)), axis=0), -np.cumsum(np.ones((4, 3)), axis=0)
    figure = figures.plot_flows({"down": torch.tensor(down), "up": up}, X)
    assert [ax.get_title() for ax in figure.axes] == ["down", "up"]
    for ax, path in zip(figure.axes, (down, up), strict=True):
        *lines, ticks = ax.get_lines()
        np.testing.assert_allclose([line.get_ydata() for line in lines], path.T)
        np.testing.assert_allclose(ticks.get_ydata(), X)
        assert ax.get_xlim()[0] == 0 and ax.get_xlim()[1] > ticks.get_xdata().max() > len(path) - 1


@pytest.mark.parametrize("spread", [0.0, 0.8, 1.6])
@pytest.mark.parametrize("shift", [-1.4, 0.0, 0.6])
def test_in_the_game_some_tent_closes_the_gap_and_no_tent_or_plan_crosses_it(shift, spread):
    games = [demos.transport_game(shift, spread, 0.0, peak, 1.0) for peak in np.arange(-4, 4.1, 0.2)]
    exact = wasserstein_distance(games[0].places, games[0].places, games[0].source, games[0].target)
    assert all(game.exact == pytest.approx(exact, abs=1e-9) for game in games)
    assert all(game.cost == pytest.approx(exact, abs=1e-9) for game in games)
    values = [game.dual for game in games]
    assert max(values) == pytest.approx(exact, abs=1e-9)
    lazy = demos.transport_game(shift, spread, 1.0)
    np.testing.assert_allclose(lazy.plan, np.outer(lazy.source, lazy.target), atol=1e-15)
    assert lazy.cost > exact - 1e-9 and lazy.dual <= exact + 1e-9


def test_the_games_marginals_are_the_two_piles():
    game = demos.transport_game(mix=0.3)
    np.testing.assert_allclose(game.plan.sum(axis=1), game.source, atol=1e-12)
    np.testing.assert_allclose(game.plan.sum(axis=0), game.target, atol=1e-12)
    assert game.source.sum() == pytest.approx(1) == game.target.sum()
    assert game.potential.max() == pytest.approx(0)


def test_the_games_picture_shows_its_numbers():
    game = demos.transport_game(mix=0.4, peak=0.4, slope=0.9)
    figure = figures.plot_transport_game(mix=0.4, peak=0.4, slope=0.9)
    np.testing.assert_allclose(shades(figure.axes[0]), game.plan)
    words = texts(figure)
    for value in (game.cost, game.dual, game.exact, game.cost - game.dual):
        assert f"{value:.3f}" in words
    drawn = [line.get_ydata() for ax in figure.axes for line in ax.get_lines() if len(line.get_xdata()) == 41]
    assert any(np.allclose(y, game.potential) for y in drawn)


def test_the_game_says_when_both_are_best_and_when_a_potential_bounds_nothing():
    assert "gap 0" in texts(figures.plot_transport_game(mix=0.0, peak=0.0, slope=1.0))
    steep = texts(figures.plot_transport_game(slope=1.1))
    assert "steeper than 1" in steep and "no bound" in steep and "gap" not in steep


CONTROLS = {
    "shift": np.arange(-1.4, 1.41, 0.2),
    "spread": np.arange(0, 1.61, 0.2),
    "mix": np.arange(0, 1.01, 0.1),
    "peak": np.arange(-3, 3.01, 0.2),
    "slope": np.arange(0, 1.31, 0.1),
}


@pytest.mark.parametrize("control", CONTROLS)
def test_every_control_of_the_game_changes_what_is_drawn_at_every_place(control):
    seen = []
    for value in CONTROLS[control][:: max(1, len(CONTROLS[control]) // 3)]:
        figure = figures.plot_transport_game(**{control: value})
        data = data_of(figure)
        assert data not in seen
        seen.append(data)
        plt.close(figure)
