r"""A model of another kind, to be set beside the generators at equal time: diffusion, learnt without a critic.

The idea: noise is mixed into a signal little by little, until nothing else is left. A net learns to tell the two apart
at every level of it, by least squares. Drawing goes the way back: from noise alone, a little less of it at a time.

At level t of 0 to T, $x_t = \sqrt{\bar\alpha_t}\, x_0 + \sqrt{1 - \bar\alpha_t}\, \varepsilon$ with white noise
$\varepsilon$. The net predicts the velocity $\sqrt{\bar\alpha_t}\, \varepsilon - \sqrt{1 - \bar\alpha_t}\, x_0$, from
which both follow at every level. Signals (B, C, L) are of size 1, as `Scaler` leaves them.

Ho et al. 2020, arXiv:2006.11239 (the idea); Nichol and Dhariwal 2021, arXiv:2102.09672 (the schedule); Salimans and Ho
2022, arXiv:2202.00512 (velocity); Lu et al. 2022, arXiv:2211.01095 (drawing in few steps); Ronneberger et al. 2015,
arXiv:1505.04597 (U-Net; here skips are added, which costs less than setting them beside).
"""

import copy
import time
from dataclasses import dataclass
from itertools import pairwise

import torch
from jaxtyping import Float, Float64, Int
from torch import Tensor, nn
from torch.nn import functional

from benchmarks.recipes import Budget
from course_lib.data import SignalDataset
from course_lib.devices import random_stream
from course_lib.training.sampling import BLOCK

GROUPS = 8  # that GroupNorm parts the channels into
TOLD = 128  # numbers that level and label are embedded in
PLACES = 8  # waves in time beside the signal: a convolution does not know where it is
MANY = 64  # signals that are drawn at once: few fit a processor's cache


@dataclass(frozen=True)
class Diffusion:
    """How the net is built and trained, and how signals are drawn from it.

    Attributes:
        width: channels at full length, twice as many at half of it, four times below; a multiple of 8.
        levels: T.
        sampling_steps: from level T to 0, at most T; a step is the longer, the more noise there is.
    """

    width: int = 16
    levels: int = 1000
    batch_size: int = 32
    learning_rate: float = 2e-3
    ema_decay: float = 0.999
    sampling_steps: int = 50


def alpha_bars(levels: int) -> Float64[Tensor, "levels+1"]:
    r"""The share $\bar\alpha_t$ of a signal's power that is left at level t: from 1 to 0 as a cosine squared.

    No level takes more than 0.999 of what is left. Nichol and Dhariwal 2021, equation 17, without the offset, which is
    for pixels of 8 bits: recordings have finer detail.
    """
    angles = torch.linspace(0, torch.pi / 2, levels + 1, dtype=torch.float64)
    kept = (angles[1:].cos() / angles[:-1].cos()).square()
    return torch.cat([torch.ones(1, dtype=torch.float64), kept.clamp(min=0.001).cumprod(0)])


def mixed(one: Tensor, other: Tensor, share: Float64[Tensor, "..."]) -> Tensor:
    """`one` with this share of the power, and `other` with the rest of it."""
    return share.sqrt().float() * one + (1 - share).sqrt().float() * other


def path(settings: Diffusion) -> list[int]:
    """The levels that drawing goes through, from T to 0: squares in equal steps, without repeats."""
    along = torch.linspace(0, 1, settings.sampling_steps + 1, dtype=torch.float64)
    return (settings.levels * along.square()).round().long().unique().tolist()[::-1]


