"""Judges of notebook 06: mixing, the best straight critic, the critic's whole loss, scores that hear each other."""

import itertools

import numpy as np
import torch
from torch import nn

from course_lib.classroom.checks.base import as_function, as_number, as_tensor, close, exercise, refuse

# ------------------------------------------------------------------------------------------------------- mixing


def _samples(*shape: int, seed: int) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


@exercise(
    notebook="06",
    title="Mix",
    right="Every mixture lies on its own segment, whatever the samples' shape.",
)
def mix_pairs(answer):
    blend = as_function(answer)
    for shape in [(6, 2), (6, 1, 5), (6, 3, 4, 4), (5, 5)]:
        x, y = _samples(*shape, seed=1), _samples(*shape, seed=2)
        e = torch.rand(shape[0], generator=torch.Generator().manual_seed(3))
        column = e.view(-1, *[1] * (len(shape) - 1))
        right, swapped = column * x + (1 - column) * y, column * y + (1 - column) * x
        got = as_tensor(blend(x.clone(), y.clone(), e.clone()), what="the mixtures")
        if got.shape != right.shape:
            return (
                f"Of samples of shape {shape} yours makes mixtures of shape {tuple(got.shape)}: every weight met every "
                "pair. A linear layer would accept them without a word. Give the weight as many axes as the sample has."
            )
        if close(got, right):
            continue
        if close(got, swapped):
            return "The weight sits on the wrong partner: at weight 1 the mixture is the real sample, not the fake one."
        if shape == (5, 5) and close(got, e * x + (1 - e) * y):
            return (
                "With as many samples as values yours runs without an error and is wrong: the weights went along the "
                "last axis, so a sample is mixed by another weight at every value. Shapes align from the right."
            )
        if close(got, e.mean() * x + (1 - e.mean()) * y) or close(got, e[0] * x + (1 - e[0]) * y):
            return "One weight for the whole batch: all mixtures stand at the same share of their way. One a sample."
        if close(got, (x + y) / 2):
            return "The weights were not used: every mixture is the midpoint of its pair."
        if close(got, column * x + y):
            return (
                "The two weights do not sum to 1, so the mixtures leave their segments: the fake one's is 1 - weight."
            )
        return f"For samples of shape {shape} the mixtures are not on their segments at the places asked for."
    return None


# --------------------------------------------------------------------------------------- the best straight critic


def _best(t: float, w: float) -> tuple[float, float, float]:
    """On a fine grid of slopes, not by the formula."""
    slopes = np.linspace(0, 2 + 2 * t / w, 2_000_001)
    values = t * slopes - w * (slopes - 1) ** 2
    top = int(values.argmax())
    return slopes[top], t * slopes[top], values[top]


