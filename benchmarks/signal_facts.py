"""What else is asked of generated signals: can one learn from them, is a class wrong, are the tails there?

Each answer is read beside the same one of other real recordings.
"""

import numpy as np
import torch
from jaxtyping import Float, Int
from numpy import ndarray
from torch import Tensor

from course_lib import metrics
from course_lib.data import SignalDataset
from course_lib.metrics.recognition import Recogniser

TAIL = 0.95  # the quantile of peaks and durations
AT_REST = 0.2  # of the speed that 95 % of the real steps stay below


def transfer(made: Tensor | None, learnt: SignalDataset, held_out: SignalDataset, *, seed: int) -> dict[str, float]:
    """Accuracy on held-out recordings after learning from `made`, and from the recordings with the same labels."""
    if made is None:
        return dict.fromkeys(("tstr", "trtr", "tstr_error", "learnt_from"), np.nan)
    labels = learnt.labels, learnt.labels, held_out.labels
    score = metrics.transfer_score(made, learnt.values, held_out.values, labels=labels, seed=seed)
    return {"tstr": score.tstr, "trtr": score.trtr, "tstr_error": score.standard_error, "learnt_from": score.size}


def worst_class(learnt: SignalDataset, made: Tensor, labels: Int[Tensor, " n"]) -> dict[str, float]:
    """Share of `made` that a recogniser of the recordings takes for what they are to be: of all, and of one class."""
    recognise = Recogniser(learnt.values.numpy(), learnt.labels.numpy())
    right = recognise(made.numpy()) == labels.numpy()
    by_class = [right[labels.numpy() == k].mean() for k in np.unique(labels)]
    return {"class_accuracy": float(right.mean()), "worst_class": float(min(by_class))}


def tails(real: Tensor, made: Tensor) -> dict[str, float]:
    """How high and how long signals are at the upper end, and how much of the time they rest.

    peak_ratio and duration_ratio are of the 95 % quantiles, made over real. A peak is the largest distance from a
    signal's own mean; a duration is from its first to its last step that is not at rest. `rest` and `real_rest` are
    shares of steps. All channels count alike, in their real standard deviations. `correlation_error` is the mean
    absolute difference of the correlations between channels, each averaged over signals; of one channel it is 0.
    """
    scale, step = real.std((0, 2), keepdim=True), real.diff().std((0, 2), keepdim=True)
    pace = [(x.diff() / step).square().sum(1).sqrt().numpy() for x in (real, made)]
    moves = [p >= AT_REST * np.quantile(pace[0], TAIL) for p in pace]
    peaks = [((x - x.mean(2, keepdim=True)) / scale).abs().amax((1, 2)).numpy() for x in (real, made)]
    of_real, of_made = (correlations(x) for x in (real, made))
    return {
        "peak_ratio": _ratio(*(np.quantile(p, TAIL) for p in peaks)),
        "duration_ratio": _ratio(*(np.quantile(durations(m), TAIL) for m in moves)),
        "rest": float(1 - moves[1].mean()),
        "real_rest": float(1 - moves[0].mean()),
        "correlation_error": float(np.abs(of_real - of_made).mean()) if len(of_real) else 0.0,
    }


def durations(moves: ndarray) -> Int[ndarray, " n"]:
    """Steps from the first to the last one that moves, each signal of `moves` (n, steps), both counted."""
    first, last = moves.argmax(1), moves.shape[1] - moves[:, ::-1].argmax(1)
    return np.where(moves.any(1), last - first, 0)


def correlations(x: Tensor) -> Float[ndarray, " pairs"]:
    """Correlation between each two channels within a signal, averaged over the signals where both vary."""
    off = x - x.mean(2, keepdim=True)
    size = off.square().sum(2).sqrt()
    made = (off @ off.mT) / (size[:, :, None] * size[:, None])
    pairs = torch.triu_indices(x.shape[1], x.shape[1], offset=1)
    return made[:, *pairs].nanmean(0).numpy()


def _ratio(real: float, made: float) -> float:
    return float(made / real)
