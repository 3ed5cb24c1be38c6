"""`show FILE`: what was understood of a file, before anything is trained on it.

The idea: a wrong guess (a label taken for a value, a header for a signal) is seen in ten lines, and told how to mend.
"""

import argparse
from pathlib import Path

from course_lib import files
from course_lib.commands import arguments as shared
from course_lib.commands import say
from course_lib.data import SignalDataset, preview_signals

HELP = "say what a file holds"
EXAMPLE = "python -m course_lib show my_signals.csv --picture my_signals.png"
PROBLEM = 2  # the exit code where the file cannot be learnt from as it is


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("signals", metavar="FILE", help=shared.SIGNALS)
    parser.add_argument("--picture", metavar="FILE.png", help="draw some of the signals")
    parser.add_argument("--force", action="store_true", help="replace FILE.png")
    parser.add_argument("--rate", type=shared.above_zero, metavar="HZ", help="steps a second, for the picture's axis")
    shared.add_unit(parser, "of the values, for the picture: for all channels, or one each between commas")
    shared.add_reading(parser)


def run(arguments: argparse.Namespace) -> int:
    out = None if arguments.picture is None else files.user_path(arguments.picture)
    if out is not None:
        _check_picture(out, force=arguments.force)
    options = shared.reading(arguments)
    if arguments.signals == shared.SIMULATED or shared.is_auslan(files.user_path(arguments.signals)):
        dataset = shared.load(arguments.signals, options)
        print(_described(dataset))
    else:
        with shared.advice_as_options():
            preview = preview_signals(arguments.signals, **options)
        print(shared.as_options(str(preview)))
        dataset = preview.dataset
    if dataset is None:
        return PROBLEM
    if out is not None:
        _draw(dataset, out, arguments)
    return 0


def _check_picture(out: Path, *, force: bool) -> None:
    if out.suffix.lower() != ".png":
        raise ValueError(f"show: expected --picture to end in .png, got {out.name!r}.")
    if out.exists() and not (force and out.is_file()):
        raise ValueError(f"show: {out} exists already. Name another file, or replace it with --force.")
    files.check_room(out.parent, 0)


def _described(dataset: SignalDataset) -> str:
    counts = dict(zip(dataset.class_names, dataset.class_counts, strict=True))
    shown = ", ".join(f"{name} ({count:,})" for name, count in list(counts.items())[:12])
    values = f"{dataset.values.min():.6g} to {dataset.values.max():.6g}"
    return f"{dataset}\n  classes   {shown}{', ...' if len(counts) > 12 else ''}\n  values    {values}"


def _draw(dataset: SignalDataset, out: Path, arguments: argparse.Namespace) -> None:
    from course_lib.commands.pictures import samples_picture

    files.write_whole(out, samples_picture(dataset, None, {"rate": arguments.rate, "unit": arguments.unit}))
    say(f"Some of the signals are drawn in {out}.")
