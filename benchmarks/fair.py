"""Ring and grid, every method in the same frame: python -m benchmarks.fair [PART ...]

Makes fair/tuning.csv (every trial of every method, failed ones too) and then fair/modes.csv (what the chosen settings
reach on five other seeds, beside controls, priors, longer runs and the distributions' own samples); rows are of the
last step. Two of these commands with different parts can run side by side, the trials before the rest.

The frame, one for all methods:

- the same *processor seconds*, not the same steps: a generator step of WGAN-GP holds three critic steps, one of
  Unrolled GAN five more that are differentiated through, and what a reader waits for is time. `METHODS` says what a
  step costs, as measured; the seconds are turned into steps beforehand, so that a run has the same steps anywhere;
- the same nets, batch, Adam without momentum, rate falling in a straight line to 0, averaged weights; WGAN and WGAN-GP
  take three critic steps (five in their papers, which leaves them fewer generator steps), the others one;
- the same number of trials: two rates, times two values of what is the method's own (the published one, or none, and
  another), on the same two seeds. One setting is chosen for ring and grid together, by `chosen`.

Not the same for all, and not to be forgotten: nets, momentum and averaging were found before this bench on R1, the
relativistic pairing and WGAN-GP (toys/tuning.csv, 103 trials). Tuning runs are shorter than reporting runs.

A *control* changes one thing of a chosen setting (two where its name says so); where that is not the steps, it keeps
them. A *prior* tells the nets what ring and grid look like (see priors.py). A *longer* run has more time and nothing
else.

Budget, stated before the first run: at most 2.5 processor hours; `planned_hours` says 2.1, and the one whole run made
beforehand (R1, longer, grid, seed 900: 25 modes, 97.1 %) took an eighth more than planned.

Srivastava et al. 2017, arXiv:1705.07761 (the measure); Metz et al. 2017, arXiv:1611.02163; Lin et al. 2018,
arXiv:1712.04086; Arjovsky et al. 2017, arXiv:1701.07875; Miyato et al. 2018, arXiv:1802.05957; Gulrajani et al. 2017,
arXiv:1704.00028; Mescheder et al. 2018, arXiv:1801.04406; Jolicoeur-Martineau 2018, arXiv:1807.00734, with R1 and R2 as
in Huang et al. 2024, arXiv:2501.05441.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import pandas as pd
import torch

from benchmarks import tables
from benchmarks.points import DISTRIBUTIONS, Critic, Recipe, judge, run
from benchmarks.priors import FadeIn
from benchmarks.tables import Part
from course_lib.penalties import R1
from course_lib.training import TrainingConfig
from course_lib.training.objectives import NON_SATURATING, RELATIVISTIC, WGAN, WGAN_GP

TUNING, MODES, MANIFEST = "fair/tuning.csv", "fair/modes.csv", "fair/manifest.json"

# --------------------------------------------------------------------------------------------------------- settings


@dataclass(frozen=True)
class Method:
    """A recipe, two values of what is its own, and what a generator step costs in milliseconds of one processor."""

    recipe: Recipe
    own: str
    values: tuple[float, float]
    milliseconds: float


@dataclass(frozen=True)
class Tuning:
    """Setting, in words -> recipe; each on every seed of every distribution, judged by `samples` points."""

    trials: Mapping[str, Recipe]
    samples: int = 2_500
    distributions: tuple[str, ...] = ("ring", "grid")
    seeds: tuple[int, ...] = (100, 101)


@dataclass(frozen=True)
class Reporting:
    """As `Tuning`, of which only the setting is run that the trials of the method `tuned` chose."""

    tuned: str
    trials: Mapping[str, Recipe]
    samples: int = 2_500
    distributions: tuple[str, ...] = ("ring", "grid")
    seeds: tuple[int, ...] = (0, 1, 2, 3, 4)


@dataclass(frozen=True)
class Perfect:
    """The distributions' own samples under the same measure: the floor of every column."""

    samples: int = 2_500
    distributions: tuple[str, ...] = ("ring", "grid")
    seeds: tuple[int, ...] = tuple(range(20))


SECONDS = {"tuning": 9.0, "reporting": 23.0, "longer": 75.0}  # of one processor, a run
RATES = (1e-3, 3e-3)
LOW_RATE = 2e-4  # DCGAN's
FRAME = TrainingConfig(
    objective=NON_SATURATING,
    batch_size=128,
    critic_steps=1,
    sobolev_weight=0.0,
    betas=(0.0, 0.99),
    linear_decay=True,
    ema_decay=0.99,
)


def framed(critic: Critic = Critic(), **changes: object) -> Recipe:  # noqa: B008 - frozen
    return Recipe(replace(FRAME, **changes), critic=critic)


