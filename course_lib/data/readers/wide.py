"""A table whose rows are signals: UCR's files, spreadsheets, what `python -m course_lib generate` writes.

Dau et al. 2018, "The UCR Time Series Classification Archive", cs.ucr.edu/~eamonn/time_series_data_2018.
"""

from pathlib import Path

import numpy as np

from course_lib.data.readers.dialects import Dialect
from course_lib.data.readers.numbers import is_number
from course_lib.data.readers.options import Options, column_index
from course_lib.data.readers.recordings import Recordings, cut_ends, is_clock
from course_lib.data.readers.roles import bare, class_names, named, ours, to_numbers, told
from course_lib.data.readers.tables import Table, read_table, without_empty_columns

UCR = (".tsv", ".txt")  # without a header, the first column is the label
OPTIONS = ("label", "layout", "delimiter", "decimal", "header", "encoding", "id", "ignore", "group")


def read_wide(path: Path, dialect: Dialect, options: Options) -> Recordings:
    """The rows of a table as signals.

    Raises:
        ValueError: for what is no number, rows of different lengths where the label stands last, and a label column
            that cannot be told from values.
    """
    file, names, width = path.name, dialect.names, dialect.width
    ignored = {column_index(c, names, width, option="ignore", file=file) for c in options.ignore}
    group, identity = (told(getattr(options, o), o, dialect, width, file) for o in ("group", "id"))
    label = _said_label(options, dialect, width, file)
    named_rows = [] if options.id is not None else [*named("id", names), *named("time", names)]
    kept = {0, width - 1, *named_rows, *ignored, *(c for c in (label, group, identity) if c is not None)}
    table = read_table(path, dialect, kept)
    columns, notes = without_empty_columns(table)
    columns = [c for c in columns if c not in {*ignored, group, identity}]
    columns, index = _without_index(table, [c for c in columns if c != label], named_rows)
    notes += index
    if label is None and options.label is None:
        label = _label_by_looking(table, columns, path.suffix.lower() in UCR and names is None)
    steps = [c for c in columns if c != label]
    for c in [c for c in steps if c in table.texts]:
        to_numbers(table, c)
    _check_width(table, steps, label)
    _check_clock(table, steps)
    labels = None if label is None else class_names(table, label)
    signals, channels, place = _signals(table, steps)
    return Recordings(
        file=file,
        understood={
            "layout": "wide: a row is a signal",
            "columns": dialect.described(),
            "labels": "none" if label is None else table.column(label),
        },
        signals=signals,
        channels=channels,
        place=place,
        labels=labels,
        groups=None if group is None else [cell.strip() for cell in table.texts[group]],
        notes=[*dialect.notes, *notes] + [f"{table.column(c)} is left out, as told." for c in sorted(ignored)],
    )


# ------------------------------------------------------------------------------------------ the labels' column


def _said_label(options: Options, dialect: Dialect, width: int, file: str) -> int | None:
    """The label's column where an option or the header names it."""
    if options.label in ("first", "last") and options.label not in (dialect.names or ()):
        return 0 if options.label == "first" else width - 1
    if options.label is None and len(found := named("label", dialect.names)) == 1:
        return found[0]
    return told(options.label, "label", dialect, width, file)


def _without_index(table: Table, columns: list[int], named_rows: list[int]) -> tuple[list[int], list[str]]:
    """The columns without those that only count or name the rows: nameless at the front, or called id or time.

    Raises:
        ValueError: if such a name stands over values that several rows share.
    """
    if table.names is None:
        return columns, []
    nameless = [c for c in columns[:1] if not table.names[c] or bare(table.names[c]).startswith("unnamed")]
    notes = []
    for c in [c for c in columns if c in nameless or c in named_rows]:
        cells = table.texts.get(c, [])
        if c in nameless and len(set(cells)) < len(cells):
            continue
        if len(set(cells)) < len(cells):
            raise ValueError(
                f"load_signals: {table.file}, row {table.dialect.header}, {table.column(c)}: expected each row to have "
                "one of its own, but some rows share theirs. If rows of one such value belong together, say "
                f"group={c + 1}; if a row is one step, say layout='long'; else leave it out: ignore=[{c + 1}]."
            )
        notes.append(f"{table.column(c)} names the rows and is left out.")
        columns = [other for other in columns if other != c]
    return columns, notes


