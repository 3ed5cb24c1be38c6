"""Judges that learn: on sets of one law they find nothing, on sets with a known flaw they find it."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from sklearn.neighbors import KNeighborsClassifier

from course_lib import metrics
from course_lib.metrics import classifiers
from course_lib.metrics.classifiers import NULL, DiscriminativeScore

LENGTH = 64


def walks(n: int, *, seed: int, channels: int = 1) -> np.ndarray:
    """Random walks that are drawn back to 0: rough and varied, each unlike the other."""
    random = np.random.default_rng(seed)
    x = np.zeros((n, channels, LENGTH))
    for t in range(1, LENGTH):
        x[..., t] = 0.9 * x[..., t - 1] + random.normal(size=(n, channels))
    return x


def classes(n: int, *, seed: int, k: int = 3) -> tuple[np.ndarray, np.ndarray]:
    """n signals of each of k classes: a bump of its own place on a walk."""
    labels = np.repeat(np.arange(k), n)
    place = (np.arange(LENGTH) - 12 - 18 * labels[:, None]) / 4
    return walks(k * n, seed=seed) + 6 * np.exp(-(place**2))[:, None, :], labels


# --- caught


def test_fresh_draws_of_one_law_are_caught_within_the_null():
    scores = [metrics.discriminative_score(walks(60, seed=i), walks(60, seed=50 + i), quick=True) for i in range(2)]
    assert all(0.5 <= s.caught <= s.null for s in scores)
    assert all(s.score == float(s) == s.caught - 0.5 for s in scores)


@pytest.mark.parametrize(
    ("flaw", "view"),
    [
        (lambda x: x + 4.0, "values"),
        (lambda x: np.repeat(x, 2, axis=-1)[..., :LENGTH], "differences"),  # every second step is 0
        (lambda x: np.round(x, 1), "numbers"),  # on a lattice
        (lambda x: x - x.mean(axis=-1, keepdims=True), "numbers"),  # the mean fixed at 0, and nothing else
        (lambda x: np.full_like(x, 0.5), "numbers"),
    ],
    ids=["shift", "steps doubled", "lattice", "mean fixed", "flat"],
)
def test_each_view_sees_its_own_flaw(flaw, view):
    score = metrics.discriminative_score(walks(80, seed=0), flaw(walks(80, seed=1)), quick=True)
    assert score.views.loc[view].max() > 0.9 > score.null
    assert score.caught == score.views.to_numpy().max()


def test_a_judge_that_is_shown_labels_at_random_is_right_half_of_the_time(monkeypatch):
    """Falsified: with the answers shuffled, the same far sets are not told apart."""
    x, y = walks(80, seed=0), walks(80, seed=1) + 10
    assert metrics.discriminative_score(x, y, quick=True).caught == 1
    mixed = np.random.default_rng(0).permutation(np.concatenate([x, y]))
    score = metrics.discriminative_score(mixed[:80], mixed[80:], quick=True)
    assert score.caught <= score.null


def test_the_best_judge_counts_and_what_each_was_right_about_is_kept():
    score = metrics.discriminative_score(walks(40, seed=0), 1.5 * walks(40, seed=1), quick=True)
    assert list(score.views.index) == ["values", "differences", "coarse differences", "numbers"]
    assert list(score.views.columns) == ["forest", "SVM"]
    assert score.correct.shape == (8, 80)
    np.testing.assert_allclose(score.correct.mean(axis=1), score.views.to_numpy().ravel())


def test_unequal_sets_are_compared_at_the_size_of_the_smaller_and_quick_at_two_hundred():
    x = walks(230, seed=0)
    assert metrics.discriminative_score(x[:30], x[30:90], quick=True).size == 30
    assert metrics.discriminative_score(x, x + 1, quick=True).size == 200


def test_near_copies_across_folds_fool_a_judge_and_groups_put_that_right():
    """Real windows that stand twice, almost: a judge that knows the one knows the other."""
    base = walks(40, seed=0)
    real = np.concatenate([base, base + 1e-3])
    fake, groups = walks(80, seed=1), np.tile(np.arange(40), 2)
    fooled, right = (metrics.discriminative_score(real, fake, groups=g, quick=True) for g in (None, groups))
    assert fooled.views.loc["values"].max() > right.views.loc["values"].max() + 0.1
    assert right.caught <= classifiers.caught_null(40)[1]


def test_the_seed_repeats_a_score():
    x, y = walks(40, seed=0), 1.2 * walks(40, seed=1)
    first, again, other = (metrics.discriminative_score(x, y, seed=s, quick=True).views for s in (0, 0, 1))
    assert first.equals(again) and not first.equals(other)


def test_the_null_lies_between_its_neighbours_in_the_table_and_shrinks_with_the_root_beyond_it():
    sizes = sorted(NULL)
    tops = [metrics.caught_null(n)[1] for n in sizes]
    assert tops == pytest.approx([NULL[n][1] for n in sizes])
    assert tops == sorted(tops, reverse=True)
    for n, m in zip(sizes, sizes[1:], strict=False):
        assert metrics.caught_null(m)[1] < metrics.caught_null((n + m) // 2)[1] < metrics.caught_null(n)[1]
    assert metrics.caught_null(4 * sizes[-1])[1] - 0.5 == pytest.approx((tops[-1] - 0.5) / 2)


def test_bad_input_to_the_judges_has_its_sentence():
    x = walks(20, seed=0)
    with pytest.raises(ValueError, match="real must hold at least 10 signals, it holds 9"):
        metrics.discriminative_score(x[:9], x)
    with pytest.raises(ValueError, match="fake must hold at least 10 signals, it holds 9"):
        metrics.discriminative_score(x, x[:9])
    with pytest.raises(ValueError, match=r"same channels and length.*\(1, 64\).*\(2, 64\)"):
        metrics.discriminative_score(x, walks(20, seed=0, channels=2))
    with pytest.raises(ValueError, match="groups: expected one number a real signal, 20"):
        metrics.discriminative_score(x, x, groups=np.arange(19))
    with pytest.raises(ValueError, match="groups: expected whole numbers.*text"):
        metrics.discriminative_score(x, x, groups=np.array(["a"] * 20))
    with pytest.raises(ValueError, match="at least 5 time steps"):
        metrics.discriminative_score(x[..., :4], x[..., :4])
    with pytest.raises(ValueError, match="at least 10 signals a set, got 9"):
        metrics.caught_null(9)
    with pytest.raises(ValueError, match="'values' or 'differences'"):
        metrics.importance_over_time(x, x, view="numbers")


def test_importance_peaks_where_the_flaw_is():
    real, fake = walks(100, seed=0, channels=2), walks(100, seed=1, channels=2)
    fake[:, 1, 30:33] += 5
    found = metrics.importance_over_time(real, fake)
    assert found.shape == (2, LENGTH) and found.sum() == pytest.approx(1)
    assert found[1, 30:33].sum() > 0.3 > 10 * 3 / (2 * LENGTH - 3)
    steps = metrics.importance_over_time(real, fake, view="differences")
    assert steps.shape == (2, LENGTH - 1) and set(np.argsort(steps[1])[-2:]) == {29, 32}  # the flaw's two edges


# --- the bootstrap


def scored(correct: np.ndarray) -> DiscriminativeScore:
    return DiscriminativeScore(float(correct.mean(axis=1).max()), 0.6, pd.DataFrame(), correct.shape[1] // 2, correct)


def test_the_comparison_is_the_difference_of_proportions_with_its_binomial_interval():
    random = np.random.default_rng(0)
    ours, other = (scored(random.random((1, 2000)) < p) for p in (0.60, 0.80))
    found = metrics.caught_below([ours], [other], draws=4000)
    p, q = ours.caught, other.caught
    error = np.sqrt((p * (1 - p) + q * (1 - q)) / 2000)
    assert found.difference == pytest.approx(p - q)
    assert (found.low, found.high) == pytest.approx((p - q - 1.96 * error, p - q + 1.96 * error), abs=0.15 * error)
    assert found.verdict == "below"
    assert metrics.caught_below([other], [ours]).verdict == "above"


def test_a_set_is_tied_with_itself_and_with_one_a_hair_better():
    random = np.random.default_rng(0)
    first, second = (scored(random.random((8, 400)) < p) for p in (0.70, 0.71))
    assert metrics.caught_below([first], [first]) == (0, 0, 0, "tied")
    assert metrics.caught_below([first], [second]).verdict == "tied"


def test_scores_that_cannot_be_paired_are_refused():
    a, b = (scored(np.ones((1, n), dtype=bool)) for n in (20, 30))
    with pytest.raises(ValueError, match="as many scores of each.*got 1, 2"):
        metrics.caught_below([a], [a, a])
    with pytest.raises(ValueError, match=r"one number of signals, got \[10, 15\]"):
        metrics.caught_below([a], [b])


# --- copies


def test_the_copied_share_of_held_out_recordings_is_the_percentile_and_of_copies_one():
    train, test = walks(300, seed=0), walks(200, seed=1)
    assert metrics.copied_share(train, test, test) == pytest.approx(0.05, abs=0.006)
    assert metrics.copied_share(train, test, train[:50]) == 1
    assert metrics.copied_share(train, test, test + 20) == 0
    mixed = np.concatenate([train[:20], test[:180]])
    assert metrics.copied_share(train, test, mixed) == pytest.approx(0.1 + 0.9 * 0.05, abs=0.02)


def test_within_its_class_a_copy_is_found_that_is_far_by_the_measure_of_another():
    """A tight and a wide class: the fifth percentile of all is the tight one's; brute force over classes agrees."""
    labels = np.repeat([0, 1], 60)
    size = np.where(labels == 0, 0.1, 3.0)[:, None, None]
    train, test = size * walks(120, seed=0) + 30 * size, size * walks(120, seed=1) + 30 * size
    fake = np.random.default_rng(0).permutation(train)[:40]
    of_fake = np.array([int(x.std() > 1) for x in fake])
    assert metrics.copied_share(train, test, fake, labels=(labels, labels, of_fake)) == 1
    near = [
        min(np.linalg.norm(x - y) for y, j in zip(train, labels, strict=True) if j == k)
        for x, k in zip(test, labels, strict=True)
    ]
    limit = np.percentile(near, 5)
    moved = fake + 0.02
    own = [
        min(np.linalg.norm(x - y) for y, j in zip(train, labels, strict=True) if j == k)
        for x, k in zip(moved, of_fake, strict=True)
    ]
    expected = np.mean(np.array(own) < limit)
    assert metrics.copied_share(train, test, moved, labels=(labels, labels, of_fake)) == pytest.approx(expected)
    # told the wrong class, a copy is no copy
    assert metrics.copied_share(train, test, fake, labels=(labels, labels, 1 - of_fake)) == 0


