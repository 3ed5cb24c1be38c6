"""What clipping does to critics, at the scale of the papers: gradients against depth, value surfaces, loss and quality.

python data/critics/make.py [--only depth surfaces quality]

Writes depth.csv, surfaces.npz, quality.csv and manifest.json, a run at a time, so a command that was stopped goes on
where it was. One thread; `seconds` in the manifest are processor time. Every setting stands in SETTINGS, every seed was
fixed beforehand, and nothing is left out.

The critics of depth.csv and surfaces.npz are trained alone: real points against the same points plus noise, which is
how the WGAN-GP paper draws its value surfaces (arXiv:1704.00028, section 3.1).
"""

import argparse
import json
import platform
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn

from course_lib import losses
from course_lib.data import grid, ring, swiss_roll
from course_lib.models import MLPCritic, MLPGenerator
from course_lib.training import sample
from course_lib.transport import wasserstein

HERE = Path(__file__).resolve().parent
DATA = {"8 Gaussians": ring, "25 Gaussians": grid, "Swiss roll": swiss_roll}
SETTINGS = {
    "depth": {
        "data": "Swiss roll",
        "noise": 1.0,
        "width": 512,
        "depth": 12,
        "batch_size": 64,
        "seeds": [0, 1, 2],
        "clips": [0.1, 0.01, 0.001],
        "steps": [0, 30, 100, 300],
        "clipped": "RMSProp, learning rate 5e-5",
        "penalised": "Adam, learning rate 1e-4, betas 0.5 and 0.9, penalty weight 10",
        "probes": 512,
    },
    "surfaces": {
        "noise": 1.0,
        "width": 128,
        "depth": 3,
        "batch_size": 256,
        "seed": 0,
        "log10_clips": [-2.5, -2.25, -2.0, -1.75, -1.5, -1.25, -1.0, -0.75, -0.5],
        "steps": 800,
        "clipped": "RMSProp, learning rate 5e-4 falling to 0",
        "penalised": "Adam, learning rate 1e-3 falling to 0, betas 0.5 and 0.9, penalty weight 0.1",
        "half_width": 2.5,
        "places": 49,
        "bins": 40,
        "probes": 2000,
    },
    "quality": {
        "data": "Swiss roll",
        "width": 64,
        "depth": 2,
        "batch_size": 128,
        "latent_dim": 8,
        "seeds": [0, 1, 2, 3, 4],
        "generator_steps": 600,
        "fast_generator_steps": 300,
        "clip": 0.1,
        "warm_up": "100 critic steps for each of the first 25 generator steps, in every WGAN that is not fast",
        "wgan": "RMSProp, critic 5e-4, generator 1e-4",
        "fast": "LeakyReLU; critic 2e-3 (RMSProp, or Adam with betas 0 or 0.9, and 0.99), generator 1e-3 (RMSProp)",
        "gan": "non-saturating, Adam 5e-4 and 1e-4, betas 0.5 and 0.9, one discriminator step",
        "readings": 30,
        "probes": 400,
    },
}


def critic_step(critic: nn.Module, optimizer: torch.optim.Optimizer, loss: Tensor, clip: float | None) -> None:
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if clip is not None:
        losses.clip_weights_(critic, clip)


# ------------------------------------------------------------------------------------------ gradients against depth


def layer_gradients(critic: nn.Module, points: Tensor) -> list[float]:
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


def depth_run(clip: float | None, seed: int) -> list[dict]:
    setting = SETTINGS["depth"]
    torch.manual_seed(seed)
    draw = torch.Generator().manual_seed(seed)
    data = DATA[setting["data"]]().standardized()
    critic = MLPCritic(2, setting["width"], setting["depth"], activation="relu")
    if clip is None:
        optimizer = torch.optim.Adam(critic.parameters(), lr=1e-4, betas=(0.5, 0.9))
    else:
        optimizer = torch.optim.RMSprop(critic.parameters(), lr=5e-5)
    probes = noisy_pair(data, setting["probes"], setting["noise"], torch.Generator().manual_seed(1000 + seed))
    rows = []
    for step in range(setting["steps"][-1] + 1):
        if step in setting["steps"]:
            norms = layer_gradients(critic, torch.cat(probes))
            rows += [
                {"clip": clip or "penalty", "seed": seed, "step": step, "layer": layer, "gradient_norm": norm}
                for layer, norm in enumerate(norms)
            ]
        real, fake = noisy_pair(data, setting["batch_size"], setting["noise"], draw)
        loss = losses.critic_loss(critic(real), critic(fake))
        if clip is None:
            loss = loss + 10 * losses.gradient_penalty(critic, real, fake, generator=draw)
        critic_step(critic, optimizer, loss, clip)
    return rows


def noisy_pair(data, n: int, noise: float, draw: torch.Generator) -> tuple[Tensor, Tensor]:
    return data.sample(n, draw), data.sample(n, draw) + noise * torch.randn(n, 2, generator=draw)


