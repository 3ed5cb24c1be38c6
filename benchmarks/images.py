"""Image GANs on scikit-learn's digits: each of the sources' tricks on and off, objectives on the same nets, rivals.

python -m benchmarks.images [rivals features DCGAN "fully connected" objectives generator samples]

Makes images/tricks.csv (one change at a time from either of two pairs of nets; a row a way of sampling), objectives.csv
(non-saturating, WGAN, WGAN-GP and the course's paired losses on the same nets), rivals.csv (what a per-class Gaussian,
an untrained generator and real images score), features.csv (untrained discriminators, pixels and PCA as features for
few labels; of the trained ones tricks.csv says it, in the column few_labels), checkpoints/digits (the full-scale
generator) and samples.csv (twenty samples of it, and of the Gaussian). All are judged by one classifier on held-out
digits; scores are of the last step. MNIST was not at hand: nothing is measured on it.
"""

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from sklearn.decomposition import PCA
from torch import Tensor, nn

from benchmarks import manifests, tables
from benchmarks.tables import Part
from course_lib import checkpoints
from course_lib.baselines import Gaussian
from course_lib.data import ImageDataset, load_digits
from course_lib.metrics import ImageJudge, ImageScore, few_label_accuracy, score_images
from course_lib.models import (
    ConvDiscriminator,
    DCGANDiscriminator,
    DCGANGenerator,
    FullyConnectedGenerator,
    normal_weights_,
)
from course_lib.training import OBJECTIVES, State, TrainingConfig, sample, train

PAIRS = {
    "fully connected": (FullyConnectedGenerator, ConvDiscriminator),
    "DCGAN": (DCGANGenerator, DCGANDiscriminator),
}
SAMPLINGS = ("eval mode", "dropout on", "training mode")


# --------------------------------------------------------------------------------------------------------- settings


@dataclass(frozen=True)
class Exam:
    """A fraction of each class trains generators and the judge; the rest is held out, and as many are generated."""

    fraction: float = 0.6
    split_seed: int = 0
    judge_seed: int = 0
    draws: int = 20
    draws_seed: int = 0
    sample_seed: int = 1
    per_class: int = 3  # labels that a logistic regression on a discriminator's features is given
    label_draws: int = 20
    components: int = 32  # of PCA

    def sets(self) -> tuple[ImageDataset, ImageDataset]:
        """What is learnt from, and what is held out."""
        return load_digits().split(self.fraction, seed=self.split_seed)

    @cache  # noqa: B019 - one exam a process, and the judge is the same for every run
    def judge(self) -> ImageJudge:
        return ImageJudge(self.sets()[0], seed=self.judge_seed)


