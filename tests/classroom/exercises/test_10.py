"""Notebook 10: what each exercise refuses, by the idea behind the mistake, and what it accepts."""

import numpy as np
import torch
from exercise_answers import accepts, refuses

# ------------------------------------------------------------------------------------------- time to quality


def first_below(seconds, scores, threshold):
    return seconds[np.argmax(scores <= threshold)]


def stays(seconds, scores, threshold, *, strict=False, never=np.inf, back=0):
    above = np.flatnonzero(scores >= threshold if strict else scores > threshold)
    first = above[-1] + 1 - back if len(above) else 0
    return seconds[first] if first < len(scores) else never


def from_behind(seconds, scores, threshold):
    when = np.inf
    for second, score in zip(seconds[::-1], scores[::-1], strict=True):
        if score > threshold:
            break
        when = second
    return float(when)


def by_running_maximum(seconds, scores, threshold):
    worst_from_here = np.maximum.accumulate(scores[::-1])[::-1]
    there = seconds[worst_from_here <= threshold]
    return there.min(initial=np.inf)


# ------------------------------------------------------------------------------------------- compressed steps


def by_logarithm(steps, scale):
    ratio = steps / scale
    bent = torch.log(ratio + torch.sqrt(ratio**2 + 1)) if ratio.min() > -100 else torch.asinh(ratio)
    return bent.div(bent.std())


def by_numpy(steps, scale):
    bent = np.arcsinh(steps.numpy() / scale)
    return bent / bent.std(ddof=1)


def bent(steps, scale):
    return torch.asinh(steps / scale)


# ------------------------------------------------------------------------------------------- averaged weights


def by_lerp(weights, decay):
    average = weights[0].clone()
    for weight in weights[1:]:
        average.lerp_(weight, 1 - decay)
    return average


def by_shares(weights, decay):
    n = len(weights)
    shares = (1 - decay) * decay ** torch.arange(n - 1, -1, -1.0, dtype=torch.float64)
    shares[0] = decay ** (n - 1)
    return (shares.view(-1, *[1] * weights[0].ndim) * torch.stack(weights)).sum(0)


def moving(weights, decay, *, start=lambda w: w[0], new=lambda d: 1 - d):
    average = start(weights)
    for weight in weights if start is not first else weights[1:]:
        average = decay * average + new(decay) * weight
    return average


def first(weights):
    return weights[0]


def in_place(weights, decay):
    average = weights[0]
    for weight in weights[1:]:
        average.mul_(decay).add_((1 - decay) * weight)
    return average


WRONG = {
    "time_to_quality": {
        "the first below": (first_below, "rose above it again"),
        "the last above": (lambda s, x, t: stays(s, x, t, back=1), "the last checkpoint *above*"),
        "the best": (lambda s, x, t: s[np.argmin(x)], "where the score is lowest"),
        "the last": (lambda s, x, t: s[-1], "the last checkpoint, where"),
        "a place": (lambda s, x, t: int(np.flatnonzero(x > t)[-1] + 1), "a checkpoint's number"),
        "never is the end": (lambda s, x, t: stays(s, x, t, never=s[-1]), "has not got there"),
        "strictly below": (lambda s, x, t: stays(s, x, t, strict=True), "equals the threshold"),
    },
    "compressed": {
        "not to size 1": (bent, "not brought to size 1"),
        "not compressed": (lambda d, s: d / s / (d / s).std(), "not compressed"),
        "centred": (lambda d, s: (bent(d, s) - bent(d, s).mean()) / bent(d, s).std(), "The mean was taken off"),
        "the old spread": (lambda d, s: bent(d, s) / (d / s).std(), "as they were"),
        "a spread a row": (lambda d, s: bent(d, s) / bent(d, s).std(dim=1, keepdim=True), "a spread of its own"),
        "multiplied": (lambda d, s: bent(d, 1 / s) / bent(d, 1 / s).std(), "Multiplied by the scale"),
        "unsigned": (lambda d, s: bent(d, s).abs() / bent(d, s).abs().std(), "sign is lost"),
    },
    "averaged": {
        "shares exchanged": (lambda w, d: by_lerp(w, 1 - d), "exchanged"),
        "the mean": (lambda w, d: sum(w) / len(w), "count alike"),
        "from zero": (lambda w, d: moving(w, d, start=lambda w: torch.zeros_like(w[0])), "starts from 0"),
        "the last": (lambda w, d: w[-1], "the last weights"),
        "the first": (lambda w, d: w[0].clone(), "the first weights"),
        "in place": (in_place, "has changed the weights"),
        "taken from the list": (lambda w, d: moving([w.pop(0), *w], d, start=first), "taken from it"),
    },
}
RIGHT = {
    "time_to_quality": {
        "from behind": from_behind,
        "by a running maximum": by_running_maximum,
        "with math.inf": lambda s, x, t: stays(s, x, t, never=float("inf")),
        "an infinite tensor": lambda s, x, t: stays(s, x, t, never=torch.tensor(torch.inf)),
        "an infinite array": lambda s, x, t: stays(s, x, t, never=np.array(np.inf)),
        "an infinite float32": lambda s, x, t: stays(s, x, t, never=np.float32(np.inf)),
    },
    "compressed": {
        "by NumPy": by_numpy,
        "by a logarithm": by_logarithm,
        "over n": lambda d, s: bent(d, s) / bent(d, s).std(unbiased=False),
        "NumPy's own spread": lambda d, s: np.arcsinh(d.numpy() / s) / np.arcsinh(d.numpy() / s).std(),
    },
    "averaged": {"by lerp": by_lerp, "by shares": by_shares, "by a plain loop": lambda w, d: moving(w, d, start=first)},
}
test_wrong_answers_are_refused_by_their_misconception = refuses(WRONG)
test_right_answers_are_accepted_however_they_are_written = accepts(RIGHT)
