"""Judges of notebook 02: KL with its zeros, the fit that covers, JS of one block inside another."""

import math

import numpy as np
from numpy import ndarray

from course_lib.classroom.checks.base import as_function, as_number, as_tensor, close, exercise
from course_lib.classroom.checks.numbers import apart

LOG2 = math.log(2)


def _pair(value: object, *, what: str) -> tuple[float, float]:
    """Two numbers out of a tuple, list, array or tensor."""
    first, second = as_tensor(value, shape=(2,), what=what).detach().cpu().double().tolist()
    return first, second


# ------------------------------------------------------------------------------------------- KL, zeros and all


PAIRS = [([0.75, 0.25], [0.5, 0.5]), ([0.2, 0.5, 0.3], [0.6, 0.3, 0.1])]


def _kl(p: ndarray, q: ndarray) -> float:
    return float(np.sum(p * np.log(p / q)))


# A wrong formula, and what a reader hears whose answer is that formula at all of PAIRS.
WRONG_KLS = [
    (
        lambda p, q: _kl(q, p),
        "That is KL(q‖p). KL is not symmetric: the average is taken over p, and p stands above in the ratio.",
    ),
    (lambda p, q: -_kl(p, q), "The right size with the wrong sign: the ratio is p over q, and KL is never negative."),
    (lambda p, q: _kl(p, q) / LOG2, "Those are bits. For nats take the natural logarithm."),
    (
        lambda p, q: _kl(p, q) / len(p),
        "You took the mean over the outcomes. The average is over p: p itself is the weight, so sum.",
    ),
    (
        lambda p, q: np.log(p / q).sum(),
        "Every log ratio counts as much as any other in your sum. Weigh each with p, and it becomes an average.",
    ),
    (
        lambda p, q: -np.sum(p * np.log(q)),
        "That is the cross-entropy, -sum of p log q. KL is what is left of it after p's own entropy.",
    ),
]


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

    asked = [ask(*pair) for pair in PAIRS]
    rights = [_kl(*map(np.array, pair)) for pair in PAIRS]
    if not close(asked, rights):
        for formula, message in WRONG_KLS:
            if close(asked, [float(formula(*map(np.array, pair))) for pair in PAIRS]):
                return message
        for (p, q), got, right in zip(PAIRS, asked, rights, strict=True):
            if not close(got, right):
                wanted, said = apart(right, got)
                return f"KL of p = {p} from q = {q} is {wanted} nats, and yours is {said}."
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
        f"KL((1/2, 1/2)‖(1, 0)) is {impossible:.4g} by your function, and infinity is right. Has a small number been "
        "added to q? The result is then half the logarithm of *that* number, and says nothing about p and q."
    )


# ------------------------------------------------------------------------------------------- the fit that covers


MIXTURES = [  # weights, means, stds
    (np.array([0.3, 0.7]), np.array([-1.0, 3.0]), np.array([0.5, 1.0])),
    (np.array([0.5, 0.2, 0.3]), np.array([-2.0, 1.0, 2.5]), np.array([0.4, 1.5, 0.8])),
]


def _within(weights: ndarray, means: ndarray, stds: ndarray) -> float:
    return float(weights @ stds**2)


def _between(weights: ndarray, means: ndarray, stds: ndarray) -> float:
    return float(weights @ (means - weights @ means) ** 2)


def _cover(*given: ndarray) -> tuple[float, float]:
    return float(given[0] @ given[1]), math.sqrt(_within(*given) + _between(*given))


# Beside the right mean: a wrong standard deviation, and what a reader hears who has it for all of MIXTURES.
WRONG_SPREADS = [
    (lambda *given: _cover(*given)[1] ** 2, "That is the variance: take its root."),
    (
        lambda *given: math.sqrt(_within(*given)),
        "You averaged the variances inside the bumps and forgot that the bumps lie apart: the spread of their "
        "means adds to it. Your q has next to nothing where p has its bumps.",
    ),
    (
        lambda *given: math.sqrt(_between(*given)),
        "That is the spread of the bumps' means alone; the variance inside the bumps adds to it.",
    ),
    (
        lambda weights, means, stds: float(weights @ stds),
        "You averaged standard deviations. Variances add, and those of the bumps' means are still missing.",
    ),
    (
        lambda weights, means, stds: math.sqrt(weights @ (stds**2 + means**2)),
        "That is the root of the second moment E[x²]. A variance is E[x²] - (E[x])².",
    ),
]


