"""Divergences against SciPy, quadrature and closed forms, none of which know this library."""

import math
import warnings

import numpy as np
import pytest
import torch
from scipy.integrate import quad
from scipy.optimize import minimize_scalar
from scipy.spatial.distance import jensenshannon
from scipy.special import rel_entr
from scipy.stats import entropy, norm

from course_lib.divergences import game_value, gaussian_kl, js, kl, optimal_discriminator

LOG2 = math.log(2)
GAUSSIANS = [(0, 1, 1, 1), (0, 1, 0, 2), (0, 2, 0, 1), (-1.5, 0.5, 2, 0.8), (3, 1.2, 3, 1.2)]


def probabilities(seed, n=50, zeros=()):
    p = np.random.default_rng(seed).gamma(0.5, size=n)
    p[list(zeros)] = 0
    return p / p.sum()


def gaussian_grid(mean_p, std_p, mean_q, std_q, *, reach=10, n=20_001):
    low = min(mean_p - reach * std_p, mean_q - reach * std_q)
    high = max(mean_p + reach * std_p, mean_q + reach * std_q)
    x, dx = np.linspace(low, high, n, retstep=True)
    return norm.pdf(x, mean_p, std_p), norm.pdf(x, mean_q, std_q), dx


def quadrature(integrand, mean_p, std_p, mean_q, std_q):
    low, high = min(mean_p, mean_q) - 12 * max(std_p, std_q), max(mean_p, mean_q) + 12 * max(std_p, std_q)
    return quad(integrand, low, high, points=[mean_p, mean_q], limit=200)[0]


# ------------------------------------------------------------------------------------------------- KL


@pytest.mark.parametrize("seed", range(5))
def test_kl_of_probability_vectors_is_scipys_relative_entropy(seed):
    p, q = probabilities(seed, zeros=(3, 7)), probabilities(seed + 100)
    assert kl(p, q) == pytest.approx(rel_entr(p, q).sum(), rel=1e-12)
    assert kl(p, q) == pytest.approx(entropy(p, q), rel=1e-12)


def test_kl_of_a_coin_by_hand_and_the_other_way_round():
    # 3/4 log(3/2) + 1/4 log(1/2), and 1/2 log(2/3) + 1/2 log 2
    assert kl([0.75, 0.25], [0.5, 0.5]) == pytest.approx(0.75 * math.log(3) - LOG2, rel=1e-14)
    assert kl([0.5, 0.5], [0.75, 0.25]) == pytest.approx(LOG2 - 0.5 * math.log(3), rel=1e-14)


@pytest.mark.parametrize("parameters", GAUSSIANS)
def test_kl_on_a_grid_is_the_integral_by_quadrature(parameters):
    p, q, dx = gaussian_grid(*parameters)
    m_p, s_p, m_q, s_q = parameters

    def integrand(x):
        return norm.pdf(x, m_p, s_p) * (norm.logpdf(x, m_p, s_p) - norm.logpdf(x, m_q, s_q))

    assert kl(p, q, dx=dx) == pytest.approx(quadrature(integrand, *parameters), rel=1e-6, abs=1e-8)


@pytest.mark.parametrize("parameters", GAUSSIANS)
def test_gaussian_kl_is_the_integral_by_quadrature(parameters):
    m_p, s_p, m_q, s_q = parameters

    def integrand(x):
        return norm.pdf(x, m_p, s_p) * (norm.logpdf(x, m_p, s_p) - norm.logpdf(x, m_q, s_q))

    assert gaussian_kl(*parameters) == pytest.approx(quadrature(integrand, *parameters), rel=1e-8, abs=1e-10)


@pytest.mark.parametrize("parameters", GAUSSIANS)
def test_gaussian_kl_is_torchs(parameters):
    m_p, s_p, m_q, s_q = (torch.tensor(float(x), dtype=torch.float64) for x in parameters)
    p, q = torch.distributions.Normal(m_p, s_p), torch.distributions.Normal(m_q, s_q)
    assert gaussian_kl(*parameters) == pytest.approx(torch.distributions.kl_divergence(p, q).item(), abs=1e-14)


