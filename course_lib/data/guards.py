"""What a dataset checks at its door: each check passes what is right, or says what came and where.

A wrong shape, type, value or label is refused here, once, so that nothing downstream has to ask again.
"""

from typing import Any

import numpy as np
import torch
from torch import Tensor

from course_lib.arrays import as_numpy, kind, refuse_mask


def float_tensor(values: Any) -> Tensor:
    """float16 or float32 values as a float32 tensor; anything else is refused."""
    refuse_mask(values, "SignalDataset: values")
    if isinstance(values, np.ndarray) and values.dtype in (np.float16, np.float32):
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
    bad = ~values.isfinite()
    if bad.any():
        n, c, step = bad.nonzero()[0].tolist()
        raise ValueError(
            f"SignalDataset: expected finite values, but {int(bad.sum())} are not; the first is "
            f"{values[n, c, step].item()} in signal {n}, channel {c}, step {step}. Mend or leave out those recordings."
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


def listed(items: list[str], at_most: int = 5) -> str:
    return ", ".join([repr(item) for item in items[:at_most]] + ["..."] * (len(items) > at_most))
