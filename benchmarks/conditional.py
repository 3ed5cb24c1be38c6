"""Conditional: ways of telling generator and critic the label, on the same nets for the same steps.

COURSE_DATA=FOLDER python -m benchmarks.conditional [PART ...]

Makes conditional/ways.csv: of each way how often what was made is caught, and class by class whether it shows what it
was asked for, varies as the recordings of the class do, and can be learnt from. Parts that are not in MADE stand in
LATER, and are made where they are named. In "signs_imbalanced" the generator learns from fewer recordings of most
classes, down to a tenth; the rarest quarter of the classes is judged by itself, and the same classes in "signs", where
they are not rare. Judges are told all of the recordings that are not held out, rare ones too.

The nets are those of the quick recipe without the Gaussian of each class, which would tell the generator most of what
there is to know; that is a way of its own, the course's. One thing is changed at a time: how the generator is told, or
how the critic is. Every number was fixed beforehand, and nothing was tuned for any way.

The ways, and whose they are: benchmarks/told.py. Cui et al. 2019, arXiv:1901.05555 (class sizes that fall by a constant
factor).
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float, Int
from numpy import ndarray
from torch import Tensor

from benchmarks import tables
from benchmarks.equal_time import GAUSSIAN, REAL, SEEDS, real_sets
from benchmarks.recordings import Auslan, Simulated, Split
from benchmarks.tables import Part, make  # noqa: F401 - a bench has PARTS and make
from benchmarks.told import AUXILIARY, JOINED, NORMALISATION, UNTOLD, Told, learn
from course_lib import metrics
from course_lib.baselines import Gaussian
from course_lib.data import Invariants, Scaler, SignalDataset
from course_lib.metrics.recognition import Recogniser
from course_lib.training import QUICK_RECIPE, Recipe, sample

# --------------------------------------------------------------------------------------------------------- settings

PLAIN = Told(QUICK_RECIPE.config, "multiscale", QUICK_RECIPE.dim, without=("start",))
WAYS = {
    "beside the noise; projection": PLAIN,
    "conditional normalisation; projection": replace(PLAIN, in_generator=NORMALISATION),
    "beside the noise; joined to features": replace(PLAIN, in_critic=JOINED),
    "beside the noise; auxiliary classifier": replace(PLAIN, in_critic=AUXILIARY),
    "the class's Gaussian too: the course's recipe": QUICK_RECIPE,
}
CONTROL = {"beside the noise; critic not told": replace(PLAIN, in_critic=UNTOLD)}
UNTRAINED = dict.fromkeys((GAUSSIAN, REAL))


@dataclass(frozen=True)
class Conditional:
    """A set, and in what ways its labels are told; None stands for a forger, or for other real recordings.

    Attributes:
        steps: of every training.
        rarest: recordings of the rarest class, as a share of those of the most frequent; 1 leaves all classes as they
            are. Between them class sizes fall by a constant factor, in an order that `thinned_seed` draws.
    """

    data: Simulated | Auslan
    methods: Mapping[str, Recipe | None]
    steps: int = 300
    rarest: float = 1.0
    split: Split = Split()
    seeds: tuple[int, ...] = SEEDS
    thinned_seed: int = 0
    sample_seed: int = 1
    judge_seed: int = 0


# ------------------------------------------------------------------------------------------------------------- runs


def by_frequency(settings: Conditional, n_classes: int) -> Int[ndarray, " K"]:
    """The classes, the most frequent first."""
    return np.random.default_rng(settings.thinned_seed).permutation(n_classes)


def thinned(settings: Conditional, dataset: SignalDataset) -> SignalDataset:
    """Of each class the first recordings, so many as the settings leave, two at least."""
    order = by_frequency(settings, dataset.n_classes)
    place = np.empty(len(order), dtype=int)
    place[order] = np.arange(len(order))
    share = settings.rarest ** (place / (len(order) - 1))
    members = [np.flatnonzero(dataset.labels == k) for k in range(dataset.n_classes)]
    return dataset[np.concatenate([own[: max(2, round(share[k] * len(own)))] for k, own in enumerate(members)])]


def run(settings: Conditional, method: str, seed: int) -> list[dict]:
    """Learn, make as many signals of each class as there were recordings before thinning, and ask the judges.

    Of other real recordings there are only as many as are held out.
    """
    every, held_out = settings.split.of(settings.data.load())
    if method == REAL:
        every, held_out, made, labels = real_sets(every, held_out, seed)
        learnt, more, spent = every, made, {"steps": 0, "cpu_seconds": 0.0}
    else:
        learnt, labels = thinned(settings, every), every.labels
        (made, more), spent = drawn(settings, method, learnt, (held_out.labels, labels), seed)
    score = metrics.discriminative_score(held_out.values, made, seed=settings.judge_seed)
    row = {"learnt": len(learnt), "size": score.size, "caught": score.caught, "null": score.null}
    shown = SignalDataset(more, labels, every.class_names)
    return [spent | row | by_class(settings, every, learnt, held_out, shown)]


def drawn(
    settings: Conditional, method: str, learnt: SignalDataset, labels: tuple[Int[Tensor, " n"], ...], seed: int
) -> tuple[list[Tensor], dict[str, float]]:
    """Signals for each of the rows of labels, by a method that has learnt; the steps and seconds of its training."""
    recipe, start = settings.methods[method], time.process_time()
    if recipe is None:
        gaussian = Gaussian().fit(learnt)
        made, spent = [gaussian.sample(own, seed=seed) for own in labels], {"steps": 0, "cpu_seconds": 0.0}
    else:
        scaler = Scaler.fit(learnt)
        generator = learn(recipe, scaler.transform(learnt), seed, settings.steps)
        spent = {"steps": settings.steps, "cpu_seconds": round(time.process_time() - start, 1)}
        made = [sample(generator, len(own), labels=own, seed=settings.sample_seed) for own in labels]
        made = [scaler.inverse(signals) for signals in made]
    found = Invariants.found_in(learnt)
    return [found.impose(signals) for signals in made], spent


def by_class(
    settings: Conditional, every: SignalDataset, learnt: SignalDataset, held_out: SignalDataset, shown: SignalDataset
) -> dict[str, float]:
    """What is made of each class: mean over the classes, the worst class, and the mean over the rarest quarter.

    `as_asked`: share that a recogniser of all recordings takes for the class asked for. `varied`: the variance within
    the class over that of its recordings, mean over time; of the worst class the least. `recognised`: share of the
    recordings held out that are recognised after learning from what was made; and `_learnt`, after learning from what
    the generator learnt from.
    """
    found = {
        "as_asked": accuracy_by_class(every, shown),
        "varied": variance_by_class(every, shown),
        "recognised": accuracy_by_class(shown, held_out),
        "recognised_learnt": accuracy_by_class(learnt, held_out),
    }
    rare = by_frequency(settings, every.n_classes)[-max(1, every.n_classes // 4) :]
    return {
        f"{name}{of}": float(value)
        for name, values in found.items()
        for of, value in (("", values.mean()), ("_worst", values.min()), ("_rare", values[rare].mean()))
    }


def accuracy_by_class(shown: SignalDataset, asked: SignalDataset) -> Float[ndarray, " K"]:
    """Of each class of `asked` the share that is recognised after learning from `shown`."""
    recognise = Recogniser(shown.values.numpy(), shown.labels.numpy())
    labels = asked.labels.numpy()
    right = recognise(asked.values.numpy()) == labels
    return np.array([right[labels == k].mean() for k in range(asked.n_classes)])


def variance_by_class(real: SignalDataset, made: SignalDataset) -> Float[ndarray, " K"]:
    """`variance_ratio` within each class."""
    pairs = [(real.values[real.labels == k], made.values[made.labels == k]) for k in range(real.n_classes)]
    return np.array([metrics.variance_ratio(*pair) for pair in pairs])


# -------------------------------------------------------------------------------------------------------- the parts


def part(name: str, settings: Conditional) -> Part:
    runs = tuple({"method": method, "seed": seed} for seed in settings.seeds for method in settings.methods)
    file = "conditional/ways.csv"
    return Part(f"conditional/{name}", file, "conditional/manifest.json", settings, run, runs, {"set": name})


SIGNS = Conditional(Simulated(20, per_class=75), WAYS | CONTROL | UNTRAINED)
SETS = {
    "signs": SIGNS,
    "signs_imbalanced": replace(SIGNS, methods=WAYS | dict.fromkeys([GAUSSIAN]), rarest=0.1),
    "auslan_right_x": Conditional(Auslan(("right_x",)), WAYS | UNTRAINED),
}
MADE = ("signs", "signs_imbalanced", "auslan_right_x")
PARTS = [part(name, SETS[name]) for name in MADE]
LATER = [part(name, settings) for name, settings in SETS.items() if name not in MADE]

if __name__ == "__main__":
    tables.command(PARTS, make, __doc__, LATER)
