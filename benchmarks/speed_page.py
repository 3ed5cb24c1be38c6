"""The tables of the engine for docs/: a step's seconds, how it grows, and what bfloat16 does."""

from collections.abc import Callable

import pandas as pd

from course_lib.classroom import results

LARGE_MB = 50  # of a smaller array the nets are most of the memory


def speed_table() -> pd.DataFrame:
    """Ways of writing the step: seconds, beside the textbook's and beside a matrix product's rate."""
    lines = {}
    for row in results.table("speed/steps").to_dict("records"):
        lines[f"{row['way']}, {'one thread' if row['threads'] == 1 else 'two threads'}"] = {
            "seconds a step (fastest, slowest)": f"{row['seconds']:.3f} ({row['fastest']:.3f}, {row['slowest']:.3f})",
            "over the textbook's": f"{row['over_textbook']:.2f}",
            "of the matrix product's rate": f"{row['share_of_product']:.0%}",
        }
    return pd.DataFrame(lines).T.rename_axis("way")


def growth_table() -> pd.DataFrame:
    """What a size costs: a step, the wait before the first, memory."""
    lines = {}
    for row in results.table("speed/growth").to_dict("records"):
        lines[f"{row['what']}: {row['size']:,}"] = {
            "seconds a step": f"{row['seconds']:.3f}",
            "seconds until the first begins": f"{row['ready_seconds']:.1f}",
            "peak memory, MB": f"{row['peak_mb']:,.0f}",
            "of it before the recordings, MB": f"{row['idle_mb']:,.0f}",
            "the rest, in arrays of the recordings": f"{row['over_array']:.2f}" if row["array_mb"] > LARGE_MB else "-",
        }
    return pd.DataFrame(lines).T.rename_axis("size")


def precision_table() -> pd.DataFrame:
    """The same steps in both precisions: means over the seeds, least and most; and what bfloat16 changes, by seed."""
    lines = {}
    measures = ["caught", "frechet_ratio", "roughness_ratio", "edge_roughness_ratio", "cpu_seconds"]
    for name, rows in results.table("recipes/precision").groupby("set", sort=False):
        by_seed = rows.pivot(index="seed", columns="precision", values=measures)
        for precision in rows["precision"].unique():
            shown = {measure: by_seed[measure, precision] for measure in measures}
            lines[f"{name}, {precision}"] = {
                measure.replace("_", " "): f"{seeds.mean():.3g} ({seeds.min():.3g} to {seeds.max():.3g})"
                for measure, seeds in shown.items()
            }
        lines[f"{name}, bfloat16 less float32, by seed"] = {
            measure.replace("_", " "): ", ".join(
                f"{change:+.3g}" for change in by_seed[measure, "bfloat16"] - by_seed[measure, "float32"]
            )
            for measure in measures
        }
    return pd.DataFrame(lines).T.rename_axis("mean (least to most)")


TABLES: dict[str, Callable[[], pd.DataFrame]] = {
    "speed": speed_table,
    "growth": growth_table,
    "precision": precision_table,
}
