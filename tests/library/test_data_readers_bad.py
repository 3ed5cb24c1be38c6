"""The table of bad input: a row an input, in each format where it can occur; what is said names place and remedy."""

import io
import pickle
import re
import zipfile

import numpy as np
import pytest

from course_lib.data import load_signals, preview_signals

T = 5  # steps of every signal
CELLS = [[f"{n + t / 8 + 0.0625}" for t in range(T)] for n in range(4)]
LABELS = ["walk", "walk", "run", "run"]


def cells(n=1, t=2, cell=None):
    """Four signals' cells, one of them replaced."""
    changed = [list(row) for row in CELLS]
    if cell is not None:
        changed[n][t] = cell
    return changed


def written(path, text, encoding="utf-8"):
    path.write_bytes((text if isinstance(text, str) else "\n".join(text) + "\n").encode(encoding))
    return path


def wide(folder, rows, labels=LABELS, name="own.csv", delimiter=",", header=True):
    head = [delimiter.join(["label", *(f"t{t}" for t in range(T))])] if header else []
    body = [delimiter.join([label, *row]) for label, row in zip(labels, rows, strict=True)]
    return written(folder / name, head + body)


def tsv(folder, rows, labels=LABELS):
    return wide(folder, rows, labels, "own.tsv", "\t", header=False)


def txt(folder, rows, labels=LABELS):
    return wide(folder, rows, labels, "own.txt", "  ", header=False)


def long(folder, rows, labels=LABELS):
    signals = enumerate(zip(rows, labels, strict=True))
    body = [f"r{n},{t / 8},{cell},{label}" for n, (row, label) in signals for t, cell in enumerate(row)]
    return written(folder / "own.csv", ["id,time,v,label", *body])


def ts(folder, rows, labels=LABELS):
    body = [",".join(row) + f":{label}" for row, label in zip(rows, labels, strict=True)]
    return written(folder / "own.ts", ["# ours", "@univariate true", "@classLabel true walk run", "@data", *body])


def recordings(folder, rows, labels=LABELS):
    into = folder / "own"
    into.mkdir()
    for n, (row, label) in enumerate(zip(rows, labels, strict=True)):
        written(into / f"{label}_{n}.csv", ["time,v", *(f"{t / 8},{cell}" for t, cell in enumerate(row))])
    return into


PLACES = {  # where each format has the third step of the second signal
    wide: "own.csv, row 3, column 4 ('t2')",
    tsv: "own.tsv, row 2, column 4",
    txt: "own.txt, row 2, column 4",
    long: "own.csv, row 9, column 3 ('v')",
    ts: "own.ts, row 6, dimension 1, value 3",
    recordings: "walk_1.csv, row 4, column 2 ('v')",
}
BAD_CELLS = {
    "nan": (
        "nan",
        "expected a number, got a missing value (an empty cell, or nan), 1 of 20",
        "Fill that gap, leave that signal out, or say missing=",
    ),
    "empty": ("", "expected a number, got a missing value", "missing='interpolate'"),
    "question mark": ("?", "expected a number, got a missing value", "missing='interpolate'"),
    "inf": ("inf", "expected a finite number, got 'inf'", "Mend that value"),
    "minus infinity": ("-Infinity", "expected a finite number, got '-Infinity'", "Mend that value"),
    "text": ("breath", "expected a number, got 'breath'", "Mend that cell, or leave that row out"),
    "underscore": ("1_000", "expected a number, got '1_000'", "Mend that cell"),
    "yes and no": ("True", "expected a number, got 'True'", "Write yes and no as 1 and 0"),
    "another minus": ("\u22120.5", "expected a number, got '\u22120.5'", "Write the minus sign as '-'"),
    "unit": ("0.5 mV", "expected a number, got '0.5 mV'", "write it in the header and the number alone in the cell"),
    "beyond float32": ("1e39", "float32 can hold (up to 3.4e+38), got '1e39'", "Write the values in a larger unit"),
    "beyond float64": ("1e999", "float32 can hold (up to 3.4e+38), got '1e999'", "Write the values in a larger unit"),
}


def refusal(path, **options):
    """What is said of a file, by both doors."""
    with pytest.raises(ValueError) as error:
        load_signals(path, **options)
    said = str(error.value)
    assert said.startswith("load_signals: ") and "Traceback" not in said
    try:
        assert preview_signals(path, **options).problem == said
    except ValueError as other:
        assert str(other) == said
    return said


