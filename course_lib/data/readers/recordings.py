"""Recordings as a file has them, and what keeps them from being a data set: too few, gaps, lengths, a clock."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float

from course_lib.data.readers.numbers import LARGEST

EPOCHS = tuple((9e8 * scale, 2.2e9 * scale) for scale in (1.0, 1e3, 1e6, 1e9))  # 1998 to 2039 in s, ms, us, ns
EVEN = 0.05  # steps of a recording differ by less than this share of their median: one rate


@dataclass
class Recordings:
    """N signals as a file has them.

    Attributes:
        file: what messages call it.
        understood: what was found by looking, or told: format, layout, columns, labels.
        signals: each (C, T), float64; NaN where a value is missing.
        channels: their names, C of them.
        place: where in the file the value (signal, channel, step) stands, as a message begins.
        labels: each signal's class, or None without.
        class_names: all classes in order, where the file lists them.
        times: when each step of a signal was measured, (T,) each; None where steps are even.
        groups: what belongs together, a text a signal; or None.
    """

    file: str
    understood: dict[str, str]
    signals: list[Float[np.ndarray, "C _"]]
    channels: list[str]
    place: Callable[[int, int, int], str]
    labels: list[str] | None = None
    class_names: list[str] | None = None
    times: list[Float[np.ndarray, "_"]] | None = None
    groups: list[str] | None = None
    notes: list[str] = field(default_factory=list)

    @property
    def lengths(self) -> list[int]:
        return [signal.shape[1] for signal in self.signals]


def cut_ends(signals: list[Float[np.ndarray, "C _"]]) -> list[Float[np.ndarray, "C _"]]:
    """The signals without the steps at their ends that no channel has: so a table fills up shorter signals."""
    cut = []
    for signal in signals:
        measured = ~np.isnan(signal[:, -1:]).all(0)
        if not measured.all():
            there = np.flatnonzero(~np.isnan(signal).all(0))
            signal = signal[:, : there[-1] + 1] if there.size else signal
        cut.append(signal)
    return cut


def problem(recordings: Recordings, length: int | None, missing: str | None) -> str:
    """Why these recordings cannot be a data set as they are, or "": too few, gaps, lengths, a clock."""
    return (
        _too_few(recordings)
        or _too_short(recordings)
        or _clock(recordings)
        or _gaps(recordings, missing)
        or _lengths(recordings, length)
        or _too_large(recordings)
    )


def _too_few(recordings: Recordings) -> str:
    if len(recordings.signals) > 1:
        return ""
    return (
        f"{recordings.place(0, 0, 0)}: expected at least 2 signals, got one. Nothing can be learnt from one recording. "
        f"What was read: {recordings.understood.get('layout', 'one signal')}. If that is not meant, say layout=...; "
        "files of one recording each are read from a folder, load_signals(folder)."
    )


def _too_short(recordings: Recordings) -> str:
    n = int(np.argmin(recordings.lengths))
    if recordings.lengths[n] > 1:
        return ""
    return (
        f"{recordings.place(n, 0, 0)}: expected signals of at least 2 steps, got {recordings.lengths[n]}. Was the "
        "table read as it is meant? Say layout=... or delimiter=... if not; else leave that signal out."
    )


def _clock(recordings: Recordings) -> str:
    for c, name in enumerate(recordings.channels):
        rows = [signal[c] for signal in recordings.signals]
        if all(is_clock(row) and (np.diff(row) > 0).all() for row in rows):
            return (
                f"{recordings.place(0, c, 0)}: expected a measured value, got {rows[0][0]:.0f}, and the channel "
                f"{name!r} rises from such a number in every signal, as the clock does (seconds, or parts of them, "
                "since 1970). Name it, time=..., or leave it out, ignore=[...]."
            )
    return ""


def is_clock(values: Float[np.ndarray, "*T"]) -> bool:
    """Whether all values are times since 1970."""
    return values.size > 0 and any(((values > low) & (values < high)).all() for low, high in EPOCHS)


def _gaps(recordings: Recordings, missing: str | None) -> str:
    for n, signal in enumerate(recordings.signals):
        gaps = np.isnan(signal)
        if not gaps.any():
            continue
        if missing is None:
            c, t = np.argwhere(gaps)[0].tolist()
            total = sum(int(np.isnan(s).sum()) for s in recordings.signals[n:])
            of = sum(s.size for s in recordings.signals)
            return (
                f"{recordings.place(n, c, t)}: expected a number, got a missing value (an empty cell, or nan), "
                f"{total:,} of {of:,}. Fill that gap, leave that signal out, or say missing='interpolate', which fills "
                "gaps between measured values (PCHIP)."
            )
        for c in np.flatnonzero(gaps.any(1)).tolist():
            there = np.flatnonzero(~gaps[c])
            if len(there) < 2:
                return (
                    f"{recordings.place(n, c, 0)}: expected a signal to interpolate, got {len(there)} measured values. "
                    "Leave that signal out."
                )
            if there[0] > 0 or there[-1] < len(gaps[c]) - 1:
                t = 0 if there[0] > 0 else int(there[-1]) + 1
                return (
                    f"{recordings.place(n, c, t)}: expected a gap between measured values, got one at an end of the "
                    "signal, where there is nothing to interpolate from. Fill it, or leave that signal out."
                )
    return ""


def _lengths(recordings: Recordings, length: int | None) -> str:
    if length is not None:
        return ""
    lengths = recordings.lengths
    if min(lengths) < max(lengths):
        usual, often = Counter(lengths).most_common(1)[0]
        n = next(n for n, found in enumerate(lengths) if found != usual)
        return (
            f"{recordings.place(n, 0, lengths[n] - 1)}: expected {usual} steps in every signal, as {often:,} of "
            f"{len(lengths):,} have, but this one ends here after {lengths[n]} (shortest {min(lengths)}, longest "
            f"{max(lengths)}). If they are meant to differ, say which length to resample all to: "
            f"length={int(np.median(lengths))}. Else mend that signal."
        )
    if recordings.times is not None:
        return (
            f"load_signals: {recordings.file}: expected even steps in time, but some are more than {EVEN:.0%} longer "
            f"or shorter than the rest. Say length={lengths[0]}, and all signals are resampled to even steps; or say "
            "time=False to count the steps as even."
        )
    return ""


def _too_large(recordings: Recordings) -> str:
    for n, signal in enumerate(recordings.signals):
        beyond = np.abs(signal) > LARGEST
        if beyond.any():
            c, t = np.argwhere(beyond)[0].tolist()
            finite = np.isfinite(signal[c, t])
            expected = f"number that float32 can hold (up to {LARGEST:.3g})" if finite else "finite number"
            return (
                f"{recordings.place(n, c, t)}: expected a {expected}, got {signal[c, t]}. Mend that value, or leave "
                "that signal out."
            )
    return ""
