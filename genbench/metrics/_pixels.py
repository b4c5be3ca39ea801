"""Images from features that are their pixels, as the extractor pixels gives them."""

from __future__ import annotations

import math

import numpy as np

from genbench.data.features import Features
from genbench.metrics import NotGivenError


def grey_levels(features: Features) -> np.ndarray | None:
    """Give the pixels (N, D) as whole grey levels 0 to 255 in float64; None of features that are no pixels."""
    pixels = features.vectors.astype(np.float64) * 255
    whole = np.rint(pixels)
    off = np.abs(pixels - whole).max() > 0.01 or whole.min() < 0 or whole.max() > 255
    return None if off else whole


def square_images(metric: str, **side: Features) -> np.ndarray:
    """Give the images of one set, named as in fake=..., (N, 1 or 3, S, S) uint8.

    NotGivenError of other features, and of pixels that are no square images in grey or colour.
    """
    ((name, features),) = side.items()
    whole, numbers = grey_levels(features), features.vectors.shape[1]
    for channels in (1, 3):
        length = math.isqrt(numbers // channels)
        if whole is not None and channels * length**2 == numbers:
            return whole.astype(np.uint8).reshape(-1, channels, length, length)
    raise NotGivenError(
        f"{metric}: needs the pixels of square images, as the extractor pixels gives them; {name} has other features "
        f"(extractor {features.protocol.extractor or 'unknown'})"
    )
