"""Notebook 01: what each exercise refuses, by the idea behind the mistake, and what it accepts."""

import numpy as np
import torch
from exercise_answers import accepts, refuses
from scipy import special
from torch.nn import functional as F

from course_lib import losses
from course_lib.classroom import checks

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


def by_exponentials(real, fake):
    return torch.log1p(torch.exp(-real)).mean() + torch.log1p(torch.exp(fake)).mean()


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


# ------------------------------------------------------------------------------------------- the alternating step


def played(
    *,
    order="d g",
    g_loss=losses.non_saturating_generator_loss,
    d_sign=1,
    g_noise=-1,
    reset_d=True,
    reset_g=True,
    every_time=False,
    only=None,
    moves=True,
    result=lambda d, g: (d.item(), g.item()),
):
    """An answer that plays the step with torch, right but for what is given."""

    def answer(G, D, up, down, reals, noises):
        def of_g(noise):
            loss = g_loss(D(G(noise)))
            if reset_g:
                down.zero_grad()
            loss.backward()
            return loss

        if order == "g d":
            of_g(noises[g_noise])
            down.step()
        if order == "both":
            of_g(noises[g_noise])
        for real, noise in list(zip(reals, noises, strict=False))[:only]:
            loss_d = d_sign * losses.discriminator_loss(D(real), D(G(noise).detach()))
            if reset_d:
                up.zero_grad()
            loss_d.backward()
            if moves:
                up.step()
            if every_time:
                loss_g = of_g(noise)
                down.step()
        if order == "d g" and not every_time:
            loss_g = of_g(noises[g_noise])
        if order != "g d" and moves and not every_time:
            down.step()
        return result(loss_d, loss_g) if order == "d g" else (0.0, 0.0)

    return answer


def still(net):
    return torch.optim.SGD(net.parameters(), lr=0.0)


def same_fakes(G, D, up, down, reals, noises):
    return played()(G, D, up, down, reals, [noises[0]] * len(reals) + [noises[-1]])


def not_detached(G, D, up, down, reals, noises):
    for k, real in enumerate(reals):
        up.zero_grad()
        on_real, on_fake = D(real), D(G(noises[k]))
        loss_d = F.binary_cross_entropy_with_logits(on_real, torch.ones_like(on_real))
        loss_d = loss_d + F.binary_cross_entropy_with_logits(on_fake, torch.zeros_like(on_fake))
        loss_d.backward()
        up.step()
    down.zero_grad()
    loss_g = F.softplus(-D(G(noises[len(reals)]))).mean()
    loss_g.backward()
    down.step()
    return [float(loss_d.detach()), float(loss_g.detach())]


def leaked(reset_after):
    """Fakes that are not detached, and G's slopes set to 0 after its step or never."""

    def answer(G, D, up, down, reals, noises):
        for real, noise in zip(reals, noises, strict=False):
            up.zero_grad()
            loss_d = losses.discriminator_loss(D(real), D(G(noise)))
            loss_d.backward()
            up.step()
        loss_g = losses.non_saturating_generator_loss(D(G(noises[-1])))
        loss_g.backward()
        down.step()
        if reset_after:
            down.zero_grad()
        return loss_d, loss_g

    return answer


def reset_after_the_step(G, D, up, down, reals, noises):
    for real, noise in zip(reals, noises, strict=False):
        loss_d = losses.discriminator_loss(D(real), D(G(noise).detach()))
        loss_d.backward()
        up.step()
        up.zero_grad()
    loss_g = losses.non_saturating_generator_loss(D(G(noises[-1])))
    loss_g.backward()
    down.step()
    down.zero_grad()
    return loss_d, loss_g


def by_grad(G, D, up, down, reals, noises):
    """Slopes asked for, and handed to the optimisers."""
    noises = list(noises)
    last = noises.pop()
    for real, noise in zip(reals, noises, strict=True):
        with torch.no_grad():
            fake = G(noise)
        loss_d = F.softplus(-D(real)).mean() + F.softplus(D(fake)).mean()
        for parameter, slope in zip(D.parameters(), torch.autograd.grad(loss_d, list(D.parameters())), strict=True):
            parameter.grad = slope
        up.step()
    loss_g = -F.logsigmoid(D(G(last))).mean()
    for parameter, slope in zip(G.parameters(), torch.autograd.grad(loss_g, list(G.parameters())), strict=True):
        parameter.grad = slope
    down.step()
    return loss_d, loss_g


