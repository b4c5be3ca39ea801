"""The pixels themselves as features: distances without any network.

vector = (pixel values / 255), channel by channel, row by row
"""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np

from genbench.data.images import Images
from genbench.data.prepared import About
from genbench.data.resize import METHOD, resize
from genbench.errors import InputError
from genbench.extractors import Output
from genbench.files.atomic import read_json, write_json
from genbench.options import Count

MANY = 3 * 64 * 64  # numbers an image, beyond which a covariance of them takes more than a gigabyte


class Pixels:
    """Extractor that takes pixels as they are. size: pixels a side, None to leave images as they are."""

    def __init__(self, size: int | None) -> None:
        self._size, self.weights = size, ""
        self.resize = "none" if size is None else f"{METHOD} to {size}×{size}"

    def __call__(self, pixels: np.ndarray) -> Output:
        sized = pixels if self._size is None else resize(pixels, self._size)
        numbers = math.prod(sized.shape[1:])
        if numbers > MANY:
            raise InputError(
                f"pixels: images of {'×'.join(map(str, sized.shape[1:]))} are {numbers} numbers each, expected at "
                f"most {MANY}; the option pixels makes them smaller"
            )
        return Output(sized.reshape(len(sized), numbers).astype(np.float32) / 255)


def obtain(folder: Path, images: dict[str, Images], about: About, *, pixels: Count | None = None) -> dict[str, float]:
    """Note `pixels` in `folder`: pixels a side to which images are brought, None to leave them as they are."""
    del images, about
    if pixels and pixels**2 > MANY:
        raise InputError(f"pixels: pixels: expected at most {math.isqrt(MANY)}, got {pixels}")
    write_json(folder / "pixels.json", {"size": pixels})
    return {}


def load(folder: Path) -> Pixels:
    """Load the extractor of a folder that :func:`obtain` filled."""
    path = folder / "pixels.json"
    said = read_json(path)
    size = said.get("size", 0) if isinstance(said, dict) else 0
    if size is not None and (type(size) is not int or not 0 < size**2 <= MANY):
        raise InputError(f"{path}: size: expected null or 1 to {math.isqrt(MANY)} pixels a side, got {size!r}")
    return Pixels(size)
