"""Judges of notebook 04: distances on the line, feasible prices, Gaussians, and GroupSort."""

import numpy as np
import torch
from numpy import ndarray
from scipy.stats import wasserstein_distance

from course_lib.classroom.checks.base import as_function, as_number, as_tensor, close, exercise, refuse, worst
from course_lib.classroom.checks.numbers import apart

# ----------------------------------------------------------------------------------------- samples on a line


def _cut_short(x: ndarray, y: ndarray) -> float:
    shorter = min(len(x), len(y))
    return float(np.abs(np.sort(x)[:shorter] - np.sort(y)[:shorter]).mean())


def _stretched(x: ndarray, y: ndarray) -> float:
    """Sorted values interpolated to one length: the quantile functions are stairs, and this makes ramps of them."""
    longer = max(len(x), len(y))
    both = [np.interp(np.linspace(0, 1, longer), np.linspace(0, 1, len(s)), np.sort(s)) for s in (x, y)]
    return float(np.abs(both[0] - both[1]).mean())


@exercise(
    notebook="04",
    title="Sorted samples of different sizes",
    right="No plan was computed: on a line the area between two staircases is the cheapest plan's cost.",
)
def line_distance(answer):
    distance = as_function(answer)

    def ask(x: ndarray, y: ndarray) -> float:
        return as_number(distance(x.copy(), y.copy()), what="the distance")

    random = np.random.default_rng(0)
    x, y = random.normal(0, 1, 9), random.permutation(np.linspace(-3, 4, 9) ** 3 / 9)
    got, right = ask(x, y), wasserstein_distance(x, y)
    if close(got, np.abs(x - y).mean()):
        return (
            f"For two samples of 9 the distance is {right:.4f}, and yours is {got:.4f}: each x went to the y that "
            "happens to stand at the same index. The order of a sample means nothing: sort both first."
        )
    if close(abs(got), abs(x.mean() - y.mean())):  # the area with its signs is the same number
        return (
            f"Yours is {got:.4f}, the difference of the means, and the distance is {right:.4f}. (If you added up "
            "F - G without taking its size at each place, that is what is left.) Where F lies below G mass travels "
            "the other way, and that is work too: two heaps with one mean can be far from each other."
        )
    if close(got, 9 * right):
        return f"Yours is {got:.4f}, nine times the distance: a sum over the samples, each of which has the mass 1/9."
    squares = ((np.sort(x) - np.sort(y)) ** 2).mean()
    if close(got, squares) or close(got, np.sqrt(squares)):
        return f"You charged squared distances: that is W2, or its square. W1 charges the distance, and is {right:.4f}."
    places = np.sort(np.r_[x, y])
    heights = [np.searchsorted(np.sort(s), places, side="right") / len(s) for s in (x, y)]
    if close(got, np.abs(heights[0] - heights[1]).max()) or close(got, np.abs(heights[0] - heights[1]).mean()):
        return (
            f"You compared the heights of the two distribution functions ({got:.4f}), and never asked how far apart "
            "the places lie. An area is height times width."
        )
    if not close(got, right):
        return f"For two samples of 9 numbers the distance is {right:.4f}, and yours is {got:.4f}."
    short, long = random.normal(0, 1, 4), random.exponential(2, 7)
    got, right = ask(short, long), wasserstein_distance(short, long)
    if close(got, _cut_short(short, long)):
        return (
            f"With 9 against 9 you are right; with 4 against 7 yours is {got:.4f} and the distance {right:.4f}. "
            "You dropped the three largest of the longer sample: each point has the mass 1/7 and must go somewhere."
        )
    if close(got, _stretched(short, long)) or close(got, _stretched(long, short)):
        return (
            f"With 4 against 7 yours is {got:.4f} and the distance {right:.4f}. You stretched the shorter sample to "
            "seven values in between, which nobody has drawn. A pile of 1/4 may be split, but it lies at one place."
        )
    if not close(got, right):
        return (
            f"With 9 against 9 you are right; with 4 against 7 yours is {got:.4f} and the distance {right:.4f}. "
            "The mass of a point is 1/4 in one sample and 1/7 in the other."
        )
    ties = ask(np.array([0.0, 0.0, 1.0]), np.array([1.0, 0.0, 1.0]))
    if not close(ties, 1 / 3):
        return (
            f"From (0, 0, 1) to (0, 1, 1) a third of the mass moves by 1, so the distance is 0.3333, and yours is "
            f"{ties:.4f}. Two samples at one place are two samples."
        )
    return None


