"""Figures of notebook E1: strips of images, tricks and objectives as dots, overlaps and spectra, losses over logits."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from jaxtyping import Float, Shaped
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator, StrMethodFormatter
from numpy import ndarray

from course_lib.arrays import Array, as_numpy
from course_lib.plots.base import CYCLE, PALETTE, legend_above, new_axes

TICKS = (0.5, 1, 2, 3, 5, 10, 20, 50, 100)


def plot_strips(rows: Mapping[str, Shaped[Array, "n C H W"]], *, columns: int = 16) -> Figure:
    """One strip for each name: its first images side by side, dark at -1, bright at 1."""
    figure, axes = plt.subplots(
        len(rows), 1, figsize=(9.0, 0.62 * len(rows) + 0.15), layout="constrained", squeeze=False
    )
    for ax, (name, images) in zip(axes[:, 0], rows.items(), strict=True):
        shown = as_numpy(images)[:columns, 0]
        gap = np.full((len(shown), shown.shape[1], 1), np.nan)
        ax.imshow(np.concatenate([*np.concatenate([shown, gap], axis=2)], axis=1), cmap="gray", vmin=-1, vmax=1)
        ax.set(xticks=[], yticks=[], xlim=(-0.5, columns * (shown.shape[2] + 1) - 1.5))
        ax.set_ylabel(name, rotation=0, ha="right", va="center", fontsize=9.5)
        ax.grid(visible=False)
        ax.spines[:].set_visible(False)
    return figure


def plot_dots(
    tables: Mapping[str, pd.DataFrame], *, by: str, measures: Mapping[str, str], lines: Mapping[str, float]
) -> Figure:
    """A panel for each measure (column -> label): a dot a run, a row for each value of `by`, tables below each other.

    Args:
        lines: of the first measure, drawn through its panel with their names.
    """
    rows = [(name, kind) for name, table in tables.items() for kind in dict.fromkeys(table[by])]
    figure, axes = plt.subplots(
        1, len(measures), figsize=(10.0, 0.32 * len(rows) + 1.1), sharey=True, layout="constrained", squeeze=False
    )
    for ax, (column, label) in zip(axes[0], measures.items(), strict=True):
        for k, (name, table) in enumerate(tables.items()):
            places = [rows.index((name, kind)) for kind in table[by]]
            ax.plot(table[column], places, "o", color=CYCLE[k % 6], alpha=0.7, markersize=5)
        ax.set_xlabel(label)
    first = axes[0, 0]
    first.set_xscale("log")
    for k, (name, value) in enumerate(lines.items()):
        first.axvline(value, color=PALETTE["grey"], linestyle=("-", "--", ":")[k % 3], linewidth=1, label=name)
    _plain_ticks(first)
    first.legend(loc="lower left", bbox_to_anchor=(0, 1.0), ncols=3, borderaxespad=0.3, fontsize=9)
    first.set_yticks(range(len(rows)), [kind for _, kind in rows])
    first.set_ylim(len(rows) - 0.5, -0.5)
    return figure


def _plain_ticks(ax: Axes) -> None:
    low, high = ax.get_xlim()
    ax.set_xticks([tick for tick in TICKS if low < tick < high])
    ax.set_xlim(low, high)
    ax.xaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
    ax.xaxis.set_minor_locator(NullLocator())


def plot_heads(losses: Mapping[str, Float[ndarray, " logits"]], logits: Float[ndarray, " logits"]) -> Axes:
    """Losses over the logit, with a mark where each is least (if that is inside)."""
    ax = new_axes(None, (9.0, 3.4))
    for k, (name, loss) in enumerate(losses.items()):
        (line,) = ax.plot(logits, loss, label=name, linestyle=("-", "--", "-.", ":")[k % 4])
        least = int(loss.argmin())
        if 0 < least < len(loss) - 1:
            ax.plot(logits[least], loss[least], "o", color=line.get_color())
    ax.set(xlabel="logit of a sample", ylabel="loss", xlim=(logits[0], logits[-1]))
    legend_above(ax, 2)
    return ax


def plot_overlaps(counts: Mapping[str, Sequence[int]], made: Mapping[str, Float[Array, "H W"]]) -> Figure:
    """Above, how many kernel entries reach each output step; below, images about their means, on one scale."""
    figure, axes = plt.subplots(2, max(len(counts), len(made)), figsize=(10, 4.6), layout="constrained")
    reach = max(float(abs(as_numpy(image) - float(image.mean())).max()) for image in made.values())
    for ax in axes.flat:
        ax.set_visible(False)
    for ax, (name, each) in zip(axes[0], counts.items(), strict=False):
        ax.set_visible(True)
        ax.bar(range(len(each)), each, color=PALETTE["real"])
        ax.set(xlabel=f"output, {name}", ylabel="products" if ax is axes[0, 0] else "")
    for ax, (name, image) in zip(axes[1], made.items(), strict=False):
        ax.set_visible(True)
        ax.imshow(as_numpy(image) - float(image.mean()), cmap="gray", vmin=-reach, vmax=reach)
        ax.set(xlabel=name, xticks=[], yticks=[])
        ax.grid(visible=False)
    return figure


def plot_moments(moments: pd.DataFrame, lines: Mapping[str, float]) -> Axes:
    """The distance over its reference at moments of a run, both axes logarithmic."""
    ax = new_axes(None, (9.0, 3.2))
    ax.plot(moments["step"], moments["ratio"], "o-", color=PALETTE["generated"], label="the full-scale run")
    for k, (name, value) in enumerate(lines.items()):
        ax.axhline(value, color=PALETTE["grey"], linestyle=("-", "--", ":")[k % 3], linewidth=1, label=name)
    ax.set(xscale="log", yscale="log", xlabel="generator step", ylabel="Frechet distance / reference")
    for axis, ticks in ((ax.yaxis, TICKS), (ax.xaxis, moments["step"].tolist())):
        low, high = axis.get_view_interval()
        axis.set_ticks([tick for tick in ticks if low <= tick <= high])
        axis.set_major_formatter(StrMethodFormatter("{x:g}"))
        axis.set_minor_locator(NullLocator())
    legend_above(ax, 4)
    return ax
