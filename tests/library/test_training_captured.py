"""The captured step against the plain loop, and products in bfloat16.

Where there is no GPU, a stub stands for the graph: it takes the step anew at each replay and puts the row where the
recorded one lies. So what a graph needs is tested, that numbers which change lie in tensors, and not the graph itself.
"""

from dataclasses import replace

import pytest
import torch

from course_lib.data import SignalDataset
from course_lib.models import MLPCritic, MLPGenerator, SignalCritic, SignalGenerator
from course_lib.training import Run, TrainingConfig, train, whole_step
from course_lib.training.captured import CapturedStep

CONFIG = TrainingConfig(steps=12, batch_size=8, critic_steps=2, final_penalty_weight=1.0, read_every=4)
on_cuda = pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU here: capturing was not run")


def signals() -> SignalDataset:
    return SignalDataset(torch.randn(40, 1, 16, generator=torch.Generator().manual_seed(0)))


def nets() -> tuple[SignalGenerator, SignalCritic]:
    torch.manual_seed(0)
    return SignalGenerator(16, 1, 8, 4), SignalCritic(16, 1, 4)


def stub(run, step):
    """As a graph, it sees numbers of Python as they were when it was recorded."""
    row, places = {}, [vars(run), *run.generator_optimizer.param_groups, *run.critic_optimizer.param_groups]
    recorded = [{name: value for name, value in place.items() if isinstance(value, float)} for place in places]

    def replay() -> None:
        for place, numbers in zip(places, recorded, strict=True):
            place.update(numbers)
        row.update({name: value.detach() for name, value in step(run).items()})

    return replay, row


@pytest.mark.parametrize("optimizer", ["adam", "rmsprop"])
def test_a_step_that_reads_its_changing_numbers_from_tensors_is_the_plain_step(optimizer):
    """Rates, penalty's weight and average's memory change every step; the rest is float32's last digits."""
    config = replace(CONFIG, optimizer=optimizer)
    plain, changing = (Run(*nets(), signals(), config, torch.device("cpu")) for _ in range(2))
    captured = CapturedStep(changing, whole_step, record=stub)
    for step in range(1, config.steps + 1):
        for run, take in ((plain, whole_step), (changing, captured)):
            run.set_rates(step)
            run.history.add(take(run))
    torch.testing.assert_close(changing.history.rows(), plain.history.rows(), rtol=1e-3, atol=1e-4)
    for one, other in zip(changing.averaged.parameters(), plain.averaged.parameters(), strict=True):
        torch.testing.assert_close(one, other, rtol=1e-3, atol=1e-5)


@on_cuda
@pytest.mark.parametrize("objective", ["wgan_gp", "relativistic"])
def test_a_captured_run_on_a_gpu_is_the_plain_one(objective):
    config = replace(CONFIG, objective=objective, steps=20)
    kept = []
    for captured in (False, True):
        generator, critic = nets()
        history = train(generator, critic, signals(), config, device="cuda", captured=captured)
        kept.append((history.rows(), torch.cat([p.detach().flatten() for p in generator.parameters()])))
    torch.testing.assert_close(kept[1][0], kept[0][0], rtol=1e-2, atol=1e-3)
    torch.testing.assert_close(kept[1][1], kept[0][1], rtol=1e-2, atol=1e-3)


def test_capturing_is_refused_where_there_is_nothing_to_capture():
    with pytest.raises(ValueError, match="expected a run on cuda, got one on cpu"):
        train(*nets(), signals(), CONFIG, device="cpu", captured=True)
    unrolled = replace(CONFIG, objective="minimax", final_penalty_weight=None)
    unrolled = replace(unrolled, objective=unrolled.objective.unrolled(2))
    run = Run(*nets(), signals(), unrolled, torch.device("cpu"))
    with pytest.raises(ValueError, match="without unrolling"):
        CapturedStep(run, whole_step, record=stub)


@pytest.mark.parametrize("objective", ["wgan_gp", "relativistic"])
def test_bf16_is_off_by_default_and_costs_digits_and_no_more(tmp_path, objective):
    """8 bits of mantissa are a relative 2^-8 a product; sums of such, over few steps, stay within some of it."""
    first = {}
    for bf16 in (False, True):
        generator, critic = nets()
        config = replace(CONFIG, objective=objective, steps=1, critic_steps=1, final_penalty_weight=None)
        history = train(generator, critic, signals(), config, device="cpu", bf16=bf16)
        first[bf16] = history.rows()
        assert {p.dtype for p in (*generator.parameters(), *critic.parameters())} == {torch.float32}
        assert not generator._forward_hooks and not critic._forward_hooks
    torch.testing.assert_close(first[True], first[False], rtol=0.1, atol=0.02)
    assert (first[True] != first[False]).any()


def test_a_run_in_bf16_is_not_gone_on_with_in_float32(tmp_path):
    train(*nets(), signals(), replace(CONFIG, steps=2), device="cpu", checkpoint_dir=tmp_path, bf16=True)
    with pytest.raises(ValueError, match="bf16: True then, False now"):
        train(*nets(), signals(), replace(CONFIG, steps=2), device="cpu", checkpoint_dir=tmp_path, resume=True)


def test_bf16_trains_nets_for_points_too():
    from course_lib.data import ring

    torch.manual_seed(0)
    config = replace(CONFIG, steps=2, objective="non_saturating")
    history = train(MLPGenerator(3, 2, 8, 1), MLPCritic(2, 8, 1), ring(), config, device="cpu", bf16=True)
    assert len(history) == 2
