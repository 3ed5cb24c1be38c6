"""The tables of docs/evidence.md, written from the committed results: python -m tools.evidence [--check]

Between `<!-- table: NAME -->` and `<!-- end -->` stands what `tables()[NAME]` makes of manifests and CSV files, so that
no number is copied by hand. A test runs it with --check.
"""

import json
import re
import sys
from pathlib import Path

import pandas as pd

ROOT = Path(__file__).resolve().parent.parent
EVIDENCE = ROOT / "docs" / "evidence.md"
RUNS = ("signs8", "signs80", "auslan_right_x", "auslan_right_xyz")


def manifests() -> dict[str, dict]:
    paths = {name: ROOT / "data" / "checkpoints" / name / "manifest.json" for name in RUNS}
    return {name: json.loads(path.read_text()) for name, path in paths.items() if path.exists()}


def checkpoints_table() -> pd.DataFrame:
    rows = {}
    for name, manifest in manifests().items():
        quality = {key: row for key, row in manifest["quality"].items() if isinstance(row, dict)}
        rows[name] = {
            "steps": f"{manifest['steps_done']:,}",
            "minutes (processor / wall)": f"{manifest['cpu_seconds'] / 60:.0f} / {manifest['wall_seconds'] / 60:.0f}",
            "compared": f"{manifest['quality']['size']:,}",
        } | {
            metric.replace("_", " "): f"{row['value']:.3g} ({row['reference']:.3g})" for metric, row in quality.items()
        }
    return pd.DataFrame(rows).rename_axis("value (reference)")


def quick_table() -> pd.DataFrame:
    table = pd.read_csv(ROOT / "data" / "recipes" / "quick_seeds.csv").set_index("seed")
    ratios = table[[name for name in table if name.endswith("ratio")] + ["cpu_seconds"]]
    ratios = ratios.assign(frechet_over_reference=table["frechet"] / table["frechet_reference"])
    summary = pd.DataFrame({"least": ratios.min(), "mean": ratios.mean(), "most": ratios.max()}).T
    return (
        pd.concat([ratios, summary])
        .rename_axis("seed")
        .map("{:.3g}".format)
        .rename(columns=lambda n: n.replace("_", " "))
    )


def recipes_table() -> pd.DataFrame:
    table = pd.read_csv(ROOT / "data" / "recipes" / "recipes.csv", keep_default_na=False)
    table.insert(0, "what", [f"{r}: {c}" if c else r for r, c in zip(table.recipe, table.change, strict=True)])
    numbers = [name for name in table if name.endswith("_ratio")]
    return table.set_index("what")[["seed", "steps", "cpu_seconds", *numbers]].rename(
        columns=lambda n: n.replace("_", " ")
    )


def time_table() -> pd.DataFrame:
    table = pd.read_csv(ROOT / "data" / "recipes" / "time_to_quality.csv").set_index("recipe")
    return table.rename(columns=lambda name: name.replace("_", " "))


def toys_table() -> pd.DataFrame:
    """Mean over the seeds, and standard deviation between them, of each method on ring and grid."""
    table = pd.read_csv(ROOT / "data" / "toy_modes.csv")
    lines = {}
    for method, runs in table.groupby("method", sort=False):
        line = lines.setdefault(method, {})
        for place in ("ring", "grid"):
            rows = runs[runs["distribution"] == place]
            line[f"{place}: modes"] = _spread(rows["modes"], ".1f")
            line["high quality %" if place == "ring" else "high quality % "] = _spread(
                100 * rows["high_quality"], ".1f"
            )
            line["reverse KL" if place == "ring" else "reverse KL "] = _spread(rows["reverse_kl"], ".3f")
            line["spread" if place == "ring" else "spread "] = _spread(rows["spread"], ".2f")
        line["seeds"] = runs["seed"].nunique()
        line["seconds"] = _spread(runs["seconds"], ".0f")
    return pd.DataFrame(lines).T.rename_axis("method")


def _spread(values: pd.Series, form: str) -> str:
    """Mean and standard deviation; "-" where no run gives a number."""
    values = values.dropna()
    if values.empty:
        return "-"
    between = f" ± {values.std():{form}}" if len(values) > 1 else ""
    return f"{values.mean():{form}}{between}"


def published_table() -> pd.DataFrame:
    table = pd.read_csv(ROOT / "data" / "toys" / "published.csv").set_index("method")
    return table.rename(columns=lambda name: name.replace("_", " "))


TABLES = {
    "checkpoints": checkpoints_table,
    "quick": quick_table,
    "recipes": recipes_table,
    "time": time_table,
    "toys": toys_table,
    "published": published_table,
}


def markdown(table: pd.DataFrame) -> str:
    """A table in GitHub's Markdown (pandas needs another package for it)."""
    head = [str(table.index.name or ""), *map(str, table.columns)]
    cell = lambda value: f"{value:.4g}" if isinstance(value, float) else str(value)  # noqa: E731
    rows = [[str(index), *map(cell, row)] for index, row in zip(table.index, table.values.tolist(), strict=True)]
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def filled(text: str) -> str:
    """`text` with every marked table written anew."""

    def fill(match: re.Match) -> str:
        return f"<!-- table: {match[1]} -->\n{markdown(TABLES[match[1]]())}\n<!-- end -->"

    return re.sub(r"<!-- table: (\w+) -->\n(?:(?!<!-- end -->).)*<!-- end -->", fill, text, flags=re.DOTALL)


def main() -> int:
    before = EVIDENCE.read_text(encoding="utf-8")
    after = filled(before)
    if "--check" in sys.argv:
        return int(before != after)
    EVIDENCE.write_text(after, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
