"""The penalties against closed forms, finite differences in float64 and brute-force loops."""

import numpy as np
import pytest
import torch
from torch import nn

from course_lib import penalties


def linear_critic(weight):
    """f(x) = a.x over everything but the batch: its slope is |a| everywhere."""
    return lambda x: (x * weight).flatten(1).sum(1)


def random(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@pytest.mark.parametrize("shape", [(4, 160), (4, 1, 160), (4, 3, 50), (4, 2, 5, 6)])
def test_penalty_of_a_linear_critic_is_its_slope_minus_one_squared_for_any_sample_shape(shape):
    weight = random(*shape[1:])
    penalty = penalties.gradient_penalty(linear_critic(weight), random(*shape, seed=1), random(*shape, seed=2))
    assert penalty.item() == pytest.approx((weight.norm().item() - 1) ** 2, rel=1e-12)


def test_penalty_of_an_evenly_spread_unit_slope_over_time_is_zero():
    weight = torch.full((1, 160), 160**-0.5, dtype=torch.float64)  # a norm per time step would charge 0.85
    penalty = penalties.gradient_penalty(linear_critic(weight), random(8, 1, 160), random(8, 1, 160, seed=1))
    assert penalty.item() == pytest.approx(0, abs=1e-20)


def test_one_sided_penalty_leaves_a_gentle_slope_alone_and_charges_a_steep_one():
    real, fake = random(4, 6), random(4, 6, seed=1)
    for slope, expected in [(0.5, 0.0), (3.0, 4.0)]:
        critic = linear_critic(torch.full((6,), slope / 6**0.5, dtype=torch.float64))
        assert penalties.gradient_penalty(critic, real, fake, one_sided=True).item() == pytest.approx(
            expected, abs=1e-12
        )
    assert penalties.gradient_penalty(critic, real, fake, target=3.0).item() == pytest.approx(0, abs=1e-12)


def test_penalty_of_a_quadratic_critic_is_that_of_its_slope_at_the_mixtures():
    real, fake = random(16, 2, 5), random(16, 2, 5, seed=1)
    weights = torch.rand(16, generator=torch.Generator().manual_seed(7), dtype=torch.float64)
    expected = 0.0
    for x, y, e in zip(real, fake, weights, strict=True):  # f(x) = |x|^2 / 2 has the slope |x|
        expected += ((e * x + (1 - e) * y).square().sum().sqrt().item() - 1) ** 2 / 16
    got = penalties.gradient_penalty(
        lambda x: x.flatten(1).square().sum(1) / 2, real, fake, generator=torch.Generator().manual_seed(7)
    )
    assert got.item() == pytest.approx(expected, rel=1e-12)


def test_mixtures_lie_on_their_own_pair_s_segment_with_one_uniform_weight_a_sample():
    real, fake = random(4000, 1, 3), random(4000, 1, 3, seed=1)
    mixed = penalties.interpolate(real, fake, generator=torch.Generator().manual_seed(0))
    weights = ((mixed - fake) / (real - fake)).flatten(1)
    torch.testing.assert_close(weights, weights[:, :1].expand_as(weights), atol=1e-6, rtol=0)
    quantiles = torch.quantile(weights[:, 0], torch.tensor([0.0, 0.25, 0.5, 0.75, 1.0], dtype=torch.float64))
    # a uniform quantile's standard error is at most 0.5 / sqrt(4000) = 0.008
    torch.testing.assert_close(quantiles, torch.linspace(0, 1, 5, dtype=torch.float64), atol=0.03, rtol=0)


def test_penalty_does_not_depend_on_how_the_samples_are_batched():
    critic, real, fake = smooth_critic(), random(6, 1, 8), random(6, 1, 8, seed=1)
    mixed = penalties.interpolate(real, fake, generator=torch.Generator().manual_seed(0))
    together = penalties.gradient_norms(critic, mixed)
    alone = torch.cat([penalties.gradient_norms(critic, mixed[i : i + 1]) for i in range(6)])
    torch.testing.assert_close(together, alone, rtol=1e-10, atol=1e-12)


def test_changing_one_sample_changes_its_own_norm_alone():
    critic, samples = smooth_critic(), random(6, 1, 8)
    before = penalties.gradient_norms(critic, samples)
    samples[2] += 1
    changed = penalties.gradient_norms(critic, samples) != before
    assert changed.tolist() == [False, False, True, False, False, False]


def smooth_critic(width=5):
    torch.manual_seed(0)
    net = nn.Sequential(nn.Flatten(), nn.Linear(8, width), nn.Tanh(), nn.Linear(width, 1)).double()
    return lambda x: net(x).squeeze(1) if x is not None else net


def test_gradient_norms_equal_finite_differences_of_the_critic():
    critic, samples, h = smooth_critic(), random(3, 1, 8), 1e-5
    norms = penalties.gradient_norms(critic, samples)
    for sample, norm in zip(samples, norms, strict=True):
        steps = torch.eye(8, dtype=torch.float64).view(8, 1, 8) * h
        slope = (critic(sample + steps) - critic(sample - steps)) / (2 * h)
        assert norm.item() == pytest.approx(slope.norm().item(), rel=1e-7)


def test_the_penalty_s_slope_in_every_parameter_equals_finite_differences():
    critic, real, fake = smooth_critic(), random(6, 1, 8), random(6, 1, 8, seed=1)
    net = critic(None)

    def penalty():
        return penalties.gradient_penalty(critic, real, fake, generator=torch.Generator().manual_seed(3))

    slopes = torch.autograd.grad(penalty(), list(net.parameters()), allow_unused=True, materialize_grads=True)
    h = 1e-6
    for parameter, slope in zip(net.parameters(), slopes, strict=True):
        numeric = torch.zeros_like(slope)
        for index in range(parameter.numel()):
            values = []
            for sign in (1, -1):
                with torch.no_grad():
                    parameter.view(-1)[index] += sign * h
                values.append(penalty().item())
                with torch.no_grad():
                    parameter.view(-1)[index] -= sign * h
            numeric.view(-1)[index] = (values[0] - values[1]) / (2 * h)
        torch.testing.assert_close(slope, numeric, rtol=1e-5, atol=1e-8)


def test_the_penalty_moves_no_generator():
    fake = random(4, 6).requires_grad_(True)
    penalty = penalties.gradient_penalty(lambda x: x.square().sum(1), random(4, 6, seed=1), fake)
    assert torch.autograd.grad(penalty, fake, allow_unused=True, retain_graph=True) == (None,)


def test_a_flat_critic_has_a_penalty_of_one_and_no_nan():
    scale = torch.zeros(1, dtype=torch.float64, requires_grad=True)
    penalty = penalties.gradient_penalty(lambda x: (x * scale).sum(1), random(4, 6), random(4, 6, seed=1))
    (slope,) = torch.autograd.grad(penalty, scale)
    assert penalty.item() == 1 and slope.item() == 0


def test_zero_centered_penalty_is_the_mean_squared_slope_without_a_half():
    weight = random(2, 5)
    got = penalties.zero_centered_penalty(linear_critic(weight), random(4, 2, 5, seed=1))
    assert got.item() == pytest.approx(weight.square().sum().item(), rel=1e-12)


def test_smoothed_norm_is_the_steepest_rise_per_unit_of_the_sobolev_distance():
    r"""By brute force: $\max_v a\cdot v / \lVert v\rVert_S$ with $\lVert v\rVert_S^2 = |v|^2 + w^2 |\Delta v|^2$."""
    length, weight = 12, 3.0
    smoothing = penalties.sobolev_smoothing(length, weight).double()
    slope = random(length)
    norm = penalties.gradient_norms(linear_critic(slope), random(1, 1, length, seed=1), smoothing=smoothing).item()

    def rise(v):
        bend = v[..., 2:] - 2 * v[..., 1:-1] + v[..., :-2]
        return (v @ slope) / (v.square().sum(-1) + weight**2 * bend.square().sum(-1)).sqrt()

    assert rise(random(20_000, length, seed=2)).max().item() < norm
    best = smoothing @ smoothing.T @ slope  # where the Cauchy-Schwarz inequality is an equality
    assert rise(best).item() == pytest.approx(norm, rel=1e-6)


def test_no_detail_weight_leaves_the_plain_norm_and_points_have_no_detail():
    torch.testing.assert_close(penalties.sobolev_smoothing(9, 0.0), torch.eye(9))
    torch.testing.assert_close(penalties.sobolev_smoothing(2, 5.0), torch.eye(2))


def test_labels_reach_the_critic():
    labels = torch.tensor([1, 2, 3])
    got = penalties.gradient_norms(lambda x, y: x.sum(1) * y, random(3, 4), labels=labels)
    torch.testing.assert_close(got, labels * 2.0 * torch.ones(3, dtype=torch.float64))


def test_samples_of_different_shapes_are_refused_with_both_shapes():
    with pytest.raises(ValueError, match=r"\(4, 1, 8\) and \(3, 1, 8\).*as many fakes"):
        penalties.gradient_penalty(linear_critic(torch.ones(8)), torch.zeros(4, 1, 8), torch.zeros(3, 1, 8))


def test_a_critic_that_returns_a_column_is_refused_with_the_remedy():
    with pytest.raises(ValueError, match=r"shape \(4,\), got \(4, 1\).*squeeze"):
        penalties.gradient_penalty(lambda x: x.sum(1, keepdim=True), torch.zeros(4, 8), torch.zeros(4, 8))


def test_clipping_projects_every_weight_and_moves_none_inside_the_limit():
    critic = nn.Linear(50, 1)
    before = [p.detach().clone() for p in critic.parameters()]
    penalties.clip_weights_(critic, 0.05)
    for old, new in zip(before, critic.parameters(), strict=True):
        assert new.abs().max() <= 0.05 and torch.equal(new, old.clamp(-0.05, 0.05))
    with pytest.raises(ValueError, match="above 0, got 0"):
        penalties.clip_weights_(critic, 0)


@pytest.mark.parametrize(("length", "weight"), [(3, 0.7), (40, 25.0), (160, 300.0)])
def test_the_smoothing_is_a_square_root_of_the_inverse_sobolev_form(length, weight):
    bend = np.diff(np.eye(length), n=2, axis=0)
    wanted = np.linalg.inv(np.eye(length) + weight**2 * bend.T @ bend)
    smoothing = penalties.sobolev_smoothing(length, weight).double().numpy()
    np.testing.assert_allclose(smoothing @ smoothing.T, wanted, atol=1e-6)


def test_the_weight_relative_to_roughness_makes_second_differences_count_as_asked():
    values = random(7, 2, 30)
    bend = values[..., 2:] - 2 * values[..., 1:-1] + values[..., :-2]
    weight = penalties.relative_to_roughness(values, 3.0)
    assert weight**2 * bend.square().mean().item() == pytest.approx(9.0, rel=1e-9)
    assert penalties.relative_to_roughness(values[..., :2], 3.0) == 0.0  # points have no second difference


@pytest.mark.parametrize("place", ["real", "fake", "both"])
def test_slopes_at_samples_are_those_of_a_pass_of_their_own(place):
    net = nn.Sequential(nn.Linear(5, 7), nn.Tanh(), nn.Linear(7, 1), nn.Flatten(0)).double()
    real, fake = random(4, 5).requires_grad_(), random(4, 5, seed=1).requires_grad_()
    real_scores, fake_scores = net(torch.cat([real, fake])).chunk(2)
    slopes = penalties.slopes_at_samples(place, real, fake, real_scores, fake_scores)
    wanted = {"real": [real], "fake": [fake], "both": [real, fake]}[place]
    torch.testing.assert_close(slopes, torch.cat([penalties.gradient_norms(net, x) for x in wanted]))


def test_nowhere_no_slope_is_taken_and_nothing_is_charged():
    slopes = penalties.slopes_at_samples("nowhere", *[torch.zeros(3)] * 4)
    assert slopes.isnan().all() and penalties.NO_PENALTY.charge(slopes).item() == 0
