"""The nets for images: their layers are the sources', any size fits, and a switch changes what it names."""

import pytest
import torch
from torch import nn

from course_lib.checkpoints import load_model, save_model
from course_lib.models import (
    ConvDiscriminator,
    DCGANDiscriminator,
    DCGANGenerator,
    FullyConnectedGenerator,
    normal_weights_,
)

GENERATORS = {
    "fully connected": lambda **k: FullyConnectedGenerator(latent_dim=16, width=8, **k),
    "DCGAN, transposed": lambda **k: DCGANGenerator(latent_dim=16, dim=4, doubling="transposed", **k),
    "DCGAN, upsample": lambda **k: DCGANGenerator(latent_dim=16, dim=4, doubling="upsample", **k),
}
DISCRIMINATORS = {
    "convolutional": lambda **k: ConvDiscriminator(filters=4, width=8, **k),
    "DCGAN": lambda **k: DCGANDiscriminator(dim=4, **k),
    "DCGAN, plain": lambda **k: DCGANDiscriminator(dim=4, batch_norm=False, dropout=0.0, **k),
}


def noise(n, latent=16, seed=0):
    return torch.randn(n, latent, generator=torch.Generator().manual_seed(seed))


def images(n, size=8, channels=1, seed=0):
    return 2 * torch.rand(n, channels, size, size, generator=torch.Generator().manual_seed(seed)) - 1


@pytest.mark.parametrize("size", [8, 12, 28, 32])
@pytest.mark.parametrize("channels", [1, 3])
def test_any_multiple_of_four_and_number_of_channels_comes_out_as_asked(size, channels):
    for make in GENERATORS.values():
        made = make(size=size, channels=channels)(noise(3))
        assert made.shape == (3, channels, size, size)
        assert made.abs().max() < 1
        for judge in DISCRIMINATORS.values():
            assert judge(size=size, channels=channels)(made).shape == (3,)


def kinds(model, *wanted):
    return [layer for layer in model.modules() if isinstance(layer, wanted)]


def test_the_source_s_fully_connected_net_has_its_widths_in_its_order():
    net = FullyConnectedGenerator(size=28, latent_dim=256, width=256)
    linear = kinds(net, nn.Linear)
    assert [linear[0].in_features, *(layer.out_features for layer in linear)] == [256, 256, 512, 1024, 784]
    block = [nn.Linear, nn.BatchNorm1d, nn.Dropout, nn.LeakyReLU]
    assert [type(layer) for layer in net.layers] == block * 3 + [nn.Linear, nn.Tanh]
    assert {layer.p for layer in kinds(net, nn.Dropout)} == {0.5}
    assert {layer.negative_slope for layer in kinds(net, nn.LeakyReLU)} == {0.2}
    assert not kinds(FullyConnectedGenerator(dropout=0.0), nn.Dropout)


def test_the_source_s_discriminator_has_its_filters_and_its_layers():
    net = ConvDiscriminator(size=28, filters=32, width=1024)
    assert [(layer.out_channels, layer.kernel_size) for layer in kinds(net, nn.Conv2d)] == [(32, (3, 3)), (64, (3, 3))]
    assert [layer.out_features for layer in kinds(net, nn.Linear)] == [1024, 1024, 1]
    assert not kinds(net, nn.Sigmoid)


def test_the_switch_of_doubling_exchanges_transposed_convolutions_for_upsampling_and_nothing_else():
    transposed, upsample = (DCGANGenerator(dim=8, doubling=doubling) for doubling in ("transposed", "upsample"))
    assert len(kinds(transposed, nn.ConvTranspose2d)) == 2 and not kinds(transposed, nn.Upsample)
    assert len(kinds(upsample, nn.Upsample)) == 2 and not kinds(upsample, nn.ConvTranspose2d)
    normed = [[layer.num_features for layer in kinds(net, nn.BatchNorm2d)] for net in (transposed, upsample)]
    assert normed == [[16, 8], [16, 8]]


def test_batchnorm_stands_in_every_block_of_the_discriminator_but_the_first_and_can_be_left_out():
    order = [type(layer) for layer in DCGANDiscriminator().convolutions]
    assert order.count(nn.BatchNorm2d) == 1 and order.index(nn.BatchNorm2d) > order.index(nn.LeakyReLU)
    plain = DCGANDiscriminator(batch_norm=False, dropout=0.0)
    assert not kinds(plain, nn.BatchNorm2d, nn.Dropout2d)


def test_a_plain_discriminator_s_score_depends_on_its_own_image_alone_and_with_batchnorm_on_all():
    torch.manual_seed(0)
    x = images(6)
    moved = x.clone()
    moved[0] = -moved[0]
    for batch_norm in (False, True):
        critic = DCGANDiscriminator(dim=4, batch_norm=batch_norm, dropout=0.0).train()
        others = (critic(moved) - critic(x))[1:].abs().max().item()
        assert (others > 1e-4) == batch_norm, batch_norm


