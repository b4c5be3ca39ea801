"""Pixels of pictures: container × depth × photometric × alpha × orientation × signedness × metadata.

Files are written from their specifications (tests/support/picture_files.py) or by OpenCV, and read back against closed
forms, and against decoders that the reader does not use for that format: OpenCV, and Pillow for PNG and TIFF.
"""

from __future__ import annotations

import io
import struct
import zlib
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import imagecodecs
import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from PIL import Image

from genbench.errors import InputError
from genbench.files.picture import decode
from tests.support.picture_files import (
    animated_webp,
    bmp,
    chunk,
    exif,
    gif,
    netpbm,
    packed,
    png,
    segment,
    stored,
    tiff,
    with_chunks,
    with_segments,
)

RNG = np.random.default_rng(0)
RGB = RNG.integers(256, size=(6, 9, 3))
GREY = RNG.integers(256, size=(6, 9, 1))
PALETTE = RNG.integers(256, size=(256, 3))


def read(content: bytes) -> np.ndarray:
    """Decode to (H, W, C)."""
    return decode(io.BytesIO(content), "x").transpose(1, 2, 0)


def nearest(value: Fraction) -> int:
    return round(value)


@np.vectorize
def scaled(level: int, top: int) -> int:
    return nearest(Fraction(255 * int(level), int(top)))


@np.vectorize
def on_white(level: int, alpha: int, top: int, premultiplied: bool = False) -> int:
    level, alpha, top = int(level), int(alpha), int(top)
    shown = Fraction(level, top) if premultiplied else Fraction(level * alpha, top * top)
    return min(255, nearest(255 * (shown + 1 - Fraction(alpha, top))))


def assert_pixels(content: bytes, expected: np.ndarray, within: int = 0) -> None:
    """Compare what is read with (H, W, 1 or 3), where grey in three channels is grey in one."""
    found = read(content)
    assert found.dtype == np.uint8
    assert found.shape[:2] == expected.shape[:2]
    assert np.abs(found.astype(int) - expected).max() <= within
    assert found.shape[2] == 1 or within or (expected != expected[..., :1]).any(), "grey has one channel"


def opencv(content: bytes, flags: int = cv2.IMREAD_COLOR) -> np.ndarray:
    """Decode by OpenCV to RGB or grey, upright."""
    pixels = cv2.imdecode(np.frombuffer(content, np.uint8), flags)
    assert pixels is not None
    return pixels[..., ::-1] if pixels.ndim == 3 and pixels.shape[2] == 3 else np.atleast_3d(pixels)


def encoded(pixels: np.ndarray, ending: str, *options: int) -> bytes:
    """Encode (H, W, 1, 3 or 4) by OpenCV."""
    order = {1: [0], 3: [2, 1, 0], 4: [2, 1, 0, 3]}[pixels.shape[2]]
    return bytes(cv2.imencode(ending, np.ascontiguousarray(pixels[..., order]), options)[1])


# TIFF and PNG: depths, photometric interpretations, alpha, layouts

TIFF_LAYOUT = st.fixed_dictionaries(
    {
        "order": st.sampled_from("<>"),
        "big": st.booleans(),
        "planar": st.sampled_from([1, 2]),
        "compression": st.sampled_from([1, 8, 32773]),
        "rows": st.sampled_from([None, 1, 4]),
        "tile": st.sampled_from([None, None, 16]),
    }
)


@settings(max_examples=250, deadline=None)
@given(
    bits=st.integers(1, 16),
    photometric=st.sampled_from([0, 1, 2]),
    alpha=st.sampled_from([None, 0, 1, 2]),
    orientation=st.integers(1, 8),
    layout=TIFF_LAYOUT,
    seed=st.integers(0, 9),
)
def test_a_tiff_of_any_depth_layout_and_alpha(
    bits: int, photometric: int, alpha: int | None, orientation: int, layout: dict[str, Any], seed: int
) -> None:
    rng, top, channels = np.random.default_rng(seed), 2**bits - 1, 3 if photometric == 2 else 1
    levels = rng.integers(top + 1, size=(5, 7, channels + (alpha is not None)))
    levels[0, 0], levels[-1, -1] = 0, top
    colours, cover = (top - levels if photometric == 0 else levels)[..., :channels], levels[..., -1:]
    if alpha == 1:  # premultiplied: no colour is above its alpha
        cover = np.maximum(cover, colours.max(2, keepdims=True))
        levels[..., -1:] = cover
    more: list[Any] = [(274, "H", [orientation])]
    more += [] if alpha is None else [(338, "H", [alpha])]
    content = tiff(stored(levels, orientation), bits=bits, photometric=photometric, more=more, **layout)
    expected = on_white(colours, cover, top, alpha == 1) if alpha else scaled(colours, top)
    assert_pixels(content, expected)


@settings(max_examples=60, deadline=None)
@given(bits=st.sampled_from([8, 16]), layout=TIFF_LAYOUT, seed=st.integers(0, 9))
def test_cmyk_of_a_tiff(bits: int, layout: dict[str, Any], seed: int) -> None:
    """Inks lie one over another: R = 255 (1 − C) (1 − K)."""
    top = 2**bits - 1
    inks = np.random.default_rng(seed).integers(top + 1, size=(5, 7, 4))
    expected = on_white(0, inks[..., :3], top) * on_white(0, inks[..., 3:], top) / 255  # 255 (1 − ink), up to rounding
    exact = 255 * (1 - inks[..., :3] / top) * (1 - inks[..., 3:] / top)
    assert np.abs(expected - exact).max() < 1
    assert_pixels(tiff(inks, bits=bits, photometric=5, **layout), np.rint(exact))


