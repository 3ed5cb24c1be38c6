"""The commands of `python -m course_lib`, one module each; what they share stands beside them.

The idea: results go to stdout, everything that is said on the way to stderr, so that `... evaluate RUN > report.txt`
holds the report and nothing else.
"""

import os
import sys


def say(text: object) -> None:
    """A sentence on the way, on stderr; of several processes (torchrun) the first speaks, others say what ends them."""
    rank = os.environ.get("RANK", "0")
    if rank == "0" or str(text).startswith("error"):
        print(text if rank == "0" else f"process {rank}: {text}", file=sys.stderr, flush=True)
