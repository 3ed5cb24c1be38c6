"""The loop: what it steps, what it keeps, how it stops, and that a resumed run is the uninterrupted one."""

import contextlib
import copy
import json
import os
import signal
import subprocess
import sys
import textwrap
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from course_lib import checkpoints, penalties, training
from course_lib.data import Scaler, SignalDataset
from course_lib.devices import random_stream
from course_lib.metrics import signal_frechet
from course_lib.models import MirrorCritic, MirrorGenerator, SignalCritic, SignalGenerator
from course_lib.training import (
    SOURCE_RECIPE,
    Recipe,
    TrainingConfig,
    TrainingDiverged,
    TrainingWarning,
    sample,
    train,
)

TINY = TrainingConfig(steps=6, batch_size=8, critic_steps=2, checkpoint_every=2, read_every=2)


def waves(n=60, channels=1, length=16, seed=0):
    """Sines of random phase; class 0 slow, class 1 fast, three times as many of class 0."""
    rng = np.random.default_rng(seed)
    labels = (np.arange(n) % 4 == 0).astype(np.int64)
    time = np.arange(length) / length
    phase = rng.uniform(0, 2 * np.pi, (n, channels, 1))
    values = 3 + 0.2 * np.sin(2 * np.pi * (1 + labels[:, None, None]) * time + phase)
    return SignalDataset(values.astype(np.float32), labels, ("slow", "fast"))


def scaled(dataset):
    return Scaler.fit(dataset).transform(dataset)


def models(n_classes=None, seed=0, channels=1, length=16):
    torch.manual_seed(seed)
    generator = SignalGenerator(length, channels, 8, 4, n_classes)
    return generator, SignalCritic(length, channels, 4, n_classes)


def weights(model):
    return torch.cat([value.flatten().double() for value in model.state_dict().values()])


def run(config=TINY, dataset=None, n_classes=None, **arguments):
    generator, critic = models(n_classes)
    history = train(generator, critic, dataset or scaled(waves()), config, device="cpu", **arguments)
    return generator, critic, history


def test_a_generator_step_follows_the_asked_number_of_critic_steps(monkeypatch):
    steps = []
    original = torch.optim.Adam.step

    def counted(self, *arguments, **keywords):
        steps.append(len(self.param_groups[0]["params"]))
        return original(self, *arguments, **keywords)

    monkeypatch.setattr(torch.optim.Adam, "step", counted)
    generator, critic, _ = run(replace(TINY, steps=2, critic_steps=5))
    one_round = [len(list(critic.parameters()))] * 5 + [len(list(generator.parameters()))]
    assert steps == one_round * 2


@pytest.mark.parametrize("objective", ["minimax", "non_saturating", "wgan_gp", "relativistic"])
def test_the_critic_learns_to_score_real_signals_above_fakes(objective):
    """The sign of the critic's loss, seen in what training does and not in what it computes."""
    frozen = replace(
        TINY, objective=objective, penalty_weight=1.0, steps=1, critic_steps=100, learning_rate=2e-3, linear_decay=False
    )
    assert run(frozen)[2].to_frame()["wasserstein"].item() > 1  # a flipped loss drives it below 0


@pytest.mark.parametrize("objective", ["minimax", "non_saturating", "wgan_gp", "relativistic"])
def test_the_generator_learns_to_raise_the_score_of_its_samples(objective):
    """The sign of the generator's loss: against a critic that hardly moves, a flipped one lowers the scores."""
    torch.manual_seed(0)
    generator, critic = models()
    judge, noise = copy.deepcopy(critic), torch.randn(200, 8)

    def score():
        with torch.no_grad():
            return float(judge(copy.deepcopy(generator).train()(noise)).mean())

    before = score()
    config = replace(
        TINY, objective=objective, steps=30, critic_steps=1, learning_rate=1e-2, linear_decay=False, ema_decay=0.0
    )
    for parameter in critic.parameters():
        parameter.register_hook(torch.zeros_like)
    train(generator, critic, scaled(waves()), config, device="cpu")
    assert score() > before + 0.5


