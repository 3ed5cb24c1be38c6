"""Forecasts of the daily water demand of ten real districts: hybrid, rivals and naive; the leak; generated days.

COURSE_DATA=FOLDER python -m benchmarks.forecasting [tuning models leak bridge]

Makes forecasting/tuning.csv (three trials a model on an inner split of the training days), models.csv (every model on
every district, five seeds), leak.csv (what it is worth to prepare all days before splitting them) and bridge.csv (a
forecaster that has half a year of a district, with generated stretches of days beside its own).

The first 60 % of the days are learnt, the others forecast one day ahead, each once. What is tuned is tuned on the last
fifth of the learnt days, with a seed of its own, for every third district; `CHOSEN` is what had the least mean MAPE
there, and serves all districts. Districts "A" to "J" are all there are. The workbooks are read with openpyxl
(pip install "gan-course[water]"), which takes half a minute.

The leak: outliers, denoising, the weather's scaling and components see all days, later ones too. PCA-LSTM, which is not
denoised, is the control: what it gains comes of the other three. The causal rows of both stand in models.csv.

The bridge: all methods add as many stretches as there are own ones, and learn for the same steps; "more recordings"
adds real days from before. The generator is the course's WGAN-GP on stretches of demand and weather components, told
the weekday of the last day; beside it stand the same generator untrained, a Gaussian a weekday, and jittered copies.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np
import torch

from benchmarks import tables
from benchmarks.recordings import real_file
from benchmarks.tables import Part, make  # noqa: F401 - a bench has PARTS and make
from course_lib import metrics
from course_lib.baselines import Gaussian, JitteredCopies
from course_lib.data import Scaler, SignalDataset, WaterDemand, load_water_demand
from course_lib.data.water_files import INFLOW, WEATHER
from course_lib.forecasting import (
    HYBRID,
    MEASURES,
    MODELS,
    NAIVE,
    Forecaster,
    Preparation,
    Prepared,
    Segments,
    Training,
    Windows,
    mape,
    naive_forecast,
    prepare,
    windows_of,
)
from course_lib.training import Recipe, TrainingConfig, sample, train

DISTRICTS = tuple("ABCDEFGHIJ")
NONE, MORE, GENERATED = "none", "more recordings", "generated"
UNTRAINED, GAUSSIAN, JITTERED = "generated, untrained", "Gaussian", "jittered copies"

# --------------------------------------------------------------------------------------------------------- settings

NETWORK_TRIALS = tuple(Training(steps=s, learning_rate=r) for s, r in ((60, 1e-2), (120, 1e-2), (120, 3e-3)))
SVM_TRIALS = tuple(Training(gamma=g, epsilon=e) for g, e in ((0.03, 0.1), (0.03, 0.4), (0.3, 0.1)))
LINEAR_TRIALS = tuple(Training(ridge=r) for r in (10.0, 100.0, 1000.0))


@dataclass(frozen=True)
class Split:
    """The first `share` of the days is learnt; of these, in tuning, the first `inner`."""

    share: float = 0.6
    inner: float = 0.8


@dataclass(frozen=True)
class Tuning:
    """Settings tried for each learner, in the order of the column `trial`."""

    trials: Mapping[str, tuple[Training, ...]]
    districts: tuple[str, ...] = ("A", "D", "G", "J")
    preparation: Preparation = Preparation()
    split: Split = Split()
    seeds: tuple[int, ...] = (100,)


@dataclass(frozen=True)
class Models:
    """What each model learns with; the seeds are of weights and batches."""

    chosen: Mapping[str, Training]
    preparation: Preparation = Preparation()
    split: Split = Split()
    seeds: tuple[int, ...] = (0, 1, 2, 3, 4)


@dataclass(frozen=True)
class Bridge:
    """`own_days` before the split are all that a forecaster has, and all that the district's one generator learns.

    The forecaster's seeds are of what is drawn for it too; `seeds` are the generator's.
    """

    chosen: Training
    recipe: Recipe = Recipe(TrainingConfig(steps=300), dim=16, latent_dim=32)
    districts: tuple[str, ...] = ("A", "B", "C")
    own_days: int = 182
    jitter: float = 0.1
    preparation: Preparation = Preparation()
    split: Split = Split()
    forecaster_seeds: tuple[int, ...] = (0, 1, 2, 3, 4)
    seeds: tuple[int, ...] = (0, 1, 2)


TUNING = Tuning({"svm": SVM_TRIALS, "linear": LINEAR_TRIALS} | dict.fromkeys(("lstm", "rnn", "bp"), NETWORK_TRIALS))
BEST_TRIALS = {HYBRID: 1, "DWT-LSTM": 1, "PCA-LSTM": 1, "LSTM": 0, "DWT-PCA-RNN": 2, "DWT-PCA-BP": 2}
BEST_TRIALS |= {"DWT-PCA-SVM": 0, "linear": 0}  # a test reads them off tuning.csv
CHOSEN = {name: TUNING.trials[MODELS[name].learner][trial] for name, trial in BEST_TRIALS.items()}

# ------------------------------------------------------------------------------------------------------------- runs


@cache
def districts() -> dict[str, WaterDemand]:
    path = real_file("water_bwdf", INFLOW, what="the Battle of Water Demand Forecasting")
    real_file("water_bwdf", WEATHER, what="its weather")
    return load_water_demand(path.parent)


def prepared(district: str, preparation: Preparation, split: Split) -> Prepared:
    water = districts()[district]
    return prepare(water, round(split.share * len(water)), preparation)


def tuned(settings: Tuning, district: str, seed: int) -> list[dict]:
    """Every trial of every model, on days of the training days alone."""
    water = districts()[district]
    known = water.first(round(settings.split.share * len(water)))
    inner = prepare(known, round(settings.split.inner * len(known)), settings.preparation)
    rows = []
    for name, model in MODELS.items():
        for trial, training in enumerate(settings.trials[model.learner]):
            forecaster = Forecaster(model, training, seed=seed).fit(inner.windows[inner.train])
            error = mape(inner.actual[inner.test], forecaster.predict(inner.windows[inner.test]))
            rows.append({"model": name, "trial": trial, "mape": error})
    return rows


def judged(settings: Models, district: str, seed: int) -> list[dict]:
    """Every model and both naive forecasts on the days after the split."""
    data = prepared(district, settings.preparation, settings.split)
    rows = [learnt(settings, data, name, seed) for name in MODELS]
    demand = districts()[district].demand.to_numpy()
    for name, back in NAIVE.items():
        rows.append({"model": name} | scores(data, naive_forecast(demand, data.day[data.test], back)) | {"seconds": 0})
    return rows


def leaks(settings: Models, district: str, seed: int) -> list[dict]:
    """The hybrid, and its control that is not denoised, where all days were prepared before they were split."""
    data = prepared(district, settings.preparation, settings.split)
    return [learnt(settings, data, name, seed) for name in settings.chosen]


def learnt(settings: Models, data: Prepared, name: str, seed: int) -> dict:
    start = time.process_time()
    forecaster = Forecaster(MODELS[name], settings.chosen[name], seed=seed).fit(data.windows[data.train])
    spent = round(time.process_time() - start, 2)
    return {"model": name} | scores(data, forecaster.predict(data.windows[data.test])) | {"seconds": spent}


def scores(data: Prepared, forecast: np.ndarray) -> dict[str, float]:
    return {name: measure(data.actual[data.test], forecast) for name, measure in MEASURES.items()}


# ----------------------------------------------------------------------------------------------------------- bridge


def bridged(settings: Bridge, district: str, generator_seed: int) -> list[dict]:
    """The hybrid with its own half-year, and with as many stretches again of each kind."""
    data = prepared(district, settings.preparation, settings.split)
    learnable = np.flatnonzero(data.train)
    own, before = learnable[-settings.own_days :], learnable[: -settings.own_days]
    earlier = before[-len(own) :]
    stretches, real = as_signals(data, own), {NONE: own[:0], MORE: earlier}
    draw = sources(settings, stretches, generator_seed)
    rows = []
    for seed in settings.forecaster_seeds:
        for method in (NONE, *draw, MORE):
            if method in real:
                extra = data.windows[real[method]]
                shown = as_signals(data, earlier).values if method == MORE else stretches.values
            else:
                shown = draw[method](seed)
                extra = as_windows(settings, shown, stretches.labels)
            learn_from = data.windows[own].joined(extra)
            forecaster = Forecaster(MODELS[HYBRID], settings.chosen, seed=seed).fit(learn_from)
            found = scores(data, forecaster.predict(data.windows[data.test]))
            away = metrics.frechet_distance(demand_of(stretches.values), demand_of(shown))
            rows.append({"seed": seed, "method": method, "learnt": len(learn_from), "frechet": away} | found)
    return rows


def sources(settings: Bridge, stretches: SignalDataset, generator_seed: int) -> dict:
    """Name -> seed -> as many stretches of the same weekdays."""
    labels = stretches.labels
    trained, untrained = (generator_of(settings, stretches, generator_seed, learn) for learn in (True, False))
    gaussian, copies = Gaussian().fit(stretches), JitteredCopies(settings.jitter).fit(stretches)
    return {
        GENERATED: lambda seed: trained(labels, seed),
        UNTRAINED: lambda seed: untrained(labels, seed),
        GAUSSIAN: lambda seed: gaussian.sample(labels, seed=seed),
        JITTERED: lambda seed: copies.sample(labels, seed=seed),
    }


def as_signals(data: Prepared, rows: np.ndarray) -> SignalDataset:
    """Stretches as signals: demand from its level in units of the scale, and components; the class is the weekday."""
    segments, windows = data.segments, data.windows
    demand = (segments.demand[rows] - windows.level[rows, None]) / windows.scale
    weather = segments.components[rows]
    weather = np.concatenate([weather, weather[:, -1:]], axis=1)  # the last day's is not known, and never looked at
    values = np.concatenate([demand[:, None], weather.transpose(0, 2, 1)], axis=1)
    names = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
    labels = torch.from_numpy(segments.weekday[rows])
    return SignalDataset(torch.from_numpy(values).float(), labels, names)


def as_windows(settings: Bridge, values: torch.Tensor, labels: torch.Tensor) -> Windows:
    """Signals back into windows; they are in units of the scale already."""
    signals = values.double().numpy()
    segments = Segments(signals[:, 0], signals[:, 1:, :-1].transpose(0, 2, 1), labels.numpy())
    return windows_of(segments, 1.0, settings.preparation)


def generator_of(settings: Bridge, stretches: SignalDataset, seed: int, learn: bool) -> Callable:
    """(labels, seed) -> stretches, from the recipe's generator, trained or as it begins."""
    scaler = Scaler.fit(stretches)
    scaled, recipe = scaler.transform(stretches), settings.recipe.with_config(seed=seed)
    generator, critic = recipe.build(scaled, conditional=True, seed=seed)
    if learn:
        train(generator, critic, scaled, recipe.config, device="cpu")
    return lambda labels, seed: scaler.inverse(sample(generator, len(labels), labels=labels, seed=seed))


