"""The judges judged: their null, their calibration, what they refuse, and what they say of generators and forgers.

COURSE_DATA=FOLDER python -m benchmarks.judging [null calibration SET "SET caught" ... cost]

Makes, under judging/: null.csv (how often two sets of real signals are told apart), calibration.csv (a perfect sampler,
and the same with one flaw), reports.csv (every metric of the committed generators, the forgers and some controls on
eight sets), caught.csv (generators against forgers, three samples each) and cost.csv. Parts can be made side by side.
And unseen.csv ("SET unseen"): the judges that no tuning may see, in an environment of its own (data/README.md).

Every seed was fixed beforehand, and nothing is left out.
"""

import resource
import time
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import cache
from multiprocessing import get_context

import numpy as np
import pandas as pd
import torch
from jaxtyping import Float, Int
from numpy import ndarray
from scipy.signal import lfilter
from threadpoolctl import threadpool_limits
from torch import Tensor

from benchmarks import tables, unseen
from benchmarks.recordings import Auslan, AuslanSessions, SessionSplit, Simulated, Split, Ucr
from benchmarks.tables import Part, make  # noqa: F401 - a bench has PARTS and make
from course_lib import metrics
from course_lib.baselines import Gaussian, forge
from course_lib.checkpoints import load_model, load_scaler
from course_lib.data import Invariants, SignalDataset, simulate_signs
from course_lib.data.simulated import NOISE_RMS
from course_lib.metrics.ranges import three_sets
from course_lib.training import sample

MANIFEST = "judging/manifest.json"
SIGNS, NOISE = "simulated signs", "autoregressive"
PERFECT, COPIES, DROPPED, LOUDER, PERMUTED = (
    "perfect sampler",
    "copies among them",
    "a class dropped, labels as asked",
    "noise louder",
    "labels permuted",
)
MISSING = "a class missing (quick)"
COMMITTED, REAL = "committed generator", "other real signals"

# --------------------------------------------------------------------------------------------------------- settings


@dataclass(frozen=True)
class Null:
    """Pairs of sets of fresh real signals: `seeds[n]` pairs of n signals a set, of each law.

    The laws are simulated signs, `n_classes` of them in turn, and autoregressive Gaussian noise,
    x_t = coefficient x_(t-1) + e_t. Draw i has the simulator's seeds `first_seed` + 2 i and the next.
    """

    seeds: Mapping[int, int]
    laws: tuple[str, ...] = (SIGNS, NOISE)
    n_classes: int = 8
    length: int = 160
    coefficient: float = 0.9
    warm_up: int = 100
    first_seed: int = 10_000


@dataclass(frozen=True)
class Calibration:
    """A perfect sampler of the simulated law, and its signals with one flaw each, in the report of `seed`.

    The sampler's signals are fresh draws with the simulator's seed `sampler_seed` + seed, as many as held out. Flaws:
    a `copied` share is replaced by training recordings of the class; class `dropped` is replaced by fresh signals of
    the others, its labels as asked; the tracker's white noise (1 mm) is `louder` times as strong; labels are permuted.
    A fifth, class `dropped` simply missing, is judged by the quick report, and with `quick` all of them are.
    """

    data: Simulated = Simulated(8)
    split: Split = Split()
    sampler_seed: int = 1000
    copied: float = 0.1
    dropped: int = 0
    louder: float = 1.05
    quick: bool = False
    seeds: tuple[int, ...] = tuple(range(10))


@dataclass(frozen=True)
class Exam:
    """A set, and who is judged on it: the committed generator of this name, if there is one, and every forger.

    Of more than `thin_above` held-out signals, `thinned_to` at most are kept, as many of each class. Controls that must
    be refused are judged too where `controls` says so.
    """

    data: Simulated | Auslan | AuslanSessions | Ucr
    split: Split | SessionSplit = Split()
    generator: str | None = None
    controls: bool = False
    thin_above: int = 1000
    thinned_to: int = 500
    thinned_seed: int = 0
    sample_seed: int = 1
    report_seed: int = 0
    real_seed: int = 0
    quick: bool = False


@dataclass(frozen=True)
class Caught:
    """The committed generator and the forgers that it is to be below, a sample a seed."""

    exam: Exam
    against: tuple[str, ...] = ("Gaussian", "Gaussian, pooled", "Fourier surrogates")
    seeds: tuple[int, ...] = (1, 2, 3)


