"""Each bench at a tiny scale: it makes its table with its columns, is stopped half-way and goes on."""

import tarfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from benchmarks import (
    augmentation,
    auslan_facts,
    checkpoints,
    conditional,
    critics,
    equal_time,
    fair,
    forecasting,
    foretelling,
    images,
    judging,
    penalty,
    recipes,
    restoration,
    speed,
    tables,
)
from benchmarks.diffusion import Diffusion
from benchmarks.manifests import differences, plain
from benchmarks.points import Recipe as Recipe2D
from benchmarks.recordings import Auslan, Simulated
from course_lib.checkpoints import load_model
from course_lib.training import BEST_RECIPE, Recipe, TrainingConfig

pytestmark = pytest.mark.usefixtures("small_forests")
POINTS = TrainingConfig(steps=2, batch_size=8, critic_steps=1, ema_decay=0.0, sobolev_weight=0.0)
RECIPE = Recipe(TrainingConfig(steps=4, batch_size=8, critic_steps=1, checkpoint_every=1), dim=4, latent_dim=4)
SIGNALS = Simulated(2, per_class=40, length=16)


def made_in_two_sittings(bench, part, folder):
    """The table that `bench` makes of `part` where Ctrl-C comes after half of the runs and the same command goes on."""
    done, half = [], len(part.runs) // 2

    def work(settings, **run):
        if len(done) == half:
            done.append("stopped")
            raise KeyboardInterrupt
        rows = part.work(settings, **run)
        done.append(run)
        return rows

    stopped = replace(part, work=work)
    with pytest.raises(KeyboardInterrupt):
        tables.make(stopped, folder)
    expected = f"unfinished: {half} of {len(part.runs)} runs, 0 others" if half else "not made"
    assert tables.status(part, folder) == expected

    tables.make(stopped, folder)
    done.remove("stopped")
    assert done == list(part.runs)  # each once
    bench.make(part, folder)
    assert tables.status(part, folder) == "holds"
    record = tables.record_of(part, folder)
    assert record["settings"] == plain(part.settings)
    assert record["cpu_seconds"] >= 0
    assert record["made_with"]
    path = folder / part.file
    return pd.read_csv(path) if path.suffix == ".csv" else np.load(path)


def columns(path):
    return list(pd.read_csv(tables.DATA / path))


def test_fair_trials(tmp_path):
    trials = {name: Recipe2D(replace(POINTS, learning_rate=rate), width=8) for name, rate in (("a", 1e-3), ("b", 3e-3))}
    settings = fair.Tuning(trials, samples=50, seeds=(100, 101))
    table = made_in_two_sittings(fair, fair.tuning_part("tiny", settings), tmp_path)
    measured = ["steps", "seconds", "modes", "high_quality", "reverse_kl", "spread", "failure"]
    assert list(table) == ["method", "setting", "distribution", "seed", *measured]
    assert list(table["setting"]) == ["a"] * 4 + ["b"] * 4
    assert list(table["distribution"]) == ["ring", "ring", "grid", "grid"] * 2
    assert list(table["seed"]) == [100, 101] * 4
    assert (table["steps"] == 2).all()
    assert table["failure"].isna().all()


def test_critics_gradients_against_depth(tmp_path):
    settings = critics.Depth(width=8, depth=2, batch_size=8, clips=(0.1,), steps=(0, 2), probes=8, seeds=(0, 1))
    table = made_in_two_sittings(critics, critics.depth_part(settings), tmp_path)
    assert list(table) == columns("critics/depth.csv")
    assert len(table) == 2 * 2 * 2 * 3  # seeds, limits, steps; the input and two hidden layers


