"""Print the oldest versions that pyproject.toml allows, for `make floor` to try the library on.

PyTorch stays as it is installed (its old builds are gigabytes), and so do the tools that no kernel imports.
"""

import tomllib

from tools.address import ROOT

NOT_TRIED = {"torch", "jupyterlab", "nbval"}
# What the oldest versions need beside the newest ones' needs.
BESIDE = ["pytz", "widgetsnbextension==3.6.0", "jupyterlab-widgets==1.1.0", "ipython-genutils==0.2.0"]


def floor() -> list[str]:
    """One `name==version` for each lower bound, and what these need."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    bounds = [requirement.split(">=") for requirement in project["dependencies"]]
    return [f"{name}=={version}" for name, version in bounds if name not in NOT_TRIED] + BESIDE


if __name__ == "__main__":
    print("\n".join(floor()))
