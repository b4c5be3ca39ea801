"""Peak signal-to-noise ratio between translations and their true targets, in dB.

The mean over images of 10 log₁₀(255² / E (x − y)²), at most 58.92 (:mod:`genbench.metrics.twins.images`).
"""

from __future__ import annotations

import numpy as np

from genbench.data.features import Features
from genbench.metrics import Column
from genbench.metrics._pixels import square_images
from genbench.metrics.twins import images

COLUMNS = {
    "psnr": Column(
        label="PSNR",
        better="higher",
        low=0.0,
        high=60.0,
        fails="The best guess is the mean of all possible answers, so that a blurred image beats a sharp one.",
        everywhere=True,
    ),
}


def compute(*, fake: Features, twins: Features) -> dict[str, np.ndarray]:
    """Compute the number of each pair of `fake.vectors` and `twins.vectors`, (N, D) pixels; (N,) float64."""
    outputs, targets = square_images("psnr", fake=fake), square_images("psnr", twins=twins)
    return {"psnr": images.psnr(outputs, targets)}
