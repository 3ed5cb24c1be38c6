r"""Nearest neighbours: does a generator repeat its training recordings, or draw what no recording looks like?"""

import numpy as np
from jaxtyping import Float
from numpy import ndarray
from sklearn.neighbors import NearestNeighbors

from course_lib.metrics.guards import Signals, checked_pair


def distance_to_nearest(
    points: Float[ndarray, "n d"], among: Float[ndarray, "m d"], k: int = 1
) -> Float[ndarray, " n"]:
    """Euclidean distance of each point to its k-th nearest neighbour in another set."""
    return NearestNeighbors(n_neighbors=k, algorithm="brute").fit(among).kneighbors(points)[0][:, -1]


def nearest_neighbour_ratio(train: Signals, test: Signals, fake: Signals) -> float:
    """Median distance fake -> nearest train over median distance test -> nearest train, on flattened signals.

    1 is right. Towards 0 the generator repeats its training recordings; above 1 it draws what no recording looks like
    (or noise on top: distances in 160 dimensions grow with every rough step).

    Raises:
        ValueError: if at least half of the test signals also stand in `train`, so that the median is 0.
    """
    x_train, x_test = checked_pair(train, test, names=("train", "test"), at_least=1)
    _, x_fake = checked_pair(train, fake, names=("train", "fake"), at_least=1)
    x_train, x_test, x_fake = (x.reshape(len(x), -1) for x in (x_train, x_test, x_fake))
    usual = float(np.median(distance_to_nearest(x_test, x_train)))
    if not usual > 1e-6 * np.sqrt(x_train.shape[1]):  # the distance of equal points is rounding, not 0
        raise ValueError(
            "half or more of the test signals stand in train, so there is no usual distance to compare with. "
            "Split the recordings so that test and train share none."
        )
    return float(np.median(distance_to_nearest(x_fake, x_train)) / usual)
