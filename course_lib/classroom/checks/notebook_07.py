"""Judges of notebook 07: power in a band, scaling by the training set, and outliers."""

import numpy as np
from numpy import ndarray
from scipy import stats

from course_lib.classroom.checks.base import as_function, as_number, as_tensor, close, exercise, refuse
from course_lib.classroom.checks.numbers import apart


def _array(value: object, *, shape: tuple[int, ...], what: str) -> ndarray:
    return as_tensor(value, shape=shape, what=what).detach().cpu().double().numpy()


# ------------------------------------------------------------------------------------------- power in a band


def _wave(frequency: float, *, rate: float, n: int, amplitude: float = 2.0) -> ndarray:
    return amplitude * np.cos(2 * np.pi * frequency * np.arange(n) / rate + 0.4)


@exercise(
    notebook="07",
    title="Power in a band",
    right="With it you can ask of any signal, real or generated, how much of it is tremor.",
)
def band_power(answer):
    power = as_function(answer)

    def ask(signal: ndarray, rate: float, low: float, high: float) -> float:
        return as_number(power(signal.copy(), rate, low, high), what="the power")

    # a cosine of amplitude 2 has the mean square 2, whatever its phase
    got = ask(_wave(10, rate=80, n=160), 80, 8, 12)
    if close(got, 1):
        return (
            "A cosine of amplitude 2 has the power 2, and yours is 1: half of it sits at the negative frequencies, "
            "which rfft leaves out. Every bin but two counts twice."
        )
    if close(got, 2 * 160) or close(got, 2 * 160**2) or close(got, 160) or close(got, 160**2):
        return (
            f"A cosine of amplitude 2 has the power 2, and yours is {got:.0f}: it grows with the number of samples. "
            "By Parseval the sum of squares is 1/n times the sum of |X|^2, and a mean takes one more n."
        )
    if close(got, np.sqrt(2)) or close(got, 2 * np.sqrt(2)):
        return (
            f"A cosine of amplitude 2 has the power 2, and yours is {got:.4g}: that is a root. Power is a mean square."
        )
    slower = ask(_wave(10, rate=200, n=400), 200, 8, 12)
    if close(got, 2) and not close(slower, 2):
        _, yours = apart(2, slower, ".4g")
        return (
            f"At 80 samples a second you are right; the same 10 Hz wave sampled at 200 gives {yours}, not 2. "
            "Where is the sampling rate in your frequency axis?"
        )
    if close(got, 0) and close(slower, 0):
        return (
            "A 10 Hz wave has no power between 8 and 12 Hz by your count. Is your frequency axis in cycles a sample "
            "(0 to 0.5)? np.fft.rfftfreq(n, 1 / sampling_rate) gives it in Hz."
        )
    if not close(got, 2):
        _, yours = apart(2, got, ".4g")
        return f"A 10 Hz cosine of amplitude 2 (160 samples at 80 Hz) has the power 2 in 8-12 Hz; yours is {yours}."
    still = ask(np.full(160, 3.0), 80, 0, 1)
    if close(still, 18):
        return (
            "The constant 3 has the power 9, and yours is 18: frequency 0 has no negative partner, so it counts once."
        )
    if close(still, 0):
        return "The constant 3 has the power 9 between 0 and 1 Hz, and yours is 0: the mean is part of the signal here."
    if not close(still, 9):
        _, yours = apart(9, still, ".4g")
        return f"The constant 3 has the power 9 between 0 and 1 Hz, and yours is {yours}."
    fastest = ask(np.resize([1.0, -1.0], 160), 80, 39, 40)
    if close(fastest, 2):
        return (
            "The signal +1, -1, +1, ... has the power 1, and yours is 2: at half the sampling rate (for an even number "
            "of samples) the positive and the negative frequency are one bin, which counts once."
        )
    if not close(fastest, 1):
        _, yours = apart(1, fastest, ".4g")
        return (
            f"The signal +1, -1, +1, ... has the power 1 between 39 and 40 Hz, and yours is {yours}. "
            "Both limits belong to the band."
        )
    two = _wave(5, rate=80, n=160) + _wave(20, rate=80, n=160, amplitude=4.0)  # powers 2 and 8
    for low, high, right in ((2, 8, 2.0), (15, 30, 8.0), (8, 12, 0.0)):
        counted = ask(two, 80, low, high)
        if not close(counted, right):
            _, yours = apart(right, counted, ".4g")
            return (
                f"Waves of 5 Hz (power 2) and 20 Hz (power 8) have the power {right:g} between {low} and {high} Hz, "
                f"and yours is {yours}. A band has two limits, and what lies outside either does not count."
            )
    odd = np.random.default_rng(0).standard_normal(161)
    everything = ask(odd, 80, 0, 40)
    if not close(everything, np.mean(odd**2)):
        expected, yours = apart(np.mean(odd**2), everything)
        return (
            f"Over all frequencies the power is the mean square, {expected} for these 161 samples, and "
            f"yours is {yours}. With an odd number of samples the last bin has a negative partner."
        )
    return None


