"""The one writer and the one lock, tried against full disks, killed processes and second comers."""

import errno
import os
import resource
import signal
import stat
import subprocess
import sys
import textwrap
import threading
from pathlib import Path

import filelock
import pytest

from course_lib import files
from tools.address import ROOT


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def python(source: str, *arguments: object, **options) -> subprocess.Popen:
    """A process of its own that runs `source` and can import the library."""
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(source), *map(str, arguments)],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
        **options,
    )


# --- the writer


@pytest.mark.parametrize("content", [b"new", lambda partial: partial.write_bytes(b"new")], ids=["bytes", "function"])
def test_a_file_is_replaced_whole_and_readable_by_all(tmp_path, content):
    path = tmp_path / "file.bin"
    path.write_bytes(b"something old and longer")
    files.write_whole(path, content)
    assert path.read_bytes() == b"new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
    assert names(tmp_path) == ["file.bin"]


@pytest.mark.parametrize("failing", ["fsync", "chmod", "replace"])
@pytest.mark.parametrize("error", [KeyboardInterrupt, OSError(errno.ENOSPC, "full")], ids=["Ctrl-C", "full disk"])
def test_whatever_fails_the_old_file_stands_and_no_partial_one_is_left(tmp_path, monkeypatch, failing, error):
    path = tmp_path / "file.bin"
    path.write_bytes(b"old")

    def fails(*args):
        raise error

    monkeypatch.setattr(os, failing, fails)
    with pytest.raises((KeyboardInterrupt, OSError)):
        files.write_whole(path, b"new")
    monkeypatch.undo()
    assert path.read_bytes() == b"old" and names(tmp_path) == ["file.bin"]


def test_a_function_that_fails_half_way_leaves_the_old_file_alone(tmp_path):
    def half(partial: Path) -> None:
        partial.write_bytes(b"ne")
        raise RuntimeError

    (tmp_path / "file.bin").write_bytes(b"old")
    with pytest.raises(RuntimeError):
        files.write_whole(tmp_path / "file.bin", half)
    assert (tmp_path / "file.bin").read_bytes() == b"old" and names(tmp_path) == ["file.bin"]


def test_a_process_killed_while_it_writes_leaves_the_old_file(tmp_path):
    path = tmp_path / "file.bin"
    path.write_bytes(b"old")
    writer = python(
        """
        import sys, time
        from course_lib import files
        def slow(partial):
            with open(partial, "wb") as file:
                file.write(b"half of the ")
                file.flush()
                print("writing", flush=True)
                time.sleep(60)
        files.write_whole(sys.argv[1], slow)
        """,
        path,
    )
    assert writer.stdout.readline() == "writing\n"
    writer.send_signal(signal.SIGKILL)
    writer.communicate()
    assert path.read_bytes() == b"old"


def test_a_name_as_long_as_the_file_system_allows_is_written(tmp_path):
    path = tmp_path / ("n" * 255)
    files.write_whole(path, b"new")
    assert path.read_bytes() == b"new"


def test_a_link_is_followed_and_stays(tmp_path):
    (tmp_path / "place").mkdir()
    link, target = tmp_path / "link", tmp_path / "place" / "file"
    target.write_bytes(b"old")
    link.symlink_to(target)
    files.write_whole(link, b"new")
    assert link.is_symlink() and target.read_bytes() == b"new" and names(tmp_path / "place") == ["file"]


def test_a_folder_in_the_place_of_the_file_is_refused_and_left(tmp_path):
    (tmp_path / "file").mkdir()
    with pytest.raises(OSError) as error:
        files.write_whole(tmp_path / "file", b"new")
    assert "a folder stands there" in files.reason(error.value)
    assert names(tmp_path) == ["file"]


def test_what_is_no_ordinary_file_is_never_replaced(tmp_path):
    """As root, a file moved to /dev/null would stand in the device's place."""
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to(tmp_path / "pipe")
    for name in ("pipe", "link"):
        with pytest.raises(OSError) as error:
            files.write_whole(tmp_path / name, b"new")
        assert "no ordinary file" in files.reason(error.value)
    assert (tmp_path / "pipe").is_fifo() and names(tmp_path) == ["link", "pipe"]


