"""Judges of notebook E1: smoothed labels, where kernels overlap, a walk between two draws of noise."""

import math

import torch
from torch import Tensor

from course_lib.classroom.checks.base import as_function, as_numbers, as_tensor, close, exercise, refuse
from course_lib.classroom.checks.numbers import apart

# ------------------------------------------------------------------------------------------- smoothed labels


def _entropy(logits: Tensor, label: float) -> float:
    """The cross-entropy of one label, through probabilities: exact enough at logits of a few units, in float64."""
    p = 1 / (1 + torch.exp(-logits.double()))
    return float(-(label * torch.log(p) + (1 - label) * torch.log(1 - p)).mean())


@exercise(
    notebook="E1",
    title="Smoothed labels",
    right="Both players read the same logits; only the discriminator is told 0.9.",
)
def two_losses(answer):
    losses = as_function(answer)

    def ask(real: Tensor, fake: Tensor, where: str = "") -> tuple[float, float]:
        d, g = as_numbers(
            losses(real.clone(), fake.clone()),
            (f"the discriminator's loss{where}", f"the generator's loss{where}"),
            otherwise="Two numbers were asked for, as a pair: the discriminator's loss and the generator's.",
        )
        return d, g

    draws = torch.Generator().manual_seed(0)
    real, fake = 1 + torch.randn(50, generator=draws), torch.randn(50, generator=draws) - 0.5
    d, g = ask(real, fake)
    right_d, right_g = _entropy(real, 0.9) + _entropy(fake, 0), _entropy(fake, 1)
    if close((d, g), (right_g, right_d)):
        return "The two are exchanged: the discriminator's loss comes first."
    if close(d, right_d * len(real)):
        return "Yours is a sum over the batch, and grows with it. Each term is a mean over its own images."
    if close(d, -right_d) or close(d, -_entropy(real, 1) + _entropy(fake, 0)):
        return "The sign: minimising log D(x) makes real images improbable. The cross-entropy is *minus* the mean log."
    if close(d, _entropy(real, 1) + _entropy(fake, 0)):
        return "The discriminator is told 1 of real images in yours. Smooth that label to 0.9."
    if close(d, _entropy(real, 0.9) + _entropy(fake, 0.1)):
        return (
            "The label of fakes is smoothed too. With 0.1 there, the discriminator calls no fake quite a fake; keep 0."
        )
    if close(d, right_d / 2):
        return (
            "That is half of the discriminator's loss. Add the two terms: 2 log 2 where every logit is 0, unsmoothed."
        )
    if close(d, -(0.9 * torch.log(torch.sigmoid(real.double()))).mean() + _entropy(fake, 0)):
        return "A label of 0.9 also says 0.1 of *not real*: the term 0.1 log(1 - D(x)) is missing."
    if not close(d, right_d):
        expected, yours = apart(right_d, d)
        return f"The discriminator's loss should be {expected} here, and yours is {yours}."
    if close(g, _entropy(fake, 0.9)):
        return "The generator's loss is smoothed too, so it stops at the logit log 9. Smoothing is the discriminator's."
    if close(g, -_entropy(fake, 0)):
        return "That is the saturating loss, mean log(1 - D(G(z))). The non-saturating one was asked for."
    if close(g, _entropy(fake, 0)):
        return "That pushes fakes down, as the discriminator does. The generator calls its own images real."
    if close(g, right_g * len(fake)):
        return "The generator's loss is a sum over the batch in yours. Take the mean, as of the discriminator's terms."
    if close(g, _entropy(real, 1)):
        return "That is of the real logits, in which no generator has a part. Take the fake ones."
    if not close(g, right_g):
        expected, yours = apart(right_g, g)
        return f"The generator's loss should be {expected} here, and yours is {yours}."
    far = torch.full((4,), 200.0)
    d, g = ask(-far, -far, " at a logit of -200")
    if not (close(d, 180.0) and close(g, 200.0)):
        return (
            "Right at small logits. At -200 the losses are 180 and 200, and yours are "
            f"{d:g} and {g:g}: a probability is cut or rounded on the way. Stay with logits: softplus, or "
            "binary_cross_entropy_with_logits."
        )
    if not close(ask(far, far[:3], " at a logit of 200"), (_softplus_loss(200.0), 0.0)):
        return "Right for as many fakes as real images, and not for four and three at the logit 200."
    return None


def _softplus_loss(logit: float) -> float:
    """The discriminator's loss where every logit is so large that log(1 + e^-l) is 0."""
    return 0.1 * logit + logit


# ------------------------------------------------------------------------------------------- where kernels overlap


def _counts(size: int, kernel: int, stride: int) -> list[int]:
    """By asking every output which inputs reach it."""
    length = (size - 1) * stride + kernel
    return [sum(0 <= place - i * stride < kernel for i in range(size)) for place in range(length)]


