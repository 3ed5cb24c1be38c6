"""Judge of notebook 02's KL by sampling: an estimate and its standard error, tried on two pairs of laws."""

import math
from collections.abc import Callable

import numpy as np
from numpy import ndarray
from scipy.stats import norm

from course_lib.classroom.checks.base import as_function, as_number, as_tensor, close, exercise, refuse

LAWS = [(1.0, 0.5, 0.0, 2.0, 400), (-0.5, 1.0, 0.5, 1.5, 64)]  # mean and std of p, then of q, and n

# A wrong estimate from the log ratios and p's density at the draws, and what a reader hears who has it for all of LAWS.
WRONG_ESTIMATES = [
    (
        lambda ratio, p: -ratio.mean(),
        "The sign is turned round: the average of log p - log q over draws from p, which is positive.",
    ),
    (
        lambda ratio, p: ratio.mean() / math.log(2),
        "You turned the result into bits. log_p and log_q are natural logarithms already, and nats were asked for.",
    ),
    (lambda ratio, p: ratio.sum(), "You summed the log ratios and did not divide by n."),
    *(
        (
            formula,
            "p counts twice: the draws come from p already, often where p is large. Their plain mean is the integral.",
        )
        for formula in (lambda ratio, p: (p * ratio).mean(), lambda ratio, p: (p * ratio).sum())
    ),
    (lambda ratio, p: np.exp(ratio).mean(), "You averaged the ratios p/q and not their logarithms."),
    (
        lambda ratio, p: (np.expm1(-ratio) + ratio).mean(),
        "You added q/p - 1, whose mean over p is 0: a control variate. It estimates KL too, and often more closely; "
        "the plain mean of the log ratios is asked for.",
    ),
]

# A wrong standard error from the log ratios' standard deviation and n, likewise.
WRONG_ERRORS = [
    (
        lambda spread, n: spread,
        "Your standard error is the standard deviation of one draw's log ratio. The mean of n draws is as many times "
        "surer as the root of n: divide by it.",
    ),
    (
        lambda spread, n: spread / n,
        "You divided by n. Variances of independent draws add, so it is the *variance* that falls like 1/n.",
    ),
    (lambda spread, n: spread**2 / n, "That is the variance of the mean: take its root."),
]


@exercise(
    notebook="02",
    title="KL by sampling",
    right="It needs no grid, so it works in 160 dimensions, as long as both log densities can be evaluated.",
)
def kl_by_sampling(answer):
    estimate_kl, random = as_function(answer), np.random.default_rng(0)
    asked, ratios, heights = [], [], []
    for mean_p, std_p, mean_q, std_q, n in LAWS:
        drawn = []

        def sample_p(n: int, law: tuple[float, float] = (mean_p, std_p), drawn: list[ndarray] = drawn) -> ndarray:
            drawn.append(random.normal(*law, size=int(n)))
            return drawn[-1].copy()

        log_p, log_q = norm(mean_p, std_p).logpdf, norm(mean_q, std_q).logpdf
        result = estimate_kl(sample_p, log_p, log_q, n)
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
                "Two numbers were asked for: return estimate, standard_error. Without the second nobody trusts the "
                "first."
            )
        asked.append(as_tensor(result, shape=(2,), what="estimate and standard error").detach().double().tolist())
        ratios.append(log_p(x) - log_q(x))
        heights.append(np.exp(log_p(x)))
    counts = [law[-1] for law in LAWS]

    def is_estimate(formula: Callable[[ndarray, ndarray], float]) -> bool:
        expected = [float(formula(ratio, p)) for ratio, p in zip(ratios, heights, strict=True)]
        return close([estimate for estimate, _ in asked], expected, rel=1e-3)

    def is_error(formula: Callable[[float, int], float], *, one_less: int) -> bool:
        expected = [float(formula(r.std(ddof=one_less), n)) for r, n in zip(ratios, counts, strict=True)]
        return close([error for _, error in asked], expected, rel=5e-4)

    if not is_estimate(lambda ratio, p: ratio.mean()):
        for formula, message in WRONG_ESTIMATES:
            if is_estimate(formula):
                return message
        k = next(k for k, ratio in enumerate(ratios) if not close(asked[k][0], ratio.mean(), rel=1e-3))
        return (
            f"For these {counts[k]} draws the mean log ratio is {ratios[k].mean():.4f}, and your estimate is "
            f"{asked[k][0]:.4g}."
        )
    # n or n - 1 below the squares: both are in use
    if any(is_error(lambda spread, n: spread / math.sqrt(n), one_less=k) for k in (0, 1)):
        return None
    for formula, message in WRONG_ERRORS:
        if any(is_error(formula, one_less=k) for k in (0, 1)):
            return message
    rights = [r.std(ddof=1) / math.sqrt(n) for r, n in zip(ratios, counts, strict=True)]
    k = next(k for k, right in enumerate(rights) if not close(asked[k][1], right, rel=5e-4))
    right = rights[k]
    if close([error for _, error in asked], rights, rel=0.05):
        return (
            f"Your standard error, {asked[k][1]:.4g} with {counts[k]} draws, is near that of the formula, {right:.4g}, "
            "and not that number. A bootstrap comes as near; the formula's is asked for."
        )
    return f"With {counts[k]} draws the standard error of this mean is {right:.4f}, and yours is {asked[k][1]:.4g}."
