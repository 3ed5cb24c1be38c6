"""A folder of recordings, a text table each, a row a step: the folder's name or the file's is the label."""

import re
from pathlib import Path

import numpy as np

from course_lib.data.readers.dialects import Dialect, find_dialect
from course_lib.data.readers.options import Options
from course_lib.data.readers.recordings import Recordings
from course_lib.data.readers.steps import Part, Roles, as_recordings, channel_columns, check_ragged, find_roles, moments
from course_lib.data.readers.tables import Table, read_table

ENDINGS = (".csv", ".tsv", ".txt")
OPTIONS = tuple("label delimiter decimal header encoding time channels ignore".split())


def read_folder(folder: Path, options: Options) -> Recordings:
    """Every text table in a folder, or in the folders within, as one recording; in the order of their names.

    Raises:
        FileNotFoundError: if there is none.
        ValueError: for what is wrong with a file, files that differ in their columns, and labels that cannot be seen.
    """
    options.refuse_all_but(OPTIONS, f"{folder.name} (a folder of recordings)")
    files, others = _files(folder)
    dialect = find_dialect(files[0], options)
    roles = find_roles(dialect, options, files[0].name)
    labels, how = _labels(folder, files, None if options.label is None and roles.label is not None else options.label)
    if options.label is not None:
        roles.label = None
    if roles.id is not None:  # each file is one recording: what it is called in the file says nothing more
        roles.left_out.append(roles.id)
        roles.id = None
    tables = [_table(folder, file, dialect, roles, options) for file in files]
    notes = list(dialect.notes)
    if not dialect.header and options.time is None and all(map(_counts, tables)):
        roles.time = [0]
        notes.append("column 1 rises in every file and is taken for the time; if it is a value, say time=False.")
    columns, more = channel_columns(tables[0], roles)
    parts = []
    for table in tables:
        rows = np.arange(len(table.rows))
        times = moments(table, rows, roles.time)
        parts.append(Part(table, np.tile(rows, (len(columns), 1)), np.array(columns), times))
    names = [dialect.names[c] if dialect.names else f"column {c + 1}" for c in columns]
    recordings = as_recordings(
        parts, roles, folder.name, f"{len(files):,} files, one recording each: a row is a step", names
    )
    if labels is not None or roles.label is None:
        recordings.labels, recordings.understood["labels"] = labels, how
    recordings.notes = [*notes, *more, *recordings.notes]
    if others:
        shown = ", ".join(others[:5]) + (", ..." if len(others) > 5 else "")
        recordings.notes.append(f"{len(others)} other files are left alone: {shown}.")
    return recordings


def _files(folder: Path) -> tuple[list[Path], list[str]]:
    """The tables below a folder, and the names of other files; hidden ones count for nothing."""
    found = [
        path
        for path in sorted(folder.rglob("*"), key=lambda path: _natural(path.relative_to(folder).as_posix()))
        if path.is_file() and not any(part.startswith(".") for part in path.relative_to(folder).parts)
    ]
    files = [path for path in found if path.suffix.lower() in ENDINGS]
    if not files:
        held = ", ".join(path.relative_to(folder).as_posix() for path in found[:5]) or "it is empty"
        raise FileNotFoundError(
            f"load_signals: expected recordings in the folder {folder}, files that end in {', '.join(ENDINGS)}, but "
            f"there is none ({held}). Name a file of signals, or the folder that holds them."
        )
    return files, [path.relative_to(folder).as_posix() for path in found if path not in set(files)]


def _natural(name: str) -> list:
    """A key that puts walk_2 before walk_10."""
    return [(1, int(part), "") if part.isdigit() else (0, 0, part) for part in re.split(r"(\d+)", name)]


def _labels(folder: Path, files: list[Path], wanted) -> tuple[list[str] | None, str]:
    """Each file's class, and how it was found.

    Raises:
        ValueError: if every file would be a class of its own, or some lie in folders and some do not.
    """
    if wanted not in (None, False, "file", "folder"):
        raise ValueError(
            f"load_signals: {folder.name}: expected label='folder', label='file' or label=False for a folder of "
            f"recordings, got {wanted!r}."
        )
    if wanted is False:
        return None, "none"
    inside = [file.parent != folder for file in files]
    if wanted is None and any(inside) and not all(inside):
        file = files[inside.index(False)]
        raise ValueError(
            f"load_signals: {folder.name}: expected all recordings in folders named after their class, or none, but "
            f"{file.name} lies beside them. Move it, or say label='file'."
        )
    if wanted == "folder" or (wanted is None and all(inside)):
        return [file.parent.name for file in files], "the name of the folder a file lies in"
    labels = [re.sub(r"[\s_.-]*[(\[]?\d+[)\]]?$", "", file.stem) for file in files]
    if wanted is None and not any(labels):
        return None, "none: files are numbered"
    if "" in labels or (wanted is None and len(set(labels)) == len(labels) > 1):
        file = files[labels.index("") if "" in labels else 0]
        raise ValueError(
            f"load_signals: {folder.name}: expected file names of a class and a number, like walk_01.csv, got "
            f"{file.name}. Rename the files, or put those of a class into a folder of its name; or say label=False "
            "(no labels)" + ("." if "" in labels else ", or label='file' if each is a class of its own.")
        )
    return labels, "a file's name without its number"


def _table(folder: Path, file: Path, dialect: Dialect, roles: Roles, options: Options) -> Table:
    """One file's table, read as the first file is written.

    Raises:
        ValueError: if its header is another.
    """
    name = file.relative_to(folder).as_posix()
    if dialect.names is not None:
        own = find_dialect(file, options)
        if own.names != dialect.names:
            theirs = ", ".join(own.names or []) or "none"
            raise ValueError(
                f"load_signals: {name}, row {own.header or 1}: expected the header of the first file "
                f"({', '.join(dialect.names)}), got {theirs}. One folder holds recordings of the same columns, in one "
                "order."
            )
        dialect = own
    table = read_table(file, dialect, roles.texts(dialect), name)
    check_ragged(table)
    return table


def _counts(table: Table) -> bool:
    """Whether the first column rises as time does, by steps of about one length, and is not alone."""
    if table.values.shape[1] < 2 or len(table.values) < 3 or 0 in table.texts or np.isnan(table.values[:, 0]).any():
        return False
    steps = np.diff(table.values[:, 0])
    return bool((steps > 0).all() and steps.max() < 3 * np.median(steps))
