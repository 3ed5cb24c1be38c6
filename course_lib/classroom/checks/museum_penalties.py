"""Judges of the museum of bugs, rooms 1 to 4: penalties that look right and are not.

Each refuses the mistake on show by its idea, and a few of its relatives by theirs. They judge by behaviour: closed
forms, which points a critic is asked about, where gradients arrive, what a run does after it is resumed. How an answer
is written is never looked at.
"""

import torch
from torch import Tensor, nn

from course_lib.classroom.checks.base import as_function, as_number, as_tensor, close, exercise, refuse
from course_lib.classroom.checks.museum_helpers import MUSEUM, bent, learns, linear, normal, wrong_charge
from course_lib.classroom.checks.numbers import apart

UNEQUAL = [[0.0], [4.0], [3.0]]  # points at which `bent` has the slopes 0, 4 and 3
CHARGE_OF_EACH, MEAN_OF_NORMS = (1 + 9 + 4) / 3, (7 / 3 - 1) ** 2

# ------------------------------------------------------------------------------------------- 1 the electrodes


@exercise(
    notebook=MUSEUM,
    title="Room 1, the electrodes",
    right="Whatever the shape: all axes but the batch are one sample.",
)
def electrode_penalty(answer):
    penalty = as_function(answer)

    def ask(slope: Tensor, batch: int) -> float:
        return as_number(penalty(linear(slope), normal(batch, *slope.shape)), what="the penalty")

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
        return f"A critic of slope exactly 1 costs nothing, and yours says {apart(0, got)[1]}."
    slope = normal(4, 1, 40, seed=1)
    got = ask(slope, 5)
    if close(got, slope.norm() - 1):
        return "The square is missing: the distance of the slope from 1 is charged as it is."
    if not close(got, (slope.norm() - 1) ** 2):
        return wrong_charge(slope, got)
    for shape in ((7,), (2, 6)):
        if not close(ask(normal(*shape, seed=2), 3), (normal(*shape, seed=2).norm() - 1) ** 2):
            return (
                f"Right for recordings (B, 4, 1, 40), wrong for samples of shape (B, {', '.join(map(str, shape))}): "
                "axes are counted by hand somewhere. flatten(1) does not need to know how many there are."
            )
    weight = normal(2, 6, seed=3).requires_grad_(True)
    slope = learns(penalty(linear(weight), normal(3, 2, 6)), weight, "the penalty")
    norm = weight.detach().norm()
    if not close(slope, 2 * (norm - 1) * weight.detach() / norm):
        return "The number is right, its derivative in the critic's weights is not: part of it is off the graph."
    got = as_number(penalty(bent(1.0), torch.tensor(UNEQUAL)), what="the penalty")
    if close(got, MEAN_OF_NORMS):
        return (
            "The norms are averaged before they are charged: slopes of 0, 3 and 4 cost as much as three of 7/3. A "
            "steep sample and a flat one must not make up for each other: the mean comes last."
        )
    if not close(got, CHARGE_OF_EACH):
        return f"Slopes of 0, 3 and 4 cost (1 + 4 + 9)/3 = {CHARGE_OF_EACH:.4f}, and yours says {got:.4f}."
    return None


# ------------------------------------------------------------------------------------------- 2 the unpaid bill


def _steep_between(x: Tensor) -> Tensor:
    """A critic of one number: slope 3 strictly between 0 and 10, slope 1 at 0, at 10 and beyond."""
    inside = x.clamp(1e-4, 10 - 1e-4)
    return (3 * inside + (x - inside)).sum(dim=1)


