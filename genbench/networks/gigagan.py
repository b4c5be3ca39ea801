"""GigaGAN: Kang et al. (2023), section 3, for images of any size from 4×4.

Generator: a mapping takes a code and the text as a whole to a style. From a constant on, each grid has convolutions
whose filters the style chooses from a bank, then attention among its pixels and to the words. It gives a pyramid: an
image of each grid, the sum of what the grids up to it add.

Critic: each image of the pyramid enters where its size is, passes all blocks from there on, and is judged after each,
which makes one number for each pair of an image and a later block. A number is linear in the mean features, plus their
inner product with a linear function of the text; the text's encoder is the critic's own.

In place of CLIP's frozen encoder a small one is trained along. Judging features by their mean over pixels is the
published 1×1 convolution that the text modulates, with one layer in place of four. There is no separate upsampler, and
no loss of CLIP or of a second critic. Images go through a tanh, for they are in [-1, 1] here.

A pair whose networks can be told a text has a parameter `text`, the numbers of phrases and of slots of its captions.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate

from genbench.data.images import Shape
from genbench.errors import InputError
from genbench.networks import Critic
from genbench.networks._parts import require_images
from genbench.networks.blocks.equalised import Conv2d, Linear, Rectifier
from genbench.networks.blocks.kernel_selection import SelectedConv2d
from genbench.networks.blocks.low_pass import double
from genbench.networks.blocks.style import Mapping, channels_of, grids_of
from genbench.networks.blocks.text_encoder import TextEncoder
from genbench.networks.blocks.token_attention import GridAttention
from genbench.networks.stylegan2 import Residual
from genbench.options import Count

EXAMPLES: tuple[dict[str, Any], ...] = ({"width": 4, "mapping": 2}, {"width": 4, "bank": 1, "attention": 4})


class Grid(nn.Module):
    """Features (B, before, h, w), a style and words to features (B, after, h, w) and an image (B, C, h, w)."""

    def __init__(
        self, before: int, after: int, channels: int, style: int, words: int, bank: int, *, attends: bool
    ) -> None:
        super().__init__()
        self.convolutions = nn.ModuleList(SelectedConv2d(one, after, style, bank) for one in (before, after))
        self.rectifier = Rectifier()
        self.attention = GridAttention(after, style, words) if attends else None
        self.to_image = SelectedConv2d(after, channels, style, bank, size=1, demodulate=False)

    def forward(self, features: Tensor, style: Tensor, words: Tensor | None) -> tuple[Tensor, Tensor]:
        for convolution in self.convolutions:
            features = self.rectifier(convolution(features, style))
        if self.attention is not None:
            features = self.attention(features, style, words)
        return features, self.to_image(features, style)


class Generator(nn.Module):
    """Codes (B, latent), and captions (B, slots) where there is a text, to images (B, C, H, W) in [-1, 1].

    channels: of each grid from full size to the smallest. text: numbers of phrases and slots, None for no text.
    embedding: numbers of a word. layers: of the encoder. mapping: of the mapping. attention: longest side of a grid
    that has it.
    """

    def __init__(
        self,
        shape: Shape,
        latent: int,
        text: tuple[int, int] | None,
        channels: Sequence[int],
        bank: int,
        embedding: int,
        layers: int,
        mapping: int,
        attention: int,
    ) -> None:
        super().__init__()
        self.shape, grids, widths = shape, grids_of(shape), channels[::-1]
        words = embedding if text else 0
        style = latent + words
        self.encoder = TextEncoder(*text, embedding, layers) if text else None
        self.mapping = Mapping(style, mapping)
        self.constant = nn.Parameter(torch.randn(widths[0], *grids[0]))
        self.grids = nn.ModuleList(
            Grid(before, after, shape[0], style, words, bank, attends=max(grid) <= attention)
            for (before, after), grid in zip(pairwise([widths[0], *widths]), grids, strict=True)
        )

    def pyramid(self, codes: Tensor, captions: Tensor | None = None) -> list[Tensor]:
        """Return the image of each grid, the one of full size first, (B, C, h, w) each."""
        words = None
        if self.encoder is not None:
            words, whole = self.encoder(captions)
            codes = torch.cat([codes, whole], 1)
        style = self.mapping(codes)
        features, total, images = self.constant.expand(len(codes), -1, -1, -1), None, []
        for grid in self.grids:
            features = features if total is None else double(features)
            features, image = grid(features, style, words)
            total = image if total is None else double(total) + image
            images.append(total.tanh().float())
        return [images[-1][..., : self.shape[1], : self.shape[2]], *images[-2::-1]]

    def forward(self, codes: Tensor, captions: Tensor | None = None) -> Tensor:
        return self.pyramid(codes, captions)[0]


class PyramidFeatures(nn.Module):
    """Packed pyramids (B, numbers, 1, 1), or images (B, C, H, W), whose pyramids are made, to features (B, F).

    channels: before and after each block. `widths` are those of the features of each pair of an image and a later
    block, image after image, which stand side by side.
    """

    def __init__(self, shape: Shape, channels: Sequence[int], attention: int) -> None:
        super().__init__()
        self.sizes = sizes_of(shape)
        sides = [max(size[1:]) // 2 for size in self.sizes]
        self.from_image = nn.ModuleList(
            nn.Sequential(Conv2d(shape[0], width, 1), Rectifier()) for width in channels[:-1]
        )
        self.blocks = nn.ModuleList(Residual(before, after) for before, after in pairwise(channels))
        self.attention = nn.ModuleList(
            GridAttention(after) if side <= attention else nn.Identity()
            for after, side in zip(channels[1:], sides, strict=True)
        )
        self.rectifier = Rectifier()
        self.widths = [width for first in range(len(self.sizes)) for width in channels[first + 1 :]]

    def forward(self, images: Tensor) -> Tensor:
        found = []
        for first, features in enumerate(unpack(images, self.sizes)):
            features = self.from_image[first](features)
            for block, attention in zip(self.blocks[first:], self.attention[first:], strict=True):
                features = attention(block(features))
                found.append(self.rectifier(features).mean((2, 3)))
        return torch.cat(found, 1)


class TextHead(nn.Module):
    """Features (B, F) and captions (B, slots) to a number for each pair of an image and a block, (B, pairs)."""

    def __init__(self, widths: Sequence[int], text: tuple[int, int], embedding: int, layers: int) -> None:
        super().__init__()
        self._widths = list(widths)
        self.encoder = TextEncoder(*text, embedding, layers)
        self.alone = nn.ModuleList(Linear(width, 1) for width in widths)
        self.told = nn.ModuleList(Linear(embedding, width) for width in widths)

    def forward(self, features: Tensor, captions: Tensor) -> Tensor:
        _, whole = self.encoder(captions)
        parts = zip(torch.split(features, self._widths, 1), self.alone, self.told, strict=True)
        numbers = [
            alone(part) + (part * told(whole)).sum(1, keepdim=True) / math.sqrt(part.shape[1])
            for part, alone, told in parts
        ]
        return torch.cat(numbers, 1)


def sizes_of(shape: Shape) -> list[Shape]:
    """Return the shape of each image of a pyramid, that of full size first."""
    return [shape, *((shape[0], *grid) for grid in grids_of(shape)[-2::-1])]


def pack(pyramid: Sequence[Tensor]) -> Tensor:
    """Lay the images of pyramids out in one tensor, (B, numbers, 1, 1), which losses and penalties take for images."""
    return torch.cat([image.flatten(1) for image in pyramid], 1)[..., None, None]


def unpack(packed: Tensor, sizes: Sequence[Shape]) -> list[Tensor]:
    """Return the images of packed pyramids, or the pyramids of images (B, C, H, W)."""
    if packed.shape[1:] == sizes[0]:
        return pyramid(packed, sizes)
    parts = torch.split(packed.flatten(1), [math.prod(size) for size in sizes], 1)
    return [part.view(-1, *size) for part, size in zip(parts, sizes, strict=True)]


def pyramid(images: Tensor, sizes: Sequence[Shape]) -> list[Tensor]:
    """Return images (B, C, H, W) and their means over areas in each smaller size."""
    return [images, *(interpolate(images, size[1:], mode="area") for size in sizes[1:])]


def build(
    shape: Shape,
    latent: int,
    outputs: int,
    text: tuple[int, int] | None = None,
    *,
    width: Count,
    most: Count = 512,
    bank: Count = 4,
    embedding: Count = 16,
    layers: Count = 1,
    mapping: Count = 2,
    attention: Count = 16,
) -> tuple[Generator, Critic]:
    """Build a generator and a critic with `width` channels at full size, twice as many at each halving up to `most`.

    bank: filters of a layer to choose from. embedding: numbers of a word. layers: of each text encoder. mapping: layers
    from code and text to style. attention: longest side of a grid that has attention.
    """
    require_images("gigagan", shape)
    if text is not None and outputs != 1:
        raise InputError(f"network gigagan: outputs: expected 1 beside a text, got {outputs}")
    channels = channels_of(shape, width, most)
    generator = Generator(shape, latent, text, channels, bank, embedding, layers, mapping, attention)
    features = PyramidFeatures(shape, [*channels, min(2 * channels[-1], most)], attention)
    head = Linear(sum(features.widths), outputs) if text is None else TextHead(features.widths, text, embedding, layers)
    return generator, Critic(features, head)
