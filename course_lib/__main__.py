"""The course's tool without a notebook: `python -m course_lib train` and `generate`.

train SIGNALS --out RUN      learn the signals of a UCR .tsv, of an Auslan folder or archive, or `simulated`
generate RUN --out FILE      draw new ones, in the recording's own units, as .csv or .npz
"""

import argparse
import csv
import os
import shlex
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from safetensors import SafetensorError
from torch import nn

from course_lib import checkpoints, files
from course_lib.data import AUSLAN_CHANNELS, Scaler, SignalDataset, load_auslan, load_signals, simulate_signs
from course_lib.devices import choose_device
from course_lib.training import (
    BEST_RECIPE,
    SOURCE_RECIPE,
    Recipe,
    TrainingDiverged,
    TrainingWarning,
    check_models_fit,
    sample,
    train,
)
from course_lib.training.callbacks import ProgressBar

LENGTH = 160  # steps of a signal where neither the file nor --length says how many
RECIPES = {"best": BEST_RECIPE, "wgan-gp": Recipe(), "source": SOURCE_RECIPE}


def load(signals: str, *, channels: list[str] | None, length: int | None) -> SignalDataset:
    """The dataset that SIGNALS names.

    Raises:
        ValueError, FileNotFoundError: if it is none of `simulated`, what `load_signals` reads, what `load_auslan` does.
    """
    own = signals.lower().endswith(".tsv")
    if channels and (own or signals == "simulated"):
        which = "the signals of a .tsv" if own else "simulated signs"
        raise ValueError(f"train: --channels names Auslan's channels; {which} have one, without a name.")
    if own:
        return load_signals(signals, length=length)
    length = LENGTH if length is None else length
    if signals == "simulated":
        return simulate_signs(length=length)
    return load_auslan(signals, channels=tuple(channels or ("right_x",)), length=length)


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


def room_for_run(generator: nn.Module, critic: nn.Module) -> int:
    """Bytes that a run needs: weights, averaged weights and Adam's two moments, twice while one file is replaced."""
    g, c = (sum(tensor.numel() for tensor in model.state_dict().values()) for model in (generator, critic))
    return 4 * 2 * (5 * g + 3 * c) + 1_000_000


def run_train(arguments: argparse.Namespace) -> None:
    out = files.user_path(arguments.out)
    files.check_room(out, 0)
    dataset = load(arguments.signals, channels=arguments.channels, length=arguments.length)
    print(dataset)
    if arguments.classes:
        dataset = dataset.select(classes_named(arguments.classes, dataset.class_names))
    if arguments.hold_out:
        large = dataset.drop_small_classes(2)  # of a single recording none can be held out
        if large is not dataset:
            print(large.notes[-1], "To learn them all, give --hold-out 0.")
        dataset, held_out = large.split(1 - arguments.hold_out, seed=0)
        print(f"{len(held_out):,} signals are held out (seed 0), {len(dataset):,} are trained on.")
    scaled = Scaler.fit(dataset).transform(dataset)
    recipe = RECIPES[arguments.recipe].with_config(
        steps=arguments.steps, seed=arguments.seed, checkpoint_every=arguments.checkpoint_every
    )
    generator, critic = recipe.build(scaled, conditional=arguments.conditional, seed=arguments.seed)
    check_models_fit(generator, critic, scaled)
    files.check_room(out, room_for_run(generator, critic))
    device = choose_device(arguments.device)
    print(f"Training {recipe.config.steps:,} generator steps on {device}; Ctrl-C stops and keeps what there is.")
    history = train(
        generator,
        critic,
        scaled,
        recipe.config,
        device=device,
        callbacks=[ProgressBar()],
        checkpoint_dir=out,
        resume=arguments.resume,
    )
    print(f"{len(history):,} of {recipe.config.steps:,} steps are done. The run is in {out}.")
    if len(history) < recipe.config.steps:
        print("The same command with --resume goes on.")
    print(f"Draw from it: python -m course_lib generate {shlex.quote(str(out))} --n 300 --out signals.csv")


