r"""How different two distributions are, in nats, and the game whose value measures it.

One idea: **a divergence is an average log-ratio**, so on a grid it is a sum. Densities come as their values on one
evenly spaced grid of spacing `dx`, probability vectors with `dx=1`. An outcome without mass adds nothing
($0 \log 0 = 0$), and infinity is an answer, not an error. Everything is computed in float64. A mass may miss 1 by 1e-3
on a grid and by 1e-6 at `dx=1`; one that does moves the result by about as much.

Kullback and Leibler 1951, doi 10.1214/aoms/1177729694 (KL); Lin 1991, doi 10.1109/18.61115 (JS); Goodfellow et al.
2014, arXiv:1406.2661 (the optimal discriminator and the game's value).
"""

import math
from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Float
from numpy import ndarray

from course_lib.arrays import finite_float64

Array = ndarray | torch.Tensor | Sequence  # of any shape: messages about shapes are this module's
Values = Float[ndarray, "..."]


def kl(p: Array, q: Array, *, dx: float = 1.0) -> float:
    r"""$\mathrm{KL}(p\,\|\,q) = \int p \log \frac{p}{q}\,dx$, in nats; not symmetric.

    `inf` where p has mass and q has none: nothing that q can do makes up for one impossible outcome.

    Raises:
        ValueError: if p or q is no density on that grid, or they differ in shape.

    Kullback and Leibler 1951.
    """
    p, q = _densities(p, q, dx)
    return float(np.sum(_times_log_ratio(p, p, q)) * dx)


def js(p: Array, q: Array, *, dx: float = 1.0) -> float:
    r"""$\mathrm{JS}(p, q) = \frac12\mathrm{KL}(p\,\|\,m) + \frac12\mathrm{KL}(q\,\|\,m)$ with $m = \frac{p+q}2$.

    In nats. Symmetric, and at most $\log 2$, which it reaches where p and q share no outcome.

    Raises:
        ValueError: if p or q is no density on that grid, or they differ in shape.

    Lin 1991.
    """
    p, q = _densities(p, q, dx)
    halves = _times_log_ratio(p, 2 * p, p + q) + _times_log_ratio(q, 2 * q, p + q)
    return float(np.sum(halves) * dx / 2)


def gaussian_kl(mean_p: float, std_p: float, mean_q: float, std_q: float) -> float:
    r"""KL of $N(\mu_p, \sigma_p^2)$ from $N(\mu_q, \sigma_q^2)$ in closed form, in nats.

    $\log\frac{\sigma_q}{\sigma_p} + \frac{\sigma_p^2 + (\mu_p-\mu_q)^2}{2\sigma_q^2} - \frac12$.

    Raises:
        ValueError: if a number is NaN or infinite, or a standard deviation is not above 0.
    """
    given = {"mean_p": mean_p, "std_p": std_p, "mean_q": mean_q, "std_q": std_q}
    for name, value in given.items():
        if not math.isfinite(value) or (name.startswith("std") and value <= 0):
            expected = "a standard deviation above 0 (not a variance)" if name.startswith("std") else "a finite mean"
            raise ValueError(f"gaussian_kl: expected {expected} as {name}, got {value}. Check the order of the four.")
    ratio, gap = float(std_p) / float(std_q), (float(mean_p) - float(mean_q)) / float(std_q)
    return -math.log(ratio) + (ratio**2 + gap**2 - 1) / 2


def optimal_discriminator(p: Array, q: Array) -> Float[ndarray, "..."]:
    r"""$D^*(x) = \frac{p(x)}{p(x)+q(x)}$, the discriminator with the highest value for real p and generated q.

    Where neither has mass every answer is as good as another, since it is never asked: there it says 1/2, "I cannot
    tell". It is 1 only where q is 0 and 0 only where p is 0: a ratio that float64 would round to either is kept one
    float away, so that the game's value stays finite. An array of the input's shape.

    Raises:
        ValueError: if p or q is negative somewhere, not finite or empty, or they differ in shape.

    Goodfellow et al. 2014, arXiv:1406.2661, proposition 1.
    """
    p, q = _alike(_values(p, "p"), _values(q, "q"))
    total = p + q
    d = np.divide(p, total, out=np.full(total.shape, 0.5), where=total > 0)
    d = np.where(p > 0, np.maximum(d, np.nextafter(0, 1)), d)
    return np.where(q > 0, np.minimum(d, np.nextafter(1, 0)), d)


