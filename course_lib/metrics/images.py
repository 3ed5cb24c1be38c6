r"""Generated images judged by a classifier of the real ones: how far, which classes, and two things that eyes miss.

The idea: pixels are a poor space for distances between images, a classifier's features a better one. So a small net
learns the classes of the training images, and its hidden layer is the space of a Frechet distance: FID's recipe, with a
classifier of these images in place of Inception. Real held-out images against real ones say what a perfect generator
scores. The classifier also says which classes are drawn at all.

Heusel et al. 2017, arXiv:1706.08500 (FID); Odena et al. 2016, doi 10.23915/distill.00003 (checkerboards); Radford et
al. 2016, arXiv:1511.06434, section 5 (the discriminator as a feature extractor).
"""

import warnings
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int, Shaped
from numpy import ndarray
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier

from course_lib.arrays import Array, finite_float64
from course_lib.data import ImageDataset
from course_lib.metrics.distribution import frechet_distance
from course_lib.metrics.guards import ADVICE, Features, Labels, checked_features, checked_labels, checked_positive
from course_lib.metrics.ranges import DISTANCE, prediction_range
from course_lib.metrics.recognition import share_distance

Images = Shaped[Array, "..."]  # (N, C, H, W)
SURE = 0.9  # the classifier's probability from which an image counts as one of its class
SHARE = 0.02  # of all generated images, from which a class counts as drawn


class ImageScore(NamedTuple):
    """What a judge says of generated images; `frechet` beside what real ones score among themselves.

    `reference` is the mean of the real pairs, `high` the end of the 99 % prediction interval of one more. `classes` is
    the number of classes of which at least 2 % of the images are, the judge being sure (0.9) of each; `sure` is the
    share of images of which it is. `share_distance` is the total variation between the class shares of real and
    generated. `checkerboard` is 1 where fine alternation is as strong as in real images.
    """

    frechet: float
    reference: float
    high: float
    classes: int
    sure: float
    share_distance: float
    checkerboard: float


class ImageJudge:
    """A classifier with one hidden layer, of the training images' classes; its hidden layer is the features.

    Args:
        train: labelled images, of which the judge learns. Judge with others: of those it has learnt it is too sure.
        width: of the hidden layer, and so the number of features.

    Raises:
        ValueError: if the images have no labels, or of one class only.
    """

    def __init__(self, train: ImageDataset, *, seed: int = 0, width: int = 64) -> None:
        if len(np.unique(train.labels)) < 2:
            raise ValueError("ImageJudge: expected images of two classes or more, with their labels. Load them so.")
        self.shape = tuple(train.values.shape[1:])
        self.net = MLPClassifier((width,), alpha=1e-2, max_iter=100, random_state=seed)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # 100 passes are what there is
            self.net.fit(self._rows(train.values), train.labels.numpy())

    def features(self, images: Images) -> Float[ndarray, "n width"]:
        r"""$\max(0, x W + b)$: the hidden layer's answer to each image."""
        return np.maximum(self._rows(images) @ self.net.coefs_[0] + self.net.intercepts_[0], 0)

    def classes(self, images: Images) -> Int[ndarray, "n"]:
        """The class that each image is taken for."""
        return self.net.predict(self._rows(images))

    def sure(self, images: Images) -> Float[ndarray, "n"]:
        """The probability of the class that each image is taken for."""
        return self.net.predict_proba(self._rows(images)).max(axis=1)

    def _rows(self, images: Images) -> Float[ndarray, "n pixels"]:
        values = finite_float64(images, "images", advice=ADVICE)
        if values.ndim != 4 or values.shape[1:] != self.shape:
            raise ValueError(
                f"ImageJudge: expected images of shape (N, {', '.join(map(str, self.shape))}), as it has learnt, got "
                f"{values.shape}."
            )
        return values.reshape(len(values), -1)


