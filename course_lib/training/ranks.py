r"""One run in several processes: each draws its share of every batch, and all take the same step.

The idea: the gradient of a batch is the mean of its parts' gradients. `torchrun` starts N processes with the same nets;
each trains on recordings of its own (every N-th) with B/N samples a batch, and before an optimiser steps, gradients are
averaged over all. PyTorch's DistributedDataParallel averages during the backward pass of the forward call that it
wraps, and is wrong where a penalty's slope was taken with `autograd.grad` before (pytorch/pytorch#47562); so they are
averaged here, by hand.

For nets that judge each sample by itself this is the gradient of one process with the whole batch. BatchNorm is
another matter: each process normalises by the B/N samples of its own, as a smaller batch would be, so its gradient is
not that of one process; the kept generator's statistics are the first process's.
"""

import contextlib
import os
import signal
from collections.abc import Iterator, Sequence

import torch
from torch import Tensor
from torch import distributed as dist


class ProcessLost(ConnectionError):
    """Another process of the run is gone; what was saved is kept."""


@contextlib.contextmanager
def joined() -> Iterator[None]:
    """Be one of the processes that `torchrun` has started, until the block ends; alone, nothing happens.

    Raises:
        ProcessLost: if another is gone, or `torchrun` ends this one for that. SIGTERM is ignored from then on, so that
            the process can say so.
    """
    if int(os.environ.get("WORLD_SIZE", "1")) == 1:
        yield
        return

    def ended(signum, frame) -> None:  # torchrun ends the others so, when one is gone
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        raise ProcessLost(_LOST)

    before = signal.signal(signal.SIGTERM, ended)
    if torch.cuda.is_available():
        torch.cuda.set_device(int(os.environ.get("LOCAL_RANK", "0")))
    dist.init_process_group("cpu:gloo,cuda:nccl" if torch.cuda.is_available() else "gloo")
    try:
        yield
        with _or_lost():
            dist.barrier()
    except ProcessLost:
        before = signal.SIG_IGN
        signal.signal(signal.SIGTERM, before)
        raise
    finally:
        try:
            dist.destroy_process_group()
        finally:
            signal.signal(signal.SIGTERM, before)


def count() -> int:
    """How many processes the run has."""
    return dist.get_world_size() if _several() else 1


def rank() -> int:
    """Which of them this is, from 0; the first alone writes and speaks."""
    return dist.get_rank() if _several() else 0


def share_of(batch_size: int, recordings: int | None) -> int:
    """This process's part of a batch.

    Raises:
        ValueError: if it cannot be shared evenly, or there is no recording for each.
    """
    if batch_size % count() or (recordings is not None and recordings < count()):
        raise ValueError(
            f"train: expected a batch that {count()} processes can share evenly and a recording for each, got "
            f"batch_size={batch_size} and {recordings} recordings. Start as many processes as divide the batch."
        )
    return batch_size // count()


def from_the_first(thing: object) -> object:
    """What the first process passes in."""
    if not _several():
        return thing
    box = [thing]
    with _or_lost():
        dist.broadcast_object_list(box, src=0)
    return box[0]


def average_(tensors: Sequence[Tensor]) -> None:
    """Put the mean over all processes in each tensor's place, in one message."""
    if not _several() or not tensors:
        return
    flat = torch.cat([tensor.detach().flatten() for tensor in tensors])
    with _or_lost():
        dist.all_reduce(flat)
    for tensor, mean in zip(tensors, (flat / count()).split([t.numel() for t in tensors]), strict=True):
        tensor.detach().copy_(mean.view_as(tensor))


def average_gradients(optimizer: torch.optim.Optimizer, *given: object) -> None:
    """What an optimiser does before each step, where there are several processes."""
    parameters = [parameter for group in optimizer.param_groups for parameter in group["params"]]
    average_([parameter.grad for parameter in parameters if parameter.grad is not None])


def any_of(flag: bool) -> bool:
    """Whether it is true in any process: all stop after the same step."""
    if not _several():
        return flag
    flags = torch.tensor(int(flag))
    with _or_lost():
        dist.all_reduce(flags, op=dist.ReduceOp.MAX)
    return bool(flags)


def of_all(tensor: Tensor) -> list[Tensor]:
    """The tensor of each process, in order; on the CPU."""
    if not _several():
        return [tensor]
    everybody = [torch.empty_like(tensor) for _ in range(count())]
    with _or_lost():
        dist.all_gather(everybody, tensor)
    return everybody


_LOST = (
    "another process of this run has ended, and the rest cannot go on without it. What was saved is kept: the same "
    "command with --resume goes on from there"
)


def _several() -> bool:
    return dist.is_available() and dist.is_initialized()


@contextlib.contextmanager
def _or_lost() -> Iterator[None]:
    try:
        yield
    except RuntimeError as error:  # the connection to it was closed
        raise ProcessLost(_LOST) from error
