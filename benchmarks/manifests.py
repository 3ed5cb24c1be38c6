"""Manifests: the settings that made a table, copied from the code, and under what it was made."""

import platform
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import fields, is_dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import torch

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("torch", "numpy", "scipy", "scikit-learn", "aeon")  # whose versions can change a number


def plain(value: object) -> object:
    """Settings (a dataclass, or what has a `describe`) as JSON has them."""
    if hasattr(value, "describe"):
        return plain(value.describe())
    if is_dataclass(value):
        return {each.name: plain(getattr(value, each.name)) for each in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(each) for key, each in value.items()}
    return [plain(each) for each in value] if isinstance(value, Sequence) and not isinstance(value, str) else value


def differences(before: object, now: object, where: str = "") -> list[str]:
    """Each plain setting that differs, as "clipped.learning_rate: 5e-05 -> 0.005"."""
    if not (isinstance(before, dict) and isinstance(now, dict)):
        return [] if before == now else [f"{where or 'settings'}: {before!r} -> {now!r}"]
    lines = []
    for name in dict.fromkeys([*before, *now]):
        pair = (side.get(name, "not there") for side in (before, now))
        lines += differences(*pair, f"{where}.{name}" if where else name)
    return lines


def surroundings() -> dict:
    """Under what a run is made: commit, versions, threads, processor."""
    return {
        "commit": commit(),
        "versions": {"python": platform.python_version()} | versions(),
        "threads": torch.get_num_threads(),
        "processor": processor(),
    }


def versions() -> dict[str, str]:
    """Of the packages whose versions can change a number, those that are installed."""
    found = {}
    for name in PACKAGES:
        with suppress(PackageNotFoundError):
            found[name] = version(name).split("+")[0]
    return found


def commit() -> str | None:
    """The commit checked out, and "+changes" where the code differs from it; None outside a repository."""
    try:
        changes = _git("status", "--porcelain", "course_lib", "benchmarks")
        return _git("rev-parse", "HEAD") + ("+changes" if changes else "")
    except (OSError, subprocess.CalledProcessError):
        return None


def _git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()


def processor() -> str:
    path = Path("/proc/cpuinfo")
    lines = path.read_text().splitlines() if path.exists() else []
    names = [line.split(":")[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()
