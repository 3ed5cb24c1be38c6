"""What an exercise's check is: a judge that names the misconception, in a frame that never raises.

One idea: a judge is a function of the reader's answer that returns None where it is right, and otherwise one or two
sentences that name the idea behind the mistake. The frame around it (`Exercise`) does the rest: "not attempted yet" for
`...`, wherever it turns up; an error in the reader's own function, said by its last line; progress, when it is right.
What it prints is plain text, the same on every machine.
"""

import functools
import inspect
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any, NamedTuple, NoReturn

import numpy as np
import torch

from course_lib.arrays import copy_for_torch
from course_lib.classroom import progress


class Refused(Exception):
    """Raised by a judge's helper for an answer of the wrong kind; the message is for the reader."""


class _NotAttempted(Exception):
    """The answer, or what the reader's function returned, is still `...`."""


class _ReadersError(Exception):
    """The reader's own function has raised."""


class Verdict(NamedTuple):
    """`right` is True, False, or None for an exercise that has not been attempted."""

    right: bool | None
    message: str


# -------------------------------------------------------------------------------------- the reader's function


def _holds_ellipsis(value: object) -> bool:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, (tuple, list)):
        return any(_holds_ellipsis(item) for item in value)
    return value is ...


def _does_nothing(function: Callable) -> bool:
    """A function whose whole body is `...` or a docstring."""
    code = getattr(function, "__code__", None)
    return code is not None and len(code.co_code) <= len((lambda: None).__code__.co_code)


def last_line(error: BaseException) -> str:
    """What stands at the end of the error's traceback: its type and the first line of its message."""
    try:
        lines = str(error).strip().splitlines()
    except Exception:  # a message of the reader's own that cannot be made
        lines = []
    text = f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__
    return text if len(text) <= 200 else text[:197] + "..."


def _guarded(function: Callable) -> Callable:
    """The reader's function, whose errors and unfinished answers can be told from the judge's own."""

    @functools.wraps(function)
    def call(*args: object, **options: object) -> object:
        try:
            result = function(*args, **options)
        except NotImplementedError as error:
            raise _NotAttempted from error
        except (Exception, SystemExit) as error:
            raise _ReadersError(last_line(error)) from error
        if _holds_ellipsis(result) or (result is None and _does_nothing(function)):
            raise _NotAttempted
        if result is None:
            raise Refused("Your function returned None: is its `return` missing?")
        return result

    return call


# ------------------------------------------------------------------------------------------------- the frame


@dataclass(frozen=True)
class Exercise:
    """One exercise: called with an answer, it prints its verdict."""

    name: str
    notebook: str
    title: str
    right: str
    judge: Callable[[Any], str | None]

    def verdict(self, answer: object) -> Verdict:
        """The verdict on an answer. Never raises, leaves torch's and NumPy's global random streams as they were."""
        numpy_state = np.random.get_state()
        try:
            with torch.random.fork_rng(devices=[]):
                return self._verdict(answer)
        finally:
            np.random.set_state(numpy_state)

    def _verdict(self, answer: object) -> Verdict:
        try:
            if _holds_ellipsis(answer):
                return Verdict(None, "not attempted yet.")
            guarded = _guarded(answer) if inspect.isroutine(answer) else answer
            misconception = self.judge(guarded)
        except _NotAttempted:
            return Verdict(None, "not attempted yet.")
        except Refused as refusal:
            return Verdict(False, f"not yet. {refusal}")
        except _ReadersError as error:
            return Verdict(False, f"not yet. Your function stopped with {error}")
        except (Exception, SystemExit) as error:
            return Verdict(
                False, f"not yet. Your answer is not of the kind asked for; trying it gave {last_line(error)}"
            )
        if misconception:
            return Verdict(False, f"not yet. {misconception}")
        return Verdict(True, f"Correct. {self.right}".strip())

    def __call__(self, answer: object) -> None:
        """Prints the verdict, and notes the exercise as done where it is right. Never raises."""
        verdict = self.verdict(answer)
        print(f"{self.title}: {verdict.message}")
        if not verdict.right:
            return
        try:
            note = progress.record(self.name)
        except Exception as error:
            note = f"Your progress could not be saved ({last_line(error)}). The answer is right all the same."
        if note:
            print(note)


EXERCISES: dict[str, Exercise] = {}


def exercise(*, notebook: str, title: str, right: str = "") -> Callable[[Callable], Exercise]:
    """Makes an `Exercise` of a judge, named as the judge is, and registers it in `EXERCISES`.

    Args:
        notebook: the number of its notebook, "08".
        title: opens every verdict.
        right: a sentence that follows "Correct.": what the answer shows, or where it leads.

    The judge gets the answer (a function of the reader's comes guarded: call it freely) and returns None where it is
    right, or the misconception. It draws random numbers from generators of its own.

    Raises:
        ValueError: if another exercise has that name.
    """

    def register(judge: Callable[[Any], str | None]) -> Exercise:
        name = judge.__name__
        if name in EXERCISES and EXERCISES[name].judge.__module__ != judge.__module__:
            raise ValueError(
                f"two exercises are called {name}, in notebooks {EXERCISES[name].notebook} and {notebook}."
            )
        EXERCISES[name] = Exercise(name, notebook, title, right, judge)
        return EXERCISES[name]

    return register


