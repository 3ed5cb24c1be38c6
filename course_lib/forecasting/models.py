r"""Forecasters: two learners, one for the denoised series and one for the rest, whose forecasts are summed.

The idea: a model is data. `Model` says whether the series is denoised, whether the weather's components are seen, and
which learner learns; `MODELS` holds the hybrid and its six rivals, and a linear control.

Water demand by DWT-PCA-LSTM with a second network for the residual: doi 10.1016/j.eswa.2021.114571.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int
from numpy import ndarray
from sklearn.linear_model import Ridge
from sklearn.svm import SVR
from torch import Tensor, nn

from course_lib.forecasting.windows import Windows

HIDDEN_BP = 20  # the paper's one hidden layer
SVM_COST = 10.0  # the paper's C


@dataclass(frozen=True)
class Training:
    """How a learner learns; what it has no use for it leaves.

    Attributes:
        steps, batch_size, learning_rate: of a network, by Adam on the squared error; the rate falls to 0 in a line.
        hidden: units of an LSTM or RNN.
        gamma: width of the SVM's kernel, as a multiple of 1 / (inputs x their variance).
        epsilon: error that costs the SVM nothing, in units of the windows.
        ridge: penalty of the linear control.
    """

    steps: int = 150
    batch_size: int = 64
    learning_rate: float = 1e-2
    hidden: int = 16
    gamma: float = 1.0
    epsilon: float = 0.1
    ridge: float = 10.0


@dataclass(frozen=True)
class Model:
    """What is seen, and by which learner: "lstm", "rnn", "bp", "svm" or "linear"."""

    learner: str
    denoised: bool = True
    components: bool = True


MODELS = {
    "DWT-PCA-LSTM": Model("lstm"),
    "DWT-LSTM": Model("lstm", components=False),
    "PCA-LSTM": Model("lstm", denoised=False),
    "LSTM": Model("lstm", denoised=False, components=False),
    "DWT-PCA-RNN": Model("rnn"),
    "DWT-PCA-BP": Model("bp"),
    "DWT-PCA-SVM": Model("svm"),
    "linear": Model("linear", denoised=False),
}
NAIVE = {"yesterday": 1, "last week": 7}  # name -> days back
HYBRID = "DWT-PCA-LSTM"


class RecurrentForecaster(nn.Module):
    """An LSTM or a plain RNN over the days of a window, and a straight line from its last state."""

    def __init__(self, inputs: int, hidden: int, cell: type[nn.RNNBase] = nn.LSTM) -> None:
        super().__init__()
        self.cell = cell(inputs, hidden, batch_first=True)
        self.head = nn.Linear(hidden, 1)

    def forward(self, x: Float[Tensor, "B W F"]) -> Float[Tensor, " B"]:
        states, _ = self.cell(x)  # (B, W, hidden)
        return self.head(states[:, -1]).squeeze(1)  # (B,)


class BackPropagation(nn.Module):
    """One hidden layer of 20 over the flattened window: "BP" in the paper."""

    def __init__(self, inputs: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Flatten(), nn.Linear(inputs, HIDDEN_BP), nn.Tanh(), nn.Linear(HIDDEN_BP, 1))

    def forward(self, x: Float[Tensor, "B W F"]) -> Float[Tensor, " B"]:
        return self.layers(x).squeeze(1)  # (B,)


def fit_network(
    network: nn.Module, x: Float[ndarray, "N W F"], y: Float[ndarray, " N"], training: Training, *, seed: int
) -> list[float]:
    """Adam on the mean squared error over batches drawn with replacement; the loss at each step."""
    inputs, targets = (torch.from_numpy(np.ascontiguousarray(values)).float() for values in (x, y))
    optimizer = torch.optim.Adam(network.parameters(), lr=training.learning_rate, fused=True)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: 1 - step / training.steps)
    batches, losses = torch.Generator().manual_seed(seed), []
    for _ in range(training.steps):
        rows = torch.randint(len(inputs), (training.batch_size,), generator=batches)
        loss = nn.functional.mse_loss(network(inputs[rows]), targets[rows])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        losses.append(float(loss.detach()))
    return losses


class Forecaster:
    """A model with its settings; `fit` learns from windows, `predict` says the demand of the day after each, in L/s."""

    def __init__(self, model: Model, training: Training = Training(), *, seed: int = 0) -> None:  # noqa: B008
        if model.learner not in LEARNERS:
            raise ValueError(f"Forecaster: expected a learner of {tuple(LEARNERS)}, got {model.learner!r}.")
        self.model, self.training, self.seed = model, training, seed

    def fit(self, windows: Windows) -> "Forecaster":
        """Raises ValueError for fewer than two windows."""
        if len(windows) < 2:
            raise ValueError(f"Forecaster.fit: expected two windows or more, got {len(windows)}.")
        self.parts = [
            (name, LEARNERS[self.model.learner](self._seen(windows, name), target, self.training, self.seed + 1000 * i))
            for i, (name, target) in enumerate(self._targets(windows).items())
        ]
        return self

    def predict(self, windows: Windows) -> Float[ndarray, " N"]:
        """Raises ValueError before `fit`."""
        if not hasattr(self, "parts"):
            raise ValueError("Forecaster.predict: expected a forecaster that has learnt; call fit first.")
        return windows.level + windows.scale * sum(learnt(self._seen(windows, name)) for name, learnt in self.parts)

    def _targets(self, windows: Windows) -> dict[str, Float[ndarray, " N"]]:
        if self.model.denoised:
            return {"smooth": windows.smooth_target, "rough": windows.rough_target}
        return {"raw": windows.smooth_target + windows.rough_target}

    def _seen(self, windows: Windows, name: str) -> Float[ndarray, "N W F"]:
        weather = [windows.components] if self.model.components else []
        return np.concatenate([getattr(windows, name)[:, :, None], *weather, windows.calendar], axis=2)


# ---------------------------------------------------------------------------------------------------------- learners

Learnt = Callable[[ndarray], ndarray]


def _learn_network(build: Callable[[ndarray, Training], nn.Module]) -> Callable[..., Learnt]:
    def learn(x: ndarray, y: ndarray, training: Training, seed: int) -> Learnt:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            network = build(x, training)
        fit_network(network, x, y, training, seed=seed)

        def say(given: ndarray) -> ndarray:
            with torch.no_grad():
                return network(torch.from_numpy(given).float()).double().numpy()

        return say

    return learn


def _learn_svm(x: ndarray, y: ndarray, training: Training, seed: int) -> Learnt:
    flat = x.reshape(len(x), -1)
    gamma = training.gamma / (flat.shape[1] * flat.var())
    machine = SVR(kernel="rbf", C=SVM_COST, gamma=gamma, epsilon=training.epsilon).fit(flat, y)
    return lambda given: machine.predict(given.reshape(len(given), -1))


def _learn_linear(x: ndarray, y: ndarray, training: Training, seed: int) -> Learnt:
    line = Ridge(alpha=training.ridge).fit(x.reshape(len(x), -1), y)
    return lambda given: line.predict(given.reshape(len(given), -1))


LEARNERS: dict[str, Callable[..., Learnt]] = {
    "lstm": _learn_network(lambda x, training: RecurrentForecaster(x.shape[2], training.hidden)),
    "rnn": _learn_network(lambda x, training: RecurrentForecaster(x.shape[2], training.hidden, nn.RNN)),
    "bp": _learn_network(lambda x, training: BackPropagation(x.shape[1] * x.shape[2])),
    "svm": _learn_svm,
    "linear": _learn_linear,
}


def naive_forecast(demand: Float[ndarray, " n"], days: Int[ndarray, " N"], back: int) -> Float[ndarray, " N"]:
    """The demand `back` days before each of `days`: yesterday's (1), or last week's (7).

    Raises:
        ValueError: if a day lies within the first `back`.
    """
    if back < 1 or np.min(days) < back:
        raise ValueError(f"naive_forecast: expected days from number {back} on, got day {np.min(days)}.")
    return demand[np.asarray(days) - back]
