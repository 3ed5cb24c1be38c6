"""What the command line keeps in the folder of a run, beside the checkpoint: a folder that explains itself.

The idea: whoever opens the folder later finds what was asked for, what it was trained on and how good it is, without
the file that the recordings came from.
"""

import json
from collections.abc import Mapping
from pathlib import Path

from course_lib import files
from course_lib.commands.recordings import Recordings

PROGRAM = "course_lib"  # stands in command.json: whose folder it is
SETTINGS, RECORDINGS, READ_ME = "command.json", "recordings.npz", "README.txt"
HISTORY, PICTURE, SAMPLES, TABLE, PAGE = "history.csv", "samples.png", "samples.csv", "report.csv", "report.html"
EXPLAINED = {
    SETTINGS: "what was asked for, and the train command that makes the same run",
    RECORDINGS: "the recordings: values, labels, class_names, held_out (yes or no), rows (places in the file, from 0)",
    "run.json": "how far the run is, with what it was made, and the settings of the training and of both networks",
    "generator.safetensors": "the generator, the scaler to the recordings' units, and what all recordings share",
    "state.safetensors": "what a stopped run goes on from (--resume)",
    "state.before.safetensors": "the checkpoint before it, which is taken if that one is damaged",
    HISTORY: "the losses, a row a step",
    PICTURE: "recordings, generated signals, and how large their steps are",
    TABLE: "the quality report: each metric, its range between recordings, what forgers and the net untrained score",
    PAGE: "the same for a browser, with pictures and a verdict",
    SAMPLES: "generated signals (fit)",
}
OWN = (SETTINGS, RECORDINGS, READ_ME, HISTORY, PICTURE, SAMPLES, TABLE, PAGE)  # written by the commands alone


def read_me(command: str) -> str:
    """What README.txt says."""
    width = max(map(len, EXPLAINED))
    listed = "\n".join(f"{name:{width}}  {what}" for name, what in EXPLAINED.items())
    return (
        f"A generator of signals, trained with\n\n  {command}\n\n{listed}\n\n"
        "Draw from it:   python -m course_lib generate FOLDER --out signals.csv\n"
        "Judge it:       python -m course_lib evaluate FOLDER\n"
        "Not every file is there at every time: reports are made by evaluate and fit.\n"
    )


def check_free(folder: Path, *, resume: bool) -> None:
    """That a run may be put there: nothing of another program would be replaced, and no run by a new one.

    Raises:
        ValueError: if a file of a run's name is in the folder.
    """
    there = [name for name in OWN if (folder / name).exists()]
    if not there:
        return
    if not is_ours(folder):
        raise ValueError(
            f"{folder} holds {', '.join(there)}, which the run would replace, and no {SETTINGS} of this program that "
            "says whose they are. Name another folder."
        )
    if not resume:
        raise ValueError(f"{folder} holds a run already. Go on with it with --resume, or name another folder.")


def is_ours(folder: Path) -> bool:
    """Whether the folder's command.json is this program's."""
    try:
        return load_settings(folder).get("program") == PROGRAM
    except ValueError:
        return False


def load_settings(folder: Path) -> dict:
    """What `prepare` wrote; {} where there is no command.json.

    Raises:
        ValueError: if it cannot be read.
    """
    path = folder / SETTINGS
    if not path.is_file():
        return {}
    try:
        settings = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(settings, dict):
            raise ValueError("it holds no table of settings")
    except (ValueError, OSError) as error:
        raise ValueError(
            f"{path}: expected settings as this program writes them, and this file holds none ({error}). Copy it "
            "again, or take it out: rate and unit are then unknown."
        ) from error
    return settings


def prepare(folder: Path, recordings: Recordings, settings: Mapping, *, resume: bool) -> None:
    """Put settings and recordings there, held against a second run meanwhile.

    A resumed run keeps its recordings, and what it knows and is not told again (its rate, its unit).

    Raises:
        ValueError: as `check_free`; if another run holds the folder; or if a resumed run has other recordings.
        OSError: if the file system refuses.
    """
    with files.hold(folder):
        check_free(folder, resume=resume)
        begun = (folder / RECORDINGS).exists()
        if begun and not Recordings.load(folder / RECORDINGS).same_as(recordings):
            raise ValueError(
                f"{folder}: cannot go on, because the run in it has other recordings, or others of them held out. Give "
                f"the signals and options that it was begun with ({SETTINGS} says them), or name another folder."
            )
        told = {name: value for name, value in settings.items() if value is not None}
        known = {"program": PROGRAM} | dict(settings) | load_settings(folder) | told
        files.write_whole(folder / SETTINGS, json.dumps(known, indent=1).encode())
        files.write_whole(folder / READ_ME, read_me(settings["train"]).encode())
        if not begun:
            recordings.save(folder / RECORDINGS)
