"""Fully connected pair: for small images and for points, where convolutions gain nothing and cost much.

Both are `depth` hidden layers of `width` units with leaky rectifiers; the generator's are batch-normalised, the
critic's are not, so that penalties on single images mean what they say.
"""

from __future__ import annotations

import math

from torch import Tensor, nn

from genbench.model import Shape
from genbench.options import Count


class Generator(nn.Module):
    """Codes (B, latent) to images (B, C, H, W) in [-1, 1]."""

    def __init__(self, shape: Shape, latent: int, width: int, depth: int) -> None:
        super().__init__()
        self.shape = shape
        layers: list[nn.Module] = []
        for size in [latent, *[width] * (depth - 1)]:
            layers += [nn.Linear(size, width, bias=False), nn.BatchNorm1d(width), nn.LeakyReLU(0.2)]
        self.body = nn.Sequential(*layers, nn.Linear(width, math.prod(shape)), nn.Tanh())

    def forward(self, codes: Tensor) -> Tensor:
        images: Tensor = self.body(codes)
        return images.view(-1, *self.shape)


class Critic(nn.Module):
    """Images (B, C, H, W) to `outputs` numbers each, (B, outputs)."""

    def __init__(self, shape: Shape, outputs: int, width: int, depth: int) -> None:
        super().__init__()
        layers: list[nn.Module] = [nn.Flatten()]
        for size in [math.prod(shape), *[width] * (depth - 1)]:
            layers += [nn.Linear(size, width), nn.LeakyReLU(0.2)]
        self.body = nn.Sequential(*layers, nn.Linear(width, outputs))

    def forward(self, images: Tensor) -> Tensor:
        numbers: Tensor = self.body(images)
        return numbers


def build(shape: Shape, latent: int, outputs: int, *, width: Count, depth: Count) -> tuple[Generator, Critic]:
    """A generator from `latent` numbers and a critic (or encoder) to `outputs`, each of `depth` hidden layers."""
    return Generator(shape, latent, width, depth), Critic(shape, outputs, width, depth)
