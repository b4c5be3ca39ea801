"""Entries of DVC's run-cache, copied to a DVC remote and back stage by stage.

Results lie in a remote by their hash; an entry of the run-cache says which results a stage had with which dependencies,
so that another host, or another member of a team, need not run it. `dvc push --run-cache` copies all entries each time;
the names of the few that a cell has are known here.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from dvc_objects.fs import generic

if TYPE_CHECKING:
    from dvc.repo import Repo
    from dvc.stage import Stage


def push(repo: Repo, stages: Iterable[Stage], remote: str) -> None:
    """Copy the entries of stages that have run to a remote."""
    _copy(stages, repo.cache.legacy, _remote(repo, remote))


def pull(repo: Repo, stage: Stage, remote: str) -> None:
    """Copy the entries that a remote has of a stage with its present dependencies."""
    stage.save_deps()
    _copy([stage], _remote(repo, remote), repo.cache.legacy)


def _remote(repo: Repo, remote: str) -> Any:
    return repo.cloud.get_remote_odb(remote, "run-cache", hash_name="md5-dos2unix")


def _copy(stages: Iterable[Stage], source: Any, target: Any) -> None:
    from dvc.stage.cache import _can_hash, _get_stage_hash

    for stage in stages:
        if not _can_hash(stage) or {source.fs.protocol, target.fs.protocol} & {"http", "https"}:  # no folders there
            continue
        key = _get_stage_hash(stage)
        folder = ("runs", key[:2], key)
        entries = source.fs.join(source.path, *folder)
        for file in source.fs.find(entries) if source.fs.exists(entries) else ():
            copy = target.fs.join(target.path, *folder, source.fs.name(file))
            if not target.fs.exists(copy):
                generic.copy(source.fs, file, target.fs, copy)
