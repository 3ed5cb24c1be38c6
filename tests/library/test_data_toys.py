"""Toys in the plane: the law that was asked for, and nothing that a seed does not fix."""

import math

import numpy as np
import pytest
import torch
from scipy import integrate, stats

from course_lib.data import grid, ring, swiss_roll


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def test_a_ring_has_as_many_different_modes_as_asked_for():
    """linspace(0, 2 pi, 8) would repeat the first angle and leave 7."""
    centers = ring(8).centers.double()
    gaps = torch.cdist(centers, centers).fill_diagonal_(math.inf)
    assert gaps.min().item() == pytest.approx(2 * math.sin(math.pi / 8), abs=1e-6)  # chord of an eighth of a turn
    np.testing.assert_allclose(centers.norm(dim=1), 1, atol=1e-6)


def test_the_grid_is_the_published_one():
    wanted = {(float(x), float(y)) for x in (-4, -2, 0, 2, 4) for y in (-4, -2, 0, 2, 4)}
    assert {tuple(center) for center in grid().centers.tolist()} == wanted and grid().std == 0.05


@pytest.mark.parametrize("toy", [ring(), grid(), ring(3, 2.0, 0.1)])
def test_samples_fall_on_the_modes_equally_often_with_the_stated_width(toy):
    n = 40_000
    points = toy.sample(n, seeded()).double()
    distance, mode = torch.cdist(points, toy.centers.double()).min(dim=1)
    counts = np.bincount(mode, minlength=len(toy.centers))
    assert stats.chisquare(counts).pvalue > 1e-4
    # squared distance over variance is chi-squared with 2 degrees of freedom: mean 2, standard deviation 2
    assert float((distance / toy.std).square().mean()) == pytest.approx(2, abs=4 * 2 / math.sqrt(n))
    assert float((distance <= 3 * toy.std).double().mean()) == pytest.approx(1 - math.exp(-4.5), abs=4 * 5.2e-4)


def test_the_roll_keeps_to_its_spiral():
    points = swiss_roll(0.0).sample(1000, seeded()).double()
    turn = points.norm(dim=1)  # the radius is the angle
    assert turn.min() > 1.5 * math.pi - 1e-4 and turn.max() < 4.5 * math.pi + 1e-4
    torch.testing.assert_close(points, torch.stack([turn * turn.cos(), turn * turn.sin()], 1), atol=1e-3, rtol=0)
    assert stats.kstest(turn, stats.uniform(1.5 * math.pi, 3 * math.pi).cdf).pvalue > 1e-4


def test_the_roll_s_scale_is_that_of_quadrature():
    first, last = 1.5 * math.pi, 4.5 * math.pi
    square = integrate.quad(lambda t: t**2 / 2, first, last)[0] / (last - first)  # half of |x|^2, averaged
    assert swiss_roll(0.25).scale == pytest.approx(math.sqrt(square + 0.25**2), rel=1e-9)


@pytest.mark.parametrize("toy", [ring(), grid(), swiss_roll()])
def test_standardized_has_unit_coordinates_and_the_same_shape(toy):
    unit = toy.standardized()
    assert unit.scale == pytest.approx(1, abs=1e-6)
    points = unit.sample(20_000, seeded())
    assert float(points.square().mean().sqrt()) == pytest.approx(1, abs=0.02)
    torch.testing.assert_close(points * toy.scale, toy.sample(20_000, seeded()), atol=1e-4, rtol=1e-4)
    assert unit.std == pytest.approx(toy.std / toy.scale)


@pytest.mark.parametrize("toy", [ring(), swiss_roll()])
def test_a_seed_fixes_the_sample_and_another_changes_it(toy):
    first, again, other = (toy.sample(50, seeded(seed)) for seed in (0, 0, 1))
    assert torch.equal(first, again) and not torch.equal(first, other)
    assert first.dtype == torch.float32 and first.shape == (50, 2)


@pytest.mark.parametrize(
    ("make", "complaint"),
    [
        (lambda: ring(0), "ring: expected a whole number of modes, 1 or more, got 0"),
        (lambda: ring(std=0.0), "ring: expected std above 0, got 0.0"),
        (lambda: ring(radius=float("nan")), "ring: expected radius above 0, got nan"),
        (lambda: grid(0), "grid: expected a whole number of modes a side, 1 or more, got 0"),
        (lambda: grid(spacing=-1.0), "grid: expected spacing above 0, got -1.0"),
        (lambda: swiss_roll(-0.1), "swiss_roll: expected a noise of 0 or more, got -0.1"),
        (lambda: ring().sample(0), "sample: expected n of 1 or more, got 0"),
        (lambda: swiss_roll().sample(-1), "sample: expected n of 1 or more, got -1"),
    ],
)
def test_what_cannot_be_is_refused(make, complaint):
    with pytest.raises(ValueError, match=complaint):
        make()
