r"""Our generator and critic for signals of any length: linear up-sampling, then a convolution.

The idea: the generator starts from a few wide time steps and doubles their number until there are enough; the critic
goes the other way. Linear up-sampling makes smooth signals and leaves no comb (Odena et al. 2016, doi
10.23915/distill.00003). What it cannot make is a sensor's noise, so white noise joins at full rate.

Radford et al. 2016, arXiv:1511.06434; Gulrajani et al. 2017, arXiv:1704.00028 (no BatchNorm in a penalised critic);
Miyato and Koyama 2018, arXiv:1802.05637 (the projected label); He et al. 2015, arXiv:1502.01852 (first weights).
"""

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional

from course_lib.models.shapes import MOMENTUM, SLOPE, check_labels, check_noise, check_signals, check_sizes

MARGIN = 6  # coarse steps made beyond the length: 24 steps on each side, and padding reaches 21
NOISE_CHANNELS = 4  # of white noise at full rate
NOISE_SCALE = 0.05  # their standard deviation, of the order of a sensor's noise in standardised signals
LABEL_DIM = 32  # numbers that a label is embedded in


class SignalGenerator(nn.Module):
    r"""Noise (B, latent_dim) -> signals (B, C, L), in standardised units.

    A linear layer makes a coarse sequence; three stages double the steps and narrow the channels; a last convolution
    makes C of them. The sequence is longer than needed and is cut at the end, so no zero padding ever touches a
    signal's edge. Four channels of a fixed random projection of the noise join the last stage: white noise, to be
    shaped into a sensor's.

    Args:
        length: L, 8 or more.
        channels: C.
        latent_dim: numbers of noise a signal.
        dim: width; 4 or more.
        n_classes: K of a conditional generator: the label's embedding is set beside the noise. None for none.

    Raises:
        ValueError: for a size out of its range.
    """

    def __init__(
        self,
        length: int = 160,
        channels: int = 1,
        latent_dim: int = 128,
        dim: int = 32,
        n_classes: int | None = None,
    ) -> None:
        super().__init__()
        self.arguments = dict(length=length, channels=channels, latent_dim=latent_dim, dim=dim, n_classes=n_classes)
        check_sizes(**self.arguments)
        self.length, self.channels, self.latent_dim, self.n_classes = length, channels, latent_dim, n_classes
        self.coarse = (4 * dim, -(-length // 8) + MARGIN)  # channels, steps
        if n_classes is not None:
            self.embed = nn.Embedding(n_classes, LABEL_DIM)
        conditioned = latent_dim + (LABEL_DIM if n_classes is not None else 0)
        self.expand = nn.Linear(conditioned, self.coarse[0] * self.coarse[1])
        self.stages = nn.Sequential(
            nn.BatchNorm1d(4 * dim, momentum=MOMENTUM),
            nn.LeakyReLU(SLOPE),
            _double(4 * dim, 2 * dim),
            _double(2 * dim, dim),
        )
        self.last = nn.Sequential(_convolve(dim + NOISE_CHANNELS, dim), nn.Conv1d(dim, channels, 9, padding=4))
        self.apply(initialise)
        fine = torch.randn(latent_dim, NOISE_CHANNELS * 8 * self.coarse[1])
        self.register_buffer("fine", NOISE_SCALE * latent_dim**-0.5 * fine)

    def forward(
        self, noise: Float[Tensor, "batch latent"], labels: Int[Tensor, "batch"] | None = None
    ) -> Float[Tensor, "batch channels length"]:
        """One signal for each row of noise, of the class that its label says.

        Raises:
            ValueError: if noise is not (B, latent_dim), or labels are missing or not asked for.
        """
        check_noise("SignalGenerator", noise, self.latent_dim)
        check_labels("SignalGenerator", labels, self.n_classes, len(noise))
        conditioned = noise if labels is None else torch.cat([noise, self.embed(labels)], dim=1)  # (B, latent + 32)
        x = self.expand(conditioned).view(-1, *self.coarse)  # (B, 4 dim, L/8 + 6)
        x = self.stages(x)  # (B, dim, L/2 + 24)
        x = functional.interpolate(x, scale_factor=2, mode="linear")  # (B, dim, L + 48)
        white = (noise @ self.fine).view(len(x), NOISE_CHANNELS, -1)  # (B, 4, L + 48)
        signals = self.last(torch.cat([x, white], dim=1))  # (B, C, L + 48)
        first = (signals.shape[-1] - self.length) // 2
        return signals[..., first : first + self.length]  # (B, C, L)


class SignalCritic(nn.Module):
    r"""Signals (B, C, L) -> scores (B,); no sigmoid, no BatchNorm.

    Two strided convolutions, then linear layers over all that is left, so a score may depend on where in time something
    happens. With `n_classes`, the label's embedding is projected on the features:
    $D(x, y) = w \cdot \phi(x) + e_y \cdot \phi(x)$.

    Args:
        second_differences: above 0, the signals' second differences times this are C further input channels: fine
            detail is small, and a critic that has to magnify it first is slow to see it.

        The others, and errors, as `SignalGenerator`.

    Miyato and Koyama 2018, arXiv:1802.05637, equation 3.
    """

    def __init__(
        self,
        length: int = 160,
        channels: int = 1,
        dim: int = 32,
        n_classes: int | None = None,
        *,
        second_differences: float = 0.0,
    ) -> None:
        super().__init__()
        self.arguments = dict(length=length, channels=channels, dim=dim, n_classes=n_classes)
        check_sizes(**self.arguments)
        if not 0 <= second_differences < float("inf"):
            raise ValueError(f"second_differences: expected a factor of 0 or more, got {second_differences!r}.")
        self.arguments |= dict(second_differences=second_differences)
        self.length, self.channels, self.n_classes = length, channels, n_classes
        self.second_differences = second_differences
        seen = 2 * channels if second_differences else channels
        quarter = (length + 2 * 6 - 16) // 4 + 1  # steps after a kernel of 16, stride 4, padding 6
        eighth = (quarter + 2 * 3 - 8) // 2 + 1  # and after one of 8, stride 2, padding 3
        self.features = nn.Sequential(
            nn.Conv1d(seen, dim, 16, stride=4, padding=6),  # (B, dim, L/4)
            nn.LeakyReLU(SLOPE),
            nn.Conv1d(dim, 2 * dim, 8, stride=2, padding=3),  # (B, 2 dim, L/8)
            nn.LeakyReLU(SLOPE),
            nn.Flatten(),  # (B, dim L/4)
            nn.Linear(2 * dim * eighth, 4 * dim),
            nn.LeakyReLU(SLOPE),  # (B, 4 dim)
        )
        self.score = nn.Linear(4 * dim, 1)
        self.apply(initialise)
        if n_classes is not None:
            self.embed = nn.Embedding(n_classes, 4 * dim)
            nn.init.normal_(self.embed.weight, std=(4 * dim) ** -0.5)

    def forward(
        self, signals: Float[Tensor, "..."], labels: Int[Tensor, "batch"] | None = None
    ) -> Float[Tensor, "batch"]:
        """One score for each signal: how real it looks, as a signal of its class where there are classes.

        Raises:
            ValueError: if signals are not (B, C, L), or labels are missing or not asked for.
        """
        check_signals("SignalCritic", signals, self.channels, self.length)
        check_labels("SignalCritic", labels, self.n_classes, len(signals))
        seen = with_second_difference(signals, self.second_differences) if self.second_differences else signals
        features = self.features(seen)  # (B, 4 dim)
        scores = self.score(features).squeeze(1)  # (B,)
        return scores if labels is None else scores + (self.embed(labels) * features).sum(1)


def with_second_difference(signals: Float[Tensor, "..."], weight: float) -> Float[Tensor, "..."]:
    """(B, C, L) -> (B, 2 C, L): the signals, and `weight` times their second differences (0 at both ends)."""
    bend = functional.pad(signals.diff(n=2, dim=-1), (1, 1))
    return torch.cat([signals, weight * bend], dim=1)


def _double(into: int, out: int) -> nn.Sequential:
    """(B, into, T) -> (B, out, 2 T)."""
    return nn.Sequential(nn.Upsample(scale_factor=2, mode="linear"), *_convolve(into, out))


def _convolve(into: int, out: int) -> nn.Sequential:
    """(B, into, T) -> (B, out, T)."""
    return nn.Sequential(
        nn.Conv1d(into, out, 5, padding=2, bias=False),  # BatchNorm brings its own shift
        nn.BatchNorm1d(out, momentum=MOMENTUM),
        nn.LeakyReLU(SLOPE),
    )


def initialise(module: nn.Module) -> None:
    """He et al. 2015, arXiv:1502.01852: unit variance through LeakyReLU layers, with or without normalisation."""
    if isinstance(module, nn.Conv1d | nn.Linear):
        nn.init.kaiming_normal_(module.weight, a=SLOPE)
        if module.bias is not None:
            nn.init.zeros_(module.bias)
