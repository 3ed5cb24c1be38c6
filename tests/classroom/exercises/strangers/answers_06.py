"""Right answers to the exercises of notebook 06, written by one who had not read the judges."""

from typing import NamedTuple

import numpy as np
import torch
from scipy.optimize import minimize_scalar
from torch.autograd import grad

from course_lib import losses, penalties


def mix_view(real, fake, weights):
    weights = weights.view(-1, *[1] * (real.dim() - 1))
    return weights * real + (1 - weights) * fake


def mix_loop(real, fake, weights):
    return torch.stack([w * x + (1 - w) * y for x, y, w in zip(real, fake, weights, strict=True)])


def mix_einsum(real, fake, weights):
    return torch.einsum("b,b...->b...", weights, real) + torch.einsum("b,b...->b...", 1 - weights, fake)


def mix_lerp(real, fake, weights):
    weights = weights[(...,) + (None,) * (real.ndim - 1)]
    return torch.lerp(fake, real, weights.expand_as(real))


def mix_rows(real, fake, weights):
    x, y = real.reshape(len(real), -1), fake.reshape(len(fake), -1)
    return (y + weights[:, None] * (x - y)).reshape(real.shape)


def mix_batch_last(real, fake, weights):
    x, y = real.movedim(0, -1), fake.movedim(0, -1)
    return (x * weights + y * (1 - weights)).movedim(-1, 0)


def mix_vmap(real, fake, weights):
    return torch.vmap(lambda x, y, w: w * x + (1 - w) * y)(real, fake, weights)


class Line(NamedTuple):
    slope: float
    difference: float
    value: float


def line_plain(t, w):
    slope = 1 + t / (2 * w)
    return slope, t * slope, t * slope - w * (slope - 1) ** 2


def line_closed(t, w):
    return Line(slope=(t + 2 * w) / (2 * w), difference=t + t**2 / (2 * w), value=t + t**2 / (4 * w))


def line_numpy(t, w):
    parabola = np.poly1d([-w, 2 * w + t, -w])  # t s - w (s - 1)^2 in powers of s
    (slope,) = parabola.deriv().roots
    return np.array([slope, t * slope, parabola(slope)])


def line_search(t, w):
    found = minimize_scalar(lambda s: w * (s - 1) ** 2 - t * s, tol=1e-12)
    return [found.x, t * found.x, -found.fun]


def line_newton(t, w):
    s = torch.tensor(0.0, dtype=torch.float64, requires_grad=True)
    value = t * s - w * (s - 1) ** 2
    (first,) = grad(value, s, create_graph=True)
    (second,) = grad(first, s)
    s = (s - first / second).detach()
    return s, t * s, t * s - w * (s - 1) ** 2


def critic_plain(critic, real, fake, mixed, weight):
    mixed = mixed.detach().requires_grad_(True)
    gradients = grad(critic(mixed).sum(), mixed, create_graph=True)[0]
    penalty = ((gradients.flatten(1).norm(2, dim=1) - 1) ** 2).mean()
    return critic(fake).mean() - critic(real).mean() + weight * penalty


def critic_library(critic, real, fake, mixed, weight):
    slopes = penalties.gradient_norms(critic, mixed)
    return losses.critic_loss(critic(real), critic(fake)) + weight * penalties.unit_slope_penalty(slopes)


def critic_outputs(critic, real, fake, mixed, weight):
    mixed = mixed.clone().requires_grad_(True)
    scores = critic(mixed)
    (slopes,) = grad(scores, mixed, grad_outputs=torch.ones_like(scores), create_graph=True, retain_graph=True)
    norms = torch.linalg.vector_norm(slopes.reshape(len(slopes), -1), dim=1)
    return weight * torch.mean((norms - 1) ** 2) - (critic(real).mean() - critic(fake).mean())


def critic_one_by_one(critic, real, fake, mixed, weight):
    charge = 0
    for one in mixed:
        one = one[None].detach().requires_grad_(True)
        slope = grad(critic(one).sum(), one, create_graph=True)[0]
        charge = charge + (slope.norm() - 1) ** 2
    return critic(fake).mean() - critic(real).mean() + weight * charge / len(mixed)


def critic_root(critic, real, fake, mixed, weight):
    mixed = mixed.requires_grad_(True)
    slopes = len(mixed) * grad(critic(mixed).mean(), mixed, create_graph=True)[0]
    squares = slopes.square().sum(dim=tuple(range(1, slopes.ndim)))
    return (critic(fake).mean() - critic(real).mean()) + weight * ((squares + 1e-12).sqrt() - 1).square().mean()


