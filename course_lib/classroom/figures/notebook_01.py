"""Figures of the minimax game: densities, discriminators over them, and the generator's two losses.

Real is blue and solid, generated is vermilion and dashed, as everywhere in the course.
"""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import seaborn as sns
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from scipy.special import expit
from scipy.stats import norm

from course_lib.arrays import Array, Number, as_numpy
from course_lib.classroom.demos import fit_discriminator, histogram_overlap
from course_lib.divergences import game_value, optimal_discriminator
from course_lib.plots.base import CYCLE, DASHES, PALETTE, legend_above, new_axes
from course_lib.plots.distributions import plot_histograms

# ------------------------------------------------------------------------------------------ from noise to samples


def plot_push_forward(
    noise: Float[Array, " n"], generated: Float[Array, " n"], density: Float[Array, "2 points"]
) -> Figure:
    """Noise, the generator as a curve, and what comes out; `density` holds the output's places and their density."""
    z, x, (places, height) = as_numpy(noise), as_numpy(generated), as_numpy(density)
    figure, (left, middle, right) = plt.subplots(1, 3, figsize=(10.0, 3.4), layout="constrained")
    bars = {"bins": 60, "stat": "density", "linewidth": 0}
    sns.histplot(x=z, color=PALETTE["grey"], alpha=0.6, ax=left, **bars)
    left.set(xlabel="noise z", ylabel="density")
    order = np.argsort(z)
    middle.plot(z[order], x[order], color=PALETTE["generated"])
    middle.set(xlabel="noise z", ylabel="sample x = G(z)", ylim=(places[0], places[-1]))
    sns.histplot(y=x, color=PALETTE["generated"], alpha=0.4, label="samples", ax=right, **bars)
    right.plot(height, places, color="black", linewidth=1, label="density q")
    right.set(xlabel="density", ylabel="sample x", ylim=(places[0], places[-1]))
    right.legend()
    return figure


def plot_hand_fit(
    real: Float[Array, " n"], noise: Float[Array, " m"], *, shift: Number, scale: Number, ax: Axes | None = None
) -> Axes:
    """Histograms of real samples and of G(z) = shift + scale z, and the share of mass that they have in common."""
    edges = np.arange(-4, 6.01, 0.25)
    generated = shift + scale * as_numpy(noise)
    ax = plot_histograms({"real": real, "generated": generated}, bins=edges, xlabel="x", ax=ax)
    shared = 100 * histogram_overlap(real, generated, edges)
    ax.set(xlim=(-4, 6), ylim=(0, 1), title=f"{shared:.0f} % in common")
    return ax


# ---------------------------------------------------------------------------------------- the discriminator


def plot_over_densities(
    x: Float[Array, " points"],
    densities: Mapping[str, Float[Array, " points"]],
    curves: Mapping[str, Float[Array, " points"]],
    *,
    ylabel: str = "D(x)",
    ylim: tuple[float, float] | None = (-0.03, 1.03),
    density_ylim: tuple[float, float] | None = None,
) -> Figure:
    """Real and generated density above, curves over the same x below (discriminators, say, or slopes)."""
    figure, (top, bottom) = plt.subplots(
        2, 1, figsize=(9.0, 4.8), sharex=True, layout="constrained", height_ratios=(2, 3)
    )
    for (name, y), color, dash in zip(densities.items(), ("real", "generated"), ("-", "--"), strict=False):
        top.plot(x, as_numpy(y), color=PALETTE[color], linestyle=dash, label=name)
    for i, (name, y) in enumerate(curves.items()):
        color = ["black", *CYCLE[2:]][i % 5]
        bottom.plot(x, as_numpy(y), color=color, linestyle=DASHES[i % 6], linewidth=2, label=name)
    top.set(ylabel="density", xlim=(x[0], x[-1]), ylim=density_ylim)
    bottom.set(xlabel="x", ylabel=ylabel, ylim=ylim)
    legend_above(top)
    legend_above(bottom, columns=3)
    return figure


