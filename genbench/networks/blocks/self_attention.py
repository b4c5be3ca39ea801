"""Self-attention over the pixels of a grid: Zhang et al. (2019), SAGAN, section 3, as Brock et al. (2019) use it.

With 1×1 convolutions θ and φ to an eighth of the channels and g to a half, each pixel i reads the grid by
β_ij = softmax_j θ(x)_iᵀ φ(x)_j, and the block is x + γ · W Σ_j β_ij g(x)_j. γ starts from 0: the block starts as the
identity and learns to look further than a convolution. φ and g are halved by their largest values of 2×2 pixels.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import max_pool2d


class SelfAttention(nn.Module):
    """Features (B, channels, H, W) to features of the same shape; H and W are at least 2."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        few, half = max(channels // 8, 1), max(channels // 2, 1)
        self.query, self.key = (nn.Conv2d(channels, few, 1, bias=False) for _ in range(2))
        self.value = nn.Conv2d(channels, half, 1, bias=False)
        self.outward = nn.Conv2d(half, channels, 1, bias=False)
        self.gamma = nn.Parameter(torch.zeros(()))

    def forward(self, inputs: Tensor) -> Tensor:
        query = self.query(inputs).flatten(2)
        key, value = (max_pool2d(part(inputs), 2).flatten(2) for part in (self.key, self.value))
        # plain products, for a penalty on the critic's slope differentiates them twice, which fused attention does not
        shares = (query.transpose(1, 2) @ key).softmax(2)
        mixed = (value @ shares.transpose(1, 2)).unflatten(2, inputs.shape[2:])
        outputs: Tensor = inputs + self.gamma * self.outward(mixed)
        return outputs