@dataclass(frozen=True)
class Way:
    """How to train: which pair of nets with which arguments, and the config."""

    pair: str
    config: TrainingConfig
    generator: Mapping[str, object] = field(default_factory=dict)
    discriminator: Mapping[str, object] = field(default_factory=dict)
    normal_weights: bool = False

    def with_config(self, **changes) -> "Way":
        return replace(self, config=replace(self.config, **changes))

    def build(self, images: ImageDataset, seed: int) -> tuple[nn.Module, nn.Module]:
        """Both nets, initialised from the seed alone."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            shape, arguments = (images.height, images.channels), (self.generator, self.discriminator)
            nets = [make(*shape, **given) for make, given in zip(PAIRS[self.pair], arguments, strict=True)]
            return tuple(normal_weights_(net) if self.normal_weights else net for net in nets)


@dataclass(frozen=True)
class Runs:
    """Ways by name, the seeds of each, and how they are judged."""

    ways: Mapping[str, Way]
    exam: Exam = Exam()
    seeds: tuple[int, ...] = (0, 1, 2)


@dataclass(frozen=True)
class Full:
    """The full-scale run, and the steps at which it is judged on its way."""

    way: Way
    moments: tuple[int, ...]
    exam: Exam = Exam()
    seed: int = 0


QUICK = TrainingConfig(
    "non_saturating",
    steps=200,
    batch_size=64,
    critic_steps=1,
    sobolev_weight=0.0,
    learning_rate=2e-3,
    betas=(0.5, 0.999),
    linear_decay=False,
    ema_decay=0.0,
)
NON_SATURATING = OBJECTIVES["non_saturating"]
LABELS, SWAP = (0.9, 1.0), 0.05
NARROW = {"dim": 16}
FULLY_CONNECTED = Way(
    "fully connected",
    replace(QUICK, objective=NON_SATURATING.with_noisy_labels(real_labels=LABELS, swap=SWAP), optimizer="adamw"),
)
DCGAN = Way("DCGAN", QUICK, NARROW, NARROW)
TRICKS = {
    "fully connected": {
        "as the source has it": FULLY_CONNECTED,
        "labels not smoothed": FULLY_CONNECTED.with_config(objective=NON_SATURATING.with_noisy_labels(swap=SWAP)),
        "labels not swapped": FULLY_CONNECTED.with_config(
            objective=NON_SATURATING.with_noisy_labels(real_labels=LABELS)
        ),
        "Adam, no weight decay": FULLY_CONNECTED.with_config(optimizer="adam"),
        "no dropout": replace(FULLY_CONNECTED, generator={"dropout": 0.0}),
    },
    "DCGAN": {
        "transposed, default weights, beta1 0.5": DCGAN,
        "up-sampling": replace(DCGAN, generator=NARROW | {"doubling": "upsample"}),
        "weights N(0, 0.02)": replace(DCGAN, normal_weights=True),
        "beta1 0.9": DCGAN.with_config(betas=(0.9, 0.999)),
    },
}

# The same nets for all: no BatchNorm in the critic, which a penalty on its slope does not go with, and no dropout
PLAIN = Way(
    "DCGAN",
    replace(QUICK, betas=(0.5, 0.9)),
    NARROW | {"doubling": "upsample"},
    NARROW | {"batch_norm": False, "dropout": 0.0},
)
PAIRED = PLAIN.with_config(objective="relativistic", penalty_weight=0.3, betas=(0.0, 0.9))  # the course's recipe
SAME_NETS = {
    "non-saturating": PLAIN,
    "WGAN": PLAIN.with_config(objective="wgan", clip=0.05),
    "WGAN-GP": PLAIN.with_config(objective="wgan_gp"),
    "paired, R1 + R2": PAIRED,
}
# The recipe has two changes, the loss and Adam's beta1: each of them alone, and what beta1 does to the others
SAME_NETS |= {f"{name}, beta1 0": SAME_NETS[name].with_config(betas=(0.0, 0.9)) for name in list(SAME_NETS)[:3]}
SAME_NETS |= {"paired, R1 + R2, beta1 0.5": PAIRED.with_config(betas=(0.5, 0.9))}
FULL = Full(
    Way(
        "DCGAN",
        replace(PAIRED.config, steps=1200, ema_decay=0.99, linear_decay=True),
        {"dim": 32, "doubling": "upsample"},
        {"dim": 32, "batch_norm": False, "dropout": 0.0},
    ),
    moments=(25, 50, 100, 200, 400, 800, 1200),
)


# ------------------------------------------------------------------------------------------------------------- runs


def trick(settings: Runs, trick: str, seed: int) -> list[dict]:
    """What a way's generator scores, sampled in three ways, and what its discriminator's features are good for."""
    way, exam, (learnt, held_out) = settings.ways[trick], settings.exam, settings.exam.sets()
    generator, discriminator, seconds = trained(way, learnt, seed)
    beside = {
        "few_labels": few_labels(exam, extracted(discriminator, learnt), extracted(discriminator, held_out), seed),
        "cpu_seconds": seconds,
    }
    rows = []
    for sampling in SAMPLINGS:
        made = sampled(generator, len(held_out), sampling, exam.sample_seed)
        rows.append({"sampling": sampling} | scores(exam, held_out, made) | beside)
    return rows


def objective(settings: Runs, objective: str, seed: int) -> list[dict]:
    """What one objective's generator scores."""
    (row, *_) = trick(settings, objective, seed)
    return [tables.without(row, "sampling")]


