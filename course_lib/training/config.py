"""How to train, in one frozen object, and the recipes that the course trains with.

Each setting is checked when it is made, so that a wrong one is named before any long work begins.
"""

from dataclasses import dataclass, replace

import torch

from course_lib import models
from course_lib.data import SignalDataset
from course_lib.training.objectives import detail_weight

OBJECTIVES = ("minimax", "non_saturating", "wgan", "wgan_gp", "relativistic")
PENALTIES = ("unit_slope", "r1", "r2", "r1_r2", "none")


@dataclass(frozen=True)
class TrainingConfig:
    """How to train; the defaults are the course's best WGAN-GP recipe for signals.

    Attributes:
        objective: what critic and generator minimise. "minimax" (the saturating game), "non_saturating", "wgan"
            (weights clipped after each critic step), "wgan_gp" (two-sided penalty between real and fake) or
            "relativistic" (paired losses with R1 and R2).
        penalty: what is charged for the critic's slope: "unit_slope" (between real and fake), "r1" (on real samples),
            "r2" (on fake ones), "r1_r2", or "none". None is the objective's own: "unit_slope" for "wgan_gp", "r1_r2"
            for "relativistic", "none" for the others.
        steps: generator steps.
        batch_size: samples a batch.
        critic_steps: critic steps for each generator step.
        penalty_weight: what the penalty is multiplied by before it is added to the critic's loss.
        final_penalty_weight: what `penalty_weight` becomes by the last step, by the same factor every step. None keeps
            it as it is.
        detail: how much fine detail counts in the distance that the penalty refers to. At 1 the signals' second
            differences count as much as their values (see `losses.sobolev_smoothing`); 0 is plain WGAN-GP.
        real_label: what the discriminator of "minimax" and "non_saturating" is told of real samples; below 1 it is
            one-sided label smoothing.
        unrolled_steps: the generator of "minimax" and "non_saturating" looks this many discriminator steps ahead
            (Unrolled GAN); 0 for none.
        clip: the largest absolute weight of a "wgan" critic.
        optimizer: "adam" or "rmsprop".
        learning_rate: at the first step.
        critic_learning_rate: the critic's own (two time-scales: Heusel et al. 2017, arXiv:1706.08500); None is the
            same for both.
        betas: Adam's.
        decay: whether the learning rate falls in a straight line to 0 at the last step.
        averaging: the generator that is kept is a moving average of the weights, with this decay a step; 0 keeps the
            last weights.
        seed: of batches, noise and mixing weights. The models are initialised by whoever makes them.
        checkpoint_every: generator steps between checkpoints, where there is a folder for them.
        read_every: generator steps between readings of the losses, which stay on the device meanwhile.

    Raises:
        ValueError: for a setting out of its range.
    """

    objective: str = "wgan_gp"
    penalty: str | None = None
    steps: int = 5_000
    batch_size: int = 64
    critic_steps: int = 3
    penalty_weight: float = 10.0
    final_penalty_weight: float | None = None
    detail: float = 1.0
    real_label: float = 1.0
    unrolled_steps: int = 0
    clip: float = 0.01
    optimizer: str = "adam"
    learning_rate: float = 1e-3
    critic_learning_rate: float | None = None
    betas: tuple[float, float] = (0.5, 0.9)
    decay: bool = True
    averaging: float = 0.99
    seed: int = 0
    checkpoint_every: int = 500
    read_every: int = 25

    def __post_init__(self) -> None:
        object.__setattr__(self, "betas", tuple(self.betas))
        choices = {
            "objective": OBJECTIVES,
            "penalty": (None, *PENALTIES),
            "optimizer": ("adam", "rmsprop"),
        }
        for name, allowed in choices.items():
            if getattr(self, name) not in allowed:
                raise ValueError(
                    f"TrainingConfig: expected {name} to be one of {allowed}, got {getattr(self, name)!r}."
                )
        for name in ("steps", "batch_size", "critic_steps", "checkpoint_every", "read_every"):
            value = getattr(self, name)
            if not isinstance(value, int) or value < 1:
                raise ValueError(f"TrainingConfig: expected {name} to be a whole number of 1 or more, got {value!r}.")
        if not isinstance(self.unrolled_steps, int) or self.unrolled_steps < 0:
            raise ValueError(
                f"TrainingConfig: expected unrolled_steps as a whole number of 0 or more, got {self.unrolled_steps!r}."
            )
        if not 0.5 < self.real_label <= 1:
            raise ValueError(
                f"TrainingConfig: expected real_label above 0.5 and up to 1, got {self.real_label!r}. 0.9 is usual."
            )
        classic = self.objective in ("minimax", "non_saturating")
        if self.real_label != 1 and not classic:
            raise ValueError(f"TrainingConfig: {self.objective!r} has no labels to smooth. Leave real_label at 1.")
        if self.unrolled_steps and not (classic and self.own_penalty == "none" and self.optimizer == "adam"):
            raise ValueError(
                "TrainingConfig: unrolled_steps needs objective 'minimax' or 'non_saturating', no penalty, and Adam; "
                f"got {self.objective!r}, penalty {self.own_penalty!r}, {self.optimizer!r}."
            )
        for name in ("learning_rate", "critic_learning_rate", "final_penalty_weight", "clip"):
            value = getattr(self, name)
            unset = value is None and name in ("critic_learning_rate", "final_penalty_weight")
            if not unset and not 0 < value < float("inf"):
                raise ValueError(f"TrainingConfig: expected {name} above 0, got {value!r}.")
        if self.final_penalty_weight is not None and self.penalty_weight == 0:
            raise ValueError(
                "TrainingConfig: final_penalty_weight needs a penalty_weight above 0 to start from, got 0."
            )
        for name in ("penalty_weight", "detail"):
            if not 0 <= getattr(self, name) < float("inf"):
                raise ValueError(f"TrainingConfig: expected {name} of 0 or more, got {getattr(self, name)!r}.")
        for name, values in {"averaging": [self.averaging], "betas": self.betas}.items():
            if not all(0 <= value < 1 for value in values):
                raise ValueError(f"TrainingConfig: expected {name} in [0, 1), got {getattr(self, name)!r}.")

    @property
    def own_penalty(self) -> str:
        """`penalty`, or the objective's own where that is None."""
        return self.penalty or {"wgan_gp": "unit_slope", "relativistic": "r1_r2"}.get(self.objective, "none")

    def penalty_weight_at(self, step: int) -> float:
        """The penalty's weight at a step, 1 to `steps`."""
        if self.final_penalty_weight is None:
            return self.penalty_weight
        return self.penalty_weight * (self.final_penalty_weight / self.penalty_weight) ** (step / self.steps)


