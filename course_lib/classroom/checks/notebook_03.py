"""Judges of notebook 03: a step of the Dirac-GAN, the largest step, counted modes."""

import math

import torch
from torch import Tensor

from course_lib.classroom.checks.base import as_function, as_number, as_tensor, close, exercise
from course_lib.classroom.checks.numbers import apart

# ------------------------------------------------------------------------------------------- one step of the game


def _sigmoid(logit: float) -> float:
    return 1 / (1 + math.exp(-logit))


def _step(theta: float, psi: float, size: float, *, up: float = 1.0, mode: str = "alternating", minimax: bool = False):
    """(theta, psi) after one step; `up` and the rest are the ways to get it wrong."""
    before = theta, psi
    if mode == "generator first":
        theta += size * psi * _sigmoid(psi * theta if minimax else -psi * theta)
    psi -= up * size * theta * _sigmoid(psi * theta)
    if mode == "generator first":
        return theta, psi
    answered = before[1] if mode == "simultaneous" else psi
    return theta + size * answered * _sigmoid(answered * theta * (1 if minimax else -1)), psi


STARTS = [(1.0, 0.5, 0.2), (-0.7, 1.3, 0.4), (0.4, -1.1, 0.3)]  # theta, psi, size

# A wrong step, and what a reader hears whose answer is that step from all of STARTS.
WRONG_STEPS = [
    (
        {"mode": "simultaneous"},
        "Your generator answers the old discriminator: that is a simultaneous step, and those drift outwards. "
        "In an alternating step the discriminator has moved before the generator looks.",
    ),
    (
        {"minimax": True},
        "Your generator moves by psi sigma(psi theta): that is the minimax game, whose push dies when the "
        "discriminator is sure. The non-saturating one moves by psi sigma(-psi theta).",
    ),
    (
        {"mode": "generator first"},
        "Your generator moves before the discriminator. Both orders alternate, but the discriminator was to go "
        "first, so that the generator gets its answer.",
    ),
    (
        {"up": -1.0},
        "Your discriminator climbs its own loss: it learns to give the *fake* point the higher logit. For "
        "theta > 0 its slope has to fall.",
    ),
    (
        {"mode": "simultaneous", "minimax": True},
        "Yours is a simultaneous step of the minimax game; the non-saturating game with the discriminator first "
        "was asked for.",
    ),
    (
        {"mode": "generator first", "minimax": True},
        "Yours is a step of the minimax game with the generator first; the non-saturating game with the discriminator "
        "first was asked for.",
    ),
]


@exercise(
    notebook="03",
    title="One step of the game",
    right="Four lines, and every path of section 3 comes out of them.",
)
def one_step(answer):
    step = as_function(answer)

    def ask(start: tuple[float, float, float]) -> list[float]:
        return as_tensor(step(*start), shape=(2,), what="the new (theta, psi)").detach().cpu().double().tolist()

    got, right = [ask(start) for start in STARTS], [_step(*start) for start in STARTS]
    if close(got, right):
        return None
    for wrong, message in WRONG_STEPS:
        if close(got, [_step(*start, **wrong) for start in STARTS]):
            return message
    if close([pair[::-1] for pair in got], right):
        return "The two numbers are right and in the wrong order: return theta first, then psi."
    start, (theta, psi), (right_theta, right_psi) = next(
        case for case in zip(STARTS, got, right, strict=True) if not close(case[1], case[2])
    )
    if close([pair[1] for pair in got], [pair[1] for pair in right]):
        return (
            f"The discriminator's step is right. The generator's goes from {start[0]} to {theta:.4f} instead of "
            f"{right_theta:.4f}: its loss is -log sigma(psi theta), with the slope -psi (1 - sigma(psi theta))."
        )
    return (
        f"From (theta, psi) = {start[:2]} with size {start[2]} the step leads to ({right_theta:.4f}, {right_psi:.4f}), "
        f"and yours to ({theta:.4f}, {psi:.4f}). Check the discriminator's speed first, -theta sigma(psi theta)."
    )


