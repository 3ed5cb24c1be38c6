"""Judges of notebook 09: a range for one more draw, the share of copies, and coverage."""

import numpy as np
from numpy import ndarray
from scipy import stats
from scipy.spatial.distance import cdist

from course_lib.arrays import Number
from course_lib.classroom.checks.base import as_function, as_number, as_numbers, close, exercise
from course_lib.classroom.checks.numbers import apart

# ------------------------------------------------------------------------------------- a range for one more draw


def _interval(x: ndarray, quantile: Number, spread: Number) -> tuple[Number, Number]:
    return x.mean() - quantile * spread, x.mean() + quantile * spread


@exercise(
    notebook="09",
    title="A range for one more draw",
    right="With 20 draws it is 5.9 standard deviations wide, with 5 it is 10: few references make a mild judge.",
)
def prediction_interval(answer):
    interval = as_function(answer)

    def ask(draws: ndarray) -> ndarray:
        ends = interval(draws.copy())
        return np.array(as_numbers(ends, ("low", "high"), otherwise="Two numbers were asked for: return low, high."))

    draws = np.array([1.3, 0.8, 1.0, 0.9, 1.6])
    n, s, t = 5, draws.std(ddof=1), stats.t.ppf
    right, got = _interval(draws, t(0.995, n - 1), s * np.sqrt(1 + 1 / n)), ask(draws)

    def same(quantile, spread) -> bool:
        return close(got, np.array(_interval(draws, quantile, spread)))

    if close(got[::-1].copy(), np.array(right)):
        return "The two ends are exchanged: low first."
    if same(t(0.995, n - 1), s / np.sqrt(n)) or same(stats.norm.ppf(0.995), s / np.sqrt(n)):
        return (
            "That is an interval for the *mean*, which shrinks to nothing as draws are added. A perfect generator is "
            "one more draw, and single draws go on varying by s."
        )
    if same(t(0.995, n - 1), s):
        return (
            "Almost: a new draw varies by s about the true mean, and you have measured the mean by n draws, which is "
            "off by s / sqrt(n) itself. The two variances add up."
        )
    if same(stats.norm.ppf(0.995), s * np.sqrt(1 + 1 / n)) or same(stats.norm.ppf(0.995), s):
        return (
            "The quantile is the normal distribution's, 2.58. With five draws s is badly known, and Student's t with "
            "n - 1 degrees of freedom pays for that: 4.60."
        )
    if same(t(0.995, n), s * np.sqrt(1 + 1 / n)):
        return "n - 1 degrees of freedom, not n: one was spent on the mean."
    if same(t(0.995, n - 1), draws.std() * np.sqrt(1 + 1 / n)):
        return "np.std divides by n unless told: ddof=1. With five draws that makes the range a tenth too narrow."
    if same(t(0.99, n - 1), s * np.sqrt(1 + 1 / n)):
        return "1 % lies outside on *each* side in yours, so 98 % inside. Half of the 1 % belongs to each end."
    if same(t(0.975, n - 1), s * np.sqrt(1 + 1 / n)):
        return "That is the 95 % interval: of a report's twenty lines one would be outside by luck alone. Take 99 %."
    if close(got, np.array([draws.min(), draws.max()])):
        return (
            "The smallest and the largest of n draws: the next one lies outside of them with probability 2 / (n + 1), "
            "one time in three here."
        )
    if same(3, s) or same(2, s):
        return "A fixed number of standard deviations is right for one n only: fewer draws know s less well."
    if not close(got, np.array(right)):
        (low, yours_low), (high, yours_high) = (apart(*ends, ".3f") for ends in zip(right, got, strict=True))
        return (
            f"Of the draws {', '.join(f'{x:g}' for x in draws)} the 99 % interval of one more is {low} to "
            f"{high}; yours is {yours_low} to {yours_high}."
        )
    more = np.random.default_rng(0).normal(3, 0.5, 20)
    right = _interval(more, t(0.995, 19), more.std(ddof=1) * np.sqrt(1 + 1 / 20))
    if not close(ask(more), np.array(right)):
        return "Right for five draws, and not for twenty. Is the number of draws built in somewhere?"
    return None


# ------------------------------------------------------------------------------------------- the share of copies