def _label_by_looking(table: Table, columns: list[int], first_by_form: bool) -> int | None:
    """The first or the last column where it is unlike the others: words, or few whole numbers among fractions.

    Raises:
        ValueError: if looking does not tell.
    """
    first, last = columns[0], columns[-1]
    if first_by_form:
        return first
    ends = [c for c in dict.fromkeys((first, last)) if c in table.texts]
    words = [c for c in ends if not _numbers(table, c)]
    if len(words) > 1:
        raise ValueError(
            f"load_signals: {table.file}: expected one column of labels, but {table.column(first)} and "
            f"{table.column(last)} both hold words. Say which: label={first + 1} or label={last + 1}; leave the other "
            "out: ignore=[...]."
        )
    if words:
        c, cells = words[0], [cell.strip() for cell in table.texts[words[0]]]
        if len(cells) > 2 and len(set(cells)) == len(cells):
            raise ValueError(
                f"{table.place(0, c)}: expected a class's name, which some rows share, but all {len(cells)} rows "
                f"differ ({cells[0]!r}, {cells[1]!r}, ...). If the column names the recordings, leave it out: "
                f"ignore=[{c + 1}]. If it is the label, say so: label={c + 1}."
            )
        return c
    inner = table.values[:1000, columns[1:-1]]
    if not inner.size or (inner == np.round(inner)).mean() > 0.5:  # whole numbers throughout: a label looks alike
        alike = [c for c in ends if _repeats(table, c) and _stands_out(table, c, columns[1:-1])]
    else:
        alike = [c for c in ends if _whole(table, c)]
    if not alike:
        return None
    c = alike[0]
    kinds = len({float(cell.replace(",", ".")) for cell in table.texts[c]})
    if len(alike) > 1 or kinds == 1 or not _repeats(table, c):
        raise ValueError(
            f"{table.place(0, c)}: expected to see whether this column is the label or a value: it holds whole numbers "
            f"({kinds} different in {len(table.rows)} rows) beside others. Say label={c + 1}, or label=False if "
            f"there are no labels. If it only counts the rows, leave it out: ignore=[{c + 1}]."
        )
    return c


def _numbers(table: Table, c: int) -> bool:
    """Whether most cells of a column are numbers."""
    cells = [cell for cell in table.texts[c] if cell.strip()]
    return 2 * sum(is_number(cell, table.dialect.decimal) for cell in cells) > len(cells)


def _whole(table: Table, c: int) -> bool:
    """Whether every cell of a column is a whole number."""
    decimal = table.dialect.decimal
    cells = table.texts[c]
    return all(is_number(cell, decimal) and float(cell.replace(decimal, ".")).is_integer() for cell in cells)


def _repeats(table: Table, c: int) -> bool:
    """Whether a column of whole numbers has at most half as many different ones as rows."""
    return _whole(table, c) and 2 * len(set(table.texts[c])) <= len(table.rows)


def _stands_out(table: Table, c: int, others: list[int]) -> bool:
    """Whether a column has at most a quarter as many different values as the others have."""
    different = [len(np.unique(table.values[:, o])) for o in others]
    return bool(different and 4 * len(set(table.texts[c])) <= np.median(different))


# ------------------------------------------------------------------------------------------------ the signals


def _check_width(table: Table, steps: list[int], label: int | None) -> None:
    """That there are steps, and no row is so short that it lacks its label."""
    if len(steps) < 2:
        raise ValueError(
            f"load_signals: {table.file}: expected {'a label and ' if label is not None else ''}at least 2 values in "
            f"each row, got {table.dialect.described()}. Is that how the file is written? Say delimiter=... if not. "
            "One row is one signal; if one row is one step, say layout='long'."
        )
    width = table.values.shape[1]
    if label is not None and label > max(steps) and (short := np.flatnonzero(table.widths <= label)).size:
        r = int(short[0])
        raise ValueError(
            f"load_signals: {table.file}, row {table.rows[r]}: expected {width} columns, the last of them the label, "
            f"got {table.widths[r]}. Mend that row; rows of different lengths are read where the label stands first."
        )


def _check_clock(table: Table, steps: list[int]) -> None:
    """That no first or last step is a time since 1970 among values that are none."""
    for c, other in ((steps[0], steps[1]), (steps[-1], steps[-2])):
        if is_clock(table.values[:, c]) and not is_clock(table.values[:, other]):
            raise ValueError(
                f"{table.place(0, c)}: expected a measured value, got {table.values[0, c]:.0f}, and the whole column "
                "looks like clock times (seconds, or parts of them, since 1970), unlike the others. Leave it out: "
                f"ignore=[{c + 1}]."
            )


def _signals(table: Table, steps: list[int]):
    """The signals (C, T) of each row, the channels' names, and the place of a value."""
    grid = ours([table.names[c] for c in steps]) if table.names else None
    if grid is None:
        order, channels = np.array([steps]), ["value"]
    else:
        order, channels = _grid(table, steps, grid)
    values = table.values[:, order]  # (N, C, L)

    def place(n: int, c: int, t: int) -> str:
        return table.place(n, int(order[c, t]))

    return cut_ends(list(values)), channels, place


def _grid(table: Table, steps: list[int], grid: list[tuple[int, int]]):
    """The columns of `c0_t0, c0_t1, ...` as (C, L), whatever order they stand in."""
    channels, length = max(c for c, _ in grid) + 1, max(t for _, t in grid) + 1
    order = np.full((channels, length), -1)
    for column, (c, t) in zip(steps, grid, strict=True):
        if order[c, t] >= 0:
            raise ValueError(
                f"load_signals: {table.file}, row {table.dialect.header}, columns {order[c, t] + 1} and {column + 1}: "
                f"expected each step once, but both are called c{c}_t{t}. Take one of them out."
            )
        order[c, t] = column
    if (order < 0).any():
        c, t = np.argwhere(order < 0)[0].tolist()
        raise ValueError(
            f"load_signals: {table.file}, row {table.dialect.header}: expected {channels} channels of {length} steps, "
            f"as the header's names say, but there is no column c{c}_t{t}. Export the file again."
        )
    return order, [f"c{c}" for c in range(channels)]