def test_training_brings_the_samples_distribution_closer_to_the_data():
    dataset = scaled(waves(200))
    torch.manual_seed(0)
    generator, critic = SignalGenerator(16, 1, 8, 8), SignalCritic(16, 1, 8)
    before = signal_frechet(dataset.values, sample(generator, 200, seed=3))
    config = TrainingConfig(steps=120, batch_size=32, critic_steps=3, learning_rate=2e-3, sobolev_weight=0.0)
    train(generator, critic, dataset, config, device="cpu")
    after = signal_frechet(dataset.values, sample(generator, 200, seed=3))
    assert after < 0.5 * before, (before, after)


def test_the_penalty_holds_the_critic_s_slope_near_one_and_without_it_the_slope_grows():
    config = replace(TINY, steps=100, critic_steps=5, learning_rate=2e-3, linear_decay=False)
    held, loose = run(config)[2], run(replace(config, penalty_weight=0.0))[2]
    assert 0.5 < held.to_frame()["gradient_norm"].tail(10).mean() < 1.5
    assert loose.to_frame()["gradient_norm"].tail(10).mean() > 3


def test_the_critic_loss_in_the_history_is_minus_the_estimate_plus_the_weighted_penalty():
    frame = run()[2].to_frame()
    expected = -frame["wasserstein"] + TINY.penalty_weight * frame["penalty"]
    np.testing.assert_allclose(frame["critic_loss"], expected, rtol=1e-4, atol=1e-5)
    assert list(frame["step"]) == [1, 2, 3, 4, 5, 6]


def test_the_kept_weights_are_the_average_of_the_raw_ones():
    seen = []

    def watch(state):
        seen.append([p.detach().double().clone() for p in state.generator.parameters()])

    first = [p.detach().double().clone() for p in models()[0].parameters()]
    generator, _, _ = run(replace(TINY, ema_decay=0.9), callbacks=[watch])
    expected = first
    for step, now in enumerate(seen, 1):
        decay = min(0.9, step / (step + 10))
        expected = [decay * kept + (1 - decay) * new for kept, new in zip(expected, now, strict=True)]
    for kept, wanted in zip(generator.parameters(), expected, strict=True):
        torch.testing.assert_close(kept.double(), wanted, rtol=1e-4, atol=1e-6)
    assert any(not torch.equal(kept.double(), raw) for kept, raw in zip(generator.parameters(), seen[-1], strict=True))


def test_without_an_average_the_last_weights_are_kept():
    raw = {}

    def watch(state):
        raw.update({name: value.detach().clone() for name, value in state.generator.named_parameters()})

    generator, _, _ = run(replace(TINY, ema_decay=0.0), callbacks=[watch])
    assert all(torch.equal(value, raw[name]) for name, value in generator.named_parameters())


def test_the_kept_generator_s_batchnorm_statistics_are_those_of_its_own_weights():
    """In eval mode it makes what it makes on a large batch in train mode; borrowed statistics shrink its signals."""
    torch.manual_seed(0)
    generator, critic = MirrorGenerator(16, 1, 8, 4), MirrorCritic(16, 1, 4)
    config = replace(TINY, steps=150, batch_size=64, critic_steps=1, learning_rate=5e-3, ema_decay=0.9)
    train(generator, critic, scaled(waves()), config, device="cpu")
    kept = sample(generator, 4000, seed=0)
    with torch.no_grad():
        own = copy.deepcopy(generator).train()(torch.randn(4000, 8, generator=torch.Generator().manual_seed(1)))
    assert 0.9 < float(kept.std() / own.std()) < 1.1


def test_the_learning_rate_falls_in_a_straight_line_to_zero(monkeypatch):
    rates = []
    original = training.run.Run.set_rates

    def watched(self, step):
        original(self, step)
        rates.append(self.generator_optimizer.param_groups[0]["lr"])

    monkeypatch.setattr(training.run.Run, "set_rates", watched)
    run(replace(TINY, learning_rate=6e-4))
    np.testing.assert_allclose(rates, [6e-4, 5e-4, 4e-4, 3e-4, 2e-4, 1e-4])


