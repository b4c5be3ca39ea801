"""TIFF, decoded by tifffile: 1 to 16 unsigned bits a channel, grey, palette, RGB, CMYK, YCbCr and CIE L*a*b*.

The meaning of the samples follows "TIFF revision 6.0" (Aldus, 1992). Signed, 32-bit and floating-point samples are
refused, for nothing says which of their values is white. Pillow reads 12 bits as 16, takes the upper 8 of 16 bits a
colour, and 16 bits of which 0 is white as if 0 were black. Of several pages the first counts.
"""

from __future__ import annotations

import io
import logging
import math
import struct
from typing import TYPE_CHECKING, Any

import numpy as np

from genbench.errors import InputError
from genbench.files.decoders import ORIENTATION, Colours, Samples, colours, jpeg, require_safe, valid_orientation

if TYPE_CHECKING:
    from tifffile import TiffPage

SIGNATURES = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
#: Tags that decide the pixels; the rest of a page's tags are not shown to the library.
TAGS = {
    *range(256, 260),  # ImageWidth, ImageLength, BitsPerSample, Compression
    *(262, 266, 273, ORIENTATION),  # PhotometricInterpretation, FillOrder, StripOffsets
    *(277, 278, 279, 284),  # SamplesPerPixel, RowsPerStrip, StripByteCounts, PlanarConfiguration
    *(292, 293, 317, 320),  # T4Options, T6Options, Predictor, ColorMap
    *range(322, 326),  # TileWidth, TileLength, TileOffsets, TileByteCounts
    *(332, 338, 339, 347),  # InkSet, ExtraSamples, SampleFormat, JPEGTables
    *(529, 530, 532),  # YCbCrCoefficients, YCbCrSubSampling, ReferenceBlackWhite
}
LOSSLESS = {1, 2, 3, 4, 5, 8, 32773, 32946, 34925, 50000}  # none, CCITT, LZW, Deflate, PackBits, LZMA, Zstandard
PREDICTED = {5, 8, 32946, 34925, 50000}  # compressions for which libtiff, too, heeds a predictor
JPEG, JPEG_BITS = 7, (8, 12)
GREY, RGB, PALETTE, CMYK, YCBCR, LAB, ICC_LAB = (0, 1), 2, 3, 5, 6, 8, 9  # PhotometricInterpretation
CHANNELS = {0: 1, 1: 1, RGB: 3, PALETTE: 1, CMYK: 4, YCBCR: 3, LAB: 3, ICC_LAB: 3}
UNSPECIFIED, PREMULTIPLIED, STRAIGHT, COREL = 0, 1, 2, 999  # ExtraSamples; Corel's are straight
MOST = 16  # samples a pixel
LARGEST = 1 << 30  # bytes of all samples


def decode(content: bytes) -> Samples:
    """Decode the first page of the content of a file."""
    import tifffile

    logging.getLogger("tifffile").setLevel(logging.CRITICAL)  # what it finds odd is none of the user's business
    with io.BytesIO(content) as stream:  # closed, it holds nothing, though what tifffile made of it lives on in circles
        with stream.getbuffer() as changed:
            _keep_tags(changed)
        with tifffile.TiffFile(stream) as file:
            page = file.pages.first
            _require_readable(page)
            _require_parts(page, content)
            if page.compression not in PREDICTED:
                page.predictor = 1
            samples = page.asarray(maxworkers=1)
            samples = np.moveaxis(samples, 0, -1) if page.axes == "SYX" else np.atleast_3d(samples)
            return _samples(page, samples.view(np.uint8) if samples.dtype == bool else samples)


def _keep_tags(content: memoryview) -> None:
    """Leave in the first page's directory the tags that decide the pixels, and no next page."""
    order = "<" if content[0] == ord("I") else ">"
    big = ord("+") in content[2:4]
    size, count, pointer = (20, "Q", "Q") if big else (12, "H", "I")
    (directory,) = struct.unpack_from(order + pointer, content, 8 if big else 4)
    (entries,) = struct.unpack_from(order + count, content, directory)
    start = directory + struct.calcsize(count)
    if entries > 4096 or start + entries * size > len(content):
        raise ValueError(f"its directory says that it has {entries} entries, more than there is room for")
    table = bytes(content[start : start + entries * size])
    kept = [table[at : at + size] for at in range(0, len(table), size)]
    kept = [entry for entry in kept if struct.unpack_from(order + "H", entry)[0] in TAGS]
    struct.pack_into(order + count, content, directory, len(kept))
    rest = b"".join(kept).ljust(len(table), b"\0")
    content[start : start + len(rest)] = rest


