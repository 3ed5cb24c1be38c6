"""Live samples beside real ones, in one picture that is drawn anew while a run trains."""

import base64

from IPython.display import display
from matplotlib import pyplot as plt
from torch import Tensor

from course_lib import plots
from course_lib.data import Scaler
from course_lib.training import State, sample

CAPTION = "Recordings above, generated signals below, drawn anew while the run trains; the title says at which step."


class LiveSamples:
    """Every `every` steps, the averaged generator's signals beside real ones, in one picture that is drawn anew.

    The same noise each time, so that one sees the same signals improve.

    Args:
        real: (n, C, L) signals in the recording's units.
        scaler: turns the model's units into the recording's; None leaves them.
        labels: (n,) for a conditional generator.
        every: generator steps between pictures.
        sampling_rate: steps a second, for the time axis.
    """

    def __init__(
        self,
        real: Tensor,
        *,
        scaler: Scaler | None = None,
        labels: Tensor | None = None,
        every: int = 100,
        sampling_rate: float = 80.0,
        unit: str = "m",
    ) -> None:
        self.real, self.scaler, self.labels, self.every = real, scaler, labels, every
        self.sampling_rate, self.unit = sampling_rate, unit
        self.handle = None

    def __call__(self, state: State) -> None:
        if state.step % self.every and state.step != state.config.steps:
            return
        fake = sample(state.averaged, len(self.real), labels=self.labels, seed=0)
        fake = self.scaler.inverse(fake) if self.scaler is not None else fake
        figure = plots.plot_real_beside_generated(self.real, fake, sampling_rate=self.sampling_rate, unit=self.unit)
        figure.suptitle(f"step {state.step} of {state.config.steps}")
        # The same words at every step: nbval compares them with those of the first picture.
        alt = "real signals beside generated ones, drawn anew while the run trains"
        picture = base64.b64encode(plots.figure_png(figure)).decode()
        bundle = {"image/png": picture, "text/plain": f"Figure: {alt}"}
        plt.close(figure)
        if self.handle is None:
            self.handle = display(bundle, raw=True, display_id=True)
            display(plots.caption_output(CAPTION), raw=True)
        else:
            self.handle.update(bundle, raw=True)
