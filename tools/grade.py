"""Grade a folder of submissions: python -m tools.grade FOLDER [--out grades.csv] [--seconds 60]

FOLDER holds a folder for each student, with notebooks in it at any depth (nbgrader's `submitted/STUDENT/NAME/*.ipynb`,
or what an LMS unpacks), or one notebook for each student. The table has the columns student, exercise, right, message,
a row for every exercise of every notebook that somebody handed in.

One idea: an answer is judged in a process of its own, by the judge that also answers in the notebook, after the cells
that the answer rests on and no others. What that process may do stands in tools/grade_worker.py.
"""

import argparse
import ast
import csv
import json
import multiprocessing
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import nbformat

from course_lib.classroom.checks import EXERCISES
from tools import claims
from tools.exercises import check_calls
from tools.notebooks import kernel_environment

LARGEST_FILE = 20_000_000  # bytes of a submission
LARGEST_REPLY = 65_536  # bytes of a verdict
LONGEST_MESSAGE = 400  # characters
SECONDS = 60.0  # for one exercise


class Row(NamedTuple):
    """One line of the table."""

    student: str
    exercise: str
    right: bool
    message: str


class Answer(NamedTuple):
    """What a submission passes to checks.NAME(...), and the cells that it rests on, in order."""

    expression: str
    cells: list[str]


# --- reading submissions


def submissions(folder: Path) -> Iterator[tuple[str, Path | None]]:
    """(student, notebook) of everything handed in below `folder`; None for a student whose folder has no notebook."""
    for entry in sorted(folder.iterdir()):
        if entry.name.startswith("."):
            continue
        if entry.suffix == ".ipynb":
            yield entry.stem, entry
        elif entry.is_dir() and not entry.is_symlink():
            found = [p for p in sorted(entry.rglob("*.ipynb")) if not any(part.startswith(".") for part in p.parts[1:])]
            yield from ((entry.name, path) for path in found or [None])


def cells_of(path: Path) -> list[str]:
    """The code of a submitted notebook, cell by cell, without lines that only IPython reads.

    Raises:
        ValueError: if the file is too large or no notebook.
    """
    if path.is_symlink() or not path.is_file():
        raise ValueError("not an ordinary file")
    if (size := path.stat().st_size) > LARGEST_FILE:
        raise ValueError(f"a file of {size / 1e6:,.0f} MB; at most {LARGEST_FILE / 1e6:.0f} are read")
    try:
        notebook = nbformat.reads(path.read_text(encoding="utf-8"), as_version=4)
        sources = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    except Exception as error:  # nbformat raises a dozen kinds
        raise ValueError(f"the file is no notebook ({type(error).__name__})") from error
    return ["\n".join(line for line in s.splitlines() if not line.lstrip().startswith(("%", "!"))) for s in sources]


def _parsed(source: str) -> list[ast.stmt]:
    with suppress(SyntaxError, ValueError, RecursionError, MemoryError):
        return ast.parse(source).body
    return []


def _calls(source: str) -> list[tuple[str, str, int]]:
    with suppress(SyntaxError, ValueError, RecursionError, MemoryError):
        return list(check_calls(source))
    return []


def answers(sources: list[str]) -> dict[str, Answer]:
    """What a notebook's cells pass to which exercise; a later call replaces an earlier one."""
    bodies = [_parsed(source) for source in sources]
    binds = [set().union(*map(claims.bound, body)) for body in bodies]
    found = {}
    for at, source in enumerate(sources):
        for name, expression, _ in _calls(source):
            wanted = {at, *(i for i, text in enumerate(sources) if text.startswith(claims.SETUP_TITLE))}
            names = claims.reads(ast.parse(expression, mode="eval").body)
            todo, seen = [(n, at) for n in names] + [(n, at) for n in claims.reads_of_all(bodies[at])], set()
            while todo:
                needed, before = todo.pop()
                if needed in seen or needed == "checks":
                    continue
                seen.add(needed)
                places = [i for i, names in enumerate(binds) if needed in names]
                place = max((i for i in places if i <= before), default=min(places, default=None))
                if place is not None and place not in wanted:
                    wanted.add(place)
                    todo += [(n, place) for n in claims.reads_of_all(bodies[place])]
            found[name] = Answer(expression, [sources[i] for i in sorted(wanted)])
    return found