@exercise(
    notebook="06",
    title="How steep, how high",
    right="At weight 10 and distance 1 the loss is 2.5 % off; at weight 0.1 it is 3.5 times the distance.",
)
def best_line(answer):
    line = as_function(answer)

    def ask(t: float, w: float) -> list[float]:
        result = line(t, w)
        if not isinstance(result, (tuple, list, np.ndarray, torch.Tensor)) or len(result) != 3:
            refuse("Three numbers were asked for: return slope, difference, value.")
        names = ("the slope", "the difference of the scores", "the value")
        return [as_number(value, what=name) for value, name in zip(result, names, strict=True)]

    cases = list(itertools.product((0.5, 1.0, 3.0), (0.1, 1.0, 10.0)))
    got, right = np.array([ask(*case) for case in cases]), np.array([_best(*case) for case in cases])
    t, w = np.array(cases).T

    def is_(column: int, values: np.ndarray | float) -> bool:
        return np.allclose(got[:, column], values, rtol=1e-3)

    if not is_(0, right[:, 0]):
        if is_(0, 1.0):
            return (
                "Slope 1 is what the penalty asks for, not what it gets: it costs nothing at 1 to first order, and a "
                "steeper critic gains t for each unit of slope."
            )
        if is_(0, 1 + t / w):
            return "Too steep by a factor of two in the excess: the derivative of w (s - 1)^2 is 2 w (s - 1)."
        if is_(0, t / (2 * w)):
            return (
                "That is the best slope under R1, a penalty w s^2 that pulls towards 0. The penalty of WGAN-GP pulls "
                "towards 1."
            )
        if is_(0, 1 - t / (2 * w)):
            return "A critic gentler than 1 gains less *and* pays: the top lies on the other side of 1. Check the sign."
        if is_(0, 1 + 1 / (2 * w)):
            return "Right at t = 1 alone: the gain for each unit of slope is t, so the excess grows with the distance."
        return f"At t = 1, w = 0.1 the best slope is 6, and yours is {ask(1.0, 0.1)[0]:g}. Where is the derivative 0?"
    if not is_(1, right[:, 1]):
        if is_(1, t):
            return (
                "The slope is right. The scores then differ by slope times distance; you gave the distance, which is "
                "what the difference would be at slope 1."
            )
        if is_(1, right[:, 2]):
            return (
                "The slope is right. The second number is the difference of the scores alone; you took the penalty off."
            )
        return "The slope is right. The difference of the scores is what that slope rises by over the distance t."
    if not is_(2, right[:, 2]):
        if is_(2, right[:, 1]):
            return (
                "Slope and difference are right. What is maximised is the difference *less* w times the penalty, which "
                "is not 0 at this slope."
            )
        if is_(2, t):
            return "Slope and difference are right. The value is not W1: that is the whole point of the exercise."
        if is_(2, -right[:, 2]):
            return "Slope and difference are right. The value is what is maximised; you gave the loss, its negative."
        return "Slope and difference are right. Put the slope into t s - w (s - 1)^2."
    return None


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
                parameter.copy_(0.6 * _samples(*parameter.shape, seed=k))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.last(self.first(x.flatten(1)).tanh()).squeeze(1)


