"""What each part of the recipe is worth: the same processor time, one change at a time, on Auslan's right_x.

python data/recipes/make.py [--seconds 75]

Writes recipes.csv (one row a variant and seed), time_to_quality.csv (the source's recipe and ours along their way) and
manifest.json, a row at a time, so a run that was stopped goes on where it was. COURSE_DATA names the folder that holds
auslan_hq/. Judged on held-out recordings (80/20, seed 0), as many generated as held out. A variant's number of
generator steps is what fits into the seconds, measured beforehand on 10 steps: the learning rate ends at 0 there.
"""

import argparse
import json
import os
import platform
import time
from dataclasses import asdict, replace
from pathlib import Path

import pandas as pd
import torch

from course_lib import metrics
from course_lib.data import Scaler, load_auslan
from course_lib.training import SOURCE_RECIPE, Recipe, sample, train

HERE = Path(__file__).resolve().parent
BEST = Recipe()
RELATIVISTIC = dict(objective="relativistic", critic_steps=1, penalty_weight=1.0)

# recipe, what was changed, the recipe itself
VARIANTS = [
    ("ours", "", BEST),
    ("ours", "detail 0: the plain penalty", BEST.with_config(detail=0.0)),
    ("ours", "1 critic step", BEST.with_config(critic_steps=1)),
    ("ours", "5 critic steps", BEST.with_config(critic_steps=5)),
    ("ours", "learning rate constant", BEST.with_config(decay=False)),
    ("ours", "weights not averaged", BEST.with_config(averaging=0.0)),
    ("ours", "transposed nets", replace(BEST, nets="transposed")),
    ("ours", "relativistic, R1 + R2, 1 critic step", BEST.with_config(**RELATIVISTIC)),
    ("source", "", SOURCE_RECIPE),
]


class Judge:
    """The metrics of the averaged generator against the held-out recordings, and the clock that stops meanwhile."""

    def __init__(self, *, seed: int = 1) -> None:
        folder = Path(os.environ["COURSE_DATA"]) / "auslan_hq" / "tctodd.tar.gz"
        learnt, held_out = load_auslan(folder).split(0.8, seed=0)
        scaler = Scaler.fit(learnt)
        self.learnt, self.held_out, self.seed = scaler.transform(learnt), scaler.transform(held_out), seed
        sets = (self.learnt.values, self.held_out.values, self.held_out.values)
        report = metrics.quality_report(*sets, labels=(self.learnt.labels, self.held_out.labels), seed=0)
        self.reference = report.loc["frechet", "reference"]

    def __call__(self, generator: torch.nn.Module) -> dict[str, float]:
        real = self.held_out.values
        fake = sample(
            generator, len(real), labels=self.held_out.labels if generator.n_classes else None, seed=self.seed
        )
        return {
            "frechet_ratio": metrics.signal_frechet(real, fake) / self.reference,
            "roughness_ratio": metrics.roughness_ratio(real, fake),
            "variance_ratio": metrics.variance_ratio(real, fake),
            "edge_roughness_ratio": metrics.edge_roughness_ratio(real, fake),
            "nearest_neighbour_ratio": metrics.nearest_neighbour_ratio(self.learnt.values, real, fake),
        }


def run(recipe: Recipe, judge: Judge, seed: int, *, seconds: float | None = None, marks: int = 0):
    """Train for about `seconds` of processor time; at `marks` moments on the way, judge."""
    _train(recipe.with_config(steps=5, seed=seed), judge, seed)  # the first steps also load and choose kernels
    start = time.process_time()
    _train(recipe.with_config(steps=10, seed=seed), judge, seed)
    steps = max(10, int(10 * seconds / (time.process_time() - start)))
    way, spent = [], [0.0, time.process_time()]

    def watch(state) -> None:
        if marks and state.step % max(1, steps // marks) == 0:
            spent[0] += time.process_time() - spent[1]
            way.append({"cpu_seconds": round(spent[0], 1), "step": state.step} | judge(state.averaged))
            spent[1] = time.process_time()  # judging is not training

    generator = _train(recipe.with_config(steps=steps, seed=seed), judge, seed, watch)
    spent[0] += time.process_time() - spent[1]
    return {"seed": seed, "steps": steps, "cpu_seconds": round(spent[0], 1)} | judge(generator), way


def _train(recipe: Recipe, judge: Judge, seed: int, *callbacks):
    generator, critic = recipe.build(judge.learnt, conditional=recipe.nets == "linear", seed=seed)
    train(generator, critic, judge.learnt, recipe.config, device="cpu", callbacks=callbacks)
    return generator


def append(path: Path, rows: list[dict]) -> None:
    pd.DataFrame(rows).to_csv(path, mode="a", header=not path.exists(), index=False, float_format="%.4g")


def done(path: Path, **wanted) -> bool:
    if not path.exists():
        return False
    table = pd.read_csv(path, keep_default_na=False)
    return bool((table[list(wanted)] == pd.Series(wanted)).all(axis=1).any())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=75)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    given = parser.parse_args()
    torch.set_num_threads(1)
    judge, table, way_table = Judge(), HERE / "recipes.csv", HERE / "time_to_quality.csv"
    for seed in given.seeds:
        for name, change, recipe in VARIANTS:
            if not done(table, recipe=name, change=change, seed=seed):
                row, _ = run(recipe, judge, seed, seconds=given.seconds)
                append(table, [{"recipe": name, "change": change, "data": "auslan_right_x"} | row])
                print(name, change, row, flush=True)
    for name, recipe, seconds in (("ours", BEST, 1.5 * given.seconds), ("source", SOURCE_RECIPE, 3 * given.seconds)):
        if not done(way_table, recipe=name):
            _, way = run(recipe, judge, 0, seconds=seconds, marks=12)
            append(way_table, [{"recipe": name} | row for row in way])
    manifest = {
        "command": "python data/recipes/make.py",
        "seconds": given.seconds,
        "seeds": given.seeds,
        "frechet_reference": round(judge.reference, 5),
        "ours": asdict(BEST),
        "source": asdict(SOURCE_RECIPE),
        "threads": 1,
        "versions": {"python": platform.python_version(), "torch": torch.__version__.split("+")[0]},
    }
    (HERE / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n")


if __name__ == "__main__":
    main()
