"""Gated convolutions that see only what comes before, in raster order: van den Oord et al. (2016b), figure 2.

Two stacks run side by side. The vertical one sees all rows above, the horizontal one what is left of a pixel in its
own row and, through 1×1 convolutions, what the vertical one knows: together all that comes before, without the blind
spot of a single stack of masked convolutions. A layer is

    v ← tanh(V₁ ∗ v) ⊙ σ(V₂ ∗ v),    h ← h + U (tanh a₁ ⊙ σ(a₂)),    a = W ∗ h + L (V ∗ v).

No weight is masked: the input is moved down by a row for v and right by a column for h, and kernels reach up and left
only. A channel of ones tells the picture from its surroundings, and with them where a pixel stands. Classes, where
there are any, add a vector of their own to V ∗ v.

`forward` gives all positions at once, for training. `walk` goes through them one by one, for sampling, and keeps what
earlier positions need: it costs as much as one `forward` and some overhead a position, where calling `forward` for
each of H·W positions would cost H·W times as much.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch
from torch import Tensor, nn
from torch.nn.functional import linear, pad

from genbench.per_image_random import uniform_rows

#: From features (B, width, H, W) to as many of which some are dropped.
Drop = Callable[[Tensor], Tensor]


def as_it_is(features: Tensor) -> Tensor:
    """Drop nothing."""
    return features


def dropout(share: float, rng: torch.Generator) -> Drop:
    """Set each number to 0 with the probability `share`, and scale the others up to the same mean."""

    def drop(features: Tensor) -> Tensor:
        kept = uniform_rows(*features.shape, rng=rng).to(features) >= share
        return features * kept / (1 - share)

    return drop


class GatedLayer(nn.Module):
    """One layer of both stacks; `kernel` is the vertical stack's width, and half of it reaches up or left."""

    def __init__(self, inputs: int, width: int, kernel: int, classes: int) -> None:
        super().__init__()
        self.side, self.reach = kernel // 2, kernel // 2 + 1
        self.vertical = nn.Conv2d(inputs, 2 * width, (self.reach, 2 * self.side + 1))
        self.horizontal = nn.Conv2d(inputs, 2 * width, (1, self.reach))
        self.link = nn.Conv2d(2 * width, 2 * width, 1)
        self.out = nn.Conv2d(width, width, 1)
        self.classes = nn.Embedding(classes, 2 * width) if classes else None
        self.residual = inputs == width

    def above(self, rows: Tensor, labels: Tensor | None) -> Tensor:
        """Return V ∗ v of padded rows (B, C, R + reach − 1, W + 2 side), (B, 2 width, R, W)."""
        seen: Tensor = self.vertical(rows)
        return seen if self.classes is None else seen + self.classes(labels)[:, :, None, None]

    def forward(self, v: Tensor, h: Tensor, labels: Tensor | None, drop: Drop = as_it_is) -> tuple[Tensor, Tensor]:
        """Compute both stacks everywhere, (B, inputs, H, W) to (B, width, H, W); `drop` is of what a layer adds."""
        above = self.above(pad(v, (self.side, self.side, self.reach - 1, 0)), labels)
        left = self.horizontal(pad(h, (self.reach - 1, 0, 0, 0)))
        new = self.out(drop(gate(left + self.link(above))))
        return gate(above), h + new if self.residual else new

    def at(self, before: Tensor, linked: Tensor) -> Tensor:
        """Compute the horizontal stack at one position, (B, width).

        before: its own input up to that position, (B, inputs, reach). linked: L (V ∗ v) there, (B, 2 width).
        """
        left = linear(before.flatten(1), self.horizontal.weight.flatten(1), self.horizontal.bias)
        new = linear(gate(left + linked), self.out.weight.flatten(1), self.out.bias)
        return before[:, :, -1] + new if self.residual else new


