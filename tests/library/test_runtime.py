"""What `start` seeds, chooses and refuses."""

import random

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch

from course_lib.devices import choose_device
from course_lib.plots import CYCLE
from course_lib.runtime import start


def draws():
    return random.random(), float(np.random.rand()), float(torch.rand(1))


def test_the_same_seed_gives_the_same_numbers_from_python_numpy_and_torch():
    start(3)
    first = draws()
    start(3)
    assert draws() == first
    start(4)
    assert all(one != two for one, two in zip(draws(), first, strict=True))


def test_the_scale_is_quick_unless_asked_for_and_never_the_device_s_choice(monkeypatch):
    monkeypatch.delenv("COURSE_SCALE", raising=False)
    assert start().scale == "quick" and start().pick(quick=1, full=2) == 1
    monkeypatch.setenv("COURSE_SCALE", "full")
    assert start().pick(quick=1, full=2) == 2
    assert start(scale="quick").scale == "quick"
    monkeypatch.setenv("COURSE_SCALE", "huge")
    with pytest.raises(ValueError, match="'quick' or 'full', got 'huge'.*COURSE_SCALE"):
        start()


@pytest.mark.parametrize(
    ("cuda", "mps", "expected"), [(True, True, "cuda"), (False, True, "mps"), (False, False, "cpu")]
)
def test_the_device_is_cuda_before_mps_before_cpu(monkeypatch, cuda, mps, expected):
    monkeypatch.delenv("COURSE_DEVICE", raising=False)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)
    assert choose_device().type == expected


def test_a_named_device_wins_and_a_missing_one_is_refused(monkeypatch):
    monkeypatch.setenv("COURSE_DEVICE", "meta")
    assert choose_device().type == "meta" and choose_device("cpu").type == "cpu"
    with pytest.raises(ValueError, match="got 'warp9'.*or say 'cpu'"):
        choose_device("warp9")


def test_start_sets_the_palette():
    plt.rcdefaults()
    start()
    assert plt.rcParams["axes.prop_cycle"].by_key()["color"] == CYCLE
