"""Figures of samples of one number, and of runs that were repeated with other seeds.

One idea: an average is drawn together with what it is the average of. seaborn does the binning, the averaging and the
bands.
"""

from collections.abc import Callable, Mapping

import pandas as pd
import seaborn as sns
from jaxtyping import Float
from matplotlib.axes import Axes
from numpy import ndarray

from course_lib.arrays import Array, as_numpy
from course_lib.plots.base import CYCLE, DASHES, legend_above, new_axes

__all__ = ["plot_histograms", "plot_means"]

# of every band around a line; without a name, so that a legend that names the lines in order does not count it
BAND = {"alpha": 0.18, "label": "_nolegend_"}


def plot_histograms(
    samples: Mapping[str, Float[Array, "..."]],
    *,
    bins: Float[ndarray, " edges"],
    xlabel: str,
    ax: Axes | None = None,
) -> Axes:
    """The density of each sample (at most 6) over common bins: the first filled, the others as dashed outlines."""
    ax = new_axes(ax)
    for i, (name, sample) in enumerate(samples.items()):
        if i == 0:
            style = {"alpha": 0.45, "linewidth": 0}
        else:
            style = {"facecolor": "none", "linewidth": 2, "linestyle": DASHES[i]}
        x = as_numpy(sample).ravel()
        sns.histplot(x=x, bins=bins, stat="density", element="step", color=CYCLE[i], label=name, ax=ax, **style)
    ax.set(xlabel=xlabel, ylabel="density", xlim=(bins[0], bins[-1]))
    legend_above(ax)
    return ax


def plot_means(
    table: pd.DataFrame,
    *,
    xlabel: str,
    ylabel: str,
    estimator: str | Callable[[pd.Series], float] = "mean",
    ax: Axes | None = None,
) -> Axes:
    """The mean of each column (at most 6) at each value of the index, in a band from its lowest to its highest run.

    Rows that have the same index are repetitions (seeds, say). The band is the whole range, since of the three or five
    runs that there usually are a bootstrap interval would be too narrow. Another `estimator`, as seaborn takes it, is
    drawn in place of the mean.
    """
    ax = new_axes(ax)
    for i, name in enumerate(table.columns):
        sns.lineplot(
            x=table.index,
            y=table[name].to_numpy(),
            estimator=estimator,
            errorbar=("pi", 100),
            err_kws=BAND,
            color=CYCLE[i % 6],
            linestyle=DASHES[i % 6],
            label=name,
            legend=False,
            ax=ax,
        )
    ax.set(xlabel=xlabel, ylabel=ylabel, xlim=(table.index.min(), table.index.max()))
    legend_above(ax)
    return ax