def exercises_of(sources: list[str]) -> list[str]:
    """The exercises of the notebooks that a submission answers, by the checks that it calls."""
    books = {EXERCISES[name].notebook for source in sources for name, _, _ in _calls(source) if name in EXERCISES}
    return [name for name, exercise in EXERCISES.items() if exercise.notebook in books]


# --- judging


class Judges:
    """Processes that judge one answer each: they start from a server that has imported PyTorch and the judges."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        os.environ.update(kernel_environment() | {"MPLBACKEND": "Agg"})
        self.context = multiprocessing.get_context("forkserver")
        self.context.set_forkserver_preload(["tools.grade_worker"])
        first = self.context.Process(target=os.getpid)  # starts the server: its imports are on nobody's time
        first.start()
        first.join()

    def verdict(self, name: str, answer: Answer) -> tuple[bool, str]:
        """Whether an answer is right, and what its author is told."""
        from tools.grade_worker import work  # not at the top: the server imports it, and this process has no need

        scratch = tempfile.mkdtemp(prefix="course-grade-")
        receiver, sender = self.context.Pipe(duplex=False)
        process = self.context.Process(
            target=work, args=(name, answer.expression, answer.cells, scratch, self.seconds, sender), daemon=True
        )
        process.start()
        sender.close()
        try:
            return self._reply(receiver)
        finally:
            with suppress(ProcessLookupError, PermissionError):  # whatever it has started goes with it
                os.killpg(process.pid, signal.SIGKILL)
            process.kill()
            process.join()
            receiver.close()
            shutil.rmtree(scratch, ignore_errors=True)

    def _reply(self, receiver: multiprocessing.connection.Connection) -> tuple[bool, str]:
        if not receiver.poll(self.seconds):
            return False, f"stopped: no verdict after {self.seconds:g} seconds."
        try:
            reply = json.loads(receiver.recv_bytes(LARGEST_REPLY))  # never unpickled: it comes from a stranger
            right, message = reply["right"], reply["message"]
            if not isinstance(right, bool) or not isinstance(message, str):
                raise TypeError("a verdict is true or false, and a message")
        except (OSError, EOFError, ValueError, TypeError, KeyError):
            return False, "the process that tried the answer ended without a verdict: does it end Python, or use it up?"
        return right, " ".join(message.split())[:LONGEST_MESSAGE]


def grade(folder: Path, *, seconds: float = SECONDS) -> list[Row]:
    """A row for every exercise of every notebook that was handed in; a file that is none has one row that says so.

    Raises:
        ValueError: if `folder` is no folder, or holds no submission.
    """
    if not folder.is_dir():
        raise ValueError(f"expected a folder of submissions, and {folder} is none")
    judges, rows = Judges(seconds), []
    for student, path in submissions(folder):
        if path is None:
            rows.append(Row(student, "", False, "no notebook was handed in."))
            continue
        try:
            sources = cells_of(path)
        except ValueError as error:
            rows.append(Row(student, "", False, f"{path.name}: {error}."))
            continue
        found, names = answers(sources), exercises_of(sources)
        if not names:
            rows.append(Row(student, "", False, f"{path.name}: no cell calls the check of an exercise."))
        for name in names:
            if name in found:
                rows.append(Row(student, name, *judges.verdict(name, found[name])))
            else:
                rows.append(Row(student, name, False, f"no cell calls checks.{name}(...), or it cannot be read."))
    if not rows:
        raise ValueError(f"no submission in {folder}: expected STUDENT/NOTEBOOK.ipynb or STUDENT.ipynb")
    return rows


def _plain(text: str) -> str:
    """The text as no spreadsheet takes it for a formula."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@")) else text


def write_table(rows: list[Row], path: Path) -> None:
    """The table as CSV."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(Row._fields)
        writer.writerows([_plain(r.student), r.exercise, "yes" if r.right else "no", _plain(r.message)] for r in rows)


def main(arguments: list[str] | None = None) -> int:
    """Grade, write the table, and say how many each student has right; 0 if all went well."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--out", type=Path, default=Path("grades.csv"))
    parser.add_argument("--seconds", type=float, default=SECONDS, help="for one exercise (default: %(default)g)")
    given = parser.parse_args(arguments)
    try:
        rows = grade(given.folder, seconds=given.seconds)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 1
    write_table(rows, given.out)
    for student in dict.fromkeys(row.student for row in rows):
        own = [row for row in rows if row.student == student]
        print(f"{student}: {sum(row.right for row in own)} of {sum(bool(row.exercise) for row in own)} right")
    print(f"{len(rows)} rows written to {given.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
