"""The unrolled critic: Metz et al. (2017), section 2.

The generator faces the critic as it would be after `steps` steps of gradient descent on the current images,
ω_{k+1} = ω_k − rate · ∇ω L(ω_k, θ), and answers for what it does to those steps: where it minimises −L(ω_K(θ), θ), the
derivative is that of θ alone plus that of ω_K(θ). Here the first is of the objective's own generator loss, whether or
not that is −L, and the second of −L. The critic itself makes its usual update only.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.func import functional_call

from genbench.adversarial.tricks import CriticLoss, Trick
from genbench.networks import Critic
from genbench.options import Natural, Positive

EXAMPLES = ({"steps": 2, "rate": 0.01},)


class _With(nn.Module):
    """A module computed with other parameters than its own."""

    def __init__(self, module: nn.Module, parameters: dict[str, Tensor]) -> None:
        super().__init__()
        self.module, self.others = module, parameters

    def forward(self, inputs: Tensor) -> Tensor:
        outputs: Tensor = functional_call(self.module, self.others, (inputs,))
        return outputs


def moved(critic: Critic, parameters: dict[str, Tensor]) -> Critic:
    """Return the critic with other parameters, by their full names."""
    halves = {
        half: {name.removeprefix(half): tensor for name, tensor in parameters.items() if name.startswith(half)}
        for half in ("features.", "head.")
    }
    return Critic(_With(critic.features, halves["features."]), _With(critic.head, halves["head."]))


class Unrolled(Trick):
    """The generator's update faces the critic of `steps` steps later."""

    whole_batch = "the unrolled critic makes steps of its own on a batch"

    def __init__(self, steps: int, rate: float) -> None:
        super().__init__()
        self._steps, self._rate = steps, rate

    def opponent(self, critic: Critic, fake: Tensor, loss: CriticLoss) -> tuple[Critic, Tensor | float]:
        if self._steps == 0:
            return critic, 0.0
        parameters: dict[str, Tensor] = dict(critic.named_parameters())
        for _ in range(self._steps):
            descent = loss(moved(critic, parameters), fake)
            gradients = torch.autograd.grad(descent, list(parameters.values()), create_graph=True)
            parameters = {
                name: tensor - self._rate * gradient
                for (name, tensor), gradient in zip(parameters.items(), gradients, strict=True)
            }
        through = -loss(moved(critic, parameters), fake.detach())
        later = moved(critic, {name: tensor.detach() for name, tensor in parameters.items()})
        return later, through - through.detach()  # a gradient alone: the loss stays that of the objective


def build(*, steps: Natural, rate: Positive) -> Unrolled:
    """Build the trick; `steps` 0 is no unrolling, `rate` is that of the unrolled steps, plain gradient descent."""
    return Unrolled(steps, rate)
