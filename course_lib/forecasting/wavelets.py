r"""Wavelet denoising: split a series into a coarse half and a fine half, again and again, and shrink what is fine.

The idea: the discrete wavelet transform splits the *approximation* at each level and leaves the details as they are
(wavelet packets split both). Noise spreads over all details, a smooth course over few, so small details are set to 0.

Donoho and Johnstone 1994, Biometrika 81(3): the threshold. Mallat 1989, IEEE PAMI 11(7): the recursion.
"""

import numpy as np
import pywt
from jaxtyping import Float
from numpy import ndarray

from course_lib.arrays import finite_float64

NORMAL_MEDIAN = 0.6745  # of |z|, z standard normal


def denoise(
    values: Float[ndarray, "..."], *, wavelet: str = "db4", level: int = 2, shrink: float = 1.0
) -> Float[ndarray, "..."]:
    r"""Every row (last axis, n values) with its details shrunk towards 0 by $\lambda = \sigma\sqrt{2 \ln n}$.

    $\sigma$ is the median of the finest details' absolute values over 0.6745. Every value of a row depends on *all* of
    the row, later ones too. `shrink` multiplies the threshold; 0 gives the row back.

    Raises:
        ValueError: for an unknown wavelet, values that are not finite, or rows too short for `level`.
    """
    rows = finite_float64(values, "denoise: values")
    if wavelet not in pywt.wavelist(kind="discrete"):
        raise ValueError(f"denoise: expected a discrete wavelet such as 'db4', 'haar' or 'sym5', got {wavelet!r}.")
    n = rows.shape[-1] if rows.ndim else 0
    most = pywt.dwt_max_level(n, wavelet) if n > 1 else 0
    if not 1 <= level <= most:
        raise ValueError(f"denoise: expected a level of 1 to {most} for {n} values and {wavelet}, got {level}.")
    approximation, *details = pywt.wavedec(rows, wavelet, level=level, axis=-1)
    sigma = np.median(np.abs(details[-1]), axis=-1, keepdims=True) / NORMAL_MEDIAN
    limit = shrink * sigma * np.sqrt(2 * np.log(n))
    kept = [np.sign(d) * np.maximum(np.abs(d) - limit, 0.0) for d in details]
    return pywt.waverec([approximation, *kept], wavelet, axis=-1)[..., :n]