def score_images(
    judge: ImageJudge, held_out: ImageDataset, fake: Images, *, draws: int = 20, seed: int = 0
) -> ImageScore:
    """Generated images against held-out real ones, beside real ones against each other.

    The held-out images are halved `draws` times; one half against the other is the reference, and against as many of
    the generated ones the score, the same half each time. So both have the same number of images and the same bias.

    Args:
        held_out: real images that neither the generator nor the judge has learnt from.
        fake: at least half as many.

    Raises:
        ValueError: if there are fewer.
    """
    real, made = judge.features(held_out.values), judge.features(fake)
    half = len(real) // 2
    of_real, of_fake = np.random.default_rng((seed, 0)), np.random.default_rng((seed, 1))
    if len(made) < half:
        raise ValueError(
            f"score_images: expected at least {half} generated images, half as many as the held-out ones, got "
            f"{len(made)}. Generate more."
        )
    among_real, against_fake = [], []
    for _ in range(draws):
        order = of_real.permutation(len(real))
        one, other = real[order[:half]], real[order[half : 2 * half]]
        among_real.append(frechet_distance(one, other))
        against_fake.append(frechet_distance(one, made[of_fake.permutation(len(made))[:half]]))
    taken_for, sure = judge.classes(fake), judge.sure(fake) >= SURE
    shares = np.bincount(taken_for[sure], minlength=held_out.n_classes) / len(made)
    real_range = prediction_range(np.array(among_real), DISTANCE)
    return ImageScore(
        frechet=float(np.mean(against_fake)),
        reference=real_range.reference,
        high=real_range.high,
        classes=int((shares >= SHARE).sum()),
        sure=float(sure.mean()),
        share_distance=share_distance(judge.classes(held_out.values), taken_for),
        checkerboard=checkerboard_ratio(held_out.values, fake),
    )


def checkerboard_ratio(real: Images, fake: Images) -> float:
    r"""How strong pixels alternate in `fake`, over `real`: shares of the power at the highest frequency; 1 is right.

    The share of $\sum \lvert\hat x\rvert^2$, the mean over images of the two-dimensional spectrum without its
    constant, that lies in the row and the column of frequency 1/2: what changes its sign from pixel to pixel, which a
    transposed convolution of stride 2 leaves behind.

    Raises:
        ValueError: if the images differ in size, or have an odd number of rows or columns.
    """
    x, y = (finite_float64(images, name, advice=ADVICE) for images, name in ((real, "real"), (fake, "fake")))
    if x.ndim != 4 or x.shape[1:] != y.shape[1:] or x.shape[2] % 2 or x.shape[3] % 2:
        raise ValueError(
            "checkerboard_ratio: expected images (N, C, H, W) of one size, H and W even, got the shapes "
            f"{x.shape} and {y.shape}."
        )
    of_real = checked_positive(_alternating_share(x), "no real image alternates", rounding=1e-12)
    return _alternating_share(y) / of_real


def _alternating_share(images: Float[ndarray, "n c h w"]) -> float:
    power = (np.abs(np.fft.fft2(images)) ** 2).mean(axis=(0, 1))
    power[0, 0] = 0.0
    height, width = power.shape
    alternating = power[height // 2].sum() + power[:, width // 2].sum() - power[height // 2, width // 2]
    return float(alternating / checked_positive(power.sum(), "every image is constant"))


def few_label_accuracy(
    train: Features, test: Features, *, labels: tuple[Labels, Labels], per_class: int, draws: int = 10, seed: int = 0
) -> Float[ndarray, "draws"]:
    """Accuracy on `test` of a logistic regression that has learnt `per_class` labelled images, for each draw of them.

    Args:
        train: features (N, F) to draw the few from. All of them, labelled or not, say what is taken off and divided by:
            each feature's mean, and one scale for all, so that no direction is made larger than it is.
        test: features (M, F).
        labels: of train and of test.

    Raises:
        ValueError: if a class has fewer than `per_class`.
    """
    x, x_test = checked_features(train, test, names=("train", "test"))
    y, y_test = (
        checked_labels(own, len(f), n) for own, f, n in zip(labels, (x, x_test), ("train", "test"), strict=True)
    )
    classes, counts = np.unique(y, return_counts=True)
    if per_class < 1 or counts.min() < per_class:
        raise ValueError(
            f"few_label_accuracy: expected per_class from 1 to {counts.min()}, the smallest class, got {per_class}."
        )
    mean, random, accuracies = x.mean(axis=0), np.random.default_rng(seed), []
    scale = checked_positive((x - mean).std(), "every image has the same features")
    x, x_test = (x - mean) / scale, (x_test - mean) / scale
    for _ in range(draws):
        few = np.concatenate([random.permutation(np.flatnonzero(y == k))[:per_class] for k in classes])
        accuracies.append(LogisticRegression(max_iter=1000).fit(x[few], y[few]).score(x_test, y_test))
    return np.array(accuracies)