def test_critics_value_surfaces(tmp_path):
    settings = critics.Surfaces(
        data=("Swiss roll",), width=8, depth=2, batch_size=8, log10_clips=(-2.0,), steps=2, places=5, bins=4, probes=20
    )
    stored = made_in_two_sittings(critics, critics.surfaces_part(settings), tmp_path)
    committed = np.load(tables.DATA / "critics/surfaces.npz")
    assert {
        name for name in committed if name.startswith("Swiss roll/") and name.split("/")[1] in ("-2", "penalty")
    } == set(stored)
    assert stored["Swiss roll/-2/surface"].shape == (5, 5)
    assert stored["Swiss roll/-2/histogram"].sum() == pytest.approx(1, abs=1e-6)  # no weight is beyond the limit
    assert stored["Swiss roll/-2/numbers"][0] == pytest.approx(0.01)
    assert stored["Swiss roll/penalty/numbers"].shape == committed["Swiss roll/penalty/numbers"].shape


def test_critics_loss_and_quality(tmp_path):
    few = dict(warm_up_critic_steps=2, total=4)
    games = {
        "WGAN": critics.Game(**critics.WGAN, **few | {"warm_up": 2}),
        "GAN": critics.Game(**critics.GAN, clip=None, critic_steps=1, warm_up=0, total=4),
        "two generator steps": critics.Game(**critics.WGAN, generator_steps=2, **few | {"warm_up": 2}),
    }
    settings = critics.Quality(games, width=8, batch_size=8, readings=2, probes=20, seeds=(0,))
    table = made_in_two_sittings(critics, critics.quality_part(settings), tmp_path)
    assert list(table) == columns("critics/quality.csv")
    assert list(table.query("method == 'WGAN'")["generator_step"]) == [2, 4]
    assert list(table.query("method == 'two generator steps'")["generator_step"]) == [2, 4]


NETS, JUDGING = penalty.Nets(4, 8, 1), penalty.Judging(points=30, real_pairs=2)


def test_penalty_estimates(tmp_path):
    settings = penalty.Estimate(POINTS, ((0.1, 1), (10.0, 2)), moments=(1, 2), nets=NETS, judging=JUDGING, seeds=(0,))
    table = made_in_two_sittings(penalty, part := penalty.estimate_part(settings), tmp_path)
    assert list(table) == columns("penalty/estimate.csv")
    assert list(table["step"]) == [1, 2, 1, 2]
    assert tables.read_manifest(part, tmp_path)["w1_real_against_real"] > 0


def test_the_control_of_the_estimates_slows_the_generator_to_a_quarter_and_nothing_else():
    before, control = penalty.ESTIMATE, penalty.SLOW_GENERATOR
    assert differences(plain(before.config), plain(control.config)) == [
        "learning_rate: 0.001 -> 0.00025",
        "critic_learning_rate: None -> 0.001",
    ]
    assert control.weights_and_critic_steps == ((10.0, 5),)
    assert (10.0, 5) in before.weights_and_critic_steps
    assert replace(control, config=before.config, weights_and_critic_steps=before.weights_and_critic_steps) == before
    (own,) = (part for part in penalty.PARTS if part.key == "slow_generator")
    assert own.file == "penalty/slow_generator.csv" and own.settings == control


def test_penalty_optimizers(tmp_path):
    configs = {"penalty": penalty.by_optimizer(POINTS)}
    settings = penalty.Optimizers(configs, nets=NETS, judging=JUDGING, seeds=(0,))
    table = made_in_two_sittings(penalty, penalty.optimizers_part(settings), tmp_path)
    assert list(table) == columns("penalty/optimizers.csv")
    assert list(table["optimizer"]) == ["RMSProp", "Adam, beta1 0.5", "Adam, beta1 0.9"]
    assert table["w1"].nunique() == 3  # the optimisers that were asked for were taken


EXAM, NO_TIME = recipes.Exam(SIGNALS), recipes.Budget(0.0, untimed_steps=1, timed_steps=4)


def test_recipes_along_their_way(tmp_path):
    ways = (
        recipes.Way("ours", RECIPE, NO_TIME, marks=2),
        recipes.Way("source", RECIPE.with_config(batch_size=6), NO_TIME, marks=4),
    )
    table = made_in_two_sittings(recipes, recipes.time_to_quality_part(recipes.TimeToQuality(ways, EXAM)), tmp_path)
    assert list(table) == columns("recipes/time_to_quality.csv")
    assert list(table["step"]) == [2, 4, 1, 2, 3, 4]


