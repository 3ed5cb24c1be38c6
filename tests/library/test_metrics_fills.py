"""Scores of drawn fills, by hand, by brute force and by a perfect sampler; and intervals of paired differences."""

import itertools

import numpy as np
import pytest
from scipy import stats

from course_lib.metrics import band_coverage, energy_score, paired_interval


def test_the_energy_score_of_two_draws_by_hand():
    """Truth (0, 0), draws (3, 4) and (0, 0): near (5 + 0) / 2, spread 5 / 2; over the root of two numbers."""
    samples = np.array([[[3.0, 4.0]], [[0.0, 0.0]]])
    np.testing.assert_allclose(energy_score(samples, np.zeros((1, 2))), [0.0])
    samples = np.array([[[3.0, 4.0]], [[0.0, 8.0]]])  # near (5 + 8) / 2 = 6.5, between them 5
    np.testing.assert_allclose(energy_score(samples, np.zeros((1, 2))), [(6.5 - 2.5) / np.sqrt(2)])


def test_the_energy_score_by_brute_force_over_channels_and_steps():
    random = np.random.default_rng(0)
    samples, truth = random.normal(size=(6, 4, 2, 5)), random.normal(size=(4, 2, 5))
    for i, score in enumerate(energy_score(samples, truth)):
        near = np.mean([np.linalg.norm(one[i] - truth[i]) for one in samples])
        pairs = [np.linalg.norm(a[i] - b[i]) for a, b in itertools.permutations(samples, 2)]
        assert score == pytest.approx((near - np.mean(pairs) / 2) / np.sqrt(10))


def test_draws_of_one_number_score_the_closed_form_of_a_normal_law():
    """In one dimension it is the CRPS: for N(0, 1) at y = 0 it is 2 phi(0) - 1 / sqrt(pi)."""
    draws = np.random.default_rng(0).normal(size=(1000, 1, 1))
    expected = 2 * stats.norm.pdf(0) - 1 / np.sqrt(np.pi)
    assert energy_score(draws, np.zeros((1, 1)))[0] == pytest.approx(expected, abs=5 / np.sqrt(1000))


@pytest.mark.parametrize(("shift", "size"), [(1.0, 1.0), (0.0, 0.3), (0.0, 3.0)])
def test_another_law_scores_worse_than_the_true_one(shift, size):
    random = np.random.default_rng(0)
    truth = random.normal(size=(400, 6))
    right, wrong = random.normal(size=(20, 400, 6)), shift + size * random.normal(size=(20, 400, 6))
    assert energy_score(right, truth).mean() < energy_score(wrong, truth).mean() - 0.01


@pytest.mark.parametrize("n", [19, 20, 50])
def test_a_perfect_sampler_covers_nine_in_ten_however_few_its_draws(n):
    random = np.random.default_rng(0)
    draws, truth = random.normal(size=(n, 20_000, 1)), random.normal(size=(20_000, 1))
    assert band_coverage(draws, truth) == pytest.approx(0.9, abs=0.006 + 5 * np.sqrt(0.09 / 20_000))
    assert band_coverage(0.5 * draws, truth) < 0.7
    assert band_coverage(2 * draws, truth) > 0.97


def test_only_the_numbers_that_are_missing_count():
    draws = np.zeros((20, 2, 1, 3)) + np.linspace(-1, 1, 20)[:, None, None, None]
    truth = np.array([[[0.0, 5.0, 0.0]], [[0.0, 0.0, 5.0]]])
    assert band_coverage(draws, truth) == pytest.approx(4 / 6)
    assert band_coverage(draws, truth, missing=truth == 0) == 1.0


@pytest.mark.parametrize(
    ("samples", "truth", "message"),
    [
        (np.zeros((1, 3, 2)), np.zeros((3, 2)), r"2 draws or more of each truth.*got \(1, 3, 2\)"),
        (np.zeros((5, 3, 2)), np.zeros((3, 4)), r"got \(5, 3, 2\) for truth \(3, 4\)"),
        (np.full((5, 3, 2), np.nan), np.zeros((3, 2)), "samples: expected finite values"),
    ],
)
def test_draws_that_do_not_fit_the_truth_are_refused(samples, truth, message):
    with pytest.raises(ValueError, match=message):
        energy_score(samples, truth)


def test_too_few_draws_for_a_band_are_refused():
    with pytest.raises(ValueError, match="19 draws or more"):
        band_coverage(np.zeros((18, 3, 2)), np.zeros((3, 2)))


def test_a_paired_interval_is_scipy_s_of_the_differences():
    random = np.random.default_rng(0)
    ours, other = random.normal(0.3, 1, size=(2, 10))
    known = stats.ttest_rel(ours, other).confidence_interval(0.95)
    found = paired_interval(ours, other)
    np.testing.assert_allclose(found, [np.mean(ours - other), *known])


@pytest.mark.parametrize(
    ("ours", "other"), [([1.0], [2.0]), ([1.0, 2.0], [1.0, 2.0, 3.0]), ([[1.0, 2.0]], [[1.0, 2.0]])]
)
def test_rows_that_are_no_pairs_are_refused(ours, other):
    with pytest.raises(ValueError, match="expected two rows of equally many numbers, 2 or more"):
        paired_interval(np.array(ours), np.array(other))
