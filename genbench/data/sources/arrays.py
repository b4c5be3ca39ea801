"""Images in NumPy's files, row by row: .npy, .npz (among them guided-diffusion's sample batches), and saved Images.

An array is uint8 and (N, H, W), (N, H, W, C) or (N, C, H, W), with C 1 or 3. An .npz has one of them, or several images
that are an array each; integers beside them called arr_1, labels or label are the labels, (N,), (N, 1) or one-hot
(N, K); called y, target, targets or classes, where they are (N,) or (N, 1). What can be read in two ways is refused.
A compressed .npz is unpacked as it is read. Python objects in a file are never loaded.
"""

from __future__ import annotations

import hashlib
import math
import os
import zipfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from functools import cached_property
from itertools import repeat
from pathlib import Path
from typing import IO

import numpy as np

from genbench.data.prepared import load_about
from genbench.data.sources import Broken, Item, Source, fatal
from genbench.data.sources.archives import FAULTS, require_no_bomb
from genbench.errors import InputError
from genbench.files.atomic import sha256
from genbench.files.decoders import one_channel
from genbench.files.npy import Header, read_header
from genbench.files.require_file import open_file, require_file

LABELS = ("arr_1", "labels", "label")
MAYBE_LABELS = ("y", "targets", "target", "classes")
EXPECTED = "expected uint8 images (N, H, W), (N, H, W, C) or (N, C, H, W), C 1 or 3"
EXPECTED_LABELS = "expected labels of {count} images: whole numbers (N,) or (N, 1), or one-hot rows (N, K)"
LARGEST = 1 << 28  # bytes of one image
CLASSES = 1 << 20  # that one-hot rows may have
CHANNELS, WITH_ALPHA = (1, 3), (2, 4)
#: The way from arrays of other kinds to uint8, by NumPy's letter of a kind.
WAYS = {
    "f": "; of floats from 0 to 1 np.rint(255 * array).astype(np.uint8) makes them",
    "b": "; of booleans 255 * array.astype(np.uint8) makes them",
    "O": "; Python objects are never unpickled, np.stack makes an array of a list of images",
}

ToItem = Callable[[np.ndarray], np.ndarray]


def holds_images(header: Header) -> bool:
    """Return whether these can be images, as far as type and number of dimensions tell."""
    return header.dtype == np.uint8 and len(header.shape) in (3, 4)


def channels_first(header: Header, name: str) -> ToItem:
    """Return the function that brings one row of an array of images to (C, H, W); an unclear shape is refused."""
    if not holds_images(header) or 0 in header.shape[1:]:
        raise InputError(f"{name}: {EXPECTED}; got {header}{_way(header)}")
    require_rows(header, name)
    row = header.shape[1:]
    if len(row) == 2:
        require_grey(header, name)
        return lambda pixels: pixels[None]
    first, last = row[0] in CHANNELS, row[2] in CHANNELS
    if first and last:
        raise InputError(
            f"{name}: either the first or the last dimension of an image could be its channels, {header} could be "
            f"(N, C, H, W) or (N, H, W, C); as pixels.npy in a folder of its own it is read as (N, C, H, W)"
        )
    if not first and not last:
        raise InputError(f"{name}: {EXPECTED}; got {header}{_way(header)}")
    return (lambda pixels: pixels) if first else (lambda pixels: pixels.transpose(2, 0, 1))


def _way(header: Header) -> str:
    """Say what makes images of an array that is none, where that is plain."""
    if header.dtype.kind == "u" and header.dtype.itemsize == 2:
        return "; of levels from 0 to 65535 np.rint(array / 257).astype(np.uint8) makes them"
    if header.dtype == np.uint8 and len(header.shape) == 2:
        return "; array[None] makes one image of it"
    if header.dtype == np.uint8 and len(header.shape) == 4 and header.shape[3] in WITH_ALPHA:
        return f"; array[..., :{header.shape[3] - 1}] leaves alpha out"
    return WAYS.get(header.dtype.kind, "")


