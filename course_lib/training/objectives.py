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

ZERO_CENTERED = {"r1": ("real",), "r2": ("fake",), "r1_r2": ("real", "fake")}  # of whose slopes


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
    if config.own_penalty in ZERO_CENTERED:  # their slopes are asked for where the scores are: one pass gives both
        real, fake = real.detach().requires_grad_(True), fake.detach().requires_grad_(True)
    scores = {"real": critic(real, *labels), "fake": critic(fake, *labels)}
    norms = slope_norms(config.own_penalty, critic, {"real": real, "fake": fake}, scores, labels, mixing, smoothing)
    penalty = slope_penalty(config.own_penalty, norms)
    row = {
        "wasserstein": scores["real"].mean() - scores["fake"].mean(),
        "penalty": penalty,
        "gradient_norm": norms.mean(),
    }
    weight = config.penalty_weight if weight is None else weight
    return critic_loss_on_scores(config, scores["real"], scores["fake"]) + weight * penalty, row


def critic_loss_on_scores(config: "TrainingConfig", real_scores: Tensor, fake_scores: Tensor) -> Tensor:
    """The critic's loss without its penalty."""
    if config.objective in ("minimax", "non_saturating"):
        return losses.discriminator_loss(real_scores, fake_scores, real_label=config.real_label)
    if config.objective == "relativistic":
        return losses.relativistic_loss(real_scores, fake_scores)
    return losses.critic_loss(real_scores, fake_scores)


def slope_norms(
    penalty: str,
    critic: losses.Critic,
    samples: dict[str, Tensor],
    scores: dict[str, Tensor],
    labels: tuple[Tensor, ...],
    mixing: torch.Generator,
    smoothing: Tensor | None,
) -> Tensor:
    """The slopes that a penalty asks for, of any number of samples; NaN where it asks for none."""
    if penalty == "none":
        return torch.full((1,), torch.nan, device=samples["real"].device)
    if penalty == "unit_slope":
        mixtures = losses.interpolate(samples["real"], samples["fake"], generator=mixing)
        return losses.gradient_norms(critic, mixtures, labels=labels[0] if labels else None, smoothing=smoothing)
    where = ZERO_CENTERED[penalty]
    return torch.cat([losses.slopes_at(samples[k], scores[k], smoothing=smoothing) for k in where])


def slope_penalty(penalty: str, norms: Tensor) -> Tensor:
    """The unweighted penalty on these slopes."""
    if penalty == "none":
        return torch.zeros((), device=norms.device)
    if penalty == "unit_slope":
        return losses.unit_slope_penalty(norms)
    return len(ZERO_CENTERED[penalty]) * norms.square().mean()  # of both: the sum of R1 and R2


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
