"""Right answers to the exercises of notebook 01, written by one who had not read the judges."""

import math

import numpy as np
import torch
from scipy.special import expit
from torch.nn import functional as F

from course_lib import losses
from course_lib.divergences import optimal_discriminator


def loss_softplus(real_logits, fake_logits):
    return F.softplus(-real_logits).mean() + F.softplus(fake_logits).mean()


def loss_bce(real_logits, fake_logits):
    bce = torch.nn.BCEWithLogitsLoss()
    return bce(real_logits, torch.ones_like(real_logits)) + bce(fake_logits, torch.zeros_like(fake_logits))


def loss_logsigmoid(real_logits, fake_logits):
    return -(F.logsigmoid(real_logits).mean() + F.logsigmoid(-fake_logits).mean())


def loss_logaddexp(real_logits, fake_logits):
    zero = torch.zeros((), dtype=real_logits.dtype)
    return torch.logaddexp(zero, -real_logits).mean() + torch.logaddexp(zero, fake_logits).mean()


def loss_two_classes(real_logits, fake_logits):
    def scores(logits):
        return torch.stack([torch.zeros_like(logits), logits], dim=-1).reshape(-1, 2)

    real, fake = scores(real_logits), scores(fake_logits)
    return F.cross_entropy(real, torch.ones(len(real)).long()) + F.cross_entropy(fake, torch.zeros(len(fake)).long())


def loss_by_hand(real_logits, fake_logits):
    def stable(x):
        return torch.maximum(x, torch.zeros_like(x)) + torch.log1p(torch.exp(-x.abs()))

    return stable(-real_logits).mean() + stable(fake_logits).mean()


def loss_loop(real_logits, fake_logits):
    real = sum(-F.logsigmoid(logit) for logit in real_logits) / len(real_logits)
    return real + sum(logit - F.logsigmoid(logit) for logit in fake_logits) / len(fake_logits)


def three_plain(p, q_new, q_old, share):
    return p / (p + share * q_old + (1 - share) * q_new)


def three_library(p, q_new, q_old, share):
    return optimal_discriminator(p, share * q_old + (1 - share) * q_new)


def three_logit(p, q_new, q_old, share):
    with np.errstate(divide="ignore"):
        return expit(np.log(p) - np.log(q_new + share * (q_old - q_new)))


def three_ratio(p, q_new, q_old, share):
    fake = np.average([q_new, q_old], axis=0, weights=[1 - share, share])
    with np.errstate(divide="ignore"):
        return 1 / (1 + fake / p)


def three_loop(p, q_new, q_old, share):
    answer = []
    for a, b, c in zip(p, q_new, q_old, strict=True):
        fake = (1 - share) * b + share * c
        answer.append(a / (a + fake))
    return answer


def three_masses(p, q_new, q_old, share):
    masses = np.stack([0.5 * p, 0.5 * (1 - share) * q_new, 0.5 * share * q_old])
    return masses[0] / masses.sum(axis=0)


def three_torch(p, q_new, q_old, share):
    p, q_new, q_old = (torch.as_tensor(x) for x in (p, q_new, q_old))
    fake = torch.lerp(q_new, q_old, share)
    return 1 - fake / (p + fake)


def vanishing_expit(logit):
    if expit(logit) < 0.01:
        return "saturating"
    if expit(-logit) < 0.01:
        return "non-saturating"
    return "neither"


def vanishing_threshold(logit):
    limit = math.log(99)
    return "saturating" if logit < -limit else "non-saturating" if logit > limit else "neither"


def vanishing_autograd(logit):
    at = torch.tensor([float(logit)], dtype=torch.float64, requires_grad=True)
    pair = {"saturating": losses.saturating_generator_loss, "non-saturating": losses.non_saturating_generator_loss}
    for name, loss in pair.items():
        if torch.autograd.grad(loss(at), at)[0].abs().item() < 0.01:
            return name
    return "neither"


def vanishing_select(logit):
    d = (1 + np.tanh(logit / 2)) / 2
    return np.select([d < 0.01, 1 - d < 0.01], ["saturating", "non-saturating"], "neither")


def vanishing_index(logit):
    names = np.array(["saturating", "neither", "non-saturating"])
    return names[np.searchsorted([-np.log(99), np.log(99)], logit)]


def vanishing_torch(logit):
    slopes = {"saturating": torch.sigmoid(torch.tensor(float(logit)))}
    slopes["non-saturating"] = 1 - slopes["saturating"]
    small = [name for name, slope in slopes.items() if slope < 0.01]
    return small[0] if small else "neither"


