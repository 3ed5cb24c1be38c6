"""The tables of recipes at equal time for docs/: a line a method, means over its seeds.

`caught` has the 95 % interval of the mean beside it, or in the ladder its least and most.
"""

from collections.abc import Callable

import pandas as pd

from course_lib.classroom import results
from course_lib.metrics.classifiers import JUDGES

RATIOS = ("frechet", "roughness", "edge_roughness", "variance", "nearest_neighbour")
TAILS = {"peak": "peak_ratio", "duration": "duration_ratio", "rest": "rest", "real rest": "real_rest"}


def ladder_table() -> pd.DataFrame:
    """From the source's nets to the course's recipe, after equal time."""
    runs = results.table("recipes/ladder")
    lines = {method: _line(rows, _mean_and_ends(rows["caught"])) for method, rows in _by(runs, "method")}
    return pd.DataFrame(lines).T.rename_axis("method")


def ingredients_table() -> pd.DataFrame:
    """The course's recipe without one ingredient, beside the whole one: what it adds to `caught`, by pairs of seeds."""
    runs = results.table("recipes/ingredients")
    lines = []
    for (name, method), rows in _by(runs, "set", "method"):
        whole = runs[(runs["set"] == name) & (runs["method"] == "nothing")].set_index("seed")["caught"]
        more = rows.set_index("seed")["caught"] - whole
        line = {"set": name, "left out": method, "caught": f"{rows['caught'].mean():.2f}"}
        line["more, by pairs"] = "-" if method == "nothing" else _signed(more)
        lines.append(line | _views(rows) | _ratios(rows) | {"steps": f"{rows['steps'].mean():,.0f}"})
    return pd.DataFrame(lines).set_index("set")


def reporting_table() -> pd.DataFrame:
    """Every set and method: caught and its null, distance, copies, learning from it, classes, tails, time."""
    lines = []
    for (name, method), rows in _by(results.table("recipes/reporting"), "set", "method"):
        line = {"set": name, "method": method, "n": f"{rows['size'].mean():.0f}"}
        line |= {"caught": _mean_and_interval(rows["caught"]), "null": f"{rows['null'].mean():.2f}"}
        line |= _views(rows) | _ratios(rows) | {"copied": f"{rows['copied_share'].mean():.2f}"}
        line["TSTR; TRTR"] = _transfer(rows)
        line["right class; worst class"] = f"{rows['class_accuracy'].mean():.2f}; {rows['worst_class'].mean():.2f}"
        line |= {what: f"{rows[column].mean():.2f}" for what, column in TAILS.items()}
        off = rows["correlation_error"].mean()  # exactly 0 of one channel alone
        line["correlation off by"] = f"{off:.3f}" if off else "-"
        lines.append(line | {"steps; s": f"{rows['steps'].mean():,.0f}; {rows['cpu_seconds'].mean():.0f}"})
    return pd.DataFrame(lines).set_index("set")


def beside_table() -> pd.DataFrame:
    """The source's recipe and a model of another kind, after the same time as the recipes of `reporting_table`."""
    lines = []
    for (name, method), rows in _by(results.table("recipes/beside"), "set", "method"):
        lines.append({"set": name, "method": method} | _line(rows, _mean_and_interval(rows["caught"])))
    return pd.DataFrame(lines).set_index("set")


def _by(runs: pd.DataFrame, *columns: str) -> pd.api.typing.DataFrameGroupBy:
    return runs.groupby(list(columns) if len(columns) > 1 else columns[0], sort=False)


def _line(rows: pd.DataFrame, caught: str) -> dict[str, str | int]:
    line = {"caught": caught} | _views(rows) | _ratios(rows) | {"copied share": f"{rows['copied_share'].mean():.2f}"}
    return line | {"steps": f"{rows['steps'].mean():,.0f}", "seeds": len(rows)}


def _views(rows: pd.DataFrame) -> dict[str, str]:
    """The better of the judges of each view."""
    return {
        f"by {view}": f"{rows[[f'{view}, {judge}' for judge in JUDGES]].max(axis=1).mean():.2f}"
        for view in ("values", "differences", "numbers")
    }


def _ratios(rows: pd.DataFrame) -> dict[str, str]:
    return {name.replace("_", " "): f"{rows[f'{name}_ratio'].mean():.2f}" for name in RATIOS}


def _mean_and_ends(values: pd.Series) -> str:
    return f"{values.mean():.2f} ({values.min():.2f}, {values.max():.2f})"


def _mean_and_interval(values: pd.Series) -> str:
    low, high = results.mean_interval(values)
    return f"{values.mean():.2f} ({low:.2f} to {high:.2f})"


def _signed(values: pd.Series) -> str:
    return f"{values.mean():+.2f} ({values.min():+.2f}, {values.max():+.2f})"


def _transfer(rows: pd.DataFrame) -> str:
    """ "0.40 ± 0.03; 0.54": the standard error is that of the difference, over the test signals."""
    if rows["tstr"].isna().all():
        return "-"
    return f"{rows['tstr'].mean():.2f} ± {rows['tstr_error'].mean():.2f}; {rows['trtr'].mean():.2f}"


TABLES: dict[str, Callable[[], pd.DataFrame]] = {
    "ladder": ladder_table,
    "ingredients": ingredients_table,
    "reporting": reporting_table,
    "beside": beside_table,
}
