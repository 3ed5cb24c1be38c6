"""The bench of ring and grid: its committed table is whole and says what is claimed; a stopped bench goes on."""

import importlib.util
import json
import sys
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
import torch

from course_lib.data import grid, ring
from course_lib.training import TrainingConfig

ROOT = Path(__file__).resolve().parents[2]
spec = importlib.util.spec_from_file_location("make_toys", ROOT / "data" / "toys" / "make.py")
make_toys = sys.modules["make_toys"] = importlib.util.module_from_spec(spec)  # other benches are called make too
spec.loader.exec_module(make_toys)

TABLE = pd.read_csv(make_toys.TABLE)
MEANS = TABLE.groupby(["method", "distribution"]).mean(numeric_only=True)
TINY = make_toys.Method(TrainingConfig(objective="wgan_gp", steps=2, batch_size=8, critic_steps=1, detail=0.0), depth=1)


def test_every_method_has_every_seed_once_on_both_distributions():
    wanted = {(m, d, s) for m in [make_toys.PERFECT, *make_toys.METHODS] for d in ("ring", "grid") for s in range(5)}
    rows = list(TABLE[["method", "distribution", "seed"]].itertuples(index=False, name=None))
    assert len(rows) == len(set(rows)) and set(rows) == wanted
    assert list(TABLE) == list(make_toys.COLUMNS)


def test_the_manifest_has_the_settings_that_the_bench_would_run_today():
    told = json.loads(make_toys.MANIFEST.read_text())
    assert told["seeds"] == [0, 1, 2, 3, 4] and told["samples"] == 2500
    assert {name: entry["settings"] for name, entry in told["methods"].items()} == {
        name: make_toys.settings(method) for name, method in ({make_toys.PERFECT: None} | make_toys.METHODS).items()
    }
    assert {"command", "machine", "versions"} <= set(told)
    assert all(len(entry["commit"]) == 40 for entry in told["methods"].values())


def test_rows_are_those_of_the_last_step():
    for (name, steps), _ in TABLE[TABLE.method != make_toys.PERFECT].groupby(["method", "steps"]):
        assert steps == make_toys.METHODS[name].config.steps, name


def test_the_measure_gives_the_distributions_themselves_what_the_closed_forms_say():
    for which, modes in (("ring", 8), ("grid", 25)):
        perfect = MEANS.loc[make_toys.PERFECT, which]
        assert perfect.modes == modes
        # 1 - exp(-9/2), within 4 standard errors of 5 x 2,500 draws; KL of counts: (K - 1) / 2n
        assert perfect.high_quality == pytest.approx(0.98889, abs=4 * (0.98889 * 0.01111 / 12_500) ** 0.5)
        assert perfect.reverse_kl == pytest.approx((modes - 1) / 5000, rel=0.5)
        assert perfect.spread == pytest.approx(1, abs=0.02)


def test_the_classic_gan_collapses_on_every_seed_and_unrolling_it_does_not():
    runs = TABLE.set_index("method")
    assert (runs.loc["GAN"].modes <= 1).all()
    assert (runs.loc["Unrolled GAN"].query("distribution == 'ring'").modes == 8).all()
    assert (runs.loc["Unrolled GAN"].query("distribution == 'grid'").modes >= 15).all()
    assert MEANS.loc["Unrolled GAN", "ring"].high_quality < 0.25  # it finds the modes and does not hit them
    assert (runs.loc["GAN (falling rate)"].query("distribution == 'ring'").modes == 8).all()  # nor need it be unrolled


@pytest.mark.parametrize("method", ["WGAN-GP", "relativistic + R1 + R2", "non-saturating + R1"])
def test_a_penalised_critic_finds_all_modes_evenly_on_every_seed(method):
    runs = TABLE[TABLE.method == method]
    for which, modes in (("ring", 8), ("grid", 25)):
        own = runs[runs.distribution == which]
        assert (own.modes == modes).all()
        assert own.reverse_kl.max() < 0.05


