"""Real signs: 2,565 recordings of 95 signs of Australian Sign Language (Auslan), by one native signer.

The idea: raw files become one `SignalDataset`, and whatever is wrong with a file is said with its name, row and column.
The recordings are not part of this repository; `download_auslan` gets them from UCI, `load_auslan` reads the unpacked
folder or the archive as it came.

M. W. Kadous 2002, "Temporal Classification: Extending the Classification Paradigm to Multivariate Time Series", PhD
thesis, UNSW; UCI Machine Learning Repository, doi 10.24432/C5CG6F.
"""

import difflib
import hashlib
import io
import re
import tarfile
import tempfile
import zipfile
import zlib
from collections import Counter
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

import numpy as np
from jaxtyping import Float

from course_lib.data.constant import constant_notes
from course_lib.data.dataset import SignalDataset
from course_lib.data.resampling import resample
from course_lib.files import user_path

SENSORS = ("x", "y", "z", "roll", "pitch", "yaw", "thumb", "fore", "middle", "ring", "little")
AUSLAN_CHANNELS = tuple(f"{hand}_{sensor}" for hand in ("left", "right") for sensor in SENSORS)  # the files' 22 columns
SIGNS, RECORDINGS_PER_SIGN = 95, 27
RECORDINGS_DIGEST = "724f372d9afbff03889ff6cf226486b3a2515d8826d9efd2fc4ce97e2716636b"
SOURCES = {  # file name to keep -> where UCI has, or had, it; tried in this order, each verified
    "auslan_hq.zip": "https://archive.ics.uci.edu/static/public/115/australian+sign+language+signs+high+quality.zip",
    "tctodd.tar.gz": "https://archive.ics.uci.edu/ml/machine-learning-databases/auslan2-mld/tctodd.tar.gz",
}
PAGE = "https://archive.ics.uci.edu/dataset/115"

ARCHIVE_BEGINS = (b"PK", b"\x1f\x8b", b"BZh", b"\xfd7zXZ")  # zip, gzip, bzip2, xz
ARCHIVE_ENDS = (".zip", ".tar", ".gz", ".tgz", ".bz2", ".xz")
OWN = (".csv", ".tsv", ".txt", ".ts", ".npy", ".npz", ".mat", ".parquet", ".xlsx", ".h5", ".edf", ".wav", ".json")
OWN_RECORDINGS = (
    "This reads the Auslan recordings and nothing else. load_signals reads own ones: text tables (.csv, .tsv, .txt), "
    ".ts, .npy, .npz, and a folder of a table a recording; preview_signals shows what it understands. Others "
    "become a data set in Python, from arrays: SignalDataset(values, labels, class_names) with float32 values "
    "(N, channels, steps); then train(generator, critic, dataset)."
)

_FILE_NAME = re.compile(r"(?P<sign>.+)-\d+\.tsd")
_UNREADABLE = (tarfile.TarError, zipfile.BadZipFile, zlib.error, EOFError, OSError)


def load_auslan(
    folder_or_archive: str | Path,
    *,
    channels: Sequence[str] = ("right_x",),
    length: int = 160,
    by_session: bool = False,
) -> SignalDataset:
    """The recordings as signals of `length` steps over their full duration (45 to 136 frames, resampled by PCHIP).

    Takes the folder `tctodd`, one that contains it, `tctodd.tar.gz`, or UCI's zip around that; an archive is read in
    memory and never unpacked. A recording's class is the sign in its file name. Order: sign by sign, then by session.
    All 22 columns of every file are checked, whichever are asked for.

    Args:
        channels: any of {left,right}_{x,y,z,roll,pitch,yaw,thumb,fore,middle,ring,little}, in the order wanted.
        by_session: groups the recordings by their session, 0 to 8 (folders tctodd1 to tctodd9), so that a split keeps
            each session on one side; `.split_groups([7, 8])` holds out the last two.

    Returns:
        values (2565, C, length): x, y, z in metres from a point slightly below the chin, the rest scaled as recorded.
        `.notes` says if recordings are missing from the full set, and how many signals of a channel are constant.

    Raises:
        FileNotFoundError: if there is nothing at that path, or no recording in it.
        ValueError: for an unknown channel, a length below 2, or a broken file (the message names file, row, column).
    """
    wanted = _columns(channels)
    if length < 2:
        raise ValueError(f"load_auslan: expected a length of at least 2 steps, got {length}.")
    files = sorted(_read_files(user_path(folder_or_archive)).items(), key=lambda item: (_sign(item[0]), item[0]))
    values = np.stack([resample(_parse(name, data)[:, wanted].T, length) for name, data in files])
    signs = [_sign(name) for name, _ in files]
    class_names = sorted(set(signs))
    labels = np.array([class_names.index(sign) for sign in signs])
    groups = [_session(name) for name, _ in files] if by_session else None
    names = [AUSLAN_CHANNELS[i] for i in wanted]
    dataset = SignalDataset(
        values.astype(np.float32), labels, class_names, channels_first=True, groups=groups, channel_names=names
    )
    return dataset.with_notes(*_missing_note(signs), *constant_notes(dataset, names))


