"""Generators and waves that are told what ring and grid look like do what they say, and nothing else."""

import pytest
import torch

from benchmarks.priors import FadeIn, NoisyGenerator
from course_lib.models import MLPGenerator


def test_a_generator_sees_only_the_signs_of_the_first_numbers_and_jumps_where_one_changes():
    torch.manual_seed(0)
    generator, plain = NoisyGenerator(6, 2, 16, 2, signs=3, output_noise=0.1), MLPGenerator(4, 2, 16, 2)
    plain.load_state_dict(generator.points.state_dict())
    rest = [0.0, 0.0]  # no output noise
    noise = torch.tensor([[0.3, -1.2, 2.0, 0.7, *rest]])
    assert torch.equal(generator(noise), plain(torch.tensor([[1.0, -1.0, 1.0, 0.7]])))
    assert torch.equal(generator(noise * torch.tensor([5.0, 0.1, 3.0, 1.0, 1.0, 1.0])), generator(noise))
    across = torch.tensor([[1e-6, -1.2, 2.0, 0.7, *rest], [-1e-6, -1.2, 2.0, 0.7, *rest]])
    jump = (generator(across)[0] - generator(across)[1]).norm()
    assert jump > 1e3 * (plain(across[:, :4])[0] - plain(across[:, :4])[1]).norm()


def test_output_noise_is_added_coordinate_by_coordinate_and_its_size_is_learnt():
    torch.manual_seed(0)
    noisy, noise = NoisyGenerator(6, 2, 16, 2, signs=1, output_noise=0.1), torch.randn(5, 6)
    seen = torch.cat([noise[:, :1].sign(), noise[:, 1:4]], dim=1)
    torch.testing.assert_close(noisy(noise), noisy.points(seen) + 0.1 * noise[:, 4:])
    # the slope of the first coordinate in the logarithm of its size is the noise added to it, a fifth of it a unit
    (slope,) = torch.autograd.grad(noisy(noise)[:, 0].sum(), noisy.log_size)
    torch.testing.assert_close(slope, torch.stack([0.2 * 0.1 * noise[:, 4].sum(), torch.tensor(0.0)]))


def test_without_output_noise_every_number_is_seen_and_nothing_is_added():
    torch.manual_seed(0)
    generator, noise = NoisyGenerator(5, 2, 16, 2, signs=2, output_noise=0.0), torch.randn(7, 5)
    seen = torch.cat([noise[:, :2].sign(), noise[:, 2:]], dim=1)
    torch.testing.assert_close(generator(noise), generator.points(seen))
    assert [name for name, _ in generator.named_parameters() if not name.startswith("points.")] == []


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (dict(latent_dim=6, signs=5, output_noise=0.1), "expected signs from 0 to 4, the numbers it sees, got 5"),
        (dict(latent_dim=6, signs=-1, output_noise=0.1), "expected signs from 0 to 4, the numbers it sees, got -1"),
        (dict(latent_dim=4, signs=0, output_noise=-0.1), r"output_noise of 0 or more .* got -0\.1 and 4"),
        (dict(latent_dim=4, signs=0, output_noise=float("inf")), "output_noise of 0 or more .* got inf and 4"),
        (dict(latent_dim=2, signs=0, output_noise=0.1), r"a latent_dim above the 2 numbers .* got 0\.1 and 2"),
        (dict(latent_dim=0, signs=0, output_noise=0.0), r"a latent_dim above the 0 numbers .* got 0\.0 and 0"),
    ],
)
def test_a_noisy_generator_that_cannot_be_built_is_refused(arguments, complaint):
    with pytest.raises(ValueError, match=complaint):
        NoisyGenerator(out_dim=2, width=8, depth=1, **arguments)


@pytest.mark.parametrize(
    ("share", "loud"), [(0.0, 0.0), (0.2, 0.0), (0.3, 0.5), (0.4, 1.0), (0.6, 2.0), (0.9, 2.0), (1.0, 2.0)]
)
def test_waves_grow_in_a_straight_line_between_two_shares_of_the_steps(share, loud):
    assert FadeIn(0.2, 0.6, 2.0).at(share) == pytest.approx(loud, abs=1e-12)
