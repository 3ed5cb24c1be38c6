"""Labelled signals in a container that cannot hold a broken one, and a scaling that can be undone.

The idea: everything downstream (training, metrics, plots) may trust what it is given, because the container checks
once, at the door: shapes agree, every value is finite, every label has a name. Splits are stratified, so that a
held-out set has the classes of the whole.
"""

import difflib
import operator
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import SupportsIndex

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor


@dataclass(frozen=True, eq=False)
class SignalDataset:
    """N labelled signals of C channels and L steps: float32 `values` (N, C, L) and int64 `labels` (N,) on the CPU.

    NumPy arrays are taken where they convert exactly (float16 or float32 values; integer labels); nothing is cast that
    could lose a digit.

    Attributes:
        values: the signals, in the recording's own units unless `scaler` is set.
        labels: which class each signal is of, an index into `class_names`.
        class_names: one name a class, all different; a class may have no signals.
        scaler: the `Scaler` that `values` have been through, or None.
        notes: what the loader found that a reader should know: recordings missing, signals constant.

    Raises:
        ValueError: if a shape, dtype, value or label is not as above; the message names where.
    """

    values: Tensor | np.ndarray  # always a tensor afterwards
    labels: Tensor | np.ndarray
    class_names: Sequence[str]  # always a tuple afterwards
    scaler: "Scaler | None" = None
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "values", _float_tensor(self.values))
        object.__setattr__(self, "labels", _label_tensor(self.labels))
        object.__setattr__(self, "class_names", tuple(self.class_names))
        _check_shapes(self.values, self.labels)
        _check_finite(self.values)
        _check_labels(self.labels, self.class_names)

    def __len__(self) -> int:
        return self.values.shape[0]

    def __repr__(self) -> str:
        size = f"{len(self):,} signals of {self.channels} channel{'s' * (self.channels > 1)} x {self.length} steps"
        scaled = ", scaled" if self.scaler is not None else ""
        return "\n  ".join([f"SignalDataset: {size}, {self.n_classes} classes{scaled}", *self.notes])

    @property
    def n_classes(self) -> int:
        return len(self.class_names)

    @property
    def channels(self) -> int:
        return self.values.shape[1]

    @property
    def length(self) -> int:
        return self.values.shape[2]

    def split(self, fraction: float, *, seed: int) -> tuple["SignalDataset", "SignalDataset"]:
        """Two disjoint sets that together are this one: about `fraction` of each class, and the rest.

        Of a class with n signals, round(fraction * n) go to the first set, but at least one to each. Order within each
        set is kept. Which go depends on the seed, the class's index and its n alone.

        Raises:
            ValueError: if `fraction` is not between 0 and 1, `seed` is negative, or a class has a single signal.
        """
        if not 0 < fraction < 1:
            raise ValueError(f"split: expected a fraction strictly between 0 and 1, got {fraction}.")
        if seed < 0:
            raise ValueError(f"split: expected a seed of 0 or more, got {seed}.")
        counts = torch.bincount(self.labels, minlength=self.n_classes)
        if alone := (counts == 1).nonzero().flatten().tolist():
            names = ", ".join([repr(self.class_names[k]) for k in alone[:5]] + ["..."] * (len(alone) > 5))
            raise ValueError(
                f"split: expected at least 2 signals of every class, one for each side, but {len(alone)} of "
                f"{self.n_classes} classes have a single one: {names}. Record more of them, or leave them out with "
                f"dataset.select([...])."
            )
        chosen = torch.zeros(len(self), dtype=torch.bool)
        for k, count in enumerate(counts.tolist()):
            if count:
                members = (self.labels == k).nonzero().flatten()
                taken = min(max(round(fraction * count), 1), count - 1)
                order = np.random.default_rng((seed, k)).permutation(count)
                chosen[members[torch.from_numpy(order[:taken])]] = True
        return self._take(chosen), self._take(~chosen)

    def select(self, classes: str | SupportsIndex | Iterable[str | SupportsIndex]) -> "SignalDataset":
        """Only the signals of `classes` (names or indices), relabelled 0..K-1 in the order asked for.

        Raises:
            ValueError: if a class is unknown (close names are listed), named twice, or none is given.
        """
        wanted = [self._class_index(c) for c in ([classes] if isinstance(classes, str | SupportsIndex) else classes)]
        if not wanted:
            raise ValueError("select: expected at least one class, got none.")
        if len(set(wanted)) < len(wanted):
            twice = sorted({self.class_names[k] for k in wanted if wanted.count(k) > 1})
            raise ValueError(f"select: expected different classes, but got {twice} more than once.")
        renumbered = torch.full((self.n_classes,), -1)
        renumbered[wanted] = torch.arange(len(wanted))
        labels = renumbered[self.labels]
        if not (keep := labels >= 0).any():
            raise ValueError(f"select: none of the {len(self)} signals is of {[self.class_names[k] for k in wanted]}.")
        return replace(
            self, values=self.values[keep], labels=labels[keep], class_names=tuple(self.class_names[k] for k in wanted)
        )

    def with_notes(self, *notes: str) -> "SignalDataset":
        """The same signals with `notes` added."""
        return replace(self, notes=self.notes + notes)

    def _take(self, mask: Tensor) -> "SignalDataset":
        return replace(self, values=self.values[mask], labels=self.labels[mask])

    def _class_index(self, wanted: str | SupportsIndex) -> int:
        if isinstance(wanted, str):
            if wanted in self.class_names:
                return self.class_names.index(wanted)
            near = difflib.get_close_matches(wanted, self.class_names, n=5, cutoff=0.4) or self.class_names[:5]
            raise ValueError(
                f"select: no class is called {wanted!r}. Close to it: {', '.join(map(repr, near))}; "
                f"all {self.n_classes} are in dataset.class_names."
            )
        index = operator.index(wanted)
        if not 0 <= index < self.n_classes:
            last = self.n_classes - 1
            raise ValueError(
                f"select: no class has index {index}; expected 0 ({self.class_names[0]!r}) to {last} "
                f"({self.class_names[last]!r})."
            )
        return index


