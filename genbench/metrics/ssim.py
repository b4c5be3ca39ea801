"""Structural similarity of translations and their true targets.

Wang, Bovik, Sheikh, Simoncelli, "Image quality assessment: from error visibility to structural similarity" (2004),
equation 13 (:mod:`genbench.metrics.twins.images`).
"""

from __future__ import annotations

import numpy as np

from genbench.data.features import Features
from genbench.metrics import Column
from genbench.metrics._pixels import square_images
from genbench.metrics.twins import images

COLUMNS = {
    "ssim": Column(
        label="SSIM",
        better="higher",
        low=-1.0,
        high=1.0,
        fails="Flat regions that agree count as much as the object, and a shift by one pixel costs much.",
        everywhere=True,
    ),
}


def compute(*, fake: Features, twins: Features) -> dict[str, np.ndarray]:
    """Compute the number of each pair of `fake.vectors` and `twins.vectors`, (N, D) pixels; (N,) float64."""
    outputs, targets = square_images("ssim", fake=fake), square_images("ssim", twins=twins)
    return {"ssim": images.ssim(outputs, targets)}
