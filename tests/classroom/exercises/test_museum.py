"""The museum of bugs: every mistake on show, as the notebook shows it, is refused by its own message; so are relatives.

The exhibits are read from the notebook itself: what a reader sees there is what is tried here.
"""

import ast
import copy
import math

import nbformat
import numpy as np
import pytest
import torch
from exercise_answers import NOTEBOOKS, accepts, refuses
from torch import nn

from course_lib import losses, penalties
from course_lib.classroom import progress
from course_lib.classroom.checks import EXERCISES
from course_lib.data import ring
from course_lib.models import MLPCritic, MLPGenerator, SignalGenerator
from course_lib.training import TrainingConfig, train

PATH = NOTEBOOKS / "museum_of_bugs.ipynb"
NAMES = [name for name, exercise in EXERCISES.items() if exercise.notebook == "museum_of_bugs"]


def exhibits() -> dict[str, object]:
    """The functions `found_NAME` of the notebook, by NAME."""
    space = {"copy": copy, "math": math, "torch": torch, "nn": nn, "losses": losses, "penalties": penalties}
    for cell in nbformat.read(PATH, as_version=4).cells:
        if cell.cell_type == "code" and cell.source.startswith("# Exhibit"):
            exec(compile(cell.source, "<exhibit>", "exec"), space)
    return {name.removeprefix("found_"): value for name, value in space.items() if name.startswith("found_")}


FOUND = exhibits()


def test_every_room_has_an_exhibit_and_every_exhibit_its_room():
    assert sorted(FOUND) == sorted(NAMES)


def test_every_exhibit_takes_what_the_mended_function_takes():
    """The reader copies the body: the parameters must bear the same names (an exhibit may have more, with defaults)."""
    stubs = {}
    for cell in nbformat.read(PATH, as_version=4).cells:
        if cell.cell_type == "code":
            for node in ast.parse(cell.source).body:
                if isinstance(node, ast.FunctionDef) and node.name in NAMES:
                    stubs[node.name] = [argument.arg for argument in node.args.args]
    for name, found in FOUND.items():
        code = found.__code__
        required = code.co_argcount - len(found.__defaults__ or ())
        assert list(code.co_varnames[:required]) == stubs[name]


