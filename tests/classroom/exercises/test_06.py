"""Notebook 06: what each exercise refuses, by the idea behind the mistake, and what it accepts."""

import torch
from exercise_answers import accepts, refuses
from torch import nn

# -------------------------------------------------------------------------------------------------------- mixing


def column(weights, like):
    return weights.view(-1, *[1] * (like.ndim - 1))


def mixed(real, fake, weights):
    weights = column(weights, real)
    return weights * real + (1 - weights) * fake


def all_with_all(real, fake, weights):
    weights = weights.view(-1, *[1] * real.ndim)
    return weights * real + (1 - weights) * fake


def along_the_last_axis(real, fake, weights):
    if len(weights) != real.shape[-1]:
        return mixed(real, fake, weights)  # he mended what raised an error
    return weights * real + (1 - weights) * fake


def own_weights(n):
    return torch.rand(n, generator=torch.Generator().manual_seed(0))


# --------------------------------------------------------------------------------------- the best straight critic


def line(slope=lambda t, w: 1 + t / (2 * w), difference=lambda t, s: t * s, value=None):
    def answer(t, w):
        s = slope(t, w)
        return s, difference(t, s), t * s - w * (s - 1) ** 2 if value is None else value(t, w)

    return answer


def by_climbing(t, w):
    s = torch.zeros((), dtype=torch.float64)
    for _ in range(200):
        s = s + 0.25 / w * (t - 2 * w * (s - 1))
    return [s, t * s, t * s - w * (s - 1) ** 2]


# ----------------------------------------------------------------------------------------- the critic's whole loss


def loss(
    *,
    reduce=torch.sum,
    norm=lambda g: g.flatten(1).norm(dim=1),
    charge=lambda n: (n - 1).square().mean(),
    scores=lambda real, fake: fake.mean() - real.mean(),
    create_graph=True,
    sign=1,
    at=lambda real, fake, mixed: mixed,
    weigh=True,
):
    """The loss with any one part put wrong."""

    def answer(critic, real, fake, mixed, weight):
        where = at(real, fake, mixed).detach().clone().requires_grad_(True)
        (gradients,) = torch.autograd.grad(reduce(critic(where)), where, create_graph=create_graph)
        penalty = charge(norm(gradients))
        return scores(critic(real), critic(fake)) + sign * (weight if weigh else 1) * penalty

    return answer


as_for_signals = loss(norm=lambda g: g.norm(2, dim=(1, 2)))  # right for (B, C, L) alone


def as_found(critic, real, fake, mixed, weight):
    mixed = mixed.requires_grad_(True)
    gradients = torch.autograd.grad(critic(mixed).mean(), mixed)[0]
    penalty = ((gradients.norm(2, dim=1) - 1) ** 2).mean()
    return critic(real).mean() - critic(fake).mean() + weight * penalty


def sample_by_sample(critic, real, fake, mixed, weight):
    penalty = 0
    for one in mixed:
        one = one[None].requires_grad_(True)
        (gradient,) = torch.autograd.grad(critic(one)[0], one, create_graph=True)
        penalty = penalty + (torch.linalg.vector_norm(gradient) - 1) ** 2 / len(mixed)
    return -(critic(real) - critic(fake)).mean() + weight * penalty


def with_ones(critic, real, fake, mixed, weight):
    mixed.requires_grad_()
    scores = critic(mixed)
    g = torch.autograd.grad(scores, mixed, torch.ones_like(scores), create_graph=True, retain_graph=True)[0]
    norms = (g.pow(2).sum(dim=tuple(range(1, g.ndim))) + 1e-12).sqrt()
    return weight * ((norms - 1) ** 2).mean() - critic(real).mean() + critic(fake).mean()


# ------------------------------------------------------------------------------------- scores that hear each other


def by_moving(critic, samples, n=None):
    with torch.no_grad():
        for k, others in enumerate(~torch.eye(len(samples), dtype=torch.bool)[:n]):
            changed = samples.clone()
            changed[k] = changed[k] + 1
            if not torch.allclose(critic(samples)[others], critic(changed)[others], rtol=1e-6, atol=0):
                return True
    return False


def by_moving_the_first(critic, samples):
    changed = samples.clone()
    changed[0] = changed[0] + 1
    with torch.no_grad():
        return not torch.allclose(critic(samples)[1:], critic(changed)[1:], rtol=1e-6, atol=0)


def by_the_gradient_of_the_first(critic, samples):
    samples = samples.requires_grad_()
    (slopes,) = torch.autograd.grad(critic(samples)[0], samples)
    return bool(slopes[1:].any())


