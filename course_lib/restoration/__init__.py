r"""Restoration: a damaged stretch of a recording filled from what is left of it.

The idea: what a class's signals may be and what is known of this one decide together what the rest can have been. A
Gaussian answers in closed form. A generator is asked by search: for the noise that makes what is known, and is itself
likely. One fill is a guess; several drawn fills say what else it may have been.

Everywhere `values` (N, C, L) are signals in the units of what was fitted, and `missing` (N, L) is True on the steps
that are damaged, in all channels; what stands there is never read. Fills keep every step that is known.

Fritsch and Carlson 1980, SIAM J. Numer. Anal. 17(2) (PCHIP); Yeh et al. 2017, arXiv:1607.07539 (search in the latent
space); Oliver, He and Reynolds 1996, and Bardsley et al. 2014, SIAM J. Sci. Comput. 36(4) (drawing by
randomised maxima).
"""

from course_lib.restoration.damaged import Damaged, checked
from course_lib.restoration.fills import (
    Conditional,
    GaussianFill,
    class_weights,
    conditional_gaussian,
    interpolate,
    nearest_recording,
)
from course_lib.restoration.latent import LatentSearch

__all__ = [
    "Conditional",
    "Damaged",
    "GaussianFill",
    "LatentSearch",
    "checked",
    "class_weights",
    "conditional_gaussian",
    "interpolate",
    "nearest_recording",
]
