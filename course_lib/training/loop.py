r"""Algorithm 1 of WGAN-GP, line for symbol: critic steps, then a generator step.

The idea: the loop reads like the algorithm in the paper. What a method minimises is an `Objective`; what a run must
remember (weights, averaged weights, optimisers, streams of random numbers, the history) is a `Run`.

Gulrajani et al. 2017, arXiv:1704.00028, algorithm 1; its line numbers stand in the comments.
"""

import contextlib
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from course_lib import penalties
from course_lib.data import Invariants
from course_lib.devices import choose_device
from course_lib.training import ranks
from course_lib.training.captured import CapturedStep
from course_lib.training.config import TrainingConfig
from course_lib.training.folder import run_folder
from course_lib.training.history import Callback, History, State
from course_lib.training.preconditions import Data, as_data, check_models_fit, check_penalty_fits, warn_of_trouble
from course_lib.training.run import Run
from course_lib.training.unrolling import unrolled_critic


def critic_step(run: Run) -> dict[str, Tensor]:
    """Lines 4 to 9: the critic D learns to tell real samples x from fake ones. Returns its row of the history."""
    G, D, objective = run.generator, run.critic, run.config.objective
    penalty = objective.penalty

    x, y = run.real_batch()  # line 4: x ~ P_r, with its labels y
    with torch.no_grad():
        x_fake = G(run.noise(), *y)  # line 5: G(z) with z ~ p(z), for the labels of x
        x, x_fake = run.view(x), run.view(x_fake)  # what D is shown of them: slopes are taken there
    if penalty.place in ("real", "fake", "both"):  # R1, R2: slopes at the samples come with their scores
        x.requires_grad_()
        x_fake.requires_grad_()
    real_scores, fake_scores = run.scores(x, x_fake, y)  # D(x), D(G(z))
    if penalty.place == "between":
        x_hat = penalties.interpolate(x, x_fake, generator=run.mixing)  # line 6: e x + (1 - e) G(z), e ~ U[0, 1]
        slopes = penalties.gradient_norms(lambda points: D(points, *y), x_hat, smoothing=run.smoothing)
    else:
        slopes = penalties.slopes_at_samples(
            penalty.place, x, x_fake, real_scores, fake_scores, smoothing=run.smoothing
        )
    charge = penalty.charge(slopes)  # E (|grad D(x_hat)| - 1)^2 for WGAN-GP
    loss = objective.critic_loss(real_scores, fake_scores) + run.penalty_weight * charge  # line 7

    run.critic_optimizer.zero_grad()
    loss.backward()
    run.critic_optimizer.step()  # line 9: w <- Adam(grad_w L)
    if objective.clips:
        penalties.clip_weights_(D, run.config.clip)  # WGAN, in place of a penalty
    estimate = real_scores.mean() - fake_scores.mean()
    run.note_broken_slope(estimate, charge)
    return {"critic_loss": loss, "wasserstein": estimate, "penalty": charge, "gradient_norm": slopes.mean()}


def generator_step(run: Run) -> dict[str, Tensor]:
    """Lines 11 and 12: the generator G learns to raise the scores of its samples. Returns its part of the row."""
    G, D, objective = run.generator, run.critic, run.config.objective
    needs_real = objective.paired or objective.unrolled_steps > 0

    x, y = run.real_batch() if needs_real else (None, run.labels())  # labels by their frequency in training
    z = run.noise()  # line 11: z ~ p(z)
    D.requires_grad_(False)  # its own gradients are not needed here
    x_fake = G(z, *y)
    if objective.unrolled_steps:
        D = unrolled_critic(D, run.critic_optimizer, objective, x, x_fake, y)
    scores = run.scores(x_fake, x, y) if objective.paired else (D(x_fake, *y),)
    loss = objective.generator_loss(*scores)  # -E D(G(z)) for WGAN-GP

    run.generator_optimizer.zero_grad()
    loss.backward()
    run.generator_optimizer.step()  # line 12: theta <- Adam(grad_theta L)
    run.critic.requires_grad_(True)
    run.average(z, *y)
    return {"generator_loss": loss}


def whole_step(run: Run) -> dict[str, Tensor]:
    """Lines 2 to 12: critic steps, then a generator step. Returns a row of the history."""
    for _ in range(run.config.critic_steps):
        row = critic_step(run)
    return row | generator_step(run)


