"""Notebook 07: what each exercise refuses, by the idea behind the mistake, and what it accepts."""

import numpy as np
import torch
from exercise_answers import accepts, refuses
from scipy.spatial.distance import cdist
from scipy.stats import median_abs_deviation

# ------------------------------------------------------------------------------------------- power in a band


def two_sided(signal, rate, low, high):
    frequency = np.abs(np.fft.fftfreq(len(signal), 1 / rate))
    power = np.abs(np.fft.fft(signal)) ** 2 / len(signal) ** 2
    return power[(frequency >= low) & (frequency <= high)].sum()


def filtered_in_torch(signal, rate, low, high):
    spectrum = torch.fft.rfft(torch.tensor(signal))
    frequency = torch.fft.rfftfreq(len(signal), 1 / rate)
    band = (frequency >= low) & (frequency <= high)
    return torch.fft.irfft(spectrum * band, n=len(signal)).square().mean()


def one_sided(signal, rate, low, high, *, bins=2.0, edges=1.0, scale=None, axis_rate=None):
    n = len(signal)
    frequency = np.fft.rfftfreq(n, 1 / (axis_rate or rate))
    weight = np.full(len(frequency), bins)
    weight[0] = edges
    if n % 2 == 0:
        weight[-1] = edges
    power = weight * np.abs(np.fft.rfft(signal)) ** 2 / (scale or n**2)
    return power[(frequency >= low) & (frequency <= high)].sum()


def nyquist_always_alone(signal, rate, low, high):
    frequency = np.fft.rfftfreq(len(signal), 1 / rate)
    weight = np.r_[1.0, np.full(len(frequency) - 2, 2.0), 1.0]
    power = weight * np.abs(np.fft.rfft(signal)) ** 2 / len(signal) ** 2
    return power[(frequency >= low) & (frequency <= high)].sum()


def nyquist_twice(signal, rate, low, high):
    frequency = np.fft.rfftfreq(len(signal), 1 / rate)
    weight = np.where(frequency == 0, 1, 2)
    power = weight * np.abs(np.fft.rfft(signal)) ** 2 / len(signal) ** 2
    return power[(frequency >= low) & (frequency <= high)].sum()


def open_band(signal, rate, low, high):
    return one_sided(signal, rate, low, np.nextafter(high, 0))


# ------------------------------------------------------------------------------------ scaling by the training set


def standardised(train, test, axes=(0, 2), by=None, test_by=None):
    by = train if by is None else by
    test_by = by if test_by is None else test_by
    return tuple(
        (x - fit.mean(axis=axes, keepdims=True)) / fit.std(axis=axes, keepdims=True)
        for x, fit in ((train, by), (test, test_by))
    )


def in_torch(train, test):
    train, test = torch.tensor(train), torch.tensor(test)
    mean, std = train.mean((0, 2))[:, None], train.std((0, 2))[:, None]  # divides by n - 1
    return (train - mean) / std, (test - mean) / std


def flattened(train, test):
    columns = np.moveaxis(train, 1, 0).reshape(train.shape[1], -1)
    mean, std = columns.mean(1), columns.std(1)
    return [np.stack([(x[:, c] - mean[c]) / std[c] for c in range(x.shape[1])], axis=1) for x in (train, test)]


def by_range(train, test):
    low, high = train.min(axis=(0, 2), keepdims=True), train.max(axis=(0, 2), keepdims=True)
    return (train - low) / (high - low), (test - low) / (high - low)


# ------------------------------------------------------------------------------------------------- outliers


def by_mad(x, factor=3 * 1.4826):
    away = np.abs(x - np.median(x))
    return away > factor * np.median(away)


def upwards_only(x):
    away = x - np.median(x)
    return away > 3 * 1.4826 * np.median(np.abs(away))


def uncentred(x):
    return np.abs(x) > 3 * 1.4826 * np.median(np.abs(x - np.median(x)))


def by_mean_deviation(x):
    away = np.abs(x - np.median(x))
    return away > 3 * np.sqrt(np.pi / 2) * away.mean()


