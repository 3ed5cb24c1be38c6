"""What a reader sees while training: a bar that counts, a picture that is replaced and not repeated."""

import io

import pytest
import torch

from course_lib.data import Scaler, simulate_signs
from course_lib.models import SignalCritic, SignalGenerator
from course_lib.training import TrainingConfig, callbacks, train

CONFIG = TrainingConfig(steps=6, batch_size=4, critic_steps=1, read_every=2)


def run(*watching, config=CONFIG):
    dataset = simulate_signs(2, 6, 16)
    scaler = Scaler.fit(dataset)
    torch.manual_seed(0)
    generator, critic = SignalGenerator(16, 1, 8, 4), SignalCritic(16, 1, 4)
    return (
        dataset,
        scaler,
        train(generator, critic, scaler.transform(dataset), config, device="cpu", callbacks=watching),
    )


def test_the_bar_shows_steps_rate_and_the_newest_losses(monkeypatch):
    text = io.StringIO()
    original = callbacks.tqdm
    monkeypatch.setattr(
        callbacks, "tqdm", lambda **words: original(**words | dict(file=text, disable=False, mininterval=0))
    )
    history = run(callbacks.ProgressBar())[2]
    last = text.getvalue().split("\r")[-1]
    assert "6/6" in last and "step/s" in last
    before = history.to_frame().iloc[5]
    assert f"W={before['wasserstein']:.3f}" in last and f"critic={before['critic_loss']:.3f}" in last


def test_the_bar_is_off_where_the_tests_switch_it_off(capfd):
    run(callbacks.ProgressBar())  # TQDM_DISABLE=1, see conftest
    assert capfd.readouterr() == ("", "")


def test_time_is_up_ends_training_as_ctrl_c_does(monkeypatch):
    clock = iter(range(100))
    monkeypatch.setattr(callbacks.time, "monotonic", lambda: float(next(clock)))
    history = run(callbacks.stop_when(2.5))[2]
    assert 1 <= len(history) < 6


def test_an_error_in_a_callback_is_not_swallowed():
    def fails(state):
        raise RuntimeError("mine")

    with pytest.raises(RuntimeError, match="mine"):
        run(fails)
