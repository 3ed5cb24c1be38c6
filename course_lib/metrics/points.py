r"""How many modes of a known distribution a generator found, and how well it fills them.

One idea: one number will not do. A generator that makes one point of each mode scores every mode and a perfect share
of high-quality samples; its spread is 0. One that covers the modes unevenly shows in the reverse KL.

Srivastava et al. 2017, arXiv:1705.07761 (modes, high quality); Lin et al. 2018, arXiv:1712.04086 (reverse KL).
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Shaped
from numpy import ndarray
from scipy.spatial.distance import cdist

from course_lib.arrays import Array, finite_float64

WITHIN = 3.0  # standard deviations from a mode's centre that still count as high quality


class ModeCoverage(NamedTuple):
    r"""How samples lie on the modes of a mixture of K equal, isotropic Gaussians in the plane.

    A perfect sampler of n points: all K modes, a high quality of $1 - e^{-9/2}$ = 98.89 %, a reverse KL of about
    $(K-1)/2n$, a spread of about 1.

    Attributes:
        modes: modes with at least one high-quality sample.
        high_quality: fraction of the samples within 3 standard deviations of the nearest centre.
        reverse_kl: $\mathrm{KL}(\hat q \| u)$ in nats of the shares $\hat q$ of the samples nearest to each mode
            from equal ones; 0 where all modes get the same, $\log K$ where one gets everything.
        spread: root mean square deviation of the high-quality samples of a mode from their own mean, over what it is
            for the true Gaussian cut off at 3 standard deviations; 1 is right, 0 a point, NaN without two samples on
            one mode.
    """

    modes: int
    high_quality: float
    reverse_kl: float
    spread: float


def mode_coverage(samples: Shaped[Array, "..."], centers: Shaped[Array, "..."], std: float) -> ModeCoverage:
    """Modes found, share of high quality, reverse KL and spread of `samples` (n, 2) over `centers` (K, 2).

    Raises:
        ValueError: for other shapes, values that are not finite, no samples, or a std that is not above 0.

    VEEGAN, section 5.1, takes n = 2,500.
    """
    points, middles = _points(samples, "samples"), _points(centers, "centers")
    if not 0 < std < np.inf:
        raise ValueError(f"mode_coverage: expected a std above 0, got {std!r}.")
    distances = cdist(points, middles)
    nearest = distances.argmin(axis=1)
    good = distances[np.arange(len(points)), nearest] <= WITHIN * std
    shares = np.bincount(nearest, minlength=len(middles)) / len(points)
    used = shares[shares > 0]
    return ModeCoverage(
        modes=len(np.unique(nearest[good])),
        high_quality=float(good.mean()),
        reverse_kl=float(max(0.0, (used * np.log(used * len(middles))).sum())),
        spread=_spread(points[good], nearest[good], std),
    )


def _spread(points: Float[ndarray, "n 2"], mode: ndarray, std: float) -> float:
    """Of all modes together, each around its own mean, so that a shifted mode does not count as a wide one."""
    squares, freedom = 0.0, 0
    for k in np.unique(mode):
        own = points[mode == k]
        squares += ((own - own.mean(axis=0)) ** 2).sum()
        freedom += 2 * (len(own) - 1)
    if not freedom:
        return float("nan")
    # the variance of a coordinate of a plane Gaussian that is cut off at r standard deviations
    half = WITHIN**2 / 2
    kept = 1 - half * np.exp(-half) / (1 - np.exp(-half))
    return float(np.sqrt(squares / freedom / kept) / std)


def _points(values: Array, name: str) -> Float[ndarray, "n 2"]:
    points = finite_float64(values, f"mode_coverage: {name}", advice="Did the generator diverge?")
    if points.ndim != 2 or points.shape[1] != 2 or not len(points):
        raise ValueError(f"mode_coverage: expected {name} of shape (n, 2), at least one, got {points.shape}.")
    return points