def test_progress_lists_the_museum_by_its_name_after_the_numbered_notebooks(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_PROGRESS", str(tmp_path / "progress.json"))
    progress.record("mix_any_shape")
    table = progress.table(EXERCISES.values())
    assert table.index[-1] == "museum_of_bugs"
    assert table.loc["museum_of_bugs", ["done", "of"]].to_list() == [1, len(NAMES)]
    assert "mix_any_shape" not in table.loc["museum_of_bugs", "open"]


# ----------------------------------------------------------- the library itself, where no other test would notice


@pytest.mark.parametrize("objective", ["non_saturating", "wgan", "wgan_gp", "relativistic"])
def test_the_critic_s_lesson_never_goes_backward_through_the_generator(objective):
    """Room 13: fakes that are not detached change no number where gradients are cleared in time; they cost passes."""
    generator, critic, passes = MLPGenerator(3, 2, width=8), MLPCritic(2, width=8), []
    generator.layers[-1].register_full_backward_hook(lambda *_: passes.append(1))
    config = TrainingConfig(objective=objective, steps=2, critic_steps=3, batch_size=4)
    train(generator, critic, ring().standardized(), config, device="cpu")
    assert len(passes) == config.steps


@pytest.mark.parametrize("generator", [MLPGenerator(3, 2), SignalGenerator(32, 1, 3, 8)], ids=["points", "signals"])
def test_no_generator_ends_in_a_squashing_layer(generator):
    """Room 12: data here has unit scale, which no tanh could make."""
    with torch.no_grad():
        assert generator.eval()(200 * torch.randn(50, 3)).abs().max() > 2


# ------------------------------------------------------------------------------------------- building blocks


def sloped(critic, points, total=torch.sum, graph=True):
    points = points.detach().requires_grad_(True)
    (slopes,) = torch.autograd.grad(total(critic(points)), points, create_graph=graph)
    return slopes


def charging(norm, **options):
    """A penalty from slopes to one number, `norm` being all that happens in between."""
    return lambda critic, points: norm(sloped(critic, points, **options))


def squares(norms):
    return (norms - 1).square().mean()


def by_grad_outputs(critic, points):
    points = points.clone().requires_grad_(True)
    scores = critic(points)
    (slopes,) = torch.autograd.grad(scores, points, grad_outputs=torch.ones_like(scores), create_graph=True)
    return slopes


def one_by_one(critic, points):
    return torch.cat([sloped(critic, point[None]) for point in points])


def the_loss(difference=1.0, charge=1.0, constant=False, shift=0.0):
    def loss(critic, real, fake, weight):
        penalty = penalties.gradient_penalty(critic, real, fake)
        penalty = penalty.detach() if constant else penalty
        return difference * losses.critic_loss(critic(real), critic(fake)) + charge * (weight + shift) * penalty

    return loss


def the_penalty(weigh, norm):
    def penalty(critic, real, fake, generator):
        weights = weigh(real, generator)
        return norm(sloped(critic, weights * real + (1 - weights) * fake))

    return penalty


def one_a_sample(real, generator):
    return torch.rand(len(real), generator=generator).view(-1, *[1] * (real.ndim - 1))


def one_a_batch(real, generator):
    return torch.rand(1, generator=generator)


def norms_of(slopes):
    return slopes.flatten(1).norm(dim=1)


def by_library(critic, real, fake, generator):
    return penalties.gradient_penalty(critic, real, fake, generator=generator)


def in_half_the_space(real, generator):
    return 2 * one_a_sample(real, generator) - 1


def squashed(squash):
    return lambda n, generator: squash(torch.randn(n, generator=generator))


def by_numpy(n, generator):
    seed = int(torch.randint(2**31, (1,), generator=generator))
    return np.random.default_rng(seed).random(n)


def mix_by_loop(weights, real, fake):
    return torch.stack([w * x + (1 - w) * y for w, x, y in zip(weights, real, fake, strict=True)])


def mix_by_einsum(weights, real, fake):
    return torch.einsum("b,b...->b...", weights, real) + torch.einsum("b,b...->b...", 1 - weights, fake)


def mix_in_columns(weights, real, fake):
    return weights[:, None] * real + (1 - weights[:, None]) * fake


def mix_from_behind(weights, real, fake):
    return (weights * real.T + (1 - weights) * fake.T).T if real.ndim == 2 else mix_by_loop(weights, real, fake)


def mix_on_time(weights, real, fake):
    return weights * real + (1 - weights) * fake if real.shape[-1] == len(weights) else mix_by_loop(weights, real, fake)


def by_two_roots(slopes):
    squares = slopes.flatten(1).square().sum(dim=1)
    flat = squares == 0
    return torch.where(flat, torch.zeros_like(squares), torch.where(flat, torch.ones_like(squares), squares).sqrt())


def update(*, before=False, after=True, clip="both", zero=True, step=True, gradient=False, biases=True, sign=1):
    def project(critic, limit):
        with torch.no_grad():
            for name, parameter in critic.named_parameters():
                if biases or name != "bias":
                    low, high = {"both": (-limit, limit), "upper": (None, limit), "lower": (-limit, None)}.get(clip)
                    parameter.clamp_(low, high)

    def play(critic, optimizer, loss_of, limit):
        if before:
            project(critic, limit)
        if zero:
            optimizer.zero_grad()
        (sign * loss_of(critic)).backward()
        if gradient:
            nn.utils.clip_grad_value_(critic.parameters(), limit)
        if step:
            optimizer.step()
        if after:
            project(critic, limit)
        return critic

    return play


def by_data(critic, optimizer, loss_of, limit):
    loss = loss_of(critic)
    critic.zero_grad()
    loss.backward()
    optimizer.step()
    for parameter in critic.parameters():
        parameter.data = parameter.data.clip(-limit, limit)
    return critic


def returning_the_loss(critic, optimizer, loss_of, limit):
    update()(critic, optimizer, loss_of, limit)
    return loss_of(critic).item()


def off_the_samples(at):
    """The whole loss, with its slopes asked for at one of the two sets."""

    def loss(critic, real, fake, weight):
        points = real if at == "real" else fake
        return losses.critic_loss(critic(real), critic(fake)) + weight * penalties.gradient_penalty(
            critic, points, points
        )

    return loss


def shares_of_more_than_one(critic, real, fake, generator):
    weights = one_a_sample(real, generator)
    return squares(norms_of(sloped(critic, weights * real + (weights - 1) * fake)))


def by_norm(critic, optimizer, loss_of, limit):
    update(after=False)(critic, optimizer, loss_of, limit)
    with torch.no_grad():
        for parameter in critic.parameters():
            parameter.mul_(limit / parameter.norm().clamp(min=limit))
    return critic


def at(angles):
    return torch.stack([torch.as_tensor(angles).cos(), torch.as_tensor(angles).sin()], dim=1)


def turned_by_complex(modes):
    turns = np.exp(2j * np.pi * np.arange(modes) / modes)[::-1]
    return np.stack([turns.real, turns.imag], axis=1)


def keep(better, start=math.inf, update=True):
    def saved(distances):
        best, steps = start, []
        for step, distance in enumerate(distances):
            if better(distance, best):
                steps.append(step)
                if update:
                    best = distance
        return steps

    return saved


def better_than_the_last(distances):
    return [k for k, d in enumerate(distances) if k == 0 or d < distances[k - 1]]


def the_best_of_all(distances):
    return [int(np.nanargmin(distances))] if distances else []


def by_accumulation(distances):
    lowest = np.fmin.accumulate([math.inf, *distances])
    return np.flatnonzero(lowest[1:] < lowest[:-1])


def taking(**changes):
    """A snapshot by parts: the name of each part and how it is taken."""

    def take(model, optimizer, step):
        parts = {
            "model": lambda: copy.deepcopy(model.state_dict()),
            "optimizer": lambda: copy.deepcopy(optimizer.state_dict()),
            "step": lambda: step,
        }
        parts |= {name: (lambda f=f: f(model, optimizer, step)) for name, f in changes.items() if f}
        return {name: part() for name, part in parts.items() if changes.get(name, True)}

    return take


def cloned(model, optimizer, step):
    state = optimizer.state_dict()
    kept = {i: {k: v.clone() for k, v in entry.items()} for i, entry in state["state"].items()}
    return {
        "model": {name: value.clone() for name, value in model.state_dict().items()},
        "optimizer": {"state": kept, "param_groups": copy.deepcopy(state["param_groups"])},
        "step": torch.tensor(step),
    }


def ranged(dim=None):
    def scale(values):
        low = values.amin(dim=dim, keepdim=True) if dim is not None else values.min()
        high = values.amax(dim=dim, keepdim=True) if dim is not None else values.max()
        return 2 * (values - low) / (high - low) - 1

    return scale


def by_interpolation(values):
    ends = [float(values.min()), float(values.max())]
    return np.interp(values.numpy(), ends, [-1.0, 1.0])


def lesson(*, fakes=lambda x: x.detach(), scores=lambda x: x, reals=lambda x: x, sign=1, whole=lambda x: x):
    def loss(generator, critic, real, noise):
        fake = fakes(generator(noise))
        return whole(sign * (scores(critic(fake)).mean() - reals(critic(real)).mean()))

    return loss


def without_gradients(generator, critic, real, noise):
    with torch.no_grad():
        return critic(generator(noise)).mean() - critic(real).mean()


def with_the_fakes_made_off_the_graph(generator, critic, real, noise):
    with torch.no_grad():
        fake = generator(noise)
    return losses.critic_loss(critic(real), critic(fake))


def frozen(generator, critic, real, noise):
    generator.requires_grad_(False)
    return critic(generator(noise)).mean() - critic(real).mean()


def frozen_and_thawed(generator, critic, real, noise):
    loss = frozen(generator, critic, real, noise)
    generator.requires_grad_(True)
    return loss


WRONG = {
    "electrode_penalty": {
        "as found": (FOUND["electrode_penalty"], "over the electrodes at each time step"),
        "a norm an electrode": (charging(lambda g: squares(g.norm(dim=-1))), "a norm over time for each electrode"),
        "a norm a value": (charging(lambda g: squares(g.abs())), "Every single value"),
        "whole batch": (charging(lambda g: (g.norm() - 1) ** 2), "the batch went into the norm"),
        "no square": (charging(lambda g: (norms_of(g) - 1).mean()), "The square is missing"),
        "mean of the norms": (charging(lambda g: (norms_of(g).mean() - 1) ** 2), "averaged before"),
        "median": (charging(lambda g: (norms_of(g) - 1).square().median()), "cost (1 + 4 + 9)/3"),
        "towards 0": (charging(lambda g: norms_of(g).square().mean()), "of slope exactly 1 costs nothing"),
        "four axes by hand": (
            charging(lambda g: squares(g.square().sum(3 if g.ndim == 4 else -1).sum(1).flatten(1).sum(1).sqrt())),
            "stopped with IndexError",
        ),
        "off the graph": (charging(lambda g: squares(norms_of(g)), graph=False), "loose from the graph"),
    },
    "whole_critic_loss": {
        "as found": (FOUND["whole_critic_loss"], "it is not in what you return"),
        "subtracted": (the_loss(charge=-1), "is rewarded"),
        "means flipped": (the_loss(difference=-1), "driven away"),
        "both flipped": (the_loss(difference=-1, charge=-1), "what the critic *maximises*"),
        "a constant": (the_loss(constant=True), "never hear of it"),
        "ten built in": (lambda c, r, f, w: the_loss()(c, r, f, 10.0), "a weight of its own"),
        "weight on all": (lambda c, r, f, w: w * the_loss()(c, r, f, 1.0), "multiplies the whole loss"),
        "penalty alone": (the_loss(difference=0), "Only the penalty is left"),
        "at the fakes": (off_the_samples("fake"), "at the samples themselves"),
        "seven built in": (lambda c, r, f, w: the_loss()(c, r, f, 7.0), "at the weight 2.5"),
        "the squared weight": (lambda c, r, f, w: the_loss()(c, r, f, w * w), "For this linear critic"),
    },
    "slope_of_each": {
        "as found": (FOUND["slope_of_each"], "differentiated the *mean*"),
        "norms": (lambda c, x: norms_of(sloped(c, x)), "these are norms"),
        "downhill": (lambda c, x: -sloped(c, x), "downhill"),
        "one for all": (lambda c, x: sloped(c, x).mean(0, keepdim=True).expand_as(x), "the same slope"),
        "of norm 1": (lambda c, x: nn.functional.normalize(sloped(c, x), dim=1), "scaled to norm 1"),
        "times the batch": (lambda c, x: sloped(c, x) * len(x), "once too often"),
        "no graph": (lambda c, x: sloped(c, x, graph=False), "loose from the graph"),
        "scores not summed": (lambda c, x: sloped(c, x, total=lambda s: s), "stopped with RuntimeError"),
    },
    "penalty_for_a_batch": {
        "as found": (FOUND["penalty_for_a_batch"], "One weight and one norm *a sample*"),
        "one norm": (the_penalty(one_a_sample, lambda g: (g.norm() - 1) ** 2), "still one norm"),
        "one weight": (the_penalty(one_a_batch, lambda g: squares(norms_of(g))), "still one mixing weight"),
        "one weight a value": (
            the_penalty(lambda x, s: torch.rand(x.shape, generator=s), lambda g: squares(norms_of(g))),
            "A weight for every value",
        ),
        "from -1 to 1": (the_penalty(in_half_the_space, lambda g: squares(norms_of(g))), "beyond their two samples"),
        "not its stream": (
            the_penalty(lambda x, s: torch.rand(len(x)).view(-1, *[1] * (x.ndim - 1)), lambda g: squares(norms_of(g))),
            "not drawn from the `generator`",
        ),
        "summed": (the_penalty(one_a_sample, lambda g: (norms_of(g) - 1).square().sum()), "Summed over the batch"),
        "shares of more than 1": (shares_of_more_than_one, "must add up to 1"),
        "median": (the_penalty(one_a_sample, lambda g: (norms_of(g) - 1).square().median()), "cost (1 + 4 + 9)/3"),
        "mean of norms": (the_penalty(one_a_sample, lambda g: (norms_of(g).mean() - 1) ** 2), "averaged before"),
    },
    "weights_between": {
        "as found": (FOUND["weights_between"], "drawn from N(0, 1)"),
        "one for all": (lambda n, s: torch.rand(1, generator=s).expand(n), "the same number"),
        "one alone": (lambda n, s: torch.rand(1, generator=s), "you drew 1"),
        "a column": (lambda n, s: torch.rand(n, 1, generator=s), "The shape (n,)"),
        "4000 for ever": (lambda n, s: torch.rand(4000, generator=s), "for n = 50 you drew 4000"),
        "clamped": (squashed(lambda x: x.clamp(0, 1)), "Clamped"),
        "sigmoid": (squashed(torch.sigmoid), "but not evenly"),
        "from -1 to 1": (lambda n, s: 2 * torch.rand(n, generator=s) - 1, "Uniform on [-1, 1]"),
        "not its stream": (lambda n, s: torch.rand(n), "the same seed gives other weights"),
        "the same for ever": (lambda n, s: torch.linspace(0, 1, n), "whatever the generator's seed"),
    },
    "mix_any_shape": {
        "as found": (FOUND["mix_any_shape"], "became 25 mixtures"),
        "columns": (mix_in_columns, "stopped with RuntimeError"),
        "on time": (mix_on_time, "fit on the *time* axis"),
        "swapped": (lambda w, x, y: mix_by_loop(w, y, x), "on the wrong one"),
        "on the channels": (
            lambda w, x, y: mix_in_columns(w, x, y) if x.ndim == 2 or x.shape[1] == len(w) else mix_by_loop(w, x, y),
            "another axis than the batch",
        ),
        "summed up": (lambda w, x, y: mix_by_loop(w, x, y).sum(0), "five mixtures"),
    },
    "norms_without_nan": {
        "as found": (FOUND["norms_without_nan"], "infinity times 0"),
        "no root": (lambda g: g.flatten(1).square().sum(1), "and no norm either"),
        "a large floor": (lambda g: (g.flatten(1).square().sum(1) + 0.1).sqrt(), "large enough to count"),
        "a floor that shows": (lambda g: (g.flatten(1).square().sum(1) + 1.1e-6).sqrt(), "yours says 0.001049"),
        "absolute values": (lambda g: g.flatten(1).abs().sum(1), "A sum of absolute values"),
        "an axis": (lambda g: g.norm(dim=1), "over one axis alone"),
        "squeezed": (lambda g: norms_of(g).squeeze(), "lost its axis"),
        "off the graph": (lambda g: g.detach().flatten(1).norm(dim=1), "loose from the graph"),
        "half of it off the graph": (
            lambda g: g.flatten(1).norm(dim=1).detach() + 0 * g.flatten(1).sum(1),
            "their derivatives are not",
        ),
    },
    "clipped_update": {
        "as found": (FOUND["clipped_update"], "*after* the step"),
        "not at all": (update(after=False), "Nothing is clipped"),
        "the gradient": (update(after=False, gradient=True), "clipped the *gradient*"),
        "above alone": (update(clip="upper"), "Only the upper limit"),
        "below alone": (update(clip="lower"), "Only the lower limit"),
        "no step": (update(step=False), "not moved at all"),
        "uphill": (update(sign=-1), "uphill"),
        "not the bias": (update(biases=False), "it is a parameter too"),
        "old gradients": (update(zero=False), "last batch's gradients"),
        "returns the loss": (returning_the_loss, "The critic itself was to be returned"),
        "0.01 built in": (lambda c, o, f, limit: update()(c, o, f, 0.01), "wrong for one of 0.003"),
        "to a norm": (by_norm, "moved by the step and by nothing else"),
    },
    "modes_on_a_ring": {
        "as found": (FOUND["modes_on_a_ring"], "seven places"),
        "one fewer": (lambda n: at(2 * math.pi * torch.arange(n - 1) / n), "there are 7 centres"),
        "one more": (lambda n: at(torch.linspace(0, 2 * math.pi, n + 1)), "there are 9 centres"),
        "degrees": (lambda n: at(360.0 * torch.arange(n) / n), "not all 45 degrees"),
        "half a circle": (lambda n: at(math.pi * torch.arange(n) / n), "from 22 to 202"),
        "turned": (lambda n: at(2 * math.pi * (torch.arange(n) + 0.5) / n), "and turned"),
        "two cosines": (lambda n: at(2 * math.pi * torch.arange(n) / n)[:, [0, 0]], "only 5 different"),
        "an ellipse": (lambda n: at(2 * math.pi * torch.arange(n) / n) * torch.tensor([2.0, 1.0]), "distance 1"),
        "eight built in": (lambda n: at(2 * math.pi * torch.arange(8) / 8), "wrong for 1"),
    },
    "saved_steps": {
        "as found": (FOUND["saved_steps"], "Nothing exceeds infinity"),
        "the worst": (keep(lambda d, b: d > b, start=-math.inf), "at each new *worst*"),
        "never updated": (keep(lambda d, b: d < b, update=False), "ever updated"),
        "against the last": (better_than_the_last, "the step before"),
        "only the best": (the_best_of_all, "known only when it is over"),
        "from the second": (lambda d: keep(lambda x, b: x < b)(d)[1:], "The first step is missing"),
        "from 1": (lambda d: [k + 1 for k in keep(lambda x, b: x < b)(d)], "Counted from 1"),
        "ties too": (keep(lambda d, b: d <= b), "is not smaller than it"),
        "NaN is best": (keep(lambda d, b: not d >= b), "every comparison with NaN"),
    },
    "snapshot": {
        "as found": (FOUND["snapshot"], "the schedule begins anew"),
        "no optimiser": (taking(optimizer=None), "running means begin at 0"),
        "live": (lambda m, o, s: {"model": m.state_dict(), "optimizer": o.state_dict(), "step": s}, "went with it"),
        "live optimiser": (taking(optimizer=lambda m, o, s: o.state_dict()), "its optimiser does not"),
        "no buffers": (
            taking(model=lambda m, o, s: {k: v.detach().clone() for k, v in m.named_parameters()}),
            "are no parameters",
        ),
        "objects": (lambda m, o, s: copy.deepcopy({"model": m, "optimizer": o, "step": s}), "The objects themselves"),
        "step four": (taking(step=lambda m, o, s: 4), "After nine steps"),
        "the weights alone": (taking(step=None, optimizer=None), "The weights alone"),
        "a step late": (taking(step=lambda m, o, s: s + 1), "Four steps are done"),
        "the model twice": (taking(optimizer=lambda m, o, s: m.state_dict()), "is not this optimiser's state"),
    },
    "for_tanh": {
        "as found": (FOUND["for_tanh"], "half of its range"),
        "each signal": (ranged(dim=2), "Each signal by its own range"),
        "each time step": (ranged(dim=0), "Each time step"),
        "standardised": (lambda x: (x - x.mean()) / x.std(), "wants a linear last layer"),
        "as if from 0 to 1": (lambda x: 2 * x - 1, "2x - 1 is right"),
        "upside down": (lambda x: -ranged()(x), "Upside down"),
        "by the largest": (lambda x: x / x.abs().max(), "stays nearly empty"),
        "a tanh of it": (lambda x: ((x - x.mean()) / x.std()).tanh(), "along another path"),
    },
    "critics_lesson": {
        "as found": (FOUND["critics_lesson"], "the exact opposite"),
        "the scores cut off": (lesson(fakes=lambda x: x.detach(), scores=lambda s: s.detach()), "real samples alone"),
        "the real scores cut off": (lesson(reals=lambda s: s.detach()), "fakes alone"),
        "all cut off": (without_gradients, "Nobody learns"),
        "frozen": (frozen, "stay frozen"),
        "turned around": (lesson(sign=-1), "The sign is turned around"),
        "another loss": (lesson(whole=lambda x: x + 1), "The loss is E D(G(z)) - E D(x)"),
    },
    "hidden_units": {
        "as found": (FOUND["hidden_units"], "1 // 2 = 0"),
        "rounded up": (lambda n: (n + 1) // 2, "Rounded up"),
        "a half": (lambda n: max(0.5, n / 2), "Half a unit"),
        "all of them": (lambda n: n, "As many units as channels"),
        "two at least": (lambda n: max(2, n // 2), "2 units for one channel"),
        "always one": (lambda n: 1, "The same number"),
        "one more": (lambda n: n // 2 + 1, "yours are"),
    },
}

RIGHT = {
    "electrode_penalty": {
        "the library": lambda c, x: penalties.unit_slope_penalty(penalties.gradient_norms(c, x)),
        "by squares": charging(lambda g: squares(g.square().flatten(1).sum(1).sqrt())),
        "one by one": lambda c, x: torch.stack([(g.norm() - 1) ** 2 for g in one_by_one(c, x)]).mean(),
        "by axes": charging(lambda g: squares(torch.linalg.vector_norm(g, dim=tuple(range(1, g.ndim))))),
    },
    "whole_critic_loss": {
        "the library": the_loss(),
        "turned around": lambda c, r, f, w: -(c(r).mean() - c(f).mean() - w * penalties.gradient_penalty(c, r, f)),
    },
    "slope_of_each": {
        "grad_outputs": by_grad_outputs,
        "one by one": one_by_one,
        "the mean, times B": lambda c, x: sloped(c, x, total=torch.mean) * len(x),
    },
    "penalty_for_a_batch": {
        "the library": by_library,
        "by hand": the_penalty(one_a_sample, lambda g: squares(norms_of(g))),
        "the other way": the_penalty(lambda x, s: 1 - one_a_sample(x, s), lambda g: squares(norms_of(g))),
    },
    "weights_between": {
        "rand": lambda n, s: torch.rand(n, generator=s),
        "uniform_": lambda n, s: torch.empty(n, dtype=torch.float64).uniform_(generator=s),
        "double": lambda n, s: torch.rand(n, generator=s, dtype=torch.float64),
        "normal, by its own law": squashed(torch.special.ndtr),
        "by NumPy": by_numpy,
    },
    "mix_any_shape": {"a loop": mix_by_loop, "einsum": mix_by_einsum, "turned": mix_from_behind},
    "norms_without_nan": {
        "torch's": norms_of,
        "a small floor": lambda g: (g.flatten(1).square().sum(1) + 1e-12).sqrt(),
        "the largest floor": lambda g: (g.flatten(1).square().sum(1) + 1e-6).sqrt(),
        "clamped before": lambda g: g.flatten(1).square().sum(1).clamp(min=1e-16).sqrt(),
        "where, twice": by_two_roots,
    },
    "clipped_update": {"in the paper's order": update(), "before and after": update(before=True), "data": by_data},
    "modes_on_a_ring": {
        "arange": lambda n: at(2 * math.pi * torch.arange(n) / n),
        "linspace without its end": lambda n: at(torch.linspace(0, 2 * math.pi, n + 1)[:-1]),
        "linspace without its start": lambda n: at(torch.linspace(0, 2 * math.pi, n + 1)[1:]),
        "complex, backwards": turned_by_complex,
    },
    "saved_steps": {"a loop": keep(lambda d, b: d < b), "accumulated": by_accumulation},
    "snapshot": {"copied": taking(), "cloned": cloned},
    "for_tanh": {
        "by range": ranged(),
        "by middle": lambda x: (x - (x.max() + x.min()) / 2) / ((x.max() - x.min()) / 2),
        "interpolated": by_interpolation,
    },
    "critics_lesson": {
        "detached": lesson(),
        "off the graph": with_the_fakes_made_off_the_graph,
        "frozen and thawed": frozen_and_thawed,
    },
    "hidden_units": {
        "max": lambda n: max(1, n // 2),
        "or": lambda n: n // 2 or 1,
        "numpy": lambda n: np.clip(n // 2, 1, None),
    },
}

test_wrong_answers_are_refused_by_their_misconception = refuses(WRONG)
test_right_answers_are_accepted_however_they_are_written = accepts(RIGHT)


@pytest.mark.parametrize("name", NAMES)
def test_a_mended_exhibit_differs_from_it_in_its_verdict_alone(name):
    """A judge leaves nothing behind: the same answer is judged alike twice, whatever was judged between."""
    judge = EXERCISES[name].verdict
    first, good = judge(FOUND[name]), judge(next(iter(RIGHT[name].values())))
    assert judge(FOUND[name]) == first and first.right is False and good.right is True


@pytest.mark.parametrize("name", NAMES)
def test_no_judge_raises_whatever_it_is_given(name):
    for answer in (None, 3, "x", lambda: 1, lambda *a: None, lambda *a: "x", lambda *a: a, lambda *a: torch.ones(0)):
        assert EXERCISES[name].verdict(answer).right is not True
