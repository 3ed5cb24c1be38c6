"""Notebook 00: what each exercise refuses, by the idea behind the mistake, and what it accepts."""

import numpy as np
import torch
from exercise_answers import accepts, refuses
from scipy.spatial.distance import cdist
from sklearn.neighbors import KNeighborsClassifier


def one_hot(names, wanted, n):
    return torch.tensor([[int(name == wanted) for name in names]] * n)


def first_that_starts_so(names, wanted, n):
    return torch.full((n,), next(i for i, name in enumerate(names) if wanted.startswith(name)))


def first_that_contains(names, wanted, n):
    return torch.full((n,), next(i for i, name in enumerate(names) if wanted in name))


def rows(signals):
    return signals.flatten(1)


def by_scikit_learn(signals, averages):
    judge = KNeighborsClassifier(n_neighbors=1).fit(rows(averages).numpy(), np.arange(len(averages)))
    return judge.predict(rows(signals).numpy())


def by_loop(signals, averages):
    return [min(range(len(averages)), key=lambda k: float((x - averages[k]).norm())) for x in signals]


def variance_by_squares(signals):
    x = signals.double().numpy()
    return np.mean((x**2).mean(axis=0) - x.mean(axis=0) ** 2)


def variance_by_loop(signals):
    n, channels, length = signals.shape
    return sum(float(signals[:, c, t].var()) for c in range(channels) for t in range(length)) / (channels * length)


