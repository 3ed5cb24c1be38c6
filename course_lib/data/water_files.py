"""Real water demand: hourly inflow of ten districts of an Italian city, with weather, read into daily means.

The idea: hourly clocks lie (hours that come twice or not at all, gaps of days), and what is done about it may use the
past alone, since a gap that is filled from both sides tells a forecast what comes after it. Every repair is said.

Battle of Water Demand Forecasting, WDSA/CCWI 2024, Ferrara; data CC BY 4.0, Alvisi et al. 2025. They are not part of
this repository.
"""

from pathlib import Path

import pandas as pd

from course_lib.data.water import WaterDemand

INFLOW, WEATHER = "InflowData.xlsx", "WeatherData.xlsx"
FORMATS = ("%d/%m/%Y %H:%M", "%Y-%m-%d %H:%M")  # as the benchmark writes its clock, and ISO 8601
LEAST_HOURS = 18  # of a day, for its mean to count as measured
WEEK_DAYS = 7


def load_water_demand(folder: str | Path) -> dict[str, WaterDemand]:
    """The ten districts "A" to "J" of the benchmark, from the two workbooks in `folder`.

    Weather columns of a day: rain (sum, mm), temperature (mean, least and most, deg C), humidity (%), wind (mean and
    most, km/h).

    Raises:
        FileNotFoundError: if a workbook is missing.
        ImportError: without openpyxl, which reads workbooks: pip install "gan-course[water]".
        ValueError: if a workbook has other columns or a clock that cannot be read (see `daily_demand`).
    """
    inflow, weather = (_workbook(Path(folder).expanduser() / name) for name in (INFLOW, WEATHER))
    if inflow.shape[1] != 11 or weather.shape[1] != 5:
        raise ValueError(
            f"load_water_demand: expected a clock and 10 districts in {INFLOW}, a clock and 4 quantities in {WEATHER}, "
            f"got {inflow.shape[1]} and {weather.shape[1]} columns."
        )
    clock, *districts = inflow.columns
    weather.columns = [weather.columns[0], "rain", "temperature", "humidity", "wind"]
    return {
        letter: daily_demand(inflow[[clock, column]], weather)
        for letter, column in zip("ABCDEFGHIJ", districts, strict=True)
    }


def daily_demand(inflow: pd.DataFrame, weather: pd.DataFrame) -> WaterDemand:
    """Hourly tables -> days. The first column of each is the clock, as text (day/month/year or ISO) or as dates.

    Repairs, each told in `.notes`: an hour that comes twice counts with the mean of its readings; a day with fewer than
    18 hours measured, or none, gets the demand of a week before; weather that is missing is that of the day before.
    Nothing is filled from later days; days before the first with a measured demand and weather are left out.

    Args:
        inflow: the clock, and the demand in L/s.
        weather: the clock, and columns named rain, temperature, humidity and wind.

    Raises:
        ValueError: if a clock has a text of neither form, a column is no number, or fewer than two days are left.
    """
    notes: list[str] = []
    hours = _by_hour(inflow, "inflow", notes).iloc[:, 0]
    sky = _by_hour(weather, "weather", notes)
    counts, means = hours.groupby(hours.index.normalize()).count(), hours.groupby(hours.index.normalize()).mean()
    daily = sky.groupby(sky.index.normalize())
    kinds = {"rain": ("rain", "sum"), "temperature": ("temperature", "mean"), "humidity": ("humidity", "mean")}
    kinds |= {"temperature, least": ("temperature", "min"), "temperature, most": ("temperature", "max")}
    kinds |= {"wind": ("wind", "mean"), "gust": ("wind", "max")}
    columns = daily.agg(**kinds)
    columns["rain"] = columns["rain"].where(daily["rain"].count() > 0)

    demand = means.where(counts >= LEAST_HOURS)
    known = demand.first_valid_index(), columns.dropna().first_valid_index()
    if None in known or max(known) >= demand.index[-1]:
        raise ValueError(
            f"daily_demand: expected two days or more with {LEAST_HOURS} hours of demand, and weather, got "
            f"{demand.notna().sum()} days of demand and {len(columns.dropna())} of weather."
        )
    days = pd.date_range(max(known), demand.index[-1], freq="D")
    demand, columns = demand.reindex(days), columns.reindex(days)
    measured = demand.notna().rename("measured")
    if missing := int((~measured).sum()):
        notes.append(f"{missing} days had fewer than {LEAST_HOURS} hours: each is as it was a week before.")
    if gaps := int(columns.isna().any(axis=1).sum()):
        notes.append(f"{gaps} days lacked some weather: it is that of the day before.")
    return WaterDemand(_as_a_week_before(demand).rename("demand"), columns.ffill(), measured, tuple(notes))


def _as_a_week_before(demand: pd.Series) -> pd.Series:
    """Gaps in the order of time, so that a gap of more than a week repeats the last week before it."""
    values = demand.to_numpy(float, copy=True)
    for t in range(1, len(values)):
        if pd.isna(values[t]):
            values[t] = values[t - WEEK_DAYS] if t >= WEEK_DAYS else values[t - 1]
    return pd.Series(values, demand.index)


def _by_hour(table: pd.DataFrame, what: str, notes: list[str]) -> pd.DataFrame:
    """The table by its clock, an hour once; skipped hours stay out of the day's mean."""
    clock = _clock(table.iloc[:, 0], what)
    values = table.iloc[:, 1:]
    if text := [name for name in values if not pd.api.types.is_numeric_dtype(values[name])]:
        raise ValueError(f"daily_demand: expected numbers in {what}, column {text[0]!r}, got text.")
    values = values.set_index(clock)
    if twice := int(clock.duplicated().sum()):
        notes.append(f"{what}: {twice} hours come twice (clocks put back): the mean of both counts.")
        values = values.groupby(level=0).mean()
    hours = pd.date_range(clock.min(), clock.max(), freq="h")
    if skipped := len(hours.difference(clock)):
        notes.append(f"{what}: {skipped} hours do not come: their days are means of the others.")
    return values.sort_index()


def _clock(texts: pd.Series, what: str) -> pd.DatetimeIndex:
    """Dates and hours, in one of two written forms for the whole column: 03/04 is read in one way."""
    if pd.api.types.is_datetime64_any_dtype(texts):
        read = texts
    else:
        every = [pd.to_datetime(texts.str.strip(), format=form, errors="coerce") for form in FORMATS]
        read = min(every, key=lambda found: found.isna().sum())
    if read.isna().any():
        row = int(read.isna().to_numpy().argmax())
        raise ValueError(
            f"daily_demand: expected day/month/year hour:minute, or year-month-day hour:minute, in every row of "
            f"{what}'s clock, got {texts.iloc[row]!r} in row {row + 2}. One column is read in one form."
        )
    return pd.DatetimeIndex(read)


def _workbook(path: Path) -> pd.DataFrame:
    if not path.is_file():
        raise FileNotFoundError(
            f"load_water_demand: no {path.name} in {path.parent}. It holds the two workbooks {INFLOW} and {WEATHER} of "
            "the Battle of Water Demand Forecasting (WDSA/CCWI 2024)."
        )
    try:
        import openpyxl  # noqa: F401 - what pandas reads workbooks with
    except ImportError as error:
        raise ImportError(
            'load_water_demand: workbooks are read with openpyxl, which is not installed: pip install "gan-course'
            '[water]", or pip install openpyxl.'
        ) from error
    return pd.read_excel(path, engine="openpyxl")
