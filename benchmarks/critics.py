"""What clipping does to critics, at the scale of the papers: gradients against depth, value surfaces, loss and quality.

python -m benchmarks.critics [depth surfaces quality]

Makes critics/depth.csv, surfaces.npz and quality.csv. Every seed was fixed beforehand, and nothing is left out.

The critics of depth.csv and surfaces.npz are trained alone: real points against the same points plus noise, which is
how the WGAN-GP paper draws its value surfaces (arXiv:1704.00028, section 3.1).
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from benchmarks import tables
from benchmarks.tables import Part, make  # noqa: F401 - a bench has PARTS and make
from course_lib import losses, penalties
from course_lib.data import grid, ring, swiss_roll
from course_lib.models import MLPCritic, MLPGenerator
from course_lib.training import sample
from course_lib.transport import wasserstein

DATA = {"8 Gaussians": ring, "25 Gaussians": grid, "Swiss roll": swiss_roll}
PENALTY = "penalty"  # stands where a clip limit would


# --------------------------------------------------------------------------------------------------------- settings


@dataclass(frozen=True)
class Optimizer:
    """`betas` are Adam's; everything else is as PyTorch has it."""

    name: str
    learning_rate: float
    betas: tuple[float, float] | None = None

    def of(self, net: nn.Module) -> torch.optim.Optimizer:
        if self.name == "adam":
            return torch.optim.Adam(net.parameters(), lr=self.learning_rate, betas=self.betas)
        return torch.optim.RMSprop(net.parameters(), lr=self.learning_rate)


@dataclass(frozen=True)
class Depth:
    """Critics between data and data plus noise; the norm of the score's gradient at each layer, at some steps.

    It is measured at `probes` real and as many noisy points, drawn with the seed `probe_seed` plus the run's.
    """

    data: str = "Swiss roll"
    noise: float = 1.0
    width: int = 512
    depth: int = 12
    activation: str = "relu"
    batch_size: int = 64
    clips: tuple[float, ...] = (0.1, 0.01, 0.001)
    clipped: Optimizer = Optimizer("rmsprop", 5e-5)
    penalised: Optimizer = Optimizer("adam", 1e-4, (0.5, 0.9))
    penalty_weight: float = 10.0
    steps: tuple[int, ...] = (0, 30, 100, 300)
    probes: int = 512
    probe_seed: int = 1000
    seeds: tuple[int, ...] = (0, 1, 2)


@dataclass(frozen=True)
class Surfaces:
    """Critics between data and data plus noise, at full precision of the limit: surface, weights, slopes.

    Learning rates fall in a straight line to 0. The surface is seen at `places` x `places` points of a window that
    reaches `half_width` from 0; the weights, as shares of the limit, are counted in `bins`; a weight of `at_limit`
    times the limit or more is at it.
    """

    data: tuple[str, ...] = ("8 Gaussians", "25 Gaussians", "Swiss roll")
    noise: float = 1.0
    width: int = 128
    depth: int = 3
    activation: str = "relu"
    batch_size: int = 256
    log10_clips: tuple[float, ...] = (-2.5, -2.25, -2.0, -1.75, -1.5, -1.25, -1.0, -0.75, -0.5)
    clipped: Optimizer = Optimizer("rmsprop", 5e-4)
    penalised: Optimizer = Optimizer("adam", 1e-3, (0.5, 0.9))
    penalty_weight: float = 0.1
    steps: int = 800
    half_width: float = 2.5
    places: int = 49
    bins: int = 40
    at_limit: float = 0.99
    probes: int = 2000
    quantiles: tuple[float, ...] = (0.05, 0.5, 0.95)
    seed: int = 0


@dataclass(frozen=True)
class Game:
    """One way to play: a WGAN of this `clip`, or the non-saturating GAN where that is None.

    A round has `critic_steps` and then `generator_steps`; during the first `warm_up` generator steps it has
    `warm_up_critic_steps`. `total` generator steps in all.
    """

    critic: Optimizer
    generator: Optimizer
    clip: float | None = 0.1
    activation: str = "relu"
    critic_steps: int = 5
    generator_steps: int = 1
    warm_up: int = 25
    warm_up_critic_steps: int = 100
    total: int = 600


@dataclass(frozen=True)
class Quality:
    """Loss on the way, beside exact W1 between `probes` real (seed `real_seed`) and generated points (`fake_seed`).

    Both nets have `depth` hidden layers of `width`. A run is read `readings` times.
    """

    games: Mapping[str, Game]
    data: str = "Swiss roll"
    width: int = 64
    depth: int = 2
    latent_dim: int = 8
    batch_size: int = 128
    readings: int = 30
    probes: int = 400
    real_seed: int = 99
    fake_seed: int = 5
    seeds: tuple[int, ...] = (0, 1, 2, 3, 4)


