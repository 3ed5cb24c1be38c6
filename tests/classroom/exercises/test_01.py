"""Notebook 01: what each exercise refuses, by the idea behind the mistake, and what it accepts."""

import numpy as np
import torch
from exercise_answers import accepts, refuses
from scipy import special
from torch.nn import functional as F

# ------------------------------------------------------------------------------------------ the loss from logits


def by_probabilities(real, fake):
    return -torch.log(torch.sigmoid(real)).mean() - torch.log(1 - torch.sigmoid(fake)).mean()


def by_library_probabilities(real, fake):
    on_real = F.binary_cross_entropy(torch.sigmoid(real), torch.ones_like(real))
    return on_real + F.binary_cross_entropy(torch.sigmoid(fake), torch.zeros_like(fake))


def by_a_small_number(real, fake):
    return -torch.log(torch.sigmoid(real) + 1e-8).mean() - torch.log(1 - torch.sigmoid(fake) + 1e-8).mean()


def thrown_together(real, fake):
    return torch.cat([F.softplus(-real), F.softplus(fake)]).mean()


def by_exponentials_of_the_wrong_branch(real, fake):
    def log_one_plus_exp(at):
        return torch.where(at > 30, at, torch.log1p(torch.exp(at)))  # the slope of the branch not taken is inf

    return log_one_plus_exp(-real).mean() + log_one_plus_exp(fake).mean()


def with_logits(real, fake):
    on_real = F.binary_cross_entropy_with_logits(real, torch.ones_like(real))
    return on_real + F.binary_cross_entropy_with_logits(fake, torch.zeros_like(fake))


def by_hand(real, fake):
    def log_one_plus_exp(at):
        return at.clamp(min=0) + torch.log1p(torch.exp(-at.abs()))

    return log_one_plus_exp(-real).mean() + log_one_plus_exp(fake).mean()


def by_logsumexp(real, fake):
    return torch.logaddexp(torch.zeros(()), -real).mean() + torch.logaddexp(torch.zeros(()), fake).mean()


# --------------------------------------------------------------------------------------- D* for three densities


def mixture(p, new, old, share):
    return p / (p + (1 - share) * new + share * old)


def averaged(p, new, old, share):
    return (1 - share) * p / (p + new) + share * p / (p + old)


def by_logits(p, new, old, share):
    with np.errstate(divide="ignore"):
        return special.expit(np.log(p) - np.log((1 - share) * new + share * old))


def in_torch(p, new, old, share):
    p, new, old = (torch.as_tensor(part) for part in (p, new, old))
    return 1 / (1 + ((1 - share) * new + share * old) / p)


# ----------------------------------------------------------------------------------------- which slope vanishes


def named(saturating, non_saturating):
    """An answer that has these two slopes and compares their sizes with 0.01."""

    def answer(at):
        if abs(saturating(at)) < 0.01:
            return "saturating"
        return "non-saturating" if abs(non_saturating(at)) < 0.01 else "neither"

    return answer


def by_autograd(at):
    for name, loss in (("saturating", lambda v: -F.softplus(v)), ("non-saturating", lambda v: F.softplus(-v))):
        logit = torch.tensor(float(at), requires_grad=True)
        if abs(torch.autograd.grad(loss(logit), logit)[0]) < 0.01:
            return name
    return "neither"


def by_threshold(at):
    edge = np.log(99)  # sigma(-log 99) = 0.01
    return "saturating" if at < -edge else "non-saturating" if at > edge else "neither"


def in_d(at):
    d = min(max(1 / (1 + np.exp(-at)), 1e-9), 1 - 1e-9)
    return named(lambda _: -1 / (1 - d), lambda _: -1 / d)(at)


def at_equilibrium(at):
    return "saturating" if -6 < at < 1 and at != -4 else "non-saturating" if at > 4.6 else "neither"


WRONG = {
    "loss_from_logits": {
        "maximised": (lambda r, f: -with_logits(r, f), "maximises"),
        "labels swapped": (lambda r, f: with_logits(-r, -f), "grows with the logits of *real*"),
        "halved": (lambda r, f: with_logits(r, f) / 2, "were averaged"),
        "one mean": (thrown_together, "thrown together"),
        "summed": (lambda r, f: F.softplus(-r).sum() + F.softplus(f).sum(), "a sum over samples"),
        "the generator's": (lambda r, f: F.softplus(-r).mean() + F.softplus(-f).mean(), "non-saturating loss"),
        "fakes forgotten": (lambda r, f: F.softplus(-r).mean(), "one half of the game"),
        "log of a sigmoid": (by_probabilities, "Do not go by way of the probability"),
        "BCE on probabilities": (by_library_probabilities, "and yours is 140"),
        "a small number added": (by_a_small_number, "and yours is 36.84"),
        "slope through infinity": (by_exponentials_of_the_wrong_branch, "its slope is not a number"),
        "off the graph": (lambda r, f: with_logits(r, f).item(), "loose from the graph"),
        "one a sample": (lambda r, f: F.softplus(-r), "One number was expected of the loss"),
        "squares": (lambda r, f: (r - 1).square().mean() + f.square().mean(), "For the real logits"),
    },
    "three_densities": {
        "upside down": (lambda p, n, o, s: 1 - mixture(p, n, o, s), "Upside down"),
        "three equal parts": (lambda p, n, o, s: p / (p + n + o), "1 : 1 : 1"),
        "half and half": (lambda p, n, o, s: p / (p + (n + o) / 2), "half and half"),
        "shares swapped": (lambda p, n, o, s: p / (p + s * n + (1 - s) * o), "changed places"),
        "no old fakes": (lambda p, n, o, s: p / (p + n), "today's generator alone"),
        "two discriminators": (averaged, "averaged two discriminators"),
        "odds": (lambda p, n, o, s: p / ((1 - s) * n + s * o), "*odds*"),
        "a constant share": (lambda p, n, o, s: mixture(p, n, o, 0.25), "an argument, not a constant"),
        "always one half": (lambda p, n, o, s: 0 * p + 0.5, "the best answer is 0.7059"),
        "one number": (lambda p, n, o, s: 0.5, "The shape (4,) was expected of D"),
    },
    "vanishing": {
        "in D": (in_d, "neither ever vanishes"),
        "swapped": (named(lambda at: special.expit(-at), special.expit), "changed places"),
        "at the equilibrium": (at_equilibrium, "At l = 0 yours says 'saturating'"),
        "only the name": (named(special.expit, lambda at: 1.0), "though the name does not say so"),
        "never the saturating": (named(lambda at: 1.0, lambda at: special.expit(-at)), "the size of the slope"),
        "by the sign": (
            lambda at: "saturating" if at < 0 else "non-saturating" if at > 0 else "neither",
            "not the sign of the logit",
        ),
        "a number": (lambda at: 0.0067, "was asked for, and for the logit -5"),
    },
}

RIGHT = {
    "loss_from_logits": {"with logits": with_logits, "by hand": by_hand, "by logaddexp": by_logsumexp},
    "three_densities": {
        "a mixture": mixture,
        "by logits": by_logits,
        "in torch": in_torch,
        "as a list": lambda p, n, o, s: mixture(p, n, o, s).tolist(),
    },
    "vanishing": {
        "by slopes": named(special.expit, lambda at: special.expit(-at)),
        "by autograd": by_autograd,
        "by a threshold": by_threshold,
    },
}

test_wrong_answers_are_refused_by_their_misconception = refuses(WRONG)
test_right_answers_are_accepted_however_they_are_written = accepts(RIGHT)
