r"""A generator and a critic for signals of any length.

The idea: the generator starts from a few wide time steps and doubles their number until there are enough; the critic
goes the other way. Two ways to double are kept side by side: `"linear"` (linear up-sampling, then a convolution), which
makes smooth signals, and `"transposed"` (transposed convolutions, the mirror of the critic's strided ones), which is
the source's and leaves a comb (Odena et al. 2016, doi 10.23915/distill.00003).

Radford et al. 2016, arXiv:1511.06434 (the transposed pair); Gulrajani et al. 2017, arXiv:1704.00028 (no BatchNorm in a
penalised critic); Miyato and Koyama 2018, arXiv:1802.05637 (the projected label).
"""

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional

SLOPE = 0.2  # of LeakyReLU below 0


class SignalGenerator(nn.Module):
    r"""Noise (B, latent_dim) -> signals (B, C, L), in standardised units.

    A linear layer makes a coarse sequence of 4 dim channels and about L/8 steps; three stages double the steps and
    bring the channels down to dim; a last convolution makes C of them. With `"linear"` nets the sequence is longer than
    needed and is cut at the end, so no zero padding ever touches a signal's edge; and because up-sampling smooths, four
    channels of a fixed random projection of the noise join the last stage at full rate: white noise, to be shaped into
    a sensor's.

    Args:
        length: L, 8 or more.
        channels: C.
        latent_dim: numbers of noise a signal.
        dim: width; 4 or more.
        n_classes: K of a conditional generator: the label's embedding is set beside the noise. None for none.
        nets: "linear" or "transposed" (see the module).

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
        *,
        nets: str = "linear",
    ) -> None:
        super().__init__()
        _check_sizes(length=length, channels=channels, latent_dim=latent_dim, dim=dim, n_classes=n_classes, nets=nets)
        self.arguments = dict(
            length=length, channels=channels, latent_dim=latent_dim, dim=dim, n_classes=n_classes, nets=nets
        )
        self.length, self.channels, self.latent_dim, self.n_classes = length, channels, latent_dim, n_classes
        spare = MARGIN if nets == "linear" else 0
        self.coarse = (4 * dim, -(-length // 8) + spare)  # channels, steps
        embedded = 0
        if n_classes is not None:
            embedded = LABEL_DIM
            self.embed = nn.Embedding(n_classes, embedded)
        self.expand = nn.Linear(latent_dim + embedded, self.coarse[0] * self.coarse[1])
        double = _double_linear if nets == "linear" else _double_transposed
        self.stages = nn.Sequential(
            nn.BatchNorm1d(4 * dim, momentum=MOMENTUM),
            nn.LeakyReLU(SLOPE),  # (B, 4 dim, L/8)
            double(4 * dim, 2 * dim),  # (B, 2 dim, L/4)
            double(2 * dim, dim),  # (B, dim, L/2)
        )
        if nets == "linear":
            self.last = nn.Sequential(
                _convolve(dim + FINE_CHANNELS, dim),  # (B, dim, L)
                nn.Conv1d(dim, channels, 9, padding=4),  # (B, C, L)
            )
            self.apply(_initialise)
            fine = torch.randn(latent_dim, FINE_CHANNELS * 8 * self.coarse[1])
            self.register_buffer("fine", FINE_SCALE * latent_dim**-0.5 * fine)
        else:
            self.last = nn.ConvTranspose1d(dim, channels, 5, stride=2, padding=2, output_padding=1)

    def forward(
        self, noise: Float[Tensor, "batch latent"], labels: Int[Tensor, "batch"] | None = None
    ) -> Float[Tensor, "batch channels length"]:
        if noise.ndim != 2 or noise.shape[1] != self.latent_dim:
            raise ValueError(
                f"SignalGenerator: expected noise of shape (B, {self.latent_dim}), got {tuple(noise.shape)}."
            )
        _check_labels("SignalGenerator", labels, self.n_classes, len(noise))
        told = noise if labels is None else torch.cat([noise, self.embed(labels)], dim=1)
        x = self.stages(self.expand(told).view(-1, *self.coarse))
        if hasattr(self, "fine"):
            x = functional.interpolate(x, scale_factor=2, mode="linear")
            x = torch.cat([x, (noise @ self.fine).view(len(x), FINE_CHANNELS, -1)], dim=1)
        signals = self.last(x)
        first = (signals.shape[-1] - self.length) // 2
        return signals[..., first : first + self.length]


class SignalCritic(nn.Module):
    r"""Signals (B, C, L) -> scores (B,); no sigmoid, no BatchNorm.

    Two strided convolutions (three with `"transposed"` nets), then linear layers over all that is left, so a score may
    depend on where in time something happens. With `detail` above 0 the signals' second differences, times `detail`,
    are C further input channels: fine detail is small, and a critic that has to magnify it first is slow to see it.
    With `n_classes`, the label's embedding is projected on the features:
    $D(x, y) = w \cdot \phi(x) + e_y \cdot \phi(x)$.

    Args and errors as `SignalGenerator`.

    Miyato and Koyama 2018, arXiv:1802.05637, equation 3.
    """

    def __init__(
        self,
        length: int = 160,
        channels: int = 1,
        dim: int = 32,
        n_classes: int | None = None,
        *,
        nets: str = "linear",
        detail: float = 0.0,
    ) -> None:
        super().__init__()
        _check_sizes(length=length, channels=channels, latent_dim=1, dim=dim, n_classes=n_classes, nets=nets)
        if not 0 <= detail < float("inf"):
            raise ValueError(f"detail: expected a factor of 0 or more, got {detail!r}.")
        self.arguments = dict(length=length, channels=channels, dim=dim, n_classes=n_classes, nets=nets, detail=detail)
        self.length, self.channels, self.n_classes, self.detail = length, channels, n_classes, detail
        if detail:
            channels = 2 * channels
        if nets == "linear":
            layers = [(channels, dim, 16, 4), (dim, 2 * dim, 8, 2)]  # in, out, kernel, stride
        else:
            layers = [(channels, dim, 5, 2), (dim, 2 * dim, 5, 2), (2 * dim, 4 * dim, 5, 2)]
        convolutions = []
        for into, out, kernel, stride in layers:
            convolutions += [nn.Conv1d(into, out, kernel, stride, padding=(kernel - stride + 1) // 2)]
            convolutions += [nn.LeakyReLU(SLOPE)]
        flat = layers[-1][1] * _steps_left(length, layers)
        features = 4 * dim if nets == "linear" else flat
        dense = [nn.Linear(flat, features), nn.LeakyReLU(SLOPE)] if nets == "linear" else []
        self.features = nn.Sequential(*convolutions, nn.Flatten(), *dense)
        self.score = nn.Linear(features, 1)
        if nets == "linear":
            self.apply(_initialise)
        if n_classes is not None:
            self.embed = nn.Embedding(n_classes, features)
            nn.init.normal_(self.embed.weight, std=features**-0.5)

    def forward(
        self, signals: Float[Tensor, "..."], labels: Int[Tensor, "batch"] | None = None
    ) -> Float[Tensor, "batch"]:
        if signals.ndim != 3 or signals.shape[1:] != (self.channels, self.length):
            raise ValueError(
                f"SignalCritic: expected signals of shape (B, {self.channels}, {self.length}), got "
                f"{tuple(signals.shape)}."
            )
        _check_labels("SignalCritic", labels, self.n_classes, len(signals))
        features = self.features(with_second_difference(signals, self.detail) if self.detail else signals)
        scores = self.score(features).squeeze(1)
        return scores if labels is None else scores + (self.embed(labels) * features).sum(1)


MARGIN = 6  # coarse steps made beyond the length: 24 steps on each side, and padding reaches 21
FINE_CHANNELS = 4
FINE_SCALE = 0.05  # their standard deviation, of the order of a sensor's noise in standardised signals
LABEL_DIM = 32
MOMENTUM = 0.05  # BatchNorm's statistics remember about 20 batches: 1,280 signals


def with_second_difference(signals: Float[Tensor, "..."], weight: float) -> Float[Tensor, "..."]:
    """(B, C, L) -> (B, 2 C, L): the signals, and `weight` times their second differences (0 at both ends)."""
    bend = functional.pad(signals.diff(n=2, dim=-1), (1, 1))
    return torch.cat([signals, weight * bend], dim=1)


def _double_linear(into: int, out: int) -> nn.Sequential:
    return nn.Sequential(nn.Upsample(scale_factor=2, mode="linear"), *_convolve(into, out))


def _convolve(into: int, out: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv1d(into, out, 5, padding=2, bias=False),  # BatchNorm brings its own shift
        nn.BatchNorm1d(out, momentum=MOMENTUM),
        nn.LeakyReLU(SLOPE),
    )


def _double_transposed(into: int, out: int) -> nn.Sequential:
    return nn.Sequential(
        nn.ConvTranspose1d(into, out, 5, stride=2, padding=2, output_padding=1),
        nn.BatchNorm1d(out, momentum=MOMENTUM),
        nn.LeakyReLU(SLOPE),
    )


def _steps_left(length: int, layers: list[tuple[int, int, int, int]]) -> int:
    for _, _, kernel, stride in layers:
        length = (length + 2 * ((kernel - stride + 1) // 2) - kernel) // stride + 1
    return length


def _initialise(module: nn.Module) -> None:
    """He et al. 2015, arXiv:1502.01852: unit variance through LeakyReLU layers, with or without normalisation."""
    if isinstance(module, nn.Conv1d | nn.Linear):
        nn.init.kaiming_normal_(module.weight, a=SLOPE)
        if module.bias is not None:
            nn.init.zeros_(module.bias)


def _check_sizes(**sizes) -> None:
    nets = sizes.pop("nets")
    if nets not in ("linear", "transposed"):
        raise ValueError(f"nets: expected 'linear' or 'transposed', got {nets!r}.")
    least = {"length": 8, "channels": 1, "latent_dim": 1, "dim": 4, "n_classes": 1}
    for name, value in sizes.items():
        if value is not None and (not isinstance(value, int) or value < least[name]):
            raise ValueError(f"{name}: expected a whole number of {least[name]} or more, got {value!r}.")


def _check_labels(who: str, labels: Tensor | None, n_classes: int | None, batch: int) -> None:
    if (labels is None) != (n_classes is None):
        need = f"labels of shape ({batch},)" if labels is None else "no labels"
        raise ValueError(f"{who}: expected {need}, because it was made with n_classes={n_classes}.")
    if labels is None:
        return
    if labels.shape != (batch,):
        raise ValueError(f"{who}: expected labels of shape ({batch},), got {tuple(labels.shape)}.")