# -------------------------------------------------------------------------------------------------- value surfaces


def surface_run(data_name: str, clip: float | None) -> dict[str, np.ndarray]:
    setting = SETTINGS["surfaces"]
    torch.manual_seed(setting["seed"])
    draw = torch.Generator().manual_seed(setting["seed"])
    data = DATA[data_name]().standardized()
    critic = MLPCritic(2, setting["width"], setting["depth"], activation="relu")
    if clip is None:
        optimizer, rate = torch.optim.Adam(critic.parameters(), lr=1e-3, betas=(0.5, 0.9)), 1e-3
    else:
        optimizer, rate = torch.optim.RMSprop(critic.parameters(), lr=5e-4), 5e-4
    for step in range(setting["steps"]):
        optimizer.param_groups[0]["lr"] = rate * (1 - step / setting["steps"])
        real = data.sample(setting["batch_size"], draw)
        fake = real + setting["noise"] * torch.randn(len(real), 2, generator=draw)  # the same real points: less noise
        loss = losses.critic_loss(critic(real), critic(fake))
        if clip is None:
            other = fake[torch.randperm(len(fake), generator=draw)]  # the penalty's pairs are independent
            loss = loss + 0.1 * losses.gradient_penalty(critic, real, other, generator=draw)
        critic_step(critic, optimizer, loss, clip)
    across = torch.linspace(-setting["half_width"], setting["half_width"], setting["places"])
    places = torch.cartesian_prod(across, across).flip(1)  # rows go up, columns go right
    pair = noisy_pair(data, setting["probes"], setting["noise"], draw)
    slopes = losses.gradient_norms(critic, torch.cat(pair)).detach()
    weights = torch.cat([parameter.detach().flatten() for parameter in critic.parameters()])
    edge = clip if clip is not None else float(weights.abs().max())
    with torch.no_grad():
        surface = critic(places).view(len(across), len(across))
        estimate = float(-losses.critic_loss(critic(pair[0]), critic(pair[1])))
    counts = np.histogram(weights / edge, bins=setting["bins"], range=(-1, 1))[0]
    return {
        "surface": ((surface - surface.mean()) / surface.std()).numpy().astype(np.float16),
        "histogram": (counts / len(weights)).astype(np.float32),
        "numbers": np.array(  # limit, share at it, estimate, slopes: 5 %, 50 %, 95 %, greatest
            [
                edge,
                float((weights.abs() >= 0.99 * edge).float().mean()),
                estimate,
                *slopes.quantile(torch.tensor([0.05, 0.5, 0.95])).tolist(),
                float(slopes.max()),
            ],
            dtype=np.float32,
        ),
    }


# ------------------------------------------------------------------------------------------------ loss and quality

METHODS = {
    "WGAN": {},
    "GAN": {},
    "five generator steps": {"critic_steps": 1, "generator_steps": 5},
    "fast, RMSProp": {},
    "fast, Adam without momentum": {"momentum": 0.0},
    "fast, Adam with momentum 0.9": {"momentum": 0.9},
}


def quality_run(method: str, seed: int) -> list[dict]:
    """A GAN's or WGAN's loss on its way, beside exact W1 between 400 real and 400 generated points."""
    setting, classic = SETTINGS["quality"], method == "GAN"
    torch.manual_seed(seed)
    draw = torch.Generator().manual_seed(seed)
    data = DATA[setting["data"]]().standardized()
    generator = MLPGenerator(setting["latent_dim"], 2, setting["width"], setting["depth"])
    fast = method.startswith("fast")
    activation = "leaky_relu" if fast else "relu"  # with momentum a ReLU critic can die, which is another matter
    critic = MLPCritic(2, setting["width"], setting["depth"], activation=activation)
    critic_optimizer, generator_optimizer = optimizers(method, critic, generator)
    per_round = {"critic_steps": 1 if classic else 5, "generator_steps": 1} | {
        key: value for key, value in METHODS[method].items() if key.endswith("steps")
    }
    size, held_out = setting["batch_size"], data.sample(setting["probes"], torch.Generator().manual_seed(99))
    rounds = setting["fast_generator_steps" if fast else "generator_steps"] // per_round["generator_steps"]
    every, rows, readings, cosines = rounds // setting["readings"], [], [], []

    def fakes() -> Tensor:
        return generator(torch.randn(size, setting["latent_dim"], generator=draw))

    for turn in range(1, rounds + 1):
        warm = not (classic or fast) and turn * per_round["generator_steps"] <= 25
        for _ in range(100 if warm else per_round["critic_steps"]):
            with torch.no_grad():
                fake = fakes()
            real_scores, fake_scores = critic(data.sample(size, draw)), critic(fake)
            if classic:
                loss = losses.discriminator_loss(real_scores, fake_scores)
            else:
                loss = losses.critic_loss(real_scores, fake_scores)
            before = flat(critic)
            critic_step(critic, critic_optimizer, loss, None)
            cosines.append(cosine(flat(critic) - before, -flat(critic, slope=True)))
            if not classic:
                losses.clip_weights_(critic, setting["clip"])
        readings.append(loss.item())
        for _ in range(per_round["generator_steps"]):
            scores = critic(fakes())
            loss = (losses.non_saturating_generator_loss if classic else losses.wasserstein_generator_loss)(scores)
            generator_optimizer.zero_grad()
            loss.backward()
            generator_optimizer.step()
        if turn % every == 0:
            distance = wasserstein(held_out, sample(generator, setting["probes"], seed=5))
            rows.append(
                {
                    "method": method,
                    "seed": seed,
                    "generator_step": turn * per_round["generator_steps"],
                    "critic_loss": np.mean(readings),
                    "w1": distance,
                    "negative_cosines": np.mean(np.array(cosines) < 0),
                }
            )
            readings, cosines = [], []
    return rows


