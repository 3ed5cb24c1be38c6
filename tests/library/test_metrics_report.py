"""The report: its range against SciPy, its sets disjoint, and which line refuses which broken generator."""

import numpy as np
import pytest
from scipy import stats

from course_lib import metrics
from course_lib.metrics.ranges import AT_LEAST, AT_MOST, DISTANCE, RATIO, SHARE, prediction_range, three_sets
from course_lib.metrics.report import SCALES

pytestmark = pytest.mark.usefixtures("small_forests")
LENGTH, N = 48, 60


def signs(n: int, *, seed: int, k: int = 3) -> tuple[np.ndarray, np.ndarray]:
    """n signals of each of k classes: smooth bumps of varying time and size, with a sensor's noise."""
    random = np.random.default_rng(seed)
    labels = np.repeat(np.arange(k), n)
    middle = 10 + 12 * labels + random.normal(size=k * n)
    size = np.exp(0.2 * random.normal(size=k * n))
    bump = size[:, None] * np.exp(-(((np.arange(LENGTH) - middle[:, None]) / 6) ** 2))
    return (bump + 0.02 * random.normal(size=bump.shape))[:, None, :], labels


TRAIN, Y_TRAIN = signs(4 * N, seed=0)
TEST, Y_TEST = signs(N, seed=1)
GOOD, Y_GOOD = signs(N, seed=2)


def report_of(fake, labels=None, **options):
    labels = Y_GOOD if labels is None else labels
    return metrics.quality_report(TRAIN, TEST, fake, labels=(Y_TRAIN, Y_TEST, labels), quick=True, **options)


def refused_by(report) -> set[str]:
    return set(report.index[~report["inside"]])


# --- ranges


@pytest.mark.parametrize("scale", [RATIO, DISTANCE, SHARE, AT_MOST, AT_LEAST])
def test_a_range_covers_ninety_nine_of_a_hundred_further_draws(scale):
    """Lognormal draws for scales of factors, normal ones for the others: 4,000 trials, binomial error 0.0016."""
    random = np.random.default_rng(0)
    draws = 0.5 + 0.05 * random.normal(size=(4000, 21))
    draws = np.exp(draws) if scale.log else draws
    inside = [r.low <= last <= r.high for *first, last in draws for r in [prediction_range(np.array(first), scale)]]
    assert np.mean(inside) == pytest.approx(0.99, abs=0.005)


def test_a_range_is_student_s_prediction_interval():
    x = np.array([0.9, 1.1, 1.0, 1.3])
    found = prediction_range(x, SHARE)
    width = stats.t.ppf(0.995, 3) * x.std(ddof=1) * np.sqrt(1 + 1 / 4)
    assert found == pytest.approx((x.mean(), x.mean() - width, x.mean() + width))
    one_end = prediction_range(x, AT_MOST)
    assert one_end.low == -np.inf
    assert one_end.high == pytest.approx(x.mean() + stats.t.ppf(0.99, 3) * x.std(ddof=1) * np.sqrt(1 + 1 / 4))
    by_factors = prediction_range(x, RATIO)
    assert by_factors.low * by_factors.high == pytest.approx(np.exp(2 * np.log(x).mean()))


def test_draws_that_are_all_alike_leave_room_for_a_proportion_s_chance():
    found = prediction_range(np.ones(20), AT_LEAST, size=100)
    assert 0.95 < found.low < 0.99
    assert prediction_range(np.ones(20), AT_LEAST).low == 1
    with pytest.raises(ValueError, match="at least 3 draws"):
        prediction_range(np.ones(2), RATIO)


def test_a_ratio_of_zero_among_the_draws_is_taken_on_its_own_scale():
    assert np.isfinite(prediction_range(np.array([0.0, 0.1, 0.2]), DISTANCE)).sum() == 2


# --- sets


def test_the_three_sets_are_disjoint_with_the_classes_that_are_wanted():
    labels, wanted = np.repeat([0, 1, 2], [50, 40, 9]), np.repeat([0, 1, 2], [10, 12, 3])
    sets = three_sets(labels, wanted, np.random.default_rng(0))
    assert sorted(np.concatenate(sets)) == list(range(99))
    for part in sets[:2]:
        np.testing.assert_array_equal(np.bincount(labels[part]), [10, 12, 3])
    with pytest.raises(ValueError, match="three disjoint sets of 4 real signals of class 2, and there are 9 in all"):
        three_sets(labels, np.repeat([0, 2], [5, 4]), np.random.default_rng(0))


def test_no_group_is_in_two_of_the_three_sets():
    labels, groups = np.tile([0, 1], 90), np.repeat(np.arange(9), 20)
    for seed in range(5):
        parts = three_sets(labels, np.repeat([0, 1], 20), np.random.default_rng(seed), groups)
        used = [set(groups[part]) for part in parts]
        assert not (used[0] & used[1] or used[0] & used[2] or used[1] & used[2])
        assert all(len(part) == 40 for part in parts[:2])
    with pytest.raises(ValueError, match="of different groups"):
        three_sets(labels, np.repeat([0, 1], 20), np.random.default_rng(0), np.repeat([0, 1], 90))


