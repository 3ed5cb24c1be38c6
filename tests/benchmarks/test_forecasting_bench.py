"""The bench of forecasts: tuning sees learnt days alone, models are judged alike, stretches go there and back."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch
from test_benches import made_in_two_sittings

from benchmarks import forecasting, tables
from benchmarks.forecasting import BRIDGE, CHOSEN, HYBRID, LEAK, MODELS_SETTINGS, TUNING, Bridge, Models, Tuning
from course_lib.data import WaterDemand, simulate_water_demand
from course_lib.forecasting import MODELS, NAIVE, Preparation, Training, mape, prepare
from course_lib.training import Recipe, TrainingConfig

TOWNS = {name: simulate_water_demand(240, seed=seed) for seed, name in enumerate("AB")}
SHORT = Training(steps=2, batch_size=8, hidden=2)


@pytest.fixture(autouse=True)
def made_up_districts(monkeypatch):
    monkeypatch.setattr(forecasting, "districts", lambda: TOWNS)


def test_every_learner_had_three_trials_and_the_tuning_seeds_are_not_the_reporting_ones():
    assert {len(trials) for trials in TUNING.trials.values()} == {3}
    assert {model.learner for model in MODELS.values()} == set(TUNING.trials)
    assert not set(TUNING.seeds) & set(MODELS_SETTINGS.seeds)
    assert len(MODELS_SETTINGS.seeds) == len(LEAK.seeds) == len(BRIDGE.forecaster_seeds) == 5
    assert forecasting.DISTRICTS == tuple("ABCDEFGHIJ")


def test_what_was_chosen_is_what_the_committed_trials_say():
    table = pd.read_csv(tables.DATA / "forecasting/tuning.csv")
    means = table.groupby(["model", "trial"])["mape"].mean().unstack()
    assert means.idxmin(axis=1).to_dict() == forecasting.BEST_TRIALS
    for name, trial in forecasting.BEST_TRIALS.items():
        assert CHOSEN[name] == TUNING.trials[MODELS[name].learner][trial]


def test_tuning_sees_no_day_after_the_split(monkeypatch):
    settings = Tuning({learner: (SHORT,) for learner in TUNING.trials}, ("A",))
    before = forecasting.tuned(settings, "A", 100)
    water = TOWNS["A"]
    demand = water.demand.copy()
    demand.iloc[round(0.6 * 240) :] *= 3
    monkeypatch.setattr(forecasting, "districts", lambda: {"A": WaterDemand(demand, water.weather, water.measured)})
    assert forecasting.tuned(settings, "A", 100) == before
    assert [row["model"] for row in before] == list(MODELS)


def test_naive_rows_are_the_errors_of_looking_back():
    rows = {row["model"]: row for row in forecasting.judged(Models(dict.fromkeys(MODELS, SHORT)), "B", 0)}
    demand, split = TOWNS["B"].demand.to_numpy(), round(0.6 * 240)
    for name, back in NAIVE.items():
        assert rows[name]["mape"] == pytest.approx(mape(demand[split:], demand[split - back : -back]))
    assert list(rows) == [*MODELS, *NAIVE]


def test_the_leak_is_the_models_own_settings_prepared_with_hindsight():
    assert replace(LEAK, chosen=CHOSEN, preparation=replace(LEAK.preparation, causal=True)) == MODELS_SETTINGS
    assert not LEAK.preparation.causal
    assert {name: CHOSEN[name] for name in (HYBRID, "PCA-LSTM")} == LEAK.chosen


def test_stretches_become_signals_and_the_windows_that_they_came_from():
    data = prepare(TOWNS["A"], 144)
    rows = np.flatnonzero(data.train)[-20:]
    stretches = forecasting.as_signals(data, rows)
    assert stretches.values.shape == (20, 4, 33)
    back = forecasting.as_windows(Bridge(SHORT), stretches.values, stretches.labels)
    for name in ("raw", "smooth", "rough", "components", "calendar", "smooth_target", "rough_target"):
        np.testing.assert_allclose(getattr(back, name), getattr(data.windows[rows], name), atol=1e-5, err_msg=name)


def test_a_generator_learns_its_own_half_year_and_draws_the_weekdays_that_it_is_asked_for():
    data = prepare(TOWNS["A"], 144)
    stretches = forecasting.as_signals(data, np.flatnonzero(data.train)[-40:])
    tiny = Recipe(TrainingConfig(steps=2, batch_size=8), dim=4, latent_dim=4)
    draw = forecasting.sources(Bridge(SHORT, tiny), stretches, 0)
    made = {name: source(1) for name, source in draw.items()}
    for name, values in made.items():
        assert values.shape == stretches.values.shape, name
        assert torch.equal(values, draw[name](1)) and not torch.equal(values, draw[name](2)), name
    assert not torch.equal(made[forecasting.GENERATED], made[forecasting.UNTRAINED])


TINY = {
    "tuning": (Tuning({learner: (SHORT, SHORT) for learner in TUNING.trials}, ("A", "B")), forecasting.tuned),
    "models": (Models(dict.fromkeys(MODELS, SHORT), seeds=(0,)), forecasting.judged),
    "leak": (Models({HYBRID: SHORT}, Preparation(causal=False), seeds=(0,)), forecasting.leaks),
}


@pytest.mark.parametrize("name", list(TINY))
def test_a_part_is_made_in_two_sittings(name, tmp_path):
    settings, work = TINY[name]
    part = forecasting.part(name, settings, work, forecasting.runs(("A", "B"), settings.seeds))
    table = made_in_two_sittings(forecasting, part, tmp_path)
    assert list(table["district"].unique()) == ["A", "B"]
    assert table["mape"].between(0, 100).all()
    assert len(table) == 2 * {"tuning": 16, "models": 10, "leak": 1}[name]


def test_the_bridge_adds_as_many_stretches_of_every_kind(tmp_path):
    recipe = Recipe(TrainingConfig(steps=1, batch_size=8), dim=4, latent_dim=4)
    settings = Bridge(SHORT, recipe, ("A", "B"), own_days=50, forecaster_seeds=(0, 1), seeds=(0,))
    runs = forecasting.runs(settings.districts, settings.seeds, "generator_seed")
    table = made_in_two_sittings(forecasting, forecasting.part("bridge", settings, forecasting.bridged, runs), tmp_path)
    assert len(table) == 2 * 2 * 6
    alone = table["method"] == forecasting.NONE
    assert (table.loc[alone, "learnt"] == 50).all() and (table.loc[~alone, "learnt"] == 100).all()
    assert (table.loc[alone, "frechet"] < 1e-6).all() and (table.loc[~alone, "frechet"] > 1e-3).all()
