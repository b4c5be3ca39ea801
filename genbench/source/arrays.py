"""Images in NumPy's files, row by row: .npy, .npz (among them guided-diffusion's sample batches), and saved Images.

An array is uint8 and (N, H, W), (N, H, W, C) or (N, C, H, W), with C 1 or 3. Of the arrays in an .npz it is arr_0, or
the only one of that kind; integers beside it called arr_1, labels or label are the labels. A compressed .npz is
unpacked as it is read. Python objects in a file are never loaded.
"""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import IO

import numpy as np
from numpy.lib import format as npy

from genbench.arrays import load_array
from genbench.errors import InputError
from genbench.files import sha256
from genbench.source import Broken, Item, Source, fatal
from genbench.source.archives import FAULTS

LABELS = ("arr_1", "labels", "label")
EXPECTED = "expected uint8 images (N, H, W), (N, H, W, C) or (N, C, H, W), C 1 or 3"
LARGEST = 1 << 28  # bytes of one image


@dataclass(frozen=True)
class Header:
    """What the head of an .npy says."""

    shape: tuple[int, ...]
    dtype: np.dtype
    column_major: bool

    def __str__(self) -> str:
        return f"{self.dtype} {self.shape}"

    def holds_images(self) -> bool:
        """Whether these can be images, as far as type and number of dimensions say."""
        return self.dtype == np.uint8 and len(self.shape) in (3, 4)


def read_header(file: IO[bytes], name: str) -> Header:
    """Read the head of an .npy, up to its first row."""
    try:
        version = npy.read_magic(file)
        if version == (1, 0):
            shape, column_major, dtype = npy.read_array_header_1_0(file)
        elif version == (2, 0):
            shape, column_major, dtype = npy.read_array_header_2_0(file)
        else:
            raise ValueError(f"version {version}")
    except (ValueError, *FAULTS) as error:
        raise InputError(f"{name}: not readable as .npy: {' '.join(str(error).split())}") from error
    return Header(shape, dtype, column_major)


def channels_first(header: Header, name: str) -> Callable[[np.ndarray], np.ndarray]:
    """What brings one row of an array of images to (C, H, W); refused where shape or type leave it open."""
    row = header.shape[1:]
    if not header.holds_images() or 0 in row:
        raise InputError(f"{name}: {EXPECTED}; got {header}")
    if header.column_major:
        raise InputError(f"{name}: expected rows one after another, the array is in Fortran order")
    if int(np.prod(row)) > LARGEST:
        raise InputError(f"{name}: images of {int(np.prod(row))} bytes each, expected at most {LARGEST}")
    if len(row) == 2:
        return lambda pixels: pixels[None]
    first, last = row[0] in (1, 3), row[2] in (1, 3)
    if first == last:
        either = "either the first or the last dimension of an image could be its channels" if first else EXPECTED
        raise InputError(f"{name}: {either}; got {header}")
    return (lambda pixels: pixels) if first else (lambda pixels: pixels.transpose(2, 0, 1))


class Npy(Source):
    """One array in an .npy."""

    def __init__(self, place: str, path: Path) -> None:
        super().__init__(place)
        self._path = path

    def digest(self) -> str:
        return sha256(self._path)

    def count(self) -> int:
        return self._header.shape[0]

    def items(self, broken: Broken = fatal) -> Iterator[Item]:
        to_item, row = channels_first(self._header, self.place), self._header.shape[1:]
        labels = self._labels()
        with self._open() as file:
            read_header(file, self.place)
            for index in range(self.count()):
                yield Item(to_item(self._read(file, row)), -1 if labels is None else int(labels[index]))

    @cached_property
    def _header(self) -> Header:
        with self._open() as file:
            header = read_header(file, self.place)
        channels_first(header, self.place)
        return header

    def _open(self) -> IO[bytes]:
        return self._path.open("rb")

    def _labels(self) -> np.ndarray | None:
        return None

    def _read(self, file: IO[bytes], shape: tuple[int, ...]) -> np.ndarray:
        size = int(np.prod(shape))
        try:
            numbers = file.read(size)
        except FAULTS as error:
            raise InputError(f"{self.place}: not readable: {' '.join(str(error).split())}") from error
        if len(numbers) < size:
            raise InputError(f"{self.place}: ends before its {self.count()} images do")
        return np.frombuffer(numbers, np.uint8).reshape(shape)


class Npz(Npy):
    """One of the arrays in an .npz."""

    def _open(self) -> IO[bytes]:
        return self._member(self._name)

    def _member(self, name: str) -> IO[bytes]:
        try:
            with zipfile.ZipFile(self._path) as archive:
                return archive.open(f"{name}.npy")  # it outlives the archive that it is opened by
        except FAULTS as error:
            raise InputError(f"{self.place}: not readable as .npz: {' '.join(str(error).split())}") from error

    @cached_property
    def _headers(self) -> dict[str, Header]:
        headers = {}
        for name in array_names(self._path):
            with self._member(name) as file:
                headers[name] = read_header(file, f"{self.place}: {name}")
        return headers

    @cached_property
    def _name(self) -> str:
        """The array that holds the images."""
        names = [name for name, header in self._headers.items() if header.holds_images()]
        if "arr_0" in names:
            return "arr_0"
        if len(names) != 1:
            there = ", ".join(f"{name} {header}" for name, header in self._headers.items()) or "nothing"
            raise InputError(f"{self.place}: {EXPECTED} in arr_0 or in one array alone; there is: {there}")
        return names[0]

    def _labels(self) -> np.ndarray | None:
        for name in LABELS:
            header = self._headers.get(name)
            if header is not None and header.dtype.kind in "iu" and header.shape == (self.count(),):
                with np.load(self._path, allow_pickle=False) as archive:
                    labels: np.ndarray = archive[name]
                    return labels
        return None


class Stored(Npy):
    """A folder that :meth:`genbench.arrays.Images.save` wrote: pixels.npy, (N, C, H, W), and labels.npy."""

    def __init__(self, place: str, folder: Path, *, dataset: str = "", split: str = "") -> None:
        super().__init__(place, folder / "pixels.npy")
        self._label_path = folder / "labels.npy"
        self.dataset, self.split = dataset, split

    def digest(self) -> str:
        both = sha256(self._path) + (sha256(self._label_path) if self._label_path.is_file() else "")
        return hashlib.sha256(both.encode()).hexdigest()

    def _labels(self) -> np.ndarray | None:
        return load_array(self._label_path) if self._label_path.is_file() else None


def array_names(path: Path) -> list[str]:
    """The names of the arrays in an .npz."""
    try:
        with zipfile.ZipFile(path) as archive:
            return [name.removesuffix(".npy") for name in archive.namelist() if name.endswith(".npy")]
    except FAULTS as error:
        raise InputError(f"{path}: not readable as .npz: {' '.join(str(error).split())}") from error
