"""Recipes at equal time before the judge, on held-out recordings.

COURSE_DATA=FOLDER python -m benchmarks.equal_time [PART ...]

Makes, under recipes/: ladder.csv (from the source's nets to the course's recipe, a change a row, beside forgers and
other real recordings), ingredients.csv (the course's recipe with one ingredient taken away), reporting.csv (the
course's recipe and WGAN-GP beside forgers, on nine sets, and more asked of what they make) and beside.csv (the source's
recipe and a model of another kind). Parts that are not in MADE stand in LATER, and are made where they are named.

Every recipe is told the labels. How many
steps fit into the seconds is measured beforehand, so that the learning rate ends at 0 there.

The seeds were fixed beforehand and served no tuning: that was done with seed 0 on an inner split of the training
recordings (`learnt.split(0.8, seed=100)`), and stands in results/scale_trials.csv.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import torch
from jaxtyping import Int
from torch import Tensor, nn

from benchmarks import diffusion, recipes, signal_facts, tables
from benchmarks.diffusion import Diffusion
from benchmarks.judging import EXAMS, by_judge
from benchmarks.recipes import Budget, frechet_reference
from benchmarks.recordings import Auslan, Simulated, Split, Ucr
from benchmarks.tables import Part, make  # noqa: F401 - a bench has PARTS and make
from course_lib import metrics
from course_lib.baselines import forge
from course_lib.data import Invariants, Scaler, SignalDataset
from course_lib.metrics.ranges import three_sets
from course_lib.models import MultiScaleCritic, MultiScaleGenerator, step_scales
from course_lib.training import BEST_RECIPE, SOURCE_RECIPE, Recipe, sample

# --------------------------------------------------------------------------------------------------------- settings

GAUSSIAN, INTERPOLATION, SURROGATES, REAL = "Gaussian", "interpolation", "Fourier surrogates", "real"
UNTRAINED = "the course's recipe, untrained"
BEST, WGAN_GP = "the course's recipe", "WGAN-GP, up-sampling nets"
SEEDS = (11, 12, 13)
OPEN, EVEN = -10.0, 0.0  # a pace that is hardly averaged, a loudness that stays at the floor


@dataclass(frozen=True)
class Mixed(Recipe):
    """A recipe with its nets changed: the critic of another ("multiscale", "upsampling"), or without ingredients.

    `without`: "start" (the course is made from nothing), "pace" (always open), "loudness" (one for all times and
    signals, beside the filter's own), "scales" (the critic is shown differences at the middle scale alone), "spectrum"
    (it is not shown that).
    """

    critic: str = ""
    without: tuple[str, ...] = ()

    def build(self, dataset: SignalDataset, *, conditional: bool = False, seed: int = 0) -> tuple[nn.Module, nn.Module]:
        generator, critic = super().build(dataset, conditional=conditional, seed=seed)
        if self.critic:
            other = Recipe(self.config, self.critic, self.dim, self.latent_dim)
            _, critic = other.build(dataset, conditional=conditional, seed=seed)
        shown = {"spectrum": None} if "spectrum" in self.without else {}
        if "scales" in self.without:
            shown["scales"] = [[by_lag[1:2] for by_lag in by_channel] for by_channel in step_scales(dataset.values)]
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            if shown:
                critic = MultiScaleCritic(**critic.arguments | shown)
            if "start" in self.without:
                generator = MultiScaleGenerator(**generator.arguments | {"rank": 0})
        for what in {"pace", "loudness"} & set(self.without):
            generator.last.register_forward_hook(Held(dataset.channels, what))
        return generator, critic


@dataclass(frozen=True)
class Held:
    """Holds the pace, or the loudness, that a multi-scale generator's last convolution makes."""

    channels: int
    what: str

    def __call__(self, layer: nn.Module, given: tuple[Tensor, ...], made: Tensor) -> Tensor:
        course, pace, loudness = made.split(self.channels, dim=1)
        if self.what == "pace":
            pace = torch.full_like(pace, OPEN)
        else:
            loudness = torch.full_like(loudness, EVEN)
        return torch.cat([course, pace, loudness], dim=1)


PLAIN = dict(linear_decay=False, ema_decay=0.0, sobolev_weight=0.0)
UNPAIRED = BEST_RECIPE.with_config(objective="wgan_gp")  # and nothing else changed
NO_SPECTRUM = Mixed(BEST_RECIPE.config, "multiscale", without=("spectrum",))
NO_START = replace(NO_SPECTRUM, without=("start",))
FROM_NOTHING = replace(NO_SPECTRUM, without=("spectrum", "start"))
IN_THE_VIEW = Mixed(Recipe().with_config(sobolev_weight=0.0).config, critic="multiscale", without=("spectrum",))
LADDER = {
    "source's nets, with labels": SOURCE_RECIPE,
    "up-sampling nets, their rate and critic steps": Recipe().with_config(**PLAIN),
    "falling rate, averaged weights": Recipe().with_config(sobolev_weight=0.0),
    "detail counts (Sobolev)": Recipe(),
    "critic shown compressed differences": IN_THE_VIEW,
    "generator of several scales": replace(IN_THE_VIEW, nets="multiscale", without=("spectrum", "start")),
    "one critic step, half the rate, no momentum, longer average": FROM_NOTHING.with_config(objective="wgan_gp"),
    "paired, R1 + R2": FROM_NOTHING,
    "critic shown the spectrum": NO_START,
    "begins with the Gaussian: the course's recipe": BEST_RECIPE,
}
INGREDIENTS = {
    "nothing": BEST_RECIPE,
    "the spectrum": NO_SPECTRUM,
    "the Gaussian that it begins with": NO_START,
    "pairing and R1 + R2 (WGAN-GP instead)": UNPAIRED,
    "compressed differences and the spectrum": Mixed(BEST_RECIPE.config, "multiscale", critic="upsampling"),
    "all scales but the middle one": replace(NO_SPECTRUM, without=("scales",)),
    "a pace": replace(NO_SPECTRUM, without=("pace",)),
    "a loudness": replace(NO_SPECTRUM, without=("loudness",)),
    "a heavy penalty (0.05)": BEST_RECIPE.with_config(penalty_weight=0.05),
    "averaged weights": BEST_RECIPE.with_config(ema_decay=0.0),
    "a falling rate": BEST_RECIPE.with_config(linear_decay=False),
}
METHODS = {BEST: BEST_RECIPE, WGAN_GP: Recipe()}
OTHERS = {"source's nets, with labels": SOURCE_RECIPE, "diffusion": Diffusion()}


@dataclass(frozen=True)
class EqualTime:
    """A set, and what learns it, each for the same processor time.

    None stands for what is not trained: the course's recipe as it begins, a forger by its name in `forge`, or other
    real recordings, "real".
    """

    data: Simulated | Auslan | Ucr
    methods: Mapping[str, Recipe | Diffusion | None]
    budget: Budget
    split: Split = Split()
    seeds: tuple[int, ...] = SEEDS
    sample_seed: int = 1
    judge_seed: int = 0
    reference_seed: int = 0


@dataclass(frozen=True)
class Reporting(EqualTime):
    """More is asked of what was made. Of many held-out recordings some are kept, as many of each class.

    `learnt_from`: how many signals, at most about, a recogniser learns from.
    """

    thin_above: int = 1000
    thinned_to: int = 500
    thinned_seed: int = 0
    learnt_from: int = 2000


# ------------------------------------------------------------------------------------------------------------- runs

Draw = Callable[[Int[Tensor, " n"]], Tensor]  # labels -> a signal for each


def run(settings: EqualTime, method: str, seed: int) -> list[dict]:
    """Train for about the budget, impose what all recordings share, and ask the judges. A forger draws with `seed`."""
    learnt, held_out = settings.split.of(settings.data.load())
    if method == REAL:
        return [{"steps": 0, "cpu_seconds": 0.0} | judged(settings, *real_sets(learnt, held_out, seed))]
    draw, spent = drawing(settings, learnt, method, seed)
    return [spent | judged(settings, learnt, held_out, draw(held_out.labels))]


def run_reported(settings: Reporting, method: str, seed: int) -> list[dict]:
    """As `run`; then what was made is learnt from, and its tails are looked at."""
    learnt, held_out = settings.split.of(settings.data.load())
    if len(held_out) > settings.thin_above:
        held_out = held_out.take(settings.thinned_to // held_out.n_classes, seed=settings.thinned_seed)
    if method == REAL:
        learnt, held_out, made, labels = real_sets(learnt, held_out, seed)
        many, more = every_few(learnt, settings.learnt_from), None
        row = {"steps": 0, "cpu_seconds": 0.0} | judged(settings, learnt, held_out, made, labels)
    else:
        draw, row = drawing(settings, learnt, method, seed)
        many, labels = every_few(learnt, settings.learnt_from), held_out.labels
        made, more = draw(labels), draw(many.labels)
        row |= judged(settings, learnt, held_out, made)
    row |= signal_facts.transfer(more, many, held_out, seed=settings.judge_seed)
    row |= signal_facts.worst_class(many, made, labels)
    return [row | signal_facts.tails(held_out.values, made)]


def every_few(dataset: SignalDataset, most: int) -> SignalDataset:
    """Of each class every second signal, every third, ..., so that about `most` of all are left."""
    every = -(-len(dataset) // most)
    return dataset[np.concatenate([np.flatnonzero(dataset.labels == k)[::every] for k in range(dataset.n_classes)])]


def drawing(settings: EqualTime, learnt: SignalDataset, method: str, seed: int) -> tuple[Draw, dict[str, float]]:
    """What draws a signal for each label, as `method` has learnt it; the steps and seconds that it was trained."""
    recipe, spent = settings.methods[method], {"steps": 0, "cpu_seconds": 0.0}
    if recipe is None and method != UNTRAINED:
        return lambda labels: forge(learnt, labels, seed=seed)[method], spent
    scaler = Scaler.fit(learnt)
    scaled = scaler.transform(learnt)
    if recipe is None:
        generator, _ = BEST_RECIPE.build(scaled, conditional=True, seed=seed)
    else:
        generator, spent = trained(recipe, scaled, settings.budget, seed)

    def draw(labels: Int[Tensor, " n"]) -> Tensor:
        if isinstance(recipe, Diffusion):
            drawn = diffusion.draw(generator, recipe, labels, settings.sample_seed)
        else:
            drawn = sample(generator, len(labels), labels=labels, seed=settings.sample_seed)
        return Invariants.found_in(learnt).impose(scaler.inverse(drawn))

    return draw, spent


def real_sets(
    learnt: SignalDataset, held_out: SignalDataset, seed: int
) -> tuple[SignalDataset, SignalDataset, Tensor, Tensor]:
    """All recordings drawn anew: those learnt, those held out, and as many others of the same classes, as if made.

    Of the last the values and the labels.
    """
    every = learnt.join(held_out)
    group = None if every.groups is None else every.groups.numpy()
    labels = every.labels.numpy(), held_out.labels.numpy()
    fake, test, rest = three_sets(*labels, np.random.default_rng(seed), group)
    return every[rest], every[test], every[fake].values, every[fake].labels


def trained(
    recipe: Recipe | Diffusion, scaled: SignalDataset, budget: Budget, seed: int
) -> tuple[nn.Module, dict[str, float]]:
    """A generator, or what denoises; the steps taken, and the seconds that they took."""
    of_its_kind = diffusion if isinstance(recipe, Diffusion) else recipes
    steps = of_its_kind.fitting_steps(recipe, scaled, budget, seed)
    start = time.process_time()
    generator = of_its_kind.learn(recipe, scaled, seed, steps)
    return generator, {"steps": steps, "cpu_seconds": round(time.process_time() - start, 1)}


def judged(
    settings: EqualTime, learnt: SignalDataset, held_out: SignalDataset, made: Tensor, labels: Tensor | None = None
) -> dict[str, float]:
    """What the judges say of what was made, with `labels`: those of the recordings held out, unless given."""
    real = held_out.values
    score = metrics.discriminative_score(real, made, seed=settings.judge_seed, groups=held_out.groups)
    reference = frechet_reference(learnt, held_out, settings.reference_seed)
    labels = learnt.labels, held_out.labels, held_out.labels if labels is None else labels
    return {
        "size": score.size,
        "caught": score.caught,
        "null": score.null,
        "frechet_ratio": metrics.signal_frechet(real, made) / reference,
        "roughness_ratio": metrics.roughness_ratio(real, made),
        "edge_roughness_ratio": metrics.edge_roughness_ratio(real, made),
        "variance_ratio": metrics.variance_ratio(real, made),
        "nearest_neighbour_ratio": metrics.nearest_neighbour_ratio(learnt.values, real, made),
        "copied_share": metrics.copied_share(learnt.values, real, made, labels=labels),
    } | by_judge(score.views)


# -------------------------------------------------------------------------------------------------------- the parts


def part(table: str, name: str, settings: EqualTime) -> Part:
    runs = tuple({"method": method, "seed": seed} for seed in settings.seeds for method in settings.methods)
    file = f"recipes/{table}"
    work = run_reported if isinstance(settings, Reporting) else run
    return Part(f"equal_time/{table} {name}", f"{file}.csv", f"{file}.json", settings, work, runs, {"set": name})


SETS = [name for name, exam in EXAMS.items() if isinstance(exam.split, Split)]
# Chosen by name, before anything was trained on them or looked at; the files are the UCR archive's.
UNSEEN_SETS = {name: Ucr((f"{name}_TRAIN.tsv", f"{name}_TEST.tsv")) for name in ("OSULeaf", "GunPoint")}
BESIDE = dict.fromkeys((UNTRAINED, GAUSSIAN, INTERPOLATION, REAL))
WITHOUT_TRAINING = dict.fromkeys((UNTRAINED, GAUSSIAN, SURROGATES, INTERPOLATION, REAL))
PARTS = [
    part("ladder", "auslan_right_x", EqualTime(EXAMS["auslan_right_x"].data, LADDER | BESIDE, Budget(60.0))),
    *(
        part("ingredients", name, EqualTime(EXAMS[name].data, INGREDIENTS, Budget(60.0)))
        for name in ("auslan_right_x", "signs8", "CricketX")
    ),
    *(
        part("reporting", name, Reporting(data, METHODS | WITHOUT_TRAINING, Budget(300.0)))
        for name, data in ({name: EXAMS[name].data for name in SETS} | UNSEEN_SETS).items()
    ),
    *(
        part("beside", name, EqualTime(EXAMS[name].data, OTHERS, Budget(300.0)))
        for name in ("auslan_right_x", "CricketX")
    ),
]

if __name__ == "__main__":
    tables.command(PARTS, make, __doc__)
