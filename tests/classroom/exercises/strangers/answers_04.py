"""Right answers to the exercises of notebook 04, written by one who had not read the judges."""

import math

import numpy as np
import torch
from scipy.optimize import linear_sum_assignment, linprog
from scipy.spatial.distance import cdist

from course_lib.transport import c_transform, gaussian_w2, transport_plan


def line_staircases(x, y):
    places = np.sort(np.concatenate([x, y]))
    f, g = (np.searchsorted(np.sort(s), places[:-1], side="right") / len(s) for s in (x, y))
    return np.sum(np.abs(f - g) * np.diff(places))


def line_repeat(x, y):
    return np.abs(np.repeat(np.sort(x), len(y)) - np.repeat(np.sort(y), len(x))).mean()


def line_two_pointers(x, y):
    x, y = sorted(x), sorted(y)
    n, m = len(x), len(y)
    i = j = 0
    done, work = 0, 0.0  # in units of 1 / nm
    while i < n and j < m:
        until = min((i + 1) * m, (j + 1) * n)
        work += (until - done) * abs(x[i] - y[j])
        done = until
        i, j = i + (until == (i + 1) * m), j + (until == (j + 1) * n)
    return float(work / (n * m))


def line_levels(x, y):
    n, m = len(x), len(y)
    levels = np.union1d(np.arange(n + 1) / n, np.arange(m + 1) / m)
    middle = (levels[1:] + levels[:-1]) / 2
    of_x, of_y = (np.sort(s)[np.floor(middle * len(s)).astype(int)] for s in (x, y))
    return np.diff(levels) @ np.abs(of_x - of_y)


def line_signed_masses(x, y):
    places = np.r_[x, y]
    masses = np.r_[np.full(len(x), 1 / len(x)), np.full(len(y), -1 / len(y))]
    order = np.argsort(places)
    return np.abs(np.cumsum(masses[order])[:-1]) @ np.diff(places[order])


def line_comparisons(x, y):
    places = np.unique([*x, *y])
    f = (np.asarray(x)[:, None] <= places).mean(axis=0)
    g = (np.asarray(y)[:, None] <= places).mean(axis=0)
    return np.trapezoid(np.repeat(np.abs(f - g)[:-1], 2), np.repeat(places, 2)[1:-1])


def prices_broadcast(x, y, psi):
    return (np.abs(x[:, None] - y) - psi).min(axis=1)


def prices_loop(x, y, psi):
    return [min(abs(a - b) - p for b, p in zip(y, psi, strict=True)) for a in x]


def prices_library(x, y, psi):
    return c_transform(np.abs(np.subtract.outer(x, y)), psi)


def prices_torch(x, y, psi):
    x, y, psi = (torch.as_tensor(a, dtype=torch.float64) for a in (x, y, psi))
    return (torch.cdist(x[:, None], y[:, None]) - psi).amin(dim=1)


def prices_max(x, y, psi):
    limits = psi[:, None] - cdist(y[:, None], x[:, None])
    return -limits.max(axis=0)


def prices_hole_by_hole(x, y, psi):
    best = np.full(len(x), np.inf)
    for place, price in zip(y, psi, strict=True):
        best = np.minimum(best, np.abs(x - place) - price)
    return best


def gaussian_hypot(m1, s1, m2, s2):
    return math.hypot(m1 - m2, s1 - s2)


def gaussian_sqrt(m1, s1, m2, s2):
    return np.sqrt((m1 - m2) ** 2 + s1**2 + s2**2 - 2 * s1 * s2)


def gaussian_library(m1, s1, m2, s2):
    return gaussian_w2(m1, s1**2, m2, s2**2)


def gaussian_complex(m1, s1, m2, s2):
    return abs(complex(m1, s1) - complex(m2, s2))


def gaussian_torch(m1, s1, m2, s2):
    return torch.dist(torch.tensor([m1, s1]), torch.tensor([m2, s2]))


def gaussian_quadrature(m1, s1, m2, s2):
    nodes, weights = np.polynomial.hermite_e.hermegauss(8)
    moved = m2 - m1 + (s2 - s1) * nodes
    return np.linalg.norm(moved * np.sqrt(weights / weights.sum()))


def sort_reshape(features):
    return features.reshape(len(features), -1, 2).sort(dim=-1).values.reshape(features.shape)


def sort_min_max(features):
    even, odd = features[:, ::2], features[:, 1::2]
    return torch.stack([torch.minimum(even, odd), torch.maximum(even, odd)], dim=2).flatten(1)


def sort_columns(features):
    pieces = [pair.sort(dim=1)[0] for pair in features.split(2, dim=1)]
    return torch.cat(pieces, dim=1)


def sort_where(features):
    a, b = features.unflatten(1, (-1, 2)).unbind(-1)
    swap = a > b
    result = torch.empty_like(features)
    result[:, 0::2] = torch.where(swap, b, a)
    result[:, 1::2] = torch.where(swap, a, b)
    return result


