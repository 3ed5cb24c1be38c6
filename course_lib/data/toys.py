r"""Distributions in the plane that are known exactly: a ring and a grid of narrow bumps, and a roll.

The idea: where the law is known, every claim about a generator can be counted: which modes it found, how much of what
it makes lies near one, how wide it made them. A distribution is sampled anew for every batch, so nothing can be
memorised.

Ring and grid: Srivastava et al. 2017, arXiv:1705.07761 (VEEGAN); the roll: Gulrajani et al. 2017, arXiv:1704.00028.
"""

import math
from dataclasses import dataclass, replace

import torch
from jaxtyping import Float
from torch import Tensor


@dataclass(frozen=True, eq=False)
class Mixture:
    """Equal shares of isotropic Gaussians: `centers` (K, 2) and one `std` for them all."""

    centers: Float[Tensor, "modes 2"]
    std: float

    n_classes = 1
    class_names = ("points",)
    shape = (2,)

    def sample(self, n: int, generator: torch.Generator | None = None) -> Float[Tensor, "n 2"]:
        """n points, float32, on the generator's device."""
        _check_number(n)
        device = "cpu" if generator is None else generator.device
        modes = torch.randint(len(self.centers), (n,), generator=generator, device=device)
        noise = torch.randn(n, 2, generator=generator, device=device)
        return self.centers.to(device)[modes] + self.std * noise

    @property
    def scale(self) -> float:
        """Root mean square of a coordinate."""
        return math.sqrt(float(self.centers.double().square().mean()) + self.std**2)

    def standardized(self) -> "Mixture":
        """The same distribution in units in which its `scale` is 1: what a generator is trained on."""
        return Mixture(self.centers / self.scale, self.std / self.scale)


@dataclass(frozen=True)
class SwissRoll:
    r"""$(t\cos t, t\sin t)$ with $t \sim U[1.5\pi, 4.5\pi]$, plus Gaussian noise of standard deviation `noise`.

    `unit` is what one unit of the plane stands for; the roll has no modes, so `centers` is None.
    """

    noise: float = 0.25
    unit: float = 1.0

    n_classes = 1
    class_names = ("points",)
    shape = (2,)
    centers = None

    def sample(self, n: int, generator: torch.Generator | None = None) -> Float[Tensor, "n 2"]:
        """n points, float32, on the generator's device."""
        _check_number(n)
        device = "cpu" if generator is None else generator.device
        angle = 1.5 * math.pi * (1 + 2 * torch.rand(n, generator=generator, device=device))
        points = angle[:, None] * torch.stack([angle.cos(), angle.sin()], dim=1)
        return (points + self.noise * torch.randn(n, 2, generator=generator, device=device)) / self.unit

    @property
    def std(self) -> float:
        """Standard deviation of the noise, in the plane's units."""
        return self.noise / self.unit

    @property
    def scale(self) -> float:
        """Root mean square of a coordinate."""
        first, last = 1.5 * math.pi, 4.5 * math.pi
        square = (last**3 - first**3) / (3 * (last - first))  # E t^2, which both coordinates share
        return math.sqrt(square / 2 + self.noise**2) / self.unit

    def standardized(self) -> "SwissRoll":
        """The same distribution in units in which its `scale` is 1: what a generator is trained on."""
        return replace(self, unit=self.unit * self.scale)


def ring(modes: int = 8, radius: float = 1.0, std: float = 0.01) -> Mixture:
    r"""Bumps at the angles $2\pi k/K$, $k = 0 \ldots K-1$: K different ones, because $2\pi$ itself is left out.

    Raises:
        ValueError: for fewer than 1 mode, or a radius or std that is not above 0.
    """
    if not isinstance(modes, int) or modes < 1:
        raise ValueError(f"ring: expected a whole number of modes, 1 or more, got {modes!r}.")
    _check_positive("ring", radius=radius, std=std)
    angle = 2 * torch.pi * torch.arange(modes, dtype=torch.float64) / modes
    return Mixture((radius * torch.stack([angle.cos(), angle.sin()], dim=1)).float(), std)


def grid(side: int = 5, spacing: float = 2.0, std: float = 0.05) -> Mixture:
    """side x side bumps, `spacing` apart, around 0.

    Raises:
        ValueError: for a side below 1, or a spacing or std that is not above 0.
    """
    if not isinstance(side, int) or side < 1:
        raise ValueError(f"grid: expected a whole number of modes a side, 1 or more, got {side!r}.")
    _check_positive("grid", spacing=spacing, std=std)
    places = spacing * (torch.arange(side) - (side - 1) / 2)
    return Mixture(torch.cartesian_prod(places, places).view(-1, 2), std)


def swiss_roll(noise: float = 0.25) -> SwissRoll:
    """A rolled-up line of the plane, with noise across it.

    Raises:
        ValueError: if the noise is below 0.
    """
    if not 0 <= noise < float("inf"):
        raise ValueError(f"swiss_roll: expected a noise of 0 or more, got {noise!r}.")
    return SwissRoll(noise)


def _check_positive(who: str, **lengths: float) -> None:
    for name, value in lengths.items():
        if not 0 < value < float("inf"):
            raise ValueError(f"{who}: expected {name} above 0, got {value!r}.")


def _check_number(n: int) -> None:
    if n < 1:
        raise ValueError(f"sample: expected n of 1 or more, got {n}.")
