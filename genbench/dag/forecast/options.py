"""Params that a stage names, as they are and as dvc.lock has them.

DVC reads a params file anew for every stage that names it; here each is read once.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from genbench.files.section import read
from genbench.pipeline.params import PARAMS
from genbench.text import MISSING, value

if TYPE_CHECKING:
    from dvc.dependency import ParamsDependency
    from dvc_data.hashfile.hash_info import HashInfo


class Options:
    """Values of params files, each file read once."""

    def __init__(self) -> None:
        self._files: dict[str, Any] = {}

    def changed(self, dep: ParamsDependency) -> Iterator[str]:
        """Yield differences from dvc.lock, as "train.steps 4 → 8"; those of another file than params.yaml name it."""
        recorded, now = dep.hash_info.value or {}, self._now(dep)
        file = "" if Path(str(dep)) == PARAMS else f"{dep}:"
        for name in dep.params:
            before, after = recorded.get(name, _MISSING), now.get(name, _MISSING)
            if before != after:
                yield from (f"{file}{text}" for text in _differences(name, before, after))

    def hash(self, dep: ParamsDependency) -> HashInfo:
        """Return the present values as DVC records them."""
        from dvc_data.hashfile.hash_info import HashInfo

        return HashInfo("params", self._now(dep))  # type: ignore[arg-type]

    def _now(self, dep: ParamsDependency) -> dict[str, Any]:
        if dep.fs_path not in self._files:
            self._files[dep.fs_path] = read(Path(dep.fs_path))
        whole = self._files[dep.fs_path]
        values = {name: _get(whole, name) for name in dep.params}
        return {name: value for name, value in values.items() if value is not _MISSING}


class _Missing:
    """Type of the marker for a param that does not exist, which is not the same as null."""


_MISSING = _Missing()


def _get(values: Any, name: str) -> Any:
    for key in name.split("."):
        if not isinstance(values, dict) or key not in values:
            return _MISSING
        values = values[key]
    return values


def _differences(name: str, before: Any, after: Any) -> Iterator[str]:
    if not (isinstance(before, dict) and isinstance(after, dict)):
        yield f"{name} {_shown(before)} → {_shown(after)}"
        return
    for key in dict.fromkeys([*before, *after]):
        old, new = before.get(key, _MISSING), after.get(key, _MISSING)
        if old != new:
            yield from _differences(f"{name}.{key}", old, new)


def _shown(param: Any) -> str:
    return MISSING if param is _MISSING else "null" if param is None else value(param)
