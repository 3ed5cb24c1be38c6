"""The simulated signs follow the law that they are said to follow."""

import numpy as np
import pytest
import torch
from scipy.signal import periodogram
from sklearn.neighbors import KNeighborsClassifier

from course_lib.data import minimum_jerk, sign_law, simulate_signs, time_warp

TIME = np.arange(160) / 80  # seconds
POSTURE, TREMOR, NOISE = 0.015, 0.002, 0.001  # metres RMS, as the documentation has them
SIZE, REACH = 0.10, 0.06  # deviations of the logarithms

# Written down when the checkpoints were trained: another law makes them wrong.
ONSETS_0 = [0.2213271552, 0.5068049339, 0.728229043, 0.9428098017, 1.3804296583]
DURATIONS_0 = [0.3345264283, 0.3028054875, 0.2806559201, 0.3944570819, 0.5695703417]
AMPLITUDES_0 = [
    [0.3153245874, -0.5644128585, 0.5631428841, -0.4457725966, 0.3611097993],
    [0.1345927355, -0.3282520216, 0.410393506, -0.4339638414, 0.0949270532],
]
SAMPLES = [
    [-0.0109971, -0.1021443, -0.1143887, 0.1588931],
    [0.0231992, 0.205581, 0.1741857, 0.0433988],
]  # recording 4 (of sign 1), metres


# The minimum-jerk step


def test_the_step_is_the_only_quintic_from_rest_to_rest():
    powers = np.arange(6)
    at = {0: np.eye(6)[:3] * [[1], [1], [2]]}  # value, slope, curvature at 0 of each power of u
    at[1] = np.stack([np.ones(6), powers, powers * (powers - 1)])
    coefficients = np.linalg.solve(np.concatenate([at[0], at[1]]), [0, 0, 0, 1, 0, 0])
    u = np.linspace(0, 1, 101)
    np.testing.assert_allclose(minimum_jerk(u), np.polynomial.polynomial.polyval(u, coefficients), atol=1e-12)


def test_the_step_rests_before_and_after():
    np.testing.assert_array_equal(minimum_jerk(np.array([-5.0, -1e-9, 0.0, 1.0, 1.5, 40.0])), [0, 0, 0, 1, 1, 1])


def test_no_path_from_rest_to_rest_is_smoother():
    # The functional is quadratic: s is its minimum if a change that keeps the end conditions costs the same both ways.
    u = np.linspace(0, 1, 201)
    step = np.polynomial.Polynomial.fit(u, minimum_jerk(u), 5).convert()
    nodes, weights = np.polynomial.legendre.leggauss(12)

    def jerk(path):
        return (weights * path.deriv(3)((nodes + 1) / 2) ** 2).sum() / 2

    assert jerk(step) == pytest.approx(720, rel=1e-6)
    rest = np.polynomial.Polynomial([0, 0, 0, 1]) * np.polynomial.Polynomial([1, -1]) ** 3  # u^3 (1 - u)^3
    for change in (rest, rest * np.polynomial.Polynomial([0, 1]), rest * np.polynomial.Polynomial([1, -3, 2])):
        up, down = jerk(step + change), jerk(step - change)
        assert up > 720 and up == pytest.approx(down, rel=1e-4)


# The law of a sign


def test_a_law_has_2_to_5_sub_movements_within_the_two_seconds():
    laws = [sign_law(index) for index in range(200)]
    assert {len(law.onsets) for law in laws} == {2, 3, 4, 5}
    for law in laws:
        assert 0.1 <= law.onsets[0] <= 0.3 and (np.diff(law.onsets) > 0).all()
        assert (law.durations > 0.1).all() and (law.onsets + law.durations <= 1.95 + 1e-12).all()


def test_a_law_moves_the_hand_between_targets_in_its_workspace():
    for index in range(200):
        amplitudes = sign_law(index, channels=2).amplitudes
        assert (np.abs(amplitudes) >= 0.08).all()
        assert (np.abs(np.cumsum(amplitudes, axis=1)) <= 0.35 + 1e-12).all()


def test_different_signs_have_different_laws():
    paths = np.stack([sign_law(index).position(TIME)[0] for index in range(80)])
    apart = np.sqrt(((paths[:, None] - paths) ** 2).mean(-1)) + np.eye(80)
    assert apart.min() > 0.015  # metres RMS: more than posture, tremor and noise together


