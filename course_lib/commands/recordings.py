"""The recordings of a run, in their own units: which were learnt, which were held out, which row of the file each was.

The idea: the split is made once, and kept with the run, so that it can be judged where the file is not at hand.
"""

import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Int
from numpy import ndarray

from course_lib.commands.arguments import classes_named
from course_lib.data import SignalDataset
from course_lib.files import write_whole

FEWEST = 3  # recordings of a class of which one is held out: of two, none could be compared


@dataclass(frozen=True, eq=False)
class Recordings:
    """Recordings in two parts, of the same classes.

    Attributes:
        learnt: what the run is trained on.
        held_out: what it is judged on, or None.
        learnt_rows, held_out_rows: the place of each in the file, counted from 0.
    """

    learnt: SignalDataset
    held_out: SignalDataset | None
    learnt_rows: Int[ndarray, "n"]
    held_out_rows: Int[ndarray, "m"]

    def __len__(self) -> int:
        return len(self.learnt_rows) + len(self.held_out_rows)

    def same_as(self, other: "Recordings") -> bool:
        """Whether both hold the same values, labels and classes, split alike."""
        return all(
            (one is None) == (two is None)
            and (one is None or (one.class_names == two.class_names and _equal(one, two)))
            for one, two in ((self.learnt, other.learnt), (self.held_out, other.held_out))
        )

    def save(self, path: Path) -> None:
        """One .npz: `held_out` (yes or no), `rows`, and what `load_signals` reads: `values`, `labels`, names.

        Raises:
            OSError: if the file system refuses.
        """
        parts = [self.learnt] + ([] if self.held_out is None else [self.held_out])
        rows = np.concatenate([self.learnt_rows, self.held_out_rows])
        order = np.argsort(rows)
        arrays = {
            "values": torch.cat([part.values for part in parts]).numpy()[order],
            "held_out": (np.arange(len(rows)) >= len(self.learnt_rows))[order],
            "rows": rows[order],
        }
        if self.learnt.labelled:
            arrays["labels"] = torch.cat([part.labels for part in parts]).numpy()[order]
            arrays["class_names"] = np.array(self.learnt.class_names)
        if self.learnt.groups is not None:
            arrays["groups"] = torch.cat([part.groups for part in parts]).numpy()[order]
        if self.learnt.channel_names is not None:
            arrays["channel_names"] = np.array(self.learnt.channel_names)

        def write(partial: Path) -> None:
            with open(partial, "wb") as file:
                np.savez(file, **arrays)

        write_whole(path, write)

    @classmethod
    def load(cls, path: Path) -> "Recordings":
        """What `save` wrote.

        Raises:
            FileNotFoundError: if there is no such file.
            ValueError: if it is not whole, or another program's.
        """
        if not path.is_file():
            raise FileNotFoundError(
                f"There are no recordings at {path}. Is that the folder of a run, made by `python -m course_lib train` "
                "or `fit`? Give the recordings to judge by: --real SIGNALS."
            )
        try:
            with open(path, "rb") as file, np.load(file, allow_pickle=False) as stored:
                arrays = dict(stored)
            held_out, rows = arrays["held_out"], arrays["rows"]
            names = arrays.get("class_names")
            whole = SignalDataset(
                arrays["values"],
                arrays.get("labels"),
                None if names is None else [str(name) for name in names],
                channels_first=True,
                groups=arrays.get("groups"),
                channel_names=arrays.get("channel_names"),
            )
            parts = whole[~held_out], (whole[held_out] if held_out.any() else None)
        except (KeyError, ValueError, EOFError, OSError, zipfile.BadZipFile) as error:
            reason = " ".join(str(error).split())[:200]
            raise ValueError(
                f"{path}: expected the recordings of a run, as `python -m course_lib train` keeps them, and this file "
                f"is none ({reason}). It was cut short or is another program's: copy it again, or train anew."
            ) from error
        return cls(*parts, rows[~held_out], rows[held_out])


def _equal(one: SignalDataset, two: SignalDataset) -> bool:
    return torch.equal(one.values, two.values) and torch.equal(one.labels, two.labels)


def split(dataset: SignalDataset, *, classes: Sequence[str] | None, hold_out: float) -> Recordings:
    """The classes that are asked for, in two parts (seed 0). `.learnt.notes` says which small classes were left out.

    Raises:
        ValueError: if no class is called so, none has three recordings, or groups cannot be shared out.
    """
    numbered = _numbered(dataset)
    if classes:
        numbered = numbered.select(classes_named(classes, dataset.class_names))
    kept = [numbered, None]
    if hold_out:
        kept = numbered.drop_small_classes(FEWEST).split(1 - hold_out, seed=0)
    rows = [np.zeros(0, dtype=np.int64) if part is None else _rows(part) for part in kept]
    told = {"channels_first": True, "channel_names": dataset.channel_names}
    learnt, held_out = (
        None if part is None else replace(part, values=dataset.values[own], **told)
        for part, own in zip(kept, rows, strict=True)
    )
    return Recordings(learnt, held_out, *rows)


def _numbered(dataset: SignalDataset) -> SignalDataset:
    """The same classes and groups, each signal's values replaced by its place, so that it is known after any choice."""
    places = torch.arange(len(dataset), dtype=torch.float32)  # exact up to 16 million
    return replace(dataset, values=places[:, None, None].repeat(1, 1, 2), notes=(), channel_names=None)


def _rows(numbered: SignalDataset) -> Int[ndarray, "n"]:
    return numbered.values[:, 0, 0].long().numpy()
