"""Right answers to the exercises of notebook 11, written by one who had not read the judges."""

import numpy as np
import torch
from scipy import linalg
from torch.nn import functional as F


def score_sum(features, weight, embedding, labels):
    return (features * (weight + embedding[labels])).sum(dim=1)


def score_einsum(features, weight, embedding, labels):
    return features @ weight + torch.einsum("bf,bf->b", features, embedding[labels])


def score_loop(features, weight, embedding, labels):
    return torch.stack([f @ weight + f @ embedding[y] for f, y in zip(features, labels, strict=True)])


def score_one_hot(features, weight, embedding, labels):
    rows = F.one_hot(labels, len(embedding)).to(features.dtype) @ embedding
    return torch.bmm(features[:, None], (rows + weight)[:, :, None]).flatten()


def score_gather(features, weight, embedding, labels):
    every = torch.matmul(features, (embedding + weight).T)
    return every.gather(1, labels[:, None]).squeeze(1)


def steer_unit(noise, direction, amount):
    unit = direction / direction.norm()
    return noise + (amount - noise @ unit)[:, None] * unit


def steer_across(noise, direction, amount):
    unit = F.normalize(direction, dim=0)
    across = noise - torch.outer(noise @ unit, unit)
    return across + amount * unit


def steer_no_root(noise, direction, amount):
    square = direction.dot(direction)
    along = torch.einsum("bz,z->b", noise, direction) / square
    return noise - along.unsqueeze(1) * direction + amount / square.sqrt() * direction


def steer_matrix(noise, direction, amount):
    unit = direction / torch.linalg.vector_norm(direction)
    keep = torch.eye(len(unit), dtype=noise.dtype) - unit[:, None] @ unit[None]
    return noise @ keep + amount * unit[None].expand_as(noise)


def steer_loop(noise, direction, amount):
    length = direction.pow(2).sum() ** 0.5
    out = noise.clone()
    for draw in out:
        draw += (amount - torch.dot(draw, direction) / length) * direction / length
    return out


def mean_solve(mean, covariance, x, missing):
    known = ~missing
    off = x[known] - mean[known]
    weights = np.linalg.solve(covariance[np.ix_(known, known)], off)
    return mean[missing] + covariance[np.ix_(missing, known)] @ weights


def mean_inverse(mean, covariance, x, missing):
    m, o = np.where(missing)[0], np.where(~missing)[0]
    block = covariance[m][:, o] @ np.linalg.inv(covariance[o][:, o])
    return np.array([mean[i] + row @ (x[o] - mean[o]) for i, row in zip(m, block, strict=True)])


def mean_cholesky(mean, covariance, x, missing):
    known = np.logical_not(missing)
    factor = linalg.cho_factor(covariance[known][:, known])
    return mean[missing] + covariance[missing][:, known] @ linalg.cho_solve(factor, (x - mean)[known])


def mean_precision(mean, covariance, x, missing):
    precision = np.linalg.inv(covariance)
    a, b = precision[np.ix_(missing, missing)], precision[np.ix_(missing, ~missing)]
    return mean[missing] - np.linalg.solve(a, b @ (x[~missing] - mean[~missing]))


def mean_one_by_one(mean, covariance, x, missing):
    mean, covariance = mean.copy(), covariance.copy()
    for i in np.flatnonzero(~missing):
        gain = covariance[:, i] / covariance[i, i]
        mean = mean + gain * (x[i] - mean[i])
        covariance = covariance - np.outer(gain, covariance[i])
        covariance[i, i] = 1.0
    return mean[missing]


RIGHT = {
    "projection_score": {
        "both rows added": score_sum,
        "with einsum": score_einsum,
        "a loop over signals": score_loop,
        "one-hot and bmm": score_one_hot,
        "all classes, then gather": score_gather,
    },
    "steer_any": {
        "as in section 3": steer_unit,
        "across, then along": steer_across,
        "by the square of the length": steer_no_root,
        "a projection matrix": steer_matrix,
        "a loop over draws": steer_loop,
    },
    "conditional_mean": {
        "solve": mean_solve,
        "inverse, row by row": mean_inverse,
        "Cholesky": mean_cholesky,
        "the precision matrix": mean_precision,
        "one known step at a time": mean_one_by_one,
    },
}