def critic_vmap(critic, real, fake, mixed, weight):
    slopes = torch.vmap(torch.func.grad(lambda one: critic(one[None])[0]))(mixed)
    unit = torch.ones(len(mixed), dtype=slopes.dtype)
    penalty = torch.nn.functional.mse_loss(slopes.flatten(1).norm(dim=1), unit)
    return critic(fake).mean() - critic(real).mean() + weight * penalty


def critic_one_pass(critic, real, fake, mixed, weight):
    mixed = mixed.detach().clone().requires_grad_(True)
    of_real, of_fake, of_mixed = critic(torch.cat([real, fake, mixed])).split([len(real), len(fake), len(mixed)])
    (slopes,) = grad(of_mixed.sum(), mixed, create_graph=True)
    norms = torch.einsum("bi,bi->b", slopes.flatten(1), slopes.flatten(1)).clamp(min=1e-24).sqrt()
    return of_fake.mean() - of_real.mean() + weight * (norms - 1).pow(2).mean()


def mixes_by_change(critic, samples):
    with torch.no_grad():
        before = critic(samples)
        for k in range(len(samples)):
            changed = samples.clone()
            changed[k] += torch.randn_like(changed[k])
            others = torch.arange(len(samples)) != k
            if not torch.allclose(critic(changed)[others], before[others], atol=1e-6):
                return True
    return False


def mixes_by_jacobian(critic, samples):
    jacobian = torch.autograd.functional.jacobian(critic, samples)  # (B, B, ...)
    size = jacobian.flatten(2).abs().sum(dim=2)
    size.fill_diagonal_(0)
    return bool((size > 1e-8).any())


def mixes_by_grad(critic, samples):
    samples = samples.detach().clone().requires_grad_(True)
    scores = critic(samples)
    for k, score in enumerate(scores):
        (slope,) = grad(score, samples, retain_graph=True)
        slope = slope.abs().flatten(1).sum(dim=1)
        if slope[:k].any() or slope[k + 1 :].any():
            return True
    return False


def mixes_by_company(critic, samples):
    with torch.no_grad():
        scores = critic(samples)
        among_copies = [critic(one.expand_as(samples))[k] for k, one in enumerate(samples.clone())]
    return not torch.allclose(scores, torch.stack(among_copies), rtol=1e-4, atol=1e-5)


def mixes_by_strangers(critic, samples):
    n, far = len(samples), False
    for k in range(n):
        for scale in (1.0, 10.0):
            crowd = scale * torch.randn_like(samples)
            crowd[k] = samples[k]
            far |= abs(critic(crowd)[k].item() - critic(samples)[k].item()) > 1e-5
    return far


def mixes_as_tensor(critic, samples):
    scores = critic(samples).detach()
    moved = [critic(torch.where(mask_of(k, samples), samples + 1, samples)).detach() for k in range(len(samples))]
    change = (torch.stack(moved) - scores).abs()
    return (change.masked_fill(torch.eye(len(samples), dtype=torch.bool), 0) > 1e-5).any()


def mask_of(k, samples):
    return (torch.arange(len(samples)) == k).view(-1, *[1] * (samples.dim() - 1))


def mixes_numpy_bool(critic, samples):
    change = np.zeros((len(samples), len(samples)))
    for k in range(len(samples)):
        zeroed = samples.clone()
        zeroed[k] = 0
        change[k] = (critic(zeroed) - critic(samples)).abs().detach().numpy()
    np.fill_diagonal(change, 0)
    return change.max() > 1e-6


RIGHT = {
    "mix_pairs": {
        "view": mix_view,
        "a loop over samples": mix_loop,
        "einsum": mix_einsum,
        "lerp": mix_lerp,
        "rows": mix_rows,
        "batch last": mix_batch_last,
        "vmap": mix_vmap,
    },
    "best_line": {
        "plain": line_plain,
        "closed, a NamedTuple": line_closed,
        "a polynomial, an array": line_numpy,
        "a numerical search": line_search,
        "one Newton step, tensors": line_newton,
    },
    "what_the_critic_minimises": {
        "plain": critic_plain,
        "the library": critic_library,
        "grad_outputs": critic_outputs,
        "one by one": critic_one_by_one,
        "mean times batch, root with 1e-12": critic_root,
        "vmap": critic_vmap,
        "one pass": critic_one_pass,
    },
    "scores_mix_samples": {
        "change one": mixes_by_change,
        "jacobian": mixes_by_jacobian,
        "grad of each score": mixes_by_grad,
        "among copies": mixes_by_company,
        "among strangers": mixes_by_strangers,
        "0-d tensor": mixes_as_tensor,
        "np.bool": mixes_numpy_bool,
    },
}