def test_fake_labels_are_the_real_batch_s_and_generator_labels_follow_the_training_frequency():
    seen = {"critic": [], "generator": []}

    class Spy(SignalCritic):
        def forward(self, signals, labels=None):
            seen["critic"].append(labels.clone())
            return super().forward(signals, labels)

    class Maker(SignalGenerator):
        def forward(self, noise, labels=None):
            seen["generator"].append((labels.clone(), torch.is_grad_enabled()))
            return super().forward(noise, labels)

    torch.manual_seed(0)
    dataset = scaled(waves(400))
    train(Maker(16, 1, 8, 4, 2), Spy(16, 1, 4, 2), dataset, replace(TINY, steps=50, critic_steps=1), device="cpu")
    told = seen["critic"][-150:]  # before that the critic is tried on a few samples
    for step in range(50):  # a round: real and fake in one pass, mixtures; then the generator's
        both, mixed, _ = told[3 * step : 3 * step + 3]
        real, fake = both.chunk(2)
        assert torch.equal(real, fake) and torch.equal(real, mixed)
        made = seen["generator"][3 * step][0]  # a round: the fakes, the generator's step, the averaged one's statistics
        assert torch.equal(real, made)
    drawn = torch.cat([labels for labels, with_gradient in seen["generator"] if with_gradient]).double()
    assert abs(drawn.mean() - 0.25) < 4 * (0.25 * 0.75 / len(drawn)) ** 0.5  # four standard errors


@pytest.mark.parametrize("objective", ["wgan_gp", "wgan", "relativistic"])
@pytest.mark.parametrize("n_classes", [None, 2])
def test_a_resumed_run_equals_the_uninterrupted_one_bit_for_bit(tmp_path, objective, n_classes):
    config = replace(TINY, objective=objective, optimizer="rmsprop" if objective == "wgan" else "adam")
    whole, critic, history = run(config, n_classes=n_classes, checkpoint_dir=tmp_path / "whole")

    def stop(state):
        if state.step == 3:
            raise KeyboardInterrupt

    run(config, n_classes=n_classes, checkpoint_dir=tmp_path / "parts", callbacks=[stop])
    torch.manual_seed(123)  # nothing may depend on the global stream
    resumed, other_critic, other_history = run(
        config, n_classes=n_classes, checkpoint_dir=tmp_path / "parts", resume=True
    )
    assert torch.equal(weights(whole), weights(resumed)) and torch.equal(weights(critic), weights(other_critic))
    assert history.to_frame().equals(other_history.to_frame())


def test_a_run_that_was_killed_resumes_to_the_uninterrupted_one(tmp_path):
    script = textwrap.dedent(
        """
        import os, signal, sys, torch
        torch.set_num_threads(1)
        sys.path.insert(0, {tests!r})
        import test_training as t
        def kill(state):
            if state.step == {at}: os.kill(os.getpid(), signal.SIGKILL)
        generator, _, _ = t.run(checkpoint_dir={folder!r}, resume=True, callbacks=[kill])
        torch.save(t.weights(generator), {out!r})
        """
    )
    for name, at in (("whole", -1), ("killed", 5), ("killed", -1)):
        words = dict(
            tests=os.path.dirname(__file__), at=at, folder=str(tmp_path / name), out=str(tmp_path / f"{name}.pt")
        )
        done = subprocess.run([sys.executable, "-c", script.format(**words)], capture_output=True, text=True)
        assert done.returncode == (-signal.SIGKILL if at > 0 else 0), done.stderr
        checkpoints.load_model(tmp_path / name / "generator.safetensors")
    assert torch.equal(torch.load(tmp_path / "whole.pt"), torch.load(tmp_path / "killed.pt"))


def test_ctrl_c_ends_after_the_running_step_and_returns_what_there_is(tmp_path):
    def press(state):
        if state.step == 3:
            os.kill(os.getpid(), signal.SIGINT)

    before = signal.getsignal(signal.SIGINT)
    generator, _, history = run(replace(TINY, steps=50), callbacks=[press], checkpoint_dir=tmp_path)
    assert len(history) in (3, 4)
    assert signal.getsignal(signal.SIGINT) is before
    kept = checkpoints.load_model(tmp_path / "generator.safetensors")
    assert torch.equal(weights(kept), weights(generator))


