"""Figures of notebook 10: the ladder, a comb, small steps, waves, own time, time to quality, what goes wrong."""

from collections.abc import Mapping, Sequence
from textwrap import fill

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import torch
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator, StrMethodFormatter
from numpy import ndarray
from scipy.fft import dct

from course_lib.arrays import Array, Number, as_numpy
from course_lib.models.multiscale import own_time_average
from course_lib.plots.base import CYCLE, DASHES, PALETTE, legend_above, new_axes, plot_curves
from course_lib.plots.signals import one_channel, time_of

LEAST = 1e-4  # the smallest step that is drawn on a logarithmic axis, in standard deviations
MARKS = "osD^vP"


# --- the ladder


def plot_ladder(table: pd.DataFrame, measures: Mapping[str, str]) -> Figure:
    """A panel for each measure (column -> label): a dot for every seed of every method."""
    rows = list(dict.fromkeys(table["method"]))
    figure, axes = plt.subplots(
        1, len(measures), figsize=(10.0, 0.42 * len(rows) + 0.9), sharey=True, layout="constrained"
    )
    for ax, (column, label) in zip(np.atleast_1d(axes), measures.items(), strict=True):
        ax.plot(table[column], table["method"].map(rows.index), "o", color=CYCLE[0], alpha=0.6, markersize=5)
        if column.endswith("ratio"):
            low, high = table[column].min(), table[column].max()
            ax.set_xscale("log")
            ax.set_xlim(low / 1.6, high * 1.6)
            ax.set_xticks([tick for tick in (0.1, 1.0, 10.0, 100.0) if low / 1.6 < tick < high * 1.6])
            ax.xaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
            ax.xaxis.set_minor_locator(NullLocator())
            ax.axvline(1, color=PALETTE["grey"], linewidth=0.8)
        ax.set_xlabel(label)
    first = np.atleast_1d(axes)[0]
    first.set_yticks(range(len(rows)), [fill(name, 32) for name in rows])
    first.set_ylim(len(rows) - 0.5, -0.5)
    return figure


# --- a comb


def plot_comb(
    constant: Mapping[str, Float[ndarray, " steps"]],
    spectra: Mapping[str, Float[ndarray, " frequencies"]],
    *,
    sampling_rate: Number = 80,
) -> Figure:
    """What nets make of a constant, half a second from its middle, and the spectra of what they make of noise."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 3.5), layout="constrained")
    length = len(next(iter(constant.values())))
    middle = slice(length // 2 - 20, length // 2 + 21)
    curves = pd.DataFrame(dict(constant), index=np.arange(length) / sampling_rate).iloc[middle]
    plot_curves(curves - curves.mean(), xlabel="time (s)", ylabel="response to a constant", ax=left)
    frequency = np.fft.rfftfreq(length, 1 / sampling_rate)
    shares = pd.DataFrame({name: power / power.sum() for name, power in spectra.items()}, index=frequency)
    plot_curves(shares[frequency < 38], xlabel="frequency (Hz)", ylabel="share of the power", ax=right)
    right.set_yscale("log")
    for ax in (left, right):
        ax.get_legend().remove()
    figure.legend(*left.get_legend_handles_labels(), loc="outside upper center", ncols=3)
    return figure


# --- labels


def plot_scores(scores: Mapping[str, tuple[Float[Array, " n"], Float[Array, " m"]]], names: tuple[str, str]) -> Figure:
    """A panel for each critic: the scores of two sets as outlines of histograms over common bins."""
    figure, axes = plt.subplots(1, len(scores), figsize=(4.6 * len(scores), 3.0), layout="constrained")
    for ax, (title, pair) in zip(np.atleast_1d(axes), scores.items(), strict=True):
        pair = [as_numpy(one) for one in pair]
        edges = np.histogram_bin_edges(np.concatenate(pair), 24)
        for i, one in enumerate(pair):
            look = {"color": CYCLE[i], "linestyle": DASHES[i], "linewidth": 1.6}
            ax.hist(one, edges, histtype="step", label=names[i], **look)
        ax.set(title=title, xlabel="score", ylabel="signals")
    figure.legend(*np.atleast_1d(axes)[0].get_legend_handles_labels(), loc="outside upper center", ncols=2)
    return figure


# --- small steps


def plot_small_steps(
    signals: Mapping[str, Float[Array, " steps"]],
    scales: Sequence[float],
    *,
    rest: tuple[int, int],
    sampling_rate: Number = 80,
) -> Figure:
    """Signals around their rest (steps `rest`), and the sizes of their first steps on a logarithmic axis; scales."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 3.6), layout="constrained")
    first, last = rest
    for i, (name, signal) in enumerate(signals.items()):
        x, look = as_numpy(signal), {"color": CYCLE[i % 6], "linestyle": DASHES[i % 6], "label": name}
        look["linewidth"] = 2.6 if i == 0 else 1.3  # the first one shows beside those that lie on it
        time = time_of(len(x), sampling_rate)
        around = slice(max(first - 8, 0), min(last + 8, len(x)))
        left.plot(time[around], x[around], **look)
        right.plot(time[1:], np.maximum(np.abs(np.diff(x)), LEAST), **look)
    for scale in scales:
        right.axhline(scale, color=PALETTE["grey"], linewidth=0.8)
    for ax in (left, right):
        ax.axvspan(time[first], time[last - 1], color=PALETTE["grey"], alpha=0.12, linewidth=0, zorder=0)
        ax.set_xlabel("time (s)")
    left.set_ylabel("signal (standard deviations)")
    right.set(yscale="log", ylabel="size of a step", xlim=(0, time[min(3 * last, len(time) - 1)]))
    figure.legend(*left.get_legend_handles_labels(), loc="outside upper center", ncols=3)
    return figure


