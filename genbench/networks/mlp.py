"""Fully connected pair: for small images and for points, where convolutions gain nothing and cost much.

Both are `depth` hidden layers of `width` units with leaky rectifiers; the generator's are batch-normalised unless
`norm` says none, the critic's are not, so that penalties on single images mean what they say.
"""

from __future__ import annotations

import math
from typing import Any, Literal

from torch import Tensor, nn

from genbench.data.images import Shape
from genbench.networks import Critic
from genbench.networks._spectral import spectrally
from genbench.options import Count, Flag

EXAMPLES: tuple[dict[str, Any], ...] = (
    {"width": 16, "depth": 2},
    {"width": 16, "depth": 1, "norm": "none", "spectral": True},
)


class Generator(nn.Module):
    """Codes (B, latent) to images (B, C, H, W) in [-1, 1]."""

    def __init__(self, shape: Shape, latent: int, width: int, depth: int, normalised: bool) -> None:
        super().__init__()
        self.shape = shape
        layers: list[nn.Module] = []
        for size in [latent, *[width] * (depth - 1)]:
            layers += [nn.Linear(size, width, bias=not normalised)]
            layers += [nn.BatchNorm1d(width), nn.LeakyReLU(0.2)] if normalised else [nn.LeakyReLU(0.2)]
        self.body = nn.Sequential(*layers, nn.Linear(width, math.prod(shape)), nn.Tanh())

    def forward(self, codes: Tensor) -> Tensor:
        images: Tensor = self.body(codes)
        return images.view(-1, *self.shape)


def critic(shape: Shape, outputs: int, width: int, depth: int) -> Critic:
    """Build a critic, images (B, C, H, W) to (B, outputs)."""
    layers: list[nn.Module] = [nn.Flatten()]
    for size in [math.prod(shape), *[width] * (depth - 1)]:
        layers += [nn.Linear(size, width), nn.LeakyReLU(0.2)]
    return Critic(nn.Sequential(*layers), nn.Linear(width, outputs))


def build(
    shape: Shape,
    latent: int,
    outputs: int,
    *,
    width: Count,
    depth: Count,
    norm: Literal["batch", "none"] = "batch",
    spectral: Flag = False,
) -> tuple[Generator, Critic]:
    """Build both of `depth` hidden layers; `norm` is the generator's, `spectral` normalises the critic's weights."""
    generator = Generator(shape, latent, width, depth, normalised=norm == "batch")
    return generator, spectrally(critic(shape, outputs, width, depth), spectral)
