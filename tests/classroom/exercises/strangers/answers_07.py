"""Right answers to the exercises of notebook 07, written by one who had not read the judges."""

import statistics

import numpy as np
import torch
from scipy import signal as sp_signal
from scipy import stats
from scipy.spatial import KDTree
from scipy.spatial.distance import cdist
from sklearn.neighbors import NearestNeighbors
from sklearn.preprocessing import StandardScaler


def power_rfft(signal, rate, low, high):
    n = len(signal)
    frequency = np.fft.rfftfreq(n, 1 / rate)
    power = np.abs(np.fft.rfft(signal)) ** 2 / n**2
    power[1:] *= 2
    if n % 2 == 0:
        power[-1] /= 2
    return power[(frequency >= low) & (frequency <= high)].sum()


def power_full_fft(signal, rate, low, high):
    frequency = np.abs(np.fft.fftfreq(len(signal), d=1 / rate))
    inside = np.logical_and(low <= frequency, frequency <= high)
    return float(np.mean(np.abs(np.fft.fft(signal, norm="ortho")) ** 2 * inside))


def power_by_sines(signal, rate, low, high):
    n, total = len(signal), 0.0
    t = np.arange(n)
    for k in range(n):
        hertz = min(k, n - k) * rate / n
        if low <= hertz <= high:
            angle = 2 * np.pi * k * t / n
            total += (signal @ np.cos(angle) / n) ** 2 + (signal @ np.sin(angle) / n) ** 2
    return total


def power_periodogram(signal, rate, low, high):
    f, p = sp_signal.periodogram(signal, fs=rate, detrend=False, scaling="spectrum")
    return sum(p[i] for i in range(len(f)) if low <= f[i] <= high)


def power_filtered(signal, rate, low, high):
    x = torch.as_tensor(np.asarray(signal, dtype=float))
    spectrum = torch.fft.rfft(x)
    f = torch.arange(len(spectrum), dtype=torch.float64) * rate / len(x)
    spectrum[(f < low) | (f > high)] = 0
    return torch.fft.irfft(spectrum, n=len(x)).square().mean()


def standardise_axes(train, test):
    mean, std = train.mean(axis=(0, 2), keepdims=True), train.std(axis=(0, 2), keepdims=True)
    return (train - mean) / std, (test - mean) / std


def standardise_loop(train, test):
    a, b = np.empty(train.shape), np.empty(test.shape)
    for c in range(train.shape[1]):
        m, s = np.mean(train[:, c]), np.std(train[:, c])
        a[:, c], b[:, c] = (train[:, c] - m) / s, (test[:, c] - m) / s
    return [a, b]


def standardise_sklearn(train, test):
    def rows(x):
        return np.moveaxis(x, 1, 2).reshape(-1, x.shape[1])

    def back(y, x):
        return np.moveaxis(y.reshape(x.shape[0], x.shape[2], x.shape[1]), 2, 1)

    scaler = StandardScaler().fit(rows(train))
    return back(scaler.transform(rows(train)), train), back(scaler.transform(rows(test)), test)


def standardise_einsum(train, test):
    n, _, steps = train.shape
    mean = np.einsum("ncl->c", train) / (n * steps)
    centred = train - mean[None, :, None]
    std = np.sqrt(np.einsum("ncl,ncl->c", centred, centred) / (n * steps))
    return centred / std[:, None], (test - mean[:, None]) / std[:, None]


def standardise_torch(train, test):
    train, test = torch.as_tensor(train), torch.as_tensor(test)
    std, mean = torch.std_mean(train, dim=(0, 2), correction=0, keepdim=True)
    return (train - mean) / std, (test - mean) / std


def outliers_mad(x):
    away = np.abs(x - np.median(x))
    return away > 3 * 1.4826 * np.median(away)


def outliers_scipy(x):
    return np.abs(x - np.median(x)) / stats.median_abs_deviation(x, scale="normal") >= 3


def outliers_list(x):
    middle = statistics.median(x)
    mad = statistics.median(abs(v - middle) for v in x)
    return [bool(abs(v - middle) * statistics.NormalDist().inv_cdf(0.75) > 3 * mad) for v in x]


def outliers_quartiles(x):
    low, middle, high = np.quantile(x, [0.25, 0.5, 0.75])
    sigma = (high - low) / (2 * 0.6745)
    return (x < middle - 3 * sigma) | (x > middle + 3 * sigma)


def outliers_percentiles(x):
    low, middle, high = np.percentile(x, [15.865, 50, 84.135])
    return np.abs(x - middle) > 3 * (high - low) / 2


def outliers_torch(x):
    x = torch.as_tensor(x)
    away = (x - x.quantile(0.5)).abs()
    return away > 3 / 0.6745 * away.quantile(0.5)


def memory_cdist(train, test, fake):
    def nearest(x):
        return cdist(x.reshape(len(x), -1), train.reshape(len(train), -1)).min(axis=1)

    return np.median(nearest(fake)) / np.median(nearest(test))


def memory_loops(train, test, fake):
    medians = []
    for group in (fake, test):
        medians.append(statistics.median(min(np.linalg.norm((x - y).ravel()) for y in train) for x in group))
    return float(medians[0] / medians[1])


def memory_tree(train, test, fake):
    tree = KDTree(train.reshape(len(train), -1))
    of_fake, _ = tree.query(fake.reshape(len(fake), -1))
    of_test, _ = tree.query(test.reshape(len(test), -1))
    return np.quantile(of_fake, 0.5) / np.quantile(of_test, 0.5)


def memory_neighbours(train, test, fake):
    search = NearestNeighbors(n_neighbors=1).fit(train.reshape(len(train), -1))
    a, b = (np.median(search.kneighbors(x.reshape(len(x), -1))[0]) for x in (fake, test))
    return a / b


def memory_torch(train, test, fake):
    train, test, fake = (torch.as_tensor(x).flatten(1) for x in (train, test, fake))
    return torch.cdist(fake, train).amin(1).quantile(0.5) / torch.cdist(test, train).amin(1).quantile(0.5)


RIGHT = {
    "band_power": {
        "rfft, doubled": power_rfft,
        "the full fft": power_full_fft,
        "cosines and sines in a loop": power_by_sines,
        "scipy's periodogram": power_periodogram,
        "torch, filtered in the band": power_filtered,
    },
    "standardise": {
        "numpy, two axes": standardise_axes,
        "a loop over channels": standardise_loop,
        "sklearn's scaler": standardise_sklearn,
        "with einsum": standardise_einsum,
        "torch tensors": standardise_torch,
    },
    "flag_outliers": {
        "1.4826 MADs": outliers_mad,
        "scipy's MAD, >=": outliers_scipy,
        "a list by the statistics module": outliers_list,
        "median and quartiles": outliers_quartiles,
        "median, and the percentiles of one sigma": outliers_percentiles,
        "torch": outliers_torch,
    },
    "memory_ratio": {
        "cdist": memory_cdist,
        "loops": memory_loops,
        "a KD tree": memory_tree,
        "sklearn's neighbours": memory_neighbours,
        "torch, a 0-d tensor": memory_torch,
    },
}
