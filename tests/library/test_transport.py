"""Transport: every number against a programme, a permutation or a closed form that POT has no part in."""

import itertools
import os
import subprocess
import sys

import numpy as np
import pytest
import torch
from scipy import stats
from scipy.integrate import quad
from scipy.optimize import linear_sum_assignment, linprog
from scipy.spatial.distance import cdist

from course_lib import transport
from course_lib.transport import (
    c_transform,
    gaussian_w2,
    sinkhorn_plan,
    sliced_wasserstein,
    transport_plan,
    wasserstein,
    wasserstein_1d,
)


def masses(random, n, *, empty=0):
    a = random.exponential(size=n)
    a[:empty] = 0
    return random.permutation(a / a.sum())


def by_linear_programme(cost, a, b):
    """The primal problem, row by row of its constraints, solved by HiGHS."""
    n, m = cost.shape
    rows, columns = np.kron(np.eye(n), np.ones(m)), np.kron(np.ones(n), np.eye(m))
    result = linprog(cost.ravel(), A_eq=np.vstack([rows, columns]), b_eq=np.r_[a, b], method="highs")
    assert result.success
    return result.fun


def by_permutations(x, y, order):
    """The cheapest one-to-one assignment of equally many points, tried one by one."""
    cost = np.abs(x[:, None] - y) ** order
    n = len(x)
    return min(cost[np.arange(n), list(p)].mean() for p in itertools.permutations(range(n))) ** (1 / order)


# ------------------------------------------------------------------------------------------------ on the line


@pytest.mark.parametrize("order", [1, 1.5, 2, 3])
def test_sorting_finds_the_best_of_all_permutations(order):
    random = np.random.default_rng(0)
    for _ in range(5):
        x, y = random.normal(size=6), random.normal(1, 2, size=6)
        assert wasserstein_1d(x, y, order=order) == pytest.approx(by_permutations(x, y, order), rel=1e-12)


@pytest.mark.parametrize(("n", "m"), [(1, 1), (1, 7), (5, 5), (6, 4), (30, 70), (1000, 999)])
def test_order_one_is_scipys_area_between_the_cdfs_also_for_unequal_numbers(n, m):
    random = np.random.default_rng(n + m)
    x, y = random.normal(size=n), random.standard_t(3, size=m)
    assert wasserstein_1d(x, y) == pytest.approx(stats.wasserstein_distance(x, y), rel=1e-12)


@pytest.mark.parametrize("order", [1, 2, 4])
def test_unequal_numbers_agree_with_a_linear_programme(order):
    random = np.random.default_rng(3)
    x, y = random.normal(size=4), random.normal(size=7)
    cost = np.abs(x[:, None] - y) ** order
    right = by_linear_programme(cost, np.full(4, 1 / 4), np.full(7, 1 / 7)) ** (1 / order)
    assert wasserstein_1d(x, y, order=order) == pytest.approx(right, rel=1e-9)


def test_a_sample_repeated_is_the_same_distribution():
    x, y = np.array([0.0, 3.0, 1.0]), np.array([5.0, 2.0])
    assert wasserstein_1d(np.repeat(x, 4), y) == pytest.approx(wasserstein_1d(x, np.tile(y, 5)), rel=1e-12)
    assert wasserstein_1d(x, np.tile(x, 3), order=2) == 0


@pytest.mark.parametrize("order", [1, 2])
def test_quantile_grids_of_two_uniforms_and_two_gaussians_reach_the_closed_form(order):
    t = (np.arange(20_000) + 0.5) / 20_000
    # U[0,1] against U[1,3]: quantiles t and 1 + 2t
    right = quad(lambda s: (1 + s) ** order, 0, 1)[0] ** (1 / order)
    assert wasserstein_1d(t, 1 + 2 * t, order=order) == pytest.approx(right, rel=1e-8)
    if order == 2:
        x, y = stats.norm.ppf(t, 1, 2), stats.norm.ppf(t, -1, 0.5)
        assert wasserstein_1d(x, y, order=2) == pytest.approx(np.hypot(2, 1.5), rel=1e-4)


