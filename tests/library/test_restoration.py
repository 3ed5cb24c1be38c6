"""Fills: closed forms against NumPy and SciPy, a search against the posterior that a linear generator has."""

import numpy as np
import pytest
import torch
from scipy.interpolate import pchip_interpolate
from scipy.stats import multivariate_normal
from torch import nn

from course_lib.data import SignalDataset
from course_lib.models import ClassGaussian
from course_lib.restoration import (
    GaussianFill,
    LatentSearch,
    checked,
    class_weights,
    conditional_gaussian,
    interpolate,
    nearest_recording,
)

LENGTH = 12
MISSING = np.zeros((3, LENGTH), dtype=bool)
MISSING[0, 4:7], MISSING[1, 0:2], MISSING[2, 9:12] = True, True, True


def walks(n=3, channels=2, seed=0):
    return np.random.default_rng(seed).normal(size=(n, channels, LENGTH)).cumsum(axis=2)


def recordings(counts=(8, 6), channels=2, seed=5):
    labels = np.repeat(np.arange(len(counts)), counts)
    values = walks(len(labels), channels, seed) + 6 * labels[:, None, None]
    return SignalDataset(values.astype(np.float32), labels, tuple("abcd"[: len(counts)]))


class Linear(nn.Module):
    """G(z, y) = mean of the class + root z_1 + 0.1 z_2: all of it begins with the Gaussian, but for white noise."""

    def __init__(self, n_classes=2, rank=2, channels=1):
        super().__init__()
        torch.manual_seed(0)
        self.n_classes, self.course_dim, self.channels = n_classes, 0, channels
        self.start = ClassGaussian(LENGTH, channels, n_classes, rank)
        classes = n_classes or 1
        means = 4 * torch.arange(classes)[:, None, None] * torch.ones(1, channels, LENGTH)
        self.start.hold(means, torch.randn(classes, rank, channels * LENGTH))
        self.rank, self.latent_dim = rank, rank + channels * LENGTH

    def forward(self, z, labels=None):
        return self.start(z[:, : self.rank], labels) + 0.1 * z[:, self.rank :].view(len(z), self.channels, LENGTH)

    def recordings(self, labels, tolerance):
        """Signals of its own, with noise: what its posterior is about."""
        random = torch.Generator().manual_seed(1)
        signals = self(torch.randn(len(labels), self.latent_dim, generator=random), torch.tensor(labels))
        return (signals + tolerance * torch.randn(signals.shape, generator=random)).double().numpy()

    def posterior(self, x, missing, k, tolerance):
        """Of all numbers of the signal: mean and covariance, given those that are known to within `tolerance`."""
        root = self.start.roots[k].double().numpy()
        a = np.concatenate([root, 0.1 * np.eye(root.shape[1])]).T  # (D, Z)
        known = ~np.tile(missing, self.channels)
        mean = self.start.means[k].double().numpy().ravel()
        precision = np.eye(a.shape[1]) + a[known].T @ a[known] / tolerance**2
        z = np.linalg.solve(precision, a[known].T @ (x.ravel() - mean)[known] / tolerance**2)
        return mean + a @ z, a @ np.linalg.inv(precision) @ a.T


WAYS = {
    "interpolate": lambda x, m: interpolate(x, m),
    "nearest": lambda x, m: nearest_recording(x, m, recordings()),
    "nearest of the class": lambda x, m: nearest_recording(x, m, recordings(), labels=[0, 1, 0]),
    "Gaussian": lambda x, m: GaussianFill(recordings()).fill(x, m),
    "Gaussian of the class": lambda x, m: GaussianFill(recordings()).fill(x, m, labels=[0, 1, 0]),
    "principal components": lambda x, m: GaussianFill(recordings(), components=0.9).fill(x, m, labels=[0, 1, 0]),
    "draws": lambda x, m: GaussianFill(recordings()).sample(x, m, 2, labels=[0, 1, 0])[1],
    "search": lambda x, m: LatentSearch(Linear(channels=2), steps=3).fill(x, m),
    "searched draws": lambda x, m: LatentSearch(Linear(channels=2), steps=3).sample(x, m, 2)[1],
}


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_a_fill_keeps_what_is_known_and_never_looks_at_what_is_missing(way):
    x = walks()
    hidden = np.where(MISSING[:, None], np.nan, x)
    filled = way(hidden, MISSING)
    assert np.isfinite(filled).all()
    known = np.broadcast_to(~MISSING[:, None], x.shape)
    np.testing.assert_array_equal(filled[known], x[known])
    np.testing.assert_array_equal(filled, way(np.where(MISSING[:, None], 1e6, x), MISSING))


# without a model


