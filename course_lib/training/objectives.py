"""What critic and generator minimise, each method as one object.

The idea: a method is data. An `Objective` holds the critic's loss, the generator's loss and the penalty on the critic's
slope; the loop uses what it holds and never asks what it is called. Any pair of losses can be had with any penalty:
`NON_SATURATING.with_penalty(R1)`.

Goodfellow et al. 2014, arXiv:1406.2661 (minimax, non-saturating); Arjovsky et al. 2017, arXiv:1701.07875 (WGAN);
Gulrajani et al. 2017, arXiv:1704.00028 (WGAN-GP); Jolicoeur-Martineau 2018, arXiv:1807.00734, with R1 and R2 as in
Huang et al. 2024, arXiv:2501.05441 (relativistic); Metz et al. 2017, arXiv:1611.02163 (unrolling); Salimans et al.
2016, arXiv:1606.03498 (one-sided label smoothing).
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

from torch import Tensor

from course_lib import losses
from course_lib.penalties import NO_PENALTY, R1_R2, UNIT_SLOPE, Penalty


@dataclass(frozen=True)
class Objective:
    """A method: two losses on scores, and a penalty.

    Attributes:
        name: says all that it holds, for manifests, messages and a run that goes on.
        critic_loss: (real scores, fake scores) -> what the critic minimises, without its penalty.
        generator_loss: (fake scores) -> what the generator minimises; (fake scores, real scores) if `paired`.
        penalty: on the critic's slope.
        clips: whether the critic's weights are clipped after each of its steps.
        paired: whether the generator's loss compares with real scores.
        unrolled_steps: the generator looks so many critic steps ahead; 0 for none.
        draws: whether the losses draw random numbers themselves, from torch's global stream.
    """

    name: str
    critic_loss: Callable[[Tensor, Tensor], Tensor]
    generator_loss: Callable[..., Tensor]
    penalty: Penalty = NO_PENALTY
    clips: bool = False
    paired: bool = False
    unrolled_steps: int = 0
    draws: bool = False

    def __repr__(self) -> str:
        return self.name

    def with_penalty(self, penalty: Penalty) -> "Objective":
        """The same losses with another penalty."""
        return replace(self, name=f"{self.name.split(' + ')[0]} + {penalty.name}", penalty=penalty)

    def smoothed(self, real_label: float) -> "Objective":
        """The same, but the discriminator is told `real_label` of real samples: one-sided label smoothing.

        Raises:
            ValueError: if the label is not above 0.5 and below 1, or the objective has no labels.
        """
        if not 0.5 < real_label < 1:
            raise ValueError(
                f"smoothed: expected a real_label above 0.5 and below 1, got {real_label!r}. 0.9 is usual."
            )
        if self.critic_loss is not losses.discriminator_loss:
            raise ValueError(f"smoothed: {self.name!r} has no labels to smooth; the two classic games have.")
        loss = partial(losses.discriminator_loss, real_label=real_label)
        return replace(self, name=f"{self.name}, real label {real_label:g}", critic_loss=loss)

    def with_noisy_labels(self, *, real_labels: tuple[float, float] = (1.0, 1.0), swap: float = 0.0) -> "Objective":
        """The same, but the discriminator's labels are drawn anew in every step; the generator's loss has none.

        Args:
            real_labels: least and largest label of a real sample, uniform between them.
            swap: the probability that a batch's real and fake labels change places.

        Raises:
            ValueError: if a label is not above 0.5 and at most 1, swap is not from 0 to below 0.5, or the objective has
                no labels.
        """
        low, high = real_labels
        if not 0.5 < low <= high <= 1 or not 0 <= swap < 0.5:
            raise ValueError(
                "with_noisy_labels: expected real_labels above 0.5 and at most 1, the least first, and swap from 0 to "
                f"below 0.5, got {real_labels!r} and {swap!r}. (0.9, 1.0) and 0.05 are usual."
            )
        if self.critic_loss is not losses.discriminator_loss:
            raise ValueError(f"with_noisy_labels: {self.name!r} has no labels; the two classic games have.")
        loss = partial(losses.noisy_discriminator_loss, real_labels=(low, high), swap=swap)
        name = f"{self.name}, real labels {low:g} to {high:g}, swapped {swap:g}"
        return replace(self, name=name, critic_loss=loss, draws=True)

    def unrolled(self, steps: int) -> "Objective":
        """The same, but the generator looks `steps` discriminator steps ahead (Unrolled GAN).

        Raises:
            ValueError: if `steps` is not a whole number of 1 or more, or there is a penalty or a clipped critic.
        """
        if not isinstance(steps, int) or steps < 1:
            raise ValueError(f"unrolled: expected steps as a whole number of 1 or more, got {steps!r}.")
        if self.penalty is not NO_PENALTY or self.clips or self.paired:
            raise ValueError(f"unrolled: {self.name!r} has a penalty, a clipped critic or pairs; unroll a plain game.")
        return replace(self, name=f"{self.name}, unrolled {steps}", unrolled_steps=steps)


MINIMAX = Objective("minimax", losses.discriminator_loss, losses.saturating_generator_loss)
NON_SATURATING = Objective("non_saturating", losses.discriminator_loss, losses.non_saturating_generator_loss)
WGAN = Objective("wgan", losses.critic_loss, losses.wasserstein_generator_loss, clips=True)
WGAN_GP = Objective("wgan_gp", losses.critic_loss, losses.wasserstein_generator_loss, UNIT_SLOPE)
RELATIVISTIC = Objective("relativistic", losses.relativistic_loss, losses.relativistic_loss, R1_R2, paired=True)

OBJECTIVES = {method.name: method for method in (MINIMAX, NON_SATURATING, WGAN, WGAN_GP, RELATIVISTIC)}
