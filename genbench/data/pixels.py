"""Pixels as files hold them, uint8, and as models see them, float32 in [-1, 1]."""

from __future__ import annotations

import torch
from torch import Tensor


def scale(pixels: Tensor) -> Tensor:
    """Convert uint8 pixels to float32 in [-1, 1]."""
    return pixels.float().div_(127.5).sub_(1.0)


def quantise(images: Tensor, levels: int) -> Tensor:
    """Convert images in [-1, 1] to uint8 pixels, rounded to the dataset's own grey levels (2 to 256 of them)."""
    level = images.clamp(-1, 1).add(1.0).mul((levels - 1) / 2).round()
    return level.mul(255).div(levels - 1).round().to(torch.uint8)  # in this order halves are exact
