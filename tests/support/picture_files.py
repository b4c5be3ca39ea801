"""Writers of pictures' files, from the formats' specifications alone: none of them shares code with a reader."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

Tag = tuple[int, str, Sequence[Any]]  # code, kind as in `SIZES`, values

#: TIFF's types by a letter: its number, and the format of one value; "R" is a rational, a pair.
TYPES = {"B": (1, "B"), "A": (2, "B"), "H": (3, "H"), "I": (4, "I"), "R": (5, "II"), "U": (7, "B"), "d": (12, "d")}

#: Where a stored pixel (row, column) is in the upright picture of (height, width), by EXIF's orientation (its table 6:
#: 6 says that the first stored row is the right side, and the first stored column the top).
PLACES: dict[int, Callable[[int, int, int, int], tuple[int, int]]] = {
    1: lambda r, c, h, w: (r, c),
    2: lambda r, c, h, w: (r, w - 1 - c),
    3: lambda r, c, h, w: (h - 1 - r, w - 1 - c),
    4: lambda r, c, h, w: (h - 1 - r, c),
    5: lambda r, c, h, w: (c, r),
    6: lambda r, c, h, w: (c, w - 1 - r),
    7: lambda r, c, h, w: (h - 1 - c, w - 1 - r),
    8: lambda r, c, h, w: (h - 1 - c, r),
}


def stored(upright: np.ndarray, orientation: int) -> np.ndarray:
    """Give the pixels that a file of this orientation stores of an upright picture (H, W, ...)."""
    height, width = upright.shape[:2]
    rows, columns = (height, width) if orientation < 5 else (width, height)
    place = PLACES[orientation]
    pixels = [[upright[place(r, c, height, width)] for c in range(columns)] for r in range(rows)]
    return np.array(pixels, upright.dtype)


def packed(row: Iterable[int], bits: int, order: str = ">") -> bytes:
    """Pack the samples of one row: whole bytes in the file's order, other depths bit after bit, then zeros."""
    if bits in (8, 16, 32):
        return np.array(list(row)).astype(f"{order}u{bits // 8}").tobytes()
    text = "".join(format(int(value), f"0{bits}b") for value in row)
    text += "0" * (-len(text) % 8)
    return int(text or "0", 2).to_bytes(len(text) // 8, "big")


def _packbits(content: bytes) -> bytes:
    return b"".join(
        bytes([len(part) - 1]) + part for part in (content[i : i + 128] for i in range(0, len(content), 128))
    )


COMPRESSORS: dict[int, Callable[[bytes], bytes]] = {1: bytes, 8: zlib.compress, 32773: _packbits}


def tiff(
    samples: np.ndarray,
    *,
    bits: int = 8,
    photometric: int = 1,
    order: str = "<",
    big: bool = False,
    planar: int = 1,
    compression: int = 1,
    rows: int | None = None,
    tile: int | None = None,
    more: Sequence[Tag] = (),
    instead: bytes | None = None,
) -> bytes:
    """Make a TIFF of samples (H, W, S).

    rows: of a strip. tile: its side. more: further tags, which replace others, or take them away where they have no
    values. instead: stands in the file for the samples of every strip or tile.
    """
    height, width = samples.shape[:2]
    samples = samples.reshape(height, width, -1)
    count, side, band = samples.shape[2], tile or width, tile or rows or height
    planes = [samples] if planar == 1 else [samples[..., [index]] for index in range(count)]
    parts = []
    for plane in planes:
        if tile:
            plane = np.pad(plane, ((0, -height % tile), (0, -width % tile), (0, 0)))
        for top in range(0, height, band):
            for left in range(0, width, side):
                part = plane[top : top + band, left : left + side]
                rowwise = [packed(row.reshape(-1), bits, order) for row in part]
                parts.append(COMPRESSORS[compression](b"".join(rowwise)) if instead is None else instead)
    head = 16 if big else 8
    body, offsets = b"", []
    for content in parts:
        offsets.append(head + len(body))
        body += content + bytes(len(content) % 2)
    layout: list[Tag] = (
        [(322, "I", [tile]), (323, "I", [tile]), (324, "I", offsets), (325, "I", [len(part) for part in parts])]
        if tile
        else [(273, "I", offsets), (278, "I", [band]), (279, "I", [len(part) for part in parts])]
    )
    tags = {256: ("I", [width]), 257: ("I", [height]), 258: ("H", [bits] * count), 259: ("H", [compression])}
    tags |= {262: ("H", [photometric]), 277: ("H", [count]), 284: ("H", [planar])}
    tags |= {code: (kind, list(values)) for code, kind, values in (*layout, *more)}
    tags = {code: (kind, values) for code, (kind, values) in tags.items() if values}
    entries, body = _directory(sorted(tags.items()), order, big, head, body)
    start = b"II" if order == "<" else b"MM"
    place = head + len(body)
    first = struct.pack(order + "HHHQ", 43, 8, 0, place) if big else struct.pack(order + "HI", 42, place)
    return start + first + body + struct.pack(order + ("Q" if big else "H"), len(tags)) + entries + bytes(8)


def _directory(tags: Any, order: str, big: bool, head: int, body: bytes) -> tuple[bytes, bytes]:
    pointer, entries = "Q" if big else "I", b""
    room = struct.calcsize(pointer)
    for code, (kind, values) in tags:
        number, form = TYPES[kind]
        flat = [part for value in values for part in (value if isinstance(value, tuple) else (value,))]
        data = struct.pack(order + form[0] * len(flat), *flat)
        inside = data.ljust(room, b"\0")
        if len(data) > room:
            inside = struct.pack(order + pointer, head + len(body))
            body += data + bytes(len(data) % 2)
        entries += struct.pack(order + "HH" + pointer, code, number, len(values)) + inside
    return entries, body


def chunk(kind: bytes, data: bytes) -> bytes:
    """Make a chunk of a PNG."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


#: First row, first column, and steps of both, of the seven passes of an interlaced PNG (its specification, 8.2).
PASSES = ((0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1))


def png(
    samples: np.ndarray,
    *,
    bits: int = 8,
    palette: np.ndarray | None = None,
    before: bytes = b"",
    after: bytes = b"",
    interlaced: bool = False,
) -> bytes:
    """Make a PNG of samples (H, W, 1 to 4), or of indexes into a palette (n, 3). before, after: chunks around IDAT."""
    height, width = samples.shape[:2]
    samples = samples.reshape(height, width, -1)
    kind = 3 if palette is not None else {1: 0, 2: 4, 3: 2, 4: 6}[samples.shape[2]]
    head = struct.pack(">IIBBBBB", width, height, bits, kind, 0, 0, interlaced)
    colours = b"" if palette is None else chunk(b"PLTE", palette.astype(np.uint8).tobytes())
    passes = [samples[y::down, x::across] for y, x, down, across in PASSES] if interlaced else [samples]
    rows = b"".join(b"\0" + packed(row.reshape(-1), bits) for part in passes if part.size for row in part)
    middle = chunk(b"IDAT", zlib.compress(rows))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + colours + before + middle + after + chunk(b"IEND", b"")


def netpbm(samples: np.ndarray, top: int, *, plain: bool = False, comment: bytes = b"") -> bytes:
    """Make a PGM of samples (H, W), or a PPM of (H, W, 3)."""
    height, width = samples.shape[:2]
    kind = (b"P3" if samples.ndim == 3 else b"P2") if plain else (b"P6" if samples.ndim == 3 else b"P5")
    numbers = samples.astype(">u2" if top > 255 else np.uint8)
    body = b" ".join(b"%d" % number for number in samples.reshape(-1)) if plain else numbers.tobytes()
    return kind + b"\n" + comment + b"%d %d\n%d\n" % (width, height, top) + body


def bmp(
    rows: Sequence[bytes],
    width: int,
    bits: int,
    *,
    palette: np.ndarray | None = None,
    colours: int = 0,
    masks: Sequence[int] = (),
) -> bytes:
    """Make a BMP of packed rows, the top one first. palette: (n, 3), RGB. colours: how many it says that it has."""
    table = b"" if palette is None else b"".join(bytes([b, g, r, 0]) for r, g, b in palette.tolist())
    fields = b"".join(struct.pack("<I", mask) for mask in masks)
    size = 40 if len(masks) < 4 else 56
    body = b"".join(row + bytes(-len(row) % 4) for row in reversed(rows))
    head = struct.pack("<IiiHHIIiiII", size, width, len(rows), 1, bits, 3 if masks else 0, len(body), 0, 0, colours, 0)
    offset = 14 + len(head) + len(fields) + len(table)
    return b"BM" + struct.pack("<IHHI", offset + len(body), 0, 0, offset) + head + fields + table + body


def gif(
    indexes: np.ndarray,
    palette: np.ndarray,
    *,
    transparent: int | None = None,
    frames: int = 1,
    around: int = 0,
) -> bytes:
    """Make a GIF of indexes (H, W) into a palette (256, 3); further frames show index 0 alone.

    around: pixels of the screen on each side of the frames.
    """
    height, width = indexes.shape
    screen = struct.pack("<HHBBB", width + 2 * around, height + 2 * around, 0xF7, 0, 0)
    content = b"GIF89a" + screen + palette.astype(np.uint8).tobytes()
    for frame in range(frames):
        flags = 0 if transparent is None else 1
        content += b"\x21\xf9\x04" + bytes([flags, 1, 0, transparent or 0]) + b"\0"
        content += b"\x2c" + struct.pack("<HHHHB", around, around, width, height, 0)
        content += b"\x08" + _blocks(_codes(indexes.reshape(-1) if frame == 0 else np.zeros(indexes.size, int)))
    return content + b"\x3b"


def _codes(values: np.ndarray) -> bytes:
    """Write LZW codes of 9 bits, the table cleared before it grows out of them."""
    clear, end = 256, 257
    codes = [code for start in range(0, len(values), 200) for code in (clear, *values[start : start + 200].tolist())]
    text = "".join(format(code, "09b") for code in reversed([*codes, end]))
    text = text.zfill(-(-len(text) // 8) * 8)
    return int(text, 2).to_bytes(len(text) // 8, "little")


def _blocks(data: bytes) -> bytes:
    parts = [data[start : start + 255] for start in range(0, len(data), 255)]
    return b"".join(bytes([len(part)]) + part for part in parts) + b"\0"


def exif(orientation: int, *, kind: str = "H", order: str = "<") -> bytes:
    """Make EXIF that says an orientation and no more."""
    head = (b"II" if order == "<" else b"MM") + struct.pack(order + "HI", 42, 8)
    number, form = TYPES[kind]
    value = struct.pack(order + form[0], orientation).ljust(4, b"\0")
    return head + struct.pack(order + "HHHI", 1, 0x0112, number, 1) + value + bytes(4)


def segment(marker: int, data: bytes) -> bytes:
    """Make a segment of a JPEG."""
    return bytes([0xFF, marker]) + struct.pack(">H", len(data) + 2) + data


def with_segments(jpeg: bytes, *segments: bytes) -> bytes:
    """Put segments into a JPEG, right after its start."""
    return jpeg[:2] + b"".join(segments) + jpeg[2:]


def with_chunks(webp: bytes, *chunks: tuple[bytes, bytes], flags: int, width: int, height: int) -> bytes:
    """Put chunks behind the picture of a WebP, in the extended format. flags: 8 says EXIF, 4 XMP, 32 a profile."""
    size = struct.pack("<I", width - 1)[:3] + struct.pack("<I", height - 1)[:3]
    head = b"VP8X" + struct.pack("<I", 10) + bytes([flags, 0, 0, 0]) + size
    rest = b"".join(kind + struct.pack("<I", len(data)) + data + bytes(len(data) % 2) for kind, data in chunks)
    body = b"WEBP" + head + webp[12:] + rest
    return b"RIFF" + struct.pack("<I", len(body)) + body


def animated_webp(webp: bytes, shape: tuple[int, int], place: tuple[int, int], screen: tuple[int, int]) -> bytes:
    """Make an animation without alpha of one picture (H, W) at an even place on a screen (H, W), of a WebP of it."""

    def three(*numbers: int) -> bytes:
        return b"".join(struct.pack("<I", number)[:3] for number in numbers)

    data = three(place[1] // 2, place[0] // 2, shape[1] - 1, shape[0] - 1, 100) + b"\0" + webp[12:]
    chunks = (b"VP8X", bytes([2, 0, 0, 0]) + three(screen[1] - 1, screen[0] - 1)), (b"ANIM", bytes(6)), (b"ANMF", data)
    body = b"WEBP" + b"".join(
        kind + struct.pack("<I", len(part)) + part + bytes(len(part) % 2) for kind, part in chunks
    )
    return b"RIFF" + struct.pack("<I", len(body)) + body
