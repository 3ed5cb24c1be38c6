"""What is committed is what was measured: generators load and score again what their manifests say; tables match."""

import os
from pathlib import Path

import pytest
import torch

from benchmarks.checkpoints import RUNS, judge
from course_lib import checkpoints
from course_lib.classroom import results
from course_lib.data import Scaler

NO_AUSLAN = "COURSE_DATA is not set: the real Auslan recordings are not at hand"
HAVE_AUSLAN = (Path(os.environ.get("COURSE_DATA", "no_data")) / "auslan_hq" / "tctodd.tar.gz").is_file()


@pytest.mark.parametrize("name", list(RUNS))
def test_a_committed_generator_scores_again_what_its_manifest_says(name):
    if name.startswith("auslan") and not HAVE_AUSLAN:
        pytest.skip(NO_AUSLAN)
    run, manifest, path = RUNS[name], results.manifest(f"checkpoints/{name}"), results.generator(name)
    learnt, held_out = run.split.of(run.data.load())
    assert manifest["signals"] == {"trained_on": len(learnt), "held_out": len(held_out)}
    generator, scaler = checkpoints.load_model(path), checkpoints.load_scaler(path)
    expected = Scaler.fit(learnt)
    torch.testing.assert_close(scaler.mean, expected.mean)
    torch.testing.assert_close(scaler.std, expected.std)
    assert checkpoints.load_class_names(path) == held_out.class_names
    measured = judge(run, generator, scaler, learnt, held_out)
    assert measured["size"] == manifest["quality"]["size"]
    for metric, row in manifest["quality"].items():
        if isinstance(row, dict):  # counts of neighbours (precision ...) may differ by a few signals between machines
            assert measured[metric]["value"] == pytest.approx(row["value"], rel=0.03, abs=2e-3), metric
            assert measured[metric]["reference"] == pytest.approx(row["reference"], rel=0.03, abs=2e-3), metric


@pytest.mark.parametrize("name", list(RUNS))
def test_a_manifest_says_how_its_generator_was_made(name):
    manifest, path = results.manifest(f"checkpoints/{name}"), results.generator(name)
    record = manifest["parts"][name]
    assert manifest["steps_done"] == record["settings"]["recipe"]["config"]["steps"] == RUNS[name].recipe.config.steps
    assert record["settings"]["recipe"]["config"]["seed"] == 0
    assert record["command"] == f"python -m benchmarks.checkpoints {name}"
    assert all(here["versions"] and here["processor"] and here["threads"] for here in record["made_with"])
    assert manifest["generator"] == checkpoints.describe(checkpoints.load_model(path))
    assert {"device", "wall_seconds", "cpu_seconds", "critic", "quality"} <= set(manifest)
    assert path.stat().st_size < 4e6
    assert not any(path.name == "state.safetensors" for path in path.parent.iterdir())


def test_the_quick_run_is_within_bounds_for_seeds_0_to_9():
    table = results.table("recipes/quick_seeds")
    assert sorted(table["seed"]) == list(range(10))
    for name in ("roughness_ratio", "variance_ratio"):
        assert table[name].between(0.8, 1.25).all(), name
