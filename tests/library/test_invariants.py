"""What every recording of a set shares exactly: found where it is, not where it is not, and imposed once for all."""

import os
from pathlib import Path

import numpy as np
import pytest
import torch

from course_lib.data import AUSLAN_CHANNELS, Invariants, SignalDataset, load_auslan, simulate_signs

NORMAL = np.random.default_rng(0).normal


def walks(n=30, channels=1, length=40, *, seed=0):
    """Random walks: signals whose means and deviations all differ."""
    return np.random.default_rng(seed).normal(size=(n, channels, length)).cumsum(axis=2)


def normalised(values, *, ddof, mean=0.0, std=1.0):
    values = values - values.mean(axis=2, keepdims=True)
    return mean + std * values / values.std(axis=2, ddof=ddof, keepdims=True)


def dataset(values):
    return SignalDataset(values.astype(np.float32), channels_first=True)


def raw_bits(**sizes):
    """Whole numbers of a converter of few bits, with values that repeat."""
    return np.round(2 * walks(**sizes))


SETS = {
    "free": walks(channels=2),
    "normalised over L": normalised(walks(channels=2), ddof=0),
    "normalised over L - 1": normalised(walks(), ddof=1),
    "normalised elsewhere": normalised(walks(), ddof=0, mean=300.0, std=0.5),
    "centred only": walks() - walks().mean(axis=2, keepdims=True),
    "integers": raw_bits(n=100),
    "a lattice off zero": 0.3 + 0.25 * raw_bits(n=100),
    "thirds": raw_bits(n=100) / 3,
    "shuffles of one": np.random.default_rng(6).permuted(np.tile(np.arange(40) // 8 - 2.0, (40, 1, 1)), axis=2),
    "bits, then normalised": normalised(raw_bits(length=120), ddof=1),
    "bits, then gains": 0.1 * raw_bits(length=120) * np.exp(NORMAL(size=(30, 1, 1))),
    "repeats": np.where(NORMAL(size=(30, 1, 40)) > 1.5, 0.0, NORMAL(size=(30, 1, 40))).cumsum(axis=2),
    "repeats, then normalised": normalised(np.where(walks() > 6, 0.0, walks(seed=3)).cumsum(axis=2), ddof=1),
    "squares": np.where(walks(n=40, length=40, seed=5).argsort(axis=2) < 20, 1.0, -1.0),  # on {-1, 1}, mean 0, std 1
}

# What is found


@pytest.mark.parametrize(("over", "ddof"), [("normalised over L", 0), ("normalised over L - 1", 1)])
def test_signals_normalised_one_by_one_share_mean_0_and_deviation_1_under_the_sum_that_made_them(over, ddof):
    found = Invariants.found_in(dataset(SETS[over]))
    channels = SETS[over].shape[1]
    assert found.mean == (0.0,) * channels
    assert found.std == (1.0,) * channels
    assert found.ddof == ddof
    assert found.lattice == (None,) * channels
    assert found.own_lattices == (None,) * channels


def test_another_fixed_mean_and_deviation_are_found_with_their_values():
    found = Invariants.found_in(dataset(SETS["normalised elsewhere"]))
    assert found.mean == (pytest.approx(300.0, abs=1e-4),)
    assert found.std == (pytest.approx(0.5, abs=1e-4),)


def test_a_mean_is_found_where_the_deviation_is_free_and_the_other_way_round():
    centred = Invariants.found_in(dataset(SETS["centred only"]))
    assert centred.mean == (0.0,) and centred.std == (None,)
    shifted = Invariants.found_in(dataset(SETS["normalised over L"] + NORMAL(size=(30, 2, 1))))
    assert shifted.mean == (None, None) and shifted.std == (1.0, 1.0)


def test_deviations_are_one_that_differ_by_little_beside_the_spread_of_all_values_their_means_included():
    waves = normalised(walks(), ddof=0) * np.linspace(0.997, 1.003, 30)[:, None, None]
    assert Invariants.found_in(dataset(waves)).std == (None,)
    assert Invariants.found_in(dataset(waves + 200 * np.linspace(-1, 1, 30)[:, None, None])).std == (1.0,)


def test_each_channel_has_its_own():
    values = np.concatenate([SETS["normalised over L"][:, :1], walks(seed=1), raw_bits(seed=2)], axis=1)
    found = Invariants.found_in(dataset(values))
    assert found.mean == (0.0, None, None)
    assert found.std == (1.0, None, None)
    assert [lattice is None for lattice in found.lattice] == [True, True, False]


@pytest.mark.parametrize(("name", "step"), [("integers", 1.0), ("a lattice off zero", 0.25)])
def test_the_lattice_is_the_coarsest_that_holds_every_value(name, step):
    (lattice,) = Invariants.found_in(dataset(SETS[name])).lattice
    offset, found = lattice
    assert (offset, found) == (pytest.approx(0.05 if "off zero" in name else 0.0), step)
    counts = (SETS[name] - offset) / found
    np.testing.assert_allclose(counts, np.round(counts), rtol=0, atol=1e-4)


def test_a_step_that_is_no_gap_is_found_as_the_gaps_common_divisor():
    values = np.random.default_rng(0).choice([0.0, 2.0, 5.0, 9.0], size=(20, 1, 20))  # gaps 2, 3, 4: the step is 1
    (lattice,) = Invariants.found_in(dataset(values)).lattice
    assert lattice == (0.0, 1.0)


def test_few_levels_that_no_step_joins_are_no_lattice():
    values = np.random.default_rng(0).choice([0.0, 1.0, np.sqrt(2), np.pi], size=(20, 1, 20))
    assert Invariants.found_in(dataset(values)).lattice == (None,)


def test_levels_whose_gaps_grow_by_less_than_can_be_seen_are_no_lattice_as_they_drift_off_it():
    levels = np.arange(100) + 2e-7 * np.arange(100) ** 2
    values = np.random.default_rng(0).choice(levels, size=(50, 1, 40))
    assert Invariants.found_in(dataset(values)).lattice == (None,)
    assert Invariants.found_in(dataset(np.round(values))).lattice == ((0.0, 1.0),)


def test_values_as_fine_as_a_float32_s_rounding_are_no_lattice_though_they_are_multiples_of_it():
    ulps = np.random.default_rng(0).integers(0, 9, size=(40, 1, 40)) * 2.0**-23
    assert not Invariants.found_in(dataset(1.0 + ulps))


def test_of_as_many_levels_as_values_a_lattice_is_said_only_of_decimals():
    values = np.random.default_rng(0).permutation(1600).reshape(40, 1, 40).astype(float)  # each whole number once
    assert Invariants.found_in(dataset(values)).lattice == ((0.0, 1.0),)
    assert Invariants.found_in(dataset(values / 3)).lattice == (None,)


@pytest.mark.parametrize("digits", [0, 2, 4])
def test_values_that_a_file_gives_with_few_decimals_are_imposed_with_as_many(digits):
    values = np.random.default_rng(0).normal(0, 2.0, size=(300, 1, 60))
    values = values * (100 if digits == 0 else 1)
    found = Invariants.found_in(dataset(np.round(values, digits)))
    assert found.lattice == ((0.0, 10.0**-digits),)
    made = found.impose(torch.from_numpy(values)).numpy()
    assert found.least_step == (None,)  # though some steps of rounded readings are 0
    np.testing.assert_allclose(made, np.round(values, digits), rtol=0, atol=2.0**-22 * np.abs(values).max())
    assert Invariants.found_in(dataset(values)).lattice == (None,)


def test_readings_that_were_held_are_held_in_what_is_made_though_the_file_has_decimals():
    values = np.random.default_rng(0).normal(size=(50, 1, 60)).cumsum(axis=2).repeat(2, axis=2)  # each one twice
    found = Invariants.found_in(dataset(np.round(values, 4)))
    assert found.lattice == ((0.0, 1e-4),) and found.least_step[0] > 1e-2


def test_decimals_of_few_values_may_be_chance():
    values = np.arange(29.0)[[5, 17, 3, 28]].reshape(2, 1, 2)
    assert Invariants.found_in(dataset(values)).lattice == (None,)


def test_bits_normalised_one_by_one_have_a_step_each_and_it_is_the_raw_step_over_the_raw_deviation():
    raw = raw_bits(length=120)
    found = Invariants.found_in(dataset(SETS["bits, then normalised"]))
    assert found.lattice == (None,) and found.mean == (0.0,) and found.std == (1.0,)
    steps = sorted(step for _, step in found.own_lattices[0])
    np.testing.assert_allclose(steps, np.sort(1 / raw.std(axis=2, ddof=1).ravel()), rtol=1e-5)


def test_one_signal_on_no_lattice_is_enough_for_there_to_be_none():
    values = SETS["bits, then normalised"].copy()
    values[7] = normalised(walks(1, length=120, seed=3), ddof=1)[0]
    found = Invariants.found_in(dataset(values))
    assert found.own_lattices == (None,) and found.std == (1.0,)


@pytest.mark.parametrize("off", ["mean", "std"])
def test_one_signal_that_differs_is_enough_for_a_mean_or_a_deviation_to_be_free(off):
    values = SETS["normalised over L"].copy()
    values[11, 0] = values[11, 0] + 1e-3 if off == "mean" else values[11, 0] * 1.001
    found = Invariants.found_in(dataset(values))
    assert (found.mean[0] is None) == (off == "mean") and (found.std[0] is None) == (off == "std")
    assert found.mean[1] == 0.0 and found.std[1] == 1.0


@pytest.mark.parametrize("values", [walks(1), np.repeat(walks(1), 9, axis=0), np.full((5, 1, 30), 2.5)])
def test_one_signal_copies_of_one_and_constants_of_one_value_share_nothing_that_is_found(values):
    found = Invariants.found_in(dataset(values))
    assert not found
    assert found.describe() == ("The signals share no mean, no standard deviation, no lattice and no repeats.",)


@pytest.mark.parametrize("name", SETS)
def test_a_large_set_is_searched_in_parts_and_shares_what_it_shares_as_a_whole(name, monkeypatch):
    whole = Invariants.found_in(dataset(SETS[name]))
    monkeypatch.setattr("course_lib.arrays.PART", 3 * SETS[name].shape[2])
    assert Invariants.found_in(dataset(SETS[name])) == whole


@pytest.mark.parametrize("name", ["integers", "bits, then normalised", "normalised over L"])
def test_a_recording_in_the_last_part_that_does_not_share_it_is_seen(name, monkeypatch):
    values = SETS[name].copy()
    values[-1] = 7.123456 * np.sin(np.arange(values.shape[2])) + 0.7
    monkeypatch.setattr("course_lib.arrays.PART", 3 * values.shape[2])
    without, found = Invariants.found_in(dataset(values[:-1])), Invariants.found_in(dataset(values))
    for shared in ("mean", "std", "lattice", "own_lattices"):
        assert not any(value is not None for value in getattr(found, shared)), found
    assert without.mean[0] == 0 or without.lattice[0] or without.own_lattices[0]


def test_simulated_signs_share_nothing():
    assert not Invariants.found_in(simulate_signs(8, 20, seed=0))


DATA = Path(os.environ.get("COURSE_DATA", "no_data"))
REAL = pytest.mark.skipif(not DATA.is_dir(), reason="COURSE_DATA is not set to a folder that holds the recordings")


@REAL
def test_no_channel_of_auslan_shares_more_than_repeats():
    found = Invariants.found_in(load_auslan(DATA / "auslan_hq" / "tctodd.tar.gz", channels=AUSLAN_CHANNELS))
    assert {*found.mean, *found.std, *found.lattice, *found.own_lattices} == {None}
    assert all(step > 0 for step in found.least_step[:3])


@REAL
@pytest.mark.parametrize(
    ("file", "own"), [("ECG5000_TRAIN", False), ("CricketX_TRAIN", False), ("SonyAIBORobotSurface2_TEST", True)]
)
def test_the_ucr_files_are_normalised_over_l_minus_1_and_the_robot_s_signals_have_a_lattice_each(file, own):
    if not (path := DATA / "ucr" / f"{file}.tsv").is_file():
        pytest.skip(f"{path} is not there")
    signals = dataset(np.loadtxt(path, delimiter="\t")[:, None, 1:])
    found = Invariants.found_in(signals)
    assert (found.mean, found.std, found.ddof, found.lattice) == ((0.0,), (1.0,), 1, (None,))
    assert (found.own_lattices[0] is not None) == own
    assert torch.equal(found.impose(signals.values), signals.values)


# What is imposed


@pytest.mark.parametrize("name", SETS)
def test_the_recordings_themselves_pass_unchanged_to_the_last_bit(name):
    signals = dataset(SETS[name])
    values = signals.values
    if "repeats" in name:  # a recording without one lacks what is imposed
        values = values[(values.diff() == 0).any(dim=2)[:, 0]]
        assert len(values) > 5
    assert torch.equal(Invariants.found_in(signals).impose(values), values)


@pytest.mark.parametrize("scale", [0.01, 1.0, 50.0])
@pytest.mark.parametrize("name", SETS)
def test_imposing_twice_is_imposing_once_to_the_last_bit(name, scale):
    found = Invariants.found_in(dataset(SETS[name]))
    made = 3.0 + scale * walks(60, *SETS[name].shape[1:], seed=9)
    once = found.impose(torch.from_numpy(made))
    assert torch.equal(found.impose(once), once)
    assert once.dtype == torch.float32 and once.shape == made.shape
    assert torch.equal(once, torch.from_numpy(made).float()) == (name == "free")


@pytest.mark.parametrize("name", SETS)
def test_what_is_imposed_on_a_signal_does_not_depend_on_those_beside_it(name):
    found = Invariants.found_in(dataset(SETS[name]))
    made = torch.from_numpy(walks(8, *SETS[name].shape[1:], seed=9))
    assert torch.equal(found.impose(made)[3:4], found.impose(made[3:4]))


def test_a_made_signal_gets_the_mean_and_the_deviation_and_keeps_its_shape():
    found = Invariants.found_in(dataset(SETS["normalised elsewhere"]))
    made = walks(20, seed=9)
    imposed = found.impose(torch.from_numpy(made)).double().numpy()
    np.testing.assert_allclose(imposed.mean(axis=2), 300.0, rtol=0, atol=1e-4)
    np.testing.assert_allclose(imposed.std(axis=2), 0.5, rtol=0, atol=1e-4)
    for before, after in zip(made[:, 0], imposed[:, 0], strict=True):
        assert np.corrcoef(before, after)[0, 1] > 1 - 1e-6


def test_each_value_goes_to_its_nearest_level():
    found = Invariants.found_in(dataset(SETS["a lattice off zero"]))
    made = walks(20, seed=9)
    imposed = found.impose(torch.from_numpy(made)).numpy()
    levels = 0.3 + 0.25 * np.arange(-400, 400)
    nearest = levels[np.abs(made[..., None] - levels).argmin(axis=-1)]
    np.testing.assert_allclose(imposed, nearest, rtol=0, atol=1e-5)


def test_a_lattice_of_its_own_gives_a_made_signal_repeated_values_and_leaves_it_normalised():
    found = Invariants.found_in(dataset(SETS["bits, then normalised"]))
    imposed = found.impose(torch.from_numpy(walks(20, length=120, seed=9))).double().numpy()
    np.testing.assert_allclose(imposed.mean(axis=2), 0.0, rtol=0, atol=1e-6)
    np.testing.assert_allclose(imposed.std(axis=2, ddof=1), 1.0, rtol=0, atol=1e-6)
    assert (np.diff(SETS["bits, then normalised"]) == 0).mean() > 0.1
    assert (np.diff(imposed) == 0).mean() > 0.1
    again = Invariants.found_in(dataset(imposed))
    assert again.own_lattices[0] is not None


def test_a_signal_takes_the_step_of_the_recording_that_is_as_rough():
    slow, fast = np.sin(np.linspace(0, 6, 200)), np.sin(np.linspace(0, 60, 200))
    coarse, fine = np.round(slow / 0.5) * 0.5, np.round(fast / 0.0717) * 0.0717
    found = Invariants.found_in(dataset(np.stack([coarse, fine])[:, None]))
    made = np.stack([0.98 * np.cos(np.linspace(0, 6, 200)), 0.98 * np.cos(np.linspace(0, 60, 200))])[:, None]
    like_coarse, like_fine = found.impose(torch.from_numpy(made)).double().numpy()[:, 0]
    np.testing.assert_allclose(like_coarse / 0.5, np.round(like_coarse / 0.5), rtol=0, atol=1e-4)
    np.testing.assert_allclose(like_fine / 0.0717, np.round(like_fine / 0.0717), rtol=0, atol=1e-4)
    assert set(like_coarse) == {-1.0, -0.5, 0.0, 0.5, 1.0}


def test_a_signal_that_its_step_would_flatten_is_left_as_it_is():
    gains = np.exp(NORMAL(size=(40, 1, 1)))
    found = Invariants.found_in(dataset(gains * (3.0 + SETS["squares"])))
    assert found.own_lattices[0] is not None
    small = torch.from_numpy(1e-3 * walks(5, seed=9)).float()
    assert torch.equal(found.impose(small), small)


def test_a_step_that_is_fine_beside_the_signal_s_spread_is_imposed_once():
    found = Invariants.found_in(dataset(SETS["bits, then gains"]))
    made = 1000 * np.linspace(0, 1, 120) + 0.3 * walks(20, length=120, seed=9)
    once = found.impose(torch.from_numpy(made))
    assert torch.equal(found.impose(once), once)


def test_a_lattice_has_the_last_word_and_a_normalised_signal_is_normalised_to_half_a_step():
    found = Invariants.found_in(dataset(SETS["squares"]))
    assert found.mean == (0.0,) and found.std == (1.0,)
    assert found.lattice == ((-1.0, 2.0),)
    imposed = found.impose(torch.from_numpy(walks(20, seed=9))).double().numpy()
    np.testing.assert_allclose((imposed + 1) / 2, np.round((imposed + 1) / 2), rtol=0, atol=1e-6)
    assert np.abs(imposed.mean(axis=2)).max() <= 1.0


def test_a_signal_whose_deviation_grew_by_rounding_to_the_lattice_is_not_scaled_again():
    found = Invariants.found_in(dataset(SETS["shuffles of one"]))
    assert found.lattice == ((0.0, 1.0),) and found.std == (pytest.approx(np.sqrt(2)),)
    made = np.tile([0.6, -0.6], 200)  # rounds to 1 and -1
    made[200] = np.sqrt(400 * (2 - 0.6**2))  # so that the deviation is what is fixed, before rounding
    once = found.impose(torch.from_numpy(made[None, None]))
    assert once.std() > np.sqrt(2) + 0.1
    assert torch.equal(found.impose(once), once)


def test_a_constant_signal_becomes_the_constant_mean_and_nothing_is_divided_by_zero():
    found = Invariants.found_in(dataset(SETS["normalised elsewhere"]))
    imposed = found.impose(torch.full((3, 1, 40), 7.0))
    np.testing.assert_allclose(imposed.numpy(), 300.0, rtol=1e-6)
    own = Invariants.found_in(dataset(SETS["bits, then normalised"]))
    assert torch.equal(own.impose(torch.full((3, 1, 40), 7.0)), torch.zeros(3, 1, 40))


def test_signals_that_are_all_constant_and_differ_have_a_deviation_of_0_and_that_can_be_imposed():
    levels = NORMAL(size=(20, 1, 1)).repeat(30, axis=2)
    found = Invariants.found_in(dataset(levels))
    assert found.std == (0.0,) and found.mean == (None,)
    made = walks(5, length=30, seed=9)
    imposed = found.impose(torch.from_numpy(made)).numpy()
    np.testing.assert_allclose(imposed, made.mean(axis=2, keepdims=True).repeat(30, axis=2), rtol=1e-5)


def test_where_nothing_is_found_the_values_come_back_themselves():
    values = torch.from_numpy(walks()).float()
    assert Invariants.found_in(dataset(SETS["centred only"] + NORMAL(size=(30, 1, 1)))).impose(values) is values


def test_what_was_found_is_said_a_sentence_each():
    said = Invariants.found_in(dataset(SETS["bits, then normalised"])).describe()
    assert said[0] == "Every signal of channel 0 has mean 0 and standard deviation 1 (sums over L - 1)."
    assert said[1].startswith("Every signal of channel 0 lies on a lattice of its own, with steps from ")
    lattice = Invariants.found_in(dataset(SETS["integers"]))
    assert str(lattice).startswith("Every value of channel 0 is ") and str(lattice).endswith("plus a multiple of 1.")


# What bad input gets


@pytest.mark.parametrize("wrong", [walks(), torch.zeros(3, 1, 8), None, "signals"])
def test_what_is_no_dataset_is_refused_with_how_to_make_one(wrong):
    with pytest.raises(ValueError, match=r"Invariants.found_in: expected a SignalDataset, got .*SignalDataset\(values"):
        Invariants.found_in(wrong)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (np.zeros((3, 2, 8)), r"signals of the 1 channels that were searched, shape \(N, 1, L\).*got \(3, 2, 8\)"),
        (np.zeros((3, 8)), r"got \(3, 8\)"),
        (np.zeros((3, 1, 1)), r"at least 2 steps, got \(3, 1, 1\)"),
        (np.full((3, 1, 8), np.nan), r"expected finite values, got nan at \(0, 0, 0\)"),
        (np.ma.masked_equal(np.zeros((3, 1, 8)), 0), r"masked"),
        (np.full((3, 1, 8), "a"), r"real numbers.*text"),
    ],
)
@pytest.mark.parametrize("name", ["free", "normalised over L - 1"])
def test_values_that_nothing_can_be_imposed_on_are_refused(name, wrong, message):
    found = Invariants.found_in(dataset(SETS[name][:, :1]))
    with pytest.raises(ValueError, match=message):
        found.impose(wrong)


