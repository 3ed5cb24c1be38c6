"""Judges of notebook 01: the discriminator's loss from logits, D* against two generators, which slope vanishes."""

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import softplus

from course_lib.classroom.checks.base import as_function, as_number, as_tensor, close, exercise, refuse

# --------------------------------------------------------------------------------------- the loss from logits

REAL, FAKE = torch.tensor([0.5, 2.0, -1.0]), torch.tensor([-3.0, 1.0, 0.2, 0.7])


def _halves(real: Tensor, fake: Tensor) -> tuple[Tensor, Tensor]:
    return softplus(-real).mean(), softplus(fake).mean()


@exercise(
    notebook="01",
    title="The loss from logits",
    right="That is losses.discriminator_loss, and it is exact at any logit.",
)
def loss_from_logits(answer):
    loss = as_function(answer)

    def ask(real: Tensor, fake: Tensor) -> float:
        value = loss(real, fake)
        if isinstance(value, Tensor) and value.numel() == 1 and not torch.isfinite(value).all():
            word = "infinite" if torch.isinf(value).all() else "not a number"
            refuse(
                f"At logits of {float(real.abs().max()):.0f} your loss is {word}: in float32 sigmoid(1000) is 1, and "
                "the log of what is left to 1 is the log of 0. Do not go by way of the probability."
            )
        return as_number(value, what="the loss")

    got = ask(REAL, FAKE)
    on_real, on_fake = (float(half) for half in _halves(REAL, FAKE))
    right = on_real + on_fake
    swapped = sum(float(half) for half in _halves(-REAL, -FAKE))
    both = torch.cat([softplus(-REAL), softplus(FAKE)])
    if close(got, -right):
        return (
            f"Your loss is {got:.4f}, and {right:.4f} is right: that is the value V, which the discriminator "
            "*maximises*. A loss is minimised; its sign is the other one."
        )
    if close(got, swapped):
        return (
            f"Your loss is {got:.4f}, and {right:.4f} is right: it grows with the logits of *real* samples. The logit "
            "says real; real samples should have a large one, fakes a small one."
        )
    if close(got, right / 2):
        return (
            f"Your loss is half of {right:.4f}: the two expectations were averaged. V is their sum, 2 log 2 where "
            "every logit is 0."
        )
    if close(got, float(both.mean())):
        return (
            f"Your loss is {got:.4f}, and {right:.4f} is right: real and fake samples were thrown together into one "
            "mean, so the larger batch weighs more. Each kind has a mean of its own."
        )
    if close(got, float(both.sum())):
        return (
            f"Your loss is {got:.4f}, and {right:.4f} is right: it is a sum over samples and grows with the batch. "
            "An expectation is a mean."
        )
    if close(got, float(softplus(-REAL).mean() + softplus(-FAKE).mean())):
        return (
            f"Your loss is {got:.4f}, and {right:.4f} is right: the fakes are charged for being found fake, -log D. "
            "That is the generator's non-saturating loss; the discriminator's half is -log(1 - D)."
        )
    if close(got, on_real) or close(got, on_fake):
        return f"Your loss is {got:.4f}: that is one half of the game. Real samples *and* fakes count."
    if not close(got, right):
        return (
            f"For the real logits 0.5, 2, -1 and the fake ones -3, 1, 0.2, 0.7 the loss is {right:.4f}, and yours is "
            f"{got:.4f}."
        )
    for size in (40.0, 1000.0):
        far = ask(torch.tensor([-size]), torch.tensor([size]))  # sure, and wrong on both
        if not close(far, 2 * size):
            return (
                f"At small logits you are right. A discriminator that is sure and wrong, real logit -{size:.0f} and "
                f"fake logit {size:.0f}, has the loss {2 * size:.0f}, and yours is {far:.4g}: a probability was "
                "clamped away from 0 and 1, and beyond the clamp all mistakes cost the same."
            )
    fake = torch.tensor([1000.0], requires_grad=True)
    value = loss(torch.tensor([1000.0]), fake)
    if not isinstance(value, Tensor) or not value.requires_grad:
        return "The value is right, and it is loose from the graph: nothing can be learned from it. Keep to tensors."
    (slope,) = torch.autograd.grad(value.sum(), fake)
    if not torch.isfinite(slope).all():
        return "The value is right at 1000, and its slope is not a number: somewhere an infinity is multiplied by 0."
    if not close(slope, [1.0]):
        return f"The value is right at 1000, and its slope in the fake logit is {slope.item():.3g}: sigma(1000) = 1."
    return None


# ------------------------------------------------------------------------------------- D* for three densities


