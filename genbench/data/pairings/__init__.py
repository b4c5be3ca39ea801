"""Contract of pairings: a source for every image of a dataset, which thereby becomes pairs with a known answer.

A module genbench/data/pairings/<name>.py has

    build(shape: Shape, *, option: Type, ...) -> Pairing

for images of `shape` (C, H, W), the targets of a translation. It raises an InputError for images that it cannot make
sources of, and may have EXAMPLES, a tuple of options for tests. A source depends on its image and on the options
alone: neither on the place of the image in the dataset, nor on its split, nor on a global generator. It has the height
and the width of its target.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from genbench.data.images import Images, Shape
from genbench.errors import InputError
from genbench.options import build

BLOCK = 1024  # images at once, so that what is held beside the images does not grow with them


@dataclass(frozen=True)
class Pairing:
    """A way from targets to sources.

    shape: (C, H, W) of a source. make: gives the sources (N, C, H, W) uint8, 0 to 255, of (N, C', H, W) uint8 targets.
    """

    shape: Shape
    make: Callable[[np.ndarray], np.ndarray]

    def sources(self, targets: Images) -> Images:
        """Make the source of each target, with its label."""
        pixels = np.empty((len(targets), *self.shape), np.uint8)
        for start in range(0, len(targets), BLOCK):
            block = slice(start, start + BLOCK)
            pixels[block] = self.make(np.asarray(targets.pixels[block]))
        return Images(pixels, targets.labels)


def pairing(reference: str | dict[str, Any], shape: Shape) -> Pairing:
    """Build the pairing that the option `data.pairing` names, for targets of `shape` (C, H, W)."""
    return build("pairings", reference, shape, key="data.pairing")


def require_colours(name: str, shape: Shape, channels: int) -> None:
    """Refuse images of another number of channels than a pairing is for."""
    if shape[0] != channels:
        raise InputError(f"data.pairing: {name}: expected images of {channels} channels, got {shape[0]}")


def require_square(name: str, shape: Shape) -> None:
    """Refuse images whose height is not their width."""
    if shape[1] != shape[2]:
        raise InputError(f"data.pairing: {name}: expected square images, got {shape[1]}×{shape[2]}")