def test_kl_is_infinite_where_p_has_mass_and_q_has_none_and_says_so_without_a_warning():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        value = kl([0.5, 0.5, 0.0], [1.0, 0.0, 0.0])
    assert value == math.inf and type(value) is float
    assert kl([1.0, 0.0, 0.0], [0.5, 0.5, 0.0]) == pytest.approx(LOG2, rel=1e-14)  # 0 log 0 = 0, twice


def test_kl_does_not_overflow_where_the_ratio_would():
    p, q = np.array([0.5, 0.5]), np.array([1e-320, 1.0])
    expected = 0.5 * (math.log(0.5) - math.log(1e-320)) + 0.5 * math.log(0.5)
    assert kl(p, q) == pytest.approx(expected, rel=1e-12)


def test_kl_of_a_distribution_from_itself_is_exactly_zero():
    p = probabilities(0, zeros=(1, 2))
    assert kl(p, p) == 0 and js(p, p) == 0 and gaussian_kl(1.3, 0.7, 1.3, 0.7) == 0


# ------------------------------------------------------------------------------------------------- JS


@pytest.mark.parametrize("seed", range(5))
def test_js_is_the_square_of_scipys_jensen_shannon_distance(seed):
    p, q = probabilities(seed, zeros=(3, 7)), probabilities(seed + 100, zeros=(7, 8))
    assert js(p, q) == pytest.approx(jensenshannon(p, q, base=math.e) ** 2, rel=1e-10)
    assert js(p, q) == pytest.approx(jensenshannon(p, q, base=2) ** 2 * LOG2, rel=1e-10)
    assert js(p, q) == js(q, p)


@pytest.mark.parametrize("parameters", GAUSSIANS)
def test_js_on_a_grid_is_the_integral_by_quadrature(parameters):
    p, q, dx = gaussian_grid(*parameters)
    m_p, s_p, m_q, s_q = parameters

    def integrand(x):
        a, b = norm.pdf(x, m_p, s_p), norm.pdf(x, m_q, s_q)
        return (rel_entr(a, (a + b) / 2) + rel_entr(b, (a + b) / 2)) / 2

    assert js(p, q, dx=dx) == pytest.approx(quadrature(integrand, *parameters), rel=1e-6, abs=1e-8)


def test_js_is_log_2_where_nothing_is_shared_and_the_overlap_counts_for_blocks():
    assert js([1.0, 0.0], [0.0, 1.0]) == pytest.approx(LOG2, rel=1e-15)
    # U[0, 1] and U[t, 1 + t]: |t| log 2; midpoints of cells of 1e-3
    x = np.arange(-2, 3, 1e-3) + 5e-4
    block = ((x > 0) & (x < 1)).astype(float)
    for t in (-1.5, -0.3, 0.25, 1.0, 1.7):
        moved = ((x > t) & (x < 1 + t)).astype(float)
        assert js(block, moved, dx=1e-3) == pytest.approx(min(abs(t), 1) * LOG2, abs=1e-12)


def test_js_survives_the_smallest_float():
    tiny = 5e-324
    assert js([tiny, 1.0], [0.0, 1.0]) == pytest.approx(0, abs=1e-300)


# --------------------------------------------------------------------------- the optimal discriminator, the game


@pytest.mark.parametrize("p, q", [(0.3, 0.9), (2.0, 0.1), (0.5, 0.5), (1e-3, 4.0)])
def test_the_optimal_discriminator_maximises_the_game_at_every_point(p, q):
    best = minimize_scalar(
        lambda d: -(p * math.log(d) + q * math.log(1 - d)),
        bounds=(1e-9, 1 - 1e-9),
        method="bounded",
        options={"xatol": 1e-11},
    )
    assert optimal_discriminator([p], [q])[0] == pytest.approx(best.x, rel=1e-4)


def test_the_optimal_discriminator_is_certain_only_where_it_is_right_and_undecided_where_nobody_is():
    d = optimal_discriminator([1.0, 0.0, 0.0, 1.0, 1e-300], [0.0, 1.0, 0.0, 1e-300, 1.0])
    assert d[0] == 1 and d[1] == 0 and d[2] == 0.5
    assert 1 - 1e-15 < d[3] < 1 and 0 < d[4] < 1e-299


def test_it_has_the_inputs_shape_and_float64_also_from_unnormalised_densities_and_tensors():
    p, q = torch.full((2, 3), 3.0), torch.full((2, 3), 1.0)
    d = optimal_discriminator(p, q)
    assert isinstance(d, np.ndarray) and d.dtype == np.float64 and d.shape == (2, 3)
    np.testing.assert_array_equal(d, 0.75)


