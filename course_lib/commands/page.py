"""The quality report as one file for a browser: text, table and pictures in it, nothing fetched from elsewhere.

The idea: the verdict first, then what it rests on. Pictures are data URIs, so the file can be sent by mail.
"""

import base64
from collections.abc import Mapping
from html import escape
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from course_lib.commands.run_folder import EXPLAINED, HISTORY, PICTURE, TABLE

if TYPE_CHECKING:
    from course_lib.metrics import Verdict

ASKS = {
    "frechet": "are mean and covariance right?",
    "roughness_ratio": "are they as rough as recordings? 1 is right, above it they are rougher",
    "variance_ratio": "do they differ as much among themselves? 1 is right, below it too little",
    "edge_roughness_ratio": "the same roughness at both ends, over that in the middle",
    "edge_variance_ratio": "the same variance at both ends",
    "spectral_distance": "is the power at each frequency right?",
    "autocorrelation_distance": "is what a value says of a later one right?",
    "mmd": "do the distributions differ, seen by a kernel?",
    "precision": "the share that lies among recordings",
    "recall": "the share of recordings that lies among them",
    "density": "how densely they lie around recordings",
    "coverage": "the share of recordings that have one near by",
    "nearest_neighbour_ratio": "how far from training recordings, over how far new recordings are",
    "copied_share": "the share nearer to a training recording than nearly all new recordings",
    "predictive_score": "can the next values be learnt from them?",
    "class_accuracy": "the share that a recogniser takes for their own class",
    "class_share_distance": "does a recogniser see each class as often?",
    "tstr": "the share of recordings known by a recogniser that learnt from them",
    "caught": "how often a classifier tells them from recordings; 0.5 is chance",
}
SHARES = ("precision", "recall", "coverage")
ALT = {
    PICTURE: "Recordings above, generated signals below, and the sizes of the steps of both at the bottom",
    TABLE: "Each metric over its reference, within the range of recordings, with the forgers' as small marks",
    HISTORY: "Wasserstein estimate, slope of the critic, and both losses over the steps",
}
CAPTIONS = {
    PICTURE: "Above: recordings that were held out from training. Below: generated signals; the first six of each. At "
    "the bottom: the share of steps from a value to the next that are smaller. Where there are many classes or "
    "channels, the first ones.",
    TABLE: "Each metric over what recordings score among themselves (1). The bar is the 99 % range of other "
    "recordings; a filled point lies inside, a hollow one outside; small marks are forgers and "
    "the untrained generator.",
    HISTORY: "The training. Losses of a game do not fall to 0: they say whether it stayed in balance, not how good the "
    "signals are.",
}
COLOURS = {"use it": "#009E73", "use it with care": "#B37700", "not yet": "#B03A00"}
LEAST_SCALE = 0.68  # of a picture's own width
STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 80rem; margin: 2rem auto; padding: 0 1rem; color: #222;
  background: white; }
