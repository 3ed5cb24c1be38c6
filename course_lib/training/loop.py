r"""One loop that plays the game: critic steps, a generator step, and what a run needs to stop and go on.

The idea: the loop reads like the algorithm in the paper. What differs between methods is one function for the critic's
loss and one for the generator's; what a run must remember (weights, averaged weights, optimisers, three streams of
random numbers, the history) is one object, so a resumed run equals the uninterrupted one.

Gulrajani et al. 2017, arXiv:1704.00028, algorithm 1; averaged weights: Yazici et al. 2019, arXiv:1806.04498.
"""

import contextlib
import copy
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from course_lib import checkpoints, losses
from course_lib.data import Mixture, SignalDataset, SwissRoll
from course_lib.runtime import choose_device
from course_lib.training.config import TrainingConfig
from course_lib.training.history import COLUMNS, Callback, History, State
from course_lib.training.objectives import critic_objective, detail_smoothing, generator_objective
from course_lib.training.unrolling import unrolled_generator_objective

Data = SignalDataset | Mixture | SwissRoll


class TrainingDiverged(FloatingPointError):
    """A loss or a weight is no longer a number; the message names the step, the losses and the likely cause."""


def train(
    generator: nn.Module,
    critic: nn.Module,
    dataset: Data,
    config: TrainingConfig = TrainingConfig(),  # noqa: B008 - frozen, and the defaults are the recipe
    *,
    device: str | torch.device | None = None,
    callbacks: Sequence[Callback] = (),
    checkpoint_dir: str | Path | None = None,
    resume: bool = False,
) -> History:
    """Train `generator` against `critic` on `dataset`; afterwards `generator` holds the averaged weights.

    Ctrl-C, or the notebook's stop, ends training after the running step and returns what there is. Both models are left
    on `device`.

    Args:
        generator: (B, latent_dim) -> (B, ...); has `latent_dim`, and `n_classes` where it takes labels.
        critic: (B, ...) -> (B,).
        dataset: values (N, ...) and labels (N,), scaled as the generator is to make them (see `Scaler`); or a toy
            distribution, of which every batch is a fresh sample.
        config: the settings.
        device: None chooses (see `runtime.choose_device`).
        callbacks: called in turn with a `State` after every generator step.
        checkpoint_dir: a folder for checkpoints; made if it is missing.
        resume: go on from the checkpoint in `checkpoint_dir`; on an empty folder, start afresh.

    Returns:
        The history, a row a generator step, those before a resume included.

    Raises:
        ValueError: if the folder holds a run and `resume` is False, if a resumed run's settings, models or data differ
            from the checkpoint's, or if models and data do not fit together.
        TrainingDiverged: at the first loss that is not a number. `generator` then holds the last sound averaged
            weights.
    """
    device = choose_device(device)
    check_models_fit(generator, critic, dataset)
    run = _Run(generator, critic, dataset, config, device)
    store = checkpoints.RunFolder(checkpoint_dir, resume=resume) if checkpoint_dir is not None else None
    if store is not None and store.exists():
        run.load_state(store.load(run.description()))

    with _stop_after_this_step() as stop_asked:
        for step in range(len(run.history) + 1, config.steps + 1):
            run.set_rates(step)
            for _ in range(config.critic_steps):
                row = run.critic_step()
            row |= run.generator_step()
            run.average(step)
            run.history._add(row)

            stopping = stop_asked() or step == config.steps
            if stopping or step % config.read_every == 0:
                run.check_finite()
            try:
                for callback in callbacks:
                    callback(State(step, generator, run.averaged, critic, run.history, config))
            except KeyboardInterrupt:
                stopping = True
            if store is not None and (stopping or step % config.checkpoint_every == 0):
                run.check_finite()
                store.save(run.description(), *run.state())
            if stopping:
                break

    run.keep_averaged_weights()
    return run.history


