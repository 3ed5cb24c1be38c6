"""Restoration: a damaged stretch of a held-out recording, filled by a committed generator, a Gaussian, a neighbour.

COURSE_DATA=FOLDER python -m benchmarks.restoration ["SET tuning" SET "SET controls" "SET smoother" ...]

Makes restoration/tuning.csv: the settings of the latent search on recordings that the generator was trained on, from
which `Search`'s defaults are taken (`best` reads it). And restoration/fills.csv: 5, 15 or 30 % of a recording missing
at a random place, its label known or not. And, on real recordings, restoration/controls.csv: how much worse than the
search's drawn fills others are, recording by recording: the Gaussian's, the principal components', those of the same
search through the generator as it is before any training, three of them; in restoration/smoother.csv the Gaussian's and
the components' when they are about as smooth as recordings.

A point fill has a squared error. Several drawn fills have an energy score and the coverage of their 90 % band, and the
first of them is judged: `caught` between fills and what other recordings have in such gaps, and the same over their
seams. Errors are in the units of the scaled signals: 1 is the variance of a channel.
"""

import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
from jaxtyping import Bool, Float, Float64
from numpy import ndarray
from scipy.ndimage import gaussian_filter1d
from torch import nn

from benchmarks import tables
from benchmarks.judging import EXAMS
from benchmarks.recordings import Auslan, Simulated, Split
from benchmarks.tables import Part, make  # noqa: F401 - a bench has PARTS and make
from course_lib import metrics
from course_lib.checkpoints import load_model, load_scaler
from course_lib.data import SignalDataset
from course_lib.models.class_gaussian import SHARE
from course_lib.restoration import GaussianFill, LatentSearch, interpolate, nearest_recording
from course_lib.training import BEST_RECIPE, Recipe

INTERPOLATION, NEAREST, LATENT = "interpolation (PCHIP)", "nearest recording", "latent search"
GAUSSIAN, COMPONENTS = "Gaussian", "principal components"
MEAN = "latent search, mean of the draws"
UNTRAINED = "latent search, untrained"
SMOOTHED, NOISELESS = "Gaussian, smoothed", "principal components, without noise"
KNOWN, UNKNOWN = "known", "unknown"

# --------------------------------------------------------------------------------------------------------- settings


@dataclass(frozen=True)
class Search:
    """How the noise is searched: see `LatentSearch`."""

    tolerance: float = 0.02
    steps: int = 100
    learning_rate: float = 0.1


@dataclass(frozen=True)
class Damage:
    """A set and its committed generator, the recordings that are damaged, and how much of each.

    Attributes:
        filled: the share of each class's held-out recordings that is damaged; the others are who they are judged
            against, with gaps of their own.
        margin: known steps left on either side of a gap, at least; half as many as a seam has.
        components: share of a class's variance that the principal components hold; the generator begins with as many,
            so they are the control that says what its nets and their search add to them.
        draws: fills drawn of each recording.
    """

    data: Simulated | Auslan
    generator: str
    split: Split = Split()
    shares: tuple[float, ...] = (0.05, 0.15, 0.3)
    filled: float = 0.2
    filled_seed: int = 0
    gap_seed: int = 0
    margin: int = 4
    components: float = SHARE
    draws: int = 20
    draw_seed: int = 0
    judge_seed: int = 0
    search: Search = Search()


@dataclass(frozen=True)
class Controls(Damage):
    """What the search is compared with, recording by recording: two Gaussians, and itself without training.

    Attributes:
        recipe: builds the generator that is not trained, from each of `untrained_seeds`.
    """

    recipe: Recipe = BEST_RECIPE
    untrained_seeds: tuple[int, ...] = (0, 1, 2)


@dataclass(frozen=True)
class Smoother(Damage):
    """Two laws whose draws are rougher than recordings, made smoother. The width is one that was tried, not tuned.

    Attributes:
        width: of the Gaussian filter over a draw's deviation from the mean fill, in steps.
    """

    width: float = 1.5


