"""Judges of notebook 02: KL with its zeros, the fit that covers, KL by sampling, JS of one block inside another."""

import math

import numpy as np
from numpy import ndarray
from scipy.stats import norm

from course_lib.classroom.checks.base import as_function, as_number, as_tensor, close, exercise, refuse

LOG2 = math.log(2)


def _pair(value: object, *, what: str) -> tuple[float, float]:
    """Two numbers out of a tuple, list, array or tensor."""
    first, second = as_tensor(value, shape=(2,), what=what).detach().cpu().double().tolist()
    return first, second


# ------------------------------------------------------------------------------------------- KL, zeros and all


@exercise(
    notebook="02",
    title="KL with its zeros",
    right="That is divergences.kl, but for its checks of what it is given.",
)
def kl_with_zeros(answer):
    kl = as_function(answer)

    def ask(p: list[float], q: list[float]) -> float:
        with np.errstate(all="ignore"):  # log 0 on the way to a right answer is nobody's mistake
            got = kl(np.array(p), np.array(q))
        try:
            beyond = not math.isfinite(got)  # infinity is an answer here
        except (TypeError, ValueError):
            beyond = False
        return float(got) if beyond else as_number(got, what="KL")

    p, q = [0.75, 0.25], [0.5, 0.5]
    got, right = ask(p, q), 0.75 * math.log(3) - LOG2
    if close(got, LOG2 - 0.5 * math.log(3)):
        return "That is KL(q‖p). KL is not symmetric: the average is taken over p, and p stands above in the ratio."
    if close(got, -right):
        return f"The right size with the wrong sign: the ratio is p over q, and KL is {right:.4f}, never negative."
    if close(got, right / LOG2):
        return f"{got:.4f} bits are {right:.4f} nats: take the natural logarithm."
    if close(got, right / 2):
        return "You took the mean over the outcomes. The average is over p: p itself is the weight, so sum."
    if close(got, math.log(1.5) + math.log(0.5)):
        return "Every log ratio counts as much as any other in your sum. Weigh each with p, and it becomes an average."
    if close(got, LOG2):
        return "That is the cross-entropy, -sum of p log q. KL is what is left of it after p's own entropy."
    if not close(got, right):
        return f"KL((3/4, 1/4)‖(1/2, 1/2)) is {right:.4f} nats, and yours is {got:.4g}."
    unseen = ask([1.0, 0.0], [0.5, 0.5])
    if math.isnan(unseen):
        return (
            "An outcome with p = 0 gives NaN: 0 log 0 is 0, because x log x goes to 0 with x. Leave such outcomes out."
        )
    if not close(unseen, LOG2, abs=1e-5):
        return (
            f"KL((1, 0)‖(1/2, 1/2)) is log 2 = 0.6931, and yours is {unseen:.4g}. What does an outcome with p = 0 add?"
        )
    nobody = ask([0.5, 0.5, 0.0], [0.25, 0.75, 0.0])
    if not close(nobody, 0.5 * math.log(2) + 0.5 * math.log(2 / 3), abs=1e-5):
        return (
            f"An outcome that neither p nor q ever shows changes nothing; with one more of that kind yours is {nobody}."
        )
    impossible = ask([0.5, 0.5], [1.0, 0.0])
    if impossible == math.inf:
        return None
    if close(impossible, 0.5 * math.log(0.5)):
        return (
            "Half of p's mass lies where q has none, and your sum has dropped it (and is negative, which KL never is). "
            "Only p = 0 may be left out: where q = 0 and p is not, KL is infinite."
        )
    if math.isnan(impossible):
        return (
            "KL((1/2, 1/2)‖(1, 0)) is NaN by your function, and infinity is right: log(p/0) is infinite, not undefined."
        )
    return (
        f"KL((1/2, 1/2)‖(1, 0)) is {impossible:.4g} by your function, and infinity is right. A small number added to q "
        "hides it: the result is then half the logarithm of *your* small number, and says nothing about p and q."
    )


# ------------------------------------------------------------------------------------------- the fit that covers