def by_percentiles(low, high, width=1.0):
    """Sigma from half the distance of two percentiles, `width` sigma from the median in a Gaussian."""

    def answer(x):
        ends = np.percentile(x, [low, high])
        return np.abs(x - np.median(x)) > 3 * (ends[1] - ends[0]) / 2 / width

    return answer


def by_quartiles(x):
    low, high = np.quantile(x, [0.25, 0.75])
    return (x < low - 1.5 * (high - low)) | (x > high + 1.5 * (high - low))


# --------------------------------------------------------------------------------------------------- memory


def flat(x):
    return np.asarray(x).reshape(len(x), -1)


def memory(train, test, fake, reduce=np.median):
    return reduce(cdist(flat(fake), flat(train)).min(axis=1)) / reduce(cdist(flat(test), flat(train)).min(axis=1))


def memory_by_loop(train, test, fake):
    def nearest(x):
        return min(float(np.sqrt(np.mean((x - recording) ** 2))) for recording in train)  # RMS: the ratio is the same

    return np.median([nearest(x) for x in fake]) / np.median([nearest(x) for x in test])


def memory_in_torch(train, test, fake):
    train, test, fake = (torch.tensor(flat(x)) for x in (train, test, fake))
    near = [torch.cdist(x, train).amin(dim=1).quantile(0.5) for x in (fake, test)]
    return near[0] / near[1]


def to_the_test_set(train, test, fake):
    to_test = np.median(cdist(flat(fake), flat(test)).min(axis=1))
    return to_test / np.median(cdist(flat(test), flat(train)).min(axis=1))


def from_the_training_side(train, test, fake):
    return np.median(cdist(flat(train), flat(fake)).min(axis=1)) / np.median(cdist(flat(train), flat(test)).min(axis=1))


