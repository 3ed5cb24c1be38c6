"""The guard itself, and that every door which takes an array passes it on."""

import math

import numpy as np
import pytest
import torch

from course_lib import arrays, divergences, metrics, transport
from course_lib.data import ring

ARRAY = np.arange(12.0).reshape(3, 4) / 4  # exact in every float type below


@pytest.mark.parametrize(
    "given",
    [
        ARRAY,
        ARRAY.astype(np.float16),
        ARRAY.astype(np.longdouble),
        ARRAY.tolist(),
        np.ma.masked_array(ARRAY, mask=False),
        torch.from_numpy(ARRAY),
        torch.from_numpy(ARRAY).bfloat16(),
        torch.from_numpy(ARRAY).float().requires_grad_(),
        torch.complex(torch.zeros(3, 4).double(), -torch.from_numpy(ARRAY)).conj().imag,  # its sign is a lazy flag
    ],
    ids=["float64", "float16", "longdouble", "lists", "no mask", "tensor", "bfloat16", "with gradient", "negated"],
)
def test_real_numbers_of_any_type_come_out_as_float64_unchanged(given):
    values = arrays.finite_float64(given, "x")
    assert type(values) is np.ndarray and values.dtype == np.float64
    np.testing.assert_array_equal(values, ARRAY)
    np.testing.assert_array_equal(np.asarray(arrays.as_numpy(given), np.float64), ARRAY)


def test_whole_numbers_of_any_type_come_out_as_int64():
    for given in ([3, 0], np.array([3, 0], np.uint8), torch.tensor([3, 0], dtype=torch.int32)):
        values = arrays.whole_numbers(given, "labels")
        assert values.dtype == np.int64 and values.tolist() == [3, 0]


@pytest.mark.parametrize(
    "given", [ARRAY[::-1, ::-1], ARRAY.astype(">f8"), np.broadcast_to(ARRAY, (3, 4)), ARRAY.T, ARRAY[:, ::-2]]
)
def test_a_copy_for_torch_is_taken_without_a_warning_and_shares_nothing(given):
    before = given.copy()
    tensor = torch.from_numpy(arrays.copy_for_torch(given))
    assert tensor.is_contiguous() and tensor.dtype == torch.float64
    np.testing.assert_array_equal(tensor.numpy(), before)
    tensor.fill_(-1)
    np.testing.assert_array_equal(given, before)


def masked(x, at=1):
    """`x` with -9999 where a value is missing, and a mask over it."""
    values = np.array(x, dtype=np.float64)
    values.flat[at] = -9999
    mask = np.zeros(values.shape, dtype=bool)
    mask.flat[at] = True
    return np.ma.masked_array(values, mask)


@pytest.mark.parametrize(
    ("given", "where"),
    [
        (masked(ARRAY), r"x: expected measured values, but 1 of 12 are masked, the first at \(0, 1\).*filled"),
        ([ARRAY[0], masked(ARRAY[1])], r"x\[1\]: expected measured values, but 1 of 4 are masked, the first at \(1,\)"),
        ([[masked(ARRAY[1])]], r"x\[0\]\[0\]: expected measured values"),
        ([1.0, np.ma.masked], r"x\[1\]: expected measured values"),
        (np.ma.masked, r"x: expected measured values"),
        (masked(ARRAY).astype(int), r"1 of 12 are masked"),
    ],
    ids=[
        "array",
        "in a list",
        "in a list of lists",
        "the masked constant in a list",
        "the masked constant",
        "integers",
    ],
)
def test_what_lies_under_a_mask_is_refused_with_its_place(given, where):
    for guard in (arrays.finite_float64, arrays.whole_numbers, arrays.refuse_mask):
        with pytest.raises(ValueError, match=where):
            guard(given, "x")
    with pytest.raises(ValueError, match="are masked"):
        arrays.as_numpy(given)


@pytest.mark.filterwarnings("ignore:The PyTorch API of MaskedTensors")
def test_a_masked_tensor_is_refused():
    given = torch.masked.MaskedTensor(torch.tensor([1.0, -9999.0]), torch.tensor([True, False]))
    with pytest.raises(ValueError, match=r"1 of 2 are masked, the first at \(1,\)"):
        arrays.finite_float64(given, "x")


class HasValues:
    values = torch.zeros(3, 1, 4)


