"""Small → large image (super-resolution): the source is the target, reduced and brought back to its size.

Both ways go by the project's own resize (:mod:`genbench.data.resize`), as in Dong et al., "Image super-resolution using
deep convolutional networks" (2014), section 3.1: what is left to learn is the detail, not the enlargement.
"""

from __future__ import annotations

import numpy as np

from genbench.data.images import Shape
from genbench.data.pairings import Pairing, require_square
from genbench.data.resize import resize
from genbench.errors import InputError
from genbench.options import Count

EXAMPLES: tuple[dict[str, object], ...] = ({}, {"factor": 4})


def build(shape: Shape, *, factor: Count = 2) -> Pairing:
    """Build the pairing. factor: by how much the side shrinks; it divides the side and is at least 2."""
    require_square("downsample", shape)
    side = shape[1]
    if factor < 2 or side % factor:
        raise InputError(f"data.pairing.factor: expected a divisor of {side}, the side, and at least 2; got {factor}")

    def make(targets: np.ndarray) -> np.ndarray:
        return resize(resize(targets, side // factor), side)

    return Pairing(shape, make)
