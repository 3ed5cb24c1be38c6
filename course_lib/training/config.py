"""How to train, in one frozen object: each setting is checked when it is made, before any long work begins."""

from dataclasses import dataclass, fields
from typing import Any

from course_lib.training.objectives import OBJECTIVES, WGAN_GP, Objective

OPTIMIZERS = ("adam", "rmsprop", "adamw")
WEIGHT_DECAY = 1e-6  # of "adamw": what the course's source of images has


@dataclass(frozen=True)
class TrainingConfig:
    """How to train; the defaults are the course's best WGAN-GP recipe for signals.

    Attributes:
        objective: what critic and generator minimise: an `Objective`, or the name of one: "minimax" (the saturating
            game), "non_saturating", "wgan" (weights clipped after each critic step), "wgan_gp" (two-sided penalty
            between real and fake) or "relativistic" (paired losses with R1 and R2).
        steps: generator steps.
        batch_size: samples a batch.
        critic_steps: critic steps for each generator step.
        penalty_weight: what the penalty is multiplied by before it is added to the critic's loss.
        final_penalty_weight: what `penalty_weight` becomes by the last step, by the same factor every step. None keeps
            it as it is.
        sobolev_weight: how much fine detail counts in the distance that the penalty refers to. At 1 the signals' second
            differences count as much as their values (see `penalties.sobolev_smoothing`); 0 is plain WGAN-GP.
        clip: the largest absolute weight of a "wgan" critic.
        optimizer: "adam", "rmsprop", or "adamw": Adam that also shrinks the weights, by `WEIGHT_DECAY` times the
            learning rate a step (Loshchilov and Hutter 2019, arXiv:1711.05101).
        learning_rate: at the first step.
        critic_learning_rate: the critic's own (two time-scales: Heusel et al. 2017, arXiv:1706.08500); None is the
            same for both.
        betas: Adam's.
        linear_decay: whether the learning rate falls in a straight line to 0 at the last step.
        ema_decay: the generator that is kept is an exponential moving average of the weights, with this decay a step;
            0 keeps the last weights.
        seed: of batches, noise and mixing weights. The models are initialised by whoever makes them.
        checkpoint_every: generator steps between checkpoints, where there is a folder for them.
        read_every: generator steps between readings of the losses, which stay on the device meanwhile.

    Raises:
        ValueError: for a setting out of its range.
    """

    objective: Objective | str = WGAN_GP  # always an Objective afterwards
    steps: int = 5_000
    batch_size: int = 64
    critic_steps: int = 3
    penalty_weight: float = 10.0
    final_penalty_weight: float | None = None
    sobolev_weight: float = 1.0
    clip: float = 0.01
    optimizer: str = "adam"
    learning_rate: float = 1e-3
    critic_learning_rate: float | None = None
    betas: tuple[float, float] = (0.5, 0.9)
    linear_decay: bool = True
    ema_decay: float = 0.99
    seed: int = 0
    checkpoint_every: int = 500
    read_every: int = 25

    def __post_init__(self) -> None:
        object.__setattr__(self, "betas", tuple(self.betas))
        if not isinstance(self.objective, Objective):
            if self.objective not in OBJECTIVES:
                raise ValueError(
                    f"TrainingConfig: expected objective to be an Objective or one of {tuple(OBJECTIVES)}, got "
                    f"{self.objective!r}."
                )
            object.__setattr__(self, "objective", OBJECTIVES[self.objective])
        if self.optimizer not in OPTIMIZERS:
            raise ValueError(f"TrainingConfig: expected optimizer to be one of {OPTIMIZERS}, got {self.optimizer!r}.")
        if self.objective.unrolled_steps and self.optimizer != "adam":
            raise ValueError(f"TrainingConfig: unrolling goes through Adam's steps, got {self.optimizer!r}.")
        self._check_numbers()

    def _check_numbers(self) -> None:
        for name in ("steps", "batch_size", "critic_steps", "checkpoint_every", "read_every"):
            value = getattr(self, name)
            if not isinstance(value, int) or value < 1:
                raise ValueError(f"TrainingConfig: expected {name} to be a whole number of 1 or more, got {value!r}.")
        for name in ("learning_rate", "critic_learning_rate", "final_penalty_weight", "clip"):
            value = getattr(self, name)
            unset = value is None and name in ("critic_learning_rate", "final_penalty_weight")
            if not unset and not 0 < value < float("inf"):
                raise ValueError(f"TrainingConfig: expected {name} above 0, got {value!r}.")
        for name in ("penalty_weight", "sobolev_weight"):
            if not 0 <= getattr(self, name) < float("inf"):
                raise ValueError(f"TrainingConfig: expected {name} of 0 or more, got {getattr(self, name)!r}.")
        if self.final_penalty_weight is not None and self.penalty_weight == 0:
            raise ValueError(
                "TrainingConfig: final_penalty_weight needs a penalty_weight above 0 to start from, got 0."
            )
        for name, values in {"ema_decay": [self.ema_decay], "betas": self.betas}.items():
            if not all(0 <= value < 1 for value in values):
                raise ValueError(f"TrainingConfig: expected {name} in [0, 1), got {getattr(self, name)!r}.")

    def describe(self) -> dict[str, Any]:
        """The settings as JSON can hold them; the objective by its name."""
        settings = {field.name: getattr(self, field.name) for field in fields(self)}
        return settings | {"objective": self.objective.name, "betas": list(self.betas)}

    def penalty_weight_at(self, step: int) -> float:
        """The penalty's weight at a step, 1 to `steps`."""
        if self.final_penalty_weight is None:
            return self.penalty_weight
        return self.penalty_weight * (self.final_penalty_weight / self.penalty_weight) ** (step / self.steps)

    def learning_rates_at(self, step: int) -> tuple[float, float]:
        """The generator's and the critic's learning rate at a step, 1 to `steps`."""
        left = 1 - (step - 1) / self.steps if self.linear_decay else 1.0
        return self.learning_rate * left, (self.critic_learning_rate or self.learning_rate) * left
