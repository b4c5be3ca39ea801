"""A small convolutional pair for images of any size, after DCGAN (Radford, Metz, Chintala 2016).

The generator starts from a grid of about 4×4 and doubles it by transposed convolutions, batch-normalised; the
critic halves the image by strided convolutions with leaky rectifiers. The critic has no normalisation across the
batch, so that a gradient penalty on single images means what it says (Gulrajani et al. 2017, section 4).
"""

from __future__ import annotations

import math
from typing import Any

from torch import Tensor, nn

from genbench.data.images import Shape
from genbench.networks import Critic
from genbench.networks._parts import Flat, doublings, on_grid, start
from genbench.networks._spectral import spectrally
from genbench.options import Count, Flag

EXAMPLES: tuple[dict[str, Any], ...] = ({"width": 8}, {"width": 8, "spectral": True})


class Generator(nn.Module):
    """Codes (B, latent) to images (B, C, H, W) in [-1, 1]."""

    def __init__(self, shape: Shape, latent: int, width: int) -> None:
        super().__init__()
        channels, self.height, self.width = shape
        times = doublings(shape)
        self.grid = (width << times, *start(shape, times))
        self.start = nn.Linear(latent, math.prod(self.grid), bias=False)
        layers: list[nn.Module] = [nn.BatchNorm2d(self.grid[0]), nn.ReLU()]
        for level in reversed(range(times)):
            layers += [
                nn.ConvTranspose2d(width << (level + 1), width << level, 4, stride=2, padding=1, bias=False),
                nn.BatchNorm2d(width << level),
                nn.ReLU(),
            ]
        self.body = nn.Sequential(*layers, nn.Conv2d(width, channels, 3, padding=1), nn.Tanh())

    def forward(self, codes: Tensor) -> Tensor:
        images: Tensor = self.body(on_grid(self.start(codes), self.grid))
        return images[..., : self.height, : self.width]


def critic(shape: Shape, outputs: int, width: int) -> Critic:
    """Build a critic, images (B, C, H, W) to (B, outputs)."""
    channels, height, across = shape
    times = doublings(shape)
    layers: list[nn.Module] = [nn.Conv2d(channels, width, 3, padding=1), nn.LeakyReLU(0.2)]
    for level in range(times):
        layers += [nn.Conv2d(width << level, width << (level + 1), 4, stride=2, padding=1), nn.LeakyReLU(0.2)]
        height, across = height // 2, across // 2
    return Critic(nn.Sequential(*layers, Flat()), nn.Linear((width << times) * height * across, outputs))


def build(shape: Shape, latent: int, outputs: int, *, width: Count, spectral: Flag = False) -> tuple[Generator, Critic]:
    """Build a generator and a critic with `width` channels at full size; `spectral` normalises the critic's weights."""
    return Generator(shape, latent, width), spectrally(critic(shape, outputs, width), spectral)
