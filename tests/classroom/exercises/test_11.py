"""Notebook 11: what each exercise refuses, by the idea behind the mistake, and what it accepts."""

import numpy as np
import torch
from exercise_answers import accepts, refuses
from scipy.linalg import cho_factor, cho_solve

# --------------------------------------------------------------------------------------------------- a projection


def signal_by_signal(features, weight, embedding, labels):
    return [float(f @ weight + f @ embedding[int(k)]) for f, k in zip(features, labels, strict=True)]


def by_picking(features, weight, embedding, labels):
    every = features @ (embedding + weight).T
    return every[torch.arange(len(labels)), labels]


# -------------------------------------------------------------------------------------------------- noise, steered


def unit(direction):
    return direction / direction.norm()


def by_rows(noise, direction, amount):
    along = unit(direction)
    return torch.stack([z - torch.dot(z, along) * along + amount * along for z in noise])


def by_projector(noise, direction, amount):
    along = unit(direction)
    return noise @ (torch.eye(len(along)) - torch.outer(along, along)) + amount * along


def in_double(noise, direction, amount):
    z, w = noise.double().numpy(), direction.double().numpy()
    return z + np.outer(amount - z @ w / np.linalg.norm(w), w / np.linalg.norm(w))


# ------------------------------------------------------------------------------------------------ the middle of a gap


def blocks(covariance, missing):
    return covariance[np.ix_(missing, ~missing)], covariance[np.ix_(~missing, ~missing)]


def fill(mean, covariance, x, missing, *, pull=lambda across, own, off: across @ np.linalg.solve(own, off), sign=1):
    return mean[missing] + sign * pull(*blocks(covariance, missing), (x - mean)[~missing])


def by_precision(mean, covariance, x, missing):
    precision = np.linalg.inv(covariance)
    across, own = precision[missing][:, ~missing], precision[missing][:, missing]
    return mean[missing] - np.linalg.solve(own, across @ (x - mean)[~missing])


def by_factor(mean, covariance, x, missing):
    across, own = blocks(covariance, missing)
    return torch.from_numpy(mean[missing] + across @ cho_solve(cho_factor(own), x[~missing] - mean[~missing]))


def whole(mean, covariance, x, missing):
    filled = x.copy()
    filled[missing] = fill(mean, covariance, x, missing)
    return filled


WRONG = {
    "projection_score": {
        "not told": (lambda f, w, e, y: f @ w, "label is not in it"),
        "the label alone": (lambda f, w, e, y: (f * e[y]).sum(1), "Only the label's term"),
        "subtracted": (lambda f, w, e, y: f @ w - (f * e[y]).sum(1), "added, not subtracted"),
        "all classes": (lambda f, w, e, y: f @ w + (f @ e.T).sum(1), "terms of all classes"),
        "the best class": (lambda f, w, e, y: f @ w + (f @ e.T).max(1).values, "takes the best class"),
        "in order": (lambda f, w, e, y: f @ w + (f * e[torch.arange(len(f)) % len(e)]).sum(1), "order of the table"),
        "the mean": (lambda f, w, e, y: f @ w + (f * e[y]).mean(1), "mean over the features"),
        "the weight twice": (lambda f, w, e, y: f @ w + e[y] @ w, "multiplied by the weight"),
        "multiplied": (lambda f, w, e, y: (f @ w) * (f * e[y]).sum(1), "cannot speak apart"),
        "everybody's": (lambda f, w, e, y: f @ w + f @ e[y].T, "The shape"),
        "a sigmoid": (lambda f, w, e, y: torch.sigmoid(f @ w + (f * e[y]).sum(1)), "For signal "),
    },
    "steer_any": {
        "added": (lambda z, w, a: z + a * unit(w), "still differ"),
        "added, of any length": (lambda z, w, a: z + a * w, "not of length 1. Take"),
        "taken away": (lambda z, w, a: z - (z @ unit(w))[:, None] * unit(w), "amount is not there"),
        "any length": (lambda z, w, a: z + (a - z @ w)[:, None] * w, "count as if it were"),
        "half a length": (lambda z, w, a: z + (a - z @ w)[:, None] * unit(w), "part to take away"),
        "lengths": (lambda z, w, a: z - (z @ unit(w))[:, None] * unit(w) + a * w, "in lengths of the direction"),
        "nothing else": (lambda z, w, a: (a * unit(w)).expand(len(z), -1), "Nothing but the direction"),
        "the other way": (lambda z, w, a: by_rows(z, w, -a), "other way"),
        "doubled": (lambda z, w, a: z + (a + z @ unit(w))[:, None] * unit(w), "added where it should"),
        "drawn anew": (lambda z, w, a: by_rows(z.flip(0) + 1, w, a), "Across the direction"),
        "half": (lambda z, w, a: by_rows(z, w, a / 2), "Along the unit vector"),
    },
    "conditional_mean": {
        "the mean": (lambda m, c, x, g: m[g], "mean of all signals"),
        "no mean": (lambda m, c, x, g: fill(m, c, x, g) - m[g], "is not added"),
        "as they are": (
            lambda m, c, x, g: m[g] + blocks(c, g)[0] @ np.linalg.solve(blocks(c, g)[1], x[~g]),
            "own mean",
        ),
        "no inverse": (lambda m, c, x, g: fill(m, c, x, g, pull=lambda a, o, d: a @ d), "counted twice"),
        "the sign": (lambda m, c, x, g: fill(m, c, x, g, sign=-1), "wrong sign"),
        "multiplied": (lambda m, c, x, g: fill(m, c, x, g, pull=lambda a, o, d: a @ o @ d), "Multiplied"),
        "variances": (lambda m, c, x, g: fill(m, c, x, g, pull=lambda a, o, d: a @ (d / np.diag(o))), "independent"),
        "cut afterwards": (
            lambda m, c, x, g: m[g] + blocks(c, g)[0] @ np.linalg.inv(c)[~g][:, ~g] @ (x - m)[~g],
            "cut out of it afterwards",
        ),
        "all steps": (whole, "has all of them"),
        "NaN": (lambda m, c, x, g: x[g], "what is missing in x is NaN"),
        "zeros": (lambda m, c, x, g: 0 * m[g], "At step "),
    },
}
RIGHT = {
    "projection_score": {
        "signal by signal": signal_by_signal,
        "by picking": by_picking,
        "einsum": lambda f, w, e, y: torch.einsum("bf,bf->b", f, w + e[y]),
    },
    "steer_any": {"row by row": by_rows, "a projector": by_projector, "in double": in_double},
    "conditional_mean": {"by the precision": by_precision, "by a factor": by_factor, "by blocks": fill},
}

test_wrong_answers_are_refused_by_their_misconception = refuses(WRONG)
test_right_answers_are_accepted_however_they_are_written = accepts(RIGHT)
