"""Notebooks: the text that all of them share, and how their outputs are made anew.

python -m tools.notebooks refresh [NOTEBOOK ...]     run them (or all) again and store what they show
python -m tools.notebooks build SOURCE.py NOTEBOOK   lay a py:percent text into a notebook; unchanged cells keep outputs
python -m tools.notebooks fold NOTEBOOK ...          claims and solutions into cells of their own; fold claims, set-up
"""

import argparse
import atexit
import difflib
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from urllib.parse import quote

import nbformat
from nbformat import NotebookNode

from tools import claims, exercises
from tools.address import PREFIX, ROOT, repository

NOTEBOOKS = ROOT / "notebooks"
CELL_TIMEOUT = 900  # seconds, for a refresh and for the tests: beside ten other runs 40 s became more than 300
ASK_FOR_GPU = ("08_", "10_", "11_", "12_")
SETUP_MARK = claims.SETUP_TITLE
KEPT = ("tags", "jupyter", "cellView")  # of a cell's metadata: what folds it, and what nbval goes by
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"


# --- the text that every notebook shares


def badges(name: str, branch: str = "main") -> str:
    """The launch badges of the notebook `name` (its stem) on `branch`, and the link to its Chinese introduction."""
    page = f"notebooks/{name}.ipynb"
    colab = f"https://colab.research.google.com/github/{repository()}/blob/{branch}/{page}"
    binder = f"https://mybinder.org/v2/gh/{repository()}/{branch}?labpath={quote(page, safe='')}"
    kaggle = f"https://kaggle.com/kernels/welcome?src=https://github.com/{repository()}/blob/{branch}/{page}"
    return (
        f"[![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)]({colab}) "
        f"[![Open in Binder](https://mybinder.org/badge_logo.svg)]({binder}) "
        f"[![Open in Kaggle](https://kaggle.com/static/images/open-in-kaggle.svg)]({kaggle}) "
        f"[中文导读](../docs/introductions.zh.md#{name})"
    )


def setup_cell() -> str:
    """The lines that open the first code cell of every notebook; the notebook's own imports follow them."""
    return f"""\
{SETUP_MARK}: a bare Colab or Kaggle fetches the course
import sys
from importlib.util import find_spec
from os import environ

if find_spec("course_lib") is None and (
    "google.colab" in sys.modules or "KAGGLE_KERNEL_RUN_TYPE" in environ
):
    from pathlib import Path
    from subprocess import run

    folder, address = "/content/gan-course", "{PREFIX}{repository()}"
    if not Path(folder).exists():
        run(["git", "clone", "--quiet", "--depth=1", address, folder], check=True)
    sys.path.insert(0, folder)
    from tools.colab import install_missing

    install_missing()

# This notebook
"""


# --- running


def kernel_environment() -> dict[str, str]:
    """The environment in which outputs are stored *and* tested: quick scale, the CPU, one thread, nobody's progress."""
    folder = tempfile.mkdtemp(prefix="course-progress-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return {
        "PYTHONPATH": os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")])),
        "COURSE_SCALE": "quick",
        "COURSE_PROGRESS": os.path.join(folder, "progress.json"),
        "COURSE_DEVICE": "cpu",
        "IPYTHONDIR": os.path.join(folder, "ipython"),  # nobody's start-up files; no other kernel locks its history
        "OMP_NUM_THREADS": "1",
        "MKL_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "TQDM_DISABLE": "1",
    }


def execute(notebook: NotebookNode, folder: Path) -> None:
    """Run every cell in a fresh kernel of this environment, started in `folder`, and store what it shows.

    Raises:
        nbclient.exceptions.CellExecutionError: at the first cell that fails and is not tagged `raises-exception`.
    """
    # Needed here alone: conftest reads this module too, and must stay quick.
    from jupyter_client.manager import AsyncKernelManager
    from nbclient import NotebookClient
    from nbval.kernel import CURRENT_ENV_KERNEL_NAME, NbvalKernelspecManager

    manager = AsyncKernelManager(
        kernel_name=CURRENT_ENV_KERNEL_NAME,  # nbval's own way to the kernel of this environment
        kernel_spec_manager=NbvalKernelspecManager(),
    )
    client = NotebookClient(
        notebook,
        km=manager,
        timeout=CELL_TIMEOUT,
        startup_timeout=CELL_TIMEOUT,
        iopub_timeout=CELL_TIMEOUT,  # after it an output is dropped without a word
        record_timing=False,
        store_widget_state=False,
        coalesce_streams=True,
        resources={"metadata": {"path": str(folder)}},
    )
    client.owns_km = True  # so that the kernel ends with the client, also after an error
    client.execute(env={**os.environ, **kernel_environment()}, stderr=subprocess.DEVNULL)


def normalise(notebook: NotebookNode, name: str) -> None:
    """Drop what differs from run to run and says nothing: widget state, time stamps, the machine's kernel name."""
    gpu = {"accelerator": "GPU"} if name.startswith(ASK_FOR_GPU) else {}
    notebook.metadata = nbformat.from_dict(
        {
            **gpu,
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        }
    )
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    for cell in notebook.cells:
        cell.metadata = nbformat.from_dict({key: cell.metadata[key] for key in KEPT if key in cell.metadata})
        for output in cell.get("outputs", []):
            # A view of a widget that is gone shows as an error; the picture beside it is what a reader sees.
            if len(output.get("data", {})) > 1:
                output["data"].pop(WIDGET_VIEW, None)