@dataclass(frozen=True)
class Tuning:
    """What was tried on training recordings: every tolerance with every number of steps and rate.

    It has no `Search` and no `Damage`: what is found here is set there, and this table still holds.
    """

    data: Simulated | Auslan
    generator: str
    split: Split = Split()
    share: float = 0.15
    tolerances: tuple[float, ...] = (0.01, 0.02, 0.05)
    steps: tuple[int, ...] = (100,)
    learning_rates: tuple[float, ...] = (0.1, 0.3)
    recordings: int = 24
    recordings_seed: int = 0
    gap_seed: int = 0
    margin: int = 4
    draws: int = 4
    draw_seed: int = 0


# ------------------------------------------------------------------------------------------------------------- gaps


def gaps(n: int, length: int, share: float, margin: int, seed: int) -> Bool[ndarray, "n length"]:
    """One missing stretch of `share` of the steps in each of n signals, at any place that leaves the margins."""
    size = max(1, round(share * length))
    starts = np.random.default_rng((seed, size)).integers(margin, length - margin - size + 1, size=n)
    steps = np.arange(length)
    return (starts[:, None] <= steps) & (steps < starts[:, None] + size)


def inside(values: Float[ndarray, "n C L"], missing: Bool[ndarray, "n L"]) -> Float64[ndarray, "n C gap"]:
    """What stands in the gaps, all of one length."""
    return np.stack([signal[:, gone] for signal, gone in zip(values, missing, strict=True)]).astype(np.float64)


def seams(values: Float[ndarray, "n C L"], missing: Bool[ndarray, "n L"], margin: int) -> Float64[ndarray, "n 2C s"]:
    """Of each signal both ends of its gap, with `margin` steps on either side: the first end's channels come first."""
    first, last = missing.argmax(axis=1), missing.shape[1] - missing[:, ::-1].argmax(axis=1)
    return np.stack(
        [
            np.concatenate([signal[:, end - margin : end + margin] for end in ends])
            for signal, *ends in zip(values, first, last, strict=True)
        ]
    ).astype(np.float64)


# ----------------------------------------------------------------------------------------------------- what is asked


@dataclass(frozen=True, eq=False)
class Fillers:
    """Scaled recordings, and who fills their gaps."""

    learnt: SignalDataset
    damaged: SignalDataset
    others: SignalDataset
    gaussian: GaussianFill
    components: GaussianFill
    search: LatentSearch


def weights_of(settings: Damage | Tuning) -> Path:
    return tables.DATA / "checkpoints" / settings.generator / "generator.safetensors"


def scaled(settings: Damage | Tuning) -> tuple[SignalDataset, SignalDataset]:
    """The recordings that the generator was trained on, and those held out, in its units."""
    learnt, held_out = settings.split.of(settings.data.load())
    scaler = load_scaler(weights_of(settings))
    return scaler.transform(learnt), scaler.transform(held_out)


def searcher(generator: nn.Module, search: Search, learnt: SignalDataset) -> LatentSearch:
    given = dict(tolerance=search.tolerance, steps=search.steps, learning_rate=search.learning_rate)
    return LatentSearch(generator, counts=learnt.class_counts, **given)


@cache
def fillers_of(settings: Damage) -> Fillers:
    learnt, held_out = scaled(settings)
    damaged, others = held_out.split(settings.filled, seed=settings.filled_seed)
    laws = GaussianFill(learnt), GaussianFill(learnt, components=settings.components)
    return Fillers(learnt, damaged, others, *laws, searcher(load_model(weights_of(settings)), settings.search, learnt))


# ------------------------------------------------------------------------------------------------------------- runs


@dataclass(frozen=True, eq=False)
class Case:
    """One share and one knowledge of labels: the recordings, what is missing of them, and what a filler is shown."""

    truth: Float64[ndarray, "n C L"]
    missing: Bool[ndarray, "n L"]
    given: Float64[ndarray, "n C L"]
    labels: dict[str, ndarray | None]


