"""Files of public datasets by torchvision's downloader, kept in a cache folder of the user's account.

The data is checked by MD5 because that is the checksum that its authors and torchvision publish.
"""

from __future__ import annotations

import hashlib
import os
import socket
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.client import HTTPException
from pathlib import Path

from genbench.errors import InputError

SECONDS = 30  # without an answer, after which a server counts as out of reach


def cache_folder(dataset: str) -> Path:
    """Where downloads of a dataset are kept: $XDG_CACHE_HOME/genbench/<dataset>, by default under ~/.cache."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "genbench" / dataset


def md5(data: bytes) -> str:
    """The MD5 of bytes, in hexadecimal."""
    return hashlib.md5(data, usedforsecurity=False).hexdigest()


def download(
    dataset: str, filename: str, mirrors: Sequence[str], checksum: str, *, searched: Sequence[Path], supply: str
) -> Path:
    """Bring a file into the cache folder, from the first of `mirrors` (addresses up to the file's name) that has it.

    The file takes its place only when it is whole and has the MD5 `checksum`. Where no mirror helps, the InputError
    says why of each, which folders were `searched` before, and what the user can `supply` instead.
    """
    from genbench.torchvision_shim import torchvision  # here, because torch is needed for nothing else

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