def test_bad_input_to_the_copied_share_has_its_sentence():
    x, y = walks(20, seed=0), np.zeros(20, dtype=int)
    with pytest.raises(ValueError, match="5 % or more of the test signals stand in train"):
        metrics.copied_share(x, x[:10], x)
    with pytest.raises(ValueError, match="labels of train, of test and of fake, got 2"):
        metrics.copied_share(x, x + 1, x, labels=(y, y))
    with pytest.raises(ValueError, match="fake has signals of class 1, and train has none"):
        metrics.copied_share(x, x + 1, x, labels=(y, y, y + 1))
    with pytest.raises(ValueError, match="labels of test: expected one a signal, 20"):
        metrics.copied_share(x, x + 1, x, labels=(y, y[:3], y))


# --- the next step


def test_the_predictive_score_of_a_known_process_is_its_innovation_over_its_step():
    r"""x_{t+1} = 0.9 x_t + e: the best guess errs by E|e|, a step is as large as sqrt(var) says; both are Gaussian."""
    score = metrics.predictive_score(walks(300, seed=0)[..., 20:], walks(300, seed=1)[..., 20:])
    variance_of_step = 0.1**2 / (1 - 0.9**2) + 1
    assert score == pytest.approx(1 / np.sqrt(variance_of_step), abs=0.03)