@pytest.mark.parametrize("form", PLACES, ids=lambda form: form.__name__)
def test_the_table_s_signals_are_read_as_they_stand_where_nothing_is_wrong(tmp_path, form):
    dataset = load_signals(form(tmp_path, CELLS))
    assert sorted(dataset.values[:, 0].tolist()) == [[float(cell) for cell in row] for row in CELLS]
    assert dataset.class_names == ("run", "walk") and dataset.class_counts == [2, 2] and dataset.notes == ()


@pytest.mark.parametrize("bad", BAD_CELLS)
@pytest.mark.parametrize("form", PLACES, ids=lambda form: form.__name__)
def test_a_bad_cell_is_refused_with_its_place(tmp_path, form, bad):
    cell, got, advice = BAD_CELLS[bad]
    if form is txt and (not cell or " " in cell):
        pytest.skip("spaces separate the cells there")
    said = refusal(form(tmp_path, cells(cell=cell)))
    assert PLACES[form] in said and got in said and advice in said


# --- what is not a matter of one cell: (file, its text, options, what is said)

HEAD = "label,t0,t1,t2"
ROW = "walk,0.5,0.25,0.125"
OTHER = "run,0.5,0.75,0.5"
TABLE = {
    # labels
    "labels as fractions": (
        "own.tsv",
        "1.5\t.5\t.25\n2.5\t.5\t.75",
        {},
        "row 1, column 1: .*label.*got '1.5'.*label=False",
    ),
    "labels as fractions, by name": (
        "own.csv",
        f"{HEAD}\n1.5,.5,.25,.1\n2,.5,.7,.1",
        {},
        r"row 2, column 1 \('label'\)",
    ),
    "a label missing": ("own.csv", f"{HEAD}\n{ROW}\n,.5,.25,.1", {}, r"row 3, column 1 \('label'\): .*got ''"),
    "a label nan": ("own.tsv", "1\t.5\t.25\nNaN\t.5\t.75", {}, "row 2, column 1: .*class's label.*got 'NaN'"),
    "a label inf": ("own.tsv", "1\t.5\t.25\ninf\t.5\t.75", {}, "row 2, column 1: .*class's label.*got 'inf'"),
    "a label for every row": (
        "own.csv",
        "a,.5,.25,.1\nb,.5,.2,.1\nc,.5,.25,.1",
        {},
        r"row 1, column 1: .*all 3 rows differ.*ignore=\[1\]",
    ),
    "words at both ends": ("own.csv", "a,.5,.25,x\na,.5,.2,y", {}, "column 1 and column 4 both hold words.*label=1 or"),
    "a whole number in every row": (
        "own.csv",
        "1,.5,.25,.1\n1,.5,.2,.1",
        {},
        "row 1, column 1: .*label=1, or label=False",
    ),
    "rows counted, no header": (
        "own.csv",
        "1,.5,.25,.1\n2,.5,.2,.1\n3,.5,.2,.1",
        {},
        r"row 1, column 1: .*ignore=\[1\]",
    ),
    "a label that is none": ("own.csv", f"{HEAD}\n{ROW}", {"label": "kind"}, r"label='kind': no column is called that"),
    "a label's name without header": ("own.tsv", "1\t.5\t.25", {"label": "kind"}, "no header to find that name in"),
    "a label's number too large": ("own.tsv", "1\t.5\t.25", {"label": 9}, "expected a column from 1 to 3"),
    # the header
    "header twice": (
        "own.csv",
        f"{HEAD}\n{HEAD}\n{ROW}\n{OTHER}",
        {},
        "row 2: .*header of row 1 again.*Take that row out",
    ),
    "header again below": (
        "own.csv",
        f"{HEAD}\n{ROW}\n{OTHER}\n{HEAD}\n{ROW}",
        {},
        r"row 4, column 2 \('t0'\): .*header of row 1 again",
    ),
    "header and no data": ("own.csv", HEAD, {}, "header .row 1. and nothing below it.*header=False"),
    "header told away": ("own.csv", f"{HEAD}\n{ROW}\n{OTHER}", {"header": False}, "row 1, column 2: .*got 't0'"),
    "names that do not tell": ("own.csv", "x,y,z\n.1,.2,.3\n.1,.2,.4", {}, "row 1: .*layout='wide' or layout='long'"),
    "time beside steps": ("own.csv", "time,t0,t1,t2\n0,.1,.2,.3\n1,.1,.2,.4", {}, "row 1: .*layout='wide' or"),
    "two columns of one step": (
        "own.csv",
        "label,c0_t0,c0_t1,c0_t1\na,.1,.2,.3\na,.1,.2,.3",
        {},
        "row 1, columns 3 and 4: .*c0_t1",
    ),
    "a step missing": (
        "own.csv",
        "label,c0_t0,c0_t1,c1_t0\na,.1,.2,.3\na,.1,.2,.3",
        {},
        "row 1: .*2 channels of 2 steps.*no column c1_t1",
    ),
    "two channels of one name": (
        "own.csv",
        "id,time,v,v\na,0,.1,.2\na,1,.1,.2",
        {},
        "row 1, columns 3 and 4: .*both are called 'v'. Rename",
    ),
    # decimals, delimiters, encodings
    "decimal comma among points": (
        "own.csv",
        "label;t0;t1;t2\nwalk;0.5;0.25;0.1\nrun;0,5;0.75;0.2",
        {},
        r"row 3, column 2 \('t0'\): .*'0,5'.*decimal=','",
    ),
    "decimal point among commas": (
        "own.csv",
        "label;t0;t1;t2\nwalk;0,5;0,25;0,1\nrun;0.5;0,75;0,2",
        {"decimal": ","},
        r"row 3, column 2 \('t0'\): .*'0.5'",
    ),
    "thousands": (
        "own.csv",
        "label;t0;t1;t2\nwalk;1.234,5;0,25;0,1\nrun;1,5;0,75;0,2",
        {"decimal": ","},
        "row 2.*between the thousands",
    ),
    "thousands between commas": (
        "own.csv",
        'label,t0,t1\nwalk,"1,234","12,500"\nrun,"2,345",7',
        {},
        "row 2: .*'1,234' is 1234 or 1.234.*decimal=','",
    ),
    "yes and no throughout": (
        "own.csv",
        "label,t0,t1,t2\nwalk,True,False,True\nrun,False,False,True",
        {},
        r"row 2, column 2 \('t0'\): .*'True'.*1 and 0",
    ),
    "a column that is no step": (
        "own.csv",
        "age,t0,t1,t2,t3,label\n31,.5,.2,.1,.1,walk\n27,.5,.75,.3,.1,run",
        {},
        r"row 1, column 1 \('age'\): .*step's name.*ignore=\[1\].*group=1",
    ),
    "one long recording": (
        "own.csv",
        "\n".join(f"{t / 80},{t % 7 + 0.5}" for t in range(20)),
        {},
        "row 1, column 1: .*rises by 0.0125 from row to row, as time does.*one long recording is cut",
    ),
    "one long recording, named": ("own.csv", "time,v\n0,.1\n1,.2\n2,.3", {}, "one long recording, cut it.*reshape"),
    "steps without a header": (
        "own.csv",
        "\n".join(f"{n},{t / 8},{t % 3 + 0.5},{t % 5 + 0.25}" for n in range(4) for t in range(9)),
        {"label": False},
        "row 1, column 2: .*rises by 0.125 .*layout='long', time=2",
    ),
    "a column a recording, numbered": ("own.csv", "rec_1,rec_2,rec_3\n.1,.2,.3\n.1,.2,.4", {}, "exchange rows and"),
    "a person of every row of a long table, no id": (
        "own.csv",
        "subject,time,v\na,0,.1\na,1,.2",
        {},
        "says which recording a row is of",
    ),
    "one column": ("own.csv", "1\n2", {}, "at least 2 values in each row, got one column.*delimiter"),
    "delimiter told wrong": ("own.csv", f"{HEAD}\n{ROW}\n{OTHER}", {"delimiter": ";"}, "at least 2 values.*delimiter"),
    "decimal comma or two numbers": ("own.csv", "1,5\n2,25", {}, "row 1: .*'1,5' is two whole numbers or one with"),
    "a column a signal": (
        "own.csv",
        "walk_1,walk_2,run_1\n.1,.2,.3\n.1,.2,.4",
        {},
        "row 1: .*exchange rows and columns",
    ),
    "a quotation mark left open": ("own.csv", f'{HEAD}\n"{ROW}\n' + OTHER * 9000, {}, "row .*quotation mark"),
    "encoding told wrong": ("own.csv", f"{HEAD}\nwälk,.5,.25,.1", {"encoding": "ascii"}, "in ascii, as told, but byte"),
    "no such encoding": ("own.csv", f"{HEAD}\n{ROW}", {"encoding": "latin-x"}, "no such encoding"),
    # rows
    "empty": ("own.csv", "", {}, "own.csv: .*empty. Get it again"),
    "empty lines": ("own.tsv", "\n  \n\n", {}, "own.tsv: .*empty"),
    "a row too short": (
        "own.csv",
        f"{HEAD}\n{ROW}\nrun,.5,.75",
        {},
        r"row 3, column 3 \('t1'\): expected 3 steps.*length=",
    ),
    "a row too short, no header": (
        "own.tsv",
        "1\t.5\t.25\t.1\n1\t.5\t.25",
        {},
        "row 2, column 3: expected 3 steps.*ends here",
    ),
    "a row too long": ("own.csv", f"{HEAD}\n{ROW}\n{OTHER},9", {}, r"row 3: expected 4 columns, .*\(row 1\), got 5"),
    "rows longer than the header": (
        "own.csv",
        f"{HEAD}\n{ROW},x,y\n{OTHER},x,y",
        {"layout": "wide", "header": 1},
        r"row 2: expected 4 columns, .*\(row 1\), got 6",
    ),
    "a gap below a cell of two lines": (
        "own.csv",
        f'{HEAD}\n{ROW}\n"wa\nlk",.5,.25,.1\nrun,.5,,.1',
        {},
        r"row 5, column 3 \('t1'\): .*missing value",
    ),
    "an id of several rows": (
        "own.csv",
        "id,t0,t1,t2,label\n1,.5,.2,.1,a\n1,.5,.7,.1,a\n2,.1,.2,.3,b",
        {},
        r"row 1, column 1 \('id'\): .*one of its own.*group=1",
    ),
    "a row too short, label last": (
        "own.csv",
        "t0,t1,t2,label\n.5,.2,.1,1\n.5,.75,2",
        {},
        "row 3: expected 4 columns, the last of them the label",
    ),
    "a row too short, long": ("own.csv", "id,time,v\na,0,.1\na,1\na,2,.3", {}, "row 3: expected 3 columns.*got 2"),
    "an empty row": ("own.tsv", "1\t.5\t.25\n\n1\t.5\t.25", {}, "row 2: .*no text at all.*Take it out"),
    "one row": ("own.csv", f"{HEAD}\n{ROW}", {}, "row 2, .*at least 2 signals, got one.*load_signals.folder."),
    "one row, no header": ("own.tsv", "1\t.5\t.25", {}, "row 1, .*at least 2 signals, got one"),
    "one step": ("own.csv", "id,time,v\na,0,.1\nb,0,.2", {}, r"row 2, column 3 \('v'\): .*at least 2 steps, got 1"),
    "a gap at the start": (
        "own.csv",
        f"{HEAD}\n{ROW}\nrun,,.5,.5",
        {"missing": "interpolate"},
        r"row 3, column 2 \('t0'\): .*at an end",
    ),
    "a signal without values": (
        "own.csv",
        f"{HEAD}\n{ROW}\nrun,,,",
        {"missing": "interpolate"},
        "row 3, column 2 .*got 0 measured values",
    ),
    # time
    "times that fall": (
        "own.csv",
        "id,time,v\na,2,.1\na,1,.2\na,0,.2",
        {},
        r"row 3, column 2 \('time'\): .*fall.*Sort the",
    ),
    "a time that goes back": (
        "own.csv",
        "id,time,v\na,0,.1\na,2,.2\na,1,.2",
        {},
        "row 4, column 2 .*later time.*2, got 1",
    ),
    "a time twice": ("own.csv", "id,time,v\na,0,.1\na,1,.2\na,1,.2", {}, "row 4, column 2 .*got 1 twice. Keep one"),
    "a time missing": ("own.csv", "id,time,v\na,0,.1\na,,.2\na,1,.2", {}, "row 3, column 2 .*expected a time.*missing"),
    "a date that is none": (
        "own.csv",
        "id,time,v\na,2026-03-01 12:00:00,.1\na,soon,.2\na,2026-03-01 12:00:02,.2",
        {},
        "row 3, column 2 .*'soon'",
    ),
    "times uneven": (
        "own.csv",
        "id,time,v\na,0,.1\na,1,.2\na,5,.2\nb,0,1\nb,1,2\nb,2,2",
        {},
        "even steps in time.*length=3",
    ),
    "clock as a step": (
        "own.csv",
        "1700000000,.1,.2\n1700000100,.1,.3\n1700000200,.1,.4",
        {"label": False},
        r"row 1, column 1: .*ignore=\[1\]",
    ),
    "clock as a channel": (
        "own.csv",
        "id,clk,v\na,1700000000.0,.1\na,1700000000.5,.2\nb,1700000001.0,.2\nb,1700000001.5,.1",
        {"layout": "long"},
        r"row 2, column 2 \('clk'\): .*since 1970.*time=",
    ),
    "an id missing": ("own.csv", "id,time,v\na,0,.1\n,1,.2", {}, "row 3, column 1 .*recording's id"),
    "no id": ("own.csv", "time,v\n0,.1\n1,.2", {}, r"says which recording a row is of.*\(time, v\).*id=.*folder"),
    "a label that changes": (
        "own.csv",
        "id,time,v,label\na,0,.1,walk\na,1,.2,run",
        {},
        r"row 3, column 4 \('label'\): .*one label.*'run' after",
    ),
    "a channel short": (
        "own.csv",
        "id,time,channel,value\na,0,x,.1\na,1,x,.1\na,0,y,.1",
        {},
        "row 4, column 3 .*2 steps of channel 'y'",
    ),
    "channels at other times": (
        "own.csv",
        "id,time,channel,value\na,0,x,.1\na,1,x,.1\na,0,y,.1\na,2,y,.1",
        {},
        "row 5, column 2 .*expected the time 1",
    ),
    "words as a channel": (
        "own.csv",
        "id,time,v,who,where\na,0,.1,ann,home\na,1,.1,ann,home",
        {},
        r"row 2, column 4 \('who'\): .*ignore=",
    ),
    # .ts
    "ts: no @data": ("own.ts", "@univariate true\n", {}, "expected a line @data"),
    "ts: a table": ("own.ts", "1,.5,.25", {}, "row 1: expected a line that begins with @.*'1,.5,.25'"),
    "ts: no signals": ("own.ts", "@univariate true\n@data\n", {}, "a signal a line below @data, got none"),
    "ts: times": ("own.ts", "@timeStamps true\n@data\n(0,1),(1,2)", {}, "@timeStamps true.*long CSV"),
    "ts: a target": ("own.ts", "@targetLabel true\n@data\n1,2:.5", {}, "@targetLabel true"),
    "ts: a channel short": (
        "own.ts",
        "@dimensions 2\n@data\n1,2,3:1,2",
        {},
        "row 3, dimension 2: expected 3 values.*got 2",
    ),
    "ts: a channel missing": ("own.ts", "@dimensions 2\n@data\n1,2:1,2\n1,2", {}, "row 4: expected 2 channels.*got 1"),
    "ts: no such class": ("own.ts", "@classLabel true a b\n@data\n1,2:a\n1,2:c", {}, r"row 4: .*\(a, b\), got 'c'"),
    "ts: lengths": (
        "own.ts",
        "@classLabel false\n@data\n1,2,3\n1,2,3\n1,2",
        {},
        "row 5, dimension 1, value 2: .*length=3",
    ),
    # options
    "unknown layout": ("own.csv", ROW, {"layout": "tall"}, "a layout of 'wide'.*got 'tall'"),
    "an array's layout": ("own.csv", f"{HEAD}\n{ROW}", {"layout": "NTC"}, "layout='wide' or 'long'.*of arrays"),
    "unknown delimiter": ("own.csv", ROW, {"delimiter": "::"}, "a delimiter of .*got '::'"),
    "unknown decimal": ("own.csv", ROW, {"decimal": "'"}, "decimal='.' or decimal=','"),
    "comma twice": ("own.csv", ROW, {"decimal": ",", "delimiter": ","}, "delimiter and decimal at once"),
    "unknown missing": ("own.csv", ROW, {"missing": "drop"}, "missing='interpolate', got 'drop'"),
    "label True": ("own.csv", ROW, {"label": True}, "label=False .there is none. or a column, got True"),
    "header below 0": ("own.csv", ROW, {"header": -1}, "header=False .there is none. or the number of its row, got -1"),
    "time of a wide table": (
        "own.tsv",
        "1\t.5\t.25",
        {"group": 1, "channels": [2]},
        "channels=.*says nothing about such",
    ),
    "decimal of a .ts": ("own.ts", "@data\n1,2", {"decimal": ","}, r"own.ts \(a .ts file\): the option decimal=','"),
    "length 1": ("own.csv", ROW, {"length": 1}, "a length of at least 2 steps, or None, got 1"),
    "length as a fraction": ("own.csv", ROW, {"length": 10.0}, "a length of at least 2 steps, or None, got 10.0"),
}


