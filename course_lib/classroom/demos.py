r"""The mathematics that a demonstration runs, apart from the figures that show it: each is of one or two notebooks.

One idea: what a picture shows is computed here, so that a claim can be asserted of the numbers and not of the picture.

- 01: a discriminator fitted to samples alone; the overlap of two histograms.
- 02: densities that slide apart and what each divergence says of them; a Gaussian fitted to two bumps.
- 04: two piles, a plan and a potential that the reader moves.
- 05: the best straight critic with a bounded slope.
- 06: a critic that is a sum of bumps. It is linear in its coefficients, so its penalised objective can be climbed to
  the top in a tenth of a second. The climb minorises $\lVert g\rVert$ by $g\cdot n$ with the last direction n (Lange,
  Hunter and Yang 2000, doi 10.1080/10618600.2000.10474858).
- 07: the spread of signals between classes and within them.
- 08: the receptive field of strided layers.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Integer
from numpy import ndarray
from scipy.linalg import cho_factor, cho_solve
from scipy.special import expit
from scipy.stats import norm
from sklearn.linear_model import LogisticRegression

from course_lib.arrays import Array, Number, as_numpy
from course_lib.divergences import js, kl
from course_lib.transport import transport_plan, wasserstein_1d

# ---------------------------------------------------------------------------- 01: samples and a discriminator


def histogram_overlap(real: Float[Array, " n"], generated: Float[Array, " m"], edges: Float[Array, " edges"]) -> float:
    """The share of mass that two histograms have in common: 1 if they are alike, 0 if they share no bin."""
    shares = [np.histogram(as_numpy(x), as_numpy(edges))[0] / len(x) for x in (real, generated)]
    return float(np.minimum(*shares).sum())


def _hats(x: ndarray, knots: ndarray) -> Float[ndarray, "n knots"]:
    """Each row holds the weights with which a piecewise straight line through the knots gives its value at x."""
    return np.stack([np.interp(x, knots, one) for one in np.eye(len(knots))], axis=1)


def fit_discriminator(
    real: Float[ndarray, " n"], generated: Float[ndarray, " m"], x: Float[ndarray, " points"]
) -> Float[ndarray, " points"]:
    """D at x, trained on samples alone: the logit is a line with a kink every half unit, fitted by cross-entropy.

    It knows nothing of densities. A weak pull towards 0 settles what no sample speaks of.
    """
    knots = np.arange(x[0], x[-1] + 0.5, 0.5)
    samples, labels = np.concatenate([real, generated]), np.repeat([1, 0], [len(real), len(generated)])
    model = LogisticRegression(C=10, fit_intercept=False, max_iter=500).fit(_hats(samples, knots), labels)
    return expit(_hats(x, knots) @ model.coef_[0])


# ------------------------------------------------------------------------------ 02: densities that a hand can move


class SlidDensities(NamedTuple):
    """Two densities on one grid, and its spacing."""

    x: Float[ndarray, "points"]
    p: Float[ndarray, "points"]
    q: Float[ndarray, "points"]
    dx: float


def slid_densities(shape: str, shift: Number, width: Number) -> SlidDensities:
    """p of unit width at 0, and q, `width` times as wide, at `shift`; on the midpoints of cells of 0.01.

    `shape` is "uniform blocks" (p of width 1) or "Gaussians" (p of standard deviation 1).
    """
    dx = 0.01
    x = np.arange(-10, 14, dx) + dx / 2
    if shape == "Gaussians":
        return SlidDensities(x, norm.pdf(x), norm.pdf(x, shift, width), dx)
    return SlidDensities(x, (np.abs(x) < 0.5).astype(float), (np.abs(x - shift) < width / 2) / width, dx)


def distances_of_densities(p: Float[ndarray, "points"], q: Float[ndarray, "points"], dx: float) -> dict[str, float]:
    """KL both ways and JS in nats, and W1: the area between the two distribution functions."""
    w1 = float(np.abs(np.cumsum(p - q)).sum() * dx * dx)
    return {"KL(p‖q)": kl(p, q, dx=dx), "KL(q‖p)": kl(q, p, dx=dx), "JS": js(p, q, dx=dx), "W1": w1}


def _log_two_bumps(x: Float[ndarray, "points"]) -> Float[ndarray, "points"]:
    return np.logaddexp(norm.logpdf(x, -2, 0.5), norm.logpdf(x, 2, 0.5)) - np.log(2)


def two_bumps(x: Float[ndarray, "points"]) -> Float[ndarray, "points"]:
    r"""The density that is half $N(-2, 0.5^2)$ and half $N(2, 0.5^2)$."""
    return np.exp(_log_two_bumps(x))


def kls_of_two_bumps(mean: Number, std: Number) -> tuple[float, float]:
    """KL(p‖q) and KL(q‖p) in nats of the two bumps p and one Gaussian q, by a sum over a grid."""
    x, dx = np.linspace(-12, 12, 4801, retstep=True)
    log_p = _log_two_bumps(x)
    log_ratio = log_p - norm.logpdf(x, mean, std)  # in logs, since a narrow q underflows to 0 where p does not
    forward, reverse = np.exp(log_p) * log_ratio, -norm.pdf(x, mean, std) * log_ratio
    return float(forward.sum() * dx), float(reverse.sum() * dx)


# ------------------------------------------------------------------------------------------ 04: piles to move


class TransportGame(NamedTuple):
    """Two piles, a plan and a potential of the reader's own, and the three numbers that they give."""

    places: Float[ndarray, "n"]
    source: Float[ndarray, "n"]
    target: Float[ndarray, "n"]
    plan: Float[ndarray, "n n"]
    potential: Float[ndarray, "n"]
    cost: float
    dual: float
    exact: float