def sample(
    generator: nn.Module,
    n: int,
    *,
    labels: Int[Tensor, "n"] | None = None,
    seed: int | None = None,
    batch_size: int = 1024,
) -> Float[Tensor, "n ..."]:
    """n samples, (n, C, L) for signals, on the CPU and in the model's own units (`Scaler.inverse` gives the data's).

    Drawn in eval mode, and the model's mode is put back. The noise is drawn on the CPU, all at once, so neither device
    nor batch size changes which samples a seed gives.

    Args:
        labels: the class of each sample, (n,); a conditional generator needs them.
        seed: of the noise; None draws from torch's global stream.

    Raises:
        ValueError: if n is below 1, labels are missing, not asked for, of another length or out of range.
    """
    if n < 1:
        raise ValueError(f"sample: expected n of 1 or more, got {n}.")
    n_classes = getattr(generator, "n_classes", None)
    if (labels is None) != (n_classes is None):
        need = "needs labels=..., one a sample" if labels is None else "takes no labels"
        raise ValueError(f"sample: this generator {need} (its n_classes is {n_classes}).")
    if labels is not None:
        labels = torch.as_tensor(labels)
        if labels.shape != (n,):
            raise ValueError(f"sample: expected {n} labels, shape ({n},), got shape {tuple(labels.shape)}.")
    noise = torch.randn(n, generator.latent_dim, generator=None if seed is None else _stream("cpu", seed))
    device = next(generator.parameters()).device
    with _eval_mode(generator), torch.no_grad():
        batches = []
        for start in range(0, n, batch_size):
            part = slice(start, start + batch_size)
            given = () if labels is None else (labels[part].to(device),)
            batches.append(generator(noise[part].to(device), *given).float().cpu())
    return torch.cat(batches)


def check_models_fit(generator: nn.Module, critic: nn.Module, dataset: Data) -> None:
    """Raise a ValueError if generator, critic and data differ in sample shape or in their number of classes."""
    classes = {"generator": getattr(generator, "n_classes", None), "critic": getattr(critic, "n_classes", None)}
    if classes["generator"] != classes["critic"]:
        raise ValueError(
            f"train: expected generator and critic with the same n_classes, got {classes['generator']} and "
            f"{classes['critic']}. Make both with n_classes={dataset.n_classes}, or both without."
        )
    if classes["generator"] not in (None, dataset.n_classes):
        raise ValueError(
            f"train: the models take {classes['generator']} classes, and the data has {dataset.n_classes}. "
            f"Make both models with n_classes={dataset.n_classes}, or select that many classes."
        )
    if not isinstance(dataset, SignalDataset):
        for name, has in {
            "generator": getattr(generator, "out_dim", None),
            "critic": getattr(critic, "in_dim", None),
        }.items():
            if has not in (None, *dataset.shape):
                raise ValueError(f"train: the data has {dataset.shape[0]} coordinates, and the {name} {has}.")
        return
    wanted = tuple(dataset.values.shape[1:])
    for name, model in {"generator": generator, "critic": critic}.items():
        has = tuple(getattr(model, part) for part in ("channels", "length") if hasattr(model, part))
        if len(has) == 2 and has != wanted:
            raise ValueError(
                f"train: the {name} works on (channels, length) = {has}, and the data has {wanted}. "
                f"Make it with channels={wanted[0]}, length={wanted[-1]}."
            )


