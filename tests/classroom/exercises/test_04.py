"""Notebook 04: what each exercise refuses, by the idea behind the mistake, and what it accepts."""

import re

import numpy as np
import torch
from exercise_answers import accepts, refuses
from scipy.spatial.distance import cdist
from scipy.stats import wasserstein_distance

from course_lib.classroom import checks
from course_lib.transport import gaussian_w2, transport_plan, wasserstein, wasserstein_1d

# ----------------------------------------------------------------------------------------- samples on a line


def in_order(x, y, reduce=np.mean):
    return reduce(np.abs(np.sort(x) - np.sort(y)))


def cut_short(x, y):
    n = min(len(x), len(y))
    return np.mean(np.abs(np.sort(x)[:n] - np.sort(y)[:n]))


def stretched(x, y):
    t = np.linspace(0, 1, max(len(x), len(y)))
    a, b = (np.interp(t, np.linspace(0, 1, len(s)), np.sort(s)) for s in (x, y))
    return np.mean(np.abs(a - b))


def heights(x, y, reduce):
    places = np.sort(np.concatenate([x, y]))
    f, g = (np.searchsorted(np.sort(s), places, side="right") / len(s) for s in (x, y))
    return reduce(f, g, places)


def drops_ties(x, y):
    return wasserstein_1d(np.unique(x), np.unique(y))


def repeated(x, y):
    """Both samples repeated to their least common multiple, so that sorting is enough."""
    return np.abs(np.sort(np.repeat(x, len(y))) - np.sort(np.repeat(y, len(x)))).mean()


def random_quantiles(x, y):
    """The integral over t by very many levels, in torch."""
    t = (torch.arange(252) + 0.5) / 252  # 252 is a multiple of 9, 7, 4 and 3
    x, y = (torch.tensor(s).sort().values for s in (x, y))
    return (x[(t * len(x)).long()] - y[(t * len(y)).long()]).abs().mean()


# ---------------------------------------------------------------------------------------------------- prices


def gap(x, y):
    return np.abs(x[:, None] - y)


def nearest(x, y, psi):
    j = gap(x, y).argmin(axis=1)
    return gap(x, y)[np.arange(len(x)), j] - psi[j]


def by_loop(x, y, psi):
    return [min(abs(s - t) - p for t, p in zip(y, psi, strict=True)) for s in x]


def in_torch_prices(x, y, psi):
    return (torch.cdist(torch.tensor(x)[:, None], torch.tensor(y)[:, None]) - torch.tensor(psi)).amin(dim=1)


# ------------------------------------------------------------------------------------------------- GroupSort


def pairs(features):
    return features.unflatten(1, (-1, 2))


def with_min_and_max(features):
    a, b = features[:, ::2], features[:, 1::2]
    return torch.stack([torch.minimum(a, b), torch.maximum(a, b)], dim=2).flatten(1)


def with_absolute_values(features):
    a, b = features[:, ::2], features[:, 1::2]
    middle, half = (a + b) / 2, (a - b).abs() / 2
    return torch.stack([middle - half, middle + half], dim=2).flatten(1)


def through_numpy(features):
    return torch.tensor(np.sort(features.detach().numpy().reshape(len(features), -1, 2)).reshape(features.shape))


def maxima_twice(features):
    return pairs(features).amax(dim=2).repeat_interleave(2, dim=1)


def low_then_high(features):
    return torch.cat([pairs(features).amin(dim=2), pairs(features).amax(dim=2)], dim=1)


# ---------------------------------------------------------------------------------------------- a step down W1


def down_w1(real, fake, rate, mass=None, charge=lambda ways, length: ways / length, plan=None):
    """The published step, with other masses, another slope of the cost or another plan."""
    ways = fake - real[:, None]
    length = np.linalg.norm(ways, axis=2, keepdims=True)
    plan = transport_plan(length[..., 0]).plan if plan is None else plan(length[..., 0])
    return fake - rate * (mass or 1) * (plan[..., None] * charge(ways, length)).sum(axis=0)


def to_the_nearest(length):
    return (length == length.min(axis=0)) / length.shape[1]


def the_largest_share(length):
    plan = transport_plan(length).plan
    return np.eye(len(plan))[plan.argmax(axis=0)].T / length.shape[1]


def to_the_barycentre(real, fake, rate):
    plan = transport_plan(cdist(real, fake)).plan
    ways = fake - len(fake) * plan.T @ real
    return fake - rate / len(fake) * ways / np.linalg.norm(ways, axis=1, keepdims=True)


