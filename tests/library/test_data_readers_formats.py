"""Every format a practitioner's file may have: written by another hand, read back; and what the preview says of it."""

import inspect
import itertools

import numpy as np
import pandas as pd
import pytest
from scipy.interpolate import PchipInterpolator

from course_lib.commands.generate import write_signals
from course_lib.data import load_signals, preview_signals

N, C, T = 6, 2, 7
LABELS = ["walk", "run", "walk", "run", "run", "walk"]


def values(n=N, channels=C, length=T, seed=0):
    return np.random.default_rng(seed).normal(size=(n, channels, length)).astype(np.float32)


def bits(x):
    return np.asarray(x, dtype=np.float32).view(np.uint32)


def names_of(dataset):
    return [dataset.class_names[k] for k in dataset.labels]


def written(path, text, encoding="utf-8"):
    path.write_bytes(text.encode(encoding))
    return path


def table(rows, delimiter=","):
    return "".join(delimiter.join(map(str, row)) + "\n" for row in rows)


# --- what the command line writes


ANY_FLOATS = {
    "normal": values(),
    "pressures": (101_325 + values()).astype(np.float32),
    "any bits": np.random.default_rng(2).integers(0, 255 * 2**23, (N, C, T), dtype=np.uint32).view(np.float32),
    "subnormal": np.random.default_rng(1).integers(1, 2**23, (N, C, T), dtype=np.uint32).view(np.float32),
    "edges": np.resize(np.array([0.0, -0.0, 1 / 3, 2**24, 3.4028235e38, 1e-45], np.float32), (N, C, T)),
    "one channel": values(channels=1),
    "more channels than steps": values(channels=9, length=3),
}


@pytest.mark.parametrize("given", ANY_FLOATS)
@pytest.mark.parametrize("ending", [".csv", ".npz"])
def test_what_generate_writes_is_read_back_bit_for_bit(tmp_path, given, ending):
    x, path = ANY_FLOATS[given], tmp_path / f"made{ending}"
    write_signals(path, x, np.array([2, 0, 1, 1, 2, 0]), ("a", "b,c", "3"))
    layout = "NCT" if ending == ".npz" and x.shape[1] > x.shape[2] else None
    dataset = load_signals(path, layout=layout)
    np.testing.assert_array_equal(bits(dataset.values), bits(x))
    assert names_of(dataset) == ["3", "a", "b,c", "b,c", "3", "a"]


def test_an_npz_without_labels_has_none_and_one_with_class_names_has_those(tmp_path):
    write_signals(tmp_path / "made.npz", values(), np.full(N, -1))
    assert not load_signals(tmp_path / "made.npz").labelled
    np.savez(tmp_path / "own.npz", values=values(), labels=[0, 2, 0, 2, 2, 0], class_names=["a", "b", "c"])
    dataset = load_signals(tmp_path / "own.npz")
    assert dataset.class_names == ("a", "b", "c") and dataset.labels.tolist() == [0, 2, 0, 2, 2, 0]
    assert not load_signals(tmp_path / "own.npz", label=False).labelled


def test_the_steps_of_channels_may_stand_in_any_order(tmp_path):
    x = values()
    columns = [(c, t) for t in reversed(range(T)) for c in range(C)]
    rows = [["label", *(f"c{c}_t{t}" for c, t in columns)]]
    rows += [[label, *(repr(float(x[n, c, t])) for c, t in columns)] for n, label in enumerate(LABELS)]
    np.testing.assert_array_equal(bits(load_signals(written(tmp_path / "own.csv", table(rows))).values), bits(x))


# --- text tables, whatever way they are written


DIALECTS = list(
    itertools.product([",", ";", "\t", "|", "  "], [".", ","], ["utf-8", "utf-8-sig", "utf-16", "utf-16-le"])
)


@pytest.mark.parametrize(("delimiter", "decimal", "encoding"), [d for d in DIALECTS if d[0] != d[1]])
def test_a_table_is_read_alike_however_it_is_written(tmp_path, delimiter, decimal, encoding):
    """Delimiter, decimal sign and encoding are found; so are a header and line ends of another system."""
    x = values(channels=1)[:, 0]
    rows = [
        ["Größe" if k % 2 else "walk", *(repr(float(v)).replace(".", decimal) for v in row)] for k, row in enumerate(x)
    ]
    head = ["label", *(f"t{t}" for t in range(T))]
    for header, end in ((False, "\n"), (True, "\r\n")):
        text = table([head, *rows] if header else rows, delimiter).replace("\n", end)
        preview = preview_signals(written(tmp_path / "own.csv", text, encoding))
        np.testing.assert_array_equal(bits(preview.dataset.values[:, 0]), bits(x))
        assert preview.class_counts == {"Größe": 3, "walk": 3}
        said = preview.understood["columns"]
        assert f"decimals with {decimal!r}" in said and ("row 1 is the header" in said) == header and encoding in said


