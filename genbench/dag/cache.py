"""Objects of DVC's cache, held against their names, which are their MD5.

DVC makes an object read-only and trusts it ever after: one that a disk or a person changed is checked out in silence,
and goes into every result that is made from it. An object that is missing, in contrast, DVC makes again. So corrupt
objects are found by hashing everything, and removed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tqdm import tqdm

from genbench.errors import InputError

if TYPE_CHECKING:
    from dvc.repo import Repo

#: Folders of objects in a cache, with their hash: DVC's layout, and the one before it, which run-caches still use.
LAYOUTS = {"files/md5": "md5", ".": "md5-dos2unix"}


def folder(project: Path = Path()) -> Path:
    """Return the folder of a project's DVC cache, which need not exist yet."""
    return Path(_settings(project).get("dir") or project / ".dvc/cache")


def links() -> list[str]:
    """Return the ways in which files come from the cache into the checkout, in the order in which DVC tries them."""
    return list(_settings(Path()).get("type") or ["reflink", "copy"])


def _settings(project: Path) -> dict[str, Any]:
    """Read the section `cache` of DVC's settings: of the project, the user and the system."""
    from dvc.config import Config
    from dvc.exceptions import DvcException

    try:
        return dict(Config(str(project / ".dvc"))["cache"])
    except DvcException as error:
        raise InputError(f"{project / '.dvc'}/config: {' '.join(str(error).split())}") from error


def corrupt(cache: Path) -> Iterator[Path]:
    """Find the objects of a cache that have another hash than their name says, or that the disk cannot read.

    cache: the folder that DVC calls cache.dir, by default .dvc/cache.
    """
    algorithms = {path: algorithm for layout, algorithm in LAYOUTS.items() for path in objects(cache / layout)}
    sizes = {path: path.stat().st_size for path in algorithms}
    with tqdm(total=sum(sizes.values()), desc="cache", unit="B", unit_scale=True, mininterval=0.5) as bar:
        for path, algorithm in algorithms.items():
            if not is_intact(path, algorithm):
                yield path
            bar.update(sizes[path])


def objects(folder: Path) -> list[Path]:
    """List the objects in a folder of a cache, without files that DVC was writing when it was killed."""
    return sorted(
        path for path in folder.glob("[0-9a-f][0-9a-f]/*") if re.fullmatch(r"[0-9a-f]{30}(\.dir)?", path.name)
    )


def is_intact(path: Path, algorithm: str = "md5") -> bool:
    """Return whether an object has the hash of its name; one that may not be read is an InputError."""
    from dvc_data.hashfile.hash import file_md5

    try:
        return file_md5(str(path), name=algorithm) == path.parent.name + path.name.removesuffix(".dir")
    except PermissionError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from error
    except OSError:
        return False


def makers(cache: Path, entries: Mapping[str, Any]) -> dict[Path, str]:
    """Map objects, also those of files in folders, to the stage that made them, for stages of entries of dvc.lock."""
    made: dict[Path, str] = {}
    for stage, entry in entries.items():
        for out in entry.get("outs", []):
            path = _object(cache, out.get("md5", ""))
            made[path] = stage
            if path.suffix == ".dir" and path.exists() and is_intact(path):
                files = json.loads(path.read_text(encoding="utf-8"))
                made |= {_object(cache, file["md5"]): stage for file in files}
    return made


def _object(cache: Path, name: str) -> Path:
    return cache / "files/md5" / name[:2] / name[2:]


def with_dependents(repo: Repo, stages: Collection[str]) -> list[str]:
    """Name the stages, and those of the benchmark that depend on them, in the order in which they are made."""
    import networkx as nx

    from genbench.dag.fanout.plan import PIPELINE

    graph = repo.index.graph  # from each stage to those that it depends on
    named = {stage for stage in graph if stage.relpath == PIPELINE and stage.name in stages}
    affected = named.union(*(nx.ancestors(graph, stage) for stage in named))
    ordered = reversed(list(nx.topological_sort(graph)))
    return [stage.name for stage in ordered if stage in affected and stage.relpath == PIPELINE]
