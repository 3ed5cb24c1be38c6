r"""How good several fills of a gap are, taken together: a law is judged by draws of it.

The idea: one number that has happened says little of a law, but over many the right law scores best. The energy score
asks that the truth be near the draws, and that the draws differ by no more than that; a band between the draws'
quantiles should hold the truth as often as it says.

Gneiting and Raftery 2007, "Strictly proper scoring rules, prediction, and estimation", JASA 102 (energy score).
"""

import numpy as np
from jaxtyping import Bool, Float, Float64
from numpy import ndarray

from course_lib.arrays import Array, finite_float64

BAND = 0.9


def energy_score(samples: Float[Array, "n N ..."], truth: Float[Array, "N ..."]) -> Float64[ndarray, "N"]:
    r"""$\frac1n \sum_i \lVert X_i - y \rVert - \frac{1}{2 n (n-1)} \sum_{i \ne j} \lVert X_i - X_j \rVert$ of N truths.

    Each truth y has n draws X; norms over everything that is not n or N, divided by the square root of how many numbers
    that is, so that gaps of different lengths compare. Small is right; on average the true law has the smallest. The
    second term is unbiased, however many draws there are.

    Raises:
        ValueError: if there are fewer than two draws, or shapes do not agree.

    Gneiting and Raftery 2007, equation 22.
    """
    x, y = _checked(samples, truth, "energy_score", at_least=2)
    n, size = len(x), np.sqrt(x.shape[2])
    near = np.linalg.norm(x - y, axis=2).mean(axis=0)
    spread = sum(np.linalg.norm(x - other, axis=2).sum(axis=0) for other in x)
    return (near - spread / (2 * n * (n - 1))) / size


def band_coverage(
    samples: Float[Array, "n N ..."], truth: Float[Array, "N ..."], *, missing: Bool[ndarray, "N ..."] | None = None
) -> float:
    """Share of the numbers of `truth` within the middle 90 % of the draws, each number by itself; 0.9 is right.

    The band's ends are the 5 % and 95 % quantiles by Weibull's rule, for which a truth of the draws' own law is inside
    about as often as it says, however few draws there are (from 19).

    Args:
        missing: which numbers count; all, if None.

    Raises:
        ValueError: if there are fewer than 19 draws, or shapes do not agree.

    Hyndman and Fan 1996, "Sample quantiles in statistical packages", The American Statistician 50 (their type 6).
    """
    x, y = _checked(samples, truth, "band_coverage", at_least=19)
    low, high = np.quantile(x, [(1 - BAND) / 2, (1 + BAND) / 2], axis=0, method="weibull")
    inside = (low <= y) & (y <= high)
    return float(
        inside.mean() if missing is None else inside[np.broadcast_to(missing, truth.shape).reshape(y.shape)].mean()
    )


def _checked(samples: Array, truth: Array, who: str, *, at_least: int) -> tuple[ndarray, ndarray]:
    x, y = finite_float64(samples, f"{who}: samples"), finite_float64(truth, f"{who}: truth")
    if x.shape[1:] != y.shape or y.ndim < 2 or len(x) < at_least:
        raise ValueError(
            f"{who}: expected {at_least} draws or more of each truth, shape (n, *truth.shape), got {x.shape} for truth "
            f"{y.shape}."
        )
    return x.reshape(len(x), len(y), -1), y.reshape(len(y), -1)
