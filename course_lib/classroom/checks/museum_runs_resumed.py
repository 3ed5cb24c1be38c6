"""The judge of the museum's eleventh exhibit: a run that is resumed."""

import copy
import math

import torch
from torch import Tensor, nn

from course_lib.classroom.checks.base import as_function, as_number, close, exercise, refuse
from course_lib.classroom.checks.museum_helpers import MUSEUM, normal

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