@pytest.mark.parametrize("extra", [[0, 2], [2, 0], [1, 0], [999, 0], [0, 0]])
@pytest.mark.parametrize("photometric", [2, 5])
def test_alpha_of_a_tiff_is_where_it_says(extra: list[int], photometric: int) -> None:
    """999 is Corel's for alpha that colours are not multiplied by."""
    channels = 3 if photometric == 2 else 4
    levels = RNG.integers(256, size=(5, 7, channels + 2))
    levels[..., :3] //= 2
    content = tiff(levels, photometric=photometric, more=[(338, "H", extra)])
    place = next((channels + place for place, kind in enumerate(extra) if kind), None)
    cover = levels[..., [place]] / 255 if place else 1
    ink = levels / 255
    exact = 255 * (ink[..., :3] if photometric == 2 else (1 - ink[..., :3]) * (1 - ink[..., 3:4]))
    shown = exact + 255 * (1 - cover) if 1 in extra else exact * cover + 255 * (1 - cover)
    assert_pixels(content, np.rint(shown.clip(0, 255)))


@pytest.mark.parametrize("compression", [1, 32773])
def test_a_predictor_where_none_can_be_is_passed_over(compression: int) -> None:
    """As libtiff does, which has predictors for LZW, Deflate and the like alone."""
    assert_pixels(tiff(GREY, compression=compression, more=[(317, "H", [2])]), GREY)


def test_a_tiff_of_12_bits_in_jpeg() -> None:
    ramp = np.tile(np.arange(0, 4096, 32, dtype=np.uint16), (16, 1))
    part = bytes(imagecodecs.jpeg8_encode(ramp, level=99, bitspersample=12))
    assert_pixels(tiff(ramp, bits=12, more=[(259, "H", [7])], instead=part), scaled(ramp, 4095)[..., None], within=1)


def test_cmyk_of_a_tiff_is_pillows_to_rounding() -> None:
    inks = RNG.integers(256, size=(20, 20, 4))
    content = tiff(inks, photometric=5)
    other = np.asarray(Image.open(io.BytesIO(content)).convert("RGB"))
    assert_pixels(content, other.astype(int), within=1)


@pytest.mark.parametrize("layout", [{}, {"order": ">"}, {"compression": 8, "rows": 2}, {"planar": 2}])
def test_ycbcr_of_a_tiff(layout: dict[str, Any]) -> None:
    """BT.601, the whole range: R = Y + 1.402 (Cr − 128), and so on (TIFF 6.0, section 21; also JFIF's)."""
    levels = RNG.integers(256, size=(20, 20, 3))
    y, cb, cr = np.moveaxis(levels - (0, 128, 128), -1, 0)
    exact = np.stack([y + 1.402 * cr, y - 0.344136 * cb - 0.714136 * cr, y + 1.772 * cb], -1).clip(0, 255)
    content = tiff(levels, photometric=6, more=[(530, "H", [1, 1])], **layout)
    assert np.abs(read(content) - exact).max() <= 0.51
    if not layout:
        other = np.asarray(Image.open(io.BytesIO(content)).convert("RGB"))
        assert_pixels(content, other.astype(int), within=1)


def test_ycbcr_of_the_range_of_video() -> None:
    """ITU-R BT.601's Y is 16 to 235, and Cb and Cr 16 to 240."""
    bounds = [(16, 1), (235, 1), (128, 1), (240, 1), (128, 1), (240, 1)]
    levels = np.array([[[16, 128, 128], [235, 128, 128], [81, 90, 240]]])
    content = tiff(levels, photometric=6, more=[(530, "H", [1, 1]), (532, "R", bounds)])
    assert_pixels(content, np.array([[[0, 0, 0], [255, 255, 255], [255, 0, 0]]]), within=1)


def test_subsampled_ycbcr_that_is_no_jpeg_is_refused() -> None:
    with pytest.raises(InputError, match="x: not readable as a picture: chroma subsampling"):
        read(tiff(RNG.integers(256, size=(4, 4, 3)), photometric=6, more=[(530, "H", [2, 2])]))


#: sRGB and its L*a*b* under D50, from Lindbloom's calculator (Bradford), to two decimals.
LAB = {
    (0, 0, 0): (0, 0, 0),
    (255, 255, 255): (100, 0, 0),
    (119, 119, 119): (50.03, 0, 0),
    (255, 0, 0): (54.29, 80.81, 69.89),
    (0, 255, 0): (87.82, -79.29, 80.99),
    (0, 0, 255): (29.57, 68.30, -112.03),
    (70, 130, 180): (51.99, -8.36, -32.83),
}


@pytest.mark.parametrize(("photometric", "bits"), [(8, 8), (8, 16), (9, 8), (9, 16)])
def test_lab_of_a_tiff(photometric: int, bits: int) -> None:
    unit = 1 if bits == 8 else 256
    lightest = (255 if bits == 8 else 65535) if photometric == 8 else 255 * unit
    lab = np.array(list(LAB.values()))
    shift = 128 * unit if photometric == 9 else 0
    levels = np.rint(np.c_[lab[:, 0] / 100 * lightest, lab[:, 1:] * unit + shift]).astype(int) % 2**bits
    content = tiff(levels[None], bits=bits, photometric=photometric)
    colours = np.array(list(LAB))
    near = 1 if bits == 16 else np.where(colours.any(1) & ~colours.all(1), 10, 1)[:, None]  # steps are large at a bound
    assert (np.abs(read(content)[0] - colours) <= near).all()


