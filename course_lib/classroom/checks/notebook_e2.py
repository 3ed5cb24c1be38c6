"""Judges of elective E2: the constant with the least percentage error; outliers and denoising without hindsight."""

from collections.abc import Callable

import numpy as np
from numpy import ndarray

from course_lib.classroom.checks.base import as_function, as_number, as_tensor, close, exercise, refuse, worst
from course_lib.classroom.checks.numbers import apart

# --------------------------------------------------------------------------------------- the least percentage error


def _percent(values: ndarray, constant: float) -> float:
    return float(100 * np.mean(np.abs(values - constant) / values))


def _best(values: ndarray) -> float:
    """One of the values is always best: between two of them the error is a straight line."""
    return min(_percent(values, value) for value in values)


@exercise(
    notebook="E2",
    title="The constant that MAPE likes best",
    right="It is the median where each value counts with 1 / value: judged by MAPE, one learns to say too little.",
)
def best_constant(answer):
    constant = as_function(answer)

    def ask(values: ndarray) -> float:
        return as_number(constant(values.copy()), what="the constant")

    values = np.array([2.0, 3.0, 6.0, 17.0, 24.0, 25.0, 27.0, 29.0, 58.0])
    got = ask(values)
    wrong = {
        "That is the mean. It has the least *squared* error.": values.mean(),
        "That is the median. It has the least absolute error; MAPE divides each error by its own value, so small "
        "values count more.": np.median(values),
        "That is the harmonic mean. It has the least error of another kind, (y - c)^2 / y.": len(values)
        / np.sum(1 / values),
        "That is the geometric mean, which has the least squared error of the logarithms.": np.exp(
            np.log(values).mean()
        ),
        "That is the error. The constant that has it was asked for.": _best(values),
        "Each value counts with 1 / value, and yours counts with the value: the errors of small values weigh more, "
        "not less.": 27.0,
    }
    for message, number in wrong.items():
        if close(got, number, rel=1e-6):
            return message
    random = np.random.default_rng(0)
    trials = [values, np.array([5.0]), np.array([1.0, 100.0, 101.0, 102.0]), np.array([4.0, 4.0, 9.0])]
    trials += [np.exp(random.normal(0, 1, n)) for n in (8, 33, 200)]
    for given in trials:
        # a search that stops at four digits is right, and between the values the error hardly changes
        if (error := _percent(given, got := ask(given))) > _best(given) * (1 + 1e-4) + 1e-3:
            shown = ", ".join(f"{value:.4g}" for value in np.sort(given)[:7]) + (", ..." if len(given) > 7 else "")
            best = min(given, key=lambda value: _percent(given, value))
            (least, yours), (of_least, of_yours) = apart(best, got, ".4g"), apart(_best(given), error)
            return (
                f"For {len(given)} values, sorted {shown}, the constant {yours} has a MAPE of {of_yours} %, and "
                f"{least}, one of the values, has {of_least} %."
            )
    return None


# -------------------------------------------------------------------------------------------- outliers by the past


HISTORY = 20  # days of the first trial


def _past_outliers(values: ndarray, history: int) -> ndarray:
    found = np.zeros(len(values), dtype=bool)
    for t in range(history, len(values)):
        before = values[t - history : t]
        found[t] = abs(values[t] - before.mean()) > 3 * before.std()
    return found


def _wandering(seed: int) -> ndarray:
    """120 values that wander and jump: rules that differ in one day of their past differ in what they mark."""
    random = np.random.default_rng(seed)
    values = 60 + np.cumsum(random.standard_t(3, 120))
    values[::17] += random.choice([-9, 9], len(values[::17]))
    return values


