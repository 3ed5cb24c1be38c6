"""How soon the recipe for signals is as good as another, and how much seeds differ.

python -m benchmarks.recipes [time_to_quality quick_seeds source_in_full "precision SET"]

Makes recipes/time_to_quality.csv (the source's recipe and ours along their way, on the real Auslan recordings; needs
COURSE_DATA), recipes/source_in_full.csv (the source's along all of its 10,000 steps: an hour and a half of one core),
recipes/precision.csv (ours with products in float32 and in bfloat16, the same steps) and recipes/quick_seeds.csv
(notebook 08's quick run, seed by seed, on eight simulated signs). What recipes are worth at equal time:
benchmarks/equal_time.py.

Judged on held-out recordings, as many generated as held out. How many generator steps fit into the seconds is measured
beforehand: the learning rate ends at 0 there.
"""

import time
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from torch import Tensor, nn

from benchmarks import tables
from benchmarks.recordings import Auslan, Simulated, Split
from benchmarks.tables import Part, make  # noqa: F401 - a bench has PARTS and make
from course_lib import metrics
from course_lib.data import Scaler, SignalDataset
from course_lib.metrics.ranges import three_sets
from course_lib.training import BEST_RECIPE, QUICK_RECIPE, SOURCE_RECIPE, Recipe, State, sample, train
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
class Budget:
    """Processor time for training alone, and what is trained beforehand to see how long a step takes.

    The first steps of a process also load and choose kernels, so they are not timed.
    """

    seconds: float
    untimed_steps: int = 5
    timed_steps: int = 10


@dataclass(frozen=True)
class Way:
    """One recipe, told the labels, and judged at about `marks` moments of its way; without a budget all its steps."""

    name: str
    recipe: Recipe
    budget: Budget | None
    marks: int = 12
    seed: int = 0


@dataclass(frozen=True)
class TimeToQuality:
    ways: tuple[Way, ...]
    exam: Exam = Exam(Auslan(("right_x",)))


@dataclass(frozen=True)
class QuickSeeds:
    """The seed is that of the nets' first weights, the batches and the noise; `source` trains for the same time."""

    recipe: Recipe = QUICK_RECIPE
    source: Recipe = SOURCE_RECIPE
    source_budget: Budget = Budget(0.0)
    conditional: bool = True
    exam: Exam = Exam(Simulated(8))
    seeds: tuple[int, ...] = tuple(range(10))


@dataclass(frozen=True)
class Precision:
    """The same steps in float32 and in bfloat16. The seeds were fixed beforehand, and served no tuning."""

    exam: Exam
    recipe: Recipe = BEST_RECIPE
    steps: int = 400
    seeds: tuple[int, ...] = (11, 12, 13)


PRECISIONS = {"float32": False, "bfloat16": True}
TIME_TO_QUALITY = TimeToQuality(
    (
        Way("ours", BEST_RECIPE, Budget(112.5)),
        Way("source", SOURCE_RECIPE, Budget(225.0)),
    )
)
SOURCE_IN_FULL = TimeToQuality((Way("source", SOURCE_RECIPE, None, marks=20),))
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
            "caught": metrics.discriminative_score(real, fake, seed=self.seed, quick=True).caught,
        }


judge_of = cache(Judge)


def frechet_reference(learnt: SignalDataset, held_out: SignalDataset, seed: int, *, draws: int = 20) -> float:
    """The Frechet distance between two disjoint sets of real signals with the classes held out, mean over `draws`."""
    real, random = learnt.join(held_out), np.random.default_rng(seed)
    pairs = [three_sets(real.labels.numpy(), held_out.labels.numpy(), random)[:2] for _ in range(draws)]
    return float(np.mean([metrics.signal_frechet(*(real.values[part] for part in pair)) for pair in pairs]))


def on_the_way(settings: TimeToQuality, recipe: str) -> list[dict]:
    """One recipe's quality at moments of its way, and what seconds of training they came after."""
    (way,) = (each for each in settings.ways if each.name == recipe)
    judge = judge_of(settings.exam)
    fixed = way.recipe.config.steps
    steps = fitting_steps(way.recipe, judge.learnt, way.budget, way.seed) if way.budget else fixed
    rows, spent = [], [0.0, time.process_time()]

    def watch(state: State) -> None:
        if state.step % max(1, steps // way.marks) == 0:
            spent[0] += time.process_time() - spent[1]
            rows.append({"cpu_seconds": round(spent[0], 1), "step": state.step} | judge(state.averaged))
            spent[1] = time.process_time()  # judging is not training

    learn(way.recipe, judge.learnt, way.seed, steps, watch)
    return rows


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
    recipe: Recipe,
    dataset: SignalDataset,
    seed: int,
    steps: int,
    *callbacks: Callback,
    conditional: bool = True,
    bf16: bool = False,
) -> nn.Module:
    recipe = recipe.with_config(steps=steps, seed=seed)
    generator, critic = recipe.build(dataset, conditional=conditional, seed=seed)
    train(generator, critic, dataset, recipe.config, device="cpu", callbacks=callbacks, bf16=bf16)
    return generator