def _require_readable(page: TiffPage) -> None:
    """Refuse what is not understood wholly, and what would take more memory than a picture should."""
    require_safe(page.imagewidth, page.imagelength)
    bits, photometric = page.bitspersample, int(page.photometric)
    if not isinstance(bits, int):
        raise InputError(f"has {', '.join(map(str, bits))} bits a channel, expected as many of each")
    if page.sampleformat != 1 or not 1 <= bits <= 16:
        kind = {1: "", 2: "signed ", 3: "floating-point "}.get(page.sampleformat, "other ")
        raise InputError(f"has {bits} {kind}bits a channel, whose range is unknown; expected 1 to 16, unsigned")
    if 262 not in page.tags:
        raise InputError("has no photometric interpretation, which says whether 0 is black or white")
    if photometric not in CHANNELS:
        raise InputError(f"TIFF's photometric interpretation {photometric} is not known")
    if int(page.compression) not in {*LOSSLESS, JPEG}:
        raise InputError(f"TIFF's compression {int(page.compression)} is not known")
    if not CHANNELS[photometric] <= page.samplesperpixel <= MOST or page.planarconfig not in (1, 2):
        raise InputError(f"{page.samplesperpixel} samples a pixel, expected {CHANNELS[photometric]} to {MOST}")
    if photometric == PALETTE and (page.colormap is None or page.colormap.shape != (3, 2**bits)):
        raise InputError(f"its palette has no {2**bits} colours")
    if photometric == CMYK and page.tags.valueof(332, 1) != 1:
        raise InputError("its inks are not cyan, magenta, yellow and black")
    if page.compression == JPEG and (bits not in JPEG_BITS or photometric not in (*GREY, RGB, CMYK, YCBCR)):
        raise InputError(f"a JPEG of {bits} bits and TIFF's photometric interpretation {photometric} is not known")


def _require_parts(page: TiffPage, content: bytes) -> None:
    """Refuse strips or tiles that are not in the file, which would be read as zeros, or that are larger than safe."""
    width, height = page.imagewidth, min(page.rowsperstrip or page.imagelength, page.imagelength)
    if page.is_tiled:
        width, height = page.tilewidth, page.tilelength
        require_safe(width, height)
        require_safe(-(-page.imagewidth // width) * width, -(-page.imagelength // height) * height)
    memory = page.imagewidth * page.imagelength * page.samplesperpixel * (1 if page.bitspersample <= 8 else 2)
    if memory > LARGEST:
        raise InputError(f"takes {memory} bytes, expected at most {LARGEST}: this could be a decompression bomb")
    fewest = min(len(page.dataoffsets), len(page.databytecounts))
    if fewest < math.prod(page.chunked) or 0 in page.dataoffsets or 0 in page.databytecounts:
        raise InputError("parts of its pixels are not in the file")
    if page.compression == JPEG:
        for offset, count in zip(page.dataoffsets, page.databytecounts, strict=False):
            _, rows, columns = jpeg.frame(content[offset : offset + count])
            if rows >= height + 16 or columns >= width + 16:
                raise InputError(f"a part of {width} × {height} pixels is a JPEG of {columns} × {rows}")


def _alpha(page: TiffPage, channels: int) -> tuple[int | None, bool]:
    """Give the place of alpha among the samples of a pixel, None without one, and whether colours are multiplied by it.

    Samples that a file leaves unspecified are passed over, but not beside grey several of them, which are channels too.
    """
    extra, more = [int(kind) for kind in page.extrasamples], page.samplesperpixel - channels
    if not extra and more == 1 and page.photometric == RGB:
        extra = [STRAIGHT]
    known = set(extra) <= {UNSPECIFIED, PREMULTIPLIED, STRAIGHT, COREL}
    if len(extra) < more or not known or (channels == 1 and extra.count(UNSPECIFIED) > 1):
        raise InputError(f"{page.samplesperpixel} samples a pixel, and nothing says what {more} of them are")
    for place, kind in enumerate(extra[:more], channels):
        if kind != UNSPECIFIED:
            return place, kind == PREMULTIPLIED
    return None, False


def _samples(page: TiffPage, samples: np.ndarray) -> Samples:
    """Say what the samples of a page mean."""
    top, photometric = 2**page.bitspersample - 1, int(page.photometric)
    channels = CHANNELS[photometric]
    alpha, premultiplied = _alpha(page, channels)
    return Samples(
        levels=samples[..., :channels],
        top=top,
        colours=_colours(page, photometric, top),
        alpha=None if alpha is None else samples[..., alpha],
        premultiplied=premultiplied,
        orientation=valid_orientation(page.tags.valueof(ORIENTATION)),
    )


def _colours(page: TiffPage, photometric: int, top: int) -> Colours | None:
    """Give the function that turns levels into grey or RGB, None where they are that."""

    def tag(code: int) -> Any:
        return page.tags.valueof(code)

    if photometric == 0:
        return colours.inverted(top)
    if photometric == PALETTE and page.colormap is not None:
        return colours.palette(page.colormap)
    if photometric == CMYK:
        return colours.cmyk(top)
    if photometric == YCBCR and page.compression != JPEG:  # libjpeg gives RGB
        return colours.ycbcr(top, tag(529), tag(532))
    if photometric in (LAB, ICC_LAB):
        return colours.lab(top, signed=photometric == LAB)
    return None
