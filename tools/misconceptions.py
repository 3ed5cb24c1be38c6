"""The page of misconceptions: python -m tools.misconceptions

One idea: every exercise has a table of wrong answers by name in tests/classroom/exercises, and its judge says what each
of them shows. An instructor reads both side by side in docs/misconceptions.md, which this writes from them.
"""

import importlib.util
import os
import sys
from collections.abc import Iterator

from course_lib.classroom.checks import EXERCISES
from tools.address import ROOT

PAGE = ROOT / "docs" / "misconceptions.md"
TABLES = ROOT / "tests" / "classroom" / "exercises"
OPENING = """\
# Common misconceptions, exercise by exercise

Written by `python -m tools.misconceptions` from the tables of wrong answers that test the judges. Each line is a
mistake and what a student who makes it is told.
"""


def mistakes() -> dict[str, dict[str, tuple[object, str]]]:
    """Exercise: the wrong answers by name, as the tests have them."""
    found: dict[str, dict] = {}
    before = list(sys.path)
    sys.path.insert(0, str(TABLES))
    for path in sorted([*TABLES.glob("test_[0-9E]*.py"), TABLES / "test_museum.py"]):
        spec = importlib.util.spec_from_file_location(f"{path.stem}_mistakes", path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        found |= module.WRONG
    sys.path[:] = before
    return found


def cell(text: str) -> str:
    """The text as a cell of a table."""
    return " ".join(text.split()).replace("|", "\\|").replace("$", "\\$").replace("<", "&lt;").replace("*", "\\*")


def lines() -> Iterator[str]:
    """The page, line by line."""
    yield OPENING
    for name, wrong in mistakes().items():
        exercise = EXERCISES[name]
        yield f"## {exercise.notebook}: {exercise.title}\n"
        yield "| the answer | what it is told |\n|---|---|"
        for mistake, (answer, _) in wrong.items():
            yield f"| {cell(mistake)} | {cell(exercise.verdict(answer).message.removeprefix('not yet. '))} |"
        yield ""


if __name__ == "__main__":
    os.environ.setdefault("COURSE_DEVICE", "cpu")
    PAGE.write_text("\n".join(lines()), encoding="utf-8")
    print(PAGE)
