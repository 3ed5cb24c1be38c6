"""Judges of the museum of bugs: each refuses the mistake on show by its idea, and a few of its relatives by theirs.

They judge by behaviour: closed forms, which points a critic is asked about, where gradients arrive, what a run does
after it is resumed. How an answer is written is never looked at.
"""

import copy
import math
from collections.abc import Callable

import numpy as np
import torch
from scipy import stats
from torch import Tensor, nn

from course_lib.classroom.checks.base import as_function, as_number, as_tensor, close, exercise, refuse

MUSEUM = "museum_of_bugs"


def _normal(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def _linear(slope: Tensor) -> Callable[[Tensor], Tensor]:
    """f(x) = a . x, whose slope is `slope` everywhere."""
    return lambda x: (x * slope).flatten(1).sum(dim=1)


def _learns(result: object, parameter: Tensor, what: str) -> Tensor:
    """The derivative of the reader's number in a parameter of the critic, or a word on why there is none."""
    if not isinstance(result, Tensor) or not result.requires_grad:
        refuse(
            f"The number is right, but {what} has come loose from the graph (.item(), .detach(), no create_graph), so "
            "the critic cannot learn from it."
        )
    (slope,) = torch.autograd.grad(result, parameter, allow_unused=True)
    return torch.zeros_like(parameter) if slope is None else slope


# ------------------------------------------------------------------------------------------- 1 the electrodes


@exercise(
    notebook=MUSEUM,
    title="Room 1, the electrodes",
    right="Whatever the shape: all axes but the batch are one sample.",
)
def electrode_penalty(answer):
    penalty = as_function(answer)

    def ask(slope: Tensor, batch: int) -> float:
        return as_number(penalty(_linear(slope), _normal(batch, *slope.shape)), what="the penalty")

    even = torch.full((4, 1, 40), 160**-0.5)  # norm 1; sqrt(1/40) at each time step, 1/2 at each electrode
    got = ask(even, 9)
    if close(got, (1 - 40**-0.5) ** 2):
        return (
            "The critic's slope is 1 here, evenly spread over 4 electrodes and 40 time steps, and the penalty is 0. "
            f"Yours is {got:.2f}: it takes a norm over the electrodes at each time step, 40 norms a recording, and "
            "asks each of them to be 1. Which axes belong to one sample?"
        )
    if close(got, 0.25):
        return (
            "A critic of slope 1, evenly spread, is charged 0.25: you took a norm over time for each electrode, so "
            "four norms a recording. A recording is all of its electrodes."
        )
    if close(got, (1 - 160**-0.5) ** 2):
        return "Every single value is asked for a slope of 1: no axis was summed over but those of length 1."
    if close(got, 4):
        return (
            "Nine recordings of slope 1 cost 4 = (sqrt(9) - 1)^2: the batch went into the norm. One norm a "
            "recording, then the mean."
        )
    if not close(got, 0, abs=1e-8):
        return f"A critic of slope exactly 1 costs nothing, and yours says {got:.4f}."
    slope = _normal(4, 1, 40, seed=1)
    right = float((slope.norm() - 1) ** 2)
    got = ask(slope, 5)
    if close(got, slope.norm() - 1):
        return "The square is missing: the distance of the slope from 1 is charged as it is."
    if not close(got, right):
        return f"A linear critic of slope {float(slope.norm()):.2f} is charged {right:.2f}, and yours says {got:.2f}."
    for shape in ((7,), (2, 6)):
        if not close(ask(_normal(*shape, seed=2), 3), (_normal(*shape, seed=2).norm() - 1) ** 2):
            return (
                f"Right for recordings (B, 4, 1, 40), wrong for samples of shape (B, {', '.join(map(str, shape))}): "
                "axes are counted by hand somewhere. flatten(1) does not need to know how many there are."
            )
    weight = _normal(2, 6, seed=3).requires_grad_(True)
    slope = _learns(penalty(_linear(weight), _normal(3, 2, 6)), weight, "the penalty")
    norm = weight.detach().norm()
    if not close(slope, 2 * (norm - 1) * weight.detach() / norm):
        return "The number is right, its derivative in the critic's weights is not: part of it is off the graph."
    return None


# ------------------------------------------------------------------------------------------- 2 the unpaid bill


@exercise(
    notebook=MUSEUM,
    title="Room 2, the unpaid bill",
    right="What is printed and what is minimised are now the same thing.",
)
def whole_critic_loss(answer):
    loss_of = as_function(answer)
    real, fake = _normal(6, 2, 5) + 1, _normal(6, 2, 5, seed=1)

    def ask(slope: Tensor, weight: float, swap: bool = False) -> object:
        pair = (fake, real) if swap else (real, fake)
        result = loss_of(_linear(slope), *pair, weight)
        as_number(result, what="the loss")
        return result

    slope = _normal(2, 5, seed=2).requires_grad_(True)
    flat = slope.detach()
    difference = float(_linear(flat)(fake).mean() - _linear(flat)(real).mean())
    charge = float((flat.norm() - 1) ** 2)
    result = ask(slope, 7.0)
    got = as_number(result, what="the loss")
    if close(got, difference):
        return (
            "The difference of the means alone. The penalty may well be computed, and it is not in what you return: "
            "this critic has the slope "
            f"{float(flat.norm()):.1f} and pays nothing for it, so the optimiser has no reason to lower it."
        )
    if close(got, difference - 7 * charge):
        return (
            "The penalty is subtracted from what is minimised, so a steep critic is rewarded: the slope runs away "
            "faster than with no penalty at all."
        )
    if close(got, -difference + 7 * charge):
        return (
            "The penalty is paid, and the difference has the wrong sign: minimised, this critic scores fakes above "
            "real samples, and the generator is driven away from the data."
        )
    if close(got, -difference - 7 * charge):
        return "Both signs are turned around: this is what the critic *maximises*, and the optimiser minimises."
    if close(got, difference + 10 * charge) or close(got, difference + charge):
        return "The penalty is added with a weight of its own; multiply it by the `weight` that was passed in."
    if close(got, 7 * (difference + charge)):
        return "The weight multiplies the whole loss, and so changes nothing but the learning rate: only the penalty."
    if close(got, 7 * charge):
        return "Only the penalty is left: nothing tells the critic to tell real from fake."
    if not close(got, difference + 7 * charge):
        return f"For this linear critic the loss is {difference + 7 * charge:.3f}, and yours is {got:.3f}."
    learnt = _learns(result, slope, "the loss")
    means = fake.mean(dim=0) - real.mean(dim=0)
    if close(learnt, means):
        return (
            "The number is right and the bill is still unpaid: the penalty was added as a constant (.item() or "
            ".detach()). A constant has no slope, so the critic's weights never hear of it."
        )
    if not close(learnt, means + 14 * (flat.norm() - 1) * flat / flat.norm(), abs=1e-5):
        return "The number is right, and its derivative in the critic's weights is not: a part is off the graph."
    return None


# ------------------------------------------------------------------------------------------- 3 the shared slope


@exercise(
    notebook=MUSEUM,
    title="Room 3, the shared slope",
    right="The sum of the scores has each score's own slope; their mean has a B-th of it.",
)
def slope_of_each(answer):
    slopes = as_function(answer)

    def ask(batch: int, *shape: int) -> tuple[Tensor, Tensor]:
        points, curvature = _normal(batch, *shape, seed=4), _normal(*shape, seed=5)
        given = slopes(lambda x: (x.square() * curvature).flatten(1).sum(dim=1) / 2, points.clone())
        return as_tensor(given, what="the slopes"), points * curvature

    got, right = ask(8, 3)
    if tuple(got.shape) == (8,):
        return (
            "One number a sample: these are norms, or sums. The slopes themselves were asked for, shaped as `points`."
        )
    if tuple(got.shape) != (8, 3):
        refuse(f"Slopes of the shape of `points`, (8, 3), were expected, and yours have the shape {tuple(got.shape)}.")
    if close(got, right / 8):
        return (
            "Each slope is 8 times too small, and there are 8 samples: you differentiated the *mean* of the scores. A "
            "sample has a B-th of a say in it, so a penalty with these slopes asks for a slope of B."
        )
    if close(got, right * 8):
        return "Each slope is 8 times too large: something is multiplied by the size of the batch once too often."
    if close(got, -right):
        return "The sign is turned around: these slopes lead downhill."
    if close(got, right.mean(dim=0, keepdim=True).expand_as(right)) or close(
        got, right.sum(dim=0, keepdim=True).expand_as(right)
    ):
        return "Every sample was given the same slope, that of the batch. Each has its own."
    if close(got.norm(dim=1), torch.ones(8)):
        return "Every slope was scaled to norm 1: then there is nothing left for a penalty to charge."
    if not close(got, right):
        return "For the critic f(x) = c.x^2/2 the slope at x is c x, value by value, and yours is something else."
    got, right = ask(5, 2, 4)
    if not close(got, right):
        return "Right for points (B, 3), wrong for signals (B, 2, 4)."
    weight = torch.ones((), requires_grad=True)
    points = _normal(5, 3)
    result = slopes(lambda x: weight * x.square().sum(dim=1) / 2, points)
    learnt = _learns(result.sum() if isinstance(result, Tensor) else result, weight, "the slope")
    if not close(learnt, points.sum(), abs=1e-5):
        return "The slopes are right, their derivative in the critic's weights is not: is create_graph=True missing?"
    return None


# ------------------------------------------------------------------------------------------- 4 all for one


class _Asked:
    """A linear critic that remembers where it was asked."""

    def __init__(self, slope: Tensor) -> None:
        self.slope, self.points = slope, []

    def __call__(self, x: Tensor) -> Tensor:
        self.points.append(x.detach().clone())
        return _linear(self.slope)(x)


@exercise(
    notebook=MUSEUM,
    title="Room 4, all for one",
    right="Now the penalty means the same for a batch of 4 and of 400.",
)
def penalty_for_a_batch(answer):
    penalty = as_function(answer)

    def ask(slope: Tensor, batch: int = 16, seed: int = 0) -> tuple[float, Tensor]:
        critic = _Asked(slope)
        real, fake = torch.ones(batch, *slope.shape), torch.zeros(batch, *slope.shape)
        got = as_number(penalty(critic, real, fake, torch.Generator().manual_seed(seed)), what="the penalty")
        if not critic.points:
            refuse("Your penalty never asks the critic anything.")
        if critic.points[-1].shape != real.shape:
            shape = tuple(critic.points[-1].shape)
            refuse(f"The critic was asked about points of shape {shape}; mixtures of the samples have {real.shape}.")
        return got, critic.points[-1]  # real is 1 and fake 0, so a mixture is its own weight

    unit = torch.full((2, 8), 0.25)  # norm 1
    got, weights = ask(unit)
    one_norm = close(got, 9)
    one_weight = close(weights, weights.flatten()[0].expand_as(weights))
    if one_norm and one_weight:
        return (
            "One mixing weight and one norm serve the whole batch. A critic of slope 1 is charged (sqrt(16) - 1)^2 = 9 "
            "for 16 samples, so it settles at a slope of 1/4; and all mixtures of a batch lie at the same fraction "
            "of the way. One weight and one norm *a sample*."
        )
    if one_norm:
        return (
            "One weight a sample now, and still one norm for the whole batch: 16 samples of slope 1 cost "
            "(sqrt(16) - 1)^2 = 9, and nothing is right."
        )
    if one_weight:
        return (
            "One norm a sample now, and still one mixing weight for all: a batch sees a single slice between real and "
            "fake. Draw as many weights as there are samples."
        )
    rows = weights.flatten(1)
    if not close(rows, rows[:, :1].expand_as(rows)):
        return (
            "A weight for every value: such a mixture does not lie on the line between its two samples at all. One "
            "weight a sample, for all of its values."
        )
    if rows.min() < 0 or rows.max() > 1:
        return "Some mixtures lie beyond their two samples: the weights must be uniform on [0, 1]."
    if not close(got, 0, abs=1e-8):
        return f"A critic of slope exactly 1 costs nothing, and yours says {got:.4f}."
    if not torch.equal(ask(unit)[1], weights) or torch.equal(ask(unit, seed=1)[1], weights):
        return "The weights are not drawn from the `generator` that was passed in: a run could not be repeated."
    steep = _normal(2, 8, seed=2)
    right = float((steep.norm() - 1) ** 2)
    got, _ = ask(steep, 5)
    if close(got, 5 * right):
        return "Summed over the batch in place of averaged: a larger batch would be charged more."
    if not close(got, right):
        return f"A linear critic of slope {float(steep.norm()):.2f} is charged {right:.2f}, and yours says {got:.2f}."
    mixed = nn.Parameter(torch.tensor(1.0))
    real, fake = torch.tensor([[0.0], [4.0]]), torch.tensor([[0.0], [4.0]])
    result = penalty(lambda x: mixed * x.square().sum(dim=1) / 2, real, fake, torch.Generator())  # slopes 0 and 4
    got = as_number(result, what="the penalty")
    if close(got, 1):
        return "The norms are averaged before they are charged: slopes of 0 and 4 count as two slopes of 2."
    if not close(got, 5):
        return f"Slopes of 0 and 4 cost (1 + 9)/2 = 5, and yours says {got:.2f}."
    if not close(_learns(result, mixed, "the penalty"), 12):
        return "The number is right, its derivative in the critic's weights is not."
    return None


# ------------------------------------------------------------------------------------------- 5 beyond the ends


@exercise(
    notebook=MUSEUM,
    title="Room 5, beyond the ends",
    right="Every mixture lies between its two samples, and every place between them is equally likely.",
)
def weights_between(answer):
    draw = as_function(answer)

    def ask(n: int, seed: int) -> Tensor:
        return as_tensor(draw(n, torch.Generator().manual_seed(seed)), what="the weights").detach().double()

    got = ask(4000, 0)
    if got.numel() != 4000:
        refuse(f"4000 weights were asked for, one a sample, and you drew {got.numel()}.")
    got = got.flatten()
    if got.unique().numel() == 1:
        return "All 4000 weights are the same number: one was drawn for the whole batch."
    outside = float(((got < 0) | (got > 1)).double().mean())
    if outside > 0 and stats.kstest(got.numpy(), "norm").pvalue > 1e-4:
        return (
            f"{outside:.0%} of the weights lie outside [0, 1]: they are drawn from N(0, 1), by randn, and their "
            "mixtures lie beyond the real sample or behind the fake one. Where the penalty is not taken, no slope is "
            "asked for."
        )
    if outside > 0 and got.min() > -1 and got.min() < -0.9 and got.max() > 0.9:
        return "Uniform on [-1, 1]: a negative weight puts the mixture behind the fake sample. From 0 to 1."
    if outside > 0:
        return f"{outside:.0%} of the weights lie outside [0, 1], and so the mixtures outside their two samples."
    ends = float(((got == 0) | (got == 1)).double().mean())
    if ends > 0.1:
        return (
            f"Clamped: {ends:.0%} of the weights are now exactly 0 or 1, so the slope is asked for at the samples "
            "themselves and seldom between them. Draw them uniformly in the first place."
        )
    if stats.kstest(got.numpy(), "uniform").pvalue < 1e-4:
        return (
            f"Between 0 and 1, but not evenly: {float((got - 0.5).abs().lt(0.25).double().mean()):.0%} of the weights "
            "lie in the middle half, where half of them belong. torch.rand is uniform; a squashed normal is not."
        )
    if not torch.equal(ask(50, 3), ask(50, 3)):
        return "Uniform, but not drawn from the `generator` passed in: the same seed gives other weights."
    if torch.equal(ask(50, 3), ask(50, 4)):
        return "The same weights come out whatever the generator's seed: each batch needs new ones."
    return None


# ------------------------------------------------------------------------------------------- 6 the crowd


@exercise(
    notebook=MUSEUM,
    title="Room 6, the crowd",
    right="One weight a sample, stretched over however many axes the sample has.",
)
def mix_any_shape(answer):
    mix = as_function(answer)

    def ask(*shape: int) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
        real, fake = _normal(*shape, seed=6), _normal(*shape, seed=7)
        weights = torch.linspace(0.1, 0.9, shape[0])
        given = as_tensor(mix(weights.clone(), real.clone(), fake.clone()), what="the mixtures")
        right = torch.stack([w * x + (1 - w) * y for w, x, y in zip(weights, real, fake, strict=True)])
        return given, right, weights, real, fake

    got, right, weights, real, fake = ask(5, 7)
    if tuple(got.shape) == (5, 5, 7):
        return (
            "Five samples (5, 7) became 25 mixtures, shape (5, 5, 7): a weight of shape (B, 1, 1) has one axis more "
            "than the samples, and broadcasting made every weight meet every sample. An MLP on the last axis takes "
            "them without a word."
        )
    if tuple(got.shape) != (5, 7):
        refuse(f"Five samples of shape (5, 7) give five mixtures, and yours have the shape {tuple(got.shape)}.")
    if close(got, (1 - weights[:, None]) * real + weights[:, None] * fake):
        return "The weight is on the wrong one of the two: it belongs to the real sample, 1 - weight to the fake."
    if not close(got, right):
        return "For samples (B, L) these are not the mixtures w x + (1 - w) y, sample by sample."
    square, right, weights, real, fake = ask(6, 6)
    if not close(square, right):
        return (
            "Right for five samples of length 7, wrong for six of length 6: there the weights fit on the *time* axis "
            "just as well, and that is where they went."
        )
    for shape in ((5, 3, 7), (4, 4, 6), (3, 2, 1, 6)):
        got, right, weights, real, fake = ask(*shape)
        if got.shape == right.shape and close(got, right):
            continue
        if got.shape == right.shape:
            return (
                f"Right for samples (B, L), wrong for {shape}: the weights landed on another axis than the batch. They "
                "need as many axes as the samples have."
            )
        return f"Right for samples (B, L), and samples of shape {shape} become mixtures of shape {tuple(got.shape)}."
    return None


# ------------------------------------------------------------------------------------------- 7 the flat spot


@exercise(
    notebook=MUSEUM,
    title="Room 7, the flat spot",
    right="At slope 0 the norm has no derivative, and any finite choice will do; torch's own takes 0.",
)
def norms_without_nan(answer):
    norms = as_function(answer)

    def ask(slopes: Tensor) -> Tensor:
        return as_tensor(norms(slopes), what="the norms")

    slopes = _normal(5, 3, 4, seed=8)
    right = slopes.double().square().sum(dim=(1, 2)).sqrt()
    got = ask(slopes.clone())
    if tuple(got.shape) in ((5, 4), (5, 3)):
        return "A norm over one axis alone: the samples have two besides the batch."
    if tuple(got.shape) != (5,):
        refuse(f"One norm a sample was expected, shape (5,), and yours have the shape {tuple(got.shape)}.")
    if close(got, right**2):
        return "Without its root there is no NaN, and no norm either: a slope of 3 is charged as if it were 9."
    if close(got, slopes.abs().sum(dim=(1, 2))):
        return "A sum of absolute values: another norm, larger than the one that the penalty is about."
    at_zero = float(ask(torch.zeros(1, 3, 4)).detach())
    if at_zero > 1e-3:
        return (
            f"A flat critic has slope 0, and yours says {at_zero:.2g}: what was added under the root is large enough "
            "to count as slope. 1e-12 is plenty."
        )
    if not close(got, right, rel=1e-3):
        return f"The first of these five slopes has the norm {right[0]:.3f}, and yours says {got[0]:.3f}."
    slopes = torch.cat([torch.zeros(1, 3, 4), slopes]).requires_grad_(True)
    result = ask(slopes)
    if not result.requires_grad:
        return "The norms are right and have come loose from the graph: a penalty of them teaches the critic nothing."
    (slope,) = torch.autograd.grad((result - 1).square().sum(), slopes)
    if not torch.isfinite(slope).all():
        return (
            "The value at slope 0 is 0, as it should be, and its derivative is NaN: the root is infinitely steep "
            "there, and infinity times 0 is no number. Mending the value after the root (nan_to_num, where, clamp, a "
            "small number added outside) does not mend the derivative: keep the root itself away from 0."
        )
    expected = 2 * (right - 1)[:, None, None] * slopes[1:].detach() / right[:, None, None]
    if not close(slope[1:], expected, rel=1e-3, abs=1e-4):
        return "The values are right, and away from 0 their derivatives are not: part of it is off the graph."
    return None


# ------------------------------------------------------------------------------------------- 8 over the fence


class _Weighing(nn.Module):
    """A critic f(x) = w . x + b whose gradient is known: that of `loss` is (1, -1, 1, -1) in w and 1 in b."""

    def __init__(self, weight: list[float], bias: float) -> None:
        super().__init__()
        self.weight, self.bias = nn.Parameter(torch.tensor(weight)), nn.Parameter(torch.tensor([bias]))

    def forward(self, x: Tensor) -> Tensor:
        return x @ self.weight + self.bias


_UPHILL = torch.tensor([[1.0, -1.0, 1.0, -1.0]])


@exercise(
    notebook=MUSEUM,
    title="Room 8, over the fence",
    right="Whoever uses the critic next, the generator or the next batch, finds it inside the limits.",
)
def clipped_update(answer):
    update = as_function(answer)

    def ask(weight: list[float], bias: float, rate: float, stale: float = 0.0) -> tuple[Tensor, Tensor]:
        critic = _Weighing(weight, bias)
        for parameter in critic.parameters():
            parameter.grad = torch.full_like(parameter, stale)
        update(critic, torch.optim.SGD(critic.parameters(), lr=rate), lambda net: net(_UPHILL).mean(), 0.01)
        return critic.weight.detach(), critic.bias.detach()

    start = torch.tensor([0.009, -0.009, 0.0, 0.002])
    step = 0.004 * torch.tensor([-1.0, 1.0, -1.0, 1.0])
    weight, bias = ask(start.tolist(), -0.009, 0.004)
    if close(weight, start, abs=1e-7):
        return "The weights have not moved at all: loss.backward(), then optimizer.step()."
    if close(weight, (start - step).clamp(-0.01, 0.01), abs=1e-7):
        return "The weights moved uphill: the optimiser *minimises* the loss that it is given."
    outside, _ = ask([0.009, -0.009, -0.008, 0.008], 0.0, 0.004)  # the last two step over the limits
    beyond, _ = ask([0.015, -0.020, 0.0, 0.0], 0.0, 0.001)  # the first two begin outside
    if close(beyond, [0.010 - 0.001, -0.010 + 0.001, -0.001, 0.001], abs=1e-7) and outside.abs().max() > 0.0101:
        return (
            "Clipped, and then moved: after your update weights of 0.012 stand outside the limit of 0.01, and that is "
            "the critic the generator learns from. Clipping is a projection *after* the step."
        )
    # the gradient's entries are 1, so a gradient clipped to 0.01 takes steps of a hundredth
    if close(weight, start + 0.01 * step, abs=1e-7) or close(weight, start + 0.01 / 5**0.5 * step, abs=1e-6):
        return (
            "You clipped the *gradient*: the step is shorter, and the weights go wherever many short steps lead. "
            "WGAN clips the weights themselves."
        )
    if close(outside, [0.005, -0.005, -0.012, 0.012], abs=1e-7):
        if close(beyond, [0.014, -0.019, -0.001, 0.001], abs=1e-7):
            return (
                "Nothing is clipped: weights end at 0.012. (p.clamp(-c, c) makes a clipped copy and leaves the weight "
                "alone; p.clamp_ changes it.)"
            )
        return "Some weights end at 0.012, outside the limit of 0.01."
    if close(outside, [0.005, -0.005, -0.012, 0.010], abs=1e-7):
        return "Only the upper limit is there: a weight stands at -0.012. From -limit to limit."
    if close(outside, [0.005, -0.005, -0.010, 0.012], abs=1e-7):
        return "Only the lower limit is there: a weight stands at 0.012. From -limit to limit."
    if not close(outside, [0.005, -0.005, -0.010, 0.010], abs=1e-7):
        return (
            "Each weight by itself is to end between -0.01 and 0.01, moved by the step and by nothing else; weights "
            f"that should be 0.005, -0.005, -0.010, 0.010 came out as {', '.join(f'{w:.3f}' for w in outside)}."
        )
    if not close(bias, torch.tensor([-0.010]), abs=1e-7):
        return f"The bias ends at {float(bias):.3f}: it is a parameter too, and WGAN clips them all."
    if not close(ask(start.tolist(), -0.009, 0.004, stale=-3.0)[0], weight, abs=1e-7):
        return "The last batch's gradients are still in your step: optimizer.zero_grad() before backward()."
    return None


# ------------------------------------------------------------------------------------------- 9 seven of eight


@exercise(
    notebook=MUSEUM,
    title="Room 9, seven of eight",
    right="A circle has no end, so the last angle stops one step short of the first.",
)
def modes_on_a_ring(answer):
    centers = as_function(answer)

    def ask(modes: int) -> Tensor:
        got = as_tensor(centers(modes), what="the centres").detach().double()
        if got.ndim != 2 or got.shape[1] != 2:
            refuse(f"Centres of shape ({modes}, 2) were expected, and yours have the shape {tuple(got.shape)}.")
        return got

    def angles(points: Tensor) -> np.ndarray:
        turns = torch.atan2(points[:, 1], points[:, 0]).numpy() / (2 * math.pi)
        return np.sort(np.round(turns % 1, 6) % 1)

    got = ask(8)
    if len(got) != 8:
        return f"Eight modes were asked for, and there are {len(got)} centres."
    distinct = len(got.round(decimals=4).unique(dim=0))
    if distinct == 7 and close(got[0], got[-1], abs=1e-4):
        return (
            "Eight rows and seven places: the last angle is 2 pi, which is the first over again. That mode gets two "
            "shares of the samples, and no generator can ever find eight."
        )
    if distinct < 8:
        return f"Eight rows and only {distinct} different places."
    if not close(got.norm(dim=1), torch.ones(8)):
        return "The modes do not all lie at distance 1 from the middle. Cosine for one coordinate, sine for the other."
    gaps = np.diff(np.append(angles(got), angles(got)[0] + 1))
    if not np.allclose(gaps, 1 / 8, atol=1e-4):
        return (
            "Eight places, and the gaps between neighbours are not all 45 degrees: they run from "
            f"{360 * gaps.min():.0f} to {360 * gaps.max():.0f}. Are the angles in radians, and do they go all the way "
            "round?"
        )
    if not np.allclose(angles(got), np.arange(8) / 8, atol=1e-4):
        return "Evenly spaced, and turned: the first mode was asked for at (1, 0)."
    for modes in (1, 5):
        got = ask(modes)
        if len(got) != modes or not np.allclose(angles(got), np.arange(modes) / modes, atol=1e-4):
            return f"Right for eight modes, wrong for {modes}. Is a number built in?"
    return None


# ------------------------------------------------------------------------------------------- 10 the empty folder


@exercise(
    notebook=MUSEUM,
    title="Room 10, the empty folder",
    right="And the distance that it goes by is measured on samples: the generator's loss would pick another moment.",
)
def saved_steps(answer):
    saved = as_function(answer)

    def ask(distances: list[float]) -> list[int]:
        got = saved(list(distances))
        if isinstance(got, (Tensor, np.ndarray)):
            got = got.tolist()
        if not isinstance(got, (list, tuple)):
            refuse("A list of the steps at which a copy is saved was asked for, [] if there are none.")
        return [int(as_number(step, what="a step")) for step in got]

    distances = [5.0, 6.0, 3.0, 4.0, 3.5, 2.0, 7.0]
    got = ask(distances)
    if got == []:
        return (
            "Nothing is ever saved: the best so far starts at infinity and a copy is kept when the distance *exceeds* "
            "it. Nothing exceeds infinity. Smaller is better here."
        )
    if got == [0, 1, 6]:
        return (
            "A copy is saved at each new *worst*: the distance of the last one is 7, the largest of all. Smaller is "
            "better here."
        )
    if got == list(range(7)):
        return "Saved at every step, so the last one wins, which is the worst here: is the best so far ever updated?"
    if got == [0, 2, 4, 5] or got == [2, 4, 5]:
        return "You compare with the step before, not with the best so far: step 4 (3.5) is saved over step 2 (3.0)."
    if got == [5]:
        return (
            "Step 5 is the best of the whole run, and that is known only when it is over. A run that is stopped must "
            "have kept the best *so far*."
        )
    if got == [2, 5]:
        return "The first step is missing: before it there is nothing better, so it is the best so far."
    if got == [1, 3, 6]:
        return "Counted from 1. The list's first distance is that of step 0."
    if got != [0, 2, 5]:
        return f"Of the distances {distances} the new smallest ones are those of steps [0, 2, 5], and yours are {got}."
    for distances, right in (([3.0, 2.0, math.nan, 2.5, 1.0], [0, 1, 4]), ([math.nan, 4.0, 5.0, 3.0], [1, 3])):
        got = ask(distances)
        if got != right:
            return (
                f"With a NaN among them, {distances}, the steps to save are {right}, and yours are {got}: every "
                "comparison with NaN is False, and a NaN that becomes the best so far blocks (or admits) all others."
            )
    if ask([2.0, 1.0]) != [0, 1] or ask([]) != []:
        return "Right for one list, wrong for [2.0, 1.0] or for an empty one. Is a number built in?"
    return None


# ------------------------------------------------------------------------------------------- 11 the amnesiac


class _Job:
    """A small run: a net with BatchNorm, Adam, and a learning rate that depends on the step."""

    def __init__(self, seed: int) -> None:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.model = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Tanh(), nn.Linear(4, 1))
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=0.1)
        self.step = 0

    def advance(self, steps: int) -> None:
        for _ in range(steps):
            for group in self.optimizer.param_groups:
                group["lr"] = 0.1 / (1 + self.step)
            loss = (self.model(_normal(8, 3, seed=self.step)) - 1).square().mean()
            self.optimizer.zero_grad()
            loss.backward()
            self.optimizer.step()
            self.step += 1

    def weights(self) -> list[Tensor]:
        return [value.detach().clone() for value in self.model.state_dict().values()]


