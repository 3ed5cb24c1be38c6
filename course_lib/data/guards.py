"""What a dataset checks at its door: each check passes what is right, or says what came and where.

A wrong shape, type, value or label is refused here, once, so that nothing downstream has to ask again.
"""

import difflib
import operator
from collections.abc import Iterable
from typing import Any, SupportsIndex

import numpy as np
import torch
from torch import Tensor

from course_lib.arrays import as_numpy, kind, refuse_mask, whole_numbers


def float_tensor(values: Any) -> Tensor:
    """float16 or float32 values as a float32 tensor; anything else is refused."""
    refuse_mask(values, "SignalDataset: values")
    if isinstance(values, np.ndarray) and values.dtype.newbyteorder("=") in (np.float16, np.float32):
        return torch.from_numpy(np.array(values, dtype=np.float32))  # a copy: theirs may be read-only
    dense = isinstance(values, Tensor) and values.layout == torch.strided
    if not dense or values.dtype != torch.float32 or values.device.type != "cpu":
        raise ValueError(
            f"SignalDataset: expected values as a float32 tensor on the CPU (or a float32 array), got {kind(values)}. "
            f"If rounding to float32 is fine, convert: values.astype('float32'), or values.float().cpu()."
        )
    return values.detach()


def whole(labels: Any) -> Tensor:
    """Integer labels as an int64 tensor; anything else is refused."""
    refuse_mask(labels, "SignalDataset: labels")
    if isinstance(labels, np.ndarray) and labels.dtype.kind in "iu" and labels.dtype != np.uint64:
        return torch.from_numpy(labels.astype(np.int64))
    if not isinstance(labels, Tensor) or labels.dtype != torch.int64 or labels.device.type != "cpu":
        raise ValueError(
            f"SignalDataset: expected labels as an int64 tensor on the CPU (or an integer array), got {kind(labels)}. "
            "Labels are indices into class_names: from names, class_names, labels = np.unique(y, return_inverse=True)."
        )
    return labels


def names(class_names: Any) -> tuple[str, ...]:
    """The class names as a tuple of different texts."""
    given = () if class_names is None or isinstance(class_names, str) else tuple(class_names)
    if not given or not all(isinstance(name, str) for name in given):
        odd = class_names if not given else next(name for name in given if not isinstance(name, str))
        raise ValueError(
            f"SignalDataset: expected class_names as texts, one a class, got {odd!r}. Write numbers as text, "
            "[str(k) for k in names]: select(3) is the class with index 3, select('3') the one called 3."
        )
    if len(set(given)) < len(given):
        twice = sorted({name for name in given if given.count(name) > 1})
        raise ValueError(f"SignalDataset: expected class names that differ, but these stand more than once: {twice}.")
    return tuple(str(name) for name in given)  # NumPy's texts print as np.str_('a')


def groups(given: Any, n: int) -> Tensor:
    """One whole number a signal, as an int64 tensor."""
    numbers = whole_numbers(
        given,
        "SignalDataset: groups",
        advice="Signals of one number belong together; from names: np.unique(names, return_inverse=True)[1].",
    )
    if numbers.shape != (n,):
        raise ValueError(
            f"SignalDataset: expected one group number a signal, shape ({n},), got {numbers.shape}. Give a signal that "
            "belongs to no other a number of its own."
        )
    return torch.from_numpy(numbers)


def held_out(wanted: Any, groups: Tensor | None) -> Tensor:
    """Which signals are of the groups to hold out."""
    if groups is None:
        raise ValueError(
            "split_groups: expected a dataset with groups, and this one has none. Say which signals belong together: "
            "dataset.with_groups(numbers), or load_auslan(path, by_session=True)."
        )
    given = [wanted] if isinstance(wanted, SupportsIndex) and np.ndim(wanted) == 0 else wanted
    is_list = isinstance(given, Iterable) and not isinstance(given, str)
    numbers = list(given) if is_list else []
    there = groups.unique().tolist()
    shown = ", ".join(map(str, there[:10])) + (", ..." if len(there) > 10 else "")
    if not numbers or not all(isinstance(number, SupportsIndex) for number in numbers):
        raise ValueError(f"split_groups: expected one or more group numbers of {shown}, got {wanted!r}.")
    out = {operator.index(number) for number in numbers}
    if unknown := sorted(out - set(there)):
        raise ValueError(f"split_groups: there is no group {unknown[0]}; the {len(there)} groups are {shown}.")
    if len(out) == len(there):
        raise ValueError(f"split_groups: expected a group to be left, but all {len(there)} are held out ({shown}).")
    return torch.isin(groups, torch.tensor(sorted(out)))


