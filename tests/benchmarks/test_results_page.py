"""docs/results.md and docs/trials.md say what the committed tables say; a missed goal says by how much."""

import json
import re
from pathlib import Path

import pandas as pd
import pytest

from benchmarks import goals, results

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT / "data"
GOALS = {goal.what: goal for goal in goals.goals()}


@pytest.mark.parametrize("page", results.PAGES, ids=lambda page: page.name)
def test_the_tables_of_a_page_are_those_of_the_committed_results(page):
    text = page.read_text(encoding="utf-8")
    assert text == results.filled(text), "run: python -m benchmarks.results"


def test_every_table_stands_on_one_page_once():
    text = "".join(page.read_text(encoding="utf-8") for page in results.PAGES)
    assert sorted(re.findall(r"<!-- table: (\w+) -->", text)) == sorted(results.TABLES)


def test_the_summary_has_at_most_150_lines():
    assert len((results.DOCS / "results.md").read_text(encoding="utf-8").splitlines()) <= 150


def test_filling_a_table_leaves_the_text_around_it_alone(monkeypatch):
    monkeypatch.setattr(
        results, "TABLES", {"a": lambda: pd.DataFrame({"x": [1]}), "b": lambda: pd.DataFrame({"y": [2]})}
    )
    empty = "one\n<!-- table: a -->\n<!-- end -->\ntwo\n<!-- table: b -->\n<!-- end -->\nthree\n"
    once = results.filled(empty)
    assert [line for line in once.splitlines() if line[0] not in "|<"] == ["one", "two", "three"]
    assert "| 0 | 1 |" in once and "| 0 | 2 |" in once and results.filled(once) == once


def test_checking_writes_nothing_and_says_what_is_stale(monkeypatch, tmp_path):
    page = tmp_path / "page.md"
    page.write_text("<!-- table: a -->\n| old |\n<!-- end -->\n")
    monkeypatch.setattr(results, "PAGES", (page,))
    monkeypatch.setattr(results, "TABLES", {"a": lambda: pd.DataFrame({"x": [1]})})
    monkeypatch.setattr(results.sys, "argv", ["results", "--check"])
    assert results.main() == 1 and "old" in page.read_text()
    monkeypatch.setattr(results.sys, "argv", ["results"])
    assert results.main() == 0 and "old" not in page.read_text()


@pytest.mark.parametrize(
    "value, between, said",
    [(0.87, (0.9, 1.1), "0.03 below"), (1.32, (0.9, 1.1), "0.22 above"), (0.9, (0.9, 1.1), ""), (1.1, (0.9, 1.1), "")],
)
def test_the_distance_from_a_goal_is_counted_from_its_nearer_end(value, between, said):
    assert goals.distance(value, *between) == said


def test_a_verdict_names_each_miss_and_is_yes_without_one():
    assert goals.verdict({"a": "", "b": "0.10 below", "c": "2.00 above"}) == "no: b 0.10 below, c 2.00 above"
    assert goals.verdict({"a": "", "b": ""}) == "yes"


@pytest.mark.parametrize("goal", GOALS.values(), ids=lambda goal: goal.what[:40])
def test_a_goal_is_reached_missed_by_a_number_or_said_to_be_unmeasured(goal):
    assert all(goal)
    assert re.match(r"yes|no: .*\d|not measured|range not measured|-$", goal.reached)
    if goal.command == "-":
        assert goal.reached == goals.MISSING, "a number needs the command that makes it"


def test_the_goals_say_of_the_bench_what_its_table_says():
    runs = pd.read_csv(DATA / "fair/modes.csv").query("method == 'WGAN-GP, longer' and distribution == 'grid'")
    said = GOALS["grid of 25, WGAN-GP, longer: modes, high quality"]
    assert said.measured.startswith(f"{sum(runs.modes) / 5:.1f}, {100 * sum(runs.high_quality) / 5:.1f} %")
    share = runs.high_quality.mean()
    assert said.reached == ("yes" if share >= 0.9 else f"no: share {0.9 - share:.3f} below")


def test_the_goals_say_of_the_quick_runs_which_seeds_miss():
    table = pd.read_csv(DATA / "recipes" / "quick_seeds.csv")
    names = ["roughness_ratio", "variance_ratio", "edge_roughness_ratio", "edge_variance_ratio"]
    said = GOALS["quick runs: roughness, variance; the same of the edges"].reached
    expected = []
    for name in names:
        values = table.set_index("seed")[name]
        out = values[(values < 0.8) | (values > 1.25)]
        if len(out):
            above, below = out.max() - 1.25, 0.8 - out.min()
            far = f"{above:.2f} above" if out.max() - 1 > 1 - out.min() else f"{below:.2f} below"
            expected.append(f"{name.replace('_', ' ')} of seeds {', '.join(map(str, out.index))}, up to {far}")
    assert said == "no: " + ", ".join(expected)
    assert expected == ["edge roughness ratio of seeds 5, up to 0.10 above"]


