"""Makes a bare `pytest --nbval` right from any folder of the repository."""

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent
sys.path.insert(0, str(ROOT))

from tools.notebooks import CELL_TIMEOUT, kernel_environment  # noqa: E402

# Before anything imports NumPy or PyTorch: both read the number of threads once. Kernels inherit all of it.
os.environ.update(kernel_environment())

from jaxtyping import install_import_hook  # noqa: E402

import tools.typechecked  # noqa: E402, F401 - the hook looks it up by name

# Every shape in a signature is checked while tests run; kernels, where speed matters, import the library plainly.
install_import_hook("course_lib", "tools.typechecked.typechecked")

NBVAL_DEFAULT_TIMEOUT = 2000  # seconds: long enough to hide a dead kernel
NBVAL_DEFAULT_STARTUP, OUTPUT_TIMEOUT = 60, 60  # seconds; nbval waits 5 for an output, which a busy machine exceeds


def pytest_cmdline_main(config):
    """A notebook is one scope: split between two workers (what xdist does by default), its cells miss their set-up."""
    if getattr(config.option, "numprocesses", None) and config.option.dist in ("no", "load"):
        config.option.dist = "loadscope"


def pytest_configure(config):
    """nbval's options, so that nobody has to remember them."""
    options = config.option
    if options.nbval_kernel_name is None:
        options.nbval_current_env = True  # the kernel of this environment, whatever the machine calls `python3`
    if options.nbval_sanitize_with is None:
        options.nbval_sanitize_with = str(ROOT / "tools" / "nbval_sanitize.cfg")
    if options.nbval_cell_timeout == NBVAL_DEFAULT_TIMEOUT:
        options.nbval_cell_timeout = CELL_TIMEOUT
    if options.nbval_kernel_startup_timeout == NBVAL_DEFAULT_STARTUP:
        options.nbval_kernel_startup_timeout = CELL_TIMEOUT


def pytest_collectstart(collector):
    """A library's warning differs between versions; the test of form refuses a stored one."""
    if collector.name.endswith(".ipynb") and hasattr(collector, "skip_compare"):
        collector.skip_compare += ("stderr",)


def pytest_runtest_setup(item):
    """Every notebook starts with no exercise done, whatever the one before it in this process wrote."""
    if hasattr(item, "output_timeout"):
        item.output_timeout = OUTPUT_TIMEOUT
    if getattr(item.parent, "kernel", item) is None:
        Path(os.environ["COURSE_PROGRESS"]).unlink(missing_ok=True)