def test_a_recipe_without_a_budget_goes_all_its_steps(tmp_path):
    way = recipes.Way("source", RECIPE.with_config(steps=7), None, marks=3)
    part = recipes.time_to_quality_part(recipes.TimeToQuality((way,), EXAM), "source_in_full")
    table = made_in_two_sittings(recipes, part, tmp_path)
    assert list(table["step"]) == [2, 4, 6] and part.file == "recipes/source_in_full.csv"


def test_both_precisions_take_the_same_steps_from_the_same_beginning(tmp_path, monkeypatch):
    asked = []
    train = recipes.train

    def watched(generator, *given, bf16, **settings):
        asked.append((bf16, float(next(generator.parameters()).detach().sum())))
        return train(generator, *given, bf16=bf16, **settings)

    monkeypatch.setattr(recipes, "train", watched)
    part = recipes.precision_part("tiny", recipes.Precision(EXAM, RECIPE, steps=3, seeds=(0, 1)))
    table = made_in_two_sittings(recipes, part, tmp_path)
    assert set(table["set"]) == {"tiny"} and list(table["precision"]) == ["float32", "bfloat16"] * 2
    of_seed_0 = asked[:2]
    assert {bf16 for bf16, _ in of_seed_0} == {False, True} and len({begun for _, begun in of_seed_0}) == 1
    assert table["frechet_ratio"].nunique() == 4


def test_recipes_quick_seeds(tmp_path):
    part = recipes.quick_seeds_part(recipes.QuickSeeds(RECIPE, RECIPE, NO_TIME, exam=EXAM, seeds=(0, 1)))
    table = made_in_two_sittings(recipes, part, tmp_path)
    assert list(table) == columns("recipes/quick_seeds.csv")
    assert table["roughness_ratio"].nunique() == 2


def test_checkpoints(tmp_path, monkeypatch):
    part = checkpoints.part("tiny", checkpoints.Run(SIGNALS, RECIPE, history_every=2))
    place, steps = tmp_path / "checkpoints/tiny", []

    def bar():
        def callback(state):
            steps.append(state.step)
            if steps == [1, 2]:
                raise KeyboardInterrupt

        return callback

    monkeypatch.setattr(checkpoints, "ProgressBar", bar)
    checkpoints.make(part, tmp_path)
    assert tables.status(part, tmp_path) == "not made"
    assert (place / "run").is_dir()

    checkpoints.make(part, tmp_path)
    assert steps == [1, 2, 3, 4]
    assert tables.status(part, tmp_path) == "holds"
    assert sorted(path.name for path in place.iterdir()) == ["generator.safetensors", "history.csv", "manifest.json"]
    assert list(pd.read_csv(place / "history.csv")["step"]) == [2, 4]
    assert list(pd.read_csv(place / "history.csv")) == columns("checkpoints/signs8/history.csv")
    manifest, committed = (
        tables.read_manifest(p, f) for p, f in ((part, tmp_path), (checkpoints.PARTS[0], tables.DATA))
    )
    assert set(manifest) == set(committed)
    assert set(manifest["quality"]) == set(committed["quality"])
    assert manifest["steps_done"] == 4
    assert manifest["parts"]["tiny"]["settings"] == plain(part.settings)
    assert load_model(place / "generator.safetensors").arguments["n_classes"] == 2

    checkpoints.make(part, tmp_path)
    assert steps == [1, 2, 3, 4]
    changed = checkpoints.part("tiny", replace(part.settings, history_every=1))
    assert tables.status(changed, tmp_path) == "settings changed: history_every: 2 -> 1"
    checkpoints.make(changed, tmp_path)
    assert steps == [1, 2, 3, 4] * 2
    checkpoints.make(changed, tmp_path, anew=True)
    assert steps == [1, 2, 3, 4] * 3


