r"""Two pairs of nets for square grey or colour images: a fully connected one, and DCGAN.

The idea: both are sized from the image, so that 8 x 8 digits and 28 x 28 ones train with the same code. The fully
connected generator knows nothing of neighbourhood and is taught it by a discriminator that does; DCGAN's both know it.
What the sources argue about is an argument each: dropout in the generator, up-sampling against transposed convolution,
BatchNorm in the discriminator.

Radford et al. 2016, arXiv:1511.06434 (DCGAN: strided and fractionally-strided convolutions, BatchNorm, tanh,
$N(0, 0.02)$); Odena et al. 2016, "Deconvolution and checkerboard artifacts", doi 10.23915/distill.00003 (up-sampling
before convolution).
"""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from course_lib.models.shapes import MOMENTUM, SLOPE, check_noise, check_sizes

DOUBLINGS = ("upsample", "transposed")


class FullyConnectedGenerator(nn.Module):
    """Noise (B, latent_dim) -> images (B, C, size, size) in (-1, 1), through three hidden layers of w, 2 w and 4 w.

    Each is Linear, BatchNorm, Dropout, LeakyReLU; the last layer is Linear and tanh. With latent_dim and width 256 on
    28 x 28 pixels: 256-256-512-1024-784.

    Args:
        size: rows and columns; a multiple of 4.
        dropout: the share of features that is put to 0 in training mode; 0 leaves the layer out.

    Raises:
        ValueError: for a size out of its range, or noise of another shape.
    """

    def __init__(
        self, size: int = 8, channels: int = 1, latent_dim: int = 64, width: int = 64, dropout: float = 0.5
    ) -> None:
        super().__init__()
        self.arguments = dict(size=size, channels=channels, latent_dim=latent_dim, width=width, dropout=dropout)
        _check(size, dropout, channels=channels, latent_dim=latent_dim, dim=width)
        self.size, self.channels, self.latent_dim = size, channels, latent_dim
        layers, into = [], latent_dim
        for out in (width, 2 * width, 4 * width):
            layers += [nn.Linear(into, out), nn.BatchNorm1d(out, momentum=MOMENTUM), *_dropout(dropout)]
            layers += [nn.LeakyReLU(SLOPE)]
            into = out
        self.layers = nn.Sequential(*layers, nn.Linear(into, channels * size**2), nn.Tanh())

    def forward(self, noise: Float[Tensor, "..."]) -> Float[Tensor, "batch C size size"]:
        """One image for each row of noise.

        Raises:
            ValueError: if noise is not (B, latent_dim).
        """
        check_noise("FullyConnectedGenerator", noise, self.latent_dim)
        return self.layers(noise).unflatten(1, (self.channels, self.size, self.size))  # (B, C, size, size)


