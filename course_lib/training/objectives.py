"""What the critic and the generator minimise: the one place where the methods differ.

The idea: two losses and a penalty. Every objective is a pair of losses on scores; the penalty on the critic's slope is
chosen apart from it, so any pair can be tried with any penalty.
"""

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from course_lib import losses

if TYPE_CHECKING:
    from course_lib.training.config import TrainingConfig


def critic_objective(
    config: "TrainingConfig",
    critic: losses.Critic,
    real: Tensor,
    fake: Tensor,
    labels: tuple[Tensor, ...],
    mixing: torch.Generator,
    smoothing: Tensor | None = None,
    weight: float | None = None,
) -> tuple[Tensor, dict[str, Tensor]]:
    """What the critic minimises, and its parts for the history: wasserstein, penalty, gradient_norm.

    `weight` is the penalty's; None takes the config's first.
    """
    if config.own_penalty == "r1_r2":  # slopes are asked for where the scores are, so one pass over both gives all
        both = torch.cat([real, fake]).detach().requires_grad_(True)
        scores = critic(both, *(torch.cat([own, own]) for own in labels))
        norms = losses.slopes_at(both, scores, smoothing=smoothing)
        real_scores, fake_scores = scores.chunk(2)
        penalty = 2 * norms.square().mean()  # the sum of R1 and R2
    else:
        real_scores, fake_scores = critic(real, *labels), critic(fake, *labels)
        penalty, norms = slope_penalty(config.own_penalty, critic, real, fake, labels, mixing, smoothing)
    row = {
        "wasserstein": real_scores.mean() - fake_scores.mean(),
        "penalty": penalty,
        "gradient_norm": norms.mean(),
    }
    weight = config.penalty_weight if weight is None else weight
    return critic_loss_on_scores(config, real_scores, fake_scores) + weight * penalty, row


def critic_loss_on_scores(config: "TrainingConfig", real_scores: Tensor, fake_scores: Tensor) -> Tensor:
    """The critic's loss without its penalty."""
    if config.objective in ("minimax", "non_saturating"):
        return losses.discriminator_loss(real_scores, fake_scores, real_label=config.real_label)
    if config.objective == "relativistic":
        return losses.relativistic_loss(real_scores, fake_scores)
    return losses.critic_loss(real_scores, fake_scores)


def slope_penalty(
    penalty: str,
    critic: losses.Critic,
    real: Tensor,
    fake: Tensor,
    labels: tuple[Tensor, ...],
    mixing: torch.Generator,
    smoothing: Tensor | None,
) -> tuple[Tensor, Tensor]:
    """The unweighted penalty, and the slopes (of any number of samples) that it was taken of; NaN where none were."""
    given = labels[0] if labels else None
    if penalty == "none":
        return torch.zeros((), device=real.device), torch.full((1,), torch.nan, device=real.device)
    if penalty == "unit_slope":
        mixtures = losses.interpolate(real, fake, generator=mixing)
        norms = losses.gradient_norms(critic, mixtures, labels=given, smoothing=smoothing)
        return losses.unit_slope_penalty(norms), norms
    samples = {"r1": real, "r2": fake}[penalty]
    norms = losses.gradient_norms(critic, samples, labels=given, smoothing=smoothing)
    return norms.square().mean(), norms


def generator_objective(
    config: "TrainingConfig", critic: losses.Critic, real: Tensor, fake: Tensor, labels: tuple[Tensor, ...]
) -> Tensor:
    """What the generator minimises."""
    fake_scores = critic(fake, *labels)
    if config.objective == "minimax":
        return losses.saturating_generator_loss(fake_scores)
    if config.objective == "non_saturating":
        return losses.non_saturating_generator_loss(fake_scores)
    if config.objective == "relativistic":
        return losses.relativistic_loss(fake_scores, critic(real, *labels))
    return losses.wasserstein_generator_loss(fake_scores)


def detail_weight(values: Tensor, detail: float) -> float:
    """`detail` over the root mean square second difference of the signals; 0 for points, which have none."""
    roughness = float(values.diff(n=2, dim=-1).square().mean().sqrt()) if values.shape[-1] > 2 else 0.0
    return detail / roughness if roughness else 0.0


def detail_smoothing(values: Tensor, detail: float) -> Tensor | None:
    """What `losses.gradient_norms` takes as `smoothing`; None for plain slopes."""
    weight = detail_weight(values, detail)
    return losses.sobolev_smoothing(values.shape[-1], weight).to(values) if weight else None
