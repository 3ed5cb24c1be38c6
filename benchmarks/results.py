"""The tables of the pages in docs/, from the committed results: python -m benchmarks.results [--check]

Between `<!-- table: NAME -->` and `<!-- end -->` stands what `TABLES[NAME]` makes of manifests and CSV files, so that
no number is copied by hand. A test runs it with --check.
"""

import re
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks import fair_page, forecasting_page, images_page, on_demand_page, recipes_page, speed_page
from benchmarks.goals import RUNS, goals
from course_lib.classroom import results

DOCS = Path(__file__).resolve().parents[1] / "docs"
NAMES = ("results", "ring_and_grid", "signals", "judging", "trials", "forecasting", "images", "speed", "exercises")
PAGES = tuple(DOCS / f"{page}.md" for page in NAMES)


MACHINES = {"AMD EPYC": "A", "Intel(R) Xeon(R) Processor": "B"}  # processor -> what the page's head calls the machine
BEHIND = {  # command of a goal -> the manifests behind it, and the parts that it reads; elsewhere all was made on A
    "make checkpoints": {f"checkpoints/{name}": (name,) for name in RUNS},
    "make tables NAME=judging": {"judging": tuple(name + of for name in RUNS for of in ("", " caught"))},
    "make tables": {"recipes": ("quick_seeds", "time_to_quality", "source_in_full")},
}


def goals_table() -> pd.DataFrame:
    """Every goal, with the machines that it was measured on."""
    table = pd.DataFrame(goals()).set_index("what").rename_axis("goal")
    return table.assign(machine=table["command"].map(machine_of))


def machine_of(command: str) -> str:
    """The letters of the machines on which the tables behind a goal's command were made, by their manifests."""
    parts = [results.manifest(name)["parts"][key] for name, keys in BEHIND.get(command, {}).items() for key in keys]
    made = {MACHINES[by["processor"]] for part in parts for by in part["made_with"]}
    return "-" if command == "-" else ", ".join(sorted(made)) or "A"


IN_THE_MANIFESTS = ("autocorrelation_distance", "precision", "density")  # and not on the page, which is to stay short


def generators_table() -> pd.DataFrame:
    """The metrics of the four full-scale generators, the reference in parentheses, a star where one is outside."""
    columns = {}
    for name in RUNS:
        manifest = results.manifest(f"checkpoints/{name}")
        quality = {key: row for key, row in manifest["quality"].items() if key not in ("size", *IN_THE_MANIFESTS)}
        columns[name] = {
            "steps; minutes (processor, wall); signals compared": f"{manifest['steps_done']:,}; "
            f"{manifest['cpu_seconds'] / 60:.0f}, {manifest['wall_seconds'] / 60:.0f}; {manifest['quality']['size']:,}",
        } | {
            metric.replace("_", " "): f"{row['value']:.3g} ({row['reference']:.3g}){'' if row['inside'] else ' *'}"
            for metric, row in quality.items()
        }
    return pd.DataFrame(columns).rename_axis("value (reference); *: outside its range")


def quick_table() -> pd.DataFrame:
    """Least, mean and most of ten seeds."""
    table = results.table("recipes/quick_seeds", index_col="seed")
    ratios = table[[name for name in table if name.endswith("ratio")] + ["caught", "untrained_caught", "cpu_seconds"]]
    ratios = ratios.assign(frechet_over_reference=table["frechet"] / table["frechet_reference"])
    line = {name: f"{least:.3g} / {mean:.3g} / {most:.3g}" for name, least, mean, most in _bounds(ratios)}
    return _spaced(pd.DataFrame({"least / mean / most": line}).T.rename_axis(f"{len(table)} seeds"))


def _bounds(table: pd.DataFrame) -> zip:
    return zip(table, table.min(), table.mean(), table.max(), strict=True)