def _series(n: int, seed: int) -> ndarray:
    """A drifting series: a jump up, a jump down, and a day that is an outlier unless it stands among its own past."""
    values = 50 + 0.1 * np.arange(n) + np.random.default_rng(seed).normal(0, 1, n)
    values[n // 2] += 15
    values[3 * n // 4] -= 12
    t = n // 3
    past = values[max(0, t - HISTORY) : t]
    values[t] = past.mean() + 3.5 * past.std()
    return values


@exercise(
    notebook="E2",
    title="Outliers, as the day knew it",
    right="The rule is the old one. That it may not look ahead is what makes it a forecast's.",
)
def past_outliers(answer):
    find = as_function(answer)

    def ask(values: ndarray, history: int) -> ndarray:
        mask = as_tensor(find(values.copy(), history), what="the mask").detach().cpu().numpy()
        if mask.shape != values.shape:
            refuse(f"A mask of {len(values)} was asked for, one for each day, and yours has the shape {mask.shape}.")
        if mask.dtype != bool and not np.isin(mask, (0, 1)).all():
            refuse("A mask of True and False was asked for; yours holds other numbers.")
        return mask.astype(bool)

    values = _series(80, 0)
    got, right = ask(values, HISTORY), _past_outliers(values, HISTORY)
    if got[:HISTORY].any():
        return f"Of the first {HISTORY} days nothing is known before them: none of them can be called an outlier."
    future = values.copy()
    future[60:] += 500 * np.arange(20)
    if (ask(future, HISTORY)[:60] != got[:60]).any():
        return "A later day changes what is said of an earlier one: mean and spread are of days before day t alone."
    trials = [(y, past, ask(y, past)[past:]) for y in map(_wandering, range(3)) for past in (HISTORY, 12)]
    for message, rule, today in _WRONG_RULES:  # named only where every trial says so
        if all((got == [rule(y[t], y[t - h : t + today]) for t in range(h, len(y))]).all() for y, h, got in trials):
            return message
    if (got[HISTORY:] == ~right[HISTORY:]).all():
        return "Outliers are False and all others True: the mask is turned round."
    for series, past, _ in trials:
        if message := _differs(series, past, ask(series, past)):
            return message
    for n, history, seed in ((80, 10, 0), (120, 28, 1), (60, 7, 2), (90, 20, 3), (30, 29, 4), (20, 20, 5)):
        values = _series(n, seed)
        values[[history, -1] if history < n else []] += 40  # the first day that can be one, and the last
        if message := _differs(values, history, ask(values, history)):
            return message
    if ask(np.full(30, 7.0), 10).any():
        return "A series that never changes has no outliers: *more* than three deviations away, also where these are 0."
    return None


def _differs(values: ndarray, history: int, got: ndarray) -> str | None:
    """The first day on which a mask is not the rule's."""
    wrong = got != _past_outliers(values, history)
    if not wrong.any():
        return None
    day = int(wrong.argmax())
    return (
        f"Of {len(values)} days with a history of {history}, day {day} (counted from 0) is "
        f"{'no' if got[day] else 'an'} outlier by the rule, and yours says {'it is one' if got[day] else 'it is none'}."
    )


_WRONG_RULES: list[tuple[str, Callable[[float, ndarray], bool], int]] = [
    (
        "Day t stands among the days it is held against, widens their spread, and hides itself. Take days before t.",
        lambda y, past: abs(y - past.mean()) > 3 * past.std(),
        1,
    ),
    (
        "Only days that are too high are found. Too low is as far away: take the absolute value.",
        lambda y, past: y - past.mean() > 3 * past.std(),
        0,
    ),
    (
        "The day before was taken for the mean of the days before.",
        lambda y, past: abs(y - past[-1]) > 3 * past.std(),
        0,
    ),
    (
        "The day just before t was left out. It is known on the evening before, and belongs to the past.",
        lambda y, past: abs(y - past[:-1].mean()) > 3 * past[:-1].std(),
        0,
    ),
    (
        "The middle is the mean of the days before, and yours is their median.",
        lambda y, past: abs(y - np.median(past)) > 3 * past.std(),
        0,
    ),
    ("Three of what? The limit is three standard deviations, not 3 L/s.", lambda y, past: abs(y - past.mean()) > 3, 0),
    (
        "That is one standard deviation; a third of all days lies further off.",
        lambda y, past: abs(y - past.mean()) > past.std(),
        0,
    ),
]


# ----------------------------------------------------------------------------------------- denoising by the past


def _halves(values: ndarray) -> ndarray:
    """A smoother that tells its rows' ends apart, and hears every value of a row."""
    return values + 0.5 * values.sum(axis=-1, keepdims=True) + 0.25 * np.arange(values.shape[-1])


@exercise(
    notebook="E2",
    title="Denoised, as the day knew it",
    right="So many denoisings as days, and none of them has seen tomorrow.",
)
def known_smooth(answer):
    smooth_of = as_function(answer)

    def ask(values: ndarray, width: int, smooth: Callable[[ndarray], ndarray]) -> ndarray:
        made = smooth_of(values.copy(), width, smooth)
        return as_tensor(made, shape=(len(values) - width + 1,), what="the smoothed days").double().numpy()

    def right(values: ndarray, width: int) -> ndarray:
        return np.array([_halves(values[t - width : t])[-1] for t in range(width, len(values) + 1)])

    values = np.random.default_rng(0).normal(20, 3, 30)
    got = ask(values, 8, _halves)
    pieces = [values[t - 8 : t] for t in range(8, 31)]
    wrong = {
        "The whole series was smoothed, and then cut: every day has heard all later ones. Cut first.": (
            _halves(values)[7:]
        ),
        "Of each stretch the *first* day was kept. The last one is the day that knows the stretch.": np.array(
            [_halves(piece)[0] for piece in pieces]
        ),
        "Those are means of the smoothed stretches; the last day of each was asked for.": np.array(
            [_halves(piece).mean() for piece in pieces]
        ),
        "Those are the raw days: `smooth` was not used.": values[7:],
        "Each day was smoothed with all days before it, and `width` days were asked for.": np.array(
            [_halves(values[:t])[-1] for t in range(8, 31)]
        ),
    }
    for message, array in wrong.items():
        if close(got, array):
            return message
    future = values.copy()
    future[20:] = -50
    if not close(ask(future, 8, _halves)[:13], got[:13]):
        return "A later day changes an earlier value: the stretch that ends with day t may hold no day after t."
    for n, width, seed in ((30, 8, 0), (12, 12, 1), (25, 1, 2), (40, 16, 3)):
        values = np.random.default_rng(seed).normal(20, 3, n)
        if not close(got := ask(values, width, _halves), expected := right(values, width)):
            (at,) = worst(got, expected)
            last, yours = apart(expected[at], got[at], ".4g")
            return (
                f"Of {n} days with a width of {width}, value {at} should be the last of smooth(days {at} to "
                f"{at + width - 1}), {last}, and yours is {yours}."
            )
    return None
