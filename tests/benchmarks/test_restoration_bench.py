"""The bench of restoration: gaps of the size stated at places of their own, windows cut right, a row a way to fill."""

import inspect
from dataclasses import asdict, replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import torch
from test_benches import made_in_two_sittings

from benchmarks import restoration, tables
from benchmarks.recordings import Simulated
from benchmarks.restoration import Controls, Damage, Search, Smoother, Tuning, gaps, inside, seams
from course_lib.checkpoints import load_model, save_model
from course_lib.data import Scaler
from course_lib.training import BEST_RECIPE, Recipe

DATA = Simulated(2, per_class=60, length=40)
TINY = Damage(DATA, "tiny", shares=(0.15,), filled=0.5, margin=4, draws=19, search=Search(0.1, 1, 0.1))


def as_far_apart(real, fake, *, seed):
    """In the judges' place, which take seconds: how far the means of two sets of windows of one shape are apart."""
    assert real.shape[1:] == fake.shape[1:]
    return SimpleNamespace(caught=0.5 + abs(float(np.mean(real) - np.mean(fake))) / 10, null=0.7)


@pytest.fixture
def committed(tmp_path, monkeypatch):
    """An untrained generator of the course's recipe where the committed ones are."""
    learnt, _ = TINY.split.of(DATA.load())
    scaler = Scaler.fit(learnt)
    scaled = scaler.transform(learnt)
    generator, _ = replace(BEST_RECIPE, dim=4, latent_dim=4).build(scaled, conditional=True)
    path = tmp_path / "data/checkpoints/tiny/generator.safetensors"
    path.parent.mkdir(parents=True)
    save_model(generator, path, scaler=scaler, class_names=learnt.class_names)
    monkeypatch.setattr(tables, "DATA", tmp_path / "data")
    restoration.fillers_of.cache_clear()
    monkeypatch.setattr(restoration.metrics, "discriminative_score", as_far_apart)
    yield tmp_path
    restoration.fillers_of.cache_clear()
    restoration.searched.cache_clear()


@pytest.mark.parametrize(("share", "size"), [(0.05, 8), (0.15, 24), (0.3, 48)])
def test_a_gap_is_one_stretch_of_the_share_at_any_place_that_leaves_the_margins(share, size):
    missing = gaps(2000, 160, share, 4, seed=0)
    assert (missing.sum(axis=1) == size).all()
    assert (np.abs(np.diff(missing.astype(int), axis=1)).sum(axis=1) == 2).all()
    starts = missing.argmax(axis=1)
    assert (starts.min(), starts.max()) == (4, 160 - 4 - size)
    assert abs(starts.mean() - (160 - size) / 2) < 5 * (160 - size) / np.sqrt(12 * 2000)
    np.testing.assert_array_equal(gaps(2000, 160, share, 4, seed=0), missing)
    assert (gaps(2000, 160, share, 4, seed=1) != missing).any()


def test_windows_hold_the_gap_and_both_of_its_ends():
    values = np.arange(40.0).reshape(1, 2, 20)
    missing = np.zeros((1, 20), dtype=bool)
    missing[0, 6:9] = True
    np.testing.assert_array_equal(inside(values, missing)[0], [[6, 7, 8], [26, 27, 28]])
    ends = seams(values, missing, 2)[0]
    np.testing.assert_array_equal(ends, [[4, 5, 6, 7], [24, 25, 26, 27], [7, 8, 9, 10], [27, 28, 29, 30]])


def test_the_bench_makes_a_row_a_way_in_two_sittings(committed):
    folder = committed / "made"
    table = made_in_two_sittings(restoration, restoration.part("signs", TINY), folder)
    assert list(table)[:5] == ["set", "share", "label", "method", "squared_error"]
    assert list(table["label"].unique()) == ["known", "unknown"]
    assert list(table["method"][:6]) == [
        restoration.INTERPOLATION,
        restoration.NEAREST,
        restoration.GAUSSIAN,
        restoration.COMPONENTS,
        restoration.LATENT,
        restoration.MEAN,
    ]
    assert (table["gap"] == 6).all()
    drawn = table["method"].isin([restoration.GAUSSIAN, restoration.COMPONENTS, restoration.LATENT])
    assert (table["energy_score"].notna() == drawn).all()
    assert table.loc[drawn, "band_coverage"].between(0, 1).all()
    gaussian = table[table["method"] == restoration.GAUSSIAN]
    assert (gaussian[["above_gaussian", "low", "high"]] == 0).all(axis=None)
    pchip = table[table["method"] == restoration.INTERPOLATION]
    assert pchip["squared_error"].nunique() == 1  # it asks for no label
    assert table[["caught_inside", "caught_seam"]].ge(0.5).all(axis=None)


