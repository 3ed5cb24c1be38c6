"""Every figure of the course: `base` holds their common look, the other modules one subject each.

A notebook sees them all here: `plots.show(plots.plot_signals(values), "what is to be seen")`.
"""

from course_lib.plots import (
    base,
    critics,
    divergences,
    dynamics,
    minimax,
    penalty,
    points,
    signals,
    training,
    transport,
)
from course_lib.plots.base import *
from course_lib.plots.critics import *
from course_lib.plots.divergences import *
from course_lib.plots.dynamics import *
from course_lib.plots.minimax import *
from course_lib.plots.penalty import *
from course_lib.plots.points import *
from course_lib.plots.signals import *
from course_lib.plots.training import *
from course_lib.plots.transport import *

__all__ = [
    *base.__all__,
    *critics.__all__,
    *divergences.__all__,
    *dynamics.__all__,
    *minimax.__all__,
    *penalty.__all__,
    *points.__all__,
    *signals.__all__,
    *training.__all__,
    *transport.__all__,
]
