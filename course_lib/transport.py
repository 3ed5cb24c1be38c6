r"""How far one distribution lies from another, counted as work: mass times the distance that it is moved.

The idea: a plan says how much mass goes from each place to each other one; the cheapest plan's cost is the distance,
and prices at the places (the dual potentials) prove that no plan is cheaper. Everything is computed in float64 and
returned as floats or arrays; distances are returned, never their powers.

POT (https://pythonot.github.io) solves the plans. It is imported when first needed, with its other back ends switched
off: left alone, it imports PyTorch, JAX, CuPy and TensorFlow wherever it finds them.

Peyré and Cuturi 2019, arXiv:1803.00567 (a book of it); Cuturi 2013, arXiv:1306.0895 (entropic transport); Bonneel et
al. 2011, doi 10.1145/2070781.2024192 (the network simplex in POT); Bonneel et al. 2015, doi 10.1007/s10851-014-0506-3
(sliced distances).
"""

import math
import os
import warnings
from functools import cache
from types import ModuleType
from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from numpy import ndarray
from scipy.spatial.distance import cdist
from torch import Tensor

from course_lib.arrays import finite_float64

Array = ndarray | Tensor | list | tuple | float | int
MASS_TOLERANCE = 1e-6
SIMPLEX_STEPS = 10_000_000
BACK_ENDS = ("PYTORCH", "JAX", "CUPY", "TENSORFLOW")


class TransportPlan(NamedTuple):
    r"""A plan, what it costs, and the prices that bound every plan's cost from below.

    `plan` (n, m): the mass that goes from i to j. `value`: $\sum_{ij} P_{ij} c_{ij}$. `u` (n,) and `v` (m,): dual
    potentials with $u_i + v_j \le c_{ij}$, hence $a\cdot u + b\cdot v \le$ the cost of any plan. A constant may be
    added to `u` and taken off `v`; here the smallest `u` is 0.
    """

    plan: Float[ndarray, "n m"]
    value: float
    u: Float[ndarray, "n"]
    v: Float[ndarray, "m"]


# ------------------------------------------------------------------------------------------- between samples


def wasserstein_1d(x: Array, y: Array, *, order: float = 1) -> float:
    r"""$W_p = \big(\int_0^1 |F_x^{-1}(t) - F_y^{-1}(t)|^p\,dt\big)^{1/p}$ of two samples on the line.

    Shapes (n,) and (m,). In one dimension the cheapest plan keeps the order, so sorting solves it: with n = m the i-th
    smallest goes to the i-th smallest. With n != m the levels i/n and j/m cut the mass into pieces, each of
    one x and one y.

    Raises:
        ValueError: for an empty or non-finite sample, one that is not a list of numbers, or an order below 1.
    """
    x, y = (_samples(s, name, "wasserstein_1d") for s, name in ((x, "x"), (y, "y")))
    for sample, name in ((x, "x"), (y, "y")):
        if sample.shape[1] != 1:
            raise ValueError(
                f"wasserstein_1d: expected numbers on a line, {name} of shape (n,), got {sample.shape}. "
                "Use wasserstein or sliced_wasserstein for points in a plane or a space."
            )
    order = _order(order, "wasserstein_1d")
    return float(_powers_of_columns(x, y, order)[0] ** (1 / order))


def wasserstein(x: Array, y: Array, *, order: float = 1) -> float:
    r"""$W_p = \big(\min_P \sum_{ij} P_{ij} \lVert x_i - y_j\rVert^p\big)^{1/p}$ of two samples, shapes (n, d), (m, d).

    Exact, by a linear programme over n m numbers: a second or so for 1,000 points against 1,000. Every point of a
    sample has the same mass. Euclidean distances; order 1 by default.

    Raises:
        ValueError: for an empty or non-finite sample, different dimensions, or an order below 1.
    """
    x, y = _two_samples(x, y, "wasserstein")
    order = _order(order, "wasserstein")
    if x.shape[1] == 1:
        return float(_powers_of_columns(x, y, order)[0] ** (1 / order))
    distances = cdist(x, y)
    scale = distances.max() or 1.0  # powers of numbers up to 1 neither overflow nor vanish
    return float(scale * transport_plan((distances / scale) ** order).value ** (1 / order))


