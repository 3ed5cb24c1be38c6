"""`generate RUN --out FILE`: draw signals from a run, in the recordings' own units, as .csv or .npz.

The idea: what comes out is what a recording is: the scaler is undone, what all recordings share exactly is imposed, and
a CSV gives back the same float32.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from course_lib import checkpoints, files
from course_lib.commands.arguments import add_device, class_named, positive, units
from course_lib.commands.run_folder import load_settings
from course_lib.devices import choose_device
from course_lib.training import sample

HELP = "draw signals from a run"
EXAMPLE = "python -m course_lib generate my_run --per-class 50 --out signals.csv"
DEFAULT_N = 300
GENERATOR = "generator.safetensors"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run_folder", metavar="RUN", help="the folder of the run")
    many = parser.add_mutually_exclusive_group()
    many.add_argument(
        "--n", type=positive, default=DEFAULT_N, help="how many, classes as often as learnt (%(default)s)"
    )
    many.add_argument("--per-class", type=positive, metavar="N", help="so many of each class")
    parser.add_argument("--out", required=True, metavar="FILE", help="a .csv or an .npz")
    parser.add_argument("--label", help="only this class, by name")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--force", action="store_true", help="replace FILE")
    add_device(parser)


def run(arguments: argparse.Namespace) -> None:
    out = files.user_path(arguments.out)
    check_output(out, force=arguments.force)
    folder = files.user_path(arguments.run_folder)
    generator = checkpoints.load_model(folder / GENERATOR)
    labels = labels_wanted(generator, folder, arguments)
    n = arguments.n if labels is None else len(labels)
    bytes_a_number = 4 if out.suffix == ".npz" else 12
    files.check_room(out.parent, bytes_a_number * n * generator.channels * generator.length)
    values = draw(generator, folder, n, labels=labels, seed=arguments.seed, device=arguments.device)
    export(out, folder, values, labels)
    what = "without labels, because the generator takes none" if labels is None else "with their labels"
    print(f"{n:,} signals of {values.shape[1]} x {values.shape[2]} are in {out}, {what}.")


def check_output(out: Path, *, force: bool) -> None:
    """That signals can be written there.

    Raises:
        ValueError, FileNotFoundError: for another ending, a folder, a file that stands there, a folder that does not.
    """
    if out.suffix not in (".csv", ".npz"):
        raise ValueError(f"generate: expected --out to end in .csv or .npz, got {out.name!r}.")
    if out.is_dir():
        raise ValueError(f"generate: {out} is a folder. Name a file, in it or elsewhere.")
    if out.exists() and not force:
        raise ValueError(f"generate: {out} exists already. Name another file, or replace it with --force.")
    if not out.parent.is_dir():
        raise FileNotFoundError(f"generate: there is no folder {out.parent}. Make it, or name another file.")


def draw(
    generator: nn.Module, folder: Path, n: int, *, labels: Tensor | None, seed: int, device: str | None
) -> Float[Tensor, "n C L"]:
    """n signals in the recordings' own units, with what all recordings share imposed."""
    values = sample(generator.to(choose_device(device)), n, labels=labels, seed=seed)
    scaler, shared = (load(folder / GENERATOR) for load in (checkpoints.load_scaler, checkpoints.load_invariants))
    values = values if scaler is None else scaler.inverse(values)
    return values if shared is None else shared.impose(values)


def labels_wanted(generator: nn.Module, folder: Path, arguments: argparse.Namespace) -> Int[Tensor, "n"] | None:
    """As many of one class or of each as are asked for, else classes drawn by their frequency in training."""
    if generator.n_classes is None:
        if asked := [f"--{name}" for name in ("label", "per_class") if getattr(arguments, name) is not None]:
            raise ValueError(
                f"generate: {folder} was trained without labels, so {asked[0].replace('_', '-')} cannot be met. Train "
                "it on signals that have labels, without --unconditional."
            )
        return None
    names = checkpoints.load_class_names(folder / GENERATOR) or ()
    counts = class_counts(folder, generator.n_classes)
    if arguments.label is not None:
        wanted = names.index(class_named(arguments.label, names))
        if counts[wanted] == 0:
            raise ValueError(
                f"generate: the run saw no recording of {arguments.label!r}, so it would draw noise. It has "
                f"{', '.join(repr(name) for name, count in zip(names, counts, strict=True) if count)}."
            )
        return torch.full((arguments.per_class or arguments.n,), wanted)
    if arguments.per_class is not None:
        return torch.from_numpy(np.repeat(np.flatnonzero(counts), arguments.per_class))
    drawn = np.random.default_rng(arguments.seed).choice(len(counts), size=arguments.n, p=counts / counts.sum())
    return torch.from_numpy(drawn)