def critics_table() -> pd.DataFrame:
    """What the critics of notebooks 05 and 06 reached at their last step."""
    rows = [*_w1_by_method(), _slopes_by_clip(), *_estimates(), *_w1_by_optimizer()]
    return pd.DataFrame(rows, columns=["what", "measured", "seeds"]).set_index("what")


def _w1_by_method() -> list[tuple]:
    """Exact W1 of samples and data."""
    table = results.table("critics/quality")
    last = table[table["generator_step"] == table.groupby("method")["generator_step"].transform("max")]
    return [
        (
            f"05, Swiss roll, {method}, {runs['generator_step'].max()} generator steps: W1 (least, most)",
            f"{_spread(runs['w1'], '.2f')} ({runs['w1'].min():.2f}, {runs['w1'].max():.2f})",
            runs["seed"].nunique(),
        )
        for method, runs in last.groupby("method", sort=False)
    ]


def _slopes_by_clip() -> tuple:
    """Slope of the log of the gradient's norm over the hidden layers, from the input towards the score."""
    table = results.table("critics/depth", dtype={"clip": str})
    last = table[(table["step"] == table["step"].max()) & (table["layer"] > 0)]
    slopes = last.groupby(["clip", "seed"], sort=False)[["layer", "gradient_norm"]].apply(
        lambda run: np.polyfit(run["layer"], np.log(run["gradient_norm"]), 1)[0]
    )
    groups = slopes.groupby("clip", sort=False)
    return (
        f"05, growth of the log gradient a layer, towards the score; clip {' / '.join(groups.groups)}",
        " / ".join(_spread(group, ".2f") for _, group in groups),
        last["seed"].nunique(),
    )


def _estimates() -> list[tuple]:
    """A penalised critic's estimate beside the exact W1."""
    table = results.table("penalty/estimate")
    last = table[table["step"] == table["step"].max()]
    return [
        (
            f"06, ring, penalty weight {weight:g}, {steps} critic steps: estimate / W1 / modes",
            " / ".join(
                _spread(runs[name], form) for name, form in (("estimate", ".2f"), ("w1", ".2f"), ("modes", ".1f"))
            ),
            runs["seed"].nunique(),
        )
        for (weight, steps), runs in last.groupby(["weight", "critic_steps"])
    ]


def _w1_by_optimizer() -> list[tuple]:
    table = results.table("penalty/optimizers")
    return [
        (
            f"06, ring, {limit}: W1 with {' / '.join(runs['optimizer'].unique())}",
            " / ".join(_spread(w1, ".2f") for _, w1 in runs.groupby("optimizer", sort=False)["w1"]),
            runs["seed"].nunique(),
        )
        for limit, runs in table.groupby("limit", sort=False)
    ]


def judges_table() -> pd.DataFrame:
    """Of each exercise: the changes of its solution that were tried, and what its judge made of them."""
    table = results.table("results/judges").sort_values(["notebook", "exercise"], kind="stable")
    return table.rename(columns={"accepted": "equivalent, accepted"}).set_index("exercise")


def first_trials_table() -> pd.DataFrame:
    """Trials made before the library's loop stood."""
    return _spaced(results.table("results/first_trials", index_col="trial"))


def time_table() -> pd.DataFrame:
    """Both recipes along their way."""
    return _spaced(results.table("recipes/time_to_quality", index_col="recipe"))


def source_in_full_table() -> pd.DataFrame:
    """The source's recipe along all of its steps."""
    return _spaced(results.table("recipes/source_in_full", index_col="step").drop(columns="recipe"))


def without_table() -> pd.DataFrame:
    """The last method of ring and grid without one thing at a time: trials 94 to 103, seeds 110 and 111."""
    tuning = results.table("toys/tuning", index_col="trial")
    names = ["nothing", "waves", "output noise", "R2", "zero momentum (0.5 instead)"]
    lines = {}
    for trial, name in enumerate(names, start=94):
        two = tuning.loc[[trial, trial + len(names)]]
        lines[name] = {
            "seeds": _both(two["seed"], ".0f"),
            "modes": _both(two["modes"], ".0f"),
            "high quality %": _both(100 * two["high_quality"], ".1f"),
            "reverse KL": _both(two["reverse_kl"], ".4f"),
            "spread": _both(two["spread"], ".2f"),
        }
    return pd.DataFrame(lines).T.rename_axis("without")