def test_the_first_channel_of_three_is_the_only_channel_of_one():
    one, three = sign_law(7), sign_law(7, channels=3)
    np.testing.assert_array_equal(one.amplitudes[0], three.amplitudes[0])
    np.testing.assert_array_equal(one.onsets, three.onsets)
    assert not np.allclose(three.amplitudes[0], three.amplitudes[1])


def test_the_path_of_a_law_is_the_sum_of_its_sub_movements():
    law = sign_law(0, channels=2)
    for c in range(2):
        for moment in (0.0, 0.4, 0.9, 1.3, 1.99):
            total = 0.0
            for onset, duration, amplitude in zip(law.onsets, law.durations, law.amplitudes[c], strict=True):
                u = min(max((moment - onset) / duration, 0.0), 1.0)
                total += amplitude * (10 * u**3 - 15 * u**4 + 6 * u**5)
            assert law.position(np.array([moment]))[c, 0] == pytest.approx(total, abs=1e-12)


def test_the_law_of_a_sign_is_what_it_was_when_the_checkpoints_were_trained():
    law = sign_law(0, channels=2)
    np.testing.assert_allclose(law.onsets, ONSETS_0, atol=1e-9)
    np.testing.assert_allclose(law.durations, DURATIONS_0, atol=1e-9)
    np.testing.assert_allclose(law.amplitudes, AMPLITUDES_0, atol=1e-9)
    values = simulate_signs(2, 3, channels=2).values
    np.testing.assert_allclose(values[4, :, [0, 50, 100, 159]], SAMPLES, atol=1e-6)


# The recordings


def test_by_default_there_are_80_signs_of_300_recordings_of_160_steps():
    dataset = simulate_signs()
    assert dataset.values.shape == (24000, 1, 160)
    assert torch.bincount(dataset.labels).tolist() == [300] * 80
    assert dataset.class_names[:2] == ("sign 00", "sign 01") and dataset.class_names[79] == "sign 79"


def test_the_first_8_signs_of_80_are_the_8_bit_for_bit():
    few, many = simulate_signs(8, 20, seed=3), simulate_signs(80, 20, seed=3)
    assert torch.equal(few.values, many.select(range(8)).values)


def test_a_seed_draws_fresh_recordings_of_the_same_signs():
    first, again, other = (simulate_signs(4, 200, seed=seed) for seed in (0, 0, 1))
    assert torch.equal(first.values, again.values)
    assert not torch.equal(first.values, other.values)
    means = [d.values.reshape(4, 200, 160).mean(1) for d in (first, other)]
    # Recordings lie about 0.07 m RMS around their mean (17 % of the variance); means of 200 differ by a tenth of it.
    assert (means[0] - means[1]).square().mean().sqrt() < 3 * 0.1 * 0.07


def test_the_first_channel_of_three_is_recorded_as_the_only_channel_of_one():
    assert torch.equal(simulate_signs(3, 5).values[:, 0], simulate_signs(3, 5, channels=3).values[:, 0])


def test_another_length_samples_the_same_two_seconds():
    # A recording at 40 Hz is every second moment of that at 80 Hz, apart from the sensor noise, which is drawn anew.
    fine, coarse = (simulate_signs(2, 400, length=length).values for length in (160, 80))
    difference = (fine[:, :, ::2] - coarse).double()
    assert difference.std().item() == pytest.approx(NOISE * np.sqrt(2), rel=5 * np.sqrt(0.5 / difference.numel()))
    assert abs(difference.mean()) < 5 * NOISE * np.sqrt(2 / difference.numel())


def test_recordings_start_at_the_resting_hand():
    # No warp moves t = 0, where no sub-movement has begun: posture, tremor and noise alone are left.
    first = simulate_signs(1, 20_000).values[:, 0, 0].double()
    variance = POSTURE**2 + TREMOR**2 + NOISE**2
    assert abs(first.mean()) < 5 * np.sqrt(variance / 20_000)
    assert first.var().item() == pytest.approx(variance, rel=5 * np.sqrt(2 / 20_000))


def test_recordings_end_where_size_and_reach_put_them():
    # At the last step every sub-movement is over in every warp, so x = p + G sum(r a) + tremor + noise with log-normal
    # G and r, whose moments are exp(s^2/2) and exp(2 s^2).
    a = sign_law(0).amplitudes[0]
    last = simulate_signs(1, 20_000).values[:, 0, -1].double()
    reach_mean, reach_var = np.exp(REACH**2 / 2), np.exp(2 * REACH**2) - np.exp(REACH**2)
    sum_mean, sum_var = reach_mean * a.sum(), reach_var * (a**2).sum()
    mean = np.exp(SIZE**2 / 2) * sum_mean
    variance = np.exp(2 * SIZE**2) * (sum_var + sum_mean**2) - mean**2 + POSTURE**2 + TREMOR**2 + NOISE**2
    assert abs(last.mean() - mean) < 5 * np.sqrt(variance / 20_000)
    assert last.var().item() == pytest.approx(variance, rel=5 * np.sqrt(3 / 20_000))  # a little above normal kurtosis


