"""A small text encoder that is trained along: embedded words and places, and layers of a transformer.

Layers normalise first and have one head. The text as a whole is what a last token of its own has read of the words, as
in CLIP (Radford et al. 2021), whose frozen encoder Kang et al. (2023) put before layers like these.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from genbench.networks.blocks.token_attention import Attention

#: Wider hidden layer of a transformer's block, in widths of a token.
WIDER = 4


class Layer(nn.Module):
    """Tokens (B, N, width) to the same: attention, then a network of one hidden layer, each added to its input."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first_norm, self.second_norm = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attention = Attention(width, width)
        self.body = nn.Sequential(nn.Linear(width, WIDER * width), nn.GELU(), nn.Linear(WIDER * width, width))

    def forward(self, tokens: Tensor) -> Tensor:
        normal = self.first_norm(tokens)
        tokens = tokens + self.attention(normal, normal)
        outputs: Tensor = tokens + self.body(self.second_norm(tokens))
        return outputs


class TextEncoder(nn.Module):
    """Captions (B, slots) int64 below `phrases` to their words (B, slots, width) and the text as a whole (B, width)."""

    def __init__(self, phrases: int, slots: int, width: int, layers: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(phrases, width)
        self.places = nn.Parameter(torch.randn(slots + 1, width))  # the last is the token that reads the others
        self.body = nn.Sequential(*(Layer(width) for _ in range(layers)), nn.LayerNorm(width))

    def forward(self, captions: Tensor) -> tuple[Tensor, Tensor]:
        words = self.embedding(captions) + self.places[:-1]
        last = self.places[-1:].expand(len(captions), 1, -1)
        tokens = self.body(torch.cat([words, last], 1))
        return tokens[:, :-1], tokens[:, -1]
