"""Judges of notebook 03: a step of the Dirac-GAN, the largest step, counted modes, looking ahead."""

import math

import torch

from course_lib.classroom.checks.base import as_function, as_number, as_tensor, close, exercise

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


@exercise(
    notebook="03",
    title="One step of the game",
    right="Four lines, and every path of section 3 comes out of them.",
)
def one_step(answer):
    step = as_function(answer)
    known = [
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
    ]
    for point in ((1.0, 0.5, 0.2), (-0.7, 1.3, 0.4), (0.4, -1.1, 0.3)):
        theta, psi = as_tensor(step(*point), shape=(2,), what="the new (theta, psi)").detach().cpu().double().tolist()
        right = _step(*point)
        if close([theta, psi], right):
            continue
        for wrong, message in known:
            if close([theta, psi], _step(*point, **wrong)):
                return message
        if close([psi, theta], right):
            return "The two numbers are right and in the wrong order: return theta first, then psi."
        if close(psi, right[1]):
            return (
                f"The discriminator's step is right. The generator's goes from {point[0]} to {theta:.4f} instead of "
                f"{right[0]:.4f}: its loss is -log sigma(psi theta), with the slope -psi (1 - sigma(psi theta))."
            )
        return (
            f"From (theta, psi) = {point[:2]} with size {point[2]} the step leads to ({right[0]:.4f}, {right[1]:.4f}), "
            f"and yours to ({theta:.4f}, {psi:.4f}). Check the discriminator's speed first, -theta sigma(psi theta)."
        )
    return None


# -------------------------------------------------------------------------------------- how large may a step be?


@exercise(
    notebook="03",
    title="How large may a step be",
    right="Twice as far from the real axis, and the permitted step shrinks to a quarter where the damping is weak.",
)
def largest_step(answer):
    largest = as_function(answer)

    def ask(value: complex) -> float:
        return as_number(largest(value), what="the largest step")

    value = -0.3 + 0.6j
    got = ask(value)
    size = abs(value)
    if close(got, -2 / value.real):
        return (
            "2/0.3 is right for a real eigenvalue of -0.3; this one is -0.3 + 0.6i, and turning makes a step land "
            "further out. The imaginary part belongs into it."
        )
    if close(got, 2 * value.real / size**2):
        return "Your size is negative: |1 + h lambda| < 1 needs h a + ... < 0 with a below 0, so a minus is missing."
    if close(got, 2 / size) or close(got, 1 / size):
        return (
            "You let only the size of the eigenvalue count. On the imaginary axis no step at all is small enough, "
            "whatever the size: how far it lies to the left of the axis must count too."
        )
    if close(got, -value.real / size**2):
        return "Half of it: at that step |1 + h lambda| is smallest. It is back at 1 only at twice that step."
    if close(got, -2 * value.real / size):
        return "You divided by |lambda|; |1 + h lambda|^2 = 1 + 2 h a + h^2 |lambda|^2 has its square."
    if not close(got, 4 / 3):
        return (
            "For -0.3 + 0.6i the limit is 4/3: |1 + 4/3 (-0.3 + 0.6i)| = |0.6 + 0.8i| = 1. "
            f"Yours is {got:.4g}, where |1 + h lambda| = {abs(1 + got * value):.3f}."
        )
    for value in (0.5j, 0.2 + 1j):
        got = ask(value)
        if got != 0:
            return (
                f"For {value} the answer is 0 and yours is {got:.4g}: with a real part of 0 or more every step leads "
                "outwards, however small."
            )
    for value, right in ((-2.5 + 0j, 0.8), (-0.1 - 0.5j, 0.2 / 0.26)):
        if not close(got := ask(value), right):
            return f"For {value} the limit is {right:.4f}, and yours is {got:.4g}."
    return None


# -------------------------------------------------------------------------------------------------- count the modes


def _points(*rows: tuple[float, float]) -> torch.Tensor:
    return torch.tensor(rows)


