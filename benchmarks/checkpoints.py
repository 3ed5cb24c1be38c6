"""The course's full-scale generators, judged on held-out recordings: python -m benchmarks.checkpoints [NAME ...]

Each makes checkpoints/NAME: generator.safetensors, history.csv (the losses on the way) and manifest.json. A run goes on
where it was stopped (its state lies in checkpoints/NAME/run, which git ignores and which goes when the run is done).
The two Auslan runs need COURSE_DATA.

python -m benchmarks.rejudge judges the generators that stand anew, and trains nothing.
"""

import json
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from benchmarks import manifests, tables
from benchmarks.recordings import Auslan, Simulated, Split
from benchmarks.tables import Part
from course_lib import checkpoints, metrics
from course_lib.data import Invariants, Scaler, SignalDataset
from course_lib.devices import choose_device
from course_lib.files import write_whole
from course_lib.training import BEST_RECIPE, Recipe, State, sample, train
from course_lib.training.callbacks import ProgressBar

# --------------------------------------------------------------------------------------------------------- settings


@dataclass(frozen=True)
class Exam:
    """How a generator is judged: as many generated as held out, of the same classes.

    From more than `at_most` held-out recordings, as many are drawn, so that it takes seconds.
    """

    sample_seed: int = 1
    at_most: int = 1000
    drawn_seed: int = 0
    reference_seed: int = 0


@dataclass(frozen=True)
class Run:
    """A generator: its data, its recipe (whose seed also gives the nets' first weights), its exam.

    Every `history_every`-th step stands in history.csv.
    """

    data: Auslan | Simulated
    recipe: Recipe
    conditional: bool = True
    split: Split = Split()
    exam: Exam = Exam()
    history_every: int = 10


RUNS = {
    "signs8": Run(Simulated(8), BEST_RECIPE.with_config(steps=6_000)),
    "signs80": Run(Simulated(80), BEST_RECIPE.with_config(steps=6_000)),
    "auslan_right_x": Run(Auslan(("right_x",)), BEST_RECIPE.with_config(steps=6_000)),
    "auslan_right_xyz": Run(Auslan(("right_x", "right_y", "right_z")), BEST_RECIPE.with_config(steps=6_000)),
}


# ------------------------------------------------------------------------------------------------------------- runs


def make(part: Part, folder: Path = tables.DATA, *, anew: bool = False) -> None:
    """Train one generator, or go on with it; then write it, its history and its manifest. What holds is left alone."""
    run, place = part.settings, (folder / part.file).parent
    state = place / "run"
    if tables.status(part, folder) == "holds" and not anew and not state.exists():
        return
    learnt, held_out = run.split.of(run.data.load())
    scaler = Scaler.fit(learnt)
    scaled, config = scaler.transform(learnt), run.recipe.config
    generator, critic = run.recipe.build(scaled, conditional=run.conditional, seed=config.seed)
    device, watch = choose_device(), Stopwatch(state / "seconds.json")
    callbacks = [ProgressBar(), watch]
    history = train(
        generator, critic, scaled, config, device=device, callbacks=callbacks, checkpoint_dir=state, resume=True
    )
    if len(history) < config.steps:
        print(f"{part.name}: stopped after {len(history)} of {config.steps} steps; the same command goes on.")
        return
    generator = generator.cpu()
    told = {"scaler": scaler, "class_names": scaled.class_names, "invariants": Invariants.found_in(learnt)}
    checkpoints.save_model(generator, folder / part.file, **told)
    thinned = history.to_frame().iloc[run.history_every - 1 :: run.history_every]
    write_whole(place / "history.csv", thinned.to_csv(index=False, float_format="%.4g").encode())
    record = {"settings": manifests.plain(run), "command": part.command, "made_with": [manifests.surroundings()]}
    facts = {
        "signals": {"trained_on": len(learnt), "held_out": len(held_out)},
        "generator": checkpoints.describe(generator),
        "critic": checkpoints.describe(critic),
        "steps_done": len(history),
        **watch.read(),
        "device": str(device),
        "quality": judge(run, generator, scaler, learnt, held_out),
        "judged_with": manifests.surroundings(),
    }
    tables.tell(part, folder, record, **facts)
    shutil.rmtree(state)


def examined(
    run: Run, generator: nn.Module, scaler: Scaler, learnt: SignalDataset, held_out: SignalDataset
) -> tuple[SignalDataset, Float[Tensor, "n channels length"]]:
    """The held-out recordings that are compared, and the signals generated for them, in the recordings' own units."""
    exam = run.exam
    labels = held_out.labels if generator.n_classes else None
    made = scaler.inverse(sample(generator, len(held_out), labels=labels, seed=exam.sample_seed))
    made = Invariants.found_in(learnt).impose(made)
    few = torch.randperm(len(held_out), generator=torch.Generator().manual_seed(exam.drawn_seed))[: exam.at_most]
    return held_out[few], made[few]


def judge(
    run: Run, generator: nn.Module, scaler: Scaler, learnt: SignalDataset, held_out: SignalDataset
) -> dict[str, int | dict[str, float | bool | None]]:
    """The whole report on held-out recordings, to five digits; an open end of a range is None.

    What forgers score stands in judging/reports.csv (benchmarks/judging.py).
    """
    test, made = examined(run, generator, scaler, learnt, held_out)
    report = metrics.quality_report(
        learnt.values,
        test.values,
        made,
        labels=(learnt.labels, test.labels, test.labels),
        seed=run.exam.reference_seed,
    )
    return {"size": len(test)} | {metric: _rounded(row) for metric, row in report.to_dict("index").items()}


def _rounded(row: dict[str, float | bool]) -> dict[str, float | bool | None]:
    """Five digits; JSON has no infinity."""
    return {
        key: value if isinstance(value, bool) else float(f"{value:.5g}") if np.isfinite(value) else None
        for key, value in row.items()
    }


class Stopwatch:
    """Seconds that all parts of a run took together, kept beside its state."""

    def __init__(self, path: Path) -> None:
        self.path, self.wall, self.cpu = path, time.monotonic(), time.process_time()
        self.before = self.read() if path.exists() else {"wall_seconds": 0, "cpu_seconds": 0}

    def __call__(self, state: State) -> None:
        if state.step % state.config.checkpoint_every == 0 or state.step == state.config.steps:
            now = {"wall_seconds": time.monotonic() - self.wall, "cpu_seconds": time.process_time() - self.cpu}
            self.path.parent.mkdir(parents=True, exist_ok=True)
            total = {key: round(self.before[key] + now[key]) for key in now}
            write_whole(self.path, json.dumps(total).encode())

    def read(self) -> dict[str, int]:
        return json.loads(self.path.read_text())


def part(name: str, run: Run) -> Part:
    folder = f"checkpoints/{name}"
    return Part(folder, f"{folder}/generator.safetensors", f"{folder}/manifest.json", run)


PARTS = [part(name, run) for name, run in RUNS.items()]

if __name__ == "__main__":
    tables.command(PARTS, make, __doc__)
