"""`dvc repro` for pipelines of many stages: the same stages, the same dvc.lock, which is written seldom.

After each stage that ran, DVC reads all of dvc.lock with a parser that keeps comments and writes it again: 6 ms an
entry, so that n stages cost n² (at 600, as long as training small models). The entries are needed only by the next
`dvc repro`; the results themselves are in the run-cache as soon as a stage has ended. So here entries wait: they are
written together at the end, whatever ends it, and meanwhile as often as costs a twentieth of the time; whole or not at
all, where DVC writes in place. What a kill loses is entries, and the next reproduction takes the results from the
run-cache, whatever the kill cut short (:mod:`~genbench.remains`).

Rests on what DVC 3 has and does not document: `Repo.reproduce(repro_fn=...)` says how one stage is reproduced, and
`to_lockfile` what its entry is.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from genbench import lock
from genbench.errors import InputError
from genbench.remains import clear

if TYPE_CHECKING:
    from dvc.exceptions import DvcException
    from dvc.stage import Stage

SHARE = 0.05  # of the time may go into writing locks


class _Lock:
    """Entries that wait to be written."""

    def __init__(self) -> None:
        self.waiting: list[Stage] = []
        self._written, self._cost = time.monotonic(), 0.0

    def add(self, stage: Stage) -> None:
        """Take a stage's entry; write all of them if it is time."""
        self.waiting.append(stage)
        if time.monotonic() - self._written > self._cost / SHARE:
            self.write()

    def write(self) -> None:
        """Write what waits, each to the lock of its own dvc.yaml."""
        from dvc.stage.serialize import to_lockfile

        started = time.monotonic()
        for folder in {Path(stage.dvcfile.path).parent for stage in self.waiting}:
            entries = lock.read(folder)
            for stage in self.waiting:
                if Path(stage.dvcfile.path).parent == folder:
                    entries |= to_lockfile(stage)
            lock.write(folder, entries)
        self.waiting = []
        self._written = time.monotonic()
        self._cost = self._written - started


def reproduce(targets: Sequence[str] = (), **options: Any) -> list[str]:
    """Do what `dvc repro` does in the current folder, and give the names of the stages that ran or were restored.

    targets: stages or dvc.yaml files, dvc.yaml by default. options: those of dvc.repo.Repo.reproduce, such as `force`
    and `on_error`. A stage that fails raises DVC's ReproductionError once the lock is written.
    """
    from dvc.repo import Repo, lock_repo

    logging.getLogger("dvc").propagate = False  # it has handlers of its own

    entries = _Lock()

    def one(stage: Stage, **how: Any) -> Stage | None:
        done = stage.reproduce(**how)
        if done:
            entries.add(stage)
        return done

    with Repo() as repo, lock_repo(repo), repo.scm_context(quiet=True):
        clear(repo)
        try:
            return [stage.addressing for stage in repo.reproduce(list(targets) or None, repro_fn=one, **options)]
        finally:
            entries.write()


def one_line(error: DvcException) -> str:
    """What DVC says of an error; of a stage that was not reproduced it says the reason in its cause alone."""
    from dvc.exceptions import ReproductionError

    reason = f": {error.__cause__}" if isinstance(error, ReproductionError) and error.__cause__ else ""
    return " ".join(f"{error}{reason}".split())


@contextmanager
def dvc_in_one_line() -> Iterator[None]:
    """Turn what DVC refuses into the one line of an InputError."""
    from dvc.exceptions import DvcException

    try:
        yield
    except DvcException as error:
        raise InputError(one_line(error)) from error