@exercise(
    notebook="E1",
    title="Where kernels overlap",
    right="A stride that divides the kernel leaves an even floor; otherwise the comb is there before any training.",
)
def overlaps(answer):
    count = as_function(answer)

    def ask(size: int, kernel: int, stride: int) -> Tensor:
        return as_tensor(count(size, kernel, stride), what="the counts").detach().double()

    got, right = ask(4, 3, 2), torch.tensor(_counts(4, 3, 2), dtype=torch.float64)
    if got.shape == (4,):
        return f"Four inputs with a kernel of 3 and a stride of 2 reach 9 outputs, and yours has {got.numel()}."
    if close(got, _counts(4, 2, 3)):
        return "Kernel and stride are exchanged in yours: neighbouring inputs begin `stride` apart and reach `kernel`."
    if got.shape == (4 * 2 + 3,):
        return "Yours has size * stride + kernel = 11 outputs. The last input begins at (size - 1) stride: 9."
    if got.shape != right.shape:
        return f"The outputs are (size - 1) stride + kernel = 9 here, and yours has the shape {tuple(got.shape)}."
    if close(got, [1] * 9) and close(ask(3, 5, 2), [1] * 9):
        return "Yours says 1 everywhere. Where two kernels overlap both count: add, do not set."
    if close(got, right / right.max()) or close(got, right / right.sum()):
        return "These are shares. Give the counts themselves."
    if not close(got, right):
        return f"It should be {right.int().tolist()} for size 4, kernel 3, stride 2, and yours is {got.tolist()}."
    for given in ((5, 4, 2), (3, 5, 2), (1, 6, 3), (6, 2, 3), (7, 5, 1)):
        got, right = ask(*given), torch.tensor(_counts(*given), dtype=torch.float64)
        if not close(got, right):
            return (
                "Right for size 4, kernel 3, stride 2. For size {}, kernel {}, stride {} it is {}, and yours is {}."
            ).format(*given, right.int().tolist(), got.tolist())
    return None


# ------------------------------------------------------------------------------------------- a latent walk


@exercise(
    notebook="E1",
    title="A walk between two draws",
    right="Every point on the arc is again a draw of N(0, I); the middle of the straight line has half the variance.",
)
def latent_walk(answer):
    walk = as_function(answer)

    def ask(a: Tensor, b: Tensor, n: int) -> Tensor:
        made = as_tensor(walk(a.clone(), b.clone(), n), what="the walk")
        if made.shape != (n, len(a)):
            refuse(
                f"A walk of {n} points of {len(a)} numbers has the shape ({n}, {len(a)}), yours {tuple(made.shape)}."
            )
        return made.double()

    def arc(a: Tensor, b: Tensor, n: int) -> Tensor:
        angles = [math.pi / 2 * k / (n - 1) for k in range(n)]
        return torch.stack([math.cos(angle) * a.double() + math.sin(angle) * b.double() for angle in angles])

    draws = torch.Generator().manual_seed(0)
    a, b = torch.randn(64, generator=draws), torch.randn(64, generator=draws)
    got, right = ask(a, b, 7), arc(a, b, 7)
    straight = torch.stack([(1 - k / 6) * a.double() + k / 6 * b.double() for k in range(7)])
    if close(got, straight, abs=1e-4):
        return "That is the straight line. In its middle the noise has half the variance that the generator has learnt."
    if close(got, right.flip(0), abs=1e-4):
        return "Yours goes from b to a. At the angle 0 the walk is at a."
    if close(got, right / right.norm(dim=1, keepdim=True), abs=1e-4):
        return (
            "Brought to length 1; draws of 64 normal numbers have lengths of about 8. Leave them as long as they come."
        )
    if close(got, arc(a, b, 8)[:7], abs=1e-4):
        return "The last point is to be b itself, and yours stops a step before it."
    if close(got, arc(a, -b, 7), abs=1e-4):
        return "The sign of b: yours ends at -b. Add b sin(angle)."
    if close(got[0], a) and not close(got[-1], b, abs=1e-4):
        cosine, sine = torch.linalg.lstsq(torch.stack([a, b], dim=1).double(), got[-1]).solution.tolist()
        if close(got[-1], cosine * a.double() + sine * b.double(), abs=1e-4) and close(math.hypot(cosine, sine), 1.0):
            _, turned = apart(90, math.degrees(math.atan2(sine, cosine)) % 360, ".0f")
            return f"The angle goes from 0 to a quarter of a turn, pi / 2, and yours ends at {turned} degrees."
        return "It begins at a and does not end at b, where the angle is pi / 2."
    if not close(got, right, abs=1e-4):
        return "a cos(angle) + b sin(angle) was asked for, at evenly spaced angles from 0 to pi / 2."
    for size, n in ((3, 2), (100, 5), (16, 12)):
        a, b = torch.randn(size, generator=draws), 2 * torch.randn(size, generator=draws)
        if not close(ask(a, b, n), arc(a, b, n), abs=1e-4):
            return f"Right for 7 points of 64 numbers, and not for {n} of {size}, of which b is longer than a."
    return None
