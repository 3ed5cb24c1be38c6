"""The commands of `python -m course_lib`, one module each; what they share stands beside them.

The idea: results go to stdout, everything that is said on the way to stderr, so that `... evaluate RUN > report.txt`
holds the report and nothing else.
"""

import sys


def say(text: object) -> None:
    """A sentence on the way, on stderr."""
    print(text, file=sys.stderr, flush=True)