@dataclass(frozen=True)
class UnseenExam:
    """Who the unseen judges judge; and between how many pairs of real sets their null is."""

    exam: Exam
    judges: unseen.Unseen = unseen.Unseen()
    judged: tuple[str, ...] = (COMMITTED, "Gaussian", "interpolation", "Fourier surrogates")
    null_draws: int = 3


@dataclass(frozen=True)
class Cost:
    """The report of `size` fresh signals, each way in a process of its own, beside whatever else runs."""

    data: Simulated = Simulated(4, per_class=625)
    split: Split = Split()
    sampler_seed: int = 1000
    seed: int = 0


NULL = Null({20: 12, 30: 12, 50: 12, 75: 12, 100: 12, 150: 8, 250: 6, 500: 4, 1000: 1})
CALIBRATION = Calibration()
EXAMS = {
    "signs8": Exam(Simulated(8), generator="signs8", controls=True),
    "signs80": Exam(Simulated(80), generator="signs80"),
    "auslan_right_x": Exam(Auslan(("right_x",)), generator="auslan_right_x", controls=True),
    "auslan_right_xyz": Exam(Auslan(("right_x", "right_y", "right_z")), generator="auslan_right_xyz"),
    "auslan_sessions": Exam(AuslanSessions(("right_x",)), SessionSplit()),
    "ECG5000": Exam(Ucr(("ECG5000_TRAIN.tsv",)), controls=True),
    "CricketX": Exam(Ucr(("CricketX_TRAIN.tsv", "CricketX_TEST.tsv"))),
    "SonyRobot": Exam(Ucr(("SonyAIBORobotSurface2_TEST.tsv",), windows=True)),
}
COST = Cost()


# --------------------------------------------------------------------------------------------------------- the null


def null_run(settings: Null, n: int, law: str, draw: int) -> list[dict]:
    """`caught` and the accuracy of each judge between two sets of n real signals."""
    seeds = (settings.first_seed + 2 * draw, settings.first_seed + 2 * draw + 1)
    first, second = (real_signals(settings, n, law, seed) for seed in seeds)
    score = metrics.discriminative_score(first, second, seed=draw)
    return [{"caught": score.caught} | by_judge(score.views)]