def test_the_clock_of_a_recording_keeps_its_ends_and_never_runs_backwards():
    warped = time_warp(np.random.default_rng(0), 2000, np.linspace(0, 2, 401))
    np.testing.assert_allclose(warped[:, [0, -1]], [[0, 2]] * 2000, atol=1e-12)
    rate = np.diff(warped, axis=1) / (2 / 400)
    assert rate.min() > 0.45 and rate.max() < 1.55
    # Halfway, w = 1 + 2/pi (c1 - c3/3): two uniform numbers of half-width 0.3 and 0.1/3, with deviation width/sqrt(3).
    expected = 2 / np.pi * np.sqrt(0.3**2 + (0.1 / 3) ** 2) / np.sqrt(3)
    assert warped[:, 200].std() == pytest.approx(expected, rel=5 * np.sqrt(1 / 2000))


def spectra():
    """One-sided power spectra of 3,000 recordings of a slow sign; movement has died away above 6 Hz."""
    slow = next(index for index in range(80) if len(sign_law(index).onsets) == 2)
    values = simulate_signs(slow + 1, 3000).select([slow]).values[:, 0].double().numpy()
    return periodogram(values, fs=80, window="blackman")


def test_tremor_lies_between_8_and_12_hertz_with_its_stated_size():
    frequency, power = spectra()
    step = frequency[1]
    band = (frequency >= 6.5) & (frequency <= 13.5)  # the window smears a line over 1.5 Hz to each side
    noise = NOISE**2 / 40  # metres^2 per hertz, white up to 40 Hz
    tremor = (power[:, band].mean(0) - noise).sum() * step
    # Power of a recording: three exponential lines, relative deviation 1/sqrt(3), and as much again from the window.
    assert tremor == pytest.approx(TREMOR**2, rel=5 * np.sqrt(2 / 3 / 3000) + 0.01)
    # Within the band the density is that size over 4 Hz; outside, past the window's smear, next to nothing. A line's
    # power is exponential and the window sees it a quarter of the time: deviation about 1.35 of the mean.
    density = power.mean(0) - noise
    np.testing.assert_allclose(density[(frequency >= 9) & (frequency <= 11)], TREMOR**2 / 4, rtol=7 / np.sqrt(3000))
    assert density[(frequency == 6.5) | (frequency >= 13.5)].max() < 0.1 * TREMOR**2 / 4


def test_noise_is_white_with_its_stated_size():
    frequency, power = spectra()
    high = (frequency >= 15) & (frequency <= 39)
    density = power[:, high].mean(0)
    expected = NOISE**2 / 40
    np.testing.assert_allclose(density, expected, rtol=6 / np.sqrt(3000))  # a power is exponential: deviation 1


def test_signs_can_be_told_apart_but_not_perfectly():
    train, test = simulate_signs(80, 50).split(0.8, seed=0)
    nearest = KNeighborsClassifier(1).fit(train.values[:, 0].numpy(), train.labels.numpy())
    assert 0.85 <= nearest.score(test.values[:, 0].numpy(), test.labels.numpy()) < 1


def test_recordings_of_one_sign_differ():
    values = simulate_signs(80, 50).values.reshape(80, 50, 160)
    share = values.var(1).mean() / values.var()
    assert 0.1 < share < 0.3


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"n_classes": 0}, "n_classes of 1 or more, got 0"),
        ({"per_class": 0}, "per_class of 1 or more, got 0"),
        ({"length": 1}, "length of 2 or more, got 1"),
        ({"channels": 0}, "channels of 1 or more, got 0"),
        ({"seed": -1}, "seed of 0 or more, got -1"),
    ],
)
def test_impossible_numbers_are_refused(wrong, message):
    with pytest.raises(ValueError, match=message):
        simulate_signs(**{"n_classes": 2, "per_class": 2, **wrong})


@pytest.mark.parametrize(
    ("index", "channels", "message"), [(-1, 1, "index of 0 or more"), (0, 0, "at least 1 channel")]
)
def test_an_impossible_law_is_refused(index, channels, message):
    with pytest.raises(ValueError, match=message):
        sign_law(index, channels=channels)
