"""The whole of `genbench fanout`: shared stages here, cells elsewhere, their results here again, the report here."""

from __future__ import annotations

import logging
import os
import sys
import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import TYPE_CHECKING, Protocol

from filelock import FileLock, Timeout
from tqdm import tqdm

from genbench.dag import lock
from genbench.dag.fanout.clone import Project, pack
from genbench.dag.fanout.local import Say
from genbench.dag.fanout.plan import PIPELINE, Cell, Plan, changed, plan
from genbench.dag.fanout.worker import Result
from genbench.dag.reproduce import SHARE, opened, order, reproduce, write
from genbench.errors import InputError, unknown
from genbench.files.scratch import SCRATCH
from genbench.pipeline import params
from genbench.pipeline.live import LIVE

if TYPE_CHECKING:
    from dvc.repo import Repo

FOLDER = Path(".genbench/fanout")
EVERY = 60.0  # seconds at least between two writings of dvc.lock
SHOWN = 4  # stages in the line of progress


class Dispatch(Protocol):
    """Makes cells somewhere: see :func:`genbench.dag.fanout.local.results`."""

    def __call__(self, cells: Sequence[Cell], project: Project, folder: Path, *, say: Say) -> Iterator[Result]: ...


def fanout(dispatch: Dispatch, *, remote: str = "") -> dict[str, str]:
    """Bring the benchmark of params.yaml up to date; gives why each stage failed that did.

    remote: a DVC remote through which workers without a common cache return results. A kill loses nothing: finished
    stages are in the cache, trainings in the scratch folder. A second fanout of the same clone at the same time is
    refused, and so is a `dvc repro`: DVC's lock is held throughout, but while a stage works in this clone itself, a
    shared one or the report; then, as always, DVC lets nobody else have what that stage reads and writes.
    """
    p = params.load()
    for name in p.runs:
        p.run(name)  # what cannot be read is refused with its line, where DVC would say no more than the file
    with _alone(), opened() as repo:
        logging.getLogger("dvc").setLevel(logging.ERROR)  # it has a line for each stage that did not change
        _sweep()
        url = _url(repo, remote)
        if not changed(repo):
            return {}
        from genbench.pipeline.check import check  # not before: it takes seconds, for it builds every model

        check(p)
        todo = plan(repo, p.enabled, p.seeds)
        known = lock.read(Path())
        new = [stage.addressing for stage in order(repo) if stage.addressing not in known]
        if todo.shared:
            reproduce(repo, todo.shared)
            repo._reset()  # it has read the earlier lock
        _check_out(repo, {stage for cell in todo.cells for stage in cell.stages})
        failed = _make(todo, dispatch, Main(repo, remote, url, new))
        if not failed:
            reproduce(repo, [PIPELINE])
            write(repo, {}, last=new)
        return failed


@contextmanager
def _alone() -> Iterator[None]:
    """Be the only fanout of this clone."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    held = FileLock(FOLDER / "lock")
    try:
        held.acquire(timeout=0)
    except Timeout:
        raise InputError(f"{FOLDER}: another fanout of this clone is at work") from None
    try:
        yield
    finally:
        held.release()


@dataclass(frozen=True)
class Main:
    """The clone in which the results come together.

    remote, url: a DVC remote, or "". new: the stages that dvc.lock did not know, in the order in which it will.
    """

    repo: Repo
    remote: str
    url: str
    new: Sequence[str]


def _make(todo: Plan, dispatch: Dispatch, main: Main) -> dict[str, str]:
    """Have the cells made of which anything changed; gives the failed stages."""
    stages = changed(main.repo)
    cells = [cell for cell in todo.cells if not stages.isdisjoint(cell.stages)]
    if not cells:
        return {}
    given = [*todo.shared, *todo.frozen]
    if main.remote:
        main.repo.push(targets=given, remote=main.remote)
    for shared_folder in (SCRATCH, LIVE):
        shared_folder.mkdir(parents=True, exist_ok=True)
    cache = Path(main.repo.cache.local_cache_dir).resolve()
    project = Project(pack(Path(), given), cache, SCRATCH.resolve(), LIVE.resolve(), main.remote, main.url)
    return _collect(dispatch, cells, project, main)


def _check_out(repo: Repo, names: Collection[str]) -> None:
    """Bring missing outputs of stages from the cache, as dvc.lock has them, where all of a stage's are there.

    `repo.checkout(targets)` reads all of dvc.lock for each target, hours in a large benchmark; and where the lock is
    of a time when the stage had other outputs, it deletes today's for want of an entry.
    """
    for stage in repo.index.stages:
        known = stage.relpath == PIPELINE and stage.name in names and all(out.hash_info for out in stage.outs)
        if known and not all(out.exists for out in stage.outs) and not any(o.changed_cache() for o in stage.outs):
            stage.checkout(force=True)


def _sweep() -> None:
    """Delete the clones that a killed fanout left; there is none at work."""
    for left in FOLDER.iterdir():
        if left.is_dir():
            rmtree(left, ignore_errors=True)


def _collect(dispatch: Dispatch, cells: Sequence[Cell], project: Project, main: Main) -> dict[str, str]:
    """Have cells made and bring their results into this clone; gives the failed stages."""
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
            if (started := time.monotonic()) - written > max(EVERY, cost / SHARE):
                _bring(entries, main)
                entries, written = {}, time.monotonic()
                cost = written - started
    finally:
        view.close()
        _bring(entries, main)
        folder.rmdir()
    return failed


def _url(repo: Repo, remote: str) -> str:
    """Where a DVC remote is."""
    remotes = repo.config["remote"]
    if remote and remote not in remotes:
        raise unknown("--remote: DVC remote", remote, remotes)
    return str(remotes[remote]["url"]) if remote else ""


def _bring(entries: lock.Entries, main: Main) -> None:
    """Take finished stages into dvc.lock and their results from the cache."""
    if not entries:
        return
    repo = main.repo
    write(repo, entries, last=main.new)
    repo._reset()  # it has read the earlier lock
    if main.remote:
        repo.fetch(targets=list(entries), remote=main.remote)
    _check_out(repo, entries)
    for stage in repo.index.stages if main.remote else ():
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