def test_what_looking_finds_can_be_told_instead(tmp_path):
    path = written(tmp_path / "own.csv", "1,5\n2,25\n3,125\n")  # two columns of whole numbers, or one of fractions
    assert load_signals(path, label=False, delimiter=",").values[:, 0].tolist() == [[1, 5], [2, 25], [3, 125]]
    text = "taken 2026\nx;a;b;c\n1,5;2;3;4\n2,5;3;4;5\n3;4;5;6\n"
    dataset = load_signals(
        written(tmp_path / "own.csv", text), header=2, delimiter=";", decimal=",", layout="wide", label=False
    )
    assert dataset.values[:, 0].tolist() == [[1.5, 2, 3, 4], [2.5, 3, 4, 5], [3, 4, 5, 6]]
    latin = written(tmp_path / "own.csv", "label;t0;t1;t2\nÄ;1;2;3\nÄ;1;2;4\n", "cp850")
    assert load_signals(latin, encoding="cp850").class_names == ("Ä",)


@pytest.mark.parametrize("place", ["first", "last", 3, "kind", None])
def test_the_label_stands_where_it_is_told_or_found(tmp_path, place):
    x = values(channels=1)[:, 0].tolist()
    at = {"first": 0, "last": T, 3: 2, "kind": 4, None: 5}[place]
    rows = [[*row[:at], label, *row[at:]] for row, label in zip(x, LABELS, strict=True)]
    head = [f"t{t}" for t in range(T)]
    head = [*head[:at], "kind" if place else "Label", *head[at:]]
    dataset = load_signals(written(tmp_path / "own.csv", table([head, *rows])), label=place)
    assert names_of(dataset) == LABELS
    np.testing.assert_array_equal(bits(dataset.values[:, 0]), bits(x))


@pytest.mark.parametrize(("column", "names"), [([1, 2, 1, 2, 2, 1], ("1", "2")), (["1.0", "2.0"] * 3, ("1", "2"))])
@pytest.mark.parametrize("last", [False, True])
def test_labels_as_numbers_are_found_without_a_header(tmp_path, column, names, last):
    x = values(channels=1)[:, 0].tolist()
    rows = [[*row, k] if last else [k, *row] for row, k in zip(x, column, strict=True)]
    dataset = load_signals(written(tmp_path / "own.csv", table(rows)))
    assert dataset.class_names == names and dataset.length == T


def test_whole_numbers_throughout_are_values_unless_a_column_stands_out(tmp_path):
    x = np.random.default_rng(0).integers(0, 4096, (12, T))
    assert not load_signals(written(tmp_path / "own.csv", table(x))).labelled
    labelled = np.column_stack([x, np.arange(12) % 3])
    dataset = load_signals(written(tmp_path / "own.csv", table(labelled)))
    assert dataset.class_counts == [4, 4, 4] and dataset.length == T


def test_columns_that_name_rows_or_group_them_are_no_steps(tmp_path):
    x = values(channels=1)[:, 0]
    frame = pd.DataFrame(x, columns=[f"t{t}" for t in range(T)])
    frame.insert(0, "who", ["ann", "bob", "ann", "bob", "cid", "cid"])
    frame.insert(0, "id", range(N))
    frame["label"] = LABELS
    frame.to_csv(tmp_path / "own.csv")  # with pandas' index, too
    preview = preview_signals(tmp_path / "own.csv", group="who")
    assert preview.dataset.groups.tolist() == [0, 1, 0, 1, 2, 2] and preview.groups == 3
    np.testing.assert_array_equal(bits(preview.dataset.values[:, 0]), bits(x))
    assert preview.notes == (
        "column 1 names the rows and is left out.",
        "column 2 ('id') names the rows and is left out.",
    )
    assert load_signals(tmp_path / "own.csv", ignore=["who", "id", 1]).groups is None


@pytest.mark.parametrize("label", [None, [1, 2, 1, 2, 2, 1], LABELS])
@pytest.mark.parametrize("steps", [np.arange(T), np.arange(T) / 80, np.arange(1, T + 1)])
def test_a_header_of_numbers_is_a_header(tmp_path, label, steps):
    """pandas calls columns 0, 1, 2, ...; others call them by their times."""
    x = values(channels=1)[:, 0]
    frame = pd.DataFrame(x, columns=[str(step) for step in steps])
    if label:
        frame.insert(0, "label", label)
    frame.to_csv(tmp_path / "own.csv", index=False)
    dataset = load_signals(tmp_path / "own.csv")
    np.testing.assert_array_equal(bits(dataset.values[:, 0]), bits(x))
    assert dataset.labelled == bool(label)


