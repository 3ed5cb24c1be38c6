"""Figures show the data that they are given: lines, bands, bars and labels are read back from the axes."""

import base64
import io

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image

from course_lib import metrics, plots

matplotlib.use("Agg")
RATE = 80


@pytest.fixture(autouse=True)
def no_figure_is_left_open():
    yield
    plt.close("all")


@pytest.fixture
def signals():
    return np.random.default_rng(0).normal(size=(12, 2, 40)).cumsum(axis=-1)


@pytest.fixture
def labels():
    return np.repeat(np.arange(3), 4)


def drawn(ax):
    """Every line with data in it, as (x, y)."""
    return [(np.asarray(line.get_xdata(), float), np.asarray(line.get_ydata(), float)) for line in ax.get_lines()]


def assert_labelled(ax):
    assert ax.get_xlabel() and ax.get_ylabel()


def band(collection):
    """Lower and upper edge of a fill_between, by time."""
    corners = collection.get_paths()[0].vertices
    times = np.unique(corners[:, 0])
    values = [corners[corners[:, 0] == t, 1] for t in times]
    return times, np.array([v.min() for v in values]), np.array([v.max() for v in values])


def test_plot_signals_draws_each_signal_of_the_channel_over_seconds(signals):
    ax = plots.plot_signals(torch.from_numpy(signals), channel=1, sampling_rate=RATE, unit="cm")
    assert len(drawn(ax)) == 12
    for (time, y), signal in zip(drawn(ax), signals[:, 1], strict=True):
        np.testing.assert_array_equal(y, signal)
        np.testing.assert_allclose(time, np.arange(40) / RATE)
    assert ax.get_xlabel() == "time (s)" and ax.get_ylabel() == "signal (cm)"


def test_named_signals_differ_in_dash_as_well_as_colour(signals):
    ax = plots.plot_signals(signals[:4], names=list("abcd"))
    assert [text.get_text() for text in ax.get_legend().get_texts()] == list("abcd")
    assert len({line.get_linestyle() for line in ax.get_lines()}) == 4
    assert len({line.get_color() for line in ax.get_lines()}) == 4


def test_a_function_given_axes_draws_there_and_opens_no_figure(signals, labels):
    _, ax = plt.subplots()
    before = plt.get_fignums()
    assert plots.plot_signals(signals, ax=ax) is ax
    assert plots.plot_spectra(signals, signals, ax=ax) is ax
    assert plots.plot_class_means(signals, labels, "abc", ax=ax) is ax
    assert plt.get_fignums() == before


def test_real_stands_over_generated_in_columns_of_one_class_on_one_scale(signals, labels):
    generated = -2 * signals
    figure = plots.plot_real_beside_generated(
        signals, generated, real_labels=labels, generated_labels=labels, class_names="abc", columns=3, per_panel=2
    )
    panels = np.array(figure.axes).reshape(2, 3)
    for row, x in zip(panels, (signals, generated), strict=True):
        for k, ax in enumerate(row):
            np.testing.assert_array_equal([y for _, y in drawn(ax)], x[labels == k][:2, 0])
    assert [ax.get_title() for ax in panels[0]] == ["a", "b", "c"]
    assert len({ax.get_ylim() for ax in figure.axes}) == 1
    assert {line.get_color() for line in panels[0, 0].get_lines()} == {plots.PALETTE["real"]}
    assert {line.get_color() for line in panels[1, 0].get_lines()} == {plots.PALETTE["generated"]}
    assert panels[0, 0].get_ylabel().startswith("real") and panels[1, 0].get_ylabel().startswith("generated")


def test_real_beside_generated_without_labels_takes_signals_in_order(signals):
    figure = plots.plot_real_beside_generated(signals, signals, columns=2, per_panel=3)
    for ax, first in zip(figure.axes, (0, 3, 0, 3), strict=True):
        np.testing.assert_array_equal([y for _, y in drawn(ax)], signals[first : first + 3, 0])


