"""Seconds a generator step takes: ours beside other ways of writing it, beside what the processor can do; and growth.

python -m benchmarks.speed [steps growth] [--anew]      (make bench, on a machine that does nothing else)

Makes speed/steps.csv (a row a way of writing the step: median and spread of its seconds, its ratio to the textbook's,
and the rate of the textbook's operations beside that of a matrix product) and speed/growth.csv with docs/growth.png
(a row a size, each in a process of its own: seconds a step, seconds from the recordings until training can begin, which
scaling, nets and run take, and peak memory).

All ways train the source's nets by WGAN-GP with Adam, take turns in one process, and are timed by the clock. Three are
written here, in our words: the textbook loop; that of mirkosavasta/GANetano, whose critic's loss reaches back into the
generator and which reads three numbers a critic step; and that of eriklindernoren/PyTorch-GAN, three backward passes a
critic step, with numbers from NumPy. None is timed with its own nets, data or optimiser.
"""

import contextlib
import multiprocessing
import platform
import resource
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
import torch
from matplotlib.ticker import LogLocator, NullFormatter
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset
from torch.utils.flop_counter import FlopCounterMode

from benchmarks import tables
from benchmarks.tables import Part
from course_lib import plots
from course_lib.data import Scaler, SignalDataset
from course_lib.penalties import gradient_penalty
from course_lib.training import BEST_RECIPE, SOURCE_RECIPE, Recipe, Run, whole_step

BF16_FLAGS = ("avx512_bf16", "amx_bf16", "bf16")  # of /proc/cpuinfo: products of bfloat16 in hardware
TINY = 1e-12  # under a root
PICTURE = Path(__file__).resolve().parents[1] / "docs" / "growth.png"


# --------------------------------------------------------------------------------------------------------- settings


@dataclass(frozen=True)
class Sizes:
    """What a step's cost depends on."""

    batch: int = 64
    length: int = 160
    dim: int = 64
    classes: int = 1
    recordings: int = 2_000


@dataclass(frozen=True)
class Steps:
    """Ways of writing the step, in turns; the first `warm_up` rounds are not counted."""

    sizes: Sizes = Sizes()
    rounds: int = 25
    warm_up: int = 3
    product: int = 2048  # rows and columns of the matrix product
    seeds: tuple[int, ...] = (0,)


@dataclass(frozen=True)
class Growth:
    """One size at a time is changed."""

    sizes: Sizes = replace(Sizes(), dim=BEST_RECIPE.dim)
    steps: int = 15
    warm_up: int = 3
    seeds: tuple[int, ...] = (0,)


SWEEPS = {
    "batch": (16, 32, 64, 128, 256),
    "length": (40, 80, 160, 500, 1_000, 5_000),
    "dim": (8, 16, 32, 64, 128),
    "classes": (1, 8, 80, 400),
    "recordings": (2_000, 20_000, 200_000),
    "recordings of length 1,000": (2_000, 20_000, 200_000),
}
CHANGED = {"recordings of length 1,000": "recordings"}  # of a sweep that has no size's name
OTHERWISE = {"recordings of length 1,000": {"length": 1_000}}


def signals(sizes: Sizes, seed: int) -> SignalDataset:
    """Noise of the shape of signals: what they are costs nothing."""
    values = torch.randn(sizes.recordings, 1, sizes.length, generator=torch.Generator().manual_seed(seed))
    return SignalDataset(values, torch.arange(sizes.recordings) % sizes.classes, tuple(map(str, range(sizes.classes))))


# --------------------------------------------------------------------------------------- ways of writing the step

Way = Callable[[nn.Module, nn.Module, SignalDataset, Recipe], Callable[[], object]]


def textbook(generator: nn.Module, critic: nn.Module, dataset: SignalDataset, recipe: Recipe) -> Callable[[], object]:
    """Three passes of the critic, a DataLoader, plain Adam, and the loss read at every step."""
    config, batches = recipe.config, _batches(dataset, recipe.config.batch_size, shuffle=True)
    on_generator, on_critic = _adams(generator, critic, recipe)

    def step() -> float:
        for _ in range(config.critic_steps):
            real = next(batches)
            fake = generator(torch.randn(len(real), generator.latent_dim)).detach()
            penalty = config.penalty_weight * gradient_penalty(critic, real, fake)
            loss = critic(fake).mean() - critic(real).mean() + penalty
            on_critic.zero_grad()
            loss.backward()
            on_critic.step()
        loss = -critic(generator(torch.randn(config.batch_size, generator.latent_dim))).mean()
        on_generator.zero_grad()
        loss.backward()
        on_generator.step()
        return loss.item()

    return step


