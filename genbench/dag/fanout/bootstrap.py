"""The code that a Ray worker process starts with: it unpacks the project and goes on from the project's code.

Ray gets this module by value. So a host needs the project's libraries and not the project: the code that runs there is
the packed one, uncommitted changes included. Until it is unpacked, this module imports Python's own library alone.
Arguments and results are bytes and text.
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


def unpack(files: bytes, folder: Path) -> None:
    """Unpack a project, an archive of our own; by the filter for data where Python has it, from 3.11.4 on."""
    with tarfile.open(fileobj=io.BytesIO(files)) as archive:
        archive.extraction_filter = getattr(tarfile, "data_filter", None)
        archive.extractall(folder)


class Bootstrap:
    """Ray actor with one :class:`genbench.dag.fanout.worker.Worker`, in a temporary folder of its host."""

    def __init__(self) -> None:
        self._folder: Path | None = None
        self._worker: Any = None

    def started(self) -> None:
        """Return once the process has started."""

    def open(self, files: bytes, main_host: str) -> str:
        """Set up the worker; return why this host cannot be used, "" if it can.

        files, main_host: see :class:`genbench.dag.fanout.remote_worker.RemoteWorker`.
        """
        self._folder = Path(tempfile.mkdtemp(prefix="genbench-fanout-"))
        clone = self._folder / "clone"
        unpack(files, clone)
        sys.path.insert(0, str(clone))
        from genbench.dag.fanout.remote_worker import RemoteWorker
        from genbench.errors import InputError

        try:
            self._worker = RemoteWorker(self._folder, files, main_host)
        except (InputError, OSError) as error:
            return str(error)
        return ""

    def make(self, job: str) -> Iterator[str]:
        """Make a cell: yield each stage that begins, then the result, as JSON."""
        yield from self._worker.make(job)

    def close(self) -> None:
        """End its processes and delete its folder."""
        if self._worker is not None:
            self._worker.close()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
