r"""What is charged for the critic's slope, and how weights are clipped.

The idea: a penalty asks where a slope is taken and what is charged for it. WGAN-GP takes it between a real and a fake
sample and asks for 1; R1 and R2 take it at the real and at the fake samples and ask for 0. A norm is *one number a
sample*: over everything but the batch, whatever a sample's shape.

Gulrajani et al. 2017, arXiv:1704.00028 (the gradient penalty); Mescheder et al. 2018, arXiv:1801.04406 (R1 and R2);
Arjovsky et al. 2017, arXiv:1701.07875 (weight clipping); Adler and Lunz 2018, arXiv:1806.06621 (WGAN-GP in Sobolev
norms).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from jaxtyping import Float, Int
from scipy.linalg import cholesky_banded, solve_banded
from torch import Tensor, nn

Critic = Callable[..., Float[Tensor, "batch"]]


def interpolate(
    real: Float[Tensor, "..."], fake: Float[Tensor, "..."], *, generator: torch.Generator | None = None
) -> Float[Tensor, "..."]:
    r"""$\hat x = \epsilon x + (1-\epsilon) G(z)$ with one $\epsilon \sim U[0,1]$ for each sample; shape (B, ...).

    Raises:
        ValueError: if `real` and `fake` differ in shape, or have no batch axis.
    """
    if real.shape != fake.shape or real.ndim < 2:
        raise ValueError(
            f"gradient_penalty: expected real and fake samples of one shape (B, ...), got {tuple(real.shape)} and "
            f"{tuple(fake.shape)}. Draw as many fakes as there are real samples in the batch."
        )
    device = generator.device if generator is not None else real.device
    weight = torch.rand(len(real), generator=generator, device=device, dtype=real.dtype).to(real.device)
    weight = weight.view(-1, *[1] * (real.ndim - 1))  # (B, 1, ..., 1): one weight a sample, not one a value
    return weight * real.detach() + (1 - weight) * fake.detach()


def gradient_norms(
    critic: Critic,
    samples: Float[Tensor, "..."],
    *,
    labels: Int[Tensor, "batch"] | None = None,
    smoothing: Float[Tensor, "length length"] | None = None,
) -> Float[Tensor, "batch"]:
    r"""$\lVert\nabla_x D(x)\rVert_2$ at each sample: over everything but the batch, differentiable in the critic.

    The subgradient of the norm at 0 is 0, so a flat critic gives no NaN. With `smoothing` (see `sobolev_smoothing`),
    slopes are measured against distances that count fine detail.

    Raises:
        ValueError: if the critic does not return one score a sample.
    """
    samples = samples.detach().requires_grad_(True)
    return slopes_at(samples, critic(samples) if labels is None else critic(samples, labels), smoothing=smoothing)


def slopes_at(
    samples: Float[Tensor, "..."],
    scores: Float[Tensor, "..."],
    *,
    smoothing: Float[Tensor, "length length"] | None = None,
) -> Float[Tensor, "batch"]:
    """`gradient_norms` of scores (B,) that the critic has already given `samples` (B, ...), which require a gradient.

    Raises:
        ValueError: if there is not one score a sample.
    """
    if scores.shape != (len(samples),):
        raise ValueError(
            f"gradient_norms: expected one score a sample, shape ({len(samples)},), got {tuple(scores.shape)}. "
            "End the critic with .squeeze(-1)."
        )
    (gradients,) = torch.autograd.grad(scores.sum(), samples, create_graph=True)
    return _norms(gradients, smoothing)


def _norms(gradients: Float[Tensor, "..."], smoothing: Float[Tensor, "length length"] | None) -> Float[Tensor, "n"]:
    """One norm a sample, over everything but the batch."""
    if smoothing is not None:
        gradients = gradients @ smoothing
    return gradients.flatten(1).norm(dim=1)


def sobolev_smoothing(length: int, weight: float) -> Float[Tensor, "length length"]:
    r"""What slopes are multiplied by, along time, so that fine detail counts.

    $S$ with $\lVert gS\rVert^2 = g^\top (I + \lambda^2 \Delta^\top\Delta)^{-1} g$, $\Delta$ the second difference along
    time and $\lambda$ = `weight`. If the distance of two signals charges $\lambda^2$ for each squared second difference
    beside the squared values, then $\lVert \nabla D\,S\rVert$ is the slope of a critic against it (the dual norm): a
    critic may be steep towards fine detail, and so sees it. $\lambda = 0$ gives the identity, and plain WGAN-GP.

    $S = C^{-\top}$ with the banded Cholesky factor $CC^\top$ of the matrix in brackets: any square root gives the same
    norms, and this one takes 4 L^2 operations.

    Adler and Lunz 2018, arXiv:1806.06621.
    """
    bands = np.zeros((3, length))  # of the matrix, below its diagonal
    bands[0] = 1.0
    for first in range(length - 2):  # each second difference adds the products of (1, -2, 1) with itself
        bands[0, first : first + 3] += weight**2 * np.array([1.0, 4.0, 1.0])
        bands[1, first : first + 2] -= weight**2 * 2.0
        bands[2, first] += weight**2
    factor = cholesky_banded(bands, lower=True)
    inverse = solve_banded((2, 0), factor, np.eye(length))  # C^-1
    return torch.from_numpy(inverse.T.astype(np.float32))


def relative_to_roughness(values: Float[Tensor, "..."], weight: float) -> float:
    r"""`weight` over the root mean square second difference of signals (N, C, L); 0 for points, which have none.

    With this as $\lambda$, the signals' second differences count `weight` times as much as their values of size 1.
    """
    if not weight or values.shape[-1] <= 2:
        return 0.0
    roughness = float(values.diff(n=2, dim=-1).square().mean().sqrt())
    return weight / roughness if roughness else 0.0


def unit_slope_penalty(
    norms: Float[Tensor, "batch"], *, target: float = 1.0, one_sided: bool = False
) -> Float[Tensor, ""]:
    r"""$\mathbb{E}\,(\lVert\nabla D\rVert - t)^2$, or, one-sided, $\mathbb{E}\max(0, \lVert\nabla D\rVert - t)^2$."""
    excess = norms - target
    return (excess.clamp(min=0) if one_sided else excess).square().mean()


def gradient_penalty(
    critic: Critic,
    real: Float[Tensor, "..."],
    fake: Float[Tensor, "..."],
    *,
    target: float = 1.0,
    one_sided: bool = False,
    generator: torch.Generator | None = None,
    labels: Int[Tensor, "batch"] | None = None,
) -> Float[Tensor, ""]:
    r"""Mean squared distance of the critic's slope from 1 between real and fake samples.

    $\mathbb{E}_{\hat x}\,(\lVert\nabla_{\hat x} D(\hat x)\rVert_2 - t)^2$, $\hat x = \epsilon x + (1-\epsilon) G(z)$,
    one $\epsilon \sim U[0,1]$ for each sample, the norm over everything but the batch. Samples of any one shape
    (B, ...). Unweighted; differentiable in the critic's parameters, not in the generator's.

    Args:
        target: the slope $t$ asked for.
        one_sided: charge only slopes above the target.
        generator: where the mixing weights are drawn from.
        labels: passed to the critic, shape (B,).

    Raises:
        ValueError: if `real` and `fake` differ in shape, or the critic does not return one score a sample.

    Gulrajani et al. 2017, arXiv:1704.00028, equation 3.
    """
    mixtures = interpolate(real, fake, generator=generator)
    return unit_slope_penalty(gradient_norms(critic, mixtures, labels=labels), target=target, one_sided=one_sided)


def zero_centered_penalty(
    critic: Critic, samples: Float[Tensor, "..."], *, labels: Int[Tensor, "batch"] | None = None
) -> Float[Tensor, ""]:
    r"""$\mathbb{E}\,\lVert\nabla_x D(x)\rVert_2^2$, no 1/2: R1 on real samples, R2 on fake ones.

    Mescheder et al. 2018, arXiv:1801.04406.
    """
    return gradient_norms(critic, samples, labels=labels).square().mean()


@torch.no_grad()
def clip_weights_(critic: nn.Module, limit: float) -> None:
    r"""Project every parameter onto $[-c, c]$, in place: after the optimiser's step, not before.

    Nothing is added to the loss; this is *weight* clipping, not gradient clipping.

    Raises:
        ValueError: if `limit` is not above 0.

    Arjovsky et al. 2017, arXiv:1701.07875, algorithm 1.
    """
    if not limit > 0:
        raise ValueError(f"clip_weights_: expected a limit above 0, got {limit}.")
    for parameter in critic.parameters():
        parameter.clamp_(-limit, limit)


# --------------------------------------------------------------------------------- penalties as an objective holds them


@dataclass(frozen=True)
class Penalty:
    """Where the critic's slope is taken, and what is charged for it.

    Attributes:
        name: as manifests and messages have it.
        place: "between" a real and a fake sample, at the "real" samples, at the "fake" ones, at "both", or "nowhere".
        charge: slopes (n,) -> what the critic's loss is charged, before any weight.
    """

    name: str
    place: Literal["between", "real", "fake", "both", "nowhere"]
    charge: Callable[[Float[Tensor, "n"]], Float[Tensor, ""]]

    def __repr__(self) -> str:
        return self.name


def _mean_square(slopes: Float[Tensor, "n"]) -> Float[Tensor, ""]:
    return slopes.square().mean()


def _sum_of_both_mean_squares(slopes: Float[Tensor, "n"]) -> Float[Tensor, ""]:
    return 2 * slopes.square().mean()  # n = 2 B: half of them at real samples, half at fake ones


def _nothing(slopes: Float[Tensor, "n"]) -> Float[Tensor, ""]:
    return torch.zeros((), device=slopes.device)


UNIT_SLOPE = Penalty("unit_slope", "between", unit_slope_penalty)
R1 = Penalty("r1", "real", _mean_square)
R2 = Penalty("r2", "fake", _mean_square)
R1_R2 = Penalty("r1_r2", "both", _sum_of_both_mean_squares)
NO_PENALTY = Penalty("none", "nowhere", _nothing)


def slopes_at_samples(
    place: str,
    real: Float[Tensor, "..."],
    fake: Float[Tensor, "..."],
    real_scores: Float[Tensor, "batch"],
    fake_scores: Float[Tensor, "batch"],
    *,
    smoothing: Float[Tensor, "length length"] | None = None,
) -> Float[Tensor, "n"]:
    """The slopes of scores that the critic has already given, at the samples that `place` names; one NaN "nowhere".

    Both sets of samples require a gradient, so that no second pass is needed.
    """
    if place == "nowhere":
        return torch.full((1,), torch.nan, device=real_scores.device)
    if place == "both":
        gradients = torch.autograd.grad(real_scores.sum() + fake_scores.sum(), [real, fake], create_graph=True)
        return _norms(torch.cat(gradients), smoothing)
    samples, scores = (real, real_scores) if place == "real" else (fake, fake_scores)
    return slopes_at(samples, scores, smoothing=smoothing)
