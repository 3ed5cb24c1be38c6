"""Judges of the museum of bugs, rooms 12 to 14: the scale of data, whom a loss teaches, and what a sigmoid hides.

Each refuses the mistake on show by its idea, and a few of its relatives by theirs. They judge by behaviour: closed
forms, which points a critic is asked about, where gradients arrive, what a run does after it is resumed. How an answer
is written is never looked at.
"""

import torch
from torch import Tensor, nn

from course_lib.classroom.checks.base import as_function, as_number, as_tensor, close, exercise
from course_lib.classroom.checks.museum_helpers import MUSEUM, normal
from course_lib.classroom.checks.numbers import apart

# ------------------------------------------------------------------------------------------- 12 half a range


@exercise(
    notebook=MUSEUM,
    title="Room 12, half a range",
    right="The generator's last layer and the data's scale are one decision, made twice: write them side by side.",
)
def for_tanh(answer):
    scale = as_function(answer)
    values = 40 + 25 * normal(6, 1, 20, seed=9) * torch.linspace(0.2, 1, 6)[:, None, None]
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
        _, largest = apart(1, float(got.abs().max()), ".2f")
        return f"The largest scaled value is {largest}, and a tanh never exceeds 1."
    if close(got, values / values.abs().max()):
        return "Divided by the largest value: these signals are nearly all positive, so -1 to 0 stays nearly empty."
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
    real, noise = normal(6, 2) + 2, normal(6, 3, seed=1)
    fake = generator(noise).detach()
    right = float((critic(fake).mean() - critic(real).mean()).detach())
    loss = lesson(generator, critic, real, noise.clone())
    got = as_number(loss, what="the loss")
    if close(got, -right):
        return "The sign is turned around: the critic minimises its mean score of fakes *less* that of real samples."
    if not close(got, right):
        expected, yours = apart(right, got)
        return f"The loss is E D(G(z)) - E D(x) = {expected} here, and yours is {yours}."
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
