"""What a penalised critic says while it trains, beside the exact distance; and which optimisers it lets one use.

python -m benchmarks.penalty [estimate slow_generator optimizers]

Makes penalty/estimate.csv (a row a moment of a run: the critic's estimate and the exact W1 between the same 500 real
and 500 generated points), slow_generator.csv (its control at weight 10, the generator's rate at a quarter) and
optimizers.csv (a row a run: the exact W1 at its end). The manifest's `w1_real_against_real` is what a perfect generator
would score. Scores are of the last step.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import Tensor, nn

from benchmarks import tables
from benchmarks.tables import Part
from course_lib import metrics, penalties, transport
from course_lib.data import Mixture, ring
from course_lib.models import MLPCritic, MLPGenerator
from course_lib.training import State, TrainingConfig, sample, train

RING = ring().standardized()


# --------------------------------------------------------------------------------------------------------- settings


@dataclass(frozen=True)
class Nets:
    """Both have `depth` hidden layers of `width`."""

    latent_dim: int = 16
    width: int = 64
    depth: int = 3


@dataclass(frozen=True)
class Judging:
    """As many real (seed `real_seed` plus the run's) as generated points (`fake_seed` plus the run's).

    What two samples of real points score is the mean of `real_pairs`, drawn with the seed `pairs_seed`.
    """

    points: int = 500
    real_seed: int = 1000
    fake_seed: int = 2000
    real_pairs: int = 5
    pairs_seed: int = 0


@dataclass(frozen=True)
class Estimate:
    """Runs of different penalty weight and critic steps for each generator step, looked at at some of the steps."""

    config: TrainingConfig = TrainingConfig(steps=600, batch_size=128, ema_decay=0.0, sobolev_weight=0.0)
    weights_and_critic_steps: tuple[tuple[float, int], ...] = ((0.1, 5), (1.0, 5), (10.0, 5), (10.0, 20))
    moments: tuple[int, ...] = (5, 10, 20, 50, 100, 200, 400, 600)
    steepest: float = 0.99  # the quantile of the slopes between real and generated points
    nets: Nets = Nets()
    judging: Judging = Judging()
    seeds: tuple[int, ...] = (0, 1, 2)


@dataclass(frozen=True)
class Optimizers:
    """How the slope is limited -> the optimiser -> the settings."""

    configs: Mapping[str, Mapping[str, TrainingConfig]]
    nets: Nets = Nets()
    judging: Judging = Judging()
    seeds: tuple[int, ...] = (0, 1, 2)


PENALISED = TrainingConfig(
    steps=600, batch_size=128, critic_steps=5, penalty_weight=0.1, ema_decay=0.0, sobolev_weight=0.0
)
CLIPPED = TrainingConfig(
    objective="wgan", clip=0.01, steps=600, batch_size=128, critic_steps=5, ema_decay=0.0, sobolev_weight=0.0
)


BY_OPTIMIZER = {
    "RMSProp": dict(optimizer="rmsprop"),
    "Adam, beta1 0.5": dict(betas=(0.5, 0.9)),
    "Adam, beta1 0.9": dict(betas=(0.9, 0.999)),
}


def by_optimizer(config: TrainingConfig) -> dict[str, TrainingConfig]:
    return {name: replace(config, **changes) for name, changes in BY_OPTIMIZER.items()}


ESTIMATE = Estimate()
# At weight 10 five critic steps lag behind. Behind the generator, or in themselves? The same with a slower generator.
SLOW_GENERATOR = replace(
    ESTIMATE,
    config=replace(ESTIMATE.config, learning_rate=2.5e-4, critic_learning_rate=ESTIMATE.config.learning_rate),
    weights_and_critic_steps=((10.0, 5),),
)
OPTIMIZERS = Optimizers({"clipping": by_optimizer(CLIPPED), "penalty": by_optimizer(PENALISED)})


# ------------------------------------------------------------------------------------------------------------- runs


def estimates(settings: Estimate, weight: float, critic_steps: int, seed: int) -> list[dict]:
    """What the critic says and what is true, at moments of one run."""
    rows = []

    def look(state: State) -> None:
        if state.step not in settings.moments:
            return
        real, fake, exact = judge(state.generator, settings.judging, seed)
        with torch.no_grad():
            estimate = float(state.critic(real).mean() - state.critic(fake).mean())
        mixtures = penalties.interpolate(real, fake, generator=torch.Generator().manual_seed(seed))
        slopes = penalties.gradient_norms(state.critic, mixtures).detach()
        penalty = float(penalties.unit_slope_penalty(slopes))
        said = {"estimate": estimate, "objective": estimate - weight * penalty, "slope": float(slopes.mean())}
        rows.append({"step": state.step} | said | {"slope_99": float(slopes.quantile(settings.steepest))} | exact)

    train_nets(
        replace(settings.config, penalty_weight=weight, critic_steps=critic_steps, seed=seed), settings.nets, look
    )
    return rows


def optimized(settings: Optimizers, limit: str, optimizer: str, seed: int) -> list[dict]:
    """How far a run's generator is from the data at its end."""
    config = replace(settings.configs[limit][optimizer], seed=seed)
    generator, seconds = train_nets(config, settings.nets)
    exact = judge(generator, settings.judging, seed)[2]
    return [{"steps": config.steps} | exact | {"cpu_seconds": round(seconds, 1)}]