# ------------------------------------------------------------------------------------------------ feasible prices


@exercise(
    notebook="04",
    title="Prices that anybody can check",
    right="That is the c-transform: whatever the prices were, the result bounds the distance from below.",
)
def best_prices(answer):
    prices = as_function(answer)
    random = np.random.default_rng(1)
    x, y, psi = random.uniform(0, 6, 8), random.uniform(0, 6, 5), random.normal(0, 1, 5)
    result = as_tensor(prices(x.copy(), y.copy(), psi.copy()), what="the prices").detach().cpu().double().numpy()
    room = np.abs(x[:, None] - y) - psi
    if result.shape == (5,):
        refuse(
            "One price for each of the 8 piles was expected, and these are 5, as many as there are holes. "
            + ("The minimum was taken over the piles. " if close(result, room.min(axis=0)) else "")
            + "A pile is bound by every hole, so run over the holes."
        )
    got = as_tensor(result, shape=(8,), what="the prices").numpy()
    if close(got, room.min(axis=1)):
        return None
    highest = (got[:, None] + psi - np.abs(x[:, None] - y)).max()
    if close(got, room.max(axis=1)):
        return (
            f"You took the loosest limit: one trip is now dearer than its length by {highest:.2f}. "
            "A price must respect every hole at once: the tightest limit counts."
        )
    if close(got, (np.abs(x[:, None] - y) + psi).min(axis=1)):
        return (
            "The sign of psi: u + psi ≤ |x - y| leaves |x - y| *minus* psi for the pile. What the hole already asks, "
            "the pile cannot ask again."
        )
    if close(got, np.abs(x[:, None] - y).min(axis=1)):
        return "Only the way to the nearest hole was asked for, whatever it charges. Where are the prices psi?"
    nearest = np.abs(x[:, None] - y).argmin(axis=1)
    if close(got, room[np.arange(8), nearest]):
        return (
            "Each pile asked its nearest hole. A hole further away may charge more and so bind more tightly: take the "
            f"smallest of |x - y| - psi, over all y. One trip is now dearer than its length by {highest:.2f}."
        )
    if close(got, room.mean(axis=1)):
        return (
            "That is the mean of the limits, and it breaks each limit that lies below the mean: one trip is now dearer "
            f"than its length by {highest:.2f}. The tightest limit counts."
        )
    if highest > 1e-9:
        return f"A trip is dearer than its length by {highest:.4f}: u + psi ≤ |x - y| must hold for all pairs."
    loss = (room.min(axis=1) - got).max()
    return f"No trip is too dear, but one pile could ask {loss:.4f} more: these are not the highest prices."


# ---------------------------------------------------------------------------------------------------- Gaussians


@exercise(
    notebook="04",
    title="Two Gaussians",
    right="In more dimensions this is the Frechet distance, by which notebook 09 will judge generators.",
)
def gaussian_distance(answer):
    distance = as_function(answer)
    m1, s1, m2, s2 = 1.0, 2.0, -0.5, 0.7

    def ask(*numbers: float) -> float:
        return as_number(distance(*numbers), what="the distance")

    got, right = ask(m1, s1, m2, s2), np.hypot(m1 - m2, s1 - s2)
    if close(got, right**2):
        return f"{got:.4f} is W2 squared, which is no distance (the detour may be shorter). Take the root: {right:.4f}."
    if close(got, np.hypot(m1 - m2, np.sqrt(abs(s1**2 - s2**2)))) or close(got, np.hypot(m1 - m2, s1**2 - s2**2)):
        return (
            "You took the difference of the variances. The map between the two stretches by s2/s1, so a sample z "
            "deviations out moves by (s1 - s2) z: the deviations are subtracted, then squared."
        )
    if close(got, np.sqrt((m1 - m2) ** 2 + s1**2 + s2**2)):
        return (
            "(m1 - m2)² + s1² + s2² is what the *independent* plan costs: each sample to any other. The best plan "
            "keeps the order, which saves 2 s1 s2."
        )
    if close(got, abs(m1 - m2) + abs(s1 - s2)):
        return "The two parts add by their squares, as the legs of a right triangle do."
    if close(got, abs(m1 - m2)):
        return "Only the means were compared: two heaps on one spot, a wide and a narrow one, are not 0 apart."
    if not close(got, right):
        return f"For N(1, 2²) and N(-0.5, 0.7²) the distance is {right:.4f}, and yours is {got:.4f}."
    back = ask(m2, s2, m1, s1)
    if not close(back, right):
        return f"The way back is as long as the way there: {right:.4f}, and yours is {back:.4f}."
    other = ask(0.3, 0.4, 2.3, 1.9)
    if not close(other, 2.5):
        return f"From N(0.3, 0.4²) to N(2.3, 1.9²) it is 2.5, and yours is {other:.4f}."
    return None


