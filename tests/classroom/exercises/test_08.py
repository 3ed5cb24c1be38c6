"""Notebook 08: what each exercise refuses, by the idea behind the mistake, and what it accepts."""

import numpy as np
import pandas as pd
import torch
from exercise_answers import accepts, refuses
from torch import nn

# --------------------------------------------------------------------------------------------- the schedule


def updates(config, recordings):
    critic = config.steps * config.critic_steps
    return critic, config.steps, critic * config.batch_size / recordings


def updates_by_playing(config, recordings):
    shown, critic, generator = 0, 0, 0
    for _ in range(config.steps):
        for _ in range(config.critic_steps):
            shown, critic = shown + config.batch_size, critic + 1
        generator += 1
    return [critic, generator, np.float64(shown) / recordings]


def wrapped(answer):
    """The three numbers of an answer in one array, tensor or Series."""
    ways = {"an array": np.array, "a tensor": torch.tensor, "a Series": lambda pair: pd.Series(pair, index=list("cgs"))}
    return {way: lambda *given, make=make: make(answer(*given)) for way, make in ways.items()}


def with_showings(showings):
    return lambda c, n: (c.steps * c.critic_steps, c.steps, showings(c, n))


# ------------------------------------------------------------------------- the length of a transposed convolution


def counted(length, kernel, stride, padding, output_padding):
    touched = {i * stride + j for i in range(length) for j in range(kernel)}
    return max(touched) + 1 - 2 * padding + output_padding


def asked_of_a_layer(length, kernel, stride, padding, output_padding):
    layer = nn.ConvTranspose1d(1, 1, kernel, stride=stride, padding=padding, output_padding=output_padding)
    return layer(torch.zeros(1, 1, length)).shape[-1]


# ------------------------------------------------------------------------------------------ the penalty's norm


def by_root(slopes):
    return ((slopes.square().sum(dim=(1, 2)).sqrt() - 1) ** 2).mean()


def by_safe_root(slopes):
    return ((slopes.square().sum(dim=(1, 2)) + 1e-12).sqrt() - 1).pow(2).mean()


def by_loop(slopes):
    return sum((torch.linalg.vector_norm(one) - 1) ** 2 for one in slopes) / len(slopes)


# -------------------------------------------------------------------------------------------- reading a history


def diagnose(history, *, part=0.1, over=2.0, finite=True, order=("slope", "behind"), reduce=lambda x: x.mean()):
    if finite and not np.isfinite(history.to_numpy()).all():
        return "not a number"
    end = history.tail(max(1, int(part * len(history))))
    for question in order:
        if question == "slope" and reduce(end["gradient_norm"]) > over:
            return "slope runs away"
        if question == "behind" and reduce(end["wasserstein"]) < 0:
            return "critic behind"
    return "nothing alarming"


def only_nan(history):
    return "not a number" if history.isna().any().any() else diagnose(history, finite=False)


def by_critic_loss(history):
    word = diagnose(history)
    if word != "nothing alarming":
        return word
    return "critic behind" if history.critic_loss.tail(20).mean() < 0 else word


def by_generator_loss(history):
    word = diagnose(history)
    return "slope runs away" if word == "nothing alarming" and history.generator_loss.max() > 30 else word


def without_the_estimate(history):
    return diagnose(history, order=("slope",))


