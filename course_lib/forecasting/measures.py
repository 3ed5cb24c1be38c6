r"""How far forecasts are from what came: four numbers, and two forecasts that cost nothing.

The idea: a percentage error is no fair judge. Its least value is never above the median of what may come, and for a
skewed demand lies below median and mean, so a forecaster who is judged by it learns to say too little.
"""

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from course_lib.arrays import finite_float64

PEAKS = 0.9  # quantile of the actual values from which a day is a peak


def mape(actual: Float[ndarray, "..."], forecast: Float[ndarray, "..."]) -> float:
    r"""Mean absolute percentage error $\frac{100}{n}\sum_t |y_t - \hat y_t| / y_t$, in %.

    Raises:
        ValueError: if the two differ in shape, are empty or not finite, or an actual value is not above 0.
    """
    y, f = _pair(actual, forecast, "mape")
    if (y <= 0).any():
        raise ValueError(f"mape: expected actual values above 0, got {y.min():g}: it divides by them.")
    return float(100 * np.mean(np.abs(y - f) / y))


def mape_at_peaks(actual: Float[ndarray, "..."], forecast: Float[ndarray, "..."], *, share: float = 1 - PEAKS) -> float:
    """`mape` over the `share` of days with the largest actual values, in %. Raises as `mape`."""
    y, f = _pair(actual, forecast, "mape_at_peaks")
    peaks = y >= np.quantile(y, 1 - share)
    return mape(y[peaks], f[peaks])


def explained_variance(actual: Float[ndarray, "..."], forecast: Float[ndarray, "..."]) -> float:
    r"""$1 - \mathrm{Var}(y - \hat y) / \mathrm{Var}(y)$; 1 is right up to a constant. Raises as `mape`, 0 allowed."""
    y, f = _pair(actual, forecast, "explained_variance")
    return float(1 - np.var(y - f) / np.var(y))


def correlation(actual: Float[ndarray, "..."], forecast: Float[ndarray, "..."]) -> float:
    """Pearson's R between the two; blind to a constant and to a factor. Raises as `explained_variance`."""
    y, f = _pair(actual, forecast, "correlation")
    return float(np.corrcoef(y, f)[0, 1])


def bias(actual: Float[ndarray, "..."], forecast: Float[ndarray, "..."]) -> float:
    """How much too high forecasts are, mean over the days, in % of the mean actual value. Raises as `mape`."""
    y, f = _pair(actual, forecast, "bias")
    return float(100 * (f - y).mean() / y.mean())


MEASURES = {
    "mape": mape,
    "mape_at_peaks": mape_at_peaks,
    "explained_variance": explained_variance,
    "r": correlation,
    "bias": bias,
}


def _pair(actual: object, forecast: object, who: str) -> tuple[ndarray, ndarray]:
    y, f = finite_float64(actual, f"{who}: actual"), finite_float64(forecast, f"{who}: forecast")
    if y.shape != f.shape or y.ndim != 1 or not len(y):
        raise ValueError(f"{who}: expected two rows of n values, got shapes {y.shape} and {f.shape}.")
    return y, f
