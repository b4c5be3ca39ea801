"""Images and their files: with features (:mod:`genbench.data.features`) the only formats that pass between stages.

Images are a folder (pixels.npy, labels.npy) so that they can be memory-mapped. It cannot hold Python objects, and
reading never unpickles.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from genbench.errors import InputError
from genbench.files.atomic import atomic
from genbench.files.npy import read_header, require_numbers
from genbench.files.require_file import open_file

Shape = tuple[int, int, int]


@dataclass(frozen=True)
class Images:
    """A set of images. N may be 0: a run whose training diverged has no samples.

    pixels: (N, C, H, W) uint8, C 1 or 3.
    labels: (N,) int64, -1 where unknown.
    """

    pixels: np.ndarray
    labels: np.ndarray

    def __post_init__(self) -> None:
        if self.pixels.ndim != 4 or self.pixels.dtype != np.uint8 or self.pixels.shape[1] not in (1, 3):
            raise InputError(
                f"images: expected uint8 pixels of shape (N, 1 or 3, H, W), got {self.pixels.dtype} {self.pixels.shape}"
            )
        if self.labels.shape != self.pixels.shape[:1] or self.labels.dtype != np.int64:
            raise InputError(
                f"images: expected int64 labels of shape {self.pixels.shape[:1]}, "
                f"got {self.labels.dtype} {self.labels.shape}"
            )

    def __len__(self) -> int:
        return len(self.pixels)

    @property
    def shape(self) -> tuple[int, int, int]:
        """(C, H, W) of one image."""
        channels, height, width = self.pixels.shape[1:]
        return channels, height, width

    def __getitem__(self, index: np.ndarray | slice) -> Images:
        return Images(self.pixels[index], self.labels[index])

    def save(self, folder: Path) -> None:
        """Write pixels.npy and labels.npy into `folder`."""
        save_array(Path(folder) / "labels.npy", self.labels)
        save_array(Path(folder) / "pixels.npy", self.pixels)

    @classmethod
    def load(cls, folder: Path, *, mmap: bool = False) -> Images:
        """Read a folder written by :meth:`save`; with `mmap` the pixels stay on disk until they are used."""
        return cls(load_array(Path(folder) / "pixels.npy", mmap=mmap), load_array(Path(folder) / "labels.npy"))


def save_array(path: Path, array: np.ndarray) -> None:
    """Write one .npy atomically, never pickled."""
    with atomic(path) as scratch, scratch.open("wb") as file:
        np.save(file, array, allow_pickle=False)


def load_array(path: Path, *, mmap: bool = False) -> np.ndarray:
    """Read one .npy, never unpickling; a missing or broken file is an InputError that names it."""
    with open_file(Path(path)) as file:
        header = read_header(file, str(path))
        available = os.fstat(file.fileno()).st_size - file.tell()
    require_numbers(header, available, str(path))
    try:
        return np.load(path, mmap_mode="r" if mmap else None, allow_pickle=False)
    except (OSError, ValueError, OverflowError, EOFError) as error:
        raise InputError(f"{path}: not readable as .npy: {error}") from error
