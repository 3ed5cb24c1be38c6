"""Figures of signals, and of real beside generated.

Real is blue and solid, generated is vermilion and, where the two lie in one panel, dashed: told apart without colour
too.
"""

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from jaxtyping import Float, Integer
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy import ndarray

from course_lib.arrays import Array, Number, as_numpy
from course_lib.metrics import autocorrelation, power_spectrum
from course_lib.plots.base import CYCLE, DASHES, PALETTE, legend_above, new_axes
from course_lib.plots.distributions import BAND

__all__ = [
    "plot_autocorrelation",
    "plot_class_means",
    "plot_distribution_over_time",
    "plot_nearest_neighbours",
    "plot_quality_report",
    "plot_real_beside_generated",
    "plot_signals",
    "plot_spectra",
]


def one_channel(values: Array, channel: int) -> Float[ndarray, "n length"]:
    """The signals (N, L) of one channel; `channel` is an index, from 0, here and in every figure that takes one."""
    x = as_numpy(values)
    if x.ndim != 3:
        raise ValueError(f"signals must be (N, C, L), these are {x.shape}. One channel (N, L) becomes x[:, None, :].")
    if not -x.shape[1] <= channel < x.shape[1]:
        raise ValueError(f"channel {channel} does not exist: there are {x.shape[1]} (0 to {x.shape[1] - 1}).")
    return x[:, channel]


def time_of(length: int, sampling_rate: Number) -> Float[ndarray, " length"]:
    return np.arange(length) / sampling_rate


def signal_label(unit: str) -> str:
    return f"signal ({unit})"


def _one_below_the_other(
    places: Float[ndarray, " m"], rows: Float[ndarray, "n m"]
) -> dict[str, Float[ndarray, " n_times_m"]]:
    """Curves over common places as the two long columns that seaborn averages over."""
    return {"x": np.tile(places, len(rows)), "y": rows.ravel()}


def plot_signals(
    values: Float[Array, "..."],
    *,
    channel: int = 0,
    names: Sequence[str] = (),
    color: str = PALETTE["real"],
    sampling_rate: Number = 80,
    unit: str = "a.u.",
    ax: Axes | None = None,
) -> Axes:
    """Signals (N, C, L) as lines over time in seconds; with `names`, each in a colour of its own with a legend."""
    x, ax = one_channel(values, channel), new_axes(ax)
    time = time_of(x.shape[1], sampling_rate)
    for i, signal in enumerate(x):
        if names:
            style = {"color": CYCLE[i % 6], "linestyle": DASHES[i % 6], "label": names[i]}
        else:
            style = {"color": color, "alpha": max(0.15, min(1, 4 / len(x))), "linewidth": 1.2}
        ax.plot(time, signal, **style)
    ax.set(xlabel="time (s)", ylabel=signal_label(unit), xlim=(0, time[-1]))
    if names:
        legend_above(ax)
    return ax


def plot_real_beside_generated(
    real: Float[Array, "..."],
    generated: Float[Array, "..."],
    *,
    real_labels: Integer[Array, "..."] | None = None,
    generated_labels: Integer[Array, "..."] | None = None,
    class_names: Sequence[str] = (),
    columns: int = 4,
    per_panel: int = 6,
    channel: int = 0,
    sampling_rate: Number = 80,
    unit: str = "a.u.",
) -> Figure:
    """Two rows of panels on one scale: real signals above, generated below.

    With labels, column j holds the first `per_panel` signals of class j (of the first `columns` classes); without, the
    j-th `per_panel` signals in order. Choosing at random is up to the caller.
    """
    rows = {"real": (one_channel(real, channel), real_labels)}
    rows["generated"] = (one_channel(generated, channel), generated_labels)
    figure, axes = plt.subplots(
        2, columns, figsize=(2.4 * columns + 0.6, 4.2), sharex=True, sharey=True, squeeze=False, layout="constrained"
    )
    for row, (name, (x, labels)) in zip(axes, rows.items(), strict=True):
        time = time_of(x.shape[1], sampling_rate)
        for column, ax in enumerate(row):
            chosen = _panel(x, labels, column, per_panel)
            for i, signal in enumerate(chosen):
                ax.plot(time, signal, color=PALETTE[name], alpha=0.9 if i == 0 else 0.45, linewidth=1.2)
        row[0].set_ylabel(f"{name}\n{signal_label(unit)}")
    for column, class_name in enumerate(class_names[:columns]):
        axes[0, column].set_title(class_name)
    for ax in axes[1]:
        ax.set_xlabel("time (s)")
    axes[0, 0].set_xlim(0, time[-1])
    return figure


