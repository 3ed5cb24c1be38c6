r"""How far generated signals are from real ones.

One idea: **no number without its reference.** A metric between two finite sets of *real* signals is not 0 (or 1)
either, so every value is read beside the same metric between two disjoint sets of real signals of the same size
(`reference`), and `quality_report` prints both. No metric sees everything: a flat line is smooth, a memorised recording
is realistic.

Signals are (N, C, L) arrays or tensors; everything is computed in float64. Every metric on signals measures each
channel in units of that channel's standard deviation over the first, real set, so that a channel in degrees and one in
metres count alike. With one channel the units cancel.

Heusel et al. 2017, arXiv:1706.08500 (Frechet distance); Gretton et al. 2012, JMLR 13 (MMD); Kynkaanniemi et al. 2019,
arXiv:1904.06991 (precision, recall); Naeem et al. 2020, arXiv:2002.09797 (density, coverage).
"""

import warnings
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pandas as pd
from jaxtyping import Float, Shaped
from numpy import ndarray
from sklearn.metrics import pairwise_distances, pairwise_distances_chunked
from sklearn.model_selection import StratifiedKFold, cross_val_score
from sklearn.neighbors import NearestNeighbors
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from course_lib.arrays import Array, finite_float64, whole_numbers

# any shape and type: a wrong one gets this module's message, not the type checker's
Signals = Shaped[Array, "..."]  # (N, C, L)
Features = Shaped[Array, "..."]  # (N, F), or signals
Labels = Shaped[Array, "..."]  # (N,), whole numbers
ADVICE = "Repair or leave out those signals before you measure."


# ---------------------------------------------------------------------------------------------- guards


def _signals(x: Array, name: str, *, at_least: int = 2, steps: int = 1) -> Float[ndarray, "n channels length"]:
    values = finite_float64(x, name, advice=ADVICE)
    if values.ndim != 3:
        raise ValueError(
            f"{name} must have the shape (N, C, L): signals, channels, time steps; it has {values.shape}. "
            "One channel of shape (N, L) becomes (N, 1, L) by x[:, None, :]."
        )
    if len(values) < at_least:
        raise ValueError(
            f"{name} must hold at least {at_least} signals, it holds {len(values)}. Generate or record more."
        )
    if values.shape[2] < steps:
        raise ValueError(f"{name} must be at least {steps} time steps long, it is {values.shape[2]} long.")
    return values


def _pair(
    real: Array, fake: Array, *, names: tuple[str, str] = ("real", "fake"), at_least: int = 2, steps: int = 1
) -> tuple[Float[ndarray, "n channels length"], Float[ndarray, "m channels length"]]:
    """Both sets checked, each channel divided by its standard deviation over the first set."""
    x, y = (_signals(s, name, at_least=at_least, steps=steps) for s, name in zip((real, fake), names, strict=True))
    if x.shape[1:] != y.shape[1:]:
        raise ValueError(
            f"{names[0]} and {names[1]} must have the same channels and length (C, L), "
            f"but {names[0]} has {x.shape[1:]} and {names[1]} has {y.shape[1:]}. "
            "Choose the same channels, and resample one of them."
        )
    if x.shape[1] > x.shape[2]:
        warnings.warn(
            f"{names[0]} has {x.shape[1]} channels of {x.shape[2]} steps: signals are (N, channels, steps). If time "
            "stands first, exchange the last two axes: x.swapaxes(1, 2).",
            stacklevel=3,
        )
    std = x.std(axis=(0, 2))
    if not (std > 1e-12 * np.abs(x).max(axis=(0, 2))).all():
        c = int(np.argmin(std))
        raise ValueError(
            f"channel {c} of {names[0]} is constant ({x[0, c, 0]:g} throughout), so nothing can be measured "
            "relative to it. Leave that channel out."
        )
    return x / std[:, None], y / std[:, None]


def _features(x: Array, y: Array, *, names: tuple[str, str], at_least: int = 2) -> tuple[ndarray, ndarray]:
    """Two sets of points: features (N, F) as they are, signals (N, C, L) in units of the first set and flattened."""
    a, b = (finite_float64(s, name, advice=ADVICE) for s, name in zip((x, y), names, strict=True))
    if a.ndim == 3 and b.ndim == 3:
        a, b = _pair(a, b, names=names, at_least=at_least)
        return a.reshape(len(a), -1), b.reshape(len(b), -1)
    if a.ndim != 2 or b.ndim != 2 or a.shape[1] != b.shape[1]:
        raise ValueError(
            f"{names[0]} and {names[1]} must both be features (N, F) with the same F, or both signals (N, C, L); "
            f"they have the shapes {a.shape} and {b.shape}."
        )
    for points, name in zip((a, b), names, strict=True):
        if len(points) < at_least:
            raise ValueError(f"{name} must hold at least {at_least} samples, it holds {len(points)}. Take more.")
    return a, b