def test_lab_within_srgb_is_littlecms() -> None:
    """LittleCMS, by Pillow, interpolates in a table, most coarsely in dark colours."""
    grid = np.stack(np.meshgrid(np.arange(60, 200, 9), *[np.arange(108, 149, 5)] * 2, indexing="ij"), -1).reshape(
        -1, 1, 3
    )
    planes = [Image.fromarray(np.ascontiguousarray(grid[..., index]).astype(np.uint8)) for index in range(3)]
    other = np.asarray(Image.merge("LAB", planes).convert("RGB")).astype(int)
    inside = ((other > 30) & (other < 225)).all((1, 2))
    assert inside.sum() > 400
    difference = np.abs(read(tiff((grid[inside] - (0, 128, 128)) % 256, photometric=8)) - other[inside])
    assert (difference <= 1).mean() > 0.95
    assert difference.mean() < 0.25


@pytest.mark.parametrize("bits", [1, 2, 4, 8])
@pytest.mark.parametrize("step", [257, 256, 1])  # as TIFF says, as Pillow writes it, and as old writers did
def test_a_palette_of_a_tiff(bits: int, step: int) -> None:
    indexes = RNG.integers(2**bits, size=(5, 7))
    table = PALETTE[: 2**bits]
    content = tiff(indexes, bits=bits, photometric=3, more=[(320, "H", (table.T * step).reshape(-1).tolist())])
    assert_pixels(content, table[indexes])


def test_a_palette_of_16_bits_is_scaled() -> None:
    table = RNG.integers(65536, size=(256, 3))
    indexes = RNG.integers(256, size=(5, 7))
    content = tiff(indexes, photometric=3, more=[(320, "H", table.T.reshape(-1).tolist())])
    assert_pixels(content, scaled(table[indexes], 65535))


REFUSED_TIFFS: dict[str, tuple[dict[str, Any], str]] = {
    "signed 8 bits": ({"more": [(339, "H", [2])]}, "8 signed bits a channel"),
    "signed 16 bits": ({"bits": 16, "more": [(339, "H", [2])]}, "16 signed bits a channel"),
    "signed 32 bits": ({"bits": 32, "more": [(339, "H", [2])]}, "32 signed bits a channel"),
    "32 bits": ({"bits": 32}, "32 bits a channel"),
    "floats": ({"bits": 32, "more": [(339, "H", [3])]}, "32 floating-point bits a channel"),
    "half floats": ({"bits": 16, "more": [(339, "H", [3])]}, "16 floating-point bits a channel"),
    "any other kind": ({"more": [(339, "H", [4])]}, "8 other bits a channel"),
    "a mask": ({"bits": 1, "photometric": 4}, "photometric interpretation 4 is not known"),
    "a sensor's": ({"photometric": 32803}, "photometric interpretation 32803 is not known"),
    "an unknown one": ({"photometric": 99}, "photometric interpretation 99 is not known"),
    "an unknown compression": ({"more": [(259, "H", [34712])]}, "compression 34712 is not known"),
    "a picture of no pixels": ({"more": [(256, "I", [0])]}, "expected at least one pixel"),
    "a bomb": ({"more": [(256, "I", [1 << 31])]}, "decompression bomb"),
    "a tile's bomb": ({"tile": 16, "more": [(322, "I", [1 << 31])]}, "decompression bomb"),
    "too many samples": ({"more": [(277, "H", [60000])]}, "60000 samples a pixel"),
    "missing strips": ({"more": [(273, "I", [0])]}, "parts of its pixels are not in the file"),
    "fewer strips": (
        {"rows": 2, "more": [(273, "I", [8]), (279, "I", [9])]},
        "parts of its pixels are not in the file",
    ),
    "no photometric": ({"more": [(262, "H", [])]}, "no photometric interpretation"),
    "bits of several kinds": ({"photometric": 2, "more": [(258, "H", [5, 6, 5]), (277, "H", [3])]}, "5, 6, 5 bits"),
    "channels of nobody knows what": ({"more": [(277, "H", [3])]}, "3 samples a pixel, and nothing says what 2"),
    "grey of several channels": ({"more": [(277, "H", [3]), (338, "H", [0, 0])]}, "nothing says what 2"),
    "an unknown extra": ({"more": [(277, "H", [2]), (338, "H", [9])]}, "nothing says what 1"),
    "samples of a bomb": (
        {"more": [(256, "I", [9000]), (257, "I", [9000]), (277, "H", [14]), (338, "H", [0] * 13)]},
        "takes 1134000000 bytes",
    ),
    "tiles of a bomb": ({"tile": 16, "more": [(322, "I", [1 << 26])]}, "decompression bomb"),
    "half a strip": ({"compression": 8, "instead": zlib.compress(bytes(20))}, "not readable as a picture"),
    "a JPEG's bomb": (
        {"more": [(259, "H", [7])], "instead": b"\xff\xd8" + segment(0xC0, struct.pack(">BHHB", 8, 65500, 65500, 1))},
        "65500 × 65500 pixels",
    ),
    "a JPEG larger than its strip": (
        {"more": [(259, "H", [7])], "instead": encoded(np.zeros((40, 40, 1), np.uint8), ".jpg")},
        "a part of 9 × 6 pixels is a JPEG of 40 × 40",
    ),
    "a JPEG of L\\*a\\*b\\*": (
        {"photometric": 8, "more": [(259, "H", [7]), (277, "H", [3])]},
        "JPEG of 8 bits and TIFF's photometric interpretation 8",
    ),
    "strips elsewhere": ({"more": [(273, "I", [1 << 20])]}, "not readable as a picture"),
}


