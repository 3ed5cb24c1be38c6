"""Right answers to the exercises of the museum of bugs, written by one who had not read the judges."""

import cmath
import copy
import io
import math
import pickle

import numpy as np
import torch
from torch import nn

from course_lib import losses, penalties


def slopes_of(critic, points):
    points = points.detach().clone().requires_grad_(True)
    return torch.autograd.grad(critic(points).sum(), points, create_graph=True)[0]


# Room 1
def electrodes_flatten(critic, points):
    return ((slopes_of(critic, points).flatten(1).norm(2, dim=1) - 1) ** 2).mean()


def electrodes_library(critic, points):
    return (penalties.gradient_norms(critic, points) - 1).square().mean()


def electrodes_all_axes(critic, points):
    slopes = slopes_of(critic, points)
    norms = torch.linalg.vector_norm(slopes, dim=tuple(range(1, slopes.ndim)))
    return nn.functional.mse_loss(norms, torch.ones_like(norms))


def electrodes_loop(critic, points):
    charged = []
    for i in range(len(points)):
        slope = slopes_of(critic, points[i : i + 1])
        charged.append((torch.sqrt((slope**2).sum() + 1e-12) - 1) ** 2)
    return sum(charged) / len(charged)


def electrodes_func(critic, points):
    slopes = torch.func.vmap(torch.func.grad(lambda x: critic(x[None]).squeeze()))(points)
    rows = slopes.reshape(len(points), -1)
    return torch.mean(torch.square(1 - torch.norm(rows, dim=-1)))


# Room 2
def whole_library(critic, real, fake, weight):
    penalty = penalties.gradient_penalty(critic, real, fake)
    return losses.critic_loss(critic(real), critic(fake)) + weight * penalty


def whole_mended(critic, real, fake, weight):
    difference = critic(fake).mean() - critic(real).mean()
    penalty = weight * penalties.gradient_penalty(critic, real, fake)
    return difference + penalty


def whole_by_hand(critic, real, fake, weight):
    share = torch.rand(len(real), *[1] * (real.ndim - 1))
    slopes = slopes_of(critic, share * real + (1 - share) * fake)
    penalty = (slopes.flatten(1).norm(dim=1) - 1).pow(2).mean()
    return torch.mean(critic(fake)) - torch.mean(critic(real)) + weight * penalty


def whole_concatenated(critic, real, fake, weight):
    of_real, of_fake = critic(torch.cat([real, fake])).split([len(real), len(fake)])
    terms = [-of_real.mean(), of_fake.mean(), weight * penalties.gradient_penalty(critic, fake, real)]
    return torch.stack(terms).sum()


def whole_pairs(critic, real, fake, weight):
    norms = penalties.gradient_norms(critic, penalties.interpolate(real, fake))
    return (critic(fake) - critic(real) + weight * (norms - 1) ** 2).mean()


# Room 3
def slope_sum(critic, points):
    return slopes_of(critic, points)


def slope_ones(critic, points):
    points = points.detach().requires_grad_(True)
    scores = critic(points)
    return torch.autograd.grad(scores, points, grad_outputs=torch.ones_like(scores), create_graph=True)[0]


def slope_times_batch(critic, points):
    points = points.detach().requires_grad_(True)
    (slopes,) = torch.autograd.grad(critic(points).mean(), points, create_graph=True)
    return len(points) * slopes


def slope_loop(critic, points):
    return torch.cat([slopes_of(critic, point.unsqueeze(0)) for point in points])


def slope_jacobian(critic, points):
    jacobian = torch.autograd.functional.jacobian(critic, points.detach(), create_graph=True)
    return torch.einsum("bb...->b...", jacobian.reshape(len(points), *points.shape))


# Room 4
def batch_mended(critic, real, fake, generator):
    weight = torch.rand(len(real), generator=generator).view(-1, *[1] * (real.ndim - 1))
    slopes = slopes_of(critic, weight * real + (1 - weight) * fake)
    return ((slopes.flatten(1).norm(2, dim=1) - 1) ** 2).mean()


def batch_library(critic, real, fake, generator):
    return penalties.gradient_penalty(critic, real, fake, generator=generator)


def batch_lerp(critic, real, fake, generator):
    weight = torch.empty([len(real)] + (real.ndim - 1) * [1]).uniform_(generator=generator)
    slopes = slopes_of(critic, torch.lerp(real, fake, weight.to(real.dtype)))
    return (torch.linalg.vector_norm(slopes.flatten(1), dim=1) - 1).square().mean()


