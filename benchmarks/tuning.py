"""Recipes for signals before the judge, where they may be tuned: on an inner split of the training recordings.

COURSE_DATA=FOLDER python -m benchmarks.tuning [SET ...]

Makes recipes/tuning.csv: how often each recipe is caught on each set after the same processor time, judge by judge,
and the Gaussian of each class beside it. The held-out recordings of the other benches are never touched: what is
learnt is four fifths of the training recordings, and what is judged on the rest. One seed: it says where to look.
"""

from dataclasses import dataclass

from benchmarks import tables
from benchmarks.judging import EXAMS, by_judge
from benchmarks.recipes import Budget, fitting_steps, learn
from benchmarks.recordings import Auslan, Simulated, Split, Ucr
from benchmarks.tables import Part, make  # noqa: F401 - a bench has PARTS and make
from course_lib import metrics
from course_lib.baselines import Gaussian
from course_lib.data import Invariants, Scaler, SignalDataset
from course_lib.training import Recipe, TrainingConfig, sample

# --------------------------------------------------------------------------------------------------------- settings

GAUSSIAN = "Gaussian"
MULTI_SCALE = Recipe(
    TrainingConfig(
        "relativistic",
        critic_steps=1,
        penalty_weight=2.5,
        sobolev_weight=0.0,
        learning_rate=5e-4,
        betas=(0.0, 0.9),
    ),
    nets="multiscale",
)
METHODS = {"multi-scale, relativistic": MULTI_SCALE, "up-sampling, WGAN-GP": Recipe()}


@dataclass(frozen=True)
class Tuning:
    """A set, its inner split, and the recipes, all told the labels; None stands for the Gaussian of each class."""

    data: Simulated | Auslan | Ucr
    methods: tuple[tuple[str, Recipe | None], ...] = ((GAUSSIAN, None), *METHODS.items())
    outer: Split = Split()
    inner: Split = Split(seed=100)
    budget: Budget = Budget(300.0)
    seed: int = 0
    sample_seed: int = 1
    judge_seed: int = 0


# ------------------------------------------------------------------------------------------------------------- runs


def tuning_run(settings: Tuning, method: str) -> list[dict]:
    """Train for about the budget, impose what all recordings share, and ask the judges."""
    learnt, _ = settings.outer.of(settings.data.load())
    learnt, asked = settings.inner.of(learnt)
    recipe = dict(settings.methods)[method]
    if recipe is None:
        made, steps = Gaussian().fit(learnt).sample(asked.labels, seed=settings.sample_seed), 0
    else:
        made, steps = trained(settings, recipe, learnt, asked)
    made = Invariants.found_in(learnt).impose(made)
    score = metrics.discriminative_score(asked.values, made, seed=settings.judge_seed)
    row = {"seed": settings.seed, "steps": steps, "size": score.size, "caught": score.caught, "null": score.null}
    row |= {
        "frechet": metrics.signal_frechet(asked.values, made),
        "roughness_ratio": metrics.roughness_ratio(asked.values, made),
        "variance_ratio": metrics.variance_ratio(asked.values, made),
        "nearest_neighbour_ratio": metrics.nearest_neighbour_ratio(learnt.values, asked.values, made),
    }
    return [row | by_judge(score.views)]


def trained(settings: Tuning, recipe: Recipe, learnt: SignalDataset, asked: SignalDataset):
    """Signals for the labels of `asked`, in the recordings' units, and how many steps were taken."""
    scaler = Scaler.fit(learnt)
    scaled = scaler.transform(learnt)
    steps = fitting_steps(recipe, scaled, settings.budget, settings.seed)
    generator = learn(recipe, scaled, settings.seed, steps)
    return scaler.inverse(sample(generator, len(asked), labels=asked.labels, seed=settings.sample_seed)), steps


# -------------------------------------------------------------------------------------------------------- the parts


def part(name: str, settings: Tuning) -> Part:
    runs = tuple({"method": method} for method, _ in settings.methods)
    return Part(
        f"tuning/{name}", "recipes/tuning.csv", "recipes/tuning.json", settings, tuning_run, runs, {"set": name}
    )


SETS = ("signs8", "auslan_right_x", "CricketX")
PARTS = [part(name, Tuning(EXAMS[name].data)) for name in SETS]

if __name__ == "__main__":
    tables.command(PARTS, make, __doc__)
