"""Mean absolute error between translations and their true targets, in pixels.

MAE = E |x − y| / 255 over the numbers of both images (:mod:`genbench.metrics.twins.images`). The loss that Isola, Zhu,
Zhou, Efros, "Image-to-image translation with conditional adversarial networks" (2017), equation 3, add to the GAN's.
"""

from __future__ import annotations

import numpy as np

from genbench.data.features import Features
from genbench.metrics import Column
from genbench.metrics._pixels import square_images
from genbench.metrics.twins import images

COLUMNS = {
    "mae": Column(
        label="MAE",
        better="lower",
        low=0.0,
        high=1.0,
        fails="The best guess is a median of all possible answers, so that a blurred image beats a sharp one.",
        everywhere=True,
    ),
}


def compute(*, fake: Features, twins: Features) -> dict[str, np.ndarray]:
    """Compute the number of each pair of `fake.vectors` and `twins.vectors`, (N, D) pixels; (N,) float64."""
    outputs, targets = square_images("mae", fake=fake), square_images("mae", twins=twins)
    return {"mae": images.mean_absolute_error(outputs, targets)}
