"""Repair of DVC's own files after a kill, before DVC reads them again.

DVC writes dvc.lock and its table of readers and writers in place. A kill in the middle leaves a file cut short, at
which every later `dvc repro` stops. Nothing is lost: the results are in the cache, and the run-cache has the
dependencies that they were made from. Curves of trainings that have ended (:mod:`genbench.pipeline.live`) are deleted
as well.
"""

from __future__ import annotations

import json
import logging
import re
from pathlib import Path
from typing import TYPE_CHECKING

from genbench.files.atomic import write_text
from genbench.pipeline import live

if TYPE_CHECKING:
    from dvc.repo import Repo

log = logging.getLogger(__name__)


def clear(repo: Repo) -> None:
    """Repair files that DVC cannot read. The repository's lock is held, so that no other process writes them."""
    table = Path(repo.tmp_dir) / "rwlock"
    if table.exists() and not _is_json(table):
        log.warning("%s: cut short by a kill; removed", table)
        table.unlink()
    root = Path(repo.root_dir)
    for path in (root / "dvc.lock", *root.glob("*/dvc.lock")):  # of the laboratories, one a study
        if not _readable(repo, path):
            log.warning("%s: cut short by a kill; what is missing comes from the run-cache", path)
            _shorten(repo, path)
    live.sweep(root)


def _shorten(repo: Repo, path: Path) -> None:
    """Cut a lock before its last entry, at which the writing stopped; delete it if the rest cannot be read either."""
    text = path.read_text(encoding="utf-8", errors="replace")
    starts = [match.start() for match in re.finditer(r"^  \S", text, re.MULTILINE)]
    if len(starts) > 1:
        write_text(path, text[: starts[-1]])
        if _readable(repo, path):
            return
    path.unlink()


def _readable(repo: Repo, path: Path) -> bool:
    """Return whether DVC accepts a lock file, or there is none."""
    from dvc.dvcfile import Lockfile
    from dvc.exceptions import DvcException

    try:
        Lockfile(repo, str(path)).load()
    except DvcException:
        return False
    return True


def _is_json(path: Path) -> bool:
    try:
        json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        return False
    return True