@exercise(
    notebook="02",
    title="The fit that covers",
    right="Maximum likelihood does the same with samples in p's place, and that is why it covers.",
)
def covering_fit(answer):
    fit = as_function(answer)
    asked = [_pair(fit(*(part.copy() for part in given)), what="mean and standard deviation") for given in MIXTURES]
    rights = [_cover(*given) for given in MIXTURES]

    def same(values: list[float], expected: list[float]) -> bool:
        return close(values, expected, rel=2e-3)

    means, stds = ([pair[k] for pair in asked] for k in (0, 1))
    right_means, right_stds = ([pair[k] for pair in rights] for k in (0, 1))
    if same(means, right_means) and same(stds, right_stds):
        return None
    if same(means, right_stds) and same(stds, right_means):
        return "Both numbers are right and in the wrong order: return mean, std."
    if all(
        any(close(pair, bump, rel=5e-3) for bump in zip(given[1], given[2], strict=True))
        for pair, given in zip(asked, MIXTURES, strict=True)
    ):
        return (
            "That is one of the bumps: it has a small KL(q‖p), the reverse one. KL(p‖q) charges q for every "
            "place where p has mass and q has none, so its best q covers all bumps."
        )
    if same(means, [float(given[1].mean()) for given in MIXTURES]):
        return "The bumps do not weigh the same: p's mean is the mean of the bumps' means *by weight*, 1.8 here."
    for k, (got, right) in enumerate(zip(means, right_means, strict=True)):
        if not close(got, right, rel=2e-3):
            return f"p's mean is the sum of weight times mean, {right:.4g} for {_words(k)}, and yours is {got:.4g}."
    for formula, message in WRONG_SPREADS:
        if same(stds, [formula(*given) for given in MIXTURES]):
            return message
    for k, (got, right) in enumerate(zip(stds, right_stds, strict=True)):
        if not close(got, right, rel=2e-3):
            return f"The standard deviation for {_words(k)} is {right:.4f}, and yours is {got:.4g}."
    return None


def _words(k: int) -> str:
    weights, means, stds = (part.tolist() for part in MIXTURES[k])
    return f"weights = {weights}, means = {means}, stds = {stds}"


# ------------------------------------------------------------------------------------ JS of one block inside another


def _nested(w: float) -> tuple[float, float]:
    """KL(p‖m) and KL(q‖m) of p = U[0, 1], q = U[0, w], w >= 1, and their half-and-half mixture m."""
    return math.log(2 * w / (w + 1)), math.log(2 / (w + 1)) / w + (1 - 1 / w) * LOG2


def _js(w: float) -> float:
    return sum(_nested(w)) / 2


# A wrong formula, and what a reader hears whose answer is that formula at every w that is tried.
WRONG_JS = [
    (
        math.log,
        "log w is KL(p‖q), which grows without end. JS compares each of the two with their mixture m, and is at most "
        "log 2.",
    ),
    (lambda w: 2 * _js(w), "KL(p‖m) + KL(q‖m) is twice JS: each of the two halves counts one half."),
    (lambda w: _nested(w)[0], "That is KL(p‖m) alone. JS is symmetric: KL(q‖m) belongs to it, and half of each."),
    (lambda w: _nested(w)[1], "That is KL(q‖m) alone. JS is symmetric: KL(p‖m) belongs to it, and half of each."),
    (lambda w: _nested(w)[0] / 2, "That is half of KL(p‖m). Half of KL(q‖m) is missing."),
    (lambda w: _nested(w)[1] / 2, "That is half of KL(q‖m). Half of KL(p‖m) is missing."),
    (
        lambda w: (_nested(w)[0] + math.log(2 / (w + 1)) / w) / 2,
        "You stopped at 1. From 1 to w lies mass of q, where m = q/2: the log ratio there is log 2.",
    ),
    (
        lambda w: _js(w) - LOG2,
        "A JS below 0: you compared with p + q, whose mass is 2. The mixture is m = (p + q)/2.",
    ),
    (lambda w: _js(w) / LOG2, "Those are bits. For nats take the natural logarithm."),
    (
        lambda w: math.sqrt(_js(w)),
        "That is the root of JS, the Jensen-Shannon *distance* (what SciPy's jensenshannon returns). Square it.",
    ),
    (
        lambda w: (w - 1) * LOG2 / 2,
        "Your q is 1 from 0 to w, so its mass is w. A uniform density on [0, w] is 1/w high.",
    ),
]


@exercise(
    notebook="02",
    title="One block inside another",
    right="As w grows it climbs to log 2 and stays below: some overlap is always left.",
)
def nested_blocks(answer):
    js = as_function(answer)
    asked = {w: as_number(js(w), what=f"JS at w = {w:g}") for w in (2.0, 10.0, 1.5)}

    def same(got: float, right: float) -> bool:
        return close(got, right, rel=3e-3, abs=2e-4)

    for formula, message in WRONG_JS:
        if all(same(got, formula(w)) for w, got in asked.items()):
            return message
    for w, got in asked.items():
        if not same(got, _js(w)):
            return (
                f"At w = {w:g} JS is {_js(w):.4f}, and yours is {got:.4g}. How high are p, q and m on [0, 1], and on "
                "[1, w]?"
            )
    alike = as_number(js(1.0), what="JS at w = 1")
    if not close(alike, 0, abs=1e-4):
        return f"At w = 1 the two blocks are one and the same, so JS is 0, and yours is {alike:.4g}."
    return None
