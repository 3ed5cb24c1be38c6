"""Figures of optimal transport: piles, plans, potentials and the gap between the two problems.

One idea in all of them: the source is blue and stands up, the target is orange and hangs down (or runs along the top),
and a plan lies between them.
"""

from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np
import seaborn as sns
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch
from numpy import ndarray

from course_lib.arrays import Array, Number, as_numpy
from course_lib.classroom.demos import TransportGame, transport_game
from course_lib.plots.base import CYCLE, DASHES, PALETTE, legend_above, new_axes

SOURCE, TARGET, PLAN = PALETTE["real"], PALETTE["generated"], PALETTE["third"]
# white to nearly black through the plan's green, so that it reads in greyscale too
SHADES = LinearSegmentedColormap.from_list("plan", ["#ffffff", "#bfe5d8", PLAN, "#003d2e"])
STEEP = "#B00000"  # a potential that bounds nothing
EDGE = 1e-12  # less mass than this is none


# ---------------------------------------------------------------------------------------------------- plans


def plot_moves(
    x: Float[Array, "n"],
    a: Float[Array, "n"],
    y: Float[Array, "m"],
    b: Float[Array, "m"],
    plan: Float[Array, "n m"],
    *,
    unit: str = "",
    ax: Axes | None = None,
) -> Axes:
    """Piles at x stand up, holes at y hang down, and an arrow for each move of the plan is as thick as its mass."""
    ax = new_axes(ax, (9.0, 2.8))
    x, a, y, b, plan = (as_numpy(value) for value in (x, a, y, b, plan))
    width = 0.035 * (max(x.max(), y.max()) - min(x.min(), y.min()) or 1)
    ax.bar(x, a, width, bottom=0.25, color=SOURCE, label="piles")
    ax.bar(y, -b, width, bottom=-0.25, color=TARGET, hatch="//", edgecolor="white", label="holes")
    for i, j in np.argwhere(plan > EDGE):
        arrow = FancyArrowPatch(
            (x[i], 0.23),
            (y[j], -0.23),
            arrowstyle="-|>",
            mutation_scale=12,
            linewidth=1 + 6 * plan[i, j],
            color=PALETTE["grey"],
            alpha=0.75,
            shrinkA=0,
            shrinkB=0,
        )
        ax.add_patch(arrow)
    ticks = np.array([-0.5, 0, 0.5])
    ax.set(
        xlabel=f"place ({unit})" if unit else "place",
        ylabel="mass",
        ylim=(-0.3 - b.max() * 1.1, 0.3 + a.max() * 1.1),
    )
    ax.set_yticks(ticks + 0.25 * np.sign(ticks), [f"{abs(tick):g}" for tick in ticks])
    legend_above(ax)
    return ax


def _plan_panels(figure: Figure, place: object) -> tuple[Axes, Axes, Axes]:
    """The axes of a plan, of the source's masses left of it, and of the target's masses above it."""
    grid = place.subgridspec(2, 2, width_ratios=(1, 4), height_ratios=(1, 4), wspace=0.04, hspace=0.04)
    middle = figure.add_subplot(grid[1, 1])
    return middle, figure.add_subplot(grid[1, 0]), figure.add_subplot(grid[0, 1])


def _label_places(axis: Axis, places: ndarray) -> None:
    """The places at the rows or columns of a plan, at most nine of them: more do not fit beside each other."""
    step = max(1, int(np.ceil(len(places) / 9)))
    axis.set_ticks(np.arange(len(places))[::step], [f"{place:g}" for place in places[::step]])


