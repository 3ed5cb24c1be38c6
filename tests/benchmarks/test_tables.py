"""Tables made run by run: stopped, killed, changed or stale, they end as asked for, and the manifest says with what."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks import tables
from benchmarks.manifests import differences, plain
from benchmarks.tables import Part

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Square:
    power: float = 2.0
    seeds: tuple[int, ...] = (0, 1, 2)


class Work:
    """seed -> two rows; stops, as Ctrl-C does, before the run `stop_at`."""

    def __init__(self, stop_at=None):
        self.runs, self.stop_at = [], stop_at

    def __call__(self, settings, seed):
        if seed == self.stop_at:
            raise KeyboardInterrupt
        self.runs.append(seed)
        return [{"step": step, "value": (seed + step) ** settings.power} for step in (1, 2)]


def part_of(work, settings=Square(), name="squares/two", **more):  # noqa: B008 - frozen
    runs = tuple({"seed": seed} for seed in settings.seeds)
    return Part(name, "squares.csv", "squares/manifest.json", settings, work, runs, **more)


def text(folder):
    return (folder / "squares.csv").read_text()


def test_a_stopped_table_goes_on_where_it_was_and_is_the_uninterrupted_one(tmp_path):
    stopped = Work(stop_at=1)
    with pytest.raises(KeyboardInterrupt):
        tables.make(part_of(stopped), tmp_path)
    assert text(tmp_path) == "seed,step,value\n0,1,1\n0,2,4\n"
    assert tables.status(part_of(stopped), tmp_path) == "unfinished: 1 of 3 runs, 0 others"

    going_on = Work()
    tables.make(part_of(going_on), tmp_path)
    assert going_on.runs == [1, 2]
    assert text(tmp_path) == "seed,step,value\n0,1,1\n0,2,4\n1,1,4\n1,2,9\n2,1,9\n2,2,16\n"
    assert tables.status(part_of(going_on), tmp_path) == "holds"
    tables.make(part_of(again := Work()), tmp_path)
    assert again.runs == []


KILLED = """
import os, signal, sys
from pathlib import Path
from test_tables import Work, part_of, tables

move = os.replace
for fatal, folder in enumerate(sys.argv[1:], 4):
    if child := os.fork():
        assert os.waitpid(child, 0)[1] == signal.SIGKILL
        continue
    calls = iter(range(1, 8))
    os.replace = lambda *paths: os.kill(os.getpid(), signal.SIGKILL) if next(calls) == fatal else move(*paths)
    tables.make(part_of(Work()), Path(folder))
