"""The Dirac-GAN: its fields are autograd's, its flows SciPy's, its eigenvalues those of a numerical Jacobian."""

import numpy as np
import pytest
import torch
from scipy.integrate import quad, solve_ivp
from scipy.stats import norm

from course_lib import losses, penalties
from course_lib.dirac import METHODS, DiracGAN

POINTS = [(1.0, 1.0), (-0.7, 0.4), (0.3, -1.6), (-1.2, -0.8), (2.0, 0.1)]
WEIGHT, CLIP, NOISE = 0.7, 0.5, 0.8
GENERATOR = {
    "minimax": losses.saturating_generator_loss,
    "r1": losses.saturating_generator_loss,
    "non_saturating": losses.non_saturating_generator_loss,
    "wgan": losses.wasserstein_generator_loss,
    "wgan_gp": losses.wasserstein_generator_loss,
}


def game(method):
    return DiracGAN(method, weight=WEIGHT, clip=CLIP, noise=NOISE)


def by_autograd(method, theta, psi):
    """The negative slopes of the course's own losses, with D(x) = psi x on one real and one fake point."""
    theta, psi = (torch.tensor(v, dtype=torch.float64, requires_grad=True) for v in (theta, psi))

    def critic(x):
        return psi * x[:, 0]

    real, fake = torch.zeros(1, 1, dtype=torch.float64), theta.reshape(1, 1)
    wasserstein = method.startswith("wgan")
    loss = losses.critic_loss if wasserstein else losses.discriminator_loss
    for_critic = loss(critic(real), critic(fake.detach()))
    if method == "r1":
        for_critic = for_critic + WEIGHT * penalties.zero_centered_penalty(critic, real)
    if method == "wgan_gp":
        for_critic = for_critic + WEIGHT * penalties.gradient_penalty(critic, real, fake.detach())
    for_generator = GENERATOR[method](critic(fake))
    return -torch.autograd.grad(for_generator, theta)[0].item(), -torch.autograd.grad(for_critic, psi)[0].item()


@pytest.mark.parametrize("method", sorted(GENERATOR))
@pytest.mark.parametrize("point", POINTS)
def test_the_field_is_what_autograd_makes_of_the_course_losses(method, point):
    np.testing.assert_allclose(game(method).field(*point), by_autograd(method, *point), rtol=1e-12)


@pytest.mark.parametrize("method", ["wgan_gp", "r1", "minimax", "wgan"])
def test_the_field_where_the_slope_is_zero_is_autograds_too(method):
    np.testing.assert_allclose(game(method).field(0.4, 0.0), by_autograd(method, 0.4, 0.0), atol=1e-15)


def test_r2_is_r1_here():
    psi = torch.tensor(-0.6, dtype=torch.float64, requires_grad=True)
    for x in (torch.zeros(1, 1, dtype=torch.float64), torch.full((1, 1), 1.7, dtype=torch.float64)):
        penalty = penalties.zero_centered_penalty(lambda x: psi * x[:, 0], x)
        assert penalty.item() == pytest.approx(0.36, abs=1e-15)


@pytest.mark.parametrize("point", POINTS)
def test_the_field_of_instance_noise_is_the_slope_of_losses_averaged_by_quadrature(point):
    theta, psi = point

    def losses_at(theta, psi):
        def mean(g, center):
            return quad(lambda x: g(x) * norm.pdf(x, center, NOISE), center - 9, center + 9, epsabs=1e-13)[0]

        for_critic = mean(lambda x: np.logaddexp(0, -psi * x), 0) + mean(lambda x: np.logaddexp(0, psi * x), theta)
        return -mean(lambda x: np.logaddexp(0, psi * x), theta), for_critic

    h = 1e-4
    forward = -(losses_at(theta + h, psi)[0] - losses_at(theta - h, psi)[0]) / (2 * h)
    upward = -(losses_at(theta, psi + h)[1] - losses_at(theta, psi - h)[1]) / (2 * h)
    np.testing.assert_allclose(game("instance_noise").field(theta, psi), (forward, upward), atol=1e-7)


def test_little_noise_is_nearly_none():
    for point in POINTS:
        almost = DiracGAN("instance_noise", noise=1e-6).field(*point)
        np.testing.assert_allclose(almost, by_autograd("minimax", *point), atol=1e-6)


@pytest.mark.parametrize("method", METHODS)
def test_a_field_over_a_grid_is_the_field_at_each_of_its_points(method):
    theta, psi = np.meshgrid(np.linspace(-1, 1, 4), np.linspace(-0.5, 0.5, 3))
    both = game(method).field(theta, psi)
    for index in np.ndindex(theta.shape):
        np.testing.assert_allclose([part[index] for part in both], game(method).field(theta[index], psi[index]))


def test_the_clipped_field_is_the_wgans_inside_and_has_no_part_that_leaves_the_edge():
    clipped = game("wgan_clip")
    assert clipped.field(-1.0, 0.3) == (0.3, 1.0)
    assert clipped.field(-1.0, CLIP) == (CLIP, 0.0)  # pushed up, at the upper edge
    assert clipped.field(1.0, CLIP) == (CLIP, -1.0)  # on its way back
    assert clipped.field(1.0, -CLIP) == (-CLIP, 0.0)


