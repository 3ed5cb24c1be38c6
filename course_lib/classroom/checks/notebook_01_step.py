"""Judge of notebook 01's alternating step: some steps of D, then one of G, tried on two straight lines.

One idea: with G and D of two parameters each, and plain gradient steps, every way to get the step wrong can be played
by hand. An answer's four numbers after each round are compared with the right ones and with those of each mistake.
"""

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import softplus

from course_lib.classroom.checks.base import as_function, as_numbers, close, exercise

RATES = 0.4, 0.3  # of D and of G
START = 0.6, -0.5, 0.8, -0.2  # G's scale and shift, D's weight and bias
ROUNDS = [  # real batches, and noise for each of them and one more
    (
        [torch.tensor([1.2, 0.4, 2.0]), torch.tensor([1.6, 0.9, 0.1])],
        [torch.tensor([0.3, -1.1, 0.7]), torch.tensor([-0.4, 1.3, 0.2]), torch.tensor([0.9, -0.6, 1.5])],
    ),
    (
        [torch.tensor([0.8, 1.9]), torch.tensor([1.1, 1.4]), torch.tensor([2.2, 0.5])],
        [torch.tensor([1.0, -0.2]), torch.tensor([0.1, 0.6]), torch.tensor([-0.9, 0.5]), torch.tensor([0.4, -1.6])],
    ),
]


class _Line(torch.nn.Module):
    """weight x + bias, number by number: a generator of noise, or a discriminator's logit of samples."""

    def __init__(self, weight: float, bias: float) -> None:
        super().__init__()
        self.weight = torch.nn.Parameter(torch.tensor(weight))
        self.bias = torch.nn.Parameter(torch.tensor(bias))

    def forward(self, x: Tensor) -> Tensor:  # (n) -> (n)
        return self.weight * x + self.bias


def _played(
    *,
    generator_first: bool = False,
    simultaneous: bool = False,
    every_time: bool = False,
    saturating: bool = False,
    d_up: float = 1,
    g_up: float = 1,
    g_noise: int = -1,
    batches: slice = slice(None),
    same_noise: bool = False,
    keep_d: float = 0,
    keep_g: float = 0,
    leak: bool = False,
    zero_late: bool = False,
) -> list[list[float]]:
    """G's scale and shift, D's weight and bias after each of ROUNDS, by hand; the options are ways to get it wrong."""
    (scale, shift, weight, bias), after = START, []
    left_d, left_g = np.zeros(2), np.zeros(2)

    def fooled(z: np.ndarray, weight: float, bias: float) -> tuple[np.ndarray, np.ndarray]:
        """The slopes of the generator's loss in scale and shift, and in weight and bias, by the chain rule."""
        fake = scale * z + shift
        d = 1 / (1 + np.exp(-(weight * fake + bias)))
        in_logit = g_up * (-d if saturating else d - 1)
        in_g = np.array([(in_logit * weight * z).mean(), (in_logit * weight).mean()])
        return in_g, np.array([(in_logit * fake).mean(), in_logit.mean()])

    for reals, noises in ROUNDS:
        reals, noises = [batch.double().numpy() for batch in reals], [batch.double().numpy() for batch in noises]
        before = weight, bias

        def step_g(at: tuple[float, float], z: np.ndarray) -> None:
            nonlocal scale, shift, left_g, left_d
            in_g, in_d = fooled(z, *at)
            left_g, left_d = in_g + keep_g * left_g, left_d + in_d  # backward leaves slopes in D, too
            scale, shift = np.array([scale, shift]) - RATES[1] * left_g
            left_g = np.zeros(2) if zero_late else left_g

        if generator_first:
            step_g(before, noises[g_noise])
        for real, z in list(zip(reals, noises, strict=False))[batches]:
            fake = scale * (noises[0] if same_noise else z) + shift
            of_real = 1 / (1 + np.exp(-(weight * real + bias))) - 1
            of_fake = 1 / (1 + np.exp(-(weight * fake + bias)))
            slope = [(of_real * real).mean() + (of_fake * fake).mean(), of_real.mean() + of_fake.mean()]
            left_d = d_up * np.array(slope) + keep_d * left_d
            if leak:  # D's backward goes through its fakes into G
                left_g = left_g + np.array([(of_fake * weight * z).mean(), (of_fake * weight).mean()])
            weight, bias = np.array([weight, bias]) - RATES[0] * left_d
            left_d = np.zeros(2) if zero_late else left_d
            if every_time:
                step_g((weight, bias), z)
        if not (generator_first or every_time):
            step_g(before if simultaneous else (weight, bias), noises[g_noise])
        after.append([float(number) for number in (scale, shift, weight, bias)])
    return after


