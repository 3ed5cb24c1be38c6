"""`fit SIGNALS --minutes 10 --out RUN`: from a file to a judged generator and its signals, in one command.

The idea: minutes are not a setting of a run, steps are. So the speed of the judge and of a training step are measured
first, the number of steps follows from them and is said and kept: `train --steps` makes the same run again, on this
machine or another. A run that was stopped keeps its number of steps.
"""

import argparse
import math
import time
from dataclasses import dataclass
from itertools import pairwise

import torch

from course_lib import checkpoints, files
from course_lib.commands import arguments as shared
from course_lib.commands import say
from course_lib.commands.evaluate import compared, evaluate, report_of
from course_lib.commands.generate import GENERATOR, draw, export
from course_lib.commands.recordings import Recordings
from course_lib.commands.run_folder import SAMPLES, check_free, load_settings
from course_lib.commands.train import Plan, add_common, learn, recordings_of
from course_lib.training import State, train
from course_lib.training.callbacks import stop_when

HELP = "from a file to a judged generator, in so many minutes"
EXAMPLE = "python -m course_lib fit my_signals.csv --minutes 10 --out my_run"

MOST_STEPS = 6_000  # as many as the committed generators were trained with; more was not tried
FEWEST_STEPS = 50  # with fewer a report is not worth its time
MARGIN = 0.85  # of the time that is left for training is planned: a machine is not always as fast as when measured
MEASURED_STEPS, WARM_UP, MEASURING = 200, 3, 6.0  # steps at most, of which so many do not count, and seconds at most
FINISHING = 12.0  # processor seconds for pictures, exports and what is imported for them
LONG_ENOUGH = 1.0  # seconds: of shorter measurements the share of a core says nothing
SHARE_OF_JUDGE = 0.3  # of the minutes: a whole report where it is done within them, else the quick one
# A small report (three redraws, no forger) judges one set and takes all metrics 4 times; the report with six forgers,
# the untrained generator and twenty redraws judges eight sets and takes them 28 times.
SMALL_REPORTS = 8
WHOLE_OVER_QUICK = 2.5  # trees of the forests, at equal numbers of signals; the time grows with their square
QUICK_SIZE = 200
MOST_SAMPLES = 10_000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_common(parser)
    parser.add_argument(
        "--minutes", type=shared.above_zero, default=10.0, help="by the clock, all in all (%(default)s)"
    )


@dataclass(frozen=True)
class Budget:
    """What was measured, and what follows from it."""

    seconds_a_step: float
    judge_seconds: float
    quick: bool
    finishing_seconds: float
    steps: int
    minutes: float


def run(arguments: argparse.Namespace) -> int:
    began = time.monotonic()
    out = files.user_path(arguments.out)
    files.check_room(out, 0)
    check_free(out, resume=arguments.resume)
    recordings = recordings_of(arguments)
    compared(recordings)  # refused here, not after the training
    budget = _kept(arguments, out) or _measured(arguments, recordings, began)
    say(
        f"{budget.steps:,} steps: {budget.minutes:g} minutes, less {budget.judge_seconds:.0f} s for the "
        f"{'quick' if budget.quick else 'whole'} report and {budget.finishing_seconds:.0f} s for pictures and files, "
        f"at {budget.seconds_a_step:.3g} s a step. The same run again: train --steps {budget.steps}"
    )
    spent = time.monotonic() - began + budget.judge_seconds + budget.finishing_seconds
    plan = Plan.of(recordings, arguments, budget.steps)
    ended = _Clock(60 * arguments.minutes - spent)
    history = learn(plan, recordings, arguments, callbacks=[ended], measured=vars(budget))
    if len(history) < budget.steps and not ended.struck:
        print(f"{len(history):,} of {budget.steps:,} steps are done. The run is in {out}; --resume goes on.")
        return 130
    if len(history) < budget.steps:
        say(f"The time for training was over after {len(history):,} of {budget.steps:,} steps: slower than measured.")
    verdict = evaluate(out, recordings, quick=budget.quick, seed=1, device=arguments.device)
    if verdict.grade != "use it" and len(history) < MOST_STEPS:
        say(
            f"Try more minutes first: this run had {len(history):,} steps, and the course's own generators had "
            f"{MOST_STEPS:,}."
        )
    n = _export(out, recordings, arguments)
    say(f"{n:,} generated signals are in {out / SAMPLES}. Done after {(time.monotonic() - began) / 60:.1f} minutes.")
    return 0


