"""Figures of notebook 08: quality against time, and how much of a signal a layer sees."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes

from course_lib.arrays import Number
from course_lib.classroom.demos import receptive_field
from course_lib.plots.base import CYCLE, DASHES, PALETTE, legend_above, new_axes
from course_lib.plots.distributions import BAND


def plot_time_to_quality(
    frame: pd.DataFrame,
    *,
    metric: str = "frechet",
    label: str = "Frechet distance / variance",
    target: Number | None = None,
    reference: Number | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Quality against training time: one line a recipe, the median of its seeds in a band from the best to the worst.

    `frame` has the columns `recipe`, `seconds`, the metric, and `seed` where there are several. `target` and
    `reference` are drawn as horizontal lines.
    """
    ax = new_axes(ax, (9.0, 4.0))
    for i, (recipe, rows) in enumerate(frame.groupby("recipe", sort=False)):
        runs = [run for _, run in rows.groupby("seed")] if "seed" in rows else [rows]
        style = {
            "color": CYCLE[i % 6],
            "linestyle": DASHES[i % 6],
            "marker": "o",
            "markersize": 4,
            "markeredgewidth": 0,
        }
        sns.lineplot(
            _at_common_times(runs, metric),
            x="seconds",
            y=metric,
            estimator="median",
            errorbar=("pi", 100),
            err_kws=BAND,
            label=recipe,
            legend=False,
            ax=ax,
            **style,
        )
    for value, text, dash in ((target, "to reach", ":"), (reference, "real against real", "-")):
        if value is not None:
            ax.axhline(value, color=PALETTE["grey"], linewidth=1, linestyle=dash, label=text)
    ax.set_yscale("log")
    ax.set(xlabel="training time (s)", ylabel=label, xlim=(0, None))
    legend_above(ax, columns=3)
    return ax


def _at_common_times(runs: Sequence[pd.DataFrame], metric: str) -> pd.DataFrame:
    """Every run at each time at which any was read, as far as all of them go, on straight lines between its readings.

    Seeds are not read at the same seconds, so their median has to be taken between readings.
    """
    start, end = max(run["seconds"].min() for run in runs), min(run["seconds"].max() for run in runs)
    times = np.unique(np.concatenate([run["seconds"] for run in runs]))
    times = times[(times >= start) & (times <= end)]
    values = [np.interp(times, run["seconds"], run[metric]) for run in runs]
    return pd.DataFrame({"seconds": np.tile(times, len(runs)), metric: np.concatenate(values)})


def plot_receptive_field(
    layers: Sequence[tuple[int, int]], *, length: int = 160, sampling_rate: Number = 80, ax: Axes | None = None
) -> Axes:
    """How much of the signal one output of each strided layer (kernel, stride) sees, as bars around the middle of
    it."""
    ax = new_axes(ax, (9.0, 0.45 * len(layers) + 1.0))
    seconds, fields = length / sampling_rate, receptive_field(layers)
    widths = np.array(fields) / sampling_rate
    rows = np.arange(len(layers))
    ax.barh(rows, widths, left=(seconds - widths) / 2, color=PALETTE["real"], alpha=0.75, height=0.6)
    ax.axvspan(0, seconds, color=PALETTE["grey"], alpha=0.15, linewidth=0, zorder=0)
    seen = zip(rows, layers, fields, strict=True)
    ax.set_yticks(rows, [f"layer {i + 1} (kernel {k}, stride {s}): {field} steps" for i, (k, s), field in seen])
    ax.set(xlabel="time (s); grey: the whole signal", xlim=(-0.15 * seconds, 1.15 * seconds))
    ax.invert_yaxis()
    ax.grid(axis="y", visible=False)
    return ax
