"""The judge of notebook 09's exercise on surrogates."""

from collections.abc import Callable

import numpy as np
from numpy import ndarray

from course_lib.classroom.checks.base import as_function, close, exercise, refuse

# --------------------------------------------------------------------------------- a signal of the same spectrum


def _phases(turn: Callable[[ndarray, np.random.Generator], ndarray], signal: ndarray, n: int) -> ndarray:
    """The turns of every frequency but 0, of n surrogates of a signal of odd length, as points on the unit circle."""
    before, after = np.fft.rfft(signal), np.fft.rfft([turn(signal, np.random.default_rng(i)) for i in range(n)])
    ratio = (after / before)[:, 1:]
    return ratio / np.abs(ratio)


@exercise(
    notebook="09",
    title="A surrogate",
    right="All that a spectrum and an autocorrelation know of a signal is still there, and the movement is gone.",
)
def fourier_surrogate(answer):
    surrogate = as_function(answer)

    def ask(signal: ndarray, random: np.random.Generator) -> ndarray:
        made = np.asarray(surrogate(signal.copy(), random))
        if np.iscomplexobj(made):
            refuse(
                "Your surrogate is complex: a real signal needs phases that are opposite at opposite frequencies. "
                "np.fft.rfft keeps only half of them, and np.fft.irfft sees to the rest."
            )
        if made.shape != signal.shape:
            refuse(
                f"A signal of {len(signal)} steps became one of shape {made.shape}: irfft takes the length, n=..., "
                "since an even and an odd one have as many frequencies."
            )
        if not np.isfinite(made).all():
            refuse("Some values of your surrogate are not finite.")
        return made.astype(float)

    random = np.random.default_rng(0)
    for length in (64, 63, 62):
        signal = 2 + np.cumsum(random.standard_normal(length))
        before, made = np.abs(np.fft.rfft(signal)), ask(signal, np.random.default_rng(1))
        after = np.abs(np.fft.rfft(made))
        if close(made, signal):
            return "The signal came back as it was. Its phases are to be drawn anew."
        if close(np.sort(made), np.sort(signal)) and not close(after, before):
            return (
                "You shuffled the values: the histogram stays, and the spectrum becomes that of white noise. Here it "
                "is the other way round: amplitudes of the *spectrum* stay, and phases are drawn."
            )
        if not close(after[1:-1], before[1:-1], abs=1e-5):
            return (
                f"Of a signal of {length} steps the amplitudes |rfft(x)| are to stay, and yours are others. Multiply "
                "each frequency by a number of size 1, exp(i phase), and by nothing else."
            )
        if not close(after[0], before[0], abs=1e-5) or not close(made.mean(), signal.mean(), abs=1e-5):
            return (
                "The mean of the signal changed: frequency 0 of a real signal is a real number, so its phase must not "
                "be drawn. Set it to 0."
            )
        if not close(after[-1], before[-1], abs=1e-5):
            return (
                "The highest frequency changed its amplitude: for an even number of steps it is a real number, as "
                "frequency 0 is, and its phase must stay 0."
                if length % 2 == 0
                else "With an odd number of steps the highest frequency is to keep its amplitude too."
            )
    signal = np.cumsum(np.random.default_rng(2).standard_normal(65))
    turns = _phases(ask, signal, 400)  # (400, 32)
    if np.allclose(turns, turns[:1]):
        return "Every surrogate of a signal is the same in yours. Draw the phases from `random`, anew at each call."
    if np.abs(turns[:, -1].mean()) > 0.9 and np.abs(turns[:, 0].mean()) < 0.5:
        return (
            "With an odd number of steps the highest frequency has a phase like the others: it is real only for "
            "an even number. Draw it then, too."
        )
    if np.abs(turns.mean(axis=0)).mean() > 0.1:
        return (
            "The phases do not come evenly from the whole circle: some directions are drawn more often, and "
            "so something of the signal is left. From 0 to 2 pi."
        )
    alike = np.abs((turns[:, 1:] * turns[:, :-1].conj()).mean(axis=0)).mean()
    drift = np.abs((turns[:, 2:] * turns[:, 1:-1].conj() ** 2 * turns[:, :-2]).mean(axis=0)).mean()
    if alike > 0.3:
        return "One phase for all frequencies: draw one for each, or the shape of the signal stays."
    if drift > 0.3:
        return (
            "Phases that grow evenly with frequency are a shift in time: the movement is still there, only later. "
            "Draw each phase for itself."
        )
    if np.abs((turns**2).mean(axis=0)).mean() > 0.2:
        return "Phases of 0 and pi only turn signs around. Draw them evenly from the whole circle, 0 to 2 pi."
    still = ask(np.cumsum(np.random.default_rng(3).standard_normal(65)), np.random.default_rng(3))
    if close(still, ask(np.cumsum(np.random.default_rng(3).standard_normal(65)), np.random.default_rng(4))):
        return "Another `random` should give another surrogate."
    if not close(still, ask(np.cumsum(np.random.default_rng(3).standard_normal(65)), np.random.default_rng(3))):
        return (
            "Two generators with one seed gave two surrogates. Draw the phases from the `random` that you are given, "
            "or nobody can repeat your result."
        )
    return None
