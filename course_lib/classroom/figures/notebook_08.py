"""Figures of notebook 08: signals with their detail and steps, quality against time, how much a layer sees."""

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from course_lib.arrays import Array, Number
from course_lib.classroom.demos import receptive_field
from course_lib.metrics import power_spectrum
from course_lib.plots.base import CYCLE, DASHES, PALETTE, legend_above, new_axes, plot_curves
from course_lib.plots.distributions import BAND
from course_lib.plots.signals import one_channel, signal_label, time_of

STEPS_SHOWN = 2  # signals whose differences are drawn: more would hide one another


def plot_signals_and_steps(
    sides: dict[str, Float[Array, "..."]],
    *,
    detail: tuple[float, float] = (0.9, 1.4),
    many: int = 6,
    sampling_rate: Number = 80,
    unit: str = "m",
) -> Figure:
    """One row for each set of signals (N, C, L), on common axes: the first `many`, a stretch of them, and steps.

    The stretch lies between the seconds `detail`. The steps are the absolute first differences of the first two
    signals, on a logarithmic axis; a step of 0 is left out. Only the first channel is drawn. The first set is coloured
    as real, the others as generated.
    """
    figure, axes = plt.subplots(
        len(sides), 3, figsize=(10.5, 0.8 + 1.9 * len(sides)), sharex="col", sharey="col", squeeze=False
    )
    for i, (name, values) in enumerate(sides.items()):
        row, color = axes[i], PALETTE["real" if i == 0 else "generated"]
        x = one_channel(values, 0)[:many]
        time = time_of(x.shape[1], sampling_rate)
        inside = (time >= detail[0]) & (time <= detail[1])
        row[0].plot(time, x.T, color=color, alpha=0.6, linewidth=1.1)
        row[1].plot(time[inside], x[:, inside].T, color=color, alpha=0.8, linewidth=1.1)
        steps = np.abs(np.diff(x[:STEPS_SHOWN]))
        for k, sizes in enumerate(np.where(steps > 0, steps, np.nan)):
            row[2].plot(time[1:], sizes, color=color, alpha=1 - 0.5 * k, linewidth=0.9)
        row[0].set_ylabel(f"{name}\n{signal_label(unit)}")
    axes[0, 2].set_yscale("log")
    titles = ("whole signals", "a stretch of them", f"|difference of neighbours| ({unit})")
    for ax, title in zip(axes[0], titles, strict=True):
        ax.set_title(title)
    for ax in axes[-1]:
        ax.set_xlabel("time (s)")
    return figure


def plot_power_shares(sets: dict[str, Float[Array, "..."]], *, sampling_rate: Number = 80) -> Axes:
    """The mean power spectrum of each set of signals (N, C, L), first channel, over its sum, on a logarithmic axis."""
    spectra = {name: power_spectrum(one_channel(x, 0)[:, None].astype(np.float64))[0] for name, x in sets.items()}
    length = next(iter(sets.values())).shape[-1]
    table = pd.DataFrame(spectra, index=np.fft.rfftfreq(length, 1 / sampling_rate))
    ax = plot_curves(table / table.sum(), xlabel="frequency (Hz)", ylabel="share of the power")
    ax.set_yscale("log")
    return ax


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