WRONG = {
    "time_of_step": {
        "multiplied": (lambda step, rate: step * rate, "so divide"),
        "upside down": (lambda step, rate: rate / step if step else 0.0, "Upside down"),
        "counted from 1": (lambda step, rate: (step + 1) / rate, "One sample too late"),
        "one too early": (lambda step, rate: (step - 1) / rate, "One sample too early"),
        "milliseconds": (lambda step, rate: 1000 * step / rate, "in milliseconds"),
        "from end to end": (lambda step, rate: step / (rate - 1), "from end to end"),
        "whole numbers": (lambda step, rate: step // rate, "whole-number"),
        "a rate of 80": (lambda step, rate: step / 80, "Is the rate built in"),
        "two seconds": (lambda step, rate: 2 * step / 160 + 1, "is taken at 0.5 s"),
        "an error": (lambda step, rate: rate / 0, "ZeroDivisionError"),
        "a number": (0.5, "A function was asked for"),
    },
    "labels_by_name": {
        "the name": (lambda names, wanted, n: [wanted] * n, "These are names"),
        "one number": (lambda names, wanted, n: names.index(wanted), "A label for each signal"),
        "one-hot": (one_hot, "One-hot rows"),
        "a column": (lambda names, wanted, n: torch.full((n, 1), names.index(wanted)), "have one axis"),
        "all signs": (lambda names, wanted, n: torch.arange(len(names)), "Three labels were asked for"),
        "floats": (lambda names, wanted, n: torch.ones(n) * names.index(wanted), "a place is a whole number"),
        "counted from 1": (lambda names, wanted, n: torch.full((n,), names.index(wanted) + 1), "counted from 1"),
        "the first signs": (lambda names, wanted, n: torch.arange(n), "three different signs"),
        "sorted": (lambda names, wanted, n: torch.full((n,), sorted(names).index(wanted)), "You sorted the names"),
        "starts with": (first_that_starts_so, "not in part"),
        "contains": (first_that_contains, "match as a whole?"),
        "always 1": (lambda names, wanted, n: torch.full((n,), 1), "'wave' is at place 0"),
        "nothing": (lambda names, wanted, n: torch.full((n,), -1), "yours are [-1, -1, -1]"),
    },
    "spread_across": {
        "over time": (lambda x: x.var(dim=2).mean(), "over time"),
        "everything at once": (lambda x: x.var(), "into one heap"),
        "the mean square": (lambda x: x.square().mean(), "something else is in it"),
        "a standard deviation": (lambda x: x.std(dim=0).mean(), "without the root"),
        "a root of the mean": (lambda x: (x - x.mean(dim=0)).square().mean().sqrt(), "yours is 1.0"),
        "sizes of the deviations": (lambda x: (x - x.mean(dim=0)).abs().mean(), "the spread is 1.2738"),
        "of the time averages": (lambda x: x.mean(dim=2).var(dim=0).mean(), "first and then asked"),
        "a sum": (lambda x: x.var(dim=0).sum(), "A sum over steps"),
        "the largest": (lambda x: x.var(dim=0).max(), "The largest variance"),
        "channels averaged first": (lambda x: x.mean(dim=1).var(dim=0).mean(), "averaged the channels first"),
        "squares": (lambda x: x.var(dim=0).square().mean(), "the spread is"),
        "a curve": (lambda x: x.var(dim=0), "One number was expected of the spread"),
    },
    "nearest_average": {
        "wrong axis": (lambda x, m: torch.cdist(rows(x), rows(m)).argmin(dim=0), "for each average, the nearest"),
        "all distances": (lambda x, m: torch.cdist(rows(x), rows(m)), "7 x 4"),
        "the distance": (lambda x, m: torch.cdist(rows(x), rows(m)).min(dim=1).values, "which one"),
        "farthest": (lambda x, m: torch.cdist(rows(x), rows(m)).argmax(dim=1), "the farthest"),
        "products": (lambda x, m: (rows(x) @ rows(m).T).argmax(dim=1), "the largest product"),
        "by their means": (lambda x, m: (x.mean((1, 2))[:, None] - m.mean((1, 2))).abs().argmin(1), "cancel"),
        "Manhattan": (lambda x, m: torch.cdist(rows(x), rows(m), p=1).argmin(dim=1), "Manhattan"),
        "largest difference": (
            lambda x, m: torch.cdist(rows(x), rows(m), p=float("inf")).argmin(dim=1),
            "Only the largest difference",
        ),
        "cosine": (
            lambda x, m: torch.nn.functional.cosine_similarity(rows(x)[:, None], rows(m), dim=2).argmax(dim=1),
            "compared directions",
        ),
        "a norm for each channel, added up": (
            lambda x, m: (x[:, None] - m).norm(dim=3).sum(dim=2).argmin(dim=1),
            "and yours are [2, 0, 3, 0, 1, 0, 2]",
        ),
        "half of the steps": (
            lambda x, m: torch.cdist(rows(x[:, :, :3]), rows(m[:, :, :3])).argmin(dim=1),
            "and yours are [0, 0, 3, 1, 0, 0, 2]",
        ),
        "the other channel": (
            lambda x, m: torch.cdist(x[:, 1], m[:, 1]).argmin(dim=1),
            "and yours are [2, 0, 3, 1, 0, 0, 2]",
        ),
        "from 1": (lambda x, m: torch.cdist(rows(x), rows(m)).argmin(dim=1) + 1, "numbered from 0"),
        "one channel": (lambda x, m: torch.cdist(x[:, 0], m[:, 0]).argmin(dim=1), "Only the first channel"),
        "channel by channel": (lambda x, m: ((x[:, None] - m) ** 2).sum(dim=3).argmin(dim=1), "each channel was"),
        "always 0": (lambda x, m: torch.zeros(len(x), dtype=torch.long), "and yours are [0, 0"),
        "a share": (lambda x, m: 0.7, "One number for each of the seven"),
    },
}

RIGHT = {
    "time_of_step": {
        "divided": lambda step, rate: step / rate,
        "steps times the time between": lambda step, rate: step * (1 / rate),
        "counted on": lambda step, rate: sum(1 / rate for _ in range(step)),
        "as a tensor": lambda step, rate: torch.tensor(step) / rate,
    },
    "labels_by_name": {
        "filled": lambda names, wanted, n: torch.full((n,), names.index(wanted)),
        "a list": lambda names, wanted, n: [list(names).index(wanted)] * n,
        "an array": lambda names, wanted, n: np.repeat(np.flatnonzero(np.array(names) == wanted), n),
        "int32": lambda names, wanted, n: torch.full((n,), names.index(wanted), dtype=torch.int32),
    },
    "spread_across": {
        "over N - 1": lambda x: x.var(dim=0).mean(),
        "over N, in NumPy": lambda x: np.var(x.numpy(), axis=0).mean(),
        "by squares": variance_by_squares,
        "a loop": variance_by_loop,
    },
    "nearest_average": {
        "cdist": lambda x, m: torch.cdist(rows(x), rows(m)).argmin(dim=1),
        "squares": lambda x, m: ((x[:, None] - m) ** 2).sum(dim=(2, 3)).argmin(dim=1),
        "SciPy": lambda x, m: cdist(rows(x), rows(m)).argmin(axis=1),
        "scikit-learn": by_scikit_learn,
        "a loop": by_loop,
    },
}

test_wrong_answers_are_refused_by_their_misconception = refuses(WRONG)
test_right_answers_are_accepted_however_they_are_written = accepts(RIGHT)
