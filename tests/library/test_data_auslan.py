"""Real recordings: read completely, from however they are packed; whatever is wrong with a file is said, with where."""

import hashlib
import io
import os
import shutil
import tarfile
import zipfile
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import numpy as np
import pytest

from course_lib.data import (
    AUSLAN_CHANNELS,
    RECORDINGS_DIGEST,
    auslan,
    constant_signals,
    download_auslan,
    load_auslan,
    recordings_digest,
    resample,
)

REAL = Path(os.environ.get("COURSE_DATA", "")) / "auslan_hq" / "tctodd.tar.gz"
needs_real_data = pytest.mark.skipif(
    not REAL.is_file(), reason="COURSE_DATA is not set to a folder that holds auslan_hq/tctodd.tar.gz"
)

NAMES = ["tctodd1/yes-1.tsd", "tctodd1/flash-light-1.tsd", "tctodd2/yes-1.tsd", "tctodd1/God-2.tsd"]


def table(frames=6, start=0.0):
    """Column c (counted from 0) of row r holds start + c + r / 100."""
    return start + np.arange(22.0) + np.arange(frames)[:, None] / 100


def as_text(numbers):
    return "".join("\t".join(f"{x:.6f}" for x in row) + "\n" for row in numbers)


@pytest.fixture
def folder(tmp_path):
    """A small set as UCI's archive unpacks: four files, three signs, each file shifted by 100 from the last."""
    for i, name in enumerate(NAMES):
        file = tmp_path / "set" / "tctodd" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(as_text(table(frames=5 + i, start=100 * i)))
    return tmp_path / "set"


def tar_of(folder, path, mode="w:gz"):
    with tarfile.open(path, mode) as archive:
        archive.add(folder / "tctodd", "tctodd")
    return path


# Resampling


def test_resampling_passes_through_the_samples():
    signal = np.random.default_rng(0).normal(size=(3, 17))
    np.testing.assert_allclose(resample(signal, 33)[:, ::2], signal, atol=1e-12)
    np.testing.assert_allclose(resample(signal, 100)[:, [0, -1]], signal[:, [0, -1]], atol=1e-12)


def test_resampling_keeps_a_straight_line_straight():
    line = np.linspace([0.0, 5.0], [1.0, -3.0], 7, axis=1)
    np.testing.assert_allclose(resample(line, 50), np.linspace([0.0, 5.0], [1.0, -3.0], 50, axis=1), atol=1e-12)


def test_resampling_invents_no_overshoot():
    step = np.array([[0.0, 0.0, 0.0, 1.0, 1.0, 1.0], [0.3] * 6])
    resampled = resample(step, 160)
    assert resampled[0].min() == 0 and resampled[0].max() == 1 and (np.diff(resampled[0]) >= 0).all()
    assert (resampled[1] == 0.3).all()


def test_two_frames_are_enough_to_resample():
    np.testing.assert_allclose(resample(np.array([[1.0, 3.0]]), 3), [[1, 2, 3]])


# Reading


def test_recordings_are_ordered_by_sign_then_by_session(folder):
    dataset = load_auslan(folder, length=10)
    assert dataset.class_names == ("God", "flash-light", "yes")
    assert dataset.labels.tolist() == [0, 1, 2, 2]
    shift = {name: 100 * i for i, name in enumerate(NAMES)}
    order = ["tctodd1/God-2.tsd", "tctodd1/flash-light-1.tsd", "tctodd1/yes-1.tsd", "tctodd2/yes-1.tsd"]
    # right_x is column 12, so index 11; the first sample of a recording is its first row.
    np.testing.assert_allclose(dataset.values[:, 0, 0], [shift[name] + 11 for name in order], rtol=1e-6)


def test_the_22_columns_are_11_of_the_left_hand_then_11_of_the_right(folder):
    expected = """
        left_x left_y left_z left_roll left_pitch left_yaw left_thumb left_fore left_middle left_ring left_little
        right_x right_y right_z right_roll right_pitch right_yaw right_thumb right_fore right_middle right_ring
        right_little
    """.split()
    assert list(AUSLAN_CHANNELS) == expected
    everything = load_auslan(folder, channels=AUSLAN_CHANNELS, length=5).values
    np.testing.assert_allclose(everything[2, :, 0], np.arange(22.0), atol=1e-6)


