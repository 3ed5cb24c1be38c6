"""The tables of docs/images.md: rivals, tricks, ways of sampling, objectives, the full-scale run on its way."""

from collections.abc import Callable, Sequence

import pandas as pd

from course_lib.classroom import results

MEASURES = {
    "ratio": ("Frechet / reference", ".1f"),
    "classes": ("digits drawn", ".1f"),
    "sure": ("judge sure", ".2f"),
    "checkerboard": ("alternation / real", ".2f"),
    "few_labels": ("accuracy, 3 labels each", ".2f"),
}


def tricks_table() -> pd.DataFrame:
    """A pair of nets, and it with one change at a time, sampled in eval mode."""
    tricks = results.table("images/tricks").query("sampling == 'eval mode'")
    return pd.DataFrame(_lines(tricks, ["pair", "trick"])).T.rename_axis("mean ± sd of the seeds")


def objectives_table() -> pd.DataFrame:
    """Objectives on the same nets."""
    return pd.DataFrame(_lines(results.table("images/objectives"), ["objective"])).T.rename_axis(
        "mean ± sd of the seeds"
    )


def samplings_table() -> pd.DataFrame:
    """The distance over its reference by way of sampling."""
    tricks = results.table("images/tricks")
    spread = tricks.groupby(["pair", "trick", "sampling"], sort=False)["ratio"].apply(lambda x: _spread(x, ".1f"))
    shown = spread.unstack("sampling")[tricks["sampling"].unique()]
    shown.index = [": ".join(names) for names in shown.index]
    shown = shown.loc[[f"{pair}: {trick}" for pair, trick in tricks[["pair", "trick"]].drop_duplicates().values]]
    return shown.rename_axis("Frechet / reference, sampled in").rename_axis(None, axis=1)


def rivals_table() -> pd.DataFrame:
    """What is scored without training, and features that no GAN was trained for."""
    lines = _lines(results.table("images/rivals"), ["rival"])
    for name, line in _lines(results.table("images/features"), ["features"]).items():
        lines[name] = lines.get(name, {}) | line
    return pd.DataFrame(lines).T.fillna("-").rename_axis("mean ± sd of the seeds")


def moments_table() -> pd.DataFrame:
    """The full-scale run on its way."""
    manifest = results.manifest("checkpoints/digits")
    table = pd.DataFrame(manifest["moments"]).set_index("step")
    shown = {label: table[name].map(f"{{:{form}}}".format) for name, (label, form) in MEASURES.items() if name in table}
    shown["Frechet / reference"] = table["ratio"].map("{:.2f}".format)
    return pd.DataFrame(shown).rename_axis("step")


def _lines(table: pd.DataFrame, by: Sequence[str]) -> dict[str, dict[str, str]]:
    measures = {name: each for name, each in MEASURES.items() if name in table}
    return {
        ": ".join(names): {label: _spread(rows[name], form) for name, (label, form) in measures.items()}
        for names, rows in table.groupby(list(by), sort=False)
    }


def _spread(values: pd.Series, form: str) -> str:
    """Mean and standard deviation over the seeds."""
    return f"{values.mean():{form}} ± {values.std():{form}}"


TABLES: dict[str, Callable[[], pd.DataFrame]] = {
    "image_rivals": rivals_table,
    "image_tricks": tricks_table,
    "image_samplings": samplings_table,
    "image_objectives": objectives_table,
    "image_moments": moments_table,
}
