"""Figures of training: what the losses and the critic did, and how the gradient passes through the layers."""

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy import ndarray
from scipy.stats import gmean

from course_lib.plots.base import PALETTE, legend_above, new_axes
from course_lib.plots.distributions import plot_means

__all__ = ["plot_gradient_by_layer", "plot_history"]


def _with_running_mean(ax: Axes, step: ndarray, y: ndarray, *, color: str, dash: str = "-", label: str = "") -> None:
    """The values as they came, pale, under their running mean over a fiftieth of the run."""
    window = max(1, len(y) // 50)
    smooth = pd.Series(y).rolling(window, center=True, min_periods=1).mean()
    ax.plot(step, y, color=color, alpha=0.3 if window > 1 else 0.0, linewidth=0.7)
    ax.plot(step, smooth, color=color, linestyle=dash, label=label)


def plot_history(history: pd.DataFrame, *, target: float = 1) -> Figure:
    """Wasserstein estimate, slope of the critic (the penalty pulls it to the line at `target`) and both losses.

    WGAN-GP's penalty asks for 1, R1 and R2 for 0. `history` is `History.to_frame()`: step, wasserstein, gradient_norm,
    critic_loss, generator_loss.
    """
    figure, (estimate, slope, losses) = plt.subplots(1, 3, figsize=(10.5, 3.3), sharex=True, layout="constrained")
    step = history["step"].to_numpy()
    _with_running_mean(estimate, step, history["wasserstein"].to_numpy(), color=PALETTE["third"])
    _with_running_mean(slope, step, history["gradient_norm"].to_numpy(), color=PALETTE["fourth"])
    slope.axhline(target, color=PALETTE["grey"], linewidth=1, linestyle="--", label=f"{target:g}, the target")
    for name, color, dash in (("critic", "real", "-"), ("generator", "generated", "--")):
        y = history[f"{name}_loss"].to_numpy()
        _with_running_mean(losses, step, y, color=PALETTE[color], dash=dash, label=name)
    for ax, label in ((estimate, "Wasserstein estimate"), (slope, "slope of the critic"), (losses, "loss")):
        ax.set(xlabel="generator step", ylabel=label)
    legend_above(slope)
    legend_above(losses)
    return figure


def plot_gradient_by_layer(table: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Each column's gradient norm at layer 0 (the input), 1, 2, ...: a straight line is growth or decay by a factor.

    Where a layer has several rows, a seed each, the line is their geometric mean and the band their whole range.
    """
    xlabel = "layer (0: the input, on the left; the score follows on the right)"
    ax = new_axes(ax, (6.6, 4.0))
    plot_means(table, xlabel=xlabel, ylabel="norm of the gradient", estimator=gmean, ax=ax)
    for i, line in enumerate(ax.get_lines()):
        line.set(marker="os^Dv"[i % 5], markersize=5, markeredgewidth=0)
    ax.set_yscale("log")
    ax.set_xlim(table.index.min() - 0.6, table.index.max() + 0.6)  # room for the markers at both ends
    legend_above(ax, columns=4)
    return ax