def test_a_control_is_compared_with_the_search_recording_by_recording(committed):
    settings = Controls(DATA, "tiny", shares=(0.15,), filled=0.5, draws=19, search=TINY.search, untrained_seeds=(0, 1))
    settings = replace(settings, recipe=replace(BEST_RECIPE, dim=4, latent_dim=4))
    table = made_in_two_sittings(restoration, restoration.controls_part("signs", settings), committed / "made")
    others = [restoration.GAUSSIAN, restoration.COMPONENTS, "latent search, untrained 0", "latent search, untrained 1"]
    assert list(table["against"]) == 2 * others
    np.testing.assert_allclose(table["above_search"], table["energy_score"] - table["of_search"], atol=1e-6)
    assert (table["low"] <= table["above_search"]).all() and (table["above_search"] <= table["high"]).all()
    assert table.groupby("label")["of_search"].nunique().tolist() == [1, 1]
    nets = [restoration.control_of(settings, name).generator for name in others[2:]]
    assert not torch.equal(*(next(net.parameters()) for net in nets))
    fills = restoration.run(TINY, 0.15, "known")  # the same draws as of the other table
    scores = {row["method"]: row["energy_score"] for row in fills}
    known = table[table["label"] == "known"].set_index("against")
    assert known.loc[restoration.GAUSSIAN, "of_search"] == pytest.approx(scores[restoration.LATENT])
    assert known.loc[restoration.GAUSSIAN, "energy_score"] == pytest.approx(scores[restoration.GAUSSIAN])


def test_a_smoother_law_has_the_mean_of_its_own_and_less_roughness(committed):
    settings = Smoother(DATA, "tiny", shares=(0.15,), filled=0.5, draws=19, search=TINY.search)
    who, case = restoration.fillers_of(settings), restoration.case_of(settings, 0.15, "known")
    given = dict(labels=case.labels["labels"], seed=0)

    def fills(law):
        return np.stack([inside(one, case.missing) for one in law.sample(case.given, case.missing, 300, **given)])

    def rough(draws):
        return np.diff(draws - draws.mean(axis=0), 2, axis=-1).std()

    for name, law in ((restoration.SMOOTHED, who.gaussian), (restoration.NOISELESS, who.components)):
        plain, smooth = fills(law), fills(restoration.control_of(settings, name))
        assert rough(smooth) < 0.8 * rough(plain), name
        np.testing.assert_allclose(smooth.mean(axis=0), plain.mean(axis=0), atol=6 * plain.std(axis=0).max() / 300**0.5)
    # where white noise is all that is left out, a draw varies by as much less
    law, less = who.components, restoration.control_of(settings, restoration.NOISELESS)
    damaged = law._checked(case.given, case.missing, case.labels["labels"])
    (one,), (other,) = law._laws(damaged, 3)[1], less._laws(damaged, 3)[1]
    noise = np.linalg.eigvalsh(law.moments[damaged.labels[3]][1])[0]
    np.testing.assert_allclose(np.diag(one.covariance - other.covariance), noise, rtol=1e-6)
    assert noise > 0 and np.linalg.eigvalsh(other.covariance)[0] > -1e-9


def test_the_bench_of_smoother_laws_makes_its_rows(committed):
    settings = Smoother(DATA, "tiny", shares=(0.15,), filled=0.5, draws=19, search=TINY.search)
    table = made_in_two_sittings(restoration, restoration.smoother_part("signs", settings), committed / "made")
    wanted = [("known", restoration.SMOOTHED), ("known", restoration.NOISELESS), ("unknown", restoration.SMOOTHED)]
    assert list(zip(table["label"], table["against"], strict=True)) == wanted