@pytest.mark.parametrize("bad", TABLE)
def test_what_is_wrong_with_a_file_is_said(tmp_path, bad):
    name, text, options, said = TABLE[bad]
    assert re.search(said, refusal(written(tmp_path / name, text), **options))


# --- files that are none, archives, arrays, folders


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"PK\x03\x04rest", "an Excel workbook .*save it as CSV"),
        (b"\xd0\xcf\x11\xe0rest", "an old Excel workbook"),
        (b"\x1f\x8brest", "a gzip archive"),
        (b"\x89HDF\r\nrest", "an HDF5 file"),
        (b"MATLAB 5.0 MAT-file", "a MATLAB file"),
        (b"\x93NUMPY\x01\x00", "a NumPy array"),
        (b"<HTML><body>", "a web page"),
        (b"1,2\x00\x00\x00,3", "byte 3 is zero"),
        (b"\xff\xfe1\x00,\x00\x00", "say utf-16, but byte"),
    ],
)
@pytest.mark.parametrize("name", ["own.csv", "own.tsv", "own.txt", "own.ts"])
def test_bytes_that_are_no_text_are_called_what_they_are(tmp_path, name, data, said):
    (tmp_path / name).write_bytes(data)
    said_of_it = refusal(tmp_path / name)
    assert name in said_of_it and re.search(said, said_of_it)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("own.xlsx", "got .xlsx. In Excel: Save As, CSV UTF-8"),
        ("own.mat", "got .mat. In MATLAB: writematrix"),
        ("own.pkl", "got .pkl. A pickle may run any code"),
        ("own.zip", "got .zip. Unpack it first"),
        ("own.csv.gz", "got .gz. Unpack it first"),
        ("own", "got no ending. Rename it"),
    ],
)
def test_another_ending_is_told_the_way_here(tmp_path, name, said):
    assert said in refusal(written(tmp_path / name, ROW))