def test_a_file_that_the_system_will_not_hold_is_refused_before_and_while_it_is_written(tmp_path):
    """RLIMIT_FSIZE stands for a full disk: the kernel itself refuses the bytes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, before[1]))
    try:
        files.check_room(tmp_path, 10_000)
        with pytest.raises(OSError) as asked:
            files.check_room(tmp_path, 10_001)
        with pytest.raises(OSError) as written:
            files.write_whole(tmp_path / "file", bytes(10_001))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert "larger than this system lets" in files.reason(asked.value)
    assert "larger than this system lets" in files.reason(written.value)
    assert names(tmp_path) == []


def test_asking_for_room_leaves_nothing_and_names_a_file_in_the_folder_s_place(tmp_path):
    files.check_room(tmp_path, 1_000)
    files.check_room(tmp_path, 0)
    assert names(tmp_path) == []
    (tmp_path / "file").write_text("")
    files.check_room(tmp_path / "not" / "yet", 1_000)
    for wrong in ("file", "file/below"):
        with pytest.raises(OSError) as error:
            files.check_room(tmp_path / wrong, 1)
        assert files.reason(error.value) == f"{tmp_path / 'file'}: a file stands there, where a folder was meant"
    assert names(tmp_path) == ["file"]


def test_reasons_are_words_and_an_error_without_a_number_keeps_its_own():
    assert files.reason(OSError(errno.ENOSPC, "No space", "/d/file")) == "/d/file: the disk is full"
    assert files.reason(OSError(errno.EROFS, "Read-only")) == "that file system can only be read"
    assert files.reason(OSError("it broke")) == "it broke"


# --- paths


def test_a_tilde_is_the_reader_s_own_folder(monkeypatch):
    monkeypatch.setenv("HOME", "/home/reader")
    assert files.user_path("~/run") == Path("/home/reader/run")
    assert files.user_path("run/~") == Path("run/~")


def test_a_home_that_cannot_be_found_is_said(monkeypatch):
    def lost(self):
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "expanduser", lost)
    with pytest.raises(ValueError, match="without ~, or set HOME"):
        files.user_path("~/run")


# --- the lock


def test_a_folder_is_made_and_held_by_one_at_a_time_in_one_thread_and_in_another(tmp_path):
    folder, refused = tmp_path / "a" / "run", []

    def try_it():
        try:
            with files.hold(folder):
                pass
        except ValueError as error:
            refused.append(str(error))

    with files.hold(folder):
        try_it()
        thread = threading.Thread(target=try_it)
        thread.start()
        thread.join()
    assert len(refused) == 2
    for sentence in refused:
        assert f"in use by process {os.getpid()} on " in sentence and "name another folder" in sentence
    with files.hold(folder):
        pass


def test_a_held_folder_is_refused_by_any_of_its_names(tmp_path, monkeypatch):
    (tmp_path / "run").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "run")
    monkeypatch.chdir(tmp_path)
    with files.hold("run"):
        for name in (tmp_path / "run", tmp_path / "link", Path("run/../run")):
            with pytest.raises(ValueError, match="in use"), files.hold(name):
                pass


def test_an_error_inside_gives_the_folder_back(tmp_path):
    with pytest.raises(KeyboardInterrupt), files.hold(tmp_path):
        raise KeyboardInterrupt
    with files.hold(tmp_path):
        pass


HOLDER = """
    import sys, time
    from course_lib import files
    with files.hold(sys.argv[1]):
        print("held", flush=True)
        time.sleep(60)
"""


def test_the_lock_of_another_process_is_refused_by_its_number_and_goes_when_it_is_killed(tmp_path):
    holder = python(HOLDER, tmp_path)
    assert holder.stdout.readline() == "held\n"
    with pytest.raises(ValueError, match=f"process {holder.pid} on "), files.hold(tmp_path):
        pass
    holder.send_signal(signal.SIGKILL)
    holder.communicate()
    with files.hold(tmp_path):
        pass


@pytest.mark.parametrize("before", [None, ""], ids=["not there", "empty"])
def test_a_holder_that_has_not_written_its_name_yet_is_waited_for(before, tmp_path):
    name = tmp_path / files.HOLDER
    with filelock.FileLock(tmp_path / files.LOCK, thread_local=False):
        if before is not None:
            name.write_text(before)
        late = threading.Timer(0.2, name.write_text, ["process 1 on somewhere"])
        late.start()
        with pytest.raises(ValueError, match="in use by process 1 on somewhere"), files.hold(tmp_path):
            pass
        late.join()


def test_the_name_that_a_killed_run_left_is_gone_before_the_new_one_is_written(tmp_path, monkeypatch):
    (tmp_path / files.HOLDER).write_text("process 1 on somewhere")
    there, write = [], Path.write_text
    monkeypatch.setattr(
        Path, "write_text", lambda path, *given, **told: (there.append(path.exists()), write(path, *given, **told))
    )
    with files.hold(tmp_path):
        assert there == [False]


def test_a_holder_that_never_writes_its_name_is_another_process(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "NAMED_WITHIN", 0.3)
    with (
        filelock.FileLock(tmp_path / files.LOCK, thread_local=False),
        pytest.raises(ValueError, match="in use by another process"),
        files.hold(tmp_path),
    ):
        pass


def test_a_holder_that_is_not_known_is_another_process(tmp_path):
    with files.hold(tmp_path):
        (tmp_path / files.HOLDER).write_bytes(b"\xff\xfe")
        with pytest.raises(ValueError, match="in use by another process"), files.hold(tmp_path):
            pass


def test_a_file_in_the_folder_s_place_is_an_error_with_a_reason(tmp_path):
    (tmp_path / "run").write_text("mine")
    with pytest.raises(OSError) as error, files.hold(tmp_path / "run"):
        pass
    assert "a file stands there" in files.reason(error.value)
    assert (tmp_path / "run").read_text() == "mine"
