r"""Figures of penalised critics: value surfaces, slopes along pairs, and what the weight does to them.

What the penalty asks for shows as the distance between level lines: one unit of score apiece where the slope is 1.

Gulrajani et al. 2017, arXiv:1704.00028.
"""

from collections.abc import Callable, Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
import torch
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from scipy.spatial import KDTree

from course_lib.arrays import Array, Number, as_numpy
from course_lib.classroom.demos import climb_penalized
from course_lib.data import grid, ring, swiss_roll
from course_lib.plots.base import CYCLE, DASHES, PALETTE, legend_above, new_axes
from course_lib.plots.distributions import BAND

MARKERS = "osD^vX"
SHADES = LinearSegmentedColormap.from_list("score", [PALETTE["generated"], "#ffffff", PALETTE["real"]])


# ------------------------------------------------------------------------------------------------- surfaces


def plot_level_lines(
    critic: Callable[[Float[Array, "n 2"]], Float[Array, "n"]],
    real: Float[Array, "n 2"],
    fake: Float[Array, "m 2"],
    *,
    limit: Number = 2.2,
    spacing: Number = 0.25,
    near: Float[Array, "k 2"] | None = None,
    ax: Axes | None = None,
) -> Axes:
    """The critic's scores as shades (blue above, orange below the middle of the two means) and level lines `spacing`
    apart: close lines are a steep critic. With `near`, drawn only within 0.3 of one of these points."""
    ax = new_axes(ax, (4.0, 4.0))
    line = np.linspace(-limit, limit, 81)
    window = np.stack(np.meshgrid(line, line), axis=-1).reshape(-1, 2)
    scores, high, low = (as_numpy(critic(points)) for points in (window, as_numpy(real), as_numpy(fake)))
    scores = scores - (high.mean() + low.mean()) / 2
    if near is not None:
        scores = np.where(KDTree(as_numpy(near)).query(window)[0] < 0.3, scores, np.nan)
    scores = scores.reshape(81, 81)
    reach = 8 * spacing
    extent = (-limit, limit, -limit, limit)
    ax.imshow(scores.clip(-reach, reach), cmap=SHADES, vmin=-reach, vmax=reach, extent=extent, origin="lower")
    levels = np.arange(-60, 61) * spacing
    ax.contour(
        line,
        line,
        np.ma.masked_invalid(scores),
        levels=levels,
        colors=PALETTE["grey"],
        linewidths=0.7,
        linestyles="solid",
    )
    for points, name in ((fake, "generated"), (real, "real")):
        style = {"markersize": 3, "alpha": 0.7, "color": PALETTE[name], "markeredgecolor": "white", "label": name}
        ax.plot(*as_numpy(points).T, "^" if name == "generated" else ".", markeredgewidth=0.2, **style)
    ax.set(xlim=(-limit, limit), ylim=(-limit, limit), aspect="equal", xlabel="$x_1$", ylabel="$x_2$")
    ax.grid(False)
    return ax


def plot_surfaces(
    surfaces: Mapping[str, Mapping[str, Float[Array, "up across"]]], *, half_width: Number, lines: int = 16
) -> Figure:
    """A row a method, a column a set of points: scores over a square window as shades, and `lines` level lines from
    each surface's own lowest to its highest score (scores of different methods have no common unit)."""
    columns = list(next(iter(surfaces.values())))
    size = {"figsize": (3.0 * len(columns), 3.0 * len(surfaces)), "sharex": True, "sharey": True, "squeeze": False}
    figure, axes = plt.subplots(len(surfaces), len(columns), layout="constrained", **size)
    for row, (method, scores_of) in zip(axes, surfaces.items(), strict=True):
        for ax, name in zip(row, columns, strict=True):
            scores = as_numpy(scores_of[name])
            across, up = (np.linspace(-half_width, half_width, n) for n in scores.shape[::-1])
            extent = (-half_width, half_width, -half_width, half_width)
            ax.imshow(scores, cmap=SHADES, extent=extent, origin="lower")
            levels = np.linspace(scores.min(), scores.max(), lines + 2)[1:-1]
            ax.contour(across, up, scores, levels=levels, colors=PALETTE["grey"], linewidths=0.8, linestyles="solid")
            ax.set_title(f"{method}\n{name}", fontsize=10)
            ax.set(xlabel="$x_1$", ylabel="$x_2$")
            ax.label_outer()
            ax.grid(False)
    return figure


# -------------------------------------------------------------------------------------------------- slopes


