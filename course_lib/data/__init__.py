"""Signals, simulated, real and your own; digits; a district's daily water demand; the container that recordings come
in; and toys in the plane.

Every loader of signals returns a `SignalDataset`, of images an `ImageDataset`; nothing here touches a file or the
network unless asked.
"""

from course_lib.data.auslan import AUSLAN_CHANNELS, RECORDINGS_DIGEST, download_auslan, load_auslan, recordings_digest
from course_lib.data.constant import constant_signals
from course_lib.data.dataset import SignalDataset
from course_lib.data.digits import load_digits, load_mnist
from course_lib.data.images import ImageDataset
from course_lib.data.invariants import Invariants
from course_lib.data.overlaps import overlapping_windows
from course_lib.data.readers import Preview, load_signals, preview_signals
from course_lib.data.resampling import resample
from course_lib.data.scaling import Scaler
from course_lib.data.simulated import SignLaw, minimum_jerk, sign_law, simulate_signs, time_warp
from course_lib.data.toys import Mixture, SwissRoll, grid, ring, swiss_roll
from course_lib.data.water import WaterDemand, simulate_water_demand
from course_lib.data.water_files import daily_demand, load_water_demand

__all__ = [
    "AUSLAN_CHANNELS",
    "ImageDataset",
    "Invariants",
    "Mixture",
    "Preview",
    "RECORDINGS_DIGEST",
    "Scaler",
    "SignLaw",
    "SignalDataset",
    "SwissRoll",
    "WaterDemand",
    "constant_signals",
    "daily_demand",
    "download_auslan",
    "grid",
    "load_auslan",
    "load_digits",
    "load_mnist",
    "load_signals",
    "load_water_demand",
    "minimum_jerk",
    "overlapping_windows",
    "preview_signals",
    "recordings_digest",
    "resample",
    "ring",
    "sign_law",
    "simulate_signs",
    "simulate_water_demand",
    "swiss_roll",
    "time_warp",
]
