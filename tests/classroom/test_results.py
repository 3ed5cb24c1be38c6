"""What the repository ships is found by name, and a wrong name is answered with those there are."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from course_lib.classroom import results


def test_tables_arrays_manifests_and_generators_are_found_by_name():
    assert {"method", "modes"} <= set(results.table("fair/modes"))
    assert results.table("critics/depth", dtype={"clip": str})["clip"].map(type).eq(str).all()
    assert any(name.endswith("/surface") for name in results.arrays("critics/surfaces"))
    assert results.manifest("checkpoints/signs8")["steps_done"] == 6000
    assert results.generator("signs80").stat().st_size > 1e6


def test_an_unknown_name_is_refused_with_the_names_there_are():
    with pytest.raises(FileNotFoundError, match="no checkpoints/signs81/.*there are: .*signs80/generator.safetensors"):
        results.generator("signs81")
    with pytest.raises(FileNotFoundError, match="no toys.csv.*there are: .*fair/modes.csv.*make tables"):
        results.table("toys")


def test_the_interval_of_a_mean_is_scipys_and_leaves_out_what_is_not_there():
    values = np.array([0.91, 0.93, 0.9, 0.97, 0.92])
    wanted = stats.t.interval(0.95, 4, loc=values.mean(), scale=stats.sem(values))
    np.testing.assert_allclose(results.mean_interval(values), wanted, rtol=1e-12)
    np.testing.assert_allclose(results.mean_interval([*values, np.nan]), wanted, rtol=1e-12)
    assert np.isnan(results.mean_interval([0.9, np.nan])).all()


def test_runs_are_summed_up_by_group_in_their_order():
    runs = pd.DataFrame({"method": ["b", "b", "a", "a"], "place": "ring", "x": [1.0, 3.0, 5.0, 5.0], "y": 0.0})
    table = results.with_intervals(runs, ["method", "place"], ["x", "y"])
    assert list(table.index) == [("b", "ring"), ("a", "ring")]
    assert list(table["x"].columns) == ["mean", "low", "high"]
    half = stats.t.ppf(0.975, 1) * 1.0  # s = sqrt 2, n = 2
    np.testing.assert_allclose(table.loc[("b", "ring"), "x"], [2, 2 - half, 2 + half], rtol=1e-12)
    np.testing.assert_allclose(table.loc[("a", "ring"), "x"], [5, 5, 5])
