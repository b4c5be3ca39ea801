"""What a Ray worker process knows at first: how to unpack the project and go on from its code.

Ray gets this module by value. So a host needs the project's libraries, and not the project: what runs there is what was
packed, uncommitted changes included. Nothing but Python's own library is imported here until then. What goes forth and
back is bytes and text.
"""

from __future__ import annotations

import io
import shutil
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any


class Boot:
    """A Ray actor: one worker of :mod:`genbench.dag.fanout.worker`, in a folder of its host that goes when it does."""

    def __init__(self) -> None:
        self._folder: Path | None = None
        self._seat: Any = None

    def here(self) -> None:
        """Return once there is a process."""

    def open(self, files: bytes, asked: str) -> str:
        """Set up: why that is not possible, "" if it is. See :class:`genbench.dag.fanout.seat.Seat`."""
        self._folder = Path(tempfile.mkdtemp(prefix="genbench-fanout-"))
        clone = self._folder / "clone"
        with tarfile.open(fileobj=io.BytesIO(files)) as archive:
            archive.extractall(clone, filter="data")
        sys.path.insert(0, str(clone))
        from genbench.dag.fanout.seat import Seat
        from genbench.errors import InputError

        try:
            self._seat = Seat(self._folder, files, asked)
        except (InputError, OSError) as error:
            return str(error)
        return ""

    def make(self, cell: str) -> Iterator[str]:
        """Make a cell: each stage as it begins, at last a result, all as JSON."""
        yield from self._seat.make(cell)

    def close(self) -> None:
        """End what runs and leave nothing on the disk."""
        if self._seat is not None:
            self._seat.close()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