@exercise(
    notebook=MUSEUM,
    title="Room 11, the amnesiac",
    right="A run that is resumed from it takes the very steps that the uninterrupted run takes. (Where noise is drawn "
    "from a stream, the stream's state belongs in it too.)",
)
def snapshot(answer):
    take = as_function(answer)
    job = _Job(seed=0)
    job.advance(4)
    then = {
        "model": copy.deepcopy(job.model.state_dict()),
        "optimizer": copy.deepcopy(job.optimizer.state_dict()),
        "step": 4,
    }
    state = take(job.model, job.optimizer, job.step)
    if not isinstance(state, dict):
        refuse('A dict was asked for: {"model": ..., "optimizer": ..., "step": ...}.')
    missing = [key for key in then if key not in state]
    if missing == ["optimizer", "step"]:
        return (
            "The weights alone. The resumed run begins again at step 0, with the first step's learning rate, and its "
            "Adam has forgotten its running means: it is another run from the same weights."
        )
    if missing:
        lost = {
            "step": "the schedule begins anew, and so does the numbering of the log",
            "optimizer": "Adam's running means begin at 0, and its first steps are of full length again",
            "model": "the weights are those of a new network",
        }
        return f"{' and '.join(missing)} missing: {'; '.join(lost[key] for key in missing)}."
    if isinstance(state["model"], nn.Module) or isinstance(state["optimizer"], torch.optim.Optimizer):
        return "The objects themselves are in it. Store their state_dict(): that is what load_state_dict() takes."
    step = as_number(state["step"], what="the step")
    if step != 4:
        return f"Four steps are done, and the snapshot says {step:g}: a step is done twice or left out after resuming."
    job.advance(5)
    if not all(close(state["model"].get(key, math.nan), then["model"][key]) for key in then["model"]):
        known = set(then["model"]) <= set(state["model"])
        if known and all(close(state["model"][key], value) for key, value in job.model.state_dict().items()):
            return (
                "The run went on for five steps, and the snapshot went with it: state_dict() hands out the live "
                "tensors, not copies. Kept in memory, the 'best' weights are always the newest: copy.deepcopy."
            )
        return (
            "The model's state is not complete: BatchNorm's running means are no parameters, and belong to it all the "
            "same. state_dict() has both."
        )
    resumed = _Job(seed=1)
    resumed.model.load_state_dict(state["model"])
    try:
        resumed.optimizer.load_state_dict(state["optimizer"])
    except (AttributeError, KeyError, TypeError, ValueError):
        return "What stands under 'optimizer' is not this optimiser's state: store optimizer.state_dict()."
    resumed.step = int(step)
    resumed.advance(5)
    if not all(close(a, b) for a, b in zip(resumed.weights(), job.weights(), strict=True)):
        return (
            "The snapshot's weights stand still, and its optimiser does not: Adam's running means in it went on with "
            "the run. Copy all of it."
        )
    return None


