r"""Windows that overlap: signals that are shifted near-copies of one another.

The idea: many sets are windows cut from one long recording, each then scaled by itself. Where two windows overlap, they
hold the same stretch, at different places and in different units; less its mean and over its spread it is the same.
A window in training and its neighbour in the exam make a copy look like skill, so they belong in one group.

Two stretches $a$, $b$ of T steps, each of mean 0 and standard deviation 1, differ by
$\sqrt{\frac1T \sum_t (a_t - b_t)^2} = \sqrt{2(1 - r)}$ with $r$ their correlation: one matrix product a shift.
"""

from typing import Any

import numpy as np
import torch
from jaxtyping import Float64, Int64
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from torch import Tensor

from course_lib.arrays import kind
from course_lib.data.dataset import SignalDataset

FEWEST_STEPS = 8  # shorter stretches look alike by chance: any two of 2 steps that rise are the same
FLAT = 1e-6  # a stretch whose spread is this share of its size is constant but for rounding
BLOCK = 8_000_000  # correlations held at once, 64 MB


def overlapping_windows(dataset: Any, *, tolerance: float = 0.01) -> Int64[Tensor, "N"]:
    """A group number for each signal: those that overlap share one, directly or through others (0, 1, ...).

    Two signals overlap if at some shift at least half of their steps, and no fewer than 8, are the same in shape: after
    removing each channel's mean and dividing by its spread over those steps, their root mean square difference is at
    most `tolerance` standard deviations (all channels at one shift). Stretches that never change are like nothing.

    It takes L/2 matrix products of N x N: on one core under a second for 953 signals of 65 steps.

        dataset = dataset.with_groups(overlapping_windows(dataset))
        train, test = dataset.split(0.8, seed=0)  # no window on one side, its neighbour on the other

    Raises:
        ValueError: if `dataset` is none, its signals are shorter than 8 steps, or `tolerance` is not between 0 and 1.
    """
    if not isinstance(dataset, SignalDataset):
        raise ValueError(f"overlapping_windows: expected a SignalDataset, got {kind(dataset)}.")
    if not 0 < tolerance < 1:
        raise ValueError(
            f"overlapping_windows: expected a tolerance between 0 and 1, in standard deviations, got {tolerance}."
        )
    if dataset.length < FEWEST_STEPS:
        raise ValueError(
            f"overlapping_windows: expected signals of at least {FEWEST_STEPS} steps, got {dataset.length}. Shorter "
            "ones look alike by chance; if you know which belong together, say so: dataset.with_groups(groups)."
        )
    values, length = dataset.values.double().numpy(), dataset.length
    least = 1 - tolerance**2 / 2
    groups = np.arange(len(values))
    for shift in range(length - max((length + 1) // 2, FEWEST_STEPS) + 1):
        later, earlier = _shapes(values[:, :, shift:]), _shapes(values[:, :, : length - shift])
        rows = max(BLOCK // len(values), 1)
        for start in range(0, len(values), rows):
            i, j = (later[start : start + rows] @ earlier.T >= least).nonzero()
            groups = _united(groups, i + start, j)
    return torch.from_numpy(groups.astype(np.int64))


def _shapes(stretches: Float64[np.ndarray, "N C T"]) -> Float64[np.ndarray, "N CT"]:
    """Each stretch as a unit vector: its channels less their means, of equal length; those that never change are 0."""
    centred = stretches - stretches.mean(2, keepdims=True)
    spread = np.linalg.norm(centred, axis=2, keepdims=True)
    moves = spread > FLAT * np.linalg.norm(stretches, axis=2, keepdims=True)
    channels = np.maximum(moves.sum(1, keepdims=True), 1)
    return (moves * centred / np.where(moves, spread, 1) / np.sqrt(channels)).reshape(len(stretches), -1)


def _united(groups: Int64[np.ndarray, "N"], i: Int64[np.ndarray, "P"], j: Int64[np.ndarray, "P"]) -> np.ndarray:
    """The groups after signal i[p] and signal j[p] have come into one, for every pair p."""
    new = groups[i] != groups[j]
    if not new.any():
        return groups
    n = groups.max() + 1
    pairs = coo_array((np.ones(new.sum()), (groups[i][new], groups[j][new])), shape=(n, n))
    return connected_components(pairs, directed=False)[1][groups].astype(np.int64)
