"""Figures of divergences: what each of them says while one distribution slides away from another.

One idea: infinity has no place on an axis, so an infinite value is drawn as a triangle at the upper edge, and never as
a large number.
"""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy import ndarray
from scipy.stats import norm

from course_lib.arrays import Number
from course_lib.classroom.demos import distances_of_densities, kls_of_two_bumps, slid_densities, two_bumps
from course_lib.plots.base import CYCLE, DASHES, PALETTE, legend_above, new_axes

__all__ = ["plot_distances", "plot_jensen", "plot_sliding", "plot_two_bumps"]

LOG2 = float(np.log(2))
ALL_SHIFTS = np.linspace(0, 3, 31)


def plot_jensen(p: Float[ndarray, " n"], q: Float[ndarray, " n"], *, ax: Axes | None = None) -> Axes:
    r"""Why KL is not negative: $\log$ of the mean ratio q/p lies above the mean of the logs, and the gap is KL.

    A point on the curve for each outcome, a chord polygon between them, and the two means at ratio 1.
    """
    ax = new_axes(ax, (7.5, 4.0))
    ratio = np.linspace(0.15, 2.6, 200)
    ax.plot(ratio, np.log(ratio), color=PALETTE["real"], label="log (concave)")
    ax.plot(ratio, -np.log(ratio), color=PALETTE["generated"], linestyle="--", label="-log (convex)")
    at = np.sort(q / p)
    for sign in (1, -1):
        ax.plot(at, sign * np.log(at), "o-", color=PALETTE["grey"], linewidth=1, markersize=5)
        mean = float(np.sum(p * sign * np.log(q / p)))
        ax.plot([1, 1], [0, mean], color=PALETTE["third"], linewidth=3, label="KL, the gap" if sign == 1 else None)
        ax.plot([1], [mean], "s", color="black", markersize=6, label="mean of the logs" if sign == 1 else None)
    ax.set(xlabel="ratio q/p", ylabel="log ratio (nats)", xlim=(0.15, 2.6), ylim=(-1.5, 1.5))
    legend_above(ax, 2)
    return ax


def plot_distances(
    table: pd.DataFrame, *, xlabel: str = "shift t", top: Number = 3.2, low: Number = 0, ax: Axes | None = None
) -> Axes:
    """Each column over the table's index; an infinite value is a triangle at the upper edge, `log 2` a thin line."""
    ax = new_axes(ax)
    ax.axhline(LOG2, color=PALETTE["grey"], linewidth=0.8, zorder=0)
    ax.annotate("log 2", (1, LOG2), xycoords=("axes fraction", "data"), xytext=(3, 0), textcoords="offset points")
    for i, name in enumerate(table.columns):
        values = table[name].to_numpy(dtype=float)
        endless = np.isinf(values)
        label = f"{name} (▲ infinite)" if endless.any() else name
        ax.plot(table.index, np.where(endless, np.nan, values), color=CYCLE[i], linestyle=DASHES[i], label=label)
        if endless.any():
            where = table.index[endless]
            ax.plot(where, np.full(len(where), _infinity(i, top)), "^", color=CYCLE[i], markersize=4, clip_on=False)
    ax.set(xlabel=xlabel, ylabel="nats; W1 in units of x", ylim=(low, top))
    ax.set_xlim(table.index[0], table.index[-1])
    legend_above(ax, 4)
    return ax


def _infinity(i: int, top: Number) -> float:
    """Where the i-th curve's infinite values are marked: below the upper edge, each in a row of its own."""
    return (0.97 - 0.05 * i) * top


# ------------------------------------------------------------------------------ pictures that a hand can move


def plot_sliding(shift: Number, width: Number, shape: str) -> Figure:
    """Two densities, q slid to `shift` and `width` times as wide as p, beside their KL both ways, JS and W1.

    `shape` is "uniform blocks" (p of width 1) or "Gaussians" (p of standard deviation 1). The curves on the right show
    every shift from 0 to 3; the dots are at the chosen one.
    """
    figure, (left, right) = plt.subplots(1, 2, figsize=(10.0, 3.8), layout="constrained")
    x, p, q, dx = slid_densities(shape, shift, width)
    for name, density, i in (("p", p, 0), ("q", q, 1)):
        left.plot(x, density, color=CYCLE[i], linestyle=DASHES[i], label=name)
        left.fill_between(x, density, color=CYCLE[i], alpha=0.15)
    left.set(xlabel="x", ylabel="density", xlim=(-4, 6), ylim=(0, 2.1))
    legend_above(left)
    rows = [distances_of_densities(*slid_densities(shape, s, width)[1:]) for s in ALL_SHIFTS]
    plot_distances(pd.DataFrame(rows, index=ALL_SHIFTS), xlabel="shift of q", ax=right, top=4)
    for curve in right.get_lines():
        curve.set_label("_")  # the dots carry the names, with their numbers
    now = distances_of_densities(p, q, dx)
    for i, (name, value) in enumerate(now.items()):
        words = f"{name} = {'infinite' if np.isinf(value) else f'{value:.3f}'}"
        height = _infinity(i, 4) if np.isinf(value) else min(value, 0.97 * 4)
        right.plot([shift], [height], "o", color=CYCLE[i], markersize=8, label=words, clip_on=False)
    legend_above(right, 2)
    return figure


def plot_two_bumps(mean: Number, std: Number) -> Figure:
    r"""Two bumps p and one Gaussian q, fitted by hand: KL(p‖q) and KL(q‖p) beside the least that each can be.

    p is half $N(-2, 0.5^2)$ and half $N(2, 0.5^2)$. Of all Gaussians the one with p's mean and variance has the least
    KL(p‖q); one bump alone has (nearly) the least KL(q‖p), which is log 2.
    """
    figure, (left, right) = plt.subplots(1, 2, figsize=(10.0, 3.6), width_ratios=(2, 1), layout="constrained")
    x = np.linspace(-6, 6, 1201)
    left.plot(x, two_bumps(x), color=PALETTE["real"], label="p, two bumps")
    left.plot(x, norm.pdf(x, mean, std), color=PALETTE["generated"], linestyle="--", label="q, one Gaussian")
    left.set(xlabel="x", ylabel="density", xlim=(-6, 6), ylim=(0, 1.4))
    legend_above(left)
    names, top = ["KL(p‖q)\nforward", "KL(q‖p)\nreverse"], 4
    lowest = kls_of_two_bumps(0, 4.25**0.5)[0], kls_of_two_bumps(2, 0.5)[1]
    for i, (value, least) in enumerate(zip(kls_of_two_bumps(mean, std), lowest, strict=True)):
        right.bar([i], [min(value, top)], width=0.6, color=CYCLE[i], alpha=0.8)
        right.plot([i - 0.4, i + 0.4], [least, least], color="black", label=None if i else "the least possible")
        right.annotate(f"{value:.2f}", (i, min(value, 0.92 * top)), ha="center", va="bottom", fontsize=11)
    right.set(ylabel="nats", ylim=(0, top), xlim=(-0.6, 1.6))
    right.set_xticks([0, 1], names)
    legend_above(right)
    return figure
