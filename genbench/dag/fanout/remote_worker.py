"""A worker on a host of a cluster, and the checks that the host has what results depend on."""

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
from genbench.dag.fanout.plan import Job
from genbench.dag.fanout.worker import Worker
from genbench.errors import InputError
from genbench.pipeline import environment

LOCK = "lock"
PATIENCE = 10.0  # seconds in which a file appears to the other hosts of a network's disk
ABANDONED = 3600.0  # seconds after which a folder that was never locked belongs to no worker


@dataclass(frozen=True)
class MainHost:
    """The host that fans out.

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


class RemoteWorker:
    """A worker in `folder`/clone, where the project's files are.

    main_host: a :class:`MainHost` as JSON. Other versions on this host, or a cache that it does not see, raise an
    InputError.
    """

    def __init__(self, folder: Path, files: bytes, main_host: str) -> None:
        main = MainHost(**json.loads(main_host))
        self._lock = FileLock(folder / LOCK)
        self._lock.acquire()
        sweep(folder.parent.glob("genbench-fanout-*"))
        environment.require("computes", folder=folder / "clone")
        if (dvc := environment.version("dvc")) != main.dvc:
            raise InputError(f"dvc: expected {main.dvc}, as on the host that fans out; installed is {dvc or 'none'}")
        os.environ.pop("OMP_NUM_THREADS", None)  # Ray sets it; the number of threads is that of params.yaml
        self._worker = Worker(folder / "clone", project(main, files))

    def make(self, job: str) -> Iterator[str]:
        """Make the cell of :func:`job_as_json`: yield each stage that begins, then the result, as JSON."""
        values = json.loads(job)
        steps = self._worker.steps(Job(**(values | {"stages": tuple(values["stages"])})))
        while True:
            try:
                yield json.dumps({"stage": next(steps)})
            except StopIteration as end:
                yield json.dumps({"entries": end.value.entries, "failed": end.value.failed})
                return

    def close(self) -> None:
        """End its processes."""
        self._worker.close()


def job_as_json(job: Job) -> str:
    """Write a job as :meth:`RemoteWorker.make` takes it."""
    return json.dumps(asdict(job))


def project(main: MainHost, files: bytes) -> Project:
    """Describe the project on this host: over the main host's cache, or over a cache of its own and a remote.

    A host that does not see the main host's cache, and has no remote, is an InputError.
    """
    scratch, live = (_shared(Path(folder)) for folder in (main.scratch, main.live))
    if main.remote:
        return Project(files, own_folder() / "cache", scratch, live, main.remote, main.url)
    deadline = time.monotonic() + PATIENCE
    while not (token := Path(main.cache) / main.token).exists():
        if time.monotonic() > deadline:
            raise InputError(
                f"{token.parent}: expected the cache of the clone that fans out, on a disk that all hosts share; it is "
                "not on this host. Name a DVC remote that all of them reach, `--remote NAME`, or move the cache, "
                "`dvc cache dir --local FOLDER`"
            )
        time.sleep(0.2)
    return Project(files, Path(main.cache), scratch, live)


def _shared(folder: Path) -> Path:
    """Return a folder of the main host where this host sees it, else one of this host."""
    folder = folder if folder.is_dir() else own_folder() / folder.name
    folder.mkdir(exist_ok=True)
    return folder


def own_folder() -> Path:
    """Make the folder that stays from one fanout to the next: unfinished trainings and, for a remote, a cache."""
    folder = Path(tempfile.gettempdir()) / f"genbench-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.is_symlink() or folder.stat().st_uid != os.getuid():
        raise InputError(f"{folder}: expected a folder of this user's own")
    return folder


def sweep(folders: Iterable[Path]) -> None:
    """Delete the folders of workers that have ended."""
    for folder in folders:
        try:
            locked_once = (folder / LOCK).exists()
            abandoned = locked_once or time.time() - folder.stat().st_mtime > ABANDONED
            if folder.stat().st_uid != os.getuid() or not abandoned:
                continue  # another user's, or about to be locked
            with FileLock(folder / LOCK, timeout=0):
                shutil.rmtree(folder, ignore_errors=True)
        except (OSError, Timeout):  # at work, or deleted by another sweep
            continue
