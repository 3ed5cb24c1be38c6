"""What may be watched while a run trains: a progress bar, and live samples beside real ones.

The idea: the loop knows nothing of bars or pictures; it calls whatever it was given with a `State` after every
generator step.
"""

import base64
import os
import time

from IPython.display import display
from matplotlib import pyplot as plt
from torch import Tensor
from tqdm.auto import tqdm

from course_lib import plots
from course_lib.data import Scaler
from course_lib.training import State, sample


class ProgressBar:
    """Steps done, steps a second, and the newest losses that have been read from the device.

    `TQDM_DISABLE=1` turns it off, as in the tests: a bar's text differs from run to run.
    """

    def __init__(self) -> None:
        self.bar: tqdm | None = None

    def __call__(self, state: State) -> None:
        if self.bar is None:
            # tqdm's notebook bar does not heed the variable by itself, and would be stored at 0 %
            off = bool(os.environ.get("TQDM_DISABLE"))
            self.bar = tqdm(
                total=state.config.steps, initial=state.step - 1, unit="step", dynamic_ncols=True, disable=off
            )
        self.bar.update(1)
        if state.step % state.config.read_every == 0:
            newest = state.history.last()
            self.bar.set_postfix(
                W=f"{newest['wasserstein']:.3f}",
                slope=f"{newest['gradient_norm']:.2f}",
                critic=f"{newest['critic_loss']:.3f}",
                generator=f"{newest['generator_loss']:.3f}",
                refresh=False,
            )
        if state.step == state.config.steps:
            self.bar.close()


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
        else:
            self.handle.update(bundle, raw=True)


def stop_when(seconds: float):
    """A callback that ends training, as Ctrl-C would, once `seconds` have passed since it was first called."""
    deadline: list[float] = []

    def watch(state: State) -> None:
        if not deadline:
            deadline.append(time.monotonic() + seconds)
        if time.monotonic() > deadline[0]:
            raise KeyboardInterrupt

    return watch
