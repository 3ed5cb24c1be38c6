"""What is said of a run whose losses run away or are no longer numbers: the cause that is there, not the usual one.

The idea: the numbers say where it began. A slope that is not a number beside sound scores is a square root at 0; losses
that grew for a while ran away; data of an odd scale is blamed only where its scale is odd.
"""

import numpy as np
from jaxtyping import Float
from numpy import ndarray
from torch import Tensor

from course_lib.training.config import TrainingConfig
from course_lib.training.history import COLUMNS

RUNAWAY = 1e5  # a loss beyond this, on data of size 1, has run away
ODD_SCALE = (0.02, 50.0)  # standard deviations outside are not those of scaled data


class TrainingDiverged(FloatingPointError):
    """A loss or a weight is no longer a number; the message names the step, the losses and the likely cause."""


def odd_scale(values: Tensor | None) -> str | None:
    """What is odd about the scale of training signals (N, C, L); None if nothing is, or there are none."""
    if values is None:
        return None
    std, mean = float(values.std(correction=0)), float(values.mean())
    if not ODD_SCALE[0] <= std <= ODD_SCALE[1]:
        return f"the signals have a standard deviation of {std:.3g}, and the nets are made for about 1"
    if abs(mean) > ODD_SCALE[1] * std:
        return f"the signals lie around {mean:.3g} with a standard deviation of {std:.3g}, and the nets expect about 0"
    return None


def grown_losses(rows: Float[ndarray, "steps columns"], config: TrainingConfig, values: Tensor | None) -> str | None:
    """A warning about losses that have run away, with the likely cause; None where they have not."""
    losses = np.abs(rows[:, :2]).max(axis=1, initial=0.0)
    if not (losses > RUNAWAY).any():
        return None
    first = int((losses > RUNAWAY).argmax())
    return (
        f"train: the losses have grown to {losses[first:].max():.2g} (beyond {RUNAWAY:g} since step {first + 1}). "
        f"Likely cause: {_cause_of_growth(config, values)}."
    )


def why_it_diverged(
    rows: Float[ndarray, "steps columns"],
    bad: ndarray,
    broken: list[str],
    config: TrainingConfig,
    values: Tensor | None,
    *,
    slope_broke_first: bool = False,
) -> str:
    """The whole message of `TrainingDiverged`.

    Args:
        rows: the history.
        bad: (steps,) whether a row's losses are not all finite.
        broken: the models that hold a weight that is not a number.
        values: the training signals, where there are any.
        slope_broke_first: whether the critic's slope was no number while its scores still were.
    """
    first = int(bad.argmax()) if bad.any() else len(rows)  # index of the first bad row; else: after the last one
    shown = dict(zip(COLUMNS, rows[min(first, len(rows) - 1)] if len(rows) else [], strict=False))
    numbers = ", ".join(f"{name} {value:.3g}" for name, value in shown.items())
    where = f"in the weights of the {' and the '.join(broken)} after step {first}" if not bad.any() else "in the losses"
    before = np.abs(rows[max(0, first - config.read_every) : first, :3])
    if slope_broke_first:
        cause = (
            "the critic's scores are numbers and its slope is not: somewhere in the critic a square root, a norm or a "
            "division stands at 0, where its slope is infinite (sqrt(sum of squares) is such a one). Add a small "
            "number inside the root, or use torch.linalg.vector_norm"
        )
    elif (config.penalty_weight == 0 or config.objective.penalty.place == "nowhere") and not config.objective.clips:
        held = "penalty_weight is 0" if config.penalty_weight == 0 else f"{config.objective.name!r} has no penalty"
        cause = f"{held}, so nothing holds the critic's slope, and the learning rate is {config.learning_rate:g}"
        cause += ". Set penalty_weight to 10" if config.penalty_weight == 0 else ". Lower it, or add a penalty"
    elif before.size and before.max() > 1e4:
        cause = f"the losses had grown to {before.max():.2g} before: {_cause_of_growth(config, values)}"
    else:
        cause = _cause_of_growth(config, values)
    return (
        f"train: not a number {where}, first at step {min(first + 1, max(len(rows), 1))} of {config.steps} "
        f"({numbers}). Likely cause: {cause}. The generator holds the last sound averaged weights; no such weight was "
        "saved."
    )


def _cause_of_growth(config: TrainingConfig, values: Tensor | None) -> str:
    if scale := odd_scale(values):
        return f"{scale}. Scale them first: Scaler.fit(train).transform(train)"
    rate = max(config.learning_rate, config.critic_learning_rate or 0.0)
    if rate > 0.02:
        return f"a learning rate of {rate:g}, which is large: 1e-4 to 3e-3 are usual"
    return (
        f"the critic ran away: lower the learning rate (now {rate:g}), raise penalty_weight (now "
        f"{config.penalty_weight:g}), and look for BatchNorm in the critic"
    )
