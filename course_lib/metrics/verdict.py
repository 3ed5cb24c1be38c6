"""What a quality report comes to, in one sentence: use it, use it with care, or not yet, because ...

The idea: nineteen lines are no answer to who asks whether signals may be used. A grade follows from the report's lines
by rules that stand here, each with the sentence that it gives as its reason; the worst reason decides.

*Not yet*:

- copies: the copied share lies above its range;
- caught above its null, and at three quarters or more: an accuracy a means a total variation of 2 a - 1 or more between
  the two distributions, here a half;
- caught above its null, and no less than a forger is (but for the forgers that copy): then five lines without a network
  do as well;
- TSTR more than a tenth below its range: what the labels promise is not in the signals.

*Use it with care*: caught above its null (where the report has a column `untrained`, the same generator before its
training, it is said too if *caught* is not below that one's by more than the null's own spread, from its reference to
its 99 % point: this alone decides nothing), or a null that itself ends at three quarters or more (few recordings, or
groups of them that differ: then the judge sees little); the Frechet distance above its range; TSTR below its range;
more than one of the other lines outside (of fifteen lines with a range of 99 % each, were they independent, one or more
is outside by chance in 14 reports of 100, two or more in one); a line that could not be measured.

*Use it*: none of these.

What it does not say: whether a recogniser that learns from the signals, too, gets better. That the grade foretells it
was tried on five sets and not shown (docs/judging.md).
"""

from collections.abc import Iterator
from typing import Literal, NamedTuple

import pandas as pd

Grade = Literal["use it", "use it with care", "not yet"]
GRADES: tuple[Grade, ...] = ("use it", "use it with care", "not yet")  # the better before the worse
PLAINLY_CAUGHT = 0.75  # an accuracy: half of the signals are of a kind that recordings are not
FAR_BELOW = 0.9  # of the lowest TSTR that recordings have
OUTSIDE_BY_CHANCE = 1  # lines
COPYING = ("interpolation", "jittered copies")  # forgers that are caught little because they copy: no mark to reach
UNTRAINED = "untrained"  # a column: the generator before its training, which is no forger
RULED = ("caught", "copied_share", "frechet", "tstr")  # lines with a rule of their own
COLUMNS = ("value", "reference", "low", "high", "ratio", "inside")


class Verdict(NamedTuple):
    """A grade, one of `GRADES`, and why; the reasons of the deciding grade stand first."""

    grade: Grade
    reasons: tuple[str, ...]

    @property
    def sentence(self) -> str:
        """The grade and its reasons as one sentence."""
        because = ": " if self.grade == GRADES[0] else ", because "
        return f"{self.grade}{because}{'; '.join(self.reasons)}."


def verdict_of(report: pd.DataFrame) -> Verdict:
    """The verdict on a report as `quality_report` gives it (or as it was read again from a CSV of it).

    A report without labels has no TSTR, one without forgers none to compare with: those rules are then left out.

    Raises:
        ValueError: if it has not the columns value, reference, low and high, or the rows caught, copied_share and
            frechet.
    """
    columns, rows = set(COLUMNS[:4]) - set(report), set(RULED[:3]) - set(report.index)
    if columns or rows:
        raise ValueError(
            f"verdict_of: expected a table as quality_report gives it, but it has no {sorted(columns or rows)}. From a "
            "file: pd.read_csv(path, index_col='metric')."
        )
    rules = (_copies, _caught, _transfer, _frechet, _other_lines, _unmeasured)
    found = [fault for rule in rules for fault in rule(report)]
    if not found:
        return Verdict(GRADES[0], tuple(_nothing_against(report)))
    found.sort(key=lambda fault: -GRADES.index(fault[0]))
    return Verdict(found[0][0], tuple(reason for _, reason in found))


Faults = Iterator[tuple[Grade, str]]


