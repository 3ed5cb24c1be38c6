"""Judges of the museum of bugs, rooms 5 to 7: mixing weights, their shapes, and the norm at 0.

Each refuses the mistake on show by its idea, and a few of its relatives by theirs. They judge by behaviour: closed
forms, which points a critic is asked about, where gradients arrive, what a run does after it is resumed. How an answer
is written is never looked at.
"""

import torch
from scipy import stats
from torch import Tensor

from course_lib.classroom.checks.base import as_function, as_tensor, close, exercise, refuse, worst
from course_lib.classroom.checks.museum_helpers import MUSEUM, normal
from course_lib.classroom.checks.numbers import apart

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
    if got.ndim != 1:
        refuse(
            f"The shape (n,) was asked for, and yours is {tuple(got.shape)}: an axis more, and the next line "
            "broadcasts every weight over every sample (room 6)."
        )
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
        return f"{outside:.2%} of the weights lie outside [0, 1], and so the mixtures outside their two samples."
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
    if len(ask(50, 3)) != 50:
        return f"Right for n = 4000, and for n = 50 you drew {len(ask(50, 3))}. Is a number built in?"
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
        real, fake = normal(*shape, seed=6), normal(*shape, seed=7)
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

    slopes = normal(5, 3, 4, seed=8)
    right = slopes.double().square().sum(dim=(1, 2)).sqrt()
    got = ask(slopes.clone())
    if tuple(got.shape) in ((5, 4), (5, 3)):
        return "A norm over one axis alone: the samples have two besides the batch."
    if tuple(got.shape) != (5,):
        refuse(f"One norm a sample was expected, shape (5,), and yours have the shape {tuple(got.shape)}.")
    if tuple(ask(slopes[:1].clone()).shape) != (1,):
        return "Right for five samples; of one sample the norm has lost its axis. (B,) is (1,) there: no squeeze()."
    if close(got, right**2):
        return "Without its root there is no NaN, and no norm either: a slope of 3 is charged as if it were 9."
    if close(got, slopes.abs().sum(dim=(1, 2))):
        return "A sum of absolute values: another norm, larger than the one that the penalty is about."
    at_zero = float(ask(torch.zeros(1, 3, 4)).detach())
    if at_zero > 1.001e-3:  # the float32 root of 1e-6 is 0.00100000005
        return (
            f"A flat critic has slope 0, and yours says {at_zero:.4g}: what was added under the root is large enough "
            "to count as slope. 1e-12 is plenty."
        )
    if not close(got, right, rel=1e-3):
        (i,) = worst(got, right, rel=1e-3)
        expected, yours = apart(float(right[i]), float(got[i]), ".4g")
        return f"Slope {i} of these five has the norm {expected}, and yours says {yours}."
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
