"""Every committed table and generator was made with the settings that stand in the code."""

import ast
import importlib.util
import json
import shutil
from collections import Counter
from dataclasses import fields, replace
from pathlib import Path

import pytest

from benchmarks import (
    BENCHES,
    augmentation,
    auslan_facts,
    checkpoints,
    conditional,
    critics,
    equal_time,
    fair,
    foretelling,
    judging,
    penalty,
    recipes,
    restoration,
)
from benchmarks.__main__ import every_part, listing, main
from benchmarks.critics import Optimizer
from benchmarks.recordings import Auslan, Split
from benchmarks.tables import DATA, command, read_rows, record_of, status
from course_lib.training import TrainingConfig

PARTS = {part.name: part for part in every_part()}
# What papers report, what was tried by hand before a bench, and single measurements (see data/README.md)
BY_HAND = {path.relative_to(DATA) for path in (DATA / "results").glob("*.csv")}
BY_HAND |= {Path("toys/tuning.csv")}


@pytest.mark.parametrize("name", list(PARTS))
def test_a_committed_part_holds_or_says_why_it_is_stale(name):
    part, state = PARTS[name], status(PARTS[name])
    reason = record_of(part).get("stale", "")
    assert state == "holds" or (len(reason.split()) > 2 and state == f"stale: {reason}"), (
        f"{part.file}: {state}. Make the table anew ({part.command}), or take the change back."
    )


def test_every_run_in_a_committed_table_has_as_many_rows_as_the_others():
    for part in PARTS.values():
        if part.work is not None and len(part.runs) > 1:
            rows = [row for row in read_rows(part, DATA) if all(row[key] == part.rows[key] for key in part.rows)]
            counts = Counter(tuple(str(row[key]) for key in part.runs[0]) for row in rows)
            assert len(set(counts.values())) == 1, f"{part.file}: {counts}"


def test_every_committed_file_belongs_to_a_part():
    files = {path.relative_to(DATA) for path in DATA.rglob("*") if path.is_file() and "run" not in path.parts}
    known = {Path(path) for part in PARTS.values() for path in (part.file, part.manifest)}
    known |= {Path(part.file).with_name("history.csv") for part in PARTS.values() if part.bench == "checkpoints"}
    assert files - known - {Path("README.md")} == BY_HAND
    assert known <= files


def test_data_holds_no_code():
    assert not [path.name for path in DATA.rglob("*") if path.suffix in (".py", ".ipynb", ".sh")]


def test_every_manifest_tells_of_its_parts_in_one_way_and_of_no_others():
    for manifest in {part.manifest for part in PARTS.values()}:
        told = json.loads((DATA / manifest).read_text())["parts"]
        assert set(told) == {part.key for part in PARTS.values() if part.manifest == manifest}
        for key, record in told.items():
            assert set(record) - {"cpu_seconds", "stale"} == {"settings", "command", "made_with"}, key
            for here in record["made_with"]:
                assert set(here) == {"commit", "versions", "threads", "processor"}, key


def test_the_command_in_a_manifest_is_the_one_that_makes_the_part():
    for part in PARTS.values():
        assert record_of(part)["command"] == part.command
        assert importlib.util.find_spec(f"benchmarks.{part.bench}") is not None


def changed(settings, path, value):
    """`settings` with the one at `path`, "games.WGAN.clip", replaced."""
    name, _, rest = path.partition(".")
    inner = settings[name] if isinstance(settings, dict) else getattr(settings, name)
    new = changed(inner, rest, value) if rest else value
    return settings | {name: new} if isinstance(settings, dict) else replace(settings, **{name: new})