def require_rows(header: Header, name: str) -> None:
    """Refuse an array whose images do not lie one after another, or are too large."""
    if header.column_major:
        raise InputError(
            f"{name}: expected rows one after another, the array is in Fortran order; np.ascontiguousarray changes it"
        )
    if math.prod(header.shape[1:]) > LARGEST:
        raise InputError(f"{name}: images of {math.prod(header.shape[1:])} bytes each, expected at most {LARGEST}")


def require_grey(header: Header, name: str) -> None:
    """Refuse three dimensions that could be those of one image with its channels."""
    count, height, width = header.shape
    if width in CHANNELS:
        one, way = f"one of {count} × {height} in {width} channels", "[None]"
    elif width in WITH_ALPHA:
        one, way = f"one of {count} × {height} in {width} channels with alpha", f"[None, ..., :{width - 1}]"
    elif count == 3:
        one, way = f"one of {height} × {width} in 3 channels", "[None]"
    else:
        return
    raise InputError(
        f"{name}: {header} could be {count} grey images of {height} × {width} pixels, or {one}: array[..., None] is "
        f"the first, array{way} the second, np.stack of a list of images several"
    )


def is_one_image(header: Header) -> bool:
    """Return whether an array can be one image, (H, W), (H, W, C) or (C, H, W), and its channels are known."""
    shape = header.shape
    if header.dtype != np.uint8 or 0 in shape or header.column_major:
        return False
    return len(shape) == 2 or (len(shape) == 3 and (shape[0] in CHANNELS) != (shape[2] in CHANNELS))


def label_of(row: np.ndarray, name: str) -> int:
    """Give the label in a row of an array of labels: a whole number, or the place of the only 1 among zeros."""
    if row.size == 1:
        number = row.reshape(())
        if number == np.rint(number) and np.isfinite(number):
            return int(number)
    elif np.count_nonzero(row) == 1 and row.max() == 1:
        return int(row.argmax())
    shown = np.array2string(row, threshold=6, edgeitems=3, separator=", ").replace("\n", "")
    raise InputError(f"{name}: expected a whole number, or a row of zeros with a single 1, got {shown}")


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
        to_item = self._to_item(self._header)
        with ExitStack() as stack:
            pixels = self._rows(stack.enter_context(self._open()))
            for row, label in zip(pixels, self._labels(stack), strict=False):
                yield Item(to_item(row), label)

    @cached_property
    def _header(self) -> Header:
        with self._open() as file:
            header = read_header(file, self.location)
            self._to_item(header)
            self._require_all(header, file)
        return header

    def _require_all(self, header: Header, file: IO[bytes]) -> None:
        """Refuse a file that goes on behind its array: what is there, such as a second array, would be left out."""
        more = os.fstat(file.fileno()).st_size - file.tell() - header.nbytes
        if more > 0:
            raise InputError(f"{self.location}: {more} bytes behind its array {header}; expected one array and no more")

    def _to_item(self, header: Header) -> ToItem:
        to_item = channels_first(header, self.location)
        return lambda row: one_channel(to_item(row))

    def _open(self) -> IO[bytes]:
        return open_file(self._path)

    def _labels(self, stack: ExitStack) -> Iterator[int]:
        """Give the labels one by one, -1 where there are none; `stack` closes what they are read from."""
        return repeat(-1)

    def _rows(self, file: IO[bytes]) -> Iterator[np.ndarray]:
        """Read the rows of one array of this source, as many as there are images."""
        header = read_header(file, self.location)
        size = math.prod(header.shape[1:]) * header.dtype.itemsize
        for _ in range(self.count()):
            yield _read(file, header, size, self.location, self.count()).reshape(header.shape[1:])


def _read(file: IO[bytes], header: Header, size: int, name: str, count: int) -> np.ndarray:
    """Read `size` bytes of an array; that there are fewer is the fault of one of `count` images."""
    try:
        numbers = file.read(size)
    except FAULTS as error:
        raise InputError(f"{name}: not readable: {' '.join(str(error).split())}") from error
    if len(numbers) < size:
        raise InputError(f"{name}: ends before its {count} images do")
    return np.frombuffer(numbers, header.dtype)