def _draw_plan(
    panels: tuple[Axes, Axes, Axes],
    plan: ndarray,
    x: ndarray,
    y: ndarray,
    *,
    unit: str,
    top: Number | None = None,
    mass_top: Number | None = None,
) -> None:
    """Heatmap over places with both marginals: rows go to the left bars, columns to the bars above."""
    middle, left, above = panels
    a, b = plan.sum(axis=1), plan.sum(axis=0)
    mass_top = mass_top or 1.1 * max(a.max(), b.max())
    middle.pcolormesh(
        np.arange(len(y) + 1) - 0.5, np.arange(len(x) + 1) - 0.5, plan, cmap=SHADES, vmin=0, vmax=top or plan.max()
    )
    left.barh(np.arange(len(x)), a, 0.8, color=SOURCE)
    above.bar(np.arange(len(y)), b, 0.8, color=TARGET, hatch="//" if len(y) < 15 else None, edgecolor="white")
    left.set(xlim=(mass_top, 0), ylim=middle.get_ylim(), ylabel=f"from place x{unit}", xlabel="mass")
    above.set(ylim=(0, mass_top), xlim=middle.get_xlim(), ylabel="mass")
    middle.set(xlabel=f"to place y{unit}")
    _label_places(left.yaxis, x)
    _label_places(middle.xaxis, y)
    above.tick_params(labelbottom=False)
    above.set_xticks(middle.get_xticks())
    middle.set_yticks(left.get_yticks())
    middle.tick_params(labelleft=False)
    for ax in panels:
        ax.grid(False)
    for axis in (left.xaxis, above.yaxis):
        axis.set_major_locator(plt.MaxNLocator(2))


def plot_transport_plan(
    plan: Float[Array, "n m"], x: Float[Array, "n"], y: Float[Array, "m"], *, unit: str = ""
) -> Figure:
    """A plan as a heatmap, the darker the more mass goes from x to y, with its row sums and its column sums as bars."""
    plan, x, y = (as_numpy(value) for value in (plan, x, y))
    figure = plt.figure(figsize=(5.6, 4.6), layout="constrained")
    _draw_plan(_plan_panels(figure, figure.add_gridspec(1, 1)[0]), plan, x, y, unit=f" ({unit})" if unit else "")
    return figure


def plot_transport_plans(
    plans: Mapping[str, Float[Array, "n m"]], x: Float[Array, "n"], y: Float[Array, "m"]
) -> Figure:
    """Several plans between the same piles side by side, in one scale of shades, with their names above."""
    x, y = as_numpy(x), as_numpy(y)
    top = max(as_numpy(plan).max() for plan in plans.values())
    figure, panels = plt.subplots(
        1, len(plans), figsize=(3.0 * len(plans), 3.5), sharey=True, squeeze=False, layout="constrained"
    )
    for ax, (name, plan) in zip(panels[0], plans.items(), strict=True):
        edges = np.arange(len(y) + 1) - 0.5, np.arange(len(x) + 1) - 0.5
        ax.pcolormesh(*edges, as_numpy(plan), cmap=SHADES, vmin=0, vmax=top)
        _label_places(ax.yaxis, x)
        _label_places(ax.xaxis, y)
        ax.set(title=name, xlabel="to place y")
        ax.set_box_aspect(len(x) / len(y))
        ax.grid(False)
    panels[0, 0].set_ylabel("from place x")
    return figure


# ---------------------------------------------------------------------------------------------- on the line


def plot_cdf_area(x: Float[Array, "n"], y: Float[Array, "m"], *, unit: str = "") -> Figure:
    """The area between two distribution functions, sliced upright over places and level over quantiles."""
    x, y = np.sort(as_numpy(x)), np.sort(as_numpy(y))
    figure, (upright, level) = plt.subplots(1, 2, figsize=(9.0, 3.4), sharex=True, sharey=True, layout="constrained")
    places = np.union1d(x, y)
    room = 0.04 * (places[-1] - places[0] or 1)
    below = [np.searchsorted(sample, places, side="right") / len(sample) for sample in (x, y)]
    upright.fill_between(places, *below, step="post", color=PLAN, alpha=0.3, linewidth=0)
    upright.vlines(places[:-1], below[0][:-1], below[1][:-1], color=PLAN, linewidth=1)
    levels = np.union1d(np.arange(1, len(x) + 1) / len(x), np.arange(1, len(y) + 1) / len(y))
    middles = levels - np.diff(levels, prepend=0) / 2
    ends = [sample[(middles * len(sample)).astype(int)] for sample in (x, y)]
    level.barh(
        middles,
        ends[1] - ends[0],
        np.diff(levels, prepend=0),
        left=ends[0],
        color=PLAN,
        alpha=0.3,
        edgecolor=PLAN,
        linewidth=1,
    )
    for ax, text in ((upright, "upright slices: |F - G| dx"), (level, "level slices: |F⁻¹ - G⁻¹| dt")):
        for sample, colour, dash, name in ((x, SOURCE, "-", "F"), (y, TARGET, "--", "G")):
            sns.ecdfplot(x=sample, color=colour, linestyle=dash, linewidth=2, label=name, legend=False, ax=ax)
        ax.set(title=text, xlabel=f"place ({unit})" if unit else "place", ylim=(0, 1.02))
        ax.set_xlim(places[0] - room, places[-1] + room)
    upright.set_ylabel("share at or below")
    level.set_ylabel("")
    upright.legend(loc="upper left")
    return figure


