r"""What real signals score among themselves, and how far that varies: the range a perfect generator falls into.

The idea: a metric between two finite sets of real signals is not 0 (or 1), and it is not one number either: another
draw gives another. So a generated set is not asked to score the reference, but to fall within its range: the 99 %
prediction interval of one more draw.

Hahn and Meeker 1991, Statistical Intervals, chapter 4.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int
from numpy import ndarray
from scipy import stats

from course_lib.arrays import finite_float64

CONFIDENCE = 0.99
PAIRED = 0.95


class Scale(NamedTuple):
    """Whether a metric varies by factors (`log`) or by differences; which ends of its range tell of a fault."""

    log: bool
    low: bool
    high: bool


RATIO = Scale(log=True, low=True, high=True)  # 1 is right
DISTANCE = Scale(log=True, low=False, high=True)  # small is right, and less than real against real is no fault
SHARE = Scale(log=False, low=True, high=True)
AT_MOST = Scale(log=False, low=False, high=True)
AT_LEAST = Scale(log=False, low=True, high=False)


class Range(NamedTuple):
    """The mean of a metric over draws of real signals, and the interval of one more draw; an open end is infinite."""

    reference: float
    low: float
    high: float


def prediction_range(draws: Float[ndarray, " n"], scale: Scale, *, size: int | None = None) -> Range:
    r"""The 99 % prediction interval of one more draw: mean $\pm\, t\, s\sqrt{1 + 1/n}$ with n - 1 degrees of freedom.

    On logarithms where the scale says so (and every draw is above 0), else on the values themselves, which are
    proportions of `size` signals: s is then at least a proportion's own chance error, as twenty draws of 100 % do not
    say that there will never be 99 %. With one open end all of the 1 % lies at the other.

    Raises:
        ValueError: for fewer than 3 draws.
    """
    if len(draws) < 3:
        raise ValueError(f"a range needs at least 3 draws of real signals, got {len(draws)}. Ask for more draws.")
    by_factors = scale.log and (draws > 0).all()
    x = np.log(draws) if by_factors else np.asarray(draws)
    outside = (1 - CONFIDENCE) / (2 if scale.low and scale.high else 1)
    spread = x.std(ddof=1)
    if not scale.log and size:
        p = (np.clip(x.mean(), 0, 1) * size + 1) / (size + 2)  # Laplace's rule: never 0 or 1
        spread = max(spread, np.sqrt(p * (1 - p) / size))
    width = stats.t.ppf(1 - outside, len(x) - 1) * spread * np.sqrt(1 + 1 / len(x))
    low, high = (np.exp(v) if by_factors else v for v in (x.mean() - width, x.mean() + width))
    return Range(float(np.mean(draws)), float(low) if scale.low else -np.inf, float(high) if scale.high else np.inf)


class Interval(NamedTuple):
    """The mean of paired differences, and the 95 % confidence interval of their expectation."""

    difference: float
    low: float
    high: float


def paired_interval(ours: Float[ndarray, "..."], other: Float[ndarray, "..."]) -> Interval:
    r"""How much `ours` are above `other`, pair by pair: mean $\pm\, t\, s/\sqrt n$, Student's t, 95 %.

    t has n - 1 degrees of freedom; s is the standard deviation of the n differences. A pair shares what is drawn anew
    for each: a subset, a recording.

    Raises:
        ValueError: if the two are not equally many numbers, or fewer than 2.

    Student 1908, "The probable error of a mean", Biometrika 6.
    """
    ours, other = finite_float64(ours, "paired_interval: ours"), finite_float64(other, "paired_interval: other")
    if ours.ndim != 1 or ours.shape != other.shape or len(ours) < 2:
        raise ValueError(
            f"paired_interval: expected two rows of equally many numbers, 2 or more, got shapes {ours.shape} and "
            f"{other.shape}. Put the numbers of one subset at one place of both."
        )
    differences = ours - other
    mean = differences.mean()
    width = stats.t.ppf(1 - (1 - PAIRED) / 2, len(ours) - 1) * differences.std(ddof=1) / np.sqrt(len(ours))
    return Interval(float(mean), float(mean - width), float(mean + width))


def three_sets(
    labels: Int[ndarray, " n"],
    wanted: Int[ndarray, " size"],
    random: np.random.Generator,
    groups: Int[ndarray, " n"] | None = None,
) -> tuple[Int[ndarray, " size"], Int[ndarray, " size"], Int[ndarray, " rest"]]:
    """Indices of two disjoint sets, each with the classes of `wanted`, and of what is left.

    With `groups`, no group is in two of the sets; what is left of a group that was used in part is in none.

    Raises:
        ValueError: if a class has too few signals, or groups, for three sets.
    """
    place = np.arange(len(labels)) if groups is None else np.unique(groups, return_inverse=True)[1]
    turn = random.permutation(place.max() + 1)[place]  # groups in random order, the members of one together
    free, sets = np.ones(len(labels), dtype=bool), []
    classes, counts = np.unique(wanted, return_counts=True)
    for _ in range(2):
        chosen = []
        for k, n in zip(classes, counts, strict=True):
            members = np.flatnonzero((labels == k) & free)
            members = members[np.argsort(turn[members], kind="stable")]
            if len(members) < n or (not sets and (labels == k).sum() < 3 * n):
                raise ValueError(_too_few(int(k), int(n), int((labels == k).sum()), groups is not None))
            chosen.append(members[:n])
        sets.append(np.sort(np.concatenate(chosen)))
        free &= ~np.isin(place, place[sets[-1]])
    if missing := set(classes) - set(labels[free]):
        k = min(missing)
        raise ValueError(_too_few(int(k), int(counts[classes == k][0]), int((labels == k).sum()), groups is not None))
    return sets[0], sets[1], np.flatnonzero(free)


def _too_few(k: int, n: int, there: int, grouped: bool) -> str:
    of = " of different groups" if grouped else ""
    return (
        f"the reference needs three disjoint sets of {n} real signals of class {k}{of}, and there are {there} in all. "
        "Put less into test (a fifth of the recordings, say), or leave that class out "
        "(dataset.drop_small_classes)."
    )
