"""Fills in closed form: between the known steps, from the nearest recording, from the Gaussian of a class."""

from functools import partial
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Float64, Num
from numpy import ndarray
from scipy.interpolate import PchipInterpolator
from scipy.linalg import cho_factor, cho_solve
from sklearn.decomposition import PCA

from course_lib.baselines import Gaussian
from course_lib.data import SignalDataset
from course_lib.restoration.damaged import Damaged, checked

FLOOR = 1e-9  # of the mean variance, added to a covariance's diagonal: a channel may be constant

# --- without a model


def interpolate(values: Any, missing: Any) -> Float64[ndarray, "N C L"]:
    """Filled by monotone cubics (PCHIP) between the known steps; before the first and after the last, held.

    Raises:
        ValueError: as `checked`.
    """
    damaged = checked(values, missing)
    steps = np.arange(damaged.values.shape[2])
    filled = []
    for signal, gone in zip(damaged.values, damaged.missing, strict=True):
        known = steps[~gone]
        filled.append(PchipInterpolator(known, signal[:, known], axis=1)(np.clip(steps, known[0], known[-1])))
    return damaged.filled(np.stack(filled))


def nearest_recording(
    values: Any, missing: Any, dataset: SignalDataset, *, labels: Any = None
) -> Float64[ndarray, "N C L"]:
    """Filled from the recording of `dataset` that is nearest on the known steps (Euclidean), as it is.

    Args:
        labels: (N,); with them only recordings of the class are looked at.

    Raises:
        ValueError: as `checked`, or if a class has no recordings.
    """
    damaged = checked(values, missing, labels, n_classes=dataset.n_classes)
    recordings, of = dataset.values.double().numpy(), dataset.labels.numpy()
    filled = np.empty_like(damaged.values)
    for i, (signal, gone) in enumerate(zip(damaged.values, damaged.missing, strict=True)):
        members = np.arange(len(of)) if labels is None else np.flatnonzero(of == damaged.labels[i])
        if not len(members):
            raise ValueError(
                f"nearest_recording: class {dataset.class_names[damaged.labels[i]]!r} has no recording to take."
            )
        distances = ((recordings[members][:, :, ~gone] - signal[:, ~gone]) ** 2).sum(axis=(1, 2))
        filled[i] = recordings[members[distances.argmin()]]
    return damaged.filled(filled)


# --- a Gaussian


class Conditional(NamedTuple):
    """The law of the missing numbers, given the known ones, and the logarithm of the known ones' density."""

    mean: Float64[ndarray, "m"]
    covariance: Float64[ndarray, "m m"]
    log_density: float


def conditional_gaussian(
    mean: Float[ndarray, "D"], covariance: Float[ndarray, "D D"], x: Float[ndarray, "D"], missing: Bool[ndarray, "D"]
) -> Conditional:
    r"""Of $x \sim N(\mu, \Sigma)$ with known part o and missing part m: $x_m \mid x_o$ is normal with

    $\mu_m + \Sigma_{mo} \Sigma_{oo}^{-1} (x_o - \mu_o)$ and $\Sigma_{mm} - \Sigma_{mo} \Sigma_{oo}^{-1} \Sigma_{om}$.

    Anderson 2003, An Introduction to Multivariate Statistical Analysis, theorem 2.5.1.
    """
    known = ~missing
    factor = cho_factor(covariance[np.ix_(known, known)], lower=True)
    off, across = x[known] - mean[known], covariance[np.ix_(missing, known)]
    solved = cho_solve(factor, np.column_stack([off, across.T]))
    log_det = 2 * np.log(np.diag(factor[0])).sum()
    return Conditional(
        mean[missing] + across @ solved[:, 0],
        covariance[np.ix_(missing, missing)] - across @ solved[:, 1:],
        float(-(off @ solved[:, 0] + log_det + known.sum() * np.log(2 * np.pi)) / 2),
    )


def class_weights(log_densities: Float[ndarray, "K"], counts: Num[ndarray, "K"]) -> Float64[ndarray, "K"]:
    r"""$p(k \mid x_o) \propto n_k\, p(x_o \mid k)$: which class, from the logarithms of densities and class sizes."""
    with np.errstate(divide="ignore"):
        logs = log_densities + np.log(counts)
    weights = np.exp(logs - logs.max())
    return weights / weights.sum()


