"""Negative → image: the source is 255 − target, pixel by pixel.

No pixel is lost, so that a translation without error exists; it needs no neighbours.
"""

from __future__ import annotations

import numpy as np

from genbench.data.images import Shape
from genbench.data.pairings import Pairing


def build(shape: Shape) -> Pairing:
    """Build the pairing; it has no options."""

    def make(targets: np.ndarray) -> np.ndarray:
        return 255 - targets

    return Pairing(shape, make)
