"""Files of public datasets by torchvision's downloader, kept in a cache folder of the user's account.

The data is checked by MD5 because that is the checksum that its authors and torchvision publish.
"""

from __future__ import annotations

import gzip
import hashlib
import os
import socket
import tempfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.client import HTTPException
from pathlib import Path

from genbench.errors import InputError
from genbench.files.require_file import open_file

SECONDS = 30  # without an answer, after which a server counts as out of reach
PIECE = 1 << 20  # bytes read at once


def cache_folder(dataset: str) -> Path:
    """Where downloads of a dataset are kept: $XDG_CACHE_HOME/genbench/<dataset>, by default under ~/.cache."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "genbench" / dataset


def md5(data: bytes) -> str:
    """The MD5 of bytes, in hexadecimal."""
    return hashlib.md5(data, usedforsecurity=False).hexdigest()


def verified(dataset: str, path: Path, data: bytes, checksum: str) -> bytes:
    """The data that was read from a file, if its MD5 is `checksum`; a download that is broken is removed."""
    if md5(data) == checksum:
        return data
    mend = ""
    if path.parent == cache_folder(dataset):
        path.unlink(missing_ok=True)
        mend = "; it is removed, and the next run downloads it anew"
    raise InputError(f"{path}: broken, or not a file of {dataset} (its MD5 is {md5(data)}, expected {checksum}){mend}")


def read_all(path: Path, largest: int, *, unzip: bool = False) -> bytes:
    """The bytes of a file, with `unzip` of what gzip packed; over `largest` of them are refused, and not read."""
    pieces: list[bytes] = []  # a reader takes as much memory as it is asked for, whatever there is
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


def download(
    dataset: str, filename: str, mirrors: Sequence[str], checksum: str, *, searched: Sequence[Path], supply: str
) -> Path:
    """Bring a file into the cache folder, from the first of `mirrors` (addresses up to the file's name) that has it.

    The file takes its place only when it is whole and has the MD5 `checksum`. Where no mirror helps, the InputError
    says why of each, which folders were `searched` before, and what the user can `supply` instead.
    """
    from genbench.data.datasets._torchvision import torchvision  # here, because torch is needed for nothing else

    path = cache_folder(dataset) / filename
    failures = []
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=path.parent) as scratch, _patience():
            for mirror in mirrors:
                try:
                    torchvision.datasets.utils.download_url(mirror + filename, scratch, filename, checksum)
                    return Path(scratch, filename).replace(path)
                except (OSError, RuntimeError, HTTPException) as error:
                    failures.append(f"{mirror}{filename}: {error}")
    except OSError as error:
        failures.append(f"{path.parent}: {error.strerror or error}")
    message = (
        f"{dataset}: no copy in {', '.join(map(str, searched))}, and no download ({'; '.join(failures)}); "
        f"put {supply} into the folder that data.source names"
    )
    raise InputError(" ".join(message.split()))


@contextmanager
def _patience() -> Iterator[None]:
    """Inside the block a silent server is given up after `SECONDS`; by itself urllib waits for ever."""
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(SECONDS)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)
