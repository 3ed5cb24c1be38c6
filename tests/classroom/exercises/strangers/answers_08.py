"""Right answers to the exercises of notebook 08, written by one who had not read the judges."""

import math
from collections import namedtuple
from fractions import Fraction

import numpy as np
import torch
from torch import nn

Updates = namedtuple("Updates", "critic generator shown")


def updates_formula(config, recordings):
    critic = config.steps * config.critic_steps
    return critic, config.steps, critic * config.batch_size / recordings


def updates_counted(config, recordings):
    critic = generator = shown = 0
    for _ in range(config.steps):
        for _ in range(config.critic_steps):
            critic += 1
            shown += config.batch_size
        generator += 1
    return [critic, generator, shown / recordings]


def updates_named(config, recordings):
    updates = config.critic_steps * config.steps
    shown = Fraction(updates * config.batch_size, recordings)
    return Updates(critic=updates, generator=config.steps, shown=float(shown))


def updates_array(config, recordings):
    per_step = np.array([config.critic_steps, 1, config.critic_steps * config.batch_size / recordings])
    return config.steps * per_step


def updates_torch(config, recordings):
    critic = torch.tensor(config.steps) * config.critic_steps
    return critic, torch.tensor(config.steps), critic * config.batch_size / recordings


def updates_tensor(config, recordings):
    critic = config.steps * config.critic_steps
    return torch.tensor([critic, config.steps, critic * config.batch_size / recordings], dtype=torch.float64)


def updates_fraction(config, recordings):
    critic = config.steps * config.critic_steps
    return critic, config.steps, Fraction(critic * config.batch_size, recordings)


def length_formula(length, kernel, stride, padding, output_padding):
    return (length - 1) * stride - 2 * padding + kernel + output_padding


def length_module(length, kernel, stride, padding, output_padding):
    layer = nn.ConvTranspose1d(1, 1, kernel, stride, padding, output_padding)
    return layer(torch.zeros(1, 1, length)).shape[-1]


def length_on_paper(length, kernel, stride, padding, output_padding):
    last_start = 0
    for _ in range(length - 1):
        last_start += stride
    steps = list(range(last_start + kernel))
    steps = steps[padding:]
    for _ in range(padding):
        steps.pop()
    return len(steps) + output_padding


def length_convolved(length, kernel, stride, padding, output_padding):
    spread = np.zeros((length - 1) * stride + 1)
    spread[::stride] = 1
    return np.int64(np.convolve(spread, np.ones(kernel)).size) + output_padding - 2 * padding


def length_recursive(length, kernel, stride, padding, output_padding):
    if length == 1:
        return kernel + output_padding - 2 * padding
    return stride + length_recursive(length - 1, kernel, stride, padding, output_padding)


def penalty_flatten(slopes):
    return ((slopes.flatten(1).norm(dim=1) - 1) ** 2).mean()


def penalty_two_axes(slopes):
    return torch.linalg.vector_norm(slopes, dim=(1, 2)).sub(1).square().mean()


def penalty_einsum(slopes):
    squares = torch.einsum("bcl,bcl->b", slopes, slopes)
    return (1 - (squares + 1e-12).sqrt()).pow(2).mean()


def penalty_loop(slopes):
    return torch.stack([(torch.norm(one) - 1) ** 2 for one in slopes]).mean()


def penalty_expanded(slopes):
    squares = slopes.square().sum((1, 2))
    flat = squares == 0
    norms = torch.where(flat, 0, torch.where(flat, 1, squares).sqrt())
    return torch.nn.functional.mse_loss(norms, torch.ones_like(norms))


def read_frame(history):
    if not np.isfinite(history).all().all():
        return "not a number"
    end = history.tail(max(1, len(history) // 10))
    if end["gradient_norm"].mean() > 2:
        return "slope runs away"
    return "critic behind" if end["wasserstein"].mean() < 0 else "nothing alarming"


def read_numpy(history):
    values = history.to_numpy(dtype=float)
    if np.isnan(values).any() or np.isinf(values).any():
        return "not a number"
    n = math.ceil(len(history) / 10)
    if np.mean(history.gradient_norm.values[-n:]) > 2:
        return "slope runs away"
    if np.mean(history.wasserstein.values[-n:]) < 0:
        return "critic behind"
    return "nothing alarming"


def read_by_step(history):
    if not all(math.isfinite(v) for name in history.columns for v in history[name]):
        return "not a number"
    end = history[history["step"] > 0.9 * history["step"].max()].mean()
    answers = {"slope runs away": end["gradient_norm"] > 2, "critic behind": end["wasserstein"] < 0}
    return next((name for name, true in answers.items() if true), "nothing alarming")


def read_iloc(history):
    start = int(0.9 * len(history))
    slope, estimate = history.iloc[start:][["gradient_norm", "wasserstein"]].mean()
    if history.isin([np.inf, -np.inf]).any(axis=None) or history.isna().any(axis=None):
        return "not a number"
    if slope > 2:
        return "slope runs away"
    if estimate < 0:
        return "critic behind"
    return "nothing alarming"


def read_torch(history):
    table = torch.tensor(history.to_numpy(), dtype=torch.float64)
    if not table.isfinite().all():
        return "not a number"
    end = table[-round(len(table) / 10) :].mean(dim=0)
    slope, estimate = (end[history.columns.get_loc(c)].item() for c in ("gradient_norm", "wasserstein"))
    return "slope runs away" if slope > 2 else "critic behind" if estimate < 0 else "nothing alarming"


RIGHT = {
    "updates_of_a_run": {
        "three products": updates_formula,
        "counted in loops, a list": updates_counted,
        "a named tuple": updates_named,
        "a numpy array": updates_array,
        "0-d tensors": updates_torch,
        "one tensor": updates_tensor,
        "a fraction": updates_fraction,
    },
    "transposed_length": {
        "the formula": length_formula,
        "asks torch's layer": length_module,
        "on paper": length_on_paper,
        "numpy's convolve": length_convolved,
        "recursive": length_recursive,
    },
    "penalty_of_slopes": {
        "flatten and norm": penalty_flatten,
        "vector_norm over two axes": penalty_two_axes,
        "einsum, a small number under the root": penalty_einsum,
        "a loop over signals": penalty_loop,
        "where twice": penalty_expanded,
    },
    "read_history": {
        "pandas, tail": read_frame,
        "numpy, rounded up": read_numpy,
        "by the step column": read_by_step,
        "iloc": read_iloc,
        "torch": read_torch,
    },
}
