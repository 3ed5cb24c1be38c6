r"""Simulated signs: recordings of a moving hand whose distribution is known.

The idea: a reaching movement is as smooth as it can be (minimum jerk), and a gesture is a sum of such sub-movements.
How many there are, when they start, how long they take and how far they go is fixed by the *class*: the law of a sign.
Timing, size, posture, tremor and noise are drawn anew for each *recording*. Because the law is written down here, the
course can ask of a generator what no real data set can answer: is the distribution right?

Recording n of a sign, in channel c, at time $0 \le t < T = 2$ s:

$$x_{nc}(t) = p_{nc} + g_n \sum_m g_{ncm}\, a_{cm}\, s\Big(\frac{w_n(t) - o_m}{d_m}\Big)
    + h_{nc}(t) + \varepsilon_{nc}(t)$$

with the sign's onsets $o$, durations $d$ and amplitudes $a$ (`SignLaw`), the minimum-jerk step $s$ (`minimum_jerk`),
the recording's time warp $w$ (`time_warp`), size $g_n = e^{0.10 z}$, reach $g_{ncm} = e^{0.06 z}$, posture
$p_{nc} = 0.015 z$ m, tremor $h$ (8-12 Hz, 2 mm RMS) and white noise $\varepsilon$ (1 mm RMS), each $z$ a standard
normal of its own.

Flash and Hogan 1985, "The coordination of arm movements", J. Neurosci. 5(7): the step. Flash and Henis 1991, J. Cogn.
Neurosci. 3(3): sub-movements add. Elble and Koller 1990, *Tremor*: physiological tremor at 8-12 Hz; its size here, like
that of the noise, is chosen to be seen.
"""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float

from course_lib.data.dataset import SignalDataset

DURATION = 2.0  # seconds that every recording lasts, whatever its length in samples
WORKSPACE = 0.35  # metres: sub-movements end within this distance of the resting hand
SHORTEST_REACH = 0.08  # metres: no sub-movement is shorter
WARP_SIZE = 0.3  # bound of the time warp's first coefficient; the sum of all must stay below 1
WARP_TERMS = 3
GAIN_STD = 0.10  # log of a recording's overall size
REACH_STD = 0.06  # log of the size of one sub-movement within it
POSTURE_STD = 0.015  # metres: where the hand rests at the start
TREMOR_BAND = (8.0, 12.0)  # Hz
TREMOR_RMS = 0.002  # metres, expected over recordings
TREMOR_LINES = 3  # sinusoids within the band; more than one, so that tremor waxes and wanes
NOISE_RMS = 0.001  # metres: a good position tracker

_LAW_STREAM, _REACH_STREAM, _RECORDING_STREAM, _CHANNEL_STREAM = range(4)


@dataclass(frozen=True)
class SignLaw:
    """What all recordings of one sign share: M sub-movements, in C channels that move together.

    Attributes:
        onsets: when each sub-movement starts, in seconds.
        durations: how long each lasts, in seconds; sub-movements may overlap.
        amplitudes: how far each goes in each channel, in metres, signed.
    """

    onsets: Float[np.ndarray, "M"]
    durations: Float[np.ndarray, "M"]
    amplitudes: Float[np.ndarray, "C M"]

    def position(self, time: Float[np.ndarray, "T"]) -> Float[np.ndarray, "C T"]:
        r"""The undisturbed path $\sum_m a_m\, s((t - o_m)/d_m)$ in metres, at `time` in seconds."""
        phase = (np.asarray(time)[None, :] - self.onsets[:, None]) / self.durations[:, None]
        return self.amplitudes @ minimum_jerk(phase)


def minimum_jerk(phase: Float[np.ndarray, "*shape"]) -> Float[np.ndarray, "*shape"]:
    r"""The smoothest way from 0 to 1: $s(u) = 10u^3 - 15u^4 + 6u^5$ for $0 \le u \le 1$, 0 before and 1 after.

    Of all paths from rest to rest in unit time it has the least $\int (d^3 s/du^3)^2\,du$, which is 720.

    Flash and Hogan 1985, J. Neurosci. 5(7), equation 2 and appendix.
    """
    u = np.clip(phase, 0.0, 1.0)
    return u**3 * (10 - 15 * u + 6 * u**2)


def sign_law(index: int, *, channels: int = 1) -> SignLaw:
    """The law of sign `index`: 2 to 5 sub-movements that share out the two seconds and overlap a little.

    It depends on the index alone; channel c of it on (index, c), so the first of three is the only one of one.

    Raises:
        ValueError: if `index` is negative or `channels` below 1.
    """
    if index < 0:
        raise ValueError(f"sign_law: expected a sign index of 0 or more, got {index}.")
    if channels < 1:
        raise ValueError(f"sign_law: expected at least 1 channel, got {channels}.")
    rng = np.random.default_rng((_LAW_STREAM, index))
    count = int(rng.integers(2, 6))
    shares = rng.uniform(0.6, 1.4, count)
    start, end = rng.uniform(0.10, 0.30), rng.uniform(1.70, 1.90)
    edges = start + (end - start) * np.concatenate([[0.0], np.cumsum(shares) / shares.sum()])
    slots = np.diff(edges)
    durations = np.minimum(slots * rng.uniform(0.9, 1.4, count), DURATION - 0.05 - edges[:-1])
    amplitudes = np.stack([_reaches(np.random.default_rng((_REACH_STREAM, index, c)), count) for c in range(channels)])
    return SignLaw(onsets=edges[:-1], durations=durations, amplitudes=amplitudes)


