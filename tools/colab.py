"""What the set-up cell runs on a bare Colab or Kaggle: install what is missing, never PyTorch.

Their own versions of the scientific stack stay, because replacing one that is already imported breaks the session.
So nothing that is there is touched, and `--no-deps` keeps pip from doing so by another road.
"""

import subprocess
import sys
from importlib.util import find_spec

# Module: the package that brings it. All that course_lib imports beyond what Colab cannot do without,
# and all that those packages import in their turn (a test compares with their own metadata).
NEEDED = {
    "ot": "POT",
    "pywt": "PyWavelets",
    "safetensors": "safetensors",
    "filelock": "filelock",
    "pooch": "pooch",
    "platformdirs": "platformdirs",
    "jaxtyping": "jaxtyping",
    "wadler_lindig": "wadler-lindig",
    "seaborn": "seaborn",
    "tqdm": "tqdm",
}


def install_missing() -> list[str]:
    """Install, without their dependencies, the packages whose module cannot be imported; return their names."""
    missing = [package for module, package in NEEDED.items() if find_spec(module) is None]
    if missing:
        subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", *missing], check=True)
    return missing
