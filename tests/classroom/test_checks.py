"""The frame around every exercise: it never raises, knows an untouched stub, and says what went wrong."""

import os
import re
import warnings
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import torch

from course_lib.classroom import progress
from course_lib.classroom.checks import EXERCISES, base
from course_lib.classroom.checks.base import (
    Exercise,
    as_function,
    as_number,
    as_numbers,
    as_tensor,
    close,
    the_one,
    worst,
)


@pytest.fixture(autouse=True)
def own_progress(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_PROGRESS", str(tmp_path / "progress.json"))


def judge_doubling(answer):
    result = as_tensor(as_function(answer)(torch.tensor([1.0, 2.0])), shape=(2,))
    if close(result, torch.tensor([1.0, 4.0])):
        return "You squared: twice 1 is 2, not 1."
    if not close(result, torch.tensor([2.0, 4.0])):
        return f"Twice 2 is 4, not {result[1]:g}."
    return None


doubling = Exercise("doubling", "99", "Doubling", "Every octave up does that.", judge_doubling)


def test_a_right_answer_is_correct_printed_and_noted(capsys):
    assert doubling(lambda x: 2 * x) is None
    assert capsys.readouterr().out == "Doubling: Correct. Every octave up does that.\n"
    assert list(progress.read()) == ["doubling"]


def test_a_wrong_answer_gets_its_misconception_and_no_progress(capsys):
    doubling(lambda x: x**2)
    assert capsys.readouterr().out == "Doubling: not yet. You squared: twice 1 is 2, not 1.\n"
    assert progress.read() == {}


@pytest.mark.parametrize(
    "error", [RuntimeError("no home"), OSError("no disk"), RecursionError(), UnicodeEncodeError("ascii", "ä", 0, 1, "")]
)
def test_a_right_answer_is_correct_whatever_the_file_system_does(capsys, monkeypatch, error):
    def fails(*args, **options):
        raise error

    monkeypatch.setattr(progress, "record", fails)
    doubling(lambda x: 2 * x)
    first, second = capsys.readouterr().out.splitlines()
    assert first == "Doubling: Correct. Every octave up does that." and "could not be saved" in second


@pytest.mark.parametrize("failing", [(Path, "expanduser"), (os, "replace"), (os, "fsync"), (Path, "mkdir")])
def test_a_right_answer_is_correct_where_home_is_lost_or_the_disk_is_full(capsys, monkeypatch, failing):
    def fails(*args, **options):
        raise RuntimeError("no home") if failing[1] == "expanduser" else OSError("no room")

    monkeypatch.setattr(*failing, fails)
    doubling(lambda x: 2 * x)
    out = capsys.readouterr().out
    assert out.startswith("Doubling: Correct.") and "could not be saved" in out


class HasNoMessage(Exception):
    def __str__(self):
        raise ValueError


def test_answers_and_errors_that_cannot_even_be_looked_at_are_not_yet_right(capsys):
    itself = []
    itself.append(itself)

    def raises(x):
        raise HasNoMessage

    for answer in (itself, raises):
        doubling(answer)
        assert capsys.readouterr().out.startswith("Doubling: not yet.")


def unfinished_in_a_tuple(x):
    return x, ...


def only_dots(x): ...


def only_a_docstring(x):
    """Doubles x."""


def not_implemented(x):
    raise NotImplementedError


@pytest.mark.parametrize(
    "stub",
    [
        ...,
        (1, ...),
        {"a": [...]},
        lambda x: ...,
        lambda x: {"result": ...},
        unfinished_in_a_tuple,
        only_dots,
        only_a_docstring,
        not_implemented,
    ],
)
def test_an_untouched_stub_is_not_attempted_wherever_its_dots_are(stub, capsys):
    doubling(stub)
    assert capsys.readouterr().out == "Doubling: not attempted yet.\n"
    assert doubling.verdict(stub).right is None


def forgets_to_return(x):
    x = 2 * x


def calls_itself(x):
    return calls_itself(x)


def leaves(x):
    raise SystemExit(3)


def warns(x):
    warnings.warn("careful", stacklevel=1)
    return 2 * x


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (forgets_to_return, "is its `return` missing"),
        (lambda x: torch.ones(2, 3) @ torch.ones(2, 3), "Your function stopped with RuntimeError: "),
        (lambda x: 1 / 0, "Your function stopped with ZeroDivisionError: division by zero"),
        (lambda: 2, "Your function stopped with TypeError: "),
        (lambda x: [][1], "Your function stopped with IndexError: list index out of range"),
        (lambda x: undefined_name, "Your function stopped with NameError: "),  # noqa: F821
        (calls_itself, "Your function stopped with RecursionError: "),
        (leaves, "Your function stopped with SystemExit: 3"),
        (warns, "Your function stopped with UserWarning: careful"),  # warnings are errors in this test run
        (None, "A function was asked for, and this is nothing (None)"),
        (4.0, "Pass the function itself, without calling it"),
        (torch.tensor([2.0, 4.0]), "a value of type Tensor"),
        (lambda x: "four", "A tensor was expected of your answer, and it is a value of type str"),
        (lambda x: object(), "A tensor was expected of your answer, and it is a value of type object"),
        (lambda x: 2 * x[:1], "The shape (2,) was expected of your answer, and it is (1,)"),
        (lambda x: x / 0, "some are NaN or infinite"),
        (lambda x: [[2.0], [4.0, 5.0]], "A tensor was expected"),
    ],
)
def test_whatever_the_answer_the_check_speaks_and_never_raises(answer, said, capsys):
    doubling(answer)
    out = capsys.readouterr().out
    assert out.startswith("Doubling: not yet. ") and said in out and out.count("\n") == 1
    assert not re.search(r"0x[0-9a-f]{6}", out)


