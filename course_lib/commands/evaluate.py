"""`evaluate RUN`: the quality report of a run, as a table, as report.csv and as report.html, with a verdict.

The idea: as many signals are generated as recordings were held out, for the same labels; six forgers make as many, and
the generator as it was before its training; all are judged alike, beside other recordings. The last line says what it
comes to.
"""

import argparse
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn

from course_lib import checkpoints, files
from course_lib.commands import arguments as shared
from course_lib.commands import say
from course_lib.commands.generate import GENERATOR, draw
from course_lib.commands.page import interval, number, page
from course_lib.commands.pictures import history_picture, report_picture, samples_picture
from course_lib.commands.recordings import Recordings
from course_lib.commands.run_folder import HISTORY, PAGE, PICTURE, RECORDINGS, TABLE, load_settings
from course_lib.data import SignalDataset

if TYPE_CHECKING:
    from course_lib.metrics import Verdict

HELP = "judge a run by held-out recordings"
EXAMPLE = "python -m course_lib evaluate my_run"
AT_MOST = 500  # held-out recordings that are compared: more take minutes
FEWEST_COMPARED = 10  # recordings in all
ROOM = 2_000_000  # bytes: the report as table, page and picture


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run_folder", metavar="RUN", help="the folder of the run")
    parser.add_argument("--real", metavar="SIGNALS", help="judge by these, in place of the recordings held out")
    parser.add_argument("--quick", action="store_true", help="at most 200 signals, smaller forests: a milder judge")
    parser.add_argument("--seed", type=int, default=1, help="of the generated signals (%(default)s)")
    shared.add_device(parser)
    shared.add_reading(parser)


def run(arguments: argparse.Namespace) -> None:
    folder = files.user_path(arguments.run_folder)
    recordings = Recordings.load(folder / RECORDINGS)
    if arguments.real is not None:
        recordings = replace(recordings, held_out=other_recordings(arguments, recordings.learnt))
    evaluate(folder, recordings, quick=arguments.quick, seed=arguments.seed, device=arguments.device)


def evaluate(folder: Path, recordings: Recordings, *, quick: bool, seed: int, device: str | None) -> "Verdict":
    """Judge the run in `folder`; write report.csv, report.html and samples.png, print the report; the verdict.

    Raises:
        ValueError: if too few recordings are there to compare, or the generator is of other signals.
        OSError: if the file system refuses, before the work.
    """
    learnt, test = compared(recordings)
    generator = checkpoints.load_model(folder / GENERATOR)
    if (generator.channels, generator.length) != (test.channels, test.length):
        raise ValueError(
            f"{folder}: the generator makes {generator.channels} channels of {generator.length} steps, and the "
            f"recordings have {test.channels} of {test.length}. Were files of two runs mixed? Train it again."
        )
    files.check_room(folder, ROOM)
    say(
        f"Judging {len(test):,} generated signals by {len(test):,} held-out recordings, beside six forgers and the "
        "untrained generator ..."
    )
    labels = test.labels if generator.n_classes else None
    begun = untrained(generator, seed=load_settings(folder).get("seed") or 0)
    made, before = (draw(g, folder, len(test), labels=labels, seed=seed, device=device) for g in (generator, begun))
    from course_lib.baselines import forge  # imported here, with scikit-learn: who trains and draws does without
    from course_lib.metrics import verdict_of
    from course_lib.metrics.verdict import UNTRAINED

    beside = {**forge(learnt, test.labels, seed=seed), UNTRAINED: before}
    report = report_of(learnt, test, made, labelled=bool(generator.n_classes), quick=quick, forgers=beside)
    files.write_whole(folder / TABLE, report.to_csv().encode())
    pictures = _pictures(folder, test, made, report)
    if PICTURE in pictures:
        files.write_whole(folder / PICTURE, pictures[PICTURE])
    verdict = verdict_of(report)
    html = page(report, verdict, pictures, load_settings(folder), name=folder.resolve().name, quick=quick)
    files.write_whole(folder / PAGE, html.encode())
    print(as_text(report))
    print(f"\n{report.attrs['size']} signals compared{', quickly' if quick else ''}. For a browser: {folder / PAGE}\n")
    print(verdict.sentence[0].upper() + verdict.sentence[1:])
    return verdict


