"""Times as files write them, dates or hours, as seconds; whether times rise, and evenly. Only differences count."""

import re
from collections.abc import Callable

import numpy as np
import pandas as pd
from jaxtyping import Float

FORMATS = (  # after ISO 8601, which pandas knows by itself
    "%d.%m.%Y %H:%M:%S.%f",
    "%d.%m.%Y %H:%M:%S",
    "%d.%m.%Y %H:%M",
    "%m/%d/%Y %H:%M:%S.%f",
    "%m/%d/%Y %H:%M:%S",
    "%d/%m/%Y %H:%M:%S.%f",
    "%d/%m/%Y %H:%M:%S",
    "%d-%b-%Y %H:%M:%S.%f",
    "%d-%b-%Y %H:%M:%S",
)


def seconds(cells: list[str], place: Callable[[int], str]) -> Float[np.ndarray, "T"]:
    """Seconds since the first of dates or hours; `place(r)` begins a message about row r.

    Raises:
        ValueError: for a cell that is none.
    """
    texts = pd.Series([re.sub(r"(:\d\d),(\d+)$", r"\1.\2", cell.strip()) for cell in cells])
    if re.fullmatch(r"\d+:\d\d(:\d\d)?([.]\d+)?", texts[0]):
        hours = texts.where(texts.str.count(":") > 1, "00:" + texts)
        return _seconds(pd.to_timedelta(hours, errors="coerce"), cells, place)
    for form in ("ISO8601", *FORMATS):
        found = pd.to_datetime(texts, format=form, errors="coerce", utc=True)
        if 2 * found.notna().sum() > len(found):
            return _seconds(found - found[found.first_valid_index()], cells, place)
    raise ValueError(
        f"{place(0)}: expected a time (a number, 2026-03-01 12:00:00.010, 01.03.2026 12:00:00 or 12:00:00.010), got "
        f"{cells[0]!r}. Write it so, or say time=False: the rows are steps then, in their order."
    )


def _seconds(differences: pd.Series, cells: list[str], place: Callable[[int], str]) -> Float[np.ndarray, "T"]:
    if differences.isna().any():
        r = int(np.flatnonzero(differences.isna())[0])
        raise ValueError(f"{place(r)}: expected a time, as in the other rows, got {cells[r]!r}. Mend that cell.")
    return differences.dt.total_seconds().to_numpy(np.float64)


def fault(times: Float[np.ndarray, "T"]) -> tuple[int, str] | None:
    """The first step at which time does not rise, and what to say of it; None if it always does."""
    steps = np.diff(times)
    if (steps > 0).all():
        return None
    t = int(np.flatnonzero(steps <= 0)[0])
    before, after = float(times[t]), float(times[t + 1])
    if steps[t] == 0:
        what = f"expected a later time than in the step before, got {after:g} twice. Keep one of the two"
    elif (steps < 0).all():
        return 1, f"expected times that rise, but they fall, from {before:g} to {after:g} and on. Sort the rows by time"
    else:
        what = f"expected a later time than in the step before, {before:g}, got {after:g}. Sort the rows by time"
    return t + 1, f"{what}; if another recording begins there, give each an id, or a file of its own in a folder"


def even(times: Float[np.ndarray, "T"], tolerance: float) -> bool:
    """Whether all steps are as long as the middle one, but for this share of it."""
    steps = np.diff(times)
    return len(steps) < 2 or bool(np.abs(steps - np.median(steps)).max() <= tolerance * np.median(steps))