def test_interpolation_is_scipy_s_pchip_of_the_known_steps_and_holds_the_ends():
    x, steps = walks(), np.arange(LENGTH)
    filled = interpolate(x, MISSING)
    known = ~MISSING[0]
    np.testing.assert_allclose(filled[0, 1, 4:7], pchip_interpolate(steps[known], x[0, 1, known], [4, 5, 6]))
    np.testing.assert_array_equal(filled[1, :, :2], x[1][:, [2, 2]])
    np.testing.assert_array_equal(filled[2, :, 9:], x[2][:, [8, 8, 8]])


@pytest.mark.parametrize("labels", [None, [1, 1, 0]])
def test_the_nearest_recording_is_the_one_nearest_on_the_known_steps(labels):
    dataset, x = recordings(), walks() + 3
    filled = nearest_recording(x, MISSING, dataset, labels=labels)
    real, of = dataset.values.double().numpy(), dataset.labels.numpy()
    for i in range(3):
        distances = [
            np.sum((one[:, ~MISSING[i]] - x[i][:, ~MISSING[i]]) ** 2) if labels is None or k == labels[i] else np.inf
            for one, k in zip(real, of, strict=True)
        ]
        np.testing.assert_array_equal(filled[i][:, MISSING[i]], real[np.argmin(distances)][:, MISSING[i]])


# a Gaussian


def test_a_conditional_gaussian_is_what_the_inverse_of_the_whole_covariance_says():
    """By the precision matrix P: the covariance is inv(P_mm), the mean mu_m - inv(P_mm) P_mo (x_o - mu_o)."""
    random = np.random.default_rng(0)
    root, mean, x = random.normal(size=(6, 5)), random.normal(size=5), random.normal(size=5)
    covariance, missing = root.T @ root, np.array([False, True, True, False, False])
    found = conditional_gaussian(mean, covariance, x, missing)
    precision = np.linalg.inv(covariance)
    inner = np.linalg.inv(precision[np.ix_(missing, missing)])
    off = (x - mean)[~missing]
    np.testing.assert_allclose(found.covariance, inner)
    np.testing.assert_allclose(found.mean, mean[missing] - inner @ precision[np.ix_(missing, ~missing)] @ off)
    known = multivariate_normal(mean[~missing], covariance[np.ix_(~missing, ~missing)])
    assert found.log_density == pytest.approx(known.logpdf(x[~missing]))


def test_of_two_correlated_numbers_the_other_is_expected_at_rho_times_the_one():
    found = conditional_gaussian(
        np.zeros(2), np.array([[1, 0.8], [0.8, 1]]), np.array([2.0, 0]), np.array([False, True])
    )
    np.testing.assert_allclose([found.mean[0], found.covariance[0, 0]], [1.6, 0.36])


def test_classes_are_weighed_by_density_and_size():
    np.testing.assert_allclose(class_weights(np.log([0.2, 0.1, 5.0]), np.array([1, 3, 0])), [0.4, 0.6, 0])
    np.testing.assert_allclose(
        class_weights(np.array([-5000.0, -5001.0]), np.ones(2)), [1 / (1 + np.exp(-1)), 1 / (1 + np.e)]
    )


def test_the_gaussian_s_fill_is_its_conditional_mean_and_its_draws_have_that_law():
    dataset, x = recordings(channels=1), walks(channels=1)
    model = GaussianFill(dataset)
    filled = model.fill(x, MISSING, labels=[0, 1, 0])
    draws = model.sample(x, MISSING, 3000, labels=[0, 1, 0], seed=1)
    for i, k in enumerate([0, 1, 0]):
        law = conditional_gaussian(*model.moments[k], x[i].ravel(), MISSING[i])
        np.testing.assert_allclose(filled[i, 0, MISSING[i]], law.mean)
        own = draws[:, i, 0][:, MISSING[i]]
        std = np.sqrt(np.diag(law.covariance))
        assert (np.abs(own.mean(axis=0) - law.mean) < 5 * std / np.sqrt(3000)).all()
        np.testing.assert_allclose(np.cov(own.T), law.covariance, atol=5 * np.sqrt(2 / 3000) * (std**2).max())


def test_principal_components_hold_their_share_and_the_others_are_white_noise_of_their_mean_variance():
    """By the singular values: of 8 recordings there are 7 directions beside the mean, and one of no variance."""
    dataset = recordings(channels=1)
    mean, covariance = GaussianFill(dataset, components=0.95).moments[0]
    flat = dataset.values[dataset.labels == 0].double().flatten(1).numpy()
    np.testing.assert_allclose(mean, flat.mean(axis=0))
    _, lengths, directions = np.linalg.svd(flat - flat.mean(axis=0))
    variances = lengths**2 / 7
    kept = int((variances.cumsum() / variances.sum() < 0.95).sum()) + 1
    assert 0 < kept < 7
    noise = variances[kept:].mean()
    expected = noise * np.eye(LENGTH) + directions[:kept].T @ np.diag(variances[:kept] - noise) @ directions[:kept]
    np.testing.assert_allclose(covariance, expected, rtol=1e-6, atol=1e-7 * variances[0])


