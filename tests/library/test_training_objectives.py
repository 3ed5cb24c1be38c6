"""What the methods minimise, in the loop: the classic game, its penalties, unrolling; and training on toys."""

import copy
from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy.special import log_expit
from torch import nn

from course_lib import losses, training
from course_lib.data import grid, ring, swiss_roll
from course_lib.metrics import mode_coverage
from course_lib.models import MLPCritic, MLPGenerator
from course_lib.training import TrainingConfig, critic_objective, generator_objective, sample, train

TINY = TrainingConfig(
    objective="non_saturating", steps=4, batch_size=16, critic_steps=1, checkpoint_every=2, read_every=2
)


def models(seed=0, width=8):
    torch.manual_seed(seed)
    return MLPGenerator(3, 2, width, 2), MLPCritic(2, width, 2, activation="tanh")


def flat(model):
    return torch.cat([p.detach().double().flatten() for p in model.parameters()])


def bowl(points):
    """A critic with known slopes: |x|^2 / 2, whose gradient is x."""
    return points.square().sum(1) / 2


def batch(seed=0, n=16):
    generator = torch.Generator().manual_seed(seed)
    real, fake = (torch.randn(n, 2, generator=generator, dtype=torch.float64) for _ in range(2))
    return real, 2 * fake + 1


# ------------------------------------------------------------------------------------------ what is minimised


CRITIC_LOSS = {
    "minimax": lambda r, f: -(log_expit(r).mean() + log_expit(-f).mean()),
    "non_saturating": lambda r, f: -(log_expit(r).mean() + log_expit(-f).mean()),
    "wgan": lambda r, f: f.mean() - r.mean(),
    "wgan_gp": lambda r, f: f.mean() - r.mean(),
    "relativistic": lambda r, f: -log_expit(r - f).mean(),
}
GENERATOR_LOSS = {
    "minimax": lambda r, f: log_expit(-f).mean(),
    "non_saturating": lambda r, f: -log_expit(f).mean(),
    "wgan": lambda r, f: -f.mean(),
    "wgan_gp": lambda r, f: -f.mean(),
    "relativistic": lambda r, f: -log_expit(f - r).mean(),
}


@pytest.mark.parametrize("objective", CRITIC_LOSS)
def test_each_objective_is_its_formula_in_scores(objective):
    real, fake = batch()
    r, f = bowl(real).numpy(), bowl(fake).numpy()
    config = TrainingConfig(objective=objective, penalty="none")
    loss, row = critic_objective(config, bowl, real, fake, (), torch.Generator())
    assert float(loss.detach()) == pytest.approx(CRITIC_LOSS[objective](r, f), rel=1e-9)
    assert float(row["wasserstein"]) == pytest.approx(r.mean() - f.mean())
    assert float(generator_objective(config, bowl, real, fake, ())) == pytest.approx(
        GENERATOR_LOSS[objective](r, f), rel=1e-9
    )


def test_a_smoothed_label_is_the_discriminator_s_alone():
    real, fake = batch()
    r, f = bowl(real).numpy(), bowl(fake).numpy()
    config = TrainingConfig(objective="non_saturating", real_label=0.9)
    loss, _ = critic_objective(config, bowl, real, fake, (), torch.Generator())
    wanted = -(0.9 * log_expit(r) + 0.1 * log_expit(-r)).mean() - log_expit(-f).mean()
    assert float(loss.detach()) == pytest.approx(wanted, rel=1e-9)
    plain = replace(config, real_label=1.0)
    assert torch.equal(*(generator_objective(c, bowl, real, fake, ()) for c in (config, plain)))


