"""Judge of notebook 03's look ahead: the slope of the unrolled game, and of the games that it is mistaken for."""

import torch

from course_lib.classroom.checks.base import as_function, as_number, close, exercise


def _unrolled(theta: float, psi: float, steps: int, size: float, *, through: bool = True, sign: float = -1.0) -> float:
    point = torch.tensor(theta, dtype=torch.float64, requires_grad=True)
    slope = torch.tensor(psi, dtype=torch.float64)
    for _ in range(steps):
        held = point if through else point.detach()
        slope = slope + sign * size * held * torch.sigmoid(slope * held)
    loss = torch.nn.functional.logsigmoid(-slope * point)
    return torch.autograd.grad(loss, point)[0].item()


def _unrolled_non_saturating(theta: float, psi: float, steps: int, size: float) -> float:
    point = torch.tensor(theta, dtype=torch.float64, requires_grad=True)
    slope = torch.tensor(psi, dtype=torch.float64)
    for _ in range(steps):
        slope = slope - size * point * torch.sigmoid(slope * point)
    return torch.autograd.grad(-torch.nn.functional.logsigmoid(slope * point), point)[0].item()


AHEAD = [(1.0, 0.5, 5, 0.2), (-0.8, 0.3, 3, 0.5), (0.5, -1.2, 1, 0.4), (0.7, 0.9, 0, 0.3)]  # theta, psi, steps, size

# A wrong slope, and what a reader hears whose answer is that slope in all of AHEAD.
WRONG_SLOPES = [
    (
        lambda theta, psi, steps, size: _unrolled(theta, psi, 0, size),
        "That is the slope against the discriminator as it is now: nothing was unrolled. The loss is taken at psi "
        "after the steps.",
    ),
    (
        lambda *case: _unrolled(*case, through=False),
        "You moved the discriminator and then held it fixed: psi_k depends on theta through every step, and that part "
        "of the derivative is missing. A detach(), .item() or float() on the way cuts it off.",
    ),
    (
        lambda *case: -_unrolled(*case),
        "The size is right and the sign is not: the slope was asked for, not the direction downhill.",
    ),
    (
        lambda *case: _unrolled(*case, sign=1.0),
        "Your discriminator climbs its own loss in the steps ahead. It *lowers* -log(1 - sigma(psi theta)), so for "
        "theta > 0 psi falls.",
    ),
    (
        lambda *case: _unrolled_non_saturating(*case),
        "That is the slope of the non-saturating loss, -log sigma(psi_k theta); the minimax one was asked for.",
    ),
    (
        lambda theta, psi, steps, size: _unrolled(theta, psi, 1, size),
        "You took one step ahead, whatever number of steps was asked for.",
    ),
]


@exercise(
    notebook="03",
    title="Look ahead",
    right="That derivative through the steps is what makes Unrolled GAN more than a discriminator with more steps.",
)
def unrolled_slope(answer):
    slope = as_function(answer)
    got = [as_number(slope(*case), what="the slope") for case in AHEAD]
    right = [_unrolled(*case) for case in AHEAD]
    if close(got, right):
        return None
    for wrong, message in WRONG_SLOPES:
        if close(got, [wrong(*case) for case in AHEAD]):
            return message
    (theta, psi, steps, size), yours, expected = next(
        case for case in zip(AHEAD, got, right, strict=True) if not close(case[1], case[2])
    )
    return (
        f"At theta = {theta}, psi = {psi}, {steps} steps of {size} the slope is {expected:.5f}, yours is {yours:.5f}. "
        "Compare with (loss(theta + h) - loss(theta - h)) / 2h, psi_k made anew for each."
    )