def test_channels_come_in_the_order_asked_for(folder):
    dataset = load_auslan(folder, channels=("right_z", "left_little", "left_x"), length=5)
    np.testing.assert_allclose(dataset.values[2, :, 0], [13, 10, 0], atol=1e-6)
    assert dataset.values.shape == (4, 3, 5)


def test_one_channel_may_be_named_without_a_tuple(folder):
    assert load_auslan(folder, channels="left_y", length=5).values[2, 0, 0] == 1


def test_every_recording_is_resampled_over_its_full_duration(folder):
    values = load_auslan(folder, channels=("left_x",), length=40).values[:, 0].numpy()
    for signal, name in zip(values, sorted(NAMES, key=lambda n: (n[8:], n)), strict=True):
        i = NAMES.index(name)
        np.testing.assert_allclose(signal, np.linspace(100 * i, 100 * i + (4 + i) / 100, 40), rtol=1e-6, atol=1e-6)


def test_labels_come_from_the_file_names_alone(folder):
    for file in folder.rglob("*.tsd"):  # the same content everywhere
        file.write_text(as_text(table()))
    before = load_auslan(folder)
    (folder / "tctodd/tctodd2/yes-1.tsd").rename(folder / "tctodd/tctodd2/no-1.tsd")
    after = load_auslan(folder)
    assert before.class_names == ("God", "flash-light", "yes")
    assert after.class_names == ("God", "flash-light", "no", "yes")
    assert after.labels.tolist() == [0, 1, 2, 3]


def test_however_the_recordings_are_packed_they_are_the_same(folder, tmp_path):
    packed = [folder / "tctodd", tar_of(folder, tmp_path / "a.tar.gz"), tar_of(folder, tmp_path / "a.tar.bz2", "w:bz2")]
    with zipfile.ZipFile(tmp_path / "uci.zip", "w") as archive:
        archive.write(packed[1], "tctodd.tar.gz")
        archive.writestr("auslan.data.html", "<p>About")
    with zipfile.ZipFile(tmp_path / "tree.zip", "w") as archive:
        for file in folder.rglob("*.tsd"):
            archive.write(file, file.relative_to(folder))
    reference = load_auslan(folder)
    for path in (*packed, tmp_path / "uci.zip", tmp_path / "tree.zip"):
        dataset = load_auslan(str(path))
        assert dataset.values.equal(reference.values) and dataset.labels.equal(reference.labels)
        assert recordings_digest(path) == recordings_digest(folder)


def test_an_archive_is_read_without_writing_a_file(folder, tmp_path):
    path = tmp_path / "a.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        data = as_text(table()).encode()
        for name in ("../../outside-1.tsd", "/absolute-1.tsd", "tctodd1/yes-1.tsd"):
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
        link = tarfile.TarInfo("tctodd1/link-1.tsd")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/hostname"
        archive.addfile(link)
    before = sorted(tmp_path.parent.rglob("*"))
    assert load_auslan(path).class_names == ("absolute", "outside", "yes")
    assert sorted(tmp_path.parent.rglob("*")) == before


def test_what_macos_leaves_beside_a_file_is_not_a_recording(folder):
    (folder / "tctodd/tctodd1/._yes-1.tsd").write_bytes(b"\0\5\26\7")
    assert len(load_auslan(folder)) == 4


def test_windows_line_ends_and_a_blank_last_line_change_nothing(folder):
    before = load_auslan(folder).values
    file = folder / "tctodd/tctodd1/yes-1.tsd"
    file.write_bytes(file.read_text().replace("\n", "\r\n").encode() + b"\r\n")
    assert load_auslan(folder).values.equal(before)


def test_an_incomplete_set_loads_and_says_so(folder):
    (note,) = load_auslan(folder).notes
    assert note == (
        "4 recordings of 3 signs; the full set is 2,565, 27 of each of 95. "
        "Signs with another number: God (1), flash-light (1), yes (2)."
    )


