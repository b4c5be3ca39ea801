"""The U-Net of pix2pix: Isola, Zhu, Zhou, Efros (2017), section 3.2.1 and appendix 6.1.1.

On the way down kernels of 4×4 halve the grid, on the way up transposed ones double it, and each grid is passed over to
its way back (Ronneberger et al. 2015). Layers are normalised across the batch, but for the first and the last, and for
grids of one pixel. Dropout after the first layers of the way up, up to three, is the only noise. Sides that are odd are
rounded down on the way down and met again on the way up.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from genbench.data.images import Shape
from genbench.errors import InputError
from genbench.networks.dcgan import initialise
from genbench.per_image_random import uniform_rows

#: The most that channels grow by, and the layers of the way up that drop.
WIDEST, DROPPING = 8, 3


class SkipUNet(nn.Module):
    """Sources (B, C, H, W) to images of the same shape, both in [-1, 1].

    width: channels after the first halving, which double up to WIDEST times as many. dropout: the share of units that
    become 0; the others are divided by 1 − dropout.
    """

    def __init__(self, shape: Shape, *, width: int, halvings: int, dropout: float) -> None:
        super().__init__()
        require_halvings(shape, halvings)
        self.dropout = dropout
        channels, *grid = shape
        grids = [(grid[0] >> level, grid[1] >> level) for level in range(halvings + 1)]
        widths = [channels, *(width * min(2**level, WIDEST) for level in range(halvings))]
        self.down, self.up = nn.ModuleList(), nn.ModuleList()
        for level in range(halvings):
            normalised = level > 0 and grids[level + 1] != (1, 1)
            layers: list[nn.Module] = [nn.LeakyReLU(0.2)] if level else []
            layers += [nn.Conv2d(widths[level], widths[level + 1], 4, stride=2, padding=1)]
            self.down.append(nn.Sequential(*layers, *([nn.BatchNorm2d(widths[level + 1])] if normalised else [])))
        for level in reversed(range(halvings)):
            inputs = widths[level + 1] * (1 if level == halvings - 1 else 2)
            odd = (grids[level][0] % 2, grids[level][1] % 2)
            layer = nn.ConvTranspose2d(inputs, widths[level], 4, stride=2, padding=1, output_padding=odd)
            self.up.append(nn.Sequential(nn.ReLU(), layer, *([nn.BatchNorm2d(widths[level])] if level else [])))
        initialise(self)

    def forward(self, sources: Tensor, rng: torch.Generator | None = None) -> Tensor:
        """Translate; the units that are dropped are drawn from `rng`, none without it."""
        x, passed = sources, []
        for down in self.down:
            x = down(x)
            passed.append(x)
        x = passed.pop()
        for number, up in enumerate(self.up):
            x = up(x)
            if not passed:
                break
            if number < DROPPING and self.dropout and rng is not None:
                kept = uniform_rows(*x.shape, rng=rng).to(x.device) >= self.dropout
                x = x * kept / (1 - self.dropout)
            x = torch.cat([x, passed.pop()], 1)
        return functional.tanh(x)


def require_halvings(shape: Shape, halvings: int) -> None:
    """Refuse more halvings than the sides of an image allow."""
    if min(shape[1:]) >> halvings < 1:
        raise InputError(
            f"halvings: expected how often {shape[1]}×{shape[2]} pixels can be halved at most, got {halvings}"
        )