def plot_c_transform(
    places: Float[Array, "k"], y: Float[Array, "m"], prices: Float[Array, "m"], *, ax: Axes | None = None
) -> Axes:
    r"""The cones $|x - y_j| - \psi_j$, one a hole, and their lower envelope: the highest price a pile can ask."""
    ax = new_axes(ax)
    places, y, prices = (as_numpy(value) for value in (places, y, prices))
    cones = np.abs(places[:, None] - y) - prices
    for j, cone in enumerate(cones.T):
        name = r"cones $|x - y_j| - \psi_j$" if j == 0 else None
        ax.plot(places, cone, color=PALETTE["grey"], linewidth=0.8, linestyle=":", label=name)
    lowest = cones.min(axis=1)
    ax.plot(places, lowest, color=PLAN, linewidth=2.5, label=r"$f(x)$, the lowest of them")
    ax.plot(y, -prices, "v", color=TARGET, label=r"tips $(y_j, -\psi_j)$")
    room = 0.25 * (lowest.max() - lowest.min() or 1)
    ax.set(xlabel="place x", ylabel="price", ylim=(min(lowest.min(), (-prices).min()) - room, lowest.max() + 2 * room))
    legend_above(ax)
    return ax


def plot_potentials(
    places: Float[Array, "k"],
    potentials: Mapping[str, Float[Array, "k"]],
    *,
    x: Float[Array, "n"] | None = None,
    y: Float[Array, "m"] | None = None,
    at: Number = 0.0,
    ax: Axes | None = None,
) -> Axes:
    """Potentials over the line, each shifted to be 0 at the place `at`; the samples x and y as ticks below them."""
    ax = new_axes(ax)
    places = as_numpy(places)
    low = np.inf
    for i, (name, values) in enumerate(potentials.items()):
        values = as_numpy(values) - np.interp(at, places, as_numpy(values))
        low = min(low, values.min())
        ax.plot(places, values, color=[PLAN, *CYCLE[3:]][i % 4], linestyle=DASHES[i % 6], linewidth=2, label=name)
    for row, (sample, colour, name) in enumerate(((x, SOURCE, "source"), (y, TARGET, "target"))):
        if sample is not None:
            height = np.full(len(sample), low - 0.25 - 0.25 * row)
            ax.plot(as_numpy(sample), height, "|", color=colour, markersize=9, label=name)
    ax.set(xlabel="place x", ylabel="potential f", xlim=(places[0], places[-1]))
    legend_above(ax)
    return ax


# ----------------------------------------------------------------------------------------- samples that flow


def plot_flows(paths: Mapping[str, Float[Array, "steps n"]], target: Float[Array, "m"]) -> Figure:
    """The places of n samples over the steps, a line for each of them and a panel for each way to flow.

    The target's places are ticks at the right edge of each panel.
    """
    figure, panels = plt.subplots(
        1, len(paths), figsize=(4.5 * len(paths), 3.6), sharey=True, squeeze=False, layout="constrained"
    )
    target = as_numpy(target)
    for ax, (name, path) in zip(panels[0], paths.items(), strict=True):
        path = as_numpy(path)
        steps = len(path) - 1
        ax.plot(np.arange(steps + 1), path, color=TARGET, linewidth=0.9)
        ax.plot(np.full(len(target), 1.03 * steps), target, "_", color=SOURCE, markersize=11)
        ax.set(title=name, xlabel="step", xlim=(0, 1.06 * steps))
    panels[0, 0].set_ylabel("place")
    return figure


