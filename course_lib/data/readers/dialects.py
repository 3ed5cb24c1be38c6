"""How a text table is written: what separates its columns, how it writes decimals, where its header stands.

The idea: the first lines are split at each possible delimiter, and the one that gives rows of one width, full of
numbers, is it. Every finding can be overridden, and all are shown.
"""

import csv
import itertools
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from course_lib.data.readers.encodings import find_encoding
from course_lib.data.readers.numbers import is_missing, is_number, looks_numeric
from course_lib.data.readers.options import DELIMITERS, Options

LOOK_AT = 200  # lines
COMMENTS = ("#", "%")

Rows = list[tuple[int, list[str]]]  # a row's number, counted from 1 as an editor does, and its cells


@dataclass(frozen=True)
class Dialect:
    """How a text table is written.

    Attributes:
        delimiter: None where there is one column.
        header: the number of the header's row, 0 without.
        names: one a column, where there is a header.
        first: the number of the first row of data.
        width: how many columns most rows have.
        words: the columns, from 0, that hold words and no numbers in the rows that were looked at.
    """

    encoding: str
    delimiter: str | None
    decimal: str
    header: int
    names: list[str] | None
    first: int
    width: int
    words: tuple[int, ...] = ()
    notes: tuple[str, ...] = ()

    def column(self, c: int) -> str:
        """What a message calls a column: `column 3 ('acc_x')`."""
        name = self.names[c] if self.names and c < len(self.names) else ""
        return f"column {c + 1}" + (f" ({name!r})" if name else "")

    def described(self) -> str:
        how = f"{self.width} columns, separated by {DELIMITERS[self.delimiter]}" if self.delimiter else "one column"
        head = f"row {self.header} is the header" if self.header else "no header"
        return f"{how}, decimals with {self.decimal!r}, {head}, {self.encoding}"


def split(lines: Iterable[str], delimiter: str | None, file: str, start: int = 1) -> Iterator[tuple[int, list[str]]]:
    """Row numbers (counted from `start`) and cells. A quoted cell may hold the delimiter; runs of spaces are one.

    Raises:
        ValueError: if a quotation mark is not closed.
    """
    if delimiter == " ":
        lines = (" ".join(line.split()) for line in lines)
    reader = csv.reader(lines, delimiter=delimiter or "\x1f", skipinitialspace=True)
    try:
        for row in reader:
            yield start - 1 + reader.line_num, row
    except csv.Error as error:
        raise ValueError(
            f"load_signals: {file}, row {start + reader.line_num}: expected a row of cells, but {error}. Is a "
            'quotation mark (") not closed?'
        ) from None


def find_dialect(path: Path, options: Options) -> Dialect:
    """The dialect of a text table, from its first lines and what was said.

    Raises:
        ValueError: if the file is no text, holds no row, or its header stands twice.
    """
    encoding = find_encoding(path, options.encoding)
    with open(path, encoding=encoding, newline=None) as file:
        lines = list(itertools.islice(file, LOOK_AT))
    said, comments = None, 0
    while comments < len(lines) and (not lines[comments].strip() or lines[comments].lstrip().startswith(COMMENTS)):
        comments += 1
    if comments < len(lines) and (match := re.fullmatch(r"sep=(.)", lines[comments].rstrip("\n"))):
        said, comments = match[1], comments + 1  # Excel's own way of naming the delimiter
    begin = max(comments, int(options.header or 1) - 1)
    body = lines[begin:]
    while body and not body[-1].strip():
        body.pop()
    if not body:
        raise ValueError(f"load_signals: {path.name}: expected signals, but the file is empty. Get it again.")
    delimiter = options.delimiter or (said if said in DELIMITERS else _delimiter(body, path.name, options.decimal))
    rows = [(r, row) for r, row in split(body, delimiter, path.name, begin + 1) if any(cell.strip() for cell in row)]
    top, notes = _top(rows, options)
    left_out = 0 if options.header else begin - (said is not None)
    if left_out:
        notes.append(f"{left_out} line{'s' * (left_out > 1)} above the table (comments) left out.")
    width = _width([row for _, row in rows[top:]])
    names, header, data = _header(rows[top:], width, options, path.name)
    if not data:
        raise ValueError(
            f"load_signals: {path.name}: expected rows of data, got a header (row {header}) and nothing below it. "
            "Export it again; if that row is data, say header=False."
        )
    if delimiter == "," and width == 2 and not (options.delimiter or options.decimal or names):
        _check_halves(data, path.name)
    decimal = options.decimal or _decimal(row for _, row in data)
    if header and data[0][0] != rows[top + 1][0]:
        notes.append(f"row {rows[top + 1][0]} is read as the columns' units.")
    width = max(width, len(names or ()))
    words = _word_columns([row for _, row in data], width)
    return Dialect(encoding, delimiter, decimal, header, names, data[0][0], width, words, tuple(notes))


