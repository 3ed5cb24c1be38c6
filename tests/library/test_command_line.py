"""The command line, run as a user runs it: files in, files out, and a message instead of a traceback."""

import csv
import errno
import json
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from safetensors import SafetensorError

from course_lib import checkpoints, files
from course_lib.__main__ import main
from course_lib.commands import generate as generate_command
from course_lib.commands import train as train_command
from course_lib.commands.arguments import classes_named
from course_lib.commands.generate import write_signals
from course_lib.data import Scaler, load_auslan, load_signals
from course_lib.training import sample
from tools.address import ROOT

AUSLAN = Path(os.environ.get("COURSE_DATA", "no_data")) / "auslan_hq" / "tctodd.tar.gz"
FEW = ["--steps", "3", "--checkpoint-every", "2", "--length", "32", "--device", "cpu"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A small folder in Auslan's form: 2 signs, 5 recordings each, of different lengths."""
    rng = np.random.default_rng(0)
    root = tmp_path_factory.mktemp("auslan") / "tctodd"
    for k in range(5):
        (root / f"tctodd{k}").mkdir(parents=True)
        for sign in ("hello", "thank"):
            rows = rng.normal(size=(40 + k, 22)).cumsum(axis=0) / 10 + 5
            np.savetxt(root / f"tctodd{k}" / f"{sign}-1.tsd", rows, delimiter="\t", fmt="%.5f")
    return root


@pytest.fixture(scope="module")
def runs(folder, tmp_path_factory):
    out = tmp_path_factory.mktemp("runs")
    plain = ["--channels", "right_x,left_y", "--unconditional"]
    assert main(["train", str(folder), "--out", str(out / "plain"), *plain, *FEW]) == 0
    assert main(["train", str(folder), "--out", str(out / "labelled"), *FEW]) == 0
    return out


def test_an_npz_holds_the_signals_in_the_recordings_units(runs, tmp_path):
    out = tmp_path / "made.npz"
    assert main(["generate", str(runs / "plain"), "--n", "7", "--out", str(out), "--seed", "3", "--device", "cpu"]) == 0
    with np.load(out, allow_pickle=False) as made:
        assert made.files == ["values", "channel_names"]  # the generator takes no labels
        values, names = made["values"], made["channel_names"]
    assert names.tolist() == ["right_x", "left_y"] == list(load_signals(out).channel_names)
    assert values.shape == (7, 2, 32) and values.dtype == np.float32
    path = runs / "plain" / "generator.safetensors"
    raw, scaler = sample(checkpoints.load_model(path), 7, seed=3).numpy(), checkpoints.load_scaler(path)
    expected = raw * scaler.std.numpy()[:, None] + scaler.mean.numpy()[:, None]
    np.testing.assert_allclose(values, expected, rtol=1e-5, atol=1e-6)
    assert abs(scaler.mean.mean()) > 1  # the recordings lie around 5, the model's units around 0


def test_a_csv_holds_a_row_a_signal_with_its_class_s_name(runs, tmp_path):
    out = tmp_path / "made.csv"
    assert main(["generate", str(runs / "labelled"), "--n", "20", "--out", str(out), "--device", "cpu"]) == 0
    with out.open() as file:
        rows = list(csv.reader(file))
    assert rows[0] == ["label"] + [f"c0_t{t}" for t in range(32)] and len(rows) == 21
    assert {row[0] for row in rows[1:]} == {"hello", "thank"}
    arguments = ["generate", str(runs / "labelled"), "--n", "20", "--out", str(tmp_path / "x.npz"), "--device", "cpu"]
    assert main(arguments) == 0
    with np.load(tmp_path / "x.npz") as made:
        np.testing.assert_allclose(
            np.array([r[1:] for r in rows[1:]], float), made["values"][:, 0], rtol=1e-4, atol=1e-5
        )
        assert made["labels"].dtype == np.int64 and list(made["class_names"]) == ["hello", "thank"]
        assert [("hello", "thank")[k] for k in made["labels"]] == [row[0] for row in rows[1:]]


def test_one_class_is_drawn_where_one_is_asked_for(runs, tmp_path):
    out = tmp_path / "made.npz"
    assert main(["generate", str(runs / "labelled"), "--n", "5", "--out", str(out), "--label", "thank"]) == 0
    with np.load(out) as made:
        assert (made["labels"] == 1).all()


def refused(capsys, *arguments):
    assert main([str(a) for a in arguments]) == 2
    return capsys.readouterr().err


def test_a_file_that_exists_is_kept_unless_forced(runs, tmp_path, capsys):
    out = tmp_path / "made.csv"
    out.write_text("mine")
    assert "exists already" in refused(capsys, "generate", runs / "plain", "--out", out)
    assert out.read_text() == "mine"
    assert main(["generate", str(runs / "plain"), "--n", "2", "--out", str(out), "--force"]) == 0
    assert out.read_text().startswith("c0_t0 (right_x),")


def test_a_run_folder_that_exists_is_refused_and_resumed_when_asked(folder, runs, capsys):
    arguments = ["train", folder, "--out", runs / "plain", "--channels", "right_x,left_y", "--unconditional", *FEW]
    assert "holds a run already" in refused(capsys, *arguments)
    longer = [str(a) for a in arguments] + ["--steps", "5", "--resume"]
    assert main(longer) == 0
    assert "5 of 5 steps" in capsys.readouterr().out


def test_what_cannot_be_met_is_said_before_any_work(folder, runs, tmp_path, capsys):
    assert ".csv or .npz" in refused(capsys, "generate", runs / "plain", "--out", tmp_path / "made.xlsx")
    assert "no folder" in refused(capsys, "generate", runs / "plain", "--out", tmp_path / "no" / "made.csv")
    assert "no checkpoint" in refused(capsys, "generate", tmp_path / "nothing", "--out", tmp_path / "made.csv")
    assert "without --unconditional" in refused(
        capsys, "generate", runs / "plain", "--out", tmp_path / "m.csv", "--label", "hello"
    )
    assert "'hello', 'thank'" in refused(
        capsys, "generate", runs / "labelled", "--out", tmp_path / "m.csv", "--label", "no"
    )
    assert "right_x" in refused(capsys, "train", folder, "--out", tmp_path / "r", "--channels", "right_q")
    assert "nothing at" in refused(capsys, "train", tmp_path / "gone", "--out", tmp_path / "r")
    assert "simulated" in refused(capsys, "train", "simulated", "--channels", "right_x", "--out", tmp_path / "r")
    assert not (tmp_path / "r").exists()


def test_a_truncated_checkpoint_is_refused(runs, tmp_path, capsys):
    whole = (runs / "plain" / "generator.safetensors").read_bytes()
    (tmp_path / "generator.safetensors").write_bytes(whole[: len(whole) // 2])
    assert "cut short" in refused(capsys, "generate", tmp_path, "--out", tmp_path / "made.csv")


# --- what is written is what was made


def bits(x):
    return np.asarray(x, dtype=np.float32).view(np.uint32)


@pytest.mark.parametrize(
    "values",
    [
        101_325 + np.random.default_rng(0).normal(0, 0.5, (50, 2, 20)),  # pressures in Pa
        np.random.default_rng(1).integers(1, 2**23, (50, 2, 20), dtype=np.uint32).view(np.float32),  # subnormal
        np.random.default_rng(2).integers(0, 255 * 2**23, (50, 2, 20), dtype=np.uint32).view(np.float32),  # any finite
        np.array([0.0, -0.0, 1 / 3, 2**24, 3.4028235e38, 1e-45, -1.1754944e-38, 0.1], np.float32).reshape(1, 2, 4),
    ],
    ids=["pressures", "subnormal", "any", "edges"],
)
@pytest.mark.parametrize("suffix", [".csv", ".npz"])
def test_an_export_gives_back_the_same_float32_bit_for_bit(tmp_path, values, suffix):
    values = values.astype(np.float32)
    out = tmp_path / f"made{suffix}"
    write_signals(out, values)
    if suffix == ".npz":
        with np.load(out, allow_pickle=False) as made:
            np.testing.assert_array_equal(bits(made["values"]), bits(values))
        return
    by_pandas = pd.read_csv(out).to_numpy().astype(np.float32)
    by_numpy = np.loadtxt(out, delimiter=",", skiprows=1, ndmin=2)
    with out.open() as file:
        by_hand = [[float(cell) for cell in row] for row in list(csv.reader(file))[1:]]
    for read in (by_pandas, by_numpy, by_hand):
        np.testing.assert_array_equal(bits(read).reshape(values.shape), bits(values))


# --- classes by name


def test_names_with_commas_and_names_that_are_numbers_are_reached():
    names = ("a,b", "a", "b", "3", "x, y", " z")
    assert classes_named(["a,b"], names) == ["a,b"]  # the whole text, where it is a name
    assert classes_named(["b,a"], names) == ["b", "a"]
    assert classes_named(["b", "a"], names) == ["b", "a"]
    assert classes_named(['"x, y",3'], names) == ["x, y", "3"]
    assert classes_named(["a, 3", " z"], names) == ["a", "3", " z"]
    for text in ("0", "1", "a b", "A"):
        with pytest.raises(ValueError, match="no class is called"):
            classes_named([text], names)


@pytest.fixture(scope="module")
def odd_names(tmp_path_factory):
    """A folder in Auslan's form whose signs are a number, and two words with a comma."""
    rng = np.random.default_rng(0)
    root = tmp_path_factory.mktemp("odd") / "tctodd1"
    root.mkdir()
    for sign in ("3", "1", "yes, please"):
        for k in range(4):
            rows = rng.normal(size=(40, 22)).cumsum(axis=0)
            np.savetxt(root / f"{sign}-{k}.tsd", rows, delimiter="\t", fmt="%.5f")
    return root


def test_odd_class_names_are_trained_on_generated_and_written(odd_names, tmp_path):
    run = str(tmp_path / "run")
    chosen = ["--classes", "yes, please", "--classes", "3"]
    assert main(["train", str(odd_names), "--out", run, *chosen, *FEW]) == 0
    for label in ("3", "yes, please"):
        out = tmp_path / "made.csv"
        assert main(["generate", run, "--n", "4", "--label", label, "--out", str(out), "--force"]) == 0
        assert set(pd.read_csv(out, dtype={"label": str})["label"]) == {label}


def test_a_class_that_the_run_saw_no_recording_of_is_refused_by_name(runs, tmp_path, capsys):
    shutil.copytree(runs / "labelled", tmp_path / "run")
    described = json.loads((tmp_path / "run" / "run.json").read_text())
    for counts, said in (([4, 0], "no recording of 'thank'.*It has 'hello'"), ([4], "run.json does not say")):
        (tmp_path / "run" / "run.json").write_text(json.dumps(described | {"class_counts": counts}))
        err = refused(capsys, "generate", tmp_path / "run", "--label", "thank", "--out", tmp_path / "made.csv")
        assert re.search(said, err)
    for broken in ("{", "[]", '{"class_counts": "many"}'):
        (tmp_path / "run" / "run.json").write_text(broken)
        assert "run.json does not say" in refused(capsys, "generate", tmp_path / "run", "--out", tmp_path / "made.csv")


# --- a reader's own file


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    """A file as the UCR archive has them: classes 1 (6 signals), 2 (5) and 3 (1), of 24 steps."""
    rows = np.random.default_rng(0).normal(size=(12, 25))
    rows[:, 0] = [1] * 6 + [2] * 5 + [3]
    path = tmp_path_factory.mktemp("ucr") / "Own_TRAIN.tsv"
    np.savetxt(path, rows, delimiter="\t", fmt=["%d"] + ["%.6f"] * 24)
    return path


def test_a_tsv_is_learnt_at_its_own_length_and_a_class_of_one_is_left_out_with_a_sentence(own, tmp_path, capsys):
    run, few = str(tmp_path / "run"), ["--steps", "3", "--device", "cpu"]
    assert main(["train", str(own), "--out", run, *few]) == 0
    said = capsys.readouterr().err
    assert "Record more of them: train and fit leave them out, unless --hold-out is 0." in said
    assert "dataset." not in said
    assert "1 of 3 classes, with 1 of 12 signals, is left out, having fewer than 3 signals: '3 (1)'." in said
    assert "2 signals are held out (seed 0), 9 are trained on." in said
    assert main(["generate", run, "--n", "4", "--label", "2", "--out", str(tmp_path / "made.csv")]) == 0
    made = pd.read_csv(tmp_path / "made.csv", dtype={"label": str})
    assert set(made["label"]) == {"2"} and made.shape == (4, 25)
    assert "there are '1', '2'" in refused(capsys, "generate", run, "--label", "3", "--out", tmp_path / "other.csv")


def test_with_nothing_held_out_a_class_of_one_is_learnt_too(own, tmp_path, capsys):
    run = str(tmp_path / "run")
    assert main(["train", str(own), "--out", run, "--hold-out", "0", *FEW]) == 0
    assert "left out" not in capsys.readouterr().err
    assert main(["generate", run, "--n", "2", "--label", "3", "--out", str(tmp_path / "made.npz")]) == 0
    with np.load(tmp_path / "made.npz") as made:
        assert made["values"].shape == (2, 1, 32)  # FEW asks for another length than the file's


def test_channels_of_a_tsv_and_a_broken_one_are_refused_before_any_work(own, tmp_path, capsys):
    err = refused(capsys, "train", own, "--channels", "right_x", "--out", tmp_path / "run")
    assert "the option --channels right_x says nothing about such a file" in err
    (tmp_path / "broken.tsv").write_text("1\t0.5\t0.25\n2\t0.5\tx\n")
    err = refused(capsys, "train", tmp_path / "broken.tsv", "--out", tmp_path / "run")
    assert "broken.tsv, row 2, column 3" in err and not (tmp_path / "run").exists()


# --- paths and disks


def test_a_tilde_is_the_reader_s_own_folder(folder, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    shutil.copytree(folder, tmp_path / "signs")
    assert main(["train", "~/signs", "--out", "~/run", *FEW]) == 0
    assert main(["generate", "~/run", "--n", "2", "--out", "~/made.npz"]) == 0
    assert (tmp_path / "made.npz").is_file() and not (tmp_path / "~").exists()


def no_step(*args, **options):
    raise AssertionError("a training step was taken")


@pytest.fixture
def before_training(monkeypatch):
    monkeypatch.setattr(train_command, "train", no_step)


def test_a_file_where_the_run_is_to_be_is_said_before_the_first_step(folder, tmp_path, capsys, before_training):
    (tmp_path / "run").write_text("mine")
    for out in (tmp_path / "run", tmp_path / "run" / "below" / "it"):
        err = refused(capsys, "train", folder, "--out", out, *FEW)
        assert f"{tmp_path / 'run'}: a file stands there, where a folder was meant" in err
    assert (tmp_path / "run").read_text() == "mine"


@pytest.mark.parametrize(
    ("number", "said"),
    [(errno.ENOSPC, "the disk is full"), (errno.EROFS, "can only be read"), (errno.EACCES, "no permission")],
)
def test_a_disk_that_refuses_is_said_before_the_first_step(
    folder, runs, tmp_path, capsys, monkeypatch, before_training, number, said
):
    def refuse(*args, dir, **options):
        raise OSError(number, os.strerror(number), str(dir))

    monkeypatch.setattr(tempfile, "TemporaryFile", refuse)
    monkeypatch.setattr(generate_command, "sample", no_step)
    for arguments in (("train", folder, "--out", tmp_path / "run", *FEW), ("generate", runs / "plain")):
        out = () if arguments[0] == "train" else ("--out", tmp_path / "made.csv")
        err = refused(capsys, *arguments, *out)
        assert err == f"error: {tmp_path}: {err.split(': ', 2)[2]}" and said in err
    assert list(tmp_path.iterdir()) == []


def test_a_disk_without_room_for_the_run_is_said_before_the_first_step(folder, tmp_path, capsys, before_training):
    """RLIMIT_FSIZE stands for the full disk: the kernel itself refuses the bytes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, before[1]))
    try:
        err = refused(capsys, "train", folder, "--out", tmp_path / "run", *FEW)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert "larger than this system lets" in err and list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("failing", [OSError(errno.ENOSPC, "full"), SafetensorError("I/O error: full")])
def test_a_disk_that_fills_up_later_is_a_sentence_too(folder, tmp_path, capsys, monkeypatch, failing):
    def fails(*args, **options):
        raise failing

    monkeypatch.setattr(train_command, "train", fails)
    assert "full" in refused(capsys, "train", folder, "--out", tmp_path / "run", *FEW)


def test_a_folder_where_a_file_was_meant_is_said_and_left(runs, tmp_path, capsys):
    (tmp_path / "made.csv").mkdir()
    for force in ((), ("--force",)):
        assert "is a folder" in refused(capsys, "generate", runs / "plain", "--out", tmp_path / "made.csv", *force)
    assert list(tmp_path.iterdir()) == [tmp_path / "made.csv"]


def run(*arguments, **options):
    """The command line in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "course_lib", *map(str, arguments)],
        env={**os.environ, "PYTHONPATH": str(ROOT), "TQDM_DISABLE": "1"},
        stderr=subprocess.PIPE,
        text=True,
        timeout=600,
        **options,
    )


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="/dev/full is Linux's")
def test_an_output_that_cannot_be_printed_is_a_sentence(runs, tmp_path):
    with open("/dev/full", "w") as full:
        done = run("generate", runs / "plain", "--n", 2, "--out", tmp_path / "made.npz", stdout=full)
    assert done.returncode == 2 and done.stderr == "error: the disk is full\n"


def test_the_command_line_brings_in_nothing_of_the_notebooks():
    """In a fresh process: what the library needs, and neither figures, widgets nor classifiers."""
    unwanted = ["matplotlib", "seaborn", "IPython", "ipywidgets", "sklearn", "ot", "pywt", "course_lib.classroom"]
    source = f"import course_lib.__main__, sys; print(sorted(set({unwanted}) & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", source],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert (done.stdout, done.stderr) == ("[]\n", "")


