"""The .tsv files of the UCR archive, and what every reader shares: class names, lengths, notes."""

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.interpolate import PchipInterpolator

from course_lib.data import load_signals

UCR = Path(os.environ.get("COURSE_DATA", "no_data")) / "ucr"
needs_ucr = pytest.mark.skipif(
    not (UCR / "ECG5000_TRAIN.tsv").is_file(), reason="COURSE_DATA is not set to a folder that holds ucr/*.tsv"
)


def numbers(n=6, length=9, seed=0):
    return np.random.default_rng(seed).normal(size=(n, length))


def written(path, labels, values):
    rows = ("\t".join([str(label), *(f"{x:.8g}" for x in row)]) for label, row in zip(labels, values, strict=True))
    path.write_text("\n".join(rows) + "\n")
    return path


def lines(path, *rows, joined="\n"):
    path.write_bytes(joined.join(rows).encode())
    return path


# --- what is read


def test_a_tsv_is_a_label_and_the_signal_s_values_in_each_line(tmp_path):
    values = numbers()
    dataset = load_signals(written(tmp_path / "own.tsv", [2, 1, 1, 2, 10, 1], values))
    assert dataset.values.shape == (6, 1, 9) and dataset.class_names == ("1", "2", "10")
    assert [dataset.class_names[k] for k in dataset.labels] == ["2", "1", "1", "2", "10", "1"]
    np.testing.assert_allclose(dataset.values[:, 0].numpy(), values, rtol=1e-7)
    (note,) = dataset.notes
    assert "1 of 3 classes have a single signal" in note and "'10' (own.tsv, row 5)" in note
    assert dataset.groups is None


@pytest.mark.parametrize(
    ("labels", "names"),
    [
        (["1", "-1", "1", "-1"], ("-1", "1")),
        (["1.0", "1", "2.000", "2e0"], ("1", "2")),
        (["walk", "run", "run", "10"], ("10", "run", "walk")),
        (["1.0000000e+00", "-1.0000000e+00", "-1", "1"], ("-1", "1")),
        (["A b", "1a", "a", "infant"], ("1a", "A b", "a", "infant")),
    ],
)
def test_classes_are_called_as_the_file_writes_them_and_whole_numbers_without_a_point(tmp_path, labels, names):
    dataset = load_signals(written(tmp_path / "own.tsv", labels, numbers(4)))
    assert dataset.class_names == names
    plain = {"1.0": "1", "2.000": "2", "2e0": "2", "1.0000000e+00": "1", "-1.0000000e+00": "-1"}
    assert [dataset.class_names[k] for k in dataset.labels] == [plain.get(label, label) for label in labels]


def test_a_class_of_a_single_signal_loads(tmp_path):
    assert load_signals(written(tmp_path / "own.tsv", [1, 1, 2], numbers(3))).class_counts == [2, 1]


def test_files_of_one_set_join_by_the_names_of_their_classes(tmp_path):
    a = load_signals(written(tmp_path / "a.tsv", [2, 1, 2], numbers(3, seed=1)))
    b = load_signals(written(tmp_path / "b.tsv", [3, "1.0", 2], numbers(3, seed=2)))
    both = a.join(b)
    assert [both.class_names[k] for k in both.labels] == ["2", "1", "2", "3", "1", "2"]
    assert (both.values == np.concatenate([a.values, b.values])).all()


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_ends_of_every_system_a_byte_order_mark_and_empty_last_lines_are_no_matter(tmp_path, end):
    plain = load_signals(lines(tmp_path / "plain.tsv", "1\t0.5\t-2e-3", "2\t.5\t7"))
    other = load_signals(lines(tmp_path / "OTHER.TSV", "\ufeff1\t 0.5 \t-2e-3", "2\t.5\t+7.", "", "  ", joined=end))
    assert (plain.values == other.values).all() and plain.class_names == other.class_names == ("1", "2")
    assert plain.values[:, 0].tolist() == [[0.5, np.float32(-2e-3)], [0.5, 7.0]]


def test_a_length_that_is_asked_for_is_reached_by_monotone_cubics(tmp_path):
    values = numbers(4, 12)
    path = written(tmp_path / "own.tsv", [1, 1, 2, 2], values)
    dataset = load_signals(path, length=31)
    expected = PchipInterpolator(np.arange(12.0), values, axis=1)(np.linspace(0, 11, 31))
    np.testing.assert_allclose(dataset.values[:, 0].numpy(), expected, rtol=1e-5, atol=1e-6)
    assert (load_signals(path, length=12).values - load_signals(path).values).abs().max() < 1e-6


