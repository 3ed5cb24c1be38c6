"""Every mutant of a published solution before its judge: which ones are refused, and which survive.

One idea: a judge is tried with every small change of the right answer (solution_mutations.py). A change that it accepts
is a survivor: either the change computes the same (then it stands in equivalent_mutants.py, with the reason), or
the judge's inputs do not tell it from the right answer. survivors.json beside this file holds the survivors that are
known and not yet decided; test_solution_mutations.py fails for a new one, and for one that is listed and gone.

python tests/classroom/exercises/mutant_trials.py [EXERCISE ...]            print the survivors of these, or of all
python tests/classroom/exercises/mutant_trials.py --messages EXERCISE       and what every other mutant hears
python tests/classroom/exercises/mutant_trials.py --write                   make survivors.json and judges.csv anew
"""

import argparse
import ast
import contextlib
import csv
import dataclasses
import functools
import inspect
import json
import random
import signal
import sys
import time
import types
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

if __name__ == "__main__":  # as pytest does: quick scale, nobody's progress, shapes checked
    sys.path.insert(0, str(Path(__file__).resolve().parents[3]))
    import conftest  # noqa: F401

import numpy as np
import torch
from equivalent_mutants import EQUIVALENT
from exercise_answers import Solution, answer_of, published
from solution_mutations import Mutant, mutants_of
from solution_places import Seen

from course_lib.classroom.checks import EXERCISES
from course_lib.classroom.checks.base import Exercise, Refused, _NotAttempted, _ReadersError

SURVIVORS = Path(__file__).resolve().with_name("survivors.json")
COUNTS = Path(__file__).resolve().parents[3] / "data" / "results" / "judges.csv"
SECONDS = 2.0  # of processor time for one mutant, or this many times what the solution took:
TIMES = 20

REFUSED, ACCEPTED, NOT_ATTEMPTED = "refused", "accepted", "not attempted"
ENDLESS, UNDEFINED, STUMBLED, RAISED = "endless", "undefined", "judge stumbled", "judge raised"


class Trial(NamedTuple):
    """What became of one mutant.

    `outcome` is `REFUSED`, `ACCEPTED` or `NOT_ATTEMPTED` by the judge's verdict; `ENDLESS` where the time was up,
    `UNDEFINED` where the mutant's cell stops before there is an answer, `STUMBLED` where the judge itself raised and
    its frame had to catch it, `RAISED` where the frame did not.
    """

    mutant: Mutant
    outcome: str
    message: str


class TimeIsUp(BaseException):
    """A mutant has had its time. No `Exception`, so that neither a judge nor its frame takes it for an answer."""


# ------------------------------------------------------------------------------------------------- one mutant


