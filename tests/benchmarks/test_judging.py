"""The bench of the judges at a tiny scale, and that its pairs, flaws and controls are what their names say."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch

from benchmarks import judging, tables, unseen
from benchmarks.judging import Calibration, Caught, Cost, Exam, Null, UnseenExam
from benchmarks.recordings import Simulated
from benchmarks.unseen import Convolutions, Network, Unseen
from course_lib import metrics
from course_lib.data import simulate_signs
from course_lib.metrics.report import SCALES

SIGNS = Simulated(3, per_class=60, length=48)
EXAM = Exam(SIGNS, controls=True, quick=True)
# A tenth of the signals of the committed table, so the flaws are coarser, and they are judged by the quick report.
COARSE = Calibration(Simulated(3, per_class=100), copied=0.3, louder=1.5, quick=True, seeds=(0,))
JUDGES = [
    f"{view}, {judge}"
    for view in ("values", "differences", "coarse differences", "numbers")
    for judge in ("forest", "SVM")
]
FORGERS = ["Gaussian", "Gaussian, shrunk", "Gaussian, pooled", "interpolation", "jittered copies", "Fourier surrogates"]


def made(part, folder):
    tables.make(part, folder)
    assert tables.status(part, folder) == "holds"
    return pd.read_csv(folder / part.file)


def columns(file):
    return list(pd.read_csv(tables.DATA / file))


# --- the null


@pytest.mark.usefixtures("small_forests")
def test_the_null_is_made_draw_by_draw(tmp_path):
    part = judging.null_part(Null({10: 2, 12: 1}, length=16))
    assert [(run["n"], run["draw"]) for run in part.runs] == [(10, 0), (10, 0), (12, 0), (12, 0), (10, 1), (10, 1)]
    table = made(replace(part, runs=part.runs[1:3]), tmp_path)
    assert list(table) == columns("judging/null.csv") == ["n", "law", "draw", "caught", *JUDGES]
    assert (table["caught"] == table[JUDGES].max(axis=1).clip(lower=0.5)).all()
    assert list(table["law"]) == [judging.NOISE, judging.SIGNS]


@pytest.mark.usefixtures("small_forests")
def test_more_draws_of_the_null_keep_those_that_there_are(tmp_path):
    asked = []

    def work(settings, **run):
        asked.append(run["draw"])
        return [{"caught": 0.5}]

    part = judging.null_part(Null({10: 1}, laws=(judging.NOISE,)))
    tables.make(replace(part, work=work), tmp_path)
    more = judging.null_part(replace(part.settings, seeds={10: 2}))
    assert tables.status(more, tmp_path).startswith("settings changed: seeds.10: 1 -> 2")
    tables.make(replace(more, work=work), tmp_path)
    assert asked == [0, 1]


def test_the_two_sets_of_the_null_have_as_many_of_each_sign_and_no_signal_in_common():
    settings = Null({20: 1}, length=32)
    first, second = (judging.real_signals(settings, 20, judging.SIGNS, seed) for seed in (1, 2))
    signs = simulate_signs(8, 3, 32, seed=1).values.numpy()
    np.testing.assert_array_equal(first, signs.reshape(8, 3, 1, 32).transpose(1, 0, 2, 3).reshape(24, 1, 32)[:20])
    assert not set(first[:, 0, 0]) & set(second[:, 0, 0])


def test_the_noise_of_the_null_has_the_autocorrelation_of_its_law():
    settings = Null({500: 1}, coefficient=0.8)
    x = judging.real_signals(settings, 500, judging.NOISE, 0)[:, 0]
    assert x.shape == (500, 160)
    assert x.var() == pytest.approx(1 / (1 - 0.8**2), rel=0.05)
    assert (x[:, 1:] * x[:, :-1]).mean() / x.var() == pytest.approx(0.8, abs=0.02)


# --- calibration and sharpness


def test_a_perfect_sampler_is_inside_and_each_flaw_is_refused_by_the_line_that_is_for_it(tmp_path):
    table = made(judging.calibration_part(COARSE), tmp_path)
    assert list(table) == columns("judging/calibration.csv")
    lines = table[table["metric"].isin(SCALES)]
    assert len(lines) == 6 * len(SCALES)
    refused = {
        name: set(rows["metric"][rows["inside"].astype(str) == "False"]) for name, rows in lines.groupby("generator")
    }
    assert len(refused[judging.PERFECT]) <= 1
    assert refused[judging.COPIES] & {"copied_share", "nearest_neighbour_ratio"}
    assert refused[judging.DROPPED] >= {"class_share_distance", "class_accuracy"}
    assert refused[judging.LOUDER] & {"roughness_ratio", "predictive_score"}
    assert refused[judging.PERMUTED] >= {"class_accuracy", "tstr"}
    assert "class_share_distance" in refused[judging.MISSING]
    assert set(table["metric"]) - set(SCALES) == {f"caught: {judge}" for judge in JUDGES}


def test_a_flaw_changes_what_it_says_and_nothing_else():
    settings = Calibration(Simulated(3, per_class=40, length=160), louder=2.0, copied=0.25, dropped=1)
    learnt, held_out = settings.split.of(settings.data.load())
    found = judging.flawed(settings, learnt, held_out, 0)
    labels, perfect = held_out.labels, found[judging.PERFECT]
    fresh = simulate_signs(3, 16, seed=1000).values
    own = {tuple(x) for x in fresh[:, 0].tolist()}
    assert all(tuple(x) in own for x in perfect[:, 0].tolist())
    of = {tuple(x[:, :5].flatten().tolist()): k for x, k in zip(fresh, np.repeat(range(3), 16), strict=True)}
    assert [of[tuple(x[:, :5].flatten().tolist())] for x in perfect] == labels.tolist()

    same = (found[judging.COPIES] == perfect).all(2).all(1)
    assert int((~same).sum()) == 6  # a quarter of 24
    training = {tuple(x) for x in learnt.values[:, 0].tolist()}
    assert all(tuple(x) in training for x in found[judging.COPIES][~same][:, 0].tolist())

    dropped = found[judging.DROPPED]
    assert ((dropped == perfect).all(2).all(1) == (labels != 1)).all()
    assert {of[tuple(x[:, :5].flatten().tolist())] for x in dropped[labels == 1]} == {0, 2}
    assert len({tuple(x) for x in dropped[:, 0].tolist()}) == len(dropped)

    added = found[judging.LOUDER] - perfect
    assert float(added.std()) == pytest.approx(0.001 * np.sqrt(3), rel=0.05)  # sqrt(1 + 3) is twice as loud
    assert sorted(found[judging.PERMUTED][:, 0].tolist()) == sorted(perfect[:, 0].tolist())
    assert not (found[judging.PERMUTED] == perfect).all()


# --- reports


@pytest.mark.usefixtures("small_forests")
def test_a_report_has_every_forger_and_control_and_other_real_signals(tmp_path):
    table = made(judging.report_part("signs", EXAM), tmp_path)
    assert list(table) == columns("judging/reports.csv")
    controls = ["white noise", "one signal a class", "training recordings"]
    names = [*FORGERS, *controls, judging.REAL, f"{judging.REAL}, a class dropped"]
    assert list(dict.fromkeys(table["generator"])) == names
    assert (table.groupby("generator").size() == len(SCALES) + len(JUDGES)).all()
    inside = table.set_index(["generator", "metric"])["inside"].astype(str) == "True"
    assert not inside["white noise", "roughness_ratio"]
    assert not inside["one signal a class", "recall"]
    assert not inside["training recordings", "nearest_neighbour_ratio"]
    assert not inside[f"{judging.REAL}, a class dropped", "class_share_distance"]


def test_controls_are_what_they_are_called():
    pair = judging.pair_of(EXAM, 1)
    found, labels = judging.controls_of(EXAM, pair), pair.held_out.labels
    training = {tuple(x) for x in pair.learnt.values[:, 0].tolist()}
    assert all(tuple(x) in training for x in found["training recordings"][:, 0].tolist())
    for k in range(3):
        real, noise = pair.learnt.values[pair.learnt.labels == k], found["white noise"][labels == k]
        assert len(found["one signal a class"][labels == k].unique(dim=0)) == 1
        assert float(noise.mean()) == pytest.approx(float(real.mean()), abs=4 * float(real.std()) / np.sqrt(12 * 48))
        assert float(noise.std()) == pytest.approx(float(real.std()), rel=0.12)
    assert [name for name in pair.fakes] == FORGERS


def test_of_many_held_out_signals_as_many_of_each_class_are_kept():
    pair = judging.pair_of(replace(EXAM, thin_above=30, thinned_to=20), 1)
    assert pair.held_out.class_counts == [6, 6, 6]
    assert len(judging.pair_of(EXAM, 1).held_out) == 36


def test_training_recordings_are_copied_twice_only_where_there_are_too_few():
    learnt, _ = EXAM.split.of(SIGNS.load())
    places = judging.copies(learnt, np.repeat([0, 1], [48, 60]), np.random.default_rng(0))
    assert len(places[:48].unique(dim=0)) == 48
    assert len(places[48:].unique(dim=0)) == 48


COMMITTED = Exam(Simulated(8, per_class=20), generator="signs8", quick=True)


def test_a_committed_generator_is_compared_with_a_forger_over_the_sample_seeds(tmp_path):
    part = judging.caught_part("signs", Caught(COMMITTED, against=("jittered copies",), seeds=(1, 2)))
    table = made(part, tmp_path)
    assert list(table)[:5] == ["set", "generator", "seed", "caught", "null"]
    assert list(table["generator"]) == [judging.COMMITTED] * 2 + ["jittered copies"] * 2
    assert table["difference"].isna().tolist() == [True, True, False, False]
    own, other = table["caught"][:2].mean(), table["caught"][2:].mean()
    assert table["difference"].iloc[-1] == pytest.approx(own - other, abs=1e-5)
    assert table["verdict"].iloc[-1] in ("below", "tied", "above")
    assert not torch.equal(*(judging.pair_of(COMMITTED, seed).fakes[judging.COMMITTED] for seed in (1, 2)))


def test_the_unseen_judges_of_a_set_stand_beside_their_null(tmp_path, monkeypatch):
    monkeypatch.setattr(unseen, "by_convolutions", lambda x, is_fake, learnt, asked, *rest: np.zeros(len(asked), bool))
    judges = Unseen(Convolutions(), Network(width=4, steps=2), folds=2)
    exam = UnseenExam(COMMITTED, judges, judged=(judging.COMMITTED, "Gaussian"), null_draws=2)
    table = made(judging.unseen_part("signs", exam), tmp_path)
    assert list(table) == ["set", "generator", "judge", "accuracy", "real_mean", "real_most", "size"]
    assert len(table) == 2 * 3
    assert (table["real_mean"] <= table["real_most"]).all()
    assert (table["size"] == 32).all()


# --- cost, and what is committed


def test_the_cost_of_a_report_is_measured_in_a_process_of_its_own():
    (row,) = judging.cost_run(Cost(SIGNS), forgers=False, quick=True)
    assert list(row) == ["cpu_seconds", "seconds", "peak_mb", "before_mb", "signals"]
    assert row["signals"] == 36
    assert 0 < row["cpu_seconds"]
    assert row["before_mb"] <= row["peak_mb"]


def test_the_committed_table_says_that_perfect_samplers_are_inside_and_that_flaws_are_not():
    table = pd.read_csv(tables.DATA / "judging/calibration.csv")
    lines = table[table["metric"].isin(SCALES)].assign(outside=lambda rows: rows["inside"].astype(str) == "False")
    perfect = lines[lines["generator"] == judging.PERFECT]
    assert len(perfect) == len(SCALES) * len(judging.CALIBRATION.seeds)
    assert perfect["outside"].mean() <= 0.03
    flawed = lines[lines["generator"] != judging.PERFECT].groupby(["generator", "seed"])["outside"].any()
    seeds = flawed.groupby("generator").sum()
    assert len(seeds) == 5
    assert (seeds >= 0.8 * len(judging.CALIBRATION.seeds)).all(), seeds


def test_the_null_of_the_library_holds_in_the_committed_draws():
    table = pd.read_csv(tables.DATA / "judging/null.csv")
    assert np.mean([row.caught <= metrics.caught_null(row.n)[1] for row in table.itertuples()]) >= 0.97


@pytest.mark.parametrize(
    ("table", "who", "grades"),
    [
        ("reports", "other real signals", {"use it"}),
        ("reports", "training recordings", {"not yet"}),
        ("reports", "white noise", {"not yet"}),
        ("reports", "one signal a class", {"not yet"}),
        ("calibration", judging.PERFECT, {"use it"}),
        ("calibration", judging.COPIES, {"not yet"}),
        ("calibration", judging.PERMUTED, {"not yet"}),
        ("calibration", judging.LOUDER, {"use it with care"}),
        ("calibration", judging.DROPPED, {"use it with care", "not yet"}),
    ],
)
def test_the_verdict_lets_other_recordings_pass_and_refuses_what_must_be_refused(table, who, grades):
    """On every committed report of the eight sets, or of the ten seeds; where the judge is blind, with care at best."""
    rows = pd.read_csv(tables.DATA / "judging" / f"{table}.csv")
    rows = rows[(rows["generator"] == who) & ~rows["metric"].str.startswith("caught:")]
    of = "set" if table == "reports" else "seed"
    for name, report in rows.groupby(of):
        report = report.set_index("metric")
        blind = report.loc["caught", "high"] >= 0.75
        allowed = {"use it with care"} if blind and grades == {"use it"} else grades
        assert metrics.verdict_of(report.drop(columns=[of, "generator", "inside", "size"])).grade in allowed, name