def test_the_goals_say_of_the_quick_runs_whether_the_source_s_recipe_is_caught_more():
    table = pd.read_csv(DATA / "recipes" / "quick_seeds.csv")
    said = GOALS["quick runs: caught less than the source's recipe, told the labels, after the same seconds"]
    assert (table["caught"] < table["source_caught"]).all() == (said.reached == "yes")


def test_the_time_to_quality_is_that_of_the_two_ways():
    ours = [row for row in pd.read_csv(DATA / "recipes/time_to_quality.csv").values.tolist() if row[0] == "ours"]
    source = pd.read_csv(DATA / "recipes/source_in_full.csv").values.tolist()
    last, when = source[-1][3], source[-1][1]
    assert source[-1][2] == 10_000 and all(row[3] < last for row in ours)  # from the first checkpoint on, for good
    said = GOALS["time to a given quality, against the source's recipe"].measured
    assert said.startswith(f"{when / ours[0][1]:,.0f} x: {ours[0][1]:.0f} s against {when:,.0f} s to the Frechet ratio")
    best = min(row[3] for row in source)
    assert f"past its best ({best:.2f}," in said and ours[-1][3] > best


def test_the_readme_says_of_each_notebook_what_its_table_of_times_says():
    """Its last two columns: `0.5 (30 s)` and `570 MB`."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    found = re.findall(r"\(notebooks/(\w+)\.ipynb\).*\((\d+) s\) \| (\d+) MB \|", readme)
    table = pd.read_csv(DATA / "results" / "notebook_times.csv")
    rows = [(notebook, str(seconds), str(peak)) for notebook, seconds, peak in table.values.tolist()]
    assert sorted(found) == sorted(rows)


def test_numbers_by_hand_are_ranges_in_order_with_the_commit_that_noted_them():
    table = pd.read_csv(DATA / "results" / "by_hand.csv")
    assert (table["low"] <= table["high"]).all()
    assert table["commit"].astype(str).str.fullmatch("[0-9a-f]{7}").all()
    assert not table.duplicated(["subject", "setting", "measure"]).any()


def test_the_goals_say_of_the_four_generators_which_miss_and_by_how_much():
    runs = {"signs8": "8 signs", "signs80": "80 signs", "auslan_right_x": "Auslan x", "auslan_right_xyz": "Auslan xyz"}
    manifests = {run: json.loads((DATA / "checkpoints" / run / "manifest.json").read_text()) for run in runs}
    for metric, what in (
        ("roughness_ratio", "full-scale signals: roughness ratio"),
        ("variance_ratio", "variance ratio"),
    ):
        found = {run: manifest["quality"][metric]["value"] for run, manifest in manifests.items()}
        assert GOALS[what].measured == " / ".join(f"{value:.2f}" for value in found.values())
        short = [f"{runs[run]} {0.9 - value:.2f} below" for run, value in found.items() if value < 0.9]
        short += [f"{runs[run]} {value - 1.1:.2f} above" for run, value in found.items() if value > 1.1]
        assert GOALS[what].reached == (f"no: {', '.join(short)}" if short else "yes")


def test_the_goals_say_of_caught_and_copies_what_the_reports_say():
    labels = {
        "signs8": "8 signs",
        "signs80": "80 signs",
        "auslan_right_x": "Auslan x",
        "auslan_right_xyz": "Auslan xyz",
    }
    table = pd.read_csv(DATA / "judging" / "reports.csv")
    own = table[table["generator"] == "committed generator"]
    for metric, what, most in (
        ("caught", "caught, simulated signs; real recordings", {"signs8": 0.6, "signs80": 0.6}),
        ("copied_share", "copied share", None),
    ):
        rows = {row.set: row for row in own[own["metric"] == metric].itertuples()}
        judged = {name: label for name, label in labels.items() if name in rows}
        values = [rows[name].value for name in judged]
        assert GOALS[what].measured.startswith(" / ".join(f"{value:.2f}" for value in values))
        for name, label in judged.items():
            bound = rows[name].high if most is None else most.get(name, 0.7)
            assert (f"{label} " in GOALS[what].reached) == (rows[name].value > bound), label


def test_the_goal_of_being_below_names_every_forger_that_is_not_above():
    table = pd.read_csv(DATA / "judging" / "caught.csv").dropna(subset=["verdict"])
    said = GOALS["caught: below the best Gaussian and the surrogates on every set, one recipe by a rule"]
    assert said.reached.startswith("no: ")
    assert "ECG5000, CricketX, SonyRobot, auslan_sessions without a committed generator" in said.reached
    for name, label in (("signs8", "8 signs"), ("auslan_right_x", "Auslan x")):
        rows = table[table["set"] == name].drop_duplicates("generator")
        below = {row.generator for row in rows.itertuples() if row.high < 0}
        assert f"{label}: below {len(below)} of {len(rows)}" in said.measured


def test_the_machine_of_a_goal_is_that_of_the_manifests_behind_it():
    said = {command: results.machine_of(command) for command in ("-", "make bench", "make checkpoints")}
    assert said == {"-": "-", "make bench": "A", "make checkpoints": "B"}
    assert set(results.BEHIND) <= {goal.command for goal in GOALS.values()}
