r"""How far two sets of signals are apart as distributions: as Gaussians, by kernels, by who lies among whom.

The idea: each looks at sets of points, one a signal, and none sees everything. Fewer signals than steps bias all of
them: read a value beside its `reference`.

Heusel et al. 2017, arXiv:1706.08500 (Frechet distance); Gretton et al. 2012, JMLR 13 (MMD); Kynkaanniemi et al. 2019,
arXiv:1904.06991 (precision, recall); Naeem et al. 2020, arXiv:2002.09797 (density, coverage).
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from numpy import ndarray
from sklearn.metrics import pairwise_distances, pairwise_distances_chunked

from course_lib.arrays import finite_float64
from course_lib.metrics.guards import ADVICE, Features, Signals, checked_features, checked_pair, checked_positive
from course_lib.metrics.neighbours import distance_to_nearest


def frechet_distance(x_features: Features, y_features: Features) -> float:
    r"""Squared Frechet distance (squared Wasserstein-2) of the Gaussians fitted to features (N, F) and (M, F).

    $\lVert\mu_x-\mu_y\rVert^2 + \mathrm{tr}\,\Sigma_x + \mathrm{tr}\,\Sigma_y -
    2\,\mathrm{tr}(\Sigma_x^{1/2}\Sigma_y\Sigma_x^{1/2})^{1/2}$, covariances over N - 1. The last trace is the sum of
    the singular values of $R_x R_y^\top$, with $\Sigma_x = R_x^\top R_x$ from a QR factorisation of the centred
    features: no matrix square root is ever taken, so fewer samples than features do no harm to the arithmetic (they do
    bias the value upwards: read it beside its `reference`).

    Raises:
        ValueError: if a value is not finite, the features differ in number, or a set has fewer than 2 samples.

    Frechet 1957; Heusel et al. 2017, arXiv:1706.08500, equation 6.
    """
    x, y = checked_features(x_features, y_features, names=("x_features", "y_features"))
    mean_x, mean_y = x.mean(axis=0), y.mean(axis=0)
    root_x = np.linalg.qr(x - mean_x, mode="r") / np.sqrt(len(x) - 1)  # root.T @ root is the covariance
    root_y = np.linalg.qr(y - mean_y, mode="r") / np.sqrt(len(y) - 1)
    overlap = np.linalg.svd(root_x @ root_y.T, compute_uv=False).sum()
    squared = np.sum((mean_x - mean_y) ** 2) + np.sum(root_x**2) + np.sum(root_y**2) - 2 * overlap
    return float(max(squared, 0.0))  # rounding may leave -1e-15


def signal_frechet(real: Signals, fake: Signals) -> float:
    r"""Squared Frechet distance of the flattened signals over the total variance of `real`.

    0 is right, 1 is about as far as a generator that always draws the mean signal. Sees mean, spread and every
    correlation between two time steps; sees nothing beyond second moments.
    """
    x, y = checked_pair(real, fake)
    x, y = x.reshape(len(x), -1), y.reshape(len(y), -1)
    total = checked_positive(x.var(axis=0, ddof=1).sum(), "real's signals are all the same", rounding=1e-20 * x.size)
    return frechet_distance(x, y) / total


def median_bandwidth(points: Features, *, at_most: int = 2000) -> float:
    """Median Euclidean distance between two points of a set (thinned to `at_most` of them, to bound the memory)."""
    points = finite_float64(points, "points", advice=ADVICE)
    chosen = points[np.linspace(0, len(points) - 1, min(at_most, len(points))).astype(int)]
    return float(np.median(pairwise_distances(chosen)[np.triu_indices(len(chosen), k=1)]))


def _mean_kernel(x: Float[ndarray, "n d"], y: Float[ndarray, "m d"], bandwidth: float) -> float:
    blocks = pairwise_distances_chunked(x, y, working_memory=64)  # MiB: 5,000 signals a side fit on Binder
    return float(sum(np.exp(-(d**2) / (2 * bandwidth**2)).sum() for d in blocks) / (len(x) * len(y)))


def maximum_mean_discrepancy(x: Features, y: Features) -> float:
    r"""MMD with the kernel $k(a,b) = \exp(-\lVert a-b\rVert^2 / 2\sigma^2)$, the *biased* estimate.

    $\sqrt{\overline{k(x,x')} + \overline{k(y,y')} - 2\,\overline{k(x,y)}}$, means over all pairs, a point with itself
    included. $\sigma$ is the median distance within the pooled sets. The biased estimate is never negative and is not
    0 between two sets of real signals, so it has a ratio to its `reference`; the unbiased one has mean 0 there and
    would not.
    `x`, `y`: features (N, F), or signals (N, C, L) in units of x's channels.

    Gretton et al. 2012, JMLR 13:723, equation 5.
    """
    x, y = checked_features(x, y, names=("x", "y"))
    bandwidth = checked_positive(median_bandwidth(np.concatenate([x, y])), "x and y hold the same sample over and over")
    squared = _mean_kernel(x, x, bandwidth) + _mean_kernel(y, y, bandwidth) - 2 * _mean_kernel(x, y, bandwidth)
    return float(np.sqrt(max(squared, 0.0)))


class PrecisionRecall(NamedTuple):
    """Fidelity (precision, density) and diversity (recall, coverage) of a generated set."""

    precision: float
    recall: float
    density: float
    coverage: float


def precision_recall(real: Features, fake: Features, *, k: int = 5) -> PrecisionRecall:
    r"""Four answers from balls: around each point, the ball that reaches its k-th nearest neighbour in its own set.

    precision: fraction of fake points within some real ball. recall: fraction of real points within some fake ball.
    density: mean number of real balls around a fake point, over k (may exceed 1; an outlier's huge ball counts once).
    coverage: fraction of real balls with a fake point in them.
    `real`, `fake`: features (N, F), or signals (N, C, L) in units of real's channels.

    Raises:
        ValueError: if a set has k points or fewer.

    Kynkaanniemi et al. 2019, arXiv:1904.06991; Naeem et al. 2020, arXiv:2002.09797.
    """
    if k < 1:
        raise ValueError(f"k counts neighbours and must be at least 1, it is {k}.")
    x, y = checked_features(real, fake, names=("real", "fake"), at_least=k + 1)
    radius_x, radius_y = (distance_to_nearest(p, p, k=k + 1) for p in (x, y))  # k + 1: the nearest is the point itself
    distance = pairwise_distances(x, y)  # (real, fake)
    in_real = distance <= radius_x[:, None]
    return PrecisionRecall(
        precision=float(in_real.any(axis=0).mean()),
        recall=float((distance <= radius_y[None, :]).any(axis=1).mean()),
        density=float(in_real.sum(axis=0).mean() / k),
        coverage=float(in_real.any(axis=1).mean()),
    )
