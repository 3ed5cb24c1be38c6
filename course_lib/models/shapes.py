"""What every net for signals asks of its arguments and inputs, said in one place."""

from torch import Tensor

SLOPE = 0.2  # of LeakyReLU below 0
MOMENTUM = 0.05  # BatchNorm's statistics remember about 20 batches: 1,280 signals
LEAST = {"length": 8, "channels": 1, "latent_dim": 1, "dim": 4, "n_classes": 1}


def check_sizes(**sizes: int | None) -> None:
    """Raise a ValueError for a size that is no whole number or too small; None is allowed (no classes)."""
    for name, value in sizes.items():
        if value is not None and (not isinstance(value, int) or value < LEAST[name]):
            raise ValueError(f"{name}: expected a whole number of {LEAST[name]} or more, got {value!r}.")


def check_noise(who: str, noise: Tensor, latent_dim: int) -> None:
    """Raise a ValueError unless noise is (B, latent_dim)."""
    if noise.ndim != 2 or noise.shape[1] != latent_dim:
        raise ValueError(f"{who}: expected noise of shape (B, {latent_dim}), got {tuple(noise.shape)}.")


def check_signals(who: str, signals: Tensor, channels: int, length: int) -> None:
    """Raise a ValueError unless signals are (B, channels, length)."""
    if signals.ndim != 3 or signals.shape[1:] != (channels, length):
        raise ValueError(f"{who}: expected signals of shape (B, {channels}, {length}), got {tuple(signals.shape)}.")


def check_labels(who: str, labels: Tensor | None, n_classes: int | None, batch: int) -> None:
    """Raise a ValueError unless there are (B,) labels exactly where the net was made for classes."""
    if (labels is None) != (n_classes is None):
        need = f"labels of shape ({batch},)" if labels is None else "no labels"
        raise ValueError(f"{who}: expected {need}, because it was made with n_classes={n_classes}.")
    if labels is not None and labels.shape != (batch,):
        raise ValueError(f"{who}: expected labels of shape ({batch},), got {tuple(labels.shape)}.")
