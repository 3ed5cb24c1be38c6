"""Every judge against every small change of its published solution, and that harness against made-up judges."""

import functools
import random
import warnings

import numpy as np
import pytest
import torch
from equivalent_mutants import EQUIVALENT
from exercise_answers import Solution, published
from mutant_trials import (
    ACCEPTED,
    ENDLESS,
    NOT_ATTEMPTED,
    RAISED,
    REFUSED,
    STUMBLED,
    UNDEFINED,
    chosen,
    complaints,
    counts_of,
    known_counts,
    known_survivors,
    trials_of,
    try_mutant,
)
from solution_mutations import Mutant, mutants_of
from solution_places import Seen

from course_lib.classroom.checks import EXERCISES
from course_lib.classroom.checks.base import Exercise, as_function, as_number, close, refuse

SOLUTIONS = published()


# ---------------------------------------------------------------------------------------------- the real judges


@pytest.mark.parametrize("solution", SOLUTIONS, ids=lambda s: f"{s.notebook}-{s.name}")
def test_a_judge_refuses_every_small_change_of_its_solution_but_the_listed_ones(solution):
    name = solution.name
    trials = trials_of(solution, EXERCISES[name])
    found = complaints(name, trials, known_survivors().get(name, []), EQUIVALENT.get(name, {}))
    assert not found, "\n".join(["", *found])
    counted = (solution.notebook, *counts_of(trials))
    assert known_counts()[name] == counted, "make judges.csv anew: python mutant_trials.py --write"


def test_there_are_twenty_changes_of_a_solution_on_average_and_ten_of_each():
    counts = {s.name: len(chosen(s, EXERCISES[s.name])[0]) for s in SOLUTIONS}
    print(f"{sum(counts.values())} mutants of {len(counts)} solutions, {np.mean(list(counts.values())):.1f} on average")
    assert min(counts.values()) >= 10, counts
    assert np.mean(list(counts.values())) >= 20, counts


def test_every_list_is_of_an_exercise_that_exists_sorted_and_with_reasons():
    names = {solution.name for solution in SOLUTIONS}
    known = known_survivors()
    assert set(known) <= names and set(EQUIVALENT) <= names
    assert list(known) == sorted(known) and all(them == sorted(set(them)) and them for them in known.values())
    assert all(reason for them in EQUIVALENT.values() for reason in them.values())


# ------------------------------------------------------------------------------------ made-up solutions and judges

MEAN_SIZE = "def mean_size(x, weight):\n    total = np.abs(x).mean()\n    return weight * total\n"


def a_solution(code=MEAN_SIZE, answer="mean_size", imports="import numpy as np\nimport torch\nimport time"):
    return Solution("made_up", "99_made_up", code, imports, answer, "", "")


def an_exercise(judge):
    return Exercise("made_up", "99", "Made up", "", judge)


def good_judge(answer):
    for k, weight in enumerate((2.0, 0.5, -3.0)):
        x = np.random.default_rng(k).normal(0.3, 1, size=(5 + k, 3))
        got = as_number(as_function(answer)(x.copy(), weight))
        if not close(got, weight * sum(abs(v) for v in x.flatten()) / x.size):
            return f"Yours is {got}."
    return None


def outcomes(judge, code=MEAN_SIZE):
    return {t.mutant.description: t.outcome for t in trials_of(a_solution(code), an_exercise(judge))}


def test_a_good_judge_refuses_every_change_that_is_not_equivalent():
    found = outcomes(good_judge)
    survivors = {one for one, outcome in found.items() if outcome == ACCEPTED}
    # one number in an array is one number to as_number; mean() of all of it is the default of NumPy
    assert survivors == {"line 3: return (weight * total)[None]"}
    assert set(found.values()) == {ACCEPTED, REFUSED} and len(found) > 20


def test_a_judge_that_accepts_anything_is_caught():
    trials = trials_of(a_solution(), an_exercise(lambda answer: None))
    assert {trial.outcome for trial in trials} == {ACCEPTED}
    found = complaints("made_up", trials, [], {})
    assert len(found) == len(trials) and all("accepted, and it is not the solution" in one for one in found)


def test_a_judge_with_one_input_accepts_what_is_hard_coded_to_it():
    def judge(answer):
        return None if close(as_number(answer(np.array([1.0, -3.0]), 2.0)), 4.0) else "No."

    found = outcomes(judge)
    assert found["line 3: return 4.0"] == ACCEPTED
    assert found["line 1: def mean_size(x, weight): with `weight = 2.0`"] == ACCEPTED
    assert outcomes(good_judge).get("line 1: def mean_size(x, weight): with `weight = 2.0`") == REFUSED