def class_counts(folder: Path, n_classes: int) -> Int[np.ndarray, "K"]:
    """How many recordings of each class the run was trained on; equal ones where its run.json is not there."""
    try:
        counts = np.array(checkpoints.load_class_counts(folder) or [1] * n_classes, dtype=np.int64)
    except (KeyError, TypeError, ValueError):
        counts = np.zeros(0, dtype=np.int64)
    if counts.shape != (n_classes,) or counts.min() < 0 or counts.sum() == 0:
        raise ValueError(
            f"generate: {folder / 'run.json'} does not say how many recordings of each of {n_classes} classes the "
            "run saw. Copy it again, or delete it to draw all classes alike."
        )
    return counts


def export(out: Path, folder: Path, values: Float[Tensor, "n C L"], labels: Int[Tensor, "n"] | None) -> None:
    """Write signals with what the run knows of them: names of classes and channels, steps a second, units."""
    known = load_settings(folder)
    names = checkpoints.load_class_names(folder / GENERATOR) or ()
    given = None if labels is None else labels.numpy()
    called = dict(channel_names=known.get("channel_names") or (), unit=units(known.get("unit"), values.shape[1]))
    write_signals(out, values.numpy(), given, names, rate=known.get("rate"), **called)


def write_signals(
    out: Path,
    values: np.ndarray,
    labels: np.ndarray | None = None,
    names: tuple[str, ...] = (),
    *,
    channel_names: Sequence[str] = (),
    rate: float | None = None,
    unit: str | Sequence[str] = "",
) -> None:
    """(N, C, L) values and (N,) labels to .npz (`values`, `labels` and names) or .csv (`label`, c0_t0, ...).

    A CSV holds a row a signal, its label as the class's name where there is one, and each value in as many digits as it
    takes to read the same float32 again. Its header says what is known: which channel of several, the time (by the
    rate, in Hz), the channel's unit: `c0_t1 (right_x, 0.0125 s, m)`. `load_signals` reads both. The file appears whole
    or not at all.
    """
    values = np.asarray(values, dtype=np.float32)
    labels = None if labels is None else np.asarray(labels, dtype=np.int64)
    arrays = {"values": values} | ({} if labels is None else {"labels": labels})
    if labels is not None and names:
        arrays["class_names"] = np.array(names)
    if channel_names:
        arrays["channel_names"] = np.array(channel_names)

    def write_npz(partial: Path) -> None:
        with open(partial, "wb") as file:
            np.savez(file, **arrays)

    def write_csv(partial: Path) -> None:
        n, channels, length = values.shape
        called = [channel_names[c] if channel_names and channels > 1 else "" for c in range(channels)]
        of_channel = list(zip(called, [unit] * channels if isinstance(unit, str) else unit, strict=True))
        columns = [_column(c, t, rate, *of_channel[c]) for c in range(channels) for t in range(length)]
        frame = pd.DataFrame(values.reshape(n, -1), columns=columns)
        if labels is not None:
            frame.insert(0, "label", [names[k] if 0 <= k < len(names) else k for k in labels])
        frame.to_csv(partial, index=False)

    files.write_whole(out, write_npz if out.suffix == ".npz" else write_csv)


def _column(c: int, t: int, rate: float | None, name: str, unit: str) -> str:
    """`c0_t1`, and in brackets its channel's name, its time in seconds and its unit, where they are known."""
    known = [word for word in (name, f"{t / rate:.6g} s" if rate else "", unit) if word]
    return f"c{c}_t{t}" + (f" ({', '.join(known)})" if known else "")
