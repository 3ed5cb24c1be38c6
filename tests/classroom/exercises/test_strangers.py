"""Right answers by one who had not read the judges: each exercise has five ways or more, and every way is accepted.

One idea: whoever writes a judge thinks of the ways that he would take himself. strangers/answers_NN.py holds RIGHT =
{"NAME": {"way": answer}} for every exercise of notebook NN, written from the exercise's text alone.
"""

import importlib.util
from pathlib import Path

import numpy as np
import pytest
import torch
from exercise_answers import accepts

from course_lib.classroom.checks import EXERCISES

FILES = sorted((Path(__file__).resolve().parent / "strangers").glob("answers_*.py"))
WAYS = 5  # at least, of each exercise


def ways_of(path: Path) -> dict[str, dict[str, object]]:
    """RIGHT of one file, which is no module that others import."""
    spec = importlib.util.spec_from_file_location(f"strangers_{path.stem}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.RIGHT


def notebook_of(path: Path) -> str:
    """What `Exercise.notebook` is for the exercises of a file: "00", or "museum_of_bugs" for answers_museum.py."""
    short = path.stem.removeprefix("answers_")
    return next(one for one in {e.notebook for e in EXERCISES.values()} if one.partition("_")[0] == short)


RIGHT = {path: ways_of(path) for path in FILES}


@pytest.fixture(autouse=True)
def seeded():
    """An answer may draw at random; the same draws in every order of the tests."""
    torch.manual_seed(0)
    np.random.seed(0)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_stranger_answers_every_exercise_of_a_notebook_in_five_ways_or_more(path):
    asked = {name for name, exercise in EXERCISES.items() if exercise.notebook == notebook_of(path)}
    assert set(RIGHT[path]) == asked
    few = {name: len(ways) for name, ways in RIGHT[path].items() if len(set(ways.values())) < WAYS}
    assert not few, f"{WAYS} ways at least were expected of each exercise: {few}"


test_a_strangers_right_answer_is_accepted = accepts({n: ways for right in RIGHT.values() for n, ways in right.items()})


def test_strangers_have_answered_the_exercises_of_every_notebook():
    assert {notebook_of(path) for path in FILES} == {exercise.notebook for exercise in EXERCISES.values()}