@contextlib.contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raises `TimeIsUp` in the body once it has used that much processor time. In the main thread alone.

    Processor time, so that a busy machine ends no mutant. A single call into C that never returns is not ended.
    """

    def end(*_: object) -> None:
        raise TimeIsUp

    before = signal.signal(signal.SIGPROF, end)
    signal.setitimer(signal.ITIMER_PROF, seconds, 1.0)  # and again, should somebody swallow the first
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


@contextlib.contextmanager
def same_world() -> Iterator[None]:
    """Global random numbers from seed 0, warnings unheard as in a kernel; all as before afterwards."""
    numpys, pythons, grad = np.random.get_state(), random.getstate(), torch.is_grad_enabled()
    try:
        with torch.random.fork_rng(devices=[]), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            torch.manual_seed(0)
            np.random.seed(0)
            random.seed(0)
            yield
    finally:
        np.random.set_state(numpys)
        random.setstate(pythons)
        torch.set_grad_enabled(grad)


def try_mutant(solution: Solution, mutant: Mutant, exercise: Exercise, *, seconds: float = SECONDS) -> Trial:
    """One mutant, run with its notebook's imports and put to the judge. Never raises, writes nobody's progress."""
    stumbles: list[BaseException] = []

    @functools.wraps(exercise.judge)
    def listened_to(answer: object) -> str | None:
        try:
            return exercise.judge(answer)
        except (Refused, _NotAttempted, _ReadersError):
            raise
        except (Exception, SystemExit) as error:
            stumbles.append(error)
            raise

    try:
        with same_world(), time_limit(seconds):
            try:
                answer = answer_of(solution, mutant.code)
            except (Exception, SystemExit) as error:
                return Trial(mutant, UNDEFINED, repr(error))
            verdict = dataclasses.replace(exercise, judge=listened_to).verdict(answer)
    except TimeIsUp:
        return Trial(mutant, ENDLESS, f"not done after {seconds:g} s")
    except (Exception, SystemExit) as error:
        return Trial(mutant, RAISED, repr(error))
    if stumbles:
        return Trial(mutant, STUMBLED, verdict.message)
    return Trial(mutant, {True: ACCEPTED, False: REFUSED, None: NOT_ATTEMPTED}[verdict.right], verdict.message)


# ------------------------------------------------------------------------------------ all mutants of a solution


def watch(solution: Solution, exercise: Exercise) -> tuple[Seen, float]:
    """What the judge gives to the published solution and gets from it, and the processor time of the verdict.

    Raises:
        AssertionError: if the judge refuses the published solution.
    """
    seen = Seen({}, {}, [], [])
    expressions = _sizes(solution.code)
    answer = answer_of(solution, solution.code)
    if isinstance(answer, types.FunctionType):
        answer = _watched(answer, seen, expressions)
    start = time.process_time()
    with same_world():
        verdict = exercise.verdict(answer)
    assert verdict.right, f"{solution.name}: its published solution heard: {verdict.message}"
    return seen, time.process_time() - start


def _sizes(code: str) -> list[str]:
    """Every `len(x)`, `x.ndim`, `x.shape`, `x.shape[k]`, `x.size()` and `x.numel()` in a solution."""
    found = {}
    for node in ast.walk(ast.parse(code)):
        shape = isinstance(node, ast.Subscript) and isinstance(node.value, ast.Attribute) and node.value.attr == "shape"
        count = isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] in ("len", "numel", "size")
        if shape or count or (isinstance(node, ast.Attribute) and node.attr in ("ndim", "size")):
            found[ast.unparse(node)] = None
    return list(found)


def _watched(function: Callable, seen: Seen, expressions: list[str]) -> Callable:
    signature = inspect.signature(function)

    @functools.wraps(function)
    def call(*args: object, **options: object) -> object:
        given = signature.bind(*args, **options)
        given.apply_defaults()
        for name, value in given.arguments.items():
            seen.arguments.setdefault(name, []).append(_plain(value))
        for expression in expressions:
            with contextlib.suppress(Exception):  # of names that are no arguments
                seen.sizes.setdefault(expression, []).append(eval(expression, dict(given.arguments)))
        result = function(*args, **options)
        seen.results.append(_plain(result))
        seen.shapes.append(tuple(getattr(result, "shape", ())))
        return result

    return call


def _plain(value: object) -> object:
    """A Python number of a NumPy number, or of a tensor that holds a single one."""
    if isinstance(value, np.generic) or (isinstance(value, torch.Tensor) and value.ndim == 0):
        return value.item()
    return value


def chosen(solution: Solution, exercise: Exercise) -> tuple[list[Mutant], float]:
    """The mutants that are tried, and the seconds that each may take."""
    seen, took = watch(solution, exercise)
    return mutants_of(solution.code, seen), max(SECONDS, TIMES * took)


def trials_of(solution: Solution, exercise: Exercise) -> list[Trial]:
    """What becomes of the mutants of a published solution, in the order of its lines.

    Raises:
        AssertionError: if the judge refuses the published solution, before its mutants or after them.
    """
    mutants, seconds = chosen(solution, exercise)
    trials = [try_mutant(solution, mutant, exercise, seconds=seconds) for mutant in mutants]
    watch(solution, exercise)  # a mutant that has spoilt the judge's own data would spoil the next ones' verdicts
    return trials


# --------------------------------------------------------------------------------------------- known survivors


def known_survivors(path: Path = SURVIVORS) -> dict[str, list[str]]:
    """Exercise -> the mutants that its judge accepts and that nobody has called equivalent."""
    return json.loads(path.read_text(encoding="utf-8"))


def known_counts(path: Path = COUNTS) -> dict[str, tuple[str, int, int, int]]:
    """Of each exercise its notebook, and how many changes were tried, refused and accepted, as judges.csv has it."""
    with path.open(newline="", encoding="utf-8") as file:
        return {name: (notebook, *map(int, numbers)) for name, notebook, *numbers in list(csv.reader(file))[1:]}


def counts_of(trials: list[Trial]) -> tuple[int, int, int]:
    """How many changes were tried, refused (in whatever way) and accepted."""
    accepted = sum(trial.outcome == ACCEPTED for trial in trials)
    return len(trials), len(trials) - accepted, accepted


def complaints(name: str, trials: list[Trial], known: list[str], equivalent: dict[str, str]) -> list[str]:
    """What is wrong with the judge of an exercise, or with the lists about it; [] if nothing is."""
    found = [
        f"{name}: the judge itself stopped ({trial.outcome}) at '{trial.mutant.description}': {trial.message}"
        for trial in trials
        if trial.outcome in (STUMBLED, RAISED)
    ]
    found += [
        f"{name}: called not attempted, and something was: '{trial.mutant.description}'"
        for trial in trials
        if trial.outcome == NOT_ATTEMPTED and not _is_empty(trial.mutant.code)
    ]
    accepted = {trial.mutant.description for trial in trials if trial.outcome == ACCEPTED}
    tried = {trial.mutant.description for trial in trials}
    found += [
        f"{name}: listed twice, as equivalent and as a survivor: '{one}'" for one in sorted({*known} & {*equivalent})
    ]
    found += [
        f"{name}: accepted, and it is not the solution: '{one}'. Give the judge an input that tells them apart; if "
        "there is none, name it in equivalent_mutants.py with the reason."
        for one in sorted(accepted - set(known) - set(equivalent))
    ]
    for one in sorted({*known, *equivalent} - accepted):
        if one in tried:
            found.append(f"{name}: refused now: '{one}'. Take it off its list.")
        else:
            found.append(f"{name}: no mutant of the solution as it stands: '{one}'. Take it off its list.")
    return found


def _is_empty(code: str) -> bool:
    """Whether the function that a mutant defines does nothing at all."""
    return all(isinstance(node, ast.Pass) for top in ast.parse(code).body for node in getattr(top, "body", []))


# ------------------------------------------------------------------------------------------------- by hand


def main(arguments: list[str]) -> int:
    """Print what becomes of the mutants; with --write, make survivors.json anew of all of them."""
    parser = argparse.ArgumentParser(description="Every small change of the published solutions, before the judges.")
    parser.add_argument("exercises", nargs="*", help="all of them if none is named")
    parser.add_argument("--messages", action="store_true", help="also what refused mutants hear")
    parser.add_argument("--write", action="store_true", help="make survivors.json anew")
    options = parser.parse_args(arguments)
    solutions = [s for s in published() if not options.exercises or s.name in options.exercises]
    survivors = known_survivors() if options.write and options.exercises else {}
    counts = known_counts() if options.write and options.exercises else {}
    for solution in solutions:
        equivalent = EQUIVALENT.get(solution.name, {})
        trials = trials_of(solution, EXERCISES[solution.name])
        accepted = [trial.mutant.description for trial in trials if trial.outcome == ACCEPTED]
        survivors[solution.name] = sorted(set(accepted) - set(equivalent))
        counts[solution.name] = solution.notebook, *counts_of(trials)
        print(f"{solution.name}: {len(trials)} mutants, {len(accepted)} accepted, {len(equivalent)} named equivalent")
        for trial in trials:
            if trial.outcome != REFUSED and trial.mutant.description not in equivalent:
                print(f"  {trial.outcome.upper()}  {trial.mutant.description}")
            elif options.messages:
                print(f"  {trial.outcome}  {trial.mutant.description}\n      {trial.message}")
    if options.write:
        kept = {name: survivors[name] for name in sorted(survivors) if survivors[name]}
        SURVIVORS.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
        with COUNTS.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(["exercise", "notebook", "tried", "refused", "accepted"])
            writer.writerows([name, *them] for name, them in counts.items())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
