"""Figures of notebook 07: signals taken apart."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from jaxtyping import Bool, Float, Integer
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from course_lib.arrays import Array, Number, as_numpy
from course_lib.classroom.demos import spread_between_and_within
from course_lib.plots.base import CYCLE, DASHES, PALETTE, legend_above, new_axes
from course_lib.plots.signals import one_channel, signal_label, time_of


def plot_traces(
    traces: Mapping[str, Float[Array, " _"]],
    *,
    sampling_rate: Number = 80,
    unit: str = "a.u.",
    ax: Axes | None = None,
) -> Axes:
    """Several versions of one recording (raw, denoised, resampled, ...) over each other; all span the same time."""
    ax = new_axes(ax)
    seconds = (max(len(trace) for trace in traces.values()) - 1) / sampling_rate
    for i, (name, trace) in enumerate(traces.items()):
        time = np.linspace(0, seconds, len(trace))
        ax.plot(time, as_numpy(trace), color=CYCLE[i % 6], linestyle=DASHES[i % 6], label=name)
    ax.set(xlabel="time (s)", ylabel=signal_label(unit), xlim=(0, seconds))
    legend_above(ax)
    return ax


def plot_recordings_by_sign(
    values: Float[Array, "..."],
    labels: Integer[Array, " n"],
    names: Sequence[str],
    *,
    n: int = 5,
    signs: int = 4,
    sampling_rate: Number = 80,
    unit: str = "a.u.",
) -> Figure:
    """The first `n` recordings (N, C, L) of each of the first signs, a panel a sign, a line a recording."""
    x, labels = one_channel(values, 0), as_numpy(labels)
    figure, axes = plt.subplots(1, signs, figsize=(11.0, 3.2), sharex=True, sharey=True, layout="constrained")
    for k, ax in enumerate(axes):
        for i, recording in enumerate(x[labels == k][:n]):
            ax.plot(time_of(x.shape[1], sampling_rate), recording, color=CYCLE[i % 6], linewidth=1)
        ax.set(title=names[k], xlabel="time (s)")
    axes[0].set_ylabel(signal_label(unit))
    return figure


def plot_shares(shares: Mapping[str, tuple[float, float, float]], *, ax: Axes | None = None) -> Axes:
    """Shares (value, lower end, upper end) as points with their intervals, a row each, the first at the top."""
    ax = new_axes(ax, (7.0, 2.4))
    value, low, high = np.array(list(shares.values())).T
    rows = np.arange(len(shares))
    ax.errorbar(value, rows, xerr=(value - low, high - value), fmt="o", color=PALETTE["real"], capsize=4)
    ax.set(xlabel="share recognised", xlim=(0, 1), ylim=(len(shares) - 0.5, -0.5))
    ax.set_yticks(rows, list(shares))
    return ax


def plot_spread(
    values: Float[Array, "..."],
    labels: Integer[Array, " n"],
    *,
    channel: int = 0,
    sampling_rate: Number = 80,
    unit: str = "a.u.",
    ax: Axes | None = None,
) -> Axes:
    """Standard deviation at each step: between the class means, and within the classes."""
    x, ax = one_channel(values, channel), new_axes(ax)
    between, within = spread_between_and_within(x, labels)
    time = time_of(x.shape[1], sampling_rate)
    ax.plot(time, between, color=PALETTE["third"], label="between classes")
    ax.plot(time, within, color=PALETTE["fourth"], linestyle="--", label="within a class")
    ax.set(xlabel="time (s)", ylabel=f"standard deviation ({unit})", xlim=(0, time[-1]), ylim=(0, None))
    legend_above(ax)
    return ax


def plot_signal_map(
    values: Float[Array, "..."],
    *,
    channel: int = 0,
    sampling_rate: Number = 80,
    unit: str = "a.u.",
    ax: Axes | None = None,
) -> Axes:
    """Signals (N, C, L) as the rows of a picture, in order from the top: bright is large."""
    x, ax = one_channel(values, channel), new_axes(ax, (9.0, 4.2))
    time = time_of(x.shape[1], sampling_rate)
    half = 0.5 / sampling_rate
    extent = (-half, time[-1] + half, len(x) - 0.5, -0.5)  # a pixel lies around its moment and its row
    picture = ax.imshow(x, aspect="auto", cmap="cividis", interpolation="nearest", extent=extent)
    ax.figure.colorbar(picture, ax=ax, label=signal_label(unit), pad=0.02)
    ax.set(xlabel="time (s)", ylabel="signal")
    ax.grid(False)
    return ax


def plot_sub_movements(parts: Float[Array, "parts length"], *, sampling_rate: Number = 80, unit: str = "m") -> Figure:
    """The parts (M, L) that a movement is the sum of, dashed, and the movement: position on the left, speed on the
    right."""
    x = as_numpy(parts)
    figure, (left, right) = plt.subplots(1, 2, figsize=(9.0, 3.6), sharex=True, layout="constrained")
    time = time_of(x.shape[1], sampling_rate)
    for ax, y in ((left, x), (right, np.gradient(x, axis=1) * sampling_rate)):
        for part in y:
            ax.plot(time, part, "--", color="black", linewidth=1, zorder=3, label="sub-movement")
        ax.plot(time, y.sum(axis=0), color=PALETTE["real"], linewidth=2.5, label="movement, their sum")
        ax.set(xlabel="time (s)", xlim=(0, time[-1]))
    left.set_ylabel(f"position ({unit})")
    right.set_ylabel(f"velocity ({unit}/s)")
    handles, labels = left.get_legend_handles_labels()
    figure.legend([handles[-1], handles[0]], [labels[-1], labels[0]], loc="outside upper left", ncols=2)
    return figure


def plot_flagged(
    signal: Float[Array, " length"],
    flags: Mapping[str, Bool[Array, " length"]],
    *,
    sampling_rate: Number = 80,
    unit: str = "a.u.",
    ax: Axes | None = None,
) -> Axes:
    """One signal, with a marker of its own (at most 4) at the steps that each rule flags."""
    x, ax = as_numpy(signal), new_axes(ax)
    time = time_of(len(x), sampling_rate)
    ax.plot(time, x, ".-", color=PALETTE["real"], markersize=4, linewidth=1, label="signal")
    for (name, flagged), marker, size, color in zip(flags.items(), "osD^", (13, 9, 6, 4), CYCLE[1:5], strict=False):
        chosen = as_numpy(flagged)
        style = {"markersize": size, "markerfacecolor": "none", "markeredgewidth": 1.6, "color": color}
        ax.plot(time[chosen], x[chosen], marker, label=f"{name}: {chosen.sum()}", **style)
    ax.set(xlabel="time (s)", ylabel=signal_label(unit), xlim=(-0.01 * time[-1], 1.01 * time[-1]))
    legend_above(ax, columns=2)  # the rules' names are long
    return ax
