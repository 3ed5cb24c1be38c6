"""Makes auslan_facts.csv, auslan_profile.csv and their manifest: numbers about the real recordings, for notebook 07.

    python data/make_auslan_facts.py path/to/tctodd.tar.gz

The recordings are not part of this repository; these few numbers are, so that a reader without them can see where the
simulated signs stand. Everything about movement is of channel right_x, resampled to 160 steps.
"""

import json
import sys
import tarfile
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from course_lib.data import AUSLAN_CHANNELS, SignalDataset, constant_signals, load_auslan, recordings_digest
from course_lib.metrics import autocorrelation, power_spectrum

HERE = Path(__file__).resolve().parent
COMMAND = "python data/make_auslan_facts.py tctodd.tar.gz"


def frames(archive: Path) -> list[int]:
    """How many frames each recording has, counted in the files themselves."""
    with tarfile.open(archive) as packed:
        members = [member for member in packed if member.name.endswith(".tsd")]
        return [sum(bool(line.strip()) for line in packed.extractfile(member)) for member in members]


def accuracy(dataset: SignalDataset) -> tuple[float, int]:
    """Share of the held-out fifth that a logistic regression on the standardised steps gets right, and its size."""
    train, test = dataset.split(0.8, seed=0)
    judge = make_pipeline(StandardScaler(), LogisticRegression(max_iter=2000))
    judge.fit(train.values.flatten(1).numpy(), train.labels.numpy())
    return judge.score(test.values.flatten(1).numpy(), test.labels.numpy()), len(test)


def movement(dataset: SignalDataset) -> dict[str, tuple[float, str]]:
    """Size, spread within the signs, roughness and slowness of a one-channel set: name -> (value, unit)."""
    x, labels = dataset.values[:, 0].double().numpy(), dataset.labels.numpy()
    within = np.mean([x[labels == k].var(axis=0).mean() for k in range(dataset.n_classes)])  # equally many of each sign
    power = power_spectrum(x[:, None])[0] * np.r_[1.0, np.full(79, 2.0), 1.0]
    directions = np.linalg.eigvalsh(np.cov(x.T))[::-1]
    return {
        "standard_deviation": (x.std(), "m"),
        "within_share": (within / x.var(axis=0).mean(), "of the variance"),
        "roughness": (np.sqrt(np.mean(np.diff(x, n=2) ** 2)) / x.std(), "standard deviations"),
        "slow_share": (power[:7].sum() / power.sum(), "of the power at most 6 cycles a recording"),
        "directions_99": (int(np.searchsorted(np.cumsum(directions) / directions.sum(), 0.99)) + 1, "components"),
    }


def facts(archive: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The table of facts, and the table of power by cycles a recording and autocorrelation by lag."""
    one = load_auslan(archive)
    three = load_auslan(archive, channels=("right_x", "right_y", "right_z"))
    everything = load_auslan(archive, channels=AUSLAN_CHANNELS)
    lasting = frames(archive)
    (one_right, held_out), (three_right, _) = accuracy(one), accuracy(three)
    rows = {
        "recordings": (len(one), "recordings"),
        "signs": (one.n_classes, "signs"),
        "frames_shortest": (min(lasting), "frames"),
        "frames_median": (int(np.median(lasting)), "frames"),
        "frames_longest": (max(lasting), "frames"),
        "signals": (len(everything) * everything.channels, "signals of all 22 channels"),
        "constant_signals": (int(constant_signals(everything).sum()), "signals of all 22 channels"),
        **movement(one),
        "held_out": (held_out, "recordings"),
        "accuracy_right_x": (one_right, "of the held-out recordings"),
        "accuracy_right_xyz": (three_right, "of the held-out recordings"),
    }
    x = one.values.double().numpy()
    power = power_spectrum(x)[0] / x.var()
    profile = pd.DataFrame({"index": np.arange(81), "power": power, "autocorrelation": autocorrelation(x, 80)[0]})
    return pd.DataFrame([(name, *row) for name, row in rows.items()], columns=["fact", "value", "unit"]), profile


def main(arguments: Sequence[str]) -> int:
    """Write the three files beside this one."""
    if len(arguments) != 1 or not Path(arguments[0]).is_file():
        print(f"expected the archive of the recordings, as in: {COMMAND}", file=sys.stderr)
        return 2
    archive = Path(arguments[0])
    table, profile = facts(archive)
    table["value"] = [f"{value:.6g}" for value in table["value"]]
    table.to_csv(HERE / "auslan_facts.csv", index=False)
    profile.to_csv(HERE / "auslan_profile.csv", index=False, float_format="%.6g")
    manifest = {
        "command": COMMAND,
        "files": ["auslan_facts.csv", "auslan_profile.csv"],
        "source": "Australian Sign Language signs (High Quality), M. W. Kadous 2002, UCI, doi 10.24432/C5CG6F",
        "recordings_sha256": recordings_digest(archive),
        "channel": "right_x, 160 steps (PCHIP); power is the mean Hann periodogram over the variance",
        "versions": {name: version(name) for name in ("numpy", "scipy", "scikit-learn")},
    }
    (HERE / "auslan_facts.manifest.json").write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
