"""The results that the repository ships: tables, manifests and generators under data/, by name.

The only place that knows where data/ lies. Who made a result, and with what, says the manifest beside it.
"""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import stats

from course_lib.metrics import paired_interval

FOLDER = Path(__file__).resolve().parents[2] / "data"
CONFIDENCE = 0.95


def table(name: str, **options: object) -> pd.DataFrame:
    """The committed table `name`, as in "fair/modes" or "critics/depth"; `options` are those of `pandas.read_csv`.

    Raises:
        FileNotFoundError: if there is none of that name; the message lists those there are.
    """
    return pd.read_csv(_found(f"{name}.csv"), **options)


def arrays(name: str) -> dict[str, np.ndarray]:
    """The committed arrays `name`, as in "critics/surfaces", by their own names. Raises as `table`."""
    with np.load(_found(f"{name}.npz"), allow_pickle=False) as stored:
        return dict(stored)


def manifest(name: str) -> dict:
    """What the manifest of `name` says, as in "fair" or "checkpoints/signs8". Raises as `table`."""
    return json.loads(_found(f"{name}/manifest.json").read_text(encoding="utf-8"))


def generator(name: str) -> Path:
    """The file of the committed generator `name`: "signs80", "auslan_right_x" ... Raises as `table`."""
    return _found(f"checkpoints/{name}/generator.safetensors")


def mean_interval(values: pd.Series | np.ndarray | Sequence[float]) -> tuple[float, float]:
    r"""The 95 % interval of the mean of independent runs: mean $\pm\, t\, s/\sqrt{n}$, n - 1 degrees of freedom.

    A value that is not there (NaN: the spread of a generator that hits no mode) is left out; of fewer than two values
    both ends are NaN.
    """
    there = np.asarray(values, dtype=float)
    there = there[~np.isnan(there)]
    if len(there) < 2:
        return float("nan"), float("nan")
    half = stats.t.ppf((1 + CONFIDENCE) / 2, len(there) - 1) * there.std(ddof=1) / np.sqrt(len(there))
    return float(there.mean() - half), float(there.mean() + half)


def with_intervals(runs: pd.DataFrame, by: Sequence[str], columns: Sequence[str]) -> pd.DataFrame:
    """Runs in groups -> a row a group, in the order of the runs: of each column the mean and its `mean_interval`.

    The columns of the result are pairs: ("modes", "mean"), ("modes", "low"), ("modes", "high") ...
    """
    groups = list(runs.groupby(list(by), sort=False))
    numbers = [
        [number for column in columns for number in (rows[column].mean(), *mean_interval(rows[column]))]
        for _, rows in groups
    ]
    across = pd.MultiIndex.from_product([columns, ["mean", "low", "high"]])
    return pd.DataFrame(numbers, pd.MultiIndex.from_tuples([name for name, _ in groups], names=list(by)), across)


# --- augmentation/accuracy.csv

NONE, CLASSICAL, GENERATED, WITH_CLASSICAL = "none", "classical", "generated", " + classical"  # methods
ALL = "all"  # counts together


def gains(table: pd.DataFrame, *, ours: str = GENERATED + WITH_CLASSICAL) -> pd.DataFrame:
    """How much `ours` is above the best forger with classical copies, on each set for each count, and over all counts.

    The best forger is the one that is right most often on the very exams, mean over the subsets: whoever is chosen so
    has luck on its side, and `ours` has not. The interval is paired over the subsets, by Student's t, 95 %; of "all",
    a subset's number is the mean over the counts.

    Args:
        table: augmentation/accuracy.csv: set, count, seed, method, accuracy.

    Returns:
        set, count, forger, ours and other (mean accuracies), difference, low, high, subsets.

    Raises:
        ValueError: if a method is missing in a run, or there are fewer than two subsets.
    """
    rows, methods = [], table["method"].unique()
    rivals = [name for name in methods if name.endswith(WITH_CLASSICAL) and not name.startswith(GENERATED)]
    if not rivals or ours not in methods:
        raise ValueError(f"gains: expected rows of {ours!r} and of 'FORGER{WITH_CLASSICAL}', got {list(methods)}.")
    for name, own in table.groupby("set", sort=False):
        by_run = own.pivot(index=["count", "seed"], columns="method", values="accuracy")[[ours, *rivals]]
        if by_run.isna().any(axis=None):
            raise ValueError(f"gains: expected every method in every run of {name}, but some are missing.")
        whole = by_run.groupby("seed").mean()
        for count, runs in [*((count, by_run.loc[count]) for count in own["count"].unique()), (ALL, whole)]:
            best = str(runs[rivals].mean().idxmax())
            found = paired_interval(runs[ours].to_numpy(), runs[best].to_numpy())
            means = {"ours": runs[ours].mean(), "other": runs[best].mean()}
            line = {"set": name, "count": count, "forger": best.removesuffix(WITH_CLASSICAL)}
            rows.append(line | means | found._asdict() | {"subsets": len(runs)})
    return pd.DataFrame(rows)


def _found(name: str) -> Path:
    path = FOLDER / name
    if path.is_file():
        return path
    kind = f"*/{path.name}" if path.name in ("manifest.json", "generator.safetensors") else f"*{path.suffix}"
    there = ", ".join(sorted(found.relative_to(FOLDER).as_posix() for found in FOLDER.rglob(kind))) or "none"
    raise FileNotFoundError(
        f"There is no {name} in {FOLDER}; there are: {there}. `make tables` and `make checkpoints` make them; if "
        "course_lib was installed without its repository, clone the repository."
    )
