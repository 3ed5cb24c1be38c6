"""Tables that are made run by run, go on where they were stopped, and have a manifest that says with what.

A bench is a module with PARTS and `make(part, folder, anew=False)`. Its settings are frozen dataclasses that the code
reads. The manifest holds a copy of them, so `status` sees a setting that was changed without a new table.
"""

import argparse
import csv
import fcntl
import io
import json
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch

from benchmarks.manifests import ROOT, differences, plain, surroundings
from course_lib.files import write_whole

DATA = ROOT / "data"


@dataclass(frozen=True)
class Part:
    """What one set of settings makes: a table, the rows of one method in a table, or a generator.

    Attributes:
        name: the bench and what it is called there: "critics/depth", "fair/WGAN-GP".
        file: where it lies under data/: .csv, .npz (arrays named "RUN/COLUMN"), or .safetensors.
        manifest: where its manifest lies under data/; several parts can share one.
        settings: a frozen dataclass with everything that the runs read. Other `seeds` cost only the rows concerned; any
            other change throws all rows of the part away.
        work: (settings, **run) -> the rows of that run. None for a generator, which its bench makes in its own way.
        runs: what tells one run from another, the same columns in each: {"clip": 0.1, "seed": 0}.
        rows: what tells this part's rows from others in the file: {"method": "WGAN-GP"}.
    """

    name: str
    file: str
    manifest: str
    settings: object
    work: Callable[..., list[dict]] | None = None
    runs: tuple[Mapping[str, object], ...] = ({},)
    rows: Mapping[str, str] = field(default_factory=dict)

    @property
    def bench(self) -> str:
        return self.name.split("/", 1)[0]

    @property
    def key(self) -> str:
        return self.name.split("/", 1)[1]

    @property
    def command(self) -> str:
        return f"python -m benchmarks.{self.bench} " + (json.dumps(self.key) if " " in self.key else self.key)


def make(part: Part, folder: Path = DATA, *, anew: bool = False) -> None:
    """Every run of `part` that its table lacks; after a stop, even a kill, it goes on where it was.

    A run's rows are written all at once, and at any moment the file is the old one or the new one, so parts of one
    file can be made side by side. `cpu_seconds` in the manifest are the processor's, judging included; where a process
    was killed between table and manifest, without its last run's.
    """
    with _alone(folder):
        record = record_of(part, folder)
        fresh = anew or record is None or "stale" in record or _changed(record["settings"], plain(part.settings))
        rows = read_rows(part, folder)
        kept = [row for row in rows if not _own(part, row) or (not fresh and _run(part, row) in _wanted(part))]
        if len(kept) < len(rows):
            write_rows(part, folder, kept)
        record = {"cpu_seconds": 0.0, "made_with": []} if fresh else record
        _tell(part, folder, record | {"settings": plain(part.settings), "command": part.command})
    for run in part.runs:
        if _texts(run) not in _made(part, folder):
            start = time.process_time()
            made = part.work(part.settings, **run)
            spent = time.process_time() - start
            with _alone(folder):
                if _texts(run) not in _made(part, folder):  # nor has another process made it meanwhile
                    write_rows(part, folder, read_rows(part, folder) + [{**part.rows, **run, **row} for row in made])
                    _count(part, folder, spent)
            print(part.name, *run.values(), f"{spent:.1f} s", flush=True)


def status(part: Part, folder: Path = DATA) -> str:
    """What `part` is: "holds", or "not made", "settings changed: ...", "unfinished: ...", "stale: ..."."""
    record = record_of(part, folder)
    if record is None or not (folder / part.file).exists():
        return "not made"
    if changed := differences(record["settings"], plain(part.settings)):
        return "settings changed: " + "; ".join(changed)
    if part.work is not None and (made := _made(part, folder)) != _wanted(part):
        return f"unfinished: {len(made & _wanted(part))} of {len(part.runs)} runs, {len(made - _wanted(part))} others"
    return f"stale: {record['stale']}" if "stale" in record else "holds"


