"""What is refused, or said, before the first step: models that do not fit the data, and what is likely to end badly."""

import copy
import warnings

import numpy as np
import torch
from torch import Tensor, nn

from course_lib import checkpoints
from course_lib.data import ImageDataset, Mixture, SignalDataset, SwissRoll
from course_lib.devices import random_stream
from course_lib.training.config import TrainingConfig
from course_lib.training.divergence import odd_scale

Data = SignalDataset | Mixture | SwissRoll | np.ndarray | Tensor
FEW = 10  # signals: with fewer a generator can only learn them by heart


class TrainingWarning(UserWarning):
    """Something that is allowed and likely to end badly; the message says what and why."""


def as_data(dataset: object) -> SignalDataset | Mixture | SwissRoll:
    """What can be trained on; an array or tensor (N, C, L) becomes a dataset without labels.

    Raises:
        ValueError: for anything else, a DataLoader for one.
    """
    if isinstance(dataset, SignalDataset | Mixture | SwissRoll):
        return dataset
    if isinstance(dataset, np.ndarray | Tensor):
        return SignalDataset(dataset)
    raise ValueError(
        "train: expected a SignalDataset, an array or tensor (N, C, L), or a toy distribution such as ring(), got a "
        f"{type(dataset).__name__}. The loop draws its own batches: pass the recordings themselves, as "
        "SignalDataset(values, labels, class_names)."
    )


def check_models_fit(generator: nn.Module, critic: nn.Module, dataset: SignalDataset | Mixture | SwissRoll) -> None:
    """Raise a ValueError if generator, critic and data differ in kind, sample shape or number of classes."""
    if not hasattr(generator, "latent_dim"):
        swapped = ": are generator and critic exchanged?" if hasattr(critic, "latent_dim") else ""
        raise ValueError(
            f"train: expected a generator with the attribute latent_dim (how many numbers of noise it takes), got a "
            f"{type(generator).__name__}{swapped}. The order is train(generator, critic, dataset)."
        )
    classes = {"generator": getattr(generator, "n_classes", None), "critic": getattr(critic, "n_classes", None)}
    if classes["generator"] != classes["critic"]:
        raise ValueError(
            f"train: expected generator and critic with the same n_classes, got {classes['generator']} and "
            f"{classes['critic']}. Make both with n_classes={dataset.n_classes}, or both without."
        )
    if classes["generator"] not in (None, dataset.n_classes):
        raise ValueError(
            f"train: the models take {classes['generator']} classes, and the data has {dataset.n_classes}. "
            f"Make both models with n_classes={dataset.n_classes}, or select that many classes."
        )
    if isinstance(dataset, SignalDataset):
        _check_signal_shapes(generator, critic, dataset)
        return
    for name, has in {
        "generator": getattr(generator, "out_dim", None),
        "critic": getattr(critic, "in_dim", None),
    }.items():
        if has not in (None, *dataset.shape):
            raise ValueError(f"train: the data has {dataset.shape[0]} coordinates, and the {name} {has}.")


def _check_signal_shapes(generator: nn.Module, critic: nn.Module, dataset: SignalDataset) -> None:
    wanted = tuple(dataset.values.shape[1:])
    if isinstance(dataset, ImageDataset):
        _check_image_shapes(generator, critic, dataset)
        return
    for name, model in {"generator": generator, "critic": critic}.items():
        has = tuple(getattr(model, part) for part in ("channels", "length") if hasattr(model, part))
        if len(has) == 2 and has != wanted:
            raise ValueError(
                f"train: the {name} works on (channels, length) = {has}, and the data has {wanted}. "
                f"Make it with channels={wanted[0]}, length={wanted[-1]}."
            )