def _panel(x: ndarray, labels: Array | None, column: int, per_panel: int) -> Float[ndarray, "n length"]:
    if labels is None:
        return x[column * per_panel : (column + 1) * per_panel]
    return x[as_numpy(labels) == column][:per_panel]


def plot_class_means(
    values: Float[Array, "..."],
    labels: Integer[Array, " n"],
    class_names: Sequence[str],
    *,
    channel: int = 0,
    sampling_rate: Number = 80,
    unit: str = "a.u.",
    ax: Axes | None = None,
) -> Axes:
    """Mean of each class (at most 6) over time, with a band of one standard deviation (of a sample) to either side."""
    if len(class_names) > 6:
        raise ValueError(f"a panel tells six classes apart, not {len(class_names)}. Choose some with .select(...).")
    x, labels, ax = one_channel(values, channel), as_numpy(labels), new_axes(ax)
    time = time_of(x.shape[1], sampling_rate)
    for k, name in enumerate(class_names):
        own = _one_below_the_other(time, x[labels == k])
        style = {"color": CYCLE[k], "linestyle": DASHES[k], "err_kws": BAND}
        sns.lineplot(**own, errorbar="sd", label=name, legend=False, ax=ax, **style)
    ax.set(xlabel="time (s)", ylabel=signal_label(unit), xlim=(0, time[-1]))
    legend_above(ax)
    return ax


def _sides(real: Array, fake: Array | None, channel: int) -> list[tuple[str, ndarray, str]]:
    sides = [("real", one_channel(real, channel).astype(np.float64), "-")]
    if fake is not None:
        sides.append(("generated", one_channel(fake, channel).astype(np.float64), "--"))
    return sides


def plot_spectra(
    real: Float[Array, "..."],
    fake: Float[Array, "..."] | None = None,
    *,
    channel: int = 0,
    sampling_rate: Number = 80,
    unit: str = "a.u.",
    ax: Axes | None = None,
) -> Axes:
    """Mean power spectral density of each set (two-sided, Hann window; `metrics.power_spectrum`) on a logarithmic
    scale, with the 95 % interval of the mean (1.96 standard errors over the signals)."""
    ax = new_axes(ax)
    ax.set_yscale("linear")  # an axis that is logarithmic already makes seaborn take the mean of logarithms
    for name, x, dash in _sides(real, fake, channel):
        density = power_spectrum(x[None]) / sampling_rate  # (signals, frequencies): as channels they are not averaged
        each = _one_below_the_other(np.fft.rfftfreq(x.shape[1], 1 / sampling_rate), density)
        style = {"color": PALETTE[name], "linestyle": dash, "label": name, "err_kws": BAND}
        sns.lineplot(**each, errorbar=("se", 1.96), legend=False, ax=ax, **style)
    ax.set_yscale("log")
    ax.set(xlabel="frequency (Hz)", ylabel=f"power density ({unit}²/Hz)", xlim=(0, sampling_rate / 2))
    legend_above(ax)
    return ax


def plot_autocorrelation(
    real: Float[Array, "..."],
    fake: Float[Array, "..."] | None = None,
    *,
    channel: int = 0,
    sampling_rate: Number = 80,
    ax: Axes | None = None,
) -> Axes:
    """Pooled autocorrelation (`metrics.autocorrelation`) up to half the length."""
    ax = new_axes(ax)
    for name, x, dash in _sides(real, fake, channel):
        lags = x.shape[1] // 2
        r = autocorrelation(x[:, None], lags)[0]
        ax.plot(np.arange(lags + 1) / sampling_rate, r, color=PALETTE[name], linestyle=dash, label=name)
    ax.axhline(0, color=PALETTE["grey"], linewidth=0.8)
    ax.set(xlabel="lag (s)", ylabel="autocorrelation", xlim=(0, lags / sampling_rate))
    legend_above(ax)
    return ax


QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


def plot_distribution_over_time(
    real: Float[Array, "..."],
    fake: Float[Array, "..."],
    *,
    channel: int = 0,
    sampling_rate: Number = 80,
    unit: str = "a.u.",
    ax: Axes | None = None,
) -> Axes:
    """Quantiles across signals at each step: real as bands (5-95 %, 25-75 %, median), generated as dashed lines."""
    ax = new_axes(ax)
    x, y = one_channel(real, channel), one_channel(fake, channel)
    time = time_of(x.shape[1], sampling_rate)
    q = np.quantile(x, QUANTILES, axis=0)
    ax.fill_between(time, q[0], q[4], color=PALETTE["real"], alpha=0.18, linewidth=0, label="real, 5-95 %")
    ax.fill_between(time, q[1], q[3], color=PALETTE["real"], alpha=0.35, linewidth=0, label="real, 25-75 %")
    ax.plot(time, q[2], color=PALETTE["real"], label="real, median")
    for level, line in zip(QUANTILES, np.quantile(y, QUANTILES, axis=0), strict=True):
        label = "generated, the same five quantiles" if level == 0.5 else None
        ax.plot(time, line, "--", color=PALETTE["generated"], linewidth=1.8 if level == 0.5 else 1.0, label=label)
    ax.set(xlabel="time (s)", ylabel=signal_label(unit), xlim=(0, time[-1]))
    legend_above(ax)
    return ax


