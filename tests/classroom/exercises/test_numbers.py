"""Two numbers of an answer in a Series, and two numbers in a message that must not look alike."""

import re

import numpy as np
import pandas as pd
import pytest
from exercise_answers import answer_of, published
from scipy import special

from course_lib.classroom.checks import EXERCISES, Refused, as_numbers
from course_lib.classroom.checks.numbers import apart


def test_two_numbers_may_come_in_a_series_whatever_its_index():
    pair = pd.Series({"low": 1, "high": 2.5})
    assert as_numbers(pair, ["low", "high"], otherwise="two!") == [1, 2.5]
    for other in (pair[:1], pd.DataFrame([[1, 2.5]]), pair.to_dict()):
        with pytest.raises(Refused, match="two!"):
            as_numbers(other, ["low", "high"], otherwise="two!")


def test_two_numbers_are_shown_with_the_digits_that_tell_them_apart():
    assert apart(4.66666, 4.6721, ".2f") == ("4.667", "4.672")
    assert apart(2, 3.0) == ("2.0000", "3.0000")
    assert apart(2, 2.0003, ".4g") == ("2", "2.0003")
    assert apart(-0.0, 0.0) == ("-0.0000", "0.0000")
    assert apart(1, 1 + 1e-15) == ("1.0000", "1.0000")  # what is right but for rounding gets no tail of digits
    assert apart(50, np.inf, ".6g") == ("50", "inf")


# the number that was expected, and the reader's, as judges put it
SAID = re.compile(r"(-?\d[\d.,]*)(?: [^\d;:]{0,40})?(?:, and|;|,) yours (?:is|says) (-?\d[\d.]*)")
SOLUTIONS = {solution.name: solution for solution in published()}
ROUNDING = [
    *("band_power", "memory_ratio", "transposed_length", "penalty_of_slopes", "coverage", "averaged"),
    *("projection_score", "conditional_mean", "at_equal_steps", "steps_that_fit", "two_losses", "known_smooth"),
    *("electrode_penalty", "whole_critic_loss", "norms_without_nan", "critics_lesson"),
]


def nudged(value, share):
    """An answer with each of its numbers a share of itself too large."""
    return type(value)(nudged(one, share) for one in value) if isinstance(value, tuple) else value * (1 + share)


@pytest.mark.parametrize("name", ROUNDING)
def test_a_message_never_shows_two_numbers_that_look_alike(name):
    right, pairs = answer_of(SOLUTIONS[name], SOLUTIONS[name].code), []
    for share in (1.2e-4, 1.1e-3, 0.02):
        message = EXERCISES[name].verdict(lambda *given, by=share: nudged(right(*given), by)).message
        pairs += SAID.findall(message)
    assert pairs
    for expected, yours in pairs:
        assert float(expected.replace(",", "")) != float(yours.rstrip(".")), (expected, yours)


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("kl_with_zeros", lambda p, q: 1.00015 * float(special.rel_entr(p, q).sum())),
        ("steepest_slope", lambda c, n, hidden, d: 1.00015 * c ** (hidden + 1) * n**hidden * d**0.5),
    ],
)
def test_an_answer_that_is_a_little_off_hears_two_numbers_that_differ(name, answer):
    said = EXERCISES[name].verdict(answer)
    assert said.right is False
    wanted, got = re.search(r"is (-?[\d.]+)[^\d]* yours is (-?[\d.]+\d)", said.message).groups()
    assert float(wanted) != float(got), said.message
