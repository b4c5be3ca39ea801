"""`dvc repro` for pipelines of many stages: the same stages, the same dvc.lock, which is written seldom.

After each stage that ran, DVC reads all of dvc.lock with a parser that keeps comments and writes it again: 6 ms an
entry, so that n stages cost n² (at 600, as long as training small models). The entries are needed only by the next
`dvc repro`; the results themselves are in the run-cache as soon as a stage has ended. So entries wait here. They are
written together at the end, whatever ends it, and before that as often as costs a twentieth of the time; whole or not
at all, where DVC writes in place. A kill loses entries, and the next reproduction takes the results from the run-cache,
whatever the kill cut short (:mod:`~genbench.dag.recovery`). Stages with outputs of `cache: false`, such as the report,
are not in the run-cache, and the last of them run again.

All else is DVC's: the stages that run, their order, and its messages, also for frozen stages. Rests on parts of DVC 3
that are not documented: `Repo.reproduce(repro_fn=...)` is the function that reproduces one stage, by default
`_reproduce_stage`, which then calls the stage's `dump`; here `dump` is replaced by a function that lets the entry of
`to_lockfile` wait. `scm_context` is told of the lock as by DVC, for core.autostage.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from genbench.dag import lock
from genbench.dag.recovery import clear
from genbench.data import paths
from genbench.errors import InputError
from genbench.pipeline import environment, repository

if TYPE_CHECKING:
    from dvc.exceptions import DvcException
    from dvc.repo import Repo
    from dvc.stage import Stage

SHARE = 0.05  # of the time may go into writing locks


class _Lock:
    """Entries of dvc.lock that wait to be written."""

    def __init__(self, repo: Repo) -> None:
        self._repo = repo
        self._waiting: list[Stage] = []
        self._written, self._cost = time.monotonic(), 0.0

    def add(self, stage: Stage, **options: Any) -> None:
        """Take a stage's entry, in the place of its `dump`, and write all of them if it is time."""
        self._waiting.append(stage)
        if time.monotonic() - self._written > self._cost / SHARE:
            self.write()

    def write(self) -> None:
        """Write the entries that wait, each to the lock beside its dvc.yaml."""
        from dvc.stage.serialize import to_lockfile

        started = time.monotonic()
        entries: dict[Path, lock.Entries] = {}
        for stage in self._waiting:
            entries.setdefault(Path(stage.dvcfile.path).parent, {}).update(to_lockfile(stage))
        for folder, ended in entries.items():
            write(self._repo, ended, folder)
        self._waiting = []
        self._written = time.monotonic()
        self._cost = self._written - started


def write(repo: Repo, entries: lock.Entries, folder: Path = Path(), *, last: Sequence[str] = ()) -> None:
    """Put entries into a lock by :func:`genbench.dag.lock.update`, and stage it in git if core.autostage is set."""
    from dvc.utils import relpath

    if lock.update(folder, entries, last=last):
        repo.scm_context.track_file(relpath(folder / paths.LOCK))


@contextmanager
def opened(*, recover: bool = True) -> Iterator[Repo]:
    """Open and lock DVC's repository of the current folder. recover: repair files of DVC that a kill cut short."""
    from dvc.repo import Repo, lock_repo

    logging.getLogger("dvc").propagate = False  # it has handlers of its own
    if environment.FILE.is_file():  # laboratory/ has none
        environment.require("code")
    with Repo() as repo, lock_repo(repo), repo.scm_context(quiet=True):
        if recover:
            clear(repo)
        yield repo


def reproduce(repo: Repo, targets: Sequence[str] = (), **options: Any) -> list[str]:
    """Reproduce as `dvc repro` does in the current folder, and return the names of stages that ran or were restored.

    repo: one that :func:`opened` yields. targets: stages or dvc.yaml files, dvc.yaml by default. options: those of
    dvc.repo.Repo.reproduce, such as `force` and `on_error`. A stage that fails raises DVC's ReproductionError once the
    lock is written.
    """
    from dvc.repo.reproduce import _reproduce_stage
    from dvc.stage import PipelineStage

    entries = _Lock(repo)

    def reproduce_stage(stage: Stage, **options: Any) -> Stage | None:
        if isinstance(stage, PipelineStage):  # others have no lock, such as those of `dvc add`
            stage.dump = partial(entries.add, stage)
        return _reproduce_stage(stage, **options)

    try:
        done = repo.reproduce(list(targets) or None, repro_fn=reproduce_stage, **options)
        return [stage.addressing for stage in done]
    finally:
        entries.write()


def order(repo: Repo, targets: Sequence[str] = ()) -> list[Stage]:
    """List the stages that `dvc repro TARGETS` looks at, in its order. targets: dvc.yaml by default.

    Where they are less than half of the project's stages, DVC goes by the order of a set, which differs from process
    to process; the order here is always the one of all stages together.
    """
    from dvc.repo.reproduce import collect_stages, get_active_graph, plan_repro

    graph = get_active_graph(repo.index.graph)
    asked = set(plan_repro(graph, collect_stages(repo, targets or ["dvc.yaml"])))
    return [stage for stage in plan_repro(graph) if stage in asked]


def one_line(error: DvcException) -> str:
    """Return the message of an error of DVC, with its cause, where DVC puts the reason why a stage failed."""
    from dvc.exceptions import ReproductionError

    reason = f": {error.__cause__}" if isinstance(error, ReproductionError) and error.__cause__ else ""
    return " ".join(f"{error}{reason}".split())


@contextmanager
def dvc_in_one_line() -> Iterator[None]:
    """Turn errors of DVC into InputErrors of one line; for want of a repository, it says what to do."""
    from dvc.exceptions import DvcException
    from dvc.scm import SCMError

    try:
        yield
    except SCMError as error:
        repository.require()
        raise InputError(one_line(error)) from error
    except DvcException as error:
        raise InputError(one_line(error)) from error