class DCGANGenerator(nn.Module):
    """Noise (B, latent_dim) -> images (B, C, size, size) in (-1, 1): a quarter of the size, doubled twice.

    Args:
        size: rows and columns; a multiple of 4.
        dim: features at half the size; twice as many at a quarter.
        doubling: "transposed" is DCGAN's own, a transposed convolution of stride 2 (4 x 4, which 2 divides);
            "upsample" repeats every pixel and then convolves (3 x 3).

    Raises:
        ValueError: for a setting out of its range, or noise of another shape.
    """

    def __init__(
        self, size: int = 8, channels: int = 1, latent_dim: int = 64, dim: int = 32, doubling: str = "transposed"
    ) -> None:
        super().__init__()
        self.arguments = dict(size=size, channels=channels, latent_dim=latent_dim, dim=dim, doubling=doubling)
        _check(size, 0.0, channels=channels, latent_dim=latent_dim, dim=dim)
        if doubling not in DOUBLINGS:
            raise ValueError(f"DCGANGenerator: expected doubling to be one of {DOUBLINGS}, got {doubling!r}.")
        self.size, self.channels, self.latent_dim = size, channels, latent_dim
        self.start = nn.Linear(latent_dim, 2 * dim * (size // 4) ** 2)
        self.layers = nn.Sequential(
            _batch_norm(2 * dim),
            nn.ReLU(),
            _doubled(2 * dim, dim, doubling),
            _batch_norm(dim),
            nn.ReLU(),
            _doubled(dim, channels, doubling),
            nn.Tanh(),
        )

    def forward(self, noise: Float[Tensor, "..."]) -> Float[Tensor, "batch C size size"]:
        """One image for each row of noise.

        Raises:
            ValueError: if noise is not (B, latent_dim).
        """
        check_noise("DCGANGenerator", noise, self.latent_dim)
        coarse = self.start(noise).unflatten(1, (-1, self.size // 4, self.size // 4))  # (B, 2 dim, size/4, size/4)
        return self.layers(coarse)  # (B, C, size, size)


class _ImageDiscriminator(nn.Module):
    """What both have in common: convolutions, then a head that gives one logit or score an image, without sigmoid."""

    def __init__(self, size: int, channels: int, convolutions: nn.Sequential, head: nn.Sequential) -> None:
        super().__init__()
        self.size, self.channels, self.convolutions, self.head = size, channels, convolutions, head

    def forward(self, images: Float[Tensor, "..."]) -> Float[Tensor, "batch"]:
        """One logit or score for each image.

        Raises:
            ValueError: if images are not (B, C, size, size).
        """
        return self.head(self.features(images)).squeeze(1)  # (B,)

    def features(self, images: Float[Tensor, "..."]) -> Float[Tensor, "batch features"]:
        """What the last convolution says of each image, as one row: for a classifier of few labels."""
        wanted = (self.channels, self.size, self.size)
        if images.ndim != 4 or images.shape[1:] != wanted:
            raise ValueError(
                f"{type(self).__name__}: expected images of shape (B, {', '.join(map(str, wanted))}), got "
                f"{tuple(images.shape)}."
            )
        return self.convolutions(images).flatten(1)  # (B, features)


class ConvDiscriminator(_ImageDiscriminator):
    """Images (B, C, size, size) -> logits (B,): two strided 3 x 3 convolutions, then two layers of `width`.

    With filters 32 and width 1024: 32 and 64 filters, then 1024-1024-1.

    Raises:
        ValueError: for a setting out of its range, or images of another shape.
    """

    def __init__(self, size: int = 8, channels: int = 1, filters: int = 16, width: int = 128) -> None:
        _check(size, 0.0, channels=channels, dim=min(filters, width))
        convolutions = nn.Sequential(
            nn.Conv2d(channels, filters, 3, stride=2, padding=1),  # (B, filters, size/2, size/2)
            nn.LeakyReLU(SLOPE),
            nn.Conv2d(filters, 2 * filters, 3, stride=2, padding=1),  # (B, 2 filters, size/4, size/4)
            nn.LeakyReLU(SLOPE),
        )
        head = nn.Sequential(
            nn.Linear(2 * filters * (size // 4) ** 2, width),
            nn.LeakyReLU(SLOPE),
            nn.Linear(width, width),
            nn.LeakyReLU(SLOPE),
            nn.Linear(width, 1),
        )
        super().__init__(size, channels, convolutions, head)
        self.arguments = dict(size=size, channels=channels, filters=filters, width=width)


class DCGANDiscriminator(_ImageDiscriminator):
    """Images (B, C, size, size) -> logits or scores (B,), through strided convolutions with LeakyReLU and dropout.

    Args:
        size: rows and columns; a multiple of 4.
        dim: filters of the first convolution; twice as many in the second.
        batch_norm: in every block but the first, as DCGAN has it. Under a penalty on its slope a critic has none: with
            it, a score depends on the other images of the batch, and there is no slope at one image.
        dropout: of whole features, in training mode; 0 leaves the layer out.

    Raises:
        ValueError: for a setting out of its range, or images of another shape.
    """

    def __init__(
        self, size: int = 8, channels: int = 1, dim: int = 32, batch_norm: bool = True, dropout: float = 0.25
    ) -> None:
        _check(size, dropout, channels=channels, dim=dim)
        drop = [nn.Dropout2d(dropout)] if dropout else []
        convolutions = nn.Sequential(
            nn.Conv2d(channels, dim, 4, stride=2, padding=1),  # (B, dim, size/2, size/2)
            nn.LeakyReLU(SLOPE),
            *drop,
            nn.Conv2d(dim, 2 * dim, 4, stride=2, padding=1),  # (B, 2 dim, size/4, size/4)
            *([_batch_norm(2 * dim)] if batch_norm else []),
            nn.LeakyReLU(SLOPE),
            *drop,
        )
        super().__init__(size, channels, convolutions, nn.Sequential(nn.Linear(2 * dim * (size // 4) ** 2, 1)))
        self.arguments = dict(size=size, channels=channels, dim=dim, batch_norm=batch_norm, dropout=dropout)


@torch.no_grad()
def normal_weights_(model: nn.Module, std: float = 0.02) -> nn.Module:
    """DCGAN's initialisation, in place: weights N(0, std), BatchNorm's N(1, std), biases 0. Returns the model.

    Drawn from torch's global stream.

    Radford et al. 2016, arXiv:1511.06434, section 4.
    """
    for layer in model.modules():
        if getattr(layer, "weight", None) is not None:
            normalises = isinstance(layer, nn.modules.batchnorm._BatchNorm)
            layer.weight.normal_(1.0 if normalises else 0.0, std)
            if layer.bias is not None:
                layer.bias.zero_()
    return model


def _doubled(into: int, out: int, doubling: str) -> nn.Module:
    """(B, into, h, w) -> (B, out, 2 h, 2 w)."""
    if doubling == "transposed":
        return nn.ConvTranspose2d(into, out, 4, stride=2, padding=1)
    return nn.Sequential(nn.Upsample(scale_factor=2), nn.Conv2d(into, out, 3, padding=1))


def _batch_norm(features: int) -> nn.Module:
    return nn.BatchNorm2d(features, momentum=MOMENTUM)


def _dropout(share: float) -> list[nn.Module]:
    return [nn.Dropout(share)] if share else []


def _check(size: int, dropout: float, **sizes: int) -> None:
    check_sizes(**sizes)
    if not isinstance(size, int) or size < 8 or size % 4:
        raise ValueError(
            f"size: expected rows and columns as one multiple of 4, 8 or more, got {size!r}. Pad the images, or cut "
            "them."
        )
    if not 0 <= dropout < 1:
        raise ValueError(f"dropout: expected a share of 0 or more and below 1, got {dropout!r}.")
