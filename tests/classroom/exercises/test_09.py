"""Notebook 09: what each exercise refuses, by the idea behind the mistake, and what it accepts."""

import numpy as np
import pandas as pd
import torch
from exercise_answers import accepts, refuses
from scipy import stats
from scipy.spatial import KDTree
from scipy.spatial.distance import cdist

# ------------------------------------------------------------------------------------- a range for one more draw


def interval(draws, *, q=0.995, ddof=1, more=1, freedom=-1, t=True, root=lambda n: np.sqrt(1 + 1 / n)):
    n = len(draws)
    quantile = stats.t.ppf(q, n + freedom) if t else stats.norm.ppf(q)
    width = more * quantile * np.std(draws, ddof=ddof) * root(n)
    return np.mean(draws) - width, np.mean(draws) + width


def by_scipy(draws):
    draws = np.asarray(draws)
    scale = np.sqrt(draws.var(ddof=1) * (len(draws) + 1) / len(draws))
    return list(stats.t.interval(0.99, len(draws) - 1, loc=draws.mean(), scale=scale))


# ------------------------------------------------------------------------------------------- the share of copies


def below(percentile, count=np.mean):
    return lambda test, fake: count(fake < np.percentile(test, percentile))


def by_loop(of_test, of_fake):
    limit = sorted(of_test)[int(0.05 * (len(of_test) - 1))]
    after = sorted(of_test)[int(0.05 * (len(of_test) - 1)) + 1]
    limit += (0.05 * (len(of_test) - 1) % 1) * (after - limit)
    return sum(d < limit for d in of_fake) / len(of_fake)


# ----------------------------------------------------------------------------------------------------- coverage


def balls(real, fake, k, *, place=0, radius=lambda r: r[:, None]):
    reach = np.sort(cdist(real, real), axis=1)[:, k + place]
    return cdist(real, fake) <= radius(reach)


def by_trees(real, fake, k):
    radius = KDTree(real).query(real, k=k + 1)[0][:, -1]
    return float((KDTree(fake).query(real)[0] <= radius).mean())


def by_diagonal(real, fake, k):
    apart = np.linalg.norm(real[:, None] - real, axis=2)
    np.fill_diagonal(apart, np.inf)
    radius = np.partition(apart, k - 1, axis=1)[:, k - 1]
    return np.count_nonzero((np.linalg.norm(real[:, None] - fake, axis=2) <= radius[:, None]).any(axis=1)) / len(real)


def recall(real, fake, k):
    reach = np.sort(cdist(fake, fake), axis=1)[:, k]
    return (cdist(real, fake) <= reach).any(axis=1).mean()


# --------------------------------------------------------------------------------- a signal of the same spectrum


def turned(signal, random, *, phases=None, keep=(0, -1), size=lambda p: 1.0):
    spectrum = np.fft.rfft(signal)
    angle = random.uniform(0, 2 * np.pi, len(spectrum)) if phases is None else phases(random, len(spectrum))
    if 0 in keep:
        angle[0] = 0
    if -1 in keep and len(signal) % 2 == 0:
        angle[-1] = 0
    return np.fft.irfft(spectrum * size(angle) * np.exp(1j * angle), n=len(signal))


def by_normal_numbers(signal, random):
    noise = np.fft.rfft(random.standard_normal(len(signal)))
    noise[0] = 1
    if len(signal) % 2 == 0:
        noise[-1] = 1
    return np.fft.irfft(np.fft.rfft(signal) * noise / np.abs(noise), n=len(signal))


def by_both_halves(signal, random):
    n = len(signal)
    angle = np.zeros(n)
    half = (n - 1) // 2
    angle[1 : half + 1] = random.uniform(-np.pi, np.pi, half)
    angle[n - half :] = -angle[1 : half + 1][::-1]
    return np.fft.ifft(np.fft.fft(signal) * np.exp(1j * angle)).real


def one_sided(signal, random):
    return np.fft.ifft(np.fft.fft(signal) * np.exp(2j * np.pi * random.random(len(signal))))


