"""Right answers to the exercises of notebook E2, written by one who had not read the judges."""

import numpy as np
import pandas as pd
import torch
from numpy.lib.stride_tricks import sliding_window_view
from scipy.optimize import minimize_scalar

from course_lib.forecasting import mape


def constant_tried(values):
    errors = [np.mean(np.abs(values - c) / values) for c in values]
    return values[int(np.argmin(errors))]


def constant_library(values):
    return float(min(values, key=lambda c: mape(values, np.full(len(values), c))))


def constant_weighted_median(values):
    ordered = np.sort(values)
    weight = np.cumsum(1 / ordered)
    return ordered[np.searchsorted(weight, weight[-1] / 2)]


def constant_torch(values):
    values = torch.as_tensor(values)
    errors = ((values[None] - values[:, None]).abs() / values[None]).mean(dim=1)
    return values[errors.argmin()]


def constant_minimised(values):
    found = minimize_scalar(
        lambda c: np.mean(np.abs(values - c) / values),
        bounds=(values.min(), values.max()),
        method="bounded",
        options={"xatol": 1e-10, "maxiter": 10_000},
    )
    return found.x


def constant_default_tolerance(values):
    bounds = (values.min(), values.max())
    return minimize_scalar(lambda c: np.mean(np.abs(values - c) / values), bounds=bounds).x


def outliers_loop(values, history):
    mask = np.zeros(len(values), dtype=bool)
    for t in range(history, len(values)):
        past = values[t - history : t]
        mask[t] = abs(values[t] - past.mean()) > 3 * past.std()
    return mask


def outliers_windows(values, history):
    past = sliding_window_view(values, history)[:-1]
    far = np.abs(values[history:] - past.mean(axis=1)) > 3 * past.std(axis=1)
    return np.concatenate([np.full(history, False), far])


def outliers_pandas(values, history):
    series = pd.Series(values)
    past = series.shift(1).rolling(history)
    return ((series - past.mean()).abs() > 3 * past.std(ddof=0)).to_numpy()


def outliers_list(values, history):
    def far(t):
        past = [float(v) for v in values[t - history : t]]
        m = sum(past) / history
        return (values[t] - m) ** 2 > 9 * sum((v - m) ** 2 for v in past) / history

    return [bool(t >= history and far(t)) for t in range(len(values))]


def outliers_torch(values, history):
    x = torch.as_tensor(values)
    past = x.unfold(0, history, 1)[:-1]
    mean = past.mean(dim=1)
    std = (past - mean[:, None]).square().mean(dim=1).sqrt()
    mask = torch.zeros(len(x), dtype=torch.bool)
    mask[history:] = (x[history:] - mean).abs() > 3 * std
    return mask


def smooth_loop(values, width, smooth):
    return np.array([smooth(values[t - width : t])[-1] for t in range(width, len(values) + 1)])


def smooth_windows(values, width, smooth):
    return smooth(sliding_window_view(values, width))[:, -1]


def smooth_along(values, width, smooth):
    return np.apply_along_axis(lambda window: smooth(window)[-1], -1, sliding_window_view(values, width))


def smooth_indexed(values, width, smooth):
    days = np.arange(width - 1, len(values))
    windows = values[days[:, None] + np.arange(1 - width, 1)]
    return smooth(windows)[..., -1]


def smooth_pandas(values, width, smooth):
    return pd.Series(values).rolling(width).apply(lambda w: smooth(w)[-1], raw=True).dropna().tolist()


RIGHT = {
    "best_constant": {
        "all tried": constant_tried,
        "by the library's mape": constant_library,
        "a weighted median": constant_weighted_median,
        "torch, all at once": constant_torch,
        "scipy's minimiser": constant_minimised,
        "scipy's minimiser as it comes": constant_default_tolerance,
    },
    "past_outliers": {
        "a loop": outliers_loop,
        "sliding windows": outliers_windows,
        "pandas": outliers_pandas,
        "squares, a list": outliers_list,
        "torch's unfold": outliers_torch,
    },
    "known_smooth": {
        "a loop": smooth_loop,
        "sliding windows at once": smooth_windows,
        "apply_along_axis": smooth_along,
        "an index matrix": smooth_indexed,
        "pandas, a list": smooth_pandas,
    },
}