def test_learning_from_signals_that_move_otherwise_predicts_worse():
    real = walks(200, seed=0)
    own, reversed_sign, still = (
        metrics.predictive_score(real, fake)
        for fake in (walks(200, seed=1), np.diff(walks(200, seed=1), prepend=0), np.zeros_like(real))
    )
    assert own < reversed_sign - 0.05
    assert still == pytest.approx(1)  # it predicts that nothing moves


def test_every_channel_is_predicted_from_the_past_of_all():
    """The second channel repeats the first one step later: known from the first, unknown from itself."""
    first = np.random.default_rng(0).normal(size=(200, 1, 40))
    led = np.concatenate([first, np.roll(first, 1, axis=-1)], axis=1)[..., 2:]
    alone = np.random.default_rng(1).normal(size=(200, 2, 38))
    assert metrics.predictive_score(led[100:], led[:100]) < 0.6 * metrics.predictive_score(led[100:], alone)


def test_signals_too_short_or_still_have_no_next_step():
    x = walks(20, seed=0)
    with pytest.raises(ValueError, match="at least 10 time steps"):
        metrics.predictive_score(x[..., :9], x[..., :9])
    still = np.repeat(x[..., :1], LENGTH, axis=-1)
    with pytest.raises(ValueError, match="is constant"):
        metrics.predictive_score(still, still)


# --- recognisers


