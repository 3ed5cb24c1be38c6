"""Generators and critics: for signals (`signals`), and for points in the plane (`points`)."""

from course_lib.models.points import MLPCritic, MLPGenerator
from course_lib.models.signals import SignalCritic, SignalGenerator, with_second_difference

__all__ = ["MLPCritic", "MLPGenerator", "SignalCritic", "SignalGenerator", "with_second_difference"]
