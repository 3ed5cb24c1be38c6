"""One call at the top of a notebook: seeds, device, scale and the look of the plots.

The idea: everything global is set here, once, and nowhere else, so that a notebook's numbers depend on the notebook.
Two environment variables are read: `COURSE_SCALE` ("quick" unless it says "full") and `COURSE_DEVICE`, which forces a
device where none is named in the call (the tests force the CPU with it).
"""

import os
import random
import sys
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch

from course_lib.devices import choose_device

Scale = Literal["quick", "full"]


@dataclass(frozen=True)
class Runtime:
    """Where and how large a notebook runs.

    Attributes:
        device: where tensors live and networks train.
        scale: "quick" (a laptop, a minute) or "full" (what the committed results were made with).
        seed: what `start` seeded everything with.
    """

    device: torch.device
    scale: Scale
    seed: int

    def pick(self, *, quick, full):
        """`quick` at quick scale, `full` at full scale."""
        return {"quick": quick, "full": full}[self.scale]


def start(seed: int = 0, *, device: str | torch.device | None = None, scale: Scale | None = None) -> Runtime:
    """Seed Python, NumPy and torch, choose a device and a scale, and set the look of plots.

    The look is set where `course_lib.plots` is imported already, as in every notebook.

    Args:
        seed: a whole number of 0 or more.
        device: "cuda", "mps", "cpu" ...; None takes `COURSE_DEVICE`, else the best there is.
        scale: "quick" or "full"; None takes `COURSE_SCALE`, else "quick". The device never chooses it.

    Raises:
        ValueError: for an unknown scale, or a device that this machine does not have.
    """
    scale = scale or os.environ.get("COURSE_SCALE") or "quick"
    if scale not in ("quick", "full"):
        raise ValueError(
            f"start: expected the scale 'quick' or 'full', got {scale!r}. Set COURSE_SCALE to one of them."
        )
    chosen = choose_device(device)
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)

    if "course_lib.plots" in sys.modules:  # who draws nothing need not wait for matplotlib
        sys.modules["course_lib.plots"].set_style()
    return Runtime(chosen, scale, seed)
