"""Numbers in answers and in messages: several of them in one answer, and two that must not look alike."""

from collections.abc import Sequence

import numpy as np
import torch

from course_lib.classroom.checks.base import as_number, refuse


def as_numbers(value: object, whats: Sequence[str], *, otherwise: str) -> list[float]:
    """A finite number for each of `whats`, from a tuple, a list, an array, a tensor or a pandas Series.

    A reader whose answer is no sequence of that length hears `otherwise`.
    """
    if hasattr(value, "to_numpy"):  # a Series is looked up by its index, not by place
        value = value.to_numpy()
    one = isinstance(value, (np.ndarray, torch.Tensor)) and value.ndim == 0
    if one or not isinstance(value, (tuple, list, np.ndarray, torch.Tensor)) or len(value) != len(whats):
        refuse(otherwise)
    return [as_number(number, what=name) for number, name in zip(value, whats, strict=True)]


def apart(right: float, got: float, form: str = ".4f") -> tuple[str, str]:
    """Both numbers in a format such as ".4f" or ".4g", with up to five digits more where they look alike without."""
    digits, kind = int(form[1:-1]), form[-1]
    for more in range(digits, digits + 6):
        texts = f"{right:.{more}{kind}}", f"{got:.{more}{kind}}"
        if float(texts[0]) != float(texts[1]):
            return texts
    return f"{right:{form}}", f"{got:{form}}"
