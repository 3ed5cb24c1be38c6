"""Figures of how training moves: the Dirac-GAN itself, its phase portraits with paths, and eigenvalues."""

from collections.abc import Callable, Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from jaxtyping import Complex128, Float64
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy import ndarray

from course_lib.arrays import Number
from course_lib.dirac import DiracGAN
from course_lib.plots.base import CYCLE, DASHES, PALETTE, legend_above, new_axes

STEPS_A_PRESS = 10


def plot_dirac_game(states: Sequence[tuple[Number, Number]]) -> Figure:
    r"""The minimax game at each state $(\theta, \psi)$: the two points, the line $D(x) = \psi x$, and where both go.

    The arrows have the signs of the game's field: one along the axis for $\theta$, one at the line's end for $\psi$.
    """
    figure, axes = plt.subplots(
        1, len(states), figsize=(4.3 * len(states), 2.8), sharey=True, squeeze=False, layout="constrained"
    )
    across = np.array([-1.7, 1.7])
    for ax, (theta, psi) in zip(axes.flat, states, strict=True):
        forward, upward = np.sign(DiracGAN("minimax").field(theta, psi))
        ax.axhline(0, color=PALETTE["grey"], linewidth=1)
        ax.plot(across, psi * across, color=CYCLE[2], linestyle="--", label=r"$D(x) = \psi x$")
        ax.plot(0, 0, "P", color=PALETTE["real"], markersize=10, markeredgecolor="white", label="real point", zorder=4)
        ax.plot(theta, 0, "o", color=PALETTE["generated"], markersize=9, label=r"generated point $\theta$", zorder=4)
        for start, move, colour in (
            ((theta, 0.0), (0.55 * forward, 0.0), PALETTE["generated"]),
            ((1.6, 1.6 * psi), (0.0, 0.5 * upward), CYCLE[2]),
        ):
            end = (start[0] + move[0], start[1] + move[1])
            ax.annotate("", end, start, arrowprops={"arrowstyle": "-|>", "color": colour, "linewidth": 2})
        ax.set(xlabel="x", xlim=(-1.8, 1.8), ylim=(-1.4, 1.4))
        ax.set_title(rf"$\theta = {theta:g},\ \psi = {psi:g}$", loc="left")
    axes[0, 0].set_ylabel("logit D(x)")
    figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside upper center", ncols=3)
    return figure


def plot_phase_portrait(
    game: DiracGAN,
    paths: Mapping[str, Float64[ndarray, "points 2"]] | None = None,
    *,
    field: Callable[[ndarray, ndarray], tuple[ndarray, ndarray]] | None = None,
    limit: Number = 1.7,
    arrows: int = 17,
    ax: Axes | None = None,
) -> Axes:
    """Where the game's field points (`arrows` of one length on a side), its goal (a cross), and paths from their dots
    to their ends. A `field` given is drawn in place of the game's own: of paths that follow another."""
    ax = new_axes(ax, (4.6, 4.4))
    across, up = np.meshgrid(*[np.linspace(-limit, limit, arrows)] * 2)
    forward, upward = (field or game.field)(across, up)
    speed = np.hypot(forward, upward)
    speed[speed == 0] = 1
    style = {"color": PALETTE["grey"], "alpha": 0.45, "pivot": "mid", "width": 0.07 / arrows, "scale": 1.4 * arrows}
    ax.quiver(across, up, forward / speed, upward / speed, **style)
    if game.method == "wgan_clip":
        for edge in (-game.clip, game.clip):
            ax.axhline(edge, color=PALETTE["grey"], linewidth=1, linestyle=":")
    for i, (name, path) in enumerate((paths or {}).items()):
        ax.plot(*path.T, color=CYCLE[(i + 1) % 6], linestyle=DASHES[i % 6], linewidth=1.3, label=name)
        ax.plot(*path[0], "o", color=CYCLE[(i + 1) % 6], markersize=6)
    ax.plot(0, 0, "P", color=PALETTE["real"], markersize=9, markeredgecolor="white", zorder=4)
    ax.set(xlabel=r"generator's point $\theta$", ylabel=r"discriminator's slope $\psi$")
    ax.set(xlim=(-limit, limit), ylim=(-limit, limit), aspect="equal")
    ax.grid(False)
    if len(paths or {}) > 1:
        legend_above(ax, columns=2)
    return ax


