"""Where tensors live, where their random numbers come from, and how numbers get back to the CPU.

The idea: a device is chosen in one place, and every random number of a run comes from a stream of its own, made here
from whole numbers alone. A stream's state belongs to its kind of device: that of a GPU means nothing to a CPU. What is
read from a device waits until it has done all its work; so training reads through `fetch` alone, and not every step.
"""

import os

import numpy as np
import torch
from torch import Tensor


def choose_device(device: str | torch.device | None = None) -> torch.device:
    """The device asked for, else the one `COURSE_DEVICE` names, else cuda before mps before cpu.

    Raises:
        ValueError: if the device is unknown to torch or missing on this machine.
    """
    wanted = device or os.environ.get("COURSE_DEVICE")
    if not wanted:
        if torch.cuda.is_available():
            return torch.device("cuda")
        return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
    try:
        chosen = torch.device(wanted)
        torch.empty(0, device=chosen)
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        reason = str(error).splitlines()[0]
        raise ValueError(
            f"start: expected a device that this machine has, got {str(wanted)!r} ({reason}). "
            "Leave it out to take the best there is, or say 'cpu'."
        ) from error
    return chosen


def random_stream(device: str | torch.device, *seed: int) -> torch.Generator:
    """A generator on `device` whose numbers follow from the seeds alone; other seeds give independent streams."""
    state = np.random.SeedSequence(seed).generate_state(1, np.uint64)
    return torch.Generator(device).manual_seed(int(state[0]) >> 1)


def fetch(tensor: Tensor) -> Tensor:
    """The tensor on the CPU, without its graph: the one place where training waits for the device."""
    return tensor.detach().cpu()
