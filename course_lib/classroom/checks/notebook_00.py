"""Judges of notebook 00: time and samples, labels by name, variance across signals, the nearest average."""

import numpy as np
import torch

from course_lib.classroom.checks.base import as_function, as_number, as_tensor, close, exercise, refuse
from course_lib.classroom.checks.numbers import apart

# ------------------------------------------------------------------------------------------- when was that?


@exercise(
    notebook="00",
    title="When was that?",
    right="160 samples at 80 Hz end at 1.9875 s: the one at 2 s would be number 160, the 161st.",
)
def time_of_step(answer):
    time = as_function(answer)

    def ask(step: int, rate: float) -> float:
        return as_number(time(step, rate), what="the time")

    got = ask(40, 80)
    if close(got, 3200):
        return (
            "Sample 40 at 80 samples a second came out at 3,200 s, which is most of an hour. The rate is samples for "
            "each second: more of them make the time between two shorter, so divide."
        )
    if close(got, 2):
        return "Upside down: 80/40 is the rate over the step. Twice as many steps take twice as long, not half."
    if close(got, 41 / 80):
        return "One sample too late: numbers begin at 0, so sample 40 has 40 steps behind it, not 41."
    if close(got, 39 / 80):
        return "One sample too early: sample 0 is taken at time 0, so sample 40 comes 40 steps later, not 39."
    if close(got, 500):
        return "Right, in milliseconds; seconds were asked for."
    if close(got, 40 / 79):
        return (
            "You spread 80 samples over the second from end to end. A rate of 80 means 1/80 s from sample to sample, "
            "and the 81st starts the next second."
        )
    if got == 0:
        return "Sample 40 came out at time 0: is the division a whole-number one (//)? Half a second is 0.5."
    if not close(got, 0.5):
        return f"Sample 40 at 80 samples a second is taken at 0.5 s, and yours says {got:g}."
    faster = ask(40, 200)
    if close(faster, 0.5):
        return "At 80 samples a second you are right; at 200, sample 40 comes at 0.2 s. Is the rate built in?"
    if not close(faster, 0.2) or not close(ask(0, 50), 0, abs=1e-12):
        return "Right at 80 samples a second, but sample 40 at 200 comes at 0.2 s, and sample 0 at 0 s at any rate."
    return None


# ------------------------------------------------------------------------------------------- labels by name

_NAMES = ("wave", "thanks", "above", "above all", "name")  # not in alphabetical order; one name within another


@exercise(
    notebook="00",
    title="Ask for a sign by its name",
    right="The names travel with the checkpoint, in the order of the labels that it was trained with.",
)
def labels_by_name(answer):
    labels = as_function(answer)
    result = labels(_NAMES, "thanks", 3)
    if isinstance(result, str) or (isinstance(result, (list, tuple)) and any(isinstance(x, str) for x in result)):
        return "These are names. The generator knows signs by their number alone: their place in the list."
    if isinstance(result, (int, np.integer)) or (hasattr(result, "shape") and tuple(result.shape) == ()):
        return f"One number, {int(result)}, where three signals were asked for. A label for each signal: n of them."
    got = as_tensor(result, what="your labels")
    if tuple(got.shape) == (3, len(_NAMES)):
        return (
            "One-hot rows, one column a sign: that is how some networks take a label. This one looks it up in a table "
            "(an embedding), so it wants the number itself."
        )
    if tuple(got.shape) in ((3, 1), (1, 3)):
        return f"The numbers stand in a table of shape {tuple(got.shape)}; labels have one axis: (3,)."
    if tuple(got.shape) != (3,):
        refuse(f"Three labels were asked for, shape (3,), and yours have the shape {tuple(got.shape)}.")
    if got.dtype == torch.bool or got.is_floating_point():
        return (
            f"Labels of type {str(got.dtype).removeprefix('torch.')}. A label is a place in a table, and a place is a "
            "whole number: int64. torch.full((n,), 1) makes whole numbers, torch.ones(n) does not."
        )
    got = got.long().tolist()
    if got == [2, 2, 2]:
        return "You counted from 1. 'thanks' is the second of the names, and its place is 1: the first has place 0."
    if len(set(got)) == 3:
        return f"The labels {got} are three different signs. Three signals of *one* sign: its label, three times."
    if got == [sorted(_NAMES).index("thanks")] * 3:
        return (
            "You sorted the names. Their order is that of training, and alphabetical only by chance: "
            f"{got[0]} is {_NAMES[got[0]]!r}, and that is what would be drawn, without a warning."
        )
    if got != [1, 1, 1]:
        return f"'thanks' is at place 1 of {_NAMES}, so the labels are [1, 1, 1]; yours are {got}."
    other = as_tensor(labels(_NAMES, "wave", 2), shape=(2,), what="your labels").tolist()
    if other != [0, 0]:
        return f"'wave' is at place 0 of {_NAMES}, so two labels are [0, 0]; yours are {other}."
    within = as_tensor(labels(list(_NAMES), "above all", 1), shape=(1,), what="your labels").tolist()
    if within == [2]:
        return "Asked for 'above all' you found 'above': a name must match as a whole, not in part."
    part = as_tensor(labels(_NAMES[::-1], "above", 1), shape=(1,), what="your labels").tolist()
    if within != [3] or part != [2]:
        return (
            "Of the names turned around, 'above' is at place 2, and 'above all' is at place 3 of the first list; yours "
            f"are {part[0]} and {within[0]}. Does a name match as a whole?"
        )
    return None