def write(notebook: NotebookNode, path: Path) -> None:
    """Store a notebook, whole or not at all."""
    nbformat.validate(notebook)
    partial = path.with_suffix(".partial")
    partial.write_text(nbformat.writes(notebook) + "\n", encoding="utf-8", newline="\n")
    partial.replace(path)


def refresh(path: Path) -> None:
    """Run the notebook at `path` again and store its outputs; a failing cell leaves the file as it was."""
    notebook = nbformat.read(path, as_version=4)
    execute(notebook, path.resolve().parent)
    normalise(notebook, path.stem)
    write(notebook, path)


# --- building from text


def _source_of(cell: NotebookNode) -> tuple[str, str]:
    return cell.cell_type, cell.source


def carry_over(new: NotebookNode, old: NotebookNode) -> None:
    """Give the cells of `new` that stand unchanged in `old` their identity and outputs; a changed one has none."""
    before, after = [_source_of(c) for c in old.cells], [_source_of(c) for c in new.cells]
    for block in difflib.SequenceMatcher(a=before, b=after, autojunk=False).get_matching_blocks():
        for kept, cell in zip(old.cells[block.a :][: block.size], new.cells[block.b :][: block.size], strict=True):
            cell.id = kept.id
            if cell.cell_type == "code":
                cell.outputs, cell.execution_count = kept.outputs, kept.execution_count


def name_cells(notebook: NotebookNode) -> None:
    """Identities that depend on the text alone, so that building twice gives the same file."""
    seen: dict[str, int] = {}
    for cell in notebook.cells:
        digest = hashlib.sha256("\n".join(_source_of(cell)).encode()).hexdigest()[:8]
        seen[digest] = seen.get(digest, 0) + 1
        cell.id = digest if seen[digest] == 1 else f"{digest}-{seen[digest]}"


def with_badges(source: str, name: str) -> str:
    """The first cell with the launch badges below its title, in place of older ones."""
    title, *rest = [line for line in source.splitlines() if not line.startswith("[![Open in ")]
    return "\n\n".join([title, badges(name), "\n".join(rest).strip()]).strip()


def with_setup(source: str) -> str:
    """The set-up cell with today's opening lines before the notebook's own."""
    own = source.split("# This notebook\n", 1)[-1] if "# This notebook\n" in source else source.split("\n", 1)[-1]
    return setup_cell() + own.strip("\n")


def renew_setup(notebook: NotebookNode, name: str) -> None:
    """Write today's opening lines into the notebook's set-up cell.

    Raises:
        ValueError: if there is none, or more than one.
    """
    setups = [cell for cell in claims.code_cells(notebook.cells) if re.match(r"# (@title )?Set-up", cell.source)]
    if len(setups) != 1:
        raise ValueError(f"{name}: one code cell must start with '# Set-up', and {len(setups)} do")
    setups[0].source = with_setup(setups[0].source)


def build(text: str, name: str, old: NotebookNode | None = None) -> NotebookNode:
    """A notebook from py:percent `text`: badges below the title, set-up lines in the cell that starts with `# Set-up`.

    That cell and those made of claims alone are folded, whatever the text says of it.

    Raises:
        ValueError: if the text does not open with a titled markdown cell or has no set-up cell.
    """
    import jupytext

    notebook = jupytext.reads(text, fmt="py:percent")
    cells = notebook.cells
    if not cells or cells[0].cell_type != "markdown" or not cells[0].source.startswith("# "):
        raise ValueError(f"{name}: the first cell must be markdown and start with '# ' and the title")
    renew_setup(notebook, name)
    cells[0].source = with_badges(cells[0].source, name)
    exercises.set_solutions_apart(notebook)
    claims.mark(notebook)
    name_cells(notebook)
    if old is not None:
        carry_over(notebook, old)
    normalise(notebook, name)
    return notebook


def fold(path: Path) -> None:
    """Put the claims of the notebook at `path` into folded cells of their own; nothing is run, outputs stay."""
    notebook = nbformat.read(path, as_version=4)
    renew_setup(notebook, path.stem)
    all_run = all(cell.execution_count for cell in claims.code_cells(notebook.cells))
    claims.fold(notebook)
    exercises.set_solutions_apart(notebook)
    if all_run:  # and nothing else is shown now than before
        for count, cell in enumerate(claims.code_cells(notebook.cells), 1):
            cell.execution_count = count
    name_cells(notebook)
    normalise(notebook, path.stem)
    write(notebook, path)


# --- command line


def main(arguments: list[str] | None = None) -> int:
    """Run one of the commands; 0 if all went well."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    refreshing = commands.add_parser("refresh")
    refreshing.add_argument("notebooks", nargs="*", type=Path, default=sorted(NOTEBOOKS.glob("*.ipynb")))
    building = commands.add_parser("build")
    building.add_argument("source", type=Path)
    building.add_argument("notebook", type=Path)
    folding = commands.add_parser("fold")
    folding.add_argument("notebooks", nargs="+", type=Path)
    given = parser.parse_args(arguments)

    if given.command == "build":
        path = given.notebook
        old = nbformat.read(path, as_version=4) if path.exists() else None
        write(build(given.source.read_text(encoding="utf-8"), path.stem, old), path)
        return 0

    if given.command == "fold":
        for path in given.notebooks:
            fold(path)
        return 0

    from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

    failed = 0
    for path in given.notebooks:
        print(f"{path} ...", flush=True)
        try:
            refresh(path)
        except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
            print(f"{path} was left as it was: {error}", file=sys.stderr)
            failed += 1
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