def test_class_means_are_drawn_with_a_band_of_one_standard_deviation(signals, labels):
    ax = plots.plot_class_means(signals, labels, ["a", "b", "c"])
    for k, ((_, y), fill) in enumerate(zip(drawn(ax), ax.collections, strict=True)):
        own = signals[labels == k, 0]
        np.testing.assert_allclose(y, own.mean(axis=0))
        times, low, high = band(fill)
        np.testing.assert_allclose(times, np.arange(40) / RATE)
        np.testing.assert_allclose(low, own.mean(axis=0) - own.std(axis=0, ddof=1))
        np.testing.assert_allclose(high, own.mean(axis=0) + own.std(axis=0, ddof=1))
    assert_labelled(ax)


def test_seven_classes_in_one_panel_are_refused(signals):
    with pytest.raises(ValueError, match="six classes apart, not 7"):
        plots.plot_class_means(signals, np.zeros(12, int), "abcdefg")


def test_curves_are_the_columns_over_the_index_told_apart_by_dash():
    table = pd.DataFrame({"a": [1.0, 2.0], "b": [3.0, 5.0]}, index=[0.0, 0.5])
    ax = plots.plot_curves(table, xlabel="threshold", ylabel="error (mm)")
    for (x, y), name in zip(drawn(ax), table, strict=True):
        np.testing.assert_array_equal(x, table.index)
        np.testing.assert_array_equal(y, table[name])
    assert len({line.get_linestyle() for line in ax.get_lines()}) == 2
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("threshold", "error (mm)")


def test_histograms_are_densities_over_common_bins_the_first_filled_and_the_others_outlines():
    edges, samples = np.array([0.0, 1, 3, 4]), {"a": torch.tensor([[0.5, 0.5], [2.0, 3.5]]), "b": np.array([0.2, 3.9])}
    ax = plots.plot_histograms(samples, bins=edges, xlabel="value")
    for shape, heights in zip(ax.collections, ([0.5, 0.125, 0.25], [0.5, 0, 0.5]), strict=True):  # share over width
        (outline,) = shape.get_paths()
        for middle, height in zip((0.5, 2.0, 3.5), heights, strict=True):
            assert not outline.contains_point((middle, height + 0.01))
            assert height == 0 or outline.contains_point((middle, height - 0.01))
    first, second = ax.collections
    assert first.get_facecolor()[0, 3] > 0
    assert second.get_facecolor().size == 0
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["a", "b"]
    assert (ax.get_xlabel(), ax.get_ylabel(), ax.get_xlim()) == ("value", "density", (0, 4))


def test_rows_of_one_index_are_runs_their_mean_is_drawn_in_the_band_of_their_range():
    table = pd.DataFrame({"a": [1.0, 2, 9, 8, 6, 4], "b": [0.0, 0, 0, 3, 3, 3]}, index=[0, 0, 0, 10, 10, 10])
    ax = plots.plot_means(table, xlabel="step", ylabel="score")
    (x, a), (_, b) = drawn(ax)
    np.testing.assert_array_equal(x, [0, 10])
    np.testing.assert_allclose(a, [4, 6])
    np.testing.assert_allclose(b, [0, 3])
    steps, low, high = band(ax.collections[0])
    np.testing.assert_array_equal(steps, [0, 10])
    np.testing.assert_allclose(low, [1, 4])
    np.testing.assert_allclose(high, [9, 8])
    assert len({line.get_linestyle() for line in ax.get_lines()}) == 2
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["a", "b"]
    median = plots.plot_means(table, xlabel="step", ylabel="score", estimator="median")
    np.testing.assert_allclose(drawn(median)[0][1], [2, 6])


def test_a_table_with_one_run_of_each_index_is_drawn_as_it_is():
    table = pd.DataFrame({"a": [3.0, 1.0, 2.0]}, index=[1, 2, 5])
    ((x, y),) = drawn(plots.plot_means(table, xlabel="step", ylabel="score"))
    np.testing.assert_array_equal(x, [1, 2, 5])
    np.testing.assert_array_equal(y, [3, 1, 2])


