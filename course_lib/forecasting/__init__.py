"""Forecasts of a daily series: outliers, wavelet denoising, components of the weather, two networks and their rivals.

The honest order is the default: each window is prepared from days that its forecast may know.
"""

from course_lib.forecasting.cleaning import outliers, replace_outliers
from course_lib.forecasting.measures import MEASURES, bias, correlation, explained_variance, mape, mape_at_peaks
from course_lib.forecasting.models import (
    HYBRID,
    MODELS,
    NAIVE,
    BackPropagation,
    Forecaster,
    Model,
    RecurrentForecaster,
    Training,
    fit_network,
    naive_forecast,
)
from course_lib.forecasting.wavelets import denoise
from course_lib.forecasting.windows import (
    Preparation,
    Prepared,
    Segments,
    Windows,
    prepare,
    principal_components,
    windows_of,
)

__all__ = [
    "HYBRID",
    "MEASURES",
    "MODELS",
    "NAIVE",
    "BackPropagation",
    "Forecaster",
    "Model",
    "Preparation",
    "Prepared",
    "RecurrentForecaster",
    "Segments",
    "Training",
    "Windows",
    "bias",
    "correlation",
    "denoise",
    "explained_variance",
    "fit_network",
    "mape",
    "mape_at_peaks",
    "naive_forecast",
    "outliers",
    "prepare",
    "principal_components",
    "replace_outliers",
    "windows_of",
]
