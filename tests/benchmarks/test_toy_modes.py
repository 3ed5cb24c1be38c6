"""The bench of ring and grid: its committed table is whole and says what is claimed; its own nets do what they say."""

import numpy as np
import pandas as pd
import pytest
import torch

from benchmarks import toys
from benchmarks.tables import DATA, read_manifest
from course_lib.data import grid
from course_lib.training import TrainingConfig

TABLE = pd.read_csv(DATA / "toy_modes.csv")
MEANS = TABLE.groupby(["method", "distribution"]).mean(numeric_only=True)
COLUMNS = ["method", "distribution", "seed", "steps", "seconds", "modes", "high_quality", "reverse_kl", "spread"]
TINY = toys.Method(
    TrainingConfig(objective="wgan_gp", steps=2, batch_size=8, critic_steps=1, sobolev_weight=0.0), depth=1
)


def test_every_method_has_every_seed_once_on_both_distributions():
    wanted = {(m, d, s) for m in [toys.PERFECT, *toys.METHODS] for d in ("ring", "grid") for s in range(5)}
    rows = list(TABLE[["method", "distribution", "seed"]].itertuples(index=False, name=None))
    assert len(rows) == len(set(rows)) and set(rows) == wanted
    assert list(TABLE) == COLUMNS


def test_the_manifest_says_at_which_commit_each_method_was_run():
    records = read_manifest(toys.PARTS[0])["parts"]
    assert set(records) == {toys.PERFECT, *toys.METHODS}
    for record in records.values():
        assert record["settings"]["seeds"] == [0, 1, 2, 3, 4]
        assert record["settings"]["samples"] == 2500
        assert all(len(here["commit"]) == 40 and here["versions"] and here["processor"] for here in record["made_with"])


def test_rows_are_those_of_the_last_step():
    for (name, steps), _ in TABLE[TABLE.method != toys.PERFECT].groupby(["method", "steps"]):
        assert steps == toys.METHODS[name].config.steps, name


def test_the_measure_gives_the_distributions_themselves_what_the_closed_forms_say():
    for which, modes in (("ring", 8), ("grid", 25)):
        perfect = MEANS.loc[toys.PERFECT, which]
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
    trained = TABLE[TABLE.method != toys.PERFECT]
    assert trained.high_quality.max() < 0.98889 + 3 * (0.98889 * 0.01111 / 2500) ** 0.5
    assert trained[trained.high_quality > 0.9].spread.min() > 0.25


def test_no_run_took_longer_than_the_bench_allows():
    """Two minutes on an idle machine; with another run on the other core the longest took a little more."""
    assert TABLE.groupby(["method", "distribution"]).seconds.mean().max() < 125


def test_a_run_of_two_steps_is_judged_and_comes_out_the_same_again():
    (first,), (again,), (other,) = (toys.run(TINY, "ring", seed=seed) for seed in (3, 3, 4))
    assert first.pop("seconds") >= 0
    assert again.pop("seconds") >= 0
    assert ["method", "distribution", "seed", "steps", "seconds", *list(first)[1:]] == COLUMNS
    assert first["steps"] == 2
    assert 0 <= first["modes"] <= 8
    assert str(first) == str(again)  # as text: an untrained net's spread may be NaN
    assert other["reverse_kl"] != first["reverse_kl"]


def test_the_judge_knows_collapse_from_perfection():
    distribution = grid().standardized()
    one_point = distribution.centers[:1].expand(100, 2)
    found = toys.judge(one_point, distribution)
    assert found["modes"] == 1
    assert found["high_quality"] == 1
    assert found["spread"] == 0
    assert found["reverse_kl"] == pytest.approx(torch.tensor(25.0).log().item(), rel=1e-3)


def test_a_method_with_output_noise_starts_from_the_weights_that_its_seed_gives_a_plain_one():
    noisy = toys.build(toys.Method(TINY.config, latent_dim=6, signs=2, output_noise=0.1), seed=5)
    plain = toys.build(toys.Method(TINY.config, latent_dim=4), seed=5)
    for ours, theirs in ((noisy[0].points, plain[0]), (noisy[1], plain[1])):
        assert all(torch.equal(a, b) for a, b in zip(ours.parameters(), theirs.parameters(), strict=True))


def test_waves_fade_in_along_a_straight_line_between_two_shares_of_the_steps():
    config = TrainingConfig(objective="wgan_gp", steps=100, sobolev_weight=0.0)
    waves = toys.Critic("relu", fourier_features=(25.0,))
    method = toys.Method(config, critic=waves, fade_in=toys.FadeIn(0.2, 0.6, 2.0))
    critic, heard = toys.build(method, seed=0)[1], []
    for step in (0, 20, 30, 40, 60, 100):
        toys.fade_in(method, critic, step)
        heard.append(critic.fourier_scale.item())
    np.testing.assert_allclose(heard, [0, 0, 0.5, 1, 2, 2], atol=1e-6)
    untouched = toys.build(toys.Method(config, critic=waves), seed=0)[1]
    toys.fade_in(toys.Method(config, critic=waves), untouched, 0)
    assert untouched.fourier_scale == 1
