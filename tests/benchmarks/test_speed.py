"""The bench of speed, at tiny sizes: every way takes the same steps, and what is counted and timed is what is said."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.optim.optimizer import register_optimizer_step_post_hook

from benchmarks import speed, tables

TINY = speed.Sizes(batch=4, length=16, dim=4, recordings=12)
STEPS = speed.Steps(TINY, rounds=2, warm_up=1, product=32)


@pytest.mark.parametrize("way", speed.WAYS)
def test_each_way_takes_five_steps_of_the_critic_for_one_of_the_generator_and_learns_to_tell_them_apart(way):
    recipe = speed._source_recipe(TINY).with_config(learning_rate=5e-3)
    dataset = replace(speed.signals(TINY, 0), values=3 + 0.1 * speed.signals(TINY, 0).values)
    generator, critic = recipe.build(dataset, seed=0)
    nets = {id(next(net.parameters())): name for name, net in (("generator", generator), ("critic", critic))}
    taken = []
    watching = register_optimizer_step_post_hook(
        lambda optimizer, *given: taken.append(nets[id(optimizer.param_groups[0]["params"][0])])
    )
    torch.manual_seed(0)
    np.random.seed(0)
    try:
        step = speed.WAYS[way](generator, critic, dataset, recipe)
        for _ in range(6):
            step()
    finally:
        watching.remove()
    assert taken[:6] == ["critic"] * 5 + ["generator"] and Counter(taken) == {"critic": 30, "generator": 6}
    with torch.no_grad():
        fake = generator(torch.randn(64, generator.latent_dim))
        assert critic(dataset.values).mean() > critic(fake).mean()


def test_the_rows_say_each_way_beside_the_textbook_and_the_product():
    rows = {row["way"]: row for row in speed.steps_of(STEPS, threads=1, seed=0)}
    assert list(rows) == list(speed.WAYS) and rows["textbook"]["over_textbook"] == 1
    for row in rows.values():
        assert 0 < row["fastest"] <= row["seconds"] <= row["slowest"]
        assert row["share_of_product"] == pytest.approx(row["gflop_a_second"] / row["product_gflop_a_second"])
    twice = speed.steps_of(replace(STEPS, sizes=replace(TINY, batch=8)), threads=1, seed=0)[0]
    assert twice["gflop"] == pytest.approx(2 * rows["textbook"]["gflop"])


def test_operations_are_counted_through_second_derivatives():
    """x W: 2 B I O a product. Forwards, back to x, and of the slope's square to W and to the upstream factor."""
    weight, x = torch.randn(5, 3, requires_grad=True), torch.randn(7, 5, requires_grad=True)

    def step():
        (slope,) = torch.autograd.grad((x @ weight).sum(), x, create_graph=True)
        slope.square().sum().backward(inputs=[weight])

    assert speed.operations_of(step) == 3 * 2 * 7 * 5 * 3


def test_growth_is_measured_in_a_process_of_its_own_and_drawn(tmp_path):
    part = speed.growth_part(speed.Growth(TINY, steps=5, warm_up=1), {"batch": (4,), "classes": (2, 3)})
    speed.make(part, tmp_path)
    assert tables.status(part, tmp_path) == "holds"
    for row in tables.read_rows(part, tmp_path):
        assert 0 < float(row["idle_mb"]) <= float(row["peak_mb"])
        assert 0 < float(row["seconds"]) < float(row["first_step_seconds"])
        assert 0 < float(row["ready_seconds"]) < float(row["first_step_seconds"])
        held = float(row["peak_mb"]) - float(row["idle_mb"])
        assert float(row["over_array"]) == pytest.approx(held / float(row["array_mb"]), rel=1e-3)
    assert (tmp_path / "growth.png").read_bytes().startswith(b"\x89PNG")
    assert isinstance(tables.read_manifest(part, tmp_path)["bf16_in_hardware"], bool)


def test_the_sizes_that_are_swept_are_sizes():
    changed = {speed.CHANGED.get(what, what) for what in speed.SWEEPS}
    assert changed == {"batch", "length", "dim", "classes", "recordings"} <= set(vars(speed.Sizes()))
    assert set(speed.CHANGED) == set(speed.OTHERWISE) < set(speed.SWEEPS)
    assert all(list(sizes) == sorted(sizes) for sizes in speed.SWEEPS.values())
