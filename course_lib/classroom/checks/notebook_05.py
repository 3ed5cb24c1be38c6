"""Judges of notebook 05: the clipped step, the schedule, what a linear critic reaches, the steepest critic."""

import numpy as np
import torch
from numpy import ndarray

from course_lib.classroom.checks.base import as_function, as_number, as_tensor, close, exercise, refuse
from course_lib.classroom.checks.numbers import apart

# ------------------------------------------------------------------------------------------------ the clipped step


@exercise(
    notebook="05",
    title="One clipped step",
    right="A projection after the step: the loss and its gradient know nothing of the clip.",
)
def clipped_step(answer):
    step = as_function(answer)
    weights = torch.tensor([0.009, -0.009, 0.004, 0.2, 0.0], dtype=torch.float64)
    slopes = torch.tensor([-1.0, 1.0, 0.5, 0.0, 0.3], dtype=torch.float64)

    def ask(w, g, rate, limit):
        return as_tensor(step(w.clone(), g.clone(), rate, limit), shape=tuple(w.shape), what="the new weights").double()

    rate, limit = 0.005, 0.01
    got, moved = ask(weights, slopes, rate, limit), weights - rate * slopes
    right = moved.clamp(-limit, limit)
    if close(got, right):
        # steps far beyond the box, and another limit
        again = ask(weights, 100 * slopes, 0.05, 0.5)
        if close(again, (weights - 5 * slopes).clamp(-0.5, 0.5)):
            return None
        return "With the limit 0.01 you are right, with 0.5 you are not: is the limit built into your function?"
    if close(got, weights.clamp(-limit, limit) - rate * slopes):
        return (
            "Clipped first, stepped then: 0.009 with the gradient -1 became 0.014, outside the box of 0.01. The critic "
            "that the generator sees must lie inside: clip *after* the step."
        )
    if close(got, weights - rate * slopes.clamp(-limit, limit)):
        return (
            "That is gradient clipping: the step became small, and the weight 0.2 is still 0.2. A box for the weights "
            "bounds the critic; a bound on the gradients bounds nothing but one step."
        )
    if close(got, moved):
        return "The step is right, and nothing was clipped: 0.009 became 0.014, outside the box of 0.01."
    if close(got, (weights + rate * slopes).clamp(-limit, limit)):
        return (
            "Uphill: the gradients are those of the critic's *loss*, mean(fake) - mean(real), which is minimised. "
            "Subtract the rate times the gradient."
        )
    if close(got, moved.clamp(max=limit)):
        return "Only the upper side is clipped: -0.014 is as far outside the box as 0.014. Cut the *absolute* value."
    if close(got, moved.abs().clamp(max=limit)):
        return "The sign is lost: -0.014 is cut to -0.01, not to 0.01."
    if close(got, moved * min(1.0, limit / float(moved.norm()))) or close(
        got, moved * min(1.0, limit / float(moved.abs().max()))
    ):
        return (
            "You scaled all weights down together. A projection onto the box cuts each weight by itself: 0.0015 lies "
            "inside and stays where it is."
        )
    return (
        f"For the weights {_row(weights)} with gradients {_row(slopes)}, rate 0.005 and limit 0.01 the new weights are "
        f"{_row(right)}, and yours are {_row(got)}."
    )


def _row(values: torch.Tensor) -> str:
    return "(" + ", ".join(f"{float(v):.4g}" for v in values) + ")"


# ---------------------------------------------------------------------------------------------------- the schedule


@exercise(
    notebook="05",
    title="The schedule",
    right="Five critic steps, then one generator step: the estimate comes before the step that trusts it.",
)
def wgan_schedule(answer):
    schedule = as_function(answer)

    def ask(generator_steps: int, critic_steps: int) -> str:
        order = schedule(generator_steps, critic_steps)
        order = order.tolist() if isinstance(order, ndarray) else order
        letters = "".join(str(letter) for letter in order) if isinstance(order, (str, list, tuple)) else "?"
        if set(letters) - {"C", "G"}:
            refuse("The order of updates was asked for as letters, C for the critic and G for the generator: 'CG...'.")
        return letters

    got, right = ask(3, 5), "CCCCCG" * 3
    if got == right:
        other = ask(2, 1) + " " + ask(1, 7)
        if other == "CGCG CCCCCCCG":
            return None
        return "With five critic steps you are right, with another number you are not: use `critic_steps`."
    c, g = got.count("C"), got.count("G")
    said = f"Asked for 3 generator steps with 5 critic steps each, you took {c} critic and {g} generator steps"
    if not got:
        return "Yours is an empty order: nobody is updated."
    if got == "CGGGGG" * 3 or (g == 15 and c == 3):
        return (
            f"{said}: the wrong way round. The critic must be near its best before the generator uses its slope, so it "
            "is the critic that takes the five."
        )
    if got == "GCCCCC" * 3:
        return (
            "The numbers are right, and the generator goes first: it followed the slope of a critic that had not been "
            "trained at all. First the critic's five, then the generator's one."
        )
    if c == 15 and g == 3:
        return (
            f"15 and 3 are the right numbers, in the wrong order ({got}): the critic must catch up after *every* "
            "generator step, since each one moves the distribution that it judges."
        )
    if g == 15 and c == 15:
        return f"{said}: one each, as in a plain GAN, five times as often."
    if g == 3 and c == 3:
        return f"{said}: one each, as in a plain GAN."
    if c == 5 and g == 3:
        return f"{said}: five in all. They are five for *each* generator step."
    return f"{said}; 15 and 3 were asked for, in the order {right}."


# --------------------------------------------------------------------------------------- what a linear critic reaches