def plot_nearest_neighbours(
    fake: Float[Array, "..."],
    train: Float[Array, "..."],
    *,
    columns: int = 4,
    channel: int = 0,
    sampling_rate: Number = 80,
    unit: str = "a.u.",
) -> Figure:
    """The first few generated signals, each with the training recording nearest to it (RMS over time and channels)."""
    y, x = as_numpy(fake)[:columns], as_numpy(train)
    drawn, recorded = one_channel(y, channel), one_channel(x, channel)
    figure, axes = plt.subplots(
        1, columns, figsize=(2.4 * columns + 0.6, 2.9), sharex=True, sharey=True, squeeze=False, layout="constrained"
    )
    time = time_of(x.shape[2], sampling_rate)
    for i, ax in enumerate(axes[0, : len(y)]):
        distances = np.sqrt(((x - y[i]) ** 2).mean(axis=(1, 2)))
        nearest = int(distances.argmin())
        ax.plot(time, recorded[nearest], color=PALETTE["real"], label="nearest recording")
        ax.plot(time, drawn[i], "--", color=PALETTE["generated"], label="generated")
        ax.set_title(f"RMS apart: {distances[nearest]:.2g} {unit}", fontsize=9.5)
        ax.set_xlabel("time (s)")
    axes[0, 0].set_ylabel(signal_label(unit))
    axes[0, 0].set_xlim(0, time[-1])
    figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside upper left", ncols=2)
    return figure


def plot_quality_report(report: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Each metric of `metrics.quality_report` over its reference, within the range of that reference (the bar).

    A filled point lies inside its range, a hollow one outside; columns of forgers are small crosses. Outside 1/8 to 8 a
    point stands at the border, as an arrow.
    """
    ax = new_axes(ax, (9.0, 0.3 * len(report) + 1))
    lowest, highest = 1 / 8, 8
    with np.errstate(divide="ignore", invalid="ignore"):
        relative = report.drop(columns="inside").div(report["reference"], axis=0)
    relative = relative.fillna(1.0)  # 0 beside a reference of 0; anything else beside it is infinite
    place = np.arange(len(report))
    low, high = (relative[end].clip(lowest, highest).to_numpy() for end in ("low", "high"))
    ax.barh(place, high - low, left=low, height=0.55, color=PALETTE["real"], alpha=0.22, label="range of real signals")
    ax.axvline(1, color=PALETTE["real"], linewidth=1)
    forgers = [name for name in relative if name not in ("value", "reference", "low", "high", "ratio")]
    for name, marker in zip(forgers, FORGER_MARKERS * len(forgers), strict=False):
        ax.plot(relative[name].clip(lowest, highest), place, marker, color="0.45", markersize=5, label=name)
    value, inside = relative["value"].to_numpy(), report["inside"].to_numpy(dtype=bool)
    shown = np.clip(value, lowest, highest)
    for sign, marker in ((0, "o"), (1, ">"), (-1, "<")):
        side = np.sign(np.where(shown == value, 0, value - shown)) == sign
        for chosen, face in ((side & inside, PALETTE["generated"]), (side & ~inside, "white")):
            look = dict(color=PALETTE["generated"], markerfacecolor=face, clip_on=False)
            ax.plot(shown[chosen], place[chosen], marker, **look)
    ax.plot([], [], "o", color=PALETTE["generated"], label="generated, inside")
    ax.plot([], [], "o", color=PALETTE["generated"], markerfacecolor="white", label="generated, outside")
    ax.set_xscale("log", base=2)
    ax.set(xlim=(lowest, highest), xlabel="value over its real-against-real reference")
    ax.set_xticks([1 / 8, 1 / 4, 1 / 2, 1, 2, 4, 8], ["1/8", "1/4", "1/2", "1", "2", "4", "8"])
    ax.set_yticks(place, [name.replace("_", " ") for name in report.index])
    ax.invert_yaxis()
    ax.legend(loc="upper left", bbox_to_anchor=(1.01, 1), fontsize=8.5)
    return ax


FORGER_MARKERS = ("x", "+", "1", "2", "3", "4", "*")
