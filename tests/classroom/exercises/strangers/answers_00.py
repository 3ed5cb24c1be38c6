"""Right answers to the exercises of notebook 00, written by one who had not read the judges."""

from decimal import Decimal
from fractions import Fraction

import numpy as np
import torch
from scipy.spatial.distance import cdist


def time_as_tensor(step, rate):
    return torch.tensor(step) / torch.tensor(rate)


def time_by_steps(step, rate):
    time = 0.0
    for _ in range(step):
        time += 1 / rate
    return time


def time_as_fraction(step, rate):
    return Fraction(step, rate)


def time_as_decimal(step, rate):
    return Decimal(step) / Decimal(rate)


def time_by_linspace(step, rate):
    return np.linspace(0, step / rate, step + 1)[-1]


def time_by_arange(step, rate):
    return (np.arange(step + 1) / rate)[step]


def time_by_period(step, rate):
    period = rate**-1
    return period * step


def labels_full(names, wanted, n):
    return torch.full((n,), names.index(wanted))


def labels_list(names, wanted, n):
    return [names.index(wanted)] * n


def labels_numpy(names, wanted, n):
    return np.full(n, list(names).index(wanted))


def labels_by_loop(names, wanted, n):
    for number, name in enumerate(names):
        if name == wanted:
            return torch.tensor([number] * n)
    raise KeyError(wanted)


def labels_by_dict(names, wanted, n):
    number = {name: k for k, name in enumerate(names)}[wanted]
    return number * torch.ones(n, dtype=torch.int32)


def labels_expanded(names, wanted, n):
    return torch.tensor(names.index(wanted)).expand(n)


def labels_by_mask(names, wanted, n):
    return np.flatnonzero(np.array(names) == wanted).repeat(n)


def spread_var(signals):
    return signals.var(dim=0).mean()


def spread_numpy(signals):
    return np.var(signals.numpy(), axis=0).mean()


def spread_by_moments(signals):
    signals = signals.double()
    return (signals.square().mean(0) - signals.mean(0).square()).mean().item()


def spread_loops(signals):
    n, channels, length = signals.shape
    variances = []
    for c in range(channels):
        for t in range(length):
            column = [float(signals[i, c, t]) for i in range(n)]
            mean = sum(column) / n
            variances.append(sum((x - mean) ** 2 for x in column) / (n - 1))
    return sum(variances) / len(variances)


def spread_einsum(signals):
    left = signals - signals.mean(dim=0, keepdim=True)
    return torch.einsum("ncl,ncl->", left, left) / signals.numel()


def spread_of_pairs(signals):
    rows = signals.flatten(1)
    return (rows[:, None] - rows).square().mean() / 2


def spread_std(signals):
    return torch.std(signals, dim=0, unbiased=False).pow(2).mean()


def nearest_cdist(signals, averages):
    return torch.cdist(signals.flatten(1), averages.flatten(1)).argmin(dim=1)


def nearest_loops(signals, averages):
    answer = []
    for signal in signals:
        distances = [float((signal - average).norm()) for average in averages]
        answer.append(distances.index(min(distances)))
    return answer


def nearest_broadcast(signals, averages):
    return (signals[:, None] - averages[None]).square().sum(dim=(-2, -1)).min(dim=1).indices


def nearest_einsum(signals, averages):
    products = torch.einsum("ncl,kcl->nk", signals, averages)
    return (averages.pow(2).sum((1, 2)) - 2 * products).argmin(1)


def nearest_scipy(signals, averages):
    a, b = (x.reshape(len(x), -1).numpy() for x in (signals, averages))
    return cdist(a, b).argmin(axis=1)


def nearest_topk(signals, averages):
    distances = torch.stack([(signals - average).flatten(1).norm(dim=1) for average in averages])
    return distances.topk(1, dim=0, largest=False).indices.squeeze(0).tolist()


RIGHT = {
    "time_of_step": {
        "0-d tensor": time_as_tensor,
        "summing periods": time_by_steps,
        "a Fraction": time_as_fraction,
        "a Decimal": time_as_decimal,
        "linspace": time_by_linspace,
        "arange": time_by_arange,
        "step times the period": time_by_period,
    },
    "labels_by_name": {
        "torch.full": labels_full,
        "a list": labels_list,
        "numpy": labels_numpy,
        "a loop": labels_by_loop,
        "a dict, int32": labels_by_dict,
        "expand": labels_expanded,
        "numpy mask": labels_by_mask,
    },
    "spread_across": {
        "var": spread_var,
        "numpy": spread_numpy,
        "moments, float": spread_by_moments,
        "three loops": spread_loops,
        "einsum": spread_einsum,
        "half the squared difference of pairs": spread_of_pairs,
        "std squared": spread_std,
    },
    "nearest_average": {
        "cdist": nearest_cdist,
        "loops, a list": nearest_loops,
        "broadcasting": nearest_broadcast,
        "einsum": nearest_einsum,
        "scipy, numpy": nearest_scipy,
        "topk, a list": nearest_topk,
    },
}