def test_the_goals_that_were_set_for_the_bench():
    for method, on_ring, on_grid in (("WGAN-GP", 0.96, 0.90), ("non-saturating + R1", 0.98, 0.96)):
        assert MEANS.loc[method, "ring"].high_quality >= on_ring and MEANS.loc[method, "ring"].modes == 8
        assert MEANS.loc[method, "grid"].high_quality >= on_grid and MEANS.loc[method, "grid"].modes == 25
    assert MEANS.loc["non-saturating + R1 + R2 (waves, noise)"].spread.between(0.9, 1.1).all()
    with_signs = MEANS.loc["non-saturating + R1 + R2 (waves, noise, signs)"].spread
    assert 0.9 <= with_signs["ring"] <= 1.1 and 0.89 < with_signs["grid"] < 0.9  # missed by a hair, and said so


def test_no_run_scores_better_than_perfect_by_making_points_of_its_modes():
    trained = TABLE[TABLE.method != make_toys.PERFECT]
    assert trained.high_quality.max() < 0.98889 + 3 * (0.98889 * 0.01111 / 2500) ** 0.5
    assert trained[trained.high_quality > 0.9].spread.min() > 0.25


def test_no_run_took_longer_than_the_bench_allows():
    """Two minutes on an idle machine; with another run on the other core the longest took a little more."""
    assert TABLE.groupby(["method", "distribution"]).seconds.mean().max() < 125


def test_a_run_of_two_steps_is_judged_and_comes_out_the_same_again():
    results = [make_toys.run(TINY, ring().standardized(), seed=3) for _ in range(2)]
    for result in results:
        assert result.pop("seconds") >= 0
        assert set(result) | {"method", "distribution", "seed", "seconds"} == set(make_toys.COLUMNS)
        assert result["steps"] == 2 and 0 <= result["modes"] <= 8
    assert str(results[0]) == str(results[1])  # as text: an untrained net's spread may be NaN
    other = make_toys.run(TINY, ring().standardized(), seed=4)
    assert other["reverse_kl"] != results[0]["reverse_kl"]


def test_what_is_in_the_table_is_not_run_again_and_what_was_changed_is(tmp_path, monkeypatch):
    paths = dict(table=tmp_path / "t.csv", manifest=tmp_path / "m.json", seeds=range(2))
    make_toys.make({"tiny": TINY, make_toys.PERFECT: None}, **paths)
    whole = make_toys.read(paths["table"])
    assert len(whole) == 2 * 2 * 2

    runs = []
    monkeypatch.setattr(
        make_toys, "run", lambda m, d, s: runs.append(s) or {"steps": 2, "seconds": 0.0} | make_toys.judge(d.centers, d)
    )
    make_toys.make({"tiny": TINY, make_toys.PERFECT: None}, **paths)
    assert runs == [] and make_toys.read(paths["table"]) == whole

    make_toys.write(paths["table"], [row for row in whole if row["seed"] != "1" or row["distribution"] != "grid"])
    make_toys.make({"tiny": TINY}, **paths)  # stopped before the last row of each method
    assert runs == [1]

    changed = replace(TINY, config=replace(TINY.config, learning_rate=2e-3))
    make_toys.make({"tiny": changed}, **paths)
    assert runs == [1, 0, 1, 0, 1]
    told = json.loads(paths["manifest"].read_text())["methods"]
    assert told["tiny"]["settings"]["config"]["learning_rate"] == 2e-3 and make_toys.PERFECT in told
    kept = [row for row in make_toys.read(paths["table"]) if row["method"] == make_toys.PERFECT]
    assert len(kept) == 3  # another method's rows stay


def test_the_judge_knows_collapse_from_perfection():
    distribution = grid().standardized()
    one_point = distribution.centers[:1].expand(100, 2)
    found = make_toys.judge(one_point, distribution)
    assert found["modes"] == 1 and found["high_quality"] == 1 and found["spread"] == 0
    assert found["reverse_kl"] == pytest.approx(torch.tensor(25.0).log().item(), rel=1e-3)
