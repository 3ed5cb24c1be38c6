"""The metrics against closed forms, SciPy and brute force; then each on signals that are broken in a known way."""

import itertools

import numpy as np
import pytest
import scipy.linalg
import scipy.signal
import torch

from course_lib import metrics

N, LENGTH = 200, 64


def smooth_signals(n: int, *, seed: int, channels: int = 1) -> np.ndarray:
    """Random sums of eight low sinusoids: smooth, varied, of known law."""
    random = np.random.default_rng(seed)
    basis = np.stack([np.sin(np.pi * f * (np.arange(LENGTH) + 0.5) / LENGTH) for f in range(1, 9)])
    weights = random.normal(size=(n, channels, 8)) / np.sqrt(8)
    return weights @ basis + 0.02 * random.normal(size=(n, channels, LENGTH))


@pytest.fixture(scope="module")
def real():
    return smooth_signals(N, seed=0)


@pytest.fixture(scope="module")
def other():
    return smooth_signals(N, seed=1)


# ------------------------------------------------------------------------------------------ closed forms


def test_frechet_distance_is_that_of_scipy_sqrtm_where_sqrtm_works():
    random = np.random.default_rng(0)
    x = random.normal(size=(300, 6)) @ random.normal(size=(6, 6))
    y = random.normal(size=(200, 6)) @ random.normal(size=(6, 6)) + 0.3
    a, b = np.cov(x.T), np.cov(y.T)
    expected = np.sum((x.mean(0) - y.mean(0)) ** 2) + np.trace(a + b - 2 * scipy.linalg.sqrtm(a @ b).real)
    assert metrics.frechet_distance(x, y) == pytest.approx(expected, rel=1e-9)


def test_frechet_distance_in_one_dimension_is_the_closed_form():
    x, y = np.random.default_rng(1).normal(size=(2, 50, 1)) * np.array([1.0, 3.0])[:, None, None]
    expected = (x.mean() - y.mean()) ** 2 + (x.std(ddof=1) - y.std(ddof=1)) ** 2
    assert metrics.frechet_distance(x, y) == pytest.approx(expected, rel=1e-12)


def test_frechet_distance_of_a_shift_is_its_square_with_fewer_samples_than_features():
    x = np.random.default_rng(2).normal(size=(10, 40))
    assert metrics.frechet_distance(x, x + 0.5) == pytest.approx(40 * 0.25, rel=1e-12)
    assert metrics.frechet_distance(x, x) == pytest.approx(0, abs=1e-12)


def test_frechet_distance_of_a_scaled_rank_deficient_set_is_exact():
    x = np.random.default_rng(3).normal(size=(12, 30))
    x -= x.mean(0)
    total = x.var(axis=0, ddof=1).sum()  # the covariances commute, so the distance is (2 - 1)^2 times the trace
    assert metrics.frechet_distance(x, 2 * x) == pytest.approx(total, rel=1e-9)


def test_signal_frechet_of_a_generator_of_the_mean_is_one_and_units_cancel(real):
    mean = np.broadcast_to(real.mean(axis=0), real.shape)
    assert metrics.signal_frechet(real, mean) == pytest.approx(1, rel=1e-9)
    half = real.mean(axis=0) + 0.5 * (real - real.mean(axis=0))
    assert metrics.signal_frechet(1000 * real, 1000 * half) == pytest.approx(0.25, rel=1e-9)


def test_signal_frechet_weighs_a_channel_in_degrees_and_one_in_metres_alike():
    real = smooth_signals(N, seed=0, channels=2)
    fake = np.stack([real[:, 0], np.broadcast_to(real[:, 1].mean(axis=0), real[:, 1].shape)], axis=1)
    expected = 1 / (1 + (real[:, 0].var(0).sum() / real[:, 0].var()) / (real[:, 1].var(0).sum() / real[:, 1].var()))
    for unit in (1.0, 1e-3, 1e3):
        scale = np.array([1.0, unit])[:, None]
        assert metrics.signal_frechet(real * scale, fake * scale) == pytest.approx(expected, rel=1e-6)


