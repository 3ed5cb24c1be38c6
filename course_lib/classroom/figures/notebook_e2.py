"""Figures of elective E2: demand and weather, outliers, what hindsight smooths, components, and errors as ratios."""

from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from jaxtyping import Bool, Float, Int
from matplotlib.axes import Axes
from matplotlib.dates import ConciseDateFormatter
from matplotlib.figure import Figure
from numpy import ndarray

from course_lib.data import WaterDemand
from course_lib.plots.base import CYCLE, DASHES, PALETTE, legend_above, new_axes


def plot_demand(water: WaterDemand, split: int, *, column: str = "temperature") -> Figure:
    """The demand above, one weather column below; the days from number `split` on are shaded."""
    figure, axes = plt.subplots(2, 1, figsize=(9.0, 4.2), sharex=True, layout="constrained")
    days = water.demand.index
    for ax, values, color, label in (
        (axes[0], water.demand, PALETTE["real"], "demand (L/s)"),
        (axes[1], water.weather[column], PALETTE["generated"], f"{column} (deg C)"),
    ):
        ax.plot(days, values, color=color, linewidth=0.9)
        ax.axvspan(days[split], days[-1], color="0.92", zorder=0)
        ax.set(ylabel=label, xlim=(days[0], days[-1]))
    return figure


def plot_outliers(values: pd.Series, planted: Int[ndarray, " k"], found: Mapping[str, Bool[ndarray, " n"]]) -> Figure:
    """A panel for each rule: the series, rings where something was planted, crosses where the rule found something."""
    figure, axes = plt.subplots(len(found), 1, figsize=(9.0, 2.1 * len(found)), sharex=True, layout="constrained")
    for ax, (name, marks) in zip(np.atleast_1d(axes), found.items(), strict=True):
        ax.plot(values.index, values, color="0.6", linewidth=0.8)
        ring = {"markerfacecolor": "none", "markersize": 10, "color": PALETTE["real"]}
        ax.plot(values.index[planted], values.iloc[planted], "o", label="planted", **ring)
        ax.plot(values.index[marks], values[marks], "x", color=PALETTE["generated"], label="found")
        ax.set(ylabel="demand (L/s)", title=name)
    np.atleast_1d(axes)[0].legend(loc="upper left", ncols=2)
    return figure


def plot_hindsight(raw: pd.Series, smooth: Mapping[str, Float[ndarray, " n"]], *, ax: Axes | None = None) -> Axes:
    """The raw days as dots, and each smoothed version as a line."""
    ax = new_axes(ax)
    ax.plot(raw.index, raw, "o", color="0.6", markersize=4, label="demand")
    for (name, values), color, dash in zip(smooth.items(), CYCLE, DASHES, strict=False):
        ax.plot(raw.index, values, color=color, linestyle=dash, label=name)
    ax.xaxis.set_major_formatter(ConciseDateFormatter(ax.xaxis.get_major_locator()))
    ax.set(ylabel="demand (L/s)", xlim=(raw.index[0], raw.index[-1]))
    legend_above(ax)
    return ax


def plot_relevance(table: pd.DataFrame) -> Figure:
    """A panel for each column, a bar for each component (the index)."""
    figure, axes = plt.subplots(1, table.shape[1], figsize=(9.0, 2.8), layout="constrained")
    for ax, (name, values), color in zip(axes, table.items(), CYCLE, strict=False):
        sns.barplot(x=[str(i) for i in table.index], y=values.to_numpy(), color=color, ax=ax)
        ax.set(xlabel="component", ylabel=name)
    return figure


def plot_ratios(ratios: pd.DataFrame, label: str, *, ax: Axes | None = None) -> Axes:
    """A row of dots for each row of the table, one a column; a bar at their mean, and a dashed line at 1."""
    ax = new_axes(ax, (9.0, 0.36 * len(ratios) + 1.1))
    for place, (_, values) in enumerate(ratios.iterrows()):
        ax.plot(values, np.full(len(values), place), "o", color=PALETTE["real"], alpha=0.6, markersize=5)
        ax.plot(values.mean(), place, "|", color=PALETTE["generated"], markersize=16, markeredgewidth=2.5)
    ax.axvline(1, color=PALETTE["grey"], linestyle="--", linewidth=1.2)
    ax.set_yticks(range(len(ratios)), ratios.index)
    ax.set(xlabel=label, ylabel="", ylim=(len(ratios) - 0.5, -0.5))
    return ax
