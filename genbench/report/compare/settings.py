"""The params of a snapshot as flat names, and the changes between two snapshots.

Names are DVC's: `train.steps` of params.yaml, `runs/wgan.yaml:train.lr` of any other file. Where params.yaml still
holds the catalogue, as section `runs`, its runs count as files, and options that were renamed have their new names, so
that old commits compare with new ones. The versions of environment.yaml are among them.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from genbench.errors import InputError
from genbench.files.reserved import with_new_names
from genbench.files.yaml import parse
from genbench.pipeline import environment
from genbench.pipeline.catalogue import RUNS
from genbench.pipeline.params import PARAMS
from genbench.report.compare.snapshot import Snapshot

Settings = dict[str, Any]


class Changed(NamedTuple):
    """A param and its values; None where it is not there."""

    name: str
    before: Any
    after: Any


def read_settings(state: Snapshot) -> Settings:
    """Read all params of a snapshot by name. A list is one value."""
    values = _read(state, PARAMS)
    runs = values.pop("runs", {})
    names = [environment.FILE, *(file for file in state.files(RUNS) if file.suffix == ".yaml")]
    files = {file: _read(state, file) for file in names}
    settings = dict(_flat(values))
    for path, content in ({RUNS / f"{name}.yaml": options for name, options in runs.items()} | files).items():
        settings |= {f"{path.as_posix()}:{key}": value for key, value in _flat(content)}
    return settings


def changes(before: Settings, after: Settings) -> list[Changed]:
    """List the changes by name; a file that only one side has, such as a run's, is one entry."""
    names = [name for name in sorted(before.keys() | after.keys()) if before.get(name) != after.get(name)]
    files = [{name.partition(":")[0] for name in settings if ":" in name} for settings in (before, after)]
    whole = dict.fromkeys(_whole(name, *files) for name in names)
    return [Changed(name, _value(name, before, files[0]), _value(name, after, files[1])) for name in whole]


def _whole(name: str, before: set[str], after: set[str]) -> str:
    file = name.partition(":")[0]
    return file if ":" in name and (file in before) != (file in after) else name


def _value(name: str, settings: Settings, files: set[str]) -> Any:
    if name in files:
        return "a run" if Path(name).parent == RUNS else "a file"
    return settings.get(name)


def _read(state: Snapshot, path: Path) -> dict[str, Any]:
    content = state.read(path)
    return with_new_names(mapping(content, f"{path} in {state}")) if content else {}


def mapping(content: bytes, name: str) -> dict[str, Any]:
    """Parse a params file of any commit; `name` is for messages. Anything but a mapping is an InputError."""
    try:
        values = parse(content.decode(), name)
    except UnicodeDecodeError as error:
        raise InputError(f"{name}: not readable as text: {error}") from error
    if not isinstance(values, dict):
        raise InputError(f"{name}: expected a mapping, got {type(values).__name__}")
    return values


def _flat(values: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in values.items():
        if isinstance(value, dict) and value:
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value