def step_plain(G, D, up, down, reals, noises):
    for real, noise in zip(reals, noises[:-1], strict=True):
        loss_d = losses.discriminator_loss(D(real), D(G(noise).detach()))
        up.zero_grad()
        loss_d.backward()
        up.step()
    loss_g = losses.non_saturating_generator_loss(D(G(noises[-1])))
    down.zero_grad()
    loss_g.backward()
    down.step()
    return loss_d, loss_g


def step_no_grad(G, D, up, down, reals, noises):
    for i in range(len(reals)):
        with torch.no_grad():
            fake = G(noises[i])
        up.zero_grad()
        loss_d = F.softplus(-D(reals[i])).mean() + F.softplus(D(fake)).mean()
        loss_d.backward()
        up.step()
    down.zero_grad()
    loss_g = F.softplus(-D(G(noises[len(reals)]))).mean()
    loss_g.backward()
    down.step()
    return loss_d.item(), loss_g.item()


def step_autograd(G, D, up, down, reals, noises):
    def move(net, optimiser, loss):
        parameters = list(net.parameters())
        for parameter, slope in zip(parameters, torch.autograd.grad(loss, parameters), strict=True):
            parameter.grad = slope
        optimiser.step()
        return float(loss.detach())

    for real, noise in zip(reals, noises):  # noqa: B905 - the last noise is for G
        last = move(D, up, losses.discriminator_loss(D(real), D(G(noise))))
    return last, move(G, down, losses.non_saturating_generator_loss(D(G(noises[-1]))))


def step_closure(G, D, up, down, reals, noises):
    *before, last = noises

    def closure_of(optimiser, loss_of):
        def closure():
            optimiser.zero_grad()
            loss = loss_of()
            loss.backward()
            return loss

        return closure

    for real, noise in zip(reals, before, strict=True):
        fake = G(noise).detach()
        loss_d = up.step(closure_of(up, lambda r=real, f=fake: losses.discriminator_loss(D(r), D(f))))
    loss_g = down.step(closure_of(down, lambda: losses.non_saturating_generator_loss(D(G(last)))))
    return loss_d.detach(), loss_g.detach()


def step_frozen(G, D, up, down, reals, noises):
    fakes = [G(noise).detach() for noise in noises[:-1]]  # G stands still meanwhile
    for real, fake in zip(reals, fakes, strict=True):
        D.zero_grad()
        scores = D(torch.cat([real, fake]))
        of_real, of_fake = scores[: len(real)], scores[len(real) :]
        loss_d = F.binary_cross_entropy_with_logits(of_real, torch.ones_like(of_real))
        loss_d = loss_d + F.binary_cross_entropy_with_logits(of_fake, torch.zeros_like(of_fake))
        loss_d.backward()
        up.step()
    D.requires_grad_(False)
    G.zero_grad()
    loss_g = -F.logsigmoid(D(G(noises[-1]))).mean()
    loss_g.backward()
    down.step()
    D.requires_grad_(True)
    return [loss_d.item(), loss_g.item()]


def step_halves(G, D, up, down, reals, noises):
    noises = iter(noises)
    for real in reals:
        up.zero_grad(set_to_none=False)
        real_half = F.softplus(-D(real)).mean()
        real_half.backward()
        fake_half = F.softplus(D(G(next(noises)).detach())).mean()
        fake_half.backward()
        up.step()
    down.zero_grad(set_to_none=False)
    loss_g = losses.non_saturating_generator_loss(D(G(next(noises))))
    loss_g.backward()
    down.step()
    return (real_half + fake_half).item(), loss_g.item()


def step_stacked(G, D, up, down, reals, noises):
    return torch.stack(step_plain(G, D, up, down, reals, noises)).detach()


RIGHT = {
    "loss_from_logits": {
        "softplus": loss_softplus,
        "BCEWithLogitsLoss": loss_bce,
        "logsigmoid": loss_logsigmoid,
        "logaddexp": loss_logaddexp,
        "cross entropy of two classes": loss_two_classes,
        "stable by hand": loss_by_hand,
        "a loop": loss_loop,
    },
    "three_densities": {
        "plain": three_plain,
        "the library's D*": three_library,
        "sigmoid of the log ratio": three_logit,
        "1 / (1 + ratio)": three_ratio,
        "a loop, a list": three_loop,
        "three masses": three_masses,
        "torch": three_torch,
    },
    "vanishing": {
        "expit": vanishing_expit,
        "threshold": vanishing_threshold,
        "autograd": vanishing_autograd,
        "np.select, 0-d array": vanishing_select,
        "searchsorted, np.str_": vanishing_index,
        "torch float32": vanishing_torch,
    },
    "alternating_step": {
        "plain, tensors": step_plain,
        "no_grad, floats": step_no_grad,
        "autograd.grad, no detach": step_autograd,
        "closures": step_closure,
        "fakes made before, one pass, D frozen": step_frozen,
        "two backwards": step_halves,
        "two numbers in a tensor": step_stacked,
    },
}
