"""Judges of notebook 10: time to quality, compressed steps, averaged weights."""

import numpy as np
import torch
from torch import Tensor

from course_lib.classroom.checks.base import as_function, as_number, as_tensor, close, exercise, refuse, worst
from course_lib.classroom.checks.numbers import apart

# ------------------------------------------------------------------------------------------- time to quality


def _stays(seconds: list[float], scores: list[float], threshold: float) -> float:
    """By a loop over the checkpoints: the first after which no score is above the threshold."""
    for i in range(len(scores)):
        if all(score <= threshold for score in scores[i:]):
            return seconds[i]
    return np.inf


@exercise(
    notebook="10",
    title="Time to quality",
    right="A score that touches a level once by luck has not got there; one that stays has.",
)
def time_to_quality(answer):
    when = as_function(answer)

    def ask(seconds: list[float], scores: list[float], threshold: float) -> float:
        time = when(np.array(seconds), np.array(scores), threshold)
        one = isinstance(time, float | np.generic | np.ndarray | Tensor) and getattr(time, "ndim", 0) == 0
        if one and float(time) == np.inf:
            return np.inf  # an answer here, which as_number would refuse
        return as_number(time, what="the time")

    seconds, scores = [10.0, 25.0, 31.0, 50.0, 64.0, 90.0], [9.0, 3.0, 6.0, 4.0, 2.0, 3.0]
    got = ask(seconds, scores, 4.5)
    if close(got, 25.0):
        return (
            "That is the first checkpoint below the threshold, and the score rose above it again at the next one. "
            "Ask from where on it *stays*."
        )
    if close(got, 90.0):
        return "That is the last checkpoint, where the score is below the threshold; it had stayed there for longer."
    if close(got, 64.0):
        return "That is where the score is lowest. The threshold was passed for good before."
    if close(got, 31.0):
        return "31 s is the last checkpoint *above* the threshold. The one after it was asked for."
    if got in (1, 2, 3, 4):
        return f"{got:g} is a checkpoint's number. Its time in seconds was asked for."
    if not close(got, 50.0):
        _, yours = apart(50, got, ".6g")
        return f"Of these six scores those from 50 s on are at most 4.5, and yours says {yours} s."
    if (got := ask(seconds, scores, 2.5)) != np.inf:
        return (
            f"The last score, 3, is above the threshold 2.5, so the run has not got there: infinity, np.inf. Yours "
            f"says {got:g}."
        )
    if not close(got := ask(seconds, scores, 9.5), 10.0):
        _, yours = apart(10, got, ".6g")
        return f"Every score is below 9.5, so it was there at the first checkpoint, after 10 s. Yours says {yours}."
    if not close(got := ask(seconds, scores, 4.0), 50.0):
        _, yours = apart(50, got, ".6g")
        return f"A score that equals the threshold has reached it: 50 s for 4.0. Yours says {yours}."
    random = np.random.default_rng(0)
    for steps in (1, 2, 7, 12, 30):
        times = list(np.cumsum(random.uniform(1, 9, steps)))
        values = list(10 / np.sqrt(1 + np.arange(steps)) * random.uniform(0.7, 1.4, steps))
        for level in (max(values) + 1, *random.choice(values, 3), min(values) / 2):
            right, got = _stays(times, values, float(level)), ask(times, values, float(level))
            if not (got == right or close(got, right)):
                expected, yours = apart(right, got, ".6g")
                return f"Right for six checkpoints. With {steps} it should be {expected} s, and yours is {yours}."
    return None


# ------------------------------------------------------------------------------------------- compressed steps


def _compressed(steps: Tensor, scale: float, less: int = 1) -> Tensor:
    """asinh through its logarithm, in float64; the spread by its definition, over n or n - 1: both are in use."""
    ratio = steps.double() / scale
    bent = torch.sign(ratio) * torch.log(ratio.abs() + torch.sqrt(ratio**2 + 1))
    return bent / torch.sqrt(((bent - bent.mean()) ** 2).sum() / (bent.numel() - less))


