"""Decoders of pictures' files: a library takes the samples out of the file, and here they become 8 bits a channel.

A decoder is a module with

    decode(content: bytes) -> Samples

which raises an InputError of what it refuses, without the file's name, and any other error where the file is broken.
It hands to the library what decides the pixels and nothing else, so that metadata, which may be huge, odd or hostile,
never decide whether a sound picture is read; of them the orientation counts, where it can be read.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

import numpy as np
from PIL import Image

from genbench.errors import InputError

ROWS = 1 << 20  # pixels that are in memory as float64 at a time
ORIENTATION = 0x0112  # the tag of TIFF and EXIF

Colours = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Samples:
    """Samples of a picture as its file has them.

    levels: (H, W, C) unsigned numbers. top: the largest that they can be, 255 of 8 bits. colours: turns rows of them,
    (h, W, C), into grey or RGB, (h, W, 1 or 3) from 0 to 255, not rounded; None where they are that, from 0 to `top`.
    alpha: (H, W), from 0, transparent, to `top`; None where all is opaque. premultiplied: colours are multiplied by
    alpha already. orientation: EXIF's, 1 to 8.
    """

    levels: np.ndarray
    top: int = 255
    colours: Colours | None = None
    alpha: np.ndarray | None = None
    premultiplied: bool = False
    orientation: int = 1


def eight_bits(samples: Samples) -> np.ndarray:
    """Scale to 8 bits, rounded to nearest, put on white, turn upright: (C, H, W) uint8, C 1 if it is grey, else 3."""
    pixels = samples.levels
    if not (samples.top == 255 and samples.colours is None and samples.alpha is None):
        step = max(1, ROWS // max(1, pixels.shape[1]))
        parts = [_on_white(samples, slice(start, start + step)) for start in range(0, len(pixels), step)]
        pixels = np.concatenate(parts)
    return one_channel(_upright(pixels, samples.orientation).transpose(2, 0, 1))


def one_channel(pixels: np.ndarray) -> np.ndarray:
    """Leave of (C, H, W) pixels one channel where all are equal, which is grey."""
    return pixels[:1] if (pixels == pixels[:1]).all() else pixels


def _on_white(samples: Samples, rows: slice) -> np.ndarray:
    """Make some rows 8 bits a channel: c·α + 255·(1 − α), or c + 255·(1 − α) where c is multiplied by α already."""
    levels = samples.levels[rows]
    colours = samples.colours(levels) if samples.colours else levels * 255.0 / samples.top
    if samples.alpha is not None:
        alpha = samples.alpha[rows, :, None] / samples.top
        colours = (colours if samples.premultiplied else colours * alpha) + 255 * (1 - alpha)
    whole: np.ndarray = np.rint(colours).clip(0, 255).astype(np.uint8)
    return whole


def _upright(pixels: np.ndarray, orientation: int) -> np.ndarray:
    """Undo an orientation of EXIF: its values from 5 on exchange rows and columns."""
    if orientation >= 5:
        pixels = pixels.transpose(1, 0, 2)
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    return pixels


def require_safe(width: int, height: int) -> None:
    """Refuse a picture of no pixels, or of more than Pillow takes for safe (89 million)."""
    if width < 1 or height < 1:
        raise InputError(f"expected at least one pixel, got {width} × {height}")
    if Image.MAX_IMAGE_PIXELS is not None and width * height > Image.MAX_IMAGE_PIXELS:
        raise InputError(
            f"{width} × {height} pixels, expected at most {Image.MAX_IMAGE_PIXELS}: this could be a decompression bomb"
        )


def orientation(exif: bytes, xmp: bytes = b"") -> int:
    """Read the orientation, 1 to 8, from EXIF or else from XMP; 1 where they say none, or nothing that can be read."""
    said: object = None
    with warnings.catch_warnings(), suppress(Exception):  # metadata may be anything
        warnings.simplefilter("ignore")
        tags = Image.Exif()
        tags.load(exif)
        said = tags.get(ORIENTATION)
    if said is None and (found := re.search(rb"tiff:Orientation(?:=[\"']|>)([1-8])", xmp)):
        said = int(found[1])
    return valid_orientation(said)


def valid_orientation(said: object) -> int:
    """Give an orientation that a file says, 1 where it is none of 1 to 8."""
    return said if isinstance(said, int) and 1 <= said <= 8 else 1
