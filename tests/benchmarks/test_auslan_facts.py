"""The committed numbers about the real recordings are those of the full set, and its recordings give them again."""

import importlib.util
import json
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from course_lib.data import RECORDINGS_DIGEST, load_auslan

DATA = Path(__file__).resolve().parents[2] / "data"
REAL = Path(os.environ.get("COURSE_DATA", "")) / "auslan_hq" / "tctodd.tar.gz"
FACTS = pd.read_csv(DATA / "auslan_facts.csv").set_index("fact")["value"]
PROFILE = pd.read_csv(DATA / "auslan_profile.csv")


def script():
    spec = importlib.util.spec_from_file_location("make_auslan_facts", DATA / "make_auslan_facts.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_manifest_names_the_full_set_and_the_files_made():
    manifest = json.loads((DATA / "auslan_facts.manifest.json").read_text())
    assert manifest["recordings_sha256"] == RECORDINGS_DIGEST
    assert all((DATA / name).is_file() for name in manifest["files"])


def test_the_profile_belongs_to_a_set_of_standard_deviation_one():
    # a mean periodogram over the variance: one-sided it adds up to the steps' share of the variance, at most 1 a step
    total = PROFILE["power"].to_numpy() @ np.r_[1.0, np.full(79, 2.0), 1.0] / 160
    assert 0 < total < 1 and PROFILE["autocorrelation"][0] == 1


def test_a_missing_archive_is_said_with_the_command(capsys):
    assert script().main(["nowhere.tar.gz"]) == 2
    assert "python data/make_auslan_facts.py tctodd.tar.gz" in capsys.readouterr().err


@pytest.mark.skipif(not REAL.is_file(), reason="COURSE_DATA is not set to a folder with auslan_hq/tctodd.tar.gz")
def test_the_recordings_give_the_facts_again():
    made, dataset = script(), load_auslan(REAL)
    lasting = made.frames(REAL)
    assert [min(lasting), np.median(lasting), max(lasting)] == list(
        FACTS[["frames_shortest", "frames_median", "frames_longest"]]
    )
    for name, (value, _) in made.movement(dataset).items():
        assert FACTS[name] == pytest.approx(value, rel=1e-4), name
    assert (len(dataset), dataset.n_classes) == (FACTS["recordings"], FACTS["signs"])
