"""What the methods minimise, in the loop: the classic game, its penalties, unrolling; and training on toys."""

import copy
from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy.special import log_expit
from torch import nn

from course_lib import losses, penalties, training
from course_lib.data import grid, ring, swiss_roll
from course_lib.metrics import mode_coverage
from course_lib.models import MLPCritic, MLPGenerator
from course_lib.penalties import NO_PENALTY, R1, R1_R2, R2, UNIT_SLOPE
from course_lib.training import OBJECTIVES, TrainingConfig, sample, train
from course_lib.training.objectives import MINIMAX, NON_SATURATING, RELATIVISTIC, WGAN, WGAN_GP

TINY = TrainingConfig(
    objective="non_saturating", steps=4, batch_size=16, critic_steps=1, checkpoint_every=2, read_every=2
)
PENALTIES = {penalty.name: penalty for penalty in (R1, R2, R1_R2, UNIT_SLOPE)}


def models(seed=0, width=8):
    torch.manual_seed(seed)
    return MLPGenerator(3, 2, width, 2), MLPCritic(2, width, 2, activation="tanh")


def flat(model):
    return torch.cat([p.detach().double().flatten() for p in model.parameters()])


class Bowl(nn.Module):
    """A critic with known slopes: |x|^2 / 2, whose gradient is x; times 1 + y where it is told a label."""

    def __init__(self):
        super().__init__()
        self.height = nn.Parameter(torch.ones((), dtype=torch.float64))

    def forward(self, points, labels=None):
        bent = 1 if labels is None else 1 + labels
        return self.height * bent * points.square().sum(1) / 2


def bowl(points):
    return points.square().sum(1) / 2


def batch(seed=0, n=16):
    generator = torch.Generator().manual_seed(seed)
    real, fake = (torch.randn(n, 2, generator=generator, dtype=torch.float64) for _ in range(2))
    return real, 2 * fake + 1


class Step(training.Run):
    """A run whose next batch and fakes are given, and whose optimisers do not move."""

    def __init__(self, config, critic, real, fake, labels=(), *, one_pass=True):
        self.config, self.critic, self.given, self.given_labels = config, critic, (real, fake), labels
        self.fake = nn.Parameter(fake.clone())
        self.generator = lambda noise, *labels: self.fake * 1
        self.critic_optimizer = torch.optim.SGD(critic.parameters(), lr=0.0)
        self.generator_optimizer = torch.optim.SGD([self.fake], lr=0.0)
        self.streams = {"mixing": torch.Generator().manual_seed(5)}
        self.smoothing, self.one_pass, self.device = None, one_pass, torch.device("cpu")
        self.penalty_weight = config.penalty_weight
        self._slope_broke = torch.zeros((), dtype=torch.bool)

    def real_batch(self):
        return self.given[0].clone(), self.given_labels

    def labels(self):
        return self.given_labels

    def noise(self):
        return None

    def average(self, *inputs):
        pass


def critic_row(config, real, fake, labels=(), critic=None, **options):
    row = training.critic_step(Step(config, critic or Bowl(), real, fake, labels, **options))
    return {name: float(value.detach()) for name, value in row.items()}


def generator_loss(config, real, fake):
    return float(training.generator_step(Step(config, Bowl(), real, fake))["generator_loss"].detach())


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
    config = TrainingConfig(objective=OBJECTIVES[objective].with_penalty(NO_PENALTY), clip=10.0)
    row = critic_row(config, real, fake)
    assert row["critic_loss"] == pytest.approx(CRITIC_LOSS[objective](r, f), rel=1e-9)
    assert row["wasserstein"] == pytest.approx(r.mean() - f.mean())
    assert generator_loss(config, real, fake) == pytest.approx(GENERATOR_LOSS[objective](r, f), rel=1e-9)


def test_an_objective_s_name_or_the_objective_itself_says_the_same():
    for name, objective in OBJECTIVES.items():
        assert TrainingConfig(objective=name).objective is objective
        assert TrainingConfig(objective=objective).describe()["objective"] == name