def test_as_good_signals_transfer_as_well_and_permuted_labels_do_not():
    (x, y), (train, y_train), (test, y_test) = (classes(40, seed=s) for s in range(3))
    good = metrics.transfer_score(x, train, test, labels=(y, y_train, y_test))
    assert good.size == 120 and abs(good.tstr - good.trtr) <= 2 * max(good.standard_error, 0.01) and good.trtr > 0.9
    permuted = np.random.default_rng(0).permutation(y)
    bad = metrics.transfer_score(x, train, test, labels=(permuted, y_train, y_test))
    assert bad.tstr < 0.6 and bad.trtr == good.trtr
    # the standard error is that of the paired difference, by scipy, and zero where nothing differs
    one = metrics.transfer_score(train, train, test, labels=(y_train, y_train, y_test))
    assert one.standard_error >= 0 and one.tstr == pytest.approx(one.trtr, abs=0.03)


def test_training_sizes_are_equal_class_by_class():
    (x, y), (train, y_train), (test, y_test) = (classes(n, seed=n) for n in (10, 40, 20))
    assert metrics.transfer_score(x, train, test, labels=(y, y_train, y_test)).size == 30
    assert metrics.transfer_score(train, x, test, labels=(y_train, y, y_test)).size == 30
    dropped = y != 2
    found = metrics.transfer_score(x[dropped], train, test, labels=(y[dropped], y_train, y_test))
    assert found.size == 20 and max(found.tstr, found.trtr) <= 2 / 3  # every test signal of the class is missed by both


def test_a_recogniser_agrees_with_another_that_was_made_elsewhere():
    (train, y_train), (fake, y_fake) = classes(60, seed=0), classes(40, seed=1)
    nearest = KNeighborsClassifier(5).fit(train.reshape(len(train), -1), y_train).predict(fake.reshape(len(fake), -1))
    found = metrics.class_accuracy(train, fake, labels=(y_train, y_fake))
    assert found == pytest.approx((nearest == y_fake).mean(), abs=0.1)
    assert metrics.class_accuracy(train, fake, labels=(y_train, (y_fake + 1) % 3)) < 0.1


def test_a_dropped_class_is_a_third_of_the_shares_apart():
    (train, y_train), (test, _), (fake, y_fake) = (classes(60, seed=s) for s in range(3))
    assert metrics.class_share_distance(train, test, fake, labels=y_train) < 0.05
    two = fake[y_fake != 1]
    assert metrics.class_share_distance(train, test, two, labels=y_train) == pytest.approx(1 / 3, abs=0.05)


def test_one_class_has_nothing_to_confuse_and_other_labels_are_refused():
    x, y = walks(20, seed=0), np.zeros(20, dtype=int)
    assert metrics.class_accuracy(x, x, labels=(y, y)) == 1
    assert metrics.transfer_score(x, x, x, labels=(y, y, y)) == (1, 1, 0, 20)
    assert metrics.class_share_distance(x, x, x, labels=y) == 0
    with pytest.raises(ValueError, match="no class in common"):
        metrics.transfer_score(x, x, x, labels=(y + 1, y, y))
    with pytest.raises(ValueError, match="expected labels of synthetic, real_train, real_test, got 2"):
        metrics.transfer_score(x, x, x, labels=(y, y))
    with pytest.raises(ValueError, match="labels of fake: expected whole numbers.*text"):
        metrics.class_accuracy(x, x, labels=(y, np.array(["a"] * 20)))


def test_more_signals_than_a_recogniser_learns_are_thinned_evenly():
    random = np.random.default_rng(0)
    labels = np.repeat([0, 1], [5000, 500])
    x = (labels[:, None, None] * 4 + random.normal(size=(5500, 1, 4))).astype(float)
    assert metrics.class_accuracy(x, x, labels=(labels, labels)) > 0.99


def test_a_null_s_interval_is_wider_than_a_coin_s():
    """Eight judges, the best counts: the 99 % point lies above that of one coin, and below that of eight."""
    for n, (median, top) in NULL.items():
        coin = stats.binom.ppf([0.5, 0.99], 2 * n, 0.5) / (2 * n)
        assert coin[0] < median < top
        assert coin[1] < top


def test_the_numbers_of_a_signal_are_what_its_values_say():
    r"""0, 1, 2, 0, 1, 2, ...: mean 1, variance 2/3, median step 1, no step of 0, three values that are new."""
    steps = np.array([[[0.0, 1.0, 2.0] * 4], [[5.0, 5.0, 5.0, 5.0, 5.0, 5.0, 7.0, 7.0, 7.0, 7.0, 7.0, 7.0]]])
    expected = [
        [1, np.log(np.sqrt(2 / 3)), 0, 0, 3 / 12],
        [6, 0, np.log(1e-6), 10 / 11, 2 / 12],
    ]
    np.testing.assert_allclose(classifiers.VIEWS["numbers"](steps), expected, atol=1e-5)
    np.testing.assert_allclose(classifiers.VIEWS["coarse differences"](steps), [[1, 1], [0, 2]])
