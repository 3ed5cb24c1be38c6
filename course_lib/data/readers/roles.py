"""What each column of a table is: label, id, time, channel; by what was said, else by its name in the header."""

import re
from collections import Counter

from course_lib.data.readers.dialects import Dialect
from course_lib.data.readers.numbers import class_name, is_missing, is_number, looks_numeric, odd_cell
from course_lib.data.readers.options import Column, column_index
from course_lib.data.readers.tables import Table

LABEL = (
    "label labels class classes class_label classlabel target category klasse kategorie activity gesture sign y "
    "标签 类别"
)
ID = (
    "id case case_id recording recording_id rec trial trial_id series series_id signal_id sample_id unique_id instance "
    "instance_id file filename aufnahme messung 编号"
)
TIME = (
    "time t timestamp timestamps datetime date_time date zeit zeitstempel datum uhrzeit seconds sec secs s ms millis "
    "elapsed seconds_elapsed elapsed_time time_s time_ms timestamp_ms frame step time_step timestep reading_id "
    "sample index 时间 时间戳"
)
CHANNEL = "channel channel_name dim dim_id dimension variable sensor"
GROUP = "subject subject_id person person_id participant participant_id patient patient_id user user_id session proband"
TIME_UNITS = "s|sec|ms|us|µs"
NAMES = {
    role: frozenset(text.split())
    for role, text in (("label", LABEL), ("id", ID), ("time", TIME), ("channel", CHANNEL), ("group", GROUP))
}

_OURS = re.compile(r"c(\d+)_t(\d+)")


def bare(name: str) -> str:
    """A column's name without its unit: `Time [s]`, `time (s)`, `t/s` are time, time, t; `recordingId` recording_id."""
    return re.sub(r"[\s.-]+|(?<=[a-z])(?=[A-Z])", "_", _without_unit(name)).lower()


def _without_unit(name: str) -> str:
    return re.sub(r"\s*([\[(].*[\])]|/.*)\s*$", "", name.strip()).strip()


def time_name(name: str) -> str:
    """The bare name, of a time without the unit behind it, too: `t_ms`, `elapsed_us` are t, elapsed."""
    name = bare(name)
    return name if name in NAMES["time"] else re.sub(f"_({TIME_UNITS})$", "", name)


def named(role: str, names: list[str] | None) -> list[int]:
    """The columns whose names say that they have this role.

    A name with a unit behind it (`t_ms`) is a time's only where no other is: beside `time`, `T_s` is a temperature.
    """
    found = [c for c, name in enumerate(names or ()) if bare(name) in NAMES[role]]
    if found or role != "time":
        return found
    return [c for c, name in enumerate(names or ()) if time_name(name) in NAMES["time"]]


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
    """Whether most names are those of steps: numbers (`0,0125 s`, `5 ms [V]`), or one word and a number (t0, V2)."""
    words, numbered = _words(names), len(set(names)) > 1 or any(map(looks_numeric, names))
    word, count = Counter(words).most_common(1)[0] if words else ("", 0)
    return numbered and count >= 0.8 * len(names) and word.strip("_") not in NAMES["id"]


def unlike_steps(names: list[str]) -> list[int]:
    """The places of names that are none of a step, where most are."""
    words = _words(names)
    return [c for c, word in enumerate(words) if word != max(words, key=words.count)] if are_steps(names) else []


def _words(names: list[str]) -> list[str]:
    """Each name without its number, "" where it is a number."""
    plain = [re.sub(rf"\s*({TIME_UNITS}|min|Hz)$", "", _without_unit(name)) for name in names]
    return ["" if looks_numeric(name) else re.sub(r"\d+$", "", bare(name)) for name in plain]


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
    names = {}
    for r, cell in enumerate(table.texts[c]):
        if cell not in names:
            names[cell] = class_name(cell, table.place(r, c), table.dialect.decimal)
    return [names[cell] for cell in table.texts[c]]