def by_finite_differences(real, fake, rate):
    moved = fake.copy()
    for j, k in np.ndindex(*fake.shape):
        nudge = np.zeros_like(fake)
        nudge[j, k] = 1e-5
        moved[j, k] -= rate * (wasserstein(real, fake + nudge) - wasserstein(real, fake - nudge)) / 2e-5
    return moved


def by_autograd(real, fake, rate):
    real, fake = torch.tensor(real), torch.tensor(fake, requires_grad=True)
    cost = torch.cdist(real, fake)
    (cost * torch.tensor(transport_plan(cost.detach()).plan)).sum().backward()
    return fake.detach() - rate * fake.grad


def by_partners(real, fake, rate):
    """A loop over the moves of the plan."""
    plan, moved = transport_plan(cdist(real, fake)).plan, fake.copy()
    for i, j in np.argwhere(plan > 0):
        moved[j] += rate * plan[i, j] * (real[i] - fake[j]) / np.sqrt(((real[i] - fake[j]) ** 2).sum())
    return moved


def by_index(real, fake, rate):
    ways = fake - np.resize(real, fake.shape)
    return fake - rate * ways / np.linalg.norm(ways, axis=1, keepdims=True) / len(fake)


WRONG = {
    "flow_step": {
        "uphill": (lambda x, y, r: down_w1(x, y, -r), "Uphill"),
        "a whole unit": (lambda x, y, r: down_w1(x, y, r, mass=len(y)), "m times too long"),
        "squares": (lambda x, y, r: down_w1(x, y, r, charge=lambda ways, length: ways), "half of W2 squared"),
        "squares, whole": (
            lambda x, y, r: down_w1(x, y, r, mass=len(y), charge=lambda ways, length: ways),
            "And each of the m samples",
        ),
        "nearest": (lambda x, y, r: down_w1(x, y, r, plan=to_the_nearest), "nearest neighbour"),
        "signs": (lambda x, y, r: down_w1(x, y, r, charge=lambda ways, length: np.sign(ways)), "sign of each"),
        "its largest share only": (
            lambda x, y, r: down_w1(x, y, r, plan=the_largest_share),
            "the largest share of its mass only",
        ),
        "the moves alone": (lambda x, y, r: down_w1(x, y, r) - y, "moves alone"),
        "towards the mean of its mass": (to_the_barycentre, "6 real and 9 generated"),
        "by index": (by_index, " moves by ["),
        "the plan of W2": (
            lambda x, y, r: down_w1(x, y, r, plan=lambda length: transport_plan(length**2).plan),
            " moves by [",
        ),
        "the lazy plan": (
            lambda x, y, r: down_w1(x, y, r, plan=lambda length: np.full(length.shape, 1 / length.size)),
            " moves by [",
        ),
        "nothing moved": (lambda x, y, r: y, " moves by ["),
        "the real ones": (lambda x, y, r: down_w1(y, x, r), "shape (9, 3) was expected"),
    },
    "line_distance": {
        "not sorted": (lambda x, y: np.mean([abs(s - t) for s, t in zip(x, y, strict=False)]), "at the same index"),
        "means": (lambda x, y: abs(np.mean(x) - np.mean(y)), "the difference of the means"),
        "area of G - F with its sign": (
            lambda x, y: heights(x, y, lambda f, g, s: np.sum((g - f)[:-1] * np.diff(s))),
            "without taking its size",
        ),
        "sum": (lambda x, y: len(x) * wasserstein_distance(x, y), "nine times the distance"),
        "squares": (lambda x, y: wasserstein_1d(x, y, order=2), "squared distances"),
        "Kolmogorov": (lambda x, y: heights(x, y, lambda f, g, s: np.abs(f - g).max()), "never asked how far apart"),
        "shorter one only": (cut_short, "dropped the three largest"),
        "interpolated": (stretched, "stretched the shorter sample"),
        "mass of the wrong sample": (
            lambda x, y: heights(x, y, lambda f, g, s: np.sum(np.abs(f - g * len(y) / len(x))[:-1] * np.diff(s))),
            "1/4 in one sample and 1/7 in the other",
        ),
        "ties dropped": (drops_ties, "Two samples at one place"),
        "only equal sizes": (in_order, "could not be broadcast"),
        "an array": (lambda x, y: np.abs(np.sort(x) - np.sort(y)[: len(x)]), "One number was expected of the distance"),
    },
    "best_prices": {
        "over the piles": (lambda x, y, p: (gap(x, y) - p).min(axis=0), "taken over the piles"),
        "prices of the holes": (lambda x, y, p: -p, "as many as there are holes. A pile is bound"),
        "the loosest limit": (lambda x, y, p: (gap(x, y) - p).max(axis=1), "the tightest limit counts"),
        "plus": (lambda x, y, p: (gap(x, y) + p).min(axis=1), "The sign of psi"),
        "no prices": (lambda x, y, p: gap(x, y).min(axis=1), "Where are the prices"),
        "the nearest hole": (nearest, "asked its nearest hole"),
        "mean": (lambda x, y, p: (gap(x, y) - p).mean(axis=1), "it breaks each limit that lies below"),
        "too low": (lambda x, y, p: (gap(x, y) - p).min(axis=1) - 0.5, "could ask 0.5000 more"),
        "too high": (lambda x, y, p: (gap(x, y) - p).min(axis=1) + 0.25, "dearer than its length by 0.2500"),
    },
    "gaussian_distance": {
        "squared": (lambda m, s, n, t: (m - n) ** 2 + (s - t) ** 2, "W2 squared"),
        "variances": (lambda m, s, n, t: np.sqrt((m - n) ** 2 + abs(s**2 - t**2)), "difference of the variances"),
        "independent plan": (lambda m, s, n, t: np.sqrt((m - n) ** 2 + s**2 + t**2), "saves 2 s1 s2"),
        "absolute values": (lambda m, s, n, t: abs(m - n) + abs(s - t), "right triangle"),
        "means": (lambda m, s, n, t: abs(m - n), "Only the means"),
        "one way": (lambda m, s, n, t: np.hypot(m - n, s - t) if s > t else 0.0, "The way back"),
        "one number": (lambda m, s, n, t: 1.98494, "it is 2.5"),
        "a guess": (lambda m, s, n, t: 1.0, "yours is 1.0000"),
    },
    "group_sort": {
        "larger first": (lambda h: pairs(h).sort(dim=2, descending=True).values.flatten(1), "larger one first"),
        "minima, then maxima": (low_then_high, "All minima come first"),
        "over the batch": (lambda h: h.sort(dim=0).values, "sorted over the batch"),
        "all features": (lambda h: h.sort(dim=1).values, "All six features"),
        "halves": (lambda h: h.reshape(len(h), 2, -1).sort(dim=1).values.reshape(h.shape), "Features 0 and 3"),
        "relu": (torch.relu, "That is a ReLU"),
        "maxout": (maxima_twice, "Keep both"),
        "no gradient": (through_numpy, "no gradient flows"),
        "half as many": (lambda h: pairs(h).amax(dim=2), "shape (5, 6) was expected"),
        "five samples": (lambda h: h.reshape(5, -1, 2).sort(dim=2).values.reshape(h.shape), "shape '[5, -1, 2]'"),
        "nothing": (lambda h: h * 1.0, "and yours is ["),
    },
}