class _Run:
    """Everything that a run is made of, and so everything that a resumed one needs."""

    def __init__(
        self,
        generator: nn.Module,
        critic: nn.Module,
        dataset: Data,
        config: TrainingConfig,
        device: torch.device,
    ) -> None:
        self.config, self.dataset, self.device = config, dataset, device
        signals = isinstance(dataset, SignalDataset)
        self.values = dataset.values.to(device) if signals else None
        self.labels = dataset.labels.to(device) if getattr(generator, "n_classes", None) else None
        self.generator, self.critic = generator.to(device).train(), critic.to(device).train()
        self.averaged = copy.deepcopy(generator).requires_grad_(False).eval()
        self.generator_optimizer = _optimizer(generator, config)
        self.critic_optimizer = _optimizer(critic, config)
        # three streams, so that changing how one is used does not change the others
        self.streams = {name: _stream(device, config.seed, k) for k, name in enumerate(("data", "noise", "mixing"))}
        self.smoothing = detail_smoothing(self.values, config.detail) if signals else None
        self.history = History()
        self._sound = copy.deepcopy(self.averaged.state_dict())

    # one step of the game

    def critic_step(self) -> dict[str, Tensor]:
        real, labels = self._batch()
        with torch.no_grad():
            fake = self.generator(self._noise(), *labels)  # the fakes' labels are the real batch's
        loss, row = critic_objective(
            self.config,
            self.critic,
            real,
            fake,
            labels,
            self.streams["mixing"],
            self.smoothing,
            self.penalty_weight,
        )
        self.critic_optimizer.zero_grad()
        loss.backward()
        self.critic_optimizer.step()
        if self.config.objective == "wgan":
            losses.clip_weights_(self.critic, self.config.clip)
        return {"critic_loss": loss} | row

    def generator_step(self) -> dict[str, Tensor]:
        real, labels = self._batch()  # a real batch draws the labels by their frequency in training
        self.critic.requires_grad_(False)  # its own gradients are not needed here
        self._last_inputs = (self._noise(), *labels)
        fake = self.generator(*self._last_inputs)
        if self.config.unrolled_steps:
            loss = unrolled_generator_objective(self.config, self.critic, self.critic_optimizer, real, fake, labels)
        else:
            loss = generator_objective(self.config, self.critic, real, fake, labels)
        self.generator_optimizer.zero_grad()
        loss.backward()
        self.generator_optimizer.step()
        self.critic.requires_grad_(True)
        return {"generator_loss": loss}

    @torch.no_grad()
    def average(self, step: int) -> None:
        """averaged <- d averaged + (1 - d) generator, with a shorter memory during the first steps."""
        decay = min(self.config.averaging, step / (step + 10))
        if self.config.averaging == 0:
            decay = 0.0
        for kept, now in zip(self.averaged.parameters(), self.generator.parameters(), strict=True):
            kept.lerp_(now, 1 - decay)
        # BatchNorm's statistics cannot be averaged: they are of other weights. A forward pass measures its own.
        if any(isinstance(layer, nn.modules.batchnorm._BatchNorm) for layer in self.averaged.modules()):
            self.averaged.train()
            self.averaged(*self._last_inputs)
            self.averaged.eval()

    def set_rates(self, step: int) -> None:
        """What depends on the step alone: both learning rates, and the penalty's weight."""
        left = 1 - (step - 1) / self.config.steps if self.config.decay else 1.0
        both = self.config.learning_rate
        rates = {self.generator_optimizer: both, self.critic_optimizer: self.config.critic_learning_rate or both}
        for optimizer, rate in rates.items():
            for group in optimizer.param_groups:
                group["lr"] = rate * left
        self.penalty_weight = self.config.penalty_weight_at(step)

    def _batch(self) -> tuple[Tensor, tuple[Tensor, ...]]:
        if self.values is None:
            return self.dataset.sample(self.config.batch_size, self.streams["data"]), ()
        chosen = torch.randint(
            len(self.values), (self.config.batch_size,), generator=self.streams["data"], device=self.device
        )
        return self.values[chosen], (() if self.labels is None else (self.labels[chosen],))

    def _noise(self) -> Tensor:
        size = (self.config.batch_size, self.generator.latent_dim)
        return torch.randn(size, generator=self.streams["noise"], device=self.device)

    # stopping, and going on

    def check_finite(self) -> None:
        """Read the losses; raise at the first that is not a number, else remember the averaged weights as sound."""
        self.history.read()
        rows = self.history._rows_array()
        bad = ~np.isfinite(rows[:, :3]).all(axis=1)
        models = {"generator": self.generator, "averaged generator": self.averaged, "critic": self.critic}
        broken = [name for name, model in models.items() if not _is_finite(model)]
        if bad.any() or broken:
            self.averaged.load_state_dict(self._sound)
            self.keep_averaged_weights()
            raise TrainingDiverged(_why_it_diverged(rows, bad, broken, self.config))
        self._sound = copy.deepcopy(self.averaged.state_dict())

    def keep_averaged_weights(self) -> None:
        self.generator.load_state_dict(self.averaged.state_dict())

    def description(self) -> dict:
        """What must not change between a run and its resumption, and what a reader of the folder needs."""
        scaler = getattr(self.dataset, "scaler", None)
        return {
            "config": asdict(self.config),
            "generator": checkpoints.describe(self.generator),
            "critic": checkpoints.describe(self.critic),
            "data": checkpoints.digest(self.dataset),
            "scaler": checkpoints.scaler_to_json(scaler),
            "class_names": list(self.dataset.class_names),
            "class_counts": self._class_counts(),
        }

    def _class_counts(self) -> list[int] | None:
        if self.values is None:
            return None
        return torch.bincount(self.dataset.labels, minlength=self.dataset.n_classes).tolist()

    def state(self) -> tuple[dict[str, Tensor], nn.Module]:
        """Every tensor that a resumed run needs, and the generator to keep."""
        tensors = {f"streams.{name}": stream.get_state() for name, stream in self.streams.items()}
        tensors["history"] = torch.from_numpy(self.history._rows_array())
        for name in ("generator", "averaged", "critic"):
            tensors |= {f"{name}.{key}": value for key, value in getattr(self, name).state_dict().items()}
        for name in ("generator_optimizer", "critic_optimizer"):
            for index, entries in getattr(self, name).state_dict()["state"].items():
                tensors |= {f"{name}.{index}.{key}": value for key, value in entries.items()}
        return tensors, self.averaged

    def load_state(self, tensors: dict[str, Tensor]) -> None:
        for name, stream in self.streams.items():
            stream.set_state(tensors[f"streams.{name}"])
        self.history = History(tensors["history"].numpy())
        for name in ("generator", "averaged", "critic"):
            getattr(self, name).load_state_dict(_below(tensors, name))
        for name in ("generator_optimizer", "critic_optimizer"):
            optimizer, entries = getattr(self, name), {}
            for key, value in _below(tensors, name).items():
                index, entry = key.split(".", 1)
                entries.setdefault(int(index), {})[entry] = value
            optimizer.load_state_dict(optimizer.state_dict() | {"state": entries})
        self._sound = copy.deepcopy(self.averaged.state_dict())


