"""Right answers to the exercises of notebook 12, written by one who had not read the judges."""

import math

import numpy as np
import pandas as pd
from scipy.interpolate import CubicHermiteSpline, PchipInterpolator, pchip_interpolate


def equal_linspace(times, values, length):
    return PchipInterpolator(times, values)(np.linspace(times[0], times[-1], length))


def equal_function(times, values, length):
    step = (times[-1] - times[0]) / (length - 1)
    asked = [times[0] + i * step for i in range(length)]
    return pchip_interpolate(times, values, np.minimum(asked, times[-1]))


def equal_list(times, values, length):
    signal = PchipInterpolator(np.asarray(times), np.asarray(values))
    first, last = min(times), max(times)
    return [float(signal((1 - i / (length - 1)) * first + i / (length - 1) * last)) for i in range(length)]


def equal_hermite(times, values, length):
    slopes = PchipInterpolator(times, values).derivative()(times)
    return CubicHermiteSpline(times, values, slopes)(np.linspace(times.min(), times.max(), num=length))


def equal_own_time(times, values, length):
    share = (times - times[0]) / (times[-1] - times[0])
    return PchipInterpolator(share, values)(np.linspace(0, 1, length))


def groups_choice(groups, share, random):
    persons = np.unique(groups)
    n = max(1, round(share * len(persons)))
    return np.isin(groups, random.choice(persons, n, replace=False))


def groups_permuted(groups, share, random):
    persons = np.unique(groups)
    n = max(1, int(np.rint(share * len(persons))))
    held = set(random.permutation(persons)[:n].tolist())
    return np.array([g in held for g in np.asarray(groups).tolist()])


def groups_shuffled(groups, share, random):
    persons = sorted(set(groups))
    random.shuffle(persons)
    n = max(int(share * len(persons) + 0.5), 1)
    return (np.asarray(groups)[:, None] == np.array(persons[:n])).any(axis=1)


def groups_codes(groups, share, random):
    persons, code = np.unique(groups, return_inverse=True)
    n = max(np.round(share * persons.size).astype(int), 1)
    held = np.zeros(persons.size, dtype=bool)
    held[random.random(persons.size).argsort()[:n]] = True
    return held[code]


def groups_pandas(groups, share, random):
    groups = pd.Series(groups)
    persons = groups.drop_duplicates()
    drawn = persons.sample(n=max(1, round(share * len(persons))), random_state=random)
    return groups.isin(drawn).to_numpy()


def steps_int(minutes, step_seconds, report_seconds, margin):
    return max(0, int((60 * minutes - report_seconds) * margin / step_seconds))


def steps_floor(minutes, step_seconds, report_seconds, margin):
    left = minutes * 60 - report_seconds
    if left <= 0:
        return 0
    return math.floor(margin * left / step_seconds)


def steps_floor_division(minutes, step_seconds, report_seconds, margin):
    return int(max(margin * (minutes * 60 - report_seconds), 0) // step_seconds)


def steps_counted(minutes, step_seconds, report_seconds, margin):
    budget, steps = (minutes * 60 - report_seconds) * margin, 0
    while (steps + 1) * step_seconds <= budget:
        steps += 1
    return steps


def steps_numpy(minutes, step_seconds, report_seconds, margin):
    steps = np.floor((minutes * 60 - report_seconds) / step_seconds * margin)
    return np.clip(steps, 0, None).astype(int)


RIGHT = {
    "at_equal_steps": {
        "linspace": equal_linspace,
        "pchip_interpolate": equal_function,
        "asked one by one, a list": equal_list,
        "Hermite with PCHIP's slopes": equal_hermite,
        "time from 0 to 1": equal_own_time,
    },
    "hold_out_groups": {
        "choice": groups_choice,
        "a permutation and a set": groups_permuted,
        "shuffled, halves rounded up": groups_shuffled,
        "a random key for each person": groups_codes,
        "pandas": groups_pandas,
    },
    "steps_that_fit": {
        "int": steps_int,
        "floor, with an early return": steps_floor,
        "floor division": steps_floor_division,
        "counted": steps_counted,
        "numpy": steps_numpy,
    },
}