def rival(settings: Runs, rival: str, seed: int) -> list[dict]:
    """What is scored without training: a Gaussian a class, real training images, generators as they are initialised."""
    exam, (learnt, held_out) = settings.exam, settings.exam.sets()
    labels = held_out.labels.numpy()
    if rival == "Gaussian":
        made = learnt.unflattened(Gaussian().fit(learnt.flattened()).sample(labels, seed=seed))
    elif rival == FULL_SCALE:
        full = checkpoints.load_model(tables.DATA / GENERATOR)
        made = sample(full, len(held_out), seed=seed)
    elif rival == "training images":
        order = np.random.default_rng(seed).permutation(len(learnt))
        made = learnt.values[torch.from_numpy(order[: len(held_out)])]
    else:
        made = sample(settings.ways[rival].build(learnt, seed)[0], len(held_out), seed=exam.sample_seed)
    return [scores(exam, held_out, made)]


def features(settings: Runs, features: str, seed: int) -> list[dict]:
    """What a logistic regression on few labels gets right on features that no GAN was trained for."""
    exam, (learnt, held_out) = settings.exam, settings.exam.sets()
    if features in settings.ways:
        discriminator = settings.ways[features].build(learnt, seed)[1]
        both = [extracted(discriminator, images) for images in (learnt, held_out)]
    else:
        both = [images.values.flatten(1).numpy() for images in (learnt, held_out)]
        if features == "PCA":
            pca = PCA(exam.components, random_state=seed).fit(both[0])
            both = [pca.transform(images) for images in both]
    return [{"few_labels": few_labels(exam, *both, seed)}]


def few_labels(exam: Exam, x: np.ndarray, x_held_out: np.ndarray, seed: int) -> float:
    """Mean accuracy on held-out digits, over the draws of the few that are labelled."""
    labels = tuple(images.labels for images in exam.sets())
    per_class, draws = exam.per_class, exam.label_draws
    return float(few_label_accuracy(x, x_held_out, labels=labels, per_class=per_class, draws=draws, seed=seed).mean())


def trained(way: Way, learnt: ImageDataset, seed: int, *callbacks) -> tuple[nn.Module, nn.Module, float]:
    """Generator and discriminator, and the processor's seconds."""
    generator, discriminator = way.build(learnt, seed)
    start = time.process_time()
    train(generator, discriminator, learnt, replace(way.config, seed=seed), device="cpu", callbacks=callbacks)
    return generator, discriminator, round(time.process_time() - start, 1)


def scores(exam: Exam, held_out: ImageDataset, made: Tensor) -> dict[str, float]:
    """The judge's numbers, and the distance over its reference."""
    score: ImageScore = score_images(exam.judge(), held_out, made, draws=exam.draws, seed=exam.draws_seed)
    return {"ratio": score.frechet / score.reference} | score._asdict()


def sampled(generator: nn.Module, n: int, sampling: str, seed: int) -> Float[Tensor, "n C H W"]:
    """Images drawn as they should be, with dropout left on alone, or in training mode, BatchNorm's batches too."""
    if sampling == "eval mode":
        return sample(generator, n, seed=seed)
    with (
        left_on(generator, nn.Module if sampling == "training mode" else nn.Dropout),
        torch.random.fork_rng(devices=[]),
    ):
        torch.manual_seed(seed)
        return generator(torch.randn(n, generator.latent_dim)).detach()


@contextmanager
def left_on(generator: nn.Module, kind: type[nn.Module]) -> Iterator[None]:
    """The generator's layers of a kind in training mode, all others in eval mode; its statistics stay as they are."""
    kept = {name: value.clone() for name, value in generator.state_dict().items()}
    generator.eval()
    for layer in generator.modules():
        layer.training = isinstance(layer, kind)
    try:
        yield
    finally:
        generator.load_state_dict(kept)
        generator.eval()