def waves(at: Float[Tensor, " n"], count: int, fastest: float) -> Float[Tensor, "n count"]:
    """Sines and cosines of `at`, their angular frequencies from 1 to `fastest` in equal ratios."""
    angles = at[:, None] * torch.logspace(0, 1, count // 2, base=fastest)
    return torch.cat([angles.sin(), angles.cos()], dim=1)


class Block(nn.Module):
    """x + two convolutions of it (B, width, L); level and label scale and shift what is between the two."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = nn.Sequential(nn.GroupNorm(GROUPS, width), nn.SiLU(), nn.Conv1d(width, width, 3, padding=1))
        self.norm, self.told = nn.GroupNorm(GROUPS, width), nn.Linear(TOLD, 2 * width)
        self.second = nn.Conv1d(width, width, 3, padding=1)

    def forward(self, x: Tensor, told: Tensor) -> Tensor:
        scale, shift = self.told(told)[..., None].chunk(2, dim=1)
        return x + self.second(functional.silu(torch.addcmul(shift, self.norm(self.first(x)), 1 + scale)))


class Denoiser(nn.Module):
    """Noisy signals (B, C, L), the signals' share of their power (B,), labels (B,) -> velocities (B, C, L): a U-Net.

    Beside the signals stand their second differences, in units of their size at this level: fine detail is small.
    """

    def __init__(self, dataset: SignalDataset, width: int) -> None:
        super().__init__()
        self.channels, self.length = dataset.channels, dataset.length
        widths = (width, 2 * width, 4 * width, 4 * width)
        self.level = nn.Sequential(nn.Linear(TOLD, TOLD), nn.SiLU(), nn.Linear(TOLD, TOLD))
        self.label = nn.Embedding(dataset.n_classes, TOLD)
        self.register_buffer("places", waves(torch.linspace(0, torch.pi, self.length), PLACES, 8.0).T.contiguous())
        self.register_buffer("bends", dataset.values.diff(n=2).square().mean((0, 2))[:, None])  # powers
        self.first = nn.Conv1d(2 * self.channels + PLACES, width, 5, padding=2)
        self.down = nn.ModuleList(Block(own) for own in widths[:-1])
        self.halve = nn.ModuleList(nn.Conv1d(own, below, 4, stride=2, padding=1) for own, below in pairwise(widths))
        self.middle = nn.ModuleList(Block(widths[-1]) for _ in range(2))
        self.narrow = nn.ModuleList(nn.Conv1d(below, own, 1) for own, below in pairwise(widths))
        self.up = nn.ModuleList(Block(own) for own in widths[:-1])
        self.last = nn.Sequential(nn.GroupNorm(GROUPS, width), nn.SiLU(), nn.Conv1d(width, self.channels, 5, padding=2))
        for layer in (self.last[-1], *(m.second for m in self.modules() if isinstance(m, Block))):
            nn.init.zeros_(layer.weight)  # every block is x at first, and the net's output its bias

    def forward(self, noisy: Tensor, share: Float64[Tensor, " B"], labels: Int[Tensor, " B"]) -> Tensor:
        angle = share.sqrt().acos().float()  # about in proportion to the level
        told = functional.silu(self.level(waves(angle, TOLD, 1000.0)) + self.label(labels))
        size = (share[:, None, None] * self.bends + 6 * (1 - share[:, None, None])).sqrt().float()  # 6 = 1 + 4 + 1
        bent = functional.pad(noisy.diff(n=2), (1, 1)) / size
        x = torch.cat([noisy, bent, self.places.expand(len(noisy), -1, -1)], dim=1)
        x, kept = self.first(functional.pad(x, (0, -self.length % 8))), []  # it is halved three times
        for block, halve in zip(self.down, self.halve, strict=True):
            kept.append(block(x, told))
            x = halve(kept[-1])
        for block in self.middle:
            x = block(x, told)
        for block, narrow, before in zip(self.up[::-1], self.narrow[::-1], kept[::-1], strict=True):
            x = block(before + functional.interpolate(narrow(x), scale_factor=2, mode="linear"), told)
        return self.last(x)[..., : self.length]


def learn(settings: Diffusion, scaled: SignalDataset, seed: int, steps: int) -> Denoiser:
    """A denoiser of the averaged weights after so many steps of Adam, whose rate falls to 0; all follows from `seed`.

    Raises:
        ValueError: if the width is no multiple of 8.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        net = Denoiser(scaled, settings.width)
    averaged = copy.deepcopy(net).requires_grad_(False).eval()
    optimizer = torch.optim.Adam(net.parameters(), lr=settings.learning_rate, fused=True)
    left, stream, size = alpha_bars(settings.levels), random_stream("cpu", seed), (settings.batch_size,)
    for step in range(steps):
        optimizer.param_groups[0]["lr"] = settings.learning_rate * (1 - step / steps)
        chosen = torch.randint(len(scaled), size, generator=stream)
        along = torch.rand(size, generator=stream, dtype=torch.float64)  # levels as densely as drawing takes them
        x, share = scaled.values[chosen], left[(settings.levels * along.square()).ceil().long()][:, None, None]
        noise = torch.randn(x.shape, generator=stream)
        predicted = net(mixed(x, noise, share), share.flatten(), scaled.labels[chosen])
        loss = functional.mse_loss(predicted, mixed(noise, -x, share))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        decay = min(settings.ema_decay, (step + 1) / (step + 11))  # a shorter memory during the first steps
        for kept, now in zip(averaged.parameters(), net.parameters(), strict=True):
            kept.lerp_(now.detach(), 1 - decay)
    return averaged


@torch.no_grad()
def draw(model: nn.Module, settings: Diffusion, labels: Int[Tensor, " n"], seed: int) -> Float[Tensor, "n C L"]:
    """A signal for each label, in the units that the model learnt; of the same seed, fewer are the first of more.

    Ancestral, as DDPM draws: noise is taken out and a part of it put back anew. Of second order: a step goes on with
    the signal that the net sees now and half of what that will change by. Lu et al. 2022, SDE-DPM-Solver++(2M).
    """
    numbers, left = model.channels * model.length, alpha_bars(settings.levels)
    clearness = (left / (1 - left)).log()  # of the signal's power to the noise's; infinite at level 0

    def white(step: int) -> Tensor:
        noise = torch.randn(len(labels), -(-numbers // BLOCK) * BLOCK, generator=random_stream("cpu", seed, step))
        return noise[:, :numbers].reshape(-1, model.channels, model.length)

    x, before, gained = white(0), None, None
    for step, (now, then) in enumerate(pairwise(path(settings)), start=1):
        parts = zip(x.split(MANY), labels.split(MANY), strict=True)
        velocity = torch.cat([model(one, left[now].expand(len(one)), own) for one, own in parts])
        signal, gain = mixed(x, -velocity, left[now]), float(clearness[then] - clearness[now])
        ahead = signal if before is None or then == 0 else signal + (signal - before) * (gain / gained / 2)
        noise = (x - left[now].sqrt().float() * ahead) / (1 - left[now]).sqrt().float()
        fresh = (1 - left[now] / left[then]) / (1 - left[now])  # its share of the noise
        x, before, gained = mixed(ahead, mixed(white(step), noise, fresh), left[then]), signal, gain
    return x


def fitting_steps(settings: Diffusion, scaled: SignalDataset, budget: Budget, seed: int) -> int:
    """How many steps fit into the budget, by the time that a few take; as `recipes.fitting_steps`."""
    learn(settings, scaled, seed, budget.untimed_steps)
    start = time.process_time()
    learn(settings, scaled, seed, budget.timed_steps)
    return max(budget.timed_steps, int(budget.timed_steps * budget.seconds / (time.process_time() - start)))
