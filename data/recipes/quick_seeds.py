"""Notebook 08's quick run with seeds 0 to 9, judged on held-out recordings: python data/recipes/quick_seeds.py

Eight simulated signs, conditional, split 80/20 by seed 0; the seed is that of the nets' first weights, the batches and
the noise. Writes quick_seeds.csv a row at a time; a run that was stopped goes on where it was.
"""

import time
from pathlib import Path

import pandas as pd
import torch

from course_lib import metrics
from course_lib.data import Scaler, simulate_signs
from course_lib.training import QUICK_RECIPE, sample, train

OUT = Path(__file__).resolve().parent / "quick_seeds.csv"
SEEDS = range(10)


def main() -> None:
    torch.set_num_threads(1)
    learnt, held_out = simulate_signs(8).split(0.8, seed=0)
    scaler = Scaler.fit(learnt)
    scaled = scaler.transform(learnt)
    done = set(pd.read_csv(OUT)["seed"]) if OUT.exists() else set()
    for seed in sorted(set(SEEDS) - done):
        recipe = QUICK_RECIPE.with_config(seed=seed)
        generator, critic = recipe.build(scaled, conditional=True, seed=seed)
        start = time.process_time()
        train(generator, critic, scaled, recipe.config, device="cpu")
        seconds = time.process_time() - start
        fake = scaler.inverse(sample(generator, len(held_out), labels=held_out.labels, seed=1))
        report = metrics.quality_report(
            learnt.values, held_out.values, fake, labels=(learnt.labels, held_out.labels), seed=0
        )
        row = {"seed": seed, "steps": recipe.config.steps, "cpu_seconds": round(seconds, 1)}
        row |= {name: report.loc[name, "value"] for name in report.index if name.endswith("ratio")}
        row |= {"frechet": report.loc["frechet", "value"], "frechet_reference": report.loc["frechet", "reference"]}
        pd.DataFrame([row]).to_csv(OUT, mode="a", header=not OUT.exists(), index=False, float_format="%.4g")
        print(row, flush=True)


if __name__ == "__main__":
    main()
