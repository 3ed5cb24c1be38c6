"""The tables of docs/forecasting.md: errors by district and by measure, hindsight, the bridge, and tuning."""

from collections.abc import Callable

import pandas as pd

from benchmarks.forecasting import BEST_TRIALS
from course_lib.classroom import results
from course_lib.forecasting import NAIVE


def errors_table() -> pd.DataFrame:
    """MAPE of each model on each district, mean over the seeds; last the districts below both naive forecasts."""
    table = results.table("forecasting/models")
    means = _by_district("forecasting/models").loc[table["model"].unique()]
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


def leak_table() -> pd.DataFrame:
    """MAPE with hindsight over MAPE without, mean over the seeds; last the mean of the districts' ratios."""
    leaky, honest = (_by_district(f"forecasting/{name}") for name in ("leak", "models"))
    ratios = leaky / honest.loc[leaky.index]
    shown = ratios.assign(mean=ratios.mean(axis=1)).map("{:.2f}".format)
    return shown.rename_axis("with hindsight / without").rename_axis(None, axis=1)


def bridge_table() -> pd.DataFrame:
    """Half a year with what stands beside it: MAPE by district, and what that moves the mean, for each generator."""
    table = results.table("forecasting/bridge")
    methods = table["method"].unique()
    shown = table.groupby(["method", "district"])["mape"].mean().unstack().loc[methods].map("{:.2f}".format)
    shown.insert(0, "stretches", table.groupby("method")["learnt"].first().loc[methods])
    errors = table.pivot(index=["district", "generator_seed", "seed"], columns="method", values="mape")
    moved = errors.sub(errors[methods[0]], axis=0).groupby("generator_seed").mean()
    shown["moves MAPE by, each generator"] = [", ".join(moved[name].map("{:+.2f}".format)) for name in methods]
    return shown.rename_axis("half a year, and beside it").rename_axis(None, axis=1)


def _by_district(name: str) -> pd.DataFrame:
    return results.table(name).groupby(["model", "district"])["mape"].mean().unstack()


TABLES: dict[str, Callable[[], pd.DataFrame]] = {
    "forecast_errors": errors_table,
    "forecast_measures": measures_table,
    "forecast_leak": leak_table,
    "forecast_bridge": bridge_table,
    "forecast_tuning": tuning_table,
}