# Milliseconds: medians of six short runs in turns, one thread beside other work; the six differ by up to a half
METHODS = {
    "GAN": Method(framed(), "critic's rate times", (1, 3), 4.2),
    "Unrolled GAN": Method(framed(objective=NON_SATURATING.unrolled(5)), "critic's rate times", (1, 3), 44.0),
    "PacGAN": Method(framed(), "pack", (2, 4), 4.2),
    "WGAN": Method(framed(objective=WGAN, critic_steps=3), "clip", (0.01, 0.1), 9.0),
    "spectral normalisation": Method(framed(Critic("spectral")), "factor", (1, 30), 7.8),
    "WGAN-GP": Method(framed(objective=WGAN_GP, critic_steps=3), "weight", (10, 0.1), 12.7),
    "R1": Method(framed(objective=NON_SATURATING.with_penalty(R1)), "weight", (0.1, 0.01), 5.1),
    "relativistic + R1 + R2": Method(framed(objective=RELATIVISTIC), "weight", (0.1, 0.01), 6.2),
}


def changed(**changes: object) -> Callable[[Recipe], Recipe]:
    """What changes entries of a recipe's config and nothing else."""
    return lambda recipe: replace(recipe, config=replace(recipe.config, **changes))


def trials(method: Method, seconds: float) -> dict[str, Recipe]:
    """Every setting that is tried, in words -> its recipe, of as many steps as fit into the seconds."""
    steps = round(1000 * seconds / method.milliseconds)
    timed = changed(steps=steps)(method.recipe)
    return {
        f"rate {rate:g}, {method.own} {value:g}": with_own(timed, method.own, value, rate)
        for rate in RATES
        for value in method.values
    }


def with_own(recipe: Recipe, own: str, value: float, rate: float) -> Recipe:
    """The recipe at a rate, and at a value of what is its method's own."""
    if own in ("pack", "factor"):
        recipe, changes = replace(recipe, critic=replace(recipe.critic, **{own: value})), {}
    elif own == "critic's rate times":
        changes = {"critic_learning_rate": value * rate}
    else:
        changes = {{"clip": "clip", "weight": "penalty_weight"}[own]: value}
    return changed(learning_rate=rate, **changes)(recipe)


def at_low_rate(recipe: Recipe) -> Recipe:
    """Both rates are lower by the same factor."""
    factor = LOW_RATE / recipe.config.learning_rate
    both = {name: factor * getattr(recipe.config, name) for name in ("learning_rate", "critic_learning_rate")}
    return changed(**both)(recipe)


WAVES = dict(waves=(25.0, 50.0), fade_in=FadeIn(0.1, 0.4, 2.0))  # these sizes: of toys/tuning.csv
NOISE, SIGNS = dict(output_noise=0.1), dict(signs=4)


def with_waves(recipe: Recipe) -> Recipe:
    return replace(recipe, critic=replace(recipe.critic, **WAVES))


def with_all_priors(recipe: Recipe) -> Recipe:
    return replace(with_waves(recipe), **NOISE, **SIGNS)


PENALISED = "relativistic + R1 + R2"  # what the priors are added to
FEW_STEPS = round(1000 * SECONDS["reporting"] / METHODS["Unrolled GAN"].milliseconds)
RATE_OF_UNROLLED = dict(learning_rate=3e-3, critic_learning_rate=3e-3)  # what its trials chose
CONTROLS = {  # row -> the method whose chosen setting is changed, and the change
    "GAN, low rate": ("GAN", at_low_rate),
    "GAN, low rate, constant": ("GAN", lambda recipe: changed(linear_decay=False)(at_low_rate(recipe))),
    "GAN, rate constant": ("GAN", changed(linear_decay=False)),
    "GAN, the steps of Unrolled GAN": ("GAN", changed(steps=FEW_STEPS)),
    "GAN, the steps and rate of Unrolled GAN": ("GAN", changed(steps=FEW_STEPS, **RATE_OF_UNROLLED)),
    "WGAN-GP, clipping instead of the penalty": ("WGAN-GP", changed(objective=WGAN, clip=0.1)),
    "R1 without its penalty": ("R1", changed(objective=NON_SATURATING)),
}
PRIORS = {
    f"{PENALISED}, waves": (PENALISED, with_waves),
    f"{PENALISED}, output noise": (PENALISED, partial(replace, **NOISE)),
    f"{PENALISED}, signs": (PENALISED, partial(replace, **SIGNS)),
    f"{PENALISED}, waves, output noise, signs": (PENALISED, with_all_priors),
}
LONGER = {
    "WGAN-GP, longer": ("WGAN-GP", replace),
    "R1, longer": ("R1", replace),
    f"{PENALISED}, waves, output noise, signs, longer": (PENALISED, with_all_priors),
}
PERFECT = "perfect sampler"


WAVES_COST = 1.3  # a step with waves, over one without