def sort_pooling(features):
    high = torch.nn.functional.max_pool1d(features[:, None], 2)[:, 0]
    low = -torch.nn.functional.max_pool1d(-features[:, None], 2)[:, 0]
    return torch.dstack([low, high]).reshape(features.shape)


def sort_abs(features):
    a, b = features[:, 0::2], features[:, 1::2]
    middle, half = (a + b) / 2, (a - b).abs() / 2
    return torch.stack((middle - half, middle + half), -1).view(features.shape)


def sort_gather(features):
    pairs = features.reshape(features.shape[0], features.shape[1] // 2, 2)
    return pairs.gather(2, pairs.argsort(dim=2)).flatten(start_dim=1)


class GroupSort(torch.nn.Module):
    def forward(self, features):
        rows = [torch.cat([p.sort().values for p in row.split(2)]) for row in features]
        return torch.stack(rows)


def flow_broadcast(real, fake, rate):
    gaps = fake[None] - real[:, None]
    lengths = np.linalg.norm(gaps, axis=2)
    plan = transport_plan(lengths).plan
    return fake - rate * (plan[:, :, None] * gaps / lengths[:, :, None]).sum(axis=0)


def flow_loops(real, fake, rate):
    plan = transport_plan(cdist(real, fake)).plan
    moved = np.array(fake, dtype=float)
    for j in range(len(fake)):
        for i in range(len(real)):
            way = fake[j] - real[i]
            moved[j] -= rate * plan[i, j] * way / math.sqrt((way**2).sum())
    return moved


def flow_autograd(real, fake, rate):
    x, y = torch.tensor(real, dtype=torch.float64), torch.tensor(fake, dtype=torch.float64, requires_grad=True)
    cost = (x[:, None] - y).norm(dim=2)
    plan = torch.tensor(transport_plan(cost.detach().numpy()).plan)
    (slope,) = torch.autograd.grad((plan * cost).sum(), y)
    return (y - rate * slope).detach().numpy()


def flow_matrix(real, fake, rate):
    cost = cdist(real, fake)
    shares = transport_plan(cost).plan / cost
    return fake - rate * (shares.sum(axis=0)[:, None] * fake - shares.T @ real)


def flow_assignment(real, fake, rate):
    n, m = len(real), len(fake)
    copies = math.lcm(n, m)
    xs, ys = np.repeat(real, copies // n, axis=0), np.repeat(fake, copies // m, axis=0)
    rows, columns = linear_sum_assignment(cdist(xs, ys))
    way = np.empty_like(ys)
    way[columns] = (ys[columns] - xs[rows]) / np.linalg.norm(ys[columns] - xs[rows], axis=1, keepdims=True)
    return fake - rate * way.reshape(m, copies // m, -1).sum(axis=1) / copies


def flow_linprog(real, fake, rate):
    (n, m), cost = (len(real), len(fake)), cdist(real, fake)
    rows, columns = np.kron(np.eye(n), np.ones(m)), np.kron(np.ones(n), np.eye(m))
    masses = np.r_[np.full(n, 1 / n), np.full(m, 1 / m)]
    plan = linprog(cost.ravel(), A_eq=np.vstack([rows, columns]), b_eq=masses).x.reshape(n, m)
    units = (fake[:, None] - real) / cost.T[..., None]
    return fake - rate * np.einsum("ij,jid->jd", plan, units)


RIGHT = {
    "line_distance": {
        "two staircases": line_staircases,
        "repeat": line_repeat,
        "two pointers": line_two_pointers,
        "levels": line_levels,
        "signed masses": line_signed_masses,
        "comparisons, trapezoid": line_comparisons,
    },
    "best_prices": {
        "broadcasting": prices_broadcast,
        "loops, a list": prices_loop,
        "the library": prices_library,
        "torch": prices_torch,
        "minus a maximum": prices_max,
        "hole by hole": prices_hole_by_hole,
    },
    "gaussian_distance": {
        "hypot": gaussian_hypot,
        "sqrt": gaussian_sqrt,
        "the library": gaussian_library,
        "complex": gaussian_complex,
        "torch, float32": gaussian_torch,
        "quadrature": gaussian_quadrature,
    },
    "group_sort": {
        "reshape and sort": sort_reshape,
        "minimum and maximum": sort_min_max,
        "split": sort_columns,
        "where": sort_where,
        "pooling": sort_pooling,
        "half of the absolute difference": sort_abs,
        "gather": sort_gather,
        "a module": GroupSort(),
    },
    "flow_step": {
        "broadcasting": flow_broadcast,
        "two loops": flow_loops,
        "autograd": flow_autograd,
        "matrix products": flow_matrix,
        "an assignment of copies": flow_assignment,
        "linprog and einsum": flow_linprog,
    },
}
