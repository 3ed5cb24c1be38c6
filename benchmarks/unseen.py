"""Judges that no tuning may see: they stand in final tables alone, so that no generator is made to please them.

Three classifiers that tell generated from real signals, each in other words than those of `course_lib.metrics`: random
convolutions with a ridge, a small convolutional network, and the same network told the class. Their accuracies are
cross-validated; beside each stands that between two sets of real signals of the same size (`real_pairs`).

The random convolutions are aeon's. It asks for an older NumPy than the course's lock, so it is an extra that is
installed into an environment of its own: pip install -e ".[benchmarks]".

Dempster, Schmidt and Webb 2021 (MiniRocket), arXiv:2012.08791; Miyato and Koyama 2018 (how the network is told the
class), arXiv:1802.05637.
"""

import importlib.util
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from numpy import ndarray
from sklearn.linear_model import RidgeClassifierCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from torch import Tensor, nn

from course_lib.metrics.classifiers import folds
from course_lib.metrics.ranges import three_sets

HAS_AEON = importlib.util.find_spec("aeon") is not None

# --------------------------------------------------------------------------------------------------------- settings


@dataclass(frozen=True)
class Convolutions:
    """About `kernels` shares of time that random convolutions are positive, and a ridge with its weight by itself."""

    kernels: int = 10_000
    weights: tuple[float, ...] = tuple(float(f"{10**power:.4g}") for power in np.linspace(-3, 3, 10))


@dataclass(frozen=True)
class Network:
    """Four convolutions that halve the length, batch-normalised, then mean and maximum over time; AdamW."""

    width: int = 24
    kernel_size: int = 5
    steps: int = 300
    batch_size: int = 32
    learning_rate: float = 5e-3
    weight_decay: float = 0.01


@dataclass(frozen=True)
class Unseen:
    """The judges, each learnt in `folds` - 1 parts of the signals and asked about the last."""

    convolutions: Convolutions = Convolutions()
    network: Network = Network()
    folds: int = 3


# ---------------------------------------------------------------------------------------------------------- judging


def accuracies(
    real: Float[ndarray, "n channels length"],
    fake: Float[ndarray, "n channels length"],
    labels: Int[ndarray, " n"],
    settings: Unseen,
    *,
    seed: int = 0,
    groups: Int[ndarray, " n"] | None = None,
) -> dict[str, float]:
    """How often each judge is right about signals that it did not learn from; 0.5 is a coin.

    `labels` are those of `real`, and of `fake` in the same order. Real signals of one of the `groups` stay on one side
    of every fold. Where all labels are one, the judge that is told them is left out; where aeon is not installed, this
    says so.

    Raises:
        ValueError: if real, fake and labels are not equally many.
    """
    if not len(real) == len(fake) == len(labels):
        raise ValueError(
            f"accuracies: expected as many of real, fake and labels, got {len(real)}, {len(fake)}, {len(labels)}."
        )
    both = np.concatenate([real, fake]).astype(np.float32)
    labels = np.unique(np.concatenate([labels, labels]), return_inverse=True)[1]
    is_fake = np.arange(len(both)) >= len(real)
    everyone = np.arange(len(real)) if groups is None else groups
    right = {"random convolutions": 0, "network": 0, "network, told the class": 0}
    for learnt, asked in folds(everyone, is_fake, settings.folds, seed=seed):
        said = {
            "random convolutions": by_convolutions(both, is_fake, learnt, asked, settings.convolutions, seed),
            "network": by_network(both, is_fake, np.zeros_like(labels), learnt, asked, settings.network, seed),
        }
        if labels.any():
            said["network, told the class"] = by_network(both, is_fake, labels, learnt, asked, settings.network, seed)
        for judge, answers in said.items():
            right[judge] += int((answers == is_fake[asked]).sum())
    return {judge: count / len(both) for judge, count in right.items() if judge in said}


def real_pairs(
    real: Float[ndarray, "n channels length"],
    labels: Int[ndarray, " n"],
    wanted: Int[ndarray, " size"],
    settings: Unseen,
    *,
    draws: int,
    seed: int = 0,
    groups: Int[ndarray, " n"] | None = None,
) -> list[dict[str, float]]:
    """The null: what each judge says of two real sets with the classes `wanted`, drawn anew `draws` times.

    No group is in both of them.

    Raises:
        ValueError: if a class has too few signals, or groups.
    """
    found = []
    for draw in range(draws):
        pair = three_sets(labels, wanted, np.random.default_rng((seed, draw)), groups)[:2]
        first, second = (places[np.argsort(labels[places], kind="stable")] for places in pair)  # class by class
        own = None if groups is None else groups[first]
        found.append(accuracies(real[first], real[second], labels[first], settings, seed=seed + draw, groups=own))
    return found