"""


def test_a_process_killed_while_it_writes_leaves_whole_files_and_its_run_is_made_again(tmp_path):
    """Files are moved into their place: 1 manifest, 2 table and 3 manifest of the first run, 4 and 5 of the second."""
    folders = {
        tmp_path / "4": "seed,step,value\n0,1,1\n0,2,4\n",
        tmp_path / "5": "seed,step,value\n0,1,1\n0,2,4\n1,1,4\n1,2,9\n",
    }
    path = os.pathsep.join([str(ROOT), str(Path(__file__).parent)])
    command = [sys.executable, "-c", KILLED, *map(str, folders)]
    done = subprocess.run(command, env=os.environ | {"PYTHONPATH": path}, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    for folder, whole in folders.items():
        assert text(folder) == whole
        assert json.loads((folder / "squares/manifest.json").read_text())["parts"]["two"]["settings"]["power"] == 2.0
        tables.make(going_on := part_of(Work()), folder)
        assert going_on.work.runs == ([1, 2] if folder.name == "4" else [2])
        assert text(folder).count("\n") == 7
        assert tables.status(going_on, folder) == "holds"


def test_the_manifest_copies_the_settings_and_says_under_what_the_runs_were_made(tmp_path):
    tables.make(part_of(Work()), tmp_path)
    record = json.loads((tmp_path / "squares/manifest.json").read_text())["parts"]["two"]
    assert record["settings"] == {"power": 2.0, "seeds": [0, 1, 2]}
    assert record["command"] == "python -m benchmarks.squares two"
    assert record["cpu_seconds"] >= 0
    (here,) = record["made_with"]
    assert here["threads"] >= 1
    assert here["versions"]["torch"][0].isdigit()
    assert {"commit", "processor"} <= set(here)


def test_runs_of_another_commit_are_told_beside_the_first(tmp_path, monkeypatch):
    with pytest.raises(KeyboardInterrupt):
        tables.make(part_of(Work(stop_at=1)), tmp_path)
    monkeypatch.setattr(tables, "surroundings", lambda: {"commit": "another"})
    tables.make(part_of(Work()), tmp_path)
    made_with = tables.record_of(part_of(Work()), tmp_path)["made_with"]
    assert len(made_with) == 2
    assert made_with[1] == {"commit": "another"}


def test_a_changed_setting_is_named_and_costs_the_part_its_rows_and_no_other(tmp_path):
    first, second = dict(rows={"method": "a"}, name="squares/a"), dict(rows={"method": "b"}, name="squares/b")
    tables.make(part_of(Work(), **first), tmp_path)
    tables.make(part_of(Work(), **second), tmp_path)
    cubes = part_of(Work(), Square(power=3.0), **first)
    assert tables.status(cubes, tmp_path) == "settings changed: power: 2.0 -> 3.0"
    assert tables.status(part_of(Work(), **second), tmp_path) == "holds"

    tables.make(cubes, tmp_path)
    assert cubes.work.runs == [0, 1, 2]
    assert text(tmp_path).count("\nb,") == 6
    assert "a,2,2,64\n" in text(tmp_path)
    assert "a,2,2,16\n" not in text(tmp_path)
    assert tables.status(cubes, tmp_path) == "holds"


def test_changed_seeds_cost_only_the_rows_concerned(tmp_path):
    tables.make(part_of(Work()), tmp_path)
    moved = part_of(Work(), Square(seeds=(1, 2, 3)))
    assert tables.status(moved, tmp_path) == "settings changed: seeds: [0, 1, 2] -> [1, 2, 3]"
    tables.make(moved, tmp_path)
    assert moved.work.runs == [3]
    assert [line[0] for line in text(tmp_path).splitlines()[1:]] == ["1", "1", "2", "2", "3", "3"]
    assert tables.status(moved, tmp_path) == "holds"


def test_a_stale_part_says_why_until_it_is_made_anew(tmp_path):
    tables.make(part_of(Work()), tmp_path)
    record = tables.record_of(part_of(Work()), tmp_path)
    tables.tell(part_of(Work()), tmp_path, record | {"stale": "the batches are drawn in another order"})
    assert tables.status(part_of(Work()), tmp_path) == "stale: the batches are drawn in another order"
    tables.make(anew := part_of(Work()), tmp_path)
    assert anew.work.runs == [0, 1, 2]
    assert tables.status(anew, tmp_path) == "holds"
    tables.make(on_request := part_of(Work()), tmp_path, anew=True)
    assert on_request.work.runs == [0, 1, 2]
    assert text(tmp_path).count("\n") == 7


def test_a_row_taken_away_and_a_row_too_many_are_seen(tmp_path):
    tables.make(part_of(Work()), tmp_path)
    lines = text(tmp_path).splitlines(keepends=True)
    (tmp_path / "squares.csv").write_text("".join(lines[:-2] + ["7,1,49\n"]))
    assert tables.status(part_of(Work()), tmp_path) == "unfinished: 2 of 3 runs, 1 others"
    (tmp_path / "squares.csv").unlink()
    assert tables.status(part_of(Work()), tmp_path) == "not made"


def test_what_another_process_made_meanwhile_is_kept(tmp_path):
    other = part_of(Work(), rows={"method": "b"}, name="squares/b")

    def work(settings, seed):
        tables.make(other, tmp_path)
        return [{"step": 1, "value": 0.0}]

    tables.make(part_of(work, rows={"method": "a"}, name="squares/a"), tmp_path)
    assert text(tmp_path).count("\nb,") == 6
    assert text(tmp_path).count("\na,") == 3
    assert set(tables.read_manifest(other, tmp_path)["parts"]) == {"a", "b"}


def test_arrays_are_kept_under_their_runs_names(tmp_path):
    def work(settings, data, limit):
        return [{"surface": np.full((2, 2), len(data)), "numbers": np.array([0.5 if limit == "penalty" else limit])}]

    runs = tuple({"data": data, "limit": limit} for data in ("ring", "roll") for limit in (-2.0, -0.25, "penalty"))
    part = Part("squares/arrays", "arrays.npz", "squares/manifest.json", Square(), work, runs)
    with pytest.raises(KeyboardInterrupt):
        tables.make(replace(part, work=lambda *_, **run: interrupt() if run == runs[3] else work(*_, **run)), tmp_path)
    assert tables.status(part, tmp_path) == "unfinished: 3 of 6 runs, 0 others"
    tables.make(part, tmp_path)
    with np.load(tmp_path / "arrays.npz") as stored:
        assert "ring/-2/surface" in stored
        assert len(stored) == 12
        assert stored["roll/-0.25/numbers"] == [-0.25]
        assert stored["ring/penalty/surface"].tolist() == [[4, 4], [4, 4]]
    assert tables.status(part, tmp_path) == "holds"


def interrupt():
    raise KeyboardInterrupt


def test_settings_are_compared_leaf_by_leaf():
    @dataclass(frozen=True)
    class Outer:
        inner: Square
        names: dict

    class Described:
        def describe(self):
            return {"objective": "wgan", "betas": (0.5, 0.9)}

    before = plain(Outer(Square(), {"a": Square(3.0), "b": Described()}))
    assert before == json.loads(json.dumps(before))
    assert before["names"]["b"] == {"objective": "wgan", "betas": [0.5, 0.9]}
    assert differences(before, plain(Outer(Square(), {"a": Square(3.5), "c": 1}))) == [
        "names.a.power: 3.0 -> 3.5",
        "names.b: {'objective': 'wgan', 'betas': [0.5, 0.9]} -> 'not there'",
        "names.c: 'not there' -> 1",
    ]
    assert differences(before, before) == []
