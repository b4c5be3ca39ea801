"""Sample grids as PNG files, with the same bytes every time.

Images are taken evenly spaced over a set, never chosen, and enlarged by repeating pixels, so that an 8×8 digit is
seen as the model made it.
"""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from genbench.data.grid import tile
from genbench.data.images import Images
from genbench.files.atomic import atomic

TILES = (8, 8)  # rows and columns of a grid
WIDTH = 256  # pixels that an enlarged grid has at least
HOPELESS = 8  # times smaller than its pixels is what no PNG of a photograph gets


def evenly_spaced(n: int, count: int) -> np.ndarray:
    """Give up to `count` ascending indices of n images, from the first to the last."""
    return np.linspace(0, n - 1, min(count, n)).astype(np.int64)


def grid(images: Images, rows: int = TILES[0], columns: int = TILES[1]) -> np.ndarray:
    """Put up to rows × columns evenly spaced images into one picture, (H, W, C + 1) uint8, in their own resolution.

    The last channel is opacity: the space between images is transparent, so that it suits light and dark.
    """
    count = min(rows * columns, len(images))
    chosen = images.pixels[evenly_spaced(len(images), count)]
    opaque = np.full_like(chosen[:, :1], 255)
    columns = min(columns, count)
    return np.concatenate([tile(chosen, columns), 255 - tile(255 - opaque, columns)], axis=2)


def enlarged(picture: np.ndarray, width: int = WIDTH) -> np.ndarray:
    """Enlarge a picture: every pixel is repeated a whole number of times, up to at least `width` pixels."""
    times = max(1, -(-width // picture.shape[1]))
    return picture.repeat(times, axis=0).repeat(times, axis=1)


def write_png(path: Path, picture: np.ndarray) -> None:
    """Write a picture atomically; no date or tool is written into it."""
    with atomic(path) as scratch:
        scratch.write_bytes(encoded(picture, "PNG"))


def encoded(picture: np.ndarray, kind: str, quality: int = 90) -> bytes:
    """Encode a picture, (H, W, 2 or 4) uint8, as a PNG or a lossy WebP file."""
    file = io.BytesIO()
    Image.fromarray(picture).save(file, kind, compress_level=4, quality=quality)
    return file.getvalue()


@dataclass(frozen=True)
class Picture:
    """A picture inside a page: a data: URI and its size in pixels."""

    uri: str
    width: int
    height: int


def inline(images: Images, rows: int, columns: int, limit: int, *, least: int = 1) -> Picture:
    """Make a grid for a page, of about `limit` bytes at most.

    It is a PNG where that fits, else a WebP, then one of fewer rows, down to `least` rows of any size.
    """
    while True:
        picture = grid(images, rows, columns)
        kinds = [("PNG", 0)] if picture.nbytes <= HOPELESS * limit else []
        for kind, quality in [*kinds, ("WEBP", 90), ("WEBP", 75)]:
            content = encoded(picture, kind, quality)
            if len(content) <= limit or (rows == least and quality == 75):
                uri = f"data:image/{kind.lower()};base64,{base64.b64encode(content).decode()}"
                return Picture(uri, picture.shape[1], picture.shape[0])
        rows = max(least, rows // 2)