def test_it_is_a_distance_and_not_its_power():
    for order in (1, 2, 3):
        assert wasserstein_1d([0.0, 1.0], [3.0, 4.0], order=order) == pytest.approx(3)
        assert wasserstein([[0.0, 0.0]], [[3.0, 4.0]], order=order) == pytest.approx(5)
        assert sliced_wasserstein([0.0], [3.0], order=order) == pytest.approx(3)


# ----------------------------------------------------------------------------------------------- in the plane


@pytest.mark.parametrize("order", [1, 2])
def test_between_equally_many_points_it_is_the_best_assignment(order):
    random = np.random.default_rng(5)
    x, y = random.normal(size=(40, 3)), random.normal(0.5, 2, size=(40, 3))
    cost = cdist(x, y) ** order
    right = cost[linear_sum_assignment(cost)].mean() ** (1 / order)
    assert wasserstein(x, y, order=order) == pytest.approx(right, rel=1e-10)


def test_unequal_numbers_in_the_plane_agree_with_a_linear_programme():
    random = np.random.default_rng(6)
    x, y = random.normal(size=(5, 2)), random.normal(size=(8, 2))
    right = by_linear_programme(cdist(x, y), np.full(5, 1 / 5), np.full(8, 1 / 8))
    assert wasserstein(x, y) == pytest.approx(right, rel=1e-9)


def test_one_dimension_gives_the_same_through_either_door():
    random = np.random.default_rng(7)
    x, y = random.normal(size=(9, 1)), random.normal(size=(6, 1))
    assert wasserstein(x, y, order=2) == wasserstein_1d(x[:, 0], y[:, 0], order=2)
    plan = transport_plan(np.abs(x - y.T) ** 2)
    assert wasserstein(x, y, order=2) == pytest.approx(plan.value**0.5, rel=1e-10)


@pytest.mark.parametrize("size", [1e-150, 1e-3, 1.0, 1e150])
def test_the_unit_of_length_scales_the_distance_and_nothing_else(size):
    random = np.random.default_rng(8)
    x, y = random.normal(size=(6, 2)), random.normal(size=(6, 2))
    for order in (1, 2, 3):
        assert wasserstein(size * x, size * y, order=order) / size == pytest.approx(
            wasserstein(x, y, order=order), rel=1e-9
        )


def test_tensors_of_any_type_give_what_arrays_give():
    random = np.random.default_rng(9)
    x, y = random.normal(size=(6, 2)), random.normal(size=(5, 2))
    x32 = torch.tensor(x, dtype=torch.float32, requires_grad=True)
    assert wasserstein(x32, torch.tensor(y)) == pytest.approx(wasserstein(x, y), rel=1e-6)
    assert wasserstein(torch.tensor(x).bfloat16(), torch.tensor(y)) == pytest.approx(wasserstein(x, y), rel=1e-2)
    assert type(wasserstein(x32, y)) is float
    assert wasserstein_1d(torch.arange(3), [3, 4, 5]) == 3


# ------------------------------------------------------------------------------------------------------ sliced


def test_sliced_is_the_mean_over_directions_of_scipys_distance_on_the_line():
    random = np.random.default_rng(10)
    x, y = random.normal(size=(30, 3)), random.normal(1, 1, size=(20, 3))
    directions = np.random.default_rng(4).standard_normal((3, 16))
    directions /= np.linalg.norm(directions, axis=0)
    right = np.mean([stats.wasserstein_distance(x @ d, y @ d) for d in directions.T])
    assert sliced_wasserstein(x, y, projections=16, seed=4) == pytest.approx(right, rel=1e-12)


