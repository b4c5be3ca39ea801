"""Dependencies and params of stages that are neither in the checkout nor made by any stage."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from genbench.doctor import Finding, Severity
from genbench.doctor._pipelines import PIPELINE, Stage, files, resolved
from genbench.errors import InputError
from genbench.files.section import read

PARAMS = "params.yaml"


def find() -> Iterator[Finding]:
    """Each path or key that a stage would stop at; stages of one template share a line."""
    stages = [stage for file in files() for stage in resolved(file)]
    made = {_path(stage, path) for stage in stages for kind in ("outs", "metrics", "plots")
            for path, _ in stage.entries(kind)} | _added()  # fmt: skip
    above = {str(folder) for path in made for folder in Path(path).parents}
    lost: dict[tuple[Path, str, str], list[str]] = {}
    keys = _Keys()
    for stage in stages:
        paths = [path for path, _ in stage.entries("deps") if "://" not in path]
        for path in (_path(stage, path) for path in paths):
            if not _there(path, made, above):
                key = (stage.file, path, f"{_mend(path)}, or edit deps in {stage.file}")
                lost.setdefault(key, []).append(stage.name)
        for what in keys.missing(stage):
            lost.setdefault((stage.file, what, f"add it there, or edit params in {stage.file}"), []).append(stage.name)
    for (file, path, mend), names in lost.items():
        more = f" and {len(names) - 1} more" if len(names) > 1 else ""
        severity: Severity = "error" if file == PIPELINE else "warning"  # a laboratory stops no benchmark
        yield Finding(severity, f"{file}: {path}: needed by {names[0]}{more}, not here, and made by no stage", mend)


def _path(stage: Stage, path: str) -> str:
    return os.path.normpath(stage.folder / path)


def _mend(path: str) -> str:
    made = any(name in ("data", "code") for name in Path(path).parts) and not path.startswith("data/source")
    return f"name in params.yaml what {path} is of" if made else f"`git checkout {path}` if it was deleted"


def _there(path: str, made: Iterable[str], above: Iterable[str]) -> bool:
    """Whether a path exists, is an output or lies in one, or is a folder that outputs are in."""
    folders = (str(folder) for folder in Path(path).parents)
    return path in made or path in above or os.path.lexists(path) or any(folder in made for folder in folders)


def _added() -> set[str]:
    """What `dvc add` keeps, by the .dvc files of data/."""
    found = set()
    for file in Path("data").rglob("*.dvc"):
        values = read(file)
        found |= {os.path.normpath(file.parent / out["path"]) for out in values.get("outs", [])}
    return found


class _Keys:
    """The keys of params files, each file read once."""

    def __init__(self) -> None:
        self._files: dict[str, Any] = {}

    def missing(self, stage: Stage) -> Iterator[str]:
        """What the stage names under params and there is not, as `train.steps of params.yaml`."""
        for entry in stage.values.get("params") or []:
            for name, keys in entry.items() if isinstance(entry, dict) else [(PARAMS, [entry])]:
                path = _path(stage, str(name))
                if path not in self._files:
                    self._files[path] = self._read(Path(path))
                values = self._files[path]
                if values is None:
                    yield path
                else:
                    yield from (f"{key} of {path}" for key in keys or [] if not _has(values, str(key)))

    def _read(self, path: Path) -> Any:
        try:
            return read(path)
        except InputError:
            return None


def _has(values: Any, key: str) -> bool:
    for part in key.split("."):
        if not isinstance(values, dict) or part not in values:
            return False
        values = values[part]
    return True
