"""Figures of divergences: the numbers in them are read back and held to closed forms."""

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from scipy.integrate import quad
from scipy.stats import norm

from course_lib.classroom.figures import notebook_02 as figures

matplotlib.use("Agg")
LOG2 = np.log(2)


@pytest.fixture(autouse=True)
def no_figure_is_left_open():
    yield
    plt.close("all")


def line(ax, label):
    (curve,) = [line for line in ax.get_lines() if str(line.get_label()).startswith(label)]
    return np.asarray(curve.get_xdata(), float), np.asarray(curve.get_ydata(), float)


def numbers(figure):
    """What the legend of the right axes says: {"JS": 0.123, ...}."""
    words = [text.get_text().split(" = ") for text in figure.axes[1].get_legend().get_texts()]
    return {name: np.inf if value == "infinite" else float(value) for name, value in words}


def test_the_jensen_figure_shows_the_curve_its_mirror_and_kl_as_the_gap():
    p, q = np.array([0.75, 0.25]), np.array([0.5, 0.5])
    ax = figures.plot_jensen(p, q)
    ratio, log = line(ax, "log (concave)")
    np.testing.assert_allclose(np.exp(log), ratio)
    np.testing.assert_allclose(line(ax, "-log")[1], -log)
    np.testing.assert_allclose(line(ax, "KL")[1], [0, -(0.75 * np.log(1.5) + 0.25 * np.log(0.5))])
    assert ax.get_xlabel() and ax.get_ylabel()


def test_infinite_values_are_triangles_at_the_top_and_leave_the_curve():
    table = pd.DataFrame({"KL": [0.0, np.inf, np.inf], "JS": [0.0, 0.3, LOG2]}, index=[0.0, 1.0, 2.0])
    ax = figures.plot_distances(table, top=2)
    np.testing.assert_array_equal(line(ax, "KL (▲ infinite)")[1], [0, np.nan, np.nan])
    np.testing.assert_array_equal(line(ax, "JS")[1], [0, 0.3, LOG2])
    (triangles,) = [mark for mark in ax.get_lines() if mark.get_marker() == "^"]
    np.testing.assert_array_equal(triangles.get_xdata(), [1, 2])
    assert max(triangles.get_ydata()) < 2 and ax.get_ylim() == (0, 2)


def test_sliding_blocks_say_what_the_closed_forms_say():
    for shift in (0.0, 0.3, 1.0, 2.5):
        got = numbers(figures.plot_sliding(shift, 1.0, "uniform blocks"))
        assert got["KL(p‖q)"] == (np.inf if shift else 0)
        assert got["JS"] == pytest.approx(min(shift, 1) * LOG2, abs=6e-4)  # printed to three places
        assert got["W1"] == pytest.approx(shift, abs=6e-4)
    inside = numbers(figures.plot_sliding(0.3, 2.0, "uniform blocks"))
    assert inside["KL(p‖q)"] == pytest.approx(LOG2, abs=6e-4) and inside["KL(q‖p)"] == np.inf


def test_sliding_gaussians_say_what_the_closed_forms_say():
    got = numbers(figures.plot_sliding(1.5, 2.0, "Gaussians"))
    assert got["KL(p‖q)"] == pytest.approx(LOG2 + (1 + 1.5**2) / 8 - 0.5, abs=6e-4)
    assert got["KL(q‖p)"] == pytest.approx(-LOG2 + (4 + 1.5**2) / 2 - 0.5, abs=6e-4)
    equal = numbers(figures.plot_sliding(1.5, 1.0, "Gaussians"))
    assert equal["W1"] == pytest.approx(1.5, abs=6e-4)

    def integrand(x):
        a, b = norm.pdf(x), norm.pdf(x, 1.5)
        return (a * np.log(2 * a / (a + b)) + b * np.log(2 * b / (a + b))) / 2

    assert equal["JS"] == pytest.approx(quad(integrand, -9, 11)[0], abs=6e-4)
    assert numbers(figures.plot_sliding(0.0, 0.5, "Gaussians"))["W1"] == pytest.approx(
        0.5 * np.sqrt(2 / np.pi), abs=6e-4
    )


def test_the_chosen_shift_stands_on_the_curves_and_the_density_at_it():
    figure = figures.plot_sliding(2.0, 1.5, "Gaussians")
    x, q = line(figure.axes[0], "q")
    assert x[q.argmax()] == pytest.approx(2, abs=0.006) and q.max() == pytest.approx(norm.pdf(0) / 1.5, rel=1e-4)
    dots = [dot for dot in figure.axes[1].get_lines() if dot.get_marker() == "o"]
    curves = [curve for curve in figure.axes[1].get_lines() if len(curve.get_xdata()) == 31]
    assert len(dots) == len(curves) == 4
    for dot, curve in zip(dots, curves, strict=True):
        assert dot.get_xdata()[0] == 2
        assert dot.get_ydata()[0] == pytest.approx(min(np.interp(2, *curve.get_data()), 0.97 * 4), rel=1e-9)


@pytest.mark.parametrize("change", [{"shift": 0.6}, {"width": 2.0}, {"shape": "Gaussians"}])
def test_every_parameter_of_the_sliding_densities_moves_the_data(change):
    start = {"shift": 0.5, "width": 1.0, "shape": "uniform blocks"}
    pictures = [figures.plot_sliding(**start), figures.plot_sliding(**(start | change))]
    before, after = ([d.get_xydata() for ax in f.axes for d in ax.get_lines()] for f in pictures)
    assert any(not np.array_equal(a, b, equal_nan=True) for a, b in zip(before, after, strict=False))
    assert pictures[0].axes[0].get_ylim() == pictures[1].axes[0].get_ylim()
    assert pictures[0].axes[1].get_ylim() == pictures[1].axes[1].get_ylim()


def heights(figure):
    return [float(text.get_text()) for text in figure.axes[1].texts]


def test_fitting_two_bumps_by_hand_shows_both_kls_by_quadrature():
    def log_p(x):
        return np.logaddexp(norm.logpdf(x, -2, 0.5), norm.logpdf(x, 2, 0.5)) - LOG2

    for mean, std in ((0.0, 2.0), (1.0, 1.2), (-2.0, 0.5), (2.0, 0.3)):
        forward = quad(lambda x, m=mean, s=std: np.exp(log_p(x)) * (log_p(x) - norm.logpdf(x, m, s)), -9, 9, limit=200)
        reverse = quad(
            lambda x, m=mean, s=std: norm.pdf(x, m, s) * (norm.logpdf(x, m, s) - log_p(x)),
            mean - 9 * std,
            mean + 9 * std,
            limit=200,
        )
        figure = figures.plot_two_bumps(mean, std)
        assert heights(figure) == pytest.approx([forward[0], reverse[0]], abs=6e-3)
        x, q = line(figure.axes[0], "q")
        np.testing.assert_allclose(q, norm.pdf(x, mean, std))


def test_no_hand_gets_below_the_least_kls():
    (floor, _), (_, log2) = (heights(figures.plot_two_bumps(*best)) for best in ((0, 4.25**0.5), (2, 0.5)))
    assert log2 == pytest.approx(LOG2, abs=6e-3)
    for mean in np.linspace(-3, 3, 7):
        for std in (0.3, 0.5, 1.0, 2.0, 2.06, 3.0):
            forward, reverse = heights(figures.plot_two_bumps(mean, std))
            assert forward >= floor - 0.01 and reverse >= log2 - 0.01
        plt.close("all")