def demand_of(values: torch.Tensor) -> np.ndarray:
    return values[:, 0].double().numpy()


# -------------------------------------------------------------------------------------------------------- the parts


def part(name: str, settings: Tuning | Models | Bridge, work: Callable, runs: tuple[dict, ...]) -> Part:
    return Part(f"forecasting/{name}", f"forecasting/{name}.csv", "forecasting/manifest.json", settings, work, runs)


def runs(names: tuple[str, ...], seeds: tuple[int, ...], of: str = "seed") -> tuple[dict, ...]:
    return tuple({"district": district, of: seed} for district in names for seed in seeds)


MODELS_SETTINGS = Models(CHOSEN)
LEAK = Models({name: CHOSEN[name] for name in (HYBRID, "PCA-LSTM")}, Preparation(causal=False))
BRIDGE = Bridge(CHOSEN[HYBRID])
PARTS = [
    part("tuning", TUNING, tuned, runs(TUNING.districts, TUNING.seeds)),
    part("models", MODELS_SETTINGS, judged, runs(DISTRICTS, MODELS_SETTINGS.seeds)),
    part("leak", LEAK, leaks, runs(DISTRICTS, LEAK.seeds)),
    part("bridge", BRIDGE, bridged, runs(BRIDGE.districts, BRIDGE.seeds, "generator_seed")),
]

if __name__ == "__main__":
    tables.command(PARTS, make, __doc__)
