"""BMP, GIF, JPEG, Netpbm and WebP, decoded by Pillow, with what it rounds down put right."""

from __future__ import annotations

import io
import struct
import warnings
from typing import Any

import numpy as np
from PIL import Image

from genbench.errors import InputError
from genbench.files.decoders import Samples, orientation

FORMATS = ("BMP", "GIF", "JPEG", "PPM", "WEBP")  # Pillow knows more, some of them programs
XMP = b"http://ns.adobe.com/xap/1.0/\0"


def decode(content: bytes) -> Samples:
    """Decode the first frame of the content of a file."""
    exif, xmp = b"", b""
    if content[:3] == b"\xff\xd8\xff":
        content, exif, xmp = _without_metadata(content)
    if content[:2] == b"BM":
        content = _whole_palette(content)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of oddities that Pillow reads all the same
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        with Image.open(io.BytesIO(content), formats=FORMATS) as picture:
            exif, xmp = exif or picture.info.get("exif", b""), xmp or picture.info.get("xmp", b"")
            return _samples(picture, orientation(exif, xmp))


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


def _whole_palette(content: bytes) -> bytes:
    """Let a BMP's palette have as many colours as its bits can name.

    Where it says that it has two, black and white, Pillow takes its pixels for single bits, also where they have more.
    """
    if len(content) < 54:
        return content
    (head,), (bits,) = struct.unpack_from("<I", content, 14), struct.unpack_from("<H", content, 28)
    return content[:46] + bytes(4) + content[50:] if head >= 40 and bits in (4, 8) else content


def _without_metadata(content: bytes) -> tuple[bytes, bytes, bytes]:
    """Give a JPEG without its metadata, its EXIF and its XMP; the heads of JFIF and Adobe tell colours, and stay."""
    kept, exif, xmp, start = [content[:2]], b"", b"", 2
    while start + 4 <= len(content) and content[start] == 0xFF and content[start + 1] != 0xDA:  # the scan begins
        marker, (length,) = content[start + 1], struct.unpack_from(">H", content, start + 2)
        if marker == 0xFF:  # filling
            start += 1
            continue
        segment = content[start : start + 2 + length]
        start += 2 + length
        if marker == 0xE1 and segment[4:10] == b"Exif\0\0":
            exif = exif or segment[4:]
        elif marker == 0xE1 and segment[4 : 4 + len(XMP)] == XMP:
            xmp = xmp or segment[4:]
        elif marker in (0xE0, 0xEE) or not (0xE1 <= marker <= 0xEF or marker == 0xFE):
            kept.append(segment)
    return b"".join([*kept, content[start:]]), exif, xmp
