"""Judges of the museum of bugs, rooms 8 to 10: clipping, counting and keeping.

Each refuses the mistake on show by its idea, and a few of its relatives by theirs. They judge by behaviour: closed
forms, which points a critic is asked about, where gradients arrive. How an answer is written is never looked at.
"""

import math

import numpy as np
import torch
from torch import Tensor, nn

from course_lib.classroom.checks.base import as_function, as_number, as_tensor, close, exercise, refuse
from course_lib.classroom.checks.museum_helpers import MUSEUM

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

    def ask(
        weight: list[float], bias: float, rate: float, stale: float = 0.0, limit: float = 0.01
    ) -> tuple[Tensor, Tensor]:
        critic = _Weighing(weight, bias)
        for parameter in critic.parameters():
            parameter.grad = torch.full_like(parameter, stale)
        optimizer = torch.optim.SGD(critic.parameters(), lr=rate)
        if update(critic, optimizer, lambda net: net(_UPHILL).mean(), limit) is not critic:
            refuse("The critic itself was to be returned, and something else was.")
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
    narrow, _ = ask([0.002, -0.002, 0.0, 0.001], 0.0, 0.004, limit=0.003)  # the last two step over the limits
    if not close(narrow, [-0.002, 0.002, -0.003, 0.003], abs=1e-7):
        return "Right for a limit of 0.01, wrong for one of 0.003. Is a number built in?"
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
    if ask([3.0, 3.0, 2.0, 2.0]) == [0, 1, 2, 3]:
        return "Of [3, 3, 2, 2] all four are saved: a distance as small as the best is not smaller than it."
    if ask([2.0, 1.0]) != [0, 1] or ask([]) != [] or ask([3.0, 3.0, 2.0, 2.0]) != [0, 2]:
        return "Right for one list, wrong for [2.0, 1.0] or for an empty one. Is a number built in?"
    return None
