"""Augmentation: is a recogniser that has few recordings right more often with synthetic ones beside them?

COURSE_DATA=FOLDER python -m benchmarks.augmentation [SET ...]

Makes augmentation/accuracy.csv: how often held-out recordings are recognised after learning from 3, 5 or 10
recordings of each class and from synthetic ones beside them, classical copies, a forger's or a generator's; and each of
the last two with classical copies.

One run is a number of recordings and a subset: its own classes of the set, its own few recordings of them, and its own
recordings to be examined on, the same for every number and every method. Where recordings have sessions the few are of
as few sessions as hold so many, and the exam is of the others. A generator is trained on the few, once a run.

Chosen on the few alone, by cross-validation in three parts: for each method its recogniser and how strong its classical
copies are; for all methods of a run together how many signals of each class are added, so that all add equally many.
"X + classical" adds half as many of each. A generator is not trained anew in each part: what is chosen for it is what
is best for the same generator untrained, built on that part's recordings, so that nothing leaks and nothing is lost.

What more recordings would bring stands in the table itself: fewer are among more, and the exam is the same, so "none"
at 10 is a control of everything at 3 and 5. Subsets of one set share recordings (of Auslan nine sessions in all), so an
interval over them is about other subsets of these recordings, and not about other people.

`gains` and `verdict` read the table. Budget, fixed beforehand: 4 hours of one core for the three sets.
Most of it is training, once a run (1.5 to 2.6 minutes); choosing takes 13 s of a run.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd
import torch
from jaxtyping import Float, Int
from numpy import ndarray
from sklearn.linear_model import RidgeClassifier
from sklearn.model_selection import StratifiedKFold
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from torch import Tensor, nn

from benchmarks import recipes, tables
from benchmarks.recordings import AuslanSessions, Simulated, Ucr
from benchmarks.tables import Part, make  # noqa: F401 - a bench has PARTS and make
from course_lib.baselines import CarriedResiduals, ClassicalCopies, Gaussian, Interpolation
from course_lib.classroom.results import ALL, CLASSICAL, GENERATED, NONE, WITH_CLASSICAL, gains  # noqa: F401
from course_lib.data import Invariants, Scaler, SignalDataset
from course_lib.training import BEST_RECIPE, Recipe, sample

UNTRAINED = "generated, untrained"
FORGERS = {
    "Gaussian": Gaussian("class"),
    "Gaussian, pooled": Gaussian("pooled"),
    "interpolation": Interpolation(),
    "carried residuals": CarriedResiduals(),
}

# --------------------------------------------------------------------------------------------------------- settings


@dataclass(frozen=True)
class Few:
    """A set, how few recordings of it there are, and what is tried with them.

    Attributes:
        n_classes: classes a subset, drawn from those of the set.
        counts: recordings of each class. Of one subset, fewer are among more.
        seeds: the subsets.
        steps: of the generator's training. 500 take 1.5 minutes of one core for 160 steps of time, 2.6 for 300.
        added: synthetic signals of each class, even numbers.
        strengths: of classical copies (`ClassicalCopies`).
        recognisers: each by name, with its one number: C of the SVM, the ridge's weight, how many nearest neighbours.
        folds: parts of the inner cross-validation.
        exam: recordings of each class that are recognised, at most.
    """

    data: Simulated | AuslanSessions | Ucr
    n_classes: int
    counts: tuple[int, ...] = (3, 5, 10)
    seeds: tuple[int, ...] = tuple(range(10))
    recipe: Recipe = BEST_RECIPE
    steps: int = 500
    forgers: tuple[str, ...] = tuple(FORGERS)
    added: tuple[int, ...] = (10, 30)
    strengths: tuple[float, ...] = (0.5, 1.0, 2.0)
    recognisers: tuple[tuple[str, float], ...] = (("SVM", 10.0), ("ridge", 100.0), ("nearest neighbour", 1))
    folds: int = 3
    exam: int = 50


# ------------------------------------------------------------------------------------------------ the few, the exam

load = cache(lambda data: data.load())


def few_and_exam(settings: Few, count: int, seed: int) -> tuple[SignalDataset, SignalDataset]:
    """`count` recordings of each class of a subset, and the recordings that it is examined on.

    The exam has none of the recordings that the largest count takes, nor of their groups.
    """
    whole, random = load(settings.data), np.random.default_rng((seed, settings.n_classes))
    classes = np.sort(random.permutation(whole.n_classes)[: settings.n_classes])
    data = whole.select([int(k) for k in classes])
    labels, most = data.labels.numpy(), max(settings.counts)
    groups = np.arange(len(data)) if data.groups is None else data.groups.numpy()
    place = np.unique(groups, return_inverse=True)[1]
    turn = random.permutation(place.max() + 1)[place]  # sessions in random order, the same for all classes
    order = np.lexsort((random.permutation(len(data)), turn))
    by_class = [order[labels[order] == k] for k in range(data.n_classes)]
    taken = np.unique(groups[np.concatenate([members[:most] for members in by_class])])
    few = np.concatenate([members[:count] for members in by_class])
    free = [members[~np.isin(groups[members], taken)][: settings.exam] for members in by_class]
    if not all(map(len, free)):
        raise ValueError(
            f"few_and_exam: expected recordings of every class beside the {most} and their groups, but some class has "
            "none left. Ask for fewer recordings."
        )
    return data[few], data[np.concatenate(free)]


# ------------------------------------------------------------------------------------------------ synthetic signals


def generator_of(settings: Few, learnt: SignalDataset, seed: int, steps: int) -> tuple[nn.Module, Scaler]:
    """The recipe's generator after so many steps on what is learnt, as it begins after 0; and the scaler."""
    scaler = Scaler.fit(learnt)
    scaled = scaler.transform(learnt)
    if steps:
        return recipes.learn(settings.recipe, scaled, seed, steps), scaler
    return settings.recipe.build(scaled, conditional=True, seed=seed)[0], scaler


