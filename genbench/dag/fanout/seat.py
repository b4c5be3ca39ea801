"""A worker's place on a host of a cluster: looks at what the host has in common with the main one, and works there."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from genbench.dag.fanout.clone import Project
from genbench.dag.fanout.plan import Cell
from genbench.dag.fanout.worker import Worker
from genbench.errors import InputError
from genbench.pipeline import environment

HELD = "held"
PATIENCE = 10.0  # seconds in which a file appears to the other hosts of a network's disk
ABANDONED = 3600.0  # seconds after which a folder that nobody ever held is nobody's


@dataclass(frozen=True)
class Asked:
    """What the main host says of itself.

    cache, scratch, live: its folders. token: a file that it has just put into its cache. remote, url: the DVC remote
    through which results return, "" for the cache. dvc: its version.
    """

    cache: str
    scratch: str
    live: str
    token: str
    remote: str
    url: str
    dvc: str | None


class Seat:
    """A worker in `folder`/clone, where the project's files are. What makes this host of no use is an InputError."""

    def __init__(self, folder: Path, files: bytes, asked: str) -> None:
        wants = Asked(**json.loads(asked))
        self._held = FileLock(folder / HELD)
        self._held.acquire()
        sweep(folder.parent.glob("genbench-fanout-*"))
        environment.require("computes", folder=folder / "clone")
        if (dvc := environment.version("dvc")) != wants.dvc:
            raise InputError(f"dvc: expected {wants.dvc}, as on the host that fans out; installed is {dvc or 'none'}")
        os.environ.pop("OMP_NUM_THREADS", None)  # Ray's; params.yaml says how many
        self._worker = Worker(folder / "clone", project(wants, files))

    def make(self, cell: str) -> Iterator[str]:
        """Make a cell: each stage as it begins, then the result, all as JSON."""
        asked = json.loads(cell)
        steps = self._worker.steps(Cell(**(asked | {"stages": tuple(asked["stages"])})))
        while True:
            try:
                yield json.dumps({"stage": next(steps)})
            except StopIteration as end:
                yield json.dumps({"entries": end.value.entries, "failed": end.value.failed})
                return

    def close(self) -> None:
        """End what runs."""
        self._worker.close()


def words(cell: Cell) -> str:
    """A cell as :meth:`Seat.make` takes it."""
    return json.dumps(asdict(cell))


def project(asked: Asked, files: bytes) -> Project:
    """The project as it is worked at here: over the main host's cache, or one of this host's and a remote."""
    scratch, live = (_common(Path(folder)) for folder in (asked.scratch, asked.live))
    if asked.remote:
        return Project(files, own_folder() / "cache", scratch, live, asked.remote, asked.url)
    deadline = time.monotonic() + PATIENCE
    while not (token := Path(asked.cache) / asked.token).exists():
        if time.monotonic() > deadline:
            raise InputError(
                f"{token.parent}: expected the cache of the clone that fans out, on a disk that all hosts share; it is "
                "not on this host. Name a DVC remote that all of them reach, `--remote NAME`, or move the cache, "
                "`dvc cache dir --local FOLDER`"
            )
        time.sleep(0.2)
    return Project(files, Path(asked.cache), scratch, live)


def _common(folder: Path) -> Path:
    """A folder of the main host where this host sees it, else one of its own."""
    folder = folder if folder.is_dir() else own_folder() / folder.name
    folder.mkdir(exist_ok=True)
    return folder


def own_folder() -> Path:
    """What this host keeps from one fanout to the next: unfinished trainings and, for a remote, a cache."""
    folder = Path(tempfile.gettempdir()) / f"genbench-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.is_symlink() or folder.stat().st_uid != os.getuid():
        raise InputError(f"{folder}: expected a folder of this user's own")
    return folder


def sweep(folders: Iterable[Path]) -> None:
    """Delete those of workers that are no more."""
    for folder in folders:
        try:
            held = (folder / HELD).exists()
            if folder.stat().st_uid != os.getuid() or not (held or time.time() - folder.stat().st_mtime > ABANDONED):
                continue  # somebody else's, or about to be held
            with FileLock(folder / HELD, timeout=0):
                shutil.rmtree(folder, ignore_errors=True)
        except (OSError, Timeout):  # at work, or swept by another
            continue
