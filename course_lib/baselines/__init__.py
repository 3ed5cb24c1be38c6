"""The forgers: signals without a network, from the training recordings in a few lines; a module for few of them."""

from course_lib.baselines.few import CarriedResiduals, ClassicalCopies
from course_lib.baselines.forger import Forger
from course_lib.baselines.forgers import (
    COVARIANCES,
    FourierSurrogates,
    Gaussian,
    Interpolation,
    JitteredCopies,
    forge,
)

__all__ = [
    "COVARIANCES",
    "CarriedResiduals",
    "ClassicalCopies",
    "Forger",
    "FourierSurrogates",
    "Gaussian",
    "Interpolation",
    "JitteredCopies",
    "forge",
]
