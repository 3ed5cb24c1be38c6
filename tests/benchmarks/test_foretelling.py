"""The bench of foretelling: no recording in two parts, each source's own report, what the table says."""

from dataclasses import replace
from itertools import combinations

import numpy as np
import pandas as pd
import pytest
import torch
from scipy import stats
from test_benches import made_in_two_sittings

from benchmarks import foretelling, foretold
from benchmarks.foretelling import Foretelling, parts_of
from benchmarks.recordings import Simulated
from course_lib.baselines import Gaussian, forge
from course_lib.commands.evaluate import report_of
from course_lib.data import SignalDataset
from course_lib.metrics.verdict import GRADES, verdict_of
from course_lib.training import BEST_RECIPE

pytestmark = pytest.mark.usefixtures("small_forests")
TINY = Foretelling(
    Simulated(3, per_class=20, length=16),
    learnt=8,
    judged=4,
    exam=5,
    seeds=(0, 1),
    recipe=replace(BEST_RECIPE.with_config(batch_size=8), dim=4, latent_dim=4),
    early=1,
    steps=2,
    added=(2, 4),
    draws=3,
)


class Sessions:
    """Three recordings of each of four classes in each of nine sessions, and two of a fifth class."""

    def load(self):
        labels = np.concatenate([np.repeat(np.arange(4), 27), [4, 4]])
        groups = np.concatenate([np.tile(np.repeat(np.arange(9), 3), 4), [0, 1]])
        values = np.random.default_rng(0).standard_normal((110, 1, 16)) + labels[:, None, None]
        return SignalDataset(values.astype(np.float32), labels, tuple("abcde"), groups=groups)


BY_SESSION = replace(TINY, data=Sessions(), n_classes=3, learnt=10, judged=5, exam=50)


def ids(dataset):
    return {tuple(signal) for signal in dataset.values.flatten(1).tolist()}


# three parts


@pytest.mark.parametrize("settings", [TINY, BY_SESSION])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_no_recording_and_no_session_is_in_two_parts(settings, seed):
    parts = parts_of(settings, seed)
    for one, other in combinations(parts, 2):
        assert not ids(one) & ids(other)
        assert one.class_names == other.class_names
        if one.groups is not None:
            assert not set(one.groups.tolist()) & set(other.groups.tolist())
    learnt, judged, exam = parts
    assert learnt.class_counts == [settings.learnt] * 3
    assert judged.class_counts == [settings.judged] * 3
    assert all(0 < n <= settings.exam for n in exam.class_counts)


def test_a_class_too_small_is_left_out_and_seeds_draw_other_classes_and_recordings():
    every = parts_of(replace(BY_SESSION, n_classes=None), 0)
    assert every[0].class_names == tuple("abcd")
    drawn = [parts_of(BY_SESSION, seed)[0] for seed in range(6)]
    assert len({part.class_names for part in drawn}) > 1
    assert len({frozenset(part.groups.tolist()) for part in drawn}) > 1


def test_more_recordings_than_the_sessions_hold_are_refused():
    with pytest.raises(ValueError, match="expected 13 recordings of each class for judged.*has 12 left. Ask for fewer"):
        parts_of(replace(BY_SESSION, learnt=13, judged=13), 0)


# sources, report


@pytest.fixture(scope="module")
def tiny():
    learnt, judged, _ = parts_of(TINY, 0)
    return learnt, judged, foretelling.sources_of(TINY, learnt, 0)


def test_sources_are_ten_and_each_makes_signals_of_its_own(tiny):
    _, judged, sources = tiny
    assert list(sources) == [
        "generated, untrained",
        "generated, 1 steps",
        "generated, 2 steps",
        "Gaussian",
        "Gaussian, pooled",
        "interpolation",
        "carried residuals",
        "classical",
        "Gaussian, labels shuffled",
        "recordings in noise",
    ]
    drawn = [draw(judged.labels.numpy(), 2) for draw in sources.values()]
    assert len({tuple(signals.flatten().tolist()) for signals in drawn}) == 10
    assert all(signals.shape == judged.values.shape for signals in drawn)


def test_the_bad_sources_are_bad_as_they_are_named(tiny):
    """Shuffled: the Gaussian's signals of permuted labels. Noise: its size beside the nearest recording is as asked."""
    learnt, _, sources = tiny
    labels = np.tile(np.arange(3), 100)
    other = np.random.default_rng(5).permutation(labels)
    wanted = Gaussian().fit(learnt).sample(other, seed=5)
    torch.testing.assert_close(sources["Gaussian, labels shuffled"](labels, 5), wanted)
    noisy = sources["recordings in noise"](labels, 5)
    off = torch.cdist(noisy.flatten(1), learnt.values.flatten(1)).min(1).values / 16**0.5 / learnt.values.std()
    assert off.mean() == pytest.approx(TINY.noise, rel=0.1)  # of 16 steps a nearer recording than its own is rare