@pytest.mark.parametrize("decimal", [".", ","])
def test_a_header_of_times_with_their_unit_is_a_header(tmp_path, decimal):
    x = values(channels=1)[:, 0]
    head = ["Klasse", *(f"{t / 80} s".replace(".", decimal) for t in range(T))]
    rows = [[label, *(repr(float(v)).replace(".", decimal) for v in row)] for label, row in zip(LABELS, x, strict=True)]
    dataset = load_signals(written(tmp_path / "own.csv", table([head, *rows], ";")))
    np.testing.assert_array_equal(bits(dataset.values[:, 0]), bits(x))
    assert names_of(dataset) == LABELS


@pytest.mark.parametrize("of_time, unit", [("ms", "[m/s²]"), ("µs", "(V)"), ("s", "[bar]")])
def test_a_header_of_times_and_the_values_unit_is_a_header(tmp_path, of_time, unit):
    x = values(n=4, channels=1)
    head = ";".join(f"{2 * t} {of_time} {unit}" for t in range(T))
    rows = [";".join([*(f"{v:.9g}".replace(".", ",") for v in row), "ab"[n % 2]]) for n, row in enumerate(x[:, 0])]
    dataset = load_signals(written(tmp_path / "wide.csv", "\n".join([f"{head};Zustand", *rows]) + "\n", "utf-8-sig"))
    np.testing.assert_array_equal(bits(dataset.values), bits(x))
    assert names_of(dataset) == ["a", "b", "a", "b"]


def test_the_one_column_of_words_is_the_label_wherever_it_stands(tmp_path):
    x = values(channels=1)[:, 0].tolist()
    rows = [[*row[:3], label, *row[3:]] for row, label in zip(x, LABELS, strict=True)]
    head = ["t0", "t1", "t2", "bewegung", "t3", "t4", "t5", "t6"]
    for named in ([head], []):
        dataset = load_signals(written(tmp_path / "own.csv", table([*named, *rows])))
        assert names_of(dataset) == LABELS and dataset.length == T


@pytest.mark.parametrize("who", [[0, 0, 1, 1, 2, 2], ["ann", "ann", "bob", "bob", "cid", "cid"]])
def test_a_column_called_after_persons_groups_the_signals(tmp_path, who):
    x = values(channels=1)
    rows = [[who[n], LABELS[n], *x[n, 0]] for n in range(N)]
    wide = preview_signals(
        written(tmp_path / "own.csv", table([["subject", "label", *(f"t{t}" for t in range(T))], *rows]))
    )
    assert wide.dataset.groups.tolist() == [0, 0, 1, 1, 2, 2] and wide.dataset.length == T
    assert "column 1 ('subject')" in str(wide)
    rows = [[n, t, who[n], x[n, 0, t]] for n in range(N) for t in range(T)]
    long = load_signals(written(tmp_path / "own.csv", table([["recordingId", "time", "Person", "v"], *rows])))
    assert long.groups.tolist() == [0, 0, 1, 1, 2, 2] and long.channels == 1 and not long.labelled


def test_chinese_headers_are_found(tmp_path):
    rows = [[n, t / 8, v, LABELS[n]] for n in range(N) for t, v in enumerate(values()[n, 0])]
    dataset = load_signals(written(tmp_path / "own.csv", table([["编号", "时间", "加速度", "标签"], *rows])))
    assert names_of(dataset) == LABELS and dataset.values.shape == (N, 1, T)


@pytest.mark.parametrize(("code", "noted"), [(-999, True), (9999, True), (-998, False)])
def test_a_code_for_missing_values_is_noted_where_it_lies_far_from_all_others(tmp_path, code, noted):
    x = values(channels=1)[:, 0]
    x[1, 3] = x[4, 2] = code
    path = written(tmp_path / "own.csv", table([[label, *row] for label, row in zip(LABELS, x, strict=True)]))
    said = [note for note in load_signals(path).notes if "far from all others" in note]
    assert len(said) == noted and (not noted or f"{code} occurs (2 x)" in said[0])
    near = np.random.default_rng(0).uniform(-998, 1000, (N, T)).round(1)
    near[0, 0] = -999
    near = table([[label, *row] for label, row in zip(LABELS, near, strict=True)])
    assert not any("far from" in note for note in load_signals(written(tmp_path / "own.csv", near)).notes)


def test_a_row_of_words_among_words_is_data_and_no_row_of_units(tmp_path):
    with pytest.raises(ValueError, match="row 2, column 2"):
        load_signals(written(tmp_path / "own.csv", "label,t0,t1\na,yes,no\na,no,no\n"), layout="wide")


def test_rows_that_rise_as_time_does_are_signals_where_that_is_said(tmp_path):
    rows = [[t / 80, t % 7 + 0.5] for t in range(20)]
    assert len(load_signals(written(tmp_path / "own.csv", table(rows)), layout="wide", label=False)) == 20


