"""Exercises of notebook 05, tried with named mistakes and with right answers in other words."""

import numpy as np
import torch
from exercise_answers import accepts, refuses
from torch import nn

from course_lib.transport import wasserstein, wasserstein_1d

# ------------------------------------------------------------------------------------------------ the clipped step


def by_module(weights, slopes, rate, limit):
    parameter = nn.Parameter(weights)
    parameter.grad = slopes
    torch.optim.SGD([parameter], lr=rate).step()
    with torch.no_grad():
        return parameter.clamp_(-limit, limit)


def by_numpy(weights, slopes, rate, limit):
    return np.minimum(np.maximum(weights.numpy() - rate * slopes.numpy(), -limit), limit)


def scaled_down(weights, slopes, rate, limit):
    moved = weights - rate * slopes
    return moved * min(1.0, limit / float(moved.abs().max()))


# ---------------------------------------------------------------------------------------------------- the schedule


def schedule(one_round):
    """One round, repeated: "c" and "g" once, "C" and "G" critic_steps times."""

    def order(generator_steps, critic_steps):
        return "".join(
            letter.upper() * (critic_steps if letter.isupper() else 1)
            for _ in range(generator_steps)
            for letter in one_round
        )

    return order


def by_counting(generator_steps, critic_steps):
    turns = range(1, generator_steps * (critic_steps + 1) + 1)
    return ["G" if turn % (critic_steps + 1) == 0 else "C" for turn in turns]


# --------------------------------------------------------------------------------------- what a linear critic reaches


def gap(real, fake):
    return real.mean(axis=0) - fake.mean(axis=0)


def by_corners(real, fake, clip):
    from itertools import product

    return max(float(np.dot(corner, gap(real, fake))) for corner in product((-clip, clip), repeat=real.shape[1]))


def times_exact(real, fake, clip):
    flat = real.shape[1] == 1
    return clip * (wasserstein_1d(real[:, 0], fake[:, 0]) if flat else wasserstein(real, fake))


def signed_on_the_line(real, fake, clip):
    difference = gap(real, fake)
    return clip * (difference[0] if len(difference) == 1 else np.abs(difference).sum())


# ------------------------------------------------------------------------------------------------ the steepest critic


def by_product(clip, width, hidden, inputs):
    """The norm of the product of matrices that are all +c."""
    row, into = np.ones((1, 1)), inputs
    matrices = []
    for _ in range(hidden):
        matrices.append(np.full((width, into), clip))
        into = width
    for matrix in [np.full((1, into), clip), *reversed(matrices)]:
        row = row @ matrix
    return np.linalg.norm(row)


WRONG = {
    "clipped_step": {
        "clip before the step": (lambda w, g, r, c: w.clamp(-c, c) - r * g, "clip *after* the step"),
        "gradients clipped": (lambda w, g, r, c: w - r * g.clamp(-c, c), "That is gradient clipping"),
        "no clip": (lambda w, g, r, c: w - r * g, "nothing was clipped"),
        "uphill": (lambda w, g, r, c: (w + r * g).clamp(-c, c), "Uphill"),
        "upper side only": (lambda w, g, r, c: (w - r * g).clamp(max=c), "Only the upper side"),
        "sign lost": (lambda w, g, r, c: (w - r * g).abs().clamp(max=c), "The sign is lost"),
        "scaled together": (scaled_down, "cuts each weight by itself"),
        "limit built in": (lambda w, g, r, c: (w - r * g).clamp(-0.01, 0.01), "is the limit built into"),
        "halves": (lambda w, g, r, c: w / 2, "and yours are (0.0045, -0.0045"),
        "one number": (lambda w, g, r, c: c, "shape (5,) was expected of the new weights"),
    },
    "wgan_schedule": {
        "five generator steps": (schedule("cG"), "the wrong way round"),
        "generator first": (schedule("gC"), "the generator goes first"),
        "all critic steps first": (lambda g, c: "C" * g * c + "G" * g, "after *every* generator step"),
        "one each": (schedule("cg"), "one each, as in a plain GAN."),
        "five each": (schedule("CG"), "five times as often"),
        "five in all": (lambda g, c: "C" * c + "G" * g, "five in all"),
        "always five": (lambda g, c: "CCCCCG" * g, "use `critic_steps`"),
        "nothing": (schedule(""), "an empty order"),
        "critic only": (schedule("C"), "15 critic and 0 generator steps"),
        "a count": (lambda g, c: g * c, "as letters"),
    },
    "linear_reach": {
        "no clip": (lambda r, f, c: np.abs(gap(r, f)).sum(), "does not know the clip"),
        "a ball": (lambda r, f, c: c * np.linalg.norm(gap(r, f)), "a *box*"),
        "largest coordinate": (lambda r, f, c: c * np.abs(gap(r, f)).max(), "all of them add up"),
        "cancelled": (lambda r, f, c: c * gap(r, f).sum(), "have cancelled"),
        "averaged": (lambda r, f, c: c * np.abs(gap(r, f)).mean(), "w.x is a sum"),
        "exact distance": (times_exact, "sees only the means"),
        "signed": (signed_on_the_line, "turns negative"),
        "clip built in": (lambda r, f, c: 0.1 * np.abs(gap(r, f)).sum(), "at 2 you are not"),
        "nothing at all": (lambda r, f, c: 0.0, "yours 0.0000"),
        "an array": (lambda r, f, c: c * np.abs(gap(r, f)) if r.shape[1] > 1 else 0.0, "One number was expected"),
    },
    "steepest_slope": {
        "one": (lambda c, n, h, d: 1.0, "nothing makes that K equal to 1"),
        "the clip": (lambda c, n, h, d: c, "the clip itself"),
        "no width": (lambda c, n, h, d: c ** (h + 1), "where is the width"),
        "a layer missing": (lambda c, n, h, d: c**h * n ** (h - 1) * d**0.5, "3 weight matrices"),
        "one coordinate": (lambda c, n, h, d: c ** (h + 1) * n**h, "along *one* coordinate"),
        "partial slopes summed": (lambda c, n, h, d: c ** (h + 1) * n**h * d, "root of the sum of their squares"),
        "a width too many": (lambda c, n, h, d: (c * n) ** (h + 1) * d**0.5, "One width too many"),
        "random signs": (lambda c, n, h, d: c ** (h + 1) * n ** (h / 2) * d**0.5, "*random* signs"),
        "two hidden layers built in": (lambda c, n, h, d: c**3 * n**2 * d**0.5, "for (0.02, 64, 1, 2)"),
        "no power": (lambda c, n, h, d: c * n * h, "and yours is 6"),
    },
}


RIGHT = {
    "clipped_step": {"with SGD and clamp_": by_module, "in NumPy": by_numpy},
    "wgan_schedule": {"a string": lambda g, c: ("C" * c + "G") * g, "a list, by counting": by_counting},
    "linear_reach": {
        "over all corners": by_corners,
        "in torch": lambda r, f, c: c * (torch.tensor(r).mean(0) - torch.tensor(f).mean(0)).abs().sum(),
    },
    "steepest_slope": {
        "by multiplying matrices": by_product,
        "in logarithms": lambda c, n, h, d: np.exp((h + 1) * np.log(c) + h * np.log(n) + np.log(d) / 2),
    },
}

test_wrong_answers_are_refused_by_their_misconception = refuses(WRONG)
test_right_answers_are_accepted_however_they_are_written = accepts(RIGHT)