# How `_played` gets it wrong, and what a reader hears whose four numbers are these after every round.
_LEAK = (
    "Your generator's step holds what D's `backward()` left in G, the wish of its enemy: the fakes were not "
    "detached. `detach()` them, or let `down.zero_grad()` stand before the generator's `backward()`."
)
WRONG_STEPS = [
    ({"leak": True, "keep_g": 1}, _LEAK),
    ({"leak": True, "keep_g": 1, "zero_late": True}, _LEAK + " After its step that comes too late."),
    (
        {"keep_d": 1, "zero_late": True},
        "After one round you are right, after the second not: the generator's `backward()` leaves slopes in D, too, "
        "and D's next step adds them. `up.zero_grad()` stands before each `backward()` of D, not after its step.",
    ),
    (
        {"generator_first": True},
        "Your generator moves before the discriminator has: it answers the old one. D's steps come first.",
    ),
    (
        {"simultaneous": True},
        "Your generator answers the discriminator as it was before its steps: that is a simultaneous step. In an "
        "alternating one its fakes are scored anew, by the D that has just moved.",
    ),
    (
        {"every_time": True},
        "Your generator steps after every step of D. Only one step of G was asked for, after all steps of D.",
    ),
    (
        {"saturating": True},
        "Your generator descends log(1 - D), the saturating loss; the non-saturating one, -log D, was asked for.",
    ),
    ({"d_up": -1}, "Your discriminator climbs its own loss: it learns to call the fakes real."),
    ({"g_up": -1}, "Your generator climbs its own loss: its fakes move to where D finds them fake."),
    ({"g_noise": 0}, "Your generator's step uses the first noise again. Its own is the last one of the list."),
    ({"batches": slice(0, 1)}, "Your discriminator makes one step only; it has as many batches as `reals` holds."),
    ({"batches": slice(0, 0)}, "Your discriminator never moves: is `up.step()` missing?"),
    ({"same_noise": True}, "Every step of your D sees the same fakes. Each has a noise of its own."),
    (
        {"keep_d": 1},
        "D's gradients pile up from step to step: PyTorch adds to what is there. `up.zero_grad()` stands before each "
        "`backward()` of D.",
    ),
    (
        {"keep_g": 1},
        "After one round you are right, after the second not: the gradients in G pile up. `down.zero_grad()` stands "
        "before the generator's `backward()`.",
    ),
]


def _losses_of_the_first_round() -> tuple[float, float]:
    """D's loss before the last of its steps and G's after it."""
    (reals, noises), (scale, shift, weight, bias) = ROUNDS[0], START
    G, D = _Line(scale, shift), _Line(weight, bias)
    up = torch.optim.SGD(D.parameters(), lr=RATES[0])
    for real, noise in zip(reals, noises, strict=False):
        loss = softplus(-D(real)).mean() + softplus(D(G(noise).detach())).mean()
        up.zero_grad()
        loss.backward()
        up.step()
    return loss.item(), softplus(-D(G(noises[-1]))).mean().item()


@exercise(
    notebook="01",
    title="The alternating step",
    right="That is algorithm 1 of Goodfellow et al. 2014, with the non-saturating loss in its last line.",
)
def alternating_step(answer):
    step = as_function(answer)
    G, D = _Line(*START[:2]), _Line(*START[2:])
    up, down = torch.optim.SGD(D.parameters(), lr=RATES[0]), torch.optim.SGD(G.parameters(), lr=RATES[1])
    after, said = [], []
    for reals, noises in ROUNDS:
        given = [batch.clone() for batch in reals], [batch.clone() for batch in noises]
        said.append(step(G, D, up, down, *given))
        after.append([parameter.item() for net in (G, D) for parameter in (net.weight, net.bias)])
    right = _played()
    if not close(after, right, rel=1e-3, abs=1e-5):
        for options, message in WRONG_STEPS:
            if close(after, _played(**options), rel=1e-3, abs=1e-5):
                return message
        if close(after[0], START):
            return "Neither player has moved: `backward()` computes slopes, and `step()` moves the weights."
        names = "G's scale", "G's shift", "D's weight", "D's bias"
        for k in (2, 3, 0, 1):
            if not close(after[0][k], right[0][k], rel=1e-3, abs=1e-5):
                return (
                    f"After one round with {len(ROUNDS[0][0])} batches {names[k]} goes from {START[k]} to "
                    f"{right[0][k]:.4f}, and yours to {after[0][k]:.4f}. Go through it by hand: each step of D, then "
                    "one of G."
                )
        return "After one round you are right, after a second one, with another number of batches, not."
    otherwise = "Both players move as they should. Return two numbers: the last loss of D, and the loss of G."
    of_d, of_g = as_numbers(said[0], ["each loss"] * 2, otherwise=otherwise)
    if close([of_g, of_d], _losses_of_the_first_round()):
        return "The two losses are right and in the wrong order: D's first, then G's."
    if not close([of_d, of_g], _losses_of_the_first_round()):
        expected = "{:.4f} and {:.4f}".format(*_losses_of_the_first_round())
        return (
            "Both players move as they should. The losses that were stepped on, D's last and G's, are "
            f"{expected} in the first round, and yours {of_d:.4f} and {of_g:.4f}."
        )
    return None
