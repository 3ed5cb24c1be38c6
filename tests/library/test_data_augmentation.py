"""Classical augmentation: each change is the one that it is named for, of the strength stated, and 0 is none."""

import numpy as np
import pytest

from course_lib.data.augmentation import jitter, scale, time_warp

RAMP = np.linspace(0, 1, 200)[None]  # (1, 200)
STRONG = 3.0


def stream(seed=0):
    return np.random.default_rng(seed)


@pytest.mark.parametrize("change", [jitter, scale, time_warp])
def test_a_change_of_strength_0_is_none_and_a_seed_decides_any_other(change):
    signal = stream(1).normal(size=(2, 50))
    np.testing.assert_allclose(change(signal, 0.0, stream()), signal, rtol=0, atol=1e-12)
    first, again, other = (change(signal, 0.5, stream(seed)) for seed in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - other).max() > 0.01


@pytest.mark.parametrize("change", [jitter, scale, time_warp])
@pytest.mark.parametrize("std", [-0.1, np.nan, np.inf])
def test_a_strength_below_0_or_without_an_end_is_refused(change, std):
    with pytest.raises(ValueError, match=rf"{change.__name__}: std: expected finite numbers of 0 or more, got"):
        change(RAMP, std, stream())


def test_jitter_is_white_and_of_each_channel_s_own_deviation():
    noise = jitter(np.zeros((2, 20_000)), np.array([[1.0], [10.0]]), stream())
    # of n normal numbers a deviation errs by 1 / sqrt(2 n), a correlation by 1 / sqrt(n): five standard errors
    np.testing.assert_allclose(noise.std(axis=1), [1, 10], rtol=5 / np.sqrt(40_000))
    assert abs(np.corrcoef(noise[0, 1:], noise[0, :-1])[0, 1]) < 5 / np.sqrt(20_000)
    assert abs(np.corrcoef(noise)[0, 1]) < 5 / np.sqrt(20_000)


def test_scaling_is_one_gain_for_all_channels_of_a_signal():
    signal = stream(1).normal(size=(3, 40))
    gains = [scale(signal, 0.1, stream(seed)) / signal for seed in range(1000)]
    assert max(np.ptp(gain) for gain in gains) < 1e-12
    each = np.array([gain[0, 0] for gain in gains])
    assert abs(each.mean() - 1) < 5 * 0.1 / np.sqrt(1000)
    assert abs(each.std() - 0.1) < 5 * 0.1 / np.sqrt(2000)


@pytest.mark.parametrize("seed", range(20))
def test_a_clock_keeps_the_ends_never_runs_backwards_and_invents_no_overshoot(seed):
    """Read off a ramp, a warped signal is the clock itself."""
    clock = time_warp(RAMP, STRONG, stream(seed))[0]
    np.testing.assert_allclose(clock[[0, -1]], [0, 1], atol=1e-9)
    assert (np.diff(clock) >= 0).all()
    signal = stream(seed + 100).normal(size=(1, 60))
    warped = time_warp(signal, STRONG, stream(seed))
    assert signal.min() - 1e-9 <= warped.min() and warped.max() <= signal.max() + 1e-9


def test_all_channels_have_one_clock():
    both = time_warp(np.concatenate([RAMP, 5 * RAMP - 2]), 0.5, stream())
    np.testing.assert_allclose(both[1], 5 * both[0] - 2, atol=1e-9)


def test_the_speed_of_a_clock_varies_by_its_strength():
    """At the knots its logarithm is normal of that deviation, up to a factor a signal (the ends are fixed)."""
    places, steps = np.linspace(0, 1000, 6).round().astype(int)[1:-1], np.arange(1001.0)[None]
    clocks = [time_warp(steps, 0.2, stream(seed))[0] for seed in range(400)]
    speeds = [np.log(np.gradient(clock)[places]) for clock in clocks]
    assert np.std(speeds, axis=1, ddof=1).mean() == pytest.approx(0.2 * np.sqrt(8 / (3 * np.pi)), rel=0.06)  # c4(4) s


def test_a_signal_of_one_step_is_refused():
    with pytest.raises(ValueError, match="expected a signal of 2 steps or more, got 1"):
        time_warp(np.zeros((1, 1)), 0.1, stream())
