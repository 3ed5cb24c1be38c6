"""Recordings of any duration, brought to one length: networks here take signals of a fixed number of steps.

Fritsch and Carlson 1980, "Monotone piecewise cubic interpolation", SIAM J. Numer. Anal. 17(2).
"""

import numpy as np
from jaxtyping import Float
from scipy.interpolate import PchipInterpolator


def resample(
    signal: Float[np.ndarray, "C T"], length: int, *, moments: Float[np.ndarray, "T"] | None = None
) -> Float[np.ndarray, "C length"]:
    """The signal at `length` equally spaced moments from its first sample to its last, by monotone cubics (PCHIP).

    Unlike a cubic spline it invents no overshoot: between two samples the curve stays between their values, so a
    constant stretch stays constant and no new extreme appears. Needs T >= 2 and `length` >= 2. `moments` are the times
    of the samples, rising; None takes them as equally spaced.
    """
    moments = np.linspace(0.0, 1.0, signal.shape[1]) if moments is None else moments
    return interpolate(signal, moments, np.linspace(moments[0], moments[-1], length))


def interpolate(
    signal: Float[np.ndarray, "C T"], moments: Float[np.ndarray, "T"], wanted: Float[np.ndarray, "W"]
) -> Float[np.ndarray, "C W"]:
    """The signal, measured at `moments`, at the `wanted` ones, by monotone cubics (PCHIP)."""
    return PchipInterpolator(moments, signal, axis=1)(wanted)
