"""Signals that never change: scaling one by its own range or spread is 0/0, so a loader counts them and says so."""

from collections.abc import Sequence

from jaxtyping import Int
from torch import Tensor

from course_lib.data.dataset import SignalDataset


def constant_signals(dataset: SignalDataset) -> Int[Tensor, "C"]:
    """In each channel, how many signals never change: there, scaling a signal by its own range or spread is 0/0."""
    return (dataset.values.amax(2) == dataset.values.amin(2)).sum(0)


def constant_notes(dataset: SignalDataset, channels: Sequence[str]) -> list[str]:
    """A sentence about each of the `channels` (their names, in order) that has constant signals."""
    return [
        f"{name}: {count:,} of {len(dataset):,} signals are constant (scaling one by its own range or spread is 0/0)."
        for name, count in zip(channels, constant_signals(dataset).tolist(), strict=True)
        if count
    ]
