"""A generator that can be still, and a critic to which a small step is as plain as a large one."""

from dataclasses import replace

import numpy as np
import pytest
import scipy
import torch

from course_lib import penalties
from course_lib.checkpoints import load_model, save_model
from course_lib.data import Invariants, Scaler, SignalDataset, simulate_signs
from course_lib.metrics import signal_frechet as frechet
from course_lib.models import (
    ClassGaussian,
    MultiScaleCritic,
    MultiScaleGenerator,
    class_gaussians,
    noise_floor,
    spectrum_sizes,
    step_scales,
)
from course_lib.models.multiscale import FASTEST, LOUDEST, own_time_average
from course_lib.models.multiscale_critic import LAGS, cosine_transform
from course_lib.training import Recipe, TrainingConfig, sample, train
from course_lib.training.recipes import enough

STEADY = Recipe(TrainingConfig("relativistic", critic_steps=1, sobolev_weight=0.0, steps=3), nets="multiscale", dim=4)


def randn(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def generator(channels=1, n_classes=None, seed=0, **settings):
    torch.manual_seed(seed)
    return MultiScaleGenerator(40, channels, 8, 4, n_classes, **settings)


# --- the average in own time


@pytest.mark.parametrize("length", [1, 2, 7, 8, 33])
def test_the_average_is_that_of_the_kernel_written_out(length):
    course, pace = randn(3, 2, length).double(), randn(3, 2, length, seed=1).double().abs()
    own_time = pace.cumsum(-1)
    kernel = torch.exp(-(own_time[..., :, None] - own_time[..., None, :]).abs())
    expected = (kernel @ course[..., None]).squeeze(-1) / kernel.sum(-1)
    torch.testing.assert_close(own_time_average(course, pace), expected)


def test_where_own_time_stands_still_so_does_the_signal_and_a_large_pace_leaves_the_course_alone():
    course, pace = randn(1, 1, 60).double(), torch.full((1, 1, 60), 40.0, dtype=torch.float64)
    torch.testing.assert_close(own_time_average(course, pace), course)
    pace[..., 21:40] = 0  # no move from step 20 on, until step 40
    still = own_time_average(course, pace)
    assert (still[..., 20:40] == still[..., 20:21]).all()
    torch.testing.assert_close(still[..., 20], course[..., 20:40].mean(-1))


def test_a_step_at_rest_is_in_proportion_to_the_pace():
    course = randn(1, 1, 60).double()

    def steps(slow):
        pace = torch.ones(1, 1, 60, dtype=torch.float64)
        pace[..., 20:40] = slow
        return own_time_average(course, pace).diff(dim=-1)[..., 20:38]

    torch.testing.assert_close(steps(1e-5) / 1e-5, steps(1e-6) / 1e-6, rtol=1e-2, atol=1e-3)


def test_gradients_of_the_average_are_those_of_finite_differences():
    course, pace = randn(2, 9).double().requires_grad_(), randn(2, 9, seed=1).double().abs().requires_grad_()
    assert torch.autograd.gradcheck(own_time_average, (course, pace))


# --- the generator


@pytest.mark.parametrize("length", [8, 9, 50, 157, 160, 1024])
@pytest.mark.parametrize("channels", [1, 3])
def test_any_length_and_number_of_channels_comes_out_as_asked(length, channels):
    made, critic = MultiScaleGenerator(length, channels, 16, 4), MultiScaleCritic(length, channels, 4)
    signals = made(randn(3, made.latent_dim))
    assert signals.shape == (3, channels, length)
    assert critic.view(signals).shape == (3, channels * (1 + len(LAGS)), length)
    assert critic(signals).shape == (3,)


def test_a_signal_is_its_course_at_its_pace_and_a_noise_of_its_loudness():
    made = generator(channels=2, floor=(0.1, 0.3))
    z = randn(5, made.latent_dim)
    x = made.last(made.stages(made.trunk(z[:, :8])))[..., 8:48]
    course, pace, loudness = x[:, :2], FASTEST * torch.exp(-torch.log1p(torch.exp(3 * x[:, 2:4] - 1))), x[:, 4:]
    white = z[:, 8:].view(5, 4, 48)
    taps = made.filter.weight  # (C, 2, 9), two noises a channel
    windows = white.unfold(-1, 9, 1).unflatten(1, (2, 2))  # (B, C, 2, L, 9)
    noise = torch.einsum("bcktr,ckr->bct", windows, taps)
    expected = own_time_average(course, pace) + noise * torch.exp(LOUDEST * torch.tanh(loudness)) * torch.tensor(
        [[0.1], [0.3]]
    )
    torch.testing.assert_close(made(z), expected, rtol=1e-4, atol=1e-5)


def test_a_generator_can_rest_while_another_part_moves():
    """Closed by hand in the middle and without noise: the steps there are a thousandth of the others."""
    made = generator(floor=1e-30)
    z = randn(4, made.latent_dim)
    hook = made.last.register_forward_hook(lambda layer, given, out: _closed(out))
    steps = made(z).diff(dim=-1).abs()
    hook.remove()
    assert steps[..., 11:19].max() < 1e-3 * steps[..., 25:].mean()


def _closed(out):
    out = out.clone()
    out[:, 1, 8 + 10 : 8 + 20] = 5.0
    return out


def test_noise_at_every_step_is_the_signal_s_own_and_moves_with_the_latent_alone():
    made = generator()
    z = randn(2, made.latent_dim)
    z[1, :8] = z[0, :8]  # one course, two noises
    first, second = made(z).detach()[:, 0]
    assert 1e-4 < float((first - second).abs().max()) < 1
    torch.testing.assert_close(made(z), made(z))
    torch.testing.assert_close(made(z[:1]), made(z)[:1])  # nor does it depend on its neighbours


def test_a_label_changes_the_signal_and_the_score():
    made = generator(n_classes=3)
    critic = MultiScaleCritic(40, 1, 4, n_classes=3)
    zero, two = torch.zeros(2, dtype=torch.int64), torch.full((2,), 2)
    z = randn(2, made.latent_dim)
    assert (made(z, zero) - made(z, two)).abs().max() > 1e-3
    assert (critic(made(z, zero), zero) - critic(made(z, zero), two)).abs().min() > 1e-5


def test_fixed_moments_are_the_signals_own_and_leave_the_other_channels_alone():
    free, held = generator(channels=2), generator(channels=2, fixed=((0.5, 2.0), None))
    z = randn(6, free.latent_dim)
    signals = held(z)
    torch.testing.assert_close(signals[:, 0].mean(-1), torch.full((6,), 0.5))
    torch.testing.assert_close(signals[:, 0].std(-1), torch.full((6,), 2.0))
    torch.testing.assert_close(signals[:, 1], free(z)[:, 1])


def test_it_is_saved_and_built_again(tmp_path):
    made = generator(channels=2, n_classes=3, floor=(0.1, 0.3), fixed=((0.0, 1.0), None))
    save_model(made, tmp_path / "g.safetensors")
    again = load_model(tmp_path / "g.safetensors")
    labels = torch.tensor([0, 1, 2])
    torch.testing.assert_close(again(randn(3, made.latent_dim), labels), made(randn(3, made.latent_dim), labels))


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (dict(floor=(0.1, 0.1)), "floor: expected one for each of 1 channels, got 2"),
        (dict(floor=0.0), "floor: expected loudnesses above 0"),
        (dict(fixed=()), "fixed: expected one for each"),
        (dict(rank=-1), "rank: expected a whole number of 0 or more"),
        (dict(course_dim=0), "latent_dim: expected a whole number"),
    ],
)
def test_settings_that_do_not_fit_are_refused_by_name(settings, words):
    with pytest.raises(ValueError, match=words):
        MultiScaleGenerator(40, 1, dim=4, **settings)
    with pytest.raises(ValueError, match="scales: expected them by channel"):
        MultiScaleCritic(40, 2, 4, scales=step_scales(randn(8, 1, 40)))


