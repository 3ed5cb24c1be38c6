"""Values that lie on a lattice o + k s, k whole: a converter's levels, a file's decimals.

The idea: rounding leaves a trace that no smooth model has, and a judge sees it at once. A lattice is searched in the
distinct values, to a float32's rounding; one that so many values lie on is no chance.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
from jaxtyping import Float, Float64
from numpy import ndarray

from course_lib import arrays

ROUNDING = 2.0**-23  # a float32's, relative to the largest value
LEVELS_OF_A_SET, LEVELS_OF_A_SIGNAL = 1 / 8, 1 / 2  # a lattice has at most this many distinct levels a value
FEWEST_LEVELS, MOST_DECIMALS = 30, 12  # levels that chance does not put on decimals; powers of ten that are tried
OWN_TOLERANCE = 1e-3  # of the signal's spread: a raw lattice rounded to few digits, then normalised, is this irregular
FINEST = 10  # a lattice's step is at least this many tolerances

Lattice = tuple[float, float]  # offset, step


def blocks(signals: Float[ndarray, "N L"]) -> Iterator[Float64[ndarray, "n L"]]:
    """All signals, some at a time, in float64."""
    for some in arrays.parts(len(signals), signals.shape[1]):
        yield signals[some].astype(np.float64)


def common_lattice(signals: Float[ndarray, "N L"]) -> Lattice | None:
    tolerance = rounding_of_all(signals)
    if signals.size > arrays.PART and _lattice(np.unique(next(blocks(signals))), tolerance) is None:
        return None  # what some are not on all are not on
    levels = _levels(signals, LEVELS_OF_A_SET * signals.size)
    lattice = None if levels is None else _lattice(levels, tolerance)
    return None if lattice is None else _in_few_digits(*lattice, levels)


def decimals(signals: Float[ndarray, "N L"]) -> Lattice | None:
    """(0, step) of values that a file gives with so many decimals, however many levels there are; or None."""
    if _levels(signals, FEWEST_LEVELS - 1) is not None:
        return None
    tolerance = rounding_of_all(signals)
    steps = 10.0 ** np.arange(MOST_DECIMALS, -MOST_DECIMALS - 1, -1)
    for step in steps[steps >= FINEST * tolerance]:
        if all(np.abs(some - nearest_level(some, 0.0, step)).max() <= tolerance for some in blocks(signals)):
            return 0.0, float(f"{step:.0e}")
    return None


def _levels(signals: Float[ndarray, "N L"], most: float) -> Float64[ndarray, "levels"] | None:
    """The distinct values, ascending; None if they are more than `most`."""
    levels = np.empty(0)
    for some in blocks(signals):
        levels = np.union1d(levels, some)
        if len(levels) > most:
            return None
    return levels


def own_lattices(signals: Float[ndarray, "N L"]) -> tuple[Lattice, ...] | None:
    """(roughness, step) of every signal that changes, by roughness; None if one of them is on no lattice."""
    found = []
    for signal in (signal for some in blocks(signals) for signal in some if np.ptp(signal) > 0):
        tolerance = _own_tolerance(signal)
        levels = _merged(signal, tolerance)
        lattice = _lattice(levels, tolerance) if len(levels) <= LEVELS_OF_A_SIGNAL * len(signal) else None
        if lattice is None:
            return None
        found.append((float(np.diff(signal).std()), lattice[1]))
    return tuple(sorted(found)) or None


def on_own_lattice(signal: Float64[ndarray, "L"], of_training: tuple[Lattice, ...]) -> Float64[ndarray, "L"]:
    """On the lattice through 0 of the training recording whose roughness is nearest; as it is, if on one already."""
    roughness, steps = np.array(of_training).T
    if np.ptp(signal) == 0 or _is_on_a_lattice(signal, steps):
        return signal
    step = steps[np.abs(roughness - np.diff(signal).std()).argmin()]
    rounded = step * np.round(signal / step)
    return signal if np.ptp(rounded) == 0 else rounded  # coarser than the signal: rounding would leave nothing of it


def _is_on_a_lattice(signal: Float64[ndarray, "L"], steps: Float64[ndarray, "S"]) -> bool:
    """Whether the signal has a step of its own, or, however fine that is beside its spread, one of these."""
    tolerance = _own_tolerance(signal)
    counts = (signal - signal.min()) / steps[:, None]  # (S, L)
    off = np.abs(counts - np.round(counts)).max(axis=1) * steps
    known = (off <= rounding(signal)).any()
    return bool(known) or _lattice(_merged(signal, tolerance), tolerance) is not None


def nearest_level(values: Float64[ndarray, "..."], offset: float, step: float) -> Float64[ndarray, "..."]:
    return offset + step * np.round((values - offset) / step)


def rounding(values: Float64[ndarray, "... n"]) -> Any:
    """How far float32 may have moved one of these values, or a difference of two."""
    return 2 * ROUNDING * np.abs(values).max(axis=-1, keepdims=values.ndim > 1)


def rounding_of_all(signals: Float[ndarray, "N L"]) -> float:
    """The same for all values of a set."""
    return float(rounding(np.array([signals.min(), signals.max()], dtype=np.float64)))


def _own_tolerance(signal: Float64[ndarray, "L"]) -> float:
    return float(max(OWN_TOLERANCE * signal.std(), rounding(signal)))


def _merged(signal: Float64[ndarray, "L"], tolerance: float) -> Float64[ndarray, "levels"]:
    """The distinct values, those within the tolerance of the one below counted once."""
    levels = np.unique(signal)
    return levels[np.r_[True, np.diff(levels) > tolerance]]


def _lattice(levels: Float64[ndarray, "levels"], tolerance: float) -> Lattice | None:
    """(lowest level, step) of the coarsest lattice that holds all levels to the tolerance; None if there is none.

    The step is the greatest common divisor of the gaps by Euclid, remainders below twice the tolerance counted as 0,
    then fitted to all levels by least squares.
    """
    step = 0.0
    for gap in np.unique(np.diff(levels)):
        step = _common_divisor(float(gap), step, 2 * tolerance)
        if step < FINEST * tolerance:
            return None
    if step == 0:
        return None
    counts = np.round((levels - levels[0]) / step)
    slope, offset = np.polynomial.polynomial.polyfit(counts, levels, 1)[::-1]
    off = np.abs(levels - offset - slope * counts).max()
    return (float(offset), float(slope)) if off <= 2 * tolerance else None


def _in_few_digits(offset: float, step: float, levels: Float64[ndarray, "levels"]) -> Lattice:
    """Offset (half a step from 0 at most) and step in as few digits as hold all levels: 0.25 for 0.2500000017."""
    offset -= step * round(offset / step)
    offset = 0.0 if abs(offset) <= rounding(levels) else offset
    counts = np.round((levels - offset) / step)
    for digits in range(1, 17):
        few = float(f"{offset:.{digits}g}"), float(f"{step:.{digits}g}")
        if np.abs(levels - few[0] - few[1] * counts).max() <= rounding(levels):
            return few
    return offset, step


def _common_divisor(a: float, b: float, tolerance: float) -> float:
    while b > tolerance:
        a, b = b, abs(a - b * round(a / b))
    return a