def untrained(generator: nn.Module, *, seed: int) -> nn.Module:
    """The generator before its training: with the run's seed, the very weights that it began with.

    What was fitted to recordings and is not trained, the Gaussian that it begins with (`start`), is kept.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        fresh = type(generator)(**generator.arguments).eval()
    if getattr(generator, "start", None) is not None:
        fresh.start.load_state_dict(generator.start.state_dict())
    return fresh


def report_of(
    learnt: SignalDataset,
    test: SignalDataset,
    made: Tensor,
    *,
    labelled: bool,
    quick: bool,
    forgers: Mapping[str, Tensor] | None = None,
    draws: int = 20,
) -> pd.DataFrame:
    """The quality report of signals made for the labels of `test`; `labelled` if they are known to be of them."""
    from course_lib.metrics import quality_report

    return quality_report(
        learnt.values,
        test.values,
        made,
        labels=(learnt.labels, test.labels, test.labels) if labelled else (learnt.labels, test.labels),
        groups=None if learnt.groups is None or test.groups is None else (learnt.groups, test.groups),
        forgers=forgers,
        draws=draws,
        quick=quick,
    )


def compared(recordings: Recordings) -> tuple[SignalDataset, SignalDataset]:
    """What was learnt, and which of the held-out recordings are compared: half as many of a class as learnt, at most.

    The report compares three disjoint sets of real signals, and a forger learns from two recordings of a class.

    Raises:
        ValueError: if they are too few.
    """
    learnt, test = recordings.learnt, recordings.held_out
    there = 0 if test is None else len(test)
    if test is not None:
        random = np.random.default_rng(0)
        own, other = np.array(learnt.class_counts), np.array(test.class_counts)
        most = np.minimum(other, own // 2)
        if most.sum() > AT_MOST:
            most = np.minimum(most, np.maximum(1, most * AT_MOST // most.sum()))
        labels = test.labels.numpy()
        chosen = [random.permutation(np.flatnonzero(labels == k))[:n] for k, n in enumerate(most)]
        chosen = np.sort(np.concatenate(chosen))
    if test is None or len(chosen) < FEWEST_COMPARED:
        raise ValueError(
            f"expected at least {FEWEST_COMPARED} held-out recordings to judge by (of a class half as many as were "
            f"learnt, at most), got {0 if test is None else len(chosen)} (of {there} held out). Record more, hold out "
            "more (--hold-out), or judge by another file: evaluate RUN --real SIGNALS."
        )
    return learnt, test if len(chosen) == there else test[chosen]


def options_of_run(known: dict, signals: str) -> dict[str, object]:
    """How the run's own recordings were read, for another file of their kind; {} for one of another kind."""
    own = str(known.get("signals", ""))
    alike = Path(own).suffix.lower() == Path(signals).suffix.lower()
    return dict(known.get("reading") or {}) if alike and shared.SIMULATED not in (own, signals) else {}


def other_recordings(arguments: argparse.Namespace, learnt: SignalDataset) -> SignalDataset:
    """What --real names, at the length and with the classes of the run; read as those were, unless told otherwise.

    Raises:
        ValueError: if it has other channels, or classes that the run did not learn.
    """
    options = shared.reading(arguments)
    known = load_settings(files.user_path(arguments.run_folder))
    if not options and (options := options_of_run(known, arguments.real)):
        say(f"It is read as the run's recordings were, {shared.typed(options)}; other options replace these.")
    real = shared.load(arguments.real, {"length": learnt.length} | options)
    say(shared.as_options(str(real)))
    if (real.channels, real.length) != (learnt.channels, learnt.length):
        raise ValueError(
            f"{arguments.real}: expected recordings like the run's, {learnt.channels} channels of {learnt.length} "
            f"steps, got {real.channels} of {real.length}. Read the same channels: --channels, --ignore."
        )
    real = in_order_of(learnt, real)
    if not learnt.labelled:
        return SignalDataset(real.values, channels_first=True, channel_names=real.channel_names)
    if unknown := [name for name in real.class_names if name not in learnt.class_names]:
        raise ValueError(
            f"{arguments.real}: expected classes that the run has learnt, got {unknown[0]!r} (of {len(unknown)} "
            f"others). It has {', '.join(map(repr, learnt.class_names[:20]))}. Leave those recordings out."
        )
    place = torch.tensor([learnt.class_names.index(name) for name in real.class_names])
    return replace(real, labels=place[real.labels], class_names=learnt.class_names, groups=None, channels_first=True)


def in_order_of(learnt: SignalDataset, real: SignalDataset) -> SignalDataset:
    """`real` with its channels where those of the same names are in the run, if all have one there; that is said."""
    names, own = learnt.channel_names, real.channel_names
    if not names or not own or names == own or len(set(own)) < len(own) or set(own) != set(names):
        return real
    say(f"Its channels stand in another order, {', '.join(own)}: they are put as the run has them, {', '.join(names)}.")
    return real.select_channels([own.index(name) for name in names])


def _pictures(folder: Path, test: SignalDataset, made: Tensor, report: pd.DataFrame) -> dict[str, bytes]:
    """PNG bytes by name; none where matplotlib is missing, which is said."""
    try:
        pictures = {
            PICTURE: samples_picture(test, made, load_settings(folder)),
            TABLE: report_picture(report),
        }
        if (folder / HISTORY).is_file():
            pictures[HISTORY] = history_picture(pd.read_csv(folder / HISTORY), target=_target(folder))
    except ImportError as error:
        say(f"The report has no pictures: they need matplotlib and seaborn, and {error}.")
        return {}
    return pictures


def _target(folder: Path) -> float:
    """The slope that the run's penalty asks for: 1 between real and fake, 0 at the samples (R1, R2)."""
    return 1.0 if load_settings(folder).get("recipe") in ("wgan-gp", "source") else 0.0


# ----------------------------------------------------------------------------------------------------- the table


def as_text(report: pd.DataFrame) -> str:
    """The report in columns: each metric, its range between recordings, and what the forgers score."""
    forgers = list(report)[list(report).index("inside") + 1 :]
    shown = pd.DataFrame(index=[name.replace("_", " ") for name in report.index])
    shown["value"] = [number(value) for value in report["value"]]
    shown["recordings"] = [number(value) for value in report["reference"]]
    shown["range"] = [interval(line) for _, line in report.iterrows()]
    shown[""] = ["" if inside else "outside" for inside in report["inside"]]
    for name in forgers:
        shown[name.removeprefix("Gaussian, ").removeprefix("Fourier ")] = [number(value) for value in report[name]]
    return shown.to_string()