def test_a_gigabyte_of_text_is_refused_before_it_is_read(tmp_path):
    with open(tmp_path / "own.csv", "wb") as file:
        file.truncate(10**9)  # no disk is used: there is nothing in it
    said = refusal(tmp_path / "own.csv")
    assert "own.csv: expected at most 250 MB of text, got 1,000 MB" in said and "np.save" in said


def npz(path, **arrays):
    np.savez(path, **arrays)
    return path


VALUES = np.random.default_rng(0).normal(size=(6, 2, 20)).astype(np.float32)


def with_value(value, dtype=np.float64):
    changed = VALUES.astype(dtype)
    changed[1, 0, 2] = value
    return changed


ARRAYS = {
    "nan": (with_value(np.nan), {}, r"signal 2, channel 1, step 3 .*index \[1, 0, 2\]\): .*missing value.*interpolate"),
    "inf": (with_value(np.inf), {}, "signal 2, channel 1, step 3 .*a finite number, got inf"),
    "beyond float32": (with_value(1e39), {}, "signal 2, channel 1, step 3 .*float32 can hold .*1e[+]39"),
    "(N, T, C)": (VALUES.swapaxes(1, 2), {}, r"got shape \(6, 20, 2\): 20 channels of 2 steps.*layout='NTC'"),
    "of a table's layout": (VALUES, {"layout": "wide"}, "layout='NCT' or 'NTC' for an array, got 'wide'"),
    "a table's option": (VALUES, {"decimal": ","}, "the option decimal=',' says nothing"),
    "one signal": (VALUES[:1], {}, "at least 2 signals, got one"),
    "one step": (VALUES[:, :1, :1], {}, "at least 2 steps, got 1"),
    "one axis": (VALUES[0, 0], {}, r"got shape \(20,\).*reshape"),
    "four axes": (VALUES[None], {}, r"got shape \(1, 6, 2, 20\)"),
    "no signal": (VALUES[:0], {}, r"none of them empty, got shape \(0, 2, 20\)"),
    "text": (np.array([["a", "b"], ["c", "d"]]), {}, "real numbers, got <U1"),
    "complex": (VALUES.astype(complex), {}, "real numbers, got complex"),
    "a pickle": (np.array([[1, 2], [3, None]], dtype=object), {}, "got a pickle .*may run any code"),
    "epoch times": (
        np.stack([VALUES[:, 0], 1.7e9 + np.arange(120.0).reshape(6, 20)], 1),
        {},
        "signal 1, channel 2, step 1 .*since 1970",
    ),
}