@pytest.mark.parametrize("share", [0.0, 1.0, 3])
def test_a_share_of_components_that_is_none_is_refused(share):
    with pytest.raises(ValueError, match="expected components as a share of the variance, above 0 and below 1, got"):
        GaussianFill(recordings(), components=share)


def test_without_labels_the_fill_is_the_mixture_s_mean_and_draws_are_of_the_classes_by_weight():
    dataset = recordings(channels=1)
    model, x = GaussianFill(dataset), dataset.values[:3].double().numpy()
    laws = [[conditional_gaussian(*model.moments[k], x[i].ravel(), MISSING[i]) for k in (0, 1)] for i in range(3)]
    filled = model.fill(x, MISSING)
    for i, pair in enumerate(laws):
        weights = class_weights(np.array([law.log_density for law in pair]), np.array([8, 6]))
        expected = weights[0] * pair[0].mean + weights[1] * pair[1].mean
        np.testing.assert_allclose(filled[i, 0, MISSING[i]], expected, atol=1e-4)


# a search


def test_where_the_generator_is_linear_the_search_finds_the_posterior_s_mean():
    generator = Linear()
    x = generator.recordings([0, 1, 0], 0.1)
    search = LatentSearch(generator, tolerance=0.1, steps=400, learning_rate=0.05)
    filled = search.fill(x, MISSING, labels=[0, 1, 0])
    for i, k in enumerate([0, 1, 0]):
        mean, _ = generator.posterior(x[i], MISSING[i], k, 0.1)
        np.testing.assert_allclose(filled[i, 0, MISSING[i]], mean[MISSING[i]], atol=0.02)


def test_where_the_generator_is_linear_searched_draws_have_the_posterior_s_mean_and_covariance():
    generator, n = Linear(), 400
    x = generator.recordings([1], 0.1)
    search = LatentSearch(generator, tolerance=0.1, steps=200, learning_rate=0.05)
    same = np.repeat(x, n, axis=0), np.repeat(MISSING[:1], n, axis=0)  # one signal n times: a draw of each
    draws = search.sample(*same, 1, labels=np.ones(n, dtype=int), seed=3)[0, :, 0][:, MISSING[0]]
    mean, covariance = generator.posterior(x[0], MISSING[0], 1, 0.1)
    mean, covariance = mean[MISSING[0]], covariance[np.ix_(MISSING[0], MISSING[0])]
    std = np.sqrt(np.diag(covariance))
    assert (np.abs(draws.mean(axis=0) - mean) < 5 * std / np.sqrt(n) + 0.01).all()
    np.testing.assert_allclose(draws.std(axis=0, ddof=1), std, rtol=5 / np.sqrt(2 * n))


def test_the_search_begins_at_the_closed_form_of_the_gaussian_s_part():
    """Without a step to speak of, the fill is the conditional mean under N(mu, R'R + tau^2 I)."""
    generator, x = Linear(), walks(channels=1)
    search = LatentSearch(generator, steps=1, learning_rate=1e-12)
    assert search.tau == pytest.approx(0.1, rel=5 / np.sqrt(2 * 256 * LENGTH))
    filled = search.fill(x, MISSING, labels=[0, 1, 0])
    for i, k in enumerate([0, 1, 0]):
        root = generator.start.roots[k].double().numpy()
        law = conditional_gaussian(
            generator.start.means[k].double().numpy().ravel(),
            root.T @ root + search.tau**2 * np.eye(LENGTH),
            x[i].ravel(),
            MISSING[i],
        )
        np.testing.assert_allclose(filled[i, 0, MISSING[i]], law.mean, atol=1e-4)


def test_classes_are_weighed_by_the_gaussian_s_density_of_what_is_known():
    generator = Linear()
    search = LatentSearch(generator, counts=[3, 1])
    x = np.stack([np.full((1, LENGTH), level) for level in (0.0, 2.0, 4.0)])
    found = search.weights(checked(x, MISSING))
    for i in range(3):
        known, logs = ~MISSING[i], []
        for k in (0, 1):
            root = generator.start.roots[k].double().numpy()[:, known]
            mean = generator.start.means[k, 0].double().numpy()[known]
            law = multivariate_normal(mean, root.T @ root + search.tau**2 * np.eye(known.sum()))
            logs.append(law.logpdf(x[i, 0, known]))
        np.testing.assert_allclose(found[i], class_weights(np.array(logs), np.array([3, 1])), atol=1e-6)


