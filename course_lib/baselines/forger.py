"""What all forgers have in common: recordings in, signals for labels out.

The idea: a forger is what is computed once from all recordings, and how one signal of a class is drawn from it.
"""

from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Float64, Int64
from numpy import ndarray
from numpy.random import Generator as Stream
from torch import Tensor

from course_lib.arrays import kind, whole_numbers
from course_lib.data import SignalDataset


class Forger:
    """What they have in common: recordings of each class go in, signals for labels come out.

    Every signal has a stream of random numbers of its own, from the seed and its place: the first ten of twenty are the
    ten, and no label changes the signals of another place.
    """

    names: tuple[str, ...] = ()  # of the classes; () until fitted

    def fit(self, dataset: Any) -> "Forger":
        """Takes the training recordings, in whatever units their values have; returns itself.

        Raises:
            ValueError: if it is no `SignalDataset`.
        """
        if not isinstance(dataset, SignalDataset):
            raise ValueError(
                f"{self._who}.fit: expected a SignalDataset, got {kind(dataset)}. Make one: "
                "SignalDataset(values, labels, class_names), or SignalDataset(values) for signals of one kind."
            )
        values, labels = dataset.values.double().numpy(), dataset.labels.numpy()
        self.names = dataset.class_names
        self.recordings = [values[labels == k] for k in range(dataset.n_classes)]  # of each class, (n, C, L)
        constant = np.ptp(values, axis=(0, 2)) == 0
        self.channel_std = np.where(constant, 0.0, values.std(axis=(0, 2)))[:, None]  # (C, 1)
        self._prepare()
        return self

    def sample(self, labels: Any, *, seed: Any) -> Float[Tensor, "n C L"]:
        """One signal for each label, float32 on the CPU, in the units of what was fitted.

        Args:
            labels: whole numbers (n,), indices into the class names; an array, a tensor or a list.

        Raises:
            ValueError: if nothing was fitted, a label is none of a class with enough recordings, or the seed is no
                whole number of 0 or more.
        """
        if not self.names:
            raise ValueError(f"{self._who}.sample: expected a fitted forger. Call .fit(training_recordings) first.")
        if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or seed < 0:
            raise ValueError(f"{self._who}.sample: expected a seed, a whole number of 0 or more, got {seed!r}.")
        classes = self._checked(labels)
        signals = [self._draw(int(k), np.random.default_rng((seed, place))) for place, k in enumerate(classes)]
        return torch.from_numpy(np.stack(signals).astype(np.float32))

    def _prepare(self) -> None:
        """What is computed once, from all recordings."""

    def _draw(self, k: int, stream: Stream) -> Float64[ndarray, "C L"]:
        """One signal of class k."""
        raise NotImplementedError

    def _needs(self, k: int) -> int:
        """How many recordings of class k there must be for a signal of it."""
        return 1

    def _standardised(self, signals: Float64[ndarray, "n C L"]) -> Float64[ndarray, "n d"]:
        """Flattened, each channel over its own deviation; a constant channel, which has none, as it is."""
        scale = np.where(self.channel_std == 0, 1.0, self.channel_std)
        return (signals / scale).reshape(len(signals), scale.size * signals.shape[2])  # n may be 0: no -1

    @property
    def _who(self) -> str:
        return type(self).__name__

    def _checked(self, labels: Any) -> Int64[ndarray, "n"]:
        who = f"{self._who}.sample: labels"
        empty = isinstance(labels, list | tuple) and not labels  # NumPy takes an empty list for one of floats
        classes = np.zeros(0, dtype=np.int64) if empty else whole_numbers(labels, who)
        if classes.ndim != 1 or not len(classes):
            raise ValueError(f"{who}: expected one or more whole numbers, shape (n,), got shape {np.shape(labels)}.")
        outside = (classes < 0) | (classes >= len(self.names))
        if outside.any():
            place = int(outside.argmax())
            raise ValueError(
                f"{who}: expected 0 to {len(self.names) - 1}, for the {len(self.names)} classes that were fitted, got "
                f"{classes[place]} at place {place}."
            )
        for k in np.unique(classes):
            if (there := len(self.recordings[k])) < (needed := self._needs(int(k))):
                raise ValueError(
                    f"{who}: class {self.names[k]!r} has {there} training recording{'s' * (there != 1)}, and "
                    f"{self._who} needs at least {needed} for a signal of a class. Leave such classes out, with "
                    f"dataset.drop_small_classes({needed}), or record more of it."
                )
        return classes
