"""The bench of image GANs at a tiny scale: tables with their columns, one change a row, sampling as it is called."""

from dataclasses import fields, replace

import pandas as pd
import pytest
import torch
from test_benches import made_in_two_sittings
from torch import nn

from benchmarks import images, tables
from course_lib.checkpoints import load_model
from course_lib.models import FullyConnectedGenerator
from course_lib.training import sample

TINY = dict(steps=2, batch_size=8)
EXAM = images.Exam(draws=3, label_draws=2)


def small(way):
    nets = {"width": 8} if way.pair == "fully connected" else {"dim": 4}
    discriminator = way.discriminator | ({"filters": 4, "width": 8} if way.pair == "fully connected" else nets)
    return replace(way, generator=way.generator | nets, discriminator=discriminator).with_config(**TINY)


def columns(file):
    return list(pd.read_csv(tables.DATA / file, nrows=1))


SCORES = ["ratio", "frechet", "reference", "high", "classes", "sure", "share_distance", "checkerboard"]


@pytest.mark.parametrize("pair", images.TRICKS)
def test_tricks(tmp_path, pair):
    ways = {name: small(way) for name, way in list(images.TRICKS[pair].items())[:2]}
    part = images.tricks_part(pair, images.Runs(ways, EXAM, seeds=(0,)))
    table = made_in_two_sittings(images, part, tmp_path)
    assert list(table) == ["pair", "trick", "seed", "sampling", *SCORES, "few_labels", "cpu_seconds"]
    assert list(table["sampling"]) == list(images.SAMPLINGS) * 2
    assert (table["pair"] == pair).all() and table["few_labels"].between(0, 1).all()
    assert table["reference"].nunique() == 1  # one judge, one set of halves


def test_objectives(tmp_path):
    ways = {name: small(way) for name, way in images.SAME_NETS.items()}
    table = made_in_two_sittings(images, images.objectives_part(images.Runs(ways, EXAM, seeds=(0,))), tmp_path)
    assert list(table) == ["objective", "seed", *SCORES, "few_labels", "cpu_seconds"]
    assert list(table["objective"]) == list(images.SAME_NETS)


def test_rivals_and_features(tmp_path):
    ways = {name: small(way) for name, way in images.UNTRAINED.items()}
    settings = images.Runs(ways, EXAM, seeds=(0,))
    rivals = made_in_two_sittings(images, images.rivals_part(settings), tmp_path).set_index("rival")
    assert list(rivals) == ["seed", *SCORES]
    assert rivals.loc["training images", "ratio"] < rivals.loc["Gaussian", "ratio"] < rivals.iloc[2:]["ratio"].min() / 4
    features = made_in_two_sittings(images, images.features_part(settings), tmp_path)
    assert list(features) == ["features", "seed", "few_labels"]
    assert features.set_index("features").loc[["pixels", "PCA"], "few_labels"].min() > 0.6


def test_the_generator_is_made_once_with_its_scores_on_the_way(tmp_path):
    full = replace(images.FULL, way=small(images.FULL.way), moments=(1, 2), exam=EXAM)
    part = images.generator_part(full)
    images.make(part, tmp_path)
    path = tmp_path / part.file
    first = load_model(path).state_dict()
    manifest = tables.read_manifest(part, tmp_path)
    assert tables.status(part, tmp_path) == "holds"
    assert [moment["step"] for moment in manifest["moments"]] == [1, 2]
    assert manifest["images"] == {"trained_on": 1078, "held_out": 719}
    path.write_bytes(b"")
    images.make(part, tmp_path)
    assert path.read_bytes() == b""  # what holds is left alone
    images.make(part, tmp_path, anew=True)
    again = load_model(path)
    assert all(torch.equal(value, first[name]) for name, value in again.state_dict().items())
    assert sample(again, 2, seed=0).shape == (2, 1, 8, 8)


def differing(one, other):
    """The settings in which two ways differ, by their dotted names."""
    config = {
        f"config.{f.name}" for f in fields(one.config) if getattr(one.config, f.name) != getattr(other.config, f.name)
    }
    names = {"generator", "discriminator", "normal_weights"}
    return config | {name for name in names if getattr(one, name) != getattr(other, name)}


