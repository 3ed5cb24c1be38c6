"""Numbers about the real recordings, for notebook 07: python -m benchmarks.auslan_facts [facts profile]

Makes auslan_facts.csv and auslan_profile.csv. The recordings are not part of this repository (COURSE_DATA names the
folder that holds them); these few numbers are, so that a reader without them can see where the simulated signs stand.
Everything about movement is of the channel right_x. Power is the mean Hann periodogram over the variance.
"""

import tarfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from benchmarks import tables
from benchmarks.recordings import Auslan, Split, auslan_archive
from benchmarks.tables import Part
from course_lib.data import AUSLAN_CHANNELS, SignalDataset, constant_signals, recordings_digest
from course_lib.metrics import autocorrelation, power_spectrum

SOURCE = "Australian Sign Language signs (High Quality), M. W. Kadous 2002, UCI, doi 10.24432/C5CG6F"


@dataclass(frozen=True)
class Facts:
    """Sizes of the set, movement in one channel, and how well its signs are recognised from one channel and three.

    `slow_cycles` cycles a recording are slow; so many directions hold `share_of_directions` of the variance;
    `iterations` are the most that the logistic regression takes.
    """

    one: Auslan = Auslan(("right_x",))
    three: Auslan = Auslan(("right_x", "right_y", "right_z"))
    everything: Auslan = Auslan(tuple(AUSLAN_CHANNELS))
    slow_cycles: int = 6
    share_of_directions: float = 0.99
    split: Split = Split()
    iterations: int = 2000


@dataclass(frozen=True)
class Profile:
    """Mean power by cycles a recording, and autocorrelation by lag, up to half the length."""

    one: Auslan = Auslan(("right_x",))


def frames(archive: Path) -> list[int]:
    """How many frames each recording has, counted in the files themselves."""
    with tarfile.open(archive) as packed:
        members = [member for member in packed if member.name.endswith(".tsd")]
        return [sum(bool(line.strip()) for line in packed.extractfile(member)) for member in members]


def accuracy(dataset: SignalDataset, settings: Facts) -> tuple[float, int]:
    """Share of the held-out recordings that a logistic regression on the standardised steps gets right; how many."""
    train, test = settings.split.of(dataset)
    judge = make_pipeline(StandardScaler(), LogisticRegression(max_iter=settings.iterations))
    judge.fit(train.values.flatten(1).numpy(), train.labels.numpy())
    return judge.score(test.values.flatten(1).numpy(), test.labels.numpy()), len(test)


def movement(dataset: SignalDataset, settings: Facts) -> dict[str, tuple[float, str]]:
    """Size, spread within the signs, roughness and slowness of a one-channel set: name -> (value, unit)."""
    x, labels = dataset.values[:, 0].double().numpy(), dataset.labels.numpy()
    within = np.mean([x[labels == k].var(axis=0).mean() for k in range(dataset.n_classes)])  # equally many of each sign
    power = power_spectrum(x[:, None])[0]
    power[1 : (dataset.length + 1) // 2] *= 2  # every frequency but 0 and the highest stands for its negative too
    shares = np.linalg.eigvalsh(np.cov(x.T))[::-1]
    directions = np.searchsorted(np.cumsum(shares) / shares.sum(), settings.share_of_directions)
    slow = settings.slow_cycles
    return {
        "standard_deviation": (x.std(), "m"),
        "within_share": (within / x.var(axis=0).mean(), "of the variance"),
        "roughness": (np.sqrt(np.mean(np.diff(x, n=2) ** 2)) / x.std(), "standard deviations"),
        "slow_share": (power[: slow + 1].sum() / power.sum(), f"of the power at most {slow} cycles a recording"),
        "directions_99": (int(directions) + 1, "components"),
    }


def facts(settings: Facts) -> list[dict]:
    """The table of facts, a row each."""
    one, three, everything = settings.one.load(), settings.three.load(), settings.everything.load()
    lasting = frames(auslan_archive())
    (one_right, held_out), (three_right, _) = accuracy(one, settings), accuracy(three, settings)
    found = {
        "recordings": (len(one), "recordings"),
        "signs": (one.n_classes, "signs"),
        "frames_shortest": (min(lasting), "frames"),
        "frames_median": (int(np.median(lasting)), "frames"),
        "frames_longest": (max(lasting), "frames"),
        "signals": (len(everything) * everything.channels, f"signals of all {everything.channels} channels"),
        "constant_signals": (
            int(constant_signals(everything).sum()),
            f"signals of all {everything.channels} channels",
        ),
        **movement(one, settings),
        "held_out": (held_out, "recordings"),
        "accuracy_right_x": (one_right, "of the held-out recordings"),
        "accuracy_right_xyz": (three_right, "of the held-out recordings"),
    }
    return [{"fact": name, "value": value, "unit": unit} for name, (value, unit) in found.items()]


def profile(settings: Profile) -> list[dict]:
    """Power by cycles a recording and autocorrelation by lag, a row each."""
    x = settings.one.load().values.double().numpy()
    half = settings.one.length // 2
    power, correlation = power_spectrum(x)[0] / x.var(), autocorrelation(x, half)[0]
    return [{"index": k, "power": power[k], "autocorrelation": correlation[k]} for k in range(half + 1)]


def part(name: str, settings: Facts | Profile, work: Callable[..., list[dict]]) -> Part:
    return Part(f"auslan_facts/{name}", f"auslan_{name}.csv", "auslan_facts.manifest.json", settings, work)


PARTS = [part("facts", Facts(), facts), part("profile", Profile(), profile)]


def make(part: Part, folder: Path = tables.DATA, *, anew: bool = False) -> None:
    archive = auslan_archive()
    tables.make(part, folder, anew=anew)
    tables.tell(part, folder, source=SOURCE, recordings_sha256=recordings_digest(archive))


if __name__ == "__main__":
    tables.command(PARTS, make, __doc__)