@dataclass(frozen=True, eq=False)
class Scaler:
    r"""Standardisation of each channel, $(x - \text{mean}_c) / \text{std}_c$ over all signals, and its inverse.

    One shift and one factor a channel, not one a signal: how large a recording is stays part of the data.

    Attributes:
        mean: (C,), in the recording's units.
        std: (C,), in the recording's units, positive.

    Raises:
        ValueError: if `mean` and `std` are not of one shape (C,), or a standard deviation is not positive and finite.
    """

    mean: Float[Tensor, "..."]
    std: Float[Tensor, "..."]

    def __post_init__(self) -> None:
        if self.mean.ndim != 1 or self.mean.shape != self.std.shape:
            got = f"{tuple(self.mean.shape)} and {tuple(self.std.shape)}"
            raise ValueError(f"Scaler: expected mean and std of one shape (C,), got {got}.")
        if not (self.mean.isfinite() & self.std.isfinite() & (self.std > 0)).all():
            raise ValueError(f"Scaler: expected finite means and positive stds, got {self.mean} and {self.std}.")

    @classmethod
    def fit(cls, dataset: SignalDataset) -> "Scaler":
        """The mean and the population standard deviation of each channel, computed in float64.

        Raises:
            ValueError: if a channel is constant over the whole dataset: scaling by its standard deviation is 0/0.
        """
        values = dataset.values.double()
        constant = (values.amax((0, 2)) == values.amin((0, 2))).nonzero().flatten().tolist()
        if constant:
            listed = ", ".join(f"channel {c} ({values[0, c, 0].item():g} everywhere)" for c in constant)
            raise ValueError(
                f"Scaler.fit: expected channels that vary, but over all {len(dataset)} signals {len(constant)} of "
                f"{dataset.channels} do not: {listed}. Scaling by a standard deviation of 0 is 0/0: leave such a "
                f"channel out when loading; there is nothing in it to learn."
            )
        return cls(mean=values.mean((0, 2)).float(), std=values.std((0, 2), correction=0).float())

    def transform(self, signals: "SignalDataset | Float[Tensor, '...']") -> "SignalDataset | Float[Tensor, '...']":
        """Into the model's units: what the scaler was fitted to gets mean 0 and standard deviation 1 in each channel.

        Returns the kind it was given, a dataset with `.scaler` set.

        Raises:
            ValueError: if the number of channels differs, or a dataset has been through a scaler already.
        """
        if isinstance(signals, SignalDataset):
            if signals.scaler is not None:
                raise ValueError(
                    "Scaler.transform: this dataset has been through a scaler already; scale the original, once."
                )
            return replace(signals, values=self.transform(signals.values), scaler=self)
        mean, std = self._columns(signals, "transform")
        return (signals - mean) / std

    def inverse(self, signals: "SignalDataset | Float[Tensor, '...']") -> "SignalDataset | Float[Tensor, '...']":
        """Back into the recording's own units.

        Returns the kind it was given, a dataset with `.scaler` None again.

        Raises:
            ValueError: if the number of channels differs.
        """
        if isinstance(signals, SignalDataset):
            return replace(signals, values=self.inverse(signals.values), scaler=None)
        mean, std = self._columns(signals, "inverse")
        return signals * std + mean

    def _columns(self, signals: Tensor, verb: str) -> tuple[Tensor, Tensor]:
        if signals.ndim != 3 or signals.shape[1] != len(self.mean):
            raise ValueError(
                f"Scaler.{verb}: this scaler was fitted to {len(self.mean)} channels, so expected shape "
                f"(N, {len(self.mean)}, L), got {tuple(signals.shape)}."
            )
        return self.mean.to(signals)[:, None], self.std.to(signals)[:, None]


