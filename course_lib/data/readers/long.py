"""A table of many recordings, a row a step: (id, time, one column a channel), or (id, time, channel, value)."""

from pathlib import Path

import numpy as np
import pandas as pd
from jaxtyping import Int

from course_lib.data.readers.dialects import Dialect
from course_lib.data.readers.options import Options
from course_lib.data.readers.recordings import Recordings
from course_lib.data.readers.steps import Part, Roles, as_recordings, channel_columns, check_ragged, find_roles, moments
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
            "in a file of its own and read the folder, load_signals(folder). If a row is a whole signal, say "
            "layout='wide'."
        )
    roles.label = _label_in_words(roles, dialect) if roles.label is None and options.label is None else roles.label
    table = read_table(path, dialect, roles.texts(dialect))
    check_ragged(table)
    columns, notes = channel_columns(table, roles)
    if roles.channel is None:
        names = [table.names[c] if table.names else f"column {c + 1}" for c in columns]
        parts = []
        for rows in _members(table, roles.id):
            times = moments(table, rows, roles.time)
            parts.append(Part(table, np.tile(rows, (len(columns), 1)), np.array(columns), times))
    else:
        names = list(dict.fromkeys(cell.strip() for cell in table.texts[roles.channel]))
        parts = [_pivoted(table, rows, roles, columns[0], names) for rows in _members(table, roles.id)]
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


def _pivoted(table: Table, rows: Int[np.ndarray, "R"], roles: Roles, value: int, names: list[str]) -> Part:
    """The recording whose channels stand below each other, `names` in this order, each with the same times.

    Raises:
        ValueError: if it lacks a channel, or its channels differ in their times.
    """
    cells = [table.texts[roles.channel][r].strip() for r in rows]
    of = {name: rows[[cell == name for cell in cells]] for name in names}
    first = of[names[0]] if len(of[names[0]]) else rows
    for name, its in of.items():
        if len(its) != len(first):
            r = int(its[-1] if len(its) else rows[0])
            raise ValueError(
                f"{table.place(r, roles.channel)}: expected {len(first)} steps of channel {name!r} in recording "
                f"{table.texts[roles.id][r]!r}, as of {names[0]!r}, got {len(its)}. Add the missing rows, or leave "
                "that recording out."
            )
    times = [moments(table, its, roles.time) for its in of.values()]
    for its, found in zip(of.values(), times, strict=True):
        if found is not None and (differ := np.flatnonzero(found != times[0])).size:
            t = int(differ[0])
            raise ValueError(
                f"{table.place(int(its[t]), roles.time[0])}: expected the time {times[0][t]:g}, as channel "
                f"{names[0]!r} has it there, got {found[t]:g}. Channels must be measured at the same times."
            )
    return Part(table, np.stack(list(of.values())), np.full(len(names), value), times[0])