@exercise(
    notebook="02",
    title="The fit that covers",
    right="Maximum likelihood does the same with samples in p's place, and that is why it covers.",
)
def covering_fit(answer):
    weights, means, stds = np.array([0.3, 0.7]), np.array([-1.0, 3.0]), np.array([0.5, 1.0])
    result = as_function(answer)(weights.copy(), means.copy(), stds.copy())
    mean, std = _pair(result, what="mean and standard deviation")
    right_mean = float(weights @ means)  # 1.8
    within, between = float(weights @ stds**2), float(weights @ (means - right_mean) ** 2)
    right_std = math.sqrt(within + between)

    def same(a: float, b: float) -> bool:
        return close(a, b, rel=5e-3)

    if same(mean, right_mean) and same(std, right_std):
        return None
    if same(mean, right_std) and same(std, right_mean):
        return "Both numbers are right and in the wrong order: return mean, std."
    if same(mean, 3) and same(std, 1) or same(mean, -1) and same(std, 0.5):
        return (
            "That is one of the bumps: it has (nearly) the least KL(q‖p), the reverse one. KL(p‖q) charges q for every "
            "place where p has mass and q has none, so its best q covers both bumps."
        )
    if same(mean, float(means.mean())):
        return "The bumps do not weigh the same: p's mean is the mean of the bumps' means *by weight*, 1.8 here."
    if not same(mean, right_mean):
        return f"p's mean is the sum of weight times mean, {right_mean} here, and yours is {mean:.4g}."
    if same(std, right_std**2):
        return f"That is the variance, {std:.4g}: take its root."
    if same(std, math.sqrt(within)):
        return (
            "You averaged the variances inside the bumps and forgot that the bumps lie apart: the spread of their "
            "means adds to it. Your q has next to nothing where p has its bumps."
        )
    if same(std, math.sqrt(between)):
        return "That is the spread of the bumps' means alone; the variance inside the bumps adds to it."
    if same(std, float(weights @ stds)):
        return "You averaged standard deviations. Variances add, and those of the bumps' means are still missing."
    if same(std, math.sqrt(within + float(weights @ means**2))):
        return "That is the root of the second moment E[x²]. A variance is E[x²] - (E[x])²."
    return f"For these two bumps the standard deviation is {right_std:.4f}, and yours is {std:.4g}."


# ------------------------------------------------------------------------------------------------ KL by sampling


@exercise(
    notebook="02",
    title="KL by sampling",
    right="It needs no grid, so it works in 160 dimensions, as long as both log densities can be evaluated.",
)
def kl_by_sampling(answer):
    random, drawn = np.random.default_rng(0), []

    def sample_p(n: int) -> ndarray:
        drawn.append(random.normal(1.0, 0.5, size=int(n)))
        return drawn[-1].copy()

    n = 400
    result = as_function(answer)(sample_p, lambda x: norm.logpdf(x, 1.0, 0.5), lambda x: norm.logpdf(x, 0.0, 2.0), n)
    if not drawn:
        return "sample_p was never called. Draw x from p: the average over those draws is the integral over p."
    x = np.concatenate(drawn)
    if len(x) != n:
        return f"{n} draws were asked for, and yours took {len(x)}: sample_p(n) draws n of them."
    if isinstance(result, (tuple, list)):
        for value, what in zip(result, ("the estimate", "the standard error"), strict=False):
            as_number(value, what=what)
    if np.ndim(result) == 0:
        refuse(
            "Two numbers were asked for: return estimate, standard_error. Without the second nobody trusts the first."
        )
    estimate, error = _pair(result, what="estimate and standard error")
    ratio = norm.logpdf(x, 1.0, 0.5) - norm.logpdf(x, 0.0, 2.0)
    right, spread = float(ratio.mean()), float(ratio.std())
    if close(estimate, -right, rel=1e-3):
        return "The sign is turned round: the average of log p - log q over draws from p, which is positive."
    if close(estimate, right / LOG2, rel=1e-3):
        return f"{estimate:.4f} bits are {right:.4f} nats: log_p and log_q are natural logarithms already."
    if close(estimate, float(ratio.sum()), rel=1e-3):
        return "You summed the log ratios and did not divide by n."
    weighted = np.exp(norm.logpdf(x, 1.0, 0.5)) * ratio
    if any(close(estimate, float(value), rel=1e-3) for value in (weighted.sum(), weighted.mean())):
        return (
            "p counts twice: the draws come from p already, often where p is large. Their plain mean is the integral."
        )
    if close(estimate, float(np.exp(ratio).mean()), rel=1e-3):
        return "You averaged the ratios p/q and not their logarithms."
    if not close(estimate, right, rel=1e-3):
        return f"For these {n} draws the mean log ratio is {right:.4f}, and your estimate is {estimate:.4g}."
    if close(error, spread, rel=2e-2):
        return (
            f"{error:.3f} is the standard deviation of one draw's log ratio. The mean of {n} draws is "
            f"{int(math.sqrt(n))} times surer: divide by the root of n."
        )
    if close(error, spread / n, rel=2e-2):
        return "You divided by n. Variances of independent draws add, so it is the *variance* that falls like 1/n."
    if close(error, spread**2 / n, rel=2e-2):
        return "That is the variance of the mean: take its root."
    if not close(error, spread / math.sqrt(n), rel=2e-2):
        return f"The standard error of this mean is {spread / math.sqrt(n):.4f}, and yours is {error:.4g}."
    return None


