"""Figures of clipped critics: piled-up weights, value surfaces, slopes, and the loss against the distance."""

from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy import ndarray
from scipy.stats import norm

from course_lib.arrays import Array, Number, as_numpy
from course_lib.classroom.demos import best_linear_critic
from course_lib.plots.base import CYCLE, PALETTE, legend_above, new_axes

HALF_WIDTH = 2.5  # of the window of data/critics/surfaces.npz
LEVELS = 13
BARS = {"color": PALETTE["real"], "alpha": 1, "linewidth": 0}


def plot_weights(
    weights: Float[Array, "..."],
    limit: Number,
    *,
    untrained: Float[Array, "..."] | None = None,
    ax: Axes | None = None,
) -> Axes:
    """A histogram of weights between -limit and limit (dashed), as shares of all; the outline of the untrained ones."""
    ax = new_axes(ax, (5.0, 3.3))
    edge = limit * (1 + 1e-6)  # a weight at its limit may be the float32 just beyond it
    bins = {"bins": 40, "binrange": (-edge, edge), "stat": "proportion"}
    sns.histplot(x=as_numpy(weights).ravel(), ax=ax, **bins, **BARS)
    if untrained is not None:
        ax.containers[0].set_label("trained")
        outline = {"element": "step", "fill": False, "color": PALETTE["grey"], "linewidth": 1}
        sns.histplot(x=as_numpy(untrained).ravel(), label="untrained", ax=ax, **bins, **outline)
    _mark_limits(ax, limit)
    return ax


def _mark_limits(ax: Axes, limit: Number) -> None:
    for side in (-limit, limit):
        ax.axvline(side, color=PALETTE["generated"], linestyle="--", linewidth=1.2)
    reach = 1.15 * limit
    ax.set(xlim=(-reach, reach), ylim=(0, 0.75), xlabel="weight", ylabel="share of the weights")


def plot_value_surface(
    surface: Float[ndarray, "rows columns"],
    *,
    points: Float[Array, "n 2"] | None = None,
    half_width: Number = HALF_WIDTH,
    ax: Axes | None = None,
) -> Axes:
    """A critic's scores over a square window: lines of equal score, dark (low) to light (high), over real points.

    Rows go up, columns go right.
    """
    ax = new_axes(ax, (3.8, 3.8))
    across = np.linspace(-half_width, half_width, len(surface))
    ax.contourf(across, across, surface, LEVELS, cmap="cividis", alpha=0.55)
    ax.contour(across, across, surface, LEVELS, cmap="cividis", linewidths=1.1)
    if points is not None:
        ax.plot(*as_numpy(points).T, ".", color=PALETTE["generated"], markersize=3.5)
    ax.set(xlabel="$x_1$", ylabel="$x_2$", aspect="equal", xticks=(-2, 0, 2), yticks=(-2, 0, 2))
    ax.set(xlim=(-half_width, half_width), ylim=(-half_width, half_width))
    ax.grid(False)
    return ax


def plot_critic_surfaces(
    table: Mapping[str, ndarray], rows: Mapping[str, str], points: Mapping[str, Float[Array, "n 2"]]
) -> Figure:
    """One row of value surfaces a name in `rows` (name: key in the table), one column a data set in `points`."""
    size = {"figsize": (3.1 * len(points), 3.0 * len(rows)), "layout": "constrained"}
    figure, axes = plt.subplots(len(rows), len(points), sharex=True, sharey=True, squeeze=False, **size)
    for line, (name, key) in zip(axes, rows.items(), strict=True):
        for ax, (data, sample) in zip(line, points.items(), strict=True):
            plot_value_surface(table[f"{data}/{key}/surface"], points=sample, ax=ax)
            ax.set_title(f"{data}, {name}")
            ax.label_outer()
    return figure


