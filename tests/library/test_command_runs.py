"""The folder of a run and its report, as the commands make them: it explains itself, goes on, and is judged alone."""

import contextlib
import copy
import itertools
import json
import os
import re
import resource
import shlex
import shutil
import signal
import subprocess
import sys
import textwrap
import time
import types

import numpy as np
import pandas as pd
import pytest
import torch
from test_metrics_verdict import report

import course_lib
from course_lib import checkpoints, plots
from course_lib.__main__ import main, parser
from course_lib.commands import evaluate, fit, generate, say, show, train
from course_lib.commands import train as train_command
from course_lib.commands.arguments import RECIPES, as_options, units
from course_lib.commands.page import _settings, interval
from course_lib.commands.recordings import Recordings, split
from course_lib.commands.run_folder import EXPLAINED, OWN
from course_lib.data import SignalDataset, load_signals
from course_lib.metrics import verdict_of
from course_lib.training.callbacks import stop_when
from tools.address import ROOT

FEW = ["--steps", "3", "--device", "cpu"]
WHOLE = ["generator.safetensors", "run.json", "state.safetensors"]


def write(path, n=60, classes=("walk", "run"), *, length=24, label=True):
    """A wide CSV of noisy sines in quarters, each class of another frequency, in turn."""
    rng, t = np.random.default_rng(n), np.linspace(0, 1, length)
    rows = [",".join((["label"] if label else []) + [f"t{i}" for i in range(length)])]
    for i in range(n):
        k = i % len(classes)
        x = 3 * np.sin(2 * np.pi * (k + 1) * t + rng.normal(0, 0.3)) + 0.5 * rng.normal(size=length)
        rows.append(",".join(([classes[k]] if label else []) + [f"{v:.2f}" for v in np.round(4 * x) / 4]))
    path.write_text("\n".join(rows) + "\n")
    return path


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    return write(tmp_path_factory.mktemp("own") / "own.csv")


@pytest.fixture(scope="module")
def trained(own, tmp_path_factory):
    """A run that knows its rate and its unit."""
    out = tmp_path_factory.mktemp("trained") / "run"
    assert main(["train", str(own), "--out", str(out), "--rate", "80", "--unit", "m", *FEW]) == 0
    return out


@pytest.fixture
def small_forests(monkeypatch):
    """Of the report's work nearly all is trees."""
    monkeypatch.setattr("course_lib.metrics.classifiers.QUICK_TREES", 2)
    monkeypatch.setattr("course_lib.metrics.classifiers.TREES", 2)


def refused(capsys, *arguments):
    capsys.readouterr()
    assert main([str(a) for a in arguments]) == 2
    heard = capsys.readouterr()
    assert heard.out == "" and heard.err.splitlines()[-1].startswith("error: ")
    return heard.err


@contextlib.contextmanager
def room_for(size):
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def weights(folder):
    return torch.cat(
        [x.flatten() for x in checkpoints.load_model(folder / "generator.safetensors").state_dict().values()]
    )


# --- the folder


def test_the_folder_of_a_run_explains_itself(trained):
    there = {path.name for path in trained.iterdir() if not path.name.startswith(".")}
    assert there >= {*WHOLE, "command.json", "README.txt", "recordings.npz", "history.csv", "samples.png"}
    assert there <= {*EXPLAINED, "README.txt"}
    assert all(name in (trained / "README.txt").read_text() for name in there - {"README.txt"})
    assert (trained / "samples.png").read_bytes().startswith(b"\x89PNG")
    history = pd.read_csv(trained / "history.csv")
    assert list(history["step"]) == [1, 2, 3] and history.notna().to_numpy().all()


def test_the_command_that_a_run_keeps_makes_the_same_run(trained, tmp_path, monkeypatch):
    words = shlex.split(json.loads((trained / "command.json").read_text())["train"])
    assert words[:4] == ["python", "-m", "course_lib", "train"]
    words[words.index("--out") + 1] = str(tmp_path / "again")
    assert main(words[3:]) == 0
    assert torch.equal(weights(trained), weights(tmp_path / "again"))


def test_every_option_of_reading_and_choosing_comes_back_from_the_command_that_is_kept():
    typed = [
        "train",
        "my file.csv",
        "--out",
        "my run",
        "--delimiter",
        "\t",
        "--label",
        "none",
        "--channels",
        'a,"b,c",3',
    ]
    typed += ["--classes", "yes, please", "--unconditional", "--hold-out", "0.1", "--time", "2", "--seed", "4"]
    given = parser().parse_args([*typed, "--steps", "7", "--header", "2", "--ignore", "x"])
    again = parser().parse_args(shlex.split(train_command.shared.training_command(given, 7))[3:])
    assert vars(again) == vars(given) | {"run": again.run}
    assert given.channels == ["a", "b,c", 3] and given.label is False and given.delimiter == "\t"