def batch_loop(critic, real, fake, generator):
    mixtures = []
    for x, y in zip(real, fake, strict=True):
        share = torch.rand((), generator=generator)
        mixtures.append(y + share * (x - y))
    norms = [slope.norm() for slope in slopes_of(critic, torch.stack(mixtures))]
    return sum((norm - 1) ** 2 for norm in norms) / len(norms)


def batch_einsum(critic, real, fake, generator):
    share = torch.rand(real.shape[0], generator=generator, dtype=real.dtype)
    mixtures = torch.einsum("b,b...->b...", share, real) + torch.einsum("b,b...->b...", 1 - share, fake)
    slopes = slopes_of(critic, mixtures)
    squares = (slopes * slopes).flatten(1).sum(1)
    return ((squares + 1e-12) ** 0.5 - 1).pow(2).mean()


# Room 5
def weights_rand(n, generator):
    return torch.rand(n, generator=generator)


def weights_uniform(n, generator):
    return torch.empty(n).uniform_(0, 1, generator=generator)


def weights_normal_law(n, generator):
    return torch.special.ndtr(torch.randn(n, generator=generator))


def weights_grid(n, generator):
    return torch.randint(0, 2**24 + 1, (n,), generator=generator) / 2**24


def weights_loop(n, generator):
    return torch.tensor([1 - torch.rand(1, generator=generator).item() for _ in range(n)])


# Room 6
def mix_view(weights, real, fake):
    weights = weights.view(-1, *[1] * (real.ndim - 1))
    return weights * real + (1 - weights) * fake


def mix_loop(weights, real, fake):
    return torch.stack([w * x + (1 - w) * y for w, x, y in zip(weights, real, fake, strict=True)])


def mix_lerp(weights, real, fake):
    while weights.ndim < real.ndim:
        weights = weights.unsqueeze(-1)
    return fake.lerp(real, weights)


def mix_last_axis(weights, real, fake):
    x, y = real.movedim(0, -1), fake.movedim(0, -1)
    return (y + weights * (x - y)).movedim(-1, 0)


def mix_diagonal(weights, real, fake):
    rows = torch.diag(weights) @ real.flatten(1) + torch.diag(1 - weights) @ fake.flatten(1)
    return rows.reshape(real.shape)


# Room 7
def norms_torch(slopes):
    return slopes.flatten(1).norm(dim=1)


def norms_floor(slopes):
    return (slopes.flatten(1).square().sum(dim=1) + 1e-12).sqrt()


def norms_clamped(slopes):
    return torch.einsum("bn,bn->b", slopes.flatten(1), slopes.flatten(1)).clamp(min=1e-12).sqrt()


def norms_a_millionth(slopes):
    return (slopes.flatten(1).square().sum(dim=1) + 1e-6).sqrt()


def norms_where(slopes):
    squares = (slopes**2).reshape(len(slopes), -1).sum(1)
    safe = torch.where(squares > 0, squares, torch.ones_like(squares))
    return torch.where(squares > 0, safe.sqrt(), torch.zeros_like(squares))


def norms_loop(slopes):
    return torch.stack([torch.linalg.vector_norm(slope) for slope in slopes])


# Room 8
def one_step(critic, optimizer, loss_of):
    optimizer.zero_grad()
    loss_of(critic).backward()
    optimizer.step()


def clipped_in_place(critic, optimizer, loss_of, limit):
    one_step(critic, optimizer, loss_of)
    with torch.no_grad():
        for weight in critic.parameters():
            weight.clamp_(-limit, limit)
    return critic


def clipped_data(critic, optimizer, loss_of, limit):
    one_step(critic, optimizer, loss_of)
    for weight in critic.parameters():
        weight.data = weight.data.clip(-limit, limit)
    return critic


def clipped_vector(critic, optimizer, loss_of, limit):
    one_step(critic, optimizer, loss_of)
    vector = nn.utils.parameters_to_vector(critic.parameters()).detach()
    nn.utils.vector_to_parameters(vector.clamp(-limit, limit), critic.parameters())
    return critic


def clipped_module(critic, optimizer, loss_of, limit):
    for weight in critic.parameters():
        weight.grad = None
    loss_of(critic).backward()
    optimizer.step()

    def clip(module):
        for weight in module.parameters(recurse=False):
            weight.data.copy_(torch.maximum(torch.minimum(weight, torch.tensor(limit)), torch.tensor(-limit)))

    return critic.apply(clip)


