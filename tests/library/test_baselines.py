"""The forgers: each has by construction what it says, and nothing more; and each refuses what it cannot do."""

import numpy as np
import pytest
import torch
from sklearn.covariance import LedoitWolf

from course_lib.baselines import (
    CarriedResiduals,
    ClassicalCopies,
    FourierSurrogates,
    Gaussian,
    Interpolation,
    JitteredCopies,
    forge,
)
from course_lib.data import Invariants, Scaler, SignalDataset

ALL = [
    Gaussian(),
    Gaussian("shrunk"),
    Gaussian("pooled"),
    Interpolation(),
    JitteredCopies(),
    FourierSurrogates(),
]
NAMES = ["Gaussian", "Gaussian, shrunk", "Gaussian, pooled", "interpolation", "jittered copies", "Fourier surrogates"]
FOR_FEW = [CarriedResiduals(), ClassicalCopies()]  # which `forge` leaves out
every_forger = pytest.mark.parametrize("forger", ALL + FOR_FEW, ids=repr)

COUNTS = (9, 4, 6)
UNITS = np.array([[1.0], [1000.0]])  # the second channel is in other units: a thousand times larger


def recordings(counts=COUNTS, *, channels=2, length=12, seed=0):
    """Walks with a mean of their own for each class, in mixed order, channels in different units."""
    rng = np.random.default_rng(seed)
    labels = rng.permutation(np.repeat(np.arange(len(counts)), counts))
    means = rng.normal(scale=5.0, size=(len(counts), channels, length))
    values = means[labels] + (1 + labels)[:, None, None] * rng.normal(size=(len(labels), channels, length)).cumsum(2)
    values = (values * UNITS[:channels]).astype(np.float32)
    return SignalDataset(values, labels, tuple(f"sign {k}" for k in range(len(counts))))


def of_class(dataset, k):
    return dataset.values[dataset.labels == k].double().numpy()


def assert_moments(sample, mean, covariance, *, scale):
    """That mean and covariance are those of the law up to sampling error: five standard errors, channels in one unit.

    Of n normal vectors, the variance of a mean is S_ii / n, of a covariance (S_ii S_jj + S_ij^2) / n.
    """
    n = len(sample)
    flat = (sample.double().numpy() / scale).reshape(n, -1)
    covariance = covariance / np.outer(*[np.broadcast_to(scale, sample.shape[1:]).ravel()] * 2)
    variance = np.diag(covariance)
    off = np.abs(flat.mean(axis=0) - (mean / scale).ravel())
    assert (off <= 5 * np.sqrt(variance / n) + 1e-5).all()
    error = np.sqrt((np.outer(variance, variance) + covariance**2) / n)
    assert (np.abs(np.cov(flat.T) - covariance) <= 5 * error + 1e-5).all()


# Gaussian

MANY = 4000


def test_a_class_s_gaussian_has_its_mean_and_its_sample_covariance():
    dataset = recordings()
    sample = Gaussian().fit(dataset).sample([1] * MANY, seed=3)
    real = of_class(dataset, 1)
    assert_moments(sample, real.mean(axis=0), np.cov(real.reshape(len(real), -1).T), scale=UNITS)


def test_a_class_s_gaussian_stays_in_the_plane_of_its_recordings():
    dataset = recordings()
    sample = Gaussian().fit(dataset).sample([1] * 50, seed=3).double().numpy() / UNITS
    real = of_class(dataset, 1) / UNITS
    plane = (real - real.mean(axis=0)).reshape(len(real), -1)
    off = (sample - real.mean(axis=0)).reshape(len(sample), -1)
    inside = off @ np.linalg.pinv(plane) @ plane
    np.testing.assert_allclose(inside, off, rtol=0, atol=1e-4)
    assert np.linalg.matrix_rank(off, tol=1e-3) == COUNTS[1] - 1


