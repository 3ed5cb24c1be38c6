"""A text table as numbers: pandas reads it whole; what pandas does not take is read cell by cell, to name the cell.

A gap is NaN here; whether gaps are allowed is decided later (`recordings`). Nothing of the text is kept but the columns
that are asked for.
"""

import itertools
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from jaxtyping import Float, Int

from course_lib.data.readers.dialects import Dialect, split
from course_lib.data.readers.numbers import LARGEST, MISSING, number, odd_cell

GAPS = [form for gap in MISSING for form in {gap, gap.upper(), gap.capitalize(), gap.replace("nan", "NaN")}]


@dataclass
class Table:
    """R rows of W columns.

    Attributes:
        values: NaN where a cell is missing, where a row is too short, and in the columns of `texts`.
        texts: the columns that were kept as text, by their number from 0.
        rows: each row's number in the file, counted from 1 as an editor does.
        widths: how many cells each row has.
    """

    file: str
    dialect: Dialect
    values: Float[np.ndarray, "R W"]
    texts: dict[int, list[str]]
    rows: Int[np.ndarray, "R"]
    widths: Int[np.ndarray, "R"]

    @property
    def names(self) -> list[str] | None:
        return self.dialect.names

    def column(self, c: int) -> str:
        return self.dialect.column(c)

    def place(self, r: int, c: int) -> str:
        return f"load_signals: {self.file}, row {self.rows[r]}, {self.column(c)}"


def read_table(path: Path, dialect: Dialect, texts: set[int], name: str = "") -> Table:
    """The whole table; `texts` are the columns (from 0) that are kept as text.

    Raises:
        ValueError: for a cell that is neither a number nor missing, a row longer than the header, or an empty row
            between others.
    """
    file = name or path.name
    return _by_pandas(path, dialect, texts, file) or _by_cells(path, dialect, texts, file)


def _by_pandas(path: Path, dialect: Dialect, texts: set[int], file: str) -> Table | None:
    """The table where each line is a row of numbers, else None."""
    widths = []
    with open(path, encoding=dialect.encoding, newline=None) as lines:
        for line in itertools.islice(lines, dialect.first - 1, None):
            widths.append(_cells(line, dialect.delimiter))
    while widths and not widths[-1]:
        widths.pop()
    if 0 in widths:
        return None
    named = len(dialect.names or ()) or max(widths)
    width = max(named, max(widths))
    numbers = [c for c in range(width) if c not in texts]
    with open(path, encoding=dialect.encoding, newline=None) as lines:
        for _ in range(dialect.first - 1):
            next(lines)
        try:
            frame = pd.read_csv(
                lines,
                sep=r"\s+" if dialect.delimiter == " " else dialect.delimiter or "\x1f",
                decimal=dialect.decimal,
                header=None,
                names=range(width),
                index_col=False,
                nrows=len(widths),
                dtype={c: np.float64 if c in numbers else object for c in range(width)},
                na_values={c: GAPS for c in numbers},
                keep_default_na=False,
                skip_blank_lines=False,
                skipinitialspace=True,
            )
        except ValueError:  # pandas' own errors of parsing are such, too
            return None
    values = frame.reindex(columns=[c if c in numbers else -1 for c in range(width)]).to_numpy(np.float64, copy=True)
    odd = len(frame) != len(widths) or (np.abs(values) > LARGEST).any() or not np.isnan(values[:, named:]).all()
    if odd or any(c >= named for c in texts):
        return None
    kept = {c: frame[c].fillna("").tolist() for c in sorted(texts)}
    rows = dialect.first + np.arange(len(widths))
    return Table(file, dialect, values[:, :named], kept, rows, np.minimum(widths, named))


def _cells(line: str, delimiter: str | None) -> int:
    """How many cells a line has, 0 if all are empty."""
    if not line.strip(f"{delimiter or ''} \t\n"):
        return 0
    if '"' in line:
        return len(next(split([line], delimiter, ""))[1])
    if delimiter == " ":
        return len(line.split())
    return line.count(delimiter) + 1 if delimiter else 1


def _by_cells(path: Path, dialect: Dialect, texts: set[int], file: str) -> Table:
    """The table read cell by cell, which says where it is not one."""
    kept = {c: [] for c in sorted(texts)}
    rows, values, empty = [], [], 0
    with open(path, encoding=dialect.encoding, newline=None) as lines:
        below = itertools.islice(lines, dialect.first - 1, None)
        for r, row in split(below, dialect.delimiter, file, dialect.first):
            if not any(map(str.strip, row)):
                empty = empty or r
                continue
            if empty:
                raise ValueError(
                    f"load_signals: {file}, row {empty}: expected a row of cells, got no text at all, and more rows "
                    "after it. Take it out; if another table begins there, keep it in a file of its own."
                )
            row = _as_wide_as_header(row, r, dialect, file)
            for c, column in kept.items():
                column.append(row[c] if c < len(row) else "")
            values.append([np.nan if c in kept else _number(row[c], r, c, dialect, file) for c in range(len(row))])
            rows.append(r)
    widths = np.array([len(row) for row in values])
    table = np.full((len(rows), max(widths.max(), len(dialect.names or ()))), np.nan)
    for r, row in enumerate(values):
        table[r, : len(row)] = row
    return Table(file, dialect, table, kept, np.array(rows), widths)


def _as_wide_as_header(row: list[str], r: int, dialect: Dialect, file: str) -> list[str]:
    """The row without empty cells beyond the header's."""
    width = len(dialect.names or row)
    if any(cell.strip() for cell in row[width:]):
        raise ValueError(
            f"load_signals: {file}, row {r}: expected {width} columns, as in the header (row {dialect.header}), got "
            f"{len(row)}. A cell too many, or a {dialect.delimiter!r} within one? Put such a cell in quotation marks "
            '("), or mend the row.'
        )
    return row[:width]


def _number(cell: str, r: int, c: int, dialect: Dialect, file: str) -> float:
    value = number(cell, dialect.decimal)
    if value is not None and not abs(value) > LARGEST:
        return value
    said = odd_cell(cell, dialect.decimal)
    if dialect.names and cell.strip() == dialect.names[c]:
        said = f"expected a number, got the header of row {dialect.header} again. Were files joined? Take that row out."
    raise ValueError(f"load_signals: {file}, row {r}, {dialect.column(c)}: {said}")


def without_empty_columns(table: Table) -> tuple[list[int], list[str]]:
    """The columns but for those at the end that are empty in every row and nameless, as a trailing delimiter makes."""
    columns, notes = list(range(table.values.shape[1])), []
    while len(columns) > 1 and not (table.names and table.names[columns[-1]]):
        c = columns[-1]
        empty = not any(map(str.strip, table.texts[c])) if c in table.texts else np.isnan(table.values[:, c]).all()
        if not empty:
            break
        notes.insert(0, f"{table.column(c)} is empty in every row and is left out.")
        columns.pop()
    return columns, notes