# --------------------------------------------------------------------------------------------- judges' helpers


REAL_NUMBERS = (int, float, Fraction, Decimal, np.integer, np.floating)


def refuse(message: str) -> NoReturn:
    """Ends the judging with a message to the reader."""
    raise Refused(message)


def _kind(value: object) -> str:
    return "nothing (None)" if value is None else f"a value of type {type(value).__name__}"


def as_function(answer: object) -> Callable:
    """The answer, if it can be called."""
    if not callable(answer):
        refuse(f"A function was asked for, and this is {_kind(answer)}. Pass the function itself, without calling it.")
    return answer


def the_one(value: object) -> object:
    """What a tensor or array of a single element holds, as a Python value; anything else as it is."""
    if isinstance(value, (torch.Tensor, np.ndarray)) and math.prod(value.shape) == 1:
        return value.item()
    return value


def as_number(value: object, *, what: str = "your answer") -> float:
    """One finite number from a Python or NumPy number, or from a tensor or array that holds a single one."""
    value = the_one(value)
    if isinstance(value, (torch.Tensor, np.ndarray)):
        refuse(f"One number was expected of {what}, and it is an array of shape {tuple(value.shape)}.")
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, REAL_NUMBERS):
        refuse(f"One number was expected of {what}, and it is {_kind(value)}.")
    if not math.isfinite(value):
        refuse(f"A finite number was expected of {what}, and it is {float(value)}.")
    return float(value)


def as_numbers(value: object, whats: Sequence[str], *, otherwise: str) -> list[float]:
    """A finite number for each of `whats`, from a tuple, a list, an array or tensor of one axis, or a pandas Series.

    A reader whose answer is no sequence of that length hears `otherwise`.
    """
    value = value.to_numpy() if hasattr(value, "to_numpy") else value
    several = isinstance(value, (tuple, list)) or (isinstance(value, (torch.Tensor, np.ndarray)) and value.ndim == 1)
    if not several or len(value) != len(whats):
        refuse(otherwise)
    return [as_number(one, what=what) for one, what in zip(value, whats, strict=True)]


def _without_tensors(value: object) -> object:
    """Nested lists and tuples with their tensors as arrays: NumPy takes none that asks for a gradient."""
    if isinstance(value, (list, tuple)):
        return [_without_tensors(item) for item in value]
    return value.detach().cpu().numpy() if isinstance(value, torch.Tensor) else value


def _tensor_of(value: object) -> torch.Tensor:
    array = np.asarray(value)
    if array.dtype == object and all(isinstance(one, REAL_NUMBERS) for one in array.flat):  # fractions, decimals
        array = array.astype(np.float64)
    return torch.from_numpy(copy_for_torch(array))


def as_tensor(
    value: object,
    *,
    shape: Sequence[int] | None = None,
    dtype: torch.dtype | None = None,
    device: torch.device | str | None = None,
    what: str = "your answer",
) -> torch.Tensor:
    """A tensor of the shape, dtype and device asked for, from a tensor (with its graph), an array or nested lists.

    Tensors in a list or tuple come without their graphs.
    """
    if not isinstance(value, torch.Tensor):
        try:
            value = _tensor_of(_without_tensors(value))
        except (TypeError, ValueError):
            refuse(f"A tensor was expected of {what}, and it is {_kind(value)}.")
    if shape is not None and tuple(value.shape) != tuple(shape):
        refuse(f"The shape {tuple(shape)} was expected of {what}, and it is {tuple(value.shape)}.")
    if dtype is not None and value.dtype != dtype:
        refuse(f"{_short(dtype)} was expected of {what}, and it is {_short(value.dtype)}.")
    if device is not None and value.device.type != torch.device(device).type:
        refuse(
            f"{what[0].upper() + what[1:]} lies on {value.device.type}, its input on {torch.device(device).type}: "
            "make new tensors on the device of the input."
        )
    if value.is_floating_point() and not torch.isfinite(value).all():
        refuse(f"Finite values were expected of {what}, and some are NaN or infinite.")
    return value


def _short(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")


def close(value: object, expected: object, *, rel: float = 1e-4, abs: float = 1e-6) -> bool:
    """Whether numbers, arrays or tensors of one shape agree within `abs` + `rel` times the expected size."""
    a, b = _doubles(value, expected)
    return a.shape == b.shape and bool(torch.allclose(a, b, rtol=rel, atol=abs))


def worst(value: object, expected: object, *, rel: float = 1e-4, abs: float = 1e-6) -> tuple[int, ...]:
    """The place of the largest difference among those that `close` refuses, for a message that shows what is wrong.

    The largest of all may be that of a large element, which is right.
    """
    a, b = _doubles(value, expected)
    off = (a - b).abs()
    off = torch.where(off <= abs + rel * b.abs(), 0.0, off.nan_to_num(nan=torch.inf))
    return tuple(int(i) for i in np.unravel_index(int(off.argmax()), off.shape))


def _doubles(*arrays: object) -> tuple[torch.Tensor, ...]:
    tensors = (x if isinstance(x, torch.Tensor) else _tensor_of(_without_tensors(x)) for x in arrays)
    return tuple(x.detach().cpu().double() for x in tensors)
