"""Figures that serve more than one notebook, and the practitioner: `base` holds their common look.

`plots.show(plots.plot_signals(values), alt="...", caption="...")`. The figures of a single notebook are the
classroom's. `channel=` is an index of the axis C, from 0; titles count channels from 1.
"""

from course_lib.plots import base, distributions, points, samples, signals, training
from course_lib.plots.base import *
from course_lib.plots.distributions import *
from course_lib.plots.points import *
from course_lib.plots.samples import *
from course_lib.plots.signals import *
from course_lib.plots.training import *

__all__ = [
    *base.__all__,
    *distributions.__all__,
    *points.__all__,
    *samples.__all__,
    *signals.__all__,
    *training.__all__,
]
