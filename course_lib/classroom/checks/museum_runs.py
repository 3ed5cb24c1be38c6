"""Judges of the museum of bugs, rooms 8 to 11: clipping, counting, keeping and going on.

Each refuses the mistake on show by its idea, and a few of its relatives by theirs. They judge by behaviour: closed
forms, which points a critic is asked about, where gradients arrive, what a run does after it is resumed. How an answer
is written is never looked at.
"""

import copy
import math

import numpy as np
import torch
from torch import Tensor, nn

from course_lib.classroom.checks.base import as_function, as_number, as_tensor, close, exercise, refuse
from course_lib.classroom.checks.museum_helpers import MUSEUM, normal

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
            loss = (self.model(normal(8, 3, seed=self.step)) - 1).square().mean()
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
    again = take(job.model, job.optimizer, 9)
    if as_number(again["step"], what="the step") != 9:
        return f"After nine steps the snapshot says {as_number(again['step']):g}. Is a number built in?"
    return None