# --- the report


def test_the_report_says_what_each_metric_says():
    report = report_of(GOOD, seed=3)
    assert list(report.columns) == ["value", "reference", "low", "high", "ratio", "inside"]
    assert set(report.index) == set(SCALES) and report.attrs["size"] == 3 * N
    labels = (Y_TRAIN, Y_TEST, Y_GOOD)
    direct = {
        "frechet": metrics.signal_frechet(TEST, GOOD),
        "coverage": metrics.precision_recall(TEST, GOOD).coverage,
        "nearest_neighbour_ratio": metrics.nearest_neighbour_ratio(TRAIN, TEST, GOOD),
        "copied_share": metrics.copied_share(TRAIN, TEST, GOOD, labels=labels),
        "predictive_score": metrics.predictive_score(TEST, GOOD, seed=3),
        "caught": metrics.discriminative_score(TEST, GOOD, seed=3, quick=True).caught,
        "class_accuracy": metrics.class_accuracy(TRAIN, GOOD, labels=labels[::2]),
        "tstr": metrics.transfer_score(GOOD, TRAIN, TEST, labels=(Y_GOOD, Y_TRAIN, Y_TEST)).tstr,
    }
    assert report["value"][list(direct)].to_dict() == pytest.approx(direct, rel=1e-6, abs=0.01)
    np.testing.assert_allclose(report["ratio"], report["value"] / report["reference"])
    assert (report["inside"] == report["value"].between(report["low"], report["high"])).all()
    assert report.attrs["views"]["value"]["values"].keys() == {"forest", "SVM"}
    again = report_of(GOOD, seed=3)
    assert report.equals(again)  # the same seed, the same report


