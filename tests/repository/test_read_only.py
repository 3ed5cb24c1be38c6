"""A bare `pytest --nbval` in a checkout that cannot be written to: it passes, and says that it kept no cache.

Permission bits do not bind root, who gets a read-only mount of the checkout instead, where the machine allows one.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output

from tools.address import ROOT

MOUNT = 'mount --bind "$0" "$0" && mount -o remount,ro,bind "$0" "$0" && cd "$0/$1" && shift && exec "$@"'
SOURCE = """
import os
from pathlib import Path
from course_lib.classroom import progress

progress.record("an_exercise")
try:
    Path("here").touch()
except OSError:
    print("cannot be written to;", len(progress.read()), "exercise done")
"""


def read_only_run(root: Path, folder: str, command: list[str]) -> list[str]:
    """The command that runs `command` in root/folder, where nothing below root can be written to."""
    if os.getuid():
        for path in [root, *root.rglob("*")]:
            path.chmod(path.stat().st_mode & ~0o222)
        return ["sh", "-c", f'cd "$0/{folder}" && exec "$@"', str(root), *command]
    isolated = ["unshare", "--mount", "sh", "-c", MOUNT, str(root)]
    if not shutil.which("unshare") or subprocess.run([*isolated, ".", "true"], capture_output=True).returncode:
        pytest.skip("root here may write everywhere, and may not mount a folder read-only")
    return [*isolated, folder, *command]


@pytest.fixture
def checkout(tmp_path) -> Path:
    """A small checkout: what conftest needs, the library, one test and one notebook that both look around."""
    root = tmp_path / "course"
    shutil.copytree(ROOT / "course_lib", root / "course_lib", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "tools", root / "tools", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("conftest.py", "pyproject.toml"):
        shutil.copy(ROOT / name, root / name)
    (root / "tests").mkdir()
    indented = SOURCE.replace("\n", "\n    ")
    (root / "tests" / "test_one.py").write_text(
        f"def test_one(capsys):{indented}\n    assert 'cannot' in capsys.readouterr().out"
    )
    (root / "notebooks").mkdir()
    shown = new_output("stream", name="stdout", text="cannot be written to; 1 exercise done\n")
    notebook = new_notebook(cells=[new_code_cell(SOURCE, execution_count=1, outputs=[shown])])
    nbformat.write(notebook, root / "notebooks" / "one.ipynb")
    yield root
    for path in [root, *root.rglob("*")]:
        path.chmod(path.stat().st_mode | 0o200)


def test_in_a_read_only_checkout_everything_passes_and_the_missing_cache_is_said_and_no_error(checkout):
    own = {k: v for k, v in os.environ.items() if not k.startswith(("COURSE_", "PYTEST_"))}
    command = [sys.executable, "-m", "pytest", "--nbval", "-q", str(checkout)]
    done = subprocess.run(
        read_only_run(checkout, "notebooks", command),
        env={**own, "PYTHONPATH": str(checkout)},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 passed" in done.stdout
    assert "PytestCacheWarning" in done.stdout and "Traceback" not in done.stdout + done.stderr
    assert not (checkout / ".pytest_cache").exists() and not list(checkout.rglob("__pycache__"))