@pytest.mark.parametrize("reason", REFUSED_TIFFS)
def test_a_tiff_whose_levels_nobody_knows_is_refused(reason: str) -> None:
    options, message = REFUSED_TIFFS[reason]
    with pytest.raises(InputError, match=f"^x: .*{message}") as caught:
        read(tiff(GREY % (2 ** min(options.get("bits", 8), 8)), **options))
    assert "\n" not in str(caught.value)


@settings(max_examples=120, deadline=None)
@given(
    bits=st.sampled_from([1, 2, 4, 8, 16]),
    channels=st.integers(1, 4),
    level=st.booleans(),
    interlaced=st.booleans(),
    orientation=st.integers(1, 8),
    seed=st.integers(0, 9),
)
def test_a_png_of_any_depth_and_alpha(
    bits: int, channels: int, level: bool, interlaced: bool, orientation: int, seed: int
) -> None:
    """level: a tRNS chunk that makes the colour of one pixel transparent, in whole levels of the file's depth."""
    bits = bits if channels == 1 else max(bits, 8)
    top, rng = 2**bits - 1, np.random.default_rng(seed)
    levels = rng.integers(top + 1, size=(5, 7, channels))
    colours = levels[..., : channels - 1 + channels % 2]
    cover = levels[..., -1:] if channels in (2, 4) else np.full((5, 7, 1), top)
    before = chunk(b"eXIf", exif(orientation))
    if level and channels in (1, 3):
        before += chunk(b"tRNS", colours[2, 3].astype(">u2").tobytes())
        cover = np.where((colours == colours[2, 3]).all(2, keepdims=True), 0, top)
    content = png(stored(levels, orientation), bits=bits, before=before, interlaced=interlaced)
    assert_pixels(content, on_white(colours, cover, top))


@pytest.mark.parametrize("bits", [1, 2, 4, 8])
def test_a_palette_of_a_png_with_transparent_entries(bits: int) -> None:
    indexes, alphas = RNG.integers(2**bits, size=(5, 7)), RNG.integers(256, size=2**bits)
    content = png(indexes, bits=bits, palette=PALETTE[: 2**bits], before=chunk(b"tRNS", bytes(alphas[:-1].tolist())))
    alphas[-1] = 255  # which tRNS leaves out
    assert_pixels(content, on_white(PALETTE[indexes], alphas[indexes][..., None], 255))


def test_an_odd_png_is_read_in_silence(capfd: pytest.CaptureFixture[str]) -> None:
    """libpng warns of every interlaced picture."""
    assert_pixels(png(RGB, interlaced=True), RGB)
    assert_pixels(png(GREY, before=chunk(b"PLTE", bytes(6))), GREY)
    assert capfd.readouterr() == ("", "")


TRANSPARENT = chunk(b"tRNS", bytes(2))
REFUSED_PNGS: dict[str, tuple[bytes, str]] = {
    "a transparent level with a wrong checksum": (
        png(GREY, before=TRANSPARENT[:-1] + b"\0"),
        "a chunk tRNS is broken",
    ),
    "pixels with a wrong checksum": (png(GREY)[:-13] + b"\0" + png(GREY)[-12:], "a chunk IDAT is broken"),
    "pixels cut short": (png(GREY)[:-14], "it ends within a chunk IDAT"),
    "two transparent levels": (png(GREY, before=TRANSPARENT * 2), "at most one PLTE and one tRNS"),
    "a transparent level behind the pixels": (png(GREY, after=TRANSPARENT), "in this order"),
    "a transparent level before the palette": (
        png(GREY, palette=PALETTE).replace(b"PLTE", b"tEXt", 1)[:33] + TRANSPARENT + png(GREY, palette=PALETTE)[33:],
        "in this order",
    ),
    "a transparent level of another kind": (png(RGB, before=TRANSPARENT), "its transparent levels"),
    "more transparent levels than colours": (
        png(GREY % 4, palette=PALETTE[:4], before=chunk(b"tRNS", bytes(5))),
        "its transparent levels",
    ),
    "no pixels": (png(GREY).replace(b"IDAT", b"tEXt"), "expected one chunk IHDR"),
    "two heads": (png(GREY)[:33] + png(GREY)[8:], "expected one chunk IHDR"),
    "no palette": (png(GREY, palette=PALETTE).replace(b"PLTE", b"teXt"), "pixels are broken"),
    "a depth of 3 bits": (png(GREY, bits=3), "pixels are broken"),
    "pixels of no zlib": (png(GREY)[:33] + chunk(b"IDAT", b"abc") + chunk(b"IEND", b""), "pixels are broken"),
    "too few rows": (png(GREY)[:33] + png(GREY[:3])[33:], "pixels are broken"),
    "nothing else": (b"\x89PNG\r\n\x1a\n", "expected one chunk IHDR"),
}


@pytest.mark.parametrize("reason", REFUSED_PNGS)
def test_a_png_that_is_broken_is_refused(reason: str) -> None:
    content, message = REFUSED_PNGS[reason]
    with pytest.raises(InputError, match=f"^x: not readable as a picture: .*{message}") as caught:
        read(content)
    assert str(caught.value).isprintable()


# Against other decoders


@pytest.mark.parametrize("ending", [".png", ".tiff", ".bmp", ".ppm", ".pgm", ".webp"])
@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("depth", [np.uint8, np.uint16])
def test_what_opencv_writes_without_loss(ending: str, channels: int, depth: Any) -> None:
    top = np.iinfo(depth).max
    pixels = RNG.integers(top + 1, size=(11, 13, channels)).astype(depth)
    if {".ppm": 3, ".pgm": 1}.get(ending, channels) != channels or (ending in (".bmp", ".webp") and depth == np.uint16):
        pytest.skip("no such format")
    content = encoded(pixels, ending, *((cv2.IMWRITE_WEBP_QUALITY, 101) if ending == ".webp" else ()))
    alpha = channels == 4 and opencv(content, cv2.IMREAD_UNCHANGED).shape[2] == 4
    expected = on_white(pixels[..., :3], pixels[..., 3:], top) if alpha else scaled(pixels[..., :3], top)
    assert_pixels(content, expected)