class Npz(Npy):
    """One of the arrays in an .npz, with labels in another one where there are some."""

    def __init__(self, location: str, path: Path, name: str, headers: dict[str, Header]) -> None:
        super().__init__(location, path)
        self._name, self._headers = name, headers

    def _open(self) -> IO[bytes]:
        return open_array(self._path, self._name)

    def _require_all(self, header: Header, file: IO[bytes]) -> None:
        """Leave it: an archive knows where its arrays end."""

    def _labels(self, stack: ExitStack) -> Iterator[int]:
        name = labels_among(self._headers, {self._name}, self.count(), self.location)
        if name is None:
            return repeat(-1)
        rows = self._rows(stack.enter_context(open_array(self._path, name)))
        return (label_of(row, f"{self.location}: {name}") for row in rows)


class Loose(Source):
    """Several images in an .npz, an array each, in the order in which they were saved."""

    def __init__(self, location: str, path: Path, names: list[str], headers: dict[str, Header]) -> None:
        super().__init__(location)
        self._path, self._names, self._headers = path, names, headers

    def digest(self) -> str:
        return sha256(self._path)

    def count(self) -> int:
        return len(self._names)

    def items(self, broken: Broken = fatal) -> Iterator[Item]:
        label_name = labels_among(self._headers, set(self._names), self.count(), self.location)
        labels = [-1] * self.count() if label_name is None else self._read_labels(label_name)
        with open_archive(self._path) as archive:
            for name, label in zip(self._names, labels, strict=True):
                try:
                    pixels = self._read_image(archive, name)
                except InputError as error:
                    broken(error)
                else:
                    yield Item(one_channel(pixels), label)

    def _read_image(self, archive: zipfile.ZipFile, name: str) -> np.ndarray:
        header, where = self._headers[name], f"{self.location}: {name}"
        if header.nbytes > LARGEST:
            raise InputError(f"{where}: an image of {header.nbytes} bytes, expected at most {LARGEST}")
        with open_array(self._path, name, archive) as file:
            read_header(file, where)
            pixels = _read(file, header, header.nbytes, where, 1).reshape(header.shape)
        last = pixels.ndim == 2 or header.shape[2] in CHANNELS
        return np.atleast_3d(pixels).transpose(2, 0, 1) if last else pixels

    def _read_labels(self, name: str) -> list[int]:
        where, header = f"{self.location}: {name}", self._headers[name]
        with open_array(self._path, name) as file:
            read_header(file, where)
            rows = _read(file, header, header.nbytes, where, self.count()).reshape(header.shape)
        return [label_of(np.asarray(row), where) for row in rows]


def open_npz(location: str, path: Path) -> Npz | Loose:
    """Find the images in an .npz: in one array, or an array each; what can be read otherwise too is refused."""
    headers = read_headers(path)
    images = {name: header for name, header in headers.items() if header.dtype == np.uint8 and name not in LABELS[1:]}
    sets = [name for name, header in images.items() if len(header.shape) == 4]
    if not sets:
        singles = {name: header for name, header in images.items() if len(header.shape) in (2, 3)}
        if _are_images(list(singles.values())):
            return Loose(location, path, list(singles), headers)
        sets = [name for name, header in singles.items() if len(header.shape) == 3]
    if len(sets) != 1:
        batches = {images[name].shape[1:] for name in sets if len(images[name].shape) == 4}
        listed = ", ".join(f"{name} {header}" for name, header in headers.items()) or "nothing"
        raise InputError(
            f"{location}: {EXPECTED} in one array alone; there is: {listed}"
            + "; np.concatenate joins them" * (len(batches) == 1)
        )
    return Npz(location, path, sets[0], headers)


def _are_images(headers: list[Header]) -> bool:
    """Return whether several arrays must be one image each. Of two of a height, one could be the labels."""
    labels = len(headers) == 2 and len({h.shape[0] for h in headers}) == 1 and len({len(h.shape) for h in headers}) == 2
    flat = len(headers) == 2 and all(len(h.shape) == 2 for h in headers) and len({h.shape for h in headers}) == 2
    return len(headers) > 1 and all(map(is_one_image, headers)) and not labels and not flat


