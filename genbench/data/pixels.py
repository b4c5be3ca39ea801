"""Pixels as files hold them, uint8, and as models see them, float32 in [-1, 1]."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor


def scale(pixels: Tensor) -> Tensor:
    """Convert uint8 pixels to float32 in [-1, 1]."""
    return pixels.float().div_(127.5).sub_(1.0)


def quantise(images: Tensor, levels: int) -> Tensor:
    """Convert images in [-1, 1] to uint8 pixels, rounded to the dataset's own grey levels (2 to 256 of them)."""
    level = images.clamp(-1, 1).add(1.0).mul((levels - 1) / 2).round()
    return level.mul(255).div(levels - 1).round().to(torch.uint8)  # in this order halves are exact


def between_levels(pixels: np.ndarray, levels: int) -> bool:
    """Tell whether any of (N, C, H, W) uint8 pixels lies between two of the dataset's grey levels."""
    known = np.zeros(256, dtype=bool)
    known[quantise(torch.linspace(-1, 1, levels, dtype=torch.float64), levels).numpy()] = True
    return not known[pixels].all()


def drawn_levels(pixels: Tensor, levels: int, uniform: Tensor) -> Tensor:
    """Round uint8 pixels at random to one of the two grey levels around each, so that its mean is kept.

    uniform: numbers in [0, 1) of the pixels' shape. Of two levels: 255 with the chance pixel / 255, else 0.
    """
    place = pixels.double() * ((levels - 1) / 255)
    level = place.floor()
    level = level + (uniform < place - level)
    return level.mul(255).div(levels - 1).round().to(torch.uint8)
