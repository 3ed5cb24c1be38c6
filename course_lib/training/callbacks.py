"""What may be watched while a run trains: a progress bar, and a clock that ends the run.

The idea: the loop knows nothing of bars or pictures; it calls whatever it was given with a `State` after every
generator step. Live samples, which need a notebook, are the classroom's.
"""

import os
import time

from tqdm.auto import tqdm

from course_lib.training.history import State


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


def stop_when(seconds: float):
    """A callback that ends training, as Ctrl-C would, once `seconds` have passed since it was first called."""
    deadline: list[float] = []

    def watch(state: State) -> None:
        if not deadline:
            deadline.append(time.monotonic() + seconds)
        if time.monotonic() > deadline[0]:
            raise KeyboardInterrupt

    return watch
