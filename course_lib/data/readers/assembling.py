"""Recordings become a data set: gaps filled and lengths made one as asked, classes numbered; each said, none silent."""

from collections import Counter, defaultdict

import numpy as np
from jaxtyping import Float, Float32

from course_lib.data.constant import constant_notes
from course_lib.data.dataset import SignalDataset
from course_lib.data.readers.numbers import in_order
from course_lib.data.readers.recordings import Recordings, problem
from course_lib.data.readers.times import even
from course_lib.data.resampling import interpolate, resample

CODES = (-99.0, -999.0, -9999.0, -99999.0, 999.0, 9999.0, 99999.0)  # what loggers write where nothing was measured
COARSE = 0.01  # of a channel's spread: what rounding to float32 may cost without a word


def as_dataset(recordings: Recordings, length: int | None, missing: str | None) -> SignalDataset:
    """The recordings, gaps filled and lengths made one as asked; `.notes` says what was done.

    Raises:
        ValueError: if they have a `problem`.
    """
    if said := problem(recordings, length, missing):
        raise ValueError(said)
    signals, filled = _filled(recordings)
    values, resampled = _of_one_length(signals, recordings.times, length)
    labels = names = None
    if recordings.labels is not None:
        names = recordings.class_names or in_order(set(recordings.labels))
        number = {name: k for k, name in enumerate(names)}
        labels = np.array([number[label] for label in recordings.labels])
    groups = None if recordings.groups is None else np.unique(recordings.groups, return_inverse=True)[1]
    dataset = SignalDataset(
        values, labels, names, channels_first=True, groups=groups, channel_names=recordings.channels
    )
    called = [
        f"{recordings.file}, {name}" if len(recordings.channels) > 1 else recordings.file
        for name in recordings.channels
    ]
    notes = [*recordings.notes, *filled, *resampled, *_single(recordings), *constant_notes(dataset, called)]
    return dataset.with_notes(
        *notes, *_counters(recordings, called), *_codes(dataset, called), *_rounding(dataset, called)
    )


def _filled(recordings: Recordings) -> tuple[list[Float[np.ndarray, "C _"]], list[str]]:
    """The signals with their gaps interpolated, and how many values that are.

    All gaps but those beside a signal's first and last measured value, where the curve follows a rule of its own, are
    filled by one curve through all signals, one after another: a curve a signal costs more than reading the file.
    """
    signals, values, touched = list(recordings.signals), 0, 0
    inner = []  # (the channel to fill, its measured steps, its missing ones, all moments on the common axis)
    for n, signal in enumerate(signals):
        gaps = np.isnan(signal)
        if not gaps.any():
            continue
        signals[n], values, touched = signal.copy(), values + int(gaps.sum()), touched + 1
        moments = np.arange(float(signal.shape[1])) if recordings.times is None else recordings.times[n]
        for c in np.flatnonzero(gaps.any(1)):
            row, there, missing = signals[n][c], np.flatnonzero(~gaps[c]), np.flatnonzero(gaps[c])
            if len(there) > 3 and missing[0] > there[1] and missing[-1] < there[-2]:
                axis = 2 * len(inner) + (moments - moments[0]) / (moments[-1] - moments[0])
                inner.append((row, there, missing, axis))
            else:
                row[missing] = interpolate(row[None, there], moments[there], moments[missing])[0]
    if inner:
        measured, known, wanted = (
            np.concatenate(parts)
            for parts in zip(*((row[t], axis[t], axis[m]) for row, t, m, axis in inner), strict=True)
        )
        filled = interpolate(measured[None], known, wanted)[0]
        ends = np.cumsum([len(missing) for _, _, missing, _ in inner])[:-1]
        for (row, _, missing, _), part in zip(inner, np.split(filled, ends), strict=True):
            row[missing] = part
    if not values:
        return signals, []
    return signals, [f"{values:,} missing values in {touched:,} of {len(signals):,} signals were interpolated (PCHIP)."]


