r"""A generator that can be still.

The idea: a recording moves in steps a hundred times larger than those it rests with, and a sensor whispers on both. So
the generator makes three things: a course, which begins with a draw of its class's Gaussian, the pace at which it is
walked, and the loudness of a noise of its own. What was measured of it stands in docs/trials.md.

Radford et al. 2016, arXiv:1511.06434 (up-sampling stages); Wu and He 2018, arXiv:1803.08494 (group normalisation).
"""

import math
from collections.abc import Sequence

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional

from course_lib.models.class_gaussian import ClassGaussian
from course_lib.models.own_time import own_time_average
from course_lib.models.shapes import SLOPE, check_labels, check_noise, check_sizes
from course_lib.models.upsampling import LABEL_DIM, initialise

LOUDEST = 4.0  # the noise stays within a factor exp(4) = 55 of its floor
WIDTH = 16  # the trunk's width, in dims
MARGIN = 4  # coarse steps made beyond the length: 8 steps on each side
TAPS = 9  # of the filter that shapes white noise into a sensor's
NOISES = 2  # white noises a channel
FASTEST = 5.0  # pace of a course that is not averaged: a neighbour weighs exp(-5)

Fixed = Sequence[Sequence[float] | None]  # by channel: (mean, standard deviation) of every signal, or None


def noise_floor(values: Float[Tensor, "N C L"]) -> list[float]:
    """Rest's loudness: of each channel the step that a tenth of a recording's are below, the median of all recordings.

    Steps of exactly 0 (a reading taken twice, a coarse converter) are no noise and are left out.
    """
    steps = values.double().diff(dim=-1).abs()
    quiet = torch.where(steps > 0, steps, torch.nan).nanquantile(0.1, dim=-1)
    return [max(float(floor), 1e-4) for floor in quiet.nanmedian(dim=0).values.nan_to_num(0.0)]


