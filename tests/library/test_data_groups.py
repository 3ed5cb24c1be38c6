"""Signals that belong together: their groups go along, stay whole in a split, and are found where windows overlap."""

import os
from pathlib import Path

import numpy as np
import pytest
import torch

from benchmarks.recordings import AuslanSessions, SessionSplit, Ucr
from course_lib.data import Scaler, SignalDataset, load_auslan, load_signals, overlapping_windows, simulate_signs

COURSE_DATA = Path(os.environ.get("COURSE_DATA", "no_data"))
needs_ucr = pytest.mark.skipif(
    not (COURSE_DATA / "ucr").is_dir(), reason="COURSE_DATA is not set to a folder that holds ucr/*.tsv"
)
needs_auslan = pytest.mark.skipif(
    not (COURSE_DATA / "auslan_hq" / "tctodd.tar.gz").is_file(),
    reason="COURSE_DATA is not set to a folder that holds auslan_hq/tctodd.tar.gz",
)


def grouped(labels, groups, *, length=8, seed=0):
    """Random signals; the first value of signal n is n."""
    values = np.random.default_rng(seed).normal(size=(len(labels), 1, length)).astype(np.float32)
    values[:, 0, 0] = np.arange(len(labels))
    names = [f"sign {k}" for k in range(max(labels) + 1)]
    return SignalDataset(values, np.array(labels), names, groups=groups)


def ids(dataset):
    return dataset.values[:, 0, 0].int().tolist()


# --- groups go along


def test_groups_go_along_with_their_signals_whatever_is_done():
    labels, groups = np.arange(12) % 3, np.arange(12) // 4 + 5
    dataset = grouped(labels, groups)
    assert dataset.groups.dtype == torch.int64 and torch.equal(dataset.groups, torch.from_numpy(groups))
    parts = [
        dataset[::-1],
        dataset[[3, 1, 8]],
        dataset.select([2, 0]),
        dataset.take(2, seed=0),
        *dataset.split(0.5, seed=1),
        *dataset.split_groups([6]),
        dataset.join(dataset),
        dataset.select_channels([0]),
        dataset.with_notes("noted"),
        dataset.drop_small_classes(4),
    ]
    for part in parts:
        assert part.groups.tolist() == [groups[n] for n in ids(part)]
    other = grouped([0, 1], [9, 5])
    assert dataset.join(other, other).groups.tolist() == [*groups.tolist(), 9, 5, 9, 5]
    scaled = Scaler.fit(dataset).transform(dataset)
    assert torch.equal(scaled.groups, dataset.groups)
    assert torch.equal(scaled.scaler.inverse(scaled).groups, dataset.groups)


def test_groups_are_set_replaced_and_forgotten_and_the_dataset_says_how_many_there_are():
    dataset = grouped([0, 0, 1, 1], None)
    assert dataset.groups is None and "group" not in repr(dataset)
    for groups in ([0, 0, 7, 7], np.array([0, 0, 7, 7], np.uint8), torch.tensor([0, 0, 7, 7])):
        assert dataset.with_groups(groups).groups.tolist() == [0, 0, 7, 7]
    assert "2 classes, 2 groups" in repr(dataset.with_groups([0, 0, 7, 7]))
    assert "2 classes, 1 group" in repr(dataset.with_groups([3] * 4)) and "groups" not in repr(
        dataset.with_groups([3] * 4)
    )
    assert dataset.with_groups([1, 2, 3, 4]).with_groups(None).groups is None


def test_a_dataset_keeps_its_own_copy_of_its_groups():
    groups = np.array([1, 1, 2, 2])
    dataset = grouped([0, 0, 1, 1], groups)
    groups[:] = 9
    assert dataset.groups.tolist() == [1, 1, 2, 2]