def test_an_answer_that_fools_the_judge_itself_is_refused_and_not_raised():
    strict = Exercise("strict", "99", "Strict", "", lambda answer: answer.shape[7])
    assert strict.verdict(3).right is False
    assert "trying it gave AttributeError: 'int' object has no attribute 'shape'" in strict.verdict(3).message


def test_a_class_or_a_model_may_be_the_answer():
    given = Exercise(
        "given", "99", "Given", "", lambda model: None if model(torch.ones(1, 2)).shape == (1, 3) else "no"
    )
    assert given.verdict(torch.nn.Linear(2, 3)).right is True
    assert given.verdict(torch.nn.Linear(2, 4)).right is False
    assert "RuntimeError" in given.verdict(torch.nn.Linear(5, 4)).message


def test_a_long_error_is_cut_to_one_short_line():
    def rambles(x):
        raise ValueError("a" * 5000 + "\nsecond line")

    message = doubling.verdict(rambles).message
    assert len(message) < 260 and "second line" not in message


def test_ctrl_c_is_not_swallowed():
    def stop(x):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        doubling.verdict(stop)


def test_a_check_leaves_the_readers_random_numbers_alone():
    def noisy(x):
        torch.manual_seed(5), np.random.seed(5)
        return 2 * x + 0 * torch.randn(2) + 0 * np.random.rand()

    torch.manual_seed(1), np.random.seed(1)
    expected = torch.rand(1), np.random.rand()
    torch.manual_seed(1), np.random.seed(1)
    assert doubling.verdict(noisy).right
    assert (torch.rand(1), np.random.rand()) == expected


def test_a_progress_file_out_of_order_is_said_below_the_verdict(tmp_path, monkeypatch, capsys):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("COURSE_PROGRESS", str(tmp_path / "file" / "progress.json"))
    doubling(lambda x: 2 * x)
    verdict, note = capsys.readouterr().out.splitlines()
    assert verdict.startswith("Doubling: Correct.") and "could not be saved" in note


# ---------------------------------------------------------------------------------------------- registering


def test_a_registered_exercise_has_its_judges_name_and_two_of_one_name_are_refused(monkeypatch):
    monkeypatch.setattr(base, "EXERCISES", {})

    def penalty(answer):
        return None

    made = base.exercise(notebook="06", title="The penalty")(penalty)
    assert base.EXERCISES == {"penalty": made} and made.notebook == "06" and made.verdict(1) == (True, "Correct.")

    def another(answer):
        return "no"

    another.__name__, another.__module__ = "penalty", "course_lib.classroom.checks.notebook_08"
    with pytest.raises(ValueError, match="two exercises are called penalty, in notebooks 06 and 08"):
        base.exercise(notebook="08", title="The penalty")(another)
    assert base.EXERCISES == {"penalty": made}


