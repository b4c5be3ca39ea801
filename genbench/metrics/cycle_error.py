"""Cycle error: the mean absolute error between sources and their translations there and back, in pixels.

Zhu, Park, Isola, Efros, "Unpaired image-to-image translation using cycle-consistent adversarial networks" (2017),
section 3.2, as a score of finished images, whose grey levels are whole; from 0 to 1.
"""

from __future__ import annotations

import numpy as np

from genbench.data.features import Features
from genbench.metrics import Column
from genbench.metrics._pixels import square_images
from genbench.metrics.twins import images

COLUMNS = {
    "cycle_error": Column(
        label="cycle error",
        better="lower",
        low=0.0,
        high=1.0,
        fails="It is 0 for any pair of exact inverses, right or not, and images can hide what the way back needs.",
        everywhere=True,
    ),
}


def compute(*, fake: Features, sources: Features, cycle: Features) -> dict[str, np.ndarray]:
    """Compute MAE between `sources.vectors` and `cycle.vectors`, (N, D) pixels; (N,) float64 from 0 to 1.

    cycle: of the translations in `fake`, translated back; a model of one way has none.
    """
    del fake
    there, back = square_images("cycle_error", sources=sources), square_images("cycle_error", cycle=cycle)
    return {"cycle_error": images.mean_absolute_error(back, there)}