# ------------------------------------------------------------------------------------------- 12 half a range


@exercise(
    notebook=MUSEUM,
    title="Room 12, half a range",
    right="The generator's last layer and the data's scale are one decision, made twice: write them side by side.",
)
def for_tanh(answer):
    scale = as_function(answer)
    values = 40 + 25 * _normal(6, 1, 20, seed=9) * torch.linspace(0.2, 1, 6)[:, None, None]
    low, high = values.min(), values.max()
    right = 2 * (values - low) / (high - low) - 1
    got = as_tensor(scale(values.clone()), shape=tuple(values.shape), what="the scaled signals").detach()
    if close(got, (right + 1) / 2):
        return (
            "From 0 to 1, and the generator ends in a tanh, which makes -1 to 1: half of its range lies where no data "
            "is, and a critic needs to look at nothing else."
        )

    def by(dim) -> Tensor:
        least, most = values.amin(dim=dim, keepdim=True), values.amax(dim=dim, keepdim=True)
        return 2 * (values - least) / (most - least) - 1

    if close(got, by(2)) or close(got, by((1, 2))):
        return (
            "Each signal by its own range: all now reach from -1 to 1, and which was large and which was small can "
            "never be learnt, or undone. One scale for all."
        )
    if close(got, by(0)):
        return "Each time step by its own range: that bends the signals. One scale for all."
    if close(got, 2 * values - 1):
        return "2x - 1 is right for data between 0 and 1. These signals are not: take their least and greatest value."
    if close(got, (values - values.mean()) / values.std(), rel=1e-2):
        beyond = float((got.abs() > 1).double().mean())
        return (
            f"Mean 0 and standard deviation 1: {beyond:.0%} of the values lie beyond what a tanh can make. That scale "
            "wants a linear last layer."
        )
    if got.abs().max() > 1.0001:
        return f"The largest scaled value is {float(got.abs().max()):.2f}, and a tanh never exceeds 1."
    if close(got, values / values.abs().max()):
        return "Divided by the largest value: these signals are all positive or nearly so, and -1 to 0 stays empty."
    if close(got, -right):
        return "Upside down: the least value became 1."
    if not close(got, right, abs=1e-4):
        return (
            "The least value of all was to become -1, the greatest 1, and a straight line between; yours run from "
            f"{float(got.min()):.2f} to {float(got.max()):.2f} along another path."
        )
    return None


