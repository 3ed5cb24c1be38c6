"""How far generated samples are from real ones: signals, a module a way to look, and points over known modes."""

from course_lib.metrics.classifiers import (
    discriminative_score,
)
from course_lib.metrics.distribution import (
    PrecisionRecall,
    frechet_distance,
    maximum_mean_discrepancy,
    median_bandwidth,
    precision_recall,
    signal_frechet,
)
from course_lib.metrics.neighbours import (
    nearest_neighbour_ratio,
)
from course_lib.metrics.points import ModeCoverage, mode_coverage
from course_lib.metrics.report import (
    METRICS,
    quality_report,
    reference,
)
from course_lib.metrics.time import (
    autocorrelation,
    autocorrelation_distance,
    edge_roughness_ratio,
    edge_variance_ratio,
    power_spectrum,
    roughness_ratio,
    spectral_distance,
    variance_ratio,
)

__all__ = [
    "METRICS",
    "ModeCoverage",
    "PrecisionRecall",
    "autocorrelation",
    "autocorrelation_distance",
    "discriminative_score",
    "edge_roughness_ratio",
    "edge_variance_ratio",
    "frechet_distance",
    "maximum_mean_discrepancy",
    "median_bandwidth",
    "mode_coverage",
    "nearest_neighbour_ratio",
    "power_spectrum",
    "precision_recall",
    "quality_report",
    "reference",
    "roughness_ratio",
    "signal_frechet",
    "spectral_distance",
    "variance_ratio",
]