def test_what_an_objective_holds_stands_in_its_name_so_that_two_runs_can_be_told_apart():
    names = [
        NON_SATURATING.with_penalty(R1).name,
        NON_SATURATING.with_penalty(R1_R2).name,
        NON_SATURATING.smoothed(0.9).name,
        NON_SATURATING.smoothed(0.8).name,
        MINIMAX.unrolled(5).name,
        MINIMAX.unrolled(4).name,
        NON_SATURATING.smoothed(0.9).with_penalty(R2).name,
    ]
    assert len(set(names)) == len(names)
    assert names[0] == "non_saturating + r1" and WGAN_GP.with_penalty(R1).with_penalty(R2).name == "wgan_gp + r2"


def test_a_smoothed_label_is_the_discriminator_s_alone():
    real, fake = batch()
    r, f = bowl(real).numpy(), bowl(fake).numpy()
    config = TrainingConfig(objective=NON_SATURATING.smoothed(0.9))
    wanted = -(0.9 * log_expit(r) + 0.1 * log_expit(-r)).mean() - log_expit(-f).mean()
    assert critic_row(config, real, fake)["critic_loss"] == pytest.approx(wanted, rel=1e-9)
    assert generator_loss(config, real, fake) == generator_loss(TrainingConfig("non_saturating"), real, fake)


@pytest.mark.parametrize("objective", CRITIC_LOSS)
@pytest.mark.parametrize("penalty", [R1, R2, R1_R2], ids=str)
def test_any_objective_takes_a_penalty_on_the_squared_slopes_of_real_or_fake_samples(objective, penalty):
    real, fake = batch()
    squares = {"r1": real.square().sum(1).mean(), "r2": fake.square().sum(1).mean()}
    wanted = sum(float(squares[part]) for part in penalty.name.split("_"))
    config = TrainingConfig(objective=OBJECTIVES[objective].with_penalty(penalty), penalty_weight=3.0, clip=10.0)
    row = critic_row(config, real, fake)
    assert row["penalty"] == pytest.approx(wanted, rel=1e-9)
    plain = critic_row(replace(config, objective=OBJECTIVES[objective].with_penalty(NO_PENALTY)), real, fake)
    assert row["critic_loss"] - plain["critic_loss"] == pytest.approx(3 * wanted, rel=1e-9)