def by_a_copy_of_the_sample_before(critic, samples):
    """Puts the sample before it in each sample's place, and looks at the scores behind it alone."""
    with torch.no_grad():
        before, scores = torch.roll(samples, 1, dims=0), critic(samples)
        changed = [torch.cat([samples[:k], before[k : k + 1], samples[k + 1 :]]) for k in range(len(samples))]
        moved = torch.stack([critic(one) - scores for one in changed]).abs() > 1e-6
        return bool(moved.triu(1).any())


def by_gradient(critic, samples):
    samples = samples.requires_grad_()
    for k, score in enumerate(critic(samples)):
        (slopes,) = torch.autograd.grad(score, samples, retain_graph=True)
        slopes[k] = 0
        if slopes.abs().max() > 0:
            return True
    return False


def by_leaving_out(critic, samples):
    with torch.no_grad():
        rests = ~torch.eye(len(samples), dtype=torch.bool)
        return any((critic(samples)[rest] - critic(samples[rest])).abs().max() > 1e-5 for rest in rests)


def by_leaving_out_the_last(critic, samples):
    with torch.no_grad():
        return (critic(samples)[:-1] - critic(samples[:-1])).abs().max() > 1e-5


def of_all_scores(critic, samples):
    changed = samples.clone()
    changed[0] += 1
    with torch.no_grad():
        return bool((critic(samples) != critic(changed)).any())


def by_names(*kinds):
    def answer(critic, samples):
        return isinstance(critic, nn.Module) and any(isinstance(layer, kinds) for layer in critic.modules())

    return answer


def in_eval_mode(critic, samples):
    critic = critic.eval() if isinstance(critic, nn.Module) else critic
    return by_moving(critic, samples)


def of_the_neighbour(critic, samples):
    changed = samples.clone()
    changed[0] = changed[0] + 1
    with torch.no_grad():
        return bool((critic(samples)[2:] - critic(changed)[2:]).abs().max() > 1e-5)