# ------------------------------------------------------------------------------------ scaling by the training set


def _standardised(x: ndarray, by: ndarray, axes: tuple[int, ...] = (0, 2)) -> ndarray:
    return (x - by.mean(axis=axes, keepdims=True)) / by.std(axis=axes, keepdims=True)


def _two_channels(n: int, seed: int, shift: float) -> ndarray:
    """Metres beside degrees, a mean that changes over time, sizes that differ from signal to signal."""
    random = np.random.default_rng(seed)
    size = np.exp(0.4 * random.standard_normal((n, 1, 1)))
    course = np.linspace(-1, 2, 20) + 0.5 * random.standard_normal((n, 2, 20))
    return (size * course + shift) * np.array([[0.1], [30.0]])


@exercise(
    notebook="07",
    title="Scale by the training set",
    right="Nothing of the test set has leaked into the scaling, and sizes within a channel are still comparable.",
)
def standardise(answer):
    train, test = _two_channels(40, 0, 0.0), _two_channels(10, 1, 0.5)
    result = as_function(answer)(train.copy(), test.copy())
    if not isinstance(result, (tuple, list)) or len(result) != 2:
        refuse("Two arrays were asked for: return scaled_train, scaled_test.")
    got_train = _array(result[0], shape=train.shape, what="the scaled training set")
    got_test = _array(result[1], shape=test.shape, what="the scaled test set")

    def same(got: ndarray, x: ndarray, by: ndarray, axes: tuple[int, ...] = (0, 2)) -> bool:
        return close(got, _standardised(x, by, axes), rel=2e-3, abs=2e-3)

    if same(got_train, train, train) and same(got_test, test, train):
        return None
    if same(got_train, train, train) and same(got_test, test, test):
        return (
            "The test set was scaled by its own mean and spread: it now has mean 0 although its recordings lie higher "
            "than the training set's. One scale, fitted to the training set, serves both."
        )
    both = np.concatenate([train, test])
    if same(got_train, train, both):
        return (
            "Mean and spread were taken over training and test set together: the test set has leaked into what the "
            "model is given. Fit to the training set alone."
        )
    if same(got_train, train, train, (2,)):
        return (
            "Each signal was scaled by its own mean and spread: a large and a small movement come out alike, and no "
            "generator can learn their sizes any more. Average over signals and time together."
        )
    if same(got_train, train, train, (0,)):
        return (
            "Each time step was scaled by itself: the mean movement is gone from every recording. "
            "Average over signals and time together."
        )
    if same(got_train, train, train, (0, 1, 2)):
        return (
            "Metres and degrees were pooled: one mean for all channels leaves the first channel a flat line beside the "
            "second. A channel has its own mean and spread."
        )
    if close(got_train, train / train.std(axis=(0, 2), keepdims=True), rel=2e-3, abs=2e-3):
        return "The spread is right and the mean is still in it: subtract the training mean of each channel first."
    if same(got_train, train, train):
        return (
            "The training set is right, and the test set is not: take the training set's mean from it and divide it by "
            "the training set's deviation, channel by channel. Its means are then "
            f"{np.round(_standardised(test, train).mean(axis=(0, 2)), 4).tolist()}, and yours are "
            f"{np.round(got_test.mean(axis=(0, 2)), 4).tolist()}."
        )
    low, high = train.min(axis=(0, 2), keepdims=True), train.max(axis=(0, 2), keepdims=True)
    if close(got_train, (train - low) / (high - low)) or close(got_train, 2 * (train - low) / (high - low) - 1):
        return (
            "Minimum and maximum were used: two single samples, the two most likely to be glitches, decide the scale. "
            "Use the mean and the standard deviation."
        )
    return (
        f"Per channel the scaled training set should have mean 0 and standard deviation 1; yours has the means "
        f"{np.round(got_train.mean(axis=(0, 2)), 4).tolist()} and the deviations "
        f"{np.round(got_train.std(axis=(0, 2)), 4).tolist()}."
    )


