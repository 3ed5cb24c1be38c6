"""Notebook 02: what each exercise refuses, by the idea behind the mistake, and what it accepts."""

import math

import numpy as np
import torch
from exercise_answers import accepts, refuses
from scipy.integrate import quad
from scipy.optimize import minimize
from scipy.spatial.distance import jensenshannon
from scipy.special import rel_entr
from scipy.stats import entropy, norm

# ------------------------------------------------------------------------------------------- KL, zeros and all


def on_the_support(p, q):
    seen = p > 0
    return np.sum(p[seen] * np.log(p[seen] / q[seen]))


def nowhere_zero(p, q):
    both = (p > 0) & (q > 0)
    return np.sum(p[both] * np.log(p[both] / q[both]))


def with_epsilon(p, q):
    return np.sum(p * np.log((p + 1e-10) / (q + 1e-10)))


def not_a_number_where_infinite(p, q):
    return np.nan if ((p > 0) & (q == 0)).any() else on_the_support(p, q)


def zeros_count_as_one(p, q):
    return rel_entr(p, q).sum() + (p == 0).sum()


def in_a_loop(p, q):
    total = 0.0
    for a, b in zip(p.tolist(), q.tolist(), strict=True):
        if a > 0:
            total += math.inf if b == 0 else a * math.log(a / b)
    return total


def in_torch(p, q):
    p, q = torch.tensor(p), torch.tensor(q)
    return (torch.xlogy(p, p) - torch.xlogy(p, q)).sum()


# ------------------------------------------------------------------------------------------- the fit that covers


def moments(weights, means, stds):
    mean = np.sum(weights * means)
    return mean, np.sqrt(np.sum(weights * (stds**2 + means**2)) - mean**2)


def by_search(weights, means, stds):
    x, dx = np.linspace(-12, 14, 4001, retstep=True)
    p = (weights[:, None] * norm.pdf(x, means[:, None], stds[:, None])).sum(axis=0)
    best = minimize(lambda v: -np.sum(p * norm.logpdf(x, v[0], np.exp(v[1]))) * dx, [0.0, 0.0])
    return best.x[0], np.exp(best.x[1])


# ------------------------------------------------------------------------------------------------ KL by sampling


def sampled(sample, log_p, log_q, n):
    x = sample(n)
    ratio = log_p(x) - log_q(x)
    return ratio.mean(), ratio.std(ddof=1) / np.sqrt(n)


def one_by_one(sample, log_p, log_q, n):
    values = []
    for _ in range(n):
        x = sample(1)[0]
        values.append(float(log_p(x) - log_q(x)))
    return [np.mean(values), np.std(values) / n**0.5]


def sampled_in_torch(sample, log_p, log_q, n):
    x = sample(n)
    ratio = torch.tensor(log_p(x) - log_q(x), dtype=torch.float32)
    return torch.stack([ratio.mean(), ratio.std() / math.sqrt(n)])


def altered(estimate=lambda ratio, p: ratio.mean(), error=lambda s, n: s / np.sqrt(n)):
    def answer(sample, log_p, log_q, n):
        x = sample(n)
        ratio = log_p(x) - log_q(x)
        return estimate(ratio, np.exp(log_p(x))), error(ratio.std(), n)

    return answer


def bootstrapped(sample, log_p, log_q, n):
    x, random = sample(n), np.random.default_rng(0)
    ratio = log_p(x) - log_q(x)
    return ratio.mean(), np.std([random.choice(ratio, n).mean() for _ in range(1000)])


def on_a_grid(sample, log_p, log_q, n):
    x = np.linspace(-3, 5, n)
    return np.sum(np.exp(log_p(x)) * (log_p(x) - log_q(x))) * (x[1] - x[0]), 0.01


# ------------------------------------------------------------------------------------ JS of one block inside another


def halves(w):
    return np.log(2 * w / (w + 1)), np.log(2 / (w + 1)) / w + (1 - 1 / w) * np.log(2)


def js_nested(w):
    return sum(halves(w)) / 2


def on_cells(w, n=6000):
    x = (np.arange(n) + 0.5) * w / n
    p, q = (x < 1).astype(float), np.ones(n)
    return jensenshannon(p, q) ** 2


def by_quadrature(w):
    def integrand(x):
        p, q = float(x < 1), 1 / w
        return (rel_entr(p, (p + q) / 2) + rel_entr(q, (p + q) / 2)) / 2

    return quad(integrand, 0, 1)[0] + (quad(integrand, 1, w)[0] if w > 1 else 0.0)


def right_at_2_only(w):
    return js_nested(2.0)


