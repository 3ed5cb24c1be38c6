r"""A recogniser as a judge: do generated signals show what their labels say, and can one learn from them?

The idea: a classifier of the *classes* stands between the sets. Learnt from generated signals and tested on real ones
(TSTR) it says whether the fakes carry what a recogniser needs; learnt from real signals and tested on generated ones it
says whether the labels are right, and which classes are there at all. The recogniser is a support vector machine on the
standardised values.

Esteban et al. 2017, arXiv:1706.02633 (TSTR); Ravuri and Vinyals 2019, arXiv:1905.10887 (classification accuracy score);
Shmelkov et al. 2018, arXiv:1807.09499 (GAN-train, GAN-test).
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Int
from numpy import ndarray
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from course_lib.metrics.guards import Labels, Signals, checked_labels, checked_pair


class Recogniser:
    """A support vector machine (RBF, C = 10) that tells the classes of signals apart; with one class, that class.

    Of more than `AT_MOST` signals it learns about so many, evenly of each class: its time grows with the square.
    """

    AT_MOST = 2000

    def __init__(self, x: ndarray, labels: Int[ndarray, " n"]) -> None:
        self.only = int(labels[0]) if len(np.unique(labels)) == 1 else None
        if self.only is None:
            every = -(-len(x) // self.AT_MOST)
            few = np.concatenate([np.flatnonzero(labels == k)[::every] for k in np.unique(labels)])
            self.machine = make_pipeline(StandardScaler(), SVC(C=10)).fit(x[few].reshape(len(few), -1), labels[few])

    def __call__(self, x: ndarray) -> Int[ndarray, " n"]:
        if self.only is not None:
            return np.full(len(x), self.only)
        return self.machine.predict(x.reshape(len(x), -1))


class TransferScore(NamedTuple):
    """Accuracy on real test signals after learning from synthetic (tstr) and from as many real ones (trtr).

    `standard_error` is that of the difference, over the test signals, which both judged: a proportion's, paired.
    """

    tstr: float
    trtr: float
    standard_error: float
    size: int


def transfer_score(
    synthetic: Signals,
    real_train: Signals,
    real_test: Signals,
    *,
    labels: Sequence[Labels],
    seed: int = 0,
) -> TransferScore:
    """Train on synthetic, test on real (tstr), beside train on real, test on real (trtr), from equally many signals.

    As many of each class are learnt in both cases: the smaller number of the two, drawn by `seed`. A class of which one
    set has none is learnt from neither's, and every test signal of it counts as missed.

    Args:
        labels: of synthetic, of real_train and of real_test.

    Raises:
        ValueError: if shapes or numbers differ, a label is no whole number, or no class is in both training sets.

    Esteban et al. 2017, arXiv:1706.02633.
    """
    names = ("synthetic", "real_train", "real_test")
    if len(labels) != 3:
        raise ValueError(f"transfer_score: expected labels of {', '.join(names)}, got {len(labels)} sets of labels.")
    _, x_fake = checked_pair(real_train, synthetic, names=("real_train", "synthetic"))
    x_train, x_test = checked_pair(real_train, real_test, names=("real_train", "real_test"))
    y_fake, y_train, y_test = (
        checked_labels(y, len(x), name) for y, x, name in zip(labels, (x_fake, x_train, x_test), names, strict=True)
    )
    random, chosen = np.random.default_rng(seed), ([], [])
    for k in np.intersect1d(y_fake, y_train):
        members = [random.permutation(np.flatnonzero(y == k)) for y in (y_fake, y_train)]
        n = min(len(m) for m in members)
        for part, own in zip(chosen, members, strict=True):
            part.extend(own[:n])
    if not chosen[0]:
        raise ValueError(
            "transfer_score: synthetic and real_train have no class in common. Are the labels of one list?"
        )
    right = [
        Recogniser(x[part], y[part])(x_test) == y_test
        for x, y, part in ((x_fake, y_fake, chosen[0]), (x_train, y_train, chosen[1]))
    ]
    tstr, trtr = (float(r.mean()) for r in right)
    error = float(np.std(right[0].astype(float) - right[1], ddof=1) / np.sqrt(len(y_test)))
    return TransferScore(tstr, trtr, error, len(chosen[0]))


def class_accuracy(train: Signals, fake: Signals, *, labels: Sequence[Labels]) -> float:
    """Share of `fake` that a recogniser trained on `train` takes for what they are labelled as.

    High is right: but read it beside its reference, the same of real held-out signals, which it may well exceed when
    fakes are too typical of their class.

    Args:
        labels: of train and of fake.

    Shmelkov et al. 2018, arXiv:1807.09499 (GAN-test).
    """
    x, y = checked_pair(train, fake, names=("train", "fake"), at_least=1)
    of_train, of_fake = (
        checked_labels(k, len(s), n) for k, s, n in zip(labels, (x, y), ("train", "fake"), strict=True)
    )
    return float((Recogniser(x, of_train)(y) == of_fake).mean())


def class_share_distance(train: Signals, test: Signals, fake: Signals, *, labels: Labels) -> float:
    r"""Total variation between the class shares of `test` and `fake`, as a recogniser sees them.

    $\frac12\sum_k |p_k - q_k|$ with the shares of signals that a recogniser trained on `train` takes for class k. 0 is
    right, 1 is the worst. The recogniser errs alike on both, so it need not be good. Sees a class that is missing or
    too frequent, whatever its label says.

    Args:
        labels: of train.
    """
    x, x_test = checked_pair(train, test, names=("train", "test"), at_least=1)
    _, x_fake = checked_pair(train, fake, names=("train", "fake"), at_least=1)
    of_train = checked_labels(labels, len(x), "train")
    recognise = Recogniser(x, of_train)
    return share_distance(recognise(x_test), recognise(x_fake))


def share_distance(a: Int[ndarray, " n"], b: Int[ndarray, " m"]) -> float:
    return float(sum(abs((a == k).mean() - (b == k).mean()) for k in np.union1d(a, b)) / 2)