@pytest.mark.parametrize("ending", [".npy", ".npz"])
@pytest.mark.parametrize("bad", ARRAYS)
def test_what_is_wrong_with_an_array_is_said(tmp_path, bad, ending):
    values, options, said = ARRAYS[bad]
    path = tmp_path / f"own{ending}"
    np.save(path, values) if ending == ".npy" else np.savez(path, values=values)
    message = refusal(path, **options)
    assert f"own{ending}" in message and re.search(said, message)


@pytest.mark.parametrize(
    ("arrays", "options", "said"),
    [
        ({"a": VALUES, "b": VALUES}, {}, "an array called 'values' .*got 'a', 'b'"),
        (
            {"values": VALUES, "labels": np.zeros(5, int)},
            {},
            r"a label a signal, shape \(6,\).*got int64 of shape \(5,\)",
        ),
        ({"values": VALUES, "labels": np.full(6, 0.5)}, {}, "array 'labels', signal 1 .*class's label.*'0.5'"),
        ({"values": VALUES, "labels": np.eye(6, dtype=int)}, {}, r"argmax\(1\)"),
        (
            {"values": VALUES, "labels": np.arange(6), "class_names": np.array(["a"])},
            {},
            "signal 2 .in Python, index .1..: .*one of 1 class names",
        ),
        ({"values": VALUES, "labels": np.array([None] * 6)}, {}, "array 'labels': .*got a pickle"),
        ({"values": VALUES, "labels": np.zeros(6, int)}, {"label": "kind"}, "one of its arrays, values, labels"),
    ],
)
def test_what_is_wrong_with_arrays_together_is_said(tmp_path, arrays, options, said):
    assert re.search(said, refusal(npz(tmp_path / "own.npz", **arrays), **options))