def clipped_closure(critic, optimizer, loss_of, limit):
    def closure():
        optimizer.zero_grad()
        loss = loss_of(critic)
        loss.backward()
        return loss

    optimizer.step(closure)
    for weight in critic.parameters():
        nn.functional.hardtanh_(weight.detach(), -limit, limit)
    return critic


# Room 9
def ring_open(modes):
    angles = torch.linspace(0, 2 * math.pi, modes + 1)[:-1]
    return torch.stack([angles.cos(), angles.sin()], dim=1)


def ring_steps(modes):
    angles = torch.arange(modes) * (2 * math.pi / modes)
    return torch.column_stack([torch.cos(angles), torch.sin(angles)])


def ring_roots(modes):
    roots = [cmath.exp(2j * math.pi * k / modes) for k in range(modes)]
    return torch.tensor([[z.real, z.imag] for z in roots])


def ring_clockwise(modes):
    angles = -2 * torch.pi * torch.arange(modes, dtype=torch.float64) / modes
    return torch.view_as_real(torch.polar(torch.ones_like(angles), angles))


def ring_numpy(modes):
    angles = np.linspace(0, 2 * np.pi, modes, endpoint=False)
    return np.c_[np.cos(angles), np.sin(angles)]


# Room 10
def steps_mended(distances):
    best, saved = math.inf, []
    for step, distance in enumerate(distances):
        if distance < best:
            best = distance
            saved.append(step)
    return saved


def steps_all_before(distances):
    def better(step):
        return all(distances[step] < d for d in distances[:step] if not math.isnan(d))

    return [step for step, d in enumerate(distances) if not math.isnan(d) and better(step)]


def steps_numpy(distances):
    d = np.asarray(distances, dtype=float)
    least = np.fmin.accumulate(np.concatenate([[np.inf], d]))[:-1]
    return np.flatnonzero(d < least)


def steps_filtered(distances):
    kept = [(step, d) for step, d in enumerate(distances) if d == d]
    saved = []
    for step, d in kept:
        if not saved or d < distances[saved[-1]]:
            saved += [step]
    return tuple(saved)


def steps_torch(distances):
    d = torch.nan_to_num(torch.tensor(distances, dtype=torch.float64), nan=math.inf)
    before = torch.cat([torch.tensor([math.inf], dtype=torch.float64), d.cummin(0).values[:-1]])
    return torch.nonzero(d < before).flatten().tolist()


# Room 11
def snapshot_deep(model, optimizer, step):
    return copy.deepcopy({"model": model.state_dict(), "optimizer": optimizer.state_dict(), "step": step})


def snapshot_cloned(model, optimizer, step):
    weights = {name: tensor.detach().clone() for name, tensor in model.state_dict().items()}
    return {"model": weights, "optimizer": copy.deepcopy(optimizer.state_dict()), "step": step}


def snapshot_saved(model, optimizer, step):
    file = io.BytesIO()
    torch.save({"model": model.state_dict(), "optimizer": optimizer.state_dict(), "step": step}, file)
    file.seek(0)
    return torch.load(file)


def snapshot_copied_objects(model, optimizer, step):
    model, optimizer = copy.deepcopy((model, optimizer))
    return dict(model=model.state_dict(), optimizer=optimizer.state_dict(), step=step)


def snapshot_pickled(model, optimizer, step):
    states = {"model": model.state_dict(), "optimizer": optimizer.state_dict()}
    return pickle.loads(pickle.dumps(states)) | {"step": int(step)}


# Room 12
def tanh_line(values):
    return 2 * (values - values.min()) / (values.max() - values.min()) - 1


def tanh_middle(values):
    low, high = torch.aminmax(values)
    return (values - (low + high) / 2) / ((high - low) / 2)


def tanh_interp(values):
    array = values.numpy()
    return torch.as_tensor(np.interp(array, [array.min(), array.max()], [-1, 1])).to(values.dtype)


def tanh_solved(values):
    low, high = values.min().item(), values.max().item()
    slope, offset = np.linalg.solve([[low, 1], [high, 1]], [-1, 1])
    return values * float(slope) + float(offset)


def tanh_loop(values):
    low, high = float(min(values.flatten())), float(max(values.flatten()))
    flat = [-((high - float(v)) / (high - low)) + (float(v) - low) / (high - low) for v in values.flatten()]
    return torch.tensor(flat).reshape(values.shape)


# Room 13
def lesson_detached(generator, critic, real, noise):
    return critic(generator(noise).detach()).mean() - critic(real).mean()


def lesson_no_grad(generator, critic, real, noise):
    with torch.no_grad():
        fake = generator(noise)
    return losses.critic_loss(critic(real), critic(fake))


