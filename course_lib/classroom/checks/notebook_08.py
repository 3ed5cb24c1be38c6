"""Judges of notebook 08: the schedule, a transposed convolution's length, and the penalty's norm."""

import numpy as np
import torch
from torch.nn.functional import conv_transpose1d

from course_lib.classroom.checks.base import as_function, as_number, as_numbers, close, exercise
from course_lib.classroom.checks.numbers import apart
from course_lib.training import TrainingConfig

# --------------------------------------------------------------------------------------------- the schedule


@exercise(
    notebook="08",
    title="Count the updates",
    right="Most of a WGAN-GP's time goes into its critic, and so does most of the data that it sees.",
)
def updates_of_a_run(answer):
    count = as_function(answer)

    def ask(config: TrainingConfig, recordings: int) -> list[float]:
        return as_numbers(
            count(config, recordings),
            ("the critic's updates", "the generator's updates", "the showings of a recording"),
            otherwise="Three numbers were asked for: return critic_updates, generator_updates, showings.",
        )

    critic, generator, showings = ask(TrainingConfig(steps=100, critic_steps=5, batch_size=64), 3200)
    if (critic, generator) == (100, 500):
        return (
            "The other way round: critic_steps = 5 means five critic updates for each generator update. (The article "
            "that this course grew from has the same slip.)"
        )
    if critic == generator == 100:
        return "critic_steps = 5 is missing: before each of the 100 generator updates the critic is updated five times."
    if critic + generator == 100 or round(critic + generator) == 100:
        return (
            "You shared 100 updates out between the two networks. `steps` counts generator updates alone; the "
            "critic's come on top."
        )
    if (critic, generator) == (600, 100) or generator == 600:
        return "600 is the number of updates of both networks together: 500 of them are the critic's."
    if (critic, generator) != (500, 100):
        return (
            f"With 100 steps of 5 critic steps each the critic is updated 500 times and the generator 100 times; "
            f"yours says {critic:g} and {generator:g}."
        )
    if close(showings, 2):
        return (
            "The updates are right. The showings are not 2: the critic sees a fresh real batch at every critic update, "
            "and there are five times as many of these as of generator updates."
        )
    if close(showings, 20):
        return (
            "The updates are right. The showings are not 20: half of the signals that the critic scores are generated, "
            "and only a real one is a showing of a recording."
        )
    if close(showings, 32_000):
        return "The updates are right. 32,000 real signals are shown in all: how often is that for each of the 3,200?"
    if close(showings, 500 / 3200):
        return "The updates are right. An update shows a batch of 64 signals, not one."
    if not close(showings, 10):
        _, yours = apart(10, showings, ".6g")
        return f"The updates are right. Each of 3,200 recordings is shown 10 times on average; yours says {yours}."
    other = ask(TrainingConfig(steps=70, critic_steps=3, batch_size=32), 480)
    if not close(np.array(other), np.array([210.0, 70.0, 14.0])):
        yours = ", ".join(apart(right, got, ".6g")[1] for right, got in zip((210, 70, 14), other, strict=True))
        return (
            "Right for one config, and for steps=70, critic_steps=3, batch_size=32 and 480 recordings yours gives "
            f"{yours} where 210, 70, 14 is right. Is a number built in?"
        )
    return None


# ------------------------------------------------------------------------- the length of a transposed convolution


def _length(length: int, kernel: int, stride: int, padding: int, output_padding: int) -> int:
    """Asked of torch itself."""
    signal, weight = torch.zeros(1, 1, length), torch.zeros(1, 1, kernel)
    return conv_transpose1d(signal, weight, None, stride, padding, output_padding).shape[-1]


