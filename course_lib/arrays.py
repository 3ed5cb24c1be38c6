"""The one guard: an array or a tensor goes on as finite float64, or is refused with the place of what is wrong.

Every function of the library that takes numbers from outside passes them through here first. A masked value is not a
number: NumPy would hand on whatever lies under the mask, -9999 say, as if it had been measured.
"""

import numpy as np
import torch
from jaxtyping import Float64
from numpy import ndarray

Array = ndarray | torch.Tensor
Number = float | int


def as_numpy(x: Array) -> ndarray:
    """The same values as a NumPy array of their own type, for drawing and counting: nothing is checked but the mask.

    Raises:
        ValueError: if values are masked.
    """
    refuse_mask(x, "the array")
    return x.detach().cpu().numpy() if isinstance(x, torch.Tensor) else np.asarray(x)


def finite_float64(
    x: object, name: str, *, advice: str = "Repair or leave out those values first."
) -> Float64[ndarray, "..."]:
    """`x` (array, tensor, nested lists) as float64, of the shape it has.

    Args:
        name: what the message calls it.
        advice: the last sentence of the message about values that are not finite: what to do here.

    Raises:
        ValueError: if it holds no numbers, complex ones, a mask, NaN or infinity; the message says where.
    """
    refuse_mask(x, name)
    if isinstance(x, torch.Tensor):
        x = x.detach().cpu()
        x = x.numpy() if x.dtype != torch.bfloat16 else x.float().numpy()
    try:
        values = np.asarray(x)
        if values.dtype.kind not in "biuf":
            raise TypeError(f"values of type {values.dtype}")
        values = values.astype(np.float64)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name}: expected an array or a tensor of real numbers, got {_kind(x)} ({error}).") from None
    bad = ~np.isfinite(values)
    if bad.any():
        where = tuple(int(i) for i in np.argwhere(bad)[0])
        raise ValueError(
            f"{name} must be finite, but {bad.sum()} of its {values.size} values are NaN or infinite, the first at "
            f"{where}. {advice}"
        )
    return values


def refuse_mask(x: object, name: str) -> None:
    """Raise a ValueError if `x` is a masked array of which a value is masked."""
    if isinstance(x, np.ma.MaskedArray) and np.ma.is_masked(x):
        where = tuple(int(i) for i in np.argwhere(np.ma.getmaskarray(x))[0])
        raise ValueError(
            f"{name}: expected measured values, but {int(np.ma.count_masked(x))} of {x.size} are masked, the first at "
            f"{where}, and what lies under a mask is no measurement. Leave out those signals, or fill the gaps "
            "yourself (x.filled(value)) and say so."
        )


def _kind(x: object) -> str:
    return f"{type(x).__name__} of {x.dtype}" if hasattr(x, "dtype") else type(x).__name__