# ------------------------------------------------------------------------------------ JS of one block inside another


def _nested(w: float) -> tuple[float, float]:
    """KL(p‖m) and KL(q‖m) of p = U[0, 1], q = U[0, w], w >= 1, and their half-and-half mixture m."""
    return math.log(2 * w / (w + 1)), math.log(2 / (w + 1)) / w + (1 - 1 / w) * LOG2


@exercise(
    notebook="02",
    title="One block inside another",
    right="As w grows it climbs to log 2 and stays below: some overlap is always left.",
)
def nested_blocks(answer):
    js = as_function(answer)
    for w in (2.0, 10.0, 1.5):
        got = as_number(js(w), what=f"JS at w = {w:g}")
        of_p, of_q = _nested(w)
        right = (of_p + of_q) / 2

        def same(value: float, got: float = got) -> bool:
            return close(got, value, rel=3e-3, abs=2e-4)

        if same(right):
            continue
        if same(math.log(w)):
            return (
                f"log w = {got:.4f} is KL(p‖q), which grows without end. JS compares each of the two with their "
                "mixture m, and is at most log 2."
            )
        if same(2 * right):
            return "KL(p‖m) + KL(q‖m) is twice JS: each of the two halves counts one half."
        if same(of_p):
            return "That is KL(p‖m) alone. JS is symmetric: KL(q‖m) belongs to it, and half of each."
        if same(of_q):
            return "That is KL(q‖m) alone. JS is symmetric: KL(p‖m) belongs to it, and half of each."
        if same((of_p + math.log(2 / (w + 1)) / w) / 2):
            return "You stopped at 1. From 1 to w lies mass of q, where m = q/2: the log ratio there is log 2."
        if same(right - LOG2):
            return "A JS below 0: you compared with p + q, whose mass is 2. The mixture is m = (p + q)/2."
        if same(right / LOG2):
            return f"{got:.4f} bits are {right:.4f} nats: take the natural logarithm."
        if same(math.sqrt(right)):
            return (
                "That is the root of JS, the Jensen-Shannon *distance* (what SciPy's jensenshannon returns). Square it."
            )
        of_p, of_q = math.log(2 / 2), (w - 1) * LOG2  # q of height 1 everywhere
        if same((of_p + of_q) / 2):
            return "Your q is 1 from 0 to w, so its mass is w. A uniform density on [0, w] is 1/w high."
        return (
            f"At w = {w:g} JS is {right:.4f}, and yours is {got:.4g}. How high are p, q and m on [0, 1], and on [1, w]?"
        )
    alike = as_number(js(1.0), what="JS at w = 1")
    if not close(alike, 0, abs=1e-4):
        return f"At w = 1 the two blocks are one and the same, so JS is 0, and yours is {alike:.4g}."
    return None
