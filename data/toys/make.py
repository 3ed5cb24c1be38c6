"""Ring and grid by VEEGAN's measure, method by method, five seeds each: `make toys`.

python data/toys/make.py [METHOD ...]

Writes data/toy_modes.csv, a row as soon as a run is done, and manifest.json beside this file. A run in the table
is not done again; rows of a method whose settings have changed since are thrown away and made anew. One thread each, so
two of these commands with different methods can run side by side. `seconds` are the processor's, training alone.
"""

import argparse
import csv
import json
import platform
import subprocess
import time
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import torch

from course_lib.data import Mixture, grid, ring
from course_lib.metrics import mode_coverage
from course_lib.models import MLPCritic, MLPGenerator
from course_lib.training import TrainingConfig, TrainingDiverged, sample, train

HERE = Path(__file__).resolve().parent
TABLE, MANIFEST = HERE.parent / "toy_modes.csv", HERE / "manifest.json"
COLUMNS = ("method", "distribution", "seed", "steps", "seconds", "modes", "high_quality", "reverse_kl", "spread")
DISTRIBUTIONS = {"ring": ring, "grid": grid}
SEEDS = range(5)  # stated before any of them was run; settings were tried on seeds of 100 and more
SAMPLES = 2_500
PERFECT = "perfect sampler"


@dataclass(frozen=True)
class Method:
    """How to train, and with which nets: `depth` hidden layers of 128 in both, `latent_dim` numbers of noise.

    Of the noise, `signs` numbers are seen by their sign alone; the last two, where `output_noise` is not 0, are added
    to the points, at first times this. `critic` is what `MLPCritic` is told beyond its sizes;
    the waves of one with frequencies are silent until `fade_in` (first, last, loudness), as shares of the steps, and
    then grow in a straight line to that loudness.
    """

    config: TrainingConfig
    depth: int = 2
    latent_dim: int = 16
    signs: int = 0
    output_noise: float = 0.0
    critic: dict = field(default_factory=dict)
    fade_in: tuple[float, float, float] | None = None


# A GAN as DCGAN has it (Adam 2e-4, betas 0.5 and 0.999, constant rate); the same with the rate that the others have
CLASSIC = TrainingConfig(
    objective="non_saturating",
    steps=8_000,
    batch_size=256,
    critic_steps=1,
    detail=0.0,
    learning_rate=2e-4,
    betas=(0.5, 0.999),
    decay=False,
    averaging=0.0,
)
FALLING = replace(CLASSIC, learning_rate=1e-3, decay=True)
CLIPPED = replace(FALLING, objective="wgan", optimizer="rmsprop", clip=0.1, critic_steps=5, steps=2_000)
# What was found by trying, on seeds of 100 and more: tuning.csv says which change gave what. No momentum, first of all.
PENALISED = TrainingConfig(
    objective="non_saturating",
    penalty="r1",
    penalty_weight=0.01,
    final_penalty_weight=0.001,
    steps=12_500,
    batch_size=256,
    critic_steps=1,
    detail=0.0,
    learning_rate=3e-3,
    betas=(0.0, 0.99),
    averaging=0.99,
)
UNIT_SLOPE = replace(
    PENALISED,
    objective="wgan_gp",
    penalty="unit_slope",
    penalty_weight=0.1,
    final_penalty_weight=None,
    steps=8_500,
    batch_size=128,
    critic_steps=3,
    learning_rate=2e-3,
)
FINEST = replace(PENALISED, penalty="r1_r2", learning_rate=2e-3, critic_learning_rate=6e-3)
DEEPER = dict(depth=3, latent_dim=4, critic={"activation": "relu"})
FINE_CRITIC = dict(critic={"activation": "relu", "frequencies": (25.0, 50.0)}, fade_in=(0.1, 0.4, 2.0))

METHODS = {
    "GAN": Method(CLASSIC),
    "Unrolled GAN": Method(replace(CLASSIC, unrolled_steps=5, steps=2_000)),
    "GAN (falling rate)": Method(FALLING),
    "PacGAN4": Method(FALLING, critic={"pack": 4}),
    "spectral normalisation": Method(replace(FALLING, steps=6_000), critic={"constraint": "spectral"}),
    "WGAN": Method(CLIPPED),
    "WGAN-GP": Method(UNIT_SLOPE, **DEEPER),
    "relativistic + R1 + R2": Method(replace(PENALISED, objective="relativistic", penalty="r1_r2"), **DEEPER),
    "non-saturating + R1": Method(PENALISED, **DEEPER),
    "non-saturating + R1 + R2 (waves, noise)": Method(FINEST, 3, 6, output_noise=0.1, **FINE_CRITIC),
    "non-saturating + R1 + R2 (waves, noise, signs)": Method(FINEST, 3, 10, 4, output_noise=0.1, **FINE_CRITIC),
}


