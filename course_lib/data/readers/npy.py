"""NumPy's files: .npy with the values alone, .npz with values, labels and class names; never a pickle."""

import zipfile
from pathlib import Path, PurePosixPath

import numpy as np
from jaxtyping import Float

from course_lib.data.readers.numbers import class_name
from course_lib.data.readers.options import Options
from course_lib.data.readers.recordings import Recordings

VALUES, LABELS = ("values", "x", "data", "signals"), ("labels", "y", "label", "target")
OPTIONS = ("label", "layout")


def read_npy(path: Path, options: Options) -> Recordings:
    """An array (N, L), (N, C, L), or (N, L, C) with layout="NTC"; without labels.

    Raises:
        ValueError: if it is a pickle, cut short, or no such array.
    """
    options.refuse_all_but(OPTIONS, f"{path.name} (a NumPy array)")
    if options.label not in (None, False):
        raise ValueError(
            f"load_signals: {path.name}: expected label=None, because a .npy holds values alone, got "
            f"{options.label!r}. Save both: np.savez('signals.npz', values=values, labels=labels)."
        )
    values = _array(path.name, lambda: np.load(path, allow_pickle=False, mmap_mode="r"))
    return _recordings(path.name, values, options.layout, "")


def read_npz(path: Path, options: Options) -> Recordings:
    """Arrays `values` and, where there are, `labels` (N,), `class_names` (K,), `channel_names` (C,), as we write them.

    Raises:
        ValueError: if it is no such archive, holds a pickle, a path that leads out of it, or other arrays.
    """
    options.refuse_all_but(OPTIONS, f"{path.name} (NumPy arrays)")
    try:
        members = zipfile.ZipFile(path).namelist()
    except zipfile.BadZipFile as error:
        raise ValueError(
            f"load_signals: {path.name}: expected arrays saved by np.savez, got a file that is none ({error}). It may "
            "be cut short: get it again."
        ) from None
    for member in members:
        parts = PurePosixPath(member.replace("\\", "/"))
        if parts.is_absolute() or ".." in parts.parts or len(parts.parts) != 1:
            raise ValueError(
                f"load_signals: {path.name}: expected arrays by plain names, got {member!r}, a path that leads "
                "elsewhere. np.savez writes no such file: do not trust where it comes from."
            )
    with np.load(path, allow_pickle=False) as archive:
        names = {name.lower(): name for name in archive.files}
        key = next((names[name] for name in VALUES if name in names), None)
        if key is None:
            key = archive.files[0] if len(archive.files) == 1 else None
        if key is None:
            raise ValueError(
                f"load_signals: {path.name}: expected an array called 'values' (and 'labels'), got "
                f"{', '.join(map(repr, archive.files)) or 'none'}. Save again: np.savez('signals.npz', values=values, "
                "labels=labels)."
            )
        values = _array(f"{path.name}, array {key!r}", lambda: archive[key])
        label = _label_key(path.name, archive.files, names, options.label)
        labels = None if label is None else _array(f"{path.name}, array {label!r}", lambda: archive[label])
        listed = (
            _array(f"{path.name}, array 'class_names'", lambda: archive["class_names"])
            if "class_names" in names
            else None
        )
        called = (
            _array(f"{path.name}, array 'channel_names'", lambda: archive["channel_names"])
            if "channel_names" in names
            else None
        )
    recordings = _recordings(path.name, values, options.layout, f", array {key!r}")
    if labels is not None:
        _add_labels(recordings, path.name, label, labels, listed)
    if called is not None:
        recordings.channels = _channel_names(path.name, called, len(recordings.channels))
    return recordings


def _channel_names(file: str, names: np.ndarray, n: int) -> list[str]:
    if names.shape != (n,):
        raise ValueError(
            f"load_signals: {file}, array 'channel_names': expected a name for each of {n} channels, shape ({n},), got "
            f"shape {names.shape}. Save one a channel, or leave the array out."
        )
    return [str(name) for name in names.tolist()]


def _label_key(file: str, there: list[str], names: dict[str, str], wanted) -> str | None:
    if wanted is False:
        return None
    if wanted is None:
        return next((names[name] for name in LABELS if name in names), None)
    if wanted not in there:
        raise ValueError(f"load_signals: {file}: label={wanted!r}: expected one of its arrays, {', '.join(there)}.")
    return wanted


