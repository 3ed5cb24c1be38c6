"""Right answers to the exercises of notebook 09, written by one who had not read the judges."""

import statistics

import numpy as np
import pandas as pd
import torch
from scipy import fft as sp_fft
from scipy import stats
from scipy.spatial import KDTree
from scipy.spatial.distance import cdist
from sklearn.neighbors import NearestNeighbors


def interval_by_hand(draws):
    n = len(draws)
    width = stats.t.ppf(0.995, n - 1) * np.std(draws, ddof=1) * np.sqrt(1 + 1 / n)
    return draws.mean() - width, draws.mean() + width


def interval_scipy(draws):
    scale = stats.sem(draws) * np.sqrt(len(draws) + 1)
    return stats.t.interval(0.99, df=len(draws) - 1, loc=np.mean(draws), scale=scale)


def interval_statistics(draws):
    values = [float(x) for x in draws]
    m, s, n = statistics.mean(values), statistics.stdev(values), len(values)
    t = stats.t(n - 1).isf(0.005)
    return [m - t * s * ((n + 1) / n) ** 0.5, m + t * s * ((n + 1) / n) ** 0.5]


def interval_array(draws):
    draws, n = np.asarray(draws), len(draws)
    variance = ((draws - draws.mean()) ** 2).sum() / (n - 1)
    return draws.mean() + stats.t.ppf([0.005, 0.995], n - 1) * np.sqrt(variance + variance / n)


def interval_torch(draws):
    std, mean = torch.std_mean(torch.as_tensor(draws))
    width = float(stats.t.ppf(0.995, len(draws) - 1)) * std * (1 + 1 / len(draws)) ** 0.5
    return mean - width, mean + width


def interval_series(draws):
    s, n = pd.Series(draws), len(draws)
    width = stats.t.ppf(0.995, n - 1) * s.std() * np.sqrt(1 + 1 / n)
    return pd.Series([s.mean() - width, s.mean() + width])


def interval_tensor(draws):
    return torch.as_tensor(interval_series(draws).to_numpy(copy=True))


def copies_percentile(of_test, of_fake):
    return np.mean(of_fake < np.percentile(of_test, 5))


def copies_loop(of_test, of_fake):
    limit = np.quantile(of_test, 0.05)
    return sum(1 for d in of_fake if d < limit) / len(of_fake)


def copies_sorted(of_test, of_fake):
    ordered = np.sort(of_test)
    place = 0.05 * (len(ordered) - 1)
    limit = np.interp(place, np.arange(len(ordered)), ordered)
    return np.searchsorted(np.sort(of_fake), limit, side="left") / len(of_fake)


def copies_pandas(of_test, of_fake):
    return pd.Series(of_fake).lt(pd.Series(of_test).quantile(0.05)).mean()


def copies_torch(of_test, of_fake):
    of_test, of_fake = torch.as_tensor(of_test), torch.as_tensor(of_fake)
    return (of_fake < torch.quantile(of_test, 0.05)).double().mean()


def coverage_cdist(real, fake, k):
    radius = np.sort(cdist(real, real), axis=1)[:, k]
    return np.mean(cdist(real, fake).min(axis=1) <= radius)


def coverage_loops(real, fake, k):
    covered = 0
    for i, x in enumerate(real):
        others = sorted(np.linalg.norm(x - y) for j, y in enumerate(real) if j != i)
        covered += any(np.linalg.norm(x - z) <= others[k - 1] for z in fake)
    return covered / len(real)


def coverage_neighbours(real, fake, k):
    radius = NearestNeighbors(n_neighbors=k).fit(real).kneighbors()[0][:, -1]
    nearest = NearestNeighbors(n_neighbors=1).fit(fake).kneighbors(real)[0][:, 0]
    return float((nearest <= radius).mean())


def coverage_tree(real, fake, k):
    radius = KDTree(real).query(real, k=[k + 1])[0][:, 0]
    nearest, _ = KDTree(fake).query(real)
    return np.count_nonzero(nearest <= radius) / len(real)


def coverage_torch(real, fake, k):
    real, fake = torch.as_tensor(real), torch.as_tensor(fake)
    radius = torch.cdist(real, real).fill_diagonal_(torch.inf).kthvalue(k, dim=1).values
    return (torch.cdist(real, fake) <= radius[:, None]).any(dim=1).double().mean()


def surrogate_turned(signal, random):
    spectrum = np.fft.rfft(signal)
    turn = np.exp(1j * random.uniform(0, 2 * np.pi, len(spectrum)))
    turn[0] = 1
    if len(signal) % 2 == 0:
        turn[-1] = 1
    return np.fft.irfft(spectrum * turn, n=len(signal))


def surrogate_new_phases(signal, random):
    n = len(signal)
    spectrum = sp_fft.rfft(signal)
    inner = slice(1, (n + 1) // 2)
    phases = random.uniform(-np.pi, np.pi, spectrum[inner].shape)
    spectrum[inner] = np.abs(spectrum[inner]) * (np.cos(phases) + 1j * np.sin(phases))
    return sp_fft.irfft(spectrum, n)


def surrogate_full_fft(signal, random):
    n = len(signal)
    spectrum = np.fft.fft(signal)
    for k in range(1, (n - 1) // 2 + 1):
        spectrum[k] *= np.exp(2j * np.pi * random.random())
        spectrum[n - k] = np.conj(spectrum[k])
    return np.fft.ifft(spectrum).real


def surrogate_by_cosines(signal, random):
    n = len(signal)
    t, spectrum = np.arange(n), np.fft.rfft(signal)
    made = np.full(n, spectrum[0].real / n)
    for k in range(1, len(spectrum)):
        if 2 * k == n:
            made += spectrum[k].real / n * np.cos(np.pi * t)
        else:
            phase = 2 * np.pi * random.random()
            made += 2 * np.abs(spectrum[k]) / n * np.cos(2 * np.pi * k * t / n + phase)
    return made


def surrogate_of_noise(signal, random):
    spectrum = np.fft.rfft(signal)
    noise = random.standard_normal(len(spectrum)) + 1j * random.standard_normal(len(spectrum))
    turn = noise / np.abs(noise)
    turn[0] = 1.0
    if not len(signal) % 2:
        turn[-1] = 1.0
    return torch.fft.irfft(torch.as_tensor(spectrum * turn), n=len(signal)).numpy()


RIGHT = {
    "prediction_interval": {
        "by hand": interval_by_hand,
        "scipy's interval": interval_scipy,
        "the statistics module, a list": interval_statistics,
        "both quantiles at once, an array": interval_array,
        "torch": interval_torch,
        "a pandas series": interval_series,
        "one tensor": interval_tensor,
    },
    "share_of_copies": {
        "np.percentile": copies_percentile,
        "a loop": copies_loop,
        "sorted, interpolated by hand": copies_sorted,
        "pandas": copies_pandas,
        "torch": copies_torch,
    },
    "coverage": {
        "cdist": coverage_cdist,
        "loops": coverage_loops,
        "sklearn's neighbours": coverage_neighbours,
        "KD trees": coverage_tree,
        "torch": coverage_torch,
    },
    "fourier_surrogate": {
        "turned": surrogate_turned,
        "new phases on the amplitudes": surrogate_new_phases,
        "the full fft": surrogate_full_fft,
        "a sum of cosines": surrogate_by_cosines,
        "phases of Gaussian noise": surrogate_of_noise,
    },
}