def run_generate(arguments: argparse.Namespace) -> None:
    out = files.user_path(arguments.out)
    if out.suffix not in (".csv", ".npz"):
        raise ValueError(f"generate: expected --out to end in .csv or .npz, got {out.name!r}.")
    if out.is_dir():
        raise ValueError(f"generate: {out} is a folder. Name a file, in it or elsewhere.")
    if out.exists() and not arguments.force:
        raise ValueError(f"generate: {out} exists already. Name another file, or replace it with --force.")
    if not out.parent.is_dir():
        raise FileNotFoundError(f"generate: there is no folder {out.parent}. Make it, or name another file.")
    path = files.user_path(arguments.run_folder) / "generator.safetensors"
    generator = checkpoints.load_model(path)
    names = checkpoints.load_class_names(path) or ()
    labels = _labels(generator, names, path, arguments)
    bytes_a_number = 4 if out.suffix == ".npz" else 12
    files.check_room(out.parent, bytes_a_number * arguments.n * generator.channels * generator.length)
    values = sample(generator.to(choose_device(arguments.device)), arguments.n, labels=labels, seed=arguments.seed)
    scaler = checkpoints.load_scaler(path)
    values = (scaler.inverse(values) if scaler is not None else values).numpy()
    write_signals(out, values, np.full(arguments.n, -1) if labels is None else labels.numpy(), names)
    what = "no labels, because the generator takes none (they are -1)" if labels is None else "their labels"
    print(f"{arguments.n:,} signals of {values.shape[1]} x {values.shape[2]} are in {out}, with {what}.")


def _labels(generator, names: tuple[str, ...], path: Path, arguments: argparse.Namespace) -> torch.Tensor | None:
    """One class where one is asked for, else classes drawn by their frequency in training."""
    if generator.n_classes is None:
        if arguments.label is not None:
            raise ValueError(
                f"generate: {path.parent} was trained without labels, so --label {arguments.label!r} cannot be met. "
                "Train it with --conditional."
            )
        return None
    counts = _class_counts(path.parent, generator.n_classes)
    if arguments.label is not None:
        wanted = names.index(class_named(arguments.label, names))
        if counts[wanted] == 0:
            raise ValueError(
                f"generate: the run saw no recording of {arguments.label!r}, so it would draw noise. It has "
                f"{', '.join(repr(name) for name, count in zip(names, counts, strict=True) if count)}."
            )
        return torch.full((arguments.n,), wanted)
    drawn = np.random.default_rng(arguments.seed).choice(len(counts), size=arguments.n, p=counts / counts.sum())
    return torch.from_numpy(drawn)


def _class_counts(run_folder: Path, n_classes: int) -> np.ndarray:
    """How many recordings of each class the run was trained on; equal ones where its run.json is not there."""
    try:
        counts = np.array(checkpoints.load_class_counts(run_folder) or [1] * n_classes, dtype=np.int64)
    except (KeyError, TypeError, ValueError):
        counts = np.zeros(0, dtype=np.int64)
    if counts.shape != (n_classes,) or counts.min() < 0 or counts.sum() == 0:
        raise ValueError(
            f"generate: {run_folder / 'run.json'} does not say how many recordings of each of {n_classes} classes the "
            "run saw. Copy it again, or delete it to draw all classes alike."
        )
    return counts


