"""One list of dependencies in four files, and the environment that tests and kernels run in."""

import os
import re
import subprocess
import sys
import tomllib

import nbformat
import pytest
import torch
import yaml
from jaxtyping import TypeCheckError
from nbformat.v4 import new_code_cell, new_notebook, new_output
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from course_lib.losses import critic_loss
from tools.address import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
REQUIRED = [Requirement(r) for r in PROJECT["dependencies"] + PROJECT["optional-dependencies"]["dev"]]
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")
LOCKED = [Requirement(line) for line in LOCK.splitlines() if line and not line.startswith("#")]
ENVIRONMENTS = ("environment.yml", "environment-gpu.yml")


def bounds(requirements: list[Requirement]) -> dict[str, str]:
    return {canonicalize_name(r.name): str(r.specifier) for r in requirements}


def environment(name: str) -> tuple[list[str], list[str]]:
    """What conda and what pip is to install."""
    dependencies = yaml.safe_load((ROOT / name).read_text(encoding="utf-8"))["dependencies"]
    return [d for d in dependencies if isinstance(d, str)], next(d["pip"] for d in dependencies if isinstance(d, dict))


# --- the files


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_the_environment_file_names_what_pyproject_names_with_the_same_bounds(name):
    _, pip = environment(name)
    assert bounds([Requirement(line) for line in pip if not line.startswith("-")]) == bounds(REQUIRED)


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_conda_brings_python_and_pip_alone_and_the_course_comes_last(name):
    conda, pip = environment(name)
    assert conda == ["python=3.11", "pip"]
    assert pip[-1] == "-e ."


def test_binder_gets_the_cpu_build_and_the_gpu_twin_does_not():
    options = [[line for line in environment(name)[1] if line.startswith("--")] for name in ENVIRONMENTS]
    assert options == [["--extra-index-url https://download.pytorch.org/whl/cpu"], []]


def test_no_binder_folder_hides_the_environment_file():
    assert not (ROOT / "binder").exists() and not (ROOT / ".binder").exists()


def test_the_lock_holds_every_direct_dependency_within_its_bounds():
    versions = {canonicalize_name(r.name): str(r.specifier).removeprefix("==") for r in LOCKED}
    for requirement in REQUIRED:
        name = canonicalize_name(requirement.name)
        assert name in versions, f"requirements.lock lacks {name}"
        assert requirement.specifier.contains(versions[name]), f"{requirement} forbids the locked {versions[name]}"


def test_the_lock_pins_public_versions_exactly_and_in_order():
    for requirement in LOCKED:
        assert re.fullmatch(r"==\d[\w.]*", str(requirement.specifier)), requirement
    names = [canonicalize_name(r.name) for r in LOCKED]
    assert len(names) == len(set(names))


def test_pytorch_is_new_enough_to_load_weights_safely():
    assert "torch>=2.6" in PROJECT["dependencies"]


# --- what runs


def test_shapes_are_checked_while_tests_run():
    with pytest.raises(TypeCheckError):
        critic_loss(torch.zeros(4, 2), torch.zeros(4))  # runs, and means something else, where shapes are not checked


def test_tests_run_on_one_thread_at_quick_scale():
    assert torch.get_num_threads() == 1
    assert os.environ["COURSE_SCALE"] == "quick"


KERNEL = """\
import os, sys, torch, course_lib
print(os.environ["COURSE_SCALE"], torch.get_num_threads(), os.environ["COURSE_DEVICE"])
print(os.path.exists(os.environ["COURSE_PROGRESS"]), sys.executable == PYTHON)
_ = open(os.environ["COURSE_PROGRESS"], "w").write("done")
"""
EXPECTED = "quick 1 cpu\nFalse True\n"


def stored(source: str, name: str, text: str) -> nbformat.NotebookNode:
    """A notebook of one cell that has shown `text` on the stream `name`."""
    output = new_output("stream", name=name, text=text)
    return new_notebook(cells=[new_code_cell(source, execution_count=1, outputs=[output])])


def test_a_bare_pytest_nbval_tests_kernels_as_they_were_refreshed(tmp_path):
    """From another folder: the environment, fresh progress for each notebook, stderr skipped, stdout compared."""
    kernel = KERNEL.replace("PYTHON", repr(sys.executable))
    books = {
        "a_right": stored(kernel, "stdout", EXPECTED),
        "b_right_after_another_wrote_its_progress": stored(kernel, "stdout", EXPECTED),
        "c_right_without_its_warning": stored("x = 1", "stderr", "UserWarning: of another version"),
        "d_wrong": stored("print(2)", "stdout", "1\n"),
    }
    for name, book in books.items():
        nbformat.write(book, tmp_path / f"{name}.ipynb")
    # -p conftest: the notebooks lie outside the repository, where pytest would not look for it
    command = [
        sys.executable,
        "-m",
        "pytest",
        "--nbval",
        "-q",
        "-p",
        "conftest",
        "-p",
        "no:cacheprovider",
        str(tmp_path),
    ]
    plain = {k: v for k, v in os.environ.items() if not k.startswith(("COURSE_", "OMP_", "CUDA_", "PYTEST_"))}
    done = subprocess.run(
        command, cwd=tmp_path, env={**plain, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, timeout=600
    )
    assert "1 failed, 3 passed" in done.stdout, done.stdout + done.stderr
    assert "d_wrong.ipynb::Cell 0" in done.stdout