def test_each_source_has_the_report_that_the_tool_would_make_of_it_alone(tiny):
    learnt, judged, sources = tiny
    names = ("generated, untrained", "Gaussian", "generated, 2 steps")
    found = foretelling.reports_of(TINY, learnt, judged, {name: sources[name] for name in names})
    labels = judged.labels.numpy()
    beside = forge(learnt, labels, seed=1) | {"untrained": sources["generated, untrained"](labels, 1)}
    for name in names[1:]:
        made = sources[name](labels, 2)
        alone = report_of(learnt, judged, made, labelled=True, quick=False, forgers=beside, draws=3)
        own = found[name]
        pd.testing.assert_frame_equal(own, alone[list(own)], check_like=True)
        assert verdict_of(own) == verdict_of(alone)


def test_the_bench_makes_a_row_a_source_in_two_sittings(tmp_path):
    table = made_in_two_sittings(foretelling, foretelling.part("tiny", TINY), tmp_path)
    assert list(table)[:5] == ["set", "seed", "source", "grade", "caught"]
    assert len(table) == 2 * 10
    assert set(table["grade"]) <= set(GRADES)
    assert table["gain_2"].nunique() > 1
    assert (table["alone"] + table["gain_4"]).between(0, 1).all()
    assert (table.groupby("seed")["alone"].nunique() == 1).all()
    shuffled = table[table["source"] == foretelling.SHUFFLED]["gain_4"].mean()
    assert shuffled < table[table["source"] == "Gaussian"]["gain_4"].mean()


# the table


def a_table(gains, grades=("use it", "use it with care", "not yet"), sets="abcde", seeds=3, sources="xyz"):
    """The same gains and grades in every run, but that each run is lifted by an amount of its own."""
    rows = []
    for place, name in enumerate(sets):
        for seed in range(seeds):
            for source, grade, gain in zip(sources, grades, gains, strict=True):
                worth = {"caught": -gain, "tstr": 0.5, "frechet_ratio": gain}
                lifted = gain + 0.1 * place + 0.01 * seed
                rows.append({"set": name, "seed": seed, "source": source, "grade": grade, "gain_10": lifted} | worth)
    return pd.DataFrame(rows)


def test_the_share_of_pairs_is_kendalls_tau_moved_to_0_and_1():
    random = np.random.default_rng(0)
    score, gain = random.permutation(12), random.permutation(12)
    share = foretold.share_of_pairs(score.astype(float), gain.astype(float))
    assert share == pytest.approx((1 + stats.kendalltau(score, gain).statistic) / 2)


def test_equal_gains_count_half_and_equal_grades_are_no_pair():
    assert foretold.share_of_pairs(np.array([2.0, 1, 1]), np.array([0.1, 0.1, 0.0])) == 0.75
    assert np.isnan(foretold.share_of_pairs(np.array([1.0, 1]), np.array([0.1, 0.2])))


@pytest.mark.parametrize(("sign", "share", "reached"), [(1, 1.0, True), (-1, 0.0, False)])
def test_the_verdict_foretells_gains_that_fall_with_the_grade_and_not_those_that_rise(sign, share, reached):
    found = foretold.foretold(a_table([sign * 0.2, sign * 0.1, 0.0]))
    assert found.by_set == dict.fromkeys("abcde", share)
    assert (found.share, found.reached) == (share, reached)


def test_one_set_at_two_thirds_undoes_the_others():
    good, two_of_three = a_table([0.2, 0.1, 0.0], sets="abcd"), a_table([0.1, 0.2, 0.0], sets="e")
    assert foretold.foretold(good).reached
    found = foretold.foretold(pd.concat([good, two_of_three], ignore_index=True))
    assert found.by_set["e"] == pytest.approx(2 / 3)
    assert not found.reached