def test_labels_of_an_npz_may_be_a_column(tmp_path):
    np.savez(tmp_path / "own.npz", values=values(), labels=np.array([[1], [2], [1], [2], [2], [1]]))
    assert load_signals(tmp_path / "own.npz").class_counts == [3, 3]


def test_a_quoted_delimiter_makes_no_column(tmp_path):
    rows = [['"a,b"', 0.5, 0.25, 0.125], ['"a,b"', 0.5, 0.75, 0.5], ["c", 0.5, 0.75, 0.25], ["c", 0.5, 0.75, 0.75]]
    dataset = load_signals(written(tmp_path / "own.csv", table(rows)))
    assert dataset.class_counts == [2, 2] and dataset.length == 3 and dataset.notes == ()


def test_whole_numbers_of_which_no_column_stands_out_are_all_values(tmp_path):
    x = np.random.default_rng(0).integers(0, 4, (12, T))
    dataset = load_signals(written(tmp_path / "own.csv", table(x)))
    assert not dataset.labelled and dataset.length == T


# --- read whole, read cell by cell


@pytest.mark.parametrize("decimal", [".", ","])
def test_a_table_read_cell_by_cell_is_the_table_read_whole(tmp_path, decimal):
    """A blank after a gap, and a quoted cell of two lines, are left to the slower reader."""
    x = [[repr(float(v)).replace(".", decimal) for v in row] for row in values(channels=1)[:, 0]]
    x[2][3] = "NaN"
    plain = table(
        [["label", *(f"t{t}" for t in range(T))], *([k, *row] for k, row in zip(LABELS, x, strict=True))], ";"
    )
    first, last = plain.rsplit("walk", 1)
    odd = first.replace("NaN", "NaN ") + '"wa\nlk"' + last
    for text, label in ((plain, "walk"), (odd, "wa\nlk")):
        preview = preview_signals(written(tmp_path / "own.csv", text), missing="interpolate")
        assert names_of(preview.dataset) == [*LABELS[:-1], label] and preview.missing == 1
        read, rest = preview.dataset.values[:, 0].numpy(), [0, 1, 3, 4, 5]
        np.testing.assert_array_equal(bits(read[rest]), bits(values(channels=1)[rest, 0]))


@pytest.mark.parametrize("seed", range(3))
def test_gaps_are_filled_as_one_curve_a_signal_fills_them(tmp_path, seed):
    rng = np.random.default_rng(seed)
    x, times = rng.normal(size=(30, 12)), np.arange(12.0)
    gaps = rng.random(x.shape) < 0.3
    gaps[:, [0, -1]] = False
    rows = [["a", *np.where(gap, "", row.round(6))] for row, gap in zip(x, gaps, strict=True)]
    dataset = load_signals(written(tmp_path / "own.csv", table(rows)), label=1, missing="interpolate")
    for row, gap, read in zip(x.round(6), gaps, dataset.values[:, 0].numpy(), strict=True):
        np.testing.assert_allclose(read, PchipInterpolator(times[~gap], row[~gap])(times), rtol=1e-5, atol=1e-6)
    assert f"{gaps.sum()} missing values in {gaps.any(1).sum()} of 30 signals" in dataset.notes[0]


# --- long tables


def long_rows(x, labels=None, rate=100.0):
    head = ["id", "time", *(f"acc_{'xyz'[c]}" for c in range(x.shape[1]))] + (["label"] if labels else [])
    rows = [
        [f"r{n}", t / rate, *(repr(float(v)) for v in x[n, :, t])] + ([labels[n]] if labels else [])
        for n in range(len(x))
        for t in range(x.shape[2])
    ]
    return head, rows


@pytest.mark.parametrize("seed", range(3))
def test_a_long_table_is_read_back_bit_for_bit_even_with_its_recordings_interleaved(tmp_path, seed):
    x = values(seed=seed)
    head, rows = long_rows(x, LABELS)
    plain = load_signals(written(tmp_path / "own.csv", table([head, *rows])))
    np.testing.assert_array_equal(bits(plain.values), bits(x))
    assert names_of(plain) == LABELS
    order = sorted(range(len(rows)), key=lambda r: rows[r][1])  # all first steps, then all second
    mixed = load_signals(written(tmp_path / "own.csv", table([head, *(rows[r] for r in order)])))
    np.testing.assert_array_equal(bits(mixed.values), bits(x))


def test_the_one_column_of_words_is_the_label_of_a_long_table(tmp_path):
    rows = [[n, t, n + t / 8, LABELS[n]] for n in range(N) for t in range(4)]
    dataset = load_signals(written(tmp_path / "own.csv", table([["id", "time", "v", "kind"], *rows])))
    assert names_of(dataset) == LABELS and dataset.channels == 1