WRONG = {
    "band_power": {
        "negative frequencies forgotten": (lambda s, r, lo, hi: one_sided(s, r, lo, hi, bins=1.0), "counts twice"),
        "sum of squares, not mean": (
            lambda s, r, lo, hi: one_sided(s, r, lo, hi, scale=len(s)),
            "grows with the number",
        ),
        "a root": (lambda s, r, lo, hi: np.sqrt(one_sided(s, r, lo, hi)), "a root"),
        "rate of 80 built in": (
            lambda s, r, lo, hi: one_sided(s, r, lo, hi, axis_rate=80),
            "Where is the sampling rate",
        ),
        "cycles a sample": (lambda s, r, lo, hi: one_sided(s, r, lo, hi, axis_rate=1), "cycles a sample"),
        "frequency 0 twice": (lambda s, r, lo, hi: one_sided(s, r, lo, hi, edges=2.0), "it counts once"),
        "the mean removed": (lambda s, r, lo, hi: one_sided(s - s.mean(), r, lo, hi), "mean is part of the signal"),
        "half the rate twice": (nyquist_twice, "are one bin"),
        "odd lengths": (nyquist_always_alone, "odd number of samples"),
        "the upper limit left out": (open_band, "Both limits belong"),
        "everything": (lambda s, r, lo, hi: 3.0, "yours is 3"),
        "no lower limit": (lambda s, r, lo, hi: one_sided(s, r, 0, hi), "power 8 between 15 and 30 Hz"),
        "no upper limit": (lambda s, r, lo, hi: one_sided(s, r, lo, r / 2), "power 2 between 2 and 8 Hz"),
        "an array": (lambda s, r, lo, hi: s**2, "One number was expected of the power"),
    },
    "standardise": {
        "the test set by itself": (
            lambda a, b: standardised(a, b, test_by=b),
            "by its own mean and spread: it now has",
        ),
        "leak": (lambda a, b: standardised(a, b, by=np.concatenate([a, b])), "has leaked"),
        "each signal": (lambda a, b: standardised(a, b, axes=(2,), test_by=b), "Each signal was scaled by its own"),
        "each step": (lambda a, b: standardised(a, b, axes=(0,)), "Each time step was scaled by itself"),
        "channels pooled": (lambda a, b: standardised(a, b, axes=(0, 1, 2)), "Metres and degrees were pooled"),
        "mean left in": (
            lambda a, b: tuple(x / a.std((0, 2), keepdims=True) for x in (a, b)),
            "the mean is still in it",
        ),
        "by range": (by_range, "Minimum and maximum"),
        "the test set as it came": (lambda a, b: (standardised(a, b)[0], b), "and the test set is not"),
        "the test set's mean alone": (
            lambda a, b: (standardised(a, b)[0], b - a.mean((0, 2), keepdims=True)),
            "and the test set is not",
        ),
        "nothing done": (lambda a, b: (a, b), "should have mean 0 and standard deviation 1"),
        "one array": (lambda a, b: a, "Two arrays were asked for"),
    },
    "flag_outliers": {
        "mean and standard deviation": (lambda x: np.abs(x - x.mean()) > 3 * x.std(), "makes the standard deviation"),
        "mean absolute deviation": (by_mean_deviation, "a mean of deviations"),
        "nothing": (lambda x: np.abs(x) > 1e9, "yours finds 0 of them"),
        "no factor": (lambda x: by_mad(x, 3.0), "0.6745 sigma"),
        "one side": (upwards_only, "in both directions"),
        "no centre": (uncentred, "subtract the median"),
        "around 0": (lambda x: np.abs(x) > 3 * 1.4826 * np.median(np.abs(x)), "measured from the median"),
        "a sum for a product": (lambda x: by_mad(x, 3 + 1.4826), "A MAD becomes sigma by 1.4826"),
        "percentiles within one sigma": (by_percentiles(16.5, 83.5), "yours says [True, True, True, True]"),
        "0 and 1": (lambda x: by_mad(x).astype(int), "these are 0 and 1 of type int64"),
        "quartiles": (by_quartiles, "% of clean Gaussian noise is flagged, and 3 sigma flags 0.27 %"),
        "places": (lambda x: np.flatnonzero(by_mad(x)), "Return the comparison itself"),
    },
    "memory_ratio": {
        "distance to the test set": (to_the_test_set, "near the generated signals are to the test set"),
        "mean": (lambda a, b, f: memory(a, b, f, np.mean), "one wild signal among 25"),
        "upside down": (lambda a, b, f: 1 / memory(a, b, f), "Upside down"),
        "squared": (lambda a, b, f: memory(a, b, f) ** 2, "Squared distances"),
        "all pairs": (
            lambda a, b, f: np.median(cdist(flat(f), flat(a))) / np.median(cdist(flat(b), flat(a))),
            "all training",
        ),
        "no denominator": (lambda a, b, f: np.median(cdist(flat(f), flat(a)).min(axis=1)), "A distance alone"),
        "from the training side": (from_the_training_side, "You went from"),
        "40 built in": (lambda a, b, f: memory(np.resize(a, (40, 1, 6)), b, f + (len(a) != 40)), "for 20 the ratio"),
        "the first channel alone": (
            lambda a, b, f: memory(a[:, :1], b[:, :1], f[:, :1]),
            "Right for signals of one channel",
        ),
        "one always": (lambda a, b, f: 1.0, "and yours is 1.0000"),
    },
}


RIGHT = {
    "band_power": {"with the two-sided transform": two_sided, "by filtering, in torch": filtered_in_torch},
    "standardise": {"in torch, n - 1": in_torch, "channel by channel": flattened},
    "flag_outliers": {
        "with SciPy": lambda x: np.abs(x - np.median(x)) > 3 * median_abs_deviation(x, scale="normal"),
        "in torch": lambda x: torch.tensor(by_mad(x)),
        "rounded": lambda x: by_mad(x, 3 / 0.6745),
        "half of the distance of the quartiles": by_percentiles(25, 75, width=0.6745),
        "percentiles at one sigma": by_percentiles(15.865, 84.135),
    },
    "memory_ratio": {"a loop, RMS": memory_by_loop, "in torch": memory_in_torch},
}

test_wrong_answers_are_refused_by_their_misconception = refuses(WRONG)
test_right_answers_are_accepted_however_they_are_written = accepts(RIGHT)
