r"""A run on disk: the last two checkpoints to go on from, a generator to draw from, and a page that says what they are.

The idea: at any moment at least one whole checkpoint is there. A new one is written beside the two, then the newer of
them becomes the older, then the new one the newer. One that was damaged later is found out when it is read, and the one
before it is taken, which is said.
"""

import contextlib
import datetime
import json
import time
import warnings
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import torch
from torch import Tensor, nn

from course_lib import checkpoints
from course_lib.files import hold, user_path, write_whole
from course_lib.training.preconditions import TrainingWarning

NEWEST, BEFORE = "state.safetensors", "state.before.safetensors"
GENERATOR, MANIFEST = "generator.safetensors", "run.json"
STALE = 60.0  # seconds after which nobody writes to a partial file any more


@contextlib.contextmanager
def run_folder(folder: str | Path | None, *, resume: bool) -> Iterator["RunFolder | None"]:
    """The folder of a run, held against a second run until the `with` block ends; None for no folder.

    Raises:
        ValueError: if another run holds it, if it holds a run and `resume` is False, or only a part of one.
        OSError: if it cannot be made or written to.
    """
    if folder is None:
        yield None
        return
    with hold(user_path(folder)):
        yield RunFolder(user_path(folder), resume=resume)


class RunFolder:
    """The files of a run: two states to go on from, the generator to draw from, and the manifest to read.

    Raises:
        ValueError: if the folder holds a run and `resume` is False, or a run without its state.
    """

    def __init__(self, folder: Path, *, resume: bool) -> None:
        self.folder = folder
        self.newest, self.before = folder / NEWEST, folder / BEFORE
        self._keep = self.before  # where the newest goes when there is a newer one
        rest = [name for name in (GENERATOR, MANIFEST) if (folder / name).exists()]
        if self.holds_a_run() and not resume:
            raise ValueError(
                f"train: {folder} holds a run already. Go on with it (resume=True, or --resume), or name another "
                "folder."
            )
        if rest and not self.holds_a_run():
            raise ValueError(
                f"train: {folder} holds {' and '.join(rest)} of a run, and its {NEWEST} is missing, so "
                "nothing can go on from it and nothing was overwritten. Put the file back, or name another folder."
            )
        for partial in folder.glob(".partial-*"):  # of a process that was killed while it wrote
            if time.time() - partial.stat().st_mtime > STALE:
                partial.unlink(missing_ok=True)

    def holds_a_run(self) -> bool:
        """Whether there is a state to go on from."""
        return self.newest.exists() or self.before.exists()

    def save(self, description: dict, tensors: dict[str, Tensor], averaged: nn.Module) -> None:
        """Write the state, then the averaged generator, then what they are; each is whole at any moment."""
        checkpoints.write_tensors(tensors, description, self.newest, keep=self._keep)
        self._keep = self.before
        if checkpoints.is_known(averaged):
            checkpoints.save_model(
                averaged,
                self.folder / GENERATOR,
                scaler=checkpoints.scaler_from_json(description["scaler"]),
                class_names=tuple(description["class_names"]),
                invariants=checkpoints.invariants_from_json(description["invariants"]),
            )
        told = {"saved": self._saved(description, len(tensors["history"]))} | description
        write_whole(self.folder / MANIFEST, json.dumps(told, indent=1).encode())

    def load(self, description: dict) -> tuple[dict[str, Tensor], dict]:
        """The newest whole state's tensors, and the description that was saved with them.

        Raises:
            ValueError: if no state is whole, or it was written with other settings, models or data.

        Warns:
            TrainingWarning: if the newest is not whole, and the one before it was taken.
        """
        try:
            tensors, then = checkpoints.read_tensors(self.newest)
        except (ValueError, FileNotFoundError) as broken:
            if not self.before.exists():
                raise
            tensors, then = checkpoints.read_tensors(self.before)
            self._keep = None  # what is damaged does not replace what is whole
            was = "damaged" if self.newest.exists() else "missing: the run was killed while it was replaced"
            warnings.warn(
                f"train: {self.newest} is {was}, so this run goes on from the checkpoint before it, of step "
                f"{len(tensors['history']):,} ({self.before.name}); the steps since are done again. ({broken})",
                TrainingWarning,
                stacklevel=3,
            )
        changed = _what_changed(then, json.loads(json.dumps(description)))
        if changed:
            raise ValueError(
                f"train: cannot resume the run in {self.folder}, because it was made with other settings "
                f"({'; '.join(changed)}). Only steps and checkpoint_every may change. Put the old ones back, or name "
                "another folder."
            )
        return tensors, then

    def _saved(self, description: dict, step: int) -> dict:
        """What a person asks first: how far it is, since when, with what, and what the files are."""
        files = {NEWEST: f"to go on from, step {step:,}"}
        if self.before.exists():
            files[BEFORE] = "the checkpoint before it, should that one be damaged"
        if (self.folder / GENERATOR).exists():
            files[GENERATOR] = f"to draw from: the averaged weights of step {step:,}"
        return {
            "step": step,
            "of": description["config"]["steps"],
            "at": f"{datetime.datetime.now().astimezone():%Y-%m-%d %H:%M:%S %z}",
            "with": {"torch": version("torch"), "numpy": version("numpy"), "threads": torch.get_num_threads()},
            "files": files,
        }


def _what_changed(before: dict, now: dict) -> list[str]:
    """Every part of a run's description that differs, in words; the steps, checkpoint_every and the device may."""
    free = {"checkpoint_every", "steps"}
    then = before.get("config", {})
    changed = [
        f"{key}: {then.get(key)!r} then, {value!r} now"
        for key, value in now["config"].items()
        if key not in free and then.get(key) != value
    ]
    if before.get("bf16", False) != now["bf16"]:
        changed.append(f"bf16: {before.get('bf16', False)} then, {now['bf16']} now")
    parts = {
        "generator": "another generator",
        "critic": "another critic",
        "data": "another training data",
        "class_names": "other class names",
    }
    changed += [sentence for part, sentence in parts.items() if before.get(part) != now[part]]
    if before.get("scaler") != now["scaler"]:
        missing = "the dataset has none now" if now["scaler"] is None else f"it is {now['scaler']} now"
        changed.append(f"another scaler: {before.get('scaler')} then, and {missing}")
    return changed
