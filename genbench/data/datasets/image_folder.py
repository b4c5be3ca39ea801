"""A user's own pictures: a folder of any depth, sizes and kinds mixed.

Every picture is decoded by :mod:`genbench.files.picture`, cropped to the square in its middle and resized with
antialiasing. Where all pictures are in subfolders, those are the classes, in the order of their names
(:mod:`genbench.data.classes`); otherwise no picture has a label. The pictures are in the order of their paths. Links
in the folder are refused, for DVC, which watches it, does not follow them; the folder itself may be a link.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from tqdm import tqdm

from genbench.data.classes import numbers, of_folders
from genbench.data.datasets import Dataset
from genbench.data.datasets._fit import fit, luma
from genbench.data.resize import resize
from genbench.errors import InputError
from genbench.files.npy import require_room
from genbench.files.picture import Listing, decode, listing, reached_twice, refuse_links

log = logging.getLogger(__name__)

SOURCE = "data.source"  # the option of params.yaml
MANY = 1000  # pictures; more than that get a progress bar


@dataclass(frozen=True)
class Survey:
    """A folder of pictures, none of which is decoded.

    labels: (N,) int64 in the order of the pictures, -1 without classes.
    """

    listing: Listing
    classes: tuple[str, ...]
    labels: np.ndarray

    @property
    def by_class(self) -> tuple[int, ...]:
        """Number of pictures of each class; () without classes."""
        return tuple(np.bincount(self.labels, minlength=len(self.classes)).tolist()) if self.classes else ()

    def __str__(self) -> str:
        others = self.listing.others
        passed = f" ({others} other file{'s' * (others != 1)} passed over)" if others else ""
        return f"{len(self.labels)} pictures{passed}, {numbers(self.classes, self.by_class)}"


def survey(source: Path) -> Survey:
    """Count the pictures of a folder and their classes; an InputError refuses links in it, and a folder without any."""
    if not source.is_dir():
        raise InputError(f"{source}: no such folder ({SOURCE} names the folder of pictures)")
    found = listing(source)
    refuse_links(found.links, SOURCE)
    if twice := reached_twice(found.pictures):
        log.warning("%s", twice)
    classes, labels = of_folders([path.relative_to(source).parts[:-1] for path in found.pictures])
    return Survey(found, classes, np.full(len(found.pictures), -1, np.int64) if labels is None else labels)


def load(*, source: Path, size: int | None, channels: int | None = None) -> Dataset:
    """Load the pictures below `source`, except hidden ones; files without a picture's ending are passed over.

    size: None asks for pictures whose squares have one size already. channels: None gives grey (1) where every
    picture is grey, else colour (3). Of an animation the first frame counts. An InputError names a picture that
    cannot be read, has signed, 32-bit or floating-point samples (of unknown range) or more pixels than Pillow takes
    for safe (89 million).
    """
    found = survey(source)
    paths = found.listing.pictures
    images = list[np.ndarray]()
    for path in tqdm(paths, unit="picture", disable=len(paths) <= MANY):
        images.append(_image(path, size, channels))
        require_room(len(paths) * images[0].nbytes, f"{source}: {len(paths)} pictures, in the size of the first,")
    for path, image in zip(paths, images, strict=True):
        if image.shape[2:] != images[0].shape[2:]:
            raise InputError(
                f"data.pixels: expected a number, for the pictures differ: {paths[0]} gives a square of "
                f"{images[0].shape[2]} pixels, {path} one of {image.shape[2]}"
            )
    log.info("%s: %s", source, found)
    depth = max(image.shape[1] for image in images)  # grey pictures among colour ones become colour
    pixels = np.concatenate([np.broadcast_to(image, (1, depth, *image.shape[2:])) for image in images])
    return fit(pixels, found.labels, classes=found.classes, levels=256, size=size, channels=channels)


def _image(path: Path, size: int | None, channels: int | None) -> np.ndarray:
    """Read one picture and fit it, (1, 1 or 3, size, size) uint8."""
    square = _square(decode(path, str(path)))[None]
    if channels == 1 and square.shape[1] == 3:
        square = luma(square)
    return square if size is None else resize(square, size)


def _square(pixels: np.ndarray) -> np.ndarray:
    """Cut the largest square from the middle of (C, H, W) pixels; of an odd rest, more goes right and below."""
    height, width = pixels.shape[1:]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    return pixels[:, top : top + side, left : left + side]
