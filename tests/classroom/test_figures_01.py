"""Figures of the minimax game show the numbers that they stand for, at every position of their controls."""

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from scipy import special, stats

from course_lib.classroom import demos
from course_lib.classroom.figures import notebook_01 as figures

matplotlib.use("Agg")


@pytest.fixture(autouse=True)
def no_figure_is_left_open():
    yield
    plt.close("all")


def drawn(ax):
    return [(np.asarray(line.get_xdata(), float), np.asarray(line.get_ydata(), float)) for line in ax.get_lines()]


def names(ax):
    return [text.get_text() for text in ax.get_legend().get_texts()]


def assert_labelled(figure):
    assert all(ax.get_xlabel() or ax.get_shared_x_axes().joined(ax, figure.axes[-1]) for ax in figure.axes)
    assert all(ax.get_ylabel() for ax in figure.axes)


def test_push_forward_draws_the_noise_the_generator_and_the_density_of_what_comes_out():
    z = torch.randn(500, generator=torch.Generator().manual_seed(0))
    places = np.linspace(-1.9, 1.9, 51)
    figure = figures.plot_push_forward(z, 2 * torch.tanh(z), np.stack([places, 1 + places**2]))
    left, middle, right = figure.axes
    ((at, curve),) = drawn(middle)
    np.testing.assert_allclose(curve, 2 * np.tanh(at), rtol=1e-5)
    assert (np.diff(at) >= 0).all() and len(at) == 500
    ((height, place),) = drawn(right)
    np.testing.assert_array_equal(place, places)
    np.testing.assert_array_equal(height, 1 + places**2)
    assert sum(bar.get_height() * bar.get_width() for bar in left.patches) == pytest.approx(1)  # a density
    assert left.get_xlabel() and middle.get_ylabel() == "sample x = G(z)" and right.get_xlabel() == "density"


def test_overlap_of_histograms_is_the_share_of_mass_in_common():
    edges = np.arange(5.0)
    assert demos.histogram_overlap(np.array([0.5, 0.5, 1.5, 2.5]), np.array([1.5, 1.5, 1.5, 3.5]), edges) == 0.25
    assert demos.histogram_overlap(np.array([0.5]), np.array([0.5, 0.6]), edges) == 1
    assert demos.histogram_overlap(torch.tensor([0.5]), torch.tensor([3.5]), edges) == 0


@pytest.mark.parametrize(("shift", "scale"), [(0.0, 1.5), (-2.0, 0.2), (4.0, 2.5)])
def test_hand_fit_says_what_the_histograms_share_and_keeps_its_axes(shift, scale):
    random = np.random.default_rng(0)
    real, noise = random.normal(1.5, 0.6, 400), random.standard_normal(400)
    ax = figures.plot_hand_fit(real, noise, shift=shift, scale=scale)
    edges = np.linspace(-4, 6, 41)
    common = np.minimum(*(np.histogram(x, edges)[0] for x in (real, shift + scale * noise))).sum() / 400
    assert ax.get_title() == f"{100 * common:.0f} % in common"
    assert ax.get_xlim() == (-4, 6)
    assert ax.get_ylim() == (0, 1)
    assert names(ax) == ["real", "generated"]


def test_curves_stand_under_their_densities_and_differ_in_dash():
    x = np.linspace(0, 1, 5)
    figure = figures.plot_over_densities(x, {"p": x, "q": 1 - x}, {"a": x**2, "b": x**3})
    top, bottom = figure.axes
    np.testing.assert_array_equal([y for _, y in drawn(top)], [x, 1 - x])
    np.testing.assert_array_equal([y for _, y in drawn(bottom)], [x**2, x**3])
    assert names(top) == ["p", "q"] and names(bottom) == ["a", "b"]
    assert all(len({line.get_linestyle() for line in ax.get_lines()}) == 2 for ax in (top, bottom))
    assert top.get_xlim() == (0, 1)
    assert_labelled(figure)


def test_a_discriminator_fitted_to_many_samples_is_the_ratio_of_densities_where_they_lie():
    random = np.random.default_rng(0)
    x = np.linspace(-6, 6, 241)
    fitted = demos.fit_discriminator(random.standard_normal(50_000), 1 + random.standard_normal(50_000), x)
    near = (x > -2) & (x < 3)
    np.testing.assert_allclose(fitted[near], special.expit(0.5 - x)[near], atol=0.03)
    assert abs(fitted[0] - 0.5) < 0.01 and fitted.min() >= 0 and fitted.max() <= 1  # no sample at -6


