"""Turned → upright image: the source is the target, turned by quarters of a circle.

No pixel is lost, so that a translation without error exists; it moves pixels over the whole image.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from genbench.data.images import Shape
from genbench.data.pairings import Pairing, require_square

EXAMPLES: tuple[dict[str, object], ...] = ({}, {"turns": 2})


def build(shape: Shape, *, turns: Literal[1, 2, 3] = 1) -> Pairing:
    """Build the pairing. turns: quarters of a circle, anticlockwise; an odd number asks for square images."""
    if turns % 2:
        require_square("rotate", shape)

    def make(targets: np.ndarray) -> np.ndarray:
        return np.rot90(targets, turns, axes=(2, 3))

    return Pairing(shape, make)
