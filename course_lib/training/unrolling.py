r"""The discriminator as the generator's own step would call it forth.

The idea: the generator minimises $f(\theta_G, \theta_D^k(\theta_G, \theta_D))$, where $\theta_D^k$ is the discriminator
after k further steps on the same batch. The gradient flows through all k steps: a generator that piles up on one mode
sees the discriminator's answer to it coming. The discriminator itself is not changed.

Metz et al. 2017, arXiv:1611.02163, equations 4 to 9.
"""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.func import functional_call

from course_lib.training.objectives import Objective

NOT_QUITE_ZERO = 1e-30  # its root is far below the 1e-8 that Adam adds to it


def unrolled_critic(
    critic: nn.Module,
    optimizer: torch.optim.Adam,
    objective: Objective,
    real: Tensor,
    fake: Tensor,
    labels: tuple[Tensor, ...] = (),
) -> Callable[..., Tensor]:
    """The critic after `objective.unrolled_steps` further steps of its optimiser, differentiable through all of them.

    `optimizer` is the critic's own: its learning rate and moments are where the unrolled steps start, and both stay as
    they are. `fake` (B, ...) carries the generator's graph.
    """
    names = [name for name, _ in critic.named_parameters()]
    ahead = [parameter.detach().clone().requires_grad_().clone() for parameter in critic.parameters()]
    adam = _differentiable_copy(optimizer, ahead)
    for _ in range(objective.unrolled_steps):
        used = [parameter.clone() for parameter in ahead]  # Adam writes into `ahead`; the graph keeps these
        now = _with_parameters(critic, dict(zip(names, used, strict=True)))
        loss = objective.critic_loss(now(real, *labels), now(fake, *labels))
        for parameter, slope in zip(ahead, torch.autograd.grad(loss, used, create_graph=True), strict=True):
            parameter.grad = slope
        adam.step()
    return _with_parameters(critic, dict(zip(names, ahead, strict=True)))


def _with_parameters(critic: nn.Module, parameters: dict[str, Tensor]) -> Callable[..., Tensor]:
    return lambda *inputs: functional_call(critic, parameters, inputs)


def _differentiable_copy(optimizer: torch.optim.Adam, parameters: list[Tensor]) -> torch.optim.Adam:
    """An Adam in the same state, for other parameters, through whose steps gradients flow."""
    (group,) = optimizer.param_groups
    settings = {name: group[name] for name in ("lr", "betas", "eps", "weight_decay")}
    adam = torch.optim.Adam(parameters, **settings, differentiable=True)
    for mine, theirs in zip(parameters, group["params"], strict=True):
        fresh = {"step": torch.zeros(()), "exp_avg": torch.zeros_like(theirs), "exp_avg_sq": torch.zeros_like(theirs)}
        adam.state[mine] = {name: value.clone() for name, value in (optimizer.state.get(theirs) or fresh).items()}
        # Adam divides by a square root, whose slope at 0 is infinite: of a dead unit that would be infinity times 0
        adam.state[mine]["exp_avg_sq"].clamp_(min=NOT_QUITE_ZERO)
    return adam
