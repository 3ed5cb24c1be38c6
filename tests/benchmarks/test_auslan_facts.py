"""The committed numbers about the real recordings are those of the full set, and its recordings give them again."""

import json
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from benchmarks import auslan_facts
from benchmarks.tables import DATA
from course_lib.data import RECORDINGS_DIGEST, load_auslan

REAL = Path(os.environ.get("COURSE_DATA", "")) / "auslan_hq" / "tctodd.tar.gz"
FACTS = pd.read_csv(DATA / "auslan_facts.csv").set_index("fact")["value"]
PROFILE = pd.read_csv(DATA / "auslan_profile.csv")


def test_the_manifest_names_the_full_set_and_the_files_made():
    manifest = json.loads((DATA / "auslan_facts.manifest.json").read_text())
    assert manifest["recordings_sha256"] == RECORDINGS_DIGEST
    assert manifest["source"] == auslan_facts.SOURCE
    assert {part.key for part in auslan_facts.PARTS} == set(manifest["parts"])
    assert all((DATA / part.file).is_file() for part in auslan_facts.PARTS)


def test_the_profile_belongs_to_a_set_of_standard_deviation_one():
    # a mean periodogram over the variance: one-sided it adds up to the steps' share of the variance, at most 1 a step
    total = PROFILE["power"].to_numpy() @ np.r_[1.0, np.full(79, 2.0), 1.0] / 160
    assert 0 < total < 1 and PROFILE["autocorrelation"][0] == 1


@pytest.mark.parametrize("part", auslan_facts.PARTS)
def test_a_missing_archive_is_said_with_the_command_before_any_table_is_touched(part, tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_DATA", str(tmp_path / "nowhere"))
    with pytest.raises(
        SystemExit, match="holds auslan_hq/tctodd.tar.gz, as in COURSE_DATA=FOLDER make tables[.] .*nowhere"
    ):
        auslan_facts.make(part, tmp_path / "data")
    monkeypatch.delenv("COURSE_DATA")
    with pytest.raises(SystemExit, match="COURSE_DATA is not set"):
        auslan_facts.make(part, tmp_path / "data")
    assert not (tmp_path / "data").exists()


@pytest.mark.skipif(not REAL.is_file(), reason="COURSE_DATA is not set to a folder with auslan_hq/tctodd.tar.gz")
def test_the_recordings_give_the_facts_again():
    dataset, lasting = load_auslan(REAL), auslan_facts.frames(REAL)
    assert [min(lasting), np.median(lasting), max(lasting)] == list(
        FACTS[["frames_shortest", "frames_median", "frames_longest"]]
    )
    for name, (value, _) in auslan_facts.movement(dataset, auslan_facts.Facts()).items():
        assert FACTS[name] == pytest.approx(value, rel=1e-4), name
    assert (len(dataset), dataset.n_classes) == (FACTS["recordings"], FACTS["signs"])