NOT_NUMBERS = {
    "text": (np.array(["1", "2"]), "ndarray of <U1 .text."),
    "a list of text": (["1", "2"], "got list .text."),
    "complex": (np.ones(3) + 1j, "complex numbers"),
    "a complex tensor": (torch.ones(3) + 1j, r"Tensor of torch.complex64 on cpu \(complex numbers\)"),
    "objects": (np.array([1.0, None]), "objects"),
    "a ragged list": ([[1.0], [1.0, 2.0]], "rows of different lengths"),
    "yes and no": (np.array([True, False]), "yes and no"),
    "a tensor of yes and no": (torch.tensor([True, False]), "yes and no"),
    "dates": (np.array(["2026-01-01"], dtype="datetime64[D]"), "dates"),
    "nothing": (None, "NoneType"),
    "a generator": ((x for x in (1.0,)), "got generator"),
    "a sparse tensor": (torch.eye(2).to_sparse(), "Tensor of torch.float32 on cpu"),
    "a tensor without values": (torch.empty(2, device="meta"), "on meta"),
    "a dataset": (HasValues(), "got a HasValues. Pass its .values"),
}


@pytest.mark.parametrize("name", NOT_NUMBERS)
def test_what_is_no_number_is_refused_by_what_it_is(name):
    given, said = NOT_NUMBERS[name]
    for guard in (arrays.finite_float64, arrays.whole_numbers):
        with pytest.raises(ValueError, match=f"x: expected .*{said}"):
            guard(given, "x")


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_the_first_value_that_is_not_finite_is_named_with_the_number_of_them(bad):
    values = ARRAY.copy()
    values[1, 2] = values[2, 0] = bad
    with pytest.raises(ValueError, match=rf"x: .*got {bad} at \(1, 2\), and 2 such of 12 \(NaN or infinite\). Do it"):
        arrays.finite_float64(torch.from_numpy(values), "x", advice="Do it.")


def test_numbers_beyond_the_type_they_become_are_refused():
    with pytest.raises(ValueError, match="got inf at"):
        arrays.finite_float64(np.array([np.longdouble("1e400")]), "x")
    with pytest.raises(ValueError, match=r"below 2\*\*63, got 9223372036854775808"):
        arrays.whole_numbers(np.array([2**63], dtype=np.uint64), "labels")
    with pytest.raises(ValueError, match="whole numbers.*ndarray of float64"):
        arrays.whole_numbers(np.array([0.0, 1.0]), "labels")


# --- the doors

SIGNALS = np.random.default_rng(0).normal(size=(40, 1, 16)).cumsum(axis=2)
FEW = SIGNALS[:12] + 0.1
TWO = np.arange(40) % 2
POINTS = SIGNALS[:, 0, :2]
HALVES = np.array([0.5, 0.5])
SPD = np.eye(2)


def pair(function, x=SIGNALS, **options):
    """Doors of a function of two arrays."""
    return {
        f"{function.__name__}, first": (lambda bad: function(bad, x, **options), x),
        f"{function.__name__}, second": (lambda bad: function(x, bad, **options), x),
    }


DOORS: dict = {}
for metric in metrics.METRICS.values():
    DOORS |= pair(metric)
for function in (metrics.precision_recall, metrics.predictive_score, metrics.importance_over_time):
    DOORS |= pair(function)
DOORS |= pair(metrics.discriminative_score, quick=True)
for function in (metrics.frechet_distance, metrics.maximum_mean_discrepancy, metrics.precision_recall):
    DOORS |= {f"{name} of features": door for name, door in pair(function, POINTS).items()}
for function in (transport.wasserstein, transport.sliced_wasserstein):
    DOORS |= pair(function, POINTS)
DOORS |= pair(transport.wasserstein_1d, POINTS[:, 0])
DOORS |= pair(transport.c_transform, SPD) | pair(divergences.optimal_discriminator, HALVES)
for function in (divergences.kl, divergences.js):
    DOORS |= pair(function, HALVES)