@pytest.mark.parametrize("pixels", [GREY, RGB], ids=["grey", "RGB"])
@pytest.mark.parametrize("compression", ["raw", "tiff_lzw", "packbits", "tiff_adobe_deflate", "zstd", "jpeg"])
def test_a_tiff_as_libtiff_writes_it(pixels: np.ndarray, compression: str) -> None:
    out = io.BytesIO()
    smooth = cv2.resize(pixels.astype(np.uint8), (64, 48), interpolation=cv2.INTER_CUBIC)
    Image.fromarray(smooth).save(out, "TIFF", compression=compression)
    other = np.atleast_3d(np.asarray(Image.open(out))).astype(int)
    assert_pixels(out.getvalue(), other, within=2 if compression == "jpeg" else 0)


@pytest.mark.parametrize("compression", ["tiff_ccitt", "group3", "group4"])
@pytest.mark.parametrize("photometric", [0, 1])
def test_a_fax(compression: str, photometric: int) -> None:
    bilevel, out = RNG.integers(2, size=(16, 24)).astype(bool), io.BytesIO()
    Image.fromarray(bilevel).save(out, "TIFF", compression=compression, tiffinfo={262: photometric})
    other = np.asarray(Image.open(out).convert("L"))[..., None].astype(int)
    assert_pixels(out.getvalue(), other)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize(
    "options", [(), (cv2.IMWRITE_JPEG_PROGRESSIVE, 1), (cv2.IMWRITE_JPEG_SAMPLING_FACTOR, 0x111111)]
)
def test_a_jpeg_is_within_two_levels_of_opencvs(orientation: int, order: str, options: tuple[int, ...]) -> None:
    smooth = cv2.resize(RGB.astype(np.uint8), (40, 32), interpolation=cv2.INTER_CUBIC)
    jpeg = encoded(smooth, ".jpg", *options)
    content = with_segments(jpeg, segment(0xE1, b"Exif\0\0" + exif(orientation, order=order)))
    assert_pixels(content, opencv(content).astype(int), within=2)
    assert read(content).shape[:2] == ((32, 40) if orientation < 5 else (40, 32))


@pytest.mark.parametrize("mode", ["L", "CMYK"])
def test_a_jpeg_of_other_colours_is_within_two_levels_of_opencvs(mode: str) -> None:
    smooth = cv2.resize(RGB.astype(np.uint8), (40, 32), interpolation=cv2.INTER_CUBIC)
    out = io.BytesIO()
    Image.fromarray(smooth).convert(mode).save(out, "JPEG", quality=95)
    assert_pixels(out.getvalue(), opencv(out.getvalue()).astype(int), within=2)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_webp_is_turned(orientation: int) -> None:
    pixels = stored(RGB.astype(np.uint8), orientation)
    lossless = encoded(pixels, ".webp", cv2.IMWRITE_WEBP_QUALITY, 101)
    height, width = pixels.shape[:2]
    content = with_chunks(lossless, (b"EXIF", exif(orientation)), flags=8, width=width, height=height)
    assert_pixels(content, RGB)


def test_a_jpeg_of_12_bits() -> None:
    ramp = np.tile(np.arange(0, 4096, 32, dtype=np.uint16), (16, 1))
    for levels in (ramp, np.dstack([ramp, ramp[:, ::-1], ramp])):
        content = bytes(imagecodecs.jpeg8_encode(levels, level=99, bitspersample=12))
        assert_pixels(content, np.atleast_3d(scaled(levels, 4095)), within=2)


SMOOTH = cv2.resize(RGB.astype(np.uint8), (40, 32), interpolation=cv2.INTER_CUBIC)
JPEG = encoded(SMOOTH, ".jpg", cv2.IMWRITE_JPEG_PROGRESSIVE, 1)
AT, SCAN = JPEG.index(b"\xff\xc2"), JPEG[JPEG.rindex(b"\xff\xda") : -2]
REFUSED_JPEGS = {
    "no pixels": (JPEG[: AT + 5] + bytes(4) + JPEG[AT + 9 :], "expected at least one pixel"),
    "a bomb": (JPEG[: AT + 5] + b"\xff" * 4 + JPEG[AT + 9 :], "this could be a decompression bomb"),
    "a small bomb": (JPEG[: AT + 5] + struct.pack(">HH", 9000, 9000) + JPEG[AT + 9 :], "in .* bytes: it is cut short"),
    "scans without end": (JPEG[:-2] + SCAN * 600 + JPEG[-2:], "more than 500 scans"),
    "16 bits": (JPEG[: AT + 4] + b"\x10" + JPEG[AT + 5 :], "a JPEG of 16 bits a channel, expected 8 or 12"),
    "no frame": (b"\xff\xd8\xff\xd9", "has no frame"),
    "CMYK of 12 bits": (
        bytes(
            imagecodecs.jpeg8_encode(
                np.zeros((8, 8, 4), np.uint16), bitspersample=12, colorspace="CMYK", outcolorspace="CMYK"
            )
        ),
        "4 channels of 12 bits",
    ),
}


@pytest.mark.parametrize("reason", REFUSED_JPEGS)
def test_a_jpeg_that_is_no_safe_picture_is_refused(reason: str) -> None:
    content, message = REFUSED_JPEGS[reason]
    with pytest.raises(InputError, match=f"^x: .*{message}"):
        read(content)


