r"""Fills by search: the noise of a generator that makes what is known, and is likely.

The idea: with a prior $z \sim N(0, I)$ and a known part that a generator hits to within $\sigma$, the most likely noise
minimises

$\frac{1}{2\sigma^2} \sum_{o} (G(z) - x)^2 + \frac12 \lVert z \rVert^2$,

and its signal fills the gap. A drawn fill minimises the same about shaken targets: known values with noise of $\sigma$
added, $z$ drawn to a normal $\varepsilon$ in 0's place. Where G is linear these are draws of the very posterior; a
generator is not, so here they are near it at best. All of the noise is searched: the course's, the class Gaussian's
and the white noise of every step.

A generator that begins with a Gaussian has the conditional law of that part in closed form, with everything else that
it does taken for noise of deviation $\tau$ (measured on its own signals). The search begins there, and moves that part
of the noise in units of this law's deviations. The same law weighs the classes where labels are not known.

Yeh et al. 2017, arXiv:1607.07539; Oliver, He and Reynolds 1996 and Bardsley et al. 2014, SIAM J. Sci. Comput. 36(4)
(randomise, then optimise).
"""

from typing import Any

import numpy as np
import torch
from jaxtyping import Float64, Int
from numpy import ndarray
from torch import Tensor, nn

from course_lib.restoration.damaged import Damaged, checked
from course_lib.restoration.fills import class_weights

PROBES = 256  # signals that tau is measured on
AT_ONCE = 256  # searches in one batch