def test_repeated_readings_are_found_where_there_is_no_lattice_and_nowhere_else():
    steps = np.abs(np.diff(dataset(SETS["repeats"]).values.double()))
    share = (steps == 0).mean()
    (least,) = Invariants.found_in(dataset(SETS["repeats"])).least_step
    assert 0.03 < share < 0.15
    assert least == pytest.approx(np.quantile(steps[steps > 0], 0.1) * share / (share + 0.1 * (1 - share)))
    for name in set(SETS) - {"repeats", "repeats, then normalised"}:
        assert set(Invariants.found_in(dataset(SETS[name])).least_step) == {None}, name


def test_steps_spread_evenly_below_the_tenth_percentile_get_the_share_of_the_recordings():
    random = np.random.default_rng(4)
    steps = random.normal(size=(200, 1, 80))
    repeated = random.random(steps.shape) < 0.05
    found = Invariants.found_in(dataset(np.where(repeated, 0.0, steps).cumsum(axis=2)))
    made = np.where(repeated, random.uniform(-0.125, 0.125, size=steps.shape), steps).cumsum(axis=2)
    imposed = found.impose(torch.from_numpy(made)).double().numpy()
    assert 0.045 < (np.diff(imposed) == 0).mean() < 0.055


def test_a_signal_stands_still_where_its_step_is_too_small_and_keeps_the_others():
    (least,) = (found := Invariants.found_in(dataset(SETS["repeats"]))).least_step
    steps = least * np.array([3.0, 0.5, -0.9, -2.0, 0.99, 1.01])
    imposed = found.impose(torch.from_numpy(np.r_[5.0, steps].cumsum()[None, None])).double().numpy()[0, 0]
    kept = least * np.array([3.0, 0.0, 0.0, -2.0, 0.0, 1.01])
    np.testing.assert_allclose(imposed, np.r_[5.0, kept].cumsum(), rtol=0, atol=1e-6)
    assert ((np.diff(imposed) == 0) == (kept == 0)).all()
    still = np.r_[5.0, 5.0, 5.0 + 0.5 * least, 6.0][None, None]
    assert torch.equal(found.impose(torch.from_numpy(still)), torch.from_numpy(still).float())


def test_much_rest_does_not_make_a_large_step_small():
    random = np.random.default_rng(5)
    steps = np.where(random.random((50, 1, 80)) < 0.9, 0.0, random.normal(size=(50, 1, 80)))
    (least,) = Invariants.found_in(dataset(steps.cumsum(axis=2))).least_step
    assert least < np.quantile(np.abs(steps[steps != 0]), 0.11)
