"""The tables of signals on demand for docs/: augmentation and what foretells it, restoration, telling the label."""

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from benchmarks import foretold
from course_lib.classroom import results
from course_lib.metrics.verdict import GRADES


def augmentation_table() -> pd.DataFrame:
    """Recognised, in percent, by set and recordings a class: mean over the subsets and deviation between them."""
    table = results.table("augmentation/accuracy")
    table = table.assign(
        case=[f"{row.set}, {row.count_} a class" for row in table.rename(columns={"count": "count_"}).itertuples()]
    )
    groups = (100 * table["accuracy"]).groupby([table["case"], table["method"]], sort=False)
    shown = groups.apply(lambda values: _spread(values, ".1f")).unstack("case")
    return (
        shown.loc[table["method"].unique(), table["case"].unique()]
        .rename_axis("recognised, %")
        .rename_axis(None, axis=1)
    )


def gains_table() -> pd.DataFrame:
    """What generated with classical copies gain over the best forger with them, in points, with the 95 % interval."""
    lines = {}

    def said_of(count: object) -> str:
        return "over all" if count == results.ALL else f"{count} a class"

    for row in results.gains(results.table("augmentation/accuracy")).to_dict("records"):
        said = f"{100 * row['difference']:+.1f} ({100 * row['low']:+.1f} to {100 * row['high']:+.1f})"
        lines.setdefault(row["set"], {})[said_of(row["count"])] = f"{said}, {row['forger']}"
    return pd.DataFrame(lines).T.rename_axis("gain, points, over the best forger")


def foretold_table() -> pd.DataFrame:
    """Of pairs of sources, in how many the one that a line of the report prefers gains more: by set, and over all."""
    return _foretold(results.table("foretelling/gains"), tuple(foretold.CHOICES), "all")


def foretold_again_table() -> pd.DataFrame:
    """The same with other seeds, of the sources that copy nothing."""
    return _foretold(results.table("foretelling/again"), foretold.ASKED_AGAIN, foretold.ASKED_AGAIN[0])


def _foretold(table: pd.DataFrame, choices: Sequence[str], permuted: str) -> pd.DataFrame:
    """A row a line of the report, number added and choice; last, grades permuted among the sources of one choice."""
    sets, lines = list(table["set"].unique()), {}

    def said(name: str, row: dict) -> None:
        interval = f"{row['share']:.2f} ({row['low']:.2f} to {row['high']:.2f})"
        lines[name] = {each: f"{row[each]:.2f}" for each in sets} | {"all runs": interval}

    for row in foretold.every_line(table, choices=choices).to_dict("records"):
        added = row["gain"].removeprefix("gain_")
        said(f"{row['line'].replace('_', ' ')}; {added} added; {row['sources']}", row)
    for added in (10, 30):
        chance = foretold.by_chance(foretold.chosen(table, permuted), f"gain_{added}")
        said(f"grades permuted; {added} added; {permuted}", chance.by_set | foretold.without_sets(chance))
    return pd.DataFrame(lines).T.rename_axis("preferred by; signals added a class; sources")


def foretold_gains_table() -> pd.DataFrame:
    """What the signals of each grade, and of each source, add to a recogniser; how often each source got each grade."""
    table, lines = results.table("foretelling/gains"), {}
    for by in ("grade", "source"):
        means = {n: foretold.mean_gains(table, by, f"gain_{n}").set_index(by) for n in (10, 30)}
        for name, row in means[10].iterrows():
            lines[f"{by}: {name}" if by == "grade" else name] = (
                {
                    f"{n} added: points": "{:+.1f} ({:+.1f} to {:+.1f})".format(
                        *(100 * of.loc[name, ["gain", "low", "high"]].astype(float))
                    )
                    for n, of in means.items()
                }
                | {"runs": int(row["runs"])}
                | {grade: int(row[grade]) for grade in GRADES}
            )
    return pd.DataFrame(lines).T.rename_axis("gain of a recogniser, mean over runs")