def optimizers(method: str, critic: nn.Module, generator: nn.Module) -> tuple:
    """The critic's and the generator's. Only the critic's changes with "momentum", as in the WGAN paper's remark."""
    if method == "GAN":
        rates = ((critic, 5e-4), (generator, 1e-4))
        return tuple(torch.optim.Adam(net.parameters(), lr=rate, betas=(0.5, 0.9)) for net, rate in rates)
    fast = method.startswith("fast")
    for_generator = torch.optim.RMSprop(generator.parameters(), lr=1e-3 if fast else 1e-4)
    rate = 2e-3 if fast else 5e-4
    if "momentum" in METHODS[method]:
        betas = (METHODS[method]["momentum"], 0.99)
        return torch.optim.Adam(critic.parameters(), lr=rate, betas=betas), for_generator
    return torch.optim.RMSprop(critic.parameters(), lr=rate), for_generator


def flat(net: nn.Module, *, slope: bool = False) -> Tensor:
    return torch.cat([(p.grad if slope else p).detach().flatten() for p in net.parameters()]).clone()


def cosine(a: Tensor, b: Tensor) -> float:
    return float(torch.nn.functional.cosine_similarity(a.double(), b.double(), dim=0))


# ------------------------------------------------------------------------------------------------------- the tables


def append(path: Path, rows: list[dict]) -> None:
    pd.DataFrame(rows).to_csv(path, mode="a", header=not path.exists(), index=False, float_format="%.5g")


def done(path: Path, **wanted: object) -> bool:
    if not path.exists():
        return False
    table = pd.read_csv(path, dtype=str, keep_default_na=False)
    return bool(
        (table[list(wanted)] == pd.Series({key: str(value) for key, value in wanted.items()})).all(axis=1).any()
    )


def timed(spent: dict[str, float], part: str, work: Callable, *arguments: object):
    start = time.process_time()
    result = work(*arguments)
    spent[part] = round(spent.get(part, 0.0) + time.process_time() - start, 1)
    manifest = {
        "command": "python data/critics/make.py",
        "settings": SETTINGS,
        "seconds": spent,
        "threads": 1,
        "versions": {"python": platform.python_version(), "torch": torch.__version__.split("+")[0]},
    }
    (HERE / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n")
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="+", choices=tuple(SETTINGS), default=tuple(SETTINGS))
    given = parser.parse_args()
    torch.set_num_threads(1)
    manifest = HERE / "manifest.json"
    spent = json.loads(manifest.read_text())["seconds"] if manifest.exists() else {}
    if "depth" in given.only:
        for seed in SETTINGS["depth"]["seeds"]:
            for clip in (*SETTINGS["depth"]["clips"], None):
                if not done(HERE / "depth.csv", clip=clip or "penalty", seed=seed):
                    append(HERE / "depth.csv", timed(spent, "depth", depth_run, clip, seed))
    if "surfaces" in given.only:
        path = HERE / "surfaces.npz"
        arrays = dict(np.load(path)) if path.exists() else {}
        for name in DATA:
            for log_clip in (*SETTINGS["surfaces"]["log10_clips"], None):
                key = f"{name}/{'penalty' if log_clip is None else f'{log_clip:g}'}"
                if f"{key}/numbers" not in arrays:
                    found = timed(spent, "surfaces", surface_run, name, None if log_clip is None else 10**log_clip)
                    arrays |= {f"{key}/{part}": values for part, values in found.items()}
                    np.savez_compressed(path, **arrays)
    if "quality" in given.only:
        for seed in SETTINGS["quality"]["seeds"]:
            for method in METHODS:
                if not done(HERE / "quality.csv", method=method, seed=seed):
                    append(HERE / "quality.csv", timed(spent, "quality", quality_run, method, seed))


if __name__ == "__main__":
    main()