def command(parts: Sequence[Part], make: Callable[..., None], doc: str, later: Sequence[Part] = ()) -> None:
    """The command line of a bench, on one thread: python -m benchmarks.NAME [PART ...] [--anew]

    What is `later` is made only where it is named.
    """
    parser = argparse.ArgumentParser(description=doc.splitlines()[0])
    keys = [part.key for part in parts]
    named = keys + [part.key for part in later]
    only = f", and only if given: {', '.join(named[len(keys) :])}" if later else ""
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(keys)}; all, unless given{only}")
    parser.add_argument("--anew", action="store_true", help="make what holds again too")
    given = parser.parse_args()
    if unknown := set(given.parts) - set(named):
        parser.error(f"no part {', '.join(sorted(unknown))}; there are: {', '.join(named)}")
    torch.set_num_threads(1)
    for part in (*parts, *later):
        if part.key in (given.parts or keys):
            make(part, anew=given.anew)
            print(f"{part.name}: {status(part)}", flush=True)


# -------------------------------------------------------------------------------------------------------- manifests


def read_manifest(part: Part, folder: Path = DATA) -> dict:
    path = folder / part.manifest
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def record_of(part: Part, folder: Path = DATA) -> dict | None:
    """What the manifest says of `part`: settings, command, cpu_seconds, made_with and, if it is, why it is stale."""
    return read_manifest(part, folder).get("parts", {}).get(part.key)


def tell(part: Part, folder: Path, record: dict | None = None, **facts: object) -> None:
    """Write down a part's record, and facts that stand beside the parts."""
    with _alone(folder):
        _tell(part, folder, record, **facts)


def _tell(part: Part, folder: Path, record: dict | None = None, **facts: object) -> None:
    manifest = read_manifest(part, folder)
    if record is not None:
        manifest["parts"] = manifest.get("parts", {}) | {part.key: record}
    path = folder / part.manifest
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, (json.dumps(manifest | facts, indent=1) + "\n").encode())


def without(record: Mapping, *names: str) -> dict:
    return {name: value for name, value in record.items() if name not in names}


def _changed(before: dict, now: dict) -> bool:
    """Whether more than the seeds differs."""
    return without(before, "seeds") != without(now, "seeds")


def _count(part: Part, folder: Path, spent: float) -> None:
    record, here = record_of(part, folder), surroundings()
    if record["cpu_seconds"] is not None:  # unknown stays unknown
        record["cpu_seconds"] = round(record["cpu_seconds"] + spent, 1)
    record["made_with"] += [here] if here not in record["made_with"] else []
    _tell(part, folder, record)


# ------------------------------------------------------------------------------------------------------------- rows


def read_rows(part: Part, folder: Path) -> list[dict]:
    """All rows of the part's file, other parts' too; values are text in a .csv and arrays in an .npz."""
    path = folder / part.file
    if not path.exists():
        return []
    if path.suffix == ".csv":
        with path.open(newline="", encoding="utf-8") as file:
            return list(csv.DictReader(file))
    rows = {}
    with np.load(path, allow_pickle=False) as stored:
        for name in stored:
            *run, column = name.split("/")
            rows.setdefault(tuple(run), dict(zip(part.runs[0], run, strict=True)))[column] = stored[name]
    return list(rows.values())


def write_rows(part: Part, folder: Path, rows: Sequence[Mapping]) -> None:
    path, stored = folder / part.file, io.BytesIO()
    path.parent.mkdir(parents=True, exist_ok=True)
    if not rows:
        return path.unlink(missing_ok=True)
    if path.suffix == ".csv":
        writer = csv.DictWriter(text := io.StringIO(newline=""), list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows({column: _text(value) for column, value in row.items()} for row in rows)
        stored.write(text.getvalue().encode())
    else:
        named = (("/".join(_run(part, row)), row) for row in rows)
        arrays = {f"{run}/{column}": row[column] for run, row in named for column in without(row, *part.runs[0])}
        np.savez_compressed(stored, **arrays)
    write_whole(path, stored.getvalue())


def _text(value: object) -> str:
    return f"{value:.6g}" if isinstance(value, float | np.floating) else str(value)


def _texts(run: Mapping[str, object]) -> tuple[str, ...]:
    return tuple(_text(value) for value in run.values())


def _run(part: Part, row: Mapping) -> tuple[str, ...]:
    return tuple(_text(row[column]) for column in part.runs[0])


def _own(part: Part, row: Mapping) -> bool:
    return all(row[column] == value for column, value in part.rows.items())


def _wanted(part: Part) -> set[tuple[str, ...]]:
    return {_texts(run) for run in part.runs}


def _made(part: Part, folder: Path) -> set[tuple[str, ...]]:
    return {_run(part, row) for row in read_rows(part, folder) if _own(part, row)}


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Only one process at a time changes tables in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
