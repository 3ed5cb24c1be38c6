"""The bench of labels: each way is told where it says and nowhere else, class sizes fall, classes are judged apart."""

import copy
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from test_benches import made_in_two_sittings
from torch.nn import functional

from benchmarks import conditional, tables, told
from benchmarks.conditional import Conditional, thinned
from benchmarks.recordings import Simulated
from benchmarks.told import AUXILIARY, JOINED, NORMALISATION, PROJECTION, UNTOLD
from course_lib.data import SignalDataset
from course_lib.training import train

DATA = Simulated(4, per_class=30, length=16)
TINY = replace(conditional.PLAIN.with_config(batch_size=8), dim=4, latent_dim=4)
SIGNS = DATA.load()
LABELS = torch.tensor([0, 1, 2, 3, 1])


def tiny(recipe):
    return None if recipe is None else replace(recipe.with_config(batch_size=8), dim=4, latent_dim=4)


def built(**ways):
    return replace(TINY, **ways).build(SIGNS, conditional=True, seed=3)


def made_by(generator, labels):
    z = torch.randn(len(labels), generator.latent_dim, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        return generator(z, labels)


# how the generator is told


def test_a_generator_told_by_normalisation_hears_the_label_through_gain_and_shift_alone():
    generator, _ = built(in_generator=NORMALISATION)
    before = made_by(generator, LABELS)
    torch.testing.assert_close(made_by(generator, torch.zeros_like(LABELS)), before)  # all gains are 1 at first
    layers = [layer for layer in generator.modules() if isinstance(layer, told.NormalisedByClass)]
    plain = [layer for layer in TINY.build(SIGNS, conditional=True)[0].modules() if type(layer).__name__ == "GroupNorm"]
    assert len(layers) == len(plain) == 5
    for weights in (layers[0].gain.weight, layers[-1].shift.weight):
        with torch.no_grad():
            weights[1, 0] += 1.0  # of one channel: what all have in common the next normalisation takes away
        after = made_by(generator, LABELS)
        changed = (after - before).abs().amax((1, 2)) > 1e-6
        assert changed.tolist() == (LABELS == 1).tolist()
        with torch.no_grad():
            weights[1, 0] -= 1.0


def test_a_normalisation_by_class_is_torch_s_group_norm_with_the_gain_and_shift_of_each_signal_s_class():
    layer = told.NormalisedByClass(torch.nn.GroupNorm(1, 6), 3)
    torch.nn.init.normal_(layer.gain.weight)
    torch.nn.init.normal_(layer.shift.weight)
    for x in (torch.randn(4, 6, 7), torch.randn(4, 6)):
        layer.labels = torch.tensor([2, 0, 1, 2])
        expected = [
            functional.group_norm(one[None], 1, layer.gain.weight[k], layer.shift.weight[k])
            for one, k in zip(x, layer.labels, strict=True)
        ]
        torch.testing.assert_close(layer(x), torch.cat(expected))


def test_what_was_learnt_by_normalisation_is_of_the_classes_and_the_embedding_stays_silent():
    recipe = replace(TINY, in_generator=NORMALISATION)
    generator = told.learn(recipe, SIGNS, 0, 3)  # averaged: a copy, which must hear labels too
    assert (generator.embed.weight == 0).all()
    signals = made_by(generator, LABELS)
    assert (made_by(copy.deepcopy(generator), torch.zeros_like(LABELS)) - signals)[1:].abs().max() > 0


def test_a_generator_told_beside_the_noise_hears_the_label_through_its_embedding():
    generator, _ = built()
    before = made_by(generator, LABELS)
    assert (made_by(generator, torch.zeros_like(LABELS)) - before)[1:].abs().amax((1, 2)).min() > 0
    with torch.no_grad():
        generator.embed.weight.zero_()
    torch.testing.assert_close(made_by(generator, LABELS), made_by(generator, torch.zeros_like(LABELS)))


# how the critic is told


@pytest.mark.parametrize(("way", "hears"), [(PROJECTION, True), (JOINED, True), (AUXILIARY, False), (UNTOLD, False)])
def test_scores_depend_on_the_label_where_the_critic_is_told_it(way, hears):
    _, critic = built(in_critic=way)
    signals = SIGNS.values[:5]
    with torch.no_grad():
        apart = (critic(signals, LABELS) - critic(signals, (LABELS + 1) % 4)).abs()
    assert (apart > 0).all() == hears
    assert hears or (apart == 0).all()


@pytest.mark.parametrize("recipe", list((conditional.WAYS | conditional.CONTROL).values()))
def test_all_ways_have_the_same_nets_beside_what_tells_them_the_label(recipe):
    if not isinstance(recipe, told.Told):
        return  # the course's own, which begins with the Gaussian
    for net, plain in zip(
        tiny(recipe).build(SIGNS, conditional=True), TINY.build(SIGNS, conditional=True), strict=True
    ):
        weights, heard = net.state_dict(), ("embed", "gain", "shift", "judge", "classify")
        own = {name: value for name, value in weights.items() if not any(word in name for word in heard)}
        assert len(own) > 10
        for name, value in own.items():
            assert torch.equal(value, plain.state_dict()[name]), name


def test_the_classifiers_cross_entropy_of_reals_and_of_fakes_is_added_to_both_losses():
    _, critic = built(in_critic=AUXILIARY)
    objective = told.classified(TINY.config.objective, critic)
    real, fake, labels = SIGNS.values[:4], SIGNS.values[40:44].clone().requires_grad_(), LABELS[:4]
    both = critic(torch.cat([real, fake]), torch.cat([labels, labels]))
    shown = critic.view(torch.cat([real, fake])).split(critic.shares, dim=1)
    expected = 0
    for part, x in zip((critic.of_values, critic.of_steps, critic.of_spectrum), shown, strict=True):
        logits = part.classify(part.features(x))
        expected += sum(functional.cross_entropy(half, labels) for half in logits.chunk(2)) / 3
    for name in ("critic_loss", "generator_loss"):
        scores = both.chunk(2)
        added = getattr(objective, name)(*scores) - getattr(TINY.config.objective, name)(*scores)
        torch.testing.assert_close(added, expected)
    (slope,) = torch.autograd.grad(added, fake)
    assert (slope.flatten(1).norm(dim=1) > 0).all()  # the generator wants its signals named
    assert objective.name != TINY.config.objective.name
    assert objective.penalty is TINY.config.objective.penalty


def test_the_classifier_is_learnt_and_is_asked_in_the_loop(monkeypatch):
    critics = []
    monkeypatch.setattr(
        told,
        "train",
        lambda g, critic, *given, **more: critics.append(critic) or train(g, critic, *given, **more),
    )
    for way in (AUXILIARY, UNTOLD):
        told.learn(replace(TINY, in_critic=way), SIGNS, 0, 2)
    naming, plain = critics
    before = replace(TINY, in_critic=AUXILIARY).build(SIGNS, conditional=True, seed=0)[1]
    assert not torch.equal(naming.of_values.classify.weight, before.of_values.classify.weight)
    assert naming.of_values.cross_entropy is not None and plain.of_values.cross_entropy is None


# who is learnt from


def settings(**given):
    return Conditional(DATA, {name: tiny(recipe) for name, recipe in conditional.WAYS.items()}, steps=2, **given)


def test_class_sizes_fall_by_a_constant_factor_to_the_rarest_and_rare_classes_are_those():
    signs = Simulated(5, per_class=100, length=8).load()
    few = thinned(settings(rarest=0.0625), signs)
    order = conditional.by_frequency(settings(), 5)
    assert [few.class_counts[k] for k in order] == [100, 50, 25, 12, 6]
    assert sorted(order) == list(range(5)) != list(order)
    whole = {tuple(row) for row in signs.values[:, 0].tolist()}
    assert {tuple(row) for row in few.values[:, 0].tolist()} < whole
    assert few.class_names == signs.class_names
    assert torch.equal(thinned(settings(), signs).values, signs.values)


def test_classes_are_judged_apart(monkeypatch):
    """Class 3, the rarest, is made as class 0 and does not vary."""
    real = Simulated(4, per_class=60, length=40).load()
    learnt, held_out = real.split(0.5, seed=0)
    values = Simulated(4, per_class=30, length=40, seed=1).load().values.clone()
    made = SignalDataset(values, torch.arange(4).repeat_interleave(30), real.class_names)
    monkeypatch.setattr(conditional, "by_frequency", lambda settings, n: np.array([2, 1, 0, 3]))
    good = conditional.by_class(settings(), learnt, learnt, held_out, made)
    values[90:] = values[0]
    bad = conditional.by_class(
        settings(), learnt, learnt, held_out, SignalDataset(values, made.labels, real.class_names)
    )
    assert good["as_asked_worst"] > 0.9 and good["recognised_worst"] > 0.8
    assert 0.5 < good["varied_worst"] <= good["varied"] < 1.5
    for name in ("as_asked", "varied", "recognised"):
        assert bad[f"{name}_worst"] == bad[f"{name}_rare"] < 0.1
        assert bad[name] > 0.6 * good[name]
    assert bad["recognised_learnt"] == good["recognised_learnt"] > 0.9


# the table


def as_far_apart(real, fake, *, seed):
    """In the judges' place, which take seconds: how far the means of two sets of one shape are apart."""
    assert real.shape == fake.shape
    return SimpleNamespace(size=len(real), caught=0.5 + abs(float(real.mean() - fake.mean())) / 10, null=0.7)


def test_the_bench_makes_a_row_a_way_in_two_sittings(tmp_path, monkeypatch):
    monkeypatch.setattr(conditional.metrics, "discriminative_score", as_far_apart)
    methods = settings().methods | {name: tiny(recipe) for name, recipe in conditional.CONTROL.items()}
    methods |= conditional.UNTRAINED
    own = replace(settings(rarest=0.5), methods=methods, seeds=(0, 1))
    table = made_in_two_sittings(conditional, conditional.part("tiny", own), tmp_path)
    assert list(table)[:9] == ["set", "method", "seed", "steps", "cpu_seconds", "learnt", "size", "caught", "null"]
    assert list(table["method"].unique()) == list(methods)
    trained = ~table["method"].isin([conditional.GAUSSIAN, conditional.REAL])
    assert (table.loc[trained, "steps"] == 2).all()
    assert table.loc[trained, "varied"].nunique() == trained.sum()  # each way and each seed made signals of its own
    by_method = table.groupby("method")["as_asked"].mean()
    assert by_method[conditional.REAL] == by_method.max()
    fewer = table.loc[table["method"] != conditional.REAL, "learnt"]
    assert (fewer < 4 * 24).all()


def test_the_sets_are_those_stated_beforehand():
    assert list(conditional.SETS) == ["signs", "signs_imbalanced", "auslan_right_x"]
    for own in conditional.SETS.values():
        assert own.seeds == (11, 12, 13)
        assert own.steps == 300
        assert list(own.methods)[: len(conditional.WAYS)] == list(conditional.WAYS)
    assert {own.rarest for own in conditional.SETS.values()} == {1.0, 0.1}
    assert {tables.status(part) for part in conditional.PARTS} == {"holds"}
