"""The judges that no tuning may see: what they tell apart, what they cannot, and what they must not be shown."""

import sys
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from sklearn.preprocessing import FunctionTransformer

from benchmarks import unseen
from benchmarks.unseen import Convolutions, Network, Unseen, accuracies, by_convolutions, by_network
from course_lib.data import simulate_signs
from course_lib.metrics import classifiers

NO_AEON = 'aeon is not installed: pip install -e ".[benchmarks]"'
SMALL = Unseen(Convolutions(kernels=168), Network(width=8, steps=40, learning_rate=0.01), folds=2)
HASTY = replace(SMALL, network=Network(width=8, steps=5))
REAL, OTHER, ANOTHER = (simulate_signs(2, 45, 32, seed=seed).values.numpy() for seed in (0, 1, 2))
LABELS = simulate_signs(2, 45, 32).labels.numpy()


@pytest.fixture
def without_convolutions(monkeypatch):
    """The random convolutions say that every signal is real, so that the others can be tried where aeon is missing."""
    monkeypatch.setattr(unseen, "by_convolutions", lambda x, is_fake, learnt, asked, *rest: np.zeros(len(asked), bool))


def chance(n):
    """How far from 0.5 n independent guesses lie once in ten thousand times."""
    return 3.9 * np.sqrt(0.25 / n)


def test_the_networks_tell_louder_signals_from_real_ones_and_not_fresh_ones(without_convolutions):
    louder = OTHER + 0.05 * np.random.default_rng(0).standard_normal(OTHER.shape).astype(np.float32)
    for fake, low, high in ((louder, 0.9, 1), (OTHER, 0.5 - chance(180), 0.5 + chance(180))):
        found = accuracies(REAL, fake, LABELS, SMALL)
        assert list(found) == ["random convolutions", "network", "network, told the class"]
        assert low <= found["network"] <= high
        assert low <= found["network, told the class"] <= high
        assert found["random convolutions"] == 0.5  # one answer for all is right about half of them


def test_only_who_is_told_the_class_sees_that_labels_are_exchanged():
    """Signals of both classes in equal numbers, real ones with their labels and fakes with the other one's."""
    both, is_fake = np.concatenate([REAL, OTHER]), np.arange(180) >= 90
    told = np.concatenate([LABELS, 1 - LABELS])
    random = np.random.default_rng(0).permutation(180)
    settings = Network(width=8, steps=120, learning_rate=0.01)

    def right(labels):
        answers = by_network(both, is_fake, labels, random[:120], random[120:], settings, seed=0)
        return (answers == is_fake[random[120:]]).mean()

    assert right(told) > 0.9
    assert abs(right(np.zeros_like(told)) - 0.5) < chance(60)


def test_one_class_is_judged_without_the_judge_that_is_told_it(without_convolutions):
    found = accuracies(REAL[:20], OTHER[:20], np.zeros(20, dtype=int), HASTY)
    assert list(found) == ["random convolutions", "network"]


def test_unequal_numbers_are_refused():
    with pytest.raises(ValueError, match="as many of real, fake and labels, got 90, 80, 90"):
        accuracies(REAL, OTHER[:80], LABELS, SMALL)


def test_a_judge_is_seeded(without_convolutions):
    once, again = (accuracies(REAL, OTHER, LABELS, HASTY, seed=3) for _ in range(2))
    assert once == again
    assert accuracies(REAL, OTHER, LABELS, HASTY, seed=4) != once


def test_real_signals_of_one_group_are_on_one_side_of_every_fold():
    is_fake, groups = np.repeat([False, True], 12), np.concatenate([np.repeat([0, 1, 2, 3], 3), 4 + np.arange(12)])
    asked = []
    for learnt, held_out in classifiers.folds(groups[:12], is_fake, 3, seed=0):
        assert not set(groups[learnt]) & set(groups[held_out])
        asked.extend(held_out)
    assert sorted(asked) == list(range(24))


def test_differences_are_shown_in_units_of_the_learnt_ones():
    """By hand: a ramp's differences are all equal, so each is asinh(1); values are standardised by the learnt ones."""
    x = np.stack([np.arange(5.0), 2 * np.arange(5.0)])[:, None].astype(np.float32)
    shown = unseen.with_differences(x, np.array([0]))
    assert shown.shape == (2, 2, 5)
    np.testing.assert_allclose(shown[:, 0], (x[:, 0] - 2) / np.sqrt(2), rtol=1e-5)
    np.testing.assert_allclose(shown[:, 1, 0], 0)
    np.testing.assert_allclose(shown[0, 1, 1:], np.arcsinh(1), rtol=1e-5)
    np.testing.assert_allclose(shown[1, 1, 1:], np.arcsinh(2), rtol=1e-5)