def test_the_shrunk_gaussian_has_scikit_learn_s_ledoit_wolf_covariance_of_standardised_channels():
    dataset = recordings()
    sample = Gaussian("shrunk").fit(dataset).sample([2] * MANY, seed=3)
    scale = dataset.values.double().numpy().std(axis=(0, 2))[:, None]
    real = of_class(dataset, 2) / scale
    fitted = LedoitWolf().fit(real.reshape(len(real), -1))
    assert 0 < fitted.shrinkage_ < 1
    every = np.broadcast_to(scale, real.shape[1:]).ravel()
    covariance = fitted.covariance_ * np.outer(every, every)
    assert_moments(sample, real.mean(axis=0) * scale, covariance, scale=UNITS)


def test_the_pooled_gaussian_has_the_class_s_mean_and_the_covariance_within_all_classes():
    dataset = recordings()
    sample = Gaussian("pooled").fit(dataset).sample([1] * MANY, seed=3)
    within = sum(
        (len(real) - 1) * np.cov(real.reshape(len(real), -1).T)
        for real in (of_class(dataset, k) for k in range(dataset.n_classes))
    )
    covariance = within / (len(dataset) - dataset.n_classes)
    assert_moments(sample, of_class(dataset, 1).mean(axis=0), covariance, scale=UNITS)


def test_pooled_from_more_recordings_than_values_is_the_same_covariance():
    dataset = recordings((40, 50), length=4)
    sample = Gaussian("pooled").fit(dataset).sample([0] * MANY, seed=3)
    within = sum(
        (len(real) - 1) * np.cov(real.reshape(len(real), -1).T) for real in (of_class(dataset, 0), of_class(dataset, 1))
    )
    assert_moments(sample, of_class(dataset, 0).mean(axis=0), within / 88, scale=UNITS)


def test_pooled_a_class_of_one_recording_has_signals_around_it():
    dataset = recordings((9, 1))
    sample = Gaussian("pooled").fit(dataset).sample([1] * 2000, seed=0)
    real = of_class(dataset, 0)
    assert_moments(sample, of_class(dataset, 1)[0], np.cov(real.reshape(len(real), -1).T), scale=UNITS)


@pytest.mark.parametrize("covariance", ["class", "shrunk", "pooled"])
def test_a_class_of_twins_gives_its_one_signal_and_nothing_is_divided_by_zero(covariance):
    twins = torch.arange(8.0).reshape(1, 1, 8).repeat(3, 1, 1)
    sample = Gaussian(covariance).fit(SignalDataset(twins)).sample([0, 0], seed=0)
    np.testing.assert_allclose(sample.numpy(), twins[:2].numpy(), rtol=1e-6)


def test_moments_are_numpy_s_and_scikit_learn_s_in_the_recordings_units():
    dataset = recordings()
    real, scale = of_class(dataset, 2), dataset.values.double().numpy().std(axis=(0, 2))[:, None]
    mean, covariance = Gaussian().fit(dataset).moments(2)
    np.testing.assert_allclose(mean, real.mean(axis=0))
    np.testing.assert_allclose(covariance, np.cov(real.reshape(len(real), -1).T), rtol=1e-6, atol=1e-6)
    every = np.broadcast_to(scale, real.shape[1:]).ravel()
    fitted = LedoitWolf().fit((real / scale).reshape(len(real), -1)).covariance_ * np.outer(every, every)
    np.testing.assert_allclose(Gaussian("shrunk").fit(dataset).moments(2)[1], fitted, rtol=1e-6, atol=1e-6)
    with pytest.raises(ValueError, match="expected 0 to 2, for the 3 classes that were fitted, got 3"):
        Gaussian().fit(dataset).moments(3)


# Interpolation


def weights_between(sample, real):
    """For one signal, the pairs (i, j) of recordings that it lies between, with the weight of the second."""
    flat, one = (real / UNITS).reshape(len(real), -1), (sample / UNITS).ravel()
    for i, start in enumerate(flat):
        for j, end in enumerate(flat):
            if i != j:
                u = (one - start) @ (end - start) / ((end - start) @ (end - start))
                if np.abs(start + u * (end - start) - one).max() < 1e-4:
                    yield i, j, u


