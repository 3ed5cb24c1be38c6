"""A text table as numbers: every cell is read once, line by line, and what is no number is said with its place.

A gap is NaN here; whether gaps are allowed is decided later (`recordings`). Nothing of the text is kept but the columns
that are asked for.
"""

from array import array
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float, Int

from course_lib.data.readers.dialects import Dialect, split
from course_lib.data.readers.numbers import LARGEST, number, odd_cell


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
    reading = _Reading(name or path.name, dialect, texts)
    with open(path, encoding=dialect.encoding, newline=None) as file:
        for _ in range(dialect.first - 1):
            next(file, None)
        suspicious = _Watch(file, "_" if dialect.decimal == "." else "_.")
        for r, row in split(suspicious, dialect.delimiter, reading.file, dialect.first):
            reading.add(r, row, plain=not suspicious.seen())
    return reading.table()


class _Watch:
    """Lines as they pass, remembering if a character came by that Python's float takes and a table's number has not."""

    def __init__(self, lines, characters: str) -> None:
        self.lines, self.characters, self.found = lines, characters, False

    def __iter__(self):
        for line in self.lines:
            self.found = self.found or any(character in line for character in self.characters)
            yield line

    def seen(self) -> bool:
        found, self.found = self.found, False
        return found


class _Reading:
    """A table while it is read."""

    def __init__(self, file: str, dialect: Dialect, texts: set[int]) -> None:
        self.file, self.dialect = file, dialect
        self.texts: dict[int, list[str]] = {c: [] for c in sorted(texts)}
        self.values: list[array] = []
        self.rows: list[int] = []
        self.empty = 0  # the first of the empty rows that came last

    def add(self, r: int, row: list[str], *, plain: bool) -> None:
        if not any(map(str.strip, row)):
            self.empty = self.empty or r
            return
        if self.empty:
            raise ValueError(
                f"load_signals: {self.file}, row {self.empty}: expected a row of cells, got no text at all, and more "
                "rows after it. Take it out; if another table begins there, keep it in a file of its own."
            )
        names = self.dialect.names
        if names is not None and len(row) > len(names):
            if any(cell.strip() for cell in row[len(names) :]):
                raise ValueError(
                    f"load_signals: {self.file}, row {r}: expected {len(names)} columns, as in the header (row "
                    f"{self.dialect.header}), got {len(row)}. A cell too many, or a {self.dialect.delimiter!r} within "
                    'one? Put such a cell in quotation marks ("), or mend the row.'
                )
            row = row[: len(names)]
        for c, column in self.texts.items():
            column.append(row[c] if c < len(row) else "")
            if c < len(row):
                row[c] = "nan"
        self.rows.append(r)
        self.values.append(self._numbers(r, row, plain))

    def _numbers(self, r: int, row: list[str], plain: bool) -> array:
        decimal = self.dialect.decimal
        try:
            if not plain:
                raise ValueError
            values = array("d", map(float, row if decimal == "." else [cell.replace(",", ".") for cell in row]))
        except ValueError:
            values = array("d", (self._number(r, c, cell) for c, cell in enumerate(row)))
        if any(value > LARGEST or value < -LARGEST for value in values):  # NumPy's own cost is more than a short row's
            c = next(c for c, value in enumerate(values) if abs(value) > LARGEST)
            raise ValueError(f"{self._place(r, c)}: {odd_cell(row[c], decimal)}")
        return values

    def _number(self, r: int, c: int, cell: str) -> float:
        value = number(cell, self.dialect.decimal)
        if value is None:
            names = self.dialect.names
            if names and cell.strip() == names[c]:
                raise ValueError(
                    f"{self._place(r, c)}: expected a number, got the header of row {self.dialect.header} again. Were "
                    "files joined? Take that row out."
                )
            raise ValueError(f"{self._place(r, c)}: {odd_cell(cell, self.dialect.decimal)}")
        return value

    def _place(self, r: int, c: int) -> str:
        return f"load_signals: {self.file}, row {r}, {self.dialect.column(c)}"

    def table(self) -> Table:
        widths = np.array([len(row) for row in self.values])
        width = max(widths.max(), len(self.dialect.names or ()))
        values = np.full((len(widths), width), np.nan)
        for r, row in enumerate(self.values):
            values[r, : len(row)] = row
            self.values[r] = array("d")  # what is copied is let go
        return Table(self.file, self.dialect, values, self.texts, np.array(self.rows), widths)


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
