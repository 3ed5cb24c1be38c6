"""Signals that the benches of signals learn, and how they are split into learnt and held out.

A manifest copies these settings, field by field, so a new way to load or to split is a class of its own: a field more
would change the settings of every table that is committed.
"""

import os
import sys
from dataclasses import dataclass
from pathlib import Path

from course_lib.data import SignalDataset, load_auslan, load_signals, overlapping_windows, simulate_signs


def real_file(*parts: str, what: str) -> Path:
    """A file in the folder that COURSE_DATA names; ends the program where it is not."""
    path = Path(os.environ.get("COURSE_DATA", ""), *parts)
    if "COURSE_DATA" not in os.environ or not path.is_file():
        sys.exit(
            f"This bench needs {what} (data/README.md says where they are from): set COURSE_DATA to the folder that "
            f"holds {'/'.join(parts)}, as in COURSE_DATA=FOLDER make tables. "
            f"COURSE_DATA is {os.environ.get('COURSE_DATA', 'not set')}."
        )
    return path


def auslan_archive() -> Path:
    """The real recordings of signs, all in one archive; ends the program where they are not."""
    return real_file("auslan_hq", "tctodd.tar.gz", what="the Auslan recordings")


@dataclass(frozen=True)
class Simulated:
    """Simulated signs, as `simulate_signs` draws them."""

    n_classes: int
    per_class: int = 300
    length: int = 160
    seed: int = 0

    def load(self) -> SignalDataset:
        return simulate_signs(self.n_classes, self.per_class, self.length, seed=self.seed)


@dataclass(frozen=True)
class Auslan:
    """The real recordings, some of their channels."""

    channels: tuple[str, ...]
    length: int = 160

    def load(self) -> SignalDataset:
        return load_auslan(auslan_archive(), channels=self.channels, length=self.length)


@dataclass(frozen=True)
class AuslanSessions:
    """The real recordings, some of their channels, grouped by session: 0 to 8."""

    channels: tuple[str, ...]
    length: int = 160

    def load(self) -> SignalDataset:
        return load_auslan(auslan_archive(), channels=self.channels, length=self.length, by_session=True)


@dataclass(frozen=True)
class Ucr:
    """Files of the UCR archive, joined to one set without the classes of fewer than `at_least` signals.

    Where they are `windows` of one long recording, those that overlap are of one group.
    """

    files: tuple[str, ...]
    at_least: int = 3
    windows: bool = False

    def load(self) -> SignalDataset:
        first, *others = (load_signals(real_file("ucr", f, what="sets of the UCR archive")) for f in self.files)
        dataset = first.join(*others).drop_small_classes(self.at_least)
        return dataset.with_groups(overlapping_windows(dataset)) if self.windows else dataset


@dataclass(frozen=True)
class Split:
    """Which recordings are learnt: this share of each class, drawn with this seed. The others are held out."""

    share: float = 0.8
    seed: int = 0

    def of(self, dataset: SignalDataset) -> tuple[SignalDataset, SignalDataset]:
        return dataset.split(self.share, seed=self.seed)


@dataclass(frozen=True)
class SessionSplit:
    """Which recordings are held out: those of these sessions. The others are learnt."""

    held_out: tuple[int, ...] = (7, 8)

    def of(self, dataset: SignalDataset) -> tuple[SignalDataset, SignalDataset]:
        return dataset.split_groups(self.held_out)
