r"""Every metric beside its reference, that reference's range, and the forgers.

One idea: **no number without its reference.** Each value is read beside the same metric between two disjoint sets of
*real* signals of the same size and classes, redrawn twenty times, and beside what generators without a network score.
No metric sees everything: a flat line is smooth, a memorised recording is realistic, and a Gaussian has the right
Frechet distance.
"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd
from jaxtyping import Int
from numpy import ndarray

from course_lib.metrics.classifiers import AT_LEAST as FEWEST
from course_lib.metrics.classifiers import DiscriminativeScore, caught_null, discriminative_score
from course_lib.metrics.distribution import (
    maximum_mean_discrepancy,
    precision_recall,
    signal_frechet,
)
from course_lib.metrics.guards import Labels, Signals, checked_labels, checked_pair, checked_signals
from course_lib.metrics.neighbours import copied_share, nearest_neighbour_ratio
from course_lib.metrics.ranges import AT_LEAST, AT_MOST, DISTANCE, RATIO, SHARE, Range, prediction_range, three_sets
from course_lib.metrics.recognition import Recogniser, share_distance
from course_lib.metrics.time import (
    autocorrelation_distance,
    edge_roughness_ratio,
    edge_variance_ratio,
    predictive_score,
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
SCALES = {
    **{name: RATIO if name.endswith("ratio") else DISTANCE for name in METRICS},
    **dict.fromkeys(("precision", "recall", "density", "coverage"), SHARE),
    "nearest_neighbour_ratio": RATIO,
    "copied_share": AT_MOST,
    "predictive_score": DISTANCE,
    "class_accuracy": AT_LEAST,
    "class_share_distance": AT_MOST,
    "tstr": AT_LEAST,
    "caught": AT_MOST,
}
QUICK_DRAWS, QUICK_SIZE = 8, 200  # draws of the predictive score, which takes longest
GROUPED_DRAWS = 5  # of `caught`, which takes longest, where no null table holds

Sets = tuple[ndarray, ndarray, ndarray]  # train, test, fake: signals, or their labels


def quality_report(
    train: Signals,
    test: Signals,
    fake: Signals,
    *,
    labels: Sequence[Labels] | None = None,
    groups: Sequence[Labels] | None = None,
    forgers: Mapping[str, Signals] | None = None,
    seed: int = 0,
    draws: int = 20,
    quick: bool = False,
) -> pd.DataFrame:
    """Each metric of `fake` against held-out `test`, beside its real-against-real reference and that one's range.

    Rows: metrics. Columns: value; reference, the mean over `draws` of the metric between real signals; low and high,
    the 99 % prediction interval of one more such draw (`ranges`); ratio, value over reference; inside, whether the
    value lies in the range; then a column for each of the `forgers`.

    test and fake are compared at equal sizes, the smaller of the two, drawn by `seed` (and, of fewer fakes of every
    class, with as many test signals of each; a class that fake lacks stays in test); the size stands in
    `report.attrs["size"]`, the accuracy of each judge behind `caught` in `report.attrs["views"]`. For a reference, a
    set of that size stands in the place of the generated signals, another in the place of the test set, both drawn from
    all real signals, the remaining ones in the place of the training set. `caught` has its null table instead.

    500 signals of 160 steps take 23 s on one thread, and 103 s with six forgers (quick: 8 s and 24 s).
    `quick` compares at most 200 signals, with smaller forests and fewer draws of the predictive score: sooner, and a
    milder judge.

    Args:
        labels: of train, of test and, if there are any, of fake. With them the sets of a reference hold as many signals
            of each class as the test set does: say them whenever test is stratified and `fake` was made for its
            classes. With three, copies are sought within their class, and three more rows ask what a recogniser says
            (`recognition`).
        groups: of train and of test: signals with one number (windows that overlap, a session) are kept in one of the
            three sets, so that the reference is between groups too.
        forgers: name -> signals that were made for fake's labels, as `baselines.forge` makes them.

    Raises:
        ValueError: if there are fewer than three times as many real signals as are compared (in a class, or group by
            group), fewer than 10 are compared, shapes differ, or a value is not finite.
    """
    x_train, x_test, x_fake = (
        checked_signals(s, n) for s, n in zip((train, test, fake), ("train", "test", "fake"), strict=True)
    )
    checked_pair(x_train, x_test, names=("train", "test")), checked_pair(x_train, x_fake, names=("train", "fake"))
    forged = _forged(forgers or {}, x_fake)
    y_train, y_test, y_fake = _labels_of(labels, x_train, x_test, x_fake)
    group = _groups_of(groups, x_train, x_test)
    size = min(len(x_test), len(x_fake), *([QUICK_SIZE] if quick else []))
    if size < FEWEST or len(x_train) + len(x_test) < 3 * size:
        raise ValueError(
            f"the reference needs three disjoint sets of {max(size, FEWEST)} real signals, and train and test together "
            f"hold {len(x_train) + len(x_test)}; {size} of test and of fake would be compared. "
            + (
                "Generate or hold out more."
                if size < FEWEST
                else "Put less into test (a fifth of the recordings, say)."
            )
        )
    random = np.random.default_rng(seed)
    whole = set(y_fake) >= set(y_test)  # a class that fake lacks must not be thinned away from test
    taken = _matched(y_test, y_fake if whole and len(y_fake) < len(y_test) else None, size, random)
    made = _matched(y_fake, y_test[taken] if len(y_fake) >= len(y_test) else None, size, random)
    real, of = np.concatenate([x_train, x_test]), np.concatenate([y_train, y_test])
    told = labels is not None and len(labels) == 3

    drawn, caught = [], []
    for i in range(draws):
        first, second, rest = three_sets(of, y_test[taken], random, group)
        sets, classes = (real[rest], real[first], real[second]), (of[rest], of[first], of[second])
        predict = not quick or i < QUICK_DRAWS
        drawn.append(_all_metrics(sets, classes if told else None, seed, predict=predict))
        if group is not None and len(caught) < GROUPED_DRAWS:
            score = discriminative_score(*sets[1:], seed=seed, groups=group[first], quick=quick)
            caught.append(score.caught)

    learnt = _as_many(y_train, of[rest], random) if told else np.arange(len(y_train))
    columns, scores = {}, {}
    for name, x in {"value": x_fake, **forged}.items():
        sets, classes = (x_train, x_test[taken], x[made]), (y_train, y_test[taken], y_fake[made])
        columns[name] = _all_metrics(sets, classes if told else None, seed, learnt)
        own = None if group is None else group[len(x_train) :][taken]
        scores[name] = discriminative_score(*sets[1:], seed=seed, groups=own, quick=quick)
        columns[name]["caught"] = scores[name].caught
    ranges = {
        name: prediction_range(column.dropna().to_numpy(), SCALES[name], size=size)
        for name, column in pd.DataFrame(drawn).items()
    }
    ranges["caught"] = _range_of_caught(caught, size)
    return _table(columns, ranges, size, scores)


def _all_metrics(
    sets: Sets, labels: Sets | None, seed: int, learnt: ndarray | slice = slice(None), *, predict: bool = True
) -> dict[str, float]:
    """Every row but `caught`; those about classes where there are labels. The recogniser learns `learnt` of train."""
    train, test, fake = sets
    values = {name: metric(test, fake) for name, metric in METRICS.items()}
    values |= precision_recall(test, fake)._asdict()
    values |= {
        "nearest_neighbour_ratio": nearest_neighbour_ratio(train, test, fake),
        "copied_share": copied_share(train, test, fake, labels=labels),
        "predictive_score": predictive_score(test, fake, seed=seed) if predict else np.nan,
    }
    if labels is not None:
        of_train, of_test, of_fake = labels
        recognise = Recogniser(train[learnt], of_train[learnt])
        seen = recognise(fake)
        values["class_accuracy"] = float((seen == of_fake).mean())
        values["class_share_distance"] = share_distance(recognise(test), seen)
        values["tstr"] = float((Recogniser(fake, of_fake)(test) == of_test).mean())
    return values


def _range_of_caught(drawn: Sequence[float], size: int) -> Range:
    """From draws where there are any (groups differ among themselves), else from the null table."""
    if drawn:
        found = prediction_range(np.array(drawn), SCALES["caught"])
        return found._replace(high=min(found.high, 1.0))  # an accuracy has an end
    median, top = caught_null(size)
    return Range(median, -np.inf, top)


def _table(
    columns: Mapping[str, dict[str, float]],
    ranges: Mapping[str, Range],
    size: int,
    scores: Mapping[str, DiscriminativeScore],
) -> pd.DataFrame:
    values = pd.DataFrame(columns)
    report = values[["value"]].join(pd.DataFrame(ranges, index=list(Range._fields)).T)
    report["ratio"] = report["value"] / report["reference"]
    report["inside"] = report["value"].between(report["low"], report["high"])
    report = report.join(values.drop(columns="value"))
    report.index.name = "metric"
    report.attrs = {"size": size, "views": {name: score.views.to_dict("index") for name, score in scores.items()}}
    return report


# --- which signals are compared


def _forged(forgers: Mapping[str, Signals], fake: ndarray) -> dict[str, ndarray]:
    """The forgers' signals, each set as large as `fake`."""
    forged = {name: checked_signals(x, f"forgers[{name!r}]") for name, x in forgers.items()}
    for name, x in forged.items():
        if x.shape != fake.shape:
            raise ValueError(
                f"forgers[{name!r}]: expected signals for the labels of fake, of its shape {fake.shape}, got {x.shape}."
            )
        if name in ("value", *Range._fields, "ratio", "inside"):
            raise ValueError(f"forgers: {name!r} is a column of the report already. Choose another name.")
    return forged


