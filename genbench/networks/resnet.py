"""Residual pair, after the networks for CIFAR-10 of Gulrajani et al. (2017), WGAN-GP, and Miyato et al. (2018), SN-GAN.

Generator: a code projected to a grid of about 4×4, residual blocks that double it, batch-normalised, all of `width`
channels. Critic: a block straight from the image, then blocks that halve it down to about 8×8, two more that keep its
size, and the mean of the features over space; their sum where it is spectral, as the bound would otherwise make
outputs small that no weight could enlarge.
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from genbench.data.images import Shape
from genbench.networks import Critic
from genbench.networks._parts import CriticNorm, doublings, norm, on_grid, require_images, require_no_norm, start
from genbench.networks._spectral import spectrally
from genbench.options import Count, Flag

EXAMPLES: tuple[dict[str, Any], ...] = (
    {"width": 8},
    {"width": 8, "critic_norm": "batch"},
    {"width": 8, "spectral": True},
)


class Residual(nn.Module):
    """body(x) + shortcut(x)."""

    def __init__(self, body: list[nn.Module], shortcut: list[nn.Module]) -> None:
        super().__init__()
        self.body, self.shortcut = nn.Sequential(*body), nn.Sequential(*shortcut)

    def forward(self, inputs: Tensor) -> Tensor:
        outputs: Tensor = self.body(inputs) + self.shortcut(inputs)
        return outputs


class Double(nn.Module):
    """Each pixel four times."""

    def forward(self, inputs: Tensor) -> Tensor:
        return functional.interpolate(inputs, scale_factor=2.0, mode="nearest")


class Pool(nn.Module):
    """Features (B, C, H, W) to (B, C), by their mean or their sum over space."""

    def __init__(self, total: bool) -> None:
        super().__init__()
        self._reduce = torch.sum if total else torch.mean

    def forward(self, inputs: Tensor) -> Tensor:
        return self._reduce(inputs, (2, 3))


def _conv(before: int, after: int, kernel: int = 3) -> nn.Conv2d:
    return nn.Conv2d(before, after, kernel, padding=kernel // 2)


def doubling(width: int) -> Residual:
    """Build a block of the generator."""
    return Residual(
        [
            *(nn.BatchNorm2d(width), nn.ReLU(), Double(), _conv(width, width)),
            *(nn.BatchNorm2d(width), nn.ReLU(), _conv(width, width)),
        ],
        [Double(), _conv(width, width, 1)],
    )


def first(channels: int, width: int) -> Residual:
    """Build the critic's block on the image itself, which is neither rectified nor normalised; it halves the size."""
    return Residual(
        [_conv(channels, width), nn.ReLU(), _conv(width, width), nn.AvgPool2d(2)],
        [nn.AvgPool2d(2), _conv(channels, width, 1)],
    )


def judging(width: int, critic_norm: CriticNorm, *, halve: bool) -> Residual:
    """Build a block of the critic."""
    pool: list[nn.Module] = [nn.AvgPool2d(2)] if halve else []
    body = [
        *(*norm(critic_norm, width), nn.ReLU(), _conv(width, width)),
        *(*norm(critic_norm, width), nn.ReLU(), _conv(width, width)),
    ]
    return Residual([*body, *pool], [_conv(width, width, 1), *pool] if halve else [])


class Generator(nn.Module):
    """Codes (B, latent) to images (B, C, H, W) in [-1, 1]."""

    def __init__(self, shape: Shape, latent: int, width: int) -> None:
        super().__init__()
        channels, self.height, self.width = shape
        times = doublings(shape)
        self.grid = (width, *start(shape, times))
        self.start = nn.Linear(latent, math.prod(self.grid))
        self.body = nn.Sequential(
            *(doubling(width) for _ in range(times)),
            *(nn.BatchNorm2d(width), nn.ReLU(), _conv(width, channels), nn.Tanh()),
        )

    def forward(self, codes: Tensor) -> Tensor:
        images: Tensor = self.body(on_grid(self.start(codes), self.grid))
        return images[..., : self.height, : self.width]


def critic(shape: Shape, outputs: int, width: int, critic_norm: CriticNorm, spectral: bool) -> Critic:
    """Build a critic, images (B, C, H, W) to (B, outputs)."""
    blocks, side = [first(shape[0], width)], min(shape[1:]) // 2
    while side > 8:
        blocks += [judging(width, critic_norm, halve=True)]
        side //= 2
    blocks += [judging(width, critic_norm, halve=False) for _ in range(2)]
    return Critic(nn.Sequential(*blocks, nn.ReLU(), Pool(total=spectral)), nn.Linear(width, outputs))


def build(
    shape: Shape, latent: int, outputs: int, *, width: Count, critic_norm: CriticNorm = "none", spectral: Flag = False
) -> tuple[Generator, Critic]:
    """Build a generator and a critic of `width` channels (128 in the papers, 256 in a spectral generator)."""
    require_images("resnet", shape)
    require_no_norm("resnet", spectral, critic_norm)
    judge = critic(shape, outputs, width, critic_norm, spectral)
    return Generator(shape, latent, width), spectrally(judge, spectral)