# ---------------------------------------------------------------------------- the distribution as a Gaussian


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
    x, y = _features(x_features, y_features, names=("x_features", "y_features"))
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
    x, y = _pair(real, fake)
    x, y = x.reshape(len(x), -1), y.reshape(len(y), -1)
    total = _positive(x.var(axis=0, ddof=1).sum(), "real's signals are all the same", rounding=1e-20 * x.size)
    return frechet_distance(x, y) / total


def _positive(value: float, complaint: str, *, rounding: float = 0.0) -> float:
    if not value > rounding:
        raise ValueError(f"{complaint}, so a ratio to it has no meaning. Measure against signals that vary.")
    return float(value)


# ------------------------------------------------------------------------------------------- shape in time


def _roughness(x: Float[ndarray, "n channels length"]) -> float:
    return float(np.sqrt(np.mean(np.diff(x, n=2, axis=-1) ** 2)))


def roughness_ratio(real: Signals, fake: Signals, *, steps: slice = slice(None)) -> float:
    r"""RMS second difference along time, $x_{t+1} - 2x_t + x_{t-1}$, of fake over that of real.

    1 is right; above 1 the signals rattle, below 1 they are too smooth.
    Channels are pooled after each is divided by real's standard deviation. `steps` chooses a stretch of time, at least
    3 steps. A straight line has roughness 0: read it beside `variance_ratio`.

    Raises:
        ValueError: if `real` is constant in a channel, or straight throughout the chosen steps.
    """
    x, y = _pair(real, fake, steps=3)
    if x[..., steps].shape[-1] < 3:
        raise ValueError(f"a second difference needs at least 3 steps, but {steps} leaves {x[..., steps].shape[-1]}.")
    rounding = 1e-12 * np.abs(x).max()
    own = _positive(_roughness(x[..., steps]), "real is a straight line in these steps", rounding=rounding)
    return _roughness(y[..., steps]) / own


def variance_ratio(real: Signals, fake: Signals, *, steps: slice = slice(None)) -> float:
    r"""Mean over time of the variance across signals at each step, fake over real.

    1 is right; towards 0 the generator has collapsed.
    Channels are pooled after each is divided by real's standard deviation. `steps` chooses a stretch of time.

    Raises:
        ValueError: if `real` is constant in a channel, or its signals are all the same in the chosen steps.
    """
    x, y = _pair(real, fake)
    if x[..., steps].shape[-1] < 1:
        raise ValueError(f"{steps} leaves no time step of {x.shape[-1]}.")
    spread = [s[..., steps].var(axis=0, ddof=1).mean() for s in (x, y)]
    rounding = (1e-12 * np.abs(x).max()) ** 2
    return float(spread[1] / _positive(spread[0], "real's signals are all the same in these steps", rounding=rounding))


def _worse(first: float, last: float) -> float:
    with np.errstate(divide="ignore"):  # a ratio of 0 is infinitely bad, and that is what the log says
        return max(first, last, key=lambda ratio: abs(np.log(ratio)))


def edge_roughness_ratio(real: Signals, fake: Signals, *, width: int = 8) -> float:
    """`roughness_ratio` of the first and of the last `width` steps, whichever is further from 1 (by |log|)."""
    return _worse(*(roughness_ratio(real, fake, steps=steps) for steps in (slice(width), slice(-width, None))))


def edge_variance_ratio(real: Signals, fake: Signals, *, width: int = 8) -> float:
    """`variance_ratio` of the first and of the last `width` steps, whichever is further from 1 (by |log|)."""
    return _worse(*(variance_ratio(real, fake, steps=steps) for steps in (slice(width), slice(-width, None))))


def power_spectrum(x: Signals) -> Float[ndarray, "channels frequencies"]:
    """Mean periodogram of a set of signals, each less its own mean, under a Hann window (so its ends do not leak)."""
    x = _signals(x, "x", at_least=1)
    window = np.hanning(x.shape[-1] + 2)[1:-1]
    spectra = np.fft.rfft((x - x.mean(axis=-1, keepdims=True)) * window, axis=-1)
    return np.mean(np.abs(spectra) ** 2, axis=0) / np.sum(window**2)


def spectral_distance(real: Signals, fake: Signals) -> float:
    r"""Log-spectral distance in decibels: RMS over frequencies and channels of $10\log_{10} P_{fake}(f) / P_{real}(f)$.

    P is the mean power spectrum of a set (`power_spectrum`), floored at 1e-8 of real's largest power, so that a silent
    band counts as -80 dB and not as minus infinity. Twice the amplitude everywhere is 6.02 dB. Every frequency counts
    alike: sees missing tremor or a comb of artefacts far below the large movements.
    """
    x, y = _pair(real, fake, steps=4)
    power_x, power_y = power_spectrum(x), power_spectrum(y)
    floor = 1e-8 * _positive(power_x.max(), "real's signals are constant in time")
    decibels = 10 * np.log10(np.maximum(power_y, floor) / np.maximum(power_x, floor))
    return float(np.sqrt(np.mean(decibels**2)))


