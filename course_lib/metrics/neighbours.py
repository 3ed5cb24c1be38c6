r"""Nearest neighbours: does a generator repeat its training recordings, or draw what no recording looks like?

The idea: held-out recordings are as near to the training recordings as new ones come. Fakes that are nearer were
copied. A median sees when most are (`nearest_neighbour_ratio`); a low percentile sees when some are (`copied_share`).
"""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float
from numpy import ndarray
from sklearn.neighbors import NearestNeighbors

from course_lib.metrics.guards import Labels, Signals, checked_labels, checked_pair


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


def copied_share(
    train: Signals,
    test: Signals,
    fake: Signals,
    *,
    labels: Sequence[Labels] | None = None,
    percentile: float = 5.0,
) -> float:
    """Share of `fake` nearer to a training recording than all but `percentile` % of the held-out recordings are.

    About percentile / 100 is right (0.05): some new recordings come near an old one. Above it, fakes were copied; below
    it, fakes keep away from the recordings, as noisy ones do. With `labels` a signal's neighbours are those of its own
    class: a copy is found in a wide class too.

    Args:
        labels: of train, of test and of fake.

    Raises:
        ValueError: if a class of test or fake is not in train, or so many test signals stand in `train` that the
            percentile of their distances is 0.
    """
    x_train, x_test = checked_pair(train, test, names=("train", "test"), at_least=1)
    _, x_fake = checked_pair(train, fake, names=("train", "fake"), at_least=1)
    sets, names = [x.reshape(len(x), -1) for x in (x_train, x_test, x_fake)], ("train", "test", "fake")
    if labels is None:
        of = [np.zeros(len(x), dtype=np.int64) for x in sets]
    elif len(labels) != 3:
        raise ValueError(
            f"copied_share: expected labels of train, of test and of fake, got {len(labels)} sets of labels."
        )
    else:
        of = [checked_labels(y, len(x), name) for y, x, name in zip(labels, sets, names, strict=True)]
    of_test, of_fake = (
        _distance_within_class(x, y, sets[0], of[0], name)
        for x, y, name in zip(sets[1:], of[1:], names[1:], strict=True)
    )
    limit = float(np.percentile(of_test, percentile))
    if not limit > 1e-6 * np.sqrt(sets[0].shape[1]):  # the distance of equal points is rounding, not 0
        raise ValueError(
            f"copied_share: {percentile:g} % or more of the test signals stand in train, so nothing is nearer than "
            "they are. Split the recordings so that test and train share none."
        )
    return float((of_fake < limit).mean())


def _distance_within_class(
    points: Float[ndarray, "n d"], labels: ndarray, among: Float[ndarray, "m d"], of_among: ndarray, name: str
) -> Float[ndarray, " n"]:
    """Distance of each point to the nearest of its own class in another set."""
    distances = np.empty(len(points))
    for k in np.unique(labels):
        own = labels == k
        if not (of_among == k).any():
            raise ValueError(
                f"copied_share: {name} has signals of class {k}, and train has none. Leave that class out."
            )
        distances[own] = distance_to_nearest(points[own], among[of_among == k])
    return distances