def extracted(discriminator: nn.Module, images: ImageDataset) -> Float[np.ndarray, "n features"]:
    """Its features of images, in eval mode."""
    with torch.no_grad():
        return discriminator.eval().features(images.values).numpy()


# -------------------------------------------------------------------------------------------------------- the parts

MANIFEST, GENERATOR = "images/manifest.json", "checkpoints/digits/generator.safetensors"
FULL_SCALE = "full-scale GAN"
UNTRAINED = {f"untrained {pair}": next(iter(ways.values())) for pair, ways in TRICKS.items()}
UNTRAINED |= {"untrained DCGAN, up-sampling": TRICKS["DCGAN"]["up-sampling"]}


def runs_of(column: str, names: Iterable[str], seeds: Sequence[int]) -> tuple[dict[str, object], ...]:
    return tuple({column: name, "seed": seed} for seed in seeds for name in names)


def tricks_part(pair: str, settings: Runs) -> Part:
    runs = runs_of("trick", settings.ways, settings.seeds)
    return Part(f"images/{pair}", "images/tricks.csv", MANIFEST, settings, trick, runs, {"pair": pair})


def objectives_part(settings: Runs) -> Part:
    runs = runs_of("objective", settings.ways, settings.seeds)
    return Part("images/objectives", "images/objectives.csv", MANIFEST, settings, objective, runs)


def rivals_part(settings: Runs) -> Part:
    runs = runs_of("rival", ("Gaussian", "training images", *settings.ways), settings.seeds)
    return Part("images/rivals", "images/rivals.csv", MANIFEST, settings, rival, runs)


def features_part(settings: Runs) -> Part:
    runs = runs_of("features", ("pixels", "PCA", *settings.ways), settings.seeds)
    return Part("images/features", "images/features.csv", MANIFEST, settings, features, runs)


def samples_part(settings: Runs) -> Part:
    runs = runs_of("rival", ("Gaussian", FULL_SCALE), settings.seeds)
    return Part("images/samples", "images/samples.csv", MANIFEST, settings, rival, runs)


def generator_part(settings: Full) -> Part:
    return Part("images/generator", GENERATOR, "checkpoints/digits/manifest.json", settings)


PARTS = [
    rivals_part(Runs(UNTRAINED)),
    features_part(Runs(UNTRAINED)),
    *(tricks_part(pair, Runs(ways)) for pair, ways in TRICKS.items()),
    objectives_part(Runs(SAME_NETS)),
    generator_part(FULL),
    samples_part(Runs({}, seeds=tuple(range(20)))),  # of the generator in `tables.DATA`, and of the Gaussian
]


def make(part: Part, folder: Path = tables.DATA, *, anew: bool = False) -> None:
    if part.work is not None:
        tables.make(part, folder, anew=anew)
    elif anew or tables.status(part, folder) != "holds":
        make_generator(part, folder)


def make_generator(part: Part, folder: Path) -> None:
    """The full-scale generator, its scores on the way, and the samples' count of each class."""
    settings: Full = part.settings
    learnt, held_out = settings.exam.sets()
    moments = []

    def look(state: State) -> None:
        if state.step in settings.moments:
            made = sample(state.averaged, len(held_out), seed=settings.exam.sample_seed)
            moments.append({"step": state.step} | scores(settings.exam, held_out, made))

    generator, critic, seconds = trained(settings.way, learnt, settings.seed, look)
    checkpoints.save_model(generator, folder / part.file, class_names=learnt.class_names)
    record = {"settings": manifests.plain(settings), "command": part.command, "made_with": [manifests.surroundings()]}
    facts = {
        "images": {"trained_on": len(learnt), "held_out": len(held_out)},
        "generator": checkpoints.describe(generator),
        "critic": checkpoints.describe(critic),
        "cpu_seconds": seconds,
        "moments": [{name: float(f"{value:.5g}") for name, value in moment.items()} for moment in moments],
    }
    tables.tell(part, folder, record, **facts)


if __name__ == "__main__":
    tables.command(PARTS, make, __doc__)