@exercise(
    notebook="08",
    title="How long is the output?",
    right="Three layers with kernel 5, stride 2, padding 2 and output padding 1 take 20 steps to 160.",
)
def transposed_length(answer):
    ask_for = as_function(answer)

    def ask(*sizes: int) -> float:
        return as_number(ask_for(*sizes), what="the length")

    cases = [(20, 5, 2, 2, 1), (20, 5, 2, 2, 0), (11, 4, 3, 0, 0), (7, 9, 1, 4, 0), (10, 16, 4, 6, 0), (6, 3, 5, 1, 4)]
    got, right = [ask(*case) for case in cases], [_length(*case) for case in cases]
    if got == right:
        return None

    def same(rule) -> bool:
        return got == [rule(*case) for case in cases]

    if same(lambda n, k, s, p, o: (n + 2 * p - k) // s + 1) or got[0] <= 20:
        return (
            f"20 steps became {got[0]:g}: that is how a *convolution* with stride 2 shrinks a signal. A transposed one "
            "goes the other way: each input step lays a kernel down, and the next one lies a stride further."
        )
    if same(lambda n, k, s, p, o: n * s):
        return (
            "Length times stride is right where kernel and paddings are chosen for it, as in the source's nets, and "
            "only there: 7 steps through a kernel of 4 at stride 3 without padding become 22, not 21."
        )
    if same(lambda n, k, s, p, o: (n - 1) * s - 2 * p + k):
        return (
            "Right without output padding, which you left out: it makes the result longer by that many steps, at the "
            "right end."
        )
    if same(lambda n, k, s, p, o: n * s - 2 * p + k + o):
        return "Too long by one stride: n kernels lie at 0, s, 2s, ..., so the last starts at (n - 1) s, not at n s."
    if same(lambda n, k, s, p, o: (n - 1) * s - p + k + o):
        return "The padding is cut off at both ends: it counts twice."
    if same(lambda n, k, s, p, o: (n - 1) * s + 2 * p + k + o) or same(lambda n, k, s, p, o: (n - 1) * s + k + o):
        return (
            "In a transposed convolution padding makes the output *shorter*: it is what the convolution that this one "
            "turns around would have added."
        )
    n, k, s, p, o = next(case for case, g, r in zip(cases, got, right, strict=True) if g != r)
    expected, yours = apart(_length(n, k, s, p, o), ask(n, k, s, p, o), ".6g")
    return (
        f"length {n}, kernel {k}, stride {s}, padding {p}, output padding {o}: torch makes "
        f"{expected} steps of it, and yours says {yours}."
    )


# ------------------------------------------------------------------------------------------ the penalty's norm


def _norms(slopes: torch.Tensor) -> torch.Tensor:
    return slopes.flatten(1).norm(dim=1)


@exercise(
    notebook="08",
    title="The penalty, from the slopes",
    right="The shape (B, C, L) never mattered: everything but the batch belongs to one sample.",
)
def penalty_of_slopes(answer):
    penalty = as_function(answer)

    def ask(slopes: torch.Tensor) -> float:
        return as_number(penalty(slopes.clone()), what="the penalty")

    slopes = torch.randn(6, 3, 5, generator=torch.Generator().manual_seed(0)) * torch.linspace(0.1, 1, 6)[:, None, None]
    norms = _norms(slopes)
    right = float((norms - 1).square().mean())
    if close(ask(slopes), (slopes.square().mean(dim=(1, 2)).sqrt() - 1).square().mean()):
        return (
            "A root mean square in place of a norm: it is smaller by the root of the number of values, so a longer "
            "signal would be allowed a steeper critic."
        )
    even = torch.full((9, 1, 160), 160**-0.5)
    got = ask(even)
    if close(got, (1 - 160**-0.5) ** 2, abs=1e-4):
        return (
            "Each of these signals has a slope of norm exactly 1, spread evenly over 160 steps, so the penalty is 0; "
            f"yours is {got:.2f}: the norm was taken at every time step instead of once per signal. Which axes belong "
            "to one sample?"
        )
    if close(got, 1, abs=1e-4):
        return (
            "Each of these signals has a slope of norm exactly 1, and the penalty is 0 there; yours is 1. "
            "It charges the distance from 0, and the penalty of WGAN-GP the distance from 1."
        )
    if close(got, (9**0.5 - 1) ** 2, abs=1e-4):
        return (
            "Nine signals with slopes of norm 1 have the penalty 0, and yours is 4: the norm ran over the whole batch. "
            "One norm a signal, then the mean."
        )
    got = ask(slopes)
    if close(got, (slopes.norm(dim=2) - 1).square().mean()):
        return (
            "With one channel yours is right; with three it asks for slope 1 in every channel. A signal is all of its "
            "channels: one norm over channels and time together."
        )
    if close(got, (slopes.norm(dim=1) - 1).square().mean()):
        return "The norm was taken at every time step instead of once per signal. Which axes belong to one sample?"
    if close(got, (slopes.norm() - 1).square()) or close(got, (slopes.norm() / 6**0.5 - 1).square()):
        return "The norm ran over the whole batch: a steep signal hides behind flat ones. One norm a signal."
    if close(got, (norms.mean() - 1).square()):
        return (
            "You averaged the norms and charged the mean: slopes of 0 and 2 then cost nothing. Charge each signal, "
            "then average."
        )
    if close(got, (norms.square() - 1).square().mean()):
        return (
            "The root is missing: you compare the *squared* norm with 1. It is 0 at the same place, but a slope of 3 "
            "costs 64 in place of 4."
        )
    if close(got, (norms - 1).abs().mean()):
        return "The square is missing: the distance from 1 is charged as it is."
    if close(got, (norms - 1).clamp(min=0).square().mean()):
        return "Only slopes above 1 are charged. That is the one-sided penalty; the paper's charges both sides."
    if close(got, (norms - 1).square().sum()):
        return "Summed over the batch, not averaged: with a batch twice as large the penalty would weigh twice as much."
    if not close(got, right):
        expected, yours = apart(right, got)
        return f"For these six signals of 3 channels and 5 steps the penalty is {expected}, and yours is {yours}."
    slopes = slopes.clone().requires_grad_(True)
    result = penalty(slopes)
    if not isinstance(result, torch.Tensor) or not result.requires_grad:
        return (
            "The number is right, but it has come loose from the graph (.item(), NumPy or .detach()): the critic could "
            "not learn from it. Return a tensor that torch can differentiate."
        )
    flat = torch.zeros(2, 1, 8, requires_grad=True)
    (at_zero,) = torch.autograd.grad(penalty(flat), flat)
    if not torch.isfinite(at_zero).all():
        return (
            "The number is right; at slope 0 its derivative is NaN, because the root of a sum of squares is infinitely "
            "steep there. A single flat spot of the critic would end the training: torch's .norm() takes 0 for it."
        )
    return None
