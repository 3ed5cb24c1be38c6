"""Training on a device that refuses to mix with the CPU, and what crosses between the two.

PyTorch's `meta` stands for a GPU: its tensors have shapes and no values, no operation takes one together with a tensor
of the CPU, and nothing can be read from it. What it lacks, random generators and reading, stands behind one function
each (`devices.random_stream`, `devices.fetch`), which are stubs here.
"""

import warnings
from dataclasses import replace

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from course_lib import devices
from course_lib.data import Scaler, SignalDataset, ring, simulate_signs, swiss_roll
from course_lib.models import MLPCritic, MLPGenerator, SignalCritic
from course_lib.penalties import R1, R1_R2, R2
from course_lib.training import BEST_RECIPE, OBJECTIVES, SOURCE_RECIPE, Recipe, TrainingConfig, sample, train

META = torch.device("meta")
CONFIG = TrainingConfig(steps=2, batch_size=6, critic_steps=1, read_every=2)
RECIPES = {
    "upsampling": Recipe(dim=4),
    "multiscale": replace(BEST_RECIPE, dim=4),
    "mirror": replace(SOURCE_RECIPE, dim=4),
}
METHODS = {
    **OBJECTIVES,
    "non_saturating, R1": OBJECTIVES["non_saturating"].with_penalty(R1),
    "minimax, R2": OBJECTIVES["minimax"].with_penalty(R2),
    "wgan, R1 and R2": OBJECTIVES["wgan"].with_penalty(R1_R2),
    "smoothed": OBJECTIVES["non_saturating"].smoothed(0.9),
    "unrolled": OBJECTIVES["minimax"].unrolled(2),
}


class Stream(torch.Generator):
    """A generator that says it is on `meta`, which has none; what is drawn there has no values."""

    device = META


class Crossings(TorchDispatchMode):
    """Which operations see tensors of the CPU and of `meta` at once; single numbers may, as on a GPU."""

    def __init__(self):
        super().__init__()
        self.seen, self.calls = [], 0

    def __torch_dispatch__(self, operation, types, given=(), named=None):
        made = operation(*given, **(named or {}))
        tensors = [leaf for leaf in tree_leaves((given, named, made)) if isinstance(leaf, torch.Tensor) and leaf.ndim]
        self.calls += 1
        if len({tensor.device.type for tensor in tensors}) > 1:
            self.seen.append(str(operation))
        return made


@pytest.fixture
def fetched(monkeypatch):
    """What is read from a device, in order; of `meta` come ones."""
    read = []

    def fetch(tensor):
        read.append(tuple(tensor.shape))
        return torch.ones(tensor.shape, dtype=tensor.dtype) if tensor.is_meta else tensor.detach().cpu()

    def stream(device, *seed):
        made = devices.random_stream("cpu", *seed)
        return Stream().manual_seed(made.initial_seed()) if torch.device(device).type == "meta" else made

    monkeypatch.setattr(devices, "fetch", fetch)
    monkeypatch.setattr("course_lib.training.run.random_stream", stream)
    return read


def signs(length=16):
    recordings = simulate_signs(2, 12, length=length, seed=0)
    return Scaler.fit(recordings).transform(recordings)


def everything_on_meta(*models):
    return all(tensor.is_meta for model in models for tensor in (*model.parameters(), *model.buffers()))


READ_AT_A_CHECK = 4  # the losses, and one answer of each of three models: are all weights finite


@pytest.mark.parametrize("conditional", [False, True])
@pytest.mark.parametrize("nets", RECIPES)
@pytest.mark.parametrize("method", ["wgan_gp", "relativistic"])
def test_all_nets_train_there_and_no_step_reads_or_sends_anything(fetched, method, nets, conditional):
    dataset = signs()
    generator, critic = RECIPES[nets].build(dataset, conditional=conditional)
    averaged, crossings = [], Crossings()

    def watch(state):
        averaged.append(state.averaged)
        crossings.__enter__() if state.step == 1 else None
        crossings.__exit__(None, None, None) if state.step == CONFIG.steps else None

    history = train(generator, critic, dataset, replace(CONFIG, objective=method), device="meta", callbacks=[watch])
    assert len(history) == CONFIG.steps and everything_on_meta(generator, critic, averaged[-1])
    assert len(fetched) == READ_AT_A_CHECK  # after the second step, and none after the first
    assert crossings.calls > 100 and crossings.seen == []


@pytest.mark.parametrize("method", METHODS)
def test_every_objective_trains_there_on_signals_and_on_points(fetched, method):
    optimizer = "rmsprop" if method == "wgan" else "adam"
    config = replace(CONFIG, objective=METHODS[method], optimizer=optimizer, steps=1)
    for law in (signs(), ring(), swiss_roll()):
        fetched.clear()
        points = not isinstance(law, SignalDataset)
        nets = (MLPGenerator(3, 2, 8, 1), MLPCritic(2, 8, 1)) if points else RECIPES["upsampling"].build(law)
        train(*nets, law, config, device="meta")
        assert everything_on_meta(*nets) and len(fetched) == READ_AT_A_CHECK


class Reads(SignalCritic):
    def forward(self, signals, labels=None):
        return super().forward(signals) * float(signals.abs().max())


class Sends(SignalCritic):
    def forward(self, signals, labels=None):
        return super().forward(signals) + torch.ones(len(signals))


@pytest.mark.parametrize(("critic", "said"), [(Reads, "meta tensors"), (Sends, "device meta|expected device")])
def test_a_critic_that_reads_or_mixes_is_refused_there(fetched, critic, said):
    with pytest.raises(RuntimeError, match=said):
        train(Recipe(dim=4).build(signs())[0], critic(16, 1, 4), signs(), CONFIG, device="meta")


def test_samples_of_a_generator_there_come_back_in_one_reading_a_batch(fetched):
    generator = RECIPES["multiscale"].build(signs(), conditional=True)[0].to("meta")
    drawn = sample(generator, 10, labels=[0, 1] * 5, seed=0, batch_size=4)
    assert drawn.shape == (10, 1, 16) and drawn.device.type == "cpu" and len(fetched) == 3


@pytest.mark.parametrize("nets", RECIPES)
@pytest.mark.parametrize(("first", "then"), [("meta", "cpu"), ("cpu", "meta")])
def test_a_run_begun_on_one_device_goes_on_on_another(fetched, tmp_path, nets, first, then):
    dataset, seen = signs(), []

    def stop(state):
        seen.append(state)
        if state.step == 2:
            raise KeyboardInterrupt

    def go(device, **options):
        nets_ = RECIPES[nets].build(dataset)
        options |= dict(device=device, checkpoint_dir=tmp_path)
        return *nets_, train(
            *nets_, dataset, RECIPES[nets].with_config(steps=4, batch_size=6, checkpoint_every=2).config, **options
        )

    go(first, callbacks=[stop])
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        generator, critic, history = go(then, resume=True, callbacks=[seen.append])
    assert len(history) == 4 and [state.step for state in seen] == [1, 2, 3, 4]
    assert f"begun on {first} and goes on on {then}" in str(said[0].message)
    for model in (generator, critic, seen[-1].averaged):
        assert {tensor.device.type for tensor in model.state_dict().values()} == {then}