def test_sliced_distance_of_a_shift_in_the_plane_is_the_mean_of_the_cosine():
    x = np.random.default_rng(11).normal(size=(50, 2))
    shifted = x + np.array([3.0, 0.0])
    # |cos| averages 2/pi over the circle, and its square 1/2; 5,000 directions err by 0.31 / sqrt(5000) of 1
    assert sliced_wasserstein(x, shifted, projections=5000) == pytest.approx(6 / np.pi, abs=5 * 3 * 0.31 / 5000**0.5)
    squared = sliced_wasserstein(x, shifted, projections=5000, order=2) ** 2
    assert squared == pytest.approx(4.5, abs=5 * 9 * 0.354 / 5000**0.5)


def test_sliced_is_never_more_than_the_distance_and_depends_on_its_seed_alone():
    random = np.random.default_rng(12)
    x, y = random.normal(size=(25, 4)), random.normal(1, 2, size=(30, 4))
    for order in (1, 2):
        assert sliced_wasserstein(x, y, order=order) <= wasserstein(x, y, order=order)
    assert sliced_wasserstein(x, y, seed=3) == sliced_wasserstein(x, y, seed=3) != sliced_wasserstein(x, y, seed=4)


# --------------------------------------------------------------------------------------------------- Gaussians


def test_gaussians_on_the_line_have_the_closed_form():
    assert gaussian_w2(1.0, 4.0, -1.0, 0.25) == pytest.approx(np.sqrt(2**2 + 1.5**2))
    assert gaussian_w2([1.0], [[4.0]], [1.0], [4.0]) == 0


def test_gaussians_whose_axes_agree_add_the_differences_of_their_deviations():
    turn = np.linalg.qr(np.random.default_rng(0).normal(size=(3, 3)))[0]
    s1, s2 = np.array([1.0, 2.0, 0.0]), np.array([0.5, 3.0, 1.0])
    got = gaussian_w2(np.zeros(3), turn * s1**2 @ turn.T, np.ones(3), turn * s2**2 @ turn.T)
    assert got == pytest.approx(np.sqrt(3 + ((s1 - s2) ** 2).sum()), rel=1e-7)


def test_gaussians_are_as_far_apart_as_the_linear_map_between_them_says():
    """The optimal map is A = C1^-1/2 (C1^1/2 C2 C1^1/2)^1/2 C1^-1/2, whose cost is a trace; and samples agree."""
    from scipy.linalg import sqrtm

    random = np.random.default_rng(1)
    c1, c2 = (np.cov(random.normal(size=(4, 9)) * random.exponential(size=(4, 1))) for _ in range(2))
    middle = sqrtm(sqrtm(c1) @ c2 @ sqrtm(c1))
    right = np.sqrt(4 * 0.09 + np.trace(c1 + c2 - 2 * middle))
    assert gaussian_w2(np.zeros(4), c1, np.full(4, 0.3), c2) == pytest.approx(right, rel=1e-9)
    assert gaussian_w2(np.zeros(4), c2, np.full(4, 0.3), c1) == pytest.approx(right, rel=1e-9)


def test_two_nearly_equal_gaussians_keep_their_digits():
    cov = np.cov(np.random.default_rng(2).normal(size=(5, 40)))
    assert gaussian_w2(np.zeros(5), cov, np.zeros(5), cov) < 1e-13
    assert gaussian_w2(0, 1.0, 0, (1 + 1e-9) ** 2) == pytest.approx(1e-9, rel=1e-5)


def test_a_point_is_a_gaussian_without_width():
    cov = np.diag([1.0, 4.0])
    assert gaussian_w2([3.0, 0.0], np.zeros((2, 2)), [0.0, 0.0], cov) == pytest.approx(np.sqrt(9 + 5))


# -------------------------------------------------------------------------------------------------------- plans


PROBLEMS = {
    "square": (8, 8, 0),
    "wide": (3, 11, 0),
    "tall": (11, 3, 0),
    "places without mass": (9, 10, 4),
    "one place": (1, 6, 0),
    "one of many places": (7, 7, 6),
}


