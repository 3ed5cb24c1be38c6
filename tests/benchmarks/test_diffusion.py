"""The model of another kind: noise by closed forms, drawing by a net that is right, training at tiny scale."""

from dataclasses import replace
from itertools import pairwise

import pytest
import torch
from torch import nn

from benchmarks import diffusion
from benchmarks.diffusion import Diffusion, alpha_bars, draw, fitting_steps, learn, mixed, path
from benchmarks.recipes import Budget
from course_lib.data import Scaler, SignalDataset, simulate_signs
from course_lib.devices import random_stream
from course_lib.metrics import signal_frechet

TINY = Diffusion(width=8, levels=100, batch_size=16, sampling_steps=12)
STEPS = 100
REAL = simulate_signs(2, 40, 27)
SCALED = Scaler.fit(REAL).transform(REAL)


@pytest.fixture(scope="module")
def trained():
    return learn(TINY, SCALED, 0, STEPS)


class Known(nn.Module):
    """The net that is right about independent normal numbers: of class y, mean y and this standard deviation."""

    channels, length = 1, 50

    def __init__(self, std):
        super().__init__()
        self.std = std

    def forward(self, noisy, share, labels):
        share = share[:, None, None]
        off = noisy - share.sqrt() * labels[:, None, None]
        gain = share.sqrt() * self.std**2 / (share * self.std**2 + 1 - share)
        signal = labels[:, None, None] + gain * off
        noise = (noisy - share.sqrt() * signal) / (1 - share).sqrt()
        return (share.sqrt() * noise - (1 - share).sqrt() * signal).float()


# ------------------------------------------------------------------------------------------------------------ the noise


def test_the_share_of_the_signal_falls_from_1_to_0_as_the_cosine_does():
    share = alpha_bars(1000)
    assert share.shape == (1001,)
    assert share[0] == 1 and 0 < share[-1] < 1e-6
    assert (share.diff() < 0).all()
    assert share[500] == pytest.approx(0.5)
    assert share[250] == pytest.approx((2 + 2**0.5) / 4)  # cos(pi / 8)^2


def test_no_level_takes_more_than_0999_of_what_is_left():
    for levels in (10, 100, 1000):
        share = alpha_bars(levels)
        assert (share[1:] / share[:-1]).min() == pytest.approx(0.001)


def test_a_noisy_signal_has_the_variance_and_the_part_of_the_signal_that_the_share_says():
    random = torch.Generator().manual_seed(0)
    signal, noise = 3 * torch.randn(100_000, generator=random), torch.randn(100_000, generator=random)
    for level in (1, 300, 700, 1000):
        share = alpha_bars(1000)[level]
        noisy = mixed(signal, noise, share)
        assert noisy.var() == pytest.approx(float(9 * share + 1 - share), rel=0.02)
        assert (noisy * signal).mean() == pytest.approx(float(9 * share.sqrt()), rel=0.02, abs=0.05)


def test_drawing_goes_from_the_last_level_to_0_in_steps_that_are_longer_where_there_is_more_noise():
    assert path(Diffusion(levels=100, sampling_steps=10)) == [100, 81, 64, 49, 36, 25, 16, 9, 4, 1, 0]
    levels = path(Diffusion())
    assert levels[0] == 1000 and levels[-1] == 0 and len(levels) > 40
    assert all(now > then for now, then in pairwise(levels))


# ---------------------------------------------------------------------------------------------------------- the drawing


def test_a_net_that_is_right_draws_the_law_that_it_knows():
    """Means within 5 standard errors of 100 times 50 numbers', deviations within 8 % (one standard error is 1 %)."""
    labels = torch.tensor([0, 3]).repeat(100)
    for std in (0.01, 0.1, 1.0):
        drawn = draw(Known(std), Diffusion(), labels, 1)
        for label in (0, 3):
            own = drawn[labels == label]
            assert own.mean() == pytest.approx(label, abs=5 * std / 5000**0.5)
            assert own.std() == pytest.approx(std, rel=0.08)


def test_fewer_are_the_first_of_more_and_another_seed_draws_others():
    settings, labels = Diffusion(sampling_steps=5), torch.zeros(20, dtype=torch.int64)
    more, fewer, other = (draw(Known(0.5), settings, labels[:n], seed) for n, seed in ((20, 1), (7, 1), (7, 2)))
    torch.testing.assert_close(fewer, more[:7])
    assert (other - fewer).abs().mean() > 0.1


def test_noise_is_put_back_anew_at_every_step():
    """So what comes out does not follow from the noise that it began with."""
    drawn = draw(Known(0.5), Diffusion(), torch.zeros(100, dtype=torch.int64), 1).flatten()
    start = torch.randn(100, 64, generator=random_stream("cpu", 1, 0))[:, :50].flatten()
    assert abs(torch.corrcoef(torch.stack([drawn, start]))[0, 1]) < 0.1


# --------------------------------------------------------------------------------------------------------- the training


