"""Files of public datasets: the user's own copies, or downloads in a cache folder of the user's account.

They are checked by MD5, because that is the checksum that their authors and torchvision publish.
"""

from __future__ import annotations

import gzip
import hashlib
import zlib
from collections.abc import Sequence
from pathlib import Path

from genbench.errors import InputError
from genbench.files.download import cache_folder, download
from genbench.files.require_file import open_file

PIECE = 1 << 20  # bytes read at once


def md5(data: bytes) -> str:
    """Return the MD5 of bytes, in hexadecimal."""
    return hashlib.md5(data, usedforsecurity=False).hexdigest()


def read_verified(dataset: str, path: Path, checksum: str, largest: int, *, unzip: bool = False) -> bytes:
    """Read a file, with `unzip` what gzip packed in it; content of another MD5, or over `largest` bytes, is refused."""
    data = _read(path, largest, unzip)
    if md5(data) != checksum:
        raise InputError(f"{path}: broken, or not a file of {dataset} (its MD5 is {md5(data)}, expected {checksum})")
    return data


def _read(path: Path, largest: int, unzip: bool) -> bytes:
    pieces: list[bytes] = []  # a reader takes as much memory as it is asked for, however short the file is
    size = 0
    try:
        with open_file(path) as packed, gzip.open(packed) if unzip else packed as file:
            while size <= largest and (piece := file.read(PIECE)):
                pieces.append(piece)
                size += len(piece)
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(f"{path}: not readable: {error}") from error
    if size > largest:
        raise InputError(f"{path}: expected at most {largest} bytes, there are more")
    return b"".join(pieces)


def obtain(
    dataset: str, filename: str, mirrors: Sequence[str], checksum: str, *, searched: Sequence[Path], supply: str
) -> Path:
    """Return the path of a file in the cache folder, downloaded if it is not there or not whole.

    mirrors: addresses up to the file's name. checksum: the MD5 of the file as it is served. Where no mirror helps, the
    InputError gives the reason of each, the folders that were `searched` before, and what the user can `supply`.
    """
    path = cache_folder() / dataset / filename
    try:
        download([mirror + filename for mirror in mirrors], f"md5:{checksum}", path)
    except InputError as error:
        raise InputError(
            f"{dataset}: no copy in {', '.join(map(str, searched))}, and no download ({error}); "
            f"put {supply} into the folder that data.source names"
        ) from error
    return path
