"""Ring and grid by VEEGAN's measure, method by method, five seeds each: python -m benchmarks.toys [METHOD ...]

Makes toy_modes.csv; toys/manifest.json has every method's settings. The column `seconds` is the processor's, training
alone. Two of these commands with different methods can run side by side.

Srivastava et al. 2017, arXiv:1705.07761 (the measure).
"""

import time
from dataclasses import dataclass, replace

import torch
from torch import nn

from benchmarks import tables
from benchmarks.points import DISTRIBUTIONS, judge
from benchmarks.priors import FadeIn, NoisyGenerator
from benchmarks.tables import Part, make  # noqa: F401 - a bench has PARTS and make
from course_lib.models import MLPCritic, MLPGenerator
from course_lib.penalties import R1, R1_R2
from course_lib.training import State, TrainingConfig, TrainingDiverged, sample, train
from course_lib.training.objectives import NON_SATURATING

# --------------------------------------------------------------------------------------------------------- settings


@dataclass(frozen=True)
class Critic:
    """What `MLPCritic` is told beyond its sizes."""

    activation: str = "leaky_relu"
    constraint: str | None = None
    pack: int = 1
    fourier_features: tuple[float, ...] = ()


@dataclass(frozen=True)
class Method:
    """How to train, with which nets, and how to judge: `samples` points of the last step's generator.

    Both nets have `depth` hidden layers of `width`; `signs` and `output_noise` are those of `NoisyGenerator`, which is
    taken where `output_noise` is not 0. `seeds` were stated before any of them was run; settings were tried on seeds of
    100 and more.
    """

    config: TrainingConfig
    depth: int = 2
    width: int = 128
    latent_dim: int = 16
    signs: int = 0
    output_noise: float = 0.0
    critic: Critic = Critic()
    fade_in: FadeIn | None = None
    samples: int = 2_500
    distributions: tuple[str, ...] = ("ring", "grid")
    seeds: tuple[int, ...] = (0, 1, 2, 3, 4)


@dataclass(frozen=True)
class Perfect:
    """The distributions' own samples under the same measure."""

    samples: int = 2_500
    distributions: tuple[str, ...] = ("ring", "grid")
    seeds: tuple[int, ...] = (0, 1, 2, 3, 4)


# A GAN as DCGAN has it (Adam 2e-4, betas 0.5 and 0.999, constant rate); the same with the rate that the others have
CLASSIC = TrainingConfig(
    objective="non_saturating",
    steps=8_000,
    batch_size=256,
    critic_steps=1,
    sobolev_weight=0.0,
    learning_rate=2e-4,
    betas=(0.5, 0.999),
    linear_decay=False,
    ema_decay=0.0,
)
UNROLLED = replace(CLASSIC, objective=NON_SATURATING.unrolled(5), steps=2_000)
FALLING = replace(CLASSIC, learning_rate=1e-3, linear_decay=True)
CLIPPED = replace(FALLING, objective="wgan", optimizer="rmsprop", clip=0.1, critic_steps=5, steps=2_000)
# What was found by trying, on seeds of 100 and more: tuning.csv says which change gave what. No momentum, first of all.
PENALISED = TrainingConfig(
    objective=NON_SATURATING.with_penalty(R1),
    penalty_weight=0.01,
    final_penalty_weight=0.001,
    steps=12_500,
    batch_size=256,
    critic_steps=1,
    sobolev_weight=0.0,
    learning_rate=3e-3,
    betas=(0.0, 0.99),
    ema_decay=0.99,
)
UNIT_SLOPE = replace(
    PENALISED,
    objective="wgan_gp",
    penalty_weight=0.1,
    final_penalty_weight=None,
    steps=8_500,
    batch_size=128,
    critic_steps=3,
    learning_rate=2e-3,
)
PAIRED = replace(PENALISED, objective="relativistic")
FINEST = replace(PENALISED, objective=NON_SATURATING.with_penalty(R1_R2), learning_rate=2e-3, critic_learning_rate=6e-3)

