"""A table of many recordings, a row a step: (id, time, one column a channel), or (id, time, channel, value)."""

from pathlib import Path

import numpy as np
import pandas as pd
from jaxtyping import Float, Int

from course_lib.data.readers.dialects import Dialect
from course_lib.data.readers.options import Options
from course_lib.data.readers.recordings import Recordings
from course_lib.data.readers.steps import (
    Part,
    Roles,
    as_recordings,
    channel_columns,
    clock,
    complete,
    find_roles,
    moments,
)
from course_lib.data.readers.tables import Table, read_table

OPTIONS = tuple("label layout delimiter decimal header encoding id time channels ignore group".split())


def read_long(path: Path, dialect: Dialect, options: Options) -> Recordings:
    """The rows of a table as steps of the recordings that its id column names, in the order in which these first come.

    Raises:
        ValueError: for what is no number, times that do not rise, and columns whose meaning cannot be seen.
    """
    roles = find_roles(dialect, options, path.name)
    if roles.id is None:
        raise ValueError(
            f"load_signals: {path.name}: expected a column that says which recording a row is of, and none is called "
            f"id ({', '.join(dialect.names or ()) or 'there is no header'}). Name it: id=...; or keep each recording "
            "in a file of its own and read the folder, load_signals(folder). If all rows are one long recording, cut "
            "it into signals: np.save('signals.npy', values[: len(values) // 160 * 160].reshape(-1, 160)). If a row is "
            "a whole signal, say layout='wide'."
        )
    roles.label = _label_in_words(roles, dialect) if roles.label is None and options.label is None else roles.label
    table = complete(read_table(path, dialect, roles.texts(dialect)))
    columns, notes = channel_columns(table, roles)
    measured = clock(table, roles.time)
    if roles.channel is None:
        names = [table.names[c] if table.names else f"column {c + 1}" for c in columns]
        parts = [
            Part(table, np.tile(rows, (len(columns), 1)), np.array(columns), moments(table, rows, roles.time, measured))
            for rows in _members(table, roles.id)
        ]
    else:
        which, names = pd.factorize(np.array([cell.strip() for cell in table.texts[roles.channel]], dtype=object))
        names = list(names)
        parts = []
        for rows in _members(table, roles.id):
            of = {name: rows[which[rows] == k] for k, name in enumerate(names)}
            parts.append(_pivoted(table, of, roles, columns[0], measured))
    recordings = as_recordings(
        parts, roles, path.name, f"long: a row is a step, {table.column(roles.id)} names the signal", names
    )
    recordings.notes = [*dialect.notes, *notes, *recordings.notes]
    return recordings


def _label_in_words(roles: Roles, dialect: Dialect) -> int | None:
    """The one column of words that is nothing else."""
    words = [c for c in dialect.words if c not in roles.taken()]
    return words[0] if len(words) == 1 else None


def _members(table: Table, column: int) -> list[Int[np.ndarray, "_"]]:
    """The rows of each id, in the order in which the ids first come."""
    cells = [cell.strip() for cell in table.texts[column]]
    if "" in cells:
        where = table.place(cells.index(""), column)
        raise ValueError(f"{where}: expected a recording's id, got an empty cell. Fill it, or take the row out.")
    which, _ = pd.factorize(np.array(cells, dtype=object))
    return np.split(np.argsort(which, kind="stable"), np.cumsum(np.bincount(which))[:-1])


def _pivoted(
    table: Table,
    of: dict[str, Int[np.ndarray, "_"]],
    roles: Roles,
    value: int,
    measured: Float[np.ndarray, "R"] | None,
) -> Part:
    """The recording whose channels stand below each other, the rows of each by its name, with the same times.

    Raises:
        ValueError: if it lacks a channel, or its channels differ in their times.
    """
    usual = next(name for name, its in of.items() if len(its))
    for name, its in of.items():
        if len(its) != len(of[usual]):
            r = int((its if len(its) else of[usual])[-1])
            raise ValueError(
                f"{table.place(r, roles.channel)}: expected {len(of[usual])} steps of channel {name!r} in recording "
                f"{table.texts[roles.id][r]!r}, as of {usual!r}, got {len(its)}. Add the missing rows, or leave that "
                "recording out."
            )
    times = [moments(table, its, roles.time, measured) for its in of.values()]
    for its, found in zip(of.values(), times, strict=True):
        if found is not None and (differ := np.flatnonzero(found != times[0])).size:
            t = int(differ[0])
            raise ValueError(
                f"{table.place(int(its[t]), roles.time[0])}: expected the time {times[0][t]:g}, as channel {usual!r} "
                f"has it there, got {found[t]:g}. Channels must be measured at the same times."
            )
    return Part(table, np.stack(list(of.values())), np.full(len(of), value), times[0])