@pytest.mark.parametrize("kind", ["AVIF", "DDS", "EPS", "ICNS", "ICO", "JPEG2000", "PCX", "PDF", "SGI", "TGA"])
def test_a_picture_of_another_format_is_refused(kind: str) -> None:
    out = io.BytesIO()
    Image.fromarray(SMOOTH).save(out, kind)
    with pytest.raises(
        InputError, match="^x: not a picture in one of the formats BMP, GIF, JPEG, PNG, PPM, TIFF, WEBP"
    ):
        read(out.getvalue())


def test_nothing_is_around_the_first_frame_of_a_webp() -> None:
    lossless = encoded(RGB.astype(np.uint8), ".webp", cv2.IMWRITE_WEBP_QUALITY, 101)
    expected = np.full((20, 30, 3), 255)
    expected[4:10, 8:17] = RGB
    assert_pixels(animated_webp(lossless, (6, 9), (4, 8), (20, 30)), expected)


# Netpbm, BMP, GIF


@pytest.mark.parametrize("plain", [False, True])
@pytest.mark.parametrize("top", [1, 15, 100, 255, 256, 1023, 4095, 65535])
@pytest.mark.parametrize("shape", [(5, 7), (5, 7, 3)])
def test_netpbm_of_any_largest_level(plain: bool, top: int, shape: tuple[int, ...]) -> None:
    levels = RNG.integers(top + 1, size=shape)
    expected = scaled(levels, top)
    assert_pixels(netpbm(levels, top, plain=plain), expected if len(shape) == 3 else expected[..., None])


def test_a_netpbm_of_floats_is_refused() -> None:
    with pytest.raises(InputError, match="32 bits a channel"):
        read(b"Pf\n2 2\n-1.0\n" + np.zeros(4, "<f4").tobytes())


@pytest.mark.parametrize("bits", [1, 4, 8])
def test_a_palette_of_a_bmp(bits: int) -> None:
    indexes = RNG.integers(2**bits, size=(6, 9))
    rows = [packed(row, bits) for row in indexes]
    assert_pixels(bmp(rows, 9, bits, palette=PALETTE[: 2**bits]), PALETTE[indexes])


@pytest.mark.parametrize("bits", [1, 4, 8])
def test_a_bmp_of_black_and_white_alone(bits: int) -> None:
    indexes = RNG.integers(2, size=(6, 9))
    two = np.array([[0, 0, 0], [255, 255, 255]])
    content = bmp([packed(row, bits) for row in indexes], 9, bits, palette=two, colours=2)
    assert_pixels(content, 255 * indexes[..., None])


@pytest.mark.parametrize(("masks", "depths"), [((), (5, 5, 5)), ((0xF800, 0x7E0, 0x1F), (5, 6, 5))])
def test_a_bmp_of_16_bits_a_pixel(masks: tuple[int, ...], depths: tuple[int, ...]) -> None:
    levels = np.stack([RNG.integers(2**depth, size=(8, 32)) for depth in depths], -1)
    levels[0, :, 0] = np.arange(32)
    values = (levels[..., 0] << (depths[1] + depths[2])) | (levels[..., 1] << depths[2]) | levels[..., 2]
    content = bmp([row.astype("<u2").tobytes() for row in values], 32, 16, masks=masks)
    assert_pixels(content, scaled(levels, 2 ** np.array(depths) - 1))


def test_a_bmp_of_16_bits_with_alpha_is_refused() -> None:
    with pytest.raises(InputError, match="x: has 16 bits a pixel with alpha"):
        read(bmp([bytes(18)] * 6, 9, 16, masks=(0x7C00, 0x3E0, 0x1F, 0x8000)))


def test_a_bmp_with_alpha_and_one_without() -> None:
    levels = RNG.integers(256, size=(6, 9, 4))
    rows = [row[:, [2, 1, 0, 3]].astype(np.uint8).tobytes() for row in levels]
    masks = (0xFF0000, 0xFF00, 0xFF, 0xFF000000)
    assert_pixels(bmp(rows, 9, 32, masks=masks), on_white(levels[..., :3], levels[..., 3:], 255))
    assert_pixels(bmp(rows, 9, 32), levels[..., :3])


@pytest.mark.parametrize("transparent", [None, 0, 7])
@pytest.mark.parametrize("frames", [1, 3])
@pytest.mark.parametrize("around", [0, 2])
def test_the_first_frame_of_a_gif(transparent: int | None, frames: int, around: int) -> None:
    indexes = RNG.integers(9, size=(20, 30))
    cover = np.where(indexes == transparent, 0, 255)[..., None]
    content = gif(indexes, PALETTE, transparent=transparent, frames=frames, around=around)
    rim = ((around, around), (around, around), (0, 0))
    assert_pixels(content, np.pad(on_white(PALETTE[indexes], cover, 255), rim, constant_values=255))


def test_the_first_frame_of_others() -> None:
    first, second = (Image.fromarray(pixels.astype(np.uint8)) for pixels in (RGB, 255 - RGB))
    for kind in ("PNG", "TIFF", "WEBP"):
        out = io.BytesIO()
        first.save(out, kind, save_all=True, append_images=[second], lossless=True)
        assert_pixels(out.getvalue(), RGB)


def test_an_orientation_beside_much_else_in_exif() -> None:
    """A camera's own notes take more than the 64 kB that a segment of JPEG has."""
    content = png(stored(RGB, 6), before=chunk(b"eXIf", exif(6) + bytes(500_000)))
    assert_pixels(content, RGB)


