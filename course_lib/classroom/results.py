"""The results that the repository ships: tables, manifests and generators under data/, by name.

The only place that knows where data/ lies. Who made a result, and with what, says the manifest beside it.
"""

import json
from pathlib import Path

import numpy as np
import pandas as pd

FOLDER = Path(__file__).resolve().parents[2] / "data"


def table(name: str, **options: object) -> pd.DataFrame:
    """The committed table `name`, as in "toy_modes" or "critics/depth"; `options` are those of `pandas.read_csv`.

    Raises:
        FileNotFoundError: if there is none of that name; the message lists those there are.
    """
    return pd.read_csv(_found(f"{name}.csv"), **options)


def ladder(path: Path | None = None) -> pd.DataFrame:
    """The ladder of notebook 10: one line for each set, row and seed, in the order in which the rows were made.

    A row is a generator's recipe by its name, or one of "Gaussian", "interpolation" and "real". Read from `path`, or
    else the committed table "recipes/ladder". Raises as `table`.
    """
    return table("recipes/ladder") if path is None else pd.read_csv(path)


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