@pytest.mark.parametrize("objective", CRITIC_LOSS)
@pytest.mark.parametrize("penalty", ["r1", "r2", "r1_r2"])
def test_any_objective_takes_a_penalty_on_the_squared_slopes_of_real_or_fake_samples(objective, penalty):
    real, fake = batch()
    squares = {"r1": real.square().sum(1).mean(), "r2": fake.square().sum(1).mean()}
    wanted = sum(float(squares[part]) for part in penalty.split("_"))
    config = TrainingConfig(objective=objective, penalty=penalty, penalty_weight=3.0)
    loss, row = critic_objective(config, bowl, real, fake, (), torch.Generator())
    assert float(row["penalty"].detach()) == pytest.approx(wanted, rel=1e-9)
    plain, _ = critic_objective(replace(config, penalty="none"), bowl, real, fake, (), torch.Generator())
    assert float((loss - plain).detach()) == pytest.approx(3 * wanted, rel=1e-9)


@pytest.mark.parametrize("penalty", ["r1", "r2", "r1_r2", "unit_slope"])
def test_a_penalty_steers_the_critic_as_it_would_with_a_pass_of_its_own(penalty):
    """R1 + R2 share the scores' pass; the gradient in the critic's weights must not change by that."""
    real, fake = batch()
    torch.manual_seed(0)
    critic = nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 1), nn.Flatten(0)).double()
    config = TrainingConfig(objective="non_saturating", penalty=penalty, penalty_weight=0.7)
    critic_objective(config, critic, real, fake, (), torch.Generator().manual_seed(5))[0].backward()
    together = [p.grad.clone() for p in critic.parameters()]

    critic.zero_grad()
    parts = {"r1": [real], "r2": [fake], "r1_r2": [real, fake]}.get(penalty, [])
    alone = sum(losses.zero_centered_penalty(critic, part) for part in parts)
    if penalty == "unit_slope":
        alone = losses.gradient_penalty(critic, real, fake, generator=torch.Generator().manual_seed(5))
    (losses.discriminator_loss(critic(real), critic(fake)) + 0.7 * alone).backward()
    for one, other in zip(together, critic.parameters(), strict=True):
        torch.testing.assert_close(one, other.grad, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("penalty", ["r1", "r2", "r1_r2", "unit_slope"])
def test_each_sample_is_judged_with_its_own_label(penalty):
    (real, fake), labels = batch(), torch.arange(16) % 3

    def critic(points, own):
        return (1 + own) * bowl(points)

    config = TrainingConfig(objective="wgan_gp", penalty=penalty, penalty_weight=2.0)
    loss, row = critic_objective(config, critic, real, fake, (labels,), torch.Generator().manual_seed(5))
    bent = 1 + labels
    mixing = torch.rand(16, generator=torch.Generator().manual_seed(5), dtype=torch.float64)[:, None]
    slopes = {"r1": bent * real.norm(dim=1), "r2": bent * fake.norm(dim=1)}
    wanted = {name: slope.square().mean() for name, slope in slopes.items()}
    wanted["r1_r2"] = wanted["r1"] + wanted["r2"]
    wanted["unit_slope"] = (bent * (mixing * real + (1 - mixing) * fake).norm(dim=1) - 1).square().mean()
    assert float(row["penalty"].detach()) == pytest.approx(float(wanted[penalty]), rel=1e-9)
    difference = (bent * (bowl(fake) - bowl(real))).mean()
    assert float(loss.detach()) == pytest.approx(float(difference + 2 * wanted[penalty]), rel=1e-9)


def test_a_penalty_s_weight_can_fall_by_the_same_factor_every_step():
    real, fake = batch()
    config = TrainingConfig(
        objective="relativistic", steps=4, penalty_weight=0.16, final_penalty_weight=0.01, detail=0.0
    )
    assert [config.penalty_weight_at(step) for step in (1, 2, 3, 4)] == pytest.approx([0.08, 0.04, 0.02, 0.01])
    assert replace(config, final_penalty_weight=None).penalty_weight_at(3) == 0.16
    light, _ = critic_objective(config, bowl, real, fake, (), torch.Generator(), weight=0.01)
    heavy, row = critic_objective(config, bowl, real, fake, (), torch.Generator())
    assert float(((heavy - light) / row["penalty"]).detach()) == pytest.approx(0.15)


def test_the_loop_charges_the_weight_of_its_step_and_gives_the_critic_its_own_rate(monkeypatch):
    weights, rates, original = [], [], training.loop.critic_objective

    def watched(*given):
        weights.append(given[-1])
        return original(*given)

    monkeypatch.setattr(training.loop, "critic_objective", watched)

    def note_rates(run, step):
        rates.append([o.param_groups[0]["lr"] for o in (run.generator_optimizer, run.critic_optimizer)])

    monkeypatch.setattr(training.loop._Run, "average", note_rates)
    config = TrainingConfig(
        objective="relativistic",
        steps=4,
        batch_size=8,
        critic_steps=2,
        penalty_weight=0.16,
        final_penalty_weight=0.01,
        detail=0.0,
        learning_rate=1e-3,
        critic_learning_rate=4e-3,
    )
    train(MLPGenerator(2, 2, 8, 1), MLPCritic(2, 8, 1), ring(), config, device="cpu")
    assert weights == pytest.approx([0.08, 0.08, 0.04, 0.04, 0.02, 0.02, 0.01, 0.01])
    np.testing.assert_allclose(rates, [[1e-3 * k / 4, 4e-3 * k / 4] for k in (4, 3, 2, 1)])


def test_the_unit_slope_penalty_goes_with_the_classic_game_too():
    real, fake = batch()
    config = TrainingConfig(objective="non_saturating", penalty="unit_slope")
    weight = torch.rand(16, generator=torch.Generator().manual_seed(5), dtype=torch.float64)[:, None]
    wanted = ((weight * real + (1 - weight) * fake).norm(dim=1) - 1).square().mean()
    _, row = critic_objective(config, bowl, real, fake, (), torch.Generator().manual_seed(5))
    assert float(row["penalty"].detach()) == pytest.approx(float(wanted), rel=1e-9)


@pytest.mark.parametrize(
    ("objective", "own"),
    [
        ("minimax", "none"),
        ("non_saturating", "none"),
        ("wgan", "none"),
        ("wgan_gp", "unit_slope"),
        ("relativistic", "r1_r2"),
    ],
)
def test_an_objective_s_own_penalty_is_the_published_one(objective, own):
    assert TrainingConfig(objective=objective).own_penalty == own


# ------------------------------------------------------------------------------------------------- unrolling


class Unrolled:
    """A small game in float64 with a discriminator whose Adam has a past."""

    def __init__(self, objective="non_saturating", steps=5):
        self.config = TrainingConfig(objective=objective, unrolled_steps=steps)
        self.generator, self.critic = (model.double() for model in models(width=4))
        self.optimizer = torch.optim.Adam(self.critic.parameters(), lr=0.05, betas=(0.5, 0.9))
        self.noise = torch.randn(16, 3, generator=torch.Generator().manual_seed(2), dtype=torch.float64)
        self.real = batch()[0]
        for _ in range(3):
            self.optimizer.zero_grad()
            loss, _ = critic_objective(self.config, self.critic, *batch(7), (), torch.Generator())
            loss.backward()
            self.optimizer.step()

    def loss(self):
        fake = self.generator(self.noise)
        return training.unrolled_generator_objective(self.config, self.critic, self.optimizer, self.real, fake)

    def loss_by_stepping_a_copy(self):
        """The oracle: torch's own Adam, on a copy of the discriminator, with no graph through its steps."""
        critic, optimizer = copy.deepcopy((self.critic, self.optimizer))
        optimizer = torch.optim.Adam(critic.parameters(), lr=0.05, betas=(0.5, 0.9))
        optimizer.load_state_dict(copy.deepcopy(self.optimizer.state_dict()))
        fake = self.generator(self.noise).detach()
        for _ in range(self.config.unrolled_steps):
            optimizer.zero_grad()
            critic_objective(self.config, critic, self.real, fake, (), torch.Generator())[0].backward()
            optimizer.step()
        return float(generator_objective(self.config, critic, self.real, fake, ()).detach())


@pytest.mark.parametrize("objective", ["minimax", "non_saturating"])
@pytest.mark.parametrize("steps", [1, 5])
def test_the_unrolled_gradient_is_that_of_finite_differences_through_all_steps(objective, steps):
    game = Unrolled(objective, steps)
    loss = game.loss()
    # Adam that can be differentiated keeps its step, and so its bias correction, in float32
    assert float(loss.detach()) == pytest.approx(game.loss_by_stepping_a_copy(), rel=1e-6)
    slopes = torch.autograd.grad(loss, list(game.generator.parameters()))
    straight = torch.autograd.grad(
        generator_objective(game.config, game.critic, game.real, game.generator(game.noise), ()),
        list(game.generator.parameters()),
    )
    h, differs = 1e-5, 0.0
    for parameter, slope, without in zip(game.generator.parameters(), slopes, straight, strict=True):
        for index in range(0, parameter.numel(), 3):
            entry = parameter.data.view(-1)
            values = []
            for sign in (1, -1):
                entry[index] += sign * h
                values.append(game.loss_by_stepping_a_copy())
                entry[index] -= sign * h
            wanted = (values[0] - values[1]) / (2 * h)
            assert float(slope.view(-1)[index]) == pytest.approx(wanted, rel=1e-4, abs=1e-7)
            differs = max(differs, abs(float(without.view(-1)[index]) - wanted))
    assert differs > 1e-3  # the plain gradient would not have passed


def test_looking_ahead_changes_neither_the_discriminator_nor_its_optimiser():
    game = Unrolled()
    before = copy.deepcopy((game.critic.state_dict(), game.optimizer.state_dict()))
    game.loss().backward()
    after = (game.critic.state_dict(), game.optimizer.state_dict())
    assert all(torch.equal(after[0][name], value) for name, value in before[0].items())
    for key, entries in before[1]["state"].items():
        assert all(torch.equal(after[1]["state"][key][name], value) for name, value in entries.items())


def test_a_dead_unit_of_the_discriminator_leaves_the_unrolled_gradient_finite():
    """Its slopes are exactly 0, so Adam's second moment is, and a square root has no slope there."""
    game = Unrolled()
    critic = MLPCritic(2, 4, 1, activation="relu").double()
    with torch.no_grad():
        critic.layers[0].bias[0] = -1e3  # never active
    game.critic, game.optimizer = critic, torch.optim.Adam(critic.parameters(), lr=0.05)
    for past in range(2):  # without a past, and with one
        slopes = torch.autograd.grad(game.loss(), list(game.generator.parameters()))
        assert all(torch.isfinite(slope).all() for slope in slopes), past
        critic_objective(game.config, critic, *batch(7), (), torch.Generator())[0].backward()
        game.optimizer.step()


def test_unrolling_in_the_loop_is_a_generator_step_down_the_unrolled_gradient(monkeypatch):
    seen = []
    original = training.unrolled_generator_objective

    def watched(config, critic, optimizer, real, fake, labels=()):
        seen.append((config.unrolled_steps, len(optimizer.state)))
        return original(config, critic, optimizer, real, fake, labels)

    monkeypatch.setattr(training.loop, "unrolled_generator_objective", watched)
    generator, critic = models()
    train(generator, critic, ring().standardized(), replace(TINY, unrolled_steps=2), device="cpu")
    assert seen == [(2, 6)] * 4  # three layers of weight and bias have a past in Adam
    plain, other = models()
    train(plain, other, ring().standardized(), TINY, device="cpu")
    assert not torch.equal(flat(plain), flat(generator))


# ------------------------------------------------------------------------------------------ training on toys


def test_every_batch_of_a_toy_is_a_fresh_sample_of_it():
    toy, seen = ring().standardized(), []

    class Watched(MLPCritic):
        def forward(self, points):
            seen.append(points.detach().clone())
            return super().forward(points)

    torch.manual_seed(0)
    train(MLPGenerator(3, 2, 8, 1), Watched(2, 8, 1), toy, replace(TINY, steps=6), device="cpu")
    real = seen[0::3]  # a round: real, fake, then the generator's step
    assert len(real) == 6
    assert all(mode_coverage(points, toy.centers, toy.std).high_quality > 0.8 for points in real)
    assert all(not torch.equal(a, b) for a, b in zip(real, real[1:], strict=False))


@pytest.mark.parametrize("settings", [{"objective": "minimax"}, {"unrolled_steps": 2}, {"penalty": "r1"}])
def test_a_resumed_run_on_a_toy_equals_the_uninterrupted_one(tmp_path, settings):
    toy, config = swiss_roll().standardized(), replace(TINY, steps=6, **settings)
    whole, critic = models()
    history = train(whole, critic, toy, config, device="cpu", checkpoint_dir=tmp_path / "whole")

    def stop(state):
        if state.step == 3:
            raise KeyboardInterrupt

    train(*models(), toy, config, device="cpu", checkpoint_dir=tmp_path / "parts", callbacks=[stop])
    torch.manual_seed(99)  # nothing may depend on the global stream
    resumed, other = models()
    again = train(resumed, other, toy, config, device="cpu", checkpoint_dir=tmp_path / "parts", resume=True)
    assert torch.equal(flat(whole), flat(resumed)) and torch.equal(flat(critic), flat(other))
    assert history.to_frame().equals(again.to_frame())


def test_a_run_on_one_toy_is_not_resumed_on_another(tmp_path):
    train(*models(), ring(), TINY, device="cpu", checkpoint_dir=tmp_path)
    with pytest.raises(ValueError, match="data"):
        train(*models(), grid(), TINY, device="cpu", checkpoint_dir=tmp_path, resume=True)


def test_nets_of_other_coordinates_are_refused():
    with pytest.raises(ValueError, match="the data has 2 coordinates, and the generator 3"):
        train(MLPGenerator(4, 3), MLPCritic(2), ring(), TINY, device="cpu")
    with pytest.raises(ValueError, match="the data has 2 coordinates, and the critic 5"):
        train(MLPGenerator(4, 2), MLPCritic(5), ring(), TINY, device="cpu")


@pytest.mark.parametrize("objective", ["non_saturating", "relativistic"])
def test_a_generator_learns_where_the_ring_is(objective):
    toy = ring(8, 1.0, 0.05).standardized()
    torch.manual_seed(0)
    generator, critic = MLPGenerator(8, 2, 32, 2), MLPCritic(2, 32, 2)
    config = TrainingConfig(
        objective=objective,
        penalty="r1_r2",
        penalty_weight=0.05,
        steps=600,
        batch_size=64,
        critic_steps=1,
        learning_rate=3e-3,
        averaging=0.9,
    )
    before = (sample(generator, 1000, seed=0).norm(dim=1) - 2**0.5).abs().mean()
    train(generator, critic, toy, config, device="cpu")
    after = (sample(generator, 1000, seed=0).norm(dim=1) - 2**0.5).abs().mean()
    assert after < 0.6 * before, (before, after)  # the standardised ring's radius is sqrt 2


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        (dict(penalty="gp"), "penalty to be one of .*unit_slope"),
        (dict(unrolled_steps=-1), "unrolled_steps as a whole number of 0 or more, got -1"),
        (dict(unrolled_steps=5), "unrolled_steps needs objective 'minimax' or 'non_saturating'.*got 'wgan_gp'"),
        (
            dict(objective="minimax", unrolled_steps=5, penalty="r1"),
            "no penalty, and Adam; got 'minimax', penalty 'r1'",
        ),
        (dict(objective="minimax", unrolled_steps=5, optimizer="rmsprop"), "got 'minimax', penalty 'none', 'rmsprop'"),
        (dict(objective="minimax", real_label=0.4), "real_label above 0.5 and up to 1, got 0.4"),
        (dict(objective="wgan", real_label=0.9), "'wgan' has no labels to smooth"),
    ],
)
def test_settings_that_do_not_go_together_are_refused(setting, words):
    with pytest.raises(ValueError, match=words):
        TrainingConfig(**setting)
