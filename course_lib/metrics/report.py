r"""Every metric beside its reference.

One idea: **no number without its reference.** A metric between two finite sets of *real* signals is not 0 (or 1)
either, so every value is read beside the same metric between two disjoint sets of real signals of the same size
(`reference`), and `quality_report` prints both. No metric sees everything: a flat line is smooth, a memorised recording
is realistic.
"""

from collections.abc import Callable

import numpy as np
import pandas as pd
from numpy import ndarray

from course_lib.arrays import whole_numbers
from course_lib.metrics.distribution import (
    maximum_mean_discrepancy,
    precision_recall,
    signal_frechet,
)
from course_lib.metrics.guards import Labels, Signals, checked_pair, checked_signals
from course_lib.metrics.neighbours import nearest_neighbour_ratio
from course_lib.metrics.time import (
    autocorrelation_distance,
    edge_roughness_ratio,
    edge_variance_ratio,
    roughness_ratio,
    spectral_distance,
    variance_ratio,
)


def reference(
    metric: Callable[[ndarray, ndarray], float], real: Signals, size: int, *, draws: int = 5, seed: int = 0
) -> float:
    """The metric between two disjoint sets of `size` real signals each, mean over `draws`.

    It is what a perfect generator would score.

    Raises:
        ValueError: if `real` holds fewer than 2 * size signals.
    """
    signals = checked_signals(real, "real")
    if not 1 <= size <= len(signals) // 2:
        raise ValueError(
            f"two disjoint sets of {size} need {2 * size} real signals, and there are {len(signals)}. "
            f"Choose a size from 1 to {len(signals) // 2}, and compare with as many generated signals."
        )
    random = np.random.default_rng(seed)
    orders = [random.permutation(len(signals))[: 2 * size] for _ in range(draws)]
    return float(np.mean([metric(signals[order[:size]], signals[order[size:]]) for order in orders]))


METRICS: dict[str, Callable[[ndarray, ndarray], float]] = {
    "frechet": signal_frechet,
    "roughness_ratio": roughness_ratio,
    "variance_ratio": variance_ratio,
    "edge_roughness_ratio": edge_roughness_ratio,
    "edge_variance_ratio": edge_variance_ratio,
    "spectral_distance": spectral_distance,
    "autocorrelation_distance": autocorrelation_distance,
    "mmd": maximum_mean_discrepancy,
}


def _all_metrics(train: ndarray, test: ndarray, fake: ndarray) -> dict[str, float]:
    values = {name: metric(test, fake) for name, metric in METRICS.items()}
    values |= precision_recall(test, fake)._asdict()
    return values | {"nearest_neighbour_ratio": nearest_neighbour_ratio(train, test, fake)}


def _labels_of(labels: tuple[Labels, Labels] | None, n_train: int, n_test: int) -> tuple[ndarray, ndarray]:
    """One whole number a signal, of train and of test; one class for all where there are none."""
    if labels is None:
        return np.zeros(n_train, dtype=np.int64), np.zeros(n_test, dtype=np.int64)
    if len(labels) != 2:
        raise ValueError(f"labels: expected two sets, of train and of test, got {len(labels)}.")
    of_train, of_test = (whole_numbers(y, f"labels of {n}") for y, n in zip(labels, ("train", "test"), strict=True))
    if (of_train.shape, of_test.shape) != ((n_train,), (n_test,)):
        got = [len(y) if y.ndim == 1 else y.shape for y in (of_train, of_test)]
        raise ValueError(f"labels: expected {n_train} of train and {n_test} of test, got {got[0]} and {got[1]}.")
    return of_train, of_test


def _three_sets(labels: ndarray, wanted: ndarray, random: np.random.Generator) -> tuple[ndarray, ndarray, ndarray]:
    """Indices of two disjoint sets, each with the classes of `wanted`, and of what is left."""
    sets = ([], [], [])
    classes, counts = np.unique(wanted, return_counts=True)
    for k in np.unique(labels):
        members = random.permutation(np.flatnonzero(labels == k))
        n = int(counts[classes == k].sum())
        if len(members) < 3 * n:
            raise ValueError(
                f"the reference needs three disjoint sets of {n} real signals of class {k}, and there are "
                f"{len(members)}. Put less into test (a fifth of the recordings, say)."
            )
        for part, found in zip(sets, np.split(members, [n, 2 * n]), strict=True):
            part.append(found)
    return tuple(np.sort(np.concatenate(part)) for part in sets)


def quality_report(
    train: Signals,
    test: Signals,
    fake: Signals,
    *,
    labels: tuple[Labels, Labels] | None = None,
    seed: int = 0,
    draws: int = 5,
) -> pd.DataFrame:
    """Each metric of `fake` against held-out `test`, beside its real-against-real reference.

    Rows: metrics; columns: value, reference, ratio.
    test and fake are compared at equal sizes, the smaller of the two, drawn by `seed`; the size stands in
    `report.attrs["size"]`. The reference is the mean of `draws`: a set of that size in the place of the generated
    signals, another in the place of the test set, both drawn from all real signals, the remaining ones in the place of
    the training set (for the nearest neighbours).

    With `labels` (of train and of test), the sets that the reference is drawn from hold as many signals of each class
    as the test set does. Say them whenever test is stratified and `fake` was made for its classes: sets whose classes
    vary by chance are further apart, and their reference is too kind.

    Raises:
        ValueError: if there are fewer than three times as many real signals as are compared, shapes differ, or a value
            is not finite.
    """
    x_train, x_test, x_fake = (
        checked_signals(s, n) for s, n in zip((train, test, fake), ("train", "test", "fake"), strict=True)
    )
    checked_pair(x_train, x_test, names=("train", "test")), checked_pair(x_train, x_fake, names=("train", "fake"))
    size = min(len(x_test), len(x_fake))
    real = np.concatenate([x_train, x_test])
    if len(real) < 3 * size:
        raise ValueError(
            f"the reference needs three disjoint sets of {size} real signals, and train and test together hold "
            f"{len(real)}. "
            "Put less into test (a fifth of the recordings, say)."
        )
    y_train, y_test = _labels_of(labels, len(x_train), len(x_test))
    random = np.random.default_rng(seed)
    taken, made = (np.sort(random.permutation(len(s))[:size]) for s in (x_test, x_fake))
    value = _all_metrics(x_train, x_test[taken], x_fake[made])
    drawn = []
    for _ in range(draws):
        first, second, rest = _three_sets(np.concatenate([y_train, y_test]), y_test[taken], random)
        drawn.append(_all_metrics(real[rest], real[first], real[second]))
    report = pd.DataFrame({"value": value, "reference": pd.DataFrame(drawn).mean()})
    report["ratio"] = report["value"] / report["reference"]
    report.index.name = "metric"
    report.attrs["size"] = size
    return report.loc[list(value)]
