"""Downloads of files with known checksums, by pooch: whole and verified at their path, or not there at all.

A server is anybody's machine: it may be silent for ever, send bytes without end or another file.
"""

from __future__ import annotations

import io
import logging
import socket
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies

from tqdm import tqdm

from genbench.errors import InputError

log = logging.getLogger(__name__)

SECONDS = 30  # without an answer, after which a server counts as out of reach
CONNECTING = 5  # seconds without a connection
LOOKING_UP = 2  # seconds without the address of a server's name; known ones come within milliseconds
LARGEST = 1 << 31  # bytes of a download; the largest known, DINOv2's ViT-L/14, has 1.2 GB
PIECE = 1 << 20  # bytes


def cache_folder() -> Path:
    """Return the user's folder for what can be had again: $XDG_CACHE_HOME/genbench, by default ~/.cache/genbench."""
    import pooch  # here and below, because most commands download nothing

    return pooch.os_cache("genbench")


def download(addresses: Sequence[str], checksum: str, path: Path) -> None:
    """Bring a file to `path` from the first of `addresses` that has it; a file with this checksum is left as it is.

    checksum: "md5:…" or "sha256:…", in hexadecimal. If no address has the file, an InputError gives each one's reason.
    """
    import pooch

    pooch.get_logger().setLevel(logging.WARNING)
    failures = []
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{path.parent}: {error.strerror or error}") from error
    for address in addresses:
        try:
            pooch.retrieve(address, checksum, fname=path.name, path=path.parent, downloader=_fetch)
            return
        except (OSError, ValueError) as error:  # pooch's ValueError is of another checksum
            failures.append(f"{address}: {' '.join(str(error).split())}")
    raise InputError("; ".join(failures))


def _fetch(address: str, output: str, _: object) -> None:
    """Write what an address has to the file `output`, as pooch asks its downloaders to."""
    import pooch

    log.info("download from %s", address)
    _require_host(urlsplit(address).hostname or "")
    with _Bounded(io.FileIO(output, "w")) as file:
        # as it is: a server that packs it on the way would give a file of another checksum
        headers, hooks = {"Accept-Encoding": "identity"}, {"response": file.expect}
        fetch = pooch.HTTPDownloader(chunk_size=PIECE, timeout=(CONNECTING, SECONDS), headers=headers, hooks=hooks)
        fetch(address, file, None)


def _require_host(name: str) -> None:
    """Refuse a name without an address. Where there is no network, the search for one can last far longer."""
    found: list[object] = []

    def look_up() -> None:
        with suppress(OSError):
            found.extend(socket.getaddrinfo(name, None))

    thread = Thread(target=look_up, daemon=True)  # nothing ends such a search
    thread.start()
    thread.join(LOOKING_UP)
    if not found and not getproxies():  # which know more names
        raise OSError(f"no server {name} is known here; is there a network?")


class _Bounded(io.BufferedWriter):
    """A file of at most `LARGEST` bytes, with a progress bar: more would fill the disk before the checksum is known."""

    _bar: tqdm | None = None

    def expect(self, response: Any, **_: object) -> None:
        """Show progress, of as many bytes as a response promises if it says so."""
        if response.ok:
            length = response.headers.get("Content-Length", "")
            self._bar = tqdm(unit="B", unit_scale=True, total=int(length) if length.isdecimal() else None)

    def write(self, piece: Any) -> int:
        written = super().write(piece)
        if self._bar is not None:
            self._bar.update(written)
        if self.tell() > LARGEST:
            raise OSError(f"more than {LARGEST} bytes")
        return written

    def close(self) -> None:
        if self._bar is not None:
            self._bar.close()
        super().close()
