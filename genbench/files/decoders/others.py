"""BMP, GIF, Netpbm and WebP, decoded by Pillow, with what it rounds down put right."""

from __future__ import annotations

import io
import struct
import warnings
from typing import Any

import numpy as np
from PIL import Image

from genbench.errors import InputError
from genbench.files.decoders import Samples, orientation

FORMATS = ("BMP", "GIF", "PPM", "WEBP")  # Pillow knows more, some of them programs
FIELDS = (("I", 14), ("HI", 28), ("I", 66))  # of a BMP: the size of its head, bits and compression, the mask of alpha
BITFIELDS = 3
ANIMATED, ALPHA = 0x02, 0x10  # flags of a WebP


def decode(content: bytes) -> Samples:
    """Decode the first frame of the content of a file."""
    if content[:2] == b"BM":
        content = _bmp(content)
    if content[12:16] == b"VP8X" and content[20:21]:
        content = _with_alpha(content)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of oddities that Pillow reads all the same
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        with Image.open(io.BytesIO(content), formats=FORMATS) as picture:
            turned = orientation(picture.info.get("exif", b""), picture.info.get("xmp", b""))
            return _samples(picture, turned)


def _samples(picture: Image.Image, turned: int) -> Samples:
    tile: Any = picture.tile[0] if picture.format in ("BMP", "GIF") else None  # type: ignore[attr-defined]
    if picture.mode.startswith("I"):  # of Netpbm, which Pillow brings to 16 bits
        return Samples(np.asarray(picture)[..., None].astype(np.uint16), top=65535)
    if picture.mode == "F":
        raise InputError("has 32 bits a channel, whose range is unknown; expected 1 to 16, unsigned")
    left, top, right, bottom = tile.extents if picture.format == "GIF" else (0, 0, *picture.size)
    if picture.has_transparency_data or (left, top, right, bottom) != (0, 0, *picture.size):
        pixels = np.asarray(picture.convert("RGBA"))
        alpha = np.zeros_like(pixels[..., 3])  # nothing is where the first frame of an animation is not
        alpha[top:bottom, left:right] = pixels[top:bottom, left:right, 3]
        return Samples(pixels[..., :3], alpha=alpha, orientation=turned)
    pixels = np.asarray(picture if picture.mode == "L" else picture.convert("RGB"))
    raw = str(tile.args[0]) if picture.format == "BMP" else ""
    return Samples(_rounded(np.atleast_3d(pixels), raw), orientation=turned)


def _rounded(pixels: np.ndarray, raw: str) -> np.ndarray:
    """Round to nearest what Pillow rounds down: the 5 and 6 bits a channel of a BMP, v·255/31 and v·255/63."""
    if raw not in ("BGR;15", "BGR;16"):
        return pixels
    pixels = pixels.copy()
    for channel, bits in enumerate((5, 6 if raw == "BGR;16" else 5, 5)):
        levels = np.arange(2**bits)
        table = np.zeros(256, np.uint8)
        table[levels * 255 // levels[-1]] = np.rint(levels * 255 / levels[-1])
        pixels[..., channel] = table[pixels[..., channel]]
    return pixels


def _bmp(content: bytes) -> bytes:
    """Let a BMP's palette have as many colours as its bits can name, and refuse alpha beside 5 bits a colour.

    Where it says that it has two, black and white, Pillow takes its pixels for single bits, also where they have more.
    """
    first = content[:70].ljust(70, b"\0")
    (head,), (bits, form), (alpha,) = (struct.unpack_from(f"<{kind}", first, at) for kind, at in FIELDS)
    if head >= 56 and bits == 16 and form == BITFIELDS and alpha:
        raise InputError("has 16 bits a pixel with alpha among them, which is not read")
    return content[:46] + bytes(4) + content[50:] if head >= 40 and bits in (4, 8) else content


def _with_alpha(content: bytes) -> bytes:
    """Let an animated WebP have alpha: around its first frame is nothing, which Pillow shows black without."""
    flags = content[20] | ALPHA if content[20] & ANIMATED else content[20]
    return content[:20] + bytes([flags]) + content[21:] if flags != content[20] else content