def test_an_orientation_in_xmp() -> None:
    xmp = b"<x:xmpmeta><rdf:Description tiff:Orientation='8'/></x:xmpmeta>"
    assert_pixels(png(stored(RGB, 8), before=chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + xmp)), RGB)
    turned, jpeg = stored(RGB, 8).astype(np.uint8), encoded(stored(RGB, 8).astype(np.uint8), ".jpg")
    content = with_segments(jpeg, segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + xmp))
    assert_pixels(content, np.rot90(opencv(encoded(turned, ".jpg")).astype(int), -3), within=2)


# Metadata never decide

LONG = b"node " * 400_000
ODD_EXIF = {
    "orientation 0": exif(0),
    "orientation 9": exif(9),
    "orientation 65535": exif(65535),
    "orientation as a rational": exif(6, kind="I")[:-8] + b"\xff" * 8,
    "orientation as a text": exif(54, kind="A"),
    "cut short": exif(6)[:13],
    "empty": b"",
    "text": b"nothing of the kind",
    "a directory at itself": b"II*\0\x08\0\0\0\x01\0\x69\x87\x04\0\x01\0\0\0\x08\0\0\0\x08\0\0\0",
    "a directory beyond the end": b"II*\0\xff\xff\xff\x7f",
    "70,000 entries": b"MM\0*\0\0\0\x08\xff\xff" + b"\x01\x12\0\x0a\xff\xff\xff\xff\xff\xff\xff\xff" * 100,
}
PNG_CHUNKS = {
    "2 MB of packed text": chunk(b"zTXt", b"graph\0\0" + zlib.compress(LONG)),
    "2 MB of international text": chunk(b"iTXt", b"graph\0\x01\0\0\0" + zlib.compress(LONG)),
    "2 MB of plain text": chunk(b"tEXt", b"graph\0" + LONG),
    "60 MB of packed text": chunk(b"zTXt", b"graph\0\0" + zlib.compress(bytes(60_000_000))),
    "5,000 texts": chunk(b"tEXt", b"k\0v") * 5000,
    "2 MB of a profile": chunk(b"iCCP", b"p\0\0" + zlib.compress(bytes(2_000_000))),
    "a profile packed by nobody": chunk(b"iCCP", b"p\0\x07" + b"x" * 9),
    "a profile without a name": chunk(b"iCCP", b""),
    "text packed by nobody": chunk(b"zTXt", b"k\0\x07x"),
    "broken text": chunk(b"zTXt", b"k\0\0not zlib"),
    "a wrong checksum": chunk(b"tEXt", b"k\0v")[:-1] + b"\0",
    "a short gamma": chunk(b"gAMA", b"\0"),
    "a gamma of 0": chunk(b"gAMA", bytes(4)),
    "short chromaticities": chunk(b"cHRM", b"\0" * 5),
    "no intent": chunk(b"sRGB", b""),
    "a short resolution": chunk(b"pHYs", b"\0"),
    "a broken animation": chunk(b"acTL", b"\0") + chunk(b"fcTL", b"\0" * 3),
    "frames out of order": chunk(b"acTL", struct.pack(">II", 2, 0))
    + chunk(b"fcTL", struct.pack(">5I", 9, 99, 99, 9, 9) + bytes(6)),
    "a chunk of nobody's": chunk(b"prVt", bytes(1000)),
    "significant bits beyond the depth": chunk(b"sBIT", bytes([99] * 3)),
    "a background beyond the levels": chunk(b"bKGD", b"\xff" * 6),
}


@pytest.mark.parametrize("metadata", [*PNG_CHUNKS, *ODD_EXIF])
def test_metadata_of_a_png(metadata: str) -> None:
    chunks = PNG_CHUNKS.get(metadata) or chunk(b"eXIf", ODD_EXIF[metadata])
    assert_pixels(png(RGB, before=chunks), RGB)
    assert_pixels(png(RGB, after=chunks), RGB)
    assert_pixels(png(RGB, after=chunks) + b"more behind its end", RGB)


JPEG_SEGMENTS = {
    "60 kB of comments, 40 times": segment(0xFE, b"x" * 60_000) * 40,
    "a profile in parts of which some lack": segment(0xE2, b"ICC_PROFILE\0\x07\x09" + bytes(9)),
    "an empty profile": segment(0xE2, b"ICC_PROFILE\0"),
    "several pictures that are none": segment(0xE2, b"MPF\0" + b"\xff" * 40),
    "several pictures without end": segment(
        0xE2, b"MPF\0II*\0\x08\0\0\0\x01\0\x01\xb0\x04\0\x01\0\0\0\xff\xff\xff\x7f"
    ),
    "broken resources of Photoshop": segment(0xED, b"Photoshop 3.0\0008BIM\x03\xed\0\0\0\0\0\x02\0\0"),
    "an empty head of Photoshop": segment(0xED, b"Photoshop 3.0\0008BIM"),
    "a short head of FlashPix": segment(0xE2, b"FPXR\0"),
    "XMP that is none": segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0<x tiff:Orientation='9'"),
    "XMP of many bytes": segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + b"\xff" * 60_000),
    "segments of nobody's": b"".join(segment(0xE3 + index, b"\xff\xd8" * 99) for index in range(9)),
    "filling": b"\xff" * 9 + segment(0xFE, b""),
    "bytes between segments": segment(0xFE, b"x") + b"\0\0abc" + segment(0xFE, b"x"),
    "a marker that stands alone": b"\xff\x01" + segment(0xFE, b"x"),
    "a segment of no length": b"\xff\xfe\0\0",
}


