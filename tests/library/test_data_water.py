"""Daily water demand: the simulated law, the clock's faults and what is done about them, and what is refused."""

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from course_lib.data import WaterDemand, daily_demand, load_water_demand, simulate_water_demand
from course_lib.data import water as water_law
from course_lib.data.water_files import INFLOW, WEATHER

DAYS = 20


def hourly(days: int = DAYS, form: str | None = "%d/%m/%Y %H:%M") -> tuple[pd.DataFrame, pd.DataFrame]:
    """Demand 10 + the day's number at every hour, and weather; a clock of text in `form`, or of dates."""
    clock = pd.date_range("2021-03-01", periods=24 * days, freq="h")
    day = np.repeat(np.arange(days), 24)
    hour = np.tile(np.arange(24), days)
    written = clock.strftime(form) if form else clock
    inflow = pd.DataFrame({"clock": written, "DMA": 10.0 + day})
    sky = {"rain": 0.5 + 0.0 * hour, "temperature": hour + 0.1 * day, "humidity": 50.0 + day, "wind": 2.0 + hour % 3}
    return inflow, pd.DataFrame({"clock": written} | sky)


# ---------------------------------------------------------------------------------------------------- simulated days


def test_equal_seeds_give_equal_days_and_others_give_others():
    one, same, other = (simulate_water_demand(60, seed=seed) for seed in (3, 3, 4))
    pd.testing.assert_series_equal(one.demand, same.demand)
    pd.testing.assert_frame_equal(one.weather, same.weather)
    assert (one.demand != other.demand).all()


def test_saturdays_use_more_than_sundays_by_the_laws_eight_percent():
    demand = simulate_water_demand(3000, seed=0).demand
    ratio = demand[demand.index.day_of_week == 5].median() / demand[demand.index.day_of_week == 6].median()
    assert abs(ratio - 1.045 / 0.965) < 0.02


def test_wind_and_gust_are_correlated_with_each_other_and_not_with_the_temperature():
    related = simulate_water_demand(3000, seed=1).weather.corr()
    assert related.loc["wind", "gust"] > 0.9
    assert abs(related.loc["wind", "temperature"]) < 0.15
    assert related.loc["temperature, most", "temperature"] > 0.9


def test_the_first_days_do_not_depend_on_how_many_follow():
    whole = simulate_water_demand(100, seed=0)
    assert len(whole.first(40)) == 40
    pd.testing.assert_series_equal(whole.first(40).demand, whole.demand[:40], check_freq=False)


def test_demand_is_lifted_by_the_dryness_of_the_day_before(monkeypatch):
    """The law without noise, level, bursts, week and warmth, recomputed day by day from the weather columns."""
    for name in ("NOISE_STD", "LEVEL_STD", "BURSTS", "WARMTH_WORTH"):
        monkeypatch.setattr(water_law, name, 0.0)
    monkeypatch.setattr(water_law, "WEEK", np.zeros(7))
    town = simulate_water_demand(300, seed=3)
    dry, expected = 0.0, [25.0]
    for t, (warm, rain) in enumerate(zip(town.weather["temperature"], town.weather["rain"], strict=True)):
        if t:
            dry = min(max(0.9 * dry + 0.006 * max(warm - 8, 0), 0), 1) * np.exp(-0.15 * rain)
        expected.append(25 * (1 + 0.10 * dry))
    np.testing.assert_allclose(town.demand, expected[:300])


def test_fewer_than_two_days_are_refused():
    with pytest.raises(ValueError, match="2 days or more, got 1"):
        simulate_water_demand(1)


# --------------------------------------------------------------------------------------------------- the hourly clock


