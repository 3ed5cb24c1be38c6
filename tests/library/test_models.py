"""Shapes for any length, labels that matter, edges that padding cannot reach, samples that do not see each other."""

import pytest
import torch

from course_lib.models import (
    MirrorCritic,
    MirrorGenerator,
    SignalCritic,
    SignalGenerator,
    with_second_difference,
)

PAIRS = {"upsampling": (SignalGenerator, SignalCritic), "mirror": (MirrorGenerator, MirrorCritic)}


def noise(n, latent=16, seed=0):
    return torch.randn(n, latent, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("nets", PAIRS)
@pytest.mark.parametrize("length", [8, 9, 50, 157, 160, 1024])
@pytest.mark.parametrize("channels", [1, 3])
def test_any_length_and_number_of_channels_comes_out_as_asked(nets, length, channels):
    make_generator, make_critic = PAIRS[nets]
    generator = make_generator(length, channels, latent_dim=16, dim=4)
    critic = make_critic(length, channels, dim=4)
    signals = generator(noise(3))
    assert signals.shape == (3, channels, length)
    assert critic(signals).shape == (3,)


@pytest.mark.parametrize("nets", PAIRS)
def test_a_label_changes_the_signal_and_the_score(nets):
    torch.manual_seed(0)
    generator = PAIRS[nets][0](40, 1, 16, 4, n_classes=3).eval()
    critic = PAIRS[nets][1](40, 1, 4, n_classes=3)
    zero, two = torch.zeros(2, dtype=torch.int64), torch.full((2,), 2)
    one, other = generator(noise(2), zero), generator(noise(2), two)
    assert (one - other).abs().max() > 1e-3
    assert (critic(one, zero) - critic(one, two)).abs().min() > 1e-4


@pytest.mark.parametrize("nets", PAIRS)
def test_the_label_s_part_of_the_score_is_a_projection_on_the_features(nets):
    torch.manual_seed(0)
    critic = PAIRS[nets][1](40, 1, 4, n_classes=3)
    x, labels = torch.randn(5, 1, 40, generator=torch.Generator().manual_seed(1)), torch.tensor([0, 1, 2, 0, 1])
    phi = critic.features(x)
    plain, shift, embedded = critic.score.weight[0], critic.score.bias[0], critic.embed.weight
    expected = [plain @ f + shift + embedded[y] @ f for f, y in zip(phi, labels, strict=True)]
    torch.testing.assert_close(critic(x, labels), torch.stack(expected))


@pytest.mark.parametrize("nets", PAIRS)
def test_a_critic_s_score_depends_on_its_own_sample_alone(nets):
    torch.manual_seed(0)
    critic = PAIRS[nets][1](64, 2, 4).train()
    x = torch.randn(4, 2, 64, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(critic(x), torch.cat([critic(x[i : i + 1]) for i in range(4)]), rtol=1e-4, atol=1e-5)


def test_every_step_of_a_signal_can_change_the_score():
    torch.manual_seed(0)
    critic = SignalCritic(157, 2, 4)
    x = torch.randn(4, 2, 157, generator=torch.Generator().manual_seed(0), requires_grad=True)
    (slope,) = torch.autograd.grad(critic(x).sum(), x)
    assert (slope.abs().amax(0) > 0).all()


def test_up_sampling_alone_is_smooth_and_the_projected_noise_reaches_full_rate():
    """An untrained generator has more power above half the highest frequency, the louder its fine channels are."""
    torch.manual_seed(0)
    generator = SignalGenerator(160, 1, 128, 8).train()

    def share_above_half():
        power = torch.fft.rfft(generator(noise(64, 128)).detach()).abs().square().sum((0, 1))
        return float(power[40:].sum() / power.sum())

    with_noise = share_above_half()
    generator.fine.mul_(20)
    louder = share_above_half()
    generator.fine.zero_()
    assert share_above_half() < with_noise < 0.5 * louder


def test_padding_does_not_reach_a_signal_s_edges():
    torch.manual_seed(0)
    generator = SignalGenerator(160, 1, 16, 4).eval()
    layers = [layer for layer in generator.modules() if isinstance(layer, torch.nn.Conv1d)]
    before = generator(noise(4))
    for layer in layers:
        layer.padding_mode = "replicate"
        layer._reversed_padding_repeated_twice = [layer.padding[0], layer.padding[0]]
    torch.testing.assert_close(generator(noise(4)), before)  # other padding, same signals


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (dict(length=0), "length: expected a whole number of 8 or more, got 0"),
        (dict(channels=0), "channels"),
        (dict(dim=3), "dim: expected a whole number of 4 or more"),
        (dict(n_classes=0), "n_classes"),
    ],
)
def test_a_size_out_of_range_is_refused_by_its_name(arguments, words):
    for model in (SignalGenerator, SignalCritic, MirrorGenerator, MirrorCritic):
        with pytest.raises(ValueError, match=words):
            model(**arguments)


def test_wrong_inputs_are_refused_with_both_shapes():
    generator, critic = SignalGenerator(40, 1, 16, 4), SignalCritic(40, 1, 4, n_classes=3)
    with pytest.raises(ValueError, match=r"shape \(B, 16\), got \(2, 8\)"):
        generator(torch.zeros(2, 8))
    with pytest.raises(ValueError, match=r"\(B, 1, 40\), got \(2, 40\)"):
        critic(torch.zeros(2, 40), torch.zeros(2, dtype=torch.int64))
    with pytest.raises(ValueError, match=r"labels of shape \(2,\).*n_classes=3"):
        critic(torch.zeros(2, 1, 40))
    with pytest.raises(ValueError, match="no labels.*n_classes=None"):
        generator(torch.zeros(2, 16), torch.zeros(2, dtype=torch.int64))


def test_the_critic_is_shown_the_second_difference_beside_the_signal():
    x = torch.randn(3, 2, 20, generator=torch.Generator().manual_seed(0))
    stacked = with_second_difference(x, 7.0)
    assert stacked.shape == (3, 4, 20) and torch.equal(stacked[:, :2], x)
    torch.testing.assert_close(stacked[:, 2:, 5], 7 * (x[..., 6] - 2 * x[..., 5] + x[..., 4]))
    assert (stacked[:, 2:, [0, -1]] == 0).all()
    torch.manual_seed(0)
    critic = SignalCritic(20, 2, 4, second_differences=7.0)
    assert critic(x).shape == (3,) and critic.features[0].in_channels == 4
    with pytest.raises(ValueError, match="second_differences: expected a factor of 0 or more, got -1"):
        SignalCritic(20, 2, 4, second_differences=-1.0)
