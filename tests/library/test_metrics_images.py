"""The judge of images: it knows digits, sees what is missing, and counts alternating pixels as the spectrum does."""

import numpy as np
import pytest
import torch

from course_lib.data import ImageDataset, load_digits
from course_lib.metrics import ImageJudge, checkerboard_ratio, few_label_accuracy, frechet_distance, score_images


@pytest.fixture(scope="module")
def digits():
    return load_digits().split(0.6, seed=0)


@pytest.fixture(scope="module")
def judge(digits):
    return ImageJudge(digits[0])


def test_the_judge_knows_digits_that_it_has_not_seen(judge, digits):
    assert (judge.classes(digits[1].values) == digits[1].labels.numpy()).mean() > 0.95


def test_its_features_are_the_hidden_layer_that_its_probabilities_follow_from(judge, digits):
    x = digits[1].values[:50]
    phi, net = judge.features(x), judge.net
    assert phi.shape == (50, 64) and (phi >= 0).all() and (phi == 0).any()
    logits = phi @ net.coefs_[1] + net.intercepts_[1]
    assert (logits.argmax(axis=1) == judge.classes(x)).all()
    softmax = np.exp(logits - logits.max(axis=1, keepdims=True))
    np.testing.assert_allclose(judge.sure(x), (softmax / softmax.sum(axis=1, keepdims=True)).max(axis=1), atol=1e-9)


def test_the_same_seed_gives_the_same_judge(judge, digits):
    again = ImageJudge(digits[0])
    np.testing.assert_array_equal(again.features(digits[1].values[:5]), judge.features(digits[1].values[:5]))


def test_real_images_score_as_real_ones_do_and_noise_far_worse(judge, digits):
    learnt, held_out = digits
    real = score_images(judge, held_out, learnt.values)
    random = torch.Generator().manual_seed(0)
    noise = score_images(judge, held_out, 2 * torch.rand(719, 1, 8, 8, generator=random) - 1)
    assert real.frechet < real.high and real.classes == 10 and real.share_distance < 0.05
    assert abs(np.log(real.checkerboard)) < 0.05
    assert noise.frechet > 10 * noise.reference and noise.classes < 10 and noise.share_distance > 0.15
    assert (real.reference, real.high) == (noise.reference, noise.high)


def test_the_reference_is_the_mean_distance_of_two_halves_of_the_held_out_images(judge, digits):
    held_out = digits[1]
    random, features, distances = np.random.default_rng((5, 0)), judge.features(held_out.values), []
    for _ in range(4):
        order = random.permutation(719)
        distances.append(frechet_distance(features[order[:359]], features[order[359:718]]))
    found = score_images(judge, held_out, held_out.values, draws=4, seed=5)
    assert found.reference == pytest.approx(np.mean(distances)) and found.high > max(distances)


def test_the_distance_is_that_of_half_of_the_held_out_images_and_as_many_generated_ones(judge, digits):
    learnt, held_out = digits
    of_real, of_fake = (np.random.default_rng((5, k)) for k in (0, 1))
    real, made, distances = judge.features(held_out.values), judge.features(learnt.values), []
    for _ in range(4):
        one = real[of_real.permutation(719)[:359]]
        distances.append(frechet_distance(one, made[of_fake.permutation(1078)[:359]]))
    found = score_images(judge, held_out, learnt.values, draws=4, seed=5)
    assert found.frechet == pytest.approx(np.mean(distances))


def test_a_class_s_share_is_of_all_generated_images_not_of_the_sure_ones(judge, digits):
    learnt, held_out = digits
    threes = learnt.values[(learnt.labels == 3) & torch.from_numpy(judge.sure(learnt.values) >= 0.9)]
    unsure = learnt.values.mean(dim=0, keepdim=True)
    assert judge.sure(unsure) < 0.9
    for n, classes in ((15, 0), (25, 1)):
        assert (
            score_images(judge, held_out, torch.cat([threes[:n], unsure.repeat(1000 - n, 1, 1, 1)])).classes == classes
        )


def test_a_class_that_is_not_drawn_is_missing_and_one_that_is_drawn_rarely_too(judge, digits):
    learnt, held_out = digits
    without = learnt.values[learnt.labels != 3]
    found = score_images(judge, held_out, without)
    assert found.classes == 9 and 0.05 < found.share_distance < 0.15
    threes = learnt.values[learnt.labels == 3]
    rare = torch.cat([without, threes[: round(0.01 * len(without))]])
    assert score_images(judge, held_out, rare).classes == 9
    assert score_images(judge, held_out, torch.cat([without, threes[:40]])).classes == 10


def test_images_of_which_the_judge_is_not_sure_count_for_no_class(judge, digits):
    learnt, held_out = digits
    grey = 0.25 * learnt.values + 0.75 * learnt.values.mean(dim=0)
    found = score_images(judge, held_out, grey)
    assert found.sure < 0.5 and found.classes < 10


