"""A reader's own recordings: a file becomes a `SignalDataset`, or a sentence says what is wrong with it, and where.

The idea: one reader an ending, each from text to labels and numbers; what they share (class names, length) stands here
once. Today there is one, for the `.tsv` files of the UCR archive: one signal a line, its label first, then its values,
separated by tabs, no header.

Dau et al. 2018, "The UCR Time Series Classification Archive", cs.ucr.edu/~eamonn/time_series_data_2018.
"""

import math
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
from jaxtyping import Float

from course_lib.data.constant import constant_notes
from course_lib.data.dataset import SignalDataset
from course_lib.data.resampling import resample
from course_lib.files import user_path

LARGEST = float(np.finfo(np.float32).max)

_WHOLE = re.compile(r"-?[0-9]+")
_NUMBER = re.compile(r"[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]+)?")
_NOT_MEASURED = ("", "nan", "na", "n/a", "null", "none", "?")  # how a missing value is written, in small letters

Rows = list[list[str]]


def load_signals(path: str | Path, *, length: float | None = None, label: bool | None = None) -> SignalDataset:
    """The signals of a file, one channel each: today a `.tsv` as the UCR archive has them.

    A line is a signal: its label, then its values, separated by tabs; no header. Classes are called as the file writes
    them ("1", "-1", "walk"; 1.0 is "1"), numbers in their order, then words in the alphabet's. Files of one set join:
    `load_signals(train).join(load_signals(test))`.

    Args:
        length: steps that each signal is resampled to (PCHIP, as `load_auslan` does); None keeps the file's.
        label: None takes the labels from where the format has them, in a `.tsv` the first column; False says that there
            are none, and that every column is a step.

    Returns:
        values (N, 1, L), float32, in the file's order. `.notes` says how many signals are constant.

    Raises:
        FileNotFoundError: if there is nothing at that path.
        ValueError: for another ending, or a file that is not as above (the message names file, row, column).
    """
    path = user_path(path)
    if length is not None and (not isinstance(length, int) or length < 2):
        raise ValueError(f"load_signals: expected a length of at least 2 steps, or None, got {length!r}.")
    if label is not None and label is not False:
        raise ValueError(
            f"load_signals: expected label=None (the first column) or label=False (there are none), got {label!r}."
        )
    read = _reader(path)
    labels, values = read(path, label is None)
    if length is not None:
        values = resample(values, length)
    dataset = _dataset(values.astype(np.float32)[:, None], labels)
    return dataset.with_notes(*constant_notes(dataset, [path.name]))


def _reader(path: Path) -> Callable[[Path, bool], tuple[list[str] | None, Float[np.ndarray, "N L"]]]:
    """What reads a file of this ending."""
    if not path.exists():
        near = sorted(each.name for each in path.parent.glob("*.tsv")) if path.parent.is_dir() else []
        beside = f" That folder holds {', '.join(near[:5])}{', ...' if len(near) > 5 else ''}." if near else ""
        raise FileNotFoundError(f"load_signals: expected a file, but there is nothing at {path}.{beside}")
    if path.is_dir():
        raise ValueError(
            f"load_signals: expected a file, but {path} is a folder. Name a file in it: load_signals(file)."
        )
    if path.suffix.lower() not in READERS:
        packed = " Unpack it first." if path.suffix.lower() in (".gz", ".zip", ".bz2", ".xz") else ""
        raise ValueError(
            f"load_signals: {path.name}: expected a file that ends in {' or '.join(READERS)} (UCR: a signal a line, "
            f"its label first, separated by tabs, no header), got {path.suffix or 'no ending'}.{packed} Signals from "
            "elsewhere become a data set from arrays: SignalDataset(values, labels, class_names) with float32 values "
            "(N, channels, steps)."
        )
    return READERS[path.suffix.lower()]


def _dataset(values: Float[np.ndarray, "N 1 L"], labels: list[str] | None) -> SignalDataset:
    if labels is None:
        return SignalDataset(values)
    names = sorted(set(labels), key=lambda name: (0, int(name), name) if _WHOLE.fullmatch(name) else (1, 0, name))
    number = {name: k for k, name in enumerate(names)}
    return SignalDataset(values, np.array([number[name] for name in labels]), names)


# --------------------------------------------------------------------------------------------- UCR's .tsv


