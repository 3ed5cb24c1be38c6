"""Samples from a trained generator, the same for the same seed on any device and in any number."""

import contextlib
from collections.abc import Iterator, Sequence

import torch
from jaxtyping import Float, Int
from numpy import ndarray
from torch import Tensor, nn

from course_lib import devices
from course_lib.arrays import copy_for_torch, refuse_mask
from course_lib.devices import random_stream

BLOCK = 16  # torch draws normal numbers in blocks of 16 and draws the last block anew if it is not full


def sample(
    generator: nn.Module,
    n: int,
    *,
    labels: Tensor | ndarray | Sequence[int] | None = None,
    seed: int | None = None,
    batch_size: int = 1024,
) -> Float[Tensor, "n ..."]:
    """n samples, (n, C, L) for signals, on the CPU and in the model's own units (`Scaler.inverse` gives the data's).

    Drawn in eval mode, and the model's mode is put back. The noise is drawn on the CPU, sample by sample, so neither
    device nor batch size nor n changes which samples a seed gives: the first ten of twenty are the ten.

    Args:
        labels: the class of each sample, (n,); a conditional generator needs them.
        seed: of the noise; None draws from torch's global stream.

    Raises:
        ValueError: if n is below 1, labels are missing, not asked for, of another length or out of range.
    """
    if n < 1:
        raise ValueError(f"sample: expected n of 1 or more, got {n}.")
    labels = _checked(labels, n, getattr(generator, "n_classes", None))
    stream = None if seed is None else random_stream("cpu", seed)
    whole_blocks = -(-generator.latent_dim // BLOCK) * BLOCK
    noise = torch.randn(n, whole_blocks, generator=stream)[:, : generator.latent_dim]
    device = next(generator.parameters()).device
    with _eval_mode(generator), torch.no_grad():
        batches = []
        for start in range(0, n, batch_size):
            part = slice(start, start + batch_size)
            given = () if labels is None else (labels[part].to(device),)
            batches.append(devices.fetch(generator(noise[part].to(device), *given).float()))
    return torch.cat(batches)


def _checked(labels: object, n: int, n_classes: int | None) -> Int[Tensor, "n"] | None:
    if (labels is None) != (n_classes is None):
        need = "needs labels=..., one a sample" if labels is None else "takes no labels"
        raise ValueError(f"sample: this generator {need} (its n_classes is {n_classes}).")
    if labels is None:
        return None
    refuse_mask(labels, "sample: labels")
    labels = torch.as_tensor(copy_for_torch(labels) if isinstance(labels, ndarray) else labels)
    if labels.is_floating_point() or labels.is_complex() or labels.dtype == torch.bool:
        raise ValueError(f"sample: expected labels as whole numbers, indices of classes, got {labels.dtype}.")
    if labels.shape != (n,):
        raise ValueError(f"sample: expected {n} labels, shape ({n},), got shape {tuple(labels.shape)}.")
    outside = (labels < 0) | (labels >= n_classes)
    if outside.any():
        first = int(outside.nonzero()[0])
        raise ValueError(
            f"sample: expected labels from 0 to {n_classes - 1}, for the {n_classes} classes of this generator, got "
            f"{int(labels[first])} at place {first}."
        )
    return labels.long()


@contextlib.contextmanager
def _eval_mode(model: nn.Module) -> Iterator[None]:
    modes = {module: module.training for module in model.modules()}
    model.eval()
    try:
        yield
    finally:
        for module, mode in modes.items():
            module.training = mode
