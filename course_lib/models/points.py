r"""Plain fully connected networks, for points in the plane.

The idea: where the data has two coordinates, every difference between methods can be seen, so the nets are as plain as
can be and the same for all. What a critic may be constrained by is a choice of its layers: none, spectral
normalisation (largest singular value 1), or orthonormal weights with GroupSort (slope 1 in every direction that
matters).

Goodfellow et al. 2014, arXiv:1406.2661; Miyato et al. 2018, arXiv:1802.05957 (spectral normalisation); Anil et al.
2019, arXiv:1811.05381 (GroupSort); Lin et al. 2018, arXiv:1712.04086 (packing); Tancik et al. 2020, arXiv:2006.10739
(Fourier features).
"""

from collections.abc import Sequence
from functools import partial

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.utils import parametrizations

SLOPE = 0.2  # of LeakyReLU below 0


class GroupSort(nn.Module):
    """Sorts each pair of neighbouring features, (B, width) -> (B, width): it moves values and shrinks none.

    Anil et al. 2019, arXiv:1811.05381.
    """

    def forward(self, features: Float[Tensor, "batch width"]) -> Float[Tensor, "batch width"]:
        """The larger of each pair after the smaller."""
        return features.unflatten(1, (-1, 2)).sort(dim=2).values.flatten(1)


ACTIVATIONS = {
    "leaky_relu": lambda: nn.LeakyReLU(SLOPE),
    "relu": nn.ReLU,
    "tanh": nn.Tanh,
    "groupsort": GroupSort,
}
CONSTRAINTS = {
    None: lambda layer: layer,
    "spectral": parametrizations.spectral_norm,
    # Cayley's map: exact at any weights, and a third of the time of the default
    "orthogonal": partial(parametrizations.orthogonal, orthogonal_map="cayley", use_trivialization=False),
}


class MLPGenerator(nn.Module):
    """Noise (B, latent_dim) -> points (B, out_dim), through `depth` hidden layers of `width` with ReLU.

    Args:
        latent_dim: numbers of noise.
        out_dim: coordinates a point.
        width: features a layer.
        depth: hidden layers.

    Raises:
        ValueError: for a size out of its range.
    """

    def __init__(self, latent_dim: int, out_dim: int, width: int = 128, depth: int = 3) -> None:
        super().__init__()
        self.arguments = dict(latent_dim=latent_dim, out_dim=out_dim, width=width, depth=depth)
        _check_sizes(**self.arguments)
        self.latent_dim, self.out_dim = latent_dim, out_dim
        self.layers = _stack(latent_dim, width, depth, out_dim, "relu", None)

    def forward(self, noise: Float[Tensor, "..."]) -> Float[Tensor, "batch out"]:
        """One point for each row of noise.

        Raises:
            ValueError: if noise is not (B, latent_dim).
        """
        _check_input("MLPGenerator", "noise", noise, self.latent_dim)
        return self.layers(noise)  # (B, out_dim)


class MLPCritic(nn.Module):
    """Points (B, in_dim) -> scores or logits (B,), through `depth` hidden layers of `width`; no sigmoid.

    Args:
        in_dim: coordinates a point.
        width: features a layer; even for "groupsort".
        depth: hidden layers.
        activation: "leaky_relu", "relu", "tanh" or "groupsort".
        constraint: on every layer's weights: None, "spectral" (largest singular value 1) or "orthogonal" (all of
            them 1).
        pack: points judged together (PacGAN): the scores are (B / pack,), each of `pack` neighbours in the batch.
        fourier_features: frequencies. The first layer also sees the sine and cosine of each of these times each
            coordinate, for structure much finer than the whole. Their weights start at 0, so an untrained critic is
            the plain one, and they come in by the factor `fourier_scale`, a buffer that is 1 unless it is set.

    Raises:
        ValueError: for a setting out of its range, or points of another shape.
    """

    def __init__(
        self,
        in_dim: int,
        width: int = 128,
        depth: int = 3,
        *,
        activation: str = "leaky_relu",
        constraint: str | None = None,
        pack: int = 1,
        fourier_features: Sequence[float] = (),
    ) -> None:
        super().__init__()
        _check_sizes(in_dim=in_dim, width=width, depth=depth, pack=pack)
        if not all(0 < frequency < float("inf") for frequency in fourier_features):
            raise ValueError(f"MLPCritic: expected fourier_features, frequencies, above 0, got {fourier_features!r}.")
        if fourier_features and constraint:
            raise ValueError(
                f"MLPCritic: waves are steep, so fourier_features go with no constraint, got {constraint!r}."
            )
        for name, value, known in (("activation", activation, ACTIVATIONS), ("constraint", constraint, CONSTRAINTS)):
            if value not in known:
                raise ValueError(f"MLPCritic: expected {name} to be one of {tuple(known)}, got {value!r}.")
        if activation == "groupsort" and width % 2:
            raise ValueError(f"MLPCritic: GroupSort sorts pairs, so the width must be even, got {width}.")
        self.arguments = dict(
            in_dim=in_dim,
            width=width,
            depth=depth,
            activation=activation,
            constraint=constraint,
            pack=pack,
            fourier_features=list(fourier_features),
        )
        self.in_dim, self.pack = in_dim, pack
        self.layers = _stack(in_dim * pack, width, depth, 1, activation, constraint)
        if fourier_features:
            self.register_buffer("frequencies", torch.tensor(fourier_features))
            self.register_buffer("fourier_scale", torch.ones(()))
            self.waves = nn.Linear(2 * len(fourier_features) * in_dim * pack, width, bias=False)
            nn.init.zeros_(self.waves.weight)

    def forward(self, points: Float[Tensor, "..."]) -> Float[Tensor, "scores"]:
        """One score for each point, or for each pack of them.

        Raises:
            ValueError: if points are not (B, in_dim), or packs do not divide the batch.
        """
        _check_input("MLPCritic", "points", points, self.in_dim)
        if len(points) % self.pack:
            raise ValueError(f"MLPCritic: expected a batch that packs of {self.pack} divide, got {len(points)} points.")
        packs = points.reshape(-1, self.pack * self.in_dim)  # (B / pack, pack in_dim)
        if not self.arguments["fourier_features"]:
            return self.layers(packs).squeeze(1)  # (B / pack,)
        angles = (packs[:, :, None] * self.frequencies).flatten(1)  # (B / pack, pack in_dim frequencies)
        waves = self.waves(self.fourier_scale * torch.cat([angles.sin(), angles.cos()], dim=1))  # (B / pack, width)
        return self.layers[1:](self.layers[0](packs) + waves).squeeze(1)  # (B / pack,)


def _stack(into: int, width: int, depth: int, out: int, activation: str, constraint: str | None) -> nn.Sequential:
    constrain, layers = CONSTRAINTS[constraint], []
    for _ in range(depth):
        layers += [constrain(nn.Linear(into, width)), ACTIVATIONS[activation]()]
        into = width
    return nn.Sequential(*layers, constrain(nn.Linear(into, out)))


def _check_sizes(**sizes: int) -> None:
    for name, value in sizes.items():
        if not isinstance(value, int) or value < 1:
            raise ValueError(f"{name}: expected a whole number of 1 or more, got {value!r}.")


def _check_input(who: str, what: str, values: Tensor, coordinates: int) -> None:
    if values.ndim != 2 or values.shape[1] != coordinates:
        raise ValueError(f"{who}: expected {what} of shape (B, {coordinates}), got {tuple(values.shape)}.")
