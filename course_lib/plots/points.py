"""Figures of samples in the plane: clouds over modes, and how they move while a generator learns."""

from collections.abc import Mapping

import matplotlib.pyplot as plt
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from course_lib.arrays import Array, Number, as_numpy
from course_lib.plots.base import PALETTE, new_axes

__all__ = ["plot_points", "plot_points_over_time"]


def plot_points(
    samples: Float[Array, "n 2"],
    *,
    real: Float[Array, "m 2"] | None = None,
    centers: Float[Array, "modes 2"] | None = None,
    limit: Number | None = None,
    label: str = "generated",
    ax: Axes | None = None,
) -> Axes:
    """Samples as dots, over the real ones (pale) and the modes' centres (rings) where they are given.

    `limit` is the half width of the window, which is square and around 0.
    """
    ax = new_axes(ax, (4.0, 4.0))
    if real is not None:
        x, y = as_numpy(real).T
        ax.plot(x, y, ".", markersize=2.5, color=PALETTE["real"], alpha=0.35, label="real")
    if centers is not None:
        x, y = as_numpy(centers).T
        ax.plot(x, y, "o", markersize=11, markerfacecolor="none", color=PALETTE["real"], label="modes")
    x, y = as_numpy(samples).T
    ax.plot(x, y, ".", markersize=3, color=PALETTE["generated"], alpha=0.5, label=label)
    if limit is None:
        shown = [as_numpy(part) for part in (samples, real, centers) if part is not None]
        limit = 1.1 * float(max(abs(part).max() for part in shown))
    ax.set(xlim=(-limit, limit), ylim=(-limit, limit), aspect="equal", xlabel="$x_1$", ylabel="$x_2$")
    return ax


def plot_points_over_time(
    clouds: Mapping[str, Float[Array, "n 2"]],
    *,
    real: Float[Array, "m 2"] | None = None,
    centers: Float[Array, "modes 2"] | None = None,
    limit: Number | None = None,
) -> Figure:
    """One panel a cloud, in the order given, with its name above; the same window for all."""
    parts = [as_numpy(part) for part in (*clouds.values(), real, centers) if part is not None]
    limit = limit or 1.1 * float(max(abs(part).max() for part in parts))
    figure, panels = plt.subplots(
        1, len(clouds), figsize=(2.6 * len(clouds), 3.5), sharex=True, sharey=True, squeeze=False, layout="constrained"
    )
    for ax, (name, cloud) in zip(panels[0], clouds.items(), strict=True):
        plot_points(cloud, real=real, centers=centers, limit=limit, ax=ax)
        ax.set_title(name)
        ax.label_outer()
    handles, labels = panels[0, 0].get_legend_handles_labels()
    legend = figure.legend(handles, labels, loc="outside lower center", ncols=3)
    for handle in legend.legend_handles:
        handle.set(alpha=1, markersize=9)  # the dots of a cloud are too small and too pale to name a colour
    return figure
