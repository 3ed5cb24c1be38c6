r"""What every recording of a set shares exactly, and its imposing on signals that were made.

The idea: recordings that were normalised one by one all have mean 0 and standard deviation 1; those of a converter of
few bits lie on a lattice; a reading taken twice is a step of exactly 0. A judge sees that at once, and to learn it from
examples is no achievement: it is found in the training recordings and imposed on whatever is made, a network's signals
and a forger's by the same code.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Float64
from numpy import ndarray
from torch import Tensor

from course_lib.arrays import ENOUGH, finite_float64, kind
from course_lib.data.dataset import SignalDataset
from course_lib.data.lattices import (
    ROUNDING,
    Lattice,
    blocks,
    common_lattice,
    decimals,
    nearest_level,
    on_own_lattice,
    own_lattices,
    rounding,
    rounding_of_all,
)

SAME = 1e-4  # of the channel's spread: means and deviations that differ by less are one (files of 5 digits and more)
EXACT = 1e-6  # of the channel's spread: a signal this close to what is imposed is left alone
REPEATS = 1e-3  # of a channel's steps: fewer that are exactly 0 are left to chance
TENTH = 0.1  # of the steps that are not 0: the small ones, below whose largest steps are as good as even


@dataclass(frozen=True)
class Invariants:
    r"""What all signals share, channel by channel: a mean, a standard deviation, a lattice $o + k s$, $k$ whole; and
    how small a step is none.

    `impose` goes in this order, and changes nothing in a signal that has what is imposed:

    1. *Mean and standard deviation* over time, where fixed: $x \mapsto m + (x - \bar x)\, s / s_x$. A constant signal
       has no deviation to scale; it becomes, or stays, the constant $m$, and a judge will see it.
    2. *The lattice*: each value goes to its nearest level, and stays if it is there to a float32's rounding. That moves
       a signal's mean and its deviation by half a step at most; the lattice has the last word: a normalised signal on
       a common lattice is normalised to half a step.
    3. *A lattice of its own*: recordings on one lattice, then normalised one by one, have a step each. A signal gets
       the step of the training recording whose roughness (standard deviation of the first differences) is nearest, is
       rounded to it, and normalised again: lattice and normalisation are both exact, as in the recordings.
    4. *Repeats*, on no lattice or before decimals: a share p of the recordings' steps is 0, none of what is made. Those
       below $w p/(p + 0.1 (1 - p))$ become 0, w the tenth percentile of those that are not 0: the share p, if the
       steps below w are spread evenly. A signal with a step of 0 has what is imposed; a recording without is changed.

    What is imposed on a signal depends on that signal alone, not on those beside it, and imposing it twice is imposing
    it once, to the last bit.

    Attributes:
        mean: of each channel, the mean over time of every signal, or None where they differ.
        std: of each channel, the standard deviation over time of every signal, or None; sums are over L - `ddof`.
        ddof: 0 or 1: the one under which a deviation is 1 (most normalised files: 1), else 0.
        lattice: of each channel, (offset, step) of the levels that hold every value of every signal, or None.
        own_lattices: of each channel, None, or (roughness, step) of every training recording, by roughness.
        least_step: of each channel on no lattice (but decimals), the step below which a made one stands still, or None.
    """

    mean: tuple[float | None, ...]
    std: tuple[float | None, ...]
    ddof: int
    lattice: tuple[Lattice | None, ...]
    own_lattices: tuple[tuple[Lattice, ...] | None, ...]
    least_step: tuple[float | None, ...]

    @classmethod
    def found_in(cls, dataset: Any) -> "Invariants":
        """What every signal of `dataset` shares, in the units that its values have.

        A mean or a deviation is fixed if none differs from the median by 1e-4 of the channel's spread. Values lie on a
        lattice if they are multiples of a step to a float32's rounding, and distinct levels are at most an eighth as
        many as values; on lattices of their own, if each signal's are to a thousandth of its spread, and its levels
        are at most half as many as its steps. Else a power of ten is the step of 30 levels or more that are multiples
        of it: a file's decimals. One signal, or copies of one, shares everything with itself: there
        nothing is found.

        Raises:
            ValueError: if it is no `SignalDataset`.
        """
        if not isinstance(dataset, SignalDataset):
            raise ValueError(
                f"Invariants.found_in: expected a SignalDataset, got {kind(dataset)}. Make one: SignalDataset(values)."
            )
        channels = dataset.values.numpy().swapaxes(0, 1)  # (C, N, L), not copied
        several = [any((some != signals[0]).any() for some in blocks(signals)) for signals in channels]

        def found(search: Callable, asked: list[bool], *settings: int) -> tuple:
            pairs = zip(channels, asked, strict=True)
            return tuple(search(signals, *settings) if asked_here else None for signals, asked_here in pairs)

        stds = [found(_std, several, ddof) for ddof in (0, 1)]
        ddof = int(1.0 in stds[1] and 1.0 not in stds[0])
        common = found(common_lattice, several)
        own = found(own_lattices, [more and not lattice for more, lattice in zip(several, common, strict=True)])
        free = [more and not (a or b) for more, a, b in zip(several, common, own, strict=True)]
        least, fine = found(_least_step, free), found(decimals, free)
        lattice = tuple(coarse or of_decimals for coarse, of_decimals in zip(common, fine, strict=True))
        held = [
            step if few is None or (step and step > few[1]) else None for step, few in zip(least, fine, strict=True)
        ]
        mean = found(_mean, several)
        return cls(mean, stds[ddof], ddof, lattice, own, tuple(held))  # rounding alone makes some steps of 0

    def __bool__(self) -> bool:
        """Whether anything was found."""
        found = (*self.mean, *self.std, *self.lattice, *self.own_lattices, *self.least_step)
        return any(value is not None for value in found)

    def impose(self, values: Any) -> Float[Tensor, "N C L"]:
        """The same signals with what was found imposed, float32 on the CPU; `values` itself where nothing was found.

        Raises:
            ValueError: if `values` are not finite numbers (N, C, L) with the channels of what was searched.
        """
        signals = finite_float64(values, "Invariants.impose: values", advice="Impose on finite signals only.")
        if signals.ndim != 3 or signals.shape[1] != len(self.mean) or signals.shape[2] < 2:
            raise ValueError(
                f"Invariants.impose: expected signals of the {len(self.mean)} channels that were searched, shape "
                f"(N, {len(self.mean)}, L) with at least 2 steps, got {signals.shape}."
            )
        if not self and isinstance(values, Tensor) and values.dtype == torch.float32 and values.device.type == "cpu":
            return values
        imposed = [self._imposed(signals[:, c], c) for c in range(len(self.mean))]
        return torch.from_numpy(np.stack(imposed, axis=1).astype(np.float32))

    def describe(self) -> tuple[str, ...]:
        """One sentence for each thing that was found in a channel; one that says so if nothing was."""
        said = []
        for c in range(len(self.mean)):
            fixed = [] if self.mean[c] is None else [f"mean {self.mean[c]:.6g}"]
            if self.std[c] is not None:
                fixed.append(f"standard deviation {self.std[c]:.6g} (sums over {'L - 1' if self.ddof else 'L'})")
            if fixed:
                said.append(f"Every signal of channel {c} has {' and '.join(fixed)}.")
            if self.lattice[c] is not None:
                offset, step = self.lattice[c]
                said.append(f"Every value of channel {c} is {offset:.6g} plus a multiple of {step:.6g}.")
            if self.own_lattices[c] is not None:
                steps = [step for _, step in self.own_lattices[c]]
                said.append(
                    f"Every signal of channel {c} lies on a lattice of its own, with steps from {min(steps):.3g} to "
                    f"{max(steps):.3g}."
                )
            if self.least_step[c] is not None:
                said.append(
                    f"Signals of channel {c} have repeated readings; a made one repeats where it would move less than "
                    f"{self.least_step[c]:.3g}."
                )
        return tuple(said) or ("The signals share no mean, no standard deviation, no lattice and no repeats.",)

    def __str__(self) -> str:
        return "\n".join(self.describe())

    def _imposed(self, signals: Float64[ndarray, "N L"], c: int) -> Float64[ndarray, "N L"]:
        signals = self._normalised(signals, c)
        if self.least_step[c] is not None:
            signals = self._normalised(np.stack([_standing_still(one, self.least_step[c]) for one in signals]), c)
        if self.lattice[c] is not None:
            nearest = nearest_level(signals, *self.lattice[c])
            signals = np.where(np.abs(signals - nearest) <= rounding(signals), signals, nearest)
        if self.own_lattices[c] is not None:
            signals = self._normalised(np.stack([on_own_lattice(one, self.own_lattices[c]) for one in signals]), c)
        return signals

    def _normalised(self, signals: Float64[ndarray, "N L"], c: int) -> Float64[ndarray, "N L"]:
        """With the channel's mean and deviation; a signal that has them already is left as it is."""
        mean, std = signals.mean(axis=1, keepdims=True), signals.std(axis=1, ddof=self.ddof, keepdims=True)
        constant = np.ptp(signals, axis=1, keepdims=True) == 0
        wanted_mean = mean if self.mean[c] is None else self.mean[c]
        wanted_std = std if self.std[c] is None else self.std[c]
        factor = np.where(constant, 1.0, wanted_std / np.where(constant, 1.0, std))
        near = EXACT * std + ROUNDING * np.abs(signals).max(axis=1, keepdims=True)
        if self.lattice[c] is not None:
            near += _half_step_off(signals, *self.lattice[c], ddof=self.ddof)
        has_it = (np.abs(mean - wanted_mean) <= near) & (constant | (np.abs(std - wanted_std) <= near))
        return np.where(has_it, signals, wanted_mean + (signals - mean) * factor)