@pytest.mark.parametrize("shift, value", [(0, -math.log(4)), (1, -1.163451)])
def test_the_value_at_the_optimum_is_the_closed_form_and_a_quadrature(shift, value):
    p, q, dx = gaussian_grid(0, 1, shift, 1)
    got = game_value(p, q, optimal_discriminator(p, q), dx=dx)
    assert got == pytest.approx(value, abs=1e-6)

    def integrand(x):  # D* of two unit Gaussians is a sigmoid of s²/2 - s x; log sigma(l) = -log(1 + e^-l)
        logit = shift**2 / 2 - shift * x
        return -norm.pdf(x) * np.logaddexp(0, -logit) - norm.pdf(x, shift) * np.logaddexp(0, logit)

    assert got == pytest.approx(quadrature(integrand, 0, 1, shift, 1), abs=1e-8)


def test_the_value_at_the_optimum_is_2_js_above_minus_log_4_for_any_two_vectors():
    for seed in range(5):
        p, q = probabilities(seed, zeros=(3, 7)), probabilities(seed + 100, zeros=(7, 8))
        expected = 2 * jensenshannon(p, q) ** 2 - math.log(4)
        assert game_value(p, q, optimal_discriminator(p, q)) == pytest.approx(expected, rel=1e-12)


def test_the_value_at_the_optimum_stays_finite_far_out_in_the_tails():
    p, q, dx = gaussian_grid(0, 1, 6, 1, reach=30)
    assert game_value(p, q, optimal_discriminator(p, q), dx=dx) == pytest.approx(2 * js(p, q, dx=dx) - math.log(4))


def test_a_constant_discriminator_and_certain_ones():
    p, q = [0.5, 0.5, 0.0], [0.0, 0.0, 1.0]
    assert game_value(p, q, [0.25, 0.25, 0.25]) == pytest.approx(math.log(0.25) + math.log(0.75), rel=1e-14)
    assert game_value(p, q, [1, 1, 0]) == 0  # certain and right: 0 log 0 = 0 on both sides
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert game_value(p, q, [0, 1, 0]) == -math.inf  # certain and wrong about the real ones
        assert game_value(p, q, [1, 1, 1]) == -math.inf  # and about the generated ones


# ---------------------------------------------------------------------------------------------- what is accepted


@pytest.mark.parametrize("make", [list, np.array, np.float32, torch.tensor, lambda x: torch.tensor(x).float()])
def test_lists_arrays_and_tensors_of_either_precision_give_floats(make):
    p, q = make([0.75, 0.25]), make([0.5, 0.5])
    for value, expected in (
        (kl(p, q), 0.75 * math.log(3) - LOG2),
        (js(p, q), jensenshannon([0.75, 0.25], [0.5, 0.5]) ** 2),
        (game_value(p, q, make([0.5, 0.5])), -math.log(4)),
    ):
        assert type(value) is float and value == pytest.approx(expected, rel=1e-12)


def test_whole_numbers_tensors_with_a_graph_and_joint_tables_are_accepted():
    assert kl(np.array([1, 0]), np.array([1, 0])) == 0
    weights = torch.tensor([1.0, 2.0], requires_grad=True)
    assert kl(torch.softmax(weights, 0), torch.tensor([0.5, 0.5])) > 0
    joint = np.full((2, 2), 0.25)
    assert kl([[0.5, 0], [0, 0.5]], joint) == pytest.approx(LOG2)  # one bit of mutual information


def test_inputs_are_left_as_they_were():
    p, q = probabilities(0), probabilities(1)
    before = p.copy(), q.copy()
    kl(p, q), js(p, q), game_value(p, q, optimal_discriminator(p, q))
    np.testing.assert_array_equal((p, q), before)


def test_a_mass_may_miss_one_by_a_thousandth_on_a_grid_and_by_a_millionth_in_a_vector():
    grid = np.full(100, 1.0)
    assert abs(kl(grid * 1.0009, grid, dx=0.01)) < 1e-3
    with pytest.raises(ValueError, match="within 0.001"):
        kl(grid * 1.0011, grid, dx=0.01)
    vector = np.full(100, 0.01)
    assert abs(kl(vector * (1 + 9e-7), vector)) < 1e-6
    with pytest.raises(ValueError, match="within 1e-06"):
        kl(vector * (1 + 2e-6), vector)


