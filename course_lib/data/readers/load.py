"""The two doors, `load_signals` and `preview_signals`: a file's ending and its first rows say which reader reads it."""

from collections.abc import Sequence
from pathlib import Path

from course_lib.data.dataset import SignalDataset
from course_lib.data.readers.assembling import as_dataset
from course_lib.data.readers.dialects import Dialect, find_dialect
from course_lib.data.readers.folders import read_folder
from course_lib.data.readers.long import OPTIONS as LONG_OPTIONS
from course_lib.data.readers.long import read_long
from course_lib.data.readers.npy import read_npy, read_npz
from course_lib.data.readers.options import Column, Options
from course_lib.data.readers.preview import Preview, preview_of
from course_lib.data.readers.recordings import Recordings, problem
from course_lib.data.readers.roles import are_steps, named, ours
from course_lib.data.readers.ts import read_ts
from course_lib.data.readers.wide import OPTIONS as WIDE_OPTIONS
from course_lib.data.readers.wide import read_wide
from course_lib.files import user_path

TABLES = (".csv", ".tsv", ".txt")
READERS = {".ts": read_ts, ".npy": read_npy, ".npz": read_npz}
ELSEWHERE = {  # endings of files that hold signals and are not read here, and the way here
    ".xlsx": "In Excel: Save As, CSV UTF-8.",
    ".xls": "In Excel: Save As, CSV UTF-8.",
    ".ods": "Save it as CSV.",
    ".mat": "In MATLAB: writematrix(X, 'signals.csv'); in Python: scipy.io.loadmat, then np.save.",
    ".parquet": "In Python: pd.read_parquet(file).to_csv('signals.csv', index=False).",
    ".pkl": "A pickle may run any code when it is opened. If you made it, save it with np.save or to_csv.",
    ".edf": "Export it as CSV, or read it with MNE and save the values with np.save.",
    ".wav": "In Python: scipy.io.wavfile.read, cut it into signals, then np.save.",
    ".zip": "Unpack it first.",
    ".gz": "Unpack it first.",
    ".bz2": "Unpack it first.",
    ".xz": "Unpack it first.",
}


def load_signals(
    path: str | Path,
    *,
    length: float | None = None,
    label: Column | bool | None = None,
    layout: str | None = None,
    missing: str | None = None,
    delimiter: str | None = None,
    decimal: str | None = None,
    header: int | bool | None = None,
    encoding: str | None = None,
    id: Column | None = None,
    time: Column | bool | None = None,
    channels: Column | Sequence[Column] | None = None,
    ignore: Column | Sequence[Column] = (),
    group: Column | None = None,
) -> SignalDataset:
    """The signals of a file, or of a folder of files.

    What is read: a text table (.csv, .tsv, .txt) whose rows are signals ("wide", also UCR's files and what `generate`
    writes) or whose rows are steps ("long": an id, a time, a column a channel); a .ts of sktime; a .npy (N, L) or
    (N, C, L); an .npz of `values` and `labels`; a folder of text tables of one recording each. None of an option means
    that it is found by looking; `preview_signals` shows what was found. A column is named by its header or its number,
    counted from 1.

    Args:
        length: steps that each signal is resampled to (PCHIP); None keeps the file's, which must be one.
        label: the column of the label ("first" and "last" too); False: there are none. In a headless .tsv or .txt None
            is the first column, as UCR has it. Of a folder: "folder", "file". Of an .npz: the name of the array.
        layout: "wide" or "long" for tables; "NCT" or "NTC" for arrays of three axes.
        missing: "interpolate" fills gaps between measured values (PCHIP); None refuses them.
        delimiter: of tab, ";", "|", ",", " " (spaces).
        decimal: "." or ",".
        header: the number of the header's row; False: there is none.
        encoding: such as "utf-8", "cp1252", "utf-16".
        id: long tables: the column that says which recording a row is of. Wide ones: a column that names the rows.
        time: long tables and folders: the column of time; False: rows are even steps.
        channels: long tables and folders: the columns to read; None reads all that are nothing else.
        ignore: columns to leave out.
        group: the column of what belongs together (a person, a session); becomes `.groups`. None: a column called so.

    Returns:
        values (N, C, L), float32, in the file's order. Classes are called as the file writes them (1.0 is "1"), numbers
        in their order, then words. `.notes` says what was resampled, filled or left out, and what is constant.

    Raises:
        FileNotFoundError: if there is nothing at that path.
        ValueError: for another ending, or what cannot be read so; the message says file, row, column, and what to do.
    """
    _check(length, missing)
    options = Options(label, layout, delimiter, decimal, header, encoding, id, time, channels, ignore, group)
    return as_dataset(_read(path, options), length, missing)


