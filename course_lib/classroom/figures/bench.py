"""The figure of the bench of ring and grid, for notebooks 03 and 06: methods beside each other, with their uncertainty.

One idea: a row a method, a dot a seed, and over the dots the mean with its 95 % interval; dotted lines where the
distributions' own samples lie.
"""

from collections.abc import Sequence

import matplotlib.pyplot as plt
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from course_lib.classroom.results import mean_interval
from course_lib.plots.base import PALETTE

PANELS = {  # column -> what stands below its panel, and where the panel ends
    "modes found": ("modes found, share", (-0.03, 1.05)),
    "high_quality": ("high quality, share", (-0.03, 1.05)),
    "spread": ("spread in the modes", (0, 2)),
    "reverse_kl": ("reverse KL", (0, 4)),
}
COLORS = {"ring": PALETTE["real"], "grid": PALETTE["generated"]}
MARKERS = {"ring": "o", "grid": "s"}
MODES = {"ring": 8, "grid": 25}


def plot_bench(runs: pd.DataFrame, methods: Sequence[str], *, perfect: str = "perfect sampler") -> Figure:
    """The methods in rows, in the order given; a panel each for modes, high quality, spread and reverse KL.

    `runs` has the columns of data/fair/modes.csv: method, distribution, seed, modes, high_quality, spread, reverse_kl.
    A pale dot is a seed; the marker is their mean, its line the mean's 95 % interval, which knows nothing of where a
    share ends and is cut off at the panel's edge. The dotted lines are the means of the `perfect` sampler's own rows.
    The reverse KL is drawn by its logarithm from 0.01 on.

    Raises:
        ValueError: for a method without runs; the message names those there are.
    """
    if missing := [name for name in methods if name not in set(runs["method"])]:
        raise ValueError(
            f"plot_bench: no runs of {', '.join(missing)}; there are: {', '.join(runs['method'].unique())}."
        )
    runs = runs.assign(**{"modes found": runs["modes"] / runs["distribution"].map(MODES)})
    shown, floor = runs[runs["method"].isin(methods)], runs[runs["method"] == perfect]
    size = {"figsize": (2.1 + 2.2 * len(PANELS), 1.2 + 0.42 * len(methods)), "layout": "constrained"}
    figure, axes = plt.subplots(1, len(PANELS), sharey=True, **size)
    for ax, (column, (label, ends)) in zip(axes, PANELS.items(), strict=True):
        _draw(ax, shown, column, methods)
        for place, rows in floor.groupby("distribution", sort=False):
            line = {"color": COLORS[place], "linewidth": 1, "linestyle": ":"}
            ax.axvline(rows[column].mean(), label=f"{perfect}, {place}", **line)
        if column == "reverse_kl":
            ax.set_xscale("symlog", linthresh=0.01)
        ax.set(xlabel=label, ylabel="", xlim=ends)
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper left", ncols=4)
    return figure


def _draw(ax: Axes, runs: pd.DataFrame, column: str, methods: Sequence[str]) -> None:
    """Dots and means of one column; the two distributions beside each other in every row."""
    across = {"x": column, "y": "method", "order": methods, "hue": "distribution", "hue_order": list(COLORS)}
    sns.stripplot(runs, **across, palette=COLORS, dodge=True, jitter=False, size=3, alpha=0.4, legend=False, ax=ax)
    means = {"errorbar": mean_interval, "dodge": 0.4, "linestyle": "none", "markersize": 5}
    sns.pointplot(
        runs, **across, palette=COLORS, markers=list(MARKERS.values()), err_kws={"linewidth": 1.5}, **means, ax=ax
    )
    ax.get_legend().remove()  # one for all panels stands above them
