"""What was understood of a file, before anything is trained on it."""

from collections import Counter
from dataclasses import dataclass

import numpy as np

from course_lib.data.dataset import SignalDataset
from course_lib.data.readers.numbers import in_order
from course_lib.data.readers.recordings import Recordings


@dataclass(frozen=True)
class Preview:
    """What a file holds, as it was understood; `print(preview)` shows it.

    Attributes:
        file: its name.
        understood: how it was read: layout, columns, labels, time.
        channels: their names.
        lengths: steps of each signal as the file has them, before any resampling.
        class_counts: signals of each class, {} without labels.
        ranges: the least and the largest value of each channel.
        constant: how many signals of each channel never change.
        missing: how many values are missing.
        groups: how many groups there are, or None.
        problem: why `load_signals` refuses the file with these options; "" if it does not.
        dataset: what `load_signals` returns, or None where there is a problem.
        notes: the data set's, or what the reader found.
    """

    file: str
    understood: dict[str, str]
    channels: list[str]
    lengths: list[int]
    class_counts: dict[str, int]
    ranges: list[tuple[float, float]]
    constant: list[int]
    missing: int
    groups: int | None
    problem: str
    dataset: SignalDataset | None
    notes: tuple[str, ...]

    def __str__(self) -> str:
        n, width = len(self.lengths), 10
        lines = [(key, value) for key, value in self.understood.items()]
        steps = f"{min(self.lengths)}" + (f" to {max(self.lengths)}" if len(set(self.lengths)) > 1 else "")
        lines.append(
            ("signals", f"{n:,} of {len(self.channels)} channel{'s' * (len(self.channels) > 1)} x {steps} steps")
        )
        if self.dataset is not None and set(self.lengths) != {self.dataset.length}:
            lines.append(("length", f"{self.dataset.length} steps, resampled"))
        if self.class_counts:
            shown = [f"{name} ({count:,})" for name, count in list(self.class_counts.items())[:12]]
            more = ", ..." if len(self.class_counts) > 12 else ""
            lines.append(("classes", f"{len(self.class_counts)}: {', '.join(shown)}{more}"))
        if self.groups is not None:
            lines.append(("groups", f"{self.groups:,}"))
        values = [
            f"{name} {low:.6g} to {high:.6g}" for name, (low, high) in zip(self.channels, self.ranges, strict=True)
        ]
        lines.append(("values", ", ".join(values[:8]) + (", ..." if len(values) > 8 else "")))
        constant = [f"{count:,} of {name}" for name, count in zip(self.channels, self.constant, strict=True) if count]
        lines.append(("constant", ", ".join(constant) or "none"))
        lines.append(("missing", f"{self.missing:,} values" if self.missing else "none"))
        lines += [("note", note) for note in self.notes]
        lines += [("PROBLEM", self.problem)] if self.problem else []
        return "\n".join([self.file, *(f"  {key:{width}}{value}" for key, value in lines)])


def preview_of(recordings: Recordings, dataset: SignalDataset | None, said: str) -> Preview:
    """The preview of recordings and what became of them: a data set, or what was said against it."""
    ranges, constant = [], []
    with np.errstate(invalid="ignore"):
        for c in range(len(recordings.channels)):
            rows = [row[~np.isnan(row)] for row in (signal[c] for signal in recordings.signals)]
            rows = [row for row in rows if row.size] or [np.array([np.nan])]
            ranges.append((float(min(row.min() for row in rows)), float(max(row.max() for row in rows))))
            constant.append(sum(bool(row.min() == row.max()) for row in rows))
    counts = Counter(recordings.labels or ())
    names = recordings.class_names or in_order(set(counts))
    return Preview(
        file=recordings.file,
        understood=recordings.understood,
        channels=recordings.channels,
        lengths=recordings.lengths,
        class_counts={name: counts[name] for name in names} if counts else {},
        ranges=ranges,
        constant=constant,
        missing=sum(int(np.isnan(signal).sum()) for signal in recordings.signals),
        groups=None if recordings.groups is None else len(set(recordings.groups)),
        problem=said,
        dataset=dataset,
        notes=dataset.notes if dataset is not None else tuple(recordings.notes),
    )