def large_classes(at_least: Any, names: tuple[str, ...], counts: list[int]) -> tuple[list[int], str]:
    """The classes with so many signals, and a sentence about the others, or ""."""
    if not isinstance(at_least, int) or isinstance(at_least, bool) or at_least < 1:
        raise ValueError(f"drop_small_classes: expected a whole number of signals, 1 or more, got {at_least!r}.")
    kept = [k for k, count in enumerate(counts) if count >= at_least]
    small = [f"{names[k]} ({count})" for k, count in enumerate(counts) if count < at_least]
    if not kept:
        raise ValueError(
            f"drop_small_classes: expected a class of at least {at_least} signals, but all {len(names)} have fewer: "
            f"{listed(small)}. Ask for fewer, or record more."
        )
    if not small:
        return kept, ""
    lost = sum(count for count in counts if count < at_least)
    return kept, (
        f"{len(small)} of {len(names)} classes, with {lost:,} of {sum(counts):,} signals, "
        f"{'are' if len(small) > 1 else 'is'} left out, having fewer than {at_least} signals: "
        f"{listed(small, len(small))}."
    )


def class_index(wanted: str | SupportsIndex, names: tuple[str, ...]) -> int:
    """Which class a name or a number means."""
    if isinstance(wanted, str):
        if wanted in names:
            return names.index(wanted)
        near = difflib.get_close_matches(wanted, names, n=5, cutoff=0.4) or names[:5]
        raise ValueError(
            f"select: no class is called {wanted!r}. Close to it: {', '.join(map(repr, near))}; "
            f"all {len(names)} are in dataset.class_names."
        )
    index, last = operator.index(wanted), len(names) - 1
    if not 0 <= index <= last:
        raise ValueError(f"select: no class has index {index}; expected 0 ({names[0]!r}) to {last} ({names[last]!r}).")
    return index


def channel_indices(channels: SupportsIndex | Iterable, n: int, who: str) -> list[int]:
    """Which of n channels are meant."""
    given = [channels] if isinstance(channels, SupportsIndex) else list(channels)
    if not given or not all(isinstance(c, SupportsIndex) for c in given):
        raise ValueError(f"{who}: expected one or more channels by index, 0 to {n - 1}, got {given}.")
    wanted = [operator.index(c) for c in given]
    if len(set(wanted)) < len(wanted) or not all(0 <= c < n for c in wanted):
        raise ValueError(f"{who}: expected different channels from 0 to {n - 1}, got {wanted}.")
    return wanted


def channel_names(given: Any, n: int) -> tuple[str, ...]:
    """One name for each of n channels, as texts."""
    found = () if isinstance(given, str) else tuple(str(name) for name in given)
    if len(found) != n:
        raise ValueError(f"SignalDataset: expected channel_names, a text for each of {n} channels, got {given!r}.")
    return found


def positions(index: Any, n: int) -> Tensor:
    """Which of n signals a slice, a list of numbers or a mask names."""
    if isinstance(index, slice):
        return torch.arange(n)[torch.from_numpy(np.arange(n)[index].copy())]
    refuse_mask(index, "dataset[...]")
    wanted = as_numpy(index) if isinstance(index, list | tuple | np.ndarray | Tensor) else None
    if wanted is None or wanted.ndim != 1 or not (wanted.size and wanted.dtype.kind in "biu"):
        raise ValueError(
            f"dataset[...]: expected a number, a slice, or a list of numbers or of yes and no, got {index!r}. For the "
            "signals of a class: dataset.select(name)."
        )
    if wanted.dtype.kind == "b" and len(wanted) != n:
        raise IndexError(f"dataset[...]: expected yes or no for each of {n} signals, got {len(wanted)}.")
    if wanted.dtype.kind != "b" and not ((wanted >= -n) & (wanted < n)).all():
        raise IndexError(f"dataset[...]: there are {n} signals, 0 to {n - 1}, got {wanted.tolist()}.")
    return torch.from_numpy(np.arange(n)[wanted])