RIGHT = {
    "flow_step": {
        "finite differences": by_finite_differences,
        "autograd with the plan held fixed": by_autograd,
        "a loop over the moves": by_partners,
    },
    "line_distance": {
        "SciPy": wasserstein_distance,
        "by repetition": repeated,
        "quantiles in torch": random_quantiles,
        "a linear programme": lambda x, y: transport_plan(gap(x, y)).value,
    },
    "best_prices": {
        "a loop": by_loop,
        "in torch": in_torch_prices,
        "with cdist": lambda x, y, p: (cdist(x[:, None], y[:, None]) - p).min(axis=1),
    },
    "gaussian_distance": {
        "with hypot": lambda m, s, n, t: np.hypot(m - n, s - t),
        "in torch": lambda m, s, n, t: torch.tensor([m - n, s - t]).norm(),
        "by the library": lambda m, s, n, t: gaussian_w2(m, s**2, n, t**2),
    },
    "group_sort": {
        "with min and max": with_min_and_max,
        "with absolute values": with_absolute_values,
        "unflatten": lambda h: pairs(h).sort(dim=-1).values.flatten(1),
    },
}


def test_an_area_with_signs_and_a_difference_of_means_are_one_number_and_hear_the_same():
    def with_signs(x, y):
        return heights(x, y, lambda f, g, s: np.sum((f - g)[:-1] * np.diff(s)))

    said = {checks.line_distance.verdict(f).message for f in (with_signs, lambda x, y: np.mean(y) - np.mean(x))}
    assert len(said) == 1
    assert "without taking its size" in said.pop()


def test_a_step_that_is_refused_without_a_name_shows_a_sample_that_moves_otherwise():
    message = checks.flow_step.verdict(to_the_barycentre).message
    right, yours = re.search(r"moves by (\[.*?\]), and yours by (\[.*?\])", message).groups()
    assert right != yours


test_wrong_answers_are_refused_by_their_misconception = refuses(WRONG)
test_right_answers_are_accepted_however_they_are_written = accepts(RIGHT)