def case_of(settings: Damage, share: float, label: str) -> Case:
    damaged = fillers_of(settings).damaged
    truth = damaged.values.double().numpy()
    missing = gaps(len(truth), truth.shape[2], share, settings.margin, settings.gap_seed)
    given = np.where(missing[:, None], np.nan, truth)  # no filler can look
    return Case(truth, missing, given, {"labels": damaged.labels.numpy() if label == KNOWN else None})


def run(settings: Damage, share: float, label: str) -> list[dict]:
    """A row a way to fill, beside the Gaussian's conditional mean with the same knowledge of labels."""
    who, case = fillers_of(settings), case_of(settings, share, label)
    truth, missing, given, labels = case.truth, case.missing, case.given, case.labels
    points, draws, seconds = {}, {}, {}
    ways = {
        INTERPOLATION: lambda: interpolate(given, missing),
        NEAREST: lambda: nearest_recording(given, missing, who.learnt, **labels),
        GAUSSIAN: lambda: who.gaussian.fill(given, missing, **labels),
        COMPONENTS: lambda: who.components.fill(given, missing, **labels),
        LATENT: lambda: who.search.fill(given, missing, **labels),
    }
    for name, fill in ways.items():
        start = time.process_time()
        points[name] = fill()
        seconds[name] = time.process_time() - start
    for name, way in ((GAUSSIAN, who.gaussian), (COMPONENTS, who.components), (LATENT, who.search)):
        draws[name] = way.sample(given, missing, settings.draws, **labels, seed=settings.draw_seed)
    points[MEAN], seconds[MEAN] = draws[LATENT].mean(axis=0), np.nan
    errors = {
        name: ((fill - truth)[np.broadcast_to(missing[:, None], truth.shape)] ** 2) for name, fill in points.items()
    }
    errors = {name: squared.reshape(len(truth), -1).mean(axis=1) for name, squared in errors.items()}
    real = real_windows(settings, who.others, share)
    rows = []
    for name, squared in errors.items():
        against = metrics.paired_interval(squared, errors[GAUSSIAN])
        row = {
            "method": name,
            "squared_error": squared.mean(),
            "standard_error": squared.std(ddof=1) / np.sqrt(len(squared)),
            "above_gaussian": against.difference,
            "low": against.low,
            "high": against.high,
            "fill_seconds": seconds[name],
        }
        first = draws[name][0] if name in draws else points[name]
        rows.append(row | drawn(truth, missing, draws.get(name)) | judged(settings, real, first, missing))
    return [{**row, "recordings": len(truth), "gap": int(missing[0].sum())} for row in rows]


def drawn(
    truth: Float64[ndarray, "n C L"], missing: Bool[ndarray, "n L"], draws: Float64[ndarray, "d n C L"] | None
) -> dict[str, float]:
    """Energy score and coverage of drawn fills; of a way that draws none, nothing."""
    if draws is None:
        return {"energy_score": np.nan, "band_coverage": np.nan}
    fills = np.stack([inside(one, missing) for one in draws])
    return {
        "energy_score": energy(draws, truth, missing).mean(),
        "band_coverage": metrics.band_coverage(fills, inside(truth, missing)),
    }


def energy(
    draws: Float64[ndarray, "d n C L"], truth: Float64[ndarray, "n C L"], missing: Bool[ndarray, "n L"]
) -> Float64[ndarray, " n"]:
    """The energy score of each recording's drawn fills."""
    return metrics.energy_score(np.stack([inside(one, missing) for one in draws]), inside(truth, missing))


def real_windows(settings: Damage, others: SignalDataset, share: float) -> tuple[ndarray, ndarray]:
    """What other held-out recordings have inside gaps of this size, and over their seams."""
    values = others.values.double().numpy()
    missing = gaps(len(values), values.shape[2], share, settings.margin, settings.gap_seed + 1)
    return inside(values, missing), seams(values, missing, settings.margin)


