r"""What a run is made of: everything that its next step depends on, and so everything that a resumed one needs.

The idea: weights, averaged weights, two optimisers, three streams of random numbers and the history are the whole
state. On the same machine, with the same versions and number of threads, a run that was stopped and resumed is
bit-equal to one that was not. A stream's state belongs to its kind of device: a run that goes on elsewhere is given new
streams. Several processes (`ranks`) hold the same weights; streams, recordings and share of a batch are each one's own.

Averaged weights: Yazici et al. 2019, arXiv:1806.04498.
"""

import contextlib
import copy
import warnings
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor, nn

from course_lib import checkpoints, devices
from course_lib.data import Invariants, Mixture, SignalDataset
from course_lib.devices import random_stream
from course_lib.penalties import relative_to_roughness, sobolev_smoothing
from course_lib.training import ranks
from course_lib.training.config import WEIGHT_DECAY, TrainingConfig
from course_lib.training.divergence import TrainingDiverged, grown_losses, why_it_diverged
from course_lib.training.history import History
from course_lib.training.preconditions import Data, TrainingWarning, a_few, mixes_the_batch

STREAMS = ("data", "noise", "mixing")  # apart, so that changing how one is used does not change the others


class Run:
    """The state of a run, on one device, and the few things that a step asks of it."""

    def __init__(
        self,
        generator: nn.Module,
        critic: nn.Module,
        dataset: Data,
        config: TrainingConfig,
        device: torch.device,
        invariants: Invariants | None = None,
        *,
        bf16: bool = False,
    ) -> None:
        self.config, self.dataset, self.device, self.invariants = config, dataset, device, invariants
        self.bf16 = bf16
        signals = isinstance(dataset, SignalDataset)
        self.one_pass = not mixes_the_batch(critic, *a_few(dataset, generator, critic))
        # a toy's centres lie on the device from the start, like recordings
        self.law = replace(dataset, centers=dataset.centers.to(device)) if isinstance(dataset, Mixture) else dataset
        mine = slice(ranks.rank(), None, ranks.count())  # of the recordings: all, where there is one process
        self.real_values = dataset.values[mine].to(device) if signals else None
        self.real_labels = dataset.labels[mine].to(device) if getattr(generator, "n_classes", None) else None
        self.batch_size = ranks.share_of(config.batch_size, len(dataset) if signals else None)
        self.generator, self.critic = generator.to(device).train(), critic.to(device).train()
        self.averaged = copy.deepcopy(generator).requires_grad_(False).eval()
        self.generator_optimizer = _optimizer(generator, config)
        self.critic_optimizer = _optimizer(critic, config)
        if ranks.count() > 1:
            for optimizer in (self.generator_optimizer, self.critic_optimizer):
                optimizer.register_step_pre_hook(ranks.average_gradients)
        self.streams = self._fresh_streams()
        self.smoothing = self._smoothing() if signals else None
        self.history = History()
        self.penalty_weight, self.newness = config.penalty_weight, 1.0
        layers = [*generator.modules(), *critic.modules()]
        self.draws = config.objective.draws or any(isinstance(each, nn.modules.dropout._DropoutNd) for each in layers)
        self._sound = copy.deepcopy(self.averaged.state_dict())
        self._slope_broke = torch.zeros((), dtype=torch.bool, device=device)
        self._warned = False

    # what a step asks for

    def real_batch(self) -> tuple[Tensor, tuple[Tensor, ...]]:
        """Real samples (B, ...), drawn with replacement, and their labels: (B,) in a tuple, or an empty one."""
        if self.real_values is None:
            return self.law.sample(self.batch_size, self.streams["data"]), ()
        chosen = self._chosen()
        return self.real_values[chosen], (() if self.real_labels is None else (self.real_labels[chosen],))

    def labels(self) -> tuple[Tensor, ...]:
        """Labels alone, by their frequency in training; nothing is drawn where the models take none."""
        return () if self.real_labels is None else (self.real_labels[self._chosen()],)

    def noise(self) -> Tensor:
        """(B, latent_dim) standard normal numbers."""
        size = (self.batch_size, self.generator.latent_dim)
        return torch.randn(size, generator=self.streams["noise"], device=self.device)

    def view(self, x: Tensor) -> Tensor:
        """What the critic is shown of samples: they themselves, unless it has a `view` of its own."""
        return self.critic.view(x) if hasattr(self.critic, "view") else x

    @property
    def mixing(self) -> torch.Generator:
        """Where the penalty's mixing weights are drawn from."""
        return self.streams["mixing"]

    @contextlib.contextmanager
    def own_draws(self, step: int) -> Iterator[None]:
        """What dropout and noisy labels draw in a step, from torch's global stream, follows from seed and step alone.

        So a resumed run needs no state of that stream, and the caller's is as it was afterwards. Nothing is touched
        where nothing draws.
        """
        if not self.draws:
            yield
            return
        with torch.random.fork_rng(devices=[self.device] if self.device.type == "cuda" else []):
            torch.manual_seed(random_stream("cpu", self.config.seed, len(STREAMS), step).initial_seed())
            yield

    def scores(self, one: Tensor, other: Tensor, labels: tuple[Tensor, ...]) -> tuple[Tensor, Tensor]:
        """The critic's scores of two batches of the same labels: in one pass, unless the critic mixes its batch."""
        if not self.one_pass:
            return self.critic(one, *labels), self.critic(other, *labels)
        both = self.critic(torch.cat([one, other]), *(torch.cat([own, own]) for own in labels))
        first, second = both.chunk(2)
        return first, second

    @torch.no_grad()
    def average(self, *inputs: Tensor) -> None:
        """averaged <- d averaged + (1 - d) generator, with a shorter memory during the first steps.

        BatchNorm's statistics cannot be averaged, they are of other weights: a pass over the last step's `inputs`
        measures them anew.
        """
        for kept, now in zip(self.averaged.parameters(), self.generator.parameters(), strict=True):
            kept.lerp_(now, self.newness)
        if any(isinstance(layer, nn.modules.batchnorm._BatchNorm) for layer in self.averaged.modules()):
            self.averaged.train()
            self.averaged(*inputs)
            self.averaged.eval()

    def set_rates(self, step: int) -> None:
        """What depends on the step alone: both learning rates, the penalty's weight, and the average's memory."""
        decay = min(self.config.ema_decay, step / (step + 10)) if self.config.ema_decay else 0.0
        rates = self.config.learning_rates_at(step)
        for optimizer, rate in zip((self.generator_optimizer, self.critic_optimizer), rates, strict=True):
            for group in optimizer.param_groups:
                group["lr"] = _put(group["lr"], rate)
        self.penalty_weight = _put(self.penalty_weight, self.config.penalty_weight_at(step))
        self.newness = _put(self.newness, 1 - decay)  # what the newest weights count in the average

    @contextlib.contextmanager
    def autocast(self) -> Iterator[None]:
        """Where products are taken in bfloat16, if they are; what nets give comes back in float32."""
        if not self.bf16:
            yield
            return
        nets = (self.generator, self.critic)
        hooks = [net.register_forward_hook(lambda net, given, made: made.float()) for net in nets]
        try:
            with torch.autocast(self.device.type, torch.bfloat16, cache_enabled=False):  # weights change inside
                yield
        finally:
            for hook in hooks:
                hook.remove()

    # stopping, and going on

    def note_broken_slope(self, estimate: Tensor, charge: Tensor) -> None:
        """Remember whether the slope was the first to be no number, beside sound scores; stays on the device."""
        self._slope_broke |= torch.isfinite(estimate.detach()) & torch.isnan(charge.detach())

    def check(self) -> None:
        """Read the losses; warn once if they run away.

        Raises:
            TrainingDiverged: at the first loss or weight that is not a number; the generator then holds the last sound
                averaged weights.
        """
        rows = self.history.rows()
        bad = ~np.isfinite(rows[:, :3]).all(axis=1)
        models = {"generator": self.generator, "averaged generator": self.averaged, "critic": self.critic}
        broken = [name for name, model in models.items() if not checkpoints.is_finite(model)]
        if bad.any() or broken:
            self.averaged.load_state_dict(self._sound)
            self.keep_averaged_weights()
            broke_first = bool(devices.fetch(self._slope_broke))
            raise TrainingDiverged(
                why_it_diverged(rows, bad, broken, self.config, self.real_values, slope_broke_first=broke_first)
            )
        if not self._warned and (warning := grown_losses(rows, self.config, self.real_values)):
            self._warned = True
            warnings.warn(warning, TrainingWarning, stacklevel=3)
        self._sound = copy.deepcopy(self.averaged.state_dict())

    def keep_averaged_weights(self) -> None:
        """Give the generator the averaged weights."""
        self.generator.load_state_dict(self.averaged.state_dict())

    def description(self) -> dict:
        """What must not change between a run and its resumption, and what a reader of the folder needs."""
        counts = None
        if self.real_values is not None:
            counts = torch.bincount(self.dataset.labels, minlength=self.dataset.n_classes).tolist()
        return {
            "config": self.config.describe(),
            "generator": checkpoints.describe(self.generator),
            "critic": checkpoints.describe(self.critic),
            "data": checkpoints.digest(self.dataset),
            "scaler": checkpoints.scaler_to_json(getattr(self.dataset, "scaler", None)),
            "invariants": checkpoints.invariants_to_json(self.invariants),
            "class_names": list(self.dataset.class_names),
            "class_counts": counts,
            "device": self.device.type,
            "processes": ranks.count(),
            "bf16": self.bf16,
        }

    def state(self) -> dict[str, Tensor]:
        """Every tensor that a resumed run needs."""
        tensors = {}
        for name, stream in self.streams.items():
            for rank, state in enumerate(ranks.of_all(stream.get_state())):
                tensors[_stream_name(name, rank)] = state
        tensors["history"] = torch.from_numpy(self.history.rows())
        for name in ("generator", "averaged", "critic"):
            tensors |= {f"{name}.{key}": value for key, value in getattr(self, name).state_dict().items()}
        for name in ("generator_optimizer", "critic_optimizer"):
            for index, entries in getattr(self, name).state_dict()["state"].items():
                tensors |= {f"{name}.{index}.{key}": value for key, value in entries.items()}
        return tensors

    def load_state(self, tensors: dict[str, Tensor], before: dict) -> None:
        """Go on from `state()`; `before` is the `description()` that was saved with it."""
        self.history = History(tensors["history"].numpy())
        done = len(self.history)
        then = (before.get("device", self.device.type), before.get("processes", 1))
        now = (self.device.type, ranks.count())
        if then == now:
            for name, stream in self.streams.items():
                stream.set_state(tensors[_stream_name(name, ranks.rank())])
        else:
            self.streams = self._fresh_streams(done)
            told = "{} in {} process(es)" if then[1] != now[1] else "{}"
            warnings.warn(
                f"train: this run was begun on {told.format(*then)} and goes on on {told.format(*now)}, whose random "
                f"numbers are others: its streams are seeded anew from step {done + 1}. It is as good a run, but not "
                "the same as one that stays on one kind of device.",
                TrainingWarning,
                stacklevel=3,
            )
        self._warn_of_another_length(before["config"]["steps"], done)
        for name in ("generator", "averaged", "critic"):
            getattr(self, name).load_state_dict(_below(tensors, name))
        for name in ("generator_optimizer", "critic_optimizer"):
            optimizer, entries = getattr(self, name), {}
            for key, value in _below(tensors, name).items():
                index, entry = key.split(".", 1)
                entries.setdefault(int(index), {})[entry] = value
            optimizer.load_state_dict(optimizer.state_dict() | {"state": entries})
        self._sound = copy.deepcopy(self.averaged.state_dict())

    def _warn_of_another_length(self, steps_before: int, done: int) -> None:
        """A rate that falls to 0 at the last step jumps where the last step moves."""
        config = self.config
        if not config.linear_decay or steps_before == config.steps or not 0 < done < config.steps:
            return
        left_then, left_now = max(0.0, 1 - done / steps_before), 1 - done / config.steps
        warnings.warn(
            f"train: this run was planned for {steps_before:,} steps and now has {config.steps:,}. Its learning rate "
            f"falls in a straight line to 0 at the last step, so after step {done:,} it jumps from "
            f"{config.learning_rate * left_then:.2g} to {config.learning_rate * left_now:.2g}. The result is not that "
            f"of a run planned for {config.steps:,} steps from the start.",
            TrainingWarning,
            stacklevel=4,
        )

    def _fresh_streams(self, done: int = 0) -> dict[str, torch.Generator]:
        """Streams for a run that goes on after step `done`, this process's own."""
        own = (done, ranks.rank()) if ranks.rank() else (done,) if done else ()
        return {name: random_stream(self.device, self.config.seed, k, *own) for k, name in enumerate(STREAMS)}

    def _chosen(self) -> Tensor:
        return torch.randint(
            len(self.real_values), (self.batch_size,), generator=self.streams["data"], device=self.device
        )

    def _smoothing(self) -> Tensor | None:
        values = self.dataset.values  # on the CPU: its roughness is read once, as a number
        weight = relative_to_roughness(values, self.config.sobolev_weight)
        return sobolev_smoothing(values.shape[-1], weight).to(self.real_values) if weight else None


def _put(place: float | Tensor, number: float) -> float | Tensor:
    """The number; where a captured step reads it from a tensor, put into that."""
    return place.fill_(number) if isinstance(place, Tensor) else number


def _stream_name(name: str, rank: int) -> str:
    return f"streams.{name}.{rank}" if rank else f"streams.{name}"


def _optimizer(model: nn.Module, config: TrainingConfig) -> torch.optim.Optimizer:
    if config.optimizer == "rmsprop":
        return torch.optim.RMSprop(model.parameters(), lr=config.learning_rate)
    fused = next(model.parameters()).device.type in ("cpu", "cuda")  # one kernel for all weights, where torch has it
    settings = dict(lr=config.learning_rate, betas=config.betas, fused=fused)
    if config.optimizer == "adamw":
        return torch.optim.AdamW(model.parameters(), **settings, weight_decay=WEIGHT_DECAY)
    return torch.optim.Adam(model.parameters(), **settings)


def _below(tensors: dict[str, Tensor], name: str) -> dict[str, Tensor]:
    return {key.removeprefix(f"{name}."): value for key, value in tensors.items() if key.startswith(f"{name}.")}
