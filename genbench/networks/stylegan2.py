"""StyleGAN2: Karras et al. (2020), figures 2d and 7, for images of any size from 4×4.

A style scales the inputs of a convolution, w'_oik = s_i · w_oik, and each output is divided by the length of its
filter, √(Σ w'²): what instance normalisation did to features, expected statistics do to weights (equations 1 to 3).
Images are sums over grids, each doubled to the next one's size; the critic is residual. With `width` 32 and a `latent`
of 512 the 1024×1024 pair is configuration F.
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn

from genbench.data.images import Shape
from genbench.networks import Critic
from genbench.networks._parts import require_images
from genbench.networks.blocks.equalised import Conv2d, Linear, scaled
from genbench.networks.blocks.low_pass import double, halve
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


def demodulation(weight: Tensor, scales: Tensor) -> Tensor:
    """Return 1 / √(Σ_ik (s_i w_oik)²), (B, outputs), of filters (outputs, inputs, k, k) and scales (B, inputs)."""
    squares = scales.square() @ weight.square().sum((2, 3)).T
    return (squares + EPSILON).rsqrt()


class Styled(nn.Module):
    """Modulated 3×3 convolution with demodulation, then noise and rectifier; `doubles` the sides or not."""

    def __init__(self, before: int, after: int, latent: int, *, doubles: bool) -> None:
        super().__init__()
        self.affine = Linear(latent, before, start=1.0)
        self.convolution = Doubling(before, after) if doubles else Conv2d(before, after, 3, padding=1, bias=False)
        self.perturbed = Perturbed(after, 1)

    def forward(self, features: Tensor, style: Tensor, noise: Tensor) -> Tensor:
        scales = self.affine(style)
        features = self.convolution(features * scales[:, :, None, None])
        factors = demodulation(scaled(self.convolution.weight), scales)[:, :, None, None]
        perturbed: Tensor = self.perturbed(features * factors, noise)
        return perturbed


class ToImage(nn.Module):
    """Modulated 1×1 convolution to the channels of an image, without demodulation."""

    def __init__(self, before: int, channels: int, latent: int) -> None:
        super().__init__()
        self.affine = Linear(latent, before, start=1.0)
        self.convolution = Conv2d(before, channels, 1)

    def forward(self, features: Tensor, style: Tensor) -> Tensor:
        image: Tensor = self.convolution(features * self.affine(style)[:, :, None, None])
        return image


class StyleGAN2Synthesis(Synthesis):
    """A layer at the smallest grid and two at each other one; each grid's image has the style of the layer after it."""

    def __init__(self, shape: Shape, latent: int, channels: list[int]) -> None:
        grids, counts = grids_of(shape), channels[::-1]
        noisy = [grids[0], *(grid for grid in grids[1:] for _ in range(2))]
        super().__init__(shape, len(noisy) + 1, noisy)
        self.constant = nn.Parameter(torch.randn(counts[0], *grids[0]))
        each = [counts[0], *(count for count in counts[1:] for _ in range(2))]
        befores = [counts[0], *each[:-1]]
        self.styled = nn.ModuleList(
            Styled(before, after, latent, doubles=index % 2 == 1)
            for index, (before, after) in enumerate(zip(befores, each, strict=True))
        )
        self.to_image = nn.ModuleList(ToImage(count, shape[0], latent) for count in counts)

    def forward(self, styles: Tensor, noise: Tensor) -> Tensor:
        features, images = self.constant.expand(len(styles), -1, -1, -1), None
        for index, (styled, own) in enumerate(zip(self.styled, self.noises(noise), strict=True)):
            features = styled(features, styles[:, index], own)
            if index % 2 == 0:
                image = self.to_image[index // 2](features, styles[:, index + 1])
                images = image if images is None else double(images) + image
        assert images is not None
        return self.finished(images)


class Residual(nn.Module):
    """The critic's block that halves, beside a 1×1 convolution of the halved input; their sum is divided by √2."""

    def __init__(self, before: int, after: int) -> None:
        super().__init__()
        self.body = halving(before, after)
        self.shortcut = Conv2d(before, after, 1, bias=False)

    def forward(self, features: Tensor) -> Tensor:
        total: Tensor = self.body(features) + self.shortcut(halve(features))
        return total / math.sqrt(2)


def build(
    shape: Shape, latent: int, outputs: int, *, width: Count, most: Count = 512, mapping: Count = 8, group: Count = 4
) -> tuple[StyleGenerator, Critic]:
    """Build a generator and a critic with `width` channels at full size, twice as many at each halving up to `most`.

    mapping: layers from code to style. group: images that the critic's deviation is over; 1 is none.
    """
    require_images("stylegan2", shape)
    channels = channels_of(shape, width, most)
    synthesis = StyleGAN2Synthesis(shape, latent, channels)
    return StyleGenerator(Mapping(latent, mapping), synthesis), critic(shape, outputs, channels, group, Residual)