class _Clock:
    """A callback that ends the training when its seconds are over, and remembers that it did."""

    def __init__(self, seconds: float) -> None:
        self.stop, self.struck = stop_when(max(seconds, 0.0)), False

    def __call__(self, state: State) -> None:
        try:
            self.stop(state)
        except KeyboardInterrupt:
            self.struck = True
            raise


def _kept(arguments: argparse.Namespace, out) -> Budget | None:
    """What a run that goes on was planned with, or None."""
    measured = load_settings(out).get("measured") if arguments.resume else None
    try:
        return Budget(**measured) if measured else None
    except TypeError:  # of another version: measured anew
        return None


def _measured(arguments: argparse.Namespace, recordings: Recordings, began: float) -> Budget:
    """The steps that fit between now and the report.

    Raises:
        ValueError: if these are too few.
    """
    total = 60 * arguments.minutes
    plan = Plan.of(recordings, arguments, MEASURED_STEPS)
    wall, processor = time.monotonic(), time.process_time()
    judge, quick = report_seconds(recordings, total, labelled=plan.labels)
    finishing = FINISHING / share_of_a_core(time.monotonic() - wall, time.process_time() - processor)
    step = step_seconds(plan, arguments.device)
    left = total - (time.monotonic() - began) - judge - finishing
    steps = min(int(MARGIN * left / step), MOST_STEPS)
    if steps < FEWEST_STEPS:
        needed = (total - left + FEWEST_STEPS * step / MARGIN) / 60
        raise ValueError(
            f"fit: expected more minutes than {arguments.minutes:g}: the report takes about {judge:.0f} s here and a "
            f"step {step:.2g} s, so that {max(steps, 0)} steps would be left and {FEWEST_STEPS} are the least. Give "
            f"--minutes {enough_minutes(needed * 1.1)} or more, or train and judge by hand: train --steps, "
            "evaluate --quick."
        )
    return Budget(step, judge, quick, finishing, steps, arguments.minutes)


def enough_minutes(minutes: float) -> str:
    """Rounded up, as it is typed: whole minutes from 10 on, else tenths."""
    return f"{math.ceil(minutes)}" if minutes >= 10 else f"{math.ceil(10 * minutes - 1e-9) / 10:g}"


def share_of_a_core(wall: float, processor: float) -> float:
    """How much of a core this process gets beside others, 1 at most: on a busy machine everything takes longer."""
    return min(1.0, processor / wall) if wall > LONG_ENOUGH and processor > 0 else 1.0


def report_seconds(recordings: Recordings, total: float, *, labelled: bool) -> tuple[float, bool]:
    """How long the report will take, and whether it has to be the quick one: a small one is made, and timed.

    Raises:
        ValueError: if there can be no report, so that this is said before the training.
    """
    import course_lib.metrics  # noqa: F401 - scikit-learn's import is not to be timed

    learnt, test = compared(recordings)
    copies = learnt.values[torch.arange(len(test)) % len(learnt)]
    begun = time.monotonic()
    report_of(learnt, test, copies, labelled=labelled, quick=True, draws=3)
    quick = SMALL_REPORTS * (time.monotonic() - begun)
    whole = quick * WHOLE_OVER_QUICK * max(1.0, len(test) / QUICK_SIZE) ** 2
    return (whole, False) if whole <= SHARE_OF_JUDGE * total else (quick, True)


def step_seconds(plan: Plan, device: str | None) -> float:
    """Mean seconds of a training step, by some steps of a run that is thrown away."""
    moments: list[float] = []
    stop = stop_when(MEASURING)

    def watch(state: State) -> None:
        moments.append(time.monotonic())
        if len(moments) > WARM_UP + 1:
            stop(state)

    train(*plan.models(), plan.scaled, plan.recipe.config, device=device, callbacks=[watch])
    steps = [b - a for a, b in pairwise(moments)][WARM_UP:]
    return sum(steps) / len(steps)


def _export(out, recordings: Recordings, arguments: argparse.Namespace) -> int:
    """samples.csv: as many of each class as were recorded, 10,000 in all at most."""
    generator = checkpoints.load_model(out / GENERATOR)
    parts = [recordings.learnt] + ([] if recordings.held_out is None else [recordings.held_out])
    labels = torch.cat([part.labels for part in parts])
    every = -(-len(labels) // MOST_SAMPLES)
    labels = labels.sort().values[::every]
    given = labels if generator.n_classes else None
    values = draw(generator, out, len(labels), labels=given, seed=arguments.seed, device=arguments.device)
    files.check_room(out, 12 * values.numel())
    export(out / SAMPLES, out, values, given)
    return len(labels)
