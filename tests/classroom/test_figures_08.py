"""Figures of notebook 08 show the data that they are given."""

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
import torch

from course_lib.classroom import demos
from course_lib.classroom.figures import notebook_08 as figures
from course_lib.plots.base import PALETTE

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


def test_time_to_quality_draws_the_median_of_the_seeds_in_the_band_of_all_of_them():
    seconds = np.array([0.0, 10, 20])
    runs = [(0, [8.0, 4, 2]), (1, [6.0, 3, 1]), (2, [100.0, 90, 80])]
    frame = pd.concat(
        [pd.DataFrame({"recipe": "ours", "seed": s, "seconds": seconds, "frechet": f}) for s, f in runs]
        + [pd.DataFrame({"recipe": "source", "seed": 0, "seconds": seconds, "frechet": [9.0, 9, 9]})]
    )
    ax = figures.plot_time_to_quality(frame, target=0.5, reference=0.1)
    lines = drawn(ax)
    np.testing.assert_array_equal(lines[0][0], seconds)
    np.testing.assert_array_equal(lines[0][1], [8, 4, 2])  # of 8, 6 and 100; of 4, 3 and 90; of 2, 1 and 80
    _, low, high = band(ax.collections[0])
    np.testing.assert_array_equal(low, [6, 3, 1])
    np.testing.assert_array_equal(high, [100, 90, 80])
    np.testing.assert_array_equal(lines[1][1], [9, 9, 9])
    labels = [text.get_text() for text in ax.get_legend().get_texts()]
    assert labels == ["ours", "source", "to reach", "real against real"]
    assert lines[2][1][0] == 0.5
    assert lines[3][1][0] == 0.1
    assert ax.get_yscale() == "log"


def test_seeds_that_are_read_at_other_times_meet_on_straight_lines_between_their_readings():
    first = pd.DataFrame({"recipe": "ours", "seed": 0, "seconds": [0.0, 10, 20], "frechet": [8.0, 4, 2]})
    second = pd.DataFrame({"recipe": "ours", "seed": 1, "seconds": [5.0, 15, 40], "frechet": [3.0, 1, 1]})
    time, middle = drawn(figures.plot_time_to_quality(pd.concat([first, second])))[0]
    np.testing.assert_array_equal(time, [5, 10, 15, 20])  # what both runs span
    np.testing.assert_allclose(middle, [(6 + 3) / 2, (4 + 2) / 2, (3 + 1) / 2, (2 + 1) / 2])


def test_the_receptive_field_is_what_a_gradient_reaches():
    layers = [(9, 1), (5, 2), (3, 3), (4, 2)]
    for depth in range(1, len(layers) + 1):
        x = torch.zeros(1, 1, 400, requires_grad=True)
        y = x
        for kernel, stride in layers[:depth]:
            y = torch.nn.functional.conv1d(y, torch.ones(1, 1, kernel), stride=stride)
        y[0, 0, y.shape[-1] // 2].backward()
        assert demos.receptive_field(layers)[depth - 1] == int((x.grad != 0).sum())


def test_the_bars_are_as_wide_as_the_receptive_fields():
    ax = figures.plot_receptive_field([(25, 4), (25, 4)], length=160, sampling_rate=RATE)
    bars = ax.patches[:2]
    assert [bar.get_width() for bar in bars] == pytest.approx([25 / RATE, 121 / RATE])
    assert [bar.get_x() + bar.get_width() / 2 for bar in bars] == pytest.approx([1, 1])
    assert "121 steps" in ax.get_yticklabels()[1].get_text()


def test_signals_their_detail_and_their_steps_stand_in_one_row_for_each_set(signals):
    figure = figures.plot_signals_and_steps({"real": signals, "drawn": 2 * signals}, detail=(0.1, 0.3), many=3)
    axes = np.array(figure.axes).reshape(2, 3)
    time = np.arange(40) / RATE
    for row, values in zip(axes, (signals, 2 * signals), strict=True):
        whole, stretch, steps = map(drawn, row)
        assert [len(lines) for lines in (whole, stretch, steps)] == [3, 3, 2]
        np.testing.assert_array_equal(whole[2][1], values[2, 0])
        np.testing.assert_array_equal(stretch[2][0], time[8:25])
        np.testing.assert_array_equal(stretch[2][1], values[2, 0, 8:25])
        np.testing.assert_allclose(steps[1][1], np.abs(values[1, 0, 1:] - values[1, 0, :-1]))
    for row, side in zip(axes, ("real", "generated"), strict=True):
        assert {line.get_color() for ax in row for line in ax.get_lines()} == {PALETTE[side]}
    assert axes[1, 2].get_yscale() == "log"
    assert axes[0, 0].get_ylim() == axes[1, 0].get_ylim()


def test_a_step_of_0_has_no_place_on_a_logarithmic_axis(signals):
    still = np.zeros((1, 1, 40))
    still[..., 20:] = 1
    (steps,) = drawn(figures.plot_signals_and_steps({"real": still}).axes[2])
    assert np.isfinite(steps[1]).sum() == 1


def test_a_wave_has_all_but_all_of_its_power_at_its_own_frequency():
    wave = np.sin(2 * np.pi * 10 * np.arange(160) / RATE)
    ax = figures.plot_power_shares({"wave": np.tile(wave, (3, 1, 1)), "faster": np.tile(wave[::2], (3, 1, 2))})
    for (frequency, share), hertz in zip(drawn(ax), (10, 20), strict=True):
        assert frequency[share.argmax()] == hertz
        assert share[np.abs(frequency - hertz) < 1].sum() > 0.99
        assert share.sum() == pytest.approx(1)
    assert ax.get_yscale() == "log"