def test_every_registered_exercise_is_a_name_of_checks():
    import course_lib.classroom.checks as checks

    for name, made in checks.EXERCISES.items():
        assert getattr(checks, name) is made and name in checks.__all__


# ------------------------------------------------------------------------------------------------- helpers


NUMBERS = [
    2,
    2.0,
    np.float32(2),
    np.int64(2),
    np.array([[2.0]]),
    torch.tensor(2.0),
    torch.tensor([2], dtype=torch.bfloat16),
]


@pytest.mark.parametrize("value", [*NUMBERS, Fraction(4, 2), Decimal("2.0"), np.array(Fraction(2))])
def test_a_number_may_come_in_any_wrapping(value):
    assert as_number(value) == 2.0 and isinstance(as_number(value), float)


@pytest.mark.parametrize(
    "value", [(Fraction(1, 2), Decimal("3")), [Fraction(1, 2), 3.0], np.array([Fraction(1, 2), 3])]
)
def test_fractions_and_decimals_are_numbers_within_a_sequence_too(value):
    assert as_tensor(value, shape=(2,)).tolist() == [0.5, 3.0]
    assert as_numbers(value, ["the first", "the second"], otherwise="Two.") == [0.5, 3.0]


@pytest.mark.parametrize("value", [(0.5, torch.tensor(3.0)), torch.tensor([0.5, 3.0]), np.array([0.5, 3.0])])
def test_two_numbers_may_come_in_any_wrapping(value):
    assert as_numbers(value, ["the first", "the second"], otherwise="Two.") == [0.5, 3.0]


@pytest.mark.parametrize("value", [3.0, "ab", torch.tensor(3.0), np.ones(3), torch.ones(1, 2), (1, 2, 3), {1, 2}])
def test_what_is_not_two_numbers_is_refused(value):
    with pytest.raises(base.Refused, match="Two."):
        as_numbers(value, ["the first", "the second"], otherwise="Two.")


def test_the_number_that_is_none_is_named():
    with pytest.raises(base.Refused, match="of the second"):
        as_numbers((1.0, "2"), ["the first", "the second"], otherwise="Two.")


@pytest.mark.parametrize("value", ["word", np.str_("word"), np.array("word"), np.array(["word"])])
def test_a_word_may_come_in_an_array_of_one(value):
    assert the_one(value) == "word" and isinstance(the_one(value), str)


def test_several_elements_stay_as_they_are():
    two = torch.ones(2)
    assert the_one(two) is two and the_one(None) is None
    assert the_one(torch.tensor([True])) is True


def test_a_number_may_come_with_its_gradient():
    assert as_number(torch.tensor(2.0, requires_grad=True) * 1) == 2.0


@pytest.mark.parametrize(
    "value",
    [
        "2",
        None,
        True,
        np.bool_(True),
        [2.0],
        2j,
        np.array([1.0, 2.0]),
        float("nan"),
        np.inf,
        Decimal("NaN"),
        np.array("2"),
    ],
)
def test_what_is_not_one_finite_number_is_refused(value):
    with pytest.raises(base.Refused, match="number was expected of the slope"):
        as_number(value, what="the slope")


def test_a_tensor_of_another_dtype_is_refused_by_name():
    with pytest.raises(base.Refused, match="float32 was expected of your answer, and it is int64"):
        as_tensor(torch.tensor([1, 2]), dtype=torch.float32)


def test_a_tensor_on_another_device_is_refused_by_name():
    with pytest.raises(base.Refused, match="Your answer lies on meta, its input on cpu"):
        as_tensor(torch.empty(2, dtype=torch.int64, device="meta"), device="cpu")


def test_a_tensor_keeps_its_graph():
    x = torch.ones(2, requires_grad=True)
    assert as_tensor(2 * x, shape=(2,)).requires_grad


def test_tensors_that_ask_for_gradients_are_taken_out_of_lists_and_tuples():
    x = torch.ones(2, requires_grad=True)
    assert as_tensor((2 * x, [3.0, x[0]]), shape=(2, 2)).tolist() == [[2.0, 2.0], [3.0, 1.0]]


