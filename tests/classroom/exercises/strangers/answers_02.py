"""Right answers to the exercises of notebook 02, written by one who had not read the judges."""

import math
from typing import NamedTuple

import numpy as np
import torch
from scipy import stats
from scipy.special import rel_entr, xlogy

from course_lib.divergences import js


def kl_mask(p, q):
    seen = p > 0
    with np.errstate(divide="ignore"):
        return np.sum(p[seen] * (np.log(p[seen]) - np.log(q[seen])))


def kl_loop(p, q):
    total = 0.0
    for a, b in zip(p, q, strict=True):
        if a == 0:
            continue
        if b == 0:
            return math.inf
        total += a * math.log(a / b)
    return total


def kl_xlogy(p, q):
    return float((xlogy(p, p) - xlogy(p, q)).sum())


def kl_torch(p, q):
    p, q = torch.as_tensor(p), torch.as_tensor(q)
    return torch.where(p > 0, p * torch.log(p / q), torch.zeros_like(p)).sum()


def kl_scipy(p, q):
    return rel_entr(p, q).sum()


def kl_early_return(p, q):
    if np.any((q == 0) & (p != 0)):
        return np.inf
    ratio = np.divide(p, q, out=np.ones_like(p, dtype=float), where=(p > 0))
    return p @ np.log(ratio)


def kl_cross_entropy(p, q):
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.nansum(-p * np.log(q)) - np.nansum(-p * np.log(p))


class Gaussian(NamedTuple):
    mean: float
    std: float


def cover_moments(weights, means, stds):
    mean = np.sum(weights * means)
    return mean, np.sqrt(np.sum(weights * (stds**2 + means**2)) - mean**2)


def cover_total_variance(weights, means, stds):
    mean = weights @ means
    return Gaussian(float(mean), math.sqrt(weights @ (stds**2 + (means - mean) ** 2)))


def cover_loop(weights, means, stds):
    first = second = 0.0
    for w, m, s in zip(weights, means, stds, strict=True):
        first += w * m
        second += w * (s * s + m * m)
    return [first, (second - first**2) ** 0.5]


def cover_average(weights, means, stds):
    mean = np.average(means, weights=weights)
    within, between = (np.average(x, weights=weights) for x in (np.square(stds), np.square(means - mean)))
    return np.array([mean, np.hypot(within**0.5, between**0.5)])


def cover_torch(weights, means, stds):
    w, m, s = (torch.tensor(x, dtype=torch.float64) for x in (weights, means, stds))
    mean = torch.dot(w, m)
    return mean, (torch.einsum("i,i->", w, s**2) + torch.einsum("i,j,ij->", w, w, (m[:, None] - m) ** 2) / 2).sqrt()


def sampled_plain(sample_p, log_p, log_q, n):
    x = sample_p(n)
    terms = log_p(x) - log_q(x)
    return terms.mean(), terms.std() / np.sqrt(n)


def sampled_sem(sample_p, log_p, log_q, n):
    x = sample_p(n)
    terms = np.subtract(log_p(x), log_q(x))
    return float(np.mean(terms)), float(stats.sem(terms))


def sampled_torch(sample_p, log_p, log_q, n):
    x = sample_p(n)
    terms = torch.as_tensor(log_p(x)) - torch.as_tensor(log_q(x))
    return terms.mean(), terms.std() / n**0.5


def sampled_loop(sample_p, log_p, log_q, n):
    x = sample_p(n)
    terms = [float(a) - float(b) for a, b in zip(log_p(x), log_q(x), strict=True)]
    mean = sum(terms) / n
    variance = sum((term - mean) ** 2 for term in terms) / (n - 1)
    return mean, math.sqrt(variance / n)


def sampled_two_means(sample_p, log_p, log_q, n):
    x = sample_p(n)
    lp, lq = log_p(x), log_q(x)
    covariance = np.cov(lp, lq)
    variance = covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1]
    return lp.mean() - lq.mean(), np.sqrt(variance / n)


def sampled_one_by_one(sample_p, log_p, log_q, n):
    x = np.concatenate([sample_p(1) for _ in range(n)])
    terms = log_p(x) - log_q(x)
    return np.array([terms.mean(), terms.std(ddof=1) / n**0.5])


def sampled_chunks(sample_p, log_p, log_q, n):
    total = squares = 0.0
    left = n
    while left:
        x = sample_p(min(left, 1000))
        terms = log_p(x) - log_q(x)
        total, squares, left = total + terms.sum(), squares + (terms**2).sum(), left - len(x)
    mean = total / n
    return mean, np.sqrt((squares / n - mean**2) / n)


def nested_two_kls(w):
    p_from_m = math.log(2 * w / (w + 1))
    q_from_m = math.log(2 / (w + 1)) / w + (1 - 1 / w) * math.log(2)
    return (p_from_m + q_from_m) / 2


def nested_one_line(w):
    return np.log(2) + 0.5 * np.log(w / (w + 1)) - np.log(w + 1) / (2 * w)


def nested_entropies(w):
    height = (1 + 1 / w) / 2
    of_m = -height * np.log(height) + (w - 1) / (2 * w) * np.log(2 * w)
    return of_m - (0 + np.log(w)) / 2


def nested_two_outcomes(w):
    return js([1, 0], [1 / w, 1 - 1 / w])


def nested_torch(w):
    w = torch.as_tensor(w, dtype=torch.float64)
    p, q, lengths = torch.stack([w / w, 0 * w]), torch.stack([1 / w, 1 / w]), torch.stack([w / w, w - 1])
    m = (p + q) / 2
    return (lengths * (torch.xlogy(p, p / m) + torch.xlogy(q, q / m))).sum() / 2


def nested_log1p(w):
    return 0.5 * (2 * math.log(2) + math.log(w) - (1 + 1 / w) * math.log1p(w))


RIGHT = {
    "kl_with_zeros": {
        "mask": kl_mask,
        "a loop": kl_loop,
        "xlogy": kl_xlogy,
        "torch": kl_torch,
        "scipy's rel_entr": kl_scipy,
        "early return": kl_early_return,
        "cross entropy minus entropy": kl_cross_entropy,
    },
    "covering_fit": {
        "second moments": cover_moments,
        "a NamedTuple": cover_total_variance,
        "a loop, a list": cover_loop,
        "np.average, an array": cover_average,
        "torch, pairs": cover_torch,
    },
    "kl_by_sampling": {
        "plain": sampled_plain,
        "scipy's sem": sampled_sem,
        "torch": sampled_torch,
        "a loop": sampled_loop,
        "two means and a covariance": sampled_two_means,
        "n draws of one, an array": sampled_one_by_one,
        "chunks": sampled_chunks,
    },
    "nested_blocks": {
        "two KLs": nested_two_kls,
        "one line": nested_one_line,
        "entropies": nested_entropies,
        "two outcomes": nested_two_outcomes,
        "torch": nested_torch,
        "log1p": nested_log1p,
    },
}