def test_constant_signals_are_counted_in_the_notes(folder):
    numbers = table()
    numbers[:, 6] = 0.25  # left_thumb
    (folder / "tctodd/tctodd1/yes-1.tsd").write_text(as_text(numbers))
    notes = load_auslan(folder, channels=("left_x", "left_thumb")).notes
    assert [note for note in notes if "constant" in note] == [
        "left_thumb: 1 of 4 signals are constant (scaling one by its own range or spread is 0/0)."
    ]


# Bad input


def with_cell(text):
    rows = as_text(table()).splitlines()
    cells = rows[2].split("\t")
    cells[12] = text
    rows[2] = "\t".join(cells)
    return "\n".join(rows) + "\n"


GOOD_ROW = as_text(table(frames=1))
HERE = r"tctodd1/yes-1.tsd"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (with_cell("fast"), rf"{HERE}, row 3, column 13 \(right_y\): expected a number, got 'fast'"),
        (with_cell(""), rf"{HERE}, row 3, column 13 \(right_y\): expected a number, got ''"),
        (with_cell("nan"), rf"{HERE}, row 3, column 13 \(right_y\): expected a finite number, got 'nan'"),
        (with_cell("-inf"), rf"{HERE}, row 3, column 13 \(right_y\): expected a finite number, got '-inf'"),
        (GOOD_ROW * 3 + "0.1\t0.2\n" + GOOD_ROW, rf"{HERE}: expected 22 tab-separated columns, got 2 in row 4"),
        (GOOD_ROW + "\n" + GOOD_ROW, rf"{HERE}: expected 22 tab-separated columns, got 1 in row 2"),
        (as_text(table()[:, :21]), rf"{HERE}: expected 22 tab-separated columns, got 21 in every row"),
        (as_text(table()).replace("\t", " "), rf"{HERE}: expected 22 tab-separated columns, got 1 in every row"),
        (GOOD_ROW, rf"{HERE}: expected at least 2 rows \(frames\) to resample, got 1"),
        ("", rf"{HERE}: expected at least 2 rows \(frames\) to resample, got 0"),
    ],
)
def test_a_broken_file_is_named_with_row_and_column(folder, content, message):
    (folder / "tctodd" / HERE).write_text(content)
    with pytest.raises(ValueError, match=message):
        load_auslan(folder)  # right_x: the column with the fault need not be the one asked for


def test_a_file_that_is_not_text_is_named(folder):
    (folder / "tctodd" / HERE).write_bytes(as_text(table()).encode().replace(b"0.010000", b"\xff\xfe\x00\x01"))
    with pytest.raises(ValueError, match=rf"{HERE}, row 2, column 1 \(left_x\): expected a number"):
        load_auslan(folder)


def test_a_file_name_without_a_sign_is_refused(folder):
    (folder / "tctodd/tctodd1/notes.tsd").write_text(as_text(table()))
    with pytest.raises(ValueError, match=r"file names like God-1.tsd.*got tctodd1/notes.tsd"):
        load_auslan(folder)


def test_a_recording_that_is_there_twice_is_refused(folder):
    shutil.copytree(folder / "tctodd/tctodd1", folder / "copy/tctodd1")
    with pytest.raises(ValueError, match=r"tctodd1/.*.tsd is in .*set twice"):
        load_auslan(folder)


def test_a_missing_folder_is_said_with_what_to_do(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"there is nothing at .*nowhere\. download_auslan"):
        load_auslan(tmp_path / "nowhere")


def test_an_empty_folder_is_said_with_what_to_do(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"there is no .tsd file\. download_auslan"):
        load_auslan(tmp_path)


def test_a_folder_that_holds_the_archive_points_to_it(folder, tmp_path):
    held = tmp_path / "held"
    held.mkdir()
    tar_of(folder, held / "tctodd.tar.gz")
    with pytest.raises(FileNotFoundError, match=r"It holds tctodd.tar.gz: pass .*tctodd.tar.gz"):
        load_auslan(held)


def test_an_archive_without_recordings_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("readme.txt", "nothing here")
    with pytest.raises(FileNotFoundError, match=r"expected recordings .* in .*a.zip, but there is no .tsd file"):
        load_auslan(tmp_path / "a.zip")


