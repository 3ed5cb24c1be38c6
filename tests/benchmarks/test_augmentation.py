"""The bench of augmentation: who is learnt from and who is examined, what is chosen on what, what the table says."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch
from scipy import stats
from test_benches import made_in_two_sittings

from benchmarks import augmentation
from benchmarks.augmentation import ALL, Few, few_and_exam, gains, verdict
from benchmarks.recordings import Simulated
from course_lib.data import SignalDataset
from course_lib.training import BEST_RECIPE

pytestmark = pytest.mark.usefixtures("small_forests")
RECIPE = replace(BEST_RECIPE.with_config(batch_size=8), dim=4, latent_dim=4)
TINY = Few(
    Simulated(4, per_class=12, length=16),
    n_classes=3,
    counts=(3, 5),
    seeds=(0, 1),
    recipe=RECIPE,
    steps=2,
    forgers=("Gaussian, pooled", "carried residuals"),
    added=(2, 4),
    strengths=(1.0, 2.0),
    exam=6,
)


class Sessions:
    """Three recordings of each of four classes in each of six sessions; a value says class and session."""

    def load(self):
        labels, groups = np.repeat(np.arange(4), 18), np.tile(np.repeat(np.arange(6), 3), 4)
        values = (100 * labels + groups)[:, None, None] + np.linspace(0, 0.5, 72)[:, None, None] * np.ones((72, 1, 5))
        return SignalDataset(values.astype(np.float32), labels, tuple("abcd"), groups=groups)


BY_SESSION = replace(TINY, data=Sessions(), counts=(3, 5, 10))


def ids(dataset):
    return {tuple(signal) for signal in dataset.values.flatten(1).tolist()}


def sessions(dataset):
    return set(dataset.groups.tolist())


# who is learnt from, who is examined


@pytest.mark.parametrize("settings", [TINY, BY_SESSION])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_fewer_are_among_more_and_no_count_is_examined_on_what_any_learns(settings, seed):
    pairs = [few_and_exam(settings, count, seed) for count in settings.counts]
    for count, (few, exam) in zip(settings.counts, pairs, strict=True):
        assert few.class_counts == [count] * 3
        assert ids(exam) == ids(pairs[0][1])
        assert not ids(few) & ids(exam)
        assert all(0 < n <= settings.exam for n in exam.class_counts)
        assert few.class_names == exam.class_names
    assert ids(pairs[0][0]) < ids(pairs[-1][0])


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_few_are_of_as_few_sessions_as_hold_them_and_the_exam_is_of_others(seed):
    for count, needed in ((3, 1), (5, 2), (10, 4)):
        few, exam = few_and_exam(BY_SESSION, count, seed)
        assert len(sessions(few)) == needed
        assert not sessions(few) & sessions(exam)
        assert len(sessions(exam)) == 2


def test_subsets_differ_in_recordings_and_in_classes():
    few = [few_and_exam(BY_SESSION, 3, seed)[0] for seed in range(6)]
    assert len({part.class_names for part in few}) > 1
    assert len({min(sessions(part)) for part in few}) > 1


def test_more_recordings_than_leave_an_exam_are_refused():
    with pytest.raises(ValueError, match="recordings of every class beside the 16 and their groups.*Ask for fewer"):
        few_and_exam(replace(BY_SESSION, counts=(16,)), 16, 0)


# what is added


@pytest.fixture
def made():
    few, _ = few_and_exam(TINY, 5, 0)
    trained = augmentation.generator_of(TINY, few, 0, TINY.steps)
    return few, augmentation.signals_of(TINY, few, 0, trained)


@pytest.mark.parametrize("added", [2, 4])
def test_every_method_adds_equally_many_of_each_class_to_the_same_recordings(made, added):
    few, signals = made
    for method in augmentation.methods_of(TINY):
        values, labels = augmentation.with_added(TINY, few, signals, method, added, 2.0)
        more = 0 if method == "none" else added
        assert list(np.bincount(labels)) == [5 + more] * 3
        assert values.shape == (len(labels), 16)
        np.testing.assert_array_equal(values[:15], few.values.flatten(1).numpy())


def test_with_classical_is_half_of_each_with_their_own_labels(made):
    few, signals = made
    values, labels = augmentation.with_added(TINY, few, signals, "generated + classical", 4, 2.0)
    own, classical = values[15:21], values[21:]
    np.testing.assert_array_equal(own, signals["generated", 1.0][:6].flatten(1).numpy())
    np.testing.assert_array_equal(classical, signals["classical", 2.0][:6].flatten(1).numpy())
    assert list(labels[15:21]) == list(labels[21:]) == [0, 1, 2] * 2


def test_a_trained_generator_makes_other_signals_than_the_same_untrained(made):
    _, signals = made
    difference = (signals["generated", 1.0] - signals["generated, untrained", 1.0]).abs().max()
    assert 0 < difference < 0.5 * signals["generated, untrained", 1.0].abs().max()


def test_what_all_recordings_share_is_imposed_on_every_source():
    few, _ = few_and_exam(TINY, 5, 0)
    values = few.values - few.values.mean(2, keepdim=True)
    fixed = SignalDataset(values / values.std(2, keepdim=True), few.labels, few.class_names)
    for name, signals in augmentation.signals_of(TINY, fixed, 0).items():
        torch.testing.assert_close(signals.std(2), torch.ones(len(signals), 1), atol=1e-5, rtol=0, msg=str(name))


# what is chosen, on what


def test_the_inner_folds_never_show_what_they_ask_about_and_never_train(monkeypatch):
    few, _ = few_and_exam(TINY, 5, 0)
    learnt, asked = [], []
    monkeypatch.setattr(augmentation.recipes, "learn", lambda *given: pytest.fail("a generator was trained"))
    shown = augmentation.signals_of
    monkeypatch.setattr(
        augmentation, "signals_of", lambda s, part, seed: learnt.append(ids(part)) or shown(s, part, seed)
    )
    monkeypatch.setattr(augmentation, "right_of", lambda s, name, rows, rest: asked.append(ids(rest)) or 0)
    augmentation.chosen(TINY, few, 0)
    each = asked[:: len(asked) // 3]
    assert len(learnt) == 3
    for one, other in zip(learnt, each, strict=True):
        assert not one & other
        assert one | other == ids(few)


def test_the_best_way_is_chosen_for_each_method_and_one_number_for_all(monkeypatch):
    """Recognition by decree: the ridge is best but for "none", of 4 signals a class, of strength 2."""
    few, _ = few_and_exam(TINY, 5, 0)

    def shown(settings, learnt, made, method, added, strength):
        return method, added, strength

    def right(settings, name, given, asked):
        method, added, strength = given
        return (name == ("SVM" if method == "none" else "ridge")) + (added == 4) + (strength == 2.0)

    monkeypatch.setattr(augmentation, "with_added", shown)
    monkeypatch.setattr(augmentation, "right_of", right)
    choices = augmentation.chosen(TINY, few, 0)
    assert set(choices) == {m for m in augmentation.methods_of(TINY) if m not in ("generated", "generated + classical")}
    assert {choice.added for choice in choices.values()} == {4}
    assert {m for m, choice in choices.items() if choice.recogniser == "SVM"} == {"none"}
    assert {m for m, choice in choices.items() if choice.strength == 2.0} == {
        m for m in choices if m.endswith("classical")
    }
    assert choices["classical"].inner_accuracy == 3 * 3 / 15  # 3 in each of three folds, of 15 recordings


@pytest.mark.parametrize("name", ["SVM", "ridge", "nearest neighbour"])
def test_each_recogniser_tells_classes_that_lie_apart(name):
    random = np.random.default_rng(0)
    labels = np.repeat([0, 1, 2], 10)
    values = (20 * np.eye(3, 8)[labels][:, None] + random.normal(size=(30, 1, 8))).astype(np.float32)
    asked = SignalDataset(values, labels, tuple("abc"))
    rows = values[::2].reshape(15, 8), labels[::2]
    assert augmentation.right_of(TINY, name, rows, asked) >= 29


# the table


@pytest.mark.filterwarnings("ignore:train. 9 signals are so few")
def test_the_bench_makes_a_row_a_method_in_two_sittings(tmp_path):
    table = made_in_two_sittings(augmentation, augmentation.part("tiny", TINY), tmp_path)
    assert list(table)[:5] == ["set", "count", "seed", "method", "accuracy"]
    assert len(table) == 2 * 2 * len(augmentation.methods_of(TINY))
    assert list(table["method"].unique()) == augmentation.methods_of(TINY)
    by_run = table[table["method"] != "none"].groupby(["count", "seed"])
    assert (by_run["added"].nunique() == 1).all()
    assert table["accuracy"].between(0, 1).all()
    assert table.query("method == 'none'")["added"].eq(0).all()
    own = table[table["method"].str.startswith("generated")].groupby(["count", "seed"])
    assert (own["training_seconds"].min() >= 0).all()
    untrained = table[table["method"] == "generated, untrained"].reset_index(drop=True)
    trained = table[table["method"] == "generated"].reset_index(drop=True)
    columns = ["recogniser", "strength", "added"]  # chosen for the one, taken for the other
    pd.testing.assert_frame_equal(untrained[columns], trained[columns])
    assert set(gains(table)["count"]) == {3, 5, ALL}


def a_table(differences, *, counts=(3, 5), other=0.5, name="one"):
    """Accuracies of "generated + classical" above the best forger's by these differences, a row of them a count."""
    rows = []
    for count, row in zip(counts, differences, strict=True):
        for seed, difference in enumerate(row):
            base = other + 0.1 * seed
            for method, accuracy in (
                ("none", 0.9),
                ("carried residuals", 0.95),
                ("Gaussian, pooled + classical", base),
                ("carried residuals + classical", base - 0.01),
                ("generated + classical", base + difference),
            ):
                rows.append({"set": name, "count": count, "seed": seed, "method": method, "accuracy": accuracy})
    return pd.DataFrame(rows)