@pytest.mark.parametrize("metadata", [*JPEG_SEGMENTS, *ODD_EXIF])
def test_metadata_of_a_jpeg(metadata: str) -> None:
    jpeg = encoded(RGB.astype(np.uint8), ".jpg")
    segments = JPEG_SEGMENTS.get(metadata) or segment(0xE1, b"Exif\0\0" + ODD_EXIF[metadata])
    np.testing.assert_array_equal(read(with_segments(jpeg, segments)), read(jpeg))


TIFF_TAGS: dict[str, list[Any]] = {
    "a description of 2 MB": [(270, "A", LONG)],
    "a description that is no text": [(270, "A", b"\xff\xfe\0")],
    "a profile of 2 MB": [(34675, "U", LONG)],
    "a resolution of n / 0": [(282, "R", [(1, 0)]), (283, "R", [(0, 0)]), (296, "H", [77])],
    "a date of nonsense": [(306, "A", b"yesterday\0")],
    "an EXIF directory at itself": [(34665, "I", [8])],
    "an EXIF directory beyond the end": [(34665, "I", [0x7FFFFFFF])],
    "subdirectories": [(330, "I", [8, 0x7FFFFFFF])],
    "a microscope's tags": [(34412, "U", b"\xff" * 40), (33629, "I", [3, 4]), (33628, "I", [7, 8])],
    "another microscope's": [(270, "A", b"ImageJ=1.53t\nimages=900\nslices=900\n\0")],
    "OME's description": [(270, "A", b"<?xml version='1.0'?><OME><Image>")],
    "a tag of nobody's": [(65000, "d", [float("nan")] * 9)],
    "a scanner's tags": [(65420, "I", [1]), (65426, "I", [9]), (305, "A", b"ISS Vista\0"), (32997, "I", [7])],
    "an earth's tags": [(33550, "d", [0.0]), (42113, "A", b"nodata\0"), (34735, "H", [1])],
    "levels that lie": [(280, "H", [7]), (281, "H", [9]), (291, "H", [1])],
    "Photoshop's": [(34377, "U", b"8BIM\x03\xed\0")],
    "orientation 0": [(274, "H", [0])],
    "orientation 9": [(274, "H", [9])],
    "orientation as a text": [(274, "A", b"top\0")],
    "orientations": [(274, "H", [6, 3])],
}


@pytest.mark.parametrize("metadata", TIFF_TAGS)
@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("big", [False, True])
def test_metadata_of_a_tiff(metadata: str, order: str, big: bool) -> None:
    assert_pixels(tiff(RGB, photometric=2, order=order, big=big, more=TIFF_TAGS[metadata]), RGB)


@pytest.mark.parametrize("metadata", ODD_EXIF)
def test_metadata_of_a_webp(metadata: str) -> None:
    lossless = encoded(RGB.astype(np.uint8), ".webp", cv2.IMWRITE_WEBP_QUALITY, 101)
    chunks = [(b"EXIF", ODD_EXIF[metadata]), (b"XMP ", b"\xff<tiff:Orientation>9" * 9), (b"LONG", LONG)]
    assert_pixels(with_chunks(lossless, *chunks, flags=12, width=9, height=6), RGB)


def test_metadata_of_others() -> None:
    indexes = RNG.integers(256, size=(6, 9))
    whole = gif(indexes, PALETTE)
    notes = b"".join(b"\x21\xfe" + (b"\xff" + b"x" * 255) * 900 + b"\0" for _ in range(3))
    strange = b"\x21\xff\x0bNETSCAPE2.0\0" + b"\x21\xff\x0bXMP DataXMP\x03abc\0" + b"\x21\x01\x05hello\0"
    assert_pixels(whole[:781] + notes + strange + whole[781:], PALETTE[indexes])
    assert_pixels(netpbm(RGB, 255, comment=b"# " + b"x" * 100_000 + b"\n"), RGB)
    content = bytearray(bmp([row[:, ::-1].astype(np.uint8).tobytes() for row in RGB], 9, 24))
    content[38:46] = b"\xff" * 8  # pixels a metre
    assert_pixels(bytes(content), RGB)


# What is broken

SOUND = {
    "png": png(RGB),
    "tiff": tiff(RGB, photometric=2, rows=2),
    "bmp": bmp([row.astype(np.uint8).tobytes() for row in RGB], 9, 24),
    "ppm": netpbm(RGB, 255),
    "jpg": encoded(RGB.astype(np.uint8), ".jpg"),
    "webp": encoded(RGB.astype(np.uint8), ".webp"),
    "gif": gif(RNG.integers(256, size=(6, 9)), PALETTE),
}


@pytest.mark.parametrize("kind", SOUND)
@pytest.mark.parametrize("share", [0.03, 0.2, 0.5, 0.8])
def test_a_file_that_is_cut_short_is_refused(kind: str, share: float) -> None:
    content = SOUND[kind]
    with pytest.raises(InputError, match="^x: ") as caught:
        read(content[: int(len(content) * share)])
    assert "\n" not in str(caught.value)


def test_a_chunk_that_cannot_be_passed_over_is_refused() -> None:
    with pytest.raises(InputError, match="x: a chunk CgBI is critical"):
        read(png(RGB, before=chunk(b"CgBI", b"\x50\0\x20\x06")))


def test_a_file_is_read_from_its_path_too(tmp_path: Path) -> None:
    (tmp_path / "x.png").write_bytes(png(RGB))
    np.testing.assert_array_equal(decode(tmp_path / "x.png", "x"), RGB.transpose(2, 0, 1))
    with pytest.raises(InputError, match="nothing.png: no such file"):
        decode(tmp_path / "nothing.png", "x")