def test_an_archive_that_was_cut_short_is_refused(folder, tmp_path):
    whole = tar_of(folder, tmp_path / "a.tar.gz").read_bytes()
    (tmp_path / "half.tar.gz").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ValueError, match=r"half.tar.gz \([\d,]+ bytes\) cannot be read as one .* get it again"):
        load_auslan(tmp_path / "half.tar.gz")


@pytest.mark.parametrize("content", [b"", b"<html>404 Not Found</html>", b"PK\3\4 not a zip after all"])
def test_a_file_that_is_no_archive_is_refused(tmp_path, content):
    (tmp_path / "tctodd.tar.gz").write_bytes(content)
    with pytest.raises(ValueError, match="expected a tar or zip archive, but tctodd.tar.gz"):
        load_auslan(tmp_path / "tctodd.tar.gz")


@pytest.mark.parametrize(
    ("channels", "message"),
    [
        (("right_xx",), r"unknown channel 'right_xx'\. Did you mean right_x.*left_ or right_ followed by x, y, z"),
        (("right_x", "x"), r"unknown channel 'x'\."),
        ((), r"one or more different channels, got \[\]"),
        (("left_x", "left_x"), r"one or more different channels, got \['left_x', 'left_x'\]"),
    ],
)
def test_an_unknown_channel_is_refused_with_near_ones(tmp_path, channels, message):
    with pytest.raises(ValueError, match=message):  # before anything is read: the folder is empty
        load_auslan(tmp_path, channels=channels)


@pytest.mark.parametrize("length", [0, 1, -5])
def test_a_length_below_2_is_refused(tmp_path, length):
    with pytest.raises(ValueError, match=f"at least 2 steps, got {length}"):
        load_auslan(tmp_path, length=length)


# The digest and the download


def test_the_digest_is_over_sorted_names_and_bytes(folder):
    expected = hashlib.sha256()
    for name in sorted(NAMES):
        data = (folder / "tctodd" / name).read_bytes()
        expected.update(name.encode() + b"\0" + str(len(data)).encode() + b"\0" + data)
    assert recordings_digest(folder) == expected.hexdigest()


@pytest.mark.parametrize("change", ["byte", "name", "missing"])
def test_the_digest_sees_every_change(folder, change):
    before = recordings_digest(folder)
    file = folder / "tctodd/tctodd2/yes-1.tsd"
    if change == "byte":
        file.write_text(file.read_text().replace("200.01", "200.02", 1))
    elif change == "name":
        file.rename(file.with_name("yes-2.tsd"))
    else:
        file.unlink()
    assert recordings_digest(folder) != before


@pytest.fixture
def server(tmp_path, monkeypatch):
    """A web server on this machine in UCI's place: serves tmp_path/served, counts requests."""

    class Quiet(SimpleHTTPRequestHandler):
        requests = 0

        def log_message(self, *args):
            Quiet.requests += 1

    (tmp_path / "served").mkdir()
    httpd = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=tmp_path / "served"))
    thread = Thread(target=httpd.serve_forever, args=(0.01,))
    thread.start()
    address = f"http://127.0.0.1:{httpd.server_port}"
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(auslan, "SOURCES", {name: f"{address}/{name}" for name in ("auslan_hq.zip", "tctodd.tar.gz")})
    yield Quiet
    httpd.shutdown()
    thread.join()
    httpd.server_close()


def test_a_download_is_verified_and_kept(folder, tmp_path, server, monkeypatch):
    tar_of(folder, tmp_path / "served/tctodd.tar.gz")  # the first source answers 404, the second has it
    monkeypatch.setattr(auslan, "RECORDINGS_DIGEST", recordings_digest(folder))
    path = download_auslan(tmp_path / "new/data")
    assert path == tmp_path / "new/data/tctodd.tar.gz"
    assert load_auslan(path).values.equal(load_auslan(folder).values)
    assert [f.name for f in path.parent.iterdir()] == ["tctodd.tar.gz"]  # nothing half-done stays behind


