"""Entries of dvc.lock: read, and written whole or not at all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from genbench.files import write_text

LOCK = Path("dvc.lock")
Entries = dict[str, Any]


def read(folder: Path) -> Entries:
    """The entries of a clone's lock, by stage."""
    path = folder / LOCK
    if not path.exists():
        return {}
    entries: Entries = YAML(typ="safe").load(path.read_text(encoding="utf-8"))["stages"]
    return entries


def write(folder: Path, entries: Mapping[str, Any]) -> None:
    """Write a lock of just these entries as DVC does, but whole or not at all."""
    from dvc.utils.serialize import dumps_yaml

    write_text(folder / LOCK, dumps_yaml({"schema": "2.0", "stages": dict(entries)}))


def only(entries: Mapping[str, Any], stages: Iterable[str]) -> Entries:
    """Those of some stages."""
    return {stage: entries[stage] for stage in stages if stage in entries}