def test_label_false_takes_every_column_as_a_step(tmp_path):
    values = numbers(3, 4)
    path = written(tmp_path / "own.tsv", values[:, 0], values[:, 1:])
    dataset = load_signals(path, label=False)
    assert not dataset.labelled and dataset.values.shape == (3, 1, 4)
    np.testing.assert_allclose(dataset.values[:, 0].numpy(), values, rtol=1e-7)


def test_signals_that_never_change_are_counted_in_a_note(tmp_path):
    values = numbers(4)
    values[[1, 3]] = 0.25
    (note,) = load_signals(written(tmp_path / "own.tsv", [1] * 4, values)).notes
    assert note.startswith("own.tsv: 2 of 4 signals are constant")


def test_a_tilde_is_the_reader_s_own_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    written(tmp_path / "own.tsv", [1, 2], numbers(2))
    assert len(load_signals("~/own.tsv")) == 2


def test_signals_that_end_early_are_refused_and_with_a_length_resampled_and_counted(tmp_path):
    """UCR fills up shorter signals with NaN; a row may also just be shorter."""
    path = lines(tmp_path / "own.tsv", "1\t0\t1\t2\t3", "1\t0\t1\t2\tNaN", "2\t0\t1")
    with pytest.raises(ValueError, match="row 2, column 4: expected 4 steps.*shortest 2, longest 4.*length="):
        load_signals(path)
    dataset = load_signals(path, length=7)
    expected = [np.linspace(0, end, 7) for end in (3, 2, 1)]
    np.testing.assert_allclose(dataset.values[:, 0].numpy(), expected, atol=1e-6)
    assert "3 of 3 signals, of 2 to 4 steps, were resampled to 7 (PCHIP)." in dataset.notes


def test_a_gap_is_interpolated_where_that_is_asked_for_and_counted(tmp_path):
    x = np.array([0.0, 2.0, 3.0, 7.0])
    path = lines(tmp_path / "own.tsv", "1\t0\t\t2\t3\tnan\t7", "1\t0\t1\t2\t3\t4\t5")
    dataset = load_signals(path, missing="interpolate")
    expected = PchipInterpolator([0, 2, 3, 5], x)([0, 1, 2, 3, 4, 5])
    np.testing.assert_allclose(dataset.values[0, 0].numpy(), expected, rtol=1e-6)
    assert dataset.notes == ("2 missing values in 1 of 2 signals were interpolated (PCHIP).",)


def test_a_delimiter_at_each_line_s_end_makes_no_step_and_is_noted(tmp_path):
    dataset = load_signals(lines(tmp_path / "own.tsv", "1\t0\t1\t2\t", "1\t3\t4\t5\t"))
    assert dataset.values[:, 0].tolist() == [[0, 1, 2], [3, 4, 5]]
    assert dataset.notes == ("column 5 is empty in every row and is left out.",)


def test_values_that_float32_cannot_tell_apart_are_noted(tmp_path):
    values = 1e7 + numbers(4, 50)
    path = lines(tmp_path / "own.tsv", *("1\t" + "\t".join(map(repr, row)) for row in values.tolist()))
    (note,) = load_signals(path).notes
    assert note.startswith("own.tsv: values up to 1e+07 that vary by ") and "float32" in note


# --- the real files


@needs_ucr
@pytest.mark.parametrize(
    ("name", "shape", "counts"),
    [
        ("ECG5000_TRAIN", (500, 140), [292, 177, 10, 19, 2]),
        ("CricketX_TRAIN", (390, 300), [38, 31, 34, 35, 27, 34, 36, 31, 25, 28, 39, 32]),
        ("CricketX_TEST", (390, 300), [27, 34, 31, 30, 38, 31, 29, 34, 40, 37, 26, 33]),
        ("SonyAIBORobotSurface2_TEST", (953, 65), [365, 588]),
    ],
)
def test_the_real_sets_are_read_as_pandas_reads_them(name, shape, counts):
    dataset, table = load_signals(UCR / f"{name}.tsv"), pd.read_csv(UCR / f"{name}.tsv", sep="\t", header=None)
    assert tuple(dataset.values[:, 0].shape) == shape and dataset.class_counts == counts and dataset.notes == ()
    np.testing.assert_array_equal(dataset.values[:, 0].numpy(), table.iloc[:, 1:].to_numpy(np.float32))
    assert [int(dataset.class_names[k]) for k in dataset.labels] == table[0].tolist()


@needs_ucr
def test_each_real_signal_has_mean_0_and_sample_deviation_1():
    for path in UCR.glob("*.tsv"):
        values = load_signals(path).values.double()
        assert values.mean(2).abs().max() < 1e-6
        assert (values.std(2, correction=1) - 1).abs().max() < 1e-6
