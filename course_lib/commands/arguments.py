"""What several commands ask for: which signals, how a file is to be read, which device, how to train.

The idea: one group of arguments, read in one place. What is not given is not passed on, so that `load_signals` looks
for it.
"""

import argparse
import csv
import re
import shlex
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from course_lib.data import AUSLAN_CHANNELS, SignalDataset, load_auslan, load_signals, simulate_signs
from course_lib.files import user_path
from course_lib.training import BEST_RECIPE, SOURCE_RECIPE, Recipe

LENGTH = 160  # steps of a signal of Auslan, or simulated, where --length does not say how many
RECIPES = {"best": BEST_RECIPE, "wgan-gp": Recipe(), "source": SOURCE_RECIPE}
SIMULATED = "simulated"
ARCHIVES = (".zip", ".tar", ".gz", ".tgz", ".bz2", ".xz")  # of Auslan: own files are unpacked first
SIGNALS = (
    "a file of your own (.csv, .tsv, .txt, .ts, .npy, .npz), a folder of one table a recording, an Auslan folder or "
    f"archive, or `{SIMULATED}`"
)
# how a file is read; the words of `load_signals`
READING = "length label layout missing delimiter decimal header encoding id time channels ignore group".split()


def fraction(text: str) -> float:
    value = float(text)
    if not 0 <= value < 1:
        raise argparse.ArgumentTypeError(f"expected a fraction of at least 0 and below 1, got {text}")
    return value


def positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"expected a whole number of 1 or more, got {text}")
    return value


def above_zero(text: str) -> float:
    value = float(text)
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"expected a number above 0, got {text}")
    return value


def column(text: str) -> str | int:
    """A column by its number, counted from 1, or by its name."""
    return int(text) if text.isdecimal() else text


def column_or_none(text: str) -> str | int | bool:
    """A column, or False for `none`."""
    return False if text == "none" else column(text)


def columns(text: str) -> list[str | int]:
    """Columns between commas."""
    return [column(part.strip()) for part in next(csv.reader([text], skipinitialspace=True), [])]


def delimiter(text: str) -> str:
    """A delimiter, `tab` and `space` by name."""
    return {"tab": "\t", "\\t": "\t", "space": " "}.get(text, text)


def add_reading(parser: argparse.ArgumentParser) -> None:
    """How a file is to be read, in place of what looking at it finds."""
    group = parser.add_argument_group(
        "how to read the file", "found by looking, unless given; a column is a name or a number counted from 1"
    )
    group.add_argument("--length", type=int, metavar="L", help=f"resample to L steps (the file's; {LENGTH} of Auslan)")
    group.add_argument("--label", type=column_or_none, metavar="COLUMN", help="holds the labels; none: there are none")
    group.add_argument(
        "--layout", choices=("wide", "long", "NCT", "NTC"), help="a row is a signal, or one of its steps"
    )
    group.add_argument("--missing", choices=("interpolate",), help="fill gaps between values")
    group.add_argument("--delimiter", type=delimiter, metavar="SIGN", help="tab, space, or the sign itself")
    group.add_argument("--decimal", choices=(".", ","), help="how decimals are written")
    group.add_argument("--header", type=column_or_none, metavar="ROW", help="its row; none: there is none")
    group.add_argument("--encoding", metavar="NAME", help="such as utf-8, cp1252, utf-16")
    group.add_argument("--id", type=column, metavar="COLUMN", help="says which recording a row is of")
    group.add_argument(
        "--time", type=column_or_none, metavar="COLUMN", help="of a row that is a step; none: even steps"
    )
    group.add_argument(
        "--channels", type=columns, metavar="A,B", help=f"only these; of Auslan: {', '.join(AUSLAN_CHANNELS)}"
    )
    group.add_argument("--ignore", type=columns, metavar="A,B", help="leave these columns out")
    group.add_argument(
        "--group", type=column, metavar="COLUMN", help="says what belongs together (a person, a session)"
    )


def add_selection(parser: argparse.ArgumentParser) -> None:
    """Which of the recordings are learnt, and what is known of them."""
    group = parser.add_argument_group("what to learn")
    group.add_argument(
        "--classes", action="append", metavar="A,B", help="only these, by name, between commas; may be repeated"
    )
    group.add_argument("--unconditional", action="store_true", help="do not learn the labels")
    group.add_argument("--hold-out", type=fraction, default=0.2, help="fraction kept for judging (%(default)s)")
    group.add_argument(
        "--rate",
        type=above_zero,
        metavar="HZ",
        help="steps a second (after --length, of the steps then): kept, for axes and exports",
    )
    add_unit(group, "of the values, for all channels or one each between commas: kept, for axes and exports")


def add_unit(parser: argparse._ActionsContainer, help: str) -> None:
    parser.add_argument("--unit", metavar="A,B", help=help)