@exercise(
    notebook="10",
    title="Compressed steps",
    right="Below its scale a step is shown as it is, above as a logarithm, and the signs are kept.",
)
def compressed(answer):
    compress = as_function(answer)

    def ask(steps: Tensor, scale: float) -> Tensor:
        made = as_tensor(compress(steps.clone(), scale), what="what the critic is shown")
        if made.shape != steps.shape:
            refuse(f"Steps of shape {tuple(steps.shape)} became {tuple(made.shape)}: show every step by one number.")
        if not torch.isfinite(made).all():
            refuse("Some of what you show is not finite: a logarithm of 0, or of a negative step?")
        return made.double()

    draws = torch.Generator().manual_seed(0)
    # small steps and large ones, more of them upwards than downwards
    steps = 0.02 + torch.cat([0.01 * torch.randn(6, 40, generator=draws), 0.5 * torch.randn(6, 40, generator=draws)], 1)
    steps[0] = 3 * steps[0].abs()
    ratio, got, right = (steps / 0.03).double(), ask(steps, 0.03), _compressed(steps, 0.03)

    def same(other: Tensor) -> bool:
        return close(got, other.double(), rel=1e-4, abs=1e-5)

    bent = torch.asinh(ratio)
    if same(bent):
        return "Compressed, and not brought to size 1: divide by the standard deviation of what you show."
    if same(ratio / ratio.std()) or same(ratio):
        return "Divided, and not compressed: a step of 1 is still a hundred times as long as one of 0.01. torch.asinh."
    if same((bent - bent.mean()) / bent.std()):
        return "The mean was taken off too. Rest is a step of 0, and 0 has to stay 0 for the critic to know it."
    if same(bent / ratio.std()) or same(bent / steps.double().std()):
        return "Divided by the spread of the steps as they were. It is the *compressed* ones that are to have size 1."
    if same(bent / bent.std(dim=1, keepdim=True)) or same(bent / bent.std(dim=0, keepdim=True)):
        return "Each row has a spread of its own in yours, so the same step is shown differently in two signals. One."
    wrong_way = torch.asinh(steps.double() * 0.03)
    if same(wrong_way / wrong_way.std()):
        return "Multiplied by the scale: a step as large as the scale has to become asinh(1)."
    if same(bent.abs() / bent.abs().std()) or same(torch.log1p(ratio.abs()) / torch.log1p(ratio.abs()).std()):
        return "The sign is lost: up and down look alike. asinh keeps it."
    less = 1 if same(right) else 0
    if not same(_compressed(steps, 0.03, less)):
        off = float((got - right).abs().max())
        return f"asinh(step / scale) over its standard deviation was asked for; yours is off by up to {off:.3g}."
    for shape, scale in (((5, 9), 0.4), ((3, 70), 2.0), ((2, 4), 0.007)):
        steps = 0.3 + torch.randn(*shape, generator=draws) ** 3
        got, right = ask(steps, scale), _compressed(steps, scale, less)
        if not same(right):
            return f"Right for one set of steps, and not for {shape[0]} signals of {shape[1]} steps and scale {scale}."
    return None


# ------------------------------------------------------------------------------------------- averaged weights


def _weighted(weights: list[Tensor], decay: float) -> Tensor:
    """The same as one sum: the k-th last weights count (1 - d) d^k, and the first what is left."""
    n = len(weights)
    shares = [(1 - decay) * decay ** (n - 1 - i) for i in range(n)]
    shares[0] = decay ** (n - 1)
    return sum(share * weight for share, weight in zip(shares, weights, strict=True))


@exercise(
    notebook="10",
    title="Averaged weights",
    right="With 0.99 the average looks back about a hundred steps, with 0.9 about ten.",
)
def averaged(answer):
    average = as_function(answer)

    def ask(weights: list[Tensor], decay: float) -> Tensor:
        before = [weight.clone() for weight in weights]
        made = as_tensor(average(weights, decay), what="the average")
        if len(weights) != len(before):
            refuse("Your function has changed the list that it was given: taken from it, or added to it.")
        if any(not torch.equal(old, new) for old, new in zip(before, weights, strict=True)):
            refuse("Your function has changed the weights that it was given, in place or in the list. Make new ones.")
        if made.shape != before[0].shape:
            refuse(f"Weights of shape {tuple(before[0].shape)} were averaged to {tuple(made.shape)}.")
        return made

    draws = torch.Generator().manual_seed(0)
    weights = [k + torch.randn(3, 4, generator=draws, dtype=torch.float64) for k in range(6)]
    got, right = ask([w.clone() for w in weights], 0.8), _weighted(weights, 0.8)
    if close(got, _weighted(weights, 0.2)):
        return "The two shares are exchanged: the decay is the share of the *old* average, 1 - decay that of the new."
    if close(got, sum(weights) / len(weights)):
        return "All steps count alike in yours, the first nonsense too. Old weights are to fade by the decay a step."
    if close(got, right - 0.8**5 * weights[0]) or close(got, right - 0.8 * 0.8**5 * weights[0]):
        return "Yours starts from 0 and is too small at first. Start from the first weights."
    if close(got, right - 0.8**5 * weights[0] + 0.2 * 0.8**5 * weights[0]):
        return "Yours starts from 0 and is too small at first. Start from the first weights."
    if close(got, weights[-1]):
        return "These are the last weights. Nothing has been averaged."
    if close(got, weights[0]):
        return "These are the first weights: is the running average kept from step to step?"
    if not close(got, right):
        at = worst(got, right)
        expected, yours = apart(float(right[at]), float(got[at]), ".5g")
        return f"Of six weights with decay 0.8 entry {at} is averaged to {expected}, and yours is {yours}."
    for n, decay in ((1, 0.9), (2, 0.5), (9, 0.99), (30, 0.0), (4, 0.3)):
        weights = [torch.randn(2, 3, 2, generator=draws, dtype=torch.float64) for _ in range(n)]
        if not close(ask([w.clone() for w in weights], decay), _weighted(weights, decay)):
            return f"Right for six steps with decay 0.8, and not for {n} with decay {decay:g}."
    return None