WRONG = {
    "kl_with_zeros": {
        "the other way round": (lambda p, q: rel_entr(q, p).sum(), "That is KL(q‖p)"),
        "q over p": (lambda p, q: -rel_entr(p, q).sum(), "wrong sign"),
        "bits": (lambda p, q: entropy(p, q, base=2), "natural logarithm"),
        "mean over outcomes": (lambda p, q: rel_entr(p, q).mean(), "mean over the outcomes"),
        "no weights": (lambda p, q: np.sum(np.log(p / q)), "Weigh each with p"),
        "cross-entropy": (lambda p, q: -np.sum(p * np.log(q)), "cross-entropy"),
        "JS": (lambda p, q: jensenshannon(p, q) ** 2, "and yours is 0.03"),
        "0 log 0 is NaN": (lambda p, q: np.sum(p * np.log(p / q)), "0 log 0 is 0"),
        "zeros count": (zeros_count_as_one, "What does an outcome with p = 0 add"),
        "q's zeros dropped": (nowhere_zero, "has dropped it"),
        "epsilon": (with_epsilon, "says nothing about p and q"),
        "NaN for infinity": (not_a_number_where_infinite, "infinite, not undefined"),
        "right for equal odds": (lambda p, q: np.sum(p * np.log(p)) + np.log(2), "KL of p = [0.2, 0.5, 0.3]"),
        "an array": (rel_entr, "One number was expected"),
    },
    "covering_fit": {
        "one bump": (lambda w, m, s: (m[np.argmax(w)], s[np.argmax(w)]), "one of the bumps"),
        "no weights": (lambda w, m, s: (m.mean(), 2.0), "do not weigh the same"),
        "variance": (lambda w, m, s: (moments(w, m, s)[0], moments(w, m, s)[1] ** 2), "That is the variance"),
        "within only": (lambda w, m, s: (w @ m, np.sqrt(w @ s**2)), "forgot that the bumps lie apart"),
        "between only": (lambda w, m, s: (w @ m, np.sqrt(w @ (m - w @ m) ** 2)), "means alone"),
        "mean of stds": (lambda w, m, s: (w @ m, w @ s), "averaged standard deviations"),
        "second moment": (lambda w, m, s: (w @ m, np.sqrt(w @ (s**2 + m**2))), "second moment"),
        "swapped": (lambda w, m, s: moments(w, m, s)[::-1], "wrong order"),
        "sum of means": (lambda w, m, s: (m.sum(), 2.0), "sum of weight times mean"),
        "something": (lambda w, m, s: (w @ m, 7.0), "and yours is 7"),
        "one number": (lambda w, m, s: w @ m, "The shape (2,) was expected"),
    },
    "kl_by_sampling": {
        "sign": (altered(lambda r, p: -r.mean()), "sign is turned round"),
        "bits": (altered(lambda r, p: r.mean() / np.log(2)), "into bits"),
        "sum": (altered(lambda r, p: r.sum()), "did not divide by n"),
        "p twice": (altered(lambda r, p: (p * r).mean()), "p counts twice"),
        "ratios": (altered(lambda r, p: np.exp(r).mean()), "not their logarithms"),
        "median": (altered(lambda r, p: np.median(r)), "the mean log ratio is"),
        "spread of one draw": (altered(error=lambda s, n: s), "as the root of n"),
        "over n": (altered(error=lambda s, n: s / n), "You divided by n"),
        "variance": (altered(error=lambda s, n: s**2 / n), "variance of the mean"),
        "no spread": (altered(error=lambda s, n: 1 / np.sqrt(n)), "the standard error of this mean is 0.0"),
        "control variate": (altered(lambda r, p: (np.expm1(-r) + r).mean()), "a control variate"),
        "a bootstrap": (bootstrapped, "A bootstrap comes as near"),
        "3 % more": (altered(error=lambda s, n: 1.03 * s / np.sqrt(n)), "the formula's is asked for"),
        "6 % more": (altered(error=lambda s, n: 1.06 * s / np.sqrt(n)), "the standard error of this mean is"),
        "estimate alone": (lambda s, p, q, n: np.mean(p(x := s(n)) - q(x)), "Two numbers were asked for"),
        "not averaged": (altered(lambda r, p: r), "One number was expected of the estimate"),
        "an error a draw": (altered(error=lambda s, n: np.ones(n)), "One number was expected of the standard error"),
        "a grid": (on_a_grid, "never called"),
        "too few draws": (lambda s, p, q, n: sampled(s, p, q, 10), "yours took 10"),
    },
    "nested_blocks": {
        "KL": (lambda w: np.log(w), "grows without end"),
        "no halves": (lambda w: sum(halves(w)), "is twice JS"),
        "KL(p‖m)": (lambda w: halves(w)[0], "KL(p‖m) alone"),
        "KL(q‖m)": (lambda w: halves(w)[1], "KL(q‖m) alone"),
        "shared part only": (lambda w: (halves(w)[0] + np.log(2 / (w + 1)) / w) / 2, "You stopped at 1"),
        "p + q": (lambda w: js_nested(w) - np.log(2), "whose mass is 2"),
        "bits": (lambda w: js_nested(w) / np.log(2), "natural logarithm"),
        "the distance": (lambda w: np.sqrt(js_nested(w)), "Jensen-Shannon *distance*"),
        "q of height 1": (lambda w: (w - 1) * np.log(2) / 2, "its mass is w"),
        "one number": (right_at_2_only, "At w = 10 JS is"),
        "half of KL(p‖m)": (lambda w: halves(w)[0] / 2, "That is half of KL(p‖m)"),
        "half of KL(q‖m)": (lambda w: halves(w)[1] / 2, "That is half of KL(q‖m)"),
        "KL(q‖m) at w = 2, by chance": (lambda w: np.log(4 / 3) / 2, "At w = 2 JS is 0.2158"),
        "w = 1": (lambda w: js_nested(w) + (w == 1), "one and the same"),
    },
}

RIGHT = {
    "kl_with_zeros": {
        "with a mask": on_the_support,
        "SciPy's": lambda p, q: rel_entr(p, q).sum(),
        "nansum": lambda p, q: np.nansum(p * np.log(p / q)),
        "a loop": in_a_loop,
        "in torch": in_torch,
    },
    "covering_fit": {"by search": by_search, "an array": lambda w, m, s: np.array(moments(w, m, s), np.float32)},
    "kl_by_sampling": {"n - 1": sampled, "one by one": one_by_one, "in torch": sampled_in_torch},
    "nested_blocks": {"on cells, with SciPy": on_cells, "by quadrature": by_quadrature},
}

test_wrong_answers_are_refused_by_their_misconception = refuses(WRONG)
test_right_answers_are_accepted_however_they_are_written = accepts(RIGHT)
