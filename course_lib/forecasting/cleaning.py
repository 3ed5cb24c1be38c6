r"""Outliers by the three-sigma rule, and what takes their place; as each day knew it, or with hindsight.

The idea: the rule asks how far a reading lies from the readings around it. Whoever forecasts knows only those before.
"""

import numpy as np
from jaxtyping import Bool, Float
from numpy import ndarray
from numpy.lib.stride_tricks import sliding_window_view

from course_lib.arrays import finite_float64

HISTORY = 28  # days before, whose mean and spread a reading is held against
NEIGHBOURS = 3  # days that take an outlier's place, on each side that may be used


def outliers(values: Float[ndarray, "..."], *, sigmas: float = 3.0, causal: bool = True) -> Bool[ndarray, " n"]:
    r"""$|y_t - m_t| > 3 s_t$: causal, m and s are of the 28 readings before day t; else of the whole series.

    The first 28 days of a causal rule pass. A spread of 0 marks every other value.

    Raises:
        ValueError: if `values` are not finite numbers in one row.
    """
    y = finite_float64(values, "outliers: values")
    if y.ndim != 1:
        raise ValueError(f"outliers: expected one series (n,), got shape {y.shape}.")
    if not causal:
        return np.abs(y - y.mean()) > sigmas * y.std()
    found = np.zeros(len(y), dtype=bool)
    if len(y) > HISTORY:
        before = sliding_window_view(y[:-1], HISTORY)  # row t - HISTORY: the days before day t
        found[HISTORY:] = np.abs(y[HISTORY:] - before.mean(1)) > sigmas * before.std(1)
    return found


def replace_outliers(
    values: Float[ndarray, "..."], *, sigmas: float = 3.0, causal: bool = True
) -> Float[ndarray, " n"]:
    r"""Each outlier becomes $\sum_k w_k y_{t \pm k} / \sum_k w_k$, $w_k = 1/k$, over neighbours that are no outliers.

    Causal: the three days before it. Else the three on either side. Raises as `outliers`.
    """
    y, found = finite_float64(values, "replace_outliers: values"), outliers(values, sigmas=sigmas, causal=causal)
    clean = y.copy()
    sides = (-1,) if causal else (-1, 1)
    for t in np.flatnonzero(found):
        near = [(t + side * k, 1 / k) for side in sides for k in range(1, NEIGHBOURS + 1)]
        near = [(place, weight) for place, weight in near if 0 <= place < len(y) and not found[place]]
        if near:
            places, weights = zip(*near, strict=True)
            clean[t] = np.average(y[list(places)], weights=weights)
    return clean
