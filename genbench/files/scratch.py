"""Work in progress, in folders that DVC does not know: what a kill, a full disk or a power cut leaves is gone on from.

A folder is keyed by everything that decides the result (options, code, data, seed), so that another configuration
never goes on from it. A lock beside it keeps a second process out while the first, perhaps orphaned by a kill of its
parent, is still writing.
"""

from __future__ import annotations

import hashlib
import json
import logging
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from filelock import FileLock, Timeout

from genbench.errors import InputError

T = TypeVar("T")

log = logging.getLogger(__name__)
SCRATCH = Path(".genbench/scratch")

#: Seconds of work that a kill may cost.
SECONDS = 20.0


@contextmanager
def folder(key: dict[str, Any], *, leads: bool = True) -> Iterator[Path]:
    """Hold a scratch folder for one configuration, for this process alone; it is removed if the block succeeds.

    Of several processes that work together one `leads`; the others read the folder, and leave it to that one.
    """
    name = hashlib.sha256(json.dumps(key, sort_keys=True).encode()).hexdigest()[:32]
    path = SCRATCH / name
    if not leads:
        yield path
        return
    SCRATCH.mkdir(parents=True, exist_ok=True)
    lock = FileLock(SCRATCH / f"{name}.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        log.warning("another process works on this very cell; waiting for it to end")
        lock.acquire()
    try:
        done = path.with_suffix(".done")
        shutil.rmtree(done, ignore_errors=True)
        path.mkdir(exist_ok=True)
        yield path
        path.rename(done)  # at once, so that a kill leaves the whole of it or nothing
        shutil.rmtree(done)
        # while it is held: who waits for it sees that the file it then gets is no longer there, and makes another
        Path(lock.lock_file).unlink()
    finally:
        lock.release()


class Parts:
    """The parts of a long result that are done, one after another in a scratch folder; without one, none are kept."""

    def __init__(self, scratch: Path | None) -> None:
        self._scratch, self._count = scratch, 0

    def load(self, read: Callable[[Path], T]) -> Iterator[T]:
        """Load what an earlier process kept, up to the first part that cannot be read; parts behind it are deleted."""
        yield from self._readable(read)
        for left in self._scratch.glob("part-*") if self._scratch else ():
            if left.name >= self._next_path().name:
                shutil.rmtree(left) if left.is_dir() else left.unlink()

    def _readable(self, read: Callable[[Path], T]) -> Iterator[T]:
        while self._scratch is not None and (path := self._next_path()).exists():
            try:
                part = read(path)
            except InputError as error:
                log.warning("%s; done again from there", error)
                return
            self._count += 1
            yield part

    def keep(self, write: Callable[[Path], None]) -> None:
        """Write the next part."""
        if self._scratch is not None:
            write(self._next_path())
            self._count += 1

    def _next_path(self) -> Path:
        assert self._scratch is not None
        return self._scratch / f"part-{self._count:06d}"
