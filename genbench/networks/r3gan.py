"""The residual pair of R3GAN: Huang et al. (2024), section 4 and their program, for images of any size from 4×4.

No normalisation in either network, no style, no noise, no attention. A block is x + f(x), f a convolution 1×1 to
`expansion` times the channels, one 3×3 in groups, and one 1×1 back, with leaky rectifiers between them (ResNeXt's:
Xie et al. 2017). Weights start from N(0, gain² / inputs), where fix-up initialisation (Zhang, Dauphin, Ma 2019) stands
in for normalisation: with L blocks in a network, the first two convolutions of each have the leaky rectifier's gain
times L^(−1/4), and the last starts at 0, so that a new block is the identity. Sizes change by a bilinear low-pass,
1 3 3 1, and channels by a convolution 1×1. The generator starts from a learnt basis of maps, each times a number that
is linear in the code. The critic ends with one learnt map a channel, the channel's sum against it, and a linear layer.

Published sizes, all with codes of 64 numbers, two blocks and an expansion of 2: `width: 768, widest: 768` for CIFAR-10,
`width: 384, widest: 768` for 64×64, `width: 96, widest: 768` for 256×256, in groups of 16 channels. The generator there
ends linearly; here tanh bounds its images, as every network's.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, TypeVar

import torch
from torch import Tensor, nn
from torch.nn import functional

from genbench.data.images import Shape
from genbench.errors import InputError
from genbench.networks import Critic
from genbench.networks._parts import doublings, require_images, start
from genbench.options import Count

EXAMPLES: tuple[dict[str, Any], ...] = ({"width": 8, "group": 4}, {"width": 8, "widest": 8, "blocks": 1, "group": 16})
SLOPE = 0.2
#: Gain of a leaky rectifier, after which its outputs have unit variance.
GAIN = math.sqrt(2 / (1 + SLOPE**2))


L = TypeVar("L", nn.Conv2d, nn.Linear)


@dataclass(frozen=True)
class Stages:
    """Sizes of both networks. widths: channels at full size, at half of it, and so on; the rest are the options."""

    widths: tuple[int, ...]
    blocks: int
    expansion: int
    group: int

    def residuals(self, width: int) -> list[Residual]:
        """Build the blocks of the stage of this width."""
        total = self.blocks * len(self.widths)
        return [Residual(width, width * self.expansion, self.group, total) for _ in range(self.blocks)]


class Residual(nn.Module):
    """x + f(x) on (B, width, H, W), one of `blocks` of its network, which share the gain; `group` is in channels."""

    def __init__(self, width: int, expanded: int, group: int, blocks: int) -> None:
        super().__init__()
        gain = GAIN * blocks**-0.25
        self.body = nn.Sequential(
            initialised(nn.Conv2d(width, expanded, 1), gain),
            nn.LeakyReLU(SLOPE),
            initialised(nn.Conv2d(expanded, expanded, 3, padding=1, groups=expanded // group), gain),
            nn.LeakyReLU(SLOPE),
            initialised(nn.Conv2d(expanded, width, 1, bias=False), 0.0),
        )

    def forward(self, inputs: Tensor) -> Tensor:
        outputs: Tensor = inputs + self.body(inputs)
        return outputs


class Resample(nn.Module):
    """Doubles or halves features (B, C, H, W) by the low-pass 1 3 3 1 along both sides; beyond them is 0."""

    kernel: Tensor

    def __init__(self, *, double: bool) -> None:
        super().__init__()
        self._double = double
        line = torch.tensor([1.0, 3.0, 3.0, 1.0]) / 8
        self.register_buffer("kernel", torch.outer(line, line) * (4 if double else 1), persistent=False)

    def forward(self, inputs: Tensor) -> Tensor:
        channels = inputs.shape[1]
        kernels = self.kernel.expand(channels, 1, 4, 4)
        resample = functional.conv_transpose2d if self._double else functional.conv2d
        return resample(inputs, kernels, stride=2, padding=1, groups=channels)


class Start(nn.Module):
    """Codes (B, latent) to features (B, C, H, W): learnt maps, each times a number that is linear in the code."""

    def __init__(self, latent: int, grid: tuple[int, int, int]) -> None:
        super().__init__()
        self.basis = nn.Parameter(torch.randn(grid))
        self.shares = initialised(nn.Linear(latent, grid[0], bias=False))

    def forward(self, codes: Tensor) -> Tensor:
        features: Tensor = self.basis * self.shares(codes)[:, :, None, None]
        return features


class Generator(nn.Module):
    """Codes (B, latent) to images (B, C, H, W) in [-1, 1]."""

    def __init__(self, shape: Shape, latent: int, stages: Stages) -> None:
        super().__init__()
        channels, self.height, self.width = shape
        first, *_ = widths = stages.widths[::-1]
        grid = (first, *start(shape, len(widths) - 1))
        layers: list[nn.Module] = [Start(latent, grid), *stages.residuals(first)]
        for before, after in pairwise(widths):
            layers += [*change(before, after), Resample(double=True), *stages.residuals(after)]
        last = initialised(nn.Conv2d(widths[-1], channels, 1, bias=False))
        self.body = nn.Sequential(*layers, last, nn.Tanh())

    def forward(self, codes: Tensor) -> Tensor:
        images: Tensor = self.body(codes)
        return images[..., : self.height, : self.width]


def critic(shape: Shape, outputs: int, stages: Stages) -> Critic:
    """Build a critic, images (B, C, H, W) to (B, outputs)."""
    channels, height, across = shape
    widths = stages.widths
    layers: list[nn.Module] = [initialised(nn.Conv2d(channels, widths[0], 1, bias=False))]
    for before, after in pairwise(widths):
        layers += [*stages.residuals(before), Resample(double=False), *change(before, after)]
        height, across = height // 2, across // 2
    last = widths[-1]
    basis = initialised(nn.Conv2d(last, last, (height, across), groups=last, bias=False))
    head = initialised(nn.Linear(last, outputs, bias=False))
    return Critic(nn.Sequential(*layers, *stages.residuals(last), basis, nn.Flatten()), head)


def change(before: int, after: int) -> list[nn.Module]:
    """Return the layers that change the number of channels, none where it stays."""
    return [] if before == after else [initialised(nn.Conv2d(before, after, 1, bias=False))]


def initialised(layer: L, gain: float = 1.0) -> L:
    """Draw the weights of a layer from N(0, gain² / inputs), in place; biases are 0."""
    inputs = layer.weight[0].numel()
    nn.init.normal_(layer.weight, 0, gain / math.sqrt(inputs)) if gain else nn.init.zeros_(layer.weight)
    if layer.bias is not None:
        nn.init.zeros_(layer.bias)
    return layer


def build(
    shape: Shape,
    latent: int,
    outputs: int,
    *,
    width: Count,
    widest: Count | None = None,
    blocks: Count = 2,
    expansion: Count = 2,
    group: Count = 16,
) -> tuple[Generator, Critic]:
    """Build a pair with `width` channels at full size, twice as many at each halving, but `widest` at most.

    blocks: residual blocks of each size. expansion: channels within a block, in multiples of those around it. group:
    channels that a grouped convolution mixes.
    """
    require_images("r3gan", shape)
    widest = width << doublings(shape) if widest is None else widest
    if widest < width:
        raise InputError(f"network r3gan: widest: expected at least width, {width}, got {widest}")
    widths = tuple(min(width << level, widest) for level in range(doublings(shape) + 1))
    for channels in widths:
        if channels * expansion % group:
            raise InputError(
                f"network r3gan: group: expected a divisor of the {channels * expansion} channels within a block, "
                f"got {group}"
            )
    stages = Stages(widths, blocks, expansion, group)
    return Generator(shape, latent, stages), critic(shape, outputs, stages)