def test_recordings_stand_in_the_order_in_which_their_ids_first_come(tmp_path):
    rows = [[name, t, k + t / 8] for t in range(4) for k, name in enumerate(("c", "a", "b"))]
    dataset = load_signals(written(tmp_path / "own.csv", table([["id", "time", "v"], *rows])))
    assert dataset.values[:, 0, 0].tolist() == [0, 1, 2]


def test_channels_below_each_other_are_read_like_channels_side_by_side(tmp_path):
    x = values()
    rows = [[n, c, t, repr(float(x[n, c, t]))] for n in range(N) for c in range(C) for t in range(T)]
    preview = preview_signals(
        written(tmp_path / "own.csv", table([["case_id", "dim_id", "reading_id", "value"], *rows]))
    )
    np.testing.assert_array_equal(bits(preview.dataset.values), bits(x))
    assert preview.channels == ["0", "1"]


def test_columns_are_chosen_and_named_by_option(tmp_path):
    x = values()
    head, rows = long_rows(x, LABELS)
    head = ["piece", "at", "u", "v", "what"]
    path = written(tmp_path / "own.csv", table([head, *rows]))
    options = {"layout": "long", "id": "piece", "time": "at"}
    preview = preview_signals(path, **options, label="what", channels=["v"])
    np.testing.assert_array_equal(bits(preview.dataset.values), bits(x[:, 1:]))
    assert preview.channels == ["v"] and preview.class_counts == {"run": 3, "walk": 3}
    headless = written(tmp_path / "own.csv", table(rows))
    dataset = load_signals(headless, layout="long", id=1, time=2, label=5, header=False)
    np.testing.assert_array_equal(bits(dataset.values), bits(x))


@pytest.mark.parametrize(
    "written_as",
    [
        lambda s: f"2026-03-01T12:00:{s:06.3f}",
        lambda s: f"2026-03-01 12:00:{s:06.3f}",
        lambda s: f"01.03.2026 12:00:{s:06.3f}".replace(".", ",").replace("01,03,", "01.03."),
        lambda s: f"12:00:{s:06.3f}",
        lambda s: f"{1.7e9 + s:.3f}",
        lambda s: f"{(1.7e9 + s) * 1000:.0f}",
    ],
)
def test_times_are_read_as_loggers_write_them(tmp_path, written_as):
    x = values()
    rows = [[f"r{n}", written_as(t / 8), *x[n, :, t]] for n in range(N) for t in range(T)]
    path = written(tmp_path / "own.csv", table([["id", "Time [s]", "u", "v"], *rows], ";"))
    preview = preview_signals(path)
    np.testing.assert_array_equal(bits(preview.dataset.values), bits(x))
    assert "steps of 0.125" in preview.understood["time"] or "steps of 125" in preview.understood["time"]


def test_a_date_and_an_hour_in_two_columns_are_one_time(tmp_path):
    rows = [["a", "28.02.2026", f"23:59:{58 + t}" if t < 2 else f"00:00:0{t - 2}", t] for t in range(4)]
    rows = [
        [name, "01.03.2026" if t > 1 else day, hour, v] for t, (_, day, hour, v) in enumerate(rows) for name in "ab"
    ]
    preview = preview_signals(written(tmp_path / "own.csv", table([["id", "Datum", "Uhrzeit", "v"], *rows], ";")))
    assert preview.dataset.values[:, 0].tolist() == [[0, 1, 2, 3]] * 2
    assert "steps of 1 s" in preview.understood["time"]


def test_uneven_steps_are_resampled_by_their_times_and_noted(tmp_path):
    rng = np.random.default_rng(0)
    times = np.sort(rng.uniform(0, 1, (N, 30)), axis=1).round(6)
    rows = [["id", "time", "v"]]
    rows += [[n, times[n, t], np.sin(6 * times[n, t])] for n in range(N) for t in range(30)]
    path = written(tmp_path / "own.csv", table(rows))
    dataset = load_signals(path, length=16)
    for n in range(N):
        expected = PchipInterpolator(times[n], np.sin(6 * times[n]))(np.linspace(times[n, 0], times[n, -1], 16))
        np.testing.assert_allclose(dataset.values[n, 0].numpy(), expected, atol=1e-6)
    assert "6 of 6 signals, of 30 steps, were resampled to 16 (PCHIP, by their times, to even steps)." in dataset.notes
    assert load_signals(path, time=False, ignore="time").length == 30


def test_a_gap_is_filled_by_the_times_where_these_are_uneven(tmp_path):
    """What is a line in time stays one."""
    times = [[0, 1, 2, 10, 11, 12, 13, 20], [0, 5, 6, 7, 8, 9, 18, 20]]
    rows = [[n, t, "" if k in (2, 4) else 3 * t] for n, its in enumerate(times) for k, t in enumerate(its)]
    path = written(tmp_path / "own.csv", table([["id", "time", "v"], *rows]))
    dataset = load_signals(path, length=5, missing="interpolate")
    np.testing.assert_allclose(dataset.values[:, 0].numpy(), [[0, 15, 30, 45, 60]] * 2, rtol=1e-6)


