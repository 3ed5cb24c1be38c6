r"""The Dirac-GAN: the smallest game that shows why training does, or does not, settle.

The idea: the real data are one point, 0; the generator is one point, $\theta$; the discriminator is one slope,
$D(x) = \psi x$, a logit or a score. One number a side, so a training run is a path in a plane, and what a method does
near the goal $(\theta, \psi) = (0, 0)$ is decided by a 2 x 2 matrix. With the losses of `course_lib.losses` and
$\sigma(l) = 1/(1+e^{-l})$, both sides following their own slope downhill gives the field $(\dot\theta, \dot\psi)$:

| method | $\dot\theta$ | $\dot\psi$ |
|---|---|---|
| minimax | $\psi\,\sigma(\psi\theta)$ | $-\theta\,\sigma(\psi\theta)$ |
| non_saturating | $\psi\,\sigma(-\psi\theta)$ | $-\theta\,\sigma(\psi\theta)$ |
| wgan | $\psi$ | $-\theta$ |
| wgan_clip | $\psi$ | $-\theta$, with $\psi$ kept in $[-c, c]$ |
| wgan_gp | $\psi$ | $-\theta - 2w\,(\lvert\psi\rvert - 1)\,\mathrm{sign}\,\psi$ |
| instance_noise | $\psi\,\mathbb{E}\,\sigma(\psi y)$ | $\mathbb{E}[x\,\sigma(-\psi x) - y\,\sigma(\psi y)]$ |
| r1 | $\psi\,\sigma(\psi\theta)$ | $-\theta\,\sigma(\psi\theta) - 2w\psi$ |

with noisy points $x \sim N(0, s^2)$ and $y \sim N(\theta, s^2)$. The penalties are $w(\lvert\psi\rvert - 1)^2$ and
$w\psi^2$, without a 1/2: the paper's $\gamma$ is $2w$. Its discriminator is positive on fakes, this one on real points,
so its pictures are these with $\psi$ mirrored. R2, the same penalty at the fake point, equals R1 here: the slope of
$\psi x$ is $\psi$ everywhere.

Mescheder, Geiger, Nowozin 2018, arXiv:1801.04406.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Complex128, Float64
from numpy import ndarray
from scipy.special import expit

METHODS = ("minimax", "non_saturating", "wgan", "wgan_clip", "wgan_gp", "instance_noise", "r1")
NODES, WEIGHTS = np.polynomial.hermite_e.hermegauss(64)  # of the standard normal, once divided by their sum
WEIGHTS = WEIGHTS / WEIGHTS.sum()
Number = float | int | ndarray


@dataclass(frozen=True)
class DiracGAN:
    """One method of the table above, played on two points.

    Attributes:
        method: one of `METHODS`.
        weight: $w$ of "wgan_gp" and "r1".
        clip: $c$ of "wgan_clip".
        noise: $s$ of "instance_noise", the standard deviation of what is added to either point.

    Raises:
        ValueError: for an unknown method or a setting that is not above 0.
    """

    method: str = "minimax"
    weight: float = 0.3
    clip: float = 0.5
    noise: float = 1.0

    def __post_init__(self) -> None:
        if self.method not in METHODS:
            raise ValueError(f"DiracGAN: expected a method of {METHODS}, got {self.method!r}.")
        for name in ("weight", "clip", "noise"):
            if not 0 < getattr(self, name) < float("inf"):
                raise ValueError(f"DiracGAN: expected {name} above 0, got {getattr(self, name)!r}.")

    def field(self, theta: Number, psi: Number) -> tuple[Number, Number]:
        r"""$(\dot\theta, \dot\psi)$ of the table above, at one point or at many (arrays of one shape).

        On its edge the clipped field has no part that points outwards. Means over the noise are Gauss-Hermite sums.
        """
        return self._generator(theta, psi), self._critic(theta, psi)

    def _generator(self, theta: Number, psi: Number) -> Number:
        match self.method:
            case "minimax" | "r1":
                return psi * expit(psi * theta)
            case "non_saturating":
                return psi * expit(-psi * theta)
            case "instance_noise":
                fake = np.asarray(theta)[..., None] + self.noise * NODES
                return psi * (expit(np.asarray(psi)[..., None] * fake) @ WEIGHTS)
            case _:
                return psi

    def _critic(self, theta: Number, psi: Number) -> Number:
        match self.method:
            case "minimax" | "non_saturating":
                return -theta * expit(psi * theta)
            case "r1":
                return -theta * expit(psi * theta) - 2 * self.weight * psi
            case "wgan_gp":
                return -theta - 2 * self.weight * (abs(psi) - 1) * np.sign(psi)
            case "wgan_clip":
                outwards = (abs(psi) >= self.clip) & (np.sign(psi) == -np.sign(theta))
                return np.where(outwards, 0.0, -theta)
            case "instance_noise":
                slope, real = np.asarray(psi)[..., None], self.noise * NODES
                fake = np.asarray(theta)[..., None] + real
                return (real * expit(-slope * real) - fake * expit(slope * fake)) @ WEIGHTS
            case _:
                return -theta

    def _clipped(self, psi: Number) -> Number:
        return min(max(psi, -self.clip), self.clip) if self.method == "wgan_clip" else psi

    def simultaneous_step(self, theta: float, psi: float, size: float) -> tuple[float, float]:
        r"""Both sides move by `size` times their slope at the *old* point; clipping, where there is any, comes last."""
        forward, upward = self.field(theta, psi)
        return theta + size * forward, self._clipped(psi + size * upward)

    def alternating_step(self, theta: float, psi: float, size: float, *, critic_steps: int = 1) -> tuple[float, float]:
        """The discriminator moves first, `critic_steps` times; the generator then answers the *new* discriminator."""
        for _ in range(critic_steps):
            psi = self._clipped(psi + size * self._critic(theta, psi))
        return theta + size * self._generator(theta, psi), psi

    def path(
        self,
        start: tuple[float, float],
        steps: int,
        size: float,
        *,
        alternating: bool = True,
        critic_steps: int = 1,
    ) -> Float64[ndarray, "points 2"]:
        r"""$(\theta, \psi)$ before the first step and after each of `steps` steps.

        Raises:
            ValueError: if `steps` is below 0, `size` not above 0, or simultaneous steps are asked for several critic
                steps.
        """
        if steps < 0 or not size > 0:
            raise ValueError(f"path: expected steps of 0 or more and a size above 0, got {steps} and {size}.")
        if critic_steps != 1 and not alternating:
            raise ValueError(f"path: simultaneous steps have one critic step each, got critic_steps={critic_steps}.")
        theta, psi = float(start[0]), self._clipped(float(start[1]))
        points = [(theta, psi)]
        for _ in range(steps):
            if alternating:
                theta, psi = self.alternating_step(theta, psi, size, critic_steps=critic_steps)
            else:
                theta, psi = self.simultaneous_step(theta, psi, size)
            points.append((float(theta), float(psi)))
        return np.array(points, dtype=np.float64)

    def eigenvalues(self) -> Complex128[ndarray, "2"]:
        r"""Of the field's Jacobian at $(0, 0)$, the one with the larger imaginary (or else real) part first.

        minimax, non_saturating $\pm\tfrac12 i$; wgan, wgan_clip (inside the clip) $\pm i$;
        r1 $-w \pm \sqrt{w^2 - \tfrac14}$; instance_noise $-\tfrac{s^2}4 \pm \sqrt{\tfrac{s^4}{16} - \tfrac14}$.
        A real part below 0 draws the path in, above 0 drives it out; 0 decides nothing by itself.

        Raises:
            ValueError: for wgan_gp, whose field jumps at $\psi = 0$: it has no Jacobian there.

        Mescheder et al. 2018, arXiv:1801.04406, section 3, with $f'(0) = \tfrac12$, $f''(0) = -\tfrac14$.
        """
        match self.method:
            case "wgan_gp":
                raise ValueError(
                    "eigenvalues: the field of wgan_gp jumps at psi = 0, so it has no Jacobian at the goal. "
                    "Follow its path instead."
                )
            case "wgan" | "wgan_clip":
                damping, turning = 0.0, 1.0
            case "instance_noise":
                damping, turning = self.noise**2 / 4, 0.5
            case "r1":
                damping, turning = self.weight, 0.5
            case _:
                damping, turning = 0.0, 0.5
        root = np.sqrt(complex(damping**2 - turning**2))
        return np.array([-damping + root, -damping - root])