def transport_game(
    shift: Number = 0.6, spread: Number = 1.4, mix: Number = 0.5, peak: Number = -1.0, slope: Number = 0.7
) -> TransportGame:
    r"""One heap at 0 is to become two, at `shift` - `spread` and `shift` + `spread`.

    The plan is the cheapest one, with the share `mix` of it replaced by the independent plan $a b^\top$. The potential
    is a tent, $f(x) = -s\,|x - k|$ with the slope s = `slope` and its peak k = `peak`. A tent with s = 1 and the right
    k is an optimal one here, since the two distribution functions cross at most once.
    """
    places = np.round(np.arange(-4, 4.01, 0.2), 10)
    source, target = _heap(places, [0.0]), _heap(places, [shift - spread, shift + spread])
    distances = np.abs(places[:, None] - places)
    exact = transport_plan(distances, source, target).value
    in_order = transport_plan(distances**2, source, target).plan  # of the cheapest plans the one that keeps the order
    plan = (1 - mix) * in_order + mix * np.outer(source, target)
    potential = -slope * np.abs(places - peak)
    cost, dual = float((plan * distances).sum()), float(potential @ (source - target))
    return TransportGame(places, source, target, plan, potential, cost, dual, exact)


def _heap(places: ndarray, centers: Sequence[Number], width: float = 0.4) -> ndarray:
    """Equal Gaussian heaps on the places, of mass 1 together."""
    mass = sum(np.exp(-0.5 * ((places - center) / width) ** 2) for center in centers)
    mass[mass < 1e-4 * mass.max()] = 0
    return mass / mass.sum()


# ----------------------------------------------------------------------------------------- 05: a straight critic


class LinearCritic(NamedTuple):
    """The slope of the best critic $f(x) = wx$, the difference of means that it reaches, and the exact distance."""

    slope: float
    estimate: float
    exact: float


def best_linear_critic(limit: Number, shift: Number, spread: Number) -> LinearCritic:
    r"""The best critic $f(x) = wx$ with $|w| \le c$ between N(0, 1) and N(shift, spread²), beside their exact $W_1$.

    The laws are taken at 2,000 equally likely quantiles. The sample with the larger mean scores higher if it is real.
    """
    levels = (np.arange(2000) + 0.5) / 2000
    real, fake = norm.ppf(levels), norm.ppf(levels, loc=shift, scale=spread)
    slope = -float(limit * np.sign(shift))
    return LinearCritic(slope, float(slope * (real.mean() - fake.mean())), wasserstein_1d(real, fake))


# ------------------------------------------------------------------------------------ 06: a critic to climb with

BUMPS = 12  # a side of the square that they stand on
WIDTH = 1.3  # of a bump, in spacings
CLIMBS = 60  # steps of the climb
RIDGE = 1e-5  # added to the curvature, as a share of its trace


