"""Generators and critics: for signals (ours: `upsampling`, `multiscale`; the source's: `mirror`), points and images."""

from course_lib.models.class_gaussian import ClassGaussian, class_gaussians
from course_lib.models.images import (
    ConvDiscriminator,
    DCGANDiscriminator,
    DCGANGenerator,
    FullyConnectedGenerator,
    normal_weights_,
)
from course_lib.models.mirror import MirrorCritic, MirrorGenerator
from course_lib.models.multiscale import MultiScaleGenerator, noise_floor
from course_lib.models.multiscale_critic import MultiScaleCritic, spectrum_sizes, step_scales
from course_lib.models.points import MLPCritic, MLPGenerator
from course_lib.models.upsampling import SignalCritic, SignalGenerator, with_second_difference

__all__ = [
    "ClassGaussian",
    "ConvDiscriminator",
    "DCGANDiscriminator",
    "DCGANGenerator",
    "FullyConnectedGenerator",
    "MLPCritic",
    "MLPGenerator",
    "MirrorCritic",
    "MirrorGenerator",
    "MultiScaleCritic",
    "MultiScaleGenerator",
    "SignalCritic",
    "SignalGenerator",
    "class_gaussians",
    "noise_floor",
    "normal_weights_",
    "spectrum_sizes",
    "step_scales",
    "with_second_difference",
]
