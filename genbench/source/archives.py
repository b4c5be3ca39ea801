"""Pictures in a zip or tar file, read from it one at a time: nothing is ever unpacked to disk.

A picture that says, or turns out, to be larger than `LARGEST` bytes is refused before it fills the memory.
"""

from __future__ import annotations

import io
import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

from genbench.errors import InputError
from genbench.files import sha256
from genbench.picture import decode, is_picture
from genbench.source import Broken, Item, Source, fatal

LARGEST = 1 << 28  # bytes of one picture's file: an uncompressed one of as many pixels as are safe fits

#: What the readers of archives raise on broken ones; of an unknown compression or a password, too.
FAULTS = (
    OSError,
    EOFError,
    RuntimeError,
    tarfile.TarError,
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
)


class Zip(Source):
    """The pictures of a zip file in the order of their paths."""

    def __init__(self, place: str, path: Path) -> None:
        super().__init__(place)
        self._path = path

    @cached_property
    def _members(self) -> list[zipfile.ZipInfo]:
        try:
            with zipfile.ZipFile(self._path) as archive:
                infos = [info for info in archive.infolist() if not info.is_dir() and is_picture(info.filename)]
        except FAULTS as error:
            raise _unreadable(self.place, error) from error
        if not infos:
            raise InputError(f"{self.place}: no pictures in it")
        return sorted(infos, key=lambda info: info.filename.split("/"))

    def digest(self) -> str:
        return sha256(self._path)

    def count(self) -> int:
        return len(self._members)

    def items(self, broken: Broken = fatal) -> Iterator[Item]:
        with zipfile.ZipFile(self._path) as archive:
            for info in self._members:
                name = f"{self.place}: {info.filename}"
                try:
                    item = Item(decode(io.BytesIO(_member(archive, info, name)), name))
                except InputError as error:
                    broken(error)
                else:
                    yield item


def _member(archive: zipfile.ZipFile, info: zipfile.ZipInfo, name: str) -> bytes:
    _require_small(info.file_size, name)
    try:
        with archive.open(info) as file:
            return file.read(info.file_size)  # and not one byte more, whatever there is
    except FAULTS as error:
        raise _unreadable(name, error) from error


class Tar(Source):
    """The pictures of a tar file, compressed or not, in its own order: it is read from end to end, once."""

    def __init__(self, place: str, path: Path) -> None:
        super().__init__(place)
        self._path = path

    def digest(self) -> str:
        return sha256(self._path)

    def count(self) -> None:
        return None

    def items(self, broken: Broken = fatal) -> Iterator[Item]:
        try:
            with tarfile.open(self._path) as archive:
                for info in archive:
                    if info.isdir() or not is_picture(info.name):
                        continue
                    name = f"{self.place}: {info.name}"
                    try:
                        item = Item(decode(io.BytesIO(_content(archive, info, name)), name))
                    except InputError as error:
                        broken(error)
                    else:
                        yield item
        except FAULTS as error:
            # Whatever follows the fault cannot be found any more.
            raise _unreadable(self.place, error) from error


def _content(archive: tarfile.TarFile, info: tarfile.TarInfo, name: str) -> bytes:
    file = archive.extractfile(info) if info.isreg() else None
    if file is None:
        raise InputError(f"{name}: a link or a device, not a picture's file")
    _require_small(info.size, name)
    return file.read()


def _require_small(size: int, name: str) -> None:
    if size > LARGEST:
        raise InputError(f"{name}: {size} bytes unpacked, expected at most {LARGEST} for a picture")


def _unreadable(name: str, error: BaseException) -> InputError:
    return InputError(f"{name}: not readable: {' '.join(str(error).split()) or type(error).__name__}")