def test_every_trick_changes_what_it_is_named_for_and_nothing_else():
    found = {
        trick: differing(next(iter(ways.values())), way)
        for ways in images.TRICKS.values()
        for trick, way in ways.items()
    }
    assert {trick: changes for trick, changes in found.items() if changes} == {
        "labels not smoothed": {"config.objective"},
        "labels not swapped": {"config.objective"},
        "Adam, no weight decay": {"config.optimizer"},
        "no dropout": {"generator"},
        "up-sampling": {"generator"},
        "weights N(0, 0.02)": {"normal_weights"},
        "beta1 0.9": {"config.betas"},
    }
    names = {trick: way.config.objective.name for trick, way in images.TRICKS["fully connected"].items()}
    assert names["as the source has it"] == "non_saturating, real labels 0.9 to 1, swapped 0.05"
    assert names["labels not smoothed"] == "non_saturating, real labels 1 to 1, swapped 0.05"
    assert names["labels not swapped"] == "non_saturating, real labels 0.9 to 1, swapped 0"


def test_the_objectives_differ_in_their_losses_and_in_what_the_loss_asks_for():
    plain = images.SAME_NETS["non-saturating"]
    assert differing(plain, images.SAME_NETS["WGAN"]) == {"config.objective", "config.clip"}
    assert differing(plain, images.SAME_NETS["WGAN-GP"]) == {"config.objective"}
    paired = {"config.objective", "config.penalty_weight", "config.betas"}
    assert differing(plain, images.SAME_NETS["paired, R1 + R2"]) == paired


def test_the_objectives_have_a_row_that_differs_in_beta1_alone():
    for name in ("non-saturating", "WGAN", "WGAN-GP"):
        assert differing(images.SAME_NETS[name], images.SAME_NETS[f"{name}, beta1 0"]) == {"config.betas"}, name
        assert images.SAME_NETS[f"{name}, beta1 0"].config.betas == images.PAIRED.config.betas, name
    paired, slower = (images.SAME_NETS[f"paired, R1 + R2{end}"] for end in ("", ", beta1 0.5"))
    assert differing(paired, slower) == {"config.betas"} and slower.config.betas == images.PLAIN.config.betas


def test_nets_are_initialised_from_the_seed_alone_and_normally_where_it_is_asked_for():
    digits, _ = images.Exam().sets()
    way = images.TRICKS["DCGAN"]["weights N(0, 0.02)"]
    first, again = way.build(digits, 1), way.build(digits, 1)
    assert all(torch.equal(a, b) for a, b in zip(first[0].parameters(), again[0].parameters(), strict=True))
    assert abs(float(first[1].convolutions[3].weight.detach().std()) - 0.02) < 0.002
    assert float(replace(way, normal_weights=False).build(digits, 1)[1].convolutions[3].weight.detach().std()) > 0.025


def test_sampling_with_dropout_on_leaves_batchnorm_in_eval_mode_and_training_mode_does_not():
    torch.manual_seed(0)
    generator = FullyConnectedGenerator(8, latent_dim=8, width=8)
    for _ in range(20):
        generator.train()(torch.randn(64, 8))
    before = {name: value.clone() for name, value in generator.state_dict().items()}
    made = {sampling: images.sampled(generator, 50, sampling, 3) for sampling in images.SAMPLINGS}
    assert torch.equal(made["eval mode"], sample(generator, 50, seed=3))
    assert all(torch.equal(value, before[name]) for name, value in generator.state_dict().items())
    apart = [
        float((made[one] - made[other]).abs().mean())
        for one, other in (("eval mode", "dropout on"), ("dropout on", "training mode"))
    ]
    assert min(apart) > 0.01
    without = FullyConnectedGenerator(8, latent_dim=8, width=8, dropout=0.0)
    same, other = (images.sampled(without, 50, sampling, 3) for sampling in ("dropout on", "training mode"))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(3)
        expected = without.eval()(torch.randn(50, 8)).detach()
    assert torch.equal(same, expected) and not torch.equal(other, expected)  # BatchNorm alone tells them apart
    assert not any(isinstance(layer, nn.Dropout) for layer in without.modules())