@exercise(
    notebook="01",
    title="D* for three densities",
    right="To the discriminator all fakes are one mixture. With share 0 it is the D* of the notebook.",
)
def three_densities(answer):
    discriminator = as_function(answer)
    p, new, old = np.array([0.3, 0.1, 0.5, 0.0]), np.array([0.1, 0.4, 0.0, 0.2]), np.array([0.2, 0.1, 0.5, 0.4])
    share = 0.25

    def ask(p: np.ndarray, new: np.ndarray, old: np.ndarray, share: float) -> np.ndarray:
        given = (part.copy() for part in (p, new, old))
        return as_tensor(discriminator(*given, share), shape=p.shape, what="D").detach().cpu().double().numpy()

    fakes = (1 - share) * new + share * old
    got, right = ask(p, new, old, share), p / (p + fakes)
    if close(got, right):
        other = ask(p, new, old, 0.8)
        if not close(other, p / (p + 0.2 * new + 0.8 * old)):
            return "With share = 0.25 you are right, with 0.8 not: the share is an argument, not a constant."
        return None
    if close(got, 1 - right):
        return (
            "Upside down: where only fakes are, yours answers 1. D says how probable it is that a sample is *real*, "
            "so p stands above."
        )
    if close(got, p / (p + new + old)):
        return (
            "You weigh real : new : old as 1 : 1 : 1, as if the fakes were twice as many as the real samples. New and "
            "old fakes *share* one batch: their densities are mixed with weights that add up to 1."
        )
    if close(got, p / (p + (new + old) / 2)):
        return "You mixed the two generators half and half; the old one's share of the batch is `share`, here 0.25."
    if close(got, p / (p + share * new + (1 - share) * old)):
        return "Today's fakes and the old ones have changed places: `share` is the *old* generator's part of the batch."
    if close(got, p / (p + new)):
        return "That is D* against today's generator alone. The old fakes are in the batch too, and count as fakes."
    with np.errstate(all="ignore"):
        apart = (1 - share) * p / (p + new) + share * p / (p + old)
    if close(got, apart):
        return (
            "You averaged two discriminators, one against each generator. One discriminator sees one batch: mix the "
            "densities of the fakes, not the answers (a ratio of averages is not the average of ratios)."
        )
    if close(got, p / np.maximum(fakes, 1e-300)) or np.any(got > 1):
        return (
            "Some of your answers are above 1: p over the fakes' density are the *odds*. A probability has all that "
            "could have come, p + fakes, below."
        )
    with np.errstate(all="ignore"):
        logit = np.log(p / fakes)
    if np.allclose(got[:3], logit[:3], rtol=1e-3):
        return "Those are logits, log(p / fakes); their sigmoid is D."
    return (
        f"For p = 0.3, q_new = 0.1, q_old = 0.2 and share = 0.25 the best answer is {right[0]:.4f}, and yours is "
        f"{got[0]:.4f}."
    )


# -------------------------------------------------------------------------------------- which slope vanishes

NAMES = ("saturating", "non-saturating", "neither")


@exercise(
    notebook="01",
    title="Which gradient vanishes?",
    right="The saturating one dies where D is sure of a fake: when the generator needs it most.",
)
def vanishing(answer):
    name_of = as_function(answer)

    def ask(logit: float) -> str:
        word = name_of(logit)
        if not isinstance(word, str) or word not in NAMES:
            refuse(
                f"One of {', '.join(map(repr, NAMES))} was asked for, and for the logit {logit:g} yours is {word!r}."
            )
        return word

    places = {-5.0: "saturating", -4.0: "neither", 0.0: "neither", 4.0: "neither", 5.0: "non-saturating"}
    words = {logit: ask(logit) for logit in places}
    if all(words[logit] == right for logit, right in places.items()):
        for logit in (-1000.0, 1000.0):
            right = "saturating" if logit < 0 else "non-saturating"
            if ask(logit) != right:
                return f"At the logit {logit:g} yours says {ask(logit)!r}: did something overflow?"
        return None
    if words[-5.0] == "neither" and words[5.0] == "neither":
        return (
            "By your rule neither ever vanishes: that is so in *D*, where the slopes are -1/(1 - D) and -1/D and never "
            "smaller than 1. The network moves the logit: multiply by dD/dl = D (1 - D)."
        )
    if words[-5.0] == "non-saturating" or words[5.0] == "saturating":
        return (
            "The two have changed places. At l = -5 the discriminator is sure that the sample is fake; there the "
            "slope of log(1 - D) in l is -sigma(-5) = -0.0067, and that of -log D is -0.9933."
        )
    if words[0.0] != "neither":
        return (
            f"At l = 0 yours says {words[0.0]!r}. There D = 1/2, as against a perfect generator, and both slopes are "
            "-1/2: a gradient does not vanish because the generator is good."
        )
    if words[5.0] == "neither":
        return (
            "At l = 5 yours says 'neither'. The non-saturating slope is -(1 - sigma(5)) = -0.0067 there: it vanishes "
            "where D takes the fake for real, though the name does not say so."
        )
    if words[-5.0] == "neither":
        return (
            "At l = -5 yours says 'neither', and the slope of log(1 - D) in the logit is -0.0067 there. Is your "
            "comparison made with the size of the slope?"
        )
    return (
        "At l = -4 and l = 4 the smaller of the two slopes has the size 0.018, which is not below 0.01: compare the "
        "slope and not the sign of the logit."
    )