def ganetano(generator: nn.Module, critic: nn.Module, dataset: SignalDataset, recipe: Recipe) -> Callable[[], object]:
    """The fakes keep the generator's graph in the critic's loss; three numbers are read at each critic step."""
    config, batches = recipe.config, _batches(dataset, recipe.config.batch_size, shuffle=False)
    on_generator, on_critic = _adams(generator, critic, recipe)
    read: list[float] = []

    def step() -> None:
        for _ in range(config.critic_steps):
            real = next(batches)
            fake = generator(torch.randn(len(real), generator.latent_dim))
            real_scores, fake_scores = critic(real), critic(fake)
            weight = torch.rand(len(real), 1, 1).expand_as(real)
            mixed = (weight * real + (1 - weight) * fake.detach()).requires_grad_()
            scores = critic(mixed)
            (slopes,) = torch.autograd.grad(scores, mixed, torch.ones_like(scores), create_graph=True)
            slopes = slopes.flatten(1)
            read.append(slopes.norm(dim=1).mean().item())
            norms = (slopes.square().sum(dim=1) + TINY).sqrt()
            penalty = config.penalty_weight * (norms - 1).square().mean()
            read.append(penalty.item())
            on_critic.zero_grad()
            loss = fake_scores.mean() - real_scores.mean() + penalty
            loss.backward()
            on_critic.step()
            read.append(loss.item())
        on_generator.zero_grad()
        loss = -critic(generator(torch.randn(len(real), generator.latent_dim))).mean()
        loss.backward()
        on_generator.step()
        read.append(loss.item())

    return step


def pytorch_gan(
    generator: nn.Module, critic: nn.Module, dataset: SignalDataset, recipe: Recipe
) -> Callable[[], object]:
    """A backward pass for each part of the critic's loss, the fakes' through the generator; numbers from NumPy."""
    config, batches = recipe.config, _batches(dataset, recipe.config.batch_size, shuffle=True)
    on_generator, on_critic = _adams(generator, critic, recipe)

    def noise() -> Tensor:
        return torch.tensor(np.random.normal(0, 1, (config.batch_size, generator.latent_dim)), dtype=torch.float32)

    def step() -> tuple[float, float]:
        for _ in range(config.critic_steps):
            real = next(batches)
            on_critic.zero_grad()
            fake = generator(noise())
            real_score, fake_score = -critic(real).mean(), critic(fake).mean()
            real_score.backward()
            fake_score.backward()
            weight = torch.tensor(np.random.random((len(real), 1, 1)), dtype=torch.float32)
            mixed = (weight * real + (1 - weight) * fake.detach()).requires_grad_()
            scores = critic(mixed)
            (slopes,) = torch.autograd.grad(scores, mixed, torch.ones_like(scores), create_graph=True)
            (config.penalty_weight * (slopes.flatten(1).norm(dim=1) - 1).square().mean()).backward()
            on_critic.step()
        on_generator.zero_grad()
        loss = -critic(generator(noise())).mean()
        loss.backward()
        on_generator.step()
        return (real_score + fake_score).item(), loss.item()

    return step


def ours(
    generator: nn.Module, critic: nn.Module, dataset: SignalDataset, recipe: Recipe, *, bf16: bool = False
) -> Callable[[], object]:
    """The library's step, its losses read as often as in training."""
    run = Run(generator, critic, dataset, recipe.config, torch.device("cpu"), bf16=bf16)

    def step() -> None:
        done = len(run.history) + 1
        run.set_rates(done)
        with run.autocast():
            row = whole_step(run)
        run.history.add(row)
        if done % recipe.config.read_every == 0:
            run.check()

    return step


def ours_in_bf16(
    generator: nn.Module, critic: nn.Module, dataset: SignalDataset, recipe: Recipe
) -> Callable[[], object]:
    """The same with products in bfloat16."""
    return ours(generator, critic, dataset, recipe, bf16=True)


