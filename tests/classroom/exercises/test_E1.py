"""Notebook E1: what each exercise refuses, by the idea behind the mistake, and what it accepts."""

import math

import numpy as np
import pandas as pd
import torch
from exercise_answers import accepts, refuses
from torch.nn import functional as F

# ------------------------------------------------------------------------------------------- smoothed labels


def entropy(logits, label):
    return F.binary_cross_entropy_with_logits(logits, torch.full_like(logits, label))


def losses(*, real=0.9, fake=0.0, generator=1.0):
    return lambda r, f: (entropy(r, real) + entropy(f, fake), entropy(f, generator))


def by_softplus(r, f):
    d = 0.9 * F.softplus(-r).mean() + 0.1 * F.softplus(r).mean() + F.softplus(f).mean()
    return d.item(), F.softplus(-f).mean().item()


def by_logsigmoid(r, f):
    d = -(0.9 * F.logsigmoid(r) + 0.1 * F.logsigmoid(-r)).mean() - F.logsigmoid(-f).mean()
    return torch.stack([d, -F.logsigmoid(f).mean()])


def by_probabilities(r, f):
    p, q = torch.sigmoid(r), torch.sigmoid(f)
    with_label = lambda p, label: F.binary_cross_entropy(p, torch.full_like(p, label))  # noqa: E731
    return with_label(p, 0.9) + with_label(q, 0.0), with_label(q, 1.0)


def by_exponentials(r, f):
    soft = lambda l: torch.log1p(torch.exp(l)).mean()  # noqa: E731, E741
    return 0.9 * soft(-r) + 0.1 * soft(r) + soft(f), soft(-f)


def over_both(r, f):
    both, labels = torch.cat([r, f]), torch.cat([torch.full_like(r, 0.9), torch.zeros_like(f)])
    return 2 * F.binary_cross_entropy_with_logits(both, labels), entropy(f, 1.0)


def without_the_rest(r, f):
    return -0.9 * F.logsigmoid(r).mean() + entropy(f, 0.0), entropy(f, 1.0)


# ------------------------------------------------------------------------------------------- where kernels overlap


def by_slices(size, kernel, stride):
    counts = np.zeros((size - 1) * stride + kernel, dtype=int)
    for i in range(size):
        counts[i * stride : i * stride + kernel] += 1
    return counts


def by_torch(size, kernel, stride):
    return F.conv_transpose1d(torch.ones(1, 1, size), torch.ones(1, 1, kernel), stride=stride)[0, 0]


def by_convolution(size, kernel, stride):
    apart = np.zeros((size - 1) * stride + 1)
    apart[::stride] = 1
    return list(np.convolve(apart, np.ones(kernel)))


# ------------------------------------------------------------------------------------------- a latent walk


def by_broadcasting(a, b, n):
    angles = torch.linspace(0, math.pi / 2, n)[:, None]
    return angles.cos() * a + angles.sin() * b


def by_stacking(a, b, n):
    return np.stack([np.cos(t) * a.numpy() + np.sin(t) * b.numpy() for t in np.linspace(0, np.pi / 2, n)])


def by_matrix(a, b, n):
    angles = torch.linspace(0, math.pi / 2, n, dtype=torch.float64)
    return torch.stack([angles.cos(), angles.sin()], dim=1) @ torch.stack([a, b]).double()


def turned_to(last):
    def walk(a, b, n):
        angles = torch.linspace(0, last, n)[:, None]
        return angles.cos() * a + angles.sin() * b

    return walk


def of_the_first_length(a, b, n):
    return F.normalize(straight(a, b, n)) * a.norm()


def by_lengths(a, b, n):
    """Right where b is not much longer than a, as two draws are."""
    return by_broadcasting(a, b * min(1.0, float(1.5 * a.norm() / b.norm())), n)


def straight(a, b, n):
    return torch.stack([torch.lerp(a, b, float(t)) for t in torch.linspace(0, 1, n)])


