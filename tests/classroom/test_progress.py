"""Progress survives a restart, a crash and a damaged file, and is nobody else's business."""

import datetime
import json
import os
import socket
from pathlib import Path
from types import SimpleNamespace

import pytest

from course_lib.classroom import progress

MONDAY, TUESDAY = datetime.date(2026, 3, 2), datetime.date(2026, 3, 3)


@pytest.fixture(autouse=True)
def file(tmp_path, monkeypatch):
    path = tmp_path / "a folder" / "progress.json"
    monkeypatch.setenv("COURSE_PROGRESS", str(path))
    return path


def test_what_is_recorded_is_read_again():
    assert progress.read() == {}
    assert progress.record("penalty", today=MONDAY) == ""
    assert progress.record("scaling", today=TUESDAY) == ""
    assert progress.read() == {"penalty": "2026-03-02", "scaling": "2026-03-03"}


def test_the_first_day_is_kept():
    progress.record("penalty", today=MONDAY)
    progress.record("penalty", today=TUESDAY)
    assert progress.read() == {"penalty": "2026-03-02"}


def test_without_the_variable_the_file_is_in_the_readers_own_folder(monkeypatch):
    monkeypatch.delenv("COURSE_PROGRESS")
    monkeypatch.setenv("HOME", "/home/reader")
    assert progress.progress_file() == Path("/home/reader/.local/share/gan-course/progress.json")


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"done": [1]}', '{"done": {"a": 1}}', '{"else": {}}', "\x00"])
def test_a_damaged_file_is_set_aside_and_started_afresh_with_a_word(file, text):
    file.parent.mkdir()
    file.write_text(text)
    with pytest.raises(ValueError, match="started afresh"):
        progress.read()
    assert "started afresh" in progress.record("penalty", today=MONDAY)
    assert progress.read() == {"penalty": "2026-03-02"}
    assert file.with_suffix(".damaged").read_text() == text


def test_bytes_that_are_no_text_are_a_damaged_file(file):
    file.parent.mkdir()
    file.write_bytes(b"\xff\xfe\x00\x9f")
    assert "started afresh" in progress.record("penalty")


def test_a_write_that_dies_leaves_the_old_file_and_no_rest(file, monkeypatch):
    progress.record("penalty", today=MONDAY)

    def dies(*args):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", dies)
    with pytest.raises(KeyboardInterrupt):
        progress.record("scaling")
    assert json.loads(file.read_text())["done"] == {"penalty": "2026-03-02"}
    assert [path.name for path in file.parent.iterdir()] == ["progress.json"]


def test_a_place_that_cannot_be_written_is_said_and_not_raised(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("COURSE_PROGRESS", str(tmp_path / "file" / "progress.json"))
    assert "could not be saved" in progress.record("penalty")


def test_a_folder_in_its_place_is_said_and_not_raised(file):
    file.mkdir(parents=True)
    assert "could not be saved" in progress.record("penalty")


def test_a_home_that_cannot_be_found_is_said_and_not_raised(monkeypatch):
    def lost(self):
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("COURSE_PROGRESS")
    monkeypatch.setattr(Path, "expanduser", lost)
    with pytest.raises(ValueError, match="set HOME"):
        progress.read()
    assert "could not be saved" in progress.record("penalty")
    assert progress.table([SimpleNamespace(notebook="07", name="scaling")]).loc["07", "done"] == 0


@pytest.mark.parametrize("place", ["/", ".", "/dev/null/file", "n" * 300, "~nobody-of-that-name/file"])
def test_a_place_that_is_no_file_is_said_and_not_raised(tmp_path, monkeypatch, place):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COURSE_PROGRESS", place)
    assert "could not be saved" in progress.record("penalty")


def test_a_pipe_is_neither_waited_on_nor_replaced(file):
    file.parent.mkdir()
    os.mkfifo(file)
    assert "could not be saved" in progress.record("penalty")
    assert file.is_fifo()


def test_a_file_nested_deeper_than_json_reads_is_a_damaged_one(file):
    file.parent.mkdir()
    file.write_text("[" * 100_000)
    assert "started afresh" in progress.record("penalty")


def test_the_table_counts_by_notebook_and_names_what_is_open():
    exercises = [
        SimpleNamespace(notebook=n, name=e) for n, e in (("08", "penalty"), ("07", "scaling"), ("08", "field"))
    ]
    progress.record("penalty")
    progress.record("an exercise that is no more")
    frame = progress.table(exercises)
    assert list(frame.index) == ["07", "08"]
    assert frame.loc["07"].to_list() == [0, 1, "scaling"] and frame.loc["08"].to_list() == [1, 2, "field"]


def test_the_table_of_no_exercises_is_empty_and_a_damaged_file_counts_as_nothing_done(file):
    assert len(progress.table([])) == 0
    file.parent.mkdir()
    file.write_text("{")
    assert progress.table([SimpleNamespace(notebook="07", name="scaling")]).loc["07", "done"] == 0


def test_nothing_goes_over_the_network(monkeypatch):
    def refuse(*args, **kwargs):
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket, "socket", refuse)
    progress.record("penalty")
    assert len(progress.table([SimpleNamespace(notebook="08", name="penalty")])) == 1