@pytest.mark.parametrize(
    ("groups", "said"),
    [
        ([0, 1, 2], r"one group number a signal, shape \(4,\), got \(3,\)"),
        ([[0, 1, 2, 3]], r"one group number a signal, shape \(4,\), got \(1, 4\)"),
        ([0.0, 1.0, 1.0, 0.0], "groups: expected whole numbers.*np.unique"),
        (["ann", "ann", "bob", "bob"], "groups: expected whole numbers.*np.unique"),
        ([True, False, True, False], "groups: expected whole numbers"),
        (np.ma.masked_array([0, 1, 2, 3], [0, 1, 0, 0]), "groups: expected measured values"),
    ],
)
def test_groups_that_are_none_are_refused(groups, said):
    with pytest.raises(ValueError, match=said):
        grouped([0, 0, 1, 1], groups)


def test_sets_with_and_without_groups_are_not_joined():
    a = grouped([0, 0, 1, 1], [0, 1, 2, 3])
    for first, second in ((a, a.with_groups(None)), (a.with_groups(None), a)):
        with pytest.raises(ValueError, match="one of the two has groups and the other has not"):
            first.join(second)


# --- the split


def test_a_split_without_groups_is_what_it_always_was():
    """Of class k, the first round(0.7 n) of the permutation that (seed, k) draws: the rule as its docstring has it."""
    labels = np.random.default_rng(1).permutation(np.repeat(np.arange(4), [5, 9, 20, 2]))
    dataset = grouped(labels.tolist(), None)
    expected = set()
    for k, number in enumerate([4, 6, 14, 1]):
        order = np.random.default_rng((3, k)).permutation((labels == k).sum())
        expected |= set(np.flatnonzero(labels == k)[order[:number]].tolist())
    first, rest = dataset.split(0.7, seed=3)
    assert ids(first) == sorted(expected) and ids(rest) == sorted(set(range(36)) - expected)


def random_groups(rng):
    """20 to 60 signals in groups of unequal sizes; every class in two groups or more."""
    n, classes, n_groups = int(rng.integers(20, 60)), int(rng.integers(1, 5)), int(rng.integers(4, 15))
    groups = rng.choice(n_groups, n, p=rng.dirichlet(np.ones(n_groups)))
    labels = rng.integers(classes, size=n)
    for k in range(classes):  # two signals more of each class, in two groups
        labels, groups = np.append(labels, [k, k]), np.append(groups, rng.choice(n_groups, 2, replace=False))
    return labels.tolist(), groups * 10 - 30


@pytest.mark.parametrize("case", range(20))
def test_a_split_keeps_every_group_whole_and_every_class_on_both_sides(case):
    rng = np.random.default_rng(case)
    labels, groups = random_groups(rng)
    dataset, fraction = grouped(labels, groups), float(rng.uniform(0.1, 0.9))
    first, rest = dataset.split(fraction, seed=case)
    assert sorted(ids(first) + ids(rest)) == list(range(len(labels)))
    assert not set(first.groups.tolist()) & set(rest.groups.tolist())
    assert min(first.class_counts) > 0 and min(rest.class_counts) > 0
    assert ids(first) == sorted(ids(first)) and ids(first) == ids(dataset.split(fraction, seed=case)[0])


@pytest.mark.parametrize("case", range(10))
def test_a_split_is_about_as_near_to_the_fraction_as_the_groups_allow(case):
    """The oracle tries every choice of at most 8 groups; moving one group at a time comes within one group of it."""
    rng = np.random.default_rng(100 + case)
    groups, labels = rng.integers(8, size=40), np.zeros(40, int)
    sizes = np.bincount(groups, minlength=8)
    sums = np.array([sizes[[bool(choice >> g & 1) for g in range(8)]].sum() for choice in range(256)])
    best = np.abs(sums - 28).min()
    got = len(grouped(labels.tolist(), groups).split(0.7, seed=case)[0])
    assert abs(got - 28) <= best + sizes[sizes > 0].min()


def test_groups_of_one_signal_each_are_split_to_the_same_numbers_as_without():
    labels = np.repeat(np.arange(5), [2, 3, 10, 31, 4]).tolist()
    for fraction in (0.1, 0.5, 0.8):
        plain, _ = grouped(labels, None).split(fraction, seed=0)
        first, _ = grouped(labels, np.arange(50)).split(fraction, seed=0)
        assert first.class_counts == plain.class_counts