# ---------------------------------------------------------------------------------------------- bad input

HALF = [0.5, 0.5]
TWO = (kl, js, lambda p, q, **dx: game_value(p, q, np.full(np.shape(p), 0.5), **dx))
BAD_PAIRS = {
    "does not sum to one": ([0.5, 0.4], r"p: expected a mass of 1 within 1e-06, got 0.9 \(dx=1\). Divide a"),
    "a density without dx": ([50.0, 50.0], r"got 100 \(dx=1\).*needs its spacing, dx="),
    "negative": ([1.5, -0.5], r"p: expected non-negative values, got -0.5 at \(1,\), and 1 such of 2.*logs or logits"),
    "NaN": ([0.5, math.nan], r"p: expected finite values, got nan at \(1,\)"),
    "infinite": ([math.inf, 0.5], r"p: expected finite values, got inf at \(0,\)"),
    "another length": ([0.5, 0.3, 0.2], r"expected one shape, got \(3,\) and \(2,\). Evaluate both on the same grid"),
    "empty": ([], r"p: expected at least one value, got an empty array"),
}


@pytest.mark.parametrize("divergence", TWO, ids=["kl", "js", "game_value"])
@pytest.mark.parametrize("name", BAD_PAIRS)
def test_what_is_no_pair_of_distributions_is_refused_with_the_reason(divergence, name):
    bad, message = BAD_PAIRS[name]
    with pytest.raises(ValueError, match=message):
        divergence(bad, HALF)
    with pytest.raises(ValueError, match=message.replace("p: ", "q: ").replace(r"(3,\) and \(2,", r"(2,\) and \(3,")):
        divergence(HALF, bad)


@pytest.mark.parametrize("name", ["negative", "NaN", "infinite", "another length", "empty"])
def test_the_optimal_discriminator_refuses_them_too(name):
    bad, message = BAD_PAIRS[name]
    with pytest.raises(ValueError, match=message):
        optimal_discriminator(bad, HALF)


def test_a_grid_that_is_too_short_is_told_so():
    x, dx = np.linspace(0, 5, 1001, retstep=True)
    with pytest.raises(ValueError, match=r"p: .*within 0.001, got 0.500\d+ \(dx=0.005\). Is dx the grid's spacing"):
        kl(norm.pdf(x), norm.pdf(x), dx=dx)


@pytest.mark.parametrize("dx", [0, -0.1, math.nan, math.inf])
def test_a_spacing_that_is_none_is_refused(dx):
    for divergence in TWO:
        with pytest.raises(ValueError, match="dx: expected a finite grid spacing above 0"):
            divergence(HALF, HALF, dx=dx)


def test_discriminators_outside_zero_and_one_or_of_another_shape_are_refused():
    with pytest.raises(ValueError, match=r"probabilities in \[0, 1\], got 3. Are these logits\? Pass them through a"):
        game_value(HALF, HALF, [0.5, 3.0])
    with pytest.raises(ValueError, match="discriminator: expected non-negative values, got -2"):
        game_value(HALF, HALF, [0.5, -2.0])
    with pytest.raises(ValueError, match=r"one value for each of p's, shape \(2,\), got \(1,\)"):
        game_value(HALF, HALF, [0.5])
    with pytest.raises(ValueError, match="discriminator: expected finite values, got nan"):
        game_value(HALF, HALF, [0.5, math.nan])


@pytest.mark.parametrize(
    "parameters, message",
    [
        ((0, 0, 0, 1), "a standard deviation above 0 .* as std_p, got 0"),
        ((0, 1, 0, -2), "a standard deviation above 0 .* as std_q, got -2"),
        ((math.nan, 1, 0, 1), "a finite mean as mean_p, got nan"),
        ((0, 1, math.inf, 1), "a finite mean as mean_q, got inf"),
        ((0, math.nan, 0, 1), "as std_p, got nan"),
    ],
)
def test_gaussians_that_are_none_are_refused(parameters, message):
    with pytest.raises(ValueError, match=message):
        gaussian_kl(*parameters)