def sliced_wasserstein(
    x: Array, y: Array, *, projections: int = 128, seed: int | np.random.Generator = 0, order: float = 1
) -> float:
    r"""$\big(\mathbb{E}_\theta\, W_p^p(\theta\cdot x, \theta\cdot y)\big)^{1/p}$ over random directions $\theta$.

    Each direction of the unit sphere gives a problem on the line, which sorting solves: n log n instead of n m. Never
    more than $W_p$. Shapes (n, d), (m, d).

    Raises:
        ValueError: as `wasserstein`, and if `projections` is below 1.
    """
    x, y = _two_samples(x, y, "sliced_wasserstein")
    order = _order(order, "sliced_wasserstein")
    if projections < 1:
        raise ValueError(f"sliced_wasserstein: expected at least 1 projection, got {projections}. 128 is a start.")
    directions = np.random.default_rng(seed).standard_normal((x.shape[1], projections))
    directions /= np.linalg.norm(directions, axis=0)
    return float(_powers_of_columns(x @ directions, y @ directions, order).mean() ** (1 / order))


def gaussian_w2(mean1: Array, cov1: Array, mean2: Array, cov2: Array) -> float:
    r"""$W_2$ of two Gaussians, in closed form.

    $W_2^2 = \lVert m_1 - m_2\rVert^2 + \mathrm{tr}\big(C_1 + C_2 - 2 (C_1^{1/2} C_2 C_1^{1/2})^{1/2}\big)$.
    In one dimension, where a number is taken as the *variance*: $W_2^2 = (m_1 - m_2)^2 + (s_1 - s_2)^2$. The trace is
    computed as $\min_U \lVert C_1^{1/2} - C_2^{1/2} U\rVert^2$ over rotations U: no digits are lost where the two
    are close.

    Raises:
        ValueError: if shapes do not fit, or a covariance is not symmetric with eigenvalues of at least 0.

    Dowson and Landau 1982, doi 10.1016/0047-259X(82)90077-X.
    """
    mean1, mean2 = (np.atleast_1d(_numbers(m, name, "gaussian_w2")) for m, name in ((mean1, "mean1"), (mean2, "mean2")))
    if mean1.ndim != 1 or mean1.shape != mean2.shape:
        raise ValueError(
            f"gaussian_w2: expected two means of one shape (d,), got {mean1.shape} and {mean2.shape}. "
            "Average over the samples first: x.mean(axis=0)."
        )
    root1, root2 = (_root(c, len(mean1), name) for c, name in ((cov1, "cov1"), (cov2, "cov2")))
    left, _, right = np.linalg.svd(root2 @ root1)
    return float(math.hypot(np.linalg.norm(mean1 - mean2), np.linalg.norm(root1 - root2 @ left @ right)))


# ----------------------------------------------------------------------------------------- plans and their prices


def transport_plan(cost: Array, a: Array | None = None, b: Array | None = None) -> TransportPlan:
    r"""The cheapest way to turn the masses `a` (n,) into `b` (m,), where a unit from i to j costs `cost[i, j]`.

    $\min_{P \ge 0} \sum_{ij} P_{ij} c_{ij}$ with row sums `a` and column sums `b`; the potentials solve the dual,
    $\max a\cdot u + b\cdot v$ with $u_i + v_j \le c_{ij}$, and the two values agree. Masses left out are equal ones;
    given ones are divided by their sum, which is 1 within 1e-6.

    Raises:
        ValueError: for a cost that is not a finite matrix, or masses that are negative, do not sum to 1, or are not as
            many as the cost has rows or columns.
        RuntimeError: if POT's simplex did not get to an optimum.
    """
    cost, a, b = _problem(cost, a, b, "transport_plan")
    rows, columns = a > 0, b > 0
    scale = np.abs(cost).max() or 1.0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what it warns of is raised below
        part, log = _pot().emd(
            a[rows], b[columns], cost[np.ix_(rows, columns)] / scale, numItermax=SIMPLEX_STEPS, log=True
        )
    if log["warning"] is not None:
        raise RuntimeError(
            f"transport_plan: no optimal plan was found between {len(a)} and {len(b)} places; POT says: "
            f"{log['warning']} Take fewer places, or sinkhorn_plan."
        )
    return _finish(cost, a, b, part, scale * log["u"])