def planned_hours() -> float:
    """Processor hours of all runs, if a step costs what was measured."""
    seconds = 0.0
    for part in PARTS:
        if part.rows.get("kind") != "real":
            method = METHODS[part.settings.tuned if "kind" in part.rows else part.rows["method"]]
            recipe = next(iter(part.settings.trials.values()))
            each = recipe.config.steps * method.milliseconds / 1000
            seconds += len(part.runs) * each * (WAVES_COST if recipe.critic.waves else 1)
    return seconds / 3600


# ------------------------------------------------------------------------------------------------------------- runs


def tuned(settings: Tuning, setting: str, distribution: str, seed: int) -> list[dict]:
    """A row of the tuning table."""
    return [run(settings.trials[setting], settings.samples, distribution, seed)]


def reported(settings: Reporting, distribution: str, seed: int, *, folder: Path) -> list[dict]:
    """A row of the reporting table, of the setting that the tuning table in `folder` chose."""
    setting = chosen(settings.tuned, folder)
    return [{"setting": setting} | run(settings.trials[setting], settings.samples, distribution, seed)]


def perfect(settings: Perfect, distribution: str, seed: int) -> list[dict]:
    """What the measure says of the distribution's own samples."""
    law = DISTRIBUTIONS[distribution]().standardized()
    points = law.sample(settings.samples, torch.Generator().manual_seed(seed))
    return [{"setting": "", "steps": 0, "seconds": 0.0} | judge(points, law) | {"failure": ""}]


def chosen(method: str, folder: Path = tables.DATA) -> str:
    """The setting that the method's trials choose: the largest share of the modes, mean over distributions and seeds.

    Among equals the largest share of high quality, and among equals of both the first one tried.

    Raises:
        ValueError: if the trials are not all there.
    """
    part = TUNING_OF[method]
    if (state := tables.status(part, folder)) != "holds":
        raise ValueError(f"fair: {method} has no chosen setting yet, its trials are {state}. First: {part.command}")
    rows = pd.read_csv(folder / TUNING, keep_default_na=False).query("method == @method")
    return best(rows)


def best(rows: pd.DataFrame) -> str:
    """The setting that `chosen` takes, of one method's rows in the order in which they were tried."""
    modes = {name: len(law().centers) for name, law in DISTRIBUTIONS.items()}
    share = rows["modes"] / rows["distribution"].map(modes)
    means = rows.assign(share=share).groupby("setting", sort=False)[["share", "high_quality"]].mean().round(9)
    return max(means.index, key=lambda setting: tuple(means.loc[setting]))  # of equals the first


# -------------------------------------------------------------------------------------------------------- the parts


def tuning_part(name: str, settings: Tuning) -> Part:
    runs = tuple(
        {"setting": setting, "distribution": which, "seed": seed}
        for setting in settings.trials
        for which in settings.distributions
        for seed in settings.seeds
    )
    return Part(f"fair/tuning {name}", TUNING, MANIFEST, settings, tuned, runs, {"method": name})


def reporting_part(name: str, kind: str, settings: Reporting | Perfect, folder: Path = tables.DATA) -> Part:
    work = perfect if kind == "real" else partial(reported, folder=folder)
    runs = tuple({"distribution": which, "seed": s} for which in settings.distributions for s in settings.seeds)
    return Part(f"fair/{name}", MODES, MANIFEST, settings, work, runs, {"method": name, "kind": kind})


def rows_of(kind: str, table: Mapping[str, tuple[str, Callable]], seconds: float) -> list[Part]:
    """The parts of one kind: every trial of the method changed, since the chosen one is not known yet."""
    parts = []
    for name, (base, change) in table.items():
        recipes = {setting: change(recipe) for setting, recipe in trials(METHODS[base], seconds).items()}
        parts.append(reporting_part(name, kind, Reporting(base, recipes)))
    return parts


TUNING_PARTS = [tuning_part(name, Tuning(trials(method, SECONDS["tuning"]))) for name, method in METHODS.items()]
TUNING_OF = dict(zip(METHODS, TUNING_PARTS, strict=True))
REPORTING_PARTS = [
    *rows_of("method", {name: (name, replace) for name in METHODS}, SECONDS["reporting"]),
    *rows_of("control", CONTROLS, SECONDS["reporting"]),
    *rows_of("prior", PRIORS, SECONDS["reporting"]),
    *rows_of("longer", LONGER, SECONDS["longer"]),
    reporting_part(PERFECT, "real", Perfect()),
]
PARTS = TUNING_PARTS + REPORTING_PARTS


def make(part: Part, folder: Path = tables.DATA, *, anew: bool = False) -> None:
    """As `tables.make`; rows of a setting that the trials no longer choose are made anew."""
    if isinstance(part.settings, Reporting):
        setting = chosen(part.settings.tuned, folder)
        own = [row for row in tables.read_rows(part, folder) if row["method"] == part.rows["method"]]
        anew = anew or any(row["setting"] != setting for row in own)
    tables.make(part, folder, anew=anew)


if __name__ == "__main__":
    tables.command(PARTS, make, __doc__)