def _copies(report: pd.DataFrame) -> Faults:
    line = report.loc["copied_share"]
    if line["value"] > line["high"]:
        yield (
            "not yet",
            f"{line['value']:.0%} of the signals lie nearer to a training recording than new recordings do (of other "
            f"recordings at most {line['high']:.0%}), so they were copied",
        )


def _caught(report: pd.DataFrame) -> Faults:
    line = report.loc["caught"]
    if not line["value"] > line["high"]:
        if line["high"] >= PLAINLY_CAUGHT:
            yield (
                "use it with care",
                f"a classifier tells even recordings from recordings with an accuracy of up to {line['high']:.2f}, so "
                "that it sees little here (few are held out, or their groups differ)",
            )
        return
    told = (
        f"a classifier tells them from recordings with an accuracy of {line['value']:.2f} (two sets of recordings: at "
        f"most {line['high']:.2f})"
    )
    others = line[[name for name in report if name not in (*COLUMNS, *COPYING)]].astype(float).dropna()
    forgers = others.drop(UNTRAINED, errors="ignore")
    beaten_by = [] if forgers.empty or line["value"] < forgers.min() else [str(forgers.idxmin())]
    yield ("not yet" if line["value"] >= PLAINLY_CAUGHT else "use it with care", told)
    for name in beaten_by:
        yield (
            "not yet",
            f"a forger without a network ({name}) is told from recordings no better ({forgers[name]:.2f})",
        )
    spread = line["high"] - line["reference"]
    if UNTRAINED in others and others[UNTRAINED] - line["value"] <= spread:
        found = "worse" if line["value"] - others[UNTRAINED] > spread else "not clearly better"
        yield (
            "use it with care",
            f"the generator is {found} than its untrained beginning (caught {others[UNTRAINED]:.2f}; a difference of "
            f"more than {spread:.2f} counts)",
        )


def _transfer(report: pd.DataFrame) -> Faults:
    if "tstr" not in report.index:
        return
    line = report.loc["tstr"]
    if line["value"] < line["low"]:
        yield (
            "not yet" if line["value"] < FAR_BELOW * line["low"] else "use it with care",
            f"a recogniser that learnt from them knows {line['value']:.0%} of the recordings, and from as many "
            f"recordings {line['reference']:.0%} (at least {line['low']:.0%})",
        )


def _frechet(report: pd.DataFrame) -> Faults:
    line = report.loc["frechet"]
    if line["value"] > line["high"]:
        yield (
            "use it with care",
            f"mean and covariance are further from the held-out recordings' than those of other recordings (Frechet "
            f"distance {line['value']:.3g}, at most {line['high']:.3g})",
        )


def _other_lines(report: pd.DataFrame) -> Faults:
    others = report.drop(index=list(RULED), errors="ignore")
    outside = others.index[(others["value"] < others["low"]) | (others["value"] > others["high"])]
    if len(outside) > OUTSIDE_BY_CHANCE:
        named = ", ".join(name.replace("_", " ") for name in outside)
        yield (
            "use it with care",
            f"{len(outside)} of the {len(others)} other lines lie outside the range of recordings ({named})",
        )


def _unmeasured(report: pd.DataFrame) -> Faults:
    gone = report.index[report["value"].isna()]
    if len(gone):
        named = ", ".join(name.replace("_", " ") for name in gone)
        yield ("use it with care", f"{len(gone)} of the lines could not be measured ({named})")


def _nothing_against(report: pd.DataFrame) -> Iterator[str]:
    caught, copied = report.loc["caught"], report.loc["copied_share"]
    yield (
        f"a classifier tells them from recordings no better than recordings from recordings ({caught['value']:.2f}, at "
        f"most {caught['high']:.2f})"
    )
    yield f"they are no copies ({copied['value']:.0%}, at most {copied['high']:.0%})"
    if "tstr" in report.index:
        line = report.loc["tstr"]
        yield (
            f"a recogniser that learnt from them knows {line['value']:.0%} of the recordings, and from as many "
            f"recordings {line['reference']:.0%}"
        )
