"""The one way in which this project resizes images, and so part of the protocol of every number.

Bicubic interpolation with antialiasing, as Pillow does it: when shrinking, the kernel (Keys, "Cubic convolution
interpolation for digital image processing", 1981, a = -1/2) is widened by the scale, so that detail finer than the
new grid is averaged away instead of aliased. Parmar, Zhang, Zhu, "On aliased resizing and surprising subtleties in
GAN evaluation" (2022), section 3, show how much FID moves when the resize of one number is not that of another.
"""

from __future__ import annotations

import numpy as np
from PIL import Image

METHOD = "pillow bicubic"


def resize(pixels: np.ndarray, size: int) -> np.ndarray:
    """Resize images to size × size, channel by channel; the input itself where it has that size already.

    pixels: (N, C, H, W) uint8, 0 to 255. Returns (N, C, size, size) uint8. An image that is not square is stretched:
    crop it first.
    """
    if pixels.shape[2:] == (size, size):
        return pixels
    planes = pixels.reshape(pixels.shape[0] * pixels.shape[1], *pixels.shape[2:])
    resized = np.empty((len(planes), size, size), np.uint8)
    for index, plane in enumerate(planes):
        resized[index] = np.asarray(Image.fromarray(plane).resize((size, size), Image.Resampling.BICUBIC))
    return resized.reshape(*pixels.shape[:2], size, size)