def test_nan_stops_training_with_the_step_the_losses_and_the_likely_cause(tmp_path):
    class Breaks(SignalCritic):
        calls = 0

        def forward(self, signals, labels=None):
            Breaks.calls += 1
            scores = super().forward(signals, labels)
            # tried 3 times before the first step; then 2 x 2 calls for the critic and 1 for the generator a step
            return scores * float("nan") if Breaks.calls > 3 + 7 * 5 else scores

    torch.manual_seed(0)
    generator = SignalGenerator(16, 1, 8, 4)
    config = replace(TINY, steps=40, read_every=4, checkpoint_every=2)
    with pytest.raises(TrainingDiverged, match=r"first at step 8 of 40 .*critic_loss nan.*Likely cause") as raised:
        train(generator, Breaks(16, 1, 4), scaled(waves()), config, device="cpu", checkpoint_dir=tmp_path)
    assert "learning rate" in str(raised.value)
    assert torch.isfinite(weights(generator)).all()
    assert torch.isfinite(weights(checkpoints.load_model(tmp_path / "generator.safetensors"))).all()


def test_a_missing_penalty_is_named_as_the_cause():
    with pytest.warns(TrainingWarning), pytest.raises(TrainingDiverged, match="penalty_weight is 0"):
        run(replace(TINY, steps=400, penalty_weight=0.0, learning_rate=1e6, linear_decay=False))


def test_clipping_leaves_every_weight_inside_the_limit_after_the_step():
    _, critic, history = run(replace(TINY, objective="wgan", optimizer="rmsprop", clip=0.02))
    assert max(float(p.detach().abs().max()) for p in critic.parameters()) <= 0.02
    assert history.to_frame()["gradient_norm"].isna().all() and (history.to_frame()["penalty"] == 0).all()


def test_a_folder_with_a_run_in_it_is_refused_unless_resumed(tmp_path):
    run(checkpoint_dir=tmp_path)
    with pytest.raises(ValueError, match="holds a run already.*--resume"):
        run(checkpoint_dir=tmp_path)


def test_resuming_an_empty_folder_starts_afresh(tmp_path):
    assert len(run(checkpoint_dir=tmp_path / "new", resume=True)[2]) == 6


def test_a_changed_setting_is_refused_by_its_name_but_steps_and_checkpoint_every_may_change(tmp_path):
    run(checkpoint_dir=tmp_path)
    with pytest.raises(ValueError, match="learning_rate: 0.001 then, 0.002 now"):
        run(replace(TINY, learning_rate=2e-3), checkpoint_dir=tmp_path, resume=True)
    with pytest.raises(ValueError, match="another training data"):
        run(dataset=scaled(waves(seed=5)), checkpoint_dir=tmp_path, resume=True)
    with pytest.raises(ValueError, match="another generator"):
        run(n_classes=2, checkpoint_dir=tmp_path, resume=True)
    with pytest.warns(TrainingWarning, match="planned for 6 steps and now has 8"):
        longer = run(replace(TINY, steps=8, checkpoint_every=3), checkpoint_dir=tmp_path, resume=True)[2]
    assert len(longer) == 8


def test_the_scaler_travels_with_the_checkpoint(tmp_path):
    dataset = waves()
    scaler = Scaler.fit(dataset)
    run(dataset=scaler.transform(dataset), checkpoint_dir=tmp_path)
    kept = checkpoints.load_scaler(tmp_path / "generator.safetensors")
    assert torch.equal(kept.mean, scaler.mean) and torch.equal(kept.std, scaler.std)
    assert checkpoints.load_class_names(tmp_path / "generator.safetensors") == ("slow", "fast")
    assert json.loads((tmp_path / "run.json").read_text())["class_counts"] == [45, 15]


def test_models_that_do_not_fit_the_data_are_refused_before_training():
    generator, critic = models()
    with pytest.raises(ValueError, match=r"\(channels, length\) = \(1, 16\), and the data has \(2, 16\)"):
        train(generator, critic, scaled(waves(channels=2)), TINY, device="cpu")
    with pytest.raises(ValueError, match="same n_classes, got 2 and None"):
        train(models(2)[0], critic, scaled(waves()), TINY, device="cpu")
    with pytest.raises(ValueError, match="take 3 classes, and the data has 2"):
        train(*models(3), scaled(waves()), TINY, device="cpu")