def counts_table() -> pd.DataFrame:
    """One-line changes of the library, and how many were caught."""
    return _spaced(results.table("results/falsification_counts", index_col="code", keep_default_na=False))


def null_table() -> pd.DataFrame:
    """`caught` between two sets of n real signals: by law the median, of both together the quantiles."""
    table = results.table("judging/null")
    lines = {}
    for n, rows in table.groupby("n"):
        by_law = rows.groupby("law", sort=False)["caught"].median()
        lines[n] = {
            "draws": len(rows),
            **{f"median, {law}": f"{median:.3f}" for law, median in by_law.items()},
            **{f"{100 * share:.0f} %": f"{rows['caught'].quantile(share):.3f}" for share in (0.5, 0.9)},
            "most": f"{rows['caught'].max():.3f}",
        }
    return pd.DataFrame(lines).T.rename_axis("signals a set")


def calibration_table() -> pd.DataFrame:
    """In how many seeds a perfect sampler, and each flaw, is outside of some range, and of which."""
    lines = {}
    for name, rows in _lines("judging/calibration").groupby("generator", sort=False):
        seeds, outside = rows["seed"].nunique(), rows[rows["outside"]]
        by_line = outside["metric"].value_counts().sort_index().sort_values(ascending=False, kind="stable")
        lines[name] = {
            "outside somewhere": f"{outside['seed'].nunique()} of {seeds} seeds",
            "lines outside": f"{len(outside)} of {len(rows)}",
            "which (seeds)": ", ".join(f"{_words(line)} {count}" for line, count in by_line.items()),
        }
    return pd.DataFrame(lines).T.rename_axis("made by")


def caught_table() -> pd.DataFrame:
    """How often each is caught on each set, the null's 99 % point in the last line."""
    table = _lines("judging/reports").query("metric == 'caught'")
    shown = table.pivot_table("value", "generator", "set", sort=False)
    shown = shown.reindex(columns=table["set"].unique()).map(lambda value: "-" if np.isnan(value) else f"{value:.2f}")
    bounds = table[table["generator"] == "Gaussian"].set_index("set")[["high", "size"]]
    shown.loc["at most, if real"] = bounds["high"].map("{:.2f}".format)
    shown.loc["signals a set"] = bounds["size"].map("{:.0f}".format)
    return shown.rename_axis("caught")


def refusals_table() -> pd.DataFrame:
    """How many lines refuse each, set by set, and those that do so on every set it was judged on."""
    table = _lines("judging/reports")
    shown = table.pivot_table("outside", "generator", "set", aggfunc="sum", sort=False).reindex(
        columns=table["set"].unique()
    )
    shown = shown.map(lambda count: "-" if np.isnan(count) else f"{count:.0f}")
    everywhere = table.groupby(["generator", "metric"], sort=False)["outside"].all()
    shown["refused everywhere by"] = [
        ", ".join(_words(line) for line, all_of_them in everywhere[name].items() if all_of_them) or "-"
        for name in shown.index
    ]
    return shown.rename_axis(f"lines outside, of {table['metric'].nunique()}")


def verdicts_table() -> pd.DataFrame:
    """Whether a committed generator is caught less than a forger: difference, its 95 % interval, verdict."""
    table = results.table("judging/caught").dropna(subset=["verdict"]).drop_duplicates(["set", "generator"])
    said = [
        f"{row.difference:+.3f} ({row.low:+.3f} to {row.high:+.3f}): {row.verdict}"
        for row in table.itertuples(index=False)
    ]
    shown = table.assign(said=said).pivot(index="set", columns="generator", values="said")
    return shown.loc[table["set"].unique(), table["generator"].unique()].rename_axis("committed generator, against")