@pytest.mark.parametrize(
    "member", ["../values.npy", "/values.npy", "..\\values.npy", "a/values.npy", "a/../../values.npy"]
)
def test_an_archive_with_a_path_that_climbs_out_is_refused(tmp_path, member):
    array = io.BytesIO()
    np.save(array, VALUES)
    with zipfile.ZipFile(tmp_path / "own.npz", "w") as archive:
        archive.writestr(member, array.getvalue())
    assert "a path that leads elsewhere" in refusal(tmp_path / "own.npz")


def test_a_pickle_called_npy_is_never_opened(tmp_path):
    class Bomb:
        def __reduce__(self):
            return (open, (str(tmp_path / "opened"), "w"))

    for name in ("own.npy", "own.npz"):
        (tmp_path / name).write_bytes(pickle.dumps(Bomb()))
        refusal(tmp_path / name)
    np.save(tmp_path / "own.npy", np.array([Bomb()], dtype=object), allow_pickle=True)
    assert "got a pickle" in refusal(tmp_path / "own.npy")
    assert not (tmp_path / "opened").exists()


@pytest.mark.parametrize("name", ["own.npy", "own.npz"])
def test_an_array_cut_short_is_refused(tmp_path, name):
    np.save(tmp_path / "own.npy", VALUES)
    npz(tmp_path / "own.npz", values=VALUES)
    whole = (tmp_path / name).read_bytes()
    for share in (0.01, 0.5, 0.9):
        (tmp_path / name).write_bytes(whole[: int(share * len(whole))])
        assert "cut short" in refusal(tmp_path / name)


