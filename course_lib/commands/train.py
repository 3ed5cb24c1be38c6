"""`train SIGNALS --out RUN`: learn signals, and keep with the run what they were.

The idea: all that can be refused is refused before the first step; a run that is stopped, or killed, goes on with
--resume to the same end.
"""

import argparse
import shlex
from collections.abc import Sequence
from dataclasses import dataclass

from torch import nn

from course_lib import files
from course_lib.commands import arguments as shared
from course_lib.commands import say
from course_lib.commands.pictures import write_samples_picture
from course_lib.commands.recordings import Recordings, split
from course_lib.commands.run_folder import HISTORY, check_free, prepare
from course_lib.data import Invariants, Scaler, SignalDataset
from course_lib.devices import choose_device
from course_lib.training import BEST_RECIPE, Callback, History, Recipe, check_models_fit, ranks, train
from course_lib.training.callbacks import ProgressBar

HELP = "learn signals"
EXAMPLE = "python -m course_lib train my_signals.csv --rate 80 --out my_run"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_common(parser)
    parser.add_argument(
        "--steps", type=shared.positive, default=BEST_RECIPE.config.steps, help="generator steps (%(default)s)"
    )
    parser.add_argument(
        "--checkpoint-every",
        type=shared.positive,
        default=BEST_RECIPE.config.checkpoint_every,
        metavar="STEPS",
        help="what a killed run loses at most (%(default)s)",
    )
    parser.add_argument(
        "--bf16",
        action="store_true",
        help="multiply in bfloat16: faster where the processor has it, and over 400 steps a little smoother signals",
    )


def add_common(parser: argparse.ArgumentParser) -> None:
    """What `train` and `fit` ask for alike."""
    parser.add_argument("signals", metavar="SIGNALS", help=shared.SIGNALS)
    parser.add_argument("--out", required=True, metavar="RUN", help="the folder of the run")
    parser.add_argument("--resume", action="store_true", help="go on with the run in RUN")
    recipes = sorted(shared.RECIPES)
    parser.add_argument("--recipe", choices=recipes, default="best", help="settings and nets (%(default)s)")
    parser.add_argument("--seed", type=int, default=0)
    shared.add_device(parser)
    shared.add_selection(parser)
    shared.add_reading(parser)


def run(arguments: argparse.Namespace) -> int:
    with ranks.joined():
        return _run(arguments)


def _run(arguments: argparse.Namespace) -> int:
    out, first = files.user_path(arguments.out), ranks.rank() == 0
    if first:
        files.check_room(out, 0)
        check_free(out, resume=arguments.resume)
    recordings = recordings_of(arguments)
    plan = Plan.of(recordings, arguments, arguments.steps)
    history = learn(plan, recordings, arguments, bf16=arguments.bf16)
    code = 0 if len(history) == plan.steps else 130
    if not first:
        return code
    print(f"{len(history):,} of {plan.steps:,} steps are done. The run is in {out}.")
    if len(history) < plan.steps:
        print("The same command with --resume goes on.")
    print(f"Judge it:     python -m course_lib evaluate {shlex.quote(str(out))}")
    print(f"Draw from it: python -m course_lib generate {shlex.quote(str(out))} --n 300 --out signals.csv")
    return code


def recordings_of(arguments: argparse.Namespace) -> Recordings:
    """What SIGNALS names, read as asked, in two parts; what was found is said."""
    dataset = shared.load(arguments.signals, shared.reading(arguments))
    say(shared.as_options(str(dataset)))
    if arguments.rate and any("were resampled to" in note for note in dataset.notes):
        say(
            f"--rate {arguments.rate:g} is taken for the {dataset.length} steps that all signals have now, "
            f"{dataset.length / arguments.rate:.3g} s each; what a recording really lasted is not kept."
        )
    recordings = split(dataset, classes=arguments.classes, hold_out=arguments.hold_out)
    for note in recordings.learnt.notes:
        say(f"{note} To learn them all, give --hold-out 0.")
    _check_channels(arguments.signals, recordings.learnt)
    shared.units(arguments.unit, dataset.channels)
    if recordings.held_out is not None:
        say(f"{len(recordings.held_out):,} signals are held out (seed 0), {len(recordings.learnt):,} are trained on.")
    return recordings