def judged(
    settings: Damage, real: tuple[ndarray, ndarray], fill: Float64[ndarray, "n C L"], missing: Bool[ndarray, "n L"]
) -> dict[str, float]:
    """How often one fill a recording is told from other recordings, inside and at its seams."""
    windows = inside(fill, missing), seams(fill, missing, settings.margin)
    scores = [
        metrics.discriminative_score(own, made, seed=settings.judge_seed)
        for own, made in zip(real, windows, strict=True)
    ]
    return {"caught_inside": scores[0].caught, "caught_seam": scores[1].caught, "null": scores[0].null}


def drawn_by(
    law: "GaussianFill | LatentSearch | Smoothed", settings: Damage, case: Case
) -> Float64[ndarray, "d n C L"]:
    return law.sample(case.given, case.missing, settings.draws, **case.labels, seed=settings.draw_seed)


@cache
def searched(settings: Damage, share: float, label: str) -> Float64[ndarray, " n"]:
    """The energy scores of the trained search: the same for all that it is compared with."""
    case = case_of(settings, share, label)
    return energy(drawn_by(fillers_of(settings).search, settings, case), case.truth, case.missing)


def control_run(settings: Controls | Smoother, share: float, label: str, against: str) -> list[dict]:
    """How much worse than the search's the fills of another are by the energy score, and how often one is caught."""
    case, of_search = case_of(settings, share, label), searched(settings, share, label)
    draws = drawn_by(control_of(settings, against), settings, case)
    scores = energy(draws, case.truth, case.missing)
    above = metrics.paired_interval(scores, of_search)
    row = {
        "energy_score": scores.mean(),
        "of_search": of_search.mean(),
        "above_search": above.difference,
        "low": above.low,
        "high": above.high,
    }
    real = real_windows(settings, fillers_of(settings).others, share)
    return [row | judged(settings, real, draws[0], case.missing)]


class Smoothed:
    """A law's drawn fills, each one's deviation from the mean fill smoothed over the gap."""

    def __init__(self, law: GaussianFill, width: float) -> None:
        self.law, self.width = law, width

    def sample(self, values: ndarray, missing: ndarray, n: int, *, labels: ndarray | None, seed: int) -> ndarray:
        draws = self.law.sample(values, missing, n, labels=labels, seed=seed)
        for i, mean in enumerate(self.law.fill(values, missing, labels=labels)):
            own, middle = draws[:, i][..., missing[i]], mean[:, missing[i]]
            smooth = gaussian_filter1d(own - middle, self.width, axis=-1, mode="nearest")
            draws[:, i][..., missing[i]] = middle + smooth
        return draws


class Noiseless(GaussianFill):
    """Principal components whose draws leave out the white noise that stands for the other components; labels known."""

    def _laws(self, damaged, i: int) -> tuple[ndarray, list]:
        weights, (law,) = super()._laws(damaged, i)
        noise = np.linalg.eigvalsh(self.moments[damaged.labels[i]][1])[0]
        return weights, [law._replace(covariance=law.covariance - noise * np.eye(len(law.covariance)))]


def control_of(settings: Controls | Smoother, name: str) -> GaussianFill | Smoothed | LatentSearch:
    who = fillers_of(settings)
    if name in (GAUSSIAN, COMPONENTS):
        return who.gaussian if name == GAUSSIAN else who.components
    if name == SMOOTHED:
        return Smoothed(who.gaussian, settings.width)
    if name == NOISELESS:
        return Noiseless(who.learnt, components=settings.components)
    seed = int(name.removeprefix(f"{UNTRAINED} "))
    generator = settings.recipe.build(who.learnt, conditional=True, seed=seed)[0].eval()
    return searcher(generator, settings.search, who.learnt)


