"""The losses against closed forms, finite differences in float64 and brute-force loops."""

import math

import pytest
import torch
from torch import nn

from course_lib import losses


def linear_critic(weight):
    """f(x) = a.x over everything but the batch: its slope is |a| everywhere."""
    return lambda x: (x * weight).flatten(1).sum(1)


def random(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def test_discriminator_loss_is_two_log_two_where_every_logit_is_zero():
    zero = torch.zeros(5)
    assert losses.discriminator_loss(zero, zero).item() == pytest.approx(2 * math.log(2))


def test_discriminator_loss_is_the_cross_entropy_of_probabilities():
    real, fake, a = random(7), random(7, seed=1), 0.9
    p, q = 1 / (1 + torch.exp(-real)), 1 / (1 + torch.exp(-fake))
    expected = -(a * p.log() + (1 - a) * (1 - p).log()).mean() - (1 - q).log().mean()
    assert losses.discriminator_loss(real, fake, real_label=a).item() == pytest.approx(expected.item(), rel=1e-12)


@pytest.mark.parametrize("logit", [-1000.0, 1000.0])
def test_logit_losses_and_their_slopes_are_finite_at_a_thousand(logit):
    logits = torch.full((3,), logit, requires_grad=True)
    total = losses.discriminator_loss(logits, logits) + losses.non_saturating_generator_loss(logits)
    total = total + losses.saturating_generator_loss(logits)
    (slope,) = torch.autograd.grad(total, logits)
    assert torch.isfinite(total) and torch.isfinite(slope).all()


def test_generator_losses_have_the_slopes_minus_sigma_and_minus_one_minus_sigma():
    for logit, saturating, non_saturating in [(-5.0, -0.006693, -0.993307), (0.0, -0.5, -0.5)]:
        logits = torch.tensor([logit], dtype=torch.float64, requires_grad=True)
        (one,) = torch.autograd.grad(losses.saturating_generator_loss(logits), logits)
        (two,) = torch.autograd.grad(losses.non_saturating_generator_loss(logits), logits)
        assert one.item() == pytest.approx(saturating, abs=1e-6)
        assert two.item() == pytest.approx(non_saturating, abs=1e-6)


def test_wasserstein_losses_are_means_with_their_signs():
    real, fake = torch.tensor([3.0, 5.0]), torch.tensor([1.0, -2.0])
    assert losses.critic_loss(real, fake).item() == -4.5
    assert losses.wasserstein_generator_loss(fake).item() == 0.5


def test_relativistic_loss_falls_as_the_better_score_rises_and_is_log_two_at_a_tie():
    tie = torch.zeros(3)
    assert losses.relativistic_loss(tie, tie).item() == pytest.approx(math.log(2))
    assert losses.relativistic_loss(tie + 2, tie).item() == pytest.approx(math.log(1 + math.exp(-2)))


@pytest.mark.parametrize("shape", [(4, 160), (4, 1, 160), (4, 3, 50), (4, 2, 5, 6)])
def test_penalty_of_a_linear_critic_is_its_slope_minus_one_squared_for_any_sample_shape(shape):
    weight = random(*shape[1:])
    penalty = losses.gradient_penalty(linear_critic(weight), random(*shape, seed=1), random(*shape, seed=2))
    assert penalty.item() == pytest.approx((weight.norm().item() - 1) ** 2, rel=1e-12)


def test_penalty_of_an_evenly_spread_unit_slope_over_time_is_zero():
    weight = torch.full((1, 160), 160**-0.5, dtype=torch.float64)  # a norm per time step would charge 0.85
    penalty = losses.gradient_penalty(linear_critic(weight), random(8, 1, 160), random(8, 1, 160, seed=1))
    assert penalty.item() == pytest.approx(0, abs=1e-20)


def test_one_sided_penalty_leaves_a_gentle_slope_alone_and_charges_a_steep_one():
    real, fake = random(4, 6), random(4, 6, seed=1)
    for slope, expected in [(0.5, 0.0), (3.0, 4.0)]:
        critic = linear_critic(torch.full((6,), slope / 6**0.5, dtype=torch.float64))
        assert losses.gradient_penalty(critic, real, fake, one_sided=True).item() == pytest.approx(expected, abs=1e-12)
    assert losses.gradient_penalty(critic, real, fake, target=3.0).item() == pytest.approx(0, abs=1e-12)


def test_penalty_of_a_quadratic_critic_is_that_of_its_slope_at_the_mixtures():
    real, fake = random(16, 2, 5), random(16, 2, 5, seed=1)
    weights = torch.rand(16, generator=torch.Generator().manual_seed(7), dtype=torch.float64)
    expected = 0.0
    for x, y, e in zip(real, fake, weights, strict=True):  # f(x) = |x|^2 / 2 has the slope |x|
        expected += ((e * x + (1 - e) * y).square().sum().sqrt().item() - 1) ** 2 / 16
    got = losses.gradient_penalty(
        lambda x: x.flatten(1).square().sum(1) / 2, real, fake, generator=torch.Generator().manual_seed(7)
    )
    assert got.item() == pytest.approx(expected, rel=1e-12)


def test_mixtures_lie_on_their_own_pair_s_segment_with_one_uniform_weight_a_sample():
    real, fake = random(4000, 1, 3), random(4000, 1, 3, seed=1)
    mixed = losses.interpolate(real, fake, generator=torch.Generator().manual_seed(0))
    weights = ((mixed - fake) / (real - fake)).flatten(1)
    torch.testing.assert_close(weights, weights[:, :1].expand_as(weights), atol=1e-6, rtol=0)
    quantiles = torch.quantile(weights[:, 0], torch.tensor([0.0, 0.25, 0.5, 0.75, 1.0], dtype=torch.float64))
    # a uniform quantile's standard error is at most 0.5 / sqrt(4000) = 0.008
    torch.testing.assert_close(quantiles, torch.linspace(0, 1, 5, dtype=torch.float64), atol=0.03, rtol=0)


def test_penalty_does_not_depend_on_how_the_samples_are_batched():
    critic, real, fake = smooth_critic(), random(6, 1, 8), random(6, 1, 8, seed=1)
    mixed = losses.interpolate(real, fake, generator=torch.Generator().manual_seed(0))
    together = losses.gradient_norms(critic, mixed)
    alone = torch.cat([losses.gradient_norms(critic, mixed[i : i + 1]) for i in range(6)])
    torch.testing.assert_close(together, alone, rtol=1e-10, atol=1e-12)


def test_changing_one_sample_changes_its_own_norm_alone():
    critic, samples = smooth_critic(), random(6, 1, 8)
    before = losses.gradient_norms(critic, samples)
    samples[2] += 1
    changed = losses.gradient_norms(critic, samples) != before
    assert changed.tolist() == [False, False, True, False, False, False]


def smooth_critic(width=5):
    torch.manual_seed(0)
    net = nn.Sequential(nn.Flatten(), nn.Linear(8, width), nn.Tanh(), nn.Linear(width, 1)).double()
    return lambda x: net(x).squeeze(1) if x is not None else net


def test_gradient_norms_equal_finite_differences_of_the_critic():
    critic, samples, h = smooth_critic(), random(3, 1, 8), 1e-5
    norms = losses.gradient_norms(critic, samples)
    for sample, norm in zip(samples, norms, strict=True):
        steps = torch.eye(8, dtype=torch.float64).view(8, 1, 8) * h
        slope = (critic(sample + steps) - critic(sample - steps)) / (2 * h)
        assert norm.item() == pytest.approx(slope.norm().item(), rel=1e-7)


def test_the_penalty_s_slope_in_every_parameter_equals_finite_differences():
    critic, real, fake = smooth_critic(), random(6, 1, 8), random(6, 1, 8, seed=1)
    net = critic(None)

    def penalty():
        return losses.gradient_penalty(critic, real, fake, generator=torch.Generator().manual_seed(3))

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
    penalty = losses.gradient_penalty(lambda x: x.square().sum(1), random(4, 6, seed=1), fake)
    assert torch.autograd.grad(penalty, fake, allow_unused=True, retain_graph=True) == (None,)


def test_a_flat_critic_has_a_penalty_of_one_and_no_nan():
    scale = torch.zeros(1, dtype=torch.float64, requires_grad=True)
    penalty = losses.gradient_penalty(lambda x: (x * scale).sum(1), random(4, 6), random(4, 6, seed=1))
    (slope,) = torch.autograd.grad(penalty, scale)
    assert penalty.item() == 1 and slope.item() == 0


def test_zero_centered_penalty_is_the_mean_squared_slope_without_a_half():
    weight = random(2, 5)
    got = losses.zero_centered_penalty(linear_critic(weight), random(4, 2, 5, seed=1))
    assert got.item() == pytest.approx(weight.square().sum().item(), rel=1e-12)


def test_smoothed_norm_is_the_steepest_rise_per_unit_of_the_sobolev_distance():
    r"""By brute force: $\max_v a\cdot v / \lVert v\rVert_S$ with $\lVert v\rVert_S^2 = |v|^2 + w^2 |\Delta v|^2$."""
    length, weight = 12, 3.0
    smoothing = losses.sobolev_smoothing(length, weight).double()
    slope = random(length)
    norm = losses.gradient_norms(linear_critic(slope), random(1, 1, length, seed=1), smoothing=smoothing).item()

    def rise(v):
        bend = v[..., 2:] - 2 * v[..., 1:-1] + v[..., :-2]
        return (v @ slope) / (v.square().sum(-1) + weight**2 * bend.square().sum(-1)).sqrt()

    assert rise(random(20_000, length, seed=2)).max().item() < norm
    best = smoothing @ smoothing @ slope  # where the Cauchy-Schwarz inequality is an equality
    assert rise(best).item() == pytest.approx(norm, rel=1e-6)


def test_no_detail_weight_leaves_the_plain_norm_and_points_have_no_detail():
    torch.testing.assert_close(losses.sobolev_smoothing(9, 0.0), torch.eye(9))
    torch.testing.assert_close(losses.sobolev_smoothing(2, 5.0), torch.eye(2))


def test_labels_reach_the_critic():
    labels = torch.tensor([1, 2, 3])
    got = losses.gradient_norms(lambda x, y: x.sum(1) * y, random(3, 4), labels=labels)
    torch.testing.assert_close(got, labels * 2.0 * torch.ones(3, dtype=torch.float64))


def test_samples_of_different_shapes_are_refused_with_both_shapes():
    with pytest.raises(ValueError, match=r"\(4, 1, 8\) and \(3, 1, 8\).*as many fakes"):
        losses.gradient_penalty(linear_critic(torch.ones(8)), torch.zeros(4, 1, 8), torch.zeros(3, 1, 8))


def test_a_critic_that_returns_a_column_is_refused_with_the_remedy():
    with pytest.raises(ValueError, match=r"shape \(4,\), got \(4, 1\).*squeeze"):
        losses.gradient_penalty(lambda x: x.sum(1, keepdim=True), torch.zeros(4, 8), torch.zeros(4, 8))


def test_clipping_projects_every_weight_and_moves_none_inside_the_limit():
    critic = nn.Linear(50, 1)
    before = [p.detach().clone() for p in critic.parameters()]
    losses.clip_weights_(critic, 0.05)
    for old, new in zip(before, critic.parameters(), strict=True):
        assert new.abs().max() <= 0.05 and torch.equal(new, old.clamp(-0.05, 0.05))
    with pytest.raises(ValueError, match="above 0, got 0"):
        losses.clip_weights_(critic, 0)