DOORS |= {
    "power_spectrum": (metrics.power_spectrum, SIGNALS),
    "autocorrelation": (lambda x: metrics.autocorrelation(x, 3), SIGNALS),
    "median_bandwidth": (metrics.median_bandwidth, POINTS),
    "mode_coverage, samples": (lambda x: metrics.mode_coverage(x, ring().centers, 0.01), POINTS),
    "mode_coverage, centers": (lambda x: metrics.mode_coverage(POINTS, x, 0.01), POINTS),
    "nearest_neighbour_ratio, train": (lambda x: metrics.nearest_neighbour_ratio(x, SIGNALS[:9], SIGNALS), SIGNALS),
    "nearest_neighbour_ratio, test": (lambda x: metrics.nearest_neighbour_ratio(SIGNALS, x, SIGNALS), SIGNALS),
    "nearest_neighbour_ratio, fake": (lambda x: metrics.nearest_neighbour_ratio(SIGNALS, -SIGNALS, x), SIGNALS),
    "reference": (lambda x: metrics.reference(metrics.signal_frechet, x, 10), SIGNALS),
    "quality_report, train": (lambda x: metrics.quality_report(x, FEW, FEW, quick=True), SIGNALS),
    "quality_report, test": (lambda x: metrics.quality_report(SIGNALS, x, FEW, quick=True), FEW),
    "quality_report, fake": (lambda x: metrics.quality_report(SIGNALS, FEW, x, quick=True), FEW),
    "quality_report, forgers": (
        lambda x: metrics.quality_report(SIGNALS, FEW, FEW, forgers={"Gaussian": x}, quick=True),
        FEW,
    ),
    "copied_share, train": (lambda x: metrics.copied_share(x, SIGNALS[:9], SIGNALS), SIGNALS + 1),
    "copied_share, test": (lambda x: metrics.copied_share(SIGNALS, x, SIGNALS), -SIGNALS),
    "copied_share, fake": (lambda x: metrics.copied_share(SIGNALS, -SIGNALS, x), SIGNALS),
    "transfer_score, synthetic": (lambda x: metrics.transfer_score(x, SIGNALS, SIGNALS, labels=(TWO,) * 3), SIGNALS),
    "transfer_score, real_train": (lambda x: metrics.transfer_score(SIGNALS, x, SIGNALS, labels=(TWO,) * 3), SIGNALS),
    "transfer_score, real_test": (lambda x: metrics.transfer_score(SIGNALS, SIGNALS, x, labels=(TWO,) * 3), SIGNALS),
    "class_accuracy, train": (lambda x: metrics.class_accuracy(x, SIGNALS, labels=(TWO, TWO)), SIGNALS),
    "class_accuracy, fake": (lambda x: metrics.class_accuracy(SIGNALS, x, labels=(TWO, TWO)), SIGNALS),
    "class_share_distance, train": (
        lambda x: metrics.class_share_distance(x, SIGNALS, SIGNALS, labels=TWO),
        SIGNALS,
    ),
    "class_share_distance, test": (
        lambda x: metrics.class_share_distance(SIGNALS, x, SIGNALS, labels=TWO),
        SIGNALS,
    ),
    "class_share_distance, fake": (
        lambda x: metrics.class_share_distance(SIGNALS, SIGNALS, x, labels=TWO),
        SIGNALS,
    ),
    "gaussian_w2, a mean": (lambda x: transport.gaussian_w2(x, SPD, HALVES, SPD), HALVES),
    "gaussian_w2, a covariance": (lambda x: transport.gaussian_w2(HALVES, SPD, HALVES, x), SPD),
    "transport_plan, cost": (transport.transport_plan, SPD),
    "transport_plan, masses": (lambda x: transport.transport_plan(SPD, HALVES, x), HALVES),
    "sinkhorn_plan, cost": (lambda x: transport.sinkhorn_plan(x, regularization=1.0), SPD),
    "sinkhorn_plan, masses": (lambda x: transport.sinkhorn_plan(SPD, x, regularization=1.0), HALVES),
    "game_value, a density": (lambda x: divergences.game_value(HALVES, x, HALVES), HALVES),
    "game_value, discriminator": (lambda x: divergences.game_value(HALVES, HALVES, x), HALVES),
}
WRONG = {
    "masked": (masked, "are masked"),
    "complex": (lambda x: x + 0j, "complex numbers"),
    "text": (lambda x: x.astype(str), "text"),
    "objects": (lambda x: x.astype(object), "objects"),
    "yes and no": (lambda x: x > 0, "yes and no"),
    "infinite": (lambda x: np.where(np.arange(x.size).reshape(x.shape) == 1, np.inf, x), "expected finite values"),
}


@pytest.mark.parametrize("wrong", WRONG)
@pytest.mark.parametrize("door", DOORS)
def test_every_door_refuses_what_is_no_array_of_finite_numbers(door, wrong):
    call, right = DOORS[door]
    make, said = WRONG[wrong]
    with pytest.raises(ValueError, match=said):
        call(make(right))


@pytest.mark.parametrize(
    "labels",
    [np.array(["a"] * 40), np.zeros(40), masked(np.zeros(40)).astype(int), np.array([True] * 40)],
    ids=["text", "floats", "masked", "yes and no"],
)
def test_labels_of_a_report_that_are_no_whole_numbers_are_refused_by_a_sentence(labels):
    with pytest.raises(ValueError, match=r"labels of train: expected (whole numbers|measured values)"):
        metrics.quality_report(SIGNALS, SIGNALS[:9], SIGNALS[:9], labels=(labels, np.zeros(9, int)))


def test_signals_whose_axes_look_exchanged_are_asked_about():
    with pytest.warns(UserWarning, match=r"real has 16 channels of 1 steps.*swapaxes"):
        metrics.variance_ratio(SIGNALS.swapaxes(1, 2), SIGNALS.swapaxes(1, 2))
