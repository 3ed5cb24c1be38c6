"""The tables of docs/forecasting.md: errors by district and by measure, and tuning."""

from collections.abc import Callable

import pandas as pd

from benchmarks.forecasting import BEST_TRIALS
from course_lib.classroom import results
from course_lib.forecasting import NAIVE


def errors_table() -> pd.DataFrame:
    """MAPE of each model on each district, mean over the seeds; last the districts below both naive forecasts."""
    table = results.table("forecasting/models")
    means = table.groupby(["model", "district"])["mape"].mean().unstack().loc[table["model"].unique()]
    below = means.lt(means.loc[list(NAIVE)].min()).sum(axis=1)
    shown = means.map("{:.2f}".format).assign(**{"below both naive": below.map("{} of 10".format)})
    return shown.rename_axis("MAPE, %").rename_axis(None, axis=1)


def measures_table() -> pd.DataFrame:
    """Every measure, mean over districts and seeds; of MAPE the deviation between seeds, mean over districts."""
    table = results.table("forecasting/models")
    shown = table.groupby("model")[["mape", "mape_at_peaks", "explained_variance", "r", "bias", "seconds"]].mean()
    between = table.groupby(["model", "district"])["mape"].std().groupby("model").mean()
    shown.insert(1, "between seeds", between)
    shown = shown.loc[table["model"].unique()].rename(columns=lambda name: name.replace("_", " "))
    return shown.round(3).astype(str).rename_axis("ten districts, five seeds")


def tuning_table() -> pd.DataFrame:
    """Mean MAPE of each trial on the inner splits; a star where it was chosen."""
    means = results.table("forecasting/tuning").groupby(["model", "trial"])["mape"].mean().unstack()
    shown = {
        name: {trial: f"{means.loc[name, trial]:.2f}{' *' if trial == best else ''}" for trial in means}
        for name, best in BEST_TRIALS.items()
    }
    return pd.DataFrame(shown).T.rename(columns="trial {}".format).rename_axis("inner MAPE, %; *: chosen")


TABLES: dict[str, Callable[[], pd.DataFrame]] = {
    "forecast_errors": errors_table,
    "forecast_measures": measures_table,
    "forecast_tuning": tuning_table,
}