def recordings_digest(folder_or_archive: str | Path) -> str:
    """SHA-256 over names and bytes of the recordings in sorted order, however they are packed.

    Each recording enters as its path `tctodd1/God-1.tsd`, a zero byte, its size in decimal, a zero byte, its bytes.
    The full set has `RECORDINGS_DIGEST`.

    Raises:
        FileNotFoundError, ValueError: as `load_auslan` does for a path that holds no readable recordings.
    """
    digest = hashlib.sha256()
    for name, data in sorted(_read_files(user_path(folder_or_archive)).items()):
        digest.update(f"{name}\0{len(data)}\0".encode() + data)
    return digest.hexdigest()


def download_auslan(folder: str | Path) -> Path:
    """Gets the recordings (about 8 MB) from UCI into `folder` and returns the archive's path, for `load_auslan`.

    An archive that is there already and whole is returned without a network. What arrives is kept only if its
    recordings have the digest of the full set.

    Raises:
        ConnectionError: if no source gave the right recordings; the message says what each gave and how to by hand.
    """
    import pooch  # with its own dependency on requests, wanted here alone

    folder = user_path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for name in SOURCES:
        if (folder / name).is_file() and _problem(folder / name) is None:
            return folder / name
    failures = []
    for name, url in SOURCES.items():
        with tempfile.TemporaryDirectory(dir=folder) as work:  # same disk, so that the last step is one atomic rename
            arrived = Path(work) / name
            try:
                pooch.HTTPDownloader(timeout=60)(url, str(arrived), None)
                problem = _problem(arrived)
            except OSError as error:  # every error of requests is one
                problem = f"{type(error).__name__}: {error}"
            if problem is None:
                return arrived.replace(folder / name)
        failures.append(f"  {url}\n    {problem}")
    raise ConnectionError(
        f"download_auslan: expected the {SIGNS * RECORDINGS_PER_SIGN:,} recordings from UCI, but no source gave them:\n"
        + "\n".join(failures)
        + f"\nBy hand: open {PAGE} in a browser, download the data set (or get tctodd.tar.gz from someone who has it), "
        f"and put it into {folder} as {' or '.join(SOURCES)}; then load_auslan reads that file. "
        f"The course needs no real recordings: simulate_signs() works without a network."
    )


def _columns(channels: Sequence[str]) -> list[int]:
    """Which columns of a file the named channels are."""
    names = [channels] if isinstance(channels, str) else list(channels)
    if not names or len(set(names)) < len(names):
        raise ValueError(f"load_auslan: expected one or more different channels, got {names}.")
    for name in names:
        if name not in AUSLAN_CHANNELS:
            near = difflib.get_close_matches(str(name), AUSLAN_CHANNELS, n=3, cutoff=0.4)
            suggestion = f" Did you mean {' or '.join(near)}?" if near else ""
            raise ValueError(
                f"load_auslan: unknown channel {name!r}.{suggestion} "
                f"The channels are left_ or right_ followed by {', '.join(SENSORS)}."
            )
    return [AUSLAN_CHANNELS.index(name) for name in names]


def _read_files(path: Path) -> dict[str, bytes]:
    """Every recording below `path`: its name within the set (`tctodd1/God-1.tsd`) and its bytes."""
    if not path.exists():
        raise FileNotFoundError(
            f"Auslan: expected the folder tctodd or the archive tctodd.tar.gz, but there is nothing at {path}. "
            f"download_auslan(folder) gets the archive from UCI; data/README.md says how to by hand."
        )
    if path.is_dir():
        found = [f for pattern in ("*.tsd", "*/*.tsd", "*/*/*.tsd") for f in path.glob(pattern) if f.is_file()]
        members = [(f.relative_to(path).as_posix(), f.read_bytes()) for f in found]
    else:
        members = _read_archive(path.name, path.read_bytes())
    files: dict[str, bytes] = {}
    for member, data in members:
        name = "/".join(PurePosixPath(member).parts[-2:])
        if PurePosixPath(name).name.startswith("."):  # what macOS leaves beside a file
            continue
        if name in files:
            raise ValueError(f"Auslan: {name} is in {path} twice. Point to one copy of the recordings.")
        _sign(name)
        files[name] = data
    if not files:
        raise FileNotFoundError(
            f"Auslan: expected recordings (tctodd1/God-1.tsd and so on) in {path}, but there is no .tsd file. "
            f"{_hint(path)}"
        )
    return files


def _hint(path: Path) -> str:
    """What to do about a folder or an archive without recordings."""
    held = sorted(f.name for f in path.iterdir()) if path.is_dir() else [path.name]
    if archives := [name for name in held if name in SOURCES]:
        return f"It holds {archives[0]}: pass {path / archives[0]}."
    if own := [name for name in held if Path(name).suffix.lower() in OWN]:
        return f"{own[0]} is no recording of that set. {OWN_RECORDINGS}"
    return "download_auslan(folder) gets them from UCI."


