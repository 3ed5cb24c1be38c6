"""What a person may say about a file, in place of what looking at it would find."""

import difflib
from collections.abc import Sequence
from dataclasses import dataclass, fields

Column = str | int  # a column by its name in the header, or by its number, counted from 1

LAYOUTS = {
    "wide": "a row of the table is a signal",
    "long": "a row of the table is one step of a signal",
    "NCT": "an array (signals, channels, steps)",
    "NTC": "an array (signals, steps, channels)",
}
DELIMITERS = {"\t": "tabs", ";": "';'", "|": "'|'", ",": "','", " ": "spaces"}  # in the order of preference


@dataclass(frozen=True)
class Options:
    """The keyword arguments of `load_signals` that say how a file is to be read; None means: look."""

    label: Column | bool | None = None
    layout: str | None = None
    delimiter: str | None = None
    decimal: str | None = None
    header: int | bool | None = None
    encoding: str | None = None
    id: Column | None = None
    time: Column | bool | None = None
    channels: Sequence[Column] | None = None
    ignore: Sequence[Column] = ()
    group: Column | None = None

    def __post_init__(self) -> None:
        if self.layout is not None and self.layout not in LAYOUTS:
            meant = "; ".join(f"{name!r} ({what})" for name, what in LAYOUTS.items())
            raise ValueError(f"load_signals: expected a layout of {meant}, got {self.layout!r}.")
        if self.delimiter is not None and self.delimiter not in DELIMITERS:
            raise ValueError(
                f"load_signals: expected a delimiter of {', '.join(map(repr, DELIMITERS))}, got {self.delimiter!r}."
            )
        if self.decimal not in (None, ".", ","):
            raise ValueError(f"load_signals: expected decimal='.' or decimal=',', got {self.decimal!r}.")
        if self.decimal == "," == self.delimiter:
            raise ValueError("load_signals: a comma cannot be delimiter and decimal at once. Give another of the two.")
        if self.header is not None and (not isinstance(self.header, int) or self.header < 0):
            raise ValueError(
                f"load_signals: expected header=False (there is none) or the number of its row, got {self.header!r}."
            )
        for name in ("label", "time"):
            if getattr(self, name) is True:
                raise ValueError(f"load_signals: expected {name}=False (there is none) or a column, got True.")
        if isinstance(self.ignore, str | int):
            object.__setattr__(self, "ignore", (self.ignore,))
        if isinstance(self.channels, str | int):
            object.__setattr__(self, "channels", (self.channels,))

    def refuse_all_but(self, allowed: Sequence[str], what: str) -> None:
        """That nothing is said that this format cannot heed.

        Raises:
            ValueError: if an option outside `allowed` was given.
        """
        for field in fields(self):
            given = getattr(self, field.name)
            if given is not field.default and given != field.default and field.name not in allowed:
                heeded = ", ".join(allowed) or "none of them"
                raise ValueError(
                    f"load_signals: {what}: the option {field.name}={given!r} says nothing about such a file. "
                    f"Leave it out; what counts here: {heeded}."
                )


def column_index(wanted: Column, names: list[str] | None, width: int, *, option: str, file: str) -> int:
    """Which column, counted from 0, a name or a number (counted from 1) means.

    Raises:
        ValueError: if there is none, or the name stands over two.
    """
    if isinstance(wanted, int) and not isinstance(wanted, bool):
        if not 1 <= wanted <= width:
            raise ValueError(f"load_signals: {file}: {option}={wanted}: expected a column from 1 to {width}.")
        return wanted - 1
    if not isinstance(wanted, str):
        raise ValueError(f"load_signals: {option}: expected a column's name or number, got {wanted!r}.")
    if names is None:
        raise ValueError(
            f"load_signals: {file}: {option}={wanted!r}: the file has no header to find that name in. Give the "
            "column's number, counted from 1, or header=ROW."
        )
    places = [c for c, name in enumerate(names) if name == wanted]
    if len(places) == 1:
        return places[0]
    if places:
        raise ValueError(
            f"load_signals: {file}: {option}={wanted!r}: columns {', '.join(str(c + 1) for c in places)} are all "
            "called that. Give the number of the one that is meant."
        )
    near = difflib.get_close_matches(wanted, names, n=3, cutoff=0.4) or names[:5]
    raise ValueError(
        f"load_signals: {file}: {option}={wanted!r}: no column is called that. Close to it: "
        f"{', '.join(map(repr, near))}."
    )