@pytest.mark.parametrize("make", GENERATORS.values(), ids=GENERATORS)
def test_a_generator_reaches_black_and_white(make):
    net = make().eval()
    last = kinds(net, nn.Linear, nn.Conv2d, nn.ConvTranspose2d)[-1]
    for level in (-1, 1):
        last.bias.data.fill_(10.0 * level)
        assert (net(noise(4)) - level).abs().max() < 1e-3


def test_pixels_are_repeated_first_and_convolved_then():
    torch.manual_seed(0)
    made = DCGANGenerator(dim=4, latent_dim=16, doubling="upsample").eval()(noise(3))
    for other in (made[..., 1::2, ::2], made[..., ::2, 1::2]):
        assert (made[..., ::2, ::2] - other).abs().max() > 1e-4  # pixels repeated last would be equal two by two


def test_every_activation_of_a_discriminator_leaks_a_fifth():
    for make in DISCRIMINATORS.values():
        assert {layer.negative_slope for layer in kinds(make(), nn.LeakyReLU)} == {0.2}
        assert not kinds(make(), nn.ReLU, nn.Tanh)


def test_the_discriminator_s_dropout_drops_whole_features():
    torch.manual_seed(0)
    net, dropped = DCGANDiscriminator(dim=32, dropout=0.5).train(), []
    for layer in kinds(net, nn.Dropout, nn.Dropout2d):
        layer.register_forward_hook(lambda layer, given, out: dropped.append((out == 0).flatten(2).float().mean(dim=2)))
    net(images(8))
    assert len(dropped) == 2
    for share in dropped:  # of each feature of each image, the share of places that are 0
        assert set(share.unique().tolist()) == {0.0, 1.0}


def test_features_are_what_the_head_reads():
    torch.manual_seed(0)
    for make in DISCRIMINATORS.values():
        net, x = make().eval(), images(5)
        phi = net.features(x)
        assert phi.ndim == 2 and len(phi) == 5
        torch.testing.assert_close(net.head(phi)[:, 0], net(x))


def test_dcgan_s_initialisation_is_normal_with_the_paper_s_deviation():
    torch.manual_seed(0)
    net = normal_weights_(DCGANDiscriminator(dim=64))
    for layer in kinds(net, nn.Conv2d, nn.Linear):
        n = layer.weight.numel()
        assert abs(layer.weight.std().item() / 0.02 - 1) < 4 / (2 * n) ** 0.5  # four standard errors of a deviation
        assert abs(layer.weight.mean().item()) < 4 * 0.02 / n**0.5
        assert not layer.bias.any()
    (norm,) = kinds(net, nn.BatchNorm2d)
    assert abs(norm.weight.mean().item() - 1) < 4 * 0.02 / 128**0.5 and not norm.bias.any()


@pytest.mark.parametrize("make", [*GENERATORS.values(), *DISCRIMINATORS.values()])
def test_every_net_is_saved_and_loaded_as_it_was(tmp_path, make):
    torch.manual_seed(0)
    net = make(size=12).eval()
    save_model(net, tmp_path / "net.safetensors")
    again = load_model(tmp_path / "net.safetensors")
    x = noise(4) if hasattr(net, "latent_dim") else images(4, size=12)
    torch.testing.assert_close(again(x), net(x), rtol=0, atol=0)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: DCGANGenerator(size=10), "one multiple of 4, 8 or more, got 10"),
        (lambda: ConvDiscriminator(size=4), "got 4"),
        (lambda: DCGANGenerator(doubling="bilinear"), "'upsample', 'transposed'"),
        (lambda: FullyConnectedGenerator(dropout=1.0), "below 1, got 1.0"),
        (lambda: DCGANDiscriminator(dropout=-0.1), "got -0.1"),
        (lambda: FullyConnectedGenerator(width=2), "dim: expected"),
        (lambda: DCGANGenerator()(torch.zeros(2, 3)), r"noise of shape \(B, 64\), got \(2, 3\)"),
        (lambda: FullyConnectedGenerator()(torch.zeros(64)), "FullyConnectedGenerator: expected noise"),
        (lambda: DCGANDiscriminator()(torch.zeros(2, 1, 28, 28)), r"DCGANDiscriminator: .*\(B, 1, 8, 8\), got"),
        (lambda: ConvDiscriminator()(torch.zeros(2, 8, 8)), "ConvDiscriminator: expected images"),
    ],
)
def test_what_does_not_fit_is_refused_by_its_name(make, said):
    with pytest.raises(ValueError, match=said):
        make()
