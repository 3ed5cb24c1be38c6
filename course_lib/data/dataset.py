"""Labelled signals in one container that cannot hold a broken one, and the scaling that a network wants, which can be undone.

The idea: everything downstream (training, metrics, plots) may trust what it is given, because the container checks once, at the door: shapes
agree, every value is finite, every label has a name. Splits are stratified, so that a held-out set has the classes of the whole.
"""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor


@dataclass(frozen=True, eq=False)
class SignalDataset:
    """N labelled signals of C channels and L steps: float32 `values` (N, C, L) and int64 `labels` (N,) on the CPU.

    NumPy arrays are taken where they convert exactly (float16 or float32 values; integer labels); nothing is cast that could lose a digit.

    Attributes:
        values: the signals, in the recording's own units unless `scaler` is set.
        labels: which class each signal is of, an index into `class_names`.
        class_names: one name a class, all different; a class may have no signals.
        scaler: the `Scaler` that `values` have been through, or None.
        notes: what the loader found that a reader should know: recordings missing, channels left out, signals constant.

    Raises:
        ValueError: if a shape, dtype, value or label is not as above; the message names where.
    """

    values: Float[Tensor, "N C L"]
    labels: Int[Tensor, "N"]
    class_names: tuple[str, ...]
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

        Of a class with n signals, round(fraction * n) go to the first set, but at least one to each. Order within each set is kept; a class's
        share depends on the seed and on its own number of signals alone.

        Raises:
            ValueError: if `fraction` is not between 0 and 1, or a class has a single signal, which cannot be on both sides.
        """
        if not 0 < fraction < 1:
            raise ValueError(f"split: expected a fraction strictly between 0 and 1, got {fraction}.")
        counts = torch.bincount(self.labels, minlength=self.n_classes)
        if alone := (counts == 1).nonzero().flatten().tolist():
            names = ", ".join(repr(self.class_names[k]) for k in alone[:5])
            raise ValueError(
                f"split: {len(alone)} of {self.n_classes} classes have a single signal ({names}{', ...' if len(alone) > 5 else ''}), which "
                f"cannot be on both sides; expected at least 2. Record more, or leave them out with dataset.select([...])."
            )
        chosen = torch.zeros(len(self), dtype=torch.bool)
        for k, count in enumerate(counts.tolist()):
            if count:
                members = (self.labels == k).nonzero().flatten()
                taken = min(max(round(fraction * count), 1), count - 1)
                order = np.random.default_rng((seed, k)).permutation(count)
                chosen[members[torch.from_numpy(order[:taken])]] = True
        return self._take(chosen), self._take(~chosen)

    def select(self, classes: Iterable[str | int]) -> "SignalDataset":
        """Only the signals of `classes` (names or indices), relabelled 0..K-1 in the order asked for.

        Raises:
            ValueError: if a class is unknown (close names are listed), named twice, or none is given.
        """
        wanted = [self._class_index(c) for c in ([classes] if isinstance(classes, str | int) else classes)]
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

    def _class_index(self, wanted: str | int) -> int:
        if isinstance(wanted, str):
            if wanted in self.class_names:
                return self.class_names.index(wanted)
            near = difflib.get_close_matches(wanted, self.class_names, n=5, cutoff=0.4) or self.class_names[:5]
            raise ValueError(
                f"select: no class is called {wanted!r}. Close to it: {', '.join(map(repr, near))}; all are in dataset.class_names."
            )
        index = int(wanted)
        if not 0 <= index < self.n_classes:
            last = self.n_classes - 1
            raise ValueError(
                f"select: no class has index {index}; expected 0 to {last} (0 is {self.class_names[0]!r}, {last} is {self.class_names[-1]!r})."
            )
        return index


@dataclass(frozen=True, eq=False)
class Scaler:
    r"""Standardisation of each channel, $(x - \text{mean}_c) / \text{std}_c$ over all signals and steps, and its inverse.

    One shift and one factor a channel, not one a signal: how large a recording is stays part of the data.

    Attributes:
        mean: per channel, in the recording's units.
        std: per channel, in the recording's units, positive.
    """

    mean: Float[Tensor, "C"]
    std: Float[Tensor, "C"]

    @classmethod
    def fit(cls, dataset: SignalDataset) -> "Scaler":
        """The mean and the population standard deviation of each channel, computed in float64.

        Raises:
            ValueError: if a channel is constant over the whole dataset: its standard deviation is 0, and scaling by it 0/0.
        """
        values = dataset.values.double()
        constant = values.amax((0, 2)) == values.amin((0, 2))
        if constant.any():
            listed = ", ".join(
                f"channel {c} ({values[0, c, 0].item():g} everywhere)" for c in constant.nonzero().flatten().tolist()
            )
            raise ValueError(
                f"Scaler.fit: expected channels that vary, but over all {len(dataset)} signals {int(constant.sum())} of {dataset.channels} "
                f"do not: {listed}. Scaling by a standard deviation of 0 is 0/0: leave such a channel out when loading; there is nothing "
                f"in it to learn."
            )
        return cls(mean=values.mean((0, 2)).float(), std=values.std((0, 2), correction=0).float())

    def transform(self, signals: "SignalDataset | Float[Tensor, '...']") -> "SignalDataset | Float[Tensor, '...']":
        """Into the model's units: mean 0 and standard deviation 1 per channel on what the scaler was fitted to. Returns the kind it was given.

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
        """Back into the recording's own units. Returns the kind it was given; a dataset's `.scaler` is None again.

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
                f"Scaler.{verb}: this scaler was fitted to {len(self.mean)} channels, so expected shape (N, {len(self.mean)}, L), "
                f"got {tuple(signals.shape)}."
            )
        return self.mean.to(signals)[:, None], self.std.to(signals)[:, None]


def constant_signals(dataset: SignalDataset) -> Int[Tensor, "C"]:
    """In each channel, how many signals never change: there, dividing by a signal's own range or deviation is 0/0."""
    return (dataset.values.amax(2) == dataset.values.amin(2)).sum(0)


