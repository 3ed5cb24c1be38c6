"""Images in the library's loop: noisy labels, dropout that resumes, AdamW, and what is refused."""

import math
from dataclasses import replace

import pytest
import torch
from torch import nn

from course_lib import losses
from course_lib.data import ImageDataset, load_digits
from course_lib.models import ConvDiscriminator, DCGANDiscriminator, DCGANGenerator, FullyConnectedGenerator
from course_lib.training import OBJECTIVES, TrainingConfig, sample, train
from course_lib.training.config import WEIGHT_DECAY
from course_lib.training.run import Run

NON_SATURATING = OBJECTIVES["non_saturating"]
NOISY = NON_SATURATING.with_noisy_labels(real_labels=(0.9, 1.0), swap=0.3)
TINY = TrainingConfig(
    NON_SATURATING,
    steps=6,
    batch_size=8,
    critic_steps=1,
    sobolev_weight=0.0,
    linear_decay=False,
    checkpoint_every=2,
    read_every=2,
)
PAIRS = {
    "fully connected": lambda: (FullyConnectedGenerator(8, 1, 16, 8), ConvDiscriminator(8, 1, 4, 8)),
    "DCGAN": lambda: (DCGANGenerator(8, 1, 16, 4), DCGANDiscriminator(8, 1, 4)),
    "plain": lambda: (DCGANGenerator(8, 1, 16, 4), DCGANDiscriminator(8, 1, 4, batch_norm=False, dropout=0.0)),
}


def digits(n=60):
    return load_digits()[:n]


def models(pair="fully connected", seed=0):
    torch.manual_seed(seed)
    return PAIRS[pair]()


def weights(*nets):
    return torch.cat([value.flatten().double() for net in nets for value in net.state_dict().values()])


def run(config=TINY, pair="fully connected", data=None, **arguments):
    generator, critic = models(pair)
    history = train(generator, critic, data or digits(), config, device="cpu", **arguments)
    return generator, critic, history


# --- labels


def logits(n=50, seed=0):
    random = torch.Generator().manual_seed(seed)
    return torch.randn(n, generator=random, dtype=torch.float64), torch.randn(n, generator=random, dtype=torch.float64)


def test_the_mean_of_the_noisy_loss_is_the_loss_of_the_mean_labels():
    """Linear in the labels: with U[0.9, 1] and a swap of 0.3 it is 0.7 L(real, fake) + 0.3 L(fake, real) at 0.95."""
    real, fake = logits()
    torch.manual_seed(0)
    drawn = torch.stack([NOISY.critic_loss(real, fake) for _ in range(4000)])
    as_told, swapped = (losses.discriminator_loss(a, b, real_label=0.95) for a, b in ((real, fake), (fake, real)))
    expected = 0.7 * as_told + 0.3 * swapped
    assert abs(drawn.mean() - expected) < 4 * drawn.std() / math.sqrt(len(drawn))
    assert abs(as_told - swapped) > 20 * drawn.std() / math.sqrt(len(drawn))  # the test sees a swap of another size


def test_every_real_sample_has_a_label_of_its_own_between_the_two_ends():
    real, fake = torch.zeros(400, dtype=torch.float64, requires_grad=True), torch.zeros(400, dtype=torch.float64)
    torch.manual_seed(0)
    smooth = NON_SATURATING.with_noisy_labels(real_labels=(0.9, 1.0))
    smooth.critic_loss(real, fake).backward()
    labels = 0.5 - 400 * real.grad  # the slope of the cross-entropy is (sigma(l) - a) / n
    assert labels.min() >= 0.9 - 1e-9 and labels.max() <= 1 + 1e-9
    assert labels.min() < 0.902 and labels.max() > 0.998 and len(labels.unique()) > 390


def test_noisy_labels_are_the_discriminator_s_alone():
    assert NOISY.generator_loss is NON_SATURATING.generator_loss
    assert NOISY.draws and not NON_SATURATING.draws
    assert NOISY.name == "non_saturating, real labels 0.9 to 1, swapped 0.3"


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: NON_SATURATING.with_noisy_labels(real_labels=(1.0, 0.9)), "the least first"),
        (lambda: NON_SATURATING.with_noisy_labels(real_labels=(0.4, 1.0)), "above 0.5"),
        (lambda: NON_SATURATING.with_noisy_labels(swap=0.5), "below 0.5"),
        (lambda: NON_SATURATING.with_noisy_labels(swap=-0.1), "swap from 0"),
        (lambda: OBJECTIVES["wgan_gp"].with_noisy_labels(swap=0.1), "'wgan_gp' has no labels"),
        (lambda: NOISY.with_noisy_labels(swap=0.1), "has no labels"),
    ],
)
def test_labels_that_make_no_sense_are_refused(make, said):
    with pytest.raises(ValueError, match=said):
        make()


# --- a run's own draws