# -------------------------------------------------------------------------------------- how large may a step be?


DRAWN_IN = [-0.3 + 0.6j, -0.1 - 0.5j, -1.2 + 0.4j, -2.5 + 0j]
DRIVEN_OUT = [0.5j, 0.2 + 1j]


def _largest(value: complex) -> float:
    """By the quadratic h (2 a + h |lambda|^2) = 0."""
    return -(1 / value + 1 / value.conjugate()).real


# A wrong formula, and what a reader hears whose answer is that formula at all of DRAWN_IN.
WRONG_SIZES = [
    (
        lambda v: -2 / v.real,
        "Yours is right for real eigenvalues; turning makes a step land further out, so the imaginary part belongs "
        "into it.",
    ),
    (
        lambda v: 2 * v.real / abs(v) ** 2,
        "Your size is negative: |1 + h lambda| < 1 needs h a + ... < 0 with a below 0, so a minus is missing.",
    ),
    *[
        (
            lambda v, top=top: top / abs(v),
            "You let only the size of the eigenvalue count. On the imaginary axis no step at all is small enough, "
            "whatever the size: how far it lies to the left of the axis must count too.",
        )
        for top in (1, 2)
    ],
    (
        lambda v: -v.real / abs(v) ** 2,
        "Half of it: at that step |1 + h lambda| is smallest. It is back at 1 only at twice that step.",
    ),
    (
        lambda v: -2 * v.real / abs(v),
        "You divided by |lambda|; |1 + h lambda|^2 = 1 + 2 h a + h^2 |lambda|^2 has its square.",
    ),
]


@exercise(
    notebook="03",
    title="How large may a step be",
    right="Twice as far from the real axis, and the permitted step shrinks to a quarter where the damping is weak.",
)
def largest_step(answer):
    largest = as_function(answer)

    def ask(value: complex) -> float:
        size = largest(value)
        if isinstance(size, complex) and size.imag == 0:  # as of value * value.conjugate()
            size = size.real
        return as_number(size, what="the largest step")

    got, right = [ask(value) for value in DRAWN_IN], [_largest(value) for value in DRAWN_IN]
    if not close(got, right):
        for wrong, message in WRONG_SIZES:
            if close(got, [wrong(value) for value in DRAWN_IN]):
                return message
        value, size, limit = next(
            case for case in zip(DRAWN_IN, got, right, strict=True) if not close(case[1], case[2])
        )
        return (
            f"For {value} the limit is {limit:.4f}, where |1 + h lambda| = 1. Yours is {size:.4g}, where it is "
            f"{abs(1 + size * value):.3f}."
        )
    for value in DRIVEN_OUT:
        if (size := ask(value)) != 0:
            return (
                f"For {value} the answer is 0 and yours is {size:.4g}: with a real part of 0 or more every step leads "
                "outwards, however small."
            )
    return None


# -------------------------------------------------------------------------------------------------- count the modes


def _counted(samples: Tensor, centers: Tensor, reach: float) -> int:
    """Centres with a sample within `reach`."""
    return int(_near(samples, centers, reach).any(dim=0).sum())


def _near(samples: Tensor, centers: Tensor, reach: float) -> Tensor:
    return (samples[:, None] - centers).square().sum(dim=2) <= reach**2