def run(method: Method, distribution: Mixture, seed: int) -> dict:
    """Train from scratch with this seed; judge the generator of the last step."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        sizes = dict(depth=method.depth, signs=method.signs, output_noise=method.output_noise)
        generator = MLPGenerator(method.latent_dim, 2, **sizes)
        critic = MLPCritic(2, depth=method.depth, **method.critic)
    done = [0]

    def watch(state) -> None:
        done[0] = state.step
        if method.fade_in is not None:
            first, last, loudness = method.fade_in
            share = (state.step / method.config.steps - first) / (last - first)
            critic.loudness.fill_(loudness * min(1.0, max(0.0, share)))

    if method.fade_in is not None:
        critic.loudness.zero_()
    start = time.process_time()
    try:
        train(
            generator,
            critic,
            distribution,
            replace(method.config, seed=seed),
            device="cpu",
            callbacks=[watch],
        )
    except TrainingDiverged as broken:  # the last sound weights are judged; the steps say that it stopped
        print(broken)
    seconds = time.process_time() - start
    return {"steps": done[0], "seconds": round(seconds, 1)} | judge(sample(generator, SAMPLES, seed=seed), distribution)


def judge(points: torch.Tensor, distribution: Mixture) -> dict:
    coverage = mode_coverage(points, distribution.centers, distribution.std)
    return {name: float(f"{value:.4g}") for name, value in coverage._asdict().items()} | {"modes": coverage.modes}


def perfect(distribution: Mixture, seed: int) -> dict:
    """What the measure says of the distribution's own samples."""
    points = distribution.sample(SAMPLES, torch.Generator().manual_seed(seed))
    return {"steps": 0, "seconds": 0.0} | judge(points, distribution)


def settings(method: Method | None) -> dict | None:
    """What the manifest says of a method; as JSON has it, so that it can be compared with what was read."""
    return json.loads(json.dumps(asdict(method))) if method else None


def make(methods: dict[str, Method | None], *, table: Path = TABLE, manifest: Path = MANIFEST, seeds=SEEDS) -> None:
    """Every run of `methods` (None: the perfect sampler) that the table lacks."""
    told = json.loads(manifest.read_text()) if manifest.exists() else {"methods": {}}
    rows = read(table)
    stale = {m for m in methods if m in told["methods"] and told["methods"][m]["settings"] != settings(methods[m])}
    if stale:
        rows = [row for row in rows if row["method"] not in stale]
        write(table, rows)
    have = {(row["method"], row["distribution"], int(row["seed"])) for row in rows}
    for name, method in methods.items():
        wanted = [(d, s) for d in DISTRIBUTIONS for s in seeds if (name, d, s) not in have]
        if wanted:
            tell(manifest, name, method)
        for which, seed in wanted:
            distribution = DISTRIBUTIONS[which]().standardized()
            result = run(method, distribution, seed) if method else perfect(distribution, seed)
            row = {"method": name, "distribution": which, "seed": seed} | result
            append(table, row)
            print(*row.values(), flush=True)


def read(table: Path) -> list[dict]:
    if not table.exists():
        return []
    with table.open(newline="") as file:
        return list(csv.DictReader(file))


def write(table: Path, rows: list[dict]) -> None:
    with table.open("w", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def append(table: Path, row: dict) -> None:
    if not table.exists():
        write(table, [])
    with table.open("a", newline="") as file:
        csv.DictWriter(file, COLUMNS, lineterminator="\n").writerow(row)


def tell(manifest: Path, name: str, method: Method | None) -> None:
    """Write down with what a method's rows are being made."""
    told = json.loads(manifest.read_text()) if manifest.exists() else {"methods": {}}
    commit = subprocess.run(["git", "rev-parse", "HEAD"], cwd=HERE, capture_output=True, text=True).stdout.strip()
    told |= {
        "command": "python data/toys/make.py",
        "seeds": list(SEEDS),
        "samples": SAMPLES,
        "width": 128,
        "seconds": "of the processor, one thread, training alone",
        "machine": "two shared cores of a server processor (AMD EPYC), no accelerator",
        "versions": {"python": platform.python_version(), "torch": torch.__version__.split("+")[0]},
    }
    told["methods"][name] = {"settings": settings(method), "commit": commit}
    manifest.write_text(json.dumps(told, indent=1) + "\n")


def main() -> None:
    everything = {PERFECT: None} | METHODS
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("methods", nargs="*", metavar="METHOD", help=f"of {', '.join(everything)}; all, unless given")
    given = parser.parse_args()
    if unknown := set(given.methods) - set(everything):
        parser.error(f"no such method: {', '.join(sorted(unknown))}")
    torch.set_num_threads(1)
    make({name: everything[name] for name in given.methods or everything})


if __name__ == "__main__":
    main()