FOREIGN = {
    "reversed": np.array([[3.0, 4.0], [1.0, 2.0]])[::-1],
    "reversed twice": np.array([[4.0, 3.0], [2.0, 1.0]])[::-1, ::-1],
    "big-endian": np.array([[1, 2], [3, 4]], dtype=">f8"),
    "big-endian whole numbers": np.array([[1, 2], [3, 4]], dtype=">i4"),
    "read-only": np.broadcast_to(np.array([[1.0, 2.0], [3.0, 4.0]]), (2, 2)),
    "from a file": np.frombuffer(np.array([1, 2, 3, 4], dtype=">f4").tobytes(), dtype=">f4").reshape(2, 2),
    "a list of them": [np.array([2.0, 1.0])[::-1], np.array([3, 4], dtype=">i2")],
}


@pytest.mark.parametrize("value", FOREIGN.values(), ids=FOREIGN)
def test_arrays_that_torch_does_not_share_are_copied(value):
    given = np.array(value)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert as_tensor(value, shape=(2, 2)).tolist() == [[1, 2], [3, 4]]
        assert close(value, torch.tensor([[1.0, 2.0], [3.0, 4.0]]))
    as_tensor(value).mul_(2)
    assert np.array_equal(value, given), "the answer itself was changed"


def test_close_compares_shape_and_size():
    assert close(1.00001, 1) and not close(1.01, 1)
    assert not close(torch.ones(3), torch.ones(1))  # no broadcasting: a wrong shape is not close
    assert close(np.array([1e6 + 1]), torch.tensor([1e6]))


def test_the_worst_place_is_the_one_where_close_refuses_most():
    assert worst([1000.05, 0.5, 2.0], [1000.0, 0.4, 2.0]) == (1,)  # 0.05 of 1000 is allowed, 0.1 of 0.4 is not
    assert worst(np.array([[1.0, 2.0], [3.0, 5.0]]), torch.tensor([[1.0, 2.0], [3.0, 4.0]])) == (1, 1)
    assert worst(3.0, 4.0) == ()
    assert worst([102.0, 1.5], [100.0, 1.0]) == (0,)
    assert worst([102.0, 1.5], [100.0, 1.0], rel=0.05) == (1,)
    assert worst([1.0, float("nan"), 2.5], [1.0, 1.0, 2.0]) == (1,)  # what is no number is farthest off


def last_off(right):
    """A right function whose last element or row is doubled."""

    def answer(*given):
        made = right(*given)
        made = made.clone() if isinstance(made, torch.Tensor) else np.array(made)
        made[-1] *= 2
        return made

    return answer


def pairs_sorted(x):
    return x.reshape(len(x), -1, 2).sort(dim=2).values.reshape(x.shape)


def averaged(weights, decay):
    kept = weights[0]
    for w in weights[1:]:
        kept = decay * kept + (1 - decay) * w
    return kept


def conditional(mean, covariance, x, missing):
    known = ~missing
    pull = np.linalg.solve(covariance[known][:, known], x[known] - mean[known])
    return mean[missing] + covariance[missing][:, known] @ pull


def steered(noise, direction, amount):
    unit = direction / direction.norm()
    return noise + (amount - noise @ unit)[:, None] * unit


def too_far(noise, direction, amount):
    made = steered(noise, direction, amount)
    made[-1] += direction  # across it all draws stay in their places
    return made


LAST_FEATURES = [round(x, 2) for x in torch.randn(5, 6, generator=torch.Generator().manual_seed(0))[-1].tolist()]


@pytest.mark.parametrize(
    ("name", "answer", "says"),
    [
        ("projection_score", last_off(lambda f, w, e, y: f @ w + (e[y] * f).sum(1)), "For signal 5 "),
        ("steer_any", too_far, "your draw 4 has "),
        ("conditional_mean", last_off(conditional), "At step 5 "),
        ("averaged", last_off(averaged), "entry (2, "),
        ("group_sort", last_off(pairs_sorted), f"For the features {LAST_FEATURES} "),
        ("norms_without_nan", last_off(lambda s: (s.square().sum(dim=(1, 2)) + 1e-12).sqrt()), "Slope 4 "),
    ],
)
def test_a_message_shows_an_element_that_is_wrong(name, answer, says):
    verdict = EXERCISES[name].verdict(answer)
    assert verdict.right is False and says in verdict.message, verdict.message