def train(
    generator: nn.Module,
    critic: nn.Module,
    dataset: Data | Any,  # what it cannot use it refuses by name
    config: TrainingConfig = TrainingConfig(),  # noqa: B008 - frozen, and the defaults are the recipe
    *,
    device: str | torch.device | None = None,
    callbacks: Sequence[Callback] = (),
    checkpoint_dir: str | Path | None = None,
    resume: bool = False,
    invariants: Invariants | None = None,
    bf16: bool = False,
    captured: bool = False,
) -> History:
    """Train `generator` against `critic` on `dataset`; afterwards `generator` holds the averaged weights.

    Ctrl-C, or the notebook's stop, ends training after the running step and returns what there is. Both models are left
    on `device`.

    Args:
        generator: (B, latent_dim) -> (B, ...); has `latent_dim`, and `n_classes` where it takes labels.
        critic: (B, ...) -> (B,).
        dataset: a `SignalDataset`, scaled as the generator is to make it (see `Scaler`), or an `ImageDataset`; an array
            or tensor (N, C, L) of unlabelled signals; or a toy distribution, of which every batch is a fresh sample.
        config: the settings.
        device: None chooses (see `devices.choose_device`).
        callbacks: called in turn with a `State` after every generator step.
        checkpoint_dir: a folder for checkpoints; made if it is missing, and held against a second run.
        resume: go on from the checkpoint in `checkpoint_dir`; on an empty folder, start afresh.
        invariants: what all recordings share exactly, in their own units. Training does not use them; they are kept in
            the checkpoint beside the dataset's scaler, for whoever draws from it.
        bf16: multiply in bfloat16 (torch.autocast): faster where the processor has it, and with 3 digits. Weights and
            losses stay in float32. Over 400 steps the signals came out a little smoother, and no worse by the judges
            (docs/speed.md).
        captured: on CUDA, replay each whole step as one graph (see `captured`). It was not run on a GPU yet.

    Returns:
        The history, a row a generator step, those before a resume included.

    Raises:
        ValueError: if the folder holds a run and `resume` is False, or is in use; if a resumed run's settings, models
            or data differ from the checkpoint's; if models and data do not fit together; if there is BatchNorm in a
            critic whose slope is charged; or if `captured` is asked for where there is nothing to capture.
        ProcessLost: if another process of the run has ended (see `ranks`).
        TrainingDiverged: at the first loss that is not a number. `generator` then holds the last sound averaged
            weights.

    Warns:
        TrainingWarning: of what is likely to end badly: data of an odd scale, very few signals, losses that grow, a
            generator that will not be saved.
    """
    device, dataset = choose_device(device), as_data(dataset)
    check_models_fit(generator, critic, dataset)
    check_penalty_fits(critic, config)
    warn_of_trouble(generator, dataset, config, saved=checkpoint_dir is not None)
    place = checkpoint_dir if ranks.rank() == 0 else None  # of several processes one writes
    with run_folder(place, resume=resume) as folder, _stop_after_this_step() as stop_asked:
        run = Run(generator, critic, dataset, config, device, invariants, bf16=bf16)
        begun = folder is not None and folder.holds_a_run()
        if begun := ranks.from_the_first(folder.load(run.description()) if begun else None):
            run.load_state(*begun)
        take_step = CapturedStep(run, whole_step) if captured else whole_step

        for step in range(len(run.history) + 1, config.steps + 1):
            run.set_rates(step)
            with run.own_draws(step), run.autocast():
                row = take_step(run)
            run.history.add(row)

            stopping = stop_asked() or step == config.steps
            if stopping or step % config.read_every == 0:
                run.check()
            try:
                for callback in callbacks:
                    callback(State(step, generator, run.averaged, critic, run.history, config))
            except KeyboardInterrupt:
                stopping = True
            stopping = ranks.any_of(stopping)
            if checkpoint_dir is not None and (stopping or step % config.checkpoint_every == 0):
                run.check()
                state = run.state()
                if folder is not None:
                    folder.save(run.description(), state, run.averaged)
            if stopping:
                break

    run.keep_averaged_weights()
    return run.history


@contextlib.contextmanager
def _stop_after_this_step() -> Iterator[Callable[[], bool]]:
    """Turn the first Ctrl-C into a question that the loop asks between steps; the second acts at once."""
    asked = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield asked.is_set  # signals reach the main thread only
        return
    before = signal.getsignal(signal.SIGINT)

    def ask(signum, frame) -> None:
        asked.set()
        signal.signal(signal.SIGINT, before)

    signal.signal(signal.SIGINT, ask)
    try:
        yield asked.is_set
    finally:
        signal.signal(signal.SIGINT, before)
