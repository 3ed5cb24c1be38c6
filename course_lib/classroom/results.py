"""The results that the repository ships: tables, manifests and generators under data/, by name.

The only place that knows where data/ lies. Who made a result, and with what, says the manifest beside it.
"""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import stats

FOLDER = Path(__file__).resolve().parents[2] / "data"
CONFIDENCE = 0.95


def table(name: str, **options: object) -> pd.DataFrame:
    """The committed table `name`, as in "toy_modes" or "critics/depth"; `options` are those of `pandas.read_csv`.

    Raises:
        FileNotFoundError: if there is none of that name; the message lists those there are.
    """
    return pd.read_csv(_found(f"{name}.csv"), **options)


def arrays(name: str) -> dict[str, np.ndarray]:
    """The committed arrays `name`, as in "critics/surfaces", by their own names. Raises as `table`."""
    with np.load(_found(f"{name}.npz"), allow_pickle=False) as stored:
        return dict(stored)


def manifest(name: str) -> dict:
    """What the manifest of `name` says, as in "toys" or "checkpoints/signs8". Raises as `table`."""
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
