"""The images of a study as PNG files, and the study that a benchmark's samples make."""

from __future__ import annotations

import io
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np
from PIL import Image

from genbench.data import attribution
from genbench.data.images import load_array
from genbench.data.paths import Paths
from genbench.files.atomic import sha256
from genbench.human.design import REAL, Source, Study
from genbench.seeding import numpy_rng

DIGEST = 12  # hexadecimal digits of a set's SHA-256
MASKS = 4  # after each image of HYPE-time


def study(dataset: str, runs: Sequence[str], seeds: Sequence[int], seed: int) -> Study:
    """Make a study of the samples of cells and of the split `reference`; a cell without images is left out.

    seed: of the design. A cell whose samples were not drawn yet is an InputError that names the file.
    """
    cells = {run: [_source(dataset, run, each) for each in seeds] for run in runs}
    drawn = {run: [source for source in sources if source.count] for run, sources in cells.items()}
    return Study(seed, _source(dataset, REAL, 0), {run: sources for run, sources in drawn.items() if sources})


def _folder(dataset: str, run: str, seed: int) -> Path:
    paths = Paths(dataset)
    return paths.images / "reference" if run == REAL else paths.samples(run, seed)


def _source(dataset: str, run: str, seed: int) -> Source:
    folder = _folder(dataset, run, seed)
    return Source(run, seed, len(load_array(folder / "pixels.npy", mmap=True)), digest(folder))


def digest(folder: Path) -> str:
    """Return the digest by which answers name a set of images. folder: of an :class:`genbench.data.images.Images`."""
    return sha256(folder / "pixels.npy")[:DIGEST]


class Pictures:
    """PNG files of single images in their own resolution, and of masks."""

    #: what must be said wherever the images are shown, "" where nothing must
    attribution: str

    def __init__(self, dataset: str) -> None:
        self._dataset = dataset
        self.attribution = attribution.load(Paths(dataset).images)
        self._pixels = lru_cache(maxsize=None)(self._load)

    def _load(self, run: str, seed: int) -> np.ndarray:
        return load_array(_folder(self._dataset, run, seed) / "pixels.npy", mmap=True)

    def png(self, run: str, seed: int, picture: int) -> bytes:
        """Encode an image of a cell, or with the run REAL of the split `reference`."""
        return _encoded(np.asarray(self._pixels(run, seed)[picture]))

    def mask(self, number: int) -> bytes:
        """Encode a real image with its pixels in a random order: it has the levels of images and no shape."""
        real = self._pixels(REAL, 0)
        rng = numpy_rng(number, "human masks")
        image = np.asarray(real[rng.integers(len(real))])
        pixels = image.reshape(len(image), -1)
        return _encoded(rng.permutation(pixels, axis=1).reshape(image.shape))


def _encoded(image: np.ndarray) -> bytes:
    """Encode (C, H, W) uint8."""
    file = io.BytesIO()
    Image.fromarray(image[0] if len(image) == 1 else image.transpose(1, 2, 0)).save(file, "PNG")
    return file.getvalue()