# ----------------------------------------------------------------------------------------- the gap, by hand


def plot_transport_game(
    shift: Number = 0.6, spread: Number = 1.4, mix: Number = 0.5, peak: Number = -1.0, slope: Number = 0.7
) -> Figure:
    """The plan on the left; piles, potential, and what the two say about the distance on the right (`transport_game`).

    The cost of the plan comes from above, the value of the potential from below, and the distance lies between them. A
    potential that is steeper than 1 is drawn dashed and red: its value is no bound.
    """
    game = transport_game(shift, spread, mix, peak, slope)
    figure = plt.figure(figsize=(10.5, 5.4), layout="constrained")
    left, right = figure.add_gridspec(1, 2, width_ratios=(1, 1.05))
    panels = _plan_panels(figure, left)
    _draw_plan(panels, game.plan, game.places, game.places, unit="", top=0.05, mass_top=0.22)
    panels[0].plot([0, 40], [0, 40], color=PALETTE["grey"], linewidth=0.8, linestyle=":")
    upper, middle, lower = right.subgridspec(3, 1, height_ratios=(1.2, 1.3, 0.9)).subplots()
    _draw_piles(upper, game)
    _draw_tent(middle, game, peak, slope)
    _draw_bounds(lower, game, slope)
    return figure


def _draw_piles(ax: Axes, game: TransportGame) -> None:
    ax.bar(game.places, game.source, 0.17, color=SOURCE, label="source")
    ax.bar(game.places, -game.target, 0.17, color=TARGET, label="target")
    ax.set(ylim=(-0.23, 0.23), xlim=(-4.2, 4.2), ylabel="mass")
    ax.set_yticks([-0.2, 0, 0.2], ["0.2", "0", "0.2"])
    ax.tick_params(labelbottom=False)
    ax.legend(loc="upper left", fontsize="small")


def _draw_tent(ax: Axes, game: TransportGame, peak: Number, slope: Number) -> None:
    color, dash, note = PLAN, "-", f"slope {slope:g}"
    if slope > 1:
        color, dash, note = STEEP, "--", f"slope {slope:g}: steeper than 1, so no bound"
    ax.plot(game.places, game.potential, color=color, linestyle=dash, linewidth=2.5)
    ax.plot(peak, 0, "o", color=color)
    ax.text(-4, 0.9, note, color=color)
    ax.set(xlim=(-4.2, 4.2), ylim=(-9.6, 2.6), xlabel="place", ylabel="potential f")


def _draw_bounds(ax: Axes, game: TransportGame, slope: Number) -> None:
    """The cost of the plan above the line, the value of the potential below it, and the distance between the two."""
    for height, value, marker, color, name in (
        (0.32, game.cost, "<", PALETTE["grey"], "cost of the plan"),
        (-0.32, game.dual, ">", PLAN if slope <= 1 else STEEP, "value of the potential"),
    ):
        ax.text(-4.35, height, f"{name}  {value:.3f}", va="center", color=color)
        ax.plot([game.exact, value], [height, height], color=color, linewidth=5, alpha=0.45, solid_capstyle="butt")
        ax.plot(value, height, marker, color=color, markersize=10)
    ax.axvline(game.exact, color="black", linewidth=1.2)
    ax.text(game.exact, 0.82, f"$W_1$ = {game.exact:.3f}", ha="center")
    gap = game.cost - game.dual
    if slope > 1:
        note = "no bound"
    elif gap < 1e-9:
        note = "gap 0: both are best"
    else:
        note = f"gap {gap:.3f}"
    ax.text(3, -0.86, note, ha="right", weight="bold")
    ax.set(xlim=(-4.4, 3), ylim=(-1.05, 0.75), yticks=[], xlabel="cost: mass times distance")
    ax.set_xticks([-1, 0, 1, 2, 3])
    ax.spines["left"].set_visible(False)
