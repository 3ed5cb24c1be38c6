"""Judges of notebook 12: recordings at equal steps, groups kept apart, the steps that fit into some minutes."""

import math
from collections.abc import Callable

import numpy as np
from numpy import ndarray
from scipy.interpolate import CubicSpline, PchipInterpolator

from course_lib.classroom.checks.base import as_function, as_number, as_tensor, close, exercise, refuse, worst
from course_lib.classroom.checks.numbers import apart

# ------------------------------------------------------------------------------------------- at equal steps


def _by_hand(times: ndarray, values: ndarray, places: ndarray) -> ndarray:
    return PchipInterpolator(times, values)(places)


@exercise(
    notebook="12",
    title="At equal steps",
    right="PCHIP goes through every reading and invents no peak between them; a cubic spline would.",
)
def at_equal_steps(answer):
    resample = as_function(answer)

    def ask(times: ndarray, values: ndarray, length: int) -> ndarray:
        made = resample(times.copy(), values.copy(), length)
        return as_tensor(made, shape=(length,), what=f"the signal at {length} steps").detach().double().numpy()

    times = np.array([2.0, 2.1, 2.5, 2.6, 3.2, 4.0])
    values = np.array([0.0, 0.1, 1.0, 1.0, 0.2, 0.0])
    length = 9
    even = np.linspace(2.0, 4.0, length)
    got = ask(times, values, length)
    wrong = {
        "That joins the readings by straight lines (np.interp), which leaves a corner at each of them. "
        "PchipInterpolator is smooth there.": np.interp(even, times, values),
        "A cubic spline overshoots: between two readings of 1.0 it rises above them, a peak that nobody measured. "
        "PchipInterpolator stays between its neighbours.": CubicSpline(times, values)(even),
        "Your steps end before the last reading: np.linspace(first, last, length) has both ends in it.": _by_hand(
            times, values, np.linspace(2.0, 4.0, length, endpoint=False)
        ),
        "Your readings stand at even places, as if the clock had ticked evenly. Their own `times` say where they "
        "are.": _by_hand(np.arange(6.0), values, np.linspace(0, 5, length)),
        "You ask from 0 s on, and this recording begins at 2.0 s: the first step is at times[0].": _by_hand(
            times, values, np.linspace(0, 4.0, length)
        ),
        "Those are readings repeated, the last one before each step; PCHIP is a curve between them.": values[
            np.searchsorted(times, even, side="right") - 1
        ],
        "Those are the places in time. What was asked for are the values there.": even,
    }
    for message, values_of in wrong.items():
        if close(got, values_of):
            return message
    right = _by_hand(times, values, even)
    if not close(got, right):
        (i,) = worst(got, right)
        expected, yours = apart(float(right[i]), float(got[i]))
        return (
            f"At {even[i]:g} s PCHIP gives {expected}, and yours is {yours}. The steps are "
            f"np.linspace(first, last, {length}), of the recording's own times."
        )
    random = np.random.default_rng(0)
    for n, length in ((2, 2), (3, 7), (40, 12), (25, 25)):
        times = np.cumsum(random.uniform(0.05, 0.4, n)) - 3
        values = random.normal(size=n)
        if not close(ask(times, values, length), _by_hand(times, values, np.linspace(times[0], times[-1], length))):
            return f"Right for six readings, and not for {n} readings at {length} steps. What is built in?"
    return None


# ------------------------------------------------------------------------------------------- groups kept apart


def _groups_of(n_groups: int, seed: int) -> ndarray:
    """Recordings of persons 3, 10, 17, ...: between one and six of each, in no order."""
    random = np.random.default_rng(seed)
    return random.permutation(np.repeat(3 + 7 * np.arange(n_groups), random.integers(1, 7, n_groups)))


