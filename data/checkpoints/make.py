"""Train the course's full-scale generators and judge them on held-out recordings: `make checkpoints`.

python data/checkpoints/make.py [NAME ...] [--judge-only]

Each run goes on where it was stopped (its state lies in data/checkpoints/NAME/run, which git ignores). The two Auslan
runs need the recordings: COURSE_DATA names the folder that holds auslan_hq/.
"""

import argparse
import json
import os
import platform
import sys
import time
from dataclasses import asdict
from pathlib import Path

import torch

from course_lib import checkpoints, metrics
from course_lib.data import Scaler, SignalDataset, load_auslan, simulate_signs
from course_lib.runtime import choose_device
from course_lib.training import Recipe, sample, train
from course_lib.training.callbacks import ProgressBar

HERE = Path(__file__).resolve().parent
SEED = 0
ROUNDED = 5


def auslan(*channels: str) -> SignalDataset:
    folder = os.environ.get("COURSE_DATA")
    if folder is None:
        sys.exit("make checkpoints: set COURSE_DATA to the folder that holds auslan_hq/tctodd.tar.gz.")
    return load_auslan(Path(folder) / "auslan_hq" / "tctodd.tar.gz", channels=channels)


RUNS = {
    "signs8": (lambda: simulate_signs(8), dict(conditional=True, steps=4_000)),
    "signs80": (lambda: simulate_signs(80), dict(conditional=True, steps=5_500)),
    "auslan_right_x": (lambda: auslan("right_x"), dict(conditional=True, steps=4_000)),
    "auslan_right_xyz": (lambda: auslan("right_x", "right_y", "right_z"), dict(conditional=True, steps=5_000)),
}


def make(name: str, *, judge_only: bool = False) -> None:
    """Train one run, or go on with it; then write its generator, history and manifest."""
    load, settings = RUNS[name]
    learnt, held_out = load().split(0.8, seed=SEED)
    scaler = Scaler.fit(learnt)
    scaled, folder = scaler.transform(learnt), HERE / name
    recipe = Recipe().with_config(steps=settings["steps"], seed=SEED)
    generator, critic = recipe.build(scaled, conditional=settings["conditional"], seed=SEED)
    device = choose_device()
    if judge_only:
        generator, manifest = checkpoints.load_model(folder / "generator.safetensors"), read_manifest(folder)
    else:
        watch = Stopwatch(folder / "run" / "seconds.json")
        history = train(
            generator,
            critic,
            scaled,
            recipe.config,
            device=device,
            callbacks=[ProgressBar(), watch],
            checkpoint_dir=folder / "run",
            resume=True,
        )
        generator = generator.cpu()
        checkpoints.save_model(
            generator, folder / "generator.safetensors", scaler=scaler, class_names=scaled.class_names
        )
        thinned = history.to_frame().iloc[9::10]
        thinned.to_csv(folder / "history.csv", index=False, float_format="%.4g")
        manifest = {
            "data": name,
            "signals": {"trained_on": len(learnt), "held_out": len(held_out), "split_seed": SEED},
            "conditional": settings["conditional"],
            "generator": checkpoints.describe(generator),
            "critic": checkpoints.describe(critic),
            "config": asdict(recipe.config),
            "seed": SEED,
            "steps_done": len(history),
            **watch.read(),
            "device": str(device),
            "threads": torch.get_num_threads(),
            "processor": processor(),
            "versions": {"python": platform.python_version(), "torch": torch.__version__.split("+")[0]},
            "command": f"python data/checkpoints/make.py {name}",
        }
    manifest["quality"] = judge(generator, scaler, learnt, held_out)
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n")
    print(name, json.dumps(manifest["quality"]))


def judge(generator: torch.nn.Module, scaler: Scaler, learnt: SignalDataset, held_out: SignalDataset) -> dict:
    """Every metric on held-out recordings, as many generated as held out, of the same classes; seed 1.

    From more than 1,000 held-out recordings, 1,000 are drawn (seed 0), and 3,000 training ones, so that it takes
    seconds.
    """
    labels = held_out.labels if generator.n_classes else None
    made = scaler.inverse(sample(generator, len(held_out), labels=labels, seed=1))
    few = torch.randperm(len(held_out), generator=torch.Generator().manual_seed(0))[:1000]
    both = (learnt.labels, held_out.labels[few])
    report = metrics.quality_report(learnt.values, held_out.values[few], made[few], labels=both, seed=0)
    rows = {
        metric: {key: float(f"{value:.{ROUNDED}g}") for key, value in row.items()}
        for metric, row in report.to_dict("index").items()
    }
    return {"size": len(few), "generated_seed": 1} | rows


def read_manifest(folder: Path) -> dict:
    return json.loads((folder / "manifest.json").read_text())


class Stopwatch:
    """Seconds that all parts of a run took together, kept beside it."""

    def __init__(self, path: Path) -> None:
        self.path, self.wall, self.cpu = path, time.monotonic(), time.process_time()
        before = json.loads(path.read_text()) if path.exists() else {"wall_seconds": 0, "cpu_seconds": 0}
        self.before = before

    def __call__(self, state) -> None:
        if state.step % state.config.checkpoint_every == 0 or state.step == state.config.steps:
            now = {"wall_seconds": time.monotonic() - self.wall, "cpu_seconds": time.process_time() - self.cpu}
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self.path.write_text(json.dumps({key: round(self.before[key] + now[key]) for key in now}))

    def read(self) -> dict:
        return json.loads(self.path.read_text())


def processor() -> str:
    path = Path("/proc/cpuinfo")
    names = [line.split(":")[1].strip() for line in path.read_text().splitlines() if line.startswith("model name")]
    return names[0] if names else platform.processor()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(RUNS)}; all, unless given")
    parser.add_argument("--judge-only", action="store_true", help="measure the committed generators again")
    given = parser.parse_args()
    for name in given.names or RUNS:
        make(name, judge_only=given.judge_only)


if __name__ == "__main__":
    main()