def test_an_interval_that_reaches_a_half_is_not_enough_and_a_set_of_one_grade_says_nothing():
    mixed = pd.concat([a_table([0.2, 0.1, 0.0], sets="a", seeds=3), a_table([0.0, 0.1, 0.2], sets="a", seeds=1)])
    mixed["seed"] = np.repeat(np.arange(4), 3)
    found = foretold.foretold(mixed.reset_index(drop=True))
    interval = stats.ttest_1samp([1, 1, 1, 0], 0).confidence_interval(0.95)
    assert found.by_set["a"] == 0.75
    np.testing.assert_allclose([found.share, found.low, found.high], [0.75, *interval])
    assert not found.reached  # above two thirds, and its interval reaches below a half
    alike = a_table([0.2, 0.1, 0.0], grades=("not yet",) * 3)
    assert not foretold.foretold(alike).reached
    assert np.isnan(foretold.foretold(alike).share)


def test_less_caught_and_less_frechet_and_more_tstr_are_better():
    table = foretold.every_line(a_table([0.2, 0.1, 0.0]), gains=("gain_10",))
    share = table[table["sources"] == "all"].set_index("line")["share"]
    assert share["grade"] == share["caught"] == 1
    assert share["frechet_ratio"] == 0
    assert np.isnan(share["tstr"])
    more = a_table([0.2, 0.1, 0.0]).assign(tstr=lambda rows: rows["gain_10"])
    assert foretold.foretold(more, "tstr").share == 1


def test_sources_that_copy_are_left_out_where_it_is_said():
    """A copy, graded worst, gains most: without it the verdict is right."""
    table = foretold.every_line(a_table([0.1, 0.0, 0.2], sources=("x", "y", "interpolation")), gains=("gain_10",))
    share = table[table["line"] == "grade"].set_index("sources")["share"]
    assert share["all"] == pytest.approx(1 / 3)
    assert share["without copies"] == 1


def test_recordings_in_noise_are_left_out_with_the_copies_where_it_is_said():
    """They, graded worst, gain most; without them the shuffled labels alone make the verdict wrong."""
    sources = ("x", "y", foretold.SHUFFLED, foretold.NOISY)
    grades = ("use it", "use it with care", "use it", "not yet")
    table = foretold.every_line(a_table([0.2, 0.1, 0.0, 0.3], grades=grades, sources=sources), gains=("gain_10",))
    share = table[table["line"] == "grade"].set_index("sources")["share"]
    assert share["without copies"] == pytest.approx(1 / 5)
    assert share["without copies and noise"] == 1 / 2
    assert share["without copies, noise and shuffled labels"] == 1


def test_grades_permuted_are_right_in_half_of_the_pairs_and_never_the_very_table():
    table = a_table([0.2, 0.1, 0.0])
    found = foretold.by_chance(table, draws=500)
    deviation = np.std([(1 + stats.kendalltau([0, 1, 2], order).statistic) / 2 for order in permutations_of_three()])
    assert found.share == pytest.approx(0.5, abs=4 * deviation / (15 * 500) ** 0.5)
    assert found.high - found.low == pytest.approx(2 * 1.96 * deviation / 15**0.5, rel=0.2)
    assert found.high < foretold.foretold(table).share


def permutations_of_three():
    return [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]]


def test_mean_gains_are_over_runs_whatever_number_of_sources_a_grade_has():
    table = a_table([0.3, 0.1, -0.1], grades=("use it", "use it", "not yet"), sets="a")
    found = foretold.mean_gains(table).set_index("grade")
    interval = stats.ttest_1samp([0.2, 0.21, 0.22], 0).confidence_interval(0.95)
    np.testing.assert_allclose(found.loc["use it", ["gain", "low", "high"]].astype(float), [0.21, *interval])
    assert found.loc["not yet", "gain"] == pytest.approx(-0.09)
    assert found.loc["use it with care", "runs"] == 0
    of_x = foretold.mean_gains(table, by="source").set_index("source").loc["x"]
    assert (of_x["use it"], of_x["not yet"]) == (3, 0)
    assert of_x["gain"] == pytest.approx(0.31)


def test_the_five_sets_are_tried_as_was_stated_beforehand():
    assert list(foretelling.SETS) == ["signs", "auslan_sessions", "CricketX", "ECG5000", "SonyRobot"]
    for settings in foretelling.SETS.values():
        assert settings.seeds == (0, 1, 2)
        assert (settings.early, settings.steps, settings.added) == (50, 500, (10, 30))
        assert settings.recipe == BEST_RECIPE
        assert settings.judged == settings.learnt // 2  # as many as `evaluate` compares
    again = {part.rows["set"]: part.settings for part in foretelling.AGAIN}
    assert again == {name: replace(settings, seeds=(3, 4, 5, 6, 7)) for name, settings in foretelling.SETS.items()}
    assert foretold.ASKED_AGAIN == ("without copies and noise", "without copies, noise and shuffled labels")