def _delimiter(lines: list[str], file: str, decimal: str | None) -> str | None:
    """What splits the lines into rows of one width and the most numbers; None if nothing does."""
    best, found = 0.0, None
    for delimiter in DELIMITERS:
        if delimiter == decimal:
            continue
        try:
            rows = [row for _, row in split(lines, delimiter, file) if row]
        except ValueError:
            continue
        width = _width(rows)
        same = [row for row in rows if len(row) == width]
        cells = [cell for row in same[1 if len(same) > 1 else 0 :] for cell in row]
        if width < 2 or not cells:
            continue
        fit = sum(looks_numeric(cell) or is_missing(cell) for cell in cells) / len(cells) * len(same) / len(rows)
        if fit > best + 1e-9 or found is None:
            best, found = fit, delimiter
    return found


def _width(rows: list[list[str]]) -> int:
    """How many columns most rows have."""
    counts = Counter(len(row) for row in rows)
    return max(counts, key=lambda width: (counts[width], width), default=0)


def _top(rows: Rows, options: Options) -> tuple[int, list[str]]:
    """Where the table begins: lines of words above it (a logger's own) are no part of it."""
    if options.header is not None:
        return 0, []
    width = _width([row for _, row in rows])
    numeric = _numeric_columns([row for _, row in rows if len(row) == width], width)
    data = next((i for i, (_, row) in enumerate(rows) if len(row) == width and not _is_words(row, numeric)), 0)
    top = data
    while top > 0 and rows[top - 1][0] == rows[top][0] - 1 and len(rows[top - 1][1]) in (width, width - 1):
        top -= 1
    if data - top > 2:  # more than a header and its units
        top = data - 1
    words = all(2 * sum(map(looks_numeric, row)) < max(4, len(row)) for _, row in rows[:top])
    if not top or not words or len(rows) - top < 2:
        return 0, []
    return top, [f"rows before row {rows[top][0]} are read as a preamble and left out."]


def _header(rows: Rows, width: int, options: Options, file: str) -> tuple[list[str] | None, int, Rows]:
    """The columns' names, the header's row number (0: none), and the rows of data."""
    (number, head), below = rows[0], rows[1:]
    numeric = _numeric_columns([row for _, row in below], width)
    shift = 1 if len(head) == width - 1 and below else 0  # R names its rows in a column without a name
    if options.header is None:
        found = _is_words(head, [c - shift for c in numeric if c >= shift]) or _is_grid(head, below, numeric)
    else:
        found = bool(options.header)
    if not found:
        return None, 0, rows
    names = [""] * shift + [cell.strip() for cell in head]
    if below and [cell.strip() for cell in below[0][1]] == names:
        raise ValueError(
            f"load_signals: {file}, row {below[0][0]}: expected data below the header, got the header of row {number} "
            "again. Were two files joined? Take that row out."
        )
    if len(below) > 1 and _is_words(below[0][1], numeric):
        below = below[1:]
    return names, number, below


def _numeric_columns(rows: list[list[str]], width: int) -> list[int]:
    """The columns that hold more numbers than words."""
    found = []
    for c in range(width):
        cells = [row[c] for row in rows if c < len(row) and not is_missing(row[c])]
        if 2 * sum(map(looks_numeric, cells)) > len(cells):
            found.append(c)
    return found


def _word_columns(rows: list[list[str]], width: int) -> tuple[int, ...]:
    """The columns that hold words and no number."""
    columns = ([row[c] for row in rows if c < len(row) and not is_missing(row[c])] for c in range(width))
    return tuple(c for c, cells in enumerate(columns) if cells and not any(map(looks_numeric, cells)))


def _is_words(row: list[str], numeric: list[int]) -> bool:
    """Whether a row has words where other rows have numbers; of a row alone, whether it has no number."""
    cells = [row[c] for c in numeric if c < len(row)] or row
    words = [cell for cell in cells if cell.strip() and not looks_numeric(cell) and not is_missing(cell)]
    return 2 * len(words) > len(cells)


def _is_grid(head: list[str], below: Rows, numeric: list[int]) -> bool:
    """Whether a row of numbers is the steps' own (0, 1, 2, ... or times), as pandas writes it, and the next is not."""

    def even(row: list[str]) -> bool:
        cells = [row[c] for c in numeric if c < len(row) and row[c].strip()]
        numbers = [float(cell) for cell in cells if is_number(cell)]
        if len(numbers) < 4 or len(cells) - len(numbers) > 2:  # the label's and the id's names may be among them
            return False
        steps = [b - a for a, b in itertools.pairwise(numbers)]
        return min(steps) > 0 and max(steps) - min(steps) < 1e-3 * max(steps)

    return bool(below) and even(head) and not even(below[0][1])


def _check_halves(rows: Rows, file: str) -> None:
    """That two columns between commas are not one column of decimal commas."""
    if all(len(row) == 2 and re.fullmatch(r"[+-]?\d+", row[0].strip()) and row[1].isdigit() for _, row in rows):
        r, row = rows[0]
        raise ValueError(
            f"load_signals: {file}, row {r}: expected to see whether {','.join(row)!r} is two whole numbers or one "
            "with a decimal comma. Say delimiter=',' or decimal=','."
        )


def _decimal(rows: Iterable[list[str]]) -> str:
    """The comma where cells have it and none has a point."""
    comma = False
    for row in rows:
        for cell in row:
            if is_number(cell) and "." in cell:
                return "."
            comma = comma or ("," in cell and is_number(cell, ","))
    return "," if comma else "."
