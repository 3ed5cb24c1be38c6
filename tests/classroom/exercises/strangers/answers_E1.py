"""Right answers to the exercises of notebook E1, written by one who had not read the judges."""

import math

import numpy as np
import torch
from torch.nn import functional as F

from course_lib import losses


def losses_library(real_logits, fake_logits):
    # not discriminator_loss, whose batches are of one size where types are checked
    called_real = losses.non_saturating_generator_loss
    discriminator = 0.9 * called_real(real_logits) + 0.1 * called_real(-real_logits) + called_real(-fake_logits)
    return discriminator, called_real(fake_logits)


def losses_bce(real_logits, fake_logits):
    bce = F.binary_cross_entropy_with_logits
    discriminator = bce(real_logits, torch.full_like(real_logits, 0.9))
    discriminator = discriminator + bce(fake_logits, torch.zeros_like(fake_logits))
    return discriminator, bce(fake_logits, torch.ones_like(fake_logits))


def losses_softplus(real_logits, fake_logits):
    real = (F.softplus(real_logits) - 0.9 * real_logits).mean()
    return [real + F.softplus(fake_logits).mean(), F.softplus(-fake_logits).mean()]


def losses_logsigmoid(real_logits, fake_logits):
    log_d, log_not_d = F.logsigmoid(real_logits), F.logsigmoid(-real_logits)
    fakes = [-F.logsigmoid(-fake) for fake in fake_logits]
    own = [-F.logsigmoid(fake) for fake in fake_logits]
    d = -(0.9 * log_d + 0.1 * log_not_d).mean() + sum(fakes) / len(fakes)
    return d, sum(own) / len(own)


def losses_double(real_logits, fake_logits):
    real, fake = real_logits.double(), fake_logits.double()
    d = -(0.9 * real.sigmoid().log() + 0.1 * (-real).sigmoid().log()).mean() - (-fake).sigmoid().log().mean()
    return d, -fake.sigmoid().log().mean()


def overlaps_added(size, kernel, stride):
    counts = np.zeros((size - 1) * stride + kernel)
    for i in range(size):
        counts[i * stride : i * stride + kernel] += 1
    return counts


def overlaps_list(size, kernel, stride):
    outputs = range((size - 1) * stride + kernel)
    return [sum(0 <= o - i * stride < kernel for i in range(size)) for o in outputs]


def overlaps_torch(size, kernel, stride):
    return F.conv_transpose1d(torch.ones(1, 1, size), torch.ones(1, 1, kernel), stride=stride)[0, 0]


def overlaps_convolved(size, kernel, stride):
    spread = np.zeros((size - 1) * stride + 1, dtype=int)
    spread[::stride] = 1
    return np.convolve(spread, np.ones(kernel, dtype=int))


def overlaps_bincount(size, kernel, stride):
    reached = np.add.outer(stride * np.arange(size), np.arange(kernel)).ravel()
    return np.bincount(reached, minlength=(size - 1) * stride + kernel)


def walk_column(a, b, n):
    angle = torch.linspace(0, torch.pi / 2, n)[:, None]
    return a * angle.cos() + b * angle.sin()


def walk_stacked(a, b, n):
    points = []
    for i in range(n):
        angle = math.pi / 2 * i / (n - 1)
        points.append(math.cos(angle) * a + math.sin(angle) * b)
    return torch.stack(points)


def walk_matrix(a, b, n):
    angle = torch.linspace(0, np.pi / 2, n, dtype=a.dtype)
    return torch.stack([angle.cos(), angle.sin()], dim=1) @ torch.stack([a, b])


def walk_outer(a, b, n):
    angle = torch.arange(n) * (math.pi / 2) / (n - 1)
    return torch.outer(torch.cos(angle), a) + torch.einsum("i,j->ij", angle.sin(), b)


def walk_turned(a, b, n):
    turn = np.exp(1j * np.linspace(0, np.pi / 2, n))
    return torch.as_tensor((np.conj(turn)[:, None] * (a.numpy() + 1j * b.numpy())).real).to(a.dtype)


RIGHT = {
    "two_losses": {
        "the library's, term by term": losses_library,
        "cross-entropy of logits": losses_bce,
        "softplus, a list": losses_softplus,
        "logsigmoid and a loop": losses_logsigmoid,
        "plain logarithms in float64": losses_double,
    },
    "overlaps": {
        "added in a loop": overlaps_added,
        "a list, output by output": overlaps_list,
        "torch's layer": overlaps_torch,
        "np.convolve": overlaps_convolved,
        "bincount": overlaps_bincount,
    },
    "latent_walk": {
        "a column of angles": walk_column,
        "stacked in a loop": walk_stacked,
        "a matrix product": walk_matrix,
        "outer products": walk_outer,
        "complex numbers": walk_turned,
    },
}