def test_where_most_steps_are_rest_the_unit_is_a_tenth_of_the_root_mean_square():
    x = np.concatenate([np.zeros(90), np.arange(11.0)]).reshape(1, 1, -1).astype(np.float32)
    root_mean_square = np.sqrt(10 / 101)  # ten steps of 1 among 101, of which the first is 0
    np.testing.assert_allclose(
        unseen.with_differences(x, np.array([0]))[0, 1, -1], np.arcsinh(10 / root_mean_square), rtol=1e-5
    )


def test_two_real_sets_are_disjoint_and_of_the_classes_wanted_in_one_order(monkeypatch):
    """Each signal says its own place and class; the judges' place is taken by one that hands over what it was given."""
    labels, wanted = np.repeat([0, 1, 2], [12, 8, 4]), np.array([1, 0, 0, 0, 1])
    signals = np.stack([np.arange(24), labels], axis=1).reshape(24, 1, 2)
    monkeypatch.setattr(unseen, "accuracies", lambda *given, **named: (*given[:3], named["groups"]))
    groups = np.repeat(np.arange(12), 2)
    for own in (None, groups):
        (first, second, said, of_first), *others = unseen.real_pairs(
            signals, labels, wanted, SMALL, draws=3, groups=own
        )
        assert not set(first[:, 0, 0]) & set(second[:, 0, 0])
        assert list(first[:, 0, 1]) == list(second[:, 0, 1]) == list(said) == [0, 0, 0, 1, 1]
        assert any(set(first[:, 0, 0]) != set(other[:, 0, 0]) for other, *_ in others)
    assert not set(groups[first[:, 0, 0]]) & set(groups[second[:, 0, 0]])
    assert list(of_first) == list(groups[first[:, 0, 0]])
    with pytest.raises(ValueError, match="three disjoint sets of 3 real signals of class 2, and there are 4"):
        unseen.real_pairs(signals, labels, np.array([2, 2, 2]), SMALL, draws=1)


def test_the_null_is_of_real_sets_drawn_anew(without_convolutions):
    found = unseen.real_pairs(np.concatenate([REAL, OTHER, ANOTHER]), np.tile(LABELS, 3), LABELS, HASTY, draws=3)
    assert len(found) == 3
    assert len({each["network"] for each in found}) > 1
    assert all(abs(each["network"] - 0.5) < chance(180) for each in found)


def test_where_aeon_is_missing_it_says_how_to_install_it(monkeypatch):
    monkeypatch.setattr(unseen, "HAS_AEON", False)
    with pytest.raises(ModuleNotFoundError, match=r"environment of its own: pip install -e \"\.\[benchmarks\]\""):
        accuracies(REAL, OTHER, LABELS, SMALL)


@pytest.fixture
def two_threads():
    """PyTorch on two threads, so that neither one nor the number of cores passes for what it had."""
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


def test_networks_after_the_random_convolutions_have_as_many_threads_as_before(two_threads, monkeypatch):
    """Numba sets PyTorch's threads when it starts its own; here the convolutions do, and fail once."""

    def convolutions(**settings):
        def values(x):
            torch.set_num_threads(3)
            assert settings["random_state"] == 0, "a judge that fails"
            return x[:, 0]

        return FunctionTransformer(values)

    monkeypatch.setattr(unseen, "HAS_AEON", True)
    where = "aeon.transformations.collection.convolution_based"
    monkeypatch.setitem(sys.modules, where, SimpleNamespace(MiniRocket=convolutions))
    both, is_fake, places = np.concatenate([REAL, OTHER]), np.arange(180) >= 90, np.arange(180)
    by_convolutions(both, is_fake, places, places, Convolutions(), seed=0)
    assert torch.get_num_threads() == 2
    with pytest.raises(AssertionError, match="a judge that fails"):
        by_convolutions(both, is_fake, places, places, Convolutions(), seed=1)
    assert torch.get_num_threads() == 2


@pytest.mark.skipif(not unseen.HAS_AEON, reason=NO_AEON)
@pytest.mark.filterwarnings("ignore")  # of numba, whose versions differ
def test_random_convolutions_tell_louder_signals_from_real_ones_and_not_fresh_ones():
    threads = torch.get_num_threads()
    louder = OTHER + 0.05 * np.random.default_rng(0).standard_normal(OTHER.shape).astype(np.float32)
    is_fake, random = np.arange(180) >= 90, np.random.default_rng(0).permutation(180)
    for fake, low, high in ((louder, 0.9, 1), (OTHER, 0.5 - chance(60), 0.5 + chance(60))):
        both = np.concatenate([REAL, fake])
        answers = by_convolutions(both, is_fake, random[:120], random[120:], Convolutions(kernels=168), seed=0)
        assert torch.get_num_threads() == threads  # on one core numba would set the same
        assert low <= (answers == is_fake[random[120:]]).mean() <= high
