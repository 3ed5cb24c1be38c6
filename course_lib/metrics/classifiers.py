r"""A classifier as a judge: can it tell generated signals from real ones?

The idea: whatever differs between two sets, some classifier can learn it. If none does better than a coin on signals
that it was not shown, the sets are as good as one. **Caught** is the accuracy of the best of several judges, so that a
generator must stand before all of them: a forest and a support vector machine, each on four views of a signal.

Two sets of real signals are caught a little above one half too: by luck, and because the best of eight judges counts.
So the value stands beside its null, which depends on little more than the number of signals.

Lopez-Paz and Oquab 2017, arXiv:1610.06545 (classifier two-sample tests); Yoon et al. 2019, TimeGAN, NeurIPS
(discriminative score).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
import pandas as pd
from jaxtyping import Bool, Float, Int
from numpy import ndarray
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from course_lib.arrays import whole_numbers
from course_lib.metrics.guards import Labels, Signals, checked_pair

FOLDS = 5
AT_LEAST = 10  # signals a set: two a fold
COARSE = 4  # steps between two values of the coarse view


# --- the views: what of a signal a judge is shown


def _values(x: Float[ndarray, "n channels length"]) -> Float[ndarray, "n features"]:
    return x.reshape(len(x), -1)


def _differences(x: Float[ndarray, "n channels length"]) -> Float[ndarray, "n features"]:
    return np.diff(x).reshape(len(x), -1)


def _coarse_differences(x: Float[ndarray, "n channels length"]) -> Float[ndarray, "n features"]:
    """Differences over four steps: blind to the noise of a sensor, and to what a resampler does between frames."""
    return np.diff(x[..., ::COARSE]).reshape(len(x), -1)


def _numbers(x: Float[ndarray, "n channels length"]) -> Float[ndarray, "n features"]:
    """A few numbers a channel: mean, spread, median step, share of steps that are 0, share of values that are new.

    Rounded to six digits: recordings that were scaled to mean 0 have it to within rounding, and how a value was rounded
    is no property of a signal.
    """
    length, steps = x.shape[-1], np.abs(np.diff(x))
    new = 1 + np.count_nonzero(np.diff(np.sort(x)), axis=-1)
    return np.concatenate(
        [
            np.round(x.mean(axis=-1), 6),
            np.round(np.log(x.std(axis=-1) + 1e-6), 6),
            np.round(np.log(np.median(steps, axis=-1) + 1e-6), 6),
            (steps == 0).mean(axis=-1),
            new / length,
        ],
        axis=1,
    )


VIEWS = {
    "values": _values,
    "differences": _differences,
    "coarse differences": _coarse_differences,
    "numbers": _numbers,
}
JUDGES = ("forest", "SVM")
TREES, QUICK_TREES, QUICK_AT_MOST = 100, 40, 200


def _judge(name: str, trees: int, seed: int) -> object:
    if name == "forest":
        return RandomForestClassifier(trees, random_state=seed)
    return make_pipeline(StandardScaler(), SVC(C=10))


# --- the null

# `caught` between two sets of n real signals: median and 99 % point, which is close to 0.5 + 1.3 / sqrt(n). Draws of it
# stand in data/judging/null.csv (benchmarks/judging.py), and a test holds them against this.
NULL: dict[int, tuple[float, float]] = {
    20: (0.575, 0.775),
    50: (0.560, 0.680),
    100: (0.545, 0.630),
    250: (0.530, 0.580),
    500: (0.522, 0.558),
    1000: (0.515, 0.541),
}


def caught_null(size: int) -> tuple[float, float]:
    r"""Median and 99 % point of `caught` between two sets of `size` real signals.

    From the table, linearly in $1/\sqrt{n}$, by which an accuracy's chance error shrinks; below and above the table by
    that law alone.

    Raises:
        ValueError: if `size` is below 10.
    """
    if size < AT_LEAST:
        raise ValueError(f"caught_null: expected at least {AT_LEAST} signals a set, got {size}.")
    known = np.array(sorted(NULL, reverse=True), dtype=float)
    errors = np.array([NULL[int(n)] for n in known]) - 0.5
    at = 1 / np.sqrt(np.clip(size, known.min(), known.max()))
    beyond = np.sqrt(np.clip(size, known.min(), known.max()) / size)
    median, top = (0.5 + beyond * np.interp(at, 1 / np.sqrt(known), column) for column in errors.T)
    return float(median), float(min(top, 1.0))


# --- the score


@dataclass(frozen=True, eq=False)
class DiscriminativeScore:
    """What the judges say of two sets of `size` signals each.

    Attributes:
        caught: accuracy of the judge that tells them apart best, at least 0.5. 0.5 is right, 1 is the worst.
        null: the 99 % point of `caught` between two sets of real signals of this size.
        views: the cross-validated accuracy of each judge (columns) on each view (rows).
        size: signals a set.
        correct: whether each judge (rows: views by judges) was right about each signal (the real ones, then the fakes).
    """

    caught: float
    null: float
    views: pd.DataFrame
    size: int
    correct: Bool[ndarray, "judges both"]

    @property
    def score(self) -> float:
        """`caught` less 0.5: TimeGAN's discriminative score, 0 is right and 0.5 the worst."""
        return self.caught - 0.5

    def __float__(self) -> float:
        return self.score