# --- the checkerboard


def waves(kind, n=40, size=8, seed=0):
    """Smooth random images, with a wave of a kind on them."""
    random = np.random.default_rng(seed)
    y, x = np.mgrid[:size, :size]
    smooth = np.cos(2 * np.pi * (x / size + random.uniform(size=(n, 1, 1, 1))))
    added = {"nothing": 0, "checkerboard": (-1.0) ** (x + y), "columns": (-1.0) ** x, "rows": (-1.0) ** y}
    added |= {"half as fast": np.cos(np.pi * x / 2), "a constant": 5.0}
    return smooth + 0.05 * (-1.0) ** x + 0.5 * added[kind]


@pytest.mark.parametrize("kind", ["checkerboard", "columns", "rows"])
def test_the_ratio_is_that_of_the_shares_of_alternating_power_by_parseval(kind):
    """Power of a wave of amplitude a over that of the cosine, 1/2, and what alternates before: 0.05."""
    real, fake = waves("nothing"), waves(kind)
    added = {"checkerboard": 0.05**2 + 0.5**2, "columns": 0.55**2, "rows": 0.05**2 + 0.5**2}[kind]
    expected = (added / (added + 0.5)) / (0.05**2 / (0.05**2 + 0.5))
    assert checkerboard_ratio(real, fake) == pytest.approx(expected)


@pytest.mark.parametrize(("kind", "expected"), [("nothing", 1.0), ("a constant", 1.0)])
def test_what_does_not_alternate_does_not_raise_it(kind, expected):
    assert checkerboard_ratio(waves("nothing"), waves(kind, seed=1)) == pytest.approx(expected)
    assert checkerboard_ratio(waves("nothing"), waves("half as fast")) < 1


# --- few labels


def test_few_labels_are_enough_where_the_features_are_the_classes_and_chance_where_they_are_noise():
    random, labels = np.random.default_rng(0), np.arange(300) % 3
    told = np.eye(3)[labels] + 0.01 * random.standard_normal((300, 3))
    noise = random.standard_normal((300, 3))
    both = (labels[:200], labels[200:])
    assert (few_label_accuracy(told[:200], told[200:], labels=both, per_class=1) == 1).all()
    chance = few_label_accuracy(noise[:200], noise[200:], labels=both, per_class=5, draws=40)
    assert abs(chance.mean() - 1 / 3) < 0.08 and len(chance) == 40
    assert len(np.unique(chance)) > 5  # every draw has labelled others


def test_a_turn_a_shift_or_another_scale_of_all_features_changes_nothing():
    random, labels = np.random.default_rng(1), np.arange(200) % 4
    x = np.eye(4)[labels] + random.standard_normal((200, 4)) * [0.2, 0.5, 1.0, 3.0]
    turn = np.linalg.qr(random.standard_normal((4, 4)))[0]
    both = (labels[:100], labels[100:])
    found, turned = (few_label_accuracy(y[:100], y[100:], labels=both, per_class=3) for y in (x, 100 + 7 * x @ turn))
    np.testing.assert_allclose(found, turned, atol=0.021)  # two of a hundred near the border may change sides


# --- refusals


@pytest.mark.parametrize(
    ("ask", "said"),
    [
        (lambda j, d: ImageJudge(d[0].select(["3"])), "two classes or more"),
        (lambda j, d: j.features(torch.zeros(3, 1, 28, 28)), r"shape \(N, 1, 8, 8\), as it has learnt, got"),
        (lambda j, d: j.features(torch.full((3, 1, 8, 8), torch.nan)), "expected finite values"),
        (lambda j, d: score_images(j, d[1], torch.zeros(100, 1, 8, 8)), "at least 359 generated images"),
        (lambda j, d: checkerboard_ratio(torch.zeros(3, 1, 7, 8), torch.zeros(3, 1, 7, 8)), "H and W even"),
        (lambda j, d: checkerboard_ratio(torch.zeros(3, 1, 8, 8), torch.zeros(3, 8, 8)), "of one size"),
        (lambda j, d: checkerboard_ratio(torch.zeros(3, 1, 8, 8), d[1].values), "every image is constant"),
        (lambda j, d: checkerboard_ratio(waves("nothing") * 0 + np.arange(8) // 8, d[1].values), "constant"),
        (
            lambda j, d: few_label_accuracy(
                np.ones((4, 1)), np.ones((4, 1)), labels=(np.arange(4) // 2,) * 2, per_class=3
            ),
            "from 1 to 2",
        ),
    ],
)
def test_what_cannot_be_judged_is_refused(judge, digits, ask, said):
    with pytest.raises(ValueError, match=said):
        ask(judge, digits)


def test_unlabelled_images_make_no_judge():
    with pytest.raises(ValueError, match="with their labels"):
        ImageJudge(ImageDataset(torch.zeros(5, 1, 8, 8)))
