"""The judge of notebook 04's exercise on a step down W1."""

import numpy as np
from numpy import ndarray

from course_lib.classroom.checks.base import as_function, as_tensor, close, exercise, worst
from course_lib.transport import transport_plan

# ---------------------------------------------------------------------------------------------- a step down W1


def _moves(real: ndarray, fake: ndarray, rate: float) -> dict[str, ndarray]:
    """The right step of each generated sample, (m, d), and what is taken for it: keys of `_STEP_SAYS`."""
    ways = fake - real[:, None]  # (n, m, d)
    length = np.linalg.norm(ways, axis=2, keepdims=True)
    plan = transport_plan(length[:, :, 0]).plan[:, :, None]
    largest = np.eye(len(real))[plan[:, :, 0].argmax(axis=0)].T[:, :, None]
    nearest = (length == length.min(axis=0)) / len(fake)
    right = -rate * (plan * ways / length).sum(axis=0)
    return {
        "right": right,
        "uphill": -right,
        "a whole unit": right * len(fake),
        "squares": -rate * (plan * ways).sum(axis=0),
        "squares, whole": -rate * (plan * ways).sum(axis=0) * len(fake),
        "nearest": -rate * (nearest * ways / length).sum(axis=0),
        "signs": -rate * (plan * np.sign(ways)).sum(axis=0),
        "one partner": -rate * (largest * ways / length).sum(axis=0) / len(fake),
        "the move alone": right - fake,
    }


_SQUARES = (
    "You moved in proportion to the *whole* way: that is the slope of half of W2 squared. The slope of |x - y| in y "
    "has length 1, near or far: it says which way, not how far."
)
_STEP_SAYS = {
    "uphill": "Uphill: your samples move away from where their mass comes from. A step goes *against* the slope.",
    "a whole unit": "The way is right, and the step m times too long: each of the m samples holds 1/m of the mass.",
    "squares": _SQUARES,
    "squares, whole": f"{_SQUARES} And each of the m samples holds only 1/m of the mass.",
    "nearest": "Each sample went to its nearest neighbour. The *plan* says whose mass a sample gets.",
    "one partner": "Each sample followed the largest share of its mass only. Where the plan splits it, every real "
    "sample pulls with its own share.",
    "the move alone": "Those are the moves alone. The samples after the step were asked for: where they were, and the "
    "move on top.",
    "signs": "You took the sign of each coordinate. Divide the way by its length, over all coordinates together.",
}


@exercise(
    notebook="04",
    title="A step down W1",
    right="This is what a perfect critic would tell a generator's samples; a network has to learn it.",
)
def flow_step(answer):
    step, random = as_function(answer), np.random.default_rng(11)
    # no case on a line, where several plans are best
    cases = [
        (random.normal(0, 1, (8, 2)), random.normal([2.0, -1.0], 0.7, (8, 2)), 0.4),
        (random.normal(0, 1, (6, 3)), random.normal(1.0, 1.0, (9, 3)), 1.5),
    ]
    moved, known = [], [_moves(*case) for case in cases]
    for real, fake, rate in cases:
        got = as_tensor(step(real.copy(), fake.copy(), rate), shape=fake.shape, what="the moved samples")
        moved.append(got.detach().cpu().double().numpy() - fake)
    for name, message in _STEP_SAYS.items():
        if all(close(got, moves[name]) for got, moves in zip(moved, known, strict=True)):
            return message
    for (real, fake, rate), got, moves in zip(cases, moved, known, strict=True):
        right = moves["right"]
        if not close(got, right):
            i, _ = worst(got, right)
            sizes = f"{len(real)} real and {len(fake)} generated samples in {fake.shape[1]} dimensions"
            return (
                f"With {sizes} and the rate {rate}, sample {i} moves by {right[i].round(4).tolist()}, and yours by "
                f"{got[i].round(4).tolist()}."
            )
    return None