def plot_best_answers(cases: Sequence[tuple[Number, Number]], *, ax: Axes | None = None) -> Axes:
    """What one place adds to the value, p log d + q log(1 - d), over the answer d, with a dot at p / (p + q)."""
    ax = new_axes(ax)
    d = np.linspace(0.002, 0.998, 499)
    for (p, q), color, dash in zip(cases, CYCLE[2:], DASHES, strict=False):
        best = p / (p + q)
        ax.plot(d, p * np.log(d) + q * np.log(1 - d), color=color, linestyle=dash, label=f"p = {p}, q = {q}")
        ax.plot(best, p * np.log(best) + q * np.log(1 - best), "o", color=color, markeredgecolor="black")
    ax.set(xlabel="the answer d at one place", ylabel="what it adds to V", xlim=(0, 1), ylim=(-1, 0))
    legend_above(ax, columns=3)
    return ax


def plot_discriminator_game(*, shift: Number, width: Number, samples: int) -> Figure:
    """Real N(0, 1) against generated N(shift, width²): D* and a discriminator trained on that many samples of each.

    The legend holds the value of the game for both, by a sum over a grid.
    """
    x = np.linspace(-12, 16, 2801)  # wider than is shown, so that no mass is lost
    p, q = norm.pdf(x), norm.pdf(x, shift, width)
    random = np.random.default_rng(0)
    real, noise = random.standard_normal((2, 2000))[:, :samples]
    discriminators = {"D*": optimal_discriminator(p, q), "trained": fit_discriminator(real, shift + width * noise, x)}
    curves = {f"{name}: V = {game_value(p, q, d, dx=0.01):.3f}": d for name, d in discriminators.items()}
    figure = plot_over_densities(x, {"real p": p, "generated q": q}, curves, density_ylim=(0, 1.05))
    figure.axes[0].set_xlim(-5, 8)
    return figure


# ----------------------------------------------------------------------------------------- the generator's losses


def plot_generator_losses(*, logit: Number) -> Figure:
    """Each loss of the generator over D, and both over the logit, with their tangents at one logit.

    Over D each has a panel of its own, high enough to tell a slope of -1 from the dotted line, which is flat.
    """
    figure, axes = plt.subplots(1, 3, figsize=(11.0, 3.8), layout="constrained", width_ratios=(1, 1, 1.3))
    logits, here = np.linspace(-8, 8, 801), expit(logit)
    losses = {
        "log(1 - D)": (lambda at: -np.logaddexp(0, at), -1 / (1 - here), -here),
        "-log D": (lambda at: np.logaddexp(0, -at), -1 / here, here - 1),
    }
    for (name, (loss, in_d, in_logit)), color, dash, over_d in zip(
        losses.items(), CYCLE[2:], DASHES, axes, strict=False
    ):
        whole = np.array([-0.05, 1.05]) - here
        for ax, place, at, slope, reach in (
            (over_d, expit(logits), here, in_d, whole),
            (axes[2], logits, logit, in_logit, np.array([-2, 2])),
        ):
            ax.plot(place, loss(logits), color=color, linestyle=dash, label=f"{name}: slope {slope:.4f}")
            ax.plot(at + reach, loss(logit) + slope * reach, color="black", linewidth=1.2)
            ax.plot(at, loss(logit), "o", color=color, markeredgecolor="black")
        over_d.axhline(loss(logit), color=PALETTE["grey"], linewidth=1, linestyle=":")
        over_d.set(xlabel="D(G(z))", xlim=(-0.05, 1.05), ylim=(min(-3, loss(logit) - 0.7), max(0.5, loss(logit) + 0.7)))
    axes[1].set_ylim(-0.5, max(3, np.logaddexp(0, -logit) + 0.7))
    axes[0].set_ylabel("the generator's loss")
    axes[2].set(xlabel="logit l", xlim=(-8, 8), ylim=(-8, 8))
    for ax in axes:
        legend_above(ax, columns=1)
    return figure


# ------------------------------------------------------------------------------------------- smoothed labels


def plot_smoothed_labels(labels: Mapping[str, tuple[Number, Number]], *, shift: Number) -> Figure:
    """N(0, 1) against N(shift, 1), and the best D where real samples have the label a and fakes b, for each (a, b)."""
    x = np.linspace(-7.5, 10.5, 1801)
    p, q = norm.pdf(x), norm.pdf(x, shift)
    curves = {name: (a * p + b * q) / (p + q) for name, (a, b) in labels.items()}
    figure = plot_over_densities(x, {"real p": p, "generated q": q}, curves)
    figure.axes[0].set_xlim(-3, 6)
    return figure
