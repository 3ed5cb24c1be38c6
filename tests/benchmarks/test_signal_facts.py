"""Tails, classes and what one can learn from generated signals, on signals whose answers are known."""

import pytest
import torch

from benchmarks import signal_facts
from course_lib.data import SignalDataset


def bumps(n, start, length, height=1.0):
    x = torch.zeros(n, 1, 40)
    x[:, :, start : start + length] = height * torch.sin(torch.linspace(0, torch.pi, length))
    return x


def test_a_set_beside_itself_has_the_same_tails():
    real = torch.randn(50, 3, 40, generator=torch.Generator().manual_seed(0)).cumsum(2)
    tails = signal_facts.tails(real, real)
    assert tails["peak_ratio"] == tails["duration_ratio"] == 1.0
    assert tails["rest"] == tails["real_rest"]
    assert tails["correlation_error"] == 0.0


def test_higher_peaks_and_shorter_movements_are_seen():
    real = bumps(20, 10, 20)
    tails = signal_facts.tails(real, bumps(20, 10, 10, height=2.0))
    assert tails["peak_ratio"] > 1.8
    assert 0.4 < tails["duration_ratio"] < 0.6
    assert tails["rest"] > tails["real_rest"] + 0.2


def test_only_the_upper_end_counts():
    real = torch.cat([bumps(90, 10, 20), bumps(10, 10, 20, height=3.0)])
    assert signal_facts.tails(real, bumps(100, 10, 20))["peak_ratio"] == pytest.approx(1 / 3, rel=1e-4)


def test_signals_that_never_move_last_no_step():
    moves = torch.tensor([[0, 0, 0, 0], [0, 1, 0, 0], [1, 0, 0, 1]]).bool().numpy()
    assert signal_facts.durations(moves).tolist() == [0, 1, 4]


def test_channels_that_no_longer_go_together():
    course = torch.randn(200, 1, 40, generator=torch.Generator().manual_seed(0))
    together, opposed = torch.cat([course, course], 1), torch.cat([course, -course], 1)
    assert signal_facts.tails(together, opposed)["correlation_error"] == pytest.approx(2.0, abs=1e-5)
    still = torch.cat([course, torch.zeros_like(course)], 1)  # says nothing, and breaks nothing
    assert signal_facts.correlations(torch.cat([together, still]))[0] == pytest.approx(1.0, abs=1e-5)


def of_two_classes(n, seed):
    labels = torch.arange(n) % 2
    noise = torch.randn(n, 1, 20, generator=torch.Generator().manual_seed(seed))
    return SignalDataset(noise + 3.0 * labels[:, None, None], labels, class_names=("low", "high"))


def test_one_class_that_is_wrong_is_the_worst():
    learnt, made = of_two_classes(60, 0), of_two_classes(60, 1)
    assert signal_facts.worst_class(learnt, made.values, made.labels) == {"class_accuracy": 1.0, "worst_class": 1.0}
    every_zero = torch.zeros_like(made.labels)
    said = signal_facts.worst_class(learnt, of_two_classes(60, 2).values[every_zero], made.labels)
    assert said == {"class_accuracy": 0.5, "worst_class": 0.0}


def test_learning_from_what_was_made():
    learnt, held_out = of_two_classes(60, 0), of_two_classes(40, 1)
    good = signal_facts.transfer(of_two_classes(60, 3).values, learnt, held_out, seed=0)
    assert (good["tstr"], good["trtr"], good["learnt_from"]) == (1.0, 1.0, 60)
    bad = signal_facts.transfer(of_two_classes(60, 3).values.flip(0), learnt, held_out, seed=0)
    assert bad["tstr"] == 0.0 and bad["trtr"] == 1.0
    assert set(signal_facts.transfer(None, learnt, held_out, seed=0)) == set(good)
