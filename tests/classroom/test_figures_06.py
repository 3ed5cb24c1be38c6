"""Figures of penalised critics: what is drawn is what was given, and the climbed critic keeps its exact laws."""

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
import torch

from course_lib.classroom import demos
from course_lib.classroom.figures import notebook_06 as figures

matplotlib.use("Agg")


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def cloud(n=200, *, at=(0.0, 0.0), std=0.3, seed=0):
    return torch.tensor(at) + std * torch.randn(n, 2, generator=torch.Generator().manual_seed(seed))


REAL, FAKE = cloud(at=(1.5, 0.0)), cloud(seed=1)


# ------------------------------------------------------------------------------------------------ the critic


def objective(critic, coefficients, weight, *, pairs=3000, seed=0):
    """Difference of means less the weighted penalty, by finite differences of the critic's own scores."""
    moved = critic._replace(coefficients=coefficients)
    h = 1e-5
    slopes = [(moved(critic.mixtures + h * e) - moved(critic.mixtures - h * e)) / (2 * h) for e in np.eye(2)]
    real, fake = REAL.double().numpy(), FAKE.double().numpy()
    return moved(real).mean() - moved(fake).mean() - weight * np.square(np.hypot(*slopes) - 1).mean()


def test_what_the_critic_says_of_itself_agrees_with_finite_differences_of_its_scores():
    critic = demos.climb_penalized(REAL, FAKE, 1.0)
    real, fake = REAL.double().numpy(), FAKE.double().numpy()
    assert critic.difference == pytest.approx(critic(real).mean() - critic(fake).mean(), rel=1e-9)
    assert critic.objective == pytest.approx(objective(critic, critic.coefficients, 1.0), rel=1e-6)
    h = 1e-5
    slopes = [(critic(critic.mixtures + h * e) - critic(critic.mixtures - h * e)) / (2 * h) for e in np.eye(2)]
    np.testing.assert_allclose(critic.slopes, np.hypot(*slopes), rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("weight", [0.1, 1.0, 10.0])
def test_the_climbed_critic_is_at_a_top_no_small_change_of_its_coefficients_gains(weight):
    critic = demos.climb_penalized(REAL, FAKE, weight)
    top, random = objective(critic, critic.coefficients, weight), np.random.default_rng(0)
    size = np.abs(critic.coefficients).mean()
    gains = [
        objective(critic, critic.coefficients + 0.02 * size * random.standard_normal(144), weight) for _ in range(20)
    ]
    assert max(gains) < top + 1e-3 * abs(top)
    for factor in (0.97, 1.03):
        assert objective(critic, factor * critic.coefficients, weight) < top


@pytest.mark.parametrize("weight", [0.1, 1.0, 10.0])
def test_the_climbed_critic_keeps_the_law_of_every_critic_that_can_be_multiplied(weight):
    critic = demos.climb_penalized(REAL, FAKE, weight)
    s = critic.slopes
    assert 2 * weight * (s * (s - 1)).mean() == pytest.approx(critic.difference, rel=0.02)
    assert critic.difference > critic.objective


def test_two_narrow_clouds_get_nearly_the_slope_of_two_points():
    x, y = cloud(at=(1.0, 0.0), std=0.02), cloud(std=0.02, seed=1)
    critic = demos.climb_penalized(x, y, 0.5)
    assert np.median(critic.slopes) == pytest.approx(1 + 1 / (2 * 0.5), rel=0.05)


def test_the_same_clouds_give_the_same_critic_and_another_seed_other_mixtures():
    one, two, three = (demos.climb_penalized(REAL, FAKE, 1.0, seed=seed) for seed in (0, 0, 1))
    np.testing.assert_array_equal(one.coefficients, two.coefficients)
    assert not np.array_equal(one.mixtures, three.mixtures)


@pytest.mark.parametrize("weight", [0, -1.0, float("nan"), float("inf")])
def test_a_weight_without_a_top_is_refused(weight):
    with pytest.raises(ValueError, match="expected a weight above 0"):
        demos.climb_penalized(REAL, FAKE, weight)


# ---------------------------------------------------------------------------------------------- the surfaces


def test_level_lines_of_a_straight_critic_are_upright_and_one_spacing_of_score_apart():
    ax = figures.plot_level_lines(lambda p: 2.0 * p[:, 0], REAL.numpy(), FAKE.numpy(), spacing=0.5, limit=2.0)
    (lines,) = [c for c in ax.collections if hasattr(c, "levels")]
    places = sorted(
        float(path.vertices[:, 0].mean()) for path in lines.get_paths() if len(path.vertices) and path.vertices.size
    )
    np.testing.assert_allclose(np.diff(places), 0.25, atol=1e-6)  # slope 2: 0.5 of score each quarter of a unit
    assert ax.get_xlim() == ax.get_ylim() == (-2.0, 2.0)
    drawn = {line.get_label(): line.get_xydata() for line in ax.get_lines()}
    np.testing.assert_array_equal(drawn["real"], REAL.numpy())
    np.testing.assert_array_equal(drawn["generated"], FAKE.numpy())


def test_a_surface_is_drawn_only_near_the_points_it_was_charged_at():
    ax = figures.plot_level_lines(lambda p: p[:, 0], REAL.numpy(), FAKE.numpy(), near=np.zeros((1, 2)), limit=2.0)
    shades = np.ma.filled(ax.images[0].get_array().astype(float), np.nan)
    line = np.linspace(-2, 2, 81)
    near = np.hypot(*np.meshgrid(line, line)) < 0.3
    assert np.isfinite(shades[near]).all() and np.isnan(shades[~near]).all()


def test_surfaces_stand_in_rows_of_methods_and_columns_of_sets():
    surface = np.add.outer(np.arange(5.0), np.arange(7.0))
    figure = figures.plot_surfaces(
        {"one": {"a": surface, "b": -surface}, "two": {"a": surface, "b": surface}}, half_width=3
    )
    assert [ax.get_title() for ax in figure.axes] == ["one\na", "one\nb", "two\na", "two\nb"]
    np.testing.assert_array_equal(figure.axes[1].images[0].get_array(), -surface)
    (lines,) = figure.axes[0].collections
    np.testing.assert_allclose(lines.levels, np.linspace(0, 10, 18)[1:-1])
    assert figure.axes[0].images[0].get_extent() == [-3, 3, -3, 3]


# ------------------------------------------------------------------------------------------------- the slopes


def test_pairs_are_segments_from_real_to_generated_shaded_by_their_rise():
    slopes = np.array([1.0, 0.2])
    figure = figures.plot_pair_slopes(REAL, FAKE, {"a": ([0, 3], [5, 1], slopes), "b": ([1], [1], slopes[:1])})
    (segments,) = [c for c in figure.axes[0].collections if hasattr(c, "get_segments")]
    np.testing.assert_allclose(segments.get_segments(), [[REAL[0], FAKE[5]], [REAL[3], FAKE[1]]], rtol=1e-6)
    np.testing.assert_array_equal(segments.get_array(), slopes)
    assert segments.get_linewidths()[0] > segments.get_linewidths()[1] and segments.get_clim() == (0, 1)


def test_mixtures_are_weights_times_real_and_the_rest_generated_beside_the_pairs_segments():
    real, fake = REAL[:5], FAKE[:5]
    ways = {"a sample": torch.rand(5, 1), "a value": torch.rand(5, 2)}
    figure = figures.plot_mixtures(real, fake, ways)
    assert [ax.get_title() for ax in figure.axes] == list(ways)
    for ax, weights in zip(figure.axes, ways.values(), strict=True):
        np.testing.assert_allclose(ax.lines[2].get_xydata(), weights * real + (1 - weights) * fake, rtol=1e-6)
        np.testing.assert_allclose(ax.collections[0].get_segments(), torch.stack([real, fake], dim=1), rtol=1e-6)
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["real", "generated", "mixture"]


def test_gradients_are_drawn_over_finite_differences_with_the_line_on_which_they_agree():
    differences = np.array([-1.0, 0.5, 2.0])
    ax = figures.plot_agreement(differences, {"with": 2 * differences, "without": 0 * differences})
    with_graph, without, line = ax.lines
    np.testing.assert_allclose(with_graph.get_xydata(), np.stack([differences, 2 * differences], axis=1))
    assert not without.get_ydata().any()
    np.testing.assert_allclose(line.get_xydata(), [[-1, -1], [2, 2]])
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["with", "without"]


def test_the_dot_stands_on_top_of_its_parabola():
    ax = figures.plot_two_point_values(1.0, (0.3, 1, 10))
    lines = ax.get_lines()
    for curve, dot in zip(lines[0:6:2], lines[1:6:2], strict=True):
        slopes, values = curve.get_xydata().T
        x, y = dot.get_xydata()[0]
        assert abs(slopes[values.argmax()] - x) < 0.02 and abs(values.max() - y) < 0.01


# ------------------------------------------------------------------------------------------------- the widget


def picture(exponent=1.0, distance=1.0, name="8 Gaussians"):
    return figures.plot_penalty_weight(exponent, distance, name)


@pytest.mark.parametrize(("weight", "distance", "slope"), [(10, 1, 1.05), (0.1, 1, 6), (1, 3, 2.5)])
def test_the_movable_picture_s_dot_is_the_exact_slope_of_two_points(weight, distance, slope):
    curve, dot = picture(np.log10(weight), distance).axes[2].get_lines()
    np.testing.assert_allclose(dot.get_xydata()[0], [weight, slope])
    np.testing.assert_allclose(curve.get_ydata(), 1 + distance / (2 * curve.get_xdata()))


def test_the_bars_are_the_slopes_of_the_critic_in_the_left_picture():
    left, middle, _ = picture(0.0).axes
    points = {line.get_label(): line.get_xydata() for line in left.get_lines()}
    critic = demos.climb_penalized(points["real"], points["generated"], 1.0)
    heights = np.array([bar.get_height() for bar in middle.patches])
    counts = np.histogram(critic.slopes.clip(0, 7.9), bins=np.linspace(0, 8, 41))[0]
    np.testing.assert_allclose(heights, counts / 3000, atol=0.01)
    assert heights.sum() == pytest.approx(1)
    assert f"{critic.slopes.mean():.2f}" in middle.get_legend().get_texts()[1].get_text()


def test_the_movable_picture_keeps_its_axes_wherever_its_controls_stand():
    limits = set()
    for exponent in (-1.0, 0.5, 2.0):
        for name in ("8 Gaussians", "25 Gaussians", "Swiss roll"):
            figure = picture(exponent, 2.0, name)
            limits.add(tuple((ax.get_xlim(), ax.get_ylim()) for ax in figure.axes))
            plt.close(figure)
    assert len(limits) == 1


def test_an_unknown_set_of_points_is_refused_with_the_known_ones():
    with pytest.raises(ValueError, match="8 Gaussians.*got 'moon'"):
        picture(name="moon")


# ------------------------------------------------------------------------------------------- during training


def test_estimates_and_exact_distances_have_a_panel_a_setting_on_one_scale():
    rows = [
        {"weight": w, "critic_steps": c, "seed": seed, "step": step, "estimate": w * step, "w1": 1 / step + 0.2 * seed}
        for w, c in ((0.1, 5), (10.0, 5), (10.0, 20))
        for seed in (0, 1)
        for step in (5, 10)
    ]
    figure = figures.plot_estimates(pd.DataFrame(rows), floor=0.25)
    assert [ax.get_title() for ax in figure.axes] == [
        "w = 0.1, 5 critic steps",
        "w = 10, 5 critic steps",
        "w = 10, 20 critic steps",
    ]
    assert len({ax.get_ylim() for ax in figure.axes}) == 1
    lines = {line.get_label(): line.get_xydata() for line in figure.axes[1].get_lines()}
    exact = "exact $W_1$, mean and range of the seeds"
    np.testing.assert_allclose(lines[exact], [[5, (0.2 + 0.4) / 2], [10, (0.1 + 0.3) / 2]])
    assert lines["exact, real against real"][0, 1] == 0.25
    band, dots = figure.axes[1].collections
    corners = band.get_paths()[0].vertices
    assert sorted(set(corners[corners[:, 0] == 5, 1])) == pytest.approx([0.2, 0.4])
    np.testing.assert_allclose(dots.get_offsets(), [[5, 50], [10, 100], [5, 50], [10, 100]])
    first, second = dots.get_paths()[0], dots.get_paths()[2]
    assert first.vertices.shape != second.vertices.shape, "a shape a seed"
    assert [text.get_text() for text in figure.legends[0].get_texts()][0] == exact
