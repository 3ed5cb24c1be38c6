"""The tables of the fair bench for docs/: what each row reached, what was tried, and what papers report beside it.

Between parentheses: the 95 % interval of the mean over seeds.
"""

from collections.abc import Callable

import pandas as pd

from course_lib.classroom import results

PLACES = ("ring", "grid")
COLUMNS = {  # column -> its name on the page, what it is multiplied by, and how it is written
    "modes": ("modes", 1, ".1f"),
    "high_quality": ("high quality %", 100, ".1f"),
    "spread": ("spread", 1, ".2f"),
    "reverse_kl": ("reverse KL", 1, ".4f"),
    "seconds": ("seconds", 1, ".0f"),
}


def fair_table() -> pd.DataFrame:
    """Every row of the bench: its kind, the setting that the trials chose, and what it reached on ring and grid."""
    runs = results.table("fair/modes", keep_default_na=False, na_values={"spread": ["nan"]})
    means = results.with_intervals(runs, ["method", "distribution"], list(COLUMNS))
    lines = {}
    for method, rows in runs.groupby("method", sort=False):
        line = lines.setdefault(method, {"kind": rows["kind"].iloc[0], "setting": rows["setting"].iloc[0] or "-"})
        line["steps"] = f"{rows['steps'].max():,}"
        for place in PLACES:
            line |= {f"{place}: {name}": text for name, text in _reached(means.loc[(method, place)]).items()}
        line["seeds"], line["diverged"] = rows["seed"].nunique(), (rows["failure"] != "").sum()
    return pd.DataFrame(lines).T.rename_axis("row")


def fair_tuning_table() -> pd.DataFrame:
    """Every setting tried, in order: modes and high quality, mean over the tuning seeds; the failures counted."""
    runs = results.table("fair/tuning", keep_default_na=False, na_values={"spread": ["nan"]})
    lines = []
    for (method, setting), rows in runs.groupby(["method", "setting"], sort=False):
        line = {"method": method, "setting": setting}
        for place in PLACES:
            here = rows[rows["distribution"] == place]
            line[f"{place}: modes"] = f"{here['modes'].mean():.1f}"
            line[f"{place}: high quality %"] = f"{100 * here['high_quality'].mean():.1f}"
        lines.append(line | {"runs": len(rows), "diverged": (rows["failure"] != "").sum()})
    return pd.DataFrame(lines).set_index("method")


def fair_published_table() -> pd.DataFrame:
    """What papers report beside the same method's row here: whether it lies in our 95 % interval, else how far off."""
    runs = results.table("fair/modes", keep_default_na=False, na_values={"spread": ["nan"]})
    means = results.with_intervals(runs, ["method", "distribution"], ["modes", "high_quality"])
    lines = []
    for paper in results.table("results/published_toys", keep_default_na=False).to_dict("records"):
        line = {"method": paper["method"], "source": paper["source"]}
        for place in PLACES:
            for column in ("modes", "high_quality"):
                said = paper[f"{place}_{column}"]
                ours = means.loc[(paper["row"], place), column] if paper["row"] else None
                line[f"{place}: {COLUMNS[column][0]}"] = _beside(said, ours, column)
        lines.append(line | {"note": paper["note"] or "-"})
    return pd.DataFrame(lines).set_index("method")


def _reached(means: pd.Series) -> dict[str, str]:
    return {name: _interval(means[column], factor, form) for column, (name, factor, form) in COLUMNS.items()}


def _interval(ends: pd.Series, factor: float, form: str) -> str:
    """ "97.4 (97.0 to 97.8)"; "-" where no run gives a number."""
    mean, low, high = (factor * ends[name] for name in ("mean", "low", "high"))
    if pd.isna(mean):
        return "-"
    return f"{mean:{form}}" if pd.isna(low) else f"{mean:{form}} ({low:{form}} to {high:{form}})"


def _beside(said: str | float, ours: pd.Series | None, column: str) -> str:
    """ "17.3; here 24.0 (23.0 to 25.0): not reproduced"; a published number inside the interval is reproduced."""
    _, factor, form = COLUMNS[column]
    if said == "":
        return "-" if ours is None else f"-; here {_interval(ours, factor, form)}"
    published = float(said)
    if ours is None:
        return f"{factor * published:{form}}"
    inside = ours["low"] <= published <= ours["high"]
    verdict = "reproduced" if inside else f"not reproduced, {'below' if published < ours['mean'] else 'above'} ours"
    return f"{factor * published:{form}}; here {_interval(ours, factor, form)}: {verdict}"


TABLES: dict[str, Callable[[], pd.DataFrame]] = {
    "fair": fair_table,
    "fair_tuning": fair_tuning_table,
    "fair_published": fair_published_table,
}