def lesson_copied(generator, critic, real, noise):
    still = copy.deepcopy(generator).requires_grad_(False)
    return torch.mean(critic(still(noise.detach()))) - torch.mean(critic(real))


def lesson_functional(generator, critic, real, noise):
    weights = {name: weight.detach() for name, weight in generator.named_parameters()}
    fake = torch.func.functional_call(generator, weights, (noise,))
    return (critic(fake) - critic(real)).mean()


def lesson_inference(generator, critic, real, noise):
    with torch.inference_mode():
        fake = generator(noise)
    scores = critic(torch.cat([fake.clone(), real]))
    return scores[: len(fake)].mean() - scores[len(fake) :].mean()


# Room 14
def units_maximum(channels):
    return max(1, channels // 2)


def units_or(channels):
    return channels // 2 or 1


def units_if(channels):
    if channels == 1:
        return 1
    return math.floor(channels / 2)


def units_shifted(channels):
    return (channels >> 1) + (channels < 2)


def units_numpy(channels):
    return np.clip(np.floor_divide(channels, 2), 1, None)


RIGHT = {
    "electrode_penalty": {
        "flatten": electrodes_flatten,
        "the library's norms": electrodes_library,
        "a norm over all other axes": electrodes_all_axes,
        "a loop over samples": electrodes_loop,
        "torch.func": electrodes_func,
    },
    "whole_critic_loss": {
        "the library's two terms": whole_library,
        "the exhibit, mended": whole_mended,
        "all by hand": whole_by_hand,
        "one pass, terms stacked": whole_concatenated,
        "a mean over pairs": whole_pairs,
    },
    "slope_of_each": {
        "the sum": slope_sum,
        "grad_outputs of ones": slope_ones,
        "the mean times the batch": slope_times_batch,
        "a loop over samples": slope_loop,
        "the diagonal of a jacobian": slope_jacobian,
    },
    "penalty_for_a_batch": {
        "the exhibit, mended": batch_mended,
        "the library's": batch_library,
        "lerp from the real ones": batch_lerp,
        "a loop over samples": batch_loop,
        "with einsum": batch_einsum,
    },
    "weights_between": {
        "rand": weights_rand,
        "uniform_": weights_uniform,
        "normal numbers through their own law": weights_normal_law,
        "a grid": weights_grid,
        "1 - rand, one by one": weights_loop,
    },
    "mix_any_shape": {
        "view": mix_view,
        "a loop over samples": mix_loop,
        "lerp": mix_lerp,
        "the batch moved to the end": mix_last_axis,
        "diagonal matrices": mix_diagonal,
    },
    "norms_without_nan": {
        "torch's norm": norms_torch,
        "a small number under the root": norms_floor,
        "1e-6 under the root": norms_a_millionth,
        "einsum, clamped": norms_clamped,
        "where twice": norms_where,
        "a loop over samples": norms_loop,
    },
    "clipped_update": {
        "clamp_ after the step": clipped_in_place,
        "through .data": clipped_data,
        "as one vector": clipped_vector,
        "module by module": clipped_module,
        "a closure and hardtanh_": clipped_closure,
    },
    "modes_on_a_ring": {
        "linspace without its end": ring_open,
        "arange": ring_steps,
        "roots of one": ring_roots,
        "clockwise, float64": ring_clockwise,
        "numpy": ring_numpy,
    },
    "saved_steps": {
        "the exhibit, mended": steps_mended,
        "compared with all before": steps_all_before,
        "numpy, an array": steps_numpy,
        "without the NaNs, a tuple": steps_filtered,
        "torch": steps_torch,
    },
    "snapshot": {
        "deepcopy": snapshot_deep,
        "weights cloned": snapshot_cloned,
        "saved to memory": snapshot_saved,
        "states of copied objects": snapshot_copied_objects,
        "pickled": snapshot_pickled,
    },
    "for_tanh": {
        "twice, less one": tanh_line,
        "around the middle": tanh_middle,
        "np.interp": tanh_interp,
        "two equations solved": tanh_solved,
        "a loop over values": tanh_loop,
    },
    "critics_lesson": {
        "detached": lesson_detached,
        "no_grad": lesson_no_grad,
        "a frozen copy": lesson_copied,
        "functional_call": lesson_functional,
        "inference_mode": lesson_inference,
    },
    "hidden_units": {
        "max": units_maximum,
        "or": units_or,
        "if": units_if,
        "shifted": units_shifted,
        "numpy": units_numpy,
    },
}
