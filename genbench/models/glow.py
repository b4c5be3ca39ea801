"""Generative flow with invertible 1 × 1 convolutions: Kingma and Dhariwal, "Glow" (2018), section 3.

Each scale squeezes the image and then takes `depth` steps of flow, after which half of the channels leave:

    actnorm       x ↦ (x + shift) eˢ, a channel each; a first batch has mean 0 and variance 1 after it,
    convolution   x ↦ W x at each pixel, log |det| = H W log |det W|, W = P L (U + diag d), a rotation at first,
    coupling      affine, of one half of the channels given the other; its network: 3 × 3, 1 × 1, 3 × 3, zero at first.

A coupling that ends a scale and changes the half that leaves is what the paper calls that half's learnt prior. Pixels
become real numbers as :mod:`genbench.models.bases.flow` says.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional

from genbench.data.images import Shape
from genbench.models.bases.flow import Pushed
from genbench.models.bases.multiscale import (
    Coupling,
    Layer,
    MultiScale,
    Squeeze,
    channels_mask,
    halved,
    require_squeezes,
    squeezed,
)
from genbench.options import Count, Positive

FAMILY = "flow"


class ActNorm(Layer):
    """A shift and a scale of each channel, initialised by the first batch (section 3.1)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.shift = nn.Parameter(torch.zeros(channels, 1, 1))
        self.log_scale = nn.Parameter(torch.zeros(channels, 1, 1))

    def initialise(self, x: Tensor) -> None:
        sd, mean = torch.std_mean(x, dim=(0, 2, 3), correction=0)
        self.shift.copy_(-mean[:, None, None])
        self.log_scale.copy_(-sd.clamp(min=1e-6).log()[:, None, None])

    def forward(self, x: Tensor) -> Pushed:
        change = x[0, 0].numel() * self.log_scale.sum()
        return Pushed((x + self.shift) * self.log_scale.exp(), change.expand(len(x)))

    def inverse(self, z: Tensor) -> Tensor:
        return z * (-self.log_scale).exp() - self.shift


class Convolution(Layer):
    """A 1 × 1 convolution by W = P L (U + diag d): its determinant is a sum and its inverse two substitutions
    (section 3.2, equations 9 to 11). P and the signs of d stay as they were drawn.
    """  # noqa: D205

    permutation: Tensor
    sign: Tensor

    def __init__(self, channels: int) -> None:
        super().__init__()
        rotation = torch.linalg.qr(torch.randn(channels, channels))[0]
        permutation, lower, upper = torch.linalg.lu(rotation)
        self.register_buffer("permutation", permutation)
        self.register_buffer("sign", upper.diagonal().sign())
        self.log_scale = nn.Parameter(upper.diagonal().abs().log())
        self.lower = nn.Parameter(lower.tril(-1))
        self.upper = nn.Parameter(upper.triu(1))

    def forward(self, x: Tensor) -> Pushed:
        lower, upper = self._factors()
        weight = self.permutation @ lower @ upper
        change = x[0, 0].numel() * self.log_scale.sum()
        return Pushed(functional.conv2d(x, weight[:, :, None, None]), change.expand(len(x)))

    def inverse(self, z: Tensor) -> Tensor:
        lower, upper = self._factors()
        x = self.permutation.T @ z.flatten(2)
        x = torch.linalg.solve_triangular(lower, x, upper=False, unitriangular=True)
        return torch.linalg.solve_triangular(upper, x, upper=True).view_as(z)

    def _factors(self) -> tuple[Tensor, Tensor]:
        lower = self.lower.tril(-1) + torch.eye(len(self.sign), device=self.sign.device)
        return lower, self.upper.triu(1) + torch.diag(self.sign * self.log_scale.exp())


def network(inputs: int, outputs: int, width: int) -> nn.Module:
    """Build a network from images of `inputs` channels to `outputs`, zero at first (section 3.3)."""
    last = nn.Conv2d(width, outputs, 3, padding=1)
    nn.init.zeros_(last.weight)
    nn.init.zeros_(last.bias)  # type: ignore[arg-type]
    start = nn.Conv2d(inputs, width, 3, padding=1)
    return nn.Sequential(start, nn.ReLU(), nn.Conv2d(width, width, 1), nn.ReLU(), last)


def steps(shape: Shape, scales: int, depth: int, coupling: Callable[[int], Layer]) -> list[list[Layer]]:
    """Build scales of `depth` steps each; `coupling` makes one of so many channels, which changes their second half."""
    require_squeezes(shape, scales, scales)
    stack: list[list[Layer]] = []
    for _ in range(scales):
        channels, *_ = shape = squeezed(shape)
        step = [layer for _ in range(depth) for layer in (ActNorm(channels), Convolution(channels), coupling(channels))]
        stack.append([Squeeze(), *step])
        shape = halved(shape)
    return stack


def build(shape: Shape, *, scales: Count, depth: Count, width: Count, lr: Positive) -> MultiScale:
    """Build a flow of `depth` steps at each scale, with networks of `width` channels."""

    def coupling(channels: int) -> Layer:
        return Coupling(channels, channels_mask(channels, 0), network(channels, 2 * channels, width))

    return MultiScale(shape, steps(shape, scales, depth, coupling), lr)