WAYS: dict[str, Way] = {
    "textbook": textbook,
    "as GANetano": ganetano,
    "as PyTorch-GAN": pytorch_gan,
    "ours": ours,
    "ours, bf16": ours_in_bf16,
}


def _batches(dataset: SignalDataset, size: int, *, shuffle: bool) -> Iterator[Tensor]:
    loader = DataLoader(TensorDataset(dataset.values), size, shuffle=shuffle, drop_last=True)
    while True:
        for (batch,) in loader:
            yield batch


def _adams(generator: nn.Module, critic: nn.Module, recipe: Recipe) -> list[torch.optim.Adam]:
    settings = dict(lr=recipe.config.learning_rate, betas=recipe.config.betas)
    return [torch.optim.Adam(net.parameters(), **settings) for net in (generator, critic)]


# ------------------------------------------------------------------------------------------------------------- runs


def steps_of(settings: Steps, threads: int, seed: int) -> list[dict]:
    """All ways in turns, and a matrix product beside them: medians over the rounds."""
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        return _steps_of(settings, seed)
    finally:
        torch.set_num_threads(before)


def _steps_of(settings: Steps, seed: int) -> list[dict]:
    recipe, dataset = _source_recipe(settings.sizes), signals(settings.sizes, seed)
    torch.manual_seed(seed)
    np.random.seed(seed)
    ways = {name: way(*recipe.build(dataset, seed=seed), dataset, recipe) for name, way in WAYS.items()}
    operations = operations_of(ways["textbook"])
    square = torch.randn(settings.product, settings.product)
    work = ways | {"product": lambda: square @ square}
    seconds = {name: [] for name in work}
    for turn in range(settings.warm_up + settings.rounds):
        for name, step in work.items():
            begun = time.perf_counter()
            step()
            if turn >= settings.warm_up:
                seconds[name].append(time.perf_counter() - begun)
    took = {name: np.array(times) for name, times in seconds.items()}
    rate = 2 * settings.product**3 / np.median(took["product"])
    return [
        {
            "way": name,
            "seconds": float(np.median(took[name])),
            "fastest": float(took[name].min()),
            "slowest": float(took[name].max()),
            "over_textbook": float(np.median(took[name] / took["textbook"])),
            "gflop": operations / 1e9,
            "gflop_a_second": operations / 1e9 / float(np.median(took[name])),
            "product_gflop_a_second": float(rate / 1e9),
            "share_of_product": float(operations / np.median(took[name]) / rate),
        }
        for name in ways
    ]


class _NoModules(contextlib.nullcontext):
    """In place of the counter's record of which module is at work, which `autograd.grad` inside a loss breaks."""

    parents = {"Global"}


def operations_of(step: Callable[[], object]) -> int:
    """Multiplications and additions of a step's products and convolutions, second derivatives included."""
    counter = FlopCounterMode(display=False)
    counter.mod_tracker = _NoModules()
    with counter:
        step()
    return counter.get_total_flops()


def _source_recipe(sizes: Sizes) -> Recipe:
    return replace(SOURCE_RECIPE.with_config(batch_size=sizes.batch), dim=sizes.dim)


def growth_of(settings: Growth, what: str, size: int, seed: int) -> list[dict]:
    """The course's own recipe at one size, in a process of its own, which starts without anything in memory."""
    fresh = multiprocessing.get_context("spawn")
    sizes = replace(settings.sizes, **OTHERWISE.get(what, {}), **{CHANGED.get(what, what): size})
    with ProcessPoolExecutor(1, mp_context=fresh) as process:
        return [process.submit(measured, settings, sizes, seed).result()]


def measured(settings: Growth, sizes: Sizes, seed: int) -> dict:
    """Seconds a step (median), until the first can begin and until it ends; the process's memory before and at most.

    The recordings are held beside what the scaler makes of them, as a program does that goes back to their units.
    """
    torch.set_num_threads(1)
    idle, dataset = _peak(), signals(sizes, seed)
    begun = time.perf_counter()
    recipe = replace(BEST_RECIPE.with_config(batch_size=sizes.batch), dim=sizes.dim)
    scaled = Scaler.fit(dataset).transform(dataset)
    step = ours(*recipe.build(scaled, conditional=sizes.classes > 1, seed=seed), scaled, recipe)
    ready = time.perf_counter() - begun
    step()
    first, seconds = time.perf_counter() - begun, []
    for _ in range(settings.warm_up + settings.steps):
        begun = time.perf_counter()
        step()
        seconds.append(time.perf_counter() - begun)
    array, peak = dataset.values.numel() * 4 / 1e6, _peak()
    return {
        "seconds": float(np.median(seconds[settings.warm_up :])),
        "ready_seconds": ready,
        "first_step_seconds": first,
        "idle_mb": idle,
        "array_mb": array,
        "peak_mb": peak,
        "over_array": (peak - idle) / array,
    }