@exercise(
    notebook="06",
    title="The whole loss of the critic",
    right="Four mistakes, none of which stops a program. A straight line finds three, finite differences the last.",
)
def what_the_critic_minimises(answer):
    loss = as_function(answer)

    def ask(critic, x, y, z, weight: float) -> float:
        return as_number(loss(critic, x.clone(), y.clone(), z.clone(), weight), what="the loss")

    even = torch.full((1, 160), 160**-0.5)
    z = torch.zeros(9, 1, 160)  # real, generated and mixed alike: only the penalty is left
    got = ask(_linear(even), z, z, z, 1.0)
    if close(got, (1 - 160**-0.5) ** 2, abs=1e-3):
        return (
            "Your penalty of the critic f(x) = x.a with |a| = 1 is 0.85, and 0 is right: the norm was taken at every "
            "time step instead of once per signal. Which axes belong to one sample?"
        )
    if close(got, (1 - 160**-0.5 / 9) ** 2, abs=1e-3):
        return (
            "Your penalty of the critic f(x) = x.a with |a| = 1 is 0.98, and 0 is right: two mistakes meet here, a "
            "norm at every time step, of the gradient of a *mean* over 9 signals."
        )
    if close(got, (1 - 1 / 9) ** 2, abs=1e-3):
        return (
            "For a critic of slope 1 and nine signals your penalty is 0.79, and 0 is right: the gradient of the *mean* "
            "score is nine times too small. Differentiate the sum."
        )
    if close(got, (9**0.5 - 1) ** 2, abs=1e-3):
        return "For nine signals of slope 1 your penalty is 4: one norm ran over the whole batch. One a signal."
    if close(got, 1, abs=1e-3):
        return "At slope 1 your penalty is 1, and 0 is right: it pulls towards slope 0, as R1 does."
    if not close(got, 0, abs=1e-3):
        return f"Where real, generated and mixed agree and the critic has slope 1 the loss is 0; yours is {got:.3f}."

    step = torch.ones(1, 5) / 5**0.5
    x, y = step.expand(4, 1, 5) * 3, torch.zeros(4, 1, 5)  # slope 1 between two points 3 apart
    got = ask(_linear(step), x, y, x / 2, 1.0)
    if close(got, 3):
        return (
            "The scores have the wrong sign: a critic that puts real 3 above generated should be *rewarded*, with loss "
            "-3, and yours gives it +3. Minimised, this critic ends upside down."
        )
    if not close(got, -3):
        return f"A critic with slope 1 that puts real 3 above generated has the loss -3, and yours gives {got:.3g}."
    got = [ask(_linear(slope * step), y, y, x / 2, weight) for slope, weight in ((3.0, 1.0), (3.0, 10.0), (0.5, 4.0))]
    if close(got[0], -4):
        return "The penalty is taken off the loss: the critic is *rewarded* for being far from slope 1, and runs away."
    if close(got[0], got[1]):
        return "The penalty's weight is not used: at 10 the loss of a critic with slope 3 should grow by 36."
    if close(got[0], 64):
        return "The root is missing: the *squared* norm is compared with 1, so slope 3 costs 64 in place of 4."
    if close(got[0], 2):
        return "The square is missing: at slope 3 the penalty is (3 - 1)^2 = 4, and yours is 2."
    if close(got[2], 0, abs=1e-4):
        return "Slope 0.5 costs nothing in yours: the one-sided penalty. The critic of WGAN-GP pays on both sides of 1."
    if not close(torch.tensor(got), torch.tensor([4.0, 40.0, 1.0])):
        return f"At slope 3 and weight 1 the penalty adds 4 to the loss, and yours adds {got[0]:.3g}."

    critic, x, y, z = _Smooth(), *(_samples(6, 1, 5, seed=k) for k in (11, 12, 13))
    right, right_slope = _by_hand(critic, x, y, z, 5.0)
    with_both = _by_hand(critic, x, y, x, 5.0)[0]
    value = loss(critic, x.clone(), y.clone(), z.clone(), 5.0)
    if close(as_number(value, what="the loss"), with_both, rel=1e-3):
        return "The slope was taken at the real samples; it is asked for at the mixtures that you were given."
    if not close(as_number(value, what="the loss"), right, rel=1e-3):
        return (
            f"For straight critics yours is right; for a bent one, whose slope differs from sample to sample, the loss "
            f"is {right:.4f} and yours {as_number(value):.4f}. Charge each sample, then average."
        )
    if not isinstance(value, torch.Tensor) or not value.requires_grad:
        return "The number is right, but it has come loose from the graph: the critic could not learn from it."
    slopes = torch.autograd.grad(value, list(critic.parameters()), allow_unused=True, materialize_grads=True)
    if not close(torch.cat([s.flatten() for s in slopes]), right_slope, rel=1e-2, abs=1e-2):
        return (
            "The number is right, and its gradient in the parameters is that of the scores alone: the penalty is "
            "printed and moves no weight. What keeps the first differentiation on the graph?"
        )
    return None


def _by_hand(critic: _Smooth, x, y, z, weight: float) -> tuple[float, torch.Tensor]:
    """The loss and its slopes in every parameter from the derivative of tanh, in float64: no double backward."""
    names = [name for name, _ in critic.named_parameters()]
    values = [p.detach().double().clone() for p in critic.parameters()]

    def score(v, s):
        return (s.flatten(1).double() @ v[0].T + v[1]).tanh() @ v[2][0] + v[3]

    def loss(v):
        bent = 1 - (z.flatten(1).double() @ v[0].T + v[1]).tanh().square()
        norms = ((bent * v[2][0]) @ v[0]).norm(dim=1)
        return float(score(v, y).mean() - score(v, x).mean() + weight * (norms - 1).square().mean())

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
            layer.weight.copy_(_samples(*layer.weight.shape, seed=20 + k))
            layer.bias.copy_(_samples(*layer.bias.shape, seed=30 + k))
    return net


@exercise(
    notebook="06",
    title="Who is listening",
    right="Run it on any critic before you put it under a penalty.",
)
def scores_mix_samples(answer):
    mixes = as_function(answer)
    samples = _samples(7, 4, seed=9)

    def ask(critic) -> bool:
        result = mixes(critic, samples.clone())
        if isinstance(result, torch.Tensor) and result.numel() == 1:
            result = bool(result)
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
            "BatchNorm mixes nothing: change one sample, in train mode, and look at the others' scores."
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
    if ask(lambda x: 100 * x[:, 0] + x[:, 1] ** 2):
        return "Yours says True of f(x) = 100 x_1 + x_2^2, which scores each sample by itself."
    return None
