"""Layers with equalised learning rates: Karras et al. (2018), progressive growing of GANs, section 4.1.

Weights are drawn from N(0, 1) and multiplied by 1/√(fan in) in each pass, so that unit variance in is unit variance
out. Adam moves every weight by about its learning rate; relative to their size all layers then learn equally fast.
"""

from __future__ import annotations

import math

from torch import Tensor, nn
from torch.nn import functional


class Linear(nn.Linear):
    """Linear layer. rate: multiplier of its learning rate, at the same outputs. start: what its biases begin with."""

    rate, start = 1.0, 0.0

    def __init__(self, inputs: int, outputs: int, *, rate: float = 1.0, start: float = 0.0) -> None:
        super().__init__(inputs, outputs)
        self.rate, self.start = rate, start
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw the weights anew."""
        nn.init.normal_(self.weight, 0.0, 1 / self.rate)
        nn.init.constant_(self.bias, self.start / self.rate)

    def forward(self, inputs: Tensor) -> Tensor:
        return functional.linear(inputs, scaled(self.weight) * self.rate, self.bias * self.rate)


class Conv2d(nn.Conv2d):
    """Convolution."""

    def reset_parameters(self) -> None:
        """Draw the weights anew."""
        nn.init.normal_(self.weight)
        if self.bias is not None:
            nn.init.zeros_(self.bias)

    def forward(self, inputs: Tensor) -> Tensor:
        return self._conv_forward(inputs, scaled(self.weight), self.bias)


class Rectifier(nn.Module):
    """Leaky rectifier of slope 0.2, times √2: standard normal inputs keep a second moment of about 1."""

    def forward(self, inputs: Tensor) -> Tensor:
        return functional.leaky_relu(inputs, 0.2) * math.sqrt(2)


def scaled(weight: Tensor) -> Tensor:
    """Return weights (outputs, ...) divided by √(fan in)."""
    return weight / math.sqrt(weight[0].numel())