@pytest.mark.parametrize("neighbours", [1, 2, 5, 50])
def test_an_interpolated_signal_lies_between_a_recording_of_its_class_and_one_of_its_nearest(neighbours):
    dataset = recordings()
    labels = [0, 1, 2] * 60
    sample = Interpolation(neighbours).fit(dataset).sample(labels, seed=1).double().numpy()
    scale = dataset.values.double().numpy().std(axis=(0, 2))[:, None]
    used = {k: set() for k in range(3)}
    for one, k in zip(sample, labels, strict=True):
        real = of_class(dataset, k)
        distance = [[np.sum(((a - b) / scale) ** 2) for b in real] for a in real]
        nearest = {(i, j) for i, row in enumerate(distance) for j in np.argsort(row)[1 : neighbours + 1]}
        pairs = {(i, j): u for i, j, u in weights_between(one, real)}
        assert pairs, "on no segment between two recordings of the class"
        assert all(0 <= u <= 1 for u in pairs.values())
        assert pairs.keys() & nearest
        used[k] |= pairs.keys() & nearest
    possible = min(neighbours, COUNTS[1] - 1) * COUNTS[1]
    assert len(used[1]) >= 0.7 * possible  # 60 draws among 12 at most


def test_the_place_between_the_two_is_uniform():
    dataset = SignalDataset(torch.stack([torch.zeros(1, 4), torch.ones(1, 4)]))
    place = Interpolation().fit(dataset).sample([0] * 2000, seed=0)[:, 0, 0].numpy()
    # Dvoretzky, Kiefer and Wolfowitz: further from the line than this with probability 1e-4
    grid = (np.arange(2000) + 0.5) / 2000
    assert np.abs(np.sort(place) - grid).max() < np.sqrt(np.log(2 / 1e-4) / (2 * 2000)) + 1 / 4000


def test_neighbours_are_those_of_standardised_channels():
    small = np.array([0.0, 1.0, 10.0])[:, None] * np.ones(6)  # by the small channel 0 and 1 are near
    large = np.array([0.0, 500.0, 0.0])[:, None] * np.linspace(0, 1, 6)  # raw, by the large one 0 and 2 are
    dataset = SignalDataset(np.stack([small, large], axis=1).astype(np.float32), channels_first=True)
    scale = dataset.values.double().numpy().std(axis=(0, 2))[:, None]
    standardised = dataset.values.double().numpy() / scale
    assert np.sum((standardised[0] - standardised[1]) ** 2) < np.sum((standardised[0] - standardised[2]) ** 2)
    assert np.sum((dataset.values[0] - dataset.values[1]).numpy() ** 2) > 100
    nearest = Interpolation(1).fit(dataset).nearest[0]
    assert nearest[0].tolist() == [1]


# Copies


def test_a_jittered_copy_is_a_recording_of_its_class_times_one_gain():
    dataset = recordings()
    labels = [0, 1, 2] * 700
    sample = JitteredCopies().fit(dataset).sample(labels, seed=1).double().numpy()
    gains, used = [], {k: set() for k in range(3)}
    for one, k in zip(sample, labels, strict=True):
        flat, signal = (of_class(dataset, k) / UNITS).reshape(COUNTS[k], -1), (one / UNITS).ravel()
        gain = flat @ signal / (flat**2).sum(axis=1)
        off = np.abs(flat * gain[:, None] - signal).max(axis=1)
        assert off.min() < 1e-4
        gains.append(gain[off.argmin()])
        used[k].add(int(off.argmin()))
    assert [len(used[k]) for k in range(3)] == list(COUNTS)
    n = len(gains)
    assert abs(np.mean(gains) - 1) < 5 * 0.1 / np.sqrt(n)
    assert abs(np.std(gains) - 0.1) < 5 * 0.1 / np.sqrt(2 * n)


def test_without_a_gain_copies_are_copies():
    dataset = recordings()
    for one, k in zip(JitteredCopies(0).fit(dataset).sample([2, 0], seed=1), [2, 0], strict=True):
        assert any(torch.equal(one, real) for real in dataset.values[dataset.labels == k])


