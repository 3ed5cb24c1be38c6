"""The .ts files of sktime, aeon and the UEA archive: a head of @words, a signal a line, channels between colons.

Bagnall et al. 2018, "The UEA multivariate time series classification archive", arXiv:1811.00075. The readers of sktime
and aeon bring the whole of those packages; what a signal needs of the format fits here.
"""

from pathlib import Path

import numpy as np
from jaxtyping import Float

from course_lib.data.readers.encodings import find_encoding
from course_lib.data.readers.numbers import LARGEST, class_name, number, odd_cell
from course_lib.data.readers.options import Options
from course_lib.data.readers.recordings import Recordings, cut_ends

OPTIONS = ("label", "encoding")


def read_ts(path: Path, options: Options) -> Recordings:
    """The signals of a .ts file; channels of one signal have one length, signals may differ.

    Raises:
        ValueError: for a head or a line that is not as the format says.
    """
    options.refuse_all_but(OPTIONS, f"{path.name} (a .ts file)")
    if options.label not in (None, False):
        raise ValueError(
            f"load_signals: {path.name}: expected label=None (the file's head says whether there are labels) or "
            f"label=False (leave them), got {options.label!r}."
        )
    encoding = find_encoding(path, options.encoding)
    with open(path, encoding=encoding, newline=None) as file:
        lines = enumerate(file, start=1)
        head = _head(path.name, lines)
        labelled = head.get("classlabel", "false").split()[:1] == ["true"]
        signals, labels, rows = [], [], []
        for r, line in lines:
            if not line.strip() or line.startswith("#"):
                continue
            parts = line.strip().split(":")
            if labelled:
                labels.append(class_name(parts.pop(), f"load_signals: {path.name}, row {r}, after the last ':'"))
            signals.append(_signal(path.name, r, parts, len(signals[0]) if signals else _dimensions(head)))
            rows.append(r)
    if not signals:
        raise ValueError(f"load_signals: {path.name}: expected a signal a line below @data, got none. Get it again.")
    _check_classes(path.name, rows, labels, head)
    return Recordings(
        file=path.name,
        understood={
            "layout": ".ts: a line is a signal, its channels between colons",
            "columns": f"as the .ts format has them, {encoding}",
            "labels": "none" if not labelled or options.label is False else "after the last ':' of a line",
        },
        signals=cut_ends(signals),
        channels=["value"] if len(signals[0]) == 1 else [f"dimension {c + 1}" for c in range(len(signals[0]))],
        place=lambda n, c, t: f"load_signals: {path.name}, row {rows[n]}, dimension {c + 1}, value {t + 1}",
        labels=labels if labelled and options.label is None else None,
    )


def _head(file: str, lines) -> dict[str, str]:
    """What the @words say, in small letters, up to @data."""
    head: dict[str, str] = {}
    for r, line in lines:
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        if not line.startswith("@"):
            raise ValueError(
                f"load_signals: {file}, row {r}: expected a line that begins with @ until @data, got {line[:40]!r}. Is "
                "it another format? UCR's plain tables end in .tsv or .txt."
            )
        word, _, rest = line[1:].partition(" ")
        if word.lower() == "data":
            break
        head[word.lower()] = rest.strip().lower() if word.lower() != "classlabel" else _case(rest)
    else:
        raise ValueError(f"load_signals: {file}: expected a line @data, and there is none. Get the file again.")
    if head.get("timestamps") == "true":
        raise ValueError(
            f"load_signals: {file}: expected values alone, but its head says @timeStamps true. Resample the signals to "
            "even steps and write them without times, or use a long CSV (id, time, value)."
        )
    if head.get("targetlabel", "false").startswith("true"):
        head["classlabel"] = "false"
        raise ValueError(
            f"load_signals: {file}: expected classes, but its head says @targetLabel true (a number to predict). Make "
            "classes of it, or write the signals with @classLabel false."
        )
    return head


def _case(rest: str) -> str:
    """`true A b`: the first word in small letters, the classes as they are."""
    first, _, names = rest.strip().partition(" ")
    return f"{first.lower()} {names}"


def _dimensions(head: dict[str, str]) -> int | None:
    if head.get("univariate") == "true":
        return 1
    said = head.get("dimensions", head.get("dimension", ""))
    return int(said) if said.isdigit() else None


def _signal(file: str, r: int, parts: list[str], dimensions: int | None) -> Float[np.ndarray, "C T"]:
    if dimensions is not None and len(parts) != dimensions:
        raise ValueError(
            f"load_signals: {file}, row {r}: expected {dimensions} channels between colons, as the head or the rows "
            f"before say, got {len(parts)}. Mend that row, or @dimensions and @classLabel."
        )
    channels = []
    for c, part in enumerate(parts):
        cells = part.split(",")
        try:
            values = [float(cell) for cell in cells] if "_" not in part else None
        except ValueError:
            values = None
        if values is None or not (np.abs(values) <= LARGEST).all():
            values = [number(cell, ".") for cell in cells]
            bad = next((t for t, value in enumerate(values) if value is None or abs(value) > LARGEST), None)
            if bad is not None:
                where = f"load_signals: {file}, row {r}, dimension {c + 1}, value {bad + 1}"
                raise ValueError(f"{where}: {odd_cell(cells[bad], '.')}")
        channels.append(values)
    lengths = [len(values) for values in channels]
    if len(set(lengths)) > 1:
        c = next(c for c, found in enumerate(lengths) if found != lengths[0])
        raise ValueError(
            f"load_signals: {file}, row {r}, dimension {c + 1}: expected {lengths[0]} values, as in dimension 1, got "
            f"{lengths[c]}. The channels of one signal have one length: resample them before."
        )
    return np.array(channels)


def _check_classes(file: str, rows: list[int], labels: list[str], head: dict[str, str]) -> None:
    """That every label is one of those that the head lists, where it lists them."""
    listed = {class_name(name, f"load_signals: {file}, @classLabel") for name in head.get("classlabel", "").split()[1:]}
    for r, label in zip(rows, labels, strict=False):
        if listed and label not in listed:
            raise ValueError(
                f"load_signals: {file}, row {r}: expected one of the classes that @classLabel lists "
                f"({', '.join(sorted(listed)[:10])}), got {label!r}. Mend that row or the list."
            )
