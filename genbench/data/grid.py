"""Pictures of many images side by side."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
from PIL import Image

from genbench.files.atomic import atomic

COLUMNS = 8


def tile(pixels: np.ndarray, columns: int, gap: int = 1) -> np.ndarray:
    """Lay images (N, C, H, W) uint8 out row by row in one (H', W', C) array, white between them."""
    n, channels, height, width = pixels.shape
    rows = math.ceil(n / columns)
    sheet = np.full((rows * (height + gap) - gap, columns * (width + gap) - gap, channels), 255, dtype=np.uint8)
    for index, image in enumerate(pixels):
        top, left = index // columns * (height + gap), index % columns * (width + gap)
        sheet[top : top + height, left : left + width] = image.transpose(1, 2, 0)
    return sheet


def save_grid(path: Path, pixels: np.ndarray, *, columns: int = COLUMNS, scale: int | None = None) -> None:
    """Write a PNG grid; small images are enlarged by a whole factor, `scale`, without smoothing."""
    factor = scale or max(1, 32 // pixels.shape[-1])
    sheet = tile(pixels.repeat(factor, axis=2).repeat(factor, axis=3), columns, gap=factor)
    picture = Image.fromarray(sheet[..., 0] if sheet.shape[-1] == 1 else sheet)
    with atomic(path) as scratch:
        picture.save(scratch, format="PNG", optimize=True)
