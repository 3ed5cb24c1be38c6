"""Judges of notebook 01: the discriminator's loss from logits, D* against two generators, which slope vanishes."""

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import softplus

from course_lib.classroom.checks.base import as_function, as_number, as_tensor, close, exercise, refuse, the_one

# --------------------------------------------------------------------------------------- the loss from logits

LOGITS = [  # real, fake
    (torch.tensor([0.5, 2.0, -1.0]), torch.tensor([-3.0, 1.0, 0.2, 0.7])),
    (torch.tensor([1.5, -0.4]), torch.tensor([0.3, -1.2, 2.5])),
]


def _right_loss(real: Tensor, fake: Tensor) -> Tensor:
    return softplus(-real).mean() + softplus(fake).mean()


# A wrong formula, and what a reader hears whose answer is that formula at all of LOGITS.
WRONG_LOSSES = [
    (
        lambda real, fake: -_right_loss(real, fake),
        "that is the value V, which the discriminator *maximises*. A loss is minimised; its sign is the other one.",
    ),
    (
        lambda real, fake: _right_loss(-real, -fake),
        "it grows with the logits of *real* samples. The logit says real; real samples should have a large one, fakes "
        "a small one.",
    ),
    (
        lambda real, fake: _right_loss(real, fake) / 2,
        "the two expectations were averaged. V is their sum, and the loss 2 log 2 where every logit is 0.",
    ),
    (
        lambda real, fake: torch.cat([softplus(-real), softplus(fake)]).mean(),
        "real and fake samples were thrown together into one mean, so the larger batch weighs more. Each kind has a "
        "mean of its own.",
    ),
    (
        lambda real, fake: softplus(-real).sum() + softplus(fake).sum(),
        "it is a sum over samples and grows with the batch. An expectation is a mean.",
    ),
    (
        lambda real, fake: softplus(-real).mean() + softplus(-fake).mean(),
        "the fakes are charged for being found fake, -log D. That is the generator's non-saturating loss; the "
        "discriminator's half is -log(1 - D).",
    ),
    (lambda real, fake: softplus(-real).mean(), "that is the half of real samples. Fakes count, too."),
    (lambda real, fake: softplus(fake).mean(), "that is the half of fakes. Real samples count, too."),
]