def in_numpy(history):
    if not np.all(np.isfinite(history.values)):
        return "not a number"
    end = history.iloc[-len(history) // 10 :]
    if np.mean(end.gradient_norm.values) > 2:
        return "slope runs away"
    return "critic behind" if np.sum(end.wasserstein.values) < 0 else "nothing alarming"


def by_medians(history):
    if not np.all(np.isfinite(history.values)):
        return "not a number"
    end = history.iloc[-len(history) // 10 :].median()
    if end.gradient_norm > 2:
        return "slope runs away"
    return "critic behind" if end.wasserstein < 0 else "nothing alarming"


WRONG = {
    "updates_of_a_run": {
        "the article's": (lambda c, n: (c.steps, c.steps * c.critic_steps, 10.0), "The other way round"),
        "one to one": (lambda c, n: (c.steps, c.steps, 2.0), "critic_steps = 5 is missing"),
        "shared out": (lambda c, n: (5 * c.steps / 6, c.steps / 6, 1.0), "shared 100 updates out"),
        "both together": (lambda c, n: (c.steps * 6, c.steps, 12.0), "both networks together"),
        "times the batch": (lambda c, n: (c.steps * 5 * 64, c.steps * 64, 10.0), "yours says 32000 and 6400"),
        "by generator steps": (with_showings(lambda c, n: c.steps * c.batch_size / n), "are not 2"),
        "fakes too": (with_showings(lambda c, n: 2 * c.steps * c.critic_steps * c.batch_size / n), "are not 20"),
        "in all": (with_showings(lambda c, n: c.steps * c.critic_steps * c.batch_size), "for each of the 3,200"),
        "one at a time": (with_showings(lambda c, n: c.steps * c.critic_steps / n), "not one"),
        "five built in": (lambda c, n: (5 * c.steps, c.steps, 5 * c.steps * c.batch_size / n), "built in"),
        "one number": (lambda c, n: c.steps, "Three numbers"),
    },
    "transposed_length": {
        "a convolution": (lambda n, k, s, p, o: (n + 2 * p - k) // s + 1, "how a *convolution*"),
        "times the stride": (lambda n, k, s, p, o: n * s, "Length times stride"),
        "no output padding": (lambda n, k, s, p, o: (n - 1) * s - 2 * p + k, "which you left out"),
        "one stride too long": (lambda n, k, s, p, o: n * s - 2 * p + k + o, "Too long by one stride"),
        "padding once": (lambda n, k, s, p, o: (n - 1) * s - p + k + o, "counts twice"),
        "padding added": (lambda n, k, s, p, o: (n - 1) * s + 2 * p + k + o, "*shorter*"),
        "no idea": (lambda n, k, s, p, o: 40, "torch makes"),
        "a tensor": (lambda n, k, s, p, o: torch.zeros(1, 1, n * s), "One number was expected of the length"),
    },
    "penalty_of_slopes": {
        "at every time step": (lambda g: (g.norm(dim=1) - 1).square().mean(), "at every time step"),
        "towards 0": (lambda g: g.flatten(1).norm(dim=1).square().mean(), "the distance from 0"),
        "whole batch": (lambda g: (g.norm() - 1).square(), "ran over the whole batch. "),
        "whole batch, scaled": (lambda g: (g.norm() / len(g) ** 0.5 - 1).square(), "hides behind flat ones"),
        "a norm a channel": (lambda g: (g.norm(dim=2) - 1).square().mean(), "in every channel"),
        "mean of the norms": (lambda g: (g.flatten(1).norm(dim=1).mean() - 1) ** 2, "charged the mean"),
        "no root": (lambda g: (g.square().sum((1, 2)) - 1).square().mean(), "The root is missing"),
        "no square": (lambda g: (g.flatten(1).norm(dim=1) - 1).abs().mean(), "The square is missing"),
        "one-sided": (lambda g: (g.flatten(1).norm(dim=1) - 1).clamp(min=0).square().mean(), "one-sided penalty"),
        "summed": (lambda g: (g.flatten(1).norm(dim=1) - 1).square().sum(), "not averaged"),
        "root mean square": (lambda g: (g.square().mean((1, 2)).sqrt() - 1).square().mean(), "A root mean square"),
        "NaN at 0": (by_root, "infinitely steep"),
        "off the graph": (lambda g: by_loop(g).item(), "loose from the graph"),
        "one a signal": (lambda g: (g.flatten(1).norm(dim=1) - 1).square(), "One number was expected of the penalty"),
    },
    "read_history": {
        "no look for NaN": (lambda h: diagnose(h, finite=False), "every comparison with NaN"),
        "NaN alone": (only_nan, "An infinite loss"),
        "the critic's loss": (by_critic_loss, "minus the estimate plus the penalty"),
        "the generator's loss": (by_generator_loss, "may drift"),
        "the whole run": (lambda h: diagnose(h, part=1.0), "Judge by the last tenth"),
        "the last step": (lambda h: diagnose(h, part=0.0), "A single bad step"),
        "medians": (by_medians, "fourteen times 3.2"),
        "a bound of 3": (lambda h: diagnose(h, over=3.0), "Above 2 was asked for"),
        "a bound of 50": (lambda h: diagnose(h, over=50.0), "far above 2"),
        "no estimate": (without_the_estimate, "the generator runs ahead"),
        "the other order": (lambda h: diagnose(h, order=("behind", "slope")), "The first of the list"),
        "own words": (lambda h: "fine", "was asked for, and your function returned 'fine'"),
    },
}


RIGHT = {
    "updates_of_a_run": {"by a formula": updates, "by playing it": updates_by_playing, **wrapped(updates)},
    "transposed_length": {
        "by a formula": lambda n, k, s, p, o: (n - 1) * s - 2 * p + k + o,
        "by counting": counted,
        "asked of a layer": asked_of_a_layer,
    },
    "penalty_of_slopes": {
        "flattened": lambda g: (g.flatten(1).norm(dim=1) - 1).square().mean(),
        "two axes": lambda g: ((torch.linalg.vector_norm(g, dim=(1, 2)) - 1) ** 2).mean(),
        "a safe root": by_safe_root,
        "a loop": by_loop,
    },
    "read_history": {
        "with pandas": diagnose,
        "a word in an array": lambda h: np.array(diagnose(h)),
        "in NumPy": in_numpy,
    },
}

test_wrong_answers_are_refused_by_their_misconception = refuses(WRONG)
test_right_answers_are_accepted_however_they_are_written = accepts(RIGHT)