# --- the spectrum


def plot_waves(
    one: Mapping[str, Float[Array, " steps"]],
    sets: Mapping[str, Float[Array, "signals steps"]],
    *,
    sampling_rate: Number = 80,
) -> Figure:
    """A signal of each set over its first second, and the root mean square of each set's waves by frequency."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 3.5), layout="constrained")
    length = len(next(iter(one.values())))
    curves = pd.DataFrame({name: as_numpy(x) for name, x in one.items()}, index=time_of(length, sampling_rate))
    plot_curves(curves[curves.index <= 1], xlabel="time (s)", ylabel="signal (standard deviations)", ax=left)
    waves = {name: np.sqrt(np.mean(dct(as_numpy(x), norm="ortho") ** 2, axis=0)) for name, x in sets.items()}
    frequency = np.arange(length) * sampling_rate / (2 * length)
    plot_curves(pd.DataFrame(waves, index=frequency), xlabel="frequency (Hz)", ylabel="size of the wave", ax=right)
    right.set_yscale("log")
    for ax in (left, right):
        ax.get_legend().remove()
    figure.legend(*left.get_legend_handles_labels(), loc="outside upper center", ncols=len(one))
    return figure


# --- a signal's own time


def own_time_example(
    closes: float, loud: float, *, length: int = 160, seed: int = 0
) -> dict[str, Float[ndarray, " steps"]]:
    """A course, a pace that closes at `closes` of the way, and the signal: the average in own time, plus a noise.

    The noise is 0.01 loud at the start and `loud` times as loud at the end.
    """
    time = torch.linspace(0, 1, length, dtype=torch.float64)
    course = torch.sin(2 * torch.pi * 1.3 * time) + 0.4 * torch.sin(2 * torch.pi * 3.1 * time)
    pace = 2 * torch.sigmoid((closes - time) / 0.005)
    white = torch.randn(length, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))
    average = own_time_average(course, pace)
    noise = 0.01 * loud**time * white
    parts = {"course": course, "pace": pace, "average": average, "signal": average + noise}
    return {name: part.numpy() for name, part in parts.items()}


def plot_own_time(closes: float, loud: float) -> Figure:
    """`own_time_example`: course and signal, and below them the pace and the size of the signal's steps."""
    parts = own_time_example(closes, loud)
    time = np.linspace(0, 2, len(parts["course"]))
    figure, (top, bottom) = plt.subplots(2, 1, figsize=(9, 4.4), sharex=True, layout="constrained")
    top.plot(time, parts["course"], "--", color=PALETTE["grey"], label="course")
    top.plot(time, parts["signal"], color=PALETTE["generated"], label="signal")
    top.set_ylabel("value")
    legend_above(top)
    steps = np.maximum(np.abs(np.diff(parts["signal"])), LEAST)
    bottom.plot(time, np.maximum(parts["pace"], LEAST), ":", color=PALETTE["grey"], label="pace")
    bottom.plot(time[1:], steps, color=PALETTE["generated"], label="size of the signal's steps")
    bottom.set(yscale="log", xlabel="time (s)", ylabel="per step", xlim=(0, 2), ylim=(LEAST / 2, 5))
    legend_above(bottom)
    return figure