@dataclass(frozen=True)
class Recipe:
    """A config and the nets that it was found with.

    Attributes:
        config: how to train.
        nets: "linear" or "transposed" (see `course_lib.models`).
        dim: the nets' width.
        latent_dim: numbers of noise a signal.
    """

    config: TrainingConfig = TrainingConfig()
    nets: str = "linear"
    dim: int = 32
    latent_dim: int = 128

    def with_config(self, **changes) -> "Recipe":
        """The same recipe with some settings of its config changed."""
        return replace(self, config=replace(self.config, **changes))

    def build(
        self, dataset: SignalDataset, *, conditional: bool = False, seed: int = 0
    ) -> tuple[models.SignalGenerator, models.SignalCritic]:
        """A generator and a critic for the dataset's shape (and classes), initialised from `seed` alone."""
        n_classes = dataset.n_classes if conditional else None
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            shape = dict(length=dataset.length, channels=dataset.channels, dim=self.dim, n_classes=n_classes)
            generator = models.SignalGenerator(**shape, latent_dim=self.latent_dim, nets=self.nets)
            detail = DETAIL_SEEN * detail_weight(dataset.values, self.config.detail)
            return generator, models.SignalCritic(**shape, nets=self.nets, detail=detail)


# The settings of the article that the course grew from: mirror nets, DIM 64, batch 64, five critic steps, penalty 10,
# 10,000 generator steps. It does not state Adam's; these are the WGAN-GP paper's. Neither decay nor averaging.
SOURCE_RECIPE = Recipe(
    TrainingConfig(
        steps=10_000,
        batch_size=64,
        critic_steps=5,
        penalty_weight=10.0,
        detail=0.0,
        learning_rate=1e-4,
        betas=(0.5, 0.9),
        decay=False,
        averaging=0.0,
    ),
    nets="transposed",
    dim=64,
)


DETAIL_SEEN = 0.5  # how loud the second differences are in the critic's input, beside signals of size 1, at detail=1

# What notebook 08 trains live, in under a minute on one CPU core: narrower nets, a tenth of the steps.
QUICK_RECIPE = Recipe(TrainingConfig(steps=600), dim=16)
