"""What foretelling/gains.csv says: whether the verdict, or a line of the report, foretells a recogniser's gain.

The idea: of two sources of signals in a run, the one with the better grade should gain more. The share of such pairs
is 1/2 by chance. The rule was fixed before the table was made (benchmarks/foretelling.py).
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from jaxtyping import Float
from numpy import ndarray

from course_lib.classroom.results import CLASSICAL, mean_interval
from course_lib.metrics.verdict import GRADES

COPYING = ("interpolation", CLASSICAL)  # sources that are like recordings and bring little that is new
NOISY = "recordings in noise"  # copies, too, and plainly bad
SHUFFLED = "Gaussian, labels shuffled"  # the source that harms most
CHOICES = {  # of sources: those that are left out
    "all": (),
    "without copies": COPYING,
    "without shuffled labels": (SHUFFLED,),
    "without copies and noise": (*COPYING, NOISY),
    "without copies, noise and shuffled labels": (*COPYING, NOISY, SHUFFLED),
}
ASKED_AGAIN = tuple(CHOICES)[3:]  # with other seeds (benchmarks/foretelling.py)
LINES = {"grade": 1, "caught": -1, "tstr": 1, "frechet_ratio": -1}  # 1: greater is better
FORETOLD, CHANCE = 2 / 3, 1 / 2  # of pairs: on each set, and below the interval
ENDS = (0.025, 0.975)
RANK = {grade: -place for place, grade in enumerate(GRADES)}


class Foretold(NamedTuple):
    """The share of pairs in which the better source gains more: of each set, and of all runs with its 95 % interval."""

    by_set: dict[str, float]
    share: float
    low: float
    high: float

    @property
    def reached(self) -> bool:
        return all(share > FORETOLD for share in self.by_set.values()) and self.low > CHANCE


def share_of_pairs(score: Float[ndarray, " n"], gain: Float[ndarray, " n"]) -> float:
    """Of the pairs with different scores: how many have the greater gain where the score is greater; NaN of none."""
    better, more = np.subtract.outer(score, score) > 0, np.sign(np.subtract.outer(gain, gain))
    return float((1 + more[better]).mean() / 2) if better.any() else float("nan")


def runs_of(table: pd.DataFrame, line: str, gain: str) -> dict[tuple[str, int], tuple[ndarray, ndarray]]:
    """(set, seed) -> a score of each source, greater is better, and its gain."""
    score = LINES[line] * (table[line].map(RANK) if line == "grade" else table[line])
    runs = table.groupby(["set", "seed"], sort=False)
    return {key: (score[own.index].to_numpy(float), own[gain].to_numpy()) for key, own in runs}


def foretold(table: pd.DataFrame, line: str = "grade", gain: str = "gain_10") -> Foretold:
    """How well a line of the report, or its grade, foretells the gain. A run whose scores are all equal says nothing.

    Of a set where no run says anything the share is NaN, and the rule is not met.
    """
    runs = runs_of(table, line, gain)
    shares = pd.Series({key: share_of_pairs(*run) for key, run in runs.items()})
    return Foretold(shares.groupby(level=0).mean().to_dict(), float(shares.mean()), *mean_interval(shares))


def chosen(table: pd.DataFrame, name: str) -> pd.DataFrame:
    """The table without the sources that the choice `name` leaves out."""
    return table[~table["source"].isin(CHOICES[name])]


def every_line(
    table: pd.DataFrame, gains: Sequence[str] = ("gain_10", "gain_30"), choices: Sequence[str] = tuple(CHOICES)
) -> pd.DataFrame:
    """A row a line, gain and choice of sources (all, or without some): `foretold`, with a column a set."""
    found = [
        ({"sources": name, "gain": gain, "line": line}, foretold(chosen(table, name), line, gain))
        for name in choices
        for gain in gains
        for line in LINES
    ]
    return pd.DataFrame([of | told.by_set | without_sets(told) for of, told in found])


def without_sets(told: Foretold) -> dict[str, float | bool]:
    return {"share": told.share, "low": told.low, "high": told.high, "reached": told.reached}


def by_chance(table: pd.DataFrame, gain: str = "gain_10", *, draws: int = 1000, seed: int = 0) -> Foretold:
    """The control: grades permuted among the sources of each run. Means over the draws; low and high are their ends."""
    random, runs = np.random.default_rng(seed), runs_of(table, "grade", gain)
    drawn = [{key: share_of_pairs(random.permutation(s), g) for key, (s, g) in runs.items()} for _ in range(draws)]
    shares = pd.DataFrame(drawn, columns=pd.MultiIndex.from_tuples(runs)).T  # runs by draws
    of_all = shares.mean()
    by_set = shares.mean(axis=1).groupby(level=0).mean().to_dict()
    return Foretold(by_set, float(of_all.mean()), *(float(end) for end in of_all.quantile(list(ENDS))))


def mean_gains(table: pd.DataFrame, by: str = "grade", gain: str = "gain_10") -> pd.DataFrame:
    """Of each grade (or each source, by="source"): the mean gain, with the 95 % interval over runs, and its grades.

    A run's number is the mean over its sources of that grade.
    """
    rows = []
    for value in GRADES if by == "grade" else table["source"].unique():
        own = table[table[by] == value]
        runs = own.groupby(["set", "seed"])[gain].mean()
        low, high = mean_interval(runs)
        counts = {grade: int((own["grade"] == grade).sum()) for grade in GRADES}
        rows.append({by: value, "gain": runs.mean(), "low": low, "high": high, "runs": len(runs), **counts})
    return pd.DataFrame(rows)
