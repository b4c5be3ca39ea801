"""Whether the objects in DVC's cache are still what their names say: their MD5.

DVC makes an object read-only and trusts it ever after: one that a disk or a person changed is checked out in silence,
and goes into every result that is made from it. An object that is not there, in contrast, DVC makes again. So what is
corrupt is found by hashing everything, and removed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from dvc_data.hashfile.hash import file_md5
from tqdm import tqdm

from genbench.errors import InputError

#: Where a cache has objects, and by which hash: DVC's layout, and the one before it, which run-caches still use.
LAYOUTS = {"files/md5": "md5", ".": "md5-dos2unix"}


def corrupt(cache: Path) -> Iterator[Path]:
    """The objects of a cache folder whose bytes have another hash than their name says, or that a disk cannot read.

    cache: the folder that DVC calls cache.dir, by default .dvc/cache.
    """
    found = [(path, algorithm) for folder, algorithm in LAYOUTS.items() for path in objects(cache / folder)]
    sizes = {path: path.stat().st_size for path, _ in found}
    with tqdm(total=sum(sizes.values()), desc="cache", unit="B", unit_scale=True, mininterval=0.5) as bar:
        for path, algorithm in found:
            if not sound(path, algorithm):
                yield path
            bar.update(sizes[path])


def objects(folder: Path) -> list[Path]:
    """The objects in a folder of a cache, without what DVC had not finished writing when it was killed."""
    return sorted(
        path for path in folder.glob("[0-9a-f][0-9a-f]/*") if re.fullmatch(r"[0-9a-f]{30}(\.dir)?", path.name)
    )


def sound(path: Path, algorithm: str = "md5") -> bool:
    """Whether an object is what its name says."""
    try:
        return file_md5(str(path), name=algorithm) == path.parent.name + path.name.removesuffix(".dir")
    except PermissionError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from error
    except OSError:
        return False


def makers(cache: Path, entries: Mapping[str, Any]) -> dict[Path, str]:
    """The stage that made each object, of those that entries of dvc.lock name, and the files of folders."""
    made: dict[Path, str] = {}
    for stage, entry in entries.items():
        for out in entry.get("outs", []):
            path = _place(cache, out.get("md5", ""))
            made[path] = stage
            if path.suffix == ".dir" and path.exists() and sound(path):
                files = json.loads(path.read_text(encoding="utf-8"))
                made |= {_place(cache, file["md5"]): stage for file in files}
    return made


def _place(cache: Path, name: str) -> Path:
    return cache / "files/md5" / name[:2] / name[2:]
