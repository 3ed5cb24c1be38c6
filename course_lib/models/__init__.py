"""Generators and critics: ours for signals (`upsampling`), the source's (`mirror`), and plain ones for points."""

from course_lib.models.mirror import MirrorCritic, MirrorGenerator
from course_lib.models.points import MLPCritic, MLPGenerator
from course_lib.models.upsampling import SignalCritic, SignalGenerator, with_second_difference

__all__ = [
    "MLPCritic",
    "MLPGenerator",
    "MirrorCritic",
    "MirrorGenerator",
    "SignalCritic",
    "SignalGenerator",
    "with_second_difference",
]
