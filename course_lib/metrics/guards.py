"""What every metric on signals asks of its arguments, and the units that it measures in.

Each channel is measured in units of that channel's standard deviation over the first, real set, so that a channel in
degrees and one in metres count alike. With one channel the units cancel. Everything is computed in float64.
"""

import warnings

import numpy as np
from jaxtyping import Float, Int, Shaped
from numpy import ndarray

from course_lib.arrays import Array, finite_float64, whole_numbers

# any shape and type: a wrong one gets this module's message, not the type checker's
Signals = Shaped[Array, "..."]  # (N, C, L)
Features = Shaped[Array, "..."]  # (N, F), or signals
Labels = Shaped[Array, "..."]  # (N,), whole numbers
ADVICE = "Repair or leave out those signals before you measure."


def checked_signals(x: Array, name: str, *, at_least: int = 2, steps: int = 1) -> Float[ndarray, "n channels length"]:
    values = finite_float64(x, name, advice=ADVICE)
    if values.ndim != 3:
        raise ValueError(
            f"{name} must have the shape (N, C, L): signals, channels, time steps; it has {values.shape}. "
            "One channel of shape (N, L) becomes (N, 1, L) by x[:, None, :]."
        )
    if len(values) < at_least:
        raise ValueError(
            f"{name} must hold at least {at_least} signals, it holds {len(values)}. Generate or record more."
        )
    if values.shape[2] < steps:
        raise ValueError(f"{name} must be at least {steps} time steps long, it is {values.shape[2]} long.")
    return values


def checked_pair(
    real: Array, fake: Array, *, names: tuple[str, str] = ("real", "fake"), at_least: int = 2, steps: int = 1
) -> tuple[Float[ndarray, "n channels length"], Float[ndarray, "m channels length"]]:
    """Both sets checked, each channel divided by its standard deviation over the first set."""
    x, y = (
        checked_signals(s, name, at_least=at_least, steps=steps) for s, name in zip((real, fake), names, strict=True)
    )
    if x.shape[1:] != y.shape[1:]:
        raise ValueError(
            f"{names[0]} and {names[1]} must have the same channels and length (C, L), "
            f"but {names[0]} has {x.shape[1:]} and {names[1]} has {y.shape[1:]}. "
            "Choose the same channels, and resample one of them."
        )
    if x.shape[1] > x.shape[2]:
        warnings.warn(
            f"{names[0]} has {x.shape[1]} channels of {x.shape[2]} steps: signals are (N, channels, steps). If time "
            "stands first, exchange the last two axes: x.swapaxes(1, 2).",
            stacklevel=3,
        )
    std = x.std(axis=(0, 2))
    if not (std > 1e-12 * np.abs(x).max(axis=(0, 2))).all():
        c = int(np.argmin(std))
        raise ValueError(
            f"channel {c} (counted from 0) of {names[0]} is constant ({x[0, c, 0]:g} throughout), so nothing can be "
            "measured relative to it. Leave that channel out."
        )
    return x / std[:, None], y / std[:, None]


def checked_features(x: Array, y: Array, *, names: tuple[str, str], at_least: int = 2) -> tuple[ndarray, ndarray]:
    """Two sets of points: features (N, F) as they are, signals (N, C, L) in units of the first set and flattened."""
    a, b = (finite_float64(s, name, advice=ADVICE) for s, name in zip((x, y), names, strict=True))
    if a.ndim == 3 and b.ndim == 3:
        a, b = checked_pair(a, b, names=names, at_least=at_least)
        return a.reshape(len(a), -1), b.reshape(len(b), -1)
    if a.ndim != 2 or b.ndim != 2 or a.shape[1] != b.shape[1]:
        raise ValueError(
            f"{names[0]} and {names[1]} must both be features (N, F) with the same F, or both signals (N, C, L); "
            f"they have the shapes {a.shape} and {b.shape}."
        )
    for points, name in zip((a, b), names, strict=True):
        if len(points) < at_least:
            raise ValueError(f"{name} must hold at least {at_least} samples, it holds {len(points)}. Take more.")
    return a, b


def checked_positive(value: float, complaint: str, *, rounding: float = 0.0) -> float:
    if not value > rounding:
        raise ValueError(f"{complaint}, so a ratio to it has no meaning. Measure against signals that vary.")
    return float(value)


def checked_labels(labels: Array, n: int, name: str) -> Int[ndarray, " n"]:
    """One whole number a signal."""
    found = whole_numbers(labels, f"labels of {name}")
    if found.shape != (n,):
        raise ValueError(f"labels of {name}: expected one a signal, {n} in all, got the shape {found.shape}.")
    return found
