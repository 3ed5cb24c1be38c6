"""Every rule of the verdict, on reports made up for it: what it refuses beside what it lets pass."""

import numpy as np
import pandas as pd
import pytest

from course_lib import metrics
from course_lib.metrics import GRADES, verdict_of

LINES = {  # metric: value, reference, low, high
    "frechet": (0.05, 0.05, -np.inf, 0.08),
    "roughness_ratio": (1.0, 1.0, 0.9, 1.1),
    "spectral_distance": (1.0, 1.0, -np.inf, 2.0),
    "coverage": (0.95, 0.97, 0.9, 1.0),
    "nearest_neighbour_ratio": (1.0, 1.0, 0.9, 1.1),
    "copied_share": (0.05, 0.05, -np.inf, 0.10),
    "class_share_distance": (0.02, 0.02, -np.inf, 0.07),
    "tstr": (0.93, 0.94, 0.88, np.inf),
    "caught": (0.55, 0.52, -np.inf, 0.56),
}


def report(forgers=None, without=(), **changed):
    """A report that nothing speaks against, but for the lines of which other values are given."""
    frame = pd.DataFrame(LINES, index=["value", "reference", "low", "high"]).T
    for line, value in changed.items():
        frame.loc[line, ["value"] if np.ndim(value) == 0 else ["value", "high"]] = value
    frame["ratio"] = frame["value"] / frame["reference"]
    frame["inside"] = frame["value"].between(frame["low"], frame["high"])
    for name, caught in (forgers or {}).items():
        frame[name] = np.where(frame.index == "caught", caught, 0.0)
    frame.index.name = "metric"
    return frame.drop(index=list(without))


def test_with_nothing_against_them_signals_are_to_be_used_and_it_is_said_why():
    verdict = verdict_of(report())
    assert verdict.grade == "use it"
    assert verdict.sentence == (
        "use it: a classifier tells them from recordings no better than recordings from recordings (0.55, at most "
        "0.56); they are no copies (5%, at most 10%); a recogniser that learnt from them knows 93% of the recordings, "
        "and from as many recordings 94%."
    )


@pytest.mark.parametrize(
    ("grade", "reason", "changed"),
    [
        ("not yet", "11% of the signals lie nearer .* so they were copied", {"copied_share": 0.11}),
        ("use it with care", r"an accuracy of 0.57 \(two sets of recordings: at most 0.56\)", {"caught": 0.57}),
        ("use it with care", "an accuracy of 0.74", {"caught": 0.74}),
        ("not yet", "an accuracy of 0.75", {"caught": 0.75}),
        ("use it with care", "up to 0.75, so that it sees little here", {"caught": (0.6, 0.75)}),
        ("not yet", "an accuracy of 0.80", {"caught": (0.8, 0.78)}),
        ("use it with care", r"Frechet distance 0.081, at most 0.08\)", {"frechet": 0.081}),
        ("use it with care", r"knows 87% .* 94% \(at least 88%\)", {"tstr": 0.87}),
        ("not yet", "knows 79% of the recordings", {"tstr": 0.79}),
        (
            "use it with care",
            r"2 of the 5 other lines lie outside the range of recordings \(roughness ratio, coverage\)",
            {"roughness_ratio": 1.2, "coverage": 0.5},
        ),
        ("use it with care", r"1 of the lines could not be measured \(coverage\)", {"coverage": np.nan}),
        ("use it with care", r"could not be measured \(caught\)", {"caught": np.nan}),
    ],
)
def test_each_rule_gives_its_grade_with_its_reason_alone(grade, reason, changed):
    verdict = verdict_of(report(**changed))
    assert verdict.grade == grade and len(verdict.reasons) == 1
    assert verdict.sentence.startswith(f"{grade}, because ") and pd.Series([verdict.reasons[0]]).str.contains(reason)[0]


