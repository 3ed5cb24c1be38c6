"""The picture of a run, or of a file: recordings above, generated signals below, and how large the steps of both are.

The idea: a generator's noise floor is what the eye misses. So the sizes of the steps from a value to the next stand
under the signals, on a logarithmic axis.
"""

from collections.abc import Sequence
from typing import NamedTuple

import matplotlib.pyplot as plt
import numpy as np
import seaborn as sns
from jaxtyping import Float, Integer
from matplotlib.figure import Figure
from numpy import ndarray

from course_lib.arrays import Array, Number, as_numpy
from course_lib.plots.base import PALETTE

__all__ = ["plot_samples"]

COLUMNS, A_PANEL = 4, 6  # panels in a row, signals in a panel
AT_MOST = 200  # signals whose steps are counted, of each column
SMALLEST = 1e-5  # of the largest step: smaller ones, and those of 0, stand at the left end


class Column(NamedTuple):
    """Signals of one kind: those of a class, or a channel."""

    title: str
    real: Float[ndarray, "n length"]
    generated: Float[ndarray, "m length"]
    channel: int = 0


def plot_samples(
    real: Float[Array, "..."],
    generated: Float[Array, "..."] | None = None,
    *,
    real_labels: Integer[Array, "..."] | None = None,
    generated_labels: Integer[Array, "..."] | None = None,
    class_names: Sequence[str] = (),
    channel_names: Sequence[str] = (),
    sampling_rate: Number | None = None,
    unit: str | Sequence[str] = "",
) -> Figure:
    """Signals (N, C, L) in a column for each class and channel, of the first ones: four columns at most.

    Above the first six recordings of each, below them the first six generated, at the bottom the share of steps
    |x(t+1) - x(t)| below a size, of all signals of the column (200 at most). Without `generated` the recordings stand
    alone. Classes of which not all (first four) channels would have a column are left out, but for the first one.
    Without `channel_names` titles count channels from 1, as a person does: `channel 1` is index 0 of the axis C.

    Args:
        sampling_rate: in Hz; without it the axis counts steps.
        unit: of all channels, or one each.
    """
    x = as_numpy(real)
    y = x[:0] if generated is None else as_numpy(generated)
    called = channel_names or [f"channel {c + 1}" for c in range(x.shape[1])]
    columns = _columns(x, y, _labels(real_labels, x), _labels(generated_labels, y), class_names, called)
    rows = ["real", "generated"][: 1 if generated is None else 2]
    size = (2.4 * len(columns) + 0.8, 2 * len(rows) + 2.1)
    with plt.rc_context({"axes.spines.top": False, "axes.spines.right": False}):
        figure, axes = plt.subplots(len(rows) + 1, len(columns), figsize=size, squeeze=False, layout="constrained")
    time = np.arange(x.shape[2]) / (sampling_rate or 1)
    heights = {}  # of each channel, the panel whose axis all others of it share: pascals and degrees share none
    units = [unit] * x.shape[1] if isinstance(unit, str) else list(unit)
    in_unit = [f" ({one})" if one else "" for one in units]
    alike = len(set(units)) == 1
    for column, own in zip(axes.T, columns, strict=True):
        values, differences = column[:-1], column[-1]
        for ax, name in zip(values, rows, strict=True):
            ax.sharex(values[0]), ax.sharey(heights.setdefault(own.channel, ax))
            ax.plot(time, getattr(own, name)[:A_PANEL].T, color=PALETTE[name], alpha=0.6, linewidth=1.1)
        for name in rows:
            _draw_steps(differences, getattr(own, name)[:AT_MOST], name)
        values[0].set_title(own.title + ("" if alike else in_unit[own.channel]))
        values[-1].set_xlabel("time (s)" if sampling_rate else "step")
        differences.set(xlabel=f"|difference|{in_unit[own.channel]}", ylabel="", ylim=(0, 1))
    for ax, name in zip(axes[:, 0], rows, strict=False):
        ax.set_ylabel(name + (in_unit[0] if alike else ""))
    axes[-1, 0].set_ylabel("share of steps below")
    if any(line.get_label() in rows for line in axes[-1, 0].lines):
        axes[-1, 0].legend(loc="upper left", frameon=False, fontsize=8.5)
    return figure


def _draw_steps(ax, signals: Float[ndarray, "n length"], name: str) -> None:
    steps = np.abs(np.diff(signals.astype(np.float64))).ravel()
    if steps.size and steps.max() > 0:
        style = {"color": PALETTE[name], "linestyle": "-" if name == "real" else "--", "label": name}
        sns.ecdfplot(x=np.maximum(steps, SMALLEST * steps.max()), log_scale=True, ax=ax, **style)


def _labels(labels: Array | None, values: ndarray) -> ndarray:
    return np.zeros(len(values), dtype=int) if labels is None else as_numpy(labels)


def _columns(
    x: ndarray, y: ndarray, of_x: ndarray, of_y: ndarray, names: Sequence[str], channels: Sequence[str]
) -> list[Column]:
    """A column for each channel of a class where there are several, else a class, else some signals in their order."""
    classes = np.unique(of_x)
    named = {k: names[k] if len(names) > 1 else "" for k in classes}
    if x.shape[1] > 1:
        return [
            Column(f"{named[k]}, {channels[c]}".removeprefix(", "), x[of_x == k, c], y[of_y == k, c], c)
            for k in classes[: max(1, COLUMNS // x.shape[1])]
            for c in range(min(x.shape[1], COLUMNS))
        ]
    if len(classes) > 1:
        return [Column(named[k], x[of_x == k, 0], y[of_y == k, 0]) for k in classes[:COLUMNS]]
    turns = range(min(COLUMNS, -(-len(x) // A_PANEL)))
    return [Column("", x[j * A_PANEL : (j + 1) * A_PANEL, 0], y[j * A_PANEL : (j + 1) * A_PANEL, 0]) for j in turns]