def restoration_table() -> pd.DataFrame:
    """Mean squared error of point fills, and of drawn ones energy score, coverage and how often they are caught."""
    table = results.table("restoration/fills")
    lines = {}
    for row in table.to_dict("records"):
        error = f"{row['squared_error']:.3g}"
        if not np.isnan(row["energy_score"]):
            error += f"; {row['energy_score']:.3g}, {100 * row['band_coverage']:.0f} %"
        line = f"{row['set']}, {100 * row['share']:.0f} % missing, label {row['label']}"
        caught = f"{row['caught_inside']:.2f}, {row['caught_seam']:.2f}"
        lines.setdefault(line, {"caught, if real": f"{row['null']:.2f}"})[row["method"]] = f"{error}; {caught}"
    shown = pd.DataFrame(lines).T[[*table["method"].unique(), "caught, if real"]]
    return shown.rename_axis("squared error; energy score, coverage; caught inside, at the seam")


def controls_table() -> pd.DataFrame:
    """How much worse than the search's the drawn fills of others are by the energy score, and how often caught."""
    lines, table = {}, pd.concat([results.table(f"restoration/{name}") for name in ("controls", "smoother")])
    for row in table.to_dict("records"):
        line = f"{row['set']}, {100 * row['share']:.0f} % missing, label {row['label']}"
        above = f"{row['above_search']:+.3f} ({row['low']:+.3f} to {row['high']:+.3f})"
        caught = f"{row['caught_inside']:.2f}, {row['caught_seam']:.2f}"
        lines.setdefault(line, {"of the search": f"{row['of_search']:.3f}"})[row["against"]] = f"{above}; {caught}"
        lines[line]["caught, if real"] = f"{row['null']:.2f}"
    shown = pd.DataFrame(lines).T
    shown = shown[["of the search", *table["against"].unique(), "caught, if real"]].fillna("-")
    return shown.rename_axis("energy score above the search's (95 %); caught inside, at the seam")


def conditional_table() -> pd.DataFrame:
    """Of each way of telling the label, means over seeds: caught; of the classes the mean, the worst, the rarest."""
    table, lines = results.table("conditional/ways"), {}
    measures = {"as_asked": "as asked", "varied": "variance ratio", "recognised": "recognised after learning from it"}
    for (name, method), rows in table.groupby(["set", "method"], sort=False):
        mean = rows.mean(numeric_only=True)
        lines[f"{name}: {method}"] = {"caught": _mean_and_ends(rows["caught"])} | {
            said: " / ".join(f"{mean[f'{column}{of}']:.2f}" for of in ("", "_worst", "_rare"))
            for column, said in measures.items()
        }
        lines[f"{name}: {method}"] |= {"seconds": f"{mean['cpu_seconds']:.0f}", "seeds": len(rows)}
    return pd.DataFrame(lines).T.rename_axis("set: way (of classes: mean / worst / rarest quarter)")


def search_table() -> pd.DataFrame:
    """The trials of the latent search: energy score and squared error on each set, each with its share of the least."""
    table, lines = results.table("restoration/tuning"), {}
    measures = {"energy_score": "energy score", "squared_error": "squared error"}
    shares = table[list(measures)] / table.groupby("set")[list(measures)].transform("min")
    for i, row in table.iterrows():
        line = lines.setdefault(
            f"tolerance {row['tolerance']:g}, rate {row['learning_rate']:g}, {row['steps']} steps", {}
        )
        for column, said in measures.items():
            line[f"{row['set']}: {said}"] = f"{row[column]:.4f} ({shares.loc[i, column]:.2f})"
    return pd.DataFrame(lines).T.rename_axis("setting")


def _spread(values: pd.Series, form: str) -> str:
    """Mean and standard deviation over the subsets."""
    return f"{values.mean():{form}} ± {values.std():{form}}"


def _mean_and_ends(values: pd.Series) -> str:
    return f"{values.mean():.2f} ({values.min():.2f}, {values.max():.2f})"


TABLES: dict[str, Callable[[], pd.DataFrame]] = {
    "augmentation": augmentation_table,
    "gains": gains_table,
    "foretold": foretold_table,
    "foretold_gains": foretold_gains_table,
    "foretold_again": foretold_again_table,
    "search": search_table,
    "conditional": conditional_table,
    "restoration": restoration_table,
    "restoration_controls": controls_table,
}
