"""The fair bench: one frame for all methods, each method is what it is called, and the trials choose its setting."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

from benchmarks import fair, points, tables
from benchmarks.manifests import differences, plain
from benchmarks.points import Critic, Recipe
from benchmarks.priors import FadeIn
from course_lib.data import grid, ring
from course_lib.training import TrainingConfig, train

TINY = dict(steps=2, batch_size=8)


def tiny(recipe):
    """The same method with nets, batch and length that take no time."""
    return replace(recipe, width=8, depth=1, config=replace(recipe.config, **TINY))


def settings_of(name):
    return fair.trials(fair.METHODS[name], 1.0)


def first_of(name):
    return tiny(next(iter(settings_of(name).values())))


def trained(recipe, seed=0):
    generator, critic = points.build(recipe, seed)
    history = train(generator, critic, ring().standardized(), replace(recipe.config, seed=seed), device="cpu")
    return generator, critic, history.to_frame()


def weights(net):
    return torch.cat([parameter.detach().flatten() for parameter in net.parameters()])


# ----------------------------------------------------------------------------------------------------- the frame


OF_A_METHOD = {"config.objective", "config.critic_steps", "config.steps"}
OWN = {
    "critic's rate times": {"config.critic_learning_rate"},
    "pack": {"critic.pack"},
    "clip": {"config.clip"},
    "factor": {"critic.factor"},
    "weight": {"config.penalty_weight"},
}


def changed_entries(before, after):
    return {line.split(": ")[0] for line in differences(plain(before), plain(after))}


@pytest.mark.parametrize("name", fair.METHODS)
def test_methods_differ_from_the_plain_gan_in_nothing_but_what_they_are(name):
    allowed = OF_A_METHOD | OWN[fair.METHODS[name].own] | {"config.critic_learning_rate"}
    if name == "spectral normalisation":
        allowed |= {"critic.constraint"}
    plain_gan = list(settings_of("GAN").values())[0]
    same_rate = [recipe for text, recipe in settings_of(name).items() if text.startswith("rate 0.001,")]
    assert len(same_rate) == 2
    for recipe in same_rate:
        assert changed_entries(plain_gan, recipe) <= allowed


def test_every_method_has_as_many_trials_on_the_same_seeds_and_none_of_them_is_reported_on():
    counts = {part.rows["method"]: len(part.runs) for part in fair.TUNING_PARTS}
    assert set(counts) == set(fair.METHODS)
    assert set(counts.values()) == {4 * 2 * 2}  # settings, distributions, seeds
    reported = {seed for part in fair.REPORTING_PARTS for seed in part.settings.seeds}
    assert {part.settings.seeds for part in fair.TUNING_PARTS} == {(100, 101)}
    assert not reported & {100, 101}
    for part in fair.REPORTING_PARTS:
        assert part.settings.samples == 2500
        assert part.settings.distributions == ("ring", "grid")
        if part.rows["kind"] != "real":
            assert part.settings.seeds == (0, 1, 2, 3, 4)


@pytest.mark.parametrize("name", fair.METHODS)
def test_the_four_settings_of_a_method_are_two_rates_times_two_values_of_its_own(name):
    method, entry = fair.METHODS[name], OWN[fair.METHODS[name].own]
    recipes = list(settings_of(name).values())
    assert len({str(plain(recipe)) for recipe in recipes}) == 4
    assert [recipe.config.learning_rate for recipe in recipes] == [1e-3, 1e-3, 3e-3, 3e-3]
    for low, high in (recipes[:2], recipes[2:]):
        assert changed_entries(low, high) == entry
    if method.own == "critic's rate times":
        ratios = [recipe.config.critic_learning_rate / recipe.config.learning_rate for recipe in recipes]
        np.testing.assert_allclose(ratios, [1, 3, 1, 3])


def test_runs_get_the_seconds_of_their_kind_whatever_a_step_costs():
    for part in fair.PARTS:
        if part.rows.get("kind") == "real":
            continue
        kind = part.rows.get("kind", "tuning")
        name = part.rows["method"] if kind == "tuning" else part.settings.tuned
        seconds = fair.SECONDS[kind if kind in fair.SECONDS else "reporting"]
        if part.rows["method"].startswith("GAN, the steps"):
            seconds *= fair.METHODS["GAN"].milliseconds / fair.METHODS["Unrolled GAN"].milliseconds
        for recipe in part.settings.trials.values():
            spent = recipe.config.steps * fair.METHODS[name].milliseconds / 1000
            assert spent == pytest.approx(seconds, abs=fair.METHODS[name].milliseconds / 1000)


def test_all_runs_together_keep_the_budget():
    assert 1 < fair.planned_hours() <= 2.5
    seconds = 8 * 16 * 9 + (8 + 5 + 4) * 10 * 23 + 3 * 10 * 75  # counted by hand
    seconds += 0.3 * 10 * (2 * 23 + 75)  # what waves cost more
    seconds += 2 * 10 * 23 * 4.2 / 44.0  # the plain GAN for as many steps as Unrolled GAN, at two rates
    assert fair.planned_hours() == pytest.approx(seconds / 3600, rel=1e-3)


# ------------------------------------------------------------------------------- each method is what it is called


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("GAN", "nowhere"),
        ("Unrolled GAN", "nowhere"),
        ("PacGAN", "nowhere"),
        ("WGAN", "nowhere"),
        ("spectral normalisation", "nowhere"),
        ("WGAN-GP", "between"),
        ("R1", "real"),
        ("relativistic + R1 + R2", "both"),
    ],
)
def test_a_penalty_is_charged_where_the_method_has_one_and_by_its_weight(name, place):
    recipe = first_of(name)
    assert recipe.config.objective.penalty.place == place
    _, critic, history = trained(recipe)
    if place == "nowhere":
        assert (history["penalty"] == 0).all()
    else:
        assert (history["penalty"] > 0).all()
        _, uncharged, _ = trained(replace(recipe, config=replace(recipe.config, penalty_weight=0.0)))
        assert not torch.equal(weights(critic), weights(uncharged))


def test_the_unrolled_generator_looks_five_steps_ahead_and_so_takes_another_step_than_the_plain_one():
    unrolled, plain_gan = first_of("Unrolled GAN"), first_of("GAN")
    assert unrolled.config.objective.unrolled_steps == 5
    assert plain_gan.config.objective.unrolled_steps == 0
    assert not torch.equal(weights(trained(unrolled)[0]), weights(trained(plain_gan)[0]))


@pytest.mark.parametrize("position", [0, 1])
def test_packgan_judges_packs_of_two_and_of_four(position):
    recipe = tiny(list(settings_of("PacGAN").values())[position])
    _, critic = points.build(recipe, seed=0)
    pack = (2, 4)[position]
    batch = torch.randn(8, 2, generator=torch.Generator().manual_seed(0))
    scores = critic(batch)
    assert scores.shape == (8 // pack,)
    moved = batch.clone()
    moved[pack - 1] += 1.0  # the last of the first pack moves the first score and no other
    assert (critic(moved) != scores).tolist() == [True] + [False] * (8 // pack - 1)
    assert len(trained(recipe)[2]) == 2


@pytest.mark.parametrize("position", [0, 1])
def test_wgan_keeps_every_weight_within_its_clip_and_takes_three_critic_steps(position):
    recipe = tiny(list(settings_of("WGAN").values())[position])
    assert recipe.config.critic_steps == 3
    assert weights(trained(recipe)[1]).abs().max() <= (0.01, 0.1)[position]
    assert weights(trained(first_of("WGAN-GP"))[1]).abs().max() > 0.1


def test_wgan_gp_is_charged_the_papers_weight_or_the_toy_codes():
    assert [recipe.config.penalty_weight for recipe in settings_of("WGAN-GP").values()] == [10, 0.1, 10, 0.1]


def test_spectral_normalisation_bounds_the_slope_by_its_factor():
    for recipe, factor in zip(settings_of("spectral normalisation").values(), (1, 30), strict=False):
        _, critic = points.build(tiny(recipe), seed=0)
        for _ in range(50):  # the power iteration catches up
            critic(torch.randn(4, 2))
        inner = critic.critic if factor > 1 else critic
        singular = [
            torch.linalg.svdvals(layer.weight)[0].item() for layer in inner.layers if isinstance(layer, nn.Linear)
        ]
        np.testing.assert_allclose(singular, 1, atol=0.02)
        x = torch.randn(500, 2, requires_grad=True)
        (slope,) = torch.autograd.grad(critic(x).sum(), x)
        assert 0.05 * factor < slope.norm(dim=1).max() < 1.05 * factor


def test_a_factor_multiplies_the_scores_of_the_same_critic():
    recipe = tiny(Recipe(fair.FRAME))
    bare, (_, times) = points.build(recipe, 3)[1], points.build(replace(recipe, critic=Critic(factor=7.0)), 3)
    batch = torch.randn(8, 2)
    torch.testing.assert_close(times(batch), 7 * bare(batch))


# ----------------------------------------------------------------------------------- controls, priors, longer runs


@pytest.mark.parametrize(
    ("row", "entries"),
    [
        ("GAN, low rate", {"config.learning_rate", "config.critic_learning_rate"}),
        ("GAN, low rate, constant", {"config.learning_rate", "config.critic_learning_rate", "config.linear_decay"}),
        ("GAN, rate constant", {"config.linear_decay"}),
        ("GAN, the steps of Unrolled GAN", {"config.steps"}),
        ("WGAN-GP, clipping instead of the penalty", {"config.objective", "config.clip"}),
        ("R1 without its penalty", {"config.objective"}),
    ],
)
def test_a_control_changes_what_it_is_named_for_and_keeps_all_else(row, entries):
    base, change = fair.CONTROLS[row]
    for recipe in fair.trials(fair.METHODS[base], fair.SECONDS["reporting"]).values():
        assert changed_entries(recipe, change(recipe)) == entries
    assert {name for name, _ in fair.CONTROLS.items()} == {
        part.rows["method"] for part in fair.REPORTING_PARTS if part.rows["kind"] == "control"
    }


def test_the_plain_gan_can_have_the_steps_and_the_rate_that_unrolled_gan_chose():
    asked, change = fair.chosen("Unrolled GAN"), fair.CONTROLS["GAN, the steps and rate of Unrolled GAN"][1]
    ahead = fair.trials(fair.METHODS["Unrolled GAN"], fair.SECONDS["reporting"])[asked]
    plain = fair.trials(fair.METHODS["GAN"], fair.SECONDS["reporting"])[fair.chosen("GAN")]
    assert changed_entries(ahead, change(plain)) == {"config.objective"}


def test_the_controls_of_the_rate_cross_both_factors():
    for recipe in settings_of("GAN").values():
        low = fair.CONTROLS["GAN, low rate"][1](recipe).config
        assert (low.learning_rate, low.linear_decay) == (pytest.approx(2e-4), True)
        ratio = recipe.config.critic_learning_rate / recipe.config.learning_rate
        assert low.critic_learning_rate == pytest.approx(2e-4 * ratio)
        both = fair.CONTROLS["GAN, low rate, constant"][1](recipe).config
        assert (both.learning_rate, both.linear_decay) == (pytest.approx(2e-4), False)


def test_the_controls_of_a_penalty_have_none_and_one_of_them_clips():
    clipped = first_of("WGAN-GP")
    clipped = fair.CONTROLS["WGAN-GP, clipping instead of the penalty"][1](clipped)
    assert weights(trained(clipped)[1]).abs().max() <= 0.1
    bare = fair.CONTROLS["R1 without its penalty"][1](first_of("R1"))
    assert (trained(bare)[2]["penalty"] == 0).all()


@pytest.mark.parametrize(
    ("words", "entries"),
    [
        ("waves", {"critic.waves", "critic.fade_in"}),
        ("output noise", {"output_noise"}),
        ("signs", {"signs"}),
        ("waves, output noise, signs", {"critic.waves", "critic.fade_in", "output_noise", "signs"}),
    ],
)
def test_a_prior_is_added_to_the_paired_method_and_nothing_else_is_changed(words, entries):
    base, change = fair.PRIORS[f"relativistic + R1 + R2, {words}"]
    assert base == "relativistic + R1 + R2"
    for recipe in settings_of(base).values():
        assert changed_entries(recipe, change(recipe)) == entries
    generator, critic, history = trained(tiny(change(next(iter(settings_of(base).values())))))
    assert generator.latent_dim == 4 + (4 if "signs" in words else 0) + (2 if "noise" in words else 0)
    assert bool(critic.arguments["fourier_features"]) == ("waves" in words)
    assert len(history) == 2


def test_waves_are_as_loud_as_the_step_says():
    recipe = tiny(Recipe(replace(fair.FRAME, steps=100), critic=Critic(waves=(25.0,), fade_in=FadeIn(0.2, 0.6, 2.0))))
    recipe = replace(recipe, config=replace(recipe.config, steps=100))
    critic = points.build(recipe, seed=0)[1]
    heard = [points.fade_in(recipe, critic, step) or critic.fourier_scale.item() for step in (0, 20, 40, 60, 100)]
    np.testing.assert_allclose(heard, [0, 0, 1, 2, 2], atol=1e-6)


def test_longer_runs_have_more_steps_of_the_row_that_they_are_named_for():
    kinds = {part.rows["method"]: part for part in fair.REPORTING_PARTS}
    for part in fair.REPORTING_PARTS:
        if part.rows["kind"] == "longer":
            shorter = kinds[part.rows["method"].removesuffix(", longer")]
            assert part.settings.tuned == shorter.settings.tuned
            for setting, recipe in part.settings.trials.items():
                assert changed_entries(shorter.settings.trials[setting], recipe) == {"config.steps"}
    assert Counter(part.rows["kind"] for part in fair.REPORTING_PARTS) == dict(
        zip(("method", "control", "prior", "longer", "real"), (8, 7, 4, 3, 1), strict=True)
    )


# --------------------------------------------------------------------------------------------------------- a run


def test_a_run_is_judged_at_its_last_step_and_comes_out_the_same_again():
    recipe = first_of("R1")
    first, again, other = (points.run(recipe, 100, "ring", seed=seed) for seed in (3, 3, 4))
    assert first.pop("seconds") >= 0 and again.pop("seconds") >= 0
    assert first["steps"] == 2 and first["failure"] == ""
    assert str(first) == str(again)  # as text: an untrained net's spread may be NaN
    assert other["reverse_kl"] != first["reverse_kl"]


def test_a_run_that_diverges_is_a_row_that_says_so(monkeypatch):
    def broken(generator, critic, law, config, **rest):
        for callback in rest["callbacks"]:
            callback(points.State(1, generator, generator, critic, None, config))
        raise points.TrainingDiverged("the loss is NaN")

    monkeypatch.setattr(points, "train", broken)
    row = points.run(first_of("GAN"), 100, "ring", seed=0)
    assert row["failure"] == "diverged by step 1"
    assert row["steps"] == 1


def test_the_judge_knows_collapse_from_perfection():
    law = grid().standardized()
    found = points.judge(law.centers[:1].expand(100, 2), law)
    assert (found["modes"], found["high_quality"], found["spread"]) == (1, 1, 0)
    assert found["reverse_kl"] == pytest.approx(np.log(25), rel=1e-3)


def test_the_perfect_sampler_scores_what_the_closed_forms_say():
    rows = [fair.perfect(fair.Perfect(), "grid", seed)[0] for seed in range(20)]
    assert {row["modes"] for row in rows} == {25}
    means = pd.DataFrame(rows)[["high_quality", "reverse_kl", "spread"]].mean()
    # 1 - exp(-9/2), within 4 standard errors of 20 x 2,500 draws; KL of counts: (K - 1) / 2n
    assert means["high_quality"] == pytest.approx(0.98889, abs=4 * (0.98889 * 0.01111 / 50_000) ** 0.5)
    assert means["reverse_kl"] == pytest.approx(24 / 5000, rel=0.3)
    assert means["spread"] == pytest.approx(1, abs=0.02)


# ------------------------------------------------------------------------------------------------ what is chosen


def scores(**by_setting):
    """Rows of a tuning table: setting -> (modes of the ring, modes of the grid, share of high quality)."""
    lines = [
        {"setting": setting, "distribution": place, "modes": modes, "high_quality": share}
        for setting, (*counts, share) in by_setting.items()
        for place, modes in zip(("ring", "grid"), counts, strict=True)
    ]
    return pd.DataFrame(lines)


@pytest.mark.parametrize(
    ("table", "winner"),
    [
        (dict(a=(8, 20, 0.9), b=(8, 21, 0.1)), "b"),  # modes come before shares
        (dict(a=(8, 21, 0.1), b=(7, 23, 0.1)), "a"),  # a mode of eight is worth more than two of 25
        (dict(a=(8, 25, 0.3), b=(8, 25, 0.4), c=(8, 25, 0.2)), "b"),  # all modes: the share decides
        (dict(a=(8, 25, 0.4), b=(8, 25, 0.4)), "a"),  # a tie goes to the first
        (dict(b=(8, 25, 0.4), a=(8, 25, 0.4)), "b"),  # tried, not named, first
    ],
)
def test_modes_choose_first_then_high_quality_then_order(table, winner):
    assert fair.best(scores(**table)) == winner


def made_up(part, folder, winner):
    """The whole tuning table of a method, without training: one setting finds every mode."""

    def work(settings, setting, distribution, seed):
        modes = 8 if setting == winner else 1
        found = {"modes": modes, "high_quality": 0.5, "reverse_kl": 0.1, "spread": 1.0}
        return [{"steps": 1, "seconds": 0.0} | found | {"failure": ""}]

    tables.make(replace(part, work=work), folder, anew=True)


def test_reporting_takes_the_setting_that_the_trials_chose_and_follows_when_they_choose_another(tmp_path):
    part = fair.TUNING_OF["R1"]
    settings = fair.Reporting("R1", {text: tiny(r) for text, r in settings_of("R1").items()}, samples=50, seeds=(0, 1))
    reporting = fair.reporting_part("R1", "method", settings, tmp_path)
    with pytest.raises(ValueError, match=r"R1 has no chosen setting yet, its trials are not made\. First: .*tuning R1"):
        fair.make(reporting, tmp_path)

    for winner in list(settings.trials)[1:3]:
        made_up(part, tmp_path, winner)
        fair.make(reporting, tmp_path)
        table = pd.read_csv(tmp_path / fair.MODES, keep_default_na=False)
        assert list(table["setting"]) == [winner] * 4
        assert tables.status(reporting, tmp_path) == "holds"
    assert list(table) == [
        *("method", "kind", "distribution", "seed", "setting", "steps", "seconds"),
        *("modes", "high_quality", "reverse_kl", "spread", "failure"),
    ]
    before = (tmp_path / fair.MODES).stat().st_mtime_ns
    fair.make(reporting, tmp_path)
    assert (tmp_path / fair.MODES).stat().st_mtime_ns == before  # what holds is left alone


def test_reporting_goes_on_after_a_stop_with_the_rows_that_it_lacks(tmp_path):
    made_up(fair.TUNING_OF["R1"], tmp_path, next(iter(settings_of("R1"))))
    settings = fair.Reporting("R1", {text: tiny(r) for text, r in settings_of("R1").items()}, samples=50, seeds=(0, 1))
    part = fair.reporting_part("R1", "method", settings, tmp_path)
    done = []

    def work(settings, **run):
        if len(done) == 2:
            done.append("stopped")
            raise KeyboardInterrupt
        done.append(run)
        return part.work(settings, **run)

    stopped = replace(part, work=work)
    with pytest.raises(KeyboardInterrupt):
        fair.make(stopped, tmp_path)
    assert tables.status(part, tmp_path) == "unfinished: 2 of 4 runs, 0 others"
    fair.make(stopped, tmp_path)
    done.remove("stopped")
    assert done == list(part.runs)
    perfect = fair.reporting_part(fair.PERFECT, "real", fair.Perfect(samples=200, seeds=(0,)), tmp_path)
    fair.make(perfect, tmp_path)
    table = pd.read_csv(tmp_path / fair.MODES, keep_default_na=False)
    assert list(table["kind"]) == ["method"] * 4 + ["real"] * 2


def test_tuning_stands_before_reporting_in_the_one_command():
    names = [part.key for part in fair.PARTS]
    assert len(set(names)) == len(names)
    last = max(k for k, name in enumerate(names) if name.startswith("tuning "))
    assert last == len(fair.METHODS) - 1
    assert isinstance(fair.FRAME, TrainingConfig)
