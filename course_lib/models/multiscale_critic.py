r"""A critic that is shown small steps as plainly as large ones, and every frequency as plainly as any other.

The idea: to the plain distance of two signals rest and near-rest are one, and so are a tremor and one that is a little
too wide. So the critic is shown, beside the values, their differences compressed at several scales, and their spectrum,
every frequency brought to the same size. What was measured of it stands in docs/trials.md.

The penalty is taken where the critic looks: its slope is that of the score in what it is shown (`view`), so a distance
of two signals counts a step of any scale, and every frequency.

Chen et al. 2021, arXiv:2012.05535 (a critic of the spectrum beside one of the values); Miyato and Koyama 2018,
arXiv:1802.05637 (the projected label).
"""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import torch
from jaxtyping import Float, Int
from scipy.fft import dct
from torch import Tensor, nn
from torch.nn import functional

from course_lib.models.shapes import check_labels, check_signals, check_sizes
from course_lib.models.upsampling import SignalCritic

LAGS, QUANTILES = (1, 4), (0.1, 0.5, 0.9)  # of the differences that a critic is shown, and of their scales
LEAST_SCALE = 1e-3  # of the largest, or of the differences' deviation: what is always 0 has no scale of its own
IMPULSES = 1000  # transformed at a time: of 5,000 at once the memory costs five times the work
SPECTRUM = 0.3  # size of what is shown of the spectrum; the values have 1

Scales = Sequence[Sequence[Sequence[Sequence[float]]]]  # by channel and lag, of each scale: itself, size compressed


def step_scales(values: Float[Tensor, "N C L"]) -> list[list[list[list[float]]]]:
    r"""The scales of a set's differences: what `MultiScaleCritic` asks for.

    For each channel and lag k of `LAGS`, the `QUANTILES` s of $|x_{t+k} - x_t|$ over all signals and times, each beside
    the standard deviation of $\operatorname{asinh}((x_{t+k} - x_t)/s)$, which brings a compressed difference to size 1.
    """
    found = []
    for channel in values.double().unbind(1):
        found.append([_scales(channel[:, lag:] - channel[:, :-lag]) for lag in LAGS])
    return found


def _scales(step: Float[Tensor, "N T"]) -> list[list[float]]:
    sizes, least, found = step.abs().flatten(), LEAST_SCALE * float(step.std()), []
    for share in QUANTILES:
        quantile = float(sizes.kthvalue(round(share * (len(sizes) - 1)) + 1).values)
        scale = max(quantile, least, 1e-12)
        found.append([scale, max(float((step / scale).asinh_().std()), 1e-12)])
    return found


@lru_cache(maxsize=1)
def cosine_transform(length: int) -> Float[Tensor, "L L"]:
    """The orthonormal cosine transform (DCT-II) as a matrix: a wave a row, the slowest first."""
    waves = torch.empty(length, length)
    for start in range(0, length, IMPULSES):
        impulses = np.eye(length, min(IMPULSES, length - start), -start)
        waves[:, start : start + IMPULSES] = torch.from_numpy(dct(impulses, norm="ortho", axis=0))
    return waves


def spectrum_sizes(values: Float[Tensor, "N C L"]) -> list[list[float]]:
    """The root mean square of each coefficient of a set's cosine transform, by channel: for `MultiScaleCritic`."""
    sizes = (values @ cosine_transform(values.shape[-1]).T).square().mean(0).sqrt()  # (C, L)
    return sizes.clamp_min(LEAST_SCALE * float(sizes.max())).clamp_min(1e-12).tolist()


