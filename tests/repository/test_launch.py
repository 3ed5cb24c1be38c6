"""What a bare Colab does with the set-up cell, and how badges and links follow the repository's address."""

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from importlib.metadata import requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from course_lib.classroom import progress
from tools.address import ROOT, repository
from tools.colab import NEEDED
from tools.fork import files, fork
from tools.notebooks import badges, setup_cell

# --- the set-up cell

RECORD = """\
import json, os, sys
with open(os.environ["CALLS"], "a") as file:
    file.write(json.dumps(["{name}", *sys.argv[1:]]) + "\\n")
"""
CLONE = """
import pathlib, shutil
skip = shutil.ignore_patterns("__pycache__")  # another test may be writing there
for part in ("course_lib", "tools"):
    shutil.copytree(pathlib.Path(os.environ["CHECKOUT"], part), pathlib.Path(sys.argv[-1], part), ignore=skip)
"""


BARE = sys.executable, "-S"  # without site-packages


class Machine:
    """A Python without packages, whose git and pip write down what they are asked."""

    def __init__(self, folder: Path):
        self.folder, self.calls_file, self.clone = folder, folder / "calls", folder / "content" / "gan-course"
        self.address = f"https://github.com/{repository()}"
        (folder / "lib" / "pip").mkdir(parents=True)
        (folder / "lib" / "pip" / "__init__.py").write_text("")
        (folder / "lib" / "pip" / "__main__.py").write_text(RECORD.format(name="pip"))
        (folder / "bin").mkdir()
        git = folder / "bin" / "git"
        git.write_text(f"#!{sys.executable}\n{RECORD.format(name='git')}{CLONE}")
        git.chmod(0o755)

    def add_module(self, name: str) -> None:
        """Make `import name` work there."""
        path = self.folder / "lib" / Path(*name.split("."))
        path.mkdir(parents=True)
        (path / "__init__.py").write_text("")

    def run(self, *, colab: bool, then: str = "", python: tuple[str, ...] = BARE, **variables: str) -> str:
        """Run the set-up cell there, as the first cell of a kernel, and `then` what follows."""
        source = setup_cell().replace("/content/gan-course", str(self.clone))
        source = source.replace(f"https://github.com/{repository()}", self.address)
        before = "import sys, types\nsys.modules['google.colab'] = types.ModuleType('google.colab')\n" if colab else ""
        environment = {
            "PATH": f"{self.folder / 'bin'}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": str(self.folder / "lib"),
            "CALLS": str(self.calls_file),
            "CHECKOUT": str(ROOT),
            **variables,
        }
        done = subprocess.run(
            [*python, "-c", before + source + then],
            cwd=self.folder,
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def calls(self) -> list[list[str]]:
        return (
            [json.loads(line) for line in self.calls_file.read_text().splitlines()] if self.calls_file.exists() else []
        )


@pytest.fixture
def machine(tmp_path) -> Machine:
    return Machine(tmp_path)


def test_on_a_bare_colab_the_course_is_cloned_shallowly_and_can_be_imported(machine):
    where = machine.run(colab=True, then="import course_lib\nprint(course_lib.__file__)")
    assert where.strip() == str(machine.clone / "course_lib" / "__init__.py")
    git, _ = machine.calls()
    assert git[:2] == ["git", "clone"] and "--depth=1" in git
    assert git[-2:] == [f"https://github.com/{repository()}", str(machine.clone)]


def test_on_a_bare_kaggle_the_course_is_cloned_too(machine):
    machine.run(colab=False, then="import course_lib", KAGGLE_KERNEL_RUN_TYPE="Interactive")
    assert [call[0] for call in machine.calls()] == ["git", "pip"]


def test_on_a_bare_colab_pip_is_asked_for_what_is_missing_and_nothing_it_needs_is_replaced(machine):
    for module in ("seaborn", "tqdm", "platformdirs"):
        machine.add_module(module)
    machine.run(colab=True)
    pip = machine.calls()[1]
    asked = [argument for argument in pip[2:] if not argument.startswith("-")]
    assert pip[:2] == ["pip", "install"] and "--no-deps" in pip
    assert sorted(asked) == sorted(set(NEEDED.values()) - {"seaborn", "tqdm", "platformdirs"})


def test_pytorch_is_never_installed(machine):
    machine.run(colab=True)
    _, pip = machine.calls()
    assert not [argument for argument in pip if "torch" in argument]


def test_pip_is_not_called_where_nothing_is_missing(machine):
    for module in NEEDED:
        machine.add_module(module)
    machine.run(colab=True)
    assert [call[0] for call in machine.calls()] == ["git"]


def test_a_second_notebook_on_the_same_colab_does_not_clone_again(machine):
    for module in NEEDED:
        machine.add_module(module)
    machine.run(colab=True)
    machine.run(colab=True, then="import course_lib")
    assert [call[0] for call in machine.calls()] == ["git"]


def test_a_colab_that_has_the_course_is_left_alone(machine):
    machine.add_module("course_lib")
    machine.run(colab=True)
    assert machine.calls() == []


@pytest.mark.parametrize("has_course", [True, False])
def test_anywhere_else_the_set_up_cell_does_nothing(machine, has_course):
    if has_course:
        machine.add_module("course_lib")
    assert machine.run(colab=False) == ""
    assert machine.calls() == []


@pytest.fixture
def machine_with_git(machine, tmp_path) -> Machine:
    """Its git is the real one, and what it clones is a local bare repository with two commits."""
    work, bare = tmp_path / "work", tmp_path / "gan-course.git"
    for part in ("course_lib", "tools"):
        shutil.copytree(ROOT / part, work / part, ignore=shutil.ignore_patterns("__pycache__"))
    commands = "git init -q -b main && git add . && git commit -qm first && git commit -q --allow-empty -m second"
    assert git(f"{commands} && git clone -q --bare . '{bare}'", work).returncode == 0
    (machine.folder / "bin" / "git").unlink()
    machine.address = f"file://{bare}"
    return machine


def test_the_set_up_cell_clones_a_real_repository_by_real_git(machine_with_git):
    machine = machine_with_git
    where = machine.run(colab=True, then="import course_lib\nprint(course_lib.__file__)")
    assert where.strip() == str(machine.clone / "course_lib" / "__init__.py")
    assert git("git rev-list --count HEAD", machine.clone).stdout.strip() == "1"  # a shallow clone
    (pip,) = machine.calls()
    assert sorted(a for a in pip[2:] if not a.startswith("-")) == sorted(NEEDED.values())


def add_wheel(index: Path, name: str, version: str, module: str, needs: str = "") -> None:
    """Put a package of one empty module into a folder that pip takes for its index."""
    stem = f"{name.replace('-', '_')}-{version}"
    about = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n" + (
        f"Requires-Dist: {needs}\n" if needs else ""
    )
    with zipfile.ZipFile(index / f"{stem}-py3-none-any.whl", "w") as wheel:
        wheel.writestr(f"{module}/__init__.py", "")
        wheel.writestr(f"{stem}.dist-info/METADATA", about)
        tags = "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        wheel.writestr(f"{stem}.dist-info/WHEEL", tags)
        wheel.writestr(f"{stem}.dist-info/RECORD", "")