def _labels_of(labels: Sequence[Labels] | None, *sets: ndarray) -> Sets:
    """One whole number a signal of each set; one class for all where there are none."""
    given = () if labels is None else tuple(labels)
    if labels is not None and len(given) not in (2, 3):
        raise ValueError(f"labels: expected those of train and of test, or of train, test and fake, got {len(given)}.")
    names = ("train", "test", "fake")
    found = [checked_labels(y, len(x), name) for y, x, name in zip(given, sets, names, strict=False)]
    found += [np.zeros(len(x), dtype=np.int64) for x in sets[len(found) :]]
    if len(given) == 3 and (unknown := set(found[2]) - set(found[0])):
        raise ValueError(f"labels: fake has signals of class {min(unknown)}, and train has none. Leave that class out.")
    return tuple(found)


def _groups_of(groups: Sequence[Labels] | None, *sets: ndarray) -> Int[ndarray, " n"] | None:
    """Of the training and the test signals, one after the other; None where there are none."""
    if groups is None:
        return None
    if len(groups) != 2:
        raise ValueError(f"groups: expected those of train and of test, got {len(groups)}.")
    return np.concatenate([checked_labels(g, len(x), "the groups") for g, x in zip(groups, sets, strict=True)])


def _matched(
    labels: Int[ndarray, " n"], like: Int[ndarray, " m"] | None, size: int, random: np.random.Generator
) -> Int[ndarray, " size"]:
    """`size` places drawn at random; as far as there are such, of the classes of `like`."""
    order = random.permutation(len(labels))
    if like is not None:
        rank = np.empty(len(labels), dtype=np.int64)  # the how-manieth of its class in the random order
        for k in np.unique(labels):
            own = order[labels[order] == k]
            rank[own] = np.arange(len(own))
        wanted = dict(zip(*np.unique(like, return_counts=True), strict=True))
        surplus = np.array([rank[i] >= wanted.get(labels[i], 0) for i in order])
        order = order[np.argsort(surplus, kind="stable")]
    return np.sort(order[:size])


def _as_many(labels: Int[ndarray, " n"], like: Int[ndarray, " m"], random: np.random.Generator) -> Int[ndarray, " k"]:
    """As many places of each class as `like` has, or all: a recogniser learns as much as those of the references."""
    return _matched(labels, like, min(len(like), len(labels)), random)