# Surrogates


@pytest.mark.parametrize("length", [12, 13])
def test_a_surrogate_has_the_amplitudes_the_mean_and_the_cross_spectrum_of_a_recording_and_other_values(length):
    dataset = recordings(length=length)
    labels = [0, 1, 2] * 10
    sample = FourierSurrogates().fit(dataset).sample(labels, seed=1).double().numpy() / UNITS
    for one, k in zip(sample, labels, strict=True):
        spectra = np.fft.fft(of_class(dataset, k) / UNITS)
        made = np.fft.fft(one)
        off = np.abs(np.abs(spectra) - np.abs(made)).max(axis=(1, 2))
        source = off.argmin()
        assert off[source] < 1e-4
        np.testing.assert_allclose(made[:, 0], spectra[source][:, 0], atol=1e-4)  # the sum over time, with its sign
        cross = spectra[source][0] * spectra[source][1].conj()
        np.testing.assert_allclose(made[0] * made[1].conj(), cross, rtol=0, atol=1e-4 * np.abs(cross).max())
        assert np.abs(one - of_class(dataset, k)[source] / UNITS).max() > 0.1


def test_a_surrogate_s_phases_are_uniform_on_the_whole_circle():
    dataset = SignalDataset(torch.tensor([[[1.0, 0, 0, 0, 0, 0, 0]]]))  # an impulse: all its phases are 0
    sample = FourierSurrogates().fit(dataset).sample([0] * 3000, seed=0).double().numpy()
    phases = np.fft.rfft(sample[:, 0])[:, 1:]
    # of n directions, the mean of each power has real and imaginary part of variance 1 / 2 n
    for power in (1, 2, 3):
        assert np.abs((phases**power).mean(axis=0)).max() < 5 / np.sqrt(3000)
    assert np.abs((phases[:, 0] * phases[:, 1].conj()).mean()) < 5 / np.sqrt(3000)  # one phase a frequency


# For few recordings


def test_a_carried_residual_is_another_class_s_whole_deviation_enlarged_for_the_mean_that_was_estimated():
    """By brute force: each signal less its class's mean is sqrt(n / (n - 1)) times one deviation of another class."""
    dataset, labels = recordings(), [0, 1, 2] * 60
    sample = CarriedResiduals().fit(dataset).sample(labels, seed=1).double().numpy() / UNITS
    of = [of_class(dataset, k) / UNITS for k in range(3)]
    used = {k: set() for k in range(3)}
    for one, k in zip(sample, labels, strict=True):
        for j in {0, 1, 2} - {k}:
            n = COUNTS[j]
            carried = of[k].mean(0) + np.sqrt(n / (n - 1)) * (of[j] - of[j].mean(0))
            used[k] |= {(j, int(i)) for i in np.flatnonzero(np.abs(carried - one).max(axis=(1, 2)) < 1e-4)}
    assert [len(used[k]) for k in range(3)] == [10, 15, 13]  # every recording of the others, and none of its own
    assert all(j != k for k in range(3) for j, _ in used[k])


def test_what_is_carried_has_the_covariance_within_the_other_classes_of_equal_size():
    dataset = recordings((5, 5, 5), channels=1, length=4)
    sample = CarriedResiduals().fit(dataset).sample([0] * MANY, seed=3)
    within = np.mean([np.cov(of_class(dataset, k).reshape(5, -1).T) for k in (1, 2)], axis=0)
    assert_moments(sample, of_class(dataset, 0).mean(axis=0), within, scale=UNITS[:1])


def test_nothing_can_be_carried_where_fewer_than_two_classes_vary():
    with pytest.raises(ValueError, match=r"two classes or more with two recordings .*have \[4, 1\].*Record more"):
        CarriedResiduals().fit(recordings((4, 1)))
    assert CarriedResiduals().fit(recordings((4, 1, 2))).sample([1], seed=0).isfinite().all()


