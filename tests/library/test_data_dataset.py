"""The container for signals and the scaling that can be undone."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from course_lib.data import Scaler, SignalDataset, constant_signals

ROOT = Path(__file__).resolve().parents[2]
HALF_ULP = 2.0**-24  # relative error of one float32 operation


def numbered(counts, *, channels=1, length=4):
    """A dataset whose signal n holds only the number n, with `counts` signals of each class, in mixed order."""
    labels = torch.from_numpy(np.random.default_rng(0).permutation(np.repeat(np.arange(len(counts)), counts)))
    values = torch.arange(len(labels), dtype=torch.float32)[:, None, None].expand(-1, channels, length).clone()
    return SignalDataset(values, labels, tuple(f"sign {k:02d}" for k in range(len(counts))))


def random_dataset(*, n=50, channels=3, length=20, seed=0):
    rng = np.random.default_rng(seed)
    values = rng.normal([[[1.0], [-20.0], [300.0]]][:channels], [[[0.01], [5.0], [1.0]]], (n, channels, length))
    return SignalDataset(torch.from_numpy(values.astype(np.float32)), torch.zeros(n, dtype=torch.int64), ("all",))


# The container


def test_a_dataset_says_its_size():
    dataset = numbered([3, 5], channels=2, length=7)
    assert (len(dataset), dataset.n_classes, dataset.channels, dataset.length) == (8, 2, 2, 7)


@pytest.mark.parametrize("float_type", [np.float16, np.float32, ">f4"])
@pytest.mark.parametrize("label_type", [np.uint8, np.int32, np.int64, ">i8"])
def test_arrays_that_convert_exactly_are_taken(float_type, label_type):
    values = np.array([[[0.1, -2.5]], [[3.0, 65504.0]]], dtype=float_type)
    dataset = SignalDataset(values, np.array([1, 0], dtype=label_type), ["a", "b"])
    assert dataset.values.dtype == torch.float32 and dataset.labels.dtype == torch.int64
    assert dataset.class_names == ("a", "b")
    np.testing.assert_array_equal(dataset.values.numpy().astype(np.float64), values.astype(np.float64))
    np.testing.assert_array_equal(dataset.labels.numpy(), [1, 0])


GOOD = {"values": torch.zeros(3, 1, 4), "labels": torch.tensor([0, 1, 1]), "class_names": ("a", "b")}
NOT_FINITE = torch.zeros(3, 2, 4)
NOT_FINITE[1, 1, 2] = torch.nan
INFINITE = torch.zeros(3, 2, 4)
INFINITE[2, 0, 3] = -torch.inf


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"values": np.zeros((3, 1, 4))}, r"expected values as a float32 tensor.*ndarray of float64"),
        ({"values": torch.zeros(3, 1, 4, dtype=torch.float64)}, r"float32 tensor.*Tensor of torch.float64 on cpu"),
        ({"values": torch.zeros(3, 1, 4, dtype=torch.int64)}, r"float32 tensor.*torch.int64"),
        ({"values": torch.zeros(3, 1, 4, device="meta")}, r"on the CPU.*on meta"),
        ({"labels": torch.tensor([0.0, 1.0, 1.0])}, r"expected labels as an int64 tensor.*torch.float32"),
        ({"labels": np.array([0.0, 1.0, 1.0])}, r"expected labels.*ndarray of float64"),
        ({"labels": np.array([True, False, True])}, r"expected labels.*ndarray of bool"),
        ({"values": torch.zeros(3, 4)}, r"shape \(N signals, C channels, L steps\), got \(3, 4\).*values\[:, None\]"),
        ({"values": torch.zeros(0, 1, 4), "labels": torch.zeros(0, dtype=torch.int64)}, r"at least one signal"),
        ({"values": torch.zeros(3, 0, 4)}, r"at least one signal and one channel, got shape \(3, 0, 4\)"),
        ({"values": torch.zeros(3, 1, 1)}, r"at least 2 steps, got length 1"),
        ({"values": torch.zeros(3, 1, 0)}, r"at least 2 steps, got length 0"),
        ({"labels": torch.tensor([0, 1])}, r"one label a signal, shape \(3,\), got \(2,\)"),
        ({"labels": torch.tensor([[0], [1], [1]])}, r"one label a signal, shape \(3,\), got \(3, 1\)"),
        ({"labels": torch.tensor([0, 1, 2])}, r"signal 2 has label 2, but there are 2 class names: expected 0 to 1"),
        ({"labels": torch.tensor([0, -1, 1])}, r"signal 1 has label -1"),
        ({"class_names": ("a", "a")}, r"names that differ.*\['a'\]"),
        ({"values": NOT_FINITE}, r"1 are not; the first is nan in signal 1, channel 1, step 2 \(counted from 0\)"),
        ({"values": INFINITE}, r"the first is -inf in signal 2, channel 0, step 3"),
    ],
)
def test_a_broken_dataset_is_refused_with_where_it_is_broken(wrong, message):
    SignalDataset(**GOOD)
    with pytest.raises(ValueError, match=message):
        SignalDataset(**GOOD | wrong)


def test_what_the_loader_noted_is_shown_and_survives_every_operation():
    dataset = random_dataset().with_notes("one recording is missing").with_notes("and another")
    train, _ = Scaler.fit(dataset).transform(dataset).select(["all"]).split(0.5, seed=0)
    assert train.notes == ("one recording is missing", "and another")
    assert repr(train).splitlines()[0] == "SignalDataset: 25 signals of 3 channels x 20 steps, 1 class, scaled"
    assert "one recording is missing" in repr(train)


# Splitting


def test_a_split_is_disjoint_and_covers_everything():
    dataset = numbered([10, 25, 7])
    parts = dataset.split(0.3, seed=1)
    numbers = [set(part.values[:, 0, 0].int().tolist()) for part in parts]
    assert numbers[0].isdisjoint(numbers[1])
    assert numbers[0] | numbers[1] == set(range(42))
    for part in parts:  # every signal kept its label
        assert torch.equal(part.labels, dataset.labels[part.values[:, 0, 0].long()])


def test_a_split_takes_the_same_fraction_of_each_class():
    first, rest = numbered([10, 25, 300]).split(0.8, seed=0)
    assert torch.bincount(first.labels).tolist() == [8, 20, 240]
    assert torch.bincount(rest.labels).tolist() == [2, 5, 60]


@pytest.mark.parametrize("fraction", [0.001, 0.999])
def test_each_side_of_a_split_has_every_class(fraction):
    for part in numbered([2, 3, 9]).split(fraction, seed=0):
        assert torch.bincount(part.labels).min() >= 1


def test_a_split_is_drawn_by_its_seed():
    dataset = numbered([50, 50])
    first, again, other = (dataset.split(0.5, seed=seed)[0].values for seed in (3, 3, 4))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_a_split_is_random_within_a_class():
    # Each of 20 signals goes to the first half with probability 1/2: over 400 seeds, a mean of 200 with deviation 10.
    dataset = numbered([20])
    times = torch.zeros(20)
    for seed in range(400):
        times[dataset.split(0.5, seed=seed)[0].values[:, 0, 0].long()] += 1
    assert ((times - 200).abs() < 50).all()


def test_splitting_the_first_classes_is_the_first_classes_of_the_split():
    dataset = numbered([10, 20, 30])
    selected_then_split = dataset.select([0, 1]).split(0.6, seed=5)[0]
    split_then_selected = dataset.split(0.6, seed=5)[0].select([0, 1])
    assert torch.equal(selected_then_split.values, split_then_selected.values)


def test_a_class_without_signals_does_not_stop_a_split():
    first, rest = numbered([4, 0, 4]).split(0.5, seed=0)
    assert (len(first), len(rest), first.n_classes) == (4, 4, 3)


def test_a_class_with_one_signal_cannot_be_split():
    with pytest.raises(ValueError, match=r"2 of 3 classes have a single one: 'sign 00', 'sign 02'.*select"):
        numbered([1, 5, 1]).split(0.5, seed=0)


@pytest.mark.parametrize("fraction", [0.0, 1.0, -0.2, 80.0, float("nan")])
def test_a_fraction_that_is_none_is_refused(fraction):
    with pytest.raises(ValueError, match="strictly between 0 and 1"):
        numbered([4]).split(fraction, seed=0)


def test_a_negative_seed_is_refused():
    with pytest.raises(ValueError, match="seed of 0 or more, got -1"):
        numbered([4]).split(0.5, seed=-1)


# Selecting


@pytest.mark.parametrize("classes", [["sign 02", "sign 00"], [2, 0], (np.int64(2), "sign 00")])
def test_selected_classes_are_numbered_in_the_order_asked_for(classes):
    dataset = numbered([3, 4, 5])
    selected = dataset.select(classes)
    assert selected.class_names == ("sign 02", "sign 00")
    origin = dataset.labels[selected.values[:, 0, 0].long()]
    assert torch.equal(selected.labels, torch.where(origin == 2, 0, 1))
    assert torch.bincount(selected.labels).tolist() == [5, 3]


def test_one_name_selects_one_class():
    assert len(numbered([3, 4]).select("sign 01")) == 4


@pytest.mark.parametrize(
    ("classes", "message"),
    [
        (["sing 01"], r"no class is called 'sing 01'. Close to it:.*'sign 01'"),
        (["?"], r"no class is called '\?'.*all 3 are in dataset.class_names"),
        ([3], r"no class has index 3; expected 0 \('sign 00'\) to 2 \('sign 02'\)"),
        ([-1], r"no class has index -1"),
        ([0, "sign 00"], r"expected different classes, but got \['sign 00'\] more than once"),
        ([], r"at least one class, got none"),
    ],
)
def test_an_impossible_selection_is_refused(classes, message):
    with pytest.raises(ValueError, match=message):
        numbered([2, 2, 2]).select(classes)


def test_a_selection_without_signals_is_refused():
    with pytest.raises(ValueError, match=r"none of the 4 signals is of \['sign 01'\]"):
        numbered([4, 0]).select([1])


# Scaling


def test_the_scaler_holds_mean_and_deviation_of_each_channel():
    dataset = random_dataset()
    scaler = Scaler.fit(dataset)
    exact = dataset.values.numpy().astype(np.float64)
    np.testing.assert_allclose(scaler.mean.numpy(), exact.mean((0, 2)), rtol=HALF_ULP * 1.01)
    np.testing.assert_allclose(scaler.std.numpy(), exact.std((0, 2)), rtol=HALF_ULP * 1.01)


def test_scaled_signals_have_mean_0_and_deviation_1_in_each_channel():
    dataset = random_dataset()
    scaled = Scaler.fit(dataset).transform(dataset).values.numpy().astype(np.float64)
    # The mean itself is rounded to float32: an error of |mean| half-ulps, in units of std. Channel 2 has the ratio 300.
    np.testing.assert_allclose(scaled.mean((0, 2)), 0, atol=2 * 300 * HALF_ULP)
    np.testing.assert_allclose(scaled.std((0, 2)), 1, rtol=1e-5)


def test_scaling_is_undone_to_float32_accuracy():
    dataset = random_dataset()
    scaler = Scaler.fit(dataset)
    back = scaler.inverse(scaler.transform(dataset.values))
    # Four operations, one rounding each: the first three on |x - mean| <= |x| + |mean|, the last on |x|.
    bound = 5 * HALF_ULP * (dataset.values.abs() + scaler.mean.abs()[:, None])
    assert ((back - dataset.values).abs() <= bound).all()


def test_the_scaler_gives_back_the_kind_it_was_given():
    dataset = random_dataset()
    scaler = Scaler.fit(dataset)
    scaled = scaler.transform(dataset)
    assert scaled.scaler is scaler and dataset.scaler is None
    assert torch.equal(scaled.values, scaler.transform(dataset.values))
    back = scaler.inverse(scaled)
    assert back.scaler is None and torch.equal(back.values, scaler.inverse(scaled.values))
    assert torch.equal(back.labels, dataset.labels)


def test_other_signals_are_scaled_by_what_was_fitted():
    scaler = Scaler(mean=torch.tensor([1.0, 10.0]), std=torch.tensor([2.0, 4.0]))
    signals = torch.tensor([[[1.0, 3.0], [10.0, 18.0]]])
    assert scaler.transform(signals).tolist() == [[[0.0, 1.0], [0.0, 2.0]]]
    assert scaler.inverse(torch.tensor([[[0.0, 1.0], [0.0, 2.0]]])).tolist() == signals.tolist()


@pytest.mark.parametrize("verb", ["transform", "inverse"])
@pytest.mark.parametrize("shape", [(5, 2, 20), (5, 4, 20), (3, 20), (5, 1, 20)])
def test_signals_with_other_channels_are_refused(verb, shape):
    scaler = Scaler.fit(random_dataset())
    with pytest.raises(ValueError, match=rf"Scaler.{verb}: this scaler was fitted to 3 channels.*\(N, 3, L\)"):
        getattr(scaler, verb)(torch.zeros(shape))


def test_a_dataset_with_other_channels_is_refused():
    scaler = Scaler.fit(random_dataset())
    with pytest.raises(ValueError, match=r"fitted to 3 channels, so expected shape \(N, 3, L\), got \(4, 1, 4\)"):
        scaler.transform(numbered([4]))


def test_scaling_twice_is_refused():
    dataset = random_dataset()
    scaler = Scaler.fit(dataset)
    with pytest.raises(ValueError, match="been through a scaler already"):
        scaler.transform(scaler.transform(dataset))


def test_a_constant_channel_is_an_explained_case():
    values = random_dataset().values.clone()
    values[:, 1] = -20.5
    dataset = SignalDataset(values, torch.zeros(50, dtype=torch.int64), ("all",))
    with pytest.raises(ValueError, match=r"all 50 signals 1 of 3 do not: channel 1 \(-20.5 everywhere\).*0/0.*leave"):
        Scaler.fit(dataset)


def test_a_constant_signal_in_a_varying_channel_is_no_obstacle():
    values = random_dataset().values.clone()
    values[7] = 0.0
    dataset = SignalDataset(values, torch.zeros(50, dtype=torch.int64), ("all",))
    assert Scaler.fit(dataset).transform(dataset).values.isfinite().all()


@pytest.mark.parametrize(
    ("mean", "std", "message"),
    [
        (torch.zeros(2), torch.ones(3), r"one shape \(C,\), got \(2,\) and \(3,\)"),
        (torch.zeros(1, 2), torch.ones(1, 2), r"one shape \(C,\)"),
        (torch.zeros(2), torch.tensor([1.0, 0.0]), "positive stds"),
        (torch.tensor([0.0, torch.nan]), torch.ones(2), "finite means"),
    ],
)
def test_an_impossible_scaler_is_refused(mean, std, message):
    with pytest.raises(ValueError, match=message):
        Scaler(mean=mean, std=std)


def test_constant_signals_are_counted_in_each_channel():
    values = torch.randn(6, 3, 10, generator=torch.Generator().manual_seed(0))
    values[[0, 4], 1] = 0.25
    values[:, 2] = torch.arange(6.0)[:, None]  # each constant, all different
    dataset = SignalDataset(values, torch.zeros(6, dtype=torch.int64), ("all",))
    assert constant_signals(dataset).tolist() == [0, 2, 6]


HELD = """
import torch
from course_lib.data import Invariants, Scaler, SignalDataset

def most():
    return next(float(line.split()[1]) / 1e3 for line in open("/proc/self/status") if "VmHWM" in line)

before = most()
signals = SignalDataset(torch.empty(500_000, 1, 100).normal_())  # 200 MB
scaled = Scaler.fit(signals).transform(signals)
Invariants.found_in(scaled)
print((most() - before) / 200)
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="a process's peak memory is read from /proc")
def test_a_large_set_and_what_its_scaler_makes_of_it_are_all_that_is_held():
    done = subprocess.run([sys.executable, "-c", HELD], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    assert 1.9 < float(done.stdout) < 2.3, "the two, and what is looked at in parts; one copy more would be 3"
