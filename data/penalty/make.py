"""What a penalised critic says while it trains, beside the exact distance; and which optimisers it lets one use.

python data/penalty/make.py [--steps 600]

Writes estimate.csv (a row a moment of a run: the critic's estimate and the exact W1 of the same 500 real and 500
generated points), optimizers.csv (a row a run: the exact W1 at its end) and manifest.json, a run at a time, so a
command that was stopped goes on where it was. All runs: the ring of 8 at unit scale, nets of 3 x 64, batch 128,
learning rate 1e-3 falling to 0, seeds 0, 1, 2; one thread; scores from the last step.
"""

import argparse
import json
import platform
import time
from pathlib import Path

import pandas as pd
import torch

from course_lib import losses, metrics, transport
from course_lib.data import ring
from course_lib.models import MLPCritic, MLPGenerator
from course_lib.training import TrainingConfig, sample, train

HERE = Path(__file__).resolve().parent
SEEDS = (0, 1, 2)
SETTINGS = ((0.1, 5), (1.0, 5), (10.0, 5), (10.0, 20))  # penalty weight, critic steps for each generator step
MOMENTS = (5, 10, 20, 50, 100, 200, 400, 600)  # of 600 generator steps
POINTS = 500
REAL = ring().standardized()
COMMON = dict(batch_size=128, averaging=0.0, detail=0.0)

# how the slope is limited, optimiser, the settings
OPTIMIZERS = [
    ("clipping", "RMSProp", dict(objective="wgan", clip=0.01, critic_steps=5, optimizer="rmsprop")),
    ("clipping", "Adam, beta1 0.5", dict(objective="wgan", clip=0.01, critic_steps=5, betas=(0.5, 0.9))),
    ("clipping", "Adam, beta1 0.9", dict(objective="wgan", clip=0.01, critic_steps=5, betas=(0.9, 0.999))),
    ("penalty", "RMSProp", dict(penalty_weight=0.1, critic_steps=5, optimizer="rmsprop")),
    ("penalty", "Adam, beta1 0.5", dict(penalty_weight=0.1, critic_steps=5, betas=(0.5, 0.9))),
    ("penalty", "Adam, beta1 0.9", dict(penalty_weight=0.1, critic_steps=5, betas=(0.9, 0.999))),
]


def judge(generator: torch.nn.Module, seed: int) -> tuple[torch.Tensor, torch.Tensor, dict[str, float]]:
    """Fresh real and generated points, and how far apart they are."""
    real = REAL.sample(POINTS, torch.Generator().manual_seed(1000 + seed))
    fake = sample(generator, POINTS, seed=2000 + seed)
    coverage = metrics.mode_coverage(fake, REAL.centers, REAL.std)
    exact = {"w1": transport.wasserstein(real, fake)}
    return real, fake, exact | {"modes": coverage.modes, "high_quality": coverage.high_quality}


def run(config: TrainingConfig, *callbacks) -> tuple[torch.nn.Module, float]:
    """A trained generator, and the processor's seconds."""
    torch.manual_seed(config.seed)
    generator, critic = MLPGenerator(16, 2, 64), MLPCritic(2, 64)
    start = time.process_time()
    train(generator, critic, REAL, config, device="cpu", callbacks=callbacks)
    return generator, time.process_time() - start


def estimates(weight: float, critic_steps: int, seed: int, steps: int) -> list[dict]:
    """The critic's words and the truth, at moments of one run."""
    rows = []

    def look(state) -> None:
        if state.step * 600 // steps not in MOMENTS or state.step * 600 % steps:
            return
        real, fake, exact = judge(state.generator, seed)
        with torch.no_grad():
            estimate = float(state.critic(real).mean() - state.critic(fake).mean())
        mixtures = losses.interpolate(real, fake, generator=torch.Generator().manual_seed(seed))
        slopes = losses.gradient_norms(state.critic, mixtures).detach()
        penalty = float(losses.unit_slope_penalty(slopes))
        words = {"estimate": estimate, "objective": estimate - weight * penalty, "slope": float(slopes.mean())}
        steepest = {"slope_99": float(slopes.quantile(0.99))}
        rows.append(which | {"step": state.step} | words | steepest | exact)

    which = {"weight": weight, "critic_steps": critic_steps, "seed": seed}
    config = TrainingConfig(steps=steps, penalty_weight=weight, critic_steps=critic_steps, seed=seed, **COMMON)
    seconds = run(config, look)[1]
    print(which, f"{seconds:.0f} s", flush=True)
    return rows


def optimized(settings: dict, seed: int, steps: int) -> dict:
    generator, seconds = run(TrainingConfig(steps=steps, seed=seed, **COMMON | settings))
    return {"seed": seed, "steps": steps} | judge(generator, seed)[2] | {"cpu_seconds": round(seconds, 1)}


def append(path: Path, rows: list[dict]) -> None:
    pd.DataFrame(rows).to_csv(path, mode="a", header=not path.exists(), index=False, float_format="%.4g")


def done(path: Path, **wanted) -> bool:
    return path.exists() and bool((pd.read_csv(path)[list(wanted)] == pd.Series(wanted)).all(axis=1).any())


def floor() -> float:
    """W1 between two samples of real points: what a perfect generator scores; the mean of five."""
    random = torch.Generator().manual_seed(0)
    pairs = [(REAL.sample(POINTS, random), REAL.sample(POINTS, random)) for _ in range(5)]
    return sum(transport.wasserstein(*pair) for pair in pairs) / len(pairs)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=600)
    steps = parser.parse_args().steps
    torch.set_num_threads(1)
    table, optimizers = HERE / "estimate.csv", HERE / "optimizers.csv"
    for seed in SEEDS:
        for weight, critic_steps in SETTINGS:
            if not done(table, weight=weight, critic_steps=critic_steps, seed=seed):
                append(table, estimates(weight, critic_steps, seed, steps))
        for limit, optimizer, settings in OPTIMIZERS:
            if not done(optimizers, limit=limit, optimizer=optimizer, seed=seed):
                row = {"limit": limit, "optimizer": optimizer} | optimized(settings, seed, steps)
                append(optimizers, [row])
                print(row, flush=True)
    manifest = {
        "command": "python data/penalty/make.py",
        "steps": steps,
        "seeds": SEEDS,
        "weights_and_critic_steps": SETTINGS,
        "real": "ring().standardized()",
        "nets": "MLPGenerator(16, 2, 64), MLPCritic(2, 64): 3 hidden layers",
        "common": COMMON,
        "optimizers": OPTIMIZERS,
        "points": POINTS,
        "w1_real_against_real": round(floor(), 4),
        "threads": 1,
        "versions": {"python": platform.python_version(), "torch": torch.__version__.split("+")[0]},
    }
    (HERE / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n")


if __name__ == "__main__":
    main()