def plot_pair_slopes(
    real: Float[Array, "n 2"],
    fake: Float[Array, "m 2"],
    pairs: Mapping[str, tuple[Sequence[int], Sequence[int], Float[Array, "pairs"]]],
) -> Figure:
    """A panel for every way to pair: segments from real to generated, dark and thick by the slope from end to end."""
    real, fake = as_numpy(real), as_numpy(fake)
    size = {"figsize": (4.4 * len(pairs) + 0.8, 3.0), "sharex": True, "sharey": True, "squeeze": False}
    figure, axes = plt.subplots(1, len(pairs), layout="constrained", **size)
    for ax, (name, (i, j, slopes)) in zip(axes[0], pairs.items(), strict=True):
        segments, slopes = np.stack([real[i], fake[j]], axis=1), as_numpy(slopes)
        drawn = LineCollection(segments, array=slopes, cmap="cividis_r", clim=(0, 1), linewidths=0.5 + 1.5 * slopes)
        ax.add_collection(drawn)
        ax.plot(*real.T, "o", color=PALETTE["real"], markersize=5, label="real")
        ax.plot(*fake.T, "^", color=PALETTE["generated"], markersize=5, label="generated")
        ax.set(title=name, aspect="equal", xlabel="$x_1$", ylabel="$x_2$")
        ax.label_outer()
    figure.colorbar(drawn, ax=axes, label="rise / length", shrink=0.85)
    figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=2)
    return figure


def plot_mixtures(
    real: Float[Array, "n 2"],
    fake: Float[Array, "n 2"],
    weights: Mapping[str, Float[Array, "..."]],
    *,
    limit: Number = 2.0,
) -> Figure:
    """A panel for every way to draw the weights e: the pairs' segments, e real + (1 - e) generated as dots.

    Dotted, the lines go on beyond the segments.
    """
    real, fake = as_numpy(real), as_numpy(fake)
    size = {"figsize": (2.4 * len(weights), 3.5), "sharex": True, "sharey": True, "squeeze": False}
    figure, axes = plt.subplots(1, len(weights), layout="constrained", **size)
    for ax, (name, each) in zip(axes[0], weights.items(), strict=True):
        mixed = as_numpy(each) * real + (1 - as_numpy(each)) * fake
        for beyond, look in ((0.0, {"linewidths": 0.8}), (1.0, {"linestyles": ":", "linewidths": 0.5})):
            ends = [real + beyond * (real - fake), fake + beyond * (fake - real)]
            ax.add_collection(LineCollection(np.stack(ends, axis=1), colors=PALETTE["grey"], **look))
        ax.plot(*real.T, "o", color=PALETTE["real"], markersize=5, label="real")
        ax.plot(*fake.T, "^", color=PALETTE["generated"], markersize=5, label="generated")
        ax.plot(*mixed.T, "D", color=PALETTE["third"], markersize=4, label="mixture")
        ax.set(title=name, aspect="equal", xlabel="$x_1$", ylabel="$x_2$", xlim=(-limit, limit), ylim=(-limit, limit))
        ax.label_outer()
    figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=3)
    return figure


def plot_agreement(
    differences: Float[Array, "n"], gradients: Mapping[str, Float[Array, "n"]], *, ax: Axes | None = None
) -> Axes:
    """What autograd says of each parameter over what finite differences say; on the dotted line they agree."""
    differences = as_numpy(differences)
    ax = new_axes(ax, (6.0, 3.6))
    for (name, found), color, mark in zip(gradients.items(), CYCLE, MARKERS, strict=False):
        ax.plot(differences, as_numpy(found), mark, color=color, alpha=0.8, markersize=6, label=name)
    ends = [differences.min(), differences.max()]
    ax.plot(ends, ends, ":", color=PALETTE["grey"], linewidth=1.2)
    ax.set(xlabel="by finite differences", ylabel="by autograd")
    legend_above(ax)
    return ax


def plot_two_point_values(distance: Number, weights: Sequence[Number], *, ax: Axes | None = None) -> Axes:
    r"""$ts - w(s-1)^2$ over the slope s for each weight w, a dot at its top $(1 + t/2w,\; t + t^2/4w)$."""
    ax = new_axes(ax, (7.0, 3.6))
    slopes = np.linspace(0, 7, 400)
    for k, weight in enumerate(weights):
        color, dash = CYCLE[k % 6], DASHES[k % 6]
        ax.plot(slopes, distance * slopes - weight * (slopes - 1) ** 2, dash, color=color, label=f"w = {weight:g}")
        top = 1 + distance / (2 * weight), distance + distance**2 / (4 * weight)
        ax.plot(*top, "o", color=color, markersize=8)
    ax.axhline(distance, color=PALETTE["grey"], linewidth=1, linestyle=":", label="$W_1$")
    ax.set(xlabel="slope of the critic", ylabel="what it maximises", xlim=(0, 7), ylim=(-2, 4.2))
    legend_above(ax)
    return ax


