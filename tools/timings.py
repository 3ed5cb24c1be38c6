"""How long a notebook takes and how much memory: python -m tools.timings [NOTEBOOK ...] [--out TABLE.csv]

One idea: each notebook runs, at quick scale on one thread, below a process of its own, whose children's processor time
and largest memory are read from the system. Processor seconds, so that a busy machine changes them little.
"""

import argparse
import csv
import json
import resource
import subprocess
import sys
from pathlib import Path

import nbformat

from tools.address import ROOT
from tools.notebooks import NOTEBOOKS, execute

TABLE = ROOT / "data" / "results" / "notebook_times.csv"
UNIT = 1 if sys.platform == "darwin" else 1024  # bytes in a unit of ru_maxrss


def run_and_measure(path: Path) -> dict[str, float]:
    """Run a notebook; processor seconds and peak memory (MB) of the kernel. Of this process the first call only."""
    execute(nbformat.read(path, as_version=4), path.resolve().parent)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return {"seconds": used.ru_utime + used.ru_stime, "peak_mb": used.ru_maxrss * UNIT / 1e6}


def measure(path: Path) -> dict[str, float]:
    """Processor seconds and peak memory (MB) of the notebook at `path`, in a process of its own.

    Raises:
        subprocess.CalledProcessError: if a cell fails.
    """
    command = [sys.executable, "-m", "tools.timings", "--one", str(path)]
    done = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout.splitlines()[-1])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("notebooks", nargs="*", type=Path, default=sorted(NOTEBOOKS.glob("*.ipynb")))
    parser.add_argument("--out", type=Path, default=TABLE)
    parser.add_argument("--one", type=Path, help="measure this notebook here, and print it as JSON")
    given = parser.parse_args()
    if given.one:
        print(json.dumps(run_and_measure(given.one)))
        sys.exit()
    rows = {}
    if given.out.exists():  # a notebook that is not measured now keeps its row
        with given.out.open(newline="", encoding="utf-8") as file:
            rows = {name: (seconds, peak) for name, seconds, peak in list(csv.reader(file))[1:]}
    for notebook in given.notebooks:
        found = measure(notebook)
        rows[notebook.stem] = round(found["seconds"]), round(found["peak_mb"])
        print(notebook.stem, *rows[notebook.stem], flush=True)
    with given.out.open("w", newline="", encoding="utf-8") as file:
        lines = [("notebook", "seconds", "peak_mb"), *((name, *rows[name]) for name in sorted(rows))]
        csv.writer(file, lineterminator="\n").writerows(lines)
