"""A user's own pictures: a folder of any depth, sizes and kinds mixed.

Every picture is turned as its EXIF orientation says, put on white where it is transparent, reduced to 8 bits a
channel, cropped to the square in its middle and resized with antialiasing. Where all pictures are in subfolders, the
first-level subfolders are the classes, in the order of their names; otherwise no picture has a label. The pictures
are in the order of their paths.
"""

from __future__ import annotations

import logging
import os
import warnings
from pathlib import Path
from typing import NoReturn

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError
from tqdm import tqdm

from genbench.dataset import Dataset
from genbench.datasets._fit import fit, luma
from genbench.errors import InputError
from genbench.resize import resize

log = logging.getLogger(__name__)

READABLE = ("bmp", "gif", "jfif", "jpe", "jpeg", "jpg", "pbm", "pgm", "png", "pnm", "ppm", "tif", "tiff", "webp")
REFUSED = ("avif", "heic", "heif", "jp2", "jxl")  # pictures too, not to be passed over in silence
FORMATS = ("BMP", "GIF", "JPEG", "PNG", "PPM", "TIFF", "WEBP")  # Pillow knows more, some of them programs
MANY = 1000  # pictures; more than that get a progress bar


def load(*, source: Path, size: int | None, channels: int | None = None) -> Dataset:
    """All pictures under `source`; hidden files and folders, and files without a picture's ending, are passed over.

    size: None asks for pictures whose squares have one size already. channels: None gives grey (1) where every
    picture is grey, else colour (3). Of an animation the first frame counts. An InputError names a picture that
    cannot be read, has 32 bits a channel (of unknown range) or more pixels than Pillow takes for safe (89 million).
    """
    paths = _pictures(source)
    images = [_image(path, size, channels) for path in tqdm(paths, unit="picture", disable=len(paths) <= MANY)]
    for path, image in zip(paths, images, strict=True):
        if image.shape[2:] != images[0].shape[2:]:
            raise InputError(
                f"data.size: expected a size, for the pictures differ: {paths[0]} gives a square of "
                f"{images[0].shape[2]} pixels, {path} one of {image.shape[2]}"
            )
    classes, labels = _labels([path.relative_to(source) for path in paths])
    depth = max(image.shape[1] for image in images)  # grey pictures among colour ones become colour
    pixels = np.concatenate([np.broadcast_to(image, (1, depth, *image.shape[2:])) for image in images])
    return fit(pixels, labels, classes=classes, levels=256, size=size, channels=channels)


def _pictures(source: Path) -> list[Path]:
    """The picture files under a folder, links to folders followed, in the order of their paths."""
    if not source.is_dir():
        raise InputError(f"{source}: no such folder (data.source names the folder of pictures)")
    paths, seen = [], set()
    for folder, subfolders, files in os.walk(source, followlinks=True, onerror=_refuse):
        place = Path(folder).resolve()
        if place in seen:  # by a link; one that leads back to a folder above would go round for ever
            subfolders.clear()
            continue
        seen.add(place)
        subfolders[:] = sorted(name for name in subfolders if not name.startswith("."))
        paths += [Path(folder, name) for name in files if _is_picture(name)]
    if not paths:
        raise InputError(f"{source}: no pictures in it or below (files that end in {', '.join(READABLE)})")
    return sorted(paths, key=lambda path: path.relative_to(source).parts)


def _refuse(error: OSError) -> NoReturn:
    raise InputError(f"{error.filename}: not readable: {error.strerror}") from error


def _is_picture(name: str) -> bool:
    return not name.startswith(".") and Path(name).suffix.lower().removeprefix(".") in READABLE + REFUSED


def _labels(paths: list[Path]) -> tuple[tuple[str, ...], np.ndarray]:
    """Class names and the label of each picture, from its path below the source."""
    if all(len(path.parts) > 1 for path in paths):
        classes, labels = np.unique([path.parts[0] for path in paths], return_inverse=True)
        return tuple(str(name) for name in classes), labels.astype(np.int64)
    if any(len(path.parts) > 1 for path in paths):
        log.warning("pictures have no labels, for some of them are in no subfolder")
    return (), np.full(len(paths), -1, np.int64)


def _image(path: Path, size: int | None, channels: int | None) -> np.ndarray:
    """One picture as it will be, (1, 1 or 3, size, size) uint8."""
    square = _square(_decode(path))[None]
    if channels == 1 and square.shape[1] == 3:
        square = luma(square)
    return square if size is None else resize(square, size)


def _square(pixels: np.ndarray) -> np.ndarray:
    """The largest square in the middle of (C, H, W) pixels; of an odd rest, the larger part goes right and below."""
    height, width = pixels.shape[1:]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    return pixels[:, top : top + side, left : left + side]


def _decode(path: Path) -> np.ndarray:
    """A picture's pixels upright, (C, H, W) uint8, C 1 where it is grey and 3 otherwise."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(path, formats=FORMATS) as picture:
                return _pixels(path, picture)
    except (InputError, MemoryError):
        raise
    except UnidentifiedImageError as error:
        raise InputError(f"{path}: not a picture in one of the formats {', '.join(FORMATS)}") from error
    except Exception as error:  # Pillow's readers raise errors of nearly every type on broken files
        raise InputError(f"{path}: not readable as a picture: {' '.join(str(error).split())}") from error


def _pixels(path: Path, picture: Image.Image) -> np.ndarray:
    upright = ImageOps.exif_transpose(picture)
    if picture.mode.startswith("I;16") or (picture.mode == "I" and picture.format == "PPM"):
        return np.rint(np.asarray(upright) / 257).astype(np.uint8)[None]  # 16 bits: 65535 = 255 × 257
    if picture.mode in ("I", "F"):
        raise InputError(f"{path}: has 32 bits a channel, whose range is unknown; expected 8 or 16")
    if picture.has_transparency_data:
        white = Image.new("RGBA", upright.size, "white")
        upright = Image.alpha_composite(white, upright.convert("RGBA"))
    pixels = np.asarray(upright.convert("RGB")).transpose(2, 0, 1)
    return pixels[:1] if (pixels == pixels[:1]).all() else pixels