def in_precision(settings: Precision, precision: str, seed: int) -> list[dict]:
    """What the judge says after training with products in that precision; drawn in float32."""
    judge, start = judge_of(settings.exam), time.process_time()
    generator = learn(settings.recipe, judge.learnt, seed, settings.steps, bf16=PRECISIONS[precision])
    return [{"cpu_seconds": round(time.process_time() - start, 1)} | judge(generator)]


def quick_run(settings: QuickSeeds, seed: int) -> list[dict]:
    """One quick run, in the recordings' own units; how often it is caught before a step, and the source's recipe after
    the same time.
    """
    exam, recipe = settings.exam, settings.recipe
    learnt, held_out = exam.split.of(exam.data.load())
    scaler = Scaler.fit(learnt)
    scaled = scaler.transform(learnt)

    def signals(recipe: Recipe, steps: int) -> Tensor:
        if steps:
            generator = learn(recipe, scaled, seed, steps, conditional=settings.conditional)
        else:
            generator, _ = recipe.build(scaled, conditional=settings.conditional, seed=seed)
        labels = held_out.labels if settings.conditional else None
        return scaler.inverse(sample(generator, len(held_out), labels=labels, seed=exam.sample_seed))

    def caught(fake: Tensor) -> float:
        return metrics.discriminative_score(held_out.values, fake, seed=exam.sample_seed).caught

    start = time.process_time()
    fake = signals(recipe, recipe.config.steps)
    seconds = time.process_time() - start
    budget = replace(settings.source_budget, seconds=seconds)
    source = fitting_steps(settings.source, scaled, budget, seed, conditional=settings.conditional)
    row = {"steps": recipe.config.steps, "cpu_seconds": round(seconds, 1)}
    row |= {name: of(held_out.values, fake) for name, of in metrics.METRICS.items() if name.endswith("ratio")}
    row["nearest_neighbour_ratio"] = metrics.nearest_neighbour_ratio(learnt.values, held_out.values, fake)
    row["frechet"] = metrics.signal_frechet(held_out.values, fake)
    row["frechet_reference"] = frechet_reference(learnt, held_out, exam.reference_seed)
    row |= {"caught": caught(fake), "untrained_caught": caught(signals(recipe, 0))}
    row |= {"source_steps": source, "source_caught": caught(signals(settings.source, source))}
    return [row]


# -------------------------------------------------------------------------------------------------------- the parts


def time_to_quality_part(settings: TimeToQuality, name: str = "time_to_quality") -> Part:
    runs = tuple({"recipe": way.name} for way in settings.ways)
    return Part(f"recipes/{name}", f"recipes/{name}.csv", "recipes/manifest.json", settings, on_the_way, runs)


def quick_seeds_part(settings: QuickSeeds) -> Part:
    runs = tuple({"seed": seed} for seed in settings.seeds)
    return Part("recipes/quick_seeds", "recipes/quick_seeds.csv", "recipes/manifest.json", settings, quick_run, runs)


def precision_part(name: str, settings: Precision) -> Part:
    runs = tuple({"precision": each, "seed": seed} for seed in settings.seeds for each in PRECISIONS)
    file, manifest = "recipes/precision.csv", "recipes/manifest.json"
    return Part(f"recipes/precision {name}", file, manifest, settings, in_precision, runs, {"set": name})


PRECISION_SETS = {"signs8": Simulated(8), "auslan_right_x": Auslan(("right_x",))}
PARTS = [
    time_to_quality_part(TIME_TO_QUALITY),
    time_to_quality_part(SOURCE_IN_FULL, "source_in_full"),
    *(precision_part(name, Precision(Exam(data))) for name, data in PRECISION_SETS.items()),
    quick_seeds_part(QUICK_SEEDS),
]

if __name__ == "__main__":
    tables.command(PARTS, make, __doc__)
