"""Judges of notebook 06 that try critics: the critic's whole loss, scores that hear each other."""

import itertools
from collections.abc import Callable

import numpy as np
import torch
from torch import nn

from course_lib.classroom.checks.base import as_function, as_number, close, exercise, refuse, the_one
from course_lib.classroom.checks.notebook_06 import normal_samples
from course_lib.classroom.checks.numbers import apart

# ------------------------------------------------------------------------------------------ the critic's whole loss


def _linear(direction: torch.Tensor):
    return lambda x: (x * direction).flatten(1).sum(1)


class _Smooth(nn.Module):
    """A critic of signals (B, 1, 5) whose slope differs from sample to sample."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.last = nn.Linear(5, 7), nn.Linear(7, 1)
        with torch.no_grad():
            for k, parameter in enumerate(self.parameters()):
                parameter.copy_(0.6 * normal_samples(*parameter.shape, seed=k))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.last(self.first(x.flatten(1)).tanh()).squeeze(1)


# A wrong norm of the gradients (B, ...), as the penalty that it makes, and what a reader hears whose penalty it is of
# two straight critics.
WRONG_NORMS = [
    (
        lambda g: float((g.norm(dim=1) - 1).square().mean()),
        "Your penalty of the critic f(x) = x.a with |a| = 1 is 0.85 for signals of 160 values, and 0 is right: the "
        "norm was taken at every time step instead of once per signal. Which axes belong to one sample?",
    ),
    (
        lambda g: float(((g / len(g)).norm(dim=1) - 1).square().mean()),
        "Your penalty of the critic f(x) = x.a with |a| = 1 is 0.98 for nine signals, and 0 is right: two mistakes "
        "meet here, a norm at every time step, of the gradient of a *mean* over 9 signals.",
    ),
    (
        lambda g: float(((g / len(g)).flatten(1).norm(dim=1) - 1).square().mean()),
        "For a critic of slope 1 and nine signals your penalty is 0.79, and 0 is right: the gradient of the *mean* "
        "score is nine times too small. Differentiate the sum.",
    ),
    (
        lambda g: float((g.norm() - 1).square()),
        "For nine signals of slope 1 your penalty is 4: one norm ran over the whole batch. One a signal.",
    ),
    (lambda g: 1.0, "At slope 1 your penalty is 1, and 0 is right: it pulls towards slope 0, as R1 does."),
]

# A wrong charge (slope, weight), and what a reader hears whose penalty it is at three of them.
WRONG_CHARGES = [
    (
        lambda slope, weight: -weight * (slope - 1) ** 2,
        "The penalty is taken off the loss: the critic is *rewarded* for being far from slope 1, and runs away.",
    ),
    (
        lambda slope, weight: (slope - 1) ** 2,
        "The penalty's weight is not used: at 10 the loss of a critic with slope 3 should grow by 36.",
    ),
    (
        lambda slope, weight: weight * (slope**2 - 1) ** 2,
        "The root is missing: the *squared* norm is compared with 1, so slope 3 costs 64 in place of 4.",
    ),
    (
        lambda slope, weight: weight * abs(slope - 1),
        "The square is missing: at slope 3 the penalty is (3 - 1)^2 = 4, and yours is 2.",
    ),
    (
        lambda slope, weight: weight * max(slope - 1, 0) ** 2,
        "Slope 0.5 costs nothing in yours: the one-sided penalty. The critic of WGAN-GP pays on both sides of 1.",
    ),
]


@exercise(
    notebook="06",
    title="The whole loss of the critic",
    right="Four mistakes, none of which stops a program. A straight line finds three, finite differences the last.",
)
def what_the_critic_minimises(answer):
    loss = as_function(answer)

    def ask(critic, x, y, z, weight: float) -> float:
        return as_number(loss(critic, x.clone(), y.clone(), z.clone(), weight), what="the loss")

    # real, generated and mixed alike, and a slope of 1: only the penalty is left, and it is 0
    alike = [torch.full((1, 160), 160**-0.5), torch.tensor([[0.6, 0.0, 0.0], [0.0, 0.8, 0.0]])]
    gradients = [a.expand(batch, *a.shape) for a, batch in zip(alike, (9, 4), strict=True)]
    got = [ask(_linear(a), *[torch.zeros_like(g)] * 3, 1.0) for a, g in zip(alike, gradients, strict=True)]
    if not close(got, [0, 0], abs=1e-3):
        for wrong, message in WRONG_NORMS:
            if close(got, [wrong(g) for g in gradients], abs=1e-3):
                return message
        nine, four = (apart(0, value, ".3f")[1] for value in got)
        return (
            f"Where real, generated and mixed agree and the critic has slope 1 the loss is 0; yours is {nine} of "
            f"nine signals of shape (1, 160) and {four} of four of shape (2, 3)."
        )
    for shape in ((2,), (3, 4, 4)):  # points and images
        a = torch.full(shape, float(np.prod(shape)) ** -0.5)
        value = ask(_linear(a), *[torch.zeros(4, *shape)] * 3, 1.0)
        if not close(value, 0, abs=1e-3):
            return (
                f"Right for signals; of samples of shape {shape} and a critic of slope 1 the loss is 0 where real, "
                f"generated and mixed agree, and yours is {value:.3f}. One norm a sample, over all axes but the batch."
            )

    step = torch.ones(1, 5) / 5**0.5
    x, y = step.expand(4, 1, 5) * 3, torch.zeros(4, 1, 5)  # slope 1 between two points 3 apart
    got = [ask(_linear(step), scale * x, y, x / 2, 1.0) for scale in (1.0, 2.0)]
    if close(got, [3, 6]):
        return (
            "The scores have the wrong sign: a critic that puts real 3 above generated should be *rewarded*, with loss "
            "-3, and yours gives it +3. Minimised, this critic ends upside down."
        )
    if not close(got, [-3, -6]):
        return (
            f"A critic with slope 1 that puts real 3 above generated has the loss -3, and at 6 the loss -6; yours "
            f"gives {got[0]:.3g} and {got[1]:.3g}."
        )
    steep = [(3.0, 1.0), (3.0, 10.0), (0.5, 4.0)]  # slope, weight
    got = [ask(_linear(slope * step), y, y, x / 2, weight) for slope, weight in steep]
    if not close(got, [weight * (slope - 1) ** 2 for slope, weight in steep]):
        for wrong, message in WRONG_CHARGES:
            if close(got, [wrong(*case) for case in steep]):
                return message
        return (
            "At the slopes and weights (3, 1), (3, 10) and (0.5, 4) the penalty adds 4, 40 and 1 to the loss, and "
            f"yours adds {got[0]:.3g}, {got[1]:.3g} and {got[2]:.3g}."
        )

    critic, x, y, z = _Smooth(), *(normal_samples(6, 1, 5, seed=k) for k in (11, 12, 13))
    right, right_slope = _by_hand(critic, x, y, z, 5.0)
    value = loss(critic, x.clone(), y.clone(), z.clone(), 5.0)
    both = [as_number(value, what="the loss"), ask(critic, y, x, z, 5.0)]
    for where, (first, second) in {"real": (x, y), "generated": (y, x)}.items():
        if close(both, [_by_hand(critic, x, y, first, 5.0)[0], _by_hand(critic, y, x, second, 5.0)[0]], rel=1e-3):
            return f"The slope was taken at the {where} samples; it is asked for at the mixtures that you were given."
    if not close(both[0], right, rel=1e-3):
        told = (
            f"For straight critics yours is right; for a bent one, whose slope differs from sample to sample, the loss "
            f"is {right:.4f} and yours {both[0]:.4f}."
        )
        of_the_mean, _ = _by_hand(critic, x, y, z, 5.0, charge=lambda norms: (norms.mean() - 1).square())
        if close(both[0], of_the_mean, rel=1e-3):
            return f"{told} The mean of the slopes is charged: charge each sample, then average."
        return f"{told} The slope is asked for at the mixtures that you were given, of each of them."
    if not isinstance(value, torch.Tensor) or not value.requires_grad:
        return "The number is right, but it has come loose from the graph: the critic could not learn from it."
    slopes = torch.autograd.grad(value, list(critic.parameters()), allow_unused=True, materialize_grads=True)
    if not close(torch.cat([s.flatten() for s in slopes]), right_slope, rel=1e-2, abs=1e-2):
        return (
            "The number is right, and its gradient in the parameters is that of the scores alone: the penalty is "
            "printed and moves no weight. What keeps the first differentiation on the graph?"
        )
    return None


def _mean_square_excess(norms: torch.Tensor) -> torch.Tensor:
    return (norms - 1).square().mean()


def _by_hand(critic: _Smooth, x, y, z, weight: float, *, charge=_mean_square_excess) -> tuple[float, torch.Tensor]:
    """The loss and its slopes in every parameter from the derivative of tanh, in float64: no double backward."""
    names = [name for name, _ in critic.named_parameters()]
    values = [p.detach().double().clone() for p in critic.parameters()]

    def score(v, s):
        return (s.flatten(1).double() @ v[0].T + v[1]).tanh() @ v[2][0] + v[3]

    def loss(v):
        bent = 1 - (z.flatten(1).double() @ v[0].T + v[1]).tanh().square()
        norms = ((bent * v[2][0]) @ v[0]).norm(dim=1)
        return float(score(v, y).mean() - score(v, x).mean() + weight * charge(norms))

    slopes, h = [], 1e-5
    for k in range(len(names)):
        flat = values[k].view(-1)
        for index in range(len(flat)):
            start = float(flat[index])
            ends = []
            for end in (start + h, start - h):
                flat[index] = end
                ends.append(loss(values))
            flat[index] = start
            slopes.append((ends[0] - ends[1]) / (2 * h))
    return loss(values), torch.tensor(slopes)


# -------------------------------------------------------------------------------------- scores that hear each other


def _normalised_by_hand(x: torch.Tensor) -> torch.Tensor:
    return ((x - x.mean(dim=0)) * torch.linspace(0.5, 1.5, x.shape[1])).square().sum(dim=1)


def _net(*layers: nn.Module) -> nn.Sequential:
    """Linear layers of fixed weights around the given ones, (B, 4) -> (B,)."""
    net = nn.Sequential(nn.Linear(4, 6), *layers, nn.Tanh(), nn.Linear(6, 1), nn.Flatten(0))
    with torch.no_grad():
        for k, layer in enumerate((net[0], net[-2])):
            layer.weight.copy_(normal_samples(*layer.weight.shape, seed=20 + k))
            layer.bias.copy_(normal_samples(*layer.bias.shape, seed=30 + k))
    return net


def _listening(i: int, j: int) -> Callable[[torch.Tensor], torch.Tensor]:
    """A critic (B, 4) -> (B,) whose score i depends on sample j; every other score on its own sample alone."""

    def critic(x: torch.Tensor) -> torch.Tensor:
        if max(i, j) >= len(x):
            return x[:, 0]
        return x[:, 0] + 10 * x[j, 1] * (torch.arange(len(x)) == i)

    return critic


def _overheard(pairs: list[tuple[int, int]], seen: list[tuple[int, int]]) -> str:
    """What a reader hears who sees only some of the pairs (i, j) of `_listening`."""
    scores, moved = {i for i, _ in seen}, {j for _, j in seen}
    if len(scores) == 1:
        return (
            f"Of all scores yours looks at number {scores.pop()} only. Where that one depends on its own sample alone, "
            "another may not: look at *every* score."
        )
    if len(moved) == 1:
        return (
            f"Of all samples yours tries number {moved.pop()} only. Where nobody listens to that one, somebody may "
            "listen to another: try *every* sample, one after the other."
        )
    i, j = next(pair for pair in pairs if pair not in seen)
    return (
        f"A critic whose score {i} listens to sample {j}, with no other tie between two samples, escapes yours. Ask "
        "of every score, and of every other sample."
    )


@exercise(
    notebook="06",
    title="Who is listening",
    right="Run it on any critic before you put it under a penalty.",
)
def scores_mix_samples(answer):
    mixes = as_function(answer)
    samples = normal_samples(7, 4, seed=9)

    def ask(critic: Callable[[torch.Tensor], torch.Tensor], samples: torch.Tensor = samples) -> bool:
        result = the_one(mixes(critic, samples.clone()))
        if not isinstance(result, (bool, np.bool_)):
            refuse(f"True or False was asked for, and your function returned {type(result).__name__}.")
        return bool(result)

    plain, batch, layer = ask(_net()), ask(_net(nn.BatchNorm1d(6))), ask(_net(nn.LayerNorm(6)))
    if plain and batch:
        return (
            "Yours says True of a critic without any normalisation. Its own score does change when a sample moves; the "
            "question is whether *another* sample's does."
        )
    if not batch and plain:
        return "The other way round: True means that scores do mix, as with BatchNorm."
    if not batch:
        return (
            "BatchNorm escapes yours. In the sum of all scores one cannot see who moved what, and in eval mode "
            "BatchNorm mixes nothing: change each sample in turn, in train mode, and look at the others' scores."
        )
    if layer:
        return "Yours suspects LayerNorm, which normalises each sample by itself. Ask the scores, not a layer's name."
    if not ask(_normalised_by_hand):
        return (
            "A critic that takes the batch's mean off by hand escapes yours: it has no layer to be found by its name. "
            "Ask the scores."
        )
    if not ask(lambda x: x[:, 0] + 0.01 * torch.roll(x[:, 1], 1)):
        return (
            "A critic whose score k listens to sample k - 1 alone escapes yours. Whichever sample is moved, look at "
            "the scores of *all* the others."
        )
    pairs = list(itertools.permutations(range(len(samples)), 2))
    seen = [pair for pair in pairs if ask(_listening(*pair))]
    if len(seen) < len(pairs):
        return _overheard(pairs, seen)
    if not ask(_listening(8, 9), normal_samples(10, 4, seed=10)):
        return "Of batches of 7 yours is right; in one of 10 it does not see that score 8 listens to sample 9."
    if ask(lambda x: 100 * x[:, 0] + x[:, 1] ** 2):
        return "Yours says True of f(x) = 100 x_1 + x_2^2, which scores each sample by itself."
    return None