def test_which_groups_are_held_out_is_drawn_by_the_seed_alike_for_small_and_large_groups():
    """40 pairs and 80 single signals: of each kind a quarter is held out, within 5 deviations over 60 seeds."""
    groups, seeds = np.concatenate([np.repeat(np.arange(40), 2), np.arange(40, 120)]), 60
    held_out = np.zeros(120)
    for seed in range(seeds):
        held_out[grouped([0] * 160, groups).split(0.75, seed=seed)[1].groups.unique()] += 1
    variance = 0.25 * 0.75
    assert abs(held_out[:40].mean() / seeds - 0.25) < 5 * np.sqrt(variance / (40 * seeds))
    assert abs(held_out[40:].mean() / seeds - 0.25) < 5 * np.sqrt(variance / (80 * seeds))
    assert np.abs(held_out / seeds - 0.25).max() < 5 * np.sqrt(variance / seeds)


def test_two_groups_are_split_into_one_and_one_whatever_the_fraction():
    for fraction in (0.05, 0.5, 0.95):
        first, rest = grouped([0, 1] * 10, np.arange(20) // 10).split(fraction, seed=0)
        assert len(first) == len(rest) == 10


def test_a_class_without_signals_does_not_stop_a_split_of_groups():
    dataset = grouped([0, 0, 2, 2], [0, 1, 0, 1])
    assert dataset.split(0.5, seed=0)[0].class_counts == [1, 0, 1]


def test_a_class_in_a_single_group_cannot_be_split_and_is_named():
    said = r"at least 2 groups.*2 of 3 classes lie in one group each: 'sign 0', 'sign 2'.*with_groups\(None\)"
    with pytest.raises(ValueError, match=said):
        grouped([0, 0, 1, 1, 2, 2], [0, 0, 0, 1, 1, 1]).split(0.5, seed=0)
    with pytest.raises(ValueError, match="1 of 1 classes lie in one group each: 'sign 0'"):
        grouped([0, 0, 0], [4, 4, 4]).split(0.5, seed=0)


def test_groups_that_no_choice_shares_out_are_said_to_be_so():
    """Three classes, each in two of three groups: of any two sides, one holds a single group or none."""
    with pytest.raises(ValueError, match="every class on both sides, but in 100 tries with 3 groups and 3 classes"):
        grouped([0, 0, 1, 1, 2, 2], [0, 1, 1, 2, 2, 0]).split(0.5, seed=0)


@pytest.mark.parametrize(
    ("fraction", "seed", "said"), [(1.0, 0, "strictly between 0 and 1"), (0.5, -1, "a seed of 0 or more, got -1")]
)
def test_an_impossible_split_of_groups_is_refused_as_without(fraction, seed, said):
    with pytest.raises(ValueError, match=said):
        grouped([0, 0], [0, 1]).split(fraction, seed=seed)


# --- groups held out by number


@pytest.mark.parametrize(
    "held_out", [[7, -1], (-1, 7), {7, -1}, np.array([7, -1]), torch.tensor([7, -1]), iter([7, -1])]
)
def test_the_groups_named_are_held_out(held_out):
    rest, those = grouped([0, 1, 0, 1, 0], [7, 3, -1, 3, 7]).split_groups(held_out)
    assert ids(rest) == [1, 3] and ids(those) == [0, 2, 4]


def test_one_number_holds_out_one_group_and_a_class_may_be_on_one_side_alone():
    for one in (3, np.int64(3), torch.tensor(3)):
        rest, those = grouped([0, 1, 0, 1], [7, 3, 7, 3]).split_groups(one)
        assert rest.class_counts == [2, 0] and those.class_counts == [0, 2]


@pytest.mark.parametrize(
    ("held_out", "said"),
    [
        ([5], "there is no group 5; the 2 groups are 3, 7"),
        ([], "expected one or more group numbers of 3, 7"),
        ("3", "expected one or more group numbers of 3, 7, got '3'"),
        ([3.0], "expected one or more group numbers of 3, 7"),
        ([3, 7], "expected a group to be left, but all 2 are held out"),
    ],
)
def test_groups_that_cannot_be_held_out_are_refused(held_out, said):
    with pytest.raises(ValueError, match=said):
        grouped([0, 1, 0, 1], [7, 3, 7, 3]).split_groups(held_out)


def test_without_groups_none_can_be_held_out():
    with pytest.raises(ValueError, match="a dataset with groups, and this one has none.*with_groups"):
        grouped([0, 0], None).split_groups([0])


# --- small classes


def test_small_classes_are_left_out_and_named_with_their_counts():
    dataset = grouped([0] * 3 + [1] * 2 + [2] * 5 + [4], None)
    kept = dataset.drop_small_classes(3)
    assert (
        kept.class_names == ("sign 0", "sign 2")
        and kept.class_counts == [3, 5]
        and ids(kept) == [0, 1, 2, 5, 6, 7, 8, 9]
    )
    (note,) = kept.notes
    assert note == (
        "3 of 5 classes, with 3 of 11 signals, are left out, having fewer than 3 signals: "
        "'sign 1 (2)', 'sign 3 (0)', 'sign 4 (1)'."
    )
    assert dataset.select([0, 2]).drop_small_classes(3).notes == ()
    (note,) = dataset.select([0, 4]).drop_small_classes(2).notes
    assert note.startswith("1 of 2 classes, with 1 of 4 signals, is left out")


@pytest.mark.parametrize("at_least", [0, -1, 2.0, True])
def test_a_least_number_that_is_none_is_refused(at_least):
    with pytest.raises(ValueError, match="drop_small_classes: expected a whole number of signals, 1 or more"):
        grouped([0, 0], None).drop_small_classes(at_least)


def test_where_all_classes_are_small_that_is_said():
    with pytest.raises(
        ValueError, match=r"a class of at least 4 signals, but all 2 have fewer: 'sign 0 \(2\)', 'sign 1"
    ):
        grouped([0, 0, 1], None).drop_small_classes(4)


# --- windows that overlap


def components(pairs):
    """Groups as a set of sets, from an (N, N) table of which two signals belong together."""
    left, found = set(range(len(pairs))), set()
    while left:
        reached, new = set(), {min(left)}
        while new:
            reached |= new
            new = {j for i in new for j in range(len(pairs)) if pairs[i][j] or pairs[j][i]} - reached
        found.add(frozenset(reached))
        left -= reached
    return found


def as_sets(groups):
    return {frozenset(np.flatnonzero(groups == g).tolist()) for g in np.unique(groups)}


def windows(starts, recording, length, seed=0):
    """Windows of a recording (C, T), each channel of each by its own gain and level."""
    rng = np.random.default_rng(seed)
    cut = np.stack([recording[:, start : start + length] for start in starts])
    return (
        cut * rng.uniform(0.1, 9, (len(cut), len(recording), 1)) + rng.normal(size=(len(cut), len(recording), 1))
    ).astype(np.float32)


@pytest.mark.parametrize(("channels", "length"), [(1, 40), (3, 40), (1, 41)])
def test_windows_that_share_half_their_steps_share_a_group_and_others_do_not(channels, length):
    rng = np.random.default_rng(0)
    recording = rng.normal(size=(channels, 1200))
    starts = rng.integers(0, 1160, size=60)
    starts[1] = starts[0]  # a copy
    starts[2:4] = [500, 500 + length // 2]  # half in common, or half a step more
    starts[4:6] = [700, 700 + length // 2 + 1]  # less than half
    pairs = np.abs(starts[:, None] - starts) <= length // 2
    groups = overlapping_windows(SignalDataset(windows(starts, recording, length)))
    assert groups.dtype == torch.int64 and set(groups.tolist()) == set(range(len(groups.unique())))
    assert as_sets(groups.numpy()) == components(pairs)
    assert 10 < len(groups.unique()) < 30


def test_the_tolerance_is_the_difference_in_standard_deviations_by_brute_force():
    rng = np.random.default_rng(1)
    recording, starts = rng.normal(size=(1, 300)), rng.integers(0, 276, size=30)
    values = windows(starts, recording, 24) + rng.normal(size=(30, 1, 24)).astype(np.float32) * 0.05
    least = np.full((30, 30), np.inf)
    for i in range(30):
        for j in range(30):
            for shift in range(13):
                a, b = values[i, 0, shift:].astype(float), values[j, 0, : 24 - shift].astype(float)
                a, b = (a - a.mean()) / a.std(), (b - b.mean()) / b.std()
                least[i, j] = min(least[i, j], np.sqrt(((a - b) ** 2).mean()))
    numbers = []
    for tolerance in (0.001, 0.02, 0.2, 0.7):
        groups = overlapping_windows(SignalDataset(values), tolerance=tolerance)
        assert as_sets(groups.numpy()) == components(least <= tolerance)
        numbers.append(len(groups.unique()))
    assert numbers[0] > numbers[1] > numbers[2] > numbers[3]


def test_all_channels_have_to_overlap_at_one_shift():
    recording = np.random.default_rng(2).normal(size=(2, 200))
    a, b = windows([50, 60], recording, 40)
    b[1] = windows([150], recording, 40)[0, 1]
    c = windows([50], recording, 40)[0]
    c[1] = windows([55], recording, 40)[0, 1]
    assert len(overlapping_windows(SignalDataset(np.stack([a, b, c]))).unique()) == 3


def test_a_channel_that_never_changes_says_nothing_and_signals_that_rest_are_not_alike():
    recording = np.random.default_rng(3).normal(size=(2, 200))
    values = windows([50, 60, 150], recording, 40)
    values[:, 1] = 7.1
    assert len(overlapping_windows(SignalDataset(values)).unique()) == 2
    rest = np.random.default_rng(4).normal(size=(4, 1, 40)).astype(np.float32)
    rest[[0, 2], 0, 20:] = rest[[1, 3], 0, :20] = 0.1  # the second half of one, the first half of the other
    rest[2, 0, 30:] = rest[3, 0, 10:20] = np.nextafter(np.float32(0.1), np.float32(1))  # the last digit flickers
    assert len(overlapping_windows(SignalDataset(rest)).unique()) == 4


def test_mirrored_reversed_and_independent_signals_are_not_alike():
    x = np.random.default_rng(5).normal(size=(1, 40)).astype(np.float32)
    assert len(overlapping_windows(SignalDataset(np.stack([x, -x, x[:, ::-1]]))).unique()) == 3
    assert len(overlapping_windows(simulate_signs(3, 20)).unique()) == 60


def test_blocks_of_rows_change_nothing(monkeypatch):
    rng = np.random.default_rng(6)
    dataset = SignalDataset(windows(rng.integers(0, 400, size=50), rng.normal(size=(1, 440)), 40))
    whole = overlapping_windows(dataset)
    monkeypatch.setattr("course_lib.data.overlaps.BLOCK", 350)  # 7 rows at a time, one in the last block
    assert torch.equal(overlapping_windows(dataset), whole)


@pytest.mark.parametrize("length", [8, 12, 15, 16])
def test_short_stretches_that_look_alike_by_chance_are_not_looked_at(length):
    """Of random walks: any two of 2 steps that rise are the same, and many of 3."""
    values = np.random.default_rng(7).normal(size=(300, 1, length)).astype(np.float32)
    assert len(overlapping_windows(SignalDataset(values)).unique()) == 300


def test_what_windows_cannot_be_found_in_is_refused():
    x = np.random.default_rng(8).normal(size=(3, 1, 7)).astype(np.float32)
    with pytest.raises(ValueError, match="signals of at least 8 steps, got 7.*with_groups"):
        overlapping_windows(SignalDataset(x))
    with pytest.raises(ValueError, match="expected a SignalDataset, got ndarray of float32"):
        overlapping_windows(x)
    for tolerance in (0, 1, -0.1, float("nan")):
        with pytest.raises(ValueError, match="a tolerance between 0 and 1"):
            overlapping_windows(SignalDataset(np.repeat(x, 2, axis=2)), tolerance=tolerance)


# --- real sets


@pytest.fixture
def sessions(tmp_path):
    """Auslan's form: three sessions, two signs, two recordings each; column c holds 10 times the session plus noise."""
    rng = np.random.default_rng(0)
    for session in (1, 2, 10):
        (tmp_path / "tctodd" / f"tctodd{session}").mkdir(parents=True)
        for sign in ("God", "yes"):
            for k in (1, 2):
                rows = 10 * session + rng.normal(size=(12, 22))
                np.savetxt(tmp_path / "tctodd" / f"tctodd{session}" / f"{sign}-{k}.tsd", rows, delimiter="\t")
    return tmp_path


def test_recordings_are_grouped_by_the_session_that_their_folder_names(sessions):
    dataset = load_auslan(sessions, by_session=True)
    assert dataset.groups.tolist() == (dataset.values.mean((1, 2)) / 10).round().int().sub(1).tolist()
    assert sorted(set(dataset.groups.tolist())) == [0, 1, 9]
    plain = load_auslan(sessions)
    assert plain.groups is None and torch.equal(plain.values, dataset.values)


def test_recordings_outside_a_session_s_folder_are_refused_where_sessions_are_asked_for(sessions):
    folder = (sessions / "tctodd" / "tctodd2").rename(sessions / "tctodd" / "more")
    assert len(load_auslan(sessions)) == 12
    with pytest.raises(ValueError, match="by_session expects folders tctodd1, tctodd2, ..., got more/God-1.tsd"):
        load_auslan(sessions, by_session=True)
    with pytest.raises(ValueError, match="got God-1.tsd"):
        load_auslan(folder, by_session=True)


@needs_auslan
def test_the_real_sessions_hold_three_of_each_sign_and_the_last_two_are_held_out():
    dataset = AuslanSessions(("right_x",), length=20).load()
    counts = np.zeros((9, 95), int)
    np.add.at(counts, (dataset.groups.numpy(), dataset.labels.numpy()), 1)
    assert (counts == 3).all()
    learnt, held_out = SessionSplit().of(dataset)
    assert sorted(held_out.groups.unique().tolist()) == [7, 8] and (len(learnt), len(held_out)) == (1995, 570)
    first, rest = dataset.split(0.8, seed=0)
    assert len(first.groups.unique()) == 7 and len(rest.groups.unique()) == 2


@needs_ucr
def test_the_robot_s_windows_that_overlap_are_an_eighth_and_stay_on_one_side():
    robot = Ucr(("SonyAIBORobotSurface2_TEST.tsv",), windows=True).load()
    sizes = np.bincount(robot.groups.numpy())
    assert (len(robot), len(sizes), sizes[sizes > 1].sum(), sizes.max()) == (953, 896, 111, 3)
    stricter, looser = (overlapping_windows(robot, tolerance=t) for t in (0.001, 0.12))
    assert torch.equal(stricter, robot.groups) and torch.equal(looser, robot.groups)  # the number hangs on no tolerance
    learnt, held_out = robot.split(0.8, seed=0)
    assert (learnt.class_counts, held_out.class_counts) == ([292, 470], [73, 118])
    assert not set(learnt.groups.tolist()) & set(held_out.groups.tolist())


@needs_ucr
def test_the_hearts_have_no_windows_that_overlap_and_one_class_that_is_too_small():
    hearts = Ucr(("ECG5000_TRAIN.tsv",)).load()
    assert hearts.groups is None and hearts.class_counts == [292, 177, 10, 19] and "'5 (2)'" in hearts.notes[0]
    assert len(overlapping_windows(hearts).unique()) == len(hearts)


@needs_ucr
def test_the_gestures_are_two_files_joined():
    gestures = Ucr(("CricketX_TRAIN.tsv", "CricketX_TEST.tsv")).load()
    assert gestures.class_counts == [65] * 12
    train = load_signals(COURSE_DATA / "ucr" / "CricketX_TRAIN.tsv")
    assert torch.equal(gestures.values[:390], train.values) and torch.equal(gestures.labels[:390], train.labels)


def test_a_set_that_is_not_there_ends_a_bench_with_the_file_s_name(monkeypatch, tmp_path):
    monkeypatch.setenv("COURSE_DATA", str(tmp_path))
    with pytest.raises(SystemExit, match="holds ucr/Own_TRAIN.tsv, as in COURSE_DATA=FOLDER make tables"):
        Ucr(("Own_TRAIN.tsv",)).load()
