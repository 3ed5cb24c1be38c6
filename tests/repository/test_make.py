"""The commands of the Makefile, run with a Python, a pip and a JupyterLab that only write down what they are asked."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tools.address import ROOT

pytestmark = pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")

# Called `python3`, and as `-m venv .venv` it copies itself to where a virtual environment has its Python.
RECORDER = """\
#!/bin/sh
echo "asked: $*"
[ "$1 $2" = "-m venv" ] && mkdir -p "$3/bin" && cp "$0" "$3/bin/python"
exit 0
"""


class Checkout:
    """A folder with the Makefile in it, and the programs that it calls."""

    def __init__(self, folder: Path, *, user: int) -> None:
        self.root, self.bin = folder / "a course", folder / "bin"
        self.root.mkdir()
        self.bin.mkdir()
        for name in ("Makefile", "requirements.lock", "pyproject.toml"):
            shutil.copy(ROOT / name, self.root / name)
        for name, text in {"python3": RECORDER, "id": f"#!/bin/sh\necho {user}\n"}.items():
            (self.bin / name).write_text(text)
            (self.bin / name).chmod(0o755)

    def make(self, *arguments: str) -> list[str]:
        """What `make` shows, line by line."""
        own = {key: value for key, value in os.environ.items() if not key.startswith("MAKE")}
        path = f"{self.bin}{os.pathsep}{os.environ['PATH']}"
        done = subprocess.run(
            ["make", *arguments], cwd=self.root, env={**own, "PATH": path}, capture_output=True, text=True, timeout=60
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.splitlines()


@pytest.fixture
def checkout(tmp_path) -> Checkout:
    return Checkout(tmp_path, user=1000)


def asked(lines: list[str]) -> list[str]:
    return [line.removeprefix("asked: ") for line in lines if line.startswith("asked: ")]


@pytest.mark.parametrize("command", ["lab", "test"])
def test_the_first_command_says_how_long_and_how_big_before_it_builds_and_the_second_builds_and_says_nothing(
    checkout, command
):
    first, second = checkout.make(command), checkout.make(command)
    said = next(i for i, line in enumerate(first) if line.startswith("Building .venv, once: minutes"))
    building = next(i for i, line in enumerate(first) if line.startswith("asked: -m venv .venv"))
    assert said < building
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for size, line in (("5.5 GB", first[said]), ("1.8 GB", first[said + 1])):
        assert size in line and size in readme
    assert len(asked(first)) == 5  # the version, the environment, two times pip, the command itself
    assert asked(second) == asked(first)[-1:]
    assert not [line for line in second if "Building" in line or "GB" in line]


def test_make_lab_serves_the_root_opens_00_and_passes_the_readers_options_on(checkout):
    command = asked(checkout.make("lab", "LAB_ARGS=--no-browser --port 8890"))[-1]
    assert command.startswith("-m jupyterlab ") and command.endswith(" --no-browser --port 8890")
    assert f"--ServerApp.root_dir={checkout.root}" in command
    (page,) = re.findall(r"--LabApp\.default_url=/lab/tree/(\S+)", command)
    assert page == "notebooks/00_start_here.ipynb" and (ROOT / page).is_file()
    assert "token" not in command.lower() and "password" not in command.lower()


@pytest.mark.parametrize("user", [0, 1000])
def test_only_root_starts_jupyterlab_as_root(tmp_path, user):
    command = asked(Checkout(tmp_path, user=user).make("lab"))[-1]
    assert ("--allow-root" in command.split()) == (user == 0)


def test_every_command_of_the_makefile_is_explained_by_make_help(checkout):
    (phony,) = re.findall(r"^\.PHONY: (.*)$", MAKEFILE, re.MULTILINE)
    lines = [line for line in checkout.make("help") if not line.startswith(" ")]  # else: an explanation goes on
    explained = [re.match(r"make (\w+) +\S", line)[1] for line in lines]
    assert sorted([*explained, "help"]) == sorted(phony.split())
    assert set(phony.split()) == set(re.findall(r"^([a-z]\w*):", MAKEFILE, re.MULTILINE))


def test_every_command_that_the_readme_and_ci_give_is_one_of_the_makefile():
    texts = [(ROOT / name).read_text(encoding="utf-8") for name in ("README.md", ".ci/run")]
    given = {name for text in texts for name in re.findall(r"(?:^|`)(?:[A-Z]\S+ )?make ([a-z]+)", text, re.MULTILINE)}
    assert given >= {"lab", "test", "lint", "floor", "fork", "refresh"}
    assert given <= set(re.findall(r"^([a-z]\w*):", MAKEFILE, re.MULTILINE))