def test_recordings_of_different_rates_are_noted(tmp_path):
    rows = [[n, t / (8 if n else 4), t] for n in range(3) for t in range(T)]
    (note, *_) = load_signals(written(tmp_path / "own.csv", table([["id", "time", "v"], *rows]))).notes
    assert note == "own.csv: recordings were measured at different rates, with steps of 0.125 to 0.25."


# --- .ts, arrays, folders


@pytest.mark.parametrize("seed", range(3))
def test_a_ts_is_read_back_with_channels_lengths_and_classes(tmp_path, seed):
    rng = np.random.default_rng(seed)
    x = [values(1, C, int(rng.integers(3, 9)), seed=n)[0] for n in range(N)]
    lines = [
        "# a comment",
        "@problemName own",
        "@dimensions 2",
        "@equalLength false",
        "@classLabel true walk run",
        "@data",
    ]
    body = [
        ":".join(",".join(map(repr, map(float, channel))) for channel in s) + f":{k}"
        for s, k in zip(x, LABELS, strict=True)
    ]
    path = written(tmp_path / "own.ts", "\n".join([*lines, *body]))
    preview = preview_signals(path)
    assert preview.lengths == [s.shape[1] for s in x] and "length=" in preview.problem and preview.dataset is None
    assert preview.class_counts == {"run": 3, "walk": 3}
    dataset = load_signals(path, length=10)
    for signal, read in zip(x, dataset.values.numpy(), strict=True):
        expected = PchipInterpolator(np.linspace(0, 1, signal.shape[1]), signal.astype(float), axis=1)(
            np.linspace(0, 1, 10)
        )
        np.testing.assert_allclose(read, expected, rtol=1e-5, atol=1e-6)
    assert not load_signals(path, length=10, label=False).labelled


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.float16, np.int16, np.uint8])
@pytest.mark.parametrize("ending", [".npy", ".npz"])
def test_arrays_are_read_in_every_type_and_layout(tmp_path, dtype, ending):
    x = (100 * np.abs(values(channels=2))).astype(dtype)
    path = tmp_path / f"own{ending}"

    def saved(array):
        np.save(path, array) if ending == ".npy" else np.savez(path, x=array)
        return path

    np.testing.assert_array_equal(load_signals(saved(x)).values, x.astype(np.float32))
    np.testing.assert_array_equal(load_signals(saved(x[:, 0])).values[:, 0], x[:, 0].astype(np.float32))
    swapped = load_signals(saved(x.swapaxes(1, 2)), layout="NTC")
    np.testing.assert_array_equal(swapped.values, x.astype(np.float32))


@pytest.mark.parametrize("labels", ["folder", "file"])
def test_a_folder_holds_a_recording_a_file_and_its_name_is_the_label(tmp_path, labels):
    x = values()
    for n, label in enumerate(LABELS):
        path = tmp_path / "own" / (f"{label}/{n + 7}.csv" if labels == "folder" else f"{label}_{n + 7}.csv")
        path.parent.mkdir(parents=True, exist_ok=True)
        written(path, table([["t", "u", "v"], *([t / 10, *map(float, x[n, :, t])] for t in range(T))]))
    written(tmp_path / "own" / "notes.md", "x")
    written(tmp_path / "own" / ".hidden.csv", "x")
    preview = preview_signals(tmp_path / "own")
    order = sorted(range(N), key=lambda n: (LABELS[n], n))  # by name: run_8, run_10, ..., walk_7, walk_9
    np.testing.assert_array_equal(bits(preview.dataset.values), bits(x[order]))
    assert names_of(preview.dataset) == [LABELS[n] for n in order] and preview.channels == ["u", "v"]
    assert preview.notes == ("1 other files are left alone: notes.md.",)
    assert not load_signals(tmp_path / "own", label=False).labelled


@pytest.mark.parametrize("name", ["t_ms", "elapsed_us", "Time_sec", "frame_s", "time"])
def test_a_time_with_its_unit_behind_the_name_is_no_channel(tmp_path, name):
    """Beside a plain `time`, `T_s` is a channel; what only ends like a unit always is."""
    for n, row in enumerate(values(n=2, channels=1)[:, 0]):
        head = f"{name},flow_ms,{'T_s' if name == 'time' else 't_min'}"
        lines = [head, *(f"{10 * t},{v},{2 * v}" for t, v in enumerate(row))]
        written(tmp_path / f"rec_{n}.csv", "\n".join(lines) + "\n")
    preview = preview_signals(tmp_path, label=False)
    assert preview.channels == ["flow_ms", "T_s" if name == "time" else "t_min"]
    assert preview.understood["time"] == f"column 1 ({name!r}), steps of 10"