def plot_clipped_critic(
    table: Mapping[str, ndarray], data: str, log10_limit: Number, *, points: Float[Array, "n 2"] | None = None
) -> Figure:
    """What a critic trained with one clip limit became: its weights, its value surface, its slope among all limits.

    `table` is data/critics/surfaces.npz: the critic nearest to the limit asked for is *looked up*, not trained.
    """
    limits = sorted(float(key.split("/")[1]) for key in table if key.startswith(f"{data}/") and _is_clip(key))
    chosen = min(limits, key=lambda limit: abs(limit - log10_limit))
    key = f"{data}/{chosen:g}"
    edge = float(table[f"{key}/numbers"][0])
    figure, (left, middle, right) = plt.subplots(
        1, 3, figsize=(10.2, 3.5), width_ratios=(1, 1.05, 1.05), layout="constrained"
    )
    shares = table[f"{key}/histogram"]
    edges = np.linspace(-edge, edge, len(shares) + 1)
    middles = (edges[:-1] + edges[1:]) / 2
    sns.histplot(x=middles, weights=shares, bins=len(shares), binrange=(-edge, edge), ax=left, **BARS)
    _mark_limits(left, edge)
    left.set_title(f"clip {edge:.2g}", loc="left")
    left.locator_params(axis="x", nbins=4)
    plot_value_surface(table[f"{key}/surface"], points=points, ax=middle)
    estimate = float(table[f"{key}/numbers"][2])
    middle.set_title(f"scores differ by {estimate:.1e}", loc="left")
    numbers = np.array([table[f"{data}/{limit:g}/numbers"] for limit in limits])
    right.fill_between(numbers[:, 0], numbers[:, 3], numbers[:, 5], color=PALETTE["real"], alpha=0.25, linewidth=0)
    right.plot(numbers[:, 0], numbers[:, 4], color=PALETTE["real"], label="median, 5 % to 95 %")
    right.axhline(1, color=PALETTE["grey"], linestyle=":", label="slope 1")
    here = table[f"{key}/numbers"]
    right.plot([edge, edge], here[[3, 5]], color=PALETTE["generated"], linewidth=2)
    right.plot(edge, here[4], "o", color=PALETTE["generated"], markersize=8)
    right.set(xscale="log", yscale="log", xlabel="clip limit", ylabel="slope of the critic", ylim=(1e-6, 1e6))
    right.set_title(f"slope {here[4]:.1e}", loc="left")
    right.legend(loc="upper left", fontsize=9)
    return figure


def _is_clip(key: str) -> bool:
    return key.endswith("/numbers") and "/penalty/" not in key


def plot_loss_against_distance(
    runs: pd.DataFrame, *, loss: str, ylabel: str, xlabel: str = "exact $W_1$ of the samples", ax: Axes | None = None
) -> Axes:
    """Readings of column `loss` over column "w1", one colour and marker for each "seed"; time goes by along a line."""
    ax = new_axes(ax, (5.0, 3.8))
    for i, (seed, run) in enumerate(runs.groupby("seed")):
        style = {"color": CYCLE[i % 6], "marker": "os^Dv"[i % 5], "markersize": 3.5, "linewidth": 0.6}
        ax.plot(run["w1"], run[loss], label=f"seed {seed}", **style)
    ax.set(xlabel=xlabel, ylabel=ylabel)
    return ax


def plot_linear_critic(limit: Number, shift: Number, spread: Number) -> Figure:
    r"""The best critic $f(x) = wx$, $|w| \le c$, between N(0, 1) and N(shift, spread), beside the exact distance.

    Left the densities and the critic; right the estimate $c\,|\text{shift}|$ and $W_1$ of the two laws.
    """
    best = best_linear_critic(limit, shift, spread)
    figure, (left, right) = plt.subplots(1, 2, figsize=(9.0, 3.6), width_ratios=(1.5, 1), layout="constrained")
    x = np.linspace(-6, 8, 400)
    left.fill_between(x, norm.pdf(x), color=PALETTE["real"], alpha=0.45, label="real")
    left.fill_between(x, norm.pdf(x, shift, spread), color=PALETTE["generated"], alpha=0.45, label="generated")
    left.plot(x, best.slope * x, color="black", label="the best critic")
    left.set(xlabel="$x$", ylabel="density, score", xlim=(-6, 8), ylim=(-1.6, 1.6))
    legend_above(left, columns=3)
    numbers = {"estimate": best.estimate, "exact $W_1$": best.exact}
    bars = right.bar(list(numbers), list(numbers.values()), color=[PALETTE["third"], PALETTE["grey"]], width=0.6)
    right.bar_label(bars, fmt="%.3f")
    right.set(ylabel="distance", ylim=(0, 6))
    right.grid(axis="x", visible=False)
    return figure
