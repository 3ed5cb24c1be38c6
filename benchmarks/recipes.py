"""What each part of the recipe for signals is worth, how soon it is as good as another, and how much seeds differ.

python -m benchmarks.recipes [equal_time time_to_quality quick_seeds]

Makes recipes/recipes.csv (the same processor time for each recipe, on the real Auslan recordings),
recipes/time_to_quality.csv (the source's recipe and ours along their way) and recipes/quick_seeds.csv (notebook 08's
quick run, seed by seed, on eight simulated signs). The first two need COURSE_DATA. The manifest's `frechet_reference`
is the Frechet distance between real signals that `frechet_ratio` is a multiple of.

Judged on held-out recordings, as many generated as held out. How many generator steps fit into the seconds is measured
beforehand: the learning rate ends at 0 there.
"""

import time
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np
from torch import nn

from benchmarks import tables
from benchmarks.recordings import Auslan, Simulated, Split
from benchmarks.tables import Part
from course_lib import metrics
from course_lib.data import Scaler, SignalDataset
from course_lib.metrics.ranges import three_sets
from course_lib.training import QUICK_RECIPE, SOURCE_RECIPE, Recipe, State, sample, train
from course_lib.training.history import Callback

# --------------------------------------------------------------------------------------------------------- settings


@dataclass(frozen=True)
class Exam:
    """What is learnt, and how the generator of the last step is judged: the seed of its noise, and of the reference."""

    data: Auslan | Simulated
    split: Split = Split()
    sample_seed: int = 1
    reference_seed: int = 0


@dataclass(frozen=True)
class Variant:
    """A recipe with one thing changed; conditional nets are told the labels."""

    recipe: str
    change: str
    settings: Recipe
    conditional: bool = True


@dataclass(frozen=True)
class Budget:
    """Processor time for training alone, and what is trained beforehand to see how long a step takes.

    The first steps of a process also load and choose kernels, so they are not timed.
    """

    seconds: float
    untimed_steps: int = 5
    timed_steps: int = 10


@dataclass(frozen=True)
class EqualTime:
    """Every variant for the same time. `name` is what the table calls the data."""

    variants: tuple[Variant, ...]
    budget: Budget = Budget(75.0)
    exam: Exam = Exam(Auslan(("right_x",)))
    name: str = "auslan_right_x"
    seeds: tuple[int, ...] = (0,)


@dataclass(frozen=True)
class Way:
    """One recipe, judged at about `marks` moments of its way."""

    variant: Variant
    budget: Budget
    marks: int = 12
    seed: int = 0


@dataclass(frozen=True)
class TimeToQuality:
    ways: tuple[Way, ...]
    exam: Exam = Exam(Auslan(("right_x",)))


@dataclass(frozen=True)
class QuickSeeds:
    """The seed is that of the nets' first weights, the batches and the noise."""

    recipe: Recipe = QUICK_RECIPE
    conditional: bool = True
    exam: Exam = Exam(Simulated(8))
    seeds: tuple[int, ...] = tuple(range(10))


OURS = Recipe()
RELATIVISTIC = dict(objective="relativistic", critic_steps=1, penalty_weight=1.0)

EQUAL_TIME = EqualTime(
    (
        Variant("ours", "", OURS),
        Variant("ours", "detail 0: the plain penalty", OURS.with_config(sobolev_weight=0.0)),
        Variant("ours", "1 critic step", OURS.with_config(critic_steps=1)),
        Variant("ours", "5 critic steps", OURS.with_config(critic_steps=5)),
        Variant("ours", "learning rate constant", OURS.with_config(linear_decay=False)),
        Variant("ours", "weights not averaged", OURS.with_config(ema_decay=0.0)),
        Variant("ours", "transposed nets", replace(OURS, nets="mirror"), conditional=False),
        Variant("ours", "relativistic, R1 + R2, 1 critic step", OURS.with_config(**RELATIVISTIC)),
        Variant("source", "", SOURCE_RECIPE, conditional=False),
    )
)
TIME_TO_QUALITY = TimeToQuality(
    (
        Way(Variant("ours", "", OURS), Budget(112.5)),
        Way(Variant("source", "", SOURCE_RECIPE, conditional=False), Budget(225.0)),
    )
)
QUICK_SEEDS = QuickSeeds()


# ------------------------------------------------------------------------------------------------------------- runs


class Judge:
    """The metrics of a generator against the held-out recordings, all of them scaled as it learnt them."""

    def __init__(self, exam: Exam) -> None:
        learnt, held_out = exam.split.of(exam.data.load())
        scaler = Scaler.fit(learnt)
        self.learnt, self.held_out, self.seed = scaler.transform(learnt), scaler.transform(held_out), exam.sample_seed
        self.reference = frechet_reference(self.learnt, self.held_out, exam.reference_seed)

    def __call__(self, generator: nn.Module) -> dict[str, float]:
        real, labels = self.held_out.values, self.held_out.labels if generator.n_classes else None
        fake = sample(generator, len(real), labels=labels, seed=self.seed)
        return {
            "frechet_ratio": metrics.signal_frechet(real, fake) / self.reference,
            "roughness_ratio": metrics.roughness_ratio(real, fake),
            "variance_ratio": metrics.variance_ratio(real, fake),
            "edge_roughness_ratio": metrics.edge_roughness_ratio(real, fake),
            "nearest_neighbour_ratio": metrics.nearest_neighbour_ratio(self.learnt.values, real, fake),
        }


judge_of = cache(Judge)