@exercise(
    notebook="09",
    title="How many were copied?",
    right="About 5 % is what new recordings score, so a report asks whether the share lies above its range.",
)
def share_of_copies(answer):
    share = as_function(answer)

    def ask(of_test: ndarray, of_fake: ndarray) -> float:
        return as_number(share(of_test.copy(), of_fake.copy()), what="the share")

    random = np.random.default_rng(0)
    of_test = np.append(np.sqrt(random.chisquare(12, 4000)), 0.05)  # one recording came near an old one
    # a third copied with some jitter, so at no distance of exactly 0
    of_fake = np.concatenate([np.sqrt(random.chisquare(12, 2000)), np.abs(random.normal(0, 0.8, 1000))])
    random.shuffle(of_fake)
    right = float((of_fake < np.percentile(of_test, 5)).mean())
    got = ask(of_test, of_fake)

    def same(value) -> bool:
        return close(got, value, abs=1e-9)

    if same((of_fake < np.percentile(of_fake, 5)).mean()):
        return (
            "Five in a hundred fakes are always below the fakes' own fifth percentile. What is usual is said by the "
            "recordings that were held out: take the percentile of `of_test`."
        )
    if same((of_fake < np.median(of_test)).mean()) or same((of_fake < of_test.mean()).mean()):
        return (
            "Half of all *new* recordings are nearer than the middle of the held-out distances, too. Only a distance "
            "that new recordings hardly ever come under is suspicious: their fifth percentile."
        )
    if same((of_fake < np.percentile(of_test, 95)).mean()):
        return "The 95th percentile: nearly every new recording is nearer than that. The near end was asked for."
    if same((of_fake > np.percentile(of_test, 5)).mean()):
        return "That is the share that keeps its distance. Copies are *nearer*."
    if same((of_fake < np.percentile(of_test, 5)).sum()) or same(100 * right):
        return f"A share lies between 0 and 1, and yours is {got:g}. Divide by what you counted among."
    if same((of_fake < np.percentile(of_test, 0.05)).mean()):
        return "np.percentile counts in hundredths: 0.05 is a twentieth of one per cent. np.quantile takes 0.05."
    if same((of_test < np.percentile(of_fake, 5)).mean()):
        return (
            "The two sets have changed places: you counted held-out recordings that are nearer than fakes. The "
            "recordings say the limit, and the fakes are counted."
        )
    if same(0.0):
        return (
            "None was found. Only exact copies lie at distance 0. One with another gain, or a little noise, is a copy "
            "too: ask how near new recordings come, and count what is nearer."
        )
    if same((of_fake < of_test.min()).mean()):
        return (
            "The smallest of the held-out distances is a matter of luck, and moves with their number. Their fifth "
            "percentile is steadier, and says what is usual."
        )
    if not close(got, right, abs=2e-4):
        expected, yours = apart(right, got)
        return f"Of these 3,000 fakes the share {expected} is nearer than 5 % of the held-out ones; yours is {yours}."
    if not close(ask(of_test, of_test), 0.05, abs=5e-3):
        return (
            "Right once; for held-out distances in the place of the fakes' the share should be 5 %. What is built in?"
        )
    return None


# ----------------------------------------------------------------------------------------------------- coverage


def _covered(real: ndarray, fake: ndarray, k: int) -> float:
    """By a loop over the real points."""
    inside = []
    for i, x in enumerate(real):
        others = np.delete(real, i, axis=0)
        radius = np.sort(np.linalg.norm(others - x, axis=1))[k - 1]
        inside.append(np.linalg.norm(fake - x, axis=1).min() <= radius)
    return float(np.mean(inside))


@exercise(
    notebook="09",
    title="Coverage",
    right="It counts real points, so ten thousand fakes in one place cover one place.",
)
def coverage(answer):
    cover = as_function(answer)

    def ask(real: ndarray, fake: ndarray, k: int) -> float:
        return as_number(cover(real.copy(), fake.copy(), k), what="coverage")

    random = np.random.default_rng(1)
    real = np.concatenate(
        [random.normal(0, 1, (130, 2)), random.normal(6, 0.2, (100, 2)), random.normal(-9, 1, (20, 2))]
    )
    # one kind is narrow, and one has no fakes
    fake = np.concatenate([random.normal(0, 1.4, (60, 2)), random.normal(6, 1, (30, 2))])
    k, among, between = 4, np.sort(cdist(real, real), axis=1), cdist(real, fake)
    right, got = _covered(real, fake, k), ask(real, fake, 4)

    def same(value) -> bool:
        return close(got, value, abs=1e-9)

    in_ball = between <= among[:, [k]]
    if same((between.min(axis=1) <= among[:, k - 1]).mean()):
        return (
            "Each point is its own nearest neighbour, at distance 0, so your balls reach the one before the k-th. "
            "In a sorted row the k-th neighbour stands in place k."
        )
    if same((between.min(axis=1) <= among[:, k + 1]).mean()):
        return (
            "Your balls reach one neighbour too far: in a sorted row, with the point itself in place 0, the k-th is k."
        )
    if same(in_ball.any(axis=0).mean()):
        return (
            "You counted the *fakes* that lie in some real ball, which is precision: a generator that draws one good "
            "signal again and again has all of it. Coverage counts real balls."
        )
    if any(same((between.min(axis=1) <= one(among[:, k])).mean()) for one in (np.mean, np.median)):
        return (
            "One radius for all balls. Where recordings lie thin, neighbours are far, and a fake further away still "
            "counts as among them: each ball has a radius of its own."
        )
    of_fake = np.sort(cdist(fake, fake), axis=1)[:, k]
    if same((between <= of_fake).any(axis=1).mean()):
        return (
            "The balls are the fakes' in yours, which is recall (or the largest radius serves all): one stray point "
            "has a ball that holds everything. Coverage draws its balls around real points."
        )
    if same(in_ball.sum()) or same(in_ball.sum(axis=0).mean() / k) or same(in_ball.mean()):
        return (
            "You counted pairs, a ball once for every fake in it (which leads to density). Coverage asks of each real "
            "ball only whether there is a fake in it."
        )
    if same(in_ball.any(axis=1).sum()):
        return "Right, and not divided yet by the number of real points."
    if same((between.min(axis=0) <= np.sort(between, axis=0)[k]).mean()) or same(1.0):
        return (
            "Your balls are drawn so that there is always a fake inside. Their size is said by real neighbours alone."
        )
    if not same(right):
        expected, yours = apart(right, got, ".3f")
        return f"Of these 250 real points {expected} have a fake in their ball, and yours says {yours}."
    for points in (3, 7):
        real, fake = random.normal(0, 1, (60, points)), random.normal(0.5, 1, (40, points))
        for k in (1, 5):
            if not close(ask(real, fake, k), _covered(real, fake, k), abs=1e-9):
                expected, yours = apart(_covered(real, fake, k), ask(real, fake, k), ".3f")
                return (
                    f"Right in the plane for k = 4, and for k = {k} in {points} dimensions it should be "
                    f"{expected}, yours is {yours}."
                )
    return None