def _mean(signals: Float[ndarray, "N L"]) -> float | None:
    return _one_value(_of_each(signals, np.mean), _spread(signals), round_number=0.0)


def _std(signals: Float[ndarray, "N L"], ddof: int) -> float | None:
    return _one_value(_of_each(signals, np.std, ddof=ddof), _spread(signals), round_number=1.0)


def _of_each(signals: Float[ndarray, "N L"], of: Callable, **settings: int) -> Float64[ndarray, "N"]:
    return np.concatenate([of(some, axis=1, **settings) for some in blocks(signals)])


def _spread(signals: Float[ndarray, "N L"]) -> float:
    """The standard deviation of all values."""
    return float(np.sqrt(_of_each(signals, np.var).mean() + _of_each(signals, np.mean).var()))


def _one_value(numbers: Float64[ndarray, "N"], spread: float, *, round_number: float) -> float | None:
    """The value that all share to SAME of the spread, the round number if it is that; None if they differ."""
    middle = float(np.median(numbers))
    if np.abs(numbers - middle).max() > SAME * spread:
        return None
    return round_number if abs(middle - round_number) <= SAME * spread else middle


def _least_step(signals: Float[ndarray, "N L"]) -> float | None:
    share = float(_of_each(signals, _share_of_repeats).mean())
    if not REPEATS <= share < 1:
        return None
    steps = np.abs(np.diff(signals[:: max(1, signals.size // ENOUGH)].astype(np.float64)))
    least = share / (share + TENTH * (1 - share)) * np.quantile(steps[steps > 0], TENTH)
    return float(least) if least > rounding_of_all(signals) else None


def _share_of_repeats(signals: Float64[ndarray, "n L"], axis: int) -> Float64[ndarray, "n"]:
    return (np.diff(signals, axis=axis) == 0).mean(axis=axis)


def _standing_still(signal: Float64[ndarray, "L"], least: float) -> Float64[ndarray, "L"]:
    """Without the steps below the least: what follows one is shifted by it. As it is, if it repeats a value already."""
    steps = np.diff(signal)
    small = np.abs(steps) < least
    if not small.any() or (steps == 0).any():
        return signal
    shifted = signal - np.r_[0.0, np.cumsum(np.where(small, steps, 0.0))]
    moved = np.r_[True, ~small]
    return shifted[np.maximum.accumulate(np.where(moved, np.arange(len(signal)), 0))]


def _half_step_off(signals: Float64[ndarray, "N L"], offset: float, step: float, *, ddof: int) -> ndarray:
    """For a signal on the lattice, how far rounding to it may have moved mean and deviation; 0 for any other."""
    off = np.abs(signals - nearest_level(signals, offset, step)).max(axis=1, keepdims=True)
    on_it = off <= rounding(signals)
    length = signals.shape[1]
    return np.where(on_it, 0.5 * step * np.sqrt(length / (length - ddof)), 0.0)
