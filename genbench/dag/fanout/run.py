"""`genbench fanout` from end to end: shared stages here, cells by workers, their results and the report here."""

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
from genbench.dag.fanout.local import Progress
from genbench.dag.fanout.plan import PIPELINE, Job, Plan, changed, plan
from genbench.dag.fanout.worker import Result
from genbench.dag.reproduce import SHARE, opened, order, reproduce, write
from genbench.errors import InputError, unknown
from genbench.files.scratch import SCRATCH
from genbench.pipeline import params, repository
from genbench.pipeline.live import LIVE

if TYPE_CHECKING:
    from dvc.repo import Repo

FOLDER = Path(".genbench/fanout")
LOCK_INTERVAL = 60.0  # seconds at least between two writings of dvc.lock
SHOWN = 4  # stages in the line of progress


class Dispatch(Protocol):
    """Maker of cells: see :func:`genbench.dag.fanout.local.results`."""

    def __call__(
        self, jobs: Sequence[Job], project: Project, folder: Path, *, progress: Progress
    ) -> Iterator[Result]: ...


def fanout(dispatch: Dispatch, *, remote: str = "") -> dict[str, str]:
    """Bring the benchmark of params.yaml up to date, and return the reason of each stage that failed.

    remote: a DVC remote through which workers without a common cache return results. A kill loses nothing: finished
    stages are in the cache, trainings in the scratch folder. A second fanout of the same clone at the same time is
    refused, and so is a `dvc repro`: DVC's lock is held except while a shared stage or the report works in this clone,
    when DVC itself locks what that stage reads and writes.
    """
    p = params.load()
    for name in p.runs:
        p.run(name)  # a broken file is refused with its line, where DVC would name the file alone
    repository.require()  # workers get the files that git lists
    with _alone(), opened() as repo:
        logging.getLogger("dvc").setLevel(logging.ERROR)  # DVC prints a line for each stage that did not change
        _sweep()
        url = _url(repo, remote)
        if not changed(repo):
            return {}
        from genbench.pipeline.check import check  # imported late: it takes seconds, for it builds every model

        check(p)
        planned = plan(repo, p.enabled, p.seeds)
        known = lock.read(Path())
        new = [stage.addressing for stage in order(repo) if stage.addressing not in known]
        if planned.shared:
            reproduce(repo, planned.shared)
            repo._reset()  # it has read the earlier lock
        _check_out(repo, {stage for job in planned.jobs for stage in job.stages})
        failed = _make(planned, dispatch, MainClone(repo, remote, url, new))
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
class MainClone:
    """The clone that the results return to.

    remote, url: a DVC remote, or "". new: the stages that were not in dvc.lock, in the order in which they will be.
    """

    repo: Repo
    remote: str
    url: str
    new: Sequence[str]


def _make(planned: Plan, dispatch: Dispatch, main: MainClone) -> dict[str, str]:
    """Have the cells made of which any stage changed, and return the failed stages."""
    stages = changed(main.repo)
    jobs = [job for job in planned.jobs if not stages.isdisjoint(job.stages)]
    if not jobs:
        return {}
    given = [*planned.shared, *planned.frozen]
    if main.remote:
        main.repo.push(targets=given, remote=main.remote)
    for shared_folder in (SCRATCH, LIVE):
        shared_folder.mkdir(parents=True, exist_ok=True)
    cache = Path(main.repo.cache.local_cache_dir).resolve()
    project = Project(pack(Path(), given), cache, SCRATCH.resolve(), LIVE.resolve(), main.remote, main.url)
    return _collect(dispatch, jobs, project, main)


def _check_out(repo: Repo, names: Collection[str]) -> None:
    """Check out missing outputs of stages as dvc.lock has them, where the cache has all outputs of a stage.

    `repo.checkout(targets)` reads all of dvc.lock for each target, hours in a large benchmark; and where the lock is
    of a time when the stage had other outputs, it deletes the present ones for want of an entry.
    """
    for stage in repo.index.stages:
        known = stage.relpath == PIPELINE and stage.name in names and all(out.hash_info for out in stage.outs)
        if known and not all(out.exists for out in stage.outs) and not any(o.changed_cache() for o in stage.outs):
            stage.checkout(force=True)


def _sweep() -> None:
    """Delete the clones that a killed fanout left; no fanout is at work."""
    for folder in FOLDER.iterdir():
        if folder.is_dir():
            rmtree(folder, ignore_errors=True)


def _collect(dispatch: Dispatch, jobs: Sequence[Job], project: Project, main: MainClone) -> dict[str, str]:
    """Have cells made, bring their results into this clone, and return the failed stages."""
    entries: lock.Entries = {}
    failed: dict[str, str] = {}
    folder = Path(mkdtemp(prefix=f"{os.getpid()}-", dir=FOLDER)).resolve()
    line = ProgressLine(len(jobs))
    written, cost = time.monotonic(), 0.0
    try:
        for result in dispatch(jobs, project, folder, progress=line.stage):
            entries |= result.entries
            failed |= result.failed
            line.result(result)
            if (started := time.monotonic()) - written > max(LOCK_INTERVAL, cost / SHARE):
                _bring(entries, main)
                entries, written = {}, time.monotonic()
                cost = written - started
    finally:
        line.close()
        _bring(entries, main)
        rmtree(folder, ignore_errors=True)  # after an interruption a cell may still be at work in its clone
    return failed


def _url(repo: Repo, remote: str) -> str:
    """Return the URL of a DVC remote, "" for no remote; an unknown name is an InputError."""
    remotes = repo.config["remote"]
    if remote and remote not in remotes:
        raise unknown("--remote: DVC remote", remote, remotes)
    return str(remotes[remote]["url"]) if remote else ""


def _bring(entries: lock.Entries, main: MainClone) -> None:
    """Write entries of finished stages into dvc.lock, and check out their results."""
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


class ProgressLine:
    """A progress bar over cells, with the stages that are at work."""

    def __init__(self, cells: int) -> None:
        seconds = 0.5 if sys.stderr.isatty() else 30.0
        self._bar = tqdm(total=cells, desc="cells", unit="cell", mininterval=seconds)
        self._at_work: dict[Job, str] = {}

    def stage(self, job: Job, stage: str) -> None:
        """Show that a stage of a cell has begun."""
        self._at_work[job] = stage
        self._show()

    def result(self, result: Result) -> None:
        """Count a cell, and print the stages of it that failed."""
        self._at_work.pop(result.job, None)
        for stage, reason in result.failed.items():
            self._bar.write(f"failed: {stage}: {reason}", file=sys.stderr)
        self._bar.update()
        self._show()

    def close(self) -> None:
        """Leave the bar as it stands."""
        self._bar.close()

    def _show(self) -> None:
        stages = list(self._at_work.values())
        more = [f"{len(stages) - SHOWN} more"] if len(stages) > SHOWN else []
        self._bar.set_postfix_str(", ".join(stages[:SHOWN] + more), refresh=False)
