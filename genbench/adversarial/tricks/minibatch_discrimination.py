"""Minibatch discrimination: Salimans et al. (2016), section 3.2.

Features f(x_i) times a learnt tensor are `kernels` rows M_ib of `dimensions` numbers; image i is given its closeness
to the others of its batch, o_b(x_i) = Σ_{j ≠ i} exp(−‖M_ib − M_jb‖₁), beside its features. A collapsed generator's
images are close to each other, and the critic can tell.

The map of closeness starts from zero. A sum over all others of a batch is large and much the same for every image, so
that random weights would add a constant to the critic's output, many times the rest, and saturate its loss; the paper's
code scales and centres the sum by the first batch instead.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from genbench.adversarial.tricks import Trick
from genbench.errors import InputError
from genbench.networks import AcrossBatch, Critic, is_spectral
from genbench.options import Count

EXAMPLES = ({"kernels": 8, "dimensions": 4},)


class ClosenessHead(AcrossBatch):
    """A critic's head that sees closeness beside features: the old head of f plus a linear map of o."""

    def __init__(self, head: nn.Linear, kernels: int, dimensions: int) -> None:
        super().__init__()
        self.head, self.kernels = head, kernels
        self.rows = nn.Linear(head.in_features, kernels * dimensions, bias=False)
        self.of_closeness = nn.Linear(kernels, head.out_features, bias=False)
        nn.init.zeros_(self.of_closeness.weight)

    def forward(self, features: Tensor) -> Tensor:
        rows = self.rows(features).unflatten(1, (self.kernels, -1))
        numbers: Tensor = self.head(features) + self.of_closeness(closeness(rows))
        return numbers


def closeness(rows: Tensor) -> Tensor:
    """Compute Σ_{j ≠ i} exp(−‖M_ib − M_jb‖₁), (B, kernels) from (B, kernels, dimensions)."""
    distances = (rows.unsqueeze(0) - rows.unsqueeze(1)).abs().sum(3)
    others = 1 - torch.eye(len(rows), device=rows.device).unsqueeze(2)
    return (torch.exp(-distances) * others).sum(1)


class MinibatchDiscrimination(Trick):
    """The critic's head is given closeness."""

    def __init__(self, kernels: int, dimensions: int) -> None:
        super().__init__()
        self._kernels, self._dimensions = kernels, dimensions

    def networks(self, generator: nn.Module, critic: Critic, latent: int) -> tuple[nn.Module, Critic]:
        if is_spectral(critic):
            raise InputError("trick minibatch_discrimination: a spectral network's bound does not hold for closeness")
        assert isinstance(critic.head, nn.Linear)
        critic.head = ClosenessHead(critic.head, self._kernels, self._dimensions)
        return generator, critic


def build(*, kernels: Count, dimensions: Count) -> MinibatchDiscrimination:
    """Build the trick of `kernels` closenesses an image, each measured in `dimensions`: the paper's B and C."""
    return MinibatchDiscrimination(kernels, dimensions)