def read_tsv(path: Path, labelled: bool) -> tuple[list[str] | None, Float[np.ndarray, "N L"]]:
    """Labels as class names (None without), and values; rows and columns in messages count from 1."""
    rows = _rows(path)
    _check_columns(path.name, rows, labelled)
    first = 1 if labelled else 0
    labels = [_class_name(path.name, r, row[0].strip()) for r, row in enumerate(rows)] if labelled else None
    cells = [[cell.strip() for cell in row[first:]] for row in rows]
    if not all(_NUMBER.fullmatch(cell) for row in cells for cell in row):
        r, c = next((r, c) for r, row in enumerate(cells) for c, cell in enumerate(row) if not _NUMBER.fullmatch(cell))
        raise ValueError(_odd_cell(path.name, cells, r, c, first))
    values = np.array(cells, dtype=np.float64)
    if (beyond := ~(np.abs(values) <= LARGEST)).any():
        r, c = np.argwhere(beyond)[0].tolist()
        raise ValueError(
            f"{_place(path.name, r, c + first)}: expected a number that float32 can hold (up to {LARGEST:.3g}), got "
            f"{cells[r][c]!r}. Write the values in a larger unit."
        )
    return labels, values


READERS = {".tsv": read_tsv}


def _rows(path: Path) -> Rows:
    """The file's cells, line by line; empty lines at its end are left off."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(
            f"load_signals: {path.name}: expected text in UTF-8, but byte {error.start} is none. Is it a spreadsheet "
            "or an archive, renamed? Save it as tab-separated text in UTF-8."
        ) from None
    rows = [line.split("\t") for line in re.split("\r\n|\n|\r", text)]
    while rows and not "".join(rows[-1]).strip():
        rows.pop()
    if not rows:
        raise ValueError(f"load_signals: {path.name}: expected a signal a line, but the file is empty. Get it again.")
    return rows


def _check_columns(name: str, rows: Rows, labelled: bool) -> None:
    """That all rows have as many columns as the first, and enough of them."""
    width = len(rows[0])
    for r, row in enumerate(rows):
        if len(row) != width:
            what = "no text at all" if not "".join(row).strip() else f"{len(row)}"
            raise ValueError(
                f"load_signals: {name}, row {r + 1}: expected {width} columns, as in row 1, got {what}. Signals of "
                "different lengths cannot be one set: cut or resample them to one length before, or leave that row out."
            )
    least = 3 if labelled else 2
    if width < least:
        other = next((sign for sign in (",", ";", " ") if sign in rows[0][0].strip()), None)
        how = f" Row 1 has {other!r} in it: is that what separates its values? Save it with tabs." if other else ""
        what = "a label and at least 2 values" if labelled else "at least 2 values"
        raise ValueError(
            f"load_signals: {name}: expected {what} in each row, separated by tabs, got {width} "
            f"column{'s' * (width > 1)}.{how or ' One line is one signal.'}"
        )


def _class_name(name: str, r: int, cell: str) -> str:
    """A class's name as the file writes it, a whole number without its point: 1.0 and 1e0 are "1"."""
    if _WHOLE.fullmatch(cell) or not (_NUMBER.fullmatch(cell) or cell.lower() in _NOT_MEASURED or _infinite(cell)):
        return cell
    number = float(cell) if _NUMBER.fullmatch(cell) else math.nan
    if not (math.isfinite(number) and number.is_integer()):
        raise ValueError(
            f"{_place(name, r, 0)}: expected a class's label, a whole number or a name, got {cell!r}. If the file has "
            "no labels and its first column is a value, say so: load_signals(path, label=False)."
        )
    return str(int(number))


def _odd_cell(name: str, cells: Rows, r: int, c: int, first: int) -> str:
    """What to say of a cell that is no finite number."""
    where, cell, row = _place(name, r, c + first), cells[r][c], cells[r]
    missing = [each.lower() in _NOT_MEASURED for each in row]
    if missing[c] and all(missing[c:]) and c:
        if all(not other[-1] for other in cells) and c == len(row) - 1:
            return (
                f"{where}: expected a number, got an empty cell, as in every row. Take the tab at each line's end away."
            )
        return (
            f"{where}: expected a number, got {cell!r} from there to the end of the row. So UCR fills up the shorter "
            "signals of a set of various lengths, and such a set is not read here: cut or resample its signals to one "
            "length, and pass them as SignalDataset(values, labels, class_names)."
        )
    if missing[c]:
        got = f"{cell!r} (not measured)" if cell else "an empty cell"
        return f"{where}: expected a number, got {got}. Fill that gap, or leave that row out."
    if _infinite(cell):
        return f"{where}: expected a finite number, got {cell!r}. Mend that value, or leave that row out."
    if r == 0 and not any(_NUMBER.fullmatch(each) for each in row):
        return f"{where}: expected a number, got {cell!r}. Is row 1 a header? These files have none: take it out."
    comma = " Write decimals with a point." if _NUMBER.fullmatch(cell.replace(",", ".")) else ""
    return f"{where}: expected a number, got {cell!r}.{comma or ' Mend that cell, or leave that row out.'}"


def _infinite(cell: str) -> bool:
    return cell.lower().lstrip("+-") in ("inf", "infinity")


def _place(name: str, r: int, c: int) -> str:
    return f"load_signals: {name}, row {r + 1}, column {c + 1}"