# ---------------------------------------------------------------------------------------------------- GroupSort


@exercise(
    notebook="04",
    title="GroupSort",
    right="It only moves numbers about, so no length and no gradient is lost on the way through.",
)
def group_sort(answer):
    sort = as_function(answer)
    features = torch.randn(5, 6, generator=torch.Generator().manual_seed(0)).requires_grad_(True)
    got = as_tensor(sort(features), shape=(5, 6), what="the sorted features")
    x = features.detach()
    pairs = x.reshape(5, 3, 2)
    low, high = pairs.amin(dim=2), pairs.amax(dim=2)
    right = torch.stack([low, high], dim=2).reshape(5, 6)
    if close(got, torch.stack([high, low], dim=2).reshape(5, 6)):
        return "Each pair is sorted, but with the larger one first. The smaller one comes first here."
    if close(got, torch.cat([low, high], dim=1)):
        return (
            "All minima come first, then all maxima: the right numbers at other places. Put each pair back where it "
            "stood, shape (B, C // 2, 2) to (B, C)."
        )
    if close(got, x.sort(dim=0).values):
        return (
            "You sorted over the batch: what one sample gives now depends on which others came with it, and a critic "
            "must judge each sample by itself. Sort features, not samples."
        )
    if close(got, x.sort(dim=1).values):
        return "All six features of a sample were sorted together. GroupSort sorts each neighbouring pair by itself."
    halves = x.reshape(5, 2, 3).sort(dim=1).values
    if close(got, halves.reshape(5, 6)) or close(got, halves.transpose(1, 2).reshape(5, 6)):
        return "Features 0 and 3 were paired, 1 and 4, 2 and 5. Neighbours belong together: 0 with 1, 2 with 3."
    if close(got, x.clamp(min=0)):
        return "That is a ReLU: it throws the negative half away, and the length with it. Nothing may be lost here."
    if close(got, high.repeat_interleave(2, dim=1)) or close(got, torch.cat([high, high], dim=1)):
        return "Only the larger one of each pair is left: that is maxout. Keep both, or half of the information goes."
    if not close(got, right):
        i, k = worst(got, right)
        return (
            f"For the features {[round(v, 2) for v in x[i].tolist()]} the result is "
            f"{[round(v, 2) for v in right[i].tolist()]}, and yours is {[round(v, 2) for v in got[i].tolist()]}: look "
            f"at place {k}, {' and '.join(apart(right[i, k].item(), got[i, k].item(), '.2f'))}."
        )
    if not got.requires_grad:
        return "The numbers are right, but no gradient flows through them: stay in PyTorch, without NumPy or detach."
    (slope,) = torch.autograd.grad((got * got.detach()).sum(), features)
    if not close(slope, x):
        return "The numbers are right, but the gradient is not that of a permutation of the features."
    two = as_tensor(sort(torch.tensor([[2.0, -1.0], [0.0, 3.0]])), shape=(2, 2), what="the sorted features of two")
    if not close(two, [[-1.0, 2.0], [0.0, 3.0]]):
        return f"For the two samples (2, -1) and (0, 3), (-1, 2) and (0, 3) are right, and yours are {two.tolist()}."
    return None