def test_an_endless_mutant_is_ended_and_the_next_one_is_tried():
    code = "def f(n):\n    while n > 0:\n        n -= 1\n    return n\n"
    judge = an_exercise(lambda answer: None if as_number(answer(5)) == 0 else "No.")
    endless = Mutant("line 3: n += 1", code.replace("n -= 1", "n += 0"))
    swallowing = (
        "def f(n):\n    while n > 0:\n        try:\n            n = 5\n        except Exception:\n            pass\n"
    )
    solution = a_solution(code, "f")
    assert try_mutant(solution, endless, judge, seconds=0.2).outcome == ENDLESS
    assert try_mutant(solution, Mutant("", swallowing), judge, seconds=0.2).outcome == ENDLESS
    assert try_mutant(solution, Mutant("", "while True:\n    pass\n"), judge, seconds=0.2).outcome == ENDLESS
    assert try_mutant(solution, Mutant("", code), judge).outcome == ACCEPTED
    assert "line 2: while not n > 0:" in {mutant.description for mutant in mutants_of(code)}


def test_a_judge_that_raises_is_a_failure_even_where_its_frame_hides_it():
    def stumbling(answer):
        return {1.0: None, 2.0: "Twice."}[as_number(answer())]  # a KeyError for any other number

    trials = trials_of(a_solution("def f():\n    return 1.0\n", "f"), an_exercise(stumbling))
    assert STUMBLED in {trial.outcome for trial in trials} and REFUSED in {trial.outcome for trial in trials}
    found = complaints("made_up", trials, [], {})
    assert any("the judge itself stopped (judge stumbled)" in one and "KeyError: 0" in one for one in found)

    class Frameless(Exercise):
        def verdict(self, answer):
            return self.judge(answer)

    trial = try_mutant(a_solution(), Mutant("", MEAN_SIZE), Frameless("made_up", "99", "", "", lambda answer: 1 / 0))
    assert trial.outcome == RAISED and "ZeroDivisionError" in trial.message


def test_a_judge_that_refuses_by_its_helpers_or_hears_an_error_of_the_answer_has_not_stumbled():
    def refusing(answer):
        if as_number(answer(np.ones(3), 1.0)) != 1:
            refuse("No.")

    assert set(outcomes(refusing).values()) <= {ACCEPTED, REFUSED}


def test_a_mutant_that_defines_nothing_or_does_nothing_is_told_apart():
    judge = an_exercise(good_judge)
    assert try_mutant(a_solution(), Mutant("", "import nothing_of_that_name\n"), judge).outcome == UNDEFINED
    empty = Mutant("", "def mean_size(x, weight):\n    pass\n")
    assert try_mutant(a_solution(), empty, judge).outcome == NOT_ATTEMPTED
    assert complaints("made_up", [try_mutant(a_solution(), empty, judge)], [], {}) == []


def test_a_judge_that_calls_a_wrong_answer_not_attempted_is_a_failure():
    def idle(answer):
        if answer(np.array([1.0, -3.0]), 2.0) != 4.0:
            raise NotImplementedError

    guarded = functools.partial(try_mutant, a_solution(), exercise=an_exercise(idle))
    assert guarded(Mutant("", MEAN_SIZE.replace("weight *", "2 +"))).outcome == ACCEPTED
    raising = Mutant("x", MEAN_SIZE.replace("    return weight * total", "    raise NotImplementedError"))
    trial = guarded(raising)
    assert trial.outcome == NOT_ATTEMPTED
    assert complaints("made_up", [trial], [], {}) == ["made_up: called not attempted, and something was: 'x'"]


def test_a_survivor_that_is_new_gone_unknown_or_listed_twice_is_complained_of():
    trials = trials_of(a_solution(), an_exercise(good_judge))
    kept, refused = "line 3: return (weight * total)[None]", "line 3: return weight / total"
    say = functools.partial(complaints, "made_up", trials)
    assert say([kept], {}) == [] and say([], {kept: "one number"}) == []
    (new,), (twice,) = say([], {}), say([kept], {kept: "one number"})
    assert "accepted, and it is not the solution" in new and "listed twice" in twice
    (gone,), (unknown,) = say([kept, refused], {}), say([kept], {"line 9: nothing": "gone"})
    assert "refused now" in gone and "no mutant of the solution as it stands" in unknown


def test_a_mutant_that_spoils_the_judges_own_data_is_found_out():
    data = np.array([1.0, -3.0])
    code = "def f(x):\n    y = x.copy()\n    y *= 2\n    return y\n"
    judge = an_exercise(lambda answer: None if close(answer(data), np.array([2.0, -6.0])) else "No.")
    with pytest.raises(AssertionError, match="its published solution heard"):
        trials_of(a_solution(code, "f"), judge)


def test_a_judge_that_refuses_the_published_solution_is_found_out():
    with pytest.raises(AssertionError, match="made_up: its published solution heard: not yet. No."):
        trials_of(a_solution(), an_exercise(lambda answer: "No."))