DEEPER = dict(depth=3, latent_dim=4, critic=Critic("relu"))
WAVES = dict(critic=Critic("relu", fourier_features=(25.0, 50.0)), fade_in=FadeIn(0.1, 0.4, 2.0))

PERFECT = "perfect sampler"
METHODS = {
    "GAN": Method(CLASSIC),
    "Unrolled GAN": Method(UNROLLED),
    "GAN (falling rate)": Method(FALLING),
    "PacGAN4": Method(FALLING, critic=Critic(pack=4)),
    "spectral normalisation": Method(replace(FALLING, steps=6_000), critic=Critic(constraint="spectral")),
    "WGAN": Method(CLIPPED),
    "WGAN-GP": Method(UNIT_SLOPE, **DEEPER),
    "relativistic + R1 + R2": Method(PAIRED, **DEEPER),
    "non-saturating + R1": Method(PENALISED, **DEEPER),
    "non-saturating + R1 + R2 (waves, noise)": Method(FINEST, depth=3, latent_dim=6, output_noise=0.1, **WAVES),
    "non-saturating + R1 + R2 (waves, noise, signs)": Method(
        FINEST, depth=3, latent_dim=10, signs=4, output_noise=0.1, **WAVES
    ),
}


# ------------------------------------------------------------------------------------------------------------- runs


def run(method: Method, distribution: str, seed: int) -> list[dict]:
    """Train from scratch with this seed; judge the generator of the last step."""
    law = DISTRIBUTIONS[distribution]().standardized()
    generator, critic = build(method, seed)
    done = [0]

    def watch(state: State) -> None:
        done[0] = state.step
        fade_in(method, critic, state.step)

    fade_in(method, critic, 0)
    start = time.process_time()
    try:
        train(generator, critic, law, replace(method.config, seed=seed), device="cpu", callbacks=[watch])
    except TrainingDiverged as broken:  # the last sound weights are judged; the steps say that it stopped
        print(broken)
    seconds = round(time.process_time() - start, 1)
    points = sample(generator, method.samples, seed=seed)
    return [{"steps": done[0], "seconds": seconds} | judge(points, law)]


def build(method: Method, seed: int) -> tuple[nn.Module, MLPCritic]:
    """The method's nets for points in the plane, initialised from `seed` alone."""
    sizes = dict(width=method.width, depth=method.depth)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        if method.output_noise:
            more = dict(signs=method.signs, output_noise=method.output_noise)
            generator = NoisyGenerator(method.latent_dim, 2, **sizes, **more)
        else:
            generator = MLPGenerator(method.latent_dim, 2, **sizes)
        asked = method.critic
        more = dict(activation=asked.activation, constraint=asked.constraint, pack=asked.pack)
        return generator, MLPCritic(2, **sizes, **more, fourier_features=asked.fourier_features)


def fade_in(method: Method, critic: MLPCritic, step: int) -> None:
    """Set how loud the critic's waves are after `step`."""
    if method.fade_in is not None:
        critic.fourier_scale.fill_(method.fade_in.at(step / method.config.steps))


def perfect(settings: Perfect, distribution: str, seed: int) -> list[dict]:
    """What the measure says of the distribution's own samples."""
    law = DISTRIBUTIONS[distribution]().standardized()
    points = law.sample(settings.samples, torch.Generator().manual_seed(seed))
    return [{"steps": 0, "seconds": 0.0} | judge(points, law)]


def part(name: str, settings: Method | Perfect) -> Part:
    return Part(
        f"toys/{name}",
        file="toy_modes.csv",
        manifest="toys/manifest.json",
        settings=settings,
        work=perfect if isinstance(settings, Perfect) else run,
        runs=tuple({"distribution": which, "seed": s} for which in settings.distributions for s in settings.seeds),
        rows={"method": name},
    )


PARTS = [part(name, settings) for name, settings in ({PERFECT: Perfect()} | METHODS).items()]

if __name__ == "__main__":
    tables.command(PARTS, make, __doc__)