@pytest.mark.parametrize(("channels", "length"), [(1, 16), (3, 37), (2, 9)])
def test_signals_of_any_length_and_number_of_channels_come_out_in_their_shape(channels, length):
    values = torch.randn(12, channels, length, generator=torch.Generator().manual_seed(0))
    dataset = SignalDataset(values, torch.arange(12) % 3, ("a", "b", "c"), channels_first=True)
    drawn = draw(learn(TINY, dataset, 0, 2), TINY, torch.tensor([2, 0, 0, 1, 2]), 0)
    assert drawn.shape == (5, channels, length)
    assert drawn.dtype == torch.float32
    assert drawn.isfinite().all()


def test_the_seed_decides_weights_batches_and_noise_and_nothing_else_does():
    labels, before = torch.tensor([0, 1]), torch.random.get_rng_state()
    once, again, other = (learn(TINY, SCALED, seed, 3) for seed in (4, 4, 5))
    assert torch.equal(draw(once, TINY, labels, 1), draw(again, TINY, labels, 1))
    assert torch.equal(torch.random.get_rng_state(), before)
    assert not torch.equal(draw(once, TINY, labels, 1), draw(other, TINY, labels, 1))
    assert all(torch.equal(a, b) for a, b in zip(once.parameters(), again.parameters(), strict=True))
    first, another = (learn(TINY, SCALED, seed, 0).label.weight for seed in (4, 5))
    assert (first - another).abs().mean() > 0.1


def test_training_halves_the_distance_at_least(trained):
    untrained, now = (
        signal_frechet(SCALED.values, draw(model, TINY, SCALED.labels, 1))
        for model in (learn(TINY, SCALED, 0, 0), trained)
    )
    assert now < 0.5 * untrained


def test_signals_are_like_those_of_the_class_asked_for(trained):
    """From the same noise, so that nothing but the label differs."""
    mean = torch.stack([SCALED.values[SCALED.labels == k].mean(0) for k in (0, 1)])
    drawn = torch.stack([draw(trained, TINY, torch.full((40,), k), 1).mean(0) for k in (0, 1)])
    off = (drawn[:, None] - mean[None]).square().mean((2, 3))  # (asked for, is like)
    assert off[0, 0] < 0.5 * off[0, 1]
    assert off[1, 1] < 0.5 * off[1, 0]


def test_the_net_sees_second_differences_of_size_1_at_every_level():
    net, seen = learn(TINY, SCALED, 0, 0), []
    net.first.register_forward_hook(lambda layer, given, made: seen.append(given[0]))
    noise = torch.randn(SCALED.values.shape, generator=torch.Generator().manual_seed(0))
    for share in alpha_bars(TINY.levels)[[1, 10, 50, 100]]:
        net(mixed(SCALED.values, noise, share), share.expand(len(SCALED)), SCALED.labels)
        assert seen[-1].shape == (80, 1 + 1 + diffusion.PLACES, 32)
        assert seen[-1][:, 1, 1:26].square().mean() == pytest.approx(1, rel=0.1)


def test_blocks_are_told_the_level_and_the_label():
    net, told = learn(TINY, SCALED, 0, 0), []
    net.middle[0].told.register_forward_hook(lambda layer, given, made: told.append(given[0]))
    for share, label in ((0.5, 0), (0.6, 0), (0.5, 1), (0.5, 0)):
        net(SCALED.values[:1], torch.tensor([share], dtype=torch.float64), torch.tensor([label]))
    first, *others, again = told
    assert torch.equal(first, again)
    assert all((first - other).abs().mean() > 0.01 for other in others)


def test_the_rate_falls_to_0_in_a_straight_line(monkeypatch):
    rates = []

    class Watched(torch.optim.Adam):
        def step(self):
            rates.append(self.param_groups[0]["lr"])
            super().step()

    monkeypatch.setattr(torch.optim, "Adam", Watched)
    learn(replace(TINY, learning_rate=4e-3), SCALED, 0, 4)
    assert rates == pytest.approx([4e-3, 3e-3, 2e-3, 1e-3])


def test_weights_are_averaged():
    """One step: what is kept is 10/11 of the first weights and 1/11 of the next, of a net that is not averaged."""
    first = learn(TINY, SCALED, 0, 0)
    kept, now = (learn(replace(TINY, ema_decay=decay), SCALED, 0, 1) for decay in (0.999, 0.0))
    for a, b, c in zip(first.parameters(), kept.parameters(), now.parameters(), strict=True):
        torch.testing.assert_close(b, a + (c - a) * 10 / 11)


def test_a_width_that_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="num_channels"):
        learn(replace(TINY, width=12), SCALED, 0, 1)


def test_as_many_steps_as_fit_by_the_time_that_a_few_take(monkeypatch):
    asked, clock = [], iter([100.0, 100.5])
    monkeypatch.setattr(diffusion, "learn", lambda settings, scaled, seed, steps: asked.append(steps))
    monkeypatch.setattr(diffusion.time, "process_time", lambda: next(clock))
    assert fitting_steps(TINY, SCALED, Budget(300.0, untimed_steps=5, timed_steps=10), 0) == 6000
    assert asked == [5, 10]