WGAN = dict(critic=Optimizer("rmsprop", 5e-4), generator=Optimizer("rmsprop", 1e-4))
GAN = dict(critic=Optimizer("adam", 5e-4, (0.5, 0.9)), generator=Optimizer("adam", 1e-4, (0.5, 0.9)))
# With momentum a ReLU critic can die, which is another matter. Only the critic's optimiser differs, as in the WGAN
# paper's remark.
FAST = dict(generator=Optimizer("rmsprop", 1e-3), activation="leaky_relu", warm_up=0, total=300)

DEPTH = Depth()
SURFACES = Surfaces()
QUALITY = Quality(
    {
        "WGAN": Game(**WGAN),
        "GAN": Game(**GAN, clip=None, critic_steps=1, warm_up=0),
        "five generator steps": Game(**WGAN, critic_steps=1, generator_steps=5),
        "fast, RMSProp": Game(Optimizer("rmsprop", 2e-3), **FAST),
        "fast, Adam without momentum": Game(Optimizer("adam", 2e-3, (0.0, 0.99)), **FAST),
        "fast, Adam with momentum 0.9": Game(Optimizer("adam", 2e-3, (0.9, 0.99)), **FAST),
    }
)


# ----------------------------------------------------------------------------------------- gradients against depth


def depth_run(settings: Depth, clip: float | str, seed: int) -> list[dict]:
    """Train one critic, clipped or penalised; a row a layer at each of the steps asked for."""
    torch.manual_seed(seed)
    draw = torch.Generator().manual_seed(seed)
    data = DATA[settings.data]().standardized()
    critic = MLPCritic(2, settings.width, settings.depth, activation=settings.activation)
    optimizer = (settings.penalised if clip == PENALTY else settings.clipped).of(critic)
    of_probes = torch.Generator().manual_seed(settings.probe_seed + seed)
    probes = torch.cat(noisy_pair(data, settings.probes, settings.noise, of_probes))
    rows = []
    for step in range(settings.steps[-1] + 1):
        if step in settings.steps:
            norms = layer_gradients(critic, probes)
            rows += [{"step": step, "layer": layer, "gradient_norm": norm} for layer, norm in enumerate(norms)]
        real, fake = noisy_pair(data, settings.batch_size, settings.noise, draw)
        loss = losses.critic_loss(critic(real), critic(fake))
        if clip == PENALTY:
            loss = loss + settings.penalty_weight * penalties.gradient_penalty(critic, real, fake, generator=draw)
        descend(optimizer, loss)
        if clip != PENALTY:
            penalties.clip_weights_(critic, clip)
    return rows


def layer_gradients(critic: MLPCritic, points: Float[Tensor, "n 2"]) -> list[float]:
    """Mean norm of the score's gradient with respect to the input and to each layer's activations, in float64."""
    layers = [
        (layer.weight.detach().double(), layer.bias.detach().double())
        for layer in critic.layers
        if isinstance(layer, nn.Linear)
    ]
    found = [points.double().requires_grad_(True)]
    for weight, bias in layers[:-1]:
        found.append((found[-1] @ weight.T + bias).relu())
    score = found[-1] @ layers[-1][0].T + layers[-1][1]
    return [float(slope.norm(dim=1).mean()) for slope in torch.autograd.grad(score.sum(), found)]


def noisy_pair(data, n: int, noise: float, draw: torch.Generator) -> tuple[Float[Tensor, "n 2"], Float[Tensor, "n 2"]]:
    return data.sample(n, draw), data.sample(n, draw) + noise * torch.randn(n, 2, generator=draw)


def descend(optimizer: torch.optim.Optimizer, loss: Tensor) -> None:
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()


# -------------------------------------------------------------------------------------------------- value surfaces


def surface_run(settings: Surfaces, data: str, limit: float | str) -> list[dict]:
    """Train one critic, clipped at 10^`limit` or penalised; what it became, as arrays."""
    torch.manual_seed(settings.seed)
    draw = torch.Generator().manual_seed(settings.seed)
    law = DATA[data]().standardized()
    critic = MLPCritic(2, settings.width, settings.depth, activation=settings.activation)
    chosen = settings.penalised if limit == PENALTY else settings.clipped
    optimizer = chosen.of(critic)
    for step in range(settings.steps):
        optimizer.param_groups[0]["lr"] = chosen.learning_rate * (1 - step / settings.steps)
        real = law.sample(settings.batch_size, draw)
        fake = real + settings.noise * torch.randn(len(real), 2, generator=draw)  # the same real points: less noise
        loss = losses.critic_loss(critic(real), critic(fake))
        if limit == PENALTY:
            other = fake[torch.randperm(len(fake), generator=draw)]  # the penalty's pairs are independent
            loss = loss + settings.penalty_weight * penalties.gradient_penalty(critic, real, other, generator=draw)
        descend(optimizer, loss)
        if limit != PENALTY:
            penalties.clip_weights_(critic, 10**limit)
    pair = noisy_pair(law, settings.probes, settings.noise, draw)
    return [measured(settings, critic, None if limit == PENALTY else 10**limit, pair)]


