"""Priors that fit ring and grid: nets that are told beforehand what is special about these two sets.

Both sets are narrow bumps with empty space between them. A critic that is shown waves sees what is as narrow as a
bump; a generator that jumps where a sign changes need not fill the gaps; noise on the output is the law of a bump
itself. What they gain here says little about other data.

Tancik et al. 2020, arXiv:2006.10739 (waves: Fourier features); Tanielian et al. 2020, arXiv:2006.04596 (what a
continuous generator cannot do); Dieng et al. 2019, arXiv:1910.04302 (noise added to the output, its size learnt).
"""

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn

from course_lib.models import MLPGenerator

SIZE_RATE = 0.2  # how fast the output noise's size is learnt, beside the weights


class NoisyGenerator(nn.Module):
    """An `MLPGenerator` that can jump, or whose points are blurred: noise (B, latent_dim) -> points (B, out_dim).

    Args:
        latent_dim: numbers of noise; with output noise the layers see all but the last `out_dim` of them.
        out_dim: coordinates a point.
        width: features a layer.
        depth: hidden layers.
        signs: of so many of the numbers the layers see only the sign. A continuous map must fill the gaps between
            modes with some samples; one that jumps where a sign changes need not.
        output_noise: the last `out_dim` numbers of noise are added to the output, times a size for each coordinate
            that starts at this and is learnt (a fifth as fast as the weights, being a logarithm). 0 for none.

    Raises:
        ValueError: for a setting out of its range.
    """

    def __init__(
        self, latent_dim: int, out_dim: int, width: int, depth: int, *, signs: int, output_noise: float
    ) -> None:
        super().__init__()
        added = out_dim if output_noise else 0
        seen = latent_dim - added
        if seen < 1 or not 0 <= output_noise < float("inf"):
            raise ValueError(
                f"NoisyGenerator: expected output_noise of 0 or more and a latent_dim above the {added} numbers that "
                f"are added to the output; got {output_noise!r} and {latent_dim}."
            )
        if not 0 <= signs <= seen:
            raise ValueError(f"NoisyGenerator: expected signs from 0 to {seen}, the numbers it sees, got {signs!r}.")
        self.latent_dim, self.out_dim, self.signs, self.added = latent_dim, out_dim, signs, added
        self.points = MLPGenerator(seen, out_dim, width, depth)
        if added:
            self.log_size = nn.Parameter(torch.full((out_dim,), math.log(output_noise) / SIZE_RATE))

    def forward(self, noise: Float[Tensor, "batch latent"]) -> Float[Tensor, "batch out"]:
        """One point for each row of noise."""
        seen = noise[:, : self.latent_dim - self.added]  # (B, seen)
        seen = torch.cat([seen[:, : self.signs].sign(), seen[:, self.signs :]], dim=1)
        points = self.points(seen)  # (B, out_dim)
        return points + (SIZE_RATE * self.log_size).exp() * noise[:, -self.added :] if self.added else points


@dataclass(frozen=True)
class FadeIn:
    """The critic's waves are silent until `first`, and then grow in a straight line to `size` at `last`.

    `first` and `last` are shares of the steps.
    """

    first: float
    last: float
    size: float

    def at(self, share: float) -> float:
        """How loud the waves are after this share of the steps."""
        return self.size * min(1.0, max(0.0, (share - self.first) / (self.last - self.first)))
