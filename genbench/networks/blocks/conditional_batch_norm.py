"""Conditional batch normalisation: de Vries et al. (2017), with gains centred at 1 as Brock et al. (2019) have them.

All images are normalised together, whatever their condition; gain and shift of a channel are linear in the condition:
(1 + G c) ⊙ (x − μ) / σ + S c.
"""

from __future__ import annotations

from torch import Tensor, nn


class ConditionalBatchNorm(nn.Module):
    """Features (B, channels, H, W) and conditions (B, condition) to features of the same shape."""

    def __init__(self, channels: int, condition: int) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(channels, affine=False)
        self.gain, self.shift = (nn.Linear(condition, channels, bias=False) for _ in range(2))

    def forward(self, inputs: Tensor, condition: Tensor) -> Tensor:
        gain, shift = (part(condition)[..., None, None] for part in (self.gain, self.shift))
        outputs: Tensor = self.norm(inputs) * (1 + gain) + shift
        return outputs