def measured(settings: Surfaces, critic: MLPCritic, clip: float | None, pair: tuple[Tensor, Tensor]) -> dict:
    """The surface; the histogram of the weights; limit, share at it, estimate, quantiles of the slopes, the greatest.

    Without a clip limit, the largest weight stands for it.
    """
    across = torch.linspace(-settings.half_width, settings.half_width, settings.places)
    places = torch.cartesian_prod(across, across).flip(1)  # rows go up, columns go right
    slopes = penalties.gradient_norms(critic, torch.cat(pair)).detach()
    weights = torch.cat([parameter.detach().flatten() for parameter in critic.parameters()])
    edge = clip if clip is not None else float(weights.abs().max())
    with torch.no_grad():
        surface = critic(places).view(len(across), len(across))
        estimate = float(-losses.critic_loss(critic(pair[0]), critic(pair[1])))
    at_edge = float((weights.abs() >= settings.at_limit * edge).float().mean())
    quantiles = slopes.quantile(torch.tensor(settings.quantiles)).tolist()
    counts = np.histogram(weights / edge, bins=settings.bins, range=(-1, 1))[0]
    return {
        "surface": ((surface - surface.mean()) / surface.std()).numpy().astype(np.float16),
        "histogram": (counts / len(weights)).astype(np.float32),
        "numbers": np.array([edge, at_edge, estimate, *quantiles, float(slopes.max())], dtype=np.float32),
    }


# ------------------------------------------------------------------------------------------------ loss and quality


def quality_run(settings: Quality, method: str, seed: int) -> list[dict]:
    """Play one game; a row a reading."""
    game = settings.games[method]
    torch.manual_seed(seed)
    draw = torch.Generator().manual_seed(seed)
    data = DATA[settings.data]().standardized()
    generator = MLPGenerator(settings.latent_dim, 2, settings.width, settings.depth)
    critic = MLPCritic(2, settings.width, settings.depth, activation=game.activation)
    critic_optimizer, generator_optimizer = game.critic.of(critic), game.generator.of(generator)
    held_out = data.sample(settings.probes, torch.Generator().manual_seed(settings.real_seed))
    rounds = game.total // game.generator_steps
    rows, readings, cosines = [], [], []

    def fakes() -> Tensor:
        return generator(torch.randn(settings.batch_size, settings.latent_dim, generator=draw))

    for turn in range(1, rounds + 1):
        done = turn * game.generator_steps
        for _ in range(game.warm_up_critic_steps if done <= game.warm_up else game.critic_steps):
            with torch.no_grad():
                fake = fakes()
            real_scores, fake_scores = critic(data.sample(settings.batch_size, draw)), critic(fake)
            loss = (losses.discriminator_loss if game.clip is None else losses.critic_loss)(real_scores, fake_scores)
            before = flat(critic)
            descend(critic_optimizer, loss)
            cosines.append(cosine(flat(critic) - before, -flat(critic, slope=True)))
            if game.clip is not None:
                penalties.clip_weights_(critic, game.clip)
        readings.append(loss.item())
        for _ in range(game.generator_steps):
            scores = critic(fakes())
            plain = game.clip is None
            loss = (losses.non_saturating_generator_loss if plain else losses.wasserstein_generator_loss)(scores)
            descend(generator_optimizer, loss)
        if turn % (rounds // settings.readings) == 0:
            rows.append(
                {
                    "generator_step": done,
                    "critic_loss": np.mean(readings),
                    "w1": wasserstein(held_out, sample(generator, settings.probes, seed=settings.fake_seed)),
                    "negative_cosines": np.mean(np.array(cosines) < 0),
                }
            )
            readings, cosines = [], []
    return rows


def flat(net: nn.Module, *, slope: bool = False) -> Float[Tensor, "weights"]:
    """All weights of a net, or all their slopes, as one vector."""
    return torch.cat([(p.grad if slope else p).detach().flatten() for p in net.parameters()]).clone()


def cosine(a: Float[Tensor, "n"], b: Float[Tensor, "n"]) -> float:
    return float(torch.nn.functional.cosine_similarity(a.double(), b.double(), dim=0))


# ------------------------------------------------------------------------------------------------------- the parts


def depth_part(settings: Depth) -> Part:
    runs = tuple({"clip": clip, "seed": seed} for seed in settings.seeds for clip in (*settings.clips, PENALTY))
    return Part("critics/depth", "critics/depth.csv", "critics/manifest.json", settings, depth_run, runs)


def surfaces_part(settings: Surfaces) -> Part:
    runs = tuple({"data": data, "limit": at} for data in settings.data for at in (*settings.log10_clips, PENALTY))
    return Part("critics/surfaces", "critics/surfaces.npz", "critics/manifest.json", settings, surface_run, runs)


def quality_part(settings: Quality) -> Part:
    runs = tuple({"method": method, "seed": seed} for seed in settings.seeds for method in settings.games)
    return Part("critics/quality", "critics/quality.csv", "critics/manifest.json", settings, quality_run, runs)


PARTS = [depth_part(DEPTH), surfaces_part(SURFACES), quality_part(QUALITY)]

if __name__ == "__main__":
    tables.command(PARTS, make, __doc__)