def real_signals(settings: Null, n: int, law: str, seed: int) -> Float[ndarray, "n 1 length"]:
    """n fresh signals of a law; of simulated signs, the classes in turn, so that two sets have as many of each."""
    if law == SIGNS:
        per_class = -(-n // settings.n_classes)
        signs = simulate_signs(settings.n_classes, per_class, settings.length, seed=seed).values.numpy()
        return signs.reshape(settings.n_classes, per_class, 1, -1).swapaxes(0, 1).reshape(-1, 1, settings.length)[:n]
    noise = np.random.default_rng((n, seed)).standard_normal((n, 1, settings.warm_up + settings.length))
    return lfilter([1], [1, -settings.coefficient], noise)[..., settings.warm_up :]


def by_judge(views: pd.DataFrame) -> dict[str, float]:
    """The accuracies of the eight judges, named "values, forest"."""
    return {f"{view}, {judge}": float(views.loc[view, judge]) for view in views.index for judge in views.columns}


# ------------------------------------------------------------------------------------------------------ calibration


def calibration_run(settings: Calibration, seed: int) -> list[dict]:
    """A row a metric, of the perfect sampler and of each flaw, all within one report."""
    data = simulate_signs(settings.data.n_classes, settings.data.per_class, settings.data.length, seed=seed)
    learnt, held_out = data.split(settings.split.share, seed=settings.split.seed)
    fakes = flawed(settings, learnt, held_out, seed)
    labels = (learnt.labels, held_out.labels, held_out.labels)
    perfect = fakes.pop(PERFECT)
    report = metrics.quality_report(
        learnt.values, held_out.values, perfect, labels=labels, forgers=fakes, seed=seed, quick=settings.quick
    )
    rows = rows_of(report, PERFECT)
    there = held_out.labels != settings.dropped
    labels = (learnt.labels, held_out.labels, held_out.labels[there])
    quick = metrics.quality_report(learnt.values, held_out.values, perfect[there], labels=labels, seed=seed, quick=True)
    return rows + rows_of(quick, MISSING)


def flawed(settings: Calibration, learnt: SignalDataset, held_out: SignalDataset, seed: int) -> dict[str, Tensor]:
    """Signals for the held-out labels: of the perfect sampler, and with each of the flaws."""
    labels, random = held_out.labels.numpy(), np.random.default_rng(seed)
    n_classes, most = settings.data.n_classes, max(held_out.class_counts)
    fresh = simulate_signs(n_classes, 2 * most, settings.data.length, seed=settings.sampler_seed + seed)
    fresh, spare = fresh.values.view(n_classes, 2, most, 1, -1).unbind(1)  # (classes, most, 1, length) each
    perfect = torch.cat([fresh[k, :n] for k, n in enumerate(held_out.class_counts)])[
        np.argsort(np.argsort(labels, kind="stable"))
    ]
    few = random.permutation(len(labels))[: round(settings.copied * len(labels))]
    copied, dropped = perfect.clone(), perfect.clone()
    copied[few] = copies(learnt, labels, random)[few]
    gone = np.flatnonzero(labels == settings.dropped)
    others = np.setdiff1d(np.arange(n_classes), settings.dropped)
    dropped[gone] = torch.stack([spare[others[i % len(others)], i] for i in range(len(gone))])
    noise = torch.from_numpy(random.standard_normal(perfect.shape)).float()
    return {
        PERFECT: perfect,
        COPIES: copied,
        DROPPED: dropped,
        LOUDER: perfect + NOISE_RMS * np.sqrt(settings.louder**2 - 1) * noise,
        PERMUTED: perfect[random.permutation(len(labels))],
    }


def copies(learnt: SignalDataset, labels: Int[ndarray, " n"], random: np.random.Generator) -> Tensor:
    """For each label a training recording of its class, none twice before all were taken."""
    of, places = learnt.labels.numpy(), np.empty(len(labels), dtype=np.int64)
    for k in np.unique(labels):
        own, members = np.flatnonzero(labels == k), random.permutation(np.flatnonzero(of == k))
        places[own] = np.resize(members, len(own))
    return learnt.values[places]


def rows_of(report: pd.DataFrame, name: str) -> list[dict]:
    """A row a metric of the report's own generator, called `name`, and of each forger; each judge is a row too."""
    columns = {name: "value"} | {other: other for other in list(report)[list(report).index("inside") + 1 :]}
    rows = []
    for generator, column in columns.items():
        for metric, line in report.iterrows():
            bounds = {key: float(line[key]) for key in ("reference", "low", "high")}
            inside = bool(bounds["low"] <= line[column] <= bounds["high"])
            rows.append(
                {"generator": generator, "metric": metric, "value": float(line[column]), **bounds, "inside": inside}
            )
        views = pd.DataFrame.from_dict(report.attrs["views"][column], orient="index")
        open_ends = {"reference": np.nan, "low": np.nan, "high": np.nan, "inside": ""}
        rows += [
            {"generator": generator, "metric": f"caught: {judge}", "value": accuracy, **open_ends}
            for judge, accuracy in by_judge(views).items()
        ]
    return [{**row, "size": report.attrs["size"]} for row in rows]


# ------------------------------------------------------------------------------------------ generators and forgers


@dataclass(frozen=True, eq=False)
class Pair:
    """A set split in two as an exam says, and signals for the labels of the held-out ones, by who made them."""

    learnt: SignalDataset
    held_out: SignalDataset
    fakes: dict[str, Tensor]

    @property
    def groups(self) -> tuple[Tensor, Tensor] | None:
        return None if self.learnt.groups is None else (self.learnt.groups, self.held_out.groups)


@cache
def pair_of(exam: Exam, sample_seed: int) -> Pair:
    """The generator's signals first, then the forgers'; what every recording has exactly is imposed on all."""
    learnt, held_out = exam.split.of(exam.data.load())
    if len(held_out) > exam.thin_above:
        held_out = held_out.take(exam.thinned_to // held_out.n_classes, seed=exam.thinned_seed)
    fakes = {}
    if exam.generator is not None:
        path = tables.DATA / "checkpoints" / exam.generator / "generator.safetensors"
        generator, scaler = load_model(path), load_scaler(path)
        labels = held_out.labels if generator.n_classes else None
        made = scaler.inverse(sample(generator, len(held_out), labels=labels, seed=sample_seed))
        fakes[COMMITTED] = Invariants.found_in(learnt).impose(made)
    return Pair(learnt, held_out, fakes | forge(learnt, held_out.labels, seed=sample_seed))


def controls_of(exam: Exam, pair: Pair) -> dict[str, Tensor]:
    """What must be refused: white noise of a class's mean and spread, one signal a class, and training recordings."""
    labels, random = pair.held_out.labels, np.random.default_rng(exam.sample_seed)
    one = Gaussian().fit(pair.learnt).sample(torch.arange(pair.learnt.n_classes), seed=exam.sample_seed)
    of_class = [pair.learnt.values[pair.learnt.labels == k] for k in range(pair.learnt.n_classes)]
    noise = torch.from_numpy(random.standard_normal(pair.held_out.values.shape)).float()
    mean = torch.stack([x.mean((0, 2)) for x in of_class])[labels][..., None]
    std = torch.stack([x.std((0, 2)) for x in of_class])[labels][..., None]
    return {
        "white noise": mean + std * noise,
        "one signal a class": one[labels],
        "training recordings": copies(pair.learnt, labels.numpy(), random),
    }


def report_run(settings: Exam) -> list[dict]:
    """A row a generator and metric; the rows of other real signals last."""
    pair = pair_of(settings, settings.sample_seed)
    fakes = pair.fakes | (controls_of(settings, pair) if settings.controls else {})
    name, *others = fakes
    labels = (pair.learnt.labels, pair.held_out.labels, pair.held_out.labels)
    report = metrics.quality_report(
        pair.learnt.values,
        pair.held_out.values,
        fakes[name],
        labels=labels,
        groups=pair.groups,
        forgers={other: fakes[other] for other in others},
        seed=settings.report_seed,
        quick=settings.quick,
    )
    return rows_of(report, name) + real_rows(settings, pair)


def real_rows(settings: Exam, pair: Pair) -> list[dict]:
    """Real signals in the generator's place, and where there are controls, without one of their classes."""
    values, labels = (
        torch.cat([pair.learnt.values, pair.held_out.values]),
        torch.cat([pair.learnt.labels, pair.held_out.labels]),
    )
    group = None if pair.groups is None else torch.cat(pair.groups).numpy()
    random = np.random.default_rng(settings.real_seed)
    places = three_sets(labels.numpy(), pair.held_out.labels.numpy(), random, group)
    fake, test, rest = (values[place] for place in places)
    of_fake, of_test, of_rest = (labels[place] for place in places)
    gone = of_fake == of_fake.min()
    others = torch.from_numpy(random.choice(np.flatnonzero(~gone.numpy()), int(gone.sum())))
    dropped = fake.clone()
    dropped[gone] = fake[others]
    report = metrics.quality_report(
        rest,
        test,
        fake,
        labels=(of_rest, of_test, of_fake),
        groups=None if group is None else (group[places[2]], group[places[1]]),
        forgers={f"{REAL}, a class dropped": dropped} if settings.controls else None,
        seed=settings.report_seed,
        quick=settings.quick,
    )
    return rows_of(report, REAL)


def caught_run(settings: Caught) -> list[dict]:
    """A row a generator and sample seed, and whether the committed generator is caught less over all seeds."""
    scores = {
        name: [score_of(settings.exam, name, seed) for seed in settings.seeds]
        for name in (COMMITTED, *settings.against)
    }
    rows = []
    for name, own in scores.items():
        against = metrics.caught_below(scores[COMMITTED], own)
        rows += [
            {"generator": name, "seed": seed, "caught": score.caught, "null": score.null, "size": score.size}
            | by_judge(score.views)
            | (dict.fromkeys(against._fields, "") if name == COMMITTED else against._asdict())
            for seed, score in zip(settings.seeds, own, strict=True)
        ]
    return rows


def score_of(exam: Exam, name: str, seed: int) -> metrics.DiscriminativeScore:
    pair = pair_of(exam, seed)
    own = None if pair.groups is None else pair.groups[1]
    return metrics.discriminative_score(
        pair.held_out.values, pair.fakes[name], seed=exam.report_seed, groups=own, quick=exam.quick
    )


def unseen_run(settings: UnseenExam) -> list[dict]:
    """A row a generator and judge: its accuracy, beside the mean and the most of it between two real sets."""
    exam = settings.exam
    pair = pair_of(exam, exam.sample_seed)
    real, labels = pair.held_out.values.numpy(), pair.held_out.labels.numpy()
    groups = None if pair.groups is None else pair.groups[1].numpy()
    pool, of_pool = (
        torch.cat([getattr(part, name) for part in (pair.learnt, pair.held_out)]).numpy()
        for name in ("values", "labels")
    )
    of_group = None if pair.groups is None else torch.cat(pair.groups).numpy()
    draws = dict(draws=settings.null_draws, seed=exam.real_seed, groups=of_group)
    null = pd.DataFrame(unseen.real_pairs(pool, of_pool, labels, settings.judges, **draws))
    rows = []
    for name in settings.judged:
        if name in pair.fakes:
            found = unseen.accuracies(
                real, pair.fakes[name].numpy(), labels, settings.judges, seed=exam.report_seed, groups=groups
            )
            rows += [
                {
                    "generator": name,
                    "judge": judge,
                    "accuracy": accuracy,
                    "real_mean": null[judge].mean(),
                    "real_most": null[judge].max(),
                }
                for judge, accuracy in found.items()
            ]
    return [{**row, "size": len(real)} for row in rows]


# ------------------------------------------------------------------------------------------------------------- cost


def cost_run(settings: Cost, forgers: bool, quick: bool) -> list[dict]:
    """What one report costs, in a fresh process."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as fresh:
        return [fresh.submit(measured, settings, forgers, quick).result()]


def measured(settings: Cost, forgers: bool, quick: bool) -> dict:
    """Seconds of the processor (one thread) and of the clock; the process's peak of memory, and before the report."""
    learnt, held_out = settings.split.of(settings.data.load())
    again = replace(settings.data, per_class=max(held_out.class_counts), seed=settings.sampler_seed).load()
    made = forge(learnt, again.labels, seed=settings.seed) if forgers else None
    labels = (learnt.labels, held_out.labels, again.labels)
    with threadpool_limits(1):
        before, cpu, clock = peak_megabytes(), time.process_time(), time.monotonic()
        metrics.quality_report(
            learnt.values, held_out.values, again.values, labels=labels, forgers=made, quick=quick, seed=settings.seed
        )
        spent = {"cpu_seconds": time.process_time() - cpu, "seconds": time.monotonic() - clock}
    return spent | {"peak_mb": peak_megabytes(), "before_mb": before, "signals": len(again)}


def peak_megabytes() -> int:
    """The most memory that this process has held (Linux: ru_maxrss is in KiB)."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


# ------------------------------------------------------------------------------------------------------- the parts


def null_part(settings: Null) -> Part:
    """Draw by draw, so that a table half made has every number of signals."""
    runs = tuple(
        {"n": n, "law": law, "draw": draw}
        for draw in range(max(settings.seeds.values()))
        for n, draws in settings.seeds.items()
        for law in settings.laws
        if draw < draws
    )
    return Part("judging/null", "judging/null.csv", MANIFEST, settings, null_run, runs)


def calibration_part(settings: Calibration) -> Part:
    runs = tuple({"seed": seed} for seed in settings.seeds)
    return Part("judging/calibration", "judging/calibration.csv", MANIFEST, settings, calibration_run, runs)


def report_part(name: str, settings: Exam) -> Part:
    return Part(f"judging/{name}", "judging/reports.csv", MANIFEST, settings, report_run, rows={"set": name})


def caught_part(name: str, settings: Caught) -> Part:
    return Part(f"judging/{name} caught", "judging/caught.csv", MANIFEST, settings, caught_run, rows={"set": name})


def unseen_part(name: str, settings: UnseenExam) -> Part:
    return Part(f"judging/{name} unseen", "judging/unseen.csv", MANIFEST, settings, unseen_run, rows={"set": name})


def cost_part(settings: Cost) -> Part:
    runs = tuple({"forgers": forgers, "quick": quick} for quick in (False, True) for forgers in (False, True))
    return Part("judging/cost", "judging/cost.csv", MANIFEST, settings, cost_run, runs)


PARTS = [
    null_part(NULL),
    calibration_part(CALIBRATION),
    *(report_part(name, exam) for name, exam in EXAMS.items()),
    *(caught_part(name, Caught(exam)) for name, exam in EXAMS.items() if exam.generator is not None),
    *(unseen_part(name, UnseenExam(exam)) for name, exam in EXAMS.items()),
    cost_part(COST),
]

if __name__ == "__main__":
    tables.command(PARTS, make, __doc__)
