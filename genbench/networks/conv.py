"""A small convolutional pair for images of any size, after DCGAN (Radford, Metz, Chintala 2016).

The generator starts from a grid of about 4×4 and doubles it by transposed convolutions, batch-normalised; the
critic halves the image by strided convolutions with leaky rectifiers. The critic has no normalisation across the
batch, so that a gradient penalty on single images means what it says (Gulrajani et al. 2017, section 4).
"""

from __future__ import annotations

import math

from torch import Tensor, nn

from genbench.model import Shape
from genbench.options import Count


class Generator(nn.Module):
    """Codes (B, latent) to images (B, C, H, W) in [-1, 1]."""

    def __init__(self, shape: Shape, latent: int, width: int) -> None:
        super().__init__()
        channels, self.height, self.width = shape
        doublings = _halvings(shape)
        self.grid = (width << doublings, math.ceil(shape[1] / 2**doublings), math.ceil(shape[2] / 2**doublings))
        self.start = nn.Linear(latent, math.prod(self.grid), bias=False)
        layers: list[nn.Module] = [nn.BatchNorm2d(self.grid[0]), nn.ReLU()]
        for level in reversed(range(doublings)):
            layers += [
                nn.ConvTranspose2d(width << (level + 1), width << level, 4, stride=2, padding=1, bias=False),
                nn.BatchNorm2d(width << level),
                nn.ReLU(),
            ]
        self.body = nn.Sequential(*layers, nn.Conv2d(width, channels, 3, padding=1), nn.Tanh())

    def forward(self, codes: Tensor) -> Tensor:
        images: Tensor = self.body(self.start(codes).view(-1, *self.grid))
        return images[..., : self.height, : self.width]


class Critic(nn.Module):
    """Images (B, C, H, W) to `outputs` numbers each, (B, outputs)."""

    def __init__(self, shape: Shape, outputs: int, width: int) -> None:
        super().__init__()
        channels, height, across = shape
        halvings = _halvings(shape)
        layers: list[nn.Module] = [nn.Conv2d(channels, width, 3, padding=1), nn.LeakyReLU(0.2)]
        for level in range(halvings):
            layers += [nn.Conv2d(width << level, width << (level + 1), 4, stride=2, padding=1), nn.LeakyReLU(0.2)]
            height, across = height // 2, across // 2
        self.body = nn.Sequential(*layers, nn.Flatten(), nn.Linear((width << halvings) * height * across, outputs))

    def forward(self, images: Tensor) -> Tensor:
        numbers: Tensor = self.body(images)
        return numbers


def _halvings(shape: Shape) -> int:
    """How often the shorter side halves before it is smaller than 4; at least once."""
    return max(1, int(math.log2(min(shape[1:]) / 4))) if min(shape[1:]) >= 4 else 0


def build(shape: Shape, latent: int, outputs: int, *, width: Count) -> tuple[Generator, Critic]:
    """A generator from `latent` numbers and a critic (or encoder) to `outputs`; `width` channels at full size."""
    return Generator(shape, latent, width), Critic(shape, outputs, width)