@pytest.fixture
def few_recordings(tmp_path, monkeypatch):
    """Five recordings of each of two signs, 20 to 29 frames long, where COURSE_DATA says that they are."""
    random, folder = np.random.default_rng(0), tmp_path / "real" / "auslan_hq"
    for i in range(10):
        file = folder / "tctodd" / f"tctodd{i % 5 + 1}" / f"{'yes' if i < 5 else 'God'}-1.tsd"
        file.parent.mkdir(parents=True, exist_ok=True)
        np.savetxt(file, random.normal(loc=i // 5, size=(20 + i, 22)).cumsum(axis=0), fmt="%.6f", delimiter="\t")
    with tarfile.open(folder / "tctodd.tar.gz", "w:gz") as archive:
        archive.add(folder / "tctodd", "tctodd")
    monkeypatch.setenv("COURSE_DATA", str(tmp_path / "real"))
    return tmp_path


def test_auslan_facts(few_recordings):
    folder = few_recordings / "data"
    one, three = Auslan(("right_x",), 16), Auslan(("right_x", "right_y", "right_z"), 16)
    settings = replace(auslan_facts.Facts(), one=one, three=three)
    table = made_in_two_sittings(auslan_facts, part := auslan_facts.part("facts", settings, auslan_facts.facts), folder)
    assert list(table) == columns("auslan_facts.csv")
    assert list(table["fact"]) == list(pd.read_csv(tables.DATA / "auslan_facts.csv")["fact"])
    assert list(table["unit"]) == list(pd.read_csv(tables.DATA / "auslan_facts.csv")["unit"])
    known = table.set_index("fact")["value"]
    assert known["recordings"] == 10
    assert known["frames_shortest"] == 20
    assert known["frames_median"] == 24  # of 20 to 29, downwards
    assert known["signals"] == 220
    profile = auslan_facts.part("profile", auslan_facts.Profile(one), auslan_facts.profile)
    table = made_in_two_sittings(auslan_facts, profile, folder)
    assert list(table) == columns("auslan_profile.csv")
    assert list(table["index"]) == list(range(9))
    assert len(tables.read_manifest(part, folder)["recordings_sha256"]) == 64


SMALL = replace(BEST_RECIPE.with_config(batch_size=8), dim=4, latent_dim=4)


def test_recipes_at_equal_time(tmp_path):
    methods = {"ours": SMALL} | equal_time.BESIDE
    settings = equal_time.EqualTime(SIGNALS, methods, NO_TIME, seeds=(0, 1))
    made = made_in_two_sittings(equal_time, equal_time.part("ladder", "signs", settings), tmp_path)
    assert list(made)[:8] == ["set", "method", "seed", "steps", "cpu_seconds", "size", "caught", "null"]
    assert list(made["steps"]) == [4, 0, 0, 0, 0] * 2
    assert made["roughness_ratio"].nunique() == 10  # each method and each seed made signals of its own
    caught = made.groupby("method")["caught"].min()
    assert caught["real"] < caught.drop("real").max()
    assert made["copied_share"].between(0, 1).all()


def test_reporting_asks_more_of_recipes_and_forgers(tmp_path):
    methods = {"ours": SMALL} | equal_time.WITHOUT_TRAINING
    settings = equal_time.Reporting(SIGNALS, methods, NO_TIME, seeds=(0, 1), thin_above=10, thinned_to=10)
    made = made_in_two_sittings(equal_time, equal_time.part("reporting", "signs", settings), tmp_path)
    assert (made["size"] == 10).all()  # 5 of each of two classes, of 16 held out
    real = made["method"] == equal_time.REAL
    assert made.loc[~real, "tstr"].between(0, 1).all() and made.loc[real, "tstr"].isna().all()
    assert made["worst_class"].le(made["class_accuracy"]).all()
    assert made["rest"].nunique() > 6


def test_a_model_of_another_kind_learns_and_draws_at_equal_time(tmp_path):
    tiny = Diffusion(width=8, levels=20, batch_size=8, sampling_steps=4)
    settings = equal_time.EqualTime(SIGNALS, {"diffusion": tiny}, NO_TIME, seeds=(0, 1))
    made = made_in_two_sittings(equal_time, equal_time.part("beside", "signs", settings), tmp_path)
    assert (made["steps"] > 0).all()
    assert made["roughness_ratio"].nunique() == 2
    assert made["caught"].between(0.5, 1).all()


def test_other_real_recordings_come_with_their_own_labels():
    data = Simulated(4, per_class=30, length=16).load()
    learnt, held_out = data.split(0.8, seed=0)
    rest, test, values, labels = equal_time.real_sets(learnt, held_out, 0)
    where = {tuple(row): int(k) for row, k in zip(data.values[:, 0].tolist(), data.labels, strict=True)}
    assert [where[tuple(row)] for row in values[:, 0].tolist()] == labels.tolist()
    assert len(rest) + len(test) + len(values) <= len(data)


def test_every_row_of_a_ladder_changes_what_it_is_named_for():
    signs = SIGNALS.load()
    nets, ranks, shown = {}, {}, {}
    for name, recipe in (equal_time.LADDER | equal_time.INGREDIENTS).items():
        small = replace(recipe, dim=4, latent_dim=4)
        generator, critic = small.build(signs, conditional=True)
        ranks[name] = generator.arguments.get("rank", 0)
        shown[name] = critic.arguments.get("spectrum") is not None
        nets[name] = type(generator).__name__, type(critic).__name__, recipe.config.objective.name
        assert generator.n_classes == critic.n_classes == signs.n_classes
    assert [nets[name] for name in equal_time.LADDER] == [
        ("MirrorGenerator", "MirrorCritic", "wgan_gp"),
        *[("SignalGenerator", "SignalCritic", "wgan_gp")] * 3,
        ("SignalGenerator", "MultiScaleCritic", "wgan_gp"),
        *[("MultiScaleGenerator", "MultiScaleCritic", "wgan_gp")] * 2,
        *[("MultiScaleGenerator", "MultiScaleCritic", BEST_RECIPE.config.objective.name)] * 3,
    ]
    assert [ranks[name] > 0 for name in equal_time.LADDER] == [False] * 9 + [True]
    assert [name for name in equal_time.INGREDIENTS if not ranks[name]] == ["the Gaussian that it begins with"]
    assert [name for name in equal_time.LADDER if shown[name]] == list(equal_time.LADDER)[-2:]
    assert [name for name in equal_time.INGREDIENTS if not shown[name]] == [
        "the spectrum",
        "compressed differences and the spectrum",
    ]
    unpaired = equal_time.INGREDIENTS["pairing and R1 + R2 (WGAN-GP instead)"]
    assert unpaired.with_config(objective=BEST_RECIPE.config.objective) == BEST_RECIPE  # nothing else is changed
    assert nets["compressed differences and the spectrum"][:2] == ("MultiScaleGenerator", "SignalCritic")
    whole, middle = (
        replace(equal_time.INGREDIENTS[name], dim=4, latent_dim=4).build(signs)[1]
        for name in ("nothing", "all scales but the middle one")
    )
    assert torch.equal(middle.scales, whole.scales[:, :, 1:2])


@pytest.mark.parametrize(("ingredient", "what"), [("a pace", "pace"), ("a loudness", "loudness")])
def test_an_ingredient_that_is_taken_away_no_longer_acts(ingredient, what):
    recipe = replace(equal_time.INGREDIENTS[ingredient], dim=4, latent_dim=4)
    generator, _ = recipe.build(SIGNALS.load(), conditional=True)
    z, labels = torch.randn(3, generator.latent_dim), torch.tensor([0, 1, 1])
    before = generator(z, labels)
    with torch.no_grad():
        generator.last.bias[{"course": 0, "pace": 1, "loudness": 2}[what]] += 1.0
    torch.testing.assert_close(generator(z, labels), before)
    with torch.no_grad():
        generator.last.bias[0] += 1.0
    assert (generator(z, labels) - before).abs().min() > 0.5


def test_no_bench_works_when_it_is_imported():
    later = (conditional,)
    made = (augmentation, auslan_facts, checkpoints, critics, equal_time, fair, forecasting, foretelling, images)
    made += (judging, penalty, recipes, restoration, speed)
    for bench in (*made, *later):
        given = "PARTS, make, __doc__, LATER" if bench in later else "PARTS, make, __doc__"
        text = Path(bench.__file__).read_text()
        assert text.endswith(f'if __name__ == "__main__":\n    tables.command({given})\n'), bench.__name__