@exercise(
    notebook="12",
    title="Groups kept apart",
    right="What stands on both sides of a split is remembered, not recognised.",
)
def hold_out_groups(answer):
    split = as_function(answer)

    def ask(groups: ndarray, share: float, seed: int) -> ndarray:
        mask = split(groups.copy(), share, np.random.default_rng(seed))
        mask = as_tensor(mask, what="the mask").numpy()
        if mask.shape != groups.shape:
            refuse(
                f"A mask was asked for, True or False for each of the {len(groups)} recordings, and yours has the "
                f"shape {mask.shape}. np.isin(groups, chosen) makes one."
            )
        if mask.dtype != bool and not np.isin(mask, (0, 1)).all():
            refuse("A mask of True and False was asked for; yours holds other numbers.")
        return mask.astype(bool)

    def held(groups: ndarray, mask: ndarray) -> set[int]:
        return set(groups[mask].tolist())

    groups = _groups_of(20, 0)
    draws = [ask(groups, 0.25, seed) for seed in range(6)]
    for mask in draws:
        if both := held(groups, mask) & set(groups[~mask].tolist()):
            return (
                f"Group {min(both)} stands on both sides. Choose among np.unique(groups), and hold out every "
                "recording of the chosen ones."
            )
    numbers = [len(held(groups, mask)) for mask in draws]
    if set(numbers) == {15}:
        return "Three quarters of the groups are True, and one quarter was to be held out. Is the mask turned round?"
    if set(numbers) != {5}:
        return (
            f"A quarter of 20 groups are 5, in every draw; yours holds out {', '.join(map(str, numbers))}. Count "
            "groups, not recordings, and draw without putting back."
        )
    if len({frozenset(held(groups, mask)) for mask in draws}) == 1:
        return "Six generators chose the same groups. Draw with the `random` that is handed in."
    if not (ask(groups, 0.25, 1) == draws[1]).all():
        return "The same generator chose other groups when asked again. Draw with the `random` that is handed in alone."
    for n, share, wanted in ((9, 0.3, 3), (10, 0.5, 5), (40, 0.1, 4), (8, 0.01, 1), (11, 0.24, 3), (11, 0.2, 2)):
        groups = _groups_of(n, n)
        mask = ask(groups, share, 0)
        if held(groups, mask) & set(groups[~mask].tolist()):
            return f"Right for 20 groups; of {n} one stands on both sides."
        if (got := len(held(groups, mask))) != wanted:
            return (
                f"A share of {share:g} of {n} groups is {share * n:g}, rounded {wanted}, and at least one; yours holds "
                f"out {got}."
            )
    return None


# ------------------------------------------------------------------------------------------- steps that fit


def _steps(minutes: float, a_step: float, report: float, margin: float) -> int:
    return max(0, math.floor(margin * (60 * minutes - report) / a_step))


@exercise(
    notebook="12",
    title="The steps that fit",
    right="Minutes differ from machine to machine, steps do not: what is written down is the number of steps.",
)
def steps_that_fit(answer):
    fit = as_function(answer)

    def ask(*given: float) -> float:
        return as_number(fit(*given), what="the number of steps")

    given = (30.0, 0.07, 20.0, 0.85)
    minutes, a_step, report, margin = given
    got = ask(*given)
    wrong: dict[str, Callable[[], float]] = {
        "The minutes were taken for seconds: 60 of them make one.": lambda: margin * (minutes - report) / a_step,
        "The report's time is not there: a run that trains for all of its minutes is judged after them.": lambda: (
            margin * 60 * minutes / a_step
        ),
        "The whole time is planned for. A machine is not always as fast as when it was measured: `margin` says which "
        "part of what is left is used.": lambda: (60 * minutes - report) / a_step,
        "The margin belongs to what is left for training; the report takes what it takes.": lambda: (
            (margin * 60 * minutes - report) / a_step
        ),
        "Multiplied by the seconds of a step. How many steps of that length go into the time?": lambda: (
            margin * (60 * minutes - report) * a_step
        ),
        "Those are the seconds for training. How many steps go into them?": lambda: margin * (60 * minutes - report),
    }
    right = _steps(*given)
    for message, number in wrong.items():
        if close(got, math.floor(number()), rel=0, abs=1.01):
            return message
    if close(got, right + 1, rel=0):
        return "One step too many: it would end after the time. Round down."
    if not close(got, right, rel=0, abs=1e-9):
        if got != round(got) and close(got, margin * (60 * minutes - report) / a_step):
            return f"There are no broken steps: a whole number was asked for, and yours is {got:.3f}. Round down."
        if got == round(got) and 0 < right - got < 3:
            return f"A little too few: {right:,.0f} fit, and yours is {got:,.0f}. Round once, at the end."
        _, yours = apart(right, got, ".6g")
        return f"In 30 minutes, with a report of 20 s and 0.07 s a step, {right:,} steps fit; yours is {yours}."
    if (got := ask(1.0, 0.07, 95.0, 0.85)) != 0:
        return f"Where the report alone takes longer than the time, no step fits: 0, and yours is {got:g}."
    for given in ((2.0, 0.5, 30.0, 0.5), (30.0, 0.031, 0.0, 1.0), (0.5, 3.0, 10.0, 0.9), (5.0, 0.25, 100.0, 0.8)):
        if (got := ask(*given)) != _steps(*given):
            _, yours = apart(_steps(*given), got, ".6g")
            return f"Right once; for {given} it should be {_steps(*given):,}, and yours is {yours}."
    return None
