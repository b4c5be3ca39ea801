"""StyleGAN: Karras, Laine, Aila (2019), figure 1b, for images of any size from 4×4.

Each layer of the synthesis adds noise, rectifies, brings every map of every image to mean 0 and deviation 1 (adaptive
instance normalisation) and gives it scale and shift that are linear in the style. With `width` 16 and a `latent` of 512
the 1024×1024 pair is the published one, the networks at its intermediate sizes apart
(:mod:`genbench.networks.blocks.style`).
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from genbench.data.images import Shape
from genbench.networks import Critic
from genbench.networks._parts import require_images
from genbench.networks.blocks.equalised import Conv2d, Linear
from genbench.networks.blocks.style import (
    EPSILON,
    Doubling,
    Mapping,
    Perturbed,
    StyleGenerator,
    Synthesis,
    channels_of,
    critic,
    grids_of,
    halving,
)
from genbench.options import Count

EXAMPLES: tuple[dict[str, Any], ...] = ({"width": 8, "mapping": 2, "group": 1}, {"width": 8, "mapping": 2})


class Styled(nn.Module):
    """Noise, rectifier, and the scale and shift of a style: features (B, C, h, w) to the same."""

    def __init__(self, channels: int, latent: int) -> None:
        super().__init__()
        self.perturbed = Perturbed(channels, channels)
        self.affine = Linear(latent, 2 * channels)

    def forward(self, features: Tensor, style: Tensor, noise: Tensor) -> Tensor:
        scale, shift = self.affine(style)[:, :, None, None].chunk(2, dim=1)
        normal = functional.instance_norm(self.perturbed(features, noise), eps=EPSILON)
        return normal * (1 + scale) + shift


class StyleGANSynthesis(Synthesis):
    """Two layers a grid; the first layer has the constant, and the first of each other grid doubles."""

    def __init__(self, shape: Shape, latent: int, channels: list[int]) -> None:
        grids = [grid for grid in grids_of(shape) for _ in range(2)]
        super().__init__(shape, len(grids), grids)
        each = [count for count in reversed(channels) for _ in range(2)]
        self.constant = nn.Parameter(torch.ones(each[0], *grids[0]))
        self.convolutions = nn.ModuleList(
            Doubling(before, after) if index % 2 else Conv2d(before, after, 3, padding=1, bias=False)
            for index, (before, after) in enumerate(pairwise(each))
        )
        self.styled = nn.ModuleList(Styled(count, latent) for count in each)
        self.to_image = Conv2d(each[-1], shape[0], 1)

    def forward(self, styles: Tensor, noise: Tensor) -> Tensor:
        features = self.constant.expand(len(styles), -1, -1, -1)
        for index, (styled, own) in enumerate(zip(self.styled, self.noises(noise), strict=True)):
            features = self.convolutions[index - 1](features) if index else features
            features = styled(features, styles[:, index], own)
        return self.finished(self.to_image(features))


def build(
    shape: Shape, latent: int, outputs: int, *, width: Count, most: Count = 512, mapping: Count = 8, group: Count = 4
) -> tuple[StyleGenerator, Critic]:
    """Build a generator and a critic with `width` channels at full size, twice as many at each halving up to `most`.

    mapping: layers from code to style. group: images that the critic's deviation is over; 1 is none.
    """
    require_images("stylegan", shape)
    channels = channels_of(shape, width, most)
    synthesis = StyleGANSynthesis(shape, latent, channels)
    return StyleGenerator(Mapping(latent, mapping), synthesis), critic(shape, outputs, channels, group, halving)
