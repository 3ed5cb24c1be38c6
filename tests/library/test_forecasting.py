"""Forecasting: each step against a calculation by hand, and what a forecast may know against a changed future."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import pywt
import torch
from sklearn.metrics import explained_variance_score, mean_absolute_percentage_error
from torch import nn

from course_lib import forecasting
from course_lib.data import WaterDemand, simulate_water_demand
from course_lib.forecasting import (
    HYBRID,
    MODELS,
    Forecaster,
    Model,
    Preparation,
    RecurrentForecaster,
    Segments,
    Training,
    denoise,
    fit_network,
    mape,
    naive_forecast,
    outliers,
    prepare,
    principal_components,
    replace_outliers,
    windows_of,
)

WATER = simulate_water_demand(160, seed=0)
TRAIN_DAYS = 100
SHORT = Training(steps=4, batch_size=16, hidden=3)
ARRAYS = [name for name in vars(prepare(WATER, TRAIN_DAYS).windows) if name != "scale"]


def with_another_future(water: WaterDemand, day: int, seed: int = 1) -> WaterDemand:
    """The same days before number `day`, and others from it on."""
    random = np.random.default_rng(seed)
    demand, weather = water.demand.copy(), water.weather.copy()
    demand.iloc[day:] = random.uniform(5, 90, len(water) - day)
    weather.iloc[day:] = random.normal(0, 30, weather.iloc[day:].shape)
    return WaterDemand(demand, weather, water.measured)


# ----------------------------------------------------------------------------------------------------------- outliers


def test_an_outlier_lies_three_spreads_from_the_mean_of_the_28_days_before():
    values = np.tile([9.0, 11.0], 20)  # mean 10, spread 1
    for height, found in ((13.01, True), (12.99, False), (6.99, True), (7.01, False)):
        values[30] = height
        assert outliers(values)[30] == found
        assert not outliers(values)[:28].any()


def test_with_hindsight_mean_and_spread_are_of_the_whole_series():
    values = np.random.default_rng(0).normal(50, 2, 200)
    values[5] = 70
    np.testing.assert_array_equal(outliers(values, causal=False), abs(values - values.mean()) > 3 * values.std())
    assert outliers(values, causal=False)[5] and not outliers(values)[5]  # the first 28 days pass


def test_an_outlier_becomes_the_weighted_mean_of_its_neighbours():
    values = np.tile([9.0, 11.0], 20)
    values[[29, 30, 31, 32, 33]] = [1, 2, 30, 4, 5]
    marked = np.zeros(40, bool)
    marked[31] = True
    one_sided = (2 / 1 + 1 / 2 + values[28] / 3) / (1 + 1 / 2 + 1 / 3)
    two_sided = (2 + 4 + (1 + 5) / 2 + (values[28] + values[34]) / 3) / (2 + 1 + 2 / 3)
    for causal, expected in ((True, one_sided), (False, two_sided)):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(forecasting.cleaning, "outliers", lambda *_, **__: marked)
            clean = replace_outliers(values, causal=causal)
        assert clean[31] == pytest.approx(expected)
        np.testing.assert_array_equal(np.delete(clean, 31), np.delete(values, 31))


def test_an_outlier_beside_an_outlier_is_not_replaced_by_it():
    values = np.tile([9.0, 11.0], 20)
    values[[30, 31]] = 90, 20
    assert outliers(values)[30] and not outliers(values)[31]  # the first one widens the spread: masking
    assert replace_outliers(values)[30] < 11


def test_series_that_are_not_one_row_of_numbers_are_refused():
    with pytest.raises(ValueError, match="one series"):
        outliers(np.ones((3, 40)))
    with pytest.raises(ValueError, match="finite values"):
        replace_outliers(np.array([1.0, np.nan]))


# ---------------------------------------------------------------------------------------------------------- denoising


def test_denoising_shrinks_details_by_the_universal_threshold():
    x = np.random.default_rng(0).normal(size=64)
    approximation, *details = pywt.wavedec(x, "haar", level=2)
    limit = np.median(abs(details[-1])) / 0.6745 * np.sqrt(2 * np.log(64))
    expected = pywt.waverec([approximation] + [pywt.threshold(d, limit, "soft") for d in details], "haar")
    np.testing.assert_allclose(denoise(x, wavelet="haar", level=2), expected, atol=1e-12)


def test_no_shrinking_gives_every_row_back_and_rows_are_denoised_apart():
    rows = np.random.default_rng(1).normal(size=(3, 2, 33))
    np.testing.assert_allclose(denoise(rows, shrink=0), rows, atol=1e-12)
    np.testing.assert_allclose(denoise(rows)[1, 0], denoise(rows[1, 0]), atol=1e-12)


def test_denoising_brings_a_noisy_course_nearer_to_the_course():
    t = np.arange(256)
    course = np.sin(2 * np.pi * t / 64)
    noisy = course + np.random.default_rng(0).normal(0, 0.3, 256)
    assert np.mean((denoise(noisy, level=3) - course) ** 2) < 0.5 * np.mean((noisy - course) ** 2)


@pytest.mark.parametrize(
    ("options", "said"),
    [({"wavelet": "db99"}, "discrete wavelet"), ({"level": 9}, "level of 1 to 2 for 32"), ({"level": 0}, "level of 1")],
)
def test_an_unknown_wavelet_or_a_level_too_deep_is_refused(options, said):
    with pytest.raises(ValueError, match=said):
        denoise(np.ones(32), **options)


# ----------------------------------------------------------------------------------------------------------- measures


def test_measures_are_scikit_learns_and_numpys():
    random = np.random.default_rng(0)
    y, f = random.uniform(5, 9, 50), random.uniform(5, 9, 50)
    assert mape(y, f) == pytest.approx(100 * mean_absolute_percentage_error(y, f))
    assert forecasting.explained_variance(y, f) == pytest.approx(explained_variance_score(y, f))
    assert forecasting.correlation(y, f) == pytest.approx(np.corrcoef(y, f)[0, 1])
    assert forecasting.bias(y, f) == pytest.approx(100 * (f.mean() - y.mean()) / y.mean())
    top = np.argsort(y)[-5:]
    assert forecasting.mape_at_peaks(y, f) == pytest.approx(mape(y[top], f[top]))


@pytest.mark.parametrize(
    ("actual", "forecast", "said"),
    [
        ([1.0, 0.0], [1.0, 1.0], "above 0, got 0"),
        ([1.0, 2.0], [1.0], "shapes"),
        ([1.0], [np.inf], "finite"),
        ([], [], "two rows"),
    ],
)
def test_measures_refuse_what_they_cannot_compare(actual, forecast, said):
    with pytest.raises(ValueError, match=said):
        mape(np.array(actual), np.array(forecast))


def test_naive_forecasts_look_back_and_never_before_the_beginning():
    demand = np.arange(20.0)
    np.testing.assert_array_equal(naive_forecast(demand, np.array([8, 19]), 7), [1, 12])
    with pytest.raises(ValueError, match="from number 7 on"):
        naive_forecast(demand, np.array([6]), 7)


# ------------------------------------------------------------------------------------------------- what may be known


@pytest.mark.parametrize("name", ARRAYS)
@pytest.mark.parametrize("day", [TRAIN_DAYS, 131])
def test_no_feature_of_a_forecast_changes_with_the_day_forecast_or_a_later_one(name, day):
    now, other = (prepare(water, TRAIN_DAYS) for water in (WATER, with_another_future(WATER, day)))
    before = now.day < day if name.endswith("target") else now.day <= day  # a target is the day itself
    np.testing.assert_array_equal(getattr(now.windows, name)[before], getattr(other.windows, name)[before])
    assert now.windows.scale == other.windows.scale


@pytest.mark.parametrize("step", ["outliers", "replace_outliers", "prefixes denoised"])
def test_no_step_by_itself_looks_ahead_on_any_day(step):
    now, other = (w.demand.to_numpy() for w in (WATER, with_another_future(WATER, 70)))
    run = {
        "outliers": outliers,
        "replace_outliers": replace_outliers,
        "prefixes denoised": lambda y: np.array([denoise(y[t - 32 : t])[-1] for t in range(32, len(y))]),
    }[step]
    until = 70 - 32 + 1 if step == "prefixes denoised" else 70
    np.testing.assert_array_equal(run(now)[:until], run(other)[:until])


@pytest.mark.parametrize("name", list(MODELS))
def test_no_forecast_changes_with_the_day_forecast_or_a_later_one(name):
    said = []
    for water in (WATER, with_another_future(WATER, 131)):
        data = prepare(water, TRAIN_DAYS)
        learnt = Forecaster(MODELS[name], SHORT).fit(data.windows[data.train])
        said.append(learnt.predict(data.windows)[data.day <= 131])
    np.testing.assert_array_equal(*said)
    assert np.isfinite(said[0]).all()


def test_the_leak_is_there_where_it_is_asked_for_and_only_there():
    leaky = Preparation(causal=False)
    now, other = (prepare(water, TRAIN_DAYS, leaky).windows for water in (WATER, with_another_future(WATER, 131)))
    row = 131 - leaky.segment - 1  # the forecast of day 130, made on day 129
    for name in ("smooth", "rough", "components"):
        assert not np.allclose(getattr(now, name)[row], getattr(other, name)[row]), name
    assert Preparation().causal


# ------------------------------------------------------------------------------------------------------------ windows


def test_a_window_is_the_last_week_of_its_segment_from_its_level_in_units_of_the_scale():
    data = prepare(WATER, TRAIN_DAYS)
    clean = replace_outliers(WATER.demand.to_numpy())
    row, day = 50, 82  # the segment is of days 50 to 81
    assert data.day[row] == day and data.actual[row] == WATER.demand.iloc[day]
    level = clean[75:82].mean()
    assert data.windows.level[row] == pytest.approx(level)
    np.testing.assert_allclose(data.windows.raw[row], (clean[75:82] - level) / data.windows.scale)
    smooth = denoise(clean[50:82])[-7:]
    np.testing.assert_allclose(data.windows.smooth[row], (smooth - level) / data.windows.scale)
    np.testing.assert_allclose(data.windows.smooth + data.windows.rough, data.windows.raw)
    target = (clean[day] - level) / data.windows.scale
    assert data.windows.smooth_target[row] + data.windows.rough_target[row] == pytest.approx(target)
    assert data.windows.smooth_target[row] == pytest.approx((denoise(clean[51:83])[-1] - level) / data.windows.scale)
    np.testing.assert_array_equal(data.windows.calendar[row].argmax(1), WATER.demand.index.day_of_week[76:83])
    components, _ = principal_components(WATER, TRAIN_DAYS, 3)
    np.testing.assert_allclose(data.windows.components[row], components[75:82])


def test_a_day_that_was_not_measured_is_neither_learnt_nor_judged():
    measured = WATER.measured.copy()
    measured.iloc[[60, 120]] = False
    data = prepare(WaterDemand(WATER.demand, WATER.weather, measured), TRAIN_DAYS)
    assert not data.train[data.day == 60] and not data.test[data.day == 120]
    assert data.train.sum() == TRAIN_DAYS - 32 - 1 and data.test.sum() == 160 - TRAIN_DAYS - 1
    assert not (data.train & data.test).any()


def test_components_have_variance_one_on_the_training_days_and_ignore_units():
    components, dropped = principal_components(WATER, TRAIN_DAYS, 3)
    np.testing.assert_allclose(np.cov(components[:TRAIN_DAYS].T), np.eye(3), atol=1e-9)
    in_other_units = replace(WATER, weather=WATER.weather * np.arange(1.0, 9.0) + 5)
    np.testing.assert_allclose(abs(principal_components(in_other_units, TRAIN_DAYS, 3)[0]), abs(components), atol=1e-8)
    assert dropped == ()


def test_a_constant_covariate_is_left_out_and_named_and_none_that_varies_is_an_error():
    weather = WATER.weather.assign(rain=0.0)
    weather.iloc[TRAIN_DAYS:, weather.columns.get_loc("rain")] = 5.0  # it rains after the training days only
    data = prepare(replace(WATER, weather=weather), TRAIN_DAYS)
    assert data.dropped == ("rain",)
    assert np.isfinite(data.windows.components).all()
    with pytest.raises(ValueError, match="all 1 are constant"):
        prepare(replace(WATER, weather=weather[["rain"]]), TRAIN_DAYS)


def test_fewer_columns_than_components_give_as_many_components_as_columns():
    assert principal_components(replace(WATER, weather=WATER.weather[["rain"]]), 100, 3)[0].shape == (160, 1)


@pytest.mark.parametrize("days", [(20, 10), (160, 32), (160, 160)])
def test_fewer_days_than_a_segment_and_a_forecast_are_refused(days):
    total, train = days
    with pytest.raises(ValueError, match="expected more than 32 training days"):
        prepare(WATER.first(total), train)


def test_a_demand_that_never_changes_is_refused():
    still = replace(WATER, demand=pd.Series(20.0, WATER.demand.index))
    with pytest.raises(ValueError, match="a demand that varies"):
        prepare(still, TRAIN_DAYS)


@pytest.mark.parametrize("wrong", [{"window": 40}, {"window": 0}, {"segment": 5, "window": 3}, {"components": 0}])
def test_a_preparation_out_of_range_is_refused(wrong):
    with pytest.raises(ValueError, match="window <= segment"):
        Preparation(**wrong)


def test_generated_segments_become_windows_as_recorded_ones_do():
    data = prepare(WATER, TRAIN_DAYS)
    parts = vars(data.segments) | {"smooth": None}
    ten = Segments(**{name: value if value is None else value[:10] for name, value in parts.items()})
    made = windows_of(ten, data.windows.scale, Preparation())
    for name in ARRAYS:
        np.testing.assert_array_equal(getattr(made, name), getattr(data.windows, name)[:10])
    both = data.windows[:4].joined(made)
    assert len(both) == 14
    np.testing.assert_array_equal(both.raw[4:], made.raw)


# ------------------------------------------------------------------------------------------------------------- models


def test_a_recurrent_forecaster_is_the_last_state_through_a_line_and_hears_the_order_of_days():
    torch.manual_seed(0)
    for cell in (nn.LSTM, nn.RNN):
        net = RecurrentForecaster(2, 5, cell)
        x = torch.randn(4, 7, 2)
        states = net.cell(x)[0]
        torch.testing.assert_close(net(x), states[:, 6] @ net.head.weight[0] + net.head.bias)
        assert not torch.allclose(net(x), net(x.flip(1)))


def test_the_loop_learns_a_line_to_its_noise():
    random = np.random.default_rng(0)
    x = random.normal(size=(200, 7, 1))
    y = x[:, :, 0] @ np.linspace(0, 1, 7)
    net = forecasting.BackPropagation(7)
    losses = fit_network(net, x, y, Training(steps=300, learning_rate=1e-2), seed=0)
    assert np.mean(losses[-20:]) < 0.05 * y.var()
    assert len(losses) == 300


def test_the_hybrid_learns_the_two_targets_apart_and_sums_them(monkeypatch):
    told = []

    def learn(x, y, training, seed):
        told.append((x, y, seed))
        return lambda given: np.full(len(given), y.mean())

    monkeypatch.setitem(forecasting.models.LEARNERS, "lstm", learn)
    data = prepare(WATER, TRAIN_DAYS)
    windows = data.windows[data.train]
    said = Forecaster(MODELS[HYBRID], seed=5).fit(windows).predict(windows)
    (smooth, smooth_y, one), (rough, rough_y, two) = told
    np.testing.assert_array_equal(smooth[:, :, 0], windows.smooth)
    np.testing.assert_array_equal(rough[:, :, 0], windows.rough)
    for x in (smooth, rough):  # the components feed both
        np.testing.assert_array_equal(x[:, :, 1:4], windows.components)
    np.testing.assert_allclose(smooth_y + rough_y, windows.smooth_target + windows.rough_target)
    np.testing.assert_allclose(said, windows.level + windows.scale * (smooth_y.mean() + rough_y.mean()))
    assert one != two


def test_a_model_sees_what_its_name_says(monkeypatch):
    seen = {}
    data = prepare(WATER, TRAIN_DAYS)
    for name, model in MODELS.items():
        told = seen.setdefault(name, [])
        learn = lambda x, y, training, seed, told=told: told.append(x.shape[2]) or (lambda given: np.zeros(len(given)))  # noqa: E731
        monkeypatch.setitem(forecasting.models.LEARNERS, model.learner, learn)
        Forecaster(model).fit(data.windows[data.train])
    for name, inputs in seen.items():
        assert len(inputs) == (2 if "DWT" in name else 1), name
        assert inputs[0] == 8 + (3 if "PCA" in name or name == "linear" else 0), name


def test_equal_seeds_learn_equally_and_leave_the_global_stream_alone():
    data = prepare(WATER, TRAIN_DAYS)
    torch.manual_seed(3)
    before = torch.random.get_rng_state()
    one, same, other = (
        Forecaster(MODELS["LSTM"], SHORT, seed=seed).fit(data.windows[data.train]).predict(data.windows)
        for seed in (0, 0, 1)
    )
    np.testing.assert_array_equal(one, same)
    assert not np.allclose(one, other)
    assert torch.equal(torch.random.get_rng_state(), before)


def test_a_forecaster_that_has_not_learnt_or_cannot_is_refused():
    data = prepare(WATER, TRAIN_DAYS)
    with pytest.raises(ValueError, match="call fit first"):
        Forecaster(MODELS["LSTM"]).predict(data.windows)
    with pytest.raises(ValueError, match="two windows or more"):
        Forecaster(MODELS["LSTM"]).fit(data.windows[:1])
    with pytest.raises(ValueError, match="expected a learner"):
        Forecaster(Model("transformer"))


def test_the_linear_control_finds_a_law_that_is_linear():
    """Demand that repeats last week's with a factor: a line over the week before knows the next day."""
    days = pd.date_range("2021-01-04", periods=200)
    demand = pd.Series(20 + 5 * np.sin(2 * np.pi * np.arange(200) / 7) + 0.01 * np.arange(200), days)
    water = WaterDemand(demand, simulate_water_demand(200).weather.set_axis(days), pd.Series(True, days))
    data = prepare(water, 150)
    said = Forecaster(MODELS["linear"], Training(ridge=1e-3)).fit(data.windows[data.train]).predict(data.windows)
    assert mape(data.actual[data.test], said[data.test]) < 0.5
