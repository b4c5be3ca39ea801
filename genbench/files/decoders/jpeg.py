"""JPEG, decoded by libjpeg: by Pillow, and of 12 bits a channel by imagecodecs."""

from __future__ import annotations

import io
import re
import struct
from collections.abc import Iterator

import numpy as np
from PIL import Image

from genbench.errors import InputError
from genbench.files.decoders import Samples, orientation, require_safe

SIGNATURES = (b"\xff\xd8\xff",)
MARKER = re.compile(rb"\xff([\x01-\xfe])")  # what fills the room before it is passed over
FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
PROGRESSIVE = (0xC2, 0xC6, 0xCA, 0xCE)
ARITHMETIC = 0xC9  # from here on pixels may take no bits at all; before, a block of them takes one at least
BLOCK = 64  # pixels
ALONE = (0x01, *range(0xD0, 0xD9))  # markers without a segment
SCAN, END = 0xDA, 0xD9
SCANS = 500  # each of a progressive JPEG goes through all pixels again; usual ones have ten
XMP = b"http://ns.adobe.com/xap/1.0/\0"


def decode(content: bytes) -> Samples:
    """Decode the content of a file."""
    content, exif, xmp = _without_metadata(content)
    bits, _, _ = frame(content)
    if bits == 8:
        with Image.open(io.BytesIO(content), formats=("JPEG",)) as picture:
            pixels = np.asarray(picture if picture.mode in ("L", "RGB") else picture.convert("RGB"))
    elif bits == 12:
        import imagecodecs

        pixels = imagecodecs.jpeg8_decode(content)
    else:
        raise InputError(f"a JPEG of {bits} bits a channel, expected 8 or 12")
    pixels = np.atleast_3d(pixels)
    if pixels.shape[2] not in (1, 3):
        raise InputError(f"a JPEG of {pixels.shape[2]} channels of {bits} bits, expected 1 or 3")
    return Samples(pixels, top=2**bits - 1, orientation=orientation(exif, xmp))


def frame(content: bytes) -> tuple[int, int, int]:
    """Read the head of the frame of a JPEG: bits a channel, height and width; what is no safe picture is refused."""
    for marker, segment in _segments(content):
        if marker in FRAMES and len(segment) >= 10:
            bits, height, width = struct.unpack_from(">BHH", segment, 4)
            require_safe(width, height)
            if marker in PROGRESSIVE and content.count(bytes((0xFF, SCAN))) > SCANS:
                raise InputError(f"a progressive JPEG of more than {SCANS} scans: this could be a decompression bomb")
            if marker < ARITHMETIC and width * height > BLOCK * 8 * len(content):
                raise InputError(f"{width} × {height} pixels in {len(content)} bytes: it is cut short or a bomb")
            return bits, height, width
    raise ValueError("the JPEG has no frame")


def _segments(content: bytes) -> Iterator[tuple[int, bytes]]:
    """Give the marker and the bytes of each segment; the last is the first scan with all that follows."""
    start = 2
    while found := MARKER.search(content, start):
        marker, start = found[1][0], found.start()
        if marker in (SCAN, END) or start + 4 > len(content):
            yield marker, content[start:]
            return
        if marker in ALONE:
            start = found.end()
            continue
        (length,) = struct.unpack_from(">H", content, start + 2)
        yield marker, content[start : start + 2 + length]
        start += 2 + max(length, 2)


def _without_metadata(content: bytes) -> tuple[bytes, bytes, bytes]:
    """Give a JPEG without its metadata, its EXIF and its XMP; the heads of JFIF and Adobe tell colours, and stay."""
    kept, exif, xmp = [content[:2]], b"", b""
    for marker, segment in _segments(content):
        if marker == 0xE1 and segment[4:10] == b"Exif\0\0":
            exif = exif or segment[4:]
        elif marker == 0xE1 and segment[4 : 4 + len(XMP)] == XMP:
            xmp = xmp or segment[4:]
        elif marker in (0xE0, 0xEE) or not (0xE1 <= marker <= 0xEF or marker == 0xFE):
            kept.append(segment)
    return b"".join(kept), exif, xmp