def test_roughness_ratio_of_a_faster_sinusoid_is_the_ratio_of_its_second_differences():
    t = np.arange(LENGTH)
    phases = np.random.default_rng(0).uniform(0, 2 * np.pi, size=(4000, 1, 1))
    slow, fast = np.sin(0.1 * t + phases), np.sin(0.3 * t + phases)
    # the second difference of sin(w t) is -(2 sin(w/2))^2 sin(w t); over random phases every step has power 1/2
    expected = (np.sin(0.15) / np.sin(0.05)) ** 2
    assert metrics.roughness_ratio(slow, fast) == pytest.approx(expected, rel=0.02)
    assert metrics.roughness_ratio(slow, 3 * slow) == pytest.approx(3, rel=1e-12)


def test_roughness_and_variance_look_only_at_the_steps_they_are_given(real):
    fake = real.copy()
    fake[..., -8:] = fake[:1, :, -8:]  # the last stretch is one signal's, for all
    assert metrics.variance_ratio(real, fake, steps=slice(0, -8)) == pytest.approx(1, rel=1e-12)
    assert metrics.variance_ratio(real, fake, steps=slice(-8, None)) == pytest.approx(0, abs=1e-12)


def test_variance_ratio_is_the_square_of_a_scale_and_blind_to_the_mean(real):
    assert metrics.variance_ratio(real, 7 + 0.5 * real) == pytest.approx(0.25, rel=1e-12)


def test_variance_ratio_pools_channels_by_their_share_after_scaling():
    real = smooth_signals(N, seed=0, channels=2)
    fake = real * np.array([1.0, 2.0])[:, None]
    share = np.array([real[:, c].var(0, ddof=1).mean() / real[:, c].var() for c in range(2)])
    assert metrics.variance_ratio(real, fake) == pytest.approx((share[0] + 4 * share[1]) / share.sum(), rel=1e-12)


def test_edge_ratios_give_the_worse_end(real):
    fake = real.copy()
    fake[..., -8:] *= 0.5
    fake[..., :8] *= 1.5  # |log 0.25| > |log 2.25|: the last end is worse in variance, as in roughness
    assert metrics.edge_variance_ratio(real, fake) == pytest.approx(0.25, rel=1e-9)
    assert metrics.edge_roughness_ratio(real, fake) == pytest.approx(0.5, rel=1e-9)
    fake[..., :8] = 0
    assert metrics.edge_roughness_ratio(real, fake) == 0


def test_a_frayed_end_is_seen_by_the_edge_ratio_and_hardly_by_the_whole(real):
    fake = smooth_signals(N, seed=3)
    fake[..., -4:] += 0.1 * np.random.default_rng(0).normal(size=(N, 1, 4))
    assert metrics.edge_roughness_ratio(real, fake) > 2
    assert metrics.roughness_ratio(real, fake) < 1.4


