"""Notebook 03: what each exercise refuses, by the idea behind the mistake, and what it accepts."""

import math

import numpy as np
import torch
from exercise_answers import accepts, refuses
from scipy.spatial import cKDTree
from scipy.special import expit
from torch.nn.functional import logsigmoid, softplus

# ------------------------------------------------------------------------------------------- one step of the game


def by_autograd(theta, psi, size):
    theta, psi = (torch.tensor(v, dtype=torch.float64, requires_grad=True) for v in (theta, psi))
    (up,) = torch.autograd.grad(softplus(torch.zeros(())) + softplus(psi * theta), psi)
    psi = (psi - size * up).detach()
    (forward,) = torch.autograd.grad(softplus(-psi * theta), theta)
    return torch.stack([theta - size * forward, psi])


def step_in_numpy(theta, psi, size):
    psi = psi - size * theta * expit(psi * theta)
    return np.array([theta + size * psi * expit(-psi * theta), psi])


def simultaneous(theta, psi, size):
    return theta + size * psi * expit(-psi * theta), psi - size * theta * expit(psi * theta)


def minimax(theta, psi, size):
    psi = psi - size * theta * expit(psi * theta)
    return theta + size * psi * expit(psi * theta), psi


def generator_first(theta, psi, size):
    theta = theta + size * psi * expit(-psi * theta)
    return theta, psi - size * theta * expit(psi * theta)


def climbing_discriminator(theta, psi, size):
    psi = psi + size * theta * expit(psi * theta)
    return theta + size * psi * expit(-psi * theta), psi


def generator_downhill_is_up(theta, psi, size):
    psi = psi - size * theta * expit(psi * theta)
    return theta - size * psi * expit(-psi * theta), psi


def in_the_wrong_order(theta, psi, size):
    return step_in_numpy(theta, psi, size)[::-1].copy()


def wgan(theta, psi, size):
    psi = psi - size * theta
    return theta + size * psi, psi


# -------------------------------------------------------------------------------------- how large may a step be?


def by_quadratic(value):
    roots = np.roots([abs(value) ** 2, 2 * value.real, 0.0])
    return max(0.0, roots.real.max())


# -------------------------------------------------------------------------------------------------- count the modes


def with_a_tree(samples, centers, std):
    tree = cKDTree(samples.numpy())
    return sum(bool(found) for found in tree.query_ball_point(centers.numpy(), 3 * std))


def by_loops(samples, centers, std):
    return sum(any(math.dist(s, c) <= 3 * std for s in samples.tolist()) for c in centers.tolist())


def by_uniques(samples, centers, std):
    distance, nearest = torch.cdist(samples, centers).min(dim=1)
    return len(nearest[distance <= 3 * std].unique())


def near(samples, centers, std, widths=3.0):
    return torch.cdist(samples, centers) <= widths * std


def nearest_only(samples, centers, std):
    return len(torch.cdist(samples, centers).argmin(dim=1).unique())


def each_coordinate(samples, centers, std):
    return int(((samples[:, None] - centers).abs() <= 3 * std).all(dim=2).any(dim=0).sum())


def squared_against_plain(samples, centers, std):
    return int(((samples[:, None] - centers).square().sum(dim=2) <= 3 * std).any(dim=0).sum())


# ---------------------------------------------------------------------------------------------------- look ahead


def unrolled(theta, psi, steps, size, *, detach=False, sign=-1, loss=lambda logit: logsigmoid(-logit)):
    theta = torch.tensor(theta, dtype=torch.float64, requires_grad=True)
    psi = torch.tensor(psi, dtype=torch.float64)
    for _ in range(steps):
        at = theta.detach() if detach else theta
        psi = psi + sign * size * at * torch.sigmoid(psi * at)
    return torch.autograd.grad(loss(psi * theta), theta)[0].item()


def by_differences(theta, psi, steps, size, h=1e-6):
    def loss(theta):
        slope = psi
        for _ in range(steps):
            slope = slope - size * theta * expit(slope * theta)
        return -np.logaddexp(0, slope * theta)

    return (loss(theta + h) - loss(theta - h)) / (2 * h)


def by_hand(theta, psi, steps, size):
    grown = 0.0  # d psi / d theta
    for _ in range(steps):
        p = expit(psi * theta)
        grown = grown - size * (p + theta * p * (1 - p) * (psi + theta * grown))
        psi = psi - size * theta * p
    return -expit(psi * theta) * (psi + theta * grown)


