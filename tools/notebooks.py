"""Notebooks: the text that all of them share, and how their outputs are made anew."""

import os
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def kernel_environment() -> dict[str, str]:
    """The environment in which stored outputs are made *and* tested: quick scale, CPU, one thread, no one's progress."""
    path = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
    progress = Path(tempfile.mkdtemp(prefix="course-progress-")) / "progress.json"
    return {
        "PYTHONPATH": path,
        "COURSE_SCALE": "quick",
        "COURSE_PROGRESS": str(progress),
        "CUDA_VISIBLE_DEVICES": "",
        "OMP_NUM_THREADS": "1",
        "MKL_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "TQDM_DISABLE": "1",
    }
