"""Figures of notebook 09: a blind test, ranges, forgers side by side, balls, where a judge looks, who sees what."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from jaxtyping import Bool, Float
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from numpy import ndarray
from scipy.spatial.distance import cdist

from course_lib.arrays import Array, Number, as_numpy
from course_lib.plots.base import CYCLE, DASHES, PALETTE, legend_above, new_axes
from course_lib.plots.signals import one_channel, signal_label, time_of

HALF = 4  # of the panels of a blind test are generated


# --- look first


def blind_order(seed: int) -> Bool[ndarray, "panels"]:
    """Which panels of the blind test hold generated signals: four of eight, in an order drawn by the seed."""
    return np.random.default_rng(seed).permutation(2 * HALF) < HALF


def plot_blind_test(
    real: Float[Array, "..."],
    generated: Float[Array, "..."],
    *,
    seed: int,
    answer: bool = False,
    channel: int = 0,
    sampling_rate: Number = 80,
    unit: str = "a.u.",
) -> Figure:
    """Eight numbered panels, four of `real` and four of `generated` in the order of `blind_order(seed)`.

    The seed also draws which four. All have one colour; with `answer` each has its own and says which it is.
    """
    random = np.random.default_rng((seed, 1))
    chosen = [
        x[random.permutation(len(x))[:HALF]] for x in (one_channel(real, channel), one_channel(generated, channel))
    ]
    kinds = blind_order(seed)
    place = [np.cumsum(kinds == kind) - 1 for kind in (False, True)]  # the how-manieth of its kind
    figure, axes = plt.subplots(2, HALF, figsize=(9.6, 4.0), sharex=True, sharey=True, layout="constrained")
    time = time_of(chosen[0].shape[1], sampling_rate)
    for panel, (ax, kind) in enumerate(zip(axes.flat, kinds, strict=True)):
        name = "generated" if kind else "real"
        signal = chosen[int(kind)][place[int(kind)][panel]]
        ax.plot(time, signal, color=PALETTE[name] if answer else "black", linewidth=1.1)
        ax.set_title(f"{panel + 1}: {name}" if answer else f"{panel + 1}")
    axes[0, 0].set_xlim(0, time[-1])
    for ax in axes[-1]:
        ax.set_xlabel("time (s)")
    for ax in axes[:, 0]:
        ax.set_ylabel(signal_label(unit))
    return figure


# --- a number within its range


def plot_within_range(
    rows: Mapping[str, Sequence[Number] | ndarray],
    *,
    low: Number,
    high: Number,
    xlabel: str,
    ax: Axes | None = None,
) -> Axes:
    """A row of dots for each name, one for every value, over the range from `low` (which may be infinite) to `high`."""
    ax = new_axes(ax, (9.0, 0.55 * len(rows) + 1.2))
    for i, (name, row) in enumerate(rows.items()):
        spread = 0.12 * np.resize([0, 1, -1, 0.5, -0.5], len(row))  # so that equal values do not hide each other
        color = CYCLE[i % 6]
        ax.plot(np.asarray(row, dtype=float), i + spread, "osD^vP"[i % 6], color=color, alpha=0.75, label=name)
    ax.set_yticks(range(len(rows)), list(rows))
    left, right = ax.get_xlim()
    left = min(left, low) if np.isfinite(low) else left
    ax.axvspan(max(low, left), high, color=PALETTE["grey"], alpha=0.15, linewidth=0, zorder=0)
    ax.set(xlabel=xlabel, xlim=(left, max(right, 1.02 * high)), ylim=(len(rows) - 0.5, -0.5))
    ax.grid(axis="y", visible=False)
    return ax


# --- the forgers


def plot_forgers(
    sets: Mapping[str, Float[Array, "..."]],
    *,
    per_panel: int = 5,
    columns: int = 4,
    channel: int = 0,
    sampling_rate: Number = 80,
    unit: str = "a.u.",
) -> Figure:
    """A panel for each set with its first few signals, all on one scale; the first set is the real one."""
    rows = -(-len(sets) // columns)
    figure, axes = plt.subplots(
        rows,
        columns,
        figsize=(2.4 * columns + 0.4, 2.3 * rows + 0.2),
        sharex=True,
        sharey=True,
        squeeze=False,
        layout="constrained",
    )
    for i, (ax, (name, values)) in enumerate(zip(axes.flat, sets.items(), strict=False)):
        x = one_channel(values, channel)[:per_panel]
        time = time_of(x.shape[1], sampling_rate)
        for j, signal in enumerate(x):
            color = PALETTE["generated" if i else "real"]
            ax.plot(time, signal, color=color, alpha=1.0 if j == 0 else 0.45, linewidth=1.1)
        ax.set_title(name)
        ax.set_xlim(0, time[-1])
    for ax in list(axes.flat)[len(sets) :]:
        ax.set_visible(False)
    for ax in list(axes.flat)[max(len(sets) - columns, 0) : len(sets)]:  # nothing stands below these
        ax.set_xlabel("time (s)")
        ax.tick_params(labelbottom=True)
    for ax in axes[:, 0]:
        ax.set_ylabel(signal_label(unit))
    return figure


# --- balls


def plot_balls(real: Float[ndarray, "n 2"], cases: Mapping[str, Float[ndarray, "m 2"]], *, k: int = 3) -> Figure:
    """For each set of fakes in the plane: the balls of the real points (to their k-th neighbour), filled where a fake
    lies in them, and the fakes, crossed out where they lie in none."""
    radius = np.sort(cdist(real, real), axis=1)[:, k]
    reach = 1.05 * max(np.abs(points).max() for points in (real, *cases.values()))
    figure, axes = plt.subplots(1, len(cases), figsize=(3.3 * len(cases), 3.5), sharex=True, sharey=True)
    for ax, (name, fake) in zip(np.atleast_1d(axes), cases.items(), strict=True):
        inside = cdist(real, fake) <= radius[:, None]
        for point, r, filled in zip(real, radius, inside.any(axis=1), strict=True):
            look = {"facecolor": PALETTE["real"] if filled else "none", "alpha": 0.22 if filled else 0.6}
            ax.add_patch(plt.Circle(point, r, edgecolor=PALETTE["real"], linewidth=0.8, **look))
        ax.plot(*real.T, "o", color=PALETTE["real"], markersize=4, label="real, with its ball")
        within = inside.any(axis=0)
        ax.plot(*fake[within].T, "^", color=PALETTE["generated"], markersize=6, label="fake, in a ball")
        ax.plot(*fake[~within].T, "x", color=PALETTE["generated"], markersize=7, label="fake, in none")
        ax.set(title=name, aspect="equal", xlim=(-reach, reach), ylim=(-reach, reach), xlabel="first feature")
        ax.grid(False)
    np.atleast_1d(axes)[0].set_ylabel("second feature")
    handles, labels = np.atleast_1d(axes)[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=3)
    return figure


# --- where a judge looks


def plot_importance(
    importances: Mapping[str, Float[ndarray, " steps"]], *, sampling_rate: Number = 80, ax: Axes | None = None
) -> Axes:
    """Importance of each time step for a judge, times the number of steps: 1 is an even share."""
    ax = new_axes(ax, (9.0, 3.4))
    for i, (name, share) in enumerate(importances.items()):
        x = as_numpy(share)
        time = time_of(len(x), sampling_rate)
        ax.plot(time, len(x) * x, color=CYCLE[i % 6], linestyle=DASHES[i % 6], label=name)
    ax.axhline(1, color=PALETTE["grey"], linewidth=0.8)
    ax.set(xlabel="time (s)", ylabel="importance over an even share", xlim=(0, time[-1]), ylim=(0, None))
    legend_above(ax, columns=4)
    return ax


# --- which metric sees which failure

RANGE_COLUMNS = ("reference", "low", "high", "ratio", "inside")


def sides(report: pd.DataFrame) -> pd.DataFrame:
    """For each set of a `metrics.quality_report`: -1 below the range, 0 inside, 1 above; the value's column first."""
    columns = [name for name in report if name not in RANGE_COLUMNS]
    below, above = (report[columns].lt(report["low"], axis=0), report[columns].gt(report["high"], axis=0))
    return above.astype(int) - below.astype(int)


