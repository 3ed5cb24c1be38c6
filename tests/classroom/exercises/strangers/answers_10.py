"""Right answers to the exercises of notebook 10, written by one who had not read the judges."""

import copy
from functools import reduce

import numpy as np
import pandas as pd
import torch


def time_last_above(seconds, scores, threshold):
    above = np.flatnonzero(scores > threshold)
    first = above[-1] + 1 if len(above) else 0
    return seconds[first] if first < len(seconds) else np.inf


def time_backwards(seconds, scores, threshold):
    answer = float("inf")
    for second, score in zip(reversed(list(seconds)), reversed(list(scores)), strict=True):
        if score > threshold:
            break
        answer = float(second)
    return answer


def time_running_maximum(seconds, scores, threshold):
    worst_to_come = np.maximum.accumulate(np.asarray(scores)[::-1])[::-1]
    return min(np.asarray(seconds)[worst_to_come <= threshold], default=np.inf)


def time_all(seconds, scores, threshold):
    for i in range(len(scores)):
        if all(score <= threshold for score in scores[i:]):
            return seconds[i]
    return np.inf


def time_pandas(seconds, scores, threshold):
    good = pd.Series(np.asarray(scores) <= threshold, index=seconds)
    stays = good[::-1].cummin()[::-1]
    return stays.idxmax() if stays.any() else np.inf


def compressed_torch(steps, scale):
    shown = torch.asinh(steps / scale)
    return shown / shown.std()


def compressed_population(steps, scale):
    shown = (steps / scale).asinh()
    return shown / torch.std(shown, unbiased=False)


def compressed_numpy(steps, scale):
    shown = np.arcsinh(steps.numpy() / scale)
    return torch.from_numpy(shown / np.std(shown))


def compressed_log(steps, scale):
    ratio = steps.abs() / scale
    shown = steps.sign() * torch.log(ratio + torch.sqrt(1 + ratio**2))
    return shown * torch.rsqrt(shown.var())


def compressed_flat(steps, scale):
    flat = torch.arcsinh(steps.reshape(-1) / scale)
    size = (flat - flat.mean()).square().mean() ** 0.5
    return (flat / size).reshape(steps.shape)


def averaged_loop(weights, decay):
    a = weights[0]
    for w in weights[1:]:
        a = decay * a + (1 - decay) * w
    return a


def averaged_lerp(weights, decay):
    a = weights[0].clone()
    for w in weights:
        a.lerp_(w, 1 - decay)
    return a


def averaged_reduce(weights, decay):
    return reduce(lambda a, w: a * decay + w * (1 - decay), weights)


def averaged_closed_form(weights, decay):
    n = len(weights)
    shares = torch.tensor([decay ** (n - 1)] + [(1 - decay) * decay ** (n - 1 - i) for i in range(1, n)])
    stacked = torch.stack(list(weights))
    return torch.einsum("n,n...->...", shares.to(stacked), stacked)


def averaged_recursive(weights, decay):
    weights = copy.deepcopy(weights)
    if len(weights) == 1:
        return weights[0]
    last = weights.pop()
    return averaged_recursive(weights, decay).mul_(decay).add_(last, alpha=1 - decay)


RIGHT = {
    "time_to_quality": {
        "the last above": time_last_above,
        "a loop from the end": time_backwards,
        "a running maximum": time_running_maximum,
        "all of the rest": time_all,
        "pandas": time_pandas,
    },
    "compressed": {
        "torch, std by n - 1": compressed_torch,
        "torch, std by n": compressed_population,
        "through numpy": compressed_numpy,
        "with the logarithm": compressed_log,
        "flattened, std by hand": compressed_flat,
    },
    "averaged": {
        "a loop": averaged_loop,
        "lerp_ on a clone, the first one twice": averaged_lerp,
        "reduce": averaged_reduce,
        "closed form with einsum": averaged_closed_form,
        "recursive on a copy": averaged_recursive,
    },
}
