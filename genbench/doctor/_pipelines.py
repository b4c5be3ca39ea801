"""The project's dvc.yaml files, as they are written and as DVC resolves them, read without opening DVC's repository.

Opening it would make its folders. Templates are resolved by DVC's own resolver, which asks no more of a repository
than its files and its settings.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from genbench.data.paths import LABORATORY
from genbench.errors import InputError
from genbench.files.section import read_text

PIPELINE = Path("dvc.yaml")


@dataclass(frozen=True)
class Stage:
    """A stage: as it is written, templates and all, or one of those that its template gives (`train@vae-0`)."""

    file: Path
    name: str
    values: dict[str, Any]

    def __str__(self) -> str:
        return f"{self.file}: stage {self.name}"

    @property
    def folder(self) -> Path:
        """Where its command starts and what its paths are relative to."""
        return Path(self.file.parent, str(self.values.get("wdir", "")))

    def entries(self, key: str) -> Iterator[tuple[str, dict[str, Any]]]:
        """What it lists under `deps`, `outs`, `metrics` or `plots`: each path with its options."""
        for entry in self.values.get(key) or []:
            pairs = entry.items() if isinstance(entry, dict) else [(entry, None)]
            yield from ((str(path), options or {}) for path, options in pairs)

    def commands(self) -> list[str]:
        """Its command lines."""
        found = self.values.get("cmd") or []
        return [str(one) for one in found] if isinstance(found, list) else [str(found)]


def files() -> list[Path]:
    """The dvc.yaml files of the benchmark and of its laboratories."""
    return [PIPELINE, *sorted(LABORATORY.glob(f"*/{PIPELINE}"))]


def written() -> Iterator[Stage]:
    """All stages as they are written."""
    for file in files():
        yield from _written(file, read(file))


def _written(file: Path, values: dict[str, Any]) -> Iterator[Stage]:
    for name, stage in (values.get("stages") or {}).items():
        yield Stage(file, str(name), stage.get("do", stage))


def resolved(file: Path) -> list[Stage]:
    """A file's stages with their templates filled in; what DVC cannot resolve is an InputError."""
    from dvc.exceptions import DvcException
    from dvc.fs import localfs
    from dvc.parsing import DataResolver

    from genbench.doctor._settings import settings

    values = read(file)
    folder = "" if file == PIPELINE else str(file.parent)
    try:
        repository = SimpleNamespace(fs=localfs, config=settings())
        stages = DataResolver(repository, folder, values).resolve()["stages"]
    except DvcException as error:
        said = f"{error}: {error.__cause__}" if error.__cause__ else str(error)
        raise InputError(f"{file}: DVC cannot resolve it: {' '.join(said.split())}") from error
    return [Stage(file, name, stage) for name, stage in stages.items()]


def read(file: Path) -> dict[str, Any]:
    """A file's values; what is no YAML, or not what DVC knows, is an InputError."""
    from dvc.schema import COMPILED_MULTI_STAGE_SCHEMA
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError
    from voluptuous import Invalid

    text = read_text(file)
    try:
        return COMPILED_MULTI_STAGE_SCHEMA(YAML(typ="safe").load(text) or {})
    except YAMLError as error:
        raise InputError(f"{file}: not readable as YAML: {' '.join(str(error).split())}") from error
    except Invalid as error:
        raise InputError(f"{file}: not what DVC knows: {error}") from error
