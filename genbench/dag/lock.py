"""dvc.lock: read in DVC's own order, and written whole or not at all."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from genbench.data.paths import LOCK
from genbench.files.atomic import write_text

Entries = dict[str, Any]


def read(folder: Path) -> Entries:
    """Read the entries of a clone's lock, by stage."""
    entries: Entries = _load(folder)["stages"]
    return entries


def update(folder: Path, entries: Mapping[str, Any], *, last: Sequence[str] = ()) -> bool:
    """Put entries into a lock, and return whether that changed it. All else that it holds stays, except for comments.

    As with DVC, a stage that is in the lock keeps its place, and a new one is appended. last: stages that come after
    all others, in this order.
    """
    lock = _load(folder)
    merged = {**lock["stages"], **entries}
    ends = {stage: merged.pop(stage) for stage in last if stage in merged}
    stages = {**merged, **ends}
    if list(stages.items()) == list(lock["stages"].items()):
        return False
    write_text(folder / LOCK, _text(lock | {"stages": stages}))
    return True


def only(folder: Path, stages: Collection[str]) -> str:
    """Return the text of a clone's lock with the entries of these stages alone."""
    lock = _load(folder)
    return _text(lock | {"stages": {stage: entry for stage, entry in lock["stages"].items() if stage in stages}})


def _load(folder: Path) -> dict[str, Any]:
    path = folder / LOCK
    lock: dict[str, Any] = (YAML(typ="safe").load(path.read_text(encoding="utf-8")) if path.exists() else None) or {}
    lock.setdefault("schema", "2.0")
    lock.setdefault("stages", {})
    return lock


def _text(lock: Mapping[str, Any]) -> str:
    from dvc.utils.serialize import dumps_yaml

    return dumps_yaml(dict(lock))
