"""How far generated samples are from real ones: signals, a module a way to look, and points over known modes."""

from course_lib.metrics.classifiers import (
    Comparison,
    DiscriminativeScore,
    caught_below,
    caught_null,
    discriminative_score,
    importance_over_time,
)
from course_lib.metrics.distribution import (
    PrecisionRecall,
    frechet_distance,
    maximum_mean_discrepancy,
    median_bandwidth,
    precision_recall,
    signal_frechet,
)
from course_lib.metrics.fills import band_coverage, energy_score
from course_lib.metrics.images import (
    ImageJudge,
    ImageScore,
    checkerboard_ratio,
    few_label_accuracy,
    score_images,
)
from course_lib.metrics.neighbours import copied_share, nearest_neighbour_ratio
from course_lib.metrics.points import ModeCoverage, mode_coverage
from course_lib.metrics.ranges import Interval, paired_interval, prediction_range
from course_lib.metrics.recognition import (
    TransferScore,
    class_accuracy,
    class_share_distance,
    transfer_score,
)
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
    predictive_score,
    roughness_ratio,
    spectral_distance,
    variance_ratio,
)
from course_lib.metrics.verdict import GRADES, Verdict, verdict_of

__all__ = [
    "GRADES",
    "METRICS",
    "Comparison",
    "DiscriminativeScore",
    "ImageJudge",
    "ImageScore",
    "Interval",
    "ModeCoverage",
    "PrecisionRecall",
    "TransferScore",
    "Verdict",
    "autocorrelation",
    "autocorrelation_distance",
    "band_coverage",
    "caught_below",
    "caught_null",
    "checkerboard_ratio",
    "class_accuracy",
    "class_share_distance",
    "copied_share",
    "discriminative_score",
    "edge_roughness_ratio",
    "edge_variance_ratio",
    "energy_score",
    "few_label_accuracy",
    "frechet_distance",
    "importance_over_time",
    "maximum_mean_discrepancy",
    "median_bandwidth",
    "mode_coverage",
    "nearest_neighbour_ratio",
    "paired_interval",
    "power_spectrum",
    "precision_recall",
    "prediction_range",
    "predictive_score",
    "quality_report",
    "reference",
    "roughness_ratio",
    "score_images",
    "signal_frechet",
    "spectral_distance",
    "transfer_score",
    "variance_ratio",
    "verdict_of",
]
