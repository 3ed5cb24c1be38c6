"""The judge of notebook 07's exercise on memory."""

import numpy as np
from numpy import ndarray

from course_lib.classroom.checks.base import as_function, as_number, close, exercise
from course_lib.classroom.checks.numbers import apart

# --------------------------------------------------------------------------------------------------- memory


def _to_nearest(points: ndarray, among: ndarray) -> ndarray:
    squared = ((points[:, None] - among[None]) ** 2).reshape(len(points), len(among), -1).sum(axis=-1)
    return np.sqrt(squared).min(axis=1)


@exercise(
    notebook="07",
    title="A measure of memory",
    right="That is metrics.nearest_neighbour_ratio. Without a test set its denominator does not exist.",
)
def memory_ratio(answer):
    ratio = as_function(answer)
    random = np.random.default_rng(0)
    train, test = random.standard_normal((40, 1, 6)), random.standard_normal((25, 1, 6))
    fresh = np.concatenate([1.5 * random.standard_normal((24, 1, 6)), np.full((1, 1, 6), 40.0)])  # one wild signal

    def ask(fake: ndarray) -> float:
        return as_number(ratio(train.copy(), test.copy(), fake.copy()), what="the ratio")

    fake_to_train, test_to_train = _to_nearest(fresh, train), _to_nearest(test, train)
    got, right = ask(fresh), np.median(fake_to_train) / np.median(test_to_train)
    if close(got, 1 / right):
        return (
            "Upside down: the distance of the test signals belongs below, so that a generator that copies gets 0 and "
            "not infinity."
        )
    if close(got, right**2):
        return "Squared distances: a median of squares is the square of the ratio. Take the root of each distance."
    if close(got, np.median(_to_nearest(fresh, test)) / np.median(test_to_train)):
        return (
            "You asked how near the generated signals are to the test set. A generator that replays its training "
            "recordings is as far from the test set as any honest one: ask how near they are to the training set."
        )
    if close(got, fake_to_train.mean() / test_to_train.mean()):
        return (
            "You took the mean of the nearest distances, and one wild signal among 25 decides it. "
            "A copying generator could buy its pardon with a few absurd signals: take the median."
        )
    pairs = [np.sqrt(((x[:, None] - train[None]) ** 2).sum(axis=(2, 3))) for x in (fresh, test)]
    if close(got, np.median(pairs[0]) / np.median(pairs[1])):
        return (
            "You took the distances to all training signals. A copy is far from every recording but one: "
            "the smallest distance tells, one for each generated signal."
        )
    if close(got, np.median(fake_to_train)):
        return (
            "A distance alone says nothing: divide by the same median for the test signals, which nobody can have "
            "copied."
        )
    if close(got, np.median(_to_nearest(train, fresh)) / np.median(_to_nearest(train, test))):
        return (
            "You went from each training signal to its nearest generated one. The question is asked of each generated "
            "signal: is there a training signal that it repeats?"
        )
    if not close(got, right):
        expected, yours = apart(right, got)
        return f"For this set the ratio is {expected}, and yours is {yours}."
    copied = ask(train[:25])
    if not close(copied, 0, abs=1e-3):  # a distance by |a|^2 - 2ab + |b|^2 leaves rounding
        return f"A generator that replays its training signals has the ratio 0, and yours is {copied:.4g}."
    half = as_number(ratio(train[:20].copy(), test.copy(), fresh.copy()), what="the ratio")
    right = np.median(_to_nearest(fresh, train[:20])) / np.median(_to_nearest(test, train[:20]))
    if not close(half, right):
        expected, yours = apart(right, half)
        return f"Right for 40 training signals; for 20 the ratio is {expected}, and yours is {yours}."
    train, test, fake = (random.standard_normal((n, 3, 6)) for n in (40, 25, 25))
    several = as_number(ratio(train.copy(), test.copy(), fake.copy()), what="the ratio")
    right = np.median(_to_nearest(fake, train)) / np.median(_to_nearest(test, train))
    if not close(several, right):
        expected, yours = apart(right, several)
        return (
            f"Right for signals of one channel; for three channels the ratio is {expected}, and yours is "
            f"{yours}. All values of a signal, of every channel, belong to one distance."
        )
    return None