def preview_signals(
    path: str | Path,
    *,
    length: float | None = None,
    label: Column | bool | None = None,
    layout: str | None = None,
    missing: str | None = None,
    delimiter: str | None = None,
    decimal: str | None = None,
    header: int | bool | None = None,
    encoding: str | None = None,
    id: Column | None = None,
    time: Column | bool | None = None,
    channels: Column | Sequence[Column] | None = None,
    ignore: Column | Sequence[Column] = (),
    group: Column | None = None,
) -> Preview:
    """What `load_signals` with these options understands of a file; `print` it.

    Gaps and lengths that differ are counted, and `.problem` says what `load_signals` would say of them.

    Raises:
        FileNotFoundError, ValueError: as `load_signals`, if the file cannot be read at all.
    """
    _check(length, missing)
    options = Options(label, layout, delimiter, decimal, header, encoding, id, time, channels, ignore, group)
    recordings = _read(path, options)
    said = problem(recordings, length, missing)
    return preview_of(recordings, None if said else as_dataset(recordings, length, missing), said)


def _check(length: object, missing: object) -> None:
    if length is not None and (not isinstance(length, int) or length < 2):
        raise ValueError(f"load_signals: expected a length of at least 2 steps, or None, got {length!r}.")
    if missing not in (None, "interpolate"):
        raise ValueError(
            f"load_signals: expected missing=None (gaps are refused) or missing='interpolate', got {missing!r}."
        )


def _read(path: str | Path, options: Options) -> Recordings:
    path = user_path(path)
    if not path.exists():
        raise FileNotFoundError(f"load_signals: expected a file, but there is nothing at {path}.{_beside(path)}")
    if path.is_dir():
        return read_folder(path, options)
    ending = path.suffix.lower()
    if ending in READERS:
        return READERS[ending](path, options)
    if ending not in TABLES:
        how = ELSEWHERE.get(ending, "Rename it if it is one of these; signals from elsewhere: SignalDataset(values).")
        raise ValueError(
            f"load_signals: {path.name}: expected a file that ends in {', '.join((*TABLES, *READERS))}, or a folder of "
            f"such recordings, got {path.suffix or 'no ending'}. {how}"
        )
    dialect = find_dialect(path, options)
    if layout_of(path.name, dialect, options) == "wide":
        options.refuse_all_but(WIDE_OPTIONS, f"{path.name} (read as wide: a row is a signal)")
        return read_wide(path, dialect, options)
    options.refuse_all_but(LONG_OPTIONS, f"{path.name} (read as long: a row is a step)")
    return read_long(path, dialect, options)


def _beside(path: Path) -> str:
    """What stands beside a path where nothing is."""
    there = sorted(path.parent.iterdir()) if path.parent.is_dir() else []
    near = [each.name for each in there if each.suffix.lower() in (*TABLES, *READERS) and not each.name.startswith(".")]
    return f" That folder holds {', '.join(near[:5])}{', ...' if len(near) > 5 else ''}." if near else ""


def layout_of(file: str, dialect: Dialect, options: Options) -> str:
    """Whether a table's rows are signals ("wide") or steps ("long"): as told, else by the names in its header.

    Raises:
        ValueError: if the names do not tell.
    """
    if options.layout in ("NCT", "NTC"):
        raise ValueError(
            f"load_signals: {file}: expected layout='wide' or 'long' for a table, got {options.layout!r}, which is of "
            "arrays. Channels side by side are read where the header is c0_t0, c0_t1, ..., c1_t0, ...: name them so."
        )
    if options.layout is not None:
        return options.layout
    if dialect.names is None or dialect.width == 1:
        return "wide"
    times, ids = named("time", dialect.names), named("id", dialect.names)
    if options.time or options.channels:
        return "long"
    others = {*times, *ids, *named("label", dialect.names), *named("group", dialect.names)}
    rest = [c for c, name in enumerate(dialect.names) if c not in others and name]
    rest = [dialect.names[c] for c in rest if c not in dialect.words] or [dialect.names[c] for c in rest]
    steps = are_steps(rest) and len(rest) > 2
    if ours(rest) or (steps and not times):
        return "wide"
    if times and (ids or options.id or not steps):
        return "long"
    raise ValueError(
        f"load_signals: {file}, row {dialect.header}: expected to see from the header whether a row is a signal "
        f"(label, t0, t1, ...) or one step of one (id, time, channels), got {', '.join(dialect.names[:6])}"
        f"{', ...' if len(dialect.names) > 6 else ''}. Say layout='wide' or layout='long'. If a "
        "column is a signal, exchange rows and columns before: pd.read_csv(file).T.to_csv(...)."
    )
