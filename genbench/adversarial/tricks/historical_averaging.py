"""Historical averaging: Salimans et al. (2016), section 3.3.

Each group's loss gains weight · ‖θ − (1/t) Σ_{i ≤ t} θ_i‖², the squared distance of its parameters to the mean of all
their past values, which damps the circling of games that have equilibria but no descent to them.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from genbench.adversarial.tricks import Trick
from genbench.networks import Critic
from genbench.options import Positive

EXAMPLES = ({"weight": 0.1},)


class HistoricalAveraging(Trick):
    """Keeps the mean of each group's parameters, the first ones included, as one vector."""

    def __init__(self, weight: float) -> None:
        super().__init__()
        self._weight = weight

    def attach(self, generator: nn.Module, critic: Critic) -> None:
        for group, network in (("generator", generator), ("critic", critic)):
            self.register_buffer(f"{group}_mean", vector(network).detach().clone())
            self.register_buffer(f"{group}_count", torch.ones(()))

    def addition(self, group: str, network: nn.Module) -> Tensor:
        distance = vector(network) - self.get_buffer(f"{group}_mean")
        return self._weight * distance.square().sum()

    @torch.no_grad()
    def after_update(self, group: str, network: nn.Module) -> None:
        mean, count = self.get_buffer(f"{group}_mean"), self.get_buffer(f"{group}_count")
        mean.lerp_(vector(network), 1 / count.add_(1))


def vector(network: nn.Module) -> Tensor:
    """Put all parameters into one vector, whatever their layout."""
    return torch.cat([parameter.flatten() for parameter in network.parameters()])


def build(*, weight: Positive) -> HistoricalAveraging:
    """Build the trick; `weight` is the factor of the squared distance, 1 in the paper."""
    return HistoricalAveraging(weight)
