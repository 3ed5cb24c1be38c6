r"""A whole training step as one CUDA graph: recorded once, then replayed.

The idea: nets this small keep a GPU waiting for Python, which launches kernel after kernel. A graph holds all kernels
of a step, critic steps and generator step together, with their memory, and is launched as one. What differs from step
to step (learning rates, the penalty's weight, the average's memory, random numbers) lies in tensors on the device that
the graph reads.

The plain loop is the reference. No GPU was at hand: on CUDA this was neither run nor measured.
"""

from collections.abc import Callable

import torch
from torch import Tensor

from course_lib.training.run import Run

Row = dict[str, Tensor]
WARM_UP = 3  # steps taken plainly before one is recorded: libraries set themselves up, optimisers make their moments


class CapturedStep:
    """A step that is recorded after a few plain ones and then replayed; each call is one step of the run.

    Raises:
        ValueError: if the run is not on CUDA, has several processes' gradients to average, or unrolls its critic.
    """

    def __init__(self, run: Run, step: Callable[[Run], Row], record: Callable | None = None) -> None:
        if record is None and run.device.type != "cuda":
            raise ValueError(f"captured: expected a run on cuda, got one on {run.device.type}. Leave captured out.")
        if run.config.objective.unrolled_steps or run.batch_size != run.config.batch_size:
            raise ValueError("captured: expected one process and an objective without unrolling. Leave captured out.")
        self.step, self.record = step, record or _record
        self.plain, self.replay, self.row = 0, None, {}
        for optimizer in (run.generator_optimizer, run.critic_optimizer):
            for group in optimizer.param_groups:
                group["lr"] = torch.tensor(group["lr"], device=run.device)
                group["capturable"] = run.device.type == "cuda"
        run.penalty_weight = torch.tensor(run.penalty_weight, device=run.device)
        run.newness = torch.tensor(run.newness, device=run.device)
        run.set_rates(len(run.history) + 1)

    def __call__(self, run: Run) -> Row:
        """Take one step; the row lies in the same tensors each time."""
        if self.plain < WARM_UP:
            self.plain += 1
            return _beside(run, self.step) if run.device.type == "cuda" else self.step(run)
        if self.replay is None:
            self.replay, self.row = self.record(run, self.step)
        self.replay()
        return self.row


def _beside(run: Run, step: Callable[[Run], Row]) -> Row:
    """A plain step on a stream of its own: what autograd keeps of the default stream cannot be recorded."""
    side = torch.cuda.Stream()
    side.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(side):
        row = step(run)
    torch.cuda.current_stream().wait_stream(side)
    return row


def _record(run: Run, step: Callable[[Run], Row]) -> tuple[Callable[[], None], Row]:
    """What replays a step, and where its row will lie; recording runs nothing."""
    graph = torch.cuda.CUDAGraph()
    for stream in run.streams.values():
        graph.register_generator_state(stream)
    run.generator_optimizer.zero_grad()
    run.critic_optimizer.zero_grad()
    torch.cuda.synchronize()
    with torch.cuda.graph(graph):
        row = step(run)
    return graph.replay, row
