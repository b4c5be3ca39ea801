"""PNG, decoded by libpng (imagecodecs): all depths and colour types, and transparent levels (PNG specification, 11.3).

Pillow takes the upper 8 of 16 bits, and looks for a transparent level among grey levels that it has scaled before.
Of an animation the picture counts that readers without animation show.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

import numpy as np

from genbench.errors import InputError
from genbench.files.decoders import Samples, orientation, require_safe

SIGNATURE = b"\x89PNG\r\n\x1a\n"
#: The chunks that decide the pixels; IDAT and IEND follow.
HEAD = (b"IHDR", b"PLTE", b"tRNS")
XMP = b"iTXtXML:com.adobe.xmp\0"


def decode(content: bytes) -> Samples:
    """Decode the content of a file."""
    import imagecodecs

    kept, exif, xmp = [SIGNATURE], b"", b""
    for kind, chunk in _chunks(memoryview(content)):
        if kind == b"IHDR":
            require_safe(*struct.unpack_from(">II", chunk, 8))
        if kind in (*HEAD, b"IDAT", b"IEND"):
            kept.append(chunk)
        elif kind == b"eXIf":
            exif = bytes(chunk[8:-4])
        elif bytes(chunk[4 : 4 + len(XMP)]) == XMP:
            xmp = bytes(chunk[8:-4])
        elif not kind[0] & 0x20:  # a capital: it cannot be passed over
            raise InputError(f"a chunk {kind.decode('ascii', 'backslashreplace')} is critical, and none of PNG's")
    pixels = np.atleast_3d(imagecodecs.png_decode(b"".join(kept)))
    colours = pixels.shape[2] - 1 + pixels.shape[2] % 2
    return Samples(
        levels=pixels[..., :colours],
        top=np.iinfo(pixels.dtype).max,
        alpha=None if colours == pixels.shape[2] else pixels[..., -1],
        orientation=orientation(exif, xmp),
    )


def _chunks(content: memoryview) -> Iterator[tuple[bytes, bytes]]:
    """Give the kind and the bytes of each chunk, with length and checksum, up to the end; the last may be cut short."""
    start, kind = len(SIGNATURE), b""
    while start + 8 <= len(content) and kind != b"IEND":
        length, kind = struct.unpack_from(">I4s", content, start)
        yield kind, bytes(content[start : start + length + 12])
        start += length + 12
