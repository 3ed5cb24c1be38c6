"""What the losses of a run were, and what callbacks are given."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pandas as pd
import torch
from jaxtyping import Float
from torch import Tensor, nn

from course_lib import devices
from course_lib.training import ranks
from course_lib.training.config import TrainingConfig

COLUMNS = ("critic_loss", "generator_loss", "wasserstein", "penalty", "gradient_norm")


class History:
    """What the run's losses were: one row a generator step, taken at its last critic step.

    Columns: `critic_loss` (what the critic minimised, penalty included), `generator_loss`, `wasserstein` (mean score of
    the real batch minus that of the fake one: an estimate, up to scale), `penalty` (unweighted) and `gradient_norm`
    (mean slope of the critic where the penalty was taken; NaN where the objective has none).

    Rows stay on the device until they are read: one transfer for many steps.
    """

    def __init__(self, rows: Float[np.ndarray, "steps columns"] | None = None) -> None:
        self._rows = [] if rows is None else list(np.asarray(rows, dtype=np.float32))
        self._unread: list[Tensor] = []

    def __len__(self) -> int:
        return len(self._rows) + len(self._unread)

    def add(self, row: dict[str, Tensor]) -> None:
        """One generator step: a number on the device for each of `COLUMNS`; of several processes, their mean."""
        numbers = torch.stack([row[name].detach() for name in COLUMNS])
        ranks.average_([numbers])
        self._unread.append(numbers)

    def read(self) -> None:
        """Fetch from the device what has not been read, in one transfer."""
        if self._unread:
            self._rows.extend(devices.fetch(torch.stack(self._unread).float()).numpy())
            self._unread.clear()

    def rows(self) -> Float[np.ndarray, "steps columns"]:
        """Every row, in float32, in the order of `COLUMNS`."""
        self.read()
        return np.reshape(self._rows, (-1, len(COLUMNS))).astype(np.float32)

    def last(self) -> dict[str, float]:
        """The newest row that has been read from the device; empty before the first reading."""
        return dict(zip(COLUMNS, map(float, self._rows[-1]), strict=True)) if self._rows else {}

    def to_frame(self) -> pd.DataFrame:
        """A table with a row a generator step: `step` (from 1) and the columns above."""
        frame = pd.DataFrame(self.rows(), columns=list(COLUMNS))
        frame.insert(0, "step", np.arange(1, len(frame) + 1))
        return frame


class State(NamedTuple):
    """What a callback is given after every generator step.

    `step` counts from 1; `generator` holds the raw weights, `averaged` those that will be kept.
    """

    step: int
    generator: nn.Module
    averaged: nn.Module
    critic: nn.Module
    history: History
    config: TrainingConfig


Callback = Callable[[State], None]