# --- the critic's view


def test_the_view_is_the_values_and_their_compressed_differences():
    x = randn(4, 2, 40)
    scales = step_scales(randn(50, 2, 40, seed=1))
    shown = MultiScaleCritic(40, 2, 4, scales=scales).view(x)
    torch.testing.assert_close(shown[:, :2], x)
    place = 2
    for k, lag in enumerate(LAGS):
        for channel in range(2):
            for scale, size in scales[channel][k]:
                steps = torch.asinh((x[:, channel, lag:] - x[:, channel, :-lag]) / scale) / size
                torch.testing.assert_close(shown[:, place, lag // 2 : 40 - (lag - lag // 2)], steps)
                assert not shown[:, place, : lag // 2].any()
                assert not shown[:, place, 40 - (lag - lag // 2) :].any()
                place += 1
    assert place == shown.shape[1]


def test_the_score_is_that_of_the_values_and_that_of_the_differences():
    x, labels = randn(4, 2, 40), torch.tensor([0, 1, 2, 1])
    torch.manual_seed(0)
    critic = MultiScaleCritic(40, 2, 4, n_classes=3, scales=step_scales(x))
    shown = critic.view(x)
    expected = critic.of_values(shown[:, :2], labels) + critic.of_steps(shown[:, 2:], labels)
    torch.testing.assert_close(critic(x, labels), expected)
    raised = critic(x + 5, labels) - critic(x, labels)  # a level is no difference
    torch.testing.assert_close(raised, critic.of_values(x + 5, labels) - critic.of_values(x, labels))


def test_the_spectrum_is_shown_every_wave_at_the_same_size_and_scored_by_a_critic_of_its_own():
    x, labels = randn(60, 2, 40).cumsum(-1) * torch.tensor([[1.0], [5.0]]), torch.arange(60) % 3
    with_it = dict(scales=step_scales(x), spectrum=spectrum_sizes(x))
    critic = MultiScaleCritic(40, 2, 4, n_classes=3, **with_it)
    shown = critic.view(x)
    by_scipy = scipy.fft.dct(x.double().numpy(), norm="ortho", axis=-1)
    by_scipy /= np.sqrt(np.mean(by_scipy**2, axis=0))
    np.testing.assert_allclose(shown[:, -2:], 0.3 * by_scipy, atol=1e-4)
    without = MultiScaleCritic(40, 2, 4, n_classes=3, scales=with_it["scales"])
    without.load_state_dict(critic.state_dict(), strict=False)
    torch.testing.assert_close(critic(x, labels) - without(x, labels), critic.of_spectrum(shown[:, -2:], labels))
    torch.testing.assert_close(critic(shown, labels), critic(x, labels))


@pytest.mark.parametrize("length", [1, 40, 999, 1000, 1001, 2100])
def test_the_cosine_transform_is_that_of_all_impulses_at_once_to_the_last_digit(length):
    whole = torch.from_numpy(scipy.fft.dct(np.eye(length), norm="ortho", axis=0)).float()
    assert torch.equal(cosine_transform.__wrapped__(length), whole)


def test_a_wave_that_no_recording_has_is_not_magnified_beyond_all_bounds():
    flat = torch.ones(10, 1, 40) * randn(10, 1, 1)
    (sizes,) = spectrum_sizes(flat)
    np.testing.assert_allclose(sizes[1:], 1e-3 * sizes[0], rtol=1e-5)
    with pytest.raises(ValueError, match="spectrum: expected 2 x 40 sizes, as spectrum_sizes gives them, got"):
        MultiScaleCritic(40, 2, 4, spectrum=spectrum_sizes(flat))


def test_scales_are_quantiles_of_the_steps_and_sizes_bring_them_to_one():
    x = randn(200, 1, 50)
    [[single, fourfold]] = step_scales(x)
    steps = x.diff(dim=-1).abs().flatten().numpy()
    np.testing.assert_allclose([scale for scale, _ in single], np.quantile(steps, [0.1, 0.5, 0.9]), rtol=1e-2)
    assert len(fourfold) == 3
    critic = MultiScaleCritic(50, 1, 4, scales=step_scales(x))
    assert critic.view(x)[:, 1:4, :-1].std((0, 2)).numpy() == pytest.approx(1, rel=1e-3)


def test_the_floor_is_the_median_recording_s_quiet_step_channel_by_channel():
    x = randn(41, 2, 60) * torch.linspace(0.1, 10, 41)[:, None, None] * torch.tensor([[1.0], [3.0]])
    quiet = np.quantile(np.abs(np.diff(x.numpy())), 0.1, axis=-1)
    np.testing.assert_allclose(noise_floor(x), np.median(quiet, axis=0), rtol=1e-5)
    repeated = x.repeat_interleave(2, dim=-1)  # every second step is 0
    np.testing.assert_allclose(noise_floor(repeated), noise_floor(x), rtol=1e-5)


def test_a_set_of_many_repeated_values_has_scales_above_zero():
    x = torch.zeros(20, 1, 40)
    assert noise_floor(x) == [1e-4]
    x[:, :, 20:] = randn(20, 1, 1)
    for by_lag in step_scales(x)[0]:
        assert all(scale > 0 and size > 0 for scale, size in by_lag)
    assert 0 < noise_floor(x)[0] < 10


def test_a_critic_scores_signals_and_their_view_alike_and_refuses_other_shapes():
    critic, x = MultiScaleCritic(40, 2, 4), randn(4, 2, 40)
    torch.testing.assert_close(critic(critic.view(x)), critic(x))
    with pytest.raises(ValueError, match=r"expected signals of shape \(B, 2, 40\), got \(4, 3, 40\)"):
        critic(randn(4, 3, 40))


def test_rest_and_near_rest_lie_far_apart_in_the_view_and_close_in_the_values():
    """Half of the time at rest: a whisper twice as loud there changes the view a hundred times as much."""
    moving, resting = randn(100, 1, 80).cumsum(-1) / 6, 1e-3 * randn(100, 1, 80, seed=1)
    quiet, louder = (torch.cat([moving, moving[..., -1:] + gain * resting], -1) for gain in (1.0, 2.0))
    critic = MultiScaleCritic(160, 1, 4, scales=step_scales(quiet))

    def distance(one, other):
        return float((one - other).square().sum((1, 2)).mean().sqrt())

    in_values = distance(quiet, louder) / distance(quiet, quiet.flip(0))
    in_view = distance(*map(critic.view, (quiet, louder))) / distance(*map(critic.view, (quiet, quiet.flip(0))))
    assert in_values < 1e-3
    assert in_view > 100 * in_values


# --- in the loop


def data():
    return Scaler.fit(signs := simulate_signs(2, 20, 40)).transform(signs)


@pytest.mark.parametrize("objective", ["wgan_gp", "relativistic"])
def test_slopes_are_taken_in_the_view(objective, monkeypatch):
    shapes = []
    whole = penalties._norms
    monkeypatch.setattr(penalties, "_norms", lambda slopes, s: shapes.append(tuple(slopes.shape)) or whole(slopes, s))
    recipe = STEADY.with_config(objective=objective, batch_size=6, steps=1)
    pair = recipe.build(data(), conditional=True)
    train(*pair, data(), recipe.config)
    assert shapes == [(6 if objective == "wgan_gp" else 12, 1 + 2 * 3 + 1, 40)]


def test_the_recipe_s_nets_follow_from_the_data_by_rule():
    signs = data()
    made, critic = STEADY.build(signs, conditional=True)
    assert made.arguments["floor"] == noise_floor(signs.values)
    assert made.arguments["fixed"] == [None]
    assert critic.arguments["scales"] == step_scales(signs.values)
    values = randn(30, 2, 40).cumsum(-1)
    values[:, 0] = (values[:, 0] - values[:, 0].mean(-1, keepdim=True)) / values[:, 0].std(-1, keepdim=True)
    normal = SignalDataset(values)
    scaled = Scaler.fit(normal).transform(normal)
    made, _ = STEADY.build(scaled)
    signals = scaled.scaler.inverse(sample(made, 5, seed=0))
    torch.testing.assert_close(signals[:, 0].std(-1), torch.ones(5), rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(signals[:, 0].mean(-1), torch.zeros(5), rtol=1e-4, atol=1e-4)
    assert made.arguments["fixed"][1] is None
    assert Invariants.found_in(normal).std[0] == 1.0


@pytest.mark.parametrize("objective", ["wgan_gp", "relativistic"])
def test_a_resumed_run_equals_the_uninterrupted_one(tmp_path, objective):
    config = STEADY.with_config(objective=objective, steps=4, batch_size=6).config

    def run(folder, *callbacks, resume=False):
        pair = STEADY.build(data(), conditional=True)
        train(*pair, data(), config, checkpoint_dir=tmp_path / folder, resume=resume, callbacks=callbacks)
        return torch.cat([weight.detach().flatten() for net in pair for weight in net.parameters()])

    def stop(state):
        if state.step == 2:
            raise KeyboardInterrupt

    whole = run("whole")
    run("parts", stop)
    torch.manual_seed(123)  # nothing may depend on the global stream
    assert torch.equal(whole, run("parts", resume=True))


# --- what the course begins with


def two_classes(channels=2):
    """Class 0 varies along two signals, class 1 along one; class 2 has one recording."""
    along = randn(3, channels, 40, seed=5)
    weights = randn(50, 2, seed=6) * torch.tensor([3.0, 0.5])
    first = 1.0 + torch.einsum("nr,rcl->ncl", weights, along[:2])
    second = -2.0 + weights[:, :1, None] * along[2]
    values = torch.cat([first, second, along[:1]])
    return values, torch.tensor([0] * 50 + [1] * 50 + [2])


def test_draws_of_a_class_gaussian_have_the_mean_and_the_covariance_of_its_recordings():
    values, labels = two_classes()
    means, roots = class_gaussians(values, labels, 3, share=1.0)
    for k in range(2):
        own = values[labels == k].flatten(1)
        torch.testing.assert_close(means[k].flatten(), own.mean(0))
        torch.testing.assert_close(roots[k].T @ roots[k], own.T.cov(), rtol=1e-4, atol=1e-4)
    assert not roots[2].any()  # of one recording there is a mean and no more
    torch.testing.assert_close(means[2], values[-1])
    layer = ClassGaussian(40, 2, 3, roots.shape[1])
    layer.hold(means, roots)
    drawn = layer(randn(20_000, roots.shape[1]), torch.zeros(20_000, dtype=torch.int64)).flatten(1)
    own = values[labels == 0].flatten(1)
    assert (drawn.T.cov() - own.T.cov()).norm() < 0.05 * own.T.cov().norm()
    assert (drawn.mean(0) - own.mean(0)).abs().max() < 0.1


def test_a_class_keeps_as_many_components_as_hold_the_share_of_its_variance():
    values, labels = two_classes()
    roots = class_gaussians(values, labels, 3, share=0.9)[1]
    assert roots.shape[1] == 1  # 3.0 beside 0.5: the first holds 97 %
    roots = class_gaussians(values, labels, 3)[1]
    assert [int(root.any(dim=1).sum()) for root in roots] == [2, 1, 0]
    lengths = roots[0].norm(dim=1)
    assert lengths[0] > lengths[1]


@pytest.mark.parametrize("share", [0.9, 0.999, 1.0])
def test_of_a_large_class_the_components_are_the_same_but_for_their_signs(share, monkeypatch):
    for n in (30, 90):  # fewer recordings than numbers each, and more
        values = randn(n, 2, 20, seed=7).cumsum(dim=2)
        exact = class_gaussians(values, torch.zeros(n, dtype=torch.int64), 1, share=share)[1][0]
        with monkeypatch.context() as patch:
            patch.setattr("course_lib.models.class_gaussian.LARGE", 0)
            by_square = class_gaussians(values, torch.zeros(n, dtype=torch.int64), 1, share=share)[1][0]
        if share < 1:
            assert by_square.shape == exact.shape
        torch.testing.assert_close(by_square.T @ by_square, exact.T @ exact, rtol=1e-4, atol=1e-4)
        lengths = by_square.norm(dim=1)
        assert (lengths.diff() <= 1e-6).all()


def test_of_a_set_with_more_numbers_than_are_needed_every_class_gives_its_share():
    labels = torch.tensor([0] * 400 + [1] * 100 + [2] * 40 + [3])
    signs = SignalDataset(
        randn(541, 1, 10), labels[torch.randperm(541, generator=torch.Generator().manual_seed(0))], tuple("abcd")
    )
    assert enough(signs, 5_410) is signs
    few = enough(signs, 1_100)  # every fifth, of a class 32 at least
    assert few.class_counts == [80 + 25, 32 + 13, 32 + 1, 1]
    places = [next(i for i, one in enumerate(signs.values) if torch.equal(one, kept)) for kept in few.values]
    assert places == sorted(places) and torch.equal(few.labels, signs.labels[places])


def test_a_recipe_reads_gaussians_and_scales_off_enough_recordings_and_what_all_share_off_all(monkeypatch):
    monkeypatch.setattr("course_lib.training.recipes.ENOUGH", 40 * 40)
    asked = []
    found_in = Invariants.found_in
    monkeypatch.setattr(Invariants, "found_in", lambda dataset: asked.append(len(dataset)) or found_in(dataset))
    signs = simulate_signs(2, 60, 40, seed=1)
    scaled = Scaler.fit(signs).transform(signs)
    generator, critic = replace(STEADY, dim=4, latent_dim=4).build(scaled, conditional=True)
    means, _ = class_gaussians(enough(scaled, 40 * 40).values, enough(scaled, 40 * 40).labels, 2)
    assert asked == [120] and torch.equal(generator.start.means, means)


def test_without_labels_there_is_one_gaussian_of_all():
    values, labels = two_classes()
    means, roots = class_gaussians(values, torch.zeros_like(labels), 1)
    layer = ClassGaussian(40, 2, None, roots.shape[1])
    layer.hold(means, roots)
    torch.testing.assert_close(layer(torch.zeros(4, roots.shape[1])), values.mean(0).expand(4, -1, -1))


def begun(dataset, conditional=True, **changes):
    return replace(STEADY.with_config(**changes), dim=4, latent_dim=4).build(dataset, conditional=conditional)[0]


@pytest.mark.parametrize("conditional", [True, False])
def test_a_recipe_s_untrained_generator_draws_its_classes_gaussians_and_what_it_adds_can_be_trained(conditional):
    signs = simulate_signs(3, 60, 40, seed=1)
    scaled = Scaler.fit(signs).transform(signs)
    made = begun(scaled, conditional)
    labels = scaled.labels if conditional else None
    drawn = sample(made, len(scaled), labels=labels, seed=0)
    ours, without = frechet(scaled.values, drawn), frechet(scaled.values, drawn * 0 + scaled.values.mean(0))
    assert ours < 0.1 * without
    z = randn(6, made.latent_dim)
    before = made(z, labels if labels is None else labels[:6])
    with torch.no_grad():
        made.last.bias[0] += 1.0  # the course that is added
    torch.testing.assert_close(made(z, labels if labels is None else labels[:6]), before + 1.0, rtol=1e-4, atol=1e-4)


def test_the_last_convolution_is_shown_the_draw_and_its_steps():
    signs = simulate_signs(2, 60, 40, seed=1)
    made = begun(Scaler.fit(signs).transform(signs))
    z, labels = randn(6, made.latent_dim), torch.zeros(6, dtype=torch.int64)
    seen = []
    hook = made.last.register_forward_hook(lambda layer, given, out: seen.append(given[0]))
    made(z, labels)
    z[:, made.course_dim] += 1.0  # the weight of the first component, and nothing else
    made(z, labels)
    hook.remove()
    first, second = seen
    torch.testing.assert_close(first[:, :2], second[:, :2])  # dim / 2 of the stages: not of the draw
    assert (first[:, 2:] - second[:, 2:]).abs().max() > 1e-3
    shown = made._shown(made.start(z[:, 4 : 4 + made.arguments["rank"]], labels), 56)
    begins = made.start(z[:, 4 : 4 + made.arguments["rank"]], labels)
    torch.testing.assert_close(shown[:, :1, 8:48], begins)
    steps = torch.asinh(begins.diff(dim=-1) / made.log_floor.exp())
    torch.testing.assert_close(shown[:, 1:, 9:48], steps)
    assert (shown[:, :1, :8] == begins[..., :1]).all()  # held at its ends


def test_training_leaves_the_gaussians_alone_and_a_file_carries_them(tmp_path):
    signs = simulate_signs(2, 30, 40, seed=1)
    scaled = Scaler.fit(signs).transform(signs)
    made, critic = STEADY.build(scaled, conditional=True)
    means, roots = made.start.means.clone(), made.start.roots.clone()
    train(made, critic, scaled, STEADY.config, device="cpu")
    assert torch.equal(made.start.means, means)
    assert torch.equal(made.start.roots, roots)
    assert not any(name.startswith("start") for name, _ in made.named_parameters())
    save_model(made, tmp_path / "g.safetensors")
    again = load_model(tmp_path / "g.safetensors")
    assert torch.equal(again.start.roots, roots)
    labels = torch.tensor([0, 1, 0, 1])
    assert torch.equal(sample(made, 4, labels=labels, seed=0), sample(again, 4, labels=labels, seed=0))