@pytest.mark.parametrize(
    "changed",
    [
        {"copied_share": 0.10},
        {"caught": 0.56},
        {"frechet": 0.08},
        {"frechet": 0.0},  # nearer than recordings are: no fault
        {"tstr": 0.88},
        {"roughness_ratio": 2.0},  # one line of fifteen, by chance
        {"caught": (0.5, 0.749)},
    ],
)
def test_at_the_end_of_its_range_a_line_is_no_reason(changed):
    assert verdict_of(report(**changed)).grade == "use it"


@pytest.mark.parametrize(
    ("forgers", "grade"),
    [
        ({"Gaussian": 0.61, "Fourier surrogates": 0.99}, "use it with care"),
        ({"Gaussian": 0.60, "Fourier surrogates": 0.99}, "not yet"),
        ({"Gaussian": 0.99, "a forger of mine": 0.50}, "not yet"),
        ({"interpolation": 0.50, "jittered copies": 0.50}, "use it with care"),  # they copy
        ({"Gaussian": np.nan}, "use it with care"),
        ({}, "use it with care"),
    ],
)
def test_signals_that_are_caught_must_at_least_be_caught_less_than_forgers_that_do_not_copy(forgers, grade):
    verdict = verdict_of(report(forgers, caught=0.60))
    assert verdict.grade == grade
    assert ("a forger without a network" in verdict.sentence) == (grade == "not yet")
    assert verdict_of(report(forgers)).grade == "use it"  # what is not caught is held against nobody


@pytest.mark.parametrize(
    ("caught", "untrained", "said"),
    [
        (0.60, 0.61, "not clearly better"),
        (0.60, 0.561, "not clearly better"),
        (0.60, 0.559, "worse"),
        (0.60, 0.639, "not clearly better"),  # not by more than the null's spread, 0.04
        (0.60, 0.641, ""),
        (0.56, 0.56, ""),  # not caught at all: nothing to say
        (0.60, np.nan, ""),
    ],
)
def test_not_clearly_better_than_untrained_is_said_and_decides_nothing(caught, untrained, said):
    verdict = verdict_of(report({"untrained": untrained}, caught=caught))
    assert (f"the generator is {said} than its untrained beginning" in verdict.sentence) == bool(said)
    assert ("its untrained beginning" in verdict.sentence) == bool(said)
    assert verdict.grade == verdict_of(report(caught=caught)).grade
    assert "a forger without a network" not in verdict.sentence


def test_the_worst_reason_decides_and_stands_first():
    verdict = verdict_of(report(frechet=1.0, caught=0.57, tstr=0.5))
    assert verdict.grade == "not yet" and "knows 50%" in verdict.reasons[0] and len(verdict.reasons) == 3


def test_signals_without_labels_are_judged_by_the_other_lines():
    unlabelled = report(without=["tstr", "class_share_distance"], copied_share=0.5)
    assert verdict_of(unlabelled).reasons == verdict_of(report(copied_share=0.5)).reasons
    assert "recogniser" not in verdict_of(report(without=["tstr"])).sentence


def test_a_report_read_again_from_its_file_gets_the_same_verdict(tmp_path):
    made = report({"Gaussian": 0.6}, caught=0.7, frechet=1 / 3)
    made.to_csv(tmp_path / "report.csv")
    assert verdict_of(pd.read_csv(tmp_path / "report.csv", index_col="metric")) == verdict_of(made)


@pytest.mark.parametrize("broken", [report().drop(columns="high"), report(without=["caught"])])
def test_a_table_that_is_no_report_is_refused(broken):
    with pytest.raises(ValueError, match="expected a table as quality_report gives it, but it has no .'(high|caught)'"):
        verdict_of(broken)


def test_a_real_report_of_recordings_that_were_copied_says_so():
    rng = np.random.default_rng(0)
    train, test = (rng.standard_normal((n, 1, 12)).cumsum(axis=2) for n in (60, 20))
    verdict = verdict_of(metrics.quality_report(train, test, train[:20], draws=3, quick=True))
    assert verdict.grade == "not yet" and verdict.reasons[0].startswith("100% of the signals lie nearer")
    assert GRADES.index(verdict.grade) == 2
