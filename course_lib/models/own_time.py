r"""A course walked at a pace: an average of neighbours, where near and far are told by the signal's own time.

The idea: where the pace is 0, own time stands still, all those steps have the same neighbours, and the average does not
move at all. No drift is left that training would have to put right.

Nadaraya 1964, Watson 1964 (kernel averages).
"""

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional


def own_time_average(course: Float[Tensor, "..."], pace: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
    r"""The course (..., L), at each step averaged with weights $\exp(-|\tau_t - \tau_s|)$, $\tau = \sum$ `pace`.

    `pace` (..., L), 0 or above, says how far own time $\tau$ moves from the step before to this one. Where it does not
    move, neither does the average: its step is in proportion to the pace. A large pace leaves the course as it is.
    """
    both = torch.stack([course, torch.ones_like(course)])  # the sum, and the sum of weights
    decay = torch.exp(-pace).expand_as(both)
    before = _decayed_sum(both, decay)  # over s <= t
    ahead = functional.pad(decay[..., 1:], (0, 1)).flip(-1)
    after = _decayed_sum(both.flip(-1), ahead).flip(-1)  # over s >= t
    total, weight = before + after - both
    return total / weight


def _decayed_sum(values: Float[Tensor, "..."], decay: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
    """y_t = v_t + d_t y_(t-1) along the last axis, in log2(L) rounds, each of which doubles how far back it reaches.

    Hillis and Steele 1986, doi 10.1145/7902.7903.
    """
    reach, length = 1, values.shape[-1]
    while reach < length:
        further = values[..., reach:] + decay[..., reach:] * values[..., :-reach]
        values = torch.cat([values[..., :reach], further], dim=-1)
        decay = torch.cat([decay[..., :reach], decay[..., reach:] * decay[..., :-reach]], dim=-1)
        reach *= 2
    return values