# One learning rate, one list of seeds, one limit and one size of every bench at least, and where a rule is written down
CHANGES = [
    *((part.name, "seeds", (0, 101)) for part in fair.TUNING_PARTS),
    *((part.name, "samples", 5000) for part in fair.REPORTING_PARTS),
    ("fair/GAN", "trials", {}),
    ("fair/R1, longer", "tuned", "WGAN-GP"),
    ("critics/depth", "clipped.learning_rate", 5e-3),
    ("critics/depth", "clips", (0.1, 0.01)),
    ("critics/depth", "depth", 6),
    ("critics/depth", "seeds", (0, 1)),
    ("critics/surfaces", "penalty_weight", 1.0),
    ("critics/surfaces", "penalised", Optimizer("rmsprop", 1e-3)),
    ("critics/quality", "games.GAN.generator.betas", (0.0, 0.9)),
    ("critics/quality", "games.WGAN.warm_up_critic_steps", 10),
    ("critics/quality", "games.WGAN.clip", 0.01),
    ("critics/quality", "depth", 3),
    ("critics/quality", "seeds", (5,)),
    ("penalty/estimate", "weights_and_critic_steps", ((0.1, 5),)),
    ("penalty/estimate", "config.learning_rate", 1e-4),
    ("penalty/estimate", "nets.depth", 2),
    ("penalty/estimate", "judging.points", 100),
    ("penalty/slow_generator", "config.learning_rate", 1e-4),
    ("penalty/optimizers", "configs.clipping.RMSProp.clip", 0.1),
    ("penalty/optimizers", "configs.clipping.RMSProp.learning_rate", 1e-4),
    ("penalty/optimizers", "seeds", (0,)),
    ("recipes/time_to_quality", "exam.split", Split(seed=1)),
    ("recipes/quick_seeds", "recipe.config.learning_rate", 1e-4),
    ("recipes/source_in_full", "exam.sample_seed", 2),
    ("recipes/quick_seeds", "recipe.dim", 32),
    ("recipes/quick_seeds", "seeds", (0, 1, 2)),
    ("recipes/precision signs8", "steps", 300),
    ("recipes/precision auslan_right_x", "recipe.dim", 16),
    ("equal_time/ladder auslan_right_x", "budget.seconds", 30.0),
    *((part.name, "judge_seed", 1) for part in equal_time.PARTS if part.key.startswith("ingredients")),
    *((part.name, "learnt_from", 500) for part in equal_time.PARTS if part.key.startswith("reporting")),
    *((part.name, "methods.diffusion.width", 8) for part in equal_time.PARTS if part.key.startswith("beside")),
    ("checkpoints/signs8", "recipe.config.learning_rate", 1e-4),
    ("checkpoints/signs80", "recipe.config.steps", 5000),
    ("checkpoints/auslan_right_x", "recipe.dim", 64),
    ("checkpoints/auslan_right_xyz", "data", Auslan(("right_x", "right_y"))),
    ("auslan_facts/facts", "split.seed", 1),
    ("auslan_facts/profile", "one.length", 80),
    ("judging/null", "coefficient", 0.5),
    ("judging/calibration", "copied", 0.2),
    ("judging/calibration", "seeds", (0, 1)),
    *((f"judging/{name}", "sample_seed", 2) for name in judging.EXAMS),
    *((f"judging/{name} caught", "seeds", (1, 2)) for name, exam in judging.EXAMS.items() if exam.generator),
    *((f"judging/{name} unseen", "null_draws", 5) for name in judging.EXAMS),
    ("judging/auslan_sessions", "split.held_out", (8,)),
    ("judging/cost", "data.per_class", 300),
    ("judging/SonyRobot", "data.windows", False),
    *((part.name, "steps", 400) for part in augmentation.PARTS),
    *((part.name, "learnt", 20) for part in foretelling.PARTS),
    *((f"conditional/{name}", "thinned_seed", 1) for name in conditional.MADE),
    ("forecasting/tuning", "split.inner", 0.7),
    ("forecasting/models", "preparation.window", 14),
    ("forecasting/leak", "preparation.causal", True),
    ("forecasting/bridge", "own_days", 91),
    ("restoration/signs8 tuning", "share", 0.3),
    ("restoration/auslan_right_x tuning", "learning_rates", (0.1,)),
    *((f"restoration/{name}", "draw_seed", 1) for name in restoration.SETS),
    ("restoration/auslan_right_x controls", "untrained_seeds", (0, 1)),
    ("restoration/auslan_right_x smoother", "width", 3.0),
    ("images/rivals", "exam.fraction", 0.5),
    ("images/features", "exam.per_class", 10),
    ("images/DCGAN", "ways.up-sampling.generator.dim", 32),
    ("images/fully connected", "ways.no dropout.generator.dropout", 0.1),
    ("images/objectives", "ways.WGAN.config.clip", 0.1),
    ("images/samples", "exam.draws", 10),
    ("images/generator", "moments", (1200,)),
    ("speed/steps", "rounds", 10),
    ("speed/growth", "sizes.dim", 64),
]


@pytest.mark.parametrize(("name", "path", "value"), CHANGES)
def test_a_changed_setting_is_seen_and_named(name, path, value):
    part = PARTS[name]
    state = status(replace(part, settings=changed(part.settings, path, value)))
    assert state.startswith(f"settings changed: {path}"), state


def test_every_part_is_among_the_changes_that_are_tried():
    assert {name for name, _, _ in CHANGES} == set(PARTS)


