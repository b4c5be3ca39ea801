"""Private clone of the project for one worker: the files as they are now, committed or not, over the shared cache."""

from __future__ import annotations

import io
import os
import shutil
import tarfile
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from configobj import ConfigObj

from genbench.dag import lock
from genbench.dag.fanout.bootstrap import unpack
from genbench.data import paths
from genbench.errors import InputError
from genbench.files.atomic import write_text
from genbench.files.scratch import SCRATCH
from genbench.files.yaml import overridden, parse
from genbench.pipeline.environment import LINK
from genbench.pipeline.layout import PACKED
from genbench.pipeline.live import LIVE
from genbench.pipeline.repository import git


@dataclass(frozen=True)
class Project:
    """The main clone, as its workers need it.

    files: as :func:`pack` makes it. cache: the folder of DVC's cache. scratch: where trainings keep their checkpoints.
    live: where trainings show their curves. remote, url: a DVC remote through which machines without a common cache
    exchange results, or "".
    """

    files: bytes
    cache: Path
    scratch: Path
    live: Path
    remote: str = ""
    url: str = ""

    def config(self, folder: Path) -> dict[str, dict[str, str]]:
        """Compose the settings of a clone in `folder`: sections of DVC's config."""
        core = {"no_scm": "true", "site_cache_dir": str(folder / ".dvc/site")}
        cache = {"dir": str(self.cache), "type": "reflink,hardlink,copy"}
        if not self.remote:
            return {"core": core, "cache": cache}
        return {"core": core | {"remote": self.remote}, "cache": cache, f'remote "{self.remote}"': {"url": self.url}}


def pack(root: Path, stages: Collection[str]) -> bytes:
    """Pack the files that git does not ignore and that a cell may read into a tar file.

    A benchmark of one's own has a link to the package: what is behind it is packed, too. stages: the only ones that
    have run by its dvc.lock. A folder that is no git repository is an InputError.
    """
    listed = git("ls-files", "-z", "--cached", "--others", "--exclude-standard", folder=root)
    if listed.returncode:
        raise InputError(f"{root}: git cannot list its files: {listed.stderr.decode(errors='replace').strip()}")
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        for name in sorted(set(os.fsdecode(listed.stdout).split("\0")) - {"", str(paths.LOCK)}):
            if not name.startswith(("reports/", "laboratory/", f"{LIVE}/")) and (root / name).is_file():
                archive.add(root / name, arcname=name, recursive=False)
        for code in sorted((root / LINK).rglob("*.*")) if (root / LINK).is_symlink() else ():
            if code.is_file() and not {PACKED, "__pycache__"} & set(code.parts):
                archive.add(code.resolve(), arcname=str(code.relative_to(root)), recursive=False)
        text = lock.only(root, stages).encode()
        entry = tarfile.TarInfo(str(paths.LOCK))
        entry.size = len(text)
        archive.addfile(entry, io.BytesIO(text))
    return file.getvalue()


def one_cell(text: str, run: str, seed: int) -> str:
    """Return the text of params.yaml with one cell alone, which is swept if its run is."""
    cell: dict[str, Any] = {"enabled": [run], "seeds": [seed]}
    swept = (parse(text, "params.yaml").get("sweep") or {}).get("runs", [])
    return overridden(text, cell | ({"sweep": {"runs": [run] if run in swept else []}} if swept else {}))


class Clone:
    """Folder with the project's files, in which one cell after another is made."""

    def __init__(self, folder: Path, project: Project) -> None:
        self.folder, self.project = folder, project
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        unpack(project.files, folder)
        write_text(folder / ".dvc/config.local", "\n".join(ConfigObj(project.config(folder)).write()) + "\n")
        (folder / ".genbench").mkdir()
        (folder / SCRATCH).symlink_to(project.scratch)
        (folder / LIVE).symlink_to(project.live)
        self._lock = (folder / paths.LOCK).read_text(encoding="utf-8")
        self._params = (folder / "params.yaml").read_text(encoding="utf-8")

    def enable(self, run: str, seed: int) -> None:
        """Make it a benchmark of one cell, of which nothing has run yet."""
        write_text(self.folder / "params.yaml", one_cell(self._params, run, seed))
        write_text(self.folder / paths.LOCK, self._lock)

    def remove(self) -> None:
        """Delete the clone; the cache keeps its results."""
        shutil.rmtree(self.folder, ignore_errors=True)