def plot_verdicts(report: pd.DataFrame, *, value_name: str = "value", ax: Axes | None = None) -> Axes:
    """Metrics by sets: empty where a value lies in the range of real signals, an arrow where it lies above or below."""
    table = sides(report).rename(columns={"value": value_name})
    ax = new_axes(ax, (1.6 + 0.72 * table.shape[1], 1.5 + 0.29 * len(table)))
    marks = table.map({-1: "▼", 0: "", 1: "▲"}.get)
    colors = ListedColormap([PALETTE["real"], "#F4F4F4", PALETTE["generated"]])
    sns.heatmap(
        table,
        annot=marks,
        fmt="",
        cmap=colors,
        vmin=-1.5,
        vmax=1.5,
        cbar=False,
        linewidths=1,
        annot_kws={"color": "white", "fontsize": 9},
        ax=ax,
    )
    ax.set_yticks(np.arange(len(table)) + 0.5, [name.replace("_", " ") for name in table.index], rotation=0)
    ax.set_xticks(np.arange(table.shape[1]) + 0.5, list(table), rotation=40, ha="left", rotation_mode="anchor")
    ax.tick_params(length=0, top=False, labeltop=True, bottom=False, labelbottom=False)
    ax.set(xlabel="", ylabel="")
    ax.grid(False)
    return ax