class MultiScaleCritic(nn.Module):
    r"""Signals (B, C, L), or what it is shown of them, -> scores (B,); no sigmoid, no BatchNorm.

    `view` turns signals into what the critic is shown: their values; for each lag k and scale s,
    $\operatorname{asinh}((x_{t+k} - x_t)/s)$, linear below s and a logarithm above, brought to size 1; and their cosine
    transform, each coefficient over its `spectrum`, times 0.3. The training loop takes the view first, so that slopes
    and penalties are taken in it. Three critics judge, one each of these, and their scores are added
    (docs/trials.md has them apart).

    Args:
        scales: of the differences (`step_scales`), by channel and lag; the lags are `LAGS`.
        spectrum: sizes of the coefficients (`spectrum_sizes`), by channel. None, and no critic is shown them.

        The others, and errors, as `SignalCritic`, of which each of the three is one.
    """

    def __init__(
        self,
        length: int = 160,
        channels: int = 1,
        dim: int = 32,
        n_classes: int | None = None,
        *,
        scales: Scales | None = None,
        spectrum: Sequence[Sequence[float]] | None = None,
    ) -> None:
        super().__init__()
        check_sizes(length=length, channels=channels, dim=dim, n_classes=n_classes)
        if scales is None:
            scales = [[[[1.0, 1.0]]] * len(LAGS)] * channels
        if len(scales) != channels or any(len(by_lag) != len(LAGS) for by_lag in scales):
            raise ValueError(
                f"scales: expected them by channel ({channels}) and lag ({len(LAGS)}), as step_scales gives them."
            )
        if spectrum is not None and torch.tensor(spectrum).shape != (channels, length):
            raise ValueError(
                f"spectrum: expected {channels} x {length} sizes, as spectrum_sizes gives them, "
                f"got {tuple(torch.tensor(spectrum).shape)}."
            )
        self.arguments = dict(length=length, channels=channels, dim=dim, n_classes=n_classes)
        self.arguments |= dict(scales=scales, spectrum=spectrum)
        self.length, self.channels, self.n_classes = length, channels, n_classes
        scales_and_sizes = torch.tensor(scales)  # (C, lags, scales, 2)
        self.register_buffer("scales", scales_and_sizes[..., 0])
        self.register_buffer("sizes", scales_and_sizes[..., 1])
        self.shares = [channels, self.scales.numel()]  # of what is shown: values, differences, spectrum
        self.of_values = SignalCritic(length, channels, dim, n_classes)
        self.of_steps = SignalCritic(length, self.scales.numel(), dim, n_classes)
        self.of_spectrum = None
        if spectrum is not None:
            shown_size = SPECTRUM / torch.tensor(spectrum)[..., None]  # (C, L, 1)
            self.register_buffer("waves", shown_size * cosine_transform(length), persistent=False)  # (C, L, L)
            self.of_spectrum = SignalCritic(length, channels, dim, n_classes)
            self.shares.append(channels)
        self.seen = sum(self.shares)

    def view(self, signals: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
        """(B, C, L) -> (B, V, L): values, compressed differences by lag, channel and scale (0 at ends), spectrum.

        Raises:
            ValueError: if signals are not (B, C, L).
        """
        check_signals("MultiScaleCritic", signals, self.channels, self.length)
        shown = [signals]
        for k, lag in enumerate(LAGS):
            steps = signals[..., lag:] - signals[..., :-lag]  # (B, C, L - lag)
            steps = torch.asinh(steps[:, :, None] / self.scales[:, k, :, None]) / self.sizes[:, k, :, None]
            shown.append(functional.pad(steps.flatten(1, 2), (lag // 2, lag - lag // 2)))
        if self.of_spectrum is not None:
            shown.append(torch.einsum("ckt,bct->bck", self.waves, signals))
        return torch.cat(shown, dim=1)

    def forward(
        self, signals: Float[Tensor, "..."], labels: Int[Tensor, "batch"] | None = None
    ) -> Float[Tensor, "batch"]:
        """One score for each signal, or for each view of one (B, V, L).

        Raises:
            ValueError: if they are neither (B, C, L) nor (B, V, L), or labels are missing or not asked for.
        """
        check_labels("MultiScaleCritic", labels, self.n_classes, len(signals))
        viewed = signals.ndim == 3 and signals.shape[1:] == (self.seen, self.length)
        shown = signals if viewed else self.view(signals)
        values, steps, *spectrum = shown.split(self.shares, dim=1)
        score = self.of_values(values, labels) + self.of_steps(steps, labels)
        return score + self.of_spectrum(*spectrum, labels) if spectrum else score
