"""Signals that the benches of signals learn, and how they are split into learnt and held out."""

import os
import sys
from dataclasses import dataclass
from pathlib import Path

from course_lib.data import SignalDataset, load_auslan, simulate_signs


def auslan_archive() -> Path:
    """The real recordings, in the folder that COURSE_DATA names; ends the program where they are not."""
    path = Path(os.environ.get("COURSE_DATA", "")) / "auslan_hq" / "tctodd.tar.gz"
    if "COURSE_DATA" not in os.environ or not path.is_file():
        sys.exit(
            "This bench needs the Auslan recordings (data/README.md says where they are from): set COURSE_DATA to the "
            "folder that holds auslan_hq/tctodd.tar.gz, as in COURSE_DATA=FOLDER python -m benchmarks.auslan_facts. "
            f"COURSE_DATA is {os.environ.get('COURSE_DATA', 'not set')}."
        )
    return path


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
class Split:
    """Which recordings are learnt: this share of each class, drawn with this seed. The others are held out."""

    share: float = 0.8
    seed: int = 0

    def of(self, dataset: SignalDataset) -> tuple[SignalDataset, SignalDataset]:
        return dataset.split(self.share, seed=self.seed)
