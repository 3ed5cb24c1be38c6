"""Which exercises are done: one small file on the reader's own machine.

One idea: progress is a dictionary, exercise -> day, in a JSON file that `COURSE_PROGRESS` names. No account, no
network; delete the file to start afresh. A file that cannot be read or written never stands between a reader and an
exercise.
"""

import datetime
import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pandas as pd

from course_lib import files

DEFAULT = Path("~/.local/share/gan-course/progress.json")


def progress_file() -> Path:
    """Where progress is kept: `COURSE_PROGRESS`, or a file in the reader's own data folder.

    Raises:
        ValueError: if the reader's home cannot be found.
    """
    return files.user_path(os.environ.get("COURSE_PROGRESS") or DEFAULT)


def read() -> dict[str, str]:
    """The exercises done so far, each with the day (year-month-day) on which it was first done.

    Raises:
        ValueError: if the file is there but is no such record (`record` then starts afresh), or its place cannot be
            found.
    """
    path = progress_file()
    try:
        if path.exists() and not path.is_file():  # a pipe would be waited on for ever
            raise TypeError("no ordinary file")
        done = json.loads(path.read_text(encoding="utf-8"))["done"]
        if not all(isinstance(key, str) and isinstance(day, str) for key, day in done.items()):
            raise TypeError("exercise and day must be text")
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(
            f"the progress file {path} cannot be read ({type(error).__name__}). It is started afresh with the next "
            "exercise that you solve; delete it to do so at once."
        ) from error
    return done


def record(exercise: str, *, today: datetime.date | None = None) -> str:
    """Note that an exercise is done, keeping the day on which it first was. Returns what the reader should know, or "".

    The file is replaced as a whole, so that a kernel killed meanwhile leaves the old one. A damaged file is set aside
    as *.damaged; a place that cannot be written to is said, never raised.
    """
    note = ""
    try:
        path = progress_file()
        try:
            done = read()
        except ValueError:
            done, note = {}, "Your progress file was damaged and is started afresh."
        if note and path.is_file():
            path.replace(path.with_suffix(".damaged"))
        done.setdefault(exercise, (today or datetime.date.today()).isoformat())
        path.parent.mkdir(parents=True, exist_ok=True)
        files.write_whole(path, (json.dumps({"done": done}, indent=1, sort_keys=True) + "\n").encode())
    except (OSError, ValueError):  # ValueError: a home that cannot be found, a path that is none
        return "Your progress could not be saved: set COURSE_PROGRESS to a file that you can write to."
    return note


def table(exercises: Iterable[Any]) -> pd.DataFrame:
    """How far the reader is: a row a notebook, with the exercises done, how many there are, and those still open.

    `exercises` have `.notebook` and `.name`: `checks.EXERCISES.values()`, for one.
    """
    try:
        done = read()
    except ValueError:
        done = {}
    rows: dict[str, dict] = {}
    for exercise in exercises:
        row = rows.setdefault(exercise.notebook, {"done": 0, "of": 0, "open": []})
        row["of"] += 1
        if exercise.name in done:
            row["done"] += 1
        else:
            row["open"].append(exercise.name)
    frame = pd.DataFrame.from_dict(rows, orient="index", columns=["done", "of", "open"]).sort_index()
    frame["open"] = frame["open"].map(", ".join)
    frame.index.name = "notebook"
    return frame