def test_mutants_run_in_one_world_whatever_ran_before_and_leave_it_as_it_was(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_PROGRESS", str(tmp_path / "progress.json"))
    code = "def f():\n    np.log(np.zeros(1))\n    return np.random.rand() + torch.rand(()).item()\n"
    heard = []
    judge = an_exercise(lambda answer: heard.append(answer()))
    states = str(np.random.get_state()), torch.get_rng_state().tolist(), random.getstate()
    for seed in (1, 2):
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            assert try_mutant(a_solution(code, "f"), Mutant("", code), judge).outcome == ACCEPTED  # no warning raised
    assert heard[0] == heard[1]
    assert states == (str(np.random.get_state()), torch.get_rng_state().tolist(), random.getstate())
    assert not (tmp_path / "progress.json").exists()


# --------------------------------------------------------------------------------------------------- the rules


@pytest.mark.parametrize(
    ("code", "change"),
    [
        ("a + b", "a - b"),
        ("a - b", "b - a"),
        ("a / b", "a"),
        ("a < b", "a <= b"),
        ("a < b", "a > b"),
        ("a.mean()", "a.sum()"),
        ("np.max(a)", "np.min(a)"),
        ("a.mean(dim=1)", "a.mean(dim=2)"),
        ("a.mean(dim=1)", "a.mean(dim=0)"),
        ("a.mean(dim=1)", "a.mean()"),
        ("a.mean(axis=(0, 2))", "a.mean(axis=(0,))"),
        ("a.mean(1, keepdim=True)", "a.mean(1)"),
        ("a.norm(dim=1)", "a.norm(dim=1, p=1)"),
        ("a.norm(2, dim=1)", "a.norm(1, dim=1)"),
        ("np.linalg.norm(a)", "np.linalg.norm(a, ord=1)"),
        ("a * 3", "a * 6"),
        ("a * 3", "a * 4"),
        ("a * 3", "a * -3"),
        ("a * 3", "a * 0"),
        ("np.abs(a)", "a"),
        ("a.square().sum()", "a.sum()"),
        ("np.log(a)", "a"),
        ("a.flatten(1).sum()", "a.sum()"),
        ("a.detach()", "a"),
        ("distance(a, b)", "distance(b, a)"),
        ("a + b", "-(a + b)"),
        ("a + b", "(a + b)[None]"),
        ("a + b", "(a + b).reshape(-1)"),
        ("a / len(b)", "a / 7"),
        ("a[1:-1]", "a[1:]"),
        ("((a - 1) ** 2).mean()", "(a.mean() - 1) ** 2"),
        ("(a - 1).square().mean()", "(a.mean() - 1).square()"),
        ("np.sum(a * b)", "np.sum(a) * np.sum(b)"),
        ("np.abs(a).sum()", "np.abs(a.sum())"),
        ("a.var(0).mean()", "a.mean().var(0)"),
        ("a + b", "b"),
        ("a + b", "a + a"),
        ("critic(a)", "critic(a).detach()"),
        ("(a, b)", "(b, a)"),
    ],
)
def test_a_returned_expression_is_changed_in_every_named_way(code, change):
    found = mutants_of(f"def f(a, b):\n    return {code}\n", Seen({}, {"len(b)": [7, 7]}, [], [(3, 1)]))
    assert f"line 2: return {change}" in {mutant.description for mutant in found}


@pytest.mark.parametrize(
    "line",
    [
        "line 1: def f(b, a):",
        "line 1: def f(a, b): with `a = 4`",
        "line 3: for k in range(a): with `break`",
        "line 3: for k in range(a + 1):",
        "line 3: for k in range(a - 1):",
        "line 3: for k in range(0 + 1, a):",
        "line 4: total /= 2",
        "line 4: without `total *= 2`",
        "line 5: if not a == 0:",
        "line 5: if True:",
        "line 6: return 'yes'",
        "line 7: `with torch.no_grad():` gone, its body kept",
        "line 8: without `total.clamp_(-b, b)`",
        "line 9: return 'no'",
    ],
)
def test_statements_loops_and_signatures_are_changed_in_every_named_way(line):
    code = """\
def f(a, b):
    total = torch.ones(3)
    for k in range(a):
        total *= 2
    if a == 0:
        return "no"
    with torch.no_grad():
        total.clamp_(-b, b)
    return "yes"
"""
    assert line in {mutant.description for mutant in mutants_of(code, Seen({"a": [4, 4]}, {}, [], []))}


def test_mutants_are_distinct_programs_with_distinct_names_and_come_out_the_same_each_time():
    for solution in SOLUTIONS:
        found = mutants_of(solution.code)
        assert found == mutants_of(solution.code)
        assert len({mutant.code for mutant in found}) == len({mutant.description for mutant in found}) == len(found)
        for mutant in found:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", SyntaxWarning)  # 0[:, None] is a program, and a wrong one
                compile(mutant.code, mutant.description, "exec")


def test_a_docstring_a_signature_and_an_imported_name_are_no_places_for_a_change():
    found = mutants_of('def f(x: int = 3) -> int:\n    "Text."\n    return torch.relu(x)\n')
    assert all("Text" not in mutant.description for mutant in found)
    assert all("x: int=3" in mutant.description for mutant in found if "line 1" in mutant.description)
    assert "line 3: return torch" not in {mutant.description for mutant in found}
