"""Ways of telling generator and critic the label, on the nets of several scales.

The idea: a way is a small change of nets that are the same otherwise; weights that two ways share begin alike.

Mirza and Osindero 2014, arXiv:1411.1784 (beside the noise, and among the critic's features); Miyato and Koyama 2018,
arXiv:1802.05637 (projection); Dumoulin et al. 2017, arXiv:1610.07629, and de Vries et al. 2017, arXiv:1707.00683
(conditional normalisation); Odena et al. 2017, arXiv:1610.09585 (auxiliary classifier).
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional

from benchmarks.equal_time import Mixed
from course_lib.data import SignalDataset
from course_lib.models import SignalCritic
from course_lib.models.upsampling import LABEL_DIM
from course_lib.training import Objective, Recipe, train

EMBEDDING, NORMALISATION = "embedding", "normalisation"  # in the generator
PROJECTION, JOINED, AUXILIARY, UNTOLD = "projection", "joined", "auxiliary", "untold"  # in the critic


class NormalisedByClass(nn.Module):
    """A normalisation whose gain and shift are those of the signal's class; `labels` are put in place beforehand."""

    def __init__(self, normal: nn.GroupNorm, n_classes: int) -> None:
        super().__init__()
        self.normal = nn.GroupNorm(normal.num_groups, normal.num_channels, affine=False)
        self.gain, self.shift = (
            nn.Embedding(n_classes, normal.num_channels),
            nn.Embedding(n_classes, normal.num_channels),
        )
        nn.init.ones_(self.gain.weight)
        nn.init.zeros_(self.shift.weight)
        self.labels = None

    def forward(self, x: Float[Tensor, "B channels ..."]) -> Float[Tensor, "B channels ..."]:
        by_channel = (*x.shape[:2], *[1] * (x.ndim - 2))
        return self.gain(self.labels).view(by_channel) * self.normal(x) + self.shift(self.labels).view(by_channel)


def tell_labels(generator: nn.Module, given: tuple[Tensor, Tensor]) -> None:
    """Before a generator's forward: every normalisation by class learns the labels."""
    for layer in generator.modules():
        if isinstance(layer, NormalisedByClass):
            layer.labels = given[1]


def normalised_by_class(generator: nn.Module) -> nn.Module:
    """The generator told the label by its normalisations, and by nothing else: the embedding is 0 and stays so."""
    for block in [module for module in generator.modules() if isinstance(module, nn.Sequential)]:
        for i, layer in enumerate(block):
            if isinstance(layer, nn.GroupNorm):
                block[i] = NormalisedByClass(layer, generator.n_classes)
    nn.init.zeros_(generator.embed.weight).requires_grad_(False)
    generator.register_forward_pre_hook(tell_labels)
    return generator


class Joined(nn.Module):
    """A critic whose label's embedding stands beside the features, before one more hidden layer."""

    def __init__(self, critic: SignalCritic) -> None:
        super().__init__()
        width = critic.score.in_features
        self.features, self.embed = critic.features, nn.Embedding(critic.n_classes, LABEL_DIM)
        self.judge = nn.Sequential(nn.Linear(width + LABEL_DIM, width), nn.LeakyReLU(0.2), nn.Linear(width, 1))

    def forward(self, signals: Float[Tensor, "B C L"], labels: Int[Tensor, " B"]) -> Float[Tensor, " B"]:
        return self.judge(torch.cat([self.features(signals), self.embed(labels)], dim=1)).squeeze(1)


class Untold(nn.Module):
    """A critic whose scores do not depend on the label; `cross_entropy` is how badly it names it, if it does.

    Each half of what is shown counts as one mean: reals and fakes of a pair of batches.
    """

    def __init__(self, critic: SignalCritic, *, names: bool) -> None:
        super().__init__()
        self.features, self.score = critic.features, critic.score
        self.classify = nn.Linear(critic.score.in_features, critic.n_classes) if names else None
        self.cross_entropy = None

    def forward(self, signals: Float[Tensor, "B C L"], labels: Int[Tensor, " B"]) -> Float[Tensor, " B"]:
        features = self.features(signals)
        if self.classify is not None:
            self.cross_entropy = 2 * functional.cross_entropy(self.classify(features), labels)
        return self.score(features).squeeze(1)


IN_THE_CRITIC: dict[str, Callable[[SignalCritic], nn.Module]] = {
    PROJECTION: lambda critic: critic,
    JOINED: Joined,
    AUXILIARY: lambda critic: Untold(critic, names=True),
    UNTOLD: lambda critic: Untold(critic, names=False),
}


@dataclass(frozen=True)
class Told(Mixed):
    """A recipe of multi-scale nets that are told the label in another way."""

    in_generator: str = EMBEDDING
    in_critic: str = PROJECTION

    def build(self, dataset: SignalDataset, *, conditional: bool = True, seed: int = 0) -> tuple[nn.Module, nn.Module]:
        generator, critic = super().build(dataset, conditional=conditional, seed=seed)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            if self.in_generator == NORMALISATION:
                generator = normalised_by_class(generator)
            for part in ("of_values", "of_steps", "of_spectrum"):
                setattr(critic, part, IN_THE_CRITIC[self.in_critic](getattr(critic, part)))
        return generator, critic


def classified(objective: Objective, critic: nn.Module) -> Objective:
    """The same game, and both nets want the classes named rightly: the critic's classifiers' cross-entropy is added.

    The mean over its classifiers, with weight 1, on what was shown last.
    """
    classifiers = [layer for layer in critic.modules() if isinstance(layer, Untold)]

    def with_classes(loss: Callable[..., Tensor]) -> Callable[..., Tensor]:
        def added(*scores: Tensor) -> Tensor:
            return loss(*scores) + torch.stack([layer.cross_entropy for layer in classifiers]).mean()

        return added

    return replace(
        objective,
        name=f"{objective.name}, classified",
        critic_loss=with_classes(objective.critic_loss),
        generator_loss=with_classes(objective.generator_loss),
    )


def learn(recipe: Recipe, dataset: SignalDataset, seed: int, steps: int) -> nn.Module:
    """The recipe's generator after so many steps on the dataset."""
    recipe = recipe.with_config(steps=steps, seed=seed)
    generator, critic = recipe.build(dataset, conditional=True, seed=seed)
    config = recipe.config
    if isinstance(recipe, Told) and recipe.in_critic == AUXILIARY:
        config = replace(config, objective=classified(config.objective, critic))
    train(generator, critic, dataset, config, device="cpu")
    return generator
