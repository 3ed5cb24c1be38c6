"""Mode coverage: first of real samples, then of the ways to be wrong."""

import math

import numpy as np
import pytest
import torch
from scipy import integrate, stats

from course_lib.data import grid, ring
from course_lib.metrics import mode_coverage

N = 2500


def of(samples, toy=None):
    toy = toy or ring()
    return mode_coverage(samples, toy.centers, toy.std)


@pytest.mark.parametrize(("toy", "floor"), [(ring(), 0.0014), (grid(), 0.0048)])
def test_a_perfect_sampler_scores_all_modes_98_9_percent_spread_1_and_the_sampling_floor(toy, floor):
    runs = [of(toy.sample(N, torch.Generator().manual_seed(seed)), toy) for seed in range(20)]
    assert all(run.modes == len(toy.centers) for run in runs)
    high = np.array([run.high_quality for run in runs])
    error = math.sqrt(math.exp(-4.5) * (1 - math.exp(-4.5)) / N)  # 0.21 % of one run
    assert high.mean() == pytest.approx(1 - math.exp(-4.5), abs=4 * error / math.sqrt(20))
    # (K - 1) / 2n, with the relative error sqrt(2 / (K - 1)) of a chi-squared variable
    spread = floor * math.sqrt(2 / (len(toy.centers) - 1)) / math.sqrt(20)
    assert np.mean([run.reverse_kl for run in runs]) == pytest.approx(floor, abs=4 * spread + 1e-4)
    assert np.mean([run.spread for run in runs]) == pytest.approx(1, abs=4 * 1 / math.sqrt(4 * N * 20))


def test_a_point_on_every_mode_scores_full_marks_and_a_spread_of_0():
    assert of(ring().centers.repeat(300, 1)) == (8, 1.0, pytest.approx(0, abs=1e-9), pytest.approx(0, abs=1e-6))


def test_one_mode_alone_has_a_reverse_kl_of_log_k():
    toy = ring()
    one = toy.centers[:1] + toy.std * torch.randn(N, 2, generator=torch.Generator().manual_seed(0))
    found = of(one)
    assert found.modes == 1 and found.reverse_kl == pytest.approx(math.log(8))
    assert found.high_quality > 0.98 and found.spread == pytest.approx(1, abs=0.05)


def test_reverse_kl_is_scipy_s_entropy_of_the_shares():
    shares = np.array([10, 20, 30, 40, 50, 60, 70, 80])
    samples = np.repeat(ring().centers.numpy(), shares, axis=0)
    assert of(samples).reverse_kl == pytest.approx(stats.entropy(shares / shares.sum(), np.full(8, 1 / 8)))


def test_a_mode_counts_with_one_sample_within_3_std_and_not_beyond():
    toy = ring()
    step = torch.tensor([1.0, 0.0]) * toy.std
    assert of(toy.centers[:1] + 2.99 * step).modes == 1
    beyond = of(toy.centers[:1] + 3.01 * step)
    assert beyond.modes == 0 and beyond.high_quality == 0 and math.isnan(beyond.spread)


@pytest.mark.parametrize("factor", [0.25, 0.5])
def test_spread_is_the_width_that_was_made(factor):
    toy = grid()
    generator = torch.Generator().manual_seed(0)
    modes = torch.randint(25, (20_000,), generator=generator)
    samples = toy.centers[modes] + factor * toy.std * torch.randn(20_000, 2, generator=generator)
    # cut off at 3 std of the *true* width, which 6 or 12 of these leave whole; the truth's own cut is quadrature's
    density = integrate.quad(lambda r: r**3 * math.exp(-(r**2) / 2), 0, 3)[0]
    mass = integrate.quad(lambda r: r * math.exp(-(r**2) / 2), 0, 3)[0]
    expected = factor / math.sqrt(density / mass / 2)
    assert of(samples, toy).spread == pytest.approx(expected, rel=4 / math.sqrt(4 * 20_000))


def test_a_shifted_mode_is_not_taken_for_a_wide_one():
    toy = ring()
    shifted = toy.centers + 2 * toy.std * torch.tensor([1.0, 0.0])
    assert of(shifted.repeat(50, 1)).spread == pytest.approx(0, abs=1e-5)


def test_units_do_not_matter():
    toy = grid()
    points = toy.sample(N, torch.Generator().manual_seed(3))
    unit = toy.standardized()
    a, b = of(points, toy), of(points / toy.scale, unit)
    np.testing.assert_allclose(a, b, rtol=1e-4)


@pytest.mark.parametrize(
    ("samples", "std", "complaint"),
    [
        (torch.zeros(5, 3), 0.01, r"expected samples of shape \(n, 2\), at least one, got \(5, 3\)"),
        (torch.zeros(0, 2), 0.01, r"expected samples of shape \(n, 2\), at least one, got \(0, 2\)"),
        (
            torch.tensor([[0.0, 0.0], [math.nan, 1.0]]),
            0.01,
            r"got nan at \(1, 0\).* Did the generator diverge",
        ),
        (torch.zeros(5, 2), 0.0, "expected a std above 0, got 0.0"),
    ],
)
def test_bad_input_is_refused(samples, std, complaint):
    with pytest.raises(ValueError, match=complaint):
        mode_coverage(samples, ring().centers, std)


def test_two_samples_a_mode_give_an_unbiased_spread():
    """Each mode's own mean costs two degrees of freedom: a pair d to the left and right has variance 2 d^2 / 2."""
    toy = ring()
    step = torch.tensor([0.5, 0.0]) * toy.std
    pairs = torch.cat([toy.centers + step, toy.centers - step])
    kept = 1 - 4.5 * math.exp(-4.5) / (1 - math.exp(-4.5))  # of a coordinate's variance, within 3 std in the plane
    assert of(pairs).spread == pytest.approx(0.5 / math.sqrt(kept), rel=1e-5)