@exercise(
    notebook="03",
    title="Count the modes",
    right="Next to it you would always want the share of high quality, the spread, and the reverse KL.",
)
def count_modes(answer):
    count = as_function(answer)

    def ask(samples: torch.Tensor, centers: torch.Tensor, std: float) -> float:
        return as_number(count(samples.clone(), centers.clone(), std), what="the number of modes")

    centers = _points((0.0, 0.0), (4.0, 0.0), (0.0, 4.0))
    several = _points((0.1, 0.0), (0.0, 0.1), (-0.1, 0.0), (4.1, 0.0), (4.0, 0.1))
    got = ask(several, centers, 0.1)
    if got == 5:
        return (
            "Five samples lie on two modes, and you counted 5: those are the samples of high quality. A mode counts "
            "once, however many samples it has."
        )
    if got == 1:
        return "Five samples lie on two of three modes, and you counted 1: modes that no sample reached are 1 here."
    if got == 3:
        return "No sample lies near the third mode, and you counted it. Is there a sample within 3 std of each centre?"
    if got != 2:
        return f"Five samples lie on two of three modes, and you counted {got:.4g}."
    far = _points((0.1, 0.0), (4.5, 0.0), (0.9, 3.3))
    got = ask(far, centers, 0.1)
    if got == 3:
        return (
            "Samples at 5 and 11 standard deviations from their nearest centre made their modes count. Nearest is not "
            "near: a mode counts only with a sample within 3 std."
        )
    if got == 2:
        return (
            "A sample 5 standard deviations off made its mode count, and one at 11 did not: were squared distances "
            "compared with 3 std? The square of 3 std goes with them."
        )
    if got != 1:
        return f"One sample lies within 3 std of a centre, two lie far off, and you counted {got:.4g} modes."
    corner = _points((0.25, 0.25), (4.0, 0.0))  # 3.5 std off, though 2.5 std in each coordinate
    got = ask(corner, centers, 0.1)
    if got == 2:
        return (
            "A sample 2.5 std off in *each* coordinate is 3.5 std away, and you let it count: the distance is that of "
            "the plane, not of each coordinate."
        )
    rim = _points((0.25, 0.0), (4.0, 0.28), (0.0, 4.15))
    got = ask(rim, centers, 0.1)
    if got == 1:
        return "Samples at 2.5 and 2.8 std were left out: within *three* standard deviations, not two."
    if got == 0:
        return "Samples at 1.5 to 2.8 std were left out: within *three* standard deviations, not one."
    if got != 3:
        return f"Three samples, at 2.5, 2.8 and 1.5 std from three centres, are three modes; you counted {got:.4g}."
    scaled = ask(20 * rim, 20 * centers, 2.0)
    if scaled != 3:
        return (
            f"The same picture, twenty times as large (std 2), gives {scaled:.4g} instead of 3. How far is far is "
            "told by the std that you are given."
        )
    nobody = ask(_points((9.0, 9.0)), centers, 0.1)
    if nobody != 0:
        return f"A single sample far from all centres is on no mode, and you counted {nobody:.4g}."
    return None


# ---------------------------------------------------------------------------------------------------- look ahead


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


@exercise(
    notebook="03",
    title="Look ahead",
    right="That derivative through the steps is what makes Unrolled GAN more than a discriminator with more steps.",
)
def unrolled_slope(answer):
    slope = as_function(answer)
    for point in ((1.0, 0.5, 5, 0.2), (-0.8, 0.3, 3, 0.5), (0.5, -1.2, 1, 0.4), (0.7, 0.9, 0, 0.3)):
        got, right = as_number(slope(*point), what="the slope"), _unrolled(*point)
        if close(got, right):
            continue
        theta, psi, steps, size = point
        if close(got, _unrolled(theta, psi, 0, size)):
            return (
                "That is the slope against the discriminator as it is now: nothing was unrolled. The loss is taken at "
                "psi after the steps."
            )
        if close(got, _unrolled(*point, through=False)):
            return (
                "You moved the discriminator and then held it fixed: psi_k depends on theta through every step, and "
                "that part of the derivative is missing. A detach(), .item() or float() on the way cuts it off."
            )
        if close(got, -right):
            return "The size is right and the sign is not: the slope was asked for, not the direction downhill."
        if close(got, _unrolled(*point, sign=1.0)):
            return (
                "Your discriminator climbs its own loss in the steps ahead. It *lowers* -log(1 - sigma(psi theta)), "
                "so for theta > 0 psi falls."
            )
        if close(got, _unrolled_non_saturating(*point)):
            return (
                "That is the slope of the non-saturating loss, -log sigma(psi_k theta); the minimax one was asked for."
            )
        if close(got, _unrolled(theta, psi, 1, size)):
            return f"You took one step ahead, and {steps} were asked for."
        return (
            f"At theta = {theta}, psi = {psi}, {steps} steps of {size} the slope is {right:.5f}, yours is {got:.5f}. "
            "Compare with (loss(theta + h) - loss(theta - h)) / 2h, psi_k made anew for each."
        )
    return None