def test_gains_are_paired_over_subsets_against_the_best_forger_with_classical_copies():
    """By SciPy's paired test, and by hand: the mean over the counts of a subset is one number."""
    three, five = [0.01, 0.03, 0.02], [0.05, 0.01, 0.0]
    found = gains(a_table([three, five])).set_index("count")
    assert list(found.index) == [3, 5, ALL]
    assert set(found["forger"]) == {"Gaussian, pooled"}
    for count, row in ((3, three), (5, five), (ALL, list(np.mean([three, five], axis=0)))):
        interval = stats.ttest_1samp(row, 0).confidence_interval(0.95)
        said = found.loc[count]
        np.testing.assert_allclose([said["difference"], said["low"], said["high"]], [np.mean(row), *interval])
        assert said["subsets"] == 3
        assert said["other"] == pytest.approx(0.6)


@pytest.mark.parametrize(
    ("differences", "reached", "above", "harmed"),
    [
        ([[0.02, 0.021, 0.022], [0.02, 0.021, 0.022]], True, ("one",), ()),
        ([[0.0, 0.001, -0.001], [0.0, 0.001, -0.001]], False, (), ()),
        ([[-0.02, -0.021, -0.022], [-0.02, -0.021, -0.022]], False, (), (("one", 3), ("one", 5), ("one", ALL))),
        ([[-0.02, -0.021, -0.022], [0.06, 0.061, 0.062]], True, ("one",), (("one", 3),)),
    ],
)
def test_the_verdict_is_drawn_over_all_counts_and_tells_of_single_ones(differences, reached, above, harmed):
    found = verdict(gains(a_table(differences)))
    assert (found.reached, found.above, found.harmed) == (reached, above, harmed)


def test_one_harmed_set_undoes_what_another_gains():
    good, bad = [[0.02, 0.021, 0.022]] * 2, [[-0.02, -0.021, -0.022]] * 2
    both = pd.concat([a_table(good), a_table(bad, name="two")])
    found = verdict(gains(both))
    assert not found.reached
    assert found.above == ("one",)
    assert {name for name, _ in found.harmed} == {"two"}


def test_a_table_without_a_method_or_with_a_run_cut_short_is_refused():
    table = a_table([[0.01, 0.02], [0.01, 0.02]])
    with pytest.raises(ValueError, match="expected rows of 'generated \\+ classical' and of 'FORGER"):
        gains(table[table["method"] != "generated + classical"])
    with pytest.raises(ValueError, match="every method in every run of one, but some are missing"):
        gains(table.drop(table.index[-1]))


def test_the_three_sets_are_tried_as_was_stated_beforehand():
    assert list(augmentation.SETS) == ["signs", "auslan_sessions", "CricketX"]
    for settings in augmentation.SETS.values():
        assert settings.counts == (3, 5, 10)
        assert len(settings.seeds) == 10
        assert settings.recipe == BEST_RECIPE
        assert all(added % 2 == 0 for added in settings.added)