def test_the_band_of_a_spectrum_is_the_95_percent_interval_of_the_mean_over_signals(signals):
    ax = plots.plot_spectra(signals, channel=1, sampling_rate=RATE)
    each = np.stack([metrics.power_spectrum(one[None, 1:])[0] for one in signals]) / RATE
    np.testing.assert_allclose(drawn(ax)[0][1], each.mean(axis=0))
    _, low, high = band(ax.collections[0])
    error = 1.96 * each.std(axis=0, ddof=1) / np.sqrt(len(signals))
    np.testing.assert_allclose(high, each.mean(axis=0) + error)
    np.testing.assert_allclose(low, each.mean(axis=0) - error)


def test_a_legend_that_names_lines_in_order_does_not_count_their_bands(signals, labels):
    for ax in (plots.plot_spectra(signals), plots.plot_class_means(signals, labels, "abc")):
        last = ax.axhline(0)
        names = ax.legend([str(i) for i in range(len(ax.get_lines()))])
        assert len(names.legend_handles) == len(ax.get_lines())
        assert names.legend_handles[-1].get_color() == last.get_color()


def test_the_spectrum_of_a_single_signal_has_no_band(signals):
    ax = plots.plot_spectra(signals[:1], sampling_rate=RATE)
    np.testing.assert_allclose(drawn(ax)[0][1], metrics.power_spectrum(signals[:1, :1])[0] / RATE)


def test_spectra_are_the_same_on_an_axis_that_is_logarithmic_already():
    noise = np.random.default_rng(0).normal(size=(50, 1, 64))
    figure, axes = plt.subplots(1, 2, sharey=True)
    left, right = (plots.plot_spectra(noise, sampling_rate=RATE, ax=ax).get_lines()[0].get_ydata() for ax in axes)
    np.testing.assert_allclose(left, right)


def test_spectra_integrate_to_the_variance_of_white_noise():
    noise = np.random.default_rng(0).normal(size=(3000, 1, 40))
    ax = plots.plot_spectra(noise, 2 * noise, sampling_rate=RATE)
    (frequency, real), (_, generated) = drawn(ax)
    assert frequency[0] == 0 and frequency[-1] == RATE / 2
    # two-sided, flat at variance / sampling rate; each signal's own mean is gone, which spares all but the lowest
    np.testing.assert_allclose(real[3:], 1 / RATE, rtol=0.1)
    np.testing.assert_allclose(generated, 4 * real)
    assert ax.get_yscale() == "log"
    assert_labelled(ax)


def test_autocorrelation_starts_at_one_and_is_that_of_the_metrics(signals):
    ax = plots.plot_autocorrelation(signals, channel=1, sampling_rate=RATE)
    lag, r = drawn(ax)[0]
    assert r[0] == 1 and lag[-1] == 20 / RATE
    np.testing.assert_array_equal(r, metrics.autocorrelation(signals[:, 1:], 20)[0])
    assert_labelled(ax)


def test_bands_over_time_are_the_real_quantiles_and_dashed_lines_the_generated_ones(signals):
    generated = signals + 3
    ax = plots.plot_distribution_over_time(signals, generated)
    for fill, (low, high) in zip(ax.collections, ((0.05, 0.95), (0.25, 0.75)), strict=True):
        _, bottom, top = band(fill)
        np.testing.assert_allclose(bottom, np.quantile(signals[:, 0], low, axis=0))
        np.testing.assert_allclose(top, np.quantile(signals[:, 0], high, axis=0))
    median, *lines = drawn(ax)
    np.testing.assert_allclose(median[1], np.median(signals[:, 0], axis=0))
    for (_, y), level in zip(lines, (0.05, 0.25, 0.5, 0.75, 0.95), strict=True):
        np.testing.assert_allclose(y, np.quantile(generated[:, 0], level, axis=0))
    assert len(ax.get_legend().get_texts()) == 4
    assert_labelled(ax)


def test_each_generated_signal_stands_over_its_nearest_recording(signals):
    order = [5, 0, 11]
    fake = signals[order] + 0.01
    figure = plots.plot_nearest_neighbours(fake, signals, columns=3, unit="cm")
    for ax, nearest, own in zip(figure.axes, order, fake, strict=True):
        (_, recording), (_, generated) = drawn(ax)
        np.testing.assert_array_equal(recording, signals[nearest, 0])
        np.testing.assert_array_equal(generated, own[0])
        assert ax.get_title() == "RMS apart: 0.01 cm"


