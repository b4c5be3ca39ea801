"""Parts of style-based pairs of networks: Karras et al. (2019), StyleGAN, and (2020), StyleGAN2.

Generator: a mapping of eight layers takes a code z to a style w; a synthesis starts from a constant, is told a style in
each of its layers, and adds noise there. Styles may differ from layer to layer. Critic: that of Karras et al. (2018),
with its deviation of minibatches.

Two things are not as published. Images go through a tanh, for they are in [-1, 1] here. StyleGAN's networks were grown
from 4×4 to full size during training; here they have full size from the first step, as StyleGAN2's have.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn

from genbench.data.images import Shape
from genbench.networks import AcrossBatch, Critic
from genbench.networks._parts import Flat, doublings, start
from genbench.networks.blocks.equalised import Conv2d, Linear, Rectifier, scaled
from genbench.networks.blocks.low_pass import double_by, low_pass

EPSILON = 1e-8
#: Multiplier of the mapping's learning rate (Karras et al. 2019, appendix C).
MAPPING_RATE = 0.01


class Mapping(nn.Module):
    """Codes (B, latent) to styles (B, latent): a code is brought to length √latent, then passes `depth` layers."""

    def __init__(self, latent: int, depth: int) -> None:
        super().__init__()
        layers = ((Linear(latent, latent, rate=MAPPING_RATE), Rectifier()) for _ in range(depth))
        self.body = nn.Sequential(*(layer for pair in layers for layer in pair))

    def forward(self, codes: Tensor) -> Tensor:
        styles: Tensor = self.body(codes * (codes.square().mean(1, keepdim=True) + EPSILON).rsqrt())
        return styles.float()


class Synthesis(nn.Module):
    """Base of a synthesis: styles (B, layers, latent) and noise (B, numbers) to images (B, C, H, W) in [-1, 1].

    grids: height and width of each noise, from the first layer to the last. The buffer `fixed_noise`, (1, numbers), is
    what a generator adds that is given none.
    """

    fixed_noise: Tensor

    def __init__(self, shape: Shape, layers: int, grids: Sequence[tuple[int, int]]) -> None:
        super().__init__()
        self.shape, self.layers, self._grids = shape, layers, grids
        self.register_buffer("fixed_noise", torch.randn(1, sum(map(math.prod, grids))))

    def noises(self, noise: Tensor) -> Iterator[Tensor]:
        """Give the noise of each layer in turn, (B, 1, h, w)."""
        parts = torch.split(noise, [math.prod(grid) for grid in self._grids], dim=1)
        return (part.view(-1, 1, *grid) for part, grid in zip(parts, self._grids, strict=True))

    def finished(self, images: Tensor) -> Tensor:
        """Return images within bounds and of the right size; grids that double may be larger."""
        return images.tanh()[..., : self.shape[1], : self.shape[2]].float()


class StyleGenerator(nn.Module):
    """Codes (B, latent) to images (B, C, H, W) in [-1, 1], in two halves that can be called apart."""

    def __init__(self, mapping: Mapping, synthesis: Synthesis) -> None:
        super().__init__()
        self.mapping, self.synthesis = mapping, synthesis

    def forward(self, codes: Tensor) -> Tensor:
        return self.of_styles(self.mapping(codes))

    def of_styles(self, styles: Tensor) -> Tensor:
        """Return the images of styles, with the fixed noise: (B, latent) for all layers, or (B, layers, latent)."""
        if styles.ndim == 2:
            styles = styles.unsqueeze(1).expand(-1, self.synthesis.layers, -1)
        images: Tensor = self.synthesis(styles, self.synthesis.fixed_noise.expand(len(styles), -1))
        return images


class Perturbed(nn.Module):
    """Features (B, C, h, w) plus noise (B, 1, h, w) of learnt strength, and a bias, rectified.

    strengths: one for all channels, or as many as there are channels. They start from 0.
    """

    def __init__(self, channels: int, strengths: int) -> None:
        super().__init__()
        self.strength = nn.Parameter(torch.zeros(strengths))
        self.bias = nn.Parameter(torch.zeros(channels))
        self.rectifier = Rectifier()

    def forward(self, features: Tensor, noise: Tensor) -> Tensor:
        features = features + self.strength.view(-1, 1, 1) * noise + self.bias.view(-1, 1, 1)
        rectified: Tensor = self.rectifier(features)
        return rectified


class MinibatchDeviation(AcrossBatch):
    """A map more, of one number: Karras et al. (2018), section 3.

    It is the standard deviation over `group` neighbours of a batch, a mean over all channels and pixels, and tells a
    critic how varied images are. Where a batch does not divide, groups are the largest that divide it.
    """

    slopes = True

    def __init__(self, group: int) -> None:
        super().__init__()
        self._group = group

    def forward(self, features: Tensor) -> Tensor:
        n, _, height, width = features.shape
        size = next(size for size in range(min(self._group, n), 0, -1) if n % size == 0)
        variance = features.reshape(-1, size, *features.shape[1:]).var(1, correction=0)
        deviation = (variance + EPSILON).sqrt().mean((1, 2, 3)).repeat_interleave(size)
        return torch.cat([features, deviation.view(-1, 1, 1, 1).expand(-1, 1, height, width)], dim=1)


class Doubling(Conv2d):
    """3×3 convolution of features (B, C, h, w) to twice the sides, without a bias."""

    def __init__(self, before: int, after: int) -> None:
        super().__init__(before, after, 3, bias=False)

    def forward(self, inputs: Tensor) -> Tensor:
        return double_by(inputs, scaled(self.weight))


class LowPass(nn.Module):
    """The filter before a 3×3 convolution with stride 2 and no padding: sides become one larger."""

    def forward(self, features: Tensor) -> Tensor:
        return low_pass(features, 2)


def channels_of(shape: Shape, width: int, most: int) -> list[int]:
    """Return the channels of each grid, from full size to the smallest: twice as many at each halving, up to `most`."""
    return [min(width << level, most) for level in range(doublings(shape) + 1)]


def grids_of(shape: Shape) -> list[tuple[int, int]]:
    """Return the grids of a generator, from the smallest to full size."""
    times = doublings(shape)
    height, width = start(shape, times)
    return [(height << level, width << level) for level in range(times + 1)]


def halving(before: int, after: int) -> nn.Sequential:
    """Build a critic's block of two convolutions, the second of which halves the sides."""
    return nn.Sequential(
        *(Conv2d(before, before, 3, padding=1), Rectifier()),
        *(LowPass(), Conv2d(before, after, 3, stride=2), Rectifier()),
    )


def critic(
    shape: Shape, outputs: int, channels: Sequence[int], group: int, block: Callable[[int, int], nn.Module]
) -> Critic:
    """Build a critic, images (B, C, H, W) to (B, outputs). block: from channels before and after to what halves."""
    layers: list[nn.Module] = [Conv2d(shape[0], channels[0], 1), Rectifier()]
    layers += [block(before, after) for before, after in pairwise(channels)]
    last, times, mixing = channels[-1], len(channels) - 1, group > 1
    layers += [MinibatchDeviation(group)] if mixing else []
    layers += [Conv2d(last + mixing, last, 3, padding=1), Rectifier(), Flat()]
    layers += [Linear(last * (shape[1] >> times) * (shape[2] >> times), last), Rectifier()]
    return Critic(nn.Sequential(*layers), Linear(last, outputs))