def test_a_verified_archive_is_not_downloaded_again(folder, tmp_path, server, monkeypatch):
    tar_of(folder, tmp_path / "tctodd.tar.gz")
    monkeypatch.setattr(auslan, "RECORDINGS_DIGEST", recordings_digest(folder))
    assert download_auslan(tmp_path) == tmp_path / "tctodd.tar.gz"
    assert server.requests == 0


def test_other_recordings_than_expected_are_not_kept(folder, tmp_path, server):
    tar_of(folder, tmp_path / "served/tctodd.tar.gz")
    (tmp_path / "served/auslan_hq.zip").write_text("a page instead of an archive")
    with pytest.raises(
        ConnectionError, match=r"(?s)cannot be read as one.*their digest is [0-9a-f]{64}.*By hand: open"
    ):
        download_auslan(tmp_path / "new")
    assert list((tmp_path / "new").iterdir()) == []


def test_without_a_network_the_message_says_what_to_do_by_hand(tmp_path, monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(auslan, "SOURCES", {"tctodd.tar.gz": "http://127.0.0.1:9/tctodd.tar.gz"})
    with pytest.raises(ConnectionError) as raised:
        download_auslan(tmp_path)
    for part in ("2,565 recordings", "127.0.0.1:9", "By hand", "archive.ics.uci.edu/dataset/115", str(tmp_path)):
        assert part in str(raised.value)


# The real recordings


@pytest.fixture(scope="module")
def raw():
    """name -> (frames, 22), parsed here and not by the loader."""
    with tarfile.open(REAL) as archive:
        files = {m.name.removeprefix("tctodd/"): archive.extractfile(m).read() for m in archive if m.isfile()}
    return {name: np.array(data.split(), dtype=float).reshape(-1, 22) for name, data in files.items()}


@pytest.fixture(scope="module")
def everything():
    return load_auslan(REAL, channels=AUSLAN_CHANNELS)


@needs_real_data
def test_the_real_set_is_read_completely(everything):
    assert everything.values.shape == (2565, 22, 160)
    assert everything.n_classes == 95
    assert np.bincount(everything.labels).tolist() == [27] * 95
    assert not [note for note in everything.notes if "full set" in note]


@needs_real_data
def test_the_real_set_has_the_published_digest():
    assert recordings_digest(REAL) == RECORDINGS_DIGEST


@needs_real_data
def test_every_real_recording_begins_and_ends_where_its_file_does(raw, everything):
    names = sorted(raw, key=lambda name: (name[8:].rsplit("-", 1)[0], name))
    ends = np.stack([raw[name][[0, -1]].T for name in names])
    np.testing.assert_allclose(everything.values[:, :, [0, -1]], ends, atol=1e-7)
    signs = [name[8:].rsplit("-", 1)[0] for name in names]
    assert [everything.class_names[label] for label in everything.labels] == signs


@needs_real_data
def test_real_signals_stay_within_the_range_of_their_file(raw, everything):
    names = sorted(raw, key=lambda name: (name[8:].rsplit("-", 1)[0], name))
    low, high = (np.stack([f(raw[name], axis=0) for name in names]) for f in (np.min, np.max))
    values = everything.values.numpy()
    assert (values.min(2) >= low - 1e-7).all() and (values.max(2) <= high + 1e-7).all()


@needs_real_data
def test_a_sixth_of_the_real_signals_is_constant(raw, everything):
    counts = sum(np.ptp(recording, axis=0) == 0 for recording in raw.values())
    assert constant_signals(everything).tolist() == counts.tolist()
    assert counts.sum() == 9053 and round(counts.sum() / (2565 * 22), 2) == 0.16
    assert len([note for note in everything.notes if "constant" in note]) == (counts > 0).sum() == 10


@needs_real_data
def test_the_real_folder_and_the_real_archive_are_the_same(tmp_path):
    with tarfile.open(REAL) as archive:
        archive.extractall(tmp_path, filter="data")
    folder, archived = load_auslan(tmp_path), load_auslan(REAL)
    assert folder.values.equal(archived.values) and folder.labels.equal(archived.labels)
    assert folder.class_names == archived.class_names
