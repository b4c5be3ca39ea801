"""Output of the stage fingerprint, computed in memory: it runs first, and decides what follows."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from genbench.data.paths import CODE
from genbench.errors import InputError
from genbench.files.atomic import read_json, write_json
from genbench.find import PACKAGE
from genbench.pipeline import params
from genbench.pipeline.environment import leads_to_package
from genbench.pipeline.fingerprint import fingerprints

Hashes = dict[str, dict[str, Any]]


def predicted() -> tuple[Hashes, dict[str, str]]:
    """Compute the hashes by module of each file below code/, and the MD5 of each file as the stage would write it.

    The hashes are of the running code, so code of another project is an InputError.
    """
    if not leads_to_package():
        raise InputError(f"genbench runs from {PACKAGE.parent}, not from this project; run `pip install -e .` here")
    hashes = fingerprints(Path.cwd(), params.load())
    with TemporaryDirectory() as folder:
        md5 = {}
        for name, by_module in hashes.items():
            write_json(Path(folder) / name, by_module)
            md5[name] = hashlib.md5((Path(folder) / name).read_bytes(), usedforsecurity=False).hexdigest()
    return hashes, md5


def changed_modules(name: str, now: Hashes, recorded: str | None) -> list[str]:
    """Name the modules, or keys of the catalogue, that differ between a file as it is and as it would be written.

    recorded: the MD5 that dvc.lock has of the file; the result is [] unless the file still has it.
    """
    path = CODE / name
    try:
        if hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest() != recorded:
            return []
        before = read_json(path)
    except (OSError, InputError):
        return []
    return sorted(set(_differ(before, now.get(name, {}))))


def _differ(before: dict[str, Any], now: dict[str, Any]) -> Iterator[str]:
    for key in before.keys() | now.keys():
        old, new = before.get(key), now.get(key)
        if isinstance(old, dict) and isinstance(new, dict):
            yield from _differ(old, new)
        elif old != new:
            yield key