def test_files_without_a_header_have_their_time_in_a_first_column_that_rises_evenly(tmp_path):
    x = values()
    (tmp_path / "own").mkdir()
    for n in range(N):
        written(tmp_path / "own" / f"{n}.txt", table([[t * 0.01, *x[n, :, t]] for t in range(T)], "\t"))
    preview = preview_signals(tmp_path / "own")
    np.testing.assert_array_equal(bits(preview.dataset.values), bits(x))
    assert "column 1 rises in every file" in preview.notes[0] and not preview.dataset.labelled
    assert load_signals(tmp_path / "own", time=False).channels == 3


def test_the_files_of_a_folder_may_differ_in_units_decimals_and_encoding(tmp_path):
    """All are read as the first one is written; where that fails, as they are."""
    x = values(4, 1)[:, 0].astype(float).round(3)
    (tmp_path / "own").mkdir()
    for n, (units, decimal, encoding) in enumerate(
        [("s;mV\n", ".", "utf-8"), ("", ".", "utf-8"), ("s;mV\n", ",", "utf-8"), ("", ".", "utf-16")]
    ):
        body = table([[t / 8, v] for t, v in enumerate(x[n])], ";").replace(".", decimal)
        written(tmp_path / "own" / f"{n}.csv", "time;v\n" + units + body, encoding)
    np.testing.assert_array_equal(bits(load_signals(tmp_path / "own").values[:, 0]), bits(x))


# --- as programs write them


def german(x):
    return repr(float(x)).replace(".", ",")


def r_csv2(folder, x):
    rows = [['""', *(f'"V{t + 1}"' for t in range(T)), '"cls"']]
    rows += [[f'"{n + 1}"', *map(german, x[n, 0]), f'"{LABELS[n]}"'] for n in range(N)]
    return written(folder / "own.csv", table(rows, ";"))


def r_table(folder, x):
    rows = [[*(f'"V{t + 1}"' for t in range(T)), '"cls"']]
    rows += [[f'"{n + 1}"', *map(float, x[n, 0]), f'"{LABELS[n]}"'] for n in range(N)]
    return written(folder / "own.txt", table(rows, " "))


def excel_german(folder, x):
    rows = [["Klasse", *(f"t{t}" for t in range(T)), "", ""]]
    rows += [[LABELS[n], *map(german, x[n, 0]), "", ""] for n in range(N)] + [[""] * (T + 3)] * 2
    return written(folder / "own.csv", "sep=;\n" + table(rows, ";").replace("\n", "\r\n"), "utf-8-sig")


def excel_unicode_text(folder, x):
    rows = [["Klasse", *(f"t{t}" for t in range(T))], *([LABELS[n], *map(german, x[n, 0])] for n in range(N))]
    return written(folder / "own.txt", table(rows, "\t").replace("\n", "\r\n"), "utf-16")


def matlab_fixed_width(folder, x):
    lines = ["  ".join(f"{v: .9e}" for v in [1 + (LABELS[n] == "walk"), *x[n, 0]]) for n in range(N)]
    return written(folder / "own.txt", "\n".join("   " + line for line in lines) + "\n")


def numpy_savetxt(folder, x):
    labels = [LABELS[n] == "walk" for n in range(N)]
    np.savetxt(
        folder / "own.csv", np.column_stack([labels, x[:, 0]]), delimiter=",", header="label, values", fmt="%.9g"
    )
    return folder / "own.csv"


def pandas_frame(folder, x):
    pd.DataFrame(x[:, 0]).assign(label=LABELS).to_csv(folder / "own.csv")
    return folder / "own.csv"


def pandas_long(folder, x):
    frame = pd.DataFrame(
        {
            "id": np.repeat(range(N), T),
            "time": np.tile(np.arange(T), N),
            "v": x[:, 0].ravel(),
            "label": np.repeat(LABELS, T),
        }
    )
    frame.to_csv(folder / "own.csv")  # with an index, 0, 1, 2, ...
    return folder / "own.csv"


def logger_files(folder, x):
    """A preamble, a row of units, decimal commas, and the clock in a column of text."""
    (folder / "own").mkdir()
    for n in range(N):
        rows = [["Zeit", "Kanal 1"], ["s", "m/s^2"]]
        rows += [[f"01.03.2026 10:00:00,{100 * t:03d}", german(x[n, 0, t])] for t in range(T)]
        text = "Logger X7;Serial 12\nRate: 10 Hz\n\n" + table(rows, ";")
        written(folder / "own" / f"{LABELS[n]} ({n}).CSV", text, "cp1252")
    return folder / "own"


