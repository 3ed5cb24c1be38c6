"""The tables of signals on demand, from made-up runs."""

import pandas as pd

from benchmarks import augmentation, conditional, on_demand_page, restoration, tables
from benchmarks.results import markdown
from course_lib.classroom import results


def stand_in(monkeypatch, tmp_path, name, table):
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    table.to_csv(tmp_path / f"{name}.csv", index=False)
    monkeypatch.setattr(results, "FOLDER", tmp_path)


def test_the_tables_of_augmentation_say_means_over_subsets_and_gains_in_points(monkeypatch, tmp_path):
    accuracy = {
        "none": 0.5,
        "Gaussian + classical": 0.6,
        "interpolation + classical": 0.55,
        "generated + classical": 0.63,
    }
    rows = [
        {"set": name, "count": count, "seed": seed, "method": method, "accuracy": value + 0.1 * seed}
        for name in ("one", "two")
        for count in (3, 10)
        for seed in (0, 1)
        for method, value in accuracy.items()
    ]
    stand_in(monkeypatch, tmp_path, "augmentation/accuracy", pd.DataFrame(rows))
    shown = on_demand_page.TABLES["augmentation"]()
    assert list(shown) == ["one, 3 a class", "one, 10 a class", "two, 3 a class", "two, 10 a class"]
    assert list(shown.index) == list(accuracy)
    assert shown.loc["none", "two, 10 a class"] == "55.0 ± 7.1"
    gains = on_demand_page.TABLES["gains"]()
    assert list(gains) == ["3 a class", "10 a class", "over all"]
    assert gains.loc["one", "3 a class"] == "+3.0 (+3.0 to +3.0), Gaussian"
    assert markdown(gains).count("\n") == 3


def test_the_table_of_restoration_says_errors_of_all_and_scores_of_those_that_draw(monkeypatch, tmp_path):
    first = {"set": "one", "share": 0.05, "label": "known", "method": "PCHIP", "squared_error": 0.05123, "null": 0.63}
    row = first | {"caught_inside": 0.9, "caught_seam": 0.8}
    drawn = row | {"method": "Gaussian", "squared_error": 0.01, "energy_score": 0.0412, "band_coverage": 0.876}
    rows = [{**each, "label": label} for label in ("known", "unknown") for each in (row, drawn)]
    stand_in(monkeypatch, tmp_path, "restoration/fills", pd.DataFrame(rows))
    shown = on_demand_page.TABLES["restoration"]()
    assert list(shown.index) == ["one, 5 % missing, label known", "one, 5 % missing, label unknown"]
    assert list(shown) == ["PCHIP", "Gaussian", "caught, if real"]
    assert shown.iloc[0].tolist() == ["0.0512; 0.90, 0.80", "0.01; 0.0412, 88 %; 0.90, 0.80", "0.63"]


def test_the_table_of_controls_says_what_each_adds_to_the_search_s_energy_score(monkeypatch, tmp_path):
    row = {"set": "one", "share": 0.3, "label": "known", "of_search": 0.1234, "null": 0.63, "caught_seam": 0.9}
    rows = [
        row | {"against": name, "above_search": above, "low": above - 0.01, "high": above + 0.01, "caught_inside": 0.7}
        for name, above in (("Gaussian", 0.05), ("latent search, untrained 0", -0.02))
    ]
    stand_in(monkeypatch, tmp_path, "restoration/controls", pd.DataFrame(rows))
    smooth = rows[0] | {"against": "Gaussian, smoothed"}
    stand_in(monkeypatch, tmp_path, "restoration/smoother", pd.DataFrame([smooth]))
    ((name, line),) = on_demand_page.TABLES["restoration_controls"]().T.to_dict().items()
    assert name == "one, 30 % missing, label known" and line["of the search"] == "0.123"
    assert list(line)[1:4] == ["Gaussian", "latent search, untrained 0", "Gaussian, smoothed"]
    assert line["Gaussian"] == "+0.050 (+0.040 to +0.060); 0.70, 0.90"
    assert line["latent search, untrained 0"] == "-0.020 (-0.030 to -0.010); 0.70, 0.90"


def test_the_table_of_ways_to_tell_the_label_says_all_classes_the_worst_and_the_rare_ones(monkeypatch, tmp_path):
    columns = [f"{name}{of}" for name in ("as_asked", "varied", "recognised") for of in ("", "_worst", "_rare")]
    rows = [
        {"set": "one", "method": "projection", "seed": seed, "cpu_seconds": 30 + seed, "caught": 0.7 + seed / 10}
        | {column: 0.1 * i + seed for i, column in enumerate(columns)}
        for seed in (0, 1)
    ]
    stand_in(monkeypatch, tmp_path, "conditional/ways", pd.DataFrame(rows))
    (line,) = on_demand_page.TABLES["conditional"]().to_dict("records")
    assert line["caught"] == "0.75 (0.70, 0.80)"
    assert line["as asked"] == "0.50 / 0.60 / 0.70"
    assert line["recognised after learning from it"] == "1.10 / 1.20 / 1.30"
    assert (line["seconds"], line["seeds"]) == ("30", 2)


def test_the_table_of_searches_says_each_number_beside_its_share_of_the_least_on_its_set(monkeypatch, tmp_path):
    rows = [("one", 0.02, 100, 0.1, 0.01, 0.05), ("one", 0.05, 100, 0.3, 0.02, 0.04), ("two", 0.02, 100, 0.1, 3.0, 4.0)]
    columns = ["set", "tolerance", "steps", "learning_rate", "squared_error", "energy_score"]
    stand_in(monkeypatch, tmp_path, "restoration/tuning", pd.DataFrame(rows, columns=columns))
    shown = on_demand_page.TABLES["search"]()
    assert list(shown) == [f"{name}: {said}" for name in ("one", "two") for said in ("energy score", "squared error")]
    assert shown.loc["tolerance 0.02, rate 0.1, 100 steps"].tolist() == [
        "0.0500 (1.25)",
        "0.0100 (1.00)",
        "4.0000 (1.00)",
        "3.0000 (1.00)",
    ]


def test_a_table_stands_on_a_page_when_a_part_of_it_is_made():
    parts = {
        "augmentation": augmentation.PARTS,
        "gains": augmentation.PARTS,
        "conditional": [*conditional.PARTS, *conditional.LATER],
        "restoration": [part for part in restoration.PARTS if part.file.endswith("fills.csv")],
        "restoration_controls": [part for part in restoration.PARTS if part.file.endswith("controls.csv")],
        "search": [part for part in restoration.PARTS if part.file.endswith("tuning.csv")],
    }
    for name, own in parts.items():
        made = any(tables.status(part) == "holds" for part in own)
        assert (name in on_demand_page.TABLES) == made, name
