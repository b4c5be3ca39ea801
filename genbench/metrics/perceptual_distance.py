"""Perceptual distance of translations and their true targets, in an extractor's features.

The feature reconstruction of Johnson, Alahi, Fei-Fei, "Perceptual losses for real-time style transfer and
super-resolution" (2016), equation 2, over the extractor's vectors and each of its earlier layers that is kept, in units
of the targets' variance (:mod:`genbench.metrics.twins.features`).
"""

from __future__ import annotations

import numpy as np

from genbench.data.features import Features
from genbench.metrics import Column
from genbench.metrics.twins import features

COLUMNS = {
    "perceptual_distance": Column(
        label="perceptual distance",
        better="lower",
        low=0.0,
        fails="A model that learnt with the same network's features is judged by its own loss.",
    ),
}


def compute(*, fake: Features, twins: Features) -> dict[str, np.ndarray]:
    """Compute the distance of each pair, (N,) float64 from 0; 1 on average where all outputs are the mean target."""
    outputs, targets = ({"vectors": side.vectors, **side.layers} for side in (fake, twins))
    return {"perceptual_distance": features.perceptual_distance(outputs, targets)}