def _check_channels(signals: str, learnt: SignalDataset) -> None:
    """That every channel varies."""
    constant = (learnt.values.amax((0, 2)) == learnt.values.amin((0, 2))).nonzero().flatten().tolist()
    if constant:
        c = constant[0]
        own = learnt.channel_names[c] if learnt.channel_names else ""
        called = f" ({own})" if own not in ("", f"channel {c + 1}") else ""
        raise ValueError(
            f"{signals}: expected channels that vary, but {len(constant)} of {learnt.channels} do not: the first is "
            f"channel {c + 1}{called}, {learnt.values[0, c, 0].item():g} throughout. There is nothing in it to learn: "
            "leave it out, with --channels (those to read) or --ignore (columns)."
        )


@dataclass(frozen=True, eq=False)
class Plan:
    """What is trained on what: everything but the training itself."""

    recipe: Recipe
    scaled: SignalDataset
    invariants: Invariants
    labels: bool  # whether they are learnt
    seed: int

    @classmethod
    def of(cls, recordings: Recordings, arguments: argparse.Namespace, steps: int) -> "Plan":
        """The plan that the arguments of `add_common` ask for."""
        config = {"steps": steps, "seed": arguments.seed}
        if hasattr(arguments, "checkpoint_every"):
            config["checkpoint_every"] = arguments.checkpoint_every
        recipe = shared.RECIPES[arguments.recipe].with_config(**config)
        scaled = Scaler.fit(recordings.learnt).transform(recordings.learnt)
        labels = recordings.learnt.labelled and not arguments.unconditional
        return cls(recipe, scaled, Invariants.found_in(recordings.learnt), labels, arguments.seed)

    @property
    def steps(self) -> int:
        return self.recipe.config.steps

    def models(self) -> tuple[nn.Module, nn.Module]:
        """Generator and critic, the same each time."""
        models = self.recipe.build(self.scaled, conditional=self.labels, seed=self.seed)
        check_models_fit(*models, self.scaled)
        return models


def learn(
    plan: Plan,
    recordings: Recordings,
    arguments: argparse.Namespace,
    *,
    callbacks: Sequence[Callback] = (),
    measured: dict[str, object] | None = None,
    bf16: bool = False,
) -> History:
    """Train as planned, in the folder --out; settings and recordings stand there before, losses and a picture after.

    Of several processes (`ranks`) the first writes.
    """
    out, first = files.user_path(arguments.out), ranks.rank() == 0
    generator, critic = plan.models()
    device = choose_device(arguments.device)
    if first:
        files.check_room(out, room_for_run(generator, critic) + room_for_recordings(recordings))
        prepare(out, recordings, settings_of(arguments, plan, measured), resume=arguments.resume)
    labels = f"labels of {plan.scaled.n_classes} classes learnt" if plan.labels else "without labels"
    say(
        f"Training {plan.steps:,} generator steps on {device}, {labels}; Ctrl-C stops and keeps what there is, and the "
        "same command with --resume goes on."
    )
    history = train(
        generator,
        critic,
        plan.scaled,
        plan.recipe.config,
        device=device,
        callbacks=[ProgressBar(), *callbacks] if first else [],
        checkpoint_dir=out,
        resume=arguments.resume,
        invariants=plan.invariants,
        bf16=bf16,
    )
    if not first:
        return history
    files.write_whole(out / HISTORY, history.to_frame().to_csv(index=False, float_format="%.6g").encode())
    write_samples_picture(out, recordings, seed=arguments.seed, device=arguments.device)
    return history


def settings_of(arguments: argparse.Namespace, plan: Plan, measured: dict[str, object] | None) -> dict:
    """What command.json says."""
    return {
        "train": shared.training_command(arguments, plan.steps),
        "signals": arguments.signals,
        "reading": shared.reading(arguments),
        "classes": arguments.classes,
        "hold_out": arguments.hold_out,
        "labels": plan.labels,
        "channel_names": plan.scaled.channel_names,
        "rate": arguments.rate,
        "unit": arguments.unit,
        "recipe": arguments.recipe,
        "seed": arguments.seed,
        "steps": plan.steps,
        "measured": measured,
    }


def room_for_run(generator: nn.Module, critic: nn.Module) -> int:
    """Bytes that a run needs: weights, averaged ones and Adam's moments; two are kept while a third is written."""
    g, c = (sum(tensor.numel() for tensor in model.state_dict().values()) for model in (generator, critic))
    return 4 * 3 * (5 * g + 3 * c) + 1_000_000


def room_for_recordings(recordings: Recordings) -> int:
    """Bytes that the recordings take, kept with the run."""
    return len(recordings) * (4 * recordings.learnt.channels * recordings.learnt.length + 32)
