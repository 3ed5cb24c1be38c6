"""The picture of a run: what stands in its panels is read back from the axes."""

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pytest

from course_lib import plots

matplotlib.use("Agg")
X = np.random.default_rng(0).normal(size=(40, 1, 30)).cumsum(axis=-1)
Y = np.random.default_rng(1).normal(size=(20, 1, 30)).cumsum(axis=-1)


@pytest.fixture(autouse=True)
def no_figure_is_left_open():
    yield
    plt.close("all")


def grid(figure, rows):
    return np.reshape(figure.axes, (rows, -1))


def lines(ax):
    return np.array([line.get_ydata() for line in ax.get_lines()])


def test_each_class_has_a_column_with_six_recordings_above_six_generated_signals():
    of_x, of_y = np.arange(40) % 5, np.arange(20) % 5
    figure = plots.plot_samples(X, Y, real_labels=of_x, generated_labels=of_y, class_names=list("abcde"))
    axes = grid(figure, 3)
    assert [ax.get_title() for ax in axes[0]] == list("abcd")
    for k, column in enumerate(axes.T):
        np.testing.assert_array_equal(lines(column[0]), X[of_x == k, 0][:6])
        np.testing.assert_array_equal(lines(column[1]), Y[of_y == k, 0][:6])


def test_the_shares_of_steps_are_those_of_all_signals_of_the_column_on_a_logarithmic_axis():
    still = X.copy()
    still[:, :, 10:15] = still[:, :, 10:11]
    axes = grid(plots.plot_samples(still, Y, unit="m"), 3)
    assert axes[2, 0].get_xscale() == "log" and axes[2, 0].get_xlabel() == "|difference| (m)"
    steps = np.abs(np.diff(still[:6, 0])).ravel()
    curve = axes[2, 0].get_lines()[0]
    for size in (0.1, 0.5, 1.0):
        share = np.max(curve.get_ydata()[curve.get_xdata() <= size])
        assert share == pytest.approx((steps <= size).mean(), abs=1e-12)
    smallest = curve.get_xdata()[np.isfinite(curve.get_xdata()) & (curve.get_xdata() > 0)].min()
    assert smallest == pytest.approx(1e-5 * steps.max())  # where the signal stands still


def test_time_is_in_seconds_where_the_rate_is_known_and_in_steps_where_it_is_not():
    for rate, label, last in ((10, "time (s)", 2.9), (None, "step", 29)):
        axes = grid(plots.plot_samples(X, Y, sampling_rate=rate), 3)
        assert axes[1, 0].get_xlabel() == label and axes[0, 0].get_lines()[0].get_xdata()[-1] == pytest.approx(last)


def test_of_two_channels_two_classes_are_shown():
    pair, labels = np.zeros((9, 2, 12)), np.repeat([0, 1, 2], 3)
    pair[:] = np.arange(12)
    figure = plots.plot_samples(pair, pair, real_labels=labels, generated_labels=labels, class_names=["a", "b", "c"])
    titles = [f"{name}, channel {c}" for name in "ab" for c in (1, 2)]
    assert [ax.get_title() for ax in grid(figure, 3)[0]] == titles


def test_panels_of_one_channel_share_their_height_and_those_of_two_do_not():
    """Bars beside volts: the volts would be a flat line."""
    pair, labels = np.random.default_rng(0).normal(size=(8, 2, 12)) * [[100], [1]], np.repeat([0, 1], 4)
    figure = plots.plot_samples(pair, 2 * pair, real_labels=labels, generated_labels=labels, class_names=["a", "b"])
    heights = [[ax.get_ylim() for ax in row] for row in grid(figure, 3)[:2]]
    assert heights[0] == heights[1] and heights[0][:2] == heights[0][2:]
    assert heights[0][0][1] > 20 * heights[0][1][1] > 0


def test_of_several_channels_each_has_a_column_of_the_first_class():
    wide = np.concatenate([X, X + 5, X - 5], axis=1)
    labels = 1 + np.arange(40) % 2
    figure = plots.plot_samples(wide, wide, real_labels=labels, generated_labels=labels, class_names=["a", "b", "c"])
    axes = grid(figure, 3)
    assert [ax.get_title() for ax in axes[0]] == ["b, channel 1", "b, channel 2", "b, channel 3"]
    np.testing.assert_array_equal(lines(axes[0, 2]), wide[labels == 1, 2][:6])


def test_channels_are_called_by_their_names_and_units_that_differ_stand_in_the_titles():
    two = np.stack([X[:, 0], X[:, 0] * 9], axis=1)
    axes = grid(plots.plot_samples(two, channel_names=("force", "angle"), unit=("N", "deg")), 2)
    assert [ax.get_title() for ax in axes[0]] == ["force (N)", "angle (deg)"]
    assert [ax.get_xlabel() for ax in axes[-1]] == ["|difference| (N)", "|difference| (deg)"]
    assert axes[0][0].get_ylabel() == "real"
    axes = grid(plots.plot_samples(two, channel_names=("force", "angle"), unit=("N", "N")), 2)
    assert axes[0][1].get_title() == "angle" and axes[0][0].get_ylabel() == "real (N)"


def test_without_labels_and_without_generated_signals_recordings_stand_in_their_order():
    axes = grid(plots.plot_samples(X[:15]), 2)
    assert axes.shape == (2, 3)
    np.testing.assert_array_equal(lines(axes[0, 2]), X[12:15, 0])