def test_the_recordings_are_kept_with_which_were_held_out_and_their_rows_in_the_file(own, trained):
    file, kept = load_signals(own), load_signals(trained / "recordings.npz")
    assert torch.equal(kept.values, file.values) and torch.equal(kept.labels, file.labels)
    assert kept.class_names == file.class_names == ("run", "walk")
    recordings = Recordings.load(trained / "recordings.npz")
    learnt, held_out = file.split(0.8, seed=0)
    assert torch.equal(recordings.learnt.values, learnt.values) and torch.equal(
        recordings.held_out.labels, held_out.labels
    )
    assert torch.equal(file.values[recordings.held_out_rows], held_out.values)
    assert len(recordings) == 60 and not set(recordings.learnt_rows) & set(recordings.held_out_rows)


@pytest.mark.parametrize("grouped", [False, True])
def test_rows_are_those_of_the_file_where_classes_are_chosen_and_small_ones_left_out(tmp_path, grouped):
    values = np.random.default_rng(0).normal(size=(40, 1, 8)).astype(np.float32)
    labels = np.array([0, 1, 2, 1] * 9 + [0, 1, 1, 3])
    data = SignalDataset(values, labels, ["a", "b", "c", "d"], groups=np.arange(40) // 2 if grouped else None)
    recordings = split(data, classes=["d", "b", "a"], hold_out=0.25)
    for part, rows in ((recordings.learnt, recordings.learnt_rows), (recordings.held_out, recordings.held_out_rows)):
        assert part.class_names == ("b", "a")
        np.testing.assert_array_equal(part.values, values[rows])
        assert [("b", "a")[k] for k in part.labels] == [("a", "b", "c", "d")[k] for k in labels[rows]]
    recordings.save(tmp_path / "kept.npz")
    assert Recordings.load(tmp_path / "kept.npz").same_as(recordings)
    assert not split(data, classes=["d", "b", "a"], hold_out=0.5).same_as(recordings)


def test_what_all_recordings_share_is_imposed_on_what_is_generated(trained, tmp_path):
    assert main(["generate", str(trained), "--n", "20", "--out", str(tmp_path / "made.npz"), "--device", "cpu"]) == 0
    with np.load(tmp_path / "made.npz") as made:
        quarters = 4 * made["values"]
    np.testing.assert_array_equal(quarters, np.round(quarters))  # the recordings are multiples of 0.25
    assert len(np.unique(quarters)) > 10


def test_a_csv_says_times_and_unit_where_the_run_knows_them_and_is_read_back_bit_for_bit(trained, tmp_path):
    for name in ("made.csv", "made.npz"):
        assert main(["generate", str(trained), "--per-class", "4", "--out", str(tmp_path / name), "--seed", "5"]) == 0
    header = (tmp_path / "made.csv").read_text().splitlines()[0]
    assert next(iter(pd.read_csv(tmp_path / "made.csv"))) == "label"
    assert '"c0_t0 (0 s, m)","c0_t1 (0.0125 s, m)"' in header and '"c0_t23 (0.2875 s, m)"' in header
    by_text, by_array = (load_signals(tmp_path / name) for name in ("made.csv", "made.npz"))
    assert torch.equal(by_text.values, by_array.values) and torch.equal(by_text.labels, by_array.labels)
    assert by_text.class_names == by_array.class_names == ("run", "walk") and by_text.class_counts == [4, 4]


def test_with_one_of_rate_and_unit_the_header_says_that_one(tmp_path):
    values = np.zeros((2, 2, 2), np.float32)
    for options, said in (({"rate": 4.0}, "c1_t1 (0.25 s)"), ({"unit": "mV"}, "c1_t1 (mV)"), ({}, "c1_t1")):
        generate.write_signals(tmp_path / "made.csv", values, **options)
        assert list(pd.read_csv(tmp_path / "made.csv"))[-1] == said


# --- going on, stopping, other programs' folders


@pytest.mark.parametrize(("length", "said"), [("48", True), ("24", False)])
def test_of_signals_that_were_resampled_it_is_said_what_the_rate_is_taken_for(own, length, said, capsys):
    asked = ["train", str(own), "--out", "-", "--rate", "8", "--length", length]
    train_command.recordings_of(parser().parse_args(asked))
    shown = "--rate 8 is taken for the 48 steps that all signals have now, 6 s each" in capsys.readouterr().err
    assert shown == said


def test_a_run_stopped_with_ctrl_c_keeps_what_there_is_says_so_and_goes_on(own, trained, tmp_path, monkeypatch, capsys):
    class Press:
        def __call__(self, state):
            if state.step == 1:  # the running step is the next one when the loop asks
                os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr(train_command, "ProgressBar", Press)
    run = ["train", str(own), "--out", str(tmp_path / "run"), *FEW]
    assert main(run) == 130
    assert (
        "2 of 3 steps are done" in capsys.readouterr().out and len(pd.read_csv(tmp_path / "run" / "history.csv")) == 2
    )
    monkeypatch.undo()
    assert main([*run, "--resume", "--rate", "80"]) == 0
    assert torch.equal(weights(tmp_path / "run"), weights(trained))
    assert json.loads((tmp_path / "run" / "command.json").read_text())["rate"] == 80


def test_ctrl_c_anywhere_else_is_a_sentence_too(monkeypatch, capsys, tmp_path):
    def press(*args, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr("course_lib.commands.arguments.load_signals", press)
    assert main(["train", "own.csv", "--out", str(tmp_path / "run")]) == 130
    assert capsys.readouterr().err == "stopped: what was written before is kept.\n" and list(tmp_path.iterdir()) == []


def test_a_resumed_run_with_other_recordings_is_refused_and_its_own_are_kept(own, trained, tmp_path, capsys):
    shutil.copytree(trained, tmp_path / "run")
    before = (tmp_path / "run" / "recordings.npz").read_bytes()
    other = write(tmp_path / "other.csv", 66)
    resume = ["--out", tmp_path / "run", "--resume", *FEW]
    assert "the run in it has other recordings" in refused(capsys, "train", other, *resume)
    assert "others of them held out" in refused(capsys, "train", own, "--hold-out", "0.3", *resume)
    assert (tmp_path / "run" / "recordings.npz").read_bytes() == before


@pytest.mark.parametrize("name", OWN)
@pytest.mark.parametrize("resume", [[], ["--resume"]])
def test_a_folder_of_another_program_is_left_as_it_is(own, tmp_path, capsys, name, resume):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / name).write_text('{"program": "another"}')
    for command in ("train", "fit"):
        said = refused(capsys, command, own, "--out", tmp_path / "run", *resume)
        assert f"holds {name}, which the run would replace" in said
    assert [path.name for path in (tmp_path / "run").iterdir()] == [name]
    assert (tmp_path / "run" / name).read_text() == '{"program": "another"}'


def test_a_run_folder_of_another_program_is_neither_drawn_from_nor_judged(own, tmp_path, capsys):
    run = tmp_path / "run"
    assert "no recordings at" in refused(capsys, "evaluate", run)
    run.mkdir()
    for content in (b"", b"PK\x03\x04 cut short"):
        (run / "recordings.npz").write_bytes(content)
        assert "cut short or is another program's" in refused(capsys, "evaluate", run)
    np.savez(run / "recordings.npz", values=np.zeros((3, 4)))
    assert "cut short or is another program's" in refused(capsys, "evaluate", run)
    (run / "generator.safetensors").write_bytes(b"\0" * 100)
    assert "not a whole checkpoint of this course" in refused(capsys, "generate", run, "--out", tmp_path / "made.csv")


# --- what the recordings are like


def test_signals_without_labels_are_learnt_drawn_and_written_without(tmp_path, capsys):
    own, run = write(tmp_path / "own.csv", 20, label=False), tmp_path / "run"
    assert main(["train", str(own), "--out", str(run), *FEW]) == 0
    assert "without labels" in capsys.readouterr().err
    assert main(["generate", str(run), "--n", "4", "--out", str(tmp_path / "made.csv")]) == 0
    assert list(pd.read_csv(tmp_path / "made.csv")) == [f"c0_t{t}" for t in range(24)]
    assert not load_signals(tmp_path / "made.csv").labelled
    for asked in (["--label", "walk"], ["--per-class", "3"]):
        assert f"{asked[0]} cannot be met" in refused(capsys, "generate", run, *asked, "--out", tmp_path / "x.csv")


def test_a_constant_channel_is_refused_before_any_work(tmp_path, capsys):
    values = np.random.default_rng(0).normal(size=(20, 2, 12)).astype(np.float32)
    values[:, 1] = 5
    np.save(tmp_path / "own.npy", values)
    said = refused(capsys, "train", tmp_path / "own.npy", "--out", tmp_path / "run")
    assert "1 of 2 do not: the first is channel 2, 5 throughout" in said and not (tmp_path / "run").exists()
    generate.write_signals(tmp_path / "own.npz", values, channel_names=("force", "torque"))
    said = refused(capsys, "train", tmp_path / "own.npz", "--out", tmp_path / "run")
    assert "the first is channel 2 (torque), 5 throughout" in said


def test_so_many_of_one_class_are_drawn_where_both_are_said(trained, tmp_path):
    asked = ["--label", "walk", "--per-class", "3", "--out", str(tmp_path / "made.csv")]
    assert main(["generate", str(trained), *asked]) == 0
    assert list(pd.read_csv(tmp_path / "made.csv")["label"]) == ["walk"] * 3


# --- the report


def test_a_run_is_judged_without_its_file_and_the_verdict_is_the_last_line(trained, tmp_path, capsys, small_forests):
    run = tmp_path / "<run>"
    shutil.copytree(trained, run)
    (run / "samples.png").unlink()
    assert main(["evaluate", str(run), "--quick", "--device", "cpu"]) == 0
    heard = capsys.readouterr()
    table = pd.read_csv(run / "report.csv", index_col="metric")
    sentence = verdict_of(table).sentence
    assert heard.out.splitlines()[-1].lower() == sentence.lower()
    for metric, line in table.iterrows():
        (row,) = [r for r in heard.out.splitlines() if r.startswith(metric.replace("_", " ") + " ")]
        assert f"{line['value']:.3g}" in row and ("outside" in row) != line["inside"]
    assert list(table)[-7:] == [
        *("Gaussian", "Gaussian, shrunk", "Gaussian, pooled", "interpolation", "jittered copies"),
        *("Fourier surrogates", "untrained"),
    ]
    assert "tstr" in table.index and "untrained" in heard.out.splitlines()[0]
    assert "Judging 12 generated signals by 12 held-out recordings" in heard.err
    assert (run / "samples.png").read_bytes().startswith(b"\x89PNG")
    html = (run / "report.html").read_text(encoding="utf-8")
    assert html.count('src="data:image/png;base64,') == html.count("<img ") == 3 and "http" not in html
    assert html.count("<tr class=") == len(table) and sentence.split(", because ")[-1][:40] in html
    assert "&lt;run&gt;" in html and "<run>" not in html
    assert html.count('<img src="data:') == html.count('px">')  # each has its least width


def test_settings_are_written_as_a_person_would_and_a_share_lies_from_0_to_1():
    known = {"reading": {"length": 64, "channels": ["ax", "ay"]}, "labels": True, "rate": 256.4, "out": None}
    html = _settings(known)
    for said in ("<code>length: 64, channels: ax, ay</code>", "<code>yes</code>", "<code>256.4</code>"):
        assert said in html
    assert "out" not in html
    line = pd.Series({"low": 0.84, "high": 1.1})
    assert interval(line.rename("precision")) == "0.84 to 1" and interval(line.rename("density")) == "0.84 to 1.1"
    line["low"] = -0.357
    assert interval(line.rename("precision")) == "0 to 1" and interval(line.rename("density")) == "0 to 1.1"
    assert interval(line.rename("of another sign")) == "-0.357 to 1.1"


@pytest.mark.parametrize("recipe", sorted(RECIPES))
def test_untrained_is_the_generator_as_the_run_began(recipe):
    walk = torch.randn(20, 2, 32, generator=torch.Generator().manual_seed(0)).cumsum(2)
    scaled = SignalDataset(walk / walk.std(), torch.arange(20) % 2, ("a", "b"))
    begun, _ = RECIPES[recipe].build(scaled, conditional=True, seed=3)
    trained = copy.deepcopy(begun)
    for weight in trained.parameters():
        weight.data += 1
    fresh = evaluate.untrained(trained, seed=3)
    assert not fresh.training and fresh.state_dict().keys() == begun.state_dict().keys()
    for name, value in begun.state_dict().items():
        assert torch.equal(fresh.state_dict()[name], value), name


def test_other_recordings_may_judge_and_must_be_of_the_run_s_kind(trained, tmp_path, capsys, small_forests):
    run = tmp_path / "run"
    shutil.copytree(trained, run)
    longer = write(tmp_path / "later.csv", 33, length=48)
    assert main(["evaluate", str(run), "--real", str(longer), "--quick", "--device", "cpu"]) == 0
    assert "Judging 24 generated signals" in capsys.readouterr().err  # 12 of each class: half of the 24 learnt
    for file, said in (
        (write(tmp_path / "others.csv", 60, ("walk", "sit")), "has learnt, got 'sit'"),
        (write(tmp_path / "few.csv", 9), "expected at least 10 held-out recordings to judge by"),
        (tmp_path / "gone.csv", "nothing at"),
    ):
        assert said in refused(capsys, "evaluate", run, "--real", file)
    np.save(tmp_path / "two.npy", np.random.default_rng(0).normal(size=(40, 2, 24)))
    assert "1 channels of 24 steps, got 2" in refused(capsys, "evaluate", run, "--real", tmp_path / "two.npy")


def test_other_recordings_are_read_as_the_run_s_were_unless_told_otherwise(tmp_path, capsys, small_forests):
    def kinds(name, n, called="kind"):  # a column that no reader takes for the label by its name, of numbers
        path = write(tmp_path / name, n, ("1", "2"))
        path.write_text(path.read_text().replace("label", called).replace("t0", "quality").replace(",", ";"))
        return path

    run, options = tmp_path / "run", ["--label", "kind", "--ignore", "quality", "--delimiter", ";"]
    assert main(["train", str(kinds("own.csv", 60)), "--out", str(run), *options, *FEW]) == 0
    judge = ["evaluate", str(run), "--quick", "--device", "cpu", "--real"]
    assert main([*judge, str(kinds("later.csv", 30))]) == 0
    said = "read as the run's recordings were, --label kind --delimiter ';' --ignore quality"
    assert said in capsys.readouterr().err
    other = kinds("other.csv", 30, "sort")
    assert "--label kind: no column is called that" in refused(capsys, *judge, other)
    assert main([*judge, str(other), "--label", "sort", "--ignore", "quality"]) == 0
    assert "read as the run's" not in capsys.readouterr().err
    later = load_signals(tmp_path / "later.csv", label="kind", ignore=["quality"])
    np.savez(tmp_path / "later.npz", values=later.values, labels=later.labels + 1)
    assert main([*judge, str(tmp_path / "later.npz")]) == 0  # of another kind: options of tables say nothing of it
    assert "read as the run's" not in capsys.readouterr().err


def test_channels_keep_their_names_and_units_from_the_file_to_the_exports(tmp_path, capsys, monkeypatch):
    rng, rows = np.random.default_rng(0), ["id,time,force,angle"]
    rows += [f"{i},{t},{rng.normal():.3f},{9 * rng.normal():.3f}" for i in range(40) for t in range(12)]
    (tmp_path / "own.csv").write_text("\n".join(rows))
    asked = ["train", str(tmp_path / "own.csv"), "--out", str(tmp_path / "run"), *FEW]
    assert "expected one unit for all 2 channels, or 2 between commas, got 3" in refused(
        capsys, *asked, "--unit", "N,,V"
    )
    drawn, plot = {}, plots.plot_samples
    monkeypatch.setattr(plots, "plot_samples", lambda *a, **known: drawn.update(known) or plot(*a, **known))
    assert main([*asked, "--rate", "4", "--unit", "N, deg"]) == 0
    assert drawn["channel_names"] == ("force", "angle") and drawn["unit"] == ["N", "deg"]
    assert Recordings.load(tmp_path / "run/recordings.npz").learnt.channel_names == ("force", "angle")
    for name in ("made.csv", "made.npz"):
        assert (
            main(["generate", str(tmp_path / "run"), "--n", "3", "--out", str(tmp_path / name), "--device", "cpu"]) == 0
        )
    header = list(pd.read_csv(tmp_path / "made.csv"))
    assert header[1] == "c0_t1 (force, 0.25 s, N)" and header[-1] == "c1_t11 (angle, 2.75 s, deg)"
    made = load_signals(tmp_path / "made.npz")
    assert made.channel_names == ("force", "angle")
    torch.testing.assert_close(load_signals(tmp_path / "made.csv").values, made.values, rtol=0, atol=0)


def test_channels_in_another_order_are_put_as_the_run_has_them_and_that_is_said(capsys):
    values = np.random.default_rng(0).normal(size=(6, 2, 8)).astype(np.float32)
    learnt = SignalDataset(values, channel_names=("force", "angle"))
    turned = SignalDataset(values[:, ::-1].copy(), channel_names=("angle", "force"))
    back = evaluate.in_order_of(learnt, turned)
    assert back.channel_names == ("force", "angle") and torch.equal(back.values, learnt.values)
    assert "another order, angle, force" in capsys.readouterr().err
    for names in (("force", "angle"), ("force", "bend"), ("force", "force"), None):  # nothing that names can settle
        other = SignalDataset(values, channel_names=names)
        assert evaluate.in_order_of(learnt, other) is other
    assert capsys.readouterr().err == ""


def test_a_unit_of_one_channel_may_hold_a_comma_and_a_channel_may_have_none():
    assert units("m/s, filtered", 1) == ["m/s, filtered"] and units("m,,V", 3) == ["m", "", "V"]
    assert units(None, 2) == ["", ""] and units("m", 2) == ["m", "m"]


def test_a_disk_that_is_full_is_said_and_the_report_before_stands(trained, tmp_path, capsys, monkeypatch):
    """RLIMIT_FSIZE stands for the full disk: the kernel itself refuses the bytes."""
    made_up = report(caught=0.7)
    made_up.attrs["size"] = 12
    monkeypatch.setattr(evaluate, "report_of", lambda *args, **options: made_up)
    run = tmp_path / "run"
    shutil.copytree(trained, run)
    for name in ("report.csv", "report.html"):
        (run / name).write_text("before")
    names = sorted(path.name for path in run.iterdir())
    with room_for(500):
        said = refused(capsys, "evaluate", run)
    assert "larger than this system lets" in said and (run / "report.csv").read_text() == "before"
    assert sorted(path.name for path in run.iterdir()) == names
    assert main(["evaluate", str(run)]) == 0 and (run / "report.html").read_text().startswith("<!DOCTYPE html>")


def test_where_nothing_is_held_out_there_is_nothing_to_judge_by(own, tmp_path, capsys):
    assert main(["train", str(own), "--out", str(tmp_path / "run"), "--hold-out", "0", *FEW]) == 0
    assert "got 0 (of 0 held out)" in refused(capsys, "evaluate", tmp_path / "run")


def test_half_as_many_of_a_class_as_learnt_are_compared_at_most_and_of_very_many_five_hundred():
    def recordings(counts, hold_out):
        labels = np.repeat(np.arange(len(counts)), counts)
        values = np.random.default_rng(0).normal(size=(len(labels), 1, 4)).astype(np.float32)
        return split(
            SignalDataset(values, labels, [str(k) for k in range(len(counts))]), classes=None, hold_out=hold_out
        )

    assert evaluate.compared(recordings([30, 3, 20], 0.5))[1].class_counts == [7, 1, 5]
    assert evaluate.compared(recordings([40, 30], 0.2))[1].class_counts == [8, 6]
    assert evaluate.compared(recordings([3000, 1000], 0.25))[1].class_counts == [375, 125]


def test_without_matplotlib_all_is_done_but_the_pictures_and_that_is_said(own, tmp_path, capsys, monkeypatch):
    hurry(monkeypatch)
    monkeypatch.delattr(course_lib, "plots", raising=False)
    monkeypatch.setitem(sys.modules, "course_lib.plots", None)
    assert main(["train", str(own), "--out", str(tmp_path / "run"), *FEW]) == 0
    assert main(["evaluate", str(tmp_path / "run"), "--quick"]) == 0
    heard = capsys.readouterr().err
    assert "There is no samples.png" in heard and "The report has no pictures" in heard
    assert "<img" not in (tmp_path / "run" / "report.html").read_text()


# --- in a hurry


def hurry(patch):
    """Speeds as if measured, four steps at most, and a report that was made before."""
    made_up = report(caught=0.7)
    made_up.attrs["size"] = 12
    patch.setattr(evaluate, "report_of", lambda *args, **options: made_up)
    patch.setattr(fit, "report_seconds", lambda *args, **options: (2.0, True))
    patch.setattr(fit, "step_seconds", lambda *args: 0.001)
    patch.setattr(fit, "MOST_STEPS", 4)
    patch.setattr(fit, "FEWEST_STEPS", 2)


@pytest.fixture
def at_once(monkeypatch):
    hurry(monkeypatch)


TEN = ["--minutes", "10", "--device", "cpu"]


@pytest.fixture(scope="module")
def fitted(own, tmp_path_factory):
    out = tmp_path_factory.mktemp("fitted") / "run"
    with pytest.MonkeyPatch.context() as patch:
        hurry(patch)
        assert main(["fit", str(own), "--out", str(out), *TEN]) == 0
    return out


def test_fit_trains_judges_and_exports_and_train_makes_the_same_run(own, fitted, tmp_path):
    once = {"state.before.safetensors"}  # there was one checkpoint alone
    assert {path.name for path in fitted.iterdir()} >= {*EXPLAINED} - once
    known = json.loads((fitted / "command.json").read_text())
    assert known["steps"] == 4 == known["measured"]["steps"] and known["measured"]["seconds_a_step"] == 0.001
    samples = load_signals(fitted / "samples.csv")
    assert samples.class_counts == [30, 30] and samples.length == 24
    words = shlex.split(known["train"])
    words[words.index("--out") + 1] = str(tmp_path / "again")
    assert "--steps" in words and main(words[3:]) == 0
    assert torch.equal(weights(tmp_path / "again"), weights(fitted))


def test_a_fit_that_is_killed_goes_on_with_its_steps_to_the_same_end(own, fitted, tmp_path, monkeypatch):
    script = textwrap.dedent(
        f"""
        import os, signal, sys, torch
        torch.set_num_threads({torch.get_num_threads()})
        from course_lib.__main__ import main
        from course_lib.commands import fit, train
        class Kill:
            def __call__(self, state):
                if state.step == 3: os.kill(os.getpid(), signal.SIGKILL)
        fit.report_seconds = lambda *args, **options: (2.0, True)
        fit.step_seconds, fit.FEWEST_STEPS, fit.MOST_STEPS = (lambda *args: 0.001), 2, 4
        train.ProgressBar = Kill
        train.shared.RECIPES["best"] = train.shared.RECIPES["best"].with_config(checkpoint_every=2)
        main({["fit", str(own), "--out", str(tmp_path / "killed"), *TEN]!r})
        """
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        timeout=300,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()
    left = json.loads((tmp_path / "killed" / "run.json").read_text())
    assert left["config"]["steps"] == 4 and not (tmp_path / "killed" / "history.csv").exists()
    again = ["fit", str(own), "--out", str(tmp_path / "killed"), *TEN]
    assert main(again) == 2  # without --resume a run is not begun over another
    hurry(monkeypatch)
    monkeypatch.setattr(fit, "step_seconds", None)  # is not measured again
    assert main([*again, "--resume"]) == 0
    assert torch.equal(weights(tmp_path / "killed"), weights(fitted))
    assert (tmp_path / "killed" / "samples.csv").read_bytes() == (fitted / "samples.csv").read_bytes()


def test_fit_stops_training_when_its_minutes_are_over(own, tmp_path, capsys, at_once, monkeypatch):
    monkeypatch.setattr(fit, "stop_when", lambda seconds: stop_when(0.0))
    assert main(["fit", str(own), "--out", str(tmp_path / "run"), *TEN]) == 0
    heard = capsys.readouterr()
    assert "4 steps: 10 minutes, less 2 s for the quick report and 12 s for pictures and files" in heard.err
    assert heard.out.splitlines()[-1].startswith("Use it with care, because a classifier")
    said = re.search(r"training was over after (\d+) of (\d+) steps: slower than measured", heard.err)
    assert 0 < int(said[1]) < int(said[2]) == 4
    assert (
        len(pd.read_csv(tmp_path / "run" / "history.csv")) == int(said[1])
        and (tmp_path / "run" / "report.html").exists()
    )


def test_a_fit_stopped_with_ctrl_c_is_not_judged(own, tmp_path, capsys, at_once, monkeypatch):
    class Press:
        def __call__(self, state):
            raise KeyboardInterrupt

    monkeypatch.setattr(train_command, "ProgressBar", Press)
    assert main(["fit", str(own), "--out", str(tmp_path / "run"), *TEN]) == 130
    assert "1 of 4 steps are done" in capsys.readouterr().out and not (tmp_path / "run" / "report.csv").exists()


def test_what_fit_cannot_do_is_said_before_the_training(own, tmp_path, capsys, at_once, monkeypatch):
    with room_for(200_000):
        said = refused(capsys, "fit", own, "--out", tmp_path / "r", *TEN)
    assert "larger than this system lets" in said
    monkeypatch.setattr(fit, "report_seconds", lambda *args, **options: (600.0, True))
    assert "expected more minutes than 10: the report takes about 600 s" in refused(
        capsys, "fit", own, "--out", tmp_path / "r", *TEN
    )
    few = write(tmp_path / "few.csv", 20)
    assert "expected at least 10 held-out recordings" in refused(capsys, "fit", few, "--out", tmp_path / "r")
    assert not (tmp_path / "r").exists()


@pytest.mark.parametrize("minutes, typed", [(0.02, "0.1"), (1.0, "1"), (1.21, "1.3"), (9.96, "10"), (13.2, "14")])
def test_minutes_that_would_be_enough_are_rounded_up_and_written_as_they_are_typed(minutes, typed):
    assert fit.enough_minutes(minutes) == typed
    assert parser().parse_args(["fit", "simulated", "--out", "r", "--minutes", typed]).minutes >= minutes


def test_on_a_busy_machine_more_time_is_kept_for_the_end():
    assert [fit.share_of_a_core(*times) for times in ((10, 10), (10, 40), (10, 1), (0.1, 0.01))] == [1, 1, 0.1, 1]


def test_speeds_are_measured_on_what_will_be_run(own, small_forests, capsys, monkeypatch):
    ticks = itertools.count()  # a second for each look at the clock, however busy the machine is
    clock = types.SimpleNamespace(monotonic=lambda: float(next(ticks)), process_time=time.process_time)
    monkeypatch.setattr(fit, "time", clock)
    given = parser().parse_args(["fit", str(own), "--out", "nowhere", "--device", "cpu"])
    recordings = train.recordings_of(given)
    whole, quick = (
        fit.report_seconds(recordings, 1e9, labelled=True),
        fit.report_seconds(recordings, 1e-9, labelled=True),
    )
    assert not whole[1] and quick[1]
    assert (quick[0], whole[0]) == (fit.SMALL_REPORTS, fit.SMALL_REPORTS * fit.WHOLE_OVER_QUICK)  # 12 are compared
    plan = train.Plan.of(recordings, given, fit.MEASURED_STEPS)
    before = [model.state_dict() for model in plan.models()]
    assert fit.step_seconds(plan, "cpu") > 0
    for one, two in zip(before, (model.state_dict() for model in plan.models()), strict=True):
        assert all(torch.equal(one[name], two[name]) for name in one)  # the run begins as if nothing had been measured


# --- show, help, and what is wrong with a command


def test_show_says_what_a_file_holds_and_draws_it(own, tmp_path, capsys):
    assert main(["show", str(own), "--picture", str(tmp_path / "own.png"), "--rate", "80"]) == 0
    heard = capsys.readouterr()
    assert "classes   2: run (30), walk (30)" in heard.out and "60 of 1 channel x 24 steps" in heard.out
    assert (tmp_path / "own.png").read_bytes().startswith(b"\x89PNG")
    assert "exists already" in refused(capsys, "show", own, "--picture", tmp_path / "own.png")
    assert "to end in .png" in refused(capsys, "show", own, "--picture", tmp_path / "own.jpg")
    assert main(["show", "simulated", "--length", "16"]) == 0
    assert "24,000 signals of 1 channel x 16 steps, 80 classes" in capsys.readouterr().out


def test_show_shows_what_is_wrong_and_says_it_with_its_exit_code(tmp_path, capsys):
    (tmp_path / "own.csv").write_text("label,t0,t1,t2\na,1.5,2.5,3.5\nb,1.5,,3.5\n")
    assert main(["show", str(tmp_path / "own.csv")]) == 2
    assert "PROBLEM" in capsys.readouterr().out
    assert main(["show", str(tmp_path / "own.csv"), "--missing", "interpolate"]) == 0


def test_advice_on_a_file_is_given_as_the_options_of_this_command(tmp_path, capsys):
    uneven = tmp_path / "uneven.csv"
    uneven.write_text("label,t0,t1,t2\na,1.5,2.5,3.5\na,1.5,2.5,3.5\nb,1.5,0.5\n")
    for command in (("show", uneven), ("train", uneven, "--out", tmp_path / "run")):
        assert main([str(word) for word in command]) == 2
        heard = capsys.readouterr()
        told = heard.out + heard.err
        assert "3 steps in every signal, as 2 of 3 have" in told and "resample all to: --length 3." in told


def test_words_of_python_become_options_as_they_are_typed():
    said = "Say label=3, or label=False; ignore=[...] or channels=['a b', 'c']; header=ROW, delimiter=','; label=None."
    typed = "Say --label 3, or --label none; --ignore ... or --channels a b,c; --header ROW, --delimiter ,; no --label."
    assert as_options(said) == typed
    assert as_options("valid=3, wavelength=5 and a = b") == "valid=3, wavelength=5 and a = b"


def test_a_file_that_cannot_be_read_at_all_is_answered_in_this_command_s_options_by_show_and_train(tmp_path, capsys):
    rows = [f"{cycle},{step},{step * cycle % 7}" for cycle in (1, 2, 3) for step in range(9)]
    (tmp_path / "cycles.csv").write_text("\n".join(["cycle,time,bar", *rows]) + "\n")
    for command in (("show", tmp_path / "cycles.csv"), ("train", tmp_path / "cycles.csv", "--out", tmp_path / "run")):
        said = refused(capsys, *command)
        assert "Name it: --id ...; or keep each recording in a file of its own and read the folder. If" in said
        assert "load_signals" not in said and "error: cycles.csv: expected a column" in said
        said = refused(capsys, command[0], tmp_path / "cycle.csv", *command[2:])
        assert "error: expected a file, but there is nothing at" in said and "holds cycles.csv" in said
    assert main(["show", str(tmp_path / "cycles.csv"), "--id", "cycle"]) == 0


def test_channels_that_a_person_reads_count_from_1_in_show_and_in_a_refusal(tmp_path, capsys):
    values = np.random.default_rng(0).normal(size=(6, 2, 9)).astype(np.float32)
    np.save(tmp_path / "two.npy", values)
    assert main(["show", str(tmp_path / "two.npy")]) == 0
    low, high = (f"{of(values[:, 1]):.6g}" for of in (np.min, np.max))
    assert f", channel 2 {low} to {high}" in capsys.readouterr().out
    values[3, 1] = 5
    np.save(tmp_path / "two.npy", values)
    assert main(["show", str(tmp_path / "two.npy")]) == 0
    assert "constant  1 of channel 2" in capsys.readouterr().out


@pytest.mark.parametrize("command", [show, train, generate, evaluate, fit])
def test_each_command_explains_itself_with_an_example_that_can_be_typed(command, capsys):
    name = command.__name__.rsplit(".", 1)[1]
    with pytest.raises(SystemExit) as ended:
        main([name, "--help"])
    said = capsys.readouterr().out
    assert ended.value.code == 0 and command.EXAMPLE in said and "exit codes:" in said
    words = shlex.split(command.EXAMPLE)
    assert words[:4] == ["python", "-m", "course_lib", name]
    assert parser().parse_args(words[3:]).run is command.run


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["judge", "run"],
        ["train", "simulated"],
        ["train", "simulated", "--out", "r", "--conditional"],
        ["train", "simulated", "--out", "r", "--steps", "0"],
        ["train", "simulated", "--out", "r", "--hold-out", "1"],
        ["train", "simulated", "--out", "r", "--rate", "-1"],
        ["fit", "simulated", "--out", "r", "--minutes", "0"],
        ["fit", "simulated", "--out", "r", "--steps", "5"],
        ["generate", "r", "--out", "x.csv", "--n", "3", "--per-class", "3"],
        ["show", "x.csv", "--layout", "tall"],
    ],
)
def test_an_unknown_option_or_value_ends_with_code_2(arguments, capsys):
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2 and "error:" in capsys.readouterr().err


def test_a_reader_that_has_gone_ends_with_code_1(monkeypatch):
    def gone(*args, **options):
        raise BrokenPipeError

    monkeypatch.setattr("course_lib.commands.show.run", gone)
    assert main(["show", "simulated"]) == 1


def test_what_is_said_on_the_way_is_no_result(capsys):
    say("on the way")
    assert capsys.readouterr() == ("", "on the way\n")