@pytest.mark.parametrize("penalty", PENALTIES)
@pytest.mark.parametrize("one_pass", [True, False])
def test_a_penalty_steers_the_critic_as_it_would_with_a_pass_of_its_own(penalty, one_pass):
    """R1 and R2 share the scores' pass; the gradient in the critic's weights must not change by that."""
    real, fake = batch()
    torch.manual_seed(0)
    critic = nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 1), nn.Flatten(0)).double()
    config = TrainingConfig(objective=NON_SATURATING.with_penalty(PENALTIES[penalty]), penalty_weight=0.7)
    training.critic_step(Step(config, critic, real, fake, one_pass=one_pass))
    together = [p.grad.clone() for p in critic.parameters()]

    critic.zero_grad()
    parts = {"r1": [real], "r2": [fake], "r1_r2": [real, fake]}.get(penalty, [])
    alone = sum(penalties.zero_centered_penalty(critic, part) for part in parts)
    if penalty == "unit_slope":
        alone = penalties.gradient_penalty(critic, real, fake, generator=torch.Generator().manual_seed(5))
    (losses.discriminator_loss(critic(real), critic(fake)) + 0.7 * alone).backward()
    for one, other in zip(together, critic.parameters(), strict=True):
        torch.testing.assert_close(one, other.grad, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("penalty", PENALTIES)
@pytest.mark.parametrize("one_pass", [True, False])
def test_each_sample_is_judged_with_its_own_label(penalty, one_pass):
    (real, fake), labels = batch(), torch.arange(16) % 3
    config = TrainingConfig(objective=WGAN_GP.with_penalty(PENALTIES[penalty]), penalty_weight=2.0)
    row = critic_row(config, real, fake, (labels,), one_pass=one_pass)
    bent = 1 + labels
    mixing = torch.rand(16, generator=torch.Generator().manual_seed(5), dtype=torch.float64)[:, None]
    slopes = {"r1": bent * real.norm(dim=1), "r2": bent * fake.norm(dim=1)}
    wanted = {name: slope.square().mean() for name, slope in slopes.items()}
    wanted["r1_r2"] = wanted["r1"] + wanted["r2"]
    wanted["unit_slope"] = (bent * (mixing * real + (1 - mixing) * fake).norm(dim=1) - 1).square().mean()
    assert row["penalty"] == pytest.approx(float(wanted[penalty]), rel=1e-9)
    difference = (bent * (bowl(fake) - bowl(real))).mean()
    assert row["critic_loss"] == pytest.approx(float(difference + 2 * wanted[penalty]), rel=1e-9)


def test_a_penalty_s_weight_can_fall_by_the_same_factor_every_step():
    config = TrainingConfig("relativistic", steps=4, penalty_weight=0.16, final_penalty_weight=0.01)
    assert [config.penalty_weight_at(step) for step in (1, 2, 3, 4)] == pytest.approx([0.08, 0.04, 0.02, 0.01])
    assert replace(config, final_penalty_weight=None).penalty_weight_at(3) == 0.16


def test_the_loop_charges_the_weight_of_its_step_and_gives_the_critic_its_own_rate(monkeypatch):
    weights, rates, original = [], [], training.loop.critic_step

    def watched(run):
        weights.append(run.penalty_weight)
        row = original(run)
        without = losses.relativistic_loss(*run.last_scores) + run.penalty_weight * row["penalty"]
        torch.testing.assert_close(row["critic_loss"], without)
        return row

    def keep_scores(run, *given):
        run.last_scores = scores(run, *given)
        return run.last_scores

    def note_rates(run, *inputs):
        rates.append([o.param_groups[0]["lr"] for o in (run.generator_optimizer, run.critic_optimizer)])

    scores = training.Run.scores
    monkeypatch.setattr(training.Run, "scores", keep_scores)
    monkeypatch.setattr(training.loop, "critic_step", watched)
    monkeypatch.setattr(training.Run, "average", note_rates)
    config = TrainingConfig(
        objective="relativistic",
        steps=4,
        batch_size=8,
        critic_steps=2,
        penalty_weight=0.16,
        final_penalty_weight=0.01,
        learning_rate=1e-3,
        critic_learning_rate=4e-3,
    )
    train(MLPGenerator(2, 2, 8, 1), MLPCritic(2, 8, 1), ring(), config, device="cpu")
    assert weights == pytest.approx([0.08, 0.08, 0.04, 0.04, 0.02, 0.02, 0.01, 0.01])
    np.testing.assert_allclose(rates, [[1e-3 * k / 4, 4e-3 * k / 4] for k in (4, 3, 2, 1)])


@pytest.mark.parametrize(
    ("objective", "own"),
    [
        (MINIMAX, NO_PENALTY),
        (NON_SATURATING, NO_PENALTY),
        (WGAN, NO_PENALTY),
        (WGAN_GP, UNIT_SLOPE),
        (RELATIVISTIC, R1_R2),
    ],
    ids=str,
)
def test_an_objective_s_own_penalty_is_the_published_one(objective, own):
    assert objective.penalty is own and objective.clips == (objective is WGAN)


# ------------------------------------------------------------------------------------------------- unrolling


class Unrolled:
    """A small game in float64 with a discriminator whose Adam has a past."""

    def __init__(self, objective=NON_SATURATING, steps=5):
        self.objective = objective.unrolled(steps)
        self.generator, self.critic = (model.double() for model in models(width=4))
        self.optimizer = torch.optim.Adam(self.critic.parameters(), lr=0.05, betas=(0.5, 0.9))
        self.noise = torch.randn(16, 3, generator=torch.Generator().manual_seed(2), dtype=torch.float64)
        self.real = batch()[0]
        for _ in range(3):
            self.step(self.critic, self.optimizer, *batch(7))

    def step(self, critic, optimizer, real, fake):
        optimizer.zero_grad()
        self.objective.critic_loss(critic(real), critic(fake)).backward()
        optimizer.step()

    def loss(self):
        fake = self.generator(self.noise)
        critic = training.unrolled_critic(self.critic, self.optimizer, self.objective, self.real, fake)
        return self.objective.generator_loss(critic(fake))

    def loss_by_stepping_a_copy(self):
        """The oracle: torch's own Adam, on a copy of the discriminator, with no graph through its steps."""
        critic = copy.deepcopy(self.critic)
        optimizer = torch.optim.Adam(critic.parameters(), lr=0.05, betas=(0.5, 0.9))
        optimizer.load_state_dict(copy.deepcopy(self.optimizer.state_dict()))
        fake = self.generator(self.noise).detach()
        for _ in range(self.objective.unrolled_steps):
            self.step(critic, optimizer, self.real, fake)
        return float(self.objective.generator_loss(critic(fake)).detach())


@pytest.mark.parametrize("objective", [MINIMAX, NON_SATURATING], ids=str)
@pytest.mark.parametrize("steps", [1, 5])
def test_the_unrolled_gradient_is_that_of_finite_differences_through_all_steps(objective, steps):
    game = Unrolled(objective, steps)
    loss = game.loss()
    # Adam that can be differentiated keeps its step, and so its bias correction, in float32
    assert float(loss.detach()) == pytest.approx(game.loss_by_stepping_a_copy(), rel=1e-6)
    slopes = torch.autograd.grad(loss, list(game.generator.parameters()))
    plain = objective.generator_loss(game.critic(game.generator(game.noise)))
    straight = torch.autograd.grad(plain, list(game.generator.parameters()))
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
        game.step(critic, game.optimizer, *batch(7))


def test_unrolling_in_the_loop_is_a_generator_step_down_the_unrolled_gradient(monkeypatch):
    seen = []
    original = training.unrolled_critic

    def watched(critic, optimizer, objective, real, fake, labels=()):
        seen.append((objective.unrolled_steps, len(optimizer.state)))
        return original(critic, optimizer, objective, real, fake, labels)

    monkeypatch.setattr(training.loop, "unrolled_critic", watched)
    generator, critic = models()
    looking_ahead = replace(TINY, objective=NON_SATURATING.unrolled(2))
    train(generator, critic, ring().standardized(), looking_ahead, device="cpu")
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
    real = [both[:16] for both in seen[-12::2]]  # a round: real and fake in one pass, then the generator's step
    assert len(real) == 6
    assert all(mode_coverage(points, toy.centers, toy.std).high_quality > 0.8 for points in real)
    assert all(not torch.equal(a, b) for a, b in zip(real, real[1:], strict=False))


@pytest.mark.parametrize("objective", [MINIMAX, NON_SATURATING.unrolled(2), NON_SATURATING.with_penalty(R1)])
def test_a_resumed_run_on_a_toy_equals_the_uninterrupted_one(tmp_path, objective):
    toy, config = swiss_roll().standardized(), replace(TINY, steps=6, objective=objective)
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


@pytest.mark.parametrize("objective", [NON_SATURATING.with_penalty(R1_R2), RELATIVISTIC], ids=str)
def test_a_generator_learns_where_the_ring_is(objective):
    toy = ring(8, 1.0, 0.05).standardized()
    torch.manual_seed(0)
    generator, critic = MLPGenerator(8, 2, 32, 2), MLPCritic(2, 32, 2)
    config = TrainingConfig(
        objective=objective,
        penalty_weight=0.05,
        steps=600,
        batch_size=64,
        critic_steps=1,
        learning_rate=3e-3,
        ema_decay=0.9,
    )
    before = (sample(generator, 1000, seed=0).norm(dim=1) - 2**0.5).abs().mean()
    train(generator, critic, toy, config, device="cpu")
    after = (sample(generator, 1000, seed=0).norm(dim=1) - 2**0.5).abs().mean()
    assert after < 0.6 * before, (before, after)  # the standardised ring's radius is sqrt 2


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: NON_SATURATING.unrolled(0), "steps as a whole number of 1 or more, got 0"),
        (lambda: WGAN_GP.unrolled(5), "'wgan_gp' has a penalty, a clipped critic or pairs"),
        (lambda: WGAN.unrolled(5), "'wgan' has a penalty, a clipped critic or pairs"),
        (lambda: MINIMAX.with_penalty(R1).unrolled(5), r"'minimax \+ r1' has a penalty"),
        (lambda: TrainingConfig(MINIMAX.unrolled(5), optimizer="rmsprop"), "through Adam's steps, got 'rmsprop'"),
        (lambda: MINIMAX.smoothed(0.4), "real_label above 0.5 and below 1, got 0.4"),
        (lambda: WGAN.smoothed(0.9), "'wgan' has no labels to smooth"),
        (lambda: TrainingConfig("gp"), "an Objective or one of .*wgan_gp.*, got 'gp'"),
        (lambda: TrainingConfig("wgan", optimizer="sgd"), r"one of \('adam', 'rmsprop', 'adamw'\), got 'sgd'"),
    ],
)
def test_settings_that_do_not_go_together_are_refused(make, words):
    with pytest.raises(ValueError, match=words):
        make()