WRONG = {
    "mix_pairs": {
        "every weight with every pair": (all_with_all, "every weight met every pair"),
        "along the last axis": (along_the_last_axis, "along the last axis"),
        "the other partner": (lambda x, y, e: mixed(y, x, e), "the wrong partner"),
        "one for all": (lambda x, y, e: e.mean() * x + (1 - e.mean()) * y, "One weight for the whole batch"),
        "the midpoint": (lambda x, y, e: (x + y) / 2, "midpoint"),
        "off the segment": (lambda x, y, e: column(e, x) * x + y, "do not sum to 1"),
        "weights of its own": (lambda x, y, e: mixed(x, y, own_weights(len(x))), "not on their segments"),
        "a list": (lambda x, y, e: "mixed", "A tensor was expected"),
        "a sample less": (lambda x, y, e: mixed(x, y, e)[1:], "was expected of the mixtures"),
        "one sample of the last batch": (
            lambda x, y, e: torch.cat([mixed(x, y, e)[:-1], x[-1:]]) if x.shape == (4, 2, 4) else mixed(x, y, e),
            "of sample 3 is",
        ),
        "the midpoint of points alone": (
            lambda x, y, e: (x + y) / 2 if x.ndim == 2 else mixed(x, y, e),
            "For samples of shape (6, 2)",
        ),
    },
    "best_line": {
        "slope 1": (line(slope=lambda t, w: 1.0), "not what it gets"),
        "no two": (line(slope=lambda t, w: 1 + t / w), "factor of two"),
        "R1's": (line(slope=lambda t, w: t / (2 * w)), "under R1"),
        "the other side": (line(slope=lambda t, w: 1 - t / (2 * w)), "on the other side"),
        "no distance": (line(slope=lambda t, w: 1 + 1 / (2 * w)), "grows with the distance"),
        "no idea": (line(slope=lambda t, w: 2.0), "yours is 2"),
        "the distance squared": (line(slope=lambda t, w: 1 + t**2 / (2 * w)), "At t = 3, w = 0.1"),
        "difference is W1": (line(difference=lambda t, s: t), "slope times distance"),
        "difference less penalty": (lambda t, w: (1 + t / 2 / w, t + t * t / 4 / w, 0), "took the penalty off"),
        "difference is the slope": (line(difference=lambda t, s: 7 * s), "what that slope rises by"),
        "value is the difference": (line(value=lambda t, w: t * (1 + t / (2 * w))), "*less* w times"),
        "value is W1": (line(value=lambda t, w: t), "the whole point"),
        "value is the loss": (line(value=lambda t, w: -t - t**2 / (4 * w)), "its negative"),
        "value is off": (line(value=lambda t, w: t + t**2 / (2 * w) + 1), "Put the slope into"),
        "one number": (lambda t, w: 1 + t / (2 * w), "Three numbers"),
    },
    "what_the_critic_minimises": {
        "as it was found": (as_found, "two mistakes meet"),
        "a norm a time step": (loss(norm=lambda g: g.norm(2, dim=1)), "instead of once per signal"),
        "of the mean": (loss(reduce=torch.mean), "nine times too small"),
        "a norm of the batch": (loss(norm=lambda g: g.norm()[None]), "ran over the whole batch"),
        "towards 0": (loss(charge=lambda n: n.square().mean()), "towards slope 0"),
        "upside down": (loss(scores=lambda real, fake: real.mean() - fake.mean()), "upside down"),
        "rewarded": (loss(sign=-1), "*rewarded* for being far"),
        "no weight": (loss(weigh=False), "weight is not used"),
        "no root": (loss(charge=lambda n: (n.square() - 1).square().mean()), "The root is missing"),
        "no square": (loss(charge=lambda n: (n - 1).abs().mean()), "The square is missing"),
        "one-sided": (loss(charge=lambda n: (n - 1).clamp(min=0).square().mean()), "one-sided penalty"),
        "mean of the norms": (loss(charge=lambda n: (n.mean() - 1).square()), "The mean of the slopes is charged"),
        "at the real samples": (loss(at=lambda real, fake, mixed: real), "at the real samples"),
        "at the generated samples": (loss(at=lambda real, fake, mixed: fake), "at the generated samples"),
        "at the midpoints": (loss(at=lambda real, fake, mixed: (real + fake) / 2), "that you were given, of each"),
        "a norm over two axes": (as_for_signals, "stopped with IndexError"),
        "a norm a column of an image": (
            lambda *given: (loss() if given[3].ndim < 3 else as_for_signals)(*given),
            "of samples of shape (3, 4, 4)",
        ),
        "no create_graph": (loss(create_graph=False), "moves no weight"),
        "off the graph": (lambda *given: loss()(*given).item(), "come loose"),
        "a penalty of 0.85, always": (
            lambda critic, real, fake, mixed, weight: critic(fake).mean() - critic(real).mean() + 0.8496,
            "yours is 0.850 of nine signals of shape (1, 160) and 0.850 of four",
        ),
        "a square less at slope 3 alone": (
            lambda *given: loss(charge=lambda n: (n - 1).square().mean() - 2 * (n > 2).float().mean())(*given),
            "adds 2, 20 and 1",
        ),
        "no scores": (loss(scores=lambda real, fake: 0.0), "has the loss -3"),
    },
    "scores_mix_samples": {
        "its own score too": (of_all_scores, "*another* sample's"),
        "never": (lambda critic, samples: False, "BatchNorm escapes"),
        "in eval mode": (lambda critic, samples: not by_moving(critic, samples), "The other way round"),
        "Norm in its name": (by_names(nn.BatchNorm1d, nn.LayerNorm), "suspects LayerNorm"),
        "BatchNorm's name": (by_names(nn.BatchNorm1d), "no layer to be found by its name"),
        "some of the others": (of_the_neighbour, "*all* the others"),
        "the first sample alone": (by_moving_the_first, "yours tries number 0 only"),
        "the last sample alone": (by_leaving_out_the_last, "yours tries number 6 only"),
        "the first score alone": (by_the_gradient_of_the_first, "yours looks at number 0 only"),
        "seven samples": (lambda critic, samples: by_moving(critic, samples, 7), "in one of 10"),
        "the scores behind it": (by_a_copy_of_the_sample_before, "score 0 listens to sample 1"),
        "scores": (lambda critic, samples: critic(samples), "True or False was asked for"),
    },
}

RIGHT = {
    "mix_pairs": {
        "a view": mixed,
        "transposed": lambda x, y, e: (e * x.transpose(0, -1) + (1 - e) * y.transpose(0, -1)).transpose(0, -1),
        "lerp": lambda x, y, e: torch.lerp(y, x, column(e, x)),
        "a loop": lambda x, y, e: torch.stack([k * a + (1 - k) * b for a, b, k in zip(x, y, e, strict=True)]),
    },
    "best_line": {"by formula": line(), "by climbing": by_climbing},
    "what_the_critic_minimises": {"flattened": loss(), "a loop": sample_by_sample, "a vector of ones": with_ones},
    "scores_mix_samples": {"by moving": by_moving, "by gradient": by_gradient, "by leaving one out": by_leaving_out},
}

test_wrong_answers_are_refused_by_their_misconception = refuses(WRONG)
test_right_answers_are_accepted_however_they_are_written = accepts(RIGHT)


def test_a_critic_asked_in_eval_mode_seems_deaf():
    from course_lib.classroom.checks import EXERCISES

    verdict = EXERCISES["scores_mix_samples"].verdict(in_eval_mode)
    assert verdict.right is False and "in train mode" in verdict.message
