"""A scaling that can be undone: each channel less its mean, over its standard deviation.

The idea: networks learn numbers of size 1, recordings come in metres or pascals. One shift and one factor a channel,
not one a signal: how large a recording is stays part of the data. The scaler travels with what it has scaled, so that
what is generated goes back into the recording's own units.
"""

from dataclasses import dataclass, replace
from typing import Any, TypeVar

import torch
from jaxtyping import Shaped
from torch import Tensor

from course_lib.arrays import kind, parts, refuse_mask

Signals = TypeVar("Signals")  # a tensor (N, C, L) of floats, or a dataset of such: what comes in goes out


@dataclass(frozen=True, eq=False)
class Scaler:
    r"""Standardisation of each channel, $(x - \text{mean}_c) / \text{std}_c$ over all signals, and its inverse.

    Attributes:
        mean: (C,), in the recording's units.
        std: (C,), in the recording's units, positive.

    Raises:
        ValueError: if `mean` and `std` are not of one shape (C,), or a standard deviation is not positive and finite.
    """

    mean: Shaped[Tensor, "..."]
    std: Shaped[Tensor, "..."]

    def __post_init__(self) -> None:
        for name, value in (("mean", self.mean), ("std", self.std)):
            _check_floats(value, f"Scaler: {name}")
        if self.mean.ndim != 1 or self.mean.shape != self.std.shape:
            got = f"{tuple(self.mean.shape)} and {tuple(self.std.shape)}"
            raise ValueError(f"Scaler: expected mean and std of one shape (C,), got {got}.")
        if not (self.mean.isfinite() & self.std.isfinite() & (self.std > 0)).all():
            raise ValueError(f"Scaler: expected finite means and positive stds, got {self.mean} and {self.std}.")

    @classmethod
    def fit(cls, dataset: Any) -> "Scaler":
        """The mean and the population standard deviation of each channel of a `SignalDataset`, computed in float64.

        Raises:
            ValueError: if it is no dataset, or has been through a scaler already; or if a channel is constant over the
                whole of it: scaling by its standard deviation is 0/0.
        """
        if not _is_dataset(dataset):
            raise ValueError(
                f"Scaler.fit: expected a SignalDataset, got {kind(dataset)}. Make one: SignalDataset(values), or "
                "SignalDataset(values, labels, class_names)."
            )
        values = dataset.values
        constant = (values.amax((0, 2)) == values.amin((0, 2))).nonzero().flatten().tolist()
        if constant:
            listed = ", ".join(f"channel {c} ({values[0, c, 0].item():g} everywhere)" for c in constant)
            raise ValueError(
                f"Scaler.fit: expected channels that vary, but over all {len(values)} signals {len(constant)} of "
                f"{values.shape[1]} do not: {listed}. Scaling by a standard deviation of 0 is 0/0: leave such a "
                f"channel out, dataset.drop_channels({constant}); there is nothing in it to learn."
            )
        n = values[:, 0].numel()
        some = parts(len(values), values[0].numel())
        mean = sum(values[part].double().sum((0, 2)) for part in some) / n
        square = sum((values[part].double() - mean[:, None]).square().sum((0, 2)) for part in some) / n
        return cls(mean=mean.float(), std=square.sqrt().float())

    def transform(self, signals: Signals) -> Signals:
        """Into the model's units: what the scaler was fitted to gets mean 0 and standard deviation 1 in each channel.

        Returns the kind it was given, a dataset with `.scaler` set.

        Raises:
            ValueError: if the number of channels differs, a dataset has been through a scaler already, or `signals` is
                neither a dataset nor a tensor of floats.
        """
        if _is_dataset(signals):
            if signals.scaler is not None:
                raise ValueError(
                    "Scaler.transform: this dataset has been through a scaler already; scale the original, once."
                )
            return replace(signals, values=self.transform(signals.values), scaler=self)
        mean, std = self._columns(signals, "transform")
        return (signals - mean).div_(std)  # in place: a large set is not copied twice

    def inverse(self, signals: Signals) -> Signals:
        """Back into the recording's own units.

        Returns the kind it was given, a dataset with `.scaler` None again.

        Raises:
            ValueError: if the number of channels differs, or `signals` is neither a dataset nor a tensor of floats.
        """
        if _is_dataset(signals):
            return replace(signals, values=self.inverse(signals.values), scaler=None)
        mean, std = self._columns(signals, "inverse")
        return (signals * std).add_(mean)

    def select(self, channels: list[int]) -> "Scaler":
        """The scaler of these channels alone, in this order."""
        return Scaler(self.mean[channels], self.std[channels])

    def same_as(self, other: "Scaler | None") -> bool:
        """Whether the other shifts and stretches alike, to the last digit."""
        return other is not None and torch.equal(self.mean, other.mean) and torch.equal(self.std, other.std)

    def _columns(self, signals: Any, verb: str) -> tuple[Tensor, Tensor]:
        _check_floats(signals, f"Scaler.{verb}")
        if signals.ndim != 3 or signals.shape[1] != len(self.mean):
            raise ValueError(
                f"Scaler.{verb}: this scaler was fitted to {len(self.mean)} channels, so expected shape "
                f"(N, {len(self.mean)}, L), got {tuple(signals.shape)}."
            )
        return self.mean.to(signals)[:, None], self.std.to(signals)[:, None]


def _is_dataset(signals: Any) -> bool:
    return isinstance(getattr(signals, "values", None), Tensor) and hasattr(signals, "scaler")


def _check_floats(given: Any, who: str) -> None:
    refuse_mask(given, who)
    if not isinstance(given, Tensor) or not given.is_floating_point():
        raise ValueError(
            f"{who}: expected a tensor of floats, got {kind(given)}. From an array x: torch.from_numpy(x).float()."
        )
