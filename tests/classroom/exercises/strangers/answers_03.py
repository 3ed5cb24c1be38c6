"""Right answers to the exercises of notebook 03, written by one who had not read the judges."""

import cmath
import math

import numpy as np
import torch
from scipy.optimize import brentq
from scipy.spatial import KDTree
from scipy.special import expit

from course_lib import losses
from course_lib.dirac import DiracGAN
from course_lib.metrics import mode_coverage


def one_step_plain(theta, psi, size):
    psi = psi - size * theta * expit(psi * theta)
    theta = theta + size * psi * expit(-psi * theta)
    return theta, psi


def one_step_library(theta, psi, size):
    return DiracGAN("non_saturating").alternating_step(theta, psi, size)


def one_step_field(theta, psi, size):
    game = DiracGAN("non_saturating")
    psi = psi + size * game.field(theta, psi)[1]
    return np.array([theta + size * game.field(theta, psi)[0], psi])


def one_step_optimisers(theta, psi, size):
    theta, psi = (torch.tensor([float(x)], dtype=torch.float64, requires_grad=True) for x in (theta, psi))
    up, down = torch.optim.SGD([psi], lr=size), torch.optim.SGD([theta], lr=size)
    losses.discriminator_loss(0 * psi, psi * theta.detach()).backward()
    up.step()
    down.zero_grad()
    losses.non_saturating_generator_loss(psi.detach() * theta).backward()
    down.step()
    return theta.item(), psi.item()


def one_step_autograd(theta, psi, size):
    theta, psi = torch.tensor(theta, dtype=torch.float64), torch.tensor(psi, dtype=torch.float64)
    psi = psi - size * torch.func.grad(lambda p: -torch.nn.functional.logsigmoid(-p * theta))(psi)
    theta = theta - size * torch.func.grad(lambda t: -torch.nn.functional.logsigmoid(psi * t))(theta)
    return theta, psi


def one_step_math(theta, psi, size):
    new_psi = psi - size * theta / (1 + math.exp(-psi * theta))
    return [theta + size * new_psi / (1 + math.exp(new_psi * theta)), new_psi]


def largest_plain(eigenvalue):
    if eigenvalue.real >= 0:
        return 0
    return -2 * eigenvalue.real / abs(eigenvalue) ** 2


def largest_inverse(eigenvalue):
    return max(0.0, -2 * (1 / eigenvalue).real) if eigenvalue else 0.0


def largest_polar(eigenvalue):
    radius, angle = cmath.polar(eigenvalue)
    return -2 * math.cos(angle) / radius if eigenvalue.real < 0 else 0


def largest_root(eigenvalue):
    if eigenvalue.real >= 0:
        return 0.0

    def over_h(h):
        return 2 * eigenvalue.real + h * abs(eigenvalue) ** 2

    high = 1.0
    while over_h(high) < 0:
        high *= 2
    return brentq(over_h, 0, high)


def largest_torch(eigenvalue):
    value = torch.tensor(eigenvalue, dtype=torch.complex128)
    return torch.where(value.real < 0, -2 * value.real / (value * value.conj()).real, 0.0)


def largest_polynomial(eigenvalue):
    a, b = np.real(eigenvalue), np.imag(eigenvalue)
    return np.roots([a**2 + b**2, 2 * a, 0]).real.max() if a < 0 else np.float64(0)


def modes_cdist(samples, centers, std):
    return (torch.cdist(samples, centers) <= 3 * std).any(dim=0).sum()


def modes_loops(samples, centers, std):
    found = set()
    for sample in samples.tolist():
        for k, center in enumerate(centers.tolist()):
            if math.dist(sample, center) < 3 * std:
                found.add(k)
    return len(found)


def modes_nearest(samples, centers, std):
    distance, nearest = torch.cdist(samples, centers).min(dim=1)
    return nearest[distance <= 3 * std].unique().numel()


def modes_tree(samples, centers, std):
    distance, _ = KDTree(samples.numpy()).query(centers.numpy())
    return np.count_nonzero(distance <= 3 * std)


def modes_library(samples, centers, std):
    return mode_coverage(samples, centers, std).modes