# ------------------------------------------------------------------------------------------- spread across signals


@exercise(
    notebook="00",
    title="How much do signals vary?",
    right="Over the same number for recordings it is metrics.variance_ratio: 1 is right, 0 is a collapse.",
)
def spread_across(answer):
    spread = as_function(answer)
    random = torch.Generator().manual_seed(0)

    def ask(signals: torch.Tensor) -> float:
        return as_number(spread(signals.clone()), what="the spread")

    time = torch.linspace(0, 6, 12)
    one = torch.stack([1 + torch.sin(time), 0.5 * torch.cos(time)])  # lively, in two channels
    same = one.expand(5, 2, 12)
    got = ask(same)
    if close(got, same.var(dim=2).mean()) or close(got, same.var(dim=2, correction=0).mean()):
        return (
            "Five copies of one signal vary by nothing, and yours says "
            f"{got:.2f}: that is how much a signal moves *over time*. Compare signals with each other, step by step."
        )
    if close(got, same.var(), rel=0.05):
        return (
            f"Five copies of one signal vary by nothing, and yours says {got:.2f}: all numbers went into one heap, so "
            "the movement itself counts as variance. Compare signals at one step, then go to the next step."
        )
    if not close(got, 0):
        shown = apart(0, got, ".2f")[1]
        return f"Five copies of one signal have the spread 0, and yours is {shown}: something else is in it."
    # each signal shifted as a whole, in one direction or the other: the signals' means differ, and so do all steps
    size = torch.tensor([0.2, 1.0]).view(1, 2, 1)
    signals = one + size * torch.randn(6, 2, 12, generator=random) + torch.randn(6, 1, 1, generator=random)
    right = {n: float(signals.double().var(dim=0, correction=n).mean()) for n in (0, 1)}
    got = ask(signals)
    flat = signals.double()
    for n in (0, 1):
        if close(got, right[n]):
            break
        if close(got, flat.var(dim=0, correction=n).sqrt().mean()) or close(got, right[n] ** 0.5):
            return f"A standard deviation: yours is {got:.3f}. The variance is asked for, without the root."
        over_time = flat.mean(dim=2)
        if any(close(got, x.var(dim=0, correction=n).mean()) for x in (over_time, over_time.mean(dim=1))):
            return (
                "You averaged each signal over time first and then asked how the averages vary: whatever two signals "
                "do differently at two moments cancels. Variance at each step first, the mean last."
            )
        if close(got, flat.var(dim=0, correction=n).sum()):
            return "A sum over steps and channels in place of the mean: a longer signal would seem to vary more."
        if close(got, flat.var(dim=0, correction=n).max()):
            return "The largest variance of all steps; the mean over the steps was asked for."
        if close(got, flat.mean(dim=1).var(dim=0, correction=n).mean()):
            return "You averaged the channels first: what they do in opposite directions cancels. Average last."
    else:
        return f"For these six signals of two channels and 12 steps the spread is {right[1]:.4f}; yours is {got:.4f}."
    return None


