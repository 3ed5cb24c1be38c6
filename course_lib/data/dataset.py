"""Signals in a container that cannot hold a broken one: labelled, or of one kind.

The idea: everything downstream (training, metrics, plots) may trust what it is given, because the container checks
once, at the door: shapes agree, every value is finite, every label has a name. Splits are stratified, so that a
held-out set has the classes of the whole, and keep signals that belong together on one side.
"""

import operator
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import SupportsIndex

import numpy as np
import torch
from torch import Tensor

from course_lib.data import guards
from course_lib.data.groups import first_side
from course_lib.data.scaling import Scaler

UNLABELLED = ("signal",)  # the class of recordings that came without labels


@dataclass(frozen=True, eq=False)
class SignalDataset:
    """N signals of C channels and L steps: float32 `values` (N, C, L) and int64 `labels` (N,) on the CPU.

    NumPy arrays are taken where they convert exactly (float16 or float32 values; integer labels); nothing is cast that
    could lose a digit. Without labels, `SignalDataset(values)`, all signals are of one class, called "signal".

    `dataset[i]` is a signal's values (C, L) and its label, so a DataLoader takes a dataset; `dataset[2:5]` and
    `dataset[indices or mask]` are datasets.

    Attributes:
        values: the signals, in the recording's own units unless `scaler` is set.
        labels: which class each signal is of, an index into `class_names`.
        class_names: one name a class, all different; a class may have no signals.
        scaler: the `Scaler` that `values` have been through, or None.
        notes: what the loader found that a reader should know: recordings missing, signals constant.
        channels_first: True says that the second axis holds the channels although it is longer than the third. Without
            it such a shape is refused: most often it is (N, steps, channels).
        groups: int64 (N,), or None. Signals of one number belong together (a session, a person, windows that overlap)
            and stay on one side of a split.
        channel_names: a text a channel, for pictures and exports; None: they are called channel 1, channel 2, ...

    Raises:
        ValueError: if a shape, dtype, value or label is not as above; the message names where.
    """

    values: Tensor | np.ndarray  # always a tensor afterwards
    labels: Tensor | np.ndarray | None = None  # always a tensor afterwards
    class_names: Sequence | np.ndarray | None = None  # always a tuple of texts afterwards
    scaler: Scaler | None = None
    notes: tuple[str, ...] = ()
    channels_first: bool = False
    groups: Tensor | np.ndarray | Sequence | None = None  # always a tensor or None afterwards
    channel_names: Sequence | np.ndarray | None = None  # always a tuple of texts or None afterwards

    def __post_init__(self) -> None:
        values = guards.float_tensor(self.values)
        self._check(values)
        labels = torch.zeros(len(values), dtype=torch.int64) if self.labels is None else guards.whole(self.labels)
        names = UNLABELLED if self.labels is None and self.class_names is None else guards.names(self.class_names)
        guards.check_labels(labels, names, len(values), given=self.labels is not None)
        if self.scaler is not None and len(self.scaler.mean) != values.shape[1]:
            raise ValueError(
                f"SignalDataset: the scaler is of {len(self.scaler.mean)} channels, the values have {values.shape[1]}."
            )
        checked = {"values": values, "labels": labels, "class_names": names}
        if self.groups is not None:
            checked["groups"] = guards.groups(self.groups, len(values))
        if self.channel_names is not None:
            checked["channel_names"] = guards.channel_names(self.channel_names, values.shape[1])
        for field, value in checked.items():
            object.__setattr__(self, field, value)

    def _check(self, values: Tensor) -> None:
        """Refuse values of a wrong shape, or that are not finite."""
        guards.check_shape(values, self.channels_first)
        guards.check_finite(values)

    def __len__(self) -> int:
        return self.values.shape[0]

    def __getitem__(self, index: object):
        """A signal's values (C, L) and label; or, for a slice, indices or a mask, the dataset of those.

        Raises:
            IndexError: if there is no such signal.
            ValueError: if no signal is left, or the index is of another kind.
        """
        if isinstance(index, SupportsIndex) and np.ndim(index) == 0:
            n = operator.index(index)
            if not -len(self) <= n < len(self):
                raise IndexError(f"dataset[{n}]: there are {len(self)} signals, 0 to {len(self) - 1}.")
            return self.values[n], int(self.labels[n])
        return self._take(guards.positions(index, len(self)))

    def __repr__(self) -> str:
        size = f"{len(self):,} signals of {self.channels} channel{'s' * (self.channels > 1)} x {self.length} steps"
        classes = f"{self.n_classes} class{'es' * (self.n_classes > 1)}" if self.labelled else "without labels"
        n_groups = 0 if self.groups is None else len(self.groups.unique())
        grouped = f", {n_groups:,} group{'s' * (n_groups > 1)}" if n_groups else ""
        scaled = ", scaled" if self.scaler is not None else ""
        return "\n  ".join([f"SignalDataset: {size}, {classes}{grouped}{scaled}", *self.notes])

    @property
    def n_classes(self) -> int:
        return len(self.class_names)

    @property
    def labelled(self) -> bool:
        """Whether the signals came with labels."""
        return self.class_names != UNLABELLED

    @property
    def channels(self) -> int:
        return self.values.shape[1]

    @property
    def length(self) -> int:
        return self.values.shape[2]

    @property
    def class_counts(self) -> list[int]:
        """How many signals each class has."""
        return torch.bincount(self.labels, minlength=self.n_classes).tolist()

    # ------------------------------------------------------------------------------------- fewer signals

    def split(self, fraction: float, *, seed: int) -> tuple["SignalDataset", "SignalDataset"]:
        """Two disjoint sets that together are this one: about `fraction` of each class, and the rest.

        Of a class with n signals, round(fraction * n) go to the first set, but at least one to each. Order within each
        set is kept. Which go depends on the seed, the class's index and its n alone.

        Where the signals have groups, every group goes to one side whole, and the numbers are as near to these as that
        allows. Which go then depends on the seed and on the groups of all classes.

        Raises:
            ValueError: if `fraction` is not between 0 and 1, `seed` is negative, or a class has a single signal, or
                lies in a single group.
        """
        if not 0 < fraction < 1:
            raise ValueError(f"split: expected a fraction strictly between 0 and 1, got {fraction}.")
        counts = self.class_counts
        if alone := [self.class_names[k] for k, count in enumerate(counts) if count == 1]:
            raise ValueError(
                f"split: expected at least 2 signals of every class, one for each side, but {len(alone)} of "
                f"{self.n_classes} classes have a single one: {guards.listed(alone)}. Record more of them, or leave "
                "them out with dataset.select([...])."
            )
        numbers = [min(max(round(fraction * n), 1), n - 1) if n else 0 for n in counts]
        chosen = self._draw(numbers, seed, "split") if self.groups is None else self._draw_groups(numbers, seed)
        return self._take(chosen), self._take(~chosen)

    def split_groups(self, held_out: SupportsIndex | Iterable) -> tuple["SignalDataset", "SignalDataset"]:
        """The signals of all other groups, and those of the groups `held_out` (numbers): train and exam, say.

        A class may be on one side alone.

        Raises:
            ValueError: if there are no groups, none is named or one that is not there, or none is left.
        """
        out = guards.held_out(held_out, self.groups)
        return self._take(~out), self._take(out)

    def take(self, per_class: float, *, seed: int) -> "SignalDataset":
        """`per_class` signals of each class, drawn by the seed, in the order they stand in.

        With the same seed, fewer are among more.

        Raises:
            ValueError: if a class has fewer; the message names it.
        """
        if not isinstance(per_class, int) or per_class < 1:
            raise ValueError(f"take: expected a whole number of each class, 1 or more, got {per_class!r}.")
        if few := [
            f"{name} ({n})" for name, n in zip(self.class_names, self.class_counts, strict=True) if n < per_class
        ]:
            raise ValueError(
                f"take: expected at least {per_class} signals of every class, but {len(few)} of {self.n_classes} have "
                f"fewer: {guards.listed(few)}. Take fewer, or leave those classes out with dataset.select([...])."
            )
        return self._take(self._draw([per_class] * self.n_classes, seed, "take"))

    def select(self, classes: str | SupportsIndex | Iterable[str | SupportsIndex]) -> "SignalDataset":
        """Only the signals of `classes` (names or indices), relabelled 0..K-1 in the order asked for.

        Raises:
            ValueError: if a class is unknown (close names are listed), named twice, or none is given.
        """
        given = [classes] if isinstance(classes, str | SupportsIndex) else classes
        wanted = [guards.class_index(c, self.class_names) for c in given]
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
        return replace(self._take(keep), labels=labels[keep], class_names=tuple(self.class_names[k] for k in wanted))

    def drop_small_classes(self, at_least: float) -> "SignalDataset":
        """The classes of `at_least` signals or more, relabelled in their order; a note says which were left out.

        Raises:
            ValueError: if `at_least` is not a whole number of 1 or more, or no class has so many.
        """
        kept, note = guards.large_classes(at_least, self.class_names, self.class_counts)
        return self.select(kept).with_notes(note) if note else self

    # ------------------------------------------------------------------------- other channels, more signals

    def select_channels(self, channels: SupportsIndex | Iterable) -> "SignalDataset":
        """Only these channels (indices), in the order asked for; the scaler's go along.

        Raises:
            ValueError: if a channel is unknown or named twice, or none is given.
        """
        wanted = guards.channel_indices(channels, self.channels, "select_channels")
        scaler = None if self.scaler is None else self.scaler.select(wanted)
        names = None if self.channel_names is None else [self.channel_names[c] for c in wanted]
        return replace(self, values=self.values[:, wanted], scaler=scaler, channel_names=names)

    def drop_channels(self, channels: SupportsIndex | Iterable) -> "SignalDataset":
        """All channels but these (indices). Raises as `select_channels`, and if none is left."""
        dropped = guards.channel_indices(channels, self.channels, "drop_channels")
        if not (kept := [c for c in range(self.channels) if c not in dropped]):
            raise ValueError(f"drop_channels: expected a channel to be left, but all {self.channels} are dropped.")
        return self.select_channels(kept)

    def join(self, *others: "SignalDataset") -> "SignalDataset":
        """These signals and then the others', classes of one name and groups of one number together: `a.join(b)`.

        Raises:
            ValueError: if channels, lengths or scalers differ, or one has labels or groups and another has not.
        """
        for other in others:
            guards.check_alike(self, other)
        sets = (self, *others)
        names = tuple(dict.fromkeys(name for part in sets for name in part.class_names))
        labels = [torch.tensor([names.index(name) for name in part.class_names])[part.labels] for part in sets]
        return replace(
            self,
            values=torch.cat([part.values for part in sets]),
            labels=torch.cat(labels),
            class_names=names,
            notes=tuple(dict.fromkeys(note for part in sets for note in part.notes)),
            channels_first=any(part.channels_first for part in sets),
            groups=None if self.groups is None else torch.cat([part.groups for part in sets]),
            channel_names=self.channel_names if len({part.channel_names for part in sets}) == 1 else None,
        )

    def with_notes(self, *notes: str) -> "SignalDataset":
        """The same signals with `notes` added."""
        return replace(self, notes=self.notes + notes)

    def with_groups(self, groups: Tensor | np.ndarray | Sequence | None) -> "SignalDataset":
        """The same signals with these groups in place of any before: a whole number a signal, or None for none.

        Raises:
            ValueError: if they are not whole numbers, one a signal.
        """
        return replace(self, groups=groups)

    def _take(self, mask: Tensor) -> "SignalDataset":
        groups = None if self.groups is None else self.groups[mask]
        return replace(self, values=self.values[mask], labels=self.labels[mask], groups=groups)

    def _draw(self, numbers: list[int], seed: int, who: str) -> Tensor:
        """A mask of `numbers[k]` signals of each class k; by the seed, the class's index and its n alone."""
        guards.check_seed(seed, who)
        chosen = torch.zeros(len(self), dtype=torch.bool)
        for k, number in enumerate(numbers):
            members = (self.labels == k).nonzero().flatten()
            order = np.random.default_rng((seed, k)).permutation(len(members))
            chosen[members[torch.from_numpy(order[:number])]] = True
        return chosen

    def _draw_groups(self, numbers: list[int], seed: int) -> Tensor:
        """A mask of whole groups with about `numbers[k]` signals of each class k."""
        guards.check_seed(seed, "split")
        arrays = self.groups.numpy(), self.labels.numpy(), np.array(numbers)
        return torch.from_numpy(first_side(*arrays, names=self.class_names, seed=seed))