def test_a_classical_copy_of_strength_0_is_a_recording_of_its_class():
    dataset = recordings()
    for one, k in zip(ClassicalCopies(0).fit(dataset).sample([2, 0], seed=1), [2, 0], strict=True):
        assert any(torch.equal(one, real) for real in dataset.values[dataset.labels == k])


def test_a_classical_copy_has_noise_a_gain_and_a_clock_of_its_own_of_the_strengths_stated():
    """A ramp shows all three: its end, which no clock moves, the gain; steps about it the noise and the clock."""
    steps = np.linspace(0, 1, 400)
    dataset = SignalDataset(np.stack([steps, -steps])[:, None].astype(np.float32), np.arange(2), ["up", "down"])
    std = float(dataset.values.double().numpy().std())
    sample = ClassicalCopies(2.0).fit(dataset).sample([0] * 400, seed=1)[:, 0].double().numpy()
    end = sample[:, -1]  # (1 + 0.2 z) + 0.06 std z'
    expected = np.hypot(0.2, 0.06 * std)
    assert abs(end.mean() - 1) < 5 * expected / np.sqrt(400)
    assert abs(end.std() - expected) < 5 * expected / np.sqrt(800)
    noise = np.diff(sample, n=2).std() / np.sqrt(6)
    assert noise == pytest.approx(0.06 * std, rel=0.02)
    assert np.abs(sample[:, 200] / end - 0.5).std() > 0.03  # the clock


@pytest.mark.parametrize("strength", [-0.1, np.inf, np.nan, "strong", True, None])
def test_a_strength_that_is_none_is_refused(strength):
    with pytest.raises(ValueError, match="ClassicalCopies: expected a strength of 0 or more, got"):
        ClassicalCopies(strength)


# All of them


@every_forger
def test_a_sample_has_the_shape_of_the_recordings_a_signal_for_each_label_and_no_share_in_the_data(forger):
    dataset = recordings()
    kept = dataset.values.clone()
    sample = forger.fit(dataset).sample(torch.tensor([2, 0, 0, 1]), seed=0)
    assert sample.shape == (4, 2, 12)
    assert sample.dtype == torch.float32 and sample.device.type == "cpu"
    sample += 1
    assert torch.equal(dataset.values, kept)


@every_forger
def test_the_seed_decides_the_sample_and_no_signal_depends_on_how_many_or_which_others_are_asked_for(forger):
    forger = forger.fit(recordings())
    labels = np.array([0, 1, 2, 1, 0, 2, 2])
    sample = forger.sample(labels, seed=4)
    assert torch.equal(forger.sample(labels, seed=4), sample)
    assert torch.equal(forger.sample(labels[:3], seed=4), sample[:3])
    others = np.r_[1, labels[1:]]
    assert torch.equal(forger.sample(others, seed=4)[1:], sample[1:])
    assert not (forger.sample(labels, seed=5) == sample).all(dim=(1, 2)).any()


@every_forger
def test_two_signals_of_one_class_differ(forger):
    sample = forger.fit(recordings()).sample([1, 1, 1], seed=0)
    assert not torch.equal(sample[0], sample[1]) and not torch.equal(sample[1], sample[2])


@every_forger
def test_signals_are_nearer_to_their_own_class_than_to_the_others(forger):
    rng = np.random.default_rng(0)
    values = 100.0 * np.arange(3).repeat(5)[:, None, None] + rng.normal(size=(15, 1, 10))
    dataset = SignalDataset(values.astype(np.float32), np.arange(3).repeat(5), ["a", "b", "c"])
    labels = np.array([0, 1, 2] * 20)
    levels = forger.fit(dataset).sample(labels, seed=0).mean(dim=(1, 2)).numpy()
    assert (np.abs(levels - 100 * labels) < 80).all()
    assert abs(levels[labels == 2].mean() - 200) < 30