def _array(what: str, read) -> np.ndarray:
    try:
        return read()
    except (ValueError, EOFError, OSError, zipfile.BadZipFile) as error:
        if "pickle" in str(error) or "Python objects" in str(error):
            raise ValueError(
                f"load_signals: {what}: expected an array of numbers, got a pickle (objects, or rows of different "
                "lengths), which may run any code when it is opened. If you made it: np.save('signals.npy', "
                "values.astype('float32')); signals of different lengths fit into a long CSV (id, time, value)."
            ) from None
        raise ValueError(
            f"load_signals: {what}: expected an array saved by NumPy, got what cannot be read as one ({error}). It "
            "may be cut short: get it again."
        ) from None


def _recordings(file: str, values: np.ndarray, layout: str | None, inside: str) -> Recordings:
    if values.dtype.kind not in "iuf":
        raise ValueError(
            f"load_signals: {file}{inside}: expected an array of real numbers, got {values.dtype}. Convert it: "
            "values.astype('float32')."
        )
    if layout in ("wide", "long"):
        raise ValueError(
            f"load_signals: {file}: expected layout='NCT' or 'NTC' for an array, got {layout!r}, which is of tables."
        )
    if values.ndim not in (2, 3) or 0 in values.shape or (values.ndim == 2 and layout is not None):
        what = "three axes" if layout else "(signals, steps) or (signals, channels, steps)"
        raise ValueError(
            f"load_signals: {file}{inside}: expected an array of {what}, none of them empty, got shape {values.shape}. "
            "One long recording becomes signals when it is cut: values.reshape(-1, 160)."
        )
    flat = values.ndim == 2
    if flat:
        values = values[:, None]
    if layout == "NTC":
        values = values.swapaxes(1, 2)
    n, channels, length = values.shape
    if channels > length and layout is None:
        raise ValueError(
            f"load_signals: {file}{inside}: expected (signals, channels, steps), got shape {(n, channels, length)}: "
            f"{channels} channels of {length} steps. If they are {length} channels of {channels} steps, say "
            "layout='NTC'; if it is meant so, layout='NCT'."
        )

    def place(i: int, c: int, t: int) -> str:
        at = (i, t) if flat else (i, t, c) if layout == "NTC" else (i, c, t)
        return (
            f"load_signals: {file}{inside}, signal {i + 1}, channel {c + 1}, step {t + 1} (in Python, index {list(at)})"
        )

    meaning = (
        "(signals, steps)"
        if flat
        else "(signals, steps, channels)"
        if layout == "NTC"
        else "(signals, channels, steps)"
    )
    return Recordings(
        file=file,
        understood={"layout": f"array {meaning}{inside}", "columns": f"{values.dtype}", "labels": "none"},
        signals=list(_as_float(values)),
        channels=["value"] if channels == 1 else [f"channel {c + 1}" for c in range(channels)],
        place=place,
    )


def _as_float(values: np.ndarray) -> Float[np.ndarray, "N C T"]:
    """float64, but float32 as it is: to read it twice as large serves nothing."""
    return np.asarray(values) if values.dtype == np.float32 else values.astype(np.float64)


def _add_labels(recordings: Recordings, file: str, key: str, labels: np.ndarray, listed: np.ndarray | None) -> None:
    """Numbers as indices into the class names where the file lists them, else as the names themselves."""
    n = len(recordings.signals)
    if labels.shape == (n, 1):
        labels = labels[:, 0]
    if labels.shape != (n,) or labels.dtype.kind not in "iufUS":
        raise ValueError(
            f"load_signals: {file}, array {key!r}: expected a label a signal, shape ({n},), whole numbers or text, got "
            f"{labels.dtype} of shape {labels.shape}. From one column a class: labels.argmax(1)."
        )
    if labels.dtype.kind == "i" and (labels == -1).all():
        recordings.understood["labels"] = f"none (array {key!r} is -1 throughout)"
        return
    recordings.understood["labels"] = f"array {key!r}"
    if listed is not None:
        names = [str(name) for name in listed.tolist()]
        bad = [i for i, label in enumerate(labels.tolist()) if label not in range(len(names))]
        if labels.dtype.kind not in "iu" or bad:
            i = bad[0] if bad else 0
            raise ValueError(
                f"load_signals: {file}, array {key!r}, signal {i + 1} (in Python, index [{i}]): expected one of "
                f"{len(names)} class names by index, 0 to {len(names) - 1}, got {labels[i]}."
            )
        recordings.class_names = names
        recordings.labels = [names[k] for k in labels]
        return
    texts = [label.decode() if isinstance(label, bytes) else str(label) for label in labels.tolist()]
    where = f"load_signals: {file}, array {key!r}, signal "
    recordings.labels = [class_name(text, f"{where}{i + 1} (in Python, index [{i}])") for i, text in enumerate(texts)]