# ------------------------------------------------------------------------------------------- 13 the wrong pupil


@exercise(
    notebook=MUSEUM,
    title="Room 13, the wrong pupil",
    right="The critic's lesson is for the critic.",
)
def critics_lesson(answer):
    lesson = as_function(answer)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        generator, critic = nn.Linear(3, 2), nn.Sequential(nn.Linear(2, 1), nn.Flatten(0))
    real, noise = _normal(6, 2) + 2, _normal(6, 3, seed=1)
    fake = generator(noise).detach()
    right = float((critic(fake).mean() - critic(real).mean()).detach())
    loss = lesson(generator, critic, real, noise.clone())
    got = as_number(loss, what="the loss")
    if close(got, -right):
        return "The sign is turned around: the critic minimises its mean score of fakes *less* that of real samples."
    if not close(got, right):
        return f"The loss is E D(G(z)) - E D(x) = {right:.4f} here, and yours is {got:.4f}."
    if not isinstance(loss, Tensor) or not loss.requires_grad:
        return (
            "Nobody learns: nothing of the graph is left. Only the generator's part is to be cut off; the critic must "
            "stay outside torch.no_grad()."
        )
    if not all(parameter.requires_grad for parameter in generator.parameters()):
        return (
            "The generator's weights were frozen (requires_grad_(False)) and stay frozen: in its own step it will not "
            "learn. Cut the fakes off in place of it, or thaw it again."
        )
    loss.backward()
    weight = critic[0].weight.grad
    expected = fake.mean(dim=0) - real.mean(dim=0)
    if any(parameter.grad is not None and bool(parameter.grad.abs().max() > 0) for parameter in generator.parameters()):
        return (
            "After backward() the generator's weights hold a gradient: the critic's lesson went on through the fakes "
            "into the generator, whose own wish is the exact opposite. It costs a backward pass that nobody needs, "
            "and unless it is cleared in time the generator walks backwards."
        )
    if weight is None or close(weight[0], -real.mean(dim=0)):
        return (
            "The critic learns from real samples alone: its *scores* of the fakes were cut off, and it was the fakes "
            "themselves that should be."
        )
    if close(weight[0], fake.mean(dim=0)):
        return "The critic learns from fakes alone: its scores of the real samples were cut off."
    if not close(weight[0], expected, abs=1e-5):
        return "The critic's gradient is not that of E D(G(z)) - E D(x)."
    return None