def test_samples_depend_on_the_seed_alone_and_the_mode_is_put_back():
    generator, _ = models()
    generator.train()
    one = sample(generator, 50, seed=4)
    assert torch.equal(one, sample(generator, 50, seed=4)) and generator.training
    torch.testing.assert_close(one, sample(generator, 50, seed=4, batch_size=7), rtol=1e-4, atol=1e-5)
    assert not torch.equal(one, sample(generator, 50, seed=5))


def test_sampling_uses_the_running_statistics_and_leaves_them_alone():
    generator, _ = models()
    before = weights(generator)
    one = sample(generator, 8, seed=0)
    two = sample(generator, 80, seed=0)[:8]  # in train mode a sample would depend on the rest of its batch
    assert one.shape == (8, 1, 16) and two.shape == one.shape
    assert torch.equal(before, weights(generator))
    noise = torch.randn(8, 16, generator=random_stream("cpu", 0))[:, :8]
    torch.testing.assert_close(one, generator.eval()(noise).detach())


def test_sampling_asks_for_labels_where_they_are_needed():
    with pytest.raises(ValueError, match="needs labels"):
        sample(models(2)[0], 3)
    with pytest.raises(ValueError, match="takes no labels"):
        sample(models()[0], 3, labels=torch.zeros(3, dtype=torch.int64))
    with pytest.raises(ValueError, match="expected 3 labels"):
        sample(models(2)[0], 3, labels=torch.zeros(2, dtype=torch.int64))


def test_sampling_takes_labels_as_arrays_that_torch_does_not_share():
    generator, labels = models(2)[0], np.array([0, 1, 1])
    right = sample(generator, 3, labels=torch.from_numpy(labels), seed=0)
    frozen = np.frombuffer(labels.tobytes(), labels.dtype)  # read-only: torch would warn, and warnings are errors
    for given in (labels[::-1].copy()[::-1], labels.astype(">i4"), frozen):
        assert torch.equal(sample(generator, 3, labels=given, seed=0), right)


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        (dict(objective="gan2"), "objective"),
        (dict(steps=0), "steps"),
        (dict(learning_rate=0.0), "learning_rate above 0"),
        (dict(critic_learning_rate=0.0), "critic_learning_rate above 0, got 0.0"),
        (dict(final_penalty_weight=-0.1), "final_penalty_weight above 0, got -0.1"),
        (dict(final_penalty_weight=float("nan")), "final_penalty_weight above 0, got nan"),
        (dict(penalty_weight=0.0, final_penalty_weight=0.1), "needs a penalty_weight above 0 to start from"),
        (dict(penalty_weight=-1.0), "penalty_weight of 0 or more"),
        (dict(ema_decay=1.0), r"ema_decay in \[0, 1\)"),
    ],
)
def test_a_setting_out_of_range_is_refused_by_its_name(setting, words):
    with pytest.raises(ValueError, match=words):
        TrainingConfig(**setting)


def test_the_source_s_recipe_is_the_source_s():
    config, dataset = SOURCE_RECIPE.config, scaled(waves(length=160))
    assert (config.batch_size, config.critic_steps, config.penalty_weight, config.steps) == (64, 5, 10, 10_000)
    generator, critic = SOURCE_RECIPE.build(dataset)
    assert SOURCE_RECIPE.dim == 64 and generator.length == 160
    kinds = {type(layer) for model in (generator, critic) for layer in model.modules()}
    assert {nn.ConvTranspose1d, nn.BatchNorm1d, nn.LeakyReLU, nn.Conv1d} <= kinds
    assert not any(isinstance(layer, nn.BatchNorm1d) for layer in critic.modules())


def test_a_recipe_builds_the_same_models_for_the_same_seed_and_leaves_the_global_stream_alone():
    dataset = scaled(waves())
    torch.manual_seed(5)
    expected = torch.rand(1)
    torch.manual_seed(5)
    one, two = Recipe(dim=4).build(dataset, seed=1), Recipe(dim=4).build(dataset, seed=1)
    assert torch.equal(torch.rand(1), expected)
    assert torch.equal(weights(one[0]), weights(two[0])) and torch.equal(weights(one[1]), weights(two[1]))
    assert Recipe(dim=4).build(dataset, conditional=True)[0].n_classes == 2