# ------------------------------------------------------------------------------------------------- outliers


@exercise(
    notebook="07",
    title="Outliers that cannot hide",
    right="Half of the samples must be broken before median and MAD give way, a quarter for the quartiles.",
)
def flag_outliers(answer):
    flag = as_function(answer)

    def ask(x: ndarray) -> ndarray:
        flagged = as_tensor(flag(x.copy()), what="the flags").detach().cpu().numpy()
        if flagged.shape == x.shape and flagged.dtype == bool:
            return flagged
        if flagged.shape == x.shape and np.isin(flagged, (0, 1)).all():
            refuse(
                f"One True or False for each value was expected, and these are 0 and 1 of type {flagged.dtype}: as an "
                "index, x[flags], they take the first two values over and over. Return the comparison itself."
            )
        refuse(
            f"One True or False for each of the {len(x)} values was expected, and this is an array of shape "
            f"{flagged.shape} and type {flagged.dtype}. Return the comparison itself, not the places."
        )

    calm = np.random.default_rng(0).standard_normal(20_000)
    share = ask(calm).mean()  # 0.27 % of a Gaussian; 20,000 draws say 0.27 +- 0.04 %
    masked = 0.001 * np.random.default_rng(1).standard_normal(100)
    masked[30], masked[70] = 0.03, 1.0
    found = ask(masked)
    if found[70] and not found[30] and share < 0.01:
        heavy = np.random.default_rng(2).standard_t(3, 500)
        if np.array_equal(ask(heavy), np.abs(heavy - heavy.mean()) > 3 * heavy.std()):
            reason = f"a single metre makes the standard deviation of 1 mm of noise {1000 * masked.std():.0f} mm"
        else:
            reason = "a mean of deviations, or of squares, is carried away by the largest of them"
        return (
            "Of two glitches in 1 mm of noise, 3 cm and 1 m, only the 1 m one is found and the other hides behind it: "
            f"{reason}. The median of the absolute deviations is not moved by two values in a hundred."
        )
    high = ask(calm + 100)
    if high.mean() > 0.5:
        return (
            "A signal at 100 instead of 0 is all outliers by your rule: subtract the median before you judge the size."
        )
    if found[30] and found[70] and not ask(masked + 7)[[30, 70]].all():
        return (
            "Both glitches are found around 0, and not when the same noise lies around 7: a deviation is measured from "
            "the median."
        )
    low = masked.copy()
    low[30] = -0.03
    if found[30] and not ask(low)[30]:
        return "A glitch of +3 cm is found and one of -3 cm is not: a deviation counts in both directions."
    if 0.03 < share < 0.06:
        return (
            f"{100 * share:.1f} % of clean Gaussian noise is flagged, and 3 sigma flags 0.27 %: the median absolute "
            "deviation of a Gaussian is 0.6745 sigma. Multiply it by 1.4826 before you multiply by 3."
        )
    if not (found[30] and found[70]):
        return (
            f"Two glitches stand in 1 mm of noise, 3 cm and 1 m; yours finds {int(found[30]) + int(found[70])} of "
            f"them, and flags {100 * share:.2f} % of clean Gaussian noise (3 sigma: 0.27 %)."
        )
    if not 0.0012 < share < 0.0042:
        return f"{100 * share:.2f} % of clean Gaussian noise is flagged, and 3 sigma flags 0.27 %."
    # quantiles of a Gaussian, sigma 1: by the MAD, by quartiles or by percentiles, a right scale sees that
    even = stats.norm.ppf((np.arange(2001) + 0.5) / 2001)
    known = ask(np.r_[even, -3.02, -2.98, 2.98, 3.02])[-4:].tolist()
    if known != [True, False, False, True]:
        return (
            "Of a Gaussian around 0 with sigma 1 the values -3.02 and 3.02 lie outside three sigma, -2.98 and 2.98 "
            f"within; of -3.02, -2.98, 2.98 and 3.02 yours says {known}. A MAD becomes sigma by 1.4826."
        )
    return None