def unseen_table() -> pd.DataFrame:
    """How often judges that no tuning may see are right, and in brackets the most between two real sets."""
    table = results.table("judging/unseen")
    said = [f"{row.accuracy:.2f} ({row.real_most:.2f})" for row in table.itertuples(index=False)]
    shown = table.assign(said=said).pivot(index=["set", "size", "generator"], columns="judge", values="said")
    rows = table[["set", "size", "generator"]].drop_duplicates().itertuples(index=False, name=None)
    shown = shown.loc[list(rows), table["judge"].unique()]
    return shown.reset_index(["size", "generator"]).rename_axis(None, axis=1).rename_axis("set")


def cost_table() -> pd.DataFrame:
    """What a report of 500 signals costs."""
    table = results.table("judging/cost")
    names = [
        ("quick" if row.quick else "whole") + (", six forgers beside it" if row.forgers else "")
        for row in table.itertuples()
    ]
    shown = table[["signals", "cpu_seconds", "seconds", "peak_mb", "before_mb"]].round(0).astype(int)
    return _spaced(shown.assign(report=names).set_index("report"))


def _lines(name: str) -> pd.DataFrame:
    """A table of reports without the eight judges behind `caught`, and whether each value is outside its range."""
    table = results.table(name)
    table = table[~table["metric"].str.startswith("caught: ")]
    return table.assign(outside=table["inside"].astype(str) == "False")


def _words(line: str) -> str:
    return line.replace("_", " ")


def _both(values: pd.Series, form: str) -> str:
    return ", ".join(f"{value:{form}}" for value in values)


def _spread(values: pd.Series, form: str) -> str:
    """Mean and standard deviation; "-" where no run gives a number."""
    values = values.dropna()
    if values.empty:
        return "-"
    between = f" ± {values.std():{form}}" if len(values) > 1 else ""
    return f"{values.mean():{form}}{between}"


def _spaced(table: pd.DataFrame) -> pd.DataFrame:
    return table.rename(columns=lambda name: name.replace("_", " "))


TABLES: dict[str, Callable[[], pd.DataFrame]] = (
    {
        "goals": goals_table,
        "generators": generators_table,
        "quick": quick_table,
        "critics": critics_table,
        "first_trials": first_trials_table,
        "judges": judges_table,
        "time": time_table,
        "source_in_full": source_in_full_table,
        "without": without_table,
        "counts": counts_table,
        "null": null_table,
        "calibration": calibration_table,
        "caught": caught_table,
        "refusals": refusals_table,
        "verdicts": verdicts_table,
        "unseen": unseen_table,
        "cost": cost_table,
    }
    | recipes_page.TABLES
    | fair_page.TABLES
    | on_demand_page.TABLES
    | forecasting_page.TABLES
    | images_page.TABLES
    | speed_page.TABLES
)


def markdown(table: pd.DataFrame) -> str:
    """A table in GitHub's Markdown (pandas needs another package for it)."""
    lines = [[str(table.index.name or ""), *map(str, table.columns)], ["---"] * (table.shape[1] + 1)]
    lines += [[_cell(index), *map(_cell, row)] for index, row in zip(table.index, table.values.tolist(), strict=True)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _cell(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def filled(text: str) -> str:
    """`text` with every marked table written anew."""

    def fill(match: re.Match) -> str:
        return f"<!-- table: {match[1]} -->\n{markdown(TABLES[match[1]]())}\n<!-- end -->"

    return re.sub(r"<!-- table: (\w+) -->\n(?:(?!<!-- end -->).)*<!-- end -->", fill, text, flags=re.DOTALL)


def main() -> int:
    before = {page: page.read_text(encoding="utf-8") for page in PAGES}
    after = {page: filled(text) for page, text in before.items()}
    if "--check" in sys.argv:
        return int(before != after)
    for page, text in after.items():
        page.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