@pytest.mark.skipif(not AUSLAN.is_file(), reason="COURSE_DATA is not set: the real Auslan recordings are not at hand")
def test_the_real_archive_trains_and_generates_three_channels(tmp_path):
    channels = "right_x,right_y,right_z"
    run, out = str(tmp_path / "run"), tmp_path / "made.npz"
    assert main(["train", str(AUSLAN), "--out", run, "--channels", channels, *FEW]) == 0
    assert main(["generate", run, "--n", "50", "--out", str(out), "--device", "cpu"]) == 0
    with np.load(out) as made:
        assert made["values"].shape == (50, 3, 32) and np.isfinite(made["values"]).all()
    train_set, _ = load_auslan(AUSLAN, channels=channels.split(","), length=32).split(0.8, seed=0)
    kept, expected = checkpoints.load_scaler(run + "/generator.safetensors"), Scaler.fit(train_set)
    assert torch.equal(kept.mean, expected.mean) and torch.equal(kept.std, expected.std)


def test_a_warning_is_a_sentence_of_its_own(folder, tmp_path, capsys):
    assert main(["train", str(folder), "--out", str(tmp_path / "run"), *FEW]) == 0
    said = capsys.readouterr().err
    assert "warning: train: 8 signals are so few that a generator can only copy them." in said
    assert ".py" not in said


def test_a_second_run_in_one_folder_is_refused_while_the_first_is_on(folder, tmp_path, capsys):
    with files.hold(tmp_path / "run"):
        assert main(["train", str(folder), "--out", str(tmp_path / "run"), *FEW]) == 2
    assert re.search("error: .*run is in use by process", capsys.readouterr().err)
