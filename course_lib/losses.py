r"""What a GAN minimises, as functions of the critic's outputs.

The idea: a loss never sees a network where its outputs will do; only the penalties, which ask for slopes, take the
critic itself. Every loss here is *minimised*, so a sign is a fact of this file and of no other. Scores and logits have
shape (B,): one number a sample.

Goodfellow et al. 2014, arXiv:1406.2661 (the game); Arjovsky et al. 2017, arXiv:1701.07875 (the Wasserstein losses and
weight clipping); Gulrajani et al. 2017, arXiv:1704.00028 (the gradient penalty); Mescheder et al. 2018,
arXiv:1801.04406 (R1 and R2); Jolicoeur-Martineau 2018, arXiv:1807.00734 (relativistic pairing); Adler and Lunz 2018,
arXiv:1806.06621 (distances that count fine detail).
"""

from collections.abc import Callable

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn.functional import softplus

Critic = Callable[..., Float[Tensor, "batch"]]


def discriminator_loss(
    real_logits: Float[Tensor, "batch"], fake_logits: Float[Tensor, "batch"], *, real_label: float = 1.0
) -> Float[Tensor, ""]:
    r"""Both halves of the discriminator's cross-entropy, summed: $2\log 2$ where every logit is 0.

    $-\mathbb{E}[a\log\sigma(l_r) + (1-a)\log(1-\sigma(l_r))] - \mathbb{E}\log(1-\sigma(l_f))$ with $a$ = `real_label`
    (1, or a little less: one-sided label smoothing), through $\log\sigma(l) = -\mathrm{softplus}(-l)$, which is exact
    at any logit.

    Goodfellow et al. 2014, arXiv:1406.2661; smoothing: Salimans et al. 2016, arXiv:1606.03498.
    """
    real = real_label * softplus(-real_logits) + (1 - real_label) * softplus(real_logits)
    return real.mean() + softplus(fake_logits).mean()


def saturating_generator_loss(fake_logits: Float[Tensor, "batch"]) -> Float[Tensor, ""]:
    r"""The generator's half of the minimax game: $\mathbb{E}\log(1-\sigma(l))$, whose slope in $l$ is $-\sigma(l)$.

    Goodfellow et al. 2014, arXiv:1406.2661.
    """
    return -softplus(fake_logits).mean()


def non_saturating_generator_loss(fake_logits: Float[Tensor, "batch"]) -> Float[Tensor, ""]:
    r"""What is trained in its place: $-\mathbb{E}\log\sigma(l)$, whose slope in $l$ is $-(1-\sigma(l))$.

    Goodfellow et al. 2014, arXiv:1406.2661, section 3.
    """
    return softplus(-fake_logits).mean()


def critic_loss(real_scores: Float[Tensor, "batch"], fake_scores: Float[Tensor, "batch"]) -> Float[Tensor, ""]:
    r"""$\mathbb{E}\,D(G(z)) - \mathbb{E}\,D(x)$: its negative estimates the Wasserstein distance, up to scale.

    Arjovsky et al. 2017, arXiv:1701.07875.
    """
    return fake_scores.mean() - real_scores.mean()


def wasserstein_generator_loss(fake_scores: Float[Tensor, "batch"]) -> Float[Tensor, ""]:
    r"""$-\mathbb{E}\,D(G(z))$: the generator raises the scores of its samples.

    Arjovsky et al. 2017, arXiv:1701.07875.
    """
    return -fake_scores.mean()


def relativistic_loss(better: Float[Tensor, "batch"], worse: Float[Tensor, "batch"]) -> Float[Tensor, ""]:
    r"""$\mathbb{E}\,\mathrm{softplus}(D(\text{worse}) - D(\text{better}))$ over pairs of one real and one fake sample.

    The critic minimises it with the real scores as the better ones, the generator with the fake ones.

    Jolicoeur-Martineau 2018, arXiv:1807.00734; with R1 and R2: Huang et al. 2024, arXiv:2501.05441.
    """
    return softplus(worse - better).mean()


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
    (slopes,) = torch.autograd.grad(scores.sum(), samples, create_graph=True)
    if smoothing is not None:
        slopes = slopes @ smoothing
    return slopes.flatten(1).norm(dim=1)


def sobolev_smoothing(length: int, weight: float) -> Float[Tensor, "length length"]:
    r"""$A^{-1}$ with $A = (I + \lambda^2 \Delta^\top\Delta)^{1/2}$, $\Delta$ the second difference along time.

    If the distance of two signals is $\lVert A(x-y)\rVert$, which charges $\lambda^2$ for each squared second
    difference beside the squared values, then the slope of a critic against it is $\lVert A^{-1}\nabla D\rVert$ (the
    dual norm): a critic may be steep towards fine detail, and so sees it. $\lambda = 0$ gives the identity, and plain
    WGAN-GP.

    Adler and Lunz 2018, arXiv:1806.06621 (WGAN-GP in Sobolev norms).
    """
    difference = torch.eye(length, dtype=torch.float64).diff(n=2, dim=0)  # (L - 2, L); empty for points
    squares, vectors = torch.linalg.eigh(torch.eye(length) + weight**2 * difference.T @ difference)
    return ((vectors / squares.sqrt()) @ vectors.T).float()


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