def write_signals(out: Path, values: np.ndarray, labels: np.ndarray, names: tuple[str, ...] = ()) -> None:
    """(N, C, L) values and (N,) labels to .npz (`values`, `labels`) or .csv (`label`, then c0_t0, c0_t1, ...).

    A CSV holds a row a signal, its label as the class's name where there is one, and each value in as many digits as it
    takes to read the same float32 again. The file appears whole or not at all.
    """
    values, labels = np.asarray(values, dtype=np.float32), np.asarray(labels, dtype=np.int64)

    def write_npz(partial: Path) -> None:
        with open(partial, "wb") as file:
            np.savez(file, values=values, labels=labels)

    def write_csv(partial: Path) -> None:
        n, channels, length = values.shape
        columns = [f"c{c}_t{t}" for c in range(channels) for t in range(length)]
        frame = pd.DataFrame(values.reshape(n, -1), columns=columns)
        frame.insert(0, "label", [names[k] if 0 <= k < len(names) else k for k in labels])
        frame.to_csv(partial, index=False)

    files.write_whole(out, write_npz if out.suffix == ".npz" else write_csv)


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


def parser() -> argparse.ArgumentParser:
    whole = argparse.ArgumentParser(
        prog="python -m course_lib", description="Learn one-dimensional signals; make more."
    )
    commands = whole.add_subparsers(required=True, metavar="{train,generate}")

    training = commands.add_parser("train", help="learn signals with WGAN-GP")
    training.set_defaults(run=run_train)
    training.add_argument("signals", metavar="SIGNALS", help="a UCR .tsv, an Auslan folder or archive, or `simulated`")
    training.add_argument("--out", required=True, metavar="RUN", help="the folder of the run")
    training.add_argument(
        "--steps", type=positive, default=BEST_RECIPE.config.steps, help="generator steps (%(default)s)"
    )
    training.add_argument("--resume", action="store_true", help="go on with the run in RUN")
    training.add_argument("--channels", type=lambda text: text.split(","), help=f"of {', '.join(AUSLAN_CHANNELS)}")
    training.add_argument("--classes", action="append", help="only these, by name, between commas; may be repeated")
    training.add_argument("--length", type=int, help=f"steps a signal is resampled to ({LENGTH}; a .tsv's own)")
    training.add_argument("--conditional", action="store_true", help="learn the labels too")
    training.add_argument("--hold-out", type=fraction, default=0.2, help="fraction kept for judging (%(default)s)")
    training.add_argument("--recipe", choices=sorted(RECIPES), default="best", help="settings and nets (%(default)s)")
    training.add_argument("--seed", type=int, default=0)
    training.add_argument("--checkpoint-every", type=positive, default=BEST_RECIPE.config.checkpoint_every)
    training.add_argument("--device", help="cuda, mps or cpu; the best there is, unless given")

    generating = commands.add_parser("generate", help="draw signals from a run")
    generating.set_defaults(run=run_generate)
    generating.add_argument("run_folder", metavar="RUN", help="the folder of the run")
    generating.add_argument("--n", type=positive, default=300, help="how many (%(default)s)")
    generating.add_argument("--out", required=True, metavar="FILE", help="a .csv or an .npz")
    generating.add_argument("--label", help="only this class, by name")
    generating.add_argument("--seed", type=int, default=0)
    generating.add_argument("--force", action="store_true", help="replace FILE")
    generating.add_argument("--device", help="cuda, mps or cpu; the best there is, unless given")
    return whole


def main(arguments: list[str] | None = None) -> int:
    """Run one command; what is wrong with input or disk is a message, not a traceback. Returns the exit status."""
    given = parser().parse_args(arguments)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("always", TrainingWarning)
            warnings.showwarning = _say
            given.run(given)
        sys.stdout.flush()
    except BrokenPipeError:  # who read what is printed has gone: `... | head -1`
        _print_no_more()
        return 1
    except OSError as error:
        print(f"error: {files.reason(error)}", file=sys.stderr)
        _print_no_more()
        return 2
    except (ValueError, TrainingDiverged, SafetensorError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


def _say(message: Warning | str, *where: object) -> None:
    """A warning as a sentence; where in the code it was raised helps nobody at a terminal."""
    print(f"warning: {message}", file=sys.stderr)


def _print_no_more() -> None:
    """Let what could not be printed go, or Python would try again, and say so, as it ends."""
    if sys.stdout is sys.__stdout__:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    sys.exit(main())