def simulate_signs(
    n_classes: int = 80, per_class: int = 300, length: int = 160, *, channels: int = 1, seed: int = 0
) -> SignalDataset:
    """Fresh recordings of the first `n_classes` simulated signs: hand positions in metres over two seconds.

    160 samples are 80 Hz; another `length` samples the same two seconds at length / 2 Hz. The law of a class depends on
    its index alone, its recordings on (seed, index, channel, per_class, length): the first 8 of 80 signs are the 8, bit
    for bit. Recordings lie class after class.

    Returns:
        values (n_classes * per_class, channels, length) in metres, float32; class names "sign 00", "sign 01", ...

    Raises:
        ValueError: if a count is below 1, `length` below 2, or `seed` negative.
    """
    _check_counts(
        n_classes=(n_classes, 1), per_class=(per_class, 1), length=(length, 2), channels=(channels, 1), seed=(seed, 0)
    )
    values = np.empty((n_classes, per_class, channels, length), dtype=np.float32)
    for index in range(n_classes):
        values[index] = _record(index, per_class, length, channels, seed)
    return SignalDataset(
        values=torch.from_numpy(values.reshape(-1, channels, length)),
        labels=torch.arange(n_classes).repeat_interleave(per_class),
        class_names=tuple(f"sign {index:02d}" for index in range(n_classes)),
        channels_first=True,
    )


def _record(index: int, n: int, length: int, channels: int, seed: int) -> Float[np.ndarray, "n channels length"]:
    """`n` recordings of one sign: the law, seen through each recording's own timing, size, tremor and noise."""
    law = sign_law(index, channels=channels)
    time = np.arange(length) * (DURATION / length)
    rng = np.random.default_rng((_RECORDING_STREAM, seed, index))
    warped = time_warp(rng, n, time)
    gain = np.exp(GAIN_STD * rng.standard_normal((n, 1)))
    phase = (warped[:, None, :] - law.onsets[:, None]) / law.durations[:, None]  # (n, M, length)
    shapes = minimum_jerk(phase)
    recordings = np.empty((n, channels, length))
    for c in range(channels):
        rng = np.random.default_rng((_CHANNEL_STREAM, seed, index, c))
        reach = law.amplitudes[c] * gain * np.exp(REACH_STD * rng.standard_normal((n, len(law.onsets))))
        posture = POSTURE_STD * rng.standard_normal((n, 1))
        recordings[:, c] = posture + np.einsum("nm,nml->nl", reach, shapes) + _tremor(rng, n, time)
        recordings[:, c] += NOISE_RMS * rng.standard_normal((n, length))
    return recordings


def _reaches(rng: np.random.Generator, count: int) -> Float[np.ndarray, "count"]:
    """Signed distances from one random target in the workspace to the next, none below the shortest reach."""
    here, reaches = 0.0, []
    while len(reaches) < count:
        target = rng.uniform(-WORKSPACE, WORKSPACE)
        if abs(target - here) >= SHORTEST_REACH:
            reaches.append(target - here)
            here = target
    return np.array(reaches)


def time_warp(rng: np.random.Generator, n: int, time: Float[np.ndarray, "T"]) -> Float[np.ndarray, "n T"]:
    r"""Each recording's own smooth clock: $w(t) = t + T \sum_{k=1}^3 \frac{c_k}{\pi k} \sin(\pi k t / T)$, ends fixed.

    $c_k$ is uniform on $\pm 0.3/k$. The clock's rate $1 + \sum_k c_k \cos(\pi k t/T)$ lies between 0.45 and
    1.55, so no clock stops or runs backwards.
    """
    k = np.arange(1, WARP_TERMS + 1)
    coefficients = rng.uniform(-1, 1, (n, WARP_TERMS)) * WARP_SIZE / k
    return time + DURATION * (coefficients / (np.pi * k)) @ np.sin(np.pi * k[:, None] * time / DURATION)


def _tremor(rng: np.random.Generator, n: int, time: Float[np.ndarray, "T"]) -> Float[np.ndarray, "n T"]:
    """A few sinusoids of random frequency in the 8-12 Hz band, phase, and (Rayleigh) amplitude; metres."""
    frequency = rng.uniform(*TREMOR_BAND, (n, TREMOR_LINES, 1))
    phase = rng.uniform(0, 2 * np.pi, (n, TREMOR_LINES, 1))
    amplitude = rng.rayleigh(TREMOR_RMS / np.sqrt(TREMOR_LINES), (n, TREMOR_LINES, 1))  # E[amplitude^2 / 2] = scale^2
    return (amplitude * np.cos(2 * np.pi * frequency * time + phase)).sum(axis=1)


def _check_counts(**bounds: tuple[int, int]) -> None:
    for name, (value, least) in bounds.items():
        if value < least:
            raise ValueError(f"simulate_signs: expected {name} of {least} or more, got {value}.")
