"""Attention of tokens, and of the pixels of a grid to a style and the words of a text: Kang et al. (2023), section 3.

Logits of attention to words are inner products, ⟨q, k⟩ / √d. Among pixels they are −‖q − k‖² / √d with one matrix for
both, as Kim, Papamakarios, Mnih (2021) have it, whose slope has a bound where that of the inner product has none.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn


class Attention(nn.Module):
    """Tokens (B, N, width) read tokens (B, M, context), (B, N, width).

    distances: whether logits are of distances; then `context` is `width`.
    """

    def __init__(self, width: int, context: int, *, distances: bool = False) -> None:
        super().__init__()
        self.query = nn.Linear(width, width, bias=False)
        self.key = None if distances else nn.Linear(context, width, bias=False)
        self.value = nn.Linear(context, width, bias=False)
        self.outward = nn.Linear(width, width, bias=False)

    def forward(self, tokens: Tensor, context: Tensor) -> Tensor:
        query, key = self.query(tokens), (self.key or self.query)(context)
        # plain products, which a penalty on the critic's slope differentiates twice
        logits = query @ key.transpose(1, 2)
        if self.key is None:
            # ‖q‖² is the same for all keys of a query, and softmax is deaf to it
            logits = 2 * logits - key.square().sum(2)[:, None, :]
        shares = (logits / math.sqrt(query.shape[2])).softmax(2)
        read: Tensor = self.outward(shares @ self.value(context))
        return read


class GridAttention(nn.Module):
    """Features (B, channels, H, W) plus what their pixels read of each other and, where there are any, of words.

    style: numbers of a style (B, style) that is one more token among the pixels; 0 for none. words: numbers of a word
    of a text (B, L, words); 0 for none. Both readings have gains that start from 0: the block starts as the identity.
    """

    def __init__(self, channels: int, style: int = 0, words: int = 0) -> None:
        super().__init__()
        self.token = nn.Linear(style, channels) if style else None
        self.among, self.gain = Attention(channels, channels, distances=True), nn.Parameter(torch.zeros(()))
        self.across = Attention(channels, words) if words else None
        self.gain_across = nn.Parameter(torch.zeros(())) if words else None

    def forward(self, features: Tensor, style: Tensor | None = None, words: Tensor | None = None) -> Tensor:
        pixels = features.flatten(2).transpose(1, 2)
        context = pixels
        if self.token is not None:
            assert style is not None
            context = torch.cat([pixels, self.token(style)[:, None]], 1)
        pixels = pixels + self.gain * self.among(pixels, context)
        if self.across is not None:
            pixels = pixels + self.gain_across * self.across(pixels, words)
        return pixels.transpose(1, 2).reshape(features.shape)