def telephone_files(folder, x):
    """Times as nanoseconds since 1970, and as seconds; steps that are not quite even; an index."""
    rng = np.random.default_rng(0)
    for n in range(N):
        (folder / "own" / LABELS[n]).mkdir(parents=True, exist_ok=True)
        seconds = np.arange(T) / 100 + rng.uniform(0, 1e-4, T)
        nanoseconds = (1_700_000_000_000_000_000 + seconds * 1e9).astype(np.int64)
        frame = pd.DataFrame({"time": nanoseconds, "seconds_elapsed": seconds, "z": x[n, 0]})
        frame.to_csv(folder / "own" / LABELS[n] / f"{n}.csv")
    return folder / "own"


def serial_monitor_files(folder, x):
    """No header; milliseconds in the first column, now and then one late."""
    for n in range(N):
        (folder / "own").mkdir(exist_ok=True)
        rows = [[5000 + 20 * t + (t == 3), float(x[n, 0, t])] for t in range(T)]
        written(folder / "own" / f"{LABELS[n]}{n}.txt", table(rows, ", "))
    return folder / "own"


PROGRAMS = [
    r_csv2,
    r_table,
    excel_german,
    excel_unicode_text,
    matlab_fixed_width,
    numpy_savetxt,
    pandas_frame,
    pandas_long,
    logger_files,
    telephone_files,
    serial_monitor_files,
]


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.__name__)
def test_a_file_is_read_as_a_program_writes_it(tmp_path, program):
    """All hold the same signals; folders give them in the order of the files' names."""
    x = values(channels=1)
    dataset = load_signals(program(tmp_path, x))
    classes = {"walk": "walk", "run": "run"}
    if program is matlab_fixed_width:
        classes = {"walk": "2", "run": "1"}
    if program is numpy_savetxt:
        classes = {"walk": "1", "run": "0"}
    order = sorted(range(N), key=lambda n: LABELS[n]) if program.__name__.endswith("files") else range(N)
    assert names_of(dataset) == [classes[LABELS[n]] for n in order]
    np.testing.assert_array_equal(bits(dataset.values), bits(x[list(order)]))


def test_a_channel_that_only_counts_is_noted(tmp_path):
    rows = [[n, t, 17 + t, float(x)] for n in range(3) for t, x in enumerate(values()[n, 0])]
    (note,) = load_signals(written(tmp_path / "own.csv", table([["id", "time", "packet", "v"], *rows]))).notes
    assert note.startswith("own.csv, packet rises by one step in every signal")


# --- the preview


def test_the_preview_says_what_was_understood(tmp_path):
    x = values()
    x[:, 1] = 3.0
    head, rows = long_rows(x, LABELS)
    rows[9][2] = ""
    path = written(tmp_path / "own.csv", table([head, *rows[:-2]], ";"))
    preview = preview_signals(path, length=12, missing="interpolate")
    assert preview.lengths == [T] * (N - 1) + [T - 2] and preview.missing == 1 and preview.constant == [0, N]
    assert preview.ranges[1] == (3.0, 3.0) and preview.problem == ""
    assert preview.class_counts == {"run": 3, "walk": 3} and preview.dataset.values.shape == (N, C, 12)
    shown = str(preview)
    for expected in (
        "long: a row is a step, column 1 ('id') names the signal",
        "5 columns, separated by ';', decimals with '.', row 1 is the header, utf-8",
        "column 5 ('label')",
        "column 2 ('time'), steps of 0.01",
        "6 of 2 channels x 5 to 7 steps",
        "12 steps, resampled",
        "2: run (3), walk (3)",
        "acc_y 3 to 3",
        "6 of acc_y",
        "1 values",
        "1 missing values in 1 of 6 signals were interpolated (PCHIP).",
        "6 of 6 signals, of 5 to 7 steps, were resampled to 12 (PCHIP).",
        "own.csv, acc_y: 6 of 6 signals are constant",
    ):
        assert expected in shown
    refused = preview_signals(path, length=12)
    assert "row 11, column 3 ('acc_x')" in refused.problem and refused.dataset is None and "PROBLEM" in str(refused)


def test_both_doors_take_the_same_options(tmp_path):
    taken = [inspect.signature(door).parameters for door in (load_signals, preview_signals)]
    assert taken[0] == taken[1]
    path = written(tmp_path / "own.csv", "1,.5,.25\n1,.5,.75\n")
    for door in (load_signals, preview_signals):
        with pytest.raises(TypeError, match="unexpected keyword argument 'lable'"):
            door(path, lable=1)


def test_text_that_is_no_utf_8_is_read_as_windows_writes_it(tmp_path):
    path = tmp_path / "own.csv"
    rows = ["label;t0;t1;t2", *["Grüße;1,0;2,5;3", "Ruhe;4;5;6,5"] * 2]
    path.write_bytes("\n".join(rows).encode("cp1252"))
    dataset = load_signals(path)
    assert dataset.class_names == ("Grüße", "Ruhe")
    assert dataset.values[:, 0].tolist() == [[1.0, 2.5, 3.0], [4.0, 5.0, 6.5]] * 2
