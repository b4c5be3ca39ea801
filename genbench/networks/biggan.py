"""The residual pair of BigGAN, Brock et al. (2019), appendix B, for images of any size from 4×4.

Generator: the code is cut into pieces, one for the first grid of about 4×4 and one for each block that doubles it. A
block's batch normalisation has gains and shifts that are linear in its piece and, where there are classes, in an
embedding of the class that all blocks share. Critic: blocks without normalisation halve the image as often, one more
keeps its size, and rectified features are summed over space. Both may have self-attention on one of their grids.
Weights start orthogonal (Saxe et al. 2014), biases from 0.

All grids have `width` channels, as the smallest published network has. The published 128×128 pair is `width: 96,
multipliers: [16, 16, 8, 4, 2, 1], embedding: 128, attention: 64, spectral: true, spectral_generator: true` with codes
of 120 numbers: 70,433,988 and 87,982,370 parameters with the projection of 1,000 classes, as the authors' test of it
counts (compare_gan, resnet_biggan_test.py).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, interpolate, relu

from genbench.data.images import Shape
from genbench.errors import InputError
from genbench.networks import Critic
from genbench.networks._parts import doublings, on_grid, require_images, start
from genbench.networks._spectral import spectrally
from genbench.networks.blocks.conditional_batch_norm import ConditionalBatchNorm
from genbench.networks.blocks.self_attention import SelfAttention
from genbench.options import Count, Flag

EXAMPLES: tuple[dict[str, Any], ...] = ({"width": 8}, {"width": 8, "spectral": True, "spectral_generator": True})


class GeneratorBlock(nn.Module):
    """Features (B, before, H, W) and conditions (B, condition) to (B, after, 2H, 2W)."""

    def __init__(self, before: int, after: int, condition: int) -> None:
        super().__init__()
        self.first_norm, self.second_norm = (ConditionalBatchNorm(n, condition) for n in (before, after))
        self.first, self.second = (nn.Conv2d(n, after, 3, padding=1) for n in (before, after))
        self.shortcut = nn.Conv2d(before, after, 1)

    def forward(self, inputs: Tensor, condition: Tensor) -> Tensor:
        inner = self.first(_double(relu(self.first_norm(inputs, condition))))
        inner = self.second(relu(self.second_norm(inner, condition)))
        outputs: Tensor = inner + _double(self.shortcut(inputs))
        return outputs


class CriticBlock(nn.Module):
    """Features (B, before, H, W) to (B, after, H, W), or half as high and wide; an image is not rectified."""

    def __init__(self, before: int, after: int, *, halve: bool, of_image: bool) -> None:
        super().__init__()
        self._halve, self._of_image = halve, of_image
        first, second = (nn.Conv2d(n, after, 3, padding=1) for n in (before, after))
        self.body = nn.Sequential(first, nn.ReLU(), second)
        self.shortcut = nn.Conv2d(before, after, 1) if halve or before != after else nn.Identity()

    def forward(self, inputs: Tensor) -> Tensor:
        inner = self.body(inputs if self._of_image else relu(inputs))
        if self._halve:
            inner, inputs = avg_pool2d(inner, 2), avg_pool2d(inputs, 2)
        outputs: Tensor = inner + self.shortcut(inputs)
        return outputs


class Total(nn.Module):
    """Rectified features (B, C, H, W), summed over space, (B, C)."""

    def forward(self, inputs: Tensor) -> Tensor:
        return relu(inputs).sum((2, 3))


class Generator(nn.Module):
    """Codes (B, latent), and labels (B,) where there are classes, to images (B, C, H, W) in [-1, 1].

    widths: channels of each grid from the first on. attended: the grid that has self-attention, None for none.
    """

    def __init__(
        self, shape: Shape, latent: int, classes: int, widths: Sequence[int], embedding: int, attended: int | None
    ) -> None:
        super().__init__()
        channels, self.height, self.width = shape
        self.grid = (widths[0], *start(shape, len(widths) - 1))
        self.pieces = _pieces(latent, len(widths))
        self.embedding = nn.Embedding(classes, embedding) if classes else None
        self.start = nn.Linear(self.pieces[0], math.prod(self.grid))
        shared = embedding if classes else 0
        self.blocks = nn.ModuleList(
            GeneratorBlock(before, after, shared + piece)
            for (before, after), piece in zip(pairwise(widths), self.pieces[1:], strict=True)
        )
        self.attention = nn.ModuleList(
            SelfAttention(width) if place == attended else nn.Identity() for place, width in enumerate(widths)
        )
        self.head = nn.Sequential(
            nn.BatchNorm2d(widths[-1]), nn.ReLU(), nn.Conv2d(widths[-1], channels, 3, padding=1), nn.Tanh()
        )

    def forward(self, codes: Tensor, labels: Tensor | None = None) -> Tensor:
        first, *pieces = torch.split(codes, self.pieces, dim=1)
        if self.embedding is not None:
            told = self.embedding(labels)
            pieces = [torch.cat([told, piece], 1) for piece in pieces]
        features = self.attention[0](on_grid(self.start(first), self.grid))
        for block, attention, piece in zip(self.blocks, self.attention[1:], pieces, strict=True):
            features = attention(block(features, piece))
        images: Tensor = self.head(features)
        return images[..., : self.height, : self.width]


def critic(channels: int, outputs: int, widths: Sequence[int], attended: int | None) -> Critic:
    """Build a critic, images (B, channels, H, W) to (B, outputs).

    widths: channels after each block, of which the last alone keeps the size. attended: how often the image is halved
    where it has self-attention, None for none.
    """
    layers: list[nn.Module] = []
    for index, (before, after) in enumerate(pairwise([channels, *widths])):
        layers.append(CriticBlock(before, after, halve=index < len(widths) - 1, of_image=index == 0))
        if index + 1 == attended:
            layers.append(SelfAttention(after))
    return Critic(nn.Sequential(*layers, Total()), nn.Linear(widths[-1], outputs))


def _double(inputs: Tensor) -> Tensor:
    return interpolate(inputs, scale_factor=2.0, mode="nearest")


def _pieces(latent: int, places: int) -> list[int]:
    """Cut a code into as many pieces as there are places, the first of which has what is left over."""
    if latent < places:
        raise InputError(
            f"network biggan: latent: expected at least {places} numbers, one for the first grid and for each "
            f"doubling, got {latent}"
        )
    return [latent - (places - 1) * (latent // places), *[latent // places] * (places - 1)]


def _attended(shape: Shape, side: int | None) -> int | None:
    """Find how often the image is halved on the grid of a side, the shorter one; both networks have that grid."""
    if side is None:
        return None
    times = doublings(shape)
    sides = [min(start(shape, times)) << level for level in range(times)]
    if side not in sides:
        raise InputError(f"network biggan: attention: expected one of the sides {sides} or null, got {side}")
    return times - sides.index(side)


def orthogonally(network: nn.Module) -> None:
    """Let the weights of a network start orthogonal, and its biases from 0."""
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d | nn.Linear | nn.Embedding):
            nn.init.orthogonal_(layer.weight)
        if isinstance(layer, nn.Conv2d | nn.Linear) and layer.bias is not None:
            nn.init.zeros_(layer.bias)


def build(
    shape: Shape,
    latent: int,
    outputs: int,
    classes: int = 0,
    *,
    width: Count,
    multipliers: list[Count] | None = None,
    embedding: Count = 128,
    attention: Count | None = None,
    spectral: Flag = False,
    spectral_generator: Flag = False,
) -> tuple[Generator, Critic]:
    """Build both; `spectral` normalises the critic's weights, `spectral_generator` the generator's as well as those.

    multipliers: of `width`, for each grid of the generator from the first on, and for the critic's the other way round;
    null for 1 each. embedding: numbers that stand for a class. attention: side of the grid that has it.
    """
    require_images("biggan", shape)
    times = doublings(shape)
    factors = [1] * (times + 1) if multipliers is None else multipliers
    if len(factors) != times + 1:
        raise InputError(
            f"network biggan: multipliers: expected {times + 1} numbers, for the first grid and each doubling, "
            f"got {len(factors)}"
        )
    widths, halved = [width * factor for factor in factors], _attended(shape, attention)
    generator = Generator(shape, latent, classes, widths, embedding, None if halved is None else times - halved)
    judge = critic(shape[0], outputs, widths[::-1], halved)
    orthogonally(generator)
    orthogonally(judge)
    return spectrally(generator, spectral_generator), spectrally(judge, spectral)
