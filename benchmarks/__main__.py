"""List every committed table and generator, or make those that are named: python -m benchmarks [NAME ...]

A name is a bench ("fair") or a part of one ("critics/depth"). What is missing, stale or made with other settings is
made; with --anew also what holds.
"""

import argparse
import importlib
from collections.abc import Sequence
from pathlib import Path

import torch

from benchmarks import BENCHES
from benchmarks.tables import DATA, Part, read_manifest, record_of, status


def every_part() -> list[Part]:
    return [part for bench in BENCHES for part in importlib.import_module(f"benchmarks.{bench}").PARTS]


def listing(parts: Sequence[Part], folder: Path = DATA) -> str:
    """A line for each file, and below it one for each part that does not hold."""
    lines = []
    for file in dict.fromkeys(part.file for part in parts):
        own = [part for part in parts if part.file == file]
        states = {part.key: status(part, folder) for part in own}
        wrong = {key: state for key, state in states.items() if state != "holds"}
        command = own[0].command if len(own) == 1 else f"python -m benchmarks.{own[0].bench}"
        holds = "DOES NOT HOLD" if wrong else "holds"
        lines.append(f"{file:52} {holds:13} {_duration(own, folder):14} {command}")
        lines += [f"    {key}: {state}" for key, state in wrong.items()]
    return "\n".join(lines)


def _duration(parts: Sequence[Part], folder: Path) -> str:
    """The processor's time that the parts took together; a generator's stands beside what else was measured of it."""
    spent = []
    for part in parts:
        manifest = read_manifest(part, folder)
        spent.append((record_of(part, folder) or {}).get("cpu_seconds", manifest.get("cpu_seconds")))
    return "time unknown" if None in spent else f"about {max(1, round(sum(spent) / 60))} min"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help="a bench or a part of one; without any, a list")
    parser.add_argument("--anew", action="store_true", help="make what holds again too")
    given, parts = parser.parse_args(), every_part()
    known = {*BENCHES, *(part.name for part in parts)}
    if unknown := set(given.names) - known:
        parser.error(f"no table {', '.join(sorted(unknown))}; there are: {', '.join(sorted(known))}")
    if not given.names:
        print(listing(parts))
    torch.set_num_threads(1)
    for part in parts:
        if {part.name, part.bench} & set(given.names):
            importlib.import_module(f"benchmarks.{part.bench}").make(part, anew=given.anew)
            print(f"{part.name}: {status(part)}", flush=True)


if __name__ == "__main__":
    main()