def test_the_search_through_the_very_generator_is_no_worse_than_itself(committed, monkeypatch):
    """The control of the control: what differs is the generator alone."""
    settings = Controls(DATA, "tiny", shares=(0.15,), filled=0.5, draws=5, search=TINY.search)
    monkeypatch.setattr(Recipe, "build", lambda *a, **k: (load_model(restoration.weights_of(settings)), None))
    (row,) = restoration.control_run(settings, 0.15, "known", "latent search, untrained 0")
    assert row["above_search"] == row["low"] == row["high"] == 0


def test_no_way_is_shown_what_is_missing(committed, monkeypatch):
    seen = []
    monkeypatch.setattr(restoration, "interpolate", lambda x, gone: seen.append((x, gone)) or np.nan_to_num(x))
    restoration.run(TINY, 0.15, "known")
    ((given, missing),) = seen
    assert np.isnan(given[:, 0][missing]).all()
    assert np.isfinite(given[:, 0][~missing]).all()


def test_recordings_that_are_filled_are_not_those_that_they_are_judged_against(committed):
    who = restoration.fillers_of(TINY)
    sets = [{tuple(row) for row in part.values[:, 0].tolist()} for part in (who.learnt, who.damaged, who.others)]
    assert sum(map(len, sets)) == len(set.union(*sets)) == 120


def test_tuning_is_on_recordings_that_were_trained_on(committed, monkeypatch):
    settings = Tuning(DATA, "tiny", tolerances=(0.1, 0.2), steps=(1,), learning_rates=(0.1,), recordings=4, draws=2)
    filled = []

    class Seeing(restoration.LatentSearch):
        def fill(self, values, missing, **given):
            filled.append(values)
            return super().fill(values, missing, **given)

    monkeypatch.setattr(restoration, "LatentSearch", Seeing)
    part = restoration.tuning_part("signs", settings)
    table = made_in_two_sittings(restoration, part, committed / "made")
    assert list(table)[:6] == ["set", "tolerance", "steps", "learning_rate", "squared_error", "energy_score"]
    learnt = restoration.fillers_of(TINY).learnt.values[:, 0].double().numpy()
    for (signal,) in filled[0]:
        assert np.isnan(signal).sum() == 6  # 15 % of 40 steps are not shown
        assert any(np.array_equal(signal[~np.isnan(signal)], own[~np.isnan(signal)]) for own in learnt)
    assert restoration.best(table).tolerance in (0.1, 0.2)


def test_the_best_setting_is_best_over_both_sets_and_measures_each_in_shares_of_its_own_least():
    rows = [("a", 0.1, 5, 0.3, 1.0, 3.0), ("a", 0.2, 5, 0.3, 1.1, 3.0)]
    rows += [("b", 0.1, 5, 0.3, 20.0, 3.0), ("b", 0.2, 5, 0.3, 10.0, 3.0)]
    table = pd.DataFrame(rows, columns=["set", "tolerance", "steps", "learning_rate", "energy_score", "squared_error"])
    assert restoration.best(table) == Search(0.2, 5, 0.3)
    table.loc[1, "squared_error"] = 30.0  # points that err ten times undo it
    assert restoration.best(table) == Search(0.1, 5, 0.3)


def test_the_sets_are_those_of_committed_generators_at_the_shares_stated():
    for name, settings in restoration.SETS.items():
        assert (tables.DATA / "checkpoints" / name / "generator.safetensors").is_file()
        assert settings.generator == name
        assert settings.shares == (0.05, 0.15, 0.3)
        assert settings.draws == 20


def test_the_search_s_defaults_are_the_best_of_the_committed_trials():
    found = restoration.best(pd.read_csv(tables.DATA / "restoration" / "tuning.csv"))
    assert found == Search()
    search = inspect.signature(restoration.LatentSearch).parameters
    assert {name: search[name].default for name in ("tolerance", "steps", "learning_rate")} == asdict(found)