@pytest.mark.parametrize("pair", PAIRS)
@pytest.mark.parametrize("objective", [NON_SATURATING, NOISY], ids=["plain labels", "noisy labels"])
def test_a_resumed_run_equals_the_uninterrupted_one_bit_for_bit(tmp_path, pair, objective):
    config = replace(TINY, objective=objective, optimizer="adamw")
    whole = run(config, pair)
    torch.manual_seed(123)  # another state of the global stream than the first run met
    run(replace(config, steps=4), pair, checkpoint_dir=tmp_path)
    torch.randn(7)
    resumed = run(config, pair, checkpoint_dir=tmp_path, resume=True)
    assert torch.equal(weights(*whole[:2]), weights(*resumed[:2]))
    assert (whole[2].to_frame().fillna(0) == resumed[2].to_frame().fillna(0)).all(axis=None)


@pytest.mark.parametrize("drawing", ["dropout", "labels", "nothing"])
def test_what_a_run_draws_follows_from_its_seed_and_leaves_the_global_stream_alone(drawing):
    pair = "fully connected" if drawing == "dropout" else "plain"
    config = replace(TINY, objective=NOISY if drawing == "labels" else NON_SATURATING)
    found = []
    for seed in (1, 2):
        nets = models(pair)
        torch.manual_seed(seed)
        before = torch.get_rng_state()
        train(*nets, digits(), config, device="cpu")
        assert torch.equal(torch.get_rng_state(), before)
        found.append(weights(*nets))
    assert torch.equal(*found)


def test_dropout_masks_and_labels_differ_from_step_to_step_and_from_seed_to_seed():
    made = Run(*models(), digits(), TINY, torch.device("cpu"))
    other = Run(*models(), digits(), replace(TINY, seed=1), torch.device("cpu"))

    def drawn(of, step):
        with of.own_draws(step):
            return torch.rand(())

    assert drawn(made, 1) == drawn(made, 1)
    assert len({float(x) for x in (drawn(made, 1), drawn(made, 2), drawn(other, 1))}) == 3


def test_where_nothing_draws_nothing_is_seeded():
    made = Run(*models("plain"), digits(), TINY, torch.device("cpu"))
    torch.manual_seed(5)
    first = torch.rand(())
    torch.manual_seed(5)
    with made.own_draws(1):
        assert torch.rand(()) == first


def test_samples_are_drawn_without_dropout():
    generator = models()[0]
    assert torch.equal(sample(generator, 5, seed=0), sample(generator, 5, seed=0))
    noise = torch.randn(5, 16)
    generator.train()
    assert not torch.equal(generator(noise), generator(noise))


# --- AdamW


def test_adamw_shrinks_the_weights_by_rate_times_decay_and_does_else_what_adam_does():
    steps = {}
    for optimizer in ("adam", "adamw"):
        nets = models("plain")
        made = Run(*nets, digits(), replace(TINY, optimizer=optimizer), torch.device("cpu"))
        for group in made.critic_optimizer.param_groups:
            group["lr"] = 0.5  # large, so that a decay of 5e-7 is seen in float64
        net = nets[1].double()
        before = weights(net)
        torch.manual_seed(0)
        net(torch.rand(8, 1, 8, 8, dtype=torch.float64)).sum().backward()
        made.critic_optimizer.step()
        steps[optimizer] = before, weights(net)
    (before, adam), (_, adamw) = steps["adam"], steps["adamw"]
    torch.testing.assert_close(adamw, adam - 0.5 * WEIGHT_DECAY * before, rtol=0, atol=1e-12)
    assert (adamw - adam).abs().max() > 1e-9


# --- what fits


def test_the_loop_trains_images_with_each_objective_on_the_same_nets():
    for name in ("non_saturating", "wgan", "wgan_gp"):
        generator, _, history = run(replace(TINY, objective=name), "plain")
        assert len(history) == 6 and sample(generator, 3, seed=0).shape == (3, 1, 8, 8)


@pytest.mark.parametrize("objective", ["wgan_gp", NON_SATURATING.with_penalty(OBJECTIVES["relativistic"].penalty)])
def test_batchnorm_in_a_critic_is_refused_where_its_slope_is_charged_and_only_there(objective):
    config = replace(TINY, objective=objective)
    with pytest.raises(ValueError, match="charges the critic's slope.*BatchNorm"):
        run(config, "DCGAN")
    run(config, "plain")
    run(replace(config, penalty_weight=0.0, steps=1), "DCGAN")
    run(replace(TINY, objective="non_saturating", steps=1), "DCGAN")


def test_a_generator_may_have_batchnorm_under_a_penalty():
    assert any(isinstance(layer, nn.BatchNorm2d) for layer in models("plain")[0].modules())
    run(replace(TINY, objective="wgan_gp", steps=1), "plain")


def test_nets_of_another_size_are_refused_with_the_size_they_need():
    with pytest.raises(ValueError, match="the generator works on images.*channels=1, size=8"):
        train(FullyConnectedGenerator(12, latent_dim=4, width=8), ConvDiscriminator(8), digits(), TINY, device="cpu")
    with pytest.raises(ValueError, match="the critic works on images"):
        train(FullyConnectedGenerator(8, latent_dim=4, width=8), ConvDiscriminator(12), digits(), TINY, device="cpu")
    tall = ImageDataset(torch.zeros(20, 1, 8, 12))
    with pytest.raises(ValueError, match="square images"):
        train(*models(), tall, TINY, device="cpu")
