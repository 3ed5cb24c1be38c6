"""The repository's address, read from the one place where it stands: pyproject.toml."""

import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PREFIX = "https://github.com/"


def repository(root: Path = ROOT) -> str:
    """`owner/name` of the repository whose root folder is given."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return project["urls"]["Repository"].removeprefix(PREFIX)