@pytest.mark.parametrize("method", sorted(set(METHODS) - {"wgan_gp"}))
def test_eigenvalues_are_those_of_the_jacobian_taken_numerically(method):
    one, h = game(method), 1e-5
    columns = [
        (np.array(one.field(*shift)) - np.array(one.field(*-shift))) / (2 * h)
        for shift in (np.array([h, 0.0]), np.array([0.0, h]))
    ]
    numerical = np.linalg.eigvals(np.array(columns).T)
    np.testing.assert_allclose(np.sort_complex(one.eigenvalues()), np.sort_complex(numerical), atol=1e-7)


def test_eigenvalues_by_hand():
    np.testing.assert_allclose(DiracGAN("minimax").eigenvalues(), [0.5j, -0.5j])
    np.testing.assert_allclose(DiracGAN("non_saturating").eigenvalues(), [0.5j, -0.5j])
    np.testing.assert_allclose(DiracGAN("wgan").eigenvalues(), [1j, -1j])
    np.testing.assert_allclose(DiracGAN("r1", weight=0.3).eigenvalues(), [-0.3 + 0.4j, -0.3 - 0.4j])
    np.testing.assert_allclose(DiracGAN("r1", weight=1.3).eigenvalues(), [-0.1, -2.5])  # too much of it, and one crawls
    np.testing.assert_allclose(DiracGAN("instance_noise", noise=2.0).eigenvalues()[0], -1 + np.sqrt(0.75))


def test_the_jumping_field_has_no_eigenvalues_and_says_so():
    with pytest.raises(ValueError, match="jumps at psi = 0"):
        DiracGAN("wgan_gp").eigenvalues()


SMOOTH = ["minimax", "non_saturating", "wgan", "instance_noise", "r1"]


@pytest.mark.parametrize("method", SMOOTH)
@pytest.mark.parametrize("alternating", [True, False])
def test_small_steps_of_either_kind_follow_the_flow(method, alternating):
    one, time = game(method), 3.0
    flow = solve_ivp(lambda _, y: by_field(one, y), (0, time), (0.9, 0.6), rtol=1e-10, atol=1e-12).y[:, -1]
    errors = [np.abs(one.path((0.9, 0.6), n, time / n, alternating=alternating)[-1] - flow).max() for n in (200, 400)]
    assert errors[1] < 0.02 and 1.7 < errors[0] / errors[1] < 2.3  # Euler's steps: half the step, half the error


def by_field(one, y):
    return [float(part) for part in one.field(*y)]


def test_a_simultaneous_step_uses_old_values_and_an_alternating_one_the_new_discriminator():
    wgan = DiracGAN("wgan")
    assert wgan.simultaneous_step(1.0, 2.0, 0.1) == (1.2, 1.9)
    assert wgan.alternating_step(1.0, 2.0, 0.1) == pytest.approx((1.19, 1.9))
    assert wgan.alternating_step(1.0, 2.0, 0.1, critic_steps=3) == pytest.approx((1.17, 1.7))


def test_a_simultaneous_step_multiplies_the_squared_radius_by_one_plus_the_squared_step():
    radius = (DiracGAN("wgan").path((0.3, -0.8), 50, 0.2, alternating=False) ** 2).sum(axis=1)
    np.testing.assert_allclose(radius[1:] / radius[:-1], 1 + 0.2**2, rtol=1e-12)


def test_alternating_steps_keep_a_quadratic_form():
    theta, psi = DiracGAN("wgan").path((0.3, -0.8), 500, 0.2).T
    form = theta**2 + psi**2 - 0.2 * theta * psi
    np.testing.assert_allclose(form, form[0], rtol=1e-11)
    theta, psi = DiracGAN("wgan").path((0.3, -0.8), 500, 0.2, critic_steps=5).T
    form = 5 * theta**2 + psi**2 - 5 * 0.2 * theta * psi
    np.testing.assert_allclose(form, form[0], rtol=1e-11)


def test_clipping_comes_after_the_step_and_holds_from_the_start():
    one = DiracGAN("wgan_clip", clip=0.5)
    path = one.path((-3.0, 2.0), 400, 0.05)
    assert path[0].tolist() == [-3.0, 0.5] and abs(path[:, 1]).max() == 0.5
    assert one.alternating_step(-3.0, 0.4, 1.0) == (-2.5, 0.5)


def test_a_path_begins_at_its_start_and_has_a_point_a_step():
    path = DiracGAN("r1").path((1, -1), 7, 0.1)
    assert path.shape == (8, 2) and path.dtype == np.float64 and path[0].tolist() == [1, -1]
    assert DiracGAN("r1").path((1, -1), 0, 0.1).shape == (1, 2)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"method": "gan"}, "expected a method of .*minimax.*'gan'"),
        ({"weight": 0.0}, "weight above 0, got 0.0"),
        ({"clip": -1.0}, "clip above 0"),
        ({"noise": float("nan")}, "noise above 0"),
    ],
)
def test_an_unknown_method_or_a_setting_out_of_range_is_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        DiracGAN(**settings)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"steps": -1, "size": 0.1}, "steps of 0 or more"),
        ({"steps": 3, "size": 0.0}, "a size above 0"),
        ({"steps": 3, "size": 0.1, "alternating": False, "critic_steps": 2}, "one critic step each"),
    ],
)
def test_a_path_that_cannot_be_walked_is_refused(options, message):
    with pytest.raises(ValueError, match=message):
        DiracGAN("wgan").path((1, 1), **options)
