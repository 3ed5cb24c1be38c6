"""Figures of notebook 07 show the data that they are given."""

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pytest

from course_lib.classroom.figures import notebook_07 as figures

matplotlib.use("Agg")
RATE = 80


@pytest.fixture(autouse=True)
def no_figure_is_left_open():
    yield
    plt.close("all")


@pytest.fixture
def signals():
    return np.random.default_rng(0).normal(size=(12, 2, 40)).cumsum(axis=-1)


@pytest.fixture
def labels():
    return np.repeat(np.arange(3), 4)


def drawn(ax):
    """Every line with data in it, as (x, y)."""
    return [(np.asarray(line.get_xdata(), float), np.asarray(line.get_ydata(), float)) for line in ax.get_lines()]


def assert_labelled(ax):
    assert ax.get_xlabel() and ax.get_ylabel()


def band(collection):
    """Lower and upper edge of a fill_between, by time."""
    corners = collection.get_paths()[0].vertices
    times = np.unique(corners[:, 0])
    values = [corners[corners[:, 0] == t, 1] for t in times]
    return times, np.array([v.min() for v in values]), np.array([v.max() for v in values])


def test_traces_of_different_length_span_the_same_time():
    ax = figures.plot_traces({"all": np.arange(81.0), "half": np.arange(41.0)}, sampling_rate=RATE)
    (time, y), (half_time, half) = drawn(ax)
    np.testing.assert_array_equal(y, np.arange(81))
    np.testing.assert_array_equal(half, np.arange(41))
    assert time[-1] == half_time[-1] == 1.0


def test_recordings_are_drawn_as_they_are_a_panel_a_sign(signals, labels):
    panels = figures.plot_recordings_by_sign(signals, labels, ("a", "b", "c"), n=2, signs=3, sampling_rate=RATE).axes
    assert [ax.get_title() for ax in panels] == ["a", "b", "c"]
    for k, ax in enumerate(panels):
        lines = drawn(ax)
        assert len(lines) == 2
        for (time, y), recording in zip(lines, signals[labels == k][:2, 0], strict=True):
            np.testing.assert_array_equal(y, recording)
            np.testing.assert_allclose(time, np.arange(40) / RATE)


def test_shares_stand_in_their_intervals_the_first_at_the_top():
    ax = figures.plot_shares({"few": (0.9, 0.7, 0.95), "many": (0.2, 0.1, 0.4)})
    (points,) = ax.containers
    line, _, (bars,) = points.lines
    np.testing.assert_allclose(line.get_xdata(), [0.9, 0.2])
    ends = [(segment[0, 0], segment[1, 0]) for segment in bars.get_segments()]
    np.testing.assert_allclose(ends, [(0.7, 0.95), (0.1, 0.4)])
    bottom, top = ax.get_ylim()
    assert bottom > top and [text.get_text() for text in ax.get_yticklabels()] == ["few", "many"]
    assert ax.get_xlim() == (0, 1)


def test_the_two_spreads_add_up_to_the_total_variance(signals):
    labels = np.array([0] * 2 + [1] * 7 + [2] * 3)  # unequal classes: the law of total variance needs their weights
    (_, between), (_, within) = drawn(figures.plot_spread(signals, labels))
    np.testing.assert_allclose(between**2 + within**2, signals[:, 0].var(axis=0))


def test_a_map_shows_every_signal_as_a_row_centred_on_its_moments(signals):
    ax = figures.plot_signal_map(signals, channel=1, sampling_rate=RATE, unit="m")
    (picture,) = ax.get_images()
    np.testing.assert_array_equal(picture.get_array(), signals[:, 1])
    left, right, bottom, top = picture.get_extent()
    np.testing.assert_allclose((right - left) / 40, 1 / RATE)  # a step is as wide as a step
    np.testing.assert_allclose([left + 0.5 / RATE, right - 0.5 / RATE], [0, 39 / RATE], atol=1e-12)
    assert bottom > top, "the first signal stands at the top"
    assert_labelled(ax)
    assert ax.figure.axes[1].get_ylabel() == "signal (m)"


def test_sub_movements_are_drawn_under_their_sum_with_its_velocity():
    time = np.arange(40) / RATE
    parts = np.stack([2 * time, time**2])  # velocities 2 and 2t, by calculus
    left, right = figures.plot_sub_movements(parts, sampling_rate=RATE).axes
    assert len(drawn(left)) == len(drawn(right)) == 3
    np.testing.assert_allclose(drawn(left)[-1][1], 2 * time + time**2)
    np.testing.assert_allclose(drawn(right)[-1][1][1:-1], (2 + 2 * time)[1:-1])  # central differences: exact inside
    assert [line.get_linestyle() for line in left.get_lines()] == ["--", "--", "-"]
    assert_labelled(left)
    assert_labelled(right)


def test_flags_stand_on_the_signal_at_the_steps_flagged_and_are_counted():
    signal, flags = np.arange(10.0), {"first": np.arange(10) < 2, "none": np.zeros(10, bool)}
    ax = figures.plot_flagged(signal, flags, sampling_rate=10)
    (_, whole), (time, flagged), (_, nothing) = [(line.get_xdata(), line.get_ydata()) for line in ax.get_lines()]
    np.testing.assert_array_equal(whole, signal)
    np.testing.assert_allclose(time, [0, 0.1])
    np.testing.assert_array_equal(flagged, [0, 1])
    assert len(nothing) == 0
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["signal", "first: 2", "none: 0"]
