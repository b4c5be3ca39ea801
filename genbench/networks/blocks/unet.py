"""A small U-Net given the time, and the class where there are classes, for denoising models.

Ronneberger et al. (2015) as Ho et al. (2020) use it. Residual blocks of group normalisation, SiLU and 3×3
convolutions on grids that halve until they are about 4×4, with a skip from each grid to its way back; time and class
scale and shift the normalised values within each block (Dhariwal and Nichol 2021), and attention mixes the pixels of
the smallest grid. Sides that are no power of two are rounded up on the way down and met again on the way up.

Each block, and the network as a whole, starts as if its last convolution were zero: the network starts at zero.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from genbench.data.images import Shape
from genbench.errors import InputError
from genbench.networks._parts import doublings

#: Time is given in [0, 1], and its embedding is that of steps of a thousandth.
TIME_SCALE = 1000.0
#: Groups of channels that are normalised together.
GROUPS = 8


class UNet(nn.Module):
    """Images (B, C, H, W), times (B,) in [0, 1] and labels (B,) to tensors of the images' shape.

    width: channels at full size, a multiple of GROUPS; twice as many below it. classes: labels are 0 to classes − 1,
    and anything else, or none at all, is the class unknown.
    """

    def __init__(self, shape: Shape, *, width: int, attention: bool, classes: int = 0) -> None:
        super().__init__()
        if width % GROUPS:
            raise InputError(f"width: expected a multiple of {GROUPS}, the groups of its normalisation, got {width}")
        self.width, self.classes = width, classes
        condition = 4 * width
        self.time = nn.Sequential(nn.Linear(width, condition), nn.SiLU(), nn.Linear(condition, condition))
        self.label = nn.Embedding(classes + 1, condition) if classes else None
        widths = [width, *[2 * width] * doublings(shape)]
        self.stem = nn.Conv2d(shape[0], width, 3, padding=1)
        self.down = nn.ModuleList(Block(w, w, condition) for w in widths[:-1])
        self.halve = nn.ModuleList(
            nn.Conv2d(a, b, 3, stride=2, padding=1) for a, b in zip(widths, widths[1:], strict=False)
        )
        self.middle = Block(widths[-1], widths[-1], condition)
        self.attention = Attention(widths[-1]) if attention else nn.Identity()
        self.up = nn.ModuleList(Block(b + a, a, condition) for a, b in zip(widths, widths[1:], strict=False))
        last = zero(nn.Conv2d(width, shape[0], 3, padding=1))
        self.head = nn.Sequential(nn.GroupNorm(GROUPS, width), nn.SiLU(), last)

    def forward(self, images: Tensor, times: Tensor, labels: Tensor | None = None) -> Tensor:
        return self.given(images, self.condition(times, labels))

    def condition(self, times: Tensor, labels: Tensor | None = None) -> Tensor:
        """Embed times (B,) and labels (B,), (B, 4 · width)."""
        condition: Tensor = self.time(sinusoids(times * TIME_SCALE, self.width))
        if self.label is not None:
            condition = condition + self.label(self._index(labels, len(times), condition.device))
        return condition

    def given(self, images: Tensor, condition: Tensor) -> Tensor:
        """Return the output for images (B, C, H, W) under a condition, which may hold more than times and labels."""
        condition = functional.silu(condition)
        x, skips = self.stem(images), []
        for block, halve in zip(self.down, self.halve, strict=True):
            x = block(x, condition)
            skips.append(x)
            x = halve(x)
        x = self.attention(self.middle(x, condition))
        for block in reversed(self.up):
            skip = skips.pop()
            x = block(torch.cat([functional.interpolate(x, size=skip.shape[-2:], mode="nearest"), skip], 1), condition)
        out: Tensor = self.head(x)
        return out

    def _index(self, labels: Tensor | None, n: int, device: torch.device) -> Tensor:
        if labels is None:
            return torch.full((n,), self.classes, device=device)
        return torch.where((labels >= 0) & (labels < self.classes), labels, self.classes)


class Block(nn.Module):
    """A residual block, x + conv(conv(x)), modulated by time and class: a scale and a shift between the two."""

    def __init__(self, inputs: int, outputs: int, condition: int) -> None:
        super().__init__()
        self.first = nn.Sequential(nn.GroupNorm(GROUPS, inputs), nn.SiLU(), nn.Conv2d(inputs, outputs, 3, padding=1))
        self.norm = nn.GroupNorm(GROUPS, outputs)
        self.modulation = nn.Linear(condition, 2 * outputs)
        self.second = zero(nn.Conv2d(outputs, outputs, 3, padding=1))
        self.skip = nn.Identity() if inputs == outputs else nn.Conv2d(inputs, outputs, 1)

    def forward(self, x: Tensor, condition: Tensor) -> Tensor:
        scale, shift = self.modulation(condition)[..., None, None].chunk(2, dim=1)
        inner = functional.silu(self.norm(self.first(x)) * (1 + scale) + shift)
        out: Tensor = self.skip(x) + self.second(inner)
        return out


class Attention(nn.Module):
    """Self-attention of one head over the pixels of a grid, added to it (Vaswani et al. 2017)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm = nn.GroupNorm(GROUPS, width)
        self.inward = nn.Conv2d(width, 3 * width, 1)
        self.outward = zero(nn.Conv2d(width, width, 1))

    def forward(self, x: Tensor) -> Tensor:
        query, key, value = self.inward(self.norm(x)).flatten(2).transpose(1, 2).chunk(3, dim=2)
        mixed = functional.scaled_dot_product_attention(query, key, value)
        out: Tensor = x + self.outward(mixed.transpose(1, 2).reshape(x.shape))
        return out


def zero(layer: nn.Conv2d) -> nn.Conv2d:
    """Return the layer with weights and bias of zero."""
    nn.init.zeros_(layer.weight)
    if layer.bias is not None:
        nn.init.zeros_(layer.bias)
    return layer


def sinusoids(times: Tensor, size: int) -> Tensor:
    """Map times (B,) to (B, size), size even: cosines and sines of wavelengths from 2π to 2π · 10⁴."""
    rates = torch.exp(torch.linspace(0, -math.log(1e4), size // 2, device=times.device))
    angles = times.float()[:, None] * rates
    return torch.cat([angles.cos(), angles.sin()], dim=1)
