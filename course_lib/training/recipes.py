"""Settings together with the nets that they were found with: what the course trains with.

The idea: a config knows nothing of nets and nets know nothing of training; a recipe is the one place that names both.
"""

import math
from dataclasses import dataclass, replace

import torch
from torch import nn

from course_lib.arrays import ENOUGH
from course_lib.data import Invariants, SignalDataset
from course_lib.models import (
    MirrorCritic,
    MirrorGenerator,
    MultiScaleCritic,
    MultiScaleGenerator,
    SignalCritic,
    SignalGenerator,
    class_gaussians,
    noise_floor,
    spectrum_sizes,
    step_scales,
)
from course_lib.penalties import relative_to_roughness
from course_lib.training.config import TrainingConfig

NETS = ("upsampling", "multiscale", "mirror")
FEW = 32  # recordings of a class that are kept of a large set, if it has so many
SECOND_DIFFERENCES = 0.5  # how loud they are in the critic's input, beside signals of size 1, at sobolev_weight=1


@dataclass(frozen=True)
class Recipe:
    """A config and the nets that it was found with.

    Attributes:
        config: how to train.
        nets: "upsampling" (ours), "multiscale" (ours too) or "mirror" (the source's; see `course_lib.models`).
        dim: the nets' width.
        latent_dim: numbers of noise a signal.

    Raises:
        ValueError: for unknown nets.
    """

    config: TrainingConfig = TrainingConfig()
    nets: str = "upsampling"
    dim: int = 32
    latent_dim: int = 128

    def __post_init__(self) -> None:
        if self.nets not in NETS:
            raise ValueError(f"Recipe: expected nets to be one of {NETS}, got {self.nets!r}.")

    def with_config(self, **changes) -> "Recipe":
        """The same recipe with some settings of its config changed."""
        return replace(self, config=replace(self.config, **changes))

    def build(self, dataset: SignalDataset, *, conditional: bool = False, seed: int = 0) -> tuple[nn.Module, nn.Module]:
        """A generator and a critic for the dataset's shape (and classes), initialised from `seed` alone."""
        shape = dict(length=dataset.length, channels=dataset.channels, dim=self.dim)
        shape["n_classes"] = dataset.n_classes if conditional else None
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            if self.nets == "mirror":
                return MirrorGenerator(**shape, latent_dim=self.latent_dim), MirrorCritic(**shape)
            if self.nets == "multiscale":
                return self._multiscale(dataset, shape)
            generator = SignalGenerator(**shape, latent_dim=self.latent_dim)
            seen = SECOND_DIFFERENCES * relative_to_roughness(dataset.values, self.config.sobolev_weight)
            return generator, SignalCritic(**shape, second_differences=seen)

    def _multiscale(self, dataset: SignalDataset, shape: dict) -> tuple[nn.Module, nn.Module]:
        """What depends on the data follows by rule: Gaussians, loudness at rest, sizes of steps and waves, moments.

        What all recordings share exactly is looked for in all of them, the rest in `enough` of them.
        """
        found, dataset = Invariants.found_in(dataset), enough(dataset, ENOUGH)
        moments = [None if None in pair else pair for pair in zip(found.mean, found.std, strict=True)]
        over = ((dataset.length - found.ddof) / (dataset.length - 1)) ** 0.5  # to a deviation over L - 1
        fixed = [pair and (pair[0], pair[1] * over) for pair in moments]
        labels = dataset.labels if shape["n_classes"] else torch.zeros_like(dataset.labels)
        means, roots = class_gaussians(dataset.values, labels, shape["n_classes"] or 1)
        by_rule = {"floor": noise_floor(dataset.values), "fixed": fixed, "rank": roots.shape[1]}
        generator = MultiScaleGenerator(**shape, course_dim=self.latent_dim, **by_rule)
        generator.start.hold(means, roots)
        shown = {"scales": step_scales(dataset.values), "spectrum": spectrum_sizes(dataset.values)}
        return generator, MultiScaleCritic(**shape, **shown)


def enough(dataset: SignalDataset, most: int) -> SignalDataset:
    """The set, or every k-th recording of each class where it holds more than `most` numbers: then about so many.

    Of a class at least its first 32 recordings are kept, if it has so many.
    """
    every = math.ceil(dataset.values.numel() / most)
    if every == 1:
        return dataset
    order = dataset.labels.argsort(stable=True)
    counts = torch.tensor(dataset.class_counts)
    place = torch.arange(len(dataset)) - (counts.cumsum(0) - counts)[dataset.labels[order]]  # within its class
    return dataset[order[(place % every == 0) | (place < FEW)].sort().values]


# What the course trains with on recordings: one step of each net a round, pairing with R1 + R2, nets of several scales.
# It was frozen on inner splits of the training recordings (docs/trials.md). `Recipe()` is WGAN-GP on up-sampling nets.
BEST_RECIPE = Recipe(
    TrainingConfig(
        "relativistic",
        critic_steps=1,
        penalty_weight=10.0,
        sobolev_weight=0.0,
        learning_rate=5e-4,
        betas=(0.0, 0.9),
        ema_decay=0.999,
    ),
    nets="multiscale",
)

# What notebook 08 trains live, in forty seconds on one CPU core: narrower nets, fewer and longer steps.
QUICK_RECIPE = replace(BEST_RECIPE.with_config(steps=400, learning_rate=1e-3), dim=16)

# The settings of the article that the course grew from: mirror nets, DIM 64, batch 64, five critic steps, penalty 10,
# 10,000 generator steps. It does not state Adam's; these stand in the code of WGAN-GP's authors. Neither decay nor
# averaging.
SOURCE_RECIPE = Recipe(
    TrainingConfig(
        steps=10_000,
        batch_size=64,
        critic_steps=5,
        penalty_weight=10.0,
        sobolev_weight=0.0,
        learning_rate=1e-4,
        betas=(0.5, 0.9),
        linear_decay=False,
        ema_decay=0.0,
    ),
    nets="mirror",
    dim=64,
)