@pytest.mark.slow
def test_real_pip_adds_what_is_missing_and_changes_nothing_that_is_there(machine_with_git, tmp_path):
    """In a fresh environment, offline; the index has newer versions of what is there, which what is missing needs."""
    machine, index = machine_with_git, tmp_path / "index"
    shutil.rmtree(machine.folder / "lib" / "pip")
    index.mkdir()
    there = {"numpy": "numpy", "seaborn": "seaborn", "tqdm": "tqdm"}
    for module, package in NEEDED.items():
        add_wheel(index, package, "2.0", module, needs="numpy>=2.0")
    add_wheel(index, "numpy", "2.0", "numpy")
    for module, package in there.items():
        add_wheel(index, package, "1.0", module)
    environment = {"PATH": os.environ["PATH"], "PIP_CONFIG_FILE": os.devnull, "PIP_NO_INDEX": "1"}
    environment |= {"PIP_FIND_LINKS": str(index), "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    python = str(tmp_path / "colab" / "bin" / "python")

    def pip(*arguments: str) -> set[str]:
        command = [python, "-m", "pip", *arguments]
        return set(subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout.split())

    subprocess.run([sys.executable, "-m", "venv", tmp_path / "colab"], check=True)
    pip("install", *(f"{package}==1.0" for package in there.values()))
    before = pip("freeze")
    assert before == {"numpy==1.0", "seaborn==1.0", "tqdm==1.0"}
    del environment["PATH"]
    machine.run(colab=True, then=f"import {', '.join(NEEDED)}", python=(python,), **environment)
    after = pip("freeze")
    assert before <= after, "nothing that was there has changed"
    assert len(after - before) == len(set(NEEDED.values()) - set(there.values())), "and what was missing is there"


COLAB_CANNOT_DO_WITHOUT = {"torch", "numpy", "scipy", "matplotlib", "pandas", "scikit-learn", "ipywidgets"}
COLAB_CANNOT_DO_WITHOUT |= {"packaging", "requests"}  # pip's and google.colab's own
NOT_USED_IN_A_KERNEL = {"jupyterlab", "nbval"}


def test_every_dependency_is_either_colabs_own_or_one_that_the_set_up_cell_can_install():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    names = {canonicalize_name(Requirement(r).name) for r in project["dependencies"]}
    installable = {canonicalize_name(package) for package in NEEDED.values()}
    assert names - COLAB_CANNOT_DO_WITHOUT - NOT_USED_IN_A_KERNEL <= installable


@pytest.mark.parametrize("package", NEEDED.values())
def test_what_an_installed_package_needs_is_there_or_installed_too(package):
    needed = [Requirement(r) for r in requires(package) or []]
    names = {canonicalize_name(r.name) for r in needed if r.marker is None or r.marker.evaluate({"extra": ""})}
    assert names <= COLAB_CANNOT_DO_WITHOUT | {canonicalize_name(p) for p in NEEDED.values()}


def test_the_badges_open_the_notebook_on_colab_binder_and_kaggle():
    text = badges("08_wgan_gp_on_signals")
    slug = repository()
    assert f"(https://colab.research.google.com/github/{slug}/blob/main/notebooks/08_wgan_gp_on_signals.ipynb)" in text
    assert f"(https://mybinder.org/v2/gh/{slug}/main?labpath=notebooks%2F08_wgan_gp_on_signals.ipynb)" in text
    assert f"src=https://github.com/{slug}/blob/main/notebooks/08_wgan_gp_on_signals.ipynb)" in text


# --- a clone

README = (ROOT / "README.md").read_text(encoding="utf-8")


def git(command: str, folder: Path) -> subprocess.CompletedProcess:
    """The shell command (one or more calls of git) in `folder`, by a reader without settings of their own."""
    reader = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "PATH": os.environ["PATH"]}
    reader |= {f"GIT_{who}_{what}": "reader" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    return subprocess.run(command, shell=True, cwd=folder, env=reader, capture_output=True, text=True, timeout=60)


@pytest.fixture
def run_clone(tmp_path) -> Path:
    """A clone whose one notebook was run after the clone, while the original got a newer one."""
    original, clone = tmp_path / "original", tmp_path / "clone"
    (original / "notebooks").mkdir(parents=True)
    book = Path("notebooks", "00.ipynb")
    (original / book).write_text("old, without output")
    assert git("git init -q -b main && git add . && git commit -qm old", original).returncode == 0
    assert git(f"git clone -q '{original}' '{clone}'", tmp_path).returncode == 0
    (clone / book).write_text("old, with an answer")
    (original / book).write_text("new, without output")
    assert git("git commit -qam new", original).returncode == 0
    return clone


WAYS = re.findall(r"^(git switch .*|cp -r .*git pull)", README, re.MULTILINE)


def test_git_pull_refuses_to_overwrite_a_notebook_that_was_run(run_clone):
    refused = git("git pull", run_clone)
    assert refused.returncode != 0 and "notebooks/00.ipynb" in refused.stderr


@pytest.mark.parametrize("way", WAYS)
def test_both_ways_to_update_a_clone_bring_the_new_notebook_and_keep_the_reader_s(run_clone, way):
    assert len(WAYS) == 2
    done = git(way, run_clone)
    assert done.returncode == 0, done.stderr
    assert (run_clone / "notebooks" / "00.ipynb").read_text() == "new, without output"
    copy = run_clone / "my_notebooks" / "00.ipynb"
    branch = git("git show my-answers-1:notebooks/00.ipynb", run_clone).stdout
    assert "old, with an answer" in (branch, copy.read_text() if copy.exists() else "")


def test_the_readme_says_where_progress_lies():
    assert f"`{progress.DEFAULT}`" in README and "`COURSE_PROGRESS`" in README


# --- the address

LAUNCHERS = r"(?:colab\.research\.google\.com/github|mybinder\.org/v2/gh)/([\w-]+/[\w.-]+)"


def addresses(root: Path) -> set[str]:
    """Every repository that the README or a notebook launches (by its badges) or clones."""
    pages = [root / "README.md", root / "README.zh.md", *root.glob("notebooks/*.ipynb")]
    texts = [path.read_text(encoding="utf-8") for path in pages]
    pattern = LAUNCHERS + r"|(?:address = .*?|git clone )https://github\.com/([\w-]+/[\w.-]+)"
    return {a or b for text in texts for a, b in re.findall(pattern, text)}


def test_every_badge_set_up_cell_and_clone_names_the_repository_in_pyproject():
    assert addresses(ROOT) == {repository()}
    assert f"git clone https://github.com/{repository()} " in README


def test_no_other_file_names_the_repository():
    placed = {ROOT / "pyproject.toml", ROOT / "README.md", ROOT / "README.zh.md", ROOT / "CITATION.cff"}
    others = [p for p in files(ROOT) if p not in placed and p.suffix != ".ipynb" and p.parent.name != "docs"]
    pattern = re.compile(rf"(?:github\.com|github|gh)/{re.escape(repository())}\b")
    assert [str(p) for p in others if pattern.search(p.read_text(encoding="utf-8"))] == []


@pytest.fixture
def checkout(tmp_path) -> Path:
    """A copy of everything that holds the address, with one notebook at least."""
    for name in ("pyproject.toml", "README.md", "README.zh.md", "CITATION.cff"):
        shutil.copy(ROOT / name, tmp_path / name)
    shutil.copytree(ROOT / "notebooks", tmp_path / "notebooks")
    page = {"cells": [{"source": [badges("99_last"), *setup_cell().splitlines(keepends=True)]}]}
    (tmp_path / "notebooks" / "99_last.ipynb").write_text(json.dumps(page))
    return tmp_path


def readme_of(root: Path) -> str:
    return (root / "README.md").read_text(encoding="utf-8")


def contents(root: Path) -> dict[str, bytes]:
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def test_a_fork_changes_every_address_and_a_second_fork_does_too(checkout):
    before, original = contents(checkout), repository()
    assert addresses(checkout) == {original}
    for name in ("ada-l/gan-course", "Grace/gan.course_2", "hopper/gan-course-extended"):
        changed = fork(name, checkout)
        assert repository(checkout) == name
        assert addresses(checkout) == {name}
        assert {p.name for p in changed} >= {"pyproject.toml", "README.md", "99_last.ipynb", "CITATION.cff"}
        hub = re.search(
            r"git-pull\?repo=https://github\.com/([^&\s]+)&branch=main&targetpath=gan-course", readme_of(checkout)
        )
        assert hub[1] == name
    fork(original, checkout)
    assert contents(checkout) == before


def test_a_fork_leaves_other_repositories_alone(checkout):
    slug = repository()
    others = (
        f"https://github.com/{slug}-extras https://github.com/x{slug} https://example.org/{slug} /content/gan-course"
    )
    (checkout / "docs.md").write_text(f"{others}\nhttps://github.com/{slug}.git https://github.com/{slug}/issues.")
    fork("ada/course", checkout)
    expected = f"{others}\nhttps://github.com/ada/course.git https://github.com/ada/course/issues."
    assert (checkout / "docs.md").read_text() == expected


@pytest.mark.parametrize(
    "name", ["", "ada", "ada/", "/course", "https://github.com/ada/course", "ada/gan course", "a/b/c"]
)
def test_a_fork_to_no_repository_is_refused_with_an_example(checkout, name):
    before = contents(checkout)
    with pytest.raises(ValueError, match="make fork REPO=ada/gan-course"):
        fork(name, checkout)
    assert contents(checkout) == before


def test_the_command_says_what_to_do_next(checkout):
    shutil.copytree(ROOT / "tools", checkout / "tools", ignore=shutil.ignore_patterns("__pycache__"))
    command = [sys.executable, "-m", "tools.fork", "ada/course"]
    said = subprocess.run(command, cwd=checkout, capture_output=True, text=True, check=True, timeout=60).stdout
    assert "files now point at ada/course" in said
    assert 'git commit -am "This is ada/course"' in said
    assert f"git remote add upstream https://github.com/{repository()} " in said
    assert "git merge upstream/main" in said
    assert "private repository" in said.lower() and "make fork REPO=ada/course again" in said
    assert repository(checkout) == "ada/course"


def test_the_dev_container_builds_what_make_builds_with_a_python_that_the_course_takes():
    container = json.loads((ROOT / ".devcontainer" / "devcontainer.json").read_text(encoding="utf-8"))
    (version,) = re.findall(r"python:\d+-(3\.\d+)", container["image"])
    assert f"found {version}" not in README and version in ("3.11", "3.12", "3.13")
    target = container["postCreateCommand"].removeprefix("make ")
    assert re.search(rf"^{target}: \$\(STAMP\)$", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