WRONG = {
    "loss_from_logits": {
        "maximised": (lambda r, f: -with_logits(r, f), "maximises"),
        "labels swapped": (lambda r, f: with_logits(-r, -f), "grows with the logits of *real*"),
        "halved": (lambda r, f: with_logits(r, f) / 2, "were averaged"),
        "one mean": (thrown_together, "thrown together"),
        "summed": (lambda r, f: F.softplus(-r).sum() + F.softplus(f).sum(), "a sum over samples"),
        "the generator's": (lambda r, f: F.softplus(-r).mean() + F.softplus(-f).mean(), "non-saturating loss"),
        "fakes forgotten": (lambda r, f: F.softplus(-r).mean(), "Fakes count, too"),
        "real forgotten": (lambda r, f: F.softplus(f).mean(), "Real samples count, too"),
        "exponential that overflows": (by_exponentials, "e^1000 is larger than any float"),
        "power of e kept within limits": (
            lambda r, f: (
                torch.log1p(torch.exp(-r).clamp(max=1e30)).mean() + torch.log1p(torch.exp(f).clamp(max=1e30)).mean()
            ),
            "kept within limits on the way",
        ),
        "right for these batches": (lambda r, f: with_logits(r, f) * len(f) / 4, "For the real logits 1.5, -0.4"),
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
        "above 1": (lambda p, n, o, s: p + 1, "and yours is 1.3000"),
        "one number": (lambda p, n, o, s: 0.5, "The shape (4,) was expected of D"),
    },
    "vanishing": {
        "in D": (in_d, "In *D* that would be so"),
        "swapped": (named(lambda at: special.expit(-at), special.expit), "changed places"),
        "at the equilibrium": (at_equilibrium, "At l = 0 yours says 'saturating'"),
        "only the name": (named(special.expit, lambda at: 1.0), "though the name does not say so"),
        "never the saturating": (named(lambda at: 1.0, lambda at: special.expit(-at)), "the size of the slope"),
        "by the sign": (
            lambda at: "saturating" if at < 0 else "non-saturating" if at > 0 else "neither",
            "not the sign of the logit",
        ),
        "sign and not size": (
            lambda at: "saturating" if -special.expit(at) < 0.01 else "neither",
            "'saturating' at every logit",
        ),
        "one name for both": (
            lambda at: "saturating" if abs(at) > 4.6 else "neither",
            "At l = 5 yours says 'saturating'",
        ),
        "a limit of 4": (
            lambda at: "saturating" if at < -4 else "non-saturating" if at > 4 else "neither",
            "At l = -4.5 yours says 'saturating'",
        ),
        "a limit of 4.9": (
            lambda at: "saturating" if at < -4.9 else "non-saturating" if at > 4.9 else "neither",
            "At l = -4.7 yours says 'neither'",
        ),
        "a number": (lambda at: 0.0067, "was asked for, and for the logit -5"),
    },
    "alternating_step": {
        "generator first": (played(order="g d"), "D's steps come first"),
        "simultaneous": (played(order="both"), "that is a simultaneous step"),
        "G after every step": (played(every_time=True), "after every step of D"),
        "saturating": (played(g_loss=losses.saturating_generator_loss), "descends log(1 - D)"),
        "D climbs": (played(d_sign=-1), "learns to call the fakes real"),
        "G climbs": (
            played(g_loss=lambda at: -losses.non_saturating_generator_loss(at)),
            "climbs its own loss: its fakes",
        ),
        "first noise again": (played(g_noise=0), "uses the first noise again"),
        "one step of D": (played(only=1), "makes one step only"),
        "D stands still": (lambda G, D, up, down, r, n: played()(G, D, still(D), down, r, n), "never moves"),
        "nobody moves": (played(moves=False), "Neither player has moved"),
        "same fakes": (same_fakes, "sees the same fakes"),
        "D's slopes pile up": (played(reset_d=False), "D's gradients pile up"),
        "G's slopes pile up": (played(reset_g=False), "the gradients in G pile up"),
        "D's slopes in G, never reset": (leaked(False), "the fakes were not detached"),
        "D's slopes in G, reset after the step": (leaked(True), "After its step that comes too late"),
        "reset after the step": (reset_after_the_step, "leaves slopes in D, too"),
        "another loss of G": (played(g_loss=lambda at: (at - 1).square().mean()), "G's scale goes from 0.6"),
        "losses swapped": (played(result=lambda d, g: (g.item(), d.item())), "in the wrong order"),
        "losses with their signs turned": (played(result=lambda d, g: (-d.item(), -g.item())), "and yours -"),
        "one loss": (played(result=lambda d, g: d.item()), "Return two numbers"),
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
    "alternating_step": {"as in the notebook": played(), "without detach": not_detached, "by autograd.grad": by_grad},
}


def test_a_log_of_a_small_sigmoid_is_not_told_of_the_overflow_alone():
    def answer(real, fake):
        return -torch.log(torch.sigmoid(real)).mean() - torch.log(torch.sigmoid(-fake)).mean()

    assert "and sigmoid(-1000) smaller than any but 0" in checks.loss_from_logits.verdict(answer).message


test_wrong_answers_are_refused_by_their_misconception = refuses(WRONG)
test_right_answers_are_accepted_however_they_are_written = accepts(RIGHT)
