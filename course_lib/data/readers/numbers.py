"""What a cell of a text table is: a number, a missing value, a class's name; and what to say of one that is neither."""

import math
import re

import numpy as np

LARGEST = float(np.nextafter((2 - 2**-24) * 2.0**127, 0))  # what is larger, float32 rounds to infinity
MISSING = ("", "nan", "na", "n/a", "null", "none", "?", "#n/a", "#nv", "-")  # how a gap is written, in small letters

_WHOLE = re.compile(r"[+-]?[0-9]+")
_NUMBER = re.compile(r"[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]+)?")


def is_missing(cell: str) -> bool:
    return cell.strip().lower() in MISSING


def is_number(cell: str, decimal: str = ".") -> bool:
    """Whether a cell is a finite number, written with this decimal sign."""
    cell = cell.strip()
    if decimal == ",":
        if "." in cell:
            return False
        cell = cell.replace(",", ".")
    return _NUMBER.fullmatch(cell) is not None


def looks_numeric(cell: str) -> bool:
    """Whether a cell is a number with either decimal sign."""
    return is_number(cell) or is_number(cell, ",")


def is_infinite(cell: str) -> bool:
    return cell.strip().lower().lstrip("+-") in ("inf", "infinity")


def number(cell: str, decimal: str) -> float | None:
    """The cell's number, NaN if it is missing, None if it is no number."""
    if is_missing(cell):
        return math.nan
    return float(cell.strip().replace(decimal, ".")) if is_number(cell, decimal) or is_infinite(cell) else None


def class_name(cell: str, where: str, decimal: str = ".") -> str:
    """A class's name as the file writes it, a whole number without its point: 1.0 and 1e0 are "1".

    Raises:
        ValueError: if the cell is empty, missing, or a number that is not whole.
    """
    cell = cell.strip()
    if not (is_number(cell, decimal) or is_missing(cell) or is_infinite(cell)) or cell.lower() in ("none", "null"):
        return cell
    value = float(cell.replace(decimal, ".")) if is_number(cell, decimal) else math.nan
    if not (math.isfinite(value) and value.is_integer()):
        raise ValueError(
            f"{where}: expected a class's label, a whole number or a name, got {cell!r}. If the file has no labels and "
            "that column is a value, say label=False; if its labels stand elsewhere, name the column: label=..."
        )
    return str(int(cell)) if _WHOLE.fullmatch(cell) else str(int(value))


def in_order(names: set[str]) -> list[str]:
    """Class names: whole numbers in their order, then words in the alphabet's."""
    return sorted(names, key=lambda name: (0, int(name), name) if re.fullmatch("-?[0-9]+", name) else (1, 0, name))


def odd_cell(cell: str, decimal: str) -> str:
    """What to say of a cell that is no number that a signal can hold."""
    if is_infinite(cell):
        return f"expected a finite number, got {cell!r}. Mend that value, or leave that row out."
    if is_number(cell, decimal):
        return (
            f"expected a number that float32 can hold (up to {LARGEST:.3g}), got {cell!r}. Write the values in a "
            "larger unit."
        )
    other = "," if decimal == "." else "."
    if is_number(cell, other):
        advice = f"Write decimals with {decimal!r} throughout, or say decimal={other!r}."
    elif re.fullmatch(r"[+-]?[0-9]{1,3}([.,' \u00a0\u202f][0-9]{3})+([.,][0-9]+)?", cell.strip()):
        advice = "Write numbers without signs between the thousands."
    elif re.match(r"[+-]?[0-9]+[.,]?[0-9]*\s*[A-Za-z%°µ]+", cell.strip()):
        advice = "If that is a unit, write it in the header and the number alone in the cell."
    else:
        advice = "Mend that cell, or leave that row out. A column of names: label=..., or ignore=[...]."
    return f"expected a number, got {cell!r}. {advice}"
