r"""Forgers for few recordings: how a class varies is taken from other classes, or from what sensors and hands do.

The idea: three recordings hardly say how a fourth may differ, but those of other classes show how recordings of one
class differ (as `Gaussian("pooled")` does with a covariance), and everyone knows that signals come noisier, larger or
slower.

Hariharan and Girshick 2017, arXiv:1606.02819 (variation carried from class to class); Um et al. 2017, arXiv:1706.00527
(jitter, scaling, time-warping: `course_lib.data.augmentation`).
"""

from typing import Any

import numpy as np
from jaxtyping import Float64
from numpy import ndarray
from numpy.random import Generator as Stream

from course_lib.baselines.forger import Forger
from course_lib.data import SignalDataset
from course_lib.data.augmentation import JITTER, SCALE, WARP, jitter, scale, time_warp


class CarriedResiduals(Forger):
    r"""The mean of a class and what a recording of *another* class has beside its own mean: $\mu_k + r_j$.

    $r_j = \sqrt{n/(n-1)}\,(x_j - \mu_{k(j)})$ for any recording j of another class, of which there are n: the root
    undoes what is lost because $\mu$ is the mean of these very recordings. Unlike a Gaussian's, the deviations
    are whole: noise, steps and their order are a recording's.

    Raises:
        ValueError: in `fit`, if fewer than two classes have two recordings or more; in `sample`, for a class without
            recordings.

    After Hariharan and Girshick 2017, arXiv:1606.02819.
    """

    def fit(self, dataset: Any) -> "CarriedResiduals":
        if isinstance(dataset, SignalDataset) and sum(n > 1 for n in dataset.class_counts) < 2:
            raise ValueError(
                "CarriedResiduals.fit: expected two classes or more with two recordings or more, since each gets what "
                f"others have, but the {dataset.n_classes} classes have {dataset.class_counts}. Record more, or use "
                'Gaussian("class") or ClassicalCopies().'
            )
        return super().fit(dataset)

    def _prepare(self) -> None:
        several = [(k, x) for k, x in enumerate(self.recordings) if len(x) > 1]
        self.of = np.concatenate([np.full(len(x), k) for k, x in several])
        self.residuals = np.concatenate([np.sqrt(len(x) / (len(x) - 1)) * (x - x.mean(axis=0)) for _, x in several])

    def _draw(self, k: int, stream: Stream) -> Float64[ndarray, "C L"]:
        return self.recordings[k].mean(axis=0) + self.residuals[stream.choice(np.flatnonzero(self.of != k))]

    def __repr__(self) -> str:
        return "CarriedResiduals()"


class ClassicalCopies(Forger):
    """A training recording of the class, warped in time, scaled, and with white noise on every step.

    Args:
        strength: what all three strengths are multiplied by, 0 or more. At 1: noise of 0.03 of a channel's deviation, a
            gain of 0.1, a clock's speed of 0.2. 0 copies.

    Raises:
        ValueError: for a negative or an infinite strength; in `sample`, for a class without recordings.

    Um et al. 2017, arXiv:1706.00527; Iwana and Uchida 2021, arXiv:2007.15951.
    """

    def __init__(self, strength: Any = 1.0) -> None:
        if isinstance(strength, bool) or not isinstance(strength, int | float) or not 0 <= strength < np.inf:
            raise ValueError(f"ClassicalCopies: expected a strength of 0 or more, got {strength!r}.")
        self.strength = strength

    def _draw(self, k: int, stream: Stream) -> Float64[ndarray, "C L"]:
        recording = self.recordings[k][stream.integers(len(self.recordings[k]))]
        warped = time_warp(recording, self.strength * WARP, stream)
        return jitter(scale(warped, self.strength * SCALE, stream), self.strength * JITTER * self.channel_std, stream)

    def __repr__(self) -> str:
        return f"ClassicalCopies(strength={self.strength})"