# ------------------------------------------------------------------------------------------- 14 nobody at home


@exercise(
    notebook=MUSEUM,
    title="Room 14, nobody at home",
    right="For 2 channels and more it is the benchmark's own rule, so published scores can still be compared.",
)
def hidden_units(answer):
    units = as_function(answer)

    def ask(channels: int) -> float:
        return as_number(units(channels), what="the number of units")

    channels = (1, 2, 3, 4, 5, 6, 24)
    got = [ask(n) for n in channels]
    if got[0] == 0:
        return "One channel still gets 1 // 2 = 0 units: a recurrent layer with nothing in it, which torch refuses."
    if any(number != int(number) for number in got):
        return "Half a unit does not exist: whole numbers, rounded down as the benchmark does."
    if got[0] > 1:
        return f"{got[0]:g} units for one channel; the smallest judge that works, 1, was asked for."
    if got == [-(-n // 2) for n in channels]:
        return (
            "Rounded up, which mends one channel and changes every other odd number: with 3 channels the benchmark has "
            "1 unit. Its published scores are then no longer comparable with yours."
        )
    if got == list(channels):
        return "As many units as channels: twice the benchmark's judge, and a stronger judge gives worse scores."
    if len(set(got)) == 1:
        return "The same number for any number of channels: the benchmark's judges grow with the data."
    if got != [1, 1, 1, 2, 2, 3, 12]:
        return f"For {channels} channels the units are (1, 1, 1, 2, 2, 3, 12), and yours are {tuple(map(int, got))}."
    return None
