"""Signals with missing steps, checked once for every way to fill them."""

from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Bool, Float64, Int
from numpy import ndarray

from course_lib.arrays import finite_float64, kind, whole_numbers


class Damaged(NamedTuple):
    """Signals that were checked: 0 where they are missing."""

    values: Float64[ndarray, "N C L"]
    missing: Bool[ndarray, "N L"]
    labels: Int[ndarray, "N"] | None

    def filled(self, with_: Float64[ndarray, "... N C L"]) -> Float64[ndarray, "... N C L"]:
        """The known steps, and these on the others."""
        return np.where(self.missing[:, None], with_, self.values)


def checked(values: Any, missing: Any, labels: Any = None, *, n_classes: int | None = None) -> Damaged:
    """The damaged signals, with 0 where they are missing.

    Raises:
        ValueError: if shapes differ, a known value is not finite, `missing` is not yes and no, a signal has no missing
            step or fewer than two known ones, or a label is out of range.
    """
    mask = np.asarray(missing)
    if mask.dtype != bool or mask.ndim != 2:
        raise ValueError(
            f"restoration: expected missing as yes and no for each signal and step, shape (N, L), got {kind(missing)} "
            f"of shape {mask.shape}."
        )
    signals = np.array(values, dtype=np.float64)
    if signals.ndim != 3 or (len(signals), signals.shape[2]) != mask.shape:
        raise ValueError(
            f"restoration: expected signals (N, C, L) for missing {mask.shape}, got shape {signals.shape}."
        )
    signals = np.where(mask[:, None], 0.0, signals)
    signals = finite_float64(signals, "restoration: values", advice="Mark those steps as missing.")
    count = mask.sum(axis=1)
    if (wrong := (count == 0) | (count > mask.shape[1] - 2)).any():
        first = int(wrong.argmax())
        raise ValueError(
            f"restoration: expected one missing step or more and two known ones or more in every signal, but signal "
            f"{first} misses {count[first]} of {mask.shape[1]}."
        )
    if labels is not None:
        labels = whole_numbers(labels, "restoration: labels")
        if labels.shape != (len(signals),):
            raise ValueError(f"restoration: expected {len(signals)} labels, got shape {labels.shape}.")
        if n_classes is not None and ((labels < 0) | (labels >= n_classes)).any():
            raise ValueError(f"restoration: expected labels from 0 to {n_classes - 1}, got {labels.tolist()}.")
    return Damaged(signals, mask, labels)