def signals_of(
    settings: Few, learnt: SignalDataset, seed: int, trained: tuple[nn.Module, Scaler] | None = None
) -> dict[tuple[str, float], Tensor]:
    """Signals by every source and strength (1 where it has none), for the classes in turn, as many as can be added.

    What every recording learnt has exactly is imposed on all.
    """
    labels = labels_of(settings, max(settings.added))
    made = {(name, 1.0): FORGERS[name].fit(learnt).sample(labels, seed=seed) for name in settings.forgers}
    for strength in settings.strengths:
        made[CLASSICAL, strength] = ClassicalCopies(strength).fit(learnt).sample(labels, seed=seed)
    generators = {UNTRAINED: generator_of(settings, learnt, seed, 0)} | ({GENERATED: trained} if trained else {})
    for name, (generator, scaler) in generators.items():
        drawn = sample(generator, len(labels), labels=torch.from_numpy(labels), seed=seed)
        made[name, 1.0] = scaler.inverse(drawn)
    found = Invariants.found_in(learnt)
    return {key: found.impose(signals) for key, signals in made.items()}


def labels_of(settings: Few, added: int) -> Int[ndarray, " n"]:
    """The classes in turn, so that the first half of them are half as many of each."""
    return np.tile(np.arange(settings.n_classes), added)


