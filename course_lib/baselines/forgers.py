r"""The forgers: signals without a network, from the training recordings in a few lines.

The idea: what a generator has to beat. Each forger satisfies some metric by construction - a Gaussian has the
recordings' means and covariances, copies have their detail, a surrogate has their spectrum - so a generator that is
ahead of none of them has learnt nothing that five lines do not give. `forge` makes one set by each, and what all
recordings share exactly (`course_lib.data.Invariants`) is imposed on every set, as it is on a generator's.

Chawla et al. 2002, JAIR 16 (interpolation); Theiler et al. 1992, Physica D 58, and Prichard & Theiler 1994, PRL 73
(surrogates); Ledoit & Wolf 2004, J. Multivariate Analysis 88 (shrunk covariance).
"""

from typing import Any

import numpy as np
from jaxtyping import Float, Float64, Int64
from numpy import ndarray
from numpy.random import Generator as Stream
from sklearn.covariance import ledoit_wolf_shrinkage
from sklearn.metrics import pairwise_distances
from torch import Tensor

from course_lib.baselines.forger import Forger
from course_lib.data import Invariants

COVARIANCES = ("class", "shrunk", "pooled")


class Gaussian(Forger):
    r"""A normal distribution for each class: its mean signal, and a covariance over all channels and steps.

    $x = \mu_k + R^\top z$ with $z \sim N(0, I)$ and $R^\top R = \Sigma$; for "class" that is the class's mean plus its
    principal components with normal weights. Two moments of the recordings are right by construction, and so is every
    metric that sees no more.

    Args:
        covariance: whose. "class": the class's sample covariance (over n - 1), of rank n - 1: with 22 recordings its
            signals lie in a 21-dimensional plane. "shrunk": Ledoit and Wolf's, $(1-\delta)\,S + \delta\,\bar s\,I$ with
            S over n and $\bar s$ its mean variance, the channels standardised first; full rank, and so a little white
            noise on every step. "pooled": one for all classes, of the deviations from their own class's mean, over
            N less the number of classes; of a class it needs one recording only.

    Raises:
        ValueError: for another word; in `sample`, for a class with too few recordings (two, and one if pooled).
    """

    def __init__(self, covariance: Any = "class") -> None:
        if covariance not in COVARIANCES:
            raise ValueError(f"Gaussian: expected covariance as one of {COVARIANCES}, got {covariance!r}.")
        self.covariance = covariance

    def _prepare(self) -> None:
        flat = [self._standardised(signals) for signals in self.recordings]
        off = [x - x.mean(axis=0) if len(x) else x for x in flat]  # the deviations from the class's mean
        if self.covariance == "pooled":
            free = sum(len(x) - 1 for x in off if len(x))
            if not free:
                raise ValueError(
                    "Gaussian.fit: expected a class with two recordings or more, to see how recordings of a class "
                    f"differ, but all {len(self.names)} classes have one at most."
                )
            self.roots = [_root(np.concatenate(off), free)] * len(off)
        else:
            free = [len(x) if self.covariance == "shrunk" else len(x) - 1 for x in off]
            self.roots = [_root(x, n) if len(x) > 1 else None for x, n in zip(off, free, strict=True)]
        shrinks = self.covariance == "shrunk"
        self.weights = [ledoit_wolf_shrinkage(x) if shrinks and len(x) > 1 else 0.0 for x in off]  # delta

    def _needs(self, k: int) -> int:
        return 1 if self.covariance == "pooled" else 2

    def _draw(self, k: int, stream: Stream) -> Float64[ndarray, "C L"]:
        root, weight = self.roots[k], self.weights[k]
        drawn = np.sqrt(1 - weight) * stream.standard_normal(len(root)) @ root
        if weight:
            drawn += np.sqrt(weight * (root**2).sum() / root.shape[1]) * stream.standard_normal(root.shape[1])
        mean = self.recordings[k].mean(axis=0)
        return mean + self.channel_std * drawn.reshape(mean.shape)

    def moments(self, k: int) -> tuple[Float64[ndarray, "C L"], Float64[ndarray, "D D"]]:
        """Mean and covariance of class k, of D = C L numbers a signal, channel after channel, in the recordings' units.

        Raises:
            ValueError: for a class with too few recordings, or none of that number.
        """
        self._checked([k])
        root, weight = self.roots[k], self.weights[k]
        covariance = (1 - weight) * root.T @ root + weight * (root**2).sum() / root.shape[1] * np.eye(root.shape[1])
        mean = self.recordings[k].mean(axis=0)
        std = np.broadcast_to(self.channel_std, mean.shape).ravel()
        return mean, covariance * np.outer(std, std)

    def __repr__(self) -> str:
        return f"Gaussian(covariance={self.covariance!r})"