def game_value(p: Array, q: Array, discriminator: Array, *, dx: float = 1.0) -> float:
    r"""$V(D, G) = \int p \log D + q \log(1-D)\,dx$ for real p, generated q and D's values on the grid.

    At the optimal discriminator it is $-\log 4 + 2\,\mathrm{JS}(p, q)$. `-inf` if D is certain (0 or 1) and wrong where
    there is mass.

    Raises:
        ValueError: if p or q is no density on that grid, D lies outside [0, 1], or the three differ in shape.

    Goodfellow et al. 2014, arXiv:1406.2661, equation 1.
    """
    p, q = _densities(p, q, dx)
    d = _values(discriminator, "discriminator")
    if d.shape != p.shape:
        raise ValueError(
            f"discriminator: expected one value for each of p's, shape {p.shape}, got {d.shape}. "
            "Evaluate it on the grid that p and q stand on."
        )
    if d.max() > 1:
        raise ValueError(
            f"discriminator: expected probabilities in [0, 1], got {d.max():.6g}. Are these logits? "
            "Pass them through a sigmoid."
        )
    one = np.ones_like(d)
    return float(np.sum(_times_log_ratio(p, d, one) + _times_log_ratio(q, 1 - d, one)) * dx)


# ---------------------------------------------------------------------------------------------- the arithmetic


def _times_log_ratio(weight: Values, a: Values, b: Values) -> Values:
    """weight * log(a / b), and 0 wherever the weight is 0. A difference of logs, since a / b can overflow."""
    counts = weight > 0
    with np.errstate(divide="ignore"):  # log 0 = -inf is meant
        log_a, log_b = (np.log(x, out=np.zeros_like(weight), where=counts) for x in (a, b))
    return weight * (log_a - log_b)


# ---------------------------------------------------------------------------------------------- guards


def _values(x: Array, name: str) -> Values:
    advice = "Densities and probabilities are finite and at least 0; are these logs or logits?"
    values = finite_float64(x, name, advice=advice)
    if values.size == 0:
        raise ValueError(f"{name}: expected at least one value, got an empty array of shape {values.shape}.")
    bad = values < 0
    if bad.any():
        where = tuple(int(i) for i in np.argwhere(bad)[0])
        raise ValueError(
            f"{name}: expected non-negative values, got {values[where]} at {where}, and {bad.sum()} such of "
            f"{values.size}. {advice}"
        )
    return values


def _alike(p: Values, q: Values) -> tuple[Values, Values]:
    if p.shape != q.shape:
        raise ValueError(
            f"p and q: expected one shape, got {p.shape} and {q.shape}. Evaluate both on the same grid "
            "(or over the same outcomes)."
        )
    return p, q


def _densities(p: Array, q: Array, dx: float) -> tuple[Values, Values]:
    if not (math.isfinite(dx) and dx > 0):
        raise ValueError(f"dx: expected a finite grid spacing above 0, got {dx}. A probability vector has dx=1.")
    p, q = _alike(_values(p, "p"), _values(q, "q"))
    tolerance = 1e-6 if dx == 1 else 1e-3
    for name, values in (("p", p), ("q", q)):
        mass = values.sum() * dx
        if not abs(mass - 1) <= tolerance:
            cure = (
                "Divide a probability vector by its sum; a density on a grid needs its spacing, dx=..."
                if dx == 1
                else "Is dx the grid's spacing, and does the grid reach far enough and finely enough?"
            )
            raise ValueError(f"{name}: expected a mass of 1 within {tolerance:g}, got {mass:.6g} (dx={dx:g}). {cure}")
    return p, q
