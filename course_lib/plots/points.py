"""Figures of samples in the plane: clouds over modes, and how they move while a generator learns."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import pandas as pd
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from course_lib.plots.base import CYCLE, PALETTE, Array, Number, array, new_axes

__all__ = ["plot_points", "plot_points_over_time", "plot_spread_and_quality"]

MARKERS = "osD^vX"


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
        x, y = array(real).T
        ax.plot(x, y, ".", markersize=2.5, color=PALETTE["real"], alpha=0.35, label="real")
    if centers is not None:
        x, y = array(centers).T
        ax.plot(x, y, "o", markersize=11, markerfacecolor="none", color=PALETTE["real"], label="modes")
    x, y = array(samples).T
    ax.plot(x, y, ".", markersize=3, color=PALETTE["generated"], alpha=0.5, label=label)
    if limit is None:
        shown = [array(part) for part in (samples, real, centers) if part is not None]
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
    parts = [array(part) for part in (*clouds.values(), real, centers) if part is not None]
    limit = limit or 1.1 * float(max(abs(part).max() for part in parts))
    figure, panels = plt.subplots(
        1, len(clouds), figsize=(2.6 * len(clouds), 3.5), sharex=True, sharey=True, squeeze=False, layout="constrained"
    )
    for ax, (name, cloud) in zip(panels[0], clouds.items(), strict=True):
        plot_points(cloud, real=real, centers=centers, limit=limit, ax=ax)
        ax.set_title(name)
        ax.label_outer()
    handles, labels = panels[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=3, markerscale=1.5)
    return figure


def plot_spread_and_quality(runs: pd.DataFrame, methods: Sequence[str], *, perfect: str = "perfect sampler") -> Figure:
    """Each run of a bench as a dot: how wide it made the modes, and which share of its samples lies on them.

    A panel a distribution. `runs` has the columns of `data/toy_modes.csv`; `methods` (at most 6) are drawn in colour,
    the others in grey, and the perfect sampler as a cross in the middle of the band of right widths, 0.9 to 1.1.
    """
    places = list(dict.fromkeys(runs["distribution"]))
    figure, axes = plt.subplots(1, len(places), figsize=(9.0, 4.2), sharey=True, squeeze=False, layout="constrained")
    for ax, place in zip(axes[0], places, strict=True):
        here = runs[runs["distribution"] == place].set_index("method")
        ax.axvspan(0.9, 1.1, color=PALETTE["grey"], alpha=0.12, linewidth=0)
        other = here.drop(index=[perfect, *methods])
        ax.plot(other["spread"], other["high_quality"], ".", color=PALETTE["grey"], alpha=0.5, label="other methods")
        for i, method in enumerate(methods):
            own = here.loc[[method]]
            ax.plot(own["spread"], own["high_quality"], MARKERS[i], color=CYCLE[i], alpha=0.8, label=method)
        ideal = here.loc[[perfect]].mean(numeric_only=True)
        ax.plot(ideal["spread"], ideal["high_quality"], "k+", markersize=14, markeredgewidth=2, label=perfect)
        ax.set(title=place, xlabel="spread within the modes (1 is right)", ylim=(-0.03, 1.06))
    axes[0, 0].set_ylabel("share of samples on a mode")
    handles, labels = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper left", ncols=2)
    return figure
