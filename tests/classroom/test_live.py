"""What a reader sees while training: a picture that is replaced and not repeated."""

import torch

from course_lib.classroom import live
from course_lib.data import Scaler, simulate_signs
from course_lib.models import SignalCritic, SignalGenerator
from course_lib.training import TrainingConfig, train

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


def test_live_samples_draw_one_picture_and_then_replace_it(monkeypatch):
    shown = []

    class Handle:
        def update(self, bundle, raw):
            shown.append(("update", bundle))

    def display(bundle, raw, display_id=False):
        shown.append(("new" if display_id else "caption", bundle))
        return Handle()

    monkeypatch.setattr(live, "display", display)
    dataset = simulate_signs(2, 6, 16)
    run(live.LiveSamples(dataset.values[:4], scaler=Scaler.fit(dataset), every=4))
    assert [kind for kind, _ in shown] == ["new", "caption", "update"]
    first, caption, second = (bundle for _, bundle in shown)
    assert first["text/plain"] == second["text/plain"]  # what nbval compares; the step is in the picture
    assert first["image/png"] != second["image/png"]
    assert caption == {"text/markdown": live.CAPTION, "text/plain": live.CAPTION}
