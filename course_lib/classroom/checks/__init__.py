"""Feedback on the exercises: `checks.NAME(answer)` says what an answer shows, and never raises.

The judges of notebook NN stand in `notebook_NN.py` beside this file, those of the museum in `museum_*.py`; each is
found by itself. `base` says what a judge is.
"""

from importlib import import_module
from pkgutil import iter_modules

from course_lib.classroom.checks.base import (
    EXERCISES,
    Exercise,
    Refused,
    Verdict,
    as_function,
    as_number,
    as_numbers,
    as_tensor,
    close,
    exercise,
    refuse,
    the_one,
)

for _module in sorted(module.name for module in iter_modules(__path__)):
    if _module.startswith(("notebook_", "museum_")):
        import_module(f"{__name__}.{_module}")
globals().update(EXERCISES)

__all__ = [
    "EXERCISES",
    "Exercise",
    "Refused",
    "Verdict",
    "as_function",
    "as_number",
    "as_numbers",
    "as_tensor",
    "close",
    "exercise",
    "refuse",
    "the_one",
    *EXERCISES,
]