class GaussianFill:
    """Fills from the Gaussian of each class.

    Without labels the law is the mixture of all classes, each weighed by how likely what is known is under it.

    Args:
        components: None for Ledoit and Wolf's shrunk covariance (`baselines.Gaussian("shrunk")`). Or a share of the
            class's variance, for probabilistic principal components: as many as hold that share, and white noise of the
            others' mean variance.

    Raises:
        ValueError: for no dataset, or a share that is not between 0 and 1; in `fill` and `sample` as `checked`, and for
            a class with fewer than two recordings.

    Tipping and Bishop 1999, J. R. Stat. Soc. B 61(3) (probabilistic principal components).
    """

    def __init__(self, dataset: SignalDataset, *, components: float | None = None) -> None:
        if components is not None and not 0 < components < 1:
            raise ValueError(
                "GaussianFill: expected components as a share of the variance, above 0 and below 1, got "
                f"{components!r}."
            )
        self.counts = np.array(dataset.class_counts, dtype=float)
        if components is None:
            moments = Gaussian("shrunk").fit(dataset).moments
        else:
            moments = partial(_principal, dataset, components)
        self.moments = [self._floored(*moments(k)) if n > 1 else None for k, n in enumerate(self.counts)]

    @staticmethod
    def _floored(mean: ndarray, covariance: ndarray) -> tuple[ndarray, ndarray]:
        floor = FLOOR * max(np.trace(covariance) / len(mean), FLOOR)
        return mean.ravel(), covariance + floor * np.eye(mean.size)

    def fill(self, values: Any, missing: Any, *, labels: Any = None) -> Float64[ndarray, "N C L"]:
        """The conditional mean: of all fills the one with the least expected squared error under this law."""
        damaged = self._checked(values, missing, labels)
        filled = np.zeros_like(damaged.values)
        for i in range(len(filled)):
            weights, laws = self._laws(damaged, i)
            filled[i][:, damaged.missing[i]] = sum(
                weight * law.mean.reshape(filled.shape[1], -1) for weight, law in zip(weights, laws, strict=True)
            )
        return damaged.filled(filled)

    def sample(
        self, values: Any, missing: Any, n: int, *, labels: Any = None, seed: int = 0
    ) -> Float64[ndarray, "n N C L"]:
        """n fills of each signal, drawn from the conditional law; without labels each from a class of its own."""
        damaged = self._checked(values, missing, labels)
        filled = np.zeros((n, *damaged.values.shape))
        for i in range(len(damaged.values)):
            random = np.random.default_rng((seed, i))
            weights, laws = self._laws(damaged, i)
            for j, k in enumerate(random.choice(len(laws), size=n, p=weights)):
                drawn = random.multivariate_normal(
                    laws[k].mean, laws[k].covariance, method="eigh", check_valid="ignore"
                )
                filled[j, i][:, damaged.missing[i]] = drawn.reshape(filled.shape[2], -1)
        return damaged.filled(filled)

    def _laws(self, damaged: Damaged, i: int) -> tuple[Float64[ndarray, "k"], list[Conditional]]:
        """The laws that signal i may follow, and how likely each is; those below 1e-6 are left out."""
        x, gone = damaged.values[i].ravel(), np.tile(damaged.missing[i], damaged.values.shape[1])
        if damaged.labels is not None:
            return np.ones(1), [conditional_gaussian(*self.moments[damaged.labels[i]], x, gone)]
        there = np.flatnonzero([moments is not None for moments in self.moments])
        laws = [conditional_gaussian(*self.moments[k], x, gone) for k in there]
        weights = class_weights(np.array([law.log_density for law in laws]), self.counts[there])
        likely = np.flatnonzero(weights > 1e-6)
        return weights[likely] / weights[likely].sum(), [laws[k] for k in likely]

    def _checked(self, values: Any, missing: Any, labels: Any) -> Damaged:
        damaged = checked(values, missing, labels, n_classes=len(self.moments))
        for k in np.unique(damaged.labels) if damaged.labels is not None else ():
            if self.moments[k] is None:
                raise ValueError(f"GaussianFill: class {k} has {self.counts[k]:.0f} recordings, and needs 2 at least.")
        return damaged


def _principal(dataset: SignalDataset, share: float, k: int) -> tuple[Float64[ndarray, "D"], Float64[ndarray, "D D"]]:
    """Mean and covariance of class k under its principal components and the noise beside them."""
    recordings = dataset.values[dataset.labels == k].double().flatten(1).numpy()
    fitted = PCA(share, svd_solver="full").fit(recordings)
    return fitted.mean_, fitted.get_covariance()