def modes_numpy(samples, centers, std):
    gaps = samples.numpy()[:, None] - centers.numpy()[None]
    return (np.einsum("nkd,nkd->nk", gaps, gaps).min(axis=0) < (3 * std) ** 2).sum()


def modes_count_each(samples, centers, std):
    return sum(bool(((samples - center).norm(dim=1) <= 3 * std).any()) for center in centers)


def unrolled_backward(theta, psi, steps, size):
    theta = torch.tensor(theta, dtype=torch.float64, requires_grad=True)
    for _ in range(steps):
        psi = psi - size * theta * torch.sigmoid(psi * theta)
    torch.nn.functional.logsigmoid(-psi * theta).backward()
    return theta.grad.item()


def unrolled_by_hand(theta, psi, steps, size):
    slope = 0.0  # of psi_k in theta
    for _ in range(steps):
        s = expit(psi * theta)
        u_slope = psi + theta * slope
        psi, slope = psi - size * theta * s, slope - size * (s + theta * s * (1 - s) * u_slope)
    return -expit(psi * theta) * (psi + theta * slope)


def unrolled_functional(theta, psi, steps, size):
    def loss(t):
        p = torch.tensor(psi, dtype=torch.float64)
        for _ in range(steps):
            p = p - size * t * torch.sigmoid(p * t)
        return torch.log(1 - torch.sigmoid(p * t))

    return torch.func.grad(loss)(torch.tensor(theta, dtype=torch.float64))


def unrolled_complex_step(theta, psi, steps, size):
    h = 1e-30
    theta, psi = theta + 1j * h, complex(psi)
    for _ in range(steps):
        psi = psi - size * theta / (1 + np.exp(-psi * theta))
    return np.imag(-np.log(1 + np.exp(psi * theta))) / h


def unrolled_double_grad(theta, psi, steps, size):
    t = torch.tensor([float(theta)], dtype=torch.float64, requires_grad=True)
    p = torch.tensor([float(psi)], dtype=torch.float64, requires_grad=True)
    for _ in range(steps):
        loss = losses.discriminator_loss(torch.zeros_like(t), p * t)
        p = p - size * torch.autograd.grad(loss, p, create_graph=True)[0]
    return torch.autograd.grad(losses.saturating_generator_loss(p * t), t)[0][0]


def unrolled_difference(theta, psi, steps, size):
    def loss(t):
        p = psi
        for _ in range(steps):
            p -= size * t * expit(p * t)
        return -np.logaddexp(0, p * t)

    h = 1e-5
    return (loss(theta + h) - loss(theta - h)) / (2 * h)


def unrolled_float32(theta, psi, steps, size):
    theta = torch.tensor(float(theta), requires_grad=True)
    for _ in range(steps):
        psi = psi - size * theta * torch.sigmoid(psi * theta)
    return torch.autograd.grad(-torch.nn.functional.softplus(psi * theta), theta)[0].item()


RIGHT = {
    "one_step": {
        "plain": one_step_plain,
        "the library's step": one_step_library,
        "the library's field, an array": one_step_field,
        "SGD": one_step_optimisers,
        "torch.func, tensors": one_step_autograd,
        "math, a list": one_step_math,
    },
    "largest_step": {
        "plain": largest_plain,
        "of the inverse": largest_inverse,
        "polar": largest_polar,
        "a root, numerically": largest_root,
        "torch": largest_torch,
        "a polynomial's roots": largest_polynomial,
    },
    "count_modes": {
        "cdist": modes_cdist,
        "two loops": modes_loops,
        "nearest": modes_nearest,
        "a tree": modes_tree,
        "the library": modes_library,
        "numpy": modes_numpy,
        "centre by centre": modes_count_each,
    },
    "unrolled_slope": {
        "backward": unrolled_backward,
        "forward by hand": unrolled_by_hand,
        "torch.func": unrolled_functional,
        "a complex step": unrolled_complex_step,
        "autograd for the inner steps too": unrolled_double_grad,
        "central differences": unrolled_difference,
        "float32": unrolled_float32,
    },
}
