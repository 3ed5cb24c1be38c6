r"""The shape of signals in time: how rough, how varied, which frequencies, and how one step follows from another.

The idea: a signal can lie where real ones lie and still rattle, or be too smooth. Each ratio is fake over real, and 1
is right.

Yoon et al. 2019, TimeGAN, NeurIPS (predictive score).
"""

import numpy as np
from jaxtyping import Float
from numpy import ndarray
from sklearn.ensemble import HistGradientBoostingRegressor

from course_lib.metrics.guards import Signals, checked_pair, checked_positive, checked_signals


def _roughness(x: Float[ndarray, "n channels length"]) -> float:
    return float(np.sqrt(np.mean(np.diff(x, n=2, axis=-1) ** 2)))


def roughness_ratio(real: Signals, fake: Signals, *, steps: slice = slice(None)) -> float:
    r"""RMS second difference along time, $x_{t+1} - 2x_t + x_{t-1}$, of fake over that of real.

    1 is right; above 1 the signals rattle, below 1 they are too smooth.
    Channels are pooled after each is divided by real's standard deviation. `steps` chooses a stretch of time, at least
    3 steps. A straight line has roughness 0: read it beside `variance_ratio`.

    Raises:
        ValueError: if `real` is constant in a channel, or straight throughout the chosen steps.
    """
    x, y = checked_pair(real, fake, steps=3)
    if x[..., steps].shape[-1] < 3:
        raise ValueError(f"a second difference needs at least 3 steps, but {steps} leaves {x[..., steps].shape[-1]}.")
    rounding = 1e-12 * np.abs(x).max()
    own = checked_positive(_roughness(x[..., steps]), "real is a straight line in these steps", rounding=rounding)
    return _roughness(y[..., steps]) / own


def variance_ratio(real: Signals, fake: Signals, *, steps: slice = slice(None)) -> float:
    r"""Mean over time of the variance across signals at each step, fake over real.

    1 is right; towards 0 the generator has collapsed.
    Channels are pooled after each is divided by real's standard deviation. `steps` chooses a stretch of time.

    Raises:
        ValueError: if `real` is constant in a channel, or its signals are all the same in the chosen steps.
    """
    x, y = checked_pair(real, fake)
    if x[..., steps].shape[-1] < 1:
        raise ValueError(f"{steps} leaves no time step of {x.shape[-1]}.")
    spread = [s[..., steps].var(axis=0, ddof=1).mean() for s in (x, y)]
    rounding = (1e-12 * np.abs(x).max()) ** 2
    return float(
        spread[1] / checked_positive(spread[0], "real's signals are all the same in these steps", rounding=rounding)
    )


def _worse(first: float, last: float) -> float:
    with np.errstate(divide="ignore"):  # a ratio of 0 is infinitely bad, and that is what the log says
        return max(first, last, key=lambda ratio: abs(np.log(ratio)))


def edge_roughness_ratio(real: Signals, fake: Signals, *, width: int = 8) -> float:
    """`roughness_ratio` of the first and of the last `width` steps, whichever is further from 1 (by |log|)."""
    return _worse(*(roughness_ratio(real, fake, steps=steps) for steps in (slice(width), slice(-width, None))))


def edge_variance_ratio(real: Signals, fake: Signals, *, width: int = 8) -> float:
    """`variance_ratio` of the first and of the last `width` steps, whichever is further from 1 (by |log|)."""
    return _worse(*(variance_ratio(real, fake, steps=steps) for steps in (slice(width), slice(-width, None))))


def power_spectrum(x: Signals) -> Float[ndarray, "channels frequencies"]:
    """Mean periodogram of a set of signals, each less its own mean, under a Hann window (so its ends do not leak)."""
    x = checked_signals(x, "x", at_least=1)
    window = np.hanning(x.shape[-1] + 2)[1:-1]
    spectra = np.fft.rfft((x - x.mean(axis=-1, keepdims=True)) * window, axis=-1)
    return np.mean(np.abs(spectra) ** 2, axis=0) / np.sum(window**2)


