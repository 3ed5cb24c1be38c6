"""Figures of notebook 12: a split that leaks, what a judge sees with more recordings, what an ingredient is worth."""

from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy import ndarray

from course_lib.plots.base import CYCLE, DASHES, PALETTE, legend_above, new_axes


def plot_leak(accuracies: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """A row of dots for each column, one a repetition: accuracies; the dashed line is guessing."""
    ax = new_axes(ax, (9.0, 2.6))
    long = accuracies.melt(var_name="split", value_name="accuracy")
    sns.stripplot(long, x="accuracy", y="split", color=PALETTE["real"], size=6, jitter=0.15, ax=ax)
    ax.axvline(0.5, color=PALETTE["grey"], linestyle="--", linewidth=1.2)
    ax.set(xlabel="accuracy on windows that were held out", ylabel="", xlim=(0, 1.05))
    return ax


def plot_sight(table: pd.DataFrame, null: Mapping[int, float], *, ax: Axes | None = None) -> Axes:
    """`caught` of each column over the number of signals compared (the index); grey: what recordings reach by luck."""
    ax = new_axes(ax, (9.0, 3.4))
    sizes = np.array(sorted(null))
    ax.fill_between(sizes, 0.5, [null[n] for n in sizes], color="0.85", label="two sets of recordings")
    for (name, values), color, dash in zip(table.items(), CYCLE, DASHES, strict=False):
        ax.plot(table.index, values, marker="o", color=color, linestyle=dash, label=str(name))
    ax.set(xscale="log", xlabel="signals compared on each side", ylabel="caught", ylim=(0.49, None))
    ax.set_xticks(sizes, [f"{n:,}" for n in sizes])
    ax.minorticks_off()
    legend_above(ax, 3)
    return ax


def plot_worth(more: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """What leaving an ingredient out adds to `caught` (a row each), a dot for each seed (a column)."""
    ax = new_axes(ax, (9.0, 0.36 * len(more) + 1.0))
    for place, (_, values) in enumerate(more.iterrows()):
        ax.plot(values, np.full(len(values), place), "o", color=CYCLE[0], alpha=0.7)
        ax.plot(values.mean(), place, "|", color=PALETTE["generated"], markersize=16, markeredgewidth=2.5)
    ax.axvline(0, color=PALETTE["grey"], linewidth=1)
    ax.set_yticks(range(len(more)), more.index)
    ax.invert_yaxis()
    ax.set(xlabel="caught without it, less caught with it", ylabel="")
    return ax


def plot_faults(signals: Mapping[str, Float[ndarray, "n length"]], rate: float, unit: str) -> Figure:
    """A panel of signals for each name, each on a scale of its own."""
    figure, axes = plt.subplots(1, len(signals), figsize=(2.6 * len(signals), 2.5), layout="constrained")
    for ax, (name, values) in zip(np.atleast_1d(axes), signals.items(), strict=True):
        for line in values:
            ax.plot(np.arange(len(line)) / rate, line, color=PALETTE["real"], alpha=0.6, linewidth=1)
        ax.set(title=name, xlabel="time (s)")
    axes[0].set_ylabel(f"value ({unit})")
    return figure


def plot_views(accuracies: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """A row for each view of a judge (the index), a mark for each set (a column); the dashed line is guessing."""
    ax = new_axes(ax, (9.0, 2.6))
    rows = np.arange(len(accuracies))
    for (name, values), color, mark, size in zip(accuracies.items(), CYCLE, "os^D", (12, 6, 6, 6), strict=False):
        ax.plot(values, rows, mark, color=color, markersize=size, alpha=0.8, label=str(name))
    ax.axvline(0.5, color=PALETTE["grey"], linestyle="--", linewidth=1.2)
    ax.set_yticks(rows, accuracies.index)
    ax.set(xlabel="accuracy", ylabel="", xlim=(0.35, 1.02), ylim=(len(rows) - 0.5, -0.5))
    legend_above(ax)
    return ax