def _read_archive(name: str, data: bytes) -> list[tuple[str, bytes]]:
    """The recordings in a tar archive, or in a zip that holds them or holds that tar archive."""
    is_archive = data.startswith(ARCHIVE_BEGINS) or data[257:262] == b"ustar"
    if not is_archive and not name.lower().endswith(ARCHIVE_ENDS):
        empty = "it is empty" if not data else f"it begins with {data[:12]!r}"
        raise ValueError(f"Auslan: expected a tar or zip archive, but {name} is none ({empty}). {OWN_RECORDINGS}")
    try:
        if data.startswith(b"PK"):  # how every zip begins
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                inside = [m.filename for m in archive.infolist() if not m.is_dir()]
                recordings = [(member, archive.read(member)) for member in inside if member.endswith(".tsd")]
                tars = [member for member in inside if member.endswith((".tar.gz", ".tar.bz2"))]
                if tars and not recordings:
                    return _read_archive(f"{name}, {tars[0]}", archive.read(tars[0]))
                return recordings
        with tarfile.open(fileobj=io.BytesIO(data), mode="r:*") as archive:
            return [(m.name, archive.extractfile(m).read()) for m in archive if m.isfile() and m.name.endswith(".tsd")]
    except _UNREADABLE as error:
        raise ValueError(
            f"Auslan: expected a tar or zip archive, but {name} ({len(data):,} bytes) cannot be read as one "
            f"({type(error).__name__}: {error}). It may be cut short: get it again."
        ) from error


def _sign(name: str) -> str:
    """The sign that a recording is of, from its file name alone: `tctodd1/flash-light-1.tsd` is of flash-light."""
    match = _FILE_NAME.fullmatch(PurePosixPath(name).name)
    if match is None:
        raise ValueError(f"Auslan: expected file names like God-1.tsd (sign, hyphen, number), got {name}.")
    return match["sign"]


def _session(name: str) -> int:
    """The session that a recording is of, from its folder alone: `tctodd1/God-1.tsd` is of session 0."""
    match = re.fullmatch(r"tctodd([1-9]\d*)", PurePosixPath(name).parent.name)
    if match is None:
        raise ValueError(
            f"load_auslan: by_session expects folders tctodd1, tctodd2, ..., got {name}. Point to what holds them."
        )
    return int(match[1]) - 1


def _parse(name: str, data: bytes) -> Float[np.ndarray, "frames 22"]:
    """One recording's table; rows and columns in messages count from 1."""
    columns = len(AUSLAN_CHANNELS)
    rows = [line.split("\t") for line in data.decode("utf-8", errors="replace").splitlines()]
    while rows and rows[-1] == [""]:
        rows.pop()
    for number, row in enumerate(rows, start=1):
        if len(row) != columns:
            everywhere = "every row" if all(len(other) == len(row) for other in rows) else f"row {number}"
            raise ValueError(
                f"Auslan: {name}: expected {columns} tab-separated columns, got {len(row)} in {everywhere}. "
                f"Get that file again."
            )
    if len(rows) < 2:
        raise ValueError(f"Auslan: {name}: expected at least 2 rows (frames) to resample, got {len(rows)}.")
    try:
        table = np.array(rows, dtype=np.float64)
    except ValueError:
        table = np.array([[_number(name, r, c, cell) for c, cell in enumerate(row)] for r, row in enumerate(rows)])
    if not np.isfinite(table).all():
        r, c = np.argwhere(~np.isfinite(table))[0].tolist()
        raise ValueError(f"Auslan: {_cell(name, r, c)}: expected a finite number, got {rows[r][c]!r}.")
    return table


def _number(name: str, r: int, c: int, cell: str) -> float:
    try:
        return float(cell)
    except ValueError:
        raise ValueError(f"Auslan: {_cell(name, r, c)}: expected a number, got {cell!r}.") from None


def _cell(name: str, r: int, c: int) -> str:
    return f"{name}, row {r + 1}, column {c + 1} ({AUSLAN_CHANNELS[c]})"


def _problem(archive: Path) -> str | None:
    """Why the archive is not the full set of recordings as published; None if it is."""
    try:
        digest = recordings_digest(archive)
    except (ValueError, FileNotFoundError) as error:
        return str(error)
    if digest != RECORDINGS_DIGEST:
        return f"Other recordings than expected: their digest is {digest}, that of the full set {RECORDINGS_DIGEST}."
    return None


def _missing_note(signs: list[str]) -> list[str]:
    counts = Counter(signs)
    if len(counts) == SIGNS and set(counts.values()) == {RECORDINGS_PER_SIGN}:
        return []
    odd = [f"{sign} ({n})" for sign, n in sorted(counts.items()) if n != RECORDINGS_PER_SIGN]
    listed = f" Signs with another number: {', '.join(odd[:10])}{', ...' if len(odd) > 10 else ''}." if odd else ""
    return [
        f"{len(signs):,} recordings of {len(counts)} signs; the full set is {SIGNS * RECORDINGS_PER_SIGN:,}, "
        f"{RECORDINGS_PER_SIGN} of each of {SIGNS}.{listed}"
    ]