@pytest.mark.parametrize(
    ("shift", "width", "samples"), [(1.0, 1.0, 500), (0.0, 0.4, 50), (4.0, 2.5, 2000), (4.0, 0.4, 50)]
)
def test_the_discriminator_game_draws_the_ratio_and_its_value_and_the_trained_one_is_never_better(
    shift, width, samples
):
    figure = figures.plot_discriminator_game(shift=shift, width=width, samples=samples)
    top, bottom = figure.axes
    (x, p), (_, q) = drawn(top)
    (_, best), (_, trained) = drawn(bottom)
    logit = stats.norm.logpdf(x) - stats.norm.logpdf(x, shift, width)
    np.testing.assert_allclose(best, special.expit(logit), atol=1e-12)

    def value(d):
        with np.errstate(divide="ignore"):
            return np.trapezoid(p * np.log(d) + np.where(q > 0, q * np.log1p(-d), 0), x)

    values = [float(name.split("V = ")[1]) for name in names(bottom)]
    assert values[1] <= values[0]
    assert values[1] == pytest.approx(value(trained), abs=1e-3)
    if (shift, width) == (1.0, 1.0):
        assert values[0] == -1.163
    assert top.get_xlim() == (-5, 8) and top.get_ylim() == (0, 1.05)
    assert_labelled(figure)


@pytest.mark.parametrize("logit", [-7.0, -5.0, 0.0, 7.0])
def test_the_generators_losses_have_their_tangents_at_the_logit(logit):
    figure = figures.plot_generator_losses(logit=logit)
    assert all(ax.get_xlabel() for ax in figure.axes) and figure.axes[0].get_ylabel()
    over_d, over_logit = (special.logit, special.expit(logit)), (lambda v: v, logit)
    formulas = (lambda v: np.log(special.expit(-v)), lambda v: -np.log(special.expit(v)))
    left, middle, right = (drawn(ax) for ax in figure.axes)
    for lines, loss, (to_logit, at) in (
        (left[:3], formulas[0], over_d),
        (middle[:3], formulas[1], over_d),
        (right[:3], formulas[0], over_logit),
        (right[3:], formulas[1], over_logit),
    ):
        curve, tangent, point = lines
        assert point[0][0] == pytest.approx(at) and point[1][0] == pytest.approx(loss(logit))
        np.testing.assert_allclose(curve[1], loss(to_logit(curve[0])), rtol=1e-6)
        h = 1e-4 * (at * (1 - at) if to_logit is special.logit else 1)
        slope = (loss(to_logit(at + h)) - loss(to_logit(at - h))) / (2 * h)
        (x0, x1), (y0, y1) = tangent
        assert (y1 - y0) / (x1 - x0) == pytest.approx(slope, rel=1e-5)
    slopes = [float(name.split("slope ")[1]) for name in names(figure.axes[2])]
    assert slopes == pytest.approx([-special.expit(logit), -special.expit(-logit)], abs=1e-4)


@pytest.mark.parametrize("logit", [-7.0, -5.0, 0.0, 5.0, 7.0])
def test_over_d_the_point_is_in_sight_and_a_slope_of_minus_one_is_no_flat_line(logit):
    figure = figures.plot_generator_losses(logit=logit)
    for ax, here in zip(figure.axes, (-np.logaddexp(0, logit), np.logaddexp(0, -logit)), strict=False):
        low, high = ax.get_ylim()
        assert low < here < high
        assert 1 / (high - low) > 0.1  # of the panel's height, across its width
        flat = drawn(ax)[3][1]
        np.testing.assert_allclose(flat, here)


def test_the_dots_of_the_best_answers_are_the_tops_of_the_curves():
    ax = figures.plot_best_answers([(0.3, 0.1), (0.02, 0.4)])
    lines = drawn(ax)
    for (d, part), (best, top), (p, q) in zip(lines[::2], lines[1::2], [(0.3, 0.1), (0.02, 0.4)], strict=True):
        np.testing.assert_allclose(part, p * np.log(d) + q * np.log1p(-d))
        assert abs(d[part.argmax()] - best[0]) < 0.002 and top[0] >= part.max() - 1e-12
    assert names(ax) == ["p = 0.3, q = 0.1", "p = 0.02, q = 0.4"] and ax.get_xlabel() and ax.get_ylabel()


def test_smoothed_labels_are_the_share_of_the_label_real():
    figure = figures.plot_smoothed_labels({"plain": (1.0, 0.0), "both": (0.9, 0.1)}, shift=3.0)
    (x, plain), (_, both) = drawn(figure.axes[1])
    np.testing.assert_allclose(plain, special.expit(4.5 - 3 * x), atol=1e-12)
    np.testing.assert_allclose(both, 0.1 + 0.8 * plain)
    assert names(figure.axes[1]) == ["plain", "both"]
    assert_labelled(figure)