class LatentSearch:
    r"""Fills by a search in the noise of `generator`, in the generator's units (a `Scaler` gives them).

    Args:
        generator: noise (B, latent_dim), labels -> signals (B, C, L); it is left as it is. One that begins with a
            Gaussian (`MultiScaleGenerator` with a rank) needs no labels.
        counts: recordings of each class, for the classes' prior where labels are not known; None for equal ones.
        tolerance: $\sigma$, above 0: how near to the known values a signal has to be.
        steps: of Adam, 1 or more, whose rate falls to 0.
        learning_rate: Adam's at the first step.

    Raises:
        ValueError: for a setting out of its range; in `fill` and `sample` as `checked`, and for labels that are missing
            where the generator needs them, or given where it takes none.
    """

    def __init__(
        self,
        generator: nn.Module,
        *,
        counts: Any = None,
        tolerance: float = 0.02,
        steps: int = 100,
        learning_rate: float = 0.1,
    ) -> None:
        for name, value in {"tolerance": tolerance, "learning_rate": learning_rate}.items():
            if not 0 < value < np.inf:
                raise ValueError(f"LatentSearch: expected {name} above 0, got {value!r}.")
        if not isinstance(steps, int) or steps < 1:
            raise ValueError(f"LatentSearch: expected steps, a whole number of 1 or more, got {steps!r}.")
        self.generator, self.tolerance, self.steps, self.learning_rate = generator, tolerance, steps, learning_rate
        self.n_classes = generator.n_classes or 1
        self.counts = np.ones(self.n_classes) if counts is None else np.asarray(counts, dtype=float)
        if self.counts.shape != (self.n_classes,):
            raise ValueError(f"LatentSearch: expected {self.n_classes} counts, got shape {self.counts.shape}.")
        self.start = getattr(generator, "start", None)
        if self.start is not None:
            first, rank = generator.course_dim, self.start.roots.shape[1]
            self.drawn = slice(first, first + rank)  # the Gaussian's part of the noise
            self.means = self.start.means.double().numpy()  # (K, C, L)
            self.roots = self.start.roots.double().numpy().reshape(self.n_classes, rank, *self.means.shape[1:])
            self.tau = self._beside_the_gaussian()

    def fill(self, values: Any, missing: Any, *, labels: Any = None) -> Float64[ndarray, "N C L"]:
        """The signal of the most likely noise that the search finds; without labels, of the most likely class."""
        damaged = self._checked(values, missing, labels)
        classes = damaged.labels if labels is not None else self.weights(damaged).argmax(axis=1)
        noise = np.zeros((len(classes), self.generator.latent_dim))
        return damaged.filled(self._searched(damaged.values, damaged.missing, classes, noise))

    def sample(
        self, values: Any, missing: Any, n: int, *, labels: Any = None, seed: int = 0
    ) -> Float64[ndarray, "n N C L"]:
        """n fills of each signal, drawn by searches about shaken targets; without labels each of a class drawn first.

        Of one seed, fewer are the first of more.
        """
        damaged = self._checked(values, missing, labels)
        weights, searches = None if labels is not None else self.weights(damaged), []
        for j in range(n):
            random = np.random.default_rng((seed, j))
            noise = random.standard_normal((len(damaged.values), self.generator.latent_dim))
            known = damaged.values + self.tolerance * random.standard_normal(damaged.values.shape)
            if weights is None:
                classes = damaged.labels
            else:
                classes = (weights.cumsum(axis=1) < random.uniform(size=(len(weights), 1))).sum(axis=1)
                classes = np.minimum(classes, self.n_classes - 1)
            searches.append((known, damaged.missing, classes, noise))
        fills = self._searched(*(np.concatenate(given) for given in zip(*searches, strict=True)))
        return damaged.filled(fills.reshape(n, *damaged.values.shape))

    def weights(self, damaged: Damaged) -> Float64[ndarray, "N K"]:
        r"""How likely each class is by what is known, under $N(\mu_k, R_k^\top R_k + \tau^2 I)$."""
        found = np.empty((len(damaged.values), self.n_classes))
        for i, (x, gone) in enumerate(zip(damaged.values, damaged.missing, strict=True)):
            logs = [self._drawn_given(x, gone, k)[2] for k in range(self.n_classes)]
            found[i] = class_weights(np.array(logs), self.counts)
        return found

    # ------------------------------------------------------------------------------------------- the search

    def _searched(
        self,
        known: Float64[ndarray, "N C L"],
        missing: ndarray,
        classes: Int[ndarray, "N"],
        centre: Float64[ndarray, "N Z"],
    ) -> Float64[ndarray, "N C L"]:
        """The signals of the noise found, begun at `centre` but for the Gaussian's part, which is known there."""
        begun, units = centre.copy(), None
        if self.start is not None:
            units = np.empty((len(known), *2 * (self.drawn.stop - self.drawn.start,)))
            for i, k in enumerate(classes):
                mean, precision, _ = self._drawn_given(known[i], missing[i], int(k))
                # the minimum of both squares: the mean, and what `centre` adds through the prior alone
                begun[i, self.drawn] = mean + np.linalg.solve(precision, centre[i, self.drawn])
                units[i] = np.linalg.inv(np.linalg.cholesky(precision)).T
        parts = [slice(i, i + AT_ONCE) for i in range(0, len(known), AT_ONCE)]
        given = known, missing, classes, centre, begun
        made = [self._descended(*(x[one] for x in given), None if units is None else units[one]) for one in parts]
        return np.concatenate(made)

    def _descended(
        self,
        known: ndarray,
        missing: ndarray,
        classes: ndarray,
        centre: ndarray,
        begun: ndarray,
        units: Float64[ndarray, "B R R"] | None,
    ) -> Float64[ndarray, "B C L"]:
        """Adam's way from `begun`; the Gaussian's part moves in `units` of its own conditional deviations.

        Without them its directions are curved a thousand times more than the others, and the rate fits none.
        """
        target, prior, first = (torch.from_numpy(x).float() for x in (known, centre, begun))
        there = torch.from_numpy(~missing)[:, None].float()
        moved = torch.zeros_like(first, requires_grad=True)
        given = () if self.generator.n_classes is None else (torch.from_numpy(classes),)
        scale = None if units is None else torch.from_numpy(units).float()

        def noise() -> Tensor:
            if scale is None:
                return first + moved
            drawn = torch.bmm(scale, moved[:, self.drawn, None]).squeeze(2)
            return first + torch.cat([moved[:, : self.drawn.start], drawn, moved[:, self.drawn.stop :]], dim=1)

        optimizer = torch.optim.Adam([moved], lr=self.learning_rate)
        for step in range(self.steps):
            optimizer.param_groups[0]["lr"] = self.learning_rate * (1 - step / self.steps)
            z = noise()
            off = (self.generator(z, *given) - target) * there
            loss = off.square().sum() / (2 * self.tolerance**2) + (z - prior).square().sum() / 2
            (moved.grad,) = torch.autograd.grad(loss, [moved])  # the generator's own weights stay as they are
            optimizer.step()
        with torch.no_grad():
            return self.generator(noise(), *given).double().numpy()

    # -------------------------------------------------------------------------------------- its beginning

    def _drawn_given(
        self, x: Float64[ndarray, "C L"], missing: ndarray, k: int
    ) -> tuple[Float64[ndarray, "R"], Float64[ndarray, "R R"], float]:
        r"""The Gaussian's noise, given what is known: mean and precision; and the known values' log density.

        $A = I + R_o R_o^\top / \tau^2$ is the precision, $A^{-1} R_o (x_o - \mu_o) / \tau^2$ the mean;
        the density is that of $N(\mu_o, R_o^\top R_o + \tau^2 I)$ by Woodbury's formula.
        """
        root = self.roots[k][:, :, ~missing].reshape(self.roots.shape[1], -1)  # (R, known)
        off = (x - self.means[k])[:, ~missing].ravel()
        precision = np.eye(len(root)) + root @ root.T / self.tau**2
        pull = root @ off / self.tau**2
        mean = np.linalg.solve(precision, pull)
        quadratic = off @ off / self.tau**2 - pull @ mean
        log_det = np.linalg.slogdet(precision)[1] + len(off) * np.log(self.tau**2)
        return mean, precision, float(-(quadratic + log_det + len(off) * np.log(2 * np.pi)) / 2)

    def _beside_the_gaussian(self) -> float:
        """Tau: the root mean square of what the generator's signals have beside the draws that they begin with."""
        stream = torch.Generator().manual_seed(0)
        z = torch.randn(PROBES, self.generator.latent_dim, generator=stream)
        classes = torch.randint(self.n_classes, (PROBES,), generator=stream)
        given = () if self.generator.n_classes is None else (classes,)
        with torch.no_grad():
            beside = self.generator(z, *given) - self.start(z[:, self.drawn], *given)
        return float(beside.square().mean().sqrt().clamp_min(1e-3))

    def _checked(self, values: Any, missing: Any, labels: Any) -> Damaged:
        if labels is not None and self.generator.n_classes is None:
            raise ValueError("LatentSearch: this generator takes no labels, so leave them out.")
        if labels is None and self.start is None and self.n_classes > 1:
            raise ValueError(
                "LatentSearch: expected labels: which class a signal is of can be told only by a generator that begins "
                "with the Gaussians of the classes (the course's recipe), and this one does not."
            )
        damaged = checked(values, missing, labels, n_classes=self.n_classes)
        if labels is None and self.start is None:  # one class, or none
            damaged = damaged._replace(labels=np.zeros(len(damaged.values), dtype=np.int64))
        return damaged