def add_device(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--device", help="cuda, mps or cpu; the best there is, unless given")


# --------------------------------------------------------------------------------------------- what they mean


def reading(arguments: argparse.Namespace) -> dict[str, object]:
    """The options of `add_reading` that were given."""
    return {name: getattr(arguments, name) for name in READING if getattr(arguments, name) is not None}


def units(text: str | None, channels: int) -> list[str]:
    """The unit of each channel that --unit names, "" where it names none.

    Raises:
        ValueError: if it names neither one nor one for each channel.
    """
    if not text or channels == 1:  # one channel's unit may hold a comma
        return [text or ""] * channels
    named = [part.strip() for part in next(csv.reader([text], skipinitialspace=True), [])]
    if len(named) not in (1, channels):
        raise ValueError(
            f"--unit {text}: expected one unit for all {channels} channels, or {channels} between commas, got "
            f"{len(named)}. Leave a channel that has none empty: m,,V."
        )
    return named * (channels if len(named) == 1 else 1)


def is_auslan(path: Path) -> bool:
    """Whether a path is of the Auslan recordings: an archive, or a folder of .tsd files."""
    if path.is_dir():
        return next(path.rglob("*.tsd"), None) is not None
    return path.suffix.lower() in ARCHIVES


def load(signals: str, options: dict[str, object]) -> SignalDataset:
    """The dataset that SIGNALS names, read with these options.

    Raises:
        ValueError, FileNotFoundError: if it is none of `simulated`, what `load_signals` reads, what `load_auslan` does;
            or if an option says nothing about it.
    """
    if signals == SIMULATED:
        _refuse_all_but(("length",), options, "simulated signs")
        return simulate_signs(length=options.get("length", LENGTH))
    path = user_path(signals)
    if is_auslan(path):
        _refuse_all_but(("length", "channels"), options, "the Auslan recordings")
        channels = tuple(map(str, options.get("channels", ["right_x"])))
        return load_auslan(path, channels=channels, length=options.get("length", LENGTH))
    with advice_as_options():
        return load_signals(path, **options)


@contextmanager
def advice_as_options() -> Iterator[None]:
    """What `load_signals` and `preview_signals` say against a file, `as_options`."""
    try:
        yield
    except ValueError as error:
        raise ValueError(as_options(str(error))) from error
    except FileNotFoundError as error:
        if error.errno is not None:  # the system's own
            raise
        raise FileNotFoundError(as_options(str(error))) from error


def as_options(message: str) -> str:
    """What `load_signals` advises in Python's words (`length=65`, `label=False`), as typed here (`--length 65`).

    The function's own name, which nobody typed, goes: before a message, and where a call of it is advised.
    """
    message = re.sub(r"\bload_signals: |, load_signals\(folder\)", "", message)
    message = message.replace(
        ", or leave them out: dataset.drop_small_classes(2)", ": train and fit leave them out, unless --hold-out is 0"
    )

    def option(found: re.Match) -> str:
        name, value = found[1], found[2]
        if value == "None":
            return f"no --{name}"
        parts = value[1:-1].split(",") if value.startswith("[") else [value]
        typed = ",".join(part.strip(" '") for part in parts) if value != "False" else "none"
        return f"--{name} {typed}"

    return re.sub(rf"\b({'|'.join(READING)})=('[^']+'|\[[^\]]*\]|\.\.\.|\w+)", option, message)


def _refuse_all_but(heeded: Sequence[str], options: dict[str, object], what: str) -> None:
    if others := [f"--{name}" for name in options if name not in heeded]:
        raise ValueError(
            f"{', '.join(others)}: expected options that count for {what}, which are "
            f"{', '.join(f'--{name}' for name in heeded)}. Leave {'them' if len(others) > 1 else 'it'} out."
        )


def class_named(text: str, names: Sequence[str]) -> str:
    """The one class that `text` names, as it stands; its number is no name.

    Raises:
        ValueError: if no class is called that.
    """
    if text not in names:
        shown = ", ".join(map(repr, names[:20])) + (", ..." if len(names) > 20 else "")
        raise ValueError(f"no class is called {text!r}; there are {shown}.")
    return text


def classes_named(texts: Sequence[str], names: Sequence[str]) -> list[str]:
    """The classes that --classes names: each text is one name, commas and all, or a list of names between commas.

    Raises:
        ValueError: if no class is called that.
    """
    wanted = []
    for text in texts:
        parts = [text] if text in names else next(csv.reader([text], skipinitialspace=True), [])
        wanted += [class_named(part if part in names else part.strip(), names) for part in parts]
    return wanted


def training_command(arguments: argparse.Namespace, steps: int) -> str:
    """The `train` command that makes the same run, to be typed or pasted."""
    words = ["python", "-m", "course_lib", "train", arguments.signals]
    words += [word for name, value in reading(arguments).items() for word in (f"--{name}", _as_typed(value))]
    for text in arguments.classes or ():
        words += ["--classes", text]
    words += ["--unconditional"] * arguments.unconditional
    words += ["--bf16"] * getattr(arguments, "bf16", False)  # fit has no such option
    for name in ("hold_out", "rate", "unit", "recipe", "seed", "device"):
        if (value := getattr(arguments, name)) is not None:
            words += [f"--{name.replace('_', '-')}", str(value)]
    return shlex.join([*words, "--steps", str(steps), "--out", str(arguments.out)])


def typed(options: dict[str, object]) -> str:
    """Options of `add_reading` as a person types them."""
    return " ".join(f"--{name} {shlex.quote(_as_typed(value))}" for name, value in options.items())


def _as_typed(value: object) -> str:
    if isinstance(value, list):
        return ",".join(f'"{part}"' if "," in str(part) else str(part) for part in value)
    return "none" if value is False else {"\t": "tab", " ": "space"}.get(str(value), str(value))