def discriminative_score(
    real: Signals, fake: Signals, *, seed: int = 0, groups: Labels | None = None, quick: bool = False
) -> DiscriminativeScore:
    """How well classifiers tell `fake` from `real`: the best of eight judges, cross-validated in five folds.

    Equal numbers of both are compared: of the larger set, as many are drawn by `seed`. `quick` draws at most 200 of
    each and grows smaller forests, which takes a tenth of the time and sees less.

    Args:
        groups: (n,) of `real`: signals with one number (windows that overlap, say) stay on one side of every fold, so
            that a judge cannot know a signal from its near-copy. Where there are fewer groups than folds they are dealt
            out singly.

    Raises:
        ValueError: if a set holds fewer than 10 signals, or the two differ in channels or length.
    """
    x, y = checked_pair(real, fake, at_least=AT_LEAST, steps=COARSE + 1)
    group = np.arange(len(x)) if groups is None else whole_numbers(groups, "groups")
    if group.shape != (len(x),):
        raise ValueError(f"groups: expected one number a real signal, {len(x)}, got shape {group.shape}.")
    random = np.random.default_rng(seed)
    size = min(len(x), len(y), QUICK_AT_MOST if quick else max(len(x), len(y)))
    chosen_x, chosen_y = (np.sort(random.permutation(len(s))[:size]) for s in (x, y))
    both, is_fake = np.concatenate([x[chosen_x], y[chosen_y]]), np.arange(2 * size) >= size
    cv = folds(group[chosen_x], is_fake, FOLDS, seed=int(random.integers(2**31)))
    correct = {}
    for view, show in VIEWS.items():
        for name in JUDGES:
            judge = _judge(name, QUICK_TREES if quick else TREES, seed)
            correct[view, name] = cross_val_predict(judge, show(both), is_fake, cv=cv) == is_fake
    accuracy = pd.Series({key: right.mean() for key, right in correct.items()})
    return DiscriminativeScore(
        caught=float(max(accuracy.max(), 0.5)),
        null=caught_null(size)[1],
        views=accuracy.unstack().loc[list(VIEWS), list(JUDGES)],
        size=size,
        correct=np.stack(list(correct.values())),
    )


def folds(
    groups: Int[ndarray, " n"], is_fake: Bool[ndarray, " both"], n: int, *, seed: int
) -> list[tuple[ndarray, ndarray]]:
    """Which signals are learnt and which judged in each of n folds; a group of real signals stays together.

    `groups` are those of the real signals, which stand first; with fewer of them than folds they are dealt out singly.
    """
    if len(np.unique(groups)) == len(groups) or len(np.unique(groups)) < n:
        return list(StratifiedKFold(n, shuffle=True, random_state=seed).split(is_fake, is_fake))
    everyone = np.concatenate([groups, groups.max() + 1 + np.arange(len(is_fake) - len(groups))])
    return list(StratifiedGroupKFold(n, shuffle=True, random_state=seed).split(is_fake, is_fake, everyone))


# --- where it looks, and who is caught less


def importance_over_time(
    real: Signals, fake: Signals, *, view: str = "values", seed: int = 0
) -> Float[ndarray, "channels steps"]:
    """How much of a forest's decisions rests on each time step: impurity importances, which sum to 1.

    With nothing to find the importances are about even; a peak says where the signals give themselves away. Differences
    have a step less.

    Breiman 2001, Machine Learning 45.
    """
    if view not in ("values", "differences"):
        raise ValueError(f"importance_over_time: expected view='values' or 'differences', got {view!r}.")
    x, y = checked_pair(real, fake, at_least=AT_LEAST, steps=COARSE + 1)
    size = min(len(x), len(y))
    both = VIEWS[view](np.concatenate([x[:size], y[:size]]))
    forest = RandomForestClassifier(TREES, random_state=seed).fit(both, np.arange(2 * size) >= size)
    return forest.feature_importances_.reshape(x.shape[1], -1)


class Comparison(NamedTuple):
    """Whether one set is caught less than another: `caught` of ours less that of the other, with its 95 % interval."""

    difference: float
    low: float
    high: float
    verdict: Literal["below", "tied", "above"]


def caught_below(
    ours: Sequence[DiscriminativeScore], other: Sequence[DiscriminativeScore], *, seed: int = 0, draws: int = 2000
) -> Comparison:
    """Whether `ours` are caught less than `other`, by a paired bootstrap over signals: else they are tied.

    A score a seed in each list, all against the same real signals. Each draw takes signals with replacement: a real
    one, and with it our fake and the other's of the same place; `caught` is averaged over the seeds.

    Raises:
        ValueError: if the lists differ in length or are empty, or the scores are of different sizes.

    Efron and Tibshirani 1993, An Introduction to the Bootstrap.
    """
    if not ours or len(ours) != len(other):
        raise ValueError(f"caught_below: expected as many scores of each, a seed each; got {len(ours)}, {len(other)}.")
    sizes = {score.size for score in (*ours, *other)}
    if len(sizes) > 1:
        raise ValueError(f"caught_below: expected scores of one number of signals, got {sorted(sizes)}.")
    (size,) = sizes
    counts = np.random.default_rng(seed).multinomial(size, np.full(size, 1 / size), size=draws)  # (draws, size)

    def caught(scores: Sequence[DiscriminativeScore], weights: ndarray) -> ndarray:
        pairs = [(s.correct[:, :size].astype(float) + s.correct[:, size:]) / 2 for s in scores]  # (judges, size)
        return np.mean([np.maximum((weights @ pair.T / size).max(axis=1), 0.5) for pair in pairs], axis=0)

    difference = float((caught(ours, np.ones((1, size))) - caught(other, np.ones((1, size))))[0])
    low, high = (float(v) for v in np.quantile(caught(ours, counts) - caught(other, counts), [0.025, 0.975]))
    verdict = "below" if high < 0 else "above" if low > 0 else "tied"
    return Comparison(difference, low, high, verdict)