@pytest.mark.parametrize("form", ["%d/%m/%Y %H:%M", "%Y-%m-%d %H:%M", None])
def test_every_written_form_of_the_clock_gives_the_same_days(form):
    water = daily_demand(*hourly(form=form))
    np.testing.assert_allclose(water.demand, 10.0 + np.arange(DAYS))
    assert water.demand.index[0] == pd.Timestamp("2021-03-01")
    np.testing.assert_allclose(water.weather["rain"], 12.0)
    np.testing.assert_allclose(water.weather["temperature"], 11.5 + 0.1 * np.arange(DAYS))
    np.testing.assert_allclose(water.weather["temperature, most"] - water.weather["temperature, least"], 23.0)
    np.testing.assert_allclose(water.weather["gust"], 4.0)
    assert water.measured.all() and not water.notes


def test_an_hour_that_comes_twice_counts_once_with_the_mean_and_is_told():
    inflow, sky = hourly()
    again = inflow.iloc[[26]].assign(DMA=35.0)
    water = daily_demand(pd.concat([inflow, again]), sky)
    assert water.demand.iloc[1] == pytest.approx((23 * 11 + (11 + 35) / 2) / 24)
    assert water.notes == ("inflow: 1 hours come twice (clocks put back): the mean of both counts.",)


def test_a_skipped_hour_leaves_the_mean_of_the_others_and_is_told():
    inflow, sky = hourly()
    inflow.loc[24:47, "DMA"] = np.arange(24.0) + 1
    water = daily_demand(inflow.drop(index=26), sky)
    assert water.demand.iloc[1] == pytest.approx((300 - 3) / 23)
    assert water.notes == ("inflow: 1 hours do not come: their days are means of the others.",)
    assert water.measured.all()


@pytest.mark.parametrize(("hours", "measured"), [(18, True), (17, False)])
def test_a_day_counts_as_measured_from_18_hours_on(hours, measured):
    inflow, sky = hourly()
    inflow.loc[24 * 9 + hours : 24 * 10 - 1, "DMA"] = np.nan
    assert daily_demand(inflow, sky).measured.iloc[9] == measured


def test_missing_days_are_as_a_week_before_not_measured_and_told():
    inflow, sky = hourly()
    gap = (inflow.index >= 24 * 9) & (inflow.index < 24 * 18)  # nine days: the last two repeat what was filled
    inflow.loc[gap & (inflow.index % 2 == 0), "DMA"] = np.nan  # 12 hours of 24 are too few
    water = daily_demand(inflow.drop(index=range(24 * 12, 24 * 13)), sky)
    np.testing.assert_allclose(water.demand[:18], 10 + np.r_[np.arange(9), np.arange(2, 9), 2, 3])
    np.testing.assert_array_equal(water.measured, ~np.isin(np.arange(DAYS), np.arange(9, 18)))
    assert "9 days had fewer than 18 hours: each is as it was a week before." in water.notes


def test_a_gap_is_filled_from_the_past_alone():
    inflow, sky = hourly()
    inflow.loc[24 * 9 : 24 * 10 - 1, "DMA"] = np.nan
    sky.loc[24 * 9 : 24 * 10 - 1, "humidity"] = np.nan
    before = daily_demand(inflow, sky)
    inflow.loc[24 * 10 :, "DMA"] *= 7
    sky.loc[24 * 10 :, "humidity"] *= 7
    after = daily_demand(inflow, sky)
    pd.testing.assert_series_equal(before.demand[:10], after.demand[:10])
    pd.testing.assert_frame_equal(before.weather[:10], after.weather[:10])
    assert before.weather["humidity"].iloc[9] == before.weather["humidity"].iloc[8]
    assert "1 days lacked some weather: it is that of the day before." in before.notes


def test_days_before_the_first_reading_are_left_out():
    inflow, sky = hourly()
    inflow.loc[: 24 * 3 - 1, "DMA"] = np.nan
    water = daily_demand(inflow, sky)
    assert water.demand.index[0] == pd.Timestamp("2021-03-04") and len(water) == DAYS - 3


def test_a_day_without_any_rain_reading_is_not_taken_for_a_dry_one():
    inflow, sky = hourly()
    sky.loc[24 * 5 : 24 * 6 - 1, "rain"] = np.nan
    assert daily_demand(inflow, sky).weather["rain"].iloc[5] == 12.0