def autocorrelation(x: Signals, lags: int) -> Float[ndarray, "channels lags_and_zero"]:
    r"""Pooled autocorrelation of a set at the lags 0 ... `lags`, each signal less its own mean.

    $r_k = \sum_{n,t} x_{n,t} x_{n,t+k} / \sum_{n,t} x_{n,t}^2$.
    A set of constant signals has no autocorrelation; it is given 0 at every lag.
    """
    x = _signals(x, "x", at_least=1)
    centred = x - x.mean(axis=-1, keepdims=True)
    length = x.shape[-1]
    products = np.stack(
        [(centred[..., : length - k] * centred[..., k:]).sum(axis=(0, -1)) for k in range(lags + 1)], axis=-1
    )
    power = products[:, :1]
    return np.divide(products, power, out=np.zeros_like(products), where=power > 0)


def autocorrelation_distance(real: Signals, fake: Signals) -> float:
    """Mean absolute difference of the two sets' pooled `autocorrelation`, over channels and the lags 1 ... L // 2."""
    x, y = _pair(real, fake, steps=4)
    lags = x.shape[-1] // 2
    return float(np.mean(np.abs(autocorrelation(x, lags) - autocorrelation(y, lags))[:, 1:]))


# ------------------------------------------------------------------------------------------ sets of points


def _distance_to_nearest(
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
    x_train, x_test = _pair(train, test, names=("train", "test"), at_least=1)
    _, x_fake = _pair(train, fake, names=("train", "fake"), at_least=1)
    x_train, x_test, x_fake = (x.reshape(len(x), -1) for x in (x_train, x_test, x_fake))
    usual = float(np.median(_distance_to_nearest(x_test, x_train)))
    if not usual > 1e-6 * np.sqrt(x_train.shape[1]):  # the distance of equal points is rounding, not 0
        raise ValueError(
            "half or more of the test signals stand in train, so there is no usual distance to compare with. "
            "Split the recordings so that test and train share none."
        )
    return float(np.median(_distance_to_nearest(x_fake, x_train)) / usual)


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
    x, y = _features(x, y, names=("x", "y"))
    bandwidth = _positive(median_bandwidth(np.concatenate([x, y])), "x and y hold the same sample over and over")
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
    x, y = _features(real, fake, names=("real", "fake"), at_least=k + 1)
    radius_x, radius_y = (_distance_to_nearest(p, p, k=k + 1) for p in (x, y))  # k + 1: the nearest is the point itself
    distance = pairwise_distances(x, y)  # (real, fake)
    in_real = distance <= radius_x[:, None]
    return PrecisionRecall(
        precision=float(in_real.any(axis=0).mean()),
        recall=float((distance <= radius_y[None, :]).any(axis=1).mean()),
        density=float(in_real.sum(axis=0).mean() / k),
        coverage=float(in_real.any(axis=1).mean()),
    )


# ------------------------------------------------------------------------------------------- a strong judge


def _shape_and_motion(x: Float[ndarray, "n channels length"]) -> Float[ndarray, "n features"]:
    """Each signal with its first and second differences: what a classifier can tell real from generated by."""
    return np.concatenate([np.diff(x, n=order).reshape(len(x), -1) for order in (0, 1, 2)], axis=1)


def discriminative_score(real: Signals, fake: Signals, *, seed: int = 0, at_most: int = 1000) -> float:
    """|accuracy - 0.5| of a classifier that was trained on one half of the signals to tell real from fake in the other.

    0 is right (nobody can tell), 0.5 is the worst. Equal numbers of both, at most `at_most`, are drawn by `seed` and
    halved twice over, so that each signal is judged once. The classifier is a support vector machine (RBF, C = 10) on
    the standardised values and their first and second differences. For two sets of 500 real signals the score is
    about 0.01 to 0.02: the chance error of a proportion, without its sign.

    Raises:
        ValueError: if a set holds fewer than 10 signals, or the two differ in channels or length.

    Yoon et al. 2019 (TimeGAN, NeurIPS) with a recurrent network as the classifier.
    """
    x, y = _pair(real, fake, at_least=10, steps=3)
    size, random = min(len(x), len(y), at_most), np.random.default_rng(seed)
    both = np.concatenate([s[random.permutation(len(s))[:size]] for s in (x, y)])
    is_fake = np.arange(2 * size) >= size
    judge = make_pipeline(StandardScaler(), SVC(C=10))
    halves = StratifiedKFold(2, shuffle=True, random_state=int(random.integers(2**31)))
    accuracy = cross_val_score(judge, _shape_and_motion(both), is_fake, cv=halves).mean()
    return float(abs(accuracy - 0.5))


# ---------------------------------------------------------------------------------------------- the report


def reference(
    metric: Callable[[ndarray, ndarray], float], real: Signals, size: int, *, draws: int = 5, seed: int = 0
) -> float:
    """The metric between two disjoint sets of `size` real signals each, mean over `draws`.

    It is what a perfect generator would score.

    Raises:
        ValueError: if `real` holds fewer than 2 * size signals.
    """
    signals = _signals(real, "real")
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
        _signals(s, n) for s, n in zip((train, test, fake), ("train", "test", "fake"), strict=True)
    )
    _pair(x_train, x_test, names=("train", "test")), _pair(x_train, x_fake, names=("train", "fake"))
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