WRONG = {
    "one_step": {
        "simultaneous": (simultaneous, "simultaneous step"),
        "the minimax generator": (minimax, "that is the minimax game"),
        "generator first": (generator_first, "moves before the discriminator"),
        "discriminator's sign": (climbing_discriminator, "climbs its own loss"),
        "generator's sign": (generator_downhill_is_up, "The discriminator's step is right"),
        "order": (in_the_wrong_order, "in the wrong order"),
        "wgan": (wgan, "Check the discriminator's speed first"),
        "one number": (lambda theta, psi, size: theta, "shape (2,)"),
    },
    "largest_step": {
        "forgot the imaginary part": (lambda v: -2 / v.real if v.real < 0 else 0.0, "imaginary part belongs"),
        "sign": (lambda v: 2 * v.real / abs(v) ** 2, "a minus is missing"),
        "size alone": (lambda v: 2 / abs(v), "only the size"),
        "right at one eigenvalue": (lambda v: 4 / 3, "For (-0.1-0.5j) the limit is 0.7692"),
        "wrong formula's number at one": (lambda v: 20 / 3, "For (-0.3+0.6j) the limit is 1.3333"),
        "smallest instead of one": (lambda v: -v.real / abs(v) ** 2, "Half of it"),
        "not squared": (lambda v: -2 * v.real / abs(v), "has its square"),
        "no answer for circles": (lambda v: -2 * v.real / abs(v) ** 2 if v.real < 0 else 1e-3, "with a real part of 0"),
        "negative for growing ones": (lambda v: -2 * v.real / abs(v) ** 2, "yours is -0.3846"),
        "complex": (lambda v: -2 * v / abs(v) ** 2, "One number was expected"),
    },
    "count_modes": {
        "samples": (lambda s, c, std: int(near(s, c, std).any(dim=1).sum()), "the samples of high quality"),
        "nearest is not near": (nearest_only, "Nearest is not near"),
        "each coordinate": (each_coordinate, "not of each coordinate"),
        "added coordinates": (
            lambda s, c, std: int((torch.cdist(s, c, p=1.0) <= 3 * std).any(dim=0).sum()),
            "added the distances",
        ),
        "four widths": (lambda s, c, std: int(near(s, c, std, 4).any(dim=0).sum()), "the count is 1, and yours is 2"),
        "right for five samples alone": (lambda s, c, std: 5, "the count is 2, and yours is 5"),
        "two widths": (lambda s, c, std: int(near(s, c, std, 2).any(dim=0).sum()), "not two"),
        "one width": (lambda s, c, std: int(near(s, c, std, 1.05).any(dim=0).sum()), "not one"),
        "all centres": (lambda s, c, std: len(c), "You counted all centres"),
        "missed modes": (lambda s, c, std: int((~near(s, c, std).any(dim=0)).sum()), "that no sample reached"),
        "compared squared distances": (squared_against_plain, "compared squared distances"),
        "std ignored": (lambda s, c, std: int(near(s, c, 0.1).any(dim=0).sum()), "twenty times as large"),
    },
    "unrolled_slope": {
        "not unrolled": (lambda t, p, k, s: unrolled(t, p, 0, s), "nothing was unrolled"),
        "held fixed": (lambda t, p, k, s: unrolled(t, p, k, s, detach=True), "held it fixed"),
        "downhill": (lambda t, p, k, s: -unrolled(t, p, k, s), "not the direction downhill"),
        "climbing discriminator": (lambda t, p, k, s: unrolled(t, p, k, s, sign=1), "climbs its own loss"),
        "non-saturating": (
            lambda t, p, k, s: unrolled(t, p, k, s, loss=lambda logit: -logsigmoid(logit)),
            "the non-saturating loss",
        ),
        "one step": (lambda t, p, k, s: unrolled(t, p, 1, s), "You took one step"),
        "loss instead of slope": (lambda t, p, k, s: float(-np.logaddexp(0, p * t)), "psi_k made anew"),
    },
}

RIGHT = {
    "one_step": {
        "autograd, as a tensor": by_autograd,
        "as an array": step_in_numpy,
        "as a list": lambda *a: step_in_numpy(*a).tolist(),
    },
    "largest_step": {
        "by the quadratic": by_quadratic,
        "conjugate": lambda v: max(0.0, -(v + v.conjugate()).real / (v * v.conjugate()).real),
        "one over": lambda v: 0 if v.real >= 0 else 2 * (-1 / v).real,
        "a tensor": lambda v: torch.tensor(max(0.0, -2 * v.real / (v.real**2 + v.imag**2))),
    },
    "count_modes": {"a tree": with_a_tree, "loops": by_loops, "unique nearest": by_uniques},
    "unrolled_slope": {"finite differences": by_differences, "by hand": by_hand, "torch": unrolled},
}

test_wrong_answers_are_refused_by_their_misconception = refuses(WRONG)
test_right_answers_are_accepted_however_they_are_written = accepts(RIGHT)
