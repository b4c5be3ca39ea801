"""The whole of `genbench fanout`: shared stages here, cells elsewhere, their results here again, the report here."""

from __future__ import annotations

import logging
import os
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING, Protocol

from filelock import FileLock, Timeout
from tqdm import tqdm

from genbench import params
from genbench.check import check
from genbench.errors import InputError, unknown
from genbench.fanout import lock
from genbench.fanout.clone import Project, pack
from genbench.fanout.local import Say
from genbench.fanout.plan import PIPELINE, Cell, outdated, plan
from genbench.fanout.worker import Result
from genbench.reproduce import reproduce
from genbench.scratch import SCRATCH

if TYPE_CHECKING:
    from dvc.repo import Repo

FOLDER = Path(".genbench/fanout")
EVERY = 60.0  # seconds between two writings of dvc.lock
SHOWN = 4  # stages in the line of progress
SHARE = 0.05  # of the time that may go into them: many entries take long


class Dispatch(Protocol):
    """Makes cells somewhere: see :func:`genbench.fanout.local.results`."""

    def __call__(self, cells: Sequence[Cell], project: Project, folder: Path, *, say: Say) -> Iterator[Result]: ...


def fanout(dispatch: Dispatch, *, remote: str = "") -> dict[str, str]:
    """Bring the benchmark of params.yaml up to date; gives why each stage failed that did.

    remote: a DVC remote through which workers without a common cache return results. A kill loses nothing: finished
    stages are in the cache, trainings in the scratch folder. A second fanout of the same clone at the same time is
    refused.
    """
    from dvc.repo import Repo

    p = params.load()
    check(p)
    FOLDER.mkdir(parents=True, exist_ok=True)
    held = FileLock(FOLDER / "lock")
    try:
        held.acquire(timeout=0)
    except Timeout:
        raise InputError(f"{FOLDER}: another fanout of this clone is at work") from None
    try:
        logging.getLogger("dvc").setLevel(logging.ERROR)  # it has a line for each stage that did not change
        with Repo() as repo:
            url = _url(repo, remote)
            todo = plan(repo, p.enabled, p.seeds)
        reproduce(todo.shared)
        with Repo() as repo:
            known = lock.only(lock.read(Path()), [stage for cell in todo.cells for stage in cell.stages])
            repo.checkout(targets=list(known), allow_missing=True)
            cells = outdated(repo, todo.cells)
            cache = Path(repo.cache.local_cache_dir).resolve()
            if remote and cells:
                repo.push(targets=list(todo.shared), remote=remote)
        failed: dict[str, str] = {}
        if cells:
            SCRATCH.mkdir(parents=True, exist_ok=True)
            shared = lock.only(lock.read(Path()), todo.shared)
            project = Project(pack(Path()), shared, cache, SCRATCH.resolve(), remote, url)
            failed = _collect(dispatch, cells, project)
        if not failed:
            reproduce([PIPELINE])
        return failed
    finally:
        held.release()


def _collect(dispatch: Dispatch, cells: Sequence[Cell], project: Project) -> dict[str, str]:
    """Have the cells made and bring their results into this clone; gives the failed stages."""
    entries: lock.Entries = {}
    failed: dict[str, str] = {}
    folder = Path(mkdtemp(prefix=f"{os.getpid()}-", dir=FOLDER)).resolve()
    view = View(len(cells))
    written, cost = time.monotonic(), 0.0
    try:
        for result in dispatch(cells, project, folder, say=view.say):
            entries |= result.entries
            failed |= result.failed
            view.end(result)
            if (began := time.monotonic()) - written > max(EVERY, cost / SHARE):
                _bring(entries, project.remote)
                entries, written = {}, time.monotonic()
                cost = written - began
    finally:
        view.close()
        _bring(entries, project.remote)
        folder.rmdir()
    return failed


def _url(repo: Repo, remote: str) -> str:
    """Where a DVC remote is."""
    remotes = repo.config["remote"]
    if remote and remote not in remotes:
        raise unknown("--remote: DVC remote", remote, remotes)
    return str(remotes[remote]["url"]) if remote else ""


def _bring(entries: lock.Entries, remote: str) -> None:
    """Take finished stages into dvc.lock and their results from the cache."""
    from dvc.repo import Repo

    if not entries:
        return
    lock.write(Path(), lock.read(Path()) | entries)
    with Repo() as repo:
        if remote:
            repo.fetch(targets=list(entries), remote=remote)
        repo.checkout(targets=list(entries))
        for stage in repo.index.stages if remote else ():
            if stage.addressing in entries:
                repo.stage_cache.save(stage)


class View:
    """One line for all: how many cells are done, at what rate, how long it will take, and what each worker is at."""

    def __init__(self, cells: int) -> None:
        seconds = 0.5 if sys.stderr.isatty() else 30.0
        self._bar = tqdm(total=cells, desc="cells", unit="cell", mininterval=seconds)
        self._now: dict[Cell, str] = {}

    def say(self, cell: Cell, stage: str) -> None:
        """A cell has come to a stage."""
        self._now[cell] = stage
        self._show()

    def end(self, result: Result) -> None:
        """A cell is done, or as much of it as could be."""
        self._now.pop(result.cell, None)
        for stage, reason in result.failed.items():
            self._bar.write(f"failed: {stage}: {reason}", file=sys.stderr)
        self._bar.update()
        self._show()

    def close(self) -> None:
        """Leave the line as it stands."""
        self._bar.close()

    def _show(self) -> None:
        stages = list(self._now.values())
        more = [f"{len(stages) - SHOWN} more"] if len(stages) > SHOWN else []
        self._bar.set_postfix_str(", ".join(stages[:SHOWN] + more), refresh=False)