def _peak() -> float:
    """The process's peak memory so far, in MB.

    On Linux `ru_maxrss` begins with the peak of the process that started this one, and VmHWM does not.
    """
    status = Path("/proc/self/status")
    if status.exists():
        return next(float(line.split()[1]) for line in status.read_text().splitlines() if "VmHWM" in line) / 1e3
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # bytes on macOS, else kilobytes
    return most / 1e6 if platform.system() == "Darwin" else most / 1e3


# -------------------------------------------------------------------------------------------------------- the parts


def steps_part(settings: Steps, threads: tuple[int, ...] = (1, 2)) -> Part:
    runs = tuple({"threads": n, "seed": seed} for seed in settings.seeds for n in threads)
    return Part("speed/steps", "speed/steps.csv", "speed/manifest.json", settings, steps_of, runs)


def growth_part(settings: Growth, sweeps: dict[str, tuple[int, ...]] = SWEEPS) -> Part:
    runs = tuple(
        {"what": what, "size": size, "seed": seed}
        for seed in settings.seeds
        for what, sizes in sweeps.items()
        for size in sizes
    )
    return Part("speed/growth", "speed/growth.csv", "speed/manifest.json", settings, growth_of, runs)


PARTS = [steps_part(Steps()), growth_part(Growth())]


def make(part: Part, folder: Path = tables.DATA, *, anew: bool = False) -> None:
    tables.make(part, folder, anew=anew)
    tables.tell(part, folder, bf16_in_hardware=bf16_in_hardware())
    rows = tables.read_rows(part, folder)
    if part.key == "growth":
        draw(rows, PICTURE if folder == tables.DATA else folder / PICTURE.name)
        return
    for row in rows:
        print(
            f"{row['threads']} thread(s)  {row['way']:15} {float(row['seconds']):8.4f} s  "
            f"{float(row['over_textbook']):5.2f} x the textbook's  {float(row['share_of_product']):4.0%} of the limit"
        )


def bf16_in_hardware() -> bool | None:
    """Whether the processor has products of bfloat16; None where that cannot be read."""
    path = Path("/proc/cpuinfo")
    return any(flag in path.read_text().split() for flag in BF16_FLAGS) if path.exists() else None


def draw(rows: list[dict], path: Path) -> None:
    """How a step, the wait before the first, and memory grow with each size."""
    plots.set_style()
    shown = {
        "seconds": "seconds a step",
        "ready_seconds": "seconds until\nthe first step",
        "peak_mb": "peak memory, MB",
    }
    table = pd.DataFrame(rows).astype({"size": int} | dict.fromkeys(shown, float))
    swept = table.groupby("what", sort=False)
    figure, axes = plt.subplots(len(shown), len(swept), figsize=(13, 6), sharex="col", sharey="row", squeeze=False)
    for column, (what, own) in zip(axes.T, swept, strict=True):
        for ax, (measure, label) in zip(column, shown.items(), strict=True):
            sns.lineplot(own, x="size", y=measure, marker="o", ax=ax).set(xlabel="", ylabel=label)
            ax.set(xscale="log", yscale="log")
            ax.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
            ax.yaxis.set_major_formatter("{x:g}")
            ax.yaxis.set_minor_formatter(NullFormatter())
        ends = [own["size"].min(), own["size"].max()]
        column[-1].set_xticks(ends, [f"{size:,}" for size in ends])
        column[-1].get_xticklabels()[-1].set_horizontalalignment("right")
        column[-1].minorticks_off()
        column[0].set_title(what.replace(" of ", "\nof "))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(plots.figure_png(figure, dpi=110))
    plt.close(figure)


if __name__ == "__main__":
    tables.command(PARTS, make, __doc__)