def sinkhorn_plan(
    cost: Array,
    a: Array | None = None,
    b: Array | None = None,
    *,
    regularization: float,
    tolerance: float = 1e-9,
    max_iterations: int = 100_000,
) -> TransportPlan:
    r"""The plan that minimises $\sum_{ij} P_{ij} c_{ij} + \epsilon \sum_{ij} P_{ij}\log P_{ij}$.

    $\epsilon$ is the `regularization`. A blurred plan, found by Sinkhorn's iterations on logarithms until its marginals
    are right within `tolerance`. `value` is the cost of that plan, without the entropy: never below the cheapest
    plan's, and towards it as $\epsilon \to 0$. The potentials are made feasible, so that `value` and
    $a\cdot u + b\cdot v$ hold the exact cost between them.

    Raises:
        ValueError: as `transport_plan`, and if `regularization` is not above 0.
        RuntimeError: if the marginals are not right after `max_iterations`.

    Cuturi 2013, arXiv:1306.0895.
    """
    cost, a, b = _problem(cost, a, b, "sinkhorn_plan")
    if not 0 < regularization < math.inf:
        raise ValueError(
            f"sinkhorn_plan: expected a regularization above 0, in the units of the cost, got {regularization}. "
            "transport_plan is the limit at 0."
        )
    rows, columns = a > 0, b > 0
    inside = cost[np.ix_(rows, columns)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        part, log = _pot().sinkhorn(
            a[rows],
            b[columns],
            inside,
            regularization,
            method="sinkhorn_log",
            numItermax=max_iterations,
            stopThr=tolerance,
            log=True,
        )
    wrong = np.abs(part.sum(axis=1) - a[rows]).max() + np.abs(part.sum(axis=0) - b[columns]).max()
    if not wrong <= 2 * tolerance:
        raise RuntimeError(
            f"sinkhorn_plan: after {max_iterations} iterations the marginals are still off by {wrong:.1e}, not "
            f"{tolerance:.0e}. Take a larger regularization than {regularization:.3g} or more iterations."
        )
    return _finish(cost, a, b, part, regularization * log["log_u"])


def c_transform(cost: Array, prices: Array) -> Float[ndarray, "n"]:
    r"""$f_i = \min_j (c_{ij} - v_j)$: the highest prices (n,) that keep $f_i + v_j \le c_{ij}$ with `prices` v (m,).

    With $c = |x - y|$ the result is 1-Lipschitz in x, whatever the prices: a minimum of cones of slope 1.

    Raises:
        ValueError: for a cost that is not a finite matrix, or prices that are not one a column.
    """
    cost, prices = _cost(cost, "c_transform"), _numbers(prices, "prices", "c_transform")
    if prices.shape != cost.shape[1:]:
        raise ValueError(
            f"c_transform: expected one price for each of the {cost.shape[1]} columns of the cost, got the shape "
            f"{prices.shape}. For prices of the rows, transpose the cost."
        )
    return (cost - prices).min(axis=1)


def _finish(cost: ndarray, a: ndarray, b: ndarray, part: ndarray, u_of_part: ndarray) -> TransportPlan:
    """Puts back the places without mass, and raises the potentials to the highest feasible ones everywhere."""
    rows, columns = a > 0, b > 0
    plan = np.zeros(cost.shape)
    plan[np.ix_(rows, columns)] = part
    v = c_transform(cost[rows].T, u_of_part)  # at every column, against the rows with mass
    u = c_transform(cost, v)
    return TransportPlan(plan, float((plan * cost).sum()), u - u.min(), v + u.min())


@cache
def _pot() -> ModuleType:
    """POT, imported with every back end but NumPy's switched off; the environment is left as it was."""
    names = [f"POT_BACKEND_DISABLE_{name}" for name in BACK_ENDS]
    before = {name: os.environ.get(name) for name in names}
    os.environ.update(dict.fromkeys(names, "1"))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import ot
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
    return ot


def _powers_of_columns(x: ndarray, y: ndarray, order: float) -> ndarray:
    """W_p to the power p between each column of x (n, k) and the same column of y (m, k)."""
    n, m = len(x), len(y)
    ends = np.union1d(np.arange(1, n + 1) * m, np.arange(1, m + 1) * n)  # where a level i/n or j/m ends, times n m
    mass = np.diff(ends, prepend=0) / (n * m)
    moved = np.sort(x, axis=0)[(ends - 1) // m] - np.sort(y, axis=0)[(ends - 1) // n]
    return mass @ np.abs(moved) ** order


# ----------------------------------------------------------------------------------------------- what came in


def _numbers(value: Array, name: str, function: str) -> ndarray:
    """The value as finite float64 numbers."""
    return finite_float64(value, f"{function}: {name}", advice="Leave those out, or mend them first.")


def _samples(value: Array, name: str, function: str) -> ndarray:
    """The value as a non-empty sample (n, d); (n,) is taken as n numbers."""
    sample = _numbers(value, name, function)
    if sample.ndim == 1:
        sample = sample[:, None]
    if sample.ndim != 2:
        raise ValueError(
            f"{function}: expected {name} of shape (samples, dimensions) or (samples,), got {sample.shape}. "
            "Flatten each sample: x.reshape(len(x), -1)."
        )
    if sample.size == 0:
        raise ValueError(f"{function}: expected at least one sample in {name}, got the shape {sample.shape}.")
    return sample


def _two_samples(x: Array, y: Array, function: str) -> tuple[ndarray, ndarray]:
    x, y = _samples(x, "x", function), _samples(y, "y", function)
    if x.shape[1] != y.shape[1]:
        raise ValueError(
            f"{function}: expected x and y of the same dimension, got {x.shape[1]} and {y.shape[1]}. "
            "Samples may differ in number, shapes (n, d) and (m, d), not in dimension."
        )
    return x, y


def _order(order: float, function: str) -> float:
    if not 1 <= order < math.inf:
        raise ValueError(
            f"{function}: expected an order of at least 1 and finite, got {order}. 1 and 2 are the usual ones; below 1 "
            "the result is no distance."
        )
    return float(order)


def _cost(cost: Array, function: str) -> Float[ndarray, "n m"]:
    cost = _numbers(cost, "cost", function)
    if cost.ndim != 2 or cost.size == 0:
        raise ValueError(
            f"{function}: expected a cost matrix of shape (n, m) with n, m >= 1, got the shape {cost.shape}. "
            "For points on a line: np.abs(x[:, None] - y)."
        )
    return cost


def _problem(cost: Array, a: Array | None, b: Array | None, function: str) -> tuple[ndarray, ndarray, ndarray]:
    cost = _cost(cost, function)
    n, m = cost.shape
    return cost, _masses(a, n, "a", "rows", function), _masses(b, m, "b", "columns", function)


def _masses(value: Array | None, n: int, name: str, axis: str, function: str) -> Float[ndarray, "n"]:
    if value is None:
        return np.full(n, 1 / n)
    masses = _numbers(value, name, function)
    if masses.shape != (n,):
        raise ValueError(
            f"{function}: expected one mass in {name} for each of the cost's {n} {axis}, shape ({n},), got "
            f"{masses.shape}. cost[i, j] goes from a[i] to b[j]: is it transposed?"
        )
    if masses.min() < 0:
        raise ValueError(
            f"{function}: expected masses of at least 0 in {name}, got {masses.min():.6g} at {masses.argmin()}. "
            "What is not there cannot be moved."
        )
    if abs(masses.sum() - 1) > MASS_TOLERANCE:
        raise ValueError(
            f"{function}: expected {name} to sum to 1 within {MASS_TOLERANCE:g}, got {masses.sum():.8g}. "
            f"If the total says nothing, divide by it: {name} / {name}.sum()."
        )
    return masses / masses.sum()


def _root(cov: Array, d: int, name: str) -> Float[ndarray, "d d"]:
    """The symmetric square root of a covariance."""
    cov = _numbers(cov, name, "gaussian_w2")
    cov = cov.reshape(1, 1) if cov.ndim == 0 or (d == 1 and cov.size == 1) else cov
    if cov.shape != (d, d):
        raise ValueError(
            f"gaussian_w2: expected {name} of shape ({d}, {d}) to go with a mean of {d} numbers, got {cov.shape}. "
            "Give the covariance matrix (in one dimension the variance), not standard deviations."
        )
    scale = np.abs(cov).max()
    values, vectors = np.linalg.eigh((cov + cov.T) / 2)
    if np.abs(cov - cov.T).max() > 1e-6 * scale or values.min() < -1e-6 * scale:
        raise ValueError(
            f"gaussian_w2: expected {name} to be symmetric without negative eigenvalues, got asymmetry "
            f"{np.abs(cov - cov.T).max():.3g} and the smallest eigenvalue {values.min():.3g}. np.cov(x.T) is both."
        )
    return (vectors * np.sqrt(values.clip(min=0))) @ vectors.T