def frechet_reference(learnt: SignalDataset, held_out: SignalDataset, seed: int, *, draws: int = 20) -> float:
    """The Frechet distance between two disjoint sets of real signals with the classes held out, mean over `draws`."""
    real, random = learnt.join(held_out), np.random.default_rng(seed)
    pairs = [three_sets(real.labels.numpy(), held_out.labels.numpy(), random)[:2] for _ in range(draws)]
    return float(np.mean([metrics.signal_frechet(*(real.values[part] for part in pair)) for pair in pairs]))


def equal_time(settings: EqualTime, recipe: str, change: str, data: str, seed: int) -> list[dict]:
    """One variant for the time that all have."""
    (variant,) = (each for each in settings.variants if (each.recipe, each.change) == (recipe, change))
    return [run(variant, judge_of(settings.exam), settings.budget, seed)[0]]


def on_the_way(settings: TimeToQuality, recipe: str) -> list[dict]:
    """One recipe's quality at moments of its way."""
    (way,) = (each for each in settings.ways if each.variant.recipe == recipe)
    return run(way.variant, judge_of(settings.exam), way.budget, way.seed, marks=way.marks)[1]


def run(variant: Variant, judge: Judge, budget: Budget, seed: int, *, marks: int = 0) -> tuple[dict, list[dict]]:
    """Train for about the budget; the row of the end, and those of the moments on the way."""
    settings, told = variant.settings, variant.conditional
    steps = fitting_steps(settings, judge.learnt, budget, seed, conditional=told)
    way, spent = [], [0.0, time.process_time()]

    def watch(state: State) -> None:
        if marks and state.step % max(1, steps // marks) == 0:
            spent[0] += time.process_time() - spent[1]
            way.append({"cpu_seconds": round(spent[0], 1), "step": state.step} | judge(state.averaged))
            spent[1] = time.process_time()  # judging is not training

    generator = learn(settings, judge.learnt, seed, steps, watch, conditional=told)
    spent[0] += time.process_time() - spent[1]
    return {"steps": steps, "cpu_seconds": round(spent[0], 1)} | judge(generator), way


def fitting_steps(
    recipe: Recipe, dataset: SignalDataset, budget: Budget, seed: int, *, conditional: bool = True
) -> int:
    """How many generator steps fit into the budget, by the time that a few take."""
    learn(recipe, dataset, seed, budget.untimed_steps, conditional=conditional)
    start = time.process_time()
    learn(recipe, dataset, seed, budget.timed_steps, conditional=conditional)
    fitting = int(budget.timed_steps * budget.seconds / (time.process_time() - start))
    return max(budget.timed_steps, fitting)


def learn(
    recipe: Recipe, dataset: SignalDataset, seed: int, steps: int, *callbacks: Callback, conditional: bool = True
) -> nn.Module:
    recipe = recipe.with_config(steps=steps, seed=seed)
    generator, critic = recipe.build(dataset, conditional=conditional, seed=seed)
    train(generator, critic, dataset, recipe.config, device="cpu", callbacks=callbacks)
    return generator


def quick_run(settings: QuickSeeds, seed: int) -> list[dict]:
    """One quick run: ratios and Frechet distance in the recordings' own units."""
    exam, recipe = settings.exam, settings.recipe.with_config(seed=seed)
    learnt, held_out = exam.split.of(exam.data.load())
    scaler = Scaler.fit(learnt)
    scaled = scaler.transform(learnt)
    generator, critic = recipe.build(scaled, conditional=settings.conditional, seed=seed)
    start = time.process_time()
    train(generator, critic, scaled, recipe.config, device="cpu")
    seconds = time.process_time() - start
    labels = held_out.labels if settings.conditional else None
    fake = scaler.inverse(sample(generator, len(held_out), labels=labels, seed=exam.sample_seed))
    row = {"steps": recipe.config.steps, "cpu_seconds": round(seconds, 1)}
    row |= {name: of(held_out.values, fake) for name, of in metrics.METRICS.items() if name.endswith("ratio")}
    row["nearest_neighbour_ratio"] = metrics.nearest_neighbour_ratio(learnt.values, held_out.values, fake)
    row["frechet"] = metrics.signal_frechet(held_out.values, fake)
    return [row | {"frechet_reference": frechet_reference(learnt, held_out, exam.reference_seed)}]


# -------------------------------------------------------------------------------------------------------- the parts


def equal_time_part(settings: EqualTime) -> Part:
    runs = tuple(
        {"recipe": each.recipe, "change": each.change, "data": settings.name, "seed": seed}
        for seed in settings.seeds
        for each in settings.variants
    )
    return Part("recipes/equal_time", "recipes/recipes.csv", "recipes/manifest.json", settings, equal_time, runs)


def time_to_quality_part(settings: TimeToQuality) -> Part:
    runs = tuple({"recipe": way.variant.recipe} for way in settings.ways)
    file = "recipes/time_to_quality.csv"
    return Part("recipes/time_to_quality", file, "recipes/manifest.json", settings, on_the_way, runs)


def quick_seeds_part(settings: QuickSeeds) -> Part:
    runs = tuple({"seed": seed} for seed in settings.seeds)
    return Part("recipes/quick_seeds", "recipes/quick_seeds.csv", "recipes/manifest.json", settings, quick_run, runs)


PARTS = [equal_time_part(EQUAL_TIME), time_to_quality_part(TIME_TO_QUALITY), quick_seeds_part(QUICK_SEEDS)]


def make(part: Part, folder: Path = tables.DATA, *, anew: bool = False) -> None:
    tables.make(part, folder, anew=anew)
    if part.work is equal_time:
        reference = judge_of(part.settings.exam).reference
        tables.tell(part, folder, frechet_reference=round(reference, 5))


if __name__ == "__main__":
    tables.command(PARTS, make, __doc__)