def test_power_spectrum_is_that_of_scipy_periodogram(real):
    window = np.hanning(LENGTH + 2)[1:-1]
    _, expected = scipy.signal.periodogram(
        real, window=window, detrend="constant", return_onesided=False, scaling="density"
    )
    expected = expected.mean(axis=0)[:, : LENGTH // 2 + 1]
    np.testing.assert_allclose(metrics.power_spectrum(real), expected, rtol=1e-9, atol=1e-15)


def test_spectral_distance_of_a_doubled_amplitude_is_six_decibels(real):
    assert metrics.spectral_distance(real, 2 * real) == pytest.approx(20 * np.log10(2), rel=1e-12)
    assert metrics.spectral_distance(real, real) == 0


def test_autocorrelation_is_that_of_numpy_correlate_pooled():
    x = smooth_signals(5, seed=4)
    sums = np.zeros(LENGTH)
    for signal in x[:, 0]:
        sums += np.correlate(signal - signal.mean(), signal - signal.mean(), mode="full")[LENGTH - 1 :]
    np.testing.assert_allclose(metrics.autocorrelation(x, 20)[0], sums[:21] / sums[0], atol=1e-12)


def test_autocorrelation_distance_is_blind_to_scale_and_offset_and_sees_noise(real):
    assert metrics.autocorrelation_distance(real, 5 - 3 * real) == pytest.approx(0, abs=1e-12)
    noise = np.random.default_rng(0).normal(size=real.shape)
    expected = np.mean(np.abs(metrics.autocorrelation(real, LENGTH // 2) - metrics.autocorrelation(noise, LENGTH // 2)))
    assert metrics.autocorrelation_distance(real, noise) == pytest.approx(
        expected * (LENGTH // 2 + 1) / (LENGTH // 2), rel=1e-9
    )
    assert metrics.autocorrelation_distance(real, noise) > 0.2


def test_nearest_neighbour_ratio_is_that_of_a_brute_force_loop():
    train, test, fake = smooth_signals(30, seed=0), smooth_signals(11, seed=1), 1.2 * smooth_signals(9, seed=2)

    def median_nearest(points):
        return np.median([min(np.sqrt(((p - t) ** 2).sum()) for t in train) for p in points])

    expected = median_nearest(fake) / median_nearest(test)
    assert metrics.nearest_neighbour_ratio(train, test, fake) == pytest.approx(expected, rel=1e-9)


def test_maximum_mean_discrepancy_is_that_of_a_brute_force_loop():
    random = np.random.default_rng(0)
    x, y = random.normal(size=(7, 3)), random.normal(size=(5, 3)) + 1
    both = np.concatenate([x, y])
    sigma = np.median([np.linalg.norm(a - b) for a, b in itertools.combinations(both, 2)])

    def mean_kernel(p, q):
        return np.mean([np.exp(-np.sum((a - b) ** 2) / (2 * sigma**2)) for a in p for b in q])

    expected = np.sqrt(mean_kernel(x, x) + mean_kernel(y, y) - 2 * mean_kernel(x, y))
    assert metrics.maximum_mean_discrepancy(x, y) == pytest.approx(expected, rel=1e-9)


def test_precision_and_recall_are_those_of_a_brute_force_loop():
    random = np.random.default_rng(0)
    real, fake, k = random.normal(size=(40, 2)), 0.4 * random.normal(size=(30, 2)) + 0.7, 3

    def distance(a, b):
        return float(np.sqrt(((a - b) ** 2).sum()))

    def radius(point, among):
        return sorted(distance(point, other) for other in among)[k]  # [0] is the point itself

    real_radius, fake_radius = [radius(p, real) for p in real], [radius(p, fake) for p in fake]
    inside = [[distance(r, f) <= real_radius[i] for i, r in enumerate(real)] for f in fake]
    answer = metrics.precision_recall(real, fake, k=k)
    assert len({*answer}) == 4  # no two are the same number by chance
    assert answer.precision == pytest.approx(np.mean([any(row) for row in inside]))
    assert answer.density == pytest.approx(np.mean([sum(row) for row in inside]) / k)
    assert answer.coverage == pytest.approx(np.mean([any(row[i] for row in inside) for i in range(len(real))]))
    assert answer.recall == pytest.approx(
        np.mean([any(distance(r, f) <= fake_radius[j] for j, f in enumerate(fake)) for r in real])
    )


def test_density_and_precision_of_the_real_set_against_itself():
    real = np.random.default_rng(0).normal(size=(50, 3))
    answer = metrics.precision_recall(real, real, k=5)
    assert answer.precision == answer.recall == answer.coverage == 1
    # a ball of 5 neighbours holds its centre, 4 points inside and one on its border, where rounding decides
    assert 1 <= answer.density <= 6 / 5


def test_tensors_and_arrays_of_float32_give_the_float64_answer(real, other):
    pairs = (real.astype(np.float32), other.astype(np.float32))
    tensors = tuple(torch.from_numpy(p) for p in pairs)
    for metric in metrics.METRICS.values():
        assert metric(*tensors) == metric(*pairs) == metric(*(p.astype(np.float64) for p in pairs))


# --------------------------------------------------------------------------------------------- reference


def test_reference_compares_disjoint_sets_of_the_size_asked_for():
    real = np.arange(20.0).reshape(20, 1, 1) * np.ones((1, 1, 4))
    seen = []

    def metric(a, b):
        seen.append((set(a[:, 0, 0]), set(b[:, 0, 0])))
        return float(len(seen))

    assert metrics.reference(metric, real, 7, draws=4) == pytest.approx(2.5)
    assert all(len(a) == len(b) == 7 and not a & b for a, b in seen)
    assert len({tuple(sorted(a)) for a, _ in seen}) == 4  # fresh draws each time


def test_reference_of_the_frechet_distance_falls_with_the_size():
    real = smooth_signals(800, seed=0)
    sizes = [metrics.reference(metrics.signal_frechet, real, size) for size in (25, 100, 400)]
    assert sizes[0] > 2 * sizes[1] > 4 * sizes[2] * 0.75  # about 1 / size


# -------------------------------------------------------------------------------------------- bad input


def test_a_nan_is_named_with_its_place(real):
    broken = real.copy()
    broken[3, 0, 5] = np.nan
    for metric in metrics.METRICS.values():
        with pytest.raises(ValueError, match=r"expected finite values, got nan at \(3, 0, 5\), and 1 such of 12800"):
            metric(real, broken)


def test_two_axes_are_refused_with_the_way_to_three(real):
    with pytest.raises(ValueError, match=r"\(N, C, L\).*x\[:, None, :\]"):
        metrics.roughness_ratio(real[:, 0], real[:, 0])


def test_different_lengths_are_refused(real):
    with pytest.raises(ValueError, match=r"same channels and length.*\(1, 64\).*\(1, 32\)"):
        metrics.signal_frechet(real, real[..., :32])


def test_features_of_different_number_are_refused():
    with pytest.raises(ValueError, match=r"same F.*\(5, 3\) and \(5, 4\)"):
        metrics.frechet_distance(np.zeros((5, 3)), np.zeros((5, 4)))


def test_a_single_signal_is_refused(real):
    with pytest.raises(ValueError, match="fake must hold at least 2 signals, it holds 1"):
        metrics.variance_ratio(real, real[:1])


def test_k_neighbours_need_more_than_k_points(real):
    with pytest.raises(ValueError, match="real must hold at least 6 signals, it holds 5"):
        metrics.precision_recall(real[:5], real)
    with pytest.raises(ValueError, match="k counts neighbours"):
        metrics.precision_recall(real, real, k=0)


def test_a_constant_real_channel_is_refused_by_number():
    real = smooth_signals(10, seed=0, channels=3)
    real[:, 1] = 0.25
    with pytest.raises(ValueError, match=r"channel 1 \(counted from 0\) of real is constant \(0.25 throughout\)"):
        metrics.roughness_ratio(real, real)


def test_a_straight_real_signal_has_no_roughness_to_compare_with():
    straight = np.arange(0.0, 32).reshape(1, 1, 32) * np.arange(1.0, 5).reshape(4, 1, 1)
    with pytest.raises(ValueError, match="straight line"):
        metrics.roughness_ratio(straight, straight)


def test_real_signals_that_are_all_the_same_have_no_variance_to_compare_with(real):
    with pytest.raises(ValueError, match="all the same"):
        metrics.variance_ratio(np.repeat(real[:1], 5, axis=0), real)


def test_two_steps_have_no_second_difference(real):
    with pytest.raises(ValueError, match="at least 3 time steps"):
        metrics.roughness_ratio(real[..., :2], real[..., :2])
    with pytest.raises(ValueError, match="at least 3 steps"):
        metrics.roughness_ratio(real, real, steps=slice(0, 2))


def test_test_signals_that_stand_in_train_are_refused(real):
    with pytest.raises(ValueError, match="stand in train"):
        metrics.nearest_neighbour_ratio(real, real[:20], real)


def test_a_reference_larger_than_half_the_data_is_refused(real):
    with pytest.raises(ValueError, match=r"need 202 real signals, and there are 200.*from 1 to 100"):
        metrics.reference(metrics.signal_frechet, real, 101)