def test_the_penalised_mixtures_lie_between_the_batch_s_own_pairs(monkeypatch):
    """The loop mixes real with fake, one weight a sample, and not real with real."""
    seen = []
    original = penalties.interpolate
    monkeypatch.setattr(penalties, "interpolate", lambda r, f, **k: seen.append((r, f)) or original(r, f, **k))
    run(replace(TINY, steps=1, critic_steps=1))
    (real, fake), values = seen[0], scaled(waves()).values
    assert all((values == signal).flatten(1).all(1).any() for signal in real)
    assert not any((values == signal).flatten(1).all(1).any() for signal in fake)


@pytest.mark.parametrize(("objective", "weight"), [("wgan_gp", 2.0), ("relativistic", 2.0), ("wgan_gp", 0.0)])
def test_the_loop_measures_slopes_against_the_detail_that_was_asked_for(objective, weight):
    """The weight of the second difference is `sobolev_weight` over its own root mean square in the training signals."""
    dataset = scaled(waves())
    config = replace(TINY, steps=1, critic_steps=1, objective=objective, sobolev_weight=weight)
    smoothing = training.Run(*models(), dataset, config, torch.device("cpu")).smoothing
    seen = run(config, dataset=dataset)[2].to_frame()["gradient_norm"].item()
    if weight == 0:
        assert smoothing is None
        return
    x = dataset.values.double().numpy()
    bend = x[..., 2:] - 2 * x[..., 1:-1] + x[..., :-2]
    delta = np.eye(16)[2:] - 2 * np.eye(16)[1:-1] + np.eye(16)[:-2]
    square = np.eye(16) + weight**2 / np.mean(bend**2) * delta.T @ delta
    found = smoothing.double().numpy()
    np.testing.assert_allclose(found.T @ square @ found, np.eye(16), atol=1e-4)
    plain = run(replace(config, sobolev_weight=0.0), dataset=dataset)[2].to_frame()["gradient_norm"].item()
    assert seen < 0.9 * plain  # the same critic: the smoothed slope is the smaller


def test_the_sobolev_weight_changes_what_is_trained():
    one, two = run()[0], run(replace(TINY, sobolev_weight=0.0))[0]
    assert not torch.equal(weights(one), weights(two))


# --------------------------------------------------------------------------------- one pass, and what is drawn


class BatchStatistics(SignalCritic):
    """A critic whose scores depend on the whole batch, by no layer that could be recognised by its type."""

    def forward(self, signals, labels=None):
        return super().forward(signals, labels) + signals.std(dim=0).mean()


@pytest.mark.parametrize(
    ("critic", "one_pass"),
    [
        (SignalCritic(16, 1, 4), True),
        (MirrorCritic(16, 1, 4), True),
        (nn.Sequential(nn.Flatten(), nn.Linear(16, 8), nn.BatchNorm1d(8), nn.Linear(8, 1), nn.Flatten(0)), False),
        (nn.Sequential(nn.Flatten(), nn.Linear(16, 8), nn.LayerNorm(8), nn.Linear(8, 1), nn.Flatten(0)), True),
        (BatchStatistics(16, 1, 4), False),
    ],
)
def test_real_and_fake_share_a_pass_only_where_no_sample_sees_another(critic, one_pass):
    batches = []
    critic.register_forward_pre_hook(lambda module, given: batches.append(len(given[0])))
    uncharged = replace(TINY, steps=1, critic_steps=1, penalty_weight=0.0)  # BatchNorm goes with no charge
    train(models()[0], critic, scaled(waves()), uncharged, device="cpu")
    first = 16 if one_pass else 8
    assert batches[-3 if one_pass else -4] == first and (16 in batches[-4:]) == one_pass


def test_one_pass_and_two_give_the_same_gradient():
    torch.manual_seed(0)
    generator, critic = models(seed=3)
    runs = [training.Run(*copy.deepcopy((generator, critic)), scaled(waves()), TINY, torch.device("cpu")) for _ in "ab"]
    runs[1].one_pass = False
    for one in runs:
        one.set_rates(1)
        training.critic_step(one)
    assert runs[0].one_pass
    for a, b in zip(runs[0].critic.parameters(), runs[1].critic.parameters(), strict=True):
        torch.testing.assert_close(a.grad, b.grad, rtol=1e-4, atol=1e-6)


