"""Several processes take the step that one would, write once, end together, and go on."""

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import distributed as dist

from course_lib import checkpoints, penalties
from course_lib.data import SignalDataset
from course_lib.models import MultiScaleCritic, MultiScaleGenerator
from course_lib.training import Run, TrainingConfig, critic_step, generator_step, ranks, train
from tools.address import ROOT

CHILDREN = multiprocessing.get_context("forkserver")
CHILDREN.set_forkserver_preload(["course_lib.training", "pytest"])
CONFIG = TrainingConfig(steps=4, batch_size=8, critic_steps=1, checkpoint_every=2, read_every=2, sobolev_weight=1.0)


def meeting_place() -> dist.TCPStore:
    """Where two processes find each other, kept from here on as by torchrun: so nobody else takes its port."""
    return dist.TCPStore("127.0.0.1", 0, 2, is_master=True, wait_for_workers=False)


def as_rank(rank: int, port: int, answers, work, *given) -> None:
    """What `torchrun` sets, and then the work; its answer, or what it raises, with the rank."""
    told = {"RANK": rank, "WORLD_SIZE": 2, "LOCAL_RANK": rank, "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port}
    told["TORCHELASTIC_USE_AGENT_STORE"] = True
    os.environ.update({name: str(value) for name, value in told.items()})
    torch.set_num_threads(1)
    try:
        with ranks.joined():
            answers.put((rank, work(*given)))
    except (ValueError, ranks.ProcessLost) as error:
        answers.put((rank, error))


def in_two(work, *given) -> list:
    """The answers of two processes."""
    answers, store = CHILDREN.Queue(), meeting_place()
    given = (answers, work, *given)
    both = [CHILDREN.Process(target=as_rank, args=(rank, store.port, *given)) for rank in range(2)]
    for process in both:
        process.start()
    heard = dict(answers.get(timeout=300) for _ in both)
    for process in both:
        process.join(60)
    return [heard[rank] for rank in range(2)]


def recordings(n: int = 40) -> SignalDataset:
    return SignalDataset(torch.randn(n, 1, 16, generator=torch.Generator().manual_seed(0)))


def nets() -> tuple[MultiScaleGenerator, MultiScaleCritic]:
    """Nets that judge and make each signal by itself."""
    torch.manual_seed(0)
    return MultiScaleGenerator(16, 1, 8, 4), MultiScaleCritic(16, 1, 4)


def gradients(objective: str) -> dict[str, np.ndarray]:
    """Both nets' gradients of a first step, in float64, on this process's part of fixed samples and noise."""
    generator, critic = (net.double() for net in nets())
    run = Run(generator, critic, recordings(), replace(CONFIG, objective=objective), torch.device("cpu"))
    mine, random = slice(ranks.rank(), None, ranks.count()), torch.Generator().manual_seed(1)
    real, noise, weight = (torch.randn(8, *shape, generator=random).double()[mine] for shape in shapes_of(generator))
    run.real_batch, run.labels, run.noise = lambda: (real.clone(), ()), lambda: (), lambda: noise
    run.smoothing = None if run.smoothing is None else run.smoothing.double()
    mix = weight.sigmoid().view(-1, 1, 1)
    penalties.interpolate = lambda one, other, generator: mix * one.detach() + (1 - mix) * other.detach()
    run.set_rates(1)
    critic_step(run)
    found = {f"critic.{name}": p.grad.numpy().copy() for name, p in critic.named_parameters()}
    generator_step(run)
    return found | {f"generator.{name}": p.grad.numpy().copy() for name, p in generator.named_parameters()}


def shapes_of(generator):
    return (1, 16), (generator.latent_dim,), ()


def compare(pair: list, alone: dict[str, np.ndarray]) -> None:
    """Within a relative 1e-6; a gradient that is 0 but for rounding, as a paired critic's last bias', within that."""
    rounding = 1e-12 * max(np.abs(value).max() for value in alone.values())
    for name, expected in alone.items():
        for part in pair:
            np.testing.assert_allclose(part[name], expected, rtol=1e-6, atol=rounding, err_msg=name)


@pytest.mark.parametrize("objective", ["wgan_gp", "relativistic"])
def test_two_processes_with_half_the_batch_each_take_the_step_of_one_with_all_of_it(monkeypatch, objective):
    pair = in_two(gradients, objective)
    monkeypatch.setattr(penalties, "interpolate", penalties.interpolate)  # put back afterwards
    alone = gradients(objective)
    assert all(np.abs(value).max() > 0 for name, value in alone.items() if name.endswith("weight"))
    compare(pair, alone)


def trained(folder: Path, stop_at: int | None) -> tuple[bytes, bytes, list[int]]:
    """A run in two processes; the numbers that equal runs share, and how many files this process wrote."""
    seen = []

    def watch(state):
        seen.append(state.step)
        if state.step == stop_at and ranks.rank() == 1:
            raise KeyboardInterrupt  # one of them is asked to stop, and both do

    generator, critic = nets()
    options = dict(device="cpu", checkpoint_dir=folder, resume=True, callbacks=[watch])
    history = train(generator, critic, recordings(), CONFIG, **options)
    weights = [value.flatten().double() for net in (generator, critic) for value in net.state_dict().values()]
    return torch.cat(weights).numpy().tobytes(), history.rows().tobytes(), seen


def test_processes_hold_the_same_weights_stop_together_and_go_on_to_the_same_end(tmp_path):
    one, other = in_two(trained, tmp_path / "whole", None)
    assert one == other and one[2] == [1, 2, 3, 4]
    stopped = in_two(trained, tmp_path / "parts", 3)
    assert [answer[2] for answer in stopped] == [[1, 2, 3]] * 2
    resumed = in_two(trained, tmp_path / "parts", None)
    assert resumed[0][:2] == resumed[1][:2] == one[:2] and resumed[0][2] == [4]
    tensors, told = checkpoints.read_tensors(tmp_path / "whole" / "state.safetensors")
    assert told["processes"] == 2
    assert not torch.equal(tensors["streams.data"], tensors["streams.data.1"])  # each draws its own


def shards() -> list[list[float]]:
    run = Run(*nets(), recordings(41), CONFIG, torch.device("cpu"))
    return run.real_values[:, 0, 0].tolist()


def test_every_recording_is_in_the_shard_of_one_process():
    one, other = in_two(shards)
    assert sorted(one + other) == sorted(recordings(41).values[:, 0, 0].tolist())
    assert len(one) == 21 and len(other) == 20


def odd_batch() -> None:
    Run(*nets(), recordings(), replace(CONFIG, batch_size=7), torch.device("cpu"))


def test_a_batch_that_cannot_be_shared_evenly_is_refused():
    for answer in in_two(odd_batch):
        assert isinstance(answer, ValueError) and "2 processes can share evenly" in str(answer)


def killed_beside(folder: Path) -> None:
    def die(state):
        if state.step == 3 and ranks.rank() == 1:
            answered.put((1, "killed"))
            answered.close()
            answered.join_thread()
            os.kill(os.getpid(), signal.SIGKILL)

    train(*nets(), recordings(), CONFIG, device="cpu", checkpoint_dir=folder, resume=True, callbacks=[die])


def as_rank_with_queue(rank, port, answers, work, folder):
    global answered
    answered = answers
    as_rank(rank, port, answers, work, folder)


def test_a_process_that_is_killed_ends_the_others_with_a_sentence_and_the_run_goes_on(tmp_path):
    whole = in_two(trained, tmp_path / "whole", None)[0]
    answers, store = CHILDREN.Queue(), meeting_place()
    arguments = [(rank, store.port, answers, killed_beside, tmp_path / "killed") for rank in range(2)]
    both = [CHILDREN.Process(target=as_rank_with_queue, args=given) for given in arguments]
    for process in both:
        process.start()
    heard = dict(answers.get(timeout=300) for _ in both)
    for process in both:
        process.join(60)
    assert heard[1] == "killed" and isinstance(heard[0], ranks.ProcessLost)
    assert "another process of this run has ended" in str(heard[0]) and "--resume" in str(heard[0])
    resumed = in_two(trained, tmp_path / "killed", None)[0]
    assert resumed[:2] == whole[:2] and resumed[2] == [3, 4]


ENDED_MEANWHILE = """
import os, signal
from torch import distributed
from course_lib.training import ranks
end = lambda *given: os.kill(os.getpid(), signal.SIGTERM)
distributed.init_process_group = lambda *given: None
distributed.destroy_process_group = end
def lost():
    raise RuntimeError("Connection closed by peer")
distributed.barrier = {barrier}
try:
    with ranks.joined():
        pass
except ranks.ProcessLost as error:
    end()
    print(error)
"""


@pytest.mark.parametrize("barrier", ["lost", "end"], ids=["the connection is lost first", "torchrun is first"])
def test_a_process_says_its_sentence_though_torchrun_ends_it_meanwhile(barrier):
    said = subprocess.run(
        [sys.executable, "-c", ENDED_MEANWHILE.format(barrier=barrier)],
        cwd=ROOT,
        env=os.environ | {"WORLD_SIZE": "2", "RANK": "0"},
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert said.returncode == 0 and "another process of this run has ended" in said.stdout, said.stderr


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="torchrun's processes are looked up in /proc")
def test_torchrun_trains_by_the_command_line_and_a_killed_process_ends_it_with_a_sentence(tmp_path):
    signals, out = tmp_path / "own.csv", tmp_path / "run"
    rows = np.random.default_rng(0).normal(size=(40, 16))
    signals.write_text("\n".join(",".join(f"{value:.3f}" for value in row) for row in rows))
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2", "-m", "course_lib", "train"]
    command = [*torchrun, str(signals), "--out", str(out), "--device", "cpu", "--checkpoint-every", "2", "--resume"]
    environment = os.environ | {"OMP_NUM_THREADS": "1", "TQDM_DISABLE": "1"}
    running = subprocess.Popen(
        [*command, "--steps", "1000000"], cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True
    )
    while not (out / "state.before.safetensors").exists():
        assert running.poll() is None, running.stderr.read()
        time.sleep(0.2)
    workers = Path(f"/proc/{running.pid}/task/{running.pid}/children").read_text().split()
    os.kill(int(workers[-1]), signal.SIGKILL)
    said = running.communicate(timeout=120)[1]
    assert running.returncode != 0
    assert "error: another process of this run has ended" in said
    there = [out / name for name in ("state.safetensors", "state.before.safetensors") if (out / name).exists()]
    done = len(checkpoints.read_tensors(there[0])[0]["history"])
    again = subprocess.run(
        [*command, "--steps", str(done + 1)], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300
    )
    assert again.returncode == 0, again.stderr
    assert f"{done + 1:,} of {done + 1:,} steps are done" in again.stdout
    assert again.stdout.count("steps are done") == 1 and again.stderr.count("Training ") == 1  # one of them speaks