def with_added(
    settings: Few,
    learnt: SignalDataset,
    made: Mapping[tuple[str, float], Tensor],
    method: str,
    added: int,
    strength: float,
) -> tuple[Float[ndarray, "n D"], Int[ndarray, " n"]]:
    """The recordings learnt and the synthetic signals of a method, `added` of each class, as rows; and their labels."""
    values, labels = [learnt.values], [learnt.labels.numpy()]
    if method != NONE:
        source = method.removesuffix(WITH_CLASSICAL)
        parts = [(source, strength if source == CLASSICAL else 1.0)]
        parts += [(CLASSICAL, strength)] if method.endswith(WITH_CLASSICAL) else []
        own = labels_of(settings, added // len(parts))
        values += [made[key][: len(own)] for key in parts]
        labels += [own] * len(parts)
    return torch.cat(values).flatten(1).numpy(), np.concatenate(labels)


def methods_of(settings: Few) -> list[str]:
    sources = [*settings.forgers, UNTRAINED, GENERATED]
    return [NONE, CLASSICAL] + [name + also for also in ("", WITH_CLASSICAL) for name in sources]


def strengths_of(settings: Few, method: str) -> tuple[float, ...]:
    return settings.strengths if method.endswith(CLASSICAL) else (1.0,)


# ------------------------------------------------------------------------------------------------------ recognising


def recogniser(name: str, number: float) -> object:
    """A classifier of standardised values."""
    made = {
        "SVM": lambda: SVC(C=number),
        "ridge": lambda: RidgeClassifier(alpha=number),
        "nearest neighbour": lambda: KNeighborsClassifier(int(number)),
    }
    return make_pipeline(StandardScaler(), made[name]())


def right_of(
    settings: Few, name: str, learnt: tuple[Float[ndarray, "n D"], Int[ndarray, " n"]], asked: SignalDataset
) -> int:
    """How many of the recordings asked about are recognised after learning from signals and labels."""
    said = recogniser(name, dict(settings.recognisers)[name]).fit(*learnt).predict(asked.values.flatten(1).numpy())
    return int((said == asked.labels.numpy()).sum())


@dataclass(frozen=True)
class Choice:
    """What the inner cross-validation chose for a method, and how often it was right there."""

    recogniser: str
    strength: float
    added: int
    inner_accuracy: float


def chosen(settings: Few, few: SignalDataset, seed: int) -> dict[str, Choice]:
    """For every method but the trained generator's: what is best on the few, in parts that were not learnt from.

    The number added is the one whose best accuracies are highest on average over the methods; of equals the first
    stands.
    """
    methods = [method for method in methods_of(settings) if method.removesuffix(WITH_CLASSICAL) != GENERATED]
    ways = [
        (method, added, name, strength)
        for method in methods
        for added in settings.added
        for name, _ in settings.recognisers
        for strength in strengths_of(settings, method)
    ]
    right = dict.fromkeys(ways, 0)
    folds = StratifiedKFold(settings.folds, shuffle=True, random_state=seed)
    for kept, asked in folds.split(few.values, few.labels):
        learnt, rest = few[kept], few[asked]
        made = signals_of(settings, learnt, seed)
        for method, added, name, strength in ways:
            shown = with_added(settings, learnt, made, method, added, strength)
            right[method, added, name, strength] += right_of(settings, name, shown, rest)

    def best(method: str, added: int) -> tuple:
        return max((way for way in ways if way[:2] == (method, added)), key=right.get)  # the first of equals

    totals = [sum(right[best(method, added)] for method in methods if method != NONE) for added in settings.added]
    added = settings.added[int(np.argmax(totals))]
    found = {method: best(method, added) for method in methods}
    return {
        method: Choice(name, strength, added, right[method, added, name, strength] / len(few))
        for method, (_, _, name, strength) in found.items()
    }


# ------------------------------------------------------------------------------------------------------------- runs


def run(settings: Few, count: int, seed: int) -> list[dict]:
    """A row a method: how often the held-out recordings are recognised, and what was chosen for it."""
    few, exam = few_and_exam(settings, count, seed)
    choices = chosen(settings, few, seed)
    start = time.process_time()
    trained = generator_of(settings, few, seed, settings.steps)
    seconds = round(time.process_time() - start, 1)
    made, rows = signals_of(settings, few, seed, trained), []
    for method in methods_of(settings):
        choice = choices[method.replace(GENERATED, UNTRAINED) if method not in choices else method]
        shown = with_added(settings, few, made, method, choice.added, choice.strength)
        of_it = {
            "method": method,
            "accuracy": right_of(settings, choice.recogniser, shown, exam) / len(exam),
            "recogniser": choice.recogniser,
            "strength": choice.strength,
            "added": 0 if method == NONE else choice.added,
            "inner_accuracy": choice.inner_accuracy,
            "examined": len(exam),
            "training_seconds": seconds,
        }
        rows.append(of_it)
    return rows


# ------------------------------------------------------------------------------------------------- reading the table

HARM = -0.01  # the interval of the goal is never below this


@dataclass(frozen=True)
class Verdict:
    """Whether the goal is reached, and by which sets; below are sets and counts.

    Attributes:
        above: the sets over all counts whose interval is above 0.
        harmed: sets and counts, "all" among them, whose interval reaches below -1 point.
    """

    reached: bool
    above: tuple[str, ...]
    harmed: tuple[tuple[str, object], ...]


def verdict(found: pd.DataFrame) -> Verdict:
    """The goal: above 0 on at least one set over all counts, and on no set, over all counts, below -1 point.

    Single counts are told in `harmed` too, but decide nothing: of nine intervals at 95 % some are out by luck.
    """
    whole = found[found["count"] == ALL]
    above = tuple(whole.loc[whole["low"] > 0, "set"])
    harmed = tuple(found.loc[found["low"] < HARM, ["set", "count"]].itertuples(index=False, name=None))
    return Verdict(bool(above) and not (whole["low"] < HARM).any(), above, harmed)


# -------------------------------------------------------------------------------------------------------- the parts


def part(name: str, settings: Few) -> Part:
    """Subset by subset, so that a table half made has every count."""
    runs = tuple({"count": count, "seed": seed} for seed in settings.seeds for count in settings.counts)
    file, manifest = "augmentation/accuracy.csv", "augmentation/manifest.json"
    return Part(f"augmentation/{name}", file, manifest, settings, run, runs, {"set": name})


SETS = {
    "signs": Few(Simulated(80, per_class=60), n_classes=20),
    "auslan_sessions": Few(AuslanSessions(("right_x",)), n_classes=20),
    "CricketX": Few(Ucr(("CricketX_TRAIN.tsv", "CricketX_TEST.tsv")), n_classes=12),
}
PARTS = [part(name, settings) for name, settings in SETS.items()]

if __name__ == "__main__":
    tables.command(PARTS, make, __doc__)
