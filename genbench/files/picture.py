"""Pictures from files: names that count as pictures, and their pixels.

Every picture is turned as its EXIF orientation says, put on white where it is transparent, and reduced to 8 bits a
channel. Of an animation the first frame counts. What Pillow takes for a decompression bomb is refused.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import BinaryIO, NoReturn

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from genbench.errors import InputError
from genbench.files.require_file import require_file

READABLE = ("bmp", "gif", "jfif", "jpe", "jpeg", "jpg", "pbm", "pgm", "png", "pnm", "ppm", "tif", "tiff", "webp")
REFUSED = ("avif", "heic", "heif", "jp2", "jxl")  # pictures too, not to be passed over in silence
FORMATS = ("BMP", "GIF", "JPEG", "PNG", "PPM", "TIFF", "WEBP")  # Pillow knows more, some of them programs


def is_picture(name: str) -> bool:
    """Return whether a file's path counts as a picture: by its ending, and not hidden in any part."""
    path = PurePosixPath(name)
    hidden = any(part.startswith((".", "__MACOSX")) and part not in (".", "..") for part in path.parts)
    return not hidden and path.suffix.lower().removeprefix(".") in READABLE + REFUSED


def find_pictures(folder: Path) -> list[Path]:
    """Find the pictures in a folder and below, links to folders followed, in the order of their paths."""
    paths, visited = [], set()
    for current, subfolders, files in _walk(folder):
        real = Path(current).resolve()
        if real in visited:  # by a link; one that leads back to a folder above would go round for ever
            subfolders.clear()
            continue
        visited.add(real)
        subfolders[:] = [name for name in subfolders if not name.startswith(".")]
        paths += [Path(current, name) for name in files if is_picture(name)]
    if not paths:
        raise InputError(f"{folder}: no pictures in it or below (files that end in {', '.join(READABLE)})")
    return sorted(paths, key=lambda path: path.relative_to(folder).parts)


def _walk(folder: Path) -> Iterator[tuple[str, list[str], list[str]]]:
    try:
        yield from os.walk(folder, followlinks=True, onerror=_refuse)
    except RecursionError as error:  # before Python 3.12
        raise InputError(f"{folder}: folders in folders, deeper than Python can follow") from error


def _refuse(error: OSError) -> NoReturn:
    raise InputError(f"{error.filename}: not readable: {error.strerror}") from error


def decode(file: Path | BinaryIO, name: str) -> np.ndarray:
    """Read a picture's pixels, upright, (C, H, W) uint8, C 1 if it is grey and 3 otherwise; `name` is for messages.

    An InputError names a picture that cannot be read, has 32 bits a channel (of unknown range) or more pixels than
    Pillow takes for safe (89 million).
    """
    if isinstance(file, Path):
        require_file(file)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of oddities that Pillow reads all the same
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(file, formats=FORMATS) as picture:
                return _pixels(name, picture)
    except (InputError, MemoryError):
        raise
    except UnidentifiedImageError as error:
        raise InputError(f"{name}: not a picture in one of the formats {', '.join(FORMATS)}") from error
    except Exception as error:  # Pillow's readers raise errors of nearly every type on broken files
        raise InputError(f"{name}: not readable as a picture: {' '.join(str(error).split())}") from error


def _pixels(name: str, picture: Image.Image) -> np.ndarray:
    upright = ImageOps.exif_transpose(picture)
    if picture.mode.startswith("I;16") or (picture.mode == "I" and picture.format == "PPM"):
        return np.rint(np.asarray(upright) / 257).astype(np.uint8)[None]  # 16 bits: 65535 = 255 × 257
    if picture.mode in ("I", "F"):
        raise InputError(f"{name}: has 32 bits a channel, whose range is unknown; expected 8 or 16")
    if picture.has_transparency_data:
        white = Image.new("RGBA", upright.size, "white")
        upright = Image.alpha_composite(white, upright.convert("RGBA"))
    pixels = np.asarray(upright.convert("RGB")).transpose(2, 0, 1)
    return pixels[:1] if (pixels == pixels[:1]).all() else pixels