def test_a_quality_report_shows_what_lies_inside_its_range_and_points_out_of_the_picture_as_arrows():
    rows = {  # value, reference, low, high, a forger's value
        "frechet": (0.021, 0.02, -np.inf, 0.03, 0.01),
        "mmd": (2.0, 0.02, -np.inf, 0.03, 0.02),
        "recall": (0.0, 0.9, 0.8, 1.0, 0.9),
        "variance_ratio": (0.5, 1.0, 0.9, 1.1, 1.0),
        "class_share_distance": (0.0, 0.0, -np.inf, 0.01, 0.0),
        "copied_share": (0.02, 0.0, -np.inf, 0.01, 0.0),
    }
    report = pd.DataFrame(rows, index=["value", "reference", "low", "high", "Gaussian"]).T
    report["ratio"] = report["value"] / report["reference"]
    report["inside"] = report["value"].between(report["low"], report["high"])
    ax = plots.plot_quality_report(report)
    points = {}
    for line in ax.get_lines():
        for x, y in zip(line.get_xdata(), line.get_ydata(), strict=True):
            if line.get_marker() in ("o", "<", ">"):
                full = line.get_markerfacecolor() != "white"
                points[int(y)] = (line.get_marker(), pytest.approx(float(x)), full)
    assert points == {
        0: ("o", 1.05, True),
        1: (">", 8.0, False),
        2: ("<", 0.125, False),
        3: ("o", 0.5, False),
        4: ("o", 1.0, True),
        5: (">", 8.0, False),
    }
    bars = [(bar.get_x(), bar.get_x() + bar.get_width()) for bar in ax.patches]
    assert bars[:2] == [pytest.approx((1 / 8, 1.5)), pytest.approx((1 / 8, 1.5))]  # an open end reaches the border
    assert bars[3] == pytest.approx((0.9, 1.1))
    (forger,) = (line for line in ax.get_lines() if line.get_label() == "Gaussian")
    np.testing.assert_allclose(forger.get_xdata(), [0.5, 1, 1, 1, 1, 1])
    assert [text.get_text() for text in ax.get_yticklabels()][:2] == ["frechet", "mmd"]


def test_a_history_shows_the_numbers_as_they_came_under_their_running_mean():
    random = np.random.default_rng(0)
    names = ["wasserstein", "gradient_norm", "critic_loss", "generator_loss"]
    history = pd.DataFrame({"step": np.arange(1, 201)} | {name: random.normal(size=200) for name in names})
    figure = plots.plot_history(history)
    estimate, slope, losses = figure.axes
    for ax, place, name in (
        (estimate, 0, names[0]),
        (slope, 0, names[1]),
        (losses, 0, names[2]),
        (losses, 2, names[3]),
    ):
        step, raw = drawn(ax)[place]
        np.testing.assert_array_equal(step, history["step"])
        np.testing.assert_array_equal(raw, history[name])
        smooth = drawn(ax)[place + 1][1]
        np.testing.assert_allclose(smooth[100], history[name][98:102].mean())  # a window of 200 // 50
        assert ax.get_xlabel() == "generator step" and ax.get_ylabel()
    np.testing.assert_array_equal(drawn(slope)[2][1], [1, 1])


def test_a_short_history_is_drawn_unsmoothed():
    history = pd.DataFrame({name: [3.0, 1.0, 2.0] for name in ("wasserstein", "gradient_norm", "critic_loss")})
    history["generator_loss"], history["step"] = [0.0, 1.0, 0.0], [1, 2, 3]
    np.testing.assert_array_equal(drawn(plots.plot_history(history).axes[0])[1][1], [3, 1, 2])


def test_gradients_by_layer_are_drawn_on_a_log_axis_one_look_a_column():
    table = pd.DataFrame({"a": [1.0, 10, 100], "b": [1.0, 0.1, 0.01]})
    ax = plots.plot_gradient_by_layer(table)
    assert ax.get_yscale() == "log"
    for line, name in zip(ax.get_lines(), table, strict=True):
        np.testing.assert_allclose(line.get_ydata(), table[name])
    first, second = ax.get_lines()
    assert first.get_color() != second.get_color() and first.get_linestyle() != second.get_linestyle()
    assert first.get_marker() != second.get_marker()


