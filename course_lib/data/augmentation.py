r"""Classical augmentation: a recording changed as a sensor, or the hand, might have changed it.

The idea: noise on every step, another size, another timing leave a recording's class as it is, so changed copies are
more recordings of it. How strong a change leaves it so, nobody knows beforehand.

Um et al. 2017, arXiv:1706.00527 (the three); Iwana and Uchida 2021, arXiv:2007.15951 (how much each is worth; their
strengths are the defaults).
"""

import numpy as np
from jaxtyping import Float, Float64
from numpy import ndarray
from numpy.random import Generator as Stream
from scipy.interpolate import CubicSpline, PchipInterpolator

JITTER, SCALE, WARP = 0.03, 0.1, 0.2
KNOTS = 6  # of a clock's speed: both ends, and four between


def jitter(
    signal: Float[ndarray, "C L"], std: Float[ndarray, "C 1"] | float, stream: Stream
) -> Float64[ndarray, "C L"]:
    r"""$x_{ct} + \sigma_c z_{ct}$ with white $z \sim N(0, 1)$: a sensor's noise.

    `std` is $\sigma$, in the signal's units: one number, or one a channel.

    Raises:
        ValueError: if a deviation is negative or not finite.
    """
    _check_strength("jitter: std", std)
    return signal + std * stream.standard_normal(signal.shape)


def scale(signal: Float[ndarray, "C L"], std: float, stream: Stream) -> Float64[ndarray, "C L"]:
    r"""$(1 + \sigma z)\, x$ with one $z \sim N(0, 1)$ a signal, common to its channels.

    `std` is $\sigma$, without a unit.

    Raises:
        ValueError: if it is negative or not finite.
    """
    _check_strength("scale: std", std)
    return (1 + std * stream.standard_normal()) * signal


def time_warp(signal: Float[ndarray, "C L"], std: float, stream: Stream) -> Float64[ndarray, "C L"]:
    r"""The signal at the moments of another clock, one for all channels: $x(w(t))$, ends fixed, never backwards.

    The clock's speed is $e^{\sigma s(t)}$ with a cubic spline s through normal numbers at six knots; w is its sum,
    brought to begin and end with the signal. Between the steps the signal is read by monotone cubics (PCHIP), which
    invent no overshoot. (Um et al. have $1 + \sigma s$ for the speed, which can be negative.)

    Args:
        std: $\sigma$, without a unit; 0 leaves the clock as it is.

    Raises:
        ValueError: if it is negative or not finite, or the signal has fewer than 2 steps.
    """
    _check_strength("time_warp: std", std)
    length = signal.shape[-1]
    if length < 2:
        raise ValueError(f"time_warp: expected a signal of 2 steps or more, got {length}.")
    steps = np.arange(length, dtype=float)
    knots = np.linspace(0, length - 1, KNOTS)
    speed = np.exp(std * CubicSpline(knots, stream.standard_normal(KNOTS))(steps))
    clock = np.concatenate([[0.0], np.cumsum((speed[1:] + speed[:-1]) / 2)])  # trapezia
    return PchipInterpolator(steps, signal, axis=-1)(clock * ((length - 1) / clock[-1]))


def _check_strength(name: str, std: Float[ndarray, "C 1"] | float) -> None:
    if not np.all((np.asarray(std) >= 0) & np.isfinite(std)):
        raise ValueError(f"{name}: expected finite numbers of 0 or more, got {std}.")