# --------------------------------------------------------------------------------------------------------- refusals


def test_a_clock_that_mixes_both_forms_is_refused_with_row_and_text():
    inflow, sky = hourly()
    inflow.loc[30, "clock"] = "2021-03-02 06:00"
    with pytest.raises(ValueError, match="inflow's clock, got '2021-03-02 06:00' in row 32"):
        daily_demand(inflow, sky)


def test_a_text_among_the_numbers_is_refused_with_its_column():
    inflow, sky = hourly()
    sky["wind"] = sky["wind"].astype(object)
    sky.loc[3, "wind"] = "calm"
    with pytest.raises(ValueError, match="numbers in weather, column 'wind'"):
        daily_demand(inflow, sky)


@pytest.mark.parametrize("keep", [0, 24])
def test_fewer_than_two_days_of_readings_are_refused(keep):
    inflow, sky = hourly(3)
    inflow.loc[: len(inflow) - keep - 1, "DMA"] = np.nan
    with pytest.raises(ValueError, match="two days or more with 18 hours"):
        daily_demand(inflow, sky)


def test_days_with_a_gap_a_demand_of_zero_or_a_missing_value_are_refused_by_day():
    water = simulate_water_demand(30)
    with pytest.raises(ValueError, match="consecutive days"):
        WaterDemand(water.demand.drop(water.demand.index[3]), water.weather, water.measured)
    for value, said in ((0.0, "above 0, got 0 on 2021-01-05"), (np.nan, "in demand, the first on 2021-01-05")):
        demand = water.demand.copy()
        demand.iloc[4] = value
        with pytest.raises(ValueError, match=said):
            WaterDemand(demand, water.weather, water.measured)
    with pytest.raises(ValueError, match="expected weather on the days"):
        WaterDemand(water.demand, water.weather[1:], water.measured)


def test_a_folder_without_the_workbooks_is_told_which_is_missing(tmp_path):
    with pytest.raises(FileNotFoundError, match="no InflowData.xlsx in"):
        load_water_demand(tmp_path)


def test_without_openpyxl_the_way_to_get_it_is_told(tmp_path, monkeypatch):
    (tmp_path / INFLOW).touch()
    monkeypatch.setitem(__import__("sys").modules, "openpyxl", None)
    with pytest.raises(ImportError, match="pip install openpyxl"):
        load_water_demand(tmp_path)


def test_workbooks_are_read_by_their_columns(tmp_path):
    pytest.importorskip("openpyxl")
    inflow, sky = hourly()
    for i in range(9):
        inflow[f"DMA {i + 2}"] = inflow["DMA"] + i
    inflow.to_excel(tmp_path / INFLOW, index=False)
    sky.to_excel(tmp_path / WEATHER, index=False)
    districts = load_water_demand(tmp_path)
    assert list(districts) == list("ABCDEFGHIJ")
    np.testing.assert_allclose(districts["C"].demand, 11.0 + np.arange(DAYS))
    inflow.drop(columns="DMA 4").to_excel(tmp_path / INFLOW, index=False)
    with pytest.raises(ValueError, match="10 and 5 columns"):
        load_water_demand(tmp_path)


def test_the_real_districts_have_the_days_and_the_repairs_that_their_files_have():
    pytest.importorskip("openpyxl")
    folder = Path(os.environ.get("COURSE_DATA", "")) / "water_bwdf"
    if "COURSE_DATA" not in os.environ or not folder.is_dir():
        pytest.skip("COURSE_DATA names no folder with water_bwdf/")
    districts = load_water_demand(folder)
    assert len(districts["C"]) == 820 and len(districts["A"]) == 819
    assert (~districts["A"].measured).sum() == 37
    assert any("2 hours come twice" in note for note in districts["A"].notes)
    assert any("3 hours do not come" in note for note in districts["A"].notes)
