"""One run on ring or grid: nets from a recipe and a seed, training, and VEEGAN's measure of the last step's generator.

Srivastava et al. 2017, arXiv:1705.07761 (the measure); Miyato et al. 2018, arXiv:1802.05957 (spectral normalisation).
"""

import time
from dataclasses import dataclass, replace

import torch
from jaxtyping import Float
from torch import Tensor, nn

from benchmarks.priors import FadeIn, NoisyGenerator
from course_lib.data import Mixture, grid, ring
from course_lib.metrics import mode_coverage
from course_lib.models import MLPCritic, MLPGenerator
from course_lib.training import State, TrainingConfig, TrainingDiverged, sample, train

DISTRIBUTIONS = {"ring": ring, "grid": grid}

# --------------------------------------------------------------------------------------------------------- settings


@dataclass(frozen=True)
class Critic:
    """What `MLPCritic` is told beyond its sizes; `factor` multiplies its scores.

    Under spectral normalisation the factor is the bound on the slope: 1 as published.
    """

    constraint: str | None = None
    pack: int = 1
    factor: float = 1.0
    waves: tuple[float, ...] = ()
    fade_in: FadeIn | None = None


@dataclass(frozen=True)
class Recipe:
    """One way to train: both nets have `depth` hidden layers of `width`, with ReLU.

    The generator's layers see `latent_dim` numbers of noise; `signs` more are seen by their sign alone, and noise of
    the size `output_noise` is added to its points (see `NoisyGenerator`).
    """

    config: TrainingConfig
    width: int = 96
    depth: int = 3
    latent_dim: int = 4
    critic: Critic = Critic()
    signs: int = 0
    output_noise: float = 0.0


# ------------------------------------------------------------------------------------------------------------- runs


class Multiplied(nn.Module):
    """A critic whose scores (B / pack,) are multiplied by a factor."""

    def __init__(self, critic: MLPCritic, factor: float) -> None:
        super().__init__()
        self.critic, self.factor, self.in_dim, self.pack = critic, factor, critic.in_dim, critic.pack

    def forward(self, points: Float[Tensor, "batch 2"]) -> Float[Tensor, "scores"]:
        """The factor times the critic's scores."""
        return self.factor * self.critic(points)


def build(recipe: Recipe, seed: int) -> tuple[nn.Module, nn.Module]:
    """The recipe's nets for points in the plane, initialised from `seed` alone."""
    sizes = dict(width=recipe.width, depth=recipe.depth)
    asked = recipe.critic
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        if recipe.signs or recipe.output_noise:
            more = dict(signs=recipe.signs, output_noise=recipe.output_noise)
            numbers = recipe.latent_dim + recipe.signs + (2 if recipe.output_noise else 0)
            generator = NoisyGenerator(numbers, 2, **sizes, **more)
        else:
            generator = MLPGenerator(recipe.latent_dim, 2, **sizes)
        limits = dict(constraint=asked.constraint, pack=asked.pack, fourier_features=asked.waves)
        critic = MLPCritic(2, **sizes, activation="relu", **limits)
    return generator, critic if asked.factor == 1 else Multiplied(critic, asked.factor)


def run(recipe: Recipe, samples: int, distribution: str, seed: int) -> dict:
    """Train from scratch with this seed; judge the generator of the last step.

    A run that diverged is judged by its last sound weights, and `failure` says where it stopped.
    """
    law = DISTRIBUTIONS[distribution]().standardized()
    config = replace(recipe.config, seed=seed)
    generator, critic = build(recipe, seed)
    done, failure = [0], ""

    def watch(state: State) -> None:
        done[0] = state.step
        fade_in(recipe, critic, state.step)

    fade_in(recipe, critic, 0)
    start = time.process_time()
    try:
        train(generator, critic, law, config, device="cpu", callbacks=[watch])
    except TrainingDiverged:
        failure = f"diverged by step {done[0]}"
    seconds = round(time.process_time() - start, 1)
    found = judge(sample(generator, samples, seed=seed), law)
    return {"steps": done[0], "seconds": seconds} | found | {"failure": failure}


def fade_in(recipe: Recipe, critic: nn.Module, step: int) -> None:
    """Set how loud the critic's waves are after `step`."""
    if recipe.critic.fade_in is not None:
        critic.fourier_scale.fill_(recipe.critic.fade_in.at(step / recipe.config.steps))


def judge(points: Float[Tensor, "n 2"], law: Mixture) -> dict:
    coverage = mode_coverage(points, law.centers, law.std)
    return {name: float(f"{value:.4g}") for name, value in coverage._asdict().items()} | {"modes": coverage.modes}