def train_nets(config: TrainingConfig, nets: Nets, *callbacks) -> tuple[nn.Module, float]:
    """A generator trained on the ring, and the processor's seconds."""
    torch.manual_seed(config.seed)
    generator = MLPGenerator(nets.latent_dim, 2, nets.width, nets.depth)
    critic = MLPCritic(2, nets.width, nets.depth)
    start = time.process_time()
    train(generator, critic, RING, config, device="cpu", callbacks=callbacks)
    return generator, time.process_time() - start


def judge(generator: nn.Module, judging: Judging, seed: int) -> tuple[Tensor, Tensor, dict[str, float]]:
    """Fresh real and generated points, and how far apart they are."""
    real = RING.sample(judging.points, torch.Generator().manual_seed(judging.real_seed + seed))
    fake = sample(generator, judging.points, seed=judging.fake_seed + seed)
    coverage = metrics.mode_coverage(fake, RING.centers, RING.std)
    exact = {"w1": transport.wasserstein(real, fake)}
    return real, fake, exact | {"modes": coverage.modes, "high_quality": coverage.high_quality}


def real_against_real(judging: Judging, law: Mixture = RING) -> float:
    """Mean W1 between two samples of real points."""
    random = torch.Generator().manual_seed(judging.pairs_seed)
    pairs = [
        (law.sample(judging.points, random), law.sample(judging.points, random)) for _ in range(judging.real_pairs)
    ]
    return sum(transport.wasserstein(*pair) for pair in pairs) / len(pairs)


# -------------------------------------------------------------------------------------------------------- the parts


def estimate_part(settings: Estimate, name: str = "estimate") -> Part:
    runs = tuple(
        {"weight": weight, "critic_steps": critic_steps, "seed": seed}
        for seed in settings.seeds
        for weight, critic_steps in settings.weights_and_critic_steps
    )
    return Part(f"penalty/{name}", f"penalty/{name}.csv", "penalty/manifest.json", settings, estimates, runs)


def optimizers_part(settings: Optimizers) -> Part:
    runs = tuple(
        {"limit": limit, "optimizer": optimizer, "seed": seed}
        for seed in settings.seeds
        for limit, configs in settings.configs.items()
        for optimizer in configs
    )
    return Part("penalty/optimizers", "penalty/optimizers.csv", "penalty/manifest.json", settings, optimized, runs)


PARTS = [estimate_part(ESTIMATE), estimate_part(SLOW_GENERATOR, "slow_generator"), optimizers_part(OPTIMIZERS)]


def make(part: Part, folder: Path = tables.DATA, *, anew: bool = False) -> None:
    tables.make(part, folder, anew=anew)
    tables.tell(part, folder, w1_real_against_real=round(real_against_real(part.settings.judging), 4))


if __name__ == "__main__":
    tables.command(PARTS, make, __doc__)