def _optimizer(model: nn.Module, config: TrainingConfig) -> torch.optim.Optimizer:
    if config.optimizer == "rmsprop":
        return torch.optim.RMSprop(model.parameters(), lr=config.learning_rate)
    return torch.optim.Adam(model.parameters(), lr=config.learning_rate, betas=config.betas)


def _stream(device: torch.device | str, *seed: int) -> torch.Generator:
    words = np.random.SeedSequence(seed).generate_state(1, np.uint64)
    return torch.Generator(device).manual_seed(int(words[0]) >> 1)


def _tensors(model: nn.Module) -> Iterator[Tensor]:
    yield from model.parameters()
    yield from model.buffers()


def _is_finite(model: nn.Module) -> bool:
    return all(bool(torch.isfinite(t).all()) for t in _tensors(model) if t.is_floating_point())


def _below(tensors: dict[str, Tensor], name: str) -> dict[str, Tensor]:
    return {key.removeprefix(f"{name}."): value for key, value in tensors.items() if key.startswith(f"{name}.")}


def _why_it_diverged(rows: np.ndarray, bad: np.ndarray, broken: list[str], config: TrainingConfig) -> str:
    first = int(bad.argmax()) if bad.any() else len(rows)  # index of the first bad row; else: after the last one
    shown = rows[min(first, len(rows) - 1)] if len(rows) else []
    values = ", ".join(f"{name} {value:.3g}" for name, value in zip(COLUMNS, shown, strict=False))
    before = np.abs(rows[max(0, first - config.read_every) : first, :3])
    where = f"in the weights of the {' and the '.join(broken)} after step {first}" if not bad.any() else "in the losses"
    if config.objective != "wgan" and config.penalty_weight == 0:
        cause = "penalty_weight is 0, so nothing holds the critic's slope. Set it to 10"
    elif before.size and before.max() > 1e4:
        cause = (
            f"the losses had grown to {before.max():.2g} before: the critic ran away. Lower the learning rate "
            f"(now {config.learning_rate:g}), raise penalty_weight (now {config.penalty_weight:g}), and look for "
            "BatchNorm in the critic or data that was not scaled"
        )
    elif first < 25:
        cause = (
            f"it came within the first steps: look at the data's scale (Scaler.fit(train).transform(train)) and at the "
            f"learning rate (now {config.learning_rate:g})"
        )
    else:
        cause = (
            f"a step was too large: lower the learning rate (now {config.learning_rate:g}); or a norm was taken as "
            "sqrt(sum of squares), whose slope at 0 is NaN"
        )
    return (
        f"train: not a number {where}, first at step {min(first + 1, max(len(rows), 1))} of {config.steps} ({values}). "
        f"Likely cause: {cause}. The generator holds the last sound averaged weights; no such weight was saved."
    )


@contextlib.contextmanager
def _eval_mode(model: nn.Module) -> Iterator[None]:
    modes = {module: module.training for module in model.modules()}
    model.eval()
    try:
        yield
    finally:
        for module, mode in modes.items():
            module.training = mode


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