@every_forger
def test_a_channel_s_unit_changes_the_sample_by_that_factor_and_nothing_else(forger):
    dataset = recordings()
    other = SignalDataset(dataset.values * torch.tensor([[64.0], [0.125]]), dataset.labels, dataset.class_names)
    labels = [0, 1, 2, 2]
    sample, rescaled = (forger.fit(data).sample(labels, seed=0) for data in (dataset, other))
    size = sample.abs().amax(dim=(0, 2), keepdim=True)
    off = (rescaled / torch.tensor([[64.0], [0.125]]) - sample) / size
    assert off.abs().max() < 1e-5


@every_forger
def test_scaled_recordings_give_signals_in_the_scaled_unit(forger):
    dataset = recordings()
    scaler = Scaler.fit(dataset)
    labels = [0, 1, 2, 2]
    scaled = forger.fit(scaler.transform(dataset)).sample(labels, seed=0)
    assert scaled.abs().max() < 20
    if not isinstance(forger, JitteredCopies | ClassicalCopies):  # whose gain is about the zero of the unit
        plain = scaler.transform(forger.fit(dataset).sample(labels, seed=0))
        np.testing.assert_allclose(scaled.numpy(), plain.numpy(), rtol=0, atol=1e-4)


@every_forger
def test_a_constant_channel_stays_constant(forger):
    values = recordings().values.clone()
    values[:, 1] = 0.1
    dataset = SignalDataset(values, recordings().labels, ("a", "b", "c"))
    sample = forger.fit(dataset).sample([0, 1, 2], seed=0)
    assert (sample[:, 1].amax(dim=1) - sample[:, 1].amin(dim=1)).max() < 1e-6
    if not isinstance(forger, JitteredCopies | ClassicalCopies):  # which move it by the gain
        np.testing.assert_allclose(sample[:, 1].numpy(), 0.1, rtol=1e-6)


def test_forge_gives_every_forger_s_sample_by_its_name():
    dataset = recordings()
    forged = forge(dataset, [0, 1, 2], seed=4)
    assert list(forged) == NAMES
    for forger, signals in zip(ALL, forged.values(), strict=True):
        assert torch.equal(forger.fit(dataset).sample([0, 1, 2], seed=4), signals)
    assert torch.equal(forge(dataset, [0, 1, 2])["Gaussian"], Gaussian().fit(dataset).sample([0, 1, 2], seed=0))


def test_forge_imposes_on_every_set_what_all_recordings_share_unless_told_not_to():
    values = recordings(channels=1, length=30).values
    values = (values - values.mean(2, keepdim=True)) / values.std(2, keepdim=True)
    dataset = SignalDataset(values, recordings().labels, ("a", "b", "c"))
    labels = [0, 1, 2] * 5
    imposed, free = forge(dataset, labels), forge(dataset, labels, invariants=False)
    for name in NAMES:
        np.testing.assert_allclose(imposed[name].mean(2).numpy(), 0.0, atol=1e-6)
        np.testing.assert_allclose(imposed[name].std(2).numpy(), 1.0, atol=1e-5)
        assert torch.equal(imposed[name], Invariants.found_in(dataset).impose(free[name]))
    assert (free["Gaussian"].std(2) - 1).abs().max() > 0.01


def test_where_mean_and_deviation_are_fixed_jittered_copies_are_copies():
    values = recordings(channels=1, length=30).values
    values = (values - values.mean(2, keepdim=True)) / values.std(2, keepdim=True)
    copies = forge(SignalDataset(values), [0] * 10)["jittered copies"]
    distance = (copies[:, None] - values[None]).abs().amax(dim=(2, 3)).amin(dim=1)
    assert distance.max() < 1e-5


def test_signals_without_labels_are_of_one_class():
    values = recordings().values
    assert list(forge(SignalDataset(values), np.zeros(3, dtype=np.int64))) == NAMES


# What bad input gets


@every_forger
@pytest.mark.parametrize("wrong", [np.zeros((4, 1, 8), np.float32), torch.zeros(4, 1, 8), None, "recordings"])
def test_what_is_no_dataset_is_refused_with_how_to_make_one(forger, wrong):
    with pytest.raises(ValueError, match=rf"{type(forger).__name__}.fit: expected a SignalDataset, got .*Make one"):
        forger.fit(wrong)


