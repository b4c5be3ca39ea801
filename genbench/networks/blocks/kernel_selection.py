"""Sample-adaptive kernel selection: Kang et al. (2023), GigaGAN, section 3.

A layer has a bank of filters K_1 … K_N. A style w chooses among them, K = Σ K_i p_i, p = softmax(A w + b), and scales
and demodulates the chosen filter as StyleGAN2 does its only one. Each image is convolved with a filter of its own, at
the cost of one convolution.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn.functional import conv2d

from genbench.networks.blocks.equalised import Linear

EPSILON = 1e-8


class SelectedConv2d(nn.Module):
    """Features (B, before, H, W) and styles (B, style) to (B, after, H, W), with filters of size × size, size odd.

    demodulate: whether filters are brought to length 1; else they are divided by √(fan in).
    """

    def __init__(
        self, before: int, after: int, style: int, bank: int, *, size: int = 3, demodulate: bool = True
    ) -> None:
        super().__init__()
        self.bank = nn.Parameter(torch.randn(bank, after, before, size, size))
        self.bias = nn.Parameter(torch.zeros(after))
        self.selector, self.affine = Linear(style, bank), Linear(style, before, start=1.0)
        self._demodulate = demodulate

    def shares(self, styles: Tensor) -> Tensor:
        """Return the weights of the filters of the bank, (B, bank), which sum to 1."""
        return self.selector(styles).softmax(1)

    def filters(self, styles: Tensor) -> Tensor:
        """Return each image's filters, (B, after, before, size, size)."""
        chosen = torch.einsum("bn,noihw->boihw", self.shares(styles), self.bank)
        modulated = chosen * self.affine(styles)[:, None, :, None, None]
        if not self._demodulate:
            return modulated / math.sqrt(modulated[0, 0].numel())
        return modulated * (modulated.square().sum((2, 3, 4), keepdim=True) + EPSILON).rsqrt()

    def forward(self, features: Tensor, styles: Tensor) -> Tensor:
        filters = self.filters(styles)
        # the images of a batch side by side are groups of one image
        beside = features.reshape(1, -1, *features.shape[2:])
        outputs = conv2d(beside, filters.flatten(0, 1), padding=filters.shape[-1] // 2, groups=len(features))
        return outputs.view(len(features), -1, *outputs.shape[2:]) + self.bias[:, None, None]