def test_no_real_batch_is_drawn_where_the_objective_needs_none():
    drawn = {}
    for name in ("wgan_gp", "relativistic"):
        config = replace(TINY, objective=name, critic_steps=2)
        one = training.Run(*models(), scaled(waves()), config, torch.device("cpu"))
        one.set_rates(1)
        for _ in range(2):
            training.critic_step(one)
        before = one.streams["data"].get_state()
        training.generator_step(one)
        drawn[name] = not torch.equal(before, one.streams["data"].get_state())
    assert drawn == {"wgan_gp": False, "relativistic": True}


# ------------------------------------------------------------------------ what is refused or said before the first step


def test_an_array_is_trained_on_as_unlabelled_signals_and_a_loader_is_refused_by_its_name():
    values = scaled(waves()).values
    assert len(train(*models(), values.numpy(), TINY, device="cpu")) == 6
    loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(values))
    with pytest.raises(ValueError, match=r"an array or tensor \(N, C, L\).*got a DataLoader"):
        train(*models(), loader, TINY, device="cpu")
    with pytest.raises(ValueError, match="expected a SignalDataset.*got a list"):
        train(*models(), [1.0, 2.0], TINY, device="cpu")


def test_exchanged_nets_are_asked_about():
    generator, critic = models()
    with pytest.raises(ValueError, match="latent_dim.*got a SignalCritic: are generator and critic exchanged"):
        train(critic, generator, scaled(waves()), TINY, device="cpu")


@pytest.mark.parametrize(
    ("dataset", "config", "words"),
    [
        (lambda: replace(waves(), values=1e6 * waves().values), TINY, r"standard deviation of 1.4\de\+05.*Scale them"),
        (lambda: replace(waves(), values=waves().values - 1e3), TINY, "lie around -997 .*Scale them"),
        (lambda: scaled(waves(2)), TINY, "2 signals are so few that a generator can only copy them"),
        (lambda: scaled(waves()), replace(TINY, learning_rate=30.0), "learning rate of 30 is far above the usual"),
    ],
)
def test_what_is_likely_to_end_badly_is_said_before_the_first_step(dataset, config, words):
    class Stopped(Exception):
        pass

    def stop(state):
        raise Stopped

    with pytest.warns(TrainingWarning, match=words), contextlib.suppress(Stopped, TrainingDiverged):
        train(*models(), dataset(), config, device="cpu", callbacks=[stop])


def test_losses_that_run_away_are_said_early_with_their_cause():
    config = replace(TINY, steps=100, learning_rate=0.5, linear_decay=False, read_every=5)
    steps = []
    with pytest.warns(TrainingWarning, match="losses have grown to .*learning rate of 0.5, which is large"):
        with contextlib.suppress(TrainingDiverged):
            run(config, callbacks=[lambda state: steps.append(state.step)])
    assert steps


def test_a_generator_of_the_reader_s_own_is_trained_and_it_is_said_that_it_will_not_be_saved(tmp_path):
    class Own(SignalGenerator):
        pass

    torch.manual_seed(0)
    with pytest.warns(TrainingWarning, match=r"class of your own \(Own\).*no generator.safetensors"):
        train(Own(16, 1, 8, 4), models()[1], scaled(waves()), TINY, device="cpu", checkpoint_dir=tmp_path)
    assert (tmp_path / "state.safetensors").is_file() and not (tmp_path / "generator.safetensors").exists()


def test_a_slope_that_is_not_a_number_beside_sound_scores_is_blamed_on_a_root_and_not_on_the_data():
    class Root(SignalCritic):
        def forward(self, signals, labels=None):
            return super().forward(signals) + (0 * signals).square().flatten(1).sum(1).sqrt()  # its slope at 0 is NaN

    torch.manual_seed(0)
    with pytest.raises(TrainingDiverged, match="scores are numbers and its slope is not.*square root") as raised:
        train(models()[0], Root(16, 1, 4), scaled(waves()), TINY, device="cpu")
    assert "scale" not in str(raised.value)


# ------------------------------------------------------------------------------------------- a run's folder, attacked


def stop_at(step):
    def stop(state):
        if state.step == step:
            raise KeyboardInterrupt

    return stop


