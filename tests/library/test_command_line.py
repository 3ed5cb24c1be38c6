"""The command line, run as a user runs it: files in, files out, and a message instead of a traceback."""

import csv
import os
from pathlib import Path

import numpy as np
import pytest
import torch

from course_lib import checkpoints
from course_lib.__main__ import main
from course_lib.data import Scaler, load_auslan
from course_lib.training import sample

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
    channels = ["--channels", "right_x,left_y"]
    assert main(["train", str(folder), "--out", str(out / "plain"), *channels, *FEW]) == 0
    assert main(["train", str(folder), "--out", str(out / "labelled"), "--conditional", *FEW]) == 0
    return out


def test_an_npz_holds_the_signals_in_the_recordings_units(runs, tmp_path):
    out = tmp_path / "made.npz"
    assert main(["generate", str(runs / "plain"), "--n", "7", "--out", str(out), "--seed", "3", "--device", "cpu"]) == 0
    with np.load(out, allow_pickle=False) as made:
        assert sorted(made.files) == ["labels", "values"]
        values, labels = made["values"], made["labels"]
    assert values.shape == (7, 2, 32) and values.dtype == np.float32
    assert labels.dtype == np.int64 and (labels == -1).all()
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
    assert out.read_text().startswith("label,")


def test_a_run_folder_that_exists_is_refused_and_resumed_when_asked(folder, runs, capsys):
    arguments = ["train", folder, "--out", runs / "plain", "--channels", "right_x,left_y", *FEW]
    assert "holds a run already" in refused(capsys, *arguments)
    longer = [str(a) for a in arguments] + ["--steps", "5", "--resume"]
    assert main(longer) == 0
    assert "5 of 5 steps" in capsys.readouterr().out


def test_what_cannot_be_met_is_said_before_any_work(folder, runs, tmp_path, capsys):
    assert ".csv or .npz" in refused(capsys, "generate", runs / "plain", "--out", tmp_path / "made.xlsx")
    assert "no folder" in refused(capsys, "generate", runs / "plain", "--out", tmp_path / "no" / "made.csv")
    assert "no checkpoint" in refused(capsys, "generate", tmp_path / "nothing", "--out", tmp_path / "made.csv")
    assert "--conditional" in refused(
        capsys, "generate", runs / "plain", "--out", tmp_path / "m.csv", "--label", "hello"
    )
    assert "hello, thank" in refused(
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
