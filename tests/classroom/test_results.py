"""What the repository ships is found by name, and a wrong name is answered with those there are."""

import pytest

from course_lib.classroom import results


def test_tables_arrays_manifests_and_generators_are_found_by_name():
    assert {"method", "modes"} <= set(results.table("toy_modes"))
    assert results.table("critics/depth", dtype={"clip": str})["clip"].map(type).eq(str).all()
    assert any(name.endswith("/surface") for name in results.arrays("critics/surfaces"))
    assert results.manifest("checkpoints/signs8")["steps_done"] == 6000
    assert results.generator("signs80").stat().st_size > 1e6


def test_an_unknown_name_is_refused_with_the_names_there_are():
    with pytest.raises(FileNotFoundError, match="no checkpoints/signs81/.*there are: .*signs80/generator.safetensors"):
        results.generator("signs81")
    with pytest.raises(FileNotFoundError, match="no toys.csv.*there are: .*toy_modes.csv.*make tables"):
        results.table("toys")
