"""Bilinear resizing as TensorFlow 1 did it, which published FIDs contain: for comparison with them alone.

Pixel i of the new grid is taken from place i · (old size / new size) of the old one, without half a pixel's shift and
without averaging when it shrinks: Parmar, Zhang, Zhu, "On aliased resizing and surprising subtleties in GAN
evaluation" (2022), section 3, say what that does. Images are not rounded to 8 bits afterwards.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

METHOD = "tf1 bilinear"


def resize(pixels: np.ndarray, size: int) -> Tensor:
    """Resize images (B, C, H, W) uint8 to (B, C, size, size) float32, 0 to 255."""
    images = torch.from_numpy(np.array(pixels)).float()
    return _along(_along(images, 3, size), 2, size)


def _along(images: Tensor, axis: int, size: int) -> Tensor:
    length = images.shape[axis]
    place = torch.arange(size, dtype=torch.float32) * (length / size)
    before = place.long().clamp(max=length - 1)
    share = (place - before).reshape([-1 if dimension == axis else 1 for dimension in range(images.ndim)])
    low = images.index_select(axis, before)
    high = images.index_select(axis, (before + 1).clamp(max=length - 1))
    return low + (high - low) * share
