"""Figures of training: what the losses did, quality against time, how much of a signal a layer sees."""

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy import ndarray

from course_lib.plots.base import CYCLE, DASHES, PALETTE, Number, legend_above, new_axes

__all__ = [
    "plot_history",
    "plot_receptive_field",
    "plot_time_to_quality",
    "receptive_field",
]


def _with_running_mean(ax: Axes, step: ndarray, y: ndarray, *, color: str, dash: str = "-", label: str = "") -> None:
    """The values as they came, pale, under their running mean over a fiftieth of the run."""
    window = max(1, len(y) // 50)
    smooth = pd.Series(y).rolling(window, center=True, min_periods=1).mean()
    ax.plot(step, y, color=color, alpha=0.3 if window > 1 else 0.0, linewidth=0.7)
    ax.plot(step, smooth, color=color, linestyle=dash, label=label)


def plot_history(history: pd.DataFrame) -> Figure:
    """Wasserstein estimate, slope of the critic (the penalty pulls it to the line at 1) and both losses.

    `history` is `History.to_frame()`: step, wasserstein, gradient_norm, critic_loss, generator_loss.
    """
    figure, (estimate, slope, losses) = plt.subplots(1, 3, figsize=(10.5, 3.3), sharex=True, layout="constrained")
    step = history["step"].to_numpy()
    _with_running_mean(estimate, step, history["wasserstein"].to_numpy(), color=PALETTE["third"])
    _with_running_mean(slope, step, history["gradient_norm"].to_numpy(), color=PALETTE["fourth"])
    slope.axhline(1, color=PALETTE["grey"], linewidth=1, linestyle="--", label="1, the target")
    for name, color, dash in (("critic", "real", "-"), ("generator", "generated", "--")):
        y = history[f"{name}_loss"].to_numpy()
        _with_running_mean(losses, step, y, color=PALETTE[color], dash=dash, label=name)
    for ax, label in ((estimate, "Wasserstein estimate"), (slope, "slope of the critic"), (losses, "loss")):
        ax.set(xlabel="generator step", ylabel=label)
    legend_above(slope), legend_above(losses)
    return figure


def plot_time_to_quality(
    frame: pd.DataFrame,
    *,
    metric: str = "frechet",
    label: str = "Frechet distance / variance",
    target: Number | None = None,
    reference: Number | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Quality against training time: one line a recipe, several seeds as pale lines under their median.

    `frame` has the columns `recipe`, `seconds`, the metric, and `seed` where there are several. `target` and
    `reference` are drawn as horizontal lines.
    """
    ax = new_axes(ax, (9.0, 4.0))
    for i, (recipe, rows) in enumerate(frame.groupby("recipe", sort=False)):
        color, dash = CYCLE[i % 6], DASHES[i % 6]
        runs = [run for _, run in rows.groupby("seed")] if "seed" in rows else [rows]
        if len(runs) > 1:
            for run in runs:
                ax.plot(run["seconds"], run[metric], color=color, alpha=0.3, linewidth=0.9)
            grid = np.linspace(max(run["seconds"].min() for run in runs), min(run["seconds"].max() for run in runs), 60)
            middle = np.median([np.interp(grid, run["seconds"], run[metric]) for run in runs], axis=0)
            ax.plot(grid, middle, color=color, linestyle=dash, linewidth=2, label=recipe)
        else:
            ax.plot(runs[0]["seconds"], runs[0][metric], color=color, linestyle=dash, marker=".", label=recipe)
    for value, text, dash in ((target, "to reach", ":"), (reference, "real against real", "-")):
        if value is not None:
            ax.axhline(value, color=PALETTE["grey"], linewidth=1, linestyle=dash, label=text)
    ax.set_yscale("log")
    ax.set(xlabel="training time (s)", ylabel=label, xlim=(0, None))
    legend_above(ax, columns=3)
    return ax


def receptive_field(layers: Sequence[tuple[int, int]]) -> list[int]:
    r"""Input steps that one output of each layer sees, for layers (kernel, stride).

    $r_l = r_{l-1} + (k_l - 1)\prod_{i<l} s_i$ with $r_0 = 1$.
    """
    seen, jump, fields = 1, 1, []
    for kernel, stride in layers:
        seen += (kernel - 1) * jump
        jump *= stride
        fields.append(seen)
    return fields


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
