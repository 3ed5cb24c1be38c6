"""The one guard: an array or a tensor goes on as finite float64, or is refused with the place of what is wrong.

Every function of the library that takes numbers from outside passes them through here first. A masked value is not a
number: NumPy would hand on whatever lies under the mask, -9999 say, as if it had been measured. Nor are text, complex
numbers, yes and no, or objects that happen to convert.
"""

import numpy as np
import torch
from jaxtyping import Float64, Int64
from numpy import ndarray

Array = ndarray | torch.Tensor
Number = float | int

PART = 2**18  # numbers that are looked at at a time, where a large set must not be held twice
ENOUGH = 4_000_000  # numbers of a set that its Gaussians, scales and small steps are read off


def parts(n: int, size: int) -> list[slice]:
    """Slices of n rows of `size` numbers each that hold PART numbers at most, or one row: for large sets, piecewise."""
    rows = max(1, PART // size)
    return [slice(first, first + rows) for first in range(0, n, rows)]


def as_numpy(x: Array | list | tuple) -> ndarray:
    """The same values as a NumPy array of their own type, for drawing and counting: nothing is checked but the mask.

    Raises:
        ValueError: if values are masked.
    """
    refuse_mask(x, "the array")
    return _plain(x)


def copy_for_torch(x: ndarray) -> ndarray:
    """A copy that `torch.from_numpy` takes: it refuses arrays that run backwards or have foreign bytes ('>f8').

    Of a read-only array it would warn.
    """
    return np.array(x, dtype=x.dtype.newbyteorder("="), order="C")


def finite_float64(
    x: object, name: str, *, advice: str = "Repair or leave out those values first."
) -> Float64[ndarray, "..."]:
    """`x` (array, tensor, nested lists) as float64, of the shape it has.

    Args:
        name: what the message calls it.
        advice: the last sentence of the message about values that are not finite: what to do here.

    Raises:
        ValueError: if it holds anything but real numbers, or a mask, NaN or infinity; the message says where.
    """
    values = _numbers(x, name, "iuf", "real numbers")
    with np.errstate(over="ignore"):  # a longer float than float64 holds becomes infinite, and is refused as that
        values = values.astype(np.float64)
    bad = ~np.isfinite(values)
    if bad.any():
        where = _first(bad)
        raise ValueError(
            f"{name}: expected finite values, got {values[where]} at {where}, and {bad.sum()} such of {values.size} "
            f"(NaN or infinite). {advice}"
        )
    return values


def whole_numbers(
    x: object, name: str, *, advice: str = "Labels are indices into the class names: 0, 1, ..."
) -> Int64[ndarray, "..."]:
    """`x` (array, tensor, nested lists) of whole numbers, such as labels, as int64 of the shape it has.

    Raises:
        ValueError: if it holds anything else (text, fractions, yes and no, a mask).
    """
    values = _numbers(x, name, "iu", "whole numbers", advice)
    if values.size and values.max() > np.iinfo(np.int64).max:
        raise ValueError(f"{name}: expected whole numbers below 2**63, got {values.max()}. {advice}")
    return values.astype(np.int64)


def refuse_mask(x: object, name: str) -> None:
    """Raise a ValueError if a value of `x` is masked: an array's, or one of a list's of arrays."""
    if isinstance(x, list | tuple):
        for i, part in enumerate(x):
            if isinstance(part, list | tuple | np.ma.MaskedArray):
                refuse_mask(part, f"{name}[{i}]")
        return
    if isinstance(x, torch.masked.MaskedTensor):
        mask = ~x.get_mask().cpu().numpy()  # PyTorch's mask is True where there is a value
    elif isinstance(x, np.ma.MaskedArray) and x.dtype.names is None:
        mask = np.ma.getmaskarray(x)
    else:
        return
    if mask.any():
        raise ValueError(
            f"{name}: expected measured values, but {mask.sum()} of {mask.size} are masked, the first at "
            f"{_first(mask)}, and what lies under a mask is no measurement. Leave out those signals, or fill the gaps "
            "yourself (x.filled(value)) and say so."
        )


def kind(x: object) -> str:
    """What a message calls what came: `ndarray of float64`, `Tensor of torch.float32 on cuda:0`, `list`."""
    device = f" on {x.device}" if isinstance(x, torch.Tensor) else ""
    return f"{type(x).__name__} of {x.dtype}{device}" if hasattr(x, "dtype") else type(x).__name__


def _numbers(x: object, name: str, kinds: str, expected: str, advice: str = "") -> ndarray:
    """`x` as an array whose type is of one of NumPy's `kinds`: i, u, f."""
    refuse_mask(x, name)
    if isinstance(getattr(x, "values", None), torch.Tensor) and not isinstance(x, torch.Tensor):
        raise ValueError(f"{name}: expected an array or a tensor, got a {type(x).__name__}. Pass its .values.")
    try:
        values = _plain(x)
        why = "" if values.dtype.kind in kinds else f" ({_NAMES.get(values.dtype.kind, values.dtype)})"
    except ValueError:
        values, why = None, " with rows of different lengths"
    except (TypeError, RuntimeError) as error:  # what PyTorch says of a sparse tensor, or of one without values
        values, why = None, f" ({str(error).splitlines()[0][:100]})"
    if values is None or values.dtype.kind not in kinds:
        raise ValueError(
            f"{name}: expected {expected} in an array, a tensor or rows of one length, got {kind(x)}{why}. "
            f"{advice}".rstrip()
        )
    return values


_NAMES = {"b": "yes and no", "c": "complex numbers", "U": "text", "S": "bytes", "O": "objects", "M": "dates"}


def _plain(x: object) -> ndarray:
    if not isinstance(x, torch.Tensor):
        return np.asarray(x)
    x = x.detach().cpu().resolve_conj().resolve_neg()
    return x.numpy() if not x.is_floating_point() or x.dtype in _NUMPY_HAS else x.double().numpy()


_NUMPY_HAS = (torch.float16, torch.float32, torch.float64)  # NumPy has no bfloat16, nor 8-bit floats


def _first(bad: ndarray) -> tuple[int, ...]:
    return tuple(int(i) for i in np.argwhere(bad)[0])
