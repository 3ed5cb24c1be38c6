"""What each column of a table is: label, id, time, channel; by what was said, else by its name in the header."""

import re
from collections import Counter

from course_lib.data.readers.dialects import Dialect
from course_lib.data.readers.numbers import class_name, is_missing, is_number, looks_numeric, odd_cell
from course_lib.data.readers.options import Column, column_index
from course_lib.data.readers.tables import Table

LABEL = "label labels class classes class_label classlabel target category klasse kategorie activity gesture sign y"
ID = (
    "id case case_id recording recording_id rec trial trial_id series series_id signal_id sample_id unique_id instance "
    "instance_id file filename aufnahme messung"
)
TIME = (
    "time t timestamp timestamps datetime date_time date zeit zeitstempel datum uhrzeit seconds sec secs s ms millis "
    "elapsed seconds_elapsed elapsed_time time_s time_ms timestamp_ms frame step time_step timestep reading_id "
    "sample index"
)
CHANNEL = "channel channel_name dim dim_id dimension variable sensor"
NAMES = {
    role: frozenset(text.split())
    for role, text in zip(("label", "id", "time", "channel"), (LABEL, ID, TIME, CHANNEL), strict=True)
}

_OURS = re.compile(r"c(\d+)_t(\d+)")


def bare(name: str) -> str:
    """A column's name without its unit: `Time [s]`, `time (s)`, `t/s` are time, time, t."""
    name = re.sub(r"\s*([\[(].*[\])]|/.*)\s*$", "", name.strip())
    return re.sub(r"[\s.-]+", "_", name.strip()).lower()


def named(role: str, names: list[str] | None) -> list[int]:
    """The columns whose names say that they have this role."""
    return [c for c, name in enumerate(names or ()) if bare(name) in NAMES[role]]


def told(given: Column | bool | None, option: str, dialect: Dialect, width: int, file: str) -> int | None:
    """The column that an option names, or None where it names none."""
    if given is None or given is False:
        return None
    return column_index(given, dialect.names, width, option=option, file=file)


def ours(names: list[str]) -> list[tuple[int, int]] | None:
    """(channel, step) of every column of a header `c0_t0, c0_t1 (0.0125 s, m), ...`, or None if it is another."""
    matches = [_OURS.fullmatch(bare(name)) for name in names]
    return [(int(m[1]), int(m[2])) for m in matches] if matches and all(matches) else None


def are_steps(names: list[str]) -> bool:
    """Whether names are those of steps: numbers, or one word and a number (t0, t1, ... or V1, V2, ...)."""
    words = Counter("" if looks_numeric(name) else re.sub(r"\d+$", "", name) for name in names)
    word, count = words.most_common(1)[0] if words else ("", 0)
    numbered = len(set(names)) > 1 or looks_numeric(names[0]) if names else False
    return numbered and count >= 0.9 * len(names)


def to_numbers(table: Table, c: int) -> None:
    """Turn a column that was kept as text into numbers, in place.

    Raises:
        ValueError: for a cell that is neither a number nor missing.
    """
    decimal = table.dialect.decimal
    for r, cell in enumerate(table.texts.pop(c)):
        if is_missing(cell):
            continue
        if not is_number(cell, decimal):
            raise ValueError(f"{table.place(r, c)}: {odd_cell(cell, decimal)}")
        table.values[r, c] = float(cell.strip().replace(decimal, "."))


def class_names(table: Table, c: int) -> list[str]:
    """Each row's class, from the column `c`."""
    decimal = table.dialect.decimal
    return [class_name(cell, table.place(r, c), decimal) for r, cell in enumerate(table.texts[c])]