def labels_among(headers: dict[str, Header], images: set[str], count: int, location: str) -> str | None:
    """Name the array of labels beside images; one that cannot be labels is refused.

    An arr_1 of another length is none: reference batches have statistics beside their images.
    """
    for name in LABELS:
        header = headers.get(name)
        if header is None or name in images or (name == "arr_1" and header.shape[:1] != (count,)):
            continue
        fits = header.dtype.kind in "biuf" and header.shape[:1] == (count,) and not header.column_major
        if not fits or len(header.shape) > 2 or math.prod(header.shape[1:]) > CLASSES:
            raise InputError(f"{location}: {name}: {EXPECTED_LABELS.format(count=count)}; got {header}")
        return name
    for name in MAYBE_LABELS:
        header = headers.get(name)
        if header and name not in images and header.dtype.kind in "iu" and header.shape in ((count,), (count, 1)):
            return name
    return None


class Stored(Npy):
    """A folder that :meth:`genbench.data.images.Images.save` wrote: pixels.npy, (N, C, H, W), and labels.npy."""

    def __init__(self, location: str, folder: Path, *, dataset: str = "", split: str = "") -> None:
        super().__init__(location, folder / "pixels.npy")
        self._label_path = folder / "labels.npy"
        self.dataset, self.split = dataset, split
        with suppress(InputError):  # images that were saved by themselves
            self.names = load_about(folder.parent).classes

    def digest(self) -> str:
        both = sha256(self._path) + (sha256(self._label_path) if self._label_path.is_file() else "")
        return hashlib.sha256(both.encode()).hexdigest()

    def _to_item(self, header: Header) -> ToItem:
        """Leave the channels as they are, also of pictures that are grey, for the benchmark's features are of them."""
        shape = header.shape
        if header.dtype != np.uint8 or len(shape) != 4 or shape[1] not in CHANNELS or 0 in shape[1:]:
            raise InputError(f"{self._path}: expected uint8 images (N, C, H, W), C 1 or 3; got {header}")
        require_rows(header, str(self._path))
        return lambda row: row

    def _labels(self, stack: ExitStack) -> Iterator[int]:
        if not self._label_path.is_file():
            return repeat(-1)
        with open_file(self._label_path) as file:
            header = read_header(file, str(self._label_path))
        if header.dtype.kind not in "iu" or header.shape != (self.count(),):
            raise InputError(f"{self._label_path}: expected {self.count()} whole numbers, got {header}")
        return (int(label) for label in self._rows(stack.enter_context(open_file(self._label_path))))


def is_npz(path: Path) -> bool:
    """Return whether a file is an .npz: by its name, in letters of any size, or as a zip file of .npy alone."""
    if path.suffix.lower() == ".npz":
        return True
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except FAULTS:
        return False
    return bool(names) and all(name.endswith(".npy") for name in names)


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
    headers, names = {}, array_names(path)
    with open_archive(path) as archive:
        for name in names:
            with open_array(path, name, archive) as file:
                headers[name] = read_header(file, f"{path}: {name}")
    return headers


def open_archive(path: Path) -> zipfile.ZipFile:
    """Open an .npz, which reads its list of arrays: once for all of them."""
    try:
        return zipfile.ZipFile(path)
    except FAULTS as error:
        raise InputError(f"{path}: not readable as .npz: {' '.join(str(error).split())}") from error


def open_array(path: Path, name: str, archive: zipfile.ZipFile | None = None) -> IO[bytes]:
    """Open one array of an .npz at its header; archive: the .npz where it is open already."""
    if archive is None:
        with open_archive(path) as archive:
            return open_array(path, name, archive)  # it outlives the archive that it is opened by
    try:
        return archive.open(f"{name}.npy")
    except FAULTS as error:
        raise InputError(f"{path}: not readable as .npz: {' '.join(str(error).split())}") from error
