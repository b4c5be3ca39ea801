"""Images brought to the channels and the size that the params ask for, in that order."""

from __future__ import annotations

import numpy as np

from genbench.data.datasets import Dataset
from genbench.data.images import Images
from genbench.data.resize import resize


def fit(
    pixels: np.ndarray,
    labels: np.ndarray,
    *,
    classes: tuple[str, ...],
    levels: int,
    size: int | None,
    channels: int | None,
) -> Dataset:
    """Make a Dataset of (N, C, H, W) uint8 pixels and (N,) labels; None leaves the size or the channels as they are.

    Colour becomes grey by ITU-R BT.601's luma, grey becomes colour by three equal channels. Resized or mixed pixels
    take values between the dataset's own levels, so they have all 256.
    """
    native = pixels
    if channels == 1 and pixels.shape[1] == 3:
        pixels = luma(pixels)
    if size is not None:
        pixels = resize(pixels, size)
    if pixels is not native:
        levels = 256
    if channels == 3 and pixels.shape[1] == 1:
        pixels = np.repeat(pixels, 3, axis=1)
    return Dataset(Images(np.ascontiguousarray(pixels), labels.astype(np.int64)), classes, levels)


def luma(pixels: np.ndarray) -> np.ndarray:
    """Make colour (N, 3, H, W) grey, (N, 1, H, W) uint8: 0.299 R + 0.587 G + 0.114 B, rounded to the nearest."""
    weights = np.array([299, 587, 114], np.uint32)
    thousandths: np.ndarray = np.einsum("nchw,c->nhw", pixels, weights)
    return ((thousandths + 500) // 1000).astype(np.uint8)[:, None]