def constant_signals(dataset: SignalDataset) -> Int[Tensor, "C"]:
    """In each channel, how many signals never change: there, scaling a signal by its own range or spread is 0/0."""
    return (dataset.values.amax(2) == dataset.values.amin(2)).sum(0)


def _float_tensor(values: object) -> Tensor:
    if isinstance(values, np.ndarray) and values.dtype in (np.float16, np.float32):
        return torch.from_numpy(np.array(values, dtype=np.float32))  # a copy: theirs may be read-only
    if not isinstance(values, Tensor) or values.dtype != torch.float32 or values.device.type != "cpu":
        raise ValueError(
            f"SignalDataset: expected values as a float32 tensor on the CPU (or a float32 array), got {_kind(values)}. "
            f"If rounding to float32 is fine, convert: values.astype('float32'), or values.float().cpu()."
        )
    return values


def _label_tensor(labels: object) -> Tensor:
    if isinstance(labels, np.ndarray) and labels.dtype.kind in "iu" and labels.dtype != np.uint64:
        return torch.from_numpy(labels.astype(np.int64))
    if not isinstance(labels, Tensor) or labels.dtype != torch.int64 or labels.device.type != "cpu":
        raise ValueError(
            f"SignalDataset: expected labels as an int64 tensor on the CPU (or an integer array), got {_kind(labels)}. "
            f"Labels are indices into class_names."
        )
    return labels


def _kind(given: object) -> str:
    device = f" on {given.device}" if isinstance(given, Tensor) else ""
    return f"{type(given).__name__} of {given.dtype}{device}" if hasattr(given, "dtype") else type(given).__name__


def _check_shapes(values: Tensor, labels: Tensor) -> None:
    if values.ndim != 3:
        raise ValueError(
            f"SignalDataset: expected values of shape (N signals, C channels, L steps), got {tuple(values.shape)}. "
            f"Signals of one channel, (N, L), become (N, 1, L) with values[:, None]."
        )
    n, channels, length = shape = tuple(values.shape)
    if n < 1 or channels < 1:
        raise ValueError(f"SignalDataset: expected at least one signal and one channel, got shape {shape}.")
    if length < 2:
        raise ValueError(f"SignalDataset: expected signals of at least 2 steps, got length {length} (shape {shape}).")
    if labels.shape != (n,):
        raise ValueError(f"SignalDataset: expected one label a signal, shape ({n},), got {tuple(labels.shape)}.")


def _check_finite(values: Tensor) -> None:
    bad = ~values.isfinite()
    if bad.any():
        n, c, step = bad.nonzero()[0].tolist()
        raise ValueError(
            f"SignalDataset: expected finite values, but {int(bad.sum())} are not; the first is "
            f"{values[n, c, step].item()} in signal {n}, channel {c}, step {step}. Mend or leave out those recordings."
        )


def _check_labels(labels: Tensor, class_names: tuple[str, ...]) -> None:
    if len(set(class_names)) < len(class_names):
        twice = sorted({name for name in class_names if class_names.count(name) > 1})
        raise ValueError(f"SignalDataset: expected class names that differ, but these stand more than once: {twice}.")
    bad = (labels < 0) | (labels >= len(class_names))
    if bad.any():
        n = bad.nonzero()[0].item()
        raise ValueError(
            f"SignalDataset: signal {n} has label {labels[n].item()}, but there are {len(class_names)} class names: "
            f"expected 0 to {len(class_names) - 1}. Labels are indices into class_names."
        )