def plot_portraits(
    games: Mapping[str, DiracGAN], paths: Mapping[str, Float64[ndarray, "points 2"]], *, limit: Number = 1.7
) -> Figure:
    """A phase portrait with its path for every game (at most 8), four in a row."""
    if not 1 <= len(games) <= 8:
        raise ValueError(f"plot_portraits: expected 1 to 8 games, got {len(games)}.")
    rows = -(-len(games) // 4)
    size = {"figsize": (10.5, 2.9 * rows), "layout": "constrained"}
    figure, axes = plt.subplots(rows, 4, sharex=True, sharey=True, squeeze=False, **size)
    for i, ax in enumerate(axes.flat):
        if i >= len(games):
            ax.set_axis_off()
            continue
        name = list(games)[i]
        plot_phase_portrait(games[name], {name: paths[name]}, limit=limit, arrows=13, ax=ax)
        ax.set(title=name, xlabel="", ylabel="")
    figure.supxlabel(r"generator's point $\theta$", fontsize=10.5)
    figure.supylabel(r"discriminator's slope $\psi$", fontsize=10.5)
    return figure


def plot_dirac_steps(method: str, theta: Number, psi: Number, size: Number, presses: int) -> Figure:
    """Ten alternating steps a press from (theta, psi): the path in the phase portrait, and the distance from the goal
    after each step."""
    game = DiracGAN(method)
    path = game.path((theta, psi), STEPS_A_PRESS * presses, size)
    figure, (left, right) = plt.subplots(
        1, 2, figsize=(9.0, 3.9), width_ratios=(1, 1.15), layout="constrained", squeeze=True
    )
    plot_phase_portrait(game, {"path": path}, limit=2.2, ax=left)
    left.plot(*path[-1], "s", color=CYCLE[1], markersize=7, markeredgecolor="white")
    distance = np.hypot(*path.T)
    right.plot(np.arange(len(path)), distance, ".-", color=CYCLE[1], markersize=3, linewidth=1)
    right.set(xlabel="step", ylabel="distance from the goal", xlim=(0, max(100, len(path) - 1)), ylim=(0, 3.2))
    right.set_title(f"after {len(path) - 1} steps: {distance[-1]:.3f}", loc="left")
    return figure


def plot_eigenvalues(
    eigenvalues: Mapping[str, Complex128[ndarray, "2"]], *, size: Number | None = None, ax: Axes | None = None
) -> Axes:
    r"""Pairs of eigenvalues $\lambda$ in the complex plane: left of the axis the flow is drawn in.

    With `size`, the disc $\lvert 1 + h\lambda\rvert < 1$ in which *simultaneous steps* of that size are drawn in, too.
    """
    ax = new_axes(ax, (6.4, 4.4))
    ax.axvspan(-3, 0, color=PALETTE["third"], alpha=0.1, linewidth=0)
    ax.axvline(0, color=PALETTE["grey"], linewidth=1)
    if size is not None:
        turn = np.linspace(0, 2 * np.pi, 200)
        disc = {"color": PALETTE["grey"], "linewidth": 1, "linestyle": "--"}
        ax.plot((np.cos(turn) - 1) / size, np.sin(turn) / size, label=f"steps of {size}", **disc)
    for i, (name, pair) in enumerate(eigenvalues.items()):
        style = {"color": CYCLE[i % 6], "markersize": 13 - 2 * (i % 4), "markerfacecolor": "none", "markeredgewidth": 2}
        ax.plot(pair.real, pair.imag, "osD^vP"[i % 6], label=name, **style)
    ax.set(xlabel="real part", ylabel="imaginary part", xlim=(-1.2, 0.4), ylim=(-1.3, 1.3))
    ax.legend(loc="center left", bbox_to_anchor=(1.02, 0.5))
    return ax
