"""Fully connected layers with masks, so that each output sees only the numbers before its own: Germain et al. (2015).

D numbers stand in an order: number i at the place o(i), 0 … D − 1. Hidden unit k has a degree m(k), 0 … D − 2, and

    hidden unit k sees number i                   where o(i) ≤ m(k),
    hidden unit k sees unit j of the layer below  where m(j) ≤ m(k),
    the outputs of number i see hidden unit k     where m(k) < o(i)

(their section 4.2, whose degrees are random; here they are spread evenly, the same in every layer). All outputs of an
image take one pass, and `walk` computes them one by one, for sampling. Weights are masked when they are used, so that
one network serves any order.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor, nn
from torch.nn.functional import linear


class MaskedLinear(nn.Module):
    """A linear layer of which each call says what may be seen."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        layer = nn.Linear(inputs, outputs)
        self.weight, self.bias = layer.weight, layer.bias

    def forward(self, values: Tensor, sees: Tensor, rows: Tensor | None = None) -> Tensor:
        """Map (B, inputs) to (B, outputs), or to those outputs that `rows` (N,) names; sees: (outputs or N, inputs)."""
        weight, bias = (self.weight, self.bias) if rows is None else (self.weight[rows], self.bias[rows])
        return linear(values, weight * sees, bias)


class Masked(nn.Module):
    """Numbers (B, D) to `outputs` for each of them, by `layers` hidden layers of `width` rectified units.

    context: numbers that every output may see, 0 for none; with them there are units of degree −1, which see no others.
    """

    degrees: Tensor

    def __init__(self, numbers: int, outputs: int, *, width: int, layers: int, context: int = 0) -> None:
        super().__init__()
        self.numbers, self.outputs = numbers, outputs
        self.first = MaskedLinear(numbers, width)
        self.hidden = nn.ModuleList(MaskedLinear(width, width) for _ in range(layers - 1))
        self.outward = MaskedLinear(width, outputs * numbers)
        self.context = nn.Linear(context, width, bias=False) if context else None
        lowest = -1 if context else 0
        degrees = lowest + torch.arange(width) * max(numbers - 1 - lowest, 1) // width
        self.register_buffer("degrees", degrees, persistent=False)

    def forward(self, values: Tensor, order: Tensor, context: Tensor | None = None) -> Tensor:
        """Return (B, outputs, D) of values (B, D) in an order (D,) int64, the place of each number.

        context: (B, context).
        """
        units = self.first(values, order <= self.degrees[:, None])
        if self.context is not None:
            units = units + self.context(context)
        sees = (self.degrees < order[:, None]).repeat(self.outputs, 1)
        out: Tensor = self.outward(self._upwards(units), sees)
        return out.view(len(values), self.outputs, self.numbers)

    def walk(self, values: Tensor, order: Tensor) -> Iterator[tuple[int, Tensor]]:
        """Yields (number, outputs (B, outputs) of it) in order; `values` (B, D) is filled in there before the next.

        The first layer grows by a number at a time, which is most of the work that a pass for each would be.
        """
        rows = torch.arange(self.outputs, device=order.device) * self.numbers
        units = self.first.bias.expand(len(values), -1)
        for place, number in enumerate(order.argsort().tolist()):
            yield number, self.outward(self._upwards(units), self.degrees < place, rows + number)
            units = units + values[:, number, None] * (self.first.weight[:, number] * (place <= self.degrees))

    def _upwards(self, units: Tensor) -> Tensor:
        """Return the last hidden layer's units, (B, width), from what the first one computes before its rectifier."""
        for layer in self.hidden:
            units = layer(units.relu(), self.degrees <= self.degrees[:, None])
        return units.relu()
