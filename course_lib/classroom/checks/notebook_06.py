"""Judges of notebook 06: mixing, the best straight critic."""

import functools
import itertools

import numpy as np
import torch
from torch import Tensor

from course_lib.classroom.checks.base import as_function, as_numbers, as_tensor, close, exercise, refuse, worst
from course_lib.classroom.checks.numbers import apart

# ------------------------------------------------------------------------------------------------------- mixing


def normal_samples(*shape: int, seed: int) -> Tensor:
    """Standard normal numbers of that shape, the same for the same seed."""
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def _column(weights: Tensor, like: Tensor) -> Tensor:
    return weights.view(-1, *[1] * (like.ndim - 1))


def _mixed(x: Tensor, y: Tensor, e: Tensor) -> Tensor:
    return _column(e, x) * x + (1 - _column(e, x)) * y


def _along_the_last_axis(x: Tensor, y: Tensor, e: Tensor) -> Tensor:
    return e * x + (1 - e) * y if len(e) == x.shape[-1] else _mixed(x, y, e)


SHAPES = [(6, 2), (6, 1, 5), (6, 3, 4, 4), (5, 5), (4, 2, 4)]

# A wrong mixture, and what a reader hears whose answer is that mixture for all of SHAPES.
WRONG_MIXTURES = [
    (
        lambda x, y, e: _mixed(y, x, e),
        "The weight sits on the wrong partner: at weight 1 the mixture is the real sample, not the fake one.",
    ),
    (
        _along_the_last_axis,
        "With as many samples as values yours runs without an error and is wrong: the weights went along the last "
        "axis, so a sample is mixed by another weight at every value. Shapes align from the right.",
    ),
    *[
        (
            lambda x, y, e, one=one: one(e) * x + (1 - one(e)) * y,
            "One weight for the whole batch: all mixtures stand at the same share of their way. One a sample.",
        )
        for one in (lambda e: e.mean(), lambda e: e[0])
    ],
    (lambda x, y, e: (x + y) / 2, "The weights were not used: every mixture is the midpoint of its pair."),
    (
        lambda x, y, e: _column(e, x) * x + y,
        "The two weights do not sum to 1, so the mixtures leave their segments: the fake one's is 1 - weight.",
    ),
]


@exercise(
    notebook="06",
    title="Mix",
    right="Every mixture lies on its own segment, whatever the samples' shape.",
)
def mix_pairs(answer):
    blend = as_function(answer)
    got, cases = [], []
    for shape in SHAPES:
        x, y = normal_samples(*shape, seed=1), normal_samples(*shape, seed=2)
        e = torch.rand(shape[0], generator=torch.Generator().manual_seed(3))
        mixtures = as_tensor(blend(x.clone(), y.clone(), e.clone()), what="the mixtures")
        if mixtures.numel() == len(x) * x.numel():
            refuse(
                f"Of samples of shape {shape} yours makes mixtures of shape {tuple(mixtures.shape)}: every weight met "
                "every pair. A linear layer would accept them without a word. Give the weight as many axes as the "
                "sample has."
            )
        got.append(as_tensor(mixtures, shape=shape, what="the mixtures"))
        cases.append((x, y, e))
    if all(close(one, _mixed(*case)) for one, case in zip(got, cases, strict=True)):
        return None
    for wrong, message in WRONG_MIXTURES:
        if all(close(one, wrong(*case)) for one, case in zip(got, cases, strict=True)):
            return message
    shape, one, (x, y, e) = next(
        (shape, one, case) for shape, one, case in zip(SHAPES, got, cases, strict=True) if not close(one, _mixed(*case))
    )
    one, right, x, y = (z.detach().flatten(1) for z in (one, _mixed(x, y, e), x, y))
    k, place = worst(one, right)
    return (
        f"For samples of shape {shape} the mixtures are not on their segments at the places asked for: number {place} "
        f"of sample {k} is {float(x[k, place]):.3f} and {float(y[k, place]):.3f}, its weight {float(e[k]):.3f}; "
        "expected {}, got {}.".format(*apart(float(right[k, place]), float(one[k, place]), ".3f"))
    )


# --------------------------------------------------------------------------------------- the best straight critic


@functools.cache
def _best(t: float, w: float) -> tuple[float, float, float]:
    """On a fine grid of slopes, not by the formula."""
    slopes = np.linspace(0, 2 + 2 * t / w, 2_000_001)
    values = t * slopes - w * (slopes - 1) ** 2
    top = int(values.argmax())
    return slopes[top], t * slopes[top], values[top]


@exercise(
    notebook="06",
    title="How steep, how high",
    right="At weight 10 and distance 1 the loss is 2.5 % off; at weight 0.1 it is 3.5 times the distance.",
)
def best_line(answer):
    line = as_function(answer)

    def ask(t: float, w: float) -> list[float]:
        names = ("the slope", "the difference of the scores", "the value")
        otherwise = "Three numbers were asked for: return slope, difference, value."
        return as_numbers(line(t, w), names, otherwise=otherwise)

    cases = list(itertools.product((0.5, 1.0, 3.0), (0.1, 1.0, 10.0)))
    got, right = np.array([ask(*case) for case in cases]), np.array([_best(*case) for case in cases])
    t, w = np.array(cases).T

    def is_(column: int, values: np.ndarray | float) -> bool:
        return np.allclose(got[:, column], values, rtol=1e-3)

    if not is_(0, right[:, 0]):
        if is_(0, 1.0):
            return (
                "Slope 1 is what the penalty asks for, not what it gets: it costs nothing at 1 to first order, and a "
                "steeper critic gains t for each unit of slope."
            )
        if is_(0, 1 + t / w):
            return "Too steep by a factor of two in the excess: the derivative of w (s - 1)^2 is 2 w (s - 1)."
        if is_(0, t / (2 * w)):
            return (
                "That is the best slope under R1, a penalty w s^2 that pulls towards 0. The penalty of WGAN-GP pulls "
                "towards 1."
            )
        if is_(0, 1 - t / (2 * w)):
            return "A critic gentler than 1 gains less *and* pays: the top lies on the other side of 1. Check the sign."
        if is_(0, 1 + 1 / (2 * w)):
            return "Right at t = 1 alone: the gain for each unit of slope is t, so the excess grows with the distance."
        k = int(np.abs(got[:, 0] / right[:, 0] - 1).argmax())  # where it is most off
        return (
            f"At t = {t[k]:g}, w = {w[k]:g} the best slope is {right[k, 0]:.4g}, and yours is {got[k, 0]:.4g}. Where "
            "is the derivative 0?"
        )
    if not is_(1, right[:, 1]):
        if is_(1, t):
            return (
                "The slope is right. The scores then differ by slope times distance; you gave the distance, which is "
                "what the difference would be at slope 1."
            )
        if is_(1, right[:, 2]):
            return (
                "The slope is right. The second number is the difference of the scores alone; you took the penalty off."
            )
        return "The slope is right. The difference of the scores is what that slope rises by over the distance t."
    if not is_(2, right[:, 2]):
        if is_(2, right[:, 1]):
            return (
                "Slope and difference are right. What is maximised is the difference *less* w times the penalty, which "
                "is not 0 at this slope."
            )
        if is_(2, t):
            return "Slope and difference are right. The value is not W1: that is the whole point of the exercise."
        if is_(2, -right[:, 2]):
            return "Slope and difference are right. The value is what is maximised; you gave the loss, its negative."
        return "Slope and difference are right. Put the slope into t s - w (s - 1)^2."
    return None