# --- time to quality


def time_to_stay(seconds: Sequence[float], scores: Sequence[float], threshold: float) -> float:
    """The seconds of the first checkpoint from which on no score is above the threshold; infinity if there is none."""
    above = [i for i, score in enumerate(scores) if score > threshold]
    first = above[-1] + 1 if above else 0
    return float(list(seconds)[first]) if first < len(scores) else np.inf


def plot_way(
    table: pd.DataFrame, *, metric: str, label: str, thresholds: Mapping[str, float], ax: Axes | None = None
) -> Axes:
    """A measure against processor seconds, a line for each recipe and seed; thresholds as level lines by name."""
    ax = new_axes(ax, (9.0, 4.0))
    for i, (name, rows) in enumerate(table.groupby("recipe", sort=False)):
        runs = [run for _, run in rows.groupby("seed")] if "seed" in rows else [rows]
        for j, run in enumerate(runs):
            look = {"color": CYCLE[i % 6], "linestyle": DASHES[i % 6], "marker": MARKS[i % 6], "markersize": 4}
            ax.plot(run["cpu_seconds"], run[metric], label=None if j else name, **look)
    for i, (name, value) in enumerate(thresholds.items()):
        ax.axhline(value, color=PALETTE["grey"], linewidth=1, linestyle=DASHES[(i + 1) % 6], label=name)
    ax.set(yscale="log", xlabel="processor time (s)", ylabel=label, xlim=(0, None))
    legend_above(ax, columns=4)
    return ax


# --- what goes wrong


def plot_games(games: Mapping[str, pd.DataFrame]) -> Figure:
    """The columns `slope` and `estimate` of each game over its rounds."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 3.6), layout="constrained")
    for ax, column in ((left, "slope"), (right, "estimate")):
        curves = pd.DataFrame({name: rows[column] for name, rows in games.items()})
        plot_curves(curves, xlabel="round", ylabel=column, ax=ax)
        ax.get_legend().remove()
    left.set_yscale("log")
    right.set_yscale("symlog", linthresh=1)
    figure.legend(*left.get_legend_handles_labels(), loc="outside upper center", ncols=3)
    return figure


def plot_zigzag(sets: Mapping[str, Float[Array, "..."]], *, sampling_rate: Number = 16) -> Figure:
    """A column for each set: two signals with a dot for every step, and below them their second differences."""
    figure, axes = plt.subplots(2, len(sets), figsize=(10, 4.6), sharex=True, sharey="row", layout="constrained")
    for column, (name, values) in zip(axes.T, sets.items(), strict=True):
        color = PALETTE["real" if name == next(iter(sets)) else "generated"]
        for i, signal in enumerate(one_channel(values, 0)[:2]):
            time = time_of(len(signal), sampling_rate)
            look = {"color": color, "linestyle": DASHES[i]}
            column[0].plot(time, signal, marker=".", markersize=4, linewidth=1, **look)
            column[1].plot(time[1:-1], np.diff(signal, n=2), marker=".", markersize=4, linewidth=1, **look)
        column[0].set_title(name)
        column[1].set_xlabel("time (s)")
    axes[0, 0].set_ylabel("signal (std)")
    axes[1, 0].set_ylabel("second difference")
    return figure
