"""The pictures of a run, as PNG bytes. matplotlib is imported here, when one is made, and nowhere else.

The idea: a run does not fail because a picture cannot be drawn: where matplotlib is missing, that is said.
"""

from pathlib import Path

import pandas as pd
from torch import Tensor

from course_lib import checkpoints, files
from course_lib.commands import say
from course_lib.commands.arguments import units
from course_lib.commands.generate import GENERATOR, draw
from course_lib.commands.recordings import Recordings
from course_lib.commands.run_folder import PICTURE, load_settings
from course_lib.data import SignalDataset


def samples_picture(real: SignalDataset, made: Tensor | None, known: dict) -> bytes:
    """Recordings, and signals made for their labels, with the rate and the unit that the run knows."""
    from course_lib import plots

    figure = plots.plot_samples(
        real.values,
        made,
        real_labels=real.labels if real.labelled else None,
        generated_labels=real.labels if real.labelled and made is not None else None,
        class_names=real.class_names,
        channel_names=real.channel_names or (),
        sampling_rate=known.get("rate"),
        unit=units(known.get("unit"), real.channels),
    )
    return _png(figure)


def report_picture(report: pd.DataFrame) -> bytes:
    """Each metric over its reference, within that one's range, the forgers beside it."""
    from course_lib import plots

    return _png(plots.plot_quality_report(report))


def history_picture(history: pd.DataFrame, target: float) -> bytes:
    """The losses of the run; `target` is the slope that the penalty asks for."""
    from course_lib import plots

    return _png(plots.plot_history(history, target=target))


def write_samples_picture(folder: Path, recordings: Recordings, *, seed: int, device: str | None) -> None:
    """samples.png: held-out recordings (where none are, those that were learnt) above as many generated signals."""
    real = recordings.learnt if recordings.held_out is None else recordings.held_out
    generator = checkpoints.load_model(folder / GENERATOR)
    labels = real.labels if generator.n_classes else None
    made = draw(generator, folder, len(real), labels=labels, seed=seed, device=device)
    try:
        picture = samples_picture(real, made, load_settings(folder))
    except ImportError as error:
        say(f"There is no {PICTURE}: pictures need matplotlib and seaborn, and {error}.")
        return
    files.write_whole(folder / PICTURE, picture)


def _png(figure: object) -> bytes:
    """The picture, and the figure closed."""
    import matplotlib.pyplot as plt

    from course_lib.plots import figure_of, figure_png

    try:
        return figure_png(figure)
    finally:
        plt.close(figure_of(figure))
