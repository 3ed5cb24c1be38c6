"""Plain nets in the plane: shapes, constraints that hold, and what packing sees."""

import numpy as np
import pytest
import torch
from torch import nn

from course_lib import checkpoints
from course_lib.models import MLPCritic, MLPGenerator


def slopes(critic, n=2000, seed=0):
    points = 3 * torch.randn(n, 2, generator=torch.Generator().manual_seed(seed))
    points.requires_grad_(True)
    return torch.autograd.grad(critic(points).sum(), points)[0].norm(dim=1)


def test_shapes_and_depth_are_those_asked_for():
    generator, critic = MLPGenerator(5, 2, width=7, depth=4), MLPCritic(2, width=8, depth=2)
    assert generator(torch.zeros(3, 5)).shape == (3, 2) and critic(torch.zeros(3, 2)).shape == (3,)
    linear = [m for m in generator.modules() if isinstance(m, nn.Linear)]
    assert [(m.in_features, m.out_features) for m in linear] == [(5, 7), (7, 7), (7, 7), (7, 7), (7, 2)]


def test_groupsort_sorts_each_pair_and_keeps_every_value():
    critic = MLPCritic(2, width=4, depth=1, activation="groupsort")
    sort = critic.layers[1]
    given = torch.tensor([[3.0, 1.0, -2.0, 5.0]])
    assert sort(given).tolist() == [[1.0, 3.0, -2.0, 5.0]]


@pytest.mark.parametrize("constraint", ["spectral", "orthogonal"])
@pytest.mark.parametrize("activation", ["relu", "groupsort", "leaky_relu"])
def test_a_constrained_critic_is_nowhere_steeper_than_1(constraint, activation):
    torch.manual_seed(0)
    critic = MLPCritic(2, 32, 3, activation=activation, constraint=constraint)
    with torch.no_grad():
        for parameter in critic.parameters():  # as steep as an unconstrained one could get
            parameter.mul_(5)
    for _ in range(100):  # spectral_norm's power iteration takes a step a forward pass
        critic(torch.zeros(1, 2))
    assert slopes(critic).max() < 1 + 1e-3
    weights = [m.weight.detach().double() for m in critic.modules() if isinstance(m, nn.Linear)]
    tops = [np.linalg.svd(w.numpy(), compute_uv=False) for w in weights]
    assert all(abs(s.max() - 1) < 5e-3 for s in tops)
    if constraint == "orthogonal":
        assert all(abs(s.min() - 1) < 1e-4 for s in tops)


def test_groupsort_with_orthonormal_weights_has_slope_1_almost_everywhere_and_relu_has_not():
    torch.manual_seed(0)
    sort = MLPCritic(2, 32, 3, activation="groupsort", constraint="orthogonal")
    relu = MLPCritic(2, 32, 3, activation="relu", constraint="orthogonal")
    assert slopes(relu).mean() < 0.5 * slopes(sort).mean()


def test_packing_judges_neighbours_together():
    torch.manual_seed(0)
    critic = MLPCritic(2, 8, 1, pack=4)
    points = torch.randn(12, 2)
    scores = critic(points)
    assert scores.shape == (3,)
    changed = points.clone()
    changed[5] += 1  # in the second pack
    moved = (critic(changed) != scores).tolist()
    assert moved == [False, True, False]
    with pytest.raises(ValueError, match="packs of 4 divide, got 10 points"):
        critic(points[:10])


def test_waves_start_unheard_and_then_enter_the_first_layer_as_sine_and_cosine():
    torch.manual_seed(0)
    critic = MLPCritic(2, 8, 2, frequencies=(3.0, 20.0))
    torch.manual_seed(0)
    plain, points = MLPCritic(2, 8, 2), torch.randn(5, 2, generator=torch.Generator().manual_seed(1))
    assert torch.equal(critic(points), plain(points))

    nn.init.normal_(critic.waves.weight)
    angles = np.stack([f * points.double().numpy()[:, c] for c in (0, 1) for f in (3.0, 20.0)], axis=1)
    waves = np.concatenate([np.sin(angles), np.cos(angles)], axis=1)
    for loudness in (1.0, 0.25, 0.0):
        critic.loudness.fill_(loudness)
        first = critic.layers[0](points).double() + loudness * torch.tensor(waves) @ critic.waves.weight.double().T
        torch.testing.assert_close(critic(points), critic.layers[1:](first.float()).squeeze(1), atol=1e-5, rtol=1e-5)
    packed = MLPCritic(2, 8, 2, frequencies=(3.0,), pack=5)
    assert packed(points).shape == (1,)


def test_a_saved_net_comes_back_as_it_was(tmp_path):
    torch.manual_seed(0)
    for model, given in (
        (MLPGenerator(5, 2, 8, 2), torch.randn(4, 5)),
        (MLPCritic(2, 8, 2, pack=2), torch.randn(4, 2)),
        (MLPCritic(2, 8, 2, frequencies=(3.0, 9.0)), torch.randn(4, 2)),
    ):
        checkpoints.save_model(model, tmp_path / "m.safetensors")
        assert torch.equal(checkpoints.load_model(tmp_path / "m.safetensors")(given), model(given))


@pytest.mark.parametrize(
    ("make", "complaint"),
    [
        (lambda: MLPGenerator(0, 2), "latent_dim: expected a whole number of 1 or more, got 0"),
        (lambda: MLPCritic(2, depth=0), "depth: expected a whole number of 1 or more, got 0"),
        (lambda: MLPCritic(2, activation="sigmoid"), "expected activation to be one of .*groupsort.*, got 'sigmoid'"),
        (lambda: MLPCritic(2, constraint="clip"), "expected constraint to be one of .*spectral.*, got 'clip'"),
        (lambda: MLPCritic(2, width=7, activation="groupsort"), "the width must be even, got 7"),
        (lambda: MLPCritic(2, frequencies=(1.0, -2.0)), r"expected frequencies above 0, got \(1.0, -2.0\)"),
        (lambda: MLPCritic(2, frequencies=(1.0,), constraint="spectral"), "go with no constraint, got 'spectral'"),
        (lambda: MLPGenerator(4, 2)(torch.zeros(3, 5)), r"expected noise of shape \(B, 4\), got \(3, 5\)"),
        (lambda: MLPCritic(2)(torch.zeros(3)), r"expected points of shape \(B, 2\), got \(3,\)"),
    ],
)
def test_what_cannot_be_built_or_fed_is_refused(make, complaint):
    with pytest.raises(ValueError, match=complaint):
        make()