@pytest.mark.parametrize(("n", "m", "empty"), PROBLEMS.values(), ids=PROBLEMS)
@pytest.mark.parametrize("kind", ["line", "plane", "any", "negative", "huge"])
def test_plan_value_and_prices_solve_both_problems(n, m, empty, kind):
    random = np.random.default_rng(n + 10 * m)
    cost = {
        "line": np.abs(random.normal(size=(n, 1)) - random.normal(size=m)),
        "plane": cdist(random.normal(size=(n, 2)), random.normal(size=(m, 2))) ** 2,
        "any": random.uniform(size=(n, m)),
        "negative": random.normal(size=(n, m)),
        "huge": 1e9 * random.uniform(size=(n, m)),
    }[kind]
    a, b = masses(random, n, empty=empty if n > 1 else 0), masses(random, m, empty=empty)
    plan, value, u, v = transport_plan(cost, a, b)
    unit = np.abs(cost).max()
    np.testing.assert_allclose(plan.sum(axis=1), a, atol=1e-12)
    np.testing.assert_allclose(plan.sum(axis=0), b, atol=1e-12)
    assert plan.min() >= 0
    assert value == pytest.approx((plan * cost).sum(), abs=1e-12 * unit)
    assert value == pytest.approx(by_linear_programme(cost / unit, a, b) * unit, abs=1e-9 * unit)
    assert a @ u + b @ v == pytest.approx(value, abs=1e-9 * unit)
    assert (u[:, None] + v - cost).max() <= 1e-12 * unit
    assert u.min() == pytest.approx(0, abs=1e-12 * unit)


def test_masses_left_out_are_equal_ones():
    cost = np.random.default_rng(3).uniform(size=(4, 6))
    left_out, given = transport_plan(cost), transport_plan(cost, np.full(4, 0.25), np.full(6, 1 / 6))
    assert left_out.value == pytest.approx(given.value)
    np.testing.assert_allclose(left_out.plan.sum(axis=0), 1 / 6)


def test_masses_of_single_precision_are_taken():
    a = torch.tensor([0.1] * 10)  # sums to 1 within 1.2e-7
    plan = transport_plan(1 - np.eye(10), a, a)
    assert plan.value == pytest.approx(0, abs=1e-12)


def test_the_c_transform_is_the_highest_feasible_price_and_one_lipschitz():
    random = np.random.default_rng(4)
    x, y, prices = random.normal(size=60), random.normal(size=9), random.normal(size=9)
    cost = np.abs(x[:, None] - y)
    f = c_transform(cost, prices)
    assert (f[:, None] + prices <= cost + 1e-12).all()
    assert (np.isclose(f[:, None] + prices, cost).any(axis=1)).all()  # no room above
    slopes = np.abs(f[:, None] - f) / (np.abs(x[:, None] - x) + np.eye(60))
    assert slopes.max() <= 1 + 1e-9


def test_a_plan_that_pot_could_not_find_is_an_error_without_a_warning(monkeypatch):
    monkeypatch.setattr(transport, "SIMPLEX_STEPS", 1)
    with pytest.raises(RuntimeError, match="no optimal plan was found.*POT says.*sinkhorn_plan"):
        transport_plan(np.random.default_rng(0).uniform(size=(20, 20)))


# ---------------------------------------------------------------------------------------------------- entropic


def test_the_entropic_plan_holds_the_optimum_between_its_cost_and_its_prices_and_tends_to_it():
    random = np.random.default_rng(5)
    cost, a, b = random.uniform(size=(7, 9)), masses(random, 7, empty=1), masses(random, 9)
    exact = by_linear_programme(cost, a, b)
    gaps, below = [], []
    for regularization in (1.0, 0.1, 0.01):
        plan, value, u, v = sinkhorn_plan(cost, a, b, regularization=regularization)
        np.testing.assert_allclose(plan.sum(axis=1), a, atol=2e-9)
        np.testing.assert_allclose(plan.sum(axis=0), b, atol=2e-9)
        assert (u[:, None] + v <= cost + 1e-12).all()
        assert a @ u + b @ v - 1e-8 <= exact <= value + 1e-8
        gaps.append(value - exact)
        below.append(exact - (a @ u + b @ v))
    assert gaps[0] > 3 * gaps[1] > 9 * gaps[2] and gaps[2] < 0.01
    assert below[0] > 5 * below[2] and below[2] < 1e-3  # the prices tend to it too, ten times as fast