def tuning_run(settings: Tuning, tolerance: float, steps: int, learning_rate: float) -> list[dict]:
    """One setting of the search on recordings that the generator was trained on."""
    learnt, _ = scaled(settings)
    generator = load_model(weights_of(settings))
    own = learnt[np.random.default_rng(settings.recordings_seed).permutation(len(learnt))[: settings.recordings]]
    truth, labels = own.values.double().numpy(), own.labels.numpy()
    missing = gaps(len(truth), truth.shape[2], settings.share, settings.margin, settings.gap_seed)
    given = np.where(missing[:, None], np.nan, truth)
    search, start = searcher(generator, Search(tolerance, steps, learning_rate), learnt), time.process_time()
    point = inside(search.fill(given, missing, labels=labels), missing)
    draws = search.sample(given, missing, settings.draws, labels=labels, seed=settings.draw_seed)
    fills, real = np.stack([inside(one, missing) for one in draws]), inside(truth, missing)
    return [
        {
            "squared_error": ((point - real) ** 2).mean(),
            "energy_score": metrics.energy_score(fills, real).mean(),
            "cpu_seconds": round(time.process_time() - start, 1),
        }
    ]


def best(table: pd.DataFrame) -> Search:
    """The best setting: of each measure as a share of the least on its set, mean over energy score, error and sets."""
    measures, settings = ["energy_score", "squared_error"], ["tolerance", "steps", "learning_rate"]
    shares = table[measures] / table.groupby("set")[measures].transform("min")
    tolerance, steps, rate = table.assign(share=shares.mean(axis=1)).groupby(settings)["share"].mean().idxmin()
    return Search(float(tolerance), int(steps), float(rate))


# -------------------------------------------------------------------------------------------------------- the parts

MANIFEST = "restoration/manifest.json"


def part(name: str, settings: Damage) -> Part:
    runs = tuple({"share": share, "label": label} for share in settings.shares for label in (KNOWN, UNKNOWN))
    return Part(f"restoration/{name}", "restoration/fills.csv", MANIFEST, settings, run, runs, {"set": name})


def tuning_part(name: str, settings: Tuning) -> Part:
    runs = tuple(
        {"tolerance": tolerance, "steps": steps, "learning_rate": rate}
        for tolerance in settings.tolerances
        for steps in settings.steps
        for rate in settings.learning_rates
    )
    file = "restoration/tuning.csv"
    return Part(f"restoration/{name} tuning", file, MANIFEST, settings, tuning_run, runs, {"set": name})


def controls_part(name: str, settings: Controls) -> Part:
    others = GAUSSIAN, COMPONENTS, *(f"{UNTRAINED} {seed}" for seed in settings.untrained_seeds)
    runs = tuple(
        {"share": share, "label": label, "against": other}
        for share in settings.shares
        for label in (KNOWN, UNKNOWN)
        for other in others
    )
    file = "restoration/controls.csv"
    return Part(f"restoration/{name} controls", file, MANIFEST, settings, control_run, runs, {"set": name})


def smoother_part(name: str, settings: Smoother) -> Part:
    known = [(share, KNOWN, other) for share in settings.shares for other in (SMOOTHED, NOISELESS)]
    runs = known + [(share, UNKNOWN, SMOOTHED) for share in settings.shares]
    runs = tuple(dict(zip(("share", "label", "against"), run, strict=True)) for run in runs)
    file = "restoration/smoother.csv"
    return Part(f"restoration/{name} smoother", file, MANIFEST, settings, control_run, runs, {"set": name})


SETS = {name: Damage(EXAMS[name].data, name) for name in ("signs8", "auslan_right_x")}
PARTS = [tuning_part(name, Tuning(settings.data, settings.generator)) for name, settings in SETS.items()]
PARTS += [part(name, settings) for name, settings in SETS.items()]
PARTS += [
    controls_part("auslan_right_x", Controls(EXAMS["auslan_right_x"].data, "auslan_right_x")),
    smoother_part("auslan_right_x", Smoother(EXAMS["auslan_right_x"].data, "auslan_right_x")),
]

if __name__ == "__main__":
    tables.command(PARTS, make, __doc__)