# ------------------------------------------------------------------------------------------------------- the judges


def by_convolutions(
    x: Float[ndarray, "n channels length"],
    is_fake: Bool[ndarray, " n"],
    learnt: Int[ndarray, " learnt"],
    asked: Int[ndarray, " asked"],
    settings: Convolutions,
    seed: int,
) -> Bool[ndarray, " asked"]:
    """MiniRocket, fitted on the learnt signals, and a ridge on its standardised features.

    PyTorch keeps its number of threads: where numba starts its own, it sets it to the number of cores.

    Raises:
        ModuleNotFoundError: if aeon is not installed.
    """
    if not HAS_AEON:
        raise ModuleNotFoundError(
            "The random convolutions are aeon's, which is not installed here. It asks for an older NumPy than "
            'requirements.lock has, so give it an environment of its own: pip install -e ".[benchmarks]".'
        )
    from aeon.transformations.collection.convolution_based import MiniRocket  # takes seconds to import

    rocket = MiniRocket(n_kernels=settings.kernels, random_state=seed, n_jobs=1)
    judge = make_pipeline(rocket, StandardScaler(), RidgeClassifierCV(alphas=settings.weights))
    threads = torch.get_num_threads()
    try:
        return judge.fit(x[learnt], is_fake[learnt]).predict(x[asked])
    finally:
        torch.set_num_threads(threads)  # numba sets it in the OpenMP that both use


class SignalJudge(nn.Module):
    """A score a signal, above 0 for fake: its values and their compressed differences, seen by convolutions.

    h are the means and maxima over time of the last layer, and the score is (w + e_y) . h + b with a class's own e_y, 0
    at first: with a single class it is a plain network.
    """

    def __init__(self, channels: int, n_classes: int, settings: Network) -> None:
        super().__init__()
        width, size = settings.width, settings.kernel_size
        layers = []
        for features in (2 * channels, width, width, width):
            layers += [nn.Conv1d(features, width, size, stride=2, padding=size // 2), nn.BatchNorm1d(width), nn.ReLU()]
        self.layers = nn.Sequential(*layers)
        self.score = nn.Linear(2 * width, 1)
        self.of_class = nn.Embedding(n_classes, 2 * width)
        nn.init.zeros_(self.of_class.weight)

    def forward(self, x: Float[Tensor, "n features length"], labels: Int[Tensor, " n"]) -> Float[Tensor, " n"]:
        h = self.layers(x)  # (n, width, length / 16)
        h = torch.cat([h.mean(2), h.amax(2)], dim=1)  # (n, 2 width)
        return self.score(h).squeeze(1) + (h * self.of_class(labels)).sum(1)


def by_network(
    x: Float[ndarray, "n channels length"],
    is_fake: Bool[ndarray, " n"],
    labels: Int[ndarray, " n"],
    learnt: Int[ndarray, " learnt"],
    asked: Int[ndarray, " asked"],
    settings: Network,
    seed: int,
) -> Bool[ndarray, " asked"]:
    """A `SignalJudge` trained on the learnt signals; the weights of the last step answer."""
    shown = torch.from_numpy(with_differences(x, learnt))
    classes, target = torch.from_numpy(labels), torch.from_numpy(is_fake).float()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        net = SignalJudge(x.shape[1], int(labels.max()) + 1, settings)
    optimizer = torch.optim.AdamW(net.parameters(), settings.learning_rate, weight_decay=settings.weight_decay)
    draw = torch.Generator().manual_seed(seed)
    for _ in range(settings.steps):
        batch = learnt[torch.randint(len(learnt), (settings.batch_size,), generator=draw)]
        score = net(shown[batch], classes[batch])
        loss = nn.functional.binary_cross_entropy_with_logits(score, target[batch])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    net.eval()
    with torch.no_grad():
        return (net(shown[asked], classes[asked]) > 0).numpy()


def with_differences(
    x: Float[ndarray, "n channels length"], learnt: Int[ndarray, " learnt"]
) -> Float[ndarray, "n features length"]:
    r"""Values standardised by the learnt ones, and $\operatorname{asinh}(d / m)$ of the differences d.

    m is the root mean square of a channel's learnt differences, or a tenth of it where half of them are smaller: so
    that a signal at rest and one almost at rest look different. The first difference is 0.
    """
    mean, std = x[learnt].mean((0, 2), keepdims=True), x[learnt].std((0, 2), keepdims=True)
    d = np.diff(x, prepend=x[:, :, :1])
    size = np.sqrt((d[learnt] ** 2).mean((0, 2), keepdims=True))
    middle = np.maximum(np.median(np.abs(d[learnt]), (0, 2), keepdims=True), size / 10)
    return np.concatenate([(x - mean) / (std + 1e-8), np.arcsinh(d / (middle + 1e-8))], axis=1).astype(np.float32)
