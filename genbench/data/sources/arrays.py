"""Images in NumPy's files, row by row: .npy, .npz (among them guided-diffusion's sample batches), and saved Images.

An array is uint8 and (N, H, W), (N, H, W, C) or (N, C, H, W), with C 1 or 3. Of the arrays in an .npz it is arr_0, or
the only one of that kind; integers beside it called arr_1, labels or label are the labels. A compressed .npz is
unpacked as it is read. Python objects in a file are never loaded.
"""

from __future__ import annotations

import hashlib
import math
import zipfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cached_property
from itertools import repeat
from pathlib import Path
from typing import IO

import numpy as np

from genbench.data.sources import Broken, Item, Source, fatal
from genbench.data.sources.archives import FAULTS, require_no_bomb
from genbench.errors import InputError
from genbench.files.atomic import sha256
from genbench.files.npy import Header, read_header
from genbench.files.require_file import open_file, require_file

LABELS = ("arr_1", "labels", "label")
EXPECTED = "expected uint8 images (N, H, W), (N, H, W, C) or (N, C, H, W), C 1 or 3"
LARGEST = 1 << 28  # bytes of one image


def holds_images(header: Header) -> bool:
    """Return whether these can be images, as far as type and number of dimensions tell."""
    return header.dtype == np.uint8 and len(header.shape) in (3, 4)


def channels_first(header: Header, name: str) -> Callable[[np.ndarray], np.ndarray]:
    """Return the function that brings one row of an array of images to (C, H, W); an unclear shape is refused."""
    row = header.shape[1:]
    if not holds_images(header) or 0 in row:
        raise InputError(f"{name}: {EXPECTED}; got {header}")
    if header.column_major:
        raise InputError(f"{name}: expected rows one after another, the array is in Fortran order")
    if math.prod(row) > LARGEST:
        raise InputError(f"{name}: images of {math.prod(row)} bytes each, expected at most {LARGEST}")
    if len(row) == 2:
        return lambda pixels: pixels[None]
    first, last = row[0] in (1, 3), row[2] in (1, 3)
    if first == last:
        either = "either the first or the last dimension of an image could be its channels" if first else EXPECTED
        raise InputError(f"{name}: {either}; got {header}")
    return (lambda pixels: pixels) if first else (lambda pixels: pixels.transpose(2, 0, 1))


class Npy(Source):
    """One array in an .npy."""

    def __init__(self, location: str, path: Path) -> None:
        super().__init__(location)
        self._path = path

    def digest(self) -> str:
        return sha256(self._path)

    def count(self) -> int:
        return self._header.shape[0]

    def items(self, broken: Broken = fatal) -> Iterator[Item]:
        to_item = channels_first(self._header, self.location)
        with ExitStack() as stack:
            pixels = self._rows(stack.enter_context(self._open()))
            labelled = self._open_labels()
            labels = repeat(np.array(-1)) if labelled is None else self._rows(stack.enter_context(labelled))
            for row, label in zip(pixels, labels, strict=False):
                yield Item(to_item(row), int(label))

    @cached_property
    def _header(self) -> Header:
        with self._open() as file:
            header = read_header(file, self.location)
        channels_first(header, self.location)
        return header

    def _open(self) -> IO[bytes]:
        return open_file(self._path)

    def _open_labels(self) -> IO[bytes] | None:
        return None

    def _rows(self, file: IO[bytes]) -> Iterator[np.ndarray]:
        """Read the rows of one array of this source, as many as there are images."""
        header = read_header(file, self.location)
        size = math.prod(header.shape[1:]) * header.dtype.itemsize
        for _ in range(self.count()):
            try:
                numbers = file.read(size)
            except FAULTS as error:
                raise InputError(f"{self.location}: not readable: {' '.join(str(error).split())}") from error
            if len(numbers) < size:
                raise InputError(f"{self.location}: ends before its {self.count()} images do")
            yield np.frombuffer(numbers, header.dtype).reshape(header.shape[1:])


def _are_labels(header: Header, count: int) -> bool:
    return header.dtype.kind in "iu" and header.shape == (count,)


class Npz(Npy):
    """One of the arrays in an .npz."""

    def _open(self) -> IO[bytes]:
        return open_array(self._path, self._name)

    @cached_property
    def _headers(self) -> dict[str, Header]:
        return read_headers(self._path)

    @cached_property
    def _name(self) -> str:
        """The array that holds the images."""
        names = [name for name, header in self._headers.items() if holds_images(header)]
        if "arr_0" in names:
            return "arr_0"
        if len(names) != 1:
            listed = ", ".join(f"{name} {header}" for name, header in self._headers.items()) or "nothing"
            raise InputError(f"{self.location}: {EXPECTED} in arr_0 or in one array alone; there is: {listed}")
        return names[0]

    def _open_labels(self) -> IO[bytes] | None:
        names = [n for n in LABELS if n in self._headers and _are_labels(self._headers[n], self.count())]
        return open_array(self._path, names[0]) if names else None


class Stored(Npy):
    """A folder that :meth:`genbench.data.images.Images.save` wrote: pixels.npy, (N, C, H, W), and labels.npy."""

    def __init__(self, location: str, folder: Path, *, dataset: str = "", split: str = "") -> None:
        super().__init__(location, folder / "pixels.npy")
        self._label_path = folder / "labels.npy"
        self.dataset, self.split = dataset, split

    def digest(self) -> str:
        both = sha256(self._path) + (sha256(self._label_path) if self._label_path.is_file() else "")
        return hashlib.sha256(both.encode()).hexdigest()

    def _open_labels(self) -> IO[bytes] | None:
        if not self._label_path.is_file():
            return None
        with open_file(self._label_path) as file:
            header = read_header(file, str(self._label_path))
        if not _are_labels(header, self.count()):
            raise InputError(f"{self._label_path}: expected {self.count()} whole numbers, got {header}")
        return open_file(self._label_path)


def array_names(path: Path) -> list[str]:
    """List the names of the arrays in an .npz; a decompression bomb is refused."""
    require_file(path)
    try:
        with zipfile.ZipFile(path) as archive:
            members = [member for member in archive.infolist() if member.filename.endswith(".npy")]
    except FAULTS as error:
        raise InputError(f"{path}: not readable as .npz: {' '.join(str(error).split())}") from error
    require_no_bomb(sum(member.file_size for member in members), path.stat().st_size, str(path))
    for member in members:
        if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise InputError(f"{path}: {member.filename}: expected it stored or deflated, as NumPy does")
    return [member.filename.removesuffix(".npy") for member in members]


def read_headers(path: Path) -> dict[str, Header]:
    """Read the headers of the arrays in an .npz, by name."""
    headers = {}
    for name in array_names(path):
        with open_array(path, name) as file:
            headers[name] = read_header(file, f"{path}: {name}")
    return headers


def open_array(path: Path, name: str) -> IO[bytes]:
    """Open one array of an .npz at its header."""
    try:
        with zipfile.ZipFile(path) as archive:
            return archive.open(f"{name}.npy")  # it outlives the archive that it is opened by
    except FAULTS as error:
        raise InputError(f"{path}: not readable as .npz: {' '.join(str(error).split())}") from error