def test_the_seeds_of_a_layer_are_drawn_as_their_geometric_mean_in_the_band_of_their_range():
    table = pd.DataFrame({"a": [1.0, 100.0, 2.0, 2.0]}, index=[0, 0, 1, 1])
    ax = plots.plot_gradient_by_layer(table)
    np.testing.assert_allclose(ax.get_lines()[0].get_xydata(), [[0, 10], [1, 2]])
    corners = ax.collections[0].get_paths()[0].vertices
    assert sorted(set(corners[corners[:, 0] == 0, 1])) == pytest.approx([1, 100])


def test_a_channel_that_does_not_exist_and_two_axes_are_refused(signals):
    with pytest.raises(ValueError, match="channel 2 does not exist: there are 2"):
        plots.plot_signals(signals, channel=2)
    with pytest.raises(ValueError, match=r"\(N, C, L\).*x\[:, None, :\]"):
        plots.plot_signals(signals[:, 0])


# ---------------------------------------------------------------------------------------------------- show


@pytest.fixture
def shown(monkeypatch):
    """What `show` displays: (forms, options) of each output."""
    outputs = []
    monkeypatch.setattr(plots.base, "display", lambda data, **options: outputs.append((data, options)))
    return outputs


def test_show_displays_one_picture_with_its_alt_text_and_closes_the_figure(signals, shown):
    plots.show(plots.plot_signals(signals), alt="twelve random walks", caption="Walks over time.")
    (data, options), _ = shown
    assert data["text/plain"] == "Figure: twelve random walks"
    assert options == {"raw": True, "metadata": {"image/png": {"alt": "twelve random walks"}}}
    picture = Image.open(io.BytesIO(base64.b64decode(data["image/png"])))
    assert picture.size == (810, 324) and picture.format == "PNG"  # 9 x 3.6 inches at 90 dpi
    assert plt.get_fignums() == []


def test_the_caption_stands_below_the_picture_as_an_output_that_any_viewer_can_show(signals, shown):
    plots.show(plots.plot_signals(signals), alt="twelve random walks", caption="Walks of $n$ steps.")
    (above, _), (below, options) = shown
    assert "image/png" in above and "text/markdown" not in above  # or a book would show the one and drop the other
    assert below == {"text/markdown": "Walks of $n$ steps.", "text/plain": "Walks of $n$ steps."}
    assert options == {"raw": True}


def test_show_takes_a_figure_axes_or_an_array_of_axes(shown):
    figure, axes = plt.subplots(2, 2)
    for drawing in (figure, axes[0, 1], axes):
        assert plots.figure_of(drawing) is figure
        plots.show(drawing, alt="four empty panels", caption="Nothing yet.")
    assert len(shown) == 3 * 2


@pytest.mark.parametrize(
    ("words", "message"),
    [({"alt": "  ", "caption": "Walks."}, "alt text"), ({"alt": "walks", "caption": "\n"}, "a caption: .*what to see")],
)
def test_show_without_alt_text_or_caption_is_refused_and_shows_nothing(signals, shown, words, message):
    with pytest.raises(ValueError, match=message):
        plots.show(plots.plot_signals(signals), **words)
    assert shown == []


def test_a_picture_is_the_same_bytes_twice_small_and_true_to_the_palette(signals):
    pictures = [plots.figure_png(plots.plot_signals(signals[:1])) for _ in range(2)]
    assert pictures[0] == pictures[1] and len(pictures[0]) < 30_000
    pixels = np.asarray(Image.open(io.BytesIO(pictures[0])).convert("RGB")).reshape(-1, 3).astype(int)
    assert np.abs(pixels - [0x00, 0x72, 0xB2]).max(axis=1).min() <= 3  # the blue of real signals


def test_the_style_sets_the_cycle_to_the_palette(monkeypatch):
    with plt.rc_context():
        plots.set_style()
        assert plt.rcParams["axes.prop_cycle"].by_key()["color"][0] == plots.PALETTE["real"]
        assert plt.rcParams["figure.dpi"] == plots.DPI
