"""What several judges of the museum share: noise, a straight and a bent critic, whether a number can still teach."""

from collections.abc import Callable

import torch
from torch import Tensor

from course_lib.classroom.checks.base import refuse
from course_lib.classroom.checks.numbers import apart

MUSEUM = "museum_of_bugs"


def normal(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def linear(slope: Tensor) -> Callable[[Tensor], Tensor]:
    """f(x) = a . x, whose slope is `slope` everywhere."""
    return lambda x: (x * slope).flatten(1).sum(dim=1)


def bent(weight: Tensor | float) -> Callable[[Tensor], Tensor]:
    """f(x) = weight |x|^2 / 2, whose slope at x is weight x: another at every point."""
    return lambda x: weight * x.square().flatten(1).sum(dim=1) / 2


def learns(result: object, parameter: Tensor, what: str) -> Tensor:
    """The derivative of the reader's number in a parameter of the critic, or a word on why there is none."""
    if not isinstance(result, Tensor) or not result.requires_grad:
        refuse(
            f"The number is right, but {what} has come loose from the graph (.item(), .detach(), no create_graph), so "
            "the critic cannot learn from it."
        )
    (slope,) = torch.autograd.grad(result, parameter, allow_unused=True)
    return torch.zeros_like(parameter) if slope is None else slope


def wrong_charge(slope: Tensor, got: float) -> str:
    """What is said of a penalty of `linear(slope)` that is not (|slope| - 1)^2."""
    norm = float(slope.norm())
    right, yours = apart((norm - 1) ** 2, got, ".2f")
    return f"A linear critic of slope {norm:.4f} is charged {right}, and yours says {yours}."