@exercise(
    notebook=MUSEUM,
    title="Room 2, the unpaid bill",
    right="What is printed and what is minimised are now the same thing.",
)
def whole_critic_loss(answer):
    loss_of = as_function(answer)
    real, fake = normal(6, 2, 5) + 1, normal(6, 2, 5, seed=1)

    def ask(slope: Tensor, weight: float, swap: bool = False) -> object:
        pair = (fake, real) if swap else (real, fake)
        result = loss_of(linear(slope), *pair, weight)
        as_number(result, what="the loss")
        return result

    slope = normal(2, 5, seed=2).requires_grad_(True)
    flat = slope.detach()
    difference = float(linear(flat)(fake).mean() - linear(flat)(real).mean())
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
        return "For this linear critic the loss is {}, and yours is {}.".format(*apart(difference + 7 * charge, got))
    learnt = learns(result, slope, "the loss")
    means = fake.mean(dim=0) - real.mean(dim=0)
    if close(learnt, means):
        return (
            "The number is right and the bill is still unpaid: the penalty was added as a constant (.item() or "
            ".detach()). A constant has no slope, so the critic's weights never hear of it."
        )
    if not close(learnt, means + 14 * (flat.norm() - 1) * flat / flat.norm(), abs=1e-5):
        return "The number is right, and its derivative in the critic's weights is not: a part is off the graph."
    real, fake = torch.full((6, 1), 10.0), torch.zeros(6, 1)
    got = as_number(loss_of(_steep_between, real, fake, 2.5), what="the loss")
    difference = float(_steep_between(fake).mean() - _steep_between(real).mean())
    if close(got, difference):
        return (
            "This critic has the slope 1 at the samples and 3 everywhere between them, and pays nothing: the slope is "
            "asked for at the samples themselves. The penalty needs both, real and fake, to look between them."
        )
    if not close(got, difference + 2.5 * 4):
        return (
            f"A critic of slope 3 between real and fake samples has the loss {difference:.4f} + 2.5 x 4 = "
            f"{difference + 10:.4f} at the weight 2.5, and yours is {got:.4f}."
        )
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
        points, curvature = normal(batch, *shape, seed=4), normal(*shape, seed=5)
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
    points = normal(5, 3)
    result = slopes(lambda x: weight * x.square().sum(dim=1) / 2, points)
    learnt = learns(result.sum() if isinstance(result, Tensor) else result, weight, "the slope")
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
        return linear(self.slope)(x)


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
        return f"A critic of slope exactly 1 costs nothing, and yours says {apart(0, got)[1]}."
    if not torch.equal(ask(unit)[1], weights) or torch.equal(ask(unit, seed=1)[1], weights):
        return "The weights are not drawn from the `generator` that was passed in: a run could not be repeated."
    steep = normal(2, 8, seed=2)
    right = float((steep.norm() - 1) ** 2)
    got, _ = ask(steep, 5)
    if close(got, 5 * right):
        return "Summed over the batch in place of averaged: a larger batch would be charged more."
    if not close(got, right):
        return wrong_charge(steep, got)
    critic = _Asked(unit)  # the same weights, real and fake exchanged: what is left of each is the fake's share
    penalty(critic, torch.zeros(16, 2, 8), torch.ones(16, 2, 8), torch.Generator().manual_seed(0))
    if not close(critic.points[-1], 1 - weights):
        return "A mixture's two shares must add up to 1: weight for the real sample, 1 - weight for the fake."
    mixed = nn.Parameter(torch.tensor(1.0))
    result = penalty(bent(mixed), torch.tensor(UNEQUAL), torch.tensor(UNEQUAL), torch.Generator())
    got = as_number(result, what="the penalty")
    if close(got, MEAN_OF_NORMS):
        return "The norms are averaged before they are charged: slopes of 0, 3 and 4 count as three of 7/3."
    if not close(got, CHARGE_OF_EACH):
        return f"Slopes of 0, 3 and 4 cost (1 + 4 + 9)/3 = {CHARGE_OF_EACH:.4f}, and yours says {got:.4f}."
    if not close(learns(result, mixed, "the penalty"), 12):  # the mean of 2 (s - 1) s
        return "The number is right, its derivative in the critic's weights is not."
    return None