def spectral_distance(real: Signals, fake: Signals) -> float:
    r"""Log-spectral distance in decibels: RMS over frequencies and channels of $10\log_{10} P_{fake}(f) / P_{real}(f)$.

    P is the mean power spectrum of a set (`power_spectrum`), floored at 1e-8 of real's largest power, so that a silent
    band counts as -80 dB and not as minus infinity. Twice the amplitude everywhere is 6.02 dB. Every frequency counts
    alike: sees missing tremor or a comb of artefacts far below the large movements.
    """
    x, y = checked_pair(real, fake, steps=4)
    power_x, power_y = power_spectrum(x), power_spectrum(y)
    floor = 1e-8 * checked_positive(power_x.max(), "real's signals are constant in time")
    decibels = 10 * np.log10(np.maximum(power_y, floor) / np.maximum(power_x, floor))
    return float(np.sqrt(np.mean(decibels**2)))


def autocorrelation(x: Signals, lags: int) -> Float[ndarray, "channels lags_and_zero"]:
    r"""Pooled autocorrelation of a set at the lags 0 ... `lags`, each signal less its own mean.

    $r_k = \sum_{n,t} x_{n,t} x_{n,t+k} / \sum_{n,t} x_{n,t}^2$.
    A set of constant signals has no autocorrelation; it is given 0 at every lag.
    """
    x = checked_signals(x, "x", at_least=1)
    centred = x - x.mean(axis=-1, keepdims=True)
    length = x.shape[-1]
    products = np.stack(
        [(centred[..., : length - k] * centred[..., k:]).sum(axis=(0, -1)) for k in range(lags + 1)], axis=-1
    )
    power = products[:, :1]
    return np.divide(products, power, out=np.zeros_like(products), where=power > 0)


def autocorrelation_distance(real: Signals, fake: Signals) -> float:
    """Mean absolute difference of the two sets' pooled `autocorrelation`, over channels and the lags 1 ... L // 2."""
    x, y = checked_pair(real, fake, steps=4)
    lags = x.shape[-1] // 2
    return float(np.mean(np.abs(autocorrelation(x, lags) - autocorrelation(y, lags))[:, 1:]))


PAST = 8  # steps that the predictor is shown
WINDOWS = 10_000  # at most, of a set


def predictive_score(real: Signals, fake: Signals, *, seed: int = 0) -> float:
    r"""Error of the next step of `real` signals, as a regressor predicts it that has seen `fake` signals only.

    Mean absolute error of $x_{t+1} - x_t$ given the last value and the eight differences before it, of all channels,
    over the mean absolute step: 0 is perfect, 1 is no better than to say that nothing moves. The regressor is gradient
    boosting on at most 10,000 windows, drawn by `seed`, so it also sees what is no correlation. TimeGAN predicts one
    channel from the others' past, which says nothing of a single channel; here each is predicted from the past of all.

    Raises:
        ValueError: if signals are shorter than 10 steps, or `real` never moves.

    Yoon et al. 2019, TimeGAN, NeurIPS (predictive score).
    """
    x, y = checked_pair(real, fake, steps=PAST + 2)
    random = np.random.default_rng(seed)
    (past, step), (learnt, target) = (_windows(s, random) for s in (x, y))
    usual = checked_positive(float(np.abs(step).mean()), "real's signals never move")
    machines = (HistGradientBoostingRegressor(max_iter=50, random_state=seed) for _ in range(x.shape[1]))
    errors = [
        np.abs(machine.fit(learnt, target[:, c]).predict(past) - step[:, c]).mean()
        for c, machine in enumerate(machines)
    ]
    return float(np.mean(errors) / usual)


def _windows(
    x: Float[ndarray, "n channels length"], random: np.random.Generator
) -> tuple[Float[ndarray, "windows features"], Float[ndarray, "windows channels"]]:
    """What is known before a step, and the step, at places drawn at random: at most `WINDOWS` of them."""
    steps = np.diff(x)  # (N, C, L - 1)
    places = random.permutation(len(x) * (steps.shape[-1] - PAST))[:WINDOWS]
    signal, start = np.divmod(places, steps.shape[-1] - PAST)
    before = np.stack([steps[signal, :, start + k] for k in range(PAST)], axis=-1)  # (windows, C, PAST)
    last = x[signal, :, start + PAST]  # (windows, C)
    return np.concatenate([before.reshape(len(places), -1), last], axis=1), steps[signal, :, start + PAST]