class Interpolation(Forger):
    r"""Between a training recording and one of its nearest in class: $x_i + u\,(x_j - x_i)$ with $u \sim U(0, 1)$.

    i is any recording of the class, j any of its nearest (Euclidean, the channels standardised). Smoother than the
    recordings: noise averages out, most of it half-way. A class with fewer others uses those there are.

    Args:
        neighbours: how many nearest of the same class, 1 or more.

    Raises:
        ValueError: for another number of neighbours; in `sample`, for a class with fewer than two recordings.

    Chawla et al. 2002, JAIR 16 (SMOTE).
    """

    def __init__(self, neighbours: Any = 5) -> None:
        if isinstance(neighbours, bool) or not isinstance(neighbours, int) or neighbours < 1:
            raise ValueError(f"Interpolation: expected a whole number of neighbours, 1 or more, got {neighbours!r}.")
        self.neighbours = neighbours

    def _prepare(self) -> None:
        self.nearest = [self._nearest(self._standardised(signals)) for signals in self.recordings]

    def _nearest(self, signals: Float64[ndarray, "n d"]) -> Int64[ndarray, "n k"]:
        if len(signals) < 2:
            return np.zeros((len(signals), 0), dtype=np.int64)
        distances = pairwise_distances(signals)
        np.fill_diagonal(distances, np.inf)  # a recording is not its own neighbour, its twin is
        return distances.argsort(axis=1, kind="stable")[:, : min(self.neighbours, len(signals) - 1)]

    def _needs(self, k: int) -> int:
        return 2

    def _draw(self, k: int, stream: Stream) -> Float64[ndarray, "C L"]:
        first = stream.integers(len(self.recordings[k]))
        second = stream.choice(self.nearest[k][first])
        start, end = self.recordings[k][[first, second]]
        return start + stream.uniform() * (end - start)

    def __repr__(self) -> str:
        return f"Interpolation(neighbours={self.neighbours})"


class JitteredCopies(Forger):
    r"""A training recording times a gain, $(1 + 0.1\,z)\,x_i$ with $z \sim N(0, 1)$, one gain a signal.

    All detail of a recording and nothing new: what a metric that asks only for likeness takes for a perfect generator.
    Where every recording's mean and deviation are fixed, imposing them undoes the gain, and these are plain copies.

    Args:
        gain: the standard deviation of the gain, 0 or more; 0 copies.

    Raises:
        ValueError: for a negative or an infinite gain; in `sample`, for a class without recordings.
    """

    def __init__(self, gain: Any = 0.1) -> None:
        if isinstance(gain, bool) or not isinstance(gain, int | float) or not 0 <= gain < np.inf:
            raise ValueError(f"JitteredCopies: expected a gain of 0 or more, got {gain!r}.")
        self.gain = gain

    def _draw(self, k: int, stream: Stream) -> Float64[ndarray, "C L"]:
        recording = self.recordings[k][stream.integers(len(self.recordings[k]))]
        return (1 + self.gain * stream.standard_normal()) * recording

    def __repr__(self) -> str:
        return f"JitteredCopies(gain={self.gain})"


class FourierSurrogates(Forger):
    r"""A training recording with its amplitude spectrum and random phases: $\hat y_c(f) = \hat x_c(f)\,e^{i\phi(f)}$.

    $\phi(f) \sim U(0, 2\pi)$, the *same* phase for all channels: every channel keeps its spectrum, and every pair its
    cross-spectrum, so the lags between channels stay (Prichard and Theiler). The mean stays as it is, and
    of an even length the highest frequency. What is lost is all that stood at a certain time: a signal becomes noise of
    its own colour. The spectrum is that of the recording repeated end to end: one that ends elsewhere than it began
    has a jump there, whose high frequencies a surrogate spreads over all its steps.

    Raises:
        ValueError: in `sample`, for a class without recordings.

    Theiler et al. 1992, Physica D 58; Prichard & Theiler 1994, PRL 73.
    """

    def _draw(self, k: int, stream: Stream) -> Float64[ndarray, "C L"]:
        recording = self.recordings[k][stream.integers(len(self.recordings[k]))]
        spectrum, length = np.fft.rfft(recording), recording.shape[-1]
        turns = stream.uniform(size=spectrum.shape[-1])
        turns[0] = 0
        if length % 2 == 0:
            turns[-1] = 0
        return np.fft.irfft(spectrum * np.exp(2j * np.pi * turns), n=length)

    def __repr__(self) -> str:
        return "FourierSurrogates()"


def forge(dataset: Any, labels: Any, *, seed: Any = 0, invariants: bool = True) -> dict[str, Float[Tensor, "n C L"]]:
    """One set of signals by every forger: all fitted on `dataset`, the training recordings; one signal for each label.

    Keys: "Gaussian", "Gaussian, shrunk", "Gaussian, pooled", "interpolation", "jittered copies", "Fourier surrogates".
    The values go to `quality_report(..., forgers=)` as they are.

    Args:
        labels: whole numbers (n,), the labels that the generator's signals were made for.
        invariants: whether what every recording shares exactly (`Invariants.found_in(dataset)`) is imposed on each set.

    Raises:
        ValueError: as `Forger.fit` and `.sample`: a class that is asked for needs two recordings.
    """
    forgers = {
        "Gaussian": Gaussian(),
        "Gaussian, shrunk": Gaussian("shrunk"),
        "Gaussian, pooled": Gaussian("pooled"),
        "interpolation": Interpolation(),
        "jittered copies": JitteredCopies(),
        "Fourier surrogates": FourierSurrogates(),
    }
    forged = {name: forger.fit(dataset).sample(labels, seed=seed) for name, forger in forgers.items()}
    if invariants:
        found = Invariants.found_in(dataset)
        forged = {name: found.impose(signals) for name, signals in forged.items()}
    return forged


def _root(off: Float64[ndarray, "n d"], free: int) -> Float64[ndarray, "r d"]:
    """R with R.T @ R = off.T @ off / free, of no more rows than needed: from a QR factorisation, no d x d matrix."""
    return np.linalg.qr(off, mode="r") / np.sqrt(free)