def check_shape(values: Tensor, channels_first: bool) -> None:
    if values.ndim != 3:
        raise ValueError(
            f"SignalDataset: expected values of shape (N signals, C channels, L steps), got {tuple(values.shape)}. "
            f"Signals of one channel, (N, L), become (N, 1, L) with values[:, None]."
        )
    n, channels, length = shape = tuple(values.shape)
    if n < 1 or channels < 1:
        raise ValueError(f"SignalDataset: expected at least one signal and one channel, got shape {shape}.")
    if channels > length > 1 and not channels_first:
        raise ValueError(
            f"SignalDataset: the shape {shape} says {channels} channels of {length} steps. Are they {length} channels "
            f"of {channels} steps? Then exchange the axes: values.swapaxes(1, 2). If it is meant so, say "
            "channels_first=True."
        )
    if length < 2:
        raise ValueError(f"SignalDataset: expected signals of at least 2 steps, got length {length} (shape {shape}).")


def check_finite(values: Tensor) -> None:
    if not all(end.isfinite() for end in values.aminmax()):  # quick, and without a copy
        bad = ~values.isfinite()
        n, c, step = bad.nonzero()[0].tolist()
        raise ValueError(
            f"SignalDataset: expected finite values, but {int(bad.sum())} are not; the first is "
            f"{values[n, c, step].item()} in signal {n}, channel {c}, step {step} (counted from 0). Mend or leave out "
            "those recordings."
        )


def check_labels(labels: Tensor, class_names: tuple[str, ...], n: int, *, given: bool) -> None:
    if not given and len(class_names) > 1:
        raise ValueError(f"SignalDataset: got {len(class_names)} class names and no labels. Say which signal is which.")
    if labels.shape != (n,):
        raise ValueError(f"SignalDataset: expected one label a signal, shape ({n},), got {tuple(labels.shape)}.")
    bad = (labels < 0) | (labels >= len(class_names))
    if bad.any():
        first = bad.nonzero()[0].item()
        raise ValueError(
            f"SignalDataset: signal {first} has label {labels[first].item()}, but there are {len(class_names)} class "
            f"names: expected 0 to {len(class_names) - 1}. Labels are indices into class_names."
        )


def check_alike(a: Any, b: Any) -> None:
    """That two datasets can be joined."""
    if not hasattr(b, "class_names"):
        raise ValueError(f"join: expected a SignalDataset, got {kind(b)}.")
    if (a.channels, a.length) != (b.channels, b.length):
        raise ValueError(
            f"join: expected signals of one shape, got {a.channels} channels x {a.length} steps and {b.channels} x "
            f"{b.length}. Choose the same channels, and resample one of them."
        )
    if (a.scaler is None) != (b.scaler is None) or (a.scaler is not None and not a.scaler.same_as(b.scaler)):
        raise ValueError(
            "join: the two have been through different scalers (or one through none), so their numbers are not in the "
            "same units. Join the recordings first, and scale them after."
        )
    if a.labelled != b.labelled:
        raise ValueError(
            "join: one of the two has labels and the other has not. Name the class of those without: "
            "SignalDataset(values, class_names=['its name'])."
        )
    if (a.groups is None) != (b.groups is None):
        raise ValueError(
            "join: one of the two has groups and the other has not. Give both groups, in one numbering, or take them "
            "away, with_groups(None), and say which belong together after joining."
        )


def check_seed(seed: int, who: str) -> None:
    if seed < 0:
        raise ValueError(f"{who}: expected a seed of 0 or more, got {seed}.")


def listed(items: list[str], at_most: int = 5) -> str:
    return ", ".join([repr(item) for item in items[:at_most]] + ["..."] * (len(items) > at_most))