def test_a_dataset_that_forgot_its_scaler_is_refused_and_the_folder_keeps_its_own(tmp_path):
    dataset = scaled(waves())
    run(dataset=dataset, checkpoint_dir=tmp_path, callbacks=[stop_at(3)])
    with pytest.raises(ValueError, match="another scaler.*the dataset has none now"):
        run(dataset=replace(dataset, scaler=None), checkpoint_dir=tmp_path, resume=True)
    assert checkpoints.load_scaler(tmp_path / "generator.safetensors") is not None
    with pytest.raises(ValueError, match="other class names"):
        run(dataset=replace(dataset, class_names=("quick", "slow")), checkpoint_dir=tmp_path, resume=True)


def test_a_second_run_in_one_folder_is_refused_while_the_first_is_on_and_not_after(tmp_path):
    refused = []

    def again(state):
        if state.step == 3:
            with pytest.raises(ValueError, match="in use by process"):
                run(checkpoint_dir=tmp_path, resume=True)
            refused.append(state.step)

    run(checkpoint_dir=tmp_path, callbacks=[again])
    assert refused == [3]
    assert len(run(checkpoint_dir=tmp_path, resume=True)[2]) == 6


def test_a_folder_with_a_part_of_a_run_is_left_alone(tmp_path):
    run(checkpoint_dir=tmp_path)
    before = (tmp_path / "generator.safetensors").read_bytes()
    for state in tmp_path.glob("state*.safetensors"):
        state.unlink()
    for resume in (False, True):
        with pytest.raises(ValueError, match="state.safetensors is missing.*nothing was overwritten"):
            run(checkpoint_dir=tmp_path, resume=resume)
    assert (tmp_path / "generator.safetensors").read_bytes() == before


def test_a_run_that_was_begun_on_another_device_goes_on_and_says_so(tmp_path):
    """A stream's state of another kind of device cannot be read; the file is made to be such a one."""
    run(checkpoint_dir=tmp_path, callbacks=[stop_at(3)])
    path = tmp_path / "state.safetensors"
    tensors, words = checkpoints.read_tensors(path)
    for name in ("data", "noise", "mixing"):
        tensors[f"streams.{name}"] = torch.zeros(16, dtype=torch.uint8)
    checkpoints.write_tensors(tensors, words | {"device": "cuda"}, path)
    with pytest.warns(TrainingWarning, match="begun on cuda and goes on on cpu.*seeded anew from step 4"):
        _, _, history = run(checkpoint_dir=tmp_path, resume=True)
    assert len(history) == 6 and np.isfinite(history.to_frame()["critic_loss"]).all()


def test_a_run_made_longer_says_how_its_learning_rate_jumps(tmp_path):
    run(replace(TINY, learning_rate=1e-3), checkpoint_dir=tmp_path)
    with pytest.warns(TrainingWarning, match="planned for 6 steps and now has 12.*from 0 to 0.0005"):
        run(replace(TINY, learning_rate=1e-3, steps=12), checkpoint_dir=tmp_path, resume=True)
    constant = replace(TINY, linear_decay=False)
    run(constant, checkpoint_dir=tmp_path / "constant")
    longer = run(replace(constant, steps=8), checkpoint_dir=tmp_path / "constant", resume=True)[2]
    assert len(longer) == 8  # and nothing is said


# ---------------------------------------------------------------------------------------------------------- samples


@pytest.mark.parametrize("latent_dim", [1, 8, 16, 100])
def test_the_first_ten_of_twenty_samples_are_the_ten(latent_dim):
    torch.manual_seed(0)
    generator = SignalGenerator(16, 1, latent_dim, 4)
    torch.testing.assert_close(sample(generator, 20, seed=3)[:10], sample(generator, 10, seed=3), rtol=1e-4, atol=1e-6)


def test_labels_that_name_no_class_are_refused_with_their_place():
    generator = models(2)[0]
    with pytest.raises(ValueError, match="from 0 to 1, for the 2 classes .*got 2 at place 1"):
        sample(generator, 3, labels=torch.tensor([0, 2, 1]))
    with pytest.raises(ValueError, match="got -1 at place 0"):
        sample(generator, 1, labels=[-1])
    with pytest.raises(ValueError, match="as whole numbers.*got torch.float32"):
        sample(generator, 2, labels=torch.zeros(2))
    with pytest.raises(ValueError, match="are masked"):
        sample(generator, 2, labels=np.ma.array([0, 1], mask=[False, True]))
