"""Figures of notebook 11: accuracy with few recordings, what is gained, fills of a gap, and how good they are."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from jaxtyping import Bool, Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter
from numpy import ndarray

from course_lib.arrays import Array, Number, as_numpy
from course_lib.classroom.figures.notebook_12 import plot_worth
from course_lib.classroom.results import ALL, mean_interval
from course_lib.plots.base import CYCLE, DASHES, PALETTE, legend_above, new_axes
from course_lib.plots.signals import signal_label, time_of

MARKS = "osD^vP"
SPREAD = 0.12  # between the sets of one count, and the methods of one share


# --- augmentation


def plot_accuracy(table: pd.DataFrame, methods: Sequence[str]) -> Figure:
    """A panel for each set: the accuracy of at most 6 methods over recordings a class, mean and interval over subsets.

    Args:
        table: augmentation/accuracy.csv: set, count, seed, method, accuracy.
    """
    sets = list(dict.fromkeys(table["set"]))
    figure, axes = plt.subplots(1, len(sets), figsize=(3.4 * len(sets), 3.8), squeeze=False, layout="constrained")
    for ax, name in zip(axes[0], sets, strict=True):
        own = table[(table["set"] == name) & table["method"].isin(methods)]
        look = dict(
            palette=CYCLE[: len(methods)], markers=list(MARKS[: len(methods)]), linestyles=DASHES[: len(methods)]
        )
        sns.pointplot(
            own,
            x="count",
            y="accuracy",
            hue="method",
            hue_order=list(methods),
            errorbar=mean_interval,
            dodge=0.4,
            markersize=4,
            linewidth=1.2,
            ax=ax,
            **look,
        )
        ax.set(title=name, xlabel="recordings a class", ylabel="recognised" if ax is axes[0, 0] else "")
        ax.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
        handles = ax.get_legend_handles_labels()
        ax.get_legend().remove()
    figure.legend(*handles, loc="outside upper center", ncols=3)
    return figure


def plot_paired(points: pd.DataFrame, titles: Mapping[str, str]) -> Figure:
    """A panel for each set: a row for each question, a dot for each choice of the few, their mean.

    Args:
        points: percentage points, a row a question; columns (set, choice).
        titles: set -> the panel's title.
    """
    figure, axes = plt.subplots(1, len(titles), figsize=(9.0, 0.36 * len(points) + 1.2), sharex=True, squeeze=False)
    for ax, (name, title) in zip(axes[0], titles.items(), strict=True):
        plot_worth(points[name], ax=ax).set(xlabel="more recognised (points)", title=title)
    for ax in axes[0, 1:]:
        ax.set_yticklabels([])
    return figure


def plot_gains(found: pd.DataFrame, *, harm: Number = -0.01, ax: Axes | None = None) -> Axes:
    """A row for each number of recordings, and one for all: the gain of each set in points, with its interval.

    Args:
        found: what `results.gains` reads: set, count, difference, low, high.
        harm: a line at what the goal calls harm, beside the one at 0.
    """
    counts, sets = list(dict.fromkeys(found["count"])), list(dict.fromkeys(found["set"]))
    ax = new_axes(ax, (9.0, 0.7 * len(counts) + 1.2))
    for i, name in enumerate(sets):
        own = found[found["set"] == name]
        place = own["count"].map(counts.index).astype(float) + SPREAD * (i - (len(sets) - 1) / 2)
        around = 100 * np.stack([own["difference"] - own["low"], own["high"] - own["difference"]])
        look = dict(fmt=MARKS[i % 6], color=CYCLE[i % 6], markersize=5, capsize=3, label=name)
        ax.errorbar(100 * own["difference"], place, xerr=around, **look)
    ax.axvline(0, color=PALETTE["grey"], linewidth=1)
    ax.axvline(100 * harm, color=PALETTE["grey"], linewidth=1, linestyle=":")
    ax.set_yticks(range(len(counts)), ["all" if count == ALL else f"{count} a class" for count in counts])
    ax.set(xlabel="gain (percentage points)", ylim=(len(counts) - 0.5, -0.5))
    legend_above(ax)
    return ax


# --- restoration


def plot_fills(
    signal: Float[Array, " steps"],
    missing: Bool[ndarray, " steps"],
    points: Mapping[str, Float[Array, " steps"]],
    draws: Mapping[str, Float[Array, "draws steps"]],
    *,
    sampling_rate: Number = 80,
    unit: str = "a.u.",
) -> Figure:
    """A panel for each law: the signal, its gap shaded, drawn fills and the middle 90 % of them; point fills in all."""
    truth = as_numpy(signal)
    time, (first, last) = time_of(len(truth), sampling_rate), np.flatnonzero(missing)[[0, -1]]
    gap = slice(max(first - 1, 0), min(last + 2, len(truth)))  # with a known step on either side
    figure, axes = plt.subplots(1, len(draws), figsize=(4.8 * len(draws), 3.6), sharey=True, squeeze=False)
    for ax, (name, fills) in zip(axes[0], draws.items(), strict=True):
        drawn = as_numpy(fills)[:, gap]
        low, high = np.quantile(drawn, [0.05, 0.95], axis=0, method="weibull")
        ax.axvspan(time[first], time[last], color=PALETTE["grey"], alpha=0.12, linewidth=0, zorder=0)
        for i, one in enumerate(drawn[:5]):
            label = "drawn fills" if i == 0 else None
            ax.plot(time[gap], one, color=PALETTE["generated"], linewidth=0.8, alpha=0.6, label=label)
        ax.fill_between(time[gap], low, high, color=PALETTE["generated"], alpha=0.2, linewidth=0, label="90 % of them")
        ax.plot(time, truth, color=PALETTE["real"], label="recording")
        for i, (point, fill) in enumerate(points.items()):
            look = {"color": [CYCLE[2], CYCLE[4], "black", CYCLE[5]][i % 4], "linestyle": DASHES[(i + 1) % 6]}
            ax.plot(time[gap], as_numpy(fill)[gap], label=point, **look)
        ax.set(title=name, xlabel="time (s)", xlim=(0, time[-1]))
    axes[0, 0].set_ylabel(signal_label(unit))
    figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside upper center", ncols=3)
    return figure


def plot_restoration(table: pd.DataFrame, measures: Mapping[str, str], *, label: str = "known") -> Figure:
    """A row a set, a panel a measure (column -> label): each method's value over the share that is missing.

    Args:
        table: restoration/fills.csv: set, share, label, method and the measures; a method without one is left out. A
            column `null`, if it is there, is how often recordings are caught, by chance: a line.
        label: whether labels were "known" or "unknown".
    """
    sets, methods = list(dict.fromkeys(table["set"])), list(dict.fromkeys(table["method"]))
    size = (3.6 * len(measures), 2.6 * len(sets) + 0.6)
    figure, axes = plt.subplots(len(sets), len(measures), figsize=size, squeeze=False, layout="constrained")
    for row, name in zip(axes, sets, strict=True):
        for ax, (column, text) in zip(row, measures.items(), strict=True):
            for i, method in enumerate(methods):
                own = table[(table["set"] == name) & (table["method"] == method) & (table["label"] == label)]
                if own[column].notna().any():
                    look = {"color": CYCLE[i % 6], "linestyle": DASHES[i % 6], "marker": MARKS[i % 6], "markersize": 4}
                    ax.plot(100 * own["share"], own[column], label=method, **look)
            if column == "band_coverage":
                ax.axhline(0.9, color=PALETTE["grey"], linewidth=0.8)
            if column == "squared_error":
                ax.set_yscale("log")
            if column.startswith("caught") and "null" in table:
                ax.axhline(table.loc[table["set"] == name, "null"].max(), color=PALETTE["grey"], linewidth=0.8)
            ax.set(xlabel="missing (%)", ylabel=text, title=name if len(sets) > 1 else "")
    figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside upper center", ncols=3)
    return figure


def plot_controls(table: pd.DataFrame) -> Figure:
    """A row for each other law: its energy score above the search's with the 95 % interval, and how often it is caught.

    Args:
        table: as restoration/controls.csv, with one set and one knowledge of labels; a mark a share.
    """
    names, shares = list(dict.fromkeys(table["against"])), sorted(table["share"].unique())
    size = (10.0, 0.5 * len(names) + 1.5)
    figure, (left, right) = plt.subplots(1, 2, figsize=size, sharey=True, layout="constrained")
    for i, share in enumerate(shares):
        own = table[table["share"] == share]
        place = own["against"].map(names.index) + 2 * SPREAD * (i - (len(shares) - 1) / 2)
        around = np.stack([own["above_search"] - own["low"], own["high"] - own["above_search"]])
        look = dict(color=CYCLE[i % 6], markersize=5, label=f"{100 * share:.0f} % missing")
        left.errorbar(own["above_search"], place, xerr=around, fmt=MARKS[i % 6], capsize=3, **look)
        right.plot(own["caught_inside"], place, marker=MARKS[i % 6], linestyle="", **look)
    left.axvline(0, color=PALETTE["grey"], linewidth=1)
    right.axvline(table["null"].max(), color=PALETTE["grey"], linewidth=1)
    left.set_yticks(range(len(names)), names)
    left.set(xlabel="energy score, above the search's", ylim=(len(names) - 0.5, -0.5))
    right.set(xlabel="caught inside", xlim=(0.48, 1.02))
    figure.legend(*right.get_legend_handles_labels(), loc="outside upper center", ncols=len(shares))
    return figure


# --- sign by sign, and steered


def plot_by_class(shares: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """A dot for each class (a row): how often generated signals are recognised, over how often recordings are."""
    ax = new_axes(ax, (5.2, 4.6))
    recordings, generated = shares["recordings"], shares["generated"]
    low = min(recordings.min(), generated.min()) - 0.05
    ax.plot([low, 1.02], [low, 1.02], color=PALETTE["grey"], linewidth=0.8)
    sizes = shares.groupby(["recordings", "generated"]).size().reset_index(name="classes")
    ax.scatter(sizes["recordings"], sizes["generated"], s=30 * sizes["classes"], color=CYCLE[0], alpha=0.6)
    ax.set(xlabel="recordings recognised", ylabel="generated recognised", xlim=(low, 1.03), ylim=(low, 1.03))
    ax.xaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    ax.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    return ax


def plot_steered(table: pd.DataFrame, measures: Mapping[str, str]) -> Figure:
    """A panel for each measure (column -> label) over what was set: a pale line is a sign, a dark one their mean.

    Args:
        table: sign, way, amount and the measures; each way has its own colour.
    """
    figure, axes = plt.subplots(1, len(measures), figsize=(3.4 * len(measures), 3.6), layout="constrained")
    for ax, (measure, label) in zip(axes, measures.items(), strict=True):
        for i, (way, own) in enumerate(table.groupby("way", sort=False)):
            by_sign = own.pivot(index="amount", columns="sign", values=measure)
            ax.plot(by_sign, color=CYCLE[i], alpha=0.25, linewidth=0.8)
            look = {"color": CYCLE[i], "linestyle": DASHES[i], "marker": MARKS[i], "markersize": 4}
            ax.plot(by_sign.mean(axis=1), label=way, **look)
        ax.set(xlabel="set to (deviations of the noise)", title=label)
        ax.title.set_fontsize("medium")
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside upper center", ncols=3)
    return figure


def plot_accuracies(table: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """A row of dots for each way of learning (the index), a dot for each repetition (a column)."""
    ax = new_axes(ax, (9.0, 0.42 * len(table) + 1.0))
    for place, (_, values) in enumerate(table.iterrows()):
        ax.plot(values, np.full(len(values), place), "o", color=CYCLE[0], alpha=0.7)
    ax.set_yticks(range(len(table)), table.index)
    ax.invert_yaxis()
    ax.set(xlabel="held-out recordings recognised", ylabel="")
    ax.xaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    return ax


def plot_spread(values: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Strips of a measure beside each other for each class.

    Args:
        values: class, kind ("recordings", "generated"), value; the column's own name "value" is not shown.
    """
    ax = new_axes(ax, (9.0, 3.4))
    look = dict(palette=[PALETTE["real"], PALETTE["generated"]], dodge=True, jitter=0.2, size=2.5, alpha=0.5)
    sns.stripplot(values, x="class", y="value", hue="kind", ax=ax, **look)
    legend_above(ax)
    ax.get_legend().set_title("")
    return ax


def plot_noise_and_label(
    signals: Float[ndarray, "labels draws steps"], labels: Sequence[str], *, sampling_rate: Number = 80, unit: str = "m"
) -> Figure:
    """A panel for each label; the same draw of noise has the same colour in all."""
    figure, axes = plt.subplots(1, len(labels), figsize=(2.5 * len(labels), 2.6), layout="constrained", squeeze=False)
    for ax, name, own in zip(axes[0], labels, signals, strict=True):
        for i, signal in enumerate(own):
            ax.plot(time_of(len(signal), sampling_rate), signal, color=CYCLE[i % 6], linestyle=DASHES[i % 6])
        ax.set(title=f"sign {name}", xlabel="time (s)")
    axes[0, 0].set_ylabel(signal_label(unit))
    return figure
