"""Image with a hole → image (inpainting): a square of the target is grey in the source.

A square of half the side in the centre is that of Pathak et al., "Context encoders: feature learning by inpainting"
(2016), section 3.3. A random place is drawn from the bytes of the image and a seed, so that an image has the same hole
in every split and every order.
"""

from __future__ import annotations

import hashlib
from typing import Annotated, Literal

import numpy as np
from pydantic import Field, Strict

from genbench.data.images import Shape
from genbench.data.pairings import Pairing
from genbench.errors import InputError
from genbench.options import Fraction, Natural
from genbench.seeding import numpy_rng

EXAMPLES: tuple[dict[str, object], ...] = ({}, {"place": "random"})

Grey = Annotated[int, Strict(), Field(ge=0, le=255)]


def build(
    shape: Shape,
    *,
    share: Fraction = 0.5,
    place: Literal["centre", "random"] = "centre",
    fill: Grey = 128,
    seed: Natural = 0,
) -> Pairing:
    """Build the pairing.

    share: side of the hole, as a share of the image's shorter side. place: of the hole. fill: grey level of the hole in
    every channel, 0 to 255. seed: of random places.
    """
    side = round(share * min(shape[1:]))
    if side < 1:
        raise InputError(f"data.pairing.share: expected a hole of a pixel at least, got {share} of {min(shape[1:])}")
    free = (shape[1] - side, shape[2] - side)

    def corner(image: np.ndarray) -> tuple[int, int]:
        if place == "centre":
            return free[0] // 2, free[1] // 2
        rng = numpy_rng(seed, f"mask/{hashlib.sha256(image.tobytes()).hexdigest()}")
        return int(rng.integers(free[0] + 1)), int(rng.integers(free[1] + 1))

    def make(targets: np.ndarray) -> np.ndarray:
        sources = targets.copy()
        for source, target in zip(sources, targets, strict=True):
            top, left = corner(target)
            source[:, top : top + side, left : left + side] = fill
        return sources

    return Pairing(shape, make)
