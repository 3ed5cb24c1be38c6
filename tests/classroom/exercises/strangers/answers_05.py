"""Right answers to the exercises of notebook 05, written by one who had not read the judges."""

import itertools
import math

import numpy as np
import torch
from scipy.optimize import linprog
from torch import nn

from course_lib import penalties


def step_clamp(weights, gradients, rate, limit):
    return (weights - rate * gradients).clamp(-limit, limit)


def step_min_max(weights, gradients, rate, limit):
    bound = torch.full_like(weights, limit)
    return torch.minimum(torch.maximum(weights - rate * gradients, -bound), bound)


def step_loop(weights, gradients, rate, limit):
    moved = [float(w) - rate * float(g) for w, g in zip(weights, gradients, strict=True)]
    return torch.tensor([max(-limit, min(limit, w)) for w in moved])


def step_optimiser(weights, gradients, rate, limit):
    layer = nn.Linear(len(weights), 1, bias=False)
    layer.weight = nn.Parameter(weights.clone()[None])
    layer.weight.grad = gradients.clone()[None]
    torch.optim.SGD(layer.parameters(), lr=rate).step()
    penalties.clip_weights_(layer, limit)
    return layer.weight.detach()[0]


def step_numpy(weights, gradients, rate, limit):
    return np.clip(weights.numpy() - rate * gradients.numpy(), -limit, limit)


def step_hardtanh(weights, gradients, rate, limit):
    return nn.functional.hardtanh(torch.add(weights, gradients, alpha=-rate), -limit, limit)


def step_in_place(weights, gradients, rate, limit):
    with torch.no_grad():
        weights -= rate * gradients
        return weights.clamp_(-limit, limit)


def schedule_string(generator_steps, critic_steps):
    return ("C" * critic_steps + "G") * generator_steps


def schedule_loop(generator_steps, critic_steps):
    order = ""
    for _ in range(generator_steps):
        for _ in range(critic_steps):
            order += "C"
        order += "G"
    return order


def schedule_join(generator_steps, critic_steps):
    total = generator_steps * (critic_steps + 1)
    return "".join("G" if k % (critic_steps + 1) == critic_steps else "C" for k in range(total))


def schedule_list(generator_steps, critic_steps):
    return (["C"] * critic_steps + ["G"]) * generator_steps


def schedule_numpy(generator_steps, critic_steps):
    return np.tile(np.array(["C"] * critic_steps + ["G"]), generator_steps)


def schedule_itertools(generator_steps, critic_steps):
    one_round = itertools.chain(itertools.repeat("C", critic_steps), "G")
    return "".join(itertools.chain.from_iterable(itertools.repeat(list(one_round), generator_steps)))


def schedule_recursive(generator_steps, critic_steps):
    if generator_steps == 0:
        return ""
    return "C" * critic_steps + "G" + schedule_recursive(generator_steps - 1, critic_steps)


def reach_l1(real, fake, clip):
    return clip * np.abs(real.mean(axis=0) - fake.mean(axis=0)).sum()


def reach_torch(real, fake, clip):
    gap = torch.as_tensor(real).mean(0) - torch.as_tensor(fake).mean(0)
    return clip * torch.linalg.vector_norm(gap, ord=1)


def reach_signs(real, fake, clip):
    w = clip * np.sign(np.mean(real, axis=0) - np.mean(fake, axis=0))
    return (real @ w).mean() - (fake @ w).mean()


def reach_linprog(real, fake, clip):
    gap = np.asarray(real.mean(0) - fake.mean(0))
    return -linprog(-gap, bounds=[(-clip, clip)] * len(gap)).fun


def reach_loops(real, fake, clip):
    total = 0.0
    for k in range(real.shape[1]):
        mean_real = sum(float(row[k]) for row in real) / len(real)
        mean_fake = sum(float(row[k]) for row in fake) / len(fake)
        total += clip * abs(mean_real - mean_fake)
    return total


def reach_corners(real, fake, clip):
    gap = np.asarray(real).mean(0) - np.asarray(fake).mean(0)
    return max(np.dot(corner, gap) for corner in itertools.product([-clip, clip], repeat=len(gap)))


def steepest_formula(clip, width, hidden, inputs):
    return clip * (clip * width) ** hidden * math.sqrt(inputs)


def steepest_matrices(clip, width, hidden, inputs):
    sizes = [inputs, *[width] * hidden, 1]
    product = np.eye(inputs)
    for before, after in itertools.pairwise(sizes):
        product = np.full((after, before), clip) @ product
    return np.linalg.norm(product)


def steepest_autograd(clip, width, hidden, inputs):
    layers, before = [], inputs
    for _ in range(hidden):
        layers += [nn.Linear(before, width), nn.ReLU()]
        before = width
    net = nn.Sequential(*layers, nn.Linear(before, 1)).double()
    for parameter in net.parameters():
        nn.init.constant_(parameter, clip)
    x = torch.ones(1, inputs, dtype=torch.float64, requires_grad=True)
    return torch.autograd.grad(net(x).sum(), x)[0].norm()


def steepest_logs(clip, width, hidden, inputs):
    return np.exp((hidden + 1) * np.log(clip) + hidden * np.log(width) + np.log(inputs) / 2)


def steepest_loop(clip, width, hidden, inputs):
    slope = clip
    for _ in range(hidden):
        slope = sum(clip * slope for _ in range(width))
    return sum(slope**2 for _ in range(inputs)) ** 0.5


def steepest_norms(clip, width, hidden, inputs):
    first, middle, last = clip * (width * inputs) ** 0.5, clip * width, clip * width**0.5
    return first * middle ** (hidden - 1) * last


RIGHT = {
    "clipped_step": {
        "clamp": step_clamp,
        "minimum and maximum": step_min_max,
        "a loop": step_loop,
        "SGD and the library's clip": step_optimiser,
        "numpy": step_numpy,
        "hardtanh": step_hardtanh,
        "in place": step_in_place,
    },
    "wgan_schedule": {
        "string": schedule_string,
        "loops": schedule_loop,
        "join": schedule_join,
        "a list of letters": schedule_list,
        "an array of letters": schedule_numpy,
        "itertools": schedule_itertools,
        "recursive": schedule_recursive,
    },
    "linear_reach": {
        "L1 norm": reach_l1,
        "torch": reach_torch,
        "signs": reach_signs,
        "linprog": reach_linprog,
        "loops": reach_loops,
        "corners": reach_corners,
    },
    "steepest_slope": {
        "formula": steepest_formula,
        "matrices": steepest_matrices,
        "autograd": steepest_autograd,
        "logs": steepest_logs,
        "loops": steepest_loop,
        "norms of the layers": steepest_norms,
    },
}
