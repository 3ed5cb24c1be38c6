"""Own recordings from a file: read to the last digit, or refused with the file, the row and the column."""

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
    assert dataset.notes == () and dataset.groups is None


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


# --- what is refused


GOOD = "1\t0.5\t0.25\t0.125"


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([], "own.tsv: .*a signal a line, but the file is empty"),
        (["", "  ", ""], "own.tsv: .*the file is empty"),
        ([GOOD, "2\t0.5\t0.25"], "own.tsv, row 2: expected 4 columns, as in row 1, got 3.*one length"),
        ([GOOD, GOOD, "2\t1\t2\t3\t4"], "own.tsv, row 3: expected 4 columns, as in row 1, got 5"),
        ([GOOD, "", GOOD], "own.tsv, row 2: expected 4 columns, as in row 1, got no text at all"),
        ([GOOD, "2\tnan\t0.25\t0"], r"row 2, column 2: expected a number, got 'nan' \(not measured\). Fill that gap"),
        ([GOOD, "2\t0.5\t?\t0"], r"row 2, column 3: expected a number, got '\?' \(not measured\)"),
        ([GOOD, "2\t0.5\t\t0"], "row 2, column 3: expected a number, got an empty cell. Fill that gap"),
        (
            [GOOD, "2\t0.5\tNaN\tNaN"],
            "row 2, column 3: .*got 'NaN' from there to the end.*UCR fills up.*various lengths",
        ),
        ([GOOD, "2\t0.5\t0.5\t"], "row 2, column 4: expected a number, got '' from there to the end of the row"),
        ([GOOD + "\t", GOOD + "\t"], "row 1, column 5: .*an empty cell, as in every row. Take the tab"),
        ([GOOD, "2\tnan\tnan\tnan"], r"row 2, column 2: expected a number, got 'nan' \(not measured\)"),
        ([GOOD, "2\t0.5\tinf\t0"], "row 2, column 3: expected a finite number, got 'inf'"),
        ([GOOD, "2\t0.5\t0\t-Infinity"], "row 2, column 4: expected a finite number, got '-Infinity'"),
        ([GOOD, "2\t0.5\t1e39\t0"], "row 2, column 3: expected a number that float32 can hold .*got '1e39'"),
        ([GOOD, "2\t0.5\t0\t1e999"], "row 2, column 4: expected a number that float32 can hold .*got '1e999'"),
        ([GOOD, "2\t0.5\tbreath\t0"], "row 2, column 3: expected a number, got 'breath'. Mend that cell"),
        ([GOOD, "2\t0.5\t1_000\t0"], "row 2, column 3: expected a number, got '1_000'"),
        ([GOOD, "2\t0,5\t1\t0"], "row 2, column 2: expected a number, got '0,5'. Write decimals with a point"),
        (["label\tt0\tt1\tt2", GOOD], "row 1, column 2: expected a number, got 't0'. Is row 1 a header"),
        (["1.5\t0.5\t0.25\t0"], "row 1, column 1: expected a class's label.*got '1.5'.*label=False"),
        ([GOOD, "\t0.5\t0.25\t0"], "row 2, column 1: expected a class's label.*got ''"),
        ([GOOD, "NaN\t0.5\t0.25\t0"], "row 2, column 1: expected a class's label.*got 'NaN'"),
        ([GOOD, "inf\t0.5\t0.25\t0"], "row 2, column 1: expected a class's label.*got 'inf'"),
        ([GOOD, "1e999\t0.5\t0.25\t0"], "row 2, column 1: expected a class's label.*got '1e999'"),
        (["1,0.5,0.25"], "a label and at least 2 values in each row, separated by tabs, got 1 column.*',' in it"),
        (["1;0,5;0,25"], "got 1 column.*Row 1 has ',' in it|got 1 column.*Row 1 has ';' in it"),
        (["1", "2"], "a label and at least 2 values in each row, separated by tabs, got 1 column. One line is one"),
        (["1\t0.5", "2\t0.5"], "a label and at least 2 values in each row, separated by tabs, got 2 columns"),
    ],
)
def test_what_is_wrong_with_a_file_is_said_with_its_place(tmp_path, rows, said):
    with pytest.raises(ValueError, match=said) as error:
        load_signals(lines(tmp_path / "own.tsv", *rows))
    assert str(error.value).startswith("load_signals: own.tsv")


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (["0.5", "1"], "at least 2 values in each row, separated by tabs, got 1 column"),
        (["0.5\t1", "x\t1"], "row 2, column 1: expected a number, got 'x'"),
        (["0.5\t1", "nan\tnan"], "row 2, column 1: expected a number, got 'nan'"),
        (["0.5\t1", "1\t1e39"], "row 2, column 2: expected a number that float32 can hold"),
    ],
)
def test_without_labels_the_columns_are_counted_from_the_first(tmp_path, rows, said):
    with pytest.raises(ValueError, match=said):
        load_signals(lines(tmp_path / "own.tsv", *rows), label=False)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("own.csv", "own.csv: expected a file that ends in .tsv .*got .csv. Signals from elsewhere.*SignalDataset"),
        ("own", "own: expected a file that ends in .tsv .*got no ending"),
        ("own.tsv.gz", "own.tsv.gz: expected a file that ends in .tsv .*got .gz. Unpack it first"),
    ],
)
def test_a_file_of_another_ending_is_told_what_is_read_today(tmp_path, name, said):
    with pytest.raises(ValueError, match=said):
        load_signals(lines(tmp_path / name, GOOD))


def test_a_path_where_nothing_is_or_a_folder_is_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match="nothing at .*own.tsv.$"):
        load_signals(tmp_path / "own.tsv")
    lines(tmp_path / "mine.tsv", GOOD)
    with pytest.raises(FileNotFoundError, match="nothing at .*own.tsv. That folder holds mine.tsv."):
        load_signals(tmp_path / "own.tsv")
    (tmp_path / "folder.tsv").mkdir()
    with pytest.raises(ValueError, match="folder.tsv is a folder. Name a file in it"):
        load_signals(tmp_path / "folder.tsv")


@pytest.mark.parametrize("data", [b"PK\x03\x04\xff\xfe", GOOD.encode("utf-16")])
def test_bytes_that_are_no_text_are_refused(tmp_path, data):
    (tmp_path / "own.tsv").write_bytes(data)
    with pytest.raises(ValueError, match="own.tsv: expected text in UTF-8, but byte . is none"):
        load_signals(tmp_path / "own.tsv")


@pytest.mark.parametrize("length", [1, 0, -3, 10.0])
def test_a_length_that_is_none_is_refused(tmp_path, length):
    with pytest.raises(ValueError, match="a length of at least 2 steps, or None, got"):
        load_signals(written(tmp_path / "own.tsv", [1], numbers(1)), length=length)


def test_another_place_of_the_labels_is_refused(tmp_path):
    with pytest.raises(ValueError, match="expected label=None .the first column. or label=False"):
        load_signals(written(tmp_path / "own.tsv", [1], numbers(1)), label=True)


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
