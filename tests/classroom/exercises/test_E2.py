"""Elective E2: what each exercise refuses, by the idea behind the mistake, and what it accepts."""

import numpy as np
import pandas as pd
import torch
from exercise_answers import accepts, refuses
from numpy.lib.stride_tricks import sliding_window_view

# ---------------------------------------------------------------------------------------- the least percentage error


def weighted_median(values):
    ordered = np.sort(values)
    weight = np.cumsum(1 / ordered)
    return ordered[np.searchsorted(weight, weight[-1] / 2)]


def by_trying(values):
    return min(values.tolist(), key=lambda c: sum(abs(y - c) / y for y in values.tolist()))


def off_by(share):
    return lambda values: weighted_median(values) * (1 + share)


def by_table(values):
    y = torch.from_numpy(values)
    return y[((y[:, None] - y[None, :]).abs() / y[:, None]).mean(0).argmin()]


# ------------------------------------------------------------------------------------------- outliers by the past


def by_windows(values, history):
    found = np.zeros(len(values), dtype=bool)
    if len(values) > history:
        past = sliding_window_view(values[:-1], history)
        found[history:] = abs(values[history:] - past.mean(1)) > 3 * past.std(1)
    return found


def by_pandas(values, history):
    past = pd.Series(values).shift(1).rolling(history)
    return ((pd.Series(values) - past.mean()).abs() > 3 * past.std(ddof=0)).to_numpy()


def in_torch(values, history):
    return torch.from_numpy(by_windows(values, history))


def by_days(values, history, *, limit=3, low=True, until=0, mean=np.mean):
    mask = []
    for t, y in enumerate(values):
        past = values[max(0, t - history) : t + until]
        off = y - mean(past) if t >= history else 0
        mask.append(bool((abs(off) if low else off) > limit * past.std() if t >= history else False))
    return mask


# ----------------------------------------------------------------------------------------- denoising by the past


def stretch_by_stretch(values, width, smooth):
    return [smooth(values[t - width : t])[-1] for t in range(width, len(values) + 1)]


def all_at_once(values, width, smooth):
    return torch.from_numpy(smooth(sliding_window_view(values, width))[:, -1].copy())


WRONG = {
    "best_constant": {
        "mean": (np.mean, "the mean"),
        "median": (np.median, "the median. It has the least absolute"),
        "harmonic": (lambda y: len(y) / np.sum(1 / y), "harmonic"),
        "geometric": (lambda y: np.exp(np.log(y).mean()), "geometric"),
        "the error": (lambda y: min(100 * np.mean(abs(y - c) / y) for c in y), "That is the error"),
        "weighted by the value": (
            lambda y: np.sort(y)[np.searchsorted(np.cumsum(np.sort(y)), y.sum() / 2)],
            "counts with the value",
        ),
        "the symmetric percentage error": (
            lambda y: y[np.argmin([np.mean(abs(y - c) / (y + c)) for c in y])],
            "has a MAPE of",
        ),
        "to two digits": (off_by(3e-3), "the constant 3.009 has a MAPE of"),
        "the value above the best": (
            lambda y: np.sort(y)[min(np.searchsorted(np.sort(y), weighted_median(y)) + 1, len(y) - 1)],
            "has a MAPE of",
        ),
        "the least": (np.min, "has a MAPE of"),
        "all of them": (lambda y: y, "One number"),
    },
    "past_outliers": {
        "hindsight": (
            lambda y, h: (abs(y - y.mean()) > 3 * y.std()) & (np.arange(len(y)) >= h),
            "changes what is said",
        ),
        "today included": (lambda y, h: by_days(y, h, until=1), "hides itself"),
        "only high": (lambda y, h: by_days(y, h, low=False), "too high"),
        "one sigma": (lambda y, h: by_days(y, h, limit=1), "one standard deviation"),
        "yesterday": (lambda y, h: by_days(y, h, mean=lambda past: past[-1]), "day before"),
        "four sigmas": (lambda y, h: by_days(y, h, limit=4), "outlier by the rule"),
        "around the median": (lambda y, h: by_days(y, h, mean=np.median), "their median"),
        "without yesterday": (lambda y, h: by_days(y, h, until=-1), "just before t was left out"),
        "a day more": (
            lambda y, h: by_days(y, h + 1) | (by_windows(y, h) & (np.arange(len(y)) == h)),
            "outlier by the rule",
        ),
        "none ever": (lambda y, h: np.zeros(len(y), bool), "outlier by the rule"),
        "turned round": (lambda y, h: ~by_windows(y, h) & (np.arange(len(y)) >= h), "turned round"),
        "first days too": (lambda y, h: np.ones(len(y), bool), "first 20 days"),
        "sample spread": (
            lambda y, h: (
                abs(y - pd.Series(y).shift(1).rolling(h).mean()) > 3.3 * pd.Series(y).shift(1).rolling(h).std()
            ),
            "outlier by the rule",
        ),
        "places": (lambda y, h: np.flatnonzero(by_windows(y, h)), "A mask of 80"),
    },
    "known_smooth": {
        "smoothed, then cut": (lambda y, w, s: s(y)[w - 1 :], "Cut first"),
        "the first day": (lambda y, w, s: s(sliding_window_view(y, w))[:, 0], "*first* day"),
        "the means": (lambda y, w, s: s(sliding_window_view(y, w)).mean(1), "means of the smoothed"),
        "raw": (lambda y, w, s: y[w - 1 :], "was not used"),
        "all days before": (lambda y, w, s: [s(y[:t])[-1] for t in range(w, len(y) + 1)], "`width` days"),
        "a stretch ahead": (
            lambda y, w, s: np.r_[s(sliding_window_view(y, w))[1:, -1], s(y[-w:])[-1]],
            "changes an earlier",
        ),
        "one too few": (lambda y, w, s: s(sliding_window_view(y[:-1], w))[:, -1], "shape"),
        "too narrow": (
            lambda y, w, s: [s(y[max(0, t - w + 1) : t])[-1] for t in range(max(w, 2), len(y) + 1)],
            "should be the last",
        ),
    },
}
RIGHT = {
    "best_constant": {
        "weighted": weighted_median,
        "by trying": by_trying,
        "by a table": by_table,
        "to four digits": off_by(1e-5),
    },
    "past_outliers": {"by windows": by_windows, "by pandas": by_pandas, "day by day": by_days, "a tensor": in_torch},
    "known_smooth": {"stretch by stretch": stretch_by_stretch, "all at once": all_at_once},
}

test_wrong_answers_are_refused_by_their_misconception = refuses(WRONG)
test_right_answers_are_accepted_however_they_are_written = accepts(RIGHT)