class BumpCritic(NamedTuple):
    r"""$D(x) = \sum_k c_k \exp(-|x - m_k|^2 / 2h^2)$, and what it reached: the difference of mean scores, the slopes
    at the mixtures, and the objective (the difference less the weighted penalty)."""

    centers: Float[ndarray, "bumps 2"]
    width: float
    coefficients: Float[ndarray, "bumps"]
    difference: float
    slopes: Float[ndarray, "mixtures"]
    objective: float
    mixtures: Float[ndarray, "mixtures 2"]

    def __call__(self, points: Float[ndarray, "n 2"]) -> Float[ndarray, "n"]:
        return _bumps(np.asarray(points, float), self.centers, self.width)[0] @ self.coefficients


def climb_penalized(
    real: Float[Array, "n 2"], fake: Float[Array, "m 2"], weight: Number, *, pairs: int = 3000, seed: int = 0
) -> BumpCritic:
    r"""The bump critic that maximises $\mathbb{E}D(x) - \mathbb{E}D(y) - w\,\mathbb{E}(\lVert\nabla D\rVert - 1)^2$.

    The penalty is taken at `pairs` mixtures of independent pairs. Each step climbs a parabola that touches the
    objective from below, so the objective never falls.

    Raises:
        ValueError: if the weight is not above 0.
    """
    if not 0 < weight < np.inf:
        raise ValueError(f"climb_penalized: expected a weight above 0, got {weight!r}; at 0 there is no top to reach.")
    real, fake = as_numpy(real).astype(float), as_numpy(fake).astype(float)
    line = np.linspace(-1, 1, BUMPS) * max(abs(real).max(), abs(fake).max())
    centers = np.stack(np.meshgrid(line, line), axis=-1).reshape(-1, 2)
    width = WIDTH * (line[1] - line[0])
    gain = _bumps(real, centers, width)[0].mean(axis=0) - _bumps(fake, centers, width)[0].mean(axis=0)

    random = np.random.default_rng(seed)
    mixing = random.random((pairs, 1))
    mixtures = mixing * real[random.integers(len(real), size=pairs)]
    mixtures += (1 - mixing) * fake[random.integers(len(fake), size=pairs)]
    gradients = np.concatenate(_bumps(mixtures, centers, width)[1])  # (2 mixtures, bumps)
    curvature = gradients.T @ gradients / pairs
    factor = cho_factor(curvature + RIDGE * np.trace(curvature) / len(gain) * np.eye(len(gain)))
    steepest = cho_solve(factor, gain)
    # start at the best multiple of the direction that gains most for its mean squared slope
    coefficients = steepest / np.sqrt(steepest @ curvature @ steepest)
    for _ in range(CLIMBS):
        directions = _directions(gradients @ coefficients)[0]
        coefficients = steepest / (2 * weight) + cho_solve(factor, gradients.T @ directions / pairs)
    slopes = _directions(gradients @ coefficients)[1]
    difference = float(gain @ coefficients)
    objective = difference - weight * float(np.square(slopes - 1).mean())
    return BumpCritic(centers, float(width), coefficients, difference, slopes, objective, mixtures)


def _bumps(points: ndarray, centers: ndarray, width: float) -> tuple[ndarray, tuple[ndarray, ndarray]]:
    """Every bump at every point, (n, bumps), and its derivatives in the two coordinates."""
    away = points[:, None] - centers
    heights = np.exp(-np.square(away).sum(axis=2) / (2 * width**2))
    return heights, tuple(-away[:, :, k] / width**2 * heights for k in range(2))


def _directions(gradients: ndarray) -> tuple[ndarray, ndarray]:
    """Unit vectors and lengths of gradients whose two coordinates stand one below the other."""
    both = gradients.reshape(2, -1)
    length = np.hypot(*both)
    return (both / np.where(length > 0, length, 1)).reshape(-1), length


# --------------------------------------------------------------------------- 07: spread between and within classes


def spread_between_and_within(
    signals: Float[Array, "n length"], labels: Integer[Array, " n"]
) -> tuple[Float[ndarray, " length"], Float[ndarray, " length"]]:
    """At each step the standard deviation between the class means and the one within the classes.

    Classes count by their number of signals, so that the squares of the two add up to the variance over all signals.
    """
    x, labels = as_numpy(signals), as_numpy(labels)
    classes, counts = np.unique(labels, return_counts=True)
    means = np.stack([x[labels == k].mean(axis=0) for k in classes])
    variances = np.stack([x[labels == k].var(axis=0) for k in classes])
    between = np.average((means - x.mean(axis=0)) ** 2, axis=0, weights=counts)
    within = np.average(variances, axis=0, weights=counts)
    return np.sqrt(between), np.sqrt(within)


# ------------------------------------------------------------------------------------------ 08: what a layer sees


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