@pytest.mark.parametrize("kind", [type(forger) for forger in ALL[2:] + FOR_FEW])
def test_a_forger_that_was_not_fitted_says_so(kind):
    with pytest.raises(ValueError, match=rf"{kind.__name__}.sample: expected a fitted forger. Call .fit"):
        kind().sample([0], seed=0)


MASKED = np.ma.masked_equal(np.array([0, 1, 2]), 1)


@every_forger
@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ([0, 3], r"expected 0 to 2, for the 3 classes that were fitted, got 3 at place 1"),
        ([-1], r"got -1 at place 0"),
        (["sign 0"], r"expected whole numbers.*text"),
        ("sign 0", r"expected whole numbers.*text"),
        ([], r"one or more whole numbers, shape \(n,\), got shape \(0,\)"),
        (torch.zeros(0, dtype=torch.int64), r"one or more whole numbers, shape \(n,\)"),
        ([[0, 1]], r"shape \(n,\), got shape \(1, 2\)"),
        (2, r"shape \(n,\), got shape \(\)"),
        ([0.0, 1.0], r"expected whole numbers"),
        (torch.tensor([True, False]), r"expected whole numbers.*yes and no"),
        (MASKED, r"masked"),
        (None, r"expected whole numbers"),
    ],
)
def test_labels_that_name_no_class_are_refused(forger, labels, message):
    with pytest.raises(ValueError, match=message):
        forger.fit(recordings()).sample(labels, seed=0)


@every_forger
@pytest.mark.parametrize("seed", [-1, 0.5, None, "0", True])
def test_a_seed_that_is_none_is_refused(forger, seed):
    with pytest.raises(ValueError, match=r"expected a seed, a whole number of 0 or more"):
        forger.fit(recordings()).sample([0], seed=seed)


@every_forger
def test_a_class_without_recordings_is_refused_by_name_and_the_others_are_made(forger):
    dataset = recordings((4, 0, 3))
    forger.fit(dataset).sample([0, 2], seed=0)
    with pytest.raises(ValueError, match=r"class 'sign 1' has 0 training recordings, and .* needs at least"):
        forger.fit(dataset).sample([0, 1], seed=0)


@every_forger
def test_of_a_class_with_one_recording_what_is_possible_is_done_and_what_is_not_is_said(forger):
    forger.fit(recordings((4, 1, 3)))
    if repr(forger) in ("Gaussian(covariance='class')", "Gaussian(covariance='shrunk')", "Interpolation(neighbours=5)"):
        message = r"class 'sign 1' has 1 training recording, and .* needs at least 2 .* dataset.drop_small_classes\(2\)"
        with pytest.raises(ValueError, match=message):
            forger.sample([0, 1], seed=0)
    else:
        assert forger.sample([0, 1], seed=0).isfinite().all()


@every_forger
def test_two_recordings_of_a_class_are_enough(forger):
    assert forger.fit(recordings((2, 2))).sample([0, 1, 1], seed=0).isfinite().all()


def test_a_covariance_within_classes_of_one_recording_each_is_refused():
    with pytest.raises(ValueError, match=r"expected a class with two recordings or more.*all 3 classes"):
        Gaussian("pooled").fit(recordings((1, 1, 1)))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Gaussian("full"), r"Gaussian: expected covariance as one of \('class', 'shrunk', 'pooled'\).*'full'"),
        (lambda: Gaussian(None), r"got None"),
        (lambda: Interpolation(0), r"Interpolation: expected a whole number of neighbours, 1 or more, got 0"),
        (lambda: Interpolation(2.5), r"got 2.5"),
        (lambda: JitteredCopies(-0.1), r"JitteredCopies: expected a gain of 0 or more, got -0.1"),
        (lambda: JitteredCopies(float("nan")), r"got nan"),
    ],
)
def test_a_setting_that_makes_no_sense_is_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()