def test_a_perfect_generator_is_inside_and_its_reference_is_what_it_scores():
    """Six seeds of fresh draws: 19 metrics each, of which 1 in 100 may fall outside."""
    outside, ratios = 0, []
    for seed in range(6):
        sets = [signs(n, seed=100 + 3 * seed + i) for i, n in enumerate((2 * N, N // 2, N // 2))]
        report = metrics.quality_report(*(x for x, _ in sets), labels=tuple(y for _, y in sets), quick=True, seed=seed)
        outside += (~report["inside"]).sum()
        ratios.append(report["ratio"].drop("class_share_distance"))
    assert outside <= 0.03 * 6 * 19
    ratios = np.array(ratios)
    error = ratios.std(axis=0, ddof=1) / np.sqrt(6)
    assert (np.abs(ratios.mean(axis=0) - 1) < 4 * error + 0.05).all()


def test_forgers_stand_beside_with_what_they_score_alone():
    other = signs(N, seed=9)[0] + 0.1
    report = report_of(GOOD, forgers={"shifted": other})
    alone = report_of(other)
    np.testing.assert_allclose(report["shifted"], alone["value"])
    np.testing.assert_allclose(report["value"], report_of(GOOD)["value"])


def test_fewer_or_more_fakes_than_test_signals_are_compared_at_equal_sizes_and_classes():
    few = np.r_[0:20, 60:80, 120:140]
    report = report_of(GOOD[few], Y_GOOD[few])
    assert report.attrs["size"] == 60 and refused_by(report) <= {"copied_share"}
    more, y_more = signs(3 * N, seed=5)
    report = report_of(more, y_more)
    assert report.attrs["size"] == 3 * N and len(refused_by(report)) <= 1


def test_groups_make_a_reference_between_groups():
    """Sessions that differ in level: real against real across sessions is far apart, and the range says so."""
    session = np.arange(12 * N) % 6
    moved = TRAIN + 0.3 * np.random.default_rng(0).normal(size=6)[session][:, None, None]
    chosen = session < 5
    test, y_test, of_test = moved[~chosen], Y_TRAIN[~chosen], session[~chosen]
    train, y_train, of_train = moved[chosen], Y_TRAIN[chosen], session[chosen]
    fake = train[::5][: len(test)] + 0.02 * np.random.default_rng(1).normal(size=test.shape)
    with_groups, without = (
        metrics.quality_report(train, test, fake, labels=(y_train, y_test), groups=groups, quick=True)
        for groups in ((of_train, of_test), None)
    )
    assert with_groups.loc["frechet", "high"] > 3 * without.loc["frechet", "high"]
    assert without.loc["caught", "high"] < with_groups.loc["caught", "high"] <= 1


# --- broken on purpose: which line refuses it


def test_copies_are_refused_by_the_copied_share():
    mixed = GOOD.copy()
    mixed[::5] = TRAIN[::20][: len(mixed[::5])]  # one in five
    labels = Y_GOOD.copy()
    labels[::5] = Y_TRAIN[::20][: len(mixed[::5])]
    report = report_of(mixed, labels)
    assert "copied_share" in refused_by(report)
    whole = report_of(TRAIN[::4], Y_TRAIN[::4])
    assert {"copied_share", "nearest_neighbour_ratio"} <= refused_by(whole)
    assert whole.loc["frechet", "inside"] and whole.loc["caught", "inside"]  # nothing else is wrong with a copy


def test_a_collapse_is_refused_by_variance_recall_coverage_and_the_judges():
    one = np.concatenate([np.repeat(GOOD[Y_GOOD == k][:1], N, axis=0) for k in range(3)])
    report = report_of(one + 1e-3 * np.random.default_rng(0).normal(size=one.shape))
    assert {"recall", "coverage", "caught", "nearest_neighbour_ratio"} <= refused_by(report) | {
        "nearest_neighbour_ratio"
    }
    assert report.loc["class_accuracy", "inside"]


def test_white_noise_is_refused_by_nearly_everything():
    noise = TRAIN.mean() + TRAIN.std() * np.random.default_rng(0).normal(size=GOOD.shape)
    refused = refused_by(report_of(noise))
    assert {
        "frechet",
        "roughness_ratio",
        "spectral_distance",
        "caught",
        "coverage",
        "tstr",
        "class_accuracy",
    } <= refused


def test_a_dropped_class_is_refused_by_the_class_shares_whatever_its_label_says():
    kept = GOOD.copy()
    kept[Y_GOOD == 2] = signs(N, seed=7)[0][:N]
    assert "class_share_distance" in refused_by(report_of(kept))  # labelled 2, and of class 0
    assert "class_share_distance" in refused_by(report_of(GOOD[Y_GOOD < 2], Y_GOOD[Y_GOOD < 2]))  # not there at all


def test_permuted_labels_are_refused_by_the_recognisers_alone():
    refused = refused_by(report_of(GOOD, np.random.default_rng(0).permutation(Y_GOOD)))
    assert {"class_accuracy", "tstr"} <= refused
    assert not refused & {"frechet", "roughness_ratio", "caught", "coverage"}


def test_louder_noise_is_refused_by_roughness():
    louder = GOOD + 0.01 * np.random.default_rng(0).normal(size=GOOD.shape)
    assert {"roughness_ratio", "spectral_distance"} & refused_by(report_of(louder))


# --- bad input


def test_bad_input_to_the_report_has_its_sentence():
    def report(train=TRAIN, test=TEST, fake=GOOD, **options):
        return metrics.quality_report(train, test, fake, quick=True, **options)

    broken = TRAIN.copy()
    broken[3, 0, 5] = np.nan
    with pytest.raises(ValueError, match=r"train: expected finite values, got nan at \(3, 0, 5\)"):
        report(broken)
    with pytest.raises(ValueError, match=r"same channels and length.*\(1, 48\).*\(1, 24\)"):
        report(fake=GOOD[..., :24])
    with pytest.raises(
        ValueError, match="labels of train: expected one a signal, 720 in all, got the shape \\(180,\\)"
    ):
        report(labels=(Y_TEST, Y_TEST))
    with pytest.raises(
        ValueError, match="labels: expected those of train and of test, or of train, test and fake, got 1"
    ):
        report(labels=(Y_TRAIN,))
    with pytest.raises(ValueError, match="labels of fake: expected whole numbers.*text"):
        report(labels=(Y_TRAIN, Y_TEST, np.array(["a"] * len(GOOD))))
    with pytest.raises(ValueError, match="fake has signals of class 3, and train has none"):
        report(labels=(Y_TRAIN, Y_TEST, Y_GOOD + 1))
    with pytest.raises(ValueError, match="three disjoint sets of 60 real signals of class 2, and there are 70"):
        few = np.r_[0 : 8 * N + 10]
        report(TRAIN[few], labels=(Y_TRAIN[few], Y_TEST))
    with pytest.raises(
        ValueError, match="three disjoint sets of 180 real signals, and train and test together hold 280"
    ):
        report(TRAIN[:100])
    with pytest.raises(ValueError, match="9 of test and of fake would be compared. Generate or hold out more"):
        report(fake=GOOD[:9])
    with pytest.raises(ValueError, match=r"forgers\['Gaussian'\]: expected signals for the labels of fake"):
        report(forgers={"Gaussian": GOOD[:20]})
    with pytest.raises(ValueError, match="'inside' is a column of the report already"):
        report(forgers={"inside": GOOD})
    with pytest.raises(ValueError, match="groups: expected those of train and of test, got 1"):
        report(groups=(Y_TRAIN,))


def test_a_constant_channel_and_exchanged_axes_are_said():
    constant = np.concatenate([TRAIN, np.ones_like(TRAIN)], axis=1)
    pair = np.concatenate([TEST, np.ones_like(TEST)], axis=1)
    with pytest.raises(ValueError, match=r"channel 1 \(counted from 0\) of train is constant \(1 throughout\)"):
        metrics.quality_report(constant, pair, pair, quick=True)
    with pytest.warns(UserWarning, match="exchange the last two axes"), pytest.raises(ValueError):
        turned = [np.repeat(x[:30], 2, axis=1).swapaxes(1, 2) for x in (TRAIN, TEST, GOOD)]
        metrics.quality_report(*turned, quick=True)
