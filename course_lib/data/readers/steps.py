"""Tables whose rows are steps: which column is time, label or channel, and how rows become one recording."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from course_lib.data.readers.dialects import Dialect
from course_lib.data.readers.numbers import class_name
from course_lib.data.readers.options import Options, column_index
from course_lib.data.readers.recordings import EVEN, Recordings
from course_lib.data.readers.roles import TIME, bare, named, time_name, told
from course_lib.data.readers.tables import Table, without_empty_columns
from course_lib.data.readers.times import even, fault, seconds

DATES, HOURS = ("date", "datum"), ("time", "zeit", "uhrzeit")  # one moment, in two columns


@dataclass
class Roles:
    """Which column is what, from 0; `time` has two where date and hour stand apart, none where rows are counted."""

    id: int | None
    time: list[int]
    label: int | None
    channel: int | None
    group: int | None
    left_out: list[int]

    def texts(self, dialect: Dialect) -> set[int]:
        """The columns to keep as text."""
        one = {c for c in (self.id, self.label, self.channel, self.group) if c is not None}
        return one | set(self.left_out) | {c for c in self.time if c in dialect.words}

    def taken(self) -> set[int]:
        """The columns that hold no channel."""
        return {c for c in (self.id, self.label, self.channel, self.group) if c is not None} | {
            *self.time,
            *self.left_out,
        }


@dataclass
class Part:
    """One recording within a table: the row and column of each value, and when its steps were measured."""

    table: Table
    rows: Int[np.ndarray, "C T"]
    columns: Int[np.ndarray, "C"]
    times: Float[np.ndarray, "T"] | None

    def signal(self) -> Float[np.ndarray, "C T"]:
        return self.table.values[self.rows, self.columns[:, None]]

    def only(self, c: int, what: str) -> str:
        """The one text that a column has in all rows of this recording.

        Raises:
            ValueError: if it changes within the recording.
        """
        rows = np.sort(self.rows, axis=None)
        cells = [self.table.texts[c][r] for r in rows]
        if changed := next((i for i, cell in enumerate(cells) if cell != cells[0]), 0):
            raise ValueError(
                f"{self.table.place(int(rows[changed]), c)}: expected one {what} in all rows of a recording, got "
                f"{cells[changed]!r} after {cells[0]!r}. If it changes within a recording, cut the recording there (an "
                "id for each piece), or leave the column out: ignore=[...]."
            )
        return cells[0]


def find_roles(dialect: Dialect, options: Options, file: str) -> Roles:
    """What each column is: by what was said, else by its name.

    Raises:
        ValueError: if an option names no column.
    """
    names, width = dialect.names, dialect.width

    def role(option: str, by_name: str | None = None) -> int | None:
        given = getattr(options, option, None)
        if given is None and by_name:
            found = [c for c in named(by_name, names) if c not in left_out and bare(names[c]) != "y"]
            return found[0] if len(found) == 1 else None
        return told(given, option, dialect, width, file)

    left_out = [column_index(c, names, width, option="ignore", file=file) for c in options.ignore]
    identity, label, channel = role("id", "id"), role("label", "label"), role("channel", "channel")
    time = [] if options.time is False else [c for c in [role("time")] if c is not None]
    if options.time is None:
        time, others = _time(names or [], [c for c in named("time", names) if c not in {identity, *left_out}])
        left_out += others
    group = role("group", "group")
    if options.channels is not None:
        wanted = {column_index(c, names, width, option="channels", file=file) for c in options.channels}
        left_out += [c for c in range(width) if c not in {identity, label, group, *wanted, *time, *left_out}]
        channel = None
    if channel is not None and width - len({identity, label, group, channel, *time, *left_out} - {None}) != 1:
        channel = None  # several columns of values: what is called so is one of them
    return Roles(identity, time, label, channel, group, left_out)


def _time(names: list[str], found: list[int]) -> tuple[list[int], list[int]]:
    """The column of time, or a date's and an hour's; and the others that are called so, too."""
    days, hours = ([c for c in found if bare(names[c]) in kind] for kind in (DATES, HOURS))
    if days and hours:
        return [days[0], hours[0]], [c for c in found if c not in (days[0], hours[0])]
    preferred = sorted(found, key=lambda c: TIME.split().index(time_name(names[c])))
    return preferred[:1], preferred[1:]


def channel_columns(table: Table, roles: Roles) -> tuple[list[int], list[str]]:
    """The columns of values, and notes on those that were left out.

    Raises:
        ValueError: if there are none, one holds words, or two have one name.
    """
    columns, notes = without_empty_columns(table)
    notes += [f"{table.column(c)} is left out." for c in roles.left_out]
    columns = [c for c in columns if c not in roles.taken()]
    if columns and table.names is not None and _counts_rows(table, columns[0]):
        notes.append(f"{table.column(columns[0])} counts the rows and is left out.")
        columns = columns[1:]
    if not columns:
        raise ValueError(
            f"load_signals: {table.file}: expected a column of values beside time and names, got none "
            f"({table.dialect.described()}). Say which is what: time=..., id=..., channels=[...]."
        )
    if table.names is not None:
        called = [table.names[c] for c in columns]
        if twice := [c for c in columns if called.count(table.names[c]) > 1]:
            raise ValueError(
                f"load_signals: {table.file}, row {table.dialect.header}, columns {twice[0] + 1} and {twice[1] + 1}: "
                f"expected channels that differ in name, but both are called {table.names[twice[0]]!r}. Rename one."
            )
    return columns, notes


def _counts_rows(table: Table, c: int) -> bool:
    """Whether a nameless column is 0, 1, 2, ... or 1, 2, 3, ...: the index that pandas and R write."""
    nameless = not table.names[c] or bare(table.names[c]).startswith("unnamed")
    column = table.values[:, c]
    return bool(nameless and column[0] in (0, 1) and (column == column[0] + np.arange(len(column))).all())


def complete(table: Table) -> Table:
    """The table, whose rows all have all columns.

    Raises:
        ValueError: if one is shorter.
    """
    width = table.values.shape[1]
    if (short := np.flatnonzero(table.widths != width)).size:
        r = int(short[0])
        raise ValueError(
            f"load_signals: {table.file}, row {table.rows[r]}: expected {width} columns, as in other rows, got "
            f"{table.widths[r]}. Mend that row, or take it out."
        )
    return table


def clock(table: Table, time: list[int]) -> Float[np.ndarray, "R"] | None:
    """When each row was measured, NaN where that is missing; None where no column says.

    Raises:
        ValueError: if a cell is no time.
    """
    if not time:
        return None
    if not all(c in table.texts for c in time):
        return table.values[:, time[-1]]
    cells = [" ".join(map(str.strip, row)) for row in zip(*(table.texts[c] for c in time), strict=True)]
    return seconds(cells, lambda r: table.place(r, time[0]))


def moments(
    table: Table, rows: Int[np.ndarray, "T"], time: list[int], measured: Float[np.ndarray, "R"] | None
) -> Float[np.ndarray, "T"] | None:
    """The `clock` at these rows of one recording.

    Raises:
        ValueError: if one is missing, or times do not rise.
    """
    if measured is None:
        return None
    found = measured[rows]
    if said := fault(found):
        raise ValueError(f"{table.place(int(rows[said[0]]), time[0])}: {said[1]}.")
    return found


def as_recordings(parts: list[Part], roles: Roles, file: str, layout: str, channels: list[str]) -> Recordings:
    """The parts as recordings; times are kept where they are uneven."""
    table, notes = parts[0].table, []
    times = None if parts[0].times is None else [part.times for part in parts]
    time = "none: rows are counted as even steps"
    if times is not None:
        steps = [float(np.median(np.diff(t))) for t in times if len(t) > 1] or [0.0]
        unit = " s" if all(c in table.texts for c in roles.time) else ""
        range_ = f"{min(steps):.6g}" + (f" to {max(steps):.6g}" if max(steps) > (1 + EVEN) * min(steps) else "")
        time = f"{', '.join(table.column(c) for c in roles.time)}, steps of {range_}{unit}"
        if max(steps) > (1 + EVEN) * min(steps):
            notes.append(f"{file}: recordings were measured at different rates, with steps of {range_}{unit}.")
        times = None if all(even(t, EVEN) for t in times) else times
    labels = None
    if roles.label is not None:
        cells = [(part, part.only(roles.label, "label")) for part in parts]
        labels = [
            class_name(cell, part.table.place(int(part.rows[0, 0]), roles.label), table.dialect.decimal)
            for part, cell in cells
        ]
    return Recordings(
        file=file,
        understood={
            "layout": layout,
            "columns": table.dialect.described(),
            "time": time,
            "labels": "none" if labels is None else table.column(roles.label),
        },
        signals=[part.signal() for part in parts],
        channels=channels,
        place=lambda n, c, t: parts[n].table.place(int(parts[n].rows[c, t]), int(parts[n].columns[c])),
        labels=labels,
        times=times,
        groups=None if roles.group is None else [part.only(roles.group, "group") for part in parts],
        notes=notes,
    )
