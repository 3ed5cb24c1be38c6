r"""What a GAN minimises, as functions of the critic's outputs.

The idea: a loss never sees a network, only its scores or logits, of shape (B,): one number a sample. Every loss here is
*minimised*, and this is the only place where signs are chosen. What asks for the critic's slopes is in `penalties`.

Goodfellow et al. 2014, arXiv:1406.2661 (the game); Arjovsky et al. 2017, arXiv:1701.07875 (the Wasserstein losses);
Jolicoeur-Martineau 2018, arXiv:1807.00734 (relativistic pairing).
"""

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn.functional import softplus


def discriminator_loss(
    real_logits: Float[Tensor, "batch"],
    fake_logits: Float[Tensor, "batch"],
    *,
    real_label: float | Float[Tensor, "batch"] = 1.0,
) -> Float[Tensor, ""]:
    r"""Both halves of the discriminator's cross-entropy, summed: $2\log 2$ where every logit is 0.

    $-\mathbb{E}[a\log\sigma(l_r) + (1-a)\log(1-\sigma(l_r))] - \mathbb{E}\log(1-\sigma(l_f))$ with $a$ = `real_label`
    (1, or a little less: one-sided label smoothing; one for all, or one each), through
    $\log\sigma(l) = -\mathrm{softplus}(-l)$, which is exact at any logit.

    Goodfellow et al. 2014, arXiv:1406.2661; smoothing: Salimans et al. 2016, arXiv:1606.03498.
    """
    real = real_label * softplus(-real_logits) + (1 - real_label) * softplus(real_logits)
    return real.mean() + softplus(fake_logits).mean()


def noisy_discriminator_loss(
    real_logits: Float[Tensor, "batch"],
    fake_logits: Float[Tensor, "batch"],
    *,
    real_labels: tuple[float, float],
    swap: float,
) -> Float[Tensor, ""]:
    r"""`discriminator_loss` with labels drawn anew: $a \sim U$[`real_labels`] for each sample that is called real.

    With the probability `swap` the whole batch is told wrongly: the fake samples are called real and the real ones
    fake. The loss is linear in its labels, so its mean over the draws is that of the labels' means. Draws from torch's
    global stream.

    Chintala et al. 2016, "How to train a GAN?", tip 6.
    """
    low, high = real_labels
    swapped = torch.rand((), device=real_logits.device) < swap
    called_real = torch.where(swapped, fake_logits, real_logits)
    called_fake = torch.where(swapped, real_logits, fake_logits)
    return discriminator_loss(called_real, called_fake, real_label=low + (high - low) * torch.rand_like(called_real))


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