def _check_image_shapes(generator: nn.Module, critic: nn.Module, dataset: ImageDataset) -> None:
    wanted = (dataset.channels, dataset.height, dataset.width)
    for name, model in {"generator": generator, "critic": critic}.items():
        size = getattr(model, "size", None)
        if size is not None and (has := (model.channels, size, size)) != wanted:
            square = f"Make it with channels={wanted[0]}, size={wanted[1]}."
            raise ValueError(
                f"train: the {name} works on images of (channels, rows, columns) = {has}, and the data has {wanted}. "
                + (square if wanted[1] == wanted[2] else "The course's nets take square images: pad or cut them.")
            )


def check_penalty_fits(critic: nn.Module, config: TrainingConfig) -> None:
    """Raise a ValueError for BatchNorm in a critic whose slope is charged: there is no slope at one sample then."""
    charged = config.objective.penalty.place != "nowhere" and config.penalty_weight > 0
    if charged and any(isinstance(layer, nn.modules.batchnorm._BatchNorm) for layer in critic.modules()):
        raise ValueError(
            f"train: {config.objective.name!r} charges the critic's slope at each sample, and with BatchNorm a score "
            "depends on the whole batch, so there is no such slope. Make the critic without BatchNorm (LayerNorm "
            "keeps samples apart), or train it with an objective that has no penalty."
        )


def warn_of_trouble(
    generator: nn.Module, dataset: SignalDataset | Mixture | SwissRoll, config: TrainingConfig, *, saved: bool
) -> None:
    """Warn of what is allowed and likely to end badly. `saved`: whether the run has a folder."""
    rate = max(config.learning_rate, config.critic_learning_rate or 0.0)
    said = []
    if rate > 0.5:
        said.append(f"a learning rate of {rate:g} is far above the usual 1e-4 to 3e-3; the losses will run away.")
    if isinstance(dataset, SignalDataset):
        if scale := odd_scale(dataset.values):
            said.append(f"{scale}. Scale them first: Scaler.fit(train).transform(train).")
        if len(dataset) < FEW:
            said.append(
                f"{len(dataset)} signals are so few that a generator can only copy them. Record more: "
                "a few dozen of each class are usual."
            )
    if saved and not checkpoints.is_known(generator):
        said.append(
            f"the generator is of a class of your own ({type(generator).__name__}): its weights are kept in the "
            "run's state, to go on from, but there will be no generator.safetensors to draw from, because only the "
            "course's own classes can be built again. Save it yourself when training is done."
        )
    for sentence in said:
        warnings.warn(f"train: {sentence}", TrainingWarning, stacklevel=3)


@torch.no_grad()
def mixes_the_batch(critic: nn.Module, samples: Tensor, labels: tuple[Tensor, ...]) -> bool:
    """Whether a sample's score depends on its neighbours in the batch, tried on a copy of the critic.

    BatchNorm, packing and minibatch statistics do that: then real and fake samples must not share a pass.
    """
    if getattr(critic, "pack", 1) > 1:
        return True
    try:
        with torch.random.fork_rng(devices=[]):
            probe = copy.deepcopy(critic).train()
            half = len(samples) // 2
            first, others = samples[:half], samples[half:]
            here = tuple(own[:half] for own in labels)
            together = probe(samples, *labels)[:half]
            beside = probe(torch.cat([first, 3 * others + 1]), *labels)[:half]
            alone = probe(first, *here)
    except Exception:  # whatever a critic of the reader's own does with fewer samples: it keeps its own passes
        return True
    size = float(alone.abs().max()) + 1e-6
    return not all(torch.allclose(other, alone, rtol=0, atol=1e-3 * size) for other in (together, beside))


def a_few(dataset: Data, generator: nn.Module, critic: nn.Module) -> tuple[Tensor, tuple[Tensor, ...]]:
    """A few samples to try the critic on, where it is now; drawn from no stream of the run."""
    device = next(critic.parameters()).device
    if not isinstance(dataset, SignalDataset):
        return dataset.sample(8, random_stream("cpu", 0)).to(device), ()
    few = torch.arange(8) % len(dataset)
    labels = (dataset.labels[few].to(device),) if getattr(generator, "n_classes", None) else ()
    return dataset.values[few].to(device), labels