FOLDERS = {
    "another header": (
        {"a_1.csv": "time,v\n0,1\n1,2", "a_2.csv": "time,w\n0,1\n1,2"},
        {},
        "a_2.csv, row 1: .*time, v.*time, w",
    ),
    "another order": (
        {"a_1.csv": "u,v\n.1,1\n1,2", "a_2.csv": "v,u\n.1,1\n1,2"},
        {},
        r"a_2.csv, row 1: .*\(u, v\), got v, u",
    ),
    "a text cell": (
        {"a_1.csv": "time,v\n0,1\n1,2", "a_2.csv": "time,v\n0,1\n1,x"},
        {},
        r"a_2.csv, row 3, column 2 \('v'\)",
    ),
    "a time twice": (
        {"a_1.csv": "time,v\n0,1\n1,2", "a_2.csv": "time,v\n1,1\n1,2"},
        {},
        r"a_2.csv, row 3, column 1 .*twice",
    ),
    "one row": (
        {"a_1.csv": "time,v\n0,1\n1,2", "a_2.csv": "time,v\n1,1"},
        {},
        "a_2.csv, row 2, .*at least 2 steps, got 1",
    ),
    "lengths": ({"a_1.csv": "time,v\n0,1\n1,2", "a_2.csv": "time,v\n0,1\n1,1\n2,3"}, {}, "a_2.csv, row 4, .*length="),
    "a ragged row": (
        {"a_1.csv": "time,v\n0,1\n1,2", "a_2.csv": "time,v\n0,1\n1"},
        {},
        "a_2.csv, row 3: expected 2 columns",
    ),
    "one file": ({"a_1.csv": "time,v\n0,1\n1,2"}, {}, "a_1.csv, row 2, .*at least 2 signals, got one"),
    "an empty file": ({"a_1.csv": "time,v\n0,1\n1,2", "a_2.csv": ""}, {}, "a_2.csv: .*empty"),
    "a name a file": ({"a.csv": "time,v\n0,1\n1,2", "b.csv": "time,v\n0,1\n1,2"}, {}, "walk_01.csv.*label=False"),
    "beside folders": ({"a/1.csv": "time,v\n0,1\n1,2", "2.csv": "time,v\n0,1\n1,2"}, {}, "2.csv lies beside them"),
    "a column as label": (
        {"a_1.csv": "time,v\n0,1\n1,2"},
        {"label": "v"},
        "label='folder', label='file' or label=False",
    ),
    "a layout": (
        {"a_1.csv": "time,v\n0,1\n1,2"},
        {"layout": "wide"},
        "the option layout='wide' says nothing about such",
    ),
    "no channel": ({"a_1.csv": "time\n0\n1", "a_2.csv": "time\n0\n1"}, {}, "a column of values beside time"),
}


@pytest.mark.parametrize("bad", FOLDERS)
def test_what_is_wrong_with_a_folder_is_said(tmp_path, bad):
    files, options, said = FOLDERS[bad]
    for name, text in files.items():
        (tmp_path / "own" / name).parent.mkdir(parents=True, exist_ok=True)
        written(tmp_path / "own" / name, text)
    assert re.search(said, refusal(tmp_path / "own", **options), re.DOTALL)


def test_a_path_where_nothing_is_and_a_folder_without_recordings_are_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match="nothing at .*own.tsv.$"):
        load_signals(tmp_path / "own.tsv")
    written(tmp_path / "mine.tsv", ROW)
    with pytest.raises(FileNotFoundError, match="nothing at .*own.tsv. That folder holds mine.tsv."):
        load_signals(tmp_path / "own.tsv")
    (tmp_path / "folder").mkdir()
    with pytest.raises(FileNotFoundError, match="files that end in .csv.*it is empty"):
        load_signals(tmp_path / "folder")
    written(tmp_path / "folder" / "readme.md", "x")
    with pytest.raises(FileNotFoundError, match="there is none .readme.md."):
        load_signals(tmp_path / "folder")