@exercise(
    notebook="01",
    title="The loss from logits",
    right="That is losses.discriminator_loss, and it is exact at any logit.",
)
def loss_from_logits(answer):
    loss = as_function(answer)

    def ask(real: Tensor, fake: Tensor) -> float:
        value = loss(real, fake)
        size = float(fake.abs().max())
        if size >= 40 and isinstance(value, Tensor) and value.numel() == 1 and not torch.isfinite(value).all():
            word = "infinite" if torch.isinf(value).all() else "not a number"
            refuse(
                f"At small logits you are right. At logits of {size:.0f} your loss is {word}: "
                + (
                    "in float32 sigmoid(40) is 1, and what is left to 1 is 0. Do not go by way of the probability."
                    if size < 80
                    else f"e^{size:.0f} is larger than any float, and sigmoid(-{size:.0f}) smaller than any but 0. "
                    "Which function does log(1 + e^l) in one go?"
                )
            )
        return as_number(value, what="the loss")

    asked = [ask(real.clone(), fake.clone()) for real, fake in LOGITS]
    rights = [float(_right_loss(*pair)) for pair in LOGITS]
    if not close(asked, rights):
        got, right = asked[0], rights[0]
        for formula, message in WRONG_LOSSES:
            if close(asked, [float(formula(*pair)) for pair in LOGITS]):
                return f"Your loss is {got:.4f}, and {right:.4f} is right: {message}"
        for (real, fake), got, right in zip(LOGITS, asked, rights, strict=True):
            if not close(got, right):
                given = (", ".join(f"{logit:g}" for logit in side.tolist()) for side in (real, fake))
                return "For the real logits {} and the fake ones {} ".format(*given) + (
                    f"the loss is {right:.4f}, and yours is {got:.4f}."
                )
    for size in (40.0, 1000.0):
        far = ask(torch.tensor([-size]), torch.tensor([size]))  # sure, and wrong on both
        if not close(far, 2 * size):
            return (
                f"At small logits you are right. A discriminator that is sure and wrong, real logit -{size:.0f} and "
                f"fake logit {size:.0f}, has the loss {2 * size:.0f}, and yours is {far:.4g}. Is a probability, or a "
                "power of e, kept within limits on the way? Beyond such a limit all mistakes cost the same."
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

DENSITIES = [  # p, q_new, q_old, share
    (np.array([0.3, 0.1, 0.5, 0.0]), np.array([0.1, 0.4, 0.0, 0.2]), np.array([0.2, 0.1, 0.5, 0.4]), 0.25),
    (np.array([0.2, 0.7, 0.4]), np.array([0.5, 0.1, 0.3]), np.array([0.1, 0.6, 0.2]), 0.8),
]


def _against_both(p, new, old, share):
    return p / (p + (1 - share) * new + share * old)


# A wrong formula, and what a reader hears whose answer is that formula at all of DENSITIES.
WRONG_DISCRIMINATORS = [
    (
        lambda p, new, old, share: _against_both(p, new, old, 0.25),
        "With share = 0.25 you are right, with 0.8 not: the share is an argument, not a constant.",
    ),
    (
        lambda *given: 1 - _against_both(*given),
        "Upside down: where only fakes are, yours answers 1. D says how probable it is that a sample is *real*, "
        "so p stands above.",
    ),
    (
        lambda p, new, old, share: p / (p + new + old),
        "You weigh real : new : old as 1 : 1 : 1, as if the fakes were twice as many as the real samples. New and "
        "old fakes *share* one batch: their densities are mixed with weights that add up to 1.",
    ),
    (
        lambda p, new, old, share: p / (p + (new + old) / 2),
        "You mixed the two generators half and half; the old one's share of the batch is `share`.",
    ),
    (
        lambda p, new, old, share: _against_both(p, new, old, 1 - share),
        "Today's fakes and the old ones have changed places: `share` is the *old* generator's part of the batch.",
    ),
    (
        lambda p, new, old, share: p / (p + new),
        "That is D* against today's generator alone. The old fakes are in the batch too, and count as fakes.",
    ),
    (
        lambda p, new, old, share: (1 - share) * p / (p + new) + share * p / (p + old),
        "You averaged two discriminators, one against each generator. One discriminator sees one batch: mix the "
        "densities of the fakes, not the answers (a ratio of averages is not the average of ratios).",
    ),
    (
        lambda p, new, old, share: p / ((1 - share) * new + share * old),
        "p over the fakes' density are the *odds*, which pass 1. A probability has all that could have come, "
        "p + fakes, below.",
    ),
]


@exercise(
    notebook="01",
    title="D* for three densities",
    right="To the discriminator all fakes are one mixture. With share 0 it is the D* of the notebook.",
)
def three_densities(answer):
    discriminator = as_function(answer)

    def ask(p: np.ndarray, new: np.ndarray, old: np.ndarray, share: float) -> np.ndarray:
        given = (part.copy() for part in (p, new, old))
        with np.errstate(divide="ignore"):  # the log of a density of 0
            return as_tensor(discriminator(*given, share), shape=p.shape, what="D").detach().cpu().double().numpy()

    asked = [ask(*given) for given in DENSITIES]
    rights = [_against_both(*given) for given in DENSITIES]
    if all(map(close, asked, rights)):
        return None
    for formula, message in WRONG_DISCRIMINATORS:
        if all(close(got, formula(*given)) for got, given in zip(asked, DENSITIES, strict=True)):
            return message
    for got, right, (p, new, old, share) in zip(asked, rights, DENSITIES, strict=True):
        for k in np.flatnonzero(~np.isclose(got, right, rtol=1e-4)):
            return (
                f"For p = {p[k]}, q_new = {new[k]}, q_old = {old[k]} and share = {share} the best answer is "
                f"{right[k]:.4f}, and yours is {got[k]:.4f}."
            )
    return "Your numbers are not precise enough: they differ from D* in the fourth digit."


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
        word = the_one(name_of(logit))
        if not isinstance(word, str) or word not in NAMES:
            refuse(
                f"One of {', '.join(map(repr, NAMES))} was asked for, and for the logit {logit:g} yours is {word!r}."
            )
        return word

    places = {-5.0: "saturating", -4.7: "saturating", -4.5: "neither", -4.0: "neither", 0.0: "neither"}
    places |= {4.0: "neither", 4.5: "neither", 4.7: "non-saturating", 5.0: "non-saturating"}
    words = {logit: ask(logit) for logit in places}
    if all(words[logit] == right for logit, right in places.items()):
        for logit in (-1000.0, 1000.0):
            right = "saturating" if logit < 0 else "non-saturating"
            if ask(logit) != right:
                return f"At the logit {logit:g} yours says {ask(logit)!r}: did something overflow?"
        return None
    if len(set(words.values())) == 1 and words[0.0] != "neither":
        return (
            f"Yours says {words[0.0]!r} at every logit that was tried. Both slopes are below 0 everywhere, so each is "
            "smaller than 0.01 as a number: compare its size."
        )
    if words[-5.0] == "neither" and words[5.0] == "neither":
        return (
            "Yours says 'neither' at l = -5 and at l = 5. In *D* that would be so: the slopes are -1/(1 - D) and -1/D "
            "there, never smaller than 1. The network moves the logit: multiply by dD/dl = D (1 - D)."
        )
    if words[-5.0] == "non-saturating" and words[5.0] == "saturating":
        return (
            "The two have changed places. At l = -5 the discriminator is sure that the sample is fake; there the "
            "slope of log(1 - D) in l is -sigma(-5) = -0.0067, and that of -log D is -0.9933."
        )
    if words[0.0] != "neither":
        return (
            f"At l = 0 yours says {words[0.0]!r}. There D = 1/2, as against a perfect generator, and both slopes are "
            "-1/2: a gradient does not vanish because the generator is good."
        )
    for logit, right in ((-5.0, "saturating"), (5.0, "non-saturating")):
        if words[logit] not in (right, "neither"):
            slopes = ("-0.0067", "-0.9933") if logit < 0 else ("-0.9933", "-0.0067")
            return (
                f"At l = {logit:g} yours says {words[logit]!r}. There the slope of log(1 - D) in l is {slopes[0]}, and "
                f"that of -log D is {slopes[1]}: it is the {right} one that vanishes."
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
    logit = min((logit for logit, right in places.items() if words[logit] != right), key=abs)
    return (
        f"At l = {logit:g} yours says {words[logit]!r}. The smaller of the two slopes has the size "
        f"{1 / (1 + np.exp(abs(logit))):.4f} there: compare it with 0.01, and not the sign of the logit."
    )
