"""DCGAN: Radford, Metz, Chintala (2016), section 3 and figure 1, for images of any size from 4×4.

No pooling and no hidden linear layers: the generator projects a code to a small grid and doubles it by transposed
convolutions with batch normalisation and rectifiers, the last one straight to images by tanh; the critic halves the
image by strided convolutions with batch normalisation, but for the first, and leaky rectifiers. Weights start from
N(0, 0.02²). With `width` 128 a 64×64 generator is figure 1's 1024, 512, 256, 128 channels (kernels are 4×4 here, so
that they divide by the stride). `critic_norm` frees the critic of batch normalisation, which penalties on single
images don't bear (Gulrajani et al. 2017, section 4, puts layer normalisation in its place).
"""

from __future__ import annotations

import math
from typing import Any

from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from genbench.data.images import Shape
from genbench.networks import Critic
from genbench.networks._parts import CriticNorm, Flat, doublings, norm, on_grid, require_images, require_no_norm, start
from genbench.networks._spectral import spectrally
from genbench.options import Count, Flag

EXAMPLES: tuple[dict[str, Any], ...] = (
    {"width": 8},
    {"width": 8, "critic_norm": "layer"},
    {"width": 8, "critic_norm": "none", "spectral": True},
)


class Generator(nn.Module):
    """Codes (B, latent) to images (B, C, H, W) in [-1, 1]."""

    def __init__(self, shape: Shape, latent: int, width: int) -> None:
        super().__init__()
        channels, self.height, self.width = shape
        times = doublings(shape)
        self.grid = (width << (times - 1), *start(shape, times))
        self.start = nn.Linear(latent, math.prod(self.grid), bias=False)
        layers: list[nn.Module] = [nn.BatchNorm2d(self.grid[0]), nn.ReLU()]
        for level in reversed(range(1, times)):
            layers += [
                nn.ConvTranspose2d(width << level, width << (level - 1), 4, stride=2, padding=1, bias=False),
                nn.BatchNorm2d(width << (level - 1)),
                nn.ReLU(),
            ]
        self.body = nn.Sequential(*layers, nn.ConvTranspose2d(width, channels, 4, stride=2, padding=1), nn.Tanh())

    def forward(self, codes: Tensor) -> Tensor:
        images: Tensor = self.body(on_grid(self.start(codes), self.grid))
        return images[..., : self.height, : self.width]


def critic(shape: Shape, outputs: int, width: int, critic_norm: CriticNorm) -> Critic:
    """Build a critic, images (B, C, H, W) to (B, outputs)."""
    channels, height, across = shape
    layers: list[nn.Module] = []
    for level in range(doublings(shape)):
        before, after = width << level >> 1 if level else channels, width << level
        normalised = norm(critic_norm, after) if level else []
        layers += [nn.Conv2d(before, after, 4, stride=2, padding=1, bias=not normalised), *normalised]
        layers += [nn.LeakyReLU(0.2)]
        height, across = height // 2, across // 2
    return Critic(nn.Sequential(*layers, Flat()), nn.Linear(after * height * across, outputs))


def initialise(network: nn.Module) -> None:
    """Draw weights from N(0, 0.02²), scales of normalisation from N(1, 0.02²), biases 0."""
    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.ConvTranspose2d | nn.Linear | _BatchNorm | nn.GroupNorm):
            nn.init.normal_(module.weight, 1.0 if isinstance(module, _BatchNorm | nn.GroupNorm) else 0.0, 0.02)
            if module.bias is not None:
                nn.init.zeros_(module.bias)


def build(
    shape: Shape, latent: int, outputs: int, *, width: Count, critic_norm: CriticNorm = "batch", spectral: Flag = False
) -> tuple[Generator, Critic]:
    """Build a generator and a critic with `width` channels at half size, twice as many at each halving."""
    require_images("dcgan", shape)
    require_no_norm("dcgan", spectral, critic_norm)
    generator, judge = Generator(shape, latent, width), critic(shape, outputs, width, critic_norm)
    initialise(generator)
    initialise(judge)
    return generator, spectrally(judge, spectral)