class Gated(nn.Module):
    """Grids (B, inputs, H, W) to (B, outputs, H, W), each position from those before it; labels (B,) of classes."""

    def __init__(self, inputs: int, outputs: int, *, width: int, layers: int, kernel: int, classes: int = 0) -> None:
        super().__init__()
        sizes = [inputs + 1] + [width] * (layers - 1)
        self.layers = nn.ModuleList([GatedLayer(size, width, kernel, classes) for size in sizes])
        self.head = nn.Sequential(nn.ReLU(), nn.Conv2d(width, width, 1), nn.ReLU(), nn.Conv2d(width, outputs, 1))

    def forward(self, grid: Tensor, labels: Tensor | None = None, drop: Drop = as_it_is) -> Tensor:
        seen = marked(grid)
        v, h = pad(seen, (0, 0, 1, -1)), pad(seen, (1, -1, 0, 0))
        for layer in self.layers:
            v, h = layer(v, h, labels, drop)
        outputs: Tensor = self.head(h)
        return outputs

    def _stack(self) -> list[GatedLayer]:
        return [layer for layer in self.layers if isinstance(layer, GatedLayer)]

    def walk(self, grid: Tensor, labels: Tensor | None = None) -> Iterator[tuple[int, int, Tensor]]:
        """Yields (row, column, outputs (B, outputs) there); `grid` is filled in at that place before the next."""
        layers = self._stack()
        vs = [empty_above(layer, grid) for layer in layers]
        for row in range(grid.shape[2]):
            if row:
                put_row(layers[0], vs[0], row, marked(grid[:, :, row - 1 : row])[:, :, 0])
            linked = []
            for index, layer in enumerate(layers):
                above = layer.above(vs[index][:, :, row : row + layer.reach], labels)
                linked.append(layer.link(above)[:, :, 0])
                if index + 1 < len(layers):
                    put_row(layers[index + 1], vs[index + 1], row, gate(above)[:, :, 0])
            for column, outputs in self._walk_row(grid, row, linked):
                yield row, column, outputs

    def _walk_row(self, grid: Tensor, row: int, linked: list[Tensor]) -> Iterator[tuple[int, Tensor]]:
        layers = self._stack()
        hs = [empty_left(layer, grid) for layer in layers]
        for column in range(grid.shape[3]):
            if column:
                position = column + layers[0].reach - 1
                hs[0][:, :, position] = marked(grid[:, :, row : row + 1, column - 1 : column])[:, :, 0, 0]
            for index, layer in enumerate(layers):
                h = layer.at(hs[index][:, :, column : column + layer.reach], linked[index][:, :, column])
                if index + 1 < len(layers):
                    hs[index + 1][:, :, column + layers[index + 1].reach - 1] = h
            yield column, self.head(h[:, :, None, None])[:, :, 0, 0]


def gate(features: Tensor) -> Tensor:
    """Return tanh of the first half of the channels times the logistic function of the second."""
    first, second = features.chunk(2, dim=1)
    return first.tanh() * second.sigmoid()


def marked(grid: Tensor) -> Tensor:
    """Return the grid with a channel of ones."""
    return torch.cat([grid, torch.ones_like(grid[:, :1])], dim=1)


def empty_above(layer: GatedLayer, grid: Tensor) -> Tensor:
    """Return zeros for a layer's vertical input, as wide and high as its padding makes it."""
    height, width = grid.shape[2] + layer.reach - 1, grid.shape[3] + 2 * layer.side
    return grid.new_zeros(len(grid), layer.vertical.in_channels, height, width)


def empty_left(layer: GatedLayer, grid: Tensor) -> Tensor:
    """Return zeros for a layer's horizontal input in one row."""
    return grid.new_zeros(len(grid), layer.horizontal.in_channels, grid.shape[3] + layer.reach - 1)


def put_row(layer: GatedLayer, above: Tensor, row: int, values: Tensor) -> None:
    """Write a row of a layer's vertical input, (B, C, W), into its padded place."""
    above[:, :, row + layer.reach - 1, layer.side : layer.side + values.shape[-1]] = values
