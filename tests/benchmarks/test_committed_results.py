"""What is committed is what was measured: generators load and score again what their manifests say; tables match."""

import math
import os
from pathlib import Path

import pytest
import torch

from benchmarks.checkpoints import RUNS, examined
from course_lib import checkpoints, metrics
from course_lib.classroom import results
from course_lib.data import Scaler
from course_lib.metrics.report import SCALES

ENDS = (("low", -1), ("high", 1))
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
    test, made = examined(run, generator, scaler, learnt, held_out)
    quality = manifest["quality"]
    assert len(test) == quality["size"]
    measured = {metric: of(test.values, made) for metric, of in metrics.METRICS.items()}
    measured |= metrics.precision_recall(test.values, made)._asdict()
    measured["nearest_neighbour_ratio"] = metrics.nearest_neighbour_ratio(learnt.values, test.values, made)
    labels = (learnt.labels, test.labels, test.labels)
    measured["copied_share"] = metrics.copied_share(learnt.values, test.values, made, labels=labels)
    for metric, value in measured.items():  # counts of neighbours may differ by a few signals between machines
        assert quality[metric]["value"] == pytest.approx(value, rel=0.03, abs=2e-3), metric
    assert set(quality) - {"size"} == set(SCALES)
    for metric, row in quality.items():
        if metric != "size":
            low, high = (row[end] if row[end] is not None else sign * math.inf for end, sign in ENDS)
            assert row["inside"] == (low <= row["value"] <= high), metric


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
    assert ("repeated readings" in str(checkpoints.load_invariants(path))) == name.startswith("auslan")
    assert path.stat().st_size < 9e6
    assert not any(path.name == "state.safetensors" for path in path.parent.iterdir())


def test_the_quick_run_is_within_bounds_for_seeds_0_to_9():
    table = results.table("recipes/quick_seeds")
    assert sorted(table["seed"]) == list(range(10))
    assert table["variance_ratio"].between(0.8, 1.25).all()
    out = table["seed"][~table["roughness_ratio"].between(0.8, 1.25)]
    assert list(out) == []
    assert (table["caught"] < table["source_caught"]).all()