def test_without_labels_each_fill_is_of_the_class_that_the_weights_say(monkeypatch):
    search = LatentSearch(Linear(), steps=1)
    monkeypatch.setattr(search, "weights", lambda damaged: np.array([[1.0, 0], [0, 1.0], [0.5, 0.5]]))
    seen = []
    monkeypatch.setattr(search, "_searched", lambda known, gone, classes, z: seen.append(list(classes)) or known)
    search.fill(walks(channels=1), MISSING)
    search.sample(walks(channels=1), MISSING, 60, seed=0)
    filled, drawn = seen[0], np.reshape(seen[1], (60, 3))  # all draws in one search
    assert filled[:2] == [0, 1]
    assert (drawn[:, :2] == [0, 1]).all()
    assert 10 < drawn[:, 2].sum() < 50


def test_a_seed_decides_the_draws_fewer_are_the_first_of_more_and_the_generator_stays_as_it_is():
    generator = Linear()
    before = {name: tensor.clone() for name, tensor in generator.state_dict().items()}
    search, x = LatentSearch(generator, steps=2), walks(channels=1)
    three, two, other = (search.sample(x, MISSING, n, seed=s) for n, s in ((3, 0), (2, 0), (2, 1)))
    np.testing.assert_array_equal(three[:2], two)
    assert np.abs(two - other).max() > 1e-3
    assert all(torch.equal(before[name], tensor) for name, tensor in generator.state_dict().items())


# what bad input gets


@pytest.mark.parametrize(
    ("values", "missing", "labels", "message"),
    [
        (walks(), MISSING.astype(int), None, "missing as yes and no for each signal and step.*ndarray of int64"),
        (walks(), MISSING[0], None, r"shape \(N, L\), got ndarray of bool of shape \(12,\)"),
        (walks()[:, 0], MISSING, None, r"signals \(N, C, L\) for missing \(3, 12\), got shape \(3, 12\)"),
        (walks(2), MISSING, None, r"for missing \(3, 12\), got shape \(2, 2, 12\)"),
        (walks() * np.nan, MISSING, None, "expected finite values.*Mark those steps as missing"),
        (walks(), MISSING & False, None, "one missing step or more.*signal 0 misses 0 of 12"),
        (walks(), MISSING | True, None, "two known ones or more in every signal, but signal 0 misses 12 of 12"),
        (walks(), MISSING, [0, 1], r"expected 3 labels, got shape \(2,\)"),
        (walks(), MISSING, [0, 1, 2], r"expected labels from 0 to 1, got \[0, 1, 2\]"),
        (walks(), MISSING, ["a", "b", "a"], "expected whole numbers"),
    ],
)
def test_damage_that_is_none_is_refused(values, missing, labels, message):
    with pytest.raises(ValueError, match=message):
        nearest_recording(values, missing, recordings(), labels=labels)


def test_a_class_without_enough_recordings_is_refused():
    few = SignalDataset(walks(3).astype(np.float32), np.array([0, 0, 1]), ("a", "b"))
    with pytest.raises(ValueError, match="class 1 has 1 recordings, and needs 2"):
        GaussianFill(few).fill(walks(), MISSING, labels=[0, 1, 0])
    none = SignalDataset(walks(3).astype(np.float32), np.zeros(3, dtype=np.int64), ("a", "b"))
    with pytest.raises(ValueError, match="class 'b' has no recording"):
        nearest_recording(walks(), MISSING, none, labels=[0, 1, 0])


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"tolerance": 0.0}, "expected tolerance above 0, got 0.0"),
        ({"learning_rate": -1.0}, "expected learning_rate above 0"),
        ({"steps": 0}, "expected steps, a whole number of 1 or more, got 0"),
        ({"counts": [1, 2, 3]}, r"expected 2 counts, got shape \(3,\)"),
    ],
)
def test_a_search_with_settings_out_of_range_is_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        LatentSearch(Linear(), **settings)


def test_labels_are_asked_for_where_the_generator_cannot_tell_and_refused_where_it_takes_none():
    blind, single = Linear(), Linear(n_classes=None)
    blind.start = None
    with pytest.raises(ValueError, match="expected labels: .* this one does not"):
        LatentSearch(blind).fill(walks(channels=1), MISSING)
    with pytest.raises(ValueError, match="takes no labels"):
        LatentSearch(single).fill(walks(channels=1), MISSING, labels=[0, 0, 0])
    assert np.isfinite(LatentSearch(single, steps=1).fill(walks(channels=1), MISSING)).all()
