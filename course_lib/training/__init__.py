"""Training: settings (`config`), what is minimised (`objectives`, `unrolling`), the loop, and what it remembers.

Everything that a notebook needs can be had from here.
"""

from course_lib.training.config import (
    DETAIL_SEEN,
    QUICK_RECIPE,
    SOURCE_RECIPE,
    Recipe,
    TrainingConfig,
)
from course_lib.training.history import COLUMNS, Callback, History, State
from course_lib.training.loop import TrainingDiverged, check_models_fit, sample, train
from course_lib.training.objectives import critic_objective, detail_weight, generator_objective
from course_lib.training.unrolling import unrolled_generator_objective

__all__ = [
    "COLUMNS",
    "DETAIL_SEEN",
    "QUICK_RECIPE",
    "SOURCE_RECIPE",
    "Callback",
    "History",
    "Recipe",
    "State",
    "TrainingConfig",
    "TrainingDiverged",
    "check_models_fit",
    "critic_objective",
    "detail_weight",
    "generator_objective",
    "sample",
    "train",
    "unrolled_generator_objective",
]
