"""Training: the algorithm (`loop`), what is minimised (`objectives`), settings (`config`, `recipes`), a run's state.

Everything that a notebook needs can be had from here.
"""

from course_lib.training.config import TrainingConfig
from course_lib.training.divergence import TrainingDiverged
from course_lib.training.history import COLUMNS, Callback, History, State
from course_lib.training.loop import critic_step, generator_step, train, whole_step
from course_lib.training.objectives import OBJECTIVES, Objective
from course_lib.training.preconditions import TrainingWarning, check_models_fit
from course_lib.training.recipes import BEST_RECIPE, QUICK_RECIPE, SECOND_DIFFERENCES, SOURCE_RECIPE, Recipe
from course_lib.training.run import Run
from course_lib.training.sampling import sample
from course_lib.training.unrolling import unrolled_critic

__all__ = [
    "BEST_RECIPE",
    "COLUMNS",
    "OBJECTIVES",
    "QUICK_RECIPE",
    "SECOND_DIFFERENCES",
    "SOURCE_RECIPE",
    "Callback",
    "History",
    "Objective",
    "Recipe",
    "Run",
    "State",
    "TrainingConfig",
    "TrainingDiverged",
    "TrainingWarning",
    "check_models_fit",
    "critic_step",
    "generator_step",
    "sample",
    "train",
    "unrolled_critic",
    "whole_step",
]