# ------------------------------------------------------------------------------------------- the nearest average


def _by_loop(signals: torch.Tensor, averages: torch.Tensor) -> list[int]:
    distances = [[float(((x - m) ** 2).sum()) for m in averages] for x in signals.double()]
    return [row.index(min(row)) for row in distances]


@exercise(
    notebook="00",
    title="The judge",
    right="It never looks at how signals vary, so an average always satisfies it: section 3.",
)
def nearest_average(answer):
    judge = as_function(answer)
    random = torch.Generator().manual_seed(207)  # a draw on which other distances choose otherwise
    size = torch.tensor([0.3, 0.5, 1.0, 3.0]).view(4, 1, 1)
    averages = size * torch.randn(4, 2, 6, generator=random)
    signals = averages[[2, 0, 3, 1, 1, 0, 2]] + 1.5 * torch.randn(7, 2, 6, generator=random)
    right = _by_loop(signals, averages)
    result = judge(signals.clone(), averages.clone())
    got = as_tensor(result, what="your answer")
    flat, rows = signals.flatten(1).double(), averages.flatten(1).double()
    distances = torch.cdist(flat, rows)
    if tuple(got.shape) == (4,):
        return (
            "Four numbers for seven signals: you went along the wrong axis and found, for each average, the nearest "
            "signal. For each signal the nearest average was asked for."
        )
    if tuple(got.shape) == (7, 4):
        return "All the distances, 7 x 4 of them. Of each row the place of the smallest was asked for."
    if tuple(got.shape) == (7, 2):
        return (
            "Two numbers a signal: each channel was judged by itself. A signal is all of its channels: one distance "
            "over channels and time together."
        )
    if tuple(got.shape) != (7,):
        refuse(f"One number for each of the seven signals was expected, shape (7,); yours is {tuple(got.shape)}.")
    if close(got, distances.min(dim=1).values):
        return "These are the distances to the nearest average. Not how far it is, but which one: its place."
    if got.is_floating_point() and not close(got, got.round()):
        refuse("Numbers of signs were expected, whole ones from 0 to 3, and some of yours lie in between.")
    got = [int(x) for x in got]
    if got == right:
        return None
    if got == distances.argmax(dim=1).tolist():
        return "You took the farthest average: argmax of a distance. The most alike has the *smallest* distance."
    if got == (flat @ rows.T).argmax(dim=1).tolist():
        return (
            "You multiplied and took the largest product. It grows with the size of the average, so a sign with large "
            "movements wins too often. Distances do not have that weakness."
        )
    if got == (flat.mean(dim=1, keepdim=True) - rows.mean(dim=1)).abs().argmin(dim=1).tolist():
        return (
            "By your distance, differences are added up before they lose their sign, so plus and minus cancel: two "
            "signals with the same mean look alike, whatever they do. Square first, then add."
        )
    other = {
        "The *sizes* of the differences were added up (the Manhattan distance). The Euclidean one adds their squares, "
        "so that one large difference weighs more than two half as large.": torch.cdist(flat, rows, p=1).argmin(dim=1),
        "Only the largest difference was looked at. The Euclidean distance adds the squares of all of them.": (
            torch.cdist(flat, rows, p=float("inf")).argmin(dim=1)
        ),
        "You compared directions (the cosine), so a sign that moves half as far, but alike, is the same to you. A "
        "distance minds the size.": torch.nn.functional.cosine_similarity(flat[:, None], rows, dim=2).argmax(dim=1),
    }
    for message, places in other.items():
        if got == places.tolist():
            return message
    if got == [place + 1 for place in right]:
        return "Every number is one too large: signs are numbered from 0."
    if got == torch.cdist(signals[:, 0].double(), averages[:, 0].double()).argmin(dim=1).tolist():
        return "Only the first channel was compared. A signal is all of its channels."
    return f"The nearest averages of these seven signals are {right}, and yours are {got}."