def test_the_entropic_plan_is_a_product_of_scalings_of_the_kernel():
    """Its optimality condition: log P + c / eps is a sum of a row's and a column's number."""
    random = np.random.default_rng(6)
    cost = random.uniform(size=(5, 4))
    plan = sinkhorn_plan(cost, regularization=0.2).plan
    table = np.log(plan) + cost / 0.2
    rest = table - table.mean(axis=1, keepdims=True) - table.mean(axis=0) + table.mean()
    assert np.abs(rest).max() < 1e-9


def test_much_regularization_gives_the_independent_plan():
    random = np.random.default_rng(7)
    a, b = masses(random, 6), masses(random, 5)
    plan = sinkhorn_plan(random.uniform(size=(6, 5)), a, b, regularization=1e6).plan
    np.testing.assert_allclose(plan, np.outer(a, b), atol=1e-6)


def test_too_few_iterations_are_an_error_without_a_warning():
    cost = np.random.default_rng(8).uniform(size=(10, 10))
    with pytest.raises(RuntimeError, match="marginals are still off.*larger regularization"):
        sinkhorn_plan(cost, regularization=1e-3, max_iterations=3)


# --------------------------------------------------------------------------------------------------- bad input


SQUARE = np.ones((2, 2))
BAD = {
    "masses that do not sum to one": (lambda: transport_plan(SQUARE, [0.5, 0.6]), "sum to 1.*got 1.1.*divide"),
    "negative mass": (lambda: transport_plan(SQUARE, None, [1.5, -0.5]), "at least 0 in b, got -0.5 at 1"),
    "masses of another length": (lambda: transport_plan(SQUARE, [0.2, 0.3, 0.5]), r"2 rows.*got \(3,\).*transposed"),
    "columns of another length": (lambda: transport_plan(SQUARE, None, [1.0]), r"2 columns.*got \(1,\)"),
    "NaN in the masses": (
        lambda: transport_plan(SQUARE, [np.nan, 1.0]),
        r"a: expected finite.*nan at \(0,\)",
    ),
    "NaN in the cost": (lambda: transport_plan([[0.0, np.nan]]), r"cost: expected finite values, got nan at \(0, 1\)"),
    "an infinite cost": (lambda: transport_plan([[0.0, np.inf]]), "got inf at"),
    "a cost that is a vector": (lambda: transport_plan([1.0, 2.0]), r"matrix of shape \(n, m\).*got the shape \(2,\)"),
    "an empty cost": (lambda: transport_plan(np.zeros((0, 3))), r"n, m >= 1.*got the shape \(0, 3\)"),
    "a ragged cost": (
        lambda: transport_plan([[1.0, 2.0], [1.0]]),
        "cost: expected real.*different lengths",
    ),
    "text": (lambda: wasserstein_1d(["far"], [1.0]), "x: expected real numbers"),
    "complex numbers": (lambda: wasserstein_1d(np.array([1j]), [1.0]), "x: expected real numbers"),
    "an empty sample": (lambda: wasserstein_1d([], [1.0]), r"at least one sample in x, got the shape \(0, 1\)"),
    "an empty sample in the plane": (lambda: wasserstein(np.ones((3, 2)), np.ones((0, 2))), "one sample in y"),
    "NaN in a sample": (lambda: wasserstein_1d([1.0, np.nan], [1.0]), r"x: expected finite values, got nan at \(1,\)"),
    "an infinite sample": (lambda: sliced_wasserstein([[1.0, -np.inf]], [[1.0, 2.0]]), "got -inf at"),
    "different dimensions": (lambda: wasserstein(np.ones((3, 2)), np.ones((3, 3))), "same dimension, got 2 and 3"),
    "different dimensions, sliced": (lambda: sliced_wasserstein(np.ones((3, 2)), [1.0]), "got 2 and 1"),
    "images": (lambda: wasserstein(np.ones((3, 2, 2)), np.ones((3, 2, 2))), r"got \(3, 2, 2\).*Flatten"),
    "points for the line": (lambda: wasserstein_1d(np.ones((3, 2)), np.ones(3)), "numbers on a line.*Use wasserstein"),
    "order 0": (lambda: wasserstein_1d([1.0], [1.0], order=0), "order of at least 1 and finite, got 0"),
    "order a half": (lambda: wasserstein([[1.0]], [[1.0]], order=0.5), "got 0.5.*no distance"),
    "infinite order": (lambda: sliced_wasserstein([1.0], [1.0], order=np.inf), "finite, got inf"),
    "no projections": (lambda: sliced_wasserstein([1.0], [1.0], projections=0), "at least 1 projection, got 0"),
    "no regularization": (lambda: sinkhorn_plan(SQUARE, regularization=0.0), "above 0.*got 0.0.*transport_plan is"),
    "NaN regularization": (lambda: sinkhorn_plan(SQUARE, regularization=np.nan), "above 0.*got nan"),
    "masses for Sinkhorn": (lambda: sinkhorn_plan(SQUARE, [1.0, 1.0], regularization=1.0), "sinkhorn_plan.*got 2"),
    "means of two lengths": (lambda: gaussian_w2([0.0], 1.0, [0.0, 1.0], np.eye(2)), r"one shape.*\(1,\) and \(2,\)"),
    "a covariance of another size": (lambda: gaussian_w2([0.0, 0.0], np.eye(3), [0.0, 0.0], np.eye(2)), "cov1.*(3, 3)"),
    "deviations for a covariance": (lambda: gaussian_w2([0.0, 0.0], [1.0, 2.0], [0.0, 0.0], np.eye(2)), "not standard"),
    "a lopsided covariance": (lambda: gaussian_w2([0.0, 0.0], [[1, 1], [0, 1]], [0.0, 0.0], np.eye(2)), "symmetric"),
    "a negative variance": (lambda: gaussian_w2(0.0, -1.0, 0.0, 1.0), "cov1 to be symmetric without negative.*-1"),
    "prices for other columns": (lambda: c_transform(np.ones((2, 3)), [1.0, 2.0]), "3 columns.*transpose"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_refused_with_what_was_expected_what_came_and_what_to_do(case):
    call, said = BAD[case]
    with pytest.raises(ValueError, match=f"(?s){said}"):
        call()


# ------------------------------------------------------------------------------------------------------ imports


def test_pot_is_imported_at_first_use_and_no_other_back_end_with_it(tmp_path):
    """Stand-ins for JAX, TensorFlow and CuPy lie on the path, and say so when they are imported."""
    for name in ("jax", "tensorflow", "cupy"):
        (tmp_path / f"{name}.py").write_text("raise AssertionError('imported')\n")
    script = """
import os, sys
before = dict(os.environ)
from course_lib import transport
assert transport.wasserstein_1d([0.0], [2.0]) == 2
assert "ot" not in sys.modules
assert transport.wasserstein([[0.0, 0.0], [1.0, 0.0]], [[3.0, 4.0], [4.0, 4.0]]) == 5
import ot.backend
assert ot.backend.torch is False and ot.backend.jax is False and ot.backend.tf is False and ot.backend.cp is False
assert dict(os.environ) == before
print("done")
"""
    path = os.pathsep.join([str(tmp_path), *filter(None, sys.path)])
    ran = subprocess.run(
        [sys.executable, "-W", "error", "-c", script],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert ran.stdout == "done\n" and ran.stderr == ""
