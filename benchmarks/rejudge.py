"""New reports of the committed generators, in their manifests: python -m benchmarks.rejudge [NAME ...]

Nothing is trained. For when the judge has changed and the generators have not. The Auslan ones need COURSE_DATA.
"""

import sys
from pathlib import Path

import torch

from benchmarks import manifests, tables
from benchmarks.checkpoints import PARTS, RUNS, judge
from benchmarks.tables import Part
from course_lib import checkpoints


def judge_again(part: Part, folder: Path = tables.DATA) -> None:
    """Put a new report into the manifest of a generator that stands, and leave everything else as it is."""
    run, path = part.settings, folder / part.file
    learnt, held_out = run.split.of(run.data.load())
    generator, scaler = checkpoints.load_model(path), checkpoints.load_scaler(path)
    quality = judge(run, generator, scaler, learnt, held_out)
    tables.tell(part, folder, quality=quality, judged_with=manifests.surroundings())


def main() -> None:
    names = sys.argv[1:] or list(RUNS)
    if unknown := set(names) - set(RUNS):
        sys.exit(f"no generator {', '.join(sorted(unknown))}; there are: {', '.join(RUNS)}")
    torch.set_num_threads(1)
    for part in PARTS:
        if part.key in names:
            judge_again(part)
            print(f"{part.name}: judged again", flush=True)


if __name__ == "__main__":
    main()