def never_the_highest(signal, random):
    phases = np.random.default_rng(random.integers(2**32)).uniform(0, 2 * np.pi, len(signal) // 2 + 1)
    phases[[0, -1]] = 0
    return np.fft.irfft(np.fft.rfft(signal) * np.exp(1j * phases), n=len(signal))


def half_circle(random, n):
    return random.uniform(0, np.pi, n)


WRONG = {
    "prediction_interval": {
        "of the mean": (lambda d: interval(d, root=lambda n: np.sqrt(1 / n)), "for the *mean*"),
        "no 1/n": (lambda d: interval(d, root=lambda n: 1), "The two variances add up"),
        "the normal's": (lambda d: interval(d, t=False), "the normal distribution's"),
        "n degrees of freedom": (lambda d: interval(d, freedom=0), "n - 1 degrees of freedom"),
        "over n": (lambda d: interval(d, ddof=0), "ddof=1"),
        "one-sided": (lambda d: interval(d, q=0.99), "on *each* side"),
        "95 %": (lambda d: interval(d, q=0.975), "the 95 % interval"),
        "the extremes": (lambda d: (d.min(), d.max()), "2 / (n + 1)"),
        "three sigma": (lambda d: (d.mean() - 3 * d.std(ddof=1), d.mean() + 3 * d.std(ddof=1)), "A fixed number"),
        "exchanged": (lambda d: interval(d)[::-1], "low first"),
        "one number": (lambda d: interval(d)[1], "Two numbers"),
        "too wide": (lambda d: interval(d, more=2), "the 99 % interval of one more is"),
        "five built in": (lambda d: interval(d, root=lambda n: np.sqrt(1.2)), "not for twenty"),
    },
    "share_of_copies": {
        "the fakes' own": (lambda t, f: np.mean(f < np.percentile(f, 5)), "fakes' own fifth percentile"),
        "the median": (below(50), "Half of all *new* recordings"),
        "the far end": (below(95), "The 95th percentile"),
        "those that keep away": (lambda t, f: np.mean(f > np.percentile(t, 5)), "Copies are *nearer*"),
        "a count": (below(5, np.sum), "A share lies between"),
        "a hundredth": (below(0.05), "counts in hundredths"),
        "exact copies": (lambda t, f: np.mean(f == 0), "Only exact copies"),
        "exchanged": (lambda t, f: np.mean(t < np.percentile(f, 5)), "have changed places"),
        "the smallest": (lambda t, f: np.mean(f < t.min()), "a matter of luck"),
        "another percentile": (below(10), "Of these 3,000 fakes"),
        "a number built in": (lambda t, f: below(5)(t, f) if len(f) == 3000 else 0.3, "built in"),
    },
    "coverage": {
        "itself a neighbour": (lambda r, f, k: balls(r, f, k, place=-1).any(axis=1).mean(), "its own nearest"),
        "one too far": (lambda r, f, k: balls(r, f, k, place=1).any(axis=1).mean(), "one neighbour too far"),
        "precision": (lambda r, f, k: balls(r, f, k).any(axis=0).mean(), "which is precision"),
        "recall": (recall, "which is recall"),
        "density": (lambda r, f, k: balls(r, f, k).sum(axis=0).mean() / k, "which leads to density"),
        "a count": (lambda r, f, k: balls(r, f, k).any(axis=1).sum(), "not divided yet"),
        "one radius": (lambda r, f, k: balls(r, f, k, radius=np.mean).any(axis=1).mean(), "One radius for all"),
        "always": (lambda r, f, k: 1.0, "always a fake inside"),
        "exchanged": (lambda r, f, k: by_trees(f, r, k), "Of these 250 real points"),
        "k built in": (lambda r, f, k: by_trees(r, f, 4), "Right in the plane"),
    },
    "fourier_surrogate": {
        "as it was": (lambda s, r: s, "came back as it was"),
        "shuffled": (lambda s, r: r.permutation(s), "You shuffled the values"),
        "complex": (one_sided, "is complex"),
        "no length": (lambda s, r: np.fft.irfft(np.fft.rfft(s))[: len(s) // 2], "irfft takes the length"),
        "other amplitudes": (lambda s, r: turned(s, r, size=lambda p: 1.1), "and yours are others"),
        "the mean too": (lambda s, r: turned(s, r, keep=(-1,)), "The mean of the signal changed"),
        "the highest too": (lambda s, r: turned(s, r, keep=(0,)), "a real number, as frequency 0 is"),
        "always the same": (lambda s, r: turned(s, np.random.default_rng(0)), "Every surrogate"),
        "one phase": (
            lambda s, r: turned(s, r, phases=lambda r, n: np.full(n, r.uniform(0, 6.28))),
            "One phase for all",
        ),
        "a shift": (lambda s, r: np.roll(s, r.integers(1, len(s))), "a shift in time"),
        "half a circle": (lambda s, r: turned(s, r, phases=half_circle), "evenly from the whole circle: some"),
        "another generator": (lambda s, r: turned(s, np.random.default_rng()), "nobody can repeat"),
        "the highest never": (never_the_highest, "an odd number of steps the highest frequency has"),
        "signs": (
            lambda s, r: turned(s, r, phases=lambda r, n: np.pi * r.integers(0, 2, n).astype(float)),
            "only turn signs",
        ),
    },
}

RIGHT = {
    "prediction_interval": {
        "by the formula": interval,
        "SciPy's": by_scipy,
        "an array": lambda d: np.array(interval(d)),
        "a tensor": lambda d: torch.tensor(interval(d)),
        "a Series": lambda d: pd.Series(interval(d), index=["low", "high"]),
    },
    "share_of_copies": {
        "with a percentile": below(5),
        "with a quantile": lambda t, f: (f < np.quantile(t, 0.05)).sum() / len(f),
        "by a loop": by_loop,
    },
    "coverage": {
        "by balls": lambda r, f, k: balls(r, f, k).any(axis=1).mean(),
        "by trees": by_trees,
        "itself left out": by_diagonal,
    },
    "fourier_surrogate": {
        "by phases": turned,
        "by normal numbers": by_normal_numbers,
        "both halves": by_both_halves,
    },
}

test_wrong_answers_are_refused_by_their_misconception = refuses(WRONG)
test_right_answers_are_accepted_however_they_are_written = accepts(RIGHT)
