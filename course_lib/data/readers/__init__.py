"""A practitioner's own files: a file or folder becomes a `SignalDataset`, or a sentence says what is wrong, where.

The idea: each format has a reader that turns it into `Recordings` (signals of any length, labels as text, and where in
the file each value stands). What all share - gaps, lengths, classes - is done once, in `recordings`.
"""

from course_lib.data.readers.load import load_signals, preview_signals
from course_lib.data.readers.preview import Preview

__all__ = ["Preview", "load_signals", "preview_signals"]
