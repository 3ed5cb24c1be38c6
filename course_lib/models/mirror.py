r"""The source's generator and critic for signals: transposed convolutions, and strided ones that mirror them.

The idea: each layer of the critic halves what the generator's layer of the same width doubled. A transposed convolution
with kernel 5 and stride 2 puts three products into every other step and two into the rest, which leaves a comb (Odena
et al. 2016, doi 10.23915/distill.00003): see it, and then see `upsampling`.

Radford et al. 2016, arXiv:1511.06434 (the pair); Gulrajani et al. 2017, arXiv:1704.00028 (no BatchNorm in a penalised
critic); Miyato and Koyama 2018, arXiv:1802.05637 (the projected label). First weights are torch's own.
"""

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from course_lib.models.shapes import MOMENTUM, SLOPE, check_labels, check_noise, check_signals, check_sizes

LABEL_DIM = 32  # numbers that a label is embedded in


class MirrorGenerator(nn.Module):
    """Noise (B, latent_dim) -> signals (B, C, L), in standardised units.

    A linear layer makes a coarse sequence of 4 dim channels and L/8 steps, rounded up; three transposed convolutions
    double the steps each. What is beyond the length is cut off evenly.

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
        dim: int = 64,
        n_classes: int | None = None,
    ) -> None:
        super().__init__()
        self.arguments = dict(length=length, channels=channels, latent_dim=latent_dim, dim=dim, n_classes=n_classes)
        check_sizes(**self.arguments)
        self.length, self.channels, self.latent_dim, self.n_classes = length, channels, latent_dim, n_classes
        self.coarse = (4 * dim, -(-length // 8))  # channels, steps
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
        self.last = nn.ConvTranspose1d(dim, channels, 5, stride=2, padding=2, output_padding=1)

    def forward(
        self, noise: Float[Tensor, "batch latent"], labels: Int[Tensor, "batch"] | None = None
    ) -> Float[Tensor, "batch channels length"]:
        """One signal for each row of noise, of the class that its label says.

        Raises:
            ValueError: if noise is not (B, latent_dim), or labels are missing or not asked for.
        """
        check_noise("MirrorGenerator", noise, self.latent_dim)
        check_labels("MirrorGenerator", labels, self.n_classes, len(noise))
        conditioned = noise if labels is None else torch.cat([noise, self.embed(labels)], dim=1)  # (B, latent + 32)
        x = self.expand(conditioned).view(-1, *self.coarse)  # (B, 4 dim, L/8)
        x = self.stages(x)  # (B, dim, L/2)
        signals = self.last(x)  # (B, C, L), and up to 7 steps more
        first = (signals.shape[-1] - self.length) // 2
        return signals[..., first : first + self.length]  # (B, C, L)


class MirrorCritic(nn.Module):
    r"""Signals (B, C, L) -> scores (B,): three strided convolutions and one linear layer; no sigmoid, no BatchNorm.

    With `n_classes`, the label's embedding is projected on the features:
    $D(x, y) = w \cdot \phi(x) + e_y \cdot \phi(x)$.

    Args and errors as `MirrorGenerator`.
    """

    def __init__(self, length: int = 160, channels: int = 1, dim: int = 64, n_classes: int | None = None) -> None:
        super().__init__()
        self.arguments = dict(length=length, channels=channels, dim=dim, n_classes=n_classes)
        check_sizes(**self.arguments)
        self.length, self.channels, self.n_classes = length, channels, n_classes
        steps = length
        for _ in range(3):
            steps = -(-steps // 2)  # a kernel of 5, stride 2, padding 2 halves, rounded up
        flat = 4 * dim * steps
        self.features = nn.Sequential(
            nn.Conv1d(channels, dim, 5, stride=2, padding=2),  # (B, dim, L/2)
            nn.LeakyReLU(SLOPE),
            nn.Conv1d(dim, 2 * dim, 5, stride=2, padding=2),  # (B, 2 dim, L/4)
            nn.LeakyReLU(SLOPE),
            nn.Conv1d(2 * dim, 4 * dim, 5, stride=2, padding=2),  # (B, 4 dim, L/8)
            nn.LeakyReLU(SLOPE),
            nn.Flatten(),  # (B, dim L/2)
        )
        self.score = nn.Linear(flat, 1)
        if n_classes is not None:
            self.embed = nn.Embedding(n_classes, flat)
            nn.init.normal_(self.embed.weight, std=flat**-0.5)

    def forward(
        self, signals: Float[Tensor, "..."], labels: Int[Tensor, "batch"] | None = None
    ) -> Float[Tensor, "batch"]:
        """One score for each signal: how real it looks, as a signal of its class where there are classes.

        Raises:
            ValueError: if signals are not (B, C, L), or labels are missing or not asked for.
        """
        check_signals("MirrorCritic", signals, self.channels, self.length)
        check_labels("MirrorCritic", labels, self.n_classes, len(signals))
        features = self.features(signals)  # (B, dim L/2)
        scores = self.score(features).squeeze(1)  # (B,)
        return scores if labels is None else scores + (self.embed(labels) * features).sum(1)


def _double(into: int, out: int) -> nn.Sequential:
    """(B, into, T) -> (B, out, 2 T)."""
    return nn.Sequential(
        nn.ConvTranspose1d(into, out, 5, stride=2, padding=2, output_padding=1),
        nn.BatchNorm1d(out, momentum=MOMENTUM),
        nn.LeakyReLU(SLOPE),
    )
