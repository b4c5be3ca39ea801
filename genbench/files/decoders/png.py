"""PNG, decoded by libpng (imagecodecs): all depths and colour types, and transparent levels (PNG specification, 11.3).

Pillow takes the upper 8 of 16 bits, and looks for a transparent level among grey levels that it has scaled before.
Of an animation the picture counts that readers without animation show.
"""

from __future__ import annotations

import logging
import struct
import zlib
from collections.abc import Iterator

import numpy as np

from genbench.errors import InputError
from genbench.files.decoders import Samples, orientation, require_safe

SIGNATURE = b"\x89PNG\r\n\x1a\n"
SIGNATURES = (SIGNATURE,)
#: The chunks that decide the pixels, in their order.
PIXELS = (b"IHDR", b"PLTE", b"tRNS", b"IDAT")
END = b"\0\0\0\0IEND\xaeB`\x82"
GREY, COLOUR, PALETTE = 0, 2, 3  # colour types without alpha, that may have transparent levels
XMP = b"iTXtXML:com.adobe.xmp\0"


def decode(content: bytes) -> Samples:
    """Decode the content of a file."""
    import imagecodecs

    logging.getLogger("imagecodecs").setLevel(logging.CRITICAL)  # what libpng finds odd is none of the user's business
    parts, exif, xmp = dict[bytes, list[memoryview]](), b"", b""
    for kind, chunk in _chunks(memoryview(content)):
        if kind in PIXELS:
            _require_whole(kind, chunk)
            parts.setdefault(kind, []).append(chunk)
        elif kind == b"eXIf":
            exif = bytes(chunk[8:-4])
        elif chunk[4 : 4 + len(XMP)] == XMP:
            xmp = bytes(chunk[8:-4])
        elif not kind[0] & 0x20 and kind != b"IEND":  # a capital: it cannot be passed over
            raise InputError(f"a chunk {kind.decode('ascii', 'backslashreplace')} is critical, and none of PNG's")
    _require_order(parts)
    try:
        pixels = np.atleast_3d(imagecodecs.png_decode(b"".join([SIGNATURE, *sum(parts.values(), []), END])))
    except (imagecodecs.PngError, UnicodeDecodeError) as error:  # its text may be memory that is another's by now
        raise ValueError("its head or its compressed pixels are broken") from error
    colours = pixels.shape[2] - 1 + pixels.shape[2] % 2
    return Samples(
        levels=pixels[..., :colours],
        top=np.iinfo(pixels.dtype).max,
        alpha=None if colours == pixels.shape[2] else pixels[..., -1],
        orientation=orientation(exif, xmp),
    )


def _chunks(content: memoryview) -> Iterator[tuple[bytes, memoryview]]:
    """Give the kind and the bytes of each chunk, with length and checksum, up to the end; the last may be cut short."""
    start, kind = len(SIGNATURE), b""
    while start + 8 <= len(content) and kind != b"IEND":
        length, kind = struct.unpack_from(">I4s", content, start)
        yield kind, content[start : start + length + 12]
        start += length + 12


def _require_whole(kind: bytes, chunk: memoryview) -> None:
    """Refuse a chunk that is cut short or has another checksum: of tRNS, libpng would pass it over."""
    (length,) = struct.unpack_from(">I", chunk)
    if len(chunk) < length + 12:
        raise ValueError(f"it ends within a chunk {kind.decode()}")
    if zlib.crc32(chunk[4:-4]) != int.from_bytes(chunk[-4:]):
        raise ValueError(f"a chunk {kind.decode()} is broken: its checksum is another")


def _require_order(parts: dict[bytes, list[memoryview]]) -> None:
    """Refuse chunks that are not in PNG's order, and transparent levels that cannot be those of the picture."""
    expected = [kind for kind in PIXELS if kind in parts or kind in (b"IHDR", b"IDAT")]
    if list(parts) != expected or any(len(parts[kind]) > 1 for kind in expected[:-1]):
        raise ValueError("expected one chunk IHDR, at most one PLTE and one tRNS, then IDAT, in this order")
    width, height, _, colour = struct.unpack_from(">IIBB", parts[b"IHDR"][0].tobytes().ljust(18, b"\0"), 8)
    require_safe(width, height)
    colours = len(parts[b"PLTE"][0]) // 3 - 4 if b"PLTE" in parts else 0
    levels = {GREY: (2,), COLOUR: (6,), PALETTE: range(colours + 1)}
    if b"tRNS" in parts and len(parts[b"tRNS"][0]) - 12 not in levels.get(colour, range(1 << 31)):
        raise ValueError("its transparent levels (tRNS) are of another kind of picture")
