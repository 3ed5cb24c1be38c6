"""The judge of notebook 08's exercise on a run's history."""

import numpy as np
import pandas as pd

from course_lib.classroom.checks.base import as_function, exercise, refuse, the_one
from course_lib.training import COLUMNS

# -------------------------------------------------------------------------------------------- reading a history

WORDS = ("not a number", "slope runs away", "critic behind", "nothing alarming")


def _history(steps: int = 200, seed: int = 0, **changes: np.ndarray | pd.Series) -> pd.DataFrame:
    """A run without fault: the estimate rises, then falls; the slope stays near 1; the scores drift, which is free."""
    random, t = np.random.default_rng(seed), np.arange(1, steps + 1)
    columns = {
        "wasserstein": 5 * (1 - np.exp(-t / 10)) * np.exp(-t / 120) + 0.15 * random.standard_normal(steps),
        "gradient_norm": 1.05 + 0.05 * random.standard_normal(steps),
        "penalty": 0.02 + 0.005 * random.random(steps),
        "generator_loss": 3 + np.cumsum(0.5 * random.standard_normal(steps)),
    } | changes
    columns["critic_loss"] = -columns["wasserstein"] + 10 * columns["penalty"]
    return pd.DataFrame({"step": t, **{name: columns[name] for name in COLUMNS}})


@exercise(
    notebook="08",
    title="Read a history",
    right="With it a script can stop a bad run before it has eaten the night. Quality it cannot see: measure that.",
)
def read_history(answer):
    diagnose = as_function(answer)

    def ask(history: pd.DataFrame) -> str:
        word = the_one(diagnose(history.copy()))
        if not isinstance(word, str) or word not in WORDS:
            refuse(f"One of {', '.join(map(repr, WORDS))} was asked for, and your function returned {word!r}.")
        return word

    t = np.arange(1, 201)
    good = _history()
    broken = _history(gradient_norm=np.where(t < 180, good["gradient_norm"], np.nan))
    if ask(broken) != "not a number":
        return (
            f"Of a history whose slope is NaN from step 180 on yours says {ask(broken)!r}: every comparison with NaN "
            "is False, and pandas leaves NaN out of its means. Look for values that are not finite first."
        )
    endless = _history(wasserstein=np.where(t < 190, good["wasserstein"], np.inf))
    if ask(endless) != "not a number":
        return "An infinite loss is not a number to go on with either: ask for finite values, not only for NaN."
    if (word := ask(good)) != "nothing alarming":
        return (
            f"Of a sound run (estimate 4 falling to 1, slope 1.05) yours says {word!r}. The critic's loss is negative "
            "there, as it should be: it is minus the estimate plus the penalty."
        )
    offset = _history(generator_loss=40 + np.cumsum(np.sin(t)))
    if (word := ask(offset)) != "nothing alarming":
        return (
            f"Of a sound run whose generator's loss is 40 yours says {word!r}. A critic's scores may drift: a constant "
            "added to all of them changes nothing but the generator's loss."
        )
    early = good["gradient_norm"] + 60 * np.exp(-t / 8)
    if (word := ask(_history(gradient_norm=early))) != "nothing alarming":
        return (
            f"Of a run whose slope began high and came down to 1 within 50 steps yours says {word!r}. Judge by the "
            "last tenth of the run, where it is now."
        )
    spike = good["gradient_norm"].mask(t == 200, 5.0)
    dip = good["wasserstein"].mask(t == 200, -0.6)
    if (word := ask(_history(gradient_norm=spike, wasserstein=dip))) != "nothing alarming":
        return (
            f"A single bad step at the end of a sound run makes yours say {word!r}. One batch of 64 is noisy: average "
            "over the last tenth of the run."
        )
    away = 1 + np.exp((t - 170) / 8)
    if (word := ask(_history(gradient_norm=away))) != "slope runs away":
        return (
            f"Of a run whose slope grows from 1 to {away[-1]:.0f} in its last quarter yours says {word!r}. The mean "
            "over the last tenth is far above 2; over the whole run it is drowned."
        )
    mild = _history(gradient_norm=np.full(200, 2.5))
    if (word := ask(mild)) != "slope runs away":
        return f"Of a run whose slope is 2.5 at every step yours says {word!r}. Above 2 was asked for."
    first_half = (np.arange(300) >= 270) & (np.arange(300) < 284)
    edge = _history(300, gradient_norm=np.where(first_half, 3.2, 1.0))
    if (word := ask(edge)) != "slope runs away":
        return (
            f"Of 300 steps the last tenth is 30. Their slopes are fourteen times 3.2, then sixteen times 1: "
            f"2.03 on the mean, and yours says {word!r}. Take the mean, and of these 30."
        )
    if (word := ask(_history(6, gradient_norm=np.full(6, 10.0)))) != "slope runs away":
        return (
            f"Of a run of six steps, all with slope 10, yours says {word!r}. A tenth of six may round to none: "
            "take one step at least."
        )
    behind = _history(wasserstein=good["wasserstein"] * np.exp(-t / 40) - 0.6 * (1 - np.exp(-t / 40)))
    if (word := ask(behind)) != "critic behind":
        return (
            f"Of a run whose estimate settles at -0.6, with slope 1, yours says {word!r}. The critic scores generated "
            "signals above real ones: the generator runs ahead of it."
        )
    low = _history(300, wasserstein=np.where(first_half, -3.0, 1.0))
    if (word := ask(low)) != "critic behind":
        return (
            f"Of 300 steps the last 30 have an estimate of -3 fourteen times, then of 1 sixteen times: "
            f"-0.87 on the mean, and yours says {word!r}. Take the mean, and of these 30."
        )
    both = _history(gradient_norm=away, wasserstein=-away)
    if (word := ask(both)) != "slope runs away":
        return (
            f"Of a run whose slope runs away while its estimate falls below 0 yours says {word!r}. The first of the "
            "list that applies was asked for: with a slope of 40 the estimate means nothing."
        )
    return None