@exercise(
    notebook="05",
    title="What a linear critic reaches",
    right="A distance between means only, scaled by the clip, in a norm that is not Euclid's.",
)
def linear_reach(answer):
    reach = as_function(answer)
    random = np.random.default_rng(5)
    line = random.normal(1.0, 1.0, (60, 1)), random.normal(-0.5, 3.0, (40, 1))
    space = random.normal([3.0, -1.0, 0.2], 1.0, (60, 3)), random.normal([0.0, 3.0, 0.0], 2.0, (40, 3))

    def ask(pair: tuple[ndarray, ndarray], clip: float) -> float:
        return as_number(reach(pair[0].copy(), pair[1].copy(), clip), what="what the critic reaches")

    gap = space[0].mean(axis=0) - space[1].mean(axis=0)
    one, got, right = ask(line, 0.1), ask(space, 0.1), 0.1 * np.abs(gap).sum()
    line_gap = float(line[0].mean() - line[1].mean())
    if close(got, right) and close(one, 0.1 * line_gap):
        other = ask((line[1], line[0]), 0.1)
        if close(other, -0.1 * line_gap):
            return "Swap the two samples and yours turns negative: the critic may take the slope -c as well as +c."
        return None if close(ask(space, 2.0), 20 * right) else "At the clip 0.1 you are right, and at 2 you are not."
    if close(got, 10 * right) or close(got, np.linalg.norm(gap)):
        return (
            "Your answer does not know the clip. A critic with weights of at most 0.1 reaches a tenth of what one with "
            "weights of at most 1 does: its estimate is a *scaled* distance."
        )
    if close(got, 0.1 * np.linalg.norm(gap)):
        return (
            "On the line you are right; in three dimensions you took the length of the difference of means. That is "
            "the best of |w|_2 <= c, a ball. The clip bounds each weight by itself, a *box*, and in its corner every "
            "coordinate adds its part."
        )
    if close(got, 0.1 * np.abs(gap).max()):
        return "You used the one coordinate that differs most. Every weight may be c at once: all of them add up."
    if close(got, 0.1 * gap.sum()):
        return (
            "The differences of the coordinates have cancelled. Each weight takes the sign that helps, so each "
            "coordinate counts with its absolute value."
        )
    if close(got, 0.1 * np.abs(gap).mean()):
        return "You averaged over the coordinates; w.x is a sum over them."
    from course_lib.transport import wasserstein, wasserstein_1d

    if close(one, 0.1 * wasserstein_1d(line[0][:, 0], line[1][:, 0])) or close(got, 0.1 * wasserstein(*space)):
        return (
            "That is c times the exact W1, which sees the spread as well. A straight line sees only the means: two "
            "distributions with one mean are the same to it."
        )
    means = np.round(gap, 3).tolist()
    return f"For the differences of means {means} and the clip 0.1 it reaches {right:.4f}; yours {got:.4f}."


# ------------------------------------------------------------------------------------------------ the steepest critic


@exercise(
    notebook="05",
    title="The steepest clipped critic",
    right="The clip enters once a layer: this is why one c cannot suit every architecture.",
)
def steepest_slope(answer):
    slope = as_function(answer)

    def ask(clip: float, width: int, hidden: int, inputs: int) -> float:
        return as_number(slope(clip, width, hidden, inputs), what="the slope")

    def right(clip: float, width: int, hidden: int, inputs: int) -> float:
        return clip ** (hidden + 1) * width**hidden * inputs**0.5

    case = dict(clip=0.1, width=30, hidden=2, inputs=4)
    got, c, n, h, d = ask(*case.values()), *case.values()
    if close(got, right(*case.values())):
        others = [(0.02, 64, 1, 2), (0.3, 8, 5, 1), (0.01, 512, 12, 2)]
        wrong = [other for other in others if not close(ask(*other), right(*other), abs=0)]
        if not wrong:
            return None
        return f"Right for clip 0.1, width 30, 2 hidden layers, 4 inputs; for {wrong[0]} it is {right(*wrong[0]):.4g}."
    asked = "For clip 0.1, width 30, 2 hidden layers and 4 inputs"
    if close(got, 1):
        return f"{asked} you say 1: clipping bounds the slope by *some* K, and nothing makes that K equal to 1."
    if close(got, c):
        return f"{asked} you say 0.1, the clip itself: that is the slope of a critic with a single weight."
    if close(got, c ** (h + 1)):
        return (
            f"{asked} you say c^3: one weight a layer. Each of the 30 units sums over 30 others, and with all weights "
            "+c those sums add up: where is the width?"
        )
    if close(got, c**h * n ** (h - 1) * d**0.5):
        return "One layer is missing: 2 hidden layers have 3 weight matrices, the last of which makes the score."
    if close(got, c ** (h + 1) * n**h):
        return (
            f"{asked} you say {got:.3g}: that is the slope along *one* coordinate. All 4 inputs have it, so the "
            "gradient's length is sqrt(4) times as much."
        )
    if close(got, c ** (h + 1) * n**h * d):
        return "You summed the four partial slopes; the length of the gradient is the root of the sum of their squares."
    if close(got, c ** (h + 1) * n ** (h + 1) * d**0.5) or close(got, c ** (h + 1) * n ** (h + 1)):
        return "One width too many: three matrices have two layers of 30 between them, and sums of 30 are taken twice."
    if close(got, c ** (h + 1) * n ** (h / 2) * d**0.5):
        return (
            "You took sqrt(n) a layer: that is how much *random* signs let through. With all weights equal the sums of "
            "n terms grow like n."
        )
    return "{} the slope is {}, and yours is {}.".format(asked, *apart(right(*case.values()), got, ".4g"))