WRONG = {
    "two_losses": {
        "smoothed for the generator too": (losses(generator=0.9), "stops at the logit log 9"),
        "fakes smoothed": (losses(fake=0.1), "smoothed too. With 0.1"),
        "not smoothed": (losses(real=1.0), "told 1 of real images"),
        "exchanged": (lambda r, f: losses()(r, f)[::-1], "exchanged"),
        "the sign": (lambda r, f: (F.logsigmoid(r).mean() + entropy(f, 0.0), entropy(f, 1.0)), "minimising log D(x)"),
        "half": (lambda r, f: (losses()(r, f)[0] / 2, entropy(f, 1.0)), "half of the discriminator's"),
        "without the rest": (without_the_rest, "0.1 log(1 - D(x)) is missing"),
        "saturating": (lambda r, f: (losses()(r, f)[0], -entropy(f, 0.0)), "saturating loss"),
        "down": (losses(generator=0.0), "pushes fakes down"),
        "of the real": (lambda r, f: (losses()(r, f)[0], entropy(r, 1.0)), "of the real logits"),
        "by probabilities": (by_probabilities, "cut or rounded"),
        "one number": (lambda r, f: losses()(r, f)[0], "as a pair"),
        "sums": (lambda r, f: tuple(len(r) * each for each in losses()(r, f)), "grows with it"),
        "its sum": (lambda r, f: (losses()(r, f)[0], len(f) * entropy(f, 1.0)), "the discriminator's terms"),
        "one mean over both": (over_both, "not for four and three"),
        "overflows": (by_exponentials, "finite number was expected of the discriminator's loss at a logit of -200"),
    },
    "overlaps": {
        "as many as inputs": (lambda size, kernel, stride: np.ones(size), "reach 9 outputs, and yours has 4"),
        "exchanged": (lambda size, kernel, stride: by_slices(size, stride, kernel), "exchanged"),
        "set": (lambda *given: np.minimum(by_slices(*given), 1), "add, do not set"),
        "whole strides in a kernel": (lambda n, kernel, s: np.full((n - 1) * s + kernel, kernel // s), "It should be"),
        "a stride too long": (lambda n, k, s: np.append(by_slices(n, k, s), [0] * s), "size * stride + kernel"),
        "shares": (lambda *given: by_slices(*given) / by_slices(*given).max(), "counts themselves"),
        "up-sampled": (lambda size, kernel, stride: np.ones(size * stride), "has the shape (8,)"),
        "one more": (lambda *given: by_slices(*given) + 1, "It should be [1, 1, 2"),
        "for this stride": (lambda size, kernel, stride: by_slices(size, kernel, 2), "Right for size 4"),
        "too long": (lambda *given: np.append(by_slices(*given), 0), "(size - 1) stride + kernel"),
    },
    "latent_walk": {
        "straight": (straight, "the straight line"),
        "from b": (lambda a, b, n: by_broadcasting(b, a, n), "from b to a"),
        "of length 1": (lambda a, b, n: F.normalize(by_broadcasting(a, b, n)), "Brought to length 1"),
        "stops before": (lambda a, b, n: by_broadcasting(a, b, n + 1)[:n], "a step before"),
        "stays at a": (lambda a, b, n: torch.cat([by_broadcasting(a, b, n)[:1]] * n), "ends at 0 degrees"),
        "transposed": (lambda a, b, n: by_broadcasting(a, b, n).T, "has the shape (7, 64)"),
        "the sign of b": (lambda a, b, n: by_broadcasting(a, -b, n), "yours ends at -b"),
        "half a turn": (turned_to(math.pi), "ends at 180 degrees"),
        "the angle as a share": (turned_to(1.0), "ends at 57 degrees"),
        "of a's length": (of_the_first_length, "does not end at b, where"),
        "as long as seven": (lambda a, b, n: by_broadcasting(a, b, 7), "A walk of 2 points of 3"),
        "of equal lengths": (by_lengths, "of which b is longer"),
        "spherical": (lambda a, b, n: by_broadcasting(a * b.norm() / a.norm(), b, n), "was asked for"),
    },
}
RIGHT = {
    "two_losses": {
        "by entropies": losses(),
        "by softplus": by_softplus,
        "by log-sigmoids": by_logsigmoid,
        "an array": lambda r, f: np.array(by_softplus(r, f)),
        "a tensor": lambda r, f: torch.tensor(by_softplus(r, f)),
        "a Series": lambda r, f: pd.Series([float(each) for each in by_softplus(r, f)]),
    },
    "overlaps": {"by slices": by_slices, "by torch": by_torch, "by convolution": by_convolution},
    "latent_walk": {"by broadcasting": by_broadcasting, "by stacking": by_stacking, "by a matrix": by_matrix},
}
test_wrong_answers_are_refused_by_their_misconception = refuses(WRONG)
test_right_answers_are_accepted_however_they_are_written = accepts(RIGHT)
