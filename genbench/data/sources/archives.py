"""Pictures in a zip or tar file, read from it one at a time: nothing is ever unpacked to disk.

A picture that says, or turns out, to be larger than `LARGEST` bytes is refused before it fills the memory, and so is a
decompression bomb: an archive that says it holds over `RATIO` times its own size. Pictures are compressed already;
deflate reaches 1,032 on zeros, xz 7,000 and bzip2 1,400,000.
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
from typing import IO, Any, Self

from genbench.data.sources import Broken, Item, fatal
from genbench.data.sources.labelled import INDEX, Files, roots
from genbench.errors import InputError
from genbench.files.atomic import sha256
from genbench.files.picture import decode, is_picture

LARGEST = 1 << 28  # bytes of one picture's file: an uncompressed one of as many pixels as are safe fits
SHOWN = 3  # names of files that are no pictures
RATIO = 200  # bytes unpacked for one packed, where there are more than LARGEST

#: What the readers of archives raise on broken ones; of an unknown compression or a password, too. A lying head
#: makes zipfile and tarfile stumble over a name that is no text, empty or twice there, and over a number that is none
#: or too large.
FAULTS = (
    OSError,
    EOFError,
    RuntimeError,
    ValueError,
    OverflowError,
    IndexError,
    KeyError,
    MemoryError,
    tarfile.TarError,
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
)


class Zip(Files):
    """The pictures of a zip file in the order of their paths."""

    def __init__(self, location: str, path: Path) -> None:
        super().__init__(location)
        self._path = path

    @cached_property
    def _members(self) -> list[zipfile.ZipInfo]:
        try:
            with zipfile.ZipFile(self._path) as archive:
                every = archive.infolist()
        except FAULTS as error:
            raise _unreadable(self.location, error) from error
        infos = [info for info in every if not _path(info).endswith("/") and is_picture(_path(info))]
        if not infos:
            raise _no_pictures(self.location, [info.filename for info in every])
        require_no_bomb(sum(info.file_size for info in infos), self._path.stat().st_size, self.location)
        return sorted(infos, key=lambda info: _path(info).split("/"))

    def digest(self) -> str:
        return sha256(self._path)

    def count(self) -> int:
        return len(self._members)

    def items(self, broken: Broken = fatal) -> Iterator[Item]:
        members = self._members
        with zipfile.ZipFile(self._path) as archive:
            files = {_parts(_path(info)): info for info in archive.infolist()}
            for root in roots([_parts(_path(info)) for info in members]):
                if index := files.get((*root, INDEX)):
                    self.root = root
                    self.index = _member(archive, index, f"{self.location}: {index.filename}")
                    break
            for info in members:
                name = f"{self.location}: {info.filename}"
                try:
                    item = Item(decode(io.BytesIO(_member(archive, info, name)), name), path=_parts(_path(info)))
                except InputError as error:
                    broken(error)
                else:
                    yield item


def _path(info: zipfile.ZipInfo) -> str:
    """Give the path of a member: some writers on Windows part its folders by backslashes."""
    return info.filename.replace("\\", "/")


def _member(archive: zipfile.ZipFile, info: zipfile.ZipInfo, name: str) -> bytes:
    _require_small(info.file_size, name)
    if info.compress_type == zipfile.ZIP_BZIP2:
        # Python unpacks four kilobytes of it at once, whatever they become: up to five gigabytes.
        raise InputError(f"{name}: compressed by bzip2, which a zip file of pictures should not be; expected deflate")
    try:
        with archive.open(info) as file:
            return file.read(info.file_size)  # and not one byte more, whatever there is
    except FAULTS as error:
        raise _unreadable(name, error) from error


class _Bounded(tarfile.TarFile):
    """A tar file that never unpacks more than `LARGEST` bytes at once.

    tarfile reads a long name and a pax header whole, as long as they say they are.
    """

    @classmethod
    def taropen(cls, name: Any, mode: Any = "r", fileobj: Any = None, **rest: Any) -> Self:
        sipped: Any = fileobj and _Sipped(fileobj)  # None where nothing is packed
        return super().taropen(name, mode, sipped, **rest)


class _Sipped:
    """A file of which `LARGEST` bytes can be had at once and no more."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.seek, self.tell, self.close = file.seek, file.tell, file.close

    def read(self, size: int = -1) -> bytes:
        if not 0 <= size <= LARGEST:
            raise tarfile.ReadError(f"a header of {size} bytes, expected at most {LARGEST}")
        return self._file.read(size)


class Tar(Files):
    """The pictures of a tar file, compressed or not, in its own order: it is read from end to end, once."""

    def __init__(self, location: str, path: Path) -> None:
        super().__init__(location)
        self._path = path

    def digest(self) -> str:
        return sha256(self._path)

    def count(self) -> None:
        return None

    def items(self, broken: Broken = fatal) -> Iterator[Item]:
        packed, some, others = self._path.stat().st_size, False, list[str]()
        try:
            with _Bounded.open(self._path) as archive:
                for info in archive:
                    require_no_bomb(info.offset_data + info.size, packed, self.location)
                    name = f"{self.location}: {info.name}"
                    *folders, last = _parts(info.name) or ("",)
                    if last == INDEX and (self.index is None or len(folders) < len(self.root)):
                        self.index, self.root = _content(archive, info, name), tuple(folders)
                    if info.isdir() or not is_picture(info.name):
                        others += [info.name] * (len(others) < SHOWN and not info.isdir())
                        continue
                    some = True
                    try:
                        item = Item(decode(io.BytesIO(_content(archive, info, name)), name), path=_parts(info.name))
                    except InputError as error:
                        broken(error)
                    else:
                        yield item
        except InputError:
            raise
        except FAULTS as error:
            # Whatever follows the fault cannot be found any more.
            raise _unreadable(self.location, error) from error
        if not some:
            raise _no_pictures(self.location, others)


def _no_pictures(location: str, names: list[str]) -> InputError:
    shown = f"; there is: {', '.join(names[:SHOWN])}{', …' * (len(names) > SHOWN)}" if names else ""
    return InputError(f"{location}: no pictures in it{' '.join(shown.split(chr(10)))}")


def _parts(name: str) -> tuple[str, ...]:
    """Split a path within an archive; a leading "/" or "./" is none of its folders."""
    return tuple(part for part in name.split("/") if part not in ("", "."))


def _content(archive: tarfile.TarFile, info: tarfile.TarInfo, name: str) -> bytes:
    file = archive.extractfile(info) if info.isreg() else None
    if file is None:
        raise InputError(f"{name}: a link or a device, not a picture's file")
    _require_small(info.size, name)
    return file.read()


def _require_small(size: int, name: str) -> None:
    if size > LARGEST:
        raise InputError(f"{name}: {size} bytes unpacked, expected at most {LARGEST} for a picture")


def require_no_bomb(unpacked: int, packed: int, name: str) -> None:
    """Refuse to unpack what becomes too many times its size."""
    if unpacked > LARGEST and unpacked > RATIO * packed:
        raise InputError(
            f"{name}: a decompression bomb: {packed} bytes that unpack to {unpacked}, over {RATIO} times as many"
        )


def _unreadable(name: str, error: BaseException) -> InputError:
    return InputError(f"{name}: not readable: {' '.join(str(error).split()) or type(error).__name__}")