def _float_tensor(values: object) -> Tensor:
    dtype = getattr(values, "dtype", type(values).__name__)
    if isinstance(values, np.ndarray) and values.dtype in (np.float16, np.float32):
        return torch.from_numpy(np.ascontiguousarray(values, dtype=np.float32))
    if not isinstance(values, Tensor) or values.dtype != torch.float32 or values.device.type != "cpu":
        raise ValueError(
            f"SignalDataset: expected values as a float32 tensor on the CPU (or a float32 array), got {dtype}"
            f"{f' on {values.device}' if isinstance(values, Tensor) else ''}. If rounding to float32 is fine, convert them: values.astype('float32') or values.float().cpu()."
        )
    return values


def _label_tensor(labels: object) -> Tensor:
    if isinstance(labels, np.ndarray) and labels.dtype.kind in "iu" and labels.dtype != np.uint64:
        return torch.from_numpy(labels.astype(np.int64))
    if not isinstance(labels, Tensor) or labels.dtype != torch.int64 or labels.device.type != "cpu":
        raise ValueError(
            f"SignalDataset: expected labels as an int64 tensor on the CPU (or an integer array), got "
            f"{getattr(labels, 'dtype', type(labels).__name__)}. Labels are indices into class_names."
        )
    return labels


def _check_shapes(values: Tensor, labels: Tensor) -> None:
    if values.ndim != 3:
        raise ValueError(
            f"SignalDataset: expected values of shape (N signals, C channels, L steps), got {tuple(values.shape)}. "
            f"Signals of one channel, (N, L), become (N, 1, L) with values[:, None]."
        )
    n, channels, length = values.shape
    if n < 1 or channels < 1:
        raise ValueError(
            f"SignalDataset: expected at least one signal and one channel, got shape {tuple(values.shape)}."
        )
    if length < 2:
        raise ValueError(
            f"SignalDataset: expected signals of at least 2 steps, got length {length} (shape {tuple(values.shape)})."
        )
    if labels.shape != (n,):
        raise ValueError(f"SignalDataset: expected one label a signal, shape ({n},), got {tuple(labels.shape)}.")


def _check_finite(values: Tensor) -> None:
    bad = ~values.isfinite()
    if bad.any():
        n, c, step = bad.nonzero()[0].tolist()
        raise ValueError(
            f"SignalDataset: expected finite values, but {int(bad.sum())} are not; the first is {values[n, c, step].item()} in signal {n}, "
            f"channel {c}, step {step}. Mend or leave out those recordings before they come in."
        )


def _check_labels(labels: Tensor, class_names: tuple[str, ...]) -> None:
    if len(set(class_names)) < len(class_names):
        twice = sorted({name for name in class_names if class_names.count(name) > 1})
        raise ValueError(f"SignalDataset: expected class names that differ, but these stand more than once: {twice}.")
    bad = (labels < 0) | (labels >= len(class_names))
    if bad.any():
        n = bad.nonzero()[0].item()
        raise ValueError(
            f"SignalDataset: signal {n} has label {labels[n].item()}, but there are {len(class_names)} class names, so expected 0 to "
            f"{len(class_names) - 1}. Labels are indices into class_names."
        )