class MultiScaleGenerator(nn.Module):
    r"""Noise (B, latent_dim) -> signals (B, C, L), in standardised units.

    Linear layers make a coarse sequence of L/4 steps; two stages double them; a last convolution makes three sequences
    a channel: a course c, a pace a and a loudness l. With a `rank`, the course begins with a draw of the class's
    Gaussian, the last convolution is shown that draw, and what it makes of the course is added to it. The signal is

    $x_t = \frac{\sum_s k_{ts} c_s}{\sum_s k_{ts}} + f e^{4 \tanh l_t} n_t$, with
    $k_{ts} = \exp\Big(-\Big|\sum_{r \in (s, t]} a_r\Big|\Big)$,

    the course averaged by a kernel in the signal's own time (see `own_time_average`), n white noise, filtered, f its
    loudness at rest. Where the pace is near 0 own time stands still, and so does the signal, whatever the course does;
    the noise goes on.

    Args:
        length, channels, dim, n_classes: as `SignalGenerator`.
        course_dim: numbers of noise a signal that the course is made from. The components' noise and white noise at
            every step come after them, so that `latent_dim` is course_dim + rank + 2 C (L + 8).
        floor: of each channel, the loudness of the noise at first (`noise_floor`).
        fixed: of each channel, (mean, standard deviation over L - 1) of every signal where all have the same, or None:
            the generator's last step then is to normalise. None for no channel.
        rank: components of the Gaussian that the course begins with, `start` (a `ClassGaussian`, which must be given
            the recordings' means and roots); they take `rank` more numbers of noise, after the course's. 0 for none.

    Raises:
        ValueError: for a size out of its range, or settings that are not one a channel.
    """

    def __init__(
        self,
        length: int = 160,
        channels: int = 1,
        course_dim: int = 128,
        dim: int = 32,
        n_classes: int | None = None,
        *,
        floor: Sequence[float] | float = 0.02,
        fixed: Fixed | None = None,
        rank: int = 0,
    ) -> None:
        super().__init__()
        check_sizes(length=length, channels=channels, latent_dim=course_dim, dim=dim, n_classes=n_classes)
        if not isinstance(rank, int) or rank < 0:
            raise ValueError(f"rank: expected a whole number of 0 or more, got {rank!r}.")
        floor = [floor] * channels if isinstance(floor, float | int) else list(floor)
        fixed = [None] * channels if fixed is None else [None if pair is None else list(pair) for pair in fixed]
        for name, given in {"floor": floor, "fixed": fixed}.items():
            if len(given) != channels:
                raise ValueError(f"{name}: expected one for each of {channels} channels, got {len(given)}.")
        if not all(0 < level < math.inf for level in floor):
            raise ValueError(f"floor: expected loudnesses above 0, got {floor}.")
        self.arguments = dict(length=length, channels=channels, course_dim=course_dim, dim=dim, n_classes=n_classes)
        self.arguments |= dict(floor=floor, fixed=fixed, rank=rank)
        self.length, self.channels, self.n_classes, self.course_dim = length, channels, n_classes, course_dim
        self.latent_dim = course_dim + rank + NOISES * channels * (length + TAPS - 1)
        self.coarse = (dim, -(-length // 4) + MARGIN)  # channels, steps
        if n_classes is not None:
            self.embed = nn.Embedding(n_classes, LABEL_DIM)
        conditioned = course_dim + (LABEL_DIM if n_classes is not None else 0)
        self.trunk = nn.Sequential(
            *_dense(conditioned, WIDTH * dim),
            *_dense(WIDTH * dim, WIDTH * dim),
            nn.Linear(WIDTH * dim, self.coarse[0] * self.coarse[1]),
            nn.Unflatten(1, self.coarse),  # (B, dim, L/4 + 4)
        )
        self.stages = nn.Sequential(
            *_normalised(dim),
            nn.Upsample(scale_factor=2, mode="linear"),  # (B, dim, L/2 + 8)
            nn.Conv1d(dim, dim, 5, padding=2),
            *_normalised(dim),
            nn.Upsample(scale_factor=2, mode="linear"),  # (B, dim, L + 16)
            nn.Conv1d(dim, dim // 2, 5, padding=2),
            *_normalised(dim // 2),
        )
        self.start = ClassGaussian(length, channels, n_classes, rank) if rank else None
        if rank:
            self.look = nn.Sequential(  # at the draw and its steps: 4 and then 12 steps to either side
                nn.Conv1d(2 * channels, dim, 9, padding=4),
                *_normalised(dim),
                nn.Conv1d(dim, dim, 9, padding=8, dilation=2),
                *_normalised(dim),
            )
        self.last = nn.Conv1d(dim // 2 + (dim if rank else 0), 3 * channels, 9, padding=4)
        self.filter = nn.Conv1d(NOISES * channels, channels, TAPS, bias=False, groups=channels)
        self.apply(initialise)
        with torch.no_grad():
            self.last.weight[channels:] *= 0.1  # at first a pace and a loudness that hardly vary
            if rank:
                self.last.weight[:channels] *= 0.02  # at first the draw as it is
        self.register_buffer("log_floor", torch.tensor(floor).log()[:, None])

    def forward(
        self, noise: Float[Tensor, "batch latent"], labels: Int[Tensor, "batch"] | None = None
    ) -> Float[Tensor, "batch channels length"]:
        """One signal for each row of noise, of the class that its label says.

        Raises:
            ValueError: if noise is not (B, latent_dim), or labels are missing or not asked for.
        """
        check_noise("MultiScaleGenerator", noise, self.latent_dim)
        check_labels("MultiScaleGenerator", labels, self.n_classes, len(noise))
        rank = self.arguments["rank"]
        course_noise, drawn, white = noise.split(
            [self.course_dim, rank, self.latent_dim - rank - self.course_dim], dim=1
        )
        conditioned = course_noise if labels is None else torch.cat([course_noise, self.embed(labels)], dim=1)
        x = self.stages(self.trunk(conditioned))  # (B, dim / 2, L + 16)
        begun = 0.0
        if self.start is not None:
            begun = self.start(drawn, labels)  # (B, C, L)
            x = torch.cat([x, self.look(self._shown(begun, x.shape[-1]))], dim=1)
        x = self.last(x)  # (B, 3 C, L + 16)
        first = (x.shape[-1] - self.length) // 2
        course, pace, loudness = x[..., first : first + self.length].chunk(3, dim=1)  # (B, C, L) each
        pace = FASTEST * torch.exp(-functional.softplus(3 * pace - 1))  # in (0, 5): open at first
        signals = own_time_average(begun + course, pace)
        whisper = self.filter(white.view(len(x), NOISES * self.channels, -1))  # (B, C, L)
        signals = signals + whisper * torch.exp(self.log_floor + LOUDEST * torch.tanh(loudness))
        return _with_moments(signals, self.arguments["fixed"])

    def _shown(self, begun: Float[Tensor, "B C L"], length: int) -> Float[Tensor, "B V W"]:
        """A draw of the Gaussian and its steps, compressed at the scale of rest, with its ends held to either side."""
        steps = functional.pad(begun.diff(dim=-1), (1, 0))
        shown = torch.cat([begun, torch.asinh(steps / self.log_floor.exp())], dim=1)
        first = (length - self.length) // 2
        return functional.pad(shown, (first, length - self.length - first), mode="replicate")


def _with_moments(signals: Float[Tensor, "B C L"], fixed: Fixed) -> Float[Tensor, "B C L"]:
    """Signals with each channel's mean and standard deviation over time set where they are fixed."""
    if not any(fixed):
        return signals
    normal = (signals - signals.mean(-1, keepdim=True)) / signals.std(-1, keepdim=True).clamp_min(1e-3)
    channels = [signals[:, c] if pair is None else pair[0] + pair[1] * normal[:, c] for c, pair in enumerate(fixed)]
    return torch.stack(channels, dim=1)


def _dense(into: int, out: int) -> tuple[nn.Module, ...]:
    return nn.Linear(into, out), *_normalised(out)


def _normalised(channels: int) -> tuple[nn.Module, ...]:
    """One group: every signal by itself, so that a batch's other signals do not change it."""
    return nn.GroupNorm(1, channels), nn.LeakyReLU(SLOPE)