.verdict { border-left: 6px solid; padding: .6rem 1rem; background: #f6f6f6; }
.table, .picture { overflow-x: auto; } table { border-collapse: collapse; font-size: 14px; }
th, td { padding: .25rem .5rem; text-align: right; border-bottom: 1px solid #ddd; white-space: nowrap; }
th:first-child, td:first-child, td.setting { text-align: left; } th, td.setting { white-space: normal; }
.metrics td:first-child { white-space: normal; min-width: 8rem; } small { display: block; color: #555; }
@media (min-width: 70rem) { .metrics td:first-child { min-width: 14rem; } }
.metrics th:first-child, .metrics td:first-child { position: sticky; left: 0; background: white; }
tr.outside td.value { color: #B03A00; font-weight: bold; } td.forger { color: #666; }
p, dl { max-width: 64rem; }
img { max-width: 100%; } figure { margin: 1.5rem 0; } figcaption { color: #555; font-size: 14px; }
code { overflow-wrap: anywhere; }
"""


def page(
    report: pd.DataFrame,
    verdict: "Verdict",
    pictures: Mapping[str, bytes],
    known: Mapping,
    *,
    name: str,
    quick: bool,
) -> str:
    """The whole page as text. `pictures` are PNGs, by the names of run_folder; `known` is what command.json says."""
    title = f"Generated signals: {name}"
    sentence = verdict.sentence
    grade, rest = sentence[: len(verdict.grade)], sentence[len(verdict.grade) :]
    compared = f"{report.attrs['size']} generated signals beside as many held-out recordings"
    quickly = " Judged quickly: fewer signals, smaller forests, a milder judge." if quick else ""
    body = [
        f"<h1>{escape(title)}</h1>",
        f'<p class="verdict" style="border-color: {COLOURS[verdict.grade]}">'
        f"<strong>{escape(grade.capitalize())}</strong>{escape(rest)}</p>",
        f"<p>{compared}.{quickly} The rules of the verdict stand in <code>course_lib/metrics/verdict.py</code>.</p>",
        "<p>The verdict says how like recordings the signals are. That it foretells whether a recogniser that learns "
        "from them, too, gets better was tried on five sets and not shown (<code>docs/judging.md</code>). If that is "
        "what they are for, train it with and without them, and try both on recordings held out.</p>",
        *[_figure(key, pictures[key]) for key in (PICTURE,) if key in pictures],
        "<h2>Each metric, beside recordings and forgers</h2>",
        "<p>A value says something only beside what recordings score among themselves: <em>recordings</em> is the mean "
        "over redraws, <em>range</em> where 99 of 100 more would lie. Forgers are signals made without a network, from "
        "the same training recordings; interpolation and jittered copies copy. <em>Untrained</em> is the same network "
        "before its training, which may begin with a Gaussian of each class.</p>",
        _table(report),
        *[_figure(key, pictures[key]) for key in (TABLE, HISTORY) if key in pictures],
        "<h2>The run</h2>",
        _settings(known),
        "<h2>The files beside this one</h2>",
        "<dl>" + "".join(f"<dt><code>{k}</code></dt><dd>{escape(v)}</dd>" for k, v in EXPLAINED.items()) + "</dl>",
    ]
    phone = '<meta name="viewport" content="width=device-width, initial-scale=1">'
    head = f'<meta charset="utf-8">{phone}<title>{escape(title)}</title><style>{STYLE}</style>'
    return f'<!DOCTYPE html>\n<html lang="en"><head>{head}</head><body>\n' + "\n".join(body) + "\n</body></html>\n"


def _figure(key: str, png: bytes) -> str:
    data = base64.b64encode(png).decode()
    wide = int.from_bytes(png[16:20], "big")  # of a PNG: its width in pixels
    # on a phone a wide picture is not shrunk until its words are lost: it scrolls, as the table does
    look = f"min-width: {LEAST_SCALE * wide:.0f}px"
    image = f'<img src="data:image/png;base64,{data}" alt="{escape(ALT[key])}" style="{look}">'
    return f'<figure><div class="picture">{image}</div><figcaption>{escape(CAPTIONS[key])}</figcaption></figure>'


def _table(report: pd.DataFrame) -> str:
    forgers = list(report)[list(report).index("inside") + 1 :]
    head = "".join(f"<th>{escape(text)}</th>" for text in ("metric", "generated", "recordings", "range", *forgers))
    rows = []
    for metric, line in report.iterrows():
        cells = [
            f"<td>{escape(str(metric).replace('_', ' '))}<small>{escape(ASKS.get(str(metric), ''))}</small></td>",
            f'<td class="value">{number(line["value"])}</td>',
            f"<td>{number(line['reference'])}</td><td>{interval(line)}</td>",
            *[f'<td class="forger">{number(line[name])}</td>' for name in forgers],
        ]
        rows.append(f'<tr class="{"inside" if line["inside"] else "outside"}">{"".join(cells)}</tr>')
    return f'<div class="table"><table class="metrics"><tr>{head}</tr>{"".join(rows)}</table></div>'


def _settings(known: Mapping) -> str:
    rows = [
        (escape(name.replace("_", " ")), escape(_said(value)))
        for name, value in known.items()
        if value not in (None, {}, []) and name != "program"
    ]
    cells = "".join(f"<tr><td>{name}</td><td class='setting'><code>{value}</code></td></tr>" for name, value in rows)
    return f'<div class="table"><table>{cells}</table></div>' if rows else "<p>Its settings are not known.</p>"


def _said(value: object) -> str:
    """A setting as a person would write it."""
    if isinstance(value, Mapping):
        return ", ".join(f"{name.replace('_', ' ')}: {_said(one)}" for name, one in value.items())
    if isinstance(value, list):
        return ", ".join(map(_said, value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.6g}" if isinstance(value, float) else str(value)


# ------------------------------------------------------------------------------------------------ numbers as text


def number(value: float) -> str:
    """Three digits."""
    return f"{value:.3g}" if abs(value) < 1000 else f"{value:.0f}"


def interval(line: pd.Series) -> str:
    """The range of one line of a report: `0.9 to 1.1`, `to 0.6`, `from 0.88`. Shares lie within 0 and 1."""
    low, high = line["low"], line["high"]
    high = min(high, 1.0) if line.name in SHARES else high
    low = max(low, 0.0) if line.name in (*SHARES, "density") and np.isfinite(low) else low
    if not np.isfinite(low):
        return f"to {number(high)}"
    return f"{number(low)} to {number(high)}" if np.isfinite(high) else f"from {number(low)}"
