"""A causal transformer over sequences of tokens: Vaswani et al. (2017), with the order of GPT-2 (Radford et al. 2019).

It gives p(x) = Π_t p(x_t | x_1 … x_{t−1}). The input of position t is the token before it and a learnt vector of the
position; that of the first position is a vector of its own, or of the class (Esser et al. 2021, section 3.2: a prefix).
A layer normalises before it computes, and adds:

    h ← h + attention(norm h),    h ← h + W₂ gelu(W₁ norm h),

where a position attends to itself and those before it, in each head with the weights softmax_s(q_t · k_s / √d), s ≤ t.

`forward` gives all positions at once, for training. `walk` goes through them one by one, for sampling, and keeps the
keys and values of earlier positions: over a sequence it costs as much as one `forward` and some overhead a position.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor, nn

from genbench.errors import InputError

#: Standard deviation of the weights at the start, as GPT-2's.
START = 0.02
#: Keys and values of earlier positions in a layer, (B, heads, T, d) each.
Past = tuple[Tensor, Tensor]


def attention(queries: Tensor, keys: Tensor) -> Tensor:
    """Return the weights (B, heads, Q, T) with which the last Q of T positions attend to all, 0 to those after them.

    queries: (B, heads, Q, d). keys: (B, heads, T, d), T ≥ Q. The weights of a position sum to 1.
    """
    scores = queries @ keys.mT / queries.shape[-1] ** 0.5
    last, positions = scores.shape[-2:]
    seen = torch.ones(last, positions, dtype=torch.bool, device=scores.device).tril(positions - last)
    return scores.masked_fill(~seen, -torch.inf).softmax(-1)


class Layer(nn.Module):
    """Attention and two linear layers, (B, T, width) to as many."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.norm, self.mix, self.out = nn.LayerNorm(width), nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.feed = nn.Sequential(
            nn.LayerNorm(width), nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width)
        )

    def forward(self, h: Tensor, past: Past | None = None) -> tuple[Tensor, Past]:
        """Compute the positions that follow `past`; returns their features, and the past of those that come next."""
        queries, keys, values = self.mix(self.norm(h)).unflatten(-1, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)
        if past is not None:
            keys, values = torch.cat([past[0], keys], dim=2), torch.cat([past[1], values], dim=2)
        attended = attention(queries, keys) @ values
        h = h + self.out(attended.transpose(1, 2).flatten(2))
        return h + self.feed(h), (keys, values)


class Transformer(nn.Module):
    """Sequences of at most `length` tokens (B, T) int64 to logits (B, T, tokens), each from the tokens before it.

    labels: (B,) int64, 0 to classes − 1, of a network with classes; else None.
    """

    def __init__(self, tokens: int, length: int, *, width: int, layers: int, heads: int, classes: int = 0) -> None:
        super().__init__()
        if width % heads:
            raise InputError(f"heads: expected a divisor of the width, {width}, got {heads}")
        self.tokens = nn.Embedding(tokens, width)
        self.starts = nn.Embedding(max(classes, 1), width)
        self.positions = nn.Embedding(length, width)
        self.layers = nn.ModuleList([Layer(width, heads) for _ in range(layers)])
        self.norm, self.head = nn.LayerNorm(width), nn.Linear(width, tokens)
        self.apply(initialise)

    def forward(self, tokens: Tensor, labels: Tensor | None = None) -> Tensor:
        inputs = torch.cat([self._start(tokens, labels), self.tokens(tokens[:, :-1])], dim=1)
        logits, _ = self._from(inputs, 0, [None] * len(self.layers))
        return logits

    def walk(self, tokens: Tensor, labels: Tensor | None = None) -> Iterator[tuple[int, Tensor]]:
        """Yields (position, logits (B, tokens) there); `tokens` is filled in at that place before the next."""
        pasts: Sequence[Past | None] = [None] * len(self.layers)
        for place in range(tokens.shape[1]):
            inputs = self.tokens(tokens[:, place - 1 : place]) if place else self._start(tokens, labels)
            logits, pasts = self._from(inputs, place, pasts)
            yield place, logits[:, 0]

    def _start(self, tokens: Tensor, labels: Tensor | None) -> Tensor:
        start: Tensor = self.starts(torch.zeros_like(tokens[:, 0]) if labels is None else labels)
        return start[:, None]

    def _from(self, inputs: Tensor, first: int, pasts: Sequence[Past | None]) -> tuple[Tensor, list[Past]]:
        """Compute the positions from `first` on; returns logits, and each layer's past of those that come next."""
        places = torch.arange(first, first + inputs.shape[1], device=inputs.device)
        h, kept = inputs + self.positions(places), []
        for layer, past in zip(self.layers, pasts, strict=True):
            h, longer = layer(h, past)
            kept.append(longer)
        return self.head(self.norm(h)), kept


def initialise(module: nn.Module) -> None:
    """Draw the weights of a linear layer or of an embedding from N(0, START²); biases are 0."""
    if isinstance(module, nn.Linear | nn.Embedding):
        nn.init.normal_(module.weight, std=START)
    if isinstance(module, nn.Linear):
        nn.init.zeros_(module.bias)


def shares(logits: Tensor, *, temperature: float = 1.0, top_k: int | None = None) -> Tensor:
    """Return probabilities ∝ exp(logit / temperature) of the `top_k` largest of logits (B, K), float64; all by default.

    Others have the probability 0. Where logits are equal, it is not said which of them are kept.
    """
    scaled = logits.double()
    scaled = (scaled - scaled.amax(-1, keepdim=True)) / temperature  # 0 at the largest, so that none overflows
    if top_k is not None and top_k < scaled.shape[-1]:
        kept = scaled.topk(top_k).indices
        scaled = torch.full_like(scaled, -torch.inf).scatter(-1, kept, scaled.gather(-1, kept))
    return scaled.softmax(-1)