def plot_penalty_weight(exponent: Number, distance: Number, cloud: str) -> Figure:
    r"""A critic at the top of its penalised objective with weight $w = 10^e$: its level lines and its slopes; beside
    them the exact slope $1 + t/2w$ for two points t apart, over w."""
    weight = 10.0**exponent
    real, fake = _clouds(cloud)
    critic = climb_penalized(real, fake, weight)
    figure, (left, middle, right) = plt.subplots(1, 3, figsize=(11.0, 3.7), layout="constrained")
    plot_level_lines(critic, real, fake, limit=2.2, spacing=0.3, near=critic.mixtures, ax=left)
    left.set_title(f"penalty weight {weight:.3g}")
    bars = {"bins": np.linspace(0, 8, 41), "stat": "proportion", "color": PALETTE["third"], "alpha": 0.8}
    sns.histplot(x=critic.slopes.clip(0, 7.9), linewidth=0, ax=middle, **bars)
    middle.axvline(1, color=PALETTE["grey"], linewidth=1.2, linestyle="--", label="asked for: 1")
    mean = critic.slopes.mean()
    middle.axvline(mean, color=PALETTE["generated"], linewidth=1.6, label=f"mean: {mean:.2f}")
    middle.set(xlabel="slope at the mixtures (last bar: 8 or more)", ylabel="share of the mixtures")
    middle.set(xlim=(0, 8), ylim=(0, 1))
    legend_above(middle, columns=1)
    weights = 10 ** np.linspace(-1, 2, 121)
    right.plot(weights, 1 + distance / (2 * weights), color=PALETTE["real"], label=f"$1 + t/2w$ at t = {distance:g}")
    slope = 1 + distance / (2 * weight)
    right.plot(weight, slope, "o", color=PALETTE["generated"], markersize=9, label=f"slope {slope:.3g}")
    right.set(xscale="log", yscale="log", xlim=(0.09, 110), ylim=(0.9, 25), xlabel="penalty weight w")
    right.set_yticks([1, 2, 5, 10, 20], ["1", "2", "5", "10", "20"])
    right.set_ylabel("best slope, two points")
    legend_above(right, columns=1)
    return figure


CLOUDS = {"8 Gaussians": (ring, 0.3), "25 Gaussians": (grid, 0.5), "Swiss roll": (swiss_roll, 0.5)}


def _clouds(name: str, n: int = 400) -> tuple[torch.Tensor, torch.Tensor]:
    """Real points of a set at unit scale, and a round cloud in its middle that stands for the generator's."""
    if name not in CLOUDS:
        raise ValueError(f"expected one of {tuple(CLOUDS)}, got {name!r}.")
    make, std = CLOUDS[name]
    random = torch.Generator().manual_seed(0)
    return make().standardized().sample(n, random), std * torch.randn(n, 2, generator=random)


# ------------------------------------------------------------------------------------------ during training


def plot_estimates(table: pd.DataFrame, *, floor: Number | None = None) -> Figure:
    """A panel a setting, over the generator's steps: the critic's estimate (dots, a shape a seed) and the exact W1 of
    the same points (the mean over seeds, in a band from the lowest to the highest).

    `table` has the columns weight, critic_steps, seed, step, estimate, w1; `floor` is W1 real against real.
    """
    settings = list(table.groupby(["weight", "critic_steps"]))
    markers = {seed: MARKERS[k % len(MARKERS)] for k, seed in enumerate(table["seed"].unique())}
    size = {"figsize": (2.7 * len(settings), 3.5), "sharey": True, "squeeze": False, "layout": "constrained"}
    figure, axes = plt.subplots(1, len(settings), **size)
    for ax, ((weight, critic_steps), rows) in zip(axes[0], settings, strict=True):
        ax.axhline(0, color=PALETTE["grey"], linewidth=0.8)
        exact = {"y": "w1", "color": PALETTE["real"], "label": "exact $W_1$, mean and range of the seeds"}
        sns.lineplot(rows, x="step", errorbar=("pi", 100), err_kws=BAND, legend=False, ax=ax, **exact)
        estimates = {"y": "estimate", "color": PALETTE["generated"], "label": "the critic's estimate, a shape a seed"}
        sns.scatterplot(rows, x="step", style="seed", markers=markers, legend=False, ax=ax, **estimates)
        if floor is not None:
            ax.axhline(floor, color=PALETTE["real"], linewidth=1, linestyle=":", label="exact, real against real")
        ax.set_title(f"w = {weight:g}, {critic_steps} critic steps", fontsize=10)
        ax.set(xscale="log", xlabel="generator step", ylabel="distance")
        ax.set_yscale("symlog", linthresh=1)
        ax.set_yticks([-1, 0, 1, 2, 5, 10], ["-1", "0", "1", "2", "5", "10"])
        ax.label_outer()
    figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=3)
    return figure
