"""Signals: the simulated signs, the real ones, and the container that both come in.

Every loader returns a `SignalDataset`; nothing here reads or writes a file unless asked.
"""

from course_lib.data.dataset import Scaler, SignalDataset
from course_lib.data.simulated import SignLaw, minimum_jerk, sign_law, simulate_signs

__all__ = ["Scaler", "SignLaw", "SignalDataset", "minimum_jerk", "sign_law", "simulate_signs"]