NAMES_OF_SETTINGS = {"lr", "momentum", "width", "depth", "seed", "bins", "max_iter"}
NAMES_OF_SETTINGS |= {field.name for field in fields(TrainingConfig)}


@pytest.mark.parametrize("bench", [*BENCHES, "points", "priors"])
def test_no_function_of_a_bench_holds_a_setting_that_the_manifest_does_not(bench):
    """Settings are made outside functions; inside one, no share or rate is written out, and no named setting."""
    tree = ast.parse(Path(importlib.import_module(f"benchmarks.{bench}").__file__).read_text())
    inside = [node for function in ast.walk(tree) if isinstance(function, ast.FunctionDef) for node in function.body]
    nodes = [node for part in inside for node in ast.walk(part)]
    named = [node.value for node in nodes if isinstance(node, ast.keyword) and node.arg in NAMES_OF_SETTINGS]
    numbers = [each for value in named for each in ast.walk(value) if number(each)]
    fractions = [node for node in nodes if number(node) and node.value != int(node.value)]
    assert [f"line {node.lineno}: {node.value}" for node in numbers + fractions] == []


def number(node):
    return isinstance(node, ast.Constant) and type(node.value) in (int, float)


def test_the_list_has_a_line_a_file_and_says_what_does_not_hold(tmp_path):
    lines = listing(list(PARTS.values())).splitlines()
    files = list(dict.fromkeys(part.file for part in PARTS.values()))
    assert [line.split()[0] for line in lines if line[0] != " "] == files

    shutil.copytree(DATA / "critics", tmp_path / "critics")
    told = json.loads((tmp_path / "critics/manifest.json").read_text())
    told["parts"]["quality"].pop("stale", None)
    told["parts"]["surfaces"]["stale"] = "batches are drawn in another order"
    (tmp_path / "critics/manifest.json").write_text(json.dumps(told))
    slower = replace(critics.DEPTH, clipped=Optimizer("rmsprop", 5e-3))
    shown = listing([critics.depth_part(slower), *critics.PARTS[1:]], tmp_path).splitlines()
    assert [" ".join(line.split()) for line in shown] == [
        "critics/depth.csv DOES NOT HOLD about 3 min python -m benchmarks.critics depth",
        "depth: settings changed: clipped.learning_rate: 5e-05 -> 0.005",
        "critics/surfaces.npz DOES NOT HOLD about 1 min python -m benchmarks.critics surfaces",
        "surfaces: stale: batches are drawn in another order",
        "critics/quality.csv holds about 4 min python -m benchmarks.critics quality",
    ]


def test_what_is_named_is_made_and_an_unknown_name_is_refused_with_those_there_are(monkeypatch, capsys):
    made = []
    for bench in (fair, critics, penalty, recipes, equal_time, checkpoints, auslan_facts, judging):
        monkeypatch.setattr(bench, "make", lambda part, *, anew: made.append((part.name, anew)))
    monkeypatch.setattr("sys.argv", ["benchmarks", "penalty", "critics/depth"])
    main()
    penalties = [(f"penalty/{key}", False) for key in ("estimate", "slow_generator", "optimizers")]
    assert made == [("critics/depth", False), *penalties]
    monkeypatch.setattr("sys.argv", ["benchmarks", "fair/WGAN-GP", "--anew"])
    main()
    assert made[-1] == ("fair/WGAN-GP", True)
    monkeypatch.setattr("sys.argv", ["benchmarks", "toy"])
    with pytest.raises(SystemExit):
        main()
    assert "no table toy; there are: " in capsys.readouterr().err

    monkeypatch.setattr("sys.argv", ["benchmarks.critics", "surfaces"])
    command(critics.PARTS, critics.make, critics.__doc__)
    assert made[-1] == ("critics/surfaces", False)


def test_what_is_to_be_made_later_is_made_only_where_it_is_named(monkeypatch, capsys):
    now, later = critics.PARTS[:2], critics.PARTS[2:]
    made = []
    for given, wanted in (([], now), ([later[0].key], later[:1]), ([now[0].key, later[0].key], [now[0], later[0]])):
        monkeypatch.setattr("sys.argv", ["benchmarks.critics", *given])
        command(now, lambda part, *, anew: made.append(part), critics.__doc__, later)
        assert made == wanted
        made.clear()
    monkeypatch.setattr("sys.argv", ["benchmarks.critics", "deep"])
    with pytest.raises(SystemExit):
        command(now, critics.make, critics.__doc__, later)
    assert f"no part deep; there are: {', '.join(part.key for part in critics.PARTS)}" in capsys.readouterr().err
