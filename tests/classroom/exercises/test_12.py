"""Notebook 12: what each exercise refuses, by the idea behind the mistake, and what it accepts."""

import math

import numpy as np
import pandas as pd
import torch
from exercise_answers import accepts, refuses
from scipy.interpolate import CubicSpline, PchipInterpolator, pchip_interpolate

# ------------------------------------------------------------------------------------------- at equal steps


def pchip_at(times, values, places):
    return PchipInterpolator(times, values)(places)


def one_by_one(times, values, length):
    curve = PchipInterpolator(times, values)
    return [float(curve(times[0] + (times[-1] - times[0]) * i / (length - 1))) for i in range(length)]


def from_zero(times, values, length):
    return pchip_at(times - times[0], values, np.linspace(0, times[-1] - times[0], length))


# ------------------------------------------------------------------------------------------- groups kept apart


def hold_out(groups, share, random, *, count=lambda s, n: max(1, round(s * n)), among=np.unique):
    persons = among(groups)
    return np.isin(groups, random.choice(persons, count(share, len(persons)), replace=False))


def by_permutation(groups, share, random):
    persons = random.permutation(sorted(set(groups.tolist())))
    chosen = set(persons[: max(1, round(share * len(persons)))].tolist())
    return [g in chosen for g in groups.tolist()]


def by_codes(groups, share, random):
    codes, persons = pd.factorize(groups, sort=True)
    out = np.zeros(len(persons), dtype=bool)
    out[random.permutation(len(persons))[: max(1, round(share * len(persons)))]] = True
    return torch.from_numpy(out[codes])


def first_persons(groups, share, random):
    persons = np.unique(groups)
    return np.isin(groups, persons[: max(1, round(share * len(persons)))])


def its_own_random(groups, share, random, state=[0]):  # noqa: B006 - it is the mistake
    state[0] += 1
    return hold_out(groups, share, np.random.default_rng(state[0]))


# ------------------------------------------------------------------------------------------- steps that fit


def by_floor(minutes, step, report, margin):
    return math.floor(max(0.0, margin * (60 * minutes - report)) // step)


def by_loop(minutes, step, report, margin):
    left, steps = margin * (60 * minutes - report), 0
    while (steps + 1) * step <= left:
        steps += 1
    return steps


WRONG = {
    "at_equal_steps": {
        "straight lines": (lambda t, x, n: np.interp(np.linspace(t[0], t[-1], n), t, x), "a corner at each"),
        "a cubic spline": (lambda t, x, n: CubicSpline(t, x)(np.linspace(t[0], t[-1], n)), "overshoots"),
        "no last one": (lambda t, x, n: pchip_at(t, x, np.linspace(t[0], t[-1], n, endpoint=False)), "has both ends"),
        "by number": (
            lambda t, x, n: pchip_at(np.arange(len(x)), x, np.linspace(0, len(x) - 1, n)),
            "clock had ticked",
        ),
        "from 0": (lambda t, x, n: pchip_at(t, x, np.linspace(0, t[-1], n)), "from 0 s on"),
        "the reading before": (
            lambda t, x, n: x[np.searchsorted(t, np.linspace(t[0], t[-1], n), side="right") - 1],
            "readings repeated",
        ),
        "zeros": (lambda t, x, n: np.zeros(n), "PCHIP gives"),
        "the places": (lambda t, x, n: np.linspace(t[0], t[-1], n), "the values there"),
        "six steps": (lambda t, x, n: pchip_at(t, x, np.linspace(t[0], t[-1], 9)), "shape"),
        "backwards": (lambda t, x, n: pchip_at(t, x, np.linspace(t[-1], t[0], n)), "At "),
    },
    "hold_out_groups": {
        "recordings": (lambda g, s, r: r.random(len(g)) < s, "stands on both sides"),
        "turned round": (lambda g, s, r: ~hold_out(g, s, r), "turned round"),
        "too many": (lambda g, s, r: hold_out(g, s, r, count=lambda s, n: round(s * n) + 1), "A quarter of 20 groups"),
        "recordings counted": (
            lambda g, s, r: hold_out(g, s, r, count=lambda s, n: min(n, round(s * len(g)))),
            "A quarter of 20 groups",
        ),
        "the first": (first_persons, "the same groups"),
        "another each time": (its_own_random, "when asked again"),
        "indices": (lambda g, s, r: np.flatnonzero(hold_out(g, s, r)), "A mask was asked for"),
        "rounded down": (lambda g, s, r: hold_out(g, s, r, count=lambda s, n: max(1, int(s * n))), "rounded"),
        "rounded up": (lambda g, s, r: hold_out(g, s, r, count=lambda s, n: math.ceil(s * n)), "rounded 2"),
        "perhaps none": (lambda g, s, r: hold_out(g, s, r, count=lambda s, n: round(s * n)), "at least one"),
    },
    "steps_that_fit": {
        "minutes are seconds": (lambda m, s, r, k: max(0, int(k * (m - r) / s)), "taken for seconds"),
        "no report": (lambda m, s, r, k: int(k * 60 * m / s), "report's time is not there"),
        "no margin": (lambda m, s, r, k: max(0, int((60 * m - r) / s)), "whole time is planned"),
        "margin of all": (lambda m, s, r, k: max(0, int((k * 60 * m - r) / s)), "belongs to what is left"),
        "multiplied": (lambda m, s, r, k: max(0, int(k * (60 * m - r) * s)), "Multiplied"),
        "seconds": (lambda m, s, r, k: max(0, int(k * (60 * m - r))), "the seconds for training"),
        "rounded up": (lambda m, s, r, k: max(0, math.ceil(k * (60 * m - r) / s)), "One step too many"),
        "rounded twice": (lambda m, s, r, k: max(0, int(k * int((60 * m - r) / s))), "Round once, at the end"),
        "broken steps": (lambda m, s, r, k: max(0, k * (60 * m - r) / s), "no broken steps"),
        "at least one": (lambda m, s, r, k: max(1, int(k * (60 * m - r) / s)), "0, and yours is 1"),
        "below zero": (lambda m, s, r, k: int(k * (60 * m - r) / s), "no step fits"),
    },
}
RIGHT = {
    "at_equal_steps": {
        "scipy's function": lambda t, x, n: pchip_interpolate(t, x, np.linspace(t[0], t[-1], n)),
        "one by one": one_by_one,
        "from zero": from_zero,
        "a tensor": lambda t, x, n: torch.from_numpy(pchip_at(t, x, np.linspace(t.min(), t.max(), n))),
    },
    "hold_out_groups": {"by permutation": by_permutation, "by codes": by_codes, "by choice": hold_out},
    "steps_that_fit": {"by floor": by_floor, "by a loop": by_loop},
}

test_wrong_answers_are_refused_by_their_misconception = refuses(WRONG)
test_right_answers_are_accepted_however_they_are_written = accepts(RIGHT)
