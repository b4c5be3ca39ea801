"""Colours other than RGB: functions from levels, (h, W, C) from 0 to `top`, to grey or sRGB from 0 to 255."""

from __future__ import annotations

import numpy as np

from genbench.errors import InputError
from genbench.files.decoders import Colours

LUMA = (0.299, 0.587, 0.114)  # ITU-R BT.601
#: XYZ under D50, the white of ICC profiles, to linear sRGB (IEC 61966-2-1), whose white is D65, adapted by Bradford's.
D50 = np.array([0.9642, 1.0, 0.8249])
TO_SRGB = np.array(
    [
        [3.1338561, -1.6168667, -0.4906146],
        [-0.9787684, 1.9161415, 0.0334540],
        [0.0719453, -0.2289914, 1.4052427],
    ]
)


def inverted(top: int) -> Colours:
    """Take 0 for white."""
    return lambda levels: (top - levels.astype(np.float64)) * 255 / top


def cmyk(top: int) -> Colours:
    """Take levels for shares of ink that lie one over another: R = 255 (1 − C) (1 − K), and so on."""

    def colours(levels: np.ndarray) -> np.ndarray:
        light: np.ndarray = 1 - levels / top
        return 255 * light[..., :3] * light[..., 3:]

    return colours


def palette(table: np.ndarray) -> Colours:
    """Look levels up in a table of 16-bit colours (3, n).

    Some writers put 8 bits into the upper half of the 16, and old ones into the lower: those are 8 bits as they are.
    """
    if (table % 256 == 0).all():
        table = table // 256
    scale = 1.0 if table.max() < 256 else 257.0

    def colours(levels: np.ndarray) -> np.ndarray:
        found: np.ndarray = table.T[levels[..., 0]] / scale
        return found

    return colours


def ycbcr(top: int, luma: tuple[int, ...] | None, reference: tuple[int, ...] | None) -> Colours:
    """Follow "TIFF revision 6.0", section 21.

    luma, reference: the tags YCbCrCoefficients and ReferenceBlackWhite, rationals as numerators and denominators; None
    for BT.601's, and for the whole range.
    """
    red, green, blue = _rationals(luma, 3) if luma else LUMA
    half = (top + 1) / 2
    bounds = _rationals(reference, 6) if reference else (0, top, half, top, half, top)
    zeros, spans = np.array(bounds[::2]), np.array(bounds[1::2]) - np.array(bounds[::2])
    if not (spans.all() and green):
        raise InputError("its YCbCr has a range or a coefficient of zero")

    def colours(levels: np.ndarray) -> np.ndarray:
        y, cb, cr = np.moveaxis((levels - zeros) / spans * (1, (top - half) / top, (top - half) / top), -1, 0)
        r, b = y + (2 - 2 * red) * cr, y + (2 - 2 * blue) * cb
        return 255 * np.stack([r, (y - red * r - blue * b) / green, b], -1)

    return colours


def _rationals(numbers: tuple[int, ...], count: int) -> tuple[float, ...]:
    if len(numbers) != 2 * count or 0 in numbers[1::2]:
        raise InputError(f"expected {count} rationals about its YCbCr, got {numbers}")
    return tuple(one / other for one, other in zip(numbers[::2], numbers[1::2], strict=True))


def lab(top: int, *, signed: bool) -> Colours:
    """Take levels for CIE L*a*b* of 1976 under D50, L* from 0 to 100, a* and b* in 8 bits from -128 to 127.

    signed: a* and b* are signed numbers; otherwise they are shifted by 128, as ICC profiles have them.
    """
    if top not in (255, 65535):
        raise InputError(f"L*a*b* of levels up to {top}, expected 8 or 16 bits")
    unit = (top + 1) // 256
    lightest = top if signed else 255 * unit  # of 16 bits, ICC's L* of 100 is 0xff00

    def colours(levels: np.ndarray) -> np.ndarray:
        raw = levels.astype(np.int32)
        ab = raw[..., 1:]
        ab = np.where(ab > top // 2, ab - top - 1, ab) if signed else ab - 128 * unit
        y = (raw[..., 0] / lightest * 100 + 16) / 116
        f = np.stack([y + ab[..., 0] / unit / 500, y, y - ab[..., 1] / unit / 200], -1)
        xyz = np.where(f > 6 / 29, f**3, 3 * (6 / 29) ** 2 * (f - 4 / 29)) * D50
        linear = (xyz @ TO_SRGB.T).clip(0, 1)
        return 255 * np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)

    return colours
