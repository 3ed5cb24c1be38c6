"""Judges of notebook 11: a critic's score of a label, noise that is steered, the middle of a gap."""

from collections.abc import Callable

import numpy as np
import torch
from numpy import ndarray
from torch import Tensor

from course_lib.classroom.checks.base import as_function, as_tensor, close, exercise, refuse, worst
from course_lib.classroom.checks.numbers import apart

# --------------------------------------------------------------------------------------------------- a projection


def _scores(features: Tensor, weight: Tensor, embedding: Tensor, labels: Tensor) -> Tensor:
    return features @ weight + (embedding[labels] * features).sum(1)


def _asked(batch: int, width: int, classes: int, seed: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    stream = torch.Generator().manual_seed(seed)
    features, embedding = torch.randn(batch, width, generator=stream), torch.randn(classes, width, generator=stream)
    weight = torch.randn(width, generator=stream)
    return features, weight, embedding, torch.randint(classes, (batch,), generator=stream)


@exercise(
    notebook="11",
    title="A projected label",
    right="The first term asks whether it is a signal at all, the second whether it is one of this class.",
)
def projection_score(answer):
    score = as_function(answer)

    def ask(given: tuple[Tensor, ...]) -> Tensor:
        made = score(*(x.clone() for x in given))
        return as_tensor(made, shape=(len(given[0]),), what="the scores").detach()

    given = _asked(6, 4, 3, 0)
    features, weight, embedding, labels = given
    first, second = features @ weight, (embedding[labels] * features).sum(1)
    got = ask(given)
    wrong: dict[str, Callable[[], Tensor]] = {
        "The label is not in it: that is the score of a critic that is not told.": lambda: first,
        "Only the label's term is there. Whether the signal looks real at all is asked by the weight.": lambda: second,
        "The two terms are added, not subtracted: what suits the class raises the score.": lambda: first - second,
        "Each signal has one label, and yours adds the terms of all classes.": lambda: (
            first + (features @ embedding.T).sum(1)
        ),
        "That takes the best class, and not the one that the signal is said to have: a generator could show any sign "
        "for any label.": lambda: first + (features @ embedding.T).max(1).values,
        "The embeddings are taken in the order of the table. Row i belongs to class i; signal i is of class "
        "labels[i].": lambda: first + (embedding[torch.arange(6) % 3] * features).sum(1),
        "The mean over the features is taken, and the projection is a sum.": lambda: (
            first + (embedding[labels] * features).mean(1)
        ),
        "The label's row is multiplied by the weight: so it says nothing of this signal's features.": lambda: (
            first + embedding[labels] @ weight
        ),
        "Multiplied, the two terms cannot speak apart. They are added.": lambda: first * second,
    }
    for message, scores in wrong.items():
        if close(got, scores()):
            return message
    right = _scores(*given)
    if not close(got, right):
        (i,) = worst(got, right)
        expected, yours = apart(float(right[i]), float(got[i]), ".5g")
        return f"For signal {i} the score is {expected}, and yours is {yours}. Sum over the features."
    for batch, width, classes, seed in ((1, 5, 2, 1), (7, 3, 9, 2), (4, 4, 4, 3), (3, 8, 1, 4)):
        given = _asked(batch, width, classes, seed)
        if not close(ask(given), _scores(*given)):
            return f"Right once; not for {batch} signals, {width} features and {classes} classes. What is built in?"
    return None


# -------------------------------------------------------------------------------------------------- noise, steered


def _steered(noise: Tensor, direction: Tensor, amount: float) -> Tensor:
    along = direction / direction.norm()
    return noise + (amount - noise @ along)[:, None] * along


@exercise(
    notebook="11",
    title="Noise, steered",
    right="All that stands across the direction is left to chance, as it was.",
)
def steer_any(answer):
    turn = as_function(answer)

    def ask(noise: Tensor, direction: Tensor, amount: float) -> Tensor:
        made = turn(noise.clone(), direction.clone(), amount)
        return as_tensor(made, shape=tuple(noise.shape), what="the steered noise").detach()

    stream = torch.Generator().manual_seed(0)
    noise, direction = torch.randn(5, 7, generator=stream), 2 * torch.randn(7, generator=stream)
    unit, amount = direction / direction.norm(), 1.5
    got = ask(noise, direction, amount)
    wrong: dict[str, Callable[[], Tensor]] = {
        "The amount is added to what was there, so the draws still differ along the direction. Take their own part "
        "away first.": lambda: noise + amount * unit,
        "The amount is added to what was there, along a direction that is not of length 1. Take the noise's own part "
        "away, and divide the direction by its norm.": lambda: noise + amount * direction,
        "The noise's own part along the direction is gone, and the amount is not there.": lambda: (
            noise - (noise @ unit)[:, None] * unit
        ),
        "The direction is not of length 1, and you count as if it were. Divide it by its norm.": lambda: (
            noise + (amount - noise @ direction)[:, None] * direction
        ),
        "The part to take away is measured along a direction that is not of length 1. Divide it by its norm "
        "first.": lambda: noise + (amount - noise @ direction)[:, None] * unit,
        "The amount is in lengths of the direction. It was to be in units of the noise: divide the direction by its "
        "norm.": lambda: noise + amount * direction - (noise @ unit)[:, None] * unit,
        "Nothing but the direction is left: every draw is the same signal. What stands across the direction "
        "stays.": lambda: amount * unit.expand(5, 7),
        "It goes the other way: along the direction yours has minus the amount.": lambda: (
            noise - (amount + noise @ unit)[:, None] * unit
        ),
        "The noise's own part is added where it should be taken away.": lambda: (
            noise + (amount + noise @ unit)[:, None] * unit
        ),
    }
    for message, made in wrong.items():
        if close(got, made()):
            return message
    right = _steered(noise, direction, amount)
    if not close(got, right):
        along, across = got @ unit, got - (got @ unit)[:, None] * unit
        if not close(across, noise - (noise @ unit)[:, None] * unit):
            return "Across the direction the noise is another one than before. Only its part along it may change."
        (i,) = worst(along, torch.full_like(along, amount))
        _, yours = apart(amount, float(along[i]), ".5g")
        return f"Along the unit vector every draw should have {amount:g}; your draw {i} has {yours}."
    for n, width, amount, seed in ((1, 3, 0.0, 1), (4, 4, -2.0, 2), (9, 2, 0.5, 3), (2, 30, 3.0, 4)):
        stream = torch.Generator().manual_seed(seed)
        noise, direction = torch.randn(n, width, generator=stream), 0.3 * torch.randn(width, generator=stream)
        if not close(ask(noise, direction, amount), _steered(noise, direction, amount)):
            return f"Right once; not for {n} draws of {width} numbers and the amount {amount:g}. What is built in?"
    return None


# ------------------------------------------------------------------------------------------------ the middle of a gap


def _conditional(mean: ndarray, covariance: ndarray, x: ndarray, missing: ndarray) -> ndarray:
    known = ~missing
    across, own = covariance[np.ix_(missing, known)], covariance[np.ix_(known, known)]
    return mean[missing] + across @ np.linalg.solve(own, x[known] - mean[known])


def _law(length: int, seed: int) -> tuple[ndarray, ndarray, ndarray]:
    random = np.random.default_rng(seed)
    root = random.normal(size=(length, length))
    return random.normal(size=length), root @ root.T + 0.5 * np.eye(length), random.normal(size=length)


@exercise(
    notebook="11",
    title="The middle of a gap",
    right="Of all point fills this one has the smallest expected squared error, if the law is this Gaussian.",
)
def conditional_mean(answer):
    fill = as_function(answer)

    def ask(mean: ndarray, covariance: ndarray, x: ndarray, missing: ndarray) -> ndarray:
        given = np.where(missing, np.nan, x)  # nobody can look
        made = fill(mean.copy(), covariance.copy(), given, missing.copy())
        made = as_tensor(made, what="the fill (what is missing in x is NaN)").detach().double().numpy()
        if made.shape == x.shape != (int(missing.sum()),):
            refuse(
                f"Only the missing steps were asked for, {int(missing.sum())} of {len(x)}; yours has all of them. "
                "`[missing]` picks them."
            )
        if made.shape != (int(missing.sum()),):
            refuse(f"A number for each of the {int(missing.sum())} missing steps was asked for, got {made.shape}.")
        return made

    mean, covariance, x = _law(7, 0)
    missing = np.array([False, False, True, True, False, True, False])
    known = ~missing
    off, across = x[known] - mean[known], covariance[np.ix_(missing, known)]
    got = ask(mean, covariance, x, missing)
    precision = np.linalg.inv(covariance)
    wrong: dict[str, Callable[[], ndarray]] = {
        "That is the mean of all signals. What is known of this one moves it.": lambda: mean[missing],
        "The mean of the missing steps is not added.": lambda: (
            across @ np.linalg.solve(covariance[known][:, known], off)
        ),
        "The known values are taken as they are. What pulls is how far they are from their own mean.": lambda: (
            mean[missing] + across @ np.linalg.solve(covariance[known][:, known], x[known])
        ),
        "The inverse is missing: known steps that say the same thing are counted twice.": lambda: (
            mean[missing] + across @ off
        ),
        "The pull has the wrong sign: a hand that is above its mean before the gap is above it in the gap, if they go "
        "together.": lambda: mean[missing] - across @ np.linalg.solve(covariance[known][:, known], off),
        "Multiplied by the covariance of the known steps. It is its inverse that takes out what they share.": lambda: (
            mean[missing] + across @ covariance[known][:, known] @ off
        ),
        "Each known step is divided by its own variance alone, as if they were independent.": lambda: (
            mean[missing] + across @ (off / np.diag(covariance)[known])
        ),
        "The whole covariance was inverted and the block of the known steps cut out of it afterwards. Cut first: they "
        "are not the same.": lambda: mean[missing] + across @ precision[known][:, known] @ off,
    }
    for message, made in wrong.items():
        if close(got, made()):
            return message
    right = _conditional(mean, covariance, x, missing)
    if not close(got, right):
        (i,) = worst(got, right)
        expected, yours = apart(float(right[i]), float(got[i]), ".5g")
        return f"At step {np.flatnonzero(missing)[i]} it is {expected}, and yours is {yours}."
    for length, seed in ((3, 1), (12, 2), (5, 3), (20, 4)):
        mean, covariance, x = _law(length, seed)
        missing = np.zeros(length, dtype=bool)
        missing[length // 3 : length // 3 + max(1, length // 4)] = True
        if not close(ask(mean, covariance, x, missing), _conditional(mean, covariance, x, missing)):
            return f"Right once; not for {int(missing.sum())} missing of {length} steps. What is built in?"
    return None