CORNERS = [[0.0, 0.0], [4.0, 0.0], [0.0, 4.0]]
CROWDS = {
    "five samples on two of three modes": [[0.05, 0.0], [0.0, 0.05], [-0.05, 0.0], [4.05, 0.0], [4.0, 0.05]],
    "one sample on a mode, and two at 5 and 11 std": [[0.05, 0.0], [4.5, 0.0], [0.9, 3.3]],
    "a sample 2.5 std off in each coordinate, and one on a mode": [[0.25, 0.25], [4.0, 0.0]],
    "a sample 2 std off in each coordinate": [[0.2, 0.2]],
    "a sample 3.5 std off along one axis": [[0.35, 0.0]],
    "samples at 2.5, 2.8 and 1.85 std from three centres": [[0.25, 0.0], [4.0, 0.28], [0.0, 4.185]],
    "a single sample far from all": [[9.0, 9.0]],
}
CASES = {
    **{name: (torch.tensor(rows), torch.tensor(CORNERS), 0.1) for name, rows in CROWDS.items()},
    "samples at 2.5, 2.8 and 1.85 std, all twenty times as large": (
        20 * torch.tensor(CROWDS["samples at 2.5, 2.8 and 1.85 std from three centres"]),
        20 * torch.tensor(CORNERS),
        2.0,
    ),
    "samples 0.5, 1.6 and 1.2 std from three centres, std 2": (
        torch.tensor([[1.0, 0.0], [83.2, 0.0], [0.0, 82.4]]),
        20 * torch.tensor(CORNERS),
        2.0,
    ),
}

# A wrong count, and what a reader hears whose answer is that count in all of CASES.
WRONG_COUNTS = [
    (
        lambda s, c, std: int(_near(s, c, 3 * std).any(dim=1).sum()),
        "You counted the samples of high quality. A mode counts once, however many samples it has.",
    ),
    (
        lambda s, c, std: len(c) - _counted(s, c, 3 * std),
        "You counted the modes that no sample reached.",
    ),
    (lambda s, c, std: len(c), "You counted all centres. Is there a sample within 3 std of each?"),
    (
        lambda s, c, std: len((s[:, None] - c).square().sum(dim=2).argmin(dim=1).unique()),
        "Nearest is not near: you counted every centre that is some sample's nearest. A mode counts only with a sample "
        "within 3 std.",
    ),
    (
        lambda s, c, std: int(((s[:, None] - c).square().sum(dim=2) <= 3 * std).any(dim=0).sum()),
        "You compared squared distances with 3 std. The square of 3 std goes with them.",
    ),
    (
        lambda s, c, std: _counted(s, c, math.sqrt(3) * std),
        "You reached sqrt(3) std and not 3, as 3 std**2 against squared distances does: the square of 3 std is "
        "9 std**2.",
    ),
    (
        lambda s, c, std: int(((s[:, None] - c).abs() <= 3 * std).all(dim=2).any(dim=0).sum()),
        "You held each coordinate to 3 std: the distance is that of the plane, not of each coordinate.",
    ),
    (
        lambda s, c, std: int(((s[:, None] - c).abs().sum(dim=2) <= 3 * std).any(dim=0).sum()),
        "You added the distances of the two coordinates; the distance is that of the plane.",
    ),
    (lambda s, c, std: _counted(s, c, 2 * std), "Within *three* standard deviations, not two."),
    (lambda s, c, std: _counted(s, c, std), "Within *three* standard deviations, not one."),
    (
        lambda s, c, std: _counted(s, c, 0.3),
        "The same picture, twenty times as large (std 2), gives another count. How far is far is told by the std that "
        "you are given.",
    ),
]


@exercise(
    notebook="03",
    title="Count the modes",
    right="Next to it you would always want the share of high quality, the spread, and the reverse KL.",
)
def count_modes(answer):
    count = as_function(answer)
    got = [
        as_number(count(samples.clone(), centers.clone(), std), what="the number of modes")
        for samples, centers, std in CASES.values()
    ]
    right = [_counted(samples, centers, 3 * std) for samples, centers, std in CASES.values()]
    if got == right:
        return None
    for wrong, message in WRONG_COUNTS:
        if got == [wrong(*case) for case in CASES.values()]:
            return message
    name, counted, modes = next(case for case in zip(CASES, got, right, strict=True) if case[1] != case[2])
    shown = apart(modes, counted, ".4g")
    return f"With {name} the count is {shown[0]}, and yours is {shown[1]}."
