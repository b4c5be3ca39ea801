"""Orthogonal regularisation without the diagonal: Brock et al. (2019), equation 3.

The generator's loss gains weight · Σ over its convolutions and linear layers of ‖W Wᵀ ⊙ (1 − I)‖²_F, the rows of W
being the filters: filters are driven to be orthogonal, and their norms are left free. It makes a generator bear
truncated codes. Of spectrally normalised layers W is the weight before it is divided.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize

from genbench.adversarial.tricks import Trick
from genbench.options import Positive

EXAMPLES = ({"weight": 0.0001},)


class Orthogonal(Trick):
    """The penalty on the generator's filters."""

    def __init__(self, weight: float) -> None:
        super().__init__()
        self._weight = weight

    def addition(self, group: str, network: nn.Module) -> Tensor | float:
        if group != "generator":
            return 0.0
        return self._weight * sum((off_diagonal(matrix) for matrix in filters(network)), start=0.0)


def off_diagonal(matrix: Tensor) -> Tensor:
    """Compute ‖M Mᵀ ⊙ (1 − I)‖²_F of the rows of M (filters, numbers), a scalar."""
    products = matrix @ matrix.T
    return (products - torch.diag(products.diagonal())).square().sum()


def filters(network: nn.Module) -> Iterator[Tensor]:
    """Give the filters of each layer as a matrix, (outputs, numbers of a filter)."""
    for layer in network.modules():
        if not isinstance(layer, nn.Conv2d | nn.ConvTranspose2d | nn.Linear):
            continue
        weight = layer.weight
        if parametrize.is_parametrized(layer, "weight"):
            weight = layer.get_parameter("parametrizations.weight.original")
        yield (weight.transpose(0, 1) if isinstance(layer, nn.ConvTranspose2d) else weight).flatten(1)


def build(*, weight: Positive) -> Orthogonal:
    """Build the trick; `weight` is the paper's β, 0.0001 there."""
    return Orthogonal(weight)
