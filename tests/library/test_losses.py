"""The losses against closed forms, finite differences in float64 and brute-force loops."""

import math

import pytest
import torch

from course_lib import losses


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
