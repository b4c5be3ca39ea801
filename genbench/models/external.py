"""Somebody else's samples as a run: they pass through the same stages, extractor and metrics as every other row.

`path` is a folder of pictures, a zip or tar file, or an array in .npy or .npz, of images of the dataset's own shape.
`content` is the SHA-256 of what is there. It stands in params.yaml because the stage depends on params alone and
cannot see the path: changed samples need a changed `content`, which reruns the row, and samples that are not those of
`content` are refused. A wrong one is answered with the right one. As many are drawn as the benchmark draws of every
run, in an order of the seed, and rounded to the dataset's grey levels.
"""

from __future__ import annotations

import numpy as np
import torch

from genbench.data.images import Images, Shape
from genbench.data.sources import Item
from genbench.data.sources.location import open_source
from genbench.engine.learner import Data
from genbench.errors import InputError
from genbench.models.bases.stored_images import StoredImages

FAMILY = "external"


class External(StoredImages):
    """Samples are the images at a path, without replacement. They are read once, into the weights."""

    def __init__(self, shape: Shape, path: str, content: str) -> None:
        super().__init__(shape)
        self._path, self._content = path, content

    def setup(self, data: Data, rng: torch.Generator) -> None:
        source = open_source(self._path)
        digest = source.digest()
        if digest != self._content:
            raise InputError(f"external: content: what is at {self._path} has {digest}, expected {self._content!r}")
        pixels = [self._checked(item, number) for number, item in enumerate(source.items(), start=1)]
        if not pixels:
            raise InputError(f"external: path: no images in {self._path}")
        self.keep(Images(np.stack(pixels), np.full(len(pixels), -1, np.int64)), rng)

    def _checked(self, item: Item, number: int) -> np.ndarray:
        # A colour picture whose channels are equal is read as grey.
        pixels = np.repeat(item.pixels, 3, axis=0) if item.pixels.shape[0] < self.shape[0] else item.pixels
        if pixels.shape != self.shape:
            raise InputError(
                f"external: path: expected images of {'×'.join(map(str, self.shape))} (channels, height, width) as the "
                f"dataset has, image {number} of {self._path} is {'×'.join(map(str, item.pixels.shape))}"
            )
        return pixels


def build(shape: Shape, *, path: str, content: str) -> External:
    """Build the row of the samples at `path`, a folder or file, whose SHA-256 must be `content`."""
    return External(shape, path, content)
