r"""The Gaussian of each class, as a layer: what five lines draw, for a network to begin with.

The idea: a normal distribution with the mean and the covariance of a class's recordings is drawn without any training.
A generator that begins with its draws begins with what they have (training may still lose it). Components below 99.9 %
of the variance are left out.
"""

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

SHARE = 0.999  # of a class's variance; the rest is left to the noise
LARGE = 3_000_000  # numbers of a class; of more, the components are found by the matrix's square


def class_gaussians(
    values: Float[Tensor, "N C L"], labels: Int[Tensor, " N"], n_classes: int, *, share: float = SHARE
) -> tuple[Float[Tensor, "K C L"], Float[Tensor, "K R D"]]:
    r"""The means $\mu$ of K classes, and roots $R_k$ of their covariances: $\mu_k + R_k^\top z$ with $z \sim N(0, I)$.

    The rows of a root, of D = C L numbers each, are principal components, the largest first, each as long as its
    standard deviation (over n - 1). A class has as many as hold `share` of its variance; below them its rows are 0, as
    are all rows of a class of one recording.
    """
    means = values.new_zeros(n_classes, *values.shape[1:])
    roots = []
    for k in range(n_classes):
        own = values[labels == k].double()
        if len(own):
            means[k] = own.mean(dim=0)
        roots.append(
            _root((own - own.mean(dim=0)).flatten(1), share) if len(own) > 1 else own.new_zeros(0, means[0].numel())
        )
    rank = max(1, max(map(len, roots)))
    padded = [nn.functional.pad(root, (0, 0, 0, rank - len(root))) for root in roots]
    return means, torch.stack(padded).to(values.dtype)


def _root(off: Float[Tensor, "n D"], share: float) -> Float[Tensor, "r D"]:
    lengths, directions = _components(off)
    held = lengths.square().cumsum(0) / lengths.square().sum().clamp_min(1e-30)
    few = int((held < share).sum()) + 1
    return (lengths[:few, None] * directions[:few]) / (len(off) - 1) ** 0.5


def _components(off: Float[Tensor, "n D"]) -> tuple[Float[Tensor, " m"], Float[Tensor, "m D"]]:
    """Lengths and directions of the principal components, the largest first.

    Of a large matrix by the smaller of its two squares: quick, and exact enough for the components that are kept.
    """
    if off.numel() <= LARGE:
        return torch.linalg.svd(off, full_matrices=False)[1:]
    wide = len(off) < off.shape[1]
    squares, vectors = torch.linalg.eigh(off @ off.T if wide else off.T @ off)
    lengths, vectors = squares.flip(0).clamp_min(0).sqrt(), vectors.flip(1).T
    return lengths, (vectors @ off / lengths[:, None].clamp_min(1e-12) if wide else vectors)


class ClassGaussian(nn.Module):
    """Noise (B, rank) and labels (B,) -> draws (B, C, L) of the labels' Gaussians. Nothing in it is trained.

    Its means and roots are 0 until `class_gaussians` of the training recordings are put in their place (`hold`).
    """

    def __init__(self, length: int, channels: int, n_classes: int | None, rank: int) -> None:
        super().__init__()
        classes = n_classes or 1
        self.register_buffer("means", torch.zeros(classes, channels, length))
        self.register_buffer("roots", torch.zeros(classes, rank, channels * length))

    def hold(self, means: Float[Tensor, "K C L"], roots: Float[Tensor, "K R D"]) -> None:
        """Draw from these Gaussians from now on: what `class_gaussians` gives."""
        self.means.copy_(means)
        self.roots.copy_(roots)

    def forward(self, noise: Float[Tensor, "B R"], labels: Int[Tensor, " B"] | None = None) -> Float[Tensor, "B C L"]:
        if labels is None:
            return self.means + (noise @ self.roots[0]).view(len(noise), *self.means.shape[1:])
        return self.means[labels] + torch.bmm(noise[:, None], self.roots[labels]).view(-1, *self.means.shape[1:])
