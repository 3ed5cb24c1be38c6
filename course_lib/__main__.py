"""The course's tool without a notebook: `python -m course_lib train` and `generate`.

train SIGNALS --out RUN      learn the signals of an Auslan folder or archive, or `simulated`
generate RUN --out FILE      draw new ones, in the recording's own units, as .csv or .npz
"""

import argparse
import io
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from course_lib import checkpoints
from course_lib.data import AUSLAN_CHANNELS, Scaler, SignalDataset, load_auslan, simulate_signs
from course_lib.devices import choose_device
from course_lib.training import SOURCE_RECIPE, Recipe, TrainingDiverged, check_models_fit, sample, train
from course_lib.training.callbacks import ProgressBar

RECIPES = {"best": Recipe(), "source": SOURCE_RECIPE}


def load(signals: str, *, channels: list[str] | None, length: int) -> SignalDataset:
    """The dataset that SIGNALS names.

    Raises:
        ValueError, FileNotFoundError: if it is neither `simulated` nor what `load_auslan` reads.
    """
    if signals == "simulated":
        if channels:
            raise ValueError("train: --channels names Auslan's channels; simulated signs have one, without a name.")
        return simulate_signs(length=length)
    return load_auslan(signals, channels=tuple(channels or ("right_x",)), length=length)


def run_train(arguments: argparse.Namespace) -> None:
    dataset = load(arguments.signals, channels=arguments.channels, length=arguments.length)
    print(dataset)
    if arguments.classes:
        dataset = dataset.select(arguments.classes)
    if arguments.hold_out:
        dataset, held_out = dataset.split(1 - arguments.hold_out, seed=0)
        print(f"{len(held_out):,} signals are held out (seed 0), {len(dataset):,} are trained on.")
    scaled = Scaler.fit(dataset).transform(dataset)
    recipe = RECIPES[arguments.recipe].with_config(
        steps=arguments.steps, seed=arguments.seed, checkpoint_every=arguments.checkpoint_every
    )
    generator, critic = recipe.build(scaled, conditional=arguments.conditional, seed=arguments.seed)
    check_models_fit(generator, critic, scaled)
    device = choose_device(arguments.device)
    print(f"Training {recipe.config.steps:,} generator steps on {device}; Ctrl-C stops and keeps what there is.")
    history = train(
        generator,
        critic,
        scaled,
        recipe.config,
        device=device,
        callbacks=[ProgressBar()],
        checkpoint_dir=arguments.out,
        resume=arguments.resume,
    )
    print(f"{len(history):,} of {recipe.config.steps:,} steps are done. The run is in {arguments.out}.")
    if len(history) < recipe.config.steps:
        print("The same command with --resume goes on.")
    print(f"Draw from it: python -m course_lib generate {arguments.out} --n 300 --out signals.csv")


def run_generate(arguments: argparse.Namespace) -> None:
    out = Path(arguments.out)
    if out.suffix not in (".csv", ".npz"):
        raise ValueError(f"generate: expected --out to end in .csv or .npz, got {out.name!r}.")
    if out.exists() and not arguments.force:
        raise ValueError(f"generate: {out} exists already. Name another file, or replace it with --force.")
    if not out.parent.is_dir():
        raise FileNotFoundError(f"generate: there is no folder {out.parent}. Make it, or name another file.")
    path = Path(arguments.run_folder) / "generator.safetensors"
    generator = checkpoints.load_model(path)
    names = checkpoints.load_class_names(path) or ()
    labels = _labels(generator, names, path, arguments)
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
    if arguments.label is not None:
        if arguments.label not in names:
            raise ValueError(f"generate: no class is called {arguments.label!r}; there are {', '.join(names)}.")
        return torch.full((arguments.n,), names.index(arguments.label))
    counts = np.array(checkpoints.load_class_counts(path.parent) or np.ones(generator.n_classes))
    drawn = np.random.default_rng(arguments.seed).choice(len(counts), size=arguments.n, p=counts / counts.sum())
    return torch.from_numpy(drawn)


def write_signals(out: Path, values: np.ndarray, labels: np.ndarray, names: tuple[str, ...] = ()) -> None:
    """(N, C, L) values and (N,) labels to .npz (`values`, `labels`) or .csv (`label`, then c0_t0, c0_t1, ...).

    A CSV holds a row a signal, its label as the class's name where there is one. The file appears whole or not at all.
    """
    content = io.BytesIO()
    if out.suffix == ".npz":
        np.savez(content, values=values.astype(np.float32), labels=labels.astype(np.int64))
    else:
        n, channels, length = values.shape
        columns = [f"c{c}_t{t}" for c in range(channels) for t in range(length)]
        frame = pd.DataFrame(values.reshape(n, -1), columns=columns)
        frame.insert(0, "label", [names[k] if 0 <= k < len(names) else k for k in labels])
        content.write(frame.to_csv(index=False, float_format="%.6g").encode())
    checkpoints.write_whole(out, content.getvalue())


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
    training.add_argument("signals", metavar="SIGNALS", help="an Auslan folder or archive, or the word `simulated`")
    training.add_argument("--out", required=True, metavar="RUN", help="the folder of the run")
    training.add_argument("--steps", type=positive, default=Recipe().config.steps, help="generator steps (%(default)s)")
    training.add_argument("--resume", action="store_true", help="go on with the run in RUN")
    training.add_argument("--channels", type=lambda text: text.split(","), help=f"of {', '.join(AUSLAN_CHANNELS)}")
    training.add_argument("--classes", type=lambda text: text.split(","), help="only these, by name")
    training.add_argument("--length", type=int, default=160, help="steps a signal is resampled to (%(default)s)")
    training.add_argument("--conditional", action="store_true", help="learn the labels too")
    training.add_argument("--hold-out", type=fraction, default=0.2, help="fraction kept for judging (%(default)s)")
    training.add_argument("--recipe", choices=sorted(RECIPES), default="best", help="settings and nets (%(default)s)")
    training.add_argument("--seed", type=int, default=0)
    training.add_argument("--checkpoint-every", type=positive, default=Recipe().config.checkpoint_every)
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
    """Run one command; a mistake in the input is a message, not a traceback. Returns the exit status."""
    given = parser().parse_args(arguments)
    try:
        given.run(given)
    except (ValueError, FileNotFoundError, TrainingDiverged) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