def _of_one_length(
    signals: list[Float[np.ndarray, "C _"]], times: list[Float[np.ndarray, "_"]] | None, length: int | None
) -> tuple[Float32[np.ndarray, "N C L"], list[str]]:
    """All signals at `length` steps (None: they have one length), and how many were resampled to that."""
    lengths = [signal.shape[1] for signal in signals]
    length = lengths[0] if length is None else length
    values = np.empty((len(signals), len(signals[0]), length), dtype=np.float32)
    same = defaultdict(list)
    for n, steps in enumerate(lengths):
        same[steps].append(n)
    changed = 0
    for steps, which in same.items():
        if times is not None:
            for n in which:
                values[n] = resample(signals[n], length, moments=times[n])
        else:
            together = np.stack([signals[n] for n in which])  # (n, C, T)
            if steps != length:
                together = resample(together.reshape(-1, steps), length).reshape(len(which), -1, length)
            values[which] = together
        changed += len(which) if times is not None or steps != length else 0
    if not changed:
        return values, []
    spread = f"{min(lengths)}" + (f" to {max(lengths)}" if min(lengths) < max(lengths) else "")
    even = ", by their times, to even steps" if times is not None else ""
    return values, [
        f"{changed:,} of {len(signals):,} signals, of {spread} steps, were resampled to {length} (PCHIP{even})."
    ]


def _single(recordings: Recordings) -> list[str]:
    """A sentence about classes of a single signal."""
    labels = recordings.labels or []
    counts = Counter(labels)
    alone = [(n, label) for n, label in enumerate(labels) if counts[label] == 1]
    if not alone:
        return []
    shown = ", ".join(f"{label!r} ({_short(recordings.place(n, 0, 0))})" for n, label in alone[:5])
    return [
        f"{len(alone)} of {len(counts)} classes have a single signal, so that none can be held out: {shown}"
        f"{', ...' if len(alone) > 5 else ''}. Record more of them, or leave them out: dataset.drop_small_classes(2)."
    ]


def _short(place: str) -> str:
    """`load_signals: own.csv, row 3, column 2` without who says it and the column."""
    return place.removeprefix("load_signals: ").split(", column")[0]


def _counters(recordings: Recordings, called: list[str]) -> list[str]:
    """A sentence about each channel, of several, that rises by one step in every signal, as a counter does."""
    notes = []
    for c, name in enumerate(called if len(called) > 1 else []):
        rows = (signal[c] for signal in recordings.signals)
        if all(len(row) > 3 and row[1] > row[0] and even(row, 1e-3) for row in rows):
            notes.append(f"{name} rises by one step in every signal: if it is time or counts, leave it out.")
    return notes


def _codes(dataset: SignalDataset, called: list[str]) -> list[str]:
    """A sentence about each channel that holds a code for missing values, far from all others."""
    notes = []
    for c, name in enumerate(called):
        values = dataset.values[:, c]
        for code in {float(values.min()), float(values.max())} & set(CODES):
            others = values[values != code]
            if len(others) and (others - code).abs().min() > 5 * (others.max() - others.min()):
                notes.append(
                    f"{name}: {code:g} occurs ({int((values == code).sum()):,} x), far from all others. If that stands "
                    "for a missing value, empty those cells and say missing='interpolate'."
                )
    return notes


def _rounding(dataset: SignalDataset, called: list[str]) -> list[str]:
    """A sentence about each channel whose values differ by little more than float32 can tell apart."""
    notes = []
    for c, name in enumerate(called):
        values = dataset.values[:, c].double().numpy()
        step = float(np.abs(values).max()) * 2.0**-23
        spread = float(np.median((values - values[:, :1]).std(axis=1)))
        if spread > 0 and step > COARSE * spread:
            notes.append(
                f"{name}: values up to {np.abs(values).max():.6g} that vary by {spread:.2g} in a signal are rounded "
                f"to steps of {step:.2g} (float32). Take an offset away before."
            )
    return notes
